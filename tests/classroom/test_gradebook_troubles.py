"""탈이 난 성적부: 한 문장으로 말하고, 손대지 않고, 탈을 걷어 내면 아무 일도 없었던 것처럼 끝나요."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader import api
from support.classes import borrow, hand_in, notebook
from support.commands import run
from support.gradebooks import CELLS, LESSON, entry, rows

from autograder.classroom import gradebook as opening
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.grade_class import grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_troubles import GradebookError
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.layout import ROOT


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def write(path: Path, students: int = 2, score: float = 5.0) -> dict[str, list[str]]:
    """레슨 하나를 채점한 성적부를 만들고(또는 이어 쓰고) 모든 행을 돌려줘요."""
    with open_gradebook(address(path)) as gradebook:
        register_lesson(gradebook, CELLS)
        save_entries(gradebook, CELLS, [entry(f"s{number:04d}", score) for number in range(students)])
        return rows(gradebook)


def change(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def version(path: Path) -> list[tuple[str]]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "학급 #1 50%" / "gradebook.db"


# -- 만들다 만 것 --


def test_a_half_made_gradebook_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    engine = api.create_engine(address(path))
    api.Base.metadata.create_all(bind=engine)  # nbgrader가 `alembic`을 찾지 못하면 여기서 멈춰요.
    engine.dispose()
    with pytest.raises(sqlite3.OperationalError):
        version(path)
    assert write(path) == write(tmp_path / "calm.db") and version(path) == [(api.get_alembic_version(),)]


def test_a_gradebook_is_made_without_alembic_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with open_gradebook(address(tmp_path / "gradebook.db")) as gradebook:
        assert gradebook.students == []
    assert len(version(tmp_path / "gradebook.db")) == 1


def missing_tables(path: Path) -> None:
    """nbgrader는 표를 하나씩 커밋해요. 넷을 만들고 죽은 것이에요."""
    engine = api.create_engine(address(path))
    for table in api.Base.metadata.sorted_tables[:4]:
        table.create(engine)
    engine.dispose()


def no_version_row(path: Path) -> None:
    open_gradebook(address(path)).close()
    change(path, "DELETE FROM alembic_version")


def no_course(path: Path) -> None:
    open_gradebook(address(path)).close()
    change(path, "DELETE FROM course")


@pytest.mark.parametrize("make", [missing_tables, no_version_row, no_course, Path.touch])
def test_what_was_left_half_made_ends_like_the_undisturbed(
    path: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path.parent.mkdir()
    make(path)
    assert write(path) == write(tmp_path / "calm.db") and len(version(path)) == 1


KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from support.gradebooks import CELLS, entry
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_writer import register_lesson, save_entries

mark, address = sys.argv[1:]
seen = 0

def die(connection, cursor, statement, *rest):
    global seen
    seen += mark in statement
    if seen == (3 if mark == "CREATE TABLE" else 1):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", die)
with open_gradebook(address) as gradebook:
    register_lesson(gradebook, CELLS)
    save_entries(gradebook, CELLS, [entry(f"s{n:04d}", 9.0) for n in range(1500)])
"""


@pytest.mark.parametrize("mark", ["CREATE TABLE", "INSERT INTO source_cell", "INSERT INTO comment"])
def test_a_killed_writer_leaves_nothing_behind(path: Path, tmp_path: Path, mark: str) -> None:
    """만드는 중, 레슨을 올리는 중, 한 묶음을 쓰는 중에 kill -9를 받아요."""
    if mark == "INSERT INTO comment":
        before = write(path)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    path.parent.mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-c", KILLED, mark, address(path)], env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    if mark == "INSERT INTO comment":
        # 캐시에서 넘친 반쪽이 파일에 이미 적혀 있어서, 곁의 저널이 되돌려야 해요.
        assert path.with_name("gradebook.db-journal").stat().st_size > 0
        with open_gradebook(address(path)) as gradebook:
            assert rows(gradebook) == before
    assert write(path, 30) == write(tmp_path / "calm.db", 30)


def test_a_gradebook_that_another_program_put_into_wal_is_read_whole(path: Path, tmp_path: Path) -> None:
    write(path)
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("UPDATE student SET email = 'a@b'")
    holder.commit()
    assert path.with_name("gradebook.db-wal").stat().st_size > 0  # 아직 본 파일에 옮기지 않았어요.
    assert any("a@b" in row for row in write(path)["student"])
    holder.close()


# -- 우리 것이 아니거나 깨진 것 --


def text_file(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def one_letter(path: Path) -> None:
    path.write_text("가", encoding="utf-8")  # SQLite는 아주 짧은 파일을 빈 것으로 보고 덮어써요.


def truncated(path: Path) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def last_byte_lost(path: Path) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[:-1])


def scribbled(path: Path) -> None:
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * 4000 + content[4100:])


def foreign(path: Path) -> None:
    change(path, "CREATE TABLE photos (id INTEGER)", "INSERT INTO photos VALUES (1)")


def foreign_of_the_same_name(path: Path) -> None:
    change(path, "CREATE TABLE student (id INTEGER, photo BLOB)", "CREATE TABLE course (id TEXT)")


def foreign_with_alembic(path: Path) -> None:
    change(
        path,
        "CREATE TABLE notes (id TEXT)",
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('abc')",
    )


def foreign_with_another_alembic(path: Path) -> None:
    change(path, "CREATE TABLE alembic_version (number TEXT)")


