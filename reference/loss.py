"""손실: 다음 토큰을 얼마나 잘 맞혔는지 재요 (레슨 8, 논문 §5.4의 레이블 스무딩).

N 자리 수, V 어휘 크기.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def label_smoothed_loss(logits: Tensor, target: Tensor, eps: float, pad_id: int) -> Tensor:
    """정답에 1 − ε을 주고 ε은 어휘 V개 모두에 고르게 나눠 준 교차 엔트로피예요 (논문 §5.4, ε = 0.1).

    식: (1 − ε)·(−log p[정답]) + ε·mean_v(−log p[v])를 PAD가 아닌 자리에서 평균해요.
    logits (N, V), target (N,) 정수 → 스칼라, 단위는 nat/토큰. ε이 0 이상 1 미만이 아니면 ValueError예요.
    """
    if not 0.0 <= eps < 1.0:
        raise ValueError(f"레이블 스무딩 eps는 0 이상 1 미만이어야 해요: {eps}")
    log_p = F.log_softmax(logits, dim=-1)  # (N, V)
    right = -log_p.gather(1, target[:, None]).squeeze(1)  # (N,)
    loss = (1 - eps) * right - eps * log_p.mean(-1)  # (N,)
    keep = target != pad_id
    return (loss * keep).sum() / keep.sum()
