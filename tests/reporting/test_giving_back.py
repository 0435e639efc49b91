"""LMS에 돌려주기: 채점표의 칸만 채우고, 누구의 줄인지 짐작하지 않으며, 피드백은 내려받은 이름 그대로예요."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from support.commands import run

from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook import Entry, open_gradebook
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.classroom.people import People
from autograder.classroom.receipts import Receipt, write_receipts
from autograder.exercises import lesson_exercises
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.results import Mark
from autograder.reporting.feedback_zip import entry_name

LESSON = "05_attention_math"
EXERCISES = [e for e in lesson_exercises(LESSON) if not e.bonus]
MOODLE = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\r\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 0 (900),레슨 5 어텐션 (905),Lesson 15 (915),Final Score\r\n"
    ",,,,,Manual Posting,,,(read only)\r\n"
    "    Points Possible,,,,,10,50,10,(read only)\r\n"
)


def classroom(path: Path, shares: dict[str, float], roster: str = "", receipts: tuple[Receipt, ...] = ()) -> Classroom:
    """학습자마다 점수의 비율을 정한 반. 서술형은 비어 있어요."""
    room = Classroom(path)
    path.mkdir(parents=True, exist_ok=True)
    with open_gradebook(room.db_url()) as gradebook:
        register_lesson(gradebook, lesson_cells(LESSON))
        entries = []
        for student, share in shares.items():
            marks = tuple(
                Mark(student, LESSON, e.name, e.points * share, e.points, "pass", None, "") for e in EXERCISES
            )
            room.store(StoredResult("k", student, LESSON, marks, (), True, 1, "full", "2026-03-02 10:00"))
            entries.append(Entry(student, LESSON, marks, {"reflection": False}))
        save_entries(gradebook, lesson_cells(LESSON), entries)
    if roster:
        (path / "roster.csv").write_text(roster, encoding="utf-8")
    write_receipts(room, LESSON, receipts)
    return room


def received(student: str, lms: str, lms_id: str, entry: str, name: str = "") -> Receipt:
    return Receipt(student, LESSON, lms, lms_id, name, entry, None, "a.zip")


def fill(
    capsys: pytest.CaptureFixture[str], room: Classroom, sheet: str, lms: str, *more: str, code: int = 0
) -> tuple[list[dict[str, str]], str]:
    path = room.path / "내려받은 표.csv"
    path.write_bytes(sheet.encode("utf-8"))
    status, out, err = run(
        capsys, "export-marks", str(path), "--for", lms, "--lesson", "5", "--classroom", str(room.path), *more
    )
    assert status == code, out + err
    made = room.path / f"marks-{LESSON}-{lms}.csv"
    rows = list(csv.DictReader(io.StringIO(made.read_text("utf-8-sig")))) if made.exists() else []
    return rows, out + err


def test_the_moodle_sheet_is_filled_by_number_id_email_and_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = classroom(
        tmp_path,
        {"김하늘_71": 1.0, "2026002": 0.6, "2026003": 0.4, "2026004": 0.2},
        "학번,이름,이메일\n2026002,박지우,\n2026003,이서준,lee@school.kr\n2026004,최민서,\n",
        (received("김하늘_71", "moodle", "71", "김하늘_71_assignsubmission_file/x.ipynb"),),
    )
    sheet = MOODLE + (
        'Participant 71,"다른 이름",,,Submitted,,100.00,Yes,,,\r\n'
        "Participant 72,누군가,2026002,,Submitted,12.00,100.00,Yes,,,=HYPERLINK(1)\r\n"
        "Participant 73,서준 이,,LEE@school.kr,Submitted,,100.00,Yes,,,\r\n"
        "Participant 74,민서 최,,,Submitted,,100.00,Yes,,,\r\n"
        "Participant 75,전혀모르는사람,,,Submitted,,100.00,Yes,,,\r\n"
    )
    rows, said = fill(capsys, room, sheet, "moodle")
    assert [row["Grade"] for row in rows] == ["95", "57", "38", "19", ""]
    assert rows[1]["Feedback comments"] == "=HYPERLINK(1)" and rows[0]["Full name"] == "다른 이름"
    assert "4명의 점수" in said and "전혀모르는사람 (75)" in said and "이미 있던 1칸" in said


def test_two_with_one_name_are_left_to_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = classroom(tmp_path, {"1": 1.0, "2": 0.5, "3": 0.2}, "학번,이름\n1,김민준\n2,김민준\n3,박지우\n")
    sheet = MOODLE + "".join(
        f"Participant {n},{name},,,,,100,Yes,,,\r\n" for n, name in ((8, "김민준"), (9, "박지우"), (10, "박 지우"))
    )
    rows, said = fill(capsys, room, sheet, "moodle", code=2)
    assert rows == [] and "한 명도 찾지 못했어요" in said


def test_a_sheet_of_another_assignment_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = received("김하늘", "moodle", "71", "김하늘_71_assignsubmission_file/x.ipynb", "김하늘")
    room = classroom(tmp_path, {"김하늘": 1.0}, receipts=(receipt,))
    rows, said = fill(capsys, room, MOODLE + "Participant 9001,김하늘,,,,,100,Yes,,,\r\n", "moodle", code=2)
    assert rows == [] and "다른 과제의 채점표" in said


def test_a_mark_over_the_top_fits_moodle_and_a_korean_sheet_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = classroom(tmp_path, {"kim": 1.2}, "학번,이름\nkim,김하늘\n")
    sheet = "\ufeff식별자;성명;성적;최고 성적\r\n참가자5;김하늘;;50,00\r\n"
    path = tmp_path / "표.csv"
    path.write_text(sheet, encoding="utf-8", newline="")
    options = ("--for", "moodle", "--lesson", "5", "--classroom", str(room.path))
    code, out, _ = run(capsys, "export-marks", str(path), *options)
    assert code == 0 and "만점으로 줄인 사람 1: 김하늘" in out and "LMS의 만점 50점" in out
    made = (tmp_path / f"marks-{LESSON}-moodle.csv").read_bytes().decode("utf-8")
    assert made == "\ufeff식별자;성명;성적;최고 성적\r\n참가자5;김하늘;50;50,00\r\n"


def test_the_canvas_gradebook_keeps_one_assignment_and_scales(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = classroom(
        tmp_path,
        {"kimhaneul_501": 1.0, "2026002": 0.6},
        "학번,이름,이메일\n2026002,박지우,park@school.kr\n",
        (received("kimhaneul_501", "canvas", "501", "kimhaneul_501_7_05.ipynb"),),
    )
    sheet = (
        CANVAS
        + '"김, 하늘",501,,,가반,9,,3,88\r\n"박, 지우",502,,park@school.kr,가반,8,,2,77\r\n"Student, Test",503,,t,가반,,,,\r\n'
    )
    rows, said = fill(capsys, room, sheet, "canvas")
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "레슨 5 어텐션 (905)"]
    assert [row["레슨 5 어텐션 (905)"] for row in rows] == ["", "50", "47.5", "28.5", ""]
    assert rows[1]["Student"] == "    Points Possible" and "우리 만점 100점을 LMS의 만점 50점" in said
    assert "Student, Test (503)" in said


def test_a_column_that_is_not_certain_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = classroom(tmp_path, {"kim": 1.0}, "학번,이름\nkim,김하늘\n")
    sheet = "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 5 A (1),Lesson 5 B (2)\r\n김하늘,7,kim,kim,가,,\r\n"
    _, said = fill(capsys, room, sheet, "canvas", code=2)
    assert "Lesson 5 A (1), Lesson 5 B (2)" in said and "--column" in said
    rows, _ = fill(capsys, room, sheet, "canvas", "--column", "Lesson 5 B")
    assert rows[0]["Lesson 5 B (2)"] == "95" and "Lesson 5 A (1)" not in rows[0]


@pytest.mark.parametrize(
    ("sheet", "lms", "word"),
    [
        ("", "moodle", "읽을 수 없어요|사람이 없어요"),
        ("a,b\n1,2\n", "moodle", "Identifier"),
        ("a,b\n1,2\n", "canvas", "Student"),
        (CANVAS.replace("레슨 5 어텐션 (905)", "과제 (905)") + "김,7,,,가,,,,\r\n", "canvas", "--column"),
        (MOODLE + "Participant 1,아무도아닌사람,,,,,100,Yes,,,\r\n", "moodle", "명단"),
    ],
)
def test_a_wrong_sheet_is_one_sentence(
    sheet: str, lms: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = classroom(tmp_path, {"kim": 1.0})
    _, said = fill(capsys, room, sheet, lms, code=2)
    assert any(one in said for one in word.split("|")) and "Traceback" not in said


def test_the_downloaded_sheet_itself_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = classroom(tmp_path, {"kim": 1.0})
    sheet = tmp_path / "표.csv"
    sheet.write_text(MOODLE, encoding="utf-8", newline="")
    options = ("--for", "moodle", "--lesson", "5", "--classroom", str(room.path), "--out", str(sheet))
    code, _, said = run(capsys, "export-marks", str(sheet), *options)
    assert code == 2 and "덮어쓰지 않아요" in said and sheet.read_bytes() == MOODLE.encode()
    code, _, said = run(capsys, "export-marks", str(sheet), "--classroom", str(room.path))
    assert code == 2 and "--for moodle --lesson 5" in said


# -- 피드백 --


@pytest.mark.parametrize(
    ("form", "entry", "name"),
    [
        ("moodle", "김 하늘_71_assignsubmission_file/sub/x.ipynb", "김 하늘_71_assignsubmission_file/{}.html"),
        ("moodle", "과제/김하늘_71_assignsubmission_file_/x.ipynb", "김하늘_71_assignsubmission_file_/{}.html"),
        ("moodle", "김하늘_71_assignsubmission_file_x.ipynb", "김하늘_71_assignsubmission_file_{}.html"),
        ("canvas", "kimhaneul_LATE_501_77_05_attention.ipynb", "kimhaneul_LATE_501_77_{}.html"),
        ("canvas", "submissions/kimhaneul_501_77_study.zip/05.ipynb", "kimhaneul_501_77_{}.html"),
        ("moodle", "../../etc/x.ipynb", None),
        ("canvas", "x.ipynb", None),
    ],
)
def test_feedback_goes_back_under_the_downloaded_name(form: str, entry: str, name: str | None) -> None:
    receipt = received("a", form, "1", entry)
    assert entry_name(form, "a", LESSON, People(), receipt) == (name and name.format(LESSON))
    assert entry_name("canvas" if form == "moodle" else "moodle", "a", LESSON, People(), receipt) is None


def test_the_feedback_zip_holds_the_marks_of_now_and_names_who_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = received("kim_71", "moodle", "71", "김하늘_71_assignsubmission_file/x.ipynb", "김하늘")
    room = classroom(tmp_path, {"kim_71": 1.0, "<b>&": 0.5}, receipts=(receipt,))
    options = ("--classroom", str(room.path))
    code, out, _ = run(capsys, "export-feedback", "5", "--for", "moodle", *options)
    assert code == 0 and "1명의 피드백" in out and "학습자 1: <b>&" in out
    with zipfile.ZipFile(tmp_path / f"feedback-{LESSON}-moodle.zip") as archive:
        (name,) = archive.namelist()
        assert name == f"김하늘_71_assignsubmission_file/{LESSON}.html"
        assert b">95<" in archive.read(name)
    code, out, _ = run(capsys, "export-feedback", "5", *options)
    with zipfile.ZipFile(tmp_path / f"feedback-{LESSON}-folders.zip") as archive:
        assert len(archive.namelist()) == 2 and not [n for n in archive.namelist() if n.startswith(("/", ".."))]
    code, _, said = run(capsys, "export-feedback", "5", "--for", "canvas", *options)
    assert code == 2 and "Canvas에서 받은 기록이 없어요" in said
    code, _, said = run(capsys, "export-feedback", "6", *options)
    assert code == 2 and "course.py grade" in said
