"""구조의 시험이 함께 쓰는 작은 식들과 그 답안지."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from support.observed import key_for, normal, on

F64 = torch.float64


def scores(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))


SCORES = key_for(
    scores,
    on(normal(3, 6), normal(5, 6)),
    on(normal(4, 7, dtype=F64), normal(4, 7, seed=1, dtype=F64)),
    on(normal(2, 3, 8), normal(2, 5, 8, seed=2)),
)
ONE_SIZE = key_for(scores, on(normal(3, 6), normal(5, 6)), on(normal(4, 6), normal(7, 6)))


def weights(s: Tensor, mask: Tensor | None = None) -> Tensor:
    if mask is not None:
        s = s.masked_fill(~mask, -torch.inf)
    return torch.softmax(s, dim=-1).nan_to_num()


MASK = torch.tensor([[[True, True, True, False, False]], [[True, True, True, True, False]]])
EMPTY = MASK.clone().expand(2, 4, 5).clone()
EMPTY[0, 2] = False
WEIGHTS = key_for(
    weights, on(normal(2, 4, 5), None), on(normal(3, 2, 4), None), on(normal(2, 4, 5, seed=3), MASK, group="mask")
)
ROWS = key_for(weights, on(normal(2, 4, 5), None), on(normal(2, 4, 5, seed=4), EMPTY, group="empty"))


def affine(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return x @ W + b


AFFINE = key_for(
    affine,
    on(normal(2, 3, 4), normal(4, 4), normal(4)),
    on(normal(3, 5, 6, seed=5), normal(6, 6), normal(6)),
)


def sized(x: Tensor, gamma: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True) * gamma


SIZED = key_for(sized, on(normal(3, 5), normal(5)), on(normal(2, 4, 6), normal(6)))


def squash(x: Tensor) -> Tensor:
    return torch.tanh(2 * x)


def clipped(x: Tensor) -> Tensor:
    return torch.relu(x)


SQUASH = key_for(squash, on(normal(3, 5)), on(normal(2, 4, 6)))
CLIPPED = key_for(clipped, on(normal(3, 5)), on(normal(2, 4, 6)))


def spread(x: Tensor) -> Tensor:
    return x.var(dim=-1, correction=0)


SPREAD = key_for(spread, on(normal(5, 8)), on(normal(3, 4, 6)))


def total(n: Tensor, pad_id: int) -> Tensor:
    return (n != pad_id).sum().to(torch.float32).sqrt()


def context(w: Tensor, v: Tensor) -> Tensor:
    return w @ v


CONTEXT = key_for(
    context, on(normal(2, 3, 5).softmax(-1), normal(2, 5, 4)), on(normal(3, 4, 6).softmax(-1), normal(3, 6, 5))
)


def tiny(x: Tensor) -> Tensor:
    return x * 1e-9


def rate(n: int, d: int) -> float:
    return n / math.sqrt(d) + 1


RATE = key_for(rate, *(on(n, d) for n, d in ((3, 16), (10, 64), (7, 100), (20, 5))))
CONSTANT = key_for(tiny, on(torch.ones(4)), on(torch.ones(6)))
