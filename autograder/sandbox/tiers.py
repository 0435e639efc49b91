"""모래상자의 단계를 고르고, 작업자를 띄울 명령을 만들어요.

단계는 짐작하지 않아요. 가벼운 작업자를 정말로 띄워, 갇힌 자식이 해서는 안 되는 일을 하나씩 해 보게 한 뒤 정해요.

- full: bubblewrap 이름 공간 + Landlock + seccomp + 자원 상한
- reduced: 이름 공간은 있지만 Landlock이나 seccomp 가운데 빠진 것이 있어요
- landlock: 이름 공간 없이 Landlock + seccomp + 자원 상한
- none: 아무것도 막지 못해요. `--unsafe-no-sandbox`를 준 때에만 돌아요
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.errors import CourseError

PACKAGE = Path(__file__).resolve().parents[1]
_OWN = ("exercise.py", "perform.py", "probes.py", "wire.py")
_INSIDE = ("worker.py", "confine.py", "protocol.py")
_HEAVY = ("torch", "numpy", "matplotlib", "IPython", "safetensors", "sandlock")
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
)
# 이름 공간 안에서는 아무도 닿지 못하는 곳에서 벌어지는 일들. 이것만 남으면 reduced로 돌 수 있어요.
_HARMLESS_INSIDE = {"write", "write-tmp", "fork", "signal", "processes", "network", "unix-socket"}


class SandboxRefused(CourseError):
    """모래상자를 만들 수 없어 채점을 시작하지 않아요. 문장에 까닭과 고치는 법이 있어요."""


@dataclass(frozen=True)
class Tier:
    """고른 단계. `missing`은 한 단계 위로 가지 못한 까닭과 고치는 법이에요."""

    name: str
    missing: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return {
            "full": "완전(이름 공간 + Landlock + seccomp + 자원 상한)",
            "reduced": "줄임(이름 공간 + 자원 상한)",
            "landlock": "Landlock만(Landlock + seccomp + 자원 상한)",
            "none": "없음(학습자의 코드를 막지 않아요)",
        }[self.name]

    def tolerates(self, escapes: Sequence[str]) -> bool:
        """갇힌 자식이 이만큼 할 수 있어도 이 단계라고 부를 수 있는지."""
        return self.name == "none" or set(escapes) <= (_HARMLESS_INSIDE if self.name == "reduced" else set())

    @property
    def namespaces(self) -> bool:
        return self.name in ("full", "reduced")


@dataclass(frozen=True)
class Launch:
    """작업자를 띄우는 명령과, 표준 입력의 소켓으로 가장 먼저 보낼 설정."""

    command: tuple[str, ...]
    environment: dict[str, str]
    settings: dict[str, Any]


def choose_tier(unsafe: bool = False) -> Tier:
    """이 기계에서 되는 가장 높은 단계. 아무것도 안 되면 SandboxRefused, `unsafe`면 "none"이에요."""
    if sys.platform == "win32":
        raise SandboxRefused(
            "Windows에서는 채점할 수 없어요. WSL2(Ubuntu)를 설치하고 그 안에서 `python3 course.py grade`를 실행해요."
        )
    if unsafe:
        return Tier("none")
    tier = probe_tier()
    if tier.name == "none":
        raise SandboxRefused(
            "\n".join(
                [
                    "안전한 모래상자를 만들 수 없어 채점을 시작하지 않았어요.",
                    *(f"- {line}" for line in tier.missing),
                    "고칠 수 없고 제출물을 모두 믿는다면 `--unsafe-no-sandbox`를 붙여요(결과마다 표시가 남아요).",
                ]
            )
        )
    return tier


@lru_cache(maxsize=1)
def probe_tier() -> Tier:
    """가벼운 작업자를 띄워 단계를 정해요. 안 되면 "none"이고 예외를 내지 않아요. `course doctor`도 이것을 써요."""
    if not sys.platform.startswith("linux"):
        return Tier("none", ("이 운영체제에는 bubblewrap도 Landlock도 없어요. Linux(Windows라면 WSL2)에서 채점해요.",))
    missing: list[str] = []
    if shutil.which("bwrap", path=_search_path()) is None:
        missing.append("bubblewrap이 없어요. `sudo apt install bubblewrap`으로 설치해요.")
    else:
        found, why = _try("full")
        if found == []:
            return Tier("full")
        reduced = Tier("reduced", tuple(dict.fromkeys(map(_remedy, found or ()))))
        if found is not None and reduced.tolerates(found):
            return reduced
        missing.append(_bubblewrap_remedy(why) if found is None else _open_doors(found))
    found, why = _try("landlock")
    if found == []:
        return Tier("landlock", tuple(missing))
    missing.append(f"Landlock만으로도 가두지 못했어요: {why}" if found is None else _open_doors(found))
    missing.extend(_remedy(name) for name in found or ())
    return Tier("none", tuple(dict.fromkeys(missing)))


def _try(name: str) -> tuple[list[str] | None, str]:
    from autograder.sandbox.pool import WorkerLost, start_worker

    try:
        with tempfile.TemporaryDirectory(prefix="course-probe-") as folder:
            worker = start_worker(prepare(Tier(name), Path(folder), light=True))
            try:
                return worker.escapes(), ""
            finally:
                worker.close()
    except (WorkerLost, OSError) as error:
        return None, str(error)


def _open_doors(found: list[str]) -> str:
    return "가두었는데도 할 수 있는 일이 있었어요: " + ", ".join(found)


def _remedy(name: str) -> str:
    if name in ("network", "unix-socket", "host-socket", "fork", "signal"):
        return "seccomp이 걸리지 않았어요. `sudo apt install libseccomp2`를 하고 `course doctor`를 다시 실행해요."
    if name == "root":
        return (
            "root에서 내려오지 못했어요. 일반 사용자로 채점하거나 `sudo apt install util-linux`로 setpriv를 설치해요."
        )
    if name.startswith("read "):
        return "저장소가 시스템 폴더(/usr 등) 안에 있어 가릴 수 없어요. 저장소를 홈 폴더로 옮겨요."
    return "Landlock이 걸리지 않았어요. 커널 5.13 이상에서 `lsm=` 부팅 설정에 landlock이 있는지 봐요."


def _bubblewrap_remedy(why: str) -> str:
    return (
        f"bubblewrap이 있지만 이름 공간을 만들지 못했어요({why}). Ubuntu 24.04라면 "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, Docker라면 "
        "`--security-opt seccomp=unconfined`나 `--privileged`가 필요해요."
    )


# -- 작업자를 띄우는 명령 -----------------------------------------------------------------------------------------


def prepare(tier: Tier, folder: Path, light: bool = False) -> Launch:
    """작업자의 파일을 `folder`에 베끼고 명령을 만들어요. `light`면 torch 없이 갇혔는지만 봐요."""
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").touch()
    for name in _INSIDE:
        shutil.copy(PACKAGE / "sandbox" / name, folder / name)
    for name in _OWN:
        shutil.copy(PACKAGE / name, folder / "autograder" / name)
    _copy_font_list(home)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)

    uid = _unprivileged_uid() if os.getuid() == 0 else None
    readable = [path for path in _readable() if os.path.exists(path)]
    inside = "/grader" if tier.namespaces else str(folder)
    writable = "/tmp" if tier.namespaces else str(home)
    python = (sys.executable, "-s", "-B", f"{inside}/worker.py")
    return Launch(
        command=(*_bubblewrap(folder, readable, uid), *python) if tier.namespaces else python,
        environment=_environment(writable, f"{inside}/home" if tier.namespaces else writable),
        settings={
            "seccomp": "" if tier.name == "none" else _filter().hex(),
            "readable": [] if tier.name == "none" else [*readable, inside],
            "forbidden": _forbidden(),
            "uid": None if tier.namespaces else uid,
            "confined": tier.name != "none",
            "light": light,
        },
    )


def _environment(writable: str, matplotlib: str) -> dict[str, str]:
    one = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")}
    return {
        **one,
        "PATH": "/usr/bin:/bin",
        "HOME": writable,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": matplotlib,
        "IPYTHONDIR": f"{writable}/ipython",
        "CUDA_VISIBLE_DEVICES": "",
    }


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin", "/bin", "/usr/sbin", "/sbin"])


def _unprivileged_uid() -> int:
    """채점마다 다른 사용자 번호. 아무도 쓰지 않는 번호라 프로세스 상한이 이 채점에만 걸려요."""
    return 61000 + os.getpid() % 4000


def _readable() -> list[str]:
    """학습자의 코드가 읽어도 되는 곳: 시스템 라이브러리, 파이썬, 설치된 패키지. 저장소는 들어가지 않아요."""
    paths = {*_SYSTEM, sys.prefix, sys.base_prefix, str(Path(os.path.realpath(sys.executable)).parents[1])}
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    for name in _HEAVY:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            origin = Path(spec.origin).parents[1]
            if str(origin) in folders:
                paths.add(str(origin))
    return sorted(path for path in paths if path != "/")


def _private_folders() -> list[Path]:
    """정답과 판정이 사는 곳."""
    root = PACKAGE.parent
    return [path for path in (PACKAGE, root / "solutions", root / "reference") if path.is_dir()]


def _forbidden() -> list[str]:
    """안에서 열려서는 안 되는 파일들. 폴더마다 하나씩 정말로 열어 봐요."""
    found = (next(iter(sorted(folder.glob("*.py"))), None) for folder in _private_folders())
    return [str(path) for path in found if path is not None]


def _bubblewrap(folder: Path, readable: list[str], uid: int | None) -> tuple[str, ...]:
    bwrap = shutil.which("bwrap", path=_search_path()) or "bwrap"
    command = [
        bwrap,
        "--as-pid-1",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--cap-drop",
        "ALL",
    ]
    if uid is None:
        command += ["--unshare-user"]
    else:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    made: set[str] = set()
    root = str(PACKAGE.parent)
    for path in readable:
        # 다른 사용자에게 닫힌 폴더(root의 홈 등) 아래에 파이썬이 있어도 닿게, 길목을 열린 폴더로 새로 만들어요.
        for parent in map(str, reversed(Path(path).parents[:-1])):
            if parent not in made and not _inside(parent, readable):
                command += ["--perms", "0755", "--dir", parent]
                made.add(parent)
        if os.path.islink(path) and path in _SYSTEM:
            command += ["--symlink", os.readlink(path), path]  # 요즘 배포판의 /bin, /lib은 /usr 안을 가리켜요.
        else:
            command += ["--ro-bind", os.path.realpath(path), path]
        if root.startswith(f"{path}/") and root not in readable:
            command += ["--tmpfs", root]  # /usr/src처럼 열어 준 곳 안에 저장소가 있으면 통째로 가려요.
    if root in readable:
        for private in map(str, _private_folders()):
            command += ["--tmpfs", private]  # 패키지가 site-packages에 설치되어 있으면 그 폴더들만 가려요.
    command += ["--ro-bind", str(folder), "/grader", "--chdir", "/tmp", "--"]
    if uid is not None:
        setpriv = shutil.which("setpriv", path=_search_path()) or "setpriv"
        command += [setpriv, "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--no-new-privs"]
    return tuple(command)


def _inside(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _copy_font_list(home: Path) -> None:
    """matplotlib의 글꼴 목록이 이미 있으면 베껴요. 없으면 작업자가 몇 초 들여 새로 만들어요."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("MPLCONFIGDIR") or caches / "matplotlib")
    for path in cache.glob("fontlist-*.json"):
        shutil.copy(path, home / path.name)


