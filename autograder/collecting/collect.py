"""받은 것(압축 파일, 폴더, 노트북)을 학급 폴더의 `submitted/<학생>/<레슨>/<레슨>.ipynb`로 넣어요.

꺼내고(`pieces`), 모양을 정하고(`detection`), 명단과 잇고(`matching`), 하나씩 고르고(`choosing`), 넣어요(`taking`).
넣기 전까지는 아무것도 바꾸지 않아서, 알 수 없으면 멈추고 물을 수 있어요.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.classroom.deadlines import read_deadlines, set_due
from autograder.classroom.folder import Classroom
from autograder.classroom.identities import Move, read_identities, remember
from autograder.classroom.receipts import read_receipts
from autograder.classroom.roster import Person, read_people, read_roster, roster_path
from autograder.collecting import by_name as names_only
from autograder.collecting.carrying import Carried, carry, on_the_roster
from autograder.collecting.choosing import UNKNOWN_LESSON, HandIn, choose, download_times, read_lesson
from autograder.collecting.detection import detect
from autograder.collecting.layouts import GOOGLE, Owner, Reading, is_feedback
from autograder.collecting.matching import STRANGER, name_people
from autograder.collecting.pieces import CollectError, Unpacked, unpack
from autograder.collecting.taking import OLDER, REPLACED, SAME, TAKEN, Taker, handed_in
from autograder.exercises import LESSONS
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
    `moved`는 지금의 이름으로 옮긴 옛 폴더, `doubled`는 새 폴더에도 같은 레슨이 있어 옮기지 않은 옛 폴더들이에요.
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
    moved: tuple[Move, ...] = ()
    doubled: tuple[Move, ...] = ()
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
    by_name: bool = False,
    strangers: bool = False,
) -> Collected:
    """받은 것들을 `classroom/submitted/`에 넣어요. 누구의 것인지 하나로 정할 수 없으면 아무것도 바꾸지 않고 CollectError예요.

    `lesson`을 주면 그 레슨만 넣고, 다른 레슨만 낸 것은 `aside/`에 둬요. `due`는 그 레슨의 마감, `roster`는 새 명단이에요.
    `by_name`이면 명단 없이 Moodle의 이름으로 레슨을 이어요. 학급이 기억해서 다음부터도 그래요.
    낸 사람이 여럿인데 명단의 누구와도 이어지지 않으면 다른 반의 것이라, `strangers`일 때만 넣어요.
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
        linked = not people and (by_name or read_identities(classroom).by_name)
        chosen, same = _choose(classroom, unpacked, readings, people, lesson, linked, collected)
        if people and not strangers:
            _refuse_another_class(people, {one.student for one in chosen}, collected)
        if any(owner.lms == names_only.MOODLE for _, reading in readings for owner in reading.owners if owner):
            if not people and not linked:
                collected.notes.append(names_only.advice(sources, classroom, lesson, layout, same.values()))
            elif by_name and people:
                collected.notes.append("명단이 있어서 이름만으로 잇지 않았어요. `--by-name`은 명단이 없을 때 써요.")
        remember(classroom, by_name=by_name and linked, namesakes=same)
        if roster is not None:
            _keep_roster(classroom, roster)
        if due is not None and lesson is not None:
            set_due(classroom, lesson, due)
        carried = _carry(classroom, people, linked, same)
        collected.moved, collected.doubled = carried.moved, carried.doubled
        collected.notes += carried.sentences(classroom.submitted)
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


def _refuse_another_class(people: Sequence[Person], students: set[str], collected: Collected) -> None:
    if len(students) > 1 and all(collected.strangers.get(student) == STRANGER for student in students):
        known, came = people[0], min(students)
        raise CollectError(
            f"명단의 {len(people)}명 가운데 아무와도 이어지지 않아서 아무것도 넣지 않았어요"
            f"(명단은 `{known.id} {known.name}`처럼, 받은 것은 `{came}`처럼 적혀 있어요). "
            "명단과 압축 파일이 같은 반의 것인지 확인하고, 그래도 넣으려면 같은 명령에 `--strangers`를 붙여 주세요."
        )


def _labels(sources: Sequence[Path]) -> list[str]:
    """받은 것마다의 이름. 이름이 같으면 그것이 든 폴더까지 적어요."""
    names = [unicodedata.normalize("NFC", decoded(source.resolve().name)) for source in sources]
    return [
        name if names.count(name) == 1 else f"{decoded(source.resolve().parent.name)}/{name}"
        for source, name in zip(sources, names, strict=True)
    ]


def _carry(classroom: Classroom, people: Sequence[Person], linked: bool, same: Mapping[str, str]) -> Carried:
    """사람을 알아보기 전에 모은 것을 지금의 이름으로. 이름이 같은 사람이 있던 이름은 누구인지 몰라서 옮기지 않아요."""
    if not people and not linked:
        return Carried()
    find = on_the_roster(people) if people else names_only.named_student
    unsure = {*same, *read_identities(classroom).namesakes}
    return carry(classroom, lambda receipt: None if names_only.alike(receipt.name) in unsure else find(receipt))


def _choose(
    classroom: Classroom,
    unpacked: Sequence[Unpacked],
    readings: Sequence[tuple[Unpacked, Reading]],
    people: Sequence[Person],
    lesson: str | None,
    linked: bool,
    collected: Collected,
) -> tuple[list[HandIn], Mapping[str, str]]:
    """넣을 것들과 이름이 같은 사람들. 넣지 않는 것은 까닭과 이름을 적어요. `linked`면 이름으로 이어요."""
    for found in unpacked:
        for why, name in found.skipped:
            collected.skipped[why].append(name)
        if not found.pieces and not found.skipped:
            collected.skipped["비어 있어요"].append(found.source)
    owners = [(found.source, owner) for found, reading in readings for owner in reading.owners if owner]
    known_as: Callable[[Owner], Owner] = names_only.as_named if linked else lambda owner: owner
    names, strangers = name_people([(source, known_as(owner)) for source, owner in owners], people)
    hand_ins: list[HandIn] = []
    for found, reading in readings:
        lms = next((owner.lms for owner in reading.owners if owner), reading.layout)
        collected.layouts.append((found.source, lms))
        for piece, owner in zip(found.pieces, reading.owners, strict=True):
            if owner is None:
                collected.skipped[FEEDBACK if is_feedback(piece) else UNKNOWN_OWNER].append(piece.shown)
                continue
            key = known_as(owner).key
            if key in strangers:
                collected.strangers[names[key]] = strangers[key]
            known, answered, wrong = read_lesson(piece)
            if known is None:
                collected.skipped[UNKNOWN_LESSON].append(piece.shown)
                continue
            when = owner.when or (None if owner.lms == GOOGLE else piece.when)
            hand_ins.append(HandIn(names[key], known, piece, owner, when, answered, wrong))
    receipts = [receipt for each in LESSONS for receipt in read_receipts(classroom, each).values()]
    same = names_only.namesakes(owners, hand_ins, receipts)
    if linked and (unsure := {**{name: name for name in read_identities(classroom).namesakes}, **same}):
        raise CollectError(names_only.refusal(unsure.values()))
    choice = choose(hand_ins)
    for why, name in choice.skipped:
        collected.skipped[why].append(name)
    return _with_true_times(_of_lesson(choice.chosen, lesson, collected), collected), same


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
