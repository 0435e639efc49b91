"""공격 말뭉치의 틀: 공격은 데이터이고, 여기에는 공격을 적는 말(`Attack`과 짧은 함수들)만 있어요.

채점하고 증거를 모으는 일은 `evidence.py`가 해요.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from support.tiny_lesson import ANSWERS, as_bytes, cells_of, code

# 파일을 남기려는 공격이 쓰는 이름. 시험이 함께 돌아도 남의 것과 섞이지 않아요.
MARK = f"course-attack-{os.getpid()}"

# 말에 그대로 살아 있으면 안 되는 것들. 태그는 학습자의 줄을 옮겨 적은 곳(`...`)에는 있어도 돼요. 화면이 이스케이프해요.
TAGS = ("<script", "<img", "<svg", "javascript:")
CONTROLS = ("\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\x00", "\r")

# 모래상자가 막았다는 것이 드러나는 말. 이름을 잘못 적은 공격(NameError)이 막힌 것으로 보이지 않게 해요.
STOPPED = (
    *("PermissionError", "OSError", "FileNotFoundError", "URLError", "ConnectionRefusedError"),
    *("파일을 쓰거나 읽지 못했어요", "비정상으로", "시스템이 멈췄어요"),
)

SECCOMP, LANDLOCK, NAMES = "seccomp", "landlock", "names"


@dataclass(frozen=True, repr=False)
class Attack:
    """공격 하나와, 받아야 하는 것.

    `double`은 공격하는 셀, `before`는 그 앞에 더한 셀, `answers`는 다른 실습의 답, `notebook`은 통째로 낸 바이트예요.
    `verdicts`는 `double`이 받아도 되는 판정들, `others`는 다른 실습이 받아야 하는 판정이에요. 정직한 답이면 정직한 점수까지 같아야 하고,
    None은 자기 노트북만 다쳤다는 뜻이에요. `words`는 말에 모두, `one_of`는 하나라도 있어야 해요.
    `sequel`은 바로 다음에 내는 `double`의 셀이고 반드시 통과해야 해요(앞의 흔적을 보면 틀린 값을 내게 적어요).
    `needs`는 판정이 기대는 울타리예요. 그것이 없는 단계에서는 판정 말고 나머지 증거만 봐요.
    `memory`는 부모의 기억이 늘어도 되는 MiB, `cost`는 부모의 CPU가 정직한 제출물의 몇 배까지여도 되는지예요.
    """

    name: str
    double: str = ANSWERS["double"]
    verdicts: tuple[str, ...] = ("error",)
    words: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    before: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    notebook: Callable[[], bytes] | None = None
    others: str | None = "pass"
    sequel: str = ""
    needs: frozenset[str] = frozenset()
    reaches_out: bool = False
    memory: int = 96
    cost: int = 300
    slow: bool = False

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def submission(self) -> bytes:
        """낼 노트북의 바이트."""
        if self.notebook is not None:
            return self.notebook()
        cells = cells_of({**ANSWERS, "double": self.double, **self.answers})
        if self.before:
            cells.insert(1, code(self.before, id="mine"))
        return as_bytes(cells)


def body(*lines: str, top: str = "") -> str:
    """`double`의 셀. `top`은 함수 앞의 글이에요."""
    text = "\n".join(lines) or "return x * 2"
    indented = "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))
    return f"{top}\ndef double(x):\n{indented}".lstrip("\n")


def blocked(name: str, *lines: str, needs: tuple[str, ...] = (SECCOMP,), top: str = "", **more: Any) -> Attack:
    """모래상자가 막아야 하는 일. 해내면 함수가 바른 값을 돌려줘서 통과하고, 그래서 시험이 실패해요.

    함수는 사례마다 불려요. 처음에 해낸 일을 두 번째에는 못 할 수 있으므로(이미 잠갔거나 옮겼어요) 한 번 해냈으면 더 하지 않아요.
    """
    return Attack(
        name,
        body("if done: return x * 2", *lines, "done.append(1)", "return x * 2", top=f"{top}\ndone = []".strip()),
        ("error",),
        one_of=more.pop("one_of", STOPPED),
        needs=frozenset(needs),
        reaches_out=True,
        **more,
    )


def harmless(name: str, *lines: str, top: str = "", sequel: str = "", **more: Any) -> Attack:
    """무엇이든 해 보고 바른 값을 돌려주는 공격. 판정은 통과이고, 밖에서 아무 일도 없어야 해요."""
    more.setdefault("reaches_out", True)
    return Attack(name, body(*lines, "return x * 2", top=top), ("pass",), sequel=sequel, **more)


def wrong(name: str, *lines: str, top: str = "", **more: Any) -> Attack:
    """틀린 값을 맞다고 우기는 공격. 점수가 없어야 해요."""
    more.setdefault("verdicts", ("fail",))
    return Attack(name, body(*lines, top=top), **more)


def attempt(*lines: str) -> str:
    """실패해도 넘어가는 시도 하나."""
    inner = "\n".join(lines).replace("\n", "\n    ")
    return f"try:\n    {inner}\nexcept BaseException:\n    pass"


def syscall_number(name: str) -> int | None:
    """이 기계에서 그 시스템 호출의 번호. 모르면 None이에요."""
    try:
        import pyseccomp

        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    except (ImportError, OSError, ValueError, RuntimeError):
        return None
    return number if number >= 0 else None


# 막혔을 때의 errno만 막힌 것으로 쳐요. 인자가 틀려서 난 EINVAL은 문이 열려 있다는 뜻이에요.
RAW = """import ctypes, errno, os, signal, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def raw(number, *values):
    wide = [ctypes.c_long(v) if isinstance(v, int) else v for v in values]
    ctypes.set_errno(0)
    libc.syscall.restype = ctypes.c_long
    found = libc.syscall(ctypes.c_long(number), *wide)
    return found, ctypes.get_errno()
