"""밖에서 본 작업자 하나: 띄우고, 일을 맡기고, 무엇이 오든 조심해서 들어요. 제출물마다 자식이 하나씩 갈라져요."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox import protocol
from autograder.sandbox.launch import Launch
from autograder.sandbox.protocol import Job

_START_SECONDS = 180
_GRACE_SECONDS = 30
_REASONS = {"SIGPROF": "timeout", "SIGXCPU": "timeout", "SIGALRM": "asleep", "SIGKILL": "killed"}


class WorkerLost(RuntimeError):
    """작업자가 뜨지 않았거나 죽었어요. 우리 쪽의 일이고, 학습자의 점수가 되지 않아요."""


@dataclass
class JobResult:
    """자식 하나가 남긴 것.

    `cells`는 셀 번호에서 (예외 이름 또는 None, 내용)으로, `answers`는 할 일의 번호에서 직렬화한 바이트로 가요.
    끝까지 하지 못했으면 `stopped`가 멈춘 단위("cell" 또는 "exercise", 번호), `reason`이 그 까닭이에요:
    timeout(CPU 시간), asleep(벽시계 시간), exit(스스로 끝냄), crash(신호로 죽음), killed(밖에서 끝냄),
    forged(약속에 없는 글), too_big(너무 큰 답).
    """

    cells: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)
    stopped: tuple[str, int] | None = None
    reason: str | None = None
    cpu_seconds: float = 0.0


class Worker:
    """떠 있는 작업자 하나. 여러 실이 함께 `run`을 불러도 돼요."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, log: Any) -> None:
        self._process, self._control, self._log = process, control, log
        self._lock = threading.Lock()
        self.warm_cpu_seconds = 0.0

    def greet(self) -> None:
        """데우기를 마칠 때까지 기다려요."""
        self._control.settimeout(_START_SECONDS)
        line = b""
        try:
            while not line.endswith(b"\n"):
                piece = self._control.recv(4096)
                if not piece:
                    raise WorkerLost(self.last_words())
                line += piece
        except (TimeoutError, ConnectionError) as error:
            raise WorkerLost(self.last_words()) from error
        self.warm_cpu_seconds = json.loads(line)["cpu"]

    def last_words(self) -> str:
        """작업자가 죽기 전에 마지막으로 남긴 줄."""
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "작업자가 제때 답하지 않았어요"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else f"작업자가 코드 {self._process.returncode}번으로 끝났어요"

    def escapes(self) -> list[str]:
        """갇힌 자식이 해낸, 해서는 안 되는 일들. 비어 있어야 해요."""
        body = self._talk(Job((), ()))[1]
        if body is None:
            raise WorkerLost("갇혔는지 알아보는 자식이 답하지 않았어요")
        return list(json.loads(body)["escapes"])

    def run(self, job: Job) -> JobResult:
        """일 하나를 자식에게 맡기고 끝날 때까지 기다려요. 작업자를 잃으면 WorkerLost예요."""
        return self._talk(job)[0]

    def _talk(self, job: Job) -> tuple[JobResult, bytes | None]:
        ours, theirs = socket.socketpair()
        status_read, status_write = os.pipe()
        deadline = time.monotonic() + job.limits.child_wall + _GRACE_SECONDS
        try:
            try:
                with self._lock:
                    start = protocol.START.pack(job.limits.child_wall)
                    socket.send_fds(self._control, [start], [theirs.fileno(), status_write])
            except OSError as error:
                raise WorkerLost("작업자가 죽었어요") from error
            finally:
                theirs.close()
                os.close(status_write)
            result, body = _converse(ours, job, deadline)
            ours.close()
            _explain_end(result, body is not None, _read_status(status_read, deadline))
            if result == JobResult(reason="exit", cpu_seconds=result.cpu_seconds):
                raise WorkerLost("자식이 시작하지 못했어요")
            return result, body
        finally:
            ours.close()
            os.close(status_read)

    def close(self) -> None:
        """작업자를 끝내요. 자식들도 함께 끝나요."""
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _converse(sock: socket.socket, job: Job, deadline: float) -> tuple[JobResult, bytes | None]:
    """자식의 말을 끝까지 들어요. 두 번째 값은 DONE의 본문이고, 다 듣지 못했으면 None이에요."""
    result, current = JobResult(), None
    units = {("cell", cell.unit) for cell in job.cells} | {("exercise", i) for i in range(len(job.tasks))}
    names = {
        protocol.BEGIN_CELL: "cell",
        protocol.END_CELL: "cell",
        protocol.BEGIN_EXERCISE: "exercise",
        protocol.END_EXERCISE: "exercise",
    }
    try:
        sock.settimeout(max(1.0, deadline - time.monotonic()))
        protocol.send_job(sock, job)
        while True:
            sock.settimeout(max(1.0, deadline - time.monotonic()))
            kind, unit, length = protocol.FRAME.unpack(protocol.receive_exactly(sock, protocol.FRAME.size))
            if length > job.limits.answer_bytes:
                result.reason = "too_big"
                break
            body = protocol.receive_exactly(sock, length)
            place = (names.get(kind, ""), unit)
            if kind == protocol.DONE and len(result.answers) == len(job.tasks):
                return result, body
            if kind in (protocol.BEGIN_CELL, protocol.BEGIN_EXERCISE) and place in units and current is None:
                units.discard(place)
                current = place
            elif kind in (protocol.END_CELL, protocol.END_EXERCISE) and place == current:
                current = None
                if kind == protocol.END_CELL:
                    result.cells[unit] = _cell_report(body)
                else:
                    result.answers[unit] = body
            else:
                result.reason = "forged"
                break
    except (EOFError, ConnectionError, TimeoutError):
        pass
    except (ValueError, TypeError, KeyError, RecursionError):
        result.reason = "forged"
    result.stopped = current
    return result, None


