"""수업 함수: PyTorch가 이미 가진 계산, 논문과 연재가 적은 숫자, 손으로 센 값과 같은지 봐요."""

from __future__ import annotations

import math
import random

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import attention, bpe, embedding, feed_forward, loss, masks, multi_head, norm, positional, rnn, schedule
from reference.dropout import add_dropout, dropout
from reference.training.memory import keep_freed_memory

DTYPES = [torch.float32, torch.float64]
close = torch.testing.assert_close


def randn(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=dtype)


# -- 레슨 1 --


@pytest.mark.parametrize("dtype", DTYPES)
def test_rnn_is_torch_rnn(dtype):
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


# -- 레슨 2 --


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


def test_permutation_equivariance_is_recognised():
    x, perm, W = randn(2, 5, 4), torch.tensor([3, 0, 4, 1, 2]), randn(4, 4)
    pe = positional.sinusoidal_pe(5, 4)
    assert positional.is_permutation_equivariant(lambda x: attention.self_attention(x, W, W, W, None), x, perm)
    assert not positional.is_permutation_equivariant(
        lambda x: attention.self_attention(positional.add_pe(x, pe), W, W, W, None), x, perm
    )
    assert not positional.is_permutation_equivariant(lambda x: x.mean(1), x, perm)


# -- 레슨 3 --


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


# -- 레슨 4 --


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


# -- 레슨 5 --


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
        for a, b in zip(
            torch.autograd.grad(out.square().sum(), (q, k, v)), torch.autograd.grad(expected.square().sum(), (q, k, v))
        ):
            close(a, b)
        close(attention.attend(q, k, v, masks.mask_bias(m, dtype)), out)


def test_a_hidden_row_gives_zeros():
    mask = torch.tensor([[True, False, True], [False, False, False]])
    scores = randn(4, 2, 3).requires_grad_()
    weights = attention.masked_softmax(scores, mask)
    assert weights[:, 1].abs().max() == 0 and weights[:, 0, 1].abs().max() == 0
    close(weights[:, 0].sum(-1), torch.ones(4, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(weights.square().sum(), scores)
    assert gradient.isfinite().all()


def test_masks():
    ids = torch.tensor([[5, 6, 0], [7, 0, 8]])
    assert masks.padding_mask(ids, 0).tolist() == [[[[True, True, False]]], [[[True, False, True]]]]
    assert masks.causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    src_mask, tgt_mask = masks.make_masks(ids, ids[:, :2], 0)
    assert src_mask.shape == (2, 1, 1, 3)
    assert tgt_mask.tolist() == [[[[True, False], [True, True]]], [[[True, False], [True, False]]]]
    with pytest.raises(ValueError):
        masks.causal_mask(0)


def test_variance_of_the_dot_product():
    plain, scaled = attention.attention_variance(64, 40_000, torch.Generator().manual_seed(0))
    assert 62 < plain < 66 and 0.97 < scaled < 1.03
    assert plain == pytest.approx(64 * scaled, rel=1e-4)
    with pytest.raises(ValueError):
        attention.attention_variance(64, 1, torch.Generator())


# -- 레슨 6 --


def test_heads_split_and_merge():
    x = torch.arange(2 * 3 * 8).view(2, 3, 8)
    heads = multi_head.split_heads(x, 4)
    assert heads.shape == (2, 4, 3, 2)
    assert heads[1, 2, 0].tolist() == x[1, 0, 4:6].tolist()
    assert torch.equal(multi_head.merge_heads(heads), x)
    with pytest.raises(ValueError):
        multi_head.split_heads(x, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_multi_head_is_torch_multi_head(dtype):
    x, memory = randn(2, 5, 12, dtype=dtype), randn(2, 7, 12, dtype=dtype)
    W_q, W_k, W_v, W_o = (randn(12, 12, dtype=dtype, seed=i) / 3 for i in range(4))
    twin = torch.nn.MultiheadAttention(12, 3, bias=False, batch_first=True, dtype=dtype)
    twin.in_proj_weight.data, twin.out_proj.weight.data = torch.cat([W_q.T, W_k.T, W_v.T]), W_o.T.contiguous()
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])[:, None, None]
    out = multi_head.cross_attention(x, memory, W_q, W_k, W_v, W_o, 3, mask)
    close(out, twin(x, memory, memory, key_padding_mask=~mask[:, 0, 0])[0])
    close(multi_head.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, 3, None), twin(x, memory, memory)[0])


