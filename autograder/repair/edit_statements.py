"""고침: 문장. 없어도 되는 문장, 문장의 차례와 들여쓰기, 받는 값과 쌓는 값, 돌려주는 값."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

from autograder.repair.context import Context, related
from autograder.repair.edit_names import exchange
from autograder.repair.spots import Block, Spot
from autograder.repair.tree import Edit, Slot, block, fill, just, line_after, lines_made, one

_NESTED = (ast.If, ast.For, ast.While, ast.With)


def statement_edits(part: Block, context: Context) -> Iterator[Edit]:
    """문장의 목록 하나를 달리."""
    body = part.body
    for at, statement in enumerate(body):
        slot, line = Slot(part.owner, part.field, at), statement.lineno
        if not isinstance(statement, ast.FunctionDef | ast.Return):
            yield one(slot, partial(block, [], statement), line, "없어도 되는 단계", 1.5)
        if at + 1 < len(body):
            yield from _ordered(slot, Slot(part.owner, part.field, at + 1), statement, body[at + 1])
        if isinstance(statement, ast.Expr):
            yield from _dropped(slot, statement, context)
        if isinstance(statement, ast.AugAssign):
            yield from _added_up(slot, statement)
        if isinstance(statement, ast.Assign):
            yield from _assigned(slot, statement, context)
        if isinstance(statement, ast.If | ast.With):
            yield one(slot, partial(block, statement.body, statement), line, "조건", 1.6)
        if isinstance(statement, ast.For | ast.While | ast.If):
            yield from _outward(slot, statement)
            yield from _inward(part, at, statement)
    if isinstance(part.owner, ast.FunctionDef) and part.field == "body":
        yield from _returned(Slot(part.owner, "body", len(body) - 1), part)


# -- 차례와 들여쓰기 --


def _ordered(slot: Slot, after: Slot, first: ast.stmt, second: ast.stmt) -> Iterator[Edit]:
    """이웃한 두 문장의 차례, 또는 받는 값을 바꿔요."""
    # `return`을 앞으로 당기면 그 앞의 줄이 죽어요. 차례가 아니라 없어도 되는 단계의 이야기예요.
    if any(isinstance(statement, ast.FunctionDef | ast.Return | ast.Raise) for statement in (first, second)):
        return
    # 묶음 문장의 앞뒤로 옮기는 것은 다른 한 줄의 자리 문제예요.
    simple = tuple(statement.lineno for statement in (first, second) if not isinstance(statement, _NESTED))
    lines = simple or (first.lineno, second.lineno)
    yield Edit(((slot, just(second)), (after, just(first))), lines, "줄의 차례", 1.2)
    if isinstance(first, ast.Assign) and isinstance(second, ast.Assign):
        yield exchange(Slot(first, "value"), Slot(second, "value"), "받는 값", 1.3)


def _outward(slot: Slot, statement: ast.For | ast.While | ast.If) -> Iterator[Edit]:
    """안의 마지막 문장을 뒤로, 첫 문장을 앞으로 꺼내요."""
    if len(statement.body) > 1 and not statement.orelse:  # `else` 앞의 줄은 밖으로 꺼낼 수 없어요.
        first, last = statement.body[0], statement.body[-1]
        cost = 1.1 if isinstance(last, ast.Return) else 1.6
        behind = [_holding(statement, statement.body[:-1]), last]
        ahead = [first, _holding(statement, statement.body[1:])]
        yield one(slot, partial(block, behind, statement), last.lineno, "들여쓰기", cost)
        yield one(slot, partial(block, ahead, statement), first.lineno, "들여쓰기", 1.7)


def _inward(part: Block, at: int, statement: ast.For | ast.While | ast.If) -> Iterator[Edit]:
    """앞뒤의 문장을 안으로 옮겨요."""
    for beside in (at - 1, at + 1):
        if not 0 <= beside < len(part.body) or isinstance(part.body[beside], ast.FunctionDef):
            continue
        moved = part.body[beside]
        inner = [moved, *statement.body] if beside < at else [*statement.body, moved]
        changes = (
            (Slot(part.owner, part.field, at), just(_holding(statement, inner))),
            (Slot(part.owner, part.field, beside), partial(block, [], moved)),
        )
        yield Edit(changes, (moved.lineno,), "들여쓰기", 1.6)


def _holding(statement: ast.stmt, body: Sequence[ast.stmt]) -> ast.stmt:
    """몸통만 다른 같은 묶음 문장."""
    fresh = type(statement)(**{**dict(ast.iter_fields(statement)), "body": list(body)})
    return ast.copy_location(fresh, statement)


# -- 받는 값 --


def _dropped(slot: Slot, statement: ast.Expr, context: Context) -> Iterator[Edit]:
    """버려진 결과를 받아요."""
    used = [node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)]
    for name in dict.fromkeys(name for name in used if name in context.kinds):
        make = lines_made(f"{name} = _0_", statement, statement.value)
        yield one(slot, make, statement.lineno, "변수에 담지 않은 결과", 1.0, "keep")
    yield one(slot, lines_made("return _0_", statement, statement.value), statement.lineno, "돌려주는 값", 1.2)


def _added_up(slot: Slot, statement: ast.AugAssign) -> Iterator[Edit]:
    """`+=`를 `=`나 다른 연산으로, 또는 새 값으로."""
    held, value = ast.unparse(statement.target), statement.value
    yield from _counted(slot, statement, statement.target, value)
    fresh: ast.BinOp = fill("_0_ + _1_", statement, fill(held, statement), value)
    fresh.op = statement.op
    make = lines_made(f"{held} = _0_", statement, fresh)
    yield one(slot, make, statement.lineno, "받은 입력을 고치지 않는 방법", 1.1, "fresh")
    for sign, cost in (("", 1.2), ("+", 1.3), ("-", 1.3), ("*", 1.3)):
        make = lines_made(f"{held} {sign}= _0_", statement, value)
        yield one(slot, make, statement.lineno, "쌓는 값", cost, f"{sign}=")


def _assigned(slot: Slot, statement: ast.Assign, context: Context) -> Iterator[Edit]:
    """`=`를 쌓는 것으로, 또는 다른 이름으로 받아요."""
    target, value, line = statement.targets[0], statement.value, statement.lineno
    if not isinstance(target, ast.Name | ast.Subscript):
        return
    held = ast.unparse(target)
    for sign in "+*":
        make = lines_made(f"{held} = {held} {sign} _0_", statement, value)
        yield one(slot, make, line, "쌓는 값", 1.3, f"{sign}=")
    yield from _counted(slot, statement, target, value)
    read = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    if held not in read:
        yield one(slot, lines_made(f"{held}.append(_0_)", statement, value), line, "쌓는 값", 1.9)
    if isinstance(target, ast.Name) and target.id in context.kinds:
        for name in context.alike(target.id):
            yield one(slot, lines_made(f"{name} = _0_", statement, value), line, "값을 받는 이름", 1.7)


def _counted(slot: Slot, statement: ast.stmt, target: ast.expr, value: ast.expr) -> Iterator[Edit]:
    """사전에 처음 넣는 열쇠까지 세요."""
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice | ast.Tuple | ast.Constant):
        held, key = ast.unparse(target.value), ast.unparse(target.slice)
        make = lines_made(f"{held}[{key}] = {held}.get({key}, 0) + _0_", statement, value)
        yield one(slot, make, statement.lineno, "쌓는 값", 1.3)


# -- 돌려주는 값 --


def _returned(slot: Slot, part: Block) -> Iterator[Edit]:
    """빠뜨린 `return`."""
    last = slot.get()
    if isinstance(last, ast.Return | ast.Raise):
        return
    names = [node.id for node in ast.walk(part.owner) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    for name in dict.fromkeys(reversed(names)):
        make = line_after(f"return {name}", last)
        yield one(slot, make, last.end_lineno or last.lineno, "돌려주는 값", 1.2, added=True)


def return_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """돌려주는 식을 이름 하나나 튜플로."""
    if not isinstance(spot.slot.owner, ast.Return):
        return
    node = spot.node
    for name in context.named(spot, related(set())):
        if not (isinstance(node, ast.Name) and node.id == name):
            yield spot.to(name, "돌려주는 값", 1.8)
        if not isinstance(node, ast.Tuple):
            yield spot.to(f"_0_, {name}", "돌려주는 값", 1.6)
            yield spot.to(f"{name}, _0_", "돌려주는 값", 1.9)
    for element in node.elts if isinstance(node, ast.Tuple) else ():
        yield spot.put(element, "돌려주는 값", 1.5)
    if isinstance(node, ast.List):
        yield spot.to("tuple(_0_)", "돌려주는 값의 형", 1.2)
