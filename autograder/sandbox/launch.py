"""작업자를 띄울 명령과, 모래상자 안에 놓을 파일들을 준비해요."""

from __future__ import annotations

import os
import shutil
import site
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.import_graph import closure
from autograder.layout import PACKAGE, ROOT
from autograder.sandbox.seccomp import call_filter
from autograder.sandbox.tier import Tier

INSIDE = "autograder.sandbox.inside.worker"

# 배포판도 systemd도 누구에게 주지 않는 사용자 번호(60578부터 61183까지)예요. root로 채점하면 제출물마다 하나씩 돌아가며 써요.
_FIRST_UID = 60578

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


@dataclass(frozen=True)
class Launch:
    """작업자를 띄우는 명령과, 표준 입력의 소켓으로 가장 먼저 보낼 설정."""

    command: tuple[str, ...]
    environment: dict[str, str]
    settings: dict[str, Any]


def prepare(tier: Tier, folder: Path, light: bool = False) -> Launch:
    """작업자의 파일을 `folder`에 베끼고 명령을 만들어요. `light`면 torch 없이 갇혔는지만 봐요."""
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    # 무엇을 베낄지는 작업자의 import가 정해요. 패키지의 `__init__.py`는 빈 것으로 둬요.
    for path in closure(INSIDE, packages=False).values():
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        for package in place.relative_to(folder).parents[:-1]:
            (folder / package / "__init__.py").touch()
        shutil.copy(path, place)
    _copy_font_list(home)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)

    as_root = os.getuid() == 0
    readable = [path for path in _readable() if os.path.exists(path)]
    inside = "/grader" if tier.namespaces else str(folder)
    writable = "/tmp" if tier.namespaces else str(home)
    python = (sys.executable, "-s", "-B", f"{inside}/{INSIDE.replace('.', '/')}.py")
    return Launch(
        command=(*_bubblewrap(folder, readable, as_root), *python) if tier.namespaces else python,
        environment=_environment(writable, f"{inside}/home" if tier.namespaces else writable),
        settings={
            "seccomp": "" if tier.name == "none" else call_filter().hex(),
            "readable": [] if tier.name == "none" else [*readable, inside],
            "forbidden": _forbidden(),
            "first_uid": _FIRST_UID + os.getpid() % 512 if as_root else None,
            "namespaces": tier.namespaces,
            "confined": tier.name != "none",
            "light": light,
        },
    )


def _environment(writable: str, matplotlib: str) -> dict[str, str]:
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    one = dict.fromkeys(counts, "1")
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


def search_path() -> str:
    """실행 파일을 찾을 길. PATH를 비워 둔 곳에서도 bubblewrap을 찾아요."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin", "/bin", "/usr/sbin", "/sbin"])


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


def _bubblewrap(folder: Path, readable: list[str], as_root: bool) -> tuple[str, ...]:
    bwrap = shutil.which("bwrap", path=search_path()) or "bwrap"
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
        # 작업자는 제출물마다 프로세스 공간을 새로 만들어요. 학습자의 코드가 도는 자식은 이 권한을 버려요.
        "--cap-add",
        "CAP_SYS_ADMIN",
    ]
    if as_root:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
    else:
        command += ["--unshare-user"]
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
    return tuple(command)


def _inside(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _copy_font_list(home: Path) -> None:
    """matplotlib의 글꼴 목록이 이미 있으면 베껴요. 없으면 작업자가 몇 초 들여 새로 만들어요."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("MPLCONFIGDIR") or caches / "matplotlib")
    for path in cache.glob("fontlist-*.json"):
        shutil.copy(path, home / path.name)
