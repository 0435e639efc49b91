"""학습 준비: 데이터가 있어야 하는 설정과, 모델 곁에 남는 토크나이저를 봐요."""

from __future__ import annotations

import pytest
from support.reference_runs import make_trainer

from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.tools import run, translation_task
from reference.training.settings import TrainConfig


def test_large_presets_need_data(tmp_path):
    with pytest.raises(UserError, match="--data"):
        run.train(TrainConfig.from_preset("base", device="cpu"), translation_task.DataSource(), tmp_path / "x")


def test_tokenizer_is_saved_with_the_model(tsv, tmp_path):
    trainer = make_trainer(tmp_path / "a", tsv)
    assert Tokenizer.load(tmp_path / "a").fingerprint() == trainer.tokenizer.fingerprint()
