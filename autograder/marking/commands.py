"""강사의 명령: mark."""

from __future__ import annotations

import getpass
import sys
import webbrowser
from typing import Annotated

import typer

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption, lesson_id
from autograder.errors import CourseError


def register(app: typer.Typer) -> None:
    """서술형을 채점하는 명령을 `app`에 더해요."""
    app.command("mark")(mark)


def mark(
    lesson: Annotated[
        str | None, typer.Argument(metavar="LESSON", help="바로 열 레슨이에요. 5나 05_attention_math처럼 적어요.")
    ] = None,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="쓸 포트. 이미 쓰고 있으면 다음 빈 포트를 찾아요.")
    ] = 8700,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="브라우저를 열지 않고 주소만 보여 줘요.")] = False,
) -> int:
    """서술형을 한 화면에서 채점해요. 점수와 의견은 성적부에 바로 적혀요."""
    if sys.platform == "win32":
        raise CourseError("윈도우에서는 채점할 수 없어요. WSL2(우분투)를 설치하고 그 안에서 같은 명령을 실행해 주세요.")
    chosen = lesson_id(lesson) if lesson else ""
    from autograder.marking.desk import Desk
    from autograder.marking.server import serve

    def ready(found: int, token: str) -> None:
        if found != port:
            print(f"{port}번 포트를 이미 쓰고 있어서 {found}번으로 열어요.")
        url = f"http://localhost:{found}/?token={token}" + (f"#{chosen}" if chosen else "")
        print(f"\n  {url}\n\n점수는 누를 때마다 저장돼요. 끝낼 때는 이 창에서 Ctrl+C를 눌러요.", flush=True)
        if not no_browser and not webbrowser.open(url):
            print("브라우저를 열지 못했어요. 위의 주소를 복사해서 열어 주세요.", flush=True)

    trouble = serve(lambda: Desk(Classroom(classroom), _grader()), port, ready)
    if trouble:
        raise CourseError(f"{trouble} 그다음 `python3 course.py grade`를 실행하면 다시 써요.")
    print("\n채점 화면을 닫았어요. 준 점수는 성적부, 피드백, 점수표에 모두 들어 있어요.")
    return 0


def _grader() -> str:
    """점수를 준 사람으로 적을 이름. 알 수 없으면 비지 않은 아무 이름이에요."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "강사"
