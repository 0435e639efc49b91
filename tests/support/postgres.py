"""시험이 스스로 띄우는 PostgreSQL 서버(Debian의 `postgresql`). 임시 폴더에 살고 유닉스 소켓으로만 들어와요."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

OWNER = "postgres"  # Debian의 패키지가 만드는 사용자. 서버는 root로 돌기를 거절해요.
PASSWORD = "비밀번호@:/?#%은 보이면 안 돼요"


def _program(name: str) -> Path | None:
    """Debian은 서버의 프로그램을 PATH가 아니라 판마다의 폴더에 둬요."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = shutil.which(name, path=os.pathsep.join([*map(str, reversed(folders)), os.environ.get("PATH", "")]))
    return Path(found) if found else None


def missing() -> str | None:
    """서버를 띄울 수 없는 까닭. 띄울 수 있으면 None이에요."""
    if find_spec("psycopg") is None:
        return "psycopg가 없어서 PostgreSQL 성적부를 시험하지 못했어요. `python3 course.py setup --test`가 설치해요."
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "PostgreSQL 서버가 없어서 성적부를 시험하지 못했어요. Debian에서는 `apt install postgresql`이에요."
    if os.getuid() == 0 and OWNER not in {user.pw_name for user in pwd.getpwall()}:
        return f"root는 PostgreSQL을 띄울 수 없는데 `{OWNER}` 사용자가 없어요."
    return None


@contextmanager
def server() -> Iterator[Server]:
    """서버를 띄웠다가 블록이 끝나면 꺼요."""
    # pytest의 임시 폴더는 만든 사람만 지나갈 수 있고 소켓의 경로는 107바이트까지라서, 짧은 폴더를 따로 만들어요.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    owner = OWNER if os.getuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    data, log = folder / "data", folder / "log"

    def call(program: str, *arguments: str, **options: object) -> None:
        command = [str(_program(program)), "-D", str(data), *arguments]
        # pg_ctl이 띄운 서버가 출력을 물려받아 쥐고 있으면 끝나지 않아요.
        subprocess.run(
            command, user=owner, cwd=folder, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **options
        )

    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o644)
    try:
        call(
            "initdb",
            "--no-sync",
            "-U",
            "course",
            "-A",
            "scram-sha-256",
            f"--pwfile={password}",
            "-E",
            "UTF8",
            "--locale=C",
        )
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=40"
        call("pg_ctl", "start", "-w", "-t", "120", "-l", str(log), "-o", settings)
        try:
            yield Server(folder)
        finally:
            call("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """돌고 있는 서버. 시험마다 제 데이터베이스를 만들어 써요."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> URL:
        """데이터베이스의 주소."""
        return URL.create("postgresql+psycopg", "course", PASSWORD, database=database, query={"host": str(self.folder)})

    def address(self, database: str) -> str:
        """nbgrader_config.py에 적을 글."""
        return self.url(database).render_as_string(hide_password=False)

    def new(self) -> str:
        """빈 데이터베이스를 만들고 그 주소를 돌려줘요."""
        name = f"class_{secrets.token_hex(4)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.address(name)
