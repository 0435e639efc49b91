"""강사의 명령: collect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM, ClassroomOption
from autograder.collecting.collect import collect as collect_archive
from autograder.errors import CourseError


def register(app: typer.Typer) -> None:
    """모으는 명령을 `app`에 더해요."""
    app.command("collect")(collect)


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
