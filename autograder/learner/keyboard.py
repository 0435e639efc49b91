"""단추 하나를 엔터 없이 읽어요. Linux와 macOS는 termios로, Windows는 msvcrt로요. 끝나면 터미널을 처음의 모습으로 돌려놔요."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Protocol

# 한글 자판인 채로 눌러도 같은 자리의 단추예요.
_HANGUL = dict(zip("ㅗㅜㅔㅖㄱㄲㅂㅃ", "hnpprrqq", strict=True))
_ESCAPES = re.compile(r"\x1b(?:[\[O][0-9;]*[A-Za-z~])?")  # 화살표 같은 단추는 여러 글자로 와요.


class Keys(Protocol):
    """눌린 단추를 기다리는 것."""

    def wait(self, seconds: float) -> str:
        """`seconds`초 안에 눌린 글자들. 없으면 빈 글, 입력이 닫혔으면 "q"예요."""


@contextlib.contextmanager
def keyboard() -> Iterator[Keys | None]:
    """단추를 읽을 것을 줘요. 터미널이 아니거나 뒤에서 도는 중이면 None이에요."""
    if not sys.stdin.isatty():
        yield None
    elif sys.platform == "win32":
        yield _Windows()
    else:
        with _unix() as keys:
            yield keys


def letters(text: str) -> str:
    """눌린 글자들을 단추의 이름으로: 소문자, 한글 자판의 자리는 영문으로, 화살표는 빼요."""
    return "".join(_HANGUL.get(letter, letter) for letter in _ESCAPES.sub("", text).lower())


if sys.platform == "win32":
    import msvcrt

    class _Windows:
        def wait(self, seconds: float) -> str:
            deadline = time.monotonic() + seconds
            while not msvcrt.kbhit():
                if time.monotonic() >= deadline:
                    return ""
                time.sleep(0.05)
            pressed = msvcrt.getwch()
            if pressed in "\x00\xe0":  # 화살표 같은 단추는 두 글자로 와요.
                msvcrt.getwch()
                return ""
            if pressed == "\x03":
                raise KeyboardInterrupt
            return letters(pressed)

else:
    import select
    import termios
    import tty

    class _Unix:
        def __init__(self, terminal: int) -> None:
            self.terminal = terminal

        def wait(self, seconds: float) -> str:
            if not select.select([self.terminal], [], [], seconds)[0]:
                return ""
            try:
                data = os.read(self.terminal, 1024)
            except OSError:  # 창을 닫았어요.
                data = b""
            return letters(data.decode("utf-8", "ignore")) if data else "q"

    @contextlib.contextmanager
    def _unix() -> Iterator[Keys | None]:
        terminal = sys.stdin.fileno()
        if os.tcgetpgrp(terminal) != os.getpgrp():
            yield None
            return
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal, termios.TCSANOW)  # 엔터를 기다리지 않고, 누른 글자를 찍지 않아요. Ctrl+C는 그대로예요.
        try:
            yield _Unix(terminal)
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)
