"""레슨 6의 실습: 헤드 나누기와 합치기, 멀티 헤드 어텐션, 크로스 어텐션, 파라미터 수, KV 캐시, GQA."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.cases import Call, Case, Ref, case
from reference import multi_head
from reference.attention import scaled_dot_product_attention

LESSON = "06_multi_head"


def _guarded(d_model, n_heads):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError("d_model은 n_heads로 나누어떨어져야 해요.")


def _split(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


def _merge(x):
    return x.transpose(1, 2).flatten(2)


def _gradient_case(*args, like=None):
    """텐서인 인자 모두에 기울기가 흐르는지 보는 사례. 손실은 (출력 * like)의 합, like가 None이면 출력의 합이에요."""
    tensors = tuple(i for i, arg in enumerate(args) if isinstance(arg, torch.Tensor))
    return Case("gradient", (Call(args, grad_of=tensors, cotangent=like),))


_DETACHED = "값은 맞는데 기울기가 {} 흐르지 않아요. `.detach()`, `torch.no_grad()`, `torch.tensor(...)`로 다시 만든 값은 계산 그래프를 끊어요. 이대로 학습하면 기울기를 받지 못한 것은 배우지 못해요."
_DETACHED_LOOK = (
    "입력에 `requires_grad_()`를 붙여 부르고 결과의 합에 `backward()`를 한 다음, `.grad`가 None인 것을 찾아봐요."
)

# -- split_heads --


_SHAPE_ALL = ("values", "float64", "gradient")


def _split_cases(rng):
    return [
        case("values", rng.normal(2, 5, 12), 3),
        case("values", rng.normal(3, 4, 10), 2),
        case("values", rng.normal(2, 3, 7), 1),
        case("values", rng.normal(1, 4, 15), 3),
        case("float64", rng.normal(2, 3, 20, dtype=torch.float64), 5),
        # 끊어 읽다가 저절로 나는 예외도 조용히 틀린 답을 막아요. 남는 칸을 버리는 답만 걸러요.
        case("guard", rng.normal(2, 3, 10), 4, comparator="raises", params={"error": ("ValueError", "RuntimeError")}),
        _gradient_case(rng.normal(2, 3, 8), 4, like=rng.normal(2, 4, 3, 2)),
        # 토큰 축을 -1로 두고 끊어 읽으면, 원소 수가 맞는 이 크기에서는 예외 없이 토큰이 넷에서 다섯이 돼요.
        case("guard", rng.normal(1, 4, 10), 4, comparator="raises", params={"error": ("ValueError", "RuntimeError")}),
    ]


def _split_view(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, n_heads, T, D // n_heads)


def _split_interleaved(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, T, D // n_heads, n_heads).permute(0, 3, 1, 2)


def _split_overlapping(x, n_heads):
    _guarded(x.shape[-1], n_heads)
    return x.unfold(-1, x.shape[-1] // n_heads, 1)[:, :, :n_heads].transpose(1, 2)


def _split_permute_then_reshape(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.transpose(1, 2).reshape(B, n_heads, T, D // n_heads)


def _split_not_transposed(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, T, n_heads, D // n_heads)


def _split_sizes_exchanged(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, T, D // n_heads, n_heads).transpose(1, 2)


def _split_heads_first(x, n_heads):
    return _split_chunks(x, n_heads).transpose(0, 1)


def _split_batch_merged(x, n_heads):
    return _split_chunks(x, n_heads).flatten(0, 1)


def _split_time_last(x, n_heads):
    return _split_chunks(x, n_heads).transpose(2, 3)


def _split_chunks(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("나누어떨어지지 않아요.")
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


def _split_by_view(x, n_heads):
    B, T, D = x.shape
    return x.view(B, T, n_heads, D // n_heads).permute(0, 2, 1, 3)


def _split_by_einsum(x, n_heads):
    """헤드마다 단위행렬의 제 칸만 골라 곱해요."""
    pick = torch.eye(x.shape[-1], dtype=x.dtype).reshape(x.shape[-1], n_heads, -1)
    return torch.einsum("btd,dhk->bhtk", x, pick)


def _split_slices(x, n_heads):
    d_k = x.shape[-1] // n_heads
    if d_k * n_heads != x.shape[-1]:
        raise ValueError("나누어떨어지지 않아요.")
    out = x.new_empty(x.shape[0], n_heads, x.shape[1], d_k)
    for h in range(n_heads):
        out[:, h] = x[:, :, h * d_k : (h + 1) * d_k]
    return out


def _split_unflatten(x, n_heads):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("나누어떨어지지 않아요.")
    return x.unflatten(-1, (n_heads, -1)).permute(0, 2, 1, 3)


SPLIT_HEADS = Exercise(
    name="split_heads",
    lesson=LESSON,
    title="헤드로 나누기",
    points=14,
    groups={
        "values": "헤드마다 이어진 d_k개를 가져가요",
        "float64": "float64를 넣으면 float64로 맞아요",
        "gradient": "기울기가 x까지 흘러요",
        "guard": "나누어떨어지지 않으면 조용히 틀리지 않고 예외를 내요",
    },
    reference=multi_head.split_heads,
    examples=(case("values", torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]]), 3),),
    sample_cases=_split_cases,
    mistakes=(
        Mistake(
            "split_heads.view-without-transpose",
            "축을 바꾸지 않고 끊어 읽음",
            "축을 옮기지 않고 곧바로 (B, H, T, K)로 끊어 읽었어요. 모양은 맞지만 한 헤드 안에 다른 토큰의 조각이 섞여 있어요.",
            "D축만 둘로 나눈 다음, 축의 순서를 옮기는 단계가 따로 있어야 해요.",
            (_split_view,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.interleaved",
            "한 칸씩 건너 나눔",
            "헤드가 이어진 d_k개가 아니라 H칸씩 건너뛰며 가져갔어요.",
            "D축을 둘로 나눌 때 어느 쪽이 바깥(먼저)이어야 하는지 봐요.",
            (_split_interleaved,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.permute-then-reshape",
            "옮긴 다음에 나눔",
            "축을 먼저 옮긴 다음에 끊어 읽어서 토큰과 특징이 뒤섞였어요.",
            "나누기와 옮기기 가운데 무엇이 먼저인지 봐요.",
            (_split_permute_then_reshape,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.overlapping",
            "헤드들이 겹침",
            "다음 헤드가 d_k칸 뒤가 아니라 한 칸 뒤에서 시작해서, 헤드들이 같은 칸을 겹쳐 가져갔어요.",
            "헤드 h가 몇 번 칸에서 시작해야 앞의 헤드와 겹치지 않는지 작은 수로 적어 봐요.",
            (_split_overlapping,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.not-transposed",
            "헤드 축이 뒤에 남음",
            "나누기는 했지만 헤드 축이 토큰 축 뒤에 남아 있어요.",
            "돌려줄 모양 (B, H, T, K)에서 H가 몇 번째 축인지 봐요.",
            (_split_not_transposed,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.sizes-exchanged",
            "헤드의 수와 너비가 바뀜",
            "D를 (H, K)가 아니라 (K, H)로 끊어서, 헤드의 수와 헤드의 너비가 서로 바뀌었어요.",
            "D축을 둘로 나눌 때 앞의 수와 뒤의 수가 각각 무엇을 뜻하는지 봐요.",
            (_split_sizes_exchanged,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.heads-before-batch",
            "헤드 축이 배치 축보다 앞에 옴",
            "나누기는 맞지만 헤드 축이 배치 축보다 앞에 있어요.",
            "돌려줄 모양 (B, H, T, K)에서 배치가 몇 번째 축인지 봐요.",
            (_split_heads_first,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.batch-and-heads-merged",
            "배치와 헤드를 한 축으로 합침",
            "배치 축과 헤드 축을 하나로 합쳐 (B·H, T, K)가 됐어요. 그렇게 쓰는 코드도 있지만 여기서 약속한 모양은 (B, H, T, K)예요.",
            "결과의 축이 넷인지 봐요.",
            (_split_batch_merged,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.time-last",
            "토큰 축이 맨 뒤에 옴",
            "헤드까지는 맞지만 마지막 두 축이 (T, K)가 아니라 (K, T)예요. 키의 축을 미리 맞바꿔 두는 코드와 섞였어요.",
            "뒤의 두 축이 (T, K)여야 레슨 5의 어텐션을 그대로 쓸 수 있어요.",
            (_split_time_last,),
            _SHAPE_ALL,
        ),
        Mistake(
            "split_heads.detached",
            "기울기가 끊김",
            _DETACHED.format("x까지"),
            _DETACHED_LOOK,
            (
                lambda x, n_heads: _split(x.detach(), n_heads),
                lambda x, n_heads: torch.tensor(_split(x, n_heads).tolist(), dtype=x.dtype),
            ),
            ("gradient",),
        ),
    ),
    correct=(_split_chunks, _split_slices, _split_unflatten, _split_by_view, _split_by_einsum),
)


# -- merge_heads --


def _merge_cases(rng):
    return [
        case("values", rng.normal(2, 3, 5, 4)),
        case("values", rng.normal(3, 2, 4, 7)),
        case("values", rng.normal(2, 1, 3, 6)),
        case("values", rng.normal(1, 3, 4, 2)),
        case("float64", rng.normal(2, 5, 3, 4, dtype=torch.float64)),
        _gradient_case(rng.normal(2, 4, 3, 2), like=rng.normal(2, 3, 8)),
    ]


def _merge_no_transpose(x):
    B, H, T, K = x.shape
    return x.reshape(B, T, H * K)


def _merge_view(x):
    B, H, T, K = x.shape
    return x.transpose(1, 2).view(B, T, H * K)


def _merge_mean(x):
    return x.mean(1)


def _merge_sum(x):
    return x.sum(1)


def _merge_interleaved(x):
    return x.permute(0, 2, 3, 1).flatten(2)


def _merge_not_flattened(x):
    return x.transpose(1, 2)


def _merge_along_time(x):
    return torch.cat(list(x.unbind(1)), dim=1)


def _merge_cat(x):
    return torch.cat(list(x.unbind(1)), dim=-1)


def _merge_contiguous(x):
    B, H, T, K = x.shape
    return x.permute(0, 2, 1, 3).contiguous().view(B, T, -1)


def _merge_by_einsum(x):
    """헤드마다 단위행렬의 제 칸으로 옮겨 더해요."""
    B, H, T, K = x.shape
    place = torch.eye(H * K, dtype=x.dtype).reshape(H, K, H * K)
    return torch.einsum("bhtk,hkd->btd", x, place)


def _merge_slices(x):
    B, H, T, K = x.shape
    out = torch.zeros(B, T, H * K, dtype=x.dtype)
    for h in range(H):
        out[..., h * K : (h + 1) * K] = x[:, h]
    return out


MERGE_HEADS = Exercise(
    name="merge_heads",
    lesson=LESSON,
    title="헤드를 다시 합치기",
    points=14,
    groups={
        "values": "토큰마다 헤드들이 차례로 이어져요",
        "float64": "float64를 넣으면 float64로 맞아요",
        "gradient": "기울기가 x까지 흘러요",
    },
    reference=multi_head.merge_heads,
    examples=(case("values", torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]])),),
    sample_cases=_merge_cases,
    mistakes=(
        Mistake(
            "merge_heads.no-transpose",
            "축을 되돌리지 않음",
            "축을 되돌리지 않고 끊어 읽어서 한 토큰의 자리에 다른 토큰의 값이 들어왔어요. 나누기도 같은 방식으로 틀렸다면 둘을 이어도 티가 나지 않아요. "
            "학습하면 미래가 새어 손실은 오히려 더 낮아지는데 번역은 되지 않아요.",
            "토큰 축이 헤드 축보다 앞으로 온 다음에 끊어 읽어야 해요.",
            (_merge_no_transpose,),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.view-on-non-contiguous",
            "이어져 있지 않은 텐서에 view",
            "축을 옮긴 텐서는 RAM에서 이어져 있지 않아 `view`로 끊어 읽을 수 없어요.",
            "`view` 대신 쓸 수 있는 메서드나, RAM에서 다시 잇는 메서드를 찾아봐요.",
            (_merge_view,),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.averaged",
            "헤드를 평균하거나 더함",
            "헤드들을 한데 뭉개서 너비가 d_k로 줄었어요.",
            "헤드는 섞지 않고 옆으로 이어 붙여요. 섞는 일은 다음 실습의 W_o가 해요.",
            (_merge_mean, _merge_sum),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.interleaved",
            "헤드를 한 칸씩 끼워 넣음",
            "헤드들이 차례로 이어지지 않고 한 칸씩 번갈아 끼워졌어요.",
            "합친 마지막 축의 앞 d_k칸이 어느 헤드의 것이어야 하는지 봐요.",
            (_merge_interleaved,),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.not-flattened",
            "축만 되돌리고 펴지 않음",
            "축은 되돌렸지만 헤드 축과 너비가 따로 남아 있어요. 토큰마다 벡터 하나가 되어야 해요.",
            "돌려줄 모양 (B, T, D)의 축이 몇 개인지 봐요.",
            (_merge_not_flattened,),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.joined-along-time",
            "토큰 축을 따라 이어 붙임",
            "헤드들을 옆이 아니라 아래로 이어 붙여서 토큰이 H배로 늘었어요.",
            "이어 붙인 뒤에도 토큰의 수는 그대로여야 해요. 어느 축을 따라 붙였는지 봐요.",
            (_merge_along_time,),
            _SHAPE_ALL,
        ),
        Mistake(
            "merge_heads.detached",
            "기울기가 끊김",
            _DETACHED.format("x까지"),
            _DETACHED_LOOK,
            (lambda x: _merge(x.detach()), lambda x: torch.tensor(_merge(x).tolist(), dtype=x.dtype)),
            ("gradient",),
        ),
    ),
    correct=(_merge_cat, _merge_contiguous, _merge_slices, _merge_by_einsum),
)


# -- multi_head_attention --


def _matrices(rng, d, dtype=torch.float32):
    return tuple(rng.normal(d, d, dtype=dtype, scale=1.5 / math.sqrt(d)) for _ in range(4))


def _lengths_mask(lengths, S):
    """길이들에서 패딩 마스크 (B, 1, 1, S). True가 볼 수 있음이에요."""
    return (torch.arange(S) < torch.tensor(lengths)[:, None])[:, None, None, :]


def _mask_of_each_head(B, H, T, S):
    """문장과 헤드와 쿼리마다 다른 마스크 (B, H, T, S). S가 4보다 크면 행마다 보이는 키가 둘은 돼요."""
    axes = torch.meshgrid(*map(torch.arange, (B, H, T, S)), indexing="ij")
    return (axes[0] + 2 * axes[1] + axes[2] + axes[3]) % 3 != 0


def _tempting(n_heads, q_in, kv_in, W_q, W_k):
    """`kv_in`의 첫 문장에서 마지막 토큰을 바꿔, 첫 헤드의 첫 쿼리와의 점수가 300이 되게 해요."""
    K = q_in.shape[-1] // n_heads
    pull = (q_in[0, 0] @ W_q)[:K] @ W_k[:, :K].T
    kv_in = kv_in.clone()
    kv_in[0, -1] = 300 * math.sqrt(K) * pull / pull.square().sum()
    return kv_in


def _mha_cases(rng):
    # √d_k와 그 정수부는 D, H, 문장 길이나 그 제곱근과 겹치지 않아요. 겹치면 엉뚱한 이름이 붙어요.
    W15, W14 = _matrices(rng, 15), _matrices(rng, 14)
    q_in, kv_in = rng.normal(3, 3, 14), rng.normal(3, 5, 14)
    return [
        case("values", rng.normal(2, 6, 15), rng.normal(2, 7, 15), *W15, 3, None),
        case("values", rng.normal(1, 5, 14), rng.normal(1, 6, 14), *W14, 2, None),
        # 문장 수와 쿼리 길이가 같으면 마스크를 엉뚱한 축에 맞춰도 모양이 맞아요.
        case("mask", rng.normal(3, 3, 14), rng.normal(3, 5, 14), *W14, 2, _lengths_mask([2, 5, 3], 5)),
        case("mask", rng.normal(2, 6, 15), rng.normal(2, 6, 15), *W15, 3, torch.ones(6, 6).tril().bool()),
        # 쿼리와 키의 길이가 같으면 축을 옮기지 않고 헤드끼리 봐도 모양이 맞아요.
        case(
            "float64",
            rng.normal(2, 6, 10, dtype=torch.float64),
            rng.normal(2, 6, 10, dtype=torch.float64),
            *_matrices(rng, 10, torch.float64),
            2,
            None,
        ),
        # 가린 점수가 보이는 점수보다 훨씬 커요.
        case("mask", q_in, _tempting(2, q_in, kv_in, *W14[:2]), *W14, 2, _lengths_mask([2, 5, 3], 5)),
        case("mask", rng.normal(2, 4, 15), rng.normal(2, 5, 15), *W15, 3, _mask_of_each_head(2, 3, 4, 5)),
        _gradient_case(rng.normal(2, 5, 14), rng.normal(2, 6, 14), *W14, 2, None),
    ]


_SWAP = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
_UPPER = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
_LOWER = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
# 너비 2를 헤드 둘로 나누면 헤드마다 수 하나라 손으로 따라갈 수 있어요.
_ONE_QUERY = (torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
_BY_HAND = case("values", *_ONE_QUERY, torch.eye(2), _SWAP, _UPPER, _LOWER, 2, None)


def _weigh(scores, mask, dim=-1):
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, dim)


def _weigh_inverted(fill):
    """True를 '가림'으로 읽는 마스크."""
    return lambda scores, mask: torch.softmax(scores if mask is None else scores.masked_fill(mask, fill), -1)


def _weigh_inverted_without_nan(scores, mask):
    return torch.nan_to_num(_weigh_inverted(float("-inf"))(scores, mask))


def _weigh_filled(fill):
    return lambda scores, mask: torch.softmax(scores if mask is None else scores.masked_fill(~mask, fill), -1)


def _weigh_multiplied(scores, mask):
    return torch.softmax(scores if mask is None else scores * mask, -1)


def _weigh_added(scores, mask):
    return torch.softmax(scores if mask is None else scores + mask, -1)


def _weigh_not_renormalised(scores, mask):
    return torch.softmax(scores, -1) * (1 if mask is None else mask)


def _weigh_renormalised(total):
    """가릴 점수까지 넣어 소프트맥스하고, 가린 다음 `total(합)`으로 다시 나눠요."""

    def weigh(scores, mask):
        weights = torch.softmax(scores, -1)
        if mask is None:
            return weights
        weights = weights * mask
        return weights / total(weights.sum(-1, keepdim=True))

    return weigh


_RENORMALISED = (
    _weigh_renormalised(lambda total: total),
    _weigh_renormalised(lambda total: total.clamp(min=1e-9)),
)


def _weigh_causal(scores, mask):
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return _weigh(scores, past if mask is None else mask & past)


def _weigh_only_causal(scores, mask):
    return _weigh_causal(scores, None)


def _root_of_head(q, k):
    return math.sqrt(q.shape[-1])


def _root_of_model(q, k):
    return math.sqrt(q.shape[1] * q.shape[-1])


def _mha(
    q_in,
    kv_in,
    W_q,
    W_k,
    W_v,
    W_o,
    n_heads,
    mask,
    *,
    divisor=_root_of_head,
    weigh=_weigh,
    split=_split,
    merge=_merge,
    out=True,
):
    """헤드로 나눈 쿼리와 키 (B, H, ·, K)의 점수를 `divisor(q, k)`로 나누고 `weigh(점수, 마스크)`로 비율을 정해요."""
    q, k, v = split(q_in @ W_q, n_heads), split(kv_in @ W_k, n_heads), split(kv_in @ W_v, n_heads)
    y = merge(weigh(q @ k.transpose(-2, -1) / divisor(q, k), mask) @ v)
    return y @ W_o if out else y


def _mha_with(**changes):
    """몇 군데만 다르게 한 멀티 헤드 어텐션."""
    return lambda *args: _mha(*args, **changes)


def _mha_divided(divisor):
    return _mha_with(divisor=divisor)


def _mha_weights(change):
    """가중치 행렬 넷을 `change`로 바꿔 넣은 멀티 헤드 어텐션."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        W_q, W_k, W_v, W_o = change(W_q, W_k, W_v, W_o)
        return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask)

    return wrong


