"""판정의 규칙: 시드와 조건을 하나의 판정으로 모아요."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from reference.experiments.experiment import Spread, Verdict
from reference.experiments.rules import (
    all_of,
    any_of,
    at_least,
    at_most,
    faster,
    less,
    same_values,
    together,
    under_conditions,
)

HOLDS, FAILS, DEPENDS, UNCLEAR = Verdict


@pytest.mark.parametrize(
    ("values", "least", "most"),
    [
        ((2.5, 3.0), HOLDS, FAILS),
        ((0.5, 1.0), FAILS, HOLDS),
        ((1.0, 3.0), UNCLEAR, UNCLEAR),
        ((2.0, 2.0), HOLDS, HOLDS),
    ],
)
def test_every_seed_has_one_vote(values: tuple[float, ...], least: Verdict, most: Verdict) -> None:
    spread = Spread(values)
    assert at_least(spread, 2.0) is least
    assert at_most(spread, 2.0) is most


@pytest.mark.parametrize(
    ("gains", "margin", "verdict"),
    [
        ((1.0, 1.1, 0.9), 0.0, HOLDS),
        ((1.0, 1.1, 0.9), 0.95, UNCLEAR),  # 쪽은 맞아도 한 시드가 여유 안이에요.
        ((1.0, 1.1, 0.9), 2.0, UNCLEAR),
        ((0.1, 1.0, 2.0), 0.0, UNCLEAR),  # 모두 같은 쪽이어도 시드끼리의 차이가 커요.
        ((-1.0, 1.1, 0.9), 0.0, UNCLEAR),
        ((-1.0, -1.1, -0.9), 0.0, FAILS),
        ((-1.0, -1.1, -0.9), 5.0, FAILS),
        ((0.0, 0.0, 0.0), 0.0, FAILS),
        ((0.5, 0.5, 0.5), 0.4, HOLDS),  # 세는 값은 시드가 달라도 같아요.
        ((1.0,), 0.0, UNCLEAR),
        ((math.inf, 1.0, 2.0), 0.0, HOLDS),  # 발산한 손실
        ((math.inf, -1.0, 2.0), 0.0, UNCLEAR),
        ((-math.inf, -1.0, -2.0), 0.0, FAILS),
        ((math.nan, 1.0, 1.1), 0.0, UNCLEAR),
    ],
)
def test_a_difference_must_stand_out_from_the_seeds(gains: tuple[float, ...], margin: float, verdict: Verdict) -> None:
    a = Spread(tuple(3.0 * seed for seed in range(len(gains))))
    b = Spread(tuple(x + gain for x, gain in zip(a.values, gains, strict=True)))
    assert less(a, b, margin) is verdict


def test_the_interval_is_the_one_of_scipy() -> None:
    """95% 구간의 끝을 0에 꼭 맞춘 세 차이: 조금만 줄이면 말할 수 없고, 조금만 늘리면 맞아요."""
    gains = np.array([1.0, 2.0, 4.0])
    low, _ = ttest_1samp(gains, 0).confidence_interval()
    zero = Spread((0.0,) * 3)
    assert less(zero, Spread(tuple(gains - low - 1e-6))) is UNCLEAR
    assert less(zero, Spread(tuple(gains - low + 1e-6))) is HOLDS


@pytest.mark.parametrize(
    ("ratios", "verdict"), [((1.2, 1.3), HOLDS), ((1.05, 1.3), UNCLEAR), ((0.8, 0.7), FAILS), ((0.8, 0.95), UNCLEAR)]
)
def test_faster_is_more_than_a_tenth(ratios: tuple[float, ...], verdict: Verdict) -> None:
    assert faster(Spread(ratios)) is verdict


@pytest.mark.parametrize(
    ("seen", "one", "every", "some"),
    [
        ([HOLDS, HOLDS], HOLDS, HOLDS, HOLDS),
        ([FAILS, FAILS], FAILS, FAILS, FAILS),
        ([HOLDS, FAILS], DEPENDS, FAILS, HOLDS),
        ([HOLDS, FAILS, UNCLEAR], DEPENDS, FAILS, HOLDS),
        ([HOLDS, UNCLEAR], UNCLEAR, UNCLEAR, HOLDS),
        ([FAILS, UNCLEAR], UNCLEAR, FAILS, UNCLEAR),
    ],
)
def test_conditions_are_gathered(seen: list[Verdict], one: Verdict, every: Verdict, some: Verdict) -> None:
    assert together(seen) is one
    assert all_of(seen) is every
    assert any_of(seen) is some
    verdict, said = under_conditions({f"{at}번": each for at, each in enumerate(seen)})
    assert verdict is one and said.endswith("요.") and all(f"{at}번" in said for at in range(len(seen)))


def test_conditions_are_named_under_their_verdict() -> None:
    each = {"가": HOLDS, "나": FAILS, "다": UNCLEAR, "라": HOLDS}
    assert under_conditions(each)[1] == "가, 라에서는 맞고, 나에서는 다르고, 다에서는 말할 수 없어요."


def test_values_are_the_same_only_if_all_are() -> None:
    near, far = Spread((1e-7, 3e-7)), Spread((1e-7, 2e-3))
    assert same_values([near, near], 1e-5) == (HOLDS, 3e-7)
    assert same_values([near, far], 1e-5) == (UNCLEAR, 2e-3)
    assert same_values([far.times(1e6)], 1e-5)[0] is FAILS
