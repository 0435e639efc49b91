"""레슨 6의 실습: 헤드 나누기와 합치기, 멀티 헤드 어텐션, 크로스 어텐션, 파라미터 수, KV 캐시, GQA."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
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


# -- split_heads --


def _split_cases(rng):
    return [
        case("values", rng.normal(2, 5, 12), 3),
        case("values", rng.normal(3, 4, 10), 2),
        case("values", rng.normal(2, 3, 7), 1),
        case("float64", rng.normal(2, 3, 20, dtype=torch.float64), 5),
        case("guard", rng.normal(2, 3, 10), 4, comparator="raises", params={"error": "ValueError"}),
    ]


def _split_view(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, n_heads, T, D // n_heads)


def _split_interleaved(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, T, D // n_heads, n_heads).permute(0, 3, 1, 2)


def _split_permute_then_reshape(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.transpose(1, 2).reshape(B, n_heads, T, D // n_heads)


def _split_not_transposed(x, n_heads):
    B, T, D = x.shape
    _guarded(D, n_heads)
    return x.reshape(B, T, n_heads, D // n_heads)


def _split_chunks(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("나누어떨어지지 않아요.")
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


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
        "guard": "나누어떨어지지 않으면 ValueError예요",
    },
    reference=multi_head.split_heads,
    sample_cases=_split_cases,
    mistakes=(
        Mistake(
            "split_heads.view-without-transpose",
            "축을 바꾸지 않고 끊어 읽음",
            "축을 옮기지 않고 곧바로 (B, H, T, K)로 끊어 읽었어요. 모양은 맞지만 한 헤드 안에 다른 토큰의 조각이 섞여 있어요.",
            "D축만 둘로 나눈 다음, 축의 순서를 옮기는 단계가 따로 있어야 해요.",
            (_split_view,),
            ("values", "float64"),
        ),
        Mistake(
            "split_heads.interleaved",
            "한 칸씩 건너 나눔",
            "헤드가 이어진 d_k개가 아니라 H칸씩 건너뛰며 가져갔어요.",
            "D축을 둘로 나눌 때 어느 쪽이 바깥(먼저)이어야 하는지 봐요.",
            (_split_interleaved,),
            ("values", "float64"),
        ),
        Mistake(
            "split_heads.permute-then-reshape",
            "옮긴 다음에 나눔",
            "축을 먼저 옮긴 다음에 끊어 읽어서 토큰과 특징이 뒤섞였어요.",
            "나누기와 옮기기 가운데 무엇이 먼저인지 봐요.",
            (_split_permute_then_reshape,),
            ("values", "float64"),
        ),
        Mistake(
            "split_heads.not-transposed",
            "헤드 축이 뒤에 남음",
            "나누기는 했지만 헤드 축이 토큰 축 뒤에 남아 있어요.",
            "돌려줄 모양 (B, H, T, K)에서 H가 몇 번째 축인지 봐요.",
            (_split_not_transposed,),
            ("values", "float64"),
        ),
    ),
    correct=(_split_chunks, _split_slices, _split_unflatten),
)


# -- merge_heads --


def _merge_cases(rng):
    return [
        case("values", rng.normal(2, 3, 5, 4)),
        case("values", rng.normal(3, 2, 4, 7)),
        case("values", rng.normal(2, 1, 3, 6)),
        case("float64", rng.normal(2, 5, 3, 4, dtype=torch.float64)),
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


def _merge_cat(x):
    return torch.cat(list(x.unbind(1)), dim=-1)


def _merge_contiguous(x):
    B, H, T, K = x.shape
    return x.permute(0, 2, 1, 3).contiguous().view(B, T, -1)


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
    groups={"values": "토큰마다 헤드들이 차례로 이어져요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=multi_head.merge_heads,
    sample_cases=_merge_cases,
    mistakes=(
        Mistake(
            "merge_heads.no-transpose",
            "축을 되돌리지 않음",
            "축을 되돌리지 않고 끊어 읽어서 한 토큰의 자리에 다른 토큰의 값이 들어왔어요. 나누기도 같은 방식으로 틀렸다면 둘을 이어도 티가 나지 않아요. "
            "학습하면 미래가 새어 손실은 오히려 더 낮아지는데 번역은 되지 않아요.",
            "토큰 축이 헤드 축보다 앞으로 온 다음에 끊어 읽어야 해요.",
            (_merge_no_transpose,),
            ("values", "float64"),
        ),
        Mistake(
            "merge_heads.view-on-non-contiguous",
            "이어져 있지 않은 텐서에 view",
            "축을 옮긴 텐서는 메모리에서 이어져 있지 않아 `view`로 끊어 읽을 수 없어요.",
            "`view` 대신 쓸 수 있는 메서드나, 메모리를 다시 잇는 메서드를 찾아봐요.",
            (_merge_view,),
            ("values", "float64"),
        ),
        Mistake(
            "merge_heads.averaged",
            "헤드를 평균하거나 더함",
            "헤드들을 한데 뭉개서 폭이 d_k로 줄었어요.",
            "헤드는 섞지 않고 옆으로 이어 붙여요. 섞는 일은 다음 실습의 W_o가 해요.",
            (_merge_mean, _merge_sum),
            ("values", "float64"),
        ),
        Mistake(
            "merge_heads.interleaved",
            "헤드를 한 칸씩 끼워 넣음",
            "헤드들이 차례로 이어지지 않고 한 칸씩 번갈아 끼워졌어요.",
            "합친 마지막 축의 앞 d_k칸이 어느 헤드의 것이어야 하는지 봐요.",
            (_merge_interleaved,),
            ("values", "float64"),
        ),
    ),
    correct=(_merge_cat, _merge_contiguous, _merge_slices),
)


# -- multi_head_attention --


def _matrices(rng, d, dtype=torch.float32):
    return tuple(rng.normal(d, d, dtype=dtype, scale=1.5 / math.sqrt(d)) for _ in range(4))


def _lengths_mask(lengths, S):
    """길이들에서 패딩 마스크 (B, 1, 1, S). True가 볼 수 있음이에요."""
    return (torch.arange(S) < torch.tensor(lengths)[:, None])[:, None, None, :]


def _mha_cases(rng):
    W12, W10 = _matrices(rng, 12), _matrices(rng, 10)
    return [
        case("values", rng.normal(2, 4, 12), rng.normal(2, 5, 12), *W12, 3, None),
        case("values", rng.normal(3, 5, 10), rng.normal(3, 4, 10), *W10, 2, None),
        # 문장 수와 쿼리 길이가 같으면 마스크를 엉뚱한 축에 맞춰도 모양이 맞아요.
        case("mask", rng.normal(3, 3, 12), rng.normal(3, 5, 12), *W12, 2, _lengths_mask([5, 2, 3], 5)),
        case("mask", rng.normal(2, 4, 12), rng.normal(2, 4, 12), *W12, 3, torch.ones(4, 4).tril().bool()),
        case(
            "float64",
            rng.normal(2, 3, 10, dtype=torch.float64),
            rng.normal(2, 4, 10, dtype=torch.float64),
            *_matrices(rng, 10, torch.float64),
            5,
            None,
        ),
    ]


def _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, *, scale=None, dim=-1, out=True):
    q, k, v = _split(q_in @ W_q, n_heads), _split(kv_in @ W_k, n_heads), _split(kv_in @ W_v, n_heads)
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    y = _merge(torch.softmax(scores, dim) @ v)
    return y @ W_o if out else y


def _mha_sqrt_d_model(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, scale=q_in.shape[-1] ** -0.5)


def _mha_sqrt_heads(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, scale=n_heads**-0.5)


def _mha_no_scale(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, scale=1.0)


def _mha_no_output(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, out=False)


def _mha_over_heads(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, dim=1)


def _mha_over_queries(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, dim=-2)


def _mha_one_head(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, 1, mask)


def _mha_query_weight_for_keys(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_q, W_v, W_o, n_heads, mask)


def _mha_query_weight_everywhere(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_q, W_q, W_o, n_heads, mask)


def _mha_transposed(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q.T, W_k.T, W_v.T, W_o.T, n_heads, mask)


def _mha_output_transposed(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o.T, n_heads, mask)


def _mha_mask_dropped(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, None)


def _mha_mask_wrong_axis(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    if mask is not None and mask.dim() == 4:
        mask = mask[:, 0, 0]  # (B, S)가 (T, S)처럼 늘어나요.
    return _mha(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask)


def _mha_keys_from_queries(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    return _mha(
        q_in, q_in, W_q, W_k, W_v, W_o, n_heads, None if mask is None or mask.shape[-1] != q_in.shape[1] else mask
    )


def _mha_loop(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    """헤드를 하나씩 돌며 W_o의 몫을 더해요."""
    D = q_in.shape[-1]
    d_k, out = D // n_heads, 0
    for h in range(n_heads):
        cut = slice(h * d_k, (h + 1) * d_k)
        scores = (q_in @ W_q[:, cut]) @ (kv_in @ W_k[:, cut]).transpose(1, 2) / math.sqrt(d_k)
        if mask is not None:
            head_mask = mask if mask.dim() == 2 else mask[:, 0]
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


def _mha_fused(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask):
    q, k, v = _split(q_in @ W_q, n_heads), _split(kv_in @ W_k, n_heads), _split(kv_in @ W_v, n_heads)
    return _merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)) @ W_o


_MHA_ALL = ("values", "mask", "float64")

MULTI_HEAD_ATTENTION = Exercise(
    name="multi_head_attention",
    lesson=LESSON,
    title="멀티 헤드 어텐션",
    points=27,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "마스크가 있을 때 값이 맞아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=multi_head.multi_head_attention,
    sample_cases=_mha_cases,
    mistakes=(
        Mistake(
            "multi_head_attention.sqrt-d-model",
            "√d_model로 나눔",
            "점수를 √d_k가 아니라 √d_model로 나눠서 가중치가 너무 평평해졌어요.",
            "헤드 하나가 내적하는 벡터의 길이가 얼마인지 봐요.",
            (_mha_sqrt_d_model,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.sqrt-heads",
            "√H로 나눔",
            "점수를 헤드 개수의 제곱근으로 나눴어요. 내적의 분산은 헤드의 개수와 무관해요.",
            "분산을 정하는 것은 더하는 항의 개수예요. 헤드 안에서는 몇 개를 더하나요?",
            (_mha_sqrt_heads,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.no-scale",
            "나누지 않음",
            "점수를 나누지 않아서 가중치가 한 곳에 쏠렸어요.",
            "레슨 5의 식 (1)에서 분모를 다시 봐요.",
            (_mha_no_scale,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.no-output-projection",
            "W_o를 곱하지 않음",
            "헤드를 이어 붙인 데서 멈췄어요. 헤드들의 말을 섞는 마지막 행렬이 빠졌어요.",
            "받은 행렬 네 개가 모두 쓰였는지 봐요.",
            (_mha_no_output,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.softmax-axis",
            "소프트맥스의 축이 다름",
            "한 쿼리의 가중치 합이 1이 아니에요. 소프트맥스가 헤드나 쿼리 축에서 계산됐어요.",
            "가중치 (B, H, T, S)에서 합이 1이어야 하는 축이 어디인지 봐요.",
            (_mha_over_heads, _mha_over_queries),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.one-head",
            "헤드를 나누지 않음",
            "헤드 하나로 계산했어요. `n_heads`가 결과에 영향을 주지 않아요.",
            "`n_heads`가 코드의 어디에 쓰이는지 봐요.",
            (_mha_one_head,),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.weight-reused",
            "W_q를 다시 씀",
            "키나 값에도 W_q를 곱했어요. 셋은 서로 다른 행렬이에요.",
            "복사한 줄에서 이름이 모두 바뀌었는지 봐요.",
            (_mha_query_weight_for_keys, _mha_query_weight_everywhere),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.weights-transposed",
            "가중치를 뒤집음",
            "가중치 행렬의 행과 열이 뒤집혔어요. 정사각이라 모양은 맞지만 값이 달라요.",
            "이 책의 가중치는 (들어오는 크기, 나가는 크기) 모양이고 `x @ W`로 곱해요.",
            (_mha_transposed, _mha_output_transposed),
            _MHA_ALL,
        ),
        Mistake(
            "multi_head_attention.mask-dropped",
            "마스크를 쓰지 않음",
            "마스크가 있을 때도 없을 때와 같은 값이 나왔어요.",
            "`mask`가 어텐션 함수까지 전달되는지 봐요.",
            (_mha_mask_dropped,),
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
            "multi_head_attention.keys-from-queries",
            "키와 값도 쿼리 쪽에서",
            "키와 값을 `kv_in`이 아니라 `q_in`에서 만들었어요.",
            "세 투영의 입력이 각각 무엇인지 봐요.",
            (_mha_keys_from_queries,),
            _MHA_ALL,
        ),
    ),
    correct=(_mha_loop, _mha_einsum, _mha_fused),
    uses=("split_heads", "merge_heads"),
)


# -- cross_attention --


def _cross_cases(rng):
    W = _matrices(rng, 12)
    return [
        case("values", rng.normal(2, 4, 12), rng.normal(2, 6, 12), *W, 3, None),
        # 길이가 같으면 마스크를 쿼리 축에 써도 모양이 맞아요.
        case("mask", rng.normal(2, 5, 12), rng.normal(2, 5, 12), *W, 2, _lengths_mask([3, 4], 5)),
        case("mask", rng.normal(2, 4, 12), rng.normal(2, 6, 12), *W, 3, _lengths_mask([6, 2], 6)),
        case(
            "float64",
            rng.normal(2, 3, 10, dtype=torch.float64),
            rng.normal(2, 4, 10, dtype=torch.float64),
            *_matrices(rng, 10, torch.float64),
            5,
            None,
        ),
    ]


def _cross_queries_from_memory(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    mask = src_mask if src_mask is None or src_mask.shape[-1] == x.shape[1] else None
    return _mha(memory, x, W_q, W_k, W_v, W_o, n_heads, mask)


def _cross_self(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    mask = src_mask if src_mask is None or src_mask.shape[-1] == x.shape[1] else None
    return _mha(x, x, W_q, W_k, W_v, W_o, n_heads, mask)


def _cross_mask_ignored(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, memory, W_q, W_k, W_v, W_o, n_heads, None)


def _cross_mask_on_queries(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    return _mha(x, memory, W_q, W_k, W_v, W_o, n_heads, None if src_mask is None else src_mask.transpose(-1, -2))


def _cross_values_from_x(x, memory, W_q, W_k, W_v, W_o, n_heads, src_mask):
    q, k, v = _split(x @ W_q, n_heads), _split(memory @ W_k, n_heads), _split(x @ W_v, n_heads)
    return _merge(scaled_dot_product_attention(q, k, v, src_mask)[0]) @ W_o


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
    points=15,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "원문의 패딩을 보지 않아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=multi_head.cross_attention,
    sample_cases=_cross_cases,
    mistakes=(
        Mistake(
            "cross_attention.queries-from-memory",
            "쿼리와 메모리를 바꿈",
            "쿼리가 인코더의 메모리에서 나왔어요. 디코더가 묻고 인코더가 답해야 해요.",
            "출력의 토큰 수가 어느 쪽과 같아야 하는지 봐요.",
            (_cross_queries_from_memory,),
            _MHA_ALL,
        ),
        Mistake(
            "cross_attention.self-attention",
            "자기 자신을 봄",
            "메모리를 전혀 쓰지 않았어요. 디코더가 자기 자신만 보고 있어요.",
            "`memory`가 코드의 어디에 쓰이는지 봐요.",
            (_cross_self,),
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
            "cross_attention.mask-on-query-axis",
            "마스크가 쿼리 축에",
            "원문의 패딩 대신 번역문의 자리를 가렸어요. 두 길이가 같으면 예외도 없이 틀려요.",
            "패딩은 보이는 쪽(키)에 있어요. 마스크의 마지막 축이 어느 길이인지 봐요.",
            (_cross_mask_on_queries,),
            ("mask",),
        ),
    ),
    correct=(_cross_loop, _cross_einsum, _cross_one_sentence_at_a_time),
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
    points=9,
    groups={
        "paper": "편향이 없을 때 맞아요",
        "bias": "편향이 있을 때 맞아요",
        "guard": "나누어떨어지지 않으면 ValueError예요",
    },
    reference=multi_head.mha_param_count,
    sample_cases=_count_cases,
    mistakes=(
        Mistake(
            "mha_param_count.times-heads",
            "헤드 수만큼 곱함",
            "헤드마다 d_model 크기의 행렬을 따로 둔 것으로 세었어요. 헤드는 한 행렬을 나눠 가져요.",
            "헤드 하나의 폭이 얼마인지, 그것을 헤드 수만큼 모으면 얼마인지 봐요.",
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
    ),
    correct=(_count_by_head, _count_by_shapes),
)


# -- attend_with_cache --


def _cache_cases(rng):
    W, H, B, D = _matrices(rng, 12), 3, 2, 12
    cache = {"k": rng.normal(B, H, 5, D // H), "v": rng.normal(B, H, 5, D // H)}
    sequence = tuple(Call((rng.normal(B, 1, D), None if t == 0 else Ref(t - 1, (1,)), *W, H)) for t in range(4))
    double = {key: rng.normal(3, 2, 4, 5, dtype=torch.float64) for key in ("k", "v")}
    return [
        case("first", rng.normal(B, 1, D), None, *W, H),
        case("step", rng.normal(B, 1, D), cache, *W, H),
        case("step", rng.normal(3, 1, 10, dtype=torch.float64), double, *_matrices(rng, 10, torch.float64), 2),
        Case("sequence", sequence),
    ]


def _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads, join):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    k, v = join(cache, k, v)
    return _merge(scaled_dot_product_attention(q, k, v, None)[0]) @ W_o, {"k": k, "v": v}


def _cache_overwritten(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    return _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads, lambda c, k, v: (k, v))


def _cache_kept_but_not_extended(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    all_k = k if cache is None else torch.cat([cache["k"], k], 2)
    all_v = v if cache is None else torch.cat([cache["v"], v], 2)
    return _merge(scaled_dot_product_attention(q, all_k, all_v, None)[0]) @ W_o, {"k": k, "v": v}


def _cache_reversed(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    def join(c, k, v):
        return (k, v) if c is None else (torch.cat([k, c["k"]], 2), torch.cat([v, c["v"]], 2))

    return _cached(x_t, cache, W_q, W_k, W_v, W_o, n_heads, join)


def _cache_of_queries(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    return _cached(x_t, cache, W_q, W_q, W_v, W_o, n_heads, _join)


def _cache_in_place(x_t, cache, W_q, W_k, W_v, W_o, n_heads):
    q, k, v = (_split(x_t @ W, n_heads) for W in (W_q, W_k, W_v))
    cache = {} if cache is None else cache
    cache["k"] = torch.cat([cache["k"], k], 2) if "k" in cache else k
    cache["v"] = torch.cat([cache["v"], v], 2) if "v" in cache else v
    return _merge(scaled_dot_product_attention(q, cache["k"], cache["v"], None)[0]) @ W_o, cache


def _join(cache, k, v):
    return (k, v) if cache is None else (torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2))


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
    points=16,
    groups={
        "first": "첫 토큰(캐시가 없을 때)이 맞아요",
        "step": "캐시가 있을 때 출력과 새 캐시가 맞아요",
        "sequence": "네 스텝을 이어도 맞아요",
    },
    reference=multi_head.attend_with_cache,
    sample_cases=_cache_cases,
    mistakes=(
        Mistake(
            "attend_with_cache.overwritten",
            "캐시를 덮어씀",
            "새 캐시에 방금 토큰만 남고 지난 토큰들이 사라졌어요.",
            "돌려줄 캐시의 길이가 받은 캐시보다 몇 칸 길어야 하는지 봐요.",
            (_cache_overwritten, _cache_kept_but_not_extended),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.order-reversed",
            "캐시의 순서가 뒤집힘",
            "새 토큰이 지난 토큰들 앞에 붙었어요. 출력은 같아서 캐시를 들여다봐야 보여요.",
            "시간 순서대로라면 새 것이 어느 쪽 끝에 와야 하는지 봐요.",
            (_cache_reversed,),
            ("step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.queries-cached",
            "쿼리를 캐시에 넣음",
            "키의 자리에 쿼리가 들어갔어요. 지난 쿼리는 다시 쓸 일이 없어서 담아 두지 않아요.",
            "다음 토큰이 지난 토큰에게서 필요한 것이 무엇인지 봐요.",
            (_cache_of_queries,),
            ("first", "step", "sequence"),
        ),
        Mistake(
            "attend_with_cache.changed-in-place",
            "받은 캐시를 고침",
            "받은 사전을 그대로 고쳐서 돌려줬어요. 빔 서치처럼 캐시 하나에서 여러 갈래가 갈라지면 서로의 기억이 섞여요.",
            "새 사전을 만들어 돌려줘요.",
            (_cache_in_place,),
            ("step", "sequence"),
        ),
    ),
    correct=(_cache_functional, _cache_preallocated, _cache_dict_copy),
    uses=("split_heads", "merge_heads"),
)


# -- grouped_query_attention (보너스) --


def _gqa_cases(rng):
    return [
        case("values", rng.normal(2, 6, 4, 5), rng.normal(2, 3, 7, 5), rng.normal(2, 3, 7, 5), None),
        case("mask", rng.normal(2, 4, 3, 5), rng.normal(2, 2, 6, 5), rng.normal(2, 2, 6, 5), _lengths_mask([4, 2], 6)),
        case(
            "values",
            rng.normal(2, 6, 3, 4, dtype=torch.float64),
            rng.normal(2, 2, 5, 4, dtype=torch.float64),
            rng.normal(2, 2, 5, 4, dtype=torch.float64),
            None,
        ),
    ]


def _gqa_repeat(q, k, v, mask):
    n = q.shape[1] // k.shape[1]
    return scaled_dot_product_attention(q, k.repeat(1, n, 1, 1), v.repeat(1, n, 1, 1), mask)[0]


def _gqa_averaged(q, k, v, mask):
    return scaled_dot_product_attention(q, k.mean(1, keepdim=True), v.mean(1, keepdim=True), mask)[0]


def _gqa_index(q, k, v, mask):
    n = q.shape[1] // k.shape[1]
    return torch.stack(
        [
            scaled_dot_product_attention(q[:, h], k[:, h // n], v[:, h // n], None if mask is None else mask[:, 0])[0]
            for h in range(q.shape[1])
        ],
        dim=1,
    )


def _gqa_grouped(q, k, v, mask):
    B, H, T, K = q.shape
    G = k.shape[1]
    y = scaled_dot_product_attention(
        q.reshape(B, G, H // G, T, K), k[:, :, None], v[:, :, None], None if mask is None else mask[:, :, None]
    )[0]
    return y.reshape(B, H, T, K)


GROUPED_QUERY_ATTENTION = Exercise(
    name="grouped_query_attention",
    lesson=LESSON,
    title="묶음 쿼리 어텐션",
    points=0,
    groups={"values": "마스크가 없을 때 값이 맞아요", "mask": "마스크가 있을 때 값이 맞아요"},
    reference=multi_head.grouped_query_attention,
    sample_cases=_gqa_cases,
    mistakes=(
        Mistake(
            "grouped_query_attention.repeat-order",
            "묶음이 번갈아 감",
            "이웃한 쿼리 헤드들이 같은 묶음을 보지 않고 묶음을 번갈아 보고 있어요.",
            "헤드 h가 h // (H/G)번 묶음을 보도록 늘어났는지, 작은 수로 적어 봐요.",
            (_gqa_repeat,),
            ("values", "mask"),
        ),
        Mistake(
            "grouped_query_attention.averaged",
            "묶음을 평균함",
            "키와 값의 묶음들을 하나로 평균했어요.",
            "묶음마다 키와 값은 따로 남아 있어야 해요.",
            (_gqa_averaged,),
            ("values", "mask"),
        ),
    ),
    correct=(_gqa_index, _gqa_grouped),
)

EXERCISES: tuple[Exercise, ...] = (
    SPLIT_HEADS,
    MERGE_HEADS,
    MULTI_HEAD_ATTENTION,
    CROSS_ATTENTION,
    MHA_PARAM_COUNT,
    ATTEND_WITH_CACHE,
    GROUPED_QUERY_ATTENTION,
)
