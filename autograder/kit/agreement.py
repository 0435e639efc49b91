"""PyTorch의 모듈과 같은 가중치를 학습자의 함수에 넣어, 결과가 얼마나 다른지 재요."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def weights_of(module: nn.Module) -> dict[str, Any]:
    """PyTorch의 인코더 층이나 디코더 층의 가중치를 레슨의 사전 꼴로. 어텐션의 편향은 0이어야 해요."""
    found: dict[str, Any] = {}
    names = {"self_attn": "self_attn" if hasattr(module, "multihead_attn") else "attn", "multihead_attn": "cross_attn"}
    for name, ours in names.items():
        attention = getattr(module, name, None)
        if isinstance(attention, nn.MultiheadAttention):
            q, k, v = attention.in_proj_weight.detach().chunk(3)
            out = attention.out_proj.weight.detach()
            found[ours] = {"W_q": q.T, "W_k": k.T, "W_v": v.T, "W_o": out.T}
    for name, child in module.named_children():
        if isinstance(child, nn.LayerNorm):
            found[name] = {"gamma": child.weight.detach(), "beta": child.bias.detach()}
    first, second = module.get_submodule("linear1"), module.get_submodule("linear2")
    found["ffn"] = {
        f"{letter}{i}": getattr(linear, kind).detach().T if letter == "W" else getattr(linear, kind).detach()
        for i, linear in ((1, first), (2, second))
        for letter, kind in (("W", "weight"), ("b", "bias"))
    }
    return found


@torch.no_grad()
def differences(
    encoder: Callable[..., Tensor], decoder: Callable[..., Tensor], loss: Callable[..., Tensor], seed: int = 0
) -> dict[str, float]:
    """인코더의 층, 디코더의 층, 손실이 PyTorch의 것과 가장 크게 다른 크기."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        d, heads, T, S, vocab, pad = 32, 4, 6, 5, 11, 3
        modules = [
            made(d, heads, 4 * d, dropout=0.0, batch_first=True)
            for made in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
        ]
        for name, weight in (pair for module in modules for pair in module.named_parameters()):
            if weight.dim() == 1 and "norm" not in name:
                weight.normal_() if "linear" in name else weight.zero_()
        source, x = torch.randn(2, S, d), torch.randn(2, T, d)
        hidden = torch.tensor([[False] * S, [False] * (S - 2) + [True] * 2])  # True가 가림
        ahead = torch.ones(T, T).triu(1).bool()
        scores, target = torch.randn(2 * T, vocab), torch.randint(vocab, (2 * T,))
    seen = ~hidden[:, None, None]
    memory = modules[0](source, src_key_padding_mask=hidden)
    theirs = modules[1](x, memory, tgt_mask=ahead, memory_key_padding_mask=hidden)
    real = ~hidden
    return {
        "encoder_layer": (encoder(source, weights_of(modules[0]), heads, seen) - memory)[real].abs().max().item(),
        "decoder_layer": (decoder(x, memory, weights_of(modules[1]), heads, seen, ~ahead[None, None]) - theirs)
        .abs()
        .max()
        .item(),
        "label_smoothed_loss": (
            loss(scores, target, 0.1, pad) - nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=pad)(scores, target)
        )
        .abs()
        .item(),
    }
