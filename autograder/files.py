"""파일을 쓰는 한 가지 방법: 곁의 임시 파일에 다 쓰고 이름을 바꿔요. 언제 멈춰도 반쪽 파일이 남지 않아요."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# 임시 파일은 주인만 읽게 만들어져요. 다 쓴 파일은 보통의 권한이어야 해서, 실이 하나일 때 한 번 물어 둬요.
UMASK = os.umask(0)
os.umask(UMASK)
TEMPORARY = ".writing-"  # 쓰는 중인 임시 파일의 이름 앞에 붙어요.


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """`path`를 바꿔치기할 임시 파일의 자리를 줘요. 블록을 무사히 나오면 이름을 바꾸고, 예외가 나면 임시 파일만 지워요.

    폴더가 없으면 만들어요. 쓸 수 없거나 파일이 아닌 것(폴더, 장치)이 그 이름으로 있으면 OSError예요.
    """
    if path.exists() and not path.is_file():
        number = errno.EISDIR if path.is_dir() else errno.EEXIST
        raise OSError(number, os.strerror(number), str(path))
    temporary = _temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """바이트를 써요."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """글을 UTF-8로 써요. 줄 끝은 운영체제와 상관없이 준 그대로예요."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """JSON으로 써요."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def move_into(source: Path, path: Path) -> None:
    """같은 디스크의 다 쓴 파일을 제자리로 옮겨요. 폴더가 없으면 만들고, 권한은 보통의 파일처럼 맞춰요."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(source, 0o666 & ~UMASK)
    os.replace(source, path)


def private_folder(path: Path) -> None:
    """사적인 자료가 살 폴더를 만들고, git이 그 안을 보지 않게 해요.

    지금 저장소 안이 아니어도 적어 둬요. 나중에 옮겨져도 커밋되지 않게요. 이미 있는 `.gitignore`는 사람이 정한 것이라 그대로 둬요.
    """
    if not (path / ".gitignore").exists():
        create_text(path / ".gitignore", "# 학습자의 사적인 자료라 커밋하지 않아요.\n*\n")


def create_text(path: Path, text: str) -> None:
    """아직 없을 때만 써요. 여럿이 함께 만들어도 먼저 쓴 하나만 남고, 반쪽은 누구에게도 보이지 않아요."""
    temporary = _temporary(path)
    try:
        temporary.write_text(text, encoding="utf-8")  # 디스크가 차면 여기서 그쳐요. 이름은 다 쓴 것에만 붙여요.
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # 링크가 없는 파일 시스템이에요.
            if not path.exists():
                os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~UMASK
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY, suffix=path.suffix)
    os.close(handle)
    os.chmod(name, mode)
    return Path(name)
