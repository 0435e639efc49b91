"""실수의 이름 찾기: 학습자의 결과가 알려진 실수의 결과와 같은지 견줘요.

이름은 배우는 사람에게 "여러분은 이렇게 했어요"라고 말하는 것이라, 겉모습만 닮은 답에는 붙이지 않아요.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import Outcome
from autograder.judging.comparators import apply
from autograder.judging.comparison import compare
from autograder.judging.problem import Problem

_RICH = 8  # 서로 다른 값이 모두 이만큼은 있어야 우연히 같지 않아요.
_LONG = 4  # 글이나 목록은 이만큼은 길어야 세고, 자릿수가 많은 수 하나는 이만큼으로 쳐요.


@dataclass(frozen=True)
class Named:
    """이름을 붙인 실수의 id와, 둘이 겹쳤다면 다른 하나의 id(`also`)."""

    id: str
    also: str = ""


def judge_case(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """사례 하나를 판정해요. 어떤 값이 와도 예외 대신 어긋남이 돼요."""
    try:
        return apply(case, outcomes)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, RuntimeError):
        # 비교기가 예상하지 못한 모양의 값이에요. 학습자에게는 형이 다르다고 말하면 충분해요.
        return Problem("type", "돌려준 값의 형이나 모양이 약속과 달라요.", look="독스트링의 돌려주는 값을 다시 봐요.")


def name_mistake(
    key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> Named | None:
    """어긋난 사례를 모두 설명하는 실수. 비교기가 알아본 것, 결과가 꼭 같은 것, 둘을 함께 한 것, 그룹에서 같은 것의 차례로 찾아요."""
    # 입력을 막았는지는 어떤 실수를 했는지와 따로예요.
    seen = [n for n, case in enumerate(key.cases) if case.comparator != "raises"]
    if not any(problems[n] for n in seen):
        return None
    answer = _Answer(key, outcomes, problems, seen)
    return _by_comparators(answer) or _by_results(answer) or _by_group(answer)


@dataclass(frozen=True)
class _Answer:
    key: AnswerKey
    outcomes: Sequence[Sequence[Outcome]]
    problems: Sequence[Problem | None]
    seen: Sequence[int]

    def matches(self, number: int, mistake: str, variant: int) -> bool:
        """그 사례의 결과가 그 실수의 결과와 같은지."""
        case = self.key.cases[number]
        return _same(case, case.mistakes[mistake][variant], self.outcomes[number])

    def fails(self, number: int, mistake: str, variant: int) -> bool:
        """그 실수를 한 답이 그 사례에서 어긋나는지."""
        case = self.key.cases[number]
        return judge_case(case, case.mistakes[mistake][variant]) is not None

    def variants(self, mistake: str) -> range:
        """그 실수의 구현들의 번호."""
        return range(len(self.key.cases[0].mistakes.get(mistake, ())))


def _by_comparators(answer: _Answer) -> Named | None:
    """어긋난 그룹마다 비교기가 하나로 알아봤거나, 알아본 그 실수의 결과와 같을 때. 둘까지는 함께 말해요."""
    found: dict[str, set[str]] = {}
    for n in answer.seen:
        problem = answer.problems[n]
        if problem is not None:
            found.setdefault(answer.key.cases[n].group, set()).update({problem.mistake} if problem.mistake else ())
    names = list(dict.fromkeys(name for group in found.values() for name in sorted(group)))
    if not 1 <= len(names) <= 2 or any(len(group) > 1 for group in found.values()):
        return None
    for group, recognised in found.items():
        failing = [n for n in answer.seen if answer.problems[n] and answer.key.cases[n].group == group]
        explained = any(all(answer.matches(n, m, v) for n in failing) for m in names for v in answer.variants(m))
        if not recognised and not explained:
            return None
    # 하나가 틀린 사례를 혼자 다 설명하면 그 실수의 다른 얼굴을 둘째로 세지 않아요.
    alone = [m for m in names if any(_falls_alike(answer, m, v) for v in answer.variants(m))]
    return Named(alone[0]) if len(names) == 2 and len(alone) == 1 else Named(*names)


def _falls_alike(answer: _Answer, mistake: str, variant: int) -> bool:
    return all(answer.fails(n, mistake, variant) == (answer.problems[n] is not None) for n in answer.seen)


def _by_results(answer: _Answer) -> Named | None:
    """어긋난 사례마다 결과가 같고, 맞은 사례는 그 실수로도 맞을 때. 실수 하나로 되지 않으면 둘을 함께 한 구현과 견줘요."""
    single = [text.id for text in answer.key.mistakes]
    for name in [*single, *(name for name in answer.key.cases[0].mistakes if name not in single)]:
        for variant in answer.variants(name):
            if all(_agrees(answer, n, name, variant) for n in answer.seen):
                return Named(*name.split("+")[:2])
    return None


def _agrees(answer: _Answer, number: int, mistake: str, variant: int) -> bool:
    if answer.problems[number] is not None and not answer.matches(number, mistake, variant):
        return False
    return answer.fails(number, mistake, variant) == (answer.problems[number] is not None)


def _by_group(answer: _Answer) -> Named | None:
    """다른 잘못이 가리지 않은 그룹에서 결과가 꼭 같을 때.

    실수 하나에 다른 잘못이 겹치면 모든 사례가 같은 실수는 없어요. 다음이 모두 참이면 그 실수를 한 것이 확실해요.
    - 맞은 사례는 그 실수로도 맞아요.
    - 어긋난 사례가 모두 그 실수와 같은 그룹이 있고, 거기에 값이 넉넉하고 입력이 다른 사례가 둘은 있어요.
      크기가 1인 축은 여러 계산이 같은 값을 내게 하므로 세지 않아요(배치가 하나면 `pe[:B]`와 `pe[b]`가 같아요).
    - 같지 않은 사례는 값을 볼 수 없는 사례(예외, dtype)뿐이에요. 다른 값이 하나라도 보이면 다른 계산이에요.
    - 그런 실수가 하나뿐이에요.
    """
    names = {text.id for text in answer.key.mistakes for v in answer.variants(text.id) if _fills(answer, text.id, v)}
    return Named(*names) if len(names) == 1 else None


def _fills(answer: _Answer, mistake: str, variant: int) -> bool:
    alike: dict[str, list[Any]] = {}
    spoiled: set[str] = set()
    for n in answer.seen:
        case, problem = answer.key.cases[n], answer.problems[n]
        if problem is None:
            if answer.fails(n, mistake, variant):
                return False
        elif answer.matches(n, mistake, variant):
            alike.setdefault(case.group, []).extend(_rich(answer.outcomes[n]))
        elif problem.kind in ("error", "dtype"):
            spoiled.add(case.group)
        else:
            return False
    kept = [value for group, values in alike.items() if group not in spoiled for value in values]
    apart = [value for at, value in enumerate(kept) if not any(_twin(value, other) for other in kept[:at])]
    return len(apart) >= 2 and sum(map(_weight, apart)) >= _RICH


def _rich(outcomes: Sequence[Outcome]) -> list[Any]:
    """우연히 겹치기 어려운 값들."""
    values = [v for o in outcomes for v in (o.value if isinstance(o.value, tuple) else (o.value,))]
    return [value for value in values if _weight(value)]


def _weight(value: Any) -> int:
    """우연히 같기 어려운 만큼. 짧은 글, 작은 개수, 0과 1은 어느 계산에서나 나와서 0이에요."""
    if isinstance(value, Tensor):
        if not value.is_floating_point() or 1 in value.shape or not bool(value.isfinite().all()):
            return 0
        count = value.unique().numel()
        return count if count >= 3 else 0
    if isinstance(value, float):
        return _LONG if math.isfinite(value) and value != float(f"{value:.2g}") else 0
    if isinstance(value, int):
        return _LONG if abs(value) >= 10_000 else 0
    return len(value) if isinstance(value, str | list) and len(value) >= _LONG else 0


def _twin(one: Any, other: Any) -> bool:
    """같은 입력을 다시 부른 결과인지."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and bool(torch.isclose(one.double(), other.double(), rtol=1e-4).all())
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-4)
    return type(one) is type(other) and one == other


