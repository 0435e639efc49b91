"""밖에서 본 심사원들: 서버를 띄우고, 심사원을 부르고, 부탁을 맡기고, 대답이나 끝난 까닭을 들어요."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass

from autograder.grading.messages import Graded, Request, read_reply, receive, request_words, send
from autograder.grading.results import Ungraded
from autograder.layout import ROOT
from autograder.limits import Limits
from autograder.sandbox import SandboxRefused, WorkerLost
from autograder.sandbox.fork_server import START, STATUS
from autograder.sandbox.server_process import START_SECONDS, ServerProcess
from autograder.sandbox.worker_process import Line

SERVER = "autograder.grading.judge_process"  # 심사원의 서버로 띄우는 모듈
_NO_END = 2**32 - 1  # 심사원은 제출물마다 따로 재므로 끝이 없어요.

Outcome = Graded | Ungraded


@dataclass
class Turn:
    """부탁 하나와 그동안의 사정. `over`는 마지막에 상한에 닿았는지예요."""

    request: Request
    why: str = "심사원이 상한에 닿았어요"
    over: bool = False

    @property
    def subject(self) -> tuple[str, int]:
        """레슨과 시드. 이것이 같은 부탁은 같은 심사원이 이어서 맡아요."""
        return self.request.submission.lesson, self.request.seed


class Lane:
    """심사원 하나와 이어진 소켓. 한 번에 제출물 하나를 맡아요."""

    def __init__(self, sock: socket.socket, status: int, subject: tuple[str, int], line: Line, wall: float) -> None:
        self._sock, self._status, self._wall = sock, status, wall
        self.subject, self.line = subject, line
        self.turn: Turn | None = None
        self.turns = 0
        self.deadline = float("inf")

    def fileno(self) -> int:
        """대답을 기다릴 때 볼 서술자."""
        return self._sock.fileno()

    def take(self, turn: Turn) -> None:
        """부탁 하나를 맡겨요."""
        self.turn, self.turns = turn, self.turns + 1
        self.deadline = time.monotonic() + self._wall
        with contextlib.suppress(OSError):  # 벌써 끝난 심사원이면 대답을 들을 때 알게 돼요.
            send(self._sock, request_words(turn.request))

    def finish(self, limit: int) -> tuple[Turn, Outcome | str]:
        """대답을 들어요. 대답 없이 끝났으면 까닭을, 상한에 닿았으면 빈 글을 돌려줘요."""
        turn, self.turn = self.turn, None
        assert turn is not None
        if time.monotonic() >= self.deadline:
            return turn, "심사원이 너무 오래 답하지 않았어요"
        self.deadline = float("inf")
        try:
            self._sock.settimeout(START_SECONDS)
            return turn, read_reply(*receive(self._sock, limit))
        except (EOFError, OSError):
            return turn, self._last_words()
        except (ValueError, KeyError, TypeError) as error:
            return turn, f"심사원의 대답을 알아듣지 못했어요({error})"

    def _last_words(self) -> str:
        ready, _, _ = select.select([self._status], [], [], START_SECONDS)
        data = os.read(self._status, STATUS.size) if ready else b""
        if len(data) != STATUS.size:
            return "심사원들이 한꺼번에 끝났어요"
        code, number, _, _ = STATUS.unpack(data)
        if number in (signal.SIGPROF, signal.SIGXCPU):
            return ""
        return f"심사원이 신호 {number}번으로 끝났어요" if number else f"심사원이 코드 {code}번으로 끝났어요"

    def close(self) -> None:
        """심사원을 보내요. 하던 일이 있어도 기다리지 않아요."""
        if self._sock.fileno() >= 0:
            self._sock.close()
            os.close(self._status)


class Judges:
    """심사원을 갈라 내는 서버. 데우는 동안 다른 일을 할 수 있게, 띄우는 것과 기다리는 것이 따로예요.

    `first`는 데우면서 답안지까지 미리 만들어 둘 (레슨, 시드)예요.
    """

    def __init__(self, tier: str, limits: Limits, keeps_keys: bool, first: tuple[str, int] | None = None) -> None:
        self._opening = {"tier": tier, "limits": asdict(limits), "keeps_keys": keeps_keys}
        self._wall = 2 * limits.wall
        self._greeted = False
        one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self.server = ServerProcess(
            [sys.executable, "-m", SERVER],
            {**os.environ, **one, "CUDA_VISIBLE_DEVICES": ""},
            str(ROOT),
            self._words(first) if first else b"{}",
        )

    def _words(self, subject: tuple[str, int]) -> bytes:
        return json.dumps({**self._opening, "lesson": subject[0], "seed": subject[1]}).encode()

    def greet(self) -> None:
        """데우기를 마칠 때까지 기다려요. 뜨지 못하면 SandboxRefused예요."""
        if self._greeted:
            return
        if not self.server.first_words():
            raise SandboxRefused(
                f"심사원을 띄우지 못했어요: {self.server.last_words()}. `python3 course.py doctor`로 무엇이 빠졌는지 봐요."
            )
        self._greeted = True

    def open(self, subject: tuple[str, int], line: Line) -> Lane:
        """심사원 하나를 불러 모래상자의 줄을 건네요. 서버가 끝났으면 WorkerLost예요."""
        ours, theirs = socket.socketpair()
        status_read, status_write = os.pipe()
        try:
            start = START.pack(_NO_END) + self._words(subject)
            socket.send_fds(self.server.control, [start], [theirs.fileno(), status_write])
            socket.send_fds(ours, [b"+"], [line.fileno()])
        except OSError as error:
            ours.close()
            os.close(status_read)
            raise WorkerLost("심사원의 서버가 끝났어요") from error
        finally:
            theirs.close()
            os.close(status_write)
        return Lane(ours, status_read, subject, line, self._wall)

    def killed(self) -> bool:
        """밖에서 신호로 끝냈는지."""
        return self.server.killed()

    def last_words(self) -> str:
        """서버가 끝나기 전에 마지막으로 남긴 줄."""
        return self.server.last_words()

    def close(self) -> None:
        """서버를 끝내요. 심사원들도 함께 끝나요."""
        self.server.close()
