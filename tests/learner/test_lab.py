"""JupyterLab 열기: 빈 포트, 한국어 화면, 남에게 보이지 않는 토큰."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from support.commands import run

from autograder.authoring.lesson_source import lesson_path
from autograder.learner import lab, study


def test_busy_port_moves_on():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        found = lab.free_port(port)
        assert found is not None and found > port


def test_lab_opens_korean_pages_with_a_private_token(monkeypatch, capsys, tmp_path):
    started = {}

    class Process:
        def __init__(self, command, env, cwd):
            started.update(command=command, env=env)

        def poll(self):
            return None

        def wait(self):
            return 0

        def terminate(self):
            pass

    place = tmp_path / "lessons" / "05_attention_math" / "05_attention_math.ipynb"
    place.parent.mkdir(parents=True)
    place.write_bytes(lesson_path("05_attention_math").read_bytes())
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(study, "STUDY", tmp_path / "study")
    monkeypatch.setattr(study, "LESSONS", tmp_path / "lessons")
    monkeypatch.setattr(lab.subprocess, "Popen", Process)
    monkeypatch.setattr(lab, "wait_for_server", lambda process, port: True)
    code, out, _ = run(capsys, "lab", "--no-browser", "--port", "18888")
    token = started["env"]["JUPYTER_TOKEN"]
    assert code == 0 and token in out and token not in " ".join(started["command"])
    assert "lab/tree/study/05_attention_math/05_attention_math.ipynb" in out
    # 열어 둔 탭은 이 폴더의 가상 환경에만 기억해요. 다른 폴더의 코스와 섞이지 않아요.
    assert f"--LabApp.workspaces_dir={Path(sys.prefix) / 'workspaces'}" in started["command"]
