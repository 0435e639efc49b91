"""명령에 적은 말에서 학습자의 노트북을 골라요. 찾지 못하면 다음에 할 일을 말해요."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from autograder.errors import CourseError
from autograder.layout import LESSONS
from autograder.learner import notebooks, study
from autograder.learner.study import shown


def all_places() -> dict[str, Path]:
    """모든 레슨의 학습자 노트북. `lessons/`에서 푼 것이 있으면 옮기고 그렇다고 말해요. 하나도 없으면 CourseError예요."""
    places = notebooks.lesson_paths()
    if not places:
        raise CourseError(f"{LESSONS}에 노트북이 없어요. 코스를 다시 받아 주세요(강사라면 `python3 course.py build`).")
    for lesson, moved in study.strays().items():
        print(f"나눠 준 lessons/에서 풀던 {lesson}을 {shown(moved)}에 옮겨 두었어요. 이제 study/의 노트북에서 풀어요.")
    return places


def one_exercise(name: str) -> Path:
    """실습이 있는 노트북. 없으면 닮은 이름을 말하는 CourseError예요."""
    all_places()
    try:
        return notebooks.find_exercise(name)
    except KeyError:
        close = get_close_matches(name, notebooks.exercise_names(), n=1)
        guess = f"혹시 `{close[0]}`인가요?" if close else "`python3 course.py status`에서 이름을 볼 수 있어요."
        raise CourseError(f"`{name}` 실습은 없어요. {guess}") from None


def one_lesson(text: str) -> str:
    """레슨의 이름. 없으면 있는 것들을 말하는 CourseError예요."""
    try:
        return notebooks.find_lesson(text)
    except KeyError:
        if text.endswith(".ipynb") and not Path(text).exists():
            raise CourseError(f"{text} 파일이 없어요. 경로를 확인하거나 레슨의 번호를 적어 주세요.") from None
        close = get_close_matches(text, notebooks.exercise_names(), n=1)
        guess = f" 혹시 `{close[0]}` 실습인가요?" if close else ""
        listed = ", ".join(notebooks.lesson_paths())
        raise CourseError(f"`{text}` 레슨이나 실습은 없어요.{guess} 있는 레슨: {listed}") from None


def own_file(text: str) -> Path | None:
    """레슨의 제자리가 아닌 곳의 노트북을 적었으면 그 파일. `lessons/`의 것을 적으면 제 사본을 뜻해요."""
    path = Path(text)
    if not text.endswith(".ipynb") or not path.is_file():
        return None
    return None if path.resolve().is_relative_to(LESSONS) else path.resolve()
