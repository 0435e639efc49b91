"""고침: 이름과 인자. 다른 이름, 자리 바꾸기, 빠뜨린 인자, 튜플의 차례."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from autograder.repair.context import TENSORS, Context, related
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, just, made, one


def name_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """식 하나에서 이름이나 인자를 바꿔요."""
    node = spot.node
    if isinstance(node, ast.Name):
        yield from _other_names(spot, context, node)
    elif isinstance(node, ast.Call):
        yield from _arguments(spot, context, node)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from _swapped(spot, node.elts, Slot(node, "elts"), "차례")
    elif isinstance(node, ast.Attribute | ast.Subscript) and not spot.callee:
        for name in context.named(spot, related(spot.seen.kinds)):
            yield spot.to(name, "쓰는 값", 1.8 + 0.3 * context.rare(name), tag=f">{name}")
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name):
        for left, right in permutations(context.named(spot, TENSORS), 2):
            if left != node.left.id and right != node.right.id:
                changes = (
                    (Slot(node, "left"), made(left, node)),
                    (Slot(node, "right"), made(right, node)),
                )
                yield Edit(changes, (spot.line,), "쓰는 값", 1.8)


def _other_names(spot: Spot, context: Context, node: ast.Name) -> Iterator[Edit]:
    if spot.callee:
        for name in context.called:
            if name != node.id:
                yield spot.to(name, "부르는 함수", 1.5, tag=f"{node.id}>{name}")
        return
    for name in context.named(spot, related(spot.seen.kinds)):
        if name != node.id and name not in filled(spot.statement):
            yield spot.to(name, "쓰는 값", 1.0 + 0.3 * context.rare(name), tag=f"{node.id}>{name}")


def filled(statement: ast.stmt) -> set[str]:
    """문장이 안을 채우는 그릇들(`x.append(...)`, `x[i] = ...`의 x). 자기 자신을 담게 해서는 안 돼요."""
    parts: list[ast.expr] = []
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        parts = [statement.value.func]
    elif isinstance(statement, ast.Assign):
        parts = list(statement.targets)
    elif isinstance(statement, ast.AugAssign):
        parts = [statement.target]
    return {
        part.value.id
        for part in parts
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.value, ast.Name)
    }


def _arguments(spot: Spot, context: Context, node: ast.Call) -> Iterator[Edit]:
    args, keywords = node.args, node.keywords
    yield from _swapped(spot, args, Slot(node, "args"), "인자의 순서")
    if _takes_more(node, context):
        for name in context.named(spot, "TLMifbnldc"):
            for at in range(len(args) + 1):
                longer = [*args[:at], made(name, node)(), *args[at:]]
                cost = (1.2 if at == len(args) else 1.5) + 1.2 * context.rare(name)
                yield one(Slot(node, "args"), just(longer), spot.line, "빠진 인자", cost)
    for at in range(len(args) if len(args) > 1 else 0):
        shorter = [*args[:at], *args[at + 1 :]]
        yield one(Slot(node, "args"), just(shorter), spot.line, "없어도 되는 인자", 2.0, f"arg{at}")
    for at, keyword in enumerate(keywords):
        if keyword.arg is not None:
            kept = [other for other in keywords if other is not keyword]
            yield one(Slot(node, "keywords"), just(kept), spot.line, "없어도 되는 인자", 1.6, f"drop {keyword.arg}")
        for other in keywords[at + 1 :]:
            yield exchange(Slot(keyword, "value"), Slot(other, "value"), "인자의 순서", 1.5)


def _takes_more(node: ast.Call, context: Context) -> bool:
    """인자를 더 넣어 볼 만한 부름인지: 학습자가 아는 함수나 모듈의 함수."""
    if isinstance(node.func, ast.Name):
        return node.func.id in context.called
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id not in context.kinds


def _swapped(spot: Spot, parts: Sequence[ast.expr], held: Slot, kind: str) -> Iterator[Edit]:
    if any(isinstance(part, ast.Starred) for part in parts):
        return
    for first, second in combinations(range(len(parts)), 2):
        if ast.dump(parts[first]) != ast.dump(parts[second]):
            order = [*parts]
            order[first], order[second] = order[second], order[first]
            cost = 1.1 if second == first + 1 else 1.5
            yield one(held, just(order), spot.line, kind, cost, f"swap {first} {second}")
    if 2 < len(parts) < 5:
        for order in ([*parts[1:], parts[0]], [parts[-1], *parts[:-1]]):
            yield one(held, just(order), spot.line, kind, 1.7, f"turn {held.field}")


def exchange(first: Slot, second: Slot, kind: str, cost: float) -> Edit:
    """두 자리의 내용을 서로 바꾸는 고침."""
    one_held, other_held = first.get(), second.get()
    lines = tuple(sorted({one_held.lineno, other_held.lineno}))
    return Edit(((first, just(other_held)), (second, just(one_held))), lines, kind, cost)


def index_edits(spot: Spot, context: Context) -> Iterator[Edit]:
    """다른 곳에서 쓴 첨자를 여기에도 붙여요(`f(x)`에 `[:, perm]`)."""
    if not spot.has("TLMlts") or spot.callee:
        return
    for text, index in context.indices.items():
        if not (isinstance(spot.node, ast.Subscript) and ast.unparse(spot.node.slice) == text):
            # 첨자 안의 자리라면 자기 자신을 담게 되므로 베껴 둔 것을 써요.
            new = ast.copy_location(ast.Subscript(spot.node, copy.deepcopy(index), ast.Load()), spot.node)
            yield spot.put(new, "자르거나 고르는 자리", 1.8, f"[{text}]")
