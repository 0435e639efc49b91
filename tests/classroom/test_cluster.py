"""여러 컴퓨터에서 채점하기: 이 컴퓨터에 띄운 진짜 dask 작업 프로세스들로 봐요."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from support.classes import LESSON, hand_in, notebook, shared_station

from autograder.classroom import cluster
from autograder.classroom.cluster import Cluster, ClusterError
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.cli import run
from autograder.grading.messages import Graded, Request
from autograder.grading.submissions import find_submissions

SEED = 20260101
STUDENTS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cluster")
    for number in range(STUDENTS):
        wrong = {"softmax": f"def softmax(x, dim):\n    return x * {number}"} if number % 2 else {}
        hand_in(made, f"s{number:03d}", notebook(**wrong))
    hand_in(made, "broken", "{")
    (made / "linked" / LESSON).mkdir(parents=True)
    (made / "linked" / LESSON / f"{LESSON}.ipynb").symlink_to("/etc/hostname")
    return made


@pytest.fixture(scope="module")
def opened() -> Cluster:
    pytest.importorskip("distributed", reason="dask가 없어서 여러 컴퓨터의 채점을 돌리지 못했어요.")
    shared_station()  # 모래상자를 만들 수 없는 기계라면 여기서 건너뛰어요.
    with Cluster("local", 2) as found:
        yield found


def requests(folder: Path) -> list[Request]:
    return [Request(one, SEED) for one in find_submissions(folder)]


def marks(outcomes) -> dict[str, tuple]:
    found = list(outcomes)
    assert all(isinstance(one, Graded) for one in found), found
    return {one.student: (one.marks, one.problems, one.copy, one.readable and one.digest, one.tier) for one in found}


def test_marks_equal_the_local_ones_though_a_worker_is_killed(
    folder: Path, opened: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """묶음을 작게 나눠 채점하는 도중에 작업 프로세스 하나를 끝내도, 모두 혼자 채점한 것과 같아요."""
    monkeypatch.setattr(cluster, "BATCH", 2)
    assert set(opened.tiers().values()) == {shared_station().tier.name} and len(opened.tiers()) == 2
    pids = opened._client.run(os.getpid)
    graded = opened.grade(requests(folder))
    together = [next(graded)]
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    together += list(graded)
    assert len(together) == STUDENTS + 2
    # 작업 프로세스의 상한은 시험의 것보다 넉넉하지만, 이 반에는 상한에 닿는 사람이 없어요.
    assert marks(together) == marks(shared_station().grade(requests(folder)))


def test_no_key_outlives_its_batch(folder: Path, opened: Cluster) -> None:
    """묶음을 마친 작업 프로세스에도, 데워 둔 서버에도 답안지가 없어요."""
    list(opened.grade(requests(folder)[:2]))

    def held() -> list[str]:
        from autograder.grading import lesson_setup

        cached = lesson_setup._prepare.cache_info().currsize
        server = cluster._station._judges.server.process.pid if cluster._station else None
        lanes = Path(f"/proc/{server}/task/{server}/children").read_text().split() if server else []
        return [f"prepared {cached}"] * cached + lanes

    deadline = time.monotonic() + 20
    while any(left := opened._client.run(held).values()) and time.monotonic() < deadline:
        time.sleep(0.1)  # 끝나라고 한 심사원이 목록에서 사라지기를 기다려요.
    assert not any(left)


def test_another_edition_of_the_grader_gets_no_work(
    folder: Path, opened: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "edition", lambda lesson: "다른 판")
    told = list(opened.grade(requests(folder)[:1]))
    assert "다른 판" in told[0].why and "RuntimeError" in told[0].why


def test_a_class_graded_by_a_cluster_lands_in_the_classroom(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask가 없어서 여러 컴퓨터의 채점을 돌리지 못했어요.")
    shared_station()
    here, there = Classroom(tmp_path / "here"), Classroom(tmp_path / "there")
    for room in (here, there):
        room.path.mkdir()
        (room.path / "classroom.json").write_text('{"seed": 5}')
    assert run(["grade", str(folder), "--classroom", str(there.path), "--dask", "local", "--jobs", "1"]) == 1
    grade_class(here, folder, jobs=2)
    assert there.marks_csv.read_bytes() == here.marks_csv.read_bytes()
    theirs, ours = ({(r.student, r.lesson): (r.marks, r.key) for r in room.results()} for room in (there, here))
    assert theirs == ours and len(ours) == STUDENTS + 2


def test_without_dask_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match="pip install"):
        Cluster("local")


def test_an_address_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(*_: object, **__: object) -> None:
        raise OSError("Timed out trying to connect")

    fake = ModuleType("distributed")
    fake.Client = deaf
    monkeypatch.setitem(sys.modules, "distributed", fake)
    with pytest.raises(ClusterError, match=r"tcp://10\.0\.0\.1.*dask worker"), Cluster("tcp://10.0.0.1:8786"):
        pass


def test_a_cluster_is_never_without_a_sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["grade", "--classroom", str(tmp_path), "--dask", "local", "--unsafe-no-sandbox"]
    assert run(command) == 2 and "모래상자 없이" in capsys.readouterr().err
