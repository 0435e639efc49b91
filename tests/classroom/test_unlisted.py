"""도중에 죽은 채점이 바꾼 점수도 다음 채점의 목록에 담겨요."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from support.classes import hand_in
from support.dying_grading import DIED
from support.paper_station import NAMES, SEED, give_seed, grade, paper_class, told

from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook_troubles import GradebookError
from autograder.layout import ROOT

Die = Callable[[Classroom, str, int], None]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    return paper_class(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def grade_and_die() -> Iterator[Die]:
    """`Writer`의 그 일을 `after`번 더 하고 죽는 채점."""
    with subprocess.Popen(
        [sys.executable, "-m", "support.dying_grading"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def die(room: Classroom, where: str, after: int) -> None:
            process.stdin.write(json.dumps([str(room.path), where, after]) + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{DIED}\n"

        yield die
        process.stdin.close()


@pytest.mark.parametrize(
    ("where", "after"), [*product(["note", "keep", "add", "flush"], [0, 1]), ("joined", 0), ("listed", 0)]
)
def test_what_a_killed_grading_changed_is_told_by_the_next(
    room: Classroom, grade_and_die: Die, where: str, after: int
) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, where, after)
    result = grade(room)
    if where == "listed":
        return  # 목록까지 다 썼어요.
    assert {(c.student, c.exercise) for c in result.changes} == {(s, n) for s in ("kim", "lee", "park") for n in NAMES}
    assert {change.reasons for change in result.changes} == {("학급의 시드가 바뀌었어요",)}
    assert {(c.before, c.after) for c in result.changes if c.exercise == "softmax"} == {(7.0, 8.0)}
    assert grade(room).changes == () and not list(room.changes.glob(".unlisted*"))


def test_killed_twice_and_changed_in_between(room: Classroom, grade_and_die: Die) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, "flush", 2)
    hand_in(room.submitted, "kim", {"softmax": 2.0})
    grade_and_die(room, "flush", 0)
    (softmax,) = [c for c in grade(room).changes if (c.student, c.exercise) == ("kim", "softmax")]
    assert (softmax.before, softmax.after) == (7.0, 3.0)
    assert softmax.reasons == ("학급의 시드가 바뀌었어요", "제출한 파일이 바뀌었어요")


def test_what_came_back_to_the_old_mark_is_not_told(room: Classroom, grade_and_die: Die) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, "flush", 2)
    give_seed(room, SEED)
    assert grade(room).changes == ()


@pytest.mark.parametrize("left", ["", "{", "[]\n", '{"student": 1}\n', "\udcff", '{"reasons": 3}\n'])
def test_a_half_written_line_is_passed_over(room: Classroom, left: str) -> None:
    room.changes.mkdir()
    (room.changes / ".unlisted.jsonl").write_bytes(left.encode(errors="surrogateescape"))
    hand_in(room.submitted, "lee", {"softmax": 9.0})
    assert told(grade(room)) == {("lee", "softmax", 7.0, 9.0, ("제출한 파일이 바뀌었어요",))}


def test_a_gradebook_that_refuses_is_asked_once(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """잠긴 성적부를 30초씩 두 번 기다리지 않아요. 못 쓴 것은 다음 채점이 쓰고, 목록에도 담겨요."""
    asked: list[object] = []

    def refuse(*given: object) -> None:
        asked.append(given)
        raise GradebookError("잠겼어요.")

    give_seed(room, SEED + 1)
    with monkeypatch.context() as patch, pytest.raises(GradebookError):
        patch.setattr("autograder.classroom.record.save_entries", refuse)
        patch.setattr("autograder.classroom.record.BATCH", 1)
        grade(room)
    assert len(asked) == 1
    assert len(grade(room).changes) == 3 * len(NAMES)
