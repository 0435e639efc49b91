"""학습이 줄이는 값: PAD를 뺀 손실이 통째로 구한 것과 같은지 봐요."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from support.reference_models import small_model

from reference.training.translation_loss import translation_loss


def test_loss_leaves_padding_out_and_is_the_full_loss(batch):
    src, tgt_in, tgt_out = batch
    model = small_model()
    total, right = translation_loss(model, src, tgt_in, tgt_out, 0.1)
    logits = model(src, tgt_in).flatten(0, 1)
    expected = F.cross_entropy(logits, tgt_out.flatten(), ignore_index=0, label_smoothing=0.1, reduction="sum")
    torch.testing.assert_close(total, expected)
    assert int(right) == int(((logits.argmax(-1) == tgt_out.flatten()) & (tgt_out.flatten() != 0)).sum())
    parameters = list(model.parameters())
    ours, theirs = (torch.autograd.grad(loss, parameters) for loss in (total, expected))
    torch.testing.assert_close(ours, theirs)
