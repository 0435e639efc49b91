"""사람을 알아보기 전에 모은 폴더를 지금의 이름으로 옮겨요. 받은 기록이 한 사람이라고 말할 때만이고, 있는 것을 덮어쓰지 않아요.

여기서는 제출물과 받은 기록을 옮기고, 성적부의 점수와 의견은 다음 채점이 옮겨요(`classroom/renamed.py`).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.deadlines import read_deadlines, set_extension
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.identities import Move, remember
from autograder.classroom.receipts import Receipt, read_receipts, rename_receipt
from autograder.classroom.roster import Person
from autograder.collecting.layouts import Owner
from autograder.collecting.matching import match
from autograder.exercises import LESSONS
from autograder.grading.names import student_name


@dataclass(frozen=True)
class Carried:
    """`moved`는 옮긴 것들, `doubled`는 새 이름의 폴더에도 같은 레슨이 있어서 그대로 둔 것들이에요."""

    moved: tuple[Move, ...] = ()
    doubled: tuple[Move, ...] = ()

    def sentences(self, submitted: Path) -> Iterator[str]:
        """강사에게 알릴 문장들."""
        if self.moved:
            yield (
                f"앞서 다른 이름으로 모은 제출물 {len(self.moved)}개를 같은 사람의 폴더로 옮겼어요. 점수와 의견은 다음 채점에서 함께 "
                f"옮겨져요: {_people(self.moved)}"
            )
        if self.doubled:
            yield (
                f"같은 사람의 같은 레슨이 두 폴더에 있어요. {submitted}에서 채점할 것만 남기고 다른 레슨 폴더를 지운 뒤 다시 모아 "
                f"주세요: {_people(self.doubled)}"
            )


def on_the_roster(people: Sequence[Person]) -> Callable[[Receipt], str | None]:
    """받은 기록의 사람을 명단에서 찾는 함수. 오늘 같은 압축 파일을 모으면 이어질 사람이고, 이미 명단의 이름이면 None이에요."""
    listed = {student_name(person.id) for person in people}

    def find(receipt: Receipt) -> str | None:
        if receipt.student in listed:
            return None
        person, _ = match(Owner(receipt.lms, receipt.lms_id, receipt.name, "", b"", ""), people)
        return student_name(person.id) if person else None

    return find


def carry(classroom: Classroom, find: Callable[[Receipt], str | None]) -> Carried:
    """레슨마다 옮겨요. `find`는 받은 기록의 사람이 지금 어느 이름인지이고, 모르면 None이에요."""
    moved: list[Move] = []
    doubled: list[Move] = []
    for lesson in LESSONS:
        known = read_receipts(classroom, lesson)
        formers: dict[str, list[str]] = defaultdict(list)
        for receipt in known.values():
            now = find(receipt)
            if now is not None and now != receipt.student:
                formers[now].append(receipt.student)
        for now, (former, *others) in sorted(formers.items()):
            if others:
                continue  # 한 레슨에 여럿이면 누구인지 몰라요.
            there = os.path.lexists(classroom.submitted / now / lesson)
            if not (classroom.submitted / former / lesson).is_dir():
                if there and now not in known:  # 지난번에 옮기다가 멈췄어요.
                    rename_receipt(classroom, lesson, former, now)
            elif there:
                doubled.append((former, now, lesson))
            else:
                _move(classroom, former, now, lesson)
                moved.append((former, now, lesson))
    return Carried(tuple(moved), tuple(doubled))


def _people(moves: Sequence[Move]) -> str:
    lessons: dict[str, list[str]] = defaultdict(list)
    for former, now, lesson in moves:
        lessons[f"{former} → {now}"].append(lesson[:2])
    return ", ".join(f"{who}(레슨 {', '.join(numbers)})" for who, numbers in sorted(lessons.items()))


def _move(classroom: Classroom, former: str, now: str, lesson: str) -> None:
    """성적부에서 옮길 것을 먼저 적어 둬요. 그 뒤에 멈추면 폴더가 그대로라서, 다음 채점이 옮기지 않아요."""
    remember(classroom, moves=[(former, now, lesson)])
    source, target = classroom.submitted / former / lesson, classroom.submitted / now / lesson
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    rename_receipt(classroom, lesson, former, now)
    with suppress(OSError):
        source.parent.rmdir()  # 다른 레슨이 남아 있으면 그대로예요.
    extensions = read_deadlines(classroom)[lesson].extensions if lesson in read_deadlines(classroom) else {}
    if former in extensions and now not in extensions and student_name(now) == now:
        with suppress(ClassroomError):  # 그사이 마감이 더 늦어졌으면 연장이 아니에요.
            set_extension(classroom, lesson, now, extensions[former])
