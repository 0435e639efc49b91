"""가상 학급은 실제 학급에 섞이지 않고, 학급의 자료는 커밋되지 않아요."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.classes import LESSON, borrow, contents, hand_in, notebook
from support.commands import run

from autograder.authoring.simulated_class import simulate
from autograder.classroom.folder import Classroom
from autograder.classroom.practice import room_for
from autograder.errors import CourseError
from autograder.files import private_folder


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """git이 보는 빈 폴더. 기본 학급 폴더도 여기예요."""
    folder = tmp_path / "내 코스"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    monkeypatch.chdir(folder)
    return folder


def seen_by_git(folder: Path) -> str:
    command = ["git", "-C", str(folder), "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_simulated_class_is_graded_apart_and_git_sees_nothing(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    borrow(monkeypatch)
    hand_in(course / "classroom" / "submitted", "김하늘", notebook())
    private_folder(course / "classroom")
    before = contents(course / "classroom")
    simulate(1, course / "가상", 0, [LESSON])
    code, out, _ = run(capsys, "grade", "가상")
    assert code == 0 and "연습 학급이에요" in out and "가상-classroom" in out
    assert contents(course / "classroom") == before
    made = Classroom(course / "가상-classroom")
    assert made.is_practice and made.marks_csv.is_file()
    assert seen_by_git(course) == ""
    # 학급 폴더를 어디에 두어도 같아요.
    assert run(capsys, "grade", "classroom/submitted", "--classroom", "둘째 반")[0] == 0
    assert not Classroom(course / "둘째 반").is_practice and seen_by_git(course) == ""


def test_fakes_are_not_mixed_into_a_real_class(course: Path) -> None:
    simulate(1, course / "가상", 0, [LESSON])
    hand_in(course / "우리 반" / "submitted", "김하늘", notebook())
    with pytest.raises(CourseError, match="실제 제출물.*가상-classroom"):
        room_for(course / "가상", course / "우리 반")
    assert not Classroom(course / "우리 반").has_seed
    # 새 폴더는 연습 학급이 되고, 진짜 제출물은 어디서나 하던 대로예요.
    assert room_for(course / "가상", course / "새 폴더").is_practice
    assert not room_for(None, course / "우리 반").is_practice
    # 연습 학급의 submitted/를 곧바로 적어도 그 학급이에요.
    simulate(1, course / "연습" / "submitted", 0, [LESSON])
    Classroom(course / "연습").prepare(practice=True)
    assert room_for(course / "연습" / "submitted", Path("classroom")).path == course / "연습"


@pytest.mark.parametrize("out", ["classroom", "classroom/submitted", "우리 반/submitted"])
def test_a_real_class_is_not_a_place_for_fakes(course: Path, capsys: pytest.CaptureFixture[str], out: str) -> None:
    Classroom(course / "우리 반").prepare()
    before = contents(course)
    code, _, error = run(capsys, "simulate", "--students", "1", "--out", out)
    assert code == 2 and "실제 학급" in error and "--out" in error
    assert contents(course) == before


def test_what_a_person_wrote_about_git_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.db\n")
    Classroom(tmp_path).prepare()
    assert (tmp_path / ".gitignore").read_text() == "*.db\n"
