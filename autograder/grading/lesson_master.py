"""레슨의 원본: 주어진 셀, 실습의 이름, 실습마다의 바른 함수."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from autograder.authoring.lesson_source import read_source
from autograder.exercises import lesson_exercises
from autograder.notebooks.cell_code import reachable, used_names
from autograder.notebooks.reading import Cell, read_cell


@dataclass(frozen=True)
class Master:
    """레슨의 원본: 셀들, 실습의 이름들(노트북에 나오는 순서), 실습마다의 바른 함수의 글."""

    lesson: str
    cells: tuple[Cell, ...]
    exercises: tuple[str, ...]
    counterparts: Mapping[str, str]

    def counterpart_sources(self, names: Collection[str]) -> tuple[str, ...]:
        """`names`의 바른 함수를 만드는 데 필요한 글들: 주어진 셀과, 그 함수들이 부르는 앞 실습의 풀이까지."""
        uses = used_names(self.counterparts.values())
        wanted = set(names).union(*(reachable(name, uses) for name in names))
        given = (cell.source for cell in self.cells if cell.given)
        return (*given, *(text for name, text in self.counterparts.items() if name in wanted))


@cache
def load_master(lesson: str) -> Master:
    """`solutions/`의 원본에서 읽어요. 학습자가 고칠 수 있는 `lessons/`는 보지 않아요. 원본이 없으면 BuildError."""
    source = read_source(lesson)
    cells = tuple(cell for number, item in enumerate(source.cells, 1) if (cell := read_cell(number, item)) is not None)
    names = tuple(exercise.name for exercise in lesson_exercises(lesson))
    counterparts = {cell.grade_id: cell.source for cell in cells if cell.code and cell.grade_id in names}
    return Master(lesson, cells, names, counterparts)
