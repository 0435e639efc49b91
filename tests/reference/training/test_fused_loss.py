"""조각마다 구하는 손실: 값과 기울기가 교차 엔트로피와 같은지 봐요."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

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


def test_a_tie_is_not_a_hit():
    """bf16 로짓에서 으뜸과 값이 같아도, 그리디가 뽑을 첫 자리가 아니면 틀린 것이에요."""
    generator = torch.Generator().manual_seed(0)
    hidden, E = (torch.randn(n, 64, generator=generator) / 8**0.5 for n in (600, 4000))
    z = hidden.bfloat16() @ E.bfloat16().T
    ties = z == z.amax(1, keepdim=True)
    assert (ties.sum(1) > 1).sum() > 5  # 동점이 정말 있어야 보는 값어치가 있어요
    target = 3999 - ties.flip(1).to(torch.uint8).argmax(1)  # 동점 가운데 마지막 자리
    with torch.autocast("cpu", torch.bfloat16):
        _, correct = projected_loss(hidden, E, target, 0.1)
    assert int(correct) == int((z.float().argmax(1) == target).sum()) < 600


def test_no_gradient_is_made_when_nobody_learns():
    """평가할 때는 같은 값을 기울기의 행렬곱 두 번 없이 구해요."""
    generator = torch.Generator().manual_seed(3)
    hidden, E = (torch.randn(n, 16, generator=generator).requires_grad_() for n in (300, 90))
    target = torch.randint(0, 90, (300,), generator=generator)
    with FlopCounterMode(display=False) as learning:
        loss, correct = projected_loss(hidden, E, target, 0.1)
    assert loss.requires_grad
    with torch.no_grad(), FlopCounterMode(display=False) as looking:
        same, same_correct = projected_loss(hidden, E, target, 0.1)
    assert torch.equal(loss, same) and torch.equal(correct, same_correct) and not same.requires_grad
    product = 2 * 300 * 90 * 16
    assert looking.get_total_flops() < 1.1 * product < 3 * product <= learning.get_total_flops()
