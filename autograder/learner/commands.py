"""배우는 사람의 명령: JupyterLab, 확인, 진도, 힌트, 되돌리기, 옮기기, 내기."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.console import make_console
from autograder.errors import CourseError
from autograder.learner import notebooks, progress
from autograder.learner.choosing import all_places, one_exercise, one_lesson, own_file
from autograder.learner.hints import hints_for, plain_text
from autograder.learner.lab import lab
from autograder.learner.report import Report
from autograder.learner.reset import reset_exercise
from autograder.learner.saved_check import check_notebook
from autograder.learner.screen import PASSED, UNTOUCHED, report_line, show_hint
from autograder.learner.status import broken_step, status
from autograder.learner.study import outdated, shown
from autograder.learner.submit import submit
from autograder.notebooks.reading import NotebookError

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """학습자 명령들을 `app`에 더해요."""
    app.command("lab")(lab)
    app.command("check")(check)
    app.command("status")(status)
    app.command("hint")(hint)
    app.command("reset")(reset)
    app.command("submit")(submit)
    app.command("update")(update)


def check(
    lesson: Annotated[
        str | None,
        typer.Argument(
            metavar="레슨이나 실습", help="레슨의 번호나 이름(5), 또는 실습의 이름(softmax). 적지 않으면 모두예요."
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="실습 하나에 머물며 저장할 때마다 다시 확인하고, 통과하면 다음 실습으로 가요. q로 끝내요."
        ),
    ] = False,
) -> int:
    """저장된 노트북의 실습을 터미널에서 확인해요."""
    console = make_console()
    places = all_places()
    only = lesson if lesson in notebooks.exercise_names() else None
    if watch:
        from autograder.learner.watch import watch as stay

        first = one_exercise(only).stem if only else one_lesson(lesson) if lesson else progress.first_unfinished(places)
        return stay(console, first, only)
    if lesson is None:
        paths = list(places.values())
    else:
        paths = [one_exercise(only) if only else own_file(lesson) or places[one_lesson(lesson)]]
    passed = [_check_one(path, console, only) for path in paths]
    if late := [path.stem for path in paths if path.stem in outdated()]:
        print(f"\n새로워진 레슨이에요: {', '.join(late)}. `python3 course.py update`가 답을 그대로 옮겨 줘요.")
    return 0 if all(passed) else 1


def hint(
    exercise: Annotated[str, typer.Argument(metavar="실습", help="실습의 이름(함수 이름).")],
    again: Annotated[bool, typer.Option("--again", help="첫 힌트부터 다시 봐요.")] = False,
) -> int:
    """실습의 다음 힌트를 하나 보여 줘요."""
    available = hints_for(one_exercise(exercise), exercise)
    if not available:
        raise CourseError(f"`{exercise}`에는 힌트가 없어요. 레슨의 설명을 다시 읽어 봐요.")
    number = progress.next_hint(exercise, len(available), again)
    title, body = available[number]
    console = make_console()
    show_hint(console, title, plain_text(body))
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

    path = one_exercise(exercise)
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
    print(f"`{exercise}` 셀을 되돌렸어요. 앞서 쓴 노트북은 {shown(backup)}에 있어요.")
    print("JupyterLab에서 이 노트북이 열려 있다면 파일 메뉴의 '디스크에서 노트북 다시 불러오기'를 눌러요.")
    return 0


def update() -> int:
    """레슨이 새로워졌으면, 쓴 답과 더한 셀을 새 노트북으로 옮겨요. 옛 노트북도 남겨 둬요."""
    from autograder.learner.update import update_lesson

    places = all_places()
    waiting = outdated()
    if not waiting:
        print("모든 레슨이 이미 새것이에요.")
        return 0
    failed = False
    for lesson in waiting:
        try:
            moved, backup = update_lesson(lesson)
        except NotebookError as error:
            failed = True
            print(f"{lesson}: {error} 이 레슨은 그대로 두었어요. {broken_step(places[lesson])}")
            continue
        print(f"{lesson}: 새 레슨으로 옮겼어요.")
        for line in moved.lines():
            print(f"  {line}")
        print(f"  옛 노트북: {shown(backup)}", flush=True)
    print("JupyterLab에서 열려 있는 노트북은 파일 메뉴의 '디스크에서 노트북 다시 불러오기'를 눌러요.")
    return 1 if failed else 0


def _check_one(path: Path, console: Console, only: str | None = None) -> bool:
    """노트북 하나를 확인하며 실습마다 한 줄씩, 고칠 것에는 설명까지 보여 줘요. 모두 통과했는지 돌려줘요.

    `only`를 주면 그 실습 하나만 확인해요.
    """
    console.print(f"\n[bold]{path.stem}[/]")

    def show(result: Report) -> None:
        console.print(report_line(result))
        if result.verdict not in (PASSED, UNTOUCHED):
            for sentence in result.message.splitlines():
                console.print("      " + sentence, markup=False, highlight=False)

    try:
        results = check_notebook(path, show, only) if only else progress.check_cached(path, show)
    except NotebookError as error:
        console.print(f"  {error} {broken_step(path)}", markup=False)
        return False
    done = sum(result.verdict == PASSED for result in results)
    if only:
        return done == len(results)
    left = [result.name for result in results if result.verdict != PASSED]
    following = f" 다음은 `{left[0]}`예요." if left else ""
    console.print(f"  {len(results)}개 가운데 {done}개를 통과했어요.{following}", highlight=False)
    return done == len(results)
