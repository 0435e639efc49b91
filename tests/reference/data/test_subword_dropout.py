"""서브워드 드롭아웃: 손으로 따라간 조각, 되돌리면 같은 글, 같은 시드와 에폭이면 같은 조각."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support.reference_corpus import PAIRS

from reference.data.subword_dropout import SubwordDropout, epochs, split_token
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError

# a b c d를 글자로 보면: ab를 먼저, cd를 다음, abcd를 마지막에 배웠어요.
MERGES = {(1, 2): 10, (3, 4): 11, (10, 11): 12, (2, 3): 13}
PARTS = {merged: pair for pair, merged in MERGES.items()}


class Draws(random.Random):
    """정해 둔 수를 차례로 내놓아요."""

    def __init__(self, *numbers):
        super().__init__()
        self.numbers = list(numbers)

    def random(self):
        return self.numbers.pop(0)


def test_merges_are_skipped_as_drawn():
    """abcd의 쌍은 ab, bc, cd예요. 수가 p보다 작으면 그 쌍을 건너뛰어요."""
    assert split_token(12, PARTS, MERGES, 0.5, Draws(0.9, 0.9, 0.9, 0.9, 0.9)) == [12]
    assert split_token(12, PARTS, MERGES, 0.5, Draws(0.1, 0.1, 0.1)) == [1, 2, 3, 4]
    # ab를 건너뛰어 cd가 먼저 붙고, 다음 번에는 ab를 건너뛰지 않지만 ab+cd를 건너뛰어요.
    assert split_token(12, PARTS, MERGES, 0.5, Draws(0.1, 0.9, 0.9, 0.9, 0.1)) == [10, 11]
    # ab와 cd를 건너뛰면 나중에 배운 bc가 붙고, 그 양옆에는 배운 쌍이 없어요.
    assert split_token(12, PARTS, MERGES, 0.5, Draws(0.1, 0.9, 0.1)) == [1, 13, 4]


def test_without_dropping_every_token_is_itself(tokenizer):
    merges = tokenizer.merges()
    parts = {merged: pair for pair, merged in merges.items()}
    assert len(parts) == tokenizer.vocab_size - 260 and list(merges.values()) == sorted(merges.values())
    draw = random.Random(0)
    for token in range(tokenizer.vocab_size):
        assert split_token(token, parts, merges, 0.0, draw) == [token]
        every_byte = split_token(token, parts, merges, 1.0, draw)
        assert tokenizer.decode(every_byte) == tokenizer.decode([token]) and not parts.keys() & set(every_byte)


def test_the_text_stays_and_the_pieces_change(dataset, tokenizer):
    drops = SubwordDropout(dataset, tokenizer, 0.2, seed=1, limit=10_000)
    first, second = drops.epoch(0), drops.epoch(1)
    assert len(first) == len(dataset)
    changed = 0
    for index in range(len(dataset)):
        for side in ("src", "tgt"):
            whole, one, two = (getattr(data, side)(index).tolist() for data in (dataset, first, second))
            assert tokenizer.decode(whole) == tokenizer.decode(one) == tokenizer.decode(two)
            assert len(one) >= len(whole)
            changed += one != two
    assert changed > len(dataset)  # 문장 둘에 하나보다 많이
    again = SubwordDropout(dataset, tokenizer, 0.2, seed=1, limit=10_000).epoch(1)
    np.testing.assert_array_equal(again.src_ids, second.src_ids)
    np.testing.assert_array_equal(again.tgt_offsets, second.tgt_offsets)
    other = SubwordDropout(dataset, tokenizer, 0.2, seed=2, limit=10_000).epoch(1)
    assert other.src_ids.tolist() != second.src_ids.tolist()


def test_a_pair_that_grows_too_long_stays_whole(dataset, tokenizer):
    limit = int(np.maximum(dataset.src_lengths, dataset.tgt_lengths).max())
    cut = SubwordDropout(dataset, tokenizer, 1.0, seed=1, limit=limit).epoch(0)
    assert max(cut.src_lengths.max(), cut.tgt_lengths.max()) <= limit
    whole = [
        index
        for index in range(len(dataset))
        if len(tokenizer.decode(dataset.src(index)).encode()) >= limit
        or len(tokenizer.decode(dataset.tgt(index)).encode()) >= limit
    ]
    assert whole
    for index in whole:
        assert cut.src(index).tolist() == dataset.src(index).tolist()
        assert cut.tgt(index).tolist() == dataset.tgt(index).tolist()


def test_zero_is_the_data_itself_and_only_bpe_can_be_cut(dataset, tokenizer):
    assert epochs(dataset, tokenizer, 0.0, seed=1, limit=100)(3) is dataset
    unigram = Tokenizer.train((text for pair in PAIRS for text in pair), 400, kind="unigram")
    with pytest.raises(UserError, match="BPE"):
        epochs(dataset, unigram, 0.1, seed=1, limit=100)
