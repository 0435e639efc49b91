"""LMS의 압축 파일을 메모리에서 만들어요: 모으는 시험들이 함께 써요."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from autograder.authoring.lesson_source import lesson_path
from autograder.classroom.folder import Classroom
from autograder.collecting.collect import Collected, collect
from support.classes import LESSON, notebook

OTHER = "06_multi_head"
FILE, OTHER_FILE = f"{LESSON}.ipynb", f"{OTHER}.ipynb"
MORNING = (2026, 11, 20, 9, 0, 0)
Content = bytes | tuple[bytes, tuple[int, ...]]


@cache
def solved(lesson: str = LESSON) -> bytes:
    return json.dumps(notebook(lesson), ensure_ascii=False).encode()


@cache
def untouched(lesson: str = LESSON) -> bytes:
    return lesson_path(lesson).read_bytes()


def distinct(number: int, lesson: str = LESSON) -> bytes:
    """내용이 서로 다른 노트북."""
    return solved(lesson) + b"\n" * (number + 1)


def zipped(files: Mapping[str, Content]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name, content in files.items():
            data, when = content if isinstance(content, tuple) else (content, MORNING)
            opened.writestr(zipfile.ZipInfo(name, when), data)
    return out.getvalue()


def class_of(*names: str) -> dict[str, Content]:
    """이름마다 내용이 다른 노트북."""
    return {name: distinct(number) for number, name in enumerate(names)}


def put(folder: Path, files: Mapping[str, Content], name: str = "in.zip") -> Path:
    path = folder / name
    path.write_bytes(zipped(files))
    return path


def take(folder: Path, files: Mapping[str, Content], **options: object) -> tuple[Collected, Classroom]:
    room = Classroom(folder / "class")
    return collect([put(folder, files)], room, **options), room


def course_folder(at: str = "") -> dict[str, Content]:
    """코스를 통째로 낸 것: 레슨 5만 풀었어요."""
    files: dict[str, Content] = {
        "course.py": b"x",
        "autograder/learner/__init__.py": b"",
        f"lessons/{LESSON}/{FILE}": untouched(),
        f"lessons/{OTHER}/{OTHER_FILE}": untouched(OTHER),
        f"study/{LESSON}/{FILE}": solved(),
        f"study/{OTHER}/{OTHER_FILE}": untouched(OTHER),
        f"study/{LESSON}/.ipynb_checkpoints/{LESSON}-checkpoint.ipynb": solved() + b" ",
        f"backup/{LESSON}/{LESSON}-reset-20261120-090000.ipynb": solved() + b"  ",
        f"recorded/{FILE}": untouched(),
    }
    return {f"{at}{name}": content for name, content in files.items()}
