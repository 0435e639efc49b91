"""잘못된 자리: 파일, 폴더, 장치, 링크, 코스와 홈. 사람이 알아볼 이름과 다음에 할 일을 한 문장으로 말하고, 있던 것은 그대로예요."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.commands import run

from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.options import chosen_class
from autograder.errors import system_trouble
from autograder.files import write_text
from autograder.layout import LESSONS, PACKAGE, ROOT, STUDY

OTHERS = [path for path in PACKAGE.rglob("*.py") if path.parent.name not in ("kit",) and path.name != "bundle.py"]


def taken_by_a_folder(place: Path) -> Path:
    place.mkdir()
    return place


def taken_by_a_file_above(place: Path) -> Path:
    place.write_text("x")
    return place / "안" / "더 안.csv"


def taken_by_a_pipe(place: Path) -> Path:
    os.mkfifo(place)
    return place


def taken_by_a_loop(place: Path) -> Path:
    place.symlink_to(place.name)
    return place / "안.csv"


@pytest.mark.parametrize("take", [taken_by_a_folder, taken_by_a_file_above, taken_by_a_pipe, taken_by_a_loop])
def test_what_stands_in_the_way_is_named_and_stays(tmp_path: Path, take: Callable[[Path], Path]) -> None:
    place = tmp_path / "막는 것"
    target = take(place)
    before = os.lstat(place)
    with pytest.raises(OSError) as caught:
        write_text(target, "점수")
    sentence = system_trouble(caught.value)
    assert sentence is not None and sentence.startswith(f"{place}에") and sentence.endswith("다시 실행해 주세요.")
    assert os.lstat(place) == before and [path.name for path in tmp_path.iterdir()] == [place.name]


def test_a_temporary_name_is_never_shown(tmp_path: Path) -> None:
    for error, named in (
        (PermissionError(13, "", str(tmp_path / ".writing-ab.csv")), tmp_path),
        (IsADirectoryError(21, "", str(tmp_path / ".writing-ab.csv"), None, str(tmp_path / "점수")), tmp_path / "점수"),
    ):
        sentence = system_trouble(error)
        assert sentence is not None and sentence.startswith(f"{named}에"), sentence


COMMANDS = [
    ["grade"],
    ["report"],
    ["export-marks"],
    ["export-feedback", "5"],
    ["mark", "5"],
    ["similar"],
    ["due"],
    ["due", "5", "2026-12-01"],
    ["collect", "x.zip"],
    ["week", "5", "x.zip", "--no-browser"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_class_is_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "집")
    (tmp_path / "집").mkdir()
    file = tmp_path / "파일"
    file.write_text("내 것")
    for place in (file, tmp_path / "집", tmp_path, ROOT, ROOT.parent, LESSONS, STUDY, PACKAGE / "cli"):
        code, _, err = run(capsys, *command, "--classroom", str(place))
        assert code == 2 and "`--classroom" in err and len(err.splitlines()) == 1, err
        assert not (place / ".lock").exists()
    assert file.read_text() == "내 것" and list((tmp_path / "집").iterdir()) == []


def test_the_next_command_names_the_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room, mine = tmp_path / "우리 반", tmp_path / "받은 것.zip"
    mine.write_bytes(b"zip")
    for command, said in (
        (["report"], "python3 course.py grade"),
        (["export-feedback", "5"], "python3 course.py grade"),
        (["week", "5"], "python3 course.py week 5 받은.zip"),
        (["grade", str(mine)], f"python3 course.py collect '{mine}'"),
    ):
        code, _, err = run(capsys, *command, "--classroom", str(room))
        assert code == 2 and f"`{said} --classroom '{room}'`" in err, err
    assert chosen_class(Path("classroom")) == "" and not room.exists()


def test_a_lost_gradebook_empties_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = Classroom(tmp_path)
    room.store(StoredResult("", "kim", "05_attention_math", (), (), True, 0, "full", "2026-03-02 09:00"))
    room.marks_csv.write_text("점수")
    for command in (["export-marks"], ["export-feedback", "5"]):
        code, _, err = run(capsys, *command, "--classroom", str(tmp_path))
        assert code == 2 and f"`python3 course.py grade --classroom {tmp_path}`" in err and "백업" in err
    assert room.marks_csv.read_text() == "점수"


def test_a_missing_notebook_is_no_unknown_lesson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "check", str(tmp_path / "없는 것.ipynb"))
    assert code == 2 and "없는 것.ipynb 파일이 없어요" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_messages_use_the_words_a_reader_types(path: Path) -> None:
    """설명 글이 아닌 글에서 명령을 `course …`로만 부르면, 읽은 사람이 칠 수 없어요."""
    text = re.sub(r'""".*?"""|#[^\n]*', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"`course (?!--help)[a-z-]+", text) == []
