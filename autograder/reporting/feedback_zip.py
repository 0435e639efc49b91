"""피드백을 LMS에 한 번에 올릴 압축 파일로: 이름은 내려받은 제출물의 것 그대로예요.

Moodle의 `피드백 파일 여러 개를 zip으로 올리기`는 폴더의 이름(`이름_번호_assignsubmission_file`)에서, Canvas의 제출물 다시 올리기는 파일의
이름(`이름_번호_번호_파일`)에서 사람을 찾아요. 다른 LMS에는 사람마다 폴더 하나예요.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.classroom.feedback import render_feedback
from autograder.classroom.folder import Classroom
from autograder.classroom.marks_table import graded_scores
from autograder.classroom.people import People, read_people
from autograder.classroom.receipts import Receipt, read_receipts
from autograder.errors import CourseError
from autograder.files import write_bytes
from autograder.grading.names import student_name

FORMS = ("folders", "moodle", "canvas")
_MOODLE = re.compile(r"(?P<who>.+_\d+_assign(?:submission|feedback)_[a-z]+)(?P<rest>_.*)?")
_CANVAS = re.compile(r"(?P<who>.+?_(?:LATE_|late_)?\d+_\d+)_.+")


class FeedbackZipError(CourseError):
    """압축 파일을 만들 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class FeedbackZip:
    """만든 압축 파일과 담은 수, 받은 기록이 없어 담지 못한 학습자들."""

    path: Path
    packed: int
    left: tuple[str, ...]


def pack_feedback(classroom: Classroom, lesson: str, form: str, out: Path | None = None) -> FeedbackZip:
    """레슨의 피드백을 지금의 점수로 다시 만들어 담아요. 담을 것이 없으면 FeedbackZipError예요."""
    path = out or classroom.path / f"feedback-{lesson}-{form}.zip"
    scores = {score.student: score for score in graded_scores(classroom) if score.lesson == lesson}
    people, receipts = read_people(classroom), read_receipts(classroom, lesson)
    left, data, used = [], io.BytesIO(), set[str]()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in people.everyone(scores):
            result = classroom.load(student, lesson)
            if student not in scores or result is None:
                continue
            name = entry_name(form, student, lesson, people, receipts.get(student))
            if name is None or name in used:
                left.append(people.name(student))
                continue
            used.add(name)
            archive.writestr(name, render_feedback(result, scores[student], classroom.is_practice))
    if not used:
        raise FeedbackZipError(_nothing(lesson, form, bool(scores)))
    write_bytes(path, data.getvalue())
    return FeedbackZip(path, len(used), tuple(left))


def entry_name(form: str, student: str, lesson: str, people: People, receipt: Receipt | None) -> str | None:
    """압축 파일 속의 이름. 그 LMS에서 받은 기록이 없으면 None이에요."""
    if form == "folders":
        name = people.name(student)
        return f"{student if name == student else student_name(f'{name} {student}')}/{lesson}.html"
    if receipt is None or receipt.lms != form:
        return None
    parts = PurePosixPath(receipt.entry.replace("\\", "/")).parts
    for place, part in enumerate(parts):
        if form == "canvas" and (found := _CANVAS.fullmatch(part)):
            return f"{found['who']}_{lesson}.html"
        if form == "moodle" and (found := _MOODLE.fullmatch(part)):
            folder = place + 1 < len(parts)  # 폴더 없이 내려받은 것은 그 이름 뒤에 파일 이름을 붙여요.
            return f"{part}/{lesson}.html" if folder else f"{found['who']}_{lesson}.html"
    return None


def _nothing(lesson: str, form: str, graded: bool) -> str:
    number = int(lesson[:2])
    if not graded:
        return f"레슨 {number}을 채점한 결과가 없어요. `python3 course.py grade`를 먼저 해 주세요."
    return (
        f"레슨 {number}을 {form.capitalize()}에서 받은 기록이 없어요. `python3 course.py collect`로 받은 것만 그 모양으로 돌려줄 수 있어요. "
        "사람마다의 폴더로 받으려면 `--for` 없이 해 주세요."
    )
