"""실수의 이름 찾기: 학습자의 결과가 알려진 실수의 결과와 같은지 견줘요."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import Outcome
from autograder.judging.comparators import apply
from autograder.judging.comparison import compare
from autograder.judging.problem import Problem


def judge_case(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """사례 하나를 판정해요. 어떤 값이 와도 예외 대신 어긋남이 돼요."""
    try:
        return apply(case, outcomes)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, RuntimeError):
        # 비교기가 예상하지 못한 모양의 값이에요. 학습자에게는 형이 다르다고 말하면 충분해요.
        return Problem("type", "돌려준 값의 형이나 모양이 약속과 달라요.", look="독스트링의 돌려주는 값을 다시 봐요.")


def name_mistake(
    key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> str | None:
    """모든 어긋난 사례가 어떤 실수의 결과와 같으면 그 실수예요. 비교기가 알아본 이름이 있으면 그것을 먼저 써요."""
    for problem in problems:
        if problem and problem.mistake:
            return problem.mistake
    if all(p is None or c.comparator == "raises" for c, p in zip(key.cases, problems, strict=True)):
        return None
    for text in key.mistakes:
        for variant in range(len(key.cases[0].mistakes.get(text.id, ()))):
            if _matches(key, outcomes, problems, text.id, variant):
                return text.id
    return _closest(key, outcomes, problems)


def _matches(
    key: AnswerKey,
    outcomes: Sequence[Sequence[Outcome]],
    problems: Sequence[Problem | None],
    mistake: str,
    variant: int,
) -> bool:
    """어긋난 사례마다 그 실수의 결과와 같고, 맞은 사례는 그 실수로도 맞는지."""
    for case, got, problem in zip(key.cases, outcomes, problems, strict=True):
        if case.comparator == "raises":
            continue  # 입력을 막았는지는 어떤 실수를 했는지와 따로예요.
        wrong = case.mistakes[mistake][variant]
        if (problem is None) != (judge_case(case, wrong) is None):
            return False
        if problem is not None and not _same(case, wrong, got):
            return False
    return True


def _closest(key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]) -> str | None:
    """실수가 둘 겹치면 온전히 같은 것이 없어요. 값이 넉넉히 담긴 사례에서 가장 자주 겹치는 실수를 골라요."""
    counts = {text.id: 0 for text in key.mistakes}
    for case, got, problem in zip(key.cases, outcomes, problems, strict=True):
        if problem is None or problem.kind not in ("value", "behaviour") or not _telling(got):
            continue
        for name, variants in case.mistakes.items():
            counts[name] += any(_same(case, wrong, got) for wrong in variants)
    best = max(counts.values(), default=0)
    leaders = [name for name, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else None


def _telling(outcomes: Sequence[Outcome]) -> bool:
    """우연히 겹치기 어려울 만큼 값이 많은 결과인지."""
    return any(
        isinstance(o.value, Tensor)
        and o.value.is_floating_point()
        and o.value.numel() >= 4
        and bool(o.value.isfinite().all())
        for o in outcomes
    )


def _same(case: KeyCase, wrong: Sequence[Outcome], got: Sequence[Outcome]) -> bool:
    if len(wrong) != len(got):
        return False
    for w, g in zip(wrong, got, strict=True):
        if w.error != g.error or w.changed != g.changed or len(w.grads) != len(g.grads):
            return False
        if w.error is None and (
            _differ(case, w.value, g.value) or any(_differ(case, a, b) for a, b in zip(w.grads, g.grads, strict=True))
        ):
            return False
    return True


def _differ(case: KeyCase, wrong: object, got: object) -> bool:
    try:
        return compare(case, wrong, got) is not None
    except TypeError:
        return wrong != got
