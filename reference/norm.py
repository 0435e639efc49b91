"""잔차 연결과 층 정규화: 깊이 쌓아도 기울기가 흐르게 해요 (레슨 4, 논문 §3.1, §5.4).

B 배치, T 길이, D = d_model. 정규화는 언제나 마지막 축에서, 분산은 N으로 나눈 것(모분산)이에요.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.dropout import add_dropout

Sublayer = Callable[[Tensor], Tensor]
Scales = tuple[float, float]  # DeepNorm의 (α, β): 지름길의 배율과, 처음 가중치의 배율


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """식: γ · (x − μ) / √(σ² + ε) + β (논문 §3.1, Ba 외 2016). x (..., D), gamma beta (D,) → (..., D)."""
    mean = x.mean(-1, keepdim=True)
    var = (x - mean).square().mean(-1, keepdim=True)  # (..., 1), 모분산
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def residual(x: Tensor, sublayer: Sublayer) -> Tensor:
    """식: x + Sublayer(x) (논문 §3.1). x (B, T, D) → (B, T, D)."""
    return x + sublayer(x)


def post_norm(x: Tensor, sublayer: Sublayer, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """논문의 순서예요. 식: LayerNorm(x + Sublayer(x)) (논문 §3.1). x (B, T, D) → (B, T, D)."""
    return layer_norm(x + sublayer(x), gamma, beta, eps)


def pre_norm(x: Tensor, sublayer: Sublayer, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """나중에 널리 쓰인 순서예요. 식: x + Sublayer(LayerNorm(x)) (Xiong 외 2020). x (B, T, D) → (B, T, D)."""
    return x + sublayer(layer_norm(x, gamma, beta, eps))


def encoder_sublayers(x: Tensor, attn: Sublayer, ffn: Sublayer, norm1: Sublayer, norm2: Sublayer) -> Tensor:
    """인코더 한 층의 뼈대예요. 식: h = norm1(x + attn(x)), 출력 = norm2(h + ffn(h)) (논문 §3.1)."""
    h = norm1(x + attn(x))
    return norm2(h + ffn(h))


def dropout_residual(x: Tensor, sublayer_out: Tensor, p: float, training: bool) -> Tensor:
    """더하기 전에 부분층의 출력에만 드롭아웃을 걸어요. 식: x + Dropout(Sublayer(x)) (논문 §5.4).

    p가 0 이상 1 이하가 아니면 ValueError예요.
    """
    return x + F.dropout(sublayer_out, p, training)


def grad_norm_by_depth(x: Tensor, weights: list[Tensor], residual: bool) -> list[float]:
    """층마다 가중치 기울기의 크기 ‖∂ sum(h_N) / ∂W_i‖를 첫 층부터 늘어놓아요. 식: h ← tanh(hW_i) (+ h).

    x (B, D), weights는 (D, D)의 목록 → 층 수만큼의 실수 목록.
    """
    leaves = [W.detach().clone().requires_grad_() for W in weights]
    with torch.enable_grad():
        h = x.detach()
        for W in leaves:
            h = torch.tanh(h @ W) + (h if residual else 0)
        grads = torch.autograd.grad(h.sum(), leaves)
    return [grad.norm().item() for grad in grads]


def rms_norm(x: Tensor, gamma: Tensor, eps: float = 1e-6) -> Tensor:
    """평균을 빼지 않는 정규화예요. 식: γ · x / √(mean(x²) + ε) (Zhang & Sennrich 2019). x (..., D) → (..., D)."""
    return gamma * x / torch.sqrt(x.square().mean(-1, keepdim=True) + eps)


def deep_norm(x: Tensor, sublayer_out: Tensor, alpha: float, gamma: Tensor, beta: Tensor) -> Tensor:
    """잔차를 α배로 키운 Post-LN이에요. 식: LayerNorm(α·x + Sublayer(x)) (DeepNorm, Wang 외 2022)."""
    return layer_norm(alpha * x + sublayer_out, gamma, beta)


def deep_norm_scales(n_layers: int) -> Scales:
    """한쪽만 N층 쌓을 때의 DeepNorm 배율이에요. 식: α = (2N)^(1/4), β = (8N)^(−1/4) (Wang 외 2022 그림 2).

    β는 값을 옮기는 가중치(W_v, W_o, 피드포워드)를 Xavier로 뽑은 뒤에 곱해요. 점수만 매기는 W_q와 W_k는 그대로 둬요.
    지름길을 키우고 처음의 부분층을 줄이면, 깊은 모델도 첫 스텝에 출력이 크게 뒤바뀌지 않아요.
    """
    return (2 * n_layers) ** 0.25, (8 * n_layers) ** -0.25


def deep_norm_pair_scales(n_encoder: int, n_decoder: int) -> tuple[Scales, Scales]:
    """인코더 N층과 디코더 M층을 이을 때의 (인코더, 디코더) 배율이에요 (Wang 외 2022 그림 2).

    식: 인코더 α = 0.81(N⁴M)^(1/16), β = 0.87(N⁴M)^(−1/16). 디코더 α = (3M)^(1/4), β = (12M)^(−1/4).
    """
    depth = (n_encoder**4 * n_decoder) ** (1 / 16)
    return (0.81 * depth, 0.87 / depth), ((3 * n_decoder) ** 0.25, (12 * n_decoder) ** -0.25)


def make_norm(config: ModelConfig) -> nn.LayerNorm | nn.RMSNorm:
    """설정에 맞는 정규화를 골라요. 식은 `layer_norm`, `rms_norm`과 같고 계산은 한 덩어리로 합쳐져 빨라요."""
    return nn.LayerNorm(config.d_model, eps=1e-5) if config.norm == "layer" else nn.RMSNorm(config.d_model, eps=1e-6)


class AddNorm(nn.Module):
    """부분층 하나를 잔차와 정규화로 감싸요: 논문은 LN(x + Dropout(Sub(x))) (§3.1, §5.4)."""

    def __init__(self, config: ModelConfig, alpha: float = 1.0) -> None:
        super().__init__()
        self.norm = make_norm(config)
        self.norm_first, self.alpha = config.norm_first, alpha
        self.dropout = config.dropout

    def forward(self, x: Tensor, sublayer: Sublayer) -> Tensor:
        """x (B, T, D) → (B, T, D)."""
        if self.norm_first:
            return add_dropout(x, sublayer(self.norm(x)), self.dropout, self.training)
        shortcut = x if self.alpha == 1.0 else self.alpha * x
        return self.norm(add_dropout(shortcut, sublayer(x), self.dropout, self.training))
