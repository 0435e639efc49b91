"""심사원: 제출물을 읽고, 모래상자에 맡기고, 판정하는 프로세스. `python -m autograder.grading.judge_process`로 떠요.

성적부를 쥔 프로세스는 학습자의 바이트를 한 번도 읽지 않아요. 읽다가, 또는 판정하다가 상한에 닿거나 죽어도 그 심사원 하나뿐이고,
데운 서버에서 다시 갈라져 나와요. 답안지는 서버가 만들어 두고 갈라진 심사원들이 함께 봐요.
"""

from __future__ import annotations

import gc
import hashlib
import json
import mmap
import os
import resource
import signal
import socket
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from autograder.grading.attempt import grade_submission, refuse
from autograder.grading.graded_copy import make_copy
from autograder.grading.intake import Intake
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.lesson_setup import LessonSetup, prepare
from autograder.grading.messages import Graded, Request, Words, outcome_words, read_request, receive, send
from autograder.grading.results import SubmissionResult, Ungraded
from autograder.grading.submissions import content_digest
from autograder.limits import Limits
from autograder.notebooks.cell_code import forget
from autograder.notebooks.reading import NotebookError
from autograder.sandbox import Tier, WorkerLost
from autograder.sandbox.fork_server import MESSAGE_BYTES, ForkServer
from autograder.sandbox.worker_process import Child, Line

UNSAFE = "(모래상자 없이 채점한 점수예요.)"


class _Sandbox:
    """넘겨받은 줄로 모래상자의 작업자에게 맡겨요."""

    def __init__(self, tier: Tier, limits: Limits, line: Line) -> None:
        self.tier, self.limits, self._line = tier, limits, line

    def start(self, limits: Limits) -> Child:
        return self._line.start(limits)


def main() -> None:
    """표준 입력의 소켓에서 먼저 할 레슨을 듣고, 그 답안지를 만든 뒤, 부탁을 기다려요."""
    control = socket.socket(fileno=os.dup(0))
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    _get_ready(control.recv(MESSAGE_BYTES))
    control.send(b"ready")
    ForkServer(control).serve(_judge, _get_ready)
    os._exit(0)


def _get_ready(words: bytes) -> None:
    """갈라지기 전에 레슨의 답안지를 만들어 둬요. 잘못되면 심사원이 다시 해 보고 까닭을 말해요."""
    opened = json.loads(words)
    if not opened.get("keeps_keys"):
        return
    with suppress(Exception):
        prepare(opened["lesson"], opened["seed"])
        lesson_cells(opened["lesson"])
    # 이미 있는 객체를 쓰레기 수집에서 빼면, 심사원들이 그 쪽들을 건드려 베끼는 일이 없어요.
    gc.collect()
    gc.freeze()


def _judge(sock: socket.socket, words: bytes) -> None:
    opened = json.loads(words)
    _, fds, _, _ = socket.recv_fds(sock, 1, 1)
    limits = Limits(**opened["limits"])
    sandbox = _Sandbox(Tier(opened["tier"]), limits, Line(socket.socket(fileno=fds[0])))
    _bind_memory(limits)
    while True:
        try:
            head, body = receive(sock, 2 * limits.notebook_bytes)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, limits.judge_cpu)  # 다 쓰면 이 심사원만 끝나요.
        send(sock, _answer(read_request(head, body), sandbox))
        signal.setitimer(signal.ITIMER_PROF, 0)
        forget()


def _bind_memory(limits: Limits) -> None:
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    except OSError:
        return  # macOS예요. 거기서는 모래상자 없이만 돌아요.
    resource.setrlimit(resource.RLIMIT_AS, (used + limits.judge_memory, used + limits.judge_memory))


def _answer(request: Request, sandbox: Any) -> Words:
    one = request.submission
    try:
        setup = prepare(one.lesson, request.seed)
        return outcome_words(_grade(request, sandbox, setup))
    except WorkerLost as error:
        return {"again": f"채점 작업자를 잃었어요({error})"}, b""
    except MemoryError:
        return {"again": ""}, b""
    except Exception as error:
        why = f"채점기가 이 제출물에서 멈췄어요({for_the_maintainer(error)}). 관리자에게 알려 주세요"
        return outcome_words(Ungraded(one.student, one.lesson, why))


def _grade(request: Request, sandbox: Any, setup: LessonSetup) -> Graded:
    started = time.process_time()
    one, digest = request.submission, ""
    if not request.refusal:
        try:
            content = one.read()
            one, digest = replace(one, source=content), hashlib.sha256(content).hexdigest()
        except NotebookError:
            digest = content_digest(one)
        result = grade_submission(one, request.seed, sandbox, setup)
    else:
        result = refuse(one, request.seed, sandbox, setup, Intake(refusal=request.refusal))
    result = _by_the_rules(result, request)
    made = make_copy(result.lesson, result.intake, result.marks)
    return Graded(
        result.student,
        result.lesson,
        result.marks,
        result.problems,
        result.readable,
        result.seed,
        result.tier,
        result.cpu_seconds,
        time.process_time() - started,
        digest,
        json.dumps(made.notebook, ensure_ascii=False) + "\n",
        made.answered,
        made.code,
    )


def _by_the_rules(result: SubmissionResult, request: Request) -> SubmissionResult:
    """학급의 규칙: 모래상자 없이 채점했다는 표시와, 더하지 않는 보너스."""
    marks = result.marks
    if result.tier == "none":
        marks = tuple(replace(mark, message=f"{mark.message}\n{UNSAFE}") for mark in marks)
    if not request.bonus:
        marks = tuple(mark if mark.max_score else replace(mark, score=0.0) for mark in marks)
    return replace(result, marks=marks)


def for_the_maintainer(error: Exception) -> str:
    """우리 코드의 예외를 한 줄로: 이름, 글, 멈춘 자리. 글에는 학습자가 지은 이름이 섞일 수 있어 한 줄로 줄이고 꾸밈 글자를 없애요."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(c for c in " ".join(str(error).split()) if c.isprintable())[:200]
    return f"{type(error).__name__}: {text}, {Path(place.filename).name}:{place.lineno}"


if __name__ == "__main__":
    main()
