"""꼬리표가 사라진 서술형의 답: 질문과 다음 제목 사이에서 찾아요."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.classes import LESSON, notebook

from autograder.exercises import LESSONS
from autograder.grading.graded_copy import make_copy
from autograder.grading.intake import take_in
from autograder.grading.lesson_master import load_master
from autograder.grading.submissions import Submission

ANSWER = "내 답이에요.\n- 하나"


def read(cells: list[dict[str, Any]], lesson: str = LESSON) -> tuple[bool, str, list[str]]:
    """(답을 적은 것으로 보는지, 답, 사본에서 학습자가 더한 셀로 보이는 글)."""
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    made = make_copy(lesson, take_in(Submission("s", lesson, data), load_master(lesson)), ())
    extras = ["".join(c["source"]) for c in made.notebook["cells"] if c["id"].startswith("extra-")]
    return made.answered["reflection"], made.code.get("reflection", ""), extras


def split(lesson: str = LESSON) -> tuple[list[dict[str, Any]], int]:
    """셀들과 서술형의 자리."""
    cells = notebook(lesson)["cells"]
    return cells, next(
        n for n, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == "reflection"
    )


def stripped(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in cell.items() if k != "id"} | {"metadata": {}} for cell in cells]


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_answer_of_a_stripped_notebook_is_found(lesson: str) -> None:
    cells, at = split(lesson)
    cells[at]["source"] = ANSWER
    assert read(stripped(cells), lesson) == (True, ANSWER, [])


def test_an_answer_in_several_cells_or_below_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, at = split()
    cells[at]["source"] = "여기에 답을 적어 주세요."
    bare = stripped(cells)
    assert read([*bare[: at + 1], markdown("첫째"), markdown("둘째"), *bare[at + 1 :]])[:2] == (True, "첫째\n\n둘째")
    question = "".join(bare[at - 1]["source"])
    assert read([*bare[: at - 1], markdown(f"{question}\n\n{ANSWER}"), *bare[at + 1 :]])[:2] == (True, ANSWER)
    # 질문을 지웠으면 다음 제목 바로 앞이에요.
    assert read([*bare[: at - 1], markdown(ANSWER), *bare[at + 1 :]])[:2] == (True, ANSWER)


def test_an_empty_answer_stays_empty() -> None:
    cells, at = split()
    for empty in ("", "여기에 답을 적어 주세요."):
        cells[at]["source"] = empty
        assert not read(stripped(cells))[0] and not read(cells)[0]
    assert not read(stripped(cells[:at]))[0]


def test_an_answer_in_its_own_cell_is_not_looked_for_elsewhere() -> None:
    cells, at = split()
    cells[at]["source"] = ANSWER
    assert read([*cells[: at + 1], markdown("덧붙인 글"), *cells[at + 1 :]])[:2] == (True, ANSWER)