def must_fail(number, *values):
    found, code = raw(number, *values)
    if found == -1 and code in (errno.EPERM, errno.EACCES, errno.ENOSYS):
        raise PermissionError(code, 'blocked')
    return found
"""


def call(name: str, system_call: str, arguments: str = "", *before: str, **more: Any) -> list[Attack]:
    """시스템 호출 하나를 바로 부르는 공격. 이 기계에 없는 호출이면 빈 목록이에요."""
    number = syscall_number(system_call)
    if number is None:
        return []
    listed = f", {arguments}" if arguments else ""
    return [blocked(f"{name}({system_call})", *before, f"must_fail({number}{listed})", top=RAW, **more)]


def corpus() -> dict[str, list[Attack]]:
    """집안의 이름에서 공격들로. 집안 하나가 `tests/sandbox/attacks/`의 파일 하나예요."""
    package = import_module("sandbox.attacks")
    families = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {
        family: import_module(f"sandbox.attacks.{family}").ATTACKS
        for family in families
        if family not in ("links", "siblings")
    }


def on_siblings() -> tuple[list[Attack], str]:
    """이웃을 건드리려는 공격들과, 정직한 이웃의 셀."""
    module = import_module("sandbox.attacks.siblings")
    return module.ATTACKS_ON_SIBLINGS, module.VICTIM


@dataclass(frozen=True, repr=False)
class Layout:
    """낸 폴더의 모양으로 하는 공격. `build`는 (반의 폴더, 공격하는 사람의 노트북 자리)를 받아 꾸며요.

    `s001`의 정직한 노트북은 이미 있고, 그것을 읽어 내면 안 돼요. `verdict`는 모든 실습이 받아야 하는 판정이에요.
    """

    name: str
    build: Callable[[Path, Path], Any]
    verdict: str = "refused"
    words: str = ""

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, repr=False)
class Archive:
    """압축 파일로 하는 공격. `build`는 압축 파일의 자리를 받아 만들어요.

    `taken`은 받아들여도 되는 사람들이에요. `refused`면 압축 파일 전체가 한 문장으로 물리쳐져야 해요.
    """

    name: str
    build: Callable[[Path], Any]
    taken: frozenset[str] = frozenset()
    refused: bool = False

    def __repr__(self) -> str:
        return f"<{self.name}>"


def handed_in() -> tuple[list[Layout], list[Archive]]:
    """폴더의 모양으로 하는 공격들과 압축 파일로 하는 공격들."""
    module = import_module("sandbox.attacks.links")
    return module.LAYOUTS, module.ARCHIVES
