"""course.py: 설치를 시작하고, 끊기면 고치고, 실패하면 한 문장으로 말하는지."""

from __future__ import annotations

import ast
import importlib.util
import io
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """빈 폴더에 놓인 코스의 설치하는 부분. 무거운 단계는 `steps`에 기록만 해요."""
    root = tmp_path / "코 스"
    for name in ("course.py", "pyproject.toml", "constraints.txt", "autograder/environment/installer.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (root / "tests").mkdir()
    module = load(root / "autograder" / "environment" / "installer.py")
    module.steps = []

    def make_venv():
        shutil.rmtree(module.VENV, ignore_errors=True)
        module.PYTHON.parent.mkdir(parents=True)
        (module.VENV / "pyvenv.cfg").write_text("version = 3.11\n")
        module.PYTHON.symlink_to(sys.executable)
        module.steps.append("venv")

    def run_logged(command, progress, failure):
        module.steps.append(
            next(word for word in ("torch", "-e", "autograder.environment.jupyter") if word in " ".join(command))
        )

    module.real_run_logged, module.real_make_venv = module.run_logged, module.make_venv
    monkeypatch.setattr(module, "make_venv", make_venv)
    monkeypatch.setattr(module, "run_logged", run_logged)
    monkeypatch.setattr(module, "torch_arguments", lambda: [module.TORCH])
    return module


@pytest.fixture
def course(installer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """그 폴더의 course.py."""
    module = load(installer.ROOT / "course.py")
    monkeypatch.setattr(module, "load_installer", lambda: installer)
    return module


WHOLE = ["venv", "torch", "-e", "autograder.environment.jupyter"]


@pytest.mark.parametrize("name", ["course.py", "autograder/environment/installer.py"])
def test_needs_nothing_but_the_standard_library(name):
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names)


def test_old_python_gets_a_sentence_and_not_a_syntax_error(course, monkeypatch):
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", namedtuple("V", "major minor micro")(3, 9, 1))
    with pytest.raises(course.SetupError, match="3.10부터 3.13.*3.9.1"):
        course.check_python()


def test_first_run_installs_everything_and_the_second_nothing(course, installer, monkeypatch, capsys):
    handed = []
    monkeypatch.setattr(course, "hand_over", lambda python, arguments: handed.append(arguments) or 7)
    assert course.main(["status"]) == 7 and installer.steps == WHOLE
    assert course.main(["status"]) == 7 and installer.steps == WHOLE
    assert handed == [["status"]] * 2
    assert "준비가 끝났어요" in capsys.readouterr().out


@pytest.mark.parametrize("step", WHOLE[1:])
def test_interrupted_run_is_repaired_by_the_next(course, installer, monkeypatch, step, capsys):
    good = installer.run_logged

    def interrupted(command, progress, failure):
        good(command, progress, failure)
        if installer.steps[-1] == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(installer, "run_logged", interrupted)
    assert course.main(["setup"]) == 130
    assert "다시 실행하면" in capsys.readouterr().err
    assert not installer.is_ready()
    monkeypatch.setattr(installer, "run_logged", good)
    installer.steps.clear()
    assert course.main(["setup"]) == 0
    assert installer.steps == WHOLE[1:] and installer.is_ready()


def test_broken_or_moved_environment_is_made_anew(installer):
    installer.setup()
    installer.PYTHON.unlink()
    installer.PYTHON.symlink_to("/없는/python")
    assert not installer.is_ready()
    installer.steps.clear()
    installer.setup()
    assert installer.steps == WHOLE

    stamp = installer.stamp_path("")
    stamp.write_text(stamp.read_text().replace(str(installer.ROOT).encode("unicode_escape").decode(), "/다른/곳"))
    installer.steps.clear()
    installer.setup()
    assert installer.steps == WHOLE


def test_changed_pins_install_again_without_a_new_environment(installer):
    installer.setup()
    with (installer.ROOT / "constraints.txt").open("a") as pins:
        pins.write("# 바뀜\n")
    assert not installer.is_ready()
    installer.steps.clear()
    installer.setup()
    assert installer.steps == WHOLE[1:]


def test_test_packages_are_added_once(course, installer, monkeypatch):
    monkeypatch.setattr(course, "hand_over", lambda python, arguments: 0)
    course.main(["status"])
    installer.steps.clear()
    course.main(["test", "--slow"])
    course.main(["test"])
    assert installer.steps == WHOLE[1:] and installer.is_ready() and installer.is_ready("test")


def test_fresh_empties_the_environment(course, installer):
    installer.setup()
    installer.steps.clear()
    assert course.main(["setup", "--fresh"]) == 0 and installer.steps == WHOLE
    assert course.main(["setup", "--frehs"]) == 2


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "디스크가 가득 찼어요",
        ),
        (
            "Retrying ... Temporary failure in name resolution\nERROR: No matching distribution found for torch",
            "연결하지 못했어요",
        ),
        ("ERROR: No matching distribution found for torch==2.13.0", "맞는 패키지를 저장소에서 찾지 못했어요"),
        ("[Errno 13] Permission denied: '/x'", "쓸 수 없어요"),
        (
            "Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED')))",
            "인증서",
        ),
        ("뜻밖의 말", "PyTorch를 설치하지 못했어요(마지막 출력: 뜻밖의 말)"),
    ],
)
def test_failures_become_one_sentence(installer, output, sentence):
    said = installer.explain(output, "PyTorch를 설치하지 못했어요")
    assert sentence in said and "\n" not in said


