"""부품(`assembly.Parts`)을 이어 만든 인코더-디코더.

여기 있는 것은 부품을 잇는 철사예요. 계산은 부품이 하고, 부품이 없는 자리에는 PyTorch의 모듈이 통째로 들어가요(`pytorch_parts.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.kit.assembly import Parts
from autograder.kit.pytorch_parts import Attention, Weights, fitted
from autograder.kit.vocabulary import BOS, EOS, PAD

# 학습자의 `transformer_forward`가 하는 일을 한 조각씩 나눠 할 때 부르는 부품들. 위치를 더하는 것(`add_pe`)은 없어도 같은 덧셈이에요.
INSIDE = {"sinusoidal_pe", "embed", "make_masks", "encoder_layer", "decoder_layer", "tied_logits"}


class Assembled(nn.Module):
    """부품으로 조립한 인코더-디코더 (논문 그림 1, Post-LN, 부품이 모두 있으면 표 하나를 셋이 함께 써요)."""

    def __init__(
        self,
        parts: Parts,
        vocab: int,
        d_model: int = 64,
        n_heads: int = 4,
        d_ff: int = 256,
        n_layers: int = 2,
        max_len: int = 64,
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.parts, self.vocab, self.d_model, self.n_heads = parts, vocab, d_model, n_heads
        self.max_len, self.dropout = max_len, dropout
        self._sizes = vocab, d_model, n_heads, d_ff, n_layers, max_len, dropout, seed
        has = parts.functions.keys()
        whole = "transformer_forward" in has  # 표는 E 하나이고 위치도 그 안에서 만들어요.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.E = nn.Parameter(torch.randn(vocab, d_model) / math.sqrt(d_model))
            self.table = None if whole or "embed" in has else nn.Embedding(vocab, d_model)
            self.output = None if whole or "tied_logits" in has else nn.Linear(d_model, vocab, bias=False)
            if self.output is not None:
                self.output.weight = self.E  # 출력의 가중치는 임베딩 표와 함께 써요.
            self.encoder = nn.ModuleList(self._layer("encoder_layer", d_ff) for _ in range(n_layers))
            self.decoder = nn.ModuleList(self._layer("decoder_layer", d_ff) for _ in range(n_layers))
            self.places = nn.Embedding(max_len, d_model)
        if whole and "sinusoidal_pe" not in has:
            del self.places
        elif "sinusoidal_pe" in has:  # 배우지 않는 표라서 버퍼예요.
            del self.places.weight
            self.places.register_buffer("weight", parts["sinusoidal_pe"](max_len, d_model))

    def _layer(self, name: str, d_ff: int) -> nn.Module:
        d, h, decoder = self.d_model, self.n_heads, name == "decoder_layer"
        if name in self.parts.functions or "transformer_forward" in self.parts.functions:
            return Weights(d, d_ff, 3, "self_attn", "cross_attn") if decoder else Weights(d, d_ff, 2, "attn")
        made = nn.TransformerDecoderLayer if decoder else nn.TransformerEncoderLayer
        return fitted(
            made(d, h, d_ff, dropout=0.0, batch_first=True), self.parts.functions, self.parts.attention, d, d_ff, h
        )

    # -- 앞으로 --

    def start(self, ids: Tensor, at: int = 0) -> Tensor:
        """임베딩에 위치를 더해요. `at`은 첫 토큰의 위치예요. (B, T) -> (B, T, D)"""
        x = self.parts["embed"](ids, self.E) if self.table is None else self.table(ids)
        if "add_pe" in self.parts.functions:
            x = self.parts["add_pe"](x, self.places.weight[at:])
        else:
            x = x + self.places(at + torch.arange(ids.shape[1]))
        return F.dropout(x, self.dropout, self.training)

    def masks(self, src: Tensor, tgt_in: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """부품의 두 마스크(True가 볼 수 있음). 부품이 없으면 None이고, PyTorch의 마스크를 써요."""
        make = self.parts.get("make_masks")
        return make(src, tgt_in, PAD) if make else (None, None)

    def encode(self, src: Tensor, src_mask: Tensor | None) -> Tensor:
        """원문 src (B, S)를 메모리 (B, S, D)로."""
        x = self.start(src)
        for layer in self.encoder:
            if isinstance(layer, Weights):
                x = self.parts["encoder_layer"](x, layer.p, self.n_heads, src_mask)
            else:
                x = layer(x, src_key_padding_mask=_padding(src, src_mask))
        return x  # (B, S, D)

    def decode(
        self,
        x: Tensor,
        memory: Tensor,
        src: Tensor,
        src_mask: Tensor | None,
        tgt_mask: Tensor | None,
        alone: bool = False,
    ) -> Tensor:
        """디코더의 입력 x (B, T, D)와 메모리에서 로짓 (B, T, V)를. `alone`이면 x는 캐시를 쓰는 한 토큰이라 가릴 것이 없어요."""
        B, T, _ = x.shape
        ahead = nn.Transformer.generate_square_subsequent_mask(T)  # (T, T) 볼 수 없는 곳이 -inf
        for layer in self.decoder:
            if isinstance(layer, Weights):
                seen = tgt_mask if alone or tgt_mask is not None else ahead.isfinite()[None, None]
                x = self.parts["decoder_layer"](x, memory, layer.p, self.n_heads, src_mask, seen)
            else:
                hidden = ahead if tgt_mask is None else ~tgt_mask.expand(B, self.n_heads, T, T).flatten(0, 1)
                x = layer(x, memory, tgt_mask=hidden, memory_key_padding_mask=_padding(src, src_mask))
        return self.parts["tied_logits"](x, self.E) if self.output is None else self.output(x)  # (B, T, V)

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src (B, S), tgt_in (B, T) -> 로짓 (B, T, V). 부품의 `transformer_forward`가 있으면 그것이 처음부터 끝까지 계산해요."""
        whole = self.parts.get("transformer_forward")
        if whole is not None:
            return whole(src, tgt_in, self.weights(), self.n_heads, PAD)
        src_mask, tgt_mask = self.masks(src, tgt_in)
        return self.decode(self.start(tgt_in), self.encode(src, src_mask), src, src_mask, tgt_mask)

    def weights(self) -> dict[str, Any]:
        """`transformer_forward`에 넘길 가중치의 사전: 표 `E`와, 층마다의 사전의 목록 둘."""
        encoder, decoder = ([layer.p for layer in side] for side in (self.encoder, self.decoder))
        return {"E": self.E, "encoder": encoder, "decoder": decoder}

    def snapshot(self) -> Assembled:
        """지금의 가중치를 지닌 같은 모델. 원래의 것은 계속 배워도 이것은 그대로예요."""
        other = Assembled(self.parts, *self._sizes)
        other.load_state_dict(self.state_dict())
        return other.eval()

    # -- 쓰기 --

    def step_fn(self, src: Tensor, use_cache: bool = False) -> Callable[[Tensor], Tensor]:
        """원문 src (B, S)에 대한 한 스텝 함수: 토큰 (n, t) -> 로짓 (n, t, V). B가 1이면 n은 몇이든 괜찮아요.

        `use_cache`면 마지막 토큰만 계산해서 (n, 1, V)를 돌려줘요. 부품의 층에 캐시를 끼울 수 없으면 처음부터 다시 계산해요.
        """
        if not self._by_layers():  # 조각이 따로 있지 않아서, 한 토큰마다 처음부터 끝까지 다시 계산해요.
            return lambda tokens: self(src.expand(len(tokens), -1), tokens)
        src_mask, _ = self.masks(src, src)
        memory = self.encode(src, src_mask)
        caches: dict[int, Any] | None = (
            dict.fromkeys(self._self_attentions()) if use_cache and self._cacheable() else None
        )

        def step(tokens: Tensor) -> Tensor:
            nonlocal caches
            n = len(tokens)
            rows, wide = src.expand(n, -1), memory.expand(n, -1, -1)
            seen = None if src_mask is None else src_mask.expand(n, -1, -1, -1)
            if caches is not None:
                self.parts.attention.caches = caches
                try:
                    logits = self.decode(self.start(tokens[:, -1:], tokens.shape[1] - 1), wide, rows, seen, None, True)
                finally:
                    self.parts.attention.caches = None
                if None not in caches.values():
                    return logits
                caches = None  # 부품의 층이 어텐션을 이름으로 부르지 않아서 캐시를 끼울 수 없었어요.
            return self.decode(self.start(tokens), wide, rows, seen, self.masks(rows, tokens)[1])

        return step

    def _by_layers(self) -> bool:
        """메모리를 한 번만 만들고 층을 하나씩 불러 쓸 수 있는지.

        `transformer_forward`가 있으면, 그 안의 조각이 모두 부품으로도 있을 때만 같은 계산이에요.
        """
        return "transformer_forward" not in self.parts.functions or self.parts.functions.keys() >= INSIDE

    def _self_attentions(self) -> list[int]:
        """디코더의 셀프 어텐션마다의 W_q."""
        found = [_weights_of(layer, "self_attn", "self_attn") for layer in self.decoder]
        return [id(p["W_q"]) for p in found if "W_q" in p]

    def _cacheable(self) -> bool:
        return self.parts.attention.cached is not None and len(self._self_attentions()) == len(self.decoder)

    @torch.no_grad()
    def generate(self, src: Tensor, max_len: int, *, use_cache: bool = False, stop: bool = True) -> Tensor:
        """여러 문장을 번역해요. src (B, S) -> (B, 길이). `stop=False`면 EOS가 나와도 끝까지 가요.

        부품의 그리디로 한 문장씩 써요. 아직 없으면 모든 자리를 한꺼번에 고쳐 쓰기를 더 바뀌지 않을 때까지 되풀이해요.
        미래를 보지 않는 모델이라면 앞자리부터 하나씩 굳어서, 두 방법의 결과가 같아요.
        """
        self.eval()
        write = self.parts.get("greedy_decode")
        if write is not None:
            rows = [
                [*write(self.step_fn(row[row != PAD][None], use_cache), BOS, EOS if stop else -1, max_len), EOS]
                for row in src
            ]
            return nn.utils.rnn.pad_sequence([torch.tensor(row[:max_len]) for row in rows], True, PAD)
        draft = torch.full((len(src), max_len + 1), BOS)
        for _ in range(max_len):
            before = draft.clone()
            draft[:, 1:] = self(src, draft[:, :-1]).argmax(-1)
            if torch.equal(before, draft):
                break
        return draft[:, 1:]

    # -- 들여다보기 --

    @torch.no_grad()
    def attention_maps(self, src: Tensor, tgt_in: Tensor) -> dict[str, list[Tensor]]:
        """첫 문장의, 층마다의 어텐션 가중치 (H, T, S). 층이 어텐션을 부르는 인자를 엿들어 PyTorch의 어텐션으로 가중치만 구해요."""
        self.eval()
        tap, modules = self.parts.attention, [m for m in self.modules() if isinstance(m, Attention)]
        heard = tap.heard = []
        try:
            for module in modules:
                module.watched = True
            self(src, tgt_in)
        finally:
            tap.heard = None
            for module in modules:
                module.watched = False
        weights = {id(W_q): self._weights(q, kv, W_q, W_k, mask) for q, kv, W_q, W_k, mask in heard}
        S, T = src.shape[1], tgt_in.shape[1]

        def look(layer: nn.Module, own: str, module: str, keys: int, queries: int) -> Tensor:
            attention = getattr(layer, module, None)
            if isinstance(attention, Attention) and attention.seen is not None:
                return attention.seen[0]
            # 부품의 층이 어텐션을 이름으로 부르지 않았으면 볼 것이 없어서 빈 지도예요.
            W_q = _weights_of(layer, own, module)["W_q"]
            return weights.get(id(W_q), torch.full((self.n_heads, queries, keys), math.nan))

        return {
            "encoder": [look(layer, "attn", "self_attn", S, S) for layer in self.encoder],
            "decoder": [look(layer, "self_attn", "self_attn", T, T) for layer in self.decoder],
            "cross": [look(layer, "cross_attn", "multihead_attn", S, T) for layer in self.decoder],
        }

    def _weights(self, q_in: Tensor, kv_in: Tensor, W_q: Tensor, W_k: Tensor, mask: Tensor | None) -> Tensor:
        module = nn.MultiheadAttention(self.d_model, self.n_heads, bias=False, batch_first=True)
        module.in_proj_weight.copy_(torch.cat((W_q, W_k, W_k), dim=1).T)  # 가중치만 볼 것이라 값은 아무것이나 괜찮아요.
        (B, T, _), S = q_in.shape, kv_in.shape[1]
        hidden = None if mask is None else ~mask.expand(B, self.n_heads, T, S).flatten(0, 1)
        return module(q_in, kv_in, kv_in, attn_mask=hidden, average_attn_weights=False)[1][0]  # (H, T, S)


def _weights_of(layer: nn.Module, own: str, module: str) -> Mapping[str, Tensor]:
    """층 하나의 어텐션의 가중치. `nn.MultiheadAttention`이 든 층이면 비어 있어요."""
    return layer.p[own] if isinstance(layer, Weights) else getattr(layer, module).p


def _padding(src: Tensor, src_mask: Tensor | None) -> Tensor:
    """PyTorch의 층에 넘길 마스크. True가 가림이에요."""
    return src.eq(PAD) if src_mask is None else ~src_mask[:, 0, 0]
