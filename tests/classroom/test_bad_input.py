"""나쁜 입력: 누가 무엇을 내도 그 사람은 까닭이 적힌 판정을 받고, 나머지는 채점되고, 원본은 그대로예요."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support.classes import LESSON, borrow, contents, hand_in, notebook

from autograder.authoring import build
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.grade_class import ClassResult, grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.cli import run
from autograder.cli.app import build_app
from autograder.exercises import lesson_exercises
from autograder.layout import ROOT

EXERCISES = [exercise.name for exercise in lesson_exercises(LESSON)]
FULL = sum(exercise.worth for exercise in lesson_exercises(LESSON))
OTHER = next(lesson for lesson in build.sources() if lesson != LESSON and build.lesson_path(lesson).is_file())


def edited(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], **answers: str) -> dict[str, Any]:
    found = copy.deepcopy(notebook(**answers))
    return {**found, "cells": change(found["cells"])}


def grade_id(cell: dict[str, Any]) -> str:
    return (cell["metadata"].get("nbgrader") or {}).get("grade_id") or ""


def wide_output() -> dict[str, Any]:
    found = copy.deepcopy(notebook())
    cell = next(cell for cell in found["cells"] if grade_id(cell) == "check_softmax")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "가나다라마바사아자차" * 1_000_000}]
    return found


def hand_in_everything(folder: Path) -> None:
    """학생마다 다른 나쁜 제출물을 하나씩."""
    hand_in(folder, "good", notebook())
    hand_in(folder, "corrupt", json.dumps(notebook())[:5000])
    hand_in(folder, "empty", b"")
    hand_in(folder, "list", "[1, 2, 3]")
    hand_in(folder, "cp949", json.dumps(notebook(), ensure_ascii=False).encode("cp949", errors="replace"))
    hand_in(folder, "other", notebook(OTHER))
    hand_in(
        folder,
        "doubled",
        edited(lambda cells: [copy for cell in cells for copy in ([cell, cell] if grade_id(cell) else [cell])]),
    )
    hand_in(
        folder,
        "deleted",
        edited(
            lambda cells: [
                cell for cell in cells if not grade_id(cell).startswith("check_") and grade_id(cell) != "reflection"
            ]
        ),
    )
    hand_in(
        folder,
        "edited",
        edited(
            lambda cells: [
                {**cell, "source": "print('100점')"} if grade_id(cell).startswith("check_") else cell for cell in cells
            ]
        ),
    )
    hand_in(folder, "bare", edited(lambda cells: [{**cell, "metadata": {}} for cell in cells]))
    hand_in(folder, "renamed", notebook(), name="과제 최종 (1).ipynb")
    hand_in(folder, "wide", wide_output())
    hand_in(folder, "extra", notebook())
    (folder / "extra" / LESSON / "torch.py").write_text("raise SystemExit('가짜 torch')")
    (folder / "extra" / LESSON / "passwd").symlink_to("/etc/passwd")
    (folder / "linked" / LESSON).mkdir(parents=True)
    (folder / "linked" / LESSON / f"{LESSON}.ipynb").symlink_to(folder / "good" / LESSON / f"{LESSON}.ipynb")
    hand_in(folder, "loop", notebook(softmax="def softmax(x, dim):\n    while True:\n        pass"))
    hand_in(folder, "exit", notebook(softmax="import os\ndef softmax(x, dim):\n    os._exit(0)"))
    hand_in(folder, "sysexit", notebook(softmax="import sys\nsys.exit(0)"))
    hungry = "def softmax(x, dim):\n    return [bytearray(2**30) for _ in range(1000)]"
    hand_in(folder, "hungry", notebook(softmax=hungry))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classroom, ClassResult, dict[str, str]]:
    room = Classroom(tmp_path_factory.mktemp("bad"))
    hand_in_everything(room.submitted)
    before = contents(room.submitted)
    with pytest.MonkeyPatch.context() as patch:
        borrow(patch)
        return room, grade_class(room, jobs=2), before


def found(graded: tuple[Classroom, ClassResult, dict[str, str]], student: str) -> StoredResult:
    return next(result for result in graded[1].results if result.student == student)


def verdicts(result: StoredResult) -> dict[str, str]:
    return {mark.exercise: mark.verdict for mark in result.marks}


def test_everyone_gets_a_verdict_and_originals_stay(graded) -> None:
    room, result, before = graded
    assert contents(room.submitted) == before
    assert {r.student for r in result.results} == {path.name for path in room.submitted.iterdir()}
    for one in result.results:
        assert [mark.exercise for mark in one.marks] == EXERCISES and all(mark.message for mark in one.marks)
        assert room.feedback(one.student, LESSON).is_file() and room.autograded(one.student, LESSON).is_file()
    with open_gradebook(room.db_url()) as gradebook:
        assert {score.student for score in read_scores(gradebook)} == {r.student for r in result.results}


@pytest.mark.parametrize(
    ("student", "word"),
    [
        ("corrupt", "JSON"),
        ("empty", "빈 파일"),
        ("list", "노트북의 모양"),
        ("other", "자리에 냈어요"),
        ("linked", "링크"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(graded, student: str, word: str) -> None:
    result = found(graded, student)
    assert not result.readable and result.score == 0 and set(verdicts(result).values()) == {"refused"}
    assert word in result.marks[0].message and any(word in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("student", "word"),
    [
        ("good", None),
        ("cp949", "cp949"),
        ("doubled", "둘 이상"),
        ("deleted", "지워진"),
        ("edited", "고쳐진"),
        ("bare", "꼬리표"),
        ("renamed", "과제 최종 (1).ipynb"),
        ("wide", None),
        ("extra", "torch.py"),
    ],
)
def test_what_can_be_read_is_graded_in_full_and_named(graded, student: str, word: str | None) -> None:
    result = found(graded, student)
    assert result.readable and result.score == FULL, verdicts(result)
    assert word is None or any(word in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("student", "verdict"), [("loop", "timeout"), ("exit", "error"), ("sysexit", "error"), ("hungry", "error")]
)
def test_one_bad_exercise_costs_only_itself(graded, student: str, verdict: str) -> None:
    assert verdicts(found(graded, student)) == {**dict.fromkeys(EXERCISES, "pass"), "softmax": verdict}


def test_copies_are_small_and_valid(graded) -> None:
    room, result, _ = graded
    for one in result.results:
        path = room.autograded(one.student, LESSON)
        assert path.stat().st_size < 1_000_000
        nbformat.validate(nbformat.read(path, as_version=4))


def test_the_command_says_so_and_exits_with_one(graded, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    room, _, _ = graded
    code = run(["grade", "--classroom", str(room.path), "--json", str(tmp_path / "marks.json")])
    out = capfd.readouterr().out
    assert code == 1 and "읽지 못한 제출물이 5개" in out and "corrupt" in out and "과제 최종 (1).ipynb" in out
    marks = json.loads((tmp_path / "marks.json").read_text(encoding="utf-8"))
    assert len(marks) == len(EXERCISES) * len(list(room.submitted.iterdir()))
    assert run(["grade", str(tmp_path / "nowhere"), "--classroom", str(room.path)]) == 2
    assert run(["grade", "--classroom", str(room.path), "--lesson", "99"]) == 2
    assert run(["grade", "--classroom", str(room.path), "--jobs", "0"]) == 2
    assert "폴더가 없어요" in capfd.readouterr().err


def test_marks_and_report_come_out_of_the_classroom(graded, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    room, result, _ = graded
    table = tmp_path / "detail.csv"
    assert run(["export-marks", "--classroom", str(room.path), "--detail", "--out", str(table)]) == 0
    assert table.read_text(encoding="utf-8-sig").count("\n") == len(result.results) + 2
    assert run(["report", "--classroom", str(room.path), "--out", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "과제 최종 (1).ipynb" in page and "cp949" in page
    assert run(["report", "--classroom", str(tmp_path / "none")]) == 2
    assert run(["export-marks", "--classroom", str(tmp_path / "none")]) == 2
    assert "course.py grade" in capfd.readouterr().err


def test_marks_given_without_a_sandbox_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Classroom(tmp_path / "class")
    hand_in(room.submitted, "good", notebook())
    (one,) = grade_class(room, unsafe=True).results
    assert one.tier == "none" and all("모래상자 없이" in mark.message for mark in one.marks)
    assert "모래상자 없이" in room.feedback("good", LESSON).read_text(encoding="utf-8")
    borrow(monkeypatch)
    (again,) = grade_class(room).results  # 모래상자가 있는 채점은 다시 해요.
    assert again.tier != "none" and "모래상자 없이" not in again.marks[0].message


def test_ctrl_c_says_what_was_kept_and_exits_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.classroom.grade_class.grade_class", stopped)
    assert run(["grade", "--classroom", str(tmp_path)]) == 130
    assert "나머지만 채점해요" in capfd.readouterr().err


def test_windows_is_told_about_wsl(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    build_app()  # 모듈마다 불러올 때 운영체제를 보므로, 바꾸기 전에 모두 불러와요.
    monkeypatch.setattr(sys, "platform", "win32")
    assert run(["grade"]) == 2 and "WSL2" in capfd.readouterr().err


# -- nbgrader의 길 --


def nbgrader(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def rows(room: Classroom) -> dict[tuple[str, str], tuple[Any, ...]]:
    with open_gradebook(room.db_url()) as gradebook:
        return {
            (score.student, cell.name): (cell.auto_score, cell.manual_score, cell.max_score, cell.needs_manual)
            for score in read_scores(gradebook)
            for cell in score.cells.values()
        }


def test_nbgrader_autograde_gives_the_same_gradebook(graded, tmp_path: Path) -> None:
    """같은 시드의 새 학급을 `nbgrader autograde`로 채점해도 성적부가 같고, 나쁜 제출물이 반 전체를 멈추지 않아요."""
    room, _, _ = graded
    stock = Classroom(tmp_path / "class")
    source = tmp_path / "source" / LESSON / f"{LESSON}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(build.read_source(LESSON), source)
    hand_in_everything(stock.submitted)
    (stock.path / "classroom.json").write_bytes((room.path / "classroom.json").read_bytes())
    options = [
        LESSON,
        f"--CourseDirectory.root={stock.path}",
        f"--CourseDirectory.source_directory={tmp_path / 'source'}",
    ]
    made = nbgrader("generate_assignment", *options)
    assert made.returncode == 0, made.stderr[-800:]
    before = contents(stock.submitted)
    done = nbgrader("autograde", *options)
    assert contents(stock.submitted) == before
    # nbgrader는 이름이 다른 파일을 찾지 못해요. 나머지는 모두 같아요.
    expected = {key: value for key, value in rows(room).items() if key[0] != "renamed"}
    assert {key: value for key, value in rows(stock).items() if key[0] != "renamed"} == expected
    assert "renamed" in done.stderr and "There was an error processing assignment" in done.stderr
    with sqlite3.connect(stock.path / "gradebook.db") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)

    feedback = nbgrader("generate_feedback", *options)
    assert feedback.returncode == 0, feedback.stderr[-800:]
    page = (stock.path / "feedback" / "good" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "확인한 것" in page
