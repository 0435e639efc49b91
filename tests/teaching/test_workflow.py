"""풀리퀘스트의 작업 파일: 지켜야 할 것과, 적힌 글을 임시 저장소에서 그대로 실행한 결과.

GitHub의 서버(작업이 시작되는 조건, 받아 오는 액션, 요약을 보여 주는 화면)는 여기서 돌려 보지 못해요.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.classes import LESSON, notebook
from support.tiny_lesson import needs

from autograder.layout import ROOT

FILE = ROOT / ".github" / "workflows" / "grade-pull-request.yml"
# YAML 1.1에서 `on`은 참이라는 뜻이에요. GitHub는 글자로 읽어요.
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["grade"]["steps"]
SCRIPTS = [step for step in STEPS if "run" in step]


def test_the_job_gives_nothing_away() -> None:
    assert set(WORKFLOW[True]) == {"pull_request"}  # pull_request_target은 비밀과 쓰는 열쇠를 쥐어요.
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in WORKFLOW["jobs"].values())
    text = FILE.read_text(encoding="utf-8")
    assert "secrets." not in text and "--unsafe" not in text
    # 낸 사람이 정하는 글이 셸의 글에 끼어들지 않아요. 모두 환경 변수로 와요.
    assert not [step["name"] for step in SCRIPTS if "${{" in step["run"]]


def test_only_the_base_is_checked_out() -> None:
    uses = [step for step in STEPS if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in uses)
    checkouts = [step for step in uses if "checkout" in step["uses"]]
    assert [step["with"]["ref"] for step in checkouts] == ["${{ github.event.pull_request.base.sha }}"]
    assert checkouts[0]["with"]["persist-credentials"] is False and checkouts[0]["with"]["fetch-depth"] == 0


# -- 적힌 글을 실행하기 --

COURSE = f"""import os, subprocess, sys
print("course.py", *sys.argv[1:2])
if sys.argv[1] == "setup":
    sys.exit(0)
sys.exit(subprocess.call([{sys.executable!r}, "-m", "autograder.cli", *sys.argv[1:]], env=dict(os.environ, PYTHONPATH={str(ROOT)!r})))
"""


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=시험", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, encoding="utf-8")
    return done.stdout.strip()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def event(tmp_path: Path) -> dict[str, str]:
    """반의 저장소와 풀리퀘스트 하나, 그리고 base를 내려받은 작업 폴더. 돌려주는 것은 식이 가리키는 값이에요."""
    origin, work = tmp_path / "origin", tmp_path / "work"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    write(origin, {"course.py": COURSE, "README.md": "우리 반"})
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "base")
    base = git(origin, "rev-parse", "HEAD")
    git(origin, "checkout", "-q", "-b", "hand-in")
    trap = f"open({str(tmp_path / 'escaped')!r}, 'w')"
    wrong = "def softmax(x, dim=-1):\n    raise ValueError('::error::[좋은 점수](https://example.org) ````')"
    write(
        origin,
        {
            f"submitted/나/{LESSON}/{LESSON}.ipynb": json.dumps(notebook(softmax=wrong)),
            # 함께 바꾼 코드와 설정은 어느 것도 돌지 않아요.
            "course.py": trap,
            "sitecustomize.py": trap,
            "autograder/__init__.py": trap,
            ".gitattributes": "*.ipynb diff=trap filter=trap\n",
            "노트.ipynb": "{}",
        },
    )
    (origin / "submitted" / "나" / "06_multi_head.ipynb").symlink_to("/etc/passwd")
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "hand in")
    head = git(origin, "rev-parse", "HEAD")
    git(origin, "update-ref", "refs/pull/7/head", head)
    git(origin, "checkout", "-q", "main")
    git(origin, "branch", "-qD", "hand-in")
    git(tmp_path, "clone", "-q", str(origin), str(work))
    return {
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.head.sha": head,
        "github.event.pull_request.number": "7",
        "github.event.pull_request.user.login": "$(touch escaped)",
        "github.token": "열쇠",
        "vars.COURSE_SEED": "",
    }


def filled(text: str, event: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: event[found[1]], str(text))


def environment(tmp_path: Path, step: dict[str, Any], event: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    fixed = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "OMP_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }
    return kept | fixed | {name: filled(text, event) for name, text in step.get("env", {}).items()}


def test_the_scripts_grade_a_pull_request(tmp_path: Path, event: dict[str, str]) -> None:
    needs("full", "reduced", "landlock")
    sudo = tmp_path / "bin" / "sudo"
    write(tmp_path, {"bin/sudo": f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\ncase "$1" in sysctl) exit 1;; esac\n'})
    sudo.chmod(0o755)
    said, codes = "", []
    for step in SCRIPTS:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=tmp_path / "work",
            env=environment(tmp_path, step, event),
            capture_output=True,
            encoding="utf-8",
        )
        codes.append(done.returncode)
        said += done.stdout + done.stderr
    assert codes == [0, 0, 0, 1], said  # 채점하지 못한 노트북이 있어서 마지막은 1이에요.
    assert "install -y --no-install-recommends bubblewrap" in (tmp_path / "asked").read_text()
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "레슨 5." in text and "| 실행 오류 |" in text and "| 통과 |" in text
    # 학습자의 글은 더 긴 울타리 안에 글자로 있고, 기록에는 없어요.
    before, found, _ = text.partition("[좋은 점수](https://example.org)")
    assert found and before.rpartition("\n`````text\n")[1] and "::error" not in said
    assert "노트.ipynb" in text and "링크나 서브모듈" in text and "root:" not in text
    assert "이번 실행에서만" in text
    # 풀리퀘스트의 코드는 돌지 않았고, 작업 폴더는 base 그대로이고, 열쇠는 남지 않았어요.
    assert not (tmp_path / "escaped").exists() and not (tmp_path / "work" / "escaped").exists()
    assert git(tmp_path / "work", "rev-parse", "HEAD") == event["github.event.pull_request.base.sha"]
    assert git(tmp_path / "work", "status", "--porcelain") == ""
    assert "extraheader" not in (tmp_path / "work" / ".git" / "config").read_text()
