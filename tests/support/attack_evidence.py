"""공격을 채점한 뒤에 다른 일이 없었다는 증거: 파일, 프로세스, 부모의 기억과 CPU, 다음 제출물의 점수."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from autograder.grading.attempt import grade_submission
from autograder.grading.results import Mark
from autograder.grading.submissions import Submission
from autograder.layout import ROOT
from autograder.sandbox import Pool, SandboxRefused, Tier, launch
from autograder.sandbox import pool as pools
from support.attacks import CONTROLS, LANDLOCK, MARK, NAMES, SECCOMP, TAGS, Attack, syscall_number
from support.tiny_lesson import ANSWERS, LIMITS, SEED, as_bytes, cells_of, marks, shared_pool, tiny_setup

_PR_SET_CHILD_SUBREAPER = 36
_SETTLE_SECONDS = 20  # 끝난 자식이 목록에서 사라지기를 기다리는 동안. 시험의 결과를 정하지 않아요.

_libc = ctypes.CDLL(None, use_errno=True)
_IOPRIO_GET = syscall_number("ioprio_get")


# -- 단계 --

WALLS = {
    "full": {SECCOMP, LANDLOCK, NAMES},
    "landlock": {SECCOMP, LANDLOCK},
    "reduced": {NAMES},
    "seccomp 없이": {LANDLOCK, NAMES},
    "Landlock 없이": {SECCOMP, NAMES},
}
LOWER = ("landlock", "seccomp 없이", "Landlock 없이")


_opened: list[Pool] = []


class _Weakened(Pool):
    """울타리 하나를 빼고 띄우는 풀. 그것을 쓸 수 없는 기계를 흉내 내요."""

    missing = ""

    def _start(self) -> Any:
        usual = pools.prepare

        def prepare(*args: Any, **kwargs: Any) -> launch.Launch:
            prepared = usual(*args, **kwargs)
            if self.missing == SECCOMP:
                prepared.settings["seccomp"] = ""
            else:
                prepared.settings["confined"] = False
            return prepared

        with mock.patch.object(pools, "prepare", prepare):
            return super()._start()


@cache
def pool_of(tier: str) -> Pool:
    """그 단계의 풀. "best"는 이 기계에서 되는 가장 높은 단계예요. 만들 수 없으면 까닭을 말하고 건너뛰어요."""
    if tier == "best":
        return shared_pool()
    if not sys.platform.startswith("linux"):
        pytest.skip("모래상자는 Linux에만 있어요.")
    if tier == "landlock":
        pool = Pool(Tier("landlock"), LIMITS)
    else:
        pool = _Weakened(Tier("reduced"), LIMITS)
        pool.missing = SECCOMP if tier == "seccomp 없이" else LANDLOCK
    _opened.append(pool)
    try:
        return pool.__enter__()
    except SandboxRefused as refused:
        pytest.skip(f"이 기계에서는 {tier} 단계를 만들 수 없어요: {refused}")


def close_pools() -> None:
    """낮은 단계의 풀들을 닫아요. 함께 쓰는 풀은 남겨요."""
    while _opened:
        _opened.pop().close()
    pool_of.cache_clear()


def walls(tier: str) -> set[str]:
    """그 단계가 두르는 울타리들."""
    return WALLS[shared_pool().tier.name if tier == "best" else tier]


# -- 채점 --


def grade_on(pool: Pool, data: bytes) -> dict[str, Mark]:
    """작은 레슨의 노트북 하나를 그 풀에서 채점해요."""
    return marks(grade_submission(Submission("s001", "tiny", data), SEED, pool, tiny_setup()))


HONEST = as_bytes(cells_of(ANSWERS))


@cache
def honest_marks() -> dict[str, Mark]:
    """정직한 제출물의 점수."""
    return grade_on(shared_pool(), HONEST)


def scored(mark: Mark) -> tuple[str, float, str | None]:
    """견줄 것: 판정, 점수, 실수의 이름."""
    return mark.verdict, mark.score, mark.mistake


# -- 프로세스 --


def own_children() -> set[int]:
    """이 프로세스의 바로 아래에 있는 프로세스들(따뜻한 작업자)의 번호."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found |= set(map(int, (task / "children").read_text().split()))
    return found


