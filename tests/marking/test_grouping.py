"""닮은 답 모으기: 뜻이 같을 수밖에 없는 것만 한 묶음이에요."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.marking.grouping import groups, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("어텐션은 값을 섞어요.", "  어텐션이   값을\n섞어요!"),
        ("쿼리와 키를 곱해요", "쿼리과 키을 곱해요"),
        ("**Softmax**로 나눠요", "softmax로 나눠요"),
        ("- 첫째는 분산\n- 둘째는 평균", "* 첫째는 분산\n1. 둘째는 평균"),
        ("가", "\u1100\u1161"),  # 완성형과 조합형
    ],
)
def test_the_same_answer_written_differently(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RNN이 어텐션을 도와요", "RNN을 어텐션이 도와요"),
        ("RNN보다 어텐션이 느려요", "RNN이 어텐션보다 느려요"),
        ("n < d라서", "n > d라서"),
        ("4.2토큰", "42토큰"),
        ("커져요", "안 커져요"),
        ("-1이에요", "1이에요"),
    ],
)
def test_answers_that_may_mean_something_else_stay_apart(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_alike_answers_stand_beside_each_other_and_the_largest_crowd_comes_first() -> None:
    long = "내적의 분산이 d_k라서 d_k로 나누면 가중치가 평평해져요"
    found = groups({"가": "모르겠어요", "나": long, "다": f"{long}.", "라": f"{long} 그래서 평균이에요", "마": "..."})
    assert [[group.students for group in crowd] for crowd in found] == [[("나", "다"), ("라",)], [("마",)], [("가",)]]
    assert found[0][0].texts == (long, f"{long}.")


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=60), max_size=12), st.randoms())
def test_everybody_is_in_exactly_one_group_whatever_the_order(answers: dict[str, str], random: object) -> None:
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    found = groups(answers)
    assert found == groups(dict(shuffled))
    assert sorted(name for crowd in found for group in crowd for name in group.students) == sorted(answers)
