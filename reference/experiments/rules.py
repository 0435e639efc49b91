"""판정의 규칙: 시드마다 본 것과 조건마다 본 것을 하나의 판정으로 모아요."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from scipy.stats import t

from reference.experiments.experiment import Spread, Verdict


def at_least(spread: Spread, bound: float) -> Verdict:
    """모든 시드가 bound 이상이면 맞고, 모두 작으면 다르고, 갈리면 말할 수 없어요."""
    return _vote(value >= bound for value in spread.values)


def at_most(spread: Spread, bound: float) -> Verdict:
    """모든 시드가 bound 이하면 맞고, 모두 크면 다르고, 갈리면 말할 수 없어요."""
    return _vote(value <= bound for value in spread.values)


def less(a: Spread, b: Spread, margin: float = 0.0) -> Verdict:
    """a가 b보다 작은지를 시드마다의 차이 b − a로 봐요.

    모든 시드에서 margin보다 크게 작고 차이의 95% 구간이 0보다 위면 맞아요. 구간이 0 아래면 달라요. 나머지는 말할 수 없어요:
    시드끼리의 차이에 묻혔거나, 쪽은 맞아도 margin 안이에요. 시드가 하나면 구간을 낼 수 없어요.
    """
    gains = Spread(tuple(y - x for x, y in zip(a.values, b.values, strict=True)))
    reach = _reach(gains)
    if gains.mean - reach > 0 and gains.low > margin:
        return Verdict.HOLDS
    return Verdict.FAILS if gains.mean + reach <= 0 else Verdict.UNCLEAR


def faster(ratio: Spread, clearly: float = 1.1) -> Verdict:
    """시간의 비율에서 더 빠른지 봐요. 모든 시드가 clearly배를 넘으면 맞고, 모두 그만큼 느리면 다르고, 그 사이면 말할 수 없어요."""
    if ratio.low > clearly:
        return Verdict.HOLDS
    return Verdict.FAILS if ratio.high < 1 / clearly else Verdict.UNCLEAR


def same_values(differences: Sequence[Spread], slack: float) -> tuple[Verdict, float]:
    """두 값의 차이가 모든 곳과 시드에서 slack(반올림의 크기) 이하인지의 판정과, 가장 큰 차이예요."""
    everything = Spread(tuple(value for spread in differences for value in spread.values))
    return at_most(everything, slack), everything.high


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


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """조건이 하나라도 맞으면 맞는 주장이에요. 모두 달라야 다르고, 그 사이면 말할 수 없어요."""
    seen = set(verdicts)
    if Verdict.HOLDS in seen:
        return Verdict.HOLDS
    return Verdict.FAILS if seen == {Verdict.FAILS} else Verdict.UNCLEAR


def under_conditions(verdicts: dict[str, Verdict]) -> tuple[Verdict, str]:
    """조건의 이름마다의 판정을 `together`로 모으고, 어느 조건에서 어떤지 말하는 문장을 함께 돌려줘요."""
    names = {verdict: [name for name, each in verdicts.items() if each is verdict] for verdict in Verdict}
    holds, fails, unclear = (", ".join(names[v]) for v in (Verdict.HOLDS, Verdict.FAILS, Verdict.UNCLEAR))
    parts = [f"{holds}에서는 맞아요" if holds else "", f"{fails}에서는 달라요" if fails else ""]
    parts.append(f"{unclear}에서는 말할 수 없어요" if unclear else "")
    said = ", ".join(part for part in parts if part).replace("맞아요, ", "맞고, ").replace("달라요, ", "다르고, ") + "."
    return together(verdicts.values()), said


def _reach(values: Spread) -> float:
    """평균의 95% 구간이 한쪽으로 뻗는 길이예요 (Student의 t). 값이 하나면 무한대예요. 발산한 값이 있으면 잴 수 없어 0이에요."""
    count = len(values.values)
    if count < 2:
        return math.inf
    if not all(map(math.isfinite, values.values)):
        return 0.0
    return float(t.ppf(0.975, count - 1)) * statistics.stdev(values.values) / math.sqrt(count)


def _vote(answers: Iterable[bool]) -> Verdict:
    seen = list(answers)
    return Verdict.HOLDS if all(seen) else Verdict.UNCLEAR if any(seen) else Verdict.FAILS
