"""LMS 압축 파일: Moodle, Canvas, 그냥 폴더, cp949 이름, 경로 벗어나기, 겹친 제출."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from support.classes import LESSON, contents, notebook

from autograder.classroom.folder import Classroom
from autograder.cli import run
from autograder.collecting.choosing import UNKNOWN_LESSON
from autograder.collecting.collect import Collected, CollectError, collect
from autograder.collecting.pieces import NOT_A_NOTEBOOK

NOTEBOOK = json.dumps(notebook(), ensure_ascii=False).encode()
NAME = f"{LESSON}.ipynb"


def archive(path: Path, files: dict[str, bytes], dates: dict[str, tuple[int, ...]] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            opened.writestr(zipfile.ZipInfo(name, (dates or {}).get(name, (2026, 3, 2, 9, 0, 0))), content)
    return path


def take(tmp_path: Path, files: dict[str, bytes], **options: object) -> tuple[Collected, Classroom]:
    room = Classroom(tmp_path / "class")
    return collect(archive(tmp_path / "in.zip", files, **options), room), room


@pytest.mark.parametrize(
    ("name", "student"),
    [
        (f"홍길동_120934_assignsubmission_file_/{NAME}", "홍길동_120934"),
        (f"홍길동_120934_assignsubmission_file_{NAME}", "홍길동_120934"),
        (f"honggildong_LATE_3321_88121_{NAME}", "honggildong_3321"),
        (f"honggildong_3321_88121_{NAME}", "honggildong_3321"),
        (f"submitted/s001/{LESSON}/{NAME}", "s001"),
        (f"2026-1학기/김하늘/{NAME}", "김하늘"),
        (f"20260001_{NAME}", "20260001"),
    ],
)
def test_names_of_each_system_are_understood(tmp_path: Path, name: str, student: str) -> None:
    taken, room = take(tmp_path, {name: NOTEBOOK})
    assert taken.taken == [(student, LESSON)] and not taken.skipped
    assert (room.submitted / student / LESSON / NAME).read_bytes() == NOTEBOOK


def test_a_renamed_notebook_is_known_by_its_cells(tmp_path: Path) -> None:
    taken, _ = take(tmp_path, {"kim/과제 최종.ipynb": NOTEBOOK, "lee/일기.ipynb": b'{"cells": []}'})
    assert taken.taken == [("kim", LESSON)]
    assert taken.skipped == {UNKNOWN_LESSON: ["lee/일기.ipynb"]}


def test_names_written_by_korean_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "in.zip"
    archive(path, {f"AAAAAA/{NAME}": NOTEBOOK})
    # 윈도우 탐색기처럼 cp949 바이트를 UTF-8 표시 없이 적어요.
    path.write_bytes(path.read_bytes().replace(b"AAAAAA", "홍길동".encode("cp949")))
    room = Classroom(tmp_path / "class")
    assert collect(path, room).taken == [("홍길동", LESSON)]


@pytest.mark.parametrize(
    "name", [f"../../outside/{NAME}", f"/etc/outside/{NAME}", f"..\\..\\outside\\{NAME}", f"C:\\outside\\{NAME}"]
)
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    collect(archive(folder / "in.zip", {name: NOTEBOOK}), Classroom(folder / "class"), student="outside")
    assert {path.split("/")[0] for path in contents(tmp_path)} == {"deep"}
    place = f"class/submitted/outside/{LESSON}"
    ours = {
        f"{place}/{NAME}",
        f"{place}/timestamp.txt",
        f"class/receipts/{LESSON}.json",
        "class/.lock",
        "class/.gitignore",
    }
    assert set(contents(folder)) == {"in.zip", *ours}


def test_the_latest_of_several_wins_and_the_old_one_is_kept(tmp_path: Path) -> None:
    old, new = NOTEBOOK + b" ", NOTEBOOK + b"\n"
    files = {f"kim/1/{NAME}": new, f"kim/{NAME}": old}
    dates = {f"kim/1/{NAME}": (2026, 3, 3, 9, 0, 0), f"kim/{NAME}": (2026, 3, 2, 9, 0, 0)}
    moodle = {f"kim_1_assignsubmission_file_/{name.removeprefix('kim/')}": content for name, content in files.items()}
    when = {f"kim_1_assignsubmission_file_/{name.removeprefix('kim/')}": date for name, date in dates.items()}
    taken, room = take(tmp_path, moodle, dates=when)
    target = room.submitted / "kim_1" / LESSON / NAME
    assert taken.taken == [("kim_1", LESSON)] and len(taken.skipped) == 1 and target.read_bytes() == new
    again, _ = take(tmp_path, moodle, dates=when)
    assert again.taken == [] and again.same == [("kim_1", LESSON)]
    name = f"kim_1_assignsubmission_file_/{NAME}"
    changed, _ = take(tmp_path, {name: NOTEBOOK}, dates={name: (2026, 3, 4, 9, 0, 0)})
    assert target.read_bytes() == NOTEBOOK and [path.read_bytes() for path in changed.replaced] == [new]


def test_other_files_and_nested_archives(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr(NAME, NOTEBOOK)
        opened.writestr("torch.py", "raise SystemExit")
    taken, room = take(
        tmp_path,
        {
            "kim_1_assignsubmission_file_/내 과제.zip": inner.getvalue(),
            "__MACOSX/kim/._x.ipynb": b"",
            "lee/report.docx": b"x",
            f"park/.ipynb_checkpoints/.{NAME}": b"x",
        },
    )
    assert taken.taken == [("kim_1", LESSON)]
    assert taken.skipped[NOT_A_NOTEBOOK] == ["kim_1_assignsubmission_file_/내 과제.zip/torch.py", "lee/report.docx"]
    assert contents(room.submitted).keys() == {f"kim_1/{LESSON}/{NAME}", f"kim_1/{LESSON}/timestamp.txt"}


def test_broken_archives_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 broken")
    for name, word in (("bad.zip", "열 수 없는"), ("none.zip", "없어요")):
        with pytest.raises(CollectError, match=word):
            collect(tmp_path / name, Classroom(tmp_path / "class"))
    assert run(["collect", str(tmp_path / "bad.zip"), "--classroom", str(tmp_path / "class")]) == 2
    assert "다시 내려받아" in capfd.readouterr().err


def test_the_command_says_what_happened(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = archive(tmp_path / "in.zip", {f"kim/{NAME}": NOTEBOOK, "lee/메모.txt": b"x"})
    assert run(["collect", str(path), "--classroom", str(tmp_path / "class")]) == 0
    out = capfd.readouterr().out
    assert "제출물 1개" in out and "lee/메모.txt" in out
    nothing = archive(tmp_path / "no.zip", {"a/b.txt": b"x"})
    assert run(["collect", str(nothing), "--classroom", str(tmp_path / "class")]) == 2
