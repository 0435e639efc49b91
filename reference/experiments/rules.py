"""판정의 규칙: 시드마다 본 것과 조건마다 본 것을 하나의 판정으로 모아요."""

from __future__ import annotations

from collections.abc import Iterable

from reference.experiments.experiment import Spread, Verdict


def at_least(spread: Spread, bound: float) -> Verdict:
    """모든 시드가 bound 이상이면 맞고, 모두 작으면 다르고, 갈리면 말할 수 없어요."""
    return _vote(value >= bound for value in spread.values)


def at_most(spread: Spread, bound: float) -> Verdict:
    """모든 시드가 bound 이하면 맞고, 모두 크면 다르고, 갈리면 말할 수 없어요."""
    return _vote(value <= bound for value in spread.values)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """조건마다의 판정을 모아요. 모두 같으면 그것이고, 맞는 조건과 다른 조건이 함께 있으면 조건에 따라요."""
    seen = set(verdicts)
    if len(seen) == 1:
        return seen.pop()
    return Verdict.DEPENDS if {Verdict.HOLDS, Verdict.FAILS} <= seen else Verdict.UNCLEAR


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """조건이 모두 갖춰져야 하는 주장이에요. 하나라도 다르면 다르고, 모두 맞아야 맞아요."""
    seen = set(verdicts)
    if Verdict.FAILS in seen:
        return Verdict.FAILS
    return Verdict.HOLDS if seen == {Verdict.HOLDS} else Verdict.UNCLEAR


def _vote(answers: Iterable[bool]) -> Verdict:
    seen = list(answers)
    return Verdict.HOLDS if all(seen) else Verdict.UNCLEAR if any(seen) else Verdict.FAILS
