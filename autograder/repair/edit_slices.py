"""고침: 첨자와 범위. 자르는 곳, 꺼내는 자리, 끼우는 축, 반복하는 범위."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations

from autograder.repair.context import TENSORS, Context
from autograder.repair.edit_values import number_of
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, fill, made, one

_ROWS = "_torch_.arange(_0_.shape[0])"
_RANGES = (
    ("range(_0_ - 1)", 1.0),
    ("range(_0_ + 1)", 1.0),
    ("range(1, _0_)", 1.2),
    ("range(1, _0_ + 1)", 1.2),
    ("range(_0_ - 1, -1, -1)", 1.6),
    ("range(_0_ // 2)", 1.7),
    ("range(0, _0_, 2)", 1.7),
    ("range(2 * (_0_))", 1.9),
)
_LONG_RANGES = (
    ("range(_0_ - 1, _1_{step})", 1.1),
    ("range(_0_ + 1, _1_{step})", 1.1),
    ("range(_0_, _1_ - 1{step})", 1.1),
    ("range(_0_, _1_ + 1{step})", 1.1),
    ("range(_1_)", 1.1),
    ("range(_0_, _1_)", 1.0),
    ("range(_0_ - 1, _1_ - 1{step})", 1.6),
)


def slice_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """첨자나 `range` 하나를 달리."""
    node = spot.node
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield spot.put(node.value, "없어도 되는 첨자", 1.5, "drop index")
        yield from _cuts(spot, node, parts)
        if spot.has(TENSORS) and len(parts) == 2:
            yield from _rows(spot, context, node)
        if not isinstance(node.value, ast.Attribute) or node.value.attr != "shape":
            yield from _orders(spot, node, parts)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        step = ", _2_" if len(node.args) == 3 else ""
        for text, cost in _RANGES if len(node.args) == 1 else _LONG_RANGES:
            text = text.replace("{step}", step)
            yield spot.to(text, "반복하는 범위", cost, *node.args, tag=text)


def _cuts(spot: Spot, node: ast.Subscript, parts: Sequence[ast.expr]) -> Iterator[Edit]:
    """첨자 하나를 달리."""
    for place, part in enumerate(parts):
        slot = Slot(node.slice, "elts", place) if isinstance(node.slice, ast.Tuple) else Slot(node, "slice")
        for text, cost, tag in _pieces(part):
            make = partial(_piece, text, node, part)
            yield one(slot, make, spot.line, "자르는 범위", cost, tag or f"{ast.unparse(part)}>{text}")
        if isinstance(part, ast.Slice) and not (part.lower or part.upper or part.step) and len(parts) > 1:
            yield one(slot, made(_ROWS, node, node.value), spot.line, "줄마다 다른 자리", 1.4)


def _piece(text: str, like: ast.AST, part: ast.expr) -> ast.expr:
    """첨자의 글을 마디로. `_0_`은 아래(또는 그 첨자), `_1_`은 위, `_2_`는 간격이에요."""
    zero = ast.Constant(0)
    bounds = (part.lower, part.upper, part.step) if isinstance(part, ast.Slice) else (part, part, part)
    made_here: ast.Subscript = fill(f"_3_[{text}]", like, *(bound or zero for bound in bounds), zero)
    return made_here.slice


def _pieces(part: ast.expr) -> Iterator[tuple[str, float, str]]:
    """첨자 하나를 대신할 (글, 값, 꼬리표)들."""
    if not isinstance(part, ast.Slice):
        yield from ((text, cost, "") for text, cost in _instead(part))
        return
    low, high = "_0_" if part.lower is not None else "", "_1_" if part.upper is not None else ""
    step = ":_2_" if part.step is not None else ""
    if not (low or high or step):
        yield from ((text, 1.3, "") for text in (":-1", "1:"))
        yield from ((text, 1.8, "") for text in ("None", "0", "-1", "::2", "1::2"))
    if low:
        yield from ((text, 1.3, "") for text in (f"_0_ - 1:{high}{step}", f"_0_ + 1:{high}{step}", f":{high}{step}"))
    if high:
        yield from ((text, 1.3, "") for text in (f"{low}:_1_ - 1{step}", f"{low}:_1_ + 1{step}", f"{low}:{step}"))
    if low and high:
        yield from ((text, 1.3, "") for text in (f"_0_ - 1:_1_ - 1{step}", f"_0_ + 1:_1_ + 1{step}"))
        yield f"2 * (_0_):2 * (_0_) + 2{step}", 1.8, ""
    if high and not low:
        yield from ((f"_1_:{step}", 1.4, ""), (f"-(_1_):{step}", 1.6, ""))
    if low and not high:
        yield from ((f":_0_{step}", 1.4, ""), (":-1", 1.2, ""))
    if step and not high:
        yield from (("0::_2_", 1.0, ""), ("1::_2_", 1.0, ""), (":", 1.5, ""))
    if bool(low) != bool(high) and not step:
        yield "1::2" if low else "0::2", 1.4, "halves"  # 반으로 나눈 것과 번갈아 고른 것


def _instead(part: ast.expr) -> Iterator[tuple[str, float]]:
    value = number_of(part)
    if isinstance(value, int):
        yield f"{value}:{value + 1 or ''}", 1.6
    elif isinstance(part, ast.Constant) and part.value is None:
        yield ":", 1.8
    elif not isinstance(part, ast.Constant | ast.Tuple):
        yield from (("_0_ - 1", 1.2), ("_0_ + 1", 1.2), ("_0_:_0_ + 1", 1.3), (":_0_", 1.3), ("2 * _0_", 1.7))


def _rows(spot: Spot, context: Context, node: ast.Subscript) -> Iterator[Edit]:
    """줄마다 다른 자리를 꺼내요."""
    for name in context.named(spot, "L"):
        for less in ("", " - 1"):
            cost = 1.4 + 0.3 * context.rare(name)
            yield spot.to(f"_0_[{_ROWS}, {name}{less}]", "줄마다 다른 자리", cost, node.value)


def _orders(spot: Spot, node: ast.Subscript, parts: Sequence[ast.expr]) -> Iterator[Edit]:
    """첨자들의 차례. 앞에 `:`을 더하거나 앞의 것을 빼기도 해요."""
    orders: list[Sequence[ast.expr | None]] = [[None, *parts], *([parts[1:]] if len(parts) > 1 else [])]
    if 1 < len(parts) <= 4:
        orders += [order for order in permutations(parts) if list(order) != list(parts)]
    for number, order in enumerate(orders[:14]):
        make = partial(_ordered, order, node)
        yield one(Slot(node, "slice"), make, spot.line, "고르는 축", 1.3, f"order {number}")


def _ordered(order: Sequence[ast.expr | None], like: ast.AST) -> ast.expr:
    whole: ast.Tuple = fill("_0_[:, :]", like, ast.Constant(0)).slice
    parts = [whole.elts[0] if part is None else part for part in order]
    if len(parts) == 1:
        return parts[0]
    whole.elts = parts
    return whole
