"""가상 학급: 기대 점수와 채점이 정확히 같은지, 이어 하기와 시드, 원본을 건드리지 않는지."""

from __future__ import annotations

import ast
import json
import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import torch
from support.classes import LESSON, borrow, contents

from autograder.authoring import build
from autograder.authoring.function_to_cell import SimulateError, as_cell
from autograder.authoring.simulated_class import (
    Learner,
    plan,
    sample_answer,
    simulate,
    solution_cells,
    write_answers,
)
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.grade_class import ClassResult, grade_class
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import make_answer_key
from autograder.judging.call_runner import run_cases
from autograder.judging.judge import judge

FINISHED = [lesson for lesson in build.sources() if build.lesson_path(lesson).is_file()]
# 모든 실수가 들어가는 가장 작은 반: 정해진 여섯 사람과, 실수가 가장 많은 실습의 실수마다 한 사람
STUDENTS = 6 + max(len(exercise.mistakes) for lesson in FINISHED for exercise in lesson_exercises(lesson))


@pytest.fixture(autouse=True)
def one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """채점마다 작업자를 새로 데우지 않고, 시험 프로세스의 것을 함께 써요."""
    borrow(monkeypatch)


def judged(result: ClassResult) -> list[dict]:
    return [mark.to_dict() for found in result.results for mark in found.marks]


def without_message(marks: list[dict]) -> list[dict]:
    return [{key: value for key, value in mark.items() if key != "message"} for mark in marks]


# -- 함수를 셀로 --

SCALE = 3.0


def _helper(x):
    return x * SCALE


def _recursive(n):
    return 1 if n < 2 else n * _recursive(n - 1)


def _factory(shift):
    def inner(x, *, more=0.0):
        return _helper(x) + shift + more

    return inner


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_helper, 6.0),
        (_factory(10), 16.0),
        (lambda x: _helper(x) - 1, 5.0),
        (partial(_factory(1), more=0.5), 7.5),
        (lambda x: torch.tensor(x).item(), 2.0),
        (lambda x: float(_recursive(4)), 24.0),
    ],
)
def test_a_cell_stands_alone(function, expected: float) -> None:
    scope: dict = {}
    exec(as_cell("f", function), scope)
    assert scope["f"](2.0) == expected
    assert set(scope) - {"__builtins__"} == {"f"}  # 학습자의 다른 이름을 덮지 않아요.


def test_what_cannot_be_written_is_refused() -> None:
    secret = object()
    with pytest.raises(SimulateError):
        as_cell("f", lambda x: secret)


@pytest.mark.parametrize("lesson", FINISHED)
def test_every_definition_becomes_a_cell_that_behaves_the_same(lesson: str) -> None:
    for exercise in lesson_exercises(lesson):
        key = make_answer_key(exercise, 7)
        functions = [(None, f) for f in (exercise.reference, *exercise.correct)]
        functions += [(m, f) for m in exercise.mistakes for f in m.wrong]
        for mistake, function in functions:
            scope: dict = {}
            text = as_cell(exercise.name, function)
            imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not {"autograder", "reference"} & {word for node in imports for word in ast.unparse(node).split()}
            exec(text, scope)
            verdict = judge(key, run_cases(scope[exercise.name], [case.calls for case in key.cases]))
            assert verdict.mistake == (mistake.id if mistake else None), (exercise.name, verdict)


# -- 계획 --


def test_the_class_has_everyone_and_every_mistake() -> None:
    exercises = lesson_exercises(LESSON)
    solved = solution_cells(build.read_source(LESSON))
    everything = {mistake.id for exercise in exercises for mistake in exercise.mistakes}
    learners, left_out, placed, needed = plan(exercises, solved, 6 + len(everything), random.Random(0))
    roles = Counter(learner.role for learner in learners)
    assert roles["half"] == roles["untouched"] == roles["syntax"] == roles["loop"] == roles["variant"] == 1
    made = {answer.mistake for learner in learners for answer in learner.answers.values()} - {None}
    assert made == everything and placed == len(everything) and not left_out
    # 자리가 넉넉하면 한 사람이 실수를 하나씩만 해요.
    alone = [sum(a.mistake is not None for a in one.answers.values()) for one in learners if one.role == "mistake"]
    assert set(alone) == {1}
    _, left_out, placed, _ = plan(exercises, solved, 7, random.Random(0))
    assert len(left_out) + placed == len(everything) and placed <= len(exercises)
    # 모두 들어가는 가장 적은 수를 말해요.
    assert not plan(exercises, solved, needed, random.Random(0)).left_out
    assert plan(exercises, solved, needed - 1, random.Random(0)).left_out


@pytest.mark.parametrize("lesson", FINISHED)
def test_written_answers_differ_in_quality(lesson: str) -> None:
    sample = sample_answer(build.read_source(lesson))
    learners = [Learner("perfect") for _ in range(16)] + [Learner("untouched")]
    write_answers(learners, sample)
    written = [learner.written for learner in learners]
    assert "채점 기준" not in sample  # 채점하는 사람만 보는 글이에요.
    assert written[0] == sample and written[1] in " ".join(sample.split()) and len(written[1]) < len(sample)
    assert len(set(written)) == 8 and written[-1] == "" and "" in written[:8]
    assert written[:8] == written[8:16]  # 똑같은 답도 있어요.


