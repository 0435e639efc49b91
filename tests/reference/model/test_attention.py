"""어텐션: 값과 기울기가 torch의 것과 같고, 다 가려진 행에서도 NaN이 없는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import DTYPES, close, randn

from reference import attention, masks


def test_softmax_of_the_series_errata():
    for scores, expected in [
        ([10, 8, 12, 9], [0.112, 0.015, 0.831, 0.041]),
        ([1, 0.8, 1.2, 0.9], [0.253, 0.208, 0.310, 0.229]),
        ([2, 1, 3, 0.5], [0.232, 0.085, 0.631, 0.052]),
    ]:
        close(
            attention.softmax(torch.tensor(scores, dtype=torch.float64), -1),
            torch.tensor(expected, dtype=torch.float64),
            rtol=0,
            atol=6e-4,
        )
    x = randn(2, 3, 4) + 1000
    for dim in (0, 1, 2):
        close(attention.softmax(x, dim), torch.softmax(x, dim))


@pytest.mark.parametrize("dtype", DTYPES)
def test_attention_is_torch_attention_in_value_and_gradient(dtype):
    q, k, v = (randn(2, 3, t, 4, dtype=dtype, seed=i).requires_grad_() for i, t in enumerate((5, 7, 7)))
    mask = torch.rand(2, 1, 5, 7, generator=torch.Generator().manual_seed(1)) > 0.4
    mask[..., 0] = True
    for m in (None, mask):
        out, weights = attention.scaled_dot_product_attention(q, k, v, m)
        expected = F.scaled_dot_product_attention(q, k, v, attn_mask=m)
        close(out, expected)
        close(weights, attention.masked_softmax(attention.attention_scores(q, k), m))
        ours, theirs = (torch.autograd.grad(result.square().sum(), (q, k, v)) for result in (out, expected))
        close(ours, theirs)
        close(attention.attend(q, k, v, masks.mask_bias(m, dtype)), out)


def test_a_hidden_row_gives_zeros():
    mask = torch.tensor([[True, False, True], [False, False, False]])
    scores = randn(4, 2, 3).requires_grad_()
    weights = attention.masked_softmax(scores, mask)
    assert weights[:, 1].abs().max() == 0 and weights[:, 0, 1].abs().max() == 0
    close(weights[:, 0].sum(-1), torch.ones(4, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(weights.square().sum(), scores)
    assert gradient.isfinite().all()


def test_variance_of_the_dot_product():
    plain, scaled = attention.attention_variance(64, 40_000, torch.Generator().manual_seed(0))
    assert 62 < plain < 66 and 0.97 < scaled < 1.03
    assert plain == pytest.approx(64 * scaled, rel=1e-4)
    with pytest.raises(ValueError):
        attention.attention_variance(64, 1, torch.Generator())
