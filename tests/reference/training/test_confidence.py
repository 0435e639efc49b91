"""자신: 한 문장씩 손으로 곱한 확률과 같고, 외운 문장에서는 높고 엉뚱한 번역에서는 낮아요."""

from __future__ import annotations

import pytest
import torch
from support.reference_translator import ENGLISH, KOREAN

from reference.training.confidence import confidence, threshold
from reference.training.evaluation import for_decoding
from reference.training.machine import choose


def test_it_is_the_mean_log_probability_of_the_tokens(learned):
    model, tokenizer, _ = learned
    machine = choose("cpu", "fp32")
    found = confidence(for_decoding(model, machine), tokenizer, KOREAN, ENGLISH, machine)
    for ko, en, value in zip(KOREAN, ENGLISH, found, strict=True):
        src, tgt = tokenizer.encode(ko), tokenizer.encode(en)
        logits = model(torch.tensor([[*src, 2]]), torch.tensor([[1, *tgt]]))[0].detach()
        steps = [float(row.log_softmax(-1)[token]) for row, token in zip(logits, [*tgt, 2], strict=True)]
        assert value == pytest.approx(sum(steps) / len(steps), abs=1e-4)


def test_batches_and_wrong_translations(learned):
    model, tokenizer, _ = learned
    machine = choose("cpu", "fp32")
    copy = for_decoding(model, machine)
    together = confidence(copy, tokenizer, KOREAN, ENGLISH, machine)
    assert confidence(copy, tokenizer, KOREAN, ENGLISH, machine, batch=2) == pytest.approx(together, abs=1e-4)
    wrong = confidence(copy, tokenizer, KOREAN, ENGLISH[1:] + ENGLISH[:1], machine)
    assert max(wrong) < min(together)
    with pytest.raises(ValueError, match="zip"):
        confidence(copy, tokenizer, KOREAN, ENGLISH[:1], machine)


def test_the_limit_leaves_few_below():
    values = [-index / 1000 for index in range(1000)]
    assert sum(value < threshold(values) for value in values) == 30
    assert threshold([-0.5]) == -0.5
    with pytest.raises(ValueError, match="검증"):
        threshold([])
