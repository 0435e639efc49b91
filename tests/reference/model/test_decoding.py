"""디코딩: 캐시가 있든 없든, 배치로든 하나씩이든 같은 문장이 나오고, 빔이 넓으면 완전 탐색과 같은지 봐요."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.config import ModelConfig
from reference.decoding import beam, beam_search, greedy, greedy_decode, length_penalty, sample
from reference.transformer import Transformer

BOS, EOS = 1, 2
CONFIG = ModelConfig(vocab_size=13, d_model=16, n_heads=2, d_ff=24, n_layers=2, dropout=0.1, max_len=80)


def build(**changes) -> Transformer:
    """토큰마다 확률이 뚜렷이 다르고 문장마다 다른 때에 끝나는, 학습하지 않은 모델이에요."""
    torch.manual_seed(11)
    model = Transformer(dataclasses.replace(CONFIG, **changes)).eval()
    for parameter in model.parameters():
        parameter.data *= 1.7
    model.embedding.E.data[EOS] *= 1.3
    return model


@pytest.fixture(scope="module")
def src() -> torch.Tensor:
    src = torch.randint(3, 13, (12, 9), generator=torch.Generator().manual_seed(2))
    for row, length in enumerate([9, 4, 7, 9, 2, 5, 8, 3, 6, 9, 1, 5]):
        src[row, length:] = 0
    return src


def step_for(model: Transformer, src_row: torch.Tensor):
    """문장 하나를 PAD 없이, 캐시 없이 처음부터 다시 계산하는 step_fn이에요."""
    alone = src_row[src_row != 0][None]

    def step(tokens):
        with torch.no_grad():
            logits = model(alone.expand(len(tokens), -1), tokens)
        logits[..., :2] = -torch.inf  # PAD와 BOS는 고르지 않아요
        return logits

    return step


def table_step(seed: int, vocab: int):
    """앞의 토큰 전부에 따라 로짓이 정해지는 작은 가짜 모델이에요."""

    def logits(prefix: tuple[int, ...]) -> torch.Tensor:
        generator = torch.Generator().manual_seed(hash((seed, prefix)) % 2**31)
        return torch.randn(vocab, generator=generator, dtype=torch.float64) * 1.5

    def step(tokens):
        return torch.stack(
            [torch.stack([logits(tuple(row[: t + 1])) for t in range(len(row))]) for row in tokens.tolist()]
        )

    return step


def exhaustive(step, vocab: int, alpha: float, max_len: int) -> tuple[list[int], float]:
    """끝날 수 있는 모든 문장과 max_len까지 끝나지 않은 모든 문장의 점수를 매겨 으뜸을 골라요."""
    words = [v for v in range(vocab) if v != EOS]
    best = ([], -math.inf)
    for length in range(max_len + 1):
        for tokens in itertools.product(words, repeat=length):
            whole = [BOS, *tokens] + ([EOS] if length < max_len else [])
            log_p = step(torch.tensor([whole[:-1]]))[0].log_softmax(-1)
            total = sum(float(log_p[i, token]) for i, token in enumerate(whole[1:]))
            score = total / length_penalty(len(whole) - 1, alpha)
            if score > best[1]:
                best = (list(tokens), score)
    return best


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), alpha=st.sampled_from([0.0, 0.6, 1.0]))
def test_a_wide_beam_is_exhaustive_search(seed, alpha):
    step = table_step(seed, vocab=4)
    tokens, score = beam_search(step, BOS, EOS, beam=200, alpha=alpha, max_len=4)
    expected, expected_score = exhaustive(step, 4, alpha, max_len=4)
    assert tokens == expected
    assert score == pytest.approx(expected_score)


def test_a_wide_batched_beam_is_exhaustive_search(src):
    model = build(vocab_size=5)
    short = src[:4].clamp(max=4)
    found, scores = beam(model, short, beam_size=64, alpha=0.6, max_len=3)
    for row in range(4):
        expected, score = exhaustive(step_for(model, short[row]), 5, 0.6, max_len=3)
        assert found[row] == expected
        assert scores[row] == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize(
    "beam_size, alpha, changes",
    [(1, 0.6, {}), (3, 0.0, {}), (4, 0.6, {}), (7, 1.2, {}), (4, 0.6, {"positions": "rope"}), (20, 0.6, {})],
)
def test_batched_beam_is_beam_search(src, beam_size, alpha, changes):
    """빔 20은 첫 스텝에서 낳을 수 있는 것보다 많아요."""
    model = build(**changes)
    found, scores = beam(model, src, beam_size, alpha, max_len=12)
    for row in range(len(src)):
        expected, score = beam_search(step_for(model, src[row]), BOS, EOS, beam_size, alpha, max_len=12)
        assert found[row] == expected
        assert scores[row] == pytest.approx(score, abs=1e-4)
    assert len({len(tokens) for tokens in found}) > 2  # 저마다 다른 때에 끝나야 시험이 돼요


VARIANTS = [
    {},
    {"norm_first": True, "norm": "rms"},
    {"positions": "rope"},
    {"n_heads": 4, "n_kv_heads": 2},
    {"positions": "learned"},
    {"activation": "swiglu", "deep_norm": True},
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_cached_greedy_equals_uncached_and_one_by_one(src, changes):
    model = build(**changes)
    cached = greedy(model, src)
    assert cached == greedy(model, src, use_cache=False)
    for row in range(len(src)):
        limit = int((src[row] != 0).sum()) + 50
        assert cached[row] == greedy_decode(step_for(model, src[row]), BOS, EOS, limit)
    assert len({len(tokens) for tokens in cached}) > 2


@pytest.mark.parametrize("changes", VARIANTS)
def test_cached_hidden_states_equal_uncached(src, changes):
    """토큰만이 아니라 은닉 상태의 값까지 같아야 해요. 20스텝이면 캐시의 자리를 세 번 마련해요."""
    model = build(**changes).double()
    tgt = torch.randint(3, 13, (12, 20), generator=seeded(7))
    mask = (src != 0)[:, None, None]
    with torch.no_grad():
        memory = model.encode(src, mask)
        whole = model.decode(tgt, memory, torch.ones(20, 20, dtype=torch.bool).tril(), mask)
        cache = model.start_cache(memory)
        steps = [model.decode(tgt[:, t : t + 1], None, None, mask, cache) for t in range(20)]
    torch.testing.assert_close(torch.cat(steps, 1), whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.6])
@pytest.mark.parametrize("changes", VARIANTS)
def test_beam_one_finds_at_least_greedy(src, changes, alpha):
    """빔이 하나면 살아 있는 후보는 그리디의 길뿐이라, 그리디의 문장은 언제나 겨루는 후보예요.

    길이로 나누지 않으면(α = 0) 더 긴 문장이 이길 수 없어서 그리디와 같고, 나누면 EOS를 지나 더 나은 것을 찾기도 해요.
    점수는 캐시 없이 처음부터 다시 세어 견줘요. float32에서는 두 길의 로그 확률이 이 모델에서 4e-4까지 어긋나므로 float64로 봐요.
    """
    model = build(**changes).double()
    chosen = greedy(model, src, max_len=10)
    found, scores = beam(model, src, beam_size=1, alpha=alpha, max_len=10)
    for row, tokens in enumerate(chosen):
        whole = [BOS, *tokens] + ([EOS] if len(tokens) < 10 else [])
        log_p = step_for(model, src[row])(torch.tensor([whole[:-1]]))[0].log_softmax(-1)
        total = sum(float(log_p[i, token]) for i, token in enumerate(whole[1:]))
        greedy_score = total / length_penalty(len(whole) - 1, alpha)
        assert scores[row] >= greedy_score - 1e-4, found[row]
        if alpha == 0.0:
            assert found[row] == tokens
            assert scores[row] == pytest.approx(greedy_score, abs=1e-4)


def test_beam_keeps_a_finished_sentence_and_pays_for_length():
    """EOS가 가장 그럴듯한 첫 자리: 길이를 보지 않으면 빈 문장이, 길이로 나누면 긴 문장이 이겨요."""
    p = {(): [0.0, 0.0, 0.5, 0.5], (3,): [0.0, 0.0, 0.02, 0.98]}

    def step(tokens):
        other = [0.0, 0.0, 0.9, 0.1]
        rows = [[p.get(tuple(row[1 : t + 1]), other) for t in range(len(row))] for row in tokens.tolist()]
        return torch.tensor(rows).log()

    assert beam_search(step, BOS, EOS, 2, 0.0, 5)[0] == []
    assert beam_search(step, BOS, EOS, 2, 1.5, 5)[0] == [3, 3]


def test_limits_are_kept(src):
    model = build()
    assert all(len(tokens) <= 5 for tokens in greedy(model, src, max_len=5))
    assert all(len(tokens) <= 5 for tokens in beam(model, src, max_len=5)[0])
    never = build()
    plain = never.logits
    never.logits = lambda hidden: plain(hidden).index_fill(-1, torch.tensor([EOS]), -torch.inf)
    lengths = [len(tokens) for tokens in greedy(never, src)]
    assert lengths == [min(int(n) + 50, 80) for n in (src != 0).sum(1)]
    for bad in ({"max_len": 0}, {"beam_size": 0}):
        with pytest.raises(ValueError):
            beam(model, src, **bad)
    for function in (greedy_decode, lambda *a: beam_search(*a[:3], 2, 0.6, a[3])):
        with pytest.raises(ValueError):
            function(table_step(0, 4), BOS, EOS, 0)


def test_sampling_follows_the_distribution(src):
    model = build()
    row = src[:1].expand(4000, -1)
    first = [tokens[0] if tokens else EOS for tokens in sample(model, row, generator=seeded(1), max_len=1)]
    expected = step_for(model, src[0])(torch.tensor([[BOS]]))[0, -1].softmax(-1)
    counted = torch.bincount(torch.tensor(first), minlength=13) / 4000
    torch.testing.assert_close(counted, expected, rtol=0, atol=0.04)


def test_sampling_options(src):
    model = build()
    assert sample(model, src, top_k=1, generator=seeded(3)) == greedy(model, src)
    assert sample(model, src, top_p=1e-6, generator=seeded(3)) == greedy(model, src)
    assert sample(model, src, temperature=1e-4, generator=seeded(3)) == greedy(model, src)
    assert sample(model, src, generator=seeded(4)) == sample(model, src, generator=seeded(4))
    assert sample(model, src, generator=seeded(4)) != sample(model, src, generator=seeded(5))
    for bad in ({"temperature": 0.0}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5}):
        with pytest.raises(ValueError):
            sample(model, src, **bad)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_bfloat16_weights_decode(src):
    model = build().to(torch.bfloat16)
    assert len(greedy(model, src)) == len(beam(model, src)[0]) == len(src)
