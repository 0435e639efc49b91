"""학습 설정: 모르는 이름과 있을 수 없는 값을 한 문장으로 거절하는지 봐요."""

from __future__ import annotations

import pytest

from reference.errors import UserError
from reference.training.settings import TrainConfig


def test_wrong_names_and_values():
    with pytest.raises(UserError, match="tiny"):
        TrainConfig.from_preset("huge")
    with pytest.raises(UserError, match="max_steps"):
        TrainConfig(max_steps=0)
    with pytest.raises(UserError, match="everyday"):
        TrainConfig(corpus="weekend")
    for name in ("subword_dropout", "both_ways"):
        with pytest.raises(UserError, match=name):
            TrainConfig(**{name: 1.5})


def test_a_cosine_needs_room_for_its_warmup():
    TrainConfig(schedule="cosine", warmup=800, max_steps=801)
    TrainConfig(schedule="noam", warmup=800, max_steps=250)  # 논문의 계획은 워밍업 안에서 멈춰도 그대로예요.
    with pytest.raises(UserError, match="--warmup"):
        TrainConfig(schedule="cosine", warmup=800, max_steps=800)
