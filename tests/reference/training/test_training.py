"""학습: 이어 달리기가 비트까지 같은지, 프로세스 둘이 하나와 같은지, 나쁜 입력에 한 문장으로 답하는지."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autograder.layout import ROOT
from reference.config import ModelConfig
from reference.data.cleaning import Hygiene
from reference.data.dataset import prepare
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.tools import run, saved_model, translation_task
from reference.training import checkpoint
from reference.training.fused_loss import projected_loss
from reference.training.machine import choose
from reference.training.progress import Reporter
from reference.training.settings import TrainConfig
from reference.training.trainer import Trainer
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

WORDS = "나 너 우리 학교 집 책 빵 물 간다 온다 읽는다 먹는다 마신다 큰 작은 파란 빨간 어제 오늘 내일".split()
PAIRS = [
    (f"{a} {b} {c}", f"{c} {a} {b} {i % 7}")
    for i, (a, b, c) in enumerate((a, b, c) for a in WORDS[:8] for b in WORDS[5:14] for c in WORDS[10:])
]
CONFIG = TrainConfig(
    preset="tiny",
    vocab_size=400,
    max_tokens=256,
    max_steps=12,
    warmup=4,
    ema=0.9,
    device="cpu",
    precision="fp32",
    log_every=1,
    valid_every=6,
    save_every=4,
    beam=2,
)


@pytest.fixture(scope="module")
def tsv(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "toy.train.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[40:]), encoding="utf-8")
    path.with_name("toy.val.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[:20]), encoding="utf-8")
    path.with_name("toy.test.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[20:40]), encoding="utf-8")
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def source(tsv: Path) -> translation_task.DataSource:
    return translation_task.find_neighbours(translation_task.DataSource((str(tsv),)))


def losses(folder: Path) -> list[tuple[int, float, float]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(r["step"], r["loss"], r["grad_norm"]) for r in map(json.loads, lines) if "loss" in r]


class StopAt(Reporter):
    """정해진 스텝에서 Ctrl+C를 누른 것처럼 해요."""

    step = 0

    def train(self, record):
        super().train(record)
        if record["step"] == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def test_run_folder_and_neighbours(tsv, tmp_path):
    found = source(tsv)
    assert found.valid.endswith("toy.val.tsv") and found.test.endswith("toy.test.tsv")
    result = run.train(CONFIG, found, tmp_path / "run")
    keys = {
        "preset",
        "parameters",
        "steps",
        "cpu_seconds",
        "wall_seconds",
        "tokens_per_second",
        "bleu",
        "chrf",
        "exact_match",
        "signature",
        "device",
    }
    assert keys <= json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8")).keys()
    assert result["steps"] == 12 and result["device"] == "cpu" and result["evaluated_on"] == "test"
    card = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert "실행 카드" in card and result["signature"] in card
    for picture in ("loss", "schedule", "attention-1-encoder", "attention-1-decoder", "attention-1-cross"):
        assert (tmp_path / "run" / "pictures" / f"{picture}.png").stat().st_size > 5000
    model, tokenizer = saved_model.load_model(tmp_path / "run", choose("cpu", "fp32"))
    assert result["parameters"] == sum(p.numel() for p in model.parameters())
    again = run.evaluate(tmp_path / "run", model, tokenizer, choose("cpu", "fp32"), None, beam=2)
    assert again["bleu"] == result["bleu"] and again["steps"] == 12
    with pytest.raises(UserError, match="--resume"):
        run.train(CONFIG, found, tmp_path / "run")


def test_interrupt_and_resume_bit_for_bit(tsv, tmp_path):
    run.train(CONFIG, source(tsv), tmp_path / "whole")
    StopAt.step = 7  # 저장 간격(4)의 배수가 아닌 곳
    with pytest.raises(KeyboardInterrupt):
        run.train(CONFIG, source(tsv), tmp_path / "broken", screen=StopAt)
    assert losses(tmp_path / "broken")[-1][0] == 7
    config, data = saved_model.saved_settings(tmp_path / "broken")
    assert config == CONFIG
    run.train(config, data, tmp_path / "broken", resume=True)
    assert losses(tmp_path / "broken") == losses(tmp_path / "whole")
    one, other = (checkpoint.load_tensors(tmp_path / name / "model.safetensors")[0] for name in ("whole", "broken"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_kill_nine_and_resume_bit_for_bit(tsv, tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from dataclasses import replace; import torch;"
        "torch.set_num_threads(1); from reference.tools import run, translation_task; from reference.training.settings import TrainConfig;"
        "run.train(TrainConfig(preset='tiny', vocab_size=400, max_tokens=256, max_steps=100_000, warmup=4, ema=0.9, device='cpu',"
        "precision='fp32', log_every=1, valid_every=100_000, save_every=5, beam=1), translation_task.find_neighbours(translation_task.DataSource((sys.argv[2],))),"
        "Path(sys.argv[3]))"
    )
    folder = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(tsv), str(folder)], stdout=subprocess.DEVNULL)
    while child.poll() is None and not checkpoint.steps(folder / "checkpoints")[1:]:
        time.sleep(0.05)
    child.kill()
    child.wait()
    reached = len(losses(folder)) if (folder / "metrics.jsonl").read_text().endswith("\n") else 0
    saved = int(checkpoint.steps(folder / "checkpoints")[-1].stem.split("-")[1])
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"step": 3, "lo')  # 쓰다 만 줄
    config = replace(CONFIG, max_steps=saved + 6, valid_every=100_000, save_every=5)
    run.train(config, source(tsv), folder, resume=True)
    run.train(config, source(tsv), tmp_path / "whole")
    assert reached == 0 or saved <= reached
    assert losses(folder) == losses(tmp_path / "whole")


def make_trainer(folder: Path, tsv: Path, **changes) -> Trainer:
    config = replace(CONFIG, **changes)
    folder.mkdir(parents=True, exist_ok=True)
    task = translation_task.load_task(config, ModelConfig.preset("tiny", 5).to_dict(), source(tsv), folder)
    model_config = ModelConfig.preset("tiny", task.tokenizer.vocab_size)
    return Trainer(
        config,
        model_config,
        choose("cpu", config.precision),
        task.tokenizer,
        task.train_set,
        task.valid_set,
        task.valid[:1],
        folder,
    )


def test_accumulated_batches_equal_their_union(tsv, tmp_path):
    """토큰 수가 다른 배치를 모아도, 한 배치로 한 것과 같은 "모든 토큰의 평균"의 기울기예요."""
    trainer = make_trainer(tmp_path / "a", tsv)
    model = trainer.model.eval()
    texts = trainer.tokenizer
    data = prepare(PAIRS[:12], texts, tmp_path / "cache", hygiene=Hygiene(deduplicate=False), progress=False)
    from reference.data.batches import make_batch

    small, large = make_batch(data, range(3)), make_batch(data, range(3, 12))
    whole = make_batch(data, range(12))
    loss, _ = translation_loss(model, whole.src, whole.tgt_in, whole.tgt_out, 0.1)
    (loss / whole.tgt_out.ne(0).sum()).backward()
    wanted = [p.grad.clone() for p in trainer.parameters]
    trainer.optimizer.zero_grad()
    tokens = sum(batch.tgt_out.ne(0).sum() for batch in (small, large))
    for batch in (small, large):
        trainer._learn(batch, 1 / tokens)
    for parameter, grad in zip(trainer.parameters, wanted):
        torch.testing.assert_close(parameter.grad, grad, rtol=1e-4, atol=1e-6)


def test_two_processes_give_the_gradients_of_one(tsv, tmp_path):
    """gloo 프로세스 둘이 나눠 배운 뒤의 가중치가, 한 프로세스가 두 배치를 모아 배운 것과 같아요."""
    options = (
        "preset='tiny', vocab_size=400, max_tokens=256, max_steps=3, warmup=4, device='cpu', precision='fp32', "
        "log_every=1, valid_every=3, save_every=3, ema=0.9, beam=1, dropout=0.0"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; import torch; torch.set_num_threads(1);"
        "from reference.tools import run, translation_task; from reference.training.settings import TrainConfig;"
        f"run.train(TrainConfig({options}, accumulate=int(sys.argv[2])), translation_task.find_neighbours(translation_task.DataSource(({str(tsv)!r},))),"
        "Path(sys.argv[1]))"
    )
    script = tmp_path / "go.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    two = subprocess.run(
        [*launch, str(script), str(tmp_path / "two"), "1"], capture_output=True, text=True, env=environment
    )
    assert two.returncode == 0, two.stderr[-2000:]
    subprocess.run(
        [sys.executable, str(script), str(tmp_path / "one"), "2"], check=True, capture_output=True, env=environment
    )
    one, other = (checkpoint.load(checkpoint.steps(tmp_path / name / "checkpoints")[-1])[0] for name in ("one", "two"))
    for name, value in one["model"].items():
        torch.testing.assert_close(other["model"][name], value, rtol=1e-4, atol=2e-6)
    for (step, loss, norm), (_, loss2, norm2) in zip(losses(tmp_path / "one"), losses(tmp_path / "two")):
        assert loss == pytest.approx(loss2, rel=1e-5) and norm == pytest.approx(norm2, rel=1e-4), step


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_projected_loss_equals_cross_entropy(dtype):
    generator = torch.Generator().manual_seed(3)
    hidden, E = (torch.randn(n, 16, generator=generator, dtype=dtype).requires_grad_() for n in (300, 90))
    target = torch.randint(0, 90, (300,), generator=generator)
    loss, correct = projected_loss(hidden, E, target, 0.1)
    grads = torch.autograd.grad(loss / 300, (hidden, E))
    logits = hidden @ E.T
    wanted = torch.nn.functional.cross_entropy(logits, target, label_smoothing=0.1)
    torch.testing.assert_close(loss / 300, wanted)
    assert int(correct) == int((logits.argmax(1) == target).sum())
    for mine, theirs in zip(grads, torch.autograd.grad(wanted, (hidden, E))):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_cpu_budget_becomes_a_fixed_number_of_steps(tsv, tmp_path, monkeypatch):
    monkeypatch.setattr("reference.training.trainer.PLAN_AT", 3)
    trainer = make_trainer(tmp_path / "a", tsv, max_steps=10_000, max_cpu_minutes=1000.0)

    class StopAfterPlan(Reporter):
        def train(self, record):
            trainer.stop_requested = record["step"] == 4

    with pytest.raises(KeyboardInterrupt):
        trainer.run(StopAfterPlan(tmp_path, enabled=False))
    planned = trainer.progress.total_steps
    assert 4 < planned <= 10_000
    again = make_trainer(tmp_path / "a", tsv, max_steps=10_000, max_cpu_minutes=1000.0)
    assert again.restore() == 4 and again.progress.total_steps == planned


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


# -- 나쁜 입력 --


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


def test_out_of_memory_names_a_size_that_fits(tsv, tmp_path, monkeypatch):
    trainer = make_trainer(tmp_path / "a", tsv)
    forward = Transformer.hidden

    def hungry(self, src, tgt_in):
        if src.numel() > 100:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return forward(self, src, tgt_in)

    monkeypatch.setattr(Transformer, "hidden", hungry)
    with pytest.raises(UserError, match="--max-tokens (64|128)"):
        trainer.run(Reporter(tmp_path, enabled=False))


def test_bad_checkpoints(tsv, tmp_path):
    folder = tmp_path / "checkpoints"
    groups = {"model": {"w": torch.ones(3)}}
    for step in (1, 2, 3):
        checkpoint.save(folder, step, groups, {"progress": {}}, keep=2)
    assert [path.name for path in checkpoint.steps(folder)] == [
        "step-00000002.safetensors",
        "step-00000003.safetensors",
    ]
    checkpoint.steps(folder)[-1].write_bytes(b"broken")
    assert checkpoint.load_latest(folder)[1]["step"] == 2  # 손상된 새것 대신 앞의 것을 써요.
    checkpoint.steps(folder)[0].write_bytes(b"")
    with pytest.raises(UserError, match="손상"):
        checkpoint.load_latest(folder)
    checkpoint.save_tensors(tmp_path / "foreign.safetensors", {"x": torch.ones(1)}, {})
    with pytest.raises(UserError, match="체크포인트"):
        checkpoint.load(tmp_path / "foreign.safetensors")
    small, large = (Transformer(ModelConfig.preset("tiny", size)) for size in (50, 60))
    with pytest.raises(UserError, match=r"embedding.E: 모델 \(60, 64\), 파일 \(50, 64\)"):
        checkpoint.load_weights(large, small.state_dict(), tmp_path)


def test_full_disk_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    folder = tmp_path / "checkpoints"
    checkpoint.save(folder, 1, {"model": {"w": torch.ones(3)}}, {}, keep=1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(UserError, match="디스크"):
        checkpoint.save(folder, 2, {"model": {"w": torch.ones(3)}}, {}, keep=1)
    assert [path.name for path in folder.iterdir()] == ["step-00000001.safetensors"]
    assert checkpoint.load_latest(folder)[1]["step"] == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA가 있는 컴퓨터예요")
def test_missing_device_and_wrong_names():
    with pytest.raises(UserError, match="cuda"):
        choose("cuda")
    with pytest.raises(UserError, match="fp16"):
        choose("cpu", "fp16")
    with pytest.raises(UserError, match="tiny"):
        TrainConfig.from_preset("huge")
    with pytest.raises(UserError, match="max_steps"):
        TrainConfig(max_steps=0)


def test_killed_while_preparing_can_resume(tsv, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "load_task", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run.train(CONFIG, source(tsv), tmp_path / "run")
    config, data = saved_model.saved_settings(tmp_path / "run")
    assert run.train(replace(config, max_steps=2), data, tmp_path / "run", resume=True)["steps"] == 2


def test_resume_refuses_changed_data(tsv, tmp_path):
    copy = tmp_path / "toy.tsv"
    copy.write_text(tsv.read_text(encoding="utf-8"), encoding="utf-8")
    data = translation_task.DataSource((str(copy),), str(tsv.with_name("toy.val.tsv")))
    run.train(replace(CONFIG, max_steps=2), data, tmp_path / "run")
    copy.write_text(tsv.read_text(encoding="utf-8").replace("학교", "학원"), encoding="utf-8")
    with pytest.raises(UserError, match="훈련 데이터가"):
        run.train(CONFIG, data, tmp_path / "run", resume=True)


def test_not_a_run_folder(tmp_path):
    with pytest.raises(UserError, match="runs/"):
        saved_model.saved_settings(tmp_path)
    with pytest.raises(UserError, match="학습한 모델이 없"):
        saved_model.load_model(tmp_path, choose("cpu", "fp32"))
    with pytest.raises(UserError, match="--data"):
        run.train(TrainConfig.from_preset("base", device="cpu"), translation_task.DataSource(), tmp_path / "x")


def test_tokenizer_is_saved_with_the_model(tsv, tmp_path):
    trainer = make_trainer(tmp_path / "a", tsv)
    assert Tokenizer.load(tmp_path / "a").fingerprint() == trainer.tokenizer.fingerprint()
