"""강사의 명령들이 함께 쓰는 옵션."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.errors import CourseError
from autograder.exercises import LESSONS

DEFAULT_CLASSROOM = Path("classroom")
ClassroomOption = Annotated[
    Path, typer.Option("--classroom", help="학급 폴더예요. 성적부, 피드백, 시드가 여기 살아요.")
]


def lesson_id(name: str) -> str:
    """`5`, `05`, `05_attention_math`를 레슨의 이름으로. 없는 레슨이면 CourseError예요."""
    if name in LESSONS:
        return name
    found = [lesson for lesson in LESSONS if name.isdigit() and int(lesson[:2]) == int(name)]
    if not found:
        raise CourseError(f"`{name}` 레슨은 없어요. 이 가운데 하나를 적어 주세요: {', '.join(LESSONS)}")
    return found[0]
