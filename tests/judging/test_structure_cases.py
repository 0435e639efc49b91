"""구조로 찾는 까닭(사례): 부를 때마다 다른지, 앞의 답을 기억하는지, 기울기, 어떤 사례에서만 틀리는지. 무엇이 와도 예외가 나지 않는지."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support.observed import ids, key_for, normal, on, outcomes_of, seen, with_grads, words
from torch import Tensor

from autograder.judging.call_runner import Foreign, Outcome
from autograder.judging.cases import case
from autograder.judging.diagnosis import judge_case
from autograder.judging.structure.evidence import small
from autograder.judging.structure.observe import look, observe

F64 = torch.float64
FIRST = normal(2, 3, 4)


def double(x: Tensor) -> Tensor:
    return 2 * x


PROBED = key_for(double, on(FIRST), on(normal(3, 4, 5)), other=on(normal(2, 3, 4, seed=9)), again=on(FIRST))


# -- 여러 번 부르기 --


def test_a_value_that_differs_at_every_call_is_seen() -> None:
    assert ids(lambda x: 2 * x + torch.rand(()), PROBED) == ["every-call"]
    assert "every-call" not in ids(lambda x: 2 * x + 1, PROBED)


def test_state_left_by_an_earlier_call_is_seen() -> None:
    count = itertools.count()
    assert ids(lambda x: 2 * x + (next(count) > 2), PROBED)[0] == "second-call"


def test_an_answer_remembered_by_its_shape_is_seen() -> None:
    known: dict[tuple[int, ...], Tensor] = {}
    assert ids(lambda x: known.setdefault(tuple(x.shape), 2 * x), PROBED)[0] == "remembered"
    fixed = {tuple(x.shape): normal(*x.shape, seed=3) for x in (FIRST, normal(3, 4, 5))}
    assert ids(lambda x: fixed[tuple(x.shape)], PROBED)[0] == "input-unread"
    assert not {"remembered", "input-unread"} & set(ids(lambda x: 2 * x + 0.1 * x * x, PROBED))


def test_values_that_cannot_be_compared_are_not_called_different() -> None:
    problems = [judge_case(c, [Outcome(value=Foreign("numpy.ndarray"))]) for c in PROBED.cases]
    assert look(PROBED, [[Outcome(value=Foreign("numpy.ndarray"))] for _ in PROBED.cases], problems) == ()


def test_right_values_with_a_changed_argument() -> None:
    assert words(lambda x: x.mul_(2), PROBED, "only-changed").count("`x`") == 1
    assert "only-changed" not in ids(lambda x: x.mul_(3), PROBED)


# -- 기울기 --


def scaled(h: Tensor, E: Tensor) -> Tensor:
    return h * E


GRADS = key_for(
    scaled, on(normal(4, 5), normal(4, 5, seed=1)), with_grads(normal(4, 5), normal(4, 5, seed=1), of=(0, 1))
)


class Frozen(torch.autograd.Function):
    """첫 줄로는 기울기를 보내지 않아요."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad * (torch.arange(len(grad)) > 0)[:, None]


@pytest.mark.parametrize(
    ("function", "name", "piece"),
    [
        (lambda h, E: h * E.detach(), "gradient-cut", "`E`까지"),
        (lambda h, E: (h * E + (h * E).detach()) / 2, "gradient-scaled", "0.5배"),
        (lambda h, E: Frozen.apply(h) * Frozen.apply(E), "gradient-rows", "몇 줄에서만 0"),
    ],
)
def test_right_values_with_another_gradient(function: Callable[..., Tensor], name: str, piece: str) -> None:
    assert piece in words(function, GRADS, name)
    assert name not in ids(lambda h, E: function(h, E) * 3, GRADS)  # 값까지 틀렸어요.


# -- 어떤 사례에서만 --


def layer(
    x: Tensor, kind: str = "plain", mask: Tensor | None = None, scale: float = 2.0, training: bool = False
) -> Tensor:
    out = x * scale + (x.sum(-1, keepdim=True) if kind == "sum" else 0) + training
    return out if mask is None else out * mask


KEEP = torch.tensor([True, False, True, True])
LAYER = key_for(
    layer,
    on(normal(2, 4, 4)),
    on(normal(3, 5, 4)),
    on(normal(1, 3, 4)),
    on(normal(3, 4)),
    on(normal(2, 3, 4, dtype=F64)),
    on(normal(2, 3, 4), mask=KEEP),
    on(normal(2, 5, 4), mask=KEEP),
    on(normal(2, 3, 4), "sum"),
    on(normal(3, 7, 4), "sum"),
    on(normal(2, 3, 4) * 1e3),
    on(normal(2, 3, 4) * 1e-3),
    on(normal(2, 6, 4), scale=0.5),
    on(normal(2, 7, 4), training=True),
)


