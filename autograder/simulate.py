"""가상 학급: 정답과 알려진 실수로 한 반의 제출물을 만들고, 바른 채점기가 내야 할 점수를 곁에 적어요.

기대 점수는 실습의 정의(배점, 그룹, 실수가 떨어뜨리는 그룹)에서만 계산해요. 채점기를 돌려서 얻지 않으므로 채점기를 시험할 수 있어요.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import json
import random
import shutil
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom import write_json
from autograder.errors import CourseError
from autograder.exercise import Exercise, Mistake
from autograder.exercises import lesson_exercises

EXPECTED = "expected.json"


class SimulateError(CourseError):
    """가상 학급을 만들 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


# -- 함수를 노트북 칸의 글로 ------------------------------------------------------------------------------------------


def as_cell(name: str, function: Callable[..., Any]) -> str:
    """파이썬 함수를 `name`이라는 함수를 정의하는 노트북 칸의 글로 바꿔요.

    함수가 기대는 것(가져온 모듈, 같은 파일이나 기준 구현의 다른 함수, 상수, 둘러싼 함수의 변수)은 모두 함수 안에 함께 적어요.
    그래서 칸 하나만으로 돌고, 학습자의 다른 이름과 부딪히지 않아요.
    """
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
        if isinstance(node, ast.Lambda):
            self.statements.append(_assign(name, node))
        else:
            node.name, node.decorator_list = name, []
            self.statements.append(node)
        return name

    def reference(self, name: str, value: Any) -> str:
        """함수가 쓰는 바깥 이름 하나를 준비하고, 칸 안에서 부를 이름을 돌려줘요."""
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
            raise SimulateError(f"`{name}` 클래스는 노트북 칸으로 옮길 수 없어요.")
        fresh = self._fresh(value, name)
        self.statements.append(_assign(fresh, ast.parse(_literal(name, value), mode="eval").body))
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
    """형 힌트를 지워요. 힌트에만 쓰는 이름까지 칸에 옮길 까닭이 없어요."""

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
    import torch

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
    raise SimulateError(f"`{name}` 값({type(value).__name__})은 노트북 칸으로 옮길 수 없어요.")


def _definition(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """함수의 정의를 AST로 읽어요. 소스를 찾을 수 없으면 SimulateError."""
    path, start = inspect.getsourcefile(function) or "", function.__code__.co_firstlineno
    if function.__name__ == "<lambda>":
        tree, codes = _lambdas(path)
        # 한 줄에 람다가 여럿 있을 수 있어요. 파일을 다시 컴파일해서 같은 코드가 몇 번째인지로 골라요.
        same_line = [code for code in codes if code.co_firstlineno == start]
        nodes = sorted((n for n in tree if n.lineno == start), key=lambda n: n.col_offset)
        if function.__code__ in same_line and len(same_line) == len(nodes):
            return ast.parse(ast.unparse(nodes[same_line.index(function.__code__)]), mode="eval").body
    else:
        for node in ast.walk(_parse(path)):
            if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
                if min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) == start:
                    return ast.parse(ast.unparse(node)).body[0]
    raise SimulateError(f"`{function.__qualname__}` 함수의 소스를 찾을 수 없어요.")


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
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)] if isinstance(node, ast.FunctionDef) else []
    used |= {n.id for part in defaults for n in ast.walk(part) if isinstance(n, ast.Name)}
    own = {node.name} if isinstance(node, ast.FunctionDef) else set()
    return used - stored - own


# -- 한 반 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """실습 하나에 낸 답: 칸의 글(None이면 빈칸 그대로)과 바른 채점기가 내야 할 판정."""

    text: str | None
    verdict: str
    share: float
    mistake: str | None = None


@dataclass
class Learner:
    """가상 학습자 한 명이 레슨 하나에 낸 답들."""

    role: str
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulated:
    """만든 학급의 요약. `left_out`은 학생 수가 모자라 넣지 못한 실수예요."""

    students: int
    lessons: tuple[str, ...]
    submissions: int
    mistakes: int
    left_out: tuple[str, ...]


UNTOUCHED = Answer(None, "missing", 0.0)
REFLECTION = "점수를 √d로 나누면 소프트맥스가 한쪽으로 쏠리지 않아서 기울기가 살아 있다고 이해했어요."


