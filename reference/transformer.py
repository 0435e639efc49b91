"""Transformer 전체: 지금까지의 조각을 인코더와 디코더로 조립해요 (레슨 8, 논문 그림 1).

B 배치, S 소스 길이, T 타깃 길이, D = d_model, V 어휘 크기. 마스크는 True = 볼 수 있음 (masks.py).
앞쪽은 수업에서 함께 쓰는 함수, 뒤쪽은 같은 식을 모듈로 만든 것이에요.
"""

from __future__ import annotations

from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.dropout import drop_words, dropout
from reference.embedding import Embedding, embed, tied_logits
from reference.feed_forward import FeedForward, ffn
from reference.masks import make_masks, mask_bias
from reference.multi_head import LayerCache, MultiHeadAttention, multi_head_attention
from reference.norm import AddNorm, deep_norm_pair_scales, make_norm, post_norm
from reference.positional import Positions, add_pe, sinusoidal_pe

Params = dict[str, Any]


def encoder_layer(x: Tensor, p: Params, n_heads: int, src_mask: Tensor | None) -> Tensor:
    """셀프 어텐션 → 피드포워드, 각각 잔차와 층 정규화로 감싸요 (논문 §3.1). x (B, S, D) → (B, S, D).

    p는 {"attn": W_q W_k W_v W_o, "ffn": W1 b1 W2 b2, "norm1" "norm2": gamma beta}예요.
    """
    x = post_norm(x, lambda h: multi_head_attention(h, h, **p["attn"], n_heads=n_heads, mask=src_mask), **p["norm1"])
    return post_norm(x, lambda h: ffn(h, **p["ffn"]), **p["norm2"])  # (B, S, D)


def decoder_layer(
    x: Tensor, memory: Tensor, p: Params, n_heads: int, src_mask: Tensor | None, tgt_mask: Tensor | None
) -> Tensor:
    """가린 셀프 어텐션 → 크로스 어텐션 → 피드포워드 (논문 §3.1). x (B, T, D), memory (B, S, D) → (B, T, D).

    p는 {"self_attn", "cross_attn": W_q W_k W_v W_o, "ffn": W1 b1 W2 b2, "norm1" "norm2" "norm3": gamma beta}예요.
    """
    attend = multi_head_attention
    x = post_norm(x, lambda h: attend(h, h, **p["self_attn"], n_heads=n_heads, mask=tgt_mask), **p["norm1"])
    x = post_norm(x, lambda h: attend(h, memory, **p["cross_attn"], n_heads=n_heads, mask=src_mask), **p["norm2"])
    return post_norm(x, lambda h: ffn(h, **p["ffn"]), **p["norm3"])  # (B, T, D)


def transformer_forward(src: Tensor, tgt_in: Tensor, p: Params, n_heads: int, pad_id: int) -> Tensor:
    """원문과 한 칸 민 번역문에서 로짓까지 (논문 그림 1). src (B, S), tgt_in (B, T) 정수 → (B, T, V).

    p는 {"E": 임베딩 표 (V, D), "encoder"와 "decoder": 층마다의 가중치의 목록}이에요. 표 하나를 셋이 함께 써요 (§3.4).
    """
    src_mask, tgt_mask = make_masks(src, tgt_in, pad_id)
    memory, x = (add_pe(embed(ids, p["E"]), sinusoidal_pe(ids.size(1), p["E"].size(1))) for ids in (src, tgt_in))
    for layer in p["encoder"]:
        memory = encoder_layer(memory, layer, n_heads, src_mask)  # (B, S, D)
    for layer in p["decoder"]:
        x = decoder_layer(x, memory, layer, n_heads, src_mask, tgt_mask)  # (B, T, D)
    return tied_logits(x, p["E"])


