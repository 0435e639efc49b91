"""한 반이 어디에서 막혔는지: 까닭마다 몇 명인지를 많은 것부터. 보고서와 다음 수업의 쪽이 함께 써요."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from autograder.classroom.folder import StoredResult
from autograder.exercises import LESSONS, lesson_exercises
from autograder.grading.results import Mark

# 알려진 실수가 아닌 까닭의 이름
OTHER = {
    "unnamed": "알려진 실수와 다른 답",
    "error": "실행 오류",
    "timeout": "시간 초과",
    "refused": "채점하지 못함",
    "missing": "아직 구현 전",
}
_NOT_TRIED = ("missing", "refused")  # 무엇을 잘못 알았는지 말해 주지 않아요.


@dataclass(frozen=True)
class Misconception:
    """통과하지 못한 까닭 하나와 그 학습자들. `known`이면 이름이 붙은 알려진 실수예요."""

    lesson: str
    exercise: str
    exercise_title: str
    id: str
    title: str
    known: bool
    students: tuple[str, ...]

    @property
    def count(self) -> int:
        """학습자의 수."""
        return len(self.students)

    @property
    def number(self) -> int:
        """레슨의 번호."""
        return int(self.lesson[:2])


def misconceptions(results: Iterable[StoredResult]) -> tuple[Misconception, ...]:
    """막힌 까닭들을 학습자가 많은 것부터. 같으면 이름이 붙은 것, 앞 레슨의 것이 먼저예요. 손대지 않은 실습은 세지 않아요."""
    who: dict[tuple[str, str, str, bool], set[str]] = defaultdict(set)
    for result in results:
        for mark in result.marks:
            if mark.verdict != "pass" and mark.verdict not in _NOT_TRIED and result.lesson in LESSONS:
                known, id = _kind(mark)
                who[result.lesson, mark.exercise, id, known].add(result.student)
    found = [
        Misconception(
            lesson, exercise, exercise_title(lesson, exercise), id, _title(lesson, id), known, tuple(sorted(people))
        )
        for (lesson, exercise, id, known), people in who.items()
    ]
    return tuple(sorted(found, key=lambda m: (-m.count, not m.known, m.lesson, m.exercise_title, m.id)))


def cause_title(mark: Mark) -> str:
    """통과하지 못한 점수 하나의 까닭을 사람에게 보일 이름으로."""
    return _title(mark.lesson, _kind(mark)[1])


def exercise_title(lesson: str, exercise: str) -> str:
    """실습의 제목. 이제는 없는 실습이면 그 이름 그대로예요."""
    return _titles(lesson).get(exercise, exercise)


def _kind(mark: Mark) -> tuple[bool, str]:
    if mark.mistake is not None:
        return True, mark.mistake
    return False, mark.verdict if mark.verdict in OTHER else "unnamed"


def _title(lesson: str, id: str) -> str:
    return OTHER.get(id) or _titles(lesson).get(id, id)


@cache
def _titles(lesson: str) -> dict[str, str]:
    """실습의 이름과 실수의 id에서 제목으로."""
    exercises = lesson_exercises(lesson)
    return {e.name: e.title for e in exercises} | {m.id: m.title for e in exercises for m in e.mistakes}
