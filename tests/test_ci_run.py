"""`.ci/run`: 검사가 먼저이고, 아무 시험도 돌지 않으면 실패예요."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.layout import ROOT


def run_ci(folder: Path, output: str, status: int, ruff: int = 0) -> subprocess.CompletedProcess[str]:
    """apt-get이 보이지 않는 PATH에서, 도구들의 자리에 정해 둔 말을 하는 스크립트를 놓고 .ci/run을 돌려요."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", folder / ".ci/run")
    commands, venv = folder / "bin", folder / ".venv" / "bin"
    commands.mkdir()
    venv.mkdir(parents=True)
    for name in ("bash", "dirname", "mktemp", "rm", "tee", "grep", "tail", "id", "env", "sh"):
        (commands / name).symlink_to(shutil.which(name))
    scripts = {
        commands / "python3": f"#!/bin/sh\n[ \"$2\" = setup ] && exit 0\necho '{output}'\nexit {status}\n",
        venv / "ruff": f"#!/bin/sh\nexit {ruff}\n",
        venv / "mypy": "#!/bin/sh\nexit 0\n",
    }
    for path, text in scripts.items():
        path.write_text(text)
        path.chmod(0o755)
    return subprocess.run([str(folder / ".ci/run")], env={"PATH": str(commands)}, capture_output=True, encoding="utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash가 없어요.")
@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("===== 12 passed, 1 skipped in 3.00s =====", 0, 0),
        ("===== 1 failed, 11 passed in 3.00s =====", 1, 1),
        ("===== no tests ran in 0.01s =====", 5, 5),
        ("===== 3 skipped in 0.01s =====", 0, 5),
        ("설치하지 못했어요", 1, 1),
        ("", 0, 5),
    ],
)
def test_ci_run_fails_when_nothing_ran(tmp_path, output, status, expected):
    done = run_ci(tmp_path, output, status)
    assert done.returncode == expected, done.stdout + done.stderr
    if "passed" in output:
        assert done.stdout.splitlines()[-1] == f"pytest: {output}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash가 없어요.")
def test_ci_run_stops_before_the_tests_when_a_checker_finds_something(tmp_path):
    done = run_ci(tmp_path, "===== 12 passed in 3.00s =====", 0, ruff=1)
    assert done.returncode == 1 and "passed" not in done.stdout
