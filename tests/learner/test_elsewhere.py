"""JupyterLab이 아닌 곳: 환경 변수가 없는 커널, VS Code의 커널, 그냥 파이썬에서도 `check`가 같은 답을 해요."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from autograder.authoring.lesson_source import lesson_path
from autograder.layout import ROOT

LESSON = "05_attention_math"
ANSWER = "import torch\ndef softmax(x, dim):\n    return x.softmax(dim)\n"
ASK = "from autograder import check; check('softmax')"
PATH = "from autograder.learner.checker import notebook_path; print(notebook_path())"


def started(folder: Path) -> str:
    """이 저장소의 코드로 시작하는 첫 셀."""
    return f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.chdir({str(folder)!r})"


def saved(folder: Path) -> Path:
    path = folder / f"{LESSON}.ipynb"
    document = json.loads(lesson_path(LESSON).read_text("utf-8"))
    next(c for c in document["cells"] if c.get("id") == "softmax")["source"] = [
        "def softmax(x, dim):\n",
        "    return helper(x, dim)",
    ]
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_a_kernel_says_the_same_with_and_without_the_editors_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    path = saved(tmp_path)
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()

    def say(code: str) -> str:
        heard: list[str] = []

        def keep(message: dict) -> None:
            content = message["content"]
            heard.append(
                content.get("text")
                or content.get("data", {}).get("text/plain")
                or " ".join(content.get("traceback", ()))
            )

        client.execute_interactive(code, timeout=300, output_hook=keep)
        return "\n".join(heard)

    try:
        client.wait_for_ready(timeout=300)
        say(started(tmp_path))
        assert say(PATH).strip() == "None"
        say(ANSWER)
        assert "통과 · softmax" in say(ASK)
        say("def helper(x, dim):\n    return x.softmax(dim)\ndef softmax(x, dim):\n    return helper(x, dim)")
        assert "통과 · softmax" in say(ASK)  # 어느 노트북인지 모르면 커널에 있는 대로 봐요.
        say(f"__vsc_ipynb_file__ = {str(path)!r}")
        assert say(PATH).strip() == str(path)
        assert "`helper`는 지금 커널에만" in say(ASK)
        say("__vsc_ipynb_file__ = 'untitled:Untitled-1.ipynb'")
        assert say(PATH).strip() == "None" and "통과 · softmax" in say(ASK)
        say(f"del __vsc_ipynb_file__; os.environ['JPY_SESSION_NAME'] = {str(path)!r}")
        assert "`helper`는 지금 커널에만" in say(ASK)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("shell", [["-c"], ["-m", "IPython", "--no-banner", "--colors=nocolor", "-c"]])
def test_plain_python_and_the_ipython_terminal(shell: list[str], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    environment |= {"PYTHONUTF8": "1", "IPYTHONDIR": str(tmp_path)}
    code = "\n".join([started(tmp_path), ANSWER, ASK])
    done = subprocess.run([sys.executable, *shell, code], env=environment, capture_output=True, text=True, timeout=300, encoding="utf-8")  # fmt: skip
    assert "통과 · softmax" in done.stdout and done.returncode == 0, done.stdout + done.stderr
