"""학급의 시드는 아무 수나 될 수 있어요. 어느 시드에서나 바른 답은 통과하고, 틀린 답은 같은 그룹에서 떨어지고, 아무 답이나 점수가 되지 않아요.

평소에는 시드 몇 개로, `--slow`에서는 200개로 모두 봐요. 표는 `-s`를 붙이면 보여요.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from support.separation import separation

from autograder.exercises import finished_lessons, lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.exercises.schema import Exercise
from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome, run_cases
from autograder.judging.cases import EXAMPLE
from autograder.judging.judge import Verdict, judge

EXERCISES = [exercise for lesson in finished_lessons() for exercise in lesson_exercises(lesson)]
MANY = [PUBLIC_SEED, *range(1_000, 1_200)]

every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)


def outcomes_of(key: AnswerKey, function: Callable[..., Any]) -> list[list[Outcome]]:
    return run_cases(function, [case.calls for case in key.cases])


def verdict_of(key: AnswerKey, function: Callable[..., Any]) -> Verdict:
    return judge(key, outcomes_of(key, function))


def raise_value_error(*args: Any) -> None:
    raise ValueError("아무것이나 막아요")


NONSENSE: dict[str, Callable[..., Any]] = {
    "0": lambda *args: 0,
    "0.0": lambda *args: 0.0,
    "1": lambda *args: 1,
    "False": lambda *args: False,
    "True": lambda *args: True,
    "None": lambda *args: None,
    "빈 글": lambda *args: "",
    "빈 목록": lambda *args: [],
    "첫 인자": lambda *args: args[0],
    "마지막 인자": lambda *args: args[-1],
    "첫 인자 모양의 0": lambda *args: torch.zeros_like(args[0]) if isinstance(args[0], torch.Tensor) else 0,
    "첫 인자 모양의 1": lambda *args: torch.ones_like(args[0]) if isinstance(args[0], torch.Tensor) else 1,
    "ValueError": raise_value_error,
}


def constants_like_the_answer(key: AnswerKey) -> list[tuple[str, list[list[Outcome]]]]:
    """기댓값과 형, 모양, dtype이 같고 값은 모두 같은 결과들: 모양만 맞춘 답. 글이 든 답에는 쓰지 않아요."""

    def textual(value: Any) -> bool:
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return isinstance(value, str) or (isinstance(value, list | tuple | dict) and any(map(textual, inside)))

    def filled(value: Any, fill: float) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.full_like(value, fill) if value.dtype != torch.bool else torch.full_like(value, bool(fill))
        if isinstance(value, list | tuple):
            return type(value)(filled(item, fill) for item in value)
        return type(value)(fill) if isinstance(value, bool | int | float) else value

    if any(textual(o.value) for case in key.cases for o in case.expected):
        return []
    return [
        (f"모양만 맞춘 {fill}", [[Outcome(filled(o.value, fill)) for o in case.expected] for case in key.cases])
        for fill in (0.0, 1.0)
    ]


@every_exercise
def test_nonsense_earns_nothing(exercise: Exercise) -> None:
    for seed in (PUBLIC_SEED, 11, 12):
        key = make_answer_key(exercise, seed)
        for name, function in NONSENSE.items():
            found = verdict_of(key, function)
            assert found.verdict != "pass" and found.share == 0, (name, seed, found)
        for name, outcomes in constants_like_the_answer(key):
            found = judge(key, outcomes)
            assert found.verdict != "pass" and found.share == 0, (name, seed, found)


@every_exercise
def test_the_lesson_s_own_example_comes_first(exercise: Exercise) -> None:
    """보기는 시드와 상관없이 같고, 종이로 다시 해 볼 수 있을 만큼 작아요."""
    assert exercise.examples, "레슨의 글에서 손으로 계산한 보기가 하나는 있어야 해요(examples)"
    first, other = make_answer_key(exercise, PUBLIC_SEED).cases[0], make_answer_key(exercise, 5).cases[0]
    assert first.probe == other.probe == EXAMPLE
    total = sum(arg.numel() for call in first.calls for arg in call.args if isinstance(arg, torch.Tensor))
    assert total <= 40, total


def without(key: AnswerKey, mistake: str) -> AnswerKey:
    """그 실수의 결과를 모르는 답안지. 비교기가 스스로 붙이는 이름은 남아요."""
    cases = (
        replace(case, mistakes={n: got for n, got in case.mistakes.items() if mistake not in n.split("+")})
        for case in key.cases
    )
    return replace(key, cases=tuple(cases))


@every_exercise
def test_no_other_name_for_a_mistake_that_is_not_known(exercise: Exercise) -> None:
    """증상만 같은 코드: 표에서 실수 하나를 빼면, 그 틀린 답은 이름 없이 남아요. 다른 실수의 이름을 얻으면 거짓말이에요."""
    key = make_answer_key(exercise, PUBLIC_SEED)
    for mistake in exercise.mistakes:
        rest = without(key, mistake.id)
        for number, _ in enumerate(mistake.wrong):
            found = judge(rest, [list(case.mistakes[mistake.id][number]) for case in key.cases])
            assert found.verdict != "pass", (mistake.id, number)
            assert found.mistake in (None, mistake.id), (mistake.id, number, found.mistake, found.message)


@every_exercise
@pytest.mark.slow
def test_the_same_verdict_on_every_seed(exercise: Exercise) -> None:
    variants = [(mistake, number, wrong) for mistake in exercise.mistakes for number, wrong in enumerate(mistake.wrong)]
    least = float("inf")
    for seed in MANY:
        key = make_answer_key(exercise, seed)
        for number, answer in enumerate((exercise.reference, *exercise.correct)):
            found = verdict_of(key, answer)
            assert found.verdict == "pass", (seed, number, found.message)
        for mistake, number, _ in variants:
            got = [list(case.mistakes[mistake.id][number]) for case in key.cases]
            found = judge(key, got)
            assert found.mistake == mistake.id and set(found.failed) == set(mistake.groups), (seed, number, found)
            for group in mistake.groups:
                cases = [(case, out) for case, out in zip(key.cases, got, strict=True) if case.group == group]
                least = min(least, max(separation(case, out) for case, out in cases))
    count = len(variants)
    print(f"\n{exercise.lesson[:2]} {exercise.name:32} 실수 {len(exercise.mistakes):3} 변형 {count:3} "
          f"잡음 {count}/{count} 이름 {count}/{count} 가장 작은 거리 {least:.0f}배")  # fmt: skip
