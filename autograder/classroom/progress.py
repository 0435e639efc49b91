"""채점의 진행: 누구의 어느 레슨까지 했는지, 1분에 몇 개인지, 얼마나 남았는지.

화면이면 막대로 보이고, 파일이나 파이프로 나가면 30초마다, 그리고 끝날 때 한 줄씩 적어요.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from autograder.classroom.folder import StoredResult

EVERY_SECONDS = 30.0


class GradingProgress:
    """`with GradingProgress() as progress:` 안에서 `start`와 `step`을 불러요."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(file=sys.stderr)
        self._clock = clock
        self._total = self._kept = self._done = 0
        self._began = 0.0
        self._last = ""
        self._bar: Progress | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> GradingProgress:
        return self

    def start(self, total: int, kept: int) -> None:
        """진행을 보이기 시작해요. 그대로 둘 것은 이미 끝난 것으로 세요."""
        self._total, self._kept, self._began = total, kept, self._clock()
        if self._console.is_terminal:
            columns = (TextColumn("채점"), BarColumn(), MofNCompleteColumn())
            facts = TextColumn("{task.fields[facts]}", markup=False)
            self._bar = Progress(*columns, facts, console=self._console, transient=True)
            self._bar.start()
            self._bar.add_task("", total=total, completed=kept, facts="")
        else:
            self._thread = threading.Thread(target=self._speak, daemon=True)
            self._thread.start()

    def step(self, result: StoredResult) -> None:
        """하나가 끝날 때마다 나아가요."""
        self._done += 1
        self._last = f"{result.student} {result.lesson[:2]}"
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=1, facts=self.facts())

    def facts(self) -> str:
        """마지막에 끝난 사람과 레슨, 빠르기, 남은 시간."""
        left, seconds = self._total - self._kept - self._done, self._clock() - self._began
        if not self._done or seconds <= 0:
            return "첫 결과를 기다려요"
        rate = self._done / seconds
        return f"{self._last} · 분당 {60 * rate:.0f}개 · 남은 시간 {_duration(left / rate)}"

    def line(self) -> str:
        """기록에 남길 한 줄."""
        return f"채점 {self._kept + self._done}/{self._total} · {self.facts()}"

    def _speak(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._say()

    def _say(self) -> None:
        self._console.print(self.line(), markup=False, highlight=False, soft_wrap=True)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            if kind is None and self._kept < self._total:  # 탈이 났으면 그 말만 남겨요.
                self._say()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}시간 {minutes}분"
    return f"{minutes}분 {rest}초" if minutes else f"{rest}초"
