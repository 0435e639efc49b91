"""어텐션 지도: 모든 층과 헤드를 담고, 한 줄의 합이 1인지 봐요."""

from __future__ import annotations

import torch
from support.reference_translator import ENGLISH, KOREAN

from reference.tools import plots
from reference.training.machine import choose


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
