"""예행연습과 한 주: 모으기부터 다음 수업의 쪽까지, 하나가 안 되어도 나머지를 잃지 않고 다시 하면 이어지는지."""

from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.classes import LESSON, borrow, contents, hand_in, notebook
from support.commands import run

from autograder.classroom.commands import GradingStopped
from autograder.classroom.folder import Classroom
from autograder.errors import CourseError
from autograder.teaching import commands, week
from autograder.teaching.rehearsal import Rehearsal, differences, prepare
from autograder.teaching.week import Week, run_week

STUDENTS = 8


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """채점하는 자리는 함께 쓰고, 브라우저는 열지 않아요."""
    borrow(monkeypatch)
    monkeypatch.setattr(commands.webbrowser, "open", lambda url: pytest.fail(f"브라우저를 열었어요: {url}"))


@dataclass
class Done:
    """한 번 해 본 예행연습. 시험은 이 폴더를 고치지 않아요."""

    made: Rehearsal
    week: Week

    @property
    def page(self) -> str:
        assert self.week.page is not None
        return self.week.page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        borrow(patch)
        made = prepare(tmp_path_factory.mktemp("rehearsal") / "연습", STUDENTS, LESSON)
        return Done(made, run_week(made.classroom, LESSON, [made.archive], made.due))


def test_every_mark_of_a_rehearsal_is_as_expected(done: Done) -> None:
    assert done.week.troubles == [] and differences(done.made) == []
    found = done.week.opening
    assert found is not None and (found.handed_in, found.everyone) == (STUDENTS - 2, STUDENTS)
    assert [len(people) for people in (found.missing, found.wrong, found.late)] == [1, 1, 1]
    assert found.waiting and found.topics[0].cause.count >= 2 and found.unreadable == ()
    written = {
        "".join(
            next(
                c
                for c in json.loads(path.read_text())["cells"]
                if c["metadata"].get("nbgrader", {}).get("grade_id") == "reflection"
            )["source"]
        )
        for path in done.made.classroom.submitted.glob("*/*/*.ipynb")
    }
    assert len(written) >= 4  # 서술형의 답은 저마다 달라요.


def test_a_wrong_mark_is_named(done: Done, tmp_path: Path) -> None:
    room = Classroom(tmp_path / "연습")
    expected = json.loads((done.made.classroom.path / "expected.json").read_text(encoding="utf-8"))
    expected[0]["score"] += 1
    expected[1]["student"] = "s999"
    room.prepare(practice=True)
    for result in done.made.classroom.results():
        room.store(result)
    (room.path / "expected.json").write_text(json.dumps(expected))
    lines = differences(Rehearsal(room, LESSON, Path(), Path(), done.made.due))
    assert len(lines) == 3 and "예상" in lines[2]
    assert "s999" in lines[0] and "채점하지 않았어요" in lines[0] and "낸 적이 없는데" in lines[1]


def test_the_page_tells_all_of_it(done: Done) -> None:
    found = done.week.opening
    assert found is not None
    for words in (*found.missing, found.wrong[0][0], found.late[0][0], "연습 학급이에요", "레슨 5. 셀프 어텐션의 수학"):
        assert words in done.page, words
    for command in ("mark 5", "export-marks 채점표.csv --for moodle --lesson 5", "export-feedback 5 --for moodle"):
        assert f"python3 course.py {command}" in done.page, command
    assert "solutions/README.md#" in done.page and "수업 계획: 칠판" in done.page
    assert "<script" not in done.page and "http://" not in done.page and "https://" not in done.page
    topic = found.topics[0]
    assert topic.why.split("`")[0] in done.page and not any(who in "".join(topic.lines) for who in topic.cause.students)


def test_again_keeps_everything(done: Done) -> None:
    room = done.made.classroom
    before = {name: mark for name, mark in contents(room.path).items() if name.startswith(("submitted", "results"))}
    again = run_week(room, LESSON, [done.made.archive])
    assert again.graded is not None and again.graded.kept == STUDENTS - 2 and again.troubles == []
    assert {
        name: mark for name, mark in contents(room.path).items() if name.startswith(("submitted", "results"))
    } == before
    # 모으지 않고 쪽만 다시 만들 수도 있어요.
    alone = run_week(room, LESSON)
    assert alone.opening is not None and alone.opening.missing == again.opening.missing + (again.opening.wrong[0][0],)  # type: ignore[union-attr]


