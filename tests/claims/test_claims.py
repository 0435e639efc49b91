"""레슨의 글에 있는 수와 말은 모두 다시 계산해서 맞아요. 말은 시드를 바꾸고 스텝을 열 배로 늘려도 참이에요."""

from __future__ import annotations

from importlib import import_module

import pytest
from support.lesson_claims import Claims, examine, prose, unchecked_numbers, whole_prose

from autograder.authoring.lesson_source import sources

LESSONS = sources()
SLOW = {"08_full_transformer": [pytest.mark.slow]}  # 몇 분을 학습해요.


def claims_of(lesson: str) -> Claims:
    return import_module(f"claims.lesson_{lesson[:2]}").lesson


@pytest.mark.parametrize("lesson", [pytest.param(lesson, marks=SLOW.get(lesson, [])) for lesson in LESSONS])
def test_every_number_and_claim_of_the_text_is_true(lesson: str) -> None:
    claims = claims_of(lesson)
    wrong, seen = examine(claims)
    assert wrong == [], "\n".join(wrong)
    left = unchecked_numbers(claims, seen)
    assert left == [], "\n".join(left)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_look_at_a_plot_is_a_claim(lesson: str) -> None:
    made = claims_of(lesson).made
    looks = [text for text in prose(lesson) if "눈으로 보기." in text]
    assert looks and [text[:60] for text in looks if not any(claim.within(text) for claim in made)] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_citation_is_in_the_text(lesson: str) -> None:
    assert [quote for quote in claims_of(lesson).cited if not any(quote in text for text in whole_prose(lesson))] == []


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize(("seed", "steps"), [(1, 1), (2, 1), (0, 10)])
def test_claims_hold_for_other_seeds_and_ten_times_the_steps(lesson: str, seed: int, steps: int) -> None:
    wrong, _ = examine(claims_of(lesson), seed, steps)
    assert wrong == [], "\n".join(wrong)
