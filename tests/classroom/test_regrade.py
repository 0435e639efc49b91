"""다시 채점하면 누구의 점수가 왜 바뀌었는지 말하는지, 미리 보기는 아무것도 바꾸지 않는지."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections.abc import Generator, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support.classes import LESSON, contents, hand_in
from support.commands import run

from autograder.classroom import grade_class
from autograder.classroom.changes import (
    BEHIND,
    FIRST_EDITION,
    SHOWN_ROWS,
    UNEXPLAINED,
    UNKNOWN,
)
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.grade_class import ClassResult
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_troubles import GradebookError
from autograder.classroom.record import Writer
from autograder.exercises import lesson_exercises
from autograder.grading.messages import Graded, Request
from autograder.grading.names import student_name
from autograder.grading.results import Mark
from autograder.grading.submissions import content_digest

NAMES = [exercise.name for exercise in lesson_exercises(LESSON)]
SEED = 2


class Paper:
    """답안지 대신, 제출물에 적힌 점수를 그대로 주는 자리. 시드가 홀수면 모두 1점을 더 줘요."""

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def grade(self, requests: Iterable[Request]) -> Generator[Graded, None, None]:
        for request in requests:
            one, content = request.submission, request.submission.read()
            scores = {**dict.fromkeys(NAMES, 5.0), **json.loads(content)}
            marks = tuple(
                Mark(one.student, one.lesson, name, scores[name] + request.seed % 2, 10.0, "partial", None, "글")
                for name in NAMES
            )
            digest = content_digest(one)
            yield Graded(one.student, one.lesson, marks, (), True, request.seed, "full", 0, 0, digest, "{}", {}, {})


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    """세 사람을 한 번 채점한 학급."""
    monkeypatch.setattr(grade_class, "open_station", lambda *_: Paper())
    made = Classroom(tmp_path / "class")
    made.path.mkdir()
    give_seed(made, SEED)
    for student in ("kim", "lee", "park"):
        hand_in(made.submitted, student, {"softmax": 7.0})
    assert grade(made).changes == () and not made.changes.exists()
    return made


def grade(room: Classroom, dry_run: bool = False) -> ClassResult:
    # 결과를 쥐고 있는 것이 없게, 명령을 새로 한 것처럼 새 객체로 채점해요.
    return grade_class.grade_class(Classroom(room.path), dry_run=dry_run)


def give_seed(room: Classroom, seed: int) -> None:
    (room.path / "classroom.json").write_text(json.dumps({"seed": seed}))


def edit_result(room: Classroom, student: str, **changes: Any) -> None:
    path = room.path / "results" / LESSON / f"{student}.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def give_by_hand(room: Classroom, student: str, exercise: str, score: float) -> None:
    with open_gradebook(room.db_url()) as gradebook:
        found = gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def record(room: Classroom, student: str, exercise: str, score: float) -> None:
    """성적부의 자동 점수만 바꿔요. 결과를 남기고 성적부에 쓰기 전에 멈춘 것과 같아요."""
    with open_gradebook(room.db_url()) as gradebook:
        gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student).auto_score = score
        gradebook.db.commit()


def told(result: ClassResult) -> set[tuple[Any, ...]]:
    return {(c.student, c.exercise, c.before, c.after, c.reasons) for c in result.changes}


# -- 누구의 무엇이 왜 --


def test_a_changed_hand_in_is_told_for_its_learner_only(room: Classroom) -> None:
    hand_in(room.submitted, "lee", {"softmax": 9.0})
    hand_in(room.submitted, "choi", {})  # 처음 낸 사람은 달라진 것이 아니에요.
    result = grade(room)
    assert told(result) == {("lee", "softmax", 7.0, 9.0, ("제출한 파일이 바뀌었어요",))} and result.kept == 2
    assert grade(room).changes == ()


def test_a_new_seed_is_told_for_everyone(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    result = grade(room)
    assert len(result.changes) == 3 * len(NAMES)
    assert {change.reasons for change in result.changes} == {("학급의 시드가 바뀌었어요",)}
    assert [(change.lesson, change.student) for change in result.changes] == sorted(
        (change.lesson, change.student) for change in result.changes
    )


def test_results_of_the_first_edition_are_read_and_regraded(room: Classroom) -> None:
    marks = [vars(mark) | {"score": 1.0} for mark in room.load("kim", LESSON).marks]
    path = room.path / "results" / LESSON / "kim.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    del stored["parts"]
    path.write_text(json.dumps({**stored, "marks": marks, "key": "옛 지문"}), encoding="utf-8")
    record(room, "kim", "softmax", 1.0)
    assert room.load("kim", LESSON).parts is None
    result = grade(room)
    assert result.kept == 2 and told(result) == {("kim", "softmax", 1.0, 7.0, (FIRST_EDITION,))}
    assert room.load("kim", LESSON).parts is not None


def test_a_gradebook_that_was_behind_says_so(room: Classroom) -> None:
    record(room, "kim", "softmax", 3.0)
    result = grade(room)
    assert result.kept == 3 and told(result) == {("kim", "softmax", 3.0, 7.0, (BEHIND,))}
    # 다시 채점했지만 이 점수는 남겨 둔 것과 같다면, 까닭은 제출물이 아니라 성적부예요.
    record(room, "lee", "softmax", 3.0)
    hand_in(room.submitted, "lee", {"softmax": 7.0, "causal_mask": 6.0})
    assert told(grade(room)) == {
        ("lee", "softmax", 3.0, 7.0, (BEHIND,)),
        ("lee", "causal_mask", 5.0, 6.0, ("제출한 파일이 바뀌었어요",)),
    }


def test_without_a_stored_result_no_reason_is_guessed(room: Classroom) -> None:
    (room.path / "results" / LESSON / "kim.json").write_text("{")
    hand_in(room.submitted, "kim", {})
    assert told(grade(room)) == {("kim", "softmax", 7.0, 5.0, (UNKNOWN,))}


def test_a_mark_that_moves_by_itself_is_for_the_maintainer(room: Classroom) -> None:
    """같은 지문인데 점수가 다르면, 까닭을 지어내지 않아요."""
    marks = [vars(mark) | {"score": 1.0} for mark in room.load("kim", LESSON).marks]
    edit_result(room, "kim", marks=marks)
    record(room, "kim", "softmax", 1.0)
    for name in NAMES:
        record(room, "kim", name, 1.0)
    room.autograded("kim", LESSON).unlink()
    assert {change.reasons for change in grade(room).changes} == {(UNEXPLAINED,)}


def test_a_hand_mark_stays_and_is_never_listed_as_changed(room: Classroom) -> None:
    give_by_hand(room, "kim", "softmax", 6.5)
    hand_in(room.submitted, "kim", {"softmax": 9.0})
    result = grade(room)
    (change,) = result.changes
    assert change.effective == (6.5, 6.5) and (change.before, change.after) == (7.0, 9.0)
    assert "손으로 준 6.5점은 그대로예요" in change.why and "7 → 9" in change.why
    row = list(csv.DictReader(io.StringIO(result.listed.read_text(encoding="utf-8-sig"))))[0]
    assert (row["이전"], row["이후"]) == ("6.5", "6.5")
    page = result.listed.with_suffix(".html").read_text(encoding="utf-8")
    assert "<b>0</b>달라진 점수" in page and "손으로 준 점수가 있어 그대로인 것" in page and "점수마다" not in page


# -- 미리 보기 --


def test_a_preview_changes_nothing_and_grading_then_does_what_it_said(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    give_by_hand(room, "park", "softmax", 1.0)
    hand_in(room.submitted, "lee", {"softmax": 2.0})
    hand_in(room.submitted, "choi", {})
    record(room, "kim", "causal_mask", 0.5)
    before = contents(room.path)
    preview = grade(room, dry_run=True)
    after = contents(room.path)
    added = after.keys() - before.keys()
    assert {name: after[name] for name in before} == before
    assert sorted(Path(name).suffix for name in added) == [".csv", ".html"]
    assert all(name.startswith("changes/") and "-preview" in name for name in added)
    assert "미리 보기" in preview.listed.with_suffix(".html").read_text(encoding="utf-8")
    assert len(preview.changes) == 3 * len(NAMES)
    done = grade(room)
    assert done.changes == preview.changes
    assert done.listed.read_bytes() == preview.listed.read_bytes() and "preview" not in done.listed.name
    assert grade(room, dry_run=True).changes == () == grade(room).changes


def test_a_class_that_was_never_graded_has_nothing_to_compare_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = Classroom(tmp_path / "class")
    hand_in(room.submitted, "kim", {})
    before = contents(room.path)
    with pytest.raises(ClassroomError, match="견줄 점수가 없어요"):
        grade(room, dry_run=True)
    assert contents(room.path) == before and not room.has_seed
    code, _, said = run(capsys, "grade", "--dry-run", "--classroom", str(room.path))
    assert code == 2 and "견줄 점수가 없어요" in said


def test_a_preview_without_a_gradebook_makes_none(room: Classroom) -> None:
    (room.path / "gradebook.db").unlink()
    assert grade(room, dry_run=True).changes == () and not (room.path / "gradebook.db").exists()


def test_the_command_shows_the_list(room: Classroom, capsys: pytest.CaptureFixture[str]) -> None:
    give_seed(room, SEED + 1)
    where = ("--classroom", str(room.path))
    code, out, _ = run(capsys, "grade", "--dry-run", *where)
    assert code == 0 and "달라질 점수" in out and "아무것도 바꾸지 않았어요" in out and "성적부 " not in out
    assert f"그 밖에 {3 * len(NAMES) - SHOWN_ROWS}개" in out
    code, out, _ = run(capsys, "grade", *where)
    assert code == 0 and "달라진 점수" in out and "성적부 " in out
    code, out, _ = run(capsys, "grade", "--dry-run", *where)
    assert code == 0 and "달라질 점수가 없어요" in out


def test_stopping_midway_leaves_the_list_of_what_was_done(room: Classroom) -> None:
    give_seed(room, SEED + 1)
    seen: list[str] = []

    def stop_after_two(result: Any) -> None:
        seen.append(result.student)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_class.grade_class(room, on_result=stop_after_two)
    (listed,) = room.changes.glob("*.csv")
    rows = list(csv.DictReader(io.StringIO(listed.read_text(encoding="utf-8-sig"))))
    assert {row["학생"] for row in rows} == set(seen) and len(rows) == 2 * len(NAMES)
    rest = grade(room)
    assert {change.student for change in rest.changes} == {"kim", "lee", "park"} - set(seen)
    assert {change.reasons for change in rest.changes} == {("학급의 시드가 바뀌었어요",)}


def test_any_name_is_listed(room: Classroom) -> None:
    for name in ("=cmd", "김\u200b철수", "O'Brien & <b>", "-rf"):
        hand_in(room.submitted, name, {})
    grade(room)
    give_seed(room, SEED + 1)
    result = grade(room)
    assert {student_name(name) for name in ("=cmd", "김\u200b철수", "-rf")} <= {one.student for one in result.changes}
    assert result.listed.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("begun", [(), ("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",)])
def test_a_preview_does_not_finish_a_half_made_gradebook(room: Classroom, begun: tuple[str, ...]) -> None:
    book = room.path / "gradebook.db"
    book.unlink()
    with sqlite3.connect(book) as connection:
        for statement in begun:
            connection.execute(statement)
    connection.close()
    book.touch()
    before = contents(room.path)
    assert grade(room, dry_run=True).changes == () and contents(room.path) == before


# -- 도중에 죽은 채점이 바꾼 점수 --


def grade_and_die(room: Classroom, monkeypatch: pytest.MonkeyPatch, where: str, after: int) -> None:
    """`Writer`의 그 일을 `after`번 하고 죽어요. 정리하는 코드는 아무것도 돌지 않아요(kill -9)."""
    real, pid = getattr(Writer, where), os.fork()
    if pid:
        assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 9
        return
    left = iter(range(after))

    def then_die(*given: Any, **named: Any) -> None:
        real(*given, **named)
        if next(left, None) is None:
            os._exit(9)

    monkeypatch.setattr(Writer, where, then_die)
    monkeypatch.setattr("autograder.classroom.record.BATCH", 1)
    try:
        grade(room)
    finally:
        os._exit(1)


@pytest.mark.parametrize(
    ("where", "after"), [*product(["note", "keep", "add", "flush"], [0, 1]), ("joined", 0), ("listed", 0)]
)
def test_what_a_killed_grading_changed_is_told_by_the_next(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, where: str, after: int
) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, monkeypatch, where, after)
    result = grade(room)
    if where == "listed":
        return  # 목록까지 다 썼어요.
    assert {(c.student, c.exercise) for c in result.changes} == {(s, n) for s in ("kim", "lee", "park") for n in NAMES}
    assert {change.reasons for change in result.changes} == {("학급의 시드가 바뀌었어요",)}
    assert {(c.before, c.after) for c in result.changes if c.exercise == "softmax"} == {(7.0, 8.0)}
    assert grade(room).changes == () and not list(room.changes.glob(".unlisted*"))


def test_killed_twice_and_changed_in_between(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, monkeypatch, "flush", 2)
    hand_in(room.submitted, "kim", {"softmax": 2.0})
    grade_and_die(room, monkeypatch, "flush", 0)
    (softmax,) = [c for c in grade(room).changes if (c.student, c.exercise) == ("kim", "softmax")]
    assert (softmax.before, softmax.after) == (7.0, 3.0)
    assert softmax.reasons == ("학급의 시드가 바뀌었어요", "제출한 파일이 바뀌었어요")


def test_what_came_back_to_the_old_mark_is_not_told(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    give_seed(room, SEED + 1)
    grade_and_die(room, monkeypatch, "flush", 2)
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
