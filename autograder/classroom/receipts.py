"""받은 기록: 누구의 제출물이 LMS의 어느 이름에서 왔는지. 피드백과 점수를 LMS의 이름 그대로 돌려줄 때 써요.

학급 폴더의 `receipts/<레슨>.json`에 레슨마다 하나씩 있어요.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.files import write_json


@dataclass(frozen=True)
class Receipt:
    """제출물 하나를 받은 기록.

    `lms`는 어느 LMS의 모양이었는지(moodle, canvas, google, blackboard, folders, files), `lms_id`는 거기서 그 사람의 번호나 아이디(없으면 빈 글),
    `name`은 LMS에 보이는 이름, `entry`는 압축 파일 속의 경로 그대로, `submitted_at`은 이 컴퓨터의 시각(ISO 8601, 모르면 None)이에요.
    """

    student: str
    lesson: str
    lms: str
    lms_id: str
    name: str
    entry: str
    submitted_at: str | None
    archive: str


def read_receipts(classroom: Classroom, lesson: str) -> dict[str, Receipt]:
    """레슨의 받은 기록: 학생에서 기록으로. 받은 적이 없으면 비어 있고, 파일이 깨졌으면 ClassroomError예요."""
    path = _path(classroom, lesson)
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {one["student"]: Receipt(**one) for one in written}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ClassroomError(
            f"받은 기록 {path} 파일이 깨졌어요. 지우고 같은 압축 파일로 `python3 course.py collect`를 다시 해 주세요."
        ) from None


def write_receipts(classroom: Classroom, lesson: str, receipts: Iterable[Receipt]) -> None:
    """기록을 더해요. 같은 사람의 것은 새 기록으로 바뀌어요."""
    known = read_receipts(classroom, lesson)
    merged = {**known, **{one.student: one for one in receipts}}
    if merged != known:
        _write(classroom, lesson, merged)


def rename_receipt(classroom: Classroom, lesson: str, former: str, now: str) -> None:
    """`former`의 기록을 `now`의 것으로 바꿔요. `now`의 기록이 이미 있으면 그것을 둬요."""
    known = read_receipts(classroom, lesson)
    if former in known:
        one = known.pop(former)
        _write(classroom, lesson, {now: replace(one, student=now), **known})


def _write(classroom: Classroom, lesson: str, receipts: Mapping[str, Receipt]) -> None:
    write_json(_path(classroom, lesson), [asdict(one) for _, one in sorted(receipts.items())])


def _path(classroom: Classroom, lesson: str) -> Path:
    return classroom.path / "receipts" / f"{lesson}.json"
