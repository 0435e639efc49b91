"""통과한 그룹에서 점수의 비율로. 확인, 채점, 가상 학급이 같은 규칙을 써요.

- 값을 보는 그룹(`value`)을 하나도 통과하지 못하면 0이에요. 성질만 보는 그룹(`behaviour`)과 예외만 보는 그룹(`guard`)은 그 곁에서만 점수가 돼요.
- 예외만 보는 그룹은 모두 합해 `GUARD_SHARE`만큼이고, 나머지를 다른 그룹들이 똑같이 나눠 가져요.
- 입력을 보지 않는 답(늘 같은 값, 받은 값 그대로, 늘 예외)은 우연히 맞는 그룹이 있어도 0이에요.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome

GUARD_SHARE = 0.1


def share(roles: Mapping[str, str], passed: Collection[str]) -> float:
    """통과한 그룹들이 받는 점수의 비율(0에서 1까지). `roles`는 그룹에서 구실로 가는 표예요."""
    guards = [group for group, role in roles.items() if role == "guard"]
    others = [group for group in roles if group not in guards]
    if not any(roles[group] == "value" for group in passed):
        return 0.0
    for_guards = GUARD_SHARE if guards else 0.0
    weight = dict.fromkeys(others, (1 - for_guards) / len(others)) | dict.fromkeys(
        guards, for_guards / (len(guards) or 1)
    )
    return round(sum(weight[group] for group in passed), 6)


def ignores_input(key: AnswerKey, outcomes: Sequence[Sequence[Outcome]]) -> str:
    """입력을 보지 않는 답이면 어떤 답인지("늘 같은 값" 등), 아니면 빈 글."""
    pairs = [
        (call.args, expected.value, got)
        for case, case_outcomes in zip(key.cases, outcomes, strict=True)
        if case.comparator != "raises" and len(case_outcomes) == len(case.calls)
        for call, expected, got in zip(case.calls, case.expected, case_outcomes, strict=True)
    ]
    if not pairs:
        return ""
    if all(got.error for _, _, got in pairs):
        return "늘 예외를 내는 답"
    if all(got.error is None and any(_identical(arg, got.value) for arg in args) for args, _, got in pairs):
        return "받은 값을 그대로 돌려주는 답"
    if any(got.error for _, _, got in pairs):
        return ""
    values, wanted = (_only([value for pair in pairs for value in _leaves(pick(pair))]) for pick in (_got, _wanted))
    return "늘 같은 값을 내는 답" if values and not wanted else ""


def _got(pair: tuple[Any, Any, Outcome]) -> Any:
    return pair[2].value


def _wanted(pair: tuple[Any, Any, Outcome]) -> Any:
    return pair[1]


def _only(values: Sequence[Any]) -> bool:
    """모두 같은 값 하나뿐인지. 빈 목록만 돌려줬다면 볼 값이 없지만, 그것도 늘 같은 값이에요."""
    return all(value == values[0] for value in values)


def _leaves(value: Any) -> Iterator[Any]:
    """값에 든 수와 글. 텐서는 모두 같은 값이면 그 하나, 아니면 서로 다른 두 값이면 충분해요."""
    if isinstance(value, Tensor):
        if value.numel():
            yield from {float(value.min()), float(value.max())} if not value.is_complex() else ()
        return
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
        return
    yield value if isinstance(value, bool | int | float | str | bytes) or value is None else repr(type(value))


def _identical(given: Any, value: Any) -> bool:
    if type(given) is not type(value) or given is None:
        return False
    if isinstance(given, Tensor):
        return given.shape == value.shape and given.dtype == value.dtype and torch.equal(given, value)
    if isinstance(given, list | tuple):
        return len(given) == len(value) and all(map(_identical, given, value))
    return bool(given == value)
