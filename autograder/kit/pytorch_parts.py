"""조립에 쓰는 부품의 목록과, 빠진 자리에 통째로 들어가는 PyTorch의 모듈들.

실습의 함수와 같은 꼴로 부를 수 있는 것은 여기에 두지 않아요. 이 파일은 학습자 묶음에 들어가고, 떼어 붙여 답이 되는 것이 없어야 해요.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

LESSON = "08_full_transformer"
ATTENTION = ("W_q", "W_k", "W_v", "W_o")


@dataclass(frozen=True)
class Part:
    """조립에 쓰는 함수 하나. `instead`는 아직 없을 때 그 자리를 어떻게 하는지예요."""

    name: str
    lesson: str
    title: str
    instead: str


PARTS = (
    Part("sinusoidal_pe", "02_positional_encoding", "사인 위치 인코딩", "학습하는 위치 표 nn.Embedding"),
    Part("add_pe", "02_positional_encoding", "위치 더하기", "위치 표 nn.Embedding"),
    Part("ffn", "03_feed_forward", "피드포워드", "PyTorch의 층에 든 것"),
    Part("layer_norm", "04_residual_layernorm", "층 정규화", "nn.LayerNorm"),
    Part("post_norm", "04_residual_layernorm", "잔차와 정규화", "PyTorch의 층에 든 것"),
    Part("scaled_dot_product_attention", "05_attention_math", "어텐션", "PyTorch의 어텐션"),
    Part("multi_head_attention", "06_multi_head", "멀티 헤드 어텐션", "nn.MultiheadAttention"),
    Part("attend_with_cache", "06_multi_head", "KV 캐시", "캐시 없이 써요"),
    Part("train_bpe", "07_embedding_tokenizing", "BPE 학습", "tokenizers 라이브러리"),
    Part("bpe_encode", "07_embedding_tokenizing", "BPE로 나누기", "tokenizers 라이브러리"),
    Part("make_batch", "07_embedding_tokenizing", "배치 만들기", "PyTorch의 pad_sequence"),
    Part("embed", "07_embedding_tokenizing", "임베딩", "nn.Embedding"),
    Part("tied_logits", "07_embedding_tokenizing", "출력 로짓", "nn.Linear"),
    Part("encoder_layer", LESSON, "인코더의 층", "nn.TransformerEncoderLayer"),
    Part("decoder_layer", LESSON, "디코더의 층", "nn.TransformerDecoderLayer"),
    Part("make_masks", LESSON, "두 마스크", "nn.Transformer의 마스크(PAD는 PyTorch의 층에서만 가림)"),
    Part("transformer_forward", LESSON, "앞으로 한 번", "코스의 배선"),
    Part("shift_right", LESSON, "한 칸 밀기", "코스가 앞에 적는 BOS"),
    Part("label_smoothed_loss", LESSON, "손실", "nn.CrossEntropyLoss"),
    Part("noam_lr", LESSON, "학습률", "OneCycleLR"),
    Part("greedy_decode", LESSON, "그리디 디코딩", "모든 자리를 한꺼번에 고쳐 쓰기"),
    Part("beam_search", LESSON, "빔 서치", "쓰지 않아요"),
    Part("transformer_param_count", LESSON, "파라미터 수", "세지 않아요"),
    Part("bleu", LESSON, "BLEU", "sacrebleu 라이브러리"),
)


class Tap(threading.local):
    """층이 멀티 헤드 어텐션을 부르는 자리. 지도를 그릴 때는 인자를 적어 두고, 한 토큰씩 쓸 때는 캐시로 답해요.

    적어 둔 것은 실마다 따로예요. 셀이 학습하는 동안 다른 실의 화면(`inside.py`)이 같은 부품을 써도 섞이지 않아요.
    """

    def __init__(self, function: Callable[..., Tensor] | None, cached: Callable[..., Any] | None) -> None:
        self.function, self.cached = function, cached
        self.heard: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]] | None = None
        self.caches: dict[int, Any] | None = None  # 가중치 W_q에서 그 층의 캐시로

    def __call__(
        self,
        q_in: Tensor,
        kv_in: Tensor,
        W_q: Tensor,
        W_k: Tensor,
        W_v: Tensor,
        W_o: Tensor,
        n_heads: int,
        mask: Tensor | None = None,
    ) -> Tensor:
        """실습의 멀티 헤드 어텐션과 같은 꼴의 부름."""
        if self.heard is not None:
            self.heard.append((q_in, kv_in, W_q, W_k, mask))
        if self.cached is not None and self.caches is not None and id(W_q) in self.caches:
            out, self.caches[id(W_q)] = self.cached(q_in, self.caches[id(W_q)], W_q, W_k, W_v, W_o, n_heads)
            return out
        assert self.function is not None  # 없으면 이 자리에 PyTorch의 모듈이 있어요.
        return self.function(q_in, kv_in, W_q, W_k, W_v, W_o, n_heads, mask)


class Attention(nn.Module):
    """PyTorch의 층 안에 든 어텐션. 학습자의 것이 있으면 그것을, 없으면 `nn.MultiheadAttention`을 써요."""

    batch_first = False  # PyTorch의 층이 이 모듈을 건너뛰는 빠른 길로 가지 않게 해요.

    def __init__(self, d_model: int, n_heads: int, tap: Tap | None) -> None:
        super().__init__()
        self.tap, self.n_heads = tap, n_heads
        self.watched = False
        self.seen: Tensor | None = None  # 지켜보는 동안에만, 마지막으로 본 가중치 (B, H, T, S)를 남겨요.
        self.torch = nn.MultiheadAttention(d_model, n_heads, bias=False, batch_first=True) if tap is None else None
        self.p = nn.ParameterDict({} if tap is None else attention_weights(d_model))

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        key_padding_mask: Tensor | None = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        """PyTorch의 층이 부르는 꼴. 마스크는 층이 0과 -inf로 바꿔 줘요."""
        if self.torch is not None:
            out, self.seen = self.torch(
                query,
                key,
                value,
                attn_mask=attn_mask,
                key_padding_mask=key_padding_mask,
                need_weights=self.watched,
                average_attn_weights=False,
            )
            return out, None
        assert self.tap is not None
        seen = torch.ones(1, 1, 1, 1, dtype=torch.bool)
        if attn_mask is not None:  # (T, S)나, 문장과 헤드마다의 (B·H, T, S)
            seen = seen & attn_mask.view(-1, self.n_heads if attn_mask.dim() == 3 else 1, *attn_mask.shape[-2:]).eq(0)
        if key_padding_mask is not None:
            seen = seen & key_padding_mask[:, None, None].eq(0)
        return self.tap(query, key, **self.p, n_heads=self.n_heads, mask=seen), None


class Given(nn.Module):
    """학습자의 함수 하나에 배우는 가중치를 대 주는 모듈."""

    def __init__(self, function: Callable[..., Tensor], weights: Mapping[str, nn.Parameter]) -> None:
        super().__init__()
        self.function, self.p = function, nn.ParameterDict(weights)

    def forward(self, x: Tensor) -> Tensor:
        """함수에 `x`와 가중치를 넣어요."""
        return self.function(x, **self.p)


def fitted(layer: nn.Module, functions: Mapping[str, Callable[..., Any]], tap: Tap, d: int, d_ff: int, h: int) -> Any:
    """PyTorch의 층의 속을 학습자의 것이 있는 데까지 바꿔 끼워요."""
    for name in ("self_attn", "multihead_attn"):
        if hasattr(layer, name):
            setattr(layer, name, Attention(d, h, tap if "multi_head_attention" in functions else None))
    if "ffn" in functions:
        layer.linear1 = Given(functions["ffn"], ffn_weights(d, d_ff))
        layer.linear2 = layer.activation = nn.Identity()
    for name in ("norm1", "norm2", "norm3"):
        if "layer_norm" in functions and hasattr(layer, name):
            setattr(layer, name, Given(functions["layer_norm"], norm_weights(d)))
    return layer


def _matrix(rows: int, columns: int) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(rows, columns)))


def _vector(size: int, value: float = 0.0) -> nn.Parameter:
    return nn.Parameter(torch.full((size,), value))


def attention_weights(d_model: int) -> dict[str, nn.Parameter]:
    """어텐션 하나의 가중치."""
    return {name: _matrix(d_model, d_model) for name in ATTENTION}


def ffn_weights(d_model: int, d_ff: int) -> dict[str, nn.Parameter]:
    """피드포워드 하나의 가중치."""
    return {"W1": _matrix(d_model, d_ff), "b1": _vector(d_ff), "W2": _matrix(d_ff, d_model), "b2": _vector(d_model)}


def norm_weights(d_model: int) -> dict[str, nn.Parameter]:
    """층 정규화 하나의 가중치."""
    return {"gamma": _vector(d_model, 1.0), "beta": _vector(d_model)}


class Weights(nn.Module):
    """학습자의 층 함수에 넘길 가중치의 사전 `p`."""

    def __init__(self, d_model: int, d_ff: int, norms: int, *attentions: str) -> None:
        super().__init__()
        self.p: dict[str, dict[str, nn.Parameter]] = {name: attention_weights(d_model) for name in attentions}
        self.p["ffn"] = ffn_weights(d_model, d_ff)
        self.p |= {f"norm{i}": norm_weights(d_model) for i in range(1, norms + 1)}
        self.all = nn.ParameterList(w for group in self.p.values() for w in group.values())