def processes() -> dict[int, tuple[str, tuple[Any, ...]]]:
    """이 시험에서 갈라져 나온 살아 있는 프로세스들: 번호에서 (명령, 남이 바꿀 수 있는 조율)로."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        try:
            text = Path("/proc", entry, "stat").read_text(errors="replace") if entry.isdigit() else ""
        except OSError:
            continue
        if text:
            rest = text.rpartition(")")[2].split()
            if rest[0] != "Z":
                parents[int(entry)], names[int(entry)] = int(rest[1]), text.partition("(")[2].rpartition(")")[0]
    mine = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return {pid: (names[pid], _tuning(pid)) for pid in mine}


def _tuning(pid: int) -> tuple[Any, ...]:
    try:
        return (
            os.getpriority(os.PRIO_PROCESS, pid),
            os.sched_getscheduler(pid),
            frozenset(os.sched_getaffinity(pid)),
            Path(f"/proc/{pid}/oom_score_adj").read_text().strip(),
            _libc.syscall(_IOPRIO_GET, 1, pid) if _IOPRIO_GET else None,
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T",
        )
    except OSError:
        return ()


@contextmanager
def adopted() -> Iterator[None]:
    """달아난 손자까지 이 프로세스의 아래에 남게 해요. 그래야 남은 프로세스를 빠짐없이 세요."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _settled(count: int) -> dict[int, tuple[str, tuple[Any, ...]]]:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while len(found := processes()) > count and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


# -- 파일 --


def traces() -> list[str]:
    """지켜보는 곳들에 생긴, 공격이 남긴 파일들."""
    places = {"/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/", tempfile.gettempdir()}
    places |= {os.getcwd(), str(ROOT), str(Path.home()), str(ROOT / "autograder"), str(ROOT / "solutions")}
    found = []
    for place in sorted(places):
        try:
            found += [f"{place}/{name}" for name in os.listdir(place) if MARK in name]
        except OSError:
            continue
    return found


# -- 부모의 기억과 CPU --


def _memory(field: str) -> float:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field)) / 1024


