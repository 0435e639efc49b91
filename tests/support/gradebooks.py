"""성적부를 다루는 시험들이 함께 쓰는 것: 제출물 하나의 점수, 번호를 뺀 모든 행."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbgrader import api
from sqlalchemy import select

from autograder.classroom.gradebook import RECORDED, Entry, open_gradebook
from autograder.classroom.gradebook_writer import apply_late_penalties, register_lesson, save_entries
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.results import Mark

LESSON = "05_attention_math"
CELLS = lesson_cells(LESSON)
EXERCISES = [cell.exercise for cell in CELLS.graded if cell.exercise]

# 번호는 성적부마다 달라서, 행을 가리키는 이름으로 바꿔 견줘요.
_NAMED_BY = {
    "assignment": ("name",),
    "notebook": ("assignment_id", "name"),
    "base_cell": ("notebook_id", "type", "name"),
    "submitted_assignment": ("assignment_id", "student_id"),
    "submitted_notebook": ("assignment_id", "notebook_id"),
}


def entry(student: str, score: float = 5.0, answered: bool = True, lesson: str = LESSON, **options: object) -> Entry:
    """모든 실습에서 같은 점수를 받은 제출물."""
    names = [cell.exercise for cell in lesson_cells(lesson).graded if cell.exercise]
    marks = [Mark(student, lesson, name, score, 10.0, "partial", None, f"{name} 메시지") for name in names]
    return Entry(student, lesson, marks, {"reflection": answered}, **options)


def grade_in_batches(address: str, lessons: Sequence[str], students: Sequence[str], rounds: int = 3) -> None:
    """한 반의 레슨들을 여덟 명씩 몇 번이고 써요. 채점기 하나가 하는 일이에요."""
    with open_gradebook(address) as gradebook:
        for number in range(rounds):
            for lesson in lessons:
                cells = lesson_cells(lesson)
                register_lesson(gradebook, cells)
                for start in range(0, len(students), 8):
                    batch = students[start : start + 8]
                    save_entries(gradebook, cells, [entry(who, 4.0 + number, lesson=lesson, key="k") for who in batch])
                apply_late_penalties(gradebook, lesson)


def rows(gradebook: api.Gradebook) -> dict[str, list[str]]:
    """표마다의 모든 행. 성적부가 붙인 번호 대신 이름이 들어 있어서, 다른 성적부와 그대로 견줄 수 있어요."""
    names: dict[Any, str] = {}
    found: dict[str, list[str]] = {}
    with gradebook.engine.connect() as connection:
        for table in [*api.Base.metadata.sorted_tables, RECORDED]:
            found[table.name] = []
            for row in connection.execute(select(table)).mappings():
                shown = {column: names.get(value, value) for column, value in row.items()}
                if table.name in _NAMED_BY:
                    names[row["id"]] = "/".join(str(shown[column]) for column in _NAMED_BY[table.name])
                if len(str(row.get("id"))) == 32 and row["id"] not in names:
                    shown["id"] = "번호"
                elif "id" in row:
                    shown["id"] = names.get(row["id"], row["id"])
                found[table.name].append(str(sorted(shown.items())))
            found[table.name].sort()
    return found
