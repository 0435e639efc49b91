"""LMS에 돌려주기: 한 레슨의 점수를 채점표에 채우고, 누구의 줄인지는 번호, 이메일, 이름으로 찾아요. 짐작하지 않아요."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook_reader import SubmissionScore
from autograder.classroom.marks_table import graded_scores
from autograder.classroom.options import chosen_class
from autograder.classroom.people import People, read_people
from autograder.classroom.receipts import Receipt, read_receipts
from autograder.classroom.roster import name_keys
from autograder.files import write_text
from autograder.reporting.lms_sheet import LMS, SheetError, SheetRow, read_sheet


@dataclass(frozen=True)
class GivenBack:
    """채점표를 채운 결과.

    `filled`는 채운 줄의 수, `unknown`은 누구인지 찾지 못해 비워 둔 줄, `left`는 채점표에서 찾지 못한 학습자,
    `capped`는 LMS의 만점으로 줄인 학습자, `waiting`은 서술형이 남은 학습자, `changed`는 다른 점수가 있던 칸의 수예요.
    """

    path: Path
    column: str
    filled: int
    unknown: tuple[str, ...]
    left: tuple[str, ...]
    capped: tuple[str, ...]
    waiting: int
    changed: int
    scale: tuple[float, float] | None


def fill_sheet(
    classroom: Classroom, lesson: str, lms: str, sheet: Path, out: Path | None = None, column: str | None = None
) -> GivenBack:
    """`sheet`를 베껴 레슨의 점수를 채워요. 줄의 주인을 아무도 찾지 못하거나 다른 과제의 채점표이면 SheetError예요."""
    path = out or classroom.path / f"marks-{lesson}-{lms}.csv"
    if path.resolve() == sheet.resolve():
        raise SheetError("내려받은 채점표에 덮어쓰지 않아요. `--out`에 다른 이름을 적어 주세요.")
    table = read_sheet(sheet, lms, lesson, column)
    scores = {score.student: score for score in graded_scores(classroom) if score.lesson == lesson}
    if not scores:
        raise SheetError(
            f"{lesson}을 채점한 결과가 없어요. `python3 course.py grade{chosen_class(classroom.path)}`를 먼저 해 주세요."
        )
    people, receipts = read_people(classroom), read_receipts(classroom, lesson)
    owners = match(table.rows, scores, people, [one for one in receipts.values() if one.lms == lms])
    if not owners:
        raise SheetError(
            f"{sheet}에서 이 학급의 사람을 한 명도 찾지 못했어요. 다른 수업의 채점표가 아닌지 보고, "
            "이름이나 학번으로 찾을 수 있게 명단(roster.csv)을 학급 폴더에 넣어 주세요."
        )
    full = next(iter(scores.values())).max_score
    top = table.top or full
    marks, capped = {}, []
    for number, student in owners.items():
        mark = scores[student].score * top / full if full else 0.0
        if lms == "moodle" and mark > top:  # Moodle은 만점을 넘는 점수를 받지 않아요.
            mark = top
            capped.append(people.name(student))
        marks[number] = mark
    text, changed = table.filled(marks)
    write_text(path, text)
    return GivenBack(
        path,
        table.title,
        len(marks),
        tuple(row.shown for row in table.rows if row.number not in owners),
        tuple(people.name(student) for student in scores if student not in owners.values()),
        tuple(capped),
        sum(scores[student].needs_manual for student in owners.values()),
        changed,
        (full, top) if top != full else None,
    )


def match(
    rows: Sequence[SheetRow], scores: Mapping[str, SubmissionScore], people: People, receipts: Sequence[Receipt]
) -> dict[int, str]:
    """줄의 자리에서 학습자로. 받은 기록의 번호, 학번, 이메일, 하나뿐인 이름의 차례로 찾고, 겹치면 아무도 고르지 않아요."""
    received = {one.lms_id: one.student for one in receipts if one.lms_id}
    if received and rows and not received.keys() & {row.key for row in rows}:
        raise SheetError(
            f"{LMS[receipts[0].lms]}에 이 레슨을 낸 사람의 번호가 하나도 없어요. 다른 과제의 채점표가 아닌지 봐 주세요."
        )
    found: dict[int, str] = {}
    by_id, by_email = _unique(_ids(scores, people)), _unique(_emails(scores, people))
    by_name = _unique((key, student) for student in scores for key in name_keys(people.name(student)))
    named = Counter(key for row in rows for key in name_keys(row.name))
    for row in rows:
        names = {by_name[key] for key in name_keys(row.name) if key in by_name and named[key] == 1}
        for candidates in (
            {received[row.key]} if row.key in received else set(),
            {by_id[id.casefold()] for id in row.ids if id.casefold() in by_id},
            {by_email[email.casefold()] for email in row.emails if email.casefold() in by_email},
            names,
        ):
            if candidates:
                if len(candidates) == 1 and candidates <= scores.keys():
                    found[row.number] = next(iter(candidates))
                break
    times = Counter(found.values())
    return {number: student for number, student in found.items() if times[student] == 1}


def _ids(scores: Iterable[str], people: People) -> Iterable[tuple[str, str]]:
    for student in scores:
        person = people.person(student)
        yield from ((id.casefold(), student) for id in {student, person.id if person else student})


def _emails(scores: Iterable[str], people: People) -> Iterable[tuple[str, str]]:
    for student in scores:
        person = people.person(student)
        if person and person.email:
            yield person.email.casefold(), student


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """둘 이상의 학습자가 가진 열쇠는 빼요."""
    owners: dict[str, set[str]] = {}
    for key, student in pairs:
        owners.setdefault(key, set()).add(student)
    return {key: students.pop() for key, students in owners.items() if len(students) == 1}
