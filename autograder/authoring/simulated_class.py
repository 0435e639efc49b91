"""가상 학급: 정답과 알려진 실수로 한 반의 제출물을 만들고, 바른 채점기가 내야 할 점수를 곁에 적어요.

기대 점수는 실습의 정의(배점, 그룹, 실수가 떨어뜨리는 그룹)에서만 계산해요. 채점기를 돌려서 얻지 않으므로 채점기를 시험할 수 있어요.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from autograder.authoring.function_to_cell import SimulateError, as_cell
from autograder.authoring.lesson_source import lesson_path, read_source, sample_and_rubric, sources
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import make_answer_key
from autograder.exercises.schema import Exercise, Mistake
from autograder.files import private_folder, write_json
from autograder.judging import scoring
from autograder.judging.call_runner import run_cases
from autograder.layout import EXPECTED


@dataclass(frozen=True)
class Answer:
    """실습 하나에 낸 답: 셀의 글(None이면 빈칸 그대로)과 바른 채점기가 내야 할 판정."""

    text: str | None
    verdict: str
    share: float
    mistake: str | None = None


@dataclass
class Learner:
    """가상 학습자 한 명이 레슨 하나에 낸 답들."""

    role: str
    answers: dict[str, Answer] = field(default_factory=dict)
    written: str = ""  # 서술형의 답. 비어 있으면 손대지 않은 거예요.


@dataclass(frozen=True)
class Simulated:
    """만든 학급의 요약. `left_out`은 학생 수가 모자라 넣지 못한 실수, `needed`는 모두 넣는 데 드는 학생 수예요."""

    students: int
    lessons: tuple[str, ...]
    submissions: int
    mistakes: int
    left_out: tuple[str, ...]
    needed: int


class ClassPlan(NamedTuple):
    """한 레슨의 학습자들과, 자리가 모자라 넣지 못한 실수들, 넣은 실수의 수, 모두 넣는 데 드는 학습자의 수."""

    learners: list[Learner]
    left_out: list[str]
    placed: int
    needed: int


UNTOUCHED = Answer(None, "missing", 0.0)


def simulate(students: int, out: Path, seed: int = 0, lessons: Sequence[str] | None = None) -> Simulated:
    """`out/<학생>/<레슨>/<레슨>.ipynb`에 한 반을 만들고 `out/expected.json`에 기대 점수를 적어요.

    같은 시드면 같은 파일이 나와요. `out`에 다른 것이 있으면 SimulateError예요.
    """
    if students < 1:
        raise SimulateError("학생은 한 명 이상이어야 해요: --students 30처럼 적어 주세요.")
    finished = [lesson for lesson in sources() if lesson_path(lesson).is_file()]
    lessons = tuple(lessons or finished)
    unknown = [lesson for lesson in lessons if lesson not in finished]
    if unknown or not lessons:
        raise SimulateError(
            f"만들 수 있는 레슨이 아니에요: {', '.join(unknown) or '(없음)'}. "
            f"있는 레슨: {', '.join(finished) or '없음. `python3 course.py build`를 먼저 해 주세요.'}"
        )
    _clear(out)
    private_folder(out)
    names = [f"s{number:0{max(3, len(str(students)))}d}" for number in range(1, students + 1)]
    expected: list[dict[str, Any]] = []
    left_out: list[str] = []
    total = needed = 0
    for lesson in lessons:
        rng = random.Random(f"{seed}:{lesson}")
        source = read_source(lesson)
        solved = solution_cells(source)
        released = json.loads(lesson_path(lesson).read_text(encoding="utf-8"))
        planned = plan(lesson_exercises(lesson), solved, students, rng)
        left_out += planned.left_out
        total += planned.placed
        needed = max(needed, planned.needed)
        write_answers(planned.learners, sample_answer(source))
        for name, learner in zip(names, planned.learners, strict=True):
            write_json(out / name / lesson / f"{lesson}.ipynb", learner_notebook(released, learner))
            expected += expected_marks(name, lesson, learner)
    order = {lesson: i for i, lesson in enumerate(lessons)}
    expected.sort(key=lambda item: (item["student"], order[item["lesson"]]))
    write_json(out / EXPECTED, expected)
    return Simulated(students, lessons, students * len(lessons), total, tuple(left_out), needed)


def plan(exercises: Sequence[Exercise], solved: Mapping[str, str], students: int, rng: random.Random) -> ClassPlan:
    """한 레슨의 학습자들을 정해요.

    완성한 사람, 절반만 한 사람, 손대지 않은 사람, 문법 오류, 끝나지 않는 반복, 다르게 쓴 정답이 한 명씩 있고,
    나머지는 실수를 하나씩 나눠 가져요. 자리가 모자라면 한 사람이 서로 다른 실습에서 실수를 하나씩 해요.
    """
    right = {e.name: Answer(solved[e.name], "pass", 1.0) for e in exercises}
    graded = [e for e in exercises if not e.bonus]
    half = {e.name for e in exercises[: (len(exercises) + 1) // 2]}
    variants = {e.name: Answer(as_cell(e.name, rng.choice(e.correct)), "pass", 1.0) for e in exercises if e.correct}
    broken, stuck = rng.choice(graded).name, rng.choice(graded).name
    everyone = [
        Learner("perfect", dict(right)),
        Learner("half", {e.name: right[e.name] if e.name in half else UNTOUCHED for e in exercises}),
        Learner("untouched", {e.name: UNTOUCHED for e in exercises}),
        Learner("syntax", {**right, broken: Answer(_broken(solved[broken]), "error", 0.0)}),
        Learner("loop", {**right, stuck: Answer(_endless(stuck), "timeout", 0.0)}),
        Learner("variant", {**right, **variants}),
    ]
    learners = everyone[:students]
    # 한 사람은 한 실습에서 한 번만 틀려요. 그래서 실수가 가장 많은 실습만큼 자리가 들어요.
    needed = len(everyone) + max(len(e.mistakes) for e in exercises)
    pairs = [(e, mistake) for e in exercises for mistake in e.mistakes]
    seats = [Learner("mistake", dict(right)) for _ in range(min(students - len(learners), len(pairs)))]
    taken: list[set[str]] = [set() for _ in seats]
    left_out, next_seat = [], 0
    for exercise, mistake in pairs:
        free = [(next_seat + i) % len(seats) for i in range(len(seats))]
        seat = next((i for i in free if exercise.name not in taken[i]), None)
        if seat is None:
            left_out.append(mistake.id)
            continue
        taken[seat].add(exercise.name)
        seats[seat].answers[exercise.name] = mistaken(exercise, mistake, rng)
        next_seat = (seat + 1) % len(seats)
    learners += seats
    # 남는 자리에는 다르게 쓴 정답을 섞어요.
    while len(learners) < students:
        mixed = {e.name: rng.choice([right[e.name], variants.get(e.name, right[e.name])]) for e in exercises}
        learners.append(Learner("perfect", mixed))
    # 앞 번호에 완성한 사람만 모이지 않게, 시드에 따라 자리를 섞어요.
    rng.shuffle(learners)
    return ClassPlan(learners, left_out, len(pairs) - len(left_out), needed)


def mistaken(exercise: Exercise, mistake: Mistake, rng: random.Random) -> Answer:
    """알려진 실수를 한 답. 점수와 판정은 실수가 떨어뜨린다고 적힌 그룹에서 나와요."""
    wrong = rng.choice(mistake.wrong)
    key = make_answer_key(replace(exercise, mistakes=(), both=()), 0)
    outcomes = run_cases(wrong, [case.calls for case in key.cases])
    passed = [group for group in exercise.groups if group not in mistake.groups]
    share = 0.0 if scoring.ignores_input(key, outcomes) else scoring.share(key.roles, passed)
    # 이름이 붙은 실수는 예외로 드러나도 fail이에요.
    verdict = "partial" if share else "fail"
    return Answer(as_cell(exercise.name, wrong), verdict, share, mistake.id)


def expected_marks(student: str, lesson: str, learner: Learner) -> list[dict[str, Any]]:
    """바른 채점기가 이 학습자에게 내야 할 점수들. `course grade --json`의 객체에서 message만 뺀 것이에요."""
    return [
        {
            "student": student,
            "lesson": lesson,
            "exercise": exercise.name,
            "score": round(exercise.worth * answer.share, 1),
            "max_score": exercise.points,
            "verdict": answer.verdict,
            "mistake": answer.mistake,
        }
        for exercise in lesson_exercises(lesson)
        for answer in (learner.answers[exercise.name],)
    ]


def _broken(text: str) -> str:
    """첫 줄의 콜론을 빠뜨린 글."""
    head, _, rest = text.partition(":\n")
    return f"{head}\n{rest}"


def _endless(name: str) -> str:
    return f"def {name}(*args, **kwargs):\n    n = 0\n    while True:\n        n += 1"


def solution_cells(notebook: Any) -> dict[str, str]:
    """풀이 노트북에서 실습의 이름으로 찾는 셀의 글(풀이 표시 줄은 빼고)."""
    cells = {}
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution") and cell.cell_type == "code":
            marks = ("### BEGIN SOLUTION", "### END SOLUTION")
            cells[meta["grade_id"]] = "\n".join(line for line in cell.source.splitlines() if line.strip() not in marks)
    return cells


def sample_answer(notebook: Any) -> str:
    """풀이 노트북에 있는 서술형의 예시 답안."""
    return sample_and_rubric(notebook, "reflection")[0]


def write_answers(learners: Sequence[Learner], sample: str) -> None:
    """학습자마다 서술형의 답을 적어요: 훌륭한 것, 앞부분만 맞힌 것, 뜻만 통하는 것, 근거가 없는 것, 모르겠다는 것, 빈칸.

    똑같은 답과 조금만 고친 답도 섞여서, 서술형을 채점하는 연습이 돼요.
    """
    sentences = re.split(r"(?<=[.?!]) ", " ".join(sample.split()))
    qualities = (
        sample,
        sentences[0],
        f"제 말로 적어 볼게요. {sentences[-1]}",
        "그림을 보니 값이 많이 달라져서, 없으면 안 되는 것 같아요.",
        f"{sentences[0]} 나머지는 아직 잘 모르겠어요.",
        "",
        f"{sample} 그래서 논문이 그렇게 정했다고 생각해요.",
        "잘 모르겠어요. 다음 시간에 다시 설명해 주세요.",
    )
    for number, learner in enumerate(learners):
        learner.written = "" if learner.role == "untouched" else qualities[number % len(qualities)]


def learner_notebook(released: Mapping[str, Any], learner: Learner) -> dict[str, Any]:
    """배포 노트북에 학습자의 답을 적어 넣은 노트북."""
    cells = []
    for cell in released["cells"]:
        name = (cell["metadata"].get("nbgrader") or {}).get("grade_id", "")
        answer = learner.answers.get(name)
        if answer is not None and answer.text is not None:
            cell = {**cell, "source": answer.text.splitlines(keepends=True)}
        elif name == "reflection" and learner.written:
            cell = {**cell, "source": learner.written.splitlines(keepends=True)}
        cells.append(cell)
    return {**released, "cells": cells}


def _clear(out: Path) -> None:
    """전에 만든 가상 학급이면 지우고, 다른 것이 들어 있으면 건드리지 않아요."""
    if not out.exists():
        return
    if not out.is_dir():
        raise SimulateError(f"{out}에 있는 것은 폴더가 아니에요. 다른 이름을 골라 주세요.")
    found = sorted(path.name for path in out.iterdir())
    if found and EXPECTED not in found:
        raise SimulateError(
            f"{out} 폴더에 다른 것이 있어요({found[0]}). 잃는 것이 없도록, 비어 있는 폴더를 골라 주세요."
        )
    if not found:
        return
    try:
        owners = {item["student"] for item in json.loads((out / EXPECTED).read_text(encoding="utf-8"))}
    except (ValueError, TypeError, KeyError) as error:
        raise SimulateError(f"{out / EXPECTED} 파일을 읽을 수 없어요. 비어 있는 폴더를 골라 주세요.") from error
    others = sorted(set(found) - owners - {EXPECTED, ".gitignore"})
    if others:
        raise SimulateError(f"{out} 폴더에 가상 학급이 아닌 것이 있어요({others[0]}). 비어 있는 폴더를 골라 주세요.")
    for owner in owners:
        shutil.rmtree(out / owner, ignore_errors=True)
