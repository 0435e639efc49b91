"""배치: 약속한 모양, 한 에폭에 한 번씩, 같은 시드면 같은 순서, 적은 패딩."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.reference_corpus import PAIRS

from reference.data.batches import fixed_batches, plan_batches, steps_per_epoch, token_batches, useful_share
from reference.data.dataset import prepare
from reference.errors import UserError


def test_batches_have_the_promised_shape(dataset):
    for batch in token_batches(dataset, 512, seed=1, epoch=0):
        rows, width = batch.src.shape
        assert batch.src.dtype == batch.tgt_in.dtype == batch.tgt_out.dtype == torch.int64
        assert batch.tgt_in.shape == batch.tgt_out.shape and rows * max(width, batch.tgt_out.shape[1]) <= 512
        for source, shifted, target in zip(
            batch.src.tolist(), batch.tgt_in.tolist(), batch.tgt_out.tolist(), strict=True
        ):
            end, stop = source.index(2), target.index(2)
            assert 0 not in source[:end] and not any(source[end + 1 :]) and not any(target[stop + 1 :])
            assert shifted[0] == 1 and shifted[1 : stop + 1] == target[:stop] and not any(shifted[stop + 1 :])
        assert batch.tokens == int((batch.src != 0).sum() + (batch.tgt_out != 0).sum())


def test_an_epoch_visits_every_pair_once(dataset):
    plan = plan_batches(dataset, 512, seed=1, epoch=0)
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(dataset)))


def test_order_depends_on_seed_and_epoch_only(dataset):
    def first(seed, epoch):
        return [batch.src.tolist() for batch in token_batches(dataset, 512, seed, epoch)][:5]

    assert first(1, 0) == first(1, 0)
    assert first(1, 0) != first(1, 1) and first(1, 0) != first(2, 0)
    lengths = [batch.tgt_out.shape[1] for batch in token_batches(dataset, 512, 1, 0, shuffle=False)]
    assert lengths == sorted(lengths)


def test_resuming_at_batch_k_continues_the_same_epoch(dataset):
    whole = list(token_batches(dataset, 512, 1, 3))
    rest = list(token_batches(dataset, 512, 1, 3, start=7))
    assert len(rest) == len(whole) - 7
    assert all(torch.equal(a.src, b.src) for a, b in zip(whole[7:], rest, strict=True))


@pytest.mark.parametrize("world", [2, 3])
def test_ranks_share_the_epoch_equally(dataset, world):
    plan = plan_batches(dataset, 512, 1, 0)
    ranks = [list(token_batches(dataset, 512, 1, 0, rank=rank, world=world)) for rank in range(world)]
    assert {len(batches) for batches in ranks} == {steps_per_epoch(len(plan), world)}
    single = list(token_batches(dataset, 512, 1, 0))
    assert all(torch.equal(ranks[i % world][i // world].src, batch.src) for i, batch in enumerate(single))


def test_padding_to_a_multiple(dataset):
    for batch in token_batches(dataset, 512, 1, 0, pad_to=8):
        assert batch.src.shape[1] % 8 == batch.tgt_out.shape[1] % 8 == 0
        assert batch.src.shape[0] * max(batch.src.shape[1], batch.tgt_out.shape[1]) <= 512


def test_a_sentence_longer_than_the_budget(dataset):
    with pytest.raises(UserError, match="배치 한도 8 토큰"):
        next(token_batches(dataset, 8, 1, 0))


def test_length_buckets_waste_half_as_little(tokenizer, tmp_path):
    """길이가 고르지 않은 진짜 말뭉치처럼 문장을 이어 붙여 비교해요."""
    generator = np.random.default_rng(0)
    long = []
    for index, repeat in enumerate(np.minimum(generator.geometric(0.4, 1500), 8)):
        chosen = PAIRS[index : index + int(repeat)]
        long.append((" ".join(p.ko for p in chosen), " ".join(p.en for p in chosen)))
    data = prepare(long, tokenizer, tmp_path, progress=False)
    ours, fixed = useful_share(token_batches(data, 2048, 1, 0)), useful_share(fixed_batches(data, 128, 0))
    assert ours > 0.85 and ours > 2 * fixed
