"""강사의 명령: grade, collect, export-marks, report."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom.collect import collect as collect_archive
from autograder.classroom.folder import Classroom, StoredResult
from autograder.errors import CourseError
from autograder.exercises import LESSONS
from autograder.files import write_json

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.classroom.grade_class import ClassResult

ClassroomOption = Annotated[
    Path, typer.Option("--classroom", help="학급 폴더예요. 성적부, 피드백, 시드가 여기 살아요.")
]
DEFAULT_CLASSROOM = Path("classroom")

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
    """강사의 명령을 `app`에 더해요."""
    app.command("grade")(grade)
    app.command("collect")(collect)
    app.command("export-marks")(export_marks)
    app.command("report")(report)


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
    from autograder.classroom.progress import GradingProgress

    if directory is not None and not directory.is_dir():
        raise CourseError(f"{directory} 폴더가 없어요. 제출물이 있는 폴더를 적어 주세요.")
    room = Classroom(classroom)
    with GradingProgress() as progress:
        try:
            graded = grade_class(
                room,
                directory,
                _lesson(lesson),
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
    return 1 if graded.unreadable or graded.ungraded else 0


def collect(
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="LMS에서 내려받은 압축 파일이에요.")],
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
) -> None:
    """Moodle, Canvas 등의 압축 파일을 학급 폴더의 submitted/에 넣어요."""
    taken = collect_archive(archive, Classroom(classroom))
    print(
        f"제출물 {len(taken.taken)}개를 {classroom / 'submitted'}에 넣었어요. 이미 있던 것과 같은 것은 {taken.same}개예요."
    )
    if taken.replaced:
        print(f"새 제출로 바뀐 옛 파일 {len(taken.replaced)}개는 {classroom / 'replaced'}에 옮겨 두었어요.")
    for name, why in taken.skipped:
        print(f"  넣지 않음: {name} - {why}")
    if not taken.taken and not taken.same:
        raise CourseError("압축 파일에서 노트북을 찾지 못했어요. 위의 까닭을 확인해 주세요.")


def export_marks(
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    out: Annotated[
        Path | None, typer.Option("--out", help="쓸 CSV 파일이에요. 없으면 학급 폴더의 marks.csv예요.")
    ] = None,
    detail: Annotated[bool, typer.Option("--detail", help="레슨별 합계 대신 실습별 점수를 적어요.")] = False,
) -> None:
    """점수표를 엑셀에서 바로 열리는 CSV로 내보내요. 손으로 준 점수도 담겨요."""
    from autograder.classroom.marks_table import export

    path, students = export(Classroom(classroom), out, detail)
    print(f"학생 {students}명의 점수를 {path}에 적었어요.")


def report(
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="report.html을 쓸 폴더예요. 없으면 학급 폴더예요.")
    ] = None,
) -> None:
    """점수, 진도, 실습마다의 오해를 한 쪽의 HTML로 만들어요."""
    from autograder.classroom.report import write_report

    print(write_report(Classroom(classroom), out))


def _lesson(name: str | None) -> str | None:
    """`5`, `05`, `05_attention_math`를 레슨의 이름으로."""
    if name is None or name in LESSONS:
        return name
    found = [lesson for lesson in LESSONS if name.isdigit() and int(lesson[:2]) == int(name)]
    if not found:
        raise CourseError(f"`{name}` 레슨은 없어요. 이 가운데 하나를 적어 주세요: {', '.join(LESSONS)}")
    return found[0]


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
        print("같은 명령을 다시 실행하면 이것들만 다시 채점해요. 되풀이되면 `course doctor`를 실행해 주세요.")


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
