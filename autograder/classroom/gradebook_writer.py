"""성적부에 한꺼번에 써요. 손으로 준 점수와 의견은 건드리지 않아요.

제출물마다 여러 번 커밋하는 nbgrader의 방식 대신, 여러 제출물을 한 트랜잭션에 써요. 여러 채점이 함께 써도 차례로 쓴 것과 같아요:
SQLite는 통째로, PostgreSQL은 레슨의 행을 잠그고, 행은 있으면 고치고 없으면 넣는 한 문장(ON CONFLICT)으로 써요.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import bindparam, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from autograder.classroom.deadlines import Deadline, naive_utc
from autograder.classroom.gradebook import RECORDED, Entry, begin_writing, make_recorded
from autograder.classroom.gradebook_troubles import COLLISIONS, explained, sqlstate
from autograder.grading.lesson_cells import LessonCells

# 다른 채점과 겹쳐 물러났을 때 처음부터 해 보는 횟수
TRIES = 10


def register_lesson(gradebook: api.Gradebook, cells: LessonCells) -> None:
    """레슨과 그 셀들을 성적부에 올려요. `nbgrader generate_assignment`가 적는 것과 같은 행이에요.

    사라진 셀은 지우지 않고 만점과 자동 점수만 비워요. 사람이 준 점수와 의견은 그대로 남아요.
    """

    def work(db: Session) -> None:
        make_recorded(db.connection())
        names = {"name": cells.lesson}
        new = {"id": api.new_uuid(), **names, "course_id": gradebook.course_id}
        # 옛 판에서 올린 SQLite 성적부에는 레슨의 이름이 하나뿐이라는 제약이 없어서, 있는지 먼저 봐요.
        if db.scalar(select(api.Assignment.id).filter_by(**names)) is None:
            db.execute(_insert(db, api.Assignment.__table__).on_conflict_do_nothing(), [new])
        assignment = _lock_lesson(db, cells.lesson)
        new = {"id": api.new_uuid(), **names, "assignment_id": assignment, "kernelspec": cells.kernelspec}
        db.execute(_insert(db, api.Notebook.__table__).on_conflict_do_nothing(), [new])
        notebook = db.scalars(select(api.Notebook).filter_by(**names, assignment_id=assignment)).one()
        notebook.kernelspec = cells.kernelspec
        _register_cells(db, notebook.id, cells)
        _register_sources(db, notebook.id, cells)

    in_transaction(gradebook, work)


def _register_cells(db: Session, notebook: str, cells: LessonCells) -> None:
    known = {
        (cell.type, cell.name): cell
        for cell in db.scalars(select(api.BaseCell).where(api.BaseCell.notebook_id == notebook))
    }
    for graded in cells.graded:
        cell = known.pop(("GradeCell", graded.name), None)
        if cell is None:
            cell = api.GradeCell(name=graded.name, notebook_id=notebook)
            db.add(cell)
        cell.max_score, cell.cell_type = graded.points, graded.cell_type
    for name in cells.solutions:
        if known.pop(("SolutionCell", name), None) is None:
            db.add(api.SolutionCell(name=name, notebook_id=notebook))
    for (kind, _), gone in known.items():
        if kind == "GradeCell" and gone.max_score:
            gone.max_score = 0.0
            db.execute(
                update(api.Grade.__table__)
                .where(api.Grade.cell_id == gone.id)
                .values(auto_score=None, needs_manual_grade=False)
            )


def _register_sources(db: Session, notebook: str, cells: LessonCells) -> None:
    known = {
        cell.name: cell for cell in db.scalars(select(api.SourceCell).where(api.SourceCell.notebook_id == notebook))
    }
    for source in cells.sources:
        cell = known.pop(source["name"], None)
        if cell is None:
            cell = api.SourceCell(name=source["name"], notebook_id=notebook)
            db.add(cell)
        cell.cell_type, cell.locked = source["cell_type"], source["locked"]
        cell.source, cell.checksum = source["source"], source["checksum"]
    for gone in known.values():
        db.delete(gone)  # 배포한 글일 뿐이라, 사람이 적은 것이 없어요.


def save_entries(gradebook: api.Gradebook, cells: LessonCells, entries: Sequence[Entry]) -> None:
    """한 레슨의 제출물 여러 개를 한 트랜잭션에 써요. 손으로 준 점수와 의견은 건드리지 않아요."""

    def work(db: Session) -> None:
        ids = _lesson_ids(db, cells.lesson)
        submitted = _submitted_notebooks(db, ids, entries)
        _save_grades(db, cells, ids.grade_cells, submitted, entries)
        _save_comments(db, cells, ids.solution_cells, submitted, entries)

    if entries:
        in_transaction(gradebook, work)


def in_transaction(gradebook: api.Gradebook, work: Callable[[Session], None]) -> None:
    """`work`를 한 트랜잭션에서 해요. 다른 채점과 겹쳐 물러났으면 처음부터 다시 해요. 두 번 해도 같은 일이어야 해요."""
    db: Session = gradebook.db()
    with explained(gradebook.engine.url):
        db.commit()  # 앞서 읽으며 열린 트랜잭션을 끝내야 지금의 것을 보고 써요.
        for left in reversed(range(TRIES)):
            try:
                begin_writing(db.connection())
                work(db)
                db.commit()
                return
            except DBAPIError as error:
                db.rollback()
                if not left or sqlstate(error) not in COLLISIONS:
                    raise
            except BaseException:
                db.rollback()
                raise


def _insert(db: Session, table: Any) -> Any:
    """이미 있는 행과 부딪힐 때를 정할 수 있는 INSERT. 두 데이터베이스가 같은 문장을 써요."""
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[db.get_bind().dialect.name](table)


def _lock_lesson(db: Session, lesson: str) -> str:
    """레슨의 행을 잠그고 번호를 돌려줘요. 한 레슨에는 한 번에 한 채점만 써요. SQLite는 이미 통째로 잠갔어요."""
    return db.scalars(
        select(api.Assignment.id).where(api.Assignment.name == lesson).with_for_update(key_share=True)
    ).one()


@dataclass(frozen=True)
class _LessonIds:
    """성적부가 레슨에 붙인 번호들. 셀의 번호는 셀의 이름에서 찾아요."""

    assignment: str
    notebook: str
    grade_cells: Mapping[str, str]
    solution_cells: Mapping[str, str]


def _lesson_ids(db: Session, lesson: str) -> _LessonIds:
    assignment = _lock_lesson(db, lesson)
    notebook = db.scalars(select(api.Notebook.id).filter_by(assignment_id=assignment, name=lesson)).one()
    cells = db.execute(
        select(api.BaseCell.type, api.BaseCell.name, api.BaseCell.id).where(api.BaseCell.notebook_id == notebook)
    ).all()
    return _LessonIds(
        assignment,
        notebook,
        grade_cells={name: id for type, name, id in cells if type == "GradeCell"},
        solution_cells={name: id for type, name, id in cells if type == "SolutionCell"},
    )


def _pairs(db: Session, statement: Any, column: Any, values: Sequence[str], size: int = 400) -> dict[str, str]:
    """`column`이 `values`에 든 행에서 두 열의 표를 만들어요. SQLite는 한 문장의 변수 개수에 상한이 있어서 나눠 물어요."""
    found: dict[str, str] = {}
    for start in range(0, len(values), size):
        rows = db.execute(statement.where(column.in_(values[start : start + size])))
        found.update((key, value) for key, value in rows)
    return found


def _submitted_notebooks(db: Session, ids: _LessonIds, entries: Sequence[Entry]) -> dict[str, str]:
    """학생에서 제출 노트북의 번호로 가는 표. 없던 학생과 제출은 여기서 만들어요."""
    # 여러 레슨의 채점이 같은 학생들을 함께 만들 수 있어서, 서로를 기다리다 멈추지 않게 늘 같은 차례로 만들어요.
    students = sorted({entry.student for entry in entries})
    db.execute(_insert(db, api.Student.__table__).on_conflict_do_nothing(), [{"id": student} for student in students])
    statement, table = _insert(db, api.SubmittedAssignment.__table__), api.SubmittedAssignment.__table__
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["assignment_id", "student_id"],
            set_={"timestamp": func.coalesce(statement.excluded.timestamp, table.c.timestamp)},
        ),
        [
            {
                "id": api.new_uuid(),
                "assignment_id": ids.assignment,
                "student_id": entry.student,
                "timestamp": parse_utc(entry.timestamp),
            }
            for entry in entries
        ],
    )
    found = select(table.c.id, table.c.student_id).where(table.c.assignment_id == ids.assignment)
    owners = _pairs(db, found, table.c.student_id, students)
    db.execute(
        _insert(db, api.SubmittedNotebook.__table__).on_conflict_do_nothing(),
        [{"id": api.new_uuid(), "assignment_id": id, "notebook_id": ids.notebook, "flagged": False} for id in owners],
    )
    table = api.SubmittedNotebook.__table__
    found = select(table.c.assignment_id, table.c.id).where(table.c.notebook_id == ids.notebook)
    return {owners[id]: notebook for id, notebook in _pairs(db, found, table.c.assignment_id, list(owners)).items()}


def _save_grades(
    db: Session, cells: LessonCells, cell_ids: Mapping[str, str], submitted: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    known = RECORDED.c.submitted_notebook
    recorded = _pairs(db, select(known, RECORDED.c.key), known, list(submitted.values()))
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for entry in entries:
        notebook, scores = submitted[entry.student], {mark.exercise: mark.score for mark in entry.marks}
        fresh = entry.fresh or recorded.get(notebook) != entry.key
        for graded in cells.graded:
            if graded.exercise is not None:
                auto: float | None = scores.get(graded.exercise, 0.0)
            else:
                # 손 채점 셀: 답이 없으면 0점, 있으면 사람이 볼 때까지 비워 둬요(nbgrader와 같은 규칙).
                auto = None if entry.answered.get(graded.name) else 0.0
            rows[fresh].append(
                {
                    "id": api.new_uuid(),
                    "cell_id": cell_ids[graded.name],
                    "notebook_id": notebook,
                    "auto_score": auto,
                    "needs_manual_grade": auto is None,
                }
            )
    statement, old = _insert(db, api.Grade.__table__), api.Grade.__table__.c
    auto_score = statement.excluded.auto_score
    # 사람이 점수를 주었던 셀을 새로 채점하면 다시 보게 해요(nbgrader와 같은 규칙). 새 것이 아니면 표시를 그대로 둬요.
    # 옛 값은 데이터베이스가 쓰는 그 순간의 것이라, 사람이 막 적은 점수도 놓치지 않아요.
    look = or_(auto_score.is_(None), old.manual_score.is_not(None))
    same = old.auto_score.is_not_distinct_from(auto_score)
    for fresh, values in rows.items():
        review = look if fresh else case((same, old.needs_manual_grade), else_=look)
        if values:
            db.execute(
                statement.on_conflict_do_update(
                    index_elements=["cell_id", "notebook_id"],
                    set_={"auto_score": auto_score, "needs_manual_grade": review},
                ),
                values,
            )
    marker = _insert(db, RECORDED)
    db.execute(
        marker.on_conflict_do_update(index_elements=["submitted_notebook"], set_={"key": marker.excluded.key}),
        [{"submitted_notebook": submitted[entry.student], "key": entry.key} for entry in entries],
    )


def _save_comments(
    db: Session, cells: LessonCells, cell_ids: Mapping[str, str], submitted: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    rows = []
    for entry in entries:
        messages = {mark.exercise: mark.message for mark in entry.marks}
        for name in cells.solutions:
            comment = messages.get(name)
            if comment is None and not entry.answered.get(name):
                comment = "답이 비어 있어요."
            rows.append(
                {
                    "id": api.new_uuid(),
                    "cell_id": cell_ids[name],
                    "notebook_id": submitted[entry.student],
                    "auto_comment": comment and comment.replace("\0", "\ufffd"),  # PostgreSQL의 글에는 NUL이 없어요.
                }
            )
    statement = _insert(db, api.Comment.__table__)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["cell_id", "notebook_id"], set_={"auto_comment": statement.excluded.auto_comment}
        ),
        rows,
    )


def set_deadlines(gradebook: api.Gradebook, lesson: str, deadline: Deadline) -> None:
    """학급 폴더에 적은 마감과 연장을 nbgrader의 자리(duedate, extension)에 옮겨요. 시각은 시간대 없는 UTC예요."""

    def work(db: Session) -> None:
        assignment = db.get_one(api.Assignment, _lock_lesson(db, lesson))
        due = deadline.due
        wanted = None if due is None else naive_utc(due)
        if assignment.duedate != wanted:
            assignment.duedate = wanted
        for one in db.scalars(select(api.SubmittedAssignment).filter_by(assignment_id=assignment.id)):
            until = deadline.extensions.get(one.student_id)
            more = None if until is None or due is None else until - due
            if one.extension != more:
                one.extension = more

    in_transaction(gradebook, work)


def forget_times(gradebook: api.Gradebook, lesson: str, students: Collection[str]) -> None:
    """낸 때를 모르는 새 제출로 바뀐 사람들의, 옛 제출의 때를 지워요."""

    def work(db: Session) -> None:
        assignment = _lock_lesson(db, lesson)
        for one in db.scalars(select(api.SubmittedAssignment).filter_by(assignment_id=assignment)):
            if one.student_id in students:
                one.timestamp = None

    if students:
        in_transaction(gradebook, work)


def apply_late_penalties(gradebook: api.Gradebook, lesson: str, config: Any = None) -> None:
    """nbgrader에 설정한 감점 규칙(LateSubmissionPlugin)을 그대로 적용해요. 마감이 없으면 감점도 없어요."""
    penalties = AssignLatePenalties(config=config)
    penalties.init_plugin()

    def work(db: Session) -> None:
        assignment = db.get_one(api.Assignment, _lock_lesson(db, lesson))
        submitted = (
            select(
                api.SubmittedNotebook.id,
                api.SubmittedNotebook.late_submission_penalty,
                api.SubmittedAssignment.student_id,
                api.SubmittedAssignment.timestamp,
                api.SubmittedAssignment.extension,
                func.coalesce(func.sum(api.Grade.score), 0.0),
            )
            .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .outerjoin(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .where(api.SubmittedAssignment.assignment_id == assignment.id)
            .group_by(api.SubmittedNotebook.id, api.SubmittedAssignment.id)
        )
        changed = []
        for id, old, student, timestamp, extension, score in db.execute(submitted):
            penalty = None
            if assignment.duedate is not None and timestamp is not None:
                late = (timestamp - assignment.duedate - (extension or timedelta())).total_seconds()
                if late > 0:
                    penalty = penalties.plugin_inst.late_submission_penalty(student, score, late)
            penalty = None if penalty is None else min(max(0.0, penalty), score)
            if penalty != old:
                changed.append({"b_id": id, "penalty": penalty})
        if changed:
            table = api.SubmittedNotebook.__table__
            change = update(table).where(table.c.id == bindparam("b_id"))
            db.connection().execute(change.values(late_submission_penalty=bindparam("penalty")), changed)

    in_transaction(gradebook, work)
