"""파이썬 함수를 노트북 셀 하나의 글로 옮겨요.

함수가 기대는 것(가져온 모듈, 같은 파일이나 기준 구현의 다른 함수, 상수, 둘러싼 함수의 변수)은 모두 함수 안에 함께 적어요.
그래서 셀 하나만으로 돌고, 학습자의 다른 이름과 부딪히지 않아요.
"""

from __future__ import annotations

import ast
import builtins
import copy
import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from autograder.errors import CourseError
from autograder.exercises.schema import Exercise


class SimulateError(CourseError):
    """가상 학급을 만들 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


def as_cell(name: str, function: Callable[..., Any]) -> str:
    """파이썬 함수를, `name`이라는 함수를 정의하는 노트북 셀의 글로 바꿔요. 옮길 수 없으면 SimulateError예요."""
    packed = _Packer()
    inner = packed.function(function)
    body = [*packed.imports, *packed.statements, ast.parse(f"return {inner}(*args, **kwargs)").body[0]]
    wrapper = ast.parse(f"def {name}(*args, **kwargs):\n    pass").body[0]
    assert isinstance(wrapper, ast.FunctionDef)
    wrapper.body = body
    return ast.unparse(ast.fix_missing_locations(wrapper))


class _Packer:
    """함수 하나와 그것이 기대는 것들을 문장으로 모아요."""

    def __init__(self) -> None:
        self.imports: list[ast.stmt] = []
        self.statements: list[ast.stmt] = []
        self._names: dict[int, str] = {}
        self._keep: list[Any] = []  # id()가 다시 쓰이지 않게 붙잡아 둬요.
        self._imported: set[str] = set()

    def function(self, function: Callable[..., Any]) -> str:
        """함수를 정의하는 문장을 넣고, 그것을 부르는 이름을 돌려줘요."""
        if id(function) in self._names:
            return self._names[id(function)]
        if isinstance(function, functools.partial):
            return self._partial(function)
        function = inspect.unwrap(function)
        if not isinstance(function, types.FunctionType):
            return self.reference(getattr(function, "__name__", "given"), function)
        node = _WithoutHints().visit(_definition(function))
        name = self._fresh(function, getattr(node, "name", "given"))
        node.args.defaults, node.args.kw_defaults = [], [None] * len(node.args.kwonlyargs)
        renames: dict[str, str] = {}
        scope = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        for used in sorted(_free_names(node)):
            if used in scope:
                renames[used] = self.reference(used, scope[used])
            elif not hasattr(builtins, used):
                raise SimulateError(f"`{function.__qualname__}` 함수가 쓰는 `{used}` 이름을 찾을 수 없어요.")
        if isinstance(node, ast.FunctionDef):
            renames[node.name] = name
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                del node.body[0]
        node = _Rename(renames).visit(node)
        self._defaults(node.args, function)
        if isinstance(node, ast.Lambda):
            self.statements.append(_assign(name, node))
        else:
            node.name, node.decorator_list = name, []
            self.statements.append(node)
        return name

    def _defaults(self, args: ast.arguments, function: types.FunctionType) -> None:
        """기본값의 식은 정의한 자리에서만 뜻이 있어요(`n=n`). 그래서 이미 정해진 값을 적어요."""
        args.defaults = [self._value(value) for value in function.__defaults__ or ()]
        keyword = function.__kwdefaults__ or {}
        args.kw_defaults = [self._value(keyword[a.arg]) if a.arg in keyword else None for a in args.kwonlyargs]

    def _value(self, value: Any) -> ast.expr:
        return ast.Name(self.reference("default", value), ast.Load())

    def reference(self, name: str, value: Any) -> str:
        """함수가 쓰는 바깥 이름 하나를 준비하고, 셀 안에서 부를 이름을 돌려줘요."""
        if isinstance(value, types.ModuleType):
            return self._module(name, value)
        if id(value) in self._names:
            return self._names[id(value)]
        home = getattr(value, "__module__", None) or ""
        if isinstance(value, types.FunctionType | functools.partial) and (
            isinstance(value, functools.partial)
            or home.split(".")[0] in ("autograder", "reference")
            or not _importable(value)
        ):
            return self.function(value)
        if callable(value) and hasattr(value, "__qualname__") and _importable(value):
            self._import(f"from {home} import {value.__name__} as {name}", name)
            return name
        if isinstance(value, Exercise):
            # `SDPA.reference(...)`처럼 다른 실습의 바른 계산을 빌려 쓴 정의예요.
            return self._namespace(name, value, {"reference": value.reference})
        if isinstance(value, type) and home.split(".")[0] in ("autograder", "reference"):
            raise SimulateError(f"`{name}` 클래스는 노트북 셀로 옮길 수 없어요.")
        if isinstance(value, dict):  # 함수를 담은 dict: `_mha_with(**changes)`
            items = ", ".join(f"{key!r}: {self.reference(str(key), item)}" for key, item in value.items())
            written = f"{{{items}}}"
        elif isinstance(value, types.MethodDescriptorType):  # `torch.Tensor.var`처럼 클래스에서 꺼낸 메서드
            written = f"{self.reference(value.__objclass__.__name__, value.__objclass__)}.{value.__name__}"
        else:
            written = _literal(name, value)
        fresh = self._fresh(value, name)
        self.statements.append(_assign(fresh, ast.parse(written, mode="eval").body))
        return fresh

    def _partial(self, function: functools.partial) -> str:
        inner = self.function(function.func)
        arguments = [self.reference(f"value_{i}", value) for i, value in enumerate(function.args)]
        arguments += [f"{key}={self.reference(key, value)}" for key, value in function.keywords.items()]
        name = self._fresh(function, "given")
        call = f"lambda *args, **kwargs: {inner}({', '.join([*arguments, '*args'])}, **kwargs)"
        self.statements.append(_assign(name, ast.parse(call, mode="eval").body))
        return name

    def _module(self, name: str, module: types.ModuleType) -> str:
        root = module.__name__.split(".")[0]
        if root in ("autograder", "reference"):
            # 작업자에는 저장소가 없어요. 모듈을 통째로 쓰는 대신, 쓴 함수들만 담은 이름 공간을 만들어요.
            return self._namespace(
                name,
                module,
                {
                    key: value
                    for key, value in vars(module).items()
                    if isinstance(value, types.FunctionType) and value.__module__ == module.__name__
                },
            )
        self._import(f"import {module.__name__} as {name}", name)
        return name

    def _namespace(self, name: str, value: Any, members: Mapping[str, Callable[..., Any]]) -> str:
        fresh = self._fresh(value, name)
        pairs = ", ".join(f"{key}={self.function(function)}" for key, function in members.items())
        self._import("import types", "types")
        self.statements.append(_assign(fresh, ast.parse(f"types.SimpleNamespace({pairs})", mode="eval").body))
        return fresh

    def _import(self, line: str, name: str) -> None:
        if line not in self._imported:
            self._imported.add(line)
            self.imports += ast.parse(line).body

    def _fresh(self, value: Any, name: str) -> str:
        fresh = f"_{len(self._names)}_{name.strip('_')}"
        self._names[id(value)] = fresh
        self._keep.append(value)
        return fresh


class _WithoutHints(ast.NodeTransformer):
    """형 힌트를 지워요. 힌트에만 쓰는 이름까지 셀에 옮길 까닭이 없어요."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        self.generic_visit(node)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)


