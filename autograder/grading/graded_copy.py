"""채점한 사본: 배포한 노트북의 틀에 학습자의 답과 판정을 끼워 넣은 노트북.

배포한 셀은 언제나 배포한 그대로이고(지웠거나 고쳤거나 두 번 붙여 넣었어도), 학습자의 것은 답 셀과 새로 만든 셀만 옮겨요.
그래서 어떤 제출물이 와도 nbgrader의 검사에 걸리지 않아요. 학습자의 글은 어느 화면에서도 글자로만 보이게 담아요.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from autograder.grading.intake import Intake
from autograder.grading.lesson_cells import lesson_cells, released
from autograder.grading.names import visible
from autograder.grading.results import Mark
from autograder.grading.written_answers import found_by_place
from autograder.notebooks.cell_code import keep, normal_code
from autograder.notebooks.reading import Cell

SHOWN_CODE = 20_000  # 피드백에 보여 줄 셀 하나의 글자 수
OUR_TAGS = {"given", "experiment", "hint"}  # 레슨이 나눠 준 셀의 꼬리표


@dataclass(frozen=True)
class Copy:
    """사본과 함께, 손 채점 셀에 답을 적었는지(`answered`)와 피드백에 보여 줄 셀의 글(`code`)."""

    notebook: dict[str, Any]
    answered: dict[str, bool]
    code: dict[str, str]


def make_copy(lesson: str, intake: Intake, marks: Sequence[Mark]) -> Copy:
    """읽어 낸 제출물과 판정으로 사본을 만들어요. 읽을 수 없는 제출물이면 배포한 노트북 그대로예요."""
    master = released(lesson)
    owned = {name: cell for cell in master["cells"] if (name := _master_id(cell)) is not None}
    given = _given(lesson)
    answers: dict[str, str] = {}
    extras: dict[str | None, list[dict[str, Any]]] = {}
    placed = found_by_place(intake.notebook.cells if intake.notebook else (), lesson)
    after: str | None = None  # 학습자가 더한 셀은 이 이름의 배포 셀 다음에 끼워요.
    for cell, name in _submitted_cells(intake):
        if name is not None and name in owned:
            after = name
            if _is_solution(owned[name]):
                # 같은 셀이 둘이면 차례로 돌리고 남는 나중 것이 답이에요.
                answers[name] = cell.source
        elif cell.number in placed:
            pass  # 아래에서 답으로 옮겨요.
        elif _is_learners_own(cell, given):
            extras.setdefault(after, []).append(_extra(cell, sum(map(len, extras.values()))))
    for name, text in placed.values():
        earlier = answers.get(name, "").strip()
        answers[name] = text if earlier in ("", _text(owned[name]).strip()) else f"{earlier}\n\n{text}"
    comments = {f"check_{mark.exercise}": _comment(mark) for mark in marks}
    built = list(extras.get(None, ()))
    for original in master["cells"]:
        made, name = dict(original), _master_id(original)  # 바꾸는 칸만 새로 넣으므로 얕은 사본이면 돼요.
        if name in answers:
            made["source"] = visible(answers[name]) if made["cell_type"] == "code" else _as_written(answers[name])
        if made["cell_type"] == "code":
            made["outputs"], made["execution_count"] = comments.get(name or "", []), None
        built.append(made)
        built += extras.get(name, ()) if name else ()
    answered = {}
    for graded in lesson_cells(lesson).graded:
        if graded.solution:
            written = answers.get(graded.name, "").strip()
            answered[graded.name] = bool(written) and written != _text(owned[graded.name]).strip()
    code = {name: text[:SHOWN_CODE] for name, text in answers.items()}
    return Copy({**master, "cells": built}, answered, code)


def _master_id(cell: Mapping[str, Any]) -> str | None:
    return (cell["metadata"].get("nbgrader") or {}).get("grade_id")


def _submitted_cells(intake: Intake) -> list[tuple[Cell, str | None]]:
    """제출물의 셀과, 그 셀이 답한 배포 셀의 이름. 실습 셀은 채점이 알아본 대로예요."""
    exercises = intake.plan.exercises if intake.plan else {}
    cells = intake.notebook.cells if intake.notebook else ()
    return [(cell, exercises.get(cell.number, cell.grade_id)) for cell in cells]


@cache
def _given(lesson: str) -> frozenset[str]:
    """배포한 셀들의 글: 코드는 하는 일이 같으면 같은 글이에요."""
    cells = released(lesson)["cells"]
    codes = [_text(cell) for cell in cells if cell["cell_type"] == "code"]
    keep(codes)
    return frozenset([_text(cell).strip() for cell in cells] + [normal_code(text) for text in codes])


def _is_learners_own(cell: Cell, given: Collection[str]) -> bool:
    """배포한 셀이 아니라 학습자가 더한 셀인지. 배포한 글이 그사이 다듬어졌어도 꼬리표와 하는 일로 알아봐요."""
    if not cell.source.strip() or OUR_TAGS & set(cell.tags):
        return False
    return cell.source.strip() not in given and not (cell.code and normal_code(cell.source) in given)


def _is_solution(cell: Mapping[str, Any]) -> bool:
    return bool(cell["metadata"]["nbgrader"].get("solution"))


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _extra(cell: Cell, number: int) -> dict[str, Any]:
    digest = hashlib.sha256(cell.source.encode(errors="replace")).hexdigest()[:8]
    extra = {"id": f"extra-{number}-{digest}", "metadata": {}}
    if cell.code:
        return extra | {
            "cell_type": "code",
            "source": visible(cell.source),
            "outputs": [],
            "execution_count": None,
        }
    return extra | {"cell_type": "markdown", "source": _as_written(cell.source)}


def _as_written(text: str) -> str:
    """학습자가 쓴 글을 적은 그대로 보이는 마크다운으로. 목록도 수식도 글자 그대로 보여요.

    글에 있는 어떤 줄보다 긴 울타리로 감싸서 안에서는 아무것도 마크다운, HTML, 수식으로 읽히지 않아요. 위험한 모양을 골라
    바꾸면 언젠가 하나를 빠뜨려요.
    """
    shown = visible(text)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}\n{shown}\n{fence}"


def _comment(mark: Mark) -> list[dict[str, Any]]:
    """확인 셀 아래에 적을 판정. 점수는 이 글이 아니라 성적부에 있어요.

    `<pre>` 안의 글이라, 까닭에 섞인 학습자의 글(예외, 이름)을 주피터가 링크나 수식으로 바꾸지 않아요.
    """
    text = visible(f"[{mark.score:g} / {mark.max_score:g}점] {mark.message}")
    data = {"text/html": f"<pre>{html.escape(text)}</pre>", "text/plain": text}
    return [{"output_type": "display_data", "data": data, "metadata": {}}]
