"""강사의 명령: grade."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom.afterwards import marks_changed
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption, chosen_class, lesson_id
from autograder.console import typed
from autograder.errors import CourseError
from autograder.files import write_json

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.classroom.grade_class import ClassResult

# 결과 표의 머리글에 쓰는 판정의 짧은 이름
_SHORT = {
    "pass": "통과",
    "partial": "일부",
    "fail": "다시",
    "error": "오류",
    "timeout": "시간",
    "refused": "거절",
    "missing": "빈칸",
}


class GradingStopped(CourseError):
    """강사가 Ctrl+C로 채점을 멈췄어요."""

    exit_code = 130


def register(app: typer.Typer) -> None:
    """채점하는 명령을 `app`에 더해요."""
    app.command("grade")(grade)


def grade(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="제출물 폴더예요: DIR/<학생>/<레슨>/<레슨>.ipynb. 없으면 학급 폴더의 submitted/를 써요."
        ),
    ] = None,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    lesson: Annotated[
        str | None, typer.Option("--lesson", help="이 레슨만 채점해요. 5나 05_attention_math처럼 적어요.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="함께 채점할 제출물의 수예요. 없으면 코어 수보다 하나 많아요.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="판정을 이 파일에 JSON으로 적어요.")
    ] = None,
    unsafe: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="모래상자 없이 채점해요. 믿는 코드에만 쓰세요.")
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="dask 스케줄러의 컴퓨터들에 나눠 채점해요. local이면 이 컴퓨터에 띄워 봐요.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="채점만 해 보고 달라질 점수의 목록을 만들어요. 아무것도 덮어쓰지 않아요.")
    ] = False,
) -> int:
    """제출물을 채점해서 성적부, 피드백, 점수표를 만들어요."""
    if sys.platform == "win32":
        raise CourseError("윈도우에서는 채점할 수 없어요. WSL2(우분투)를 설치하고 그 안에서 같은 명령을 실행해 주세요.")
    if dask and unsafe:
        raise CourseError("`--dask`는 모래상자 없이 쓸 수 없어요. 둘 가운데 하나만 적어 주세요.")
    from autograder.classroom.grade_class import grade_class
    from autograder.classroom.practice import room_for
    from autograder.classroom.progress import GradingProgress

    if directory is not None and directory.is_file():
        raise CourseError(
            f"{typed(directory)}에 있는 것은 폴더가 아니에요. 받은 파일은 먼저 모아 주세요: "
            f"`python3 course.py collect {typed(directory)}{chosen_class(classroom)}`"
        )
    if directory is not None and not directory.is_dir():
        raise CourseError(f"{directory} 폴더가 없어요. 제출물이 있는 폴더를 적어 주세요.")
    room = room_for(directory, classroom, begin=not dry_run)
    with GradingProgress() as progress:
        try:
            graded = grade_class(
                room,
                directory,
                lesson_id(lesson) if lesson else None,
                jobs,
                unsafe,
                progress.start,
                progress.step,
                dask=dask,
                dry_run=dry_run,
            )
        except KeyboardInterrupt:
            kept = "" if dry_run else "끝난 제출물은 저장했으니, 같은 명령을 다시 하면 나머지만 채점해요."
            raise GradingStopped(f"멈췄어요. {kept}".strip()) from None
    if json_file is not None:
        write_json(json_file, [mark.to_dict() for result in graded.results for mark in result.marks])
    _summarize(room, graded, unsafe, dry_run)
    if graded.results and not dry_run:
        for page in marks_changed(room):
            print(f"보고서 {page}")
    return 1 if graded.unreadable or graded.ungraded else 0


def _summarize(classroom: Classroom, graded: ClassResult, unsafe: bool, dry_run: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from autograder.classroom.feedback import points
    from autograder.classroom.gradebook_troubles import shown

    console = Console()
    table = Table(box=box.SIMPLE_HEAD, title="채점 결과: 레슨마다 실습의 판정", title_justify="left")
    table.add_column("레슨", no_wrap=True)
    for head in ("제출", "평균", *_SHORT.values()):
        table.add_column(head, justify="right", no_wrap=True)
    for lesson in sorted({result.lesson for result in graded.results}):
        results = [result for result in graded.results if result.lesson == lesson]
        counts = Counter(mark.verdict for result in results for mark in result.marks)
        average = f"{sum(result.score for result in results) / len(results):.1f}/{points(results[0].max_score)}"
        table.add_row(lesson[:2], str(len(results)), average, *(str(counts[verdict] or "") for verdict in _SHORT))
    console.print(table)
    fresh = len(graded.results) - graded.kept
    print(
        f"제출물 {len(graded.results)}개: 새로 채점 {fresh}개, 바뀌지 않아 그대로 둔 것 {graded.kept}개 · 시드 {classroom.seed()}"
    )
    if not dry_run:
        print(
            f"성적부 {shown(classroom.db_url())} · 피드백 {classroom.path / 'feedback'} · 점수표 {classroom.marks_csv}"
        )
    if classroom.is_practice:
        print(f"연습 학급이에요. 점수는 모두 {typed(classroom.path)}에만 적었어요.")
    print(f"모래상자: {_tiers(graded.results)}")
    _show_changes(console, graded, dry_run)
    if unsafe:
        print("주의: 모래상자 없이 채점했어요. 모든 결과에 그렇게 적어 두었어요.")
    for result in graded.results:
        for problem in result.problems:
            print(f"  {result.student} / {result.lesson}: {problem}")
    if graded.unreadable:
        print(
            f"읽지 못한 제출물이 {len(graded.unreadable)}개 있어요. 원본은 그대로 두었고 0점으로 적었어요. 다시 받은 뒤 같은 명령을 실행해 주세요."
        )
    if graded.ungraded:
        print(f"채점하지 못한 제출물이 {len(graded.ungraded)}개 있어요. 학습자의 잘못이 아니라서 점수를 적지 않았어요.")
        for one in graded.ungraded:
            print(f"  {one.student} / {one.lesson}: {one.why}")
        print(
            "같은 명령을 다시 실행하면 이것들만 다시 채점해요. 되풀이되면 `python3 course.py doctor`를 실행해 주세요."
        )


def _show_changes(console: Console, graded: ClassResult, dry_run: bool) -> None:
    from autograder.classroom.changes import SHOWN_ROWS, changes_table

    if graded.listed is None:
        if dry_run:
            print("미리 보니 달라질 점수가 없어요.")
        return
    console.print(changes_table(graded.changes, dry_run))
    if len(graded.changes) > SHOWN_ROWS:
        print(f"  … 그 밖에 {len(graded.changes) - SHOWN_ROWS}개가 더 있어요.")
    print(f"목록 {graded.listed} · {graded.listed.with_suffix('.html')}")
    if dry_run:
        print("미리 본 것이라 아무것도 바꾸지 않았어요. `--dry-run` 없이 채점하면 이대로 바뀌어요.")


def _tiers(results: Sequence[StoredResult]) -> str:
    return ", ".join(sorted({result.tier for result in results}))
