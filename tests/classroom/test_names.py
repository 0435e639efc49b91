"""이름: 파일 시스템이 허락하는 어떤 이름이든 그 사람의 점수가 되고, 어떤 경로의 학급이든 그 폴더에 남아요."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest
from support.classes import LESSON, borrow, contents, notebook

from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import ClassResult, grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.marks_table import marks_csv
from autograder.cli import run
from autograder.collecting.collect import collect
from autograder.grading import submissions
from autograder.grading.names import MAX_BYTES, MAX_CHARACTERS, folded, student_name, tagged, visible
from autograder.grading.submissions import find_submissions
from autograder.layout import ROOT
from autograder.reporting.report import write_report

NOTEBOOK = json.dumps(notebook(), ensure_ascii=False).encode()
NFC = "홍길동"
NFD = unicodedata.normalize("NFD", NFC)
# 그대로 쓰는 이름들
KEPT = [
    "김하늘",
    "O'Brien",
    "s 001",
    "=1+2",
    "+1",
    "-rf",
    "--help",
    "@cmd",
    "R&D",
    "$(id)",
    "`id`",
    "~",
    "김(1반)",
    NFC,
    NFD,
    "Kim",
    "kim",
]
# 바꿔 적는 이름들
CHANGED = [
    "a" * 240, "a" * 255, "가" * 85, "a" * 101, '큰"따옴표"', "물음?", "반 50%25", "#1", "[1반] 홍", "줄\n바꿈", "칸\t칸",
    "...", "..kim", ".kim", "점.", "빈칸 ", " 빈칸", " ", "con", "NUL.txt", "com1", "LPT¹.가", "a\\b", "a|b", "a:b", "*", "<b>",
    "\u202e거꾸로", "보이지\u200b않게", "\x1b[31m", "ㅤ", "kim~0123456789abcdef",
]  # fmt: skip
BYTES = [*(name.encode() for name in [*KEPT, *CHANGED]), NFC.encode("cp949"), b"\xff\xfe", b"a\x80b"]
RESERVED = {"CON", "PRN", "AUX", "NUL"} | {f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"}


def hand_in_bytes(folder: Path, name: bytes, content: bytes = NOTEBOOK) -> None:
    path = os.path.join(os.fsencode(folder), name, LESSON.encode())
    os.makedirs(path)
    Path(os.fsdecode(path), f"{LESSON}.ipynb").write_bytes(content)


# -- 규칙 --


def test_a_name_is_kept_or_told_apart_and_never_shared() -> None:
    names = {raw: student_name(os.fsdecode(raw)) for raw in BYTES}
    assert [names[name.encode()] for name in KEPT] == KEPT
    assert not {names[name.encode()] for name in CHANGED} & {*KEPT, *CHANGED}
    assert len(set(names.values())) == len(BYTES)


@pytest.mark.parametrize("raw", BYTES, ids=lambda raw: ascii(raw)[:30])
def test_every_name_that_is_made_can_be_used_anywhere(raw: bytes) -> None:
    name = student_name(os.fsdecode(raw))
    assert not set(name) & set('<>:"/\\|?*#%[]') and name.isprintable() and visible(name) == name
    assert not name.startswith((" ", ".")) and not name.endswith((" ", "."))
    assert name.split(".")[0].strip().upper() not in RESERVED
    assert 0 < len(name) <= MAX_CHARACTERS and len(name.encode()) <= MAX_BYTES


def test_a_made_name_cannot_be_taken_by_another_folder() -> None:
    made = student_name("물음?")
    assert student_name(made) != made and student_name(student_name(made)) != made


def test_a_name_does_not_depend_on_who_else_is_there(tmp_path: Path) -> None:
    hand_in_bytes(tmp_path, "물음?".encode())
    (alone,) = find_submissions(tmp_path)
    for raw in BYTES:
        if raw != "물음?".encode():
            hand_in_bytes(tmp_path, raw)
    assert alone.student in {one.student for one in find_submissions(tmp_path)}


def test_folders_of_tools_are_not_learners(tmp_path: Path) -> None:
    for name in (".git", ".ipynb_checkpoints", ".김하늘"):
        hand_in_bytes(tmp_path, name.encode())
    (tmp_path / ".hidden" / LESSON).mkdir(parents=True)
    (tmp_path / ".trash" / "kim" / LESSON).mkdir(parents=True)
    assert [one.student for one in find_submissions(tmp_path)] == [student_name(".김하늘")]


def test_what_hides_is_shown() -> None:
    assert visible("가\u202e나\u200b다\x1b[0m\r라\udcff\u3164") == "가\\u202e나\\u200b다\\x1b[0m\\r라\\udcff\\u3164"
    plain = "줄\n바꿈\t탭 👨\u200d👩 é ⚡️ a < b"
    assert visible(plain) == plain


# -- 한 반 --


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classroom, ClassResult]:
    room = Classroom(tmp_path_factory.mktemp("학급") / "반? #1 50%25 'a' & b;c")
    room.submitted.mkdir(parents=True)
    for raw in BYTES:
        hand_in_bytes(room.submitted, raw)
    with pytest.MonkeyPatch.context() as patch:
        borrow(patch)
        return room, grade_class(room, jobs=2)


def test_everyone_is_marked_once_under_one_name(graded: tuple[Classroom, ClassResult], tmp_path: Path) -> None:
    room, result = graded
    names = {student_name(os.fsdecode(raw)) for raw in BYTES}
    assert sorted(one.student for one in result.results) == sorted(names)
    assert all(mark.verdict == "pass" for one in result.results for mark in one.marks)
    assert {one.student for one in room.results()} == names
    assert all(room.autograded(name, LESSON).is_file() for name in names)
    with open_gradebook(room.db_url()) as gradebook:
        scores = read_scores(gradebook)
    assert {score.student for score in scores} == names
    table = list(csv.reader(io.StringIO(marks_csv(scores))))
    assert len(table) == len(names) + 2 and all(len(row) == len(table[0]) for row in table)
    assert not [row for row in table if row[0].startswith(("=", "+", "-", "@"))]
    page = write_report(room).read_text(encoding="utf-8")
    assert "O&#39;Brien" in page and NFD in page
    marks = tmp_path / "점수?#.json"
    assert run(["grade", "--classroom", str(room.path), "--json", str(marks)]) == 0
    assert {mark["student"] for mark in json.loads(marks.read_text(encoding="utf-8"))} == names


def test_a_class_lives_where_it_was_told_to(graded: tuple[Classroom, ClassResult]) -> None:
    room, _ = graded
    assert {path.name for path in room.path.parent.iterdir()} == {room.path.name}
    assert {"gradebook.db", "marks.csv", "feedback", "results"} <= {path.name for path in room.path.iterdir()}


def test_feedback_can_be_unpacked_on_windows(graded: tuple[Classroom, ClassResult]) -> None:
    """대소문자나 정규형만 다른 이름도 서로를 덮어쓰지 않아요."""
    room, result = graded
    pages = {room.feedback(one.student, LESSON): one.student for one in result.results}
    assert len({folded(str(page)) for page in pages}) == len(result.results)
    assert all(page.is_file() for page in pages)
    again = Classroom(room.path)
    assert all(again.feedback(name, LESSON) == page for page, name in pages.items())
    for page, name in pages.items():
        assert f" · {name}</title>".replace("'", "&#39;").replace("&D", "&amp;D") in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["반?", "반 #1", "반 50%25", "%2e%2e", "a?mode=memory", "-반", "~", "'; --", b"\xff\xfe"]
)
def test_every_command_takes_any_path(name: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    borrow(monkeypatch)
    path, out = tmp_path / "여기" / os.fsdecode(name), tmp_path / "저기" / os.fsdecode(name)
    hand_in_bytes(path / "submitted", b"kim")
    grade_class(Classroom(path))
    before = {name for name in contents(path) if name != "marks.csv"}
    assert "gradebook.db" in before
    options = ["--classroom", str(path), "--out"]
    assert run(["export-marks", *options, str(out / "점수.csv")]) == 0
    assert run(["report", *options, str(out)]) == 0
    assert set(contents(path)) - {"marks.csv"} == before
    assert {*contents(out)} == {"점수.csv", "report.html"}
    assert {*tmp_path.glob("*/*")} == {path, out}


@pytest.mark.parametrize("locale", ["C", pytest.param("C.UTF-8", marks=pytest.mark.slow)])
def test_every_locale_gives_the_same_names(locale: str, tmp_path: Path) -> None:
    names = [NFC.encode(), NFC.encode("cp949"), "물음?".encode()]
    for raw in names:
        hand_in_bytes(tmp_path / "반?" / "submitted", raw, b"{}")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "autograder.cli",
            "grade",
            "--classroom",
            tmp_path / "반?",
            "--json",
            tmp_path / "점수.json",
        ],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1, done.stderr[-800:]  # 읽을 수 없는 노트북이라 1이에요.
    assert "읽지 못한 제출물이 3개".encode() in done.stdout
    marks = json.loads((tmp_path / "점수.json").read_text(encoding="utf-8"))
    assert {mark["student"] for mark in marks} == {student_name(os.fsdecode(raw)) for raw in names}


def test_marks_by_hand_follow_a_learner_to_the_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """첫 판의 학급: 폴더 이름 그대로(cp949는 읽은 글자로) 적혀 있던 사람의 손 채점이 따라와요."""
    borrow(monkeypatch)
    room = Classroom(tmp_path / "class")
    former = {
        "물음?".encode(): "물음?",
        NFC.encode("cp949"): NFC,
        "김하늘".encode("cp949"): "김하늘",
        "김하늘".encode(): "김하늘",
    }
    with monkeypatch.context() as first_edition:
        first_edition.setattr(submissions, "student_name", submissions.decoded)
        for raw in list(former)[:3]:
            hand_in_bytes(room.submitted, raw)
        grade_class(room)
    with open_gradebook(room.db_url()) as gradebook:
        for number, name in enumerate({**dict.fromkeys(former.values())}):
            gradebook.find_grade("reflection", LESSON, LESSON, name).manual_score = number
            gradebook.find_student(name).last_name = name
        gradebook.db.commit()
    hand_in_bytes(
        room.submitted, "김하늘".encode()
    )  # 같은 글자의 다른 사람이 왔어요. 누구의 것인지 알 수 없는 점수는 옮기지 않아요.
    for _ in range(2):
        grade_class(room)
        with open_gradebook(room.db_url()) as gradebook:
            given = {score.student: score.cells["reflection"].manual_score for score in read_scores(gradebook)}
            assert gradebook.find_student(student_name("물음?")).last_name == "물음?"
        new = {raw: student_name(os.fsdecode(raw)) for raw in former}
        assert given == dict(zip(new.values(), [0, 1, None, 2], strict=True))
        assert sorted(one.student for one in room.results()) == sorted(new.values())


# -- 압축 파일 --


def test_twins_in_an_archive_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as opened:
        for number, name in enumerate([NFC, NFD, "AAAAAA", "김#1", "김1", "Kim", "kim"]):
            opened.writestr(f"{name}/{LESSON}.ipynb", NOTEBOOK + b" " * number)
    path.write_bytes(path.read_bytes().replace(b"AAAAAA", NFC.encode("cp949")))
    room = Classroom(tmp_path / "class")
    taken = collect(path, room)
    students = [student for student, _ in taken.taken]
    assert len(set(students)) == 7 and not taken.skipped
    assert {NFC, "김1", "Kim", "kim"} <= set(students)
    assert tagged(NFC, NFD.encode()) in students and tagged(NFC, NFC.encode("cp949")) in students
    assert {one.student for one in find_submissions(room.submitted)} >= {NFC, "김1", "Kim", "kim"}


def test_an_archive_inside_belongs_to_who_handed_it_in(tmp_path: Path) -> None:
    """낸 압축 파일 안의 폴더 이름으로 남의 자리를 차지할 수 없어요."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr(f"lee/{LESSON}.ipynb", NOTEBOOK)
        opened.writestr(f"lee_2_assignsubmission_file_/{LESSON}.ipynb", NOTEBOOK)
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("kim/과제.zip", inner.getvalue())
        opened.writestr("park.zip", inner.getvalue())
    assert {student for student, _ in collect(path, Classroom(tmp_path / "class")).taken} == {"kim", "park"}
