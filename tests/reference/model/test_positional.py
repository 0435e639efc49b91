"""위치 인코딩: 연재가 적은 숫자, 회전의 성질, 복소수로 다시 센 값과 같은지 봐요."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reference_tensors import close, randn

from reference import attention, positional
from reference.fast_rope import turn


def test_sinusoids_of_the_series_errata():
    pe = positional.sinusoidal_pe(3, 6)
    close(pe[1], torch.tensor([0.841, 0.540, 0.046, 0.999, 0.002, 1.000]), rtol=0, atol=5e-4)
    close(pe[0], torch.tensor([0.0, 1.0] * 3))
    close(positional.angle_rates(512)[255].item(), 10000 ** (-510 / 512))


@settings(max_examples=30, deadline=None)
@given(k=st.integers(-20, 60), p=st.integers(20, 60), half=st.integers(1, 16))
def test_shift_matrix_moves_every_position(k, p, half):
    pe = positional.sinusoidal_pe(128, 2 * half)
    close(pe[p] @ positional.shift_matrix(k, 2 * half), pe[p + k], rtol=0, atol=2e-5)


def test_positions_are_added_in_order():
    x, table = randn(2, 4, 6), randn(9, 6)
    for add in (positional.add_pe, positional.learned_pe):
        close(add(x, table), x + table[:4])
        with pytest.raises(ValueError):
            add(x, table[:3])
    for bad in (0, 5, -2):
        with pytest.raises(ValueError):
            positional.angle_rates(bad)
    with pytest.raises(ValueError):
        positional.sinusoidal_pe(0, 4)


@settings(max_examples=20, deadline=None)
@given(a=st.integers(0, 100), b=st.integers(0, 100), shift=st.integers(0, 50))
def test_rope_scores_depend_on_distance_only(a, b, shift):
    q, k = randn(1, 1, 1, 8), randn(1, 1, 1, 8, seed=4)

    def score(i, j):
        return (positional.rope(q, torch.tensor([i])) * positional.rope(k, torch.tensor([j]))).sum()

    close(score(a, b), score(a + shift, b + shift), rtol=0, atol=2e-5)
    close(positional.rope(q, torch.tensor([a])).norm(), q.norm(), rtol=0, atol=1e-6)


def test_rope_by_complex_numbers():
    x, positions = randn(2, 3, 5, 6), torch.tensor([0, 3, 1, 7, 2])
    turn = torch.polar(torch.ones(5, 3), positions[:, None] * positional.angle_rates(6)).to(torch.complex128)
    expected = torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (3, 2))) * turn).flatten(-2)
    close(positional.rope(x, positions), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_turn_is_rope_and_so_is_its_gradient(dtype):
    whole = randn(2, 7, 3, 5, 6).transpose(2, 3)[:, 1:].to(dtype)  # 헤드로 나눈 것처럼 흩어진 축
    positions, weight = torch.tensor([0, 3, 1, 7, 2]), randn(2, 6, 3, 5, 6).transpose(2, 3).to(dtype)
    found = []
    for function in (positional.rope, turn):
        x = whole.detach().requires_grad_()
        y = function(x, positions[:3])
        (y * weight).sum().backward()
        assert y.dtype == dtype and y.shape == x.shape
        found.append((y, x.grad))
    tolerance = 0.05 if dtype == torch.bfloat16 else 1e-5
    for ours, expected in zip(*found, strict=True):
        close(ours, expected, rtol=0, atol=tolerance)


def test_permutation_equivariance_is_recognised():
    x, perm, W = randn(2, 5, 4), torch.tensor([3, 0, 4, 1, 2]), randn(4, 4)
    pe = positional.sinusoidal_pe(5, 4)
    assert positional.is_permutation_equivariant(lambda x: attention.self_attention(x, W, W, W, None), x, perm)
    assert not positional.is_permutation_equivariant(
        lambda x: attention.self_attention(positional.add_pe(x, pe), W, W, W, None), x, perm
    )
    assert not positional.is_permutation_equivariant(lambda x: x.mean(1), x, perm)
