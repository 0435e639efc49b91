"""구조: 여러 번 부른 결과를 서로 견줘요. 부를 때마다 다르거나, 앞의 답을 기억하거나, 값은 맞고 부작용이나 기울기만 달라요."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Outcome
from autograder.judging.cases import ONCE_MORE, OTHER_VALUES, BuiltArgument, Call
from autograder.judging.comparators import apply
from autograder.judging.comparison import compare, excess, tolerance
from autograder.judging.structure.evidence import VALUE_COMPARATORS, Evidence, Observation, as_numbers, same, small
from autograder.judging.value_text import readable
from autograder.wording import josa


def repeated(evidence: Evidence) -> Observation | None:
    """같은 입력으로 다시 부르면 값이 달라요."""
    for number, case in enumerate(evidence.key.cases):
        first = _first(evidence, number) if case.probe == ONCE_MORE else None
        if first is None or _agree(case, evidence.outcomes[first], evidence.outcomes[number]):
            continue
        look = "난수를 쓰는 곳(드롭아웃, `torch.rand`, `multinomial`, 새로 만든 층)과, 부를 때마다 바뀌는 함수 밖의 변수를 봐요."
        if evidence.problems[first] is None:
            why = "처음 불렀을 때는 맞았는데, 같은 입력으로 다시 부르니 다른 결과가 나와요."
            return Observation("second-call", why, look)
        return Observation("every-call", "같은 입력인데 부를 때마다 다른 결과가 나와요.", look)
    return None


def remembered(evidence: Evidence) -> Observation | None:
    """모양이 같으면 값이 달라도 같은 답이에요."""
    for number, case in enumerate(evidence.key.cases):
        if case.probe != OTHER_VALUES or not evidence.problems[number]:
            continue
        for earlier in evidence.cases:
            other = evidence.key.cases[earlier]
            if other.probe or not _alike(other, case) or _agree(other, other.expected, case.expected):
                continue
            first, second = evidence.outcomes[earlier], evidence.outcomes[number]
            if not all(map(_telling, first)) or not _agree(case, first, second):
                continue
            if evidence.problems[earlier] is None:
                why = "모양은 같고 값만 다른 입력인데, 앞에서 낸 답이 그대로 나와요."
                look = "앞에서 부른 결과를 함수 밖이나 기본 인자에 남겨 두고 다시 쓰는 곳을 봐요."
                return Observation("remembered", why, look)
            if not any(isinstance(outcome.value, Tensor) for outcome in first):
                continue  # 짧은 목록과 글은 다른 까닭으로도 우연히 같아요.
            if not all(map(_finite, first)):
                continue  # nan은 무엇을 넣어도 nan이에요.
            why = "모양은 그대로 두고 입력의 값을 바꿨는데, 나온 값이 그대로예요."
            return Observation(
                "input-unread", why, "인자의 값을 정말로 읽는지, 인자를 다른 값으로 덮어쓰지 않는지 봐요."
            )
    return None


def _finite(outcome: Outcome) -> bool:
    """텐서라면 모두 유한한 값인지."""
    return not isinstance(outcome.value, Tensor) or bool(outcome.value.isfinite().all())


def _first(evidence: Evidence, number: int) -> int | None:
    """같은 것을 부르는 더 앞의 사례."""
    calls = evidence.key.cases[number].calls
    return next((n for n in evidence.cases if n < number and _same(evidence.key.cases[n].calls, calls)), None)


def _same(one: Any, other: Any) -> bool:
    """두 인자가 같은지. 믿을 수 있는 우리 값만 견줘요."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, Call):
        return _same(one.args, other.args) and _same(one.kwargs, other.kwargs) and one.grad_of == other.grad_of
    if isinstance(one, BuiltArgument):
        return one.kind == other.kind and _same(one.data, other.data)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _alike(one: KeyCase, other: KeyCase) -> bool:
    """텐서의 모양까지 같은 부름인지."""
    return len(one.calls) == len(other.calls) and [_shape(c.args) for c in one.calls] == [
        _shape(c.args) for c in other.calls
    ]


def _shape(value: Any) -> Any:
    if isinstance(value, Tensor):
        return tuple(value.shape), value.dtype
    if isinstance(value, list | tuple):
        return [_shape(item) for item in value]
    return type(value)


def _telling(outcome: Outcome) -> bool:
    """우연히 같기 어려운 값인지."""
    value = outcome.value
    if not small(value):
        return False
    if isinstance(value, Tensor):
        numbers = as_numbers(value)
        return numbers is not None and numbers.unique().numel() >= 3
    if isinstance(value, str):
        return len(set(value)) >= 3
    if isinstance(value, list | tuple | dict):
        return len(value) >= 2
    return isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, 1)


def _agree(case: KeyCase, one: Any, other: Any) -> bool:
    """두 번의 결과가 예외까지 같은지."""
    if len(one) != len(other):
        return False
    return all(
        a.error == b.error and (a.error is not None or _equal(case, a.value, b.value))
        for a, b in zip(one, other, strict=True)
    )


