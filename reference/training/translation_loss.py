"""학습이 줄이는 값: 교사 강요로 모든 자리를 한꺼번에 맞혀 보고 구한 손실의 합 (논문 §5.4).

B 배치, T 길이, V 어휘 크기.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from reference.training.fused_loss import projected_loss
from reference.transformer import Transformer


def translation_loss(
    model: Transformer, src: Tensor, tgt_in: Tensor, tgt_out: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """학습이 줄이는 값이에요: 교사 강요로 모든 자리를 한꺼번에 맞혀 보고 `label_smoothed_loss`의 합을 구해요.

    src (B, S), tgt_in tgt_out (B, T) 정수 → (PAD가 아닌 자리의 손실의 합, 맞힌 자리 수), 손실의 단위는 nat이에요.
    """
    pad = model.config.pad_id
    hidden, target = model.hidden(src, tgt_in).flatten(0, 1), tgt_out.flatten()  # (B·T, D), (B·T,)
    # 로짓은 가장 비싼 곱이라 PAD 자리를 빼요. GPU에서는 고르는 일이 동기화라서 더 비싸요.
    if hidden.device.type == "cpu":
        keep = (target != pad).nonzero().squeeze(1)
        return projected_loss(hidden[keep], model.embedding.E, target[keep], eps)
    logits = model.logits(hidden)  # (B·T, V)
    correct = ((logits.argmax(-1) == target) & (target != pad)).sum()
    return F.cross_entropy(logits.float(), target, ignore_index=pad, label_smoothing=eps, reduction="sum"), correct
