"""공개 확인을 통과한 함수가 학습에도 쓸 만한지: 기울기가 입력까지 흐르는지, 너무 느리지 않은지 봐요."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

SLOW = 0.25  # 초. 한 스텝에 수십 번 불리는 함수라 이보다 느리면 몇 분 안에 배울 수 없어요.
B, T, S, D, H, V = 16, 12, 14, 32, 4, 50


def _random(*shape: int) -> Tensor:
    return (torch.randn(*shape) / 4).requires_grad_(True)


def _attention() -> dict[str, Tensor]:
    return {name: _random(D, D) for name in ("W_q", "W_k", "W_v", "W_o")}


def _ffn() -> dict[str, Tensor]:
    return {"W1": _random(D, 2 * D), "b1": _random(2 * D), "W2": _random(2 * D, D), "b2": _random(D)}


def _layer(norms: int, *attentions: str) -> dict[str, Any]:
    layer: dict[str, Any] = {name: _attention() for name in attentions}
    return (
        layer | {"ffn": _ffn()} | {f"norm{i}": {"gamma": _random(D), "beta": _random(D)} for i in range(1, norms + 1)}
    )


def _heads() -> Tensor:
    return _random(B, H, T, D // H)


# 함수마다 학습할 때와 같은 꼴의 인자. 없는 이름은 기울기가 지나가지 않는 함수예요.
_ARGUMENTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "add_pe": lambda: (_random(B, T, D), torch.randn(40, D)),
    "ffn": lambda: (_random(B, T, D), *_ffn().values()),
    "layer_norm": lambda: (_random(B, T, D), _random(D), _random(D)),
    "post_norm": lambda: (_random(B, T, D), torch.tanh, _random(D), _random(D)),
    "scaled_dot_product_attention": lambda: (_heads(), _heads(), _heads(), None),
    "multi_head_attention": lambda: (_random(B, T, D), _random(B, S, D), *_attention().values(), H, None),
    "embed": lambda: (torch.randint(0, V, (B, T)), _random(V, D)),
    "tied_logits": lambda: (_random(B, T, D), _random(V, D)),
    "encoder_layer": lambda: (_random(B, T, D), _layer(2, "attn"), H, None),
    "decoder_layer": lambda: (_random(B, T, D), _random(B, S, D), _layer(3, "self_attn", "cross_attn"), H, None, None),
    "transformer_forward": lambda: (
        torch.randint(1, V, (B, S)),
        torch.randint(1, V, (B, T)),
        {"E": _random(V, D), "encoder": [_layer(2, "attn")], "decoder": [_layer(3, "self_attn", "cross_attn")]},
        H,
        0,
    ),
    "label_smoothed_loss": lambda: (_random(B * T, V), torch.randint(1, V, (B * T,)), 0.1, 0),
}


def _leaves(value: Any) -> list[Tensor]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, Tensor) and value.requires_grad else []


def cut_or_slow(name: str, function: Callable[..., Any]) -> str:
    """학습에 쓸 수 없는 까닭. 쓸 수 있으면 빈 글이에요."""
    if name not in _ARGUMENTS:
        return ""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        arguments = _ARGUMENTS[name]()
    start = time.process_time()
    try:
        out = function(*arguments)
        out = out[0] if isinstance(out, tuple) else out
        # 제곱해서 더해요. 정규화한 값은 그냥 더하면 기울기가 0이에요.
        grads = torch.autograd.grad(out.square().sum(), _leaves(arguments), allow_unused=True)
    except Exception:
        return "기울기가 끊겨요"
    if any(grad is None or not grad.isfinite().all() for grad in grads):
        return "기울기가 끊겨요"
    return "학습에는 너무 느려요" if time.process_time() - start > SLOW else ""
