"""내보내기: 학습한 모델을 transformers의 Marian 모델이나 CTranslate2 모델로 바꿔요. 그리디 번역이 그대로 같아요.

두 형식이 모르는 것 가운데 GQA와 DeepNorm은 값이 같은 보통의 모델로 바꿔서 내보내요. 그래도 나타낼 수 없는 것은 무엇인지 말하고 멈춰요.

| 형식 | 나타내는 것 |
|---|---|
| marian | Post-LN, 층 정규화, ReLU와 GELU, 사인이나 배우는 위치 |
| ctranslate2 | 이 과정의 선택 사항 모두 |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.multi_head import MultiHeadAttention
from reference.norm import AddNorm
from reference.tools.export_ctranslate2 import to_ctranslate2
from reference.tools.export_marian import to_marian
from reference.tools.saved_model import load_model
from reference.training.machine import choose
from reference.transformer import Transformer

WRITERS: dict[str, Callable[[Transformer, Tokenizer, Path], str]] = {
    "marian": to_marian,
    "ctranslate2": to_ctranslate2,
}


def export(folder: Path, out: Path, format: str = "marian") -> str:
    """실행 폴더의 모델을 out에 내보내고, 다음에 할 일을 한 문장으로 돌려줘요."""
    if format not in WRITERS:
        raise UserError(f"모르는 형식이에요: {format}. {', '.join(WRITERS)} 가운데에서 골라 주세요.")
    model, tokenizer = load_model(folder, choose("cpu", "fp32"))
    if missing := inexpressible(model.config, format):
        raise UserError(
            f"{format} 형식은 이 모델의 {', '.join(missing)}을(를) 나타낼 수 없어요. "
            "--format ctranslate2로 내보내면 모두 담을 수 있어요."
        )
    return WRITERS[format](plain(model), tokenizer, out)


def inexpressible(config: ModelConfig, format: str) -> list[str]:
    """그 형식이 나타낼 수 없는 선택 사항의 이름들이에요. 없으면 내보낼 수 있어요."""
    if format == "ctranslate2":
        return []
    found = {
        "Pre-LN": config.norm_first,
        "RMSNorm": config.norm == "rms",
        "SwiGLU": config.activation == "swiglu",
        "RoPE": config.positions == "rope",
    }
    return [name for name, there in found.items() if there]


@torch.no_grad()
def plain(model: Transformer) -> Transformer:
    """GQA와 DeepNorm을 쓰지 않으면서 값이 같은 모델이에요. 둘 다 쓰지 않는 모델이면 그대로 돌려줘요.

    GQA는 키와 값의 헤드를 쿼리 헤드의 수만큼 되풀이하면 보통의 멀티 헤드예요. DeepNorm은 LN이 크기를 지우므로
    LN(αx + f) = LN(x + f/α)이고, 나누는 일은 f의 마지막 행렬에 미리 해 둘 수 있어요. ε만 ε/α²배의 몫을 해요.
    """
    config = dataclasses.replace(model.config, n_kv_heads=None, deep_norm=False)
    if config == dataclasses.replace(model.config, n_kv_heads=None) and model.config.kv_heads == config.n_heads:
        return model
    same = Transformer(config).to(model.embedding.E.dtype).eval()
    weights = model.state_dict()
    for name, module in model.named_modules():
        if isinstance(module, MultiHeadAttention):
            for kind in ("weight", "bias"):
                weights[f"{name}.qkv.{kind}"] = _repeat_heads(weights[f"{name}.qkv.{kind}"], module)
    sides: dict[str, Sequence[nn.Module]] = {"encoder": model.encoder_layers(), "decoder": model.decoder_layers()}
    for side, layers in sides.items():
        for index, layer in enumerate(layers):
            parts = ["self_attn.out", *(["cross_attn.out"] if side == "decoder" else []), "ffn.second"]
            around = [module for module in layer.children() if isinstance(module, AddNorm)]
            for part, norm in zip(parts, around, strict=True):
                for kind in ("weight", "bias"):
                    if (name := f"{side}.{index}.{part}.{kind}") in weights:  # SwiGLU에는 편향이 없어요
                        weights[name] = weights[name] / norm.alpha
    same.load_state_dict(weights)
    return same


def _repeat_heads(qkv: Tensor, attention: MultiHeadAttention) -> Tensor:
    """W_q, W_k, W_v를 쌓은 것에서 키와 값의 헤드를 쿼리 헤드의 수만큼 되풀이해요. 헤드 h는 h // (H/G)번 묶음이에요."""
    q, k, v = qkv.split(attention.sizes)
    copies = attention.n_heads // attention.kv_heads
    k, v = (part.unflatten(0, (attention.kv_heads, -1)).repeat_interleave(copies, 0).flatten(0, 1) for part in (k, v))
    return torch.cat([q, k, v])
