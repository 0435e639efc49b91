"""실행 폴더 열기: 아닌 폴더와 덜 끝난 폴더를 한 문장으로 거절하고, 연 모델은 그 실행의 설정대로 번역하는지 봐요."""

from __future__ import annotations

import json

import pytest
from support.small_run import small_run

from reference.errors import UserError
from reference.tools import saved_model
from reference.training import evaluation
from reference.training.machine import choose


def test_not_a_run_folder(tmp_path):
    with pytest.raises(UserError, match="runs/"):
        saved_model.saved_settings(tmp_path)
    with pytest.raises(UserError, match="학습한 모델이 없"):
        saved_model.load_model(tmp_path, choose("cpu", "fp32"))


def test_a_run_translates_with_its_own_length_penalty(tmp_path, monkeypatch):
    """설정이 고른 길이 벌점을 `course translate`도 써요. 적혀 있지 않으면 논문의 0.6이에요(§6.1)."""
    used = []

    def spy(model, src, n, alpha):
        used.append(alpha)
        return [[3]] * len(src), None

    monkeypatch.setattr(evaluation, "beam_decode", spy)
    folder = small_run(tmp_path / "small")
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for train in ({"alpha": 1.3}, {}):
        (folder / "run.json").write_text(json.dumps({**info, "train": train}), encoding="utf-8")
        saved_model.SavedModel.open(folder, "cpu", "fp32").translate(["나는 학교에 간다."], beam=4)
    assert used == [1.3, 0.6]
