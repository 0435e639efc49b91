"""모델 설정: 있을 수 없는 크기를 거절하고, 적었다 되살려도 같은지 봐요."""

from __future__ import annotations

import dataclasses

import pytest
from support.reference_models import SMALL

from reference.config import PRESETS, ModelConfig


@pytest.mark.parametrize(
    "changes",
    [
        {"d_model": 25},
        {"n_heads": 5},
        {"n_kv_heads": 2},
        {"dropout": 1.0},
        {"word_dropout": 1.0},
        {"word_dropout": -0.1},
        {"activation": "tanh"},
        {"n_layers": 0},
        {"norm_first": True, "deep_norm": True},
        {"pad_id": 1},
        {"eos_id": 29},
        {"positions": "rope", "n_heads": 8},
    ],
)
def test_impossible_configs_are_refused(changes):
    with pytest.raises(ValueError):
        dataclasses.replace(SMALL, **changes)


def test_config_round_trip():
    for name in PRESETS:
        config = ModelConfig.preset(name, 1000)
        assert ModelConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError):
        ModelConfig.preset("huge", 1000)
    with pytest.raises(ValueError):
        ModelConfig.from_dict({"vocab_size": 10, "layers": 3})
