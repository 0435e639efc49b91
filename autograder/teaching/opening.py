"""다음 수업의 첫머리: 한 레슨을 모으고 채점한 뒤 강사가 한 쪽에서 볼 것들."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.classroom.changes import Change, shown
from autograder.classroom.deadlines import SHOWN, Deadline, local_time, read_deadlines
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook import find_gradebook
from autograder.classroom.gradebook_reader import SubmissionScore, read_scores
from autograder.classroom.people import People, read_people
from autograder.collecting.collect import Collected
from autograder.exercises import LESSONS, lesson_exercises
from autograder.reporting.links import plan_link, relative_link
from autograder.reporting.misconceptions import Misconception, misconceptions
from autograder.teaching.evidence import telling_lines
from autograder.teaching.lesson_plan import LessonPlan, read_plan

FIRST = 3  # 수업을 시작할 오해의 수


@dataclass(frozen=True)
class Topic:
    """수업을 시작할 오해 하나. `why`는 실습의 정의에 적힌 설명, `lines`는 누구의 것인지 알 수 없게 고른 줄이에요."""

    cause: Misconception
    why: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """한 쪽에 들어가는 값들. 사람은 모두 보일 이름이에요."""

    lesson: str
    made_at: str
    practice: bool
    handed_in: int
    everyone: int | None
    missing: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    late: tuple[tuple[str, str], ...]
    has_deadline: bool
    unreadable: tuple[tuple[str, str], ...]
    noticed: tuple[tuple[str, str], ...]
    strangers: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    waiting: int
    topics: tuple[Topic, ...]
    plan: LessonPlan
    plan_link: str
    report_link: str
    changes: tuple[tuple[str, str, str], ...]
    changes_link: str

    @property
    def number(self) -> int:
        """레슨의 번호."""
        return int(self.lesson[:2])

    @property
    def title(self) -> str:
        """레슨의 제목."""
        return LESSONS[self.lesson]


def opening(
    classroom: Classroom,
    lesson: str,
    out: Path,
    collected: Sequence[Collected] = (),
    changes: Sequence[Change] = (),
    listed: Path | None = None,
) -> Opening:
    """학급 폴더에 남은 것과 이번에 모은 것에서 한 쪽의 값을 만들어요. `out`은 쪽이 놓일 폴더예요."""
    results = [result for result in classroom.results() if result.lesson == lesson]
    scores = _scores(classroom, lesson)
    people = read_people(classroom)
    here = {result.student for result in results}
    others = here | {result.student for result in classroom.results()}
    deadline = read_deadlines(classroom).get(lesson, Deadline())
    wrong = {who: other for one in collected for who, other in one.wrong_lesson if who not in here}
    absent = [who for who in people.everyone(others) if who not in here]
    report = classroom.path / "report.html"
    return Opening(
        lesson=lesson,
        made_at=datetime.now().strftime(SHOWN),
        practice=classroom.is_practice,
        handed_in=len(here),
        everyone=len(people.everyone(others)) if people.known else None,
        missing=tuple(people.name(who) for who in absent if who not in wrong),
        wrong=tuple((people.name(who), f"레슨 {int(other[:2])}. {LESSONS[other]}") for who, other in wrong.items()),
        late=_late(people, deadline, scores, collected, lesson),
        has_deadline=deadline.due is not None,
        unreadable=_problems(people, results, readable=False),
        noticed=_problems(people, results, readable=True),
        strangers=tuple((people.name(who), why) for one in collected for who, why in one.strangers.items()),
        skipped=tuple((why, tuple(names)) for one in collected for why, names in one.skipped.items()),
        notes=tuple(note for one in collected for note in one.notes),
        waiting=sum(score.needs_manual for score in scores),
        topics=topics(lesson, results),
        plan=read_plan(lesson),
        plan_link=plan_link(lesson, out),
        report_link=relative_link(report, out) if report.is_file() else "",
        changes=tuple(
            (people.name(one.student), one.exercise, f"{shown(one.before)} → {shown(one.after)} ({one.why})")
            for one in changes
            if one.lesson == lesson
        ),
        changes_link=relative_link(listed.with_suffix(".html"), out) if listed else "",
    )


def topics(lesson: str, results: Sequence[StoredResult]) -> tuple[Topic, ...]:
    """이름이 붙은 오해를 많은 사람이 걸린 것부터."""
    why = {mistake.id: mistake.why for e in lesson_exercises(lesson) for mistake in e.mistakes}
    found = []
    for cause in [one for one in misconceptions(results) if one.known][:FIRST]:
        answers = {result.student: result.code.get(cause.exercise, "") for result in results}
        passed = [r.student for r in results for m in r.marks if m.exercise == cause.exercise and m.verdict == "pass"]
        lines = telling_lines(
            cause.exercise, (answers[who] for who in cause.students), (answers[who] for who in passed)
        )
        found.append(Topic(cause, why.get(cause.id, ""), lines))
    return tuple(found)


def _scores(classroom: Classroom, lesson: str) -> list[SubmissionScore]:
    gradebook = find_gradebook(classroom.db_url())
    if gradebook is None:
        return []
    with gradebook:
        return read_scores(gradebook, lesson)


def _late(
    people: People, deadline: Deadline, scores: Iterable[SubmissionScore], collected: Iterable[Collected], lesson: str
) -> tuple[tuple[str, str], ...]:
    """늦은 사람과 때. LMS가 늦었다고만 적은 사람도 있어요."""
    late: dict[str, str] = {}
    for score in scores:
        until, when = deadline.until(score.student), score.timestamp and local_time(score.timestamp)
        if until is not None and when is not None and when > until:
            late[score.student] = f"{when:{SHOWN}} (마감 {until:{SHOWN}})"
    for one in (one for each in collected for one in each.late if one.lesson == lesson):
        late.setdefault(one.student, f"{one.when:{SHOWN}}" if one.when else "때는 알 수 없어요")
    return tuple((people.name(who), when) for who, when in late.items())


def _problems(people: People, results: Iterable[StoredResult], readable: bool) -> tuple[tuple[str, str], ...]:
    return tuple((people.name(r.student), problem) for r in results if r.readable is readable for problem in r.problems)
