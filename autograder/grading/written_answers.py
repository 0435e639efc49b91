"""꼬리표가 사라진 서술형의 답을 찾아요. 다른 도구로 열었다 저장하면 셀의 이름이 지워져도, 답은 질문과 다음 제목 사이에 있어요."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from autograder.grading.lesson_cells import lesson_cells, released
from autograder.notebooks.reading import Cell


def found_by_place(cells: Sequence[Cell], lesson: str) -> Mapping[int, tuple[str, str]]:
    """셀의 번호에서 (서술형의 이름, 그 셀에 적은 답)으로. 제 이름의 셀에 답이 있는 것은 찾지 않아요."""
    found: dict[int, tuple[str, str]] = {}
    for name, (question, empty, following) in _places(lesson).items():
        own = [cell for cell in cells if cell.grade_id == name]
        if any(cell.source.strip() not in ("", empty) for cell in own):
            continue
        for cell, text in _between(cells, question, following, lesson):
            if text not in ("", empty):
                found[cell.number] = (name, text)
    return found


@cache
def _places(lesson: str) -> Mapping[str, tuple[str, str, str]]:
    """서술형마다 배포한 노트북의 (질문, 빈 답, 바로 다음 셀)의 글."""
    texts = ["".join(cell["source"]).strip() for cell in released(lesson)["cells"]]
    names = [(cell["metadata"].get("nbgrader") or {}).get("grade_id") for cell in released(lesson)["cells"]]
    written = [cell.name for cell in lesson_cells(lesson).graded if cell.solution]
    return {
        name: (texts[at - 1] if at else "", texts[at], texts[at + 1] if at + 1 < len(texts) else "")
        for name in written
        for at in [names.index(name)]
    }


@cache
def _texts(lesson: str) -> frozenset[str]:
    return frozenset("".join(cell["source"]).strip() for cell in released(lesson)["cells"])


def _between(cells: Sequence[Cell], question: str, following: str, lesson: str) -> list[tuple[Cell, str]]:
    """질문과 다음 셀 사이의 글 셀들. 질문을 지웠으면 다음 셀 바로 앞의 것, 질문 아래에 이어 적었으면 그 뒷부분이에요."""
    asked = next((at for at in reversed(range(len(cells))) if _same(cells[at], question)), None)
    start = 0 if asked is None else asked + 1
    end = next((at for at in range(start, len(cells)) if _same(cells[at], following)), None)
    if asked is None and end is None:
        return []
    if asked is None or end is None:
        start, end = (start, start + 1) if end is None else (end - 1, end)
    own = [(cell, cell.source.strip()) for cell in cells[max(0, start) : end] if not cell.code]
    kept = [(cell, text) for cell, text in own if text not in _texts(lesson) and not set(cell.tags)]
    if asked is not None and (text := cells[asked].source.strip()) != question and text.startswith(question):
        kept.insert(0, (cells[asked], text.removeprefix(question).strip()))
    return kept


def _same(cell: Cell, text: str) -> bool:
    """배포한 그 셀인지. 글이 조금 달라도 제목이 같으면 같은 셀이에요."""
    mine, heading = cell.source.strip(), text.split("\n", 1)[0]
    if cell.code or not text:
        return False
    return mine == text or (heading.startswith("#") and mine.split("\n", 1)[0].strip() == heading.strip())