def test_one_step_cache_equals_the_whole_sentence():
    x, W = randn(2, 6, 8), [randn(8, 8, seed=i) / 3 for i in range(4)]
    whole = multi_head.multi_head_attention(x, x, *W, 2, masks.causal_mask(6))
    cache, outputs = None, []
    for t in range(6):
        before = None if cache is None else {name: value.clone() for name, value in cache.items()}
        out, new = multi_head.attend_with_cache(x[:, t : t + 1], cache, *W, 2)
        if before is not None:
            assert all(torch.equal(before[name], cache[name]) for name in before)
        assert new["k"].shape == new["v"].shape == (2, 2, t + 1, 4)
        cache = new
        outputs.append(out)
    close(torch.cat(outputs, 1), whole)


def test_grouped_queries_share_their_keys():
    q, k, v = randn(2, 6, 5, 4), randn(2, 2, 7, 4), randn(2, 2, 7, 4, seed=1)
    close(multi_head.grouped_query_attention(q, k, v, None), F.scaled_dot_product_attention(q, k, v, enable_gqa=True))
    with pytest.raises(ValueError):
        multi_head.grouped_query_attention(q[:, :5], k, v, None)


def test_mha_param_count():
    assert [multi_head.mha_param_count(512, h, False) for h in (1, 8)] == [1_048_576] * 2
    assert multi_head.mha_param_count(512, 8, True) == 1_050_624
    with pytest.raises(ValueError):
        multi_head.mha_param_count(512, 7, True)


# -- 레슨 7 --


def test_every_syllable_round_trips():
    for code in range(0xAC00, 0xD7A4):
        assert bpe.compose(bpe.decompose(chr(code))) == chr(code)
    assert bpe.decompose("한") == ("ㅎ", "ㅏ", "ㄴ") and bpe.decompose("가") == ("ㄱ", "ㅏ", "")
    for bad in ("", "ㄱ", "a", "가나", chr(0xAC00 - 1), chr(0xD7A4)):
        with pytest.raises(ValueError):
            bpe.decompose(bad)
    for bad in (("", "ㅏ", ""), ("ㄱ", "", ""), ("ㄱ", "ㅏ", "ㄸ"), ("ㅏ", "ㄱ", ""), ("ㄱㄲ", "ㅏ", ""), ("ㄱ", "ㅏ")):
        with pytest.raises(ValueError):
            bpe.compose(bad)


def test_pairs_and_merges_by_hand():
    counts = bpe.count_pairs({("아", "아", "아"): 3, ("▁", "아"): 2})
    assert counts == {("아", "아"): 6, ("▁", "아"): 2}
    assert bpe.merge_pair(("아", "아", "아"), ("아", "아")) == ("아아", "아")
    assert bpe.merge_pair(("가", "나", "가", "나", "다"), ("가", "나")) == ("가나", "가나", "다")
    assert bpe.merge_pair(("가나", "다"), ("나", "다")) == ("가나", "다")


def test_bpe_learns_in_rank_order_and_encodes_by_rank():
    assert bpe.train_bpe({"낮은": 2, "낮게": 1}, 2) == [("▁", "낮"), ("▁낮", "은")]  # 3번, 그다음 2번
    assert bpe.train_bpe({"나": 1, "가": 1}, 1) == [("▁", "가")]  # 같은 횟수면 사전에서 앞선 쌍
    assert len(bpe.train_bpe({"가": 1}, 10)) == 1
    merges = [("▁", "학"), ("에", "서"), ("▁학", "교"), ("교", "에")]
    assert bpe.bpe_encode("학교에서", merges) == ["▁학교", "에서"]
    with pytest.raises(ValueError):
        bpe.train_bpe({"가": 1}, -1)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("가나다라", min_size=1, max_size=5), st.integers(1, 9), min_size=1, max_size=6),
    st.integers(0, 12),
)
def test_bpe_tokens_spell_the_word(word_freq, n_merges):
    merges = bpe.train_bpe(word_freq, n_merges)
    for word in [*word_freq, "라라가나다"]:
        assert "".join(bpe.bpe_encode(word, merges)) == "▁" + word


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12), st.integers(0, 2**30))
def test_bytes_decode_wherever_they_are_cut(text, seed):
    data, rng = text.encode("utf-8", "surrogatepass"), random.Random(seed)
    cuts = sorted(rng.sample(range(len(data) + 1), min(3, len(data) + 1)))
    tokens = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]
    assert bpe.bpe_decode(tokens) == text
    assert bpe.bpe_decode(["한".encode()[:2], b"a"]) == "\ufffda"


