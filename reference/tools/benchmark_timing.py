"""번갈아 재기: 한 바퀴에 모두를 한 번씩 재고, 같은 바퀴끼리의 비율을 구한 뒤 가운데 값을 적어요.

시간은 모두 CPU 시간(초)이에요. 스레드 하나로 재면 다른 프로그램이 함께 도는 컴퓨터에서도 비율이 크게 흔들리지 않아요.
스레드가 여럿이면 서로를 기다리며 도는 시간까지 CPU 시간에 들어가서 비율을 믿을 수 없어요.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch


def alternate(contenders: dict[str, Callable[[int], Any]], rounds: int, warmup: int = 2) -> dict[str, list[float]]:
    """한 바퀴에 모두를 한 번씩 돌리며 CPU 시간(초)을 재요. 함수는 바퀴 번호를 받아요."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for index in range(-warmup, rounds):
        for name, job in contenders.items():
            before = time.process_time()
            job(index)
            if index >= 0:
                times[name].append(time.process_time() - before)
    return times


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """PyTorch의 스레드 수를 이 구역에서만 바꿔요. 상대들도 같은 수를 써요."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
