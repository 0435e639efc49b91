"""풀: 죽은 작업자를 새로 띄우고, 닫으면 모두 끝나고, 죽은 채점이 남긴 것을 치워요."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from pathlib import Path

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
    WorkerLost,
)
from autograder.sandbox.scratch import Scratch


def test_a_dead_worker_is_replaced() -> None:
    shared = shared_pool()
    worker = shared._ready()
    worker._control.shutdown(socket.SHUT_RDWR)
    worker._process.wait()
    with pytest.raises(WorkerLost):
        run("x = 1")
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


def test_a_lost_job_is_an_error_and_the_next_gets_a_new_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pool(shared_pool().tier, LIMITS) as own:
        first = own._ready()
        monkeypatch.setattr(first.line, "run", lose)
        with pytest.raises(WorkerLost):
            own.run(Job((), ()))
        assert first._process.poll() is not None and own._ready() is not first


def lose(job: Job) -> JobResult:
    raise WorkerLost("없어졌어요")


def test_folders_of_the_dead_are_swept_and_those_in_use_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used = Scratch("course-grader-")
    (tmp_path / "course-grader-dead" / "autograder").mkdir(parents=True)
    (tmp_path / "course-grader-young").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "course-grader-link").symlink_to(tmp_path / "mine")
    for folder in (used.folder, tmp_path / "course-grader-dead"):
        os.utime(folder, (0, 0))
    Scratch("course-grader-").close()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {used.folder.name, "course-grader-young", "course-grader-link", "mine"}
    used.close()
    assert not used.folder.exists()