def simulate(students: int, out: Path, seed: int = 0, lessons: Sequence[str] | None = None) -> Simulated:
    """`out/<학생>/<레슨>/<레슨>.ipynb`에 한 반을 만들고 `out/expected.json`에 기대 점수를 적어요.

    같은 시드면 같은 파일이 나와요. `out`에 다른 것이 있으면 SimulateError예요.
    """
    from autograder import build

    if students < 1:
        raise SimulateError("학생은 한 명 이상이어야 해요: --students 30처럼 적어 주세요.")
    finished = [lesson for lesson in build.sources() if build.lesson_path(lesson).is_file()]
    lessons = tuple(lessons or finished)
    unknown = [lesson for lesson in lessons if lesson not in finished]
    if unknown or not lessons:
        raise SimulateError(
            f"만들 수 있는 레슨이 아니에요: {', '.join(unknown) or '(없음)'}. "
            f"있는 레슨: {', '.join(finished) or '없음. `course build`를 먼저 해 주세요.'}"
        )
    _clear(out)
    names = [f"s{number:0{max(3, len(str(students)))}d}" for number in range(1, students + 1)]
    expected: list[dict[str, Any]] = []
    left_out: list[str] = []
    total = 0
    for lesson in lessons:
        rng = random.Random(f"{seed}:{lesson}")
        solved = solution_cells(build.read_source(lesson))
        released = json.loads(build.lesson_path(lesson).read_text(encoding="utf-8"))
        learners, missed, placed = plan(lesson_exercises(lesson), solved, students, rng)
        left_out += missed
        total += placed
        for name, learner in zip(names, learners):
            write_json(out / name / lesson / f"{lesson}.ipynb", learner_notebook(released, learner))
            expected += [_expected(name, lesson, e, learner.answers[e.name]) for e in lesson_exercises(lesson)]
    order = {lesson: i for i, lesson in enumerate(lessons)}
    expected.sort(key=lambda item: (item["student"], order[item["lesson"]]))
    write_json(out / EXPECTED, expected)
    return Simulated(students, lessons, students * len(lessons), total, tuple(left_out))


