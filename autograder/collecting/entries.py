"""압축 파일에 적힌 이름과 시각을 읽어요."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Name:
    """압축 파일 속의 이름. `plain`은 적힌 그대로의 글자, `encoding`은 그 글자를 적은 방법이에요."""

    plain: str
    encoding: str = "utf-8"

    @property
    def text(self) -> str:
        """다루기 쉬운 이름. macOS가 만든 압축 파일은 한글을 자모로 풀어 적어요."""
        return unicodedata.normalize("NFC", self.plain)


def entry_name(entry: zipfile.ZipInfo) -> Name:
    """이름의 글자. UTF-8 표시가 없으면 한국어 윈도우에서 만든 것(cp949)인지 봐요."""
    name, written = entry.filename, "utf-8"
    if not entry.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "cp949"):
            try:
                name, written = raw.decode(encoding) or name, encoding
                break
            except UnicodeDecodeError:
                continue
    # 바깥으로 나가는 경로(`..`, `/`, `C:`)는 이름을 읽는 데도 쓰지 않아요.
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if parts and re.fullmatch(r"[A-Za-z]:", parts[0]):
        parts = parts[1:]
    return Name("/".join(parts), written)


def entry_time(entry: zipfile.ZipInfo) -> datetime | None:
    """파일의 시각. 덧붙인 유닉스 시각(UTC)이 있으면 그것, 없으면 DOS 시각(적은 곳의 시각)이에요."""
    extra, at = entry.extra, 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack("<HH", extra[at : at + 4])
        if kind == 0x5455 and size >= 5 and at + 9 <= len(extra) and extra[at + 4] & 1:
            return local_seconds(struct.unpack("<i", extra[at + 5 : at + 9])[0])
        at += 4 + size
    try:
        return datetime(*entry.date_time).astimezone() if entry.date_time[0] > 1980 else None
    except (ValueError, OverflowError, OSError):
        return None


def local_seconds(seconds: float) -> datetime | None:
    """유닉스 시각을 이 컴퓨터의 시각으로. 시각이 아니면 None이에요."""
    try:
        return datetime.fromtimestamp(int(seconds)).astimezone() if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
