"""고침: 연산과 비교. 다른 연산, 자리 바꾸기, 없어도 되는 항, 조건의 방향."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.repair.cell import POWER
from autograder.repair.context import Context
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, one

SIGNS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
# 연산마다 흔히 헷갈리는 다른 연산들
_OTHERS = {
    "+": "- * @",
    "-": "+ * /",
    "*": "/ + @ - //",
    "/": "* // - % +",
    "//": "/ % *",
    "%": "// /",
    "@": "* +",
    "&": "| ^",
    "|": "& ^",
    "^": "& |",
}
_TURNED = ("-", "/", "//", "%", "@")  # 앞뒤를 바꾸면 값이 달라지는 연산
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_OPPOSITES: dict[type, type] = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}


def operator_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나의 연산을 다른 것으로."""
    node = spot.node
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        yield from _arithmetic(spot, context, node)
    elif is_power(node):
        yield from _powers(spot, node)
    elif isinstance(node, ast.Compare):
        yield from _compared(spot, node)
    elif isinstance(node, ast.BoolOp):
        yield from _choices(spot, node)
    elif isinstance(node, ast.UnaryOp):
        yield spot.to("_0_", "부호나 부정", 1.1, node.operand, tag="drop sign")
    elif isinstance(node, ast.IfExp):
        yield spot.to("_0_ if _1_ else _2_", "조건의 방향", 1.1, node.orelse, node.test, node.body)
        yield spot.to("_0_", "조건", 1.8, node.body)
        yield spot.to("_0_", "조건", 1.8, node.orelse)
    if spot.slot.field == "test" or isinstance(spot.slot.owner, ast.BoolOp) or spot.seen.kinds == {"b"}:
        yield spot.to("not _0_", "조건의 방향", 1.2, tag="not")
    if spot.has("M") and not isinstance(node, ast.UnaryOp | ast.Compare):
        yield spot.to("~_0_", "조건의 방향", 1.2, tag="invert")
    if spot.has("TLif") and not isinstance(node, ast.UnaryOp | ast.Constant):
        yield spot.to("-_0_", "부호", 1.6, tag="minus")


def is_power(node: ast.AST) -> bool:
    """거듭제곱인지(`cell.py`가 부름으로 바꿔 둬요)."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == POWER


def _arithmetic(spot: Spot, context: Context, node: ast.BinOp) -> Iterator[Edit]:
    sign, left, right = SIGNS[type(node.op)], node.left, node.right
    for number, other in enumerate(_OTHERS[sign].split()):
        yield spot.to(f"_0_ {other} _1_", "연산", 1.1 + 0.2 * number, left, right, tag=f"{sign}>{other}")
    if sign in _TURNED:
        kind = "곱하는 순서" if sign == "@" else "빼거나 나누는 순서"
        yield spot.to(f"_1_ {sign} _0_", kind, 1.2, left, right, tag=f"turn {sign}")
    if sign in "*/" and (isinstance(left, ast.Constant) or isinstance(right, ast.Constant)):
        yield spot.to(f"{POWER}(_0_, _1_)", "연산", 1.6, left, right, tag=f"{sign}>**")
    if sign == "%":
        for name in context.named(spot, "i"):
            yield spot.to(f"_0_ // ({name} // _1_)", "나누는 방법", 1.9, left, right)
    kind = "곱하거나 나누는 수" if sign in "*/" else "없어도 되는 항"
    yield spot.to("_0_", kind, 1.3, left, tag=f"left of {sign}")
    yield spot.to("_0_", kind, 1.4, right, tag=f"right of {sign}")


def _powers(spot: Spot, node: ast.Call) -> Iterator[Edit]:
    left, right = node.args
    for text, kind, cost in (
        ("_0_ * _1_", "연산", 1.4),
        ("_0_ / _1_", "연산", 1.7),
        ("_0_", "거듭제곱", 1.4),
        (f"{POWER}(_0_, -(_1_))", "지수의 부호", 1.2),
        (f"{POWER}(_0_, 2 * (_1_))", "지수", 1.3),
        (f"{POWER}(_0_, (_1_) / 2)", "지수", 1.3),
        (f"{POWER}(_1_, _0_)", "거듭제곱의 순서", 1.8),
    ):
        yield spot.to(text, kind, cost, left, right, tag=text)


def _compared(spot: Spot, node: ast.Compare) -> Iterator[Edit]:
    for index, op in enumerate(node.ops):
        others = [o for o in _COMPARISONS if o is not type(op)] if type(op) in _COMPARISONS else [_OPPOSITES[type(op)]]
        for other in others:
            slot, tag = Slot(node, "ops", index), f"{type(op).__name__}>{other.__name__}"
            yield one(slot, other, spot.line, "비교의 방향과 경계", 1.0 if _close(type(op), other) else 1.2, tag)


def _close(op: type, other: type) -> bool:
    """흔히 헷갈리는 짝인지: 등호가 붙고 떨어진 것, 방향이 반대인 것."""
    pairs = ({"Lt", "LtE"}, {"Gt", "GtE"}, {"Lt", "Gt"}, {"LtE", "GtE"}, {"Eq", "NotEq"})
    return op in _OPPOSITES or {op.__name__, other.__name__} in pairs


def _choices(spot: Spot, node: ast.BoolOp) -> Iterator[Edit]:
    other = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield one(Slot(node, "op"), other, spot.line, "조건을 잇는 말", 1.0, "bool")
    if len(node.values) == 2:
        first, second = node.values
        sign = "or" if isinstance(node.op, ast.Or) else "and"
        yield spot.to("_0_", "조건", 1.4, first)
        yield spot.to("_0_", "조건", 1.4, second)
        yield spot.to(f"_1_ {sign} _0_", "조건의 순서", 1.4, first, second)
