"""`solutions/*.py` 하나에서 두 노트북을 만들어요: 풀이가 든 `build/solutions/`와 학습자가 여는 `lessons/`.

    solutions/NN_x.py --jupytext--> build/solutions/NN_x/NN_x.ipynb --nbgrader--> lessons/NN_x/NN_x.ipynb

풀이를 지우는 일은 nbgrader의 배포 단계가 그대로 해요. 같은 원본에서는 언제나 같은 바이트가 나와요.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.exercises import LESSONS, lesson_exercises

ROOT = Path(__file__).resolve().parents[1]
CODE_STUB = 'raise NotImplementedError("여기를 채워 주세요")'
TEXT_STUB = "여기에 답을 적어 주세요."
REFLECTION_POINTS = 5
# JupyterLab의 주황 글씨는 주황 바탕에서 잘 안 읽혀요. 상자의 글씨색을 여기서 한 번만 정해요.
BOX, READABLE_BOX = '<div class="alert alert-warning">', '<div class="alert alert-warning" style="color: #4a3200">'
KERNEL = {"display_name": "Python 3 (Transformer)", "language": "python", "name": "python3"}


class BuildError(Exception):
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


def build_lessons(lessons: Iterable[str] | None = None, root: Path = ROOT) -> list[Path]:
    """두 노트북을 만들고, 쓴 파일의 경로를 돌려줘요. `lessons`가 None이면 원본이 있는 레슨 전부예요. 잘못된 원본은 BuildError예요."""
    written = []
    for lesson in _chosen(lessons, root):
        solved, released = _make(lesson, root)
        for path, content in ((solved_path(lesson, root), solved), (lesson_path(lesson, root), released)):
            _write(path, content)
            written.append(path)
    return written


def check_lessons(lessons: Iterable[str] | None = None, root: Path = ROOT) -> list[str]:
    """`lessons/`가 원본에서 다시 만든 것과 다른 레슨의 이름들이에요. 비어 있으면 모두 같아요."""
    stale = []
    for lesson in _chosen(lessons, root):
        path = lesson_path(lesson, root)
        if not path.is_file() or path.read_text(encoding="utf-8") != _make(lesson, root)[1]:
            stale.append(lesson)
    return stale


def read_source(lesson: str, root: Path = ROOT) -> Any:
    """원본을 풀이가 든 노트북(nbformat 4.5)으로 읽어요. 셀 id는 grade_id, 없으면 내용의 해시라서 늘 같아요."""
    import jupytext

    path = source_path(lesson, root)
    if not path.is_file():
        raise BuildError(f"원본 {path.name}이 solutions 폴더에 없어요. 레슨 이름을 확인해 주세요: {', '.join(LESSONS)}")
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        key = cell.metadata.get("nbgrader", {}).get("grade_id")
        if key is None:
            key = hashlib.sha256(f"{lesson}\n{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[key] = seen.get(key, 0) + 1
        cell["id"] = key if seen[key] == 1 else f"{key}-{seen[key]}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = cell.source.replace(BOX, READABLE_BOX)
    _check(lesson, notebook)
    return notebook


def _chosen(lessons: Iterable[str] | None, root: Path) -> list[str]:
    return sources(root) if lessons is None else list(lessons)


def _make(lesson: str, root: Path) -> tuple[str, str]:
    solved = _dump(read_source(lesson, root))
    return solved, _release(lesson, solved)


def _check(lesson: str, notebook: Any) -> None:
    """실습 정의와 노트북의 셀이 서로 맞는지 확인해요."""
    graded = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for cell in notebook.cells:
        if "incorrectly_encoded_metadata" in cell.metadata:
            raise BuildError(
                f"{lesson}: 셀 머리의 메타데이터를 읽지 못했어요. `# %% [markdown] tags=[...]`처럼 종류 뒤에 적어 주세요:"
                f" {cell.metadata['incorrectly_encoded_metadata']}"
            )
        tags = set(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata and not tags & {"given", "experiment"}:
            raise BuildError(f"{lesson}: 코드 셀에 given이나 experiment 꼬리표가 없어요: {cell.source.splitlines()[0]}")
    for exercise in lesson_exercises(lesson):
        stub, check = graded.pop(exercise.name, None), graded.pop(f"check_{exercise.name}", None)
        if stub is None or check is None:
            raise BuildError(f"{lesson}: 실습 {exercise.name}의 풀이 셀이나 확인 셀이 없어요.")
        if "### BEGIN SOLUTION" not in stub.source:
            raise BuildError(f"{lesson}: 실습 {exercise.name}에 BEGIN SOLUTION 표시가 없어요.")
        if check.source.strip() != f'check("{exercise.name}")' or check.metadata.nbgrader.points != exercise.points:
            raise BuildError(
                f'{lesson}: check_{exercise.name} 셀은 check("{exercise.name}") 한 줄이고'
                f" {exercise.points}점이어야 해요."
            )
    reflection = graded.pop("reflection", None)
    if reflection is None or reflection.metadata.nbgrader.points != REFLECTION_POINTS:
        raise BuildError(f"{lesson}: 사람이 채점하는 reflection 셀({REFLECTION_POINTS}점)이 하나 있어야 해요.")
    if graded:
        raise BuildError(f"{lesson}: 실습 정의에 없는 채점 셀이 있어요: {', '.join(graded)}")


def _release(lesson: str, solved: str) -> str:
    """nbgrader의 배포 단계를 빈 강의 폴더에서 돌려요. 확인 셀에는 숨긴 시험이 없고, 성적부는 건드리지 않아요."""
    import logging

    import nbformat
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    config.GenerateAssignment.no_database = True
    steps = GenerateAssignment().preprocessors
    config.GenerateAssignment.preprocessors = [step for step in steps if step is not SaveCells]
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch)
        _write(course / "source" / lesson / f"{lesson}.ipynb", solved)
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = lesson
        step = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        step.log.setLevel(logging.ERROR)
        step.start()
        notebook = nbformat.read(course / "release" / lesson / f"{lesson}.ipynb", as_version=4)
    left = re.search(r"(BEGIN|END) SOLUTION", "\n".join(cell.source for cell in notebook.cells))
    if left:
        raise BuildError(f"{lesson}: 풀이 표시가 짝이 맞지 않아서 배포본에 남았어요: {left.group()}")
    return _dump(notebook)


def _dump(notebook: Any) -> str:
    """노트북을 언제나 같은 글로 적어요(열쇠는 가나다순, 여러 줄은 줄 단위 목록)."""
    import nbformat

    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
