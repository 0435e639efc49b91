"""자식 하나가 쓰는 시간을 밖에서 재요: 계산한 시간(CPU)과 잠든 시간.

벽시계로 판단하지 않아요. 바쁜 기계에서 차례를 기다린 시간은 자식의 잘못이 아니라서, 커널이 적어 둔 기다린 시간을 빼요.
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
_AWAKE = 0.1  # 이만큼의 몫도 계산하거나 차례를 기다리지 않았으면 잠든 것이에요.


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
        self._seen = (time.monotonic(), 0.0, 0.0)

    def begin(self) -> None:
        """단위 하나의 시간을 처음부터 재요."""
        self._unit_cpu = self._cpu()
        self._unit_asleep = 0.0

    def look(self) -> None:
        """상한을 넘었으면 까닭을 담은 StopRunning을 내요. 자주 불러도 되고, 정해 둔 사이마다 한 번만 재요."""
        wall = time.monotonic()
        passed = wall - self._seen[0]
        if passed < TICK / 2:
            return
        cpu, waited = self._cpu(), self._waited()
        busy = cpu - self._seen[1] + waited - self._seen[2]
        self._seen = (wall, cpu, waited)
        if busy < _AWAKE * passed:
            self._unit_asleep += passed
            self.asleep += passed
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

    def _cpu(self) -> float:
        """쓴 CPU 초. 끝난 자식이거나 알 수 없으면 앞에서 본 그대로예요."""
        try:
            return time.clock_gettime(self._clock)
        except (OSError, OverflowError):
            return self._seen[1]

    def _waited(self) -> float:
        """차례를 기다린 초. 커널이 적어 두지 않으면 앞에서 본 그대로예요."""
        try:
            with open(f"/proc/{self._pid}/schedstat") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return self._seen[2]


def acquainted_pair() -> tuple[socket.socket, socket.socket]:
    """소켓 한 쌍. 첫째로 오는 말에는 커널이 보낸 프로세스의 번호를 적어 줘요."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def first_words(sock: socket.socket, size: int) -> tuple[bytes, int]:
    """첫말 `size`바이트와 보낸 프로세스의 번호. 먼저 끊기면 EOFError."""
    data, ancillary, _, _ = sock.recvmsg(size, socket.CMSG_SPACE(_CREDENTIALS.size))
    pids = [_CREDENTIALS.unpack(body)[0] for _, kind, body in ancillary if kind == socket.SCM_CREDENTIALS]
    if len(data) < size or not pids:
        raise EOFError
    return data, pids[0]
