"""서술형 문제 하나: 물음, 모범 답안, 채점 기준. 셋 다 레슨의 원본(`solutions/`)에 있어요.

기준은 모범 답안 아래 `채점 기준` 줄 다음에 `- 1점: …`으로 적어요. 그 셀은 nbgrader가 통째로 지우므로 학습자에게 가지 않아요.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache

from autograder.authoring.lesson_source import RUBRIC_HEADING, BuildError, read_source, sample_and_rubric
from autograder.exercises import LESSONS
from autograder.grading.lesson_cells import lesson_cells

CELL = "reflection"  # 레슨마다 하나 있는, 사람이 채점하는 셀
_LINE = re.compile(r"- (\d+(?:\.5)?)점: (.+)")

# 물음과 답안의 짧은 수식을 글자로 보일 때 쓰는 것들이에요.
_TEX = ((r"\\sqrt\{([^{}]*)\}", r"√\1"), (r"\\cdot", "·"), (r"\\times", "×"), (r"\\le\b", "≤"), (r"\\ge\b", "≥"))


@dataclass(frozen=True)
class RubricLine:
    """채점 기준 한 줄. `text`는 HTML이에요."""

    points: float
    text: str


@dataclass(frozen=True)
class Question:
    """화면에 보일 문제 하나. 글은 우리가 쓴 것에서 만든 HTML이에요."""

    lesson: str
    title: str
    max_score: float
    prompt: str
    sample: str
    rubric: tuple[RubricLine, ...]


@cache
def question(lesson: str) -> Question:
    """레슨의 문제를 원본에서 읽어요. 기준의 줄을 읽을 수 없거나 만점과 다르면 BuildError예요."""
    notebook = read_source(lesson)
    cells = notebook.cells
    place = next(n for n, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == CELL)
    sample, criteria = sample_and_rubric(notebook, CELL)
    max_score = next(cell.points for cell in lesson_cells(lesson).graded if cell.name == CELL)
    rubric = tuple(_rubric_line(lesson, line) for line in criteria.splitlines() if line.strip())
    if rubric and sum(line.points for line in rubric) != max_score:
        raise BuildError(f"solutions/{lesson}.py: `{RUBRIC_HEADING}`의 점수를 모두 더하면 {max_score:g}점이어야 해요.")
    return Question(lesson, LESSONS[lesson], max_score, to_html(cells[place - 1].source), to_html(sample), rubric)


def _rubric_line(lesson: str, line: str) -> RubricLine:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise BuildError(f"solutions/{lesson}.py: `{RUBRIC_HEADING}`은 `- 1점: 무엇을 말했어요.`처럼 적어요: {line}")
    return RubricLine(float(found[1]), _inline(found[2]))


def to_html(text: str) -> str:
    """우리가 쓴 짧은 마크다운을 HTML로: 제목은 빼고, 문단, 굵은 글씨, 코드, 짧은 수식만 알아요."""
    paragraphs = (part for part in re.split(r"\n\s*\n", text.strip()) if not part.startswith("#"))
    return "".join(f"<p>{_inline(' '.join(part.splitlines()))}</p>" for part in paragraphs)


def _inline(text: str) -> str:
    pieces = re.split(r"(`[^`]+`|\$[^$]+\$)", text)
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    if piece[:1] == "`" and len(piece) > 1:
        return f"<code>{html.escape(piece[1:-1])}</code>"
    if piece[:1] == "$" and len(piece) > 1:
        shown = html.escape(piece[1:-1])
        for pattern, symbol in _TEX:
            shown = re.sub(pattern, symbol, shown)
        for mark, tag in (("_", "sub"), (r"\^", "sup")):
            shown = re.sub(mark + r"\{?(\w+)\}?", rf"<{tag}>\1</{tag}>", shown)
        return f'<i class="math">{shown}</i>'
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(piece, quote=False))
