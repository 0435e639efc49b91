"""서술형 화면의 서버: 이 컴퓨터에서만 열리고, 터미널에 보인 주소를 아는 사람만 볼 수 있어요."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError

from autograder.errors import CourseError
from autograder.exercises import LESSONS
from autograder.local_page import LocalHandler, bind
from autograder.marking.desk import Desk
from autograder.marking.ledger import MarkError

PAGE = Path(__file__).parent / "page"
FILES = ("mark.html", "mark.css", "mark.js", "cards.js")
LARGEST = 8 * 1024**2  # 화면이 한 번에 보낼 수 있는 바이트


class _Handler(LocalHandler):
    """어느 주소에나 같은 규칙과, 책상에 일을 시키는 길."""

    page = "mark"
    work: Callable[..., Any]
    desk: Desk

    def initialize(self, token: str, work: Callable[..., Any], desk: Desk) -> None:
        self.token, self.work, self.desk = token, work, desk

    def status_of(self, error: CourseError) -> int:
        """화면이 잘못 보낸 것은 400이에요."""
        return 400 if isinstance(error, MarkError) else 503


class _Page(_Handler):
    async def get(self, name: str | None = None) -> None:
        """화면의 파일들."""
        self.send_file(PAGE, FILES, name)


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
