"""학습 한 번의 모든 설정과, 이름 붙은 설정들."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from reference.data.corpus import CORPORA
from reference.errors import UserError
from reference.schedule import cosine_lr, noam_lr


@dataclass(frozen=True)
class TrainConfig:
    """학습 한 번의 모든 설정이에요. 기본값은 논문의 base와 같아요(§5.2-5.4)."""

    preset: str = "base"
    # 데이터
    pairs: int = 0  # 스스로 만드는 말뭉치의 쌍 수. 0이면 --data가 있어야 해요.
    corpus: str = "small"  # 스스로 만드는 말뭉치의 이름. "small" 또는 "everyday"
    vocab_size: int = 37_000
    tokenizer: str = "bpe"  # "bpe" 또는 "unigram"
    level: str = "byte"  # "byte" 또는 "morpheme"(KoNLPy로 형태소를 먼저 나눔)
    max_tokens: int = 25_000  # 배치 하나에 담는 토큰 수(패딩 포함, 원문과 번역문 가운데 긴 쪽)
    subword_dropout: float = 0.0  # BPE가 조각을 붙일 때 쌍을 건너뛸 확률. 훈련 데이터를 에폭마다 다르게 잘라요.
    both_ways: float = 0.0  # 전체 스텝 가운데 두 방향의 번역을 함께 배우는 앞부분의 비율
    accumulate: int = 1  # 갱신 한 번에 모으는 배치 수
    dropout: float | None = None  # None이면 모델 설정의 값
    word_dropout: float | None = None  # 임베딩을 통째로 지울 토큰의 비율. None이면 모델 설정의 값
    norm_first: bool | None = None  # 참이면 Pre-LN
    # 길이
    max_steps: int = 100_000
    max_cpu_minutes: float = 0.0  # 0이 아니면 이 CPU 시간에 맞춰 max_steps를 정해요.
    patience: int = 0  # 검증 손실이 이만큼 잇달아 나아지지 않으면 멈춰요. 0이면 끝까지 가요.
    # 옵티마이저
    optimizer: str = "adam"  # "adam" 또는 "muon"(층 안의 행렬만 Muon, 나머지는 Adam)
    weight_decay: float = 0.0  # Muon이 고치는 행렬의 가중치 감쇠
    schedule: str = "noam"  # "noam" 또는 "cosine"
    lr_factor: float = 1.0  # noam 학습률에 곱하는 수
    warmup: int = 4000
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-9
    clip: float = 1.0  # 기울기 전체의 크기 한계. 0이면 자르지 않아요.
    label_smoothing: float = 0.1
    ema: float = 0.0  # 가중치 이동 평균의 감쇠율. 0이면 쓰지 않아요.
    average: int = 5  # EMA를 쓰지 않을 때, 마지막에 평균할 체크포인트 수
    # 기계
    device: str = "auto"
    precision: str = "auto"
    compile: str = "auto"
    threads: int = 0  # CPU 스레드 수. 0이면 PyTorch가 정해요.
    seed: int = 1
    # 기록 (스텝 단위)
    log_every: int = 50
    valid_every: int = 1000
    save_every: int = 1000
    beam: int = 4
    alpha: float = 0.6  # 빔 서치의 길이 벌점

    def __post_init__(self) -> None:
        positive = (
            "vocab_size",
            "max_tokens",
            "accumulate",
            "max_steps",
            "warmup",
            "log_every",
            "valid_every",
            "save_every",
            "average",
            "beam",
            "lr_factor",
        )
        for name in positive:
            if getattr(self, name) <= 0:
                raise UserError(f"{name}은(는) 0보다 커야 해요(지금 {getattr(self, name)}).")
        if self.corpus not in CORPORA:
            raise UserError(f"모르는 말뭉치예요: {self.corpus}. {', '.join(CORPORA)} 가운데에서 골라 주세요.")
        for name in ("subword_dropout", "both_ways"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"{name}은(는) 0과 1 사이여야 해요(지금 {getattr(self, name)}).")
        if self.optimizer not in ("adam", "muon"):
            raise UserError(f"모르는 옵티마이저예요: {self.optimizer}. adam이나 muon을 골라 주세요.")
        if self.weight_decay < 0:
            raise UserError(f"weight_decay는 0 이상이어야 해요(지금 {self.weight_decay}).")
        if self.weight_decay and self.optimizer != "muon":
            raise UserError("가중치 감쇠는 Muon에만 있어요. --optimizer muon과 함께 쓰거나 --weight-decay 0을 주세요.")
        if self.schedule not in ("noam", "cosine"):
            raise UserError(f"모르는 학습률 계획이에요: {self.schedule}. noam이나 cosine을 골라 주세요.")
        self.check_length(self.max_steps)

    @classmethod
    def from_preset(cls, name: str, **changes: Any) -> TrainConfig:
        """이름 붙은 설정에서 몇 가지만 바꾼 설정을 만들어요. 모르는 이름이면 UserError를 내요."""
        if name not in PRESETS:
            raise UserError(f"모르는 설정이에요: {name}. {', '.join(PRESETS)} 가운데에서 골라 주세요.")
        return replace(PRESETS[name], **{key: value for key, value in changes.items() if value is not None})

    def model_changes(self) -> dict[str, Any]:
        """모델 설정에서 바꿀 값이에요."""
        wanted = {"dropout": self.dropout, "word_dropout": self.word_dropout, "norm_first": self.norm_first}
        return {name: value for name, value in wanted.items() if value is not None}

    def check_length(self, total: int) -> None:
        """total스텝의 학습에 워밍업이 들어가는지 확인해요. 코사인은 워밍업 뒤의 스텝에 맞춰 내려가므로, 들어가지 않으면 UserError예요."""
        if self.schedule == "cosine" and total <= self.warmup:
            raise UserError(
                f"학습이 {total:,}스텝이면 워밍업 {self.warmup:,}스텝을 마치지 못해요. "
                "학습을 길게 하거나 --warmup을 줄여 주세요."
            )

    def learning_rate(self, step: int, d_model: int, total: int) -> float:
        """step번째 갱신의 학습률이에요. 두 계획 모두 워밍업 끝에서 가장 높은 학습률에 똑같이 닿아요."""
        if self.schedule == "noam":
            return self.lr_factor * noam_lr(step, d_model, self.warmup)
        peak = self.lr_factor * noam_lr(self.warmup, d_model, self.warmup)
        return cosine_lr(step, peak, self.warmup, total)


# 작은 모델은 스레드 하나로 배워요. 행렬이 작아서 스레드끼리 기다리는 시간이 더 크고, 스레드 수가 같아야 비트까지 같아요.
PRESETS = {
    "tiny": TrainConfig(
        preset="tiny",
        threads=1,
        pairs=4000,
        vocab_size=1000,
        max_tokens=704,
        max_steps=200,
        warmup=100,
        ema=0.98,
        log_every=10,
        valid_every=100,
        save_every=100,
    ),
    "demo": TrainConfig(
        preset="demo",
        threads=2,  # 두 코어에서 열 분을 넘지 않게 해요.
        pairs=300_000,
        corpus="everyday",
        vocab_size=4000,
        dropout=0.0,  # 두 번쯤 보는 데이터라 외워 버릴 틈이 없어요.
        norm_first=True,
        max_tokens=1472,
        max_steps=4400,
        optimizer="muon",  # 800스텝의 검증 손실이 Adam은 0.57, 이것은 0.40 nat이에요.
        schedule="cosine",
        warmup=400,
        ema=0.995,
        log_every=20,
        valid_every=440,
        save_every=440,
    ),
    # CPU 한 시간, 마흔 에폭쯤 안에 배우도록 논문과 다르게 해요. Pre-LN은 같은 스텝에서 손실이 0.5 nat쯤 낮아요. 모델의 크기와
    # RoPE, SwiGLU는 config.py에 있어요. 옵티마이저, 학습률, 어휘, 길이 벌점까지 검증 파일에서 골랐어요(training/README.md의 표).
    "multi30k": TrainConfig(
        preset="multi30k",
        threads=1,
        vocab_size=10_000,
        norm_first=True,
        max_tokens=1408,
        max_steps=15_000,
        optimizer="muon",
        weight_decay=0.1,
        schedule="cosine",
        lr_factor=1.6,
        warmup=800,
        ema=0.998,
        alpha=1.0,
        valid_every=1500,
        save_every=500,
    ),
    "base": TrainConfig(preset="base"),
    "big": TrainConfig(preset="big", max_steps=300_000, average=20),
}