# -- 시스템 호출 거름망 -------------------------------------------------------------------------------------------

_DENIED = (
    # 밖과 이어지는 길
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    # 다른 프로세스
    "execve",
    "execveat",
    "fork",
    "vfork",
    "kill",
    "tkill",
    "tgkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "setpriority",
    "sched_setscheduler",
    "sched_setattr",
    # 상한에 걸리지 않는 메모리
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "shmctl",
    "shmdt",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "semget",
    "semop",
    "semctl",
    "semtimedop",
    "mq_open",
    "mq_unlink",
    "userfaultfd",
    # 커널의 넓은 면
    "unshare",
    "setns",
    "mount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "bpf",
    "perf_event_open",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "open_by_handle_at",
    "name_to_handle_at",
    "personality",
    "syslog",
    "reboot",
    "swapon",
    "swapoff",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "modify_ldt",
    "lookup_dcookie",
    "vhangup",
    "nfsservctl",
    "fanotify_init",
    "inotify_init",
    "inotify_init1",
)
_CLONE_THREAD = 0x00010000


@lru_cache(maxsize=1)
def _filter() -> bytes:
    """자식에게 걸 seccomp 프로그램. libseccomp이 없으면 빈 바이트예요."""
    import errno
    import platform

    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return b""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    no = pyseccomp.ERRNO(errno.EPERM)
    for name in _DENIED:
        try:
            rules.add_rule(no, name)
        except OSError:
            continue  # 이 기계의 구조에는 없는 호출이에요.
    # 자기 상한은 볼 수 있지만(glibc의 getrlimit도 이것을 써요) 다른 프로세스의 것은 안 돼요.
    rules.add_rule(no, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    # 실은 되고 프로세스는 안 돼요. clone3은 깃발이 기억 속에 있어 볼 수 없으므로 없다고 답해 clone을 쓰게 해요.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    flags = 1 if platform.machine() == "s390x" else 0
    rules.add_rule(no, "clone", pyseccomp.Arg(flags, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
