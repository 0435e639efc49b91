"""관리자의 흔한 실수는 값을 견주기 전에, 어느 파일의 무엇을 고칠지 말하는 한 문장이 돼요."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from autograder.exercises import LESSONS, lesson_exercises
from autograder.exercises.loading import DefinitionError, load
from autograder.exercises.schema import Exercise, Mistake
from autograder.layout import ROOT

LESSON = "99_trial"
FILE = "autograder/exercises/lesson_99_trial.py"


def same(x: object) -> object:
    return x


MISTAKE = Mistake("double.once", "한 번만", "한 번만 더했어요.", "두 번 더해요.", (same,), ("values",))
DOUBLE = Exercise(
    name="double",
    lesson=LESSON,
    title="두 배",
    points=95,
    groups={"values": "값이 맞아요"},
    reference=same,
    sample_cases=lambda rng: (),
    mistakes=(MISTAKE,),
    correct=(same,),
)


def load_with(monkeypatch: pytest.MonkeyPatch, exercises: object) -> tuple[Exercise, ...]:
    module = ModuleType(f"autograder.exercises.lesson_{LESSON}")
    module.EXERCISES = exercises
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return load(LESSON)


def test_a_sound_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(monkeypatch, (DOUBLE,)) == (DOUBLE,)


SLIPS: dict[str, tuple[Callable[[], object], str]] = {
    "no comma": (lambda: DOUBLE, "튜플 EXERCISES"),
    "twice": (lambda: (DOUBLE, DOUBLE), "같은 이름의 실습이 둘"),
    "points": (lambda: (replace(DOUBLE, points=85),), "배점의 합이 85"),
    "copied lesson": (lambda: (replace(DOUBLE, lesson="03_feed_forward"),), "`99_trial`으로 고쳐"),
    "one mistake without a comma": (lambda: (replace(DOUBLE, mistakes=MISTAKE),), "mistakes는 튜플"),
    "no right answer": (lambda: (replace(DOUBLE, correct=()),), "correct에"),
    "id shape": (lambda: (replace(DOUBLE, mistakes=(replace(MISTAKE, id="double_Once"),)),), "`double.영어-소문자`"),
    "id twice": (lambda: (replace(DOUBLE, mistakes=(MISTAKE, MISTAKE)),), "같은 id의 실수가 둘"),
    "no group": (
        lambda: (replace(DOUBLE, mistakes=(replace(MISTAKE, groups=("shapes",)),)),),
        "없는 그룹이 있어요: shapes",
    ),
    "wrong without a comma": (
        lambda: (replace(DOUBLE, mistakes=(replace(MISTAKE, wrong=same),)),),
        "틀린 함수들의 튜플",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_named_with_its_file(monkeypatch: pytest.MonkeyPatch, slip: str) -> None:
    make, said = SLIPS[slip]
    with pytest.raises(DefinitionError) as error:
        load_with(monkeypatch, make())
    assert FILE in str(error.value) and said in str(error.value)


def test_a_missing_table_says_what_to_make() -> None:
    with pytest.raises(DefinitionError, match="lesson_98_none.py 파일이 없어요.*LESSONS"):
        load("98_none")


def test_a_table_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> ModuleType:
        raise AttributeError("module 'reference.feed_forward' has no attribute 'geglu'")

    monkeypatch.setattr("autograder.exercises.loading.import_module", fail)
    with pytest.raises(DefinitionError, match="geglu.*reference/"):
        load(LESSON)


def test_the_bonus_of_a_lesson_is_shared() -> None:
    """하나에 5점까지, 한 레슨에 모두 10점까지."""
    for lesson in LESSONS:
        worth = [exercise.worth for exercise in lesson_exercises(lesson) if exercise.bonus]
        assert worth and len(set(worth)) == 1 and worth[0] <= 5 and sum(worth) <= 10
        assert worth[0] == 5 if len(worth) <= 2 else sum(worth) > 9


def test_the_catalogue_lists_every_exercise_with_its_points() -> None:
    page = (ROOT / "autograder" / "README.md").read_text(encoding="utf-8")
    for lesson in LESSONS:
        core = ", ".join(f"`{e.name}` {e.points:g}" for e in lesson_exercises(lesson) if e.points)
        bonus = ", ".join(f"`{e.name}`" for e in lesson_exercises(lesson) if e.bonus)
        assert f"| {int(lesson[:2])} | {core} | {bonus} |" in page
