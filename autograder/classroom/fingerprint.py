"""판정의 지문: 이 가운데 하나라도 바뀌면 같은 제출물이라도 다시 채점해요.

들어가는 것은 import가 정해요: 채점, 모래상자 안팎, 레슨의 정의가 이어 가며 불러오는 우리 파일 전부, 레슨의 원본, 그리고 값을 만드는 라이브러리의 버전.
조각(`Parts`)을 결과와 함께 남겨서, 점수가 달라졌을 때 무엇이 바뀌었는지를 짐작하지 않고 말해요.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from symtable import SymbolTable, symtable

from autograder.exercises import lesson_exercises
from autograder.exercises.schema import Exercise
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.lesson_master import load_master
from autograder.import_graph import closure
from autograder.layout import ROOT, SOLUTIONS
from autograder.notebooks.cell_code import reachable

# 판정하는 파일들이 불러오는 바깥의 것 전부예요(tests/classroom/test_fingerprint.py가 견줘요). 학습자의 셀도 이 위에서 돌아요.
LIBRARIES = (
    "torch",
    "numpy",
    "safetensors",
    "IPython",
    "traitlets",
    "matplotlib",
    "jupytext",
    "nbformat",
    "sacrebleu",
    "sandlock",
    "pyseccomp",
)
_GRADER = ("autograder.grading.station", "autograder.grading.judge_process", "autograder.sandbox.inside.worker")


@dataclass(frozen=True)
class Parts:
    """지문의 조각들.

    `content`는 제출한 것, `grader`는 모든 레슨이 함께 쓰는 코드, `lesson`은 원본의 코드 셀들이에요. `exercises`, `references`, `points`는
    실습마다의 정의(배점은 빼고), 기준 구현의 파일들, 배점이에요. `files`는 레슨의 파일 전부라서, 다른 조각이 알아보지 못한 것도 놓치지 않아요.
    """

    content: str
    seed: int
    bonus: bool
    sandboxed: bool
    grader: str
    libraries: Mapping[str, str]
    files: str
    lesson: str
    exercises: Mapping[str, str]
    references: Mapping[str, str]
    points: Mapping[str, float]

    @property
    def key(self) -> str:
        """조각을 모두 한 줄로 줄인 지문."""
        return _digest([json.dumps(asdict(self), sort_keys=True)])


def parts_of(lesson: str, content: str, seed: int, bonus: bool, sandboxed: bool) -> Parts:
    """제출물 하나의 지문. `content`는 `content_digest`의 것이에요."""
    exercises, references = exercise_digests(lesson)
    return Parts(
        content,
        seed,
        bonus,
        sandboxed,
        grader_digest(),
        library_versions(),
        _lesson_files_digest(lesson),
        _lesson_digest(lesson),
        exercises,
        references,
        {exercise.name: exercise.points for exercise in lesson_exercises(lesson)},
    )


def edition(lesson: str) -> str:
    """채점기와 레슨의 판. 제출물과 학급에 달린 조각은 빼서, 다른 컴퓨터의 것과 견줄 수 있어요."""
    return parts_of(lesson, "", 0, True, True).key


@cache
def grader_digest() -> str:
    """모든 레슨이 함께 쓰는, 채점하는 코드의 지문."""
    return _files_digest(_grader().values())


@cache
def _grader() -> Mapping[str, Path]:
    return closure(*_GRADER)


@cache
def library_versions() -> Mapping[str, str]:
    """값을 만드는 것들의 버전. 이 운영체제에 없는 것은 빈 글이에요."""
    return {"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def verdict_files(lesson: str) -> list[Path]:
    """레슨의 판정을 바꿀 수 있는 우리 파일 전부."""
    return [*_grader().values(), *_files_of(lesson)]


def _files_of(lesson: str) -> list[Path]:
    """레슨에만 달린 파일들."""
    return [*_lesson_files(_definition(lesson)), SOLUTIONS / f"{lesson}.py"]


def _definition(lesson: str) -> str:
    return f"autograder.exercises.lesson_{lesson}"


def _lesson_files(*modules: str) -> list[Path]:
    """모듈들이 이어 가며 불러오는 파일에서, 모든 레슨이 함께 쓰는 것을 뺀 것."""
    return [path for name, path in closure(*modules).items() if name not in _grader()]


@cache
def _lesson_files_digest(lesson: str) -> str:
    # `lessons/`의 노트북은 강사가 열기만 해도 바뀌어요. 판정이 그 파일에서 보는 것은 채점 셀(답이 비었는지 견줄 글)뿐이에요.
    cells = lesson_cells(lesson)
    released = {source["name"]: source["source"] for source in cells.sources}
    graded = [f"{cell.name} {cell.cell_type} {released[cell.name]}" for cell in cells.graded]
    return _digest([_files_digest(_files_of(lesson)), *graded])


@cache
def _lesson_digest(lesson: str) -> str:
    """원본에서 채점이 쓰는 것: 주어진 셀과 풀이. 글과 배점은 빼요."""
    cells = (cell for cell in load_master(lesson).cells if cell.code)
    return _digest(f"{cell.grade_id} {cell.solution} {cell.tags} {cell.source}" for cell in cells)


@cache
def exercise_digests(lesson: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """실습마다 그 정의의 지문과, 정의가 불러오는 기준 구현의 지문.

    정의는 그 글과 거기서 이어 가며 읽는 이름들의 글이에요. 배점과 주석은 빼요. 기준 구현은 불러오는 파일 전부예요.
    답안지의 바이트로 하지 않는 까닭은, 시드나 torch만 바뀌어도 그 바이트가 달라져서 "정의가 바뀌었다"는 말이 거짓이 되기 때문이에요.
    어느 실습의 것인지 글에서 알 수 없게 바뀐 것(함수 안의 import 등)은 `Parts.files`가 알아봐요.
    """
    module = import_module(_definition(lesson))
    texts, uses, modules = _read_definitions(Path(str(module.__file__)).read_text(encoding="utf-8"))
    exercises, references = {}, {}
    for exercise in lesson_exercises(lesson):
        # 이름 없이 튜플 안에 바로 적은 정의라면 그 튜플 전체예요. 보너스는 읽을 때 점수가 정해져서 같은 객체가 아니에요.
        variable = next(
            (
                name
                for name, value in vars(module).items()
                if isinstance(value, Exercise) and value.name == exercise.name
            ),
            "EXERCISES",
        )
        names = sorted({variable, *reachable(variable, uses)})
        exercises[exercise.name] = _digest(f"{name} {own}" for name in names for own in texts.get(name, ()))
        called = _lesson_files(*(one for name in names for one in modules.get(name, ())))
        references[exercise.name] = _files_digest(called)
    return exercises, references


def _read_definitions(text: str) -> tuple[dict[str, list[str]], dict[str, set[str]], dict[str, list[str]]]:
    """전역 이름마다: 그 이름을 정하는 글(배점과 주석은 빼고), 그 글이 읽는 전역 이름들, 그 이름이 불러온 모듈들."""
    texts: dict[str, list[str]] = defaultdict(list)
    uses: dict[str, set[str]] = defaultdict(set)
    modules: dict[str, list[str]] = defaultdict(list)
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            home = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for alias in node.names:
                name, whole = alias.asname or alias.name.split(".")[0], ".".join([*home, alias.name])
                texts[name].append(whole)
                modules[name] += [*home, whole]
            continue
        own = ast.unparse(_WithoutPoints().visit(node))
        table = symtable(own, "definition", "exec")
        read = set(_globals_read(table))
        for symbol in table.get_symbols():
            if symbol.is_assigned():
                texts[symbol.get_name()].append(own)
                uses[symbol.get_name()] |= read
    return texts, uses, modules


def _globals_read(table: SymbolTable) -> Iterator[str]:
    """글이 읽는 전역 이름들. 함수와 내포의 제 이름은 아니에요."""
    outside = table.get_type() == "module"
    yield from (one.get_name() for one in table.get_symbols() if one.is_referenced() and (outside or one.is_global()))
    for inner in table.get_children():
        yield from _globals_read(inner)


class _WithoutPoints(ast.NodeTransformer):
    """`Exercise(...)`에서 배점을 지워요. 배점만 고친 것과 정의를 고친 것을 가려 말하게요."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == Exercise.__name__:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "points"]
        return self.generic_visit(node)


def _files_digest(paths: Iterable[Path]) -> str:
    return _digest(
        f"{path.relative_to(ROOT).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths
    )


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode(errors="backslashreplace") + b"\0")
    return digest.hexdigest()
