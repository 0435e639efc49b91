"""JupyterLab의 한국어 설정과 커널 명세."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec

import pytest

from autograder.environment import jupyter
from autograder.files import write_json


@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab이 설치되지 않았어요.")
def test_kernel_and_korean_settings_are_written(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    write_json(jupyter.lab_settings_path(), jupyter.LAB_SETTINGS)
    write_json(jupyter.kernel_path(), jupyter.kernel_spec())
    settings = json.loads(jupyter.lab_settings_path().read_text(encoding="utf-8"))
    kernel = json.loads(jupyter.kernel_path().read_text(encoding="utf-8"))
    assert settings["@jupyterlab/translation-extension:plugin"]["locale"] == "ko_KR"
    assert kernel["argv"][0] == sys.executable and kernel["env"]["PYTHONUTF8"] == "1"
