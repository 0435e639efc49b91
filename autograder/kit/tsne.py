"""t-SNE(van der Maaten과 Hinton 2008): 고차원의 가까운 점들이 평면에서도 가깝게 놓이도록 자리를 찾아요.

점이 수백 개까지일 때 쓰는 짧은 구현이에요. 평면에서 먼 거리와 무리의 크기에는 뜻이 없어요.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def neighbours(x: Tensor, perplexity: float) -> Tensor:
    """점마다 어느 점이 이웃인지의 확률이에요. 행마다 이웃이 `perplexity`개쯤 되게 폭을 맞춰요. x (N, D) → (N, N), 행의 합은 1."""
    if not 1 < perplexity < len(x) - 1:
        raise ValueError(f"perplexity는 1보다 크고 점의 개수보다 둘 넘게 작아야 해요: 점 {len(x)}개, {perplexity}")
    distance = torch.cdist(x, x) ** 2
    distance = distance / distance.mean()  # 폭을 찾는 범위가 자료의 크기와 상관없게 해요.
    distance.fill_diagonal_(math.inf)
    low, high = torch.full((len(x), 1), -20.0), torch.full((len(x), 1), 20.0)  # log(1 / 2σ²)
    for _ in range(50):
        middle = (low + high) / 2
        p = torch.softmax(-distance * middle.exp(), dim=1)  # (N, N)
        entropy = -torch.xlogy(p, p).sum(1, keepdim=True)
        wide = entropy > math.log(perplexity)
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    return p


def tsne(x: Tensor, *, perplexity: float = 5.0, steps: int = 500, seed: int = 0) -> Tensor:
    """점 N개를 평면에 옮겨요. 식: KL(P ‖ Q)를 줄여요, q_ij ∝ 1 / (1 + ‖y_i − y_j‖²). x (N, D) → (N, 2)."""
    p = neighbours(x.detach().float(), perplexity)
    p = (p + p.T) / (2 * len(x))
    y = torch.randn(len(x), 2, generator=torch.Generator().manual_seed(seed)) * 1e-2
    velocity = torch.zeros_like(y)
    for step in range(steps):
        early = step < steps // 4  # 처음에는 이웃끼리 세게 당겨서 무리부터 지어요.
        closeness = 1 / (1 + torch.cdist(y, y) ** 2)
        closeness.fill_diagonal_(0)
        pull = ((4 * p if early else p) - closeness / closeness.sum()) * closeness  # (N, N)
        gradient = 4 * (pull.sum(1, keepdim=True) * y - pull @ y)
        velocity = (0.5 if early else 0.8) * velocity - len(x) * gradient
        y = y + velocity
        y = y - y.mean(0)
    return y
