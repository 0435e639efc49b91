"""답안지 없이 다시 채점해 보는 시험들이 함께 쓰는 것: 적힌 점수를 그대로 주는 자리, 세 사람의 학급, 그것을 바꾸는 손."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import grade_class
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import ClassResult
from autograder.classroom.gradebook import open_gradebook
from autograder.exercises import lesson_exercises
from autograder.grading.messages import Graded, Request
from autograder.grading.results import Mark
from autograder.grading.submissions import content_digest
from support.classes import LESSON, hand_in

NAMES = [exercise.name for exercise in lesson_exercises(LESSON)]
SEED = 2


class Paper:
    """답안지 대신, 제출물에 적힌 점수를 그대로 주는 자리. 시드가 홀수면 모두 1점을 더 줘요."""

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def grade(self, requests: Iterable[Request]) -> Generator[Graded, None, None]:
        for request in requests:
            one, content = request.submission, request.submission.read()
            scores = {**dict.fromkeys(NAMES, 5.0), **json.loads(content)}
            marks = tuple(
                Mark(one.student, one.lesson, name, scores[name] + request.seed % 2, 10.0, "partial", None, "글")
                for name in NAMES
            )
            digest = content_digest(one)
            yield Graded(one.student, one.lesson, marks, (), True, request.seed, "full", 0, 0, digest, "{}", {}, {})


def paper_class(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    """세 사람을 한 번 채점한 학급."""
    monkeypatch.setattr(grade_class, "open_station", lambda *_: Paper())
    made = Classroom(folder / "class")
    made.path.mkdir()
    give_seed(made, SEED)
    for student in ("kim", "lee", "park"):
        hand_in(made.submitted, student, {"softmax": 7.0})
    assert grade(made).changes == () and not made.changes.exists()
    return made


def grade(room: Classroom, dry_run: bool = False) -> ClassResult:
    # 결과를 쥐고 있는 것이 없게, 명령을 새로 한 것처럼 새 객체로 채점해요.
    return grade_class.grade_class(Classroom(room.path), dry_run=dry_run)


def give_seed(room: Classroom, seed: int) -> None:
    (room.path / "classroom.json").write_text(json.dumps({"seed": seed}))


def edit_result(room: Classroom, student: str, **changes: Any) -> None:
    path = room.path / "results" / LESSON / f"{student}.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def give_by_hand(room: Classroom, student: str, exercise: str, score: float) -> None:
    with open_gradebook(room.db_url()) as gradebook:
        found = gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def record(room: Classroom, student: str, exercise: str, score: float) -> None:
    """성적부의 자동 점수만 바꿔요. 결과를 남기고 성적부에 쓰기 전에 멈춘 것과 같아요."""
    with open_gradebook(room.db_url()) as gradebook:
        gradebook.find_grade(f"check_{exercise}", LESSON, LESSON, student).auto_score = score
        gradebook.db.commit()


def told(result: ClassResult) -> set[tuple[Any, ...]]:
    return {(c.student, c.exercise, c.before, c.after, c.reasons) for c in result.changes}
