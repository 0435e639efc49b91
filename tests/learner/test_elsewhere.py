"""JupyterLab이 아닌 곳: 환경 변수가 없는 커널, VS Code의 커널, 그냥 파이썬에서도 `check`가 같은 답을 해요."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

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
    steps = [
        (started(tmp_path), ""),
        (PATH, "None"),
        (ANSWER, ""),
        (ASK, "통과 · softmax"),
        ("def helper(x, dim):\n    return x.softmax(dim)\ndef softmax(x, dim):\n    return helper(x, dim)", ""),
        (ASK, "통과 · softmax"),  # 어느 노트북인지 모르면 커널에 있는 대로 봐요.
        (f"__vsc_ipynb_file__ = {str(path)!r}", ""),
        (PATH, str(path)),
        (ASK, "`helper`는 지금 커널에만"),
        ("__vsc_ipynb_file__ = 'untitled:Untitled-1.ipynb'", ""),
        (PATH, "None"),
        (ASK, "통과 · softmax"),
        (f"del __vsc_ipynb_file__; os.environ['JPY_SESSION_NAME'] = {str(path)!r}", ""),
        (ASK, "`helper`는 지금 커널에만"),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code, _ in steps])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    for cell, (code, expected) in zip(notebook.cells, steps, strict=True):
        said = "".join(out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)
        assert expected in said and bool(expected) == bool(said), code


@pytest.mark.parametrize("shell", [["-c"], ["-m", "IPython", "--no-banner", "--colors=nocolor", "-c"]])
def test_plain_python_and_the_ipython_terminal(shell: list[str], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    environment |= {"PYTHONUTF8": "1", "IPYTHONDIR": str(tmp_path)}
    code = "\n".join([started(tmp_path), ANSWER, ASK])
    done = subprocess.run([sys.executable, *shell, code], env=environment, capture_output=True, text=True, timeout=300, encoding="utf-8")  # fmt: skip
    assert "통과 · softmax" in done.stdout and done.returncode == 0, done.stdout + done.stderr
