"""확인과 되돌리기에 필요한 자료: 공개 답안지와 처음의 노트북.

학습자 묶음에서는 함께 온 기록(`recorded/`)을 읽고, 저장소에서는 실습의 정의와 원본에서 그때그때 만들어요.
학습자 쪽에서 `exercises/`와 `authoring/`을 아는 파일은 이것뿐이고, 묶음에서는 그 줄까지 가지 않아요.
"""

from __future__ import annotations

import re
from functools import cache

from autograder.judging.answer_key import AnswerKey, load_keys
from autograder.layout import PACKAGE
from autograder.notebooks.reading import read_notebook

RECORDED = PACKAGE / "recorded"  # 학습자 묶음에만 있어요.
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE)


@cache
def public_key(name: str) -> AnswerKey:
    """노트북의 `check`가 쓰는 공개 답안지. 모르는 이름이면 KeyError."""
    if RECORDED.is_dir():
        return _recorded_keys()[name]
    from autograder.exercises import find_exercise
    from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key

    return make_answer_key(find_exercise(name), PUBLIC_SEED)


def public_lessons() -> dict[str, list[str]]:
    """레슨에서 그 레슨의 실습들로 가는 표. 차례는 노트북의 차례예요."""
    if RECORDED.is_dir():
        lessons: dict[str, list[str]] = {}
        for name, key in _recorded_keys().items():
            lessons.setdefault(key.lesson, []).append(name)
        return lessons
    from autograder.exercises import finished_lessons, lesson_exercises

    return {lesson: [exercise.name for exercise in lesson_exercises(lesson)] for lesson in finished_lessons()}


def public_names() -> list[str]:
    """확인할 수 있는 실습의 이름 전부."""
    return [name for names in public_lessons().values() for name in names]


def released_text(lesson: str) -> str:
    """나눠 준 그대로의 노트북의 글."""
    if RECORDED.is_dir():
        return (RECORDED / f"{lesson}.ipynb").read_text(encoding="utf-8")
    from autograder.authoring.build import released_text as make

    return make(lesson)


def stub(lesson: str, exercise: str) -> str | None:
    """실습 셀의 처음 모습. 찾을 수 없으면 None이에요."""
    original = RECORDED / f"{lesson}.ipynb"
    if original.is_file():
        return read_notebook(original).text(exercise)
    if RECORDED.is_dir():
        return None
    from autograder.authoring.lesson_source import read_source, source_path
    from autograder.judging.exceptions.failures import CODE_STUB

    if not source_path(lesson).is_file():
        return None
    for cell in read_source(lesson).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise:
            return _SOLUTION.sub(lambda found: found[1] + CODE_STUB, cell.source)
    return None


@cache
def _recorded_keys() -> dict[str, AnswerKey]:
    return {name: key for path in sorted(RECORDED.glob("*.keys")) for name, key in load_keys(path).items()}
