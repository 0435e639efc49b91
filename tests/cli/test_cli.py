"""`course` 명령의 틀과 학습자의 명령."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support.commands import run

from autograder import cli
from autograder.cli.app import build_app
from autograder.errors import CourseError
from autograder.layout import ROOT
from autograder.learner import status as learner

HANGUL = re.compile("[가-힣]")
LEARNER = {"lab", "check", "status", "hint", "reset", "doctor", "setup", "test"}
INSTRUCTOR = {"build", "release", "simulate", "grade", "collect", "export-marks", "report"}
MODEL = {"train", "demo", "translate", "evaluate", "experiment", "bench", "export-model", "play"}


def test_every_command_of_the_design_is_there():
    app = build_app()
    names = {info.name or info.callback.__name__.replace("_", "-") for info in app.registered_commands}
    names |= {info.name or info.typer_instance.info.name for info in app.registered_groups}
    assert names >= LEARNER | INSTRUCTOR | MODEL


def test_version_is_that_of_the_changelog(capsys):
    code, out, _ = run(capsys, "--version")
    newest = re.search(r"(?m)^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert code == 0 and newest and out == f"transformer-study {newest.group(1)}\n"


def test_help_is_korean_and_loads_nothing_heavy():
    code = (
        "import sys; from autograder.cli import run; code = run(['--help']); "
        "heavy = {'torch', 'nbgrader', 'matplotlib', 'jupyterlab', 'numpy', 'nbformat'} & set(sys.modules); "
        "print(code, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.stdout.strip().endswith("0 []"), done.stdout[-500:] + done.stderr
    assert "사용법" in done.stdout and "Usage" not in done.stdout and "Show this message" not in done.stdout


@pytest.mark.parametrize("command", sorted(LEARNER | INSTRUCTOR | MODEL))
def test_help_of_each_command_is_korean(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0 and HANGUL.search(out) and "Show this message" not in out


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(INSTRUCTOR))])
def test_help_is_not_cut_in_a_narrow_terminal(capsys, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run(capsys, *command, "--help")
    assert code == 0 and "…" not in out
    if not command:  # 줄이 꼭 차서 마지막 글자가 잘리던 설명이에요.
        assert re.sub(r"\W+", "", "손으로 준 점수도 담겨요") in re.sub(r"\W+", "", out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "`chek` 명령은 없어요. 혹시 'check'인가요?"),
        (["lab", "--prot", "1"], "`--prot` 옵션은 없어요. 혹시 `--port`인가요?"),
        (["lab", "--port", "여덟"], "정수를 적어 주세요"),
        (["lab", "--port", "0"], "1 이상인 수를 적어 주세요"),
        (["lab", "--port"], "`--port` 뒤에 값을 적어 주세요"),
        (["hint"], "값을 적어 주세요"),
        (["status", "더"], "쓰이지 않는 값이 더 있어요: 더"),
    ],
)
def test_wrong_usage_is_one_korean_sentence(capsys, arguments, said):
    code, _, err = run(capsys, *arguments)
    assert code == 2 and said in err and "--help" in err and len(err.strip().splitlines()) == 1


@pytest.fixture
def failing(monkeypatch, tmp_path):
    """`status`가 정해 준 예외를 내게 해요. 기록 파일은 임시 폴더에 남아요."""

    def set_error(error: BaseException) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(learner, "all_places", fail)
        monkeypatch.setattr(sys, "prefix", str(tmp_path))

    return set_error


def test_unexpected_error_is_a_sentence_and_a_log(capsys, failing, tmp_path):
    failing(ZeroDivisionError("0으로 나눔"))
    code, _, err = run(capsys, "status")
    log = tmp_path / "course-error.log"
    assert code == 1 and len(err.strip().splitlines()) == 1
    assert "0으로 나눔" in err and str(log) in err
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_debug_shows_the_traceback(failing):
    failing(ZeroDivisionError("0으로 나눔"))
    with pytest.raises(ZeroDivisionError):
        cli.run(["status", "--debug"])


def test_ctrl_c_is_quiet(capsys, failing):
    failing(KeyboardInterrupt())
    code, out, err = run(capsys, "status")
    assert code == 130 and "Traceback" not in out + err


def test_expected_error_is_shown_as_it_is(capsys, failing):
    failing(CourseError("파일이 없어요. 이름을 확인해 주세요."))
    assert run(capsys, "status") == (2, "", "파일이 없어요. 이름을 확인해 주세요.\n")


def test_an_error_may_carry_the_documented_code(capsys, failing):
    class Stopped(CourseError):
        exit_code = 130

    failing(Stopped("멈췄어요."))
    assert run(capsys, "status") == (130, "", "멈췄어요.\n")


def test_missing_package_names_the_remedy(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "typer", None)
    code, _, err = run(capsys, "status")
    assert code == 1 and "setup --fresh" in err
