"""주소로 고른 성적부: 진짜 PostgreSQL 서버에서도 모든 명령이 같은 행을 내고, 두 채점이 함께 써도 차례로 쓴 것과 같아요."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbgrader import api
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine, text
from support import postgres
from support.classes import borrow, hand_in, notebook, shared_station
from support.commands import run
from support.gradebooks import CELLS, EXERCISES, LESSON, entry, grade_in_batches, rows

from autograder.authoring.simulated_class import simulate
from autograder.classroom import gradebook as opening
from autograder.classroom import gradebook_troubles, nbgrader_plugin
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.classroom.gradebook_troubles import GradebookError, shown
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.layout import ROOT

LESSONS = (LESSON, "06_multi_head")
STUDENTS = [f"학생{number:03d}" for number in range(40)]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    reason = postgres.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres.server() as started:
        yield started


@pytest.fixture
def url(server: postgres.Server) -> str:
    return server.new()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """빈 성적부 둘의 주소."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
    else:
        server = request.getfixturevalue("server")
        yield server.new(), server.new()


@pytest.fixture
def borrowed(monkeypatch: pytest.MonkeyPatch) -> None:
    borrow(monkeypatch)
    monkeypatch.setattr(nbgrader_plugin, "_station", shared_station())


def classroom(path: Path, url: str | None = None) -> Classroom:
    """시드를 정해 둔 학급. 주소를 주면 학급의 설정에 적어요."""
    path.mkdir()
    (path / "classroom.json").write_text('{"seed": 7}')
    if url is not None:
        (path / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n", "utf-8")
    return Classroom(path)


def all_rows(address: str) -> dict[str, list[str]]:
    with open_gradebook(address) as gradebook:
        return rows(gradebook)


# -- 같은 반, 같은 행 --


def test_a_simulated_class_ends_with_the_same_rows(url: str, tmp_path: Path, borrowed: None) -> None:
    simulate(6, tmp_path / "class", lessons=[LESSON])
    rooms = [classroom(tmp_path / "file"), classroom(tmp_path / "server", url)]
    for room in rooms:
        with open_gradebook(room.db_url()) as gradebook:
            gradebook.add_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
        (room.path / "nbgrader_config.py").open("a").write(
            "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
        )
        for student in sorted((tmp_path / "class").glob("*/"))[:2]:
            (student / LESSON / "timestamp.txt").write_text("2026-03-03 00:00:00 UTC")
        grade_class(room, tmp_path / "class")
        with open_gradebook(room.db_url()) as gradebook:
            student = gradebook.assignment_submissions(LESSON)[0].student.id
            gradebook.grant_extension(LESSON, student, days=3)
            grade = gradebook.find_grade(f"check_{EXERCISES[0]}", LESSON, LESSON, student)
            grade.manual_score, grade.extra_credit = 1.5, 0.5
            gradebook.db.commit()
        grade_class(room, tmp_path / "class")
    on_file, on_server = (all_rows(room.db_url()) for room in rooms)
    assert on_server == on_file
    assert len(on_file["submitted_notebook"]) == 6 and len(on_file["transformer_recorded"]) == 6
    assert rooms[0].marks_csv.read_bytes() == rooms[1].marks_csv.read_bytes()


def test_every_command_works_and_never_prints_the_password(
    url: str, tmp_path: Path, borrowed: None, capfd: pytest.CaptureFixture[str]
) -> None:
    room = classroom(tmp_path / "room", url)
    hand_in(room.submitted, "kim", notebook(reflection="평평해져요."))
    hand_in(room.submitted, "lee", notebook(softmax="def softmax(x, dim):\n    return x"))
    said = ""
    for arguments in (["grade"], ["report"], ["export-marks"], ["export-marks", "--detail"], ["grade"]):
        code, out, err = run(capfd, *arguments, "--classroom", str(room.path))
        assert code == 0, err
        said += out + err
    assert "postgresql+psycopg://course:***@/" in said and not (room.path / "gradebook.db").exists()

    config = room.config()
    # formgrader는 원본 폴더에 있는 레슨만 보여 줘요.
    config.CourseDirectory.source_directory = str(tmp_path / "source")
    hand_in(tmp_path, "source", notebook())
    nbgrader = NbGraderAPI(CourseDirectory(config=config), config=config)
    before = all_rows(url)
    for student in ("kim", "lee"):
        done = nbgrader.autograde(LESSON, student, force=True)
        assert done["success"], done.get("log")
        assert nbgrader.generate_feedback(LESSON, student, force=True)["success"]
        said += str(done)
    after = all_rows(url)
    after["course"] = [row for row in after["course"] if "default_course" not in row]  # nbgrader의 단계들이 더해요.
    assert after == before

    # formgrader의 목록들이 부르는 물음
    listed = {row["student"]: row for row in nbgrader.get_submissions(LESSON)}
    assert listed["kim"]["score"] > listed["lee"]["score"] and listed["kim"]["needs_manual_grade"]
    assert nbgrader.get_assignment(LESSON)["num_submissions"] == 2
    assert [row["name"] for row in nbgrader.get_notebooks(LESSON)] == [LESSON]
    assert len(nbgrader.get_notebook_submissions(LESSON, LESSON)) == 2
    assert {row["id"] for row in nbgrader.get_students()} == {"kim", "lee"}
    assert [row["autograded"] for row in nbgrader.get_student_submissions("kim") if row["name"] == LESSON] == [True]
    captured = capfd.readouterr()
    assert postgres.PASSWORD not in said + captured.out + captured.err
    quoted = url.split("course:")[1].split("@")[0]
    assert quoted not in said + captured.out + captured.err


# -- 두 채점이 함께 --

GRADER = """
import sys
from support.gradebooks import grade_in_batches, LESSON
from autograder.classroom.gradebook import open_gradebook

address, order, *students = sys.argv[1:]
lessons = [LESSON, "06_multi_head"]
print("ready", flush=True)
sys.stdin.readline()
if order == "person":
    for student in students:
        with open_gradebook(address) as gradebook:
            gradebook.find_grade("check_softmax", LESSON, LESSON, student).manual_score = 8.5
            gradebook.find_comment("softmax", LESSON, LESSON, student).manual_comment = "손으로 적은 말"
            gradebook.db.commit()
elif order == "forward":
    grade_in_batches(address, lessons, students)
else:
    grade_in_batches(address, lessons[::-1], students[::-1])
"""


def at_once(address: str, *works: tuple[str, list[str]]) -> None:
    """채점기들을 띄워 두고 한꺼번에 시작하게 해요."""
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]),
    }
    graders = [
        subprocess.Popen(
            [sys.executable, "-c", GRADER, address, order, *students],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for order, students in works
    ]
    for grader in graders:
        assert grader.stdout and grader.stdout.readline() == "ready\n"
    for grader in graders:
        assert grader.stdin
        grader.stdin.write("\n")
        grader.stdin.flush()
    for grader in graders:
        _, complaint = grader.communicate()
        assert grader.returncode == 0, complaint[-3000:]


def test_two_graders_at_once_end_like_one_after_the_other(empty: tuple[str, str]) -> None:
    together, in_turn = empty
    first, second = STUDENTS[:30], STUDENTS[10:]
    at_once(together, ("forward", first), ("backward", second))
    grade_in_batches(in_turn, LESSONS, first)
    grade_in_batches(in_turn, LESSONS[::-1], second[::-1])
    assert all_rows(together) == all_rows(in_turn)
    with open_gradebook(together) as gradebook:
        assert len(read_scores(gradebook)) == len(LESSONS) * len(STUDENTS)


def test_marks_by_hand_written_while_two_graders_write_are_kept(empty: tuple[str, str]) -> None:
    address, _ = empty
    grade_in_batches(address, LESSONS, STUDENTS, rounds=1)
    at_once(address, ("forward", STUDENTS), ("backward", STUDENTS), ("person", STUDENTS))
    with open_gradebook(address) as gradebook:
        found = {score.student: score for score in read_scores(gradebook, LESSON)}
    assert len(found) == len(STUDENTS)
    for score in found.values():
        assert score.cells["check_softmax"].manual_score == 8.5 and score.comments == {"softmax": "손으로 적은 말"}
        assert {cell.auto_score for cell in score.cells.values()} == {6.0, None}


def test_the_strictest_default_of_a_server_changes_nothing(url: str, server: postgres.Server) -> None:
    """서버의 주인이 가장 엄한 격리 수준을 기본으로 정해 두어도, 빈 데이터베이스에 함께 만들고 함께 써요."""
    execute(url, "ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    at_once(url, ("forward", STUDENTS[:16]), ("backward", STUDENTS[:16]))
    in_turn = server.new()
    grade_in_batches(in_turn, LESSONS, STUDENTS[:16])
    assert all_rows(url) == all_rows(in_turn)


def test_a_deadlock_is_tried_again(url: str) -> None:
    """셀의 점수를 쥔 남이 레슨을 기다리고, 레슨을 쥔 채점은 그 점수를 기다려요. 서버는 채점을 물러나게 해요."""
    grade_in_batches(url, [LESSON], STUDENTS[:1], rounds=1)
    holder = create_engine(url)
    with open_gradebook(url) as gradebook, holder.connect() as other, ThreadPoolExecutor() as threads:
        other.execute(text("SET deadlock_timeout = '1h'"))  # 물러날 쪽을 정해 둬요.
        other.execute(text("UPDATE grade SET manual_score = 8.5"))
        saving = threads.submit(save_entries, gradebook, CELLS, [entry(STUDENTS[0], 9.0)])
        with holder.connect() as watcher:
            while not watcher.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert not saving.done()
                watcher.rollback()
        other.execute(text("SELECT * FROM assignment FOR UPDATE"))
        other.commit()
        saving.result()
        (score,) = read_scores(gradebook)
    holder.dispose()
    cell = score.cells["check_softmax"]
    assert (cell.manual_score, cell.auto_score, cell.needs_manual) == (8.5, 9.0, True)


# -- 탈 --


def execute(address: str, *statements: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement.format(name=engine.url.database)))
    engine.dispose()


def refused(address: str, match: str) -> None:
    with pytest.raises(GradebookError, match=match) as caught:
        open_gradebook(address)
    told = str(caught.value)
    assert "\n" not in told and "주세요" in told and "Traceback" not in told
    assert postgres.PASSWORD not in told and "다른비밀" not in told


def test_troubles_of_the_server_are_one_sentence(server: postgres.Server) -> None:
    there = server.url("postgres")
    refused(there.set(password="다른비밀").render_as_string(hide_password=False), "로그인하지 못했어요")
    refused(server.address("없는것"), "데이터베이스가 없어요")
    refused(there.update_query_dict({"host": "/nowhere"}).render_as_string(hide_password=False), "연결되지 않아요")
    refused(f"postgresql+psycopg://course:다른비밀@/postgres?host={server.folder}&port=1", "연결되지 않아요")


@pytest.mark.parametrize(
    "address",
    ["성적부", "postgres://a:다른비밀@h/d", "postgresql+psycopg://a:다른비밀@h:포트/d", "mysql://a:다른비밀@h/d"],
)
def test_an_address_that_cannot_be_read_is_one_sentence(address: str) -> None:
    refused(address, "db_url")


def test_a_missing_driver_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradebook_troubles, "find_spec", lambda name: None)
    refused("postgresql+psycopg://a:다른비밀@h/d", r"psycopg\[binary\]")


