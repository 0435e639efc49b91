"""강사의 명령: simulate, grade-pull-request."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.practice import own_classroom, refuse_real
from autograder.console import typed


def register(app: typer.Typer) -> None:
    """연습하고 한 주를 잇는 명령을 `app`에 더해요."""
    app.command("simulate")(simulate)
    # 사람이 아니라 풀리퀘스트의 작업이 쳐요.
    app.command("grade-pull-request", hidden=True)(grade_pull_request)


def simulate(
    students: Annotated[int, typer.Option("--students", help="학생 수예요.")],
    out: Annotated[Path, typer.Option("--out", help="만들 폴더예요. 비어 있거나 없어야 해요.")],
    seed: Annotated[int, typer.Option("--seed", help="같은 시드면 같은 학급이에요.")] = 0,
) -> None:
    """정답과 알려진 실수로 가상 학급을 만들고, 기대 점수를 expected.json에 적어요."""
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
