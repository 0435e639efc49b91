"""틀린 결과가 정답에서 얼마나 먼지: 허용 오차를 1로 본 거리."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Outcome
from autograder.judging.comparators import apply
from autograder.judging.comparison import excess, tolerance


def separation(case: KeyCase, got: Sequence[Outcome]) -> float:
    """허용 오차를 1로 본 거리. 값을 그대로 견주지 않는 사례와 형, 모양, 예외의 차이는 무한대로 봐요."""
    if case.comparator != "equal":
        return math.inf if apply(case, got) else 0.0
    return max(_distance(case, e, g) for e, g in zip(case.expected, got, strict=True))


def _distance(case: KeyCase, expected: Outcome, got: Outcome) -> float:
    if expected.error != got.error or expected.changed != got.changed:
        return math.inf
    pairs = [(expected.value, got.value), *zip(expected.grads, got.grads, strict=True)]
    return max(_value_distance(case, e, g) for e, g in pairs)


def _value_distance(case: KeyCase, expected: Any, got: Any) -> float:
    if isinstance(expected, Tensor):
        if not isinstance(got, Tensor) or got.shape != expected.shape or got.dtype != expected.dtype:
            return math.inf
        if not expected.numel():
            return 0.0
        return float(excess(expected, got, *tolerance(case, expected.dtype)).max())
    if isinstance(expected, list | tuple):
        if type(expected) is not type(got) or len(expected) != len(got):
            return math.inf
        return max((_value_distance(case, e, g) for e, g in zip(expected, got, strict=True)), default=0.0)
    if isinstance(expected, dict):
        if not isinstance(got, dict) or expected.keys() != got.keys():
            return math.inf
        return max((_value_distance(case, expected[k], got[k]) for k in expected), default=0.0)
    if isinstance(expected, float) and isinstance(got, int | float) and not isinstance(got, bool):
        atol, rtol = tolerance(case)
        return abs(expected - got) / (atol + rtol * abs(expected)) if math.isfinite(got) else math.inf
    return 0.0 if type(expected) is type(got) and expected == got else math.inf
