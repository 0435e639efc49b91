"""레슨 5의 실습: 소프트맥스, 점수, 마스크, 스케일드 닷 프로덕트 어텐션, 셀프 어텐션.

`draw(rng)`의 `rng`는 `torch.Generator`를 감싼 `autograder.draw.Draw`예요: `rng.normal(2, 3)`, `rng.ids(...)`, `rng.int(a, b)`.
"""

from __future__ import annotations

import torch

from autograder.exercise import Exercise, Mistake, case
from reference import attention

LESSON = "05_attention_math"


# -- softmax ------------------------------------------------------------------------------------------------------

def _softmax_without_max(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim=dim, keepdim=True)


def _softmax_other_axis(x, dim):
    return torch.softmax(x, dim=dim - 1)


def _softmax_cases(rng):
    x = rng.normal(3, 4, 5)
    shifted = x.clone()
    shifted[1, 2] += 1000
    return [
        case("values", x, -1),
        case("values", rng.normal(2, 6, dtype=torch.float64), -1),
        case("axis", x, 1),
        case("axis", x, 0),
        case("overflow", shifted, -1),
    ]


SOFTMAX = Exercise(
    name="softmax",
    lesson=LESSON,
    title="소프트맥스",
    points=12,
    groups={
        "values": "값이 맞아요",
        "axis": "어느 축을 줘도 그 축의 합이 1이에요",
        "overflow": "점수에 1000을 더해도 넘치지 않아요",
    },
    reference=attention.softmax,
    draw=_softmax_cases,
    mistakes=(
        Mistake(
            id="softmax.no-max-subtraction",
            title="최댓값을 빼지 않음",
            why="큰 점수에서 exp가 inf가 되고, inf를 inf로 나눠 nan이 됐어요.",
            look="지수를 취하기 전에 점수 전체를 얼마만큼 옮겨도 비율이 그대로인지 생각해 봐요.",
            wrong=(_softmax_without_max,),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.wrong-axis",
            title="다른 축으로 정규화",
            why="`dim`이 가리키는 축이 아니라 다른 축의 합이 1이 됐어요.",
            look="결과를 `dim`으로 더해 봐요. 모두 1이어야 해요.",
            wrong=(_softmax_other_axis,),
            groups=("values", "axis", "overflow"),
        ),
    ),
    correct=(lambda x, dim: torch.softmax(x, dim),),
)

EXERCISES: tuple[Exercise, ...] = (SOFTMAX,)
