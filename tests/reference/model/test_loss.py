"""손실: 레이블 스무딩이 torch의 교차 엔트로피와 같은지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import DTYPES, close, randn

from reference import loss


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_smoothing_is_torch_cross_entropy(eps, dtype):
    logits = randn(20, 9, dtype=dtype).requires_grad_()
    target = torch.randint(0, 9, (20,), generator=torch.Generator().manual_seed(0))
    ours = loss.label_smoothed_loss(logits, target, eps, 3)
    expected = F.cross_entropy(logits, target, ignore_index=3, label_smoothing=eps)
    close(ours, expected)
    close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))
    with pytest.raises(ValueError):
        loss.label_smoothed_loss(logits, target, 1.0, 3)
