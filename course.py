#!/usr/bin/env python3
"""Transformer 스터디를 시작하는 파일이에요. 표준 라이브러리만 써요.

    python3 course.py lab       JupyterLab을 열어요(처음이면 설치부터 해요).
    python3 course.py test      시험을 돌려요.
    python3 course.py doctor    빠지거나 고장 난 것과 고치는 법을 알려 줘요.
    python3 course.py --help    모든 명령을 보여 줘요.

처음 실행하면 이 폴더의 `.venv`에 시험을 마친 버전을 설치하고(autograder/environment/installer.py), 그다음부터는 `.venv` 안의
`course` 명령에 그대로 넘겨요. 너무 오래된 Python도 이 파일은 읽을 수 있어서, 무엇을 설치할지 한국어로 말해 줘요.
"""

import importlib.util
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
SUPPORTED = ((3, 10), (3, 13))


class SetupError(Exception):
    """시작하지 못한 까닭과 다음에 할 일을 담은 한국어 한 문장."""


def check_python() -> None:
    """이 Python에서 돌 수 있는지 봐요. 아니면 SetupError."""
    low, high = SUPPORTED
    if not low <= sys.version_info[:2] <= high:
        raise SetupError(
            "Python {}.{}부터 {}.{}까지에서 돌아가는데, 지금은 {}예요. python.org에서 3.12를 설치한 뒤 "
            "그 Python으로 다시 실행해 주세요{}.".format(
                *low, *high, ".".join(map(str, sys.version_info[:3])), found_pythons()
            )
        )
    if sys.maxsize <= 2**32:
        raise SetupError("32비트 Python에서는 PyTorch를 쓸 수 없어요. 64비트 Python을 설치한 뒤 다시 실행해 주세요.")


def found_pythons() -> str:
    """이미 설치된 알맞은 Python이 있으면 그 이름을 알려 줘요."""
    for minor in (12, 11, 13, 10):
        name = f"python3.{minor}"
        if shutil.which(name):
            return f"(이미 있는 {name} course.py 도 돼요)"
    return ""


def load_installer() -> Any:
    """설치하는 부분을 파일로 불러와요. 알맞은 Python인지 본 다음이라, 여기서부터는 요즘 문법을 써도 돼요."""
    path = ROOT / "autograder" / "environment" / "installer.py"
    spec = importlib.util.spec_from_file_location("course_installer", str(path))
    assert spec is not None and spec.loader is not None  # .py로 끝나는 길이라 늘 있어요.
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hand_over(python: Path, arguments: list) -> int:
    """`.venv`의 `course` 명령을 자식 프로세스로 돌리고 종료 코드를 그대로 돌려줘요."""
    # -I: 지금 있는 폴더의 torch.py 같은 파일이 진짜 모듈을 가리지 못하게 해요.
    code = "import sys; sys.argv[0] = 'course'; from autograder.cli import main; main()"
    # 부모가 먼저 죽어 자식이 남는 일이 없도록, Ctrl+C는 자식이 받고 끝날 때까지 기다려요.
    process = subprocess.Popen([str(python), "-I", "-X", "utf8", "-c", code, *arguments])
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    while True:
        try:
            status = process.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue


def main(arguments: list) -> int:
    """설치가 필요하면 하고, 명령을 넘긴 뒤 종료 코드를 돌려줘요."""
    # Windows의 cp949 콘솔이나 LC_ALL=POSIX에서도 한국어 출력이 멈추지 않게 해요.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    command = arguments[0] if arguments else ""
    # 시험용 패키지는 시험이 있는 곳(학습자 묶음이 아닌 저장소)에서만 설치해요.
    testing = command == "test" and (ROOT / "tests").is_dir()
    extra = "test" if testing or "--test" in arguments[1:] else ""
    try:
        if sys.version_info < (3, 8):  # noqa: UP036 이보다 오래된 Python은 설치하는 부분을 읽지도 못해요.
            check_python()
        installer = load_installer()
    except (SetupError, OSError) as error:
        print("\n" + str(error), file=sys.stderr)
        return 1
    try:
        if command == "setup" and not set(arguments) & {"--help", "-h"}:
            unknown = set(arguments[1:]) - {"--fresh", "--test"}
            if unknown:
                print(
                    "setup에는 --fresh와 --test만 쓸 수 있어요. 모르는 것: " + ", ".join(sorted(unknown)),
                    file=sys.stderr,
                )
                return 2
            check_python()
            installer.setup(extra, fresh="--fresh" in arguments)
            return 0
        if not installer.is_ready(extra):
            check_python()
            installer.setup(extra)
        return hand_over(installer.PYTHON, arguments)
    except (SetupError, installer.SetupError) as error:
        print("\n" + str(error), file=sys.stderr)
        return 1
    except OSError as error:
        print("\n" + installer.explain(str(error), "준비를 마치지 못했어요"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n멈췄어요. 같은 명령을 다시 실행하면 이어서 준비해요.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
