"""서술형 화면의 서버: 이 컴퓨터에서만 열리고, 터미널에 보인 주소를 아는 사람만 볼 수 있어요."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from autograder.errors import CourseError, system_trouble
from autograder.exercises import LESSONS
from autograder.marking.desk import Desk
from autograder.marking.ledger import MarkError

PAGE = Path(__file__).parent / "page"
FILES = {"mark.html": "text/html", "mark.css": "text/css", "mark.js": "text/javascript", "cards.js": "text/javascript"}
LARGEST = 8 * 1024**2  # 화면이 한 번에 보낼 수 있는 바이트
# 학습자의 글에서는 아무것도 실행되지 않아요. 스크립트와 모양은 우리 파일에서만 와요.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Handler(RequestHandler):
    """어느 주소에나 같은 규칙: 이 컴퓨터의 이름으로, 비밀 주소로 들어온 브라우저만."""

    token: str
    work: Callable[..., Any]
    desk: Desk

    def initialize(self, token: str, work: Callable[..., Any], desk: Desk) -> None:
        self.token, self.work, self.desk = token, work, desk

    @property
    def cookie(self) -> str:
        """쿠키의 이름. 쿠키는 포트를 가리지 않아서, 함께 연 다른 학급의 것과 겹치지 않게 해요."""
        return f"course-mark-{self.token[:8]}"

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        if self.request.host_name not in ("localhost", "127.0.0.1"):
            raise HTTPError(403)
        given = self.get_query_argument("token", None) or self.get_cookie(self.cookie) or ""
        if not compare_digest(given.encode(), self.token.encode()):
            raise HTTPError(403)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        message = {
            403: "주소의 token이 맞지 않아요. 터미널에 보인 주소를 그대로 열어 주세요.",
            404: "그런 화면은 없어요.",
        }.get(status_code, "서버가 이 부탁을 들어줄 수 없어요. 화면을 새로 고친 뒤 다시 해 주세요.")
        if isinstance(error, CourseError):
            self.set_status(400 if isinstance(error, MarkError) else 503)
            message = str(error)
        elif error is not None and (trouble := system_trouble(error)) is not None:
            message = trouble
        self.finish({"message": message})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, HTTPError | CourseError):
            super().log_exception(typ, value, tb)


class _Page(_Handler):
    async def get(self, name: str | None = None) -> None:
        """화면의 파일들. 정해진 주소가 아니면(이름이 None) 404예요. 비밀 주소로 처음 오면 쿠키를 주고 주소에서 비밀을 지워요."""
        if self.get_query_argument("token", None) is not None:
            self.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict")
            self.redirect("/")
            return
        name = "mark.html" if name == "" else name
        if name not in FILES:
            raise HTTPError(404)
        self.set_header("Content-Type", f"{FILES[name]}; charset=utf-8")
        self.finish((PAGE / name).read_bytes())


class _Lessons(_Handler):
    async def get(self) -> None:
        """레슨들과 진행."""
        self.finish({"lessons": await self.work(self.desk.lessons), "practice": self.desk.practice})


class _Lesson(_Handler):
    async def get(self, lesson: str, part: str) -> None:
        """레슨 하나의 화면이나, 지금의 상태만."""
        if lesson not in LESSONS:
            raise HTTPError(404)
        self.finish(await self.work(self.desk.states if part else self.desk.page, lesson))

    async def put(self, lesson: str, part: str) -> None:
        """점수를 적어요. 다른 사람이 먼저 바꾼 답이 있으면 409예요."""
        if lesson not in LESSONS or not part:
            raise HTTPError(404)
        if not self.request.headers.get("Content-Type", "").startswith("application/json"):
            raise HTTPError(415)
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise MarkError("화면이 보낸 것을 읽지 못했어요. 새로 고친 뒤 다시 해 주세요.") from None
        done, answer = await self.work(self.desk.mark, lesson, sent)
        self.set_status(200 if done else 409)
        self.finish(answer)


def make_app(desk: Desk, token: str, work: Callable[..., Any]) -> Application:
    """주소와 하는 일. `work(함수, 인자…)`는 책상의 일을 그 실에서 해 주는 것이에요."""
    given = {"token": token, "work": work, "desk": desk}
    return Application(
        [
            (r"/api/lessons", _Lessons, given),
            (r"/api/lesson/([^/]+?)(/states)?", _Lesson, given),
            (r"/([a-z.]*)", _Page, given),
        ],
        default_handler_class=_Page,
        default_handler_args=given,
        log_function=lambda handler: None,
    )


def bind(port: int) -> tuple[list[socket.socket], int]:
    """`port`부터 50개 가운데 처음으로 빈 포트를 잡아요. 모두 쓰고 있으면 CourseError예요."""
    for candidate in range(port, min(port + 50, 65536)):
        try:
            return bind_sockets(candidate, "127.0.0.1"), candidate
        except OSError:
            continue
    raise CourseError(f"{port}번부터 50개 포트가 모두 쓰이고 있어요. `--port`로 다른 번호를 적어 주세요.")


def serve(open_desk: Callable[[], Desk], port: int, ready: Callable[[int, str], None]) -> str:
    """끝내라고 할 때까지(Ctrl+C) 화면을 열어 둬요. 열리면 `ready(포트, 비밀)`를 부르고, 쓰지 못하고 남은 것의 문장을 돌려줘요."""
    logging.getLogger("tornado").setLevel(logging.ERROR)
    with ThreadPoolExecutor(1) as thread:
        desk = thread.submit(open_desk).result()
        try:
            asyncio.run(_serve(desk, thread, port, ready))
        except KeyboardInterrupt:
            pass
        finally:
            thread.submit(desk.close).result()
    return desk.refresher.trouble


async def _serve(desk: Desk, thread: ThreadPoolExecutor, port: int, ready: Callable[[int, str], None]) -> None:
    def work(function: Callable[..., Any], *arguments: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(thread, function, *arguments)

    token = secrets.token_hex(16)
    sockets, found = bind(port)
    server = HTTPServer(make_app(desk, token, work), max_body_size=LARGEST, max_buffer_size=2 * LARGEST)
    server.add_sockets(sockets)
    ready(found, token)
    await asyncio.Event().wait()
