"""실행 폴더에 담긴 것을 열어요: 설정, 완성된 모델, 토크나이저, 배운 단어. `SavedModel`은 이들을 모아 번역에 쓰게 해요."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference.config import ModelConfig
from reference.data.cleaning import clean_text
from reference.data.known_words import KnownWords
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.tools.translation_task import DataSource
from reference.training import checkpoint
from reference.training.confidence import confidence
from reference.training.evaluation import for_decoding, translate
from reference.training.machine import Machine, choose
from reference.training.settings import TrainConfig
from reference.transformer import Transformer

RUNS = Path("runs")


@dataclass(frozen=True)
class SavedModel:
    """번역할 준비가 된 실행 폴더예요. `known`은 배운 단어의 목록이 없는 옛 실행이면 None이에요."""

    folder: Path
    model: Transformer
    tokenizer: Tokenizer
    machine: Machine
    known: KnownWords | None
    unsure_below: float  # 번역의 평균 로그 확률이 이보다 낮으면 자신이 없어요.
    alpha: float  # 빔 서치의 길이 벌점

    @classmethod
    def open(cls, folder: Path, device: str, precision: str) -> SavedModel:
        """실행 폴더를 열어요. 실행 폴더가 아니거나 학습이 덜 끝났으면 UserError를 내요."""
        machine = choose(device, precision, "off")
        model, tokenizer = load_model(folder, machine)
        alpha = float(read_info(folder).get("train", {}).get("alpha", TrainConfig.alpha))
        return cls(folder, model, tokenizer, machine, KnownWords.load(folder), unsure_below(folder), alpha)

    def translate(self, texts: Sequence[str], beam: int) -> list[str]:
        """문장들을 번역해요. 보이지 않는 문자와 NFD는 훈련 데이터처럼 고쳐요."""
        clean = [clean_text(text) for text in texts]
        return translate(self.model, self.tokenizer, clean, self.machine, beam, self.alpha)

    def unknown_words(self, text: str) -> str:
        """훈련 데이터에 없던 단어를 말하는 한 줄. 다 아는 단어이거나 목록이 없으면 빈 글이에요."""
        return self.known.note(text) if self.known else ""

    def unsure(self, text: str, translated: str) -> bool:
        """단어는 다 알아도 자신이 없는 번역인지. 모르는 단어가 있으면 `unknown_words`가 말하므로 거짓이에요."""
        if not text.strip() or self.unknown_words(text):
            return False
        (sure,) = confidence(self.model, self.tokenizer, [clean_text(text)], [translated], self.machine)
        return sure < self.unsure_below


def saved_settings(folder: Path) -> tuple[TrainConfig, DataSource]:
    """실행 폴더에 적힌 설정을 읽어요. 실행 폴더가 아니면 UserError를 내요."""
    info = read_info(folder)
    try:
        config = TrainConfig(**{**info["train"], "betas": tuple(info["train"]["betas"])})
        return config, DataSource(**{**info["data"], "train": tuple(info["data"]["train"])})
    except (KeyError, TypeError):
        raise UserError(f"{folder}/run.json의 설정을 이 판에서 읽을 수 없어요. 새로 학습해 주세요.") from None


def read_info(folder: Path) -> dict[str, Any]:
    """실행 폴더의 run.json이에요."""
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder}는 course train이 만든 폴더가 아니에요. runs/ 아래의 폴더를 주세요.") from None


def save_model(folder: Path, model: Transformer) -> None:
    """완성된 모델을 model.safetensors로 저장해요. 설정은 머리말에 담아요."""
    metadata = {"format": checkpoint.FORMAT, "model": json.dumps(model.config.to_dict())}
    checkpoint.save_tensors(folder / "model.safetensors", model.state_dict(), metadata)


def load_model(folder: Path, machine: Machine) -> tuple[Transformer, Tokenizer]:
    """실행 폴더의 완성된 모델(디코딩용)과 토크나이저를 열어요. 학습이 덜 끝났으면 UserError를 내요."""
    path = folder / "model.safetensors"
    if not path.exists():
        if checkpoint.steps(folder / "checkpoints"):
            raise UserError(
                f"{folder}의 학습이 아직 끝나지 않았어요. python3 course.py train --resume {folder}로 마저 학습해 주세요."
            )
        raise UserError(f"{folder}에 학습한 모델이 없어요. course train이나 course demo로 먼저 학습해 주세요.")
    weights, metadata = checkpoint.load_tensors(path)
    try:
        model = Transformer(ModelConfig.from_dict(json.loads(metadata["model"])))
    except (KeyError, ValueError, TypeError):
        raise UserError(f"{path}는 이 과정에서 만든 모델이 아니에요. 실행 폴더를 그대로 주세요.") from None
    checkpoint.load_weights(model, weights, path)
    return for_decoding(model, machine), Tokenizer.load(folder)


def unsure_below(folder: Path) -> float:
    """번역의 평균 로그 확률이 이보다 낮으면 자신이 없는 한계. 적혀 있지 않은 옛 실행이면 음의 무한대예요."""
    try:
        return float(json.loads((folder / "result.json").read_text(encoding="utf-8"))["unsure_below"])
    except (OSError, ValueError, KeyError, TypeError):
        return float("-inf")


def latest_run(folder: Path = RUNS) -> Path:
    """학습을 마친 실행 폴더 가운데 가장 새것이에요. 없으면 UserError를 내요."""
    found = sorted(folder.glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError("학습한 모델이 아직 없어요. course demo나 course train --preset demo로 먼저 학습해 주세요.")
    return found[-1].parent
