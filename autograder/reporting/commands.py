"""강사의 명령: report, export-marks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.afterwards import after_marks
from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption


def register(app: typer.Typer) -> None:
    """보여 주고 나눠 주는 명령을 `app`에 더해요."""
    app.command("report")(report)
    app.command("export-marks")(export_marks)
    after_marks(_remake_report)  # 채점한 뒤의 보고서는 언제나 지금의 점수예요.


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
    from autograder.reporting.report import write_report

    print(write_report(Classroom(classroom), out))


def _remake_report(classroom: Classroom) -> Path:
    from autograder.reporting.report import write_report

    return write_report(classroom)
