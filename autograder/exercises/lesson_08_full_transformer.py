"""레슨 8의 실습: 인코더와 디코더의 층, 마스크, 한 칸 밀기, 손실, 학습률, 두 가지 디코딩, 파라미터 수, BLEU."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging import argument_builders
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import decoding, loss, masks, schedule, transformer

LESSON = "08_full_transformer"


# -- 층을 이루는 것 --


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


def _lengths_mask(lengths, S):
    """길이들에서 패딩 마스크 (B, 1, 1, S). True가 볼 수 있음이에요."""
    return (torch.arange(S) < torch.tensor(lengths)[:, None])[:, None, None, :]


def _causal(T):
    return torch.ones(T, T).tril().bool()[None, None]


def _mha(q_in, kv_in, w, n_heads, mask):
    def split(x):
        return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    q, k, v = split(q_in @ w["W_q"]), split(kv_in @ w["W_k"]), split(kv_in @ w["W_v"])
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w["W_o"]


def _ffn(x, w):
    return torch.relu(x @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]


def _ln(x, w):
    return F.layer_norm(x, x.shape[-1:], w["gamma"], w["beta"])


# -- encoder_layer --


def _encoder_cases(rng):
    p12, p10 = _encoder_params(rng, 12, 20), _encoder_params(rng, 10, 10)
    x, alone = rng.normal(3, 6, 12), rng.normal(1, 4, 12)
    together = x.clone()
    together[1, :4] = alone[0]
    return [
        case("values", rng.normal(2, 5, 12), p12, 3, None),
        case("values", rng.normal(3, 4, 10), p10, 2, None),
        case("mask", rng.normal(2, 5, 12), p12, 3, _lengths_mask([3, 5], 5)),
        Case(
            "batch",
            (Call((alone, p12, 3, _lengths_mask([4], 4))), Call((together, p12, 3, _lengths_mask([6, 4, 5], 6)))),
            "batch",
            {"row": 1, "length": 4},
        ),
        case(
            "float64", rng.normal(2, 3, 10, dtype=torch.float64), _encoder_params(rng, 10, 14, torch.float64), 5, None
        ),
    ]


def _encoder_order(x, p, n_heads, src_mask):
    x = _ln(x + _ffn(x, p["ffn"]), p["norm1"])
    return _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm2"])


def _encoder_norm1_twice(x, p, n_heads, src_mask):
    x = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm1"])


def _encoder_norm2_twice(x, p, n_heads, src_mask):
    x = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm2"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm2"])


def _encoder_pre_norm(x, p, n_heads, src_mask):
    h = _ln(x, p["norm1"])
    x = x + _mha(h, h, p["attn"], n_heads, src_mask)
    return x + _ffn(_ln(x, p["norm2"]), p["ffn"])


def _encoder_no_residual(x, p, n_heads, src_mask):
    x = _ln(_mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(_ffn(x, p["ffn"]), p["norm2"])


def _encoder_residual_from_start(x, p, n_heads, src_mask):
    h = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(x + _ffn(h, p["ffn"]), p["norm2"])


def _encoder_mask_ignored(x, p, n_heads, src_mask):
    return _encoder_plain(x, p, n_heads, None)


def _encoder_plain(x, p, n_heads, src_mask):
    x = _ln(x + _mha(x, x, p["attn"], n_heads, src_mask), p["norm1"])
    return _ln(x + _ffn(x, p["ffn"]), p["norm2"])


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
            (_encoder_norm1_twice, _encoder_norm2_twice),
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
            "부분층의 출력만 정규화했어요. 입력이 지나갈 길이 없어졌어요.",
            "LayerNorm의 괄호 안에 항이 몇 개인지 봐요.",
            (_encoder_no_residual,),
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
            "encoder_layer.mask-ignored",
            "마스크를 쓰지 않음",
            "패딩까지 함께 봤어요. 그래서 배치에 누가 있느냐에 따라 결과가 달라져요.",
            "`src_mask`가 어텐션까지 전달되는지 봐요.",
            (_encoder_mask_ignored,),
            ("mask", "batch"),
        ),
    ),
    correct=(_encoder_plain, _encoder_one_by_one, _encoder_torch),
)


# -- decoder_layer --


def _decoder_cases(rng):
    p12, p10 = _decoder_params(rng, 12, 20), _decoder_params(rng, 10, 10)
    x, memory, changed = rng.normal(2, 6, 12), rng.normal(2, 4, 12), rng.normal(2, 6, 12)
    changed[:, :3] = x[:, :3]
    rest = (memory, p12, 3, _lengths_mask([4, 2], 4), _causal(6))
    return [
        case("values", rng.normal(2, 5, 12), rng.normal(2, 7, 12), p12, 3, None, None),
        case("values", rng.normal(3, 4, 10), rng.normal(3, 4, 10), p10, 2, None, None),
        # 두 문장의 길이가 같으면 마스크를 바꿔 써도 모양이 맞아요.
        case("mask", rng.normal(2, 5, 12), rng.normal(2, 5, 12), p12, 2, _lengths_mask([3, 4], 5), _causal(5)),
        case("mask", rng.normal(2, 4, 12), rng.normal(2, 6, 12), p12, 3, _lengths_mask([6, 2], 6), _causal(4)),
        Case("causal", (Call((x, *rest)), Call((changed, *rest))), "prefix", {"t": 3}),
        case(
            "float64",
            rng.normal(2, 3, 10, dtype=torch.float64),
            rng.normal(2, 4, 10, dtype=torch.float64),
            _decoder_params(rng, 10, 14, torch.float64),
            5,
            None,
            None,
        ),
    ]


def _decoder(
    x,
    memory,
    p,
    n_heads,
    src_mask,
    tgt_mask,
    *,
    self_attn="self_attn",
    cross_attn="cross_attn",
    norms=("norm1", "norm2", "norm3"),
    residual=True,
):
    def add(x, y, name):
        return _ln(x + y if residual else y, p[name])

    x = add(x, _mha(x, x, p[self_attn], n_heads, tgt_mask), norms[0])
    x = add(x, _mha(x, memory, p[cross_attn], n_heads, src_mask), norms[1])
    return add(x, _ffn(x, p["ffn"]), norms[2])


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


def _decoder_cross_target_mask(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, tgt_mask, tgt_mask)


def _decoder_masks_exchanged(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, tgt_mask, src_mask)


def _decoder_one_norm(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, norms=("norm1", "norm1", "norm1"))


def _decoder_norm2_twice(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, norms=("norm1", "norm2", "norm2"))


def _decoder_norm1_twice(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, norms=("norm1", "norm1", "norm3"))


def _decoder_self_twice(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, cross_attn="self_attn")


def _decoder_cross_twice(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, self_attn="cross_attn")


def _decoder_pre_norm(x, memory, p, n_heads, src_mask, tgt_mask):
    h = _ln(x, p["norm1"])
    x = x + _mha(h, h, p["self_attn"], n_heads, tgt_mask)
    x = x + _mha(_ln(x, p["norm2"]), memory, p["cross_attn"], n_heads, src_mask)
    return x + _ffn(_ln(x, p["norm3"]), p["ffn"])


def _decoder_no_residual(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask, residual=False)


def _decoder_target_mask_ignored(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, None)


def _decoder_source_mask_ignored(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, None, tgt_mask)


def _decoder_plain(x, memory, p, n_heads, src_mask, tgt_mask):
    return _decoder(x, memory, p, n_heads, src_mask, tgt_mask)


def _decoder_loop(x, memory, p, n_heads, src_mask, tgt_mask):
    """부분층을 목록에 담아 차례로 돌려요."""
    steps = (
        lambda h: _mha(h, h, p["self_attn"], n_heads, tgt_mask),
        lambda h: _mha(h, memory, p["cross_attn"], n_heads, src_mask),
        lambda h: _ffn(h, p["ffn"]),
    )
    for i, step in enumerate(steps, 1):
        h = x + step(x)
        centered = h - h.mean(-1, keepdim=True)
        scale = (centered.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt()
        x = centered * scale * p[f"norm{i}"]["gamma"] + p[f"norm{i}"]["beta"]
    return x


def _decoder_torch(x, memory, p, n_heads, src_mask, tgt_mask):
    D, d_ff = p["ffn"]["W1"].shape
    layer = torch.nn.TransformerDecoderLayer(D, n_heads, d_ff, dropout=0.0, batch_first=True, dtype=x.dtype)
    _load_attention(layer.self_attn, p["self_attn"])
    _load_attention(layer.multihead_attn, p["cross_attn"])
    _as_linear(layer.linear1, p["ffn"]["W1"], p["ffn"]["b1"])
    _as_linear(layer.linear2, p["ffn"]["W2"], p["ffn"]["b2"])
    for i in (1, 2, 3):
        _load_norm(getattr(layer, f"norm{i}"), p[f"norm{i}"])
    hidden = None if tgt_mask is None else ~tgt_mask[0, 0]
    return layer(x, memory, tgt_mask=hidden, memory_key_padding_mask=None if src_mask is None else ~src_mask[:, 0, 0])


DECODER_LAYER = Exercise(
    name="decoder_layer",
    lesson=LESSON,
    title="디코더의 층",
    points=14,
    groups={
        "values": "마스크가 없을 때 값이 맞아요",
        "mask": "두 마스크가 제자리에 쓰여요",
        "causal": "뒤의 토큰이 바뀌어도 앞의 출력은 그대로예요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=transformer.decoder_layer,
    sample_cases=_decoder_cases,
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
            "decoder_layer.masks-mixed",
            "두 마스크를 섞어 씀",
            "원문을 볼 때 번역문의 마스크를 썼어요. 두 문장의 길이가 같을 때는 예외도 없이 틀려요.",
            "어텐션마다 키가 어느 문장에서 오는지 적어 봐요. 마스크는 키의 것이에요.",
            (_decoder_cross_target_mask, _decoder_masks_exchanged),
            ("mask", "causal"),
        ),
        Mistake(
            "decoder_layer.norm-reused",
            "정규화 하나를 여러 번 씀",
            "서로 다른 부분층이 같은 γ와 β를 썼어요.",
            "복사한 줄에서 norm의 번호가 바뀌었는지 봐요.",
            (_decoder_one_norm, _decoder_norm1_twice, _decoder_norm2_twice),
            ("values", "mask", "float64"),
        ),
        Mistake(
            "decoder_layer.attention-reused",
            "어텐션의 가중치를 두 번 씀",
            "셀프 어텐션과 크로스 어텐션이 같은 가중치를 썼어요. 둘은 따로 배워요.",
            "`p`에서 꺼낸 이름이 줄마다 맞는지 봐요.",
            (_decoder_self_twice, _decoder_cross_twice),
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
            "부분층의 출력만 정규화했어요.",
            "LayerNorm의 괄호 안에 항이 몇 개인지 봐요.",
            (_decoder_no_residual,),
            ("values", "mask", "float64"),
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
    ),
    correct=(_decoder_plain, _decoder_loop, _decoder_torch),
)


# -- make_masks --


def _masks_cases(rng):
    cases = []
    for B, S, T, pad in ((2, 6, 5, 0), (3, 4, 6, 7)):
        src, tgt = rng.ids(B, S, low=1, high=6), rng.ids(B, T, low=1, high=6)
        src[0, -2:] = pad
        tgt[0, 2] = pad  # 줄 가운데의 PAD. 오른쪽 끝의 PAD는 인과 마스크가 이미 가려 줘서 티가 나지 않아요.
        tgt[1, -1] = pad
        padded = (tgt == pad)[:, None, :, None]  # 패딩 쿼리의 행에는 무엇이 있든 괜찮아요.
        for item, group in enumerate(("source", "target")):
            cases.append(
                case(group, src, tgt, pad, comparator="item", params={"item": item, "ignore": padded if item else None})
            )
    return cases


def _masks(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return (src != pad_id)[:, None, None, :], (tgt != pad_id)[:, None, None, :] & causal


def _masks_causal_only(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], torch.ones(len(tgt), 1, T, T).tril().bool()


def _masks_padding_only(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :].expand(-1, 1, T, T)


def _masks_either(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] | causal


def _masks_rows(src, tgt, pad_id):
    causal = torch.ones(tgt.shape[1], tgt.shape[1]).tril().bool()
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, :, None] & causal


def _masks_inverted(src, tgt, pad_id):
    source, target = _masks(src, tgt, pad_id)
    return ~source, ~target


def _masks_diagonal_leak(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] & torch.ones(T, T).tril(1).bool()


def _masks_diagonal_hidden(src, tgt, pad_id):
    T = tgt.shape[1]
    return _masks(src, tgt, pad_id)[0], (tgt != pad_id)[:, None, None, :] & torch.ones(T, T).tril(-1).bool()


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
    points=12,
    groups={"source": "원문의 마스크가 PAD인 키를 가려요", "target": "번역문의 마스크가 PAD와 미래를 함께 가려요"},
    reference=masks.make_masks,
    sample_cases=_masks_cases,
    mistakes=(
        Mistake(
            "make_masks.causal-without-padding",
            "미래만 가림",
            "번역문의 마스크가 미래는 가렸지만 PAD는 그대로 보여요. 오른쪽 끝의 PAD는 미래라서 우연히 가려질 뿐이에요.",
            "줄 가운데에 PAD가 있는 작은 문장으로 표를 찍어 봐요.",
            (_masks_causal_only,),
            ("target",),
        ),
        Mistake(
            "make_masks.padding-without-causal",
            "PAD만 가림",
            "번역문이 자기 뒤에 올 토큰을 볼 수 있어요. 답을 보고 답을 맞히는 셈이에요.",
            "번역문에는 가릴 것이 두 가지예요.",
            (_masks_padding_only,),
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
            "PAD인 토큰이 보지 못하게 했을 뿐, 다른 토큰이 PAD를 보는 것은 막지 않았어요.",
            "늘린 축의 자리를 봐요. 마지막 축이 보이는 쪽(키)이에요.",
            (_masks_rows,),
            ("target",),
        ),
        Mistake(
            "make_masks.inverted",
            "True와 False가 반대",
            "볼 수 있는 곳이 False가 됐어요. 이 책에서는 True가 볼 수 있음이에요.",
            "PAD가 아닌 것이 True예요.",
            (_masks_inverted,),
            ("source", "target"),
        ),
        Mistake(
            "make_masks.diagonal-off-by-one",
            "대각선이 하나 어긋남",
            "인과 마스크의 대각선이 한 칸 밀렸어요. 바로 다음 토큰이 새거나, 자기 자신까지 가려져요.",
            "0번째 행에서 True가 몇 개여야 하는지 세어 봐요.",
            (_masks_diagonal_leak, _masks_diagonal_hidden),
            ("target",),
        ),
    ),
    correct=(_masks_loop, _masks_arange, _masks_rows_too),
)


# -- shift_right --


def _shift_cases(rng):
    return [case("values", rng.ids(B, T, low=3, high=30), bos) for B, T, bos in ((2, 5, 1), (3, 4, 2))] + [
        case("padded", torch.cat([rng.ids(2, 3, low=3, high=30), torch.zeros(2, 2, dtype=torch.long)], dim=1), 1)
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


def _shift_rolled(tgt, bos):
    return tgt.roll(1, dims=1)


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
    points=6,
    groups={"values": "BOS로 시작하고 마지막 토큰이 빠져요", "padded": "PAD가 있어도 똑같이 밀려요"},
    reference=transformer.shift_right,
    sample_cases=_shift_cases,
    mistakes=(
        Mistake(
            "shift_right.no-shift",
            "밀지 않음",
            "t번째 자리의 입력에 t번째 정답이 그대로 있어요. 모델은 베끼기만 하면 되니 손실은 0에 가까워지고 번역은 하나도 못 해요.",
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
            "shift_right.rolled",
            "마지막 토큰이 앞으로 돌아옴",
            "맨 앞에 BOS가 아니라 문장의 마지막 토큰이 왔어요.",
            "`roll`은 밀려난 것을 반대쪽에 넣어요.",
            (_shift_rolled,),
            ("values", "padded"),
        ),
    ),
    correct=(_shift_roll_fill, _shift_new, _shift_lists),
)


# -- label_smoothed_loss --


def _loss_cases(rng):
    def batch(n, V, pad, dtype=torch.float32):
        target = rng.ids(n, low=0, high=V - 1)
        target[:3] = torch.tensor([(pad + 1) % V, pad, (pad + 4) % V])
        logits = rng.normal(n, V, dtype=dtype, scale=2.0)
        logits.scatter_add_(
            1, target[:, None], torch.full((n, 1), -4.0, dtype=dtype)
        )  # 자리마다의 차이가 서로 지워지지 않게
        logits[:, pad] -= 4
        return logits, target

    plain, smooth, double = batch(7, 9, 0), batch(8, 9, 2), batch(6, 11, 0, torch.float64)
    return [
        case("plain", *plain, 0.0, 0),
        case("smooth", *smooth, 0.1, 2),
        case("smooth", *batch(7, 9, 0), 0.3, 0),
        Case("gradient", (Call((*smooth, 0.2, 2), grad_of=(0,)),)),
        case("float64", *double, 0.15, 0),
    ]


def _kl(logits, target, weights, pad_id):
    """자리마다의 정답 분포 `weights` (N, V)와의 교차 엔트로피를 PAD가 아닌 자리에서 평균해요."""
    losses = -(weights * F.log_softmax(logits, -1)).sum(-1)
    keep = target != pad_id
    return losses[keep].mean()


def _spread(logits, target, other, right):
    weights = torch.full_like(logits, other)
    return weights.scatter(1, target[:, None], right)


def _loss_over_others(logits, target, eps, pad_id):
    V = logits.shape[1]
    return _kl(logits, target, _spread(logits, target, eps / (V - 1), 1 - eps), pad_id)


def _loss_annotated(logits, target, eps, pad_id):
    weights = _spread(logits, target, eps / (logits.shape[1] - 2), 1 - eps)
    weights[:, pad_id] = 0
    return _kl(logits, target, weights, pad_id)


def _loss_pad_column(logits, target, eps, pad_id):
    share = eps / (logits.shape[1] - 1)
    weights = _spread(logits, target, share, 1 - eps + share)
    weights[:, pad_id] = 0
    return _kl(logits, target, weights, pad_id)


def _loss_row_sum(logits, target, eps, pad_id):
    return _kl(logits, target, _spread(logits, target, eps / logits.shape[1], 1 - eps), pad_id)


def _loss_row_sum_pad(logits, target, eps, pad_id):
    share = eps / logits.shape[1]
    weights = _spread(logits, target, share, 1 - eps + share)
    weights[:, pad_id] = 0
    return _kl(logits, target, weights, pad_id)


def _loss_pad_divides(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps, reduction="sum") / len(target)


def _loss_pad_counted(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, label_smoothing=eps)


def _loss_softmax_first(logits, target, eps, pad_id):
    return F.cross_entropy(logits.softmax(-1), target, ignore_index=pad_id, label_smoothing=eps)


def _loss_no_smoothing(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id)


def _loss_sum(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps, reduction="sum")


def _loss_detached(logits, target, eps, pad_id):
    return F.cross_entropy(logits.detach(), target, ignore_index=pad_id, label_smoothing=eps)


def _loss_torch(logits, target, eps, pad_id):
    return F.cross_entropy(logits, target, ignore_index=pad_id, label_smoothing=eps)


def _loss_one_hot(logits, target, eps, pad_id):
    V = logits.shape[1]
    weights = F.one_hot(target, V).to(logits.dtype) * (1 - eps) + eps / V
    return _kl(logits, target, weights, pad_id)


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
    points=13,
    groups={
        "plain": "eps가 0이면 보통의 교차 엔트로피예요",
        "smooth": "eps만큼을 어휘 전체에 고르게 나눠요",
        "gradient": "기울기가 로짓까지 흘러요",
        "float64": "float64를 넣으면 float64로 맞아요",
    },
    reference=loss.label_smoothed_loss,
    sample_cases=_loss_cases,
    mistakes=(
        Mistake(
            "label_smoothed_loss.spread-over-others",
            "정답을 뺀 칸에만 나눔",
            "eps를 V칸이 아니라 V-1칸이나 V-2칸에 나눴어요. 그렇게 적은 구현도 있지만 이 책과 `F.cross_entropy`는 정답 칸까지 V칸에 나눠요.",
            "나누는 칸에 정답 자신도 들어가는지 봐요.",
            (_loss_over_others, _loss_annotated),
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
            "정답 분포 한 줄의 합이 1이 아니에요. 나눠 준 몫의 일부가 사라졌어요.",
            "한 줄을 모두 더해 봐요. 정답 칸이 받는 몫은 두 가지예요.",
            (_loss_row_sum, _loss_row_sum_pad),
            ("smooth", "gradient", "float64"),
        ),
        Mistake(
            "label_smoothed_loss.pad-in-mean",
            "PAD 자리도 평균에 넣음",
            "PAD인 자리를 세어서 평균이 달라졌어요. 패딩이 많은 배치일수록 더 어긋나요.",
            "무엇으로 나누는지 봐요. PAD가 아닌 자리의 수예요.",
            (_loss_pad_divides, _loss_pad_counted),
            ("plain", "smooth", "gradient", "float64"),
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
            "label_smoothed_loss.detached",
            "계산 그래프가 끊김",
            "값은 맞지만 기울기가 로짓까지 흐르지 않아서 아무것도 배우지 못해요.",
            "`.detach()`나 `.item()`을 쓴 곳이 있는지 봐요.",
            (_loss_detached,),
            ("gradient",),
        ),
    ),
    correct=(_loss_torch, _loss_one_hot, _loss_loop),
)


# -- noam_lr --

_noam_case = partial(case, atol=1e-14, rtol=1e-6)  # 학습률은 아주 작은 수라서 상대 오차로만 봐요.


def _noam_cases(rng):
    d, warmup = rng.choice((128, 256, 384)), rng.int(500, 900)
    return [
        _noam_case("warmup", rng.int(20, 60), 512, 4000),
        _noam_case("warmup", warmup // 2, d, warmup),
        _noam_case("peak", 4000, 512, 4000),
        _noam_case("peak", warmup, d, warmup),
        _noam_case("decay", 3 * warmup + rng.int(0, 50), d, warmup),
        _noam_case("zero", 0, 512, 4000),
    ]


def _noam(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def _noam_zero(step, d_model, warmup):
    return _noam(step, d_model, warmup)


def _noam_late(step, d_model, warmup):
    return _noam(max(step - 1, 1), d_model, warmup)


def _noam_early(step, d_model, warmup):
    return _noam(step + 1, d_model, warmup)


def _noam_warmup_power(step, d_model, warmup):
    step = max(step, 1)
    return d_model**-0.5 * min(step**-0.5, step * warmup**-0.5)


def _noam_max(step, d_model, warmup):
    step = max(step, 1)
    return d_model**-0.5 * max(step**-0.5, step * warmup**-1.5)


def _noam_no_d_model(step, d_model, warmup):
    return _noam(max(step, 1), 1, warmup)


def _noam_times_d_model(step, d_model, warmup):
    return d_model * _noam(max(step, 1), d_model, warmup)


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
    points=8,
    groups={
        "warmup": "워밍업 동안 곧게 올라요",
        "peak": "warmup번째 스텝에서 가장 커요",
        "decay": "그 뒤로는 천천히 내려가요",
        "zero": "0번째 스텝은 1로 쳐요",
    },
    reference=schedule.noam_lr,
    sample_cases=_noam_cases,
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
    ),
    correct=(_noam_branches, _noam_tensor),
)


# -- 한 스텝 함수 --


def _step(rng, V, L, eos, end):
    """마지막 두 토큰과 자리로 다음 토큰의 로짓을 정하는 함수의 재료. `end`는 EOS의 로짓에 더하는 값이에요."""
    place = rng.normal(L, V)
    place[:, eos] += end
    return BuiltArgument(
        "next_token", {"last": rng.normal(V, V, scale=1.2), "before": rng.normal(V, V), "place": place}
    )


def _differs(expected, got):
    """두 디코딩의 결과가 토큰이나 점수에서 뚜렷이 다른지."""
    if isinstance(expected, tuple) and isinstance(got, tuple):
        return expected[0] != got[0] or abs(expected[1] - got[1]) > 1e-2 * (1 + abs(expected[1]))
    return expected != got


def _telling_cases(group, make, reference, wrong, at_least=2, agree=()):
    """`wrong`의 함수마다 티가 나는 사례가 하나는 있게 모아요. 우연히 맞는 실수를 놓치지 않으려고요.

    `agree`는 똑같이 옳은 다른 풀이예요. 이들과 답이 갈리는 사례는 쓰지 않아요.
    """
    chosen: list[Case] = []
    left = list(wrong)
    while left or len(chosen) < at_least:
        step, *rest = make()
        expected = reference(argument_builders.build(step.kind, step.data), *rest)
        if any(_differs(expected, f(argument_builders.build(step.kind, step.data), *rest)) for f in agree):
            continue
        shown = [f for f in left if _differs(expected, f(argument_builders.build(step.kind, step.data), *rest))]
        if shown or (not left and len(chosen) < at_least):
            left = [f for f in left if f not in shown]
            chosen.append(case(group, step, *rest))
    return chosen


# -- greedy_decode --


def _greedy_cases(rng):
    V, L, bos, eos = 8, 9, 1, 2

    def ends():
        while True:
            step = _step(rng, V, L + 2, eos, 0.0)
            if 3 <= len(decoding.greedy_decode(argument_builders.build(step.kind, step.data), bos, eos, L)) <= L - 3:
                return step, bos, eos, L

    at_once = _step(rng, V, L, eos, 30.0)
    return [
        *_telling_cases("ends", ends, decoding.greedy_decode, (_greedy_first, _greedy_no_stop)),
        *_telling_cases(
            "limit",
            lambda: (_step(rng, V, L + 2, eos, -30.0), bos, eos, L - 2),
            decoding.greedy_decode,
            (_greedy_first, _greedy_too_many, _greedy_too_few),
        ),
        case("at_once", at_once, bos, eos, L - 1),
    ]


def _greedy_first(step_fn, bos, eos, max_len):
    tokens = [bos]
    for _ in range(max_len):
        token = int(step_fn(torch.tensor([tokens]))[0, 0].argmax())
        if token == eos:
            break
        tokens.append(token)
    return tokens[1:]


def _greedy_no_stop(step_fn, bos, eos, max_len):
    tokens = [bos]
    for _ in range(max_len):
        tokens.append(int(step_fn(torch.tensor([tokens]))[0, -1].argmax()))
    return tokens[1:]


def _greedy(step_fn, bos, eos, max_len):
    tokens = [bos]
    for _ in range(max_len):
        tokens.append(int(step_fn(torch.tensor([tokens]))[0, -1].argmax()))
        if tokens[-1] == eos:
            return tokens
    return tokens


def _greedy_bos_kept(step_fn, bos, eos, max_len):
    return [token for token in _greedy(step_fn, bos, eos, max_len) if token != eos]


def _greedy_eos_kept(step_fn, bos, eos, max_len):
    return _greedy(step_fn, bos, eos, max_len)[1:]


def _greedy_too_many(step_fn, bos, eos, max_len):
    return _greedy_right(step_fn, bos, eos, max_len + 1)


def _greedy_too_few(step_fn, bos, eos, max_len):
    return _greedy_right(step_fn, bos, eos, max_len - 1)


def _greedy_right(step_fn, bos, eos, max_len):
    return [token for token in _greedy(step_fn, bos, eos, max_len)[1:] if token != eos]


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


GREEDY_DECODE = Exercise(
    name="greedy_decode",
    lesson=LESSON,
    title="그리디 디코딩",
    points=9,
    groups={
        "ends": "EOS가 나오면 멈춰요",
        "limit": "EOS가 없어도 max_len개에서 멈춰요",
        "at_once": "처음부터 EOS면 빈 목록이에요",
    },
    reference=decoding.greedy_decode,
    sample_cases=_greedy_cases,
    mistakes=(
        Mistake(
            "greedy_decode.first-position",
            "첫 자리의 로짓을 봄",
            "스텝마다 첫 자리의 예측을 읽어서 같은 토큰만 되풀이돼요.",
            "로짓 (1, t, V)에서 다음 토큰을 말하는 것이 몇 번째 자리인지 봐요.",
            (_greedy_first,),
            ("ends", "limit"),
        ),
        Mistake(
            "greedy_decode.no-stop",
            "EOS에서 멈추지 않음",
            "EOS가 나온 뒤에도 계속 이어 썼어요.",
            "반복을 끝내는 조건이 있는지 봐요.",
            (_greedy_no_stop,),
            ("ends", "at_once"),
        ),
        Mistake(
            "greedy_decode.bos-kept",
            "BOS가 남아 있음",
            "답의 맨 앞에 BOS가 들어 있어요. 문장이 아니라 시작 신호예요.",
            "돌려주기 전에 무엇을 떼어야 하는지 봐요.",
            (_greedy_bos_kept,),
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
            "greedy_decode.length-off-by-one",
            "길이가 하나 어긋남",
            "EOS가 나오지 않을 때 토큰이 max_len개가 아니에요.",
            "BOS까지 세었는지, 반복이 몇 번 도는지 세어 봐요.",
            (_greedy_too_many, _greedy_too_few),
            ("limit",),
        ),
    ),
    correct=(_greedy_right, _greedy_tensor, _greedy_recursive),
)


# -- beam_search --


def _beam(
    step_fn,
    bos,
    eos,
    beam,
    alpha,
    max_len,
    *,
    starts=1,
    log=True,
    power=1,
    prompt=0,
    keep=True,
    extend=False,
    stop=False,
    slot=False,
    raw=False,
):
    """바른 빔 서치에서 한 군데씩 어긋나게 할 수 있는 것. 실수들이 한 몸을 나눠 써요."""
    live, finished = [(0.0, [bos])] * starts, []
    for length in range(1, max_len + 1):
        logits = step_fn(torch.tensor([tokens for _, tokens in live]))[:, -1]
        step = logits if raw else logits.log_softmax(-1) if log else logits.softmax(-1)
        grown = [
            (total + value, token, tokens)
            for (total, tokens), row in zip(live, step.tolist(), strict=True)
            for token, value in enumerate(row)
        ]
        live = []
        for total, token, tokens in sorted(grown, key=lambda c: (-c[0], c[1])):
            if token == eos and not extend:
                finished.append((total / ((5 + length + prompt) / 6) ** (alpha * power), tokens[1:]))
            else:
                live.append((total, [*tokens, token]))
            if len(live) >= beam - (len(finished) if slot else 0):
                break
        if not live or (stop and finished):
            break
    if stop and finished:
        live = []
    finished = finished if keep else []
    size = max_len + prompt
    finished += [
        (total / ((5 + size) / 6) ** (alpha * power), [t for t in tokens[1:] if t != eos]) for total, tokens in live
    ]
    score, tokens = max(finished, key=lambda c: c[0]) if finished else (0.0, [])
    return tokens, score


def _beam_equal_starts(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, starts=beam)


def _beam_no_penalty(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, 0.0, max_len)


def _beam_multiplied(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, power=-1)


def _beam_finished_lost(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, keep=False)


def _beam_extended(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, extend=True)


def _beam_stop_first(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, stop=True)


def _beam_probabilities(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, log=False)


def _beam_logits(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, raw=True)


def _beam_prompt_counted(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, prompt=1)


def _beam_slot(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len, slot=True)


def _beam_right(step_fn, bos, eos, beam, alpha, max_len):
    return _beam(step_fn, bos, eos, beam, alpha, max_len)


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
_SEARCH = (
    _beam_equal_starts,
    _beam_finished_lost,
    _beam_extended,
    _beam_stop_first,
    _beam_probabilities,
    _beam_logits,
    _beam_slot,
)
_LENGTH = (*_SEARCH, _beam_no_penalty, _beam_multiplied, _beam_prompt_counted)
_LIMIT = (
    _beam_equal_starts,
    _beam_no_penalty,
    _beam_multiplied,
    _beam_probabilities,
    _beam_logits,
    _beam_prompt_counted,
)


def _beam_cases(rng):
    V, L, bos, eos = 7, 6, 1, 2

    def make(beam, alpha, end):
        return lambda: (_step(rng, V, L + 2, eos, end), bos, eos, beam, alpha, L)

    return [
        *_telling_cases("search", make(2, 0.0, 0.6), decoding.beam_search, _SEARCH, agree=_READINGS),
        *_telling_cases("length", make(3, 1.0, 0.8), decoding.beam_search, _LENGTH, agree=_READINGS),
        *_telling_cases("limit", make(3, 0.6, -30.0), decoding.beam_search, _LIMIT, agree=_READINGS),
    ]


BEAM_SEARCH = Exercise(
    name="beam_search",
    lesson=LESSON,
    title="빔 서치",
    points=15,
    groups={
        "search": "길이 벌점이 없을 때 으뜸 문장과 점수가 맞아요",
        "length": "길이 벌점을 넣어도 맞아요",
        "limit": "끝나지 않은 후보끼리도 바르게 겨뤄요",
    },
    reference=decoding.beam_search,
    sample_cases=_beam_cases,
    mistakes=(
        Mistake(
            "beam_search.equal-starts",
            "같은 시작이 여럿",
            "처음부터 똑같은 후보가 여러 개라서 늘 똑같이 자라요. 빔을 넓혀도 그리디와 같은 답이 나와요.",
            "첫 스텝에 살아 있는 후보가 몇 개여야 하는지 봐요.",
            (_beam_equal_starts,),
            ("search", "length", "limit"),
        ),
        Mistake(
            "beam_search.no-length-penalty",
            "길이 벌점이 없음",
            "로그 확률의 합을 길이에 맞춰 나누지 않아서 짧은 문장이 유리해요.",
            "`alpha`가 점수의 어디에 쓰이는지 봐요.",
            (_beam_no_penalty,),
            ("length", "limit"),
        ),
        Mistake(
            "beam_search.penalty-multiplied",
            "길이 벌점을 곱함",
            "로그 확률은 음수예요. 길이 벌점을 곱하면 긴 문장이 더 손해를 봐요.",
            "점수의 식에서 벌점이 분자인지 분모인지 봐요.",
            (_beam_multiplied,),
            ("length", "limit"),
        ),
        Mistake(
            "beam_search.finished-lost",
            "끝난 후보를 잃어버림",
            "EOS로 끝난 후보가 마지막 겨루기에 나오지 않았어요.",
            "끝난 후보를 어디에 담아 두는지 봐요.",
            (_beam_finished_lost,),
            ("search", "length"),
        ),
        Mistake(
            "beam_search.finished-extended",
            "끝난 후보를 더 늘림",
            "EOS로 끝난 문장 뒤에 토큰을 더 이어 붙였어요.",
            "EOS가 나온 후보를 살아 있는 후보에서 빼는지 봐요.",
            (_beam_extended,),
            ("search", "length"),
        ),
        Mistake(
            "beam_search.stop-at-first-eos",
            "첫 EOS에서 모두 멈춤",
            "후보 하나가 끝나자마자 멈춰서 더 나은 후보가 자라지 못했어요.",
            "언제까지 찾아야 하는지 독스트링을 다시 봐요.",
            (_beam_stop_first,),
            ("search", "length"),
        ),
        Mistake(
            "beam_search.probabilities",
            "확률을 더함",
            "로그를 하지 않은 확률을 더했어요. 이어지는 일의 확률은 곱해야 하고, 로그를 하면 더하기가 돼요.",
            "소프트맥스 다음에 무엇을 해야 하는지 봐요.",
            (_beam_probabilities,),
            ("search", "length", "limit"),
        ),
        Mistake(
            "beam_search.raw-logits",
            "로짓을 그대로 더함",
            "로짓은 아직 확률이 아니에요. 자리마다 크기의 기준이 달라서 더할 수 없어요.",
            "로짓을 로그 확률로 바꾸는 함수를 찾아봐요.",
            (_beam_logits,),
            ("search", "length", "limit"),
        ),
        Mistake(
            "beam_search.prompt-counted",
            "BOS까지 길이에 넣음",
            "길이 벌점의 L에 BOS가 들어갔어요. 만든 토큰만 세요.",
            "첫 스텝에서 L이 얼마여야 하는지 봐요.",
            (_beam_prompt_counted,),
            ("length", "limit"),
        ),
        Mistake(
            "beam_search.finished-takes-slot",
            "끝난 후보가 자리를 차지함",
            "끝난 후보가 나올 때마다 살아 있는 후보가 줄어 빔이 좁아졌어요.",
            "EOS로 끝난 후보는 자리를 쓰지 않아요. 살아 있는 후보만 beam개예요.",
            (_beam_slot,),
            ("search", "length"),
        ),
    ),
    correct=(_beam_right, _beam_topk, *_READINGS),
)


# -- transformer_param_count --


def _count_cases(rng):
    sizes = (rng.int(50, 90), 2 * rng.int(4, 9), rng.int(2, 4), rng.int(30, 60))
    return [
        case("paper", 37000, 512, 6, 2048),
        case("paper", 37000, 1024, 6, 4096, True, True),
        case("no_bias", 37000, 512, 6, 2048, bias=False),
        case("no_bias", *sizes, True, False),
        case("untied", *sizes, False, True),
        case("guard", 0, 8, 2, 16, comparator="raises", params={"error": "ValueError"}),
    ]


def _count(
    vocab,
    d_model,
    n_layers,
    d_ff,
    tied=True,
    bias=True,
    *,
    tables=None,
    attention_bias=None,
    ffn_bias=1,
    extra=0,
    cross=1,
    norms=5,
):
    if min(vocab, d_model, n_layers, d_ff) < 1:
        raise ValueError("크기는 모두 1 이상이어야 해요.")
    attention = 4 * d_model * d_model + (int(bias) if attention_bias is None else attention_bias) * 4 * d_model
    feed_forward = 2 * d_model * d_ff + ffn_bias * (d_model + d_ff)
    layer = (2 + cross) * attention + 2 * feed_forward + norms * 2 * d_model
    return (tables or (1 if tied else 3)) * vocab * d_model + n_layers * layer + extra * 2 * d_model


def _count_untied(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, tables=3)


def _count_bias_forgotten(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, attention_bias=0)


def _count_bias_twice(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, attention_bias=2 * bias)


def _count_bias_everywhere(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, ffn_bias=int(bias))


def _count_final_norms(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, extra=2)


def _count_no_cross(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, cross=0)


def _count_four_norms(vocab, d_model, n_layers, d_ff, tied=True, bias=True):
    return _count(vocab, d_model, n_layers, d_ff, tied, bias, norms=4)


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


TRANSFORMER_PARAM_COUNT = Exercise(
    name="transformer_param_count",
    lesson=LESSON,
    title="전체 파라미터 수",
    points=6,
    groups={
        "paper": "논문의 base와 big에서 맞아요",
        "no_bias": "어텐션에 편향이 없을 때도 맞아요",
        "untied": "표를 함께 쓰지 않을 때도 맞아요",
        "guard": "1보다 작은 크기는 ValueError예요",
    },
    reference=transformer.transformer_param_count,
    sample_cases=_count_cases,
    mistakes=(
        Mistake(
            "transformer_param_count.untied",
            "표를 세 번 셈",
            "원문, 번역문, 출력이 표 하나를 함께 쓰는데 따로 세었어요.",
            "`tied`일 때 (V, D) 표가 몇 개인지 봐요.",
            (_count_untied,),
            ("paper", "no_bias"),
        ),
        Mistake(
            "transformer_param_count.bias-miscounted",
            "어텐션의 편향을 잘못 셈",
            "어텐션의 편향을 빠뜨렸거나 두 번 세었어요.",
            "행렬 하나에 편향 하나, 어텐션 하나에 행렬이 네 개예요.",
            (_count_bias_forgotten, _count_bias_twice),
            ("paper", "untied"),
        ),
        Mistake(
            "transformer_param_count.ffn-bias-dropped",
            "FFN의 편향까지 뺌",
            "`bias`가 False일 때 FFN의 편향까지 빠졌어요.",
            "`bias`가 무엇에 걸리는지 실습의 설명을 다시 봐요.",
            (_count_bias_everywhere,),
            ("no_bias",),
        ),
        Mistake(
            "transformer_param_count.final-norms",
            "마지막 정규화를 더 셈",
            "층들 뒤에 정규화를 하나씩 더 세었어요. Pre-LN에는 있지만 논문의 모델에는 없어요.",
            "논문 그림 1에서 노란 상자 밖에 정규화가 있는지 봐요.",
            (_count_final_norms,),
            ("paper", "no_bias", "untied"),
        ),
        Mistake(
            "transformer_param_count.no-cross-attention",
            "크로스 어텐션을 빠뜨림",
            "디코더의 층에는 어텐션이 두 개예요.",
            "그림 1의 오른쪽 상자에서 주황 상자를 세어 봐요.",
            (_count_no_cross,),
            ("paper", "no_bias", "untied"),
        ),
        Mistake(
            "transformer_param_count.norm-missing",
            "정규화 하나를 빠뜨림",
            "인코더의 층에 둘, 디코더의 층에 셋이 있어요.",
            "부분층마다 정규화가 하나예요.",
            (_count_four_norms,),
            ("paper", "no_bias", "untied"),
        ),
    ),
    correct=(_count_by_shapes, _count_by_module),
)


# -- bleu (보너스) --


def _grams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _bleu(hypotheses, references, *, clip=True, brevity=True, mean="geometric", split=str.split, upto=4):
    matched, total, ours, theirs = [0] * upto, [0] * upto, 0, 0
    for hypothesis, right in zip(hypotheses, references, strict=True):
        h, r = split(hypothesis), split(right)
        ours, theirs = ours + len(h), theirs + len(r)
        for n in range(1, upto + 1):
            got, want = _grams(h, n), _grams(r, n)
            matched[n - 1] += sum(min(c, want[g]) if clip else c * (g in want) for g, c in got.items())
            total[n - 1] += sum(got.values())
    if not all(matched):
        return 0.0
    ratios = [m / t for m, t in zip(matched, total, strict=True)]
    precision = math.exp(sum(map(math.log, ratios)) / upto) if mean == "geometric" else sum(ratios) / upto
    return 100 * precision * (min(1.0, math.exp(1 - theirs / ours)) if brevity else 1.0)


def bleu(hypotheses, references):
    """기준 구현. 단어 1~4그램의 정밀도를 말뭉치 전체에서 모으고 짧은 번역에는 벌점을 줘요."""
    return _bleu(hypotheses, references)


_WORDS = ("나는", "너는", "학교에", "집에", "오늘", "어제", "책을", "밥을", "읽었다", "먹었다", "갔다", "왔다")


def _bleu_cases(rng):
    def sentence(length):
        return [rng.choice(_WORDS) for _ in range(length)]

    def nearly(words):
        out = list(words)
        out[rng.int(0, 1)] = "그"
        return out

    def join(rows):
        return [" ".join(row) for row in rows]

    right = [sentence(n) for n in (7, 9, 6)]
    short = [sentence(n) for n in (8, 10, 7)]
    repeated = [sentence(n) for n in (8, 7, 9)]
    doubled = [[*row[:4], *row[:4]] for row in repeated]
    return [
        case("values", join(map(nearly, right)), join(right)),
        case("short", join([row[:-2] for row in map(nearly, short)]), join(short)),
        case("repeats", join(doubled), join(repeated)),
        case(
            "zero",
            join([row[::-1] for row in (list(_WORDS[:6]), list(_WORDS[6:]))]),
            join([list(_WORDS[:6]), list(_WORDS[6:])]),
        ),
    ]


def _bleu_no_clip(hypotheses, references):
    return _bleu(hypotheses, references, clip=False)


def _bleu_no_brevity(hypotheses, references):
    return _bleu(hypotheses, references, brevity=False)


def _bleu_characters(hypotheses, references):
    return _bleu(hypotheses, references, split=list)


def _bleu_sentences(hypotheses, references):
    return sum(_bleu([h], [r]) for h, r in zip(hypotheses, references, strict=True)) / len(references)


def _bleu_unigrams(hypotheses, references):
    return _bleu(hypotheses, references, upto=1)


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
    mistakes=(
        Mistake(
            "bleu.no-clipping",
            "되풀이를 모두 셈",
            "정답에 한 번 나온 말을 여러 번 되풀이해도 모두 맞은 것으로 세었어요.",
            "정답에 있는 개수보다 많이 세지 않아야 해요.",
            (_bleu_no_clip,),
            ("repeats",),
        ),
        Mistake(
            "bleu.no-brevity-penalty",
            "짧은 번역에 벌점이 없음",
            "단어를 빼먹을수록 정밀도만으로는 점수가 높아져요.",
            "번역이 정답보다 짧을 때 곱하는 값이 있어요.",
            (_bleu_no_brevity,),
            ("short",),
        ),
        Mistake(
            "bleu.characters",
            "글자를 셈",
            "단어가 아니라 글자의 n그램을 셌어요. 점수가 훨씬 높게 나와서 논문의 BLEU와 견줄 수 없어요.",
            "문장을 먼저 단어로 나눠야 해요.",
            (_bleu_characters,),
            ("values", "short", "repeats", "zero"),
        ),
        Mistake(
            "bleu.sentence-mean",
            "문장마다의 BLEU를 평균함",
            "문장마다 점수를 내어 평균했어요. BLEU는 개수를 말뭉치 전체에서 모은 다음 한 번 계산해요.",
            "나누기를 하기 전에 무엇을 더해야 하는지 봐요.",
            (_bleu_sentences,),
            ("values", "short", "repeats"),
        ),
        Mistake(
            "bleu.unigrams-only",
            "단어 하나만 봄",
            "단어가 들어 있는지만 보고 순서는 보지 않았어요.",
            "몇 그램까지 보아야 하는지 식을 다시 봐요.",
            (_bleu_unigrams,),
            ("values", "short", "repeats", "zero"),
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
    BEAM_SEARCH,
    TRANSFORMER_PARAM_COUNT,
    BLEU,
)
