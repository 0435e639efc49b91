"""코스를 만드는 명령: build, release, bench grade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.lesson_source import lesson_path, sources
from autograder.errors import CourseError
from autograder.files import write_json
from autograder.layout import STUDY
from autograder.notebooks.work import keep, worked_on
from reference.tools.commands import bench


class StaleLessonsError(CourseError):
    """`course build --check`: lessons/가 원본과 달라요."""

    exit_code = 1


def register(app: typer.Typer) -> None:
    """코스를 만드는 명령들을 `app`에 더해요."""
    app.command("build")(build)
    app.command("release")(release)
    # 재는 명령은 한 이름 아래 모여요: `course bench train`, `course bench grade`.
    bench.command("grade")(bench_grade)


def build(
    check: Annotated[bool, typer.Option("--check", help="쓰지 않고, lessons/가 원본과 같은지만 확인해요.")] = False,
) -> None:
    """원본(solutions/)에서 풀이 노트북과 배포 노트북을 만들어요."""
    from autograder.authoring import build as notebooks

    if check:
        stale = notebooks.check_lessons()
        if stale:
            raise StaleLessonsError(
                f"원본과 다른 레슨이 있어요: {', '.join(stale)}. `python3 course.py build`로 다시 만들어 주세요."
            )
        print("lessons/의 모든 노트북이 원본과 같아요.")
        return
    for lesson in sources():
        path = lesson_path(lesson)
        if path.exists() and worked_on(path.read_bytes()):
            print(
                f"lessons/의 {lesson}에 푼 것이 있어서 {keep(path, 'build', STUDY / lesson / 'backup')}에 남겨 두었어요."
            )
    for path in notebooks.build_lessons():
        print(path)


def release(
    bundle: Annotated[Path, typer.Option("--bundle", help="만들 압축 파일(.zip)이에요.")],
) -> None:
    """학습자에게 줄 묶음을 만들어요. 풀이, 기준 구현, 숨은 사례는 들어가지 않아요."""
    from autograder.authoring.bundle import write_bundle

    count = write_bundle(bundle)
    print(f"{bundle}에 파일 {count}개를 담았어요. 풀어서 `python3 course.py lab`으로 시작해요.")


def bench_grade(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="결과를 이 파일에 JSON으로 적어요.")
    ] = None,
    students: Annotated[int, typer.Option("--students", help="함께 채점할 제출물의 수예요.")] = 20,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="번갈아 재는 횟수예요.")] = 3,
) -> None:
    """제출물 하나를 더 채점하는 데 드는 CPU 시간을 nbgrader 그대로의 방식과 견줘요."""
    from autograder.authoring.grading_cost import bench_grade as measure

    found = measure(students, rounds)
    theirs, mine = found.stock.per_submission, found.ours.per_submission
    print(f"중앙값: nbgrader {theirs:.3f} CPU초, 우리 {mine:.4f} CPU초, {found.ratio:.1f}배 적게 들어요.")
    if json_file is not None:
        write_json(json_file, found.to_dict())
