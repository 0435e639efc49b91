"""`course check --watch`: 실습 하나에 머물며 저장할 때마다 다시 확인하고, 통과하면 아직 풀지 않은 다음 실습으로 가요.

노트북 하나의 시각과 크기를 짧은 사이로 물어봐요. 알림을 받는 방법과 달리 네트워크 드라이브, WSL의 Windows 폴더, 지웠다 다시 만든
폴더에서도 되고, 제자리에 쓰는 편집기와 이름을 바꿔치기하는 편집기를 가리지 않아요.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import CourseError
from autograder.learner import notebooks, progress
from autograder.learner.hints import hints_for, plain_text
from autograder.learner.keyboard import Keys, keyboard
from autograder.learner.notebooks import Listed
from autograder.learner.report import Report
from autograder.learner.saved_check import check_notebook
from autograder.learner.screen import PASSED, bar, show_card, show_hint
from autograder.learner.study import shown

if TYPE_CHECKING:
    from rich.console import Console

TICK = 0.2  # 초. 이만큼마다 노트북을 들여다봐요.
KEYS = "h 힌트 · n 다음 · p 이전 · r 다시 확인 · q 끝내기"

Signature = tuple[int, int, int] | None


def signature(path: Path) -> Signature:
    """저장되었는지 가리는 값. 파일이 없으면 None이에요."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def watch(console: Console, lesson: str, exercise: str | None = None) -> int:
    """`exercise`(없으면 `lesson`의 풀지 않은 첫 실습)에서 시작해요. 그만두거나 모두 통과하면 끝나요."""
    with keyboard() as keys:
        try:
            return _Watch(console, keys).run(lesson, exercise)
        except KeyboardInterrupt as stop:
            if type(stop) is not KeyboardInterrupt:  # 종료 신호예요. 터미널만 되돌리고 그대로 끝내요.
                raise
            console.print("\n그만 볼게요.")
            return 0


