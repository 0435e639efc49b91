"""서술형의 점수와 의견을 nbgrader의 성적부에서 읽고 써요. 쓰기 전에, 채점하는 사람이 보던 것에서 바뀌지 않았는지 견줘요."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from nbgrader import api
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from autograder.classroom.gradebook import MARKED, RECORDED, make_recorded
from autograder.classroom.gradebook_troubles import explained
from autograder.classroom.gradebook_writer import in_transaction
from autograder.classroom.question import CELL
from autograder.errors import CourseError

LONGEST_COMMENT = 5000


class MarkError(CourseError):
    """적을 수 없는 점수나 의견이에요."""


@dataclass(frozen=True)
class State:
    """성적부에 지금 있는 것: 답 하나의 점수, 의견, 다시 볼지, 누가 언제.

    `key`는 그 답을 채점한 판정의 지문이라 새 제출물이면 달라져요. `changed`는 점수를 준 뒤에 답의 글이 바뀌었는지예요(모르면 None).
    `who`가 비었으면 이 화면에서 준 점수가 아니에요.
    """

    id: str
    student: str
    max_score: float
    auto: float | None
    score: float | None
    review: bool
    comment: str
    rubric: tuple[int, ...]
    who: str
    at: str
    key: str
    changed: bool | None

    def same_as(self, seen: Mapping[str, Any]) -> bool:
        """채점하는 사람이 보던 것과 같은지."""
        return all(seen.get(name) == getattr(self, name) for name in ("score", "review", "comment", "key"))


@dataclass(frozen=True)
class Change:
    """답 하나에 적을 것. `seen`은 채점하는 사람이 보던 상태, `answer`는 보던 답의 지문이에요."""

    id: str
    seen: Mapping[str, Any]
    score: float | None
    comment: str
    rubric: tuple[int, ...]
    review: bool
    answer: str

    @classmethod
    def of(cls, data: Any, max_score: float, lines: int, answer: str) -> Change:
        """브라우저가 보낸 것에서. 적을 수 없는 값이면 MarkError예요."""
        if not isinstance(data, dict) or not isinstance(data.get("seen"), dict):
            raise MarkError("화면이 보낸 것을 읽지 못했어요. 새로 고친 뒤 다시 해 주세요.")
        score, comment, rubric = data.get("score"), data.get("comment", ""), data.get("rubric", [])
        if score is not None and not _is_mark(score, max_score):
            raise MarkError(f"점수는 0점부터 {max_score:g}점까지 0.5점 단위예요.")
        if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
            raise MarkError(f"의견은 {LONGEST_COMMENT}자까지 적을 수 있어요.")
        if not isinstance(rubric, list) or any(type(n) is not int or not 0 <= n < lines for n in rubric):
            raise MarkError("채점 기준에 없는 줄이에요. 새로 고친 뒤 다시 해 주세요.")
        # 성적부에 적을 수 없는 글자(NUL, 짝 없는 대리 문자)는 물음표 글자로 바꿔요.
        kept = comment.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        number = None if score is None else float(score)
        lines_met = tuple(sorted(set(rubric)))
        return cls(str(data.get("id")), data["seen"], number, kept, lines_met, bool(data.get("review")), answer)


def _is_mark(score: Any, max_score: float) -> bool:
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        return False
    return 0 <= score <= max_score and float(2 * score).is_integer()


def prepare(gradebook: api.Gradebook) -> None:
    """누가 언제 주었는지 적을 표를 만들어 둬요."""

    def work(db: Session) -> None:
        make_recorded(db.connection())
        make_recorded(db.connection(), MARKED)

    in_transaction(gradebook, work)


def read_states(gradebook: api.Gradebook, lesson: str, answers: Mapping[str, str]) -> list[State]:
    """레슨의 모든 답의 상태를 학생의 차례로. `answers`는 학생마다 지금 답의 지문이에요."""
    db: Session = gradebook.db()
    with explained(gradebook.engine.url):
        db.commit()  # 남이 그사이 쓴 것이 보이게, 앞서 열린 읽기를 끝내요.
        found = _states(db, lesson, answers)
        db.commit()
    return found


def write_marks(
    gradebook: api.Gradebook, lesson: str, answers: Mapping[str, str], changes: Sequence[Change], who: str
) -> list[State]:
    """모두 적거나 하나도 적지 않아요. 보던 것과 달라진 답이 있으면 적지 않고, 그 답들의 지금 상태를 돌려줘요."""
    conflicts: list[State] = []

    def work(db: Session) -> None:
        now = {state.id: state for state in _states(db, lesson, answers)}
        conflicts.clear()
        wanted = []
        for change in changes:
            state = now.get(change.id)
            if state is None:
                raise MarkError("성적부에 없는 답이에요. 새로 고친 뒤 다시 해 주세요.")
            if (state.score, state.comment, state.rubric, state.review) == _target(state, change):
                continue  # 답장만 잃고 다시 보낸 것이에요.
            if state.same_as(change.seen):
                wanted.append((state, change))
            else:
                conflicts.append(state)
        if not conflicts and wanted:
            _write(db, lesson, wanted, who)

    in_transaction(gradebook, work)
    return conflicts


def _target(state: State, change: Change) -> tuple[float | None, str, tuple[int, ...], bool]:
    """적고 난 뒤의 점수, 의견, 기준, 다시 볼지. 점수를 지우면 사람의 눈이 필요한지는 자동 점수가 정해요."""
    review = state.auto is None if change.score is None else change.review
    return change.score, change.comment, change.rubric, review


def _states(db: Session, lesson: str, answers: Mapping[str, str]) -> list[State]:
    grade_cell, solution_cell = aliased(api.GradeCell), aliased(api.SolutionCell)
    rows = db.execute(
        select(
            api.Grade.id,
            api.SubmittedAssignment.student_id,
            grade_cell.max_score,
            api.Grade.auto_score,
            api.Grade.manual_score,
            api.Grade.needs_manual_grade,
            api.Comment.manual_comment,
            RECORDED.c.key,
            MARKED,
        )
        .join(grade_cell, api.Grade.cell_id == grade_cell.id)
        .join(api.SubmittedNotebook, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
        .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
        .outerjoin(
            solution_cell,
            (solution_cell.name == CELL) & (solution_cell.notebook_id == api.SubmittedNotebook.notebook_id),
        )
        .outerjoin(
            api.Comment, (api.Comment.cell_id == solution_cell.id) & (api.Comment.notebook_id == api.Grade.notebook_id)
        )
        .outerjoin(RECORDED, RECORDED.c.submitted_notebook == api.SubmittedNotebook.id)
        .outerjoin(MARKED, MARKED.c.grade == api.Grade.id)
        .where(api.Assignment.name == lesson, grade_cell.name == CELL)
        .order_by(api.SubmittedAssignment.student_id)
    )
    return [_state(row, answers) for row in rows]


def _state(row: Any, answers: Mapping[str, str]) -> State:
    id, student, max_score, auto, score, review, comment, key, marked, given, said, rubric, answer, who, at = row
    ours = marked is not None and given == score and (said or "") == (comment or "")
    return State(
        id,
        student,
        max_score,
        auto,
        score,
        bool(review),
        comment or "",
        tuple(int(n) for n in rubric.split(",") if n) if ours else (),
        who if ours else "",
        at if ours else "",
        key or "",
        answers.get(student, "") != answer if ours else None,
    )


def _write(db: Session, lesson: str, wanted: Sequence[tuple[State, Change]], who: str) -> None:
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    grades, marked, comments = [], [], []
    for state, change in wanted:
        score, comment, rubric, review = _target(state, change)
        grades.append({"b_id": state.id, "score": score, "review": review})
        comments.append({"b_id": state.id, "comment": comment or None})
        facts = {"score": score, "comment": comment, "rubric": ",".join(map(str, rubric)), "answer": change.answer}
        marked.append({"grade": state.id, **facts, "who": who, "at": at})
    connection, table = db.connection(), api.Grade.__table__
    change_grade = update(table).where(table.c.id == bindparam("b_id"))
    connection.execute(
        change_grade.values(manual_score=bindparam("score"), needs_manual_grade=bindparam("review")), grades
    )
    _write_comments(db, comments)
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[db.get_bind().dialect.name](MARKED)
    columns = ("score", "comment", "rubric", "answer", "who", "at")
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["grade"], set_={name: getattr(insert.excluded, name) for name in columns}
        ),
        marked,
    )


def _write_comments(db: Session, comments: Sequence[Mapping[str, Any]]) -> None:
    """의견은 점수와 다른 셀(풀이 셀)의 행에 있어요. 없으면 만들어요."""
    for one in comments:
        grade = db.get_one(api.Grade, one["b_id"])
        cell = db.scalars(select(api.SolutionCell).filter_by(name=CELL, notebook_id=grade.notebook.notebook_id)).one()
        row = db.scalars(select(api.Comment).filter_by(cell_id=cell.id, notebook_id=grade.notebook_id)).one_or_none()
        if row is None:
            row = api.Comment(cell_id=cell.id, notebook_id=grade.notebook_id)
            db.add(row)
        row.manual_comment = one["comment"]
