"""나눠 준 노트북의 셀마다, 먼저 풀어야 하는 실습이 무엇인지 글에서 읽어 내요. 아무것도 실행하지 않아요.

셀을 차례로 읽으며 이름마다 어느 실습에서 나온 값인지 따라가요. 그래서 앞의 실험이 만든 값을 그리기만 하는 셀도 그 실습을 기다려요.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from autograder.notebooks.cell_code import defined_names, parse
from autograder.notebooks.reading import Notebook

_HEADING = re.compile(r"^## (실습 \d+-\d+)", re.MULTILINE)

Origins = Mapping[str, frozenset[str]]  # 이름에서, 그 값이 나온 실습들로

# 부르면 제 속을 바꾸는 메서드: 바뀌지 않는 짝에는 없는 것들. 이름이 밑줄로 끝나는 텐서의 메서드(`add_`)도 그래요.
_KINDS = ((list, tuple), (dict, MappingProxyType), (set, frozenset))
_CHANGING = {name for one, fixed in _KINDS for name in set(dir(one)) - set(dir(fixed))} - {"copy", "fromkeys"}


@dataclass(frozen=True)
class Experiment:
    """실험 셀 하나. `before`는 위의 셀들이 만드는 이름마다 나온 실습이에요."""

    lesson: str
    source: str
    before: Origins
    modules: frozenset[str] = frozenset()

    def edited(self, source: str) -> Experiment:
        """학습자가 고쳐 쓴 같은 셀."""
        return Experiment(self.lesson, source, self.before, self.modules)

    def at_once(self) -> set[str]:
        """이 셀을 실행하면 바로 부르게 되는 실습들."""
        return _Reader(self.before, self.modules).read(self.source)[0]

    def at_all(self) -> set[str]:
        """이 셀의 람다와 함수가 나중에 부를 것까지, 기대는 실습 모두."""
        return _Reader(self.before, self.modules).read(self.source)[1]


@dataclass
class Lesson:
    """한 레슨의 실험 셀들과, 실습의 이름에서 제목의 번호("실습 5-1")로 가는 표. 표의 차례는 노트북의 차례예요."""

    experiments: dict[str, Experiment] = field(default_factory=dict)
    ids: dict[str, Experiment] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


def read_lesson(name: str, notebook: Notebook) -> Lesson:
    """나눠 준 노트북 하나를 읽어요."""
    lesson, heading, reader = Lesson(), "실습", _Reader({}, frozenset())
    for cell in notebook.cells:
        if not cell.code:
            found = _HEADING.findall(cell.source)
            heading = found[-1] if found else heading
        elif cell.solution and cell.grade_id:
            lesson.numbers[cell.grade_id] = heading
            reader.origins.update(dict.fromkeys(defined_names(cell.source), frozenset({cell.grade_id})))
        else:
            if "experiment" in cell.tags:
                here = Experiment(name, cell.source, dict(reader.origins), frozenset(reader.modules))
                lesson.experiments[tidy(cell.source)] = here
                if cell.id:
                    lesson.ids[cell.id] = here
            waits, _ = reader.read(cell.source)
            for made in reader.made:  # 기다리는 셀은 한 줄도 돌지 않아요.
                reader.origins[made] |= waits
    return lesson


def tidy(source: str) -> str:
    """줄 끝의 빈칸에 흔들리지 않는 글. 편집기마다 다르게 저장해요."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


class _Reader:
    """셀을 차례로 읽으며 이름의 출처를 모아요. `modules`는 import한 이름이라 값이 바뀌지 않아요."""

    def __init__(self, origins: Origins, modules: frozenset[str]) -> None:
        self.origins, self.modules = dict(origins), set(modules)
        self.at_once, self.at_all, self.made = set[str](), set[str](), set[str]()

    def read(self, source: str) -> tuple[set[str], set[str]]:
        """셀 하나를 읽고 (바로 부르는 실습들, 나중에 부를 것까지 모두)를 돌려줘요."""
        tree = parse(source)
        self.at_once, self.at_all, self.made = set[str](), set[str](), set[str]()
        self._block(tree.body if tree else [])
        return self.at_once, self.at_all

    def _block(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.For):
                self._assign(node.target, self._use(node.iter))
                self._block([*node.body, *node.orelse])
            elif isinstance(node, ast.If | ast.While):
                self._use(node.test)
                self._block([*node.body, *node.orelse])
            elif isinstance(node, ast.With):
                for item in node.items:
                    self._assign(item.optional_vars, self._use(item.context_expr))
                self._block(node.body)
            else:
                self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        scope = _scope(node)
        defines = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        found = self._use(node, runs=not defines)  # 정의하기만 하는 셀은 기다리지 않아요. 부르는 셀이 기다려요.
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found |= self._from({node.target.id})
        for symbol in scope.get_symbols():
            if symbol.is_imported():
                self.modules.add(symbol.get_name())
            elif symbol.is_assigned():
                self._make(symbol.get_name(), found)
        for name in _changed(node) & self.origins.keys() - self.modules:
            self.origins[name] |= found

    def _use(self, node: ast.AST, runs: bool = True) -> frozenset[str]:
        """식이나 문장이 읽는 이름들의 출처. `runs`가 거짓이면 지금 도는 것이 아니에요."""
        scope = _scope(node)
        now = self._from(set(_reads(scope, deferred=False)))
        found = now | self._from(set(_reads(scope, deferred=True)))
        self.at_once |= now if runs else set()
        self.at_all |= found
        return found

    def _assign(self, target: ast.AST | None, found: frozenset[str]) -> None:
        for node in ast.walk(target) if target else ():
            if isinstance(node, ast.Name):
                self._make(node.id, found)

    def _make(self, name: str, found: frozenset[str]) -> None:
        self.origins[name] = found
        self.made.add(name)

    def _from(self, names: set[str]) -> frozenset[str]:
        return frozenset().union(*(self.origins.get(name, frozenset()) for name in names))


def _scope(node: ast.AST) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(node), "cell", "exec")


def _reads(scope: symtable.SymbolTable, deferred: bool) -> Iterator[str]:
    """이 범위가 읽는 전역 이름들. `deferred`면 나중에 불릴 함수와 람다의 안까지예요. 컴프리헨션은 바로 돌아요."""
    top = scope.get_type() == "module"
    yield from (s.get_name() for s in scope.get_symbols() if s.is_referenced() and (top or s.is_global()))
    for child in scope.get_children():
        if deferred or child.get_name() in ("listcomp", "setcomp", "dictcomp", "genexpr"):
            yield from _reads(child, deferred)


def _changed(node: ast.AST) -> set[str]:
    """값을 넣거나(`x[0] = …`, `x.y = …`) 속을 바꾸는 메서드를 불러서(`x.append(…)`) 달라질 수 있는 이름들. 읽기만 하는 `x.items()`는 아니에요."""
    found = set()
    for part in ast.walk(node):
        inner: ast.expr | None = None
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and _changes(part.func.attr):
            inner = part.func
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            inner = part
        while isinstance(inner, ast.Subscript | ast.Attribute):
            inner = inner.value
        if isinstance(inner, ast.Name):
            found.add(inner.id)
    return found


def _changes(method: str) -> bool:
    return method in _CHANGING or (method.endswith("_") and not method.endswith("__"))
