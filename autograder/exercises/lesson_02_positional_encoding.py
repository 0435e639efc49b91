"""레슨 2의 실습: 순서를 모르는 셀프 어텐션, 사인과 코사인, 회전, 배우는 위치, RoPE."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import BuiltArgument, case
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


def _equivariance_cases(rng):
    d = 4
    cases = []
    for form in range(10):
        b, t = (2, 6) if form == 0 else (5, 5)  # 문장과 단어의 수가 같아야 배치 축을 섞는 실수가 조용히 지나가요.
        data = {"form": form, "W": rng.normal(d, d, scale=0.7), "P": rng.normal(t, d)}
        cases.append(case("verdicts", BuiltArgument("words", data), rng.normal(b, t, d), _restless(rng, t)))
    order = rng.perm(len(cases)).tolist()
    return [cases[i] for i in order]


def _close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def _equivariant_loop(f, x, perm):
    out, shuffled = f(x), f(torch.stack([x[:, p] for p in perm.tolist()], dim=1))
    return all(_close(shuffled[:, new], out[:, old]) for new, old in enumerate(perm.tolist()))


EQUIVARIANT = Exercise(
    name="is_permutation_equivariant",
    lesson=LESSON,
    title="순서를 섞으면 따라 섞일까",
    points=14,
    groups={"verdicts": "함수 열 개를 모두 바르게 가려내요"},
    reference=positional.is_permutation_equivariant,
    sample_cases=_equivariance_cases,
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
            why="입력은 섞지 않은 채, 출력을 섞은 것과 섞지 않은 것을 견줬어요.",
            look="등식의 왼쪽과 오른쪽에서 f에 무엇이 들어가는지 적어 봐요.",
            wrong=(lambda f, x, perm: _close(f(x)[:, perm], f(x)),),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.permutes-twice",
            title="섞은 출력을 한 번 더 섞음",
            why="섞은 입력의 출력을 다시 섞었어요. 같은 순열을 두 번 쓴다고 제자리로 돌아오지는 않아요.",
            look="되돌리려면 거꾸로 가는 순열이 필요해요. 아니면 원래 출력 쪽을 섞어 견줘도 돼요.",
            wrong=(lambda f, x, perm: _close(f(x[:, perm])[:, perm], f(x)),),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.batch-axis",
            title="토큰이 아니라 문장을 섞음",
            why="0번 축은 문장이에요. 문장의 순서를 섞으면 어떤 함수든 따라 섞여서 늘 참이 돼요.",
            look="x의 모양 (B, T, D)에서 토큰이 늘어선 축을 골라요.",
            wrong=(lambda f, x, perm: _close(f(x[perm]), f(x)[perm]),),
            groups=("verdicts",),
        ),
        Mistake(
            id="is_permutation_equivariant.shape-only",
            title="모양만 견줌",
            why="모든 함수에 참이라고 답했어요. 모양은 섞어도 그대로라 아무것도 말해 주지 않아요.",
            look="값까지 가까운지 견주는 함수를 찾아봐요.",
            wrong=(lambda f, x, perm: f(x[:, perm]).shape == f(x).shape,),
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
    ),
)


# -- angle_rates --


def _rates_cases(rng):
    return [
        case("values", 6),
        case("values", 2 * rng.int(4, 9)),
        case("wide", 64 * rng.int(2, 8)),
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
    points=14,
    groups={
        "values": "짝마다 빠르기가 맞아요",
        "wide": "d_model이 클 때도 맞아요",
        "errors": "짝을 지을 수 없는 홀수 d_model은 ValueError로 알려요",
    },
    reference=positional.angle_rates,
    sample_cases=_rates_cases,
    mistakes=(
        Mistake(
            id="angle_rates.dimension-index",
            title="짝 번호 대신 차원 번호(블로그의 코드)",
            why="i에 차원의 번호를 넣어 지수가 두 배로 커졌어요. 블로그 2편의 코드가 바로 이 식이에요. "
            "논문의 i는 차원이 아니라 사인과 코사인 '짝'의 번호예요.",
            look="d_model이 6이면 짝은 몇 개이고, 마지막 짝의 번호는 몇인가요?",
            wrong=(_rates(lambda i, d: -2 * (2 * i) / d), _rates_every_dimension),
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
            why="`//`가 지수를 정수로 만들어 버렸어요. 빠르기가 부드럽게 줄지 않고 한두 가지 값뿐이에요.",
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
    ),
    correct=(_rates_list, _rates_exp, _rates_numpy, _rates(lambda i, d: -2 * i / d)),
)


# -- sinusoidal_pe --


def _pe_cases(rng):
    return [
        case("values", rng.int(7, 9), 6, atol=1e-4),
        case("values", 5, 2 * rng.int(4, 9), atol=1e-4),
        case("long", 128, 2 * rng.int(10, 20), atol=1e-4),
    ]


def _angles(max_len, d_model, first=0):
    return torch.arange(first, max_len + first)[:, None] * positional.angle_rates(d_model)


def _interleave(even, odd):
    return torch.stack([even, odd], dim=-1).flatten(-2)


def _pe_each_dimension(exponent):
    """차원마다 지수를 따로 계산해요. 짝수 차원은 sin, 홀수 차원은 cos예요."""

    def pe(max_len, d_model):
        dims = torch.arange(d_model)
        angles = torch.arange(max_len)[:, None] / 10000 ** (exponent(dims) / d_model)
        return torch.where(dims % 2 == 0, angles.sin(), angles.cos())

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
        "values": "작은 표의 모든 칸이 맞아요",
        "long": "128번째 위치까지 맞아요",
    },
    reference=positional.sinusoidal_pe,
    sample_cases=_pe_cases,
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
    ),
    correct=(_pe_loop, _pe_slices, _pe_complex, _pe_numpy),
)


# -- add_pe, learned_pe --


def _table_cases(rng, single):
    b, t, d, rows = rng.choice([(2, 5, 6, 11), (3, 4, 7, 13), (2, 6, 5, 14)])
    alone = [case("single", rng.normal(1, 4, 6), rng.normal(7, 6))] if single else []
    return [
        case("values", rng.normal(b, t, d), rng.normal(rows, d)),
        case("square", rng.normal(4, 4, 3), rng.normal(17, 3)),
        *alone,
        case("exact", rng.normal(2, 5, 3), rng.normal(5, 3)),
        case("double", rng.normal(2, 3, 5, dtype=torch.float64), rng.normal(8, 5, dtype=torch.float64)),
        case("errors", rng.normal(b, t, d), rng.normal(t - 2, d), comparator="raises", params={"error": "ValueError"}),
        case("errors", rng.normal(b, t, d), rng.normal(1, d), comparator="raises", params={"error": "ValueError"}),
    ]


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
    _checked(lambda x, table: torch.from_numpy(x.numpy() + table.numpy()[None, : x.shape[1]])),
)

ADD_PE = Exercise(
    name="add_pe",
    lesson=LESSON,
    title="임베딩에 위치를 더하기",
    points=15,
    groups={
        "values": "문장마다 앞에서부터 T개의 위치를 더해요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "single": "문장이 하나여도 위치마다 다른 값을 더해요",
        "exact": "표의 길이와 문장의 길이가 같아도 돼요",
        "double": "float64에서도 맞아요",
        "errors": "표보다 긴 문장은 ValueError로 알려요",
    },
    reference=positional.add_pe,
    sample_cases=lambda rng: _table_cases(rng, single=True),
    mistakes=(
        Mistake(
            id="add_pe.batch-as-length",
            title="문장 수만큼 표를 자름",
            why="표에서 앞의 T줄이 아니라 B줄을 잘랐어요. 문장이 하나면 위치 0이 모든 단어에 더해지고, 아니면 모양이 맞지 않아요.",
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
            title="T번 줄 하나만 더함",
            why="앞의 T줄을 자르지 않고 T번 줄 하나를 꺼내, 모든 단어에 똑같이 더했어요. 표가 딱 맞으면 범위를 벗어나요.",
            look="`pe[T]`와 `pe[:T]`의 모양을 견줘 봐요.",
            wrong=(_checked(lambda x, pe: x + pe[x.shape[1]]),),
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
    ),
    correct=_ADD_CORRECT,
)

LEARNED_PE = Exercise(
    name="learned_pe",
    lesson=LESSON,
    title="배우는 위치",
    points=14,
    groups={
        "values": "문장마다 같은 앞쪽 T줄을 더해요",
        "square": "문장 수와 단어 수가 같아도 축을 헷갈리지 않아요",
        "exact": "표의 마지막 줄까지 쓰는 문장도 돼요",
        "double": "float64에서도 맞아요",
        "errors": "표보다 긴 문장은 ValueError로 알려요",
    },
    reference=positional.learned_pe,
    sample_cases=lambda rng: _table_cases(rng, single=False),
    uses=("add_pe",),
    mistakes=(
        Mistake(
            id="learned_pe.offset-by-one",
            title="표를 한 칸 밀어 읽음",
            why="첫 단어가 0번이 아니라 1번 줄을 받았어요. 0번 줄은 영영 배우지 못하고, 가장 긴 문장에서는 줄이 모자라요.",
            look="파이썬의 번호는 0부터예요. 첫 단어의 위치를 몇으로 셌는지 봐요.",
            wrong=(_checked(lambda x, table: x + table[1 : x.shape[1] + 1]),),
            groups=("values", "square", "exact", "double"),
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
            groups=("values", "square", "exact", "double"),
        ),
        Mistake(
            id="learned_pe.one-row-for-all",
            title="모든 위치에 같은 줄",
            why="모든 단어가 같은 줄을 받았어요. 어느 단어가 앞에 있는지 여전히 알 수 없어요.",
            look="더한 값 `결과 - x`가 위치를 따라 바뀌는지 봐요.",
            wrong=(_checked(lambda x, table: x + table[0]), _checked(lambda x, table: x + table.mean(0))),
            groups=("values", "square", "exact", "double"),
        ),
    ),
    correct=_ADD_CORRECT,
)


# -- shift_matrix --

_ROWS = 60


def _shift_case(group, k, d_model):
    """어느 위치의 줄에 곱해도 k칸 뒤의 줄이 되는 행렬이면 맞아요."""
    pe = positional.sinusoidal_pe(_ROWS + abs(k), d_model)
    before, after = (pe[:_ROWS], pe[k : k + _ROWS]) if k >= 0 else (pe[-k:], pe[:_ROWS])
    return case(
        group,
        k,
        d_model,
        comparator="maps_rows",
        atol=5e-4,
        rtol=0.0,
        params={"before": before, "after": after, "partly": "shift_matrix.one-position-only"},
    )


def _shift_cases(rng):
    return [
        _shift_case("forward", rng.int(1, 4), 6),
        _shift_case("forward", rng.int(5, 12), 2 * rng.int(4, 8)),
        _shift_case("backward", -rng.int(1, 6), 8),
    ]


def _rotations(angles):
    cos, sin = angles.cos(), angles.sin()
    return torch.block_diag(*torch.stack([cos, -sin, sin, cos], dim=-1).view(-1, 2, 2))


def _shift_at(p):
    def shift(k, d_model):
        pe = positional.sinusoidal_pe(64, d_model)
        return torch.outer(pe[p], pe[p + k]) / pe[p].dot(pe[p])

    return shift


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
    points=18,
    groups={
        "forward": "어느 위치에서나 k칸 뒤의 인코딩이 돼요",
        "backward": "k가 음수면 앞쪽으로 옮겨요",
    },
    reference=positional.shift_matrix,
    sample_cases=_shift_cases,
    uses=("angle_rates",),
    mistakes=(
        Mistake(
            id="shift_matrix.rotation-sign",
            title="반대 방향으로 돌림",
            why="k칸 뒤가 아니라 앞으로 옮기는 행렬이에요. 사인의 부호가 바뀌었거나, 행렬을 왼쪽에서 곱하는 식을 썼어요.",
            look="이 책은 행 벡터에 오른쪽에서 곱해요(`pe[p] @ M`). 덧셈 정리로 sin(p+k)를 펼쳐 첫 열을 확인해 봐요.",
            wrong=(lambda k, d_model: _rotations(k * positional.angle_rates(d_model)).T,),
            groups=("forward", "backward"),
        ),
        Mistake(
            id="shift_matrix.one-position-only",
            title="한 위치에서만 맞음",
            why="어떤 위치에서는 맞지만 다른 위치에서는 틀려요. 특정한 pe[p] 하나에 맞춘 행렬이에요.",
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
    ),
    correct=(
        _shift_fill,
        _shift_power,
        lambda k, d_model: _rotations(k * positional.angle_rates(d_model)),
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


def _rope_each_dimension(x, positions):
    k = x.shape[-1]
    rates = 10000.0 ** (-torch.arange(k) / k)
    return _turn(x, positions[:, None] * rates[0::2], odd_angles=positions[:, None] * rates[1::2])


def _rope_complex(x, positions):
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
    angles = _pair_angles(x, positions).to(x.dtype)
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


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
        "double": "float64를 주면 float64로 돌려줘요",
    },
    reference=positional.rope,
    sample_cases=_rope_cases,
    uses=("angle_rates",),
    mistakes=(
        Mistake(
            id="rope.halves",
            title="절반씩 짝지음",
            why="i번째 차원을 i + K/2번째 차원과 짝지었어요. 다른 구현에서 쓰는 배치지만 우리 짝은 2i와 2i+1이에요.",
            look="`chunk`나 절반 자르기 대신, 짝수 번째와 홀수 번째를 골라내 봐요.",
            wrong=(_rope_halves, _rope_half_partner),
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
            why="받은 위치 대신 0, 1, 2, …를 썼어요. 캐시에 이어 붙인 토큰이라면 모두 처음으로 돌아가요.",
            look="`positions`가 각도를 만드는 식에 들어 있는지 봐요.",
            wrong=(lambda x, positions: _turn(x, _pair_angles(x, torch.arange(x.shape[2]))),),
            groups=("positions",),
        ),
    ),
    correct=(_rope_complex, _rope_loop, _rope_matrices),
)

EXERCISES: tuple[Exercise, ...] = (EQUIVARIANT, ANGLE_RATES, SINUSOIDAL_PE, ADD_PE, SHIFT_MATRIX, LEARNED_PE, ROPE)
