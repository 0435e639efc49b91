"""판정과 설명: 그룹 점수, 판정의 이름, 말하는 차례, 숨은 값을 말하지 않기."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase, MistakeText
from autograder.judging.call_runner import run_calls
from autograder.judging.cases import EXAMPLE, Call
from autograder.judging.exceptions.failures import STUB_TEXT
from autograder.judging.judge import Verdict, judge

INPUTS = {"values": torch.tensor([1.0, 2.0, 3.0, 5.0]), "negative": torch.tensor([-1.0, -2.0, -3.0, -5.0])}
GROUPS = {"values": "값이 맞아요", "negative": "음수도 맞아요"}


def double(x: Tensor) -> Tensor:
    return x * 2


def absolute(x: Tensor) -> Tensor:
    return x.abs() * 2


def make_key(uses: tuple[str, ...] = ()) -> AnswerKey:
    cases = []
    for group, x in INPUTS.items():
        calls = (Call((x,)),)
        mistakes = {"double.absolute": (tuple(run_calls(absolute, calls)),)}
        cases.append(KeyCase(group, calls, "equal", {}, None, None, tuple(run_calls(double, calls)), mistakes))
    text = MistakeText("double.absolute", "절댓값", "부호가 사라졌어요.", "음수를 넣어 봐요.")
    roles = dict.fromkeys(GROUPS, "value")
    return AnswerKey("double", "tiny", "두 배", GROUPS, uses, (text,), tuple(cases), roles, ("x",))


KEY = make_key()


def verdict_of(function: Callable[..., Any], key: AnswerKey = KEY, reveal: bool = False) -> Verdict:
    return judge(key, [run_calls(function, case.calls) for case in key.cases], reveal)


def boom(x: Tensor) -> Tensor:
    raise OSError("망가짐")


def unfinished(x: Tensor) -> Tensor:
    raise NotImplementedError(STUB_TEXT)


@pytest.mark.parametrize(
    ("function", "verdict", "score"),
    [
        (double, "pass", 13.0),
        (absolute, "partial", 6.5),
        (lambda x: x * 3, "fail", 0.0),
        (boom, "error", 0.0),
        (unfinished, "missing", 0.0),
    ],
)
def test_each_verdict_and_its_score(function: Callable[..., Any], verdict: str, score: float) -> None:
    found = verdict_of(function)
    assert (found.verdict, found.score(13)) == (verdict, score)
    assert {*found.passed, *found.failed} == set(GROUPS)


def test_nothing_judged_is_nothing_earned() -> None:
    assert Verdict("double", "refused").share == 0.0


def test_an_answer_that_stops_early_fails_what_is_left() -> None:
    found = judge(KEY, [run_calls(double, KEY.cases[0].calls)])
    assert found.passed == ("values",) and found.failed == ("negative",) and "다 오지 않았어요" in found.message


def test_the_message_goes_from_what_to_where_to_look() -> None:
    lines = verdict_of(absolute, reveal=True).message.splitlines()
    assert lines == [
        "결과의 값이 달라요.",
        "부른 것: `double(torch.tensor([-1., -2., -3., -5.]))`",
        "기대한 값: [-2, -4, -6, -10]",
        "나온 값: [2, 4, 6, 10]",
        "다른 자리: 결과[0]에서 기대한 값은 -2, 나온 값은 2예요. 원소 4개 중 4개가 달라요.",
        "부호가 사라졌어요.",
        "다음에 볼 곳: 음수를 넣어 봐요.",
        "아직 참이 아닌 것: “음수도 맞아요”",
    ]


def test_hidden_values_are_not_told() -> None:
    message = verdict_of(absolute).message
    assert "부호가 사라졌어요." in message and "나온 값" not in message and "-2" not in message
    assert "인자: x: float32 (4,) 텐서" in message


def test_an_example_of_the_lesson_shows_its_values_even_in_grading() -> None:
    key = replace(KEY, cases=tuple(replace(case, probe=EXAMPLE) for case in KEY.cases))
    assert "기대한 값: [-2, -4, -6, -10]" in verdict_of(absolute, key).message


def test_a_pass_says_what_was_checked() -> None:
    assert verdict_of(double).message == "확인한 것: 값이 맞아요 · 음수도 맞아요"


def test_a_named_mistake_is_told_by_its_values_rather_than_by_a_shape() -> None:
    """실수의 이름이 붙으면, 먼저 나온 예외나 모양보다 값이 어긋난 사례로 말해요."""

    def mixed(x: Tensor) -> Tensor:
        return x[None] * 2 if x[0] > 0 else absolute(x)

    recorded = [{"double.absolute": (tuple(run_calls(mixed, case.calls)),)} for case in KEY.cases]
    cases = tuple(replace(case, mistakes=wrong) for case, wrong in zip(KEY.cases, recorded, strict=True))
    found = verdict_of(mixed, replace(KEY, cases=cases), reveal=True)
    assert found.mistake == "double.absolute" and found.message.startswith("결과의 값이 달라요.")


def test_an_unfinished_earlier_exercise_is_pointed_at() -> None:
    def helper(x: Tensor) -> Tensor:
        raise NotImplementedError(STUB_TEXT)

    def mine(x: Tensor) -> Tensor:
        return helper(x)

    assert "`helper` 함수가 아직 구현 전" in verdict_of(mine, make_key(uses=("helper",))).message
    assert verdict_of(mine).message.startswith("아직 구현 전이에요")
