"""평가: 점수가 sacreBLEU의 것과 같고, 교사 강요와 스스로 번역하기를 구별하는지 봐요."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
from sacrebleu.metrics import BLEU, CHRF
from support.reference_translator import ENGLISH, KOREAN

from reference.training.evaluation import WHY_NOT_A_SCORE, for_decoding, score, teacher_forced, translate
from reference.training.machine import choose, has_fast_bf16


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