def fingerprint(detail: str) -> str:
    """예외의 내용에서 같은지만 알 수 있는 표시. 답안지에는 우리 코드의 글 대신 이것을 담아요."""
    if not detail or detail.startswith("#"):
        return detail
    text = re.sub(r"0x[0-9a-f]+|\b(?:list|tuple|string) (?=index)", "", detail)
    return "#" + hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]


def _same(case: KeyCase, wrong: Sequence[Outcome], got: Sequence[Outcome]) -> bool:
    if len(wrong) != len(got):
        return False
    for w, g in zip(wrong, got, strict=True):
        if w.error != g.error or w.changed != g.changed or len(w.grads) != len(g.grads):
            return False
        # 예외의 이름만 같은 것은 까닭이 같은 것이 아니에요. 모양의 예외라면 그 모양까지 같아야 해요.
        if w.error is not None and fingerprint(w.detail) != fingerprint(g.detail):
            return False
        if w.error is None and (
            not _same_value(case, w.value, g.value)
            or any(_differ(case, a, b) for a, b in zip(w.grads, g.grads, strict=True))
        ):
            return False
    return True


def _same_value(case: KeyCase, wrong: Any, got: Any) -> bool:
    """사례의 비교기가 보는 값이 같은지. 튜플의 다른 값은 다른 그룹이 봐요."""
    if case.comparator == "item" and isinstance(wrong, tuple) and isinstance(got, tuple) and len(wrong) == len(got):
        at = case.params["item"]
        return not _differ(case, wrong[at], got[at])
    return not _differ(case, wrong, got)


def _differ(case: KeyCase, wrong: object, got: object) -> bool:
    try:
        return compare(case, wrong, got) is not None
    except TypeError:
        return wrong != got
