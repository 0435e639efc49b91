"""이름의 규칙: 학습자의 폴더 이름에서 채점이 쓰는 이름으로 가는 길은 여기 하나예요.

이름은 성적부, 점수표, 보고서와 학급 폴더 안의 폴더 이름에 그대로 쓰여요. 그래서 어디서든 쓸 수 있는 이름만 그대로 두고,
나머지는 쓸 수 없는 글자를 `_`로 바꾼 뒤 원래 바이트의 지문을 붙여요. 지문이 있어서 다른 두 폴더가 한 이름이 되지 않아요.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata

# nbgrader의 표는 128자까지이고, `이름.json` 같은 파일 이름은 255바이트까지예요.
MAX_CHARACTERS = 100
MAX_BYTES = 200
KEPT_CHARACTERS = 40  # 지문 앞에 남기는 글자 수

# 윈도우의 파일 이름에 쓸 수 없는 글자, 주소에서 뜻이 있는 글자(#%), 파일 찾기의 무늬([])예요.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*#%\[\]]')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
_MADE = re.compile(r"~[0-9a-f]{16}$")


def student_name(folder: str) -> str:
    """학습자의 폴더 이름에서 채점이 쓰는 이름. 대부분은 그대로예요. 다른 폴더는 언제나 다른 이름이 돼요.

    `folder`는 운영체제가 준 그대로(UTF-8이 아닌 바이트는 surrogateescape)예요.
    """
    return folder if _usable_anywhere(folder) else tagged(readable(folder), os.fsencode(folder))


def tagged(name: str, origin: bytes) -> str:
    """쓸 수 있는 글자만 남긴 이름에 `origin`의 지문을 붙인 것."""
    kept = "".join(c if c.isprintable() else "_" for c in visible(unicodedata.normalize("NFC", name)))
    kept = re.sub(r"[_.~]+", "_", _FORBIDDEN.sub("_", kept)).strip("_ ")
    return f"{kept[:KEPT_CHARACTERS].rstrip() or '이름'}~{hashlib.sha256(origin).hexdigest()[:16]}"


def folded(name: str) -> str:
    """윈도우와 맥에서 같은 파일이 되는 이름끼리 같은 글: 대소문자와 정규형을 지운 것."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def readable(name: str) -> str:
    """사람에게 보일 이름."""
    return visible(decoded(name))


def decoded(name: str) -> str:
    """운영체제가 준 이름의 글자. 옛 윈도우에서 압축한 이름은 UTF-8이 아니라 cp949예요."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


def visible(text: str) -> str:
    """보이지 않거나 글의 차례를 뒤집는 글자(제어 문자, 양방향 표시, 폭 없는 글자)를 `\\u202e` 같은 글로 드러내요."""
    return text.translate(_SHOWN)


class _Shown(dict[int, str]):
    """글자마다 보일 글. 처음 만난 글자에서 한 번만 정해요."""

    # 글자이지만 아무것도 그리지 않는 한글 채움 글자들
    FILLERS = "\u115f\u1160\u3164\uffa0"

    def __missing__(self, code: int) -> str:
        character = chr(code)
        hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in self.FILLERS
        # 줄바꿈과 탭은 글의 모양이고, 폭 없는 이음표(ZWJ)는 그림 글자를 이어요.
        shown = character.encode("unicode_escape").decode() if hidden and character not in "\n\t\u200d" else character
        self[code] = shown
        return shown


_SHOWN = _Shown()


def _usable_anywhere(name: str) -> bool:
    """윈도우의 폴더, 주소, nbgrader의 성적부에 그대로 쓸 수 있는지."""
    return (
        0 < len(name) <= MAX_CHARACTERS
        and name.isprintable()  # 바이트가 UTF-8이 아니면 짝 없는 대리 문자가 있어 여기서 걸려요.
        and visible(name) == name
        and len(name.encode()) <= MAX_BYTES
        and not _FORBIDDEN.search(name)
        and not _RESERVED.match(name)
        and not _MADE.search(name)  # 남의 지문을 흉내 낸 이름이에요.
        and name == name.strip(" ").rstrip(".")
        and not name.startswith(".")
    )
