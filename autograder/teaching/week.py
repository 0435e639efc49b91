"""한 주를 이어요: 모으고, 채점하고, 보고서를 만들고, 다음 수업의 쪽을 써요.

한 곳이 안 되어도 나머지는 하고, 안 된 것은 까닭과 함께 마지막에 말해요. 다시 하면 끝난 것은 그대로 두고 이어요.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import ChoiceLoader, Environment, PackageLoader

from autograder.classroom.afterwards import marks_changed
from autograder.classroom.commands import GradingStopped
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import ClassResult, grade_class
from autograder.classroom.options import chosen_class
from autograder.classroom.progress import GradingProgress
from autograder.classroom.receipts import read_receipts
from autograder.collecting.collect import Collected, collect
from autograder.console import typed
from autograder.errors import CourseError, system_trouble
from autograder.files import private_folder, write_text
from autograder.grading.names import visible
from autograder.grading.submissions import find_submissions
from autograder.judging.card import inline_html
from autograder.reporting.pages import pages
from autograder.teaching.opening import Opening, opening

Made = TypeVar("Made")


@dataclass
class Week:
    """한 주의 결과. `troubles`는 (하던 일, 까닭)이에요."""

    classroom: Classroom
    lesson: str
    collected: list[Collected] = field(default_factory=list)
    graded: ClassResult | None = None
    page: Path | None = None
    opening: Opening | None = None
    troubles: list[tuple[str, str]] = field(default_factory=list)

    def attempt(self, doing: str, work: Callable[[], Made]) -> Made | None:
        """한 가지를 해 봐요. 안 되면 까닭을 적어 두고 None이에요."""
        try:
            return work()
        except (CourseError, OSError) as error:
            sentence = str(error) if isinstance(error, CourseError) else system_trouble(error)
            if sentence is None:
                raise
            self.troubles.append((doing, sentence))
            return None


def run_week(
    classroom: Classroom,
    lesson: str,
    sources: Sequence[Path] = (),
    due: datetime | None = None,
    **options: Any,
) -> Week:
    """모으기부터 다음 수업의 쪽까지 해요. `options`는 `collect`에 그대로 가요(layout, student, roster, by_name, strangers).

    모을 것도 모아 둔 것도 없으면 CourseError, Ctrl+C로 멈추면 GradingStopped예요.
    """
    if not sources and not classroom.submitted.is_dir():
        number = int(lesson[:2])
        raise CourseError(
            f"{typed(classroom.path)}에 모아 둔 제출물이 없어요. 받은 것을 함께 적어 주세요: `python3 course.py week {number} 받은.zip{chosen_class(classroom.path)}`"
        )
    try:
        return _run(Week(classroom, lesson), sources, due, options)
    except KeyboardInterrupt:
        raise GradingStopped("멈췄어요. 끝난 것은 저장했으니, 같은 명령을 다시 하면 나머지만 해요.") from None


def _run(week: Week, sources: Sequence[Path], due: datetime | None, options: dict[str, Any]) -> Week:
    classroom = week.classroom
    _collect(week, sources, due, options)
    if _anything(week):
        week.graded = week.attempt("채점", lambda: _grade(week))
    elif not week.troubles:
        again = f"`python3 course.py week {int(week.lesson[:2])} 받은.zip{chosen_class(classroom.path)}`"
        week.troubles.append(("채점", f"이 레슨을 낸 사람이 없어요. 레슨의 번호와 받은 것을 확인해 주세요: {again}"))
    if week.graded is not None and week.graded.results:
        week.attempt("보고서", lambda: marks_changed(classroom))
        for one in week.graded.ungraded:
            week.troubles.append(("채점", f"{one.student}: {one.why}. 학습자의 잘못이 아니라서 점수를 적지 않았어요."))
    week.attempt("다음 수업의 쪽", lambda: _write_page(week))
    return week


def _anything(week: Week) -> bool:
    """이 레슨에 낸 것이 있는지. 열 수 없는 폴더도 채점이 까닭을 말하도록 있는 것으로 쳐요."""
    closed: list[str] = []
    root = week.classroom.submitted
    found = root.is_dir() and find_submissions(root, week.lesson, lambda who, error: closed.append(who))
    return bool(found or closed)


def _collect(week: Week, sources: Sequence[Path], due: datetime | None, options: dict[str, Any]) -> None:
    """한꺼번에 모아 봐요. 여럿 가운데 하나가 안 되면 하나씩 모아서 나머지를 잃지 않아요."""

    def take(chosen: Sequence[Path]) -> Collected:
        return collect(chosen, week.classroom, lesson=week.lesson, due=due, **options)

    if not sources:
        return
    if len(sources) > 1:
        try:
            week.collected.append(take(sources))
            return
        except (CourseError, OSError):
            pass  # 어느 것 때문인지는 하나씩 하면 알아요.
    for source in sources:
        found = week.attempt(f"{source.name} 모으기", lambda one=source: take([one]))  # type: ignore[misc]
        if found is not None:
            week.collected.append(found)


def _grade(week: Week) -> ClassResult:
    with GradingProgress() as progress:
        return grade_class(week.classroom, None, week.lesson, on_start=progress.start, on_result=progress.step)


def _write_page(week: Week) -> None:
    private_folder(week.classroom.path)
    out = week.classroom.path / "week"
    graded = week.graded
    week.opening = opening(
        week.classroom,
        week.lesson,
        out,
        week.collected,
        graded.changes if graded else (),
        graded.listed if graded else None,
    )
    page = out / f"{week.lesson[:2]}.html"
    write_text(page, render(week.opening, week.troubles, next_steps(week)))
    week.page = page


def render(found: Opening, troubles: Sequence[tuple[str, str]], steps: Sequence[tuple[str, str]]) -> str:
    """다음 수업의 쪽의 HTML."""
    template = _templates().get_template("week.html.j2")
    return template.render(week=found, troubles=troubles, steps=steps, practice=found.practice)


@cache
def _templates() -> Environment:
    """이 방의 틀을 먼저 찾고, 바탕과 안전 규칙은 보고서의 것과 같은 환경."""
    ours = pages()
    assert ours.loader is not None
    environment = ours.overlay(loader=ChoiceLoader([PackageLoader("autograder.teaching"), ours.loader]))
    # 제목의 역따옴표만 코드로 보여요.
    environment.filters = {**ours.filters, "line": lambda text: inline_html(visible(text))}
    return environment


def next_steps(week: Week) -> list[tuple[str, str]]:
    """다음에 할 일과 칠 명령."""
    if week.graded is None or not week.graded.results:
        return []
    number, room = int(week.lesson[:2]), chosen_class(week.classroom.path)
    waiting = week.opening.waiting if week.opening else 0
    steps = [(f"서술형 {waiting}개 채점하기", f"mark {number}")] if waiting else []
    steps.append(("점수를 CSV로 내보내기", "export-marks"))
    lms = {one.lms for one in read_receipts(week.classroom, week.lesson).values()} & {"moodle", "canvas"}
    for name in sorted(lms):
        steps.append(
            (f"{name.title()}에서 받은 채점표에 점수 채우기", f"export-marks 채점표.csv --for {name} --lesson {number}")
        )
        steps.append((f"{name.title()}에 올릴 피드백 담기", f"export-feedback {number} --for {name}"))
    if not lms:
        steps.append(("사람마다 피드백 담기", f"export-feedback {number}"))
    steps.append(("닮은 제출물 보기", f"similar {number}"))
    return [(what, f"python3 course.py {command}{room}") for what, command in steps]
