"""도중에 멈춤: 옛것이 사라지지 않고, 같은 명령을 다시 하면 이어지고, 두 명령이 섞이지 않아요."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from support.archives import FILE, distinct, put, take
from support.classes import LESSON

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.receipts import read_receipts
from autograder.collecting import taking
from autograder.collecting.collect import CollectError, collect
from autograder.collecting.pieces import BROKEN, LOCKED, OTHER_ARCHIVE, TOO_BIG

PEOPLE = ("가_1", "나_2", "다_3")


def archive(folder: Path, edition: int, day: int) -> Path:
    files = {
        f"{who}_assignsubmission_file_/{FILE}": (distinct(10 * edition + n), (2026, 11, day, n, 0, 0))
        for n, who in enumerate(PEOPLE)
    }
    return put(folder, files, f"{edition}.zip")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(errno.ENOSPC, "가득"), OSError(errno.EROFS, "읽기만")])
@pytest.mark.parametrize("name", ["move_into", "write_text", "write_receipts"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_stop_anywhere_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException, name: str, at: int
) -> None:
    room = Classroom(tmp_path / "class")
    collect(archive(tmp_path, 0, 20), room)
    usual, calls = getattr(taking, name), []

    def stopping(*given: object) -> None:
        calls.append(given)
        if len(calls) == at:
            raise stop
        usual(*given)

    with monkeypatch.context() as patch:
        patch.setattr(taking, name, stopping)
        if name != "write_receipts" or at == 1:
            with pytest.raises(type(stop)):
                collect(archive(tmp_path, 1, 21), room)
    now = [(room.submitted / who / LESSON / FILE).read_bytes() for who in PEOPLE]
    assert all(content in (distinct(n), distinct(10 + n)) for n, content in enumerate(now))
    assert not list(room.path.glob(".collecting-*"))
    collect(archive(tmp_path, 1, 21), room)
    assert [(room.submitted / who / LESSON / FILE).read_bytes() for who in PEOPLE] == [
        distinct(10 + n) for n in range(3)
    ]
    kept = {path.read_bytes() for path in (room.path / "replaced").rglob("*.ipynb")}
    assert kept == {distinct(n) for n in range(3)}
    assert {one.submitted_at[:10] for one in read_receipts(room, LESSON).values()} == {"2026-11-21"}


def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "class")
    with room.lock(), pytest.raises(ClassroomError, match="다른 명령이"):
        collect(archive(tmp_path, 0, 20), room)
    assert not room.submitted.exists()


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        {
            f"가/{FILE}": distinct(0),
            f"나/{FILE}": distinct(1),
            f"다/{FILE}": distinct(2),
            "라/과제.7z": b"7z",
            "마/과제.zip": b"PK",
        },
    )
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 8] |= 1  # 첫 파일에 암호가 걸렸다는 표시
    second = data.index(distinct(1)[:50], data.index(f"나/{FILE}".encode()))
    data[second : second + 5] = b"xxxxx"  # 둘째는 깨졌어요
    path.write_bytes(data)
    taken = collect(path, Classroom(tmp_path / "class"))
    assert taken.taken == [("다", LESSON)]
    assert taken.skipped == {
        LOCKED: [f"가/{FILE}"],
        BROKEN: [f"나/{FILE}", "마/과제.zip"],
        OTHER_ARCHIVE: ["라/과제.7z"],
    }


def test_the_huge_and_the_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.collecting.pieces.LIMIT_FILE", len(distinct(5)))
    taken, _ = take(tmp_path, {f"가/{FILE}": distinct(0), f"나/{FILE}": distinct(50)})
    assert taken.taken == [("가", LESSON)] and taken.skipped == {TOO_BIG: [f"나/{FILE}"]}
    assert take(tmp_path, {})[0].skipped == {"비어 있어요": ["in.zip"]}
    (tmp_path / "빈 폴더").mkdir()
    assert collect(tmp_path / "빈 폴더", Classroom(tmp_path / "class")).skipped == {"비어 있어요": ["빈 폴더"]}
    monkeypatch.setattr("autograder.collecting.pieces.LIMIT_TOTAL", 10)
    with pytest.raises(CollectError, match="너무 커요"):
        take(tmp_path, {f"가/{FILE}": distinct(0)})
