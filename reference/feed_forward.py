"""피드포워드: 토큰마다 따로, 똑같이 정보를 바꿔요 (레슨 3, 논문 §3.3).

B 배치, T 길이, D = d_model, F = d_ff.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.dropout import dropout


def relu(x: Tensor) -> Tensor:
    """음수를 0으로 잘라요. 식: max(0, x) (논문 식 (2)). 모양은 그대로예요."""
    return x.clamp(min=0)


def ffn(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
    """식: FFN(x) = max(0, xW1 + b1)W2 + b2 (논문 식 (2)). x (B, T, D), W1 (D, F), W2 (F, D) → (B, T, D)."""
    return relu(x @ W1 + b1) @ W2 + b2  # (B, T, F)를 거쳐 (B, T, D)


def collapse(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """ReLU가 없으면 두 층이 한 층이 돼요. 식: (xW1 + b1)W2 + b2 = x(W1W2) + (b1W2 + b2). → W (D, D), b (D,)."""
    return W1 @ W2, b1 @ W2 + b2


def is_position_wise(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    """f가 모든 위치를 따로, 똑같이 다루는지 확인해요 (논문 §3.3의 position-wise). x (B, T, D)."""
    whole = f(x)
    if whole.shape[:2] != x.shape[:2]:
        return False
    alone = torch.cat([f(x[:, t : t + 1]) for t in range(x.size(1))], dim=1)  # (B, T, ·)
    return alone.shape == whole.shape and torch.allclose(alone, whole, rtol=1e-4, atol=1e-5)


def ffn_param_count(d_model: int, d_ff: int) -> int:
    """가중치 둘과 편향 둘을 세요: D·F + F + F·D + D (논문 §3.3). 크기가 1보다 작으면 ValueError예요."""
    if d_model < 1 or d_ff < 1:
        raise ValueError(f"크기는 1 이상이어야 해요: d_model={d_model}, d_ff={d_ff}")
    return 2 * d_model * d_ff + d_ff + d_model


def ffn_dropout(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, p: float, training: bool) -> Tensor:
    """활성화 다음에 드롭아웃을 한 번 걸어요. 식: Dropout(max(0, xW1 + b1))W2 + b2. x (B, T, D) → (B, T, D).

    p가 0 이상 1 이하가 아니면 ValueError예요.
    """
    return F.dropout(relu(x @ W1 + b1), p, training) @ W2 + b2


def gelu(x: Tensor) -> Tensor:
    """부드러운 ReLU예요. 식: x · Φ(x), Φ는 표준정규 누적분포 (Hendrycks & Gimpel 2016). 모양은 그대로예요."""
    return x * 0.5 * (1 + torch.erf(x * 0.5**0.5))


def swiglu(x: Tensor, W: Tensor, V: Tensor, W2: Tensor) -> Tensor:
    """문이 달린 FFN이에요. 식: (SiLU(xW) ⊙ xV)W2 (Shazeer 2020). x (B, T, D), W V (D, F), W2 (F, D) → (B, T, D)."""
    gate = x @ W
    return (gate * torch.sigmoid(gate) * (x @ V)) @ W2


class FeedForward(nn.Module):
    """`ffn_dropout`을 모듈로 감싼 것이에요. 설정에 따라 GELU나 SwiGLU로 바뀌어요.

    SwiGLU는 W와 V를 `first` 하나로 쌓아 행렬곱 한 번으로 얻고, 관례대로 편향이 없어요.
    `gain`은 값을 옮기는 가중치의 처음 크기에 곱하는 배율이에요 (DeepNorm의 β). SwiGLU의 문 W는 값을 옮기지 않아 그대로 둬요.
    """

    def __init__(self, config: ModelConfig, gain: float = 1.0) -> None:
        super().__init__()
        self.activation, self.dropout = config.activation, config.dropout
        gated = self.activation == "swiglu"
        self.first = nn.Linear(config.d_model, config.d_ff * (2 if gated else 1), bias=not gated)
        self.second = nn.Linear(config.d_ff, config.d_model, bias=not gated)
        *gate, first = self.first.weight.split(config.d_ff)
        for W, scale in (*((W, 1.0) for W in gate), (first, gain), (self.second.weight, gain)):
            nn.init.xavier_uniform_(W, scale)
        for linear in (self.first, self.second):
            if linear.bias is not None:
                nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, D) → (B, T, D)."""
        h = self.first(x)  # (B, T, F), SwiGLU면 (B, T, 2F)
        if self.activation == "relu":
            h = F.relu(h)
        elif self.activation == "gelu":
            h = F.gelu(h)
        else:
            gate, value = h.chunk(2, dim=-1)  # (B, T, F) 둘
            h = F.silu(gate) * value
        return self.second(dropout(h, self.dropout, self.training))  # (B, T, D)
