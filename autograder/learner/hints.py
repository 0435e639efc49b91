"""노트북에 접혀 있는 힌트."""

from __future__ import annotations

import html
import re
from pathlib import Path

from autograder.learner.notebooks import read_mine
from autograder.learner.study import edition
from autograder.notebooks.reading import Notebook, NotebookError, read_notebook

_FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def hints_for(path: Path, exercise: str) -> list[tuple[str, str]]:
    """학습자의 노트북에 있는 힌트들. 지웠거나 노트북을 읽을 수 없으면 배포본의 것이에요."""
    for read, source in ((read_mine, path), (read_notebook, edition(path.stem))):
        try:
            found = hints(read(source), exercise)
        except NotebookError:
            continue
        if found:
            return found
    return []


def hints(notebook: Notebook, exercise: str) -> list[tuple[str, str]]:
    """실습 셀 다음의 힌트 셀에 접혀 있는 힌트들을 (제목, 글)로. 없으면 빈 목록이에요."""
    after = False
    for cell in notebook.cells:
        if cell.grade_id == exercise:
            after = True
        elif after and "hint" in cell.tags:
            return [(title.strip(), body.strip()) for title, body in _FOLDED.findall(cell.source)]
        elif after and cell.grade_id is not None:
            break
    return []


def plain_text(body: str) -> str:
    """힌트의 HTML 조각을 터미널에 보일 마크다운으로 바꿔요."""
    without_tags = re.sub(r"</?(?:p|br|div|ul|ol|b|i|em|strong|span|summary|details)\b[^>]*>", "\n", body)
    return html.unescape(re.sub(r"\n{3,}", "\n\n", re.sub(r"</?code>", "`", without_tags))).strip()
