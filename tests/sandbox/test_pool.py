"""풀: 죽은 작업자를 새로 띄우고, 잃은 일을 다시 맡기고, 닫으면 모두 끝나요."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from support.sandbox import answer, run
from support.tiny_lesson import LIMITS, shared_pool

from autograder.sandbox import (
    CellText,
    Job,
    JobResult,
    Limits,
    Pool,
    SandboxRefused,
    Tier,
    WorkerLost,
)
from autograder.sandbox.pool import Turns


def test_a_dead_worker_is_replaced() -> None:
    shared = shared_pool()
    worker = shared._ready()
    worker._control.shutdown(socket.SHUT_RDWR)
    worker._process.wait()
    assert answer(run("def f(t):\n    return t", call="f")).value.tolist() == [1.0, 2.0]
    assert shared._ready() is not worker


def test_closing_the_pool_ends_the_worker_and_running_jobs() -> None:
    with Pool(shared_pool().tier, LIMITS) as own:
        process = own._ready()._process
        endless = Job((CellText(0, "import time\ntime.sleep(600)"),), (), (), Limits(unit_asleep=600, total_asleep=600))
        seen: list[object] = []

        def work() -> None:
            try:
                seen.append(own.run(endless))
            except SandboxRefused as error:
                seen.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.5)
    thread.join(30)
    assert not thread.is_alive() and isinstance(seen[0], SandboxRefused)
    assert process.poll() is not None


class Unlucky(Pool):
    """처음 몇 번은 작업자를 잃는 풀. 진짜 작업자는 띄우지 않아요."""

    def __init__(self, losses: int) -> None:
        super().__init__(Tier("none"), LIMITS)
        self.losses, self.tries, self.alone = losses, 0, []

    def _try(self, job: Job) -> JobResult:
        self.tries += 1
        self.alone.append(self._turns._together == 0)
        if self.tries <= self.losses:
            raise WorkerLost("없어졌어요")
        return JobResult()


@pytest.mark.parametrize("losses", [0, 1, 2])
def test_a_lost_job_is_tried_again_and_at_last_alone(losses: int) -> None:
    pool = Unlucky(losses)
    assert pool.run(Job((), ())) == JobResult() and pool.tries == losses + 1
    assert pool.alone == [False, False, True][: losses + 1]


def test_a_job_lost_even_alone_is_an_error_and_no_result() -> None:
    pool = Unlucky(3)
    with pytest.raises(WorkerLost):
        pool.run(Job((), ()))
    assert pool.tries == 3


def test_working_alone_waits_for_the_others_and_holds_back_new_ones() -> None:
    turns, log = Turns(), []
    started, finish = threading.Event(), threading.Event()

    def first() -> None:
        with turns.together():
            started.set()
            finish.wait(30)
            log.append("함께 하던 일")

    def alone() -> None:
        with turns.alone():
            log.append("혼자")

    def late() -> None:
        with turns.together():
            log.append("나중에 온 일")

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert started.wait(30)
    for work in (alone, late):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while work is alone and not turns._alone:
            time.sleep(0.001)
    finish.set()
    for thread in threads:
        thread.join(30)
    assert log == ["함께 하던 일", "혼자", "나중에 온 일"]