def test_the_password_is_hidden_wherever_it_stands() -> None:
    assert shown("postgresql+psycopg://a:다른비밀@h/d?password=다른비밀") == "postgresql+psycopg://a:***@h/d"


def test_the_database_of_another_program_is_refused_and_untouched(url: str) -> None:
    execute(url, "CREATE TABLE comment (id INTEGER, body TEXT)", "CREATE TABLE photos (id INTEGER)")
    refused(url, "nbgrader의 성적부가 아니에요")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    engine.dispose()
    assert found == {"comment", "photos"}


def test_a_gradebook_locked_by_another_program_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grade_in_batches(url, [LESSON], STUDENTS[:2], rounds=1)
    before = all_rows(url)
    monkeypatch.setattr(opening, "BUSY_SECONDS", 1)
    holder = create_engine(url)
    with holder.connect() as connection, open_gradebook(url) as gradebook:
        connection.execute(text("LOCK TABLE grade IN EXCLUSIVE MODE"))
        with pytest.raises(GradebookError, match="30초 넘게 잠그고"):
            save_entries(gradebook, CELLS, [entry("new")])
        connection.rollback()
        assert rows(gradebook) == before
        save_entries(gradebook, CELLS, [entry("new")])
    holder.dispose()


def test_a_server_that_went_away_loses_nothing(url: str) -> None:
    """쓰는 도중에 서버가 연결을 끊어요. 다시 연 성적부는 온전하고, 이어서 쓸 수 있어요."""
    grade_in_batches(url, [LESSON], STUDENTS[:2], rounds=1)
    before = all_rows(url)
    with open_gradebook(url) as gradebook:
        number = gradebook.db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        execute(url, f"SELECT pg_terminate_backend({number})")
        with pytest.raises(GradebookError, match="연결되지 않아요"):
            save_entries(gradebook, CELLS, [entry("new")])
    assert all_rows(url) == before


def test_names_and_texts_that_only_postgresql_refuses_are_kept(empty: tuple[str, str]) -> None:
    """PostgreSQL은 선언한 길이와 NUL을 따져요. nbgrader가 먼저 만든 좁은 표여도 마찬가지예요."""
    address, _ = empty
    api.Gradebook(address, "transformer").close()
    long = entry("긴" * 40 + "a" * 135)
    long = type(long)(
        long.student, long.lesson, [type(m)(**{**m.to_dict(), "message": "앞\0뒤"}) for m in long.marks], {}
    )
    with open_gradebook(address) as gradebook:
        register_lesson(gradebook, CELLS)
        save_entries(gradebook, CELLS, [long])
        assert gradebook.find_comment("softmax", LESSON, LESSON, long.student).comment == "앞\ufffd뒤"
