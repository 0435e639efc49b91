"""강사의 명령: report, export-marks, export-feedback, similar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.afterwards import after_marks
from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption, lesson_id
from autograder.errors import CourseError

SHOWN_NAMES = 20


def register(app: typer.Typer) -> None:
    """보여 주고 나눠 주는 명령을 `app`에 더해요."""
    app.command("report")(report)
    app.command("export-marks")(export_marks)
    app.command("export-feedback")(export_feedback)
    app.command("similar")(similar)
    remake_after_marks()


def remake_after_marks() -> None:
    """점수를 적은 명령이 끝날 때마다 보고서를 다시 만들게 걸어 둬요."""
    after_marks(_remake_report)


def export_marks(
    sheet: Annotated[
        Path | None,
        typer.Argument(
            metavar="SHEET", help="`--for`와 함께: LMS에서 내려받은 채점표(CSV)예요. 이것을 베껴 점수를 채워요."
        ),
    ] = None,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    lms: Annotated[
        str | None,
        typer.Option("--for", metavar="LMS", help="moodle(채점 작업표)이나 canvas(성적부 내보내기)예요."),
    ] = None,
    lesson: Annotated[str | None, typer.Option("--lesson", help="채점표에 채울 레슨이에요. 5처럼 적어요.")] = None,
    column: Annotated[
        str | None, typer.Option("--column", help="점수를 적을 열의 제목이에요. 없으면 레슨의 이름에서 찾아요.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="쓸 CSV 파일이에요. 없으면 학급 폴더의 marks.csv예요.")
    ] = None,
    detail: Annotated[bool, typer.Option("--detail", help="레슨별 합계 대신 실습별 점수를 적어요.")] = False,
) -> None:
    """점수표를 엑셀에서 바로 열리는 CSV로 내보내거나, LMS의 채점표를 채워요. 손으로 준 점수도 담겨요."""
    if lms is None and sheet is None:
        from autograder.classroom.marks_table import export

        path, students = export(Classroom(classroom), out, detail)
        print(f"학습자 {students}명의 점수를 {path}에 적었어요.")
        return
    if lms not in ("moodle", "canvas") or sheet is None or lesson is None:
        raise CourseError(
            "LMS의 채점표를 채우려면 이렇게 적어 주세요: `python3 course.py export-marks 채점표.csv --for moodle --lesson 5` "
            "(Canvas이면 `--for canvas`)."
        )
    from autograder.reporting.giving_back import fill_sheet

    done = fill_sheet(Classroom(classroom), lesson_id(lesson), lms, sheet, out, column)
    print(f"`{done.column}` 열에 {done.filled}명의 점수를 채워 {done.path}에 적었어요. 이 파일을 LMS에 올려요.")
    if done.scale:
        print(f"  우리 만점 {done.scale[0]:g}점을 LMS의 만점 {done.scale[1]:g}점에 맞춰 바꿔 적었어요.")
    if done.changed:
        print(f"  다른 점수가 이미 있던 {done.changed}칸을 지금의 점수로 바꿨어요.")
    if done.waiting:
        print(f"  서술형 채점이 남은 사람이 {done.waiting}명이에요. 마친 뒤에 다시 내보내 주세요.")
    _list("만점을 넘어 만점으로 줄인 사람", done.capped)
    _list("누구인지 찾지 못해 비워 둔 줄", done.unknown)
    _list("채점표에 없는 학습자", done.left)


def export_feedback(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="레슨이에요. 5나 05_attention_math처럼 적어요.")],
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    lms: Annotated[
        str | None,
        typer.Option("--for", metavar="LMS", help="moodle이나 canvas예요. 없으면 사람마다 폴더 하나로 담아요."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="쓸 zip 파일이에요. 없으면 학급 폴더에 써요.")] = None,
) -> None:
    """한 레슨의 피드백을 LMS에 한 번에 올릴 zip으로 담아요. 이름은 내려받은 제출물의 것 그대로예요."""
    if lms not in (None, "moodle", "canvas"):
        raise CourseError("`--for`에는 moodle이나 canvas를 적어 주세요. 다른 LMS이면 `--for` 없이 해 주세요.")
    from autograder.reporting.feedback_zip import pack_feedback

    done = pack_feedback(Classroom(classroom), lesson_id(lesson), lms or "folders", out)
    print(f"{done.packed}명의 피드백을 {done.path}에 담았어요.")
    _list("이 LMS에서 받은 기록이 없어 담지 못한 학습자", done.left)


def report(
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="report.html을 쓸 폴더예요. 없으면 학급 폴더예요.")
    ] = None,
) -> None:
    """점수, 진도, 막힌 까닭, 학습자마다의 쪽을 한 파일의 HTML로 만들어요."""
    from autograder.reporting.report import write_report

    print(write_report(Classroom(classroom), out))


def similar(
    lesson: Annotated[
        str | None, typer.Argument(metavar="LESSON", help="이 레슨만 봐요. 5나 05_attention_math처럼 적어요.")
    ] = None,
    classroom: ClassroomOption = DEFAULT_CLASSROOM,
    directory: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="제출물 폴더예요. 없으면 학급 폴더의 submitted/를 봐요."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="similar.html을 쓸 폴더예요. 없으면 학급 폴더예요.")
    ] = None,
) -> None:
    """드문 코드를 함께 가진 제출물의 짝을 나란히 보여 줘요. 판단은 사람이 하고, 점수는 바뀌지 않아요."""
    from autograder.reporting.similar import write_similar

    path, pairs = write_similar(Classroom(classroom), lesson_id(lesson) if lesson else None, out, directory)
    print(
        f"드문 코드를 함께 가진 짝 {pairs}쌍을 {path}에 적었어요."
        if pairs
        else f"드문 코드를 함께 가진 짝이 없어요: {path}"
    )


def _list(title: str, names: Sequence[str]) -> None:
    from autograder.grading.names import visible

    if names:
        more = f" 그 밖에 {len(names) - SHOWN_NAMES}명" if len(names) > SHOWN_NAMES else ""
        print(f"  {title} {len(names)}: {', '.join(map(visible, names[:SHOWN_NAMES]))}{more}")


def _remake_report(classroom: Classroom) -> Path:
    from autograder.reporting.report import write_report

    return write_report(classroom)
