"""레슨의 하나뿐인 원본 `solutions/NN_x.py`를 풀이가 든 노트북으로 읽고, 실습의 정의와 맞는지 확인해요."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.first_cell import add_first_cell
from autograder.authoring.lesson_minutes import fill_in_minutes
from autograder.errors import CourseError
from autograder.exercises import LESSONS, lesson_exercises
from autograder.exercises.schema import Exercise
from autograder.layout import PACKAGE, ROOT, SOLUTIONS

REFLECTION_POINTS = 5

# JupyterLab의 주황 글씨는 주황 바탕에서 잘 안 읽혀요. 상자의 글씨색을 여기서 한 번만 정해요.
BOX, READABLE_BOX = '<div class="alert alert-warning">', '<div class="alert alert-warning" style="color: #4a3200">'

KERNEL = {"display_name": "Python 3 (Transformer)", "language": "python", "name": "python3"}
RUBRIC_HEADING = "채점 기준"  # 모범 답안과 채점 기준을 가르는 줄


class BuildError(CourseError):
    """원본 노트북을 고쳐야 할 때의 한 문장이에요."""


def sources(root: Path = ROOT) -> list[str]:
    """원본이 있는 레슨의 이름을 책 순서대로 돌려줘요."""
    return [lesson for lesson in LESSONS if source_path(lesson, root).is_file()]


def source_path(lesson: str, root: Path = ROOT) -> Path:
    """레슨의 원본 `solutions/NN_x.py`예요."""
    return root / "solutions" / f"{lesson}.py"


def solved_path(lesson: str, root: Path = ROOT) -> Path:
    """풀이가 든 노트북이에요. nbgrader의 source 폴더이기도 해요."""
    return root / "build" / "solutions" / lesson / f"{lesson}.ipynb"


def lesson_path(lesson: str, root: Path = ROOT) -> Path:
    """학습자가 여는 노트북이에요."""
    return root / "lessons" / lesson / f"{lesson}.ipynb"


def read_source(lesson: str, root: Path = ROOT) -> Any:
    """원본을 풀이가 든 노트북(nbformat 4.5)으로 읽어요. 셀 id는 grade_id, 없으면 내용의 해시라서 늘 같아요."""
    import jupytext  # 명령의 목록을 만들 때에도 불리는 파일이라, 쓸 때 불러와요.

    path = source_path(lesson, root)
    if not path.is_file():
        raise BuildError(f"원본 {path.name}이 solutions 폴더에 없어요. 레슨 이름을 확인해 주세요: {', '.join(LESSONS)}")
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    fill_in_minutes(notebook)
    add_first_cell(notebook)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        key = cell.metadata.get("nbgrader", {}).get("grade_id")
        if key is None:
            key = cell_id(lesson, cell.cell_type, cell.source)
        seen[key] = seen.get(key, 0) + 1
        cell["id"] = key if seen[key] == 1 else f"{key}-{seen[key]}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = cell.source.replace(BOX, READABLE_BOX)
    _check(lesson, notebook)
    return notebook


def cell_id(lesson: str, kind: str, source: str) -> str:
    """채점하지 않는 셀의 id. 글의 해시라서, 제 글과 맞는 id는 나눠 준 뒤로 고치지 않은 셀이라는 뜻이에요."""
    return hashlib.sha256(f"{lesson}\n{kind}\n{source}".encode()).hexdigest()[:12]


def as_released(source: str) -> str:
    """`earlier` 꼬리표가 붙은 셀을 나눠 줄 글로: 앞 레슨의 답을 적는 대신 학습자의 노트북에서 꺼내 와요."""
    lines = ["from autograder.kit import earlier", ""]
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            raise BuildError(f"earlier 셀에는 함수의 정의만 둘 수 있어요: {ast.unparse(node).splitlines()[0]}")
        about = (ast.get_docstring(node) or "").splitlines()
        # 몸은 없어도 부르는 법은 보여요.
        lines += [
            f"# {node.name}({ast.unparse(node.args)})",
            *(f"# {line}".rstrip() for line in about),
            f'{node.name} = earlier("{node.name}")',
        ]
    return "\n".join(lines)


def sample_and_rubric(notebook: Any, cell: str) -> tuple[str, str]:
    """서술형 셀의 모범 답안과, 그 아래 `채점 기준` 다음의 글. 기준이 없으면 빈 글이에요."""
    source = next(c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == cell)
    sample, _, rubric = source.partition(f"\n{RUBRIC_HEADING}\n")
    return sample.strip(), rubric


def check_lesson_files() -> None:
    """목록(LESSONS), 정의, 원본이 레슨마다 모두 있는지 봐요. 하나라도 빠졌으면 BuildError예요."""
    definitions = {path.stem.removeprefix("lesson_") for path in (PACKAGE / "exercises").glob("lesson_*.py")}
    written = {path.stem for path in SOLUTIONS.glob("[0-9][0-9]_*.py")}
    for lesson in sorted({*LESSONS, *definitions, *written}):
        places = {
            f"autograder/exercises/lesson_{lesson}.py": lesson in definitions,
            f"solutions/{lesson}.py": lesson in written,
            f"autograder/exercises/__init__.py의 LESSONS에 적은 {lesson}": lesson in LESSONS,
        }
        missing = [place for place, there in places.items() if not there]
        if missing:
            present = [place for place, there in places.items() if there]
            raise BuildError(
                f"레슨 {lesson}에 빠진 것이 있어요: {', '.join(missing)}. 만들거나, {', '.join(present)}까지 함께 지워 주세요."
            )


def _check(lesson: str, notebook: Any) -> None:
    """실습 정의와 노트북의 셀이 서로 맞는지 확인해요."""
    problem = next(_problems(lesson, notebook), None)
    if problem is not None:
        raise BuildError(f"solutions/{lesson}.py: {problem}")


def _problems(lesson: str, notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if "incorrectly_encoded_metadata" in cell.metadata:
            head = cell.metadata["incorrectly_encoded_metadata"]
            yield f"셀 머리의 메타데이터를 읽지 못했어요. `# %% [markdown] tags=[...]`처럼 종류 뒤에 적어 주세요: {head}"
        tags = set(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata and not tags & {"given", "experiment"}:
            yield f"코드 셀에 given이나 experiment 꼬리표가 없어요: {cell.source.splitlines()[0]}"
    graded = {cell.metadata.nbgrader.get("grade_id"): cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for exercise in lesson_exercises(lesson):
        yield from _exercise_problems(exercise, graded, notebook.cells)
    reflection = graded.pop("reflection", None)
    if reflection is None or reflection.metadata.nbgrader.get("points") != REFLECTION_POINTS:
        yield f"사람이 채점하는 reflection 셀({REFLECTION_POINTS}점)이 하나 있어야 해요."
    if graded:
        yield (
            f"실습 정의에 없는 채점 셀이 있어요: {', '.join(map(str, graded))}. "
            f"autograder/exercises/lesson_{lesson}.py의 EXERCISES에 넣거나 셀을 지워 주세요."
        )


def _exercise_problems(exercise: Exercise, graded: dict[Any, Any], cells: Sequence[Any]) -> Iterator[str]:
    name = exercise.name
    stub, check = graded.pop(name, None), graded.pop(f"check_{name}", None)
    if stub is None:
        yield f"실습 {name}의 풀이 셀(grade_id가 {name})이 없어요."
        return
    if check is None:
        yield f"실습 {name}의 확인 셀(grade_id가 check_{name})이 없어요."
        return
    marks = [stub.source.count(f"### {mark} SOLUTION") for mark in ("BEGIN", "END")]
    if marks != [1, 1]:
        yield f"실습 {name}의 풀이 셀에 `### BEGIN SOLUTION`과 `### END SOLUTION`이 하나씩 있어야 해요(지금 {marks[0]}개와 {marks[1]}개)."
    if check.source.strip() != f'check("{name}")' or check.metadata.nbgrader.get("points") != exercise.points:
        yield f'check_{name} 셀은 check("{name}") 한 줄이고 {exercise.points}점이어야 해요.'
    before = cells[cells.index(check) - 1]
    if "hint" not in before.metadata.get("tags", ()):
        yield f'check_{name} 바로 앞에 힌트 셀(`# %% [markdown] tags=["hint"]`)이 있어야 해요.'
