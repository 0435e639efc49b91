"""비용: 층이 하는 곱셈을 세고, 시간을 번갈아 재고, 크기에 따라 얼마나 빨리 자라는지 맞춰요.

시간은 CPU에서는 스레드 하나의 CPU 시간, GPU에서는 일이 끝날 때까지의 시간이에요. n 길이, d 너비, k 합성곱의 너비, r 창의 너비.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from reference.experiments.experiment import Setup

Job = Callable[[], Any]

SHORTEST = 0.002  # 한 번 잴 때의 시간(초). 이보다 짧은 일은 여러 번 되풀이해서 시계의 눈금보다 크게 해요.


def multiplications(job: Job) -> int:
    """일 하나가 행렬 곱과 합성곱에서 하는 곱셈 수예요. PyTorch의 계수기는 곱하기와 더하기를 따로 세므로 반으로 나눠요."""
    with FlopCounterMode(display=False) as counter:
        job()
    return int(counter.get_total_flops()) // 2


def layer_multiplications(kind: str, n: int, d: int) -> int:
    """가중치 행렬까지 다 센 층 하나의 곱셈 수예요. 들어오는 크기와 나가는 크기가 모두 d예요.

    셀프 어텐션 3nd² + 2n²d (W_q, W_k, W_v, 점수, 섞기), RNN 2nd², GRU 6nd², LSTM 8nd². 모르는 종류는 ValueError예요.
    """
    counts = {"attention": 3 * n * d * d + 2 * n * n * d, "rnn": 2 * n * d * d, "gru": 6 * n * d * d}
    counts["lstm"] = 8 * n * d * d
    if kind not in counts:
        raise ValueError(f"모르는 종류예요: {kind!r}. {', '.join(counts)} 가운데에서 골라 주세요.")
    return counts[kind]


def alternating_seconds(jobs: dict[str, Job], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """한 바퀴에 모두를 한 번씩 재요. 일마다 한 번에 걸린 시간(초)을 바퀴 차례로 돌려줘요.

    컴퓨터가 잠깐 느려져도 한 바퀴의 모두가 함께 느려지므로 비율이 덜 흔들려요.
    """
    # PyTorch의 기본 설정으로 재요. 학습 도구가 고르는 설정은 큰 행렬 곱만 빠르고, 작은 것이 많으면 열 배까지 느려요.
    with matmul_precision("highest"):
        return _alternate(jobs, rounds, device)


@contextlib.contextmanager
def matmul_precision(name: str) -> Iterator[None]:
    """행렬곱의 정밀도 설정을 이 구역에서만 바꿔요."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _alternate(jobs: dict[str, Job], rounds: int, device: torch.device) -> dict[str, list[float]]:
    repeats = {}
    for name, job in jobs.items():
        job()  # 첫 번째에는 메모리를 잡고 방법을 고르는 시간이 들어 있어요.
        repeats[name] = max(1, math.ceil(SHORTEST / max(_seconds(job, 1, device), 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            if repeats[name] > 1:
                job()  # 짧은 일은 앞의 긴 일이 프로세서의 캐시에서 밀어낸 가중치를 다시 읽는 시간이 더 길 수 있어요.
            times[name].append(_seconds(job, repeats[name], device))
    return times


def _seconds(job: Job, repeats: int, device: torch.device) -> float:
    clock = time.process_time
    if device.type != "cpu":  # GPU는 일을 맡기기만 하고 돌아오므로 끝날 때까지 기다려요.
        clock = time.perf_counter
        torch.accelerator.synchronize(device)
    before = clock()
    for _ in range(repeats):
        job()
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
    return (clock() - before) / repeats


def middle(times: dict[str, list[float]]) -> dict[str, float]:
    """일마다 가운데 값(초)이에요."""
    return {name: statistics.median(values) for name, values in times.items()}


def paired_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """같은 바퀴끼리 나눈 비율의 가운데 값이에요. 1보다 크면 fast가 빨라요."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def growth(sizes: Sequence[float], values: Sequence[float]) -> float:
    """크기가 두 배면 값이 2^p배가 되는 p예요. 식: log 값 = p · log 크기 + 상수를 최소제곱으로 맞춘 기울기."""
    logs = [[math.log(value) for value in row] for row in (sizes, values)]
    return statistics.linear_regression(*logs).slope


def capped(size: int, setup: Setup, least: int = 8) -> int:
    """scale 1 아래에서만 줄어드는 크기예요. 지점에 적힌 크기는 scale이 커져도 그대로여야 서로 견줄 수 있어요."""
    return min(size, setup.size(size, least))