@contextmanager
def measured(found: dict[str, float]) -> Iterator[None]:
    """하는 동안 이 프로세스의 기억이 가장 많이 는 MiB(`memory`)와 쓴 CPU 초(`cpu`)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # 최고 기록(VmHWM)을 지금부터 다시 재요.
        resets = True
    except OSError:
        resets = False
    before, cpu = _memory("VmRSS" if resets else "VmHWM"), time.process_time()
    yield
    found["memory"], found["cpu"] = _memory("VmHWM") - before, time.process_time() - cpu


@cache
def honest_cost() -> float:
    """정직한 제출물 하나에 부모가 쓰는 CPU 초."""
    honest_marks()
    costs = []
    for _ in range(5):
        found: dict[str, float] = {}
        with measured(found):
            grade_on(shared_pool(), HONEST)
        costs.append(found["cpu"])
    return max(sorted(costs)[2], 0.005)


# -- 공격 하나의 증명 --


def prove(attack: Attack, tier: str) -> None:
    """공격을 채점하고, 약속한 판정과 아무 일도 없었다는 증거를 모두 봐요."""
    pool = pool_of(tier)
    honest, allowed = honest_marks(), honest_cost() * attack.cost
    grade_on(pool, HONEST)  # 작업자가 떠 있어야 남은 프로세스를 셀 수 있어요.
    before, cost, data = processes(), dict[str, float](), attack.submission()
    with measured(cost):
        found = grade_on(pool, data)
    _prove_marks(attack, found, complete=attack.needs <= walls(tier), best=tier == "best")
    # 다음 사람은 정직한 점수를 그대로 받아요.
    assert {name: scored(m) for name, m in grade_on(pool, HONEST).items()} == {n: scored(m) for n, m in honest.items()}
    if attack.sequel:
        after = grade_on(pool, as_bytes(cells_of({**ANSWERS, "double": attack.sequel})))
        if tier != "best":
            _skip_closed(after["double"])
        assert after["double"].verdict == "pass", f"앞의 제출물이 흔적을 남겼어요: {after['double'].message}"
    left = _settled(len(before))
    assert len(left) <= len(before), f"남은 프로세스: {[left[pid][0] for pid in left.keys() - before.keys()]}"
    changed = [pid for pid in left.keys() & before.keys() if left[pid][1] != before[pid][1]]
    assert not changed, f"다른 프로세스의 조율이 바뀌었어요: {[(before[pid], left[pid]) for pid in changed]}"
    assert traces() == []
    assert cost["memory"] <= attack.memory, f"부모의 기억이 {cost['memory']:.0f} MiB 늘었어요."
    assert cost["cpu"] <= allowed, f"부모의 CPU {cost['cpu']:.2f}초, 정직한 제출물의 {attack.cost}배를 넘었어요."


def _skip_closed(mark: Mark) -> None:
    """파이썬이 닫힌 홈에 있고 root로 채점하면, Landlock만 있는 단계에서는 미리 불러 두지 않은 표준 모듈을 열지 못해요."""
    if any(
        lost in mark.message for lost in ("모듈은 이 환경에 없어요", "없는 인코딩", "라는 이름이 없어요. (ImportError)")
    ):
        pytest.skip("이 단계에서는 공격이 쓰는 파이썬 모듈을 열 수 없어요.")


def _prove_marks(attack: Attack, found: dict[str, Mark], complete: bool, best: bool) -> None:
    mark, honest = found["double"], honest_marks()
    if not best:
        _skip_closed(mark)
    for other in found.values():
        assert not [bad for bad in CONTROLS if bad in other.message], other.message
        assert not [bad for bad in TAGS if bad in re.sub("`[^`\\n]*`", "", other.message)], other.message
        assert str(ROOT) not in other.message and len(other.message) <= 2000
    if attack.others is not None:
        for name in ("quadruple", "half"):
            assert found[name].verdict == attack.others, (name, found[name].message)
            if attack.others == "pass":
                assert scored(found[name]) == scored(honest[name])
    if not complete:
        return
    assert mark.verdict in attack.verdicts, (mark.verdict, mark.message)
    assert mark.score == (honest["double"].score if mark.verdict == "pass" else 0) or mark.verdict == "partial"
    assert [word for word in attack.words if word not in mark.message] == [], mark.message
    assert not attack.one_of or any(word in mark.message for word in attack.one_of), mark.message


# -- 이웃 --


def prove_on_siblings(attack: Attack, victim: str, tier: str, rounds: int) -> None:
    """정직하고 느린 이웃을, 공격하는 제출물과 함께 `rounds`번 채점해요.

    이웃의 결과는 혼자일 때와 한 글자도 달라지지 않아야 해요.
    """
    pool = pool_of(tier)
    data = as_bytes(cells_of({**ANSWERS, "double": victim}))
    alone = grade_on(pool, data)
    assert {name: scored(m) for name, m in alone.items()} == {n: scored(m) for n, m in honest_marks().items()}
    before, workers = processes(), own_children()
    beside, enough = [], threading.Event()

    def keep_attacking() -> None:
        while not enough.is_set():
            beside.append(grade_on(pool, attack.submission())["double"])

    thread = threading.Thread(target=keep_attacking)
    thread.start()
    try:
        together = [grade_on(pool, data) for _ in range(rounds)]
    finally:
        enough.set()
        thread.join()
    assert [found for found in together if found != alone] == []
    assert beside and {mark.verdict for mark in beside} <= set(attack.verdicts), beside[0].message
    left = _settled(len(before))
    assert len(left) <= len(before), f"남은 프로세스: {[left[pid][0] for pid in left.keys() - before.keys()]}"
    assert own_children() == workers, "따뜻한 작업자가 바뀌었어요."
    changed = [pid for pid in left.keys() & before.keys() if left[pid][1] != before[pid][1]]
    assert not changed, f"다른 프로세스의 조율이 바뀌었어요: {[(before[pid], left[pid]) for pid in changed]}"
    assert grade_on(pool, data) == alone
