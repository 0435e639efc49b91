"""우리 코드의 import를 글로만 읽어 따라가요. 손으로 적은 파일 목록 대신 이것이 정해요:

- 판정의 지문에 무엇이 들어가는지 (`classroom/fingerprint.py`)
- 모래상자에 무엇을 베껴 넣는지 (`sandbox/launch.py`)
- 방과 방 사이의 화살표가 한 방향인지 (`tests/test_house.py`)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.layout import ROOT

PACKAGES = ("autograder", "reference")


def module_path(name: str) -> Path | None:
    """모듈의 파일. 우리 것이 아니거나 없으면 None이에요."""
    if name.split(".")[0] not in PACKAGES:
        return None
    place = ROOT.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def imports(name: str, lazy: bool = True) -> tuple[str, ...]:
    """모듈이 불러오는 우리 모듈들의 이름. `lazy`가 거짓이면 함수 안에서 불러오는 것은 빼요."""
    path = module_path(name)
    if path is None:
        return ()
    found: dict[str, None] = {}
    for node in _import_nodes(ast.parse(path.read_text(encoding="utf-8")), lazy):
        for target in _targets(node):
            if module_path(target) is not None and target != name:
                found[target] = None
    return tuple(found)


def closure(*names: str, packages: bool = True) -> dict[str, Path]:
    """모듈들과, 거기서 이어 가며 불러오는 우리 모듈 전부를 이름에서 파일로. 이름 순서예요.

    패키지의 `__init__.py`는 늘 함께 불리므로 들어가지만, 그 안의 함수가 나중에 불러오는 것까지 따라가지는 않아요.
    `packages`가 거짓이면 빼요.
    """
    found: dict[str, Path] = {}
    waiting = [(name, True) for name in names]
    while waiting:
        name, lazy = waiting.pop()
        path = module_path(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += [(target, True) for target in imports(name, lazy)]
        if packages:
            waiting += [(package, False) for package in _packages(name)]
    return dict(sorted(found.items()))


def _packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _import_nodes(tree: ast.AST, lazy: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not _is_skipped(node, lazy):
            yield from _import_nodes(node, lazy)


def _is_skipped(node: ast.AST, lazy: bool) -> bool:
    """형을 검사할 때만 도는 곳인지. `lazy`가 거짓이면 함수의 안도 건너뛰어요."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return not lazy
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and not node.level:
        modules = [f"{node.module}.{alias.name}" for alias in node.names]
        submodules = [name for name in modules if module_path(name) is not None]
        yield from submodules
        if len(submodules) < len(modules):
            yield node.module
