"""바쁜 기계: 어떤 판정도 차례를 기다린 시간에 기대지 않고, 나쁜 제출물이 많아도 메모리와 서술자가 쌓이지 않아요."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.classes import notebook
from support.tiny_lesson import LIMITS, SEED, code, needs, shared_pool

from autograder.grading.messages import Graded, Request
from autograder.grading.station import Station
from autograder.grading.submissions import Submission
from autograder.sandbox import CellText, Job, JobResult, Limits, watch

LESSON = "03_feed_forward"
BUSY = 6
TIMES = 20
# 느리지만 정직한 답(CPU 2초)은 통과하고, 끝없는 것과 잠든 것은 멈춰요.
PATIENT = Limits(unit_cpu=5.0, unit_asleep=4.0, total_cpu=40.0, total_asleep=8.0)
SPIN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"
BLINK = f"import time\nwhile True:\n    time.sleep(0.1)\n{SPIN.format(seconds=0.02)}".replace(
    "import time\nend", "    end"
).replace("\nwhile time.p", "\n    while time.p")


@contextmanager
def busy(processes: int = BUSY) -> Iterator[None]:
    """코어를 두고 다투는 프로세스들. 저마다 끝이 있고, 시험이 끝나거나 죽으면 함께 끝나요."""
    hot = (
        "import os, time\nparent, end = os.getppid(), time.process_time() + 900\n"
        "while time.process_time() < end and os.getppid() == parent: pass"
    )
    # 세션마다 몫을 나누는 커널에서도 서로 다투게, 저마다 제 세션이에요.
    running = [subprocess.Popen([sys.executable, "-c", hot], start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def slow(name: str, body: str) -> str:
    """CPU를 2초 쓰는 바른 답."""
    spin = "".join(f"    {line}\n" for line in SPIN.format(seconds=2.0).splitlines())
    return f"SPENT = []\ndef {name}(x):\n    if SPENT: return {body}\n    SPENT.append(1)\n{spin}    return {body}"


TEXTS = {
    "right": {},
    "right-too": {},
    "slow": {"relu": slow("relu", "x.clamp(min=0)")},
    "endless": {"relu": "def relu(x):\n    while True: pass"},
    "endless-cell": {"relu": "while True: pass"},
    "sleeper": {"relu": "import time\ndef relu(x):\n    time.sleep(600)"},
    "abs": {"relu": "def relu(x):\n    return abs(x)"},
    "syntax": {"ffn": "def ffn(x:\n  x"},
    "exits": {"collapse": "import os\nos._exit(0)"},
    "same": {"swiglu": "def swiglu(x, *_, **__):\n    return x"},
}


def requests() -> list[Request]:
    def as_json(name: str) -> bytes:
        return json.dumps(notebook(LESSON, **TEXTS[name]), ensure_ascii=False).encode()

    return [Request(Submission(name, LESSON, as_json(name)), SEED) for name in TEXTS]


def graded(station: Station) -> dict[str, Graded]:
    outcomes = list(station.grade(requests()))
    assert all(isinstance(one, Graded) for one in outcomes), outcomes
    return {one.student: one for one in outcomes if isinstance(one, Graded)}


@pytest.mark.slow
def test_twenty_gradings_beside_a_heavy_load_are_the_same() -> None:
    needs("full", "reduced", "landlock")
    with Station(jobs=2, limits=PATIENT) as station:
        calm = graded(station)
        relu = {name: one.marks[0] for name, one in calm.items()}
        assert {mark.verdict for mark in calm["right"].marks} == {"pass"} == {relu["slow"].verdict}
        assert {relu[name].verdict for name in ("endless", "endless-cell", "sleeper")} == {"timeout"}
        with busy():
            for number in range(TIMES):
                crowded = graded(station)
                assert {name: one.marks for name, one in crowded.items()} == {n: one.marks for n, one in calm.items()}
                print(f"{number + 1}번째 채점까지 같아요")


# -- 시계 --


def run(cell: str, limits: Limits) -> JobResult:
    needs("full", "reduced", "landlock")
    return shared_pool().run(Job((CellText(0, cell),), (), (), limits))


WAKEFUL = Limits(unit_cpu=20.0, unit_asleep=0.6, total_cpu=60.0, total_asleep=0.6)
THREADS = (
    "import threading, time\ndef spin():\n    end = time.thread_time() + 0.4\n    while time.thread_time() < end: pass\n"
    "threads = [threading.Thread(target=spin) for _ in range(4)]\n"
    "for one in threads: one.start()\nfor one in threads: one.join()"
)


@pytest.mark.parametrize("cell", [SPIN.format(seconds=1.5), THREADS], ids=["계산", "실이 계산"])
@pytest.mark.parametrize("known", [True, False], ids=["기다린 시간을 적는 기계", "적지 않는 기계"])
def test_waiting_for_a_core_is_not_sleeping(monkeypatch: pytest.MonkeyPatch, cell: str, known: bool) -> None:
    """차례를 기다린 시간이 잠든 시간의 상한보다 훨씬 길어도 잠든 것이 아니에요."""
    if not known:
        monkeypatch.setattr(watch, "_waited_by", lambda folder: None)
    with busy(4 * len(os.sched_getaffinity(0))):
        result = run(cell, WAKEFUL)
    assert result.reason is None and result.cells[0] == (None, "")


@pytest.mark.parametrize(
    ("cell", "known"),
    [("import time\ntime.sleep(600)", True), ("import time\ntime.sleep(600)", False), (BLINK, True)],
    ids=["잠", "기다린 시간을 적지 않는 기계의 잠", "잠깐씩 깨는 잠"],
)
def test_sleep_is_found(monkeypatch: pytest.MonkeyPatch, cell: str, known: bool) -> None:
    if not known:
        monkeypatch.setattr(watch, "_waited_by", lambda folder: None)
    result = run(cell, Limits(unit_cpu=20.0, unit_asleep=1.0, total_cpu=60.0))
    assert (result.stopped, result.reason) == (("cell", 0), "asleep") and result.cpu_seconds < 5


def test_sleep_below_every_units_limit_ends_with_the_total() -> None:
    needs("full", "reduced", "landlock")
    cells = tuple(CellText(unit, "import time\ntime.sleep(0.8)") for unit in range(20))
    result = shared_pool().run(Job(cells, (), (), Limits(unit_asleep=30.0, total_asleep=2.0)))
    assert result.reason == "asleep" and 2 <= len(result.cells) < 20


def test_what_nobody_watched_is_not_sleep() -> None:
    """재는 쪽이 오래 멈췄다 돌아오면 그사이는 세지 않아요. 자식이 우리를 기다렸을 수 있으니까요."""
    idle = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    clock = watch.Watch(idle.pid, LIMITS)
    try:
        clock._looked -= 10_000
        clock.look()
        assert 0 < clock.asleep <= watch._LONGEST
    finally:
        clock.close()
        idle.kill()
        idle.wait()


# -- 나쁜 제출물이 많은 반 --

HOSTILE = (
    "import os\nos._exit(0)",
    "while True: pass",
    "import os\nwhile True: os.fork()",
    "def relu(x):\n    return [bytearray(1 << 28) for _ in range(100)]",
    "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(600,)).start()",
)
STUDENTS = 300


def tiny(text: str) -> bytes:
    """실습 하나만 낸 노트북."""
    cells = [code("import torch", tags=("given",), id="given"), code(text, "relu")]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def size(pid: int) -> tuple[int, int]:
    """(차지한 메모리 MiB, 열린 서술자의 수)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20, len(os.listdir(f"/proc/{pid}/fd"))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
