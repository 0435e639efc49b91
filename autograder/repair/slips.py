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
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr in _RETURNS_NEW:
                yield (
                    node.lineno,
                    f"`{called.attr}`의 결과를 아무 데도 담지 않았어요. 받은 것을 고치지 않고 새것을 돌려줘요.",
                )
        if isinstance(node, ast.For | ast.While) and isinstance(node.body[-1], ast.Return) and not _skips(node):
            yield node.body[-1].lineno, "`return`이 반복문 안에 있어서 첫 번째 반복에서 끝나요."
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            yield node.lineno, "파이썬의 `^`는 거듭제곱이 아니라 비트 연산이에요. 거듭제곱은 `**`예요."
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            raised = node.value.func
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
