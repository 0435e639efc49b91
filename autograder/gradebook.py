"""nbgrader 성적부에 한꺼번에 쓰고 읽어요.

표의 모양과 뜻은 nbgrader의 것 그대로예요. 그래서 formgrader의 손 채점, `nbgrader generate_feedback`, `nbgrader export`가 함께 돌아요.
제출물마다 여러 번 커밋하는 nbgrader의 방식 대신, 여러 제출물을 한 트랜잭션에 써요.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.utils import parse_utc
from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from autograder.errors import CourseError
from autograder.grading import Mark

COURSE_ID = "transformer"


class GradebookError(CourseError):
    """성적부를 쓸 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class GradedCell:
    """성적부에 들어가는 칸 하나: `check_f`(자동)나 `reflection`(손 채점)."""

    name: str
    cell_type: str
    points: float
    solution: bool

    @property
    def exercise(self) -> str | None:
        """자동으로 채점하는 칸이면 실습의 이름."""
        return self.name.removeprefix("check_") if not self.solution and self.name.startswith("check_") else None


@dataclass(frozen=True)
class LessonCells:
    """배포한 노트북에서 읽은, 성적부가 알아야 할 칸들."""

    lesson: str
    kernelspec: str
    graded: tuple[GradedCell, ...]
    solutions: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, lesson: str, notebook: Mapping[str, Any]) -> LessonCells:
        """배포 노트북(JSON 사전)에서 만들어요."""
        graded, solutions, sources = [], [], []
        for cell in notebook["cells"]:
            meta = cell["metadata"].get("nbgrader") or {}
            if not (meta.get("grade") or meta.get("solution") or meta.get("locked")):
                continue
            name, source = meta["grade_id"], "".join(cell["source"])
            if meta.get("grade"):
                graded.append(GradedCell(name, cell["cell_type"], float(meta["points"]), bool(meta.get("solution"))))
            if meta.get("solution"):
                solutions.append(name)
            sources.append(
                {
                    "name": name,
                    "cell_type": cell["cell_type"],
                    "source": source,
                    "checksum": meta.get("checksum"),
                    "locked": not meta.get("solution") and bool(meta.get("grade") or meta.get("locked")),
                }
            )
        kernelspec = json.dumps(notebook["metadata"].get("kernelspec", {}))
        return cls(lesson, kernelspec, tuple(graded), tuple(solutions), tuple(sources))


@dataclass(frozen=True)
class Entry:
    """성적부에 쓸 제출물 하나.

    `answered`는 손 채점 칸에 답을 적었는지, `fresh`는 이번에 새로 채점했는지(손 채점을 다시 볼지 정해요)예요.
    """

    student: str
    lesson: str
    marks: Sequence[Mark]
    answered: Mapping[str, bool] = field(default_factory=dict)
    timestamp: str | None = None
    fresh: bool = True


@dataclass(frozen=True)
class CellScore:
    """성적부에서 읽은 칸 하나의 점수. `score`는 손 채점과 추가 점수를 더한 최종 점수예요."""

    name: str
    score: float
    max_score: float
    auto_score: float | None
    manual_score: float | None
    needs_manual: bool


@dataclass
class SubmissionScore:
    """성적부에서 읽은 제출물 하나."""

    student: str
    lesson: str
    cells: dict[str, CellScore] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    late_penalty: float = 0.0
    timestamp: datetime | None = None

    @property
    def score(self) -> float:
        """늦은 제출의 감점까지 한 점수. nbgrader의 내보내기와 같아요."""
        return round(max(0.0, sum(c.score for c in self.cells.values()) - self.late_penalty), 1)

    @property
    def max_score(self) -> float:
        return sum(c.max_score for c in self.cells.values())

    @property
    def needs_manual(self) -> bool:
        return any(c.needs_manual for c in self.cells.values())


