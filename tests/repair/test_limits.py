"""고쳐 보는 동안의 울타리: 끝나지 않거나 찍거나 죽이려는 후보가 있어도 학습자의 커널은 그대로예요."""

from __future__ import annotations

import gc
import random
import resource
import signal
import sys
import threading
import time
import warnings
from typing import Any

import pytest
import torch
from support.small_keys import A, B, key_for, space

from autograder.repair import cell, limits, search
from autograder.repair.limits import Watch, fenced
from autograder.repair.safe_torch import SAFE_TORCH
from autograder.repair.search import locate

COUNT = """
def answer(n):
    out, i = [], 0
    while i < n:
        out.append(i)
        i += 2
    return out
"""
NOISY = """
import warnings

def answer(x):
    print("화면", x)
    warnings.warn("경고", stacklevel=1)
    return x + torch.rand(1) * 0 + random.random() * 0 - 1
"""


def counted(n: int) -> list[int]:
    return list(range(n))


def plus_one(x: torch.Tensor) -> torch.Tensor:
    return x + 1


# -- 끝나지 않는 것 --


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="타이머 신호가 없는 컴퓨터예요.")
def test_endless_candidates_are_stopped() -> None:
    """`i -= 2`나 `i = 2`로 고치면 끝나지 않아요. 그래도 바른 줄을 찾아요."""
    found = locate(COUNT, "answer", space(COUNT), key_for(counted, (3,), (6,), (7,)), 20.0)
    assert found is not None and found.lines == (6,)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="타이머 신호가 없는 컴퓨터예요.")
def test_an_endless_answer_itself_is_repaired() -> None:
    source = COUNT.replace("i += 2", "i *= 1")
    found = locate(source, "answer", space(source), key_for(counted, (3,), (6,)), 20.0)
    assert found is not None and found.lines == (6,)


def test_other_timers_and_the_handler_are_left_alone() -> None:
    if not hasattr(signal, "setitimer"):
        pytest.skip("타이머 신호가 없는 컴퓨터예요.")
    handler = signal.getsignal(signal.SIGVTALRM)
    signal.setitimer(signal.ITIMER_REAL, 1000.0)
    try:
        locate(COUNT, "answer", space(COUNT), key_for(counted, (3,), (6,)), 2.0)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGVTALRM) == handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_without_a_timer_answers_that_loop_are_not_tried() -> None:
    """주 실이 아니면 멈출 길이 없어요. 반복문이 없는 답만 고쳐 봐요."""
    straight = "def answer(x):\n    return x - 1\n"
    found: dict[str, Any] = {}

    def work() -> None:
        found["straight"] = locate(straight, "answer", space(straight), key_for(plus_one, (A,), (B,)), 20.0)
        found["loop"] = locate(COUNT, "answer", space(COUNT), key_for(counted, (3,), (6,)), 20.0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found["straight"] is not None and found["straight"].lines == (2,)
    assert found["loop"] is None


def test_an_answer_that_swallows_everything_is_not_tried() -> None:
    source = """
def answer(n):
    try:
        return n + 2
    except:
        return 0
"""
    assert locate(source, "answer", space(source), key_for(lambda n: n + 1, (3,), (5,)), 2.0) is None


def test_the_watch_stops_only_what_it_watches() -> None:
    watch = Watch(5.0)
    if not watch.can_stop:
        pytest.skip("타이머 신호가 없는 컴퓨터예요.")

    def endless() -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:  # 학습자의 흔한 except로는 잡히지 않아요.
                pass

    with fenced(watch):
        assert watch.run(endless, 0.02) is None
        assert watch.run(lambda: 3, 0.02) == 3
        watch.tick()  # 아무것도 보고 있지 않으면 멈추지 않아요.


def test_the_budget_ends_the_search() -> None:
    source = "def answer(x):\n    y = x.flip(0)\n    z = y.cumsum(0)\n    return z[:1] * 3\n"
    started = time.thread_time()
    assert locate(source, "answer", space(source), key_for(lambda x: torch.linalg.pinv(x), (A,), (B,)), 0.3) is None
    assert time.thread_time() - started < 3.0  # 예산의 열 배. 시계가 아니라 CPU 시간이에요.


# -- 학습자의 것 --


def test_nothing_is_printed_and_no_state_moves(capfd: pytest.CaptureFixture[str]) -> None:
    names = space(NOISY, random=random)
    torch.manual_seed(3)
    random.seed(4)
    states = torch.get_rng_state(), random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = locate(NOISY, "answer", names, key_for(plus_one, (A,), (B,)), 20.0)
    assert found is not None and found.lines == (7,)
    assert capfd.readouterr() == ("", "")
    assert torch.equal(torch.get_rng_state(), states[0]) and random.getstate() == states[1]
    assert torch.is_grad_enabled() and torch.get_default_dtype() == torch.float32 and gc.isenabled()


def test_the_learners_names_and_objects_are_not_touched() -> None:
    source = """
LOG = []
calls = 0

def answer(x):
    global calls
    calls += 1
    LOG.append(x)
    seen.append(x)
    table["last"] = x
    weight.add_(1)
    return x - 1
"""
    weight, seen, table = torch.zeros(2), [0], {"last": 0}
    names = space(source, weight=weight, seen=seen, table=table)
    before = dict(names)
    log, function = names["LOG"], names["answer"]
    found = locate(source, "answer", names, key_for(plus_one, (A,), (B,)), 20.0)
    assert found is not None and found.lines == (12,)
    assert names.keys() == before.keys() and all(names[name] is before[name] for name in before)
    assert log == [] and names["calls"] == 0 and names["answer"] is function
    assert torch.equal(weight, torch.zeros(2)) and seen == [0] and table == {"last": 0}


def test_top_level_work_is_not_done_again() -> None:
    source = """
ran.append(1)

def answer(x):
    return x - 1

shown = answer(3)
"""
    ran: list[int] = []
    names = space(source, ran=ran)
    assert locate(source, "answer", names, key_for(plus_one, (A,), (B,)), 20.0) is not None
    assert ran == [1]


def test_exceptions_of_every_kind_are_only_failures() -> None:
    source = """
def answer(x):
    if x.sum() > 5:
        raise SystemExit
    return x - missing
"""
    assert locate(source, "answer", space(source), key_for(plus_one, (A,), (B,)), 2.0) is None


def test_keyboard_interrupt_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """사람이 멈추면 멈춰요. 울타리는 그래도 걷혀요."""
    source = "def answer(x):\n    return x - 1\n"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search.Trials, "now", interrupted)
    with pytest.raises(KeyboardInterrupt):
        locate(source, "answer", space(source), key_for(plus_one, (A,), (B,)), 2.0)
    assert gc.isenabled() and limits.signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_our_own_failure_never_reaches_the_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def answer(x):\n    return x - 1\n"

    def broken(*_: object) -> None:
        raise AssertionError("우리의 잘못")

    monkeypatch.setattr(search, "ordered", broken)
    assert locate(source, "answer", space(source), key_for(plus_one, (A,), (B,)), 2.0) is None


