"""비교기마다 손으로 적은 사례: 바른 답은 넘어가고, 그 비교기가 잡기로 한 것은 잡혀요."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.judging import comparators
from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Outcome, run_calls
from autograder.judging.cases import Call
from autograder.judging.comparators import apply
from autograder.judging.exceptions.failures import STUB_TEXT
from autograder.judging.problem import Problem

X = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def make(reference: Callable[..., Any], *calls: Call, comparator: str = "equal", **params: Any) -> KeyCase:
    """기준 구현에서 정답을 얻은 사례 하나."""
    return KeyCase("values", calls, comparator, params, None, None, tuple(run_calls(reference, calls)))


def judge(case: KeyCase, function: Callable[..., Any]) -> Problem | None:
    return apply(case, run_calls(function, case.calls))


def kind(case: KeyCase, function: Callable[..., Any]) -> str:
    problem = judge(case, function)
    return problem.kind if problem else ""


# -- 모든 비교기에 앞서는 확인 --


def test_every_call_must_be_answered() -> None:
    case = make(lambda x: x, Call((1,)), Call((2,)))
    problem = apply(case, [Outcome(value=1)])
    assert problem is not None and problem.kind == "missing"


def fails(x: Tensor) -> Tensor:
    raise KeyError("열쇠")


def overwrites(x: Tensor) -> Tensor:
    return x.mul_(2)


@pytest.mark.parametrize("comparator", ["equal", "prefix", "repeatable"])
def test_exceptions_and_changed_inputs_come_first(comparator: str) -> None:
    case = make(lambda x: x * 2, Call((X,)), Call((X,)), comparator=comparator, t=1, mistake="x")
    assert kind(case, fails) == "error" and kind(case, overwrites) == "changed"


def test_a_name_is_used_once() -> None:
    with pytest.raises(ValueError, match="equal"):
        comparators.comparator("equal")(lambda case, outcomes: None)


# -- equal --


def test_equal_compares_every_call() -> None:
    case = make(lambda x: x * 2, Call((1,)), Call((5,)))
    assert kind(case, lambda x: x + x) == "" and kind(case, lambda x: 2) == "value"


def test_equal_leaves_out_what_is_ignored() -> None:
    hidden = torch.tensor([[True], [False], [False]])
    case = make(lambda x: x, Call((X,)), ignore=hidden)
    assert kind(case, lambda x: x.index_fill(0, torch.tensor([0]), 99)) == ""
    assert kind(case, lambda x: x.index_fill(0, torch.tensor([1]), 99)) == "value"
    pair = make(lambda x: (x, x), Call((X,)), ignore=hidden)
    spoiled = X.index_fill(0, torch.tensor([0]), 99)
    assert kind(pair, lambda x: (spoiled, x)) == "" and kind(pair, lambda x: (x, spoiled)) == "value"
    assert kind(pair, lambda x: ()) == "shape" and kind(pair, lambda x: x) == "type"


def test_equal_compares_gradients() -> None:
    case = make(lambda x: x**2, Call((X,), {}, (0,)))
    assert kind(case, lambda x: x * x) == ""
    assert kind(case, lambda x: x.detach() ** 2) == "gradient"
    wrong_grad = judge(case, lambda x: x.detach() ** 2 + x - x.detach())
    assert wrong_grad is not None and wrong_grad.kind == "gradient" and "기울기" in wrong_grad.what


def test_the_argument_without_a_gradient_is_named() -> None:
    case = make(lambda x, y: x * y, Call((X, X + 1), {}, (0, 1)))
    cut, both = judge(case, lambda x, y: x * y.detach()), judge(case, lambda x, y: (x * y).detach())
    assert cut is not None and "2번째 인자까지" in cut.what
    assert both is not None and "번째" not in both.what


def test_an_answer_without_its_gradients_does_not_pass() -> None:
    case = make(lambda x: x**2, Call((X,), {}, (0,)))
    (outcome,) = case.expected
    problem = apply(case, [Outcome(value=outcome.value, grads=())])
    assert problem is not None and problem.kind == "gradient"


# -- raises --


def guarded(n: int) -> int:
    if n < 0:
        raise ValueError("음수예요")
    return n


def other_error(n: int) -> int:
    raise TypeError("다른 예외")


def unfinished(n: int) -> int:
    raise NotImplementedError(STUB_TEXT)


@pytest.mark.parametrize(
    ("function", "expected"),
    [(guarded, ""), (other_error, "error"), (unfinished, "unimplemented"), (lambda n: n, "behaviour")],
)
def test_raises_waits_for_one_exception(function: Callable[[int], int], expected: str) -> None:
    assert kind(make(guarded, Call((-1,)), comparator="raises", error="ValueError"), function) == expected


# -- prefix, batch, equivariant --

LATER = torch.cat([X[:2], X[2:] + 10])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x.cumsum(0), ""),
        (lambda x: x * 3, ""),  # 값이 맞는지는 다른 그룹의 몫이에요.
        (lambda x: x + x.sum(), "behaviour"),
        (lambda x: x[:, 0], "shape"),
        (lambda x: x.double(), "dtype"),
        (lambda x: x.tolist(), "type"),
    ],
)
def test_prefix_is_blind_to_the_future(function: Callable[[Tensor], Any], expected: str) -> None:
    case = make(lambda x: x.cumsum(0), Call((X,)), Call((LATER,)), comparator="prefix", t=2)
    assert kind(case, function) == expected


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    weights = mask[..., None].float()
    return x + (x * weights).sum(1, keepdim=True) / weights.sum(1, keepdim=True)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (masked_mean, ""),
        (lambda x, mask: x, ""),
        (lambda x, mask: x + x.mean(1, keepdim=True), "behaviour"),  # 패딩이 섞여요.
        (lambda x, mask: x - x.mean(0, keepdim=True), "behaviour"),  # 옆 문장이 섞여요.
        (lambda x, mask: x[:, :1], "shape"),
    ],
)
def test_batch_is_blind_to_its_neighbours(function: Callable[[Tensor, Tensor], Tensor], expected: str) -> None:
    alone = Call((X[None, :2], torch.ones(1, 2, dtype=torch.bool)))
    together = Call((torch.stack([X + 7, X]), torch.tensor([[True, True, True], [True, True, False]])))
    case = make(masked_mean, alone, together, comparator="batch", row=1, length=2)
    assert kind(case, function) == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * 2 - x.sum(0), ""),
        (lambda x: x + torch.arange(3)[:, None], "behaviour"),
        (lambda x: x.flip(0).cumsum(0), "behaviour"),
        (lambda x: x.sum(), "shape"),
    ],
)
def test_equivariant_moves_with_its_tokens(function: Callable[[Tensor], Tensor], expected: str) -> None:
    perm = torch.tensor([2, 0, 1])
    case = make(lambda x: x * 2, Call((X,)), Call((X[perm],)), comparator="equivariant", perm=perm)
    assert kind(case, function) == expected


# -- item --


def test_item_looks_at_one_of_the_pair() -> None:
    case = make(lambda x: (x, x * 2), Call((X,)), comparator="item", item=1)
    assert kind(case, lambda x: (x + 9, x * 2)) == "" and kind(case, lambda x: (x, x)) == "value"
    for bad in (lambda x: x * 2, lambda x: [x, x * 2], lambda x: (x,), lambda x: (x, x * 2, x)):
        assert kind(case, bad) != ""
    hidden = torch.tensor([[True], [False], [False]])
    masked = make(lambda x: (x, x * 2), Call((X,)), comparator="item", item=1, ignore=hidden)
    assert kind(masked, lambda x: (x, x.index_fill(0, torch.tensor([0]), 99) * torch.tensor([[1.0], [2], [2]]))) == ""


# -- dropout --

ONES = torch.ones(4000)


def drop(x: Tensor, p: float = 0.25, scale: float = 4 / 3) -> Tensor:
    return x * (torch.rand(x.shape) >= p) * scale


@pytest.mark.parametrize(
    ("function", "expected", "mistake"),
    [
        (drop, "", None),
        (lambda x: torch.nn.functional.dropout(x, 0.25), "", None),
        (lambda x: x * 2, "behaviour", None),
        (lambda x: drop(x, p=0.75), "behaviour", None),  # 무늬는 맞지만 버린 비율이 달라요.
        (lambda x: drop(x, scale=1.0), "behaviour", "no-scale"),
        (lambda x: drop(drop(x)), "behaviour", None),
        (lambda x: drop(x)[:10], "shape", None),
    ],
)
def test_dropout_judges_the_pattern_only(
    function: Callable[[Tensor], Tensor], expected: str, mistake: str | None
) -> None:
    kept, dropped = ONES * 4 / 3, ONES * 0
    alternatives = [("no-scale", ONES, dropped)]
    case = make(
        drop, Call((ONES,)), comparator="dropout", kept=kept, dropped=dropped, p=0.25, alternatives=alternatives
    )
    problem = judge(case, function)
    assert (problem.kind if problem else "", problem.mistake if problem else None) == (expected, mistake)


def reseeded(x: Tensor) -> Tensor:
    torch.manual_seed(0)
    return drop(x)


def test_dropout_called_twice_drops_other_places() -> None:
    kept, dropped = ONES * 4 / 3, ONES * 0
    case = make(
        drop, Call((ONES,)), Call((ONES,)), comparator="dropout", kept=kept, dropped=dropped, p=0.25, repeated="same"
    )
    assert judge(case, drop) is None
    problem = judge(case, reseeded)
    assert problem is not None and (problem.kind, problem.mistake, problem.call) == ("behaviour", "same", 1)


# -- maps_rows --

TURN = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])


@pytest.mark.parametrize(
    ("matrix", "expected", "mistake"),
    [
        (TURN, "", None),
        (TURN.double(), "", None),
        (TURN.T, "value", None),
        (torch.tensor([[0.0, 1.0], [5.0, 0.0]]), "value", "some-rows"),
        (TURN * math.nan, "nan", None),
        (torch.eye(3), "shape", None),
        (TURN.long(), "dtype", None),
        ([[0.0, 1.0], [-1.0, 0.0]], "type", None),
    ],
)
def test_maps_rows_accepts_any_matrix_that_does_the_work(matrix: Any, expected: str, mistake: str | None) -> None:
    before = torch.tensor([[1.0, 0.0], [2.0, 3.0]])
    case = make(lambda: TURN, Call(()), comparator="maps_rows", before=before, after=before @ TURN, partly="some-rows")
    problem = judge(case, lambda: matrix)
    assert (problem.kind if problem else "", problem.mistake if problem else None) == (expected, mistake)


# -- statistic, repeatable, scatter --


def answers(values: Sequence[Any]) -> Callable[[int], Any]:
    return lambda i: values[i]


@pytest.mark.parametrize(
    ("values", "expected", "mistake"),
    [
        ([(1.02, 2.0), (0.97, 2.1)], "", None),
        ([(3.0, 2.0), (3.1, 2.0)], "value", None),
        ([(0.2, 2.0), (4.0, 2.0)], "value", "too-few"),
        ([(1.0, 2.0), (math.nan, 2.0)], "nan", "too-few"),
        ([(1.0, 2.0), 3.0], "type", None),
        ([(1.0, 2.0), (1.0,)], "shape", None),
    ],
)
def test_statistic_is_near_the_theory_each_time(values: list, expected: str, mistake: str | None) -> None:
    calls = (Call((0,)), Call((1,)))
    expected_values = tuple(run_calls(answers([(1.0, 2.0)] * 2), calls))
    params = {"want": (1.0, 2.0), "noisy": "too-few"}
    case = KeyCase("values", calls, "statistic", params, 0.2, 0.0, expected_values)
    problem = judge(case, answers(values))
    assert (problem.kind if problem else "", problem.mistake if problem else None) == (expected, mistake)


@pytest.mark.parametrize(
    ("values", "expected"), [([1.5, 1.5], ""), ([9.0, 9.0], ""), ([1.5, 1.6], "behaviour"), ([1, 1], "type")]
)
def test_repeatable_gives_the_same_twice(values: list, expected: str) -> None:
    case = make(answers([1.5, 1.5]), Call((0,)), Call((1,)), comparator="repeatable", mistake="own-numbers")
    problem = judge(case, answers(values))
    assert (problem.kind if problem else "") == expected
    assert problem is None or expected == "type" or problem.mistake == "own-numbers"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(1.0, 0.1), (9.0, 2.0)], ""),
        ([(1.0, 0.1), (1.1, 2.0)], "behaviour"),
        ([(1.0, 1.0), (9.0, 1.0)], "behaviour"),
        ([(1.0, 1.0), 9.0], "type"),
        ([(1.0, 1.0), (9.0,)], "shape"),
        ([(1.0, 1.0), (math.nan, 9.0)], "nan"),
    ],
)
def test_scatter_wants_few_samples_to_differ(values: list, expected: str) -> None:
    case = make(answers([(1.0, 1.0), (9.0, 9.0)]), Call((0,)), Call((1,)), comparator="scatter", times=4.0)
    problem = judge(case, answers(values))
    assert (problem.kind if problem else "") == expected
