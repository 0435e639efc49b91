"""학습자 한 명이 받는 한 쪽짜리 HTML. 글은 모두 이스케이프하고, 숨은 사례의 값은 담지 않아요."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.authoring.lesson_source import BuildError
from autograder.classroom.deadlines import SHOWN, local_time
from autograder.classroom.folder import StoredResult
from autograder.classroom.gradebook_reader import CellScore, SubmissionScore
from autograder.classroom.question import CELL, RubricLine, question
from autograder.exercises import LESSONS, lesson_exercises
from autograder.grading.names import visible
from autograder.judging.card import to_html

LABELS = {
    "pass": "통과",
    "partial": "일부 통과",
    "fail": "다시 보기",
    "error": "실행 오류",
    "timeout": "시간 초과",
    "refused": "채점하지 못함",
    "missing": "아직 구현 전",
}


@dataclass(frozen=True)
class ExerciseView:
    """화면에 보일 실습 하나. 서술형이면 `rubric`은 채점한 사람이 켠 기준의 줄들, `lines`는 기준의 모든 줄의 수예요."""

    name: str
    title: str
    verdict: str
    label: str
    score: float
    max_score: float
    message: str
    mistake: str = ""
    manual: bool = False
    waiting: bool = False
    comment: str = ""
    code: str = ""
    rubric: tuple[RubricLine, ...] = ()
    lines: int = 0

    @property
    def adjusted(self) -> bool:
        """받은 점수가 기준의 줄을 더한 것과 다른지."""
        return bool(self.rubric) and sum(line.points for line in self.rubric) != self.score


@dataclass(frozen=True)
class FeedbackPage:
    """피드백 한 쪽에 들어가는 값들."""

    student: str
    number: int
    lesson_title: str
    score: float
    max_score: float
    summary: str
    submitted: str
    graded_at: str
    late_penalty: float
    due: str
    late_by: str
    problems: tuple[str, ...]
    stamp: str
    exercises: tuple[ExerciseView, ...] = field(default=())
    written: tuple[ExerciseView, ...] = field(default=())

    @property
    def before_penalty(self) -> float:
        """늦은 만큼을 빼기 전의 점수."""
        return round(self.score + self.late_penalty, 1)

    @property
    def waiting(self) -> float:
        """아직 사람이 읽지 않은 서술형의 배점."""
        return sum(item.max_score for item in self.written if item.waiting)

    @property
    def percent(self) -> float:
        """막대에 그릴 백분율. 보너스까지 받아도 100을 넘지 않아요."""
        return round(100 * min(1.0, self.score / self.max_score), 1) if self.max_score else 0.0


def points(value: float) -> str:
    """점수의 글: 10.0은 10, 7.5는 7.5."""
    return f"{value:.1f}".removesuffix(".0")


def shown_time(utc: datetime | None) -> str:
    """성적부의 시각(UTC)을 이 컴퓨터의 시각으로 적은 글. 모르면 빈 글이에요."""
    return f"{local_time(utc):{SHOWN}}" if utc else ""


@cache
def templates() -> Environment:
    """늘 이스케이프하고 보이지 않는 글자를 드러내는 jinja 환경."""
    environment = Environment(
        loader=PackageLoader("autograder.classroom"),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = points
    environment.filters["card"] = lambda text: to_html(visible(text))
    return environment


def render_feedback(result: StoredResult, score: SubmissionScore | None = None, practice: bool = False) -> str:
    """결과와 성적부의 점수(손 채점, 의견, 감점)로 피드백 HTML을 만들어요."""
    return templates().get_template("feedback.html.j2").render(page=feedback_page(result, score), practice=practice)


def feedback_page(result: StoredResult, score: SubmissionScore | None = None) -> FeedbackPage:
    """화면에 보일 값들을 모아요. 성적부의 점수가 없으면 채점의 점수를 보여요."""
    cells = score.cells if score else {}
    comments = score.comments if score else {}
    titles = {e.name: e.title for e in lesson_exercises(result.lesson)}
    mistakes = {m.id: m.title for e in lesson_exercises(result.lesson) for m in e.mistakes}
    views = []
    for mark in result.marks:
        cell = cells.get(f"check_{mark.exercise}")
        views.append(
            ExerciseView(
                mark.exercise,
                titles.get(mark.exercise, mark.exercise),
                mark.verdict,
                LABELS[mark.verdict],
                cell.score if cell else mark.score,
                mark.max_score,
                mark.message,
                mistake=mistakes.get(mark.mistake or "", ""),
                manual=bool(cell and cell.manual_score is not None),
                comment=comments.get(mark.exercise, ""),
                code=result.code.get(mark.exercise, ""),
            )
        )
    passed = sum(mark.verdict == "pass" for mark in result.marks)
    return FeedbackPage(
        student=result.student,
        number=int(result.lesson[:2]),
        lesson_title=LESSONS[result.lesson],
        score=score.score if score else result.score,
        max_score=score.max_score if score else result.max_score,
        summary=_summary(passed, len(result.marks)),
        submitted=shown_time(score.timestamp) if score else "",
        graded_at=result.graded_at,
        late_penalty=score.late_penalty if score else 0.0,
        due=shown_time(score.due) if score else "",
        late_by=_late_by(score) if score else "",
        problems=result.problems,
        stamp="이 점수는 모래상자 없이 채점했어요." if result.tier == "none" else "",
        exercises=tuple(views),
        written=written_views(result, score) if score else (),
    )


def written_views(result: StoredResult, score: SubmissionScore) -> tuple[ExerciseView, ...]:
    """서술형마다 점수, 채점한 사람이 켠 기준, 의견."""
    return tuple(
        _written(cell, result, score.comments.get(cell.name, ""), score.rubric.get(cell.name, ()))
        for cell in score.cells.values()
        if cell.name in result.answered
    )


def _late_by(score: SubmissionScore) -> str:
    """마감보다 얼마나 늦었는지. 늦지 않았거나 모르면 빈 글이에요."""
    if score.timestamp is None or score.due is None or score.timestamp <= score.due:
        return ""
    minutes = math.ceil((score.timestamp - score.due).total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    parts = ((days, "일"), (hours, "시간"), (0 if days else minutes % 60, "분"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number)


def _written(cell: CellScore, result: StoredResult, comment: str, met: Sequence[int]) -> ExerciseView:
    answered = result.answered[cell.name]
    waiting = answered and cell.manual_score is None
    verdict, label = (
        ("partial", "채점 기다림") if waiting else ("pass", "채점함") if answered else ("missing", "답 없음")
    )
    message = "강사가 읽고 점수를 줘요." if waiting else "" if answered else "답을 적지 않아서 0점이에요."
    rubric = _rubric(result.lesson) if met and cell.name == CELL else ()
    return ExerciseView(
        cell.name,
        "돌아보기",
        verdict,
        label,
        cell.score,
        cell.max_score,
        message,
        waiting=waiting,
        comment=comment,
        code=result.code.get(cell.name, "") if answered else "",
        # 기준이 그사이 줄었으면 없어진 줄은 보이지 않아요.
        rubric=tuple(rubric[number] for number in met if number < len(rubric)),
        lines=len(rubric),
    )


def _rubric(lesson: str) -> tuple[RubricLine, ...]:
    try:
        return question(lesson).rubric
    except BuildError:  # 기준을 고치다 잘못 적어도 한 반의 피드백은 나가야 해요.
        return ()


def _summary(passed: int, total: int) -> str:
    if total and passed == total:
        return f"실습 {total}개를 모두 통과했어요. 축하해요!"
    if passed:
        return f"실습 {total}개 가운데 {passed}개를 통과했어요. 나머지에서 다음에 할 일을 아래에서 확인해요."
    return f"실습 {total}개가 아직 남았어요. 첫 실습의 설명부터 하나씩 따라가 봐요."
