"""작은 학습: 실험들이 함께 쓰는 데이터, 모델, 학습 루프예요. 몇 초에서 몇 분 안에 끝나요."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.corpus import splits
from reference.data.tokenizer import Tokenizer
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer, shift_right

BATCH = 64
BOS, EOS = 1, 2
RUINED = 1e9  # 수가 아니게 된 손실 대신 적는 값. 무한대와 달리 시드끼리 견줄 수 있어요.
COPYING = 15  # 베끼기의 어휘: PAD, BOS, EOS와 글자 열둘


@dataclass(frozen=True)
class Pairs:
    """길이를 맞춘 문장 쌍들이에요. src (N, S), tgt_in과 tgt_out (N, T)."""

    src: Tensor
    tgt_in: Tensor
    tgt_out: Tensor

    def rows(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """고른 문장들이에요."""
        return self.src[index], self.tgt_in[index], self.tgt_out[index]

    def to(self, device: torch.device) -> Pairs:
        """장치로 옮긴 것이에요."""
        return Pairs(self.src.to(device), self.tgt_in.to(device), self.tgt_out.to(device))


@lru_cache(maxsize=4)
def korean_pairs(count: int, seed: int = 0, longest: int | None = None) -> tuple[Pairs, Pairs, int]:
    """생성 말뭉치의 (훈련, 검증, 사전 크기)예요. longest를 주면 두 쪽 모두 그 토큰 수를 넘지 않는 쌍만 남겨요."""
    parts = splits(count, 300, 1, seed)
    tokenizer = Tokenizer.train((text for pair in parts.train for text in pair), 800)

    def encode(pairs: list[Any]) -> Pairs:
        coded = [[tokenizer.encode(pair[side]) + [EOS] for side in (0, 1)] for pair in pairs]
        coded = [pair for pair in coded if longest is None or max(map(len, pair)) <= longest] or coded[:1]
        src, tgt = ([pair[side] for pair in coded] for side in (0, 1))
        return teacher_forcing(_pad(src), _pad(tgt))

    return encode(parts.train), encode(parts.valid), len(tokenizer)


def copying(count: int, longest: int, seed: int = 0) -> Pairs:
    """2글자부터 longest글자까지를 그대로 베끼는 문장 쌍들이에요. 짧은 문장의 뒤는 PAD이고, 어휘는 COPYING개예요."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, longest + 1, (count, 1), generator=generator)
    ids = torch.randint(EOS + 1, COPYING, (count, longest + 1), generator=generator)
    places = torch.arange(longest + 1)
    src = ids.where(places < lengths, torch.where(places == lengths, EOS, 0))  # (N, longest + 1)
    return teacher_forcing(src, src)


def guessing_loss(longest: int, *, ends_known: bool = False) -> float:
    """copying에서 소스의 글자를 모르고 찍을 때의 가장 낮은 토큰당 손실(nat)이에요.

    글자와 EOS가 얼마나 잦은지만 알 때이고, ends_known이면 문장이 어디에서 끝나는지까지 알 때예요.
    이보다 낮으면 소스의 글자를 조금이라도 베낀 거예요.
    """
    letters, kinds = (2 + longest) / 2, COPYING - EOS - 1  # 문장의 평균 글자 수, 글자의 가짓수
    share = letters / (letters + 1)  # 문장마다 EOS가 하나예요.
    unsure = 0.0 if ends_known else -share * math.log(share) - (1 - share) * math.log(1 - share)
    return share * math.log(kinds) + unsure


def guessing(longest: int) -> tuple[float, float, str]:
    """찍는 손실 둘(글자가 잦은 정도만 알 때, 문장의 끝까지 알 때)과 그것을 말하는 문장이에요. 둘째보다 낮으면 배운 거예요."""
    frequency, letters = guessing_loss(longest), guessing_loss(longest, ends_known=True)
    said = f"소스를 보지 않고 찍으면 {frequency:.2f}, 문장이 끝나는 곳만 알고 찍으면 {letters:.2f} nat이에요."
    return frequency, letters, said


def teacher_forcing(src: Tensor, tgt: Tensor) -> Pairs:
    """디코더의 입력은 정답을 한 칸 민 것이에요. src (N, S), tgt (N, T)는 EOS로 끝나고 뒤는 PAD예요."""
    return Pairs(src, shift_right(tgt, BOS), tgt)


def _pad(rows: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def learn(
    model: Transformer,
    data: Pairs,
    steps: int,
    lr: Callable[[int], float],
    eps: float = 0.1,
    seed: int = 0,
    batch: int = BATCH,
    watch: Callable[[int], None] = lambda step: None,
) -> list[float]:
    """작은 학습 루프예요. 스텝마다의 토큰당 손실(nat)을 돌려줘요."""
    optimizer = torch.optim.Adam(model.parameters(), 0.0, (0.9, 0.98), 1e-9)
    generator, losses = torch.Generator().manual_seed(seed), []
    model.train()
    for step in range(1, steps + 1):
        index = torch.randint(len(data.src), (batch,), generator=generator)
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


def write_alone(model: Transformer, src: Tensor, length: int) -> list[list[int]]:
    """캐시 없이 가장 단순하게 하는 그리디 디코딩이에요. 문장마다 EOS 앞까지의 토큰이고, length개를 넘지 않아요.

    모델을 eval로 바꾸지 않아요. 드롭아웃을 끄는 것은 부르는 쪽의 일이에요. src (N, S).
    """
    tokens = src.new_full((len(src), 1), BOS)
    with torch.no_grad():
        for _ in range(length):
            tokens = torch.cat([tokens, model(src, tokens)[:, -1].argmax(-1, keepdim=True)], dim=1)
    rows = tokens[:, 1:].tolist()
    return [row[: row.index(EOS)] if EOS in row else row for row in rows]


def ending(losses: list[float], share: float = 0.1) -> float:
    """마지막 share만큼의 스텝의 평균 손실이에요. 수가 아니게 되었으면 RUINED예요."""
    last = smooth(losses, max(1, round(share * len(losses))))[-1]
    return last if math.isfinite(last) else RUINED


def smooth(values: list[float], width: int = 10) -> list[float]:
    """앞의 width개를 평균해 곡선을 읽기 쉽게 해요."""
    return [statistics.fmean(values[max(0, i - width + 1) : i + 1]) for i in range(len(values))]
