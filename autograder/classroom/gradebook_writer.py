"""성적부에 한꺼번에 써요. 손으로 준 점수와 의견은 건드리지 않아요.

제출물마다 여러 번 커밋하는 nbgrader의 방식 대신, 여러 제출물을 한 트랜잭션에 써요.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from autograder.classroom.gradebook import Entry
from autograder.grading.lesson_cells import LessonCells


def register_lesson(gradebook: api.Gradebook, cells: LessonCells) -> None:
    """레슨과 그 셀들을 성적부에 올려요. `nbgrader generate_assignment`가 적는 것과 같은 행이에요."""
    db = gradebook.db
    assignment = db.scalar(select(api.Assignment).where(api.Assignment.name == cells.lesson))
    if assignment is None:
        assignment = api.Assignment(name=cells.lesson, course_id=gradebook.course_id)
        db.add(assignment)
        db.flush()
    notebook = db.scalar(
        select(api.Notebook).where(api.Notebook.name == cells.lesson, api.Notebook.assignment_id == assignment.id)
    )
    if notebook is None:
        notebook = api.Notebook(name=cells.lesson, assignment_id=assignment.id, kernelspec=cells.kernelspec)
        db.add(notebook)
        db.flush()
    known = {
        (cell.type, cell.name): cell
        for cell in db.scalars(select(api.BaseCell).where(api.BaseCell.notebook_id == notebook.id))
    }
    for graded in cells.graded:
        cell = known.get(("GradeCell", graded.name))
        if cell is None:
            cell = api.GradeCell(name=graded.name, notebook_id=notebook.id)
            db.add(cell)
        cell.max_score, cell.cell_type = graded.points, graded.cell_type
    for name in cells.solutions:
        if ("SolutionCell", name) not in known:
            db.add(api.SolutionCell(name=name, notebook_id=notebook.id))
    sources = {
        cell.name: cell for cell in db.scalars(select(api.SourceCell).where(api.SourceCell.notebook_id == notebook.id))
    }
    for source in cells.sources:
        cell = sources.get(source["name"])
        if cell is None:
            cell = api.SourceCell(name=source["name"], notebook_id=notebook.id)
            db.add(cell)
        cell.cell_type, cell.locked = source["cell_type"], source["locked"]
        cell.source, cell.checksum = source["source"], source["checksum"]
    db.commit()


def save_entries(gradebook: api.Gradebook, cells: LessonCells, entries: Sequence[Entry]) -> None:
    """한 레슨의 제출물 여러 개를 한 트랜잭션에 써요. 손으로 준 점수와 의견은 건드리지 않아요."""
    if not entries:
        return
    db: Session = gradebook.db()
    try:
        ids = _lesson_ids(db, cells.lesson)
        _add_students(db, [e.student for e in entries])
        submitted = _submitted_notebooks(db, ids, entries)
        _save_grades(db, cells, ids.grade_cells, submitted, entries)
        _save_comments(db, cells, ids.solution_cells, submitted, entries)
        db.commit()
    except BaseException:
        db.rollback()
        raise


@dataclass(frozen=True)
class _LessonIds:
    """성적부가 레슨에 붙인 번호들. 셀의 번호는 셀의 이름에서 찾아요."""

    assignment: str
    notebook: str
    grade_cells: Mapping[str, str]
    solution_cells: Mapping[str, str]


def _lesson_ids(db: Session, lesson: str) -> _LessonIds:
    assignment, notebook = db.execute(
        select(api.Assignment.id, api.Notebook.id)
        .join(api.Notebook, api.Notebook.assignment_id == api.Assignment.id)
        .where(api.Assignment.name == lesson, api.Notebook.name == lesson)
    ).one()
    cells = db.execute(
        select(api.BaseCell.type, api.BaseCell.name, api.BaseCell.id).where(api.BaseCell.notebook_id == notebook)
    ).all()
    return _LessonIds(
        assignment,
        notebook,
        grade_cells={name: id for type, name, id in cells if type == "GradeCell"},
        solution_cells={name: id for type, name, id in cells if type == "SolutionCell"},
    )


def _in_chunks(values: Sequence[str], size: int = 400) -> Iterable[Sequence[str]]:
    """SQLite는 한 문장의 변수 개수에 상한이 있어요."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _add_students(db: Session, names: Sequence[str]) -> None:
    known: set[str] = set()
    for chunk in _in_chunks(names):
        known.update(db.scalars(select(api.Student.id).where(api.Student.id.in_(chunk))))
    new = [{"id": name} for name in dict.fromkeys(names) if name not in known]
    if new:
        db.execute(insert(api.Student.__table__), new)


