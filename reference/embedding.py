"""임베딩: 토큰 번호를 벡터로, 벡터를 다시 토큰 점수로 바꿔요 (레슨 7, 논문 §3.4).

B 배치, T 길이, D = d_model, V 어휘 크기. 소스, 타깃, 출력이 표 E (V, D) 하나를 함께 써요.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.config import ModelConfig


def embed(ids: Tensor, E: Tensor) -> Tensor:
    """식: E[ids] · √d_model (논문 §3.4). ids (B, T) 정수, E (V, D) → (B, T, D)."""
    return E[ids] * math.sqrt(E.size(1))  # (B, T, D)


def tied_logits(h: Tensor, E: Tensor) -> Tensor:
    """같은 표를 전치해 모든 토큰의 로짓을 구해요. 식: hEᵀ (논문 §3.4). h (B, T, D) → (B, T, V)."""
    return h @ E.T  # (B, T, V)


def cosine_similarity(a: Tensor, B: Tensor) -> Tensor:
    """두 벡터가 이루는 각의 코사인이에요. 식: a·b / (‖a‖‖b‖). a (D,), B (N, D) → (N,)."""
    return (B @ a) / (a.norm() * B.norm(dim=-1))  # (N,)


class Embedding(nn.Module):
    """`embed`와 `tied_logits`가 표 하나를 나눠 쓰는 모듈이에요.

    표의 표준편차는 d_model^-0.5라서, √d_model을 곱한 임베딩은 위치 인코딩과 크기가 비슷하고 로짓은 1 언저리예요.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.E = nn.Parameter(torch.randn(config.vocab_size, config.d_model) * config.d_model**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) 정수 → (B, T, D)."""
        return F.embedding(ids, self.E) * math.sqrt(self.E.size(1))

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden (..., D) → (..., V)."""
        return F.linear(hidden, self.E)