def test_the_same_seed_writes_the_same_class(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(8, tmp_path / name, seed, [LESSON])
    assert contents(tmp_path / "a") == contents(tmp_path / "b") != contents(tmp_path / "c")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_text("중요한 것")
    with pytest.raises(SimulateError, match="비어 있는"):
        simulate(3, tmp_path, 0, [LESSON])
    assert contents(tmp_path).keys() == {"report.docx"}
    made = tmp_path / "class"
    simulate(3, made, 0, [LESSON])
    simulate(2, made, 1, [LESSON])  # 전에 만든 가상 학급은 새것으로 바꿔요.
    assert sorted(path.name for path in made.iterdir()) == [".gitignore", "expected.json", "s001", "s002"]
    (made / "김하늘").mkdir()
    with pytest.raises(SimulateError, match="가상 학급이 아닌"):
        simulate(3, made, 0, [LESSON])
    with pytest.raises(SimulateError, match="한 명 이상"):
        simulate(0, tmp_path / "none", 0)


# -- 채점 --


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "class"
    assert not simulate(STUDENTS, out, 1, FINISHED).left_out
    return out


@pytest.fixture(scope="module")
def graded(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Classroom, ClassResult]:
    """한 번 채점한 학급. 모듈이 함께 쓰므로 시험은 이 폴더를 고치지 않아요."""
    with pytest.MonkeyPatch.context() as patch:
        borrow(patch)
        room = Classroom(tmp_path_factory.mktemp("graded"))
        return room, grade_class(room, simulated, jobs=2)


def test_grading_meets_every_expected_mark(simulated: Path, graded: tuple[Classroom, ClassResult]) -> None:
    expected = json.loads((simulated / "expected.json").read_text(encoding="utf-8"))
    marks = judged(graded[1])
    keys = {"student", "lesson", "exercise", "score", "max_score", "verdict", "mistake", "message"}
    assert all(set(mark) == keys for mark in marks)
    assert without_message(marks) == expected
    assert {mark["verdict"] for mark in marks} >= {"pass", "partial", "fail", "error", "timeout", "missing"}
    assert all(mark["message"] for mark in marks)


def test_everything_lands_in_the_classroom(simulated: Path, graded: tuple[Classroom, ClassResult]) -> None:
    room, result = graded
    assert len(result.results) == STUDENTS * len(FINISHED) and result.kept == 0
    for found in result.results:
        assert room.autograded(found.student, found.lesson).is_file()
        html = room.feedback(found.student, found.lesson).read_text(encoding="utf-8")
        assert found.student in html
    table = room.marks_csv.read_bytes()
    assert table.startswith(b"\xef\xbb\xbf") and table.count(b"\r\n") == STUDENTS + 2  # 제목과 만점의 줄


def test_unchanged_submissions_are_kept_and_changed_ones_graded(simulated: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    simulate(7, source, 5, [LESSON])
    room = Classroom(tmp_path / "class")
    before = contents(source)
    first = grade_class(room, source, jobs=2)
    again = grade_class(room, source, jobs=2)
    assert again.kept == 7 and judged(again) == judged(first)
    path = source / "s003" / LESSON / f"{LESSON}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("√d", "√ d"), encoding="utf-8")
    changed = grade_class(room, source, jobs=2)
    assert changed.kept == 6
    assert {name: digest for name, digest in contents(source).items() if "s003" not in name} == {
        name: digest for name, digest in before.items() if "s003" not in name
    }
    # 결과 파일이 깨져도 그 사람만 다시 채점해요.
    (room.path / "results" / LESSON / "s001.json").write_text("{")
    assert grade_class(room, source, jobs=2).kept == 6


def test_stopping_midway_loses_nothing(tmp_path: Path) -> None:
    source = tmp_path / "in"
    simulate(6, source, 9, [LESSON])
    room = Classroom(tmp_path / "class")
    seen: list[str] = []

    def stop_after_two(result) -> None:
        seen.append(result.student)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_class(room, source, jobs=1, on_result=stop_after_two)
    finished = len(list((room.path / "results").glob("*/*.json")))
    assert finished >= 2
    resumed = grade_class(room, source, jobs=2)
    assert resumed.kept == finished and len(resumed.results) == 6
    expected = json.loads((source / "expected.json").read_text(encoding="utf-8"))
    assert without_message(judged(resumed)) == expected


def test_the_seed_belongs_to_the_classroom(
    simulated: Path, graded: tuple[Classroom, ClassResult], tmp_path: Path
) -> None:
    room, result = graded
    other = Classroom(tmp_path / "other")
    assert other.seed() == other.seed() == Classroom(tmp_path / "other").seed() != room.seed()
    same = Classroom(tmp_path / "same")
    same.path.mkdir()
    (same.path / "classroom.json").write_bytes((room.path / "classroom.json").read_bytes())
    few = tmp_path / "few"
    chosen = [
        found.student
        for found in result.results
        if found.lesson == LESSON and all(mark.verdict != "timeout" for mark in found.marks)
    ][:3]
    for student in chosen:
        target = few / student / LESSON / f"{LESSON}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_bytes((simulated / student / LESSON / f"{LESSON}.ipynb").read_bytes())
    # 누구와 함께 채점하든 같은 시드면 글자까지 같은 판정이에요.
    assert judged(grade_class(same, few, jobs=1)) == [
        mark for mark in judged(result) if mark["student"] in chosen and mark["lesson"] == LESSON
    ]
    (other.path / "classroom.json").write_text("{}")
    with pytest.raises(ClassroomError, match="깨졌어요"):
        other.seed()


def test_two_commands_do_not_grade_one_classroom_together(simulated: Path, tmp_path: Path) -> None:
    room = Classroom(tmp_path)
    with room.lock(), pytest.raises(ClassroomError, match="다른 명령"):
        grade_class(Classroom(tmp_path), simulated)


def test_nothing_to_grade_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ClassroomError, match="제출물을 찾지 못했어요"):
        grade_class(Classroom(tmp_path / "class"))
