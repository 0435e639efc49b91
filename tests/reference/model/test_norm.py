"""잔차와 정규화: torch의 정규화와 같은지, 정규화가 서는 자리가 맞는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import DTYPES, close, randn

from reference import norm
from reference.config import ModelConfig
from reference.transformer import Transformer
from reference.variants import EncoderOnly


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


def xavier(W: torch.Tensor) -> float:
    """Xavier의 표준편차를 1로 본 가중치의 크기예요."""
    return float(W.detach().std() * (sum(W.shape) / 2) ** 0.5)


def test_deep_norm_starts_the_values_small():
    """Wang 외 (2022) 그림 2: 값을 옮기는 가중치만 β배로 시작해요. 인코더와 디코더의 β는 서로 달라요."""
    config = ModelConfig(9, d_model=128, n_heads=4, d_ff=256, n_layers=3, deep_norm=True)
    torch.manual_seed(0)
    model = Transformer(config)
    wanted = {"encoder": (0.81 * 3 ** (5 / 16), 0.87 * 3 ** (-5 / 16)), "decoder": (9**0.25, 36**-0.25)}
    for side, layers in (("encoder", model.encoder_layers()), ("decoder", model.decoder_layers())):
        alpha, beta = wanted[side]
        for layer in layers:
            attentions = [layer.self_attn, layer.cross_attn] if side == "decoder" else [layer.self_attn]
            for attention in attentions:
                for W in (attention.W_q, attention.W_k):
                    assert xavier(W) == pytest.approx(1, rel=0.04)
                for W in (attention.W_v, attention.W_o):
                    assert xavier(W) == pytest.approx(beta, rel=0.04)
            for W in (layer.ffn.first.weight, layer.ffn.second.weight):
                assert xavier(W) == pytest.approx(beta, rel=0.04)
            assert layer.norm1.alpha == layer.norm2.alpha == pytest.approx(alpha)
    alone = EncoderOnly(config).stack.layers[0]
    assert alone.norm1.alpha == pytest.approx(6**0.25)
    assert xavier(alone.self_attn.W_v) == pytest.approx(24**-0.25, rel=0.04)


def test_deep_norm_leaves_the_gate_alone():
    """SwiGLU의 문은 값을 옮기지 않아요. DeepNorm을 끄면 모두 Xavier 그대로예요."""
    shape = {"d_model": 128, "n_heads": 4, "d_ff": 256, "n_layers": 3, "activation": "swiglu"}
    for deep, beta in ((True, 0.87 * 3 ** (-5 / 16)), (False, 1.0)):
        ffn = Transformer(ModelConfig(9, **shape, deep_norm=deep)).encoder_layers()[0].ffn
        gate, value = ffn.first.weight.chunk(2)
        assert xavier(gate) == pytest.approx(1, rel=0.04)
        assert xavier(value) == pytest.approx(beta, rel=0.04) and xavier(ffn.second.weight) == pytest.approx(
            beta, rel=0.04
        )


def test_deep_norm_holds_the_first_step_back():
    """DeepNorm이 하는 일이에요: 첫 스텝에 모델의 출력이 바뀌는 크기를 묶어 둬요 (Wang 외 2022 §3). α만으로는 모자라요."""

    def change(deep_norm: bool) -> float:
        torch.manual_seed(0)
        config = ModelConfig(50, d_model=32, n_heads=4, d_ff=64, n_layers=8, dropout=0.0, deep_norm=deep_norm)
        model = Transformer(config)
        src, tgt, out = torch.randint(3, 50, (3, 8, 10))
        before = model.hidden(src, tgt).detach()
        F.cross_entropy(model(src, tgt).flatten(0, 1), out.flatten()).backward()
        with torch.no_grad():
            for layer in (*model.encoder, *model.decoder):
                for parameter in layer.parameters():
                    parameter.sub_(0.01 * parameter.grad)
        return float((model.hidden(src, tgt) - before).detach().square().mean().sqrt())

    assert change(True) < 0.2 * change(False)
