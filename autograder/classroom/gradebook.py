"""nbgrader의 성적부를 열어요.

표의 모양과 뜻은 nbgrader의 것 그대로예요. 그래서 formgrader의 손 채점, `nbgrader generate_feedback`, `nbgrader export`가 함께 돌아요.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Column, Float, MetaData, String, Table, Text, func, insert, inspect, select, text
from sqlalchemy.engine import URL, Connection

from autograder.classroom.gradebook_troubles import (
    BROKEN,
    BUSY_SECONDS,
    CONNECT_SECONDS,
    GradebookError,
    explained,
    file_of,
    read_address,
    shown,
)
from autograder.exercises import LESSONS
from autograder.grading.results import Mark

COURSE_ID = "transformer"


@dataclass(frozen=True)
class Entry:
    """성적부에 쓸 제출물 하나.

    `answered`는 손 채점 셀에 답을 적었는지, `fresh`는 이번에 새로 채점했는지(손 채점을 다시 볼지 정해요)예요.
    `key`는 판정의 지문이에요. 새로 채점한 것이 아니어도 성적부가 아직 모르는 지문이면 새 것으로 다뤄요.
    """

    student: str
    lesson: str
    marks: Sequence[Mark]
    answered: Mapping[str, bool] = field(default_factory=dict)
    timestamp: str | None = None
    fresh: bool = True
    key: str = ""


# 이 셀들의 점수를 어느 결과에서 가져와 적었는지. 점수와 한 트랜잭션에 적어서, 결과만 남고 성적부에 쓰기 전에 멈춘 것을 다음에 알아봐요.
RECORDED = Table(
    "transformer_recorded",
    MetaData(),
    Column("submitted_notebook", String(32), primary_key=True),
    Column("key", String(64), nullable=False),
)
# 서술형 화면에서 준 점수: 누가 언제, 기준의 어느 줄로, 어느 답을 보고. 점수와 의견은 nbgrader의 표에 있고, 여기 적은 것과 다르면
# 그 뒤에 다른 화면(formgrader)에서 바뀐 것이에요.
MARKED = Table(
    "transformer_marked",
    MetaData(),
    Column("grade", String(32), primary_key=True),
    Column("score", Float),
    Column("comment", Text),
    Column("rubric", String(64), nullable=False),
    Column("answer", String(64), nullable=False),
    Column("who", String(255), nullable=False),
    Column("at", String(32), nullable=False),
)
# 표를 함께 만들려는 채점들이 차례를 기다리는 PostgreSQL 잠금의 번호. 뜻은 없고 같기만 하면 돼요.
_MAKING = 20170612
# nbgrader는 학생의 이름을 128자로 선언해요. SQLite는 길이를 보지 않지만 PostgreSQL은 더 긴 폴더 이름을 거절해요.
_LONGEST_NAME = 255
_NAMES = (("student", "id"), ("submitted_assignment", "student_id"))


def open_gradebook(address: str | URL, course_id: str = COURSE_ID) -> api.Gradebook:
    """성적부를 열어요. 없으면 만들고, 만들다 만 것은 마저 만들어요. 우리 것이 아니거나 읽을 수 없으면 손대지 않고 GradebookError예요."""
    url = _complete(address)
    with explained(url):
        if path := file_of(url):
            path.parent.mkdir(parents=True, exist_ok=True)
        if not _look(url, course_id):
            _create(url, course_id)
        return api.Gradebook(url, course_id)


def find_gradebook(address: str | URL, course_id: str = COURSE_ID) -> api.Gradebook | None:
    """이미 있는 온전한 성적부를 열어요. 없거나 만들다 만 것이면 손대지 않고 None이에요."""
    url = _complete(address)
    with explained(url):
        path = file_of(url)
        if path is not None and not path.exists():
            return None
        return api.Gradebook(url, course_id) if _look(url, course_id) else None


def _complete(address: str | URL) -> URL:
    """오래 기다리되 끝없이는 아니게 정한 주소. 따로 적은 것이 있으면 그것을 따라요."""
    url = read_address(address)
    wait = ("timeout", BUSY_SECONDS) if url.get_backend_name() == "sqlite" else ("connect_timeout", CONNECT_SECONDS)
    return url.set(query={wait[0]: str(wait[1]), **url.query})


def _look(url: URL, course_id: str) -> bool:
    """우리 코스의 온전한 성적부인지 보기만 해요."""
    if path := file_of(url):
        _refuse_other_things(path)
    engine = api.create_engine(url)
    try:
        with engine.connect() as connection:
            return _is_ready(connection, course_id)
    finally:
        engine.dispose()


def _create(url: URL, course_id: str) -> None:
    engine = api.create_engine(url)
    try:
        with engine.begin() as connection:
            begin_writing(connection)
            _wait_to_make(connection)
            if not _is_ready(connection, course_id):
                _make(connection, course_id)
    finally:
        engine.dispose()


def begin_writing(connection: Connection) -> None:
    """쓸 트랜잭션을 열어요. SQLite는 읽기 전에 잠가서, 두 채점이 같은 것을 읽고 서로의 것을 덮어쓰지 않아요.

    PostgreSQL의 트랜잭션은 저절로 열리고 줄마다 잠그므로, 기다릴 시간만 정해요. 잠금을 기다린 다음에는 남이 그사이 쓴 것이 보여야
    해서, 서버의 기본이 무엇이든 READ COMMITTED예요.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")


