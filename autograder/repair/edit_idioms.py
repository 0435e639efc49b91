"""고침: 한 식 안에서 두 가지가 함께 달라지는 흔한 모양. 나누고 옮기는 차례, 끼우기와 잇기, 표준편차와 분산."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import Any

from autograder.repair.context import Context
from autograder.repair.edit_calls import module_of
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, fill, inside, one


def idiom_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나를 짝이 되는 다른 모양으로."""
    node = spot.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _inside_the_root(spot, node)
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        yield from _joined(spot, node, node.func)
        yield from _reshaped(spot, node, node.func)
    elif isinstance(node.func, ast.Name):
        yield from _built_in(spot, node, node.func.id)
    slot = inside(node)
    if spot.has("TL") and slot is not None:
        yield from _unused(spot, slot.get(), context)


def _inside_the_root(spot: Spot, node: ast.BinOp) -> Iterator[Edit]:
    """표준편차에 더한 작은 수를, 모분산에 더하고 루트를."""
    call = node.left
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "std":
        yield one(spot.slot, partial(_rooted, node, call, call.func), spot.line, "분산과 표준편차", 1.5)


def _rooted(node: ast.BinOp, call: ast.Call, function: ast.Attribute) -> Any:
    variance = fill(
        "_torch_.var(unbiased=False)" if module_of(function) else "_0_.var(unbiased=False)", node, function.value
    )
    kept = [keyword for keyword in call.keywords if keyword.arg not in ("unbiased", "correction")]
    variance.args, variance.keywords = call.args, [*kept, *variance.keywords]
    return fill("_torch_.sqrt(_0_ + _1_)", node, variance, node.right)


def _joined(spot: Spot, node: ast.Call, function: ast.Attribute) -> Iterator[Edit]:
    if function.attr == "cat" and node.args:
        yield spot.to("_torch_.stack(_0_, dim=-1).flatten(-2)", "잇는 방법", 1.4, node.args[0])
    if function.attr == "repeat" and len(node.args) > 1:
        for axis, times in enumerate(node.args):
            if not isinstance(times, ast.Constant):
                text = f"_0_.repeat_interleave(_1_, dim={axis})"
                yield spot.to(text, "되풀이하는 방법", 1.2, function.value, times, tag="interleave")


def _reshaped(spot: Spot, node: ast.Call, function: ast.Attribute) -> Iterator[Edit]:
    """모양을 나눈 다음 축을 옮기는 두 일의 차례와 축."""
    inner = function.value
    method = inner.func if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) else None
    if function.attr in ("reshape", "view"):
        sources = [inner, *([method.value] if method is not None and method.attr == "transpose" else [])]
        for source in sources:
            for at, shape in _exchanged(node.args):
                parts = (source, *shape)
                yield spot.to(f"{_shape(shape)}.transpose({at}, {at + 1})", "나누고 옮기는 차례", 1.4, *parts)
    if function.attr in ("permute", "transpose") and method is not None and method.attr in ("reshape", "view"):
        assert isinstance(inner, ast.Call)
        for _, shape in _exchanged(inner.args):
            for axes in ((1, 2), (2, 3), (1, 3)):
                yield spot.to(f"{_shape(shape)}.transpose{axes}", "나누고 옮기는 축", 1.5, method.value, *shape)


def _exchanged(shape: list[ast.expr]) -> Iterator[tuple[int, list[ast.expr]]]:
    """모양에서 이웃한 두 크기를 바꾼 것들."""
    for at in range(1, len(shape) - 1) if len(shape) <= 5 else ():
        yield at, [*shape[:at], shape[at + 1], shape[at], *shape[at + 2 :]]


def _shape(shape: list[ast.expr]) -> str:
    return f"_0_.reshape({', '.join(f'_{number + 1}_' for number in range(len(shape)))})"


def _built_in(spot: Spot, node: ast.Call, used: str) -> Iterator[Edit]:
    """텐서에 쓴 파이썬의 함수와, 값이 같을 때 고르는 차례."""
    args = node.args
    if used in ("max", "min") and len(args) == 2:
        bound = "min" if used == "max" else "max"
        for first, second in (args, args[::-1]):
            yield spot.to(f"_torch_.clamp(_0_, {bound}=_1_)", "텐서에 쓰는 함수", 1.3, first, second)
    if len(args) == 1 and not isinstance(args[0], ast.Starred | ast.GeneratorExp):
        for name in ("relu", "exp", "sqrt", "sum", "mean"):
            yield spot.to(f"_torch_.{name}(_0_)", "부르는 함수", 1.7, args[0])
    if used in ("max", "min", "sorted") and args:
        for name, order in (("min", "-_0_[_key_], _key_"), ("max", "_0_[_key_], _key_"), ("min", "_0_[_key_], _key_")):
            yield spot.to(f"{name}(_0_, key=lambda _key_: ({order}))", "값이 같을 때 고르는 차례", 1.8, args[0])


def _unused(spot: Spot, inner: ast.expr, context: Context) -> Iterator[Edit]:
    """부름 대신, 받고도 쓰지 않은 인자와의 연산."""
    for name in context.unused:
        texts = [f"{name} @ _0_", f"_0_ @ {name}", f"_0_ * {name}", f"_0_ + {name}"]
        if name in context.kinds and "L" in context.kinds[name].kinds:
            texts += [f"_0_[_torch_.arange(_0_.shape[0]), {name}{less}]" for less in (" - 1", "")]
        for text in texts:
            yield spot.to(text, "쓰지 않은 인자", 1.6, inner)
