"""빠른 드롭아웃: 치우치지 않고 버리고, 학습이 아니면 그대로인지 봐요."""

from __future__ import annotations

import pytest
import torch
from support.reference_tensors import close

from reference.dropout import add_dropout, drop_words, dropout


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


@pytest.mark.parametrize("p", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
def test_dropout_drops_what_it_is_told_and_keeps_the_mean(p):
    """1/256로 반올림하면 0.001은 아무것도 버리지 않고 0.999는 0으로 나눠요."""
    torch.manual_seed(2)
    n = 1_000_000
    out = dropout(torch.ones(n), p, True)
    spread = (p * (1 - p) / n) ** 0.5  # 버린 비율의 표준편차
    share = (out == 0).double().mean().item()
    assert abs(share - p) <= 0.02 * min(p, 1 - p) + 5 * spread
    assert abs(out.double().mean().item() - 1) <= 5 * (p / (1 - p) / n) ** 0.5 + 1e-6
    added = add_dropout(torch.zeros(n), torch.ones(n), p, True)
    assert torch.equal(added.unique(), out.unique())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropping_everything_leaves_zeros_and_no_nan(dtype):
    x = torch.full((7, 5), 3.0, dtype=dtype, requires_grad=True)
    out = dropout(x, 1.0, True)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert not out.any() and not gradient.any() and out.dtype == dtype
    close(add_dropout(torch.ones(3), torch.ones(3), 1.0, True), torch.ones(3))
    assert dropout(x, 1.0, False) is x


def test_word_dropout_drops_whole_words_and_scales_nothing():
    torch.manual_seed(3)
    x = torch.randn(200, 500, 4, requires_grad=True)
    out = drop_words(x, 0.1, True)
    kept = (out != 0).any(-1)  # (200, 500)
    assert torch.equal(out[kept], x[kept]) and not out[~kept].any()
    assert abs((~kept).float().mean().item() - 0.1) < 0.005
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert torch.equal(gradient, kept[..., None].float().expand_as(x))
    assert drop_words(x, 0.1, False) is x and drop_words(x, 0.0, True) is x
