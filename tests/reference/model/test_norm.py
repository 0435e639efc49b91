"""잔차와 정규화: torch의 정규화와 같은지, 정규화가 서는 자리가 맞는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import DTYPES, close, randn

from reference import norm


@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_are_torch_norms(dtype):
    x, gamma, beta = randn(2, 3, 6, dtype=dtype), randn(6, dtype=dtype), randn(6, dtype=dtype, seed=1)
    x[0, 0] *= 1e-3
    close(norm.layer_norm(x, gamma, beta), F.layer_norm(x, (6,), gamma, beta))
    close(norm.rms_norm(x, gamma), F.rms_norm(x, (6,), gamma, 1e-6))
    close(norm.deep_norm(x, x.flip(0), 1.7, gamma, beta), F.layer_norm(1.7 * x + x.flip(0), (6,), gamma, beta))
    expected = torch.tensor([-1.342, 0.447, -0.447, 1.342], dtype=dtype)
    one = torch.tensor([1.0, 5.0, 3.0, 7.0], dtype=dtype)
    close(norm.layer_norm(one, torch.ones_like(one), 0 * one), expected, rtol=0, atol=5e-4)


def test_layer_norm_survives_a_large_shift():
    x = randn(3, 8)
    ones, zeros = torch.ones(8, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)
    close(norm.layer_norm(x + 1000, ones, zeros), norm.layer_norm(x, ones, zeros), rtol=0, atol=1e-9)


def test_where_the_norm_stands():
    x, gamma, beta, sub = randn(2, 3, 4), randn(4), randn(4, seed=2), torch.tanh

    def ln(x):
        return F.layer_norm(x, (4,), gamma, beta)

    close(norm.residual(x, sub), x + sub(x))
    close(norm.post_norm(x, sub, gamma, beta), ln(x + sub(x)))
    close(norm.pre_norm(x, sub, gamma, beta), x + sub(ln(x)))
    h = ln(x + sub(x))
    close(norm.encoder_sublayers(x, sub, torch.sin, ln, torch.cos), torch.cos(h + torch.sin(h)))
    close(norm.dropout_residual(x, 2 * x, 0.5, False), 3 * x)
    torch.manual_seed(0)
    out = norm.dropout_residual(torch.ones(2000), torch.ones(2000), 0.5, True)
    assert set(out.unique().tolist()) == {1.0, 3.0}


@pytest.mark.parametrize("residual", [False, True])
def test_gradient_by_depth(residual):
    x, weights = randn(3, 4), [0.3 * randn(4, 4, seed=i) for i in range(5)]

    def run(*weights):
        h = x
        for W in weights:
            h = torch.tanh(h @ W) + (h if residual else 0)
        return h.sum()

    expected = [g.norm().item() for g in torch.autograd.functional.jacobian(run, tuple(weights))]
    assert norm.grad_norm_by_depth(x, weights, residual) == pytest.approx(expected)
