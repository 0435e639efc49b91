"""빠진 부품을 대신할 PyTorch의 함수들과, 조립에 쓰는 부품의 목록."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, trainers
from torch import Tensor

LESSON = "08_full_transformer"


def attention_with_weights(
    q_in: Tensor,
    kv_in: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
    mask: Tensor | None,
    need_weights: bool = True,
) -> tuple[Tensor, Tensor | None]:
    """PyTorch의 멀티 헤드 어텐션. q_in (B, T, D), kv_in (B, S, D) -> 출력 (B, T, D)와 가중치 (B, H, T, S)."""
    (B, T, D), S = q_in.shape, kv_in.shape[1]
    # PyTorch의 불 마스크는 True가 가림이라 뒤집어요.
    hidden = None if mask is None else ~mask.expand(B, n_heads, T, S).reshape(B * n_heads, T, S)
    query, memory = q_in.transpose(0, 1), kv_in.transpose(0, 1)
    out, weights = F.multi_head_attention_forward(
        query,
        memory,
        memory,
        D,
        n_heads,
        None,
        None,
        None,
        None,
        False,
        0.0,
        W_o.T,
        None,
        need_weights=need_weights,
        attn_mask=hidden,
        use_separate_proj_weight=True,
        q_proj_weight=W_q.T,
        k_proj_weight=W_k.T,
        v_proj_weight=W_v.T,
        average_attn_weights=False,
    )
    return out.transpose(0, 1), weights


def _attention(
    q_in: Tensor, kv_in: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor, n_heads: int, mask: Tensor | None
) -> Tensor:
    return attention_with_weights(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask, need_weights=False)[0]


def _feed_forward(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
    inner = F.relu(F.linear(x, W1.T, b1))  # (B, T, F)
    return F.linear(inner, W2.T, b2)


def _layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, gamma.shape, gamma, beta, eps)


def _post_norm(
    x: Tensor, sublayer: Callable[[Tensor], Tensor], gamma: Tensor, beta: Tensor, eps: float = 1e-5
) -> Tensor:
    return F.layer_norm(x + sublayer(x), gamma.shape, gamma, beta, eps)


def _dot_product_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-1], k.shape[-2])
    return (F.scaled_dot_product_attention(q, k, v, mask), F.scaled_dot_product_attention(q, k, eye, mask))


def _cached_attention(
    x_t: Tensor,
    cache: dict[str, Tensor] | None,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple[Tensor, dict[str, Tensor]]:
    B, _, D = x_t.shape
    q, k, v = (F.linear(x_t, W.T).view(B, 1, n_heads, D // n_heads).transpose(1, 2) for W in (W_q, W_k, W_v))
    if cache is not None:
        k, v = torch.cat((cache["k"], k), 2), torch.cat((cache["v"], v), 2)
    out = F.scaled_dot_product_attention(q, k, v)  # (B, H, 1, K)
    return F.linear(out.reshape(B, 1, D), W_o.T), {"k": k, "v": v}


def _sinusoid(max_len: int, d_model: int) -> Tensor:
    rate = torch.logspace(0, -4 * (1 - 2 / d_model), d_model // 2)
    angle = torch.outer(torch.arange(max_len, dtype=torch.float32), rate)
    return torch.stack((angle.sin(), angle.cos()), -1).flatten(1)  # (L, D)


def _embedding(ids: Tensor, E: Tensor) -> Tensor:
    return F.embedding(ids, E) * math.sqrt(E.shape[1])


def stacked(x: Tensor, p: Mapping[str, Any], sublayers: list[Callable[[Tensor], Tensor]]) -> Tensor:
    """부분층들을 차례로, 저마다 잔차와 `F.layer_norm`으로 감싸요."""
    for i, sublayer in enumerate(sublayers, 1):
        x = _post_norm(x, sublayer, **p[f"norm{i}"])
    return x


def layers_with(attention: Callable[..., Tensor]) -> dict[str, Callable[..., Tensor]]:
    """`attention`을 쓰는 인코더와 디코더의 층. 다른 어텐션을 끼워 보는 실험에도 써요."""

    def encoder_layer(x: Tensor, p: Mapping[str, Any], n_heads: int, src_mask: Tensor | None) -> Tensor:
        return stacked(
            x,
            p,
            [
                lambda h: attention(h, h, **p["attn"], n_heads=n_heads, mask=src_mask),
                lambda h: _feed_forward(h, **p["ffn"]),
            ],
        )

    def decoder_layer(
        x: Tensor,
        memory: Tensor,
        p: Mapping[str, Any],
        n_heads: int,
        src_mask: Tensor | None,
        tgt_mask: Tensor | None,
    ) -> Tensor:
        return stacked(
            x,
            p,
            [
                lambda h: attention(h, h, **p["self_attn"], n_heads=n_heads, mask=tgt_mask),
                lambda h: attention(h, memory, **p["cross_attn"], n_heads=n_heads, mask=src_mask),
                lambda h: _feed_forward(h, **p["ffn"]),
            ],
        )

    return {"encoder_layer": encoder_layer, "decoder_layer": decoder_layer}


def _both_masks(src: Tensor, tgt: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
    T = tgt.shape[1]
    hidden = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float32).isinf()
    return src.ne(pad_id)[:, None, None], tgt.ne(pad_id)[:, None, None].logical_and(~hidden)


def _smoothed(logits: Tensor, target: Tensor, eps: float, pad_id: int) -> Tensor:
    return F.cross_entropy(logits, target, label_smoothing=eps, ignore_index=pad_id)


def _rate(step: int, d_model: int, warmup: int) -> float:
    step = max(step, 1)
    return min(step / warmup, math.sqrt(warmup / step)) / math.sqrt(d_model * warmup)


def _greedy(step_fn: Callable[[Tensor], Tensor], bos: int, eos: int, max_len: int) -> list[int]:
    row = torch.tensor([[bos]])
    while row.shape[1] <= max_len and row[0, -1] != eos:
        row = F.pad(row, (0, 1), value=int(step_fn(row)[0, -1].argmax()))
    return [token for token in row[0, 1:].tolist() if token != eos]


def _merges(word_freq: Mapping[str, int], n_merges: int) -> list[tuple[str, str]]:
    """`tokenizers` 라이브러리로 배운 병합 목록."""
    tokenizer = Tokenizer(models.BPE())
    characters = {c for word in word_freq for c in word} | {"▁"}
    trainer = trainers.BpeTrainer(vocab_size=len(characters) + n_merges, show_progress=False)
    tokenizer.train_from_iterator((f"▁{word}" for word, n in word_freq.items() for _ in range(n)), trainer)
    return [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]


def _bpe(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """`tokenizers` 라이브러리의 BPE로 나눈 조각들."""
    pieces = dict.fromkeys([*"▁", *word, *(part for merge in merges for part in (*merge, "".join(merge)))])
    return [
        token.value for token in models.BPE({p: i for i, p in enumerate(pieces)}, list(merges)).tokenize(f"▁{word}")
    ]


@dataclass(frozen=True)
class Part:
    """조립에 쓰는 함수 하나와, 없을 때 대신할 것."""

    name: str
    lesson: str
    title: str
    stand_in: Callable[..., Any] | None
    source: str


PARTS = (
    Part("sinusoidal_pe", "02_positional_encoding", "사인 위치 인코딩", _sinusoid, "torch.logspace로 만든 표"),
    Part("add_pe", "02_positional_encoding", "위치 더하기", lambda x, pe: x + pe[: x.shape[1]], "텐서의 덧셈"),
    Part("ffn", "03_feed_forward", "피드포워드", _feed_forward, "F.linear와 F.relu"),
    Part("layer_norm", "04_residual_layernorm", "층 정규화", _layer_norm, "F.layer_norm"),
    Part("post_norm", "04_residual_layernorm", "잔차와 정규화", _post_norm, "F.layer_norm"),
    Part(
        "scaled_dot_product_attention",
        "05_attention_math",
        "어텐션",
        _dot_product_attention,
        "F.scaled_dot_product_attention",
    ),
    Part("multi_head_attention", "06_multi_head", "멀티 헤드 어텐션", _attention, "F.multi_head_attention_forward"),
    Part(
        "attend_with_cache", "06_multi_head", "KV 캐시", _cached_attention, "torch.cat과 F.scaled_dot_product_attention"
    ),
    Part("train_bpe", "07_embedding_tokenizing", "BPE 학습", _merges, "tokenizers 라이브러리"),
    Part("bpe_encode", "07_embedding_tokenizing", "BPE로 나누기", _bpe, "tokenizers 라이브러리"),
    Part("embed", "07_embedding_tokenizing", "임베딩", _embedding, "F.embedding"),
    Part("tied_logits", "07_embedding_tokenizing", "출력 로짓", F.linear, "F.linear"),
    Part("encoder_layer", LESSON, "인코더의 층", layers_with(_attention)["encoder_layer"], "PyTorch 함수로 쌓은 층"),
    Part("decoder_layer", LESSON, "디코더의 층", layers_with(_attention)["decoder_layer"], "PyTorch 함수로 쌓은 층"),
    Part("make_masks", LESSON, "두 마스크", _both_masks, "nn.Transformer의 마스크"),
    Part("shift_right", LESSON, "한 칸 밀기", lambda tgt, bos: F.pad(tgt, (1, -1), value=bos), "F.pad"),
    Part("label_smoothed_loss", LESSON, "손실", _smoothed, "F.cross_entropy"),
    Part("noam_lr", LESSON, "학습률", _rate, "키트의 일정"),
    Part("greedy_decode", LESSON, "그리디 디코딩", _greedy, "키트의 그리디"),
    Part("beam_search", LESSON, "빔 서치", None, "쓰지 않아요"),
)
