"""실행 폴더 열기: 아닌 폴더와 덜 끝난 폴더를 한 문장으로 거절하는지 봐요."""

from __future__ import annotations

import pytest

from reference.errors import UserError
from reference.tools import saved_model
from reference.training.machine import choose


def test_not_a_run_folder(tmp_path):
    with pytest.raises(UserError, match="runs/"):
        saved_model.saved_settings(tmp_path)
    with pytest.raises(UserError, match="학습한 모델이 없"):
        saved_model.load_model(tmp_path, choose("cpu", "fp32"))
