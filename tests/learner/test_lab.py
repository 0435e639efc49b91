"""JupyterLab 열기: 빈 포트, 한국어 화면, 남에게 보이지 않는 토큰."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
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


@pytest.fixture
def started(monkeypatch, tmp_path):
    """레슨 하나가 있는 코스 폴더에서 여는 JupyterLab의 명령과 환경. 정말로 띄우지는 않아요."""
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
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.delenv("COURSE_CLASSROOM", raising=False)
    return started


def test_lab_opens_korean_pages_with_a_private_token(started, capsys):
    code, out, _ = run(capsys, "lab", "--no-browser", "--port", "18888")
    token = started["env"]["JUPYTER_TOKEN"]
    assert code == 0 and token in out and token not in " ".join(started["command"])
    assert "lab/tree/study/05_attention_math/05_attention_math.ipynb" in out
    # 열어 둔 탭은 이 폴더의 가상 환경에만 기억해요. 다른 폴더의 코스와 섞이지 않아요.
    assert f"--LabApp.workspaces_dir={lab.STUDY / '.workspaces'}" in started["command"]


def test_without_a_class_formgrader_is_not_there(started, capsys):
    code, out, _ = run(capsys, "lab", "--no-browser", "--port", "18889")
    assert code == 0 and "formgrader" not in out and "COURSE_CLASSROOM" not in started["env"]
    folder = Path(started["env"]["JUPYTER_CONFIG_PATH"])
    page = json.loads((folder / "labconfig" / "page_config.json").read_text())
    assert page["disabledExtensions"] == {"@jupyter/nbgrader:formgrader": True, "@jupyter/nbgrader:menu": True}
    (server,) = (folder / "jupyter_server_config.d").glob("*.json")
    turned = json.loads(server.read_text())["ServerApp"]["jpserver_extensions"]
    assert turned["nbgrader.server_extensions.formgrader"] is False


@pytest.mark.parametrize("place", ["안", "밖"])
def test_a_chosen_class_is_opened_with_formgrader(started, capsys, tmp_path, tmp_path_factory, place):
    room = (tmp_path if place == "안" else tmp_path_factory.mktemp("다른 곳")) / "둘째 반"
    (room / "submitted").mkdir(parents=True)
    code, out, _ = run(capsys, "lab", "--classroom", str(room), "--no-browser", "--port", "18890")
    assert code == 0 and "http://localhost:18890/formgrader?token=" in out
    assert started["env"]["COURSE_CLASSROOM"] == str(room) and "JUPYTER_CONFIG_PATH" not in started["env"]
    # formgrader는 학급이 서버의 폴더 안에 있어야 돌아요.
    assert f"--ServerApp.root_dir={tmp_path if place == '안' else room.parent}" in started["command"]


def test_a_folder_that_is_no_class_is_named(started, capsys, monkeypatch, tmp_path):
    code, _, err = run(capsys, "lab", "--classroom", str(tmp_path / "없는 반"), "--no-browser")
    assert code == 2 and "python3 course.py grade" in err and not started
    monkeypatch.setattr(lab, "FORMGRADER", tmp_path / "없는 설정")
    code, _, err = run(capsys, "lab", "--classroom", str(tmp_path), "--no-browser")
    assert code == 2 and "학습자의 것" in err and not started
