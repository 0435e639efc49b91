"""조각마다 구하는 손실: 값과 기울기가 교차 엔트로피와 같은지 봐요."""

from __future__ import annotations

import pytest
import torch

from reference.training.fused_loss import projected_loss


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_projected_loss_equals_cross_entropy(dtype):
    generator = torch.Generator().manual_seed(3)
    hidden, E = (torch.randn(n, 16, generator=generator, dtype=dtype).requires_grad_() for n in (300, 90))
    target = torch.randint(0, 90, (300,), generator=generator)
    loss, correct = projected_loss(hidden, E, target, 0.1)
    grads = torch.autograd.grad(loss / 300, (hidden, E))
    logits = hidden @ E.T
    wanted = torch.nn.functional.cross_entropy(logits, target, label_smoothing=0.1)
    torch.testing.assert_close(loss / 300, wanted)
    assert int(correct) == int((logits.argmax(1) == target).sum())
    torch.testing.assert_close(grads, torch.autograd.grad(wanted, (hidden, E)), rtol=1e-4, atol=1e-6)
