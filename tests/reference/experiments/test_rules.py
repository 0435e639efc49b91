"""판정의 규칙: 시드와 조건을 하나의 판정으로 모아요."""

from __future__ import annotations

import pytest

from reference.experiments.experiment import Spread, Verdict
from reference.experiments.rules import all_of, at_least, at_most, together

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
    ("seen", "one", "every"),
    [
        ([HOLDS, HOLDS], HOLDS, HOLDS),
        ([FAILS, FAILS], FAILS, FAILS),
        ([HOLDS, FAILS], DEPENDS, FAILS),
        ([HOLDS, FAILS, UNCLEAR], DEPENDS, FAILS),
        ([HOLDS, UNCLEAR], UNCLEAR, UNCLEAR),
        ([FAILS, UNCLEAR], UNCLEAR, FAILS),
    ],
)
def test_conditions_are_gathered(seen: list[Verdict], one: Verdict, every: Verdict) -> None:
    assert together(seen) is one
    assert all_of(seen) is every
