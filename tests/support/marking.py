"""서술형을 채점하는 시험들이 함께 쓰는 것: 모래상자 없이 채점해 둔 작은 반, 열어 둔 채점 화면, 크로미엄."""

from __future__ import annotations

import asyncio
import copy
import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from autograder.authoring.build import TEXT_STUB
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import SubmissionScore, by_student, read_scores
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.classroom.record import entry_of, keep_result
from autograder.exercises import lesson_exercises
from autograder.grading.graded_copy import make_copy
from autograder.grading.intake import take_in
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.lesson_master import load_master
from autograder.grading.results import Mark
from autograder.grading.submissions import Submission
from autograder.marking.desk import Desk
from autograder.marking.server import make_app
from support.classes import LESSON, notebook

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None  # 없으면 브라우저의 시험만 건너뛰어요.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(
    sync_playwright is None or CHROMIUM is None,
    reason="playwright나 크로미엄이 없어 화면을 브라우저로 열어 보지 못했어요. `python3 course.py setup --test`와 Debian의 chromium이 필요해요.",
)
TOKEN = "0123456789abcdef" * 2


@cache
def _solved() -> dict[str, Any]:
    return notebook()


def hand_in_answers(room: Classroom, answers: Mapping[str, str], key: str = "첫 제출") -> None:
    """학생마다 서술형의 답을 적어 낸 노트북을, 실습은 모두 만점으로 채점해 둬요. 빈 글은 답하지 않은 것이에요."""
    cells, entries = lesson_cells(LESSON), []
    room.seed()
    for student, text in answers.items():
        marks = tuple(
            Mark(student, LESSON, e.name, e.points, e.points, "pass", None, "맞아요.") for e in lesson_exercises(LESSON)
        )
        written = copy.deepcopy(_solved())
        for cell in written["cells"]:
            if (cell["metadata"].get("nbgrader") or {}).get("grade_id") == "reflection":
                cell["source"] = text or TEXT_STUB
        content = json.dumps(written, ensure_ascii=False).encode()
        made = make_copy(LESSON, take_in(Submission(student, LESSON, content), load_master(LESSON)), marks)
        stored = StoredResult(
            key, student, LESSON, marks, (), True, 1, "full", "2026-01-02 03:04", made.answered, made.code
        )
        keep_result(room, stored, json.dumps(made.notebook, ensure_ascii=False))
        entries.append(entry_of(stored))
    with open_gradebook(room.db_url()) as gradebook:
        register_lesson(gradebook, cells)
        save_entries(gradebook, cells, entries)


def scores(room: Classroom) -> dict[str, SubmissionScore]:
    """학생마다 성적부에 있는 것."""
    with open_gradebook(room.db_url()) as gradebook:
        return {student: row[LESSON] for student, row in by_student(read_scores(gradebook)).items()}


def hand_marks(room: Classroom) -> dict[str, tuple[float | None, str, bool]]:
    """학생마다 손으로 준 점수, 의견, 다시 볼지."""
    return {
        student: (
            found.cells["reflection"].manual_score,
            found.comments.get("reflection", ""),
            found.cells["reflection"].needs_manual,
        )
        for student, found in scores(room).items()
    }


@dataclass
class Opened:
    """열어 둔 채점 화면."""

    url: str
    desk: Desk

    def ask(
        self, path: str, sent: Any = None, token: str | None = TOKEN, method: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """주소 하나를 불러서 (상태, JSON)을 받아요. `sent`가 있으면 PUT이에요."""
        data = None if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, method=method or ("PUT" if data else "GET"))
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Cookie", f"course-mark-{TOKEN[:8]}={token}")
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def lesson(self) -> dict[str, Any]:
        """레슨 5의 화면. 상태는 학생의 이름으로 찾아요."""
        status, page = self.ask(f"/api/lesson/{LESSON}")
        assert status == 200, page
        return page | {"states": {state["student"]: state for state in page["states"]}}

    def mark(self, *marks: dict[str, Any]) -> tuple[int, Any]:
        """점수들을 보내요."""
        return self.ask(f"/api/lesson/{LESSON}/states", {"marks": list(marks)})


def mark_of(state: Mapping[str, Any], score: Any, **more: Any) -> dict[str, Any]:
    """화면이 보내는 모양: 보던 상태와 줄 점수."""
    seen = {name: state[name] for name in ("score", "comment", "review", "key")}
    return {"id": state["id"], "seen": seen, "score": score, "comment": state["comment"], "rubric": [], **more}


@contextmanager
def opened(room: Classroom, who: str = "강사") -> Iterator[Opened]:
    """채점 화면의 서버를 다른 실에서 돌려요. 나올 때는 강사가 끝낸 것처럼 남은 것을 마저 써요."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    made: dict[str, Desk] = {}
    socket, port = bind_unused_port()

    async def work(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    def run() -> None:
        asyncio.set_event_loop(loop)
        made["desk"] = Desk(room, who)
        server = HTTPServer(make_app(made["desk"], TOKEN, work))
        server.add_socket(socket)
        ready.set()
        loop.run_forever()
        server.stop()
        loop.run_until_complete(server.close_all_connections())
        made["desk"].close()
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(60)
        yield Opened(f"http://localhost:{port}", made["desk"])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)


@contextmanager
def chromium() -> Iterator[Any]:
    """시스템의 크로미엄. 루트로 도는 시험 기계에서는 크로미엄의 모래상자를 쓸 수 없어요."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def class_at(path: Path, answers: Mapping[str, str]) -> Classroom:
    """`path`에 만든 작은 반."""
    room = Classroom(path)
    hand_in_answers(room, answers)
    return room
