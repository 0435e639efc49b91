"""파일을 쓰는 한 가지 방법: 곁의 임시 파일에 다 쓰고 이름을 바꿔요. 언제 멈춰도 반쪽 파일이 남지 않아요."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reference.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """`path`를 바꿔치기할 임시 파일의 자리를 줘요. 블록을 무사히 나오면 디스크에 닿게 한 뒤 이름을 바꾸고, 예외가 나면 임시 파일만 지워요."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """글을 UTF-8로 써요. 쓰지 못하면 까닭을 말하는 UserError예요."""
    try:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}에 쓰지 못했어요({error.strerror}). 디스크 공간과 폴더 권한을 확인해 주세요.") from None
