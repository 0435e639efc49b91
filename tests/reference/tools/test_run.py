"""실행 한 번: 폴더에 남는 것과, 언제 멈춰도 비트까지 같게 이어 가는지 봐요."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from support.reference_runs import CONFIG, WORDS, losses, other_process, source

from reference.config import PRESETS
from reference.data.known_words import KnownWords
from reference.errors import UserError
from reference.tools import run, saved_model, translation_task
from reference.tools.readable_pieces import load_frequent
from reference.training import checkpoint
from reference.training.machine import choose
from reference.training.progress import Reporter


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
    # 단어의 목록은 훈련에 쓴 원문에서만 와요. 번역문의 수와, 어디에도 없던 말은 몰라요.
    known = KnownWords.load(tmp_path / "run")
    assert known is not None and known.unknown("나 학교 내일 집에") == ["집에"] and known.unknown("3") == ["3"]
    assert set(load_frequent(tmp_path / "run", tokenizer).values()) & set(WORDS)
    again = run.evaluate(saved_model.SavedModel.open(tmp_path / "run", "cpu", "fp32"), None, beam=2)
    assert again["bleu"] == result["bleu"] and again["steps"] == 12
    with pytest.raises(UserError, match="--resume"):
        run.train(CONFIG, found, tmp_path / "run")


# 두 방향을 배우는 첫 에폭은 여섯 스텝이고, 그 몫(세 스텝)이 지난 뒤 에폭 안에서 멈춰요. 다음 에폭부터는 한 방향이에요.
OTHER_EPOCHS = replace(CONFIG, subword_dropout=0.2, both_ways=0.3, max_tokens=4096)


MUON = replace(CONFIG, optimizer="muon", weight_decay=0.1)


@pytest.mark.parametrize("settings", [CONFIG, OTHER_EPOCHS, MUON], ids=["plain", "other-epochs", "muon"])
def test_interrupt_and_resume_bit_for_bit(tsv, tmp_path, settings):
    run.train(settings, source(tsv), tmp_path / "whole")
    StopAt.step = 5  # 저장 간격(4)의 배수가 아닌 곳
    with pytest.raises(KeyboardInterrupt):
        run.train(settings, source(tsv), tmp_path / "broken", screen=StopAt)
    assert losses(tmp_path / "broken")[-1][0] == 5
    config, data = saved_model.saved_settings(tmp_path / "broken")
    assert config == settings
    run.train(config, data, tmp_path / "broken", resume=True)
    assert losses(tmp_path / "broken") == losses(tmp_path / "whole")
    one, other = (checkpoint.load_tensors(tmp_path / name / "model.safetensors")[0] for name in ("whole", "broken"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_kill_nine_and_resume_bit_for_bit(tsv, tmp_path):
    folder = tmp_path / "killed"
    endless = replace(CONFIG, max_steps=100_000, valid_every=100_000, save_every=5, beam=1)
    arguments, environment = other_process(endless, tsv, folder)
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, env=environment)
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


def test_killed_while_preparing_can_resume(tsv, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "load_task", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run.train(CONFIG, source(tsv), tmp_path / "run")
    config, data = saved_model.saved_settings(tmp_path / "run")
    assert run.train(replace(config, max_steps=2), data, tmp_path / "run", resume=True)["steps"] == 2


def test_resume_goes_on_with_the_model_that_was_learning(tsv, tmp_path, monkeypatch):
    """위치 인코딩은 저장한 텐서가 없어서, 이름난 크기가 바뀌면 말없이 다른 모델이 될 수 있어요."""
    run.train(replace(CONFIG, max_steps=2), source(tsv), tmp_path / "run")
    before = saved_model.read_info(tmp_path / "run")["model"]
    monkeypatch.setitem(PRESETS, CONFIG.preset, {**PRESETS[CONFIG.preset], "positions": "rope"})
    run.train(replace(CONFIG, max_steps=3), source(tsv), tmp_path / "run", resume=True)
    assert saved_model.read_info(tmp_path / "run")["model"] == before and before["positions"] == "sinusoidal"


def test_resume_refuses_changed_data(tsv, tmp_path):
    copy = tmp_path / "toy.tsv"
    copy.write_text(tsv.read_text(encoding="utf-8"), encoding="utf-8")
    data = translation_task.DataSource((str(copy),), str(tsv.with_name("toy.val.tsv")))
    run.train(replace(CONFIG, max_steps=2), data, tmp_path / "run")
    copy.write_text(tsv.read_text(encoding="utf-8").replace("학교", "학원"), encoding="utf-8")
    with pytest.raises(UserError, match="훈련 데이터가"):
        run.train(CONFIG, data, tmp_path / "run", resume=True)
