"""채점하는 동안만 쓰는 임시 폴더. 죽은 채점이 남긴 것은 다음 채점이 치워요."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

_TRIES = 5
GRADING = "course-grader-"  # 작업자의 파일을 놓는 폴더의 이름


class Scratch:
    """`parent`(없으면 시스템의 임시 폴더) 아래의 임시 폴더 하나.

    쓰는 동안 자물쇠를 걸어 두고, 주인이 죽어 자물쇠가 풀린 것들은 만들 때 치워요.
    """

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        place = parent or Path(tempfile.gettempdir())
        sweep(prefix, place)
        for _ in range(_TRIES):
            self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
            self._lock = _take(self.folder)
            if self._lock is not None and self.folder.is_dir():
                break
            # 자물쇠를 걸기 바로 전에 다른 채점이 주인 없는 것으로 알고 지우는 중이에요. 다시 만들어요.
            self.close()
        else:  # 자물쇠가 없는 파일 시스템이에요. 거기서는 아무도 치우지 못해요.
            self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))

    def close(self) -> None:
        """폴더를 지우고 자물쇠를 놓아요."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _take(folder: Path) -> int | None:
    """폴더의 자물쇠를 걸어요. 남이 쥐고 있으면 None이에요."""
    import fcntl  # Windows에는 없어요. 거기서는 채점하지 않아요.

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def sweep(prefix: str, place: Path | None = None) -> None:
    """죽은 채점이 남긴 폴더들을 지워요. 우리 것이 아니거나 링크인 것은 건드리지 않아요."""
    if not sys.platform.startswith("linux"):
        return
    place = place or Path(tempfile.gettempdir())
    for folder in place.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            info = folder.lstat()
            if info.st_uid != os.getuid() or folder.is_symlink():
                continue
            handle = _take(folder)
            if handle is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(handle)
