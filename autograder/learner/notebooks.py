"""학습자의 노트북을 찾아요: 레슨의 번호나 이름에서, 실습의 이름에서."""

from __future__ import annotations

import contextlib
from pathlib import Path

from autograder.learner.study import open_places
from autograder.notebooks.reading import Cell, Notebook, NotebookError, read_notebook


def lesson_paths() -> dict[str, Path]:
    """레슨의 이름에서 학습자의 노트북(`study/`)으로 가는 표. 처음이면 그 자리를 만들어요."""
    return open_places()


def find_lesson(text: str) -> str:
    """`5`, `05`, `05_attention_math`, 노트북의 경로 가운데 무엇으로 불러도 레슨을 찾아요. 없으면 KeyError."""
    name = Path(text).stem if text.endswith(".ipynb") else Path(text).name
    number = int(name) if name.isdigit() else None
    for lesson in lesson_paths():
        if name == lesson or number == int(lesson.split("_")[0]):
            return lesson
    raise KeyError(text)


def exercise_cells(notebook: Notebook) -> list[Cell]:
    """노트북의 실습 셀들을 나오는 순서로 골라요."""
    seen: dict[str, Cell] = {}
    for cell in notebook.cells:
        if cell.code and cell.solution and cell.grade_id:
            seen.setdefault(cell.grade_id, cell)
    return list(seen.values())


def find_exercise(name: str) -> tuple[Path, Notebook]:
    """실습이 있는 노트북을 찾아요. 없으면 KeyError, 이때 읽지 못한 노트북은 건너뛰어요."""
    for path in lesson_paths().values():
        with contextlib.suppress(NotebookError):
            notebook = read_notebook(path)
            if any(cell.grade_id == name for cell in exercise_cells(notebook)):
                return path, notebook
    raise KeyError(name)


def exercise_names() -> list[str]:
    """모든 노트북에 있는 실습의 이름."""
    names = []
    for path in lesson_paths().values():
        with contextlib.suppress(NotebookError):
            names += [str(cell.grade_id) for cell in exercise_cells(read_notebook(path))]
    return names
