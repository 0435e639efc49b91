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
from autograder.judging.diagnosis import Named, fingerprint, judge_case, name_mistake
from autograder.judging.problem import Problem

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


def given(reference: Callable[..., Any], mistakes: Mapping[str, tuple[Callable[..., Any], ...]], *args: Any) -> KeyCase:
    """한 번 부르는 사례."""
    calls = (Call(args),)
    wrong = {name: tuple(tuple(run_calls(f, calls)) for f in group) for name, group in mistakes.items()}
    return KeyCase("values", calls, "equal", {}, None, None, tuple(run_calls(reference, calls)), wrong)


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


def found(function: Callable[..., Any], key: AnswerKey = KEY) -> Named | None:
    outcomes: Sequence[Sequence[Outcome]] = [run_calls(function, case.calls) for case in key.cases]
    problems = [judge_case(case, got) for case, got in zip(key.cases, outcomes, strict=True)]
    return name_mistake(key, outcomes, problems)


def named(function: Callable[..., Any], key: AnswerKey = KEY) -> str | None:
    name = found(function, key)
    return name.id if name else None


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


# -- 겉모습만 닮은 답 --


def test_two_computations_in_turn_are_named_after_neither() -> None:
    """절반이 같다고 그 실수를 한 것은 아니에요."""
    key = key_of(make(A), make(B), make(A + 1))
    assert named(lambda x: one_more(x) if torch.equal(x, B) else square(x), key) is None


def test_a_number_that_happens_to_be_the_same_is_not_enough() -> None:
    key = key_of(make(SMALL), make(SMALL + 1))
    assert named(lambda x: one_more(x) if torch.equal(x, SMALL) else x * 9, key) is None
    assert named(one_more, key) == "shift"


def positive(x: Tensor) -> bool:
    return bool((x > 0).all())


def no_zero(x: Tensor) -> bool:
    return bool((x != 0).all())


def test_always_true_is_not_the_mistake_that_says_true_too_often() -> None:
    cases = [given(positive, {"no-zero": (no_zero,)}, x) for x in (A, B, A - 1, torch.zeros(3))]
    key = key_of(*cases, mistakes={"no-zero": ()})
    assert named(no_zero, key) == "no-zero" and named(lambda x: True, key) is None


def steps(n: int) -> int:
    return n - 1


def test_a_small_count_that_happens_to_be_the_same_is_not_enough() -> None:
    cases = [given(steps, {"words": (lambda n: n,), "log": (lambda n: n.bit_length(),)}, n) for n in (2, 3, 4, 9)]
    key = key_of(*cases, mistakes={"words": (), "log": ()})
    assert named(lambda n: n, key) == "words" and named(lambda n: n.bit_length(), key) == "log"
    assert named(lambda n: min(n, 3), key) is None  # 앞의 두 사례에서는 둘과 같아요.


def product(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.transpose(-1, -2)


def test_the_same_kind_of_exception_is_not_the_same_mistake() -> None:
    """모양의 예외는 그 모양까지 같아야, 같은 곳에서 같은 계산을 한 것이에요."""
    reversed_axes: Callable[..., Any] = lambda q, k: q @ k.permute(2, 1, 0)  # noqa: E731
    inputs = [(torch.ones(2, 3, 8), torch.ones(2, 5, 8)), (torch.ones(3, 4, 6), torch.ones(3, 5, 6))]
    key = key_of(*(given(product, {"all-axes": (reversed_axes,)}, *pair) for pair in inputs), mistakes={"all-axes": ()})
    assert named(reversed_axes, key) == "all-axes"
    assert named(lambda q, k: q @ k.transpose(0, 1), key) is None
    assert named(lambda q, k: q @ k, key) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("string index out of range", "list index out of range", True),
        ("size 3 and 5", "size 3 and 4", False),
        ("at 0x7f01", "at 0x8f02", True),
        ("", "boom", False),
    ],
)
def test_a_fingerprint_tells_what_an_exception_said_without_its_text(one: str, other: str, same: bool) -> None:
    assert (fingerprint(one) == fingerprint(other)) is same
    assert fingerprint(fingerprint(other)) == fingerprint(other) and other not in fingerprint(other)


# -- 둘이 겹친 답 --


def both_wrong(x: Tensor) -> Tensor:
    return square(x).abs() + 1


def test_two_mistakes_recorded_together_are_both_named() -> None:
    kinds = {**MISTAKES, "square+shift": (both_wrong,)}
    key = key_of(*(given(double, kinds, x) for x in (A, B)))
    assert found(both_wrong, key) == Named("square", "shift")
    assert found(square, key) == Named("square")


RICH = [torch.arange(12.0).reshape(3, 4) - 4.3, torch.arange(20.0).reshape(4, 5) * 0.7 - 5.1]


def group_key(*inputs: Tensor, other: str = "double") -> AnswerKey:
    cases = [replace(make(x), group="values" if x.dtype == torch.float32 else other) for x in inputs]
    return replace(key_of(*cases), groups={"values": "값", other: "다른 값"})


