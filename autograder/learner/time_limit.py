"""학습자의 코드가 끝나지 않을 때 멈춰요."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TIME_LIMIT = 10.0  # 초


class TooSlow(BaseException):
    """제한 시간이 지났어요. 학습자의 `except Exception`에 잡히지 않게 BaseException이에요."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """블록이 `seconds`초 안에 끝나지 않으면 TooSlow를 내요."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield  # Windows에는 타이머 신호가 없어요. 커널 멈춤 단추로 멈출 수 있어요.
        return

    def stop(*_: object) -> None:
        raise TooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
