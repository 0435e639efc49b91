"""구조로 찾는 까닭: 알려진 실수와 같지 않은 답에서, 무엇이 참인지 재어 보고 참인 것만 말해요.

찾는 법마다 파일이 하나예요. 어긋난 사례 모두에서 참이고 우연이 아닐 만큼 값이 넉넉할 때만 말하고,
숨은 값은 말하지 않아요.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome
from autograder.judging.problem import Problem
from autograder.judging.structure.argument import argument_term, given_back, taken_from_argument
from autograder.judging.structure.calls import gradients, only_changed, remembered, repeated
from autograder.judging.structure.count import counts, verdicts
from autograder.judging.structure.evidence import Evidence, Observation
from autograder.judging.structure.form import form
from autograder.judging.structure.layout import layout
from autograder.judging.structure.pattern import pattern
from autograder.judging.structure.place import place
from autograder.judging.structure.rows import (
    constant,
    normalised_later,
    probabilities,
    row_factor,
    row_offset,
    row_sums,
    rows_alike,
)
from autograder.judging.structure.scale import factor, offset
from autograder.judging.structure.sequence import sequences
from autograder.judging.structure.transform import close, signs, transformed

Way = Callable[[Evidence], "Observation | None"]

# 앞의 것일수록 고칠 곳에 가까워요. 둘째 칸이 참이면 어느 사례의 이야기인지 앞에 밝혀요.
_WAYS: tuple[tuple[Way, bool], ...] = (
    (repeated, False),
    (remembered, False),
    (only_changed, False),
    (gradients, False),
    (form, False),
    (counts, True),
    (given_back, True),
    (constant, True),
    (factor, True),
    (offset, True),
    (transformed, True),
    (argument_term, True),
    (taken_from_argument, True),
    (layout, True),
    (normalised_later, True),
    (verdicts, False),
    (sequences, True),
    (rows_alike, True),
    (row_factor, True),
    (row_offset, True),
    (signs, True),
    (probabilities, True),
    (place, True),
    (row_sums, True),
    (close, True),
)


def observe(
    key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> tuple[Observation, ...]:
    """이 답에서 참인 것 많아야 둘: 값이 어떻게 다른지와, 어떤 사례에서만 그런지. 무엇이 와도 예외를 내지 않아요."""
    try:
        return look(key, outcomes, problems)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        # 덧붙이는 말이라, 예상하지 못한 값이 오면 하지 않으면 돼요. 시험은 `look`을 바로 불러요.
        return ()


def look(
    key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> tuple[Observation, ...]:
    """`observe`가 하는 일. 예상하지 못한 값에는 예외가 날 수 있어요."""
    evidence = Evidence(key, outcomes, problems)
    main = _main(evidence)
    cases = pattern(evidence)
    if main and cases and (main.id == "only-dtype" or cases.id == "only-right-example"):
        cases = None  # dtype의 이야기에는 이미 들어 있고, 단순한 보기는 다른 까닭이 있어도 자주 맞아요.
    return tuple(observation for observation in (main, cases) if observation)


def _main(evidence: Evidence) -> Observation | None:
    first = next((problem for problem in evidence.problems if problem), None)
    if first is None or first.kind in ("error", "missing"):
        return repeated(evidence)  # 먼저 말할 어긋남이 예외라면 다른 사례의 값 이야기는 엉뚱해요.
    for way, scoped in _WAYS:
        found = way(evidence)
        if found:
            everywhere = "값을 견준 사례에서는 " if way is form and evidence.others else ""
            return replace(found, why=(evidence.scope if scoped else everywhere) + found.why)
    return None
