"""피드포워드: torch의 선형층 둘과 같은지, 위치마다 따로 도는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import DTYPES, close, randn

from reference import attention, feed_forward, positional


@pytest.mark.parametrize("dtype", DTYPES)
def test_ffn_is_two_linears(dtype):
    x, W1, b1, W2, b2 = (randn(*s, dtype=dtype) for s in [(2, 3, 4), (4, 7), (7,), (7, 4), (4,)])
    close(feed_forward.ffn(x, W1, b1, W2, b2), F.linear(F.relu(F.linear(x, W1.T, b1)), W2.T, b2))
    W, b = feed_forward.collapse(W1, b1, W2, b2)
    close(x @ W + b, (x @ W1 + b1) @ W2 + b2)
    close(feed_forward.gelu(x), F.gelu(x))
    V = randn(4, 7, dtype=dtype, seed=5)
    close(feed_forward.swiglu(x, W1, V, W2), (F.silu(x @ W1) * (x @ V)) @ W2)


def test_ffn_dropout_is_inverted_and_off_in_evaluation():
    torch.manual_seed(0)
    eye, zero = torch.eye(50), torch.zeros(50)
    x = torch.ones(40, 50, 50)
    out = feed_forward.ffn_dropout(x, eye, zero, eye, zero, 0.3, True)
    close(out.unique(), torch.tensor([0.0, 1 / 0.7]))
    assert abs((out == 0).float().mean() - 0.3) < 0.01
    close(feed_forward.ffn_dropout(x, eye, zero, eye, zero, 0.3, False), x)


def test_position_wise_is_recognised():
    x, W = randn(2, 5, 4), randn(4, 4)
    assert feed_forward.is_position_wise(lambda x: x @ W, x)
    assert not feed_forward.is_position_wise(lambda x: x - x.mean(1, keepdim=True), x)
    assert not feed_forward.is_position_wise(lambda x: attention.self_attention(x, W, W, W, None), x)
    assert not feed_forward.is_position_wise(lambda x: positional.add_pe(x, randn(5, 4)), x)
    assert not feed_forward.is_position_wise(lambda x: x.mean(1), x)


def test_ffn_param_count():
    assert feed_forward.ffn_param_count(512, 2048) == 2_099_712
    with pytest.raises(ValueError):
        feed_forward.ffn_param_count(0, 4)
