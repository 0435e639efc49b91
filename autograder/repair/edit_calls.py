"""고침: 부르는 함수. 비슷한 다른 함수, 빠진 열쇠 인자, 없어도 되는 부름, 앞 실습의 함수."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from autograder.repair.context import TENSORS, Context
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, just, made, one

# 서로 헷갈리기 쉬운 것들. 텐서의 메서드로도, 모듈의 함수로도 써요.
_ALIKE = (
    ("모으는 방법", "sum mean prod amax amin max min std var norm median"),
    ("가장 큰 것을 고르는 방법", "max min argmax argmin amax amin"),
    ("활성화 함수", "relu tanh sigmoid gelu silu softplus elu leaky_relu"),
    ("소프트맥스", "softmax log_softmax sigmoid"),
    ("지수와 로그", "exp log log2 log10 sqrt rsqrt square abs neg expm1 log1p reciprocal"),
    ("사인과 코사인", "sin cos tan"),
    ("삼각 행렬", "tril triu"),
    ("처음 값", "ones zeros empty full eye"),
    ("처음 값", "ones_like zeros_like empty_like"),
    ("잇는 방법", "stack cat"),
    ("모양을 바꾸는 방법", "view reshape"),
    ("되풀이하는 방법", "repeat repeat_interleave expand tile"),
    ("모두와 하나라도", "any all"),
    ("반올림", "floor ceil round trunc"),
    ("견주는 방법", "allclose equal isclose"),
    ("난수", "randn rand"),
    ("난수", "randn_like rand_like"),
    ("목록에 넣는 방법", "append extend"),
    ("사전에서 꺼내는 것", "keys values items"),
    ("더 큰 것과 더 작은 것", "maximum minimum"),
    ("자료형", "float double long bool int"),
    ("자르는 방법", "strip lstrip rstrip"),
)
_BUILTINS = (
    ("더 큰 것과 더 작은 것", "max min"),
    ("담는 그릇의 종류", "list tuple sorted set"),
    ("자료형", "int float bool str"),
    ("모두와 하나라도", "any all"),
    ("차례", "reversed sorted list"),
    ("모으는 방법", "sum len max min"),
    ("짝짓는 방법", "enumerate zip"),
)
_KEEPS = (
    *("sum", "mean", "amax", "amin", "max", "min", "prod", "std", "var", "norm", "logsumexp"),
    *("argmax", "argmin", "softmax"),
)
_WITH_DIM = (*_KEEPS, "cat", "stack", "log_softmax", "flip", "roll", "cumsum", "repeat_interleave")
_MAKES = ("ones", "zeros", "full", "eye", "tensor", "arange")
_MODULES = ("torch", "F", "nn.functional", "math", "_torch_", "_F_")


def call_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """부름 하나를 다른 함수의 부름으로, 또는 인자만 달리."""
    node = spot.node
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT") and not spot.callee:
        yield spot.to("_0_", "축", 1.1, node.value, tag="unwrap T")
        for axes, cost in (((-2, -1), 1.0), ((1, 2), 1.3), ((0, 1), 1.3)):
            yield spot.to(f"_0_.transpose{axes}", "축", cost, node.value, tag=f"{axes}")
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        yield from _alike(spot, node.func)
        yield from _keywords(spot, context, node, node.func.attr)
        if module_of(node.func):
            yield from _unused_arguments(spot, context, node, node.func.attr)
    elif isinstance(node.func, ast.Name):
        for kind, group in _BUILTINS:
            for number, name in enumerate(_others(group, node.func.id)):
                yield one(Slot(node.func, "id"), just(name), spot.line, kind, 1.1 + 0.1 * number, name)
    yield from _unwrapped(spot, node)


def module_of(function: ast.expr) -> str:
    """모듈의 함수라면 그 모듈의 이름, 값의 메서드라면 빈 글."""
    text = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
    return text if text in _MODULES else ""


def _others(group: str, used: str) -> list[str]:
    names = group.split()
    return [name for name in names if name != used] if used in names else []


def _alike(spot: Spot, function: ast.Attribute) -> Iterator[Edit]:
    module = module_of(function)
    for kind, group in _ALIKE:
        for number, name in enumerate(_others(group, function.attr)):
            slot, make = Slot(function, "attr"), just(name)
            if module:
                # 같은 이름이 `torch`나 `F`의 한쪽에만 있기도 해요.
                home = "_torch_" if hasattr(torch, name) else "_F_" if hasattr(torch.nn.functional, name) else "math"
                home = "math" if module == "math" else home
                slot, make = Slot(spot.node, "func"), made(f"{home}.{name}", spot.node)
            yield one(slot, make, spot.line, kind, 1.1 + 0.1 * min(number, 6), f"{function.attr}>{name}")


def _keywords(spot: Spot, context: Context, node: ast.Call, used: str) -> Iterator[Edit]:
    given = {keyword.arg for keyword in node.keywords}
    keep = partial(_with, spot, node)
    if used in _KEEPS and "keepdim" not in given:
        yield keep("keepdim=True", "남길 축(keepdim)", 1.0)
        if "dim" not in given and len(node.args) == bool(module_of(node.func)):
            for axis in (*context.axes, -1, 0, 1, -2):
                yield keep(f"dim={axis}, keepdim=True", "축", 1.2 if axis in context.axes else 1.6)
    if used in ("var", "std") and not given & {"unbiased", "correction"}:
        yield keep("unbiased=False", "나누는 수(n과 n-1)", 1.0)
    if used in _WITH_DIM and "dim" not in given:
        for axis in (*context.axes, -1, 0, 1, 2, -2, (0, 2), (0, 1)):
            yield keep(f"dim={axis}", "축", 1.8 if isinstance(axis, tuple) else 1.3)
    if used == "roll" and "dims" not in given:
        yield from (keep(f"dims={axis}", "축", 1.2) for axis in (1, -1))
    if used in ("tril", "triu") and "diagonal" not in given:
        yield from (keep(f"diagonal={number}", "대각선의 자리", 1.2) for number in (1, -1))
    if used in _MAKES:
        for dtype in ("bool", "long", "float32", "float64"):
            yield keep(f"dtype=_torch_.{dtype}", "자료형", 1.5)
    if used == "decode" and "errors" not in given:
        yield keep('errors="replace"', "바꿀 수 없는 글자", 1.2)
    if used == "split" and node.args:
        yield one(Slot(node, "args"), list, spot.line, "나누는 기준", 1.1)


def _with(spot: Spot, node: ast.Call, text: str, kind: str, cost: float) -> Edit:
    """부름에 열쇠 인자를 더해요."""
    return one(Slot(node, "keywords"), partial(_joined, node, text), spot.line, kind, cost, text)


def _joined(node: ast.Call, text: str) -> list[ast.keyword]:
    added = made(f"_0_({text})", node, node.func)().keywords
    names = {keyword.arg for keyword in added}
    return [*(keyword for keyword in node.keywords if keyword.arg not in names), *added]


def _unused_arguments(spot: Spot, context: Context, node: ast.Call, used: str) -> Iterator[Edit]:
    """받고도 쓰지 않은 인자를, 부르는 함수가 아는 열쇠 인자로 넘겨요."""
    code: Any = getattr(getattr(torch.nn.functional, used, None), "__code__", None)
    given = {keyword.arg for keyword in node.keywords}
    for word in code.co_varnames[1 : code.co_argcount] if code else ():
        for unused in context.unused if word not in given else ():
            yield _with(spot, node, f"{word}={unused}", "빠진 인자", 1.3)


def _unwrapped(spot: Spot, node: ast.Call) -> Iterator[Edit]:
    """부름을 없애고 안의 값만 남겨요."""
    if isinstance(node.func, ast.Attribute) and not module_of(node.func):
        yield spot.put(node.func.value, "없어도 되는 단계", 1.3, f"unwrap {node.func.attr}")
    for number, part in enumerate(node.args[:3]):
        if not isinstance(part, ast.Starred | ast.Constant):
            tag = f"unwrap {ast.unparse(node.func)[:30]} {number}"
            yield spot.put(part, "없어도 되는 단계", 1.4 + 0.4 * number, tag)


def helper_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """앞 실습의 함수를 쓰지 않았거나, 그 인자를 빠뜨린 실수."""
    node = spot.node
    if spot.callee or not spot.has(TENSORS) or isinstance(node, ast.Constant):
        return
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    for helper in context.helpers:
        for name in context.named(spot, "TLMn"):
            cost = 1.7 + 0.5 * context.rare(name)
            yield spot.to(f"{helper}(_0_, {name})", "빠진 단계", cost)
            if first is not None and not isinstance(first, ast.Starred):
                yield spot.to(f"{helper}(_0_, {name})", "부르는 함수", cost, first)
