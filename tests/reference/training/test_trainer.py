"""학습 루프: 모은 기울기, 프로세스 둘, 예산, 평균, 일찍 멈추기, 숫자가 아닌 손실."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from support.reference_runs import CONFIG, PAIRS, losses, make_trainer, other_process

from reference.data.batches import make_batch
from reference.data.cleaning import Hygiene
from reference.data.dataset import prepare
from reference.errors import UserError
from reference.training import checkpoint
from reference.training.progress import Clock, Reporter
from reference.training.translation_loss import translation_loss


def test_accumulated_batches_equal_their_union(tsv, tmp_path):
    """토큰 수가 다른 배치를 모아도, 한 배치로 한 것과 같은 "모든 토큰의 평균"의 기울기예요."""
    trainer = make_trainer(tmp_path / "a", tsv)
    model = trainer.model.eval()
    texts = trainer.tokenizer
    data = prepare(PAIRS[:12], texts, tmp_path / "cache", hygiene=Hygiene(deduplicate=False), progress=False)
    small, large = make_batch(data, range(3)), make_batch(data, range(3, 12))
    whole = make_batch(data, range(12))
    loss, _ = translation_loss(model, whole.src, whole.tgt_in, whole.tgt_out, 0.1)
    (loss / whole.tgt_out.ne(0).sum()).backward()
    wanted = [p.grad.clone() for p in trainer.parameters]
    trainer.model.zero_grad()
    tokens = sum(batch.tgt_out.ne(0).sum() for batch in (small, large))
    for batch in (small, large):
        trainer.learn(batch, 1 / tokens)
    for parameter, grad in zip(trainer.parameters, wanted, strict=True):
        torch.testing.assert_close(parameter.grad, grad, rtol=1e-4, atol=1e-6)


def test_two_processes_give_the_gradients_of_one(tsv, tmp_path):
    """gloo 프로세스 둘이 나눠 배운 뒤의 가중치가, 한 프로세스가 두 배치를 모아 배운 것과 같아요."""
    config = replace(CONFIG, max_steps=3, valid_every=3, save_every=3, beam=1, dropout=0.0)
    arguments, environment = other_process(config, tsv, tmp_path / "two")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *arguments]
    two = subprocess.run(launch, capture_output=True, text=True, env=environment)
    assert two.returncode == 0, two.stderr[-2000:]
    arguments, environment = other_process(replace(config, accumulate=2), tsv, tmp_path / "one")
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    one, other = (checkpoint.load(checkpoint.steps(tmp_path / name / "checkpoints")[-1])[0] for name in ("one", "two"))
    for name, value in one["model"].items():
        torch.testing.assert_close(other["model"][name], value, rtol=1e-4, atol=2e-6)
    pairs = zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True)
    for (step, loss, norm), (_, loss2, norm2) in pairs:
        assert loss == pytest.approx(loss2, rel=1e-5) and norm == pytest.approx(norm2, rel=1e-4), step


class QuarterSecondClock(Clock):
    """스텝마다 CPU 시간을 정확히 0.25초씩 쓰는 시계예요. 컴퓨터의 빠르기와 상관없이 계획을 볼 수 있어요."""

    def update(self, progress):
        progress.cpu_seconds = 0.25 * progress.step

    def cpu_per_step(self, step):
        return 0.25


def test_cpu_budget_becomes_a_fixed_number_of_steps(tsv, tmp_path, monkeypatch):
    monkeypatch.setattr("reference.training.trainer.PLAN_AT", 3)
    monkeypatch.setattr("reference.training.trainer.Clock", QuarterSecondClock)
    trainer = make_trainer(tmp_path / "a", tsv, max_steps=10_000, max_cpu_minutes=1.0)

    class StopAfterPlan(Reporter):
        def train(self, record):
            trainer.stop_requested = record["step"] == 4

    with pytest.raises(KeyboardInterrupt):
        trainer.run(StopAfterPlan(tmp_path, enabled=False))
    planned = trainer.progress.total_steps
    assert planned == 3 + (60 - 3 * 0.25) / 0.25 == 240  # 세 스텝 뒤에 남은 시간을 스텝당 시간으로 나눈 만큼
    again = make_trainer(tmp_path / "a", tsv, max_steps=10_000, max_cpu_minutes=1.0)
    assert again.restore() == 4 and again.progress.total_steps == planned


def test_cpu_budget_too_small_for_the_warmup(tsv, tmp_path, monkeypatch):
    monkeypatch.setattr("reference.training.trainer.PLAN_AT", 3)
    monkeypatch.setattr("reference.training.trainer.Clock", QuarterSecondClock)
    trainer = make_trainer(tmp_path / "a", tsv, schedule="cosine", warmup=240, max_steps=10_000, max_cpu_minutes=1.0)
    with pytest.raises(UserError, match="240스텝이면"):
        trainer.run(Reporter(tmp_path, enabled=False))


def test_average_of_checkpoints(tsv, tmp_path):
    trainer = make_trainer(tmp_path / "a", tsv, ema=0.0, average=3, max_steps=6, save_every=2)
    trainer.run(Reporter(tmp_path, enabled=False))
    paths = checkpoint.steps(trainer.checkpoints)
    assert [int(path.stem[5:]) for path in paths] == [2, 4, 6]
    weights = [checkpoint.load(path)[0]["model"]["embedding.E"] for path in paths]
    torch.testing.assert_close(trainer.final_model().state_dict()["embedding.E"], sum(weights) / 3)


def test_early_stop(tsv, tmp_path):
    trainer = make_trainer(tmp_path / "a", tsv, lr_factor=1e-12, patience=2, valid_every=1, max_steps=50, ema=0.0)
    trainer.progress.best_loss = 0.0
    progress = trainer.run(Reporter(tmp_path, enabled=False))
    assert progress.step == 2 and "나아지지" in progress.stopped


def test_nan_stops_and_keeps_the_last_checkpoint(tsv, tmp_path):
    trainer = make_trainer(tmp_path / "a", tsv)

    class Poison(Reporter):
        def train(self, record):
            if record["step"] == 5:
                with torch.no_grad():
                    trainer.model.embedding.E[0] = float("nan")

    with pytest.raises(UserError, match="6번째 스텝.*숫자가 아니"):
        trainer.run(Poison(tmp_path, enabled=False))
    groups, state = checkpoint.load_latest(trainer.checkpoints)
    assert state["step"] == 4 and all(torch.isfinite(value).all() for value in groups["model"].values())
