"""마스크: True가 볼 수 있음이고, PAD와 미래를 함께 가리는지 봐요."""

from __future__ import annotations

import pytest
import torch

from reference import masks


def test_masks():
    ids = torch.tensor([[5, 6, 0], [7, 0, 8]])
    assert masks.padding_mask(ids, 0).tolist() == [[[[True, True, False]]], [[[True, False, True]]]]
    assert masks.causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    src_mask, tgt_mask = masks.make_masks(ids, ids[:, :2], 0)
    assert src_mask.shape == (2, 1, 1, 3)
    assert tgt_mask.tolist() == [[[[True, False], [True, True]]], [[[True, False], [True, False]]]]
    with pytest.raises(ValueError):
        masks.causal_mask(0)
