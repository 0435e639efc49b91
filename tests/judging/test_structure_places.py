"""구조로 찾는 까닭(자리): 첫 자리와 끝자리, 대각선, 마스크가 가린 자리에서만 맞거나 틀린 답."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from support.formulas import AFFINE, CLIPPED, ROWS, SCORES, WEIGHTS, scores, squash, weights
from support.observed import ids, key_for, normal, on, seen
from torch import Tensor

Answer = Callable[..., Any]


PLACES: dict[str, tuple[Any, Answer, str]] = {
    "last": (
        AFFINE,
        lambda x, W, b: torch.cat([(x @ W + b)[:, :-1], x[:, -1:]], 1),
        "dim=-2의 마지막 자리에서만 틀려요",
    ),
    "first right": (AFFINE, lambda x, W, b: torch.cat([(x @ W + b)[:, :1], x[:, 1:]], 1), "dim=-2의 첫 자리만 맞고"),
    "odd": (AFFINE, lambda x, W, b: (x @ W + b) * (1 + torch.arange(x.size(-1)) % 2 * x[..., :1]), "홀수 번째"),
    "masked": (
        WEIGHTS,
        lambda s, m=None: weights(s, m) if m is None else weights(s, m) + ~m * 0.1 * s.abs(),
        "`mask`가 가린 자리에서만",
    ),
    "empty row": (
        ROWS,
        lambda s, m=None: torch.softmax(s if m is None else s.masked_fill(~m, -torch.inf), -1),
        "`mask`가 모두 가린 줄에서만",
    ),
    "negative": (CLIPPED, lambda x: torch.where(x < 0, -2 * x, x), "`x`의 값이 음수인 자리에서만"),
    "diagonal": (
        SCORES,
        lambda q, k: scores(q, k) + torch.eye(q.size(-2), k.size(-2)) * (1 + q[..., :1].abs()),
        "대각선에서만",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_place_that_is_wrong_is_said(name: str) -> None:
    key, showing, piece = PLACES[name]
    assert any(piece in observation.why for observation in seen(showing, key))


def test_a_place_needs_most_of_its_values_wrong() -> None:
    def once(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        out = x @ W + b
        out[0, -1, 0] = 9.0
        return out

    assert "only-wrong-at" not in ids(once, AFFINE)


def test_an_axis_of_two_is_no_evidence_for_a_place() -> None:
    key = key_for(squash, on(normal(5, 2)), on(normal(7, 2)))
    wrong = torch.tensor([True, False])
    assert ids(lambda x: torch.where(wrong, torch.sin(9 * x), squash(x)), key) == []
