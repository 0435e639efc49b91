"""고침: 있는 것의 자리 바꾸기. 다른 식으로 옮긴 부름, 서로 바꿔 쓴 수와 이름과 연산, 다른 줄과 바꿔 쓴 인자."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from itertools import combinations

from autograder.repair.context import Context, related
from autograder.repair.edit_calls import module_of
from autograder.repair.edit_names import exchange, filled
from autograder.repair.edit_values import number_of
from autograder.repair.spots import Spot
from autograder.repair.tree import Edit, Slot, around, inside, just, made


def move_edits(context: Context) -> Iterator[Edit]:
    """나무 전체에서 두 곳을 함께 바꾸는 고침들."""
    groups: dict[int, list[Spot]] = {}
    for spot in context.spots:
        if spot.reached:
            groups.setdefault(id(spot.statement), []).append(spot)
    for group in groups.values():
        yield from _leaves(group)
        yield from _operators(group)
        yield from _targets(group[0].statement)
    yield from _calls(context)
    yield from _arguments(context)
    yield from _everywhere(context)


def _leaves(group: list[Spot]) -> Iterator[Edit]:
    """한 문장에서 두 수나 두 이름을 서로 바꿔요."""
    leaves = [s for s in group if (isinstance(s.node, ast.Name) and not s.callee) or number_of(s.node) is not None]
    for one, two in combinations(leaves, 2):
        first, second = one.node, two.node
        if isinstance(first, ast.Name) != isinstance(second, ast.Name) or ast.dump(first) == ast.dump(second):
            continue
        if first in two.above or second in one.above:
            continue
        if isinstance(first, ast.Name):
            unlike = not one.seen.kinds & set(related(two.seen.kinds))
            if unlike or {first.id, second.id} & filled(one.statement):
                continue
        yield exchange(one.slot, two.slot, "쓰는 값의 차례", 1.4)


def _operators(group: list[Spot]) -> Iterator[Edit]:
    """한 문장에서 두 연산을 서로 바꿔요(회전의 두 부호처럼)."""
    for one, two in combinations([s for s in group if isinstance(s.node, ast.BinOp)], 2):
        first, second = one.node.op, two.node.op
        if type(first) is not type(second):
            changes = ((Slot(one.node, "op"), just(second)), (Slot(two.node, "op"), just(first)))
            yield Edit(changes, tuple(sorted({one.line, two.line})), "연산", 1.4)


def _targets(statement: ast.stmt) -> Iterator[Edit]:
    """한꺼번에 받는 이름들의 차례."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        names = statement.targets[0]
        # 모양은 대개 맞게 받고, 그 이름을 쓰는 데서 틀려요.
        cost = 1.7 if isinstance(statement.value, ast.Attribute) else 1.2
        for one, two in combinations(range(len(names.elts)), 2):
            first, second = names.elts[one], names.elts[two]
            changes = ((Slot(names, "elts", one), just(second)), (Slot(names, "elts", two), just(first)))
            yield Edit(changes, (statement.lineno,), "받는 차례", cost)


def _calls(context: Context) -> Iterator[Edit]:
    """`f(x)`의 f를 벗겨 다른 식에 씌워요. 함수를 씌우는 자리를 잘못 고른 실수예요."""
    places = [s for s in context.spots if s.reached and not s.callee and s.has("TLMif")]
    for spot in context.spots:
        call = spot.node
        slot = inside(call) if isinstance(call, ast.Call) and spot.reached and _moves(call, context) else None
        if slot is None:
            continue
        inner = slot.get()
        for other in places:
            if other is spot or other.node is inner or isinstance(other.node, ast.Constant):
                continue
            if call in other.above and inner not in other.above:
                continue  # 그 부름의 다른 인자예요.
            lines = tuple(sorted({spot.line, other.line}))
            take, give = (spot.slot, just(inner)), (other.slot, partial(_moved, call, other))
            # 바깥을 감쌀 때에는 먼저 안에서 벗겨요.
            changes = (take, give) if other.node in spot.above else (give, take)
            yield Edit(changes, lines, "계산하는 차례", 1.5 + 0.3 * (len(lines) > 1))


def _moved(call: ast.Call, other: Spot) -> ast.Call:
    return around(call, other.node)


def _moves(call: ast.Call, context: Context) -> bool:
    """옮겨 볼 만한 부름인지: 값을 첫 인자로 받는 함수이거나, 인자 없는 값의 메서드."""
    if not call.args:
        return isinstance(call.func, ast.Attribute) and not module_of(call.func)
    if isinstance(call.args[0], ast.Constant | ast.List | ast.GeneratorExp):
        return False
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return not (isinstance(owner, ast.Name) and owner.id in context.kinds)


def _arguments(context: Context) -> Iterator[Edit]:
    """같은 함수를 부르는 두 곳에서 같은 자리의 인자를 서로 바꿔요."""
    calls = [s for s in context.spots if isinstance(s.node, ast.Call) and s.reached]
    for one, two in combinations(calls, 2):
        first, second = one.node, two.node
        if first in two.above or second in one.above or ast.dump(first.func) != ast.dump(second.func):
            continue
        for at in range(min(len(first.args), len(second.args))):
            if ast.dump(first.args[at]) != ast.dump(second.args[at]):
                yield exchange(Slot(first, "args", at), Slot(second, "args", at), "인자", 1.5)


def _everywhere(context: Context) -> Iterator[Edit]:
    """두 이름을 모든 곳에서 서로 바꿔요. 처음부터 거꾸로 알고 쓴 실수예요."""
    uses: dict[str, list[Spot]] = {}
    for spot in context.spots:
        if isinstance(spot.node, ast.Name) and spot.node.id in context.kinds:
            uses.setdefault(spot.node.id, []).append(spot)
    for one, two in combinations(uses, 2):
        spots = [*uses[one], *uses[two]]
        lines = tuple(sorted({spot.line for spot in spots}))
        if context.kinds[one].kinds & context.kinds[two].kinds and len(spots) <= 6 and len(lines) <= 3:
            other = {one: two, two: one}
            changes = tuple((spot.slot, made(other[spot.node.id], spot.node)) for spot in spots)
            yield Edit(changes, lines, "쓰는 값", 1.6 + 0.2 * len(lines))
