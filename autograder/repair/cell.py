"""학습자의 셀을 고쳐 볼 수 있는 나무로: 정의만 골라내고, 고친 나무에서 함수를 만들어요.

학습자의 이름 공간은 읽기만 해요. 정의는 그 사본에서 다시 실행하고, 정의가 읽는 그릇과 텐서는 베껴 둬요.
"""

from __future__ import annotations

import ast
import copy
import math
import operator
import re
import types
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional

from autograder.repair.safe_torch import SAFE_TORCH
from autograder.repair.spots import Seen
from autograder.repair.tree import fill

FILE = "<고쳐 본 셀>"
POWER = "_power_"
_LARGEST = 200_000  # 비트. 이보다 긴 정수의 거듭제곱은 멈출 길 없이 오래 걸려요.


def _power(base: Any, exponent: Any) -> Any:
    if type(base) is int and type(exponent) is int and base.bit_length() * exponent > _LARGEST:
        raise OverflowError("너무 큰 거듭제곱이에요.")
    return operator.pow(base, exponent)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """아무 일도 하지 않아요."""


def _refuse(*args: Any, **kwargs: Any) -> Any:
    raise PermissionError("고쳐 보는 동안에는 쓸 수 없어요.")


# 고침의 글(`tree.fill`)이 쓰는 이름들
_TOOLS: dict[str, Any] = {"_torch_": SAFE_TORCH, "_F_": torch.nn.functional, "_math_": math, POWER: _power}
# 화면과 파일에 닿는 이름들. 학습자가 같은 이름으로 정의한 것이 있으면 그것을 써요.
_QUIET: dict[str, Any] = {
    "print": _nothing,
    "display": _nothing,
    "input": _refuse,
    "open": _refuse,
    "breakpoint": _refuse,
}


class Cell:
    """셀 하나. `functions`는 고쳐 볼 정의들, `body`는 후보마다 다시 실행할 문장들이에요."""

    def __init__(self, name: str, tree: ast.Module, namespace: Mapping[str, Any]) -> None:
        definitions = _reachable(name, tree)
        self.name = name
        self.functions = [node for node in definitions if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        self.body: list[ast.stmt] = [node for node in definitions if not isinstance(node, ast.Import | ast.ImportFrom)]
        self.module = ast.Module(self.body, [])
        said = " ".join(ast.get_docstring(node) or "" for node in self.body if isinstance(node, ast.FunctionDef))
        self.quoted = tuple(dict.fromkeys(re.findall(r'"([^"\s]{1,2})"', said)))[:8]
        for node in self.body:
            _lighten(node)
        _GuardPowers().visit(self.module)
        own = {key for key in _QUIET if key in namespace and _is_learners(namespace[key], namespace)}
        self.space = {**namespace, **{key: _QUIET[key] for key in _QUIET if key not in own}, **_TOOLS}
        for used in {node.id for node in ast.walk(self.module) if isinstance(node, ast.Name)} & set(namespace):
            self.space[used] = _own_copy(self.space[used])
        imports: list[ast.stmt] = [node for node in definitions if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), FILE, "exec", dont_inherit=True), self.space)
        self.space.update({known: SAFE_TORCH for known, value in self.space.items() if value is torch})

    def compiled(self) -> types.CodeType:
        """지금의 나무를 번역해요. 문법에 어긋나면 SyntaxError나 ValueError, TypeError예요."""
        return compile(self.module, FILE, "exec", dont_inherit=True)

    def function(self, code: types.CodeType, **extra: Any) -> Callable[..., Any]:
        """번역한 정의들을 새 이름 공간에서 실행하고 함수를 돌려줘요."""
        space = {**self.space, **extra}
        exec(code, space)
        made: Callable[..., Any] = space[self.name]
        return made

    @property
    def main(self) -> ast.FunctionDef | None:
        """확인하는 함수의 정의. 람다로 적었으면 None이에요."""
        found = (node for node in self.functions if isinstance(node, ast.FunctionDef) and node.name == self.name)
        return next(found, None)

    def parameters(self) -> tuple[str, ...]:
        """확인하는 함수의 인자 이름들. 학습자가 다르게 지은 이름이면 그 이름이에요."""
        spec = self.main.args if self.main else None
        return tuple(arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)) if spec else ()

    def constants(self) -> dict[str, Seen]:
        """대문자로 적은 수, 글, 목록들."""
        found: dict[str, Seen] = {}
        for name, value in self.space.items():
            if name.isupper() and not name.startswith("_") and isinstance(value, int | float | str | list | tuple):
                found.setdefault(name, Seen()).note(value)
        return dict(sorted(found.items())[:8])

    @property
    def loops(self) -> bool:
        """멈출 수 없는 곳에서 돌려 보기에는 위험한 문장이 있는지."""
        risky = (ast.While, ast.For, ast.AsyncFor)
        return any(isinstance(node, risky) for node in ast.walk(self.module)) or self.swallows

    @property
    def swallows(self) -> bool:
        """모든 예외를 삼키는 `except`가 있는지. 그러면 시간이 다 돼도 멈추지 못해요."""
        return any(
            isinstance(node, ast.ExceptHandler) and (node.type is None or "BaseException" in ast.unparse(node.type))
            for node in ast.walk(self.module)
        )


