"""`course status`: 여덟 레슨의 진도와 점수, 그리고 지금 할 일 한 줄."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.console import make_console
from autograder.errors import CourseError
from autograder.learner import notebooks, progress, study
from autograder.learner.choosing import all_places
from autograder.learner.notebooks import Listed, read_mine
from autograder.learner.report import Report, number
from autograder.learner.screen import PASSED, bar
from autograder.learner.study import shown
from autograder.notebooks.work import answered
from autograder.wording import josa

REFLECTION = "reflection"


@dataclass(frozen=True)
class Standing:
    """레슨 하나의 지금. `trouble`이 있으면 확인하지 못했어요."""

    lesson: str
    items: list[Listed]
    results: list[Report]
    reflected: bool
    trouble: str = ""

    @property
    def passed(self) -> int:
        """통과한 실습의 수."""
        return sum(result.verdict == PASSED for result in self.results)

    @property
    def earned(self) -> float:
        """자동으로 채점하는 몫에서 받은 점수."""
        return self._sum(bonus=False)

    @property
    def bonus(self) -> float:
        """보너스로 받은 점수."""
        return self._sum(bonus=True)

    @property
    def following(self) -> str:
        """다음에 풀 실습. 다 풀었으면 빈 글."""
        return next((result.name for result in self.results if result.verdict != PASSED), "")

    def _sum(self, bonus: bool) -> float:
        wanted = {item.name for item in self.items if item.bonus == bonus}
        return round(sum(result.earned for result in self.results if result.name in wanted), 1)


def standing(lesson: str, path: Path) -> Standing:
    """레슨 하나를 확인해요. 확인하지 못하면 까닭을 담아요."""
    items = notebooks.listed(lesson)
    try:
        reflected = reflection_written(path)
        return Standing(lesson, items, progress.standing(path), reflected)
    except CourseError as error:
        return Standing(lesson, items, [], False, str(error))


def reflection_written(path: Path) -> bool:
    """서술형에 적은 것이 있는지. 읽을 수 없으면 NotebookError예요."""
    return any(cell.grade_id == REFLECTION and answered(cell) for cell in read_mine(path).cells)


def status() -> int:
    """여덟 레슨의 진도와 점수, 지금 할 일을 보여 줘요."""
    from rich.table import Table

    places = all_places()
    console = make_console()
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for title in ("레슨", "진도", "점수", "서술형", "다음 실습"):
        table.add_column(title, no_wrap=title != "다음 실습", overflow="fold")
    rows = []
    with console.status("") as spinner:
        for lesson, path in places.items():
            spinner.update(f"저장된 노트북을 확인하고 있어요: {lesson} …")
            rows.append(row := standing(lesson, path))
            table.add_row(*_texts(row))
    console.print(table)
    console.print(f"\n{_sum(rows)}", style="dim")
    for row in rows:
        if row.trouble:
            console.print(f"{row.lesson}: {row.trouble}", markup=False)
    console.print(next_step(rows, places), markup=False)
    return 0


def _texts(row: Standing) -> tuple[str, ...]:
    total = number(sum(item.points for item in row.items))
    if row.trouble:
        return row.lesson, "[red]" + "?" * 8 + "[/]", f"?/{total}", "?", "확인하지 못했어요"
    bonus = f" [green]+{number(row.bonus)}[/]" if row.bonus else ""
    following = row.following or ("" if row.reflected else "서술형") or "[green]모두 통과[/]"
    return (
        row.lesson,
        bar(row.passed, len(row.results), 8),
        f"{number(row.earned)}/{total}{bonus}",
        "썼어요" if row.reflected else "[dim]아직[/]",
        following,
    )


def _sum(rows: list[Standing]) -> str:
    known = [row for row in rows if not row.trouble]
    total = sum(item.points for row in known for item in row.items)
    sentence = (
        f"실습 {sum(len(row.items) for row in known)}개 가운데 {sum(row.passed for row in known)}개 통과 · "
        f"{number(total)}점 가운데 {number(round(sum(row.earned for row in known), 1))}점 · "
        f"보너스 {number(round(sum(row.bonus for row in known), 1))}점\n"
        "저장된 노트북을 공개 사례로 확인한 점수예요. 서술형(레슨마다 5점)은 강사가 읽고 점수를 줘요."
    )
    left = len(rows) - len(known)
    return sentence + (f"\n확인하지 못한 레슨 {left}개는 빼고 셌어요." if left else "")


def next_step(rows: list[Standing], places: dict[str, Path]) -> str:
    """지금 할 일 한 줄."""
    broken = next((row for row in rows if row.trouble), None)
    unfinished = next((row for row in rows if not row.trouble and row.following), None)
    unwritten = next((row for row in rows if not row.trouble and not row.reflected), None)
    if broken is not None:
        return f"지금 할 일: {broken_step(places[broken.lesson])}"
    if waiting := study.outdated():
        return f"지금 할 일: 새로워진 레슨이 있어요({', '.join(waiting)}). `python3 course.py update`가 답을 그대로 옮겨 줘요."
    if unfinished is not None:
        where, what = shown(places[unfinished.lesson]), josa(f"`{unfinished.following}`", "을/를")
        opened = "`python3 course.py lab`으로 열어요."
        return f"지금 할 일: {where}의 {what} 풀어요. {opened}"
    if unwritten is not None:
        return f"지금 할 일: {shown(places[unwritten.lesson])}의 맨 끝에 서술형 답을 적어요."
    return "지금 할 일: 모두 통과했어요. `python3 course.py submit`이 낼 파일을 만들어 줘요."


def broken_step(path: Path) -> str:
    """읽을 수 없는 노트북을 어떻게 할지."""
    backup = path.parent / "backup"
    older = f"{shown(backup)}에 앞서 남겨 둔 것이 있는지 보고, 없으면 " if backup.is_dir() else ""
    return (
        f"{shown(path)} 파일을 열어 다시 저장해요. 그래도 안 되면 {older}그 파일의 이름을 바꿔요. "
        "그러면 `python3 course.py lab`이 새 사본을 만들어요."
    )
