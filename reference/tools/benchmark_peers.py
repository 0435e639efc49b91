"""견줄 상대: torch.nn.Transformer, HF Marian, CTranslate2를 우리와 같은 크기, 같은 가중치로."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.config import ModelConfig
from reference.data.batches import Batch
from reference.data.tokenizer import Tokenizer
from reference.decoding import beam, greedy
from reference.experiments.costs import matmul_precision
from reference.masks import causal_mask
from reference.tools.export_ctranslate2 import to_ctranslate2
from reference.tools.export_marian import marian_config, marian_weights
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

M = TypeVar("M", bound=nn.Module)


class TorchPeer(nn.Module):
    """torch.nn.Transformer로 만든 같은 모델이에요: 표 하나를 나눠 쓰고 마지막 정규화는 없어요."""

    positions: Tensor  # (L, D)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        c = self.config = config
        self.body = nn.Transformer(c.d_model, c.n_heads, c.n_layers, c.n_layers, c.d_ff, c.dropout, batch_first=True)
        self.body.encoder.norm = self.body.decoder.norm = None
        self.table = nn.Embedding(c.vocab_size, c.d_model)
        self.register_buffer("positions", Transformer(c).positions.table.clone())
        self.dropout = nn.Dropout(c.dropout)

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src (B, S), tgt_in (B, T) → 로짓 (B, T, V)."""
        pad = self.config.pad_id
        hidden = self.body(
            self._embed(src),
            self._embed(tgt_in),
            tgt_mask=~causal_mask(tgt_in.size(1)),
            tgt_is_causal=True,
            src_key_padding_mask=src == pad,
            memory_key_padding_mask=src == pad,
            tgt_key_padding_mask=tgt_in == pad,
        )
        return F.linear(hidden, self.table.weight)

    def _embed(self, ids: Tensor) -> Tensor:
        x = self.table(ids) * math.sqrt(self.config.d_model)
        return self.dropout(x + self.positions[: ids.size(1)].to(x.dtype))


def marian(config: ModelConfig, model: Transformer | None = None) -> Any:
    """같은 크기의 HF Marian이에요. model을 주면 가중치도 같아요."""
    from transformers import MarianConfig, MarianMTModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    settings, generation = marian_config(config)
    peer = MarianMTModel(MarianConfig(**settings))
    if model is not None:
        peer.load_state_dict(marian_weights(model), strict=False)
        peer.tie_weights()
        peer.generation_config.update(**generation)
    return peer


def train_step(
    model: M,
    loss: Callable[[M, Batch], Tensor],
    batches: list[Batch],
    *,
    bf16: bool,
    fused: bool,
    precision: str,
) -> Callable[[int], None]:
    """학습 스텝 하나(순전파, 손실, 역전파, 자르기, 갱신)를 하는 함수를 만들어요."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4, (0.9, 0.98), 1e-9, fused=fused or None)

    def step(index: int) -> None:
        with matmul_precision(precision):
            with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
                value = loss(model, batches[index % len(batches)])
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

    return step


def our_loss(model: Transformer, batch: Batch) -> Tensor:
    """우리 손실: PAD를 빼고 로짓과 기울기를 조각마다 함께 구해요."""
    total, _ = translation_loss(model, batch.src, batch.tgt_in, batch.tgt_out, 0.1)
    return total / batch.tgt_out.ne(0).sum()


def plain_loss(model: nn.Module, batch: Batch) -> Tensor:
    """보통의 손실: 모든 자리의 로짓에 cross_entropy를 해요."""
    logits = model(batch.src, batch.tgt_in)
    return F.cross_entropy(logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1)


def marian_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Marian의 손실: 로짓을 받아 같은 cross_entropy를 해요."""
    logits = model(
        input_ids=batch.src, attention_mask=batch.src.ne(0), decoder_input_ids=batch.tgt_in, use_cache=False
    ).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1)


def our_decoding(model: Transformer, src: Tensor, size: int, length: int, precision: str) -> Callable[[int], Any]:
    """우리 디코딩으로 모든 문장을 번역하는 함수를 만들어요. size는 빔의 수예요."""

    def job(_: int) -> Any:
        with matmul_precision(precision):
            return greedy(model, src, length) if size == 1 else beam(model, src, size, 0.6, length)

    return job


def hugging_face_decoding(
    config: ModelConfig, model: Transformer, src: Tensor, size: int, length: int
) -> Callable[[int], Any]:
    """HF generate로 같은 일을 하는 함수를 만들어요. 모두가 length토큰을 끝까지 써요."""
    peer = marian(config, model).eval()

    def job(_: int) -> Any:
        with matmul_precision("highest"), torch.inference_mode():
            return peer.generate(
                src,
                attention_mask=src.ne(0),
                num_beams=size,
                min_new_tokens=length,
                max_new_tokens=length,
                max_length=None,
            )

    return job


def ctranslate2_decoding(
    model: Transformer, src: Tensor, size: int, length: int, kind: str, folder: Path
) -> Callable[[int], Any]:
    """CTranslate2로 같은 일을 하는 함수를 만들어요. kind는 계산하는 자료형이에요."""
    import ctranslate2

    target = folder / "model"
    if not target.exists():
        to_ctranslate2(model, Tokenizer.train(["가"], 300), target)
    translator = ctranslate2.Translator(
        str(target), device="cpu", compute_type=kind, intra_threads=torch.get_num_threads()
    )
    tokens = [[f"<token {index}>" for index in row[:-1]] for row in src.tolist()]

    def job(_: int) -> Any:
        return translator.translate_batch(
            tokens, beam_size=size, max_decoding_length=length, min_decoding_length=length
        )

    return job
