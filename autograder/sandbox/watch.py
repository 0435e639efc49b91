"""자식 하나가 쓰는 시간을 밖에서 재요: 계산한 시간(CPU)과 잠든 시간.

벽시계로 판단하지 않아요. 바쁜 기계에서 차례를 기다린 시간은 자식의 잘못이 아니라서, 커널이 적어 둔 기다린 시간을 빼요.
재는 쪽이 바쁘거나 멈춰 있던 시간도 빼요. 그동안 자식은 우리가 답을 받아 주기를 기다렸을 수 있어요.
커널이 기다린 시간을 적지 않는 기계에서는 볼 때마다 실의 상태만 봐요. 보는 때에 맞춰 잠깐씩 깨는 자식은 늦게 찾지만, 바쁜 자식을 잠들었다고 하지는 않아요.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time

from autograder.limits import Limits

TICK = 0.2  # 자식이 조용할 때 시간을 다시 재는 사이(초)
_CREDENTIALS = struct.Struct("iII")
_LONGEST = 2 * TICK  # 한 번에 더하는 가장 긴 잠. 이보다 오래 보지 못했다면 멈춰 있던 것은 우리일 수 있어요.


class StopRunning(Exception):
    """자식을 끝내야 해요. 첫 인자가 까닭이에요."""


class Watch:
    """자식 하나의 시간. 단위가 시작될 때 `begin`을, 조용할 때마다 `look`을 불러요."""

    def __init__(self, pid: int, limits: Limits) -> None:
        self._pid, self._limits = pid, limits
        self._handle = -1
        with contextlib.suppress(OSError, AttributeError):
            self._handle = os.pidfd_open(pid)
        self._clock = (~pid << 3) | 2  # 다른 프로세스의 CPU 시계(clock_getcpuclockid와 같은 셈)
        self.asleep = 0.0
        self._unit_asleep = 0.0
        self._unit_cpu = 0.0  # 이 단위를 시작할 때까지 쓴 CPU 초
        self._cpu_seen = self._cpu_looked = 0.0
        self._waited_seen: dict[str, float] = {}  # 실의 번호: 차례를 기다린 초
        self._looked = self._ours = 0.0
        self.resume()

    def resume(self) -> None:
        """여기부터 이어서 재요. 그사이에 자식이 우리를 기다린 시간은 자식의 잠이 아니에요."""
        self._looked, self._cpu_looked, self._ours = time.monotonic(), self.cpu(), _our_time()
        self._waited()

    def begin(self) -> None:
        """단위 하나의 시간을 처음부터 재요."""
        self._unit_cpu = self.cpu()
        self._unit_asleep = 0.0

    def look(self) -> None:
        """상한을 넘었으면 까닭을 담은 StopRunning을 내요. 자주 불러도 되고, 정해 둔 사이마다 한 번만 재요."""
        now = time.monotonic()
        passed = now - self._looked
        if passed < TICK / 2:
            return
        cpu, waited, ours = self.cpu(), self._waited(), _our_time()
        if waited is None:
            slept = 0.0 if self._runnable() else min(passed, _LONGEST)
        else:
            slept = min(passed - (cpu - self._cpu_looked) - waited - (ours - self._ours), _LONGEST)
        self._looked, self._cpu_looked, self._ours = now, cpu, ours
        self._unit_asleep += max(0.0, slept)
        self.asleep += max(0.0, slept)
        if cpu - self._unit_cpu > self._limits.unit_cpu:
            raise StopRunning("timeout")
        if self._unit_asleep > self._limits.unit_asleep or self.asleep > self._limits.total_asleep:
            raise StopRunning("asleep")

    def kill(self) -> None:
        """자식을 끝내요. 새 공간의 첫 프로세스라서 그 안의 모두가 함께 끝나요."""
        with contextlib.suppress(OSError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            else:
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """쥐고 있던 것을 놓아요."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def cpu(self) -> float:
        """자식이 쓴 CPU 초. 실을 모두 더해요. 끝난 자식이거나 알 수 없으면 앞에서 본 그대로예요."""
        with contextlib.suppress(OSError, OverflowError):
            self._cpu_seen = time.clock_gettime(self._clock)
        return self._cpu_seen

    def _waited(self) -> float | None:
        """앞에서 본 뒤로 실들이 차례를 기다린 초를 모두 더한 것. 커널이 적어 두지 않으면 None이에요."""
        waited = {thread: _waited_by(f"/proc/{self._pid}/task/{thread}") for thread in self._threads()}
        if None in waited.values():
            return None
        known = {thread: seconds for thread, seconds in waited.items() if seconds is not None}
        total = sum(seconds - self._waited_seen.get(thread, 0.0) for thread, seconds in known.items())
        self._waited_seen = known
        return total

    def _threads(self) -> list[str]:
        try:
            return os.listdir(f"/proc/{self._pid}/task")
        except OSError:
            return []

    def _runnable(self) -> bool:
        """계산하거나 차례를 기다리는 실이 있는지. 볼 수 없으면 있다고 봐요."""
        states = []
        for thread in self._threads():
            with contextlib.suppress(OSError, IndexError), open(f"/proc/{self._pid}/task/{thread}/stat") as file:
                states.append(file.read().rpartition(")")[2].split()[0])
        return not states or not set(states) <= {"S", "T", "Z", "X"}


def _waited_by(folder: str) -> float | None:
    """`/proc`의 폴더 하나가 말하는, 차례를 기다린 초. 방금 끝난 것이면 0, 커널이 적어 두지 않으면 None이에요."""
    try:
        with open(f"{folder}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (ProcessLookupError, ValueError, IndexError):
        return 0.0
    except OSError:
        return 0.0 if not os.path.exists(folder) else None


def _our_time() -> float:
    """이 실이 계산하거나 차례를 기다린 초. 한 프로세스의 여러 실이 저마다의 자식을 재도 돼요."""
    return time.thread_time() + (_waited_by("/proc/thread-self") or 0.0)


_CREDENTIALS_KNOWN = hasattr(socket, "SO_PASSCRED")  # 리눅스에만 있어요. macOS는 모래상자 없이만 채점해요.


def acquainted_pair() -> tuple[socket.socket, socket.socket]:
    """소켓 한 쌍. 첫째로 오는 말에는 커널이 보낸 프로세스의 번호를 적어 줘요."""
    ours, theirs = socket.socketpair()
    if _CREDENTIALS_KNOWN:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def first_words(sock: socket.socket, size: int) -> tuple[bytes, int | None]:
    """첫말 `size`바이트와, 커널이 적어 준 프로세스의 번호(적어 주지 않는 기계면 None). 먼저 끊기면 EOFError."""
    if not _CREDENTIALS_KNOWN:
        data, pids = sock.recv(size), [None]
    else:
        data, ancillary, _, _ = sock.recvmsg(size, socket.CMSG_SPACE(_CREDENTIALS.size))
        pids = [_CREDENTIALS.unpack(body)[0] for _, kind, body in ancillary if kind == socket.SCM_CREDENTIALS]
    if len(data) < size or not pids:
        raise EOFError
    return data, pids[0]
