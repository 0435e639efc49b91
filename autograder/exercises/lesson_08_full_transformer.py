"""레슨 8의 실습: 인코더와 디코더의 층, 마스크, 한 칸 밀기, 손실, 학습률, 두 가지 디코딩, 앞으로 한 번, 파라미터 수, BLEU."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging import argument_builders
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import decoding, loss, masks, schedule, transformer

LESSON = "08_full_transformer"


# -- 층을 이루는 것 --

# 글이 eps를 정하지 않아서 1e-5, 1e-6, 1e-12가 모두 맞아요. 층을 지나며 벌어지는 만큼은 봐줘요.
_layer_case = partial(case, atol=1e-4, rtol=1e-3)


def _attention(rng, d, dtype):
    return {name: rng.normal(d, d, dtype=dtype, scale=1.2 / math.sqrt(d)) for name in ("W_q", "W_k", "W_v", "W_o")}


def _feed_forward(rng, d, d_ff, dtype):
    return {
        "W1": rng.normal(d, d_ff, dtype=dtype, scale=0.5),
        "b1": rng.normal(d_ff, dtype=dtype),
        "W2": rng.normal(d_ff, d, dtype=dtype, scale=0.5),
        "b2": rng.normal(d, dtype=dtype),
    }


def _norm(rng, d, dtype):
    return {"gamma": rng.uniform(d, low=0.5, high=1.8, dtype=dtype), "beta": rng.normal(d, dtype=dtype, scale=0.7)}


def _encoder_params(rng, d, d_ff, dtype=torch.float32):
    return {
        "attn": _attention(rng, d, dtype),
        "ffn": _feed_forward(rng, d, d_ff, dtype),
        "norm1": _norm(rng, d, dtype),
        "norm2": _norm(rng, d, dtype),
    }


def _decoder_params(rng, d, d_ff, dtype=torch.float32):
    return {
        "self_attn": _attention(rng, d, dtype),
        "cross_attn": _attention(rng, d, dtype),
        "ffn": _feed_forward(rng, d, d_ff, dtype),
        "norm1": _norm(rng, d, dtype),
        "norm2": _norm(rng, d, dtype),
        "norm3": _norm(rng, d, dtype),
    }


def _even_attention(W_o):
    """손으로 계산할 어텐션. W_q가 0이라 모든 토큰을 똑같이 봐요."""
    one = torch.eye(3)
    return {"W_q": torch.zeros(3, 3), "W_k": one, "W_v": one, "W_o": torch.tensor(W_o)}


def _small_norm(gamma, beta):
    return {"gamma": torch.tensor(gamma), "beta": torch.tensor(beta)}


_SMALL_FFN = {
    "W1": torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]),
    "b1": torch.tensor([0.0, 1.0]),
    "W2": torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]),
    "b2": torch.tensor([1.0, 0.0, 0.0]),
}


def _lengths_mask(lengths, S):
    """길이들에서 패딩 마스크 (B, 1, 1, S). True가 볼 수 있음이에요."""
    return (torch.arange(S) < torch.tensor(lengths)[:, None])[:, None, None, :]


def _causal(T):
    return torch.ones(T, T).tril().bool()[None, None]


def _skip_padded(lengths, T):
    """패딩인 쿼리의 행은 견주지 않아요. 손실에서 빠지는 자리라서 무엇이 나와도 괜찮아요."""
    return {"ignore": torch.arange(T)[:, None] >= torch.tensor(lengths)[:, None, None]}  # (B, T, 1)


def _mha(q_in, kv_in, w, n_heads, mask, fill=-1e30, scale=0.5, merge=True):
    """바른 어텐션에서 한 군데씩 바꿔 볼 수 있는 것. 점수를 d_k의 `scale`제곱으로 나눠요."""

    def split(x):
        return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    q, k, v = split(q_in @ w["W_q"]), split(kv_in @ w["W_k"]), split(kv_in @ w["W_v"])
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** scale
    if mask is not None:
        scores = scores.masked_fill(~mask, fill)
    out = scores.softmax(-1) @ v  # (B, H, T, K)
    return (out.transpose(1, 2).flatten(2) if merge else out.reshape(q_in.shape)) @ w["W_o"]


def _mha_by_d_model(q_in, kv_in, w, n_heads, mask):
    D = q_in.shape[-1]
    return _mha(q_in, kv_in, w, n_heads, mask, scale=0.5 * math.log(D) / math.log(D // n_heads))


def _mha_renormalized(q_in, kv_in, w, n_heads, mask):
    """가려진 곳을 소프트맥스 다음에 0으로 만들고 다시 1로 맞춰요. 결과는 같아요."""
    q, k, v = (
        torch.einsum("btd,dhk->bhtk", x, w[name].unflatten(1, (n_heads, -1)))
        for x, name in ((q_in, "W_q"), (kv_in, "W_k"), (kv_in, "W_v"))
    )
    weights = (torch.einsum("bhtk,bhsk->bhts", q, k) * q.shape[-1] ** -0.5).softmax(-1)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(-1, keepdim=True)
    return torch.einsum("bhts,bhsk,hkd->btd", weights, v, w["W_o"].unflatten(0, (n_heads, -1)))


def _mha_hides_true(q_in, kv_in, w, n_heads, mask, fill=-1e30):
    return _mha(q_in, kv_in, w, n_heads, None if mask is None else ~mask, fill)


def _mha_causal(q_in, kv_in, w, n_heads, mask):
    """마스크가 무엇이든 미래도 함께 가려요."""
    causal = torch.ones(q_in.shape[1], kv_in.shape[1]).tril().bool()
    return _mha(q_in, kv_in, w, n_heads, causal if mask is None else mask & causal)


def _mha_only_causal(q_in, kv_in, w, n_heads, mask):
    """받은 마스크 대신 미래만 가려요."""
    return _mha_causal(q_in, kv_in, w, n_heads, None)


def _ffn(x, w):
    return torch.relu(x @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]


def _ln(x, w, eps=1e-5):
    return F.layer_norm(x, x.shape[-1:], w["gamma"], w["beta"], eps)


def _ln_std(x, w):
    """The Annotated Transformer의 LayerNorm: N-1로 나눈 표준편차에 eps를 더해 나눠요."""
    return w["gamma"] * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6) + w["beta"]


def _ln_var(x, w):
    return w["gamma"] * (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + 1e-5).sqrt() + w["beta"]


def _ln_plain(x, w):
    return F.layer_norm(x, x.shape[-1:])


def _add_norm(x, y, w, norm=_ln):
    return norm(x + y, w)


def _norm_only(x, y, w):
    return _ln(y, w)


def _add_twice_inside(x, y, w):
    return _ln(x + x + y, w)


def _add_twice_outside(x, y, w):
    return x + _ln(x + y, w)


def _norm_then_add(x, y, w):
    return x + _ln(y, w)


def _norm_twice(x, y, w):
    """부분층이 스스로 더하고 정규화한 것을 또 더하고 정규화해요."""
    return _ln(x + _ln(x + y, w), w)


# -- encoder_layer --

_ENCODER_EXAMPLE = _layer_case(
    "values",
    torch.tensor([[[1.0, 2.0, 6.0], [3.0, 0.0, 2.0]]]),
    {
        "attn": _even_attention([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [2.0, 0.0, 0.0]]),
        "ffn": _SMALL_FFN,
        "norm1": _small_norm([1.0, 2.0, 1.0], [0.0, 1.0, 0.0]),
        "norm2": _small_norm([2.0, 1.0, 3.0], [1.0, 0.0, -1.0]),
    },
    1,
    None,
)


def _encoder_cases(rng):
    p12, p10 = _encoder_params(rng, 12, 20), _encoder_params(rng, 10, 10)
    x, alone = rng.normal(3, 6, 12), rng.normal(1, 4, 12)
    together = x.clone()
    together[1, :4] = alone[0]
    double = rng.normal(2, 3, 10, dtype=torch.float64)
    return [
        _layer_case("values", rng.normal(2, 5, 12), p12, 3, None),
        _layer_case("values", rng.normal(3, 4, 10), p10, 2, None),
        _layer_case("mask", rng.normal(2, 5, 12), p12, 3, _lengths_mask([3, 5], 5), params=_skip_padded([3, 5], 5)),
        _layer_case("mask", rng.normal(1, 6, 10), p10, 2, _lengths_mask([4], 6), params=_skip_padded([4], 6)),
        Case(
            "batch",
            (Call((alone, p12, 3, _lengths_mask([4], 4))), Call((together, p12, 3, _lengths_mask([6, 4, 5], 6)))),
            "batch",
            {"row": 1, "length": 4},
        ),
        _layer_case("float64", double, _encoder_params(rng, 10, 14, torch.float64), 5, None),
    ]


def _encoder(x, p, n_heads, src_mask, *, norms=("norm1", "norm2"), add1=_add_norm, add2=_add_norm, attend=_mha):
    """바른 층에서 한 군데씩 바꿔 볼 수 있는 것. `add1`과 `add2`는 두 부분층의 더하고 정규화하는 방법이에요."""
    x = add1(x, attend(x, x, p["attn"], n_heads, src_mask), p[norms[0]])
    return add2(x, _ffn(x, p["ffn"]), p[norms[1]])


def _both_sublayers(add):
    return partial(_encoder, add1=add, add2=add)


def _encoder_order(x, p, n_heads, src_mask):
    x = _ln(x + _ffn(x, p["ffn"]), p["norm1"])
    return _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm2"])


def _encoder_pre_norm(x, p, n_heads, src_mask, norm=_ln):
    h = norm(x, p["norm1"])
    x = x + _mha(h, h, p["attn"], n_heads, src_mask)
    return x + _ffn(norm(x, p["norm2"]), p["ffn"])


def _encoder_residual_from_start(x, p, n_heads, src_mask):
    h = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(x + _ffn(h, p["ffn"]), p["norm2"])


def _encoder_ffn_from_start(x, p, n_heads, src_mask):
    h = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(h + _ffn(x, p["ffn"]), p["norm2"])


def _encoder_no_ffn(x, p, n_heads, src_mask):
    return _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])


def _encoder_mask_ignored(x, p, n_heads, src_mask):
    return _encoder(x, p, n_heads, None)


def _encoder_padding_zeroed(x, p, n_heads, src_mask):
    """부분층을 지날 때마다 패딩 자리를 0으로 지워요. 그 자리의 출력은 쓰이지 않아요."""
    keep = 1.0 if src_mask is None else src_mask[:, 0, 0, :, None]
    x = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask, -1e9), p["norm1"], 1e-12) * keep
    return _ln(x + _ffn(x, p["ffn"]), p["norm2"], 1e-12) * keep


def _encoder_one_by_one(x, p, n_heads, src_mask):
    """문장을 하나씩, 헤드를 하나씩 돌아요."""
    rows = []
    for b, sentence in enumerate(x):
        d_k, out = x.shape[-1] // n_heads, torch.zeros_like(sentence)
        for h in range(n_heads):
            cut = slice(h * d_k, (h + 1) * d_k)
            q, k, v = (sentence @ p["attn"][name][:, cut] for name in ("W_q", "W_k", "W_v"))
            scores = q @ k.T / d_k**0.5
            if src_mask is not None:
                scores = scores.masked_fill(~src_mask[b if src_mask.shape[0] > 1 else 0, 0], float("-inf"))
            out = out + scores.softmax(-1) @ v @ p["attn"]["W_o"][cut]
        h1 = _ln(sentence + out, p["norm1"])
        rows.append(_ln(h1 + _ffn(h1, p["ffn"]), p["norm2"]))
    return torch.stack(rows)


def _encoder_numpy(x, p, n_heads, src_mask):
    def norm(h, w):
        centered = h - h.mean(-1, keepdims=True)
        return w["gamma"].numpy() * centered / np.sqrt(h.var(-1, keepdims=True) + 1e-6) + w["beta"].numpy()

    h, a, f = x.numpy(), p["attn"], {name: w.numpy() for name, w in p["ffn"].items()}
    q, k, v = (
        (h @ a[name].numpy()).reshape(*x.shape[:2], n_heads, -1).swapaxes(1, 2) for name in ("W_q", "W_k", "W_v")
    )
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    if src_mask is not None:
        scores = np.where(src_mask.numpy(), scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    out = (scores / scores.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(x.shape) @ a["W_o"].numpy()
    h = norm(h + out, p["norm1"])
    return torch.from_numpy(norm(h + np.maximum(h @ f["W1"] + f["b1"], 0) @ f["W2"] + f["b2"], p["norm2"]))


def _as_linear(linear, weight, bias=None):
    with torch.no_grad():
        linear.weight.copy_(weight.T)
        if linear.bias is not None:
            linear.bias.zero_() if bias is None else linear.bias.copy_(bias)


def _load_attention(module, w):
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([w["W_q"].T, w["W_k"].T, w["W_v"].T]))
        module.in_proj_bias.zero_()
    _as_linear(module.out_proj, w["W_o"])


def _load_norm(module, w):
    with torch.no_grad():
        module.weight.copy_(w["gamma"])
        module.bias.copy_(w["beta"])


def _encoder_torch(x, p, n_heads, src_mask):
    D, d_ff = p["ffn"]["W1"].shape
    layer = torch.nn.TransformerEncoderLayer(D, n_heads, d_ff, dropout=0.0, batch_first=True, dtype=x.dtype)
    _load_attention(layer.self_attn, p["attn"])
    _as_linear(layer.linear1, p["ffn"]["W1"], p["ffn"]["b1"])
    _as_linear(layer.linear2, p["ffn"]["W2"], p["ffn"]["b2"])
    _load_norm(layer.norm1, p["norm1"])
    _load_norm(layer.norm2, p["norm2"])
    return layer(x, src_key_padding_mask=None if src_mask is None else ~src_mask[:, 0, 0])


ENCODER_LAYER = Exercise(
    name="encoder_layer",
    lesson=LESSON,
    title="인코더의 층",
    points=12,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "마스크가 있을 때 값이 맞아요",
        "batch": "패딩된 배치 안에서도 혼자일 때와 같아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=transformer.encoder_layer,
    sample_cases=_encoder_cases,
    examples=(_ENCODER_EXAMPLE,),
    mistakes=(
        Mistake(
            "encoder_layer.sublayer-order",
            "부분층의 순서가 반대",
            "피드포워드를 먼저 지나고 나서 서로를 봤어요.",
            "논문 그림 1의 왼쪽 상자를 아래에서 위로 읽어요.",
            (_encoder_order,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.norm-reused",
            "정규화 하나를 두 번 씀",
            "두 층 정규화가 같은 γ와 β를 썼어요. 부분층마다 자기 것이 있어요.",
            "복사한 줄에서 norm의 번호가 바뀌었는지 봐요.",
            (partial(_encoder, norms=("norm1", "norm1")), partial(_encoder, norms=("norm2", "norm2"))),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.norms-exchanged",
            "두 정규화를 바꿔 씀",
            "어텐션 뒤에 `norm2`를, 피드포워드 뒤에 `norm1`을 썼어요.",
            "부분층의 순서와 norm의 번호를 나란히 적어 봐요.",
            (partial(_encoder, norms=("norm2", "norm1")),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.pre-norm",
            "Pre-LN으로 만듦",
            "정규화를 부분층 앞에서 했어요. 널리 쓰이는 방법이지만 논문의 층은 더한 다음에 정규화해요.",
            "레슨 4의 두 식 가운데 어느 쪽이 논문의 것인지 봐요.",
            (_encoder_pre_norm,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.no-residual",
            "잔차를 더하지 않음",
            "부분층의 출력만 정규화한 곳이 있어요. 거기에서 입력이 지나갈 길이 끊겼어요.",
            "LayerNorm의 괄호 안에 항이 몇 개인지 부분층마다 봐요.",
            (
                _both_sublayers(_norm_only),
                partial(_encoder, add1=_norm_only),
                partial(_encoder, add2=_norm_only),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.residual-twice",
            "입력을 두 번 더함",
            "부분층마다 입력을 두 번 더했어요. `post_norm`이 이미 한 번 더해요.",
            "부분층 안이나 `post_norm` 밖에서 `x`를 또 더하는 곳이 있는지 봐요.",
            (_both_sublayers(_add_twice_inside), _both_sublayers(_add_twice_outside)),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.norm-before-add",
            "더하기 전에 정규화함",
            "부분층의 출력을 정규화한 다음 입력을 더했어요. 논문의 층은 더한 것을 정규화해요.",
            "식의 LN(x + …)에서 괄호가 어디서 닫히는지 봐요.",
            (_both_sublayers(_norm_then_add),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.norm-twice",
            "더하고 정규화하기를 두 번 함",
            "부분층마다 더하고 정규화하기를 두 번 했어요. 공개된 코드 가운데는 어텐션과 피드포워드가 이 일을 이미 품고 있는 것도 있어요.",
            "부분층 하나에서 정규화가 몇 번 불리는지 세어 봐요.",
            (_both_sublayers(_norm_twice),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.residual-from-start",
            "둘째 잔차가 층의 입력에서 옴",
            "피드포워드 뒤에 더한 것이 바로 앞의 결과가 아니라 층의 맨 처음 입력이에요.",
            "둘째 부분층에 들어간 것과 더한 것이 같은지 봐요.",
            (_encoder_residual_from_start,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.ffn-from-start",
            "피드포워드가 층의 입력을 봄",
            "피드포워드에 어텐션을 지난 결과가 아니라 층의 맨 처음 입력이 들어갔어요.",
            "둘째 부분층이 첫째의 결과를 쓰는지, 바깥의 `x`를 다시 쓰는지 봐요.",
            (_encoder_ffn_from_start,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.ffn-missing",
            "피드포워드가 없음",
            "어텐션의 부분층까지만 지나고 끝났어요.",
            "부분층이 몇 개여야 하는지 식의 화살표를 세어 봐요.",
            (_encoder_no_ffn,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.unbiased-std",
            "N-1로 나눈 표준편차로 정규화함",
            "`torch.std`와 `torch.var`는 그대로 부르면 N-1로 나눠요. The Annotated Transformer의 층 정규화도 이렇게 되어 있지만, 논문의 층 정규화는 N으로 나눠요.",
            "레슨 4의 층 정규화에서 분산을 무엇으로 나눴는지 봐요.",
            (_both_sublayers(partial(_add_norm, norm=_ln_std)), _both_sublayers(partial(_add_norm, norm=_ln_var))),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.gamma-beta-unused",
            "γ와 β를 쓰지 않음",
            "평균 0, 분산 1로 맞추기만 하고 `norm1`과 `norm2`에 든 γ와 β를 쓰지 않았어요.",
            "정규화에 `p`의 값이 들어가는지 봐요.",
            (_both_sublayers(partial(_add_norm, norm=_ln_plain)),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.attention-scale",
            "점수를 √d_k로 나누지 않음",
            "어텐션의 점수를 √d_k로 나누지 않았거나, d_k나 √d_model로 나눴어요.",
            "레슨 6에서 만든 멀티 헤드 어텐션을 썼다면 점수를 무엇으로 나누는지 봐요.",
            (
                partial(_encoder, attend=partial(_mha, scale=0.0)),
                partial(_encoder, attend=partial(_mha, scale=1.0)),
                partial(_encoder, attend=_mha_by_d_model),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "encoder_layer.heads-not-transposed",
            "헤드를 축을 되돌리지 않고 합침",
            "어텐션의 결과 (B, H, T, K)를 그대로 끊어 읽었어요. 다른 자리의 값이 한 토큰에 섞였어요.",
            "레슨 6에서 만든 멀티 헤드 어텐션을 썼다면 헤드를 합치기 전에 축을 되돌리는지 봐요.",
            (partial(_encoder, attend=partial(_mha, merge=False)),),
            ("values", "mask", "batch", "float64"),
        ),
        Mistake(
            "encoder_layer.mask-ignored",
            "마스크를 쓰지 않음",
            "패딩까지 함께 봤어요. 그래서 배치에 누가 있느냐에 따라 결과가 달라져요.",
            "`src_mask`가 어텐션까지 전달되는지 봐요.",
            (_encoder_mask_ignored,),
            ("mask", "batch"),
        ),
        Mistake(
            "encoder_layer.mask-inverted",
            "마스크를 거꾸로 읽음",
            "True인 곳을 가렸어요. PyTorch의 `nn.MultiheadAttention`은 True를 가리지만, 여기서는 True가 볼 수 있음이에요.",
            "점수를 채우는 곳이 마스크가 True인 곳인지 False인 곳인지 봐요.",
            (
                partial(_encoder, attend=_mha_hides_true),
                partial(_encoder, attend=partial(_mha_hides_true, fill=float("-inf"))),
            ),
            ("mask", "batch"),
        ),
        Mistake(
            "encoder_layer.always-causal",
            "미래를 늘 가림",
            "토큰마다 자기와 앞의 토큰만 봤어요. 원문은 처음부터 다 주어지므로 인코더는 뒤의 토큰도 봐요.",
            "어텐션 안에 인과 마스크를 만드는 줄이 있는지 봐요.",
            (partial(_encoder, attend=_mha_causal), partial(_encoder, attend=_mha_only_causal)),
            ("values", "mask", "float64"),
        ),
    ),
    both=(
        # The Annotated Transformer의 층
        Both(
            ("encoder_layer.pre-norm", "encoder_layer.unbiased-std"),
            (partial(_encoder_pre_norm, norm=_ln_std),),
            ("values", "mask", "float64"),
        ),
    ),
    correct=(
        _encoder,
        _encoder_one_by_one,
        _encoder_torch,
        _encoder_numpy,
        _encoder_padding_zeroed,
        partial(_encoder, attend=_mha_renormalized),
        _both_sublayers(partial(_add_norm, norm=partial(_ln, eps=1e-12))),
    ),
)


# -- decoder_layer --

_DECODER_EXAMPLE = _layer_case(
    "values",
    torch.tensor([[[1.0, 2.0, 6.0], [3.0, 0.0, 2.0]]]),
    torch.tensor([[[4.0, 1.0, 1.0]]]),
    {
        "self_attn": _even_attention([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [2.0, 0.0, 0.0]]),
        "cross_attn": _even_attention([[1.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 1.0, 1.0]]),
        "ffn": _SMALL_FFN,
        "norm1": _small_norm([1.0, 2.0, 1.0], [0.0, 1.0, 0.0]),
        "norm2": _small_norm([2.0, 1.0, 1.0], [-1.0, 0.0, 2.0]),
        "norm3": _small_norm([1.0, 3.0, 2.0], [1.0, 1.0, 0.0]),
    },
    1,
    None,
    None,
)


def _decoder_cases(rng):
    p12, p10 = _decoder_params(rng, 12, 20), _decoder_params(rng, 10, 10)
    x, memory, changed = rng.normal(2, 6, 12), rng.normal(2, 4, 12), rng.normal(2, 6, 12)
    changed[:, :3] = x[:, :3]
    rest = (memory, p12, 3, _lengths_mask([4, 2], 4), _causal(6))
    # 두 문장의 길이가 같으면 마스크를 바꿔 써도 모양이 맞아요. 번역문의 PAD는 문장마다 다른 자리, 줄의 가운데에 있어요.
    real = torch.tensor([[1, 0, 1, 1, 1], [1, 1, 1, 0, 1]]).bool()
    same_length = (_lengths_mask([3, 4], 5), _causal(5) & real[:, None, None])
    double = rng.normal(2, 3, 10, dtype=torch.float64), rng.normal(2, 4, 10, dtype=torch.float64)
    return [
        _layer_case("values", rng.normal(2, 5, 12), rng.normal(2, 7, 12), p12, 3, None, None),
        _layer_case("values", rng.normal(3, 4, 10), rng.normal(3, 4, 10), p10, 2, None, None),
        _layer_case(
            "mask",
            rng.normal(2, 5, 12),
            rng.normal(2, 5, 12),
            p12,
            2,
            *same_length,
            params={"ignore": ~real[..., None]},
        ),
        _layer_case("mask", rng.normal(1, 4, 12), rng.normal(1, 6, 12), p12, 3, _lengths_mask([4], 6), _causal(4)),
        Case("causal", (Call((x, *rest)), Call((changed, *rest))), "prefix", {"t": 3}),
        _layer_case("float64", *double, _decoder_params(rng, 10, 14, torch.float64), 5, None, None),
    ]


def _decoder(
    x,
    memory,
    p,
    n_heads,
    src_mask,
    tgt_mask,
    *,
    attentions=("self_attn", "cross_attn"),
    norms=("norm1", "norm2", "norm3"),
    add1=_add_norm,
    add2=_add_norm,
    add3=_add_norm,
    attend=_mha,
    across=_mha,
):
    """바른 층에서 한 군데씩 바꿔 볼 수 있는 것.

    `add1`부터 `add3`은 세 부분층의 더하고 정규화하는 방법, `attend`와 `across`는 셀프 어텐션과 크로스 어텐션이에요.
    """
    x = add1(x, attend(x, x, p[attentions[0]], n_heads, tgt_mask), p[norms[0]])
    x = add2(x, across(x, memory, p[attentions[1]], n_heads, src_mask), p[norms[1]])
    return add3(x, _ffn(x, p["ffn"]), p[norms[2]])


def _all_sublayers(add):
    return partial(_decoder, add1=add, add2=add, add3=add)


def _both_attentions(attend):
    return partial(_decoder, attend=attend, across=attend)


def _decoder_cross_first(x, memory, p, n_heads, src_mask, tgt_mask):
    x = _ln(x + _mha(x, memory, p["cross_attn"], n_heads, src_mask), p["norm1"])
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm2"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm3"])


def _decoder_ffn_early(x, memory, p, n_heads, src_mask, tgt_mask):
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    x = _ln(x + _ffn(x, p["ffn"]), p["norm2"])
    return _ln(x + _mha(x, memory, p["cross_attn"], n_heads, src_mask), p["norm3"])


def _decoder_memory_as_query(x, memory, p, n_heads, src_mask, tgt_mask):
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    mask = src_mask if src_mask is None or src_mask.shape[-1] == x.shape[1] else None
    x = _ln(x + _mha(memory, x, p["cross_attn"], n_heads, mask), p["norm2"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm3"])


def _decoder_memory_unused(x, memory, p, n_heads, src_mask, tgt_mask):
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    x = _ln(x + _mha(x, x, p["cross_attn"], n_heads, tgt_mask), p["norm2"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm3"])


def _decoder_no_cross(x, memory, p, n_heads, src_mask, tgt_mask, norm="norm3"):
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    return _ln(x + _ffn(x, p["ffn"]), p[norm])


def _decoder_no_ffn(x, memory, p, n_heads, src_mask, tgt_mask):
    x = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    return _ln(x + _mha(x, memory, p["cross_attn"], n_heads, src_mask), p["norm2"])


def _decoder_stale_query(x, memory, p, n_heads, src_mask, tgt_mask):
    h = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    h = _ln(h + _mha(x, memory, p["cross_attn"], n_heads, src_mask), p["norm2"])
    return _ln(h + _ffn(h, p["ffn"]), p["norm3"])


def _decoder_stale_ffn(x, memory, p, n_heads, src_mask, tgt_mask):
    h = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    h = _ln(h + _mha(h, memory, p["cross_attn"], n_heads, src_mask), p["norm2"])
    return _ln(h + _ffn(x, p["ffn"]), p["norm3"])


def _decoder_residual_from_start(x, memory, p, n_heads, src_mask, tgt_mask):
    h = _ln(x + _mha(x, x, p["self_attn"], n_heads, tgt_mask), p["norm1"])
    h = _ln(x + _mha(h, memory, p["cross_attn"], n_heads, src_mask), p["norm2"])
    return _ln(x + _ffn(h, p["ffn"]), p["norm3"])


def _decoder_cross_target_mask(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, tgt_mask, tgt_mask)


def _decoder_masks_exchanged(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, tgt_mask, src_mask)


def _decoder_self_source_mask(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, src_mask)


def _decoder_pre_norm(x, memory, p, n_heads, src_mask, tgt_mask, norm=_ln):
    h = norm(x, p["norm1"])
    x = x + _mha(h, h, p["self_attn"], n_heads, tgt_mask)
    x = x + _mha(norm(x, p["norm2"]), memory, p["cross_attn"], n_heads, src_mask)
    return x + _ffn(norm(x, p["norm3"]), p["ffn"])


def _decoder_target_mask_ignored(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, None)


def _decoder_no_masks(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, None, None)


def _decoder_source_mask_ignored(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, None, tgt_mask)


def _decoder_loop(x, memory, p, n_heads, src_mask, tgt_mask):
    """부분층을 목록에 담아 차례로 돌려요."""
    steps = (
        lambda h: _mha(h, h, p["self_attn"], n_heads, tgt_mask, float("-inf")),
        lambda h: _mha(h, memory, p["cross_attn"], n_heads, src_mask, float("-inf")),
        lambda h: _ffn(h, p["ffn"]),
    )
    for i, step in enumerate(steps, 1):
        h = x + step(x)
        centered = h - h.mean(-1, keepdim=True)
        scale = (centered.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt()
        x = centered * scale * p[f"norm{i}"]["gamma"] + p[f"norm{i}"]["beta"]
    return x


def _decoder_padding_zeroed(x, memory, p, n_heads, src_mask, tgt_mask):
    """쿼리가 패딩인 자리의 출력을 0으로 지워요. 그 자리의 출력은 쓰이지 않아요."""
    out = _decoder(x, memory, p, n_heads, src_mask, tgt_mask)
    return out if tgt_mask is None else out * tgt_mask.diagonal(dim1=-2, dim2=-1)[:, 0, :, None]


def _decoder_torch(x, memory, p, n_heads, src_mask, tgt_mask):
    D, d_ff = p["ffn"]["W1"].shape
    layer = torch.nn.TransformerDecoderLayer(D, n_heads, d_ff, dropout=0.0, batch_first=True, dtype=x.dtype)
    _load_attention(layer.self_attn, p["self_attn"])
    _load_attention(layer.multihead_attn, p["cross_attn"])
    _as_linear(layer.linear1, p["ffn"]["W1"], p["ffn"]["b1"])
    _as_linear(layer.linear2, p["ffn"]["W2"], p["ffn"]["b2"])
    for i in (1, 2, 3):
        _load_norm(getattr(layer, f"norm{i}"), p[f"norm{i}"])
    hidden = None if tgt_mask is None else ~tgt_mask.expand(len(x), n_heads, -1, -1).flatten(0, 1)
    return layer(x, memory, tgt_mask=hidden, memory_key_padding_mask=None if src_mask is None else ~src_mask[:, 0, 0])


DECODER_LAYER = Exercise(
    name="decoder_layer",
    lesson=LESSON,
    title="디코더의 층",
    points=18,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "두 마스크가 제자리에 쓰여요",
        "causal": "뒤의 토큰이 바뀌어도 앞의 출력은 그대로예요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=transformer.decoder_layer,
    sample_cases=_decoder_cases,
    examples=(_DECODER_EXAMPLE,),
    mistakes=(
        Mistake(
            "decoder_layer.sublayer-order",
            "부분층의 순서가 다름",
            "세 부분층을 지나는 순서가 논문과 달라요.",
            "논문 그림 1의 오른쪽 상자를 아래에서 위로 읽어요.",
            (_decoder_cross_first, _decoder_ffn_early),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.memory-as-query",
            "메모리가 물어봄",
            "크로스 어텐션에서 메모리가 쿼리가 됐어요. 출력의 길이는 묻는 쪽을 따라가므로 원문의 길이가 나와요.",
            "번역문과 원문 가운데 누가 묻고 누가 답하는지 봐요.",
            (_decoder_memory_as_query,),
            ("values", "mask", "causal", "float64"),
        ),
        Mistake(
            "decoder_layer.memory-unused",
            "메모리를 보지 않음",
            "둘째 어텐션이 원문이 아니라 자기 자신을 다시 봤어요. 원문이 바뀌어도 출력이 그대로예요.",
            "키와 값이 어디에서 와야 하는지 봐요.",
            (_decoder_memory_unused,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.cross-missing",
            "크로스 어텐션이 없음",
            "셀프 어텐션과 피드포워드만 지났어요. 원문을 보는 부분층이 없어서 원문이 바뀌어도 출력이 그대로예요.",
            "실습의 표에서 부분층이 몇 줄인지 세어 봐요.",
            (_decoder_no_cross, partial(_decoder_no_cross, norm="norm2")),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.ffn-missing",
            "피드포워드가 없음",
            "두 어텐션까지만 지나고 끝났어요.",
            "실습의 표에서 부분층이 몇 줄인지 세어 봐요.",
            (_decoder_no_ffn,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.stale-input",
            "부분층이 층의 입력을 봄",
            "앞 부분층의 결과가 아니라 층의 맨 처음 입력이 들어간 부분층이 있어요.",
            "부분층마다 앞 부분층의 결과를 쓰는지, 바깥의 `x`를 다시 쓰는지 봐요.",
            (_decoder_stale_query, _decoder_stale_ffn),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.residual-from-start",
            "잔차가 층의 입력에서 옴",
            "둘째와 셋째 부분층 뒤에 더한 것이 바로 앞의 결과가 아니라 층의 맨 처음 입력이에요.",
            "부분층에 들어간 것과 더한 것이 같은지 줄마다 봐요.",
            (_decoder_residual_from_start,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.masks-mixed",
            "두 마스크를 섞어 씀",
            "원문을 볼 때 번역문의 마스크를 썼어요. 두 문장의 길이가 같을 때는 예외도 없이 틀려요.",
            "어텐션마다 키가 어느 문장에서 오는지 적어 봐요. 마스크는 키의 것이에요.",
            (_decoder_cross_target_mask, _decoder_masks_exchanged),
            ("mask", "causal"),
        ),
        Mistake(
            "decoder_layer.self-source-mask",
            "번역문을 볼 때 원문의 마스크를 씀",
            "셀프 어텐션에도 원문의 마스크를 썼어요. 두 문장의 길이가 같을 때는 예외도 없이 미래가 보여요.",
            "어텐션마다 키가 어느 문장에서 오는지 적어 봐요. 마스크는 키의 것이에요.",
            (_decoder_self_source_mask,),
            ("mask", "causal"),
        ),
        Mistake(
            "decoder_layer.norm-reused",
            "정규화 하나를 여러 번 씀",
            "서로 다른 부분층이 같은 γ와 β를 썼어요.",
            "복사한 줄에서 norm의 번호가 바뀌었는지 봐요.",
            (
                partial(_decoder, norms=("norm1", "norm1", "norm1")),
                partial(_decoder, norms=("norm1", "norm1", "norm3")),
                partial(_decoder, norms=("norm1", "norm2", "norm2")),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.norms-exchanged",
            "정규화의 차례가 다름",
            "norm의 번호가 부분층의 차례와 달라요. 차례대로 `norm1`, `norm2`, `norm3`이에요.",
            "실습의 표에서 부분층마다 어느 정규화인지 봐요.",
            (
                partial(_decoder, norms=("norm2", "norm1", "norm3")),
                partial(_decoder, norms=("norm1", "norm3", "norm2")),
                partial(_decoder, norms=("norm3", "norm2", "norm1")),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.attention-reused",
            "어텐션의 가중치 행렬을 두 번 씀",
            "셀프 어텐션과 크로스 어텐션이 같은 가중치 행렬을 썼어요. 둘은 따로 배워요.",
            "`p`에서 꺼낸 이름이 줄마다 맞는지 봐요.",
            (
                partial(_decoder, attentions=("self_attn", "self_attn")),
                partial(_decoder, attentions=("cross_attn", "cross_attn")),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.attentions-exchanged",
            "두 어텐션의 가중치 행렬을 바꿔 씀",
            "셀프 어텐션이 `cross_attn`을, 크로스 어텐션이 `self_attn`을 썼어요.",
            "`p`에서 꺼낸 이름이 줄마다 맞는지 봐요.",
            (partial(_decoder, attentions=("cross_attn", "self_attn")),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.pre-norm",
            "Pre-LN으로 만듦",
            "정규화를 부분층 앞에서 했어요. 논문의 층은 더한 다음에 정규화해요.",
            "레슨 4의 두 식 가운데 어느 쪽이 논문의 것인지 봐요.",
            (_decoder_pre_norm,),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.no-residual",
            "잔차를 더하지 않음",
            "부분층의 출력만 정규화한 곳이 있어요.",
            "LayerNorm의 괄호 안에 항이 몇 개인지 부분층마다 봐요.",
            (
                _all_sublayers(_norm_only),
                partial(_decoder, add1=_norm_only),
                partial(_decoder, add2=_norm_only),
                partial(_decoder, add3=_norm_only),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.residual-twice",
            "입력을 두 번 더함",
            "부분층마다 입력을 두 번 더했어요. `post_norm`이 이미 한 번 더해요.",
            "부분층 안이나 `post_norm` 밖에서 `x`를 또 더하는 곳이 있는지 봐요.",
            (_all_sublayers(_add_twice_inside), _all_sublayers(_add_twice_outside)),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.norm-twice",
            "더하고 정규화하기를 두 번 함",
            "부분층마다 더하고 정규화하기를 두 번 했어요. 공개된 코드 가운데는 어텐션과 피드포워드가 이 일을 이미 품고 있는 것도 있어요.",
            "부분층 하나에서 정규화가 몇 번 불리는지 세어 봐요.",
            (_all_sublayers(_norm_twice),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.unbiased-std",
            "N-1로 나눈 표준편차로 정규화함",
            "`torch.std`와 `torch.var`는 그대로 부르면 N-1로 나눠요. The Annotated Transformer의 층 정규화도 이렇게 되어 있지만, 논문의 층 정규화는 N으로 나눠요.",
            "레슨 4의 층 정규화에서 분산을 무엇으로 나눴는지 봐요.",
            (_all_sublayers(partial(_add_norm, norm=_ln_std)), _all_sublayers(partial(_add_norm, norm=_ln_var))),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.attention-scale",
            "점수를 √d_k로 나누지 않음",
            "어텐션의 점수를 √d_k로 나누지 않았거나, d_k나 √d_model로 나눴어요.",
            "레슨 6에서 만든 멀티 헤드 어텐션을 썼다면 점수를 무엇으로 나누는지 봐요.",
            (
                _both_attentions(partial(_mha, scale=0.0)),
                _both_attentions(partial(_mha, scale=1.0)),
                _both_attentions(_mha_by_d_model),
            ),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.heads-not-transposed",
            "헤드를 축을 되돌리지 않고 합침",
            "어텐션의 결과 (B, H, T, K)를 그대로 끊어 읽었어요. 다른 자리의 값이 한 토큰에 섞여서 미래까지 새요.",
            "레슨 6에서 만든 멀티 헤드 어텐션을 썼다면 헤드를 합치기 전에 축을 되돌리는지 봐요.",
            (_both_attentions(partial(_mha, merge=False)),),
            ("values", "mask", "causal", "float64"),
        ),
        Mistake(
            "decoder_layer.target-mask-ignored",
            "번역문의 마스크를 쓰지 않음",
            "디코더가 아직 쓰지 않은 뒤의 토큰까지 봤어요.",
            "`tgt_mask`가 첫째 어텐션까지 전달되는지 봐요.",
            (_decoder_target_mask_ignored,),
            ("mask", "causal"),
        ),
        Mistake(
            "decoder_layer.source-mask-ignored",
            "원문의 마스크를 쓰지 않음",
            "크로스 어텐션이 원문의 패딩까지 봤어요.",
            "`src_mask`가 둘째 어텐션까지 전달되는지 봐요.",
            (_decoder_source_mask_ignored,),
            ("mask",),
        ),
        Mistake(
            "decoder_layer.mask-inverted",
            "마스크를 거꾸로 읽음",
            "True인 곳을 가렸어요. PyTorch의 `nn.MultiheadAttention`은 True를 가리지만, 여기서는 True가 볼 수 있음이에요.",
            "점수를 채우는 곳이 마스크가 True인 곳인지 False인 곳인지 봐요.",
            (
                _both_attentions(_mha_hides_true),
                _both_attentions(partial(_mha_hides_true, fill=float("-inf"))),
            ),
            ("mask", "causal"),
        ),
        Mistake(
            "decoder_layer.always-causal",
            "마스크가 없어도 미래를 가림",
            "`tgt_mask`가 None인데도 셀프 어텐션이 미래를 가렸어요. 무엇을 가릴지는 받은 마스크가 정해요.",
            "어텐션 안에 인과 마스크를 만드는 줄이 있는지 봐요.",
            (partial(_decoder, attend=_mha_causal),),
            ("values", "float64"),
        ),
        Mistake(
            "decoder_layer.own-causal-mask",
            "받은 마스크 대신 미래만 가림",
            "`tgt_mask`를 쓰지 않고 스스로 만든 인과 마스크만 썼어요. 번역문의 PAD는 그대로 보이고, `tgt_mask`가 None일 때도 가려요.",
            "`tgt_mask`가 첫째 어텐션까지 전달되는지 봐요.",
            (partial(_decoder, attend=_mha_only_causal),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.cross-causal",
            "원문의 뒤쪽을 가림",
            "원문을 볼 때도 미래를 가렸어요. 원문은 처음부터 다 주어지므로 어느 자리에서나 끝까지 볼 수 있어요.",
            "두 어텐션이 인과 마스크를 함께 쓰는지 봐요.",
            (partial(_decoder, across=_mha_causal), _both_attentions(_mha_causal)),
            ("values", "mask", "float64"),
        ),
    ),
    both=(
        # The Annotated Transformer의 층
        Both(
            ("decoder_layer.pre-norm", "decoder_layer.unbiased-std"),
            (partial(_decoder_pre_norm, norm=_ln_std),),
            ("values", "mask", "float64"),
        ),
        Both(
            ("decoder_layer.target-mask-ignored", "decoder_layer.source-mask-ignored"),
            (_decoder_no_masks,),
            ("mask", "causal"),
        ),
    ),
    correct=(
        _decoder,
        _decoder_loop,
        _decoder_torch,
        _decoder_padding_zeroed,
        _both_attentions(_mha_renormalized),
        _all_sublayers(partial(_add_norm, norm=partial(_ln, eps=1e-12))),
    ),
)


# -- make_masks --


def _masks_pair(src, tgt, pad):
    """두 마스크를 그룹마다 하나씩 보는 사례 둘. 패딩인 쿼리의 행에는 무엇이 있든 괜찮아요."""
    padded = (tgt == pad)[:, None, :, None]
    return [
        case("source", src, tgt, pad, comparator="item", params={"item": 0}),
        case("target", src, tgt, pad, comparator="item", params={"item": 1, "ignore": padded}),
    ]


def _masks_cases(rng):
    cases = []
    for B, S, T, pad in ((2, 6, 5, 0), (3, 4, 6, 7), (1, 5, 4, 2)):
        src, tgt = rng.ids(B, S, low=8, high=14), rng.ids(B, T, low=8, high=14)
        if pad:  # PAD가 0이 아니면 0도 여느 토큰이에요.
            src[0, 1], tgt[0, 0] = 0, 0
        src[0, rng.int(2, S - 2)] = src[-1, -1] = pad
        # 줄 가운데의 PAD. 오른쪽 끝의 PAD는 인과 마스크가 이미 가려 줘서 티가 나지 않아요.
        tgt[0, rng.int(1, T - 2)] = tgt[-1, -1] = pad
        cases += _masks_pair(src, tgt, pad)
        if B == 2:  # 모양은 그대로 두고 PAD의 자리만 옮겨요.
            cases += _masks_pair(src.roll(1, dims=1), tgt.roll(1, dims=1), pad)
    return cases


def _masks(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return (src != pad_id)[:, None, None, :], (tgt != pad_id)[:, None, None, :] & causal


def _masks_causal_only(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], torch.ones(len(tgt), 1, T, T).tril().bool()


def _masks_causal_table(src, tgt, pad_id):
    return _masks(src, tgt, pad_id)[0], torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()


def _masks_causal_once(src, tgt, pad_id):
    """문장 축의 길이가 1인 인과 마스크. 점수에는 맞지만 문장마다 다른 PAD를 담을 수 없어요."""
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], torch.ones(1, 1, T, T).tril().bool()


def _masks_causal_three_axes(src, tgt, pad_id):
    return _masks(src, tgt, pad_id)[0], _masks_causal_once(src, tgt, pad_id)[1][0]


def _masks_padding_only(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :].expand(-1, 1, T, T)


def _masks_padding_row(src, tgt, pad_id):
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :]


def _masks_either(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] | causal


def _masks_rows(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, :, None] & causal


def _masks_source_rows(src, tgt, pad_id):
    return (src != pad_id)[:, None, :, None], _masks(src, tgt, pad_id)[1]


def _masks_all_rows(src, tgt, pad_id):
    return (src != pad_id)[:, None, :, None], _masks_rows(src, tgt, pad_id)[1]


def _masks_inverted(src, tgt, pad_id):
    source, target = _masks(src, tgt, pad_id)
    return ~source, ~target


def _masks_future(src, tgt, pad_id, diagonal=0):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] & torch.ones(T, T).triu(diagonal).bool()


def _masks_diagonal_leak(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] & torch.ones(T, T).tril(1).bool()


def _masks_diagonal_hidden(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] & torch.ones(T, T).tril(-1).bool()


def _masks_three_axes(src, tgt, pad_id):
    """The Annotated Transformer의 모양: (B, 1, S)와 (B, T, T)."""
    source, target = _masks(src, tgt, pad_id)
    return source[:, 0], target[:, 0]


def _masks_without_heads(src, tgt, pad_id):
    source, target = _masks(src, tgt, pad_id)
    return source[:, 0, 0], target[:, 0]


def _masks_numbers(src, tgt, pad_id):
    source, target = _masks(src, tgt, pad_id)
    return source.float(), target.float()


def _masks_integers(src, tgt, pad_id):
    source, target = _masks(src, tgt, pad_id)
    return source.long(), target.long()


def _masks_additive(src, tgt, pad_id):
    return tuple(torch.zeros(m.shape).masked_fill(~m, float("-inf")) for m in _masks(src, tgt, pad_id))


def _masks_zero_is_pad(src, tgt, pad_id):
    return _masks(src, tgt, 0)


def _masks_loop(src, tgt, pad_id):
    B, T = tgt.shape
    target = torch.zeros(B, 1, T, T, dtype=torch.bool)
    for b in range(B):
        for t in range(T):
            for s in range(t + 1):
                target[b, 0, t, s] = tgt[b, s] != pad_id
    return src.ne(pad_id).unsqueeze(1).unsqueeze(2), target


def _masks_arange(src, tgt, pad_id):
    at = torch.arange(tgt.shape[1])
    return src.ne(pad_id)[:, None, None], torch.logical_and(at[:, None] >= at, tgt.ne(pad_id)[:, None, None])


def _masks_rows_too(src, tgt, pad_id):
    """패딩 쿼리의 행까지 가린 답. 그 행의 출력은 쓰이지 않으므로 이것도 맞아요."""
    source, target = _masks(src, tgt, pad_id)
    return source, target & (tgt != pad_id)[:, None, :, None]


MAKE_MASKS = Exercise(
    name="make_masks",
    lesson=LESSON,
    title="두 마스크",
    points=15,
    groups={"source": "원문의 마스크가 PAD인 키를 가려요", "target": "번역문의 마스크가 PAD와 미래를 함께 가려요"},
    reference=masks.make_masks,
    sample_cases=_masks_cases,
    examples=tuple(_masks_pair(torch.tensor([[5, 6, 0]]), torch.tensor([[7, 0, 8]]), 0)),
    mistakes=(
        Mistake(
            "make_masks.causal-without-padding",
            "미래만 가림",
            "번역문의 마스크가 미래는 가렸지만 PAD는 그대로 보여요. 오른쪽 끝의 PAD는 미래라서 우연히 가려질 뿐이에요.",
            "줄 가운데에 PAD가 있는 작은 문장으로 표를 찍어 봐요.",
            (_masks_causal_only, _masks_causal_table, _masks_causal_once, _masks_causal_three_axes),
            ("target",),
        ),
        Mistake(
            "make_masks.padding-without-causal",
            "PAD만 가림",
            "번역문이 자기 뒤에 올 토큰을 볼 수 있어요. 답을 보고 답을 맞히는 셈이에요.",
            "번역문에는 가릴 것이 두 가지예요.",
            (_masks_padding_only, _masks_padding_row),
            ("target",),
        ),
        Mistake(
            "make_masks.either-instead-of-both",
            "둘 가운데 하나만 맞아도 보임",
            "PAD이거나 미래여도 다른 쪽이 괜찮으면 보이게 됐어요.",
            "두 조건을 모두 지켜야 볼 수 있어요. 두 표를 잇는 연산을 다시 봐요.",
            (_masks_either,),
            ("target",),
        ),
        Mistake(
            "make_masks.hides-rows",
            "열이 아니라 행을 가림",
            "번역문의 마스크가 PAD인 토큰이 보지 못하게 했을 뿐, 다른 토큰이 PAD를 보는 것은 막지 않았어요.",
            "늘린 축의 자리를 봐요. 마지막 축이 보이는 쪽(키)이에요.",
            (_masks_rows,),
            ("target",),
        ),
        Mistake(
            "make_masks.source-rows",
            "원문의 마스크가 행에 있음",
            "원문의 마스크가 (B, 1, S, 1)이에요. PAD를 보지 못하게 하려면 PAD인지가 마지막 축(키)에 있어야 해요.",
            "늘린 축의 자리를 봐요. 마지막 축이 보이는 쪽(키)이에요.",
            (_masks_source_rows,),
            ("source",),
        ),
        Mistake(
            "make_masks.both-on-rows",
            "두 마스크 모두 행을 가림",
            "두 마스크 모두 PAD인지가 마지막 축(키)이 아니라 그 앞의 축(쿼리)에 있어요. 다른 토큰이 PAD를 보는 것을 막지 못해요.",
            "늘린 축의 자리를 봐요. 마지막 축이 보이는 쪽(키)이에요.",
            (_masks_all_rows,),
            ("source", "target"),
        ),
        Mistake(
            "make_masks.inverted",
            "True와 False가 반대",
            "볼 수 있는 곳이 False가 됐어요. 이 코스에서는 True가 볼 수 있음이에요.",
            "PAD가 아닌 것이 True예요.",
            (_masks_inverted,),
            ("source", "target"),
        ),
        Mistake(
            "make_masks.future-instead-of-past",
            "과거가 아니라 미래가 보임",
            "번역문의 마스크에서 대각선의 위쪽이 True예요. 앞의 토큰이 가려지고 미래의 토큰이 보여요.",
            "0번째 행에서 True가 몇 개여야 하는지 세어 봐요.",
            (_masks_future, partial(_masks_future, diagonal=1)),
            ("target",),
        ),
        Mistake(
            "make_masks.diagonal-off-by-one",
            "대각선이 하나 어긋남",
            "인과 마스크의 대각선이 한 칸 밀렸어요. 바로 다음 토큰이 새거나, 자기 자신까지 가려져요.",
            "0번째 행에서 True가 몇 개여야 하는지 세어 봐요.",
            (_masks_diagonal_leak, _masks_diagonal_hidden),
            ("target",),
        ),
        Mistake(
            "make_masks.axes-missing",
            "헤드의 축이 없음",
            "가린 곳은 맞지만 축이 모자라요. 문장, 헤드, 쿼리, 키의 네 축이 있어야 점수에 그대로 맞아요.",
            "독스트링의 두 모양에 축이 몇 개인지 세어 봐요.",
            (_masks_three_axes, _masks_without_heads),
            ("source", "target"),
        ),
        Mistake(
            "make_masks.numbers",
            "참/거짓이 아니라 수가 든 마스크",
            "가린 곳은 맞지만 참/거짓(bool)이 아니라 수예요. 점수에 곱하거나 더하는 코드가 쓰는 마스크예요.",
            "두 마스크의 `.dtype`을 찍어 봐요.",
            (_masks_numbers, _masks_integers, _masks_additive),
            ("source", "target"),
        ),
        Mistake(
            "make_masks.pad-fixed",
            "PAD의 번호를 0으로 정해 둠",
            "`pad_id`가 무엇이든 0을 PAD로 봤어요.",
            "`pad_id`가 식에 나오는지 봐요.",
            (_masks_zero_is_pad,),
            ("source", "target"),
        ),
    ),
    correct=(_masks_loop, _masks_arange, _masks_rows_too),
)


# -- shift_right --


def _shift_cases(rng):
    # 시작 토큰의 번호를 적어 두면 티가 나게, 0, 1, 2가 아닌 번호를 써요.
    padded = rng.ids(3, 5, low=10, high=30)
    padded[0, 3:] = padded[1, 4:] = 0
    return [
        case("values", rng.ids(2, 5, low=10, high=30), 4),
        case("values", rng.ids(3, 4, low=10, high=30), 3),
        case("values", rng.ids(1, 3, low=10, high=30), 5),
        case("values", rng.ids(2, 1, low=10, high=30), 6),
        case("padded", padded, 3),
    ]


def _shift_none(tgt, bos):
    return tgt.clone()


def _shift_first_replaced(tgt, bos):
    out = tgt.clone()
    out[:, 0] = bos
    return out


def _shift_left(tgt, bos):
    return torch.cat([tgt[:, 1:], torch.full_like(tgt[:, :1], bos)], dim=1)


def _shift_longer(tgt, bos):
    return torch.cat([torch.full_like(tgt[:, :1], bos), tgt], dim=1)


def _shift_last_cut(tgt, bos):
    return tgt[:, :-1]


def _shift_first_cut(tgt, bos):
    return tgt[:, 1:]


def _shift_rolled(tgt, bos):
    return tgt.roll(1, dims=1)


def _shift_last_real_first(tgt, bos):
    """fairseq처럼 줄마다 마지막 진짜 토큰(EOS)을 맨 앞으로 옮겨요."""
    rows = []
    for row in tgt.tolist():
        last = max(i for i, token in enumerate(row) if token != 0)
        rows.append([row[last], *row[:last], *row[last + 1 :]])
    return torch.tensor(rows)


def _shift_last_real_dropped(tgt, bos):
    """줄마다 마지막 진짜 토큰(EOS)을 지워요."""
    rows = []
    for row in tgt.tolist():
        last = max(i for i, token in enumerate(row) if token != 0)
        rows.append([bos, *row[:last], *row[last + 1 :]])
    return torch.tensor(rows)


def _shift_fixed_start(tgt, bos, start=0):
    return F.pad(tgt[:, :-1], (1, 0), value=start)


def _shift_sentences(tgt, bos):
    return torch.cat([torch.full_like(tgt[:1], bos), tgt[:-1]], dim=0)


def _shift_roll_fill(tgt, bos):
    out = tgt.roll(1, dims=1)
    out[:, 0] = bos
    return out


def _shift_new(tgt, bos):
    out = tgt.new_full(tgt.shape, bos)
    out[:, 1:] = tgt[:, :-1]
    return out


def _shift_lists(tgt, bos):
    return torch.tensor([[bos, *row[:-1]] for row in tgt.tolist()])


SHIFT_RIGHT = Exercise(
    name="shift_right",
    lesson=LESSON,
    title="한 칸 밀기",
    points=10,
    groups={"values": "BOS로 시작하고 마지막 토큰이 빠져요", "padded": "PAD가 있어도 똑같이 밀려요"},
    reference=transformer.shift_right,
    sample_cases=_shift_cases,
    examples=(case("values", torch.tensor([[5, 6, 2]]), 1),),
    mistakes=(
        Mistake(
            "shift_right.no-shift",
            "밀지 않음",
            "t번째 자리의 입력에 t번째 정답이 그대로 있어요. 맨 앞만 BOS로 바꿔도 마찬가지예요. 모델은 베끼기만 하면 되니 손실은 0에 가까워지고 번역은 하나도 못 해요.",
            "입력과 정답을 위아래로 적고 한 칸 어긋났는지 봐요.",
            (_shift_none, _shift_first_replaced),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.wrong-direction",
            "왼쪽으로 밈",
            "왼쪽으로 밀려서 맞힐 토큰보다 더 뒤의 토큰이 입력에 들어왔어요.",
            "BOS가 맨 앞에 오는지 맨 뒤에 오는지 봐요.",
            (_shift_left,),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.one-longer",
            "길이가 하나 늘어남",
            "BOS를 붙이고 마지막 토큰을 빼지 않아 정답보다 한 칸 길어요.",
            "돌려줄 모양 (B, T)를 다시 봐요.",
            (_shift_longer,),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.one-shorter",
            "길이가 하나 줄어듦",
            "한 칸을 잘라 내기만 하고 BOS를 붙이지 않아 정답보다 한 칸 짧아요.",
            "받은 `tgt`에는 BOS가 없어요. 맨 앞에 무엇이 와야 하는지 봐요.",
            (_shift_last_cut, _shift_first_cut),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.rolled",
            "마지막 토큰이 앞으로 돌아옴",
            "맨 앞에 BOS가 아니라 문장의 마지막 토큰이 왔어요.",
            "`roll`은 밀려난 것을 반대쪽에 넣어요.",
            (_shift_rolled,),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.last-real-token-first",
            "마지막 진짜 토큰이 앞으로 옴",
            "줄마다 PAD 앞의 마지막 토큰이 맨 앞으로 왔어요. fairseq처럼 EOS로 디코더를 시작하는 방법인데, 여기서는 BOS로 시작해요.",
            "맨 앞에 와야 하는 것이 `tgt`에 들어 있는지 봐요.",
            (_shift_last_real_first,),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.last-real-token-dropped",
            "마지막 칸 대신 마지막 진짜 토큰을 뺌",
            "PAD가 있는 줄에서 PAD 앞의 마지막 토큰을 뺐어요. 줄마다 다른 자리를 찾을 것 없이 마지막 칸만 빠지면 돼요.",
            "PAD가 든 줄의 입력과 결과를 위아래로 적어 봐요.",
            (_shift_last_real_dropped,),
            ("padded",),
        ),
        Mistake(
            "shift_right.start-fixed",
            "시작 토큰의 번호를 정해 둠",
            "`bos`가 무엇이든 맨 앞에 늘 같은 번호가 와요.",
            "맨 앞을 채우는 값이 `bos`인지 봐요.",
            (_shift_fixed_start, partial(_shift_fixed_start, start=1), partial(_shift_fixed_start, start=2)),
            ("values", "padded"),
        ),
        Mistake(
            "shift_right.sentences-shifted",
            "문장의 순서를 밈",
            "토큰이 아니라 문장이 한 줄씩 아래로 밀렸어요.",
            "배치의 축과 시간의 축 가운데 어느 쪽을 밀어야 하는지 봐요.",
            (_shift_sentences,),
            ("values", "padded"),
        ),
    ),
    correct=(_shift_roll_fill, _shift_new, _shift_lists),
)


# -- label_smoothed_loss --


def _loss_cases(rng):
    def batch(n, V, pad, dtype=torch.float32):
        target = rng.ids(n, low=0, high=V - 1)
        telling = [(pad + 1) % V, pad, (pad + 4) % V]
        target[:3] = torch.tensor(telling[:n])
        logits = rng.normal(n, V, dtype=dtype, scale=2.0)
        logits.scatter_add_(
            1, target[:, None], torch.full((n, 1), -4.0, dtype=dtype)
        )  # 자리마다의 차이가 서로 지워지지 않게
        logits[:, pad] -= 4
        logits[1:2, (pad + 2) % V] += 20  # PAD인 자리의 손실은 다른 자리와 뚜렷이 달라요.
        return logits, target

    plain, smooth, double = batch(7, 9, 0), batch(8, 9, 2), batch(6, 11, 0, torch.float64)
    # 소프트맥스가 0이 되거나 exp가 넘치는 로짓. 정답에서는 -300이라 로그 확률은 멀쩡한 수예요.
    steep, rights = batch(5, 9, 2)
    steep[0] += 1000
    steep[2, (rights[2] + 1) % 9] += 300
    return [
        case("plain", *plain, 0.0, 0),
        case("smooth", *smooth, 0.1, 2),
        case("smooth", *batch(7, 9, 0), 0.3, 0),
        case("smooth", *batch(1, 7, 3), 0.2, 3),
        case("smooth", steep, rights, 0.2, 2),
        Case("gradient", (Call((*smooth, 0.2, 2), grad_of=(0,)),)),
        case("float64", *double, 0.15, 0),
    ]


def _weighted(logits, target, weights, pad_id):
    """자리마다의 정답 분포 `weights` (N, V)와의 교차 엔트로피를 PAD가 아닌 자리에서 평균해요."""
    losses = -(weights * F.log_softmax(logits, -1)).sum(-1)
    keep = target != pad_id
    return losses[keep].mean()


def _kl(logits, target, weights, pad_id):
    """자리마다의 정답 분포와의 KL을 PAD가 아닌 자리에서 평균해요."""
    losses = F.kl_div(F.log_softmax(logits, -1), weights, reduction="none").sum(-1)
    return losses[target != pad_id].mean()


def _spread(logits, target, other, right):
    weights = torch.full_like(logits, other)
    return weights.scatter(1, target[:, None], right)


def _loss_over_others(logits, target, eps, pad_id, measure=_weighted):
    V = logits.shape[1]
    return measure(logits, target, _spread(logits, target, eps / (V - 1), 1 - eps), pad_id)


def _annotated_weights(logits, target, eps, pad_id):
    weights = _spread(logits, target, eps / (logits.shape[1] - 2), 1 - eps)
    weights[:, pad_id] = 0
    return weights


def _loss_annotated(logits, target, eps, pad_id, measure=_weighted):
    return measure(logits, target, _annotated_weights(logits, target, eps, pad_id), pad_id)


def _loss_annotated_sum(logits, target, eps, pad_id):
    """The Annotated Transformer의 LabelSmoothing 그대로."""
    weights = _annotated_weights(logits, target, eps, pad_id)
    weights[target == pad_id] = 0
    return F.kl_div(F.log_softmax(logits, -1), weights, reduction="sum")


def _loss_kl(logits, target, eps, pad_id):
    share = eps / logits.shape[1]
    return _kl(logits, target, _spread(logits, target, share, 1 - eps + share), pad_id)


def _loss_pad_column(logits, target, eps, pad_id):
    share = eps / (logits.shape[1] - 1)
    weights = _spread(logits, target, share, 1 - eps + share)
    weights[:, pad_id] = 0
    return _weighted(logits, target, weights, pad_id)


def _loss_row_sum(logits, target, eps, pad_id):
    return _weighted(logits, target, _spread(logits, target, eps / logits.shape[1], 1 - eps), pad_id)


def _loss_row_sum_pad(logits, target, eps, pad_id):
    share = eps / logits.shape[1]
    weights = _spread(logits, target, share, 1 - eps + share)
    weights[:, pad_id] = 0
    return _weighted(logits, target, weights, pad_id)


def _loss_row_above(logits, target, eps, pad_id):
    share = eps / logits.shape[1]
    return _weighted(logits, target, _spread(logits, target, share, 1.0 + share), pad_id)


def _loss_parts(logits, target, pad_id):
    """(정답의 손실, 어휘에 걸친 평균 손실, PAD가 아닌 자리)."""
    log_p = F.log_softmax(logits, -1)
    return -log_p.gather(1, target[:, None])[:, 0], -log_p.mean(-1), target != pad_id


def _loss_not_divided(logits, target, eps, pad_id):
    right, every, keep = _loss_parts(logits, target, pad_id)
    return ((1 - eps) * right + eps * every * logits.shape[1])[keep].mean()


def _loss_eps_exchanged(logits, target, eps, pad_id):
    right, every, keep = _loss_parts(logits, target, pad_id)
    return (eps * right + (1 - eps) * every)[keep].mean()


def _loss_pad_smoothed(logits, target, eps, pad_id):
    right, every, keep = _loss_parts(logits, target, pad_id)
    return (1 - eps) * right[keep].mean() + eps * every.mean()


def _loss_pad_divides(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps, reduction="sum") / len(target)


def _loss_pad_counted(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, label_smoothing=eps)


def _loss_zero_is_pad(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=0, label_smoothing=eps)


def _loss_softmax_first(logits, target, eps, pad_id):
    return F.cross_entropy(logits.softmax(-1), target, ignore_index=pad_id, label_smoothing=eps)


def _loss_log_of_softmax(logits, target, eps, pad_id, added=0.0):
    log_p = (logits.softmax(-1) + added).log()
    loss = -(1 - eps) * log_p.gather(1, target[:, None])[:, 0] - eps * log_p.mean(-1)
    return loss[target != pad_id].mean()


def _loss_log_of_exp(logits, target, eps, pad_id):
    log_p = logits - logits.exp().sum(-1, keepdim=True).log()
    loss = -(1 - eps) * log_p.gather(1, target[:, None])[:, 0] - eps * log_p.mean(-1)
    return loss[target != pad_id].mean()


def _loss_no_smoothing(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id)


def _loss_plain(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target)


def _loss_sum(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps, reduction="sum")


def _loss_negative(logits, target, eps, pad_id):
    return -_loss_torch(logits, target, eps, pad_id)


def _loss_unreduced(logits, target, eps, pad_id):
    right, every, keep = _loss_parts(logits, target, pad_id)
    return ((1 - eps) * right + eps * every) * keep


def _loss_detached(logits, target, eps, pad_id):
    return F.cross_entropy(logits.detach(), target, ignore_index=pad_id, label_smoothing=eps)


def _loss_torch(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps)


def _loss_one_hot(logits, target, eps, pad_id):
    V = logits.shape[1]
    weights = F.one_hot(target, V).to(logits.dtype) * (1 - eps) + eps / V
    return _weighted(logits, target, weights, pad_id)


def _loss_shifted(logits, target, eps, pad_id):
    """가장 큰 로짓을 빼고 나서 exp를 해요. 자리는 0을 곱해 지워요."""
    shifted = logits - logits.max(-1, keepdim=True).values
    log_p = shifted - shifted.exp().sum(-1, keepdim=True).log()
    keep = (target != pad_id).to(logits.dtype)
    rows = torch.arange(len(target))
    return ((-(1 - eps) * log_p[rows, target] - eps * log_p.mean(-1)) * keep).sum() / keep.sum()


def _loss_loop(logits, target, eps, pad_id):
    losses = []
    for row, right in zip(logits, target.tolist(), strict=True):
        if right != pad_id:
            log_p = row - row.logsumexp(0)
            losses.append((1 - eps) * -log_p[right] + eps * -log_p.mean())
    return torch.stack(losses).mean()


LABEL_SMOOTHED_LOSS = Exercise(
    name="label_smoothed_loss",
    lesson=LESSON,
    title="레이블 스무딩 손실",
    points=15,
    groups={
        "plain": "eps가 0이면 보통의 교차 엔트로피예요",
        "smooth": "eps만큼을 어휘 전체에 고르게 나눠요",
        "gradient": "로짓의 기울기가 맞아요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=loss.label_smoothed_loss,
    sample_cases=_loss_cases,
    examples=(
        case(
            "smooth",
            torch.tensor([[0.0, 2.0, 1.0, 0.0], [1.0, 0.0, 0.0, 3.0]]),
            torch.tensor([1, 0]),
            0.1,
            0,
        ),
    ),
    mistakes=(
        Mistake(
            "label_smoothed_loss.spread-over-others",
            "정답을 뺀 칸에만 나눔",
            "eps를 V칸이 아니라 V-1칸이나 V-2칸에 나눴어요. 그렇게 적은 구현도 있지만 이 코스와 `F.cross_entropy`는 정답 칸까지 V칸에 나눠요.",
            "나누는 칸에 정답 자신도 들어가는지 봐요.",
            (_loss_over_others, _loss_annotated),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.kl-over-others",
            "정답을 뺀 칸에 나눈 KL",
            "eps를 V칸이 아니라 V-1칸이나 V-2칸에 나누고, 교차 엔트로피가 아니라 KL을 쟀어요. V-2칸에 나눈 KL은 The Annotated Transformer와 OpenNMT가 쓰는 손실이에요.",
            "나누는 칸에 정답 자신도 들어가는지, 재는 것이 교차 엔트로피인지 봐요.",
            (partial(_loss_annotated, measure=_kl), partial(_loss_over_others, measure=_kl)),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.annotated-kl-sum",
            "V-2칸에 나눈 KL의 합",
            "The Annotated Transformer의 `LabelSmoothing`이에요. eps를 V-2칸에 나누고, 교차 엔트로피가 아니라 KL을 재고, 평균이 아니라 합을 내요.",
            "독스트링과 셋을 견줘 봐요: 나누는 칸, 재는 것, 합인지 평균인지.",
            (_loss_annotated_sum,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.kl-divergence",
            "교차 엔트로피 대신 KL",
            "정답 분포는 맞지만 교차 엔트로피가 아니라 KL을 쟀어요. 정답 분포의 엔트로피만큼 작아요. 기울기는 같아서 학습은 되지만 값을 다른 구현과 견줄 수 없어요.",
            "`kl_div`는 정답 분포의 로그도 더해요. 식에 그 항이 있는지 봐요.",
            (_loss_kl,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.pad-column-left-out",
            "PAD 칸에는 나누지 않음",
            "어휘 가운데 PAD 칸만 빼고 eps를 나눴어요.",
            "PAD인 것은 자리에서 빼요. 어휘의 칸에서는 빼지 않아요.",
            (_loss_pad_column,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.row-sum-below-one",
            "정답 분포의 합이 1보다 작음",
            "정답 분포 한 줄의 합이 1보다 작아요. 나눠 준 몫의 일부가 사라졌어요.",
            "한 줄을 모두 더해 봐요. 정답 칸이 받는 몫은 두 가지예요.",
            (_loss_row_sum, _loss_row_sum_pad),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.right-not-reduced",
            "정답의 몫을 줄이지 않음",
            "eps를 나눠 주고도 정답의 몫 1을 그대로 뒀어요. 정답 분포 한 줄의 합이 1보다 커요.",
            "나눠 준 만큼을 어디에서 가져와야 하는지 봐요.",
            (_loss_row_above,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.not-divided-by-vocabulary",
            "eps를 V로 나누지 않음",
            "칸마다 eps를 통째로 줬어요. 어휘가 클수록 손실이 커져요.",
            "모든 칸에 나눠 준 몫을 더하면 eps가 되는지 봐요.",
            (_loss_not_divided,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.eps-exchanged",
            "eps와 1-eps를 바꿔 씀",
            "정답에 eps를, 고르게 나누는 쪽에 1-eps를 줬어요. eps가 0이면 정답을 아예 보지 않아요.",
            "eps가 0일 때 무엇만 남아야 하는지 봐요.",
            (_loss_eps_exchanged,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.pad-in-mean",
            "PAD 자리도 평균에 넣음",
            "PAD인 자리를 세어서 평균이 달라졌어요. 패딩이 많은 배치일수록 더 어긋나요.",
            "PAD인 자리의 손실이 더해지는지, 몇 자리로 나누는지 봐요. 세는 것은 PAD가 아닌 자리뿐이에요.",
            (_loss_pad_divides, _loss_pad_counted),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.pad-in-smooth-part",
            "고르게 나눈 쪽에는 PAD 자리가 남음",
            "정답 쪽의 평균에서는 PAD 자리를 뺐지만, 고르게 나눈 쪽의 평균에는 PAD 자리가 남아 있어요.",
            "두 조각의 평균이 같은 자리들에서 나오는지 봐요. 두 조각의 `.shape`도요. (N, 1)과 (N,)을 더하면 (N, N)이 돼요.",
            (_loss_pad_smoothed,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.pad-fixed",
            "PAD의 번호를 0으로 정해 둠",
            "`pad_id`가 무엇이든 0인 자리를 뺐어요.",
            "`pad_id`가 식에 나오는지 봐요.",
            (_loss_zero_is_pad,),
            ("smooth", "gradient"),
        ),
        Mistake(
            "label_smoothed_loss.softmax-first",
            "소프트맥스를 두 번 함",
            "로짓에 소프트맥스를 하고 나서 또 로그 소프트맥스를 했어요. 모든 확률이 비슷해져 버려요.",
            "`F.cross_entropy`와 `log_softmax`는 로짓을 받아요.",
            (_loss_softmax_first,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.log-of-softmax",
            "소프트맥스와 로그를 따로 함",
            "보통의 로짓에서는 맞지만, 로짓이 아주 크거나 서로 많이 다르면 중간의 확률이나 exp가 0이나 inf가 되어 손실이 틀어져요.",
            "로그 확률을 한 번에 내는 함수를 찾아봐요.",
            (_loss_log_of_softmax, partial(_loss_log_of_softmax, added=1e-12), _loss_log_of_exp),
            ("smooth",),
        ),
        Mistake(
            "label_smoothed_loss.eps-ignored",
            "eps를 쓰지 않음",
            "eps가 얼마든 같은 값이 나와요.",
            "`eps`가 식의 어디에 두 번 나오는지 봐요.",
            (_loss_no_smoothing,),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.summed",
            "평균이 아니라 합",
            "손실을 더하기만 했어요. 문장이 길수록 커져요.",
            "무엇의 평균을 내라고 했는지 독스트링을 다시 봐요.",
            (_loss_sum,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.not-averaged",
            "자리마다의 손실을 그대로 돌려줌",
            "자리마다의 손실 (N,)이 나왔어요. 하나의 수로 모으지 않았어요.",
            "독스트링의 돌려주는 모양을 다시 봐요.",
            (_loss_unreduced,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.sign",
            "부호가 반대",
            "손실이 음수예요. 로그 확률은 0보다 작으니 부호를 바꿔야 손실이에요.",
            "식에서 마이너스가 어디에 붙는지 봐요.",
            (_loss_negative,),
            ("plain", "smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.detached",
            "계산 그래프가 끊김",
            "값은 맞지만 기울기가 로짓까지 흐르지 않아서 아무것도 배우지 못해요.",
            "`.detach()`나 `.item()`을 쓴 곳이 있는지 봐요.",
            (_loss_detached,),
            ("gradient",),
        ),
    ),
    both=(
        Both(
            ("label_smoothed_loss.eps-ignored", "label_smoothed_loss.pad-in-mean"),
            (_loss_plain,),
            ("plain", "smooth", "gradient", "float64"),
        ),
    ),
    correct=(_loss_torch, _loss_one_hot, _loss_shifted, _loss_loop),
)


# -- noam_lr --

_noam_case = partial(case, atol=1e-14, rtol=1e-6)  # 학습률은 아주 작은 수라서 상대 오차로만 봐요.


def _noam_cases(rng):
    d, warmup = rng.choice((128, 320, 384)), rng.int(500, 900)
    return [
        _noam_case("warmup", warmup // 2, d, warmup),
        _noam_case("warmup", rng.int(20, 60), 512, 4000),
        _noam_case("peak", 4000, 512, 4000),
        _noam_case("peak", warmup, d, warmup),
        _noam_case("decay", 3 * warmup + rng.int(0, 50), d, warmup),
        _noam_case("zero", 0, d, warmup),
    ]


def _noam(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def _noam_zero(step, d_model, warmup):
    return _noam(step, d_model, warmup)


def _noam_zero_rate(step, d_model, warmup):
    return d_model**-0.5 * (step * warmup**-1.5 if step < warmup else step**-0.5)


def _noam_late(step, d_model, warmup):
    return _noam(max(step - 1, 1), d_model, warmup)


def _noam_early(step, d_model, warmup):
    return _noam(step + 1, d_model, warmup)


def _noam_warmup_power(step, d_model, warmup, power=-0.5):
    step = max(step, 1)
    return d_model**-0.5 * min(step**-0.5, step * warmup**power)


def _noam_unguarded_power(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * warmup**-0.5)


def _noam_unguarded_no_d_model(step, d_model, warmup):
    return _noam(step, 1, warmup)


def _noam_max(step, d_model, warmup):
    step = max(step, 1)
    return d_model**-0.5 * max(step**-0.5, step * warmup**-1.5)


def _noam_no_decay(step, d_model, warmup):
    return d_model**-0.5 * max(step, 1) * warmup**-1.5


def _noam_flat(step, d_model, warmup):
    return _noam(min(max(step, 1), warmup), d_model, warmup)


def _noam_no_warmup(step, d_model, warmup):
    return d_model**-0.5 * max(step, 1) ** -0.5


def _noam_no_d_model(step, d_model, warmup):
    return _noam(max(step, 1), 1, warmup)


def _noam_times_d_model(step, d_model, warmup):
    return d_model * _noam(max(step, 1), d_model, warmup)


def _noam_over_d_model(step, d_model, warmup):
    return _noam(max(step, 1), 1, warmup) / d_model


def _noam_branches(step, d_model, warmup):
    step = step or 1
    scale = 1 / math.sqrt(d_model)
    return scale * step / warmup**1.5 if step < warmup else scale / math.sqrt(step)


def _noam_tensor(step, d_model, warmup):
    step = torch.tensor(max(1, step), dtype=torch.float64)
    return torch.minimum(step.rsqrt(), step * warmup**-1.5).item() / d_model**0.5


NOAM_LR = Exercise(
    name="noam_lr",
    lesson=LESSON,
    title="워밍업 학습률",
    points=10,
    groups={
        "warmup": "워밍업 동안 곧게 올라요",
        "peak": "warmup번째 스텝에서 가장 커요",
        "decay": "그 뒤로는 천천히 내려가요",
        "zero": "0번째 스텝은 1로 쳐요",
    },
    reference=schedule.noam_lr,
    sample_cases=_noam_cases,
    examples=(_noam_case("warmup", 1, 4, 4), _noam_case("peak", 4, 4, 4)),
    mistakes=(
        Mistake(
            "noam_lr.zero-step",
            "0번째 스텝에서 0으로 나눔",
            "0의 -0.5제곱은 0으로 나누는 것이라 예외가 나요.",
            "스텝은 1부터 세요. 0이 들어오면 무엇으로 쳐야 하는지 봐요.",
            (_noam_zero,),
            ("zero",),
        ),
        Mistake(
            "noam_lr.zero-rate",
            "0번째 스텝의 학습률이 0",
            "0을 1로 치지 않아서 0번째 스텝의 학습률이 0이에요. 그 스텝에서는 아무것도 배우지 못해요.",
            "스텝은 1부터 세요. 0이 들어오면 무엇으로 쳐야 하는지 봐요.",
            (_noam_zero_rate,),
            ("zero",),
        ),
        Mistake(
            "noam_lr.off-by-one",
            "스텝을 하나 어긋나게 셈",
            "꼭대기가 warmup번째가 아니라 그 옆의 스텝에 있어요.",
            "스텝에 1을 더하거나 뺀 곳이 있는지 봐요.",
            (_noam_late, _noam_early),
            ("warmup", "peak", "decay"),
        ),
        Mistake(
            "noam_lr.warmup-power",
            "warmup의 지수가 다름",
            "warmup에 -1.5가 아니라 -0.5를 썼어요. warmup이 4000일 때 꼭대기가 열여섯 번째 스텝으로 당겨져요.",
            "식 (3)의 오른쪽 항에 있는 지수를 다시 봐요.",
            (_noam_warmup_power,),
            ("warmup", "zero"),
        ),
        Mistake(
            "noam_lr.warmup-inverse",
            "스텝을 warmup으로 나누기만 함",
            "warmup에 -1.5가 아니라 -1을 썼어요. 두 곡선이 warmup번째보다 훨씬 앞에서 만나요.",
            "warmup번째 스텝에서 두 곡선의 값이 같아지는지 계산해 봐요.",
            (partial(_noam_warmup_power, power=-1.0),),
            ("warmup", "zero"),
        ),
        Mistake(
            "noam_lr.no-warmup",
            "워밍업이 없음",
            "처음부터 스텝의 제곱근에 반비례해 내려가기만 해요. 첫 스텝의 학습률이 가장 커요.",
            "식 (3)의 오른쪽 항이 값에 영향을 주는지, 지수의 부호는 맞는지 봐요.",
            (_noam_no_warmup, partial(_noam_warmup_power, power=1.5)),
            ("warmup", "zero"),
        ),
        Mistake(
            "noam_lr.no-decay",
            "워밍업 뒤에 내려가지 않음",
            "워밍업이 끝난 뒤에도 내려가지 않아요.",
            "식 (3)의 왼쪽 항이 스텝이 커질수록 줄어드는지(지수의 부호), 언제 쓰이는지 봐요.",
            (_noam_no_decay, _noam_flat),
            ("decay",),
        ),
        Mistake(
            "noam_lr.max-for-min",
            "min 대신 max",
            "두 곡선 가운데 큰 쪽을 골라서 처음에 가장 크고 나중에 다시 커져요.",
            "식 (3)의 함수 이름을 다시 봐요.",
            (_noam_max,),
            ("warmup", "decay", "zero"),
        ),
        Mistake(
            "noam_lr.d-model-factor",
            "d_model의 몫이 다름",
            "모델의 폭에 따라 학습률을 줄이는 항이 빠졌거나 거꾸로 곱해졌어요.",
            "식 (3)의 맨 앞 항을 봐요.",
            (_noam_no_d_model, _noam_times_d_model),
            ("warmup", "peak", "decay", "zero"),
        ),
        Mistake(
            "noam_lr.d-model-power",
            "d_model로 나눔",
            "d_model의 제곱근이 아니라 d_model로 나눴어요.",
            "식 (3)의 맨 앞 항에 있는 지수를 봐요.",
            (_noam_over_d_model,),
            ("warmup", "peak", "decay", "zero"),
        ),
    ),
    both=(
        Both(("noam_lr.warmup-power", "noam_lr.zero-step"), (_noam_unguarded_power,), ("warmup", "zero")),
        Both(
            ("noam_lr.d-model-factor", "noam_lr.zero-step"),
            (_noam_unguarded_no_d_model,),
            ("warmup", "peak", "decay", "zero"),
        ),
    ),
    correct=(_noam_branches, _noam_tensor),
)


# -- 한 스텝 함수 --


def _step(rng, V, L, eos, end, scale=1.1):
    """마지막 두 토큰과 자리로 다음 토큰의 로짓을 정하는 함수의 재료. `end`는 EOS의 로짓에 더하는 값이에요."""
    place = rng.normal(L, V)
    place[:, eos] += end
    data = {"last": rng.normal(V, V, scale=scale), "before": rng.normal(V, V, scale=scale), "place": place}
    return BuiltArgument("next_token", data)


def _toy_step():
    """손으로 따라갈 모델. 바로 앞의 토큰만 봐요. 0은 BOS, 1은 EOS, 2는 '학교에', 3은 '집에', 4는 '간다'예요."""
    table = torch.full((5, 5), 1e-9)
    for word, following in {
        0: {2: 0.6, 3: 0.4},
        2: {4: 0.4, 3: 0.3, 1: 0.3},
        3: {4: 0.9, 1: 0.1},
        4: {1: 1.0},
        1: {1: 1.0},
    }.items():
        for other, chance in following.items():
            table[word, other] = chance
    return BuiltArgument("next_token", {"last": table.log(), "before": torch.zeros(5, 5), "place": torch.zeros(6, 5)})


def _call(function, step, *rest):
    try:
        return function(argument_builders.build(step.kind, step.data), *rest)
    except IndexError:
        return "IndexError"  # 틀린 구현이 어휘에 없는 번호를 넣었어요.


def _near(expected, got, slack=1e-6):
    """두 디코딩의 토큰이 같고 점수도 `slack` 안에서 같은지."""
    if isinstance(expected, tuple) and isinstance(got, tuple):
        return expected[0] == got[0] and abs(expected[1] - got[1]) <= slack * (1 + abs(expected[1]))
    return expected == got


def _telling_cases(group, make, reference, wrong, at_least=1, agree=(), apart=()):
    """`wrong`의 함수마다 뚜렷이 틀리는 사례가 하나는 있게 모아요. 우연히 맞는 실수를 놓치지 않으려고요.

    `agree`는 똑같이 옳은 다른 풀이예요. 이들과 답이 갈리는 사례는 쓰지 않아요.
    `apart`는 서로 달라야 하는 쌍들이에요. 늘 같은 답을 내면 어느 실수인지 말할 수 없어요.
    """
    chosen: list[Case] = []
    left = [(reference, f) for f in wrong] + list(apart)
    while left or len(chosen) < at_least:
        step, *rest = make()
        expected = _call(reference, step, *rest)
        answers = {f: _call(f, step, *rest) for pair in left for f in pair}
        shown = [(f, g) for f, g in left if not _near(answers[f], answers[g], 1e-2)]
        if (shown or not left) and all(_near(expected, _call(f, step, *rest)) for f in agree):
            left = [pair for pair in left if pair not in shown]
            chosen.append(case(group, step, *rest))
    return chosen


# -- greedy_decode --


def _greedy_cases(rng):
    V, L = 8, 9
    bos, eos = rng.sample(range(3, V), 2)  # 번호를 적어 두면 티가 나게, 0, 1, 2는 쓰지 않아요.

    def ends():
        while True:
            step = _step(rng, V, L + 2, eos, 0.0)
            if 3 <= len(_call(decoding.greedy_decode, step, bos, eos, L)) <= L - 3:
                return step, bos, eos, L

    def at_once():
        step = _step(rng, V, L + 2, eos, 0.0)
        step.data["place"][0, eos] += 30  # 첫 토큰만 EOS예요. 멈추지 않으면 그 뒤가 이어져요.
        return step, bos, eos, L - 1

    return [
        *_telling_cases("ends", ends, decoding.greedy_decode, _GREEDY["ends"], 2),
        *_telling_cases(
            "limit",
            lambda: (_step(rng, V, L + 2, eos, -30.0), bos, eos, L - 2),
            decoding.greedy_decode,
            _GREEDY["limit"],
        ),
        case("limit", _step(rng, V, 4, eos, -30.0), bos, eos, 1),
        *_telling_cases("at_once", at_once, decoding.greedy_decode, _GREEDY["at_once"]),
    ]


def _greedy(step_fn, bos, eos, max_len, at=-1, start=None, window=None, stop=None):
    """BOS부터 EOS까지의 토큰들. `at`은 보는 자리, `start`는 첫 입력, `window`는 넣는 토큰의 수예요."""
    tokens = [bos if start is None else start]
    for _ in range(max_len):
        given = tokens if window is None else tokens[-window:]
        tokens.append(int(step_fn(torch.tensor([given]))[0, at].argmax()))
        if tokens[-1] == (eos if stop is None else stop):
            return tokens
    return tokens


def _greedy_right(step_fn, bos, eos, max_len, **changes):
    return [token for token in _greedy(step_fn, bos, eos, max_len, **changes)[1:] if token != eos]


def _greedy_from_eos(step_fn, bos, eos, max_len):
    return _greedy_right(step_fn, bos, eos, max_len, start=eos)


def _greedy_all_positions(step_fn, bos, eos, max_len):
    tokens = [bos]
    for _ in range(max_len):
        token = int(step_fn(torch.tensor([tokens])).argmax())
        if token == eos:
            break
        tokens.append(token)
    return tokens[1:]


def _greedy_no_stop(step_fn, bos, eos, max_len):
    return _greedy(step_fn, bos, eos, max_len, stop=-1)[1:]


def _greedy_eos_removed(step_fn, bos, eos, max_len):
    return [token for token in _greedy_no_stop(step_fn, bos, eos, max_len) if token != eos]


def _greedy_other_eos(step_fn, bos, eos, max_len):
    return [token for token in _greedy(step_fn, bos, eos, max_len, stop=2)[1:] if token != 2]


def _greedy_bos_kept(step_fn, bos, eos, max_len):
    return [bos, *_greedy_right(step_fn, bos, eos, max_len)]


def _greedy_eos_kept(step_fn, bos, eos, max_len):
    return _greedy(step_fn, bos, eos, max_len)[1:]


def _greedy_both_kept(step_fn, bos, eos, max_len):
    return _greedy(step_fn, bos, eos, max_len)


def _greedy_bos_no_stop(step_fn, bos, eos, max_len):
    return [bos, *_greedy_no_stop(step_fn, bos, eos, max_len)]


def _greedy_annotated(step_fn, bos, eos, max_len):
    """The Annotated Transformer의 greedy_decode: BOS까지 max_len개를 채워요."""
    return [bos, *_greedy_no_stop(step_fn, bos, eos, max_len - 1)]


def _greedy_too_many(step_fn, bos, eos, max_len):
    return _greedy_right(step_fn, bos, eos, max_len + 1)


def _greedy_too_few(step_fn, bos, eos, max_len):
    return _greedy_right(step_fn, bos, eos, max_len - 1)


def _greedy_bos_in_length(step_fn, bos, eos, max_len):
    """BOS까지 max_len개에서 멈추고 BOS를 떼지 않아요."""
    return [bos, *_greedy_right(step_fn, bos, eos, max_len - 1)]


def _greedy_last_cut(step_fn, bos, eos, max_len):
    return _greedy(step_fn, bos, eos, max_len)[1:-1]


def _greedy_tensor(step_fn, bos, eos, max_len):
    tokens = torch.full((1, 1), bos)
    while tokens.shape[1] <= max_len:
        probability = step_fn(tokens)[:, -1].softmax(-1)
        token = probability.max(-1, keepdim=True).indices
        if token.item() == eos:
            break
        tokens = torch.cat([tokens, token], dim=1)
    return tokens[0, 1:].tolist()


def _greedy_recursive(step_fn, bos, eos, max_len):
    def go(tokens, left):
        token = step_fn(torch.tensor(tokens)[None])[0][-1].topk(1).indices.item() if left else eos
        return tokens[1:] if token == eos else go([*tokens, token], left - 1)

    return go([bos], max_len)


def _greedy_no_bos(step_fn, bos, eos, max_len):
    """BOS를 고르지 못하게 막아요."""
    blocked = torch.zeros(100).index_fill(0, torch.tensor(bos), -1e9)
    return _greedy_right(lambda tokens: step_fn(tokens) + blocked[: step_fn(tokens).shape[-1]], bos, eos, max_len)


def _greedy_no_repeat(step_fn, bos, eos, max_len):
    """같은 토큰이 이어지면 멈춰요."""
    tokens = _greedy_right(step_fn, bos, eos, max_len)
    stops = [i for i, pair in enumerate(zip(tokens, tokens[1:], strict=False), 1) if pair[0] == pair[1]]
    return tokens[: stops[0]] if stops else tokens


def _greedy_cut_afterwards(step_fn, bos, eos, max_len):
    """끝까지 쓴 다음 첫 EOS에서 잘라요."""
    tokens = _greedy_no_stop(step_fn, bos, eos, max_len)
    return tokens[: tokens.index(eos)] if eos in tokens else tokens


_GREEDY_FIRST = partial(_greedy_right, at=0)
_GREEDY_WINDOW = partial(_greedy_right, window=1)
_GREEDY_STARTS = (_greedy_from_eos, partial(_greedy_right, start=0), partial(_greedy_right, start=1))
_GREEDY = {
    "ends": (
        _GREEDY_FIRST,
        _GREEDY_WINDOW,
        *_GREEDY_STARTS,
        _greedy_all_positions,
        _greedy_eos_removed,
        _greedy_other_eos,
    ),
    "limit": (
        _GREEDY_FIRST,
        _GREEDY_WINDOW,
        *_GREEDY_STARTS,
        _greedy_all_positions,
        _greedy_other_eos,
        _greedy_no_bos,
        _greedy_no_repeat,
    ),
    "at_once": (_greedy_eos_removed,),
}

GREEDY_DECODE = Exercise(
    name="greedy_decode",
    lesson=LESSON,
    title="그리디 디코딩",
    points=15,
    groups={
        "ends": "EOS가 나오면 멈춰요",
        "limit": "EOS가 없어도 max_len개에서 멈춰요",
        "at_once": "처음부터 EOS면 빈 목록이에요",
    },
    reference=decoding.greedy_decode,
    sample_cases=_greedy_cases,
    examples=(case("ends", _toy_step(), 0, 1, 4),),
    behaviour=("at_once",),  # 무엇을 넣어도 같은 목록을 내는 답도 빈 목록은 맞혀요.
    mistakes=(
        Mistake(
            "greedy_decode.first-position",
            "첫 자리의 로짓을 봄",
            "스텝마다 첫 자리의 예측을 읽어서 같은 토큰만 되풀이돼요.",
            "로짓 (1, t, V)에서 다음 토큰을 말하는 것이 몇 번째 자리인지 봐요.",
            (_GREEDY_FIRST,),
            ("ends", "limit"),
        ),
        Mistake(
            "greedy_decode.all-positions",
            "모든 자리에서 가장 큰 것을 찾음",
            "로짓 (1, t, V) 전체에서 가장 큰 것의 번호를 썼어요. 토큰의 번호가 아니라 펼친 자리의 번호라서 어휘보다 큰 수도 나와요.",
            "`argmax`에 들어가는 텐서의 `.shape`를 스텝마다 찍어 봐요.",
            (_greedy_all_positions,),
            ("ends", "limit"),
        ),
        Mistake(
            "greedy_decode.only-last-token",
            "바로 앞의 토큰만 넣음",
            "스텝마다 방금 고른 토큰 하나만 넣었어요. 이 함수는 기억하는 것이 없어서 그 앞에 무엇을 썼는지 몰라요.",
            "`step_fn`에 넣는 텐서의 길이가 스텝마다 늘어나는지 봐요.",
            (_GREEDY_WINDOW,),
            ("ends", "limit"),
        ),
        Mistake(
            "greedy_decode.wrong-start",
            "BOS가 아닌 것에서 시작",
            "맨 처음에 넣은 토큰이 `bos`가 아니에요.",
            "첫 스텝에 `step_fn`이 받는 것을 찍어 봐요.",
            _GREEDY_STARTS,
            ("ends", "limit"),
        ),
        Mistake(
            "greedy_decode.no-stop",
            "EOS에서 멈추지 않음",
            "EOS가 나온 뒤에도 계속 이어 썼어요.",
            "반복을 끝내는 조건이 있는지 봐요.",
            (_greedy_no_stop, _greedy_eos_removed),
            ("ends", "at_once"),
        ),
        Mistake(
            "greedy_decode.eos-fixed",
            "EOS의 번호를 정해 둠",
            "`eos`가 무엇이든 2번 토큰에서 멈춰요.",
            "멈추는 조건이 `eos`를 보는지 봐요.",
            (_greedy_other_eos,),
            ("ends", "limit", "at_once"),
        ),
        Mistake(
            "greedy_decode.bos-kept",
            "BOS가 남아 있음",
            "답의 맨 앞에 BOS가 들어 있어요. 문장이 아니라 시작 신호예요.",
            "돌려주기 전에 무엇을 떼어야 하는지 봐요.",
            (_greedy_bos_kept, _greedy_both_kept),
            ("ends", "limit", "at_once"),
        ),
        Mistake(
            "greedy_decode.eos-kept",
            "EOS가 남아 있음",
            "답의 맨 끝에 EOS가 들어 있어요.",
            "EOS를 목록에 넣기 전에 멈추는지 봐요.",
            (_greedy_eos_kept,),
            ("ends", "at_once"),
        ),
        Mistake(
            "greedy_decode.bos-kept-no-stop",
            "BOS가 남고 EOS에서 멈추지 않음",
            "두 가지예요. 답의 맨 앞에 BOS가 들어 있고, EOS가 나온 뒤에도 정해진 길이까지 이어 썼어요. The Annotated Transformer의 `greedy_decode`가 이렇게 돌려줘요.",
            "무엇을 떼고 돌려주는지, 언제 멈추는지 둘 다 봐요.",
            (_greedy_bos_no_stop, _greedy_annotated),
            ("ends", "limit", "at_once"),
        ),
        Mistake(
            "greedy_decode.length-off-by-one",
            "길이가 하나 어긋남",
            "EOS가 나오지 않을 때 토큰이 max_len개가 아니에요.",
            "BOS까지 세었는지, 반복이 몇 번 도는지, 끝에서 무엇을 잘라 내는지 봐요.",
            (_greedy_too_many, _greedy_too_few, _greedy_last_cut),
            ("limit",),
        ),
    ),
    both=(
        Both(
            ("greedy_decode.bos-kept", "greedy_decode.length-off-by-one"),
            (_greedy_bos_in_length,),
            ("ends", "limit", "at_once"),
        ),
    ),
    correct=(_greedy_right, _greedy_tensor, _greedy_recursive, _greedy_cut_afterwards),
)


# -- beam_search --


def _log_p(logits):
    return logits.log_softmax(-1)


def _probability(logits):
    return logits.softmax(-1)


def _unchanged(logits):
    return logits


def _penalty(length, alpha):
    return ((5 + length) / 6) ** alpha


def _penalty_from_one(length, alpha):
    return _penalty(max(length, 1), alpha)


def _no_penalty(length, alpha):
    return 1.0


def _inverse_penalty(length, alpha):
    return 1 / _penalty(length, alpha)


def _prompt_penalty(length, alpha):
    return _penalty(length + 1, alpha)


def _power_penalty(length, alpha):
    return length**alpha


def _unscaled_penalty(length, alpha):
    return (5 + length) ** alpha


def _mean_penalty(length, alpha):
    return length


def _beam(
    step_fn,
    bos,
    eos,
    beam,
    alpha,
    max_len,
    *,
    starts=1,
    at=-1,
    value=_log_p,
    penalty=_penalty,
    eos_counted=1,
    extend=False,
    stop_after=math.inf,
    slots="live",
    reorder=True,
    divided=False,
    finished_kept=True,
    unfinished="always",
    eos_kept=False,
    steps=0,
    last_division=True,
    stopped_size="",
):
    """바른 빔 서치에서 한 군데씩 어긋나게 할 수 있는 것. 실수들이 한 몸을 나눠 써요."""
    live, finished = [(0.0, [bos])] * starts, []
    for length in range(1, max_len + steps + 1):
        scores = value(step_fn(torch.tensor([tokens for _, tokens in live]))[:, at]).tolist()
        grown = [
            (total + score, token, row)
            for row, ((total, _), values) in enumerate(zip(live, scores, strict=True))
            for token, score in enumerate(values)
        ]
        before, live, ended = live, [], 0
        for total, token, row in sorted(grown, key=lambda c: (-c[0], c[1])):
            if token == eos and not extend:
                tail = [eos] if eos_kept else []
                finished.append((total / penalty(length - 1 + eos_counted, alpha), [*before[row][1][1:], *tail]))
                ended += 1
            else:
                parent = row if reorder else min(len(live), len(before) - 1)
                kept = total / penalty(length, alpha) if divided else total
                live.append((kept, [*before[parent][1], token]))
            taken = {"live": 0, "step": ended, "total": len(finished)}[slots]
            if len(live) + taken >= beam:
                break
        if not live or len(finished) >= stop_after:
            break
    answers = finished if finished_kept else []
    stopped = bool(live) and len(finished) >= stop_after
    if unfinished == "always" and (not stopped or stopped_size) or unfinished == "if-none" and not answers:
        size = penalty(length if stopped_size == "now" else max_len + steps, alpha) if last_division else 1.0
        answers = answers + [(total / size, [t for t in tokens[1:] if t != eos]) for total, tokens in live]
    # 끝난 것이 하나도 없으면 `max`가 예외를 내는 답도 많아요.
    score, tokens = max(answers, key=lambda c: c[0]) if answers or unfinished == "fails" else (0.0, [])
    return tokens, score


def _beam_equal_starts(step_fn, bos, eos, beam, alpha, max_len, penalty=_penalty):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, starts=beam, penalty=penalty)


def _beam_of_one(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, 1, alpha, max_len)


def _beam_wider(step_fn, bos, eos, beam, alpha, max_len, times=1, more=0):
    return _beam(step_fn, bos, eos, times * beam + more, alpha, max_len)


def _beam_of_two(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, 2, alpha, max_len)


def _beam_stop_when_full(step_fn, bos, eos, beam, alpha, max_len, **more):
    """끝난 후보가 beam개 모이면 멈춰요. 그때 살아 있던 후보를 버리기도, 함께 겨루게 하기도 해요."""
    return _beam(step_fn, bos, eos, beam, alpha, max_len, stop_after=beam, **more)


def _beam_bos_kept(step_fn, bos, eos, beam, alpha, max_len, eos_kept=False, penalty=_penalty):
    tokens, score = _beam(step_fn, bos, eos, beam, alpha, max_len, eos_kept=eos_kept, penalty=penalty)
    return [bos, *tokens], score


def _beam_frozen(step_fn, bos, eos, beam, alpha, max_len):
    """끝난 후보도 빔의 자리를 지키며 자라는 후보와 겨뤄요."""
    rows = [(0.0, [bos])]
    for _ in range(max_len):
        grown = [row for row in rows if row[1][-1] == eos]
        for total, tokens in rows:
            if tokens[-1] != eos:
                values = step_fn(torch.tensor([tokens]))[0, -1].log_softmax(-1).tolist()
                grown += [(total + value, [*tokens, token]) for token, value in enumerate(values)]
        rows = sorted(grown, key=lambda c: (-c[0], c[1][-1]))[:beam]
    scored = [(total / _penalty(len(tokens) - 1, alpha), tokens[1:]) for total, tokens in rows]
    score, tokens = max(scored, key=lambda c: c[0])
    return [token for token in tokens if token != eos], score


def _beam_topk(step_fn, bos, eos, beam, alpha, max_len):
    """텐서로 된 빔. 어휘 전체에서 EOS를 따로 떼고 `topk`로 골라요."""
    tokens, total = torch.tensor([[bos]]), torch.zeros(1)
    best, answer = -math.inf, []
    for length in range(1, max_len + 1):
        penalty = ((5 + length) / 6) ** alpha
        grown = step_fn(tokens)[:, -1].log_softmax(-1) + total[:, None]  # (n, V)
        others = grown.clone()
        others[:, eos] = -math.inf
        count = min(beam, others.numel() - len(others))
        total, at = others.flatten().topk(count)
        for row, end in enumerate(grown[:, eos]):
            if end > total[-1] and end / penalty > best:
                best, answer = float(end / penalty), tokens[row, 1:].tolist()
        tokens = torch.cat([tokens[at // grown.shape[1]], (at % grown.shape[1])[:, None]], dim=1)
    if float(total[0]) / penalty > best:
        best, answer = float(total[0]) / penalty, tokens[0, 1:].tolist()
    return answer, best


def _beam_every_ending(step_fn, bos, eos, beam, alpha, max_len):
    """순위와 상관없이, 살아 있는 후보마다 EOS로 끝낸 것도 모두 겨루게 해요."""
    return _beam_listed(step_fn, bos, eos, beam, alpha, max_len, None)


def _beam_double_list(step_fn, bos, eos, beam, alpha, max_len):
    """스텝마다 위에서 2·beam개만 보고 그 안의 EOS를 끝낸 것으로 쳐요. 많은 라이브러리가 이렇게 해요."""
    return _beam_listed(step_fn, bos, eos, beam, alpha, max_len, 2 * beam)


def _beam_listed(step_fn, bos, eos, beam, alpha, max_len, width):
    live: list[tuple[list[int], float]] = [([], 0.0)]
    ended: list[tuple[list[int], float]] = []
    for _ in range(max_len):
        rows = torch.log_softmax(step_fn(torch.tensor([[bos, *t] for t, _ in live]))[:, -1], -1).tolist()
        grown = [([*t, v], total + x) for (t, total), row in zip(live, rows, strict=True) for v, x in enumerate(row)]
        grown = sorted(grown, key=lambda c: (-c[1], c[0][-1]))[:width]
        ended += [(t[:-1], total / ((5 + len(t)) / 6) ** alpha) for t, total in grown if t[-1] == eos]
        live = [c for c in grown if c[0][-1] != eos][:beam]
    return max(ended + [(t, total / ((5 + len(t)) / 6) ** alpha) for t, total in live], key=lambda c: c[1])


# EOS로 끝나는 후보 가운데 어디까지를 끝난 것으로 칠지는 구현마다 달라요. 셋 다 바른 답이라 답이 갈리는 사례는 쓰지 않아요.
_READINGS = (_beam_every_ending, _beam_double_list)

# 실수마다의 틀린 구현
_BEAM: dict[str, tuple[Callable[..., Any], ...]] = {
    "greedy": (_beam_equal_starts, _beam_of_one),
    "wider": (partial(_beam_wider, more=1), partial(_beam_wider, times=2)),
    "narrower": (partial(_beam_wider, more=-1),),
    "two": (_beam_of_two,),
    "no-penalty": (partial(_beam, penalty=_no_penalty),),
    "multiplied": (partial(_beam, penalty=_inverse_penalty),),
    "other-penalty": (partial(_beam, penalty=_power_penalty), partial(_beam, penalty=_unscaled_penalty)),
    "mean": (partial(_beam, penalty=_mean_penalty),),
    "divided": (partial(_beam, divided=True),),
    "prompt": (partial(_beam, penalty=_prompt_penalty),),
    "eos-uncounted": (partial(_beam, eos_counted=0), partial(_beam, eos_counted=0, penalty=_penalty_from_one)),
    "finished-lost": (partial(_beam, finished_kept=False),),
    "extended": (partial(_beam, extend=True),),
    "stop-first": (partial(_beam, stop_after=1),),
    "stop-full": (
        _beam_stop_when_full,
        partial(_beam_stop_when_full, stopped_size="last"),
        partial(_beam_stop_when_full, stopped_size="now"),
        partial(_beam_stop_when_full, unfinished="if-none"),
    ),
    "slot": (partial(_beam, slots="total"), _beam_frozen),
    "ending-slot": (partial(_beam, slots="step"),),
    "unfinished-lost": (partial(_beam, unfinished="never"),),
    "unfinished-spare": (partial(_beam, unfinished="if-none"),),
    "probabilities": (partial(_beam, value=_probability),),
    "logits": (partial(_beam, value=_unchanged),),
    "first-position": (partial(_beam, at=0),),
    "histories": (partial(_beam, reorder=False),),
    "bos-kept": (_beam_bos_kept, partial(_beam_bos_kept, eos_kept=True)),
    "eos-kept": (partial(_beam, eos_kept=True),),
    "length": (partial(_beam, steps=1), partial(_beam, steps=-1)),
}
_ENDING = ("search", "length")
_PENALTY = ("length", "limit")
_EVERYWHERE = ("search", "length", "limit")
_BEAM_GROUPS = {
    "greedy": _EVERYWHERE,
    "wider": _EVERYWHERE,
    "narrower": _EVERYWHERE,
    "two": _PENALTY,
    "no-penalty": _PENALTY,
    "multiplied": _PENALTY,
    "other-penalty": _PENALTY,
    "mean": _EVERYWHERE,
    "divided": _PENALTY,
    "prompt": _PENALTY,
    "eos-uncounted": ("length",),
    "finished-lost": _ENDING,
    "extended": _ENDING,
    "stop-first": _ENDING,
    "stop-full": _ENDING,
    "slot": _ENDING,
    "ending-slot": ("length",),
    "unfinished-lost": _EVERYWHERE,
    "unfinished-spare": _ENDING,
    "probabilities": _EVERYWHERE,
    "logits": _EVERYWHERE,
    "first-position": _EVERYWHERE,
    "histories": _EVERYWHERE,
    "bos-kept": _EVERYWHERE,
    "eos-kept": _ENDING,
    "length": _EVERYWHERE,
}


# 손으로 짠 갈림길. 실수들이 갈리는 곳이 아무 모델에서나 나오지는 않아요. 적지 않은 확률은 나머지 토큰이 똑같이 나눠 가져요.
_CYCLE = {"c": {"d": 0.95}, "d": {"e": 0.95}, "e": {"d": 0.95}}
_PATHS = {
    "search": (
        # 첫 후보의 둘째 자식이 이겨요.
        {"bos": {"a": 0.60, "eos": 0.22, "b": 0.17}, "a": {"c": 0.50, "d": 0.47}, "d": {"eos": 0.93}},
        # 처음에 끝난 것이 이기는데, 한동안은 더 나은 후보가 둘 있어요.
        {"bos": {"a": 0.60, "eos": 0.25, "b": 0.13}, "a": {"c": 0.50, "d": 0.47}},
        # 둘이 끝난 다음에 끝나는 셋째가 이겨요.
        {
            "bos": {"a": 0.60, "eos": 0.22, "b": 0.17},
            "a": {"d": 0.49, "eos": 0.42},
            "d": {"eos": 0.95},
            "b": {"e": 0.95},
        },
        # 끝나지 못한 후보가 끝난 것을 이겨요.
        {"bos": {"c": 0.60, "eos": 0.20, "b": 0.19}, **_CYCLE},
        # 빔이 하나만 더 넓었다면 셋째 후보가 이겼어요.
        {"bos": {"a": 0.42, "b": 0.37, "c": 0.19}, **_CYCLE},
    ),
    "length": (
        # 셋째 후보가 오래 이어져 이겨요.
        {"bos": {"a": 0.35, "eos": 0.25, "b": 0.22, "c": 0.16}, **_CYCLE},
        # 빔이 하나만 더 넓었다면 넷째 후보가 이겼어요.
        {"bos": {"a": 0.30, "b": 0.27, "c": 0.23, "d": 0.18}, "d": {"e": 0.95}, "e": {"d": 0.95}},
    ),
    "limit": (
        {"bos": {"a": 0.30, "b": 0.27, "c": 0.24, "d": 0.18}, "d": {"e": 0.95}, "e": {"d": 0.95}, "all": {"eos": 1e-4}},
    ),
}


def _path_step(rng, V, L, bos, eos, rows):
    names = ("bos", "eos", "a", "b", "c", "d", "e")
    tokens = dict(zip(names, [bos, eos, *rng.sample([t for t in range(V) if t not in (bos, eos)], 5)], strict=True))
    last = torch.empty(V, V)
    for name, token in tokens.items():
        given = {"bos": 1e-4, "eos": 0.01, **rows.get("all", {}), **rows.get(name, {})}
        rest = (1 - sum(given.values())) / (V - len(given))
        for other, at in tokens.items():
            last[token, at] = math.log(max(given.get(other, rest), 1e-4))
    noise = {"before": rng.normal(V, V, scale=0.05), "place": rng.normal(L, V, scale=0.05)}
    return BuiltArgument("next_token", {"last": last, **noise})


def _beam_cases(rng):
    V, L = 7, 5
    bos, eos = rng.sample(range(3, V), 2)

    def gather(group, beam, alpha, end):
        def steps():
            while True:
                for rows in _PATHS[group]:
                    yield _path_step(rng, V, L + 2, bos, eos, rows)
                yield _step(rng, V, L + 2, eos, end)
                yield _step(rng, V, L + 2, eos, end, 2.5)

        tries = steps()
        wrong = [f for name, fs in _BEAM.items() if group in _BEAM_GROUPS[name] for f in fs]
        return _telling_cases(
            group,
            lambda: (next(tries), bos, eos, beam, alpha, L),
            decoding.beam_search,
            wrong,
            agree=_READINGS,
            apart=[(_beam_of_one, _beam_of_two)] if beam > 2 else [],
        )

    return [*gather("search", 2, 0.0, 0.6), *gather("length", 3, 1.0, 0.8), *gather("limit", 3, 0.6, -30.0)]


BEAM_SEARCH = Exercise(
    name="beam_search",
    lesson=LESSON,
    title="빔 서치",
    points=0,
    groups={
        "search": "길이 벌점이 없을 때 으뜸 문장과 점수가 맞아요",
        "length": "길이 벌점을 넣어도 맞아요",
        "limit": "끝나지 않은 후보끼리도 바르게 겨뤄요",
    },
    reference=decoding.beam_search,
    sample_cases=_beam_cases,
    examples=(case("search", _toy_step(), 0, 1, 2, 0.0, 4),),
    mistakes=(
        Mistake(
            "beam_search.equal-starts",
            "빔을 넓혀도 그리디와 같음",
            "길 하나만 자라서, 빔을 넓혀도 그리디와 같은 쪽으로만 가요. 똑같은 후보 여러 개로 시작하거나 후보를 하나만 늘리면 이렇게 돼요.",
            "스텝마다 살아 있는 후보를 찍어 봐요. 첫 스텝에는 하나, 그 뒤로는 서로 다른 것들이어야 해요.",
            _BEAM["greedy"],
            _BEAM_GROUPS["greedy"],
        ),
        Mistake(
            "beam_search.too-many-live",
            "살아 있는 후보가 beam개보다 많음",
            "beam개보다 많은 후보를 함께 키웠어요. 더 좋은 문장을 찾더라도 `beam`이 약속한 너비가 아니에요.",
            "스텝이 끝날 때마다 살아 있는 후보가 몇 개인지 찍어 봐요.",
            _BEAM["wider"],
            _BEAM_GROUPS["wider"],
        ),
        Mistake(
            "beam_search.one-live-too-few",
            "살아 있는 후보가 하나 모자람",
            "beam개보다 하나 적은 후보를 키웠어요.",
            "스텝이 끝날 때마다 살아 있는 후보가 몇 개인지 찍어 봐요.",
            _BEAM["narrower"],
            _BEAM_GROUPS["narrower"],
        ),
        Mistake(
            "beam_search.beam-fixed",
            "빔의 너비를 2로 정해 둠",
            "`beam`이 3일 때도 후보를 둘만 키웠어요.",
            "고르는 개수가 `beam`에서 오는지 봐요.",
            _BEAM["two"],
            _BEAM_GROUPS["two"],
        ),
        Mistake(
            "beam_search.no-length-penalty",
            "길이 벌점이 없음",
            "로그 확률의 합을 길이에 맞춰 나누지 않아서 짧은 문장이 유리해요.",
            "`alpha`가 점수의 어디에 쓰이는지 봐요.",
            _BEAM["no-penalty"],
            _BEAM_GROUPS["no-penalty"],
        ),
        Mistake(
            "beam_search.penalty-multiplied",
            "길이 벌점을 곱함",
            "로그 확률은 음수예요. 길이 벌점을 곱하면 긴 문장이 더 손해를 봐요.",
            "점수의 식에서 벌점이 분자인지 분모인지 봐요.",
            _BEAM["multiplied"],
            _BEAM_GROUPS["multiplied"],
        ),
        Mistake(
            "beam_search.other-length-penalty",
            "길이 벌점의 식이 다름",
            "길이 벌점으로 ((5 + L) / 6)의 alpha제곱이 아니라 다른 것을 썼어요. L이나 5 + L의 alpha제곱으로 나누는 구현도 있어요.",
            "L이 1일 때 나누는 값이 얼마여야 하는지 식에 넣어 봐요.",
            _BEAM["other-penalty"],
            _BEAM_GROUPS["other-penalty"],
        ),
        Mistake(
            "beam_search.mean-log-probability",
            "로그 확률의 평균으로 겨룸",
            "로그 확률의 합을 토큰의 수로 나눴어요. `alpha`가 얼마든 같은 점수가 나와요.",
            "`alpha`가 0일 때 나누는 값이 얼마여야 하는지 식에 넣어 봐요.",
            _BEAM["mean"],
            _BEAM_GROUPS["mean"],
        ),
        Mistake(
            "beam_search.penalty-at-every-step",
            "스텝마다 길이 벌점으로 나눔",
            "살아 있는 후보의 점수까지 스텝마다 나눠서, 앞에서 나눈 것을 또 나눴어요.",
            "살아 있는 후보에는 로그 확률의 합을 그대로 두고, 언제 한 번만 나눌지 봐요.",
            (*_BEAM["divided"], partial(_beam, divided=True, last_division=False)),
            _BEAM_GROUPS["divided"],
        ),
        Mistake(
            "beam_search.prompt-counted",
            "BOS까지 길이에 넣음",
            "길이 벌점의 L에 BOS가 들어갔어요. 만든 토큰만 세요.",
            "첫 스텝에서 L이 얼마여야 하는지 봐요.",
            _BEAM["prompt"],
            _BEAM_GROUPS["prompt"],
        ),
        Mistake(
            "beam_search.eos-not-counted",
            "EOS를 길이에 넣지 않음",
            "끝난 후보의 L에서 EOS가 빠졌어요. EOS도 만든 토큰이에요.",
            "토큰 둘을 만들고 EOS로 끝난 후보의 L이 얼마여야 하는지 봐요.",
            _BEAM["eos-uncounted"],
            _BEAM_GROUPS["eos-uncounted"],
        ),
        Mistake(
            "beam_search.finished-lost",
            "끝난 후보를 잃어버림",
            "EOS로 끝난 후보가 마지막 겨루기에 나오지 않았어요.",
            "끝난 후보를 어디에 담아 두는지 봐요.",
            _BEAM["finished-lost"],
            _BEAM_GROUPS["finished-lost"],
        ),
        Mistake(
            "beam_search.unfinished-lost",
            "끝나지 못한 후보를 잃어버림",
            "max_len까지 끝나지 못한 후보가 마지막 겨루기에 나오지 않았어요.",
            "반복이 끝난 다음 살아 있는 후보가 어디로 가는지 봐요.",
            (*_BEAM["unfinished-lost"], partial(_beam, unfinished="fails")),
            _BEAM_GROUPS["unfinished-lost"],
        ),
        Mistake(
            "beam_search.unfinished-only-as-spare",
            "끝난 것이 없을 때만 끝나지 못한 후보를 봄",
            "끝난 후보가 하나라도 있으면 끝나지 못한 후보는 겨루지 못했어요. 점수가 더 높아도요.",
            "약속의 넷째를 다시 읽어요. 마지막에 누가 함께 겨루는지 봐요.",
            _BEAM["unfinished-spare"],
            _BEAM_GROUPS["unfinished-spare"],
        ),
        Mistake(
            "beam_search.finished-extended",
            "끝난 후보를 더 늘림",
            "EOS로 끝난 문장 뒤에 토큰을 더 이어 붙였어요.",
            "EOS가 나온 후보를 살아 있는 후보에서 빼는지 봐요.",
            _BEAM["extended"],
            _BEAM_GROUPS["extended"],
        ),
        Mistake(
            "beam_search.stop-at-first-eos",
            "첫 EOS에서 모두 멈춤",
            "후보 하나가 끝나자마자 멈춰서 더 나은 후보가 자라지 못했어요.",
            "언제까지 찾아야 하는지 독스트링을 다시 봐요.",
            _BEAM["stop-first"],
            _BEAM_GROUPS["stop-first"],
        ),
        Mistake(
            "beam_search.stop-when-beam-finished",
            "끝난 후보가 모이면 멈춤",
            "끝난 후보가 beam개 모이자 멈췄어요. 살아 있던 후보는 다 자라지 못했어요.",
            "약속의 셋째를 다시 읽어요. 언제까지 하는지 봐요.",
            _BEAM["stop-full"],
            _BEAM_GROUPS["stop-full"],
        ),
        Mistake(
            "beam_search.finished-takes-slot",
            "끝난 후보가 자리를 차지함",
            "끝난 후보도 빔의 자리를 썼어요. 그래서 살아 있는 후보가 beam개보다 적어지거나, 끝난 후보가 자리에서 밀려나 사라졌어요.",
            "EOS로 끝난 후보는 자리를 쓰지 않아요. 살아 있는 후보만 beam개예요.",
            _BEAM["slot"],
            _BEAM_GROUPS["slot"],
        ),
        Mistake(
            "beam_search.ending-takes-slot",
            "끝나는 스텝에 자리를 차지함",
            "위에서 beam개를 고를 때 EOS로 끝난 것까지 세었어요. 그만큼 적은 후보로 다음 스텝을 시작했어요.",
            "EOS로 끝난 것을 옮기고 나서도 살아 있는 후보가 beam개인지 봐요.",
            _BEAM["ending-slot"],
            _BEAM_GROUPS["ending-slot"],
        ),
        Mistake(
            "beam_search.probabilities",
            "확률을 더함",
            "로그를 하지 않은 확률을 더했어요. 이어지는 일의 확률은 곱해야 하고, 로그를 하면 더하기가 돼요.",
            "소프트맥스 다음에 무엇을 해야 하는지 봐요.",
            _BEAM["probabilities"],
            _BEAM_GROUPS["probabilities"],
        ),
        Mistake(
            "beam_search.raw-logits",
            "로짓을 그대로 더함",
            "로짓은 아직 확률이 아니에요. 자리마다 크기의 기준이 달라서 더할 수 없어요.",
            "로짓을 로그 확률로 바꾸는 함수를 찾아봐요.",
            _BEAM["logits"],
            _BEAM_GROUPS["logits"],
        ),
        Mistake(
            "beam_search.first-position",
            "첫 자리의 로짓을 봄",
            "스텝마다 첫 자리의 예측을 읽어서, 무엇을 썼든 다음 토큰의 확률이 같아요.",
            "로짓 (n, t, V)에서 다음 토큰을 말하는 것이 몇 번째 자리인지 봐요.",
            _BEAM["first-position"],
            _BEAM_GROUPS["first-position"],
        ),
        Mistake(
            "beam_search.wrong-parent",
            "다른 후보의 뒤에 이어 붙임",
            "i번째로 좋은 토큰을, 그 토큰을 낳은 후보가 아니라 i번째 후보의 뒤에 이어 붙였어요.",
            "고른 토큰마다 어느 후보에서 나왔는지 함께 찍어 봐요.",
            _BEAM["histories"],
            _BEAM_GROUPS["histories"],
        ),
        Mistake(
            "beam_search.bos-kept",
            "BOS가 남아 있음",
            "답의 맨 앞에 BOS가 들어 있어요. 문장이 아니라 시작 신호예요.",
            "돌려주기 전에 무엇을 떼어야 하는지 봐요.",
            _BEAM["bos-kept"],
            _BEAM_GROUPS["bos-kept"],
        ),
        Mistake(
            "beam_search.eos-kept",
            "EOS가 남아 있음",
            "끝난 후보의 맨 뒤에 EOS가 들어 있어요.",
            "끝난 후보를 담을 때 무엇을 떼어야 하는지 봐요.",
            _BEAM["eos-kept"],
            _BEAM_GROUPS["eos-kept"],
        ),
        Mistake(
            "beam_search.length-off-by-one",
            "스텝이 하나 어긋남",
            "토큰을 max_len개보다 하나 더 만들거나 하나 덜 만들었어요.",
            "BOS까지 세었는지, 반복이 몇 번 도는지 세어 봐요.",
            _BEAM["length"],
            _BEAM_GROUPS["length"],
        ),
    ),
    both=(
        Both(
            ("beam_search.bos-kept", "beam_search.prompt-counted"),
            (partial(_beam_bos_kept, penalty=_prompt_penalty),),
            _EVERYWHERE,
        ),
        Both(
            ("beam_search.equal-starts", "beam_search.no-length-penalty"),
            (partial(_beam_equal_starts, penalty=_no_penalty),),
            _EVERYWHERE,
        ),
    ),
    correct=(_beam, _beam_topk, *_READINGS),
)


# -- transformer_forward (보너스) --


def _model_params(rng, d, d_ff, vocab, layers, dtype=torch.float32):
    """표와 층들. 표의 표준편차는 d_model^-0.5라서 √d_model을 곱하면 위치와 크기가 비슷해요."""
    return {
        "E": rng.normal(vocab, d, dtype=dtype, scale=1.0 / math.sqrt(d)),
        "encoder": [_encoder_params(rng, d, d_ff, dtype) for _ in range(layers[0])],
        "decoder": [_decoder_params(rng, d, d_ff, dtype) for _ in range(layers[1])],
    }


# 층이 없으면 임베딩, 위치, 출력만 남아서 손으로 셀 수 있어요.
_FORWARD_EXAMPLE = _layer_case(
    "values",
    torch.tensor([[2]]),
    torch.tensor([[1, 2]]),
    {"E": torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), "encoder": [], "decoder": []},
    1,
    0,
)


def _forward_cases(rng):
    p12, p10 = _model_params(rng, 12, 20, 9, (2, 3)), _model_params(rng, 10, 10, 11, (3, 2))
    double = _model_params(rng, 10, 14, 8, (2, 2), torch.float64)
    # PAD의 번호를 적어 두면 티가 나게 0이 아닌 7을 써요. 두 문장의 길이가 같아서 마스크를 바꿔 써도 모양이 맞아요.
    src, tgt = rng.ids(3, 5, low=1, high=6), rng.ids(3, 5, low=1, high=6)
    src[0, 3:] = src[1, 4:] = 7
    tgt[0, 1] = tgt[2, 2] = 7
    short = rng.ids(1, 6, low=1, high=6)
    short[0, 4:] = 7
    real = (tgt != 7)[..., None]
    return [
        _layer_case("values", rng.ids(2, 5, low=1, high=8), rng.ids(2, 4, low=1, high=8), p12, 3, 0),
        _layer_case("values", rng.ids(3, 4, low=1, high=10), rng.ids(3, 6, low=1, high=10), p10, 2, 0),
        _layer_case("mask", src, tgt, p12, 3, 7, params={"ignore": ~real}),
        _layer_case("mask", short, rng.ids(1, 4, low=1, high=6), p10, 2, 7),
        _layer_case("float64", rng.ids(2, 3, low=1, high=7), rng.ids(2, 5, low=1, high=7), double, 5, 0),
    ]


def _places(T, d, first=0):
    angles = (torch.arange(T) + first)[:, None] * 10000.0 ** (-torch.arange(0, d, 2) / d)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)


def _begin(ids, E, scale=None, first=0):
    """임베딩과 위치. `first`가 None이면 위치를 더하지 않아요."""
    x = E[ids] * (math.sqrt(E.shape[1]) if scale is None else scale)
    return x if first is None else x + _places(ids.shape[1], E.shape[1], first)


def _both_scaled(ids, E):
    return (E[ids] + _places(ids.shape[1], E.shape[1])) * math.sqrt(E.shape[1])


def _fits(mask, T, S):
    """모양이 맞지 않으면 쓰지 않아요. 길이가 같은 사례에서만 값으로 드러나는 실수예요."""
    return mask if mask is None or mask.shape[-1] == S and mask.shape[-2] in (1, T) else None


def _forward(
    src,
    tgt_in,
    p,
    n_heads,
    pad_id,
    *,
    begin=_begin,
    begin_src=None,
    masks=lambda src_mask, tgt_mask: (src_mask, src_mask, tgt_mask),
    end=lambda x, E: x @ E.T,
    own=lambda layers, i: layers[i],
):
    """바른 모델에서 한 군데씩 바꿔 볼 수 있는 것. `masks`는 인코더, 크로스 어텐션, 셀프 어텐션의 마스크예요."""
    E, (S, T) = p["E"], (src.shape[1], tgt_in.shape[1])
    look, across, back = masks(*_masks(src, tgt_in, pad_id))
    memory, x = (begin_src or begin)(src, E), begin(tgt_in, E)
    for i in range(len(p["encoder"])):
        memory = _encoder(memory, own(p["encoder"], i), n_heads, _fits(look, S, S))
    for i in range(len(p["decoder"])):
        x = _decoder(x, memory, own(p["decoder"], i), n_heads, _fits(across, T, S), _fits(back, T, T))
    return end(x, E)


def _forward_memory_raw(src, tgt_in, p, n_heads, pad_id):
    """인코더를 지나지 않은 임베딩을 메모리로 넘겨요."""
    return _forward(src, tgt_in, p | {"encoder": []}, n_heads, pad_id)


def _forward_memory_early(src, tgt_in, p, n_heads, pad_id):
    return _forward(src, tgt_in, p | {"encoder": p["encoder"][:1]}, n_heads, pad_id)


def _forward_side_by_side(src, tgt_in, p, n_heads, pad_id):
    """디코더의 i층이 인코더의 i층을 봐요."""
    src_mask, tgt_mask = _masks(src, tgt_in, pad_id)
    memory, x, encoder = _begin(src, p["E"]), _begin(tgt_in, p["E"]), list(p["encoder"])
    for layer in p["decoder"]:
        if encoder:
            memory = _encoder(memory, encoder.pop(0), n_heads, src_mask)
        x = _decoder(x, memory, layer, n_heads, src_mask, tgt_mask)
    return x @ p["E"].T


def _forward_zip(src, tgt_in, p, n_heads, pad_id):
    """두 탑을 `zip`으로 함께 돌아요. 한쪽이 더 높으면 남은 층은 돌지 않아요."""
    both = min(len(p["encoder"]), len(p["decoder"]))
    return _forward_side_by_side(
        src, tgt_in, p | {side: p[side][:both] for side in ("encoder", "decoder")}, n_heads, pad_id
    )


def _forward_encoder_reads_target(src, tgt_in, p, n_heads, pad_id):
    return _forward(tgt_in, tgt_in, p, n_heads, pad_id)


def _forward_decoder_reads_source(src, tgt_in, p, n_heads, pad_id):
    return _forward(src, src, p, n_heads, pad_id)


def _forward_layers_from_start(src, tgt_in, p, n_heads, pad_id):
    """층마다 앞 층의 결과가 아니라 임베딩을 다시 넣어서, 마지막 층만 남아요."""
    last = {side: p[side][-1:] for side in ("encoder", "decoder")}
    return _forward(src, tgt_in, p | last, n_heads, pad_id)


def _forward_memory_and_output(src, tgt_in, p, n_heads, pad_id):
    """인코더의 결과에서 로짓을 구해요."""
    src_mask, _ = _masks(src, tgt_in, pad_id)
    memory = _begin(src, p["E"])
    for layer in p["encoder"]:
        memory = _encoder(memory, layer, n_heads, src_mask)
    return memory @ p["E"].T


def _forward_torch(src, tgt_in, p, n_heads, pad_id):
    """PyTorch의 층들로."""
    src_mask, tgt_mask = _masks(src, tgt_in, pad_id)
    memory, x = _begin(src, p["E"]), _begin(tgt_in, p["E"])
    for layer in p["encoder"]:
        memory = _encoder_torch(memory, layer, n_heads, src_mask)
    for layer in p["decoder"]:
        x = _decoder_torch(x, memory, layer, n_heads, src_mask, tgt_mask)
    return F.linear(x, p["E"])


def _forward_one_by_one(src, tgt_in, p, n_heads, pad_id):
    """문장을 하나씩, 가려야 할 뒤쪽 PAD는 잘라 내고 지나요."""
    rows = []
    for source, target in zip(src, tgt_in, strict=True):
        rows.append(_forward(source[source != pad_id][None], target[None], p, n_heads, pad_id))
    return torch.cat(rows)


_FORWARD_ALL = ("values", "mask", "float64")

TRANSFORMER_FORWARD = Exercise(
    name="transformer_forward",
    lesson=LESSON,
    title="앞으로 한 번",
    points=0,
    groups={
        "values": "PAD가 없을 때 로짓이 맞아요",
        "mask": "PAD가 있을 때 두 마스크가 제자리에 쓰여요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=transformer.transformer_forward,
    sample_cases=_forward_cases,
    examples=(_FORWARD_EXAMPLE,),
    uses=("encoder_layer", "decoder_layer", "make_masks"),
    mistakes=(
        Mistake(
            "transformer_forward.no-positions",
            "위치를 더하지 않음",
            "원문에도 번역문에도 위치를 더하지 않았어요. 단어의 순서를 알 길이 없어요.",
            "그림에서 임베딩과 첫 층 사이에 무엇이 있는지 봐요.",
            (partial(_forward, begin=partial(_begin, first=None)),),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.positions-one-side",
            "한쪽에만 위치를 더함",
            "원문과 번역문 가운데 한쪽에만 위치를 더했어요. 위치는 두 쪽 모두에 더해요.",
            "두 기둥의 아래쪽이 서로 같은지 그림에서 봐요.",
            (
                partial(_forward, begin=partial(_begin, first=None), begin_src=_begin),
                partial(_forward, begin_src=partial(_begin, first=None)),
            ),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.positions-from-one",
            "위치를 1부터 셈",
            "첫 토큰의 위치가 1이 됐어요. 위치는 0부터 세요.",
            "첫 토큰에 더한 벡터가 [0, 1, 0, 1, …]인지 찍어 봐요.",
            (partial(_forward, begin=partial(_begin, first=1)),),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.no-scale",
            "임베딩에 √D를 곱하지 않음",
            "표에서 꺼낸 벡터를 그대로 썼어요. 논문은 임베딩에 √d_model을 곱해요. 그대로 더하면 위치가 임베딩보다 커져요.",
            "레슨 7의 `embed`가 표에서 꺼낸 다음 무엇을 하는지 봐요.",
            (partial(_forward, begin=partial(_begin, scale=1.0)),),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.positions-scaled",
            "위치에도 √D를 곱함",
            "위치를 더한 다음에 √d_model을 곱했어요. 임베딩만 키우고 위치는 그대로 더해요.",
            "곱하는 것과 더하는 것의 차례를 봐요.",
            (partial(_forward, begin=_both_scaled),),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.memory-not-encoded",
            "메모리가 인코더를 다 지나지 않음",
            "디코더가 보는 메모리가 인코더의 맨 위의 출력이 아니에요. 임베딩이거나 중간 층의 출력이에요.",
            "인코더의 반복문이 끝난 다음의 값을 디코더에 넘기는지 봐요.",
            (_forward_memory_raw, _forward_memory_early),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.memory-per-layer",
            "디코더의 층마다 다른 메모리를 봄",
            "디코더의 첫 층은 인코더의 첫 층을, 둘째 층은 둘째 층을 봤어요. 디코더의 모든 층은 인코더 맨 위의 출력을 봐요.",
            "그림에서 메모리의 화살표가 어디서 나오는지 봐요. 두 탑을 한 반복문에서 함께 돌고 있지 않나요?",
            (_forward_side_by_side, _forward_zip),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.encoder-reads-target",
            "인코더가 번역문을 읽음",
            "인코더에 원문이 아니라 번역문이 들어갔어요. 원문이 바뀌어도 로짓이 그대로예요.",
            "`src`가 어디에 쓰이는지 찾아봐요.",
            (_forward_encoder_reads_target,),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.decoder-reads-source",
            "디코더가 원문에서 시작함",
            "디코더에 번역문이 아니라 원문이 들어갔어요.",
            "`tgt_in`이 어디에 쓰이는지 찾아봐요.",
            (_forward_decoder_reads_source,),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.logits-from-memory",
            "메모리에서 로짓을 구함",
            "디코더의 출력이 아니라 인코더의 출력에서 로짓을 구했어요.",
            "로짓의 길이가 번역문의 길이와 같은지 봐요.",
            (_forward_memory_and_output,),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.layers-from-start",
            "층마다 임베딩을 다시 넣음",
            "층의 입력이 앞 층의 출력이 아니라 늘 처음의 임베딩이에요. 마지막 층만 쓴 것과 같아요.",
            "반복문 안에서 층의 결과를 어느 이름에 담는지 봐요.",
            (_forward_layers_from_start,),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.layer-reused",
            "층 하나를 여러 번 씀",
            "층마다 자기 가중치가 있는데 첫 층의 것만 되풀이해 썼어요.",
            "반복문이 목록의 어느 것을 꺼내는지 봐요.",
            (partial(_forward, own=lambda layers, i: layers[0]),),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.masks-exchanged",
            "두 마스크를 바꿔 씀",
            "디코더의 층에 두 마스크를 반대로 넘겼어요. 두 문장의 길이가 같으면 예외도 없이 틀려요.",
            "`decoder_layer`의 인자가 어느 차례인지 봐요. 마스크는 키의 것이에요.",
            (partial(_forward, masks=lambda src_mask, tgt_mask: (src_mask, tgt_mask, src_mask)),),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "transformer_forward.future-visible",
            "번역문의 미래를 가리지 않음",
            "디코더가 번역문의 뒤를 볼 수 있어요. 번역문의 마스크가 층까지 가지 않았어요.",
            "`make_masks`의 둘째 값을 어디에 쓰는지 봐요.",
            (
                partial(_forward, masks=lambda src_mask, tgt_mask: (src_mask, src_mask, None)),
                partial(_forward, masks=lambda src_mask, tgt_mask: (None, None, None)),
            ),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.source-mask-ignored",
            "원문의 PAD를 가리지 않음",
            "원문의 마스크가 빠진 곳이 있어요. 인코더의 층과 디코더의 층이 모두 원문의 마스크를 받아요.",
            "`src_mask`가 몇 군데에 쓰이는지 세어 봐요.",
            (
                partial(_forward, masks=lambda src_mask, tgt_mask: (None, src_mask, tgt_mask)),
                partial(_forward, masks=lambda src_mask, tgt_mask: (src_mask, None, tgt_mask)),
                partial(_forward, masks=lambda src_mask, tgt_mask: (None, None, tgt_mask)),
            ),
            ("mask",),
        ),
        Mistake(
            "transformer_forward.pad-fixed",
            "PAD의 번호를 0으로 정해 둠",
            "`pad_id`가 무엇이든 0을 PAD로 봤어요.",
            "`make_masks`에 `pad_id`를 넘기는지 봐요.",
            (lambda src, tgt_in, p, n_heads, pad_id: _forward(src, tgt_in, p, n_heads, 0),),
            ("mask",),
        ),
        Mistake(
            "transformer_forward.softmax-added",
            "소프트맥스를 더함",
            "로짓이 아니라 확률이 나왔어요. 손실이 소프트맥스를 다시 하므로 두 번 하게 돼요.",
            "돌려줄 것이 로짓인지 확률인지 독스트링에서 봐요.",
            (
                partial(_forward, end=lambda x, E: (x @ E.T).softmax(-1)),
                partial(_forward, end=lambda x, E: (x @ E.T).log_softmax(-1)),
            ),
            _FORWARD_ALL,
        ),
        Mistake(
            "transformer_forward.logits-scaled",
            "로짓에도 √D를 곱하거나 나눔",
            "√d_model은 임베딩에만 곱해요. 같은 표를 쓰더라도 로짓에는 곱하지도 나누지도 않아요.",
            "마지막 줄에 표의 너비가 나오는지 봐요.",
            (
                partial(_forward, end=lambda x, E: x @ E.T * math.sqrt(E.shape[1])),
                partial(_forward, end=lambda x, E: x @ E.T / math.sqrt(E.shape[1])),
            ),
            _FORWARD_ALL,
        ),
    ),
    correct=(_forward, _forward_torch, _forward_one_by_one),
)


# -- transformer_param_count --


def _count_cases(rng):
    def sizes():
        return rng.int(70, 90), 2 * rng.int(4, 9), rng.int(2, 4), rng.int(30, 60)

    return [
        case("paper", *sizes()),
        case("paper", 37000, 512, 6, 2048),
        case("paper", 37000, 1024, 6, 4096, True, True),
        case("no_bias", 37000, 512, 6, 2048, bias=False),
        case("no_bias", *sizes(), True, False),
        case("untied", *sizes(), False, True),
        *(
            case("guard", *wrong, comparator="raises", params={"error": "ValueError"})
            for wrong in ((0, 8, 2, 16), (50, 0, 2, 16), (50, 8, 0, 16), (50, 8, 2, 0), (50, -8, 2, -16))
        ),
    ]


def _count(
    vocab,
    d_model,
    n_layers,
    d_ff,
    tied=True,
    bias=True,
    *,
    tables=(1, 3),
    matrices=4,
    biases=None,
    ffn_bias=(1, 1),
    norms=5,
    norm_size=2,
    attentions=3,
    feeds=2,
):
    """바른 셈에서 한 군데씩 바꿔 볼 수 있는 것.

    `tables`는 (함께 쓸 때, 따로 쓸 때)의 표, `biases`는 어텐션 하나의 편향, `ffn_bias`는 FFN의 두 편향,
    `norms`, `attentions`, `feeds`는 인코더와 디코더의 층 하나씩에 든 것의 수예요.
    """
    if min(vocab, d_model, n_layers, d_ff) < 1:
        raise ValueError("크기는 모두 1 이상이어야 해요.")
    attention = matrices * d_model * d_model + (matrices * bool(bias) if biases is None else biases) * d_model
    feed_forward = 2 * d_model * d_ff + ffn_bias[0] * d_ff + ffn_bias[1] * d_model
    layer = attentions * attention + feeds * feed_forward + norms * norm_size * d_model
    return tables[0 if tied else 1] * vocab * d_model + n_layers * layer


def _count_bias_twice(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, biases=8 * bool(bias))


def _count_bias_as_numbers(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, biases=0) + 3 * 4 * n_layers * bool(bias)


def _count_bias_everywhere(vocab, d_model, n_layers, d_ff, tied=True, bias=True, norm_size=2):
    size = 2 if bias else norm_size
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, ffn_bias=(bool(bias), bool(bias)), norm_size=size)


def _count_final_norms(vocab, d_model, n_layers, d_ff, tied=True, bias=True, norm_size=2):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, norm_size=norm_size) + 2 * norm_size * d_model


def _count_output_bias(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias) + vocab


def _count_by_shapes(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    if vocab <= 0 or d_model <= 0 or n_layers <= 0 or d_ff <= 0:
        raise ValueError("크기는 모두 1 이상이어야 해요.")
    projection = [(d_model, d_model)] * 4 + [(d_model,)] * (4 if bias else 0)
    hidden = [(d_model, d_ff), (d_ff,), (d_ff, d_model), (d_model,)]
    norm = [(d_model,), (d_model,)]
    layers = (projection + hidden + norm * 2 + projection * 2 + hidden + norm * 3) * n_layers
    return sum(math.prod(shape) for shape in layers + [(vocab, d_model)] * (1 if tied else 3))


def _count_by_module(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    if min(vocab, d_model, n_layers, d_ff) < 1:
        raise ValueError("크기는 모두 1 이상이어야 해요.")
    one = torch.nn.TransformerEncoderLayer(d_model, 1, d_ff, device="meta")
    two = torch.nn.TransformerDecoderLayer(d_model, 1, d_ff, device="meta")
    layer = sum(p.numel() for m in (one, two) for p in m.parameters()) - (0 if bias else 3 * 4 * d_model)
    return n_layers * layer + vocab * d_model * (1 if tied else 3)


_COUNT_GROUPS = ("paper", "no_bias", "untied")

TRANSFORMER_PARAM_COUNT = Exercise(
    name="transformer_param_count",
    lesson=LESSON,
    title="전체 파라미터 수",
    points=0,
    groups={
        "paper": "논문의 base와 big에서 맞아요",
        "no_bias": "어텐션에 편향이 없을 때도 맞아요",
        "untied": "표를 함께 쓰지 않을 때도 맞아요",
        "guard": "1보다 작은 크기는 ValueError예요",
    },
    reference=transformer.transformer_param_count,
    sample_cases=_count_cases,
    examples=(case("paper", 5, 2, 1, 3),),  # 표 10개, 인코더의 층 49개, 디코더의 층 77개
    mistakes=(
        Mistake(
            "transformer_param_count.untied",
            "표를 세 번 셈",
            "원문, 번역문, 출력이 표 하나를 함께 쓰는데 따로 세었어요.",
            "`tied`일 때 (V, D) 표가 몇 개인지 봐요.",
            (partial(_count, tables=(3, 3)),),
            ("paper", "no_bias"),
        ),
        Mistake(
            "transformer_param_count.too-few-tables",
            "따로 쓰는 표를 덜 셈",
            "`tied`가 False일 때 표가 셋인데 하나나 둘만 세었어요.",
            "표를 쓰는 곳이 어디어디인지 적어 봐요. 원문과 번역문 말고도 있어요.",
            (partial(_count, tables=(1, 1)), partial(_count, tables=(1, 2))),
            ("untied",),
        ),
        Mistake(
            "transformer_param_count.bias-miscounted",
            "어텐션의 편향을 잘못 셈",
            "어텐션의 편향을 빠뜨렸거나 두 번 세었어요.",
            "행렬 하나에 편향 하나, 어텐션 하나에 행렬이 네 개예요.",
            (partial(_count, biases=0), _count_bias_twice),
            ("paper", "untied"),
        ),
        Mistake(
            "transformer_param_count.bias-as-numbers",
            "편향 하나를 수 하나로 셈",
            "어텐션의 편향을 행렬마다 수 하나로 세었어요. 편향은 나가는 칸마다 수가 하나씩이에요.",
            "`x @ W`의 결과에 편향을 더하려면 편향의 길이가 얼마여야 하는지 봐요.",
            (_count_bias_as_numbers,),
            ("paper", "untied"),
        ),
        Mistake(
            "transformer_param_count.bias-always",
            "어텐션의 편향을 늘 셈",
            "`bias`가 False일 때도 어텐션의 편향을 세었어요.",
            "`bias`가 식의 어디에 쓰이는지 봐요.",
            (partial(_count, biases=4),),
            ("no_bias",),
        ),
        Mistake(
            "transformer_param_count.ffn-bias-dropped",
            "FFN의 편향까지 뺌",
            "`bias`가 False일 때 FFN의 편향까지 빠졌어요.",
            "`bias`가 무엇에 걸리는지 실습의 설명을 다시 봐요.",
            (_count_bias_everywhere, partial(_count_bias_everywhere, norm_size=1)),
            ("no_bias",),
        ),
        Mistake(
            "transformer_param_count.ffn-bias-missing",
            "FFN의 편향을 빠뜨림",
            "FFN의 첫째 편향(d_ff개)을 세지 않았거나, 두 편향을 모두 세지 않았어요.",
            "레슨 3에서 센 FFN의 파라미터 수와 견줘 봐요.",
            (partial(_count, ffn_bias=(0, 0)), partial(_count, ffn_bias=(0, 1))),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.output-matrix-missing",
            "W_o를 빠뜨림",
            "어텐션 하나를 행렬 세 개로 세었어요. 헤드를 이어 붙인 다음의 W_o도 있어요.",
            "레슨 6에서 센 멀티 헤드 어텐션의 파라미터 수와 견줘 봐요.",
            (partial(_count, matrices=3),),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.output-bias",
            "출력 투영의 편향을 더 셈",
            "어휘마다 하나씩, 출력 투영의 편향을 더 세었어요. 여기서는 출력 투영에 편향이 없어요.",
            "실습의 설명에서 편향이 있는 곳과 없는 곳을 다시 봐요.",
            (_count_output_bias,),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.final-norms",
            "마지막 정규화를 더 셈",
            "층들 뒤에 정규화를 하나씩 더 세었어요. Pre-LN에는 있지만 논문의 모델에는 없어요.",
            "논문 그림 1에서 노란 상자 밖에 정규화가 있는지 봐요.",
            (_count_final_norms,),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.no-cross-attention",
            "크로스 어텐션을 빠뜨림",
            "디코더의 층에는 어텐션이 두 개예요.",
            "그림 1의 오른쪽 상자에서 주황 상자를 세어 봐요.",
            (partial(_count, attentions=2),),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.norm-missing",
            "정규화 하나나 FFN의 둘째 편향을 빠뜨림",
            "인코더와 디코더의 층 한 쌍에서 2D개가 모자라요. 정규화 하나를 빠뜨렸거나, 두 FFN의 둘째 편향(D개)을 빠뜨렸어요.",
            "부분층마다 정규화가 하나이고, FFN마다 편향이 둘이에요. 어느 쪽을 덜 세었는지 봐요.",
            (partial(_count, norms=4), partial(_count, ffn_bias=(1, 0))),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.norms-not-counted",
            "정규화를 세지 않음",
            "층 정규화에도 배우는 수가 있는데 세지 않았어요.",
            "층 정규화의 식에서 배우는 글자가 무엇인지 봐요.",
            (partial(_count, norms=0),),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.half-norm",
            "정규화마다 하나만 셈",
            "층 정규화에서 γ와 β 가운데 하나만 세었어요.",
            "정규화 하나에 배우는 벡터가 몇 개인지 봐요.",
            (partial(_count, norm_size=1),),
            _COUNT_GROUPS,
        ),
        Mistake(
            "transformer_param_count.decoder-missing",
            "디코더를 빠뜨림",
            "인코더의 층만 세었어요.",
            "논문 그림 1에서 N×가 적힌 상자가 몇 개인지 봐요.",
            (partial(_count, attentions=1, feeds=1, norms=2),),
            _COUNT_GROUPS,
        ),
    ),
    both=(
        Both(
            ("transformer_param_count.bias-miscounted", "transformer_param_count.ffn-bias-missing"),
            (partial(_count, biases=0, ffn_bias=(0, 0)),),
            _COUNT_GROUPS,
        ),
        Both(
            ("transformer_param_count.half-norm", "transformer_param_count.final-norms"),
            (partial(_count_final_norms, norm_size=1),),
            _COUNT_GROUPS,
        ),
    ),
    correct=(_count_by_shapes, _count_by_module),
)


# -- bleu (보너스) --


def _grams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _shorter(c, r):
    return min(1.0, math.exp(1 - r / c))


def _no_brevity(c, r):
    return 1.0


def _long_rewarded(c, r):
    return math.exp(1 - r / c)


def _longer(c, r):
    return min(1.0, math.exp(1 - c / r))


def _ratio(c, r):
    return min(1.0, c / r)


def _geometric(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if all(ratios) else 0.0


def _arithmetic(ratios):
    return sum(ratios) / len(ratios)


def _product(ratios):
    return math.prod(ratios)


def _arithmetic_unless_zero(ratios):
    return _arithmetic(ratios) if all(ratios) else 0.0


def _unguarded(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def _bleu(
    hypotheses,
    references,
    *,
    clip=True,
    unique=False,
    penalty=_shorter,
    mean=_geometric,
    split=str.split,
    upto=4,
    smooth=0,
    over="hypothesis",
    scale=100,
):
    """바른 계산에서 한 군데씩 바꿔 볼 수 있는 것."""
    matched, total, ours, theirs = [0] * upto, [0] * upto, 0, 0
    for hypothesis, right in zip(hypotheses, references, strict=True):
        h, r = split(hypothesis), split(right)
        ours, theirs = ours + len(h), theirs + len(r)
        for n in range(1, upto + 1):
            got, want = _grams(h, n), _grams(r, n)
            if unique:
                got, want = Counter(set(got)), Counter(set(want))
            matched[n - 1] += sum(min(c, want[g]) if clip else c * (g in want) for g, c in got.items())
            total[n - 1] += sum((got if over == "hypothesis" else want).values())
    ratios = [(m + smooth) / (t + smooth) if t + smooth else 0.0 for m, t in zip(matched, total, strict=True)]
    return scale * mean(ratios) * (penalty(ours, theirs) if ours else 0.0)


def bleu(hypotheses, references):
    """기준 구현. 단어 1~4그램의 정밀도를 말뭉치 전체에서 모으고 짧은 번역에는 벌점을 줘요."""
    return _bleu(hypotheses, references)


_WORDS = (
    *("나는", "너는", "우리는", "학교에", "집에", "도서관에", "오늘", "어제", "내일", "책을", "밥을", "편지를"),
    *("읽었다.", "먹었다.", "썼다.", "갔다.", "왔다.", "잤다.", "큰", "작은", "파란", "빨간", "함께", "다시"),
)


def _bleu_cases(rng):
    def sentences(*lengths):
        """같은 단어가 두 번 나오지 않는 문장들."""
        words = rng.sample(_WORDS, sum(lengths))
        return [[words.pop() for _ in range(n)] for n in lengths]

    def nearly(words):
        """처음 두 단어 가운데 하나를 바꿔요."""
        out = list(words)
        out[rng.int(0, 1)] = "그"
        return out

    def join(rows):
        return [" ".join(row) for row in rows]

    right = sentences(7, 9, 6)
    exchanged = sentences(8, 6)  # 한 문장의 단어가 다른 문장의 번역에 나와도 맞은 것이 아니에요.
    moved = [[*exchanged[0][:-1], exchanged[1][-1]], [*exchanged[1][:-1], exchanged[0][-1]]]
    short, long, empty = sentences(8, 9, 7), sentences(6, 7), sentences(7, 5)
    repeated = sentences(8, 8)
    doubled = [[*row[:4], *row[:4]] for row in repeated]
    threes = sentences(6, 7)  # 3그램까지는 맞고 4그램은 하나도 맞지 않아요.
    broken = [[*row[:3], "그", *row[3:6]] for row in threes]
    return [
        case("values", join(map(nearly, right)), join(right)),
        case("values", join(moved), join(exchanged)),
        case("short", join([row[:-2] for row in map(nearly, short)]), join(short)),
        case("short", join([[*row, "그리고", "또"] for row in long]), join(long)),
        case("short", join([empty[0], []]), join(empty)),
        case("repeats", join(doubled), join(repeated)),
        case("zero", join(broken), join(threes)),
        case("zero", join([row[:3] for row in threes]), join([row[:3] for row in threes])),
        case("zero", ["", ""], join(threes)),
    ]


def _bleu_pooled(hypotheses, references):
    """번역을 모두, 정답을 모두 한데 부어 견줘요."""
    matched, total = [0] * 4, [0] * 4
    for n in range(1, 5):
        got, want = (
            Counter(g for s in side for g in _grams(s.split(), n).elements()) for side in (hypotheses, references)
        )
        matched[n - 1], total[n - 1] = (got & want).total(), got.total()
    ours, theirs = (sum(len(s.split()) for s in side) for side in (hypotheses, references))
    ratios = [m / t if t else 0.0 for m, t in zip(matched, total, strict=True)]
    return 100 * _geometric(ratios) * (_shorter(ours, theirs) if ours else 0.0)


def _bleu_sentences(hypotheses, references):
    return sum(_bleu([h], [r]) for h, r in zip(hypotheses, references, strict=True)) / len(references)


def _bleu_swapped(hypotheses, references):
    return _bleu(references, hypotheses)


def _bleu_zero_division(hypotheses, references):
    matched, total, ours, theirs = [0] * 4, [0] * 4, 0, 0
    for h, r in zip(map(str.split, hypotheses), map(str.split, references), strict=True):
        ours, theirs = ours + len(h), theirs + len(r)
        for n in range(4):
            matched[n] += (_grams(h, n + 1) & _grams(r, n + 1)).total()
            total[n] += _grams(h, n + 1).total()
    return 100 * math.prod(m / t for m, t in zip(matched, total, strict=True)) ** 0.25 * _shorter(ours, theirs)


def _bleu_sacre(hypotheses, references):
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(hypotheses, [references]).score


def _bleu_loop(hypotheses, references):
    log_sum = 0.0
    for n in (1, 2, 3, 4):
        hits = count = 0
        for h, r in zip(hypotheses, references, strict=True):
            left = [tuple(r.split()[i : i + n]) for i in range(len(r.split()) - n + 1)]
            for i in range(len(h.split()) - n + 1):
                count += 1
                if tuple(h.split()[i : i + n]) in left:
                    left.remove(tuple(h.split()[i : i + n]))
                    hits += 1
        if not hits:
            return 0.0
        log_sum += math.log(hits / count) / 4
    c, r = (sum(len(s.split()) for s in side) for side in (hypotheses, references))
    return 100 * math.exp(log_sum + min(0.0, 1 - r / c))


_BLEU_VALUES = ("values", "short", "repeats")

BLEU = Exercise(
    name="bleu",
    lesson=LESSON,
    title="BLEU",
    points=0,
    groups={
        "values": "n그램의 정밀도를 말뭉치에서 모아요",
        "short": "짧은 번역은 벌점을 받아요",
        "repeats": "되풀이한 단어는 정답에 있는 만큼만 세요",
        "zero": "맞은 4그램이 없으면 0이에요",
    },
    reference=bleu,
    sample_cases=_bleu_cases,
    examples=(
        case("values", ["나는 오늘 학교에 걸어 왔다"], ["나는 오늘 학교에 걸어 갔다"]),  # 4/5, 3/4, 2/3, 1/2
        case("values", ["나는 오늘 학교에 간다"], ["나는 오늘 학교에 간다"]),
    ),
    mistakes=(
        Mistake(
            "bleu.no-clipping",
            "되풀이를 모두 셈",
            "정답에 한 번 나온 말을 여러 번 되풀이해도 모두 맞은 것으로 세었어요.",
            "정답에 있는 개수보다 많이 세지 않아야 해요.",
            (partial(_bleu, clip=False),),
            ("repeats",),
        ),
        Mistake(
            "bleu.unique-grams",
            "되풀이를 한 번으로 침",
            "같은 n그램을 집합으로 모아 한 번씩만 세었어요. 되풀이한 만큼 점수가 깎이지 않아요.",
            "번역에 두 번 나온 것은 두 번 나왔다고 세어야 해요.",
            (partial(_bleu, unique=True),),
            ("repeats",),
        ),
        Mistake(
            "bleu.no-brevity-penalty",
            "짧은 번역에 벌점이 없음",
            "단어를 빼먹을수록 정밀도만으로는 점수가 높아져요.",
            "번역이 정답보다 짧을 때 곱하는 값이 있어요.",
            (partial(_bleu, penalty=_no_brevity),),
            ("short",),
        ),
        Mistake(
            "bleu.long-rewarded",
            "긴 번역에 점수를 더 줌",
            "번역이 정답보다 길면 1보다 큰 값을 곱했어요.",
            "식에서 `min`이 무엇을 막는지 봐요.",
            (partial(_bleu, penalty=_long_rewarded),),
            ("short",),
        ),
        Mistake(
            "bleu.penalty-inverted",
            "긴 번역에 벌점을 줌",
            "c와 r이 바뀌어서 짧은 번역이 아니라 긴 번역이 벌점을 받아요.",
            "c가 r보다 작을 때 1 - r/c가 음수인지 양수인지 봐요.",
            (partial(_bleu, penalty=_longer),),
            ("short",),
        ),
        Mistake(
            "bleu.penalty-ratio",
            "벌점이 길이의 비율",
            "짧은 번역에 c/r을 그대로 곱했어요. 식에는 지수 함수가 있어요.",
            "벌점의 식을 다시 봐요.",
            (partial(_bleu, penalty=_ratio),),
            ("short",),
        ),
        Mistake(
            "bleu.recall",
            "정답을 기준으로 나눔",
            "맞은 수를 번역이 아니라 정답의 n그램의 수로 나눴어요. 정밀도가 아니라 재현율이에요.",
            "`p_n`의 분모가 누구의 n그램인지 봐요.",
            (partial(_bleu, over="reference"), _bleu_swapped),
            ("short",),
        ),
        Mistake(
            "bleu.characters",
            "글자를 셈",
            "단어가 아니라 글자의 n그램을 셌어요. 점수가 훨씬 높게 나와서 논문의 BLEU와 견줄 수 없어요.",
            "문장을 먼저 단어로 나눠야 해요.",
            (partial(_bleu, split=list),),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.sentence-mean",
            "문장마다의 BLEU를 평균함",
            "문장마다 점수를 내어 평균했어요. BLEU는 개수를 말뭉치 전체에서 모은 다음 한 번 계산해요.",
            "나누기를 하기 전에 무엇을 더해야 하는지 봐요.",
            (_bleu_sentences,),
            ("values", "short"),
        ),
        Mistake(
            "bleu.sentences-mixed",
            "다른 문장의 정답과도 견줌",
            "번역을 모두, 정답을 모두 한데 모아 견줬어요. 그래서 다른 문장의 정답에 나온 말도 맞은 것이 됐어요.",
            "맞은 개수를 문장마다 세고 나서 더하는지 봐요.",
            (_bleu_pooled,),
            ("values",),
        ),
        Mistake(
            "bleu.unigrams-only",
            "단어 하나만 봄",
            "단어가 들어 있는지만 보고 순서는 보지 않았어요.",
            "몇 그램까지 보아야 하는지 식을 다시 봐요.",
            (partial(_bleu, upto=1),),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.up-to-three",
            "3그램까지만 봄",
            "1그램부터 3그램까지만 봤어요. 4그램도 있어요.",
            "`range`의 끝이 들어가는지 봐요.",
            (partial(_bleu, upto=3),),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.arithmetic-mean",
            "곱하지 않고 더해서 평균함",
            "네 정밀도를 더해서 4로 나눴어요. BLEU는 곱해서 네제곱근을 내요. 그래서 하나라도 0이면 0이에요.",
            "식의 큰 기호가 합인지 곱인지 봐요.",
            (partial(_bleu, mean=_arithmetic),),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.added-not-multiplied",
            "0은 막았지만 더해서 평균함",
            "네 정밀도를 더해서 4로 나눴어요. 맞은 것이 없을 때 0인 것은 따로 챙겼지만, BLEU는 곱해서 네제곱근을 내요.",
            "식의 큰 기호가 합인지 곱인지 봐요.",
            (partial(_bleu, mean=_arithmetic_unless_zero),),
            _BLEU_VALUES,
        ),
        Mistake(
            "bleu.no-root",
            "네제곱근을 내지 않음",
            "네 정밀도를 곱하기만 했어요.",
            "곱한 다음의 지수를 식에서 다시 봐요.",
            (partial(_bleu, mean=_product),),
            _BLEU_VALUES,
        ),
        Mistake(
            "bleu.zero-to-one",
            "0에서 1까지의 점수",
            "100을 곱하지 않았어요.",
            "독스트링이 약속한 점수의 범위를 봐요.",
            (partial(_bleu, scale=1),),
            _BLEU_VALUES,
        ),
        Mistake(
            "bleu.smoothed",
            "개수마다 1을 더함",
            "맞은 수와 전체 수에 1씩 더하고 나눴어요. 문장 하나를 매길 때 쓰는 방법이고, 여기서는 맞은 것이 없으면 0이에요.",
            "`p_n`의 식에 더하는 수가 있는지 봐요.",
            (partial(_bleu, smooth=1),),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.zero-fails",
            "맞은 것이 없으면 예외가 남",
            "맞은 n그램이나 번역의 n그램이 하나도 없을 때 0으로 나누거나 0의 로그를 구했어요.",
            "나누거나 로그를 구하기 전에, 맞은 것이 없는 경우를 따로 봐요.",
            (_bleu_zero_division, partial(_bleu, mean=_unguarded)),
            ("zero",),
        ),
    ),
    both=(
        Both(
            ("bleu.no-clipping", "bleu.no-brevity-penalty"),
            (partial(_bleu, clip=False, penalty=_no_brevity),),
            ("short", "repeats"),
        ),
    ),
    correct=(_bleu_sacre, _bleu_loop),
)

EXERCISES: tuple[Exercise, ...] = (
    ENCODER_LAYER,
    DECODER_LAYER,
    MAKE_MASKS,
    SHIFT_RIGHT,
    LABEL_SMOOTHED_LOSS,
    NOAM_LR,
    GREEDY_DECODE,
    TRANSFORMER_FORWARD,
    BEAM_SEARCH,
    TRANSFORMER_PARAM_COUNT,
    BLEU,
)
