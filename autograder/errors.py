"""사용자에게 한 문장으로 말할 잘못. 모두 `CourseError`에서 갈라지고, `cli/`의 한 곳에서 문장과 종료 코드가 돼요."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from autograder.files import TEMPORARY


class CourseError(Exception):
    """명령을 이어 갈 수 없는 까닭. 내용은 다음에 할 일까지 적은 한국어 문장이고, 명령은 이것을 보이고 코드 2로 끝나요."""


def expected_errors() -> tuple[type[Exception], ...]:
    """문장만 보이고 끝낼 예외들. 기준 구현은 우리를 모르므로 제 뿌리(`UserError`)가 따로 있어요. 학습자 묶음에는 없어요."""
    if find_spec("reference") is None:
        return (CourseError,)
    return CourseError, import_module("reference.errors").UserError


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# OSError를 내지 않는 라이브러리(safetensors, torch)가 디스크가 찼을 때 하는 말
_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "File too large", "file write failed")
_AGAIN = "같은 명령을 다시 실행해 주세요."
_REFUSED = {
    errno.EROFS: f"에는 읽기만 할 수 있어요. 쓸 수 있는 폴더를 적거나 쓸 수 있게 바꾸고 {_AGAIN}",
    errno.EACCES: f"에 손댈 권한이 없어요. 파일과 폴더의 권한을 고치거나 다른 폴더를 적고 {_AGAIN}",
    errno.ENAMETOOLONG: f"의 이름이 너무 길어요. 더 짧은 이름을 적고 {_AGAIN}",
    errno.EIO: f"에서 디스크가 읽거나 쓰지 못했어요. 디스크의 상태를 확인하고 {_AGAIN}",
    errno.ENOENT: f" 자리에 아무것도 없어요. 경로를 확인하고(그 사이에 지우거나 옮겼다면 되돌리고) {_AGAIN}",
    errno.EISDIR: f"에는 이미 폴더가 있어요. 파일의 이름을 적거나 그 폴더를 옮기고 {_AGAIN}",
    errno.ELOOP: f"에 제자리를 맴도는 링크가 있어요. 링크를 지우고 {_AGAIN}",
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR),
        f"에 이미 다른 것이 있어요. 그것을 옮기거나 다른 이름을 적고 {_AGAIN}",
    ),
}
_REFUSED[errno.EPERM] = _REFUSED[errno.EACCES]


def system_trouble(error: BaseException) -> str | None:
    """운영체제가 거절한 까닭과 다음에 할 일을 적은 문장. 디스크나 권한 때문이 아니면 None이에요."""
    for cause in _chain(error):
        if (isinstance(cause, OSError) and cause.errno in _FULL) or any(word in str(cause) for word in _FULL_WORDS):
            return (
                "디스크가 가득 차서(또는 쓸 수 있는 만큼 다 써서) 멈췄어요. 자리를 비우고 "
                f"{_AGAIN} 이미 있던 파일은 그대로예요."
            )
    if "No usable temporary directory" in str(error):  # tempfile은 까닭을 가리지 않고 이렇게만 말해요.
        return f"디스크가 가득 차서(또는 쓸 권한이 없어서) 임시 폴더를 쓸 수 없어요. /tmp에 자리를 비우고 {_AGAIN}"
    refused = _REFUSED.get(error.errno or 0) if isinstance(error, OSError) and error.filename is not None else None
    return f"{_culprit(error)}{refused}" if isinstance(error, OSError) and refused else None


def _culprit(error: OSError) -> str:
    """사람이 알아볼 자리: 쓰다 만 임시 파일 대신 쓰려던 파일이나 그 폴더, 폴더가 있어야 할 곳에 있는 파일."""
    if not isinstance(error.filename, str | bytes):
        return str(error.filename)
    path = Path(os.fsdecode(error.filename))
    if path.name.startswith(TEMPORARY):
        path = Path(os.fsdecode(error.filename2)) if error.filename2 else path.parent
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.ELOOP):
        path = next((one for one in (*reversed(path.parents), path) if os.path.lexists(one) and not one.is_dir()), path)
    return str(path)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """예외와, 그것이 감싼 예외들."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