def make_recorded(connection: Connection, table: Table = RECORDED) -> None:
    """점수의 출처를 적을 표(`RECORDED`나 `MARKED`)가 없으면 만들어요."""
    if not inspect(connection).has_table(table.name):
        _wait_to_make(connection)
        table.create(connection, checkfirst=True)


def _wait_to_make(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))


def _refuse_other_things(path: Path) -> None:
    """파일의 겉만 봐요. 열었다가 닫으면 이 프로세스가 쥔 SQLite의 잠금이 풀려서, 속은 SQLite에게만 물어요."""
    if not path.exists():
        return
    if not path.is_file():
        raise GradebookError(f"성적부({path}) 자리에 폴더나 다른 것이 있어요. 그것을 옮긴 뒤 다시 실행해 주세요.")
    mending = any(path.with_name(path.name + tail).exists() for tail in ("-journal", "-wal"))
    if path.stat().st_size % 512 and not mending:  # SQLite의 쪽은 512바이트의 배수예요.
        raise GradebookError(f"성적부({path}): {BROKEN}")


def _is_ready(connection: Connection, course_id: str) -> bool:
    """우리 코스의 온전한 성적부인지. 비었거나 만들다 만 것이면 거짓, 남의 것이면 GradebookError예요."""
    inspector, wanted = inspect(connection), api.Base.metadata.tables
    names = set(inspector.get_table_names())
    ours = names & set(wanted)
    found = {
        table: {column["name"]: column["type"] for column in columns}
        for (_, table), columns in inspector.get_multi_columns(filter_names=[*ours, "alembic_version"]).items()
    }
    if not names:
        return False
    if not set(found.get("alembic_version", {"version_num"})) >= {"version_num"}:
        raise _not_ours(connection, "다른 프로그램의 데이터베이스예요")
    versions = (
        set(connection.scalars(text("SELECT version_num FROM alembic_version")))
        if "alembic_version" in names
        else set()
    )
    head, known = _nbgrader_versions()
    if ours and versions and versions != {head} and versions <= known:
        raise _not_ours(
            connection,
            f"옛 nbgrader가 만든 성적부예요(판 {', '.join(versions)})",
            "복사해 둔 뒤 그 학급 폴더에서 `nbgrader db upgrade`로 올려 주세요.",
        )
    if versions and versions != {head}:
        raise _not_ours(connection, "이 nbgrader가 모르는 판이에요. 더 새 nbgrader나 다른 프로그램이 만들었어요")
    whole = all(set(wanted[table].columns.keys()) <= set(found[table]) for table in ours)
    strangers = names - set(wanted) - {"alembic_version", RECORDED.name, MARKED.name}
    if not whole or (strangers and not versions):
        raise _not_ours(connection, "nbgrader의 성적부가 아니에요")
    if not versions or ours != set(wanted):
        return False
    _refuse_another_course(connection, course_id)
    narrow = connection.dialect.name == "postgresql" and any(
        (getattr(found[table][column], "length", None) or _LONGEST_NAME) < _LONGEST_NAME for table, column in _NAMES
    )
    course = connection.scalar(select(func.count()).where(api.Course.id == course_id))
    return bool(course) and not narrow


def _refuse_another_course(connection: Connection, course_id: str) -> None:
    assignments = connection.execute(select(api.Assignment.name, api.Assignment.course_id)).all()
    if assignments and not any(course == course_id or name in LESSONS for name, course in assignments):
        courses = ", ".join(sorted({course for _, course in assignments}))
        raise _not_ours(connection, f"다른 코스({courses})의 성적부예요")


_MOVE = "그 파일을 다른 곳으로 옮기거나, nbgrader_config.py의 `c.CourseDirectory.db_url`에 새 자리를 적어 주세요."


def _not_ours(connection: Connection, what: str, then: str = _MOVE) -> GradebookError:
    return GradebookError(f"성적부({shown(connection.engine.url)}): {what}. 아무것도 고치지 않았어요. {then}")


def _make(connection: Connection, course_id: str) -> None:
    """표와 판 번호와 코스를 한 트랜잭션에 적어요. nbgrader는 따로따로 적어서, 도중에 멈추면 반쪽이 남아요."""
    api.Base.metadata.create_all(bind=connection)
    if not inspect(connection).has_table("alembic_version"):
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    if not connection.scalar(text("SELECT count(*) FROM alembic_version")):
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": _nbgrader_versions()[0]})
    if not connection.scalar(select(func.count()).where(api.Course.id == course_id)):
        connection.execute(insert(api.Course.__table__), {"id": course_id})
    if connection.dialect.name == "postgresql":
        for table, column in _NAMES:
            connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE VARCHAR({_LONGEST_NAME})"))


@cache
def _nbgrader_versions() -> tuple[str, frozenset[str]]:
    """nbgrader 성적부의 가장 새 판 번호와 모든 판 번호. `alembic` 명령을 띄우지 않고 같은 자료에서 읽어요."""
    config = Config()
    config.set_main_option("script_location", ALEMBIC_DIR)
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    if head is None:
        raise GradebookError(
            "nbgrader가 망가져 성적부의 판 번호를 알 수 없어요. `python3 course.py setup --fresh`로 새로 설치해 주세요."
        )
    return head, frozenset(script.revision for script in scripts.walk_revisions())
