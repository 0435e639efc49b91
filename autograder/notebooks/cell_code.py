"""셀의 글을 파이썬으로 읽어요: 무엇을 정의하고, 무엇을 쓰고, 채점에서 도는 셀인지."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache

from autograder.notebooks.reading import Cell


def python_text(source: str) -> str:
    """파이썬으로 읽히면 그대로, 아니면 IPython의 줄 명령(`%`, `!`, `?`)을 지운 글. 줄 번호는 그대로예요."""
    if _parses(source):
        return source
    return "\n".join(map(_without_command, source.split("\n")))


def _without_command(line: str) -> str:
    bare = line.strip(" \t\r")
    if not bare.startswith(("%", "!", "?")) and not bare.endswith("?"):
        return line
    return line[: len(line) - len(line.lstrip(" \t"))] + "pass"


def parse(source: str) -> ast.Module | None:
    """파이썬으로 읽은 나무. 문법이 틀렸거나 지나치게 깊으면 None."""
    return _KEPT[source][0] if source in _KEPT else _parse(source)


@lru_cache(maxsize=512)
def _parse(source: str) -> ast.Module | None:
    return _parses(source) or _parses(python_text(source))


# 레슨의 원본처럼 내내 쓰는 글: (나무, 정돈한 글, 정의마다 읽는 이름들)
_KEPT: dict[str, tuple[ast.Module | None, str, dict[str, set[str]]]] = {}


def keep(sources: Iterable[str]) -> None:
    """내내 쓸 글들을 한 번만 읽어 둬요."""
    for source in sources:
        _KEPT.setdefault(source, (_parse(source), _normal(source), _uses(source)))


def forget() -> None:
    """제출물 하나를 마칠 때, 그 글에서 만든 것을 버려요."""
    _parse.cache_clear()
    _normal.cache_clear()
    _uses.cache_clear()


# 채점은 여러 스레드에서 해요. 3.11.8보다 앞선 CPython은 두 스레드가 동시에 나무를 만들다가 드물게 SystemError를 내요.
_ONE_PARSER = threading.Lock()


def _parses(source: str) -> ast.Module | None:
    try:
        with _ONE_PARSER:
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def normal_code(source: str) -> str:
    """빈칸, 줄바꿈, 따옴표의 모양과 주석에 흔들리지 않는 글. 파이썬으로 읽히지 않으면 앞뒤 빈칸만 지운 그대로예요."""
    return _KEPT[source][1] if source in _KEPT else _normal(source)


@lru_cache(maxsize=512)
def _normal(source: str) -> str:
    tree = _parse(source)
    try:
        return source.strip() if tree is None else ast.unparse(tree)
    except RecursionError:
        return source.strip()


def same_code(one: str, other: str) -> bool:
    """모양만 다르고 하는 일이 같은 셀인지. 레슨의 원본을 다시 정돈해도 앞서 나눠 준 셀을 알아봐요."""
    return one.strip() == other.strip() or normal_code(one) == normal_code(other)


def runs_in_grading(cell: Cell) -> bool:
    """저장된 노트북에서 정의를 얻으려고 실행하는 셀인지: 주어진 셀, 실습 셀, 정의만 담은 학습자의 셀."""
    if cell.given or (cell.code and cell.solution):
        return True
    return cell.code and cell.grade_id is None and not cell.tags and only_definitions(cell.source)


def only_definitions(source: str) -> bool:
    """import, 함수와 클래스의 정의, 상수만 담은 셀인지. 학습자가 더한 셀은 이것만 채점에서 돌아요."""
    tree = parse(source)
    try:
        return tree is not None and bool(tree.body) and all(_is_definition(node) for node in tree.body)
    except RecursionError:
        return False


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # 셀 맨 위의 설명글
    if isinstance(node, ast.Assign):
        return all(_is_target(target) for target in node.targets) and _is_literal(node.value)
    if isinstance(node, ast.AnnAssign):
        return _is_target(node.target) and (node.value is None or _is_literal(node.value))
    return False


def _is_target(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Tuple | ast.List) and all(map(_is_target, node.elts)))


def _is_literal(node: ast.expr) -> bool:
    """부르는 것 없이 바로 정해지는 값: 수, 글, 그릇, 이름(`torch.float32`처럼), 사칙연산, 람다."""
    if isinstance(node, ast.Constant | ast.Name | ast.Lambda):
        return True
    if isinstance(node, ast.Attribute):
        return _is_literal(node.value)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(_is_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_literal(key) for key in node.keys) and all(map(_is_literal, node.values))
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_literal(node.left) and _is_literal(node.right)
    return False


def defined_names(source: str) -> set[str]:
    """셀을 실행하면 전역에 생기는 이름들(함수 안은 빼고)."""
    names: set[str] = set()
    tree = parse(source)
    pending: list[ast.AST] = list(tree.body) if tree else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return names


def used_names(sources: Iterable[str]) -> dict[str, set[str]]:
    """전역 이름마다, 그 정의가 읽는 이름들. 같은 이름이 여러 번 정의되면 마지막 것이에요."""
    uses: dict[str, set[str]] = {}
    for source in sources:
        uses |= _KEPT[source][2] if source in _KEPT else _uses(source)
    return uses


@lru_cache(maxsize=512)
def _uses(source: str) -> dict[str, set[str]]:
    uses: dict[str, set[str]] = {}
    tree = _parse(source)
    for node in tree.body if tree else ():
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            uses[node.name] = read
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for name in (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)):
                uses[name] = read
    return uses


def reachable(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    """`name`의 정의에서 이어 가며 읽는 모든 이름(자기는 빼고)."""
    seen: set[str] = set()
    pending = [name]
    while pending:
        for used in uses.get(pending.pop(), ()):
            if used not in seen:
                seen.add(used)
                pending.append(used)
    return seen - {name}
