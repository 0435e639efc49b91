"""강사의 명령: simulate, week, grade-pull-request."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption, lesson_id
from autograder.classroom.practice import own_classroom, refuse_real
from autograder.console import typed
from autograder.errors import CourseError
from autograder.layout import BUILD

if TYPE_CHECKING:
    from autograder.teaching.week import Week

NoBrowser = Annotated[bool, typer.Option("--no-browser", help="브라우저를 열지 않아요.")]


def register(app: typer.Typer) -> None:
    """연습하고 한 주를 잇는 명령을 `app`에 더해요."""
    app.command("simulate")(simulate)
    app.command("week")(week)
    # 사람이 아니라 풀리퀘스트의 작업이 쳐요.
    app.command("grade-pull-request", hidden=True)(grade_pull_request)


def simulate(
    students: Annotated[
        int | None, typer.Option("--students", help="학생 수예요. 연습에서는 적지 않으면 12명이에요.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="만들 폴더예요. 비어 있거나 없어야 해요. 연습에서는 적지 않아도 돼요.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="같은 시드면 같은 학급이에요.")] = 0,
    practice: Annotated[
        bool, typer.Option("--practice", help="받은 것 같은 압축 파일을 만들어 모으기부터 채점까지 연습해요.")
    ] = False,
    lesson: Annotated[str, typer.Option("--lesson", help="연습할 레슨이에요.")] = "5",
    no_browser: NoBrowser = False,
) -> int:
    """가상 학급을 만들어요. --practice면 강사의 한 주를 통째로 연습해요."""
    if practice:
        return _rehearse(
            out or BUILD / "practice", 12 if students is None else students, lesson_id(lesson), seed, no_browser
        )
    if students is None or out is None:
        raise CourseError(
            "학생 수와 만들 폴더를 적어 주세요: `python3 course.py simulate --students 30 --out build/class`. "
            "한 주를 연습하려면 `python3 course.py simulate --practice`예요."
        )
    from autograder.authoring.simulated_class import simulate as make

    refuse_real(out)
    made = make(students, out, seed)
    print(
        f"{out}에 학생 {made.students}명의 제출물 {made.submissions}개를 만들었어요. 알려진 실수 {made.mistakes}개가 들어 있어요."
    )
    if made.left_out:
        print(
            f"학생이 모자라 넣지 못한 실수가 {len(made.left_out)}개 있어요. 학생이 {made.needed}명이면 모두 들어가요: "
            f"--students {made.needed}"
        )
    room = typed(own_classroom(out))
    print("다음에 칠 명령이에요. 실제 학급(classroom/)은 그대로예요.")
    print(f"  python3 course.py grade {typed(out)} --classroom {room}")
    print(f"  python3 course.py report --classroom {room}")
    return 0


def _rehearse(folder: Path, students: int, lesson: str, seed: int, no_browser: bool) -> int:
    """예행연습. 점수가 하나라도 예상과 다르거나 하지 못한 것이 있으면 1이에요."""
    _only_where_graded()
    from autograder.teaching.rehearsal import differences, prepare
    from autograder.teaching.week import run_week

    made = prepare(folder, students, lesson, seed)
    room, number = typed(made.classroom.path), int(lesson[:2])
    print(f"{room}에 연습 학급을 만들었어요: 명단 {students}명, LMS에서 받은 것 같은 {made.archive.name}")
    week = run_week(made.classroom, lesson, [made.archive], made.due)
    _tell(week, no_browser)
    wrong = differences(made)
    if wrong:
        print(f"예상과 다른 점수가 {len(wrong)}개 있어요. 코스를 만든 사람에게 알려 주세요.")
        for line in wrong[:20]:
            print(f"  {line}")
    else:
        print("모든 점수가 예상과 같아요.")
    print(
        "이 폴더는 실제 학급에도 저장소에도 들어가지 않고, 다시 연습하면 새로 만들어져요. 한 단계씩 해 보려면 이렇게 쳐요."
    )
    print(f"  python3 course.py week {number} {typed(made.archive)} --classroom {room}")
    print(f"  python3 course.py mark {number} --classroom {room}        서술형을 한 화면에서")
    print(f"  python3 course.py lab --classroom {room}           JupyterLab의 formgrader에서")
    print(f"  python3 course.py report --classroom {room}        보고서만 다시")
    return 1 if wrong or week.troubles else 0


def week(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="레슨이에요. 5나 05_attention_math처럼 적어요.")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="ZIP", help="LMS에서 받은 압축 파일이나 폴더예요. 없으면 이미 모은 것으로 해요."),
    ] = None,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    due: Annotated[str | None, typer.Option("--due", help='레슨의 마감이에요: "2026-12-01 18:00"')] = None,
    layout: Annotated[str | None, typer.Option("--layout", help="압축 파일의 모양을 정해요(collect와 같아요).")] = None,
    student: Annotated[str | None, typer.Option("--student", help="모두 이 사람의 것이에요(collect와 같아요).")] = None,
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="CSV", help="명단이에요. 학급 폴더에 남아 다음에도 써요.")
    ] = None,
    by_name: Annotated[
        bool, typer.Option("--by-name", help="명단 없이, Moodle의 레슨들을 이름으로 이어요(collect와 같아요).")
    ] = False,
    strangers: Annotated[bool, typer.Option("--strangers", help="명단의 누구와도 이어지지 않아도 넣어요.")] = False,
    no_browser: NoBrowser = False,
) -> int:
    """모으고, 채점하고, 다음 수업을 시작할 한 쪽을 만들어요."""
    _only_where_graded()
    chosen = lesson_id(lesson)
    from autograder.classroom.deadlines import parse_local
    from autograder.teaching.week import run_week

    until = parse_local(due) if due else None
    room = Classroom(classroom)
    options: dict[str, Any] = {
        "layout": layout,
        "student": student,
        "roster": roster,
        "by_name": by_name,
        "strangers": strangers,
    }
    found = run_week(room, chosen, sources or (), until, **options)
    _tell(found, no_browser)
    return 1 if found.troubles else 0


def _only_where_graded() -> None:
    if sys.platform == "win32":
        raise CourseError("윈도우에서는 채점할 수 없어요. WSL2(우분투)를 설치하고 그 안에서 같은 명령을 실행해 주세요.")


def _tell(week: Week, no_browser: bool) -> None:
    """한 주의 짧은 요약과, 마지막 쪽."""
    from autograder.teaching.week import next_steps

    found, graded = week.opening, week.graded
    if graded is not None:
        print(
            f"제출물 {len(graded.results)}개: 새로 채점 {len(graded.results) - graded.kept}개, 그대로 둔 것 {graded.kept}개"
        )
    if found is not None:
        of = f" (명단 {found.everyone}명)" if found.everyone is not None else ""
        print(f"레슨 {found.number}. {found.title}")
        print(
            f"  냄 {found.handed_in}명{of} · 내지 않음 {len(found.missing)}명 · 다른 레슨 {len(found.wrong)}명 · 늦음 {len(found.late)}명"
        )
        print(
            f"  읽지 못함 {len(found.unreadable)}개 · 서술형이 남은 것 {found.waiting}개 · 달라진 점수 {len(found.changes)}개"
        )
        for topic in found.topics:
            print(f"  오해 {topic.cause.count}명: {topic.cause.exercise_title} - {topic.cause.title}")
        for what, command in next_steps(week):
            print(f"  {what}: {command}")
    for doing, why in week.troubles:
        print(f"하지 못함: {doing} - {why}")
    if week.page is not None:
        print(f"다음 수업의 쪽: {week.page}")
        if not no_browser and not webbrowser.open(week.page.as_uri()):
            print("브라우저를 열지 못했어요. 위의 파일을 브라우저에서 열어 주세요.")


def grade_pull_request(
    base: Annotated[str, typer.Option("--base", help="합쳐질 쪽의 커밋이에요.")],
    head: Annotated[str, typer.Option("--head", help="낸 쪽의 커밋이에요.")],
    student: Annotated[str, typer.Option("--student", help="낸 사람의 이름이에요.")],
    summary: Annotated[Path, typer.Option("--summary", metavar="FILE", help="요약(마크다운)을 덧붙일 파일이에요.")],
    seed: Annotated[
        str, typer.Option("--seed", envvar="COURSE_SEED", help="반의 시드예요. 비어 있으면 이번에만 쓸 것을 뽑아요.")
    ] = "",
) -> int:
    """풀리퀘스트가 고친 노트북을 채점하고 요약을 써요. 풀리퀘스트의 코드는 모래상자에서만 돌아요."""
    from autograder.grading.messages import Graded
    from autograder.sandbox import SandboxRefused
    from autograder.teaching import pull_request

    fixed = pull_request.seed_of(seed)
    changed = pull_request.changed_notebooks(Path(), base, head)
    try:
        drawn = secrets.randbelow(2**53) if fixed is None else fixed
        outcomes = pull_request.grade_notebooks(student, changed.notebooks, drawn)
    except SandboxRefused:
        _append(summary, "안전한 모래상자를 만들 수 없어서 채점하지 않았어요. 강사에게 이 작업의 기록을 보여 주세요.\n")
        raise
    _append(summary, pull_request.summary(student, outcomes, changed.skipped, fixed is not None))
    # 기록에는 낸 사람의 글을 찍지 않아요. `::`로 시작하는 줄은 작업에 내리는 명령이 돼요.
    graded = [outcome for outcome in outcomes if isinstance(outcome, Graded) and outcome.readable]
    print(
        f"노트북 {len(graded)}개를 채점했어요. 채점하지 못한 것은 {len(outcomes) - len(graded) + len(changed.skipped)}개예요."
    )
    return 0 if len(graded) == len(outcomes) and not changed.skipped else 1


def _append(path: Path, text: str) -> None:
    """앞에 적힌 것을 남기고 덧붙여요."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
