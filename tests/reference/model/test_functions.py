"""모든 수업 함수의 약속: 받은 것을 바꾸지 않고, 받은 자료형으로 돌려줘요."""

from __future__ import annotations

import pytest
import torch
from support.reference_tensors import DTYPES, randn

from reference import attention, embedding, feed_forward, masks, multi_head, norm, positional, rnn


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_changed_and_the_type_stays(dtype):
    x, gamma, beta = randn(2, 3, 4, dtype=dtype), randn(4, dtype=dtype), randn(4, dtype=dtype)
    W = [randn(4, 4, dtype=dtype, seed=i) for i in range(4)]
    before = [t.clone() for t in (x, gamma, beta, *W)]
    outputs = [
        norm.layer_norm(x, gamma, beta),
        norm.rms_norm(x, gamma),
        norm.post_norm(x, torch.tanh, gamma, beta),
        feed_forward.ffn(x, W[0], gamma, W[1], beta),
        feed_forward.swiglu(x, W[0], W[1], W[2]),
        attention.self_attention(x, *W[:3], masks.causal_mask(3)),
        attention.softmax(x, -1),
        multi_head.multi_head_attention(x, x, *W, 2, masks.causal_mask(3)),
        positional.rope(x[None], torch.arange(3)),
        positional.add_pe(x, positional.sinusoidal_pe(5, 4)),
        embedding.tied_logits(x, W[0]),
        multi_head.attend_with_cache(x[:, :1], None, *W, 2)[0],
        rnn.context(x @ x.mT, x),
    ]
    assert all(out.dtype == dtype for out in outputs)
    assert all(torch.equal(a, b) for a, b in zip(before, (x, gamma, beta, *W), strict=True))