class _Watch:
    def __init__(self, console: Console, keys: Keys | None) -> None:
        self.console, self.keys = console, keys
        self.paths = notebooks.lesson_paths()
        self.lessons = {lesson: items for lesson, items in notebooks.catalogue().items() if items}
        self.course = [item for items in self.lessons.values() for item in items]
        self.reports: dict[str, Report] = {}  # 이번에 확인한 결과
        self.checked: dict[str, Signature] = {}  # 그때의 노트북
        self.hints: list[tuple[str, str]] = []
        self.pressed: list[str] = []
        self.note = self.trouble = ""
        self.at, self.seen = self.course[0], signature(self.paths[self.course[0].lesson])

    @property
    def path(self) -> Path:
        """지금 실습의 노트북."""
        return self.paths[self.at.lesson]

    def run(self, lesson: str, exercise: str | None) -> int:
        """끝날 때까지 지켜봐요."""
        self._load(lesson)
        here = self.lessons[lesson]
        self._go(next((item for item in here if item.name == exercise), None) or self._unfinished(here) or here[-1])
        moving = True  # 방금 저장해서 통과했으면 다음으로 가요. 단추로 찾아온 실습에는 통과했어도 머물러요.
        while True:
            done: list[str] = []
            while moving and self._passed(self.at):
                done, following = [*done, self.at.name], self._following()
                if following is None:
                    self.console.print(
                        "\n[green]✔[/] 모든 레슨의 실습을 통과했어요. `python3 course.py submit`이 낼 파일을 만들어 줘요."
                    )
                    return 0
                self._go(following)
                self.note = f"[green]✔ {', '.join(done)}[/] 통과했어요. 이어서 [bold]{following.name}[/] 차례예요."
            self._draw()
            pressed, moving = self._wait(), False
            if pressed == "q":
                self.console.print("그만 볼게요.")
                return 0
            if pressed in ("n", "p"):
                self._step(1 if pressed == "n" else -1)
            elif pressed == "h":
                self._hint()
            else:
                before, self.note = self._passed(self.at), ""
                self._check()
                moving = not before

    # -- 실습 사이를 오가기 --

    def _go(self, item: Listed) -> None:
        """실습 하나로 가요. 그 노트북이 확인한 뒤로 바뀌었으면 다시 확인해요."""
        self.at, self.hints, self.note, self.trouble = item, [], "", ""
        self._load(item.lesson)
        self.seen = signature(self.path)
        if self.seen is None or self.checked.get(item.name) != self.seen:
            self._check()

    def _step(self, by: int) -> None:
        number = self.course.index(self.at) + by
        if 0 <= number < len(self.course):
            self._go(self.course[number])
        else:
            self.note = "마지막 실습이에요." if by > 0 else "첫 실습이에요."

    def _following(self) -> Listed | None:
        """다음에 풀 실습: 이 레슨의 뒤, 이 레슨의 앞, 다음 레슨들의 차례예요. 모두 통과했으면 None이에요."""
        names = list(self.lessons)
        number = names.index(self.at.lesson)
        here = self.lessons[self.at.lesson]
        at = here.index(self.at)
        if found := self._unfinished([*here[at + 1 :], *here[:at]]):
            return found
        for lesson in [*names[number:], *names[:number]]:
            self._load(lesson)  # 하나씩 확인한 사이에 앞의 실습이 달라졌을 수 있어요. 레슨을 마칠 때 모두 다시 봐요.
            if found := self._unfinished(self.lessons[lesson]):
                return found
        return None

    def _unfinished(self, items: list[Listed]) -> Listed | None:
        return next((item for item in items if not self._passed(item)), None)

    def _passed(self, item: Listed) -> bool:
        return item.name in self.reports and self.reports[item.name].verdict == PASSED

    # -- 확인하기 --

    def _load(self, lesson: str) -> None:
        """레슨 전부의 결과를 알아 둬요. 바뀌지 않은 노트북이면 기억해 둔 것을 써요."""
        items, seen = self.lessons[lesson], signature(self.paths[lesson])
        if all(self.checked.get(item.name) == seen for item in items) and seen is not None:
            return
        try:
            with self.console.status(f"{lesson}의 실습을 확인하고 있어요 …"):
                found = progress.standing(self.paths[lesson])
        except CourseError:
            return  # 그 레슨의 실습에 가면 까닭을 보여 줘요.
        for report in found:
            self.reports[report.name], self.checked[report.name] = report, seen

    def _check(self) -> None:
        """지금 실습을 확인해요. 노트북을 읽을 수 없으면 그렇다고 말하고 기다려요."""
        name, self.trouble, self.seen = self.at.name, "", signature(self.path)
        self.reports.pop(name, None)
        if self.seen is None:
            self.trouble = f"{shown(self.path)}가 없어요. 다시 저장하면 이어서 확인해요. 처음부터 하려면 끝내고 같은 명령을 다시 실행해요."
            return
        try:
            with self.console.status(f"확인하고 있어요: {name} …"):
                found = check_notebook(self.path, only=name)
        except CourseError as error:
            self.trouble = f"{error} 노트북을 저장하면 다시 확인해요."
            return
        for report in found:
            self.reports[report.name], self.checked[report.name] = report, self.seen

    def _hint(self) -> None:
        found = hints_for(self.path, self.at.name)
        if not found:
            self.note = "이 실습에는 힌트가 없어요."
            return
        number = progress.next_hint(self.at.name, len(found))
        left = len(found) - number - 1
        title, body = found[number]
        self.note = f"힌트가 {left}개 더 있어요." if left else "마지막 힌트예요."
        if (title, plain_text(body)) not in self.hints:
            self.hints.append((title, plain_text(body)))

    # -- 화면 --

    def _draw(self) -> None:
        items = self.lessons[self.at.lesson]
        done, number = sum(map(self._passed, items)), items.index(self.at) + 1
        if self.keys:
            self.console.clear()
        else:
            self.console.print()
        if self.note:
            self.console.print(self.note)
        self.console.print(
            f"[bold]{self.at.lesson}[/]  {bar(done, len(items), 20)}  {len(items)}개 가운데 {done}개 통과 · "
            f"지금은 {number}번째 {self.at.name}"
        )
        self.console.print(f"[dim]{shown(self.path)}[/]\n")
        if self.trouble:
            self.console.print(self.trouble, markup=False, style="yellow")
        elif self.at.name in self.reports:
            show_card(self.console, self.reports[self.at.name])
        for title, body in self.hints:
            self.console.print()
            show_hint(self.console, title, body)
        keys = KEYS if self.keys else "끝내려면 Ctrl+C를 눌러요"
        self.console.print(f"\n[dim]저장하면 다시 확인해요. {keys}[/]")

    def _wait(self) -> str:
        """눌린 단추, 또는 노트북이 저장되었으면 "saved"예요."""
        before = self.seen
        while True:
            if self.keys:
                self.pressed += [key for key in self.keys.wait(TICK) if key in "hnprq"]
            else:
                time.sleep(TICK)
            if self.pressed:
                return self.pressed.pop(0)
            now = signature(self.path)
            if now != self.seen and now == before:  # 쓰는 중이면 다 쓸 때까지 한 번 더 기다려요.
                return "saved"
            before = now
