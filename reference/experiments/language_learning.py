"""글 배우기: 인코더나 디코더 하나짜리 언어 모델을 몇 분 안에 학습하고, 글자마다의 손실로 재요."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reference.config import ModelConfig
from reference.variants import EncoderOnly

BOS = 1
LENGTH, BATCH = (
    128,
    4,
)  # 학습에 쓰는 창의 길이(토큰)와 한 배치의 창 수. 글이 적을 때는 작은 배치로 자주 고치는 쪽이 나았어요.
TOGETHER = 32  # 채점할 때 한 번에 보는 글의 수
CHECKS = 12  # 학습하는 동안 검증하는 횟수. 가장 나았던 때의 가중치를 써요.

Batch = tuple[Tensor, Tensor]  # 입력 (B, T)과 맞힐 것 (B, T). 맞힐 것이 0(PAD)인 자리는 세지 않아요.


@dataclass(frozen=True)
class Recipe:
    """학습의 크기예요. steps는 스텝 수, lr은 가장 높은 학습률이에요."""

    steps: int
    lr: float = 5e-3
    weight_decay: float = 0.1


def small_config(vocab_size: int, **changes: object) -> ModelConfig:
    """글을 배울 작은 모델의 모양이에요. 위치는 RoPE라서 창이 글의 어디에서 시작하든 같아요."""
    settings = {"d_model": 128, "n_heads": 4, "d_ff": 512, "n_layers": 4, "dropout": 0.2, "max_len": 1024}
    modern = {"norm_first": True, "activation": "gelu", "positions": "rope"}
    return ModelConfig(vocab_size, **{**settings, **modern, **changes})  # type: ignore[arg-type]


def windows(
    rows: Sequence[Sequence[int]], generator: torch.Generator, length: int = LENGTH, batch: int = BATCH
) -> Iterator[Tensor]:
    """글을 모두 이은 줄에서 아무 데나 잘라 낸 창 (batch, length + 1)을 끝없이 줘요."""
    stream = torch.tensor([token for row in rows for token in row])
    stream = stream.repeat(-(-(length + 2) // len(stream)))  # 글이 창보다 짧으면 되풀이해요.
    while True:
        starts = torch.randint(len(stream) - length, (batch, 1), generator=generator)
        yield stream[starts + torch.arange(length + 1)]


def learn(
    model: EncoderOnly,
    batches: Iterator[Batch],
    check: Callable[[], float],
    recipe: Recipe,
    device: torch.device,
) -> list[float]:
    """배치로 학습하며 CHECKS번 검증하고, 검증이 가장 좋았던 가중치로 되돌려요. 검증마다의 값을 돌려줘요.

    학습률은 앞 10분의 1 동안 올랐다가 코사인으로 내려가요.
    """
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), recipe.lr, (0.9, 0.98), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=recipe.steps, pct_start=0.1)
    every = max(1, recipe.steps // CHECKS)
    checks: list[float] = []
    best, kept = math.inf, copy.deepcopy(model.state_dict())
    for step in range(1, recipe.steps + 1):
        ids, targets = (part.to(device) for part in next(batches))
        wanted = targets.ne(0)
        loss = F.cross_entropy(model.embedding.logits(hidden(model, ids)[wanted]), targets[wanted])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == recipe.steps:
            model.eval()
            checks.append(check())
            model.train()
            if checks[-1] < best:
                best, kept = checks[-1], copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    model.eval()
    return checks


def hidden(model: EncoderOnly, ids: Tensor) -> Tensor:
    """로짓을 내기 바로 앞의 벡터예요. 맞힐 자리만 골라 로짓을 내면 빨라요. ids (B, T) → (B, T, D)."""
    return model.stack(model.start(ids), model.mask(ids))


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """길이가 다른 글을 0(PAD)으로 채워요. → (N, 가장 긴 글)."""
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


@torch.no_grad()
def next_token_losses(model: EncoderOnly, rows: Sequence[Sequence[int]], device: torch.device) -> list[list[float]]:
    """글마다, 첫 토큰(BOS)을 뺀 자리마다의 −ln p(nat)예요."""
    losses: list[list[float]] = []
    for start in range(0, len(rows), TOGETHER):
        part = rows[start : start + TOGETHER]
        ids = padded(part).to(device)
        loss = F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:], reduction="none").cpu()  # (B, T)
        losses += [row[: len(whole) - 1].tolist() for row, whole in zip(loss, part, strict=True)]
    return losses


def next_token_batches(rows: Sequence[Sequence[int]], seed: int) -> Iterator[Batch]:
    """다음 토큰을 맞히는 배치예요: 입력을 한 칸 민 것이 맞힐 것이에요."""
    for window in windows(rows, torch.Generator().manual_seed(seed)):
        yield window[:, :-1], window[:, 1:]
