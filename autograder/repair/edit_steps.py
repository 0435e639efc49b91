"""고침: 빠진 한 줄. 받은 값 다듬기, None일 때, 세는 줄, 멈추는 줄, 짝이 되는 줄."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from functools import partial

from autograder.repair.context import TENSORS, Context
from autograder.repair.spots import Block
from autograder.repair.tree import Edit, Slot, block, fill, line_after, line_before, one

_KEPT = "받은 입력을 고치지 않는 방법"


def step_edits(part: Block, context: Context) -> Iterator[Edit]:
    """문장의 목록 하나에 한 줄을 더해요."""
    if part.owner is context.main:
        first = part.body[0]
        for text, kind, cost in _openings(context):
            yield before(Slot(part.owner, part.field, 0), first, text, kind, cost)
    for at, statement in enumerate(part.body):
        slot = Slot(part.owner, part.field, at)
        yield from _filled(slot, statement, context)
        yield from _unless_none(slot, statement, context)
        yield from _twins(slot, statement, context)
        if part.loop:
            yield from _in_loops(slot, statement, at, context)


def before(slot: Slot, statement: ast.stmt, text: str, kind: str, cost: float) -> Edit:
    """문장 바로 앞에 글로 적은 줄을 더해요."""
    return one(slot, line_before(text, statement), statement.lineno, kind, cost, added=True)


def _after(slot: Slot, statement: ast.stmt, text: str, kind: str, cost: float) -> Edit:
    line = statement.end_lineno or statement.lineno
    return one(slot, line_after(text, statement), line, kind, cost, added=True)


def _openings(context: Context) -> Iterator[tuple[str, str, float]]:
    """함수의 맨 앞에서 인자를 다듬는 줄들."""
    for name in context.parameters:
        kinds = context.kinds[name].kinds if name in context.kinds else set()
        if kinds & set(TENSORS):
            yield f"{name} = {name}.clone()", _KEPT, 1.4
            yield f"{name} = {name}.clone().requires_grad_(True)", "기울기", 1.7
            yield f"{name} = {name} - {name}.mean(dim=-1, keepdim=True)", "평균을 빼기", 1.9
            yield f"{name} = {name}.transpose(-2, -1)", "축", 2.0
            yield f"{name} = {name}.transpose(0, 1)", "축", 2.0
            if "n" in kinds:
                yield f"if {name} is None:\n    {name} = _torch_.ones((), dtype=_torch_.bool)", "None일 때", 1.4
        if kinds & set("ld"):
            yield f"{name} = {name} and {name}.copy()", _KEPT, 1.3
            yield f"{name} = [_each_.clone() for _each_ in {name}]", _KEPT, 1.7
        if "i" in kinds:
            yield f"{name} = max({name}, 1)", "가장 작은 값", 1.5
            yield f"{name} = {name} - 1", "더하거나 빼는 수", 1.9
            yield f"{name} = {name} + 1", "더하거나 빼는 수", 1.9


def _filled(slot: Slot, statement: ast.stmt, context: Context) -> Iterator[Edit]:
    """만든 텐서의 첫 자리를 채우는 줄."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Name) and target.id in context.kinds and context.kinds[target.id].kinds & set("TL"):
        for value in context.unused:
            for place in ("[:, 0]", "[0]", "[:, -1]"):
                yield _after(slot, statement, f"{target.id}{place} = {value}", "빠진 단계", 1.7)


def _unless_none(slot: Slot, statement: ast.stmt, context: Context) -> Iterator[Edit]:
    """None일 수 있는 값을 쓰는 문장을 조건 안에."""
    if isinstance(statement, ast.Return | ast.If | ast.FunctionDef):
        return
    for name in sorted({node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}):
        if name in context.kinds and "n" in context.kinds[name].kinds:
            make = partial(_conditional, name, statement)
            yield one(slot, make, statement.lineno, "None일 때", 1.1)


def _conditional(name: str, statement: ast.stmt) -> ast.stmt:
    held = block([statement], statement)
    assert isinstance(held, ast.If)
    held.test = fill(f"{name} is not None", statement)
    return held


def _twins(slot: Slot, statement: ast.stmt, context: Context) -> Iterator[Edit]:
    """이름 하나만 다른 짝이 되는 줄(`k`만 늘리고 `v`는 늘리지 않은 것처럼)."""
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
        return
    names = dict.fromkeys(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
    for old in names:
        for new in context.alike(old) if old in context.kinds else ():
            if new not in names:
                make = partial(_twin, statement, old, new)
                yield one(slot, make, statement.lineno, "빠진 단계", 1.9, added=True)


def _twin(statement: ast.stmt, old: str, new: str) -> ast.stmt:
    twin = copy.deepcopy(statement)
    for node in ast.walk(twin):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new
    return block([statement, twin], statement)


def _in_loops(slot: Slot, statement: ast.stmt, at: int, context: Context) -> Iterator[Edit]:
    """반복문 안에서 세거나 쌓거나 멈추는 줄."""
    for name, seen in context.kinds.items():
        if "i" in seen.kinds:
            yield _after(slot, statement, f"{name} += 1", "세는 줄", 1.7)
            for other in context.alike(name) if at == 0 else ():
                if "i" in context.kinds[other].kinds:
                    yield _after(slot, statement, f"if {name} == {other}:\n    break", "멈추는 조건", 1.6)
        if seen.kinds & set("ld") and isinstance(statement, ast.Assign):
            yield _after(slot, statement, f"if not {name}:\n    break", "멈추는 조건", 1.5)
        if "l" in seen.kinds:
            for value, kinds in context.kinds.items():
                if value != name and kinds.kinds & set("TLifst"):
                    yield _after(slot, statement, f"{name}.append({value})", "쌓는 값", 2.0)
