"""번갈아 재기: 한 바퀴에 모두를 한 번씩 돌리고, 몸풀기는 적지 않아요."""

from __future__ import annotations

import torch

from reference.tools import benchmark_timing


def test_everyone_runs_once_a_round_and_the_warm_up_is_not_counted():
    order: list[tuple[str, int]] = []
    jobs = {name: lambda index, name=name: order.append((name, index)) for name in "ab"}
    times = benchmark_timing.alternate(jobs, rounds=2, warmup=1)
    assert order == [(name, index) for index in (-1, 0, 1) for name in "ab"]
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 2, "b": 2}


def test_threads_are_put_back():
    before = torch.get_num_threads()
    with benchmark_timing.threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
