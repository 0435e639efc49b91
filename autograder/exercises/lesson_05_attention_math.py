"""레슨 5의 실습: 소프트맥스, 어텐션 점수, 두 마스크, 스케일드 닷 프로덕트 어텐션, 셀프 어텐션.

`sample_cases(rng)`의 `rng`는 `Sampler`예요. 한 사례 안의 크기는 서로 달라서 축을 헷갈리면 드러나요.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import attention, masks

LESSON = "05_attention_math"
NEG_INF = float("-inf")


def _mask(rng, *shape):
    """행마다 보이는 키와 가려진 키가 적어도 하나씩 있는 마스크."""
    size = shape[-1]
    seen = rng.uniform(*shape) < 0.5
    columns = torch.arange(size)
    at = rng.ids(*shape[:-1], 1, low=0, high=size - 1)
    step = rng.ids(*shape[:-1], 1, low=1, high=size - 1)
    return (seen | (columns == at)) & (columns != (at + step) % size)


# -- softmax --


def _softmax_cases(rng):
    x = rng.normal(3, 4, 5, scale=1.5)
    shifted = x.clone()
    shifted[1, 2] += 1000
    return [
        case("values", x, -1),
        case("values", rng.normal(2, 6, dtype=torch.float64), -1),
        case("axis", x, 1),
        case("axis", x, 0),
        case("overflow", shifted, -1),
    ]


def _softmax_plain(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim=dim, keepdim=True)


def _softmax_global_max(x, dim):
    e = torch.exp(x - x.max())
    return e / e.sum(dim=dim, keepdim=True)


def _softmax_over_everything(x, dim):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return e / e.sum()


def _softmax_over_everything_global_max(x, dim):
    e = torch.exp(x - x.max())
    return e / e.sum()


def _softmax_over_everything_plain(x, dim):
    e = torch.exp(x)
    return e / e.sum()


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
    sample_cases=_softmax_cases,
    mistakes=(
        Mistake(
            id="softmax.no-max-subtraction",
            title="최댓값을 빼지 않음",
            why="큰 점수에서 exp가 inf가 되고, inf를 inf로 나눠 nan이 됐어요.",
            look="지수를 취하기 전에 모든 점수를 같은 만큼 옮겨도 비율이 그대로인지 생각해 봐요.",
            wrong=(_softmax_plain,),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.global-max",
            title="텐서 전체의 최댓값을 뺌",
            why="텐서 전체에서 하나뿐인 최댓값을 모든 줄에서 뺐어요. 점수가 훨씬 작은 줄은 exp가 모두 0이 되어 0을 0으로 나눠요.",
            look="최댓값도 합과 같은 축에서 줄마다 따로 구해야 하는지 봐요.",
            wrong=(_softmax_global_max,),
            groups=("overflow",),
        ),
        Mistake(
            id="softmax.wrong-axis",
            title="다른 축으로 정규화",
            why="`dim`이 가리키는 축이 아니라 정해 둔 다른 축의 합이 1이 됐어요.",
            look="결과를 `dim` 축으로 더해 봐요. 모두 1이어야 해요.",
            wrong=(
                lambda x, dim: torch.softmax(x, dim=-2),
                lambda x, dim: torch.softmax(x, dim=0),
                lambda x, dim: torch.softmax(x, dim=1),
                lambda x, dim: torch.softmax(x, dim=dim - 1),
            ),
            groups=("values", "axis", "overflow"),
        ),
        Mistake(
            id="softmax.ignores-dim",
            title="`dim`을 쓰지 않고 늘 마지막 축",
            why="마지막 축에서는 맞지만, 다른 축을 부탁해도 늘 마지막 축으로 나눴어요.",
            look="최댓값과 합을 구하는 곳이 인자로 받은 `dim`을 쓰는지 봐요.",
            wrong=(lambda x, dim: torch.softmax(x, dim=-1),),
            groups=("axis",),
        ),
        Mistake(
            id="softmax.normalised-over-everything",
            title="텐서 전체의 합으로 나눔",
            why="줄마다가 아니라 텐서 전체의 합이 1이 됐어요.",
            look="합을 구할 때 축을 정했는지 봐요.",
            wrong=(_softmax_over_everything, _softmax_over_everything_global_max, _softmax_over_everything_plain),
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
    correct=(
        lambda x, dim: torch.softmax(x, dim),
        lambda x, dim: torch.exp(F.log_softmax(x, dim=dim)),
        lambda x, dim: torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True)),
        _softmax_by_numpy,
        _softmax_by_loop,
    ),
)


# -- attention_scores --


def _scores_cases(rng):
    return [
        case("values", rng.normal(3, 6), rng.normal(5, 6)),
        case("values", rng.normal(4, 7, dtype=torch.float64), rng.normal(4, 7, dtype=torch.float64)),
        case("batch", rng.normal(2, 3, 8), rng.normal(2, 5, 8)),
        case("batch", rng.normal(2, 3, 4, 6), rng.normal(2, 3, 5, 6)),
    ]


def _dot(q, k):
    return q @ k.transpose(-2, -1)


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
    points=13,
    groups={
        "values": "쿼리와 키의 점수가 맞아요",
        "batch": "배치와 헤드 축이 앞에 붙어도 맞아요",
    },
    reference=attention.attention_scores,
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
            title="√d_k가 아니라 d_k로 나눔",
            why="너무 큰 수로 나눠서 점수가 0 쪽으로 몰렸어요. 분산이 아니라 표준편차를 1로 맞춰야 해요.",
            look="분산이 d_k인 값을 얼마로 나누면 분산이 1이 되는지 계산해 봐요.",
            wrong=(lambda q, k: _dot(q, k) / q.size(-1),),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.divided-by-length",
            title="d_k 대신 다른 축의 길이를 씀",
            why="d_k가 아니라 문장 길이나 배치 크기의 제곱근으로 나눴어요. 긴 문장일수록 점수가 작아져요.",
            look="나눌 수를 어느 축의 길이에서 가져오는지 `.shape`와 견줘 봐요.",
            wrong=(
                lambda q, k: _dot(q, k) / math.sqrt(q.size(-2)),
                lambda q, k: _dot(q, k) / math.sqrt(k.size(-2)),
                lambda q, k: _dot(q, k) / math.sqrt(q.size(0)),
            ),
            groups=("values", "batch"),
        ),
        Mistake(
            id="attention_scores.multiplied",
            title="√d_k를 곱함",
            why="나눠야 할 √d_k를 곱해서 점수가 d_k배만큼 커졌어요.",
            look="우리는 점수의 폭을 줄이고 싶어요. 방향을 다시 봐요.",
            wrong=(lambda q, k: _dot(q, k) * math.sqrt(q.size(-1)),),
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
            title="키가 아니라 쿼리를 전치",
            why="쿼리를 눕혀서 곱하면 토큰끼리가 아니라 성분끼리의 표가 나와요. 모양도 (T, S)가 아니에요.",
            look="(T, K)와 (S, K)에서 (T, S)가 나오려면 누구를 눕혀야 하는지 모양으로 따져 봐요.",
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
            title="`.T`로 모든 축을 뒤집음",
            why="축이 둘일 때는 맞지만, 배치 축이 붙으면 배치까지 뒤집혀요.",
            look="앞의 축은 그대로 두고 마지막 두 축만 맞바꾸는 방법을 찾아봐요.",
            wrong=(lambda q, k: q @ k.permute(*reversed(range(k.dim()))) / math.sqrt(q.size(-1)),),
            groups=("batch",),
        ),
    ),
    correct=(
        lambda q, k: torch.einsum("...tk,...sk->...ts", q, k) / q.shape[-1] ** 0.5,
        lambda q, k: (q / math.sqrt(q.size(-1))) @ k.mT,
        lambda q, k: (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1) / math.sqrt(k.size(-1)),
        _scores_by_numpy,
        _scores_by_loop,
    ),
)


# -- padding_mask --


def _padded(rng, pad_id, *shape):
    """PAD와 0번 토큰이 섞인 번호들. 문장 사이의 길이가 다르고, 문장 안에도 PAD가 하나 있어요."""
    ids = rng.ids(*shape, low=1, high=6)
    ids[0, 1] = 0
    ids[1, -2:] = pad_id
    ids[2, -1] = pad_id
    ids[2, 0] = pad_id
    return ids


def _padding_cases(rng):
    other = rng.int(7, 9)
    return [
        case("values", _padded(rng, 0, 3, 5), 0),
        case("values", _padded(rng, 0, 4, 6), 0),
        case("pad_id", _padded(rng, other, 3, 5), other),
    ]


PADDING_MASK = Exercise(
    name="padding_mask",
    lesson=LESSON,
    title="패딩 마스크",
    points=12,
    groups={
        "values": "PAD인 키만 가려요",
        "pad_id": "PAD의 번호가 0이 아니어도 맞아요",
    },
    reference=masks.padding_mask,
    sample_cases=_padding_cases,
    mistakes=(
        Mistake(
            id="padding_mask.inverted",
            title="참과 거짓이 뒤집힘",
            why="PAD인 자리가 True예요. 이 책의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            look="비교의 방향을 봐요.",
            wrong=(
                lambda ids, pad_id: (ids == pad_id)[:, None, None, :],
                lambda ids, pad_id: (ids == 0)[:, None, None, :],
            ),
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
            why="축이 모자라서 브로드캐스팅이 뒤에서부터 맞춰져요. 배치와 쿼리의 길이가 같으면 오류도 없이 다른 문장의 마스크가 쓰여요.",
            look="결과의 모양이 (B, 1, 1, S)인지 봐요.",
            wrong=(
                lambda ids, pad_id: ids != pad_id,
                lambda ids, pad_id: (ids != pad_id)[:, None, :],
                lambda ids, pad_id: (ids != pad_id)[None, None, :, :],
            ),
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
    correct=(
        lambda ids, pad_id: ids.ne(pad_id).unsqueeze(1).unsqueeze(2),
        lambda ids, pad_id: ~(ids == pad_id).reshape(ids.size(0), 1, 1, ids.size(1)),
        lambda ids, pad_id: torch.tensor([[[[token != pad_id for token in row]]] for row in ids.tolist()]),
        lambda ids, pad_id: torch.from_numpy(ids.numpy() != pad_id)[:, None, None],
    ),
)


# -- causal_mask --


def _causal_cases(rng):
    cases = []
    for T in rng.sample([4, 5, 6, 7, 8, 9], 2):
        everywhere = torch.ones(T, T, dtype=torch.bool)
        regions = {"past": everywhere.tril(-1), "self": torch.eye(T, dtype=torch.bool), "future": everywhere.triu(1)}
        # 그룹마다 자기 구역만 봐요.
        cases += [case(group, T, params={"ignore": ~region}) for group, region in regions.items()]
    return cases


def _ones(T):
    return torch.ones(T, T, dtype=torch.bool)


def _causal_by_loop(T):
    mask = torch.zeros(T, T, dtype=torch.bool)
    for t in range(T):
        mask[t, : t + 1] = True
    return mask


CAUSAL_MASK = Exercise(
    name="causal_mask",
    lesson=LESSON,
    title="인과 마스크",
    points=12,
    groups={
        "past": "앞의 토큰이 보여요",
        "self": "자기 자신이 보여요",
        "future": "뒤의 토큰이 보이지 않아요",
    },
    reference=masks.causal_mask,
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
            why="자기 자신까지 가려졌어요. 첫 토큰은 볼 것이 하나도 없어서 소프트맥스가 0을 0으로 나눠요.",
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
            look="이 책의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            wrong=(lambda T: _ones(T).triu(1),),
            groups=("past", "self", "future"),
        ),
    ),
    correct=(
        lambda T: torch.arange(T)[None, :] <= torch.arange(T)[:, None],
        lambda T: ~torch.triu(_ones(T), diagonal=1),
        lambda T: torch.from_numpy(np.tri(T, dtype=bool)),
        lambda T: torch.tensor([[s <= t for s in range(T)] for t in range(T)]),
        _causal_by_loop,
    ),
)


# -- masked_softmax --


def _masked_cases(rng):
    empty, row = _mask(rng, 4, 6), rng.int(0, 3)
    empty[row] = False
    elsewhere = torch.arange(4)[:, None] != row
    heads = rng.normal(2, 3, 4, 5)
    return [
        case("unmasked", rng.normal(3, 5), None),
        case("masked", rng.normal(3, 4, 6), _mask(rng, 3, 4, 6)),
        case("masked", rng.normal(3, 5, dtype=torch.float64), _mask(rng, 3, 5)),
        case("broadcast", heads, _mask(rng, 2, 1, 1, 5)),
        case("broadcast", heads, _mask(rng, 4, 5)),
        case("empty_row", rng.normal(4, 6), empty, params={"ignore": elsewhere}),
    ]


def _filled(fill):
    def masked(scores, mask):
        return torch.softmax(scores if mask is None else scores.masked_fill(~mask, fill), dim=-1)

    return masked


def _when_masked(function):
    """mask가 None일 때는 맞고, 마스크가 있을 때 `function(scores, mask)`인 함수."""

    def masked(scores, mask):
        return torch.softmax(scores, dim=-1) if mask is None else function(scores, mask)

    return masked


def _masked_by_loop(scores, mask):
    seen = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    out = torch.zeros_like(scores)
    for index in np.ndindex(*scores.shape[:-1]):
        if seen[index].any():
            out[index][seen[index]] = torch.softmax(scores[index][seen[index]], dim=0)
    return out


def _masked_by_renormalising(scores, mask):
    weights = torch.exp(scores - scores.amax(-1, keepdim=True))
    if mask is not None:
        weights = weights * mask
    return weights / weights.sum(-1, keepdim=True).clamp(min=1e-12)


def _masked_after_softmax(scores, mask):
    weights = torch.softmax(scores, dim=-1) * mask
    total = weights.sum(-1, keepdim=True)
    return torch.where(total > 0, weights / torch.where(total > 0, total, 1.0), 0.0)


MASKED_SOFTMAX = Exercise(
    name="masked_softmax",
    lesson=LESSON,
    title="마스크를 씌운 소프트맥스",
    points=15,
    groups={
        "unmasked": "마스크가 없으면 보통의 소프트맥스예요",
        "masked": "가려진 자리는 0이고 나머지의 합이 1이에요",
        "broadcast": "마스크가 헤드와 행으로 브로드캐스트돼요",
        "empty_row": "전부 가려진 행은 0이에요",
    },
    reference=attention.masked_softmax,
    sample_cases=_masked_cases,
    mistakes=(
        Mistake(
            id="masked_softmax.filled-with-zero",
            title="가린 점수를 0으로 채움",
            why="점수 0은 '안 봄'이 아니에요. 지수를 취하면 1이 되어 가려진 자리도 몫을 받아요. 점수에 마스크를 곱해도, 아주 작은 양수로 채워도 마찬가지예요.",
            look="지수를 취한 값이 0이 되려면 점수가 어떤 수여야 하는지 생각해 봐요.",
            wrong=(
                _filled(0.0),
                _filled(1e-12),
                _when_masked(lambda scores, mask: torch.softmax(scores * mask, dim=-1)),
            ),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.fill-too-small",
            title="충분히 작지 않은 음수로 채움",
            why="-1 같은 점수는 흔해요. 가려진 자리가 여전히 눈에 띄는 몫을 받아요.",
            look="어떤 진짜 점수보다도 훨씬 작은 수로 채워야 해요.",
            wrong=(_filled(-1.0), _filled(-2.0)),
            groups=("masked", "broadcast", "empty_row"),
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
            id="masked_softmax.mask-added",
            title="참/거짓 마스크를 점수에 더함",
            why="True는 1, False는 0으로 더해져서 보이는 점수가 1씩 커졌을 뿐이에요. 가려진 자리는 그대로 남아요.",
            look="더하는 방식이라면 보이는 곳에는 0, 가릴 곳에는 아주 작은 수를 더해야 해요.",
            wrong=(_when_masked(lambda scores, mask: torch.softmax(scores + mask, dim=-1)),),
            groups=("masked", "broadcast", "empty_row"),
        ),
        Mistake(
            id="masked_softmax.inverted",
            title="보이는 쪽을 가림",
            why="True인 자리가 가려졌어요. 이 책의 마스크는 True가 '볼 수 있음'이에요.",
            look="채울 자리를 고르는 조건의 참과 거짓을 다시 봐요.",
            wrong=(
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, NEG_INF), dim=-1)),
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, -1e9), dim=-1)),
                _when_masked(lambda scores, mask: torch.softmax(scores.masked_fill(mask, -1e9), dim=-1) * ~mask),
            ),
            groups=("masked", "broadcast", "empty_row"),
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
            id="masked_softmax.nan-on-empty-row",
            title="전부 가려진 행이 nan",
            why="모든 점수가 -inf인 행에서 0을 0으로 나눠 nan이 됐어요. 한 번 생긴 nan은 모델 전체로 번져요.",
            look="전부 가려진 행을 따로 다루거나, -inf 대신 유한한 수를 쓰고 마무리하는 방법을 생각해 봐요.",
            wrong=(_filled(NEG_INF),),
            groups=("empty_row",),
        ),
        Mistake(
            id="masked_softmax.uniform-on-empty-row",
            title="전부 가려진 행이 고른 비율",
            why="볼 것이 하나도 없는 행인데 모든 자리에 같은 비율이 남았어요. 아주 작은 수끼리는 서로 같으니까요.",
            look="볼 것이 없는 행은 0이 되게, 마지막에 한 번 더 손봐요.",
            wrong=(_filled(-1e9), _filled(-1e4), lambda s, m: _filled(torch.finfo(s.dtype).min)(s, m)),
            groups=("empty_row",),
        ),
    ),
    correct=(
        lambda scores, mask: torch.nan_to_num(_filled(NEG_INF)(scores, mask), nan=0.0),
        lambda scores, mask: _filled(-1e9)(scores, mask) * (1 if mask is None else mask),
        _masked_by_loop,
        _masked_by_renormalising,
        _when_masked(_masked_after_softmax),
    ),
    uses=("softmax",),
)


# -- scaled_dot_product_attention --


def _sdpa_cases(rng):
    def qkv(*lead, T, S, K, Kv, dtype=torch.float32):
        return tuple(rng.normal(*lead, *shape, dtype=dtype) for shape in ((T, K), (S, K), (S, Kv)))

    plain = qkv(2, T=3, S=5, K=6, Kv=4)
    same = qkv(2, T=4, S=5, K=6, Kv=6)
    double = qkv(T=3, S=4, K=5, Kv=7, dtype=torch.float64)
    heads = qkv(2, 3, T=4, S=5, K=7, Kv=6)
    square = qkv(2, T=6, S=6, K=5, Kv=4)
    empty = _mask(rng, 4, 5)
    empty[rng.int(0, 3)] = False
    return [
        *(
            Case(group, (Call((*args, None)),), comparator="item", params={"item": item})
            for group, item in (("output", 0), ("weights", 1))
            for args in (plain, same, double)
        ),
        case("mask", *heads, _mask(rng, 2, 1, 1, 5)),
        case("mask", *square, masks.causal_mask(6)),
        case("empty_row", *qkv(T=4, S=5, K=3, Kv=6), empty),
    ]


def _sdpa(q, k, v, mask, scores=attention.attention_scores, soft=attention.masked_softmax):
    weights = soft(scores(q, k), mask)
    return weights @ v, weights


def _sdpa_no_softmax(fill):
    def scores(values, mask):
        return values if mask is None or fill is None else values.masked_fill(~mask, fill)

    return lambda q, k, v, mask: _sdpa(q, k, v, mask, soft=scores)


def _sdpa_weights_times_k(q, k, v, mask):
    weights = attention.masked_softmax(attention.attention_scores(q, k), mask)
    return weights @ k, weights


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


SDPA = Exercise(
    name="scaled_dot_product_attention",
    lesson=LESSON,
    title="스케일드 닷 프로덕트 어텐션",
    points=16,
    groups={
        "output": "값을 섞은 출력이 맞아요",
        "weights": "가중치가 맞아요",
        "mask": "가려진 키는 섞이지 않아요",
        "empty_row": "볼 것이 없는 행은 0이에요",
    },
    reference=attention.scaled_dot_product_attention,
    sample_cases=_sdpa_cases,
    mistakes=(
        Mistake(
            id="scaled_dot_product_attention.no-softmax",
            title="소프트맥스 없이 점수로 섞음",
            why="비율이 아니라 점수 그대로 값을 섞었어요. 가중치의 합이 1이 아니고 음수도 있어요.",
            look="점수와 값 사이에 있어야 할 한 단계를 찾아봐요.",
            wrong=(_sdpa_no_softmax(None), _sdpa_no_softmax(0.0), _sdpa_no_softmax(-1e9)),
            groups=("output", "weights", "mask", "empty_row"),
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
            id="scaled_dot_product_attention.swapped",
            title="돌려주는 차례가 바뀜",
            why="두 값은 맞는데 (가중치, 출력)의 차례로 돌려줬어요.",
            look="독스트링의 돌려주는 차례를 다시 봐요.",
            wrong=(lambda q, k, v, mask: attention.scaled_dot_product_attention(q, k, v, mask)[::-1],),
            groups=("output", "weights", "mask", "empty_row"),
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
            id="scaled_dot_product_attention.no-scale",
            title="√d_k로 나누지 않음",
            why="나누지 않은 내적에 소프트맥스를 씌워서 비율이 한쪽으로 쏠렸어요.",
            look="점수를 구하는 곳을 5-2와 견줘 봐요.",
            wrong=(lambda q, k, v, mask: _sdpa(q, k, v, mask, scores=_dot),),
            groups=("output", "weights", "mask", "empty_row"),
        ),
    ),
    correct=(_sdpa_by_torch, _sdpa_by_einsum, _sdpa_by_loop),
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
    later = x.clone()
    later[:, 3:] = rng.normal(2, 3, 5)
    causal = masks.causal_mask(6)
    return [
        case("values", *sized(2, 3, 6, 5, 4), None),
        case("values", *sized(3, 4, 5, 7, 6, dtype=torch.float64), None),
        case("square", *sized(2, 4, 5, 5, 5), None),
        case("mask", *sized(2, 6, 4, 5, 3), causal),
        case("mask", *sized(3, 4, 5, 6, 7), _mask(rng, 3, 4, 4)),
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


SELF_ATTENTION = Exercise(
    name="self_attention",
    lesson=LESSON,
    title="셀프 어텐션",
    points=15,
    groups={
        "values": "출력의 값이 맞아요",
        "square": "가중치가 정사각형이어도 맞아요",
        "mask": "마스크가 문장마다 쓰여요",
        "causality": "뒤를 바꿔도 앞의 출력이 움직이지 않아요",
    },
    reference=attention.self_attention,
    sample_cases=_self_cases,
    mistakes=(
        Mistake(
            id="self_attention.query-weights-reused",
            title="W_q를 다시 씀",
            why="키나 값까지 W_q로 만들었어요. 찾는 눈과 이름표가 같으면 점수가 대칭이 되어 한쪽만 바라보는 관계를 담지 못해요.",
            look="가중치 셋이 저마다 한 번씩 쓰이는지 봐요.",
            wrong=(
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_q, x @ W_v, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_q, x @ W_q, mask),
                lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x @ W_q, mask),
            ),
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
            id="self_attention.weights-transposed",
            title="가중치를 전치해서 곱함",
            why="가중치를 뒤집어 곱했어요. 이 책의 가중치는 (들어오는 크기, 나가는 크기)예요. 정사각형이면 오류 없이 조용히 틀려요.",
            look="`x @ W`의 모양이 그대로 맞는지 적어 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q.T, x @ W_k.T, x @ W_v.T, mask),),
            groups=("values", "square", "mask"),
        ),
        Mistake(
            id="self_attention.mask-ignored",
            title="마스크를 넘기지 않음",
            why="마스크가 없을 때와 똑같은 값이에요. 미래의 토큰이 과거로 새요.",
            look="`mask`가 어텐션까지 전해지는지 봐요.",
            wrong=(lambda x, W_q, W_k, W_v, mask: _attend(x @ W_q, x @ W_k, x @ W_v, None),),
            groups=("mask", "causality"),
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
    correct=(_self_by_torch, _self_by_einsum, _self_by_loop),
    uses=("softmax", "attention_scores", "masked_softmax", "scaled_dot_product_attention"),
)


# -- attention_variance (보너스) --


def _variance_cases(rng):
    def call(d_k, n, seed):
        return Call((d_k, n, BuiltArgument("generator", {"seed": seed})))

    def seeds(count):
        return [rng.int(0, 10**6) for _ in range(count)]

    cases = []
    for d_k, n in ((rng.int(20, 40), 3000), (rng.int(90, 130), 2000)):
        params = {"want": (float(d_k), 1.0), "noisy": "attention_variance.single-sample"}
        calls = tuple(call(d_k, n, seed) for seed in seeds(4))
        cases.append(Case("variance", calls, comparator="statistic", params=params, rtol=0.25))
    seed = rng.int(0, 10**6)
    cases.append(
        Case(
            "generator",
            (call(12, 50, seed), call(12, 50, seed)),
            comparator="repeatable",
            params={"mistake": "attention_variance.generator-ignored"},
        )
    )
    return cases


def _normal_pairs(d_k, n, generator):
    return torch.randn(n, d_k, generator=generator), torch.randn(n, d_k, generator=generator)


def _variance_of_one(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, 1, generator)
    dot = (q * k).sum()
    return dot.square().item(), (dot / math.sqrt(d_k)).square().item()


def _variance_of_one_by_var(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, 1, generator)
    dot = (q * k).sum(-1)
    return dot.var().item(), (dot / math.sqrt(d_k)).var().item()


def _variance_of_products_of_one(d_k, n_samples, generator):
    q, k = torch.randn(d_k, generator=generator), torch.randn(d_k, generator=generator)
    return (q @ k).item(), (q @ k).item() / math.sqrt(d_k)


def _standard_deviation(d_k, n_samples, generator):
    q, k = _normal_pairs(d_k, n_samples, generator)
    dots = (q * k).sum(-1)
    return dots.std().item(), (dots / math.sqrt(d_k)).std().item()


def _variance_without_generator(d_k, n_samples, generator):
    q, k = torch.randn(n_samples, d_k), torch.randn(n_samples, d_k)
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


ATTENTION_VARIANCE = Exercise(
    name="attention_variance",
    lesson=LESSON,
    title="q·k의 분산 재기",
    points=0,
    groups={
        "variance": "두 분산이 d_k와 1에 가까워요",
        "generator": "같은 난수 생성기에서는 같은 값이 나와요",
    },
    reference=attention.attention_variance,
    sample_cases=_variance_cases,
    mistakes=(
        Mistake(
            id="attention_variance.single-sample",
            title="표본 하나로 잼",
            why="난수를 바꿀 때마다 값이 크게 출렁이거나 nan이에요. 쌍 하나의 내적은 우연이라서 분산을 말해 주지 못해요.",
            look="`n_samples`가 코드의 어디에서 쓰이는지 봐요.",
            wrong=(_variance_of_one, _variance_of_one_by_var, _variance_of_products_of_one),
            groups=("variance",),
        ),
        Mistake(
            id="attention_variance.standard-deviation",
            title="분산이 아니라 표준편차",
            why="첫째 값이 d_k가 아니라 √d_k에 가까워요. 제곱한 폭이 아니라 폭을 쟀어요.",
            look="`std`와 `var`의 차이를 봐요.",
            wrong=(_standard_deviation,),
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
    correct=(_variance_by_loop, _variance_by_einsum, _variance_by_numpy),
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
