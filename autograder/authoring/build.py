"""`solutions/*.py` 하나에서 두 노트북을 만들어요: 풀이가 든 `build/solutions/`와 학습자가 여는 `lessons/`.

    solutions/NN_x.py --jupytext--> build/solutions/NN_x/NN_x.ipynb --nbgrader--> lessons/NN_x/NN_x.ipynb

풀이를 지우는 일은 nbgrader의 배포 단계가 그대로 해요. 같은 원본에서는 언제나 같은 바이트가 나와요.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from autograder.authoring.lesson_source import (
    BuildError,
    as_released,
    cell_id,
    check_lesson_files,
    lesson_path,
    read_source,
    solved_path,
    sources,
)
from autograder.files import write_text
from autograder.judging.exceptions.failures import CODE_STUB
from autograder.layout import ROOT

TEXT_STUB = "여기에 답을 적어 주세요."


def build_lessons(lessons: Iterable[str] | None = None, root: Path = ROOT) -> list[Path]:
    """두 노트북을 만들고, 쓴 파일의 경로를 돌려줘요. `lessons`가 None이면 원본이 있는 레슨 전부예요. 잘못된 원본은 BuildError예요."""
    written = []
    for lesson in _chosen(lessons, root):
        solved, released = _make(lesson, root)
        for path, content in ((solved_path(lesson, root), solved), (lesson_path(lesson, root), released)):
            write_text(path, content)
            written.append(path)
    return written


def build_solved(lessons: Iterable[str], root: Path = ROOT) -> None:
    """풀이가 든 노트북만 만들어요. `lessons/`는 건드리지 않아요."""
    for lesson in lessons:
        write_text(solved_path(lesson, root), _dump(read_source(lesson, root)))


def check_lessons(lessons: Iterable[str] | None = None, root: Path = ROOT) -> list[str]:
    """`lessons/`가 원본에서 다시 만든 것과 다른 레슨의 이름들이에요. 비어 있으면 모두 같아요."""
    stale = []
    for lesson in _chosen(lessons, root):
        path = lesson_path(lesson, root)
        if not path.is_file() or path.read_text(encoding="utf-8") != _make(lesson, root)[1]:
            stale.append(lesson)
    return stale


def released_text(lesson: str, root: Path = ROOT) -> str:
    """원본에서 다시 만든, 나눠 줄 노트북의 글."""
    return _make(lesson, root)[1]


def solved_text(lesson: str, root: Path = ROOT) -> str:
    """원본에서 만든, 풀이가 든 노트북의 글."""
    return _dump(read_source(lesson, root))


def _chosen(lessons: Iterable[str] | None, root: Path) -> list[str]:
    if root == ROOT:
        check_lesson_files()
    return sources(root) if lessons is None else list(lessons)


def _make(lesson: str, root: Path) -> tuple[str, str]:
    solved = solved_text(lesson, root)
    return solved, _release(lesson, solved)


def _release(lesson: str, solved: str) -> str:
    """nbgrader의 배포 단계를 빈 강의 폴더에서 돌려요. 확인 셀에는 숨긴 시험이 없고, 성적부는 건드리지 않아요."""
    config = Config()
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    config.GenerateAssignment.no_database = True
    steps = GenerateAssignment().preprocessors
    config.GenerateAssignment.preprocessors = [step for step in steps if step is not SaveCells]
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch)
        write_text(course / "source" / lesson / f"{lesson}.ipynb", solved)
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = lesson
        step = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        step.log.setLevel(logging.ERROR)
        step.start()
        notebook = nbformat.read(course / "release" / lesson / f"{lesson}.ipynb", as_version=4)
    left = re.search(r"(BEGIN|END) SOLUTION", "\n".join(cell.source for cell in notebook.cells))
    if left:
        raise BuildError(f"{lesson}: 풀이 표시가 짝이 맞지 않아서 배포본에 남았어요: {left.group()}")
    for cell in notebook.cells:
        if "earlier" in cell.metadata.get("tags", ()):
            cell.source = as_released(cell.source)
            cell["id"] = cell_id(lesson, cell.cell_type, cell.source)
    return _dump(notebook)


def _dump(notebook: Any) -> str:
    """노트북을 언제나 같은 글로 적어요(열쇠는 가나다순, 여러 줄은 줄 단위 목록)."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"