def _submitted_notebooks(db: Session, ids: _LessonIds, entries: Sequence[Entry]) -> dict[str, str]:
    """학생에서 제출 노트북의 번호로 가는 표. 없던 제출은 여기서 만들어요."""
    assignments: dict[str, str] = {}
    for chunk in _in_chunks([e.student for e in entries]):
        found = db.execute(
            select(api.SubmittedAssignment.student_id, api.SubmittedAssignment.id).where(
                api.SubmittedAssignment.assignment_id == ids.assignment, api.SubmittedAssignment.student_id.in_(chunk)
            )
        )
        assignments.update({row.student_id: row.id for row in found})
    new_assignments, stamps = [], []
    for entry in entries:
        stamp = parse_utc(entry.timestamp)
        if entry.student in assignments:
            if stamp is not None:
                stamps.append((assignments[entry.student], stamp))
        else:
            assignments[entry.student] = api.new_uuid()
            new_assignments.append(
                {
                    "id": assignments[entry.student],
                    "assignment_id": ids.assignment,
                    "student_id": entry.student,
                    "timestamp": stamp,
                }
            )
    if new_assignments:
        db.execute(insert(api.SubmittedAssignment.__table__), new_assignments)
    for id, stamp in stamps:
        db.execute(
            update(api.SubmittedAssignment.__table__).where(api.SubmittedAssignment.id == id).values(timestamp=stamp)
        )
    owners = {id: student for student, id in assignments.items()}
    notebooks: dict[str, str] = {}
    for chunk in _in_chunks(list(owners)):
        submitted = db.execute(
            select(api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.id).where(
                api.SubmittedNotebook.notebook_id == ids.notebook, api.SubmittedNotebook.assignment_id.in_(chunk)
            )
        )
        notebooks.update({owners[row.assignment_id]: row.id for row in submitted})
    new_notebooks = []
    for student, id in assignments.items():
        if student not in notebooks:
            notebooks[student] = api.new_uuid()
            new_notebooks.append(
                {"id": notebooks[student], "assignment_id": id, "notebook_id": ids.notebook, "flagged": False}
            )
    if new_notebooks:
        db.execute(insert(api.SubmittedNotebook.__table__), new_notebooks)
    return notebooks


@dataclass(frozen=True)
class _OldGrade:
    """성적부에 이미 있는 셀의 점수에서, 손 채점을 지키는 데 필요한 것."""

    id: str
    manual_score: float | None
    needs_manual: bool


def _save_grades(
    db: Session, cells: LessonCells, cell_ids: Mapping[str, str], submitted: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    known: dict[tuple[str, str], _OldGrade] = {}
    for chunk in _in_chunks(list(submitted.values())):
        for row in db.execute(
            select(
                api.Grade.notebook_id,
                api.Grade.cell_id,
                api.Grade.id,
                api.Grade.manual_score,
                api.Grade.needs_manual_grade,
            ).where(api.Grade.notebook_id.in_(chunk))
        ):
            known[row.notebook_id, row.cell_id] = _OldGrade(row.id, row.manual_score, row.needs_manual_grade)
    new, changed = [], []
    for entry in entries:
        scores = {mark.exercise: mark.score for mark in entry.marks}
        for graded in cells.graded:
            if graded.exercise is not None:
                auto: float | None = scores.get(graded.exercise, 0.0)
            else:
                # 손 채점 셀: 답이 없으면 0점, 있으면 사람이 볼 때까지 비워 둬요(nbgrader와 같은 규칙).
                auto = None if entry.answered.get(graded.name) else 0.0
            old = known.get((submitted[entry.student], cell_ids[graded.name]))
            if old is None:
                new.append(
                    {
                        "id": api.new_uuid(),
                        "cell_id": cell_ids[graded.name],
                        "notebook_id": submitted[entry.student],
                        "auto_score": auto,
                        "needs_manual_grade": auto is None,
                    }
                )
                continue
            review = auto is None or old.manual_score is not None
            if not entry.fresh and old.manual_score is not None:
                review = old.needs_manual
            changed.append({"b_id": old.id, "auto_score": auto, "needs_manual_grade": review})
    if new:
        db.execute(insert(api.Grade.__table__), new)
    if changed:
        _update_many(db, api.Grade.__table__, changed)


def _save_comments(
    db: Session, cells: LessonCells, cell_ids: Mapping[str, str], submitted: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    known: dict[tuple[str, str], str] = {}
    for chunk in _in_chunks(list(submitted.values())):
        for row in db.execute(
            select(api.Comment.notebook_id, api.Comment.cell_id, api.Comment.id).where(
                api.Comment.notebook_id.in_(chunk)
            )
        ):
            known[row.notebook_id, row.cell_id] = row.id
    new, changed = [], []
    for entry in entries:
        messages = {mark.exercise: mark.message for mark in entry.marks}
        for name in cells.solutions:
            comment = messages.get(name)
            if comment is None and not entry.answered.get(name):
                comment = "답이 비어 있어요."
            id = known.get((submitted[entry.student], cell_ids[name]))
            if id is None:
                new.append(
                    {
                        "id": api.new_uuid(),
                        "cell_id": cell_ids[name],
                        "notebook_id": submitted[entry.student],
                        "auto_comment": comment,
                    }
                )
            else:
                changed.append({"b_id": id, "auto_comment": comment})
    if new:
        db.execute(insert(api.Comment.__table__), new)
    if changed:
        _update_many(db, api.Comment.__table__, changed)


def _update_many(db: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    db.connection().execute(update(table).where(table.c.id == bindparam("b_id")), rows)


def apply_late_penalties(gradebook: api.Gradebook, lesson: str, config: Any = None) -> None:
    """마감이 있는 레슨이면 nbgrader에 설정한 감점 규칙(LateSubmissionPlugin)을 그대로 적용해요."""
    db = gradebook.db
    assignment = db.scalar(select(api.Assignment).where(api.Assignment.name == lesson))
    if assignment is None or assignment.duedate is None:
        return
    penalties = AssignLatePenalties(config=config)
    penalties.init_plugin()
    for submission in assignment.submissions:
        for notebook in submission.notebooks:
            late = submission.total_seconds_late
            penalty = None
            if late:
                penalty = penalties.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
            notebook.late_submission_penalty = None if penalty is None else min(max(0.0, penalty), notebook.score)
    db.commit()
