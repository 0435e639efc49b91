"""`course` 명령의 틀과 학습자의 명령."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

import autograder.cli as cli
from autograder import terminal
from autograder.cli import learner

ROOT = Path(__file__).resolve().parents[1]
HANGUL = re.compile("[가-힣]")
LEARNER = {"lab", "check", "status", "hint", "reset", "doctor", "setup", "test"}
INSTRUCTOR = {"build", "release", "simulate", "grade", "collect", "export-marks", "report"}
MODEL = {"train", "demo", "translate", "evaluate", "experiment", "bench", "export-model"}


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


# ── 틀 ──────────────────────────────────────────────────────────────────────────────────────────


def test_every_command_of_the_design_is_there():
    from autograder.cli.app import build_app

    app = build_app()
    names = {info.name or info.callback.__name__.replace("_", "-") for info in app.registered_commands}
    names |= {info.name or info.typer_instance.info.name for info in app.registered_groups}
    assert LEARNER | INSTRUCTOR | MODEL <= names


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

        monkeypatch.setattr(learner, "_choose", fail)
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
    from autograder.errors import CourseError

    failing(CourseError("파일이 없어요. 이름을 확인해 주세요."))
    assert run(capsys, "status") == (2, "", "파일이 없어요. 이름을 확인해 주세요.\n")


def test_missing_package_names_the_remedy(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "typer", None)
    code, _, err = run(capsys, "status")
    assert code == 1 and "setup --fresh" in err


# ── JupyterLab ──────────────────────────────────────────────────────────────────────────────────


def test_busy_port_moves_on():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        found = learner.free_port(port)
        assert found is not None and found > port


def test_lab_opens_korean_pages_with_a_private_token(monkeypatch, capsys):
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

    monkeypatch.setattr(learner.subprocess, "Popen", Process)
    monkeypatch.setattr(learner, "wait_for_server", lambda process, port: True)
    code, out, _ = run(capsys, "lab", "--no-browser", "--port", "18888")
    token = started["env"]["JUPYTER_TOKEN"]
    assert code == 0 and token in out and token not in " ".join(started["command"])
    assert "lab/tree/lessons" in out


@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab이 설치되지 않았어요.")
def test_kernel_and_korean_settings_are_written(monkeypatch, tmp_path):
    from autograder import jupyter

    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    jupyter.write_json(jupyter.lab_settings_path(), jupyter.LAB_SETTINGS)
    jupyter.write_json(jupyter.kernel_path(), jupyter.kernel_spec())
    settings = json.loads(jupyter.lab_settings_path().read_text(encoding="utf-8"))
    kernel = json.loads(jupyter.kernel_path().read_text(encoding="utf-8"))
    assert settings["@jupyterlab/translation-extension:plugin"]["locale"] == "ko_KR"
    assert kernel["argv"][0] == sys.executable and kernel["env"]["PYTHONUTF8"] == "1"


# ── 확인, 진도, 힌트, 되돌리기 ───────────────────────────────────────────────────────────────────


def code_cell(source: str, grade_id: str = "", tags: tuple[str, ...] = ()):
    cell = nbformat.v4.new_code_cell(source)
    if grade_id:
        cell.metadata["nbgrader"] = {"grade_id": grade_id, "solution": True, "grade": False, "locked": False,
                                     "schema_version": 3, "task": False}  # fmt: skip
    cell.metadata["tags"] = list(tags)
    return cell


SOFTMAX = """def softmax(x, dim):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return e / e.sum(dim=dim, keepdim=True)
"""
HINTS = "\n".join(f"<details><summary>힌트 {n}</summary>\n\n{n}번째 <code>말</code>\n</details>" for n in (1, 2))


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """레슨 5의 노트북 하나가 있는 임시 폴더. 주어진 셀들로 노트북을 쓰는 함수를 돌려줘요."""
    folder = tmp_path / "lessons" / "05_attention_math"
    folder.mkdir(parents=True)
    monkeypatch.setattr(terminal, "LESSONS", folder.parent)
    monkeypatch.setattr(terminal, "STATE", tmp_path / "state.json")

    def write(*cells) -> Path:
        hint = nbformat.v4.new_markdown_cell(HINTS)
        hint.metadata["tags"] = ["hint"]
        given = code_cell("import torch\nprint('셀의 출력은 결과에 섞이지 않아요')", tags=("given",))
        path = folder / "05_attention_math.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[given, *cells, hint]), path)
        return path

    return write


def test_check_names_what_passed_and_what_did_not(lessons, capsys):
    lessons(
        code_cell(SOFTMAX, "softmax"),
        code_cell("def attention_scores(q, k):\n    raise NotImplementedError", "attention_scores"),
        code_cell("def padding_mask(ids, pad_id):\n    return (ids == pad_id)[:, None, None, :]", "padding_mask"),
        code_cell("def causal_mask(T)\n    return T", "causal_mask"),
    )
    code, out, _ = run(capsys, "check", "5")
    lines = {line.split()[1]: line.split()[0] for line in out.splitlines() if re.match(r"  \S \w+_?\w*  ", line)}
    assert code == 1
    assert lines == {"softmax": "✔", "attention_scores": "·", "padding_mask": "✘", "causal_mask": "✘"}
    assert "4개 가운데 1개를 통과했어요. 다음은 `attention_scores`예요." in out
    assert "셀의 출력" not in out and "Traceback" not in out


def test_endless_and_dying_cells_cost_only_themselves(lessons, capsys, monkeypatch):
    monkeypatch.setattr(terminal, "SILENCE", 60.0)
    lessons(
        code_cell("import os\nos._exit(0)\ndef softmax(x, dim): ...", "softmax"),
        code_cell("import sys\nsys.exit(0)", "attention_scores"),
        code_cell("def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool).tril()", "causal_mask"),
    )
    results = {
        result.name: result.verdict for result in terminal.check_notebook(terminal.lesson_paths()["05_attention_math"])
    }
    assert results == {"softmax": "timeout", "attention_scores": "error", "causal_mask": "pass"}


def test_unchanged_notebook_is_not_run_again(lessons, monkeypatch):
    path = lessons(code_cell(SOFTMAX, "softmax"))
    ran = []
    monkeypatch.setattr(
        terminal, "check_notebook", lambda *_: ran.append(1) or [terminal.Result("softmax", "", "pass", "")]
    )
    first, second = terminal.check_cached(path), terminal.check_cached(path)
    assert first == second and len(ran) == 1
    lessons(code_cell(SOFTMAX + "\n# 고침", "softmax"))
    terminal.check_cached(path)
    assert len(ran) == 2


def test_status_shows_the_next_exercise_and_survives_a_broken_file(lessons, capsys, monkeypatch):
    path = lessons(code_cell(SOFTMAX, "softmax"))
    results = [terminal.Result("softmax", "", "pass", ""), terminal.Result("causal_mask", "", "fail", "")]
    monkeypatch.setattr(terminal, "check_notebook", lambda *_: results)
    code, out, _ = run(capsys, "status")
    assert code == 0 and "1/2" in out and "causal_mask" in out
    path.write_bytes(b"")
    code, out, _ = run(capsys, "status")
    assert code == 0 and "05_attention_math" in out and "Traceback" not in out


@pytest.mark.parametrize("name", ["5", "05", "05_attention_math", "lessons/05_attention_math/05_attention_math.ipynb"])
def test_lessons_go_by_many_names(lessons, name):
    lessons(code_cell(SOFTMAX, "softmax"))
    assert terminal.find_lesson(name) == "05_attention_math"


def test_unknown_lesson_lists_what_there_is(lessons, capsys):
    lessons(code_cell(SOFTMAX, "softmax"))
    code, _, err = run(capsys, "check", "11")
    assert code == 2 and "05_attention_math" in err


def test_hints_come_one_at_a_time(lessons, capsys):
    lessons(code_cell(SOFTMAX, "softmax"))
    first, second, third, again = (run(capsys, "hint", "softmax", *more)[1] for more in ([], [], [], ["--again"]))
    assert "1번째" in first and "1개 더" in first
    assert "2번째" in second and "마지막" in second and "2번째" in third
    assert "1번째" in again
    code, _, err = run(capsys, "hint", "softmx")
    assert code == 2 and "혹시 `softmax`인가요?" in err


def test_reset_gives_a_stub_and_keeps_a_backup(lessons, capsys):
    path = lessons(code_cell(SOFTMAX, "softmax"))
    code, out, _ = run(capsys, "reset", "softmax", "--yes")
    text = path.read_text(encoding="utf-8")
    backups = list((path.parent / "backup").glob("*.ipynb"))
    assert code == 0 and "NotImplementedError" in text and "torch.exp" not in text
    assert len(backups) == 1 and "torch.exp" in backups[0].read_text(encoding="utf-8") and str(backups[0]) in out


def test_watch_checks_again_on_save_and_stops_on_ctrl_c(lessons, capsys, monkeypatch):
    import watchfiles

    path = lessons(code_cell(SOFTMAX, "softmax"))
    monkeypatch.setattr(terminal, "check_notebook", lambda *_: [terminal.Result("softmax", "", "pass", "")])

    def changes(*folders, recursive):
        assert list(folders) == [path.parent]
        yield {(watchfiles.Change.modified, str(path)), (watchfiles.Change.added, str(path.with_name("다른.txt")))}
        raise KeyboardInterrupt

    monkeypatch.setattr(watchfiles, "watch", changes)
    code, out, _ = run(capsys, "check", "5", "--watch")
    assert code == 0 and out.count("1개 가운데 1개를 통과했어요") == 2 and "그만 볼게요" in out
