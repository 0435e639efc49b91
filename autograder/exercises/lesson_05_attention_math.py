"""레슨 5의 실습: 소프트맥스, 어텐션 점수, 두 마스크, 스케일드 닷 프로덕트 어텐션, 셀프 어텐션.

`sample_cases(rng)`의 `rng`는 `Sampler`예요. 한 사례 안의 크기는 서로 달라서 축을 헷갈리면 드러나요.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import attention, masks

LESSON = "05_attention_math"
NEG_INF = float("-inf")


def _mask(rng, *shape):
    """행마다 보이는 키가 적어도 둘, 가려진 키가 적어도 하나인 마스크. 하나만 보이면 점수가 어떻든 비율이 1이라 아무것도 드러나지 않아요."""
    size = shape[-1]
    seen = rng.uniform(*shape) < 0.5
    columns = torch.arange(size)
    at = rng.ids(*shape[:-1], 1, low=0, high=size - 1)
    step = rng.ids(*shape[:-1], 1, low=2, high=size - 1)
    return (seen | (columns == at) | (columns == (at + 1) % size)) & (columns != (at + step) % size)


# -- softmax --


def _softmax_cases(rng):
    x = rng.normal(3, 4, 5, scale=1.5)
    far = rng.normal(3, 4, 5)
    # 줄마다 다른 수를 빼야 하고, 그 수가 평균도 최솟값도 절댓값의 최댓값도 아니어야 견뎌요.
    far[1, 2] += 1000
    far[0, 1] -= 1000
    far[2, 3, 1] += 1000
    return [
        case("values", x, -1),
        # 정사각이면 keepdim을 빠뜨려도 예외 없이 다른 줄의 합으로 나눠요.
        case("values", rng.normal(4, 4, dtype=torch.float64), -1),
        case("values", rng.normal(1, 6), -1),
        case("axis", x, 1),
        case("axis", x, 0),
        case("overflow", far, -1),
    ]


def _exp(x, dim):
    return torch.exp(x - x.amax(dim=dim, keepdim=True))


def _softmax_plain(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim=dim, keepdim=True)


def _softmax_shifted(shift):
    """줄마다 최댓값 대신 `shift(x, dim)`을 빼는 소프트맥스."""

    def wrong(x, dim):
        e = torch.exp(x - shift(x, dim))
        return e / e.sum(dim=dim, keepdim=True)

    return wrong


def _softmax_summed(e, axis):
    """지수 `e(x, dim)`을 `axis(dim)` 축의 합으로 나누는 소프트맥스."""

    def wrong(x, dim):
        exps = e(x, dim)
        return exps / exps.sum(dim=axis(dim), keepdim=True)

    return wrong


def _softmax_over_everything(e):
    def wrong(x, dim):
        exps = e(x, dim)
        return exps / exps.sum()

    return wrong


def _softmax_sum_without_keepdim(e):
    def wrong(x, dim):
        exps = e(x, dim)
        return exps / exps.sum(dim=dim)

    return wrong


def _softmax_max_without_keepdim(x, dim):
    e = torch.exp(x - x.amax(dim=dim))
    return e / e.sum(dim=dim, keepdim=True)


def _softmax_by_numpy(x, dim):
    a = x.numpy()
    e = np.exp(a - a.max(axis=dim, keepdims=True))
    return torch.from_numpy(e / e.sum(axis=dim, keepdims=True))


def _softmax_by_loop(x, dim):
    rows = []
    for row in x.movedim(dim, -1).reshape(-1, x.size(dim)):
        top = max(row.tolist())
        e = [math.exp(value - top) for value in row.tolist()]
        rows.append([value / sum(e) for value in e])
    moved = x.movedim(dim, -1).shape
    return torch.tensor(rows, dtype=x.dtype).reshape(moved).movedim(-1, dim)


def _softmax_on_a_copy(x, dim):
    e = x.clone()
    e -= x.max(dim, keepdim=True).values
    e.exp_()
    e /= e.sum(dim, keepdim=True)
    return e


SOFTMAX = Exercise(
    name="softmax",
    lesson=LESSON,
    title="소프트맥스",
    points=12,
    groups={
        "values": "비율의 값이 맞아요",
        "axis": "어느 축을 줘도 그 축의 합이 1이에요",
        "overflow": "점수에 1000을 더해도 넘치지 않아요",
    },
    reference=attention.softmax,
    examples=(case("values", torch.tensor([1.0, 2.0, 0.0, 3.0, 0.0]), 0),),
    sample_cases=_softmax_cases,
    mistakes=(
        Mistake(
            id="softmax.no-max-subtraction",
            title="최댓값을 빼지 않음",
            why="아주 큰 점수에서는 exp가 inf가 되어 inf를 inf로 나누고, 아주 작은 점수뿐인 줄에서는 0을 0으로 나눠 nan이 됐어요.",
            look="지수를 취하기 전에 모든 점수를 같은 만큼 옮겨도 비율이 그대로인지 생각해 봐요.",
            wrong=(_softmax_plain,),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.global-max",
            title="텐서 전체의 최댓값을 뺌",
            why="텐서 전체에서 하나뿐인 최댓값을 모든 줄에서 뺐어요. 점수가 훨씬 작은 줄은 exp가 모두 0이 되어 0을 0으로 나눠요.",
            look="최댓값도 합과 같은 축에서 줄마다 따로 구해야 하는지 봐요.",
            wrong=(_softmax_shifted(lambda x, dim: x.max()),),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.fixed-shift",
            title="정해 둔 수를 뺌",
            why="어떤 점수가 와도 똑같은 큰 수를 뺐어요. 점수가 그 수보다 훨씬 작은 줄은 exp가 모두 0이 되어 0을 0으로 나눠요.",
            look="빼는 수가 코드에 숫자로 적혀 있는지, 그 줄의 점수에서 나오는지 봐요.",
            wrong=tuple(_softmax_shifted(lambda x, dim, n=n: n) for n in (200, 500, 1000)),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.shift-is-not-the-max",
            title="최댓값이 아닌 수를 뺌",
            why="줄에서 뺀 수가 그 줄의 최댓값이 아니에요. 아주 크거나 작은 점수가 있는 줄에서는 exp가 inf가 되거나 모두 0이 돼요.",
            look="exp가 넘치지 않으려면 뺀 다음의 점수가 모두 어떤 범위에 있어야 하는지 따져 봐요.",
            wrong=(
                _softmax_shifted(lambda x, dim: x.mean(dim=dim, keepdim=True)),
                _softmax_shifted(lambda x, dim: x.amin(dim=dim, keepdim=True)),
                _softmax_shifted(lambda x, dim: x.abs().amax(dim=dim, keepdim=True)),
            ),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.wrong-axis",
            title="다른 축으로 정규화",
            why="`dim`이 가리키는 축이 아니라 다른 축의 합으로 나눴어요.",
            look="결과를 `dim` 축으로 더해 봐요. 모두 1이어야 해요.",
            wrong=(
                lambda x, dim: torch.softmax(x, dim=-2),
                lambda x, dim: torch.softmax(x, dim=0),
                lambda x, dim: torch.softmax(x, dim=1),
                lambda x, dim: torch.softmax(x, dim=dim - 1),
                _softmax_summed(_exp, lambda dim: 0),
                _softmax_summed(_exp, lambda dim: 1),
                _softmax_summed(lambda x, dim: torch.exp(x), lambda dim: 0),
                _softmax_summed(lambda x, dim: torch.exp(x), lambda dim: 1),
            ),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.ignores-dim",
            title="`dim`을 쓰지 않고 늘 마지막 축",
            why="마지막 축에서는 맞지만, 다른 축을 부탁해도 늘 마지막 축으로 나눴어요.",
            look="최댓값과 합을 구하는 곳이 인자로 받은 `dim`을 쓰는지 봐요.",
            wrong=(lambda x, dim: torch.softmax(x, dim=-1), _softmax_summed(_exp, lambda dim: -1)),
            groups=("axis",),
        ),
        Mistake(
            id="softmax.keepdim-forgotten",
            title="`keepdim=True`를 빠뜨림",
            why="최댓값이나 합을 구할 때 축이 사라져서, 나누거나 뺄 때 다른 축에 맞춰졌어요. 길이가 다르면 예외가 나고, 하필 같으면 조용히 다른 줄의 것을 써요.",
            look="최댓값과 합의 `.shape`를 x의 것과 나란히 적어 봐요. 줄어든 축이 길이 1로 남아 있어야 해요.",
            wrong=(
                _softmax_sum_without_keepdim(_exp),
                _softmax_sum_without_keepdim(lambda x, dim: torch.exp(x)),
                _softmax_sum_without_keepdim(lambda x, dim: torch.exp(x - x.max())),
                _softmax_sum_without_keepdim(lambda x, dim: torch.exp(x - x.amax(dim=dim))),
                _softmax_max_without_keepdim,
            ),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.normalised-over-everything",
            title="텐서 전체의 합으로 나눔",
            why="줄마다가 아니라 텐서 전체를 더한 수 하나로 나눴어요.",
            look="합을 구할 때 축을 정했는지 봐요.",
            wrong=(
                _softmax_over_everything(_exp),
                _softmax_over_everything(lambda x, dim: torch.exp(x - x.max())),
                _softmax_over_everything(lambda x, dim: torch.exp(x)),
            ),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.not-divided",
            title="합으로 나누지 않음",
            why="지수까지만 취했어요. 모두 양수이지만 `dim` 축의 합이 1이 아니에요.",
            look="비율이 되려면 지수를 취한 다음 무엇으로 나눠야 하는지 식에서 찾아봐요.",
            wrong=(_exp, lambda x, dim: torch.exp(x)),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.log-returned",
            title="비율의 로그를 돌려줌",
            why="비율이 아니라 비율의 로그예요. 그래서 모든 값이 0 이하예요.",
            look="쓴 함수가 소프트맥스인지, 로그까지 씌우는 함수인지 이름을 봐요.",
            wrong=(lambda x, dim: torch.log_softmax(x, dim=dim),),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.no-exp",
            title="지수를 취하지 않음",
            why="점수를 그대로 합으로 나눴어요. 음수인 점수가 있으면 비율도 음수가 돼요.",
            look="모든 비율이 양수가 되려면 나누기 전에 무엇을 해야 하는지 식에서 찾아봐요.",
            wrong=(lambda x, dim: x / x.sum(dim=dim, keepdim=True),),
            groups=("values", "axis", "overflow"),
        ),
    ),
    both=(
        Both(
            ("softmax.no-max-subtraction", "softmax.ignores-dim"),
            (_softmax_summed(lambda x, dim: torch.exp(x), lambda dim: -1),),
            ("axis", "overflow"),
        ),
    ),
    correct=(
        lambda x, dim: torch.softmax(x, dim),
        lambda x, dim: torch.exp(F.log_softmax(x, dim=dim)),
        lambda x, dim: torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True)),
        lambda x, dim: torch.nn.Softmax(dim=dim)(x.double()).to(x.dtype),
        _softmax_on_a_copy,
        _softmax_by_numpy,
        _softmax_by_loop,
    ),
)


# -- attention_scores --


def _scores_cases(rng):
    # √d_k와 그 둘레의 정수가 다른 축의 길이와 그 제곱근, d_k / 2, 흔히 적어 두는 수(2, 8)와 겹치지 않아요. 겹치면 엉뚱한 이름이 붙어요.
    return [
        case("values", rng.normal(5, 11), rng.normal(6, 11)),
        case("values", rng.normal(7, 13, dtype=torch.float64), rng.normal(7, 13, dtype=torch.float64)),
        case("batch", rng.normal(5, 6, 11), rng.normal(5, 7, 11)),
        case("batch", rng.normal(3, 2, 5, 20), rng.normal(3, 2, 6, 20)),
        case("batch", rng.normal(1, 5, 11), rng.normal(1, 6, 11)),
        # 크기가 모두 같으면 축을 모두 뒤집어도 예외가 나지 않아요.
        case("batch", rng.normal(5, 6, 5), rng.normal(5, 5, 5)),
    ]


def _dot(q, k):
    return q @ k.transpose(-2, -1)


def _scores_divided(divisor):
    """내적을 √d_k 대신 `divisor(q, k)`로 나눈 점수."""
    return lambda q, k: _dot(q, k) / divisor(q, k)


def _squares(q, k):
    return (q.unsqueeze(-2) - k.unsqueeze(-3)).square().sum(-1)


def _scores_by_numpy(q, k):
    scores = np.matmul(q.numpy(), np.swapaxes(k.numpy(), -1, -2)) / math.sqrt(q.size(-1))
    return torch.from_numpy(scores).to(q.dtype)


def _scores_by_loop(q, k):
    out = torch.empty(*q.shape[:-1], k.size(-2), dtype=q.dtype)
    for t in range(q.size(-2)):
        for s in range(k.size(-2)):
            out[..., t, s] = (q[..., t, :] * k[..., s, :]).sum(-1) / q.size(-1) ** 0.5
    return out


SCORES = Exercise(
    name="attention_scores",
    lesson=LESSON,
    title="어텐션 점수",
    points=14,
    groups={
        "values": "쿼리와 키의 점수가 맞아요",
        "batch": "배치와 헤드 축이 앞에 붙어도 맞아요",
    },
    reference=attention.attention_scores,
    examples=(
        case(
            "values",
            torch.tensor([[1.0, 0.0, 2.0, 1.0]]),
            torch.tensor([[2.0, 1.0, 1.0, 0.0], [0.0, 3.0, 1.0, 0.0], [1.0, 0.0, 3.0, 1.0]]),
        ),
    ),
    sample_cases=_scores_cases,
    mistakes=(
        Mistake(
            id="attention_scores.no-scale",
            title="√d_k로 나누지 않음",
            why="내적은 맞지만 나누지 않아서 점수가 d_k와 함께 커져요.",
            look="식 (1)의 분모를 다시 봐요.",
            wrong=(_dot,),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.divided-by-d-k",
            title="d_k로 나누거나 √d_k로 두 번 나눔",
            why="점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. 분산이 아니라 표준편차를 1로 맞춰야 해요.",
            look="나누는 곳이 몇 번인지, 분산이 d_k인 값을 얼마로 나누면 분산이 1이 되는지 봐요.",
            wrong=(
                _scores_divided(lambda q, k: q.size(-1)),
                lambda q, k: _dot(q, k) / math.sqrt(q.size(-1)) / math.sqrt(q.size(-1)),
                lambda q, k: _dot(q / math.sqrt(q.size(-1)), k / math.sqrt(k.size(-1))),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.half-of-d-k",
            title="d_k의 반으로 나눔",
            why="제곱근이 아니라 d_k의 반으로 나눴어요. 파이썬의 `d ** 1/2`는 제곱근이 아니라 `(d ** 1) / 2`예요. d_k가 4일 때만 우연히 같아요.",
            look="거듭제곱과 나눗셈 가운데 무엇이 먼저 계산되는지 봐요.",
            wrong=(_scores_divided(lambda q, k: q.size(-1) ** 1 / 2),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.rounded-root",
            title="√d_k를 정수로 만듦",
            why="나눈 수가 √d_k가 아니라 그 둘레의 정수예요. d_k가 4, 16, 64처럼 제곱수일 때만 맞아요.",
            look="제곱근을 구한 다음 `int`나 `round`, `//`가 소수점 아래를 버리지 않는지 봐요.",
            wrong=(
                _scores_divided(lambda q, k: int(math.sqrt(q.size(-1)))),
                _scores_divided(lambda q, k: round(math.sqrt(q.size(-1)))),
                _scores_divided(lambda q, k: math.ceil(math.sqrt(q.size(-1)))),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.fixed-number",
            title="정해 둔 수로 나눔",
            why="d_k가 달라져도 늘 같은 수로 나눴어요.",
            look="나누는 수가 코드에 숫자로 적혀 있는지, 쿼리의 모양에서 나오는지 봐요.",
            wrong=tuple(_scores_divided(lambda q, k, n=n: math.sqrt(n)) for n in (4, 64, 512)),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.divided-by-length",
            title="d_k 대신 다른 축의 길이를 씀",
            why="d_k가 아니라 문장 길이나 배치 크기의 제곱근으로 나눴어요.",
            look="나눌 수를 어느 축의 길이에서 가져오는지 `.shape`와 견줘 봐요.",
            wrong=(
                _scores_divided(lambda q, k: math.sqrt(q.size(-2))),
                _scores_divided(lambda q, k: math.sqrt(k.size(-2))),
                _scores_divided(lambda q, k: math.sqrt(q.size(0))),
                _scores_divided(lambda q, k: math.sqrt(k.size(0))),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.size-counted-from-the-front",
            title="d_k를 앞에서 센 축에서 가져옴",
            why="축이 둘일 때는 맞지만, 배치나 헤드 축이 앞에 붙으면 앞에서 센 축은 d_k가 아니에요.",
            look="d_k는 언제나 맨 뒤의 축이에요. 축의 번호를 어느 쪽에서 세는지 봐요.",
            wrong=(
                _scores_divided(lambda q, k: math.sqrt(q.size(1))),
                _scores_divided(lambda q, k: math.sqrt(k.size(1))),
            ),
            groups=("batch",),
        ),
        Mistake(
            id="attention_scores.floor-division",
            title="`//`로 나눔",
            why="`//`는 몫의 소수점 아래를 버려요. 점수가 모두 정수가 됐어요.",
            look="나눗셈의 기호를 봐요.",
            wrong=(lambda q, k: _dot(q, k) // math.sqrt(q.size(-1)),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.multiplied",
            title="√d_k를 곱함",
            why="나눠야 할 √d_k를 곱해서 점수가 d_k배만큼 커졌어요.",
            look="우리는 점수가 퍼진 정도를 줄이고 싶어요. 방향을 다시 봐요.",
            wrong=(lambda q, k: _dot(q, k) * math.sqrt(q.size(-1)),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.distance",
            title="내적이 아니라 거리",
            why="쿼리와 키를 곱해 더하지 않고 둘의 차이로 거리를 쟀어요. 식에 있는 것은 거리가 아니라 내적이에요.",
            look="식의 Q Kᵀ에서 쿼리와 키의 성분끼리 무엇을 하는지 봐요.",
            wrong=(
                *(lambda q, k, sign=sign: sign * _squares(q, k) / math.sqrt(q.size(-1)) for sign in (-1, 1)),
                *(lambda q, k, sign=sign: sign * _squares(q, k) for sign in (-1, 1)),
                *(lambda q, k, sign=sign: sign * _squares(q, k).sqrt() for sign in (-1, 1)),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.softmax-applied",
            title="소프트맥스까지 씌움",
            why="점수가 아니라 이미 비율이에요. 모든 값이 0과 1 사이에 있어요.",
            look="이 함수는 점수까지만 구해요. 소프트맥스는 마스크를 씌운 다음이에요.",
            wrong=(
                lambda q, k: torch.softmax(_dot(q, k) / math.sqrt(q.size(-1)), dim=-1),
                lambda q, k: torch.softmax(_dot(q, k), dim=-1),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.query-transposed",
            title="키가 아니라 쿼리의 축을 맞바꿈",
            why="쿼리의 축을 맞바꿔 곱하면 토큰끼리가 아니라 성분끼리의 표가 나와요. 모양도 (T, S)가 아니에요.",
            look="(T, K)와 (S, K)에서 (T, S)가 나오려면 누구의 축을 맞바꿔야 하는지 모양으로 따져 봐요.",
            wrong=(lambda q, k: q.transpose(-2, -1) @ k / math.sqrt(q.size(-1)),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.rows-are-keys",
            title="행이 키, 열이 쿼리",
            why="행과 열이 뒤바뀌었어요. 행은 묻는 쪽(쿼리), 열은 보이는 쪽(키)이에요.",
            look="결과의 모양이 (S, T)가 아니라 (T, S)인지 봐요.",
            wrong=(lambda q, k: k @ q.transpose(-2, -1) / math.sqrt(q.size(-1)),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.all-axes-reversed",
            title="`.T`로 모든 축의 차례를 거꾸로 놓음",
            why="축이 둘일 때는 맞지만, 앞에 배치 축이 붙으면 배치 축까지 자리가 바뀌어요.",
            look="앞의 축은 그대로 두고 마지막 두 축만 맞바꾸는 방법을 찾아봐요.",
            wrong=(lambda q, k: q @ k.permute(*reversed(range(k.dim()))) / math.sqrt(q.size(-1)),),
            groups=("batch",),
        ),
        Mistake(
            id="attention_scores.front-axes-exchanged",
            title="앞의 두 축을 맞바꿈",
            why="축이 둘일 때는 맞지만, 앞에 배치 축이 붙으면 앞의 두 축은 배치와 길이예요.",
            look="맞바꿀 축의 번호를 어느 쪽에서 세면 배치 축이 몇 개든 맞는지 봐요.",
            wrong=(lambda q, k: q @ k.transpose(0, 1) / math.sqrt(q.size(-1)),),
            groups=("batch",),
        ),
        Mistake(
            id="attention_scores.two-axes-only",
            title="축이 둘일 때만 되는 계산",
            why="(T, K)와 (S, K)에서는 맞지만, 앞에 배치나 헤드 축이 붙으면 예외가 나요.",
            look="쓴 함수나 적어 둔 모양이 축을 꼭 둘로 정해 두고 있는지 봐요. 앞의 축은 몇 개든 그대로 지나가야 해요.",
            wrong=(
                lambda q, k: torch.mm(q, k.t()) / math.sqrt(q.size(-1)),
                lambda q, k: torch.einsum("tk,sk->ts", q, k) / math.sqrt(q.size(-1)),
            ),
            groups=("batch",),
        ),
    ),
    both=(
        Both(
            ("attention_scores.no-scale", "attention_scores.all-axes-reversed"),
            (lambda q, k: q @ k.permute(*reversed(range(k.dim()))),),
            ("values", "batch"),
        ),
        Both(
            ("attention_scores.no-scale", "attention_scores.front-axes-exchanged"),
            (lambda q, k: q @ k.transpose(0, 1),),
            ("values", "batch"),
        ),
    ),
    correct=(
        lambda q, k: torch.einsum("...tk,...sk->...ts", q, k) / q.shape[-1] ** 0.5,
        lambda q, k: (q / math.sqrt(q.size(-1))) @ k.mT,
        lambda q, k: (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1) / math.sqrt(k.size(-1)),
        lambda q, k: torch.matmul(q, k.transpose(-1, -2)) / torch.sqrt(torch.tensor(float(k.shape[-1]))),
        lambda q, k: _dot(q * q.size(-1) ** -0.25, k * q.size(-1) ** -0.25),
        _scores_by_numpy,
        _scores_by_loop,
    ),
)


# -- padding_mask --


def _padded(rng, pad_id, *shape):
    """PAD와 0번 토큰이 섞인 번호들. PAD의 자리는 뽑을 때마다 다르고, 끝에도 진짜 토큰의 앞에도 있어요."""
    ids = rng.ids(*shape, low=1, high=6).masked_fill(rng.uniform(*shape) < 0.4, pad_id)
    ids[0, 1] = 0
    ids[1, 0], ids[1, -1] = 3, pad_id
    ids[2, 0], ids[2, 1] = pad_id, 4
    return ids


def _padding_cases(rng):
    other = rng.int(7, 9)
    alone = rng.ids(1, 4, low=1, high=6)
    alone[0, rng.int(0, 2)] = 0
    return [
        case("values", _padded(rng, 0, 4, 6), 0),
        case("values", _padded(rng, 0, 3, 5), 0),
        case("values", alone, 0),
        case("pad_id", _padded(rng, other, 3, 5), other),
    ]


def _padding_to_the_right(ids, pad_id):
    lengths = (ids != pad_id).sum(1, keepdim=True)
    return (torch.arange(ids.size(1)) < lengths)[:, None, None, :]


def _padding_one_too_many(ids, pad_id):
    lengths = (ids != pad_id).sum(1, keepdim=True)
    return (torch.arange(ids.size(1)) <= lengths)[:, None, None, :]


def _padding_from_the_first(ids, pad_id):
    return (ids != pad_id).long().cumprod(1).bool()[:, None, None, :]


def _padding_of_both(ids, pad_id):
    seen = ids != pad_id
    return seen[:, None, :, None] & seen[:, None, None, :]


PADDING_MASK = Exercise(
    name="padding_mask",
    lesson=LESSON,
    title="패딩 마스크",
    points=11,
    groups={
        "values": "PAD인 키만 가려요",
        "pad_id": "PAD의 번호가 0이 아니어도 맞아요",
    },
    reference=masks.padding_mask,
    examples=(case("values", torch.tensor([[5, 8, 3], [5, 3, 0]]), 0),),
    sample_cases=_padding_cases,
    mistakes=(
        Mistake(
            id="padding_mask.inverted",
            title="참과 거짓이 뒤집힘",
            why="PAD인 자리가 True예요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            look="비교의 방향을 봐요.",
            wrong=(
                lambda ids, pad_id: (ids == pad_id)[:, None, None, :],
                lambda ids, pad_id: (ids == 0)[:, None, None, :],
            ),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.everything-visible",
            title="아무 자리도 가리지 않음",
            why="PAD인 자리까지 모두 True예요. 자리마다의 번호를 `pad_id`와 견준 결과가 마스크에 쓰이지 않았어요.",
            look="마스크에 담은 값이 자리마다 따로 견준 것인지 봐요. `is`나 `is not`은 텐서 전체를 두고 한 번만 물어요.",
            wrong=(lambda ids, pad_id: torch.ones(ids.size(0), 1, 1, ids.size(1), dtype=torch.bool),),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.hides-query-rows",
            title="키의 열이 아니라 쿼리의 행을 가림",
            why="S가 쿼리(T) 자리에 놓였어요. 이러면 PAD인 쿼리가 아무것도 못 볼 뿐, PAD인 키는 모두에게 보여요.",
            look="점수는 (B, H, T, S)예요. ids의 축이 T와 S 가운데 어디로 가야 하는지 봐요.",
            wrong=(lambda ids, pad_id: (ids != pad_id)[:, None, :, None],),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.missing-axes",
            title="가운데 축이 모자람",
            why="축이 모자라거나 배치 축이 맨 앞에 있지 않아요. 브로드캐스팅은 뒤에서부터 맞춰져서, 배치와 쿼리의 길이가 같으면 오류도 없이 다른 문장의 마스크가 쓰여요.",
            look="결과의 모양이 (B, 1, 1, S)인지 봐요.",
            wrong=(
                lambda ids, pad_id: ids != pad_id,
                lambda ids, pad_id: (ids != pad_id)[:, None, :],
                lambda ids, pad_id: (ids != pad_id)[None, None, :, :],
            ),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.query-axis-filled",
            title="쿼리 축까지 펼침",
            why="쿼리 축의 길이가 1이 아니라 S예요. 이 마스크는 쿼리와 키의 길이가 같을 때만 쓸 수 있어요. 디코더가 원문을 볼 때는 두 길이가 달라요.",
            look="어느 쿼리에나 같은 열이 가려져요. 그러면 쿼리 축의 길이는 얼마면 될까요?",
            wrong=(
                _padding_of_both,
                lambda ids, pad_id: (ids != pad_id)[:, None, None, :].repeat(1, 1, ids.size(1), 1),
            ),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.not-bool",
            title="참/거짓이 아니라 수",
            why="참/거짓이 아니라 수로 된 마스크예요. 점수에 곱하거나 더해서 가리는 코드에서 쓰는 모양이에요.",
            look="비교의 결과는 그대로 참/거짓이에요. 그것을 수로 바꾸는 곳이 있는지 봐요.",
            wrong=(
                lambda ids, pad_id: (ids != pad_id)[:, None, None, :].float(),
                lambda ids, pad_id: (ids != pad_id)[:, None, None, :].long(),
                lambda ids, pad_id: torch.zeros(ids.shape).masked_fill(ids == pad_id, NEG_INF)[:, None, None, :],
                lambda ids, pad_id: (ids == pad_id)[:, None, None, :].float() * -1e9,
            ),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.only-at-the-end",
            title="PAD가 문장 끝에만 있다고 여김",
            why="PAD가 문장 끝에 몰려 있을 때만 맞아요. PAD가 앞이나 가운데에 있으면 진짜 토큰이 가려져요.",
            look="길이를 세지 않아도, 자리마다 그 번호가 PAD인지만 보면 돼요.",
            wrong=(_padding_to_the_right, _padding_from_the_first),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.one-past-the-length",
            title="길이보다 한 칸 더 보임",
            why="PAD가 아닌 토큰의 수만큼 앞에서부터 보이게 했는데 한 칸이 더 열렸어요. PAD가 앞이나 가운데에 있을 때도 틀려요.",
            look="번호를 0부터 센다는 것을 생각해 봐요. 길이를 세지 않고 자리마다 그 번호가 PAD인지 보는 길도 있어요.",
            wrong=(_padding_one_too_many,),
            groups=("values", "pad_id"),
        ),
        Mistake(
            id="padding_mask.wrong-pad-id",
            title="PAD가 늘 0이라고 여김",
            why="PAD의 번호가 0일 때만 맞아요. 다른 번호를 주니 엉뚱한 자리가 가려졌어요.",
            look="비교할 번호를 인자에서 가져오는지, 같은지 다른지만 보는지 확인해요.",
            wrong=(
                lambda ids, pad_id: (ids != 0)[:, None, None, :],
                lambda ids, pad_id: (ids > pad_id)[:, None, None, :],
            ),
            groups=("pad_id",),
        ),
    ),
    both=(
        # `nn.Transformer`의 `key_padding_mask`는 (B, S)이고 True가 '가림'이에요.
        Both(
            ("padding_mask.inverted", "padding_mask.missing-axes"),
            (lambda ids, pad_id: ids == pad_id, lambda ids, pad_id: (ids == pad_id)[:, None, :]),
            ("values", "pad_id"),
        ),
        Both(
            ("padding_mask.missing-axes", "padding_mask.not-bool"),
            (lambda ids, pad_id: (ids != pad_id).float(), lambda ids, pad_id: (ids != pad_id).long()),
            ("values", "pad_id"),
        ),
        Both(
            ("padding_mask.inverted", "padding_mask.not-bool"),
            (lambda ids, pad_id: (ids == pad_id)[:, None, None, :].float(),),
            ("values", "pad_id"),
        ),
    ),
    correct=(
        lambda ids, pad_id: ids.ne(pad_id).unsqueeze(1).unsqueeze(2),
        lambda ids, pad_id: ~(ids == pad_id).reshape(ids.size(0), 1, 1, ids.size(1)),
        lambda ids, pad_id: torch.tensor([[[[token != pad_id for token in row]]] for row in ids.tolist()]),
        lambda ids, pad_id: torch.from_numpy(ids.numpy() != pad_id)[:, None, None],
        lambda ids, pad_id: (ids - pad_id).bool().view(len(ids), 1, 1, -1),
    ),
)


# -- causal_mask --


def _regions(T):
    """그룹마다 보는 구역."""
    everywhere = torch.ones(T, T, dtype=torch.bool)
    return {"past": everywhere.tril(-1), "self": torch.eye(T, dtype=torch.bool), "future": everywhere.triu(1)}


def _causal_in_each_group(T):
    return tuple(case(group, T, params={"ignore": ~region}) for group, region in _regions(T).items())


def _causal_cases(rng):
    # 짧은 길이와 긴 길이를 하나씩: 몇 칸 앞까지만 보이는 마스크는 긴 길이에서 드러나요.
    return [
        *_causal_in_each_group(rng.int(7, 24)),
        *_causal_in_each_group(rng.int(4, 6)),
        case("self", 1),
    ]


def _ones(T):
    return torch.ones(T, T, dtype=torch.bool)


def _causal_from_the_end(T):
    mask = _ones(T)
    for t in range(T):
        mask[t, -t:] = False
    return mask


def _causal_by_loop(T):
    mask = torch.zeros(T, T, dtype=torch.bool)
    for t in range(T):
        mask[t, : t + 1] = True
    return mask


CAUSAL_MASK = Exercise(
    name="causal_mask",
    lesson=LESSON,
    title="인과 마스크",
    points=11,
    groups={
        "past": "앞의 토큰이 보여요",
        "self": "자기 자신이 보여요",
        "future": "뒤의 토큰이 보이지 않아요",
    },
    reference=masks.causal_mask,
    examples=_causal_in_each_group(2),
    sample_cases=_causal_cases,
    mistakes=(
        Mistake(
            id="causal_mask.leaks-next",
            title="바로 다음 토큰이 보임",
            why="대각선 한 칸 오른쪽까지 열려 있어서, 맞혀야 할 바로 다음 토큰이 보여요. 학습 손실은 잘 떨어지는데 혼자서는 아무것도 못 만드는 실수예요.",
            look="첫 행을 봐요. 첫 토큰이 볼 수 있는 것은 하나뿐이어야 해요.",
            wrong=(lambda T: _ones(T).tril(1),),
            groups=("future",),
        ),
        Mistake(
            id="causal_mask.hides-self",
            title="대각선까지 가림",
            why="자기 자신까지 가려졌어요. 첫 토큰은 볼 것이 하나도 없어서, 모든 점수를 -inf로 가린 소프트맥스가 nan이 돼요.",
            look="첫 행에 True가 하나는 있어야 해요.",
            wrong=(lambda T: _ones(T).tril(-1),),
            groups=("self",),
        ),
        Mistake(
            id="causal_mask.upper-triangle",
            title="위쪽 삼각형을 보이게 함",
            why="미래는 보이고 과거는 가려져요. 위와 아래가 바뀌었어요.",
            look="행이 보는 쪽, 열이 보이는 쪽이에요. t행에서 열 번호가 t보다 큰 곳이 미래예요.",
            wrong=(lambda T: _ones(T).triu(),),
            groups=("past", "future"),
        ),
        Mistake(
            id="causal_mask.inverted",
            title="참과 거짓이 뒤집힘",
            why="가려야 할 곳이 True예요. '가릴 곳'을 True로 두는 약속의 코드와 섞였어요.",
            look="이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            wrong=(lambda T: _ones(T).triu(1),),
            groups=("past", "self", "future"),
        ),
        Mistake(
            id="causal_mask.counted-from-the-end",
            title="끝에서부터 t칸을 가림",
            why="`-t:`는 끝에서부터 센 t칸이에요. 둘째 행부터는 아래로 갈수록 더 많이 가려지고, 첫 행의 `-0:`은 `0:`과 같아서 모두 가려졌어요.",
            look="t행에서 가릴 칸이 몇 번 열부터인지 작은 표로 적어 봐요.",
            wrong=(_causal_from_the_end,),
            groups=("past", "self", "future"),
        ),
        Mistake(
            id="causal_mask.not-bool",
            title="참/거짓이 아니라 수",
            why="참/거짓이 아니라 수로 된 마스크예요. 이 코스의 어텐션은 참/거짓 마스크를 받아요.",
            look="처음 만든 표의 `.dtype`이 무엇인지 봐요. 아무 말도 하지 않으면 `torch.ones`는 실수를 만들어요.",
            wrong=(
                lambda T: torch.ones(T, T).tril(),
                lambda T: _ones(T).tril().long(),
                lambda T: torch.full((T, T), NEG_INF).triu(1),
                lambda T: torch.zeros(T, T).masked_fill(_ones(T).triu(1), -1e9),
            ),
            groups=("past", "self", "future"),
        ),
        Mistake(
            id="causal_mask.extra-axes",
            title="앞에 축이 더 붙음",
            why="앞에 길이 1인 축이 더 붙었어요. 값을 브로드캐스팅하면 같지만 여기서 약속한 모양은 (T, T)예요.",
            look="결과의 `.shape`가 (T, T)인지 봐요.",
            wrong=(lambda T: _ones(T).tril()[None], lambda T: _ones(T).tril()[None, None]),
            groups=("past", "self", "future"),
        ),
    ),
    both=(
        Both(
            ("causal_mask.inverted", "causal_mask.not-bool"),
            (lambda T: torch.ones(T, T).triu(1),),
            ("past", "self", "future"),
        ),
        Both(
            ("causal_mask.extra-axes", "causal_mask.not-bool"),
            (lambda T: torch.ones(1, T, T).tril(), lambda T: torch.ones(1, 1, T, T).tril()),
            ("past", "self", "future"),
        ),
    ),
    correct=(
        lambda T: torch.arange(T)[None, :] <= torch.arange(T)[:, None],
        lambda T: ~torch.triu(_ones(T), diagonal=1),
        lambda T: torch.from_numpy(np.tri(T, dtype=bool)),
        lambda T: torch.tensor([[s <= t for s in range(T)] for t in range(T)]),
        lambda T: torch.nn.Transformer.generate_square_subsequent_mask(T) == 0,
        _causal_by_loop,
    ),
)


# -- masked_softmax --


def _masked_cases(rng):
    empty, row = _mask(rng, 4, 6), rng.int(1, 3)
    empty[row] = False
    elsewhere = torch.arange(4)[:, None] != row
    tempting = (torch.arange(5) + torch.arange(3)[:, None]) % 3 != rng.int(0, 2)
    scores, plain, far, heads = rng.normal(4, 6), rng.normal(3, 5), rng.normal(3, 4, 6), rng.normal(2, 3, 4, 5)
    # 줄 전체를 옮겨도 비율은 그대로예요. 넘치는 exp와, 진짜 점수보다 작지 않은 채움이 드러나요.
    plain[1] += 1000
    far[0, 1] += 1000
    far[2, 0] -= 1000
    heads[0, 0, 1] -= 1000
    return [
        case("unmasked", plain, None),
        case("masked", far, _mask(rng, 3, 4, 6)),
        case("masked", rng.normal(3, 5, dtype=torch.float64), _mask(rng, 3, 5)),
        # 한 행이 전부 가려져도 다른 행의 비율은 그대로예요.
        case("masked", scores, empty, params={"ignore": ~elsewhere}),
        case("broadcast", heads, _mask(rng, 2, 1, 1, 5)),
        case("broadcast", heads, _mask(rng, 4, 5)),
        case("broadcast", rng.normal(1, 3, 2, 5), _mask(rng, 1, 1, 1, 5)),
        case("empty_row", scores, empty, params={"ignore": elsewhere}),
        # 가린 점수가 보이는 점수보다 훨씬 크면, 함께 소프트맥스한 다음에는 보이는 자리에 남는 것이 없어요.
        case("masked", rng.normal(3, 5) + ~tempting * 250.0, tempting),
    ]


def _filled(fill, dim=-1):
    def masked(scores, mask):
        return torch.softmax(scores if mask is None else scores.masked_fill(~mask, fill), dim=dim)

    return masked


def _filled_then_erased(fill):
    return lambda scores, mask: _filled(fill)(scores, mask) * (1 if mask is None else mask)


def _filled_then_renormalised(fill):
    def masked(scores, mask):
        weights = _filled_then_erased(fill)(scores, mask)
        return weights / weights.sum(-1, keepdim=True).clamp(min=1e-9)

    return masked


def _when_masked(function):
    """mask가 None일 때는 맞고, 마스크가 있을 때 `function(scores, mask)`인 함수."""

    def masked(scores, mask):
        return torch.softmax(scores, dim=-1) if mask is None else function(scores, mask)

    return masked


def _filled_by_smallest(scores, mask):
    return _filled(torch.finfo(scores.dtype).min)(scores, mask)


def _masked_without_max(scores, mask):
    e = torch.exp(scores)
    if mask is not None:
        e = e * mask
    return e / (e.sum(-1, keepdim=True) + 1e-9)


def _filled_without_max(scores, mask):
    e = torch.exp(scores if mask is None else scores.masked_fill(~mask, NEG_INF))
    return torch.nan_to_num(e / e.sum(-1, keepdim=True))


def _masked_without_anything(scores, mask):
    e = torch.exp(scores) * (1 if mask is None else mask)
    return e / e.sum(-1, keepdim=True)


def _filled_without_anything(scores, mask):
    e = torch.exp(scores if mask is None else scores.masked_fill(~mask, NEG_INF))
    return e / e.sum(-1, keepdim=True)


def _masked_wrong_axis(dim):
    """다른 축으로 나눈 다음 가려진 자리를 0으로."""
    return lambda scores, mask: _filled(-1e9, dim)(scores, mask) * (1 if mask is None else mask)


def _all_rows_zeroed(scores, mask):
    if mask is not None and not mask.any(-1).all():
        return torch.zeros_like(scores)
    return attention.masked_softmax(scores, mask)


def _masked_by_loop(scores, mask):
    seen = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    out = torch.zeros_like(scores)
    for index in np.ndindex(*scores.shape[:-1]):
        if seen[index].any():
            out[index][seen[index]] = torch.softmax(scores[index][seen[index]], dim=0)
    return out


def _masked_by_renormalising(scores, mask):
    """보이는 점수의 최댓값을 뺀 다음에 가리고 다시 나눠요."""
    seen = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    top = torch.where(seen, scores, -1e30).amax(-1, keepdim=True)
    weights = torch.exp(torch.where(seen, scores - top, -1e30))
    return torch.where(seen, weights, 0.0) / torch.where(seen, weights, 0.0).sum(-1, keepdim=True).clamp(min=1e-12)


def _masked_without_guard(scores, mask):
    """보이는 점수의 최댓값을 빼고, 가린 자리의 지수를 0으로 둔 다음 그대로 나눠요."""
    seen = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    top = torch.where(seen, scores, -1e30).amax(-1, keepdim=True)
    weights = torch.where(seen, torch.exp(torch.where(seen, scores - top, 0.0)), 0.0)
    return weights / weights.sum(-1, keepdim=True)


def _renormalised(total):
    """가릴 점수까지 넣어 소프트맥스하고, 가린 다음 `total(합)`으로 다시 나눠요."""

    def wrong(scores, mask):
        weights = torch.softmax(scores, dim=-1)
        if mask is None:
            return weights
        weights = weights * mask
        return weights / total(weights.sum(-1, keepdim=True))

    return wrong


_RENORMALISED = (
    _renormalised(lambda total: total.clamp(min=1e-9)),
    _renormalised(lambda total: total + 1e-9),
    _renormalised(lambda total: torch.where(total > 0, total, 1.0)),
)
_RENORMALISED_WITHOUT_GUARD = _renormalised(lambda total: total)


def _fill_overflowed(scores, mask):
    return torch.softmax(scores + ~mask * torch.finfo(scores.dtype).min, dim=-1)


def _masked_by_adding(scores, mask):
    hidden = torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, NEG_INF)
    return torch.softmax(scores + hidden, dim=-1).masked_fill(~mask, 0.0)


MASKED_SOFTMAX = Exercise(
    name="masked_softmax",
    lesson=LESSON,
    title="마스크를 씌운 소프트맥스",
    points=18,
    groups={
        "unmasked": "마스크가 없으면 보통의 소프트맥스예요",
        "masked": "가려진 자리는 0이고 나머지의 합이 1이에요",
        "broadcast": "마스크가 헤드와 행으로 브로드캐스트돼요",
        "empty_row": "전부 가려진 행은 0이에요",
    },
    reference=attention.masked_softmax,
    examples=(case("masked", torch.tensor([2.0, 1.0, 3.0]), torch.tensor([True, False, True])),),
    sample_cases=_masked_cases,
    mistakes=(
        Mistake(
            id="masked_softmax.filled-with-zero",
            title="가린 점수를 0으로 채움",
            why="점수 0은 '안 봄'이 아니에요. 지수를 취하면 1이 되어 가려진 자리도 몫을 받아요. 점수에 마스크를 곱해도, `1e-9`나 `-1e-9`처럼 0에 가까운 수로 채워도 마찬가지예요.",
            look="지수를 취한 값이 0이 되려면 점수가 어떤 수여야 하는지 생각해 봐요.",
            wrong=(
                _filled(0.0),
                _filled(1e-9),
                _filled(-1e-9),
                _when_masked(lambda scores, mask: torch.softmax(scores * mask, dim=-1)),
            ),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.filled-with-zero-then-erased",
            title="0으로 채운 다음 비율만 지움",
            why="점수가 0이거나 `1e-9`, `-1e-9`처럼 0에 가까우면 지수를 취해 1이라 가려진 자리도 몫을 가져가요. 그 몫을 나중에 0으로 지워서 남은 비율의 합이 1보다 작아요.",
            look="결과를 마지막 축으로 더해 봐요. 가려진 자리가 처음부터 아무 몫도 가져가지 않으려면 점수가 어떤 수여야 할까요?",
            wrong=(
                _filled_then_erased(0.0),
                _filled_then_erased(1e-9),
                _filled_then_erased(-1e-9),
                _when_masked(lambda scores, mask: torch.softmax(scores * mask, dim=-1) * mask),
            ),
            groups=("masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.fill-too-small",
            title="충분히 작지 않은 음수로 채움",
            why="채운 수보다 작은 점수도 얼마든지 있어요. 그런 줄에서는 가려진 자리가 오히려 큰 몫을 받아요.",
            look="어떤 진짜 점수보다도 훨씬 작은 수로 채워야 해요.",
            wrong=(_filled(-1.0), _filled(-2.0), _filled(-10.0), _filled(-100.0)),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.fill-too-small-then-erased",
            title="충분히 작지 않은 수로 채운 다음 비율만 지움",
            why="채운 수보다 작은 점수도 얼마든지 있어요. 그런 점수뿐인 줄에서는 가려진 자리가 몫을 다 가져가고, 그 몫을 나중에 지워서 남은 비율의 합이 1보다 작아요.",
            look="결과를 마지막 축으로 더해 봐요. 어떤 진짜 점수보다도 훨씬 작은 수로 채워야 해요.",
            wrong=(
                *map(_filled_then_erased, (-1.0, -10.0, -100.0)),
                *map(_filled_then_renormalised, (0.0, 1e-9, -1e-9, -1.0, -100.0)),
            ),
            groups=("masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.not-renormalised",
            title="소프트맥스 뒤에 가리고 다시 나누지 않음",
            why="가려진 자리가 가져간 몫이 그냥 사라져서 남은 비율의 합이 1보다 작아요.",
            look="결과를 마지막 축으로 더해 봐요. 마스크를 씌우는 차례를 바꾸면 어떻게 될까요?",
            wrong=(
                _when_masked(lambda scores, mask: torch.softmax(scores, dim=-1) * mask),
                _when_masked(lambda scores, mask: torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)),
            ),
            groups=("masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.hidden-scores-counted",
            title="가릴 점수까지 넣어 나눈 다음 다시 나눔",
            why="가릴 점수까지 넣어 지수를 취하고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 자리의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            look="줄의 최댓값을 뺄 때 그것이 가려진 자리의 점수일 수도 있는지 봐요.",
            wrong=_RENORMALISED,
            groups=("masked",),
        ),
        Mistake(
            id="masked_softmax.filled-after-softmax",
            title="소프트맥스 뒤에 음수로 채움",
            why="비율로 바꾼 다음에 가려진 자리를 음수로 채웠어요. 비율은 0보다 작을 수 없어요.",
            look="채우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            wrong=(
                _when_masked(lambda scores, mask: torch.softmax(scores, dim=-1).masked_fill(~mask, NEG_INF)),
                _when_masked(lambda scores, mask: torch.softmax(scores, dim=-1).masked_fill(~mask, -1e9)),
            ),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.mask-added",
            title="참/거짓 마스크를 점수에 더함",
            why="True는 1, False는 0으로 더해져서 보이는 점수가 1씩 커졌을 뿐이에요. 가려진 자리는 그대로 남아요.",
            look="더하는 방식이라면 보이는 곳에는 0, 가릴 곳에는 아주 큰 음수를 더해야 해요.",
            wrong=(_when_masked(lambda scores, mask: torch.softmax(scores + mask, dim=-1)),),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.inverted",
            title="보이는 쪽을 가림",
            why="True인 자리가 가려졌어요. 이 코스의 마스크는 True가 '볼 수 있음'이에요.",
            look="채울 자리를 고르는 조건의 참과 거짓을 다시 봐요.",
            wrong=(
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, NEG_INF), dim=-1)),
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, -1e9), dim=-1)),
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, -1e9), dim=-1) * ~mask),
            ),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.inverted-then-erased",
            title="보이는 쪽을 가리고 나머지도 지움",
            why="True인 자리를 가린 다음, 몫을 받은 False인 자리까지 지웠어요. 그래서 가린 것이 있는 줄이 모두 0이에요.",
            look="점수를 채울 자리를 고르는 조건의 참과 거짓을 봐요. True는 '볼 수 있음'이에요.",
            wrong=(
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, NEG_INF), dim=-1) * mask),
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, -1e9), dim=-1) * mask),
            ),
            groups=("masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.mask-ignored",
            title="마스크를 쓰지 않음",
            why="마스크가 없을 때와 같은 값이에요. 가려야 할 자리에도 비율이 남아 있어요.",
            look="`mask`가 어느 줄에서 쓰이는지 찾아봐요.",
            wrong=(lambda scores, mask: torch.softmax(scores, dim=-1),),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.none-not-handled",
            title="mask가 None일 때 예외",
            why="mask가 None이면 예외가 나요. 마스크가 있을 때의 계산을 None에도 그대로 했어요.",
            look="마스크가 없는 경우를 계산에 앞서 따로 다뤄요.",
            wrong=(
                lambda scores, mask: torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1) * mask,
                lambda scores, mask: torch.softmax(scores.masked_fill(mask.logical_not(), -1e9), dim=-1) * mask,
            ),
            groups=("unmasked",),
        ),
        Mistake(
            id="masked_softmax.no-max-subtraction",
            title="최댓값을 빼지 않음",
            why="점수가 아주 크거나 작은 줄에서 exp가 inf가 되거나 모두 0이 돼서 비율이 되지 못했어요.",
            look="5-1에서 넘치지 않게 한 단계가 여기에도 있는지 봐요. 5-1의 함수를 불러도 돼요.",
            wrong=(_masked_without_max, _filled_without_max),
            groups=("unmasked", "masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.wrong-axis",
            title="마지막 축이 아닌 축으로 나눔",
            why="쿼리 한 줄(마지막 축)이 아니라 다른 축의 합으로 나눴어요.",
            look="결과를 마지막 축으로 더해 봐요. 보이는 키가 있는 줄은 1이어야 해요.",
            wrong=(_masked_wrong_axis(-2), _masked_wrong_axis(0)),
            groups=("unmasked", "masked", "broadcast"),
        ),
        Mistake(
            id="masked_softmax.nan-on-empty-row",
            title="전부 가려진 행이 nan",
            why="전부 가려진 행이 nan이에요. 그 행은 최댓값이 -inf라 빼면 -inf - (-inf)이거나, 지수를 취한 값의 합이 0이라 나누면 0 ÷ 0이에요. 둘 다 nan이고, 한 번 생긴 nan은 모델 전체로 번져요.",
            look="전부 가려진 행을 따로 다루거나, 마지막에 한 번 더 손보는 방법을 생각해 봐요.",
            wrong=(_filled(NEG_INF), _masked_without_guard),
            groups=("empty_row",),
        ),
        Mistake(
            id="masked_softmax.uniform-on-empty-row",
            title="전부 가려진 행이 고른 비율",
            why="볼 것이 하나도 없는 행인데 모든 자리에 같은 비율이 남았어요.",
            look="볼 것이 없는 행은 0이 되게, 마지막에 한 번 더 손봐요.",
            wrong=(
                _filled(-1e9),
                _filled(-1e4),
                _filled_by_smallest,
                _when_masked(lambda scores, mask: torch.softmax(scores + ~mask * -1e9, dim=-1)),
            ),
            groups=("empty_row",),
        ),
        Mistake(
            id="masked_softmax.fill-overflows",
            title="채운 수가 float32에서 넘침",
            why="참/거짓에 파이썬의 수를 곱하면 float32예요. float64의 가장 작은 수는 거기에 담기지 않아서, 더하기 전에 벌써 -inf와 nan이 됐어요.",
            look="점수가 float64일 때 마스크에 수를 곱한 텐서의 `.dtype`과 값을 찍어 봐요.",
            wrong=(
                _when_masked(lambda scores, mask: _fill_overflowed(scores, mask) * mask),
                _when_masked(lambda scores, mask: torch.nan_to_num(_fill_overflowed(scores, mask)) * mask),
            ),
            groups=("masked",),
        ),
        Mistake(
            id="masked_softmax.other-rows-zeroed",
            title="빈 행 하나 때문에 모두 0",
            why="전부 가려진 행이 하나라도 있으면 다른 행의 비율까지 0이 됐어요.",
            look="'볼 것이 없다'를 텐서 전체에서 한 번 묻는지, 행마다 따로 묻는지 봐요.",
            wrong=(_all_rows_zeroed,),
            groups=("masked",),
        ),
    ),
    both=(
        Both(
            ("masked_softmax.no-max-subtraction", "masked_softmax.nan-on-empty-row"),
            (_masked_without_anything, _filled_without_anything),
            ("unmasked", "masked", "broadcast", "empty_row"),
        ),
        Both(
            ("masked_softmax.hidden-scores-counted", "masked_softmax.nan-on-empty-row"),
            (_RENORMALISED_WITHOUT_GUARD,),
            ("masked", "empty_row"),
        ),
        Both(
            ("masked_softmax.fill-overflows", "masked_softmax.uniform-on-empty-row"),
            (
                _when_masked(_fill_overflowed),
                _when_masked(lambda scores, mask: torch.nan_to_num(_fill_overflowed(scores, mask))),
            ),
            ("masked", "empty_row"),
        ),
    ),
    correct=(
        lambda scores, mask: torch.nan_to_num(_filled(NEG_INF)(scores, mask), nan=0.0),
        lambda scores, mask: _filled(-1e9)(scores, mask) * (1 if mask is None else mask),
        lambda scores, mask: _filled(-1e4)(scores, mask) * (1 if mask is None else mask),
        _masked_by_loop,
        _masked_by_renormalising,
        _when_masked(_masked_by_adding),
        _when_masked(lambda scores, mask: torch.where(mask, torch.where(mask, scores, -1e30).softmax(-1), 0.0)),
    ),
    uses=("softmax",),
)


# -- scaled_dot_product_attention --


def _sdpa_cases(rng):
    def qkv(*lead, T, S, K, Kv, dtype=torch.float32):
        return tuple(rng.normal(*lead, *shape, dtype=dtype) for shape in ((T, K), (S, K), (S, Kv)))

    # √d_k와 그 정수부는 다른 축의 길이나 그 제곱근과 겹치지 않아요.
    same = qkv(1, T=3, S=5, K=7, Kv=7)
    first = same[1][0, 0]
    # 첫 쿼리의 점수 둘은 113과 102쯤이라 exp가 넘쳐요.
    same[0][0, 0], same[1][0, 1] = 300 * first / first.square().sum(), 0.9 * first
    double = qkv(T=6, S=6, K=5, Kv=8, dtype=torch.float64)
    heads = qkv(2, 3, T=6, S=5, K=7, Kv=2)
    square = qkv(2, T=6, S=6, K=5, Kv=3)
    empty = _mask(rng, 3, 5)
    empty[rng.int(0, 2)] = False
    tempted = qkv(T=3, S=5, K=7, Kv=2)
    toward = math.sqrt(7) * tempted[0][0] / tempted[0][0].square().sum()
    # 첫 쿼리의 점수는 보이는 키마다 95쯤이라 exp가 넘치고, 가려진 키에서는 300이에요.
    tempted[1][:4] += 95 * toward
    tempted[1][4] = 300 * toward
    return [
        *(of_item(*args, None) for args in (double, same) for of_item in (_output_of, _weights_of)),
        case("mask", *heads, _mask(rng, 2, 1, 1, 5)),
        case("mask", *square, masks.causal_mask(6)),
        case("mask", *tempted, torch.arange(5) < 4),
        case("empty_row", *qkv(T=3, S=5, K=6, Kv=2), empty),
    ]


def _output_of(*args):
    return case("output", *args, comparator="item", params={"item": 0})


def _weights_of(*args):
    return case("weights", *args, comparator="item", params={"item": 1})


_BY_HAND = (
    torch.tensor([[1.0, 0.0, 2.0, 1.0]]),
    torch.tensor([[2.0, 1.0, 1.0, 0.0], [0.0, 3.0, 1.0, 0.0], [1.0, 0.0, 3.0, 1.0]]),
    torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]]),
    None,
)


def _sdpa(q, k, v, mask, scores=attention.attention_scores, soft=attention.masked_softmax):
    weights = soft(scores(q, k), mask)
    return weights @ v, weights


def _sdpa_soft(soft):
    """마스크와 소프트맥스만 다르게 한 어텐션."""
    return lambda q, k, v, mask: _sdpa(q, k, v, mask, soft=soft)


def _sdpa_divided(divisor):
    """점수를 √d_k 대신 `divisor(q, k, v)`로 나눈 어텐션."""
    return lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_scores_divided(lambda q, k: divisor(q, k, v)))


def _no_softmax(fill):
    return lambda scores, mask: scores if mask is None or fill is None else scores.masked_fill(~mask, fill)


def _inverted(soft):
    """True를 '가림'으로 읽는 마스크."""
    return lambda scores, mask: soft(scores, None if mask is None else ~mask)


def _always_causal(scores, mask):
    future = ~torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return attention.masked_softmax(scores, ~future if mask is None else mask & ~future)


def _only_causal(scores, mask):
    return attention.masked_softmax(scores, torch.ones(scores.shape[-2:], dtype=torch.bool).tril())


_multiplied = _when_masked(lambda scores, mask: torch.softmax(scores * mask, dim=-1))
_added = _when_masked(lambda scores, mask: torch.softmax(scores + mask, dim=-1))
_not_renormalised = _when_masked(lambda scores, mask: torch.softmax(scores, dim=-1) * mask)


def _sdpa_weights_times_k(q, k, v, mask):
    weights = attention.masked_softmax(attention.attention_scores(q, k), mask)
    return weights @ k, weights


def _sdpa_scaled_after(scale, what):
    """점수를 `scale(q)`로 나눠 소프트맥스를 씌운 다음, 비율("weights")이나 섞은 것("out")을 √d_k로 나눠요."""

    def wrong(q, k, v, mask):
        weights, root = attention.masked_softmax(_dot(q, k) / scale(q), mask), math.sqrt(q.size(-1))
        if what == "weights":
            weights = weights / root
            return weights @ v, weights
        return weights @ v / root, weights

    return wrong


_SCALED_AFTER = (
    _sdpa_scaled_after(lambda q: 1, "weights"),
    _sdpa_scaled_after(lambda q: 1, "out"),
    _sdpa_scaled_after(lambda q: math.sqrt(q.size(-1)), "weights"),
)
_SCALED_AFTER_WHY = "소프트맥스 뒤에 √d_k로 나눴어요. 그러면 섞은 값이 √d_k분의 1로 작아질 뿐이에요. 나눌 것은 소프트맥스에 넣는 점수예요."


def _sdpa_scores_times_v(q, k, v, mask):
    scores = attention.attention_scores(q, k)
    return scores @ v, attention.masked_softmax(scores, mask)


def _sdpa_hard(q, k, v, mask):
    weights = attention.masked_softmax(attention.attention_scores(q, k), mask)
    best = F.one_hot(weights.argmax(-1), weights.size(-1)).to(v.dtype)
    return best @ v, weights


def _sdpa_hard_by_index(q, k, v, mask):
    weights = attention.masked_softmax(attention.attention_scores(q, k), mask)
    return v[..., weights.argmax(-1), :], weights


def _sdpa_with_scores(scores):
    """가중치 대신 점수 `scores(점수, 마스크)`를 돌려줘요."""

    def wrong(q, k, v, mask):
        points = attention.attention_scores(q, k)
        return attention.masked_softmax(points, mask) @ v, scores(points, mask)

    return wrong


def _sdpa_nan_in_weights(q, k, v, mask):
    out, weights = _sdpa_soft(_filled(NEG_INF))(q, k, v, mask)
    return torch.nan_to_num(out), weights


def _sdpa_by_torch(q, k, v, mask):
    identity = torch.eye(k.size(-2), dtype=v.dtype).expand(*k.shape[:-2], -1, -1)
    seen = None if mask is None else mask & mask.any(-1, keepdim=True)
    out, weights = (torch.nan_to_num(F.scaled_dot_product_attention(q, k, x, attn_mask=seen)) for x in (v, identity))
    return out, weights


def _sdpa_by_einsum(q, k, v, mask):
    scores = torch.einsum("...tk,...sk->...ts", q, k) / q.size(-1) ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-1e9, dtype=q.dtype))
    weights = torch.softmax(scores, -1)
    if mask is not None:
        weights = torch.where(mask, weights, torch.zeros((), dtype=q.dtype))
    return torch.einsum("...ts,...sv->...tv", weights, v), weights


def _sdpa_by_loop(q, k, v, mask):
    weights = _masked_by_loop(_scores_by_loop(q, k), mask)
    out = torch.zeros(*q.shape[:-1], v.size(-1), dtype=v.dtype)
    for s in range(k.size(-2)):
        out = out + weights[..., s, None] * v[..., s, None, :]
    return out, weights


def _sdpa_by_numpy(q, k, v, mask):
    scores = np.matmul(q.numpy(), np.swapaxes(k.numpy(), -1, -2)) / np.sqrt(np.float32(q.shape[-1]))
    if mask is not None:
        scores = np.where(mask.numpy(), scores, np.float32(-1e30))
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    if mask is not None:
        weights = weights * mask.numpy()
    weights = torch.from_numpy(weights / np.maximum(weights.sum(-1, keepdims=True), 1e-30)).to(v.dtype)
    return weights @ v, weights


_SDPA_ALL = ("output", "weights", "mask", "empty_row")

SDPA = Exercise(
    name="scaled_dot_product_attention",
    lesson=LESSON,
    title="스케일드 닷 프로덕트 어텐션",
    points=15,
    groups={
        "output": "값을 섞은 출력이 맞아요",
        "weights": "가중치가 맞아요",
        "mask": "가려진 키는 섞이지 않아요",
        "empty_row": "볼 것이 없는 행은 0이에요",
    },
    reference=attention.scaled_dot_product_attention,
    examples=(_output_of(*_BY_HAND), _weights_of(*_BY_HAND)),
    sample_cases=_sdpa_cases,
    mistakes=(
        Mistake(
            id="scaled_dot_product_attention.no-softmax",
            title="소프트맥스 없이 점수로 섞음",
            why="비율이 아니라 점수 그대로 값을 섞었어요. 가중치의 합이 1이 아니고 음수도 있어요.",
            look="점수와 값 사이에 있어야 할 한 단계를 찾아봐요.",
            wrong=(_sdpa_soft(_no_softmax(None)), _sdpa_soft(_no_softmax(0.0)), _sdpa_soft(_no_softmax(-1e9))),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.softmax-axis",
            title="소프트맥스의 축이 다름",
            why="쿼리 하나의 가중치를 모두 더해도 1이 아니에요. 소프트맥스를 키가 아닌 축에서 계산했어요.",
            look="가중치 (T, S)에서 합이 1이어야 하는 축이 어디인지 봐요.",
            wrong=(_sdpa_soft(_filled(-1e9, -2)), _sdpa_soft(_filled(-1e9, 0))),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.weights-times-keys",
            title="값이 아니라 키를 섞음",
            why="가중치는 맞지만 그것으로 키를 섞었어요. 키는 찾기 위한 이름표이고, 가져올 내용은 값이에요.",
            look="마지막 행렬 곱의 오른쪽에 무엇이 있는지 봐요.",
            wrong=(_sdpa_weights_times_k,),
            groups=("output", "mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.keys-and-values-exchanged",
            title="키와 값이 바뀜",
            why="키와 값이 서로 바뀌었어요. 값으로 점수를 매기고 키를 섞었어요. 두 너비가 다르면 행렬 곱에서 예외가 나요.",
            look="점수를 구하는 줄과 마지막 행렬 곱에 저마다 무엇이 들어가는지 봐요.",
            wrong=(lambda q, k, v, mask: _sdpa(q, v, k, mask),),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.scaled-after-softmax",
            title="소프트맥스 뒤에 √d_k로 나눔",
            why=_SCALED_AFTER_WHY,
            look="√d_k로 나누는 곳과 소프트맥스 가운데 무엇이 먼저인지 봐요.",
            wrong=_SCALED_AFTER,
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.scores-times-values",
            title="가중치가 아니라 점수로 섞음",
            why="돌려준 가중치는 맞지만, 값은 그 가중치가 아니라 점수로 섞었어요.",
            look="출력을 만드는 행렬 곱의 왼쪽에 무엇이 있는지 봐요.",
            wrong=(_sdpa_scores_times_v,),
            groups=("output", "mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.hard-argmax",
            title="가장 큰 가중치의 값만 고름",
            why="가중치는 맞지만 값을 섞지 않고, 가중치가 가장 큰 키의 값 하나만 가져왔어요.",
            look="식에서 가중치와 V 사이의 계산이 고르기인지 곱하기인지 봐요.",
            wrong=(_sdpa_hard, _sdpa_hard_by_index),
            groups=("output", "mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.swapped",
            title="돌려주는 차례가 바뀜",
            why="두 값은 맞는데 (가중치, 출력)의 차례로 돌려줬어요.",
            look="독스트링의 돌려주는 차례를 다시 봐요.",
            wrong=(lambda q, k, v, mask: attention.scaled_dot_product_attention(q, k, v, mask)[::-1],),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.output-only",
            title="출력만 돌려줌",
            why="출력은 맞는데 가중치를 함께 돌려주지 않았어요.",
            look="독스트링이 돌려주라는 것이 몇 개인지 봐요.",
            wrong=(lambda q, k, v, mask: attention.scaled_dot_product_attention(q, k, v, mask)[0],),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.scores-returned",
            title="가중치 대신 점수를 돌려줌",
            why="두 번째 값이 가중치가 아니라 소프트맥스를 씌우기 전의 점수예요.",
            look="소프트맥스의 결과를 어느 변수에 담았고, 무엇을 돌려주는지 봐요.",
            wrong=(
                _sdpa_with_scores(_no_softmax(None)),
                _sdpa_with_scores(_no_softmax(-1e9)),
                _sdpa_with_scores(_no_softmax(NEG_INF)),
            ),
            groups=("weights", "mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.mask-ignored",
            title="마스크를 넘기지 않음",
            why="마스크가 없을 때와 똑같은 값이에요. 가려진 키의 내용이 섞여 들어왔어요.",
            look="`mask`를 소프트맥스까지 넘겼는지 봐요.",
            wrong=(lambda q, k, v, mask: attention.scaled_dot_product_attention(q, k, v, None),),
            groups=("mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.mask-inverted",
            title="보이는 쪽을 가림",
            why="True인 키가 가려졌어요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            look="점수를 채울 자리를 고르는 조건의 참과 거짓을 다시 봐요.",
            wrong=tuple(
                _sdpa_soft(_inverted(soft)) for soft in (attention.masked_softmax, _filled(NEG_INF), _filled(-1e9))
            ),
            groups=("mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.filled-with-zero",
            title="가린 점수를 0으로 채움",
            why="점수 0은 '안 봄'이 아니에요. 가려진 키가 여전히 몫을 받아 섞였어요.",
            look="가린 자리를 채운 수에 지수를 취하면 얼마가 되는지 봐요.",
            wrong=(_sdpa_soft(_filled(0.0)), _sdpa_soft(_filled(1e-9)), _sdpa_soft(_multiplied)),
            groups=("mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.mask-added",
            title="참/거짓 마스크를 점수에 더함",
            why="True는 1, False는 0으로 더해져서 보이는 키의 점수가 1씩 커졌을 뿐이에요. 가려진 키도 섞였어요.",
            look="더하는 마스크를 받는 코드인지 봐요. 이 코스의 마스크는 참/거짓이에요.",
            wrong=(_sdpa_soft(_added),),
            groups=("mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.not-renormalised",
            title="소프트맥스 뒤에 가리고 다시 나누지 않음",
            why="가려진 키가 가져간 몫이 그냥 사라져서 남은 가중치의 합이 1보다 작아요.",
            look="마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            wrong=(_sdpa_soft(_not_renormalised),),
            groups=("mask", "empty_row"),
        ),
        Mistake(
            id="scaled_dot_product_attention.hidden-scores-counted",
            title="가릴 점수까지 넣어 나눈 다음 다시 나눔",
            why="가릴 점수까지 넣어 지수를 취하고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 키의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            look="줄의 최댓값을 뺄 때 그것이 가려진 키의 점수일 수도 있는지 봐요.",
            wrong=tuple(map(_sdpa_soft, _RENORMALISED)),
            groups=("mask",),
        ),
        Mistake(
            id="scaled_dot_product_attention.always-causal",
            title="늘 미래를 가림",
            why="부탁하지 않았는데도 자기보다 뒤에 있는 키를 가렸어요. 무엇을 가릴지는 `mask`만 정해요.",
            look="함수 안에서 삼각형 마스크를 만드는 곳이 있는지 봐요.",
            wrong=(_sdpa_soft(_always_causal), _sdpa_soft(_only_causal)),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.no-scale",
            title="√d_k로 나누지 않음",
            why="나누지 않은 내적에 소프트맥스를 씌워서 비율이 한쪽으로 쏠렸어요.",
            look="점수를 구하는 곳을 5-2와 견줘 봐요.",
            # 한 줄에 다 적는 코드는 5-5를 부르지 않아서, 전부 가려진 행도 함께 놓치기 쉬워요.
            wrong=(
                lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_dot),
                lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_dot, soft=_filled(-1e9)),
                lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_dot, soft=_filled(NEG_INF)),
            ),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.divided-by-d-k",
            title="d_k로 나누거나 √d_k로 두 번 나눔",
            why="점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. 5-2의 함수는 이미 √d_k로 나눈 점수를 돌려줘요.",
            look="점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            wrong=(
                _sdpa_divided(lambda q, k, v: q.size(-1)),
                lambda q, k, v, mask: _sdpa(q / math.sqrt(q.size(-1)), k, v, mask),
            ),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.wrong-divisor",
            title="√d_k가 아닌 수로 나눔",
            why="점수를 √d_k가 아닌 다른 수로 나눴어요.",
            look="나눈 수를 찍어 보고, 쿼리의 모양에서 손으로 구한 √d_k와 견줘 봐요.",
            wrong=(
                _sdpa_divided(lambda q, k, v: q.size(-1) / 2),
                _sdpa_divided(lambda q, k, v: int(math.sqrt(q.size(-1)))),
                _sdpa_divided(lambda q, k, v: 8),
                _sdpa_divided(lambda q, k, v: math.sqrt(v.size(-1))),
                _sdpa_divided(lambda q, k, v: math.sqrt(q.size(-2))),
                _sdpa_divided(lambda q, k, v: math.sqrt(k.size(-2))),
            ),
            groups=_SDPA_ALL,
        ),
        Mistake(
            id="scaled_dot_product_attention.no-max-subtraction",
            title="최댓값을 빼지 않은 소프트맥스",
            why="점수가 아주 큰 줄에서 exp가 inf가 되어 비율이 되지 못했어요.",
            look="5-1에서 넘치지 않게 한 단계가 여기에도 있는지 봐요.",
            wrong=(_sdpa_soft(_masked_without_max), _sdpa_soft(_filled_without_max)),
            groups=("output", "weights", "mask"),
        ),
        Mistake(
            id="scaled_dot_product_attention.nan-on-empty-row",
            title="전부 가려진 행이 nan",
            why="볼 수 있는 키가 하나도 없는 행이 nan이에요. 소프트맥스가 거기서 -inf - (-inf)나 0 ÷ 0을 셈해요. 이 코스에서는 그런 행의 출력과 가중치가 0이에요.",
            look="모든 점수가 -inf인 행에 소프트맥스를 씌우면 무엇이 나오는지 작은 입력으로 봐요. 5-5에서 어떻게 마무리했나요?",
            wrong=(_sdpa_soft(_filled(NEG_INF)), _sdpa_soft(_masked_without_guard), _sdpa_nan_in_weights),
            groups=("empty_row",),
        ),
        Mistake(
            id="scaled_dot_product_attention.uniform-on-empty-row",
            title="전부 가려진 행이 고른 비율",
            why="볼 수 있는 키가 하나도 없는 행인데 모든 키를 똑같이 섞었어요. 이 코스에서는 그런 행의 출력과 가중치가 0이에요.",
            look="모든 점수가 같은 행에 소프트맥스를 씌우면 무엇이 나오는지 봐요. 5-5에서 어떻게 마무리했나요?",
            wrong=(
                _sdpa_soft(_filled(-1e9)),
                _sdpa_soft(_filled(-1e4)),
                _sdpa_soft(_filled_by_smallest),
                _sdpa_soft(_when_masked(lambda scores, mask: torch.softmax(scores + ~mask * -1e9, dim=-1))),
            ),
            groups=("empty_row",),
        ),
    ),
    both=(
        Both(
            (
                "scaled_dot_product_attention.hidden-scores-counted",
                "scaled_dot_product_attention.nan-on-empty-row",
            ),
            (_sdpa_soft(_RENORMALISED_WITHOUT_GUARD),),
            ("mask", "empty_row"),
        ),
    ),
    correct=(_sdpa_by_torch, _sdpa_by_einsum, _sdpa_by_loop, _sdpa_by_numpy),
    uses=("softmax", "attention_scores", "masked_softmax"),
)


# -- self_attention --


def _self_cases(rng):
    def sized(B, T, D, K, Kv, dtype=torch.float32):
        return tuple(
            rng.normal(*shape, dtype=dtype, scale=scale)
            for shape, scale in (((B, T, D), 1.0), ((D, K), 0.7), ((D, K), 0.7), ((D, Kv), 0.7))
        )

    x, *weights = sized(2, 6, 5, 5, 5)
    x *= 0.6  # 가린 점수가 우연히 아주 크면, 순서만 틀린 답이 인과성에서도 떨어져요.
    later = x.clone()
    later[:, 3:] = rng.normal(2, 3, 5, scale=0.6)
    causal = masks.causal_mask(6)
    # 첫 문장의 첫 쿼리와 가려진 마지막 토큰의 점수가 2000이에요. 그 토큰의 다른 점수도 커서 float32로는 자릿수가 모자라요.
    tempted, *matrices = sized(2, 5, 7, 6, 3, dtype=torch.float64)
    pull = tempted[0, 0] @ matrices[0] @ matrices[1].T
    tempted[0, 4] = 2000 * math.sqrt(6) * pull / pull.square().sum()
    return [
        case("values", *sized(2, 3, 6, 5, 7), None),
        case("values", *sized(3, 5, 6, 7, 8, dtype=torch.float64), None),
        case("square", *sized(2, 3, 5, 5, 5), None),
        case("mask", *sized(1, 6, 7, 5, 3), causal),
        case("mask", *sized(3, 5, 7, 6, 3), _mask(rng, 3, 5, 5)),
        case("mask", tempted, *matrices, masks.causal_mask(5)),
        Case("causality", (Call((x, *weights, causal)), Call((later, *weights, causal))), "prefix", {"t": 3}),
    ]


def _attend(q, k, v, mask):
    return attention.scaled_dot_product_attention(q, k, v, mask)[0]


def _self_by_torch(x, W_q, W_k, W_v, mask):
    return F.scaled_dot_product_attention(x @ W_q, x @ W_k, x @ W_v, attn_mask=mask)


def _self_by_einsum(x, W_q, W_k, W_v, mask):
    q, k, v = (torch.einsum("btd,dk->btk", x, W) for W in (W_q, W_k, W_v))
    scores = torch.einsum("btk,bsk->bts", q, k) * k.size(-1) ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, NEG_INF)
    return torch.einsum("bts,bsv->btv", scores.softmax(-1), v)


def _self_by_loop(x, W_q, W_k, W_v, mask):
    out = []
    for b in range(x.size(0)):
        seen = None if mask is None else mask if mask.dim() == 2 else mask[b]
        q, k, v = (F.linear(x[b], W.T) for W in (W_q, W_k, W_v))
        out.append(_sdpa_by_loop(q, k, v, seen)[0])
    return torch.stack(out)


def _self_by_linear_layers(x, W_q, W_k, W_v, mask):
    def layer(W):
        linear = torch.nn.Linear(W.shape[0], W.shape[1], bias=False, dtype=W.dtype)
        linear.weight = torch.nn.Parameter(W.T)
        return linear

    return F.scaled_dot_product_attention(layer(W_q)(x), layer(W_k)(x), layer(W_v)(x), attn_mask=mask)


def _self_with(attend):
    """`attend(q, k, v, mask)`만 다르게 한 셀프 어텐션."""
    return lambda x, W_q, W_k, W_v, mask: attend(x @ W_q, x @ W_k, x @ W_v, mask)


def _self_soft(soft):
    return _self_with(lambda q, k, v, mask: _sdpa(q, k, v, mask, soft=soft)[0])


def _self_divided(divisor):
    return _self_with(lambda q, k, v, mask: _sdpa_divided(divisor)(q, k, v, mask)[0])


def _self_by_sqrt_of_d_model(x, W_q, W_k, W_v, mask):
    return _self_divided(lambda q, k, v: math.sqrt(x.size(-1)))(x, W_q, W_k, W_v, mask)


def _self_sentence_by_sentence(x, W_q, W_k, W_v, mask):
    return torch.stack([_attend(row @ W_q, row @ W_k, row @ W_v, mask) for row in x])


def _self_reference(x, W_q, W_k, W_v, mask):
    return _attend(x @ W_q, x @ W_k, x @ W_v, mask)


SELF_ATTENTION = Exercise(
    name="self_attention",
    lesson=LESSON,
    title="셀프 어텐션",
    points=14,
    groups={
        "values": "출력의 값이 맞아요",
        "square": "가중치 행렬이 정사각형이어도 맞아요",
        "mask": "마스크가 문장마다 쓰여요",
        "causality": "뒤를 바꿔도 앞의 출력이 움직이지 않아요",
    },
    reference=attention.self_attention,
    examples=(
        # 두 토큰이 서로를 더 많이 봐요: 점수는 [[0, 1], [1, 0]] / √2.
        case(
            "values",
            torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]),
            torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
            torch.tensor([[0.0, 1.0], [1.0, 0.0]]),
            torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
            None,
        ),
    ),
    sample_cases=_self_cases,
    mistakes=(
        Mistake(
            id="self_attention.query-weights-reused",
            title="W_q를 다시 씀",
            why="키나 값까지 W_q로 만들었어요. 찾는 눈, 이름표, 건넬 내용은 저마다 다른 가중치 행렬에서 나와요.",
            look="가중치 행렬 셋이 저마다 한 번씩 쓰이는지 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_q, x @ W_v, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_q, x @ W_q, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x @ W_q, mask),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.key-weights-reused",
            title="W_k를 두 번 씀",
            why="W_k를 두 곳에 썼어요. 쿼리, 키, 값은 저마다 다른 가중치 행렬에서 나와요.",
            look="복사한 줄에서 이름이 모두 바뀌었는지 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x @ W_k, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_k, x @ W_k, x @ W_v, mask),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.queries-and-keys-exchanged",
            title="쿼리와 키가 바뀜",
            why="쿼리와 키가 서로 바뀌었어요. 묻는 쪽과 이름표를 내건 쪽이 바뀌어 점수의 행과 열이 뒤바뀌어요.",
            look="쿼리, 키, 값을 만드는 줄과 넘기는 줄에서 이름의 차례를 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_k, x @ W_q, x @ W_v, mask),
                _self_with(lambda q, k, v, mask: _attend(k, q, v, mask)),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.keys-and-values-exchanged",
            title="키와 값이 바뀜",
            why="키와 값이 서로 바뀌었어요. W_k와 W_v를 바꿔 곱했거나, 만든 둘을 바꿔 넘겼어요.",
            look="쿼리, 키, 값을 만드는 줄과 넘기는 줄에서 이름의 차례를 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_v, x @ W_k, mask),
                _self_with(lambda q, k, v, mask: _sdpa(q, v, k, mask)[0]),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.scaled-after-softmax",
            title="소프트맥스 뒤에 √d_k로 나눔",
            why=_SCALED_AFTER_WHY,
            look="√d_k로 나누는 곳과 소프트맥스 가운데 무엇이 먼저인지 봐요.",
            wrong=tuple(_self_with(lambda *args, attend=attend: attend(*args)[0]) for attend in _SCALED_AFTER[::2]),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.values-are-inputs",
            title="값으로 x를 그대로 씀",
            why="섞은 것이 x W_v가 아니라 x예요. 무엇을 건넬지는 W_v가 정해요.",
            look="값을 만드는 줄이 있는지 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x, mask),),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.no-projections",
            title="쿼리와 키로 x를 그대로 씀",
            why="쿼리와 키가 x W_q, x W_k가 아니라 x예요. 그러면 누구나 자기와 닮은 토큰을 볼 뿐이에요.",
            look="W_q와 W_k가 코드의 어디에 쓰이는지 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x, x, x, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x, x, x @ W_v, mask),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.weights-transposed",
            title="가중치 행렬의 행과 열이 바뀜",
            why="가중치 행렬의 축을 맞바꿔 곱했어요. 이 코스의 가중치 행렬은 (들어오는 크기, 나가는 크기)예요. 정사각형이면 오류 없이 조용히 틀려요.",
            look="`x @ W`의 모양이 그대로 맞는지 적어 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q.T, x @ W_k.T, x @ W_v.T, mask),),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.mask-ignored",
            title="마스크를 넘기지 않음",
            why="마스크가 없을 때와 똑같은 값이에요. 가려야 할 토큰까지 섞였어요.",
            look="`mask`가 어텐션까지 전해지는지 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x @ W_v, None),),
            groups=("mask", "causality"),
        ),
        Mistake(
            id="self_attention.mask-inverted",
            title="보이는 쪽을 가림",
            why="True인 키가 가려졌어요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            look="점수를 채울 자리를 고르는 조건의 참과 거짓을 다시 봐요.",
            wrong=tuple(
                _self_soft(_inverted(soft)) for soft in (attention.masked_softmax, _filled(NEG_INF), _filled(-1e9))
            ),
            groups=("mask", "causality"),
        ),
        Mistake(
            id="self_attention.mask-added",
            title="참/거짓 마스크를 점수에 더함",
            why="True는 1, False는 0으로 더해져서 보이는 키의 점수가 1씩 커졌을 뿐이에요. 가려진 키도 섞였어요.",
            look="더하는 마스크를 받는 코드인지 봐요. 이 코스의 마스크는 참/거짓이에요.",
            wrong=(_self_soft(_added),),
            groups=("mask", "causality"),
        ),
        Mistake(
            id="self_attention.filled-with-zero",
            title="가린 점수를 0으로 채움",
            why="점수 0은 '안 봄'이 아니에요. 가려진 키가 여전히 몫을 받아 섞였어요.",
            look="가린 자리를 채운 수에 지수를 취하면 얼마가 되는지 봐요.",
            wrong=(_self_soft(_filled(0.0)), _self_soft(_filled(1e-9)), _self_soft(_multiplied)),
            groups=("mask", "causality"),
        ),
        Mistake(
            id="self_attention.not-renormalised",
            title="소프트맥스 뒤에 가리고 다시 나누지 않음",
            why="가려진 키가 가져간 몫이 그냥 사라져요. 그 몫의 크기로 미래의 내용까지 새요.",
            look="마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            wrong=(_self_soft(_not_renormalised),),
            groups=("mask", "causality"),
        ),
        Mistake(
            id="self_attention.hidden-scores-counted",
            title="가릴 점수까지 넣어 나눈 다음 다시 나눔",
            why="가릴 점수까지 넣어 지수를 취하고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 토큰의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            look="줄의 최댓값을 뺄 때 그것이 가려진 토큰의 점수일 수도 있는지 봐요.",
            wrong=tuple(_self_soft(soft) for soft in (_RENORMALISED[0], _RENORMALISED[2], _RENORMALISED_WITHOUT_GUARD)),
            groups=("mask",),
        ),
        Mistake(
            id="self_attention.mask-axis-added",
            title="마스크에 헤드 축을 더함",
            why="(B, T, T) 마스크의 가운데에 축을 하나 끼웠어요. 여기에는 헤드 축이 없어서, 문장마다 모든 문장의 마스크를 씌운 네 축짜리 결과가 나와요.",
            look="점수의 모양과 마스크의 모양을 나란히 적어 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _self_reference(
                    x, W_q, W_k, W_v, mask[:, None] if mask is not None and mask.dim() == 3 else mask
                ),
            ),
            groups=("mask",),
        ),
        Mistake(
            id="self_attention.whole-mask-for-each-sentence",
            title="문장 하나에 모든 문장의 마스크",
            why="문장을 하나씩 꺼내면서 마스크는 받은 그대로 넘겼어요. (B, T, T) 마스크라면 한 문장에 모든 문장의 마스크가 씌워져요.",
            look="문장 하나의 점수와 마스크의 모양을 나란히 적어 봐요.",
            wrong=(_self_sentence_by_sentence,),
            groups=("mask",),
        ),
        Mistake(
            id="self_attention.always-causal",
            title="늘 미래를 가림",
            why="부탁하지 않았는데도 자기보다 뒤에 있는 토큰을 가렸어요. 무엇을 가릴지는 `mask`만 정해요.",
            look="함수 안에서 삼각형 마스크를 만드는 곳이 있는지 봐요.",
            wrong=(_self_soft(_always_causal), _self_soft(_only_causal)),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.no-scale",
            title="√d_k로 나누지 않음",
            why="나누지 않은 내적에 소프트맥스를 씌워서 가중치가 한쪽으로 쏠렸어요.",
            look="점수를 구하는 곳을 5-2와 견줘 봐요.",
            wrong=(_self_with(lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_dot)[0]),),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.sqrt-d-model",
            title="√D로 나눔",
            why="점수를 x의 너비 D의 제곱근으로 나눴어요. 내적하는 것은 x가 아니라 쿼리와 키라서, D와 K가 다르면 틀려요.",
            look="점수에서 더해지는 항이 몇 개인지 쿼리의 모양에서 봐요.",
            wrong=(_self_by_sqrt_of_d_model,),
            groups=("values", "mask"),
        ),
        Mistake(
            id="self_attention.divided-by-d-k",
            title="d_k로 나누거나 √d_k로 두 번 나눔",
            why="점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. 5-6의 함수는 스스로 √d_k로 나눠요.",
            look="점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            wrong=(
                _self_divided(lambda q, k, v: q.size(-1)),
                _self_with(lambda q, k, v, mask: _attend(q / math.sqrt(q.size(-1)), k, v, mask)),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.wrong-divisor",
            title="√d_k가 아닌 수로 나눔",
            why="점수를 √d_k가 아닌 다른 수로 나눴어요.",
            look="나눈 수를 찍어 보고, 쿼리의 모양에서 손으로 구한 √d_k와 견줘 봐요.",
            wrong=(
                _self_divided(lambda q, k, v: int(math.sqrt(q.size(-1)))),
                _self_divided(lambda q, k, v: 8),
                _self_divided(lambda q, k, v: math.sqrt(q.size(-2))),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.softmax-axis",
            title="소프트맥스의 축이 다름",
            why="쿼리 하나의 가중치를 모두 더해도 1이 아니에요. 소프트맥스를 쿼리 축에서 계산했어요.",
            look="가중치 (B, T, S)에서 합이 1이어야 하는 축이 어디인지 봐요.",
            wrong=(_self_soft(_filled(-1e9, -2)),),
            groups=("values", "square", "mask", "causality"),
        ),
        Mistake(
            id="self_attention.residual-added",
            title="출력에 x를 더함",
            why="어텐션의 출력에 입력을 더했어요. 잔차 연결은 레슨 4의 몫이고, 여기서 약속한 것은 어텐션의 출력뿐이에요.",
            look="돌려주는 줄에 x가 남아 있는지 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: x + _self_reference(x, W_q, W_k, W_v, mask),
                lambda x, W_q, W_k, W_v, mask: F.layer_norm(x + _self_reference(x, W_q, W_k, W_v, mask), x.shape[-1:]),
            ),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.weights-returned",
            title="출력이 아니라 가중치를 돌려줌",
            why="섞은 결과가 아니라 섞는 비율(어텐션 가중치)이 나왔어요.",
            look="5-6이 돌려준 두 값 가운데 어느 것을 골랐는지 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: SDPA.reference(x @ W_q, x @ W_k, x @ W_v, mask)[1],),
            groups=("values", "square", "mask", "causality"),
        ),
        Mistake(
            id="self_attention.returns-tuple",
            title="튜플을 통째로 돌려줌",
            why="(출력, 가중치) 튜플이 그대로 나왔어요. 여기서 약속한 것은 출력뿐이에요.",
            look="앞 실습이 돌려준 두 값을 나눠 받아요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: SDPA.reference(x @ W_q, x @ W_k, x @ W_v, mask),),
            groups=("values", "square", "mask", "causality"),
        ),
    ),
    correct=(_self_by_torch, _self_by_einsum, _self_by_loop, _self_by_linear_layers),
    uses=("softmax", "attention_scores", "masked_softmax", "scaled_dot_product_attention"),
)


# -- attention_variance (보너스) --


def _variance_cases(rng):
    seed = rng.int(0, 10**6)
    again = (_variance_call(12, 50, seed), _variance_call(12, 50, seed))
    return [
        # √d_k의 소수점 아래를 버리면 나눈 값의 분산이 1에서 멀어지는 d_k예요.
        _measured(rng.choice((14, 15)), 1000, [rng.int(0, 10**6) for _ in range(3)], 0.25),
        # 큰 d_k에서는 표본이 적을 때만 값이 출렁여요.
        _measured(rng.int(120, 130), 500, [rng.int(0, 10**6) for _ in range(8)], 0.35, noisy=_SINGLE_SAMPLE),
        Case("generator", again, "repeatable", {"mistake": "attention_variance.generator-ignored"}),
        # 늘 0만 나오는 생성기에서는 어떻게 뽑아도 분산이 0이에요. 재지 않고 이론값을 적은 답이 드러나요.
        case("generator", 12, rng.int(40, 60), BuiltArgument("same_numbers")),
        # 쿼리 하나로 잰 분산은 그 쿼리의 크기만큼이에요. d_k가 1이면 크기가 뽑을 때마다 많이 달라요.
        _measured(1, 2000, [rng.int(0, 10**6) for _ in range(6)], 0.4),
        # 표본이 둘뿐이면 분산은 부를 때마다 몇 배씩 달라요. 열두 번이 모두 네 배 안에 드는 일은 바른 답에서는 없어요.
        Case(
            "variance",
            tuple(_variance_call(200, 2, rng.int(0, 10**6)) for _ in range(12)),
            "scatter",
            {"times": 4.0},
        ),
    ]


def _variance_call(d_k, n_samples, seed):
    return Call((d_k, n_samples, BuiltArgument("generator", {"seed": seed})))


_SINGLE_SAMPLE = "attention_variance.single-sample"


def _measured(d_k, n_samples, seeds, rtol, noisy=None):
    params = {"want": (float(d_k), 1.0), "noisy": noisy}
    return Case(
        "variance", tuple(_variance_call(d_k, n_samples, seed) for seed in seeds), "statistic", params, rtol=rtol
    )


def _normal_pairs(d_k, n, generator):
    return torch.randn(n, d_k, generator=generator), torch.randn(n, d_k, generator=generator)


def _dots(d_k, n, generator):
    q, k = _normal_pairs(d_k, n, generator)
    return (q * k).sum(-1)


def _variance_of_one(d_k, n_samples, generator):
    dot = _dots(d_k, 1, generator)
    return dot.square().item(), (dot / math.sqrt(d_k)).square().item()


def _variance_of_products_of_one(d_k, n_samples, generator):
    q, k = torch.randn(d_k, generator=generator), torch.randn(d_k, generator=generator)
    return (q @ k).item(), (q @ k).item() / math.sqrt(d_k)


def _standard_deviation(d_k, n_samples, generator):
    dots = _dots(d_k, n_samples, generator)
    return dots.std().item(), (dots / math.sqrt(d_k)).std().item()


def _variance_without_generator(d_k, n_samples, generator):
    q, k = torch.randn(n_samples, d_k), torch.randn(n_samples, d_k)
    dots = (q * k).sum(-1)
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def _variance_seeded(seed, own):
    """함수 안에서 시드를 정한 분산. `own`이면 받은 생성기의, 아니면 전역 난수의 시드예요."""

    def wrong(d_k, n_samples, generator):
        if own:
            return attention.attention_variance(d_k, n_samples, generator.manual_seed(seed))
        torch.manual_seed(seed)
        return _variance_without_generator(d_k, n_samples, generator)

    return wrong


def _variance_divided(divisor):
    """√d_k 대신 `divisor(d_k)`로 나눈 분산."""

    def wrong(d_k, n_samples, generator):
        dots = _dots(d_k, n_samples, generator)
        return dots.var().item(), (dots / divisor(d_k)).var().item()

    return wrong


def _variance_of_many(d_k, n_samples, generator):
    """몇 개를 뽑으라고 하든 늘 2000쌍이에요."""
    return attention.attention_variance(d_k, 2000, generator)


def _variance_of_the_products(d_k, n_samples, generator):
    """내적하지 않고 곱의 분산을 재어 d_k배 해요."""
    q, k = _normal_pairs(d_k, n_samples, generator)
    return (q * k).var().item() * d_k, (q * k).var().item()


def _variance_divided_by_root(d_k, n_samples, generator):
    variance = _dots(d_k, n_samples, generator).var().item()
    return variance, variance / math.sqrt(d_k)


def _variance_divided_twice(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, n_samples, generator)
    root = math.sqrt(d_k)
    return (q * k).sum(-1).var().item(), ((q / root) * (k / root)).sum(-1).var().item()


def _variance_divided_but_not_summed(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, n_samples, generator)
    return (q * k).sum(-1).var().item(), (q * k / math.sqrt(d_k)).var().item()


def _variance_of_the_same_vectors(d_k, n_samples, generator):
    q = k = torch.randn(n_samples, d_k, generator=generator)
    dots = (q * k).sum(-1)
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def _variance_of_one_query(d_k, n_samples, generator):
    q, k = torch.randn(d_k, generator=generator), torch.randn(n_samples, d_k, generator=generator)
    dots = k @ q
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def _variance_of_one_query_drawn_last(d_k, n_samples, generator):
    k, q = torch.randn(n_samples, d_k, generator=generator), torch.randn(d_k, generator=generator)
    dots = k @ q
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def _variance_of_products(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, n_samples, generator)
    return (q * k).var().item(), (q * k / math.sqrt(d_k)).var().item()


def _variance_summed_over_samples(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, n_samples, generator)
    sums = (q * k).sum(0)
    return sums.var().item(), (sums / math.sqrt(d_k)).var().item()


def _variance_of_uniform(d_k, n_samples, generator):
    q, k = torch.rand(2, n_samples, d_k, generator=generator)
    dots = (q * k).sum(-1)
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def _variance_by_loop(d_k, n_samples, generator):
    dots = []
    for _ in range(n_samples):
        dots.append(float(torch.randn(d_k, generator=generator) @ torch.randn(d_k, generator=generator)))
    mean = sum(dots) / n_samples
    variance = sum((dot - mean) ** 2 for dot in dots) / n_samples
    return variance, variance / d_k


def _variance_by_einsum(d_k, n_samples, generator):
    q, k = torch.randn(2, n_samples, d_k, generator=generator, dtype=torch.float64)
    dots = torch.einsum("nd,nd->n", q, k)
    return float(dots.var(correction=0)), float((dots / d_k**0.5).var(correction=0))


def _variance_by_numpy(d_k, n_samples, generator):
    k, q = _normal_pairs(d_k, n_samples, generator)
    dots = (q.numpy() * k.numpy()).sum(axis=1)
    return float(np.var(dots)), float(np.var(dots / np.sqrt(d_k)))


def _variance_of_a_matrix(d_k, n_samples, generator):
    q, k = torch.normal(0.0, 1.0, (2, n_samples, d_k), generator=generator)
    dots = (q @ k.T).diagonal()
    return dots.square().mean().item(), (dots / math.sqrt(d_k)).square().mean().item()


ATTENTION_VARIANCE = Exercise(
    name="attention_variance",
    lesson=LESSON,
    title="분산을 직접 재기",
    points=0,
    groups={
        "variance": "두 분산이 d_k와 1에 가까워요",
        "generator": "값이 난수 생성기에서 나와요",
    },
    behaviour=("generator",),
    reference=attention.attention_variance,
    examples=(_measured(64, 2_000, [0], 0.15),),
    sample_cases=_variance_cases,
    mistakes=(
        Mistake(
            id=_SINGLE_SAMPLE,
            title="표본 하나로 잼",
            why="난수를 바꿀 때마다 값이 크게 출렁이거나 nan이에요. 표본이 하나뿐이거나 너무 적으면 우연이라서 분산을 말해 주지 못해요.",
            look="`n_samples`가 코드의 어디에서 쓰이는지 봐요.",
            wrong=(_variance_of_one, _variance_of_products_of_one),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.standard-deviation",
            title="분산이 아니라 표준편차",
            why="첫째 값이 d_k가 아니라 √d_k에 가까워요. 표준편차를 제곱하지 않았어요.",
            look="`std`와 `var`의 차이를 봐요.",
            wrong=(_standard_deviation,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.not-summed",
            title="곱을 더하지 않음",
            why="첫째 값이 d_k가 아니라 1에 가까워요. 내적이 아니라 성분끼리의 곱이 흩어진 정도를 쟀어요.",
            look="쌍 하나에서 내적이 몇 개 나와야 하는지, 재기 전의 `.shape`를 봐요.",
            wrong=(_variance_of_products,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.summed-over-samples",
            title="쌍을 따라 더함",
            why="첫째 값이 d_k가 아니라 표본 수에 가까워요. 쌍마다 성분을 더한 것이 아니라 성분마다 쌍을 더했어요.",
            look="더한 다음의 길이가 표본 수인지 d_k인지 봐요.",
            wrong=(_variance_summed_over_samples,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.divided-by-d-k",
            title="둘째 값이 1/d_k",
            why="첫째 값은 맞는데 둘째 값이 1이 아니라 1/d_k에 가까워요. 내적을 d_k로 나눴거나, √d_k로 두 번(q와 k를 따로) 나눴거나, 둘째 값을 잴 때 곱을 더하지 않았어요.",
            look="둘째 값을 재기 전에 무엇을 몇 번 나눴는지, 쌍마다 수가 하나씩인지 `.shape`를 봐요.",
            wrong=(
                _variance_divided(lambda d_k: d_k),
                _variance_divided_twice,
                _variance_divided_but_not_summed,
            ),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.variance-divided-by-root",
            title="분산을 √d_k로 나눔",
            why="첫째 값은 맞는데 둘째 값이 1이 아니라 √d_k에 가까워요. 수를 어떤 수로 나누면 분산은 그 수가 아니라 그 제곱만큼 작아져요.",
            look="√d_k로 나눈 것이 내적인지, 내적의 분산인지 봐요.",
            wrong=(_variance_divided_by_root,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.same-vectors",
            title="쿼리와 키가 같은 벡터",
            why="쿼리와 키로 같은 벡터를 썼어요. 벡터를 자기 자신과 내적하면 늘 양수이고, 두 분산이 모두 두 배쯤이에요.",
            look="쿼리와 키를 따로 뽑는지, `q = k = ...`처럼 한 텐서를 두 이름으로 부르지 않는지 봐요.",
            wrong=(_variance_of_the_same_vectors,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.one-query-for-all",
            title="쿼리 하나를 모든 키와 곱함",
            why="쿼리를 하나만 뽑아 모든 키와 곱했어요. 그러면 첫째 값이 그 쿼리의 크기에 따라 달라져요.",
            look="내적마다 새로 뽑은 것이 키뿐인지, 쿼리와 키 둘 다인지 봐요.",
            wrong=(_variance_of_one_query, _variance_of_one_query_drawn_last),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.wrong-divisor",
            title="√d_k가 아닌 수로 나눔",
            why="첫째 값은 맞는데 둘째 값이 1에서 멀어요. 나눈 수가 √d_k가 아니에요.",
            look="나눈 수를 찍어 보고 √d_k와 견줘 봐요.",
            wrong=(
                _variance_divided(lambda d_k: int(math.sqrt(d_k))),
                _variance_divided(lambda d_k: d_k / 2),
                _variance_divided(lambda d_k: 1),
            ),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.uniform-numbers",
            title="표준정규분포가 아님",
            why="첫째 값이 d_k보다 훨씬 작아요. 0과 1 사이에서 고르게 뽑은 수는 평균이 0도, 분산이 1도 아니에요.",
            look="난수를 뽑은 함수의 이름을 다시 봐요.",
            wrong=(_variance_of_uniform,),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.theory-returned",
            title="재지 않고 이론값을 적음",
            why="난수가 어떻든 둘째 값이 늘 1이에요. 잰 값이 아니라 알고 있는 답이에요.",
            look="돌려주는 두 값이 모두 뽑은 표본에서 나오는지 봐요.",
            wrong=(
                lambda d_k, n_samples, generator: (float(d_k), 1.0),
                lambda d_k, n_samples, generator: (_dots(d_k, n_samples, generator).var().item(), 1.0),
            ),
            groups=("variance", "generator"),
        ),
        Mistake(
            id="attention_variance.seeded-inside",
            title="함수 안에서 시드를 정함",
            why="받은 난수 생성기의 상태와 상관없이 늘 같은 표본이에요. 함수 안에서 시드를 새로 정했어요.",
            look="`manual_seed`를 부르는 곳이 있는지 봐요. 시드는 부르는 쪽이 정해요.",
            wrong=tuple(_variance_seeded(seed, own) for seed in (0, 42) for own in (True, False)),
            groups=("variance", "generator"),
        ),
        Mistake(
            id="attention_variance.samples-ignored",
            title="표본의 수와 상관없는 분산",
            why="표본이 둘뿐일 때도 잰 값이 늘 비슷해요. n_samples만큼만 뽑지 않았거나, 내적이 아닌 다른 것의 분산을 쟀어요.",
            look="n_samples를 2로 두고 몇 번 불러 봐요. 쌍마다 내적 하나를 얻어 그 내적들의 분산을 재는지 봐요.",
            wrong=(_variance_of_many, _variance_of_the_products),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.generator-ignored",
            title="generator를 쓰지 않음",
            why="같은 난수 생성기를 두 번 줬는데 다른 값이 나왔어요. 실험은 누가 다시 해도 같아야 해요.",
            look="난수를 뽑는 모든 곳에 generator를 넘겼는지 봐요.",
            wrong=(_variance_without_generator,),
            groups=("generator",),
        ),
    ),
    correct=(_variance_by_loop, _variance_by_einsum, _variance_by_numpy, _variance_of_a_matrix),
)

EXERCISES: tuple[Exercise, ...] = (
    SOFTMAX,
    SCORES,
    PADDING_MASK,
    CAUSAL_MASK,
    MASKED_SOFTMAX,
    SDPA,
    SELF_ATTENTION,
    ATTENTION_VARIANCE,
)
