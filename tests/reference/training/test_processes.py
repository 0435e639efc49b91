"""프로세스가 여럿일 때: 하나에만 문제가 생겨도 아무도 기다리다 멈추지 않고, 저마다 까닭을 말하는지 봐요.

남은 것을 대신 끝내 주는 `torchrun` 없이 gloo 프로세스 둘을 그대로 띄워요. 오지 않을 것을 기다리는 프로세스가 있으면 시간이 넘쳐요.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from support.reference_runs import CONFIG, make_trainer

from autograder.layout import ROOT
from reference.errors import UserError
from reference.training.machine import choose
from reference.training.progress import Clock

# 인자는 실행 폴더, 훈련 파일, 설정(JSON), 1번 프로세스에 일으킬 문제예요.
PROGRAM = """
import json, os, sys
from pathlib import Path
import torch
from reference.errors import UserError
from reference.tools import run, translation_task
from reference.training.settings import TrainConfig
from reference.transformer import Transformer

torch.set_num_threads(1)
folder, data, settings, fault = sys.argv[1:]
hidden, calls = Transformer.hidden, []

def hungry(self, src, tgt_in):
    calls.append(1)
    if len(calls) >= 3 and src.numel() > 100:  # 두 번 배운 뒤에 모자라요
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
    return hidden(self, src, tgt_in)

def hungry_on_the_way_back(self, src, tgt_in):
    calls.append(1)
    out = hidden(self, src, tgt_in)
    if len(calls) >= 3 and src.numel() > 100:
        out.register_hook(fail)  # 기울기의 일부를 이미 주고받은 뒤일 수도 있어요
    return out

def fail(gradient):
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

def unreadable(*arguments):
    raise UserError("말뭉치를 읽지 못했어요.")

if os.environ["RANK"] == "1":
    if fault == "forward":
        Transformer.hidden = hungry
    elif fault == "backward":
        Transformer.hidden = hungry_on_the_way_back
    elif fault == "load":
        run.load_task = unreadable
source = translation_task.find_neighbours(translation_task.DataSource((data,)))
try:
    run.train(TrainConfig(**json.loads(settings)), source, Path(folder))
except UserError as error:
    print(error, file=sys.stderr)
    raise SystemExit(2)
"""


def two_processes(fault: str, tsv: Path, folder: Path) -> list[str]:
    """1번에 문제를 일으키며 함께 배워요. 둘 다 UserError로 끝나야 하고, 저마다의 말을 돌려줘요."""
    script = folder.with_suffix(".py")
    script.write_text(PROGRAM, encoding="utf-8")
    settings = json.dumps(asdict(replace(CONFIG, max_steps=6, beam=1)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), str(folder), str(tsv), settings, fault],
            env={
                **os.environ,
                **shared,
                "RANK": rank,
                "LOCAL_RANK": rank,
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": str(ROOT),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    try:
        said = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [2, 2], said
    return said


@pytest.mark.parametrize("place", ["forward", "backward"])
def test_memory_lacks_on_one_process_only(place, tsv, tmp_path):
    other, hungry = two_processes(place, tsv, tmp_path / "run")
    assert "--max-tokens 128" in hungry or "--max-tokens 64" in hungry
    assert "다른 프로세스가 멈춰서 0번도" in other and "--resume" in other


def test_data_fails_on_one_process_only(tsv, tmp_path):
    other, broken = two_processes("load", tsv, tmp_path / "run")
    assert "말뭉치를 읽지 못했어요." in broken
    assert "다른 프로세스에 문제가 생겨 0번도" in other


def test_the_search_for_a_size_leaves_no_gradient(tsv, tmp_path):
    """크기를 찾느라 구한 기울기는 남지 않고, 분산 학습이 걸어 둔 갈고리도 부르지 않아요."""
    trainer = make_trainer(tmp_path / "a", tsv)
    called: list[int] = []
    for parameter in trainer.parameters:
        parameter.register_post_accumulate_grad_hook(lambda parameter: called.append(1))
    forward, first = trainer.alone.forward, []

    def hungry(src, tgt_in, tgt_out):
        if not first:
            first.append(len(src))
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(src, tgt_in, tgt_out)

    trainer.alone.forward = hungry
    with pytest.raises(UserError, match="--max-tokens 128"):
        trainer.learn(next(trainer._updates())[1][0], 1.0)
    assert not called and all(parameter.grad is None for parameter in trainer.parameters)


def test_everyone_plans_the_same_number_of_steps(tsv, tmp_path, monkeypatch):
    """CPU 시간은 프로세스마다 달라요. 저마다 정하면 먼저 끝난 쪽을 나머지가 기다려요."""
    trainer = make_trainer(tmp_path / "a", tsv, max_steps=10_000, max_cpu_minutes=1.0)
    monkeypatch.setattr(Clock, "cpu_per_step", lambda self, step: 0.5)
    cpu = torch.device("cpu")
    trainer.machine = SimpleNamespace(world=2, device=cpu, sum=lambda mine: mine + 23)  # 다른 쪽은 23스텝이라고 해요
    trainer._plan(3, Clock(trainer.progress))
    assert trainer.progress.total_steps == (3 + 60 / 0.5 + 23) // 2


def test_one_process_alone_is_not_disturbed():
    """프로세스가 하나면 오류가 그대로 나와요."""
    machine = choose("cpu", "fp32")
    assert machine.main_first(lambda: 7) == 7
    with pytest.raises(KeyError), machine.together():
        raise KeyError("x")
    with pytest.raises(RuntimeError, match="gloo"), machine.peers_may_leave():
        raise RuntimeError("gloo")
