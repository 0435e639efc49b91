"""한 반을 다루는 시험들이 함께 쓰는 것: 빌린 풀, 답을 채운 노트북, 폴더의 지문."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from autograder.authoring import build
from autograder.authoring.simulated_class import Answer, Learner, learner_notebook, solution_cells
from autograder.exercises import lesson_exercises
from support.tiny_lesson import shared_pool

LESSON = "05_attention_math"


class Borrowed:
    """시험 프로세스가 함께 쓰는 풀. 채점이 끝나도 닫지 않아요."""

    def __init__(self) -> None:
        self.tier, self.limits, self.run = shared_pool().tier, shared_pool().limits, shared_pool().run

    def __enter__(self) -> Borrowed:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        pass


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
    """풀이로 채운 노트북(JSON 사전). `answers`로 몇 칸만 바꿔요."""
    released = json.loads(build.lesson_path(lesson).read_text(encoding="utf-8"))
    texts = {**solved(lesson), **answers}
    right = {e.name: Answer(texts[e.name], "pass", 1.0) for e in lesson_exercises(lesson)}
    return learner_notebook(released, Learner("perfect", right))


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
