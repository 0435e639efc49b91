"""레슨의 목록과, 레슨마다의 실습. 레슨 하나가 파일 하나예요."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from autograder.exercises.loading import load
from autograder.exercises.schema import Exercise, share_bonus

LESSONS: dict[str, str] = {
    "01_background": "Transformer의 등장 배경",
    "02_positional_encoding": "위치 인코딩",
    "03_feed_forward": "피드포워드 네트워크",
    "04_residual_layernorm": "잔차 연결과 층 정규화",
    "05_attention_math": "셀프 어텐션의 수학",
    "06_multi_head": "멀티 헤드 어텐션",
    "07_embedding_tokenizing": "임베딩과 토크나이징",
    "08_full_transformer": "전체 구현",
}


@cache
def lesson_exercises(lesson: str) -> tuple[Exercise, ...]:
    """레슨의 실습을 노트북에 나오는 순서로 돌려줘요. 모르는 레슨이면 KeyError, 정의가 잘못되었으면 DefinitionError예요."""
    if lesson not in LESSONS:
        raise KeyError(lesson)
    return share_bonus(load(lesson))


def finished_lessons() -> tuple[str, ...]:
    """실습 파일이 있는 레슨들을 차례대로."""
    return tuple(lesson for lesson in LESSONS if find_spec(f"autograder.exercises.lesson_{lesson}"))


def find_exercise(name: str) -> Exercise:
    """이름으로 실습을 찾아요. 없으면 KeyError."""
    for lesson in finished_lessons():
        for exercise in lesson_exercises(lesson):
            if exercise.name == name:
                return exercise
    raise KeyError(name)
