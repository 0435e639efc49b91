"""마감과 연장. 학급 폴더의 `deadlines.json` 하나에 이 컴퓨터의 시각으로 적어요.

{"05_attention_math": {"due": "2026-12-01 18:00", "extensions": {"s001": "2026-12-08 18:00"}}}

nbgrader의 성적부에는 시간대 없는 UTC로 들어가요(`gradebook_writer.set_deadlines`). 사람에게 보일 때는 언제나 이 컴퓨터의 시각이에요.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.exercises import LESSONS
from autograder.files import write_json
from autograder.grading.names import student_name

SHOWN = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Deadline:
    """레슨 하나의 마감과, 따로 더 준 사람들의 마감. `due`가 None이면 마감이 없는 레슨이에요."""

    due: datetime | None = None
    extensions: Mapping[str, datetime] = field(default_factory=dict)

    def until(self, student: str) -> datetime | None:
        """그 사람이 늦지 않게 낼 수 있는 마지막 때. 마감이 없으면 None이에요."""
        return None if self.due is None else self.extensions.get(student, self.due)


def parse_local(text: str) -> datetime:
    """`2026-12-01 18:00`을 이 컴퓨터의 시각으로 읽어요. 날짜만 적으면 그날의 끝이에요. 시각이 아니면 ClassroomError예요."""
    for shape in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text.strip(), shape).astimezone()
        except (ValueError, OverflowError, OSError):
            continue
    try:
        return datetime.strptime(text.strip() + " 23:59:59", "%Y-%m-%d %H:%M:%S").astimezone()
    except (ValueError, OverflowError, OSError):
        raise ClassroomError(f"시각으로 읽을 수 없어요: `{text}`. `2026-12-01 18:00`처럼 적어 주세요.") from None


def local_time(utc: datetime) -> datetime:
    """성적부의 시각(시간대 없는 UTC)을 이 컴퓨터의 시각으로."""
    return (utc if utc.tzinfo else utc.replace(tzinfo=timezone.utc)).astimezone()


def naive_utc(when: datetime) -> datetime:
    """성적부에 적을 시각(시간대 없는 UTC)으로."""
    return when.astimezone(timezone.utc).replace(tzinfo=None)


def due(classroom: Classroom, lesson: str) -> datetime | None:
    """레슨의 마감(이 컴퓨터의 시각). 정하지 않았으면 None이에요."""
    return read_deadlines(classroom).get(lesson, Deadline()).due


def extension(classroom: Classroom, lesson: str, student: str) -> datetime | None:
    """그 사람에게 따로 준 마감. 없으면 None이에요."""
    return read_deadlines(classroom).get(lesson, Deadline()).extensions.get(student)


def read_deadlines(classroom: Classroom) -> dict[str, Deadline]:
    """적어 둔 마감 모두. 파일이 없으면 비어 있고, 읽을 수 없으면 ClassroomError예요."""
    path = _path(classroom)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise _broken(path) from None
    try:
        written = json.loads(text)
        found = {}
        for lesson, one in written.items():
            extensions = {student: parse_local(until) for student, until in one.get("extensions", {}).items()}
            found[lesson] = Deadline(parse_local(one["due"]) if one.get("due") else None, extensions)
    except ClassroomError as error:
        raise ClassroomError(f"{path}: {error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _broken(path) from None
    if strange := sorted(found.keys() - set(LESSONS)):
        raise ClassroomError(f"{path}: `{strange[0]}` 레슨은 없어요. 레슨의 이름을 고쳐 주세요: {', '.join(LESSONS)}")
    return found


def set_due(classroom: Classroom, lesson: str, when: datetime | None) -> None:
    """레슨의 마감을 정해요. None이면 마감을 없애고, 연장도 함께 지워요."""
    known = read_deadlines(classroom)
    kept = known.get(lesson, Deadline()).extensions if when is not None else {}
    _write(classroom, {**known, lesson: Deadline(when, kept)})


def set_extension(classroom: Classroom, lesson: str, student: str, until: datetime | None) -> None:
    """한 사람의 마감을 따로 정해요. None이면 연장을 거둬요. 레슨의 마감이 없거나 그보다 이르면 ClassroomError예요."""
    known = read_deadlines(classroom)
    one = known.get(lesson, Deadline())
    if one.due is None:
        number = int(lesson[:2])
        raise ClassroomError(f'{lesson}의 마감을 먼저 정해 주세요: `python3 course.py due {number} "2026-12-01 18:00"`')
    if until is not None and until < one.due:
        raise ClassroomError(
            f"연장한 때({until:{SHOWN}})가 레슨의 마감({one.due:{SHOWN}})보다 일러요. 때를 고쳐 주세요."
        )
    name = student_name(student)
    extensions = {who: when for who, when in one.extensions.items() if who != name}
    if until is not None:
        extensions[name] = until
    _write(classroom, {**known, lesson: Deadline(one.due, extensions)})


def _write(classroom: Classroom, deadlines: Mapping[str, Deadline]) -> None:
    table = {
        lesson: {
            "due": _text(one.due) if one.due else None,
            "extensions": {student: _text(until) for student, until in sorted(one.extensions.items())},
        }
        for lesson, one in sorted(deadlines.items())
    }
    write_json(_path(classroom), table)


def _text(when: datetime) -> str:
    shown = when.astimezone()
    return f"{shown:{SHOWN}}" if not shown.second else f"{shown:%Y-%m-%d %H:%M:%S}"


def _path(classroom: Classroom) -> Path:
    return classroom.path / "deadlines.json"


def _broken(path: Path) -> ClassroomError:
    return ClassroomError(
        f"마감을 적어 둔 {path} 파일이 깨졌어요. 백업을 되돌리거나, 지우고 `python3 course.py due`로 다시 정해 주세요."
    )
