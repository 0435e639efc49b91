"""강사의 명령: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.practice import own_classroom, refuse_real
from autograder.console import typed


def register(app: typer.Typer) -> None:
    """연습하고 한 주를 잇는 명령을 `app`에 더해요."""
    app.command("simulate")(simulate)


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