def _cell_report(body: bytes) -> tuple[str | None, str]:
    report = json.loads(body)
    error, detail = report["error"], report["detail"]
    if not (error is None or isinstance(error, str)) or not isinstance(detail, str):
        raise ValueError("셀의 결과가 약속과 달라요.")
    return error, detail


def _read_status(pipe: int, deadline: float) -> tuple[int, int, bool, float]:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    ready = poll.poll(1000 * max(1.0, deadline - time.monotonic()))
    data = os.read(pipe, protocol.STATUS.size) if ready else b""
    if len(data) != protocol.STATUS.size:
        raise WorkerLost("작업자가 자식의 소식을 전하지 못했어요")
    code, number, killed, cpu = protocol.STATUS.unpack(data)
    return code, number, bool(killed), cpu


def _explain_end(result: JobResult, done: bool, status: tuple[int, int, bool, float]) -> None:
    code, number, killed, result.cpu_seconds = status
    if done or result.reason:
        return
    if killed:
        result.reason = "asleep"
    else:
        reasons = {getattr(signal, name): reason for name, reason in _REASONS.items()}
        result.reason = reasons.get(number, "crash") if number else "exit"


def start_worker(launch: Launch) -> Worker:
    """작업자를 띄우고 데워질 때까지 기다려요. 안 되면 WorkerLost."""
    ours, theirs = socket.socketpair()
    log = tempfile.TemporaryFile()  # noqa: SIM115 작업자가 끝날 때 `Worker.close`가 닫아요.
    try:
        process = subprocess.Popen(
            launch.command,
            stdin=theirs.fileno(),
            stdout=log,
            stderr=log,
            cwd="/",
            env=launch.environment,
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        log.close()
        raise WorkerLost(str(error)) from error
    finally:
        theirs.close()
    worker = Worker(process, ours, log)
    settings = json.dumps(launch.settings).encode()
    try:
        ours.sendall(len(settings).to_bytes(4, "big") + settings)
        worker.greet()
    except WorkerLost:
        worker.close()
        raise
    except OSError as error:
        # 설정을 다 받기도 전에 끝났어요. 소켓의 오류보다 작업자가 남긴 말이 까닭에 가까워요.
        words = worker.last_words()
        worker.close()
        raise WorkerLost(words) from error
    return worker
