"""고침: 적어 둔 값. 축의 번호, 수, 참과 거짓, 글."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from autograder.repair.context import Context
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit

AXIS_WORDS = ("dim", "dims", "axis", "start_dim", "end_dim", "dim0", "dim1")
_AXIS_CALLS = (
    *("sum", "mean", "prod", "softmax", "log_softmax", "argmax", "argmin", "max", "min", "amax", "amin", "cat"),
    *("stack", "concat", "transpose", "unsqueeze", "squeeze", "flatten", "size", "flip", "norm", "std", "var"),
    *("cumsum", "permute", "sort", "gather", "unflatten", "select", "narrow", "index_select", "logsumexp", "all"),
    *("any", "roll", "movedim", "swapaxes", "unbind", "split", "chunk", "repeat_interleave"),
)
_FILLS = ("masked_fill", "where", "full", "full_like", "clamp")  # 채우는 값이 수인 부름
_FILL_VALUES = (0.0, 1.0, 0.5, -0.5, 2.0, -1e9, float("-inf"), 1e9)


def number_of(node: ast.AST) -> Any:
    """적어 둔 수(음수까지). 수가 아니면 None이에요."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    value: Any = getattr(node.operand if isinstance(node, ast.UnaryOp) else node, "value", None)
    if isinstance(node, ast.UnaryOp) and not negative or type(value) not in (int, float):
        return None
    return -value if negative else value


def is_axis(spot: Spot) -> bool:
    """축의 번호를 적는 자리인지."""
    above = [node for node in spot.above if not isinstance(node, ast.Tuple | ast.List | ast.UnaryOp)]
    owner = above[-1]
    if isinstance(owner, ast.keyword):
        return owner.arg in AXIS_WORDS
    if isinstance(owner, ast.Subscript):
        return isinstance(owner.value, ast.Attribute) and owner.value.attr == "shape"
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Attribute) and owner.func.attr in _AXIS_CALLS


def value_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """적어 둔 값 하나를 다른 값으로."""
    node, owner = spot.node, spot.slot.owner
    value = number_of(node)
    if value is not None:
        if number_of(owner) is not None:
            return  # 음수의 안쪽이에요. 부호까지 한꺼번에 바꿔요.
        if is_axis(spot):
            yield from _axes(spot, context, value)
        elif isinstance(owner, ast.keyword) and owner.arg == "diagonal":
            yield from (_to(spot, new, "대각선의 자리", 1.0) for new in (0, 1, -1) if new != value)
        else:
            yield from _numbers(spot, context, value)
    elif isinstance(node, ast.Constant):
        yield from _words(spot, context, node.value)


def _to(spot: Spot, new: Any, kind: str, cost: float) -> Edit:
    return spot.put(ast.copy_location(ast.Constant(new), spot.node), kind, cost, f"{ast.unparse(spot.node)}>{new}")


def _named(spot: Spot, names: list[str], kind: str, cost: float, context: Context) -> Iterator[Edit]:
    """적어 둔 값 대신 이름을."""
    for name in names:
        tag = f"{ast.unparse(spot.node)}>{name}"
        yield spot.to(name, kind, cost + 0.3 * context.rare(name), tag=tag)


def _axes(spot: Spot, context: Context, value: Any) -> Iterator[Edit]:
    for axis in (-1, -2, 0, 1, 2, 3, -3):
        if axis != value:
            yield _to(spot, axis, "축", 1.2 if abs(axis) > 2 else 1.0)
    for name in context.axes:
        yield spot.to(name, "축", 1.0, tag=f"{value}>{name}")
    if isinstance(spot.slot.owner, ast.keyword | ast.Call):
        for axes in ((0, 2), (0, 1), (1, 2), (-2, -1)):
            yield spot.to(f"{axes}", "축", 1.5, tag=f"{axes}")


def _numbers(spot: Spot, context: Context, value: Any) -> Iterator[Edit]:
    owner = spot.slot.owner
    if type(value) is int:
        kind = "자르는 범위" if isinstance(owner, ast.Slice) else "적어 둔 수"
        near = [value - 1, value + 1, *context.numbers]
        for new in dict.fromkeys([*near, value + 2, value - 2, -value, 2 * value, value // 2, *range(-1, 10)]):
            if new != value:
                yield _to(spot, new, kind, 1.2 if new in near else 1.6)
        inside = isinstance(owner, ast.Subscript | ast.Slice)
        yield from _named(spot, context.named(spot, "i"), "적어 둔 수", 1.2 if inside else 1.5, context)
    if type(value) is float or (isinstance(owner, ast.Call) and ast.unparse(owner.func).endswith(_FILLS)):
        scaled = [-value, value - 1, value + 1, value * 10, value / 10, value * 2, value / 2]
        scaled += [1 / value] if value else []
        for number in dict.fromkeys(map(float, [*scaled, *_FILL_VALUES])):
            if number != value:
                yield _to(spot, number, "적어 둔 수", 1.4 if number in scaled else 1.6)
    if type(value) is float:
        yield from _named(spot, context.named(spot, "f"), "적어 둔 수", 1.1, context)


def _words(spot: Spot, context: Context, value: Any) -> Iterator[Edit]:
    inside = isinstance(spot.slot.owner, ast.Subscript)
    if isinstance(value, bool):
        yield _to(spot, not value, "참과 거짓", 1.0)
        yield from _named(spot, context.named(spot, "b"), "적어 둔 값", 1.1, context)
    elif isinstance(value, str):
        if not inside and len(value) < 2:
            yield _to(spot, value.encode(), "적어 둔 글", 1.3)
        for word in dict.fromkeys([*context.words, *(() if inside else ("", " ", "replace", "ignore"))]):
            if word != value:
                yield _to(spot, word, "열쇠의 이름" if inside else "적어 둔 글", 1.1 if inside else 1.5)
    elif isinstance(value, bytes):
        yield from (_to(spot, piece, "적어 둔 글", 1.2) for piece in (b"", b" ") if piece != value)
    elif value is None and not isinstance(spot.slot.owner, ast.Compare):
        yield from _named(spot, context.named(spot, "TLMnidlsb"), "인자", 1.3, context)
