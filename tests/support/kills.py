"""채점하는 명령을 따로 띄워 놓고 죽이는 시험들이 함께 쓰는 것: 명령 하나, 그 프로세스의 가족, 남긴 것의 지문."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook import open_gradebook
from autograder.layout import ROOT
from support.classes import contents
from support.gradebooks import rows

SECONDS = 240  # 시험이 무한히 기다리지 않게 하는 끝. 여기에 닿으면 실패예요.
ROLES = ("main", "judge server", "judge", "bwrap", "worker", "sandbox child")


def wait_for(found: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """`found()`가 참이 될 때까지 기다려 그 값을 돌려줘요. 끝내 아니면 실패예요."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "기다리던 일이 일어나지 않았어요"
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class Process:
    """프로세스 하나. `born`이 같아야 번호를 물려받은 남이 아니에요."""

    pid: int
    born: str

    @classmethod
    def look(cls, pid: int) -> Process | None:
        """살아 있는 프로세스. 끝났거나 거두기만 남았으면 None이에요."""
        try:
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if facts[0] in "ZX" else cls(pid, facts[19])

    def alive(self) -> bool:
        return Process.look(self.pid) == self

    def signal(self, number: int) -> bool:
        """신호를 보내요. 아직 있던 프로세스였으면 참이에요."""
        if not self.alive():
            return False
        os.kill(self.pid, number)
        return True

    def kill(self) -> bool:
        return self.signal(signal.SIGKILL)

    def children(self) -> list[Process]:
        try:
            pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return []
        return [child for pid in pids if (child := Process.look(int(pid)))]

    def command(self) -> str:
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""


class Family:
    """명령 하나와 그 자손들. 볼 때마다 새로 찾고, 부모를 잃은 것도 한 번 보았으면 잊지 않아요."""

    def __init__(self, pid: int) -> None:
        self.main = Process.look(pid)
        self._known: dict[Process, str] = {} if self.main is None else {self.main: "main"}

    def look(self) -> dict[Process, str]:
        """살아 있는 가족과 저마다의 일."""
        # 갓 갈라진 것은 아직 부모의 이름을 달고 있어서, 부모가 있는 것의 일은 볼 때마다 다시 정해요.
        found: dict[Process, str] = {}
        for known, role in list(self._known.items()):
            waiting = [] if known in found or not known.alive() else [known]
            found |= dict.fromkeys(waiting, role)
            while waiting:
                parent = waiting.pop()
                for child in parent.children():
                    if child not in found:
                        found[child] = _role(found[parent], child.command())
                        waiting.append(child)
        self._known |= found
        return {one: role for one, role in found.items() if one.alive()}

    def of(self, role: str) -> list[Process]:
        return [one for one, found in self.look().items() if found == role]


def _role(parent: str, command: str) -> str:
    if parent in ("judge server", "bwrap", "worker"):
        return {"judge server": "judge", "bwrap": "worker", "worker": "sandbox child"}[parent]
    if "grading.judge_process" in command:
        return "judge server"
    if "inside/worker.py" in command:
        # bubblewrap이 없는 단계에서는 작업자가 바로 자식이에요.
        return "bwrap" if "bwrap" in command.split(" ")[0] else "worker"
    return "other"


@dataclass
class Run:
    """`course grade`를 제 묶음에서 한 번. 임시 폴더도 이 학급만의 것이에요."""

    submitted: Path
    room: Path
    code: int | None = None
    out: str = ""
    err: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.json, self.temporary = self.room.with_suffix(".json"), self.room.with_suffix(".tmp")
        self.temporary.mkdir(exist_ok=True)
        self.json.unlink(missing_ok=True)
        # 부모가 누구인지에 기대지 않게 앞사람의 출력을 파일로 받아요. 관이면 남은 프로세스가 붙잡아요.
        self._said, self._told = self.room.with_suffix(".out"), self.room.with_suffix(".err")
        command = [sys.executable, "-m", "autograder.cli", "grade", str(self.submitted), "--classroom", str(self.room)]
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            # `nohup … &`로 돌린 시험은 Ctrl+C를 모른 체하고, 자식도 그대로 물려받아요.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with open(self._said, "wb") as out, open(self._told, "wb") as err:
            self.process = subprocess.Popen(
                [*command, "--jobs", "2", "--json", str(self.json)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(self.temporary), "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        self.family = Family(self.process.pid)

    def finish(self) -> Run:
        """끝날 때까지 기다려요. 그동안 가족을 살펴 둬요."""

        def ended() -> bool:
            self.family.look()
            return self.process.poll() is not None

        try:
            wait_for(ended)
        finally:
            if self.process.poll() is None:
                for one in self.family.look():
                    one.kill()
                self.process.wait()
        self.code = self.process.returncode
        self.out, self.err = (path.read_text(encoding="utf-8") for path in (self._said, self._told))
        return self

    def nobody_left(self, seconds: float = 15) -> bool:
        """가족이 모두 끝났는지. 조금은 기다려요. 남은 것은 지우고 거짓이에요."""
        end = time.monotonic() + seconds
        while (left := self.family.look()) and time.monotonic() < end:
            time.sleep(0.05)
        for one in left:
            one.kill()
        return not left

    def folders(self) -> list[str]:
        """임시 폴더에 남은 것."""
        return sorted(path.name for path in self.temporary.iterdir())


def outcome(room: Path) -> dict[str, Any]:
    """남은 것의 전부: 점수표, 피드백, 사본, 성적부의 모든 행, 결과. 채점한 때와, 이름이 때인 달라진 점수의 목록만 빼요."""
    classroom = Classroom(room)
    with open_gradebook(classroom.db_url()) as gradebook:
        table = rows(gradebook)
    timeless = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "때", path.read_text("utf-8")) for path in _pages(room)]
    marks = room.with_suffix(".json")
    return {
        "marks.csv": classroom.marks_csv.read_text("utf-8"),
        "json": json.loads(marks.read_text("utf-8")) if marks.exists() else None,
        "rows": {name: [_without_times(row) for row in found] for name, found in table.items()},
        "pages": timeless,
        "copies": contents(room / "autograded"),
        "files": sorted(
            str(path.relative_to(room))
            for path in room.rglob("*")
            if path.is_file() and not path.match("changes/20*-*-*_*.*")
        ),
    }


def _pages(room: Path) -> list[Path]:
    return sorted((room / "feedback").rglob("*.html"))


def _without_times(row: str) -> str:
    return re.sub(r"datetime\.datetime\([^)]*\)", "때", row)
