"""빠른 드롭아웃: 치우치지 않고 버리고, 학습이 아니면 그대로인지 봐요."""

from __future__ import annotations

import pytest
import torch
from support.reference_tensors import close

from reference.dropout import add_dropout, dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fast_dropout_drops_fairly(dtype):
    torch.manual_seed(0)
    x = torch.ones(1001, 999, dtype=dtype, requires_grad=True)
    out = dropout(x, 0.3, True)
    kept = out != 0
    assert abs(kept.float().mean() - 0.7) < 0.003
    assert abs(out.float().mean() - 1.0) < 0.006
    assert len(out[kept].unique()) == 1
    assert (kept.float().mean(0) - 0.7).abs().max() < 0.08  # 어느 열도 치우치지 않아요
    neighbours = (kept[:, 1:] & kept[:, :-1]).float().mean()
    assert abs(neighbours - 0.49) < 0.005
    (gradient,) = torch.autograd.grad(out.float().sum(), x)
    close(gradient, out.detach())
    assert dropout(x, 0.3, False) is x and dropout(x, 0.0, True) is x


def test_fast_dropout_in_the_residual_branch_only():
    torch.manual_seed(1)
    out = add_dropout(torch.full((5000,), 10.0), torch.ones(5000), 0.5, True)
    assert set(out.unique().tolist()) == {10.0, 12.0}
    close(add_dropout(torch.ones(3), torch.ones(3), 0.5, False), torch.full((3,), 2.0))
