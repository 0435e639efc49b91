"""스케일드 닷 프로덕트 어텐션: 쿼리와 키가 닮은 만큼 값을 섞어요 (레슨 5, 논문 §3.2.1).

B 배치, H 헤드, T 쿼리 길이, S 키 길이, D = d_model, K = d_k. 마스크는 True = 볼 수 있음 (masks.py).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from reference.dropout import dropout as drop


def softmax(x: Tensor, dim: int) -> Tensor:
    """점수를 합이 1인 비율로 바꿔요. 식: exp(x − max x) / Σ exp(x − max x) (논문 식 (1) 안의 softmax).

    x 아무 모양 → 같은 모양. 가장 큰 값을 먼저 빼므로 +1000이 들어와도 넘치지 않아요.
    """
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """쿼리와 키의 닮은 정도예요. 식: QKᵀ / √d_k (논문 식 (1)).

    q (..., T, K), k (..., S, K) → (..., T, S).
    """
    return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (..., T, S)


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """볼 수 있는 키에만 비율을 나눠 줘요. 식: softmax(점수, 가린 곳은 −∞) (논문 §3.2.3).

    scores (..., T, S), mask는 같은 모양으로 브로드캐스트되는 참/거짓 또는 None → (..., T, S).
    다 가려진 행은 NaN이 아니라 0이에요.
    """
    if mask is None:
        return softmax(scores, dim=-1)
    hidden = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return softmax(hidden, dim=-1) * mask.any(-1, keepdim=True) * mask  # (..., T, S)


def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """어텐션 그 자체예요. 식: Attention(Q, K, V) = softmax(QKᵀ / √d_k) V (논문 식 (1)).

    q (..., T, K), k (..., S, K), v (..., S, Kv), mask (..., T, S)로 브로드캐스트 또는 None
    → 출력 (..., T, Kv), 가중치 (..., T, S).
    """
    weights = masked_softmax(attention_scores(q, k), mask)  # (..., T, S)
    return weights @ v, weights  # (..., T, Kv)


def self_attention(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None) -> Tensor:
    """한 문장이 자기 자신에게 묻고 답해요. 식: Attention(xW_q, xW_k, xW_v) (논문 §3.2.3).

    x (B, T, D), W_q W_k (D, K), W_v (D, Kv), mask (T, T)나 (B, T, T)나 None → (B, T, Kv).
    """
    return scaled_dot_product_attention(x @ W_q, x @ W_k, x @ W_v, mask)[0]  # (B, T, Kv)


def attention_variance(d_k: int, n_samples: int, generator: torch.Generator) -> tuple[float, float]:
    """√d_k로 나누는 까닭을 재요: 표준정규 q, k의 q·k는 분산이 d_k이고, 나누면 1이 돼요 (논문 각주 4).

    → (q·k의 분산, q·k/√d_k의 분산). 크기나 표본 수가 너무 작으면 ValueError예요.
    """
    if d_k < 1 or n_samples < 2:
        raise ValueError(f"d_k는 1 이상, n_samples는 2 이상이어야 해요: {d_k}, {n_samples}")
    q, k = torch.randn(2, n_samples, d_k, generator=generator)
    dots = (q * k).sum(-1)  # (n_samples,)
    return dots.var().item(), (dots / math.sqrt(d_k)).var().item()


def attend(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, dropout: float = 0.0, record: list[Tensor] | None = None
) -> Tensor:
    """`scaled_dot_product_attention`과 같은 값을 장치에 맞는 가장 빠른 길로 구해요.

    q (B, H, T, K), k v (B, H, S, K), bias는 `mask_bias`의 결과나 None → (B, H, T, K).
    `dropout`은 가중치를 버릴 확률이고, `record` 목록을 주면 가중치 (B, H, T, S)를 거기에 덧붙여요.
    """
    # 길을 고르는 곳은 여기뿐이에요. GPU와 긴 문장에서는 점수표를 메모리에 쓰지 않는 SDPA가 빨라요.
    # CPU에서 쿼리가 64개보다 적으면 SDPA의 준비 비용이 더 커서 행렬곱 두 번이 빠르고,
    # CPU의 SDPA는 드롭아웃을 켜면 어차피 느린 길로 가요.
    on_cpu = q.device.type == "cpu"
    if record is None and not (on_cpu and (dropout > 0 or q.size(-2) < 64)):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=dropout)
    # 캐시로 한 토큰씩 갈 때(쿼리 하나)는 행렬곱의 준비가 곱셈보다 오래 걸려요. 곱해서 더하는 편이 빨라요.
    single = on_cpu and q.size(-2) == 1 and q.dtype == torch.float32
    scores = (q * k).sum(-1).unsqueeze(-2) if single else q @ k.transpose(-2, -1)  # (B, H, T, S)
    scale = q.size(-1) ** -0.5
    scores = scores * scale if bias is None else torch.add(bias, scores, alpha=scale)  # 나누기와 가리기를 한 번에
    weights = torch.softmax(scores, dim=-1)
    if record is not None:
        record.append(weights.detach())
    weights = drop(weights, dropout, training=dropout > 0)
    return (weights.transpose(-2, -1) * v).sum(-2, keepdim=True) if single else weights @ v  # (B, H, T, K)
