"""이 컴퓨터에서만 열리는 화면의 서버가 함께 쓰는 것: 비밀 주소, 머리글, 빈 포트.

학습자의 글에서는 아무것도 실행되지 않아요. 스크립트와 모양은 우리 파일에서만 오고(CSP), 글은 글로만 보여요.
"""

from __future__ import annotations

import socket
from hmac import compare_digest
from pathlib import Path
from typing import Any

from tornado.netutil import bind_sockets
from tornado.web import HTTPError, RequestHandler

from autograder.errors import CourseError, system_trouble

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


class LocalHandler(RequestHandler):
    """어느 주소에나 같은 규칙: 이 컴퓨터의 이름으로, 비밀 주소로 들어온 브라우저만."""

    page = ""  # 쿠키의 이름에 쓰는 화면의 이름
    token: str

    @property
    def cookie(self) -> str:
        """쿠키의 이름. 쿠키는 포트를 가리지 않아서, 함께 연 다른 화면의 것과 겹치지 않게 해요."""
        return f"course-{self.page}-{self.token[:8]}"

    def set_default_headers(self) -> None:
        """모든 답에 붙는 머리글."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """다른 이름으로 왔거나 비밀을 모르면 403이에요."""
        if self.request.host_name not in ("localhost", "127.0.0.1"):
            raise HTTPError(403)
        given = self.get_query_argument("token", None) or self.get_cookie(self.cookie) or ""
        if not compare_digest(given.encode(), self.token.encode()):
            raise HTTPError(403)

    def status_of(self, error: CourseError) -> int:
        """사람에게 할 말이 있는 오류의 상태 번호."""
        return 503

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """오류도 화면이 읽을 한국어 문장 하나로 말해요."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = {
            403: "주소의 token이 맞지 않아요. 터미널에 보인 주소를 그대로 열어 주세요.",
            404: "그런 화면은 없어요.",
        }.get(status_code, "서버가 이 부탁을 들어줄 수 없어요. 화면을 새로 고친 뒤 다시 해 주세요.")
        if isinstance(error, CourseError):
            self.set_status(self.status_of(error))
            message = str(error)
        elif error is not None and (trouble := system_trouble(error)) is not None:
            message = trouble
        self.finish({"message": message})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """뜻밖의 오류만 터미널에 적어요."""
        if not isinstance(value, HTTPError | CourseError):
            super().log_exception(typ, value, tb)

    def send_file(self, folder: Path, names: tuple[str, ...], name: str | None) -> None:
        """화면의 파일 하나. 첫 이름이 첫 화면이에요. 정해진 주소가 아니면 404예요. 비밀 주소로 처음 오면 쿠키를 주고 주소에서 비밀을 지워요."""
        if self.get_query_argument("token", None) is not None:
            self.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict")
            self.redirect("/")
            return
        name = names[0] if name == "" else name
        if name not in names:
            raise HTTPError(404)
        self.set_header("Content-Type", f"{KINDS[Path(name).suffix]}; charset=utf-8")
        self.finish((folder / name).read_bytes())


def bind(port: int) -> tuple[list[socket.socket], int]:
    """`port`부터 50개 가운데 처음으로 빈 포트를 잡아요. 모두 쓰고 있으면 CourseError예요."""
    for candidate in range(port, min(port + 50, 65536)):
        try:
            return bind_sockets(candidate, "127.0.0.1"), candidate
        except OSError:
            continue
    raise CourseError(f"{port}번부터 50개 포트가 모두 쓰이고 있어요. `--port`로 다른 번호를 적어 주세요.")