def broken(when: Callable[..., bool]) -> Callable[..., Tensor]:
    """`when`인 사례에서만 틀린 답. 틀린 모습은 다른 이야기가 되지 않게 뒤섞여 있어요."""

    def answer(x: Tensor, kind: str = "plain", mask: Tensor | None = None, **rest: Any) -> Tensor:
        out = layer(x, kind, mask, **rest)
        return torch.sin(7 * out) * x if when(x, kind, mask, **rest) else out

    return answer


@pytest.mark.parametrize(
    ("when", "piece"),
    [
        (lambda x, kind, mask, **rest: mask is not None, "`mask`를 준 사례에서만 틀려요."),
        (lambda x, kind, mask, **rest: mask is None, "`mask`를 준 사례만 맞고"),
        (lambda x, kind, mask, **rest: x.dtype == F64, "float64를 넣은 사례에서만"),
        (lambda x, kind, mask, **rest: x.dtype != F64, "float64를 넣은 사례만 맞고"),
        (lambda x, kind, mask, **rest: x.dim() == 3 and len(x) == 1, "배치의 크기가 1인 사례에서만"),
        (lambda x, kind, mask, **rest: not (x.dim() == 3 and len(x) == 1), "배치의 크기가 1인 사례만 맞고"),
        (lambda x, kind, mask, **rest: x.dim() == 2, "축이 둘인 입력을 준 사례에서만"),
        (
            lambda x, kind, mask, **rest: x.dim() < 3 or x.size(1) != x.size(2),
            "두 축의 길이가 같은 텐서를 준 사례만 맞고",
        ),
        (lambda x, kind, mask, **rest: bool(x.abs().max() > 100), "아주 큰 수(100 넘음)가 든 사례에서만"),
        (lambda x, kind, mask, **rest: bool(x.abs().max() < 0.01), "아주 작은 수(0.01 아래)만 든 사례에서만"),
        (lambda x, kind, mask, **rest: kind == "sum", '`kind`가 "sum"인 사례에서만'),
        (lambda x, kind, mask, **rest: "scale" in rest, "`scale`을 따로 준 사례에서만"),
        (lambda x, kind, mask, **rest: rest.get("training", False), "`training`이 True인 사례에서만"),
    ],
)
def test_the_cases_that_are_wrong_are_told_apart(when: Callable[..., bool], piece: str) -> None:
    assert any(piece in o.why for o in seen(broken(when), LAYER))


def test_an_empty_argument_is_told_apart() -> None:
    key = key_for(lambda words: "-".join(words), on(["가", "나"]), on(["다", "라", "마"]), on([]))
    assert any("`words`가 비어 있는 사례에서만" in o.why for o in seen(lambda words: "-".join(words) or "없음", key))


def test_cases_that_no_property_tells_apart_say_nothing() -> None:
    assert ids(broken(lambda x, kind, mask, **rest: x.numel() in (32, 60)), LAYER) == []


def test_a_case_that_differs_in_many_ways_says_nothing() -> None:
    """float64이고, 배치가 하나이고, 값도 커요. 어느 것이 까닭인지 알 수 없어요."""
    key = key_for(double, on(normal(2, 3, 4)), on(normal(3, 5, 4)), on(normal(1, 3, 4, dtype=F64) * 1e4))
    assert ids(lambda x: torch.sin(9 * x) if len(x) == 1 else 2 * x, key) == []


def test_a_property_that_passes_is_not_a_right_value() -> None:
    """성질만 보는 사례(배치가 하나)가 통과했다고 그런 입력에서 값이 맞는 것은 아니에요."""
    alone = case("batch", normal(1, 3, 4))
    batch = type(alone)("batch", (alone.calls[0], alone.calls[0]), "batch", {"row": 0, "length": 3})
    key = key_for(double, on(normal(2, 3, 4)), on(normal(3, 5, 4)), on(normal(2, 6, 4)), batch)
    assert ids(lambda x: torch.sin(9 * x), key) == []


