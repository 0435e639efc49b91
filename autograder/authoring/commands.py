"""코스를 만드는 명령: build, release, bench grade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.lesson_source import lesson_path, sources
from autograder.errors import CourseError
from autograder.files import write_json
from autograder.layout import BUILD, ROOT, STUDY
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
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="만들 압축 파일(.zip)이에요. 적지 않으면 build/에 만들어요."),
    ] = None,
    lesson: Annotated[
        str | None, typer.Option("--lesson", help="담을 레슨: 5, 1-3, 1,2,5. 적지 않으면 모두예요.")
    ] = None,
    solutions: Annotated[
        str | None,
        typer.Option(
            "--solutions", metavar="LESSON", help="묶음 대신, 마감 뒤에 나눠 줄 이 레슨들의 풀이 노트북을 만들어요."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="풀이를 만들 폴더나 .zip이에요. 적지 않으면 build/에 만들어요.")
    ] = None,
) -> None:
    """학습자에게 줄 묶음을 만들어요. 풀이, 기준 구현, 숨은 사례는 들어가지 않아요."""
    from autograder.authoring.bundle import chosen_lessons, spoken, write_bundle
    from autograder.authoring.solved_notebooks import write_solutions

    if solutions is not None and (bundle is not None or lesson is not None):
        raise CourseError("묶음(--bundle, --lesson)과 풀이(--solutions)는 한 번에 하나씩 만들어요.")
    if solutions is None and out is not None:
        raise CourseError("--out은 풀이를 만들 때 써요. 묶음의 자리는 --bundle에 적어 주세요.")
    lessons = chosen_lessons(lesson if solutions is None else solutions)
    if solutions is not None:
        place = out or BUILD / f"transformer-solutions-{spoken(lessons)}.zip"
        write_solutions(place, lessons)
        print(
            f"{place}에 레슨 {spoken(lessons)}의 풀이 노트북을 만들었어요. 출력은 비어 있고, 열어서 모두 실행하면 나와요."
        )
        return
    name = "transformer-study" if lesson is None else f"transformer-study-{spoken(lessons)}"
    path = bundle or BUILD / f"{name}.zip"
    count = write_bundle(path, lessons)
    print(
        f"{_shown(path)}에 레슨 {spoken(lessons)}, 파일 {count}개를 담았어요. 풀어서 `python3 course.py lab`으로 시작해요."
    )


def _shown(path: Path) -> Path:
    """저장소 안이면 저장소에서 본 경로."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


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
