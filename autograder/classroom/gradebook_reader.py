"""성적부에서 점수를 읽어요."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nbgrader import api
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from autograder.classroom.gradebook import MARKED
from autograder.classroom.gradebook_troubles import explained


@dataclass(frozen=True)
class CellScore:
    """성적부에서 읽은 셀 하나의 점수. `score`는 손 채점과 추가 점수를 더한 최종 점수예요."""

    name: str
    score: float
    max_score: float
    auto_score: float | None
    manual_score: float | None
    needs_manual: bool


@dataclass
class SubmissionScore:
    """성적부에서 읽은 제출물 하나. 시각은 성적부의 것 그대로 시간대 없는 UTC이고, `due`는 연장까지 더한 그 사람의 마감이에요.
    `rubric`은 셀에서, 채점한 사람이 켠 채점 기준의 줄들로 가요. 그 뒤에 다른 화면에서 바뀐 점수에는 없어요."""

    student: str
    lesson: str
    cells: dict[str, CellScore] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    late_penalty: float = 0.0
    timestamp: datetime | None = None
    due: datetime | None = None
    rubric: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """늦은 제출의 감점까지 한 점수. nbgrader의 내보내기와 같아요."""
        return round(max(0.0, sum(c.score for c in self.cells.values()) - self.late_penalty), 1)

    @property
    def max_score(self) -> float:
        """셀의 만점을 모두 더한 것."""
        return sum(c.max_score for c in self.cells.values())

    @property
    def needs_manual(self) -> bool:
        """사람이 볼 셀이 남았는지."""
        return any(c.needs_manual for c in self.cells.values())


def read_scores(gradebook: api.Gradebook, lesson: str | None = None) -> list[SubmissionScore]:
    """성적부의 제출물을 (학생, 레슨) 차례로 읽어요."""
    with explained(gradebook.engine.url):
        return _read_scores(gradebook.db(), lesson)


def _read_scores(db: Session, lesson: str | None) -> list[SubmissionScore]:
    base = (
        select(
            api.SubmittedNotebook.id,
            api.SubmittedAssignment.student_id,
            api.Assignment.name,
            api.SubmittedNotebook.late_submission_penalty,
            api.SubmittedAssignment.timestamp,
            api.Assignment.duedate,
            api.SubmittedAssignment.extension,
        )
        .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
        .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
    )
    if lesson is not None:
        base = base.where(api.Assignment.name == lesson)
    found = {
        id: SubmissionScore(
            student, name, late_penalty=penalty or 0.0, timestamp=stamp, due=due and due + (extension or timedelta())
        )
        for id, student, name, penalty, stamp, due, extension in db.execute(base)
    }
    grades = select(
        api.Grade.notebook_id,
        api.GradeCell.name,
        api.Grade.auto_score,
        api.Grade.manual_score,
        func.coalesce(api.Grade.extra_credit, 0.0),
        api.Grade.needs_manual_grade,
        api.GradeCell.max_score,
    ).join(api.GradeCell, api.GradeCell.id == api.Grade.cell_id)
    for id, name, auto, manual, extra, review, max_score in db.execute(grades):
        if id in found:
            base_score = manual if manual is not None else auto
            score = 0.0 if base_score is None else base_score + extra
            found[id].cells[name] = CellScore(name, score, max_score, auto, manual, review)
    comments = (
        select(api.Comment.notebook_id, api.SolutionCell.name, api.Comment.manual_comment)
        .join(api.SolutionCell, api.SolutionCell.id == api.Comment.cell_id)
        .where(api.Comment.manual_comment.is_not(None))
    )
    for id, name, comment in db.execute(comments):
        if id in found:
            found[id].comments[name] = comment
    _read_rubric(db, found)
    return sorted(found.values(), key=lambda s: (s.student, s.lesson))


def _read_rubric(db: Session, found: Mapping[str, SubmissionScore]) -> None:
    """서술형 화면에서 켠 기준의 줄들. 점수와 의견이 그때 그대로일 때만이에요."""
    if not inspect(db.connection()).has_table(MARKED.name):
        return
    marked = (
        select(api.Grade.notebook_id, api.GradeCell.name, MARKED.c.score, MARKED.c.comment, MARKED.c.rubric)
        .join(api.Grade, api.Grade.id == MARKED.c.grade)
        .join(api.GradeCell, api.GradeCell.id == api.Grade.cell_id)
    )
    for id, name, score, comment, rubric in db.execute(marked):
        one = found.get(id)
        if one is not None and one.cells[name].manual_score == score and one.comments.get(name, "") == (comment or ""):
            one.rubric[name] = tuple(int(number) for number in rubric.split(",") if number)


def by_student(scores: Iterable[SubmissionScore]) -> dict[str, dict[str, SubmissionScore]]:
    """학생에서 레슨으로, 레슨에서 제출물로 가는 표."""
    table: dict[str, dict[str, SubmissionScore]] = defaultdict(dict)
    for score in scores:
        table[score.student][score.lesson] = score
    return dict(table)
