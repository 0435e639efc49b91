"""구조로 찾는 까닭(수): 배수, 차이, 함수, 인자, 줄. 이야기마다 그런 답과, 닮았지만 그렇지 않은 답이 있어요."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support.formulas import (
    AFFINE,
    CLIPPED,
    CONSTANT,
    CONTEXT,
    ONE_SIZE,
    RATE,
    SCORES,
    SIZED,
    SPREAD,
    SQUASH,
    WEIGHTS,
    affine,
    rate,
    scores,
    sized,
    spread,
    total,
    weights,
)
from support.observed import ids, key_for, normal, on, words
from torch import Tensor

from autograder.judging.structure.evidence import Evidence
from autograder.judging.structure.quantity import Quantities

Answer = Callable[..., Any]


# (이야기, 답안지, 그런 답, 닮았지만 그렇지 않은 답, 글에 든 말)
TABLE: dict[str, tuple[Any, Answer, Answer, str]] = {
    "factor-size": (
        SCORES,
        lambda q, k: scores(q, k) * q.size(-1) ** 0.5,
        lambda q, k: scores(q, k) * 3,
        "`q.shape[-1]`의 제곱근",
    ),
    "factor": (SCORES, lambda q, k: scores(q, k) * 3, lambda q, k: scores(q, k) * 3 + 1, "꼭 3배"),
    "factor-varies": (
        SCORES,
        lambda q, k: scores(q, k) * q.sum(),
        lambda q, k: scores(q, k) * q.sum() + 1,
        "사례마다 달라요",
    ),
    "sign": (SCORES, lambda q, k: -scores(q, k), lambda q, k: -scores(q, k) + 0.1, "부호만 반대"),
    "offset": (SCORES, lambda q, k: scores(q, k) + 0.5, lambda q, k: scores(q, k) * 1.5 + 0.5, "약 0.5만큼 커요"),
    "offset-varies": (
        SCORES,
        lambda q, k: scores(q, k) + k.mean(),
        lambda q, k: scores(q, k) * k.mean() + k.mean(),
        "일정한 수만큼",
    ),
    "squared": (SPREAD, lambda x: spread(x) ** 2, lambda x: spread(x) ** 3, "제곱한 것"),
    "rooted": (SPREAD, lambda x: spread(x).sqrt(), lambda x: spread(x) ** 0.4, "제곱근"),
    "reciprocal": (SPREAD, lambda x: 1 / spread(x), lambda x: 1 / (1 + spread(x)), "역수"),
    "exponential": (SCORES, lambda q, k: scores(q, k).exp(), lambda q, k: scores(q, k).exp2(), "exp"),
    "logarithm": (SPREAD, lambda x: spread(x).log(), lambda x: spread(x).log2(), "log를"),
    "one-minus": (SPREAD, lambda x: 1 - spread(x), lambda x: 2 - spread(x), "1에서"),
    "absolute": (SCORES, lambda q, k: scores(q, k).abs(), lambda q, k: scores(q, k).abs() * 1.1, "절댓값"),
    "activated": (
        SCORES,
        lambda q, k: torch.sigmoid(scores(q, k)),
        lambda q, k: torch.sigmoid(2 * scores(q, k)),
        "시그모이드",
    ),
    "clipped": (SCORES, lambda q, k: scores(q, k).clamp(min=0), lambda q, k: scores(q, k).clamp(min=0.3), "0으로"),
    "softmaxed": (SCORES, lambda q, k: scores(q, k).softmax(-1), lambda q, k: scores(q, k).softmax(-2), "softmax"),
    "rounded": (SCORES, lambda q, k: scores(q, k).floor(), lambda q, k: scores(q, k).ceil(), "정수로 내린"),
    "unfinished-function": (SQUASH, lambda x: 2 * x, lambda x: 3 * x, "tanh를 씌우면"),
    "some-signs": (
        SCORES,
        lambda q, k: scores(q, k) * (2 * (torch.arange(k.size(-2)) % 2) - 1),
        lambda q, k: scores(q, k).roll(1, -1),
        "부호만 군데군데",
    ),
    "argument-returned": (CLIPPED, lambda x: x, lambda x: x + 1, "인자 `x` 그대로"),
    "argument-scaled": (AFFINE, lambda x, W, b: 2 * x, lambda x, W, b: x * x, "`x`의 2배"),
    "argument-part": (
        CONTEXT,
        lambda w, v: v.mean(1, keepdim=True).expand(-1, w.size(1), -1),
        lambda w, v: v.median(1, keepdim=True).values.expand(-1, w.size(1), -1),
        "`v`를 dim=-2를 따라 평균한",
    ),
    "term-missing": (AFFINE, lambda x, W, b: x @ W, lambda x, W, b: x @ W + b / 2, "`b`를 더하면"),
    "term-extra": (AFFINE, lambda x, W, b: x + x @ W + b, lambda x, W, b: x / 2 + x @ W + b, "`x`를 빼면"),
    "term-scaled": (
        AFFINE,
        lambda x, W, b: x @ W + b + 1.7 * x,
        lambda x, W, b: x @ W + b + x * x.abs(),
        "차이가 `x`의 일정한 배수",
    ),
    "factor-missing": (
        SIZED,
        lambda x, gamma: sized(x, torch.ones_like(gamma)),
        lambda x, gamma: sized(x, gamma.abs() + 0.5),
        "`gamma`를 곱하면",
    ),
    "factor-extra": (AFFINE, lambda x, W, b: b * (x @ W + b), lambda x, W, b: b.abs() * (x @ W + b), "`b`를 한 번 더"),
    "all-zero": (AFFINE, lambda x, W, b: torch.zeros_like(x), lambda x, W, b: 0.01 * x, "0이에요"),
    "all-alike": (
        AFFINE,
        lambda x, W, b: torch.full_like(x, float(x.mean())),
        lambda x, W, b: x.mean(1, keepdim=True).expand_as(x),
        "모두 똑같아요",
    ),
    "rows-alike": (
        AFFINE,
        lambda x, W, b: (x @ W + b)[:, :1].expand_as(x),
        lambda x, W, b: (x @ W + b).roll(1, 1),
        "dim=-2를 따라",
    ),
    "row-factor": (
        AFFINE,
        lambda x, W, b: (x @ W + b) * x.sum(-1, keepdim=True),
        lambda x, W, b: (x @ W + b) * x,
        "배수는 줄마다",
    ),
    "row-offset": (
        AFFINE,
        lambda x, W, b: x @ W + b + x.sum(-1, keepdim=True),
        lambda x, W, b: x @ W + b + x * x,
        "수는 줄마다",
    ),
    "same-vector": (AFFINE, lambda x, W, b: x @ W + b * b, lambda x, W, b: x @ W + b * x, "똑같은 벡터"),
    "not-normalised": (
        WEIGHTS,
        lambda s, m=None: s.exp() if m is None else s.exp() * m,
        lambda s, m=None: s.exp() if m is None else s.exp(),
        "합으로 나누면",
    ),
    "sums-along-other-axis": (
        WEIGHTS,
        lambda s, m=None: torch.softmax(s, -2),
        lambda s, m=None: torch.softmax(2 * s, -1),
        "dim=-2를",
    ),
    "sums-over-everything": (
        key_for(weights, on(normal(4, 5)), on(normal(3, 6))),
        lambda s, m=None: (
            torch.softmax(s.flatten(), 0).reshape(s.shape) ** 1.5 / (torch.softmax(s.flatten(), 0) ** 1.5).sum()
        ),
        lambda s, m=None: torch.softmax(2 * s, -1),
        "전체를 더한 합",
    ),
    "rows-do-not-sum": (
        WEIGHTS,
        lambda s, m=None: torch.sigmoid(s),
        lambda s, m=None: torch.softmax(2 * s, -1),
        "합이 1",
    ),
    "negative-probability": (WEIGHTS, lambda s, m=None: s * 1.7 + 0.01 * s * s, lambda s, m=None: s.abs(), "음수가"),
    "close": (
        SCORES,
        lambda q, k: scores(q, k) + 0.004 * torch.sin(9 * scores(q, k)),
        lambda q, k: scores(q, k) + 0.3 * torch.sin(9 * scores(q, k)),
        "조금씩만",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_true_is_said_and_what_only_looks_alike_is_not(name: str) -> None:
    key, showing, other, piece = TABLE[name]
    assert name in ids(showing, key) and piece in words(showing, key, name)
    assert name not in ids(other, key)


def test_a_size_is_named_only_when_it_changes_with_the_case() -> None:
    """크기가 늘 6이면 √6배가 무엇인지 알 수 없어요. 배수만 말해요."""
    assert ids(lambda q, k: scores(q, k) * math.sqrt(6), ONE_SIZE) == ["factor"]
    assert "q.shape" not in words(lambda q, k: scores(q, k) * math.sqrt(6), ONE_SIZE, "factor")


def test_two_sizes_that_fit_are_both_left_unnamed() -> None:
    """두 크기가 어긋난 사례에서만 같으면 어느 것인지 몰라요."""
    key = key_for(
        affine,
        on(normal(2, 4, 4), normal(4, 4), normal(4)),
        on(normal(3, 6, 6), normal(6, 6), normal(6)),
        on(normal(3, 5, 6), normal(6, 6), normal(6)),
    )

    def length(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        return affine(x, W, b) * (x.size(1) if x.size(1) == x.size(2) else 1)

    assert "factor-size" not in ids(length, key)


def test_the_number_of_tokens_that_are_not_padding_is_known() -> None:
    rows = [
        torch.tensor([1, 2, 0, 0, 3]),
        torch.tensor([4, 0, 1, 2, 3, 5]),
        torch.tensor([1, 0, 0, 2]),
        torch.tensor([7] * 9),
    ]
    key = key_for(total, *(on(row, 0) for row in rows))
    assert "`n`에서 패딩이 아닌 것의 수의 제곱근" in words(
        lambda n, pad_id: (n != pad_id).sum().to(torch.float32), key, "factor-size"
    )


def test_single_numbers_count_together() -> None:
    assert ids(lambda n, d: rate(n, d) * 2, RATE) == ["factor"]
    assert ids(lambda n, d: rate(n, d) * math.sqrt(d), RATE) == ["factor-size"]
    assert ids(lambda n, d: rate(n, d) * 2 if d == 16 else rate(n, d) * 5, RATE) == []


def test_too_few_numbers_say_nothing() -> None:
    few = key_for(rate, on(3, 16), on(10, 64))
    assert ids(lambda n, d: rate(n, d) * 2, few) == [] and ids(lambda n, d: rate(n, d) + 5, few) == []
    assert ids(lambda x: spread(x).sqrt(), key_for(spread, on(normal(3, 8)))) == []


def test_a_size_must_be_seen_with_two_values() -> None:
    known = Quantities(Evidence(SCORES, [[]] * 3, [None] * 3))
    calls = [c.calls[0] for c in SCORES.cases]
    assert known.name([(calls[0], 6.0, 1e-4), (calls[1], 7.0, 1e-5)]) == "`q.shape[-1]`"
    assert known.name([(calls[0], 6.0, 1e-4)]) is None


def test_values_barely_off_are_only_close() -> None:
    """허용 오차를 조금 넘은 값은 배수로도 차이로도 설명돼요."""
    assert ids(lambda q, k: scores(q, k) * (1 + 2.5e-4), SCORES) == ["close"]


def test_values_too_small_to_tell_say_nothing() -> None:
    assert ids(lambda x: x, CONSTANT) == ["argument-returned"] and ids(lambda x: 2 * x, CONSTANT) == []


def test_the_scope_is_said_when_some_cases_are_right() -> None:
    def half(s: Tensor, mask: Tensor | None = None) -> Tensor:
        return weights(s, mask) if mask is None else weights(s, mask) * 2

    assert words(half, WEIGHTS, "factor") == "틀린 사례에서는 나온 값이 모두 기대한 값의 꼭 2배예요."