def older(path: Path) -> None:
    write(path)
    change(path, "UPDATE alembic_version SET version_num = '724cde206c17'")


def newer(path: Path) -> None:
    write(path)
    change(path, "UPDATE alembic_version SET version_num = 'ffffffffffff'")


def a_column_short(path: Path) -> None:
    write(path)
    change(path, "ALTER TABLE student DROP COLUMN lms_user_id")


def another_course(path: Path) -> None:
    with open_gradebook(address(path), "biology") as gradebook:
        gradebook.add_assignment("cells")


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


REFUSED = {
    text_file: "깨졌어요",
    one_letter: "깨졌어요",
    truncated: "깨졌어요",
    last_byte_lost: "깨졌어요",
    scribbled: "깨졌어요",
    foreign: "nbgrader의 성적부가 아니에요",
    foreign_of_the_same_name: "nbgrader의 성적부가 아니에요",
    foreign_with_alembic: "모르는 판",
    foreign_with_another_alembic: "다른 프로그램",
    older: "nbgrader db upgrade",
    newer: "더 새 nbgrader",
    a_column_short: "nbgrader의 성적부가 아니에요",
    another_course: "biology",
    folder: "폴더나 다른 것",
    pipe: "폴더나 다른 것",
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_is_not_our_gradebook_is_refused_and_untouched(
    path: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(GradebookError, match=REFUSED[make]) as caught:
        open_gradebook(address(path))
    said = str(caught.value)
    assert str(path) in said and "\n" not in said and ("주세요" in said or "다시 채점해요" in said)
    assert (path.read_bytes() if path.is_file() else None) == before
    path.rename(tmp_path / "aside")  # 문장이 말한 대로 옮기고 다시 해요.
    assert write(path) == write(tmp_path / "calm.db")


def test_an_older_gradebook_that_was_upgraded_is_taken_up(tmp_path: Path) -> None:
    """문장이 말한 `nbgrader db upgrade`를 정말로 해요. 이것은 레슨의 이름이 하나뿐이라는 제약을 잃어요."""
    path = tmp_path / "gradebook.db"
    write(path)
    change(
        path,
        "DROP TABLE transformer_recorded",
        "DROP TABLE course",
        "CREATE TABLE older (id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL UNIQUE, duedate DATETIME)",
        "INSERT INTO older SELECT id, name, duedate FROM assignment",
        "DROP TABLE assignment",
        "ALTER TABLE older RENAME TO assignment",
        "UPDATE alembic_version SET version_num = '282d30a0218e'",
    )
    with pytest.raises(GradebookError, match="nbgrader db upgrade"):
        open_gradebook(address(path))
    done = subprocess.run([Path(sys.executable).parent / "nbgrader", "db", "upgrade"], cwd=path.parent, check=False)
    assert done.returncode == 0
    upgraded, calm = write(path), write(tmp_path / "calm.db")
    assert all(upgraded[table] == calm[table] for table in calm if table not in ("course", "assignment"))
    assert len(upgraded["assignment"]) == 1


# -- 잠긴 것 --


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0)


@pytest.mark.parametrize("command", ["export-marks", "report"])
def test_a_locked_gradebook_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], impatient: None, command: str
) -> None:
    room = Classroom(tmp_path / "room")
    room.store(StoredResult("", "s0000", LESSON, (), (), True, 0, "full", "2026-03-02 09:00"))
    write(room.path / "gradebook.db")
    holder = sqlite3.connect(room.path / "gradebook.db")
    holder.execute("BEGIN EXCLUSIVE")
    code, _, err = run(capsys, command, "--classroom", str(room.path))
    holder.close()
    assert code == 2 and len(err.splitlines()) == 1 and "30초" in err and "JupyterLab" in err, err
    assert run(capsys, command, "--classroom", str(room.path))[0] == 0


def test_a_gradebook_locked_in_the_middle_of_a_class_loses_nothing(
    tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """다시 낸 제출물을 채점하는 사이에 잠겨도, 다음 채점은 방해 없이 끝낸 것과 똑같이 끝나요."""
    borrow(monkeypatch)
    crowded, calm = Classroom(tmp_path / "crowded"), Classroom(tmp_path / "calm")
    found = {}
    for room in (calm, crowded):
        hand_in(room.submitted, "kim", notebook())
        hand_in(room.submitted, "lee", notebook())
        room.path.joinpath("classroom.json").write_text('{"seed": 7}')
        grade_class(room)
        with open_gradebook(room.db_url()) as gradebook:
            for student in ("kim", "lee"):
                grade = gradebook.find_grade("reflection", LESSON, LESSON, student)
                grade.manual_score, grade.needs_manual_grade = 4.0, False
            gradebook.db.commit()
        hand_in(room.submitted, "kim", notebook(softmax="def softmax(x, dim):\n    return x"))
        if room is crowded:
            holder = sqlite3.connect(room.path / "gradebook.db")
            with pytest.raises(GradebookError, match="다른 프로그램이"):
                grade_class(room, on_result=lambda result, lock=holder: lock.execute("BEGIN IMMEDIATE"))
            holder.close()
        grade_class(room)
        with open_gradebook(room.db_url()) as gradebook:
            found[room] = rows(gradebook)
    assert found[crowded] == found[calm]
    assert sum("'needs_manual_grade', True" in row for row in found[calm]["grade"]) == 1  # kim의 글만 다시 봐요.
