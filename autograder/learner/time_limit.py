"""학습자의 코드가 끝나지 않을 때 멈춰요."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TIME_LIMIT = 10.0  # CPU 초. 기계가 바빠도 바른 답이 시간 초과로 보이지 않게 CPU 시간으로 재요.
PATIENCE = 6  # 벽시계로는 이 배수만큼 기다려요. 잠들어 있거나 입력을 기다리는 코드를 깨우는 데만 써요.


class TooSlow(BaseException):
    """제한 시간이 지났어요. 학습자의 `except Exception`에 잡히지 않게 BaseException이에요."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """블록이 CPU `seconds`초, 벽시계로 그 `PATIENCE`배 안에 끝나지 않으면 TooSlow를 내요.

    신호가 `torch.no_grad()`에 막 들어가거나 나오는 사이에 오면 기울기가 꺼진 채로 남으므로, 나올 때 처음대로 돌려놓아요.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield  # Windows에는 타이머 신호가 없어요. 커널 멈춤 단추로 멈출 수 있어요.
        return

    def stop(*_: object) -> None:
        raise TooSlow

    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, seconds * PATIENCE),
    }
    import torch  # 명령의 목록을 만들 때에도 불리는 파일이라, 쓸 때 불러와요.

    gradients = torch.is_grad_enabled()
    previous = {number: signal.signal(number, stop) for number in timers}
    for timer, limit in timers.values():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)
        torch.set_grad_enabled(gradients)