def put_environment_on_path() -> None:
    """nbgrader가 이름만으로 부르는 `alembic`을 찾을 수 있게, 이 환경의 실행 폴더를 PATH 앞에 둬요."""
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def _alembic_head() -> str:
    """nbgrader 성적부의 최신 판 번호. `alembic` 명령을 띄우지 않고 같은 자료에서 읽어요."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    config = Config()
    config.set_main_option("script_location", ALEMBIC_DIR)
    return ScriptDirectory.from_config(config).get_current_head()


def open_gradebook(db_url: str, course_id: str = COURSE_ID) -> api.Gradebook:
    """성적부를 열어요. 없으면 만들고, 만들다 만 것(판 번호가 없는 것)은 고쳐요. 읽을 수 없으면 GradebookError."""
    put_environment_on_path()
    path = Path(db_url.removeprefix("sqlite:///")) if db_url.startswith("sqlite:///") else None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_broken_file(path)
    engine = api.create_engine(db_url, future=True)
    try:
        with engine.begin() as connection:
            # 판 번호까지 한 트랜잭션에 적어요. nbgrader는 표를 만든 뒤 따로 `alembic`을 불러서, 실패하면 반쪽이 남아요.
            api.Base.metadata.create_all(bind=connection)
            if not inspect(connection).has_table("alembic_version"):
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            if not connection.execute(text("SELECT count(*) FROM alembic_version")).scalar():
                connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": _alembic_head()})
    except api.StatementError as error:
        raise GradebookError(
            f"성적부({db_url})를 열 수 없어요. 다른 프로그램이 쓰고 있다면 닫고 다시 해 봐요. ({error.orig})"
        ) from error
    finally:
        engine.dispose()
    return api.Gradebook(db_url, course_id)


def _refuse_broken_file(path: Path) -> None:
    if not path.exists():
        return
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise GradebookError(
            f"성적부 파일이 깨졌어요: {path}. 백업이 있으면 되돌려 놓고, 없으면 이 파일의 이름을 바꿔 둔 뒤 다시 채점해요. "
            "자동 채점은 되살아나지만 손으로 준 점수는 그 파일에만 있어요."
        ) from error


# -- 쓰기 ---------------------------------------------------------------------------------------------------------


def register_lesson(gradebook: api.Gradebook, cells: LessonCells) -> None:
    """레슨과 그 칸들을 성적부에 올려요. `nbgrader generate_assignment`가 적는 것과 같은 행이에요."""
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
        notebook_id, grade_cells, solution_cells = _cell_ids(db, cells.lesson)
        _add_students(db, [e.student for e in entries])
        submitted = _submitted_notebooks(db, cells.lesson, notebook_id, entries)
        _save_grades(db, cells, grade_cells, submitted, entries)
        _save_comments(db, cells, solution_cells, submitted, entries)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _cell_ids(db: Session, lesson: str) -> tuple[str, dict[str, str], dict[str, str]]:
    notebook_id = db.scalar(
        select(api.Notebook.id).join(api.Assignment).where(api.Assignment.name == lesson, api.Notebook.name == lesson)
    )
    rows = db.execute(
        select(api.BaseCell.type, api.BaseCell.name, api.BaseCell.id).where(api.BaseCell.notebook_id == notebook_id)
    ).all()
    return (
        notebook_id,
        {name: id for type, name, id in rows if type == "GradeCell"},
        {name: id for type, name, id in rows if type == "SolutionCell"},
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


def _submitted_notebooks(db: Session, lesson: str, notebook_id: str, entries: Sequence[Entry]) -> dict[str, str]:
    """학생에서 제출 노트북의 id로 가는 표. 없던 제출은 여기서 만들어요."""
    assignment_id = db.scalar(select(api.Assignment.id).where(api.Assignment.name == lesson))
    assignments: dict[str, str] = {}
    for chunk in _in_chunks([e.student for e in entries]):
        rows = db.execute(
            select(api.SubmittedAssignment.student_id, api.SubmittedAssignment.id).where(
                api.SubmittedAssignment.assignment_id == assignment_id, api.SubmittedAssignment.student_id.in_(chunk)
            )
        )
        assignments.update({student: id for student, id in rows})
    new, stamps = [], []
    for entry in entries:
        stamp = parse_utc(entry.timestamp)
        if entry.student in assignments:
            if stamp is not None:
                stamps.append((assignments[entry.student], stamp))
        else:
            assignments[entry.student] = api.new_uuid()
            new.append(
                {
                    "id": assignments[entry.student],
                    "assignment_id": assignment_id,
                    "student_id": entry.student,
                    "timestamp": stamp,
                }
            )
    if new:
        db.execute(insert(api.SubmittedAssignment.__table__), new)
    for id, stamp in stamps:
        db.execute(
            update(api.SubmittedAssignment.__table__).where(api.SubmittedAssignment.id == id).values(timestamp=stamp)
        )
    owners = {id: student for student, id in assignments.items()}
    notebooks: dict[str, str] = {}
    for chunk in _in_chunks(list(owners)):
        rows = db.execute(
            select(api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.id).where(
                api.SubmittedNotebook.notebook_id == notebook_id, api.SubmittedNotebook.assignment_id.in_(chunk)
            )
        ).all()
        notebooks.update({owners[owner]: id for owner, id in rows})
    new = []
    for student, id in assignments.items():
        if student not in notebooks:
            notebooks[student] = api.new_uuid()
            new.append({"id": notebooks[student], "assignment_id": id, "notebook_id": notebook_id, "flagged": False})
    if new:
        db.execute(insert(api.SubmittedNotebook.__table__), new)
    return notebooks


def _save_grades(
    db: Session, cells: LessonCells, cell_ids: Mapping[str, str], submitted: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    known: dict[tuple[str, str], Any] = {}
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
            known[row.notebook_id, row.cell_id] = row
    new, changed = [], []
    for entry in entries:
        scores = {mark.exercise: mark.score for mark in entry.marks}
        for graded in cells.graded:
            if graded.exercise is not None:
                auto: float | None = scores.get(graded.exercise, 0.0)
            else:
                # 손 채점 칸: 답이 없으면 0점, 있으면 사람이 볼 때까지 비워 둬요(nbgrader와 같은 규칙).
                auto = None if entry.answered.get(graded.name) else 0.0
            row = known.get((submitted[entry.student], cell_ids[graded.name]))
            if row is None:
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
            review = auto is None or row.manual_score is not None
            if not entry.fresh and row.manual_score is not None:
                review = row.needs_manual_grade
            changed.append({"b_id": row.id, "auto_score": auto, "needs_manual_grade": review})
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
    from sqlalchemy import bindparam

    db.connection().execute(update(table).where(table.c.id == bindparam("b_id")), rows)


def apply_late_penalties(gradebook: api.Gradebook, lesson: str, config: Any = None) -> None:
    """마감이 있는 레슨이면 nbgrader에 설정한 감점 규칙(LateSubmissionPlugin)을 그대로 적용해요."""
    from nbgrader.preprocessors import AssignLatePenalties

    db = gradebook.db
    assignment = db.scalar(select(api.Assignment).where(api.Assignment.name == lesson))
    if assignment is None or assignment.duedate is None:
        return
    rule = AssignLatePenalties(config=config)
    rule.init_plugin()
    for submission in assignment.submissions:
        for notebook in submission.notebooks:
            late = submission.total_seconds_late
            penalty = None
            if late:
                penalty = rule.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
            notebook.late_submission_penalty = None if penalty is None else min(max(0.0, penalty), notebook.score)
    db.commit()


# -- 읽기 ---------------------------------------------------------------------------------------------------------


def read_scores(gradebook: api.Gradebook, lesson: str | None = None) -> list[SubmissionScore]:
    """성적부의 제출물을 (학생, 레슨) 차례로 읽어요."""
    db = gradebook.db
    base = (
        select(
            api.SubmittedNotebook.id,
            api.SubmittedAssignment.student_id,
            api.Assignment.name,
            api.SubmittedNotebook.late_submission_penalty,
            api.SubmittedAssignment.timestamp,
        )
        .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
        .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
    )
    if lesson is not None:
        base = base.where(api.Assignment.name == lesson)
    found = {
        id: SubmissionScore(student, name, late_penalty=penalty or 0.0, timestamp=stamp)
        for id, student, name, penalty, stamp in db.execute(base)
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
    return sorted(found.values(), key=lambda s: (s.student, s.lesson))


def by_student(scores: Iterable[SubmissionScore]) -> dict[str, dict[str, SubmissionScore]]:
    """학생 → 레슨 → 제출물."""
    table: dict[str, dict[str, SubmissionScore]] = defaultdict(dict)
    for score in scores:
        table[score.student][score.lesson] = score
    return dict(table)