class _Rename(ast.NodeTransformer):
    """바깥 이름을 셀 안의 새 이름으로 바꿔요."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in self.names:
            return ast.copy_location(ast.Name(self.names[node.id], node.ctx), node)
        return node


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _importable(value: Any) -> bool:
    """`from 모듈 import 이름`으로 같은 것을 얻는지."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return module is not None and getattr(module, getattr(value, "__name__", ""), None) is value


def _literal(name: str, value: Any) -> str:
    """상수의 글. 다시 읽어 같은 값이 되지 않으면 SimulateError."""
    if isinstance(value, torch.dtype):
        return f"__import__('torch').{str(value).removeprefix('torch.')}"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"float('{value}')"
    written = repr(value)
    try:
        if ast.literal_eval(written) == value:
            return written
    except (ValueError, SyntaxError):
        pass
    raise SimulateError(f"`{name}` 값({type(value).__name__})은 노트북 셀로 옮길 수 없어요.")


def _definition(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """함수의 정의를 AST로 읽어요. 소스를 찾을 수 없으면 SimulateError."""
    path, start = inspect.getsourcefile(function) or "", function.__code__.co_firstlineno
    if function.__name__ == "<lambda>":
        tree, codes = _lambdas(path)
        # 한 줄에 람다가 여럿 있을 수 있어요. 파일을 다시 컴파일해서 같은 코드가 몇 번째인지로 골라요.
        same_line = [code for code in codes if code.co_firstlineno == start]
        nodes = sorted((n for n in tree if n.lineno == start), key=lambda n: n.col_offset)
        if function.__code__ in same_line and len(same_line) == len(nodes):
            return copy.deepcopy(nodes[same_line.index(function.__code__)])
    else:
        for node in ast.walk(_parse(path)):
            if isinstance(node, ast.FunctionDef) and node.name == function.__name__ and _first_line(node) == start:
                return copy.deepcopy(node)
    raise SimulateError(f"`{function.__qualname__}` 함수의 소스를 찾을 수 없어요.")


def _first_line(node: ast.FunctionDef) -> int:
    """장식자까지 넣은 정의의 첫 줄."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


@functools.cache
def _parse(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


@functools.cache
def _lambdas(path: str) -> tuple[list[ast.Lambda], list[types.CodeType]]:
    """파일의 모든 람다: AST와, 나오는 차례의 컴파일한 코드."""
    waiting = [compile(Path(path).read_text(encoding="utf-8"), path, "exec", dont_inherit=True)]
    codes = []
    while waiting:
        code = waiting.pop(0)
        codes.append(code)
        waiting = [inner for inner in code.co_consts if isinstance(inner, types.CodeType)] + waiting
    return (
        [node for node in ast.walk(_parse(path)) if isinstance(node, ast.Lambda)],
        [code for code in codes if code.co_name == "<lambda>"],
    )


def _free_names(node: ast.AST) -> set[str]:
    """정의 안에서 쓰지만 그 안에서 만들지 않은 이름."""
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    stored |= {
        a.arg
        for n in ast.walk(node)
        if isinstance(n, ast.arguments)
        for a in [*n.posonlyargs, *n.args, *n.kwonlyargs, *filter(None, (n.vararg, n.kwarg))]
    }
    stored |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef) and n is not node}
    stored |= {
        (a.asname or a.name).split(".")[0]
        for n in ast.walk(node)
        if isinstance(n, ast.Import | ast.ImportFrom)
        for a in n.names
    }
    stored |= {n.name for n in ast.walk(node) if isinstance(n, ast.ExceptHandler) and n.name}
    body = node.body if isinstance(node, ast.FunctionDef) else [node]
    used = {n.id for part in body for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {node.name} if isinstance(node, ast.FunctionDef) else set()
    return used - stored - own
