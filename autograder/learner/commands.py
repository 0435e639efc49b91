"""배우는 사람의 명령: JupyterLab, 확인, 진도, 힌트, 되돌리기, 옮기기."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.console import make_console
from autograder.errors import CourseError
from autograder.layout import LESSONS
from autograder.learner import notebooks, progress
from autograder.learner.hints import hints, plain_text
from autograder.learner.lab import lab
from autograder.learner.report import Report, number
from autograder.learner.reset import reset_exercise
from autograder.learner.saved_check import check_notebook
from autograder.notebooks.reading import Notebook, NotebookError

if TYPE_CHECKING:
    from rich.console import Console

PASSED, UNTOUCHED = "pass", "missing"
MARKS = {
    "pass": "[green]✔[/]",
    "missing": "[dim]·[/]",
    "partial": "[yellow]◐[/]",
    "held": "[yellow]◐[/]",
    "timeout": "[yellow]◔[/]",
}


def register(app: typer.Typer) -> None:
    """학습자 명령들을 `app`에 더해요."""
    app.command("lab")(lab)
    app.command("check")(check)
    app.command("status")(status)
    app.command("hint")(hint)
    app.command("reset")(reset)
    app.command("update")(update)


def check(
    lesson: Annotated[
        str | None,
        typer.Argument(
            metavar="[레슨이나 실습]", help="레슨의 번호나 이름(5), 또는 실습의 이름(softmax). 적지 않으면 모두예요."
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="노트북을 저장할 때마다 다시 확인해요. Ctrl+C로 끝내요.")
    ] = False,
) -> int:
    """저장된 노트북의 실습을 터미널에서 확인해요."""
    console = make_console()
    only = lesson if lesson in notebooks.exercise_names() else None
    paths = [_find(lesson)[0]] if lesson and only else _choose(lesson)
    passed = [_check_one(path, console, only) for path in paths]
    if watch:
        return _watch(paths, console, only)
    return 0 if all(passed) else 1


def status() -> int:
    """모든 레슨의 진도를 표로 보여 줘요."""
    from rich.table import Table

    paths = _choose(None)
    console = make_console()
    table = Table("레슨", "진도", "통과", "다음 실습", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    with console.status("저장된 노트북을 확인하고 있어요 …"):
        for path in paths:
            try:
                results = progress.check_cached(path)
            except NotebookError as error:
                table.add_row(path.stem, "", "", f"[red]{error}[/]")
                continue
            done = sum(result.verdict == PASSED for result in results)
            following = next((result for result in results if result.verdict != PASSED), None)
            color = "green" if done == len(results) else "yellow" if done else "dim"
            filled = round(20 * done / max(1, len(results)))
            bar = f"[{color}]{'━' * filled}[/][dim]{'─' * (20 - filled)}[/]"
            table.add_row(path.stem, bar, f"{done}/{len(results)}", following.name if following else "모두 통과했어요")
    console.print(table)
    return 0


def hint(
    exercise: Annotated[str, typer.Argument(metavar="실습", help="실습의 이름(함수 이름).")],
    again: Annotated[bool, typer.Option("--again", help="첫 힌트부터 다시 봐요.")] = False,
) -> int:
    """실습의 다음 힌트를 하나 보여 줘요."""
    from rich.markdown import Markdown

    available = hints(_find(exercise)[1], exercise)
    if not available:
        raise CourseError(
            f"`{exercise}`의 힌트를 노트북에서 찾지 못했어요. 힌트 셀을 지웠다면 배포본에서 다시 복사해 주세요."
        )
    number = progress.next_hint(exercise, len(available), again)
    title, body = available[number]
    console = make_console()
    console.print(f"[bold]{title}[/]")
    console.print(Markdown(plain_text(body)))
    left = len(available) - number - 1
    console.print(
        f"[dim]힌트가 {left}개 더 있어요.[/]"
        if left
        else "[dim]마지막 힌트예요. `--again`을 붙이면 처음부터 다시 볼 수 있어요.[/]"
    )
    return 0


def reset(
    exercise: Annotated[str, typer.Argument(metavar="실습", help="실습의 이름(함수 이름).")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="묻지 않고 되돌려요.")] = False,
) -> int:
    """실습 셀을 빈칸으로 되돌려요. 지금까지 쓴 것은 백업해 둬요."""
    from autograder.learner import course_material

    path, _ = _find(exercise)
    stub = course_material.stub(path.stem, exercise)
    if stub is None:
        raise CourseError(f"`{exercise}`의 처음 모습을 찾지 못했어요. 배포본에서 그 셀을 복사해 주세요.")
    if (
        not yes
        and sys.stdin.isatty()
        and not typer.confirm(f"{path.name}의 `{exercise}` 셀을 처음 모습으로 되돌릴까요?")
    ):
        return 1
    backup = reset_exercise(path, exercise, stub)
    print(f"`{exercise}` 셀을 되돌렸어요. 앞서 쓴 노트북은 {backup}에 있어요.")
    print("JupyterLab에서 이 노트북이 열려 있다면 파일 메뉴의 '디스크에서 노트북 다시 불러오기'를 눌러요.")
    return 0


def update() -> int:
    """레슨이 새로워졌으면, 쓴 답과 더한 셀을 새 노트북으로 옮겨요. 옛 노트북도 남겨 둬요."""
    from autograder.learner import study
    from autograder.learner.update import update_lesson

    study.open_places()
    waiting = study.outdated()
    if not waiting:
        print("모든 레슨이 이미 새것이에요.")
        return 0
    failed = False
    for lesson in waiting:
        try:
            moved, backup = update_lesson(lesson)
        except NotebookError as error:
            failed = True
            print(f"{lesson}: {error} 이 레슨은 그대로 두었어요.")
            continue
        print(f"{lesson}: 답 {moved.answers}개와 더한 셀 {moved.own}개를 옮겼어요. 옛 노트북은 {backup}에 있어요.")
        for names, what in ((moved.fresh, "새로 생긴"), (moved.changed, "글이 달라진"), (moved.gone, "없어진")):
            if names:
                print(f"  {what} 실습: {', '.join(names)}")
    print("JupyterLab에서 열려 있는 노트북은 파일 메뉴의 '디스크에서 노트북 다시 불러오기'를 눌러요.")
    return 1 if failed else 0


def _find(exercise: str) -> tuple[Path, Notebook]:
    try:
        return notebooks.find_exercise(exercise)
    except KeyError:
        close = get_close_matches(exercise, notebooks.exercise_names(), n=1)
        guess = f"혹시 `{close[0]}`인가요?" if close else "`python3 course.py status`에서 이름을 볼 수 있어요."
        raise CourseError(f"`{exercise}` 실습은 없어요. {guess}") from None


def _choose(lesson: str | None) -> list[Path]:
    """확인할 노트북들을 골라요. 하나도 없으면 CourseError예요."""
    paths = notebooks.lesson_paths()
    if not paths:
        raise CourseError(f"{LESSONS}에 노트북이 없어요. 코스를 다시 받아 주세요(강사라면 `python3 course.py build`).")
    if lesson is not None and lesson.endswith(".ipynb") and Path(lesson).is_file():
        return [Path(lesson).resolve()]
    try:
        return [paths[notebooks.find_lesson(lesson)]] if lesson else list(paths.values())
    except KeyError:
        close = get_close_matches(str(lesson), notebooks.exercise_names(), n=1)
        guess = f" 혹시 `{close[0]}` 실습인가요?" if close else ""
        raise CourseError(f"`{lesson}` 레슨이나 실습은 없어요.{guess} 있는 레슨: {', '.join(paths)}") from None


def _check_one(path: Path, console: Console, only: str | None = None) -> bool:
    """노트북 하나를 확인하며 실습마다 한 줄씩, 고칠 것에는 설명까지 보여 줘요. 모두 통과했는지 돌려줘요.

    `only`를 주면 그 실습 하나만 확인해요.
    """
    from rich.text import Text

    console.print(f"\n[bold]{path.stem}[/]")

    def show(result: Report) -> None:
        line = Text.from_markup(f"  {MARKS.get(result.verdict, '[red]✘[/]')} ")
        score = f"  {number(result.earned)}/{number(result.points)}점" if result.points else ""
        console.print(line.append(result.name, "bold").append(f"  {result.title}{score}", "dim"))
        if result.verdict not in (PASSED, UNTOUCHED):
            for sentence in result.message.splitlines():
                console.print("      " + sentence, markup=False, highlight=False)

    try:
        results = check_notebook(path, show, only) if only else progress.check_cached(path, show)
    except NotebookError as error:
        console.print(f"  {error}", markup=False)
        return False
    done = sum(result.verdict == PASSED for result in results)
    if only:
        return done == len(results)
    left = [result.name for result in results if result.verdict != PASSED]
    following = f" 다음은 `{left[0]}`예요." if left else ""
    console.print(f"  {len(results)}개 가운데 {done}개를 통과했어요.{following}", highlight=False)
    return done == len(results)


def _watch(paths: list[Path], console: Console, only: str | None = None) -> int:
    """노트북이 저장될 때마다 다시 확인해요."""
    from watchfiles import watch as changes

    wanted = {path.resolve(): path for path in paths}
    console.print("\n[dim]저장할 때마다 다시 확인해요. 끝내려면 Ctrl+C를 눌러요.[/]")
    try:
        for batch in changes(*{path.parent for path in paths}, recursive=False):
            changed = {Path(name).resolve() for _, name in batch} & set(wanted)
            for path in sorted(changed):
                if path.exists():
                    _check_one(wanted[path], console, only)
    except KeyboardInterrupt:
        console.print("그만 볼게요.")
    return 0
