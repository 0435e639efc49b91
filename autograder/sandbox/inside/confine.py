"""모래상자 안에서 스스로를 가두는 일. 표준 라이브러리와 sandlock만 불러요.

차례가 중요해요. 작업자는 데우기를 마친 뒤 파일을 막고(Landlock), 갈라진 자식이 시스템 호출(seccomp)과 자원을 막아요.
작업자는 자식을 끝낼 수 있어야 하지만 자식은 누구에게도 신호를 보낼 수 없어야 해서예요.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from typing import Any

from autograder.limits import Limits

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 22, 38, 47
_SECCOMP_MODE_FILTER, _CAP_AMBIENT_CLEAR_ALL = 2, 4
_NEW_FILES, _NEW_IPC, _NEW_USER, _NEW_PROCESSES = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_CAPABILITY_VERSION_3 = 0x20080522
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
UIDS = 64  # 돌아가며 쓰는 사용자 번호의 수

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


class ProcessSpaces:
    """제출물마다 새 프로세스 공간. 그 안의 첫 프로세스가 끝나면 커널이 나머지도 모두 끝내요.

    밖의 번호가 보이지 않으므로 어떤 길로도(신호, 파일의 주인, 우선순위) 이웃이나 작업자를 가리키지 못해요.
    """

    def __init__(self, wanted: bool) -> None:
        self._home = -1
        if wanted and _LINUX:
            try:
                self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return
            if _libc.unshare(_NEW_PROCESSES) or _libc.setns(self._home, _NEW_PROCESSES):
                self._home = -1  # 권한이 없는 기계예요. 자식들이 한 공간에 있으니 하나씩만 맡아요.

    def fork(self) -> int:
        """`os.fork`와 같지만, 자식은 새 공간의 첫 프로세스예요."""
        if self._home < 0:
            return os.fork()
        if _libc.unshare(_NEW_PROCESSES):
            raise OSError(ctypes.get_errno(), "unshare")
        pid = os.fork()
        if pid and _libc.setns(self._home, _NEW_PROCESSES):
            os._exit(71)  # 다음 자식을 어디에 둘지 모르게 됐어요. 밖에서 새 작업자를 띄워요.
        return pid


def isolate(uid: int | None, namespaces: bool, confined: bool) -> None:
    """갓 갈라진 자식을 이웃에게서 떼어 놓고, 아무 권한도 없는 사용자로 내려가요. 돌아올 수 없어요."""
    os.setsid()  # 프로세스 묶음에 보내는 신호는 공간을 넘어가므로 묶음도 따로 있어야 해요.
    if namespaces:
        _libc.unshare(_NEW_FILES | _NEW_IPC | (0 if os.getuid() == 0 else _NEW_USER))
        if not confined:
            _hide_shared_folders()
    if uid is not None and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    drop_capabilities()


def _hide_shared_folders() -> None:
    """Landlock이 없는 기계: 이웃이 남긴 것을 보거나 남길 수 있는 곳을 빈 것으로 덮어요."""
    _libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    for folder in (b"/proc", b"/tmp", b"/dev/shm", b"/dev/mqueue"):
        _libc.mount(b"tmpfs", folder, b"tmpfs", flags, b"size=4k")


def drop_capabilities(keep: Sequence[int] = ()) -> None:
    """`keep`(CAP_의 번호들) 밖의 권한을 버려요."""
    if not _LINUX:
        return
    header, held = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)), (ctypes.c_uint32 * 6)()
    if _libc.capget(header, held):
        raise OSError(ctypes.get_errno(), "capget")
    mask = sum(1 << number for number in keep) & held[1]
    left = (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)
    _libc.prctl(_PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    if _libc.capset(header, left):
        raise OSError(ctypes.get_errno(), "capset")


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
        "RLIMIT_CPU": max(1, math.ceil(limits.total_cpu)),
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
    """단위 하나의 CPU 시간을 처음부터 다시 재요. 다 쓰면 기본 동작대로 프로세스가 끝나요.

    새 공간의 첫 프로세스에게는 커널이 이 신호를 보내지 않아요. 거기서는 밖에서 재고 끝내요(`watch.py`).
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, limits.unit_cpu)
