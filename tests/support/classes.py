"""한 반을 다루는 시험들이 함께 쓰는 것: 빌린 자리, 답을 채운 노트북, 폴더의 지문."""

from __future__ import annotations

import atexit
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring import build
from autograder.authoring.simulated_class import Answer, Learner, learner_notebook, solution_cells
from autograder.classroom import grade_class
from autograder.exercises import lesson_exercises
from autograder.grading.station import Station
from support.tiny_lesson import LIMITS, needs

LESSON = "05_attention_math"


@cache
def shared_station() -> Station:
    """되는 가장 높은 단계의 자리. 시험 프로세스마다 하나만 데워요."""
    needs("full", "reduced", "landlock")
    station = Station(jobs=2, limits=LIMITS)
    atexit.register(station.close)
    return station.__enter__()


class Borrowed:
    """시험 프로세스가 함께 쓰는 자리. 채점이 끝나도 닫지 않아요."""

    def __init__(self) -> None:
        self.tier, self.grade = shared_station().tier, shared_station().grade

    def __enter__(self) -> Borrowed:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        pass


def borrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """채점마다 새로 데우지 않고, 시험 프로세스의 자리를 함께 쓰게 해요."""
    monkeypatch.setattr(grade_class, "open_station", lambda *_: Borrowed())


def contents(folder: Path) -> dict[str, str]:
    """폴더의 모든 파일(링크는 가리키는 곳의 이름으로)의 지문."""

    def mark(path: Path) -> str:
        return f"-> {path.readlink()}" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()

    return {
        str(path.relative_to(folder)): mark(path)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@cache
def solved(lesson: str = LESSON) -> dict[str, str]:
    """실습 이름 → 풀이의 글."""
    return solution_cells(build.read_source(lesson))


def notebook(lesson: str = LESSON, **answers: str) -> dict[str, Any]:
    """풀이로 채운 노트북(JSON 사전). `answers`로 몇 칸만 바꾸고, `reflection`은 서술형의 답이에요."""
    released = json.loads(build.lesson_path(lesson).read_text(encoding="utf-8"))
    texts = {**solved(lesson), **answers}
    right = {e.name: Answer(texts[e.name], "pass", 1.0) for e in lesson_exercises(lesson)}
    return learner_notebook(released, Learner("perfect", right, answers.get("reflection", "")))


def hand_in(
    folder: Path,
    student: str,
    content: bytes | str | dict[str, Any],
    name: str = f"{LESSON}.ipynb",
    lesson: str = LESSON,
) -> Path:
    """`folder/<학생>/<레슨>/` 아래에 파일 하나를 내요."""
    path = folder / student / lesson / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