def _equal(case: KeyCase, one: Any, other: Any) -> bool:
    """믿을 수 없는 두 값이 같은지. 견줄 수 없는 값이면 다르다고 말하지 않아요."""
    try:
        return not small(one) or not small(other) or compare(case, one, other) is None
    except (TypeError, RuntimeError):
        return True


def only_changed(evidence: Evidence) -> Observation | None:
    """돌려준 값은 모두 맞고, 받은 인자를 바꿔 놓은 것만 달라요."""
    names: set[str] = set()
    for number in evidence.failing:
        problem, outcomes = evidence.problems[number], evidence.outcomes[number]
        if problem is None or problem.kind != "changed":
            return None
        clean = [replace(outcome, changed=()) for outcome in outcomes]
        if apply(evidence.key.cases[number], clean) is not None:
            return None
        for call, outcome in zip(evidence.key.cases[number].calls, outcomes, strict=True):
            named = [name for name, _ in evidence.named(call)]
            names |= {named[at] if isinstance(at, int) and 0 <= at < len(named) else "" for at in outcome.changed}
    if not names:
        return None
    who = ", ".join(f"`{name}`" for name in sorted(names) if name) or "받은 인자"
    look = (
        "`+=`, `[...] =`, 이름이 `_`로 끝나는 메서드, `append`가 받은 것을 그 자리에서 고쳐요. 새것을 만들어 돌려줘요."
    )
    return Observation(
        "only-changed",
        f"돌려준 값은 모두 맞아요. 부르고 나면 {who}{josa(who, '이/가')[len(who) :]} 바뀌어 있는 것만 달라요.",
        look,
    )


def gradients(evidence: Evidence) -> Observation | None:
    """값은 맞고 기울기만 끊기거나 일정한 배수예요."""
    cut: set[str] = set()
    factors: list[float] = []
    dead_rows = []
    for number in evidence.failing:
        case, outcomes, problem = evidence.key.cases[number], evidence.outcomes[number], evidence.problems[number]
        if problem is None or problem.kind != "gradient" or case.comparator not in VALUE_COMPARATORS:
            return None
        for call, expected, got in zip(case.calls, case.expected, outcomes, strict=True):
            for at, e, g in zip(call.grad_of, expected.grads, _filled(got, len(expected.grads)), strict=True):
                if e is not None and g is None:
                    cut.add(evidence.key.parameters[at] if at < len(evidence.key.parameters) else f"{at + 1}번째 인자")
                elif e is not None and not same(case, e, g):
                    factors += _multiple(case, e, g)
                    dead_rows.append(_dead(case, e, g))
    if cut and not factors and not dead_rows:
        who = ", ".join(f"`{name}`" for name in sorted(cut))
        look = "`.detach()`, `.data`, `.item()`, 넘파이, `torch.tensor(...)`로 다시 만든 곳이 그래프를 끊어요."
        return Observation("gradient-cut", f"값은 모두 맞아요. {who}까지 기울기가 이어지지 않는 것만 달라요.", look)
    if (
        not cut
        and factors
        and len(factors) == len(dead_rows)
        and max(factors) - min(factors) < 1e-3 * abs(max(factors))
    ):
        why = f"값은 모두 맞아요. 기울기만 기대한 것의 {readable(round(factors[0], 4))}배예요."
        look = "그래프에서 끊긴 곱하기나 나누기(`.detach()`, `float(...)`, `torch.no_grad()` 안의 계산)를 봐요."
        return Observation("gradient-scaled", why, look)
    if not cut and dead_rows and all(dead_rows):
        why = "값은 모두 맞아요. 기울기가 몇 줄에서만 0이고 나머지 줄은 맞아요."
        look = "`padding_idx`처럼 어떤 번호의 줄을 배우지 않게 하는 설정이나 마스크를 봐요."
        return Observation("gradient-rows", why, look)
    return None


def _filled(outcome: Outcome, size: int) -> list[Any]:
    return [*outcome.grads[:size], *[None] * (size - len(outcome.grads))]


def _multiple(case: KeyCase, expected: Tensor, got: Any) -> list[float]:
    if not isinstance(got, Tensor) or got.shape != expected.shape or expected.unique().numel() < 4:
        return []
    e, g = expected.double(), got.double()
    c = float((e * g).sum() / (e * e).sum())
    return [c] if abs(c) > 1e-6 and not bool((excess(e * c, g, *tolerance(case, expected.dtype)) > 1).any()) else []


def _dead(case: KeyCase, expected: Tensor, got: Any) -> bool:
    """틀린 줄마다 기울기가 모두 0이고, 맞은 줄도 있는지."""
    if not isinstance(got, Tensor) or got.shape != expected.shape or expected.dim() != 2:
        return False
    wrong = (excess(expected, got, *tolerance(case, expected.dtype)) > 1).any(dim=-1)
    right_and_live = (~wrong) & (expected != 0).any(dim=-1)
    return bool(right_and_live.any()) and not bool(got[wrong].any())
