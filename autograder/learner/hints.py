"""노트북에 접혀 있는 힌트."""

from __future__ import annotations

import html
import re

from autograder.notebooks.reading import Notebook

_FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


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
