"""부품(`assembly.Parts`)을 이어 만든 인코더-디코더와, 부품의 BPE로 나눈 어휘.

여기 있는 것은 부품을 잇는 철사예요. 계산은 모두 부품이 하고, 부품이 없는 곳만 PyTorch가 해요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.kit.assembly import Parts
from autograder.kit.pairs import Pair
from autograder.kit.pytorch_parts import attention_with_weights, stacked

PAD, BOS, EOS = 0, 1, 2


SPECIAL = ("<pad>", "<bos>", "<eos>")


class Vocabulary:
    """부품의 BPE로 나눈 조각과 번호. 한국어와 영어가 표 하나를 함께 써요."""

    def __init__(self, parts: Parts, pairs: Sequence[Pair], n_merges: int) -> None:
        counts: dict[str, int] = {}
        for pair in pairs:
            for word in f"{pair.ko} {pair.en}".split():
                counts[word] = counts.get(word, 0) + 1
        merges = parts["train_bpe"](counts, n_merges)
        self._pieces: dict[str, list[str]] = {word: list(parts["bpe_encode"](word, merges)) for word in counts}
        self._encode = lambda word: list(parts["bpe_encode"](word, merges))
        known = {
            "▁",
            *(c for word in counts for c in word),
            *(piece for pieces in self._pieces.values() for piece in pieces),
        }
        self.tokens = [*SPECIAL, *sorted(known)]
        self.index = {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def pieces(self, sentence: str) -> list[str]:
        """문장을 조각으로. 처음 보는 글자는 버려요."""
        found = []
        for word in sentence.split():
            if word not in self._pieces:
                self._pieces[word] = [piece for piece in self._encode(word) if piece in self.index]
            found += self._pieces[word]
        return found

    def encode(self, sentence: str) -> list[int]:
        """문장을 번호로."""
        return [self.index[piece] for piece in self.pieces(sentence)]

    def decode(self, ids: Sequence[int]) -> str:
        """번호를 문장으로. 특수 토큰은 빼요."""
        return "".join(self.tokens[i] for i in ids if i >= len(SPECIAL)).replace("▁", " ").strip()


class Assembled(nn.Module):
    """부품으로 조립한 인코더-디코더 (논문 그림 1, Post-LN, 표 하나를 셋이 함께 써요)."""

    pe: Tensor  # (L, D) 위치 인코딩. 배우지 않아서 버퍼예요.

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
        self.parts, self.d_model, self.n_heads, self.max_len, self.dropout = parts, d_model, n_heads, max_len, dropout
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.E = nn.Parameter(torch.randn(vocab, d_model) / math.sqrt(d_model))
            self.encoder = [self._layer(d_ff, 2, "attn") for _ in range(n_layers)]
            self.decoder = [self._layer(d_ff, 3, "self_attn", "cross_attn") for _ in range(n_layers)]
        self.weights = nn.ParameterList(
            w for layer in (*self.encoder, *self.decoder) for group in layer.values() for w in group.values()
        )
        self.register_buffer("pe", parts["sinusoidal_pe"](max_len, d_model))

    def _layer(self, d_ff: int, norms: int, *attentions: str) -> dict[str, dict[str, nn.Parameter]]:
        d = self.d_model

        def matrix(rows: int, columns: int) -> nn.Parameter:
            return nn.Parameter(nn.init.xavier_uniform_(torch.empty(rows, columns)))

        def vector(size: int, value: float = 0.0) -> nn.Parameter:
            return nn.Parameter(torch.full((size,), value))

        layer = {name: {w: matrix(d, d) for w in ("W_q", "W_k", "W_v", "W_o")} for name in attentions}
        layer["ffn"] = {"W1": matrix(d, d_ff), "b1": vector(d_ff), "W2": matrix(d_ff, d), "b2": vector(d)}
        return layer | {f"norm{i}": {"gamma": vector(d, 1.0), "beta": vector(d)} for i in range(1, norms + 1)}

    def start(self, ids: Tensor, at: int = 0) -> Tensor:
        """임베딩에 위치를 더해요. `at`은 첫 토큰의 위치예요. (B, T) -> (B, T, D)"""
        x = self.parts["add_pe"](self.parts["embed"](ids, self.E), self.pe[at:])
        return F.dropout(x, self.dropout, self.training)

    def encode(self, src: Tensor, src_mask: Tensor) -> Tensor:
        """원문 src (B, S)를 메모리 (B, S, D)로."""
        x = self.start(src)
        for layer in self.encoder:
            x = self.parts["encoder_layer"](x, layer, self.n_heads, src_mask)
        return x  # (B, S, D)

    def decode(self, tgt_in: Tensor, memory: Tensor, src_mask: Tensor, tgt_mask: Tensor) -> Tensor:
        """앞의 토큰 tgt_in (B, T)와 메모리에서 다음 토큰의 로짓 (B, T, V)를 구해요."""
        x = self.start(tgt_in)
        for layer in self.decoder:
            x = self.parts["decoder_layer"](x, memory, layer, self.n_heads, src_mask, tgt_mask)
        return self.parts["tied_logits"](x, self.E)  # (B, T, V)

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src (B, S), tgt_in (B, T) -> 로짓 (B, T, V)."""
        src_mask, tgt_mask = self.parts["make_masks"](src, tgt_in, PAD)
        return self.decode(tgt_in, self.encode(src, src_mask), src_mask, tgt_mask)

    def step_fn(self, src: Tensor) -> Callable[[Tensor], Tensor]:
        """문장 하나 src (1, S)에 대한 한 스텝 함수: 토큰 (n, t) -> 로짓 (n, t, V)."""
        src_mask, _ = self.parts["make_masks"](src, src, PAD)
        memory = self.encode(src, src_mask)

        def step(tokens: Tensor) -> Tensor:
            n = len(tokens)
            _, tgt_mask = self.parts["make_masks"](src, tokens, PAD)
            return self.decode(tokens, memory.expand(n, -1, -1), src_mask.expand(n, -1, -1, -1), tgt_mask)

        return step

    @torch.no_grad()
    def generate(self, src: Tensor, max_len: int, *, use_cache: bool = False, stop: bool = True) -> Tensor:
        """여러 문장을 한꺼번에 그리디로 번역해요. src (B, S) -> (B, 길이). `stop=False`면 EOS가 나와도 끝까지 가요."""
        self.eval()
        src_mask, _ = self.parts["make_masks"](src, src, PAD)
        memory = self.encode(src, src_mask)
        out, caches = torch.full((len(src), 1), BOS), [None] * len(self.decoder)
        for t in range(max_len):
            if use_cache:
                logits, caches = self._next(out[:, -1:], t, memory, src_mask, caches)
            else:
                logits = self.decode(out, memory, src_mask, self.parts["make_masks"](src, out, PAD)[1])[:, -1]
            out = torch.cat([out, logits.argmax(-1, keepdim=True)], dim=1)
            if stop and bool((out == EOS).any(1).all()):
                break
        return out[:, 1:]

    def _next(self, token: Tensor, t: int, memory: Tensor, src_mask: Tensor, caches: list) -> tuple[Tensor, list]:
        """새 토큰 하나만 계산해요. token (B, 1) -> 로짓 (B, V)와 새 캐시들."""
        parts, x, grown = self.parts, self.start(token, t), []
        for layer, cache in zip(self.decoder, caches, strict=True):
            seen, cache = parts["attend_with_cache"](x, cache, **layer["self_attn"], n_heads=self.n_heads)
            grown.append(cache)
            x = parts["layer_norm"](x + seen, **layer["norm1"])
            seen = parts["multi_head_attention"](x, memory, **layer["cross_attn"], n_heads=self.n_heads, mask=src_mask)
            x = parts["layer_norm"](x + seen, **layer["norm2"])
            x = parts["layer_norm"](x + parts["ffn"](x, **layer["ffn"]), **layer["norm3"])
        return parts["tied_logits"](x, self.E)[:, -1], grown

    @torch.no_grad()
    def attention_maps(self, src: Tensor, tgt_in: Tensor) -> dict[str, list[Tensor]]:
        """층마다의 어텐션 가중치 (H, T, S). 가중치를 꺼내려고 PyTorch의 어텐션으로 같은 계산을 해요."""
        found: dict[str, list[Tensor]] = {"encoder": [], "decoder": [], "cross": []}

        def look(
            kind: str, p: dict, name: str, mask: Tensor, memory: Tensor | None = None
        ) -> Callable[[Tensor], Tensor]:
            def attend(h: Tensor) -> Tensor:
                kv = h if memory is None else memory
                out, seen = attention_with_weights(h, kv, **p[name], n_heads=self.n_heads, mask=mask)
                assert seen is not None  # 가중치를 달라고 했어요.
                found[kind].append(seen[0])
                return out

            return attend

        def think(p: dict) -> Callable[[Tensor], Tensor]:
            return lambda h: self.parts["ffn"](h, **p["ffn"])

        self.eval()
        src_mask, tgt_mask = self.parts["make_masks"](src, tgt_in, PAD)
        memory, x = self.start(src), self.start(tgt_in)
        for p in self.encoder:
            memory = stacked(memory, p, [look("encoder", p, "attn", src_mask), think(p)])
        for p in self.decoder:
            across = look("cross", p, "cross_attn", src_mask, memory)
            x = stacked(x, p, [look("decoder", p, "self_attn", tgt_mask), across, think(p)])
        return found
