"""코드에서 바로 보이는 것: 돌려 보지 않아도 참인 말. 다른 까닭을 찾지 못한 답에만 덧붙여요."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from autograder.notebooks.cell_code import parse
from autograder.wording import josa

# 결과를 담지 않으면 아무 일도 하지 않는 메서드들
_RETURNS_NEW = frozenset(
    ("transpose", "permute", "reshape", "view", "masked_fill", "unsqueeze", "squeeze", "expand", "clamp", "exp", "sqrt")
    + ("softmax", "relu", "mean", "sum", "float", "double", "long", "bool", "to", "repeat", "flatten", "contiguous")
    + ("matmul", "add", "sub", "mul", "div", "replace", "split", "join", "strip", "lower")
)


_LONGEST = 20_000  # 글자. 실습의 셀은 이보다 훨씬 짧아요.


@dataclass(frozen=True)
class Slip:
    """코드에서 보이는 것의 문장. `certain`이면 그 줄이 틀린 것이 분명해서 더 찾지 않아도 돼요."""

    text: str
    certain: bool


def first_words(source: str, name: str, named: bool) -> tuple[list[str], bool]:
    """코드에서 바로 보이는 말들과, 틀린 줄을 더 찾아볼지. `named`는 알려진 실수의 이름을 벌써 붙였는지예요."""
    slip = visible_slip(source, name)
    certain = slip is not None and slip.certain
    words = [slip.text] if slip and (certain or not named) else []
    return words, not named and not certain


def visible_slip(source: str, name: str) -> Slip | None:
    """셀 `source`의 함수 `name`에서 눈에 띄는 것 하나. 없거나 읽을 수 없으면 None이에요."""
    tree = parse(source) if len(source) <= _LONGEST else None
    if tree is None:
        return None
    function = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if function is None:
        return None
    lines = source.splitlines()
    for number, words in _slips(function):
        return Slip(f"{number}번째 줄 `{lines[number - 1].strip()[:120]}`: {words}", certain=True)
    unused = _unused(function)
    return Slip(unused, certain=False) if unused else None


def _slips(function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    given = {argument.arg for argument in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Expr) and (words := _thrown_away(node.value)):
            yield node.lineno, words
        if isinstance(node, ast.For | ast.While) and isinstance(node.body[-1], ast.Return) and not _skips(node):
            yield node.body[-1].lineno, "`return`이 반복문 안에 있어서 첫 번째 반복에서 끝나요."
        if isinstance(node, ast.BinOp) and _one_row_many_times(node) and _fills_cells(function):
            yield (
                node.lineno,
                "목록에 `*`를 하면 안쪽 목록 하나를 여러 번 가리켜요. 한 줄을 고치면 모든 줄이 같이 바뀌어요.",
            )
        if isinstance(node, ast.For | ast.While) and (line := _same_thing_collected(node)):
            yield (
                line,
                "되풀이할 때마다 같은 것을 담고 그 칸을 고쳐요. 그래서 담아 둔 것이 모두 마지막 값이 돼요. 담기 전에 새로 만들어요.",
            )
        if isinstance(node, ast.BinOp) and _power_first(node):
            yield (
                node.lineno,
                "`**`는 곱하기와 나누기보다 먼저 계산돼요. 여기서는 바로 뒤의 수 하나만 지수예요. 지수를 괄호로 묶어요.",
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            yield node.lineno, "파이썬의 `^`는 거듭제곱이 아니라 비트 연산이에요. 거듭제곱은 `**`예요."
        if isinstance(node, ast.Return):
            raised = node.value.func if isinstance(node.value, ast.Call) else node.value
            if isinstance(raised, ast.Name) and raised.id.endswith("Error"):
                yield node.lineno, "예외를 돌려줬을 뿐 내지 않았어요. 예외는 `raise`로 내요."

        if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and _counts(node.iter):
            changed = next((n for n in ast.walk(node) if _adds_to(n, node.target.id)), None)
            if changed is not None:
                name = node.target.id
                yield (
                    changed.lineno,
                    f"`for`가 정하는 `{name}`{josa(name, '을/를')[len(name) :]} 안에서 바꿔도 다음 되풀이에서 되돌아가요. "
                    "몇 자리를 건너뛰어야 하면 `while`을 써요.",
                )
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            *front, last = node.values
            compared = _ordered(last) and all(isinstance(value, ast.Name) and value.id in given for value in front)
            bare = isinstance(node.values[0], ast.Compare) and isinstance(last, ast.Constant)
            if compared or bare:
                yield (
                    node.lineno,
                    "`or`는 비교를 나눠 주지 않아요. 비교가 붙지 않은 쪽은 0이나 빈 것이 아니면 늘 참이에요. 비교를 하나마다 적어요.",
                )


def _one_row_many_times(node: ast.BinOp) -> bool:
    """`[[0] * d] * n`처럼 목록을 담은 목록을 여러 번 되풀이하는지."""
    inner = node.left.elts if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) else []
    return any(isinstance(i, ast.List) or (isinstance(i, ast.BinOp) and isinstance(i.left, ast.List)) for i in inner)


def _fills_cells(function: ast.FunctionDef) -> bool:
    """`a[i][j] = ...`처럼 안쪽 목록의 칸을 고치는지."""
    stores = (n for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store))
    return any(isinstance(store.value, ast.Subscript) for store in stores)


def _same_thing_collected(loop: ast.For | ast.While) -> int:
    """같은 이름을 담고(`append`) 그 칸을 고치기만(`h[:] = ...`) 하는 반복문이면 담는 줄의 번호, 아니면 0."""
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    bound = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= (
        {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        if isinstance(loop, ast.For)
        else set()
    )
    cells = {
        node.value.id
        for node in inside
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
    }
    for node in inside:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            kept = node.args[0] if node.args else None
            if isinstance(kept, ast.Name) and kept.id in cells - bound:
                return node.lineno
    return 0


def _thrown_away(value: ast.expr) -> str:
    """계산만 하고 버린 식의 이야기. 부작용이 있을 수 있는 부름이면 빈 글이에요."""
    if isinstance(value, ast.BinOp | ast.Compare | ast.UnaryOp):
        return "계산한 값을 아무 데도 담지 않았어요. 이 줄은 아무것도 바꾸지 않아요."
    if not isinstance(value, ast.Call):
        return ""
    called = value.func
    if isinstance(called, ast.Name) and called.id.endswith("Error"):
        return "예외를 만들기만 하고 내지 않았어요. 예외는 `raise`로 내요."
    if not isinstance(called, ast.Attribute):
        return ""
    owner = called.value.id if isinstance(called.value, ast.Name) else ""
    made = owner in ("torch", "F", "math") and not called.attr.endswith("_") and "seed" not in called.attr
    if called.attr in _RETURNS_NEW or made:
        return f"`{called.attr}`의 결과를 아무 데도 담지 않았어요. 받은 것을 고치지 않고 새것을 돌려줘요."
    return ""


def _power_first(node: ast.BinOp) -> bool:
    """`100 ** 2 * i`나 `100 ** -2 / d`처럼, 지수 2에 이어 이름을 곱하거나 나누는지. 지수가 `2 * i`인 식을 그대로 옮긴 모양이에요."""
    power = node.left
    if not isinstance(node.op, ast.Mult | ast.Div) or not isinstance(power, ast.BinOp):
        return False
    exponent = power.right.operand if isinstance(power.right, ast.UnaryOp) else power.right
    return (
        isinstance(power.op, ast.Pow)
        and isinstance(exponent, ast.Constant)
        and exponent.value == 2
        and isinstance(power.left, ast.Constant)
        and isinstance(power.left.value, int | float)
        and power.left.value > 10
        and not isinstance(node.right, ast.Constant)
    )


def _ordered(test: ast.expr) -> bool:
    """`n < 1`처럼 수 하나와 크기를 견주는지."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        and isinstance(test.comparators[0], ast.Constant)
    )


def _counts(loop: ast.expr) -> bool:
    """`range(...)`를 도는지."""
    return isinstance(loop, ast.Call) and isinstance(loop.func, ast.Name) and loop.func.id == "range"


def _adds_to(node: ast.AST, name: str) -> TypeGuard[ast.AugAssign]:
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name


def _skips(loop: ast.For | ast.While) -> bool:
    """`continue`로 끝의 return을 건너뛸 수 있는 반복문인지."""
    return any(isinstance(inner, ast.Continue) for inner in ast.walk(loop))


def _unused(function: ast.FunctionDef) -> str:
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if a.arg not in used]
    if not names:
        return ""
    return f"{josa(', '.join(f'`{name}`' for name in names), '을/를')} 함수 안에서 한 번도 쓰지 않았어요."
