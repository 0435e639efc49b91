"""풀: 죽은 작업자를 새로 띄우고, 닫으면 모두 끝나고, 죽은 채점이 남긴 것을 치워요."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from support.kills import Family, wait_for
from support.sandbox import answer, run
from support.tiny_lesson import LIMITS, needs, shared_pool

from autograder.layout import ROOT
from autograder.sandbox import (
    CellText,
    Child,
    Job,
    Limits,
    Pool,
    SandboxRefused,
    WorkerLost,
)
from autograder.sandbox.scratch import Scratch
from autograder.sandbox.server_process import ServerProcess
from autograder.sandbox.worker_process import Line


def test_a_dead_worker_is_replaced() -> None:
    shared = shared_pool()
    worker = shared._ready()
    worker.server.control.shutdown(socket.SHUT_RDWR)
    worker.server.process.wait()
    with pytest.raises(WorkerLost):
        run("x = 1")
    assert answer(run("def f(t):\n    return t", call="f")).value.tolist() == [1.0, 2.0]
    assert shared._ready() is not worker


def test_closing_the_pool_ends_the_worker_and_running_jobs() -> None:
    with Pool(shared_pool().tier, LIMITS) as own:
        process = own._ready().server.process
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
        monkeypatch.setattr(first.line, "start", lose)
        with pytest.raises(WorkerLost):
            own.run(Job((), ()))
        assert first.server.process.poll() is not None and own._ready() is not first


def lose(limits: Limits) -> Child:
    raise WorkerLost("없어졌어요")


def test_folders_of_the_dead_are_swept_and_those_in_use_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used = Scratch("course-grader-")
    (tmp_path / "course-grader-dead" / "autograder").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "course-grader-link").symlink_to(tmp_path / "mine")
    Scratch("course-grader-").close()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {used.folder.name, "course-grader-link", "mine"}
    used.close()
    assert not used.folder.exists()


def test_a_folder_swept_before_its_lock_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """만들고 자물쇠를 걸기까지의 틈에 다른 채점이 치워도, 쥔 폴더는 있고 잠겨 있어요."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    make, made = tempfile.mkdtemp, []

    def swept_once(*args: object, **options: object) -> str:
        made.append(make(*args, **options))
        if len(made) == 1:
            os.rmdir(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    used = Scratch("course-grader-")
    Scratch("course-grader-").close()
    assert len(made) == 3 and used.folder.is_dir() and str(used.folder) == made[1]
    used.close()


def test_only_the_worker_of_that_line_is_renewed() -> None:
    """한 작업자를 잃은 것을 두 심사원이 따로 알려도, 그사이에 뜬 새 작업자는 끝내지 않아요."""
    with Pool(shared_pool().tier, LIMITS) as own:
        lost = own.line()
        own.renew(lost)
        fresh = own.line()
        own.renew(lost)
        assert own.line() is fresh is not lost


OWNER = """
import socket, sys
from autograder.sandbox import CellText, Job, Limits
from autograder.sandbox.worker_process import Line
limits = Limits(unit_asleep=600, total_asleep=600)
job = Job((CellText(0, "import time\\ntime.sleep(600)"),), (), (), limits)
Line(socket.socket(fileno=int(sys.argv[1]))).start(limits).run(job)
"""


def test_a_job_whose_owner_is_gone_is_ended() -> None:
    """일을 맡긴 프로세스가 죽으면 자식을 재던 이도 없어요. 작업자가 그 자식을 바로 끝내요."""
    with Pool(shared_pool().tier, LIMITS) as own:
        worker = own._ready()
        line = worker.line.fileno()
        owner = subprocess.Popen([sys.executable, "-c", OWNER, str(line)], cwd=ROOT, pass_fds=[line])
        family = Family(worker.server.process.pid)
        orphan = wait_for(lambda: family.of("sandbox child"))[0]
        owner.kill()
        owner.wait()
        wait_for(lambda: not orphan.alive())
        assert worker.server.process.poll() is None


@pytest.mark.parametrize("victim", ["bwrap", "worker", "sandbox child"])
def test_a_worker_killed_while_it_warms_is_started_again(victim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """갇혔는지 물어볼 자식은 곧 끝나므로, 갈라진 뒤 일을 받기 전에 죽여요. 그래야 기계가 바빠도 놓치지 않아요."""
    needs(*(("full", "reduced") if victim == "bwrap" else ("full", "reduced", "landlock")))
    family, hits = Family(os.getpid()), []
    known = set(family.of(victim))
    first_words, start = ServerProcess.first_words, Line.start

    def hit() -> None:
        if not hits:
            hits.extend(one.kill() for one in wait_for(lambda: set(family.of(victim)) - known))

    def hit_then_listen(server: ServerProcess) -> bytes:
        hit()
        return first_words(server)

    def start_then_hit(line: Line, limits: Limits) -> Child:
        child = start(line, limits)
        hit()
        return child

    if victim == "sandbox child":
        monkeypatch.setattr(Line, "start", start_then_hit)
    else:
        monkeypatch.setattr(ServerProcess, "first_words", hit_then_listen)
    with Pool(shared_pool().tier, LIMITS) as own:
        own.line()
        assert any(hits) and own.run(Job((CellText(0, "x = 1"),), ())).reason is None


def test_waiting_for_us_is_not_the_childs_sleep() -> None:
    """자식이 다음 일을 기다린 시간은 자식의 잠이 아니에요. 잠들어 끝난 자식에게는 더 맡길 수 없어요."""
    limits = Limits(unit_asleep=1.0, total_asleep=1.5)
    quick = Job((CellText(0, "x = 1"),), (), (), limits)
    with shared_pool().start(limits) as child:
        for _ in range(4):
            assert child.run(quick).reason is None
            time.sleep(0.6)
        assert child.run(Job((CellText(0, "import time\ntime.sleep(60)"),), (), (), limits)).reason == "asleep"
        with pytest.raises(WorkerLost):
            child.run(quick)