def test_one_bad_archive_loses_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(tmp_path / "폴더", "김<b>하늘", notebook())
    (tmp_path / "깨진.zip").write_bytes(b"not a zip")
    room = tmp_path / "우리 반"
    arguments = [
        "week",
        "5",
        str(tmp_path / "깨진.zip"),
        str(tmp_path / "폴더"),
        "--classroom",
        str(room),
        "--no-browser",
    ]
    code, out, _ = run(capsys, *arguments)
    page = (room / "week" / "05.html").read_text(encoding="utf-8")
    assert code == 1 and "하지 못함: 깨진.zip 모으기" in out and "냄 1명" in out
    assert "깨진.zip 모으기" in page and "<b>하늘" not in page and "연습 학급이에요" not in page
    assert not Classroom(room).is_practice


def test_changed_marks_are_on_the_page(tmp_path: Path) -> None:
    room = Classroom(tmp_path / "반")
    path = hand_in(room.submitted, "김하늘", notebook(softmax="def softmax(x, dim):\n    return x"))
    assert run_week(room, LESSON).troubles == []
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    again = run_week(room, LESSON)
    assert again.opening is not None and [change[:2] for change in again.opening.changes] == [("김하늘", "softmax")]
    assert again.page is not None and "다시 채점해 달라진 점수" in again.page.read_text(encoding="utf-8")
    assert (again.page.parent / again.opening.changes_link).resolve().is_file()


def test_nothing_to_grade_still_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = run(capsys, "week", "5", "--classroom", str(tmp_path / "빈 반"), "--no-browser")
    assert code == 2 and "python3 course.py week 5 받은.zip" in error and not (tmp_path / "빈 반").exists()
    (tmp_path / "깨진.zip").write_bytes(b"not a zip")
    code, out, _ = run(
        capsys, "week", "5", str(tmp_path / "깨진.zip"), "--classroom", str(tmp_path / "빈 반"), "--no-browser"
    )
    assert code == 1 and "하지 못함: 깨진.zip 모으기" in out and (tmp_path / "빈 반" / ".gitignore").is_file()


def test_a_lesson_that_nobody_handed_in_offers_no_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = tmp_path / "room"
    hand_in(room / "submitted", "김하늘", notebook())
    code, out, _ = run(capsys, "week", "3", "--classroom", str(room), "--no-browser")
    assert code == 1 and f"`python3 course.py week 3 받은.zip --classroom {room}`" in out
    assert "export-marks" not in out and (room / "week" / "03.html").is_file()


def test_stopping_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    hand_in(tmp_path / "반" / "submitted", "김하늘", notebook())
    monkeypatch.setattr(week, "grade_class", stop)
    with pytest.raises(GradingStopped, match="나머지만"):
        run_week(Classroom(tmp_path / "반"), LESSON)


# -- 실제 학급과 저장소 --


def test_a_rehearsal_never_touches_what_is_there(tmp_path: Path) -> None:
    real = Classroom(tmp_path / "우리 반")
    real.prepare()
    other = tmp_path / "문서"
    other.mkdir()
    (other / "논문.txt").write_text("중요한 것")
    before = contents(tmp_path)
    for folder, why in ((real.path, "실제 학급"), (real.path / "submitted", "실제 학급"), (other, "다른 것이 있어요")):
        with pytest.raises(CourseError, match=why):
            prepare(folder, STUDENTS, LESSON)
    with pytest.raises(CourseError, match="8명 이상"):
        prepare(tmp_path / "작은 반", 7, LESSON)
    assert contents(tmp_path) == before


def test_a_rehearsal_in_a_repository_is_not_seen_by_git_and_starts_afresh(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    made = prepare(tmp_path / "연습", STUDENTS, LESSON)
    (made.classroom.path / "gradebook.db").write_text("지난 연습")
    again = prepare(tmp_path / "연습", STUDENTS, LESSON)
    assert again.classroom.is_practice and not (again.classroom.path / "gradebook.db").exists()
    command = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
    with zipfile.ZipFile(again.archive) as opened:
        assert len(opened.namelist()) == STUDENTS - 1