def test_a_rich_group_is_enough_where_the_rest_cannot_be_seen() -> None:
    """실수 하나에, 값을 볼 수 없게 하는 다른 잘못(float64에서 예외)이 겹쳤어요."""

    def stops(x: Tensor) -> Tensor:
        if x.dtype == torch.float64:
            raise RuntimeError("expected Float but found Double")
        return square(x)

    key = group_key(*RICH, RICH[0].double())
    assert named(stops, key) == "square"
    assert named(lambda x: square(x).float(), key) == "square"  # dtype이 달라요.


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ((*RICH, RICH[1].double()), "다른 값이 보이면 다른 계산이에요."),
        ((RICH[0], RICH[1].double()), "사례 하나로는 모자라요."),
        ((RICH[0], RICH[0], RICH[1].double()), "같은 사례를 다시 부른 것은 세지 않아요."),
        ((RICH[0][None], RICH[1][None], RICH[1].double()), "크기가 1인 축은 여러 계산을 같게 해요."),
        ((A.flatten()[:3], B.flatten()[:3], RICH[1].double()), "값이 적어요."),
    ],
)
def test_a_group_that_could_be_a_coincidence_is_not_enough(inputs: tuple[Tensor, ...], why: str) -> None:
    key = group_key(*inputs)

    def stops(x: Tensor) -> Tensor:
        if x.dtype == torch.float64:
            if len(inputs) == 3 and inputs[:2] == tuple(RICH):
                return x * 2 + 5
            raise RuntimeError("멈춰요")
        return square(x)

    assert named(stops, key) is None, why


def test_a_group_where_one_case_stops_is_not_seen_whole() -> None:
    def stops(x: Tensor) -> Tensor:
        if x.numel() == 30:
            raise RuntimeError("멈춰요")
        return square(x)

    third = torch.arange(30.0).reshape(5, 6) * 0.3 - 2.2
    assert named(stops, group_key(*RICH, third)) is None
    assert named(stops, group_key(*RICH, third.double())) == "square"


def test_a_group_is_not_enough_when_two_mistakes_fit() -> None:
    twins = {"square": (square,), "twin": (lambda x: x**2 if x.dtype == torch.float32 else x * 3,)}
    cases = [replace(given(double, twins, x), group=str(x.dtype)) for x in (*RICH, RICH[0].double())]
    key = replace(key_of(*cases, mistakes=twins), groups={str(x): "값" for x in (torch.float32, torch.float64)})

    def stops(x: Tensor) -> Tensor:
        if x.dtype == torch.float64:
            raise RuntimeError("멈춰요")
        return square(x)

    assert named(stops, key) is None


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


def recognised(**names: str) -> Named | None:
    """비교기가 그룹마다 알아본 이름이 있을 때."""
    groups = {"one": A, "two": B}
    cases = [replace(make(x), group=group) for group, x in groups.items()]
    key = replace(key_of(*cases), groups=dict.fromkeys(groups, "값"))
    outcomes = [run_calls(lambda x: square(x) if torch.equal(x, B) else x * 7, case.calls) for case in key.cases]
    problems = [Problem("behaviour", "달라요", mistake=names.get(case.group)) for case in key.cases]
    return name_mistake(key, outcomes, problems)


def test_a_name_found_by_the_comparator_must_explain_every_failing_group() -> None:
    assert recognised(one="absolute") is None  # 둘째 그룹의 값은 절댓값과 달라요.
    assert recognised(one="square") == Named("square")  # 둘째 그룹의 값이 제곱과 같아요.
    assert recognised(one="absolute", two="absolute") == Named("absolute")


def test_two_names_found_by_comparators_are_both_said() -> None:
    cases = [replace(make(x), group=group) for group, x in (("one", A.abs()), ("two", B))]
    key = replace(key_of(*cases), groups={"one": "값", "two": "값"})
    outcomes = [run_calls(lambda x: x * 7, case.calls) for case in key.cases]
    problems = [Problem("behaviour", "달라요", mistake=name) for name in ("first", "second")]
    assert name_mistake(key, outcomes, problems) == Named("first", "second")


def test_one_mistake_with_two_faces_is_said_once() -> None:
    """절댓값 실수는 음수가 있는 사례만 틀려요. 두 그룹이 다 틀렸다면 둘 다 틀리는 제곱이 혼자 설명해요."""
    cases = [replace(make(x), group=group) for group, x in (("one", A), ("two", B))]
    key = replace(key_of(*cases), groups={"one": "값", "two": "값"})
    outcomes = [run_calls(square, case.calls) for case in key.cases]
    problems = [Problem("behaviour", "달라요", mistake=name) for name in ("square", "absolute")]
    assert name_mistake(key, outcomes, problems) == Named("square")


@pytest.mark.parametrize(
    "value", [None, 3, "x", [1], {"a": object()}, torch.zeros(0), HUGE, (), float("nan"), {1: torch.ones(1)}]
)
@pytest.mark.parametrize("comparator", ["equal", "prefix", "batch", "equivariant", "item", "maps_rows"])
def test_any_value_becomes_a_problem_and_never_an_exception(value: object, comparator: str) -> None:
    params = {"t": 1, "row": 0, "length": 1, "perm": torch.tensor([1, 0]), "item": 0, "before": A, "after": A}
    case = make(A, B, comparator=comparator, **params)
    assert judge_case(case, [Outcome(value=value)] * 2) is not None
