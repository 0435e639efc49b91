"""밖에서 본 작업자 하나: 띄우고, 일을 맡기고, 무엇이 오든 조심해서 들어요. 제출물마다 자식이 하나씩 갈라져요."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from types import TracebackType

from autograder.limits import Limits
from autograder.sandbox import protocol
from autograder.sandbox.fork_server import START, STATUS
from autograder.sandbox.launch import Launch
from autograder.sandbox.protocol import Job
from autograder.sandbox.server_process import START_SECONDS, ServerProcess
from autograder.sandbox.watch import TICK, StopRunning, Watch, acquainted_pair, first_words

_STARTS = 3  # 띄우는 사이에 밖에서 끝낸 작업자를 다시 띄워 보는 횟수까지
_GRACE_SECONDS = 30
_REASONS = {"SIGPROF": "timeout", "SIGXCPU": "timeout"}


class WorkerLost(RuntimeError):
    """작업자가 뜨지 않았거나 죽었거나, 자식을 우리 쪽의 까닭으로 잃었어요. 학습자의 점수가 되지 않아요."""


@dataclass
class JobResult:
    """자식 하나가 남긴 것.

    `cells`는 셀 번호에서 (예외 이름 또는 None, 내용)으로, `answers`는 할 일의 번호에서 직렬화한 바이트로 가요.
    끝까지 하지 못했으면 `stopped`가 멈춘 단위("cell" 또는 "exercise", 번호), `reason`이 그 까닭이에요:
    timeout(CPU 시간), asleep(잠든 시간), exit(스스로 끝냄), crash(신호로 죽음), forged(약속에 없는 글), too_big(너무 큰 답).
    """

    cells: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)
    stopped: tuple[str, int] | None = None
    reason: str | None = None
    cpu_seconds: float = 0.0
    asleep_seconds: float = 0.0


class Child:
    """갈라진 자식 하나. 일을 끝까지 한 자식에게는 이어서 더 맡길 수 있어요. `with`가 끝나면 자식도 끝나요."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._sock, theirs = acquainted_pair()
        self._status, status_write = os.pipe()
        self._deadline = time.monotonic() + limits.wall + _GRACE_SECONDS
        self._watch: Watch | None = None  # 끝난 자식이면 None이에요.
        try:
            socket.send_fds(control, [START.pack(round(limits.wall))], [theirs.fileno(), status_write])
        except OSError as error:
            self.close()
            raise WorkerLost("작업자가 죽었어요") from error
        finally:
            theirs.close()
            os.close(status_write)
        try:
            self._watch = _meet(self._sock, limits)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> JobResult:
        """일 하나를 맡기고 기다려요. 자식이나 작업자를 잃으면 WorkerLost예요. `reason`이 있으면 자식은 끝났어요."""
        return self.talk(job)[0]

    def talk(self, job: Job) -> tuple[JobResult, bytes | None]:
        """`run`과 같지만, 자식이 마지막에 덧붙인 말도 돌려줘요. 끝까지 하지 못했으면 None이에요."""
        watch = self._watch
        if watch is None:
            raise WorkerLost("이미 끝난 자식이에요")
        watch.resume()
        asleep, cpu = watch.asleep, watch.cpu()
        result, body = _converse(self._sock, job, watch, self._deadline)
        result.asleep_seconds = watch.asleep - asleep
        if body is None:
            self._sock.close()
            self._watch = None
            watch.close()
            _explain_end(result, _read_status(self._status, self._deadline), job)
        else:
            result.stopped, result.cpu_seconds = None, watch.cpu()
        result.cpu_seconds -= cpu
        return result, body

    def close(self) -> None:
        """자식을 끝내고, 정말로 끝날 때까지 기다려요. 다음 자식이 이웃을 두지 않아야 하는 단계도 있어요."""
        if self._status < 0:
            return
        self._sock.close()
        if self._watch is not None:
            self._watch.kill()
            self._watch.close()
            self._watch = None
            with contextlib.suppress(WorkerLost):
                _read_status(self._status, self._deadline)
        os.close(self._status)
        self._status = -1


