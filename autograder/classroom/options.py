"""강사의 명령들이 함께 쓰는 옵션."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.console import typed
from autograder.errors import CourseError
from autograder.exercises import LESSONS
from autograder.layout import LESSONS as LESSONS_FOLDER
from autograder.layout import PACKAGE, ROOT, STUDY

DEFAULT_CLASSROOM = Path("classroom")


def class_folder(path: Path) -> Path:
    """학급 폴더로 쓸 수 있는 자리인지 봐요. 파일이거나, 다른 것이 사는 폴더(코스, 홈)면 CourseError예요."""
    place = path.resolve()
    if place.exists() and not place.is_dir():
        raise CourseError(f"{typed(path)}에 있는 것은 폴더가 아니에요. `--classroom`에는 학급 폴더를 적어 주세요.")
    taken = {one for home in (ROOT, Path.home().resolve()) for one in (home, *home.parents)}
    ours = any(place.is_relative_to(folder) for folder in (PACKAGE, LESSONS_FOLDER, STUDY))
    # 잘못 적어 이미 학급이 된 폴더의 점수는 여전히 꺼낼 수 있어야 해요.
    if (place in taken or ours) and not (place / "classroom.json").exists():
        raise CourseError(
            f"{typed(path)}에는 다른 것이 살고 있어서 학급 폴더로 쓰지 않아요. `--classroom classroom`처럼 새 폴더를 적어 주세요."
        )
    return path


ClassroomOption = Annotated[
    Path,
    typer.Option("--classroom", callback=class_folder, help="학급 폴더예요. 성적부, 피드백, 시드가 여기 살아요."),
]


def chosen_class(path: Path) -> str:
    """다음에 칠 명령 뒤에 붙일 학급 폴더. 기본 학급이면 빈 글이에요."""
    return "" if path.resolve() == DEFAULT_CLASSROOM.resolve() else f" --classroom {typed(path)}"


def lesson_id(name: str) -> str:
    """`5`, `05`, `05_attention_math`를 레슨의 이름으로. 없는 레슨이면 CourseError예요."""
    if name in LESSONS:
        return name
    found = [lesson for lesson in LESSONS if name.isdigit() and int(lesson[:2]) == int(name)]
    if not found:
        raise CourseError(f"`{name}` 레슨은 없어요. 이 가운데 하나를 적어 주세요: {', '.join(LESSONS)}")
    return found[0]
