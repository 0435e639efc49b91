"""세어서 맞히는 모델, 글자 사전, 글 나누기를 손으로 센 값과 견줘요."""

from __future__ import annotations

import math

import pytest

from reference.experiments.korean_text import UNKNOWN, Characters, blocks, documents
from reference.experiments.ngrams import WittenBell, left_contexts, ngram, ngram_losses
from reference.experiments.studies.decoder_only import bits, mixed
from reference.experiments.studies.masked_model import MASK, frequent, hide, two_sided

A, B = 4, 5


def test_witten_bell_by_hand():
    """BOS a a b: 유니그램은 a 둘, b 하나이고 가짓수 2, 맨 아래는 1/10이에요."""
    model = ngram([[1, A, A, B]], size=10, order=2)
    lower = (2 + 2 / 10) / (3 + 2)  # p(a)
    assert model.probability([()], A) == pytest.approx(lower)
    # a 뒤에는 a와 b가 한 번씩: c = 1, c(h) = 2, T = 2
    assert model.probability([(), (A,)], A) == pytest.approx((1 + 2 * lower) / (2 + 2))
    # 보지 못한 문맥은 건너뛰어요.
    assert model.probability([(), (B,)], A) == pytest.approx(lower)


def test_probabilities_sum_to_one():
    model = ngram([[1, A, A, B, 6, A, B], [1, B, B, A]], size=12, order=3)
    for context in ([()], [(), (A,)], [(), (B,), (A, B)], [(), (9,)]):
        assert sum(model.probability(context, token) for token in range(12)) == pytest.approx(1.0)


def test_losses_are_the_chain_rule():
    rows, order = [[1, A, B, A], [1, B, A]], 3
    model = ngram(rows, 8, order)
    losses = ngram_losses(model, rows[0], order)
    by_hand = [model.probability(left_contexts(rows[0], at, order), rows[0][at]) for at in (1, 2, 3)]
    assert losses == pytest.approx([-math.log(p) for p in by_hand])


def test_contexts_do_not_pass_the_start():
    assert left_contexts([1, A, B], 1, 4) == [(), (1,)]
    assert left_contexts([1, A, B], 2, 2) == [(), (A,)]


def test_best_is_the_most_probable_and_ties_go_to_the_smaller():
    model = WittenBell(10)
    for token in (7, 7, 6):
        model.add([()], token)
    assert model.best([()]) == 7
    model.add([()], 6)
    assert model.best([()]) == 6


def test_two_sides_name_the_same_neighbours_once_the_text_ends():
    """(왼쪽 수, 오른쪽 수, 이웃들). 글의 밖은 0이에요."""
    assert {(1, 1, 1, B), (0, 2, B, 0), (2, 0, 0, 1)} < set(two_sided([1, A, B], 1))
    assert two_sided([1, A, B], 2)[-1] == (2, 2, 1, A, 0, 0)
    assert frequent([1, A], 1) == [()]


def test_a_masked_neighbour_leaves_the_other_side():
    """왼쪽이 가려져도 오른쪽만 본 문맥이 남아, 그 앞에 나왔던 글자를 골라요."""
    model = WittenBell(size=10)
    for ids in ([1, 6, A, B], [1, 7, A, B], [1, 6, 8, 9], [1, 6, 8, 9], [1, 7, 8, 9]):
        model.add(two_sided(ids, 2), ids[2])
    assert model.best(two_sided([1, MASK, MASK, B], 2)) == A
    assert model.best(two_sided([1, MASK, MASK, MASK], 2)) == 8


def test_bits_are_per_character_whatever_the_tokens():
    """토큰 둘이 글자 넷을 맡고 하나에 1비트씩이면 글자당 반 비트예요. 모르는 토큰은 더 내요."""
    one = math.log(2)
    assert bits([[one, one]], [[1, 9, 8]], ["가나다라"], 0.0) == pytest.approx(0.5)
    assert bits([[one, one]], [[1, 9, UNKNOWN]], ["가나다라"], 2 * one) == pytest.approx(1.0)


def test_mixing_is_between_and_can_beat_both():
    sure, wrong = [[0.0, 5.0]], [[5.0, 0.0]]
    assert mixed(sure, wrong, 1.0)[0] == pytest.approx(sure[0])
    half = mixed(sure, wrong, 0.5)
    assert sum(half[0]) < sum(sure[0]) and sum(half[0]) < sum(wrong[0])


def test_characters_know_what_they_saw_twice():
    known = Characters(["가가나", "다"])
    assert known.encode("가나") == [4, UNKNOWN] and len(known) == 5
    assert known.decode([1, 4, UNKNOWN, 0]) == "가□"


def test_hiding_keeps_what_it_did_not_hide():
    import torch

    ids = torch.arange(4000).view(4, 1000) % 7
    given, wanted = hide(ids, torch.Generator().manual_seed(3))
    hidden = given.eq(MASK) & ids.ne(MASK)
    assert wanted[hidden].equal(ids[hidden]) and wanted[~hidden].eq(0).all()
    assert given[~hidden].equal(ids[~hidden])
    assert not (wanted.gt(0) & ids.le(UNKNOWN)).any()  # PAD, BOS, 모르는 글자는 가리지 않아요.
    assert 0.15 < hidden.sum() / ids.gt(UNKNOWN).sum() < 0.25


def test_text_is_split_without_overlap_and_nothing_is_lost():
    assert sum(map(len, documents())) > 90_000
    parts = blocks(seed=1)
    everything = sorted(piece for part in parts for piece in part)
    assert everything == sorted(piece for part in blocks(seed=2) for piece in part)
    assert "".join(everything).count("국회") == "".join(documents()).count("국회")
    assert parts.test != blocks(seed=2).test and len(parts.valid) == len(parts.test) == len(everything) // 10


def test_a_share_of_the_text_is_smaller():
    assert sum(map(len, blocks(1, share=0.01))) == 10