class Line:
    """작업자와 이어진 줄. 여러 실이나 여러 프로세스가 같은 줄로 함께 맡겨도 돼요."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def fileno(self) -> int:
        """다른 프로세스에 넘겨줄 서술자."""
        return self._control.fileno()

    def start(self, limits: Limits) -> Child:
        """자식 하나를 갈라 내요. 작업자를 잃으면 WorkerLost예요."""
        return Child(self._control, limits)

    def escapes(self) -> list[str]:
        """갇힌 자식이 해낸, 해서는 안 되는 일들. 비어 있어야 해요."""
        job = Job((), ())
        with self.start(job.limits) as child:
            body = child.talk(job)[1]
        if body is None:
            raise WorkerLost("갇혔는지 알아보는 자식이 답하지 않았어요")
        return list(json.loads(body)["escapes"])


class Worker:
    """떠 있는 작업자 하나. 일은 `line`으로 맡겨요. 데워지기를 기다리는 것은 `settle`이에요."""

    def __init__(self, launch: Launch) -> None:
        try:
            self.server = ServerProcess(launch.command, launch.environment, "/", json.dumps(launch.settings).encode())
        except OSError as error:
            raise WorkerLost(str(error)) from error
        self.line = Line(self.server.control)
        self.warm_cpu_seconds = 0.0
        self.escaped: list[str] = []  # 갇힌 자식이 해낸, 해서는 안 되는 일들

    def settle(self, ask: bool) -> None:
        """데우기를 마칠 때까지 기다려요. `ask`면 갇혔는지도 물어봐요. 안 되면 작업자를 끝내고 WorkerLost예요."""
        try:
            said = self.server.first_words()
            if not said:
                # 소켓의 오류보다 작업자가 남긴 말이 까닭에 가까워요.
                raise WorkerLost(self.server.last_words())
            self.warm_cpu_seconds = json.loads(said)["cpu"]
            if ask:
                self.escaped = self.line.escapes()
        except BaseException:
            self.close()
            raise

    def killed(self) -> bool:
        """밖에서 신호로 끝냈는지."""
        return self.server.killed()

    def close(self) -> None:
        """작업자를 끝내요. 다른 프로세스가 줄을 아직 쥐고 있어도 끝나고, 자식들도 함께 끝나요."""
        self.server.close()


_UNITS = {
    protocol.BEGIN_CELL: "cell",
    protocol.END_CELL: "cell",
    protocol.BEGIN_EXERCISE: "exercise",
    protocol.END_EXERCISE: "exercise",
}


def _meet(sock: socket.socket, limits: Limits) -> Watch:
    """자식의 첫말을 듣고 시계를 걸어요. 시작하지 못했으면 WorkerLost예요."""
    sock.settimeout(START_SECONDS)
    try:
        hello, pid = first_words(sock, protocol.FRAME.size)
    except (EOFError, OSError) as error:
        raise WorkerLost("자식이 시작하지 못했어요") from error
    kind, own, length = protocol.FRAME.unpack(hello)
    if (kind, length) != (protocol.HELLO, 0):
        raise WorkerLost("자식이 시작하지 못했어요")
    return Watch(own if pid is None else pid, limits)


def _converse(sock: socket.socket, job: Job, watch: Watch, deadline: float) -> tuple[JobResult, bytes | None]:
    """일을 보내고 자식의 말을 끝까지 들어요. 두 번째 값은 DONE의 본문이고, 다 듣지 못했으면 None이에요."""
    result = JobResult()
    try:
        sock.settimeout(START_SECONDS)
        protocol.send_job(sock, job)
    except TimeoutError as error:
        raise WorkerLost("자식이 일을 받지 않았어요") from error
    except ConnectionError:
        return result, None
    try:
        sock.settimeout(TICK)
        return result, _listen(sock, job, watch, result, deadline)
    except StopRunning as stop:
        result.reason = stop.args[0]
        watch.kill()
    except (EOFError, ConnectionError):
        pass
    except (ValueError, TypeError, KeyError, RecursionError):
        result.reason = "forged"
        watch.kill()
    return result, None


def _listen(sock: socket.socket, job: Job, watch: Watch, result: JobResult, deadline: float) -> bytes:
    """DONE의 본문까지 들으며 `result`를 채워요. 멈추게 해야 하면 StopRunning, 약속에 없는 말이면 ValueError예요."""
    units = {("cell", cell.unit) for cell in job.cells} | {("exercise", i) for i in range(len(job.tasks))}
    room = job.limits.total_answer_bytes

    def look() -> None:
        watch.look()
        if time.monotonic() > deadline:
            raise WorkerLost("자식이 너무 오래 끝나지 않았어요")

    while True:
        kind, unit, length = protocol.FRAME.unpack(protocol.receive_exactly(sock, protocol.FRAME.size, look))
        place = (_UNITS.get(kind, ""), unit)
        if length > _longest(kind, job):
            raise StopRunning("too_big" if kind == protocol.END_EXERCISE else "forged")
        room -= length
        if room < 0:
            raise StopRunning("too_big")
        body = protocol.receive_exactly(sock, length, look)
        look()
        if kind == protocol.DONE and len(result.answers) == len(job.tasks):
            return body
        if kind in (protocol.BEGIN_CELL, protocol.BEGIN_EXERCISE) and place in units and result.stopped is None:
            units.discard(place)
            result.stopped = place
            watch.begin()
        elif kind in (protocol.END_CELL, protocol.END_EXERCISE) and place == result.stopped:
            if kind == protocol.END_CELL:
                result.cells[unit] = _cell_report(body)
            else:
                result.answers[unit] = body
            result.stopped = None
        else:
            raise ValueError("약속에 없는 말이에요.")


def _longest(kind: int, job: Job) -> int:
    """그 종류의 말에 딸릴 수 있는 본문의 가장 긴 길이."""
    if kind == protocol.END_EXERCISE:
        return job.limits.answer_bytes
    return job.limits.report_bytes if kind in (protocol.END_CELL, protocol.DONE) else 0


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
    data = os.read(pipe, STATUS.size) if ready else b""
    if len(data) != STATUS.size:
        raise WorkerLost("작업자가 자식의 소식을 전하지 못했어요")
    code, number, killed, cpu = STATUS.unpack(data)
    return code, number, bool(killed), cpu


def _explain_end(result: JobResult, status: tuple[int, int, bool, float], job: Job) -> None:
    """끝까지 하지 못한 까닭을 적어요. 우리가 끝내지 않았고 제 CPU 시간을 다 쓰지도 않은 자식이 밖에서 끝났으면 WorkerLost예요."""
    code, number, killed, result.cpu_seconds = status
    if result.reason:
        return
    if killed or (number == signal.SIGKILL and result.cpu_seconds < job.limits.total_cpu - 1):
        raise WorkerLost("자식이 밖에서 끝났어요(메모리가 모자란 기계일 수 있어요)")
    if number == signal.SIGKILL:
        result.reason = "timeout"
    else:
        reasons = {getattr(signal, name): reason for name, reason in _REASONS.items()}
        result.reason = reasons.get(number, "crash") if number else "exit"


def start_worker(launch: Launch, ask: bool = True, begun: Worker | None = None) -> Worker:
    """작업자를 띄우고(`begun`이면 이미 띄운 것을) 데워질 때까지 기다려요. `ask`면 갇혔는지도 물어봐요. 안 되면 WorkerLost.

    밖에서 신호로 끝낸 작업자나 시험 삼아 가둔 자식을 잃은 것은 이 기계에서 안 되는 것과 달라서, 다시 띄워 봐요.
    """
    for left in reversed(range(_STARTS)):
        worker, begun = begun or Worker(launch), None
        try:
            worker.settle(ask)
            return worker
        except WorkerLost:
            if not left or not (worker.warm_cpu_seconds or worker.killed()):
                raise
    raise AssertionError("위에서 돌려주거나 예외를 내요.")
