"""지문: 한 번 잰 것이 기대고 있는 코드예요. 코드가 달라지면 다시 재고, 판정이나 그림만 달라지면 다시 재지 않아요."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import reference

ROOT = Path(reference.__path__[0]).parent


def fingerprint(module: ModuleType) -> str:
    """실험 모듈에서 재는 데 쓰는 정의들과, 그 모듈이 이어 가며 불러오는 reference 파일들을 한 값으로 줄여요."""
    source = inspect.getsource(module)
    parts = [_measuring(ast.parse(source), module.EXPERIMENT.measure.__name__)]
    parts += [path.read_text(encoding="utf-8") for _, path in sorted(_closure(source).items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _measuring(tree: ast.Module, start: str) -> str:
    """모듈의 맨 위 정의 가운데 start에서 이름을 따라 닿는 것들의 글이에요. 주석과 빈 줄은 빠져요."""
    defined = {name: node for node in tree.body for name in _names(node)}
    if start not in defined:
        return ast.unparse(tree)
    reached: dict[str, ast.stmt] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in defined:
            continue
        reached[name] = defined[name]
        waiting += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
    return "\n".join(ast.unparse(reached[name]) for name in sorted(reached))


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _closure(source: str) -> dict[str, Path]:
    """글이 이어 가며 불러오는 reference의 모듈들이에요. 이름에서 파일로."""
    found: dict[str, Path] = {}
    waiting = list(_imports(source))
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if path is not None and name not in found:
            found[name] = path
            waiting += _imports(path.read_text(encoding="utf-8"))
    return found


@cache
def _imports(source: str) -> tuple[str, ...]:
    def targets(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)

    return tuple(target for node in ast.walk(ast.parse(source)) for target in targets(node))


def _file(name: str) -> Path | None:
    parts = name.split(".")
    place = ROOT.joinpath(*parts)
    files = (place.with_suffix(".py"), place / "__init__.py") if parts[0] == "reference" else ()
    return next((path for path in files if path.is_file()), None)
