"""다시 채점하면 누구의 점수가 왜 바뀌었는지 말하는지, 미리 보기는 아무것도 바꾸지 않는지."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.classes import LESSON, contents, hand_in
from support.commands import run
from support.paper_station import NAMES, SEED, edit_result, give_by_hand, give_seed, grade, paper_class, record, told

from autograder.classroom import grade_class
from autograder.classroom.changes import (
    BEHIND,
    FIRST_EDITION,
    SHOWN_ROWS,
    UNEXPLAINED,
    UNKNOWN,
)
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.grading.names import student_name


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    return paper_class(tmp_path, monkeypatch)


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
