"""고침: 이름을 쓰는 빠진 단계. 더하거나 곱할 인자, 나눌 크기, 씌울 마스크와 함수, 자를 길이."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.repair.context import NUMBERS, TENSORS, Context
from autograder.repair.edit_wraps import extra_cost
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit

_TERMS = (("+", "빠진 항"), ("*", "곱하거나 나누는 수"), ("-", "빠진 항"), ("/", "곱하거나 나누는 수"))


def term_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나를, 이름 하나와의 연산이나 이름이 가리키는 함수로 감싸요."""
    if spot.callee or isinstance(spot.node, ast.Constant) or not spot.seen.kinds:
        return
    extra = extra_cost(spot)
    for text, kind, cost in _all(spot, context):
        yield spot.to(text, kind, cost + extra, tag=f"wrap {text}")


def _all(spot: Spot, context: Context) -> Iterator[tuple[str, str, float]]:
    own = spot.node.id if isinstance(spot.node, ast.Name) else ""
    for name in context.named(spot, TENSORS + NUMBERS):
        cost = 1.5 + 0.8 * context.rare(name)
        if spot.has("TL" + NUMBERS):
            yield from ((f"(_0_) {sign} {name}", kind, cost) for sign, kind in _TERMS)
            yield f"{name} - (_0_)", "빠진 항", cost + 0.3
        if context.kinds[name].kinds & set(NUMBERS):
            yield from _with_number(spot, name, cost)
        elif own != name:
            yield from _with_tensor(spot, context, name, cost)
    yield from _with_unused(spot, context)
    yield from _with_container(spot, context)
    for name in context.called:
        cost = 1.4 + 0.6 * (name in context.helpers and name not in context.kinds)
        yield f"{name}(_0_)", "빠진 단계", cost
        if spot.has("T"):
            yield f"(_0_) + {name}(_0_)", "빠진 항", cost + 0.4


def _with_number(spot: Spot, name: str, cost: float) -> Iterator[tuple[str, str, float]]:
    if spot.has("TL" + NUMBERS):
        for size in (f"_math_.sqrt({name})", f"(1 - {name})"):
            yield from ((f"(_0_) {sign} {size}", "곱하거나 나누는 수", cost + 0.1) for sign in "*/")
    if spot.has("TLlts"):
        for index in (f":{name}", f":, :{name}", name, f":{name} - 1"):
            yield f"(_0_)[{index}]", "자르는 범위", cost + 0.1


def _with_tensor(spot: Spot, context: Context, name: str, cost: float) -> Iterator[tuple[str, str, float]]:
    kinds = context.kinds[name].kinds
    if spot.has(TENSORS):
        yield f"(_0_) @ {name}", "빠진 단계", cost
        yield f"{name} @ (_0_)", "빠진 단계", cost + 0.3
    if "M" in kinds and spot.has("TM"):
        for text in (f"(_0_).masked_fill(~{name}, -1e9)", f"(_0_).masked_fill(~{name}, 0.0)", f"(_0_) & {name}"):
            yield f"_0_ if {name} is None else {text}" if "n" in kinds else text, "마스크", cost - 0.3
    if "L" in kinds and spot.has("M"):
        size = f"{name}.shape[-1]"
        yield f"(_0_) & _torch_.ones({size}, {size}, dtype=_torch_.bool).tril()", "마스크", 1.9
    if spot.has("T"):
        yield f"(_0_).to({name}.dtype)", "자료형", cost + 0.2
    if spot.has("T" + NUMBERS):
        for size in (f"{name}.shape[-1]", f"{name}.shape[-2]"):
            yield f"(_0_) / _math_.sqrt({size})", "곱하거나 나누는 수", 1.9
            yield f"(_0_) * _math_.sqrt({size})", "곱하거나 나누는 수", 1.9
            yield f"(_0_) / {size}", "곱하거나 나누는 수", 2.2


def _with_unused(spot: Spot, context: Context) -> Iterator[tuple[str, str, float]]:
    """받고도 쓰지 않은 인자가 드는 항."""
    for name in context.unused:
        if spot.has("T"):
            for other in context.named(spot, "T"):
                if other != name:
                    yield f"{name} @ {other} + (_0_)", "빠진 항", 1.7
        if spot.has("i") and name in context.kinds and "b" in context.kinds[name].kinds:
            for size in context.named(spot, "i"):
                yield from ((f"(_0_) + {n} * {size} * {name}", "빠진 항", 1.7) for n in (1, *context.numbers))
    if spot.has("T") and len(context.unused) == 2:
        for first, second in (context.unused, context.unused[::-1]):
            yield from ((f"(_0_) {sign} {first} + {second}", "빠진 항", 1.5) for sign in "*@")


def _with_container(spot: Spot, context: Context) -> Iterator[tuple[str, str, float]]:
    """목록의 길이, 사전의 값, 목록의 앞뒤에 붙일 것, 없는 자리를 피하는 조건."""
    if spot.has("i"):
        for name in context.named(spot, "ltd"):
            yield f"len({name})", "길이", 1.5
            yield f"max(map(len, {name}))", "길이", 1.7
        for name in context.named(spot, "d"):
            yield from ((f"{name}[{key}]", "꺼내는 값", 1.5) for key in context.named(spot, "st"))
    if spot.has("l"):
        for name in context.named(spot, "is"):
            for text in (f"[{name}, *_0_]", f"[*_0_, {name}]"):
                yield text, "빠진 원소", 1.3 + 0.3 * context.rare(name)
    if spot.slot.field == "test" or isinstance(spot.node, ast.BoolOp):
        for number in context.named(spot, "i"):
            for name in context.named(spot, "lts"):
                yield f"{number} + 1 < len({name}) and (_0_)", "목록의 끝을 넘는 자리", 1.6
                yield f"{number} < len({name}) and (_0_)", "목록의 끝을 넘는 자리", 1.6
