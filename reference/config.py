"""모델의 크기와 선택 사항을 한곳에 적어 두는 파일이에요.

기본값은 전부 논문 그대로예요. 논문 뒤에 나온 것은 아래쪽 선택 사항을 바꿔서 켜요.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelConfig:
    """Transformer 하나의 모양을 정해요 (논문 표 3). 단위는 모두 개수이고 드롭아웃만 확률이에요.

    맞지 않는 크기는 ValueError로 알려요.
    """

    vocab_size: int
    d_model: int = 512
    n_heads: int = 8
    d_ff: int = 2048
    n_layers: int = 6  # 인코더와 디코더에 똑같이 이만큼
    dropout: float = 0.1
    max_len: int = 512  # 한 문장의 최대 토큰 수
    pad_id: int = 0
    bos_id: int = 1
    eos_id: int = 2

    # 논문 뒤에 나온 선택 사항
    word_dropout: float = 0.0  # 학습할 때 임베딩을 통째로 지울 토큰의 비율
    norm_first: bool = False  # True: Pre-LN
    norm: str = "layer"  # "layer" 또는 "rms"
    deep_norm: bool = False  # 잔차를 alpha배로 키우는 Post-LN
    activation: str = "relu"  # "relu", "gelu", "swiglu"
    positions: str = "sinusoidal"  # "sinusoidal", "learned", "rope"
    n_kv_heads: int | None = None  # n_heads보다 작으면 GQA, 1이면 MQA

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model", "n_heads", "d_ff", "n_layers", "max_len"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}은(는) 1 이상이어야 해요: {getattr(self, name)}")
        for name in ("dropout", "word_dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name}은(는) 0 이상 1 미만이어야 해요: {getattr(self, name)}")
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model({self.d_model})은 n_heads({self.n_heads})로 나누어떨어져야 해요.")
        if self.n_heads % self.kv_heads:
            raise ValueError(f"n_heads({self.n_heads})는 n_kv_heads({self.kv_heads})로 나누어떨어져야 해요.")
        if self.positions != "learned" and self.d_model % 2:
            raise ValueError(f"사인과 코사인을 짝지으려면 d_model이 짝수여야 해요: {self.d_model}")
        if self.positions == "rope" and self.d_k % 2:
            raise ValueError(f"RoPE는 헤드의 크기 d_k가 짝수여야 해요: {self.d_k}")
        for name, kinds in _KINDS.items():
            if getattr(self, name) not in kinds:
                raise ValueError(f"{name}은(는) {', '.join(kinds)} 가운데 하나여야 해요: {getattr(self, name)!r}")
        if self.norm_first and self.deep_norm:
            raise ValueError("DeepNorm은 Post-LN에 쓰는 방법이라 norm_first와 함께 켤 수 없어요.")
        special = (self.pad_id, self.bos_id, self.eos_id)
        if len(set(special)) < 3 or min(special) < 0 or max(special) >= self.vocab_size:
            raise ValueError(f"pad, bos, eos 번호는 서로 다르고 어휘 안에 있어야 해요: {special}")

    @property
    def d_k(self) -> int:
        """헤드 하나의 크기 d_k = d_v = d_model / h예요 (논문 §3.2.2)."""
        return self.d_model // self.n_heads

    @property
    def kv_heads(self) -> int:
        """키와 값을 만드는 헤드의 수예요. 논문의 멀티 헤드 어텐션에서는 n_heads와 같아요."""
        return self.n_heads if self.n_kv_heads is None else self.n_kv_heads

    @classmethod
    def preset(cls, name: str, vocab_size: int, **changes: Any) -> ModelConfig:
        """이름난 크기(`tiny`, `demo`, `multi30k`, `base`, `big`)로 설정을 만들어요. 모르는 이름은 ValueError예요."""
        if name not in PRESETS:
            raise ValueError(f"모르는 설정이에요: {name!r}. {', '.join(PRESETS)} 가운데에서 골라 주세요.")
        return cls(vocab_size=vocab_size, **{**PRESETS[name], **changes})

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """`to_dict`로 적어 둔 설정을 되살려요. 모르는 항목이 있으면 ValueError예요."""
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"모델 설정에 모르는 항목이 있어요: {', '.join(sorted(unknown))}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """체크포인트 옆에 JSON으로 적을 수 있게 사전으로 바꿔요."""
        return dataclasses.asdict(self)


_KINDS = {
    "norm": ("layer", "rms"),
    "activation": ("relu", "gelu", "swiglu"),
    "positions": ("sinusoidal", "learned", "rope"),
}

PRESETS: dict[str, dict[str, Any]] = {
    "tiny": {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2, "dropout": 0.1, "max_len": 128},
    "demo": {"d_model": 128, "n_heads": 4, "d_ff": 512, "n_layers": 3, "dropout": 0.1, "max_len": 128},
    "multi30k": {
        "d_model": 128,
        "n_heads": 4,
        "d_ff": 256,
        "n_layers": 4,
        "dropout": 0.15,
        "word_dropout": 0.1,  # 같은 문장을 마흔 번 보므로 외우는 것을 늦춰요.
        "max_len": 256,
        "positions": "rope",
        "activation": "swiglu",
    },
    "base": {"d_model": 512, "n_heads": 8, "d_ff": 2048, "n_layers": 6, "dropout": 0.1, "max_len": 512},
    "big": {"d_model": 1024, "n_heads": 16, "d_ff": 4096, "n_layers": 6, "dropout": 0.3, "max_len": 512},
}
