"""레슨 하나의 표를 읽고, 쓰기 전에 알 수 있는 잘못을 한 문장으로 말해요.

관리자가 흔히 하는 실수(빠뜨린 쉼표, 맞지 않는 배점, 없는 그룹의 이름)를 여기서 알아차려요. 값이 맞는지는 시험이 봐요.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from autograder.errors import CourseError
from autograder.exercises.schema import Exercise

LESSON_POINTS = 95  # 나머지 5점은 사람이 읽는 돌아보기예요.


class DefinitionError(CourseError):
    """실습의 정의를 고쳐야 해요. 어느 파일의 무엇을 고칠지 적은 한 문장이에요."""


def load(lesson: str) -> tuple[Exercise, ...]:
    """`lesson_NN_이름.py`의 `EXERCISES`. 읽을 수 없거나 앞뒤가 맞지 않으면 DefinitionError예요."""
    module_name = f"autograder.exercises.lesson_{lesson}"
    file = f"autograder/exercises/lesson_{lesson}.py"
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name == module_name:
            raise DefinitionError(
                f"{file} 파일이 없어요. 만들거나, autograder/exercises/__init__.py의 LESSONS에서 {lesson}을 빼 주세요."
            ) from error
        raise DefinitionError(f"{file}을 읽지 못했어요: {error.name} 모듈이 없어요.") from error
    except (ImportError, AttributeError, NameError, TypeError, SyntaxError) as error:
        raise DefinitionError(
            f"{file}을 읽지 못했어요({type(error).__name__}: {error}). 이름의 철자와, reference/에 그 함수가 있는지 봐 주세요."
        ) from error
    exercises = getattr(module, "EXERCISES", None)
    if not isinstance(exercises, tuple) or not all(isinstance(exercise, Exercise) for exercise in exercises):
        raise DefinitionError(
            f"{file}의 맨 끝에 Exercise들의 튜플 EXERCISES가 있어야 해요. 하나뿐이라면 쉼표를 빠뜨리지 않았는지 봐 주세요."
        )
    problem = next(_problems(lesson, exercises), None)
    if problem is not None:
        raise DefinitionError(f"{file}: {problem}")
    return exercises


def _problems(lesson: str, exercises: tuple[Exercise, ...]) -> Iterator[str]:
    names = [exercise.name for exercise in exercises]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        yield f"같은 이름의 실습이 둘이에요: {', '.join(doubled)}. 이름을 바꿔 주세요."
    for exercise in exercises:
        for problem in _exercise_problems(lesson, exercise):
            yield f"{exercise.name}: {problem}"
    total = sum(exercise.points for exercise in exercises)
    if total != LESSON_POINTS:
        yield f"배점의 합이 {total:g}이에요. {LESSON_POINTS}가 되게 points를 고쳐 주세요(보너스는 0)."


def _exercise_problems(lesson: str, exercise: Exercise) -> Iterator[str]:
    if exercise.lesson != lesson:
        yield f"lesson이 `{exercise.lesson}`이에요. `{lesson}`으로 고쳐 주세요."
    for field in ("mistakes", "correct", "uses"):
        if not isinstance(getattr(exercise, field), tuple):
            yield f"{field}는 튜플이어야 해요. 하나뿐이라면 `(값,)`처럼 쉼표를 붙여 주세요."
            return
    if not exercise.correct:
        yield "correct에 다르게 쓴 바른 답이 하나는 있어야 해요."
    ids = [mistake.id for mistake in exercise.mistakes]
    if doubled := sorted({one for one in ids if ids.count(one) > 1}):
        yield f"같은 id의 실수가 둘이에요: {', '.join(doubled)}. 하나의 wrong에 함께 넣거나 id를 바꿔 주세요."
    for mistake in exercise.mistakes:
        if not re.fullmatch(rf"{exercise.name}\.[a-z0-9]+(-[a-z0-9]+)*", mistake.id):
            yield f"실수의 id `{mistake.id}`는 `{exercise.name}.영어-소문자` 모양이어야 해요."
        if not isinstance(mistake.wrong, tuple) or not mistake.wrong:
            yield f"`{mistake.id}`의 wrong은 틀린 함수들의 튜플이어야 해요. 하나뿐이라면 쉼표를 붙여 주세요."
        unknown: set[Any] = set(mistake.groups) - set(exercise.groups)
        if unknown or not mistake.groups:
            listed = ", ".join(map(str, sorted(unknown))) or "(비어 있음)"
            yield f"`{mistake.id}`의 groups에 없는 그룹이 있어요: {listed}. 있는 그룹: {', '.join(exercise.groups)}."
