"""환경의 명령: 설치, 진찰, 시험."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from autograder.console import make_console
from autograder.environment import doctor as diagnosis
from autograder.environment.child import run_child, wait
from autograder.errors import CourseError
from autograder.layout import ROOT


def register(app: typer.Typer) -> None:
    """환경의 명령들을 `app`에 더해요."""
    app.command("doctor")(doctor)
    app.command("setup")(setup)
    app.command("test")(test)


def setup(
    fresh: Annotated[bool, typer.Option("--fresh", help="지금의 .venv를 비우고 처음부터 설치해요.")] = False,
    test: Annotated[bool, typer.Option("--test", help="시험에만 쓰는 패키지까지 설치해요.")] = False,
) -> int:
    """필요한 것을 모두 설치하고, 망가진 것을 고쳐요."""
    # 가상 환경을 비울 수도 있으므로, 그 바깥의 Python이 course.py를 돌려야 해요.
    outer = getattr(sys, "_base_executable", None) or sys.executable
    flags = [flag for flag, chosen in (("--fresh", fresh), ("--test", test)) if chosen]
    return run_child([outer, str(ROOT / "course.py"), "setup", *flags])


def doctor(as_json: Annotated[bool, typer.Option("--json", help="결과를 JSON으로 내보내요.")] = False) -> int:
    """빠지거나 고장 난 것과 고치는 법을 알려 줘요."""
    findings = []
    console = make_console()
    for finding in diagnosis.examine():
        findings.append(finding)
        if not as_json:
            color, sign = {"ok": ("green", "✔"), "warn": ("yellow", "!"), "error": ("red", "✘")}[finding.status]
            console.print(f"[{color}]{sign}[/] [bold]{finding.name}[/]", end="  ")
            console.print(finding.detail, markup=False)
            if finding.remedy:
                console.print(f"    → {finding.remedy}", markup=False)
    errors = sum(finding.status == "error" for finding in findings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    elif errors:
        console.print(f"\n꼭 고쳐야 할 것이 {errors}개 있어요.")
    else:
        console.print("\n모두 갖춰졌어요.")
    return 1 if errors else 0


def test(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[파일]...", help="이 시험 파일들만 돌려요.")] = None,
    slow: Annotated[bool, typer.Option("--slow", help="오래 걸리는 시험까지 돌려요.")] = False,
) -> int:
    """시험을 돌리고, 이 컴퓨터에서 돌리지 못한 것을 알려 줘요."""
    if not (ROOT / "tests").is_dir():
        raise CourseError(
            "학습자 묶음에는 시험이 들어 있지 않아요. 설치를 확인하려면 `python3 course.py doctor`를 실행해요."
        )
    if find_spec("pytest") is None or find_spec("xdist") is None:
        code = setup(fresh=False, test=True)
        if code:
            return code
    # 일꾼마다 torch를 따로 불러와요(한 번에 2초쯤, 메모리 0.5 GB쯤). 코어보다 많으면 서로 느려져요.
    workers = str(max(1, min(os.cpu_count() or 1, 8)))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", "--max-worker-restart", "1"]
    command += ["--slow", "-o", "faulthandler_timeout=0"] if slow else []
    command += [str(path.resolve()) for path in paths or [ROOT / "tests"]]
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    return wait(subprocess.Popen(command, cwd=ROOT, env=environment))
