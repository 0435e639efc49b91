"""되는 단계를 고르는 일. 짐작하지 않고, 가벼운 작업자를 정말로 띄워 갇힌 자식이 해서는 안 되는 일을 하나씩 해 보게 한 뒤 정해요."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from functools import lru_cache

from autograder.sandbox.launch import prepare, search_path
from autograder.sandbox.scratch import Scratch
from autograder.sandbox.tier import SandboxRefused, Tier
from autograder.sandbox.worker_process import WorkerLost, start_worker


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
    if shutil.which("bwrap", path=search_path()) is None:
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
    if found is not None and Tier("landlock").tolerates(found):
        return Tier("landlock", tuple(missing))
    missing.append(f"Landlock만으로도 가두지 못했어요: {why}" if found is None else _open_doors(found))
    missing.extend(_remedy(name) for name in found or ())
    return Tier("none", tuple(dict.fromkeys(missing)))


def _try(name: str) -> tuple[list[str] | None, str]:
    try:
        with closing(Scratch("course-probe-")) as scratch:
            worker = start_worker(prepare(Tier(name), scratch.folder, light=True))
            worker.close()
            return worker.escaped, ""
    except (WorkerLost, OSError) as error:
        return None, str(error)


def _open_doors(found: list[str]) -> str:
    return "가두었는데도 할 수 있는 일이 있었어요: " + ", ".join(found)


def _remedy(name: str) -> str:
    if name == "shared-space":
        return (
            "제출물마다 프로세스 공간을 새로 만들지 못해서 하나씩 채점해요. "
            "Ubuntu 24.04라면 `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`으로 열려요."
        )
    if name in ("network", "datagram", "unix-socket", "host-socket", "fork", "signal", "owner"):
        return "seccomp이 걸리지 않았어요. `sudo apt install libseccomp2`를 하고 `python3 course.py doctor`를 다시 실행해요."
    if name == "root":
        return "root에서 내려오지 못했어요. 일반 사용자로 채점해요."
    if name.startswith("read "):
        return "저장소가 시스템 폴더(/usr 등) 안에 있어 가릴 수 없어요. 저장소를 홈 폴더로 옮겨요."
    return "Landlock이 걸리지 않았어요. 커널 5.13 이상에서 `lsm=` 부팅 설정에 landlock이 있는지 봐요."


def _bubblewrap_remedy(why: str) -> str:
    return (
        f"bubblewrap이 있지만 이름 공간을 만들지 못했어요({why}). Ubuntu 24.04라면 "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, Docker라면 "
        "`--security-opt seccomp=unconfined`나 `--privileged`가 필요해요."
    )
