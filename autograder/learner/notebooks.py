"""학습자의 노트북을 찾아 읽어요: 레슨의 번호나 이름에서, 실습의 이름에서."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autograder.learner.recognition import as_graded, load, recognised
from autograder.learner.study import edition, open_places
from autograder.notebooks.reading import Cell, Notebook, NotebookError, read_bytes, read_notebook

_HEAVY = {"outputs", "attachments"}


@dataclass(frozen=True)
class Listed:
    """배포본에 적힌 실습 하나. 보너스는 만점에 들지 않아요."""

    lesson: str
    name: str
    points: float

    @property
    def bonus(self) -> bool:
        """보너스 실습인지. 노트북에는 0점으로 적혀 있어요."""
        return not self.points


def lesson_paths() -> dict[str, Path]:
    """레슨의 이름에서 학습자의 노트북(`study/`)으로 가는 표. 처음이면 그 자리를 만들어요."""
    return open_places()


def catalogue() -> dict[str, list[Listed]]:
    """레슨마다 있어야 할 실습들. 학습자의 노트북이 아니라 그것이 온 배포본에서 읽어서, 셀을 지웠거나 깨져도 빠지지 않아요."""
    return {lesson: listed(lesson) for lesson in lesson_paths()}


def listed(lesson: str) -> list[Listed]:
    """레슨 하나에 있어야 할 실습들. 모르는 레슨이면 빈 목록이에요."""
    try:
        document = load(read_bytes(edition(lesson)))
    except NotebookError:
        return []
    points, names = {}, []
    for raw in document["cells"]:
        graded = raw["metadata"].get("nbgrader", {})
        name = str(graded.get("grade_id", ""))
        if graded.get("solution") and raw["cell_type"] == "code":
            names.append(name)
        elif graded.get("grade"):
            points[name] = float(graded.get("points", 0))
    return [Listed(lesson, name, points.get(f"check_{name}", 0.0)) for name in names]


def find_lesson(text: str) -> str:
    """`5`, `05`, `05_attention_math`, 노트북의 경로 가운데 무엇으로 불러도 레슨을 찾아요. 없으면 KeyError."""
    name = Path(text).stem if text.endswith(".ipynb") else Path(text).name
    number = int(name) if name.isdecimal() else None
    for lesson in lesson_paths():
        if name == lesson or number == int(lesson.split("_")[0]):
            return lesson
    raise KeyError(text)


def read_mine(path: Path) -> Notebook:
    """학습자의 노트북을 채점이 보는 대로 읽어요. 읽을 수 없으면 NotebookError예요.

    다른 도구가 지운 꼬리표는 배포본을 보고 되살리고, 레슨이 준 코드 셀은 고쳐 썼어도 나눠 준 글로 읽어요.
    """
    data = read_bytes(path)
    notebook = read_notebook(data)
    try:
        given, document = load(read_bytes(edition(path.stem))), load(data)
    except NotebookError:  # 배포본이 없는 이름이거나 오래된 형식이에요.
        return notebook
    whole = as_graded(recognised(document, given), given)
    cells = [
        {name: raw[name] for name in raw.keys() - _HEAVY} if isinstance(raw, dict) else raw for raw in whole["cells"]
    ]
    return read_notebook(json.dumps({**whole, "cells": cells}).encode())


def exercise_cells(notebook: Notebook) -> list[Cell]:
    """노트북의 실습 셀들을 나오는 순서로 골라요."""
    seen: dict[str, Cell] = {}
    for cell in notebook.cells:
        if cell.code and cell.solution and cell.grade_id:
            seen.setdefault(cell.grade_id, cell)
    return list(seen.values())


def find_exercise(name: str) -> Path:
    """실습이 있는 노트북을 찾아요. 없으면 KeyError."""
    for lesson, path in lesson_paths().items():
        if any(item.name == name for item in listed(lesson)):
            return path
    raise KeyError(name)


def exercise_names() -> list[str]:
    """모든 레슨의 실습의 이름."""
    return [item.name for items in catalogue().values() for item in items]
