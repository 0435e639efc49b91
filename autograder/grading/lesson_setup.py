"""한 반이 함께 쓰는 레슨의 준비: 원본, 답안지, 모래상자로 보낼 사례의 바이트.

답안지는 (시드, 레슨, 실습)에서 한 번만 만들어요. 그래서 같은 시드면 누구를 언제 몇 명씩 채점해도 같은 점수예요.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.exercises.schema import Exercise
from autograder.grading.lesson_master import Master, load_master
from autograder.judging import serialisation
from autograder.judging.answer_key import AnswerKey, dump_keys
from autograder.notebooks.cell_code import keep


@dataclass(frozen=True)
class LessonSetup:
    """한 반이 함께 쓰는 것: 원본, 실습들, 답안지, 모래상자로 보낼 사례의 바이트, 그리고 공개 답안지의 바이트.

    공개 답안지는 배포본의 `check`와 같은 것이라 모래상자에 들어가도 돼요. 틀린 줄을 찾는 데만 쓰여요.
    """

    master: Master
    exercises: tuple[Exercise, ...]
    keys: Mapping[str, AnswerKey]
    calls: Mapping[str, bytes]
    public: Mapping[str, bytes]

    @classmethod
    def make(cls, master: Master, exercises: Sequence[Exercise], seed: int) -> LessonSetup:
        """시드에서 실습마다의 답안지를 만들어요."""
        keys = {exercise.name: make_answer_key(exercise, seed) for exercise in exercises}
        calls = {name: serialisation.dump([case.calls for case in key.cases]) for name, key in keys.items()}
        public = {
            exercise.name: dump_keys([make_answer_key(replace(exercise, mistakes=(), both=()), PUBLIC_SEED)])
            for exercise in exercises
        }
        return cls(master, tuple(exercises), keys, calls, public)


_one_at_a_time = threading.Lock()  # 답안지를 만드는 동안 torch의 전역 난수 상태를 빌려 써요.


def prepare(lesson: str, seed: int) -> LessonSetup:
    """레슨을 준비해요. 같은 (레슨, 시드)의 것은 다시 써요."""
    with _one_at_a_time:
        return _prepare(lesson, seed)


@lru_cache(maxsize=64)
def _prepare(lesson: str, seed: int) -> LessonSetup:
    master = load_master(lesson)
    keep(cell.source for cell in master.cells if cell.code)
    return LessonSetup.make(master, lesson_exercises(lesson), seed)