def _mha_one_head(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, 1, mask)


def _mha_one_head_with_root_of_head(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    root = math.sqrt(q_in.shape[-1] // n_heads)
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, 1, mask, divisor=lambda q, k: root)


def _heads_not_moved(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads)


def _heads_by_view(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, n_heads, T, D // n_heads)


def _mha_divided_twice(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q / math.sqrt(len(W_q) // n_heads), W_k, W_v, W_o, n_heads, mask)


def _mha_of_the_inputs(project):
    """투영하지 않은 입력으로 어텐션을 하고, 그 결과를 `project(y, W_q, W_k, W_v, W_o)`로 옮겨요."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        same = torch.eye(len(W_q), dtype=W_q.dtype)
        return project(_mha(q_in, kv_in, same, same, same, W_o, n_heads, mask, out=False), W_q, W_k, W_v, W_o)

    return wrong


def _mha_of_input_slices(weigh=_weigh):
    """헤드마다 입력도 제 칸만 잘라 투영해요."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        d_k = len(W_q) // n_heads
        blocks = torch.block_diag(*[torch.ones(d_k, d_k, dtype=W_q.dtype)] * n_heads)
        return _mha(q_in, kv_in, W_q * blocks, W_k * blocks, W_v * blocks, W_o, n_heads, mask, weigh=weigh)

    return wrong


def _weigh_by_first_head(scores, mask):
    return _weigh(scores, mask if mask is None or mask.dim() == 2 else mask[:, :1])


def _weigh_by_second_axis(scores, mask):
    """`mask[:, 0]`을 헤드 하나의 점수 (B, T, S)에 씌워요."""
    return torch.stack([_weigh(head, None if mask is None else mask[:, 0]) for head in scores.unbind(1)], 1)


def _mha_mask_wrong_axis(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    if mask is not None and mask.dim() == 4:
        mask = mask[:, 0, 0]  # (B, S)가 (T, S)처럼 늘어나요.
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask)


def _mha_of_each_head(cut, attend):
    """헤드를 하나씩 꺼내 `cut(마스크, h)`와 `attend(q, k, v, 마스크)`로 본 다음 옆으로 이어요."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        q, k, v = _split(q_in @ W_q, n_heads), _split(kv_in @ W_k, n_heads), _split(kv_in @ W_v, n_heads)
        heads = []
        for h in range(n_heads):
            seen = None if mask is None else cut(mask, h)
            heads.append(attend(q[:, h], k[:, h], v[:, h], seen))
        return torch.cat(heads, -1) @ W_o

    return wrong


def _one_head(q, k, v, mask):
    return _weigh(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), mask) @ v


def _one_head_by_torch(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _mha_attending(attend):
    """헤드로 나눈 것을 `attend(q, k, v, mask)`로 보는 멀티 헤드 어텐션."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        q, k, v = _split(q_in @ W_q, n_heads), _split(kv_in @ W_k, n_heads), _split(kv_in @ W_v, n_heads)
        return _merge(attend(q, k, v, mask)) @ W_o

    return wrong


def _scaled_after(scale):
    """점수를 `scale(q)`로 나눠 소프트맥스를 씌운 다음, 비율을 √d_k로 나눠요."""

    def attend(q, k, v, mask):
        return _weigh(q @ k.transpose(-2, -1) / scale(q), mask) / math.sqrt(q.shape[-1]) @ v

    return attend


def _mha_detached(*names):
    """`names`에 든 것(행렬의 번호나 "merge", "out")에서 기울기를 끊은 멀티 헤드 어텐션."""

    def wrong(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
        W_q, W_k, W_v, W_o = (W.detach() if i in names else W for i, W in enumerate((W_q, W_k, W_v, W_o)))
        merge = (lambda y: _merge(y.detach())) if "merge" in names else _merge
        out = _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, merge=merge)
        return out.detach() if "out" in names else out

    return wrong


def _mha_keys_from_queries(q_in, kv_in, *rest):
    return _mha(q_in, q_in, *rest)


def _mha_inputs_exchanged(q_in, kv_in, *rest):
    return _mha(kv_in, q_in, *rest)


def _mha_residual(q_in, *rest):
    return q_in + _mha(q_in, *rest)


def _mha_residual_and_norm(q_in, *rest):
    return F.layer_norm(_mha_residual(q_in, *rest), q_in.shape[-1:])


def _mha_loop(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """헤드를 하나씩 돌며 W_o의 몫을 더해요."""
    D = q_in.shape[-1]
    d_k, out = D // n_heads, 0
    for h in range(n_heads):
        cut = slice(h * d_k, (h + 1) * d_k)
        scores = (q_in @ W_q[:, cut]) @ (kv_in @ W_k[:, cut]).transpose(1, 2) / math.sqrt(d_k)
        if mask is not None:
            head_mask = mask if mask.dim() == 2 else mask[:, h if mask.shape[1] > 1 else 0]
            scores = scores.masked_fill(~head_mask, float("-inf"))
        out = out + scores.softmax(-1) @ (kv_in @ W_v[:, cut]) @ W_o[cut]
    return out


def _mha_einsum(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    B, T, D = q_in.shape
    W_q, W_k, W_v = (W.reshape(D, n_heads, -1) for W in (W_q, W_k, W_v))
    scores = torch.einsum("btd,dhk,bse,ehk->bhts", q_in, W_q, kv_in, W_k) / math.sqrt(D // n_heads)
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), -1)
    heads = torch.einsum("bhts,bse,ehk->bthk", weights, kv_in, W_v)
    return heads.reshape(B, T, D) @ W_o


def _module_arguments(q_in, kv_in, n_heads, mask):
    """`nn.MultiheadAttention`과 그 인자들. 그 마스크는 True가 '가림'이라 뒤집어 줘요."""
    D, dtype = q_in.shape[-1], q_in.dtype
    module = torch.nn.MultiheadAttention(D, n_heads, bias=False, batch_first=True, dtype=dtype)
    hidden = None
    if mask is not None:
        B, T, S = len(q_in), q_in.shape[1], kv_in.shape[1]
        hidden = (~mask.expand(B, n_heads, T, S)).flatten(0, 1)
    return module, (q_in, kv_in, kv_in), {"attn_mask": hidden}


def _mha_by_module(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """`nn.MultiheadAttention`을 받은 가중치 행렬 그대로 불러요."""
    module, args, more = _module_arguments(q_in, kv_in, n_heads, mask)
    weights = {"in_proj_weight": torch.cat([W_q.T, W_k.T, W_v.T]), "out_proj.weight": W_o.T}
    return torch.func.functional_call(module, weights, args, more)[0]


def _mha_by_new_parameters(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """`nn.MultiheadAttention`에 가중치 행렬을 새 파라미터로 옮겨 담아요. 기울기는 새 파라미터에서 멈춰요."""
    module, args, more = _module_arguments(q_in, kv_in, n_heads, mask)
    module.in_proj_weight = torch.nn.Parameter(torch.cat([W_q.T, W_k.T, W_v.T]))
    module.out_proj.weight = torch.nn.Parameter(W_o.T)
    return module(*args, **more)[0]


def _mha_fused(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    q, k, v = _split(q_in @ W_q, n_heads), _split(kv_in @ W_k, n_heads), _split(kv_in @ W_v, n_heads)
    return _merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ W_o


_MHA_ALL = ("values", "mask", "float64", "gradient")

MULTI_HEAD_ATTENTION = Exercise(
    name="multi_head_attention",
    lesson=LESSON,
    title="멀티 헤드 어텐션",
    points=25,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "마스크가 있을 때 값이 맞아요",
        "float64": "float64를 넣으면 float64로 맞아요",
        "gradient": "기울기가 두 입력과 가중치 행렬 넷까지 흘러요",
    },
    reference=multi_head.multi_head_attention,
    examples=(_BY_HAND,),
    sample_cases=_mha_cases,
    mistakes=(
        Mistake(
            "multi_head_attention.sqrt-d-model",
            "√d_model로 나눔",
            "점수를 √d_k가 아니라 √d_model로 나눠서 가중치가 너무 평평해졌어요.",
            "헤드 하나가 내적하는 벡터의 길이가 얼마인지 봐요.",
            (_mha_divided(_root_of_model),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.sqrt-heads",
            "√H로 나눔",
            "점수를 헤드 개수의 제곱근으로 나눴어요. 내적의 분산은 헤드의 개수와 무관해요.",
            "분산을 정하는 것은 더하는 항의 개수예요. 헤드 안에서는 몇 개를 더하나요?",
            (_mha_divided(lambda q, k: math.sqrt(q.shape[1])),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.no-scale",
            "나누지 않음",
            "점수를 나누지 않아서 가중치가 한 곳에 쏠렸어요.",
            "레슨 5의 식 (1)에서 분모를 다시 봐요.",
            (_mha_divided(lambda q, k: 1),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.divided-by-d-k",
            "d_k로 나누거나 √d_k로 두 번 나눔",
            "점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. `attend`는 스스로 √d_k로 나눠요.",
            "점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            (_mha_divided(lambda q, k: q.shape[-1]), _mha_divided_twice),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.wrong-divisor",
            "√d_k가 아닌 수로 나눔",
            "점수를 √d_k가 아닌 다른 수로 나눴어요.",
            "나눈 수를 찍어 보고, 헤드로 나눈 쿼리의 모양에서 손으로 구한 √d_k와 견줘 봐요.",
            (
                _mha_divided(lambda q, k: int(math.sqrt(q.shape[-1]))),
                _mha_divided(lambda q, k: 8),
                _mha_divided(lambda q, k: math.sqrt(q.shape[-2])),
                _mha_divided(lambda q, k: math.sqrt(k.shape[-2])),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.inputs-not-projected",
            "투영하기 전의 입력으로 어텐션",
            "쿼리, 키, 값을 만들지 않고 받은 입력을 그대로 헤드로 나눠 어텐션을 했어요.",
            "W_q, W_k, W_v가 헤드로 나누기 전에 저마다 한 번씩 곱해지는지 봐요.",
            (
                _mha_of_the_inputs(lambda y, W_q, W_k, W_v, W_o: y @ W_q @ W_k @ W_v @ W_o),
                _mha_of_the_inputs(lambda y, W_q, W_k, W_v, W_o: y @ W_o),
                _mha_of_the_inputs(lambda y, W_q, W_k, W_v, W_o: y @ W_v @ W_o),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.inputs-sliced",
            "헤드마다 입력을 잘라 투영",
            "헤드마다 입력의 제 칸만 잘라 투영했어요. 그러면 헤드는 입력의 나머지 칸을 보지 못해요.",
            "나누는 것이 투영하기 전의 입력인지, 투영한 다음의 쿼리와 키와 값인지 봐요.",
            (_mha_of_input_slices(),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.no-output-projection",
            "W_o를 곱하지 않음",
            "헤드를 이어 붙인 데서 멈췄어요. 헤드들의 말을 섞는 마지막 행렬이 빠졌어요.",
            "받은 행렬 네 개가 모두 쓰였는지 봐요.",
            (_mha_with(out=False),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.softmax-axis",
            "소프트맥스의 축이 다름",
            "한 쿼리의 가중치 합이 1이 아니에요. 소프트맥스가 헤드나 쿼리 축에서 계산됐어요.",
            "가중치 (B, H, T, S)에서 합이 1이어야 하는 축이 어디인지 봐요.",
            tuple(_mha_with(weigh=lambda scores, mask, dim=dim: _weigh(scores, mask, dim)) for dim in (1, -2)),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.one-head",
            "헤드를 나누지 않음",
            "헤드로 나누지 않고 너비 전체로 어텐션을 한 번만 했어요. 시선이 하나뿐이에요.",
            "q, k, v의 모양이 어느 줄에서 (B, H, T, K)가 되는지 봐요.",
            (_mha_one_head, _mha_one_head_with_root_of_head),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.split-without-transpose",
            "축을 옮기지 않고 헤드로 끊어 읽음",
            "헤드로 나눌 때 축을 옮기지 않고 곧바로 (B, H, T, K)로 끊어 읽어서, 한 헤드 안에 다른 토큰의 조각이 섞였어요.",
            "6-1에서 나눈 두 단계가 그대로 있는지 봐요. 6-1의 함수를 불러도 돼요.",
            (
                _mha_with(split=_heads_by_view),
                _mha_with(split=_heads_by_view, merge=lambda y: y.reshape(y.shape[0], y.shape[2], -1)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.merge-without-transpose",
            "축을 되돌리지 않고 합침",
            "합칠 때 축을 되돌리지 않고 끊어 읽어서 한 토큰의 자리에 다른 토큰의 값이 들어왔어요.",
            "6-2에서 합친 두 단계가 그대로 있는지 봐요. 6-2의 함수를 불러도 돼요.",
            (_mha_with(merge=lambda y: y.reshape(y.shape[0], y.shape[2], -1)),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.heads-attend-to-heads",
            "토큰이 아니라 헤드끼리 봄",
            "헤드 축이 토큰 축 뒤에 남은 채로 점수를 구해서, 토큰이 다른 토큰을 보지 않고 제 헤드들끼리만 봤어요. 두 문장의 길이가 다르면 예외가 나요.",
            "점수의 모양이 (B, H, T, S)인지 찍어 봐요.",
            (_mha_with(split=_heads_not_moved, merge=lambda y: y.flatten(2)),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.weight-reused",
            "W_q를 다시 씀",
            "키나 값에도 W_q를 곱했어요. 셋은 서로 다른 행렬이에요.",
            "복사한 줄에서 이름이 모두 바뀌었는지 봐요.",
            (
                _mha_weights(lambda q, k, v, o: (q, q, v, o)),
                _mha_weights(lambda q, k, v, o: (q, q, q, o)),
                _mha_weights(lambda q, k, v, o: (q, k, q, o)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.key-weight-reused",
            "W_k를 두 번 씀",
            "쿼리나 값에도 W_k를 곱했어요. 셋은 서로 다른 행렬이에요.",
            "복사한 줄에서 이름이 모두 바뀌었는지 봐요.",
            (
                _mha_weights(lambda q, k, v, o: (q, k, k, o)),
                _mha_weights(lambda q, k, v, o: (k, k, v, o)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.weights-exchanged",
            "쿼리, 키, 값의 차례가 바뀜",
            "쿼리와 키와 값 가운데 둘이 서로 바뀌었어요. 가중치 행렬 둘을 바꿔 곱했거나, 만든 것 둘을 바꿔 넘겼어요.",
            "만드는 줄에서는 이름이 같은 가중치 행렬을 쓰는지, 넘기는 줄에서는 인자의 차례가 `attend`의 것과 같은지 봐요.",
            (
                _mha_weights(lambda q, k, v, o: (k, q, v, o)),
                _mha_weights(lambda q, k, v, o: (q, v, k, o)),
                _mha_weights(lambda q, k, v, o: (v, k, q, o)),
                _mha_attending(lambda q, k, v, mask: _one_head(q, v, k, mask)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.keys-ask-queries",
            "쿼리와 키를 바꿔 넘김",
            "점수의 행이 쿼리가 아니라 키예요. 어텐션에 쿼리와 키를 바꿔 넘겼어요. 두 입력의 길이가 다르면 예외가 나요.",
            "점수의 모양이 (B, H, T, S)인지, 넘기는 줄에서 인자의 차례가 `attend`의 것과 같은지 봐요.",
            (_mha_attending(lambda q, k, v, mask: _one_head(k, q, v, mask)),),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.scaled-after-softmax",
            "소프트맥스 뒤에 √d_k로 나눔",
            "소프트맥스 뒤에 √d_k로 나눴어요. 그러면 섞은 값이 √d_k분의 1로 작아질 뿐이에요. 나눌 것은 소프트맥스에 넣는 점수예요.",
            "√d_k로 나누는 곳과 소프트맥스 가운데 무엇이 먼저인지 봐요.",
            (
                _mha_attending(_scaled_after(lambda q: 1)),
                _mha_attending(_scaled_after(lambda q: math.sqrt(q.shape[-1]))),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.weights-transposed",
            "가중치 행렬의 행과 열이 바뀜",
            "가중치 행렬의 행과 열이 바뀌었어요. 정사각이라 모양은 맞지만 값이 달라요.",
            "이 코스의 가중치 행렬은 (들어오는 크기, 나가는 크기) 모양이고 `x @ W`로 곱해요.",
            (
                _mha_weights(lambda q, k, v, o: (q.T, k.T, v.T, o.T)),
                _mha_weights(lambda q, k, v, o: (q.T, k.T, v.T, o)),
                _mha_weights(lambda q, k, v, o: (q, k, v, o.T)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.mask-dropped",
            "마스크를 쓰지 않음",
            "마스크가 있을 때도 없을 때와 같은 값이 나왔어요.",
            "`mask`가 어텐션 함수까지 전달되는지 봐요.",
            (_mha_with(weigh=lambda scores, mask: _weigh(scores, None)),),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.mask-inverted",
            "보이는 쪽을 가림",
            "True인 키가 가려졌어요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            "점수를 채울 자리를 고르는 조건의 참과 거짓을 다시 봐요.",
            (
                _mha_with(weigh=_weigh_inverted(float("-inf"))),
                _mha_with(weigh=_weigh_inverted(-1e9)),
                _mha_with(weigh=_weigh_inverted_without_nan),
            ),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.mask-added",
            "참/거짓 마스크를 점수에 더함",
            "True는 1, False는 0으로 더해져서 보이는 키의 점수가 1씩 커졌을 뿐이에요. 가려진 키도 섞였어요.",
            "더하는 마스크를 받는 코드인지 봐요. 이 코스의 마스크는 참/거짓이에요.",
            (_mha_with(weigh=_weigh_added),),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.filled-with-zero",
            "가린 점수를 0으로 채움",
            "점수 0은 '안 봄'이 아니에요. 가려진 키가 여전히 몫을 받아 섞였어요.",
            "가린 자리를 채운 수에 지수를 취하면 얼마가 되는지 봐요.",
            (
                _mha_with(weigh=_weigh_filled(0.0)),
                _mha_with(weigh=_weigh_filled(1e-9)),
                _mha_with(weigh=_weigh_multiplied),
            ),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.not-renormalised",
            "소프트맥스 뒤에 가리고 다시 나누지 않음",
            "가려진 키가 가져간 몫이 그냥 사라져서 남은 가중치의 합이 1보다 작아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            (_mha_with(weigh=_weigh_not_renormalised),),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.always-causal",
            "늘 미래를 가림",
            "부탁하지 않았는데도 자기보다 뒤에 있는 키를 가렸어요. 무엇을 가릴지는 `mask`만 정해요.",
            "함수 안에서 삼각형 마스크를 만드는 곳이 있는지 봐요.",
            (_mha_with(weigh=_weigh_causal), _mha_with(weigh=_weigh_only_causal)),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.hidden-scores-counted",
            "가릴 점수까지 넣어 나눈 다음 다시 나눔",
            "가릴 점수까지 넣어 소프트맥스를 씌우고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 키의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            tuple(_mha_with(weigh=weigh) for weigh in _RENORMALISED),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.first-head-mask",
            "첫 헤드의 마스크를 모든 헤드에 씀",
            "축이 넷인 마스크에서 첫 헤드의 것만 골라 모든 헤드에 썼어요. 헤드마다 다른 마스크가 오면 틀려요.",
            "받은 마스크는 (B, H, T, S)로 늘어나요. 헤드 축의 길이가 1일 때와 H일 때를 견줘 봐요.",
            (_mha_with(weigh=_weigh_by_first_head),),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.second-axis-of-the-mask",
            "늘 `mask[:, 0]`을 씀",
            "마스크의 둘째 축에서 늘 첫째 것만 골라 썼어요. 축이 둘인 (T, S) 마스크에서는 헤드가 아니라 키의 열이고, 헤드마다 다른 마스크에서는 첫 헤드의 것이에요.",
            "받을 수 있는 마스크의 모양을 모두 적고, `mask[:, 0]`이 그때마다 무엇인지 봐요.",
            (_mha_with(weigh=_weigh_by_second_axis),),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.mask-wrong-axis",
            "마스크가 다른 축에 맞춰짐",
            "문장마다의 마스크가 쿼리 축에 맞춰졌어요. 문장 수와 토큰 수가 같을 때는 예외도 없이 틀려요.",
            "받은 마스크는 이미 (B, H, T, S)로 늘어날 수 있는 모양이에요. 축을 떼어 내지 않아도 돼요.",
            (_mha_mask_wrong_axis,),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.mask-of-all-heads",
            "헤드 하나에 네 축짜리 마스크",
            "헤드를 하나씩 꺼내면서 마스크는 받은 그대로 넘겼어요. 축이 넷인 마스크는 헤드 하나의 점수 (B, T, S)와 축이 맞지 않아서, 조용히 축이 늘거나 예외가 나요.",
            "헤드 하나의 점수와 마스크의 모양을 나란히 적어 봐요. 헤드를 꺼내지 않고 (B, H, T, K)를 통째로 넘기면 마스크는 그대로 맞아요.",
            (
                _mha_of_each_head(lambda mask, h: mask, _one_head),
                _mha_of_each_head(lambda mask, h: mask, _one_head_by_torch),
            ),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.mask-of-head-h",
            "마스크에서 h번 헤드를 고름",
            "헤드마다 `mask[:, h]`를 골랐어요. 마스크의 헤드 축은 길이가 1일 수도 있고, 축이 둘인 (T, S) 마스크라면 둘째 축은 헤드가 아니라 키예요.",
            "받을 수 있는 마스크의 모양을 모두 적고, `mask[:, h]`가 그때마다 무엇인지 봐요.",
            (
                _mha_of_each_head(lambda mask, h: mask[:, h], _one_head),
                _mha_of_each_head(lambda mask, h: mask[:, h], _one_head_by_torch),
            ),
            ("mask",),
        ),
        Mistake(
            "multi_head_attention.keys-from-queries",
            "키와 값도 쿼리 쪽에서",
            "키와 값을 `kv_in`이 아니라 `q_in`에서 만들었어요.",
            "세 투영의 입력이 각각 무엇인지 봐요.",
            (_mha_keys_from_queries,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.inputs-exchanged",
            "두 입력이 바뀜",
            "쿼리를 `kv_in`에서, 키와 값을 `q_in`에서 만들었어요.",
            "출력의 토큰 수가 어느 입력과 같아야 하는지 봐요.",
            (_mha_inputs_exchanged,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.residual-added",
            "출력에 입력을 더함",
            "어텐션의 출력에 `q_in`을 더했어요. 잔차 연결은 레슨 4의 몫이고, 여기서 약속한 것은 어텐션의 출력뿐이에요.",
            "돌려주는 줄에 `q_in`이 남아 있는지 봐요.",
            (_mha_residual, _mha_residual_and_norm),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.detached",
            "기울기가 끊김",
            _DETACHED.format("인자 모두까지는"),
            _DETACHED_LOOK,
            (
                *(_mha_detached(i) for i in range(4)),
                _mha_detached("merge"),
                _mha_detached("out"),
                _mha_by_new_parameters,
            ),
            ("gradient",),
        ),
    ),
    both=(
        Both(
            ("multi_head_attention.inputs-sliced", "multi_head_attention.second-axis-of-the-mask"),
            (_mha_of_input_slices(_weigh_by_second_axis),),
            _MHA_ALL,
        ),
    ),
    correct=(_mha_loop, _mha_einsum, _mha_fused, _mha_by_module),
    uses=("split_heads", "merge_heads"),
)


# -- cross_attention --


def _cross_cases(rng):
    W = _matrices(rng, 12)
    x, memory = rng.normal(2, 3, 12), rng.normal(2, 5, 12)
    return [
        case("values", rng.normal(2, 4, 12), rng.normal(2, 6, 12), *W, 3, None),
        # 길이가 같으면 마스크를 쿼리 축에 써도 모양이 맞아요.
        case("mask", rng.normal(2, 5, 12), rng.normal(2, 5, 12), *W, 2, _lengths_mask([3, 4], 5)),
        case("mask", rng.normal(1, 4, 12), rng.normal(1, 6, 12), *W, 3, _lengths_mask([2], 6)),
        # 가린 점수가 보이는 점수보다 훨씬 커요.
        case("mask", x, _tempting(3, x, memory, *W[:2]), *W, 3, _lengths_mask([3, 4], 5)),
        case(
            "float64",
            rng.normal(2, 3, 10, dtype=torch.float64),
            rng.normal(2, 4, 10, dtype=torch.float64),
            *_matrices(rng, 10, torch.float64),
            2,
            None,
        ),
        _gradient_case(rng.normal(2, 4, 12), rng.normal(2, 6, 12), *W, 3, None),
    ]


def _if_it_fits(x, src_mask):
    return src_mask if src_mask is None or src_mask.shape[-1] == x.shape[1] else None


def _cross_queries_from_memory(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(memory, x, W_q, W_k, W_v, W_o, n_heads, _if_it_fits(x, src_mask))


def _cross_self(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, x, W_q, W_k, W_v, W_o, n_heads, _if_it_fits(x, src_mask))


def _cross_memory_only(x, memory, *rest):
    return _mha(memory, memory, *rest)


def _cross_mask_ignored(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, memory, W_q, W_k, W_v, W_o, n_heads, None)


def _cross_first_sentence_mask(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, memory, W_q, W_k, W_v, W_o, n_heads, None if src_mask is None else src_mask[:1])


def _cross_mask_on_queries(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, memory, W_q, W_k, W_v, W_o, n_heads, None if src_mask is None else src_mask.transpose(-1, -2))


def _cross_values_from_x(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    q, k, v = _split(x @ W_q, n_heads), _split(memory @ W_k, n_heads), _split(x @ W_v, n_heads)
    return _merge(_weigh(q @ k.transpose(-2, -1) / _root_of_head(q, k), src_mask) @ v) @ W_o


def _cross_loop(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha_loop(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask)


def _cross_einsum(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha_einsum(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask)


def _cross_one_sentence_at_a_time(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    rows = []
    for b in range(len(x)):
        seen = memory[b : b + 1] if src_mask is None else memory[b : b + 1, src_mask[b, 0, 0]]
        rows.append(_mha(x[b : b + 1], seen, W_q, W_k, W_v, W_o, n_heads, None))
    return torch.cat(rows)


CROSS_ATTENTION = Exercise(
    name="cross_attention",
    lesson=LESSON,
    title="크로스 어텐션",
    points=10,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "원문의 패딩을 보지 않아요",
        "float64": "float64를 넣으면 float64로 맞아요",
        "gradient": "기울기가 두 입력과 가중치 행렬 넷까지 흘러요",
    },
    reference=multi_head.cross_attention,
    examples=(_BY_HAND,),
    sample_cases=_cross_cases,
    mistakes=(
        Mistake(
            "cross_attention.queries-from-memory",
            "쿼리를 메모리에서 만듦",
            "쿼리가 인코더의 메모리에서 나왔어요. 디코더가 묻고 인코더가 답해야 해요.",
            "출력의 토큰 수가 어느 쪽과 같아야 하는지 봐요.",
            (_cross_queries_from_memory, _mha_inputs_exchanged, _cross_memory_only),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.self-attention",
            "자기 자신을 봄",
            "메모리를 전혀 쓰지 않았어요. 디코더가 자기 자신만 보고 있어요.",
            "`memory`가 코드의 어디에 쓰이는지 봐요.",
            (_cross_self, _mha_keys_from_queries),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.values-from-x",
            "값을 디코더에서 만듦",
            "키는 메모리에서 나왔지만 값은 디코더의 x에서 나왔어요. 원문의 어디를 볼지만 정하고 내용은 가져오지 않았어요. 두 길이가 다르면 예외가 나요.",
            "값을 만드는 줄의 입력이 무엇인지 봐요.",
            (_cross_values_from_x,),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.weights-exchanged",
            "쿼리, 키, 값의 차례가 바뀜",
            "쿼리와 키와 값 가운데 둘이 서로 바뀌었어요. 가중치 행렬 둘을 바꿔 곱했거나, 만든 것 둘을 바꿔 넘겼어요.",
            "부르는 줄에서 `W_q, W_k, W_v`의 차례가 부른 함수의 것과 같은지 봐요.",
            (
                _mha_weights(lambda q, k, v, o: (k, q, v, o)),
                _mha_weights(lambda q, k, v, o: (q, v, k, o)),
                _mha_weights(lambda q, k, v, o: (v, k, q, o)),
            ),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.one-head",
            "헤드를 나누지 않음",
            "헤드로 나누지 않고 너비 전체로 어텐션을 한 번만 했어요.",
            "`n_heads`가 어텐션까지 그대로 전달되는지 봐요.",
            (_mha_one_head, _mha_one_head_with_root_of_head),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.wrong-scale",
            "헤드의 √d_k로 나누지 않음",
            "점수를 헤드의 √d_k로 나누지 않았어요.",
            "점수를 구하는 곳을 6-3과 견줘 봐요. 6-3의 함수를 불러도 돼요.",
            (_mha_divided(_root_of_model), _mha_divided(lambda q, k: 1)),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.divided-by-d-k",
            "d_k로 나누거나 √d_k로 두 번 나눔",
            "점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. `attend`는 스스로 √d_k로 나눠요.",
            "점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            (_mha_divided(lambda q, k: q.shape[-1]), _mha_divided_twice),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.no-output-projection",
            "W_o를 곱하지 않음",
            "헤드를 이어 붙인 데서 멈췄어요. 헤드들의 말을 섞는 마지막 행렬이 빠졌어요.",
            "받은 행렬 네 개가 모두 쓰였는지 봐요.",
            (_mha_with(out=False),),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.always-causal",
            "원문에 인과 마스크를 씌움",
            "번역문의 자리보다 뒤에 있는 원문의 토큰을 가렸어요. 원문은 처음부터 다 주어져 있어서 숨길 미래가 없어요.",
            "함수 안에서 삼각형 마스크를 만들거나 넘기는 곳이 있는지 봐요.",
            (_mha_with(weigh=_weigh_causal), _mha_with(weigh=_weigh_only_causal)),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.mask-ignored",
            "마스크를 쓰지 않음",
            "원문의 패딩까지 보고 있어요.",
            "`src_mask`가 끝까지 전달되는지 봐요.",
            (_cross_mask_ignored,),
            ("mask",),
        ),
        Mistake(
            "cross_attention.first-sentence-mask",
            "첫 문장의 마스크를 모든 문장에 씀",
            "모든 문장에 첫 문장의 마스크를 썼어요. 문장마다 길이가 달라서 패딩의 자리도 달라요.",
            "`src_mask`의 배치 축에서 하나만 고르는 곳이 있는지 봐요.",
            (_cross_first_sentence_mask,),
            ("mask",),
        ),
        Mistake(
            "cross_attention.not-renormalised",
            "소프트맥스 뒤에 가리고 다시 나누지 않음",
            "원문의 패딩이 가져간 몫이 그냥 사라져서 남은 가중치의 합이 1보다 작아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            (_mha_with(weigh=_weigh_not_renormalised),),
            ("mask",),
        ),
        Mistake(
            "cross_attention.hidden-scores-counted",
            "가릴 점수까지 넣어 나눈 다음 다시 나눔",
            "가릴 점수까지 넣어 소프트맥스를 씌우고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 토큰의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            tuple(_mha_with(weigh=weigh) for weigh in _RENORMALISED),
            ("mask",),
        ),
        Mistake(
            "cross_attention.mask-inverted",
            "보이는 쪽을 가림",
            "True인 토큰이 가려졌어요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            "마스크의 참과 거짓을 뒤집는 곳이 있는지 봐요.",
            (_mha_with(weigh=_weigh_inverted(float("-inf"))), _mha_with(weigh=_weigh_inverted(-1e9))),
            ("mask",),
        ),
        Mistake(
            "cross_attention.mask-added",
            "참/거짓 마스크를 점수에 더함",
            "True는 1, False는 0으로 더해져서 보이는 토큰의 점수가 1씩 커졌을 뿐이에요. 원문의 패딩도 섞였어요.",
            "더하는 마스크를 받는 코드인지 봐요. 이 코스의 마스크는 참/거짓이에요.",
            (_mha_with(weigh=_weigh_added),),
            ("mask",),
        ),
        Mistake(
            "cross_attention.filled-with-zero",
            "가린 점수를 0으로 채움",
            "점수 0은 '안 봄'이 아니에요. 원문의 패딩이 여전히 몫을 받아 섞였어요.",
            "가린 자리를 채운 수에 지수를 취하면 얼마가 되는지 봐요.",
            (
                _mha_with(weigh=_weigh_filled(0.0)),
                _mha_with(weigh=_weigh_filled(1e-9)),
                _mha_with(weigh=_weigh_multiplied),
            ),
            ("mask",),
        ),
        Mistake(
            "cross_attention.mask-on-query-axis",
            "마스크가 쿼리 축에",
            "원문의 패딩 대신 번역문의 자리를 가렸어요. 두 길이가 같으면 예외도 없이 틀려요.",
            "패딩은 보이는 쪽(키)에 있어요. 마스크의 마지막 축이 어느 길이인지 봐요.",
            (_cross_mask_on_queries,),
            ("mask",),
        ),
        Mistake(
            "cross_attention.residual-added",
            "출력에 입력을 더함",
            "어텐션의 출력에 x를 더했어요. 잔차 연결은 레슨 4의 몫이고, 여기서 약속한 것은 어텐션의 출력뿐이에요.",
            "돌려주는 줄에 x가 남아 있는지 봐요.",
            (_mha_residual, _mha_residual_and_norm),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.detached",
            "기울기가 끊김",
            _DETACHED.format("인자 모두까지는"),
            _DETACHED_LOOK,
            (
                lambda x, memory, *rest: _mha(x, memory.detach(), *rest),
                lambda x, memory, *rest: _mha(x.detach(), memory, *rest),
                *(_mha_detached(i) for i in range(4)),
                _mha_detached("merge"),
                _mha_detached("out"),
                _mha_by_new_parameters,
            ),
            ("gradient",),
        ),
    ),
    correct=(_cross_loop, _cross_einsum, _cross_one_sentence_at_a_time, _mha_fused, _mha_by_module),
    uses=("split_heads", "merge_heads", "multi_head_attention"),
)


# -- mha_param_count --


def _count_cases(rng):
    return [
        case("paper", 512, 8, False),
        case("bias", 512, 8, True),
        case("paper", 12 * rng.int(3, 9), 6, False),
        case("bias", 12 * rng.int(3, 9), 4, True),
        case("guard", 10, 4, False, comparator="raises", params={"error": "ValueError"}),
        case("guard", rng.int(5, 9), 0, True, comparator="raises", params={"error": "ValueError"}),
        case("guard", 8, -2, False, comparator="raises", params={"error": "ValueError"}),
    ]


def _count_times_heads(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    return n_heads * (4 * d_model * d_model + (4 * d_model if bias else 0))


def _count_no_output(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    return 3 * d_model * d_model + (3 * d_model if bias else 0)


def _count_bias_ignored(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    return 4 * d_model * d_model


def _count_bias_always(d_model, n_heads, bias):
    return _count_bias_ignored(d_model, n_heads, bias) + 4 * d_model


def _count_some_biases(n):
    return lambda d_model, n_heads, bias: _count_bias_ignored(d_model, n_heads, bias) + n * d_model * bias


def _count_one_head(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    d_k = d_model // n_heads
    return 4 * d_model * d_k + 4 * d_k * bias


def _count_one_head_and_output(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    d_k = d_model // n_heads
    return 3 * (d_model * d_k + d_k * bias) + d_model * d_model + d_model * bias


def _count_narrow_output(d_model, n_heads, bias):
    _guarded(d_model, n_heads)
    d_k = d_model // n_heads
    return 3 * d_model * d_model + d_k * d_model + 4 * d_model * bias


def _count_by_module(d_model, n_heads, bias):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError("나누어떨어지지 않아요.")
    module = torch.nn.MultiheadAttention(d_model, n_heads, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in module.parameters())


def _count_by_head(d_model, n_heads, bias):
    if n_heads <= 0 or d_model % n_heads:
        raise ValueError("나누어떨어지지 않아요.")
    d_k = d_model // n_heads
    return n_heads * 3 * (d_model * d_k + d_k * bias) + d_model * d_model + d_model * bias


def _count_by_shapes(d_model, n_heads, bias):
    if n_heads < 1 or d_model % n_heads:
        raise ValueError("나누어떨어지지 않아요.")
    shapes = [(d_model, d_model)] * 4 + ([(d_model,)] * 4 if bias else [])
    return sum(math.prod(shape) for shape in shapes)


MHA_PARAM_COUNT = Exercise(
    name="mha_param_count",
    lesson=LESSON,
    title="파라미터 수",
    points=8,
    groups={
        "paper": "편향이 없을 때 맞아요",
        "bias": "편향이 있을 때 맞아요",
        "guard": "나누어떨어지지 않으면 ValueError예요",
    },
    reference=multi_head.mha_param_count,
    examples=(case("paper", 4, 2, False), case("bias", 4, 2, True)),
    sample_cases=_count_cases,
    mistakes=(
        Mistake(
            "mha_param_count.times-heads",
            "헤드 수만큼 곱함",
            "헤드마다 d_model 크기의 행렬을 따로 둔 것으로 세었어요. 헤드는 한 행렬을 나눠 가져요.",
            "헤드 하나의 너비가 얼마인지, 그것을 헤드 수만큼 모으면 얼마인지 봐요.",
            (_count_times_heads,),
            ("paper", "bias"),
        ),
        Mistake(
            "mha_param_count.output-missing",
            "W_o를 빠뜨림",
            "행렬 세 개만 세었어요.",
            "멀티 헤드 어텐션의 식에 나오는 행렬을 모두 적어 봐요.",
            (_count_no_output,),
            ("paper", "bias"),
        ),
        Mistake(
            "mha_param_count.bias-ignored",
            "편향을 세지 않음",
            "`bias`가 True일 때도 편향을 세지 않았어요.",
            "행렬마다 편향이 하나씩 딸려 있어요.",
            (_count_bias_ignored,),
            ("bias",),
        ),
        Mistake(
            "mha_param_count.bias-always-counted",
            "편향을 늘 셈",
            "`bias`가 False일 때도 편향을 세었어요.",
            "편향을 더하는 줄이 `bias`를 보는지 확인해요.",
            (_count_bias_always,),
            ("paper",),
        ),
        Mistake(
            "mha_param_count.some-biases-missing",
            "편향을 덜 셈",
            "행렬은 맞는데 편향의 수가 모자라요.",
            "행렬이 몇 개이고, 편향은 몇 개의 행렬에 딸려 있는지 봐요.",
            (_count_some_biases(1), _count_some_biases(2), _count_some_biases(3)),
            ("bias",),
        ),
        Mistake(
            "mha_param_count.projections-of-one-head",
            "헤드 하나의 W_q, W_k, W_v만 셈",
            "W_o는 맞게 세었는데, W_q와 W_k와 W_v는 헤드 하나의 것만 세었어요.",
            "헤드 하나의 투영이 몇 칸을 내놓는지, 헤드들을 다 모으면 몇 칸인지 봐요.",
            (_count_one_head_and_output,),
            ("paper", "bias"),
        ),
        Mistake(
            "mha_param_count.one-number-biases",
            "편향 하나를 수 하나로 셈",
            "행렬마다 편향을 수 하나로 셌어요. 편향은 나가는 칸마다 수가 하나씩이에요.",
            "`x @ W`의 결과에 편향을 더하려면 편향의 길이가 얼마여야 하는지 봐요.",
            (lambda d_model, n_heads, bias: _count_bias_ignored(d_model, n_heads, bias) + 4 * bias,),
            ("bias",),
        ),
        Mistake(
            "mha_param_count.one-head-only",
            "헤드 하나의 몫만 셈",
            "헤드 하나가 가져가는 몫만 세었어요. 나머지 헤드들의 몫이 빠졌어요.",
            "가중치 행렬 하나의 모양이 (D, D)인지 (D, K)인지 봐요.",
            (_count_one_head,),
            ("paper", "bias"),
        ),
        Mistake(
            "mha_param_count.narrow-output",
            "W_o를 헤드 하나의 너비로 셈",
            "W_o를 (K, D) 크기로 세었어요. W_o는 이어 붙인 헤드 전부를 받아요.",
            "헤드를 이어 붙이면 너비가 얼마가 되는지 봐요.",
            (_count_narrow_output,),
            ("paper", "bias"),
        ),
    ),
    both=(
        Both(
            ("mha_param_count.output-missing", "mha_param_count.bias-ignored"),
            (lambda d_model, n_heads, bias: _count_no_output(d_model, n_heads, False),),
            ("paper", "bias"),
        ),
        Both(
            ("mha_param_count.times-heads", "mha_param_count.bias-ignored"),
            (lambda d_model, n_heads, bias: _count_times_heads(d_model, n_heads, False),),
            ("paper", "bias"),
        ),
    ),
    correct=(_count_by_head, _count_by_shapes, _count_by_module),
)


# -- attend_with_cache --


def _cache_cases(rng):
    W, H, B, D = _matrices(rng, 12), 3, 2, 12
    cache = {"k": rng.normal(B, H, 5, D // H), "v": rng.normal(B, H, 5, D // H)}
    sequence = tuple(Call((rng.normal(B, 1, D), None if t == 0 else Ref(t - 1, (1,)), *W, H)) for t in range(4))
    double = {key: rng.normal(3, 2, 4, 5, dtype=torch.float64) for key in ("k", "v")}
    alone = {key: rng.normal(1, 2, 3, 6) for key in ("k", "v")}
    return [
        case("first", rng.normal(B, 1, D), None, *W, H),
        case("step", rng.normal(B, 1, D), cache, *W, H),
        case("step", rng.normal(3, 1, 10, dtype=torch.float64), double, *_matrices(rng, 10, torch.float64), 2),
        case("step", rng.normal(1, 1, D), alone, *W, 2),
        Case("sequence", sequence),
    ]


def _join(cache, k, v):
    return (k, v) if cache is None else (torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2))


def _seen_by(q, k, v, divisor=_root_of_head, weigh=_weigh):
    return _merge(weigh(q @ k.transpose(-2, -1) / divisor(q, k), None) @ v)


def _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads, join=_join, divisor=_root_of_head, weigh=_weigh):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    k, v = join(cache, k, v)
    return _seen_by(q, k, v, divisor, weigh) @ W_o, {"k": k, "v": v}


def _cached_with(**changes):
    """몇 군데만 다르게 한 캐시 어텐션."""
    return lambda *args: _cached(*args, **changes)


def _cache_kept_but_not_extended(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    return _seen_by(q, *_join(cache, k, v)) @ W_o, {"k": k, "v": v}


def _cache_extended_but_not_seen(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    out = _seen_by(q, k, v) @ W_o
    k, v = _join(cache, k, v)
    return out, {"k": k, "v": v}


def _cache_new_token_not_seen(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    out, new = _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads)
    if cache is not None:
        out = _seen_by(_split(x_t @ W_q, n_heads), cache["k"], cache["v"]) @ W_o
    return out, new


def _cache_names_exchanged(*args):
    out, new = _cached(*args)
    return out, {"k": new["v"], "v": new["k"]}


def _join_reversed(c, k, v):
    return (k, v) if c is None else (torch.cat([k, c["k"]], 2), torch.cat([v, c["v"]], 2))


def _join_by_adding(c, k, v):
    return (k, v) if c is None else (c["k"] + k, c["v"] + v)


def _cache_first_without_output(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    return (_cache_no_output if cache is None else _cached)(x_t, cache, W_q, W_k, W_v, W_o, n_heads)


def _join_keys_to_both(c, k, v):
    return (k, v) if c is None else (torch.cat([c["k"], k], 2), torch.cat([c["k"], v], 2))


def _join_only(name):
    """키와 값 가운데 `name`만 캐시에 이어요."""

    def join(c, k, v):
        if c is None:
            return k, v
        return (torch.cat([c["k"], k], 2), v) if name == "k" else (k, torch.cat([c["v"], v], 2))

    return join


def _join_along(dim):
    return lambda c, k, v: (k, v) if c is None else (torch.cat([c["k"], k], dim), torch.cat([c["v"], v], dim))


def _cache_attends_values(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    out, new = _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads)
    return _seen_by(_split(x_t @ W_q, n_heads), new["v"], new["k"]) @ W_o, new


def _cache_of_queries(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    return _cached(x_t, cache, W_q, W_q, W_v, W_o, n_heads)


def _cache_of_queries_only(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    out, new = _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads)
    return out, {"k": _cached(x_t, cache, W_q, W_q, W_v, W_o, n_heads)[1]["k"], "v": new["v"]}


def _cache_before_split(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    k, v = x_t @ W_k, x_t @ W_v
    if cache is not None:
        k, v = torch.cat([cache["k"], k], 1), torch.cat([cache["v"], v], 1)
    out = _seen_by(_split(x_t @ W_q, n_heads), _split(k, n_heads), _split(v, n_heads))
    return out @ W_o, {"k": k, "v": v}


def _cache_in_place(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    cache = {} if cache is None else cache
    cache["k"] = torch.cat([cache["k"], k], 2) if "k" in cache else k
    cache["v"] = torch.cat([cache["v"], v], 2) if "v" in cache else v
    return _seen_by(q, cache["k"], cache["v"]) @ W_o, cache


def _cache_no_output(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    return _cached(x_t, cache, W_q, W_k, W_v, torch.eye(len(W_o), dtype=W_o.dtype), n_heads)


def _cache_functional(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    k, v = _join(cache, k, v)
    return _merge(F.scaled_dot_product_attention(q, k, v)) @ W_o, {"v": v, "k": k}


def _cache_preallocated(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    B, _, D = x_t.shape
    past = 0 if cache is None else cache["k"].shape[2]
    store = {name: torch.zeros(B, n_heads, past + 1, D // n_heads, dtype=x_t.dtype) for name in "kv"}
    for name, W in (("k", W_k), ("v", W_v)):
        if past:
            store[name][:, :, :past] = cache[name]
        store[name][:, :, past] = (x_t @ W).reshape(B, n_heads, -1)
    q = (x_t @ W_q).reshape(B, n_heads, 1, -1)
    weights = torch.einsum("bhqk,bhtk->bhqt", q, store["k"]).div(math.sqrt(D // n_heads)).softmax(-1)
    return torch.einsum("bhqt,bhtk->bqhk", weights, store["v"]).reshape(B, 1, D) @ W_o, store


def _cache_dict_copy(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    new = dict(cache or {})
    q = _split(x_t @ W_q, n_heads)
    for name, W in (("k", W_k), ("v", W_v)):
        fresh = _split(x_t @ W, n_heads)
        new[name] = torch.cat([new[name], fresh], dim=-2) if name in new else fresh
    return _merge(scaled_dot_product_attention(q, new["k"], new["v"], None)[0]) @ W_o, new


ATTEND_WITH_CACHE = Exercise(
    name="attend_with_cache",
    lesson=LESSON,
    title="KV 캐시",
    points=24,
    groups={
        "first": "첫 토큰(캐시가 없을 때)이 맞아요",
        "step": "캐시가 있을 때 출력과 새 캐시가 맞아요",
        "sequence": "네 스텝을 이어도 맞아요",
    },
    reference=multi_head.attend_with_cache,
    examples=(
        case(
            "step",
            torch.tensor([[[1.0, 2.0]]]),
            {"k": torch.tensor([[[[1.0]], [[0.0]]]]), "v": torch.tensor([[[[3.0]], [[5.0]]]])},
            torch.eye(2),
            _SWAP,
            _UPPER,
            _LOWER,
            2,
        ),
    ),
    sample_cases=_cache_cases,
    mistakes=(
        Mistake(
            "attend_with_cache.overwritten",
            "캐시를 덮어씀",
            "새 캐시에 방금 토큰만 남고 지난 토큰들이 사라졌어요.",
            "돌려줄 캐시의 길이가 받은 캐시보다 몇 칸 길어야 하는지 봐요.",
            (_cached_with(join=lambda c, k, v: (k, v)), _cache_kept_but_not_extended),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.added",
            "잇지 않고 더함",
            "새 키와 값을 지난 것들의 뒤에 잇지 않고 더했어요. 지난 토큰이 모두 바뀌고 캐시의 길이는 늘지 않아요.",
            "돌려줄 캐시의 길이가 받은 캐시보다 몇 칸 길어야 하는지 봐요.",
            (_cached_with(join=_join_by_adding),),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.order-reversed",
            "캐시의 순서가 뒤집힘",
            "새 토큰이 지난 토큰들 앞에 붙었어요. 출력은 같아서 캐시를 들여다봐야 보여요.",
            "시간 순서대로라면 새 것이 어느 쪽 끝에 와야 하는지 봐요.",
            (_cached_with(join=_join_reversed),),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.queries-cached",
            "쿼리를 캐시에 넣음",
            "키의 자리에 쿼리가 들어갔어요. 지난 쿼리는 다시 쓸 일이 없어서 담아 두지 않아요.",
            "다음 토큰이 지난 토큰에게서 필요한 것이 무엇인지 봐요.",
            (_cache_of_queries, _cache_of_queries_only),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.changed-in-place",
            "받은 캐시를 고침",
            "받은 캐시를 바꿔 놓았어요. 빔 서치처럼 캐시 하나에서 여러 갈래가 갈라지면 서로의 기억이 섞여요.",
            "받은 사전이나 그 안의 텐서에 적어 넣는 곳이 있는지 봐요.",
            (_cache_in_place,),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.past-not-seen",
            "지난 토큰을 보지 않음",
            "돌려준 캐시는 맞는데, 출력은 새 토큰의 키와 값만 보고 계산했어요.",
            "캐시를 잇는 줄과 어텐션을 하는 줄 가운데 무엇이 먼저인지 봐요.",
            (_cache_extended_but_not_seen,),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.new-token-not-seen",
            "새 토큰 자신을 보지 않음",
            "돌려준 캐시는 맞는데, 출력은 지난 토큰들만 보고 계산했어요. 새 토큰은 자기 자신도 봐야 해요.",
            "어텐션에 넘긴 키와 값의 길이가 t인지 t+1인지 찍어 봐요.",
            (_cache_new_token_not_seen,),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.keys-and-values-exchanged",
            "키와 값의 열쇠가 바뀜",
            '"k"에 값이, "v"에 키가 담겼어요.',
            "새 캐시를 만드는 줄에서 열쇠와 그 옆의 변수를 견줘 봐요.",
            (_cache_names_exchanged,),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.values-continue-keys",
            "값을 키의 캐시에 이음",
            "새 값을 지난 값이 아니라 지난 키의 뒤에 이었어요.",
            "두 줄을 복사했다면 열쇠의 이름까지 바뀌었는지 봐요.",
            (_cached_with(join=_join_keys_to_both),),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.only-one-joined",
            "키와 값 가운데 하나만 이음",
            "키와 값 가운데 하나만 캐시에 잇고 다른 하나는 새 토큰의 것만 썼어요. 그래서 두 길이가 서로 달라요.",
            '캐시가 있을 때 `"k"`와 `"v"`를 저마다 이었는지, 어텐션에 넘기는 키와 값의 길이가 같은지 찍어 봐요.',
            (_cached_with(join=_join_only("k")), _cached_with(join=_join_only("v"))),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.joined-along-another-axis",
            "토큰 축이 아닌 축을 따라 이음",
            "새 키와 값을 토큰 축이 아닌 축을 따라 이었어요. (B, H, t, K)에서 길어지는 것은 t뿐이에요.",
            "이어 붙인 다음 키의 `.shape`를 받은 캐시의 것과 나란히 적어 봐요.",
            tuple(_cached_with(join=_join_along(dim)) for dim in (0, 1, 3)),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.attends-values",
            "어텐션에 키와 값을 바꿔 넘김",
            "돌려준 캐시는 맞는데, 출력을 구할 때 키와 값이 서로 바뀌었어요.",
            "어텐션에 넘기는 줄에서 인자의 차례가 `attend`의 것과 같은지 봐요.",
            (_cache_attends_values,),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.cached-before-splitting",
            "헤드로 나누기 전의 것을 담음",
            "캐시에 헤드로 나누기 전의 (B, t, D)를 담았어요. 여기서 약속한 캐시는 (B, H, t, K)예요.",
            "캐시에 담는 줄에서 키와 값의 모양을 찍어 봐요.",
            (_cache_before_split,),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.only-the-first-token",
            "맨 앞의 토큰만 봄",
            "새 토큰이 캐시의 맨 앞 토큰 하나만 봤어요. 쿼리가 하나일 때 왼쪽 위부터 채우는 삼각형 마스크를 씌우면 이렇게 돼요.",
            "캐시에는 과거만 들어 있어요. 가릴 것이 있는지 생각해 봐요.",
            (_cached_with(weigh=_weigh_only_causal),),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.wrong-scale",
            "헤드의 √d_k로 나누지 않음",
            "점수를 헤드의 √d_k로 나누지 않았어요.",
            "점수를 구하는 곳을 6-3과 견줘 봐요.",
            (_cached_with(divisor=_root_of_model), _cached_with(divisor=lambda q, k: 1)),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.divided-by-d-k",
            "d_k로 나누거나 √d_k로 두 번 나눔",
            "점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. `attend`는 스스로 √d_k로 나눠요.",
            "점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            (
                _cached_with(divisor=lambda q, k: q.shape[-1]),
                _cached_with(divisor=lambda q, k: math.sqrt(q.shape[-1]) * math.sqrt(q.shape[-1])),
            ),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.no-output-projection",
            "W_o를 곱하지 않음",
            "헤드를 이어 붙인 데서 멈췄어요. 헤드들의 말을 섞는 마지막 행렬이 빠졌어요.",
            "받은 행렬 네 개가 모두 쓰였는지 봐요.",
            (_cache_no_output,),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.first-without-output-projection",
            "첫 토큰에만 W_o를 곱하지 않음",
            "캐시가 없을 때의 출력에만 W_o를 곱하지 않았어요. 첫 토큰도 헤드들의 말을 섞어야 해요.",
            "캐시가 None일 때와 아닐 때 돌려주는 것을 나란히 봐요.",
            (_cache_first_without_output,),
            ("first", "sequence"),
        ),
        Mistake(
            "attend_with_cache.swapped",
            "돌려주는 차례가 바뀜",
            "두 값은 맞는데 (캐시, 출력)의 차례로 돌려줬어요.",
            "독스트링의 돌려주는 차례를 다시 봐요.",
            (lambda *args: _cached(*args)[::-1],),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.cache-not-returned",
            "출력만 돌려줌",
            "출력은 맞는데 새 캐시를 함께 돌려주지 않았어요. 다음 스텝이 지난 토큰을 볼 수 없어요.",
            "독스트링이 돌려주라는 것이 몇 개인지 봐요.",
            (lambda *args: _cached(*args)[0],),
            ("first", "step", "sequence"),
        ),
    ),
    correct=(_cache_functional, _cache_preallocated, _cache_dict_copy),
    uses=("split_heads", "merge_heads"),
)


# -- grouped_query_attention (보너스) --


def _gqa_cases(rng):
    # H/G와 G가 같으면 어느 쪽으로 나눠도 맞아요.
    tempted = (rng.normal(2, 6, 3, 5), rng.normal(2, 3, 6, 5), rng.normal(2, 3, 6, 5))
    asking = tempted[0][0, 0, 0]
    # 첫 헤드의 첫 쿼리와 가려진 키의 점수가 300이에요.
    tempted[1][0, 0, 5] = 300 * math.sqrt(5) * asking / asking.square().sum()
    return [
        case("values", rng.normal(2, 6, 4, 5), rng.normal(2, 3, 7, 5), rng.normal(2, 3, 7, 5), None),
        case("mask", *tempted, _lengths_mask([4, 2], 6)),
        case(
            "mask", rng.normal(2, 6, 5, 4), rng.normal(2, 2, 5, 4), rng.normal(2, 2, 5, 4), torch.ones(5, 5).tril() > 0
        ),
        case(
            "mask",
            rng.normal(2, 6, 4, 5),
            rng.normal(2, 2, 6, 5),
            rng.normal(2, 2, 6, 5),
            _mask_of_each_head(2, 6, 4, 6),
        ),
        case(
            "values",
            rng.normal(2, 6, 3, 4, dtype=torch.float64),
            rng.normal(2, 2, 5, 4, dtype=torch.float64),
            rng.normal(2, 2, 5, 4, dtype=torch.float64),
            None,
        ),
        # 묶음이 하나뿐이어도, 문장이 하나뿐이어도 같아요.
        case("values", rng.normal(1, 4, 3, 5), rng.normal(1, 1, 6, 5), rng.normal(1, 1, 6, 5), None),
    ]


def _gqa_with(keys, values=None, attend=scaled_dot_product_attention):
    """키와 값의 헤드를 `keys(k, H)`, `values(v, H)`로 늘린 묶음 쿼리 어텐션. 하나만 주면 둘 다 그렇게 늘려요."""
    values = values or keys
    return lambda q, k, v, mask: attend(q, keys(k, q.shape[1]), values(v, q.shape[1]), mask)[0]


def _side_by_side(x, n_heads):
    return x.repeat_interleave(n_heads // x.shape[1], 1)


def _by_turns(x, n_heads):
    return x.repeat(1, n_heads // x.shape[1], 1, 1)


def _attend_with(divisor=_root_of_head, weigh=_weigh):
    return lambda q, k, v, mask: (weigh(q @ k.transpose(-2, -1) / divisor(q, k), mask) @ v,)


def _gqa_not_flattened(q, k, v, mask):
    y = _gqa_grouped(q, k, v, mask)
    return y.unflatten(1, (k.shape[1], -1))


def _whole_mask(q, k, mask):
    """(B, H, T, S)로 늘린 마스크."""
    return None if mask is None else mask.expand(*q.shape[:3], k.shape[2])


def _gqa_index(q, k, v, mask):
    n, mask = q.shape[1] // k.shape[1], _whole_mask(q, k, mask)
    return torch.stack(
        [
            scaled_dot_product_attention(q[:, h], k[:, h // n], v[:, h // n], None if mask is None else mask[:, h])[0]
            for h in range(q.shape[1])
        ],
        dim=1,
    )


def _gqa_of_head(group, cut=lambda mask, h: mask):
    """헤드 h를 하나씩 꺼내 `group(h, H, G)`번 묶음과 `cut(마스크, h)`로 본 다음 쌓아요."""

    def wrong(q, k, v, mask):
        H, G = q.shape[1], k.shape[1]
        heads = []
        for h in range(H):
            g = group(h, H, G)
            seen = None if mask is None else cut(mask, h)
            heads.append(F.scaled_dot_product_attention(q[:, h], k[:, g], v[:, g], attn_mask=seen))
        return torch.stack(heads, dim=1)

    return wrong


def _group_of(h, H, G):
    return h // (H // G)


def _divided_by_groups(h, H, G):
    return h // G


def _gqa_mask(change):
    """마스크를 `change(mask)`로 바꿔 넣은 묶음 쿼리 어텐션."""
    return lambda q, k, v, mask: _gqa_by_torch(q, k, v, None if mask is None else change(mask))


def _gqa_index_divided_by_groups(q, k, v, mask):
    index = torch.arange(q.shape[1]) // k.shape[1]
    return F.scaled_dot_product_attention(q, k[:, index], v[:, index], attn_mask=mask)


def _gqa_copied_divided_by_groups(q, k, v, mask):
    k, v = (torch.stack([x[:, h // x.shape[1]] for h in range(q.shape[1])], dim=1) for x in (k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _gqa_queries_averaged(q, k, v, mask):
    q = q.unflatten(1, (k.shape[1], -1)).mean(dim=2)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _gqa_of_few_heads(cut):
    """묶음마다 쿼리 헤드를 G개만 채워요."""

    def wrong(q, k, v, mask):
        G, out = k.shape[1], torch.zeros_like(q)
        size = q.shape[1] // G
        for g in range(G):
            heads, own = slice(g * size, g * size + G), slice(g, g + 1)
            seen = _whole_mask(q, k, mask)[:, heads] if cut and mask is not None else mask
            out[:, heads] = F.scaled_dot_product_attention(q[:, heads], k[:, own], v[:, own], attn_mask=seen)
        return out

    return wrong


def _gqa_of_every_gth_head(cut):
    """묶음 g가 g, g + G, ...번 헤드를 맡고, 맡은 차례대로 이어 붙여요."""

    def wrong(q, k, v, mask):
        G, heads = k.shape[1], []
        for g in range(G):
            for h in range(g, q.shape[1], G):
                seen = _whole_mask(q, k, mask)[:, h : h + 1] if cut and mask is not None else mask
                own = slice(g, g + 1)
                heads.append(F.scaled_dot_product_attention(q[:, h : h + 1], k[:, own], v[:, own], attn_mask=seen))
        return torch.cat(heads, dim=1)

    return wrong


def _gqa_grouped(q, k, v, mask):
    B, H, T, K = q.shape
    G = k.shape[1]
    mask = None if mask is None else _whole_mask(q, k, mask).unflatten(1, (G, H // G))
    y = scaled_dot_product_attention(q.reshape(B, G, H // G, T, K), k[:, :, None], v[:, :, None], mask)[0]
    return y.reshape(B, H, T, K)


def _gqa_by_torch(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


GROUPED_QUERY_ATTENTION = Exercise(
    name="grouped_query_attention",
    lesson=LESSON,
    title="묶음 쿼리 어텐션",
    points=0,
    groups={"values": "마스크가 없을 때 값이 맞아요", "mask": "마스크가 있을 때 값이 맞아요"},
    reference=multi_head.grouped_query_attention,
    examples=(
        # 키가 하나뿐이라 가중치가 1이에요. 쿼리 헤드마다 어느 묶음의 값이 나오는지만 남아요.
        case(
            "values",
            torch.tensor([[[[1.0]], [[2.0]], [[3.0]], [[4.0]], [[5.0]], [[6.0]]]]),
            torch.tensor([[[[1.0]], [[1.0]], [[1.0]]]]),
            torch.tensor([[[[10.0]], [[20.0]], [[30.0]]]]),
            None,
        ),
    ),
    sample_cases=_gqa_cases,
    mistakes=(
        Mistake(
            "grouped_query_attention.repeat-order",
            "묶음이 번갈아 감",
            "키나 값에서, 이웃한 쿼리 헤드들이 같은 묶음을 쓰지 않고 묶음을 번갈아 쓰고 있어요.",
            "헤드 h가 h // (H/G)번 묶음을 보도록 늘어났는지, 작은 수로 적어 봐요.",
            (_gqa_with(_by_turns), _gqa_with(_by_turns, _side_by_side), _gqa_with(_side_by_side, _by_turns)),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.divided-by-groups",
            "묶음의 수 G로 나눔",
            "헤드의 번호를 한 묶음을 나눠 쓰는 헤드의 수가 아니라 묶음의 수 G로 나눴어요. 두 수가 같을 때만 맞아요.",
            "헤드가 여섯이고 묶음이 둘일 때 헤드마다 몇 번 묶음이 되는지 적어 봐요.",
            (
                _gqa_index_divided_by_groups,
                _gqa_copied_divided_by_groups,
                _gqa_of_head(
                    _divided_by_groups, lambda mask, h: mask[:, min(h, mask.shape[1] - 1)] if mask.dim() > 2 else mask
                ),
            ),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.few-heads-filled",
            "묶음마다 헤드를 G개만 채움",
            "묶음마다 쿼리 헤드를 G개씩 채웠어요. 한 묶음을 나눠 쓰는 헤드가 G개보다 많으면 나머지 헤드는 0으로 남아요.",
            "결과에 모두 0인 헤드가 있는지, 묶음 하나를 몇 개의 헤드가 나눠 쓰는지 봐요.",
            (_gqa_of_few_heads(False), _gqa_of_few_heads(True)),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.every-gth-head",
            "묶음이 G칸씩 건너뛴 헤드를 맡음",
            "묶음마다 이웃한 헤드가 아니라 G칸씩 건너뛴 헤드를 맡았고, 맡은 차례대로 이어 붙여서 결과의 차례도 헤드의 차례와 달라요.",
            "묶음 0이 맡는 헤드의 번호를 적고, 결과의 1번 헤드가 어느 쿼리에서 나왔는지 봐요.",
            (_gqa_of_every_gth_head(False), _gqa_of_every_gth_head(True)),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.averaged",
            "묶음을 평균함",
            "키와 값의 묶음들을 하나로 평균했어요.",
            "묶음마다 키와 값은 따로 남아 있어야 해요.",
            (_gqa_with(lambda x, n_heads: x.mean(1, keepdim=True)),),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.queries-averaged",
            "한 묶음의 쿼리를 평균함",
            "한 묶음을 나눠 쓰는 쿼리 헤드들을 하나로 평균했어요. 결과의 헤드가 H개가 아니라 G개예요.",
            "돌려줄 모양 (B, H, T, K)에서 헤드가 몇 개인지 봐요. 쿼리 헤드는 저마다 따로 물어요.",
            (_gqa_queries_averaged,),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.first-group-only",
            "첫 묶음만 봄",
            "모든 쿼리 헤드가 첫 묶음만 봤어요. 나머지 묶음은 쓰이지 않았어요.",
            "묶음의 수 G가 코드의 어디에 쓰이는지 봐요.",
            (_gqa_with(lambda x, n_heads: x[:, :1]),),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.not-flattened",
            "묶음 축이 남음",
            "값은 맞는데 헤드 축이 묶음과 그 안의 헤드로 나뉜 채 남아 있어요.",
            "돌려줄 모양 (B, H, T, K)의 축이 몇 개인지 봐요.",
            (_gqa_not_flattened,),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.keys-and-values-exchanged",
            "키와 값이 바뀜",
            "키와 값이 서로 바뀌었어요. 값으로 점수를 매기고 키를 섞었어요.",
            "늘린 줄과 넘긴 줄에서 k와 v의 차례를 봐요.",
            (lambda q, k, v, mask: _gqa_by_torch(q, v, k, mask),),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.divided-by-d-k",
            "d_k로 나누거나 √d_k로 두 번 나눔",
            "점수가 d_k로 나눈 값과 같아요. d_k로 나눴거나 √d_k로 두 번 나눴어요. `attend`는 스스로 √d_k로 나눠요.",
            "점수를 나누는 곳이 모두 몇 번인지, 부른 함수 안까지 세어 봐요.",
            (
                _gqa_with(_side_by_side, attend=_attend_with(lambda q, k: q.shape[-1])),
                lambda q, k, v, mask: _gqa_by_torch(q / math.sqrt(q.shape[-1]), k, v, mask),
            ),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.wrong-scale",
            "√d_k로 나누지 않음",
            "점수를 √d_k로 나누지 않았어요.",
            "점수에서 더해지는 항이 몇 개인지 쿼리의 모양에서 봐요.",
            tuple(
                _gqa_with(_side_by_side, attend=_attend_with(divisor)) for divisor in (_root_of_model, lambda q, k: 1)
            ),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.mask-ignored",
            "마스크를 쓰지 않음",
            "마스크가 있을 때도 없을 때와 같은 값이 나왔어요.",
            "`mask`가 어텐션 함수까지 전달되는지 봐요.",
            (_gqa_with(_side_by_side, attend=lambda q, k, v, mask: _attend_with()(q, k, v, None)),),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.mask-inverted",
            "보이는 쪽을 가림",
            "True인 키가 가려졌어요. 이 코스의 마스크는 어디서나 True가 '볼 수 있음'이에요.",
            "마스크의 참과 거짓을 뒤집는 곳이 있는지 봐요.",
            tuple(
                _gqa_with(_side_by_side, attend=_attend_with(weigh=_weigh_inverted(fill)))
                for fill in (float("-inf"), -1e9)
            ),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.first-head-mask",
            "첫 헤드의 마스크를 모든 헤드에 씀",
            "마스크의 둘째 축에서 첫째 것만 골라 모든 헤드에 썼어요. 헤드마다 다른 마스크가 오면 틀려요.",
            "받을 수 있는 마스크의 모양을 모두 적고, 고른 것이 그때마다 무엇인지 봐요.",
            (
                _gqa_mask(lambda mask: mask[:, :1]),
                _gqa_mask(lambda mask: mask[:, :1] if mask.dim() == 4 else mask),
                _gqa_of_head(_group_of, lambda mask, h: mask[:, 0]),
            ),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.last-row-mask",
            "마지막 쿼리의 마스크를 모든 쿼리에 씀",
            "마스크에서 마지막 쿼리의 줄만 골라 모든 쿼리에 쓰려고 했어요. 쿼리마다 볼 수 있는 키가 다르면 틀려요.",
            "마스크의 쿼리 축에서 하나만 고르는 곳이 있는지 봐요.",
            (_gqa_mask(lambda mask: mask[:, :, -1:]), _gqa_mask(lambda mask: mask[..., -1:, :])),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.mask-of-all-heads",
            "헤드 하나에 네 축짜리 마스크",
            "헤드를 하나씩 꺼내면서 마스크는 받은 그대로 넘겼어요. 축이 넷인 마스크는 헤드 하나의 점수 (B, T, S)와 축이 맞지 않아요.",
            "헤드 하나의 점수와 마스크의 모양을 나란히 적어 봐요.",
            (_gqa_of_head(_group_of),),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.not-renormalised",
            "소프트맥스 뒤에 가리고 다시 나누지 않음",
            "가려진 키가 가져간 몫이 그냥 사라져서 남은 가중치의 합이 1보다 작아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            (_gqa_with(_side_by_side, attend=_attend_with(weigh=_weigh_not_renormalised)),),
            ("mask",),
        ),
        Mistake(
            "grouped_query_attention.hidden-scores-counted",
            "가릴 점수까지 넣어 나눈 다음 다시 나눔",
            "가릴 점수까지 넣어 소프트맥스를 씌우고 그 뒤에 지웠어요. 가린 점수가 훨씬 크면 보이는 키의 몫이 이미 0이 되어, 다시 나눠도 살아나지 않아요.",
            "마스크를 씌우는 줄과 소프트맥스의 줄 가운데 무엇이 먼저인지 봐요.",
            tuple(_gqa_with(_side_by_side, attend=_attend_with(weigh=weigh)) for weigh in _RENORMALISED),
            ("mask",),
        ),
    ),
    both=(
        Both(
            ("grouped_query_attention.divided-by-groups", "grouped_query_attention.mask-of-all-heads"),
            (_gqa_of_head(_divided_by_groups),),
            ("values", "mask"),
        ),
    ),
    correct=(_gqa_index, _gqa_grouped, _gqa_by_torch, _gqa_with(_side_by_side, attend=_attend_with())),
)

EXERCISES: tuple[Exercise, ...] = (
    SPLIT_HEADS,
    MERGE_HEADS,
    MULTI_HEAD_ATTENTION,
    MHA_PARAM_COUNT,
    CROSS_ATTENTION,
    ATTEND_WITH_CACHE,
    GROUPED_QUERY_ATTENTION,
)
