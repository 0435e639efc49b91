"""`course` 명령의 시작과 끝: 환경을 갖추고, 명령을 돌리고, 어떤 오류든 한국어 한 문장으로 바꿔요.

명령의 목록은 `app.py`, 내용은 방마다의 `commands.py`에 있어요. 오류를 문장으로 바꾸는 곳은 이 파일 하나예요.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from autograder.cli import translation
from autograder.environment import java
from autograder.errors import expected_errors, system_trouble


def prepare_environment() -> None:
    """`course`와 그 자식들이 쓸 환경을 맞춰요: 가상 환경의 실행 파일, Java, UTF-8."""
    folder = str(Path(sys.executable).parent)
    # nbgrader는 alembic을 이름만으로 불러요. 가상 환경의 bin이 PATH 맨 앞에 있어야 해요.
    paths = os.environ.get("PATH", "").split(os.pathsep)
    if folder not in paths[:1]:
        os.environ["PATH"] = os.pathsep.join([folder, *paths])
    os.environ.setdefault("PYTHONUTF8", "1")
    java.prepare()


class Terminated(KeyboardInterrupt):
    """종료 신호(SIGTERM)를 받았어요. Ctrl+C와 같이 하던 일을 정리하고 끝내요."""


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # 정리하는 동안 또 와도 한 번으로 쳐요.
    raise Terminated


def _stopped(error: BaseException) -> bool:
    """종료 신호 때문에 난 예외인지."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, Terminated):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def run(arguments: list[str]) -> int:
    """명령 하나를 돌리고 종료 코드를 돌려줘요. 뜻밖의 오류도 한국어 한 문장으로 바꿔요."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        prepare_environment()
        translation.install()
        # 설치가 덜 되었으면 여기서 알아차려요. 도움말의 말은 typer를 부르기 전에 바꿔 두어야 해요.
        import typer

        from autograder.cli.app import build_app

        app = build_app()
        expected = expected_errors()
    except ImportError as error:
        if debug:
            raise
        return _fail(
            f"설치가 덜 되었거나 망가졌어요({error.name or error}). `python3 course.py setup --fresh`로 새로 설치해 주세요."
        )
    try:
        result: Any = app(args=arguments, prog_name="course", standalone_mode=False)
        sys.stdout.flush()  # 파일로 돌린 출력을 다 쓰지 못했으면 여기서 알아차려요.
        return result if isinstance(result, int) else 0
    except translation.CLICK_ERROR as error:
        print(translation.explain(error), file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except expected as error:
        code = getattr(error, "exit_code", 2)
        return _fail(
            str(error), 143 if code == 130 and _stopped(error) else code
        )  # 문서에 다른 코드를 적은 오류만 따로 정해요.
    except (KeyboardInterrupt, typer.Abort) as error:
        return _fail("멈췄어요.", 143 if _stopped(error) else 130)
    except BrokenPipeError:
        _drop_output()  # `course --help | head`처럼 읽는 쪽이 먼저 닫은 경우예요.
        return 141
    except Exception as error:
        if isinstance(error, ValueError) and re.search("[가-힣]", str(error)):
            return _fail(str(error), 2)  # 값의 범위를 스스로 확인하는 곳(모델의 크기 등)이 한국어로 말한 것이에요.
        if debug:
            raise
        if (sentence := system_trouble(error)) is not None:
            return _fail(sentence, 2)
        return _fail(f"뜻밖의 오류로 멈췄어요({type(error).__name__}: {_first_line(error)}). 자세한 기록: {_log()}")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "설명 없음")[:200]


def _fail(sentence: str, code: int = 1) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    with contextlib.suppress(OSError):  # 화면마저 가득 찬 디스크의 파일일 수 있어요. 종료 코드는 남아요.
        print(sentence, file=sys.stderr, flush=True)
    return code


def _drop_output() -> None:
    """쓰지 못한 표준 출력을 버려서, 끝날 때의 flush가 또 실패하지 않게 해요."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log() -> Path:
    """지금 처리하던 예외를 기록 파일에 덧붙이고 그 자리를 돌려줘요."""
    entry = f"\n== {time.strftime('%Y-%m-%d %H:%M:%S')} {sys.argv[1:]}\n{traceback.format_exc()}"
    for folder in (lambda: sys.prefix, tempfile.gettempdir):
        try:
            path = Path(folder()) / "course-error.log"
            with path.open("a", encoding="utf-8") as log:
                log.write(entry)
            return path
        except OSError:
            continue
    return Path(os.devnull)


def main() -> None:
    """콘솔 명령 `course`의 시작점."""
    if sys.getfilesystemencoding() != "utf-8":
        # LC_ALL=C처럼 UTF-8이 아닌 로캘에서는 한글 이름의 파일을 쓸 수 없어요. UTF-8로 다시 시작해요.
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "autograder.cli", *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # UTF-8이 아닌 바이트가 든 경로도 말할 수 있게요.
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))
