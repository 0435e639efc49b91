"""레슨 8의 관문, 학습, 자료: PyTorch의 모듈만으로 이은 모델로 봐요."""

from __future__ import annotations

import pytest
import torch

from autograder.kit import assembly, trainer
from autograder.kit.pairs import every_pair, split_pairs


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small_batch(parts):
    pairs, _ = split_pairs(60, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 60)
    src, tgt = (trainer.padded(rows) for rows in zip(*trainer.encode_pairs(vocabulary, pairs[:6]), strict=True))
    return vocabulary, src, tgt


# -- 관문과 학습 --


def test_gates_pass_a_right_model_and_stop_a_leaking_one():
    right = assembly.stand_ins()
    vocabulary, src, tgt = small_batch(right)
    model = trainer.Assembled(right, len(vocabulary))
    assert trainer.overfit_gate(model, src, tgt, 120).passed
    assert trainer.causal_gate(model, src, tgt).passed
    assert trainer.batch_gate(model, src, tgt).passed

    def leaking(src, tgt, pad_id):
        return None, torch.ones(1, 1, tgt.shape[1], tgt.shape[1]).tril(1).bool()

    def blind(src, tgt, pad_id):
        return torch.ones(len(src), 1, 1, src.shape[1]).bool(), None

    assert not trainer.causal_gate(
        trainer.Assembled(right.replaced(make_masks=leaking), len(vocabulary)), src, tgt
    ).passed
    assert not trainer.batch_gate(trainer.Assembled(right.replaced(make_masks=blind), len(vocabulary)), src, tgt).passed
    unshifted = trainer.Assembled(right.replaced(shift_right=lambda tgt, bos: tgt), len(vocabulary))
    gate = trainer.overfit_gate(unshifted, src, tgt, 120)
    assert not gate.passed and "정답을 넣어 주면 6개" in gate.detail
    table = trainer.GateTable({"바른 모델": right}, len(vocabulary), src, tgt, 120)
    assert table.caught("바른 모델") == [] and "통과" in repr(table) and "<table>" in table._repr_html_()


def test_missing_shift_learns_to_copy_and_cannot_write():
    parts = assembly.stand_ins().replaced(shift_right=lambda tgt, bos: tgt)
    result = trainer.copy_task(parts, 120)
    assert result["교사 강요"] > 0.95 and result["스스로 쓰기"] < 0.05


def test_training_lowers_the_loss_and_stops_on_time():
    parts = assembly.stand_ins()
    pairs, _ = split_pairs(200, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 60)
    model = trainer.Assembled(parts, len(vocabulary), d_model=32, d_ff=64)
    history = trainer.train(model, vocabulary, pairs, steps=40, watch="나는 학교에 간다", warmup=20)
    assert history.losses[-1] < 0.7 * history.losses[0] and history.samples and not history.stopped
    short = trainer.train(model, vocabulary, pairs, steps=40, budget=0.0)
    assert len(short.losses) == 1 and "멈췄어요" in short.stopped


@pytest.mark.slow
def test_the_assembled_model_learns_to_translate():
    parts = assembly.stand_ins()
    train, test = split_pairs(5000, 100)
    vocabulary = trainer.Vocabulary(parts, train, 300)
    model = trainer.Assembled(parts, len(vocabulary), dropout=0.1)
    trainer.train(model, vocabulary, train, steps=800)
    assert trainer.scores(model, vocabulary, test)["번역 정확도"] > 0.8


# -- 자료 --


def test_pairs_are_distinct_and_the_splits_do_not_meet():
    pairs = list(every_pair())
    assert len({pair.ko for pair in pairs}) == len(pairs) == 11520
    train, test = split_pairs(5000, 200)
    assert (len(train), len(test)) == (5000, 200)
    assert not set(train) & set(test) and test[0].ko == "나는 학교에 간다"
    assert (train, test) == split_pairs(5000, 200)


def test_every_sentence_survives_the_vocabulary():
    parts = assembly.stand_ins()
    pairs, _ = split_pairs(300, 5)
    vocabulary = trainer.Vocabulary(parts, pairs, 80)
    for pair in pairs:
        assert vocabulary.decode(vocabulary.encode(pair.ko)) == pair.ko
        assert vocabulary.decode(vocabulary.encode(pair.en)) == pair.en
    assert vocabulary.encode("쀍") in ([], [vocabulary.index["▁"]])