def test_fertility():
    assert bpe.fertility(list, ["나는 간다", "너도"]) == pytest.approx((5 + 2) / 3)
    with pytest.raises(ValueError):
        bpe.fertility(list, [" "])


def test_batches_keep_their_end():
    src, tgt_in, tgt_out = bpe.make_batch([([5, 6, 7, 8, 9], [3]), ([4], [6, 7])], bos=1, eos=2, pad=0, max_len=4)
    assert src.tolist() == [[5, 6, 7, 2], [4, 2, 0, 0]]
    assert tgt_in.tolist() == [[1, 3, 0], [1, 6, 7]]
    assert tgt_out.tolist() == [[3, 2, 0], [6, 7, 2]]
    for bad in (([], 4), ([([1], [1])], 0)):
        with pytest.raises(ValueError):
            bpe.make_batch(bad[0], 1, 2, 0, bad[1])


def test_embedding_and_tied_logits_share_one_gradient():
    E, ids, h = randn(9, 4).requires_grad_(), torch.tensor([[3, 5], [3, 0]]), randn(2, 2, 4)
    close(embedding.embed(ids, E), E[ids] * 2)
    close(embedding.tied_logits(h, E), torch.einsum("btd,vd->btv", h, E))
    (gradient,) = torch.autograd.grad(embedding.embed(ids, E).sum() + embedding.tied_logits(h, E).sum(), E)
    assert gradient[3, 0] == pytest.approx(4 + h.sum((0, 1))[0].item())
    a, B = randn(4), randn(5, 4)
    close(embedding.cosine_similarity(a, B), F.cosine_similarity(a[None], B))


# -- 레슨 8 --


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_smoothing_is_torch_cross_entropy(eps, dtype):
    logits = randn(20, 9, dtype=dtype).requires_grad_()
    target = torch.randint(0, 9, (20,), generator=torch.Generator().manual_seed(0))
    ours = loss.label_smoothed_loss(logits, target, eps, 3)
    expected = F.cross_entropy(logits, target, ignore_index=3, label_smoothing=eps)
    close(ours, expected)
    close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))
    with pytest.raises(ValueError):
        loss.label_smoothed_loss(logits, target, 1.0, 3)


def test_noam_schedule():
    rates = [schedule.noam_lr(step, 512, 4000) for step in range(12_000)]
    assert max(range(12_000), key=rates.__getitem__) == 4000
    assert rates[0] == rates[1] == pytest.approx(512**-0.5 * 4000**-1.5)
    assert rates[4000] == pytest.approx(0.00069877, rel=1e-4)
    for bad in [(-1, 512, 4000), (1, 0, 4000), (1, 512, 0)]:
        with pytest.raises(ValueError):
            schedule.noam_lr(*bad)


def test_cosine_schedule():
    rate = [schedule.cosine_lr(step, 1e-3, 10, 110, floor=1e-5) for step in range(130)]
    assert rate[0] == rate[1] == pytest.approx(1e-4) and rate[10] == pytest.approx(1e-3)
    assert rate[60] == pytest.approx((1e-3 + 1e-5) / 2) and rate[110] == rate[129] == pytest.approx(1e-5)
    assert all(a >= b for a, b in zip(rate[10:], rate[11:]))
    with pytest.raises(ValueError):
        schedule.cosine_lr(1, 1e-3, 10, 10)


# -- 계산을 빠르게 하는 부분 --


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


def test_keeping_freed_memory_is_harmless():
    assert keep_freed_memory() in (True, False)
    assert math.isfinite(torch.randn(2_000_000).sum())


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
    assert all(torch.equal(a, b) for a, b in zip(before, (x, gamma, beta, *W)))
