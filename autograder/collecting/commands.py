"""강사의 명령: collect, due."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption, lesson_id
from autograder.errors import CourseError


def register(app: typer.Typer) -> None:
    """모으는 명령을 `app`에 더해요."""
    app.command("collect")(collect)
    app.command("due")(due)


def collect(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="ZIP...", help="LMS에서 내려받은 압축 파일이에요. 푼 폴더나 노트북 하나도 돼요."),
    ],
    lesson: Annotated[
        str | None, typer.Option("--lesson", help="이 레슨만 모아요. 5나 05_attention_math처럼 적어요.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option("--due", metavar="때", help='그 레슨의 마감이에요: "2026-12-01 18:00"')
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option("--roster", metavar="CSV", help="명단이에요(학번, 이름, 분반, 이메일). 학급 폴더에 담아 둬요."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            metavar="모양",
            help="압축 파일의 모양이에요: moodle, canvas, google, blackboard, folders, files",
        ),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option("--student", metavar="학번", help="모두 이 사람의 것이에요. 노트북 하나를 넣을 때 써요."),
    ] = None,
    by_name: Annotated[
        bool, typer.Option("--by-name", help="명단 없이, Moodle의 레슨들을 이름으로 이어요. 학급이 기억해요.")
    ] = False,
    strangers: Annotated[bool, typer.Option("--strangers", help="명단의 누구와도 이어지지 않아도 넣어요.")] = False,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
) -> None:
    """LMS의 압축 파일이나 폴더를 학급 폴더의 submitted/에 넣어요."""
    _refuse_windows()
    from autograder.classroom.deadlines import parse_local
    from autograder.collecting.collect import collect as collect_all
    from autograder.collecting.summary import summary

    room = Classroom(classroom)
    collected = collect_all(
        sources,
        room,
        lesson=lesson_id(lesson) if lesson else None,
        layout=layout,
        student=student,
        roster=roster,
        due=parse_local(deadline) if deadline else None,
        by_name=by_name,
        strangers=strangers,
    )
    for line in summary(collected, classroom):
        print(line)
    if not collected.taken and not collected.same:
        raise CourseError("넣을 제출물을 찾지 못했어요. 위의 까닭을 보고 다시 받아 주세요.")
    where = "" if classroom == DEFAULT_CLASSROOM else f" --classroom {classroom}"
    print(f"다음은 채점이에요: `python3 course.py grade{where}`")


def due(
    lesson: Annotated[str | None, typer.Argument(metavar="[레슨]", help="레슨의 번호나 이름이에요.")] = None,
    when: Annotated[
        str | None,
        typer.Argument(metavar="[때]", help='마감이에요: "2026-12-01 18:00". 날짜만 적으면 그날의 끝이에요.'),
    ] = None,
    student: Annotated[str | None, typer.Option("--student", metavar="학번", help="이 사람의 마감만 늦춰요.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="때", help="그 사람이 낼 수 있는 마지막 때예요.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="마감(--student와 함께면 그 사람의 연장)을 없애요.")] = False,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
) -> None:
    """마감과 연장을 정하거나 보여 줘요. 다음 채점에서 nbgrader의 감점 규칙에 쓰여요."""
    from autograder.classroom.deadlines import SHOWN, parse_local, read_deadlines, set_due, set_extension

    room, where = Classroom(classroom), "" if classroom == DEFAULT_CLASSROOM else f" --classroom {classroom}"
    if (student is None) != (until is None) and not (clear and student):
        raise CourseError('연장은 사람과 때를 함께 적어 주세요: `--student 20260001 --until "2026-12-08 18:00"`')
    if lesson is not None and (when or until or clear):
        name = lesson_id(lesson)
        if when:
            set_due(room, name, parse_local(when))
        if student is not None:
            set_extension(room, name, student, parse_local(until) if until else None)
        elif clear:
            set_due(room, name, None)
    elif when or until or clear:
        raise CourseError('어느 레슨의 마감인지 적어 주세요: `python3 course.py due 5 "2026-12-01 18:00"`')
    deadlines = {name: one for name, one in read_deadlines(room).items() if lesson is None or name == lesson_id(lesson)}
    shown = {name: one for name, one in sorted(deadlines.items()) if one.due is not None}
    for name, one in shown.items():
        print(f"{name}: {one.due:{SHOWN}}까지")
        for who, last in sorted(one.extensions.items()):
            print(f"  {who}: {last:{SHOWN}}까지 연장")
    if not shown:
        print('정한 마감이 없어요. `python3 course.py due 5 "2026-12-01 18:00"`처럼 정해요.')
    if when or until or clear:
        print(f"이미 채점한 것의 감점은 `python3 course.py grade{where}`를 다시 하면 바뀌어요.")


def _refuse_windows() -> None:
    if sys.platform == "win32":
        raise CourseError("윈도우에서는 모을 수 없어요. WSL2(우분투)를 설치하고 그 안에서 같은 명령을 실행해 주세요.")
