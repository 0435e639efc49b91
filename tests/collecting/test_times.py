"""낸 때: 압축 파일의 시각, 이름에 적힌 시각, 믿을 수 없는 시각, 마감과 연장."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.archives import FILE, class_of, distinct, put, solved, take
from support.classes import LESSON

from autograder.classroom.deadlines import parse_local, set_due, set_extension
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.receipts import read_receipts
from autograder.cli import run
from autograder.collecting.collect import NEWER_KEPT, CollectError, collect

DUE = "2026-12-01 18:00"


def moodle(who: str) -> str:
    return f"{who}_assignsubmission_file_/{FILE}"


def hand_ins(*times: tuple[int, ...]) -> dict:
    return {moodle(f"학생{n}_{n}"): (distinct(n), when) for n, when in enumerate(times)}


def stamp(room: Classroom, student: str) -> str:
    return (room.submitted / student / LESSON / "timestamp.txt").read_text()


def test_times_of_an_archive_decide_who_is_late(tmp_path: Path) -> None:
    files = hand_ins((2026, 12, 1, 18, 0, 0), (2026, 12, 1, 18, 0, 2), (2026, 11, 29, 1, 2, 4))
    taken, room = take(tmp_path, files, lesson=LESSON, due=parse_local(DUE))
    assert [(one.student, one.until) for one in taken.late] == [("학생1_1", parse_local(DUE))]
    utc = datetime(2026, 12, 1, 18, 0, 2).astimezone(timezone.utc)
    assert stamp(room, "학생1_1") == f"{utc:%Y-%m-%d %H:%M:%S}.000000 UTC\n"
    assert (
        read_receipts(room, LESSON)["학생2_2"].submitted_at == datetime(2026, 11, 29, 1, 2, 4).astimezone().isoformat()
    )
    set_extension(room, LESSON, "학생1_1", parse_local("2026-12-02"))
    assert collect(tmp_path / "in.zip", room).late == []


def test_the_time_of_packing_is_not_the_time_of_handing_in(tmp_path: Path) -> None:
    """Canvas와 많은 Moodle은 내려받는 때에 묶어서, 모든 파일에 그때를 적어요."""
    files = hand_ins(*((2026, 12, 2, 9, minute, 0) for minute in range(6)))
    taken, room = take(tmp_path, files, lesson=LESSON, due=parse_local(DUE))
    assert taken.late == [] and any("묶은 때" in note for note in taken.notes)
    assert not list(room.submitted.rglob("timestamp.txt"))
    canvas = class_of(f"kim_1_11_{FILE}", f"lee_LATE_2_12_{FILE}")
    taken, _ = take(tmp_path, canvas, lesson=LESSON)
    assert [(one.student, one.when) for one in taken.late] == [("lee_2", None)]


def test_blackboard_writes_the_time_into_the_name(tmp_path: Path) -> None:
    names = [f"hw_kim_attempt_2026-12-{day:02}-18-00-01_{FILE}" for day in (1, 2)]
    taken, room = take(tmp_path, class_of(*names), lesson=LESSON, due=parse_local(DUE))
    assert [(one.student, one.when) for one in taken.late] == [("kim", parse_local("2026-12-02 18:00:01"))]
    assert (room.submitted / "kim" / LESSON / FILE).read_bytes() == distinct(1)


def test_google_has_no_times(tmp_path: Path) -> None:
    taken, room = take(tmp_path, class_of(f"레슨/홍 - {FILE}"), lesson=LESSON, due=parse_local("2020-01-01"))
    assert taken.late == [] and read_receipts(room, LESSON)["홍"].submitted_at is None


def test_an_older_archive_does_not_undo_a_newer_hand_in(tmp_path: Path) -> None:
    name = moodle("홍_1")
    _, room = take(tmp_path, {name: (solved(), (2026, 12, 2, 9, 0, 0))})
    old = collect(put(tmp_path, {name: (distinct(1), (2026, 12, 1, 9, 0, 0))}), room)
    assert old.taken == [] and old.skipped == {NEWER_KEPT: [name]}
    assert (room.submitted / "홍_1" / LESSON / FILE).read_bytes() == solved()
    # 때를 모르는 것은 새것으로 보고, 옛것과 그 때를 남겨요.
    unknown = collect(put(tmp_path, {name: (distinct(2), (1980, 1, 1, 0, 0, 0))}), room)
    assert [path.read_bytes() for path in unknown.replaced] == [solved()]
    assert unknown.replaced[0].with_suffix(".timestamp.txt").exists()
    assert not (room.submitted / "홍_1" / LESSON / "timestamp.txt").exists()


@pytest.mark.parametrize("text", ["내일", "2026-13-01", "2026-12-01 25:00", "", "9999999-01-01"])
def test_what_is_not_a_time_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClassroomError, match="시각으로 읽을 수 없어요"):
        parse_local(text)


def test_deadlines_are_set_and_listed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    room = ["--classroom", str(tmp_path / "class")]
    assert run(["due", "5", DUE, "--student", "s001", "--until", "2026-12-08", *room]) == 0
    assert run(["due", *room]) == 0
    out = capfd.readouterr().out
    assert f"{LESSON}: {DUE}까지" in out and "s001: 2026-12-08 23:59까지 연장" in out
    for wrong in (
        ["--until", DUE],
        ["5", "--student", "s001"],
        ["5", "--student", "a", "--until", "2020-01-01"],
        ["6", "--student", "a", "--until", DUE],
    ):
        assert run(["due", *wrong, *room]) == 2
    assert run(["due", "5", "--student", "s001", "--clear", *room]) == 0 and "연장" not in capfd.readouterr().out
    assert run(["due", "5", "--clear", *room]) == 0 and "정한 마감이 없어요" in capfd.readouterr().out
    with pytest.raises(CollectError, match="--lesson 5 --due"):
        take(tmp_path, class_of(f"kim/{FILE}"), due=parse_local(DUE))
    (tmp_path / "class" / "deadlines.json").write_text('{"05_attention_math": {"due": 3}}')
    with pytest.raises(ClassroomError, match="deadlines.json"):
        set_due(Classroom(tmp_path / "class"), LESSON, None)