def shift_right(tgt: Tensor, bos: int) -> Tensor:
    """디코더의 입력은 정답을 한 칸 민 것이에요: BOS로 시작하고 마지막 토큰은 빠져요 (논문 §3.1). (B, T) → (B, T)."""
    return F.pad(tgt[:, :-1], (1, 0), value=bos)


def transformer_param_count(
    vocab: int, d_model: int, n_layers: int, d_ff: int, tied: bool = True, bias: bool = True
) -> int:
    """인코더-디코더의 파라미터를 세요 (논문 표 3). base, 어휘 37,000개를 함께 쓰면 63,082,496개예요.

    `tied`는 표 하나를 셋이 함께 쓰는지, `bias`는 어텐션의 투영에 편향이 있는지예요. 크기가 1보다 작으면 ValueError예요.
    """
    if min(vocab, d_model, n_layers, d_ff) < 1:
        raise ValueError(f"크기는 모두 1 이상이어야 해요: {vocab}, {d_model}, {n_layers}, {d_ff}")
    attention = 4 * d_model * d_model + (4 * d_model if bias else 0)
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    norm = 2 * d_model
    encoder = attention + feed_forward + 2 * norm
    decoder = 2 * attention + feed_forward + 3 * norm
    return (1 if tied else 3) * vocab * d_model + n_layers * (encoder + decoder)


class EncoderLayer(nn.Module):
    """`encoder_layer`의 모듈이에요 (논문 §3.1, 그림 1 왼쪽). alpha와 beta는 DeepNorm의 배율이에요."""

    def __init__(self, config: ModelConfig, alpha: float = 1.0, beta: float = 1.0) -> None:
        super().__init__()
        self.self_attn = MultiHeadAttention(config, beta)
        self.ffn = FeedForward(config, beta)
        self.norm1, self.norm2 = AddNorm(config, alpha), AddNorm(config, alpha)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """x (B, S, D), bias는 `mask_bias`의 결과 → (B, S, D)."""
        x = self.norm1(x, lambda h: self.self_attn(h, bias))
        return self.norm2(x, self.ffn)


class DecoderLayer(nn.Module):
    """`decoder_layer`의 모듈이에요 (논문 §3.1, 그림 1 오른쪽). alpha와 beta는 DeepNorm의 배율이에요."""

    def __init__(self, config: ModelConfig, alpha: float = 1.0, beta: float = 1.0) -> None:
        super().__init__()
        self.self_attn, self.cross_attn = MultiHeadAttention(config, beta), MultiHeadAttention(config, beta)
        self.ffn = FeedForward(config, beta)
        self.norm1, self.norm2, self.norm3 = (AddNorm(config, alpha) for _ in range(3))

    def forward(
        self, x: Tensor, memory: Tensor | None, bias: Tensor | None, src_bias: Tensor | None, cache: LayerCache | None
    ) -> Tensor:
        """x (B, T, D), memory (B, S, D) → (B, T, D). 캐시가 있으면 memory 대신 캐시의 키와 값을 봐요.

        둘 다 없으면 ValueError예요.
        """
        if cache is not None:
            heads = cache.memory
        elif memory is not None:
            heads = self.cross_attn.memory_heads(memory)
        else:
            raise ValueError("디코더 층에는 memory나 cache 가운데 하나가 있어야 해요.")
        x = self.norm1(x, lambda h: self.self_attn(h, bias, cache=cache))
        x = self.norm2(x, lambda h: self.cross_attn(h, src_bias, memory=heads))
        return self.norm3(x, self.ffn)


