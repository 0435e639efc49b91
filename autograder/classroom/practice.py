"""가상 학급은 실제 학급에 섞이지 않아요: 어느 학급 폴더에 채점할지 정해요."""

from __future__ import annotations

from pathlib import Path

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM
from autograder.console import typed
from autograder.errors import CourseError
from autograder.layout import EXPECTED


def is_simulated(folder: Path) -> bool:
    """`course simulate`가 만든 제출물 폴더인지."""
    return (folder / EXPECTED).is_file()


def own_classroom(folder: Path) -> Path:
    """가상 학급의 학급 폴더. 연습 학급의 submitted/라면 그 학급이고, 아니면 곁의 `<이름>-classroom`이에요."""
    folder = folder.resolve()
    if folder.name == "submitted" and Classroom(folder.parent).is_practice:
        return folder.parent
    return folder.with_name(f"{folder.name}-classroom")


def room_for(folder: Path | None, classroom: Path, begin: bool = True) -> Classroom:
    """제출물 폴더를 채점해 넣을 학급.

    가상 학급은 기본 학급 폴더 대신 제 학급 폴더에 채점해요. 이미 실제 학급인 폴더면 CourseError예요.
    `begin`이면 가상 학급을 처음 채점하는 폴더에 연습 학급이라고 적어요.
    """
    room = Classroom(classroom)
    folder = (folder or room.submitted).resolve()
    if not is_simulated(folder):
        return room
    if folder != room.submitted:
        if room.path == DEFAULT_CLASSROOM.resolve():
            room = Classroom(own_classroom(folder))
        if room.submitted.is_dir() and not room.is_practice:
            raise CourseError(
                f"{typed(room.path)}에는 실제 제출물이 있어서 가상 학급을 섞지 않아요. 다른 학급 폴더를 적어 주세요: "
                f"`python3 course.py grade {typed(folder)} --classroom {typed(own_classroom(folder))}`"
            )
    if begin and not room.has_seed:
        room.prepare(practice=True)
    return room


def refuse_real(folder: Path) -> None:
    """가상 학급을 만들 폴더가 실제 학급이거나 그 안이면 CourseError."""
    for path in (folder.resolve(), *folder.resolve().parents):
        room = Classroom(path)
        if path == DEFAULT_CLASSROOM.resolve() or (room.has_seed and not room.is_practice):
            raise CourseError(
                f"{typed(path)}에는 실제 학급이 살아서 가상 학급을 만들지 않아요. 다른 폴더를 적어 주세요: `--out build/class`"
            )
