"""평가: 점수가 sacreBLEU의 것과 같고, 교사 강요와 스스로 번역하기를 구별하는지 봐요."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
import torch
from sacrebleu.metrics import BLEU, CHRF

from reference.config import ModelConfig
from reference.data.cleaning import Hygiene
from reference.data.dataset import prepare
from reference.data.tokenizer import Tokenizer
from reference.tools import experiments, plots, run
from reference.training.evaluation import WHY_NOT_A_SCORE, for_decoding, score, teacher_forced, translate
from reference.training.machine import choose, has_fast_bf16
from reference.transformer import Transformer

PAIRS = [
    ("나는 학교에 간다.", "I go to school."),
    ("너는 책을 읽는다.", "You read a book."),
    ("우리는 빵을 먹는다.", "We eat bread."),
    ("고양이가 잔다.", "The cat sleeps."),
    ("비가 온다.", "It rains."),
]
ENGLISH, KOREAN = [b for _, b in PAIRS], [a for a, _ in PAIRS]


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """다섯 문장을 외운 작은 모델이에요."""
    torch.manual_seed(0)
    tokenizer = Tokenizer.train([text for pair in PAIRS for text in pair] * 3, 400)
    data = prepare(PAIRS, tokenizer, tmp_path_factory.mktemp("cache"), hygiene=Hygiene(), progress=False)
    model = Transformer(
        ModelConfig(len(tokenizer), d_model=32, n_heads=2, d_ff=64, n_layers=1, dropout=0.0, max_len=64)
    )
    pad = torch.nn.utils.rnn.pad_sequence
    src, out = (pad([torch.tensor(tokenizer.encode(pair[side]) + [2]) for pair in PAIRS], True) for side in (0, 1))
    tgt_in = torch.nn.functional.pad(out[:, :-1], (1, 0), value=1)
    experiments.learn(model, experiments.Pairs(src, tgt_in, out), 120, lambda step: 5e-3 * min(step / 20, 1), 0.0)
    return model.eval(), tokenizer, data


def test_scores_are_those_of_sacrebleu():
    made = ["I go to a school.", "You read the book.", *ENGLISH[2:]]
    scores = score(made, ENGLISH)
    assert scores.bleu == pytest.approx(BLEU().corpus_score(made, [ENGLISH]).score, abs=0.01)
    assert scores.chrf == pytest.approx(CHRF().corpus_score(made, [ENGLISH]).score, abs=0.01)
    assert scores.exact_match == 0.6 and "tok:13a" in scores.signature and "case:mixed" in scores.signature
    assert "case:lc" in score(made, ENGLISH, lowercase=True).signature


def test_korean_is_scored_by_mecab_or_says_why_not():
    scores = score(KOREAN, KOREAN)
    if find_spec("mecab_ko"):
        assert "tok:ko-mecab" in scores.signature and not scores.note
    else:
        assert "tok:char" in scores.signature and "mecab-ko" in scores.note
    assert scores.bleu == 100 and scores.exact_match == 1


def test_translate_keeps_order_and_agrees_between_greedy_and_beam(learned):
    model, tokenizer, _ = learned
    machine = choose("cpu", "fp32")
    assert translate(for_decoding(model, machine), tokenizer, KOREAN, machine, max_tokens=20) == ENGLISH
    assert translate(for_decoding(model, machine), tokenizer, KOREAN[::-1], machine, beam=3) == ENGLISH[::-1]
    assert translate(for_decoding(model, machine), tokenizer, ["나는 " * 200], machine)  # 너무 긴 문장은 앞부분만


@pytest.mark.skipif(not has_fast_bf16("cpu"), reason="이 CPU에는 bf16 명령이 없어요")
def test_low_precision_translates_the_same(learned):
    model, tokenizer, _ = learned
    machine = choose("cpu", "bf16")
    copy = for_decoding(model, machine)
    assert next(copy.parameters()).dtype == torch.bfloat16 and next(model.parameters()).dtype == torch.float32
    assert translate(copy, tokenizer, KOREAN, machine) == ENGLISH


def test_teacher_forced_is_not_a_translation_score(learned):
    """정답을 보며 잰 값은, 정답을 거의 그대로 알려 주는 모델에서도 높아요."""
    model, tokenizer, data = learned
    loss, accuracy = teacher_forced(model, data, choose("cpu", "fp32"), max_tokens=64)
    assert accuracy > 0.95 and 0 < loss < 0.5
    whole = teacher_forced(model, data, choose("cpu", "fp32"), max_tokens=4096)
    assert whole == pytest.approx((loss, accuracy), rel=1e-4)  # 배치를 어떻게 나눠도 같은 값
    assert "번역의 점수가 아니에요" in WHY_NOT_A_SCORE


def test_attention_maps_cover_every_layer_and_head(learned, tmp_path):
    model, tokenizer, _ = learned
    machine = choose("cpu", "fp32")
    found = plots.attention_map(model, tokenizer, KOREAN[0], machine)
    S, T = len(found.source_pieces), len(found.target_pieces)
    shapes = {"encoder": (2, S, S), "decoder": (2, T, T), "cross": (2, T, S)}
    for kind, shape in shapes.items():
        (weights,) = found.weights[kind]
        assert weights.shape == shape
        torch.testing.assert_close(weights.sum(-1), torch.ones(shape[:2]))
    assert found.weights["decoder"][0].triu(1).abs().max() == 0
    assert "학교에" in "".join(found.source_pieces) and found.translation == ENGLISH[0]


@pytest.mark.parametrize("name", list(experiments.EXPERIMENTS))
def test_experiments_leave_a_picture_and_a_sentence(name, tmp_path, monkeypatch):
    real = experiments.splits
    monkeypatch.setattr(experiments, "splits", lambda train, valid, test, seed: real(min(train, 150), 20, 1, seed))
    sentence = experiments.run(name, tmp_path, steps=4)
    assert str(tmp_path / f"{name}.png") in sentence and (tmp_path / f"{name}.png").stat().st_size > 5000
    assert json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["sentence"] in sentence


def test_unknown_experiment_lists_the_known_ones(tmp_path):
    with pytest.raises(run.UserError, match="silent-bugs"):
        experiments.run("magic", tmp_path)
