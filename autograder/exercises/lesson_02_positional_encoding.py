"""레슨 2의 실습: 순서를 모르는 셀프 어텐션, 사인과 코사인, 회전, 학습하는 위치, RoPE."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import positional

LESSON = "02_positional_encoding"


# -- is_permutation_equivariant --


def _restless(rng, n):
    """제자리인 토큰이 없고, 되돌리기와도 좌우 뒤집기와도 우연히 맞지 않는 순열."""
    while True:
        perm = rng.perm(n)
        inverse = torch.argsort(perm)
        lucky = (inverse, n - 1 - perm.flip(0), n - 1 - inverse.flip(0))
        if (perm != torch.arange(n)).all() and not any(torch.equal(perm, p) for p in lucky):
            return perm


_D = 4


def _words_case(rng, form, b, t, perm, **places):
    """float64라서, 등변인 함수라면 기본값 그대로인 `allclose`로 견줘도 언제나 같아요.

    누적합(4)에는 문장들을 모두 더하면 0인 x를 줘요. 문장마다의 차이를 더해서 보면 서로 지워져요.
    """
    data = {"form": form, "W": rng.normal(_D, _D, dtype=torch.float64, scale=0.7), **places}
    x = rng.normal(b, t, _D, dtype=torch.float64)
    if form == 4:
        x = x - x.mean(dim=0)
    return case("verdicts", BuiltArgument("words", data), x, perm)


def _between_odd_and_even(rng, n):
    """홀수 자리와 짝수 자리 사이를 오가는 토큰이 있는 순열. 다른 것은 `_restless`와 같아요."""
    while True:
        perm = _restless(rng, n)
        if ((perm - torch.arange(n)) % 2).any():
            return perm


def _one_place(rng, perm, b):
    """가운데 문장의 한 자리에만 0이 아닌 값이 있어요. 그 자리의 단어는 섞기 전에도 뒤에도 처음이나 끝에 있지 않아요."""
    last = len(perm) - 1
    ends = {0, 1, last - 1, last, *perm[[0, last]].tolist(), *torch.argsort(perm)[[0, last]].tolist()}
    places = torch.zeros(b, len(perm), _D, dtype=torch.float64)
    places[rng.int(1, b - 2), rng.choice(sorted(set(range(len(perm))) - ends)), rng.int(1, _D - 2)] = 0.8
    return places


def _everywhere(rng, n):
    """모든 자리가 꼭 0.006씩 어긋나는 순열과 자리마다의 값. 2를 더해 두어서, 비율로 견줘도(`rtol`) 작은 차이예요."""
    order = torch.tensor(rng.sample(range(n), n))  # 토큰들이 한 줄로 서서 다음 자리로 한 칸씩 가요.
    perm = torch.empty_like(order)
    perm[order] = order.roll(-1)
    places = torch.full((n, _D), 2.0, dtype=torch.float64)
    places[order[::2]] += 0.006
    return perm, places


def _equivariance_cases(rng):
    cases = []
    for form in range(10):
        b, t = (2, 6) if form == 0 else (5, 5)  # 문장과 단어의 수가 같아야 배치 축을 섞는 실수가 조용히 지나가요.
        P = rng.normal(t, _D, dtype=torch.float64)
        cases.append(_words_case(rng, form, b, t, _restless(rng, t), P=P))
    perm = _restless(rng, 9)
    cases.append(_words_case(rng, 11, 9, 9, perm, P=_one_place(rng, perm, 9)))
    perm, places = _everywhere(rng, 6)
    cases.append(_words_case(rng, 11, 6, 6, perm, P=places))
    cases.append(_words_case(rng, 12, 5, 5, _restless(rng, 5)))
    cases.append(_words_case(rng, 13, 5, 5, _between_odd_and_even(rng, 5)))
    # 정수는 더하는 차례가 바뀌어도 합이 똑같아서, 끝자리까지 같기를 바라도 등변이에요.
    whole = rng.ids(5, 5, _D, low=-9, high=9).double()
    cases.append(case("verdicts", BuiltArgument("words", {"form": 10}), whole, _restless(rng, 5)))
    order = rng.perm(len(cases)).tolist()
    return [cases[i] for i in order]


def _equivariance_example(form):
    x, perm = torch.tensor([[[2.0], [4.0], [9.0]]]), torch.tensor([2, 0, 1])
    return case("verdicts", BuiltArgument("words", {"form": form}), x, perm)


def _close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def _equivariant_loop(f, x, perm):
    out, shuffled = f(x), f(torch.stack([x[:, p] for p in perm.tolist()], dim=1))
    return all(_close(shuffled[:, new], out[:, old]) for new, old in enumerate(perm.tolist()))


def _any_word_close(f, x, perm):
    a, b = f(x[:, perm]), f(x)[:, perm]
    return any(_close(a[:, t], b[:, t]) for t in range(len(perm)))


def _after(change):
    """두 출력을 같은 방법으로 바꾼 다음에 견줘요."""
    return lambda f, x, perm: torch.allclose(change(f(x[:, perm])), change(f(x)[:, perm]), atol=1e-5)


def _one_word_at_a_time(f, x, perm):
    out = f(x)
    return all(_close(f(x[:, p : p + 1]), out[:, p : p + 1]) for p in perm.tolist())


EQUIVARIANT = Exercise(
    name="is_permutation_equivariant",
    lesson=LESSON,
    title="순서를 섞으면 따라 섞일까",
    points=16,
    groups={"verdicts": "여러 함수를 하나도 빠짐없이 바르게 가려내요"},
    reference=positional.is_permutation_equivariant,
    sample_cases=_equivariance_cases,
    examples=(_equivariance_example(10), _equivariance_example(4)),
    mistakes=(
        Mistake(
            id="is_permutation_equivariant.permutes-input-only",
            title="입력만 섞고 출력은 그대로 견줌",
            why="섞은 입력의 출력이 원래 출력과 같은지를 봤어요. 그것은 불변(invariant)이고, 셀프 어텐션은 불변이 아니에요.",
            look="토큰이 자리를 옮기면 그 토큰의 출력은 어디에 있어야 할지 생각해 봐요.",
            wrong=(lambda f, x, perm: _close(f(x[:, perm]), f(x)),),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.permutes-output-only",
            title="출력만 섞어 견줌",
            why="f에 넣은 입력이 두 쪽에서 같아요. 출력을 섞은 것과 섞지 않은 것을 견준 셈이에요.",
            look="등식의 왼쪽과 오른쪽에서 f에 무엇이 들어가는지 적어 봐요.",
            wrong=(
                lambda f, x, perm: _close(f(x)[:, perm], f(x)),
                lambda f, x, perm: _close(f(x[:, perm])[:, perm], f(x[:, perm])),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.permutes-twice",
            title="섞은 횟수나 방향이 어긋남",
            why="견주는 두 쪽에서 섞은 횟수나 방향이 서로 달라요. 섞은 입력의 출력을 한 번 더 섞거나, 한쪽만 거꾸로 섞으면 이렇게 돼요.",
            look="토큰 하나를 골라, 왼쪽과 오른쪽에서 그 토큰이 몇 번째 자리로 가는지 적어 봐요.",
            wrong=(
                lambda f, x, perm: _close(f(x[:, perm])[:, perm], f(x)),
                lambda f, x, perm: _close(f(x[:, torch.argsort(perm)]), f(x)[:, perm]),
                lambda f, x, perm: _close(f(x[:, perm])[:, torch.argsort(perm)], f(x)[:, perm]),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.batch-axis",
            title="토큰이 아니라 문장을 섞음",
            why="0번 축은 문장이에요. 문장의 순서를 섞으면, 문장을 따로 계산하는 함수는 어느 것이든 따라 섞여요.",
            look="x의 모양 (B, T, D)에서 토큰이 늘어선 축을 골라요.",
            wrong=(lambda f, x, perm: _close(f(x[perm]), f(x)[perm]),),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.feature-axis",
            title="토큰이 아니라 벡터의 차원을 섞음",
            why="2번 축(마지막 축)은 토큰이 아니라 벡터의 차원이에요. `perm`에는 토큰의 번호가 들어 있어서, 차원의 수가 토큰보다 적으면 없는 번호를 고르게 돼요.",
            look="x의 모양 (B, T, D)에서 토큰이 늘어선 축이 몇 번인지 봐요.",
            wrong=(
                lambda f, x, perm: _close(f(x[:, :, perm]), f(x)[:, :, perm]),
                lambda f, x, perm: _close(f(x[:, perm]), f(x)[:, :, perm]),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.shape-only",
            title="모든 함수에 True라고 답함",
            why="어떤 함수에도 True라고 답했어요. 모양만 견주거나, 같은 것끼리 견주거나, 차이를 너무 크게 봐주면 이렇게 돼요.",
            look="누적합처럼 등변이 아닌 함수를 넣고, 견주는 두 텐서를 찍어 봐요.",
            wrong=(
                lambda f, x, perm: f(x[:, perm]).shape == f(x).shape,
                lambda f, x, perm: _close(f(x)[:, perm], f(x)[:, perm]),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.loose-tolerance",
            title="차이를 너무 크게 봐줌",
            why="조금씩만 어긋나는 함수에도 True라고 답했어요. 반올림의 차이는 0.00001도 되지 않는데 그보다 훨씬 큰 차이까지 봐줬어요.",
            look="`atol`과 `rtol`에 넣은 수를 봐요. 적지 않으면 기본값이에요.",
            wrong=(
                lambda f, x, perm: torch.allclose(f(x[:, perm]), f(x)[:, perm], atol=1e-2),
                lambda f, x, perm: torch.allclose(f(x[:, perm]), f(x)[:, perm], atol=0.1),
                lambda f, x, perm: torch.allclose(f(x[:, perm]), f(x)[:, perm], rtol=1e-2),
                lambda f, x, perm: bool((f(x[:, perm]) - f(x)[:, perm]).abs().max() < 1e-2),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.partial-look",
            title="몇 자리만 견줌",
            why="일부만 같은 두 출력을 같다고 봤어요. 모든 문장, 모든 단어, 모든 칸이 같아야 등변이에요.",
            look="견주기 전에 `[0]`처럼 일부만 꺼냈는지, `any`처럼 하나만 맞아도 되는 것을 썼는지 봐요.",
            wrong=(
                lambda f, x, perm: _close(f(x[:, perm])[0], f(x)[:, perm][0]),
                lambda f, x, perm: _close(f(x[:, perm])[:, 0], f(x)[:, perm][:, 0]),
                lambda f, x, perm: _close(f(x[:, perm])[..., 0], f(x)[:, perm][..., 0]),
                lambda f, x, perm: bool(torch.isclose(f(x[:, perm]), f(x)[:, perm], atol=1e-5).any()),
                _any_word_close,
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.something-dropped",
            title="출력을 바꾼 다음에 견줌",
            why="두 출력을 그대로 견주지 않고, 순서나 부호나 방향이나 크기를 없앤 다음에 견줬어요. 서로 다른 두 출력이 바꾼 뒤에는 같아질 수 있어요.",
            look="견주기 전에 출력을 지나게 한 함수를 찾아봐요. [1, -2]와 [-2, 1]과 [1, 2]와 [2, -4]를 서로 구별하나요?",
            wrong=(
                _after(lambda out: out.sort(dim=1).values),
                _after(lambda out: out.sort(dim=2).values),
                _after(lambda out: out.sum(dim=2)),
                _after(lambda out: out.norm(dim=-1)),
                _after(torch.abs),
                _after(lambda out: out.argmax(dim=-1).double()),
                _after(lambda out: out / out.norm(dim=-1, keepdim=True)),
                lambda f, x, perm: bool(
                    (torch.cosine_similarity(f(x[:, perm]), f(x)[:, perm], dim=-1) > 0.99999).all()
                ),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.differences-added",
            title="더한 다음에 견줌",
            why="여러 칸을 더하거나 평균 낸 다음에 견줬어요. 양수인 차이와 음수인 차이는 더하면 서로 지워져요.",
            look="차이가 +3과 -3인 두 칸을 어떻게 판단하는지 따라가 봐요.",
            wrong=(
                lambda f, x, perm: bool((f(x[:, perm]) - f(x)[:, perm]).sum().abs() < 1e-4),
                lambda f, x, perm: bool((f(x[:, perm]) - f(x)[:, perm]).mean(dim=0).abs().max() < 1e-5),
                lambda f, x, perm: bool((f(x[:, perm]) - f(x)[:, perm]).mean(dim=1).abs().max() < 1e-5),
                _after(lambda out: out.sum(dim=1)),
                _after(lambda out: out.sum()),
            ),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.one-word-at-a-time",
            title="단어를 하나씩 f에 넣음",
            why="문장을 통째로 넣지 않고 단어를 하나씩 f에 넣었어요. 단어가 하나뿐이면 다른 단어를 보는 함수의 결과가 달라져서, 셀프 어텐션까지 등변이 아니라고 답해요.",
            look="f에 넣는 텐서에 단어가 몇 개 들어 있는지 모양을 찍어 봐요.",
            wrong=(_one_word_at_a_time,),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.exact-comparison",
            title="끝자리까지 같기를 요구함",
            why="바르게 섞어 견줬지만 끝자리까지 똑같기를 바랐어요. 더하는 차례가 바뀌면 반올림이 조금 달라져요.",
            look="아주 작은 차이는 봐주는 견주기를 찾아봐요.",
            wrong=(lambda f, x, perm: torch.equal(f(x[:, perm]), f(x)[:, perm]),),
            groups=("verdicts",),
        ),
    ),
    correct=(
        _equivariant_loop,
        lambda f, x, perm: _close(f(x[:, perm])[:, torch.argsort(perm)], f(x)),
        lambda f, x, perm: bool((f(x.index_select(1, perm)) - f(x).index_select(1, perm)).abs().max() < 1e-4),
        lambda f, x, perm: bool(np.allclose(f(x[:, perm]).numpy(), f(x).numpy()[:, perm.numpy()], atol=1e-5)),
        lambda f, x, perm: torch.allclose(f(x[:, perm]), f(x)[:, perm]),
        lambda f, x, perm: torch.allclose(f(x[:, perm]), f(x)[:, perm], rtol=1e-3, atol=1e-3),
        lambda f, x, perm: bool(torch.isclose(f(x[:, perm]), f(x)[:, perm], atol=1e-6).all()),
        lambda f, x, perm: (f(x[:, perm]) - f(x)[:, perm]).abs().max().item() <= 1e-5,
    ),
)


# -- angle_rates --


def _rates_cases(rng):
    return [
        case("values", 2 * rng.int(6, 9)),  # 10이면 밑이 100000인 것과 지수의 분모가 하나 작은 것이 같은 값이에요.
        case("values", 2),
        case("wide", 2 * rng.int(64, 256)),
        case("errors", 7, comparator="raises", params={"error": "ValueError"}),
        case("errors", 2 * rng.int(5, 9) + 1, comparator="raises", params={"error": "ValueError"}),
    ]


def _rates(exponent, base=10000.0):
    """짝 번호 i와 d에서 지수를 만드는 함수로 빠르기를 계산해요."""

    def rates(d_model):
        if d_model % 2:
            raise ValueError(d_model)
        return base ** exponent(torch.arange(d_model // 2), d_model)

    return rates


def _rates_outside(rate):
    """짝 번호 i와 d에서 빠르기를 바로 계산해요."""

    def rates(d_model):
        if d_model % 2:
            raise ValueError(d_model)
        return rate(torch.arange(d_model // 2), d_model)

    return rates


def _rates_repeated(d_model):
    if d_model % 2:
        raise ValueError(d_model)
    return (10000.0 ** (-2 * torch.arange(d_model // 2) / d_model)).repeat_interleave(2)


def _rates_own_exponent(d_model):
    if d_model % 2:
        raise ValueError(d_model)
    return 10000.0 ** (-torch.arange(d_model) / d_model)


def _rates_every_dimension(d_model):
    if d_model % 2:
        raise ValueError(d_model)
    return 1 / 10000 ** (2 * torch.arange(d_model) / d_model)


def _rates_list(d_model):
    if d_model % 2 == 1:
        raise ValueError("짝수만")
    return torch.tensor([10000 ** (-2 * i / d_model) for i in range(d_model // 2)])


def _rates_exp(d_model):
    if d_model & 1:
        raise ValueError
    return torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))


def _rates_numpy(d_model):
    if d_model % 2:
        raise ValueError
    return torch.from_numpy(1 / np.power(10000, np.arange(0, d_model, 2) / d_model)).float()


ANGLE_RATES = Exercise(
    name="angle_rates",
    lesson=LESSON,
    title="짝마다 다른 빠르기",
    points=16,
    groups={
        "values": "짝마다 빠르기가 맞아요",
        "wide": "d_model이 클 때도 맞아요",
        "errors": "짝을 지을 수 없는 홀수 d_model은 ValueError로 알려요",
    },
    reference=positional.angle_rates,
    sample_cases=_rates_cases,
    examples=(case("values", 6),),
    mistakes=(
        Mistake(
            id="angle_rates.dimension-index",
            title="짝 번호 대신 차원 번호(블로그의 코드)",
            why="i에 차원의 번호를 넣어 지수가 두 배로 커졌어요. 블로그 2편의 코드가 바로 이 식이에요. "
            "논문의 i는 차원이 아니라 사인과 코사인 '짝'의 번호예요.",
            look="d_model이 6이면 짝은 몇 개이고, 마지막 짝의 번호는 몇인가요?",
            wrong=(_rates(lambda i, d: -2 * (2 * i) / d),),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.half-exponent",
            title="지수에서 2가 빠짐",
            why="지수가 논문의 절반이라 빠르기가 너무 천천히 줄어요. 마지막 짝까지 가도 물결이 별로 길어지지 않아요.",
            look="짝 번호 i와 차원 번호는 두 배 차이가 나요. 식의 지수를 다시 봐요.",
            wrong=(_rates(lambda i, d: -i / d),),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.floor-division",
            title="지수에서 소수점 아래를 버림",
            why="빠르기가 부드럽게 줄지 않고 한두 가지 값뿐이에요. 지수에 `//`를 쓰면 소수점 아래가 버려져서 이렇게 돼요.",
            look="`/`와 `//`는 왼쪽부터 차례로 계산돼요. 괄호를 쳐서 무엇이 무엇을 나누는지 봐요.",
            wrong=(
                _rates(lambda i, d: -2 * i / d // 2),
                _rates(lambda i, d: -(2 * i / d // 2)),
                _rates(lambda i, d: -(2 * i // d)),
                _rates(lambda i, d: -2 * i // d),
            ),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.base-1000",
            title="밑이 1000",
            why="밑이 논문보다 작아요. 가장 긴 물결이 짧아져서 긴 문장의 위치를 구별하기 어려워져요.",
            look="밑의 0이 몇 개인지 세어 봐요.",
            wrong=(_rates(lambda i, d: -2 * i / d, base=1000.0),),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.multiplied",
            title="나누지 않고 곱함",
            why="지수의 부호가 바뀌어 뒤쪽 짝일수록 빨라졌어요. 뒤로 갈수록 느려져야 해요.",
            look="결과가 모두 1 이하인지 봐요.",
            wrong=(_rates(lambda i, d: 2 * i / d),),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.every-dimension",
            title="짝이 아니라 차원마다 하나씩",
            why="빠르기가 d_model개 나왔어요. 사인과 코사인이 짝을 이뤄 함께 쓰므로 짝마다 하나씩이에요.",
            look="d_model이 6이면 짝은 몇 개인지, `arange`에 무엇을 넣었는지 봐요.",
            wrong=(_rates_repeated, _rates_own_exponent, _rates_every_dimension),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.pair-outside-exponent",
            title="짝의 번호가 지수 밖에 있음",
            why="짝의 번호가 지수에 들어가지 않고 바깥에서 곱해졌어요. 그래서 첫 짝의 빠르기가 1이 아니라 0이에요.",
            look="`**`는 `*`와 `/`보다 먼저 계산돼요. 10000 다음에 무엇을 썼고, 지수를 통째로 괄호로 묶었는지 봐요.",
            wrong=(
                _rates_outside(lambda i, d: 10000.0**-2 * i / d),
                _rates_outside(lambda i, d: 1 / 10000**2 * i / d),
                _rates_outside(lambda i, d: 1 / 10000 * (2 * i / d)),
                _rates_outside(lambda i, d: 10000.0**-1 * 2 * i / d),
            ),
            groups=(
                "values",
                "wide",
            ),
        ),
        Mistake(
            id="angle_rates.last-pair-stretched",
            title="마지막 짝이 꼭 1/10000이 되게 나눔",
            why="지수를 짝의 수보다 하나 작은 수로 나눠서, 마지막 짝의 빠르기가 꼭 1/10000이 됐어요. "
            "tensor2tensor와 fairseq의 코드가 이렇게 해요. 논문의 식에서는 마지막 짝도 1/10000보다 조금 빨라요.",
            look="논문의 식에서 지수의 분모가 무엇인지 봐요.",
            wrong=(_rates(lambda i, d: -i / max(d // 2 - 1, 1)),),
            groups=("values", "wide"),
        ),
        Mistake(
            id="angle_rates.pairs-from-one",
            title="짝의 번호를 1부터 셈",
            why="짝의 번호를 1부터 세어 빠르기가 하나씩 밀렸어요. 첫 짝은 한 칸에 1라디안을 돌아야 해요.",
            look="첫 짝의 번호가 0이면 지수가 얼마인지 적어 봐요.",
            wrong=(_rates(lambda i, d: -2 * (i + 1) / d),),
            groups=("values", "wide"),
        ),
    ),
    correct=(_rates_list, _rates_exp, _rates_numpy, _rates(lambda i, d: -2 * i / d)),
)


# -- sinusoidal_pe --


def _pe_cases(rng):
    return [
        case("values", rng.int(7, 9), 6, atol=1e-4),
        case("values", 5, 2 * rng.int(4, 9), atol=1e-4),
        case("values", 1, 2, atol=1e-4),
        case("values", 1, 6, atol=1e-4),
        case("values", 3, 4, atol=1e-4),
        case("long", rng.int(120, 160), 2 * rng.int(10, 20), atol=1e-4),
    ]


def _angles(max_len, d_model, first=0):
    return torch.arange(first, max_len + first)[:, None] * positional.angle_rates(d_model)


def _interleave(even, odd):
    return torch.stack([even, odd], dim=-1).flatten(-2)


def _pe_each_dimension(exponent):
    """차원마다 지수를 따로 계산해요. 짝수 차원은 sin, 홀수 차원은 cos이에요."""

    def pe(max_len, d_model):
        dims = torch.arange(d_model)
        angles = torch.arange(max_len)[:, None] / 10000 ** (exponent(dims) / d_model)
        return torch.where(dims % 2 == 0, angles.sin(), angles.cos())

    return pe


def _pe_stretched(least):
    """tensor2tensor와 fairseq의 표: 절반은 sin, 절반은 cos이고 지수의 분모가 하나 작아요."""

    def pe(max_len, d_model):
        half = d_model // 2
        rates = torch.exp(torch.arange(half) * -(math.log(10000) / max(half - 1, least)))
        angles = torch.arange(max_len)[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], dim=1)

    return pe


def _pe_outside(angle):
    """위치, 짝 번호, d에서 각도를 바로 계산해요."""

    def pe(max_len, d_model):
        angles = angle(torch.arange(max_len)[:, None], torch.arange(d_model // 2), d_model)
        return _interleave(angles.sin(), angles.cos())

    return pe


def _pe_overlapping(max_len, d_model):
    pe, angles = torch.zeros(max_len, d_model), _angles(max_len, d_model)
    for i in range(d_model // 2):
        pe[:, i], pe[:, i + 1] = angles[:, i].sin(), angles[:, i].cos()
    return pe


def _pe_loop(max_len, d_model):
    rows = [
        [(math.cos if j % 2 else math.sin)(p / 10000 ** ((j - j % 2) / d_model)) for j in range(d_model)]
        for p in range(max_len)
    ]
    return torch.tensor(rows)


def _pe_slices(max_len, d_model):
    pe = torch.zeros(max_len, d_model)
    position = torch.arange(max_len, dtype=torch.float32).unsqueeze(1)
    div = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
    pe[:, 0::2], pe[:, 1::2] = torch.sin(position * div), torch.cos(position * div)
    return pe


def _pe_complex(max_len, d_model):
    turn = torch.polar(torch.ones(max_len, d_model // 2), _angles(max_len, d_model))
    return _interleave(turn.imag, turn.real)


def _pe_numpy(max_len, d_model):
    angles = np.arange(max_len)[:, None] / 10000 ** (2 * (np.arange(d_model) // 2) / d_model)
    return torch.tensor(np.where(np.arange(d_model) % 2 == 0, np.sin(angles), np.cos(angles)), dtype=torch.float32)


SINUSOIDAL_PE = Exercise(
    name="sinusoidal_pe",
    lesson=LESSON,
    title="사인과 코사인의 표",
    points=20,
    groups={
        "values": "작은 표의 모든 값이 맞아요",
        "long": "128번째 위치까지 맞아요",
    },
    reference=positional.sinusoidal_pe,
    sample_cases=_pe_cases,
    examples=(case("values", 2, 6, atol=1e-4),),
    uses=("angle_rates",),
    mistakes=(
        Mistake(
            id="sinusoidal_pe.halves",
            title="번갈아 놓지 않고 이어 붙임",
            why="앞 절반에 사인, 뒤 절반에 코사인을 모아 놓았어요. 같은 재료지만 논문의 자리와 달라요.",
            look="0번 차원은 sin, 1번 차원은 cos, 2번 차원은 다시 sin이에요.",
            wrong=(lambda n, d: torch.cat([_angles(n, d).sin(), _angles(n, d).cos()], dim=-1),),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.sin-cos-exchanged",
            title="사인과 코사인이 바뀜",
            why="짝수 차원에 코사인, 홀수 차원에 사인이 들어갔어요.",
            look="위치 0의 줄은 0, 1, 0, 1, …로 시작해요. 여러분의 첫 줄을 찍어 봐요.",
            wrong=(lambda n, d: _interleave(_angles(n, d).cos(), _angles(n, d).sin()),),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.cos-own-exponent",
            title="코사인에 다른 지수",
            why="코사인의 지수를 (2i+1)로 계산해 짝끼리 빠르기가 달라졌어요. 그러면 둘은 한 원 위를 도는 짝이 아니에요.",
            look="논문의 두 식에서 지수를 나란히 놓고 견줘 봐요.",
            wrong=(_pe_each_dimension(lambda j: j),),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.positions-from-one",
            title="위치를 1부터 셈",
            why="첫 줄이 위치 1이에요. 표 전체가 한 칸씩 밀렸어요.",
            look="위치 0에서 sin(0)과 cos(0)이 얼마인지 떠올리고 첫 줄을 봐요.",
            wrong=(lambda n, d: _interleave(_angles(n, d, 1).sin(), _angles(n, d, 1).cos()),),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.dimension-index",
            title="짝 번호 대신 차원 번호(블로그의 코드)",
            why="지수의 i에 차원 번호를 그대로 넣었어요. 블로그 2편의 코드가 이 식이고, 물결이 논문보다 두 배나 급하게 길어져요. "
            "논문의 i는 사인과 코사인 '짝'의 번호예요.",
            look="0번과 1번 차원은 같은 짝이라 같은 i를 써요.",
            wrong=(_pe_each_dimension(lambda j: 2 * j), _pe_each_dimension(lambda j: 2 * (j - j % 2))),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.halves-stretched",
            title="이어 붙이고 지수의 분모도 다름(공개된 코드)",
            why="앞 절반에 사인, 뒤 절반에 코사인을 모았고, 지수를 짝의 수보다 하나 작은 수로 나눴어요. "
            "tensor2tensor와 fairseq의 코드가 이렇게 하지만 논문의 식과는 자리도 빠르기도 달라요.",
            look="빠르기는 여러분의 `angle_rates`로 만들고, 0번 차원은 sin, 1번 차원은 cos인지 봐요.",
            wrong=(_pe_stretched(1), _pe_stretched(0)),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.one-function-only",
            title="사인이나 코사인 한 가지만 씀",
            why="모든 차원에 사인과 코사인 가운데 한 가지만 넣었어요. 높이만으로는 바늘의 방향이 하나로 정해지지 않아요.",
            look="짝수 차원과 홀수 차원에 서로 다른 함수가 들어가는지 봐요.",
            wrong=(
                lambda n, d: _interleave(_angles(n, d).sin(), _angles(n, d).sin()),
                lambda n, d: _interleave(_angles(n, d).cos(), _angles(n, d).cos()),
            ),
            groups=("values", "long"),
        ),
        Mistake(
            id="sinusoidal_pe.angle-without-exponent",
            title="짝의 번호가 지수 밖에 있음",
            why="짝의 번호가 지수에 들어가지 않고 바깥에서 곱해져서, 각도가 모두 0이거나 0에 가까워요. 그래서 위치가 달라도 줄이 거의 그대로예요.",
            look="`**`는 `*`와 `/`보다 먼저 계산돼요. 지수를 통째로 괄호로 묶거나, 여러분의 `angle_rates`로 각도를 만들어 봐요.",
            wrong=(
                _pe_outside(lambda p, i, d: p / 10000**2 * i / d),
                _pe_outside(lambda p, i, d: p * 10000.0**-2 * i / d),
                _pe_outside(lambda p, i, d: p / 10000 * (2 * i / d)),
            ),
            groups=(
                "values",
                "long",
            ),
        ),
        Mistake(
            id="sinusoidal_pe.pair-as-column",
            title="짝의 번호를 열의 번호로 씀",
            why="짝의 번호를 그대로 열의 번호로 썼어요. 짝은 두 열을 차지하므로, 앞의 짝이 쓴 열을 뒤의 짝이 덮어쓰고 뒤쪽 열은 비어요.",
            look="1번 짝의 사인과 코사인이 몇 번 열과 몇 번 열에 와야 하는지 적어 봐요.",
            wrong=(_pe_overlapping,),
            groups=(
                "values",
                "long",
            ),
        ),
        Mistake(
            id="sinusoidal_pe.last-row-everywhere",
            title="모든 줄이 마지막 위치의 줄",
            why="모든 줄에 마지막 위치의 줄이 들어갔어요. `[목록] * max_len`으로 만든 표는 줄마다 같은 목록 하나를 가리켜서, 한 줄을 고치면 모두 바뀌어요.",
            look="표의 첫 줄만 고친 다음 둘째 줄을 찍어 봐요.",
            wrong=(lambda n, d: _interleave(_angles(n, d).sin(), _angles(n, d).cos())[-1:].repeat(n, 1),),
            groups=(
                "values",
                "long",
            ),
        ),
        Mistake(
            id="sinusoidal_pe.reshaped",
            title="모양만 맞춰 값이 섞임",
            why="값은 다 나왔지만 모양만 맞추면서 다른 자리에 놓였어요. `reshape`와 `view`는 값을 놓인 차례대로 다시 끊을 뿐이에요.",
            look="`reshape`나 `view` 바로 앞의 모양을 적고, 어느 축이 마지막에 있어야 사인과 코사인이 번갈아 놓이는지 봐요.",
            wrong=(
                lambda n, d: _interleave(_angles(n, d).sin(), _angles(n, d).cos()).reshape(d, n).T,
                lambda n, d: torch.stack([_angles(n, d).sin(), _angles(n, d).cos()]).reshape(n, d),
            ),
            groups=(
                "values",
                "long",
            ),
        ),
        Mistake(
            id="sinusoidal_pe.ninety-radians",
            title="90도 대신 90라디안을 밂",
            why="사인의 각도에 90을 더해 코사인을 만들려고 했어요. 이 각도의 단위는 라디안이라, 90도가 아니라 90라디안이 더해져요.",
            look="`torch.sin(torch.tensor(90.0))`을 찍어 봐요.",
            wrong=(lambda n, d: _interleave(_angles(n, d).sin(), (_angles(n, d) + 90).sin()),),
            groups=(
                "values",
                "long",
            ),
        ),
        Mistake(
            id="sinusoidal_pe.transposed",
            title="위치와 차원의 축이 바뀜",
            why="표의 행이 차원, 열이 위치예요. 줄 하나가 위치 하나여야 해요.",
            look="결과의 모양이 (max_len, d_model)인지 봐요.",
            wrong=(lambda n, d: _interleave(_angles(n, d).sin(), _angles(n, d).cos()).T,),
            groups=("values", "long"),
        ),
    ),
    correct=(_pe_loop, _pe_slices, _pe_complex, _pe_numpy),
)


# -- add_pe, learned_pe --


def _table_cases(rng):
    b, t, d, rows = rng.choice([(2, 5, 6, 11), (3, 4, 7, 13), (2, 6, 8, 14)])
    return {
        "values": (rng.normal(b, t, d), rng.normal(rows, d)),
        "short": (rng.normal(3, 1, 1), rng.normal(5, 1)),  # 단어가 하나뿐인 문장들
        "square": (rng.normal(4, 4, 3), rng.normal(17, 3)),
        "single": (rng.normal(1, 4, 6), rng.normal(7, 6)),  # 문장이 하나
        "exact": (rng.normal(2, 5, 7), rng.normal(5, 7)),
        "double": (rng.normal(2, 3, 5, dtype=torch.float64), rng.normal(8, 5, dtype=torch.float64)),
        "too_long": (rng.normal(b, t, d), rng.normal(t - 1, d)),
        "one_row": (rng.normal(b, t, d), rng.normal(1, d)),  # 한 줄뿐인 표는 막지 않으면 조용히 모든 단어에 더해져요.
    }


def _add_cases(rng):
    tables = _table_cases(rng)
    return [
        case("values", *tables["values"]),
        case("values", *tables["short"]),
        *(case(group, *tables[group]) for group in ("square", "single", "exact", "double")),
        case("errors", *tables["too_long"], comparator="raises", params={"error": "ValueError"}),
        case("errors", *tables["one_row"], comparator="raises", params={"error": "ValueError"}),
    ]


_ADD_EXAMPLE = case(
    "values", torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([[0.0, 1.0], [0.8, 0.5], [0.9, -0.4]])
)


def _checked(compute):
    """길이를 먼저 확인하는 덧셈."""

    def add(x, table):
        if x.shape[1] > table.shape[0]:
            raise ValueError("문장이 표보다 길어요")
        return compute(x, table)

    return add


def _add_loop(x, table):
    out = x.clone()
    for t in range(x.shape[1]):
        out[:, t] += table[t]
    return out


_ADD_CORRECT = (
    _checked(_add_loop),
    _checked(lambda x, table: x + torch.nn.functional.embedding(torch.arange(x.shape[1]), table)),
    _checked(lambda x, table: torch.stack([sentence + table[: len(sentence)] for sentence in x])),
    _checked(lambda x, table: torch.stack([x[:, t] + table[t] for t in range(x.shape[1])], dim=1)),
    _checked(lambda x, table: x + table.unsqueeze(0)[:, : x.size(1)].expand(x.size(0), -1, -1)),
)


def _add_own_error(x, table):
    """ValueError를 물려받은 예외도 ValueError예요."""
    if x.shape[1] > table.shape[0]:
        raise type("TooLong", (ValueError,), {})(x.shape[1])
    return torch.add(x, table[: x.shape[1]])


ADD_PE = Exercise(
    name="add_pe",
    lesson=LESSON,
    title="임베딩에 위치를 더하기",
    points=11,
    groups={
        "values": "문장마다 앞에서부터 T개의 위치를 더해요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "single": "문장이 하나여도 위치마다 다른 값을 더해요",
        "exact": "표의 길이와 문장의 길이가 같아도 돼요",
        "double": "float64에서도 맞아요",
        "errors": "표보다 긴 문장은 ValueError로 알려요",
    },
    reference=positional.add_pe,
    sample_cases=_add_cases,
    examples=(_ADD_EXAMPLE,),
    mistakes=(
        Mistake(
            id="add_pe.batch-as-length",
            title="문장 수만큼 표를 자름",
            why="표에서 앞의 T줄이 아니라 B줄을 잘랐어요. 문장이 하나면 위치 0이 모든 단어에 더해지고, T와 B가 다르면 대개 모양이 맞지 않아요.",
            look="`x.size(0)`과 `x.size(1)`이 각각 무엇의 개수인지 봐요.",
            wrong=(_checked(lambda x, pe: x + pe[: x.shape[0]]),),
            groups=("values", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.sentence-index",
            title="단어가 아니라 문장의 번호를 더함",
            why="한 문장의 모든 단어에 같은 줄이 더해졌어요. 줄의 번호가 단어가 아니라 문장을 따라가요.",
            look="더한 값 `결과 - x`를 찍어, 어느 축을 따라 바뀌는지 봐요.",
            wrong=(_checked(lambda x, pe: x + pe[: x.shape[0], None].expand(-1, x.shape[1], -1)),),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.single-row",
            title="줄 하나만 더함",
            why="앞의 T줄을 자르지 않고 줄 하나만 꺼내, 모든 단어에 똑같이 더했어요. 순서가 그대로 사라져요.",
            look="`pe[T]`와 `pe[:T]`의 모양을 견줘 봐요.",
            wrong=(
                _checked(lambda x, pe: x + pe[x.shape[1]]),
                _checked(lambda x, pe: x + pe[x.shape[1] - 1]),
                _checked(lambda x, pe: x + pe[0]),
            ),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.multiplied",
            title="더하지 않고 곱함",
            why="임베딩에 위치를 곱했어요. 사인이 0인 차원에서는 단어의 뜻이 지워져요.",
            look="논문은 두 벡터를 'sum'한다고 적었어요.",
            wrong=(_checked(lambda x, pe: x * pe[: x.shape[1]]),),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.replaced",
            title="임베딩이 사라짐",
            why="위치만 남고 단어의 임베딩이 없어졌어요.",
            look="`x`가 돌려주는 식에 들어 있는지 봐요.",
            wrong=(_checked(lambda x, pe: pe[: x.shape[1]].expand_as(x)), _checked(lambda x, pe: pe[: x.shape[1]])),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.encoding-scaled",
            title="위치까지 √d_model배",
            why="더한 뒤에, 또는 위치 쪽에 √d_model을 곱했어요. 위치가 단어의 뜻을 덮을 만큼 커져요.",
            look="√d_model은 임베딩에만 곱해요. 그 일은 레슨 7의 `embed`가 맡아요.",
            wrong=(
                _checked(lambda x, pe: (x + pe[: x.shape[1]]) * math.sqrt(x.shape[2])),
                _checked(lambda x, pe: x + pe[: x.shape[1]] * math.sqrt(x.shape[2])),
            ),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.embedding-scaled",
            title="여기서 임베딩을 √d_model배",
            why="x에 √d_model을 곱하고 더했어요. 논문에 있는 배율이지만 이 함수가 할 일은 아니에요. 두 번 곱하게 돼요.",
            look="그 배율은 레슨 7의 `embed`가 맡아요. 여기서는 더하기만 해요.",
            wrong=(_checked(lambda x, pe: x * math.sqrt(x.shape[2]) + pe[: x.shape[1]]),),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.whole-table",
            title="표를 자르지 않음",
            why="표를 자르지 않고 통째로 더했어요. 표의 줄 수가 단어의 수와 같거나 단어가 하나일 때가 아니면 모양이 맞지 않아요.",
            look="문장에 단어가 T개면 표에서 몇 줄이 필요한지 봐요.",
            wrong=(_checked(lambda x, pe: x + pe),),
            groups=("values", "square", "single", "double"),
        ),
        Mistake(
            id="add_pe.all-rows-added",
            title="단어마다 T줄을 모두 더함",
            why="단어마다 제 위치의 줄 하나가 아니라 앞의 T줄을 모두 더했어요. 모든 단어에 같은 것이 더해져서 순서가 사라져요.",
            look="반복문 안에서 문장 전체에 더하는지, t번째 단어에만 더하는지 봐요.",
            wrong=(_checked(lambda x, pe: x + pe[: x.shape[1]].sum(dim=0)),),
            groups=(
                "values",
                "square",
                "single",
                "exact",
                "double",
            ),
        ),
        Mistake(
            id="add_pe.concatenated",
            title="더하지 않고 이어 붙임",
            why="임베딩 뒤에 위치를 이어 붙여서 벡터가 두 배로 길어졌어요. 그다음 모든 층이 비싸져요.",
            look="결과의 모양이 x와 같은지 봐요. 논문은 두 벡터를 'sum'한다고 적었어요.",
            wrong=(_checked(lambda x, pe: torch.cat([x, pe[: x.shape[1]].expand_as(x)], dim=-1)),),
            groups=("values", "square", "single", "exact", "double"),
        ),
        Mistake(
            id="add_pe.rows-shifted",
            title="표를 앞에서부터 읽지 않음",
            why="표에서 T줄을 잘랐지만 0번 줄부터가 아니에요. 첫 단어는 위치 0이에요.",
            look="자른 줄의 첫 번호와 마지막 번호를 적어 봐요.",
            wrong=(
                _checked(lambda x, pe: x + pe[1 : x.shape[1] + 1]),
                _checked(lambda x, pe: x + pe[1:][torch.arange(x.shape[1])]),
            ),
            groups=("values", "square", "single", "exact", "double"),
        ),
    ),
    correct=(
        *_ADD_CORRECT,
        _add_own_error,
        _checked(lambda x, table: torch.from_numpy(x.numpy() + table.numpy()[None, : x.shape[1]])),
    ),
)


# 표를 배우려면 기울기가 표까지(그리고 임베딩까지) 흘러야 해요.
def _learned_cases(rng):
    tables = _table_cases(rng)
    x, table = tables["values"]
    # 독스트링이 말한 대로, 없는 줄을 꺼내다 저절로 나는 예외도 괜찮아요.
    welcome = {"error": ("ValueError", "IndexError", "RuntimeError")}
    return [
        case("values", x, table),
        case("values", *tables["short"]),
        case("values", *tables["single"]),
        *(case(group, *tables[group]) for group in ("square", "exact", "double")),
        Case("gradient", (Call((x + 1, table), grad_of=(0, 1), cotangent=rng.normal(*x.shape)),)),
        case("errors", *tables["too_long"], comparator="raises", params=welcome),
        case("errors", *tables["one_row"], comparator="raises", params=welcome),
    ]


_LEARNED_EXAMPLE = case(
    "values", torch.tensor([[[1.0], [2.0]], [[5.0], [6.0]]]), torch.tensor([[10.0], [20.0], [30.0]])
)


def _learned_module(x, table):
    layer = torch.nn.Embedding.from_pretrained(table, freeze=False)
    return x + torch.func.functional_call(layer, {"weight": table}, (torch.arange(x.shape[1]),))


LEARNED_PE = Exercise(
    name="learned_pe",
    lesson=LESSON,
    title="학습하는 위치",
    points=12,
    groups={
        "values": "문장마다 같은 앞쪽 T줄을 더해요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "exact": "표의 마지막 줄까지 쓰는 문장도 돼요",
        "double": "float64에서도 맞아요",
        "gradient": "기울기가 표까지 흘러서, 쓴 줄이 배워요",
        "errors": "표보다 긴 문장은 예외로 막아요",
    },
    behaviour=("gradient",),
    reference=positional.learned_pe,
    sample_cases=_learned_cases,
    examples=(_LEARNED_EXAMPLE,),
    uses=("add_pe",),
    mistakes=(
        Mistake(
            id="learned_pe.offset-by-one",
            title="표를 한 칸 밀어 읽음",
            why="첫 단어가 0번이 아니라 1번 줄을 받았어요. 0번 줄은 영영 배우지 못하고, 가장 긴 문장에서는 줄이 모자라요.",
            look="파이썬의 번호는 0부터예요. 첫 단어의 위치를 몇으로 셌는지 봐요.",
            wrong=(
                _checked(lambda x, table: x + table[1 : x.shape[1] + 1]),
                _checked(lambda x, table: x + table[torch.arange(1, x.shape[1] + 1)]),
            ),
            groups=("values", "square", "exact", "double", "gradient"),
        ),
        Mistake(
            id="learned_pe.offset-two",
            title="표를 두 칸 밀어 읽음(공개된 코드)",
            why="첫 단어가 0번이 아니라 2번 줄을 받았어요. BART와 OPT의 코드가 패딩 때문에 두 줄을 비워 두는데, 우리 표에는 비워 둔 줄이 없어요.",
            look="`offset`이나 `+ 2`를 함께 베껴 오지 않았는지, 첫 단어의 위치를 몇으로 셌는지 봐요.",
            wrong=(
                _checked(lambda x, table: x + table[2 : x.shape[1] + 2]),
                _checked(lambda x, table: x + table[torch.arange(x.shape[1]) + 2]),
            ),
            groups=("values", "square", "exact", "double", "gradient"),
        ),
        Mistake(
            id="learned_pe.last-rows",
            title="표의 끝에서 읽음",
            why="표의 앞쪽이 아니라 끝쪽의 T줄을 읽었어요. 문장이 길어지면 첫 단어가 받는 줄까지 달라져요.",
            look="자른 줄의 첫 번호가 문장의 길이와 상관없이 늘 0인지 봐요.",
            wrong=(_checked(lambda x, table: x + table[-x.shape[1] :]),),
            groups=("values", "square", "double", "gradient"),
        ),
        Mistake(
            id="learned_pe.detached",
            title="표를 그래프에서 떼어 냄",
            why="값은 맞지만 기울기가 표까지 흐르지 않아요. 이 표는 아무리 학습해도 처음 뽑은 난수 그대로예요.",
            look="`.detach()`, `.data`, `torch.no_grad()`를 썼는지, `torch.tensor(...)`, `nn.Parameter(...)`, `nn.Embedding`으로 표를 새로 만들었는지 봐요.",
            wrong=(
                _checked(lambda x, table: x + table[: x.shape[1]].detach()),
                _checked(lambda x, table: (x + table[: x.shape[1]]).detach()),
                _checked(lambda x, table: x + torch.tensor(table.tolist(), dtype=table.dtype)[: x.shape[1]]),
                _checked(lambda x, table: x + torch.from_numpy(table.detach().numpy())[: x.shape[1]]),
                _checked(lambda x, table: x + torch.nn.Parameter(table)[: x.shape[1]]),
            ),
            groups=("gradient",),
        ),
        Mistake(
            id="learned_pe.not-shared",
            title="문장마다 다른 줄을 씀",
            why="표의 줄이 문장마다 달라졌어요. 위치 0은 어느 문장에서나 같은 줄이어야 배운 것을 함께 쓸 수 있어요.",
            look="더한 값 `결과 - x`가 문장을 바꿔도 같은지 봐요.",
            wrong=(
                _checked(lambda x, table: x + table[: x.shape[0], None].expand(-1, x.shape[1], -1)),
                _checked(lambda x, table: x + table[: x.shape[0] * x.shape[1]].view(x.shape)),
            ),
            groups=("values", "square", "exact", "double", "gradient"),
        ),
        Mistake(
            id="learned_pe.row-by-content",
            title="단어의 값으로 줄을 고름",
            why="줄의 번호를 단어의 자리가 아니라 단어의 값에서 골랐어요. 같은 단어는 어느 자리에 있어도 같은 줄을 받아요.",
            look="문장의 0번째 단어는 무엇이든 몇 번 줄을 받아야 하는지 봐요.",
            wrong=(_checked(lambda x, table: x + table[x.argmax(dim=-1)]),),
            groups=("values", "square", "exact", "double", "gradient"),
        ),
        Mistake(
            id="learned_pe.one-row-for-all",
            title="모든 위치에 같은 줄",
            why="모든 단어가 같은 줄을 받았어요. 어느 단어가 앞에 있는지 여전히 알 수 없어요.",
            look="더한 값 `결과 - x`가 위치를 따라 바뀌는지 봐요.",
            wrong=(
                _checked(lambda x, table: x + table[0]),
                _checked(lambda x, table: x + table[x.shape[1] - 1]),
                _checked(lambda x, table: x + table.mean(0)),
            ),
            groups=("values", "square", "exact", "double", "gradient"),
        ),
    ),
    correct=(
        *_ADD_CORRECT,
        _add_own_error,
        _checked(_learned_module),
        lambda x, table: x + torch.nn.functional.embedding(torch.arange(x.shape[1]), table),
        lambda x, table: torch.stack([x[:, t] + table[t] for t in range(x.shape[1])], dim=1),
    ),
)


# -- shift_matrix --

_ROWS = 60


def _shift_case(group, k, d_model):
    """어느 위치의 줄에 곱해도 k칸 뒤의 줄이 되는 행렬이면 맞아요.

    위치 0의 줄에는 sin이 0이라 부호가 틀린 행렬도 맞아 보여요. 그래서 위치 1부터 봐요.
    """
    pe = positional.sinusoidal_pe(_ROWS + abs(k), d_model)
    first = max(1, -k)
    before, after = pe[first:_ROWS], pe[first + k : _ROWS + k]
    return case(
        group,
        k,
        d_model,
        comparator="maps_rows",
        atol=5e-4,
        rtol=0.0,
        params={"before": before, "after": after, "first": first, "partly": "shift_matrix.one-position-only"},
    )


def _shift_cases(rng):
    return [
        _shift_case("forward", rng.int(2, 4), 6),
        _shift_case("forward", rng.choice([5, 6, 10, 11, 12]), 2 * rng.int(4, 8)),  # 첫 짝의 사인이 음수예요.
        _shift_case("backward", -rng.int(2, 6), 8),
    ]


def _blocks(*cells):
    """짝마다 2×2 블록을 대각선에 놓아요. cells는 블록의 왼쪽 위, 오른쪽 위, 왼쪽 아래, 오른쪽 아래 (D/2,)예요."""
    return torch.block_diag(*torch.stack(cells, dim=-1).view(-1, 2, 2))


def _rotations(angles):
    cos, sin = angles.cos(), angles.sin()
    return _blocks(cos, -sin, sin, cos)


def _shift_signs(upper, lower):
    """두 사인의 부호를 마음대로 정한 블록들."""

    def shift(k, d_model):
        angles = k * positional.angle_rates(d_model)
        cos, sin = angles.cos(), angles.sin()
        return _blocks(cos, upper * sin, lower * sin, cos)

    return shift


def _shift_cells(cells):
    """cos φ와 sin φ에서 블록의 네 칸을 고르는 함수대로 채운 블록들."""

    def shift(k, d_model):
        angles = k * positional.angle_rates(d_model)
        return _blocks(*cells(angles.cos(), angles.sin()))

    return shift


def _shift_at(p):
    def shift(k, d_model):
        pe = positional.sinusoidal_pe(64, d_model)
        return torch.outer(pe[p], pe[p + k]) / pe[p].dot(pe[p])

    return shift


def _shift_rates_by_column(k, d_model):
    angles = k * positional.angle_rates(d_model)
    return _rotations(torch.stack([angles[j] for j in range(0, d_model, 2)]))


def _shift_blocks(k, d_model):
    angles = k * positional.angle_rates(d_model)
    return [torch.stack([a.cos(), -a.sin(), a.sin(), a.cos()]).view(2, 2) for a in angles]


def _shift_overlapping(k, d_model):
    M = torch.zeros(d_model, d_model)
    for i, block in enumerate(_shift_blocks(k, d_model)):
        M[i : i + 2, i : i + 2] = block
    return M


def _shift_unfilled(cell, start):
    """블록의 네 칸 가운데 `cell`번째 칸에는 처음 값이 남아요."""

    def shift(k, d_model):
        angles = k * positional.angle_rates(d_model)
        cells = [angles.cos(), -angles.sin(), angles.sin(), angles.cos()]
        cells[cell] = torch.full_like(angles, start)
        return _blocks(*cells)

    return shift


def _shift_root(k, d_model):
    cos = (k * positional.angle_rates(d_model)).cos()
    sin = (1 - cos**2).sqrt()
    return _blocks(cos, -sin, sin, cos)


def _shift_halves(k, d_model):
    angles = k * positional.angle_rates(d_model)
    cos, sin = torch.diag(angles.cos()), torch.diag(angles.sin())
    return torch.cat([torch.cat([cos, -sin], 1), torch.cat([sin, cos], 1)])


def _shift_fill(k, d_model):
    M = torch.zeros(d_model, d_model)
    for i, rate in enumerate(positional.angle_rates(d_model).tolist()):
        cos, sin = math.cos(k * rate), math.sin(k * rate)
        M[2 * i, 2 * i] = M[2 * i + 1, 2 * i + 1] = cos
        M[2 * i + 1, 2 * i], M[2 * i, 2 * i + 1] = sin, -sin
    return M


def _generator_of_turns(d_model):
    """아주 조금 돌릴 때의 변화율. 지수 함수에 넣으면 회전이 돼요."""
    rates = positional.angle_rates(d_model).double()
    return _blocks(torch.zeros_like(rates), -rates, rates, torch.zeros_like(rates))


def _shift_power(k, d_model):
    return torch.linalg.matrix_power(_shift_fill(1, d_model).double(), k).float()


def _shift_least_squares(k, d_model):
    """회전을 몰라도 여러 위치에서 최소제곱으로 풀면 같은 행렬을 만나요."""
    angles = torch.arange(-400, 400, dtype=torch.float64)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)

    def table(p):
        return _interleave(p.sin(), p.cos())

    shifted = angles + k / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.linalg.lstsq(table(angles), table(shifted)).solution


SHIFT_MATRIX = Exercise(
    name="shift_matrix",
    lesson=LESSON,
    title="k칸 옮기는 행렬",
    points=20,
    groups={
        "forward": "어느 위치에서나 k칸 뒤의 인코딩이 돼요",
        "backward": "k가 음수면 앞의 위치로 옮겨요",
    },
    reference=positional.shift_matrix,
    sample_cases=_shift_cases,
    examples=(_shift_case("forward", 0, 6), _shift_case("forward", 2, 2)),
    uses=("angle_rates",),
    mistakes=(
        Mistake(
            id="shift_matrix.rotation-sign",
            title="반대 방향으로 돌림",
            why="k칸 뒤가 아니라 k칸 앞의 줄로 옮기는 행렬이에요. 사인의 부호가 바뀌었거나, 행렬을 왼쪽에서 곱하는 식을 썼어요.",
            look="이 코스는 행 벡터에 오른쪽에서 곱해요(`pe[p] @ M`). 덧셈 정리로 sin(p+k)를 펼쳐 첫 열을 확인해 봐요.",
            wrong=(lambda k, d_model: _rotations(k * positional.angle_rates(d_model)).T,),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.one-position-only",
            title="한 위치에서만 맞음",
            why="어떤 위치에서는 맞지만 다른 위치에서는 틀려요. 특정한 위치의 pe[p]에 맞춘 행렬이에요.",
            look="M에는 위치 p가 들어가지 않아요. k와 빠르기만으로 만들어 봐요.",
            wrong=(_shift_at(8), _shift_at(20), _shift_at(31)),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.same-angle",
            title="모든 짝을 같은 각도로 돌림",
            why="짝마다 빠르기가 다른데 모든 짝을 같은 각도만큼 돌렸어요.",
            look="i번째 짝이 한 칸에 도는 각도는 `angle_rates`의 i번째 값이에요.",
            wrong=(lambda k, d_model: _rotations(torch.full((d_model // 2,), float(k))),),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.halves",
            title="절반씩 짝지음",
            why="i번째 차원과 i + d_model/2번째 차원을 짝지어 돌렸어요. 우리 표에서는 2i와 2i+1이 짝이에요.",
            look="2×2 회전이 대각선을 따라 나란히 놓이는지 그려 봐요.",
            wrong=(_shift_halves,),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.same-signs",
            title="두 사인의 부호가 같음",
            why="2×2 블록에 든 두 사인의 부호가 같아요. 돌리는 행렬이라면 한쪽은 +, 한쪽은 -예요.",
            look="cos(θ + φ)를 덧셈 정리로 펼쳐, 둘째 열에서 sin φ 앞의 부호를 확인해요.",
            wrong=(_shift_signs(1.0, 1.0), _shift_signs(-1.0, -1.0)),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.cosine-signs",
            title="두 코사인의 부호가 다름",
            why="2×2 블록의 대각선에 있는 두 코사인의 부호가 서로 달라요. 돌리는 행렬이라면 둘 다 +예요.",
            look="k가 0이면 각도가 모두 0이에요. 그때 여러분의 블록이 단위 행렬이 되는지 봐요.",
            wrong=(
                _shift_cells(lambda cos, sin: (cos, sin, sin, -cos)),
                _shift_cells(lambda cos, sin: (-cos, sin, sin, cos)),
                _shift_cells(lambda cos, sin: (cos, -sin, sin, -cos)),
                _shift_cells(lambda cos, sin: (-cos, -sin, sin, cos)),
            ),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.sin-cos-exchanged",
            title="사인과 코사인의 자리가 바뀜",
            why="2×2 블록의 대각선에 사인이 있어요. sin(θ + φ)를 펼칠 때 sin θ에 곱해지는 것은 cos φ라서, 대각선은 코사인의 자리예요.",
            look="k가 0이면 sin은 0, cos은 1이에요. 그때 여러분의 블록이 단위 행렬이 되는지 봐요.",
            wrong=(
                _shift_cells(lambda cos, sin: (sin, cos, cos, -sin)),
                _shift_cells(lambda cos, sin: (sin, cos, -cos, sin)),
                _shift_cells(lambda cos, sin: (sin, -cos, cos, sin)),
                _shift_cells(lambda cos, sin: (sin, cos, cos, sin)),
            ),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.degrees",
            title="라디안을 한 번 더 바꿈",
            why="각도에 π/180을 한 번 더 곱했어요. `angle_rates`의 단위는 벌써 라디안이라, 바꾸면 각도가 57분의 1쯤으로 줄어요.",
            look="`radians`나 `deg2rad`를 지나는 각도가 있는지 봐요.",
            wrong=(lambda k, d_model: _rotations(torch.deg2rad(k * positional.angle_rates(d_model))),),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.k-ignored",
            title="언제나 한 칸만 옮김",
            why="k가 얼마든 한 칸만 옮기는 행렬이에요.",
            look="각도를 만드는 식에 `k`가 들어 있는지 봐요.",
            wrong=(lambda k, d_model: _rotations(positional.angle_rates(d_model)),),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.negative-ignored",
            title="음수인 k도 뒤로 옮김",
            why="k가 양수일 때는 맞지만, 음수일 때도 앞의 위치가 아니라 뒤의 위치로 옮겨요.",
            look="k가 -1일 때 각도의 부호가 어떻게 되는지 봐요.",
            wrong=(lambda k, d_model: _rotations(abs(k) * positional.angle_rates(d_model)),),
            groups=("backward",),
        ),
        Mistake(
            id="shift_matrix.rate-by-column",
            title="빠르기를 차원의 번호로 꺼냄",
            why="짝의 빠르기를 차원의 번호로 꺼냈어요. `angle_rates`에는 빠르기가 짝마다 하나씩이라, 차원의 번호로 세면 모자라요.",
            look="d_model이 6일 때 빠르기가 몇 개인지, 반복문에서 번호가 몇까지 가는지 봐요.",
            wrong=(_shift_rates_by_column,),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.rolled",
            title="위치가 아니라 차원을 옮김",
            why="줄에 든 수들을 k번째 옆 차원으로 옮기는 행렬이에요. 옮겨야 하는 것은 차원이 아니라 위치라서, 차원마다 값이 달라져야 해요.",
            look="`pe[p]`와 `pe[p + k]`를 나란히 찍어 봐요. 같은 수들이 자리만 바꿨나요?",
            wrong=(
                lambda k, d_model: torch.roll(torch.eye(d_model), shifts=k, dims=1),
                lambda k, d_model: torch.roll(torch.eye(d_model), shifts=k, dims=0),
                lambda k, d_model: torch.roll(torch.eye(d_model), shifts=2 * k, dims=1),
                lambda k, d_model: torch.roll(torch.eye(d_model), shifts=2 * k, dims=0),
            ),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.cell-unfilled",
            title="블록의 원소 하나를 채우지 않음",
            why="2×2 블록의 원소 넷 가운데 하나를 채우지 않아서, 행렬을 처음 만들 때의 값이 남아 있어요.",
            look="블록 하나에 원소가 몇 개이고, 값을 넣는 곳이 몇 번 나오는지 세어 봐요.",
            wrong=(
                _shift_unfilled(0, 0.0),
                _shift_unfilled(1, 0.0),
                _shift_unfilled(2, 0.0),
                _shift_unfilled(3, 0.0),
                _shift_unfilled(0, 1.0),
                _shift_unfilled(3, 1.0),
            ),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.sine-by-root",
            title="사인의 부호가 사라짐",
            why="사인의 크기는 맞지만 부호가 없어요. 코사인에서 √(1 - cos²)으로 구하면 제곱근은 음수가 되지 않아요.",
            look="각도가 음수일 때와 π를 넘을 때 사인의 부호가 어떻게 되는지 떠올려 봐요.",
            wrong=(_shift_root,),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.blocks-overlap",
            title="블록을 짝의 번호 자리에 놓음",
            why="블록을 짝의 번호 자리에 놓았어요. 블록 하나가 두 행과 두 열을 차지하므로, 다음 블록이 앞 블록의 원소를 덮어쓰고 뒤쪽은 비어요.",
            look="1번 짝의 블록이 몇 번 행과 몇 번 행에 와야 하는지 적어 봐요.",
            wrong=(_shift_overlapping,),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.blocks-joined",
            title="블록을 대각선에 놓지 않음",
            why="짝마다 만든 블록을 대각선에 놓지 않고 이어 붙이거나 쌓았어요. d_model이 2보다 크면 결과가 (d_model, d_model)이 되지 않아요.",
            look="큰 행렬에서 블록 밖의 자리에는 무엇이 들어가는지 그려 봐요.",
            wrong=(
                lambda k, d_model: torch.cat(_shift_blocks(k, d_model)),
                lambda k, d_model: torch.cat(_shift_blocks(k, d_model), dim=1),
                lambda k, d_model: torch.stack(_shift_blocks(k, d_model)),
            ),
            groups=(
                "forward",
                "backward",
            ),
        ),
        Mistake(
            id="shift_matrix.off-by-one",
            title="한 칸 더 또는 덜 옮김",
            why="k칸이 아니라 한 칸 더, 또는 한 칸 덜 옮기는 행렬이에요.",
            look="k가 0이면 단위 행렬이 나오는지 봐요.",
            wrong=(
                lambda k, d_model: _rotations((k + 1) * positional.angle_rates(d_model)),
                lambda k, d_model: _rotations((k - 1) * positional.angle_rates(d_model)),
            ),
            groups=("forward", "backward"),
        ),
    ),
    correct=(
        _shift_fill,
        _shift_power,
        _shift_signs(-1.0, 1.0),
        lambda k, d_model: torch.linalg.matrix_exp(k * _generator_of_turns(d_model)),
        _shift_least_squares,
    ),
)


# -- rope (보너스) --


def _rope_cases(rng):
    t = rng.int(5, 7)
    far = torch.tensor(sorted(rng.sample(range(128), t)))
    return [
        case("values", rng.normal(2, 3, t, 8), torch.arange(t), atol=2e-4),
        case("positions", rng.normal(2, 4, t, 6), far.flip(0), atol=5e-4),
        case("double", rng.normal(1, 2, 4, 10, dtype=torch.float64), torch.arange(4), atol=1e-4),
        # float64에서는 x의 dtype이 각도의 float32를 이겨서, 맞추지 않은 dtype이 드러나지 않아요.
        case("double", rng.normal(1, 2, 4, 8).half(), torch.arange(4), atol=2e-2),
    ]


def _turn(x, angles, sign=1.0, odd_angles=None):
    """짝 (2i, 2i+1)을 angles (T, K/2)만큼 돌려요."""
    cos, sin = angles.cos().to(x.dtype), sign * angles.sin().to(x.dtype)
    odd_angles = angles if odd_angles is None else odd_angles
    cos_odd, sin_odd = odd_angles.cos().to(x.dtype), sign * odd_angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return _interleave(even * cos - odd * sin, even * sin_odd + odd * cos_odd)


def _pair_angles(x, positions, factor=1.0):
    return positions[:, None] * positional.angle_rates(x.shape[-1]) ** factor


def _rope_overwritten(clone):
    """짝수 번째를 먼저 고쳐 쓰고, 이미 돌아간 그 값으로 홀수 번째를 계산해요."""

    def turn(x, positions):
        angles = _pair_angles(x, positions)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        out = x.clone() if clone else x
        out[..., 0::2] = out[..., 0::2] * cos - out[..., 1::2] * sin
        out[..., 1::2] = out[..., 0::2] * sin + out[..., 1::2] * cos
        return out

    return turn


def _rope_pieces(x, positions, sign=-1.0):
    """돌린 짝의 앞쪽과 뒤쪽."""
    angles = _pair_angles(x, positions)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return even * cos + sign * odd * sin, even * sin + odd * cos


def _rope_halves(x, positions):
    angles = _pair_angles(x, positions)
    cos, sin = angles.cos().repeat(1, 2).to(x.dtype), angles.sin().repeat(1, 2).to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def _rope_half_partner(x, positions):
    """각도는 번갈아 놓고 짝은 절반 건너에서 찾는, 두 배치를 섞어 쓴 코드."""
    angles = _pair_angles(x, positions)
    cos, sin = _interleave(angles.cos(), angles.cos()).to(x.dtype), _interleave(angles.sin(), angles.sin()).to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def _rope_halves_interleaved(x, positions):
    """절반 건너의 칸과 짝지어 돌린 다음 번갈아 놓아요."""
    pairs = x.unflatten(-1, (2, -1)).transpose(-1, -2).flatten(-2)
    return _turn(pairs, _pair_angles(x, positions))


def _rope_half_angles(x, positions):
    """짝은 이웃에서 찾고 각도는 절반씩 늘어놓은, 두 배치를 섞어 쓴 코드."""
    angles = _pair_angles(x, positions).repeat(1, 2)
    partners = _interleave(-x[..., 1::2], x[..., 0::2])
    return x * angles.cos().to(x.dtype) + partners * angles.sin().to(x.dtype)


def _rope_partners(x, positions):
    """x·cos + (짝을 돌려놓은 x)·sin. 짝을 이웃에서 찾아서 맞아요."""
    angles = _pair_angles(x, positions).repeat_interleave(2, dim=-1)
    partners = _interleave(-x[..., 1::2], x[..., 0::2])
    return x * angles.cos().to(x.dtype) + partners * angles.sin().to(x.dtype)


def _rope_each_dimension(x, positions):
    k = x.shape[-1]
    rates = 10000.0 ** (-torch.arange(k) / k)
    return _turn(x, positions[:, None] * rates[0::2], odd_angles=positions[:, None] * rates[1::2])


def _rope_complex(x, positions):
    pairs = torch.view_as_complex(x.double().reshape(*x.shape[:-1], -1, 2).contiguous())
    angles = _pair_angles(x, positions).double()
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2).to(x.dtype)


def _rope_loop(x, positions):
    rows = []
    for t, p in enumerate(positions.tolist()):
        pairs = []
        for i in range(x.shape[-1] // 2):
            angle = p * 10000 ** (-2 * i / x.shape[-1])
            a, b = x[..., t, 2 * i], x[..., t, 2 * i + 1]
            pairs += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        rows.append(torch.stack(pairs, dim=-1))
    return torch.stack(rows, dim=-2)


def _rope_matrices(x, positions):
    # shift_matrix(k)는 [sin, cos] 짝을 돌리므로 (앞, 뒤) 짝에는 반대로 곱해요.
    turns: list[Tensor] = [positional.shift_matrix(-p, x.shape[-1]).to(x.dtype) for p in positions.tolist()]
    return torch.einsum("bhtk,tkm->bhtm", x, torch.stack(turns))


ROPE = Exercise(
    name="rope",
    lesson=LESSON,
    title="RoPE: 더하지 않고 돌리기",
    points=0,
    groups={
        "values": "짝마다 제 각도만큼 돌려요",
        "positions": "건너뛰고 뒤집힌 위치도 그대로 써요",
        "double": "float64를 주면 float64로, float16을 주면 float16으로 돌려줘요",
    },
    reference=positional.rope,
    sample_cases=_rope_cases,
    examples=(case("positions", torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([1]), atol=2e-4),),
    uses=("angle_rates",),
    mistakes=(
        Mistake(
            id="rope.halves",
            title="절반씩 짝지음",
            why="i번째 차원을 i + K/2번째 차원과 짝지었어요. 다른 구현에서 쓰는 배치지만 우리 짝은 2i와 2i+1이에요.",
            look="`chunk`나 절반 자르기 대신, 짝수 번째와 홀수 번째를 골라내 봐요.",
            wrong=(_rope_halves, _rope_half_partner, _rope_halves_interleaved),
            groups=("values", "positions", "double"),
        ),
        Mistake(
            id="rope.sign",
            title="반대 방향으로 돌림",
            why="위치가 커질수록 시계 방향으로 돌아요. 사인의 부호가 서로 바뀌었어요.",
            look="(1, 0)을 조금 돌리면 둘째 성분이 양수가 되어야 해요.",
            wrong=(lambda x, positions: _turn(x, _pair_angles(x, positions), sign=-1.0),),
            groups=("values", "positions", "double"),
        ),
        Mistake(
            id="rope.dimension-index",
            title="짝 번호 대신 차원 번호",
            why="각도의 지수에 차원 번호를 넣었어요. 짝을 이룬 두 차원은 같은 각도로 돌아야 하고, 그 지수는 짝의 번호로 정해져요.",
            look="`angle_rates(K)`의 길이가 K인지 K/2인지 봐요.",
            wrong=(lambda x, positions: _turn(x, _pair_angles(x, positions, factor=2.0)), _rope_each_dimension),
            groups=("values", "positions", "double"),
        ),
        Mistake(
            id="rope.positions-ignored",
            title="positions를 쓰지 않음",
            why="받은 위치 대신 0, 1, 2, …를 썼어요. 문장의 중간에서 온 토큰도 모두 맨 앞자리에서부터 센 만큼만 돌아요.",
            look="`positions`가 각도를 만드는 식에 들어 있는지 봐요.",
            wrong=(lambda x, positions: _turn(x, _pair_angles(x, torch.arange(x.shape[2]))),),
            groups=("positions",),
        ),
        Mistake(
            id="rope.overwritten",
            title="고쳐 쓴 값으로 나머지 반쪽을 계산",
            why="짝수 번째를 먼저 고쳐 쓴 다음, 이미 돌아간 그 값으로 홀수 번째를 계산했어요.",
            look="두 줄을 차례로 쓰면 둘째 줄이 무엇을 읽는지 봐요. 고치기 전의 두 반쪽을 먼저 꺼내 둬요.",
            wrong=(_rope_overwritten(True), _rope_overwritten(False)),
            groups=("values", "positions", "double"),
        ),
        Mistake(
            id="rope.not-interleaved-back",
            title="돌린 두 반쪽을 이어 붙임",
            why="돌린 짝을 다시 번갈아 놓지 않고, 짝수 번째를 앞에 홀수 번째를 뒤에 모았어요.",
            look="결과의 0번과 1번이 같은 짝인지 봐요. 2-3에서 번갈아 놓던 방법이 그대로 통해요.",
            wrong=(lambda x, positions: torch.cat(_rope_pieces(x, positions), dim=-1),),
            groups=("values", "positions", "double"),
        ),
        Mistake(
            id="rope.angles-in-halves",
            title="각도만 절반씩 늘어놓음",
            why="짝은 이웃한 두 차원인데 각도는 앞 절반과 뒤 절반에 되풀이했어요. 그래서 한 짝의 두 차원이 서로 다른 각도를 써요.",
            look="K가 6일 때 0번과 1번 차원이 쓰는 각도를 적어 봐요. 각도도 짝의 자리에 맞춰 늘어놓아요.",
            wrong=(_rope_half_angles,),
            groups=(
                "values",
                "positions",
                "double",
            ),
        ),
        Mistake(
            id="rope.dtype-promoted",
            title="dtype을 x에 맞추지 않음",
            why="cos과 sin이 float32라서, float16인 x와 곱하자 결과가 float32로 넓어졌어요. float64에서는 x 쪽이 더 넓어서 드러나지 않아요.",
            look="cos과 sin의 dtype을 x의 dtype과 나란히 찍어 봐요.",
            wrong=(
                lambda x, positions: (
                    _turn(x.float(), _pair_angles(x, positions))
                    if x.dtype == torch.float16
                    else _turn(x, _pair_angles(x, positions))
                ),
            ),
            groups=("double",),
        ),
        Mistake(
            id="rope.same-signs",
            title="두 사인의 부호가 같음",
            why="새 짝수 번째와 새 홀수 번째에서 사인의 부호가 모두 +예요. 그러면 벡터의 길이가 달라져요.",
            look="회전 행렬의 네 원소 가운데 부호가 -인 것을 찾아봐요.",
            wrong=(lambda x, positions: _interleave(*_rope_pieces(x, positions, sign=1.0)),),
            groups=("values", "positions", "double"),
        ),
    ),
    both=(
        Both(
            ("rope.sign", "rope.not-interleaved-back"),
            (lambda x, positions: torch.cat(_rope_pieces(x, -positions), dim=-1),),
            ("values", "positions", "double"),
        ),
    ),
    correct=(
        _rope_complex,
        _rope_loop,
        _rope_matrices,
        lambda x, positions: _interleave(*_rope_pieces(x, positions)),
        _rope_partners,
    ),
)

EXERCISES: tuple[Exercise, ...] = (EQUIVARIANT, ANGLE_RATES, SINUSOIDAL_PE, ADD_PE, SHIFT_MATRIX, LEARNED_PE, ROPE)
