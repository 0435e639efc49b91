"""제출된 노트북에서 무엇을 어떤 순서로 실행할지 정해요. 제출물 하나에 한 번만 해요.

채점에서 도는 셀은 셋이에요: 레슨이 준 `given` 셀(언제나 원본의 글), 실습 셀, 학습자가 더한 셀 가운데 정의, import, 상수만 담은 것.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.authoring.lesson_source import sources
from autograder.exercises import lesson_exercises
from autograder.grading.complaints import complaints
from autograder.grading.lesson_master import Master
from autograder.notebooks.cell_code import (
    defined_names,
    only_definitions,
    python_text,
    reachable,
    same_code,
    used_names,
)
from autograder.notebooks.reading import Cell, Notebook, NotebookError
from autograder.wording import josa


@dataclass(frozen=True)
class Step:
    """채점에서 실행할 셀 하나. `exercise`는 실습 셀의 이름, `cell`은 학습자의 몇 번째 셀인지(주어진 셀이면 None)예요."""

    source: str
    exercise: str | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Plan:
    """채점에서 실행할 셀들과, 강사와 학습자에게 알릴 문제들.

    `skipped`는 실행하지 않는 셀이 정의하던 이름, `exercises`는 셀의 번호에서 그 셀이 답한 실습으로 가는 표,
    `too_long`은 글이 너무 길어 읽지 않은 실습 셀의 이름에서 번호로 가는 표예요.
    """

    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    skipped: Mapping[str, int]
    exercises: Mapping[int, str]
    too_long: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Role:
    """셀의 구실: `exercise`(실습의 이름이 함께 와요), `added`(학습자가 더한 셀), `none`(채점에서 돌지 않음)."""

    kind: str
    exercise: str = ""


def plan_run(notebook: Notebook, master: Master) -> Plan:
    """제출된 노트북에서 무엇을 어떤 순서로 실행할지 정해요. 이 레슨의 노트북이 아니면 NotebookError."""
    roles = {cell.number: _role(cell, notebook, master) for cell in notebook.cells}
    exercises = {number: role.exercise for number, role in roles.items() if role.kind == "exercise"}
    if not exercises and not notebook.too_long.keys() & set(master.exercises):
        raise NotebookError(_not_this_lesson(notebook, master))
    waiting = _given_before(master)
    steps: list[Step] = []
    skipped: dict[str, int] = {}
    # 주어진 셀은 원본에서 그 뒤에 오는 첫 실습보다 먼저 돌아요. 학습자가 지우거나 고치거나 옮겨도 같아요.
    steps += [Step(source) for source in waiting.pop("", ())]
    for cell in notebook.cells:
        role = roles[cell.number]
        if role.kind == "exercise":
            for earlier in master.exercises[: master.exercises.index(role.exercise) + 1]:
                steps += [Step(source) for source in waiting.pop(earlier, ())]
            steps.append(Step(cell.source, role.exercise, cell.number))
        elif role.kind == "added" and only_definitions(cell.source):
            steps.append(Step(python_text(cell.source), None, cell.number))
        elif role.kind == "added":
            skipped.update(dict.fromkeys(defined_names(cell.source), cell.number))
    problems = [*notebook.problems, *complaints(notebook, master, exercises), *_missed_names(steps, skipped)]
    return Plan(tuple(steps), tuple(problems), skipped, exercises, notebook.too_long)


def _role(cell: Cell, notebook: Notebook, master: Master) -> _Role:
    if not cell.code or cell.given or not cell.source.strip():
        return _Role("none")
    if cell.grade_id in master.exercises:
        return _Role("exercise", str(cell.grade_id))
    if cell.grade_id is not None or {"experiment", "hint"} & set(cell.tags):
        return _Role("none")
    here = {other.grade_id for other in notebook.cells if other.code}
    for name in master.exercises:
        # 다른 도구로 열었다 저장하면 꼬리표가 사라지기도 해요. 그때는 함수의 이름으로 찾아요.
        if name not in here and name in defined_names(cell.source):
            return _Role("exercise", name)
    if any(same_code(cell.source, other.source) for other in master.cells if other.code):
        return _Role("none")
    return _Role("added")


def _given_before(master: Master) -> dict[str, tuple[str, ...]]:
    """주어진 셀의 글을, 원본에서 그 뒤에 오는 첫 실습의 이름으로 묶어요. 첫 실습 앞의 것은 ""이에요."""
    groups: dict[str, list[str]] = {}
    pending: list[str] = []
    first = True
    for cell in master.cells:
        if cell.given:
            pending.append(cell.source)
        elif cell.code and cell.grade_id in master.exercises:
            groups.setdefault("" if first else str(cell.grade_id), []).extend(pending)
            pending, first = [], False
    return {name: tuple(sources) for name, sources in groups.items()}


def _not_this_lesson(notebook: Notebook, master: Master) -> str:
    if not any(cell.source.strip() for cell in notebook.cells):
        return "셀이 모두 비어 있어요. 저장이 끝난 노트북을 다시 내 주세요."
    ids = {cell.grade_id for cell in notebook.cells}.union(*(defined_names(c.source) for c in notebook.cells if c.code))
    for lesson, names in _lesson_names().items():
        if lesson != master.lesson and len(ids & names) > 1:
            return f"`{lesson}` 레슨의 노트북을 `{master.lesson}` 자리에 냈어요. 맞는 파일을 다시 내 주세요."
    return f"`{master.lesson}` 레슨의 노트북이 아니에요. 이 레슨의 실습 셀이 하나도 없어요."


@lru_cache(maxsize=1)
def _lesson_names() -> dict[str, set[str]]:
    return {lesson: {exercise.name for exercise in lesson_exercises(lesson)} for lesson in sources()}


def _missed_names(steps: Sequence[Step], skipped: Mapping[str, int]) -> list[str]:
    """실습이 쓰는데 채점에서 돌지 않는 셀에만 있는 이름들."""
    sources = [step.source for step in steps]
    defined = set().union(*map(defined_names, sources)) if sources else set()
    uses = used_names(sources)
    wanted = {name for step in steps if step.exercise for name in reachable(step.exercise, uses)}
    return [
        f"{josa(f'`{name}`', '은/는')} {skipped[name]}번째 셀에 있지만 정의, import, 상수만 담은 셀이 아니라 실행하지 않았어요."
        for name in sorted(wanted & set(skipped) - defined)
    ]