class Transformer(nn.Module):
    """논문의 인코더-디코더예요: Post-LN, 마지막 정규화 없음, 표 하나를 소스·타깃·출력이 함께 써요 (§3)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.positions = Positions(config)
        N = config.n_layers
        enc_scales, dec_scales = deep_norm_pair_scales(N, N) if config.deep_norm else ((1.0, 1.0), (1.0, 1.0))
        self.encoder = nn.ModuleList(EncoderLayer(config, *enc_scales) for _ in range(N))
        self.decoder = nn.ModuleList(DecoderLayer(config, *dec_scales) for _ in range(N))
        # Pre-LN은 마지막 층 뒤에 정규화가 하나 더 있어야 출력이 정리돼요. 논문(Post-LN)에는 없어요.
        self.encoder_norm = make_norm(config) if config.norm_first else nn.Identity()
        self.decoder_norm = make_norm(config) if config.norm_first else nn.Identity()

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src (B, S), tgt_in (B, T) 정수 (BOS로 시작) → 로짓 (B, T, V)."""
        return self.logits(self.hidden(src, tgt_in))

    def hidden(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """로짓 바로 앞까지예요. 학습은 여기서 PAD가 아닌 자리만 골라 `logits`에 넣어요. → (B, T, D)."""
        src_mask, tgt_mask = make_masks(src, tgt_in, self.config.pad_id)
        return self.decode(tgt_in, self.encode(src, src_mask), tgt_mask, src_mask)

    def encode(self, src: Tensor, src_mask: Tensor | None) -> Tensor:
        """src (B, S) 정수, src_mask (B, 1, 1, S) → 기억 memory (B, S, D)."""
        x = self.start(src)  # (B, S, D)
        bias = mask_bias(src_mask, x.dtype)
        for layer in self.encoder:
            x = layer(x, bias)
        return self.encoder_norm(x)

    def decode(
        self,
        tgt_in: Tensor,
        memory: Tensor | None,
        tgt_mask: Tensor | None,
        src_mask: Tensor | None,
        cache: list[LayerCache] | None = None,
    ) -> Tensor:
        """tgt_in (B, T), memory (B, S, D), tgt_mask (B, 1, T, T), src_mask (B, 1, 1, S) → (B, T, D).

        캐시가 있으면 tgt_in (B, n)은 문장마다 다음 자리에 올 후보 n개이고, tgt_mask (B, 1, n, 지난 칸 + n)는
        후보가 볼 캐시 칸이에요 (None이면 전부). 이때 memory는 쓰지 않아요.
        """
        step = None if cache is None else cache[0].step
        x = self.start(tgt_in, step)  # (B, T, D)
        if cache is not None:
            tgt_mask = cache[0].cover(tgt_mask, tgt_in.size(1))
        bias, src_bias = mask_bias(tgt_mask, x.dtype), mask_bias(src_mask, x.dtype)
        for i, layer in enumerate(self.decoder):
            x = layer(x, memory, bias, src_bias, None if cache is None else cache[i])
        return self.decoder_norm(x)

    def start(self, ids: Tensor, step: int | None = None) -> Tensor:
        """층에 들어갈 벡터예요: 임베딩 + 위치 인코딩, 그리고 드롭아웃 (논문 §3.4, §3.5, §5.4). ids (B, T) → (B, T, D)."""
        x = drop_words(self.embedding(ids), self.config.word_dropout, self.training)
        return dropout(self.positions(x, step), self.config.dropout, self.training)

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden (..., D) → (..., V). 공유하는 임베딩 표를 전치해 써요 (논문 §3.4)."""
        return self.embedding.logits(hidden)

    def encoder_layers(self) -> list[EncoderLayer]:
        """인코더의 층들이에요. nn.ModuleList는 담은 것의 형을 잊어서 여기서 다시 적어요."""
        return cast("list[EncoderLayer]", list(self.encoder))

    def decoder_layers(self) -> list[DecoderLayer]:
        """디코더의 층들이에요."""
        return cast("list[DecoderLayer]", list(self.decoder))

    def start_cache(self, memory: Tensor) -> list[LayerCache]:
        """디코더 층마다 캐시를 열어요. 크로스 어텐션의 키와 값은 여기서 한 번만 만들어요."""
        return [LayerCache(layer.cross_attn.memory_heads(memory)) for layer in self.decoder_layers()]
