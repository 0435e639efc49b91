"""모래상자 안에서 스스로를 가두는 일. 표준 라이브러리와 sandlock만 불러요.

차례가 중요해요. 작업자는 데우기를 마친 뒤 파일을 막고(Landlock), 갈라진 자식이 시스템 호출(seccomp)과 자원을 막아요.
작업자는 자식을 끝낼 수 있어야 하지만 자식은 누구에게도 신호를 보낼 수 없어야 해서예요.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from typing import Any

from autograder.sandbox.protocol import Limits

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38


_SECCOMP_MODE_FILTER = 2


_LINUX = sys.platform == "linux"


_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _prctl(option: int, *args: Any) -> None:
    padded = [*args, 0, 0, 0, 0][:4]
    if _libc.prctl(option, *(arg if isinstance(arg, ctypes.c_void_p) else ctypes.c_ulong(arg) for arg in padded)) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def hide_memory() -> None:
    """같은 사용자의 다른 프로세스가 이 프로세스의 기억(/proc/PID/mem)을 읽지 못하게 해요."""
    if _LINUX:
        _prctl(_PR_SET_DUMPABLE, 0)


def drop_root(uid: int | None) -> None:
    """root로 시작했다면 아무 권한도 없는 사용자로 내려가요. 돌아올 수 없어요."""
    if uid is not None and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def confine_files(readable: Sequence[str]) -> bool:
    """Landlock: `readable` 밖은 읽지 못하고, 어디에도 쓰지 못해요. 커널이나 패키지가 없으면 False."""
    try:
        from sandlock import Protection, Sandbox, confine
        from sandlock.exceptions import SandlockError
    except (ImportError, OSError):
        return False
    present = [path for path in (*readable, "/dev/null", "/dev/zero", "/dev/urandom") if os.path.exists(path)]
    try:
        confine(Sandbox(fs_readable=present, fs_writable=["/dev/null"], allow_degraded=list(Protection)))
    except (SandlockError, OSError, RuntimeError):
        return False
    return True


def confine_calls(program: bytes) -> None:
    """seccomp: 미리 만든 거름망을 걸어요. 자식이 갈라진 뒤에 불러요."""
    if not program:
        return
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    table = _Program(len(program) // 8, program)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(table)))


def limit(limits: Limits) -> None:
    """이 프로세스의 자원을 묶어요. 단단한 상한이라 다시 늘릴 수 없어요."""
    wanted = {
        "RLIMIT_CPU": limits.child_cpu,
        "RLIMIT_AS": _address_space() + limits.memory,
        "RLIMIT_NPROC": limits.threads,
        "RLIMIT_NOFILE": limits.files,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
    }
    for name, value in wanted.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):
            if _LINUX:
                raise  # macOS는 RLIMIT_AS를 받지 않아요. 거기서는 어차피 모래상자 없이만 돌아요.


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return _START_SPACE


# 파일을 막은 뒤에는 /proc을 읽지 못하므로, 데운 다음 한 번 재서 자식들이 함께 써요.
_START_SPACE = 0


def remember_address_space() -> None:
    """지금의 주소 공간을 재어 둬요. 자식의 메모리 상한은 여기에 더한 값이에요."""
    global _START_SPACE
    _START_SPACE = _address_space()


def start_clock(limits: Limits) -> None:
    """단위 하나의 시간을 처음부터 다시 재요. 다 쓰면 기본 동작대로 프로세스가 끝나요."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, limits.unit_cpu)
    signal.setitimer(signal.ITIMER_REAL, limits.unit_wall)
