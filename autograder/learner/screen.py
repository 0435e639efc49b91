"""터미널에 보이는 모양: 판정의 표, 진도 막대, 확인 카드, 힌트."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.learner.report import Report, number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PASSED, UNTOUCHED = "pass", "missing"
MARKS = {
    "pass": "[green]✔[/]",
    "missing": "[dim]·[/]",
    "partial": "[yellow]◐[/]",
    "held": "[yellow]◐[/]",
    "timeout": "[yellow]◔[/]",
}


def bar(done: int, total: int, width: int) -> str:
    """진도 막대(rich의 꾸밈말)."""
    color = "green" if done == total else "yellow" if done else "dim"
    filled = round(width * done / max(1, total))
    return f"[{color}]{'━' * filled}[/][dim]{'─' * (width - filled)}[/]"


def report_line(report: Report) -> Text:
    """판정의 표, 실습의 이름, 점수를 담은 한 줄."""
    from rich.text import Text

    line = Text.from_markup(f"  {MARKS.get(report.verdict, '[red]✘[/]')} ")
    score = f"  {number(report.earned)}/{number(report.points)}점" if report.points else ""
    return line.append(report.name, "bold").append(f"  {report.title}{score}".rstrip(), "dim")


def show_card(console: Console, report: Report) -> None:
    """첫 줄을 굵게, 나머지를 적힌 그대로 보여 줘요."""
    from rich.text import Text

    mark = Text.from_markup(MARKS.get(report.verdict, "[red]✘[/]") + " ")
    console.print(mark.append(report.headline, "bold"))
    for line in report.message.splitlines():
        console.print("  " + line, markup=False)


def show_hint(console: Console, title: str, body: str) -> None:
    """힌트 하나. `body`는 마크다운이에요."""
    from rich.markdown import Markdown
    from rich.text import Text

    console.print(Text(title, "bold"))
    console.print(Markdown(body))
