"""논문의 표 2와 표 3을 처음부터 다시 계산해서, 인쇄된 숫자와 나란히 놓아요. 학습하지 않으므로 바로 끝나요.

파라미터는 우리 설정으로 모델을 만들어 세고, 연산은 행렬곱의 곱하고 더하기를 2로 세어요 (논문 §5.2, §6.1, 각주 5).
D = d_model, F = d_ff, V 어휘 크기, L 문장의 토큰 수. 파라미터의 단위 M은 백만 개예요.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from reference.config import ModelConfig
from reference.files import write_text
from reference.tools.paper_figures import paper
from reference.tools.table import Table
from reference.transformer import Transformer

VOCABULARY = 37_000  # "about 37000 tokens" (§5.1)


# -- 표 3: 변형마다의 파라미터 --


@dataclass(frozen=True)
class Variant:
    """표 3의 한 줄이에요. millions는 인쇄된 파라미터(M)이고, 빈칸이면 None이에요. ppl과 bleu는 newstest2013의 값이에요."""

    name: str
    ppl: float
    bleu: float
    millions: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    d_k: int | None = None  # 설정의 d_model / h와 다를 때

    @property
    def config(self) -> ModelConfig:
        """우리 설정이에요. d_k만은 우리 설정에 따로 없어서 `parameters`가 고쳐 세요."""
        return ModelConfig(VOCABULARY, **self.changes)


BIG: dict[str, Any] = {"d_model": 1024, "d_ff": 4096, "n_heads": 16, "dropout": 0.3}
TABLE3 = (
    Variant("base", 4.92, 25.8, 65),
    Variant("(A) h=1", 5.29, 24.9, changes={"n_heads": 1}),
    Variant("(A) h=4", 5.00, 25.5, changes={"n_heads": 4}),
    Variant("(A) h=16", 4.91, 25.8, changes={"n_heads": 16}),
    Variant("(A) h=32", 5.01, 25.4, changes={"n_heads": 32}),
    Variant("(B) d_k=16", 5.16, 25.1, 58, d_k=16),
    Variant("(B) d_k=32", 5.01, 25.4, 60, d_k=32),
    Variant("(C) N=2", 6.11, 23.7, 36, {"n_layers": 2}),
    Variant("(C) N=4", 5.19, 25.3, 50, {"n_layers": 4}),
    Variant("(C) N=8", 4.88, 25.5, 80, {"n_layers": 8}),
    Variant("(C) d_model=256", 5.75, 24.5, 28, {"d_model": 256}),
    Variant("(C) d_model=1024", 4.66, 26.0, 168, {"d_model": 1024}),
    Variant("(C) d_ff=1024", 5.12, 25.4, 53, {"d_ff": 1024}),
    Variant("(C) d_ff=4096", 4.75, 26.2, 90, {"d_ff": 4096}),
    Variant("(D) P_drop=0.0", 5.77, 24.6, changes={"dropout": 0.0}),
    Variant("(D) P_drop=0.2", 4.95, 25.5, changes={"dropout": 0.2}),
    Variant("(D) ε_ls=0.0", 4.67, 25.3),
    Variant("(D) ε_ls=0.2", 5.47, 25.7),
    Variant("(E) 배우는 위치", 4.92, 25.7, changes={"positions": "learned"}),
    Variant("big", 4.33, 26.4, 213, BIG),
)


def parameters(variant: Variant, vocabulary: int = VOCABULARY) -> int:
    """그 줄의 모델을 우리 설정으로 만들어 파라미터를 세요. 메모리는 쓰지 않아요.

    d_k를 따로 줄이면 어텐션마다 W_q와 W_k가 (D, h·d_k)로, 편향이 h·d_k개로 줄어요. 어텐션은 인코더 층에 하나, 디코더 층에 둘이에요.
    """
    config = variant.config
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in Transformer(config).parameters())
    count += (vocabulary - VOCABULARY) * config.d_model
    if variant.d_k is not None:
        narrower = config.d_model - config.n_heads * variant.d_k
        count -= 3 * config.n_layers * 2 * narrower * (config.d_model + 1)
    return count


def implied_vocabulary(variant: Variant) -> tuple[int, int]:
    """우리가 센 것을 백만에서 반올림하면 인쇄된 숫자가 되는 어휘의 (가장 작은, 가장 큰) 크기예요. 빈칸이면 ValueError예요."""
    if variant.millions is None:
        raise ValueError(f"{variant.name}에는 인쇄된 파라미터 수가 없어요.")
    body, d_model = parameters(variant, 0), variant.config.d_model
    low, high = (int(variant.millions * 1e6 + edge) - body for edge in (-5e5, 5e5 - 1))
    return -(-low // d_model), high // d_model


def shared_vocabulary() -> tuple[int, int]:
    """big을 뺀 모든 줄을 한꺼번에 설명하는 어휘의 (가장 작은, 가장 큰) 크기예요."""
    ranges = [implied_vocabulary(variant) for variant in TABLE3 if variant.millions and variant.name != "big"]
    return max(low for low, _ in ranges), min(high for _, high in ranges)


def table3() -> Table:
    """표 3의 파라미터를 우리 설정으로 세어 인쇄된 숫자와 견줘요."""
    low, high = shared_vocabulary()
    middle = (low + high) // 2
    table = Table(
        "table3",
        f"표 3: 파라미터 (백만 개, 어휘 {VOCABULARY:,}개와 {middle:,}개로)",
        ["줄", "인쇄", "센 것", "차이", f"V={middle:,}", "반올림이 같은지", "PPL", "BLEU"],
    )
    for variant in TABLE3:
        mine, other = (parameters(variant, vocabulary) / 1e6 for vocabulary in (VOCABULARY, middle))
        printed, gap, same = "", "", ""
        if variant.millions is not None:
            printed, gap = str(variant.millions), f"{mine - variant.millions:+.2f}"
            same = "예" if round(other) == variant.millions else "아니요"
        table.rows.append([variant.name, printed, mine, gap, other, same, variant.ppl, variant.bleu])
    big = next(variant for variant in TABLE3 if variant.name == "big")
    table.notes += [
        f"어휘가 {low:,}~{high:,}개라면 big을 뺀 열 줄이 모두 인쇄된 숫자로 반올림돼요. 논문은 어휘를 '약 37,000개'라고만 "
        "했고, 그렇게 셌다고 말하지는 않았어요. 차이를 표의 크기 하나로 설명할 수 있다는 뜻이에요.",
        f"big만은 어휘 {implied_vocabulary(big)[0]:,}~{implied_vocabulary(big)[1]:,}개라야 213M이 돼요. 한 어휘로는 둘을 함께 "
        "설명할 수 없고, 까닭은 논문에 적혀 있지 않아요.",
        "우리 어텐션의 편향은 논문의 식에 없지만 base에서 0.04M뿐이에요.",
        "(A)와 (D)의 빈칸은 base와 같다는 뜻이에요. (E)는 배우는 위치 표(512칸)만큼 늘어요.",
        "PPL과 BLEU는 논문의 newstest2013 값이고, 여기서는 재지 않았어요.",
    ]
    return table


# -- 표 2: 학습의 연산 --

TFLOPS = {"K80": 2.8, "K40": 3.7, "M40": 6.0, "P100": 9.5}  # 각주 5, 카드 하나의 단정밀도
BATCH = 25_000  # 배치 하나의 소스 토큰이자 타깃 토큰 (§5.1)
LENGTH = 30  # 우리가 어림한 문장의 토큰 수. 50으로 바꿔도 센 것은 2%쯤만 늘어요.


@dataclass(frozen=True)
class Training:
    """표 2의 한 줄이에요. 쓴 카드와 날수는 그 논문이 말한 것이고, printed는 표 2에 인쇄된 FLOPs예요."""

    name: str
    printed: float
    device: str
    devices: int
    days: float
    bleu: str

    @property
    def capacity(self) -> float:
        """논문이 어림한 방법이에요. 식: 시간(초) × 카드 수 × 카드의 FLOPS (§6.1)."""
        return self.days * 86_400 * self.devices * TFLOPS[self.device] * 1e12


TABLE2 = (
    Training("Transformer base", 3.3e18, "P100", 8, 0.5, "영독 27.3, 영불 38.1"),
    Training("Transformer big", 2.3e19, "P100", 8, 3.5, "영독 28.4, 영불 41.8"),
    Training("GNMT + RL (영불)", 1.4e20, "K80", 96, 6, "영불 39.92"),
    Training("ConvS2S (영불)", 1.5e20, "M40", 8, 37, "영불 40.46"),
    Training("MoE (영불)", 1.2e20, "K40", 64, 6, "영불 40.56"),
)
STEPS: dict[str, tuple[int, float, dict[str, Any]]] = {  # 스텝, 스텝의 초 (§5.2), 설정
    "Transformer base": (100_000, 0.4, {}),
    "Transformer big": (300_000, 1.0, BIG),
}


def step_flops(config: ModelConfig, sentences: float, length: int) -> float:
    """문장 sentences개를 한 번 배우는 행렬곱의 FLOPs예요. 소스와 타깃이 모두 length토큰이고, 역전파는 순전파의 두 배예요.

    토큰마다: 인코더 층 4D² + 2DF, 디코더 층 8D² + 2DF (크로스 어텐션의 키와 값은 소스에), 출력 DV, 어텐션마다 점수와 섞기 2DL.
    """
    if config.kv_heads != config.n_heads or config.activation == "swiglu":
        raise ValueError("논문의 멀티 헤드 어텐션과 두 행렬의 피드포워드만 세요.")
    D, F, N = config.d_model, config.d_ff, config.n_layers
    encoder = 4 * D * D + 2 * D * F + 2 * D * length
    decoder = 8 * D * D + 2 * D * F + 2 * 2 * D * length
    multiply_adds = N * (encoder + decoder) + D * config.vocab_size
    return 3 * 2 * multiply_adds * sentences * length


def training_flops(name: str) -> float:
    """Transformer base나 big의 학습 전체를 처음부터 센 FLOPs예요."""
    steps, _, changes = STEPS[name]
    return steps * step_flops(ModelConfig(VOCABULARY, **changes), BATCH / LENGTH, LENGTH)


def table2() -> Table:
    """표 2의 학습 비용을 두 가지로 다시 구해요: 논문의 방법(시간 × 카드의 능력)과, 행렬곱을 정말로 센 것."""
    table = Table(
        "table2",
        "표 2: 학습 비용 (FLOPs)",
        ["모델", "인쇄", "시간 × 카드", "어떤 카드로", "카드·시간", "센 것", "센 것/인쇄", "BLEU(인쇄)"],
    )
    for row in TABLE2:
        counted, share = "", ""
        if row.name in STEPS:
            flops = training_flops(row.name)
            counted, share = f"{flops:.2e}", f"{flops / row.printed:.0%}"
        cards = f"{row.device} {row.devices}장 × {row.days:g}일"
        spent = f"{row.devices * row.days * 24:,.0f}"
        table.rows.append(
            [row.name, f"{row.printed:.1e}", f"{row.capacity:.2e}", cards, spent, counted, share, row.bleu]
        )
    speeds, hours = [], []
    for name, (steps, seconds, _) in STEPS.items():
        hours.append(f"{name} {steps * seconds / 3600:.1f}시간")
        tflops = training_flops(name) / steps / seconds / 8 / 1e12
        speeds.append(f"{name} {tflops:.1f} TFLOPS ({tflops / TFLOPS['P100']:.0%})")
    table.notes += [
        "인쇄된 FLOPs는 정말로 한 계산이 아니라, 그 시간에 카드가 할 수 있었던 계산이에요. 두 자리까지 그대로 다시 나와요.",
        f"센 것은 소스와 타깃 {BATCH:,}토큰씩, 문장 {LENGTH}토큰, 어휘 {VOCABULARY:,}개로 행렬곱만 센 것이에요.",
        f"§5.2의 스텝 시간(0.4초, 1.0초)으로 나누면 P100 하나가 낸 속도예요: {', '.join(speeds)}.",
        f"스텝 수 × 스텝 시간은 {', '.join(hours)}이고, 논문이 말한 전체 시간은 12시간과 84시간(3.5일)이에요.",
        "다른 모델은 카드와 날수를 그 논문에서 확인한 줄만 다시 구했어요. 앙상블의 비용은 하나의 8배예요.",
    ]
    return table


# -- 명령 --


def run(name: str, out: Path) -> str:
    """표 하나를 계산해 JSON으로 out에 남기고, 읽을 수 있는 표를 돌려줘요."""
    table = TABLES[name]()
    write_text(out / f"{name}.json", json.dumps(table.to_dict(), ensure_ascii=False, indent=2))
    return f"{table}\n숫자: {out / f'{name}.json'}"


TABLES: dict[str, Callable[[], Table]] = {"table2": table2, "table3": table3, "paper": paper}
