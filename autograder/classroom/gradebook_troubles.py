"""성적부에 생긴 탈을, 다음에 할 일까지 적은 한국어 한 문장으로 말해요. 비밀번호는 어떤 문장에도 담지 않아요."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from autograder.errors import CourseError, system_trouble

# 다른 프로그램이 성적부를 쓰고 있을 때 기다리는 시간(초)
BUSY_SECONDS = 30
# 서버가 대답하기를 기다리는 시간(초)
CONNECT_SECONDS = 10

# 함께 쓰는 성적부에서 다시 해 보면 풀리는 겹침: 직렬화 실패와 교착
COLLISIONS = ("40001", "40P01")

_AGAIN = "같은 명령을 다시 실행해 주세요. 채점해 둔 결과는 남아 있어서 이어서 해요."

# SQLite는 파이썬 3.10에서 오류 번호를 알려 주지 않아서, 판마다 같은 영어 문장으로 가려요.
_SQLITE = {
    "is locked": f"다른 프로그램이 {BUSY_SECONDS}초 넘게 쓰고 있어요. formgrader를 연 JupyterLab, 다른 채점, DB Browser를 닫고 {_AGAIN}",
    "disk is full": f"디스크가 가득 차서 더 쓰지 못했어요. 자리를 비우고 {_AGAIN}",
    "readonly database": f"읽기만 할 수 있는 곳에 있어요. 파일과 폴더에 쓸 수 있게 권한을 고치고 {_AGAIN}",
    "unable to open": f"열 수 없어요. 파일과 폴더를 읽고 쓸 권한이 있는지 확인하고 {_AGAIN}",
    "disk I/O error": f"디스크가 읽거나 쓰지 못했어요. 남은 자리, 파일 크기의 한도(ulimit -f), 디스크의 상태를 확인하고 {_AGAIN}",
}
BROKEN = (
    "파일이 깨졌어요(또는 SQLite 파일이 아니에요). 백업이 있으면 되돌려 놓고, 없으면 이 파일의 이름을 바꿔 둔 뒤 다시 채점해요. "
    "자동 채점은 되살아나지만 손으로 준 점수는 그 파일에만 있어요."
)

# PostgreSQL의 오류는 SQLSTATE로 가려요. 앞부분만 적은 것은 그 갈래 모두예요.
_POSTGRES = {
    "55P03": f"다른 프로그램이 {BUSY_SECONDS}초 넘게 잠그고 있어요. formgrader나 다른 채점이 끝난 뒤에 {_AGAIN}",
    **dict.fromkeys(COLLISIONS, f"다른 채점과 거듭 겹쳐서 쓰지 못했어요. 다른 채점이 끝난 뒤에 {_AGAIN}"),
    "53100": f"서버의 디스크가 가득 차서 더 쓰지 못했어요. 서버에 자리를 비우고 {_AGAIN}",
    "53300": f"서버에 연결이 너무 많아요. 쓰지 않는 JupyterLab과 채점을 닫고 {_AGAIN}",
    "28": "로그인하지 못했어요. 학급 폴더의 nbgrader_config.py에 적은 사용자와 비밀번호를 확인해 주세요.",
    "3D": "그 이름의 데이터베이스가 없어요. `createdb`로 만들거나 nbgrader_config.py의 주소를 고쳐 주세요.",
    "42501": "쓸 권한이 없어요. 데이터베이스의 주인에게 표를 만들고 쓸 권한을 받아 주세요.",
    "25006": f"지금 읽기만 할 수 있어요. 주 서버의 주소인지 확인하고 {_AGAIN}",
}
_UNREACHABLE = f"서버와 연결되지 않아요. 서버가 켜져 있는지, nbgrader_config.py의 주소가 맞는지 확인하고 {_AGAIN}"


class GradebookError(CourseError):
    """성적부를 쓸 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


def read_address(address: str | URL) -> URL:
    """성적부의 주소를 읽어요. 알아볼 수 없거나 쓸 수 없는 데이터베이스면 GradebookError예요."""
    where = "nbgrader_config.py의 `c.CourseDirectory.db_url`"
    try:
        url = make_url(address)
        drivers = {"sqlite": "pysqlite", "postgresql": "psycopg"}
        supported = drivers.get(url.get_backend_name()) == url.get_driver_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        supported = False  # 오류의 글에는 비밀번호가 섞일 수 있어서 옮기지 않아요.
    if not supported:
        raise GradebookError(
            f"{where}에는 `sqlite:///파일`이나 `postgresql+psycopg://사용자:비밀번호@서버/데이터베이스`를 적어 주세요. "
            "지금 적힌 주소는 알아볼 수 없거나 쓸 수 없는 종류예요."
        )
    if find_spec(url.get_driver_name().replace("pysqlite", "sqlite3")) is None:
        raise GradebookError(
            "PostgreSQL 성적부를 쓰려면 psycopg가 있어야 해요. "
            '`.venv/bin/pip install -c constraints.txt "psycopg[binary]"`로 설치한 뒤 다시 실행해 주세요.'
        )
    return url


def file_of(url: URL) -> Path | None:
    """성적부가 파일이면 그 자리."""
    in_memory = url.database in (None, "", ":memory:") or "uri" in url.query
    return None if url.get_backend_name() != "sqlite" or in_memory else Path(str(url.database))


def shown(address: str | URL) -> str:
    """화면에 보일 성적부의 자리: 파일의 경로나, 비밀번호를 가린 주소."""
    url = read_address(address)
    # 비밀번호는 `?password=`로도 적을 수 있어서 뒤에 붙인 것은 보이지 않아요.
    return str(file_of(url) or url.set(query={}).render_as_string(hide_password=True))


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL이 알려 준 오류의 종류. 알 수 없으면 빈 글이에요."""
    return str(getattr(error.orig, "sqlstate", None) or "")


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """블록 안에서 데이터베이스나 파일이 거절하면 GradebookError로 바꿔요."""
    try:
        yield
    except DBAPIError as error:
        raise GradebookError(f"성적부({shown(url)}): {_reason(url, error)}") from error
    except OSError as error:
        sentence = system_trouble(error)
        if sentence is None:
            raise
        raise GradebookError(f"성적부({shown(url)}): {sentence}") from error


def _reason(url: URL, error: DBAPIError) -> str:
    said = str(error.orig).strip()
    if url.get_backend_name() == "sqlite":
        if "malformed" in said or "not a database" in said:
            return BROKEN
        known = next((sentence for mark, sentence in _SQLITE.items() if mark in said), None)
    else:
        state = sqlstate(error)
        known = next((sentence for mark, sentence in _POSTGRES.items() if state.startswith(mark)), None)
        # 로그인하다 실패하면 서버의 말이 번호 없이 글로만 와요.
        for mark, code in (("authentication failed", "28"), ("does not exist", "3D"), ("too many", "53300")):
            if not state and mark in said:
                known = _POSTGRES[code]
        if known is None and (error.connection_invalidated or state[:2] in ("", "08", "57")):
            known = _UNREACHABLE
    if known is not None:
        return known
    first = next(iter(said.splitlines()), type(error.orig).__name__)[:200]
    if url.password:
        first = first.replace(str(url.password), "***")
    return f"데이터베이스가 거절했어요({first}). 주소와 권한을 확인하고 {_AGAIN}"
