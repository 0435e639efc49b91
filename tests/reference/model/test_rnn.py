"""RNN과 첫 어텐션: torch.nn.RNN, 야코비안, 손으로 센 값과 같은지 봐요."""

from __future__ import annotations

import pytest
import torch
from support.reference_tensors import DTYPES, close, randn

from reference import rnn


@pytest.mark.parametrize("dtype", DTYPES)
def test_rnn_is_torch_rnn(dtype):
    torch.manual_seed(0)
    twin = torch.nn.RNN(3, 5, batch_first=True, dtype=dtype)
    x, h0 = randn(2, 7, 3, dtype=dtype), randn(2, 5, dtype=dtype)
    W_xh, W_hh = twin.weight_ih_l0.T, twin.weight_hh_l0.T
    b = twin.bias_ih_l0 + twin.bias_hh_l0
    outputs = rnn.rnn_forward(x, h0, W_xh, W_hh, b)
    expected, last = twin(x, h0[None])
    close(outputs, expected)
    close(rnn.rnn_step(x[:, 0], h0, W_xh, W_hh, b), expected[:, 0])
    close(rnn.last_state(outputs, torch.tensor([7, 3])), torch.stack([last[0, 0], expected[1, 2]]))
    assert outputs.dtype == dtype


def test_last_state_refuses_impossible_lengths():
    for lengths in ([0, 2], [2, 8]):
        with pytest.raises(ValueError):
            rnn.last_state(torch.zeros(2, 7, 3), torch.tensor(lengths))


def test_path_length_and_cost_of_table_1():
    assert [rnn.path_length(kind, 27) for kind in ("rnn", "conv", "self_attention")] == [26, 3, 1]
    assert [rnn.path_length("conv", n, 5) for n in (1, 2, 5, 6, 125, 126)] == [0, 1, 1, 2, 3, 4]
    assert rnn.layer_cost("self_attention", 10, 7) == 700
    assert rnn.layer_cost("rnn", 10, 7) == 490
    assert rnn.layer_cost("conv", 10, 7, k=2) == 980
    for bad in [("lstm", 5), ("rnn", 0), ("conv", 5, 1)]:
        with pytest.raises(ValueError):
            rnn.path_length(*bad)
    for bad in [("lstm", 5, 5), ("rnn", 0, 5), ("rnn", 5, 0)]:
        with pytest.raises(ValueError):
            rnn.layer_cost(*bad)


def test_rnn_gradient_fades_with_distance_and_is_exact():
    x, h0, W_xh, W_hh, b = randn(2, 6, 3), randn(2, 4), randn(3, 4), 0.2 * randn(4, 4), randn(4)
    norms = rnn.grad_norm_by_distance(x, h0, W_xh, W_hh, b)
    jacobian = torch.autograd.functional.jacobian(lambda x: rnn.rnn_forward(x, h0, W_xh, W_hh, b)[:, -1].sum(), x)
    close(norms, torch.stack([jacobian[:, 5 - j].norm() for j in range(6)]))
    assert norms[0] > 10 * norms[5]
    with torch.no_grad():
        close(rnn.grad_norm_by_distance(x, h0, W_xh, W_hh, b), norms)


def test_bahdanau_attention_by_hand():
    s, H, W_s, W_h, v = randn(2, 4), randn(2, 5, 4), randn(4, 3), randn(4, 3, seed=9), randn(3)
    scores = rnn.additive_scores(s, H, W_s, W_h, v)
    close(scores[1, 2], torch.tanh(s[1] @ W_s + H[1, 2] @ W_h) @ v)
    mask = torch.tensor([[True, True, False, True, True], [True] * 5])[:, None]
    weights = rnn.attention_weights(scores[:, None], mask)
    assert weights[0, 0, 2] == 0
    close(weights.sum(-1), torch.ones(2, 1, dtype=torch.float64))
    close(rnn.context(weights, H), torch.einsum("bts,bsd->btd", weights, H))