def plan(
    exercises: Sequence[Exercise], solved: Mapping[str, str], students: int, rng: random.Random
) -> tuple[list[Learner], list[str], int]:
    """한 레슨의 학습자들을 정해요. 돌려주는 것은 학습자들, 넣지 못한 실수들, 넣은 실수의 수예요.

    완성한 사람, 절반만 한 사람, 손대지 않은 사람, 문법 오류, 끝나지 않는 반복, 다르게 쓴 정답이 한 명씩 있고,
    나머지는 실수를 하나씩 나눠 가져요. 자리가 모자라면 한 사람이 서로 다른 실습에서 실수를 하나씩 해요.
    """
    right = {e.name: Answer(solved[e.name], "pass", 1.0) for e in exercises}
    graded = [e for e in exercises if not e.bonus]
    half = {e.name for e in exercises[: (len(exercises) + 1) // 2]}
    variants = {e.name: Answer(as_cell(e.name, rng.choice(e.correct)), "pass", 1.0) for e in exercises if e.correct}
    broken, stuck = rng.choice(graded).name, rng.choice(graded).name
    learners = [
        Learner("perfect", dict(right)),
        Learner("half", {e.name: right[e.name] if e.name in half else UNTOUCHED for e in exercises}),
        Learner("untouched", {e.name: UNTOUCHED for e in exercises}),
        Learner("syntax", {**right, broken: Answer(_broken(solved[broken]), "error", 0.0)}),
        Learner("loop", {**right, stuck: Answer(_endless(stuck), "timeout", 0.0)}),
        Learner("variant", {**right, **variants}),
    ][:students]
    pairs = [(e, mistake) for e in exercises for mistake in e.mistakes]
    seats = [Learner("mistake", dict(right)) for _ in range(min(students - len(learners), len(pairs)))]
    taken: list[set[str]] = [set() for _ in seats]
    left_out, next_seat = [], 0
    for exercise, mistake in pairs:
        free = [(next_seat + i) % len(seats) for i in range(len(seats))]
        seat = next((i for i in free if exercise.name not in taken[i]), None)
        if seat is None:
            left_out.append(mistake.id)
            continue
        taken[seat].add(exercise.name)
        seats[seat].answers[exercise.name] = mistaken(exercise, mistake, rng)
        next_seat = (seat + 1) % len(seats)
    learners += seats
    # 남는 자리에는 다르게 쓴 정답을 섞어요.
    while len(learners) < students:
        mixed = {e.name: rng.choice([right[e.name], variants.get(e.name, right[e.name])]) for e in exercises}
        learners.append(Learner("perfect", mixed))
    # 앞 번호에 완성한 사람만 모이지 않게, 시드에 따라 자리를 섞어요.
    rng.shuffle(learners)
    return learners, left_out, len(pairs) - len(left_out)


def mistaken(exercise: Exercise, mistake: Mistake, rng: random.Random) -> Answer:
    """알려진 실수를 한 답. 점수와 판정은 실수가 떨어뜨린다고 적힌 그룹에서 나와요."""
    failed = set(mistake.groups) & set(exercise.groups)
    share = 1 - len(failed) / len(exercise.groups)
    wrong = rng.choice(mistake.wrong)
    verdict = "partial" if share else "error" if _always_raises(exercise, wrong) else "fail"
    return Answer(as_cell(exercise.name, wrong), verdict, share, mistake.id)


def _always_raises(exercise: Exercise, function: Callable[..., Any]) -> bool:
    """값을 내는 사례가 하나도 없는 틀린 구현인지. 그런 답의 판정은 fail이 아니라 error예요."""
    from autograder.draw import Draw
    from autograder.perform import perform

    return all(
        any(outcome.error for outcome in perform(function, case.calls))
        for case in exercise.draw(Draw(0))
        if case.rule != "raises"
    )


def _expected(student: str, lesson: str, exercise: Exercise, answer: Answer) -> dict[str, Any]:
    return {
        "student": student,
        "lesson": lesson,
        "exercise": exercise.name,
        "score": round(exercise.worth * answer.share, 1),
        "max_score": exercise.points,
        "verdict": answer.verdict,
        "mistake": answer.mistake,
    }


def _broken(text: str) -> str:
    """첫 줄의 콜론을 빠뜨린 글."""
    head, _, rest = text.partition(":\n")
    return f"{head}\n{rest}"


def _endless(name: str) -> str:
    return f"def {name}(*args, **kwargs):\n    n = 0\n    while True:\n        n += 1"


def solution_cells(notebook: Any) -> dict[str, str]:
    """풀이 노트북에서 실습 이름 → 칸의 글(풀이 표시 줄은 빼고)."""
    cells = {}
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution") and cell.cell_type == "code":
            marks = ("### BEGIN SOLUTION", "### END SOLUTION")
            cells[meta["grade_id"]] = "\n".join(line for line in cell.source.splitlines() if line.strip() not in marks)
    return cells


def learner_notebook(released: Mapping[str, Any], learner: Learner) -> dict[str, Any]:
    """배포 노트북에 학습자의 답을 적어 넣은 노트북."""
    cells = []
    for cell in released["cells"]:
        name = (cell["metadata"].get("nbgrader") or {}).get("grade_id")
        answer = learner.answers.get(name)
        if answer is not None and answer.text is not None:
            cell = {**cell, "source": answer.text.splitlines(keepends=True)}
        elif name == "reflection" and learner.role != "untouched":
            cell = {**cell, "source": [REFLECTION]}
        cells.append(cell)
    return {**released, "cells": cells}


def _clear(out: Path) -> None:
    """전에 만든 가상 학급이면 지우고, 다른 것이 들어 있으면 건드리지 않아요."""
    if not out.exists():
        return
    if not out.is_dir():
        raise SimulateError(f"{out}은 폴더가 아니에요. 다른 이름을 골라 주세요.")
    found = sorted(path.name for path in out.iterdir())
    if found and EXPECTED not in found:
        raise SimulateError(
            f"{out} 폴더에 다른 것이 있어요({found[0]}). 잃는 것이 없도록, 비어 있는 폴더를 골라 주세요."
        )
    if not found:
        return
    try:
        owners = {item["student"] for item in json.loads((out / EXPECTED).read_text(encoding="utf-8"))}
    except (ValueError, TypeError, KeyError) as error:
        raise SimulateError(f"{out / EXPECTED} 파일을 읽을 수 없어요. 비어 있는 폴더를 골라 주세요.") from error
    others = sorted(set(found) - owners - {EXPECTED})
    if others:
        raise SimulateError(f"{out} 폴더에 가상 학급이 아닌 것이 있어요({others[0]}). 비어 있는 폴더를 골라 주세요.")
    for owner in owners:
        shutil.rmtree(out / owner, ignore_errors=True)