def test_three_hundred_strangers_leave_nothing_behind() -> None:
    """다섯에 하나는 나쁜 제출물. 쉰 번째와 삼백 번째의 메모리와 서술자와 프로세스를 견줘요."""
    needs("full", "reduced", "landlock")
    good = "def relu(x):\n    return x.clamp(min=0)"
    texts = [good if number % 5 else HOSTILE[number // 5 % len(HOSTILE)] for number in range(STUDENTS)]
    asked = (Request(Submission(f"s{n:03}", LESSON, tiny(text)), SEED) for n, text in enumerate(texts))
    seen: dict[int, dict[str, tuple[int, int]]] = {}
    verdicts: dict[bool, set[str]] = {True: set(), False: set()}
    with Station(jobs=2, limits=LIMITS) as station:
        assert station._judges is not None
        for number, outcome in enumerate(station.grade(asked), 1):
            assert isinstance(outcome, Graded), outcome
            found = next(mark for mark in outcome.marks if mark.exercise == "relu")
            verdicts[int(outcome.student[1:]) % 5 == 0].add(found.verdict)
            if number in (50, 100, 200, STUDENTS):
                bwrap = station._pool._ready().server.process.pid
                watched = {"main": os.getpid(), "judges": station._judges.server.process.pid}
                watched["worker"] = next(iter(children(bwrap)), bwrap) if station.tier.namespaces else bwrap
                seen[number] = {name: size(pid) for name, pid in watched.items()}
                seen[number]["children"] = (len(children(watched["judges"])), len(children(watched["worker"])))
                print(number, seen[number])
    assert verdicts[False] == {"pass"} and "pass" not in verdicts[True], verdicts
    early, late = seen[50], seen[STUDENTS]
    for name in ("main", "judges", "worker"):
        assert late[name][0] <= early[name][0] + 30 and late[name][1] <= early[name][1] + 4, seen
    assert late["children"][0] <= 2 and late["children"][1] <= 2, seen
