"""nbgrader의 성적부를 열어요.

표의 모양과 뜻은 nbgrader의 것 그대로예요. 그래서 formgrader의 손 채점, `nbgrader generate_feedback`, `nbgrader export`가 함께 돌아요.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import URL, inspect, make_url, text

from autograder.errors import CourseError
from autograder.grading.results import Mark

COURSE_ID = "transformer"


class GradebookError(CourseError):
    """성적부를 쓸 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class Entry:
    """성적부에 쓸 제출물 하나.

    `answered`는 손 채점 셀에 답을 적었는지, `fresh`는 이번에 새로 채점했는지(손 채점을 다시 볼지 정해요)예요.
    """

    student: str
    lesson: str
    marks: Sequence[Mark]
    answered: Mapping[str, bool] = field(default_factory=dict)
    timestamp: str | None = None
    fresh: bool = True


def put_environment_on_path() -> None:
    """nbgrader가 이름만으로 부르는 `alembic`을 찾을 수 있게, 이 환경의 실행 폴더를 PATH 앞에 둬요."""
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def _alembic_head() -> str:
    """nbgrader 성적부의 최신 판 번호. `alembic` 명령을 띄우지 않고 같은 자료에서 읽어요."""
    config = Config()
    config.set_main_option("script_location", ALEMBIC_DIR)
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise GradebookError(
            "nbgrader가 망가져 성적부의 판 번호를 알 수 없어요. `python3 course.py setup --fresh`로 새로 설치해 주세요."
        )
    return head


def open_gradebook(db_url: str | URL, course_id: str = COURSE_ID) -> api.Gradebook:
    """성적부를 열어요. 없으면 만들고, 만들다 만 것(판 번호가 없는 것)은 고쳐요. 읽을 수 없으면 GradebookError."""
    put_environment_on_path()
    # 글로 된 주소에서는 경로의 `?`와 `%`가 다른 뜻이라, 주소의 부분은 언제나 URL에게 물어요.
    db_url = make_url(db_url)
    path = Path(db_url.database) if db_url.get_backend_name() == "sqlite" and db_url.database else None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_broken_file(path)
    engine = api.create_engine(db_url, future=True)
    try:
        with engine.begin() as connection:
            # 판 번호까지 한 트랜잭션에 적어요. nbgrader는 표를 만든 뒤 따로 `alembic`을 불러서, 실패하면 반쪽이 남아요.
            api.Base.metadata.create_all(bind=connection)
            if not inspect(connection).has_table("alembic_version"):
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            if not connection.execute(text("SELECT count(*) FROM alembic_version")).scalar():
                connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": _alembic_head()})
    except api.StatementError as error:
        raise GradebookError(
            f"성적부({db_url})를 열 수 없어요. 다른 프로그램이 쓰고 있다면 닫고 다시 해 봐요. ({error.orig})"
        ) from error
    finally:
        engine.dispose()
    return api.Gradebook(db_url, course_id)


def _refuse_broken_file(path: Path) -> None:
    if not path.exists():
        return
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise GradebookError(
            f"성적부 파일이 깨졌어요: {path}. 백업이 있으면 되돌려 놓고, 없으면 이 파일의 이름을 바꿔 둔 뒤 다시 채점해요. "
            "자동 채점은 되살아나지만 손으로 준 점수는 그 파일에만 있어요."
        ) from error
