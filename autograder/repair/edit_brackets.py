"""고침: 괄호의 자리. 묶는 차례, 부름의 안팎, 조건의 범위."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import Any

from autograder.repair.cell import POWER
from autograder.repair.context import Context
from autograder.repair.edit_operators import SIGNS, is_power
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, around, fill, inside, one, settle_line

_KIND = "무엇을 먼저 묶어 계산하는지"


def bracket_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나에서 묶는 자리를 달리."""
    node = spot.node
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        yield from _turned(spot, node)
        yield from _absorbed(spot, node)
    elif isinstance(node, ast.IfExp) and isinstance(node.body, ast.BinOp) and type(node.body.op) in SIGNS:
        text = f"_0_ {SIGNS[type(node.body.op)]} (_1_ if _2_ else _3_)"
        yield spot.to(text, _KIND, 1.2, node.body.left, node.body.right, node.test, node.orelse)
    elif is_power(node) and isinstance(node.args[0], ast.BinOp) and type(node.args[0].op) in SIGNS:
        base = node.args[0]
        text = f"_0_ {SIGNS[type(base.op)]} {POWER}(_1_, _2_)"
        yield spot.to(text, _KIND, 1.4, base.left, base.right, node.args[1])
    elif isinstance(node, ast.Call):
        yield from _spread(spot, node)


def _turned(spot: Spot, node: ast.BinOp) -> Iterator[Edit]:
    """(a + b) * c와 a + (b * c)."""
    outer, left, right = SIGNS[type(node.op)], node.left, node.right
    for deep, template in ((left, "_0_ {inner} (_1_ {outer} _2_)"), (right, "(_2_ {outer} _0_) {inner} _1_")):
        if isinstance(deep, ast.BinOp) and type(deep.op) in SIGNS:
            inner = SIGNS[type(deep.op)]
            if not (inner == outer and inner in "+*"):
                other = right if deep is left else left
                text = template.format(inner=inner, outer=outer)
                yield spot.to(text, _KIND, 1.2, deep.left, deep.right, other, tag=f"{inner}{outer}")
    if isinstance(right, ast.IfExp):
        text = f"_0_ {outer} _1_ if _2_ else _3_"
        yield spot.to(text, _KIND, 1.4, left, right.body, right.test, right.orelse)


def _absorbed(spot: Spot, node: ast.BinOp) -> Iterator[Edit]:
    """f(a) + b를 f(a + b)로. 이어진 항들 가운데 부름마다 해 봐요."""
    chain: Any = node
    while isinstance(chain, ast.BinOp):
        for part in (chain.left, chain.right):
            if isinstance(part, ast.Call) and (slot := inside(part)) is not None:
                yield one(spot.slot, partial(_whole_inside, node, part, slot), spot.line, _KIND, 1.5, "absorb")
        chain = chain.left


def _whole_inside(whole: ast.expr, call: ast.Call, slot: Slot) -> ast.Call:
    """식에서 부름을 그 안의 값으로 바꾸고, 그 식 전체를 부름으로 감싸요."""

    def without(node: ast.expr) -> Any:
        if node is call:
            return slot.get()
        if not isinstance(node, ast.BinOp):
            return node
        new = ast.BinOp(without(node.left), node.op, without(node.right))
        settle_line(new, node)
        return new

    return around(call, without(whole))


def _spread(spot: Spot, node: ast.Call) -> Iterator[Edit]:
    """f(a + b)를 a + f(b)나 f(a) + b로."""
    slot = inside(node)
    inner = slot.get() if slot is not None else None
    if isinstance(inner, ast.BinOp) and type(inner.op) in SIGNS:
        for first in (True, False):
            make = partial(_on_one_side, node, inner, first)
            yield one(spot.slot, make, spot.line, _KIND, 1.4, f"spread{first}")


def _on_one_side(call: ast.Call, inner: ast.BinOp, first: bool) -> Any:
    left, right = inner.left, inner.right
    parts = (around(call, left), right) if first else (left, around(call, right))
    return fill(f"_0_ {SIGNS[type(inner.op)]} _1_", call, *parts)
