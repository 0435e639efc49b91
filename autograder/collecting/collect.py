"""받은 것(압축 파일, 폴더, 노트북)을 학급 폴더의 `submitted/<학생>/<레슨>/<레슨>.ipynb`로 넣어요.

꺼내고(`pieces`), 모양을 정하고(`detection`), 명단과 잇고(`matching`), 하나씩 고르고(`choosing`), 넣어요(`taking`).
넣기 전까지는 아무것도 바꾸지 않아서, 알 수 없으면 멈추고 물을 수 있어요.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.classroom.deadlines import read_deadlines, set_due
from autograder.classroom.folder import Classroom
from autograder.classroom.roster import Person, read_people, read_roster, roster_path
from autograder.collecting.choosing import UNKNOWN_LESSON, HandIn, choose, download_times, read_lesson
from autograder.collecting.detection import detect
from autograder.collecting.layouts import GOOGLE, Reading, is_feedback
from autograder.collecting.matching import name_people
from autograder.collecting.pieces import CollectError, Unpacked, unpack
from autograder.collecting.taking import OLDER, REPLACED, SAME, TAKEN, Taker, handed_in
from autograder.files import write_bytes
from autograder.grading.names import decoded, student_name
from autograder.sandbox.scratch import Scratch

__all__ = ["CollectError", "Collected", "Late", "collect"]

UNKNOWN_OWNER = "누가 냈는지 이름에서 알 수 없어요. 사람마다의 폴더에 넣어 주세요"
FEEDBACK = "Moodle이 함께 담은 강사의 피드백이에요"
OTHER_LESSON = "모으는 레슨이 아니에요"
NEWER_KEPT = "더 나중에 낸 것이 이미 있어서 그대로 두었어요"


@dataclass(frozen=True)
class Late:
    """늦게 낸 사람. `when`이 None이면 LMS가 늦었다고만 적었고 때는 몰라요."""

    student: str
    lesson: str
    when: datetime | None
    until: datetime | None


@dataclass
class Collected:
    """모은 결과. 사람은 학급 폴더의 이름이고, `people`이 명단에서 그 사람을 찾아 줘요.

    `taken`은 넣은 (학생, 레슨) 모두(바꾼 것도), `same`은 이미 같은 것이 있던 것, `replaced`는 바뀐 옛 제출을 남긴 자리,
    `late`는 늦은 사람, `skipped`는 까닭에서 이름들로, `wrong_lesson`은 다른 레슨만 낸 (학생, 레슨),
    `missing`은 레슨에서 명단의 아직 안 낸 사람들로, `strangers`는 명단에 잇지 못한 사람에서 까닭으로,
    `renamed`는 파일 이름과 다른 레슨이던 (학생, 레슨, 이름의 레슨), `layouts`는 (압축 파일, 모양), `notes`는 알릴 문장들이에요.
    """

    taken: list[tuple[str, str]] = field(default_factory=list)
    same: list[tuple[str, str]] = field(default_factory=list)
    replaced: list[Path] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wrong_lesson: list[tuple[str, str]] = field(default_factory=list)
    missing: dict[str, list[Person]] = field(default_factory=dict)
    strangers: dict[str, str] = field(default_factory=dict)
    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    layouts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    people: Mapping[str, Person] = field(default_factory=dict)

    def who(self, student: str) -> str:
        """사람에게 보일 이름: 명단에 있으면 이름을 함께 적어요."""
        person = self.people.get(student)
        return f"{student} {person.name}" if person and person.name else student


def collect(
    sources: Sequence[Path] | Path,
    classroom: Classroom,
    *,
    lesson: str | None = None,
    layout: str | None = None,
    student: str | None = None,
    roster: Path | None = None,
    due: datetime | None = None,
) -> Collected:
    """받은 것들을 `classroom/submitted/`에 넣어요. 누구의 것인지 하나로 정할 수 없으면 아무것도 바꾸지 않고 CollectError예요.

    `lesson`을 주면 그 레슨만 넣고, 다른 레슨만 낸 것은 `aside/`에 둬요. `due`는 그 레슨의 마감, `roster`는 새 명단이에요.
    """
    if due is not None and lesson is None:
        raise CollectError('마감을 정하려면 어느 레슨인지도 적어 주세요: `--lesson 5 --due "2026-12-01 18:00"`')
    sources = [sources] if isinstance(sources, Path) else list(sources)
    people = read_people(roster) if roster else read_roster(classroom)
    with classroom.lock(), closing(Scratch(".collecting-", classroom.path)) as scratch:
        # 같은 디스크에 하나씩 풀어 두고 이름만 바꿔요. 반 전체를 메모리에 쥐지 않고, 도중에 멈춰도 반쪽 파일이 남지 않아요.
        unpacked = [
            unpack(source, scratch.folder, label) for source, label in zip(sources, _labels(sources), strict=True)
        ]
        readings = [(found, detect(found, people, layout, student)) for found in unpacked if found.pieces]
        collected = Collected(people={student_name(person.id): person for person in people})
        chosen = _choose(unpacked, readings, people, lesson, collected)
        if roster is not None:
            _keep_roster(classroom, roster)
        if due is not None and lesson is not None:
            set_due(classroom, lesson, due)
        taker = Taker(classroom)
        try:
            for one in chosen:
                _take(one, taker, collected, lesson)
        finally:
            taker.finish()
            collected.replaced = taker.replaced
        _late(chosen, classroom, collected)
        lessons = {lesson} if lesson else {one.lesson for one in chosen}
        for each in sorted(lessons):
            there = handed_in(classroom, collected.people, each)
            collected.missing[each] = [person for name, person in collected.people.items() if name not in there]
    return collected


def _labels(sources: Sequence[Path]) -> list[str]:
    """받은 것마다의 이름. 이름이 같으면 그것이 든 폴더까지 적어요."""
    names = [unicodedata.normalize("NFC", decoded(source.resolve().name)) for source in sources]
    return [
        name if names.count(name) == 1 else f"{decoded(source.resolve().parent.name)}/{name}"
        for source, name in zip(sources, names, strict=True)
    ]


def _choose(
    unpacked: Sequence[Unpacked],
    readings: Sequence[tuple[Unpacked, Reading]],
    people: Sequence[Person],
    lesson: str | None,
    collected: Collected,
) -> list[HandIn]:
    """넣을 것들을 골라요. 넣지 않는 것은 까닭과 이름을 적어요."""
    for found in unpacked:
        for why, name in found.skipped:
            collected.skipped[why].append(name)
        if not found.pieces and not found.skipped:
            collected.skipped["비어 있어요"].append(found.source)
    owners = [(found.source, owner) for found, reading in readings for owner in reading.owners if owner]
    names, strangers = name_people(owners, people)
    hand_ins: list[HandIn] = []
    for found, reading in readings:
        lms = next((owner.lms for owner in reading.owners if owner), reading.layout)
        collected.layouts.append((found.source, lms))
        for piece, owner in zip(found.pieces, reading.owners, strict=True):
            if owner is None:
                collected.skipped[FEEDBACK if is_feedback(piece) else UNKNOWN_OWNER].append(piece.shown)
                continue
            if owner.key in strangers:
                collected.strangers[names[owner.key]] = strangers[owner.key]
            known, answered, wrong = read_lesson(piece)
            if known is None:
                collected.skipped[UNKNOWN_LESSON].append(piece.shown)
                continue
            when = owner.when or (None if owner.lms == GOOGLE else piece.when)
            hand_ins.append(HandIn(names[owner.key], known, piece, owner, when, answered, wrong))
    if any(owner.lms == "moodle" for _, owner in owners) and not people:
        collected.notes.append(
            "Moodle의 번호는 과제마다 달라서, 명단이 없으면 레슨마다 다른 사람으로 보여요. `--roster 명단.csv`를 함께 주세요."
        )
    choice = choose(hand_ins)
    for why, name in choice.skipped:
        collected.skipped[why].append(name)
    return _with_true_times(_of_lesson(choice.chosen, lesson, collected), collected)


def _of_lesson(chosen: Sequence[HandIn], lesson: str | None, collected: Collected) -> list[HandIn]:
    """모으는 레슨의 것과, 다른 레슨만 낸 사람의 것."""
    if lesson is None:
        return list(chosen)
    right = {one.student for one in chosen if one.lesson == lesson}
    found = []
    for one in chosen:
        if one.lesson != lesson and (one.student in right or one.in_course):
            collected.skipped[OTHER_LESSON].append(one.piece.shown)
        else:
            found.append(one)
    return found


def _with_true_times(chosen: list[HandIn], collected: Collected) -> list[HandIn]:
    """파일의 시각이 LMS가 묶은 때이면 낸 때로 쓰지 않아요."""
    archives: dict[str, list[HandIn]] = defaultdict(list)
    for one in chosen:
        if one.owner.when is None and one.when is not None:
            archives[one.piece.archive].append(one)
    untrue: set[str] = set()
    for archive, ones in archives.items():
        first = {one.student: one for one in sorted(ones, key=lambda one: one.piece.order, reverse=True)}
        times = [one.when for one in sorted(first.values(), key=lambda one: one.piece.order)]
        canvas = any(one.owner.lms == "canvas" for one in ones)  # 언제나 내려받는 때에 묶어요.
        if download_times(times) or (canvas and len(times) < 3):
            untrue.add(archive)
            collected.notes.append(
                f"{archive}: 파일의 시각이 모두 {times[0]:%Y-%m-%d %H:%M} 무렵이라 LMS가 묶은 때로 보고, 낸 때로 쓰지 않았어요."
            )
    return [replace(one, when=one.owner.when) if one.piece.archive in untrue else one for one in chosen]


def _take(one: HandIn, taker: Taker, collected: Collected, lesson: str | None) -> None:
    if one.wrong_name:
        collected.renamed.append((one.student, one.lesson, one.wrong_name))
    if lesson is not None and one.lesson != lesson:
        taker.set_aside(one, lesson)
        collected.wrong_lesson.append((one.student, one.lesson))
        return
    done = taker.take(one)
    if done in (TAKEN, REPLACED):
        collected.taken.append((one.student, one.lesson))
    elif done == SAME:
        collected.same.append((one.student, one.lesson))
    elif done == OLDER:
        collected.skipped[NEWER_KEPT].append(one.piece.shown)


def _late(chosen: Sequence[HandIn], classroom: Classroom, collected: Collected) -> None:
    deadlines = read_deadlines(classroom)
    present = {*collected.taken, *collected.same}
    for one in chosen:
        until = deadlines[one.lesson].until(one.student) if one.lesson in deadlines else None
        passed = until is not None and one.when is not None and one.when > until
        if (one.student, one.lesson) in present and (passed or (one.owner.late and one.when is None)):
            collected.late.append(Late(one.student, one.lesson, one.when, until))


def _keep_roster(classroom: Classroom, roster: Path) -> None:
    """새 명단을 학급 폴더에 둬요. 옛 명단은 `replaced/`에 남겨요."""
    path, new = roster_path(classroom), roster.read_bytes()
    if path.exists() and os.path.samefile(path, roster):
        return
    if path.exists() and path.read_bytes() != new:
        write_bytes(classroom.path / "replaced" / f"roster-{datetime.now():%Y%m%d-%H%M%S}.csv", path.read_bytes())
    write_bytes(path, new)
