"""고쳐 본 코드가 도는 동안의 울타리: 시간, 메모리, 화면, 경고, 난수.

고친 코드는 끝나지 않거나 마구 찍을 수 있어요. 벽시계와 CPU 제한에 쓰는 다른 타이머는 건드리지 않아요.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch

try:
    import resource
except ImportError:  # Windows에는 없어요.
    resource = None  # type: ignore[assignment]

T = TypeVar("T")
_TICK = 0.004  # 초. 이만큼마다 마감이 지났는지 봐요.
_PATIENCE = 4  # CPU 시간의 이 배가 벽시계로 지나면 그만둬요.
_ROOM = 1 << 30  # 바이트. 고친 코드가 지금보다 더 쓸 수 있는 메모리예요.


class _TooLong(BaseException):
    """고친 코드의 시간이 다 됐어요. 학습자의 `except Exception`에 잡히지 않아요."""


class _Nowhere:
    """적은 것이 아무 데도 가지 않는 화면."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class Watch:
    """CPU 시간으로 재는 시계. `can_stop`이면 끝나지 않는 코드를 멈출 수 있어요."""

    def __init__(self, seconds: float) -> None:
        self.can_stop = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        self._end = time.thread_time() + seconds
        self._wall = time.monotonic() + _PATIENCE * seconds
        self._deadline: float | None = None

    @property
    def left(self) -> float:
        """남은 CPU 시간(초). 다른 일로 바쁜 컴퓨터에서는 벽시계도 봐요."""
        return min(self._end - time.thread_time(), self._wall - time.monotonic())

    def tick(self, *_: object) -> None:
        """마감이 지났으면 지금 도는 코드를 멈춰요."""
        if self._deadline is not None and time.thread_time() > self._deadline:
            raise _TooLong

    def run(self, work: Callable[[], T], limit: float) -> T | None:
        """`work`의 결과. `limit`초 안에 끝나지 않으면 None이에요."""
        try:
            self._deadline = time.thread_time() + limit
            try:
                return work()
            finally:
                self._deadline = None
        except _TooLong:
            # 마감을 지우기 직전에 멈췄을 수도 있어요.
            self._deadline = None
            return None


@contextlib.contextmanager
def fenced(watch: Watch) -> Iterator[None]:
    """블록 안에서 도는 코드의 출력과 경고를 삼키고, 난수와 PyTorch의 상태를 되돌려요."""
    timer = signal.SIGVTALRM if watch.can_stop else None
    states = random.getstate(), _numpy_state()
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    nowhere: Any = _Nowhere()
    previous = signal.signal(timer, watch.tick) if timer else None
    collecting = gc.isenabled()
    try:
        gc.disable()  # 후보마다 버리는 나무가 많아서, 모으다가 시간을 다 써요.
        if timer:
            signal.setitimer(signal.ITIMER_VIRTUAL, _TICK, _TICK)
        with (
            _little_memory(),
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
            warnings.catch_warnings(),
            torch.random.fork_rng(devices=[]),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        if timer:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            watch.tick()  # 이미 온 신호가 있다면 여기서 받아요. 처음의 처리기로 되돌린 다음에 오면 안 돼요.
            signal.signal(timer, signal.SIG_DFL if previous is None else previous)
        random.setstate(states[0])
        if states[1] is not None:
            sys.modules["numpy"].random.set_state(states[1])
        if collecting:
            gc.enable()
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """블록 안에서는 메모리를 `_ROOM`만큼만 더 받을 수 있어요.

    크기 자리에 다른 수를 넣어 보는 고침은 `nn.Linear(44032, 44032)`도 만들어요. 채우는 일이 C++ 안이라 시간으로는 멈추지 못해요.
    지금 쓰는 주소 공간을 알 수 있는 리눅스에서만 막아요. 모래상자에서는 그것을 볼 수 없지만, 메모리의 한도가 벌써 있어요.
    """
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    except OSError:
        used = 0
    if resource is None or not used:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + _ROOM
    if soft == resource.RLIM_INFINITY or limit < soft:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _numpy_state() -> Any:
    numpy = sys.modules.get("numpy")
    return numpy.random.get_state() if numpy is not None else None
