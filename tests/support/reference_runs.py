"""학습을 돌려 보는 시험들이 함께 쓰는 것: 작은 데이터, 작은 설정, 한 번의 실행에서 읽을 값."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.layout import ROOT
from reference.config import ModelConfig
from reference.tools import translation_task
from reference.training.machine import choose
from reference.training.settings import TrainConfig
from reference.training.trainer import Trainer

TEXT = "나 너 우리 학교 집 책 빵 물 간다 온다 읽는다 먹는다 마신다 큰 작은 파란 빨간 어제 오늘 내일"
WORDS = TEXT.split()
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

# 다른 프로세스에서 배우는 짧은 프로그램. 인자는 실행 폴더, 훈련 파일, 설정(JSON)이에요.
PROGRAM = """
import json, sys
from pathlib import Path
import torch
from reference.tools import run, translation_task
from reference.training.settings import TrainConfig

torch.set_num_threads(1)
folder, data, settings = sys.argv[1:]
source = translation_task.find_neighbours(translation_task.DataSource((data,)))
run.train(TrainConfig(**json.loads(settings)), source, Path(folder))
"""


def write_pairs(folder: Path) -> Path:
    """훈련 파일과, 그 옆의 검증과 시험 파일을 쓰고 훈련 파일의 경로를 돌려줘요."""
    path = folder / "toy.train.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[40:]), encoding="utf-8")
    path.with_name("toy.val.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[:20]), encoding="utf-8")
    path.with_name("toy.test.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS[20:40]), encoding="utf-8")
    return path


def source(tsv: Path) -> translation_task.DataSource:
    """`write_pairs`가 쓴 파일로 배우는 데이터예요."""
    return translation_task.find_neighbours(translation_task.DataSource((str(tsv),)))


def losses(folder: Path) -> list[tuple[int, float, float]]:
    """실행 폴더에 적힌 스텝마다의 (스텝, 손실, 기울기의 크기)예요."""
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(r["step"], r["loss"], r["grad_norm"]) for r in map(json.loads, lines) if "loss" in r]


def make_trainer(folder: Path, tsv: Path, **changes: Any) -> Trainer:
    """CONFIG에서 몇 가지만 바꾼 Trainer를 folder에 만들어요."""
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


def other_process(config: TrainConfig, tsv: Path, folder: Path) -> tuple[list[str], dict[str, str]]:
    """`config`로 folder에 배우는 프로그램의 (인자, 환경 변수)예요. 프로그램은 folder 옆의 파일에 적어요."""
    script = folder.with_suffix(".py")
    script.write_text(PROGRAM, encoding="utf-8")
    arguments = [str(script), str(folder), str(tsv), json.dumps(asdict(config))]
    return arguments, {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
