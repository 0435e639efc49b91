"""실수의 이름 찾기: 손으로 적은 답안지에서, 어느 실수와 같은지 알고 아무것과도 같지 않으면 이름을 붙이지 않아요."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase, MistakeText
from autograder.judging.call_runner import Outcome, run_calls
from autograder.judging.cases import Call
from autograder.judging.diagnosis import judge_case, name_mistake

A = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
B = torch.tensor([[-1.0, 0.5, 2.0], [9.0, 1.0, 1.0]])
SMALL = torch.tensor([2.0])
HUGE = pytest.param(10**5000, id="huge")  # 글로 바꿀 수 없을 만큼 긴 정수


def double(x: Tensor) -> Tensor:
    return x * 2


def square(x: Tensor) -> Tensor:
    return x * x


def absolute(x: Tensor) -> Tensor:
    return x.abs() * 2


def one_more(x: Tensor) -> Tensor:
    return x * 2 + 1


def half_more(x: Tensor) -> Tensor:
    return x * 2 + 0.5


# 한 오해에서 나온 두 가지 틀린 답은 한 항목이에요.
MISTAKES: dict[str, tuple[Callable[..., Any], ...]] = {
    "square": (square,),
    "absolute": (absolute,),
    "shift": (one_more, half_more),
}


def make(*inputs: Tensor, comparator: str = "equal", **params: Any) -> KeyCase:
    calls = tuple(Call((x,)) for x in inputs)
    return KeyCase(
        "values",
        calls,
        comparator,
        params,
        None,
        None,
        tuple(run_calls(double, calls)),
        {name: tuple(tuple(run_calls(wrong, calls)) for wrong in group) for name, group in MISTAKES.items()},
    )


def key_of(*cases: KeyCase, mistakes: Mapping[str, object] = MISTAKES) -> AnswerKey:
    texts = tuple(MistakeText(name, name, "왜", "어디") for name in mistakes)
    return AnswerKey("double", "tiny", "두 배", {"values": "값이 맞아요"}, (), texts, cases)


KEY = key_of(make(A), make(B))


def named(function: Callable[..., Any], key: AnswerKey = KEY) -> str | None:
    outcomes: Sequence[Sequence[Outcome]] = [run_calls(function, case.calls) for case in key.cases]
    problems = [judge_case(case, got) for case, got in zip(key.cases, outcomes, strict=True)]
    return name_mistake(key, outcomes, problems)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (square, "square"),
        (absolute, "absolute"),
        (one_more, "shift"),
        (half_more, "shift"),
        (double, None),
        (lambda x: x * 7, None),
        (lambda x: x.tolist(), None),
        (lambda x: 1 / 0, None),
    ],
)
def test_the_mistake_with_the_same_results_is_named(function: Callable[..., Any], name: str | None) -> None:
    assert named(function) == name


def test_a_mistake_must_also_pass_where_the_learner_passes() -> None:
    """양수뿐인 사례만 틀렸다면 절댓값 실수가 아니에요. 그 실수는 음수에서 드러나요."""
    assert named(lambda x: absolute(x) if (x < 0).any() else double(x)) == "absolute"
    assert named(lambda x: double(x) if (x < 0).any() else absolute(x) + 3) is None


def test_results_are_compared_within_the_tolerance() -> None:
    assert named(lambda x: square(x) * (1 + 1e-6)) == "square"
    assert named(lambda x: square(x) * 1.01) is None


def test_two_mistakes_at_once_are_named_after_the_more_frequent_one() -> None:
    key = key_of(make(A), make(B), make(A + 1))
    assert named(lambda x: one_more(x) if torch.equal(x, B) else square(x), key) == "square"


def test_a_tie_is_not_named() -> None:
    assert named(lambda x: one_more(x) if torch.equal(x, B) else square(x)) is None


def test_a_single_number_is_too_little_to_guess_from() -> None:
    """값 하나가 우연히 겹친 것만으로는 이름을 붙이지 않아요. 모든 사례가 같으면 붙여요."""
    key = key_of(make(SMALL), make(SMALL + 1))
    assert named(lambda x: one_more(x) if torch.equal(x, SMALL) else x * 9, key) is None
    assert named(one_more, key) == "shift"


def test_changed_inputs_are_part_of_the_result() -> None:
    assert named(lambda x: x.mul_(x)) is None  # 값은 제곱과 같지만, 입력을 바꿔 놓은 것은 다른 실수예요.


def test_a_missing_guard_is_not_a_mistake_in_the_values() -> None:
    guard = KeyCase(
        "guard", (Call((A,)),), "raises", {"error": "ValueError"}, None, None, (Outcome(error="ValueError"),)
    )
    key = AnswerKey(
        "double", "tiny", "두 배", {"values": "값", "guard": "막아요"}, (), KEY.mistakes, (make(A), make(B), guard)
    )
    assert named(double, key) is None and named(square, key) == "square"


def test_a_name_found_by_the_comparator_wins() -> None:
    outcomes = [run_calls(square, case.calls) for case in KEY.cases]
    problems = [judge_case(case, got) for case, got in zip(KEY.cases, outcomes, strict=True)]
    assert problems[0] is not None and problems[0].mistake is None
    problems[0] = replace(problems[0], mistake="absolute")
    assert name_mistake(KEY, outcomes, problems) == "absolute"


@pytest.mark.parametrize(
    "value", [None, 3, "x", [1], {"a": object()}, torch.zeros(0), HUGE, (), float("nan"), {1: torch.ones(1)}]
)
@pytest.mark.parametrize("comparator", ["equal", "prefix", "batch", "equivariant", "item", "maps_rows"])
def test_any_value_becomes_a_problem_and_never_an_exception(value: object, comparator: str) -> None:
    params = {"t": 1, "row": 0, "length": 1, "perm": torch.tensor([1, 0]), "item": 0, "before": A, "after": A}
    case = make(A, B, comparator=comparator, **params)
    assert judge_case(case, [Outcome(value=value)] * 2) is not None
