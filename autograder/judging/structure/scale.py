"""구조: 나온 값이 기대한 값의 일정한 배수이거나, 일정한 수만큼 크거나 작아요."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from autograder.judging.structure.evidence import Evidence, Numbers, Observation, subject, weight
from autograder.judging.structure.quantity import Quantities
from autograder.judging.value_text import readable
from autograder.wording import josa

ENOUGH = 3  # 정해야 할 수 말고도 이만큼의 값이 더 맞아야 우연이 아니에요.

_LOOK_FACTOR = "이 수를 곱하거나 나누는 줄이 있어야 하는지, 있다면 자리와 횟수가 맞는지 봐요."
_LOOK_UNKNOWN = "값 전체에 한꺼번에 곱하거나 나누는 줄을 봐요. 그 수를 입력의 어디에서 읽는지 확인해요."
_LOOK_OFFSET = "모든 값에 똑같이 더하거나 빼는 수와, 0과 1 가운데 어디서부터 세는지를 봐요."


def factor(evidence: Evidence) -> Observation | None:
    """모든 값이 기대한 값의 같은 배수예요. 배수가 아는 크기와 늘 같으면 그 이름을 말해요."""
    found = _constants(evidence, _ratio, _times)
    if found is None:
        return None
    if _shared(found) and _exactly(evidence, found[0], _times):
        return _same_factor(evidence, found[0]) if weight(evidence) >= 1 + ENOUGH else None
    if weight(evidence) >= ENOUGH:
        known = Quantities(evidence)
        targets = [(pair.call, c, 3 * n.rtol) for (pair, n), c in zip(evidence.numbers, found, strict=True)]
        if name := known.name(targets):
            why = f"{subject(evidence)}, 기대한 값에 {josa(name, '을/를')} 곱한 것과 같아요."
            return Observation("factor-size", why, _LOOK_FACTOR)
        if name := known.name([(call, 1 / c, slack) for call, c, slack in targets]):
            why = f"{subject(evidence, '에')} {josa(name, '을/를')} 곱하면 기대한 값과 같아져요."
            return Observation("factor-size", why, _LOOK_FACTOR)
    if weight(evidence) < len(found) + ENOUGH:
        return None
    why = f"{subject(evidence)} 기대한 값의 일정한 배수예요. 그 배수는 사례마다 달라요."
    return Observation("factor-varies", why, _LOOK_UNKNOWN)


def _same_factor(evidence: Evidence, c: float) -> Observation:
    who = subject(evidence)
    if _close(c, -1) and _exactly(evidence, -1.0, _times):
        look = "빼는 차례와, 음수를 곱하거나 앞에 `-`를 붙인 곳을 봐요."
        return Observation("sign", f"{who} 부호만 반대예요.", look)
    times, part = round(c), round(1 / c)
    if _close(c, times) and _exactly(evidence, float(times), _times):
        return Observation("factor", f"{who} 기대한 값의 꼭 {readable(times)}배예요.", _LOOK_FACTOR)
    if part > 1 and _close(c, 1 / part) and _exactly(evidence, 1 / part, _times):
        words = "절반" if part == 2 else f"1/{readable(part)}"  # 분수는 "몇분의 일"로 읽어요.
        return Observation("factor", f"{who} 기대한 값의 꼭 {words}이에요.", _LOOK_FACTOR)
    return Observation("factor", f"{who} 기대한 값의 약 {readable(c)}배예요.", _LOOK_FACTOR)


def offset(evidence: Evidence) -> Observation | None:
    """모든 값이 같은 수만큼 크거나 작아요."""
    found = _constants(evidence, _gap, _plus)
    if found is None:
        return None
    if _shared(found) and _exactly(evidence, found[0], _plus):
        if weight(evidence) < 1 + ENOUGH:
            return None
        whole = _close(found[0], round(found[0])) and _exactly(evidence, float(round(found[0])), _plus)
        size = readable(abs(round(found[0]))) if whole else f"약 {readable(abs(found[0]))}"
        way = "커요" if found[0] > 0 else "작아요"
        return Observation("offset", f"{subject(evidence)} 기대한 값보다 똑같이 {size}만큼 {way}.", _LOOK_OFFSET)
    if weight(evidence) < len(found) + ENOUGH:
        return None
    why = f"{subject(evidence)} 기대한 값과 일정한 수만큼 달라요. 그 수는 사례마다 달라요."
    return Observation("offset-varies", why, "모든 값에 똑같이 더하거나 빼는 것(편향, 평균, 최댓값)을 봐요.")


def _gap(expected: Tensor, got: Tensor) -> Tensor:
    return (got - expected).mean()


def _times(expected: Tensor, c: float) -> Tensor:
    return expected * c


def _plus(expected: Tensor, c: float) -> Tensor:
    return expected + c


def _ratio(expected: Tensor, got: Tensor) -> Tensor:
    return (expected * got).sum() / (expected * expected).sum()


def _constants(
    evidence: Evidence, fit: Callable[[Tensor, Tensor], Tensor], apply: Callable[[Tensor, float], Tensor]
) -> list[float] | None:
    """쌍마다 맞춘 수. 하나라도 그 수로 설명되지 않거나, 모두 0인 것처럼 뻔하면 None이에요."""
    if not evidence.clear or any(isinstance(pair.expected, int) for pair in evidence.pairs):
        return None  # 파이썬의 정수는 어림하지 않고 꼭 맞는지 따로 세요(`count.py`).
    found = []
    for _, numbers in evidence.numbers:
        c = float(fit(numbers.expected[numbers.seen], numbers.got[numbers.seen]))
        explained = math.isfinite(c) and numbers.near(apply(numbers.expected, c), numbers.got)
        if not explained or not _spread(numbers):
            return None
        found.append(c)
    return found if found and all(abs(c) > 1e-6 for c in found) else None


def _spread(numbers: Numbers) -> bool:
    """두 값 모두 허용 오차보다 큰 수를 담고 있는지. 거의 0인 값은 무엇과도 같아 보여요."""
    return numbers.distinct() > 0 and numbers.distinct(numbers.got) > 0


def _exactly(evidence: Evidence, c: float, apply: Callable[[Tensor, float], Tensor]) -> bool:
    """수 하나가 모든 쌍을 설명하는지."""
    return all(numbers.near(apply(numbers.expected, c), numbers.got) for _, numbers in evidence.numbers)


def _shared(found: list[float]) -> bool:
    return _close(max(found), min(found))


def _close(one: float, other: float) -> bool:
    """값이 작아 허용 오차 안에 드는 것만으로는 같은 수가 아니에요."""
    return abs(one - other) <= 1e-3 * abs(one)
