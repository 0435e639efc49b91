"""학습자 묶음의 글에 든 함수, 메서드, 안쪽 함수, 람다를 부를 수 있는 것으로 모아요."""

from __future__ import annotations

import ast
import builtins
import copy
import functools
import importlib
import json
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# 답을 계산하는 코드는 이런 것만 써요. 파일과 프로세스를 만지는 함수는 답이 아니고, 시험에서 불러서도 안 돼요.
COMPUTING = {
    *("torch", "numpy", "math", "cmath", "re", "random", "json", "collections", "itertools", "functools", "operator"),
    *("statistics", "heapq", "bisect", "copy", "unicodedata", "string", "tokenizers", "dataclasses", "typing", "enum"),
}
TOUCHING = {
    "open",
    "exec",
    "eval",
    "input",
    "exit",
    "quit",
    "breakpoint",
    "compile",
    "__import__",
    "globals",
    "vars",
    "print",
}
WORKING = (
    *("autograder.learner", "autograder.environment", "autograder.cli", "autograder.console", "autograder.files"),
    "autograder.kit.plots",
)
MACHINE = ("autograder/environment/", "autograder/cli/")  # 컴퓨터를 살피고 명령을 시작하는 방. 값을 계산하지 않아요.


@dataclass(frozen=True)
class Found:
    """묶음에 든 함수 하나. `make(filled)`는 바깥 이름을 채워 부를 수 있는 것을 만들어요."""

    where: str
    name: str
    parameters: tuple[str, ...]
    required: int
    free: tuple[str, ...]
    outer: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], Callable[..., Any]]


def functions_in(files: Mapping[str, bytes]) -> Iterator[Found]:
    """묶음의 파일들에 든 함수, 메서드, 람다, 클래스."""
    for name, content in files.items():
        if name.endswith(".py") and name.startswith("autograder/") and not name.startswith(MACHINE):
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            yield from functions_of(name, content.decode(), vars(importlib.import_module(module)))
        elif name.startswith("lessons/") and name.endswith(".ipynb"):
            space: dict[str, Any] = {"__name__": "pasted"}
            cells = [c for c in json.loads(content)["cells"] if c["cell_type"] == "code"]
            for cell in cells:
                if "nbgrader" not in cell["metadata"]:
                    _define("".join(cell["source"]), space)
            for cell in cells:
                if "nbgrader" not in cell["metadata"]:
                    yield from functions_of(name, "".join(cell["source"]), space)


def _define(source: str, space: dict[str, Any]) -> None:
    """셀에서 import와 정의, 글과 수만 담은 상수만 실행해요."""
    for node in ast.parse(source).body:
        constant = isinstance(node, ast.Assign) and _literal(node.value)
        if constant or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            exec(compile(ast.Module([node], []), "<cell>", "exec"), space)


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def functions_of(where: str, source: str, space: Mapping[str, Any]) -> Iterator[Found]:
    """글 하나에 든 함수들. `space`는 그 글의 전역 이름들이에요."""
    tree = ast.parse(source)
    bodies = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node, outer in _walk(tree, ()):
        alone = not any(isinstance(n, ast.Nonlocal) for n in ast.walk(node))  # 바깥과 이어진 것은 혼자 붙일 수 없어요.
        if isinstance(node, ast.FunctionDef | ast.Lambda) and alone and _computes(node, bodies, space):
            yield from _found(where, node, outer, space)


def _walk(node: ast.AST, outer: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    for child in ast.iter_child_nodes(node):
        scope = isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        if scope:
            yield child, outer
        yield from _walk(child, (*outer, child) if scope else outer)


def _computes(node: ast.AST, bodies: Mapping[str, ast.AST], space: Mapping[str, Any]) -> bool:
    """계산만 하는 함수인지: 부르는 것까지 따라가며 만지는 모듈을 봐요."""
    seen: set[str] = set()
    pending = [node]
    while pending:
        body = pending.pop()
        if not {*_imported(body)} <= COMPUTING:
            return False
        for name in (n.id for n in ast.walk(body) if isinstance(n, ast.Name)):
            if name in seen:
                continue
            seen.add(name)
            if name in TOUCHING and name not in bodies:
                return False
            value = space.get(name)
            module = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            if name in bodies:
                pending.append(bodies[name])
            elif callable(value) or isinstance(value, types.ModuleType):
                if str(module).split(".")[0] not in COMPUTING | {"builtins", "autograder", "pasted", "_operator"}:
                    return False
                if str(module).startswith(WORKING):
                    return False
    return True


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name.split(".")[0] for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield str(child.module).split(".")[0]


def _found(where: str, node: Any, outer: Sequence[ast.AST], space: Mapping[str, Any]) -> Iterator[Found]:
    arguments = node.args
    own = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    only = [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    name = getattr(node, "name", f"lambda:{node.lineno}")
    locals_ = {
        n.arg if isinstance(n, ast.arg) else n.name if isinstance(n, ast.FunctionDef) else n.id
        for scope in outer
        if not isinstance(scope, ast.ClassDef)
        for n in ast.walk(scope)
        if isinstance(n, ast.arg | ast.FunctionDef) or (isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    }
    inside = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)} | {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    free = tuple(sorted(read & locals_ - inside - set(dir(builtins))))
    siblings = {
        n.name: n for scope in outer for n in ast.walk(scope) if isinstance(n, ast.FunctionDef) and n is not node
    }

    # 바깥 함수가 받던 함수는, 파일에 든 이름이 닮은 함수들로 하나씩 채워 봐요.
    near = [
        {name: value}
        for name in free
        for other, value in space.items()
        if name not in siblings and isinstance(value, types.FunctionType) and name in other.lower()
    ]
    run, lead = _compiled(node), [_compiled(siblings[name]) for name in free if name in siblings]

    def make(filled: Mapping[str, Any], near: Mapping[str, Any]) -> Callable[..., Any]:
        names = {**space, **near, **filled}
        for sibling in lead:
            sibling(names)
        return run(names)

    outside = tuple(getattr(scope, "name", "") for scope in outer)
    required = len(own) - len(arguments.defaults) + len(only)
    for filling in near or [{}]:
        made = functools.partial(make, near=filling)
        yield Found(f"{where}:{node.lineno}", name, (*own, *only), required, free, outside, made)


def _compiled(node: Any) -> Callable[[dict[str, Any]], Any]:
    """이름들을 받아 그 안에서 함수를 만들어 주는 것."""
    if isinstance(node, ast.Lambda):
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<pasted>", "eval")
        return lambda names: eval(code, names)
    bare = copy.copy(node)
    bare.decorator_list = []
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    body = compile(ast.fix_missing_locations(ast.Module([future, bare], [])), "<pasted>", "exec")

    def run(names: dict[str, Any]) -> Any:
        exec(body, names)
        return names[node.name]

    return run
