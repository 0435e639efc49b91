"""학습률 일정: 천천히 올렸다가 내려요 (레슨 8, 논문 §5.3). 학습률에는 단위가 없고 스텝은 1부터 세요."""

from __future__ import annotations

import math


def noam_lr(step: int, d_model: int, warmup: int) -> float:
    """식: d_model^−0.5 · min(step^−0.5, step · warmup^−1.5) (논문 식 (3)). warmup 스텝에서 가장 커요.

    0번째 스텝은 1로 쳐요. 음수 스텝이나 1보다 작은 크기는 ValueError예요.
    """
    if step < 0 or d_model < 1 or warmup < 1:
        raise ValueError(f"step은 0 이상, d_model과 warmup은 1 이상이어야 해요: {step}, {d_model}, {warmup}")
    step = max(step, 1)
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def cosine_lr(step: int, peak: float, warmup: int, total: int, floor: float = 0.0) -> float:
    """peak까지 곧게 올린 뒤 total 스텝에서 floor가 되도록 코사인 반 바퀴로 내려요 (Loshchilov & Hutter 2017).

    식: floor + (peak − floor) · (1 + cos(π · 지난 비율)) / 2. 0번째 스텝은 1로 쳐요. total이 warmup보다 크지 않으면 ValueError예요.
    """
    if step < 0 or warmup < 1 or total <= warmup:
        raise ValueError(f"step은 0 이상, warmup은 1 이상, total은 warmup보다 커야 해요: {step}, {warmup}, {total}")
    step = max(step, 1)
    if step <= warmup:
        return peak * step / warmup
    progress = min((step - warmup) / (total - warmup), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
