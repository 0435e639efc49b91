"""빠른 길: 같은 값을 CPU에서 더 빨리 구하는 두 가지예요. 처음 읽을 때는 건너뛰어도 돼요.

`dropout`은 `F.dropout`과, `projected_loss`는 `F.cross_entropy(hidden @ E.T, target)`와 같은 일을 해요.
N 자리 수, D = d_model, V 어휘 크기.
"""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

ROWS = 256  # 로짓을 한 번에 몇 자리씩 만들지. 8천 어휘에서 4 MB라서 캐시 안에 머물러요.


def dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """값마다 확률 p로 0을 만들고 나머지를 1/(1-p)배 해요. x와 결과의 모양이 같아요.

    CPU의 `F.dropout`은 난수를 값마다 하나씩 뽑아서 학습 시간의 5분의 1을 써요. 여기서는 64비트 난수 하나를
    16비트 넷으로 나눠 써요. 그래서 p는 1/65536 단위로 맞춰져요.
    """
    if not training or p == 0:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, p)
    cut = round(p * 65536)
    bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    kept = bits.view(torch.int16)[: x.numel()].view(x.shape) >= cut - 32768
    return x * kept.to(x.dtype).mul_(65536 / (65536 - cut))


def projected_loss(hidden: Tensor, E: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """로짓 hidden·Eᵀ의 레이블 스무딩 손실의 합과 맞힌 자리 수를 구해요 (논문 §5.4).

    hidden (N, D), E (V, D), target (N,) → 스칼라 둘. (N, V) 로짓을 통째로 두지 않고, 기울기도 같은 걸음에 구해요.
    """
    return _ProjectedLoss.apply(hidden, E, target, eps)


class _ProjectedLoss(torch.autograd.Function):
    """식: 손실 = Σ (logsumexp(z) − (1−ε) z[y] − ε 평균(z)), ∂손실/∂z = softmax(z) − (1−ε) onehot(y) − ε/V.

    뒤의 두 항은 로짓마다 더하지 않고 E[y]와 E의 평균으로 한꺼번에 빼요.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, E: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        wide, table = E.dtype, E.to(hidden.dtype)  # (V, D)
        mean = E.mean(0)  # (D,)
        right_rows = E[target]  # (N, D)
        grad_hidden = torch.empty_like(hidden)
        grad_E = torch.zeros_like(E)
        loss, correct = E.new_zeros(()), torch.zeros((), dtype=torch.int64)
        for start in range(0, len(hidden), ROWS):
            rows = slice(start, start + ROWS)
            h, y = hidden[rows], target[rows, None]
            z = h @ table.T  # (n, V)
            peak = z.amax(1, keepdim=True)
            right = z.gather(1, y)
            share = torch.softmax(z, 1)  # (n, V)
            # 가장 큰 확률은 exp(peak - logsumexp)이므로 logsumexp를 다시 계산하지 않아도 돼요.
            norm = peak.to(wide) - share.amax(1, keepdim=True).to(wide).log()
            loss += (norm - (1 - eps) * right.to(wide) - eps * (h.to(wide) @ mean)[:, None]).sum()
            correct += (right == peak).sum()
            grad_hidden[rows] = share @ table
            grad_E += share.T @ h
        grad_hidden -= ((1 - eps) * right_rows + eps * mean).to(hidden.dtype)
        grad_E -= eps / len(E) * hidden.to(wide).sum(0)
        grad_E.index_add_(0, target, hidden.to(wide), alpha=eps - 1)
        ctx.save_for_backward(grad_hidden, grad_E)
        ctx.mark_non_differentiable(correct)
        return loss, correct

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None]:
        grad_hidden, grad_E = ctx.saved_tensors
        return grad_hidden * grad, grad_E * grad, None, None
