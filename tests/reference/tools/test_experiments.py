"""실험: 저마다 그림 한 장과 문장 하나를 남기는지 봐요. 배우는 일은 몇 스텝만 해요."""

from __future__ import annotations

import json

import pytest

from reference.errors import UserError
from reference.tools import experiments


@pytest.mark.parametrize("name", list(experiments.EXPERIMENTS))
def test_experiments_leave_a_picture_and_a_sentence(name, tmp_path, monkeypatch):
    real = experiments.splits
    monkeypatch.setattr(experiments, "splits", lambda train, valid, test, seed: real(min(train, 150), 20, 1, seed))
    sentence = experiments.run(name, tmp_path, steps=4)
    assert str(tmp_path / f"{name}.png") in sentence and (tmp_path / f"{name}.png").stat().st_size > 5000
    assert json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["sentence"] in sentence


def test_unknown_experiment_lists_the_known_ones(tmp_path):
    with pytest.raises(UserError, match="silent-bugs"):
        experiments.run("magic", tmp_path)
