"""해 볼 고침을 흔한 실수부터 늘어놓아요. 예외가 난 줄의 고침이 먼저예요."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from autograder.repair.context import Context
from autograder.repair.edit_brackets import bracket_edits
from autograder.repair.edit_calls import call_edits, helper_edits
from autograder.repair.edit_guards import guard_edits
from autograder.repair.edit_idioms import idiom_edits
from autograder.repair.edit_moves import move_edits
from autograder.repair.edit_names import index_edits, name_edits
from autograder.repair.edit_operators import operator_edits
from autograder.repair.edit_slices import slice_edits
from autograder.repair.edit_statements import return_edits, statement_edits
from autograder.repair.edit_steps import step_edits
from autograder.repair.edit_terms import term_edits
from autograder.repair.edit_values import value_edits
from autograder.repair.edit_wraps import wrap_edits
from autograder.repair.spots import Block, Spot
from autograder.repair.tree import Edit, Slot

_EXPRESSIONS: tuple[Callable[[Spot, Context], Iterator[Edit]], ...] = (
    value_edits,
    operator_edits,
    bracket_edits,
    name_edits,
    index_edits,
    call_edits,
    helper_edits,
    idiom_edits,
    slice_edits,
    wrap_edits,
    term_edits,
    return_edits,
)
_STATEMENTS: tuple[Callable[[Block, Context], Iterator[Edit]], ...] = (statement_edits, step_edits, guard_edits)
_SHAPES = frozenset({"축", "모양", "꺼내는 자리", "목록을 몇 겹으로 감쌌는지", "길이", "RAM에 놓인 차례"})
_TYPES = frozenset({"돌려주는 값의 형", "자료형", "글과 바이트", "담는 그릇의 종류"})
_AMOUNTS = frozenset(
    {"활성화", "지수와 로그", "부호", "제곱과 제곱근", "소프트맥스", "더하거나 빼는 수", "곱하거나 나누는 수"}
)
_UNLIKELY = 0.4
_STOPPED = 0.4  # 예외가 난 줄의 고침은 이만큼 앞서요.
_TOGETHER = 0.4  # 같은 고침을 여러 곳에서 하는 것은 이만큼 뒤예요. 한 줄 안이라면 그 절반이에요.


def edits(context: Context, stopped: int | None) -> Iterator[Edit]:
    """나무에 해 볼 수 있는 고침들."""
    for spot in context.spots:
        # 틀린 사례에서 한 번도 지나가지 않은 자리는 고쳐도 그 사례가 달라지지 않아요.
        if spot.reached or spot.callee or spot.line == stopped:
            for expression_rule in _EXPRESSIONS:
                yield from expression_rule(spot, context)
    for part in context.blocks:
        for statement_rule in _STATEMENTS:
            yield from statement_rule(part, context)
    yield from move_edits(context)


def ordered(context: Context, stopped: int | None) -> list[Edit]:
    """고침들을 해 볼 차례로. `stopped`는 예외가 난 줄이에요."""
    single = list(edits(context, stopped))
    found = [*single, *_together(single)]
    less = _unlikely(context.problems)

    def rank(edit: Edit) -> float:
        added = edit.tag.startswith("wrap")
        return edit.cost - _STOPPED * (stopped in edit.lines) + _UNLIKELY * (added and edit.kind in less)

    # 다른 줄에서 멈췄는데 맞게 받은 이름들을 바꿔 달면, 통과는 해도 엉뚱한 줄을 탓하게 돼요.
    kept = (edit for edit in found if not stopped or edit.kind != "받는 차례" or stopped in edit.lines)
    return sorted(kept, key=rank)


def _unlikely(problems: frozenset[str]) -> frozenset[str]:
    """어긋난 모습으로 보아 빠뜨렸을 것 같지 않은 단계의 종류들. 뒤로 미룰 뿐 빼지는 않아요."""
    less: frozenset[str] = frozenset()
    if problems <= {"value", "nan", "behaviour", "gradient"}:
        less |= _SHAPES | _TYPES  # 모양과 형은 이미 맞아요.
    if problems & {"shape", "error"} and "value" not in problems:
        less |= _AMOUNTS
    if "changed" not in problems:
        less |= {"받은 입력을 고치지 않는 방법"}
    return less


def _together(single: Sequence[Edit]) -> Iterator[Edit]:
    """같은 고침을 두세 곳에서 함께 하는 것(세 가중치에 모두 붙인 `.T`처럼).

    같은 자리(같은 함수의 같은 인자 등)이거나 같은 식일 때만 한 묶음이에요.
    """
    roles: dict[Slot, tuple[str, str]] = {}
    groups: dict[tuple[str, ...], list[Edit]] = {}
    for edit in single:
        if edit.tag and len(edit.changes) == 1:
            slot = edit.changes[0][0]
            if slot not in roles:
                roles[slot] = _role(slot), _text(slot)
            for number, role in enumerate(roles[slot]):
                groups.setdefault((edit.kind, edit.tag, role, str(number)), []).append(edit)
    done: set[frozenset[int]] = set()
    for (kind, tag, _, _), group in groups.items():
        lines = tuple(sorted({line for edit in group for line in edit.lines}))
        members = frozenset(id(edit) for edit in group)
        if 2 <= len(group) <= 4 and len(lines) <= 3 and members not in done:
            done.add(members)
            changes = tuple(change for edit in group for change in edit.changes)
            later = _TOGETHER if len(lines) > 1 else _TOGETHER / 2
            yield Edit(changes, lines, kind, max(edit.cost for edit in group) + later, tag)


def _role(slot: Slot) -> str:
    """자리의 구실: 어떤 마디의 어느 칸인지, 부름이라면 무엇을 부르는지."""
    owner = slot.owner
    what = ast.unparse(owner.func)[-20:] if isinstance(owner, ast.Call) else ""
    what = type(owner.op).__name__ if isinstance(owner, ast.BinOp) else what
    return f"{type(owner).__name__}.{slot.field}.{slot.index}.{what}"


def _text(slot: Slot) -> str:
    """자리에 든 식의 글."""
    held = slot.get()
    return ast.dump(held) if isinstance(held, ast.AST) else repr(held)