def test_failing_step_is_logged_and_explained(installer, capsys):
    installer.VENV.mkdir()
    command = [sys.executable, "-c", "print('[Errno 28] No space left on device'); raise SystemExit(3)"]
    with installer.Progress("단계") as progress, pytest.raises(installer.SetupError, match="디스크가 가득"):
        installer.real_run_logged(command, progress, "설치하지 못했어요")
    assert "Errno 28" in installer.LOG.read_text(encoding="utf-8")


def test_python_without_ensurepip_names_the_debian_package(installer, monkeypatch):
    done = subprocess.CompletedProcess(
        [], 1, stdout=b"The virtual environment was not created because ensurepip is not available."
    )
    monkeypatch.setattr(installer.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(installer.SetupError, match="apt install python3-venv"):
        installer.real_make_venv()


def test_full_disk_is_noticed_before_the_install(installer, monkeypatch):
    monkeypatch.setattr(installer, "free_gb", lambda: 0.5)
    with pytest.raises(installer.SetupError, match="0.5 GB 남아"):
        installer.setup()
    assert installer.steps == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/x"), "쓸 수 없어요"),
        (OSError(28, "No space left on device"), "디스크가 가득"),
    ],
)
def test_trouble_with_files_is_one_sentence(course, installer, monkeypatch, capsys, error, sentence):
    def fails(extra, complete):
        raise error

    monkeypatch.setattr(installer, "write_stamp", fails)
    assert course.main(["setup"]) == 1
    said = capsys.readouterr().err.strip()
    assert sentence in said and "\n" not in said


def test_packages_cut_short_are_installed_again(installer):
    packages = installer.VENV / ("Lib/site-packages" if installer.WINDOWS else "lib/python3.11/site-packages")
    for name in ("whole", "no_record", "missing", "short"):
        (packages / name).mkdir(parents=True)
        (packages / name / "a.py").write_text("12345")
        information = packages / f"{name}-1.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Name: {name}")
        (information / "RECORD").write_text(f"{name}/a.py,sha256=x,5\n{name}/a.pyc,,\n{name}-1.dist-info/RECORD,,\n")
    (packages / "no_record-1.dist-info/RECORD").unlink()
    (packages / "missing/a.py").unlink()
    (packages / "short/a.py").write_text("12")
    installer.forget_damaged_packages()
    assert [path.name for path in packages.glob("*.dist-info")] == ["whole-1.dist-info"]


@pytest.mark.parametrize(
    ("gpu", "reachable", "extra"), [(False, True, True), (False, False, False), (True, True, False)]
)
def test_cpu_build_is_chosen_only_where_it_helps_and_answers(monkeypatch, gpu, reachable, extra):
    module = load(ROOT / "autograder" / "environment" / "installer.py")

    class Answer(io.BytesIO):
        status = 200

    def urlopen(request, timeout):
        if not reachable:
            raise OSError("닿지 않아요")
        return Answer()

    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module, "has_nvidia_gpu", lambda: gpu)
    monkeypatch.setattr(module.urllib.request, "urlopen", urlopen)
    assert module.torch_arguments()[0] == "torch==2.13.0"
    assert ("--extra-index-url" in module.torch_arguments()) == extra


def test_real_environment_in_a_folder_with_spaces_and_hangul(installer):
    pytest.importorskip("ensurepip", reason="이 Python에는 가상 환경을 만드는 ensurepip이 없어요.")
    installer.real_make_venv()
    assert installer.is_venv_usable()
    installer.PYTHON.unlink()
    assert not installer.is_venv_usable()


def test_a_linked_environment_is_not_emptied_through_the_link(installer, tmp_path):
    pytest.importorskip("ensurepip", reason="이 Python에는 가상 환경을 만드는 ensurepip이 없어요.")
    others = tmp_path / "남의 환경"
    others.mkdir()
    (others / "남의 것.txt").write_text("그대로", encoding="utf-8")
    installer.VENV.symlink_to(others, target_is_directory=True)
    installer.real_make_venv()
    assert installer.is_venv_usable() and not installer.VENV.is_symlink()
    assert [path.name for path in others.iterdir()] == ["남의 것.txt"]


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["없는명령"], 2)])
def test_exit_codes_pass_through(course, arguments, code):
    """진짜 자식 프로세스로: 파이썬 경로만 지금의 것으로 바꿔요."""
    script = (
        "import importlib.util, pathlib, sys; spec = importlib.util.spec_from_file_location('c', 'course.py'); "
        "c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c); "
        "sys.exit(c.hand_over(pathlib.Path(sys.executable), sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows에는 프로세스 그룹 신호가 없어요.")
def test_ctrl_c_waits_for_the_child(course, tmp_path):
    """자식이 정리할 시간을 주고, 자식의 종료 코드를 돌려줘요."""
    script = tmp_path / "parent.py"
    child = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (time.sleep(0.3), print('cleaned', flush=True), sys.exit(9)))\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    (tmp_path / "child.py").write_text(child)
    script.write_text(
        "import importlib.util, signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"spec = importlib.util.spec_from_file_location('c', {str(ROOT / 'course.py')!r})\n"
        "c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c)\n"
        "real = subprocess.Popen\n"
        f"c.subprocess.Popen = lambda command: real([sys.executable, {str(tmp_path / 'child.py')!r}])\n"
        "sys.exit(c.hand_over(sys.executable, []))\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, 2)
    rest, _ = process.communicate(timeout=60)
    assert rest == b"cleaned\n" and process.returncode == 9


def test_setup_goes_on_when_nobody_reads_its_output(installer, monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    installer.setup()
    assert installer.is_ready()


def test_progress_line_fits_the_terminal(installer):
    assert installer.fit("가나다라", 5) == "가나 "
    assert installer.fit("abc", 5) == "abc  "
