"""작은 학습: 실험들이 함께 쓰는 데이터, 모델, 학습 루프예요. 몇 초에서 몇 분 안에 끝나요."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.corpus import splits
from reference.data.tokenizer import Tokenizer
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

BATCH = 64


@dataclass(frozen=True)
class Pairs:
    """길이를 맞춘 문장 쌍들이에요. src (N, S), tgt_in과 tgt_out (N, T)."""

    src: Tensor
    tgt_in: Tensor
    tgt_out: Tensor

    def rows(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """고른 문장들이에요."""
        return self.src[index], self.tgt_in[index], self.tgt_out[index]


def korean_pairs(count: int, seed: int = 0) -> tuple[Pairs, Pairs, int]:
    """생성 말뭉치의 (훈련, 검증, 사전 크기)예요."""
    parts = splits(count, 300, 1, seed)
    tokenizer = Tokenizer.train((text for pair in parts.train for text in pair), 800)

    def encode(pairs: list[Any]) -> Pairs:
        src, tgt = ([tokenizer.encode(pair[side]) + [2] for pair in pairs] for side in (0, 1))
        out = _pad(tgt)  # (N, T)
        return Pairs(_pad(src), nn.functional.pad(out[:, :-1], (1, 0), value=1), out)

    return encode(parts.train), encode(parts.valid), len(tokenizer)


def _pad(rows: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def learn(
    model: Transformer,
    data: Pairs,
    steps: int,
    lr: Callable[[int], float],
    eps: float = 0.1,
    seed: int = 0,
    watch: Callable[[int], None] = lambda step: None,
) -> list[float]:
    """작은 학습 루프예요. 스텝마다의 토큰당 손실(nat)을 돌려줘요."""
    optimizer = torch.optim.Adam(model.parameters(), 0.0, (0.9, 0.98), 1e-9)
    generator, losses = torch.Generator().manual_seed(seed), []
    model.train()
    for step in range(1, steps + 1):
        index = torch.randint(len(data.src), (BATCH,), generator=generator)
        src, tgt_in, tgt_out = data.rows(index)
        total, _ = translation_loss(model, src, tgt_in, tgt_out, eps)
        loss = total / tgt_out.ne(0).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = lr(step)
        optimizer.step()
        losses.append(loss.item())
        watch(step)
    return losses


def validate(model: Transformer, data: Pairs) -> float:
    """검증 손실(nat)이에요. 레이블 스무딩은 꺼요."""
    model.eval()
    with torch.no_grad():
        total, _ = translation_loss(model, data.src, data.tgt_in, data.tgt_out, 0.0)
    model.train()
    return float(total / data.tgt_out.ne(0).sum())


def build(vocab_size: int, seed: int = 0, **changes: Any) -> Transformer:
    """같은 시드면 같은 가중치로 시작하는 작은 모델이에요."""
    torch.manual_seed(seed)
    settings = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2, "dropout": 0.1, "max_len": 128}
    return Transformer(ModelConfig(vocab_size, **{**settings, **changes}))


def smooth(values: list[float], width: int = 10) -> list[float]:
    """앞의 width개를 평균해 곡선을 읽기 쉽게 해요."""
    return [statistics.fmean(values[max(0, i - width + 1) : i + 1]) for i in range(len(values))]
