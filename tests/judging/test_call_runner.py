"""학습자의 함수를 부르기: 예외, 바꿔 놓은 입력, 기울기, 이어지는 부름이 모두 데이터가 돼요."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from autograder.judging.call_runner import MAX_DEPTH, Foreign, plain, run_call, run_calls
from autograder.judging.cases import BuiltArgument, Call, Ref


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


# -- 값 --


def test_values_are_copied_out_of_the_learners_hands() -> None:
    kept = torch.ones(3)
    outcome = run_call(lambda: kept, call())
    kept.zero_()
    assert torch.equal(outcome.value, torch.ones(3)) and outcome.error is None and outcome.changed == ()


def test_learned_tensors_become_plain_tensors() -> None:
    value = plain(torch.nn.Parameter(torch.ones(2, 3).T))
    assert type(value) is torch.Tensor and not value.requires_grad and value.is_contiguous()


class Sneaky(str):
    """문자열인 척하며 무엇과도 같다고 하는 값."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Whole(int):
    """정수의 부분 클래스."""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.zeros(2), "numpy.ndarray"),
        (np.float32(1), "numpy.float32"),
        (torch, "builtins.module"),
        (len, "builtins.builtin_function_or_method"),
        ({1, 2}, "builtins.set"),
        (torch.ones(2, dtype=torch.complex64), "special tensor"),
        (torch.eye(2).to_sparse(), "special tensor"),
        (Sneaky("x"), "Sneaky"),
    ],
    ids=str,
)
def test_what_is_not_data_leaves_only_its_type(value: object, name: str) -> None:
    assert plain([value]) == [Foreign(name)]


def test_numbers_of_other_classes_become_plain_numbers() -> None:
    assert type(plain(Whole(3))) is int and type(plain(np.float64(0.5))) is float


def test_endless_nesting_is_cut() -> None:
    loop: list = []
    loop.append(loop)
    value = plain(loop)
    for _ in range(MAX_DEPTH + 1):
        (value,) = value
    assert value == Foreign("too deep")


# -- 예외 --


def test_an_exception_becomes_its_name_and_words() -> None:
    def fails(x: int) -> None:
        raise ValueError("가" * 1000)

    outcome = run_call(fails, call(1))
    assert (outcome.error, outcome.detail, outcome.value) == ("ValueError", "가" * 300, None)


def test_leaving_python_is_an_error_and_ctrl_c_is_not() -> None:
    assert run_call(sys.exit, call(3)).error == "SystemExit"

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_call(interrupted, call())


def test_the_unfinished_function_is_named() -> None:
    def earlier() -> None:
        raise NotImplementedError("여기를 채워 주세요")

    def mine() -> None:
        earlier()

    assert run_call(mine, call()).function == "earlier"
    assert run_call(earlier, call()).error == "NotImplementedError"


def test_wrong_arguments_are_an_error() -> None:
    assert run_call(lambda x: x, call(1, 2)).error == "TypeError"


# -- 바꿔 놓은 입력 --


def add_one(x: torch.Tensor) -> torch.Tensor:
    x += 1
    return x


@pytest.mark.parametrize(
    ("function", "arguments", "changed"),
    [
        (add_one, call(torch.zeros(2)), (0,)),
        (lambda x: x + 1, call(torch.zeros(2)), ()),
        (lambda a, b: b.append(1), call([], [0]), (1,)),
        (lambda a, mask: mask.fill_(True), call(1, mask=torch.tensor([False])), ("mask",)),
        (lambda cache: cache["k"].zero_(), call({"k": torch.ones(2)}), (0,)),
        (lambda cache: cache.pop("k"), call({"k": 1}), (0,)),
        (lambda pair: pair[1].append(2), call((1, [2])), (0,)),
        (lambda x: x.clone(), call(torch.tensor([float("nan")])), ()),
        (lambda x: x.resize_(4), call(torch.zeros(2)), (0,)),
        (lambda g: torch.rand(1, generator=g), call(BuiltArgument("generator", {"seed": 1})), ()),
    ],
)
def test_changed_arguments_are_named(function: Any, arguments: Call, changed: tuple) -> None:
    outcome = run_call(function, arguments)
    assert outcome.error is None and outcome.changed == changed


def test_the_case_itself_is_never_changed() -> None:
    arguments = call(torch.zeros(2), [1])
    run_call(lambda x, y: (x.fill_(9), y.clear()), arguments)
    assert torch.equal(arguments.args[0], torch.zeros(2)) and arguments.args[1] == [1]


# -- 기울기 --


def test_gradients_flow_through_the_cotangent() -> None:
    x, weight, cotangent = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0]), torch.tensor([1.0, 10.0])
    outcome = run_call(lambda x, w: x * w, Call((x, weight), {}, (0, 1), cotangent))
    assert [g.tolist() for g in outcome.grads if g is not None] == [[3.0, 50.0], [1.0, 20.0]]
    assert outcome.changed == () and not x.requires_grad


def test_without_a_cotangent_the_sum_is_the_loss() -> None:
    (grad,) = run_call(lambda x: x**2, Call((torch.tensor([1.0, 3.0]),), {}, (0,))).grads
    assert grad is not None and grad.tolist() == [2.0, 6.0]


@pytest.mark.parametrize(
    "function", [lambda x, y: x.detach() * 2, lambda x, y: torch.tensor(x.tolist()), lambda x, y: 3, lambda x, y: y * 2]
)
def test_a_cut_gradient_is_none(function: Any) -> None:
    outcome = run_call(function, Call((torch.ones(2), torch.ones(2)), {}, (0,)))
    assert outcome.grads == (None,) and outcome.error is None


# -- 이어지는 부름 --


def test_a_later_call_uses_an_earlier_result() -> None:
    def step(x: int, cache: dict | None = None) -> tuple[int, dict]:
        total = x + (cache["total"] if cache else 0)
        return total, {"total": total}

    outcomes = run_calls(step, [call(1), call(10, Ref(0, (1,))), call(100, Ref(1, (1,)))])
    assert [outcome.value[0] for outcome in outcomes] == [1, 11, 111]


@pytest.mark.parametrize("path", [(5,), ("cache",), (0, 0)])
def test_a_result_of_another_shape_cannot_be_passed_on(path: tuple) -> None:
    first, second = run_calls(lambda x: (x,), [call(1), call(Ref(0, path))])
    assert first.error is None and second.error == "RefError"


def test_arguments_are_built_where_the_code_runs() -> None:
    built = BuiltArgument("affine", {"W": torch.tensor([[2.0]]), "b": torch.tensor([1.0])})
    outcome = run_call(lambda g, x: g(x), call(built, torch.tensor([[3.0]])))
    assert outcome.value.tolist() == [[7.0]]


# -- 난수와 경고 --


def test_every_case_starts_from_the_same_random_numbers() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = run_calls(lambda: torch.rand(2), [call(), call()])
    (again,) = run_calls(lambda: torch.rand(2), [call()])
    assert torch.equal(first.value, again.value) and not torch.equal(first.value, second.value)
    assert torch.equal(torch.rand(3), expected)  # 밖의 난수 상태는 그대로예요.


def test_warnings_of_the_learner_are_quiet() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_calls(lambda: warnings.warn("시끄러운 말", stacklevel=1), [call()])[0].error is None
