"""무엇을 죽여도 잃는 것이 없어요: 채점하는 명령과 그 자식들을 아무 때나 죽이고, 남은 것을 방해 없던 채점과 견줘요."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.classes import hand_in, notebook
from support.kills import ROLES, Run, outcome, wait_for
from support.tiny_lesson import needs

from autograder.classroom.folder import Classroom

LESSON = "03_feed_forward"
EVERYTHING = "everything"
HELPERS = [role for role in ROLES if role != "main"]
VICTIMS = ["main", *HELPERS, EVERYTHING]
WRONG = {
    "abs": {"relu": "def relu(x):\n    return abs(x)"},
    "syntax": {"ffn": "def ffn(x:\n  x"},
    "raises": {"collapse": "def collapse(*_):\n    raise ValueError('x')"},
    "exits": {"relu": "import os\nos._exit(3)"},
    "blank": {"swiglu": "def swiglu(*a, **k):\n    raise NotImplementedError"},
}


def hand_in_class(folder: Path) -> None:
    """바른 것, 틀린 것, 깨진 JSON, 읽을 수 없는 것: 모두 열두 명."""
    for number in range(5):
        hand_in(folder, f"right{number}", notebook(LESSON), f"{LESSON}.ipynb", LESSON)
    for name, cells in WRONG.items():
        hand_in(folder, name, notebook(LESSON, **cells), f"{LESSON}.ipynb", LESSON)
    hand_in(folder, "json", b'{"cells": [', f"{LESSON}.ipynb", LESSON)
    link = folder / "link" / LESSON / f"{LESSON}.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to("/etc/hostname")


@dataclass(frozen=True)
class Calm:
    """방해 없던 채점: 제출물, 남은 것, 걸린 시간."""

    submitted: Path
    room: Path
    found: dict[str, Any]
    seconds: float


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    needs("full", "reduced", "landlock")
    folder = tmp_path_factory.mktemp("calm")
    hand_in_class(folder / "submitted")
    room = new_room(folder / "room")
    started = time.monotonic()
    run = Run(folder / "submitted", room).finish()
    seconds = time.monotonic() - started
    assert run.code == 1, run.err  # 읽을 수 없는 것이 둘 있어요.
    assert run.nobody_left() and run.folders() == []
    return Calm(folder / "submitted", room, outcome(room), seconds)


def new_room(room: Path) -> Path:
    """시드가 늘 같은 학급."""
    room.mkdir(parents=True)
    (room / "classroom.json").write_text('{"seed": 20260101, "created": "2026-01-01"}\n')
    return room


def originals(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*.ipynb"))}


def strike(run: Run, victim: str, moment: float) -> bool:
    """그때가 되면, 그리고 때릴 것이 있으면 죽여요. 그 전에 명령이 끝나면 거짓이에요."""
    end = time.monotonic() + moment

    def hit() -> bool | None:
        family = run.family.look()
        if run.process.poll() is not None:
            return False
        if time.monotonic() < end:
            return None
        if victim == EVERYTHING:
            killed = [one.kill() for one in family]
            return any(killed)
        found = [one for one, role in family.items() if role == victim]
        return (bool(found) and found[0].kill()) or None

    found: list[bool] = []

    def tried() -> bool:
        result = hit()
        if result is not None:
            found.append(result)
        return bool(found)

    wait_for(tried)
    return found[0]


def check(calm: Calm, folder: Path, victim: str, share: float) -> str:
    """한 번 죽여 보고, 그 채점과 다음 채점이 남긴 것을 견줘요. 때린 때를 돌려줘요."""
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        run = Run(calm.submitted, new_room(folder / "room"))
        hit = strike(run, victim, share * calm.seconds)
        run.finish()
        if hit:
            break
        share *= 0.7  # 명령이 먼저 끝났어요. 조금 앞에서 다시 때려요.
    before = originals(calm.submitted)
    assert run.nobody_left(), f"{victim} {share:.2f}: 남은 프로세스가 있어요"
    if victim in HELPERS:
        assert run.code == 1, (victim, share, run.code, run.out, run.err)
        assert outcome(run.room) == calm.found, (victim, share)
    else:
        assert run.code == -signal.SIGKILL
    again = Run(calm.submitted, run.room).finish()
    assert again.code == 1 and "Traceback" not in again.err, again.err
    assert again.nobody_left() and again.folders() == [], (victim, share, again.folders())
    assert outcome(run.room) == calm.found, (victim, share)
    assert originals(calm.submitted) == before
    return f"{victim:14} {share * 100:3.0f}%"


def test_a_killed_main_process_loses_nothing(calm: Calm, tmp_path: Path) -> None:
    check(calm, tmp_path / "class", "main", 0.8)


def test_one_run_survives_the_loss_of_every_helper(calm: Calm, tmp_path: Path) -> None:
    """한 채점 안에서 자식들을 차례로 하나씩 죽여요. 그 채점이 그대로 끝나고, 채점하지 못한 것이 없어요."""
    run = Run(calm.submitted, new_room(tmp_path / "room"))
    for victim in HELPERS:
        wait_for(lambda: run.family.of("judge") or run.process.poll() is not None)
        assert strike(run, victim, 0.0), f"{victim}을 죽이기 전에 끝났어요"
    assert run.finish().code == 1, run.err
    assert outcome(run.room) == calm.found
    assert run.nobody_left() and run.folders() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(50))
def test_fifty_kills_lose_nothing(calm: Calm, tmp_path: Path, number: int) -> None:
    share = random.Random(number).random()
    print(check(calm, tmp_path / "class", VICTIMS[number % len(VICTIMS)], share))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.75, 0.9])
def test_a_stop_is_one_sentence(calm: Calm, tmp_path: Path, number: int, code: int, share: float) -> None:
    def moment() -> bool:
        # 파이썬이 뜨는 처음의 짧은 사이에는 아직 우리 코드가 없어요.
        return run.process.poll() is not None or (time.monotonic() >= end and (run.room / ".lock").exists())

    while True:
        run = Run(calm.submitted, new_room(tmp_path / f"room {share:.3f}"))
        end = time.monotonic() + share * calm.seconds
        wait_for(moment)
        run.family.look()
        if run.process.poll() is None:
            os.killpg(run.process.pid, number)
        if "점수표" not in run.finish().out:
            break
        # 명령이 할 일을 먼저 마쳤어요. 조금 앞에서 다시 멈춰요.
        share *= 0.7
        assert share > 0.05, "멈추라는 신호를 듣지 않아요"
    assert run.code == code and len(run.err.strip().splitlines()) == 1 and "멈췄어요" in run.err, run.err
    assert "Traceback" not in run.out + run.err and run.nobody_left()
    again = Run(calm.submitted, run.room).finish()
    assert again.code == 1 and again.folders() == [] and outcome(run.room) == calm.found


@pytest.mark.slow
@pytest.mark.parametrize("victim", HELPERS)
def test_a_helper_that_stands_still_changes_no_mark(calm: Calm, tmp_path: Path, victim: str) -> None:
    run = Run(calm.submitted, new_room(tmp_path / "room"))
    wait_for(lambda: run.family.of("judge") or run.process.poll() is not None)
    stopped = wait_for(lambda: run.family.of(victim) or run.process.poll() is not None)[0]
    assert stopped.signal(signal.SIGSTOP)
    time.sleep(3)
    stopped.signal(signal.SIGCONT)
    assert run.finish().code == 1 and outcome(run.room) == calm.found


@pytest.mark.slow
def test_a_class_that_stands_still_longer_than_sleep_is_allowed_changes_no_mark(calm: Calm, tmp_path: Path) -> None:
    """채점 전체가 잠든 시간의 상한보다 오래 멈췄다가 이어져도(노트북 컴퓨터를 덮었을 때처럼) 잠든 것이 아니에요."""
    run = Run(calm.submitted, new_room(tmp_path / "room"))
    wait_for(lambda: run.family.of("sandbox child") or run.process.poll() is not None)
    assert run.process.poll() is None
    family = list(run.family.look())
    for one in family:
        one.signal(signal.SIGSTOP)
    time.sleep(12)
    for one in family:
        one.signal(signal.SIGCONT)
    assert run.finish().code == 1 and outcome(run.room) == calm.found


@pytest.mark.slow
def test_a_hand_in_that_changes_meanwhile_is_graded_as_it_is(calm: Calm, tmp_path: Path) -> None:
    """채점하는 동안 바뀌거나 잘린 것은, 다음 채점에서 마지막 내용의 점수예요."""
    submitted = shutil.copytree(calm.submitted, tmp_path / "submitted", symlinks=True)
    good = notebook(LESSON)
    run = Run(submitted, new_room(tmp_path / "room"))
    wait_for(lambda: run.family.of("judge") or run.process.poll() is not None)
    for number, name in enumerate(("right0", "right2", "right4", "abs")):
        path = submitted / name / LESSON / f"{LESSON}.ipynb"
        if number % 2:
            path.write_bytes(path.read_bytes()[:500])
        else:
            hand_in(submitted, name, notebook(LESSON, relu="def relu(x):\n    return x"), path.name, LESSON)
    assert run.finish().code == 1 and "Traceback" not in run.err
    hand_in(submitted, "right4", good, f"{LESSON}.ipynb", LESSON)
    assert Run(submitted, run.room).finish().code == 1
    straight = Run(submitted, new_room(tmp_path / "straight")).finish()
    assert straight.code == 1 and outcome(run.room) == outcome(straight.room)


@pytest.mark.slow
def test_a_classroom_deleted_meanwhile_is_one_sentence(calm: Calm, tmp_path: Path) -> None:
    run = Run(calm.submitted, new_room(tmp_path / "room"))
    wait_for(lambda: list(run.room.rglob("results/*/*.json")) or run.process.poll() is not None)
    assert run.process.poll() is None
    shutil.rmtree(run.room, ignore_errors=True)
    run.finish()
    said = run.err.strip().splitlines()
    assert run.code == 2 and len(said) == 1 and "Traceback" not in run.err and "뜻밖의" not in run.err, run.err
    assert run.nobody_left()
    shutil.rmtree(run.room, ignore_errors=True)
    again = Run(calm.submitted, new_room(run.room)).finish()
    assert again.code == 1 and Classroom(run.room).seed() == 20260101 and outcome(run.room) == calm.found
