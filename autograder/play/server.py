"""들여다보기 화면의 서버: 이 컴퓨터에서만 열리고, 보여 준 주소를 아는 사람만 볼 수 있어요.

번역기는 실 하나에서만 일해요. 문장 하나를 번역하는 동안 일어나는 일을 줄마다 JSON 하나로 흘려보내서, 번역이 자라는 것이 보여요.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError

from autograder.errors import CourseError
from autograder.local_page import LocalHandler, bind
from autograder.play.protocol import Event, PlayError, Point, Translator, plain

PAGE = Path(__file__).parent / "page"
FILES = ("play.html", *sorted(file.name for file in PAGE.iterdir() if file.suffix in (".css", ".js")))
PORT = 8720
LARGEST = 64 * 1024  # 화면이 한 번에 보낼 수 있는 바이트
LONGEST = 2000  # 받는 글자 수. 이보다 길면 조각으로 나눠 보지도 않아요.


class _Left(Exception):
    """보던 사람이 떠났어요. 남은 계산을 그만둬요."""


class Stage:
    """번역기 하나와, 그것이 일하는 실 하나. 임베딩 지도는 옆의 실에서 처음 물을 때 한 번만 만들어서, 번역이 기다리지 않아요."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="play")
        self.painter = ThreadPoolExecutor(1, thread_name_prefix="play-cloud")
        self._points: list[Point] | None = None

    def points(self) -> list[Point]:
        """임베딩 지도의 점들."""
        if self._points is None:
            self._points = self.translator.cloud()
        return self._points

    def sentence(self, sent: Any) -> tuple[str, int]:
        """화면이 보낸 것에서 문장과 빔 크기. 번역할 수 없으면 까닭을 말하는 PlayError예요."""
        text, beam = (sent.get("text"), sent.get("beam")) if isinstance(sent, dict) else (None, None)
        if not isinstance(text, str) or type(beam) is not int or beam not in self.translator.about().beams:
            raise PlayError("화면이 보낸 것을 읽지 못했어요. 새로 고친 뒤 다시 해 주세요.")
        if len(text) > LONGEST:
            raise PlayError(f"글이 너무 길어요({len(text):,}자). {LONGEST:,}자보다 짧은 문장 하나를 적어 주세요.")
        text = " ".join(text.encode("utf-8", "ignore").decode("utf-8").split())
        if not text:
            raise PlayError("번역할 문장을 적어 주세요.")
        return text, beam


class _Handler(LocalHandler):
    page = "play"
    stage: Stage

    def initialize(self, token: str, stage: Stage) -> None:
        self.token, self.stage = token, stage

    def status_of(self, error: CourseError) -> int:
        """부탁이 잘못된 것은 400이에요."""
        return 400 if isinstance(error, PlayError) else 503


class _Page(_Handler):
    async def get(self, name: str | None = None) -> None:
        """화면의 파일들."""
        self.send_file(PAGE, FILES, name)


class _About(_Handler):
    async def get(self) -> None:
        """번역기의 소개. 화면은 서버가 살아 있는지도 이것으로 알아요."""
        self.finish(vars(self.stage.translator.about()))


class _Cloud(_Handler):
    async def get(self) -> None:
        """임베딩 지도."""
        points = await asyncio.get_running_loop().run_in_executor(self.stage.painter, self.stage.points)
        self.finish({"points": [vars(point) for point in points]})


class _Show(_Handler):
    async def post(self) -> None:
        """문장 하나를 번역하며 일어나는 일을 한 줄에 하나씩 흘려보내요. 도중의 오류는 마지막 줄의 `trouble`이에요."""
        if not self.request.headers.get("Content-Type", "").startswith("application/json"):
            raise HTTPError(415)
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError):
            sent = None
        text, beam = self.stage.sentence(sent)
        loop, events, left = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None](), threading.Event()
        self.left = left

        def emit(event: Event) -> None:
            if left.is_set():
                raise _Left
            loop.call_soon_threadsafe(events.put_nowait, plain(event))

        def show() -> None:
            try:
                with contextlib.suppress(_Left):
                    if not left.is_set():
                        self.stage.translator.show(text, beam, emit)
            finally:
                loop.call_soon_threadsafe(events.put_nowait, None)

        working = loop.run_in_executor(self.stage.thread, show)
        self.set_header("Content-Type", "application/x-ndjson; charset=utf-8")
        try:
            while (event := await events.get()) is not None:
                await self._line(event)
            try:
                await working
            except CourseError as error:
                await self._line({"kind": "trouble", "message": str(error)})
            except Exception:
                logging.getLogger(__name__).exception("번역기가 멈췄어요")
                await self._line({"kind": "trouble", "message": BROKEN})
        except StreamClosedError:
            left.set()
            with contextlib.suppress(Exception):
                await working

    async def _line(self, event: dict[str, Any]) -> None:
        self.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")
        await self.flush()

    def on_connection_close(self) -> None:
        """보던 사람이 다른 문장으로 떠났어요."""
        if hasattr(self, "left"):
            self.left.set()
        super().on_connection_close()


BROKEN = "번역기가 이 문장에서 멈췄어요. 다른 문장으로 해 보고, 되풀이되면 자세한 기록이 있는 터미널을 봐 주세요."


def make_app(stage: Stage, token: str) -> Application:
    """주소와 하는 일."""
    given = {"token": token, "stage": stage}
    return Application(
        [
            (r"/api/about", _About, given),
            (r"/api/cloud", _Cloud, given),
            (r"/api/show", _Show, given),
            (r"/([a-z.]*)", _Page, given),
        ],
        default_handler_class=_Page,
        default_handler_args=given,
        log_function=lambda handler: None,
    )


class Show:
    """열어 둔 화면 하나. `url`이 그 주소이고, `close`가 닫아요."""

    def __init__(self, translator: Translator, port: int = PORT) -> None:
        self.stage, self.token = Stage(translator), secrets.token_hex(16)
        self._sockets, self.port = bind(port)
        self.url = f"http://localhost:{self.port}/?token={self.token}"
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="play", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        logging.getLogger("tornado").setLevel(logging.ERROR)
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._ready.set()
        self._loop.run_forever()
        self._server.stop()
        self._loop.run_until_complete(self._server.close_all_connections())
        self._loop.close()

    async def _open(self) -> None:
        app = make_app(self.stage, self.token)
        self._server = HTTPServer(app, max_body_size=LARGEST, max_buffer_size=16 * LARGEST)
        self._server.add_sockets(self._sockets)

    def wait(self) -> None:
        """Ctrl+C를 누를 때까지 열어 둬요."""
        with contextlib.suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(1)

    def close(self) -> None:
        """화면을 닫아요. 여러 번 불러도 괜찮아요."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        for thread in (self.stage.thread, self.stage.painter):
            thread.shutdown(wait=False, cancel_futures=True)