def read(source: str, name: str, namespace: Mapping[str, Any]) -> Cell | None:
    """셀의 글에서 `name`과 그것이 기대는 정의들. 읽을 수 없거나 `name`이 없으면 None이에요."""
    try:
        tree = ast.parse(source)
        if any(isinstance(node, ast.FunctionDef | ast.Assign) and name in _defined(node) for node in tree.body):
            return Cell(name, tree, namespace)
    except (Exception, SystemExit):
        return None
    return None


def _defined(node: ast.stmt) -> set[str]:
    """문장이 만드는 이름들. 정의가 아닌 문장(계산한 값)은 빈 집합이에요."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign) and not any(isinstance(part, ast.Call) for part in _now(node.value)):
        return {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return set()


def _now(node: ast.AST) -> list[ast.AST]:
    """문장을 실행할 때 바로 도는 마디들(람다 안은 빼고)."""
    found, waiting = [], [node]
    while waiting:
        part = waiting.pop()
        found.append(part)
        if not isinstance(part, ast.Lambda):
            waiting += ast.iter_child_nodes(part)
    return found


def _reachable(name: str, tree: ast.Module) -> list[ast.stmt]:
    """`name`에서 이어 가며 읽는 정의들과 모든 import를 셀에 나온 차례로. 같은 이름은 마지막 것이에요."""
    last = {defined: node for node in tree.body for defined in _defined(node)}
    waiting, kept = [name], set[int]()
    while waiting:
        node = last.get(waiting.pop())
        if node is not None and id(node) not in kept:
            kept.add(id(node))
            waiting += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return [node for node in tree.body if id(node) in kept or isinstance(node, ast.Import | ast.ImportFrom)]


def _lighten(tree: ast.stmt) -> None:
    """하는 일이 없는 형 힌트와 설명글을 지워요. 번역이 빨라져요."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
            if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
                del node.body[0]


class _GuardPowers(ast.NodeTransformer):
    """`a ** b`를 큰 정수에서 멈추는 부름으로 바꿔요."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return fill(f"{POWER}(_0_, _1_)", node, node.left, node.right) if isinstance(node.op, ast.Pow) else node


def _is_learners(value: Any, namespace: Mapping[str, Any]) -> bool:
    """학습자가 정의한 것인지. IPython도 이름 공간에 `open` 같은 제 함수를 넣어 둬요."""
    return not callable(value) or getattr(value, "__module__", None) == namespace.get("__name__", "__main__")


def _own_copy(value: Any) -> Any:
    """고쳐 본 코드가 바꿀 수도 있는 값의 사본. 함수와 모듈처럼 베낄 것이 없는 값은 그대로예요."""
    if isinstance(value, types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type):
        return value
    try:
        return value.detach().clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)
    except Exception:
        return value