# -- 커널을 죽이는 것 --


@pytest.mark.skipif(sys.platform != "linux", reason="주소 공간의 크기를 아는 곳에서만 막아요")
def test_memory_is_bounded_wherever_it_is_taken() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with fenced(Watch(1.0)):
        for take in (
            lambda: torch.nn.Linear(60_000, 60_000),
            lambda: torch.nn.functional.one_hot(torch.tensor([0] * 60_000), 60_000),
            lambda: torch.zeros(1).repeat(5_000_000_000),
            lambda: [0] * 5_000_000_000,
        ):
            with pytest.raises((RuntimeError, MemoryError)):
                take()
        assert torch.ones(1000, 1000).sum() == 1_000_000
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_what_kills_the_kernel_is_refused() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    for kill in (
        lambda: SAFE_TORCH.tensor(loop),
        lambda: SAFE_TORCH.ones(10**6, 10**6),
        lambda: SAFE_TORCH.arange(1e12),
        lambda: SAFE_TORCH.zeros((10**5, 10**5)),
    ):
        with pytest.raises(ValueError):
            kill()
    assert torch.equal(SAFE_TORCH.tensor([[1, 2]]), torch.tensor([[1, 2]])) and SAFE_TORCH.ones(2, 3).shape == (2, 3)
    assert SAFE_TORCH.softmax is torch.softmax and SAFE_TORCH.float32 is torch.float32


def test_a_huge_power_is_refused_and_a_small_one_is_the_same() -> None:
    made = cell.read("def answer(a, b):\n    return a ** b ** 1\n", "answer", {})
    assert made is not None
    power = made.function(made.compiled())
    assert power(3, 4) == 81 and power(2.0, -1) == 0.5 and torch.equal(power(A, 2), A**2)
    with pytest.raises(OverflowError):
        power(3, 10**9)