def test_the_lessons_examples_come_before_other_properties() -> None:
    example = on(torch.tensor([[1.0, 2.0]]))
    key = key_for(double, on(normal(2, 4)), on(normal(3, 4)), example=example, again=example)
    (observation,) = seen(lambda x: 2 * x if x.numel() == 2 else torch.sin(9 * x), key)
    assert observation.why == "작은 보기만 맞고, 확인한 다른 입력에서는 모두 틀려요."
    assert ids(lambda x: 2 * x if x.numel() == 2 else 3 * x, key) == ["factor"]  # 까닭을 알면 덧붙이지 않아요.
    assert ids(lambda x: 2 * x if x.numel() > 2 else x.cos(), key) == ["only-wrong-example"]


def test_values_are_not_spoken_of_when_an_exception_comes_first() -> None:
    def stops(x: Tensor) -> Tensor:
        return 3 * x if x.dim() == 3 else x @ x

    key = key_for(double, on(normal(3, 4)), on(normal(2, 3, 4)))
    assert ids(stops, key) == []
    assert ids(stops, key_for(double, on(normal(2, 3, 4)), on(normal(3, 4)))) == ["factor"]
    assert "값을 견준 틀린 사례에서는" in words(stops, key_for(double, on(normal(2, 3, 4)), on(normal(3, 4))), "factor")


# -- 무엇이 와도 --

HUGE = 10**5000
DEEP: Any = []
for _ in range(55):
    DEEP = [DEEP]
HOSTILE: dict[str, Any] = {
    "none": None,
    "huge": HUGE,
    "nan": float("nan"),
    "text": "가" * 200_000,
    "bytes": b"\xff" * 1000,
    "deep": DEEP,
    "huge list": [HUGE] * 2000,
    "ragged": [[1.0], [2.0, 3.0]],
    "long list": [1] * 300_000,
    "wide list": [[1.0] * 300] * 300,
    "mixed": [1, "a", None, torch.ones(2), Foreign("x")],
    "colliding": {i * (2**61 - 1): 1 for i in range(1000)},
    "0-d": torch.tensor(1.5),
    "empty": torch.zeros(0),
    "empty axis": torch.zeros(3, 0, 5),
    "many axes": torch.ones([1] * 20),
    "big": torch.randn(300_000),
    "complex": torch.ones(2, 3, 4, dtype=torch.complex64),
    "float8": torch.ones(2, 3, 4).to(torch.float8_e5m2),
    "nan tensor": torch.full((2, 3, 4), float("nan")),
    "inf tensor": torch.full((2, 3, 4), float("inf")),
    "tuple": (torch.ones(2), {"k": [torch.ones(3)]}),
    "dict": {"k": torch.ones(2), 3: HUGE},
}
EXPECTED: dict[str, Any] = {
    "tensor": double,
    "number": lambda x: float(x.sum()),
    "count": lambda x: x.numel(),
    "text": lambda x: str(x.shape),
    "list": lambda x: x.flatten().tolist(),
    "tuple": lambda x: (x, x.sum(-1)),
    "dict": lambda x: {"k": x},
    "yes": lambda x: bool(x.sum() > 0),
}


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("wanted", EXPECTED)
def test_any_value_is_looked_at_without_an_exception(wanted: str, value: str) -> None:
    key = key_for(
        EXPECTED[wanted], *(c for c in (on(FIRST), on(normal(3, 4, 5)), on(normal(1, 3, 4)))), again=on(FIRST)
    )
    outcomes = [[Outcome(value=HOSTILE[value])] for _ in key.cases]
    problems = [judge_case(c, got) for c, got in zip(key.cases, outcomes, strict=True)]
    if any(problems):
        assert len(look(key, outcomes, problems)) <= 2


def test_large_values_are_not_gone_through_twice() -> None:
    """긴 목록 둘을 서로 견주거나, 해시가 겹치는 열쇠로 채운 사전을 훑는 데는 몇 초가 걸려요."""
    assert small([[1.0] * 10] * 100) and small({"k": [1, 2]})
    assert not any(map(small, (HOSTILE["long list"], HOSTILE["wide list"], HOSTILE["colliding"], HOSTILE["text"])))


def test_what_is_said_is_left_out_rather_than_stopping_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = outcomes_of(lambda x: 3 * x, PROBED)
    problems = [judge_case(c, got) for c, got in zip(PROBED.cases, outcomes, strict=True)]
    assert [o.id for o in observe(PROBED, outcomes, problems)] == ["factor"]

    def fail(*args: Any) -> Any:
        raise RuntimeError("예상하지 못한 값")

    monkeypatch.setattr("autograder.judging.structure.observe.look", fail)
    assert observe(PROBED, outcomes, problems) == ()
