"""명단 없이 이름으로 잇기(`--by-name`). Moodle의 번호는 과제마다 달라서, 받은 것마다 하나뿐인 이름만 레슨을 넘어 한 사람이에요."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.classroom.folder import Classroom
from autograder.classroom.options import DEFAULT_CLASSROOM
from autograder.classroom.receipts import Receipt
from autograder.collecting.choosing import HandIn
from autograder.collecting.layouts import Owner
from autograder.console import typed
from autograder.grading.names import folded, student_name

MOODLE = "moodle"
SHOWN = 3


def as_named(owner: Owner) -> Owner:
    """번호 대신 이름이 그 사람인 것으로. Moodle의 것이 아니면 그대로예요. 다른 LMS의 번호는 과제가 달라도 같아요."""
    name = _plain(owner.name)
    return replace(owner, id="", label=name, spelling=name.encode()) if owner.lms == MOODLE and name else owner


def named_student(receipt: Receipt) -> str | None:
    """받은 기록의 사람을 이름으로 이으면 어느 이름인지. Moodle의 것이 아니면 None이에요."""
    name = _plain(receipt.name)
    return student_name(name) if receipt.lms == MOODLE and name else None


def alike(name: str) -> str:
    """헷갈릴 수 있는 이름끼리 같은 글: 띄어쓰기, 문장 부호, 대소문자를 지운 것."""
    return re.sub(r"[\W_]+", "", folded(name)) or name


def namesakes(
    owners: Iterable[tuple[str, Owner]], hand_ins: Iterable[HandIn], receipts: Iterable[Receipt]
) -> dict[str, str]:
    """한 압축 파일이나 한 레슨에 번호가 둘 이상인 이름: `alike`에서 보일 이름으로. `owners`는 (어느 압축 파일, 사람)이에요."""
    ids: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    for where, owner in owners:
        if owner.lms == MOODLE:
            ids["archive", where, alike(owner.name)].add(owner.id)
            shown.setdefault(alike(owner.name), owner.name)
    for lesson, owner in ((one.lesson, one.owner) for one in hand_ins):
        if owner.lms == MOODLE:
            ids["lesson", lesson, alike(owner.name)].add(owner.id)
    for receipt in receipts:
        if receipt.lms == MOODLE:
            ids["lesson", receipt.lesson, alike(receipt.name)].add(receipt.lms_id)
            shown.setdefault(alike(receipt.name), receipt.name)
    return {name: shown[name] for (_, _, name), numbers in ids.items() if len(numbers) > 1}


def advice(
    sources: Sequence[Path], classroom: Classroom, lesson: str | None, layout: str | None, same: Iterable[str]
) -> str:
    """명단 없이 Moodle의 것을 모은 다음에 칠 명령. `same`은 이름이 같은 사람들이에요."""
    words = ["python3 course.py collect", *map(typed, sources)]
    words += ["--lesson", str(int(lesson[:2]))] if lesson else []
    words += ["--layout", shlex.quote(layout)] if layout else []
    words += [] if classroom.path == DEFAULT_CLASSROOM.resolve() else ["--classroom", typed(classroom.path)]
    again = " ".join(words)
    if found := listed(same):
        return (
            f"Moodle의 번호는 과제마다 달라서 지금은 레슨마다 다른 사람이에요. 이름이 같은 사람이 있어서({found}) 이름으로는 이을 수 "
            f"없으니, 명단(학번, 이름)을 만들어 `{again} --roster 명단.csv`를 쳐 주세요."
        )
    return (
        f"Moodle의 번호는 과제마다 달라서 지금은 레슨마다 다른 사람이에요. 명단이 있으면 `{again} --roster 명단.csv`, "
        f"없으면 이름으로 잇는 `{again} --by-name`을 쳐 주세요. 앞서 모은 레슨도 함께 이어져요."
    )


def refusal(same: Iterable[str]) -> str:
    """이름으로 이을 수 없어 멈출 때의 문장."""
    return (
        f"이름이 같은 사람이 있어서({listed(same)}) 이름으로 이을 수 없어요. 아무것도 바꾸지 않았어요. "
        "학번과 이름을 적은 명단을 만들어 같은 명령에 `--by-name` 대신 `--roster 명단.csv`를 붙여 주세요."
    )


def listed(names: Iterable[str]) -> str:
    """이름 몇 개만 적은 글."""
    found = sorted(set(names))
    return ", ".join(found[:SHOWN]) + (f" 외 {len(found) - SHOWN}개" if len(found) > SHOWN else "")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
