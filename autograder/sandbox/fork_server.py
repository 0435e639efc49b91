"""갈라 내는 서버: 데워진 프로세스가 부탁을 받을 때마다 자식 하나를 갈라 내고, 그 자식이 끝난 사정을 알려요.

모래상자의 작업자와 밖의 심사원이 함께 써요. 서버는 자식이 받을 글을 읽지 않고 소켓만 넘겨줘요. 표준 라이브러리만 불러요.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable

START = struct.Struct(">I")  # 자식 하나에 허락하는 벽시계 시간(초). 뒤에 딸린 말이 올 수 있어요.
STATUS = struct.Struct(">iiId")  # 종료 코드, 신호, 시간이 다 됐는지, CPU 초
MESSAGE_BYTES = 64 * 1024
_LONGEST_WAIT = 3600.0
_PR_SET_PDEATHSIG = 1


class ForkServer:
    """`control`로 (말, 자식의 소켓, 소식을 적을 관)을 받을 때마다 갈라져요. 부탁하는 쪽이 모두 끊으면 자식들과 함께 끝나요.

    소식을 들을 쪽이 없어진 자식은 바로 끝내요. 부탁한 프로세스가 죽으면 그 자식의 시간을 재는 이도 없으니까요.
    """

    def __init__(self, control: socket.socket, fork: Callable[[], int] = os.fork) -> None:
        self._control, self._fork = control, fork
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, float, bool]] = {}  # pid: (소식을 적을 관, 마감, 우리가 끝냈는지)

    def serve(
        self, child: Callable[[socket.socket, bytes], None], before: Callable[[bytes], None] | None = None
    ) -> None:
        """부탁을 기다려요. 갈라지기 전에 `before(딸린 말)`을, 자식에서 `child(소켓, 딸린 말)`을 불러요."""
        wake_read, wake_write = socket.socketpair()
        wake_read.setblocking(False)
        wake_write.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(wake_read, selectors.EVENT_READ)
        ours = (self._control, wake_read, wake_write, self._selector)
        while True:
            nearest = min((deadline for _, deadline, _ in self._children.values()), default=float("inf"))
            ready = self._selector.select(max(0.0, min(nearest - time.monotonic(), _LONGEST_WAIT)))
            for key, _ in ready:
                if key.fileobj is wake_read:
                    wake_read.recv(4096)
                    continue
                if key.data is not None:
                    self._selector.unregister(key.fileobj)
                    self._end(key.data)
                    continue
                data, fds, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, 2)
                if not data:
                    for pid in self._children:
                        os.kill(pid, signal.SIGKILL)
                    return
                words = data[START.size :]
                if before is not None:
                    before(words)
                self._start(START.unpack(data[: START.size])[0], words, fds, child, ours)
            for pid, (_, deadline, killed) in list(self._children.items()):
                if not killed and time.monotonic() >= deadline:
                    self._end(pid)
                self._reap(pid)

    def _end(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self._children[pid] = (self._children[pid][0], float("inf"), True)

    def _start(
        self,
        wall: int,
        words: bytes,
        fds: list[int],
        child: Callable[[socket.socket, bytes], None],
        ours: tuple[socket.socket | selectors.BaseSelector, ...],
    ) -> None:
        job_fd, status_fd = fds
        pid = self._fork()
        if pid:
            os.close(job_fd)
            self._children[pid] = (status_fd, time.monotonic() + wall, False)
            # 쓰는 끝은 읽을 것이 없어요. 깨어나면 읽는 끝이 닫힌 것이에요.
            self._selector.register(status_fd, selectors.EVENT_READ, pid)
            return
        try:
            die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for thing in ours:
                thing.close()
            os.close(status_fd)
            for pipe, _, _ in self._children.values():
                os.close(pipe)
            child(socket.socket(fileno=job_fd), words)
        except BaseException:
            os._exit(70)
        os._exit(0)

    def _reap(self, pid: int) -> None:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if not done:
            return
        pipe, _, killed = self._children.pop(pid)
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        with contextlib.suppress(BrokenPipeError):  # 부탁한 쪽이 먼저 포기했을 수 있어요.
            os.write(pipe, STATUS.pack(code, number, killed, usage.ru_utime + usage.ru_stime))
        with contextlib.suppress(KeyError):  # 들을 쪽이 없어 이미 뺐을 수 있어요.
            self._selector.unregister(pipe)
        os.close(pipe)


def die_with_parent() -> None:
    """부모가 어떻게 끝나든(kill -9도) 이 프로세스도 끝나게 해요. 사용자를 바꾸면 풀리므로 그 뒤에 다시 불러요."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), *[ctypes.c_ulong(0)] * 3)
