"""성적부의 사람을 지금의 이름으로 옮겨요: 첫 판이 폴더 이름 그대로 적은 사람과, 모으기가 폴더를 옮긴 사람.

지금은 어디서나 쓸 수 있는 이름만 그대로 쓰므로(`grading/names.py`), 그 밖의 이름은 옮기지 않으면 두 사람이 돼요.
손으로 준 점수와 의견은 함께 옮겨지고, 자동 채점의 결과는 새 이름으로 다시 만들어져요.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbgrader import api
from sqlalchemy import delete, insert, select, update

from autograder.classroom.folder import Classroom
from autograder.classroom.identities import forget_moves, pending_moves
from autograder.grading.names import student_name
from autograder.grading.submissions import Submission


def carry_over(classroom: Classroom, gradebook: api.Gradebook, directory: Path, found: Iterable[Submission]) -> None:
    """`directory`에서 찾은 제출물의 주인들을 지금의 이름으로. 그 이름을 제 이름으로 쓰는 사람이 있으면 옮기지 않아요."""
    moved = {one.former: one.student for one in found if one.former != one.student}
    known = set(gradebook.db.scalars(select(api.Student.id)))
    for former, now in moved.items():
        somebody = student_name(former) == former and (directory / former).is_dir()
        if somebody or former not in known or now in known:
            continue
        # 성적부의 다른 표가 이름을 가리키므로 새 줄을 먼저 만들고, 옮긴 뒤에 옛 줄을 지워요.
        students, submissions = api.Student.__table__, api.SubmittedAssignment.__table__
        _copy_student(gradebook, former, now)
        gradebook.db.execute(update(submissions).where(submissions.c.student_id == former).values(student_id=now))
        gradebook.db.execute(delete(students).where(students.c.id == former))
        gradebook.db.commit()
        classroom.forget(former)


def carry_moves(classroom: Classroom, gradebook: api.Gradebook, directory: Path) -> None:
    """모으기가 옮긴 폴더를 따라 그 레슨의 점수와 의견을 옮겨요. 새 이름의 것이 성적부에 이미 있으면 옮기지 않아요."""
    submissions = api.SubmittedAssignment
    moves = list(pending_moves(classroom, directory))
    for former, now, lesson in moves:
        wanted = select(submissions.id).join(api.Assignment).where(api.Assignment.name == lesson)
        old, new = (gradebook.db.scalar(wanted.where(submissions.student_id == who)) for who in (former, now))
        if old is not None and new is None:
            _carry_score(gradebook, old, former, now)
    if moves:
        forget_moves(classroom)


def _carry_score(gradebook: api.Gradebook, submission: str, former: str, now: str) -> None:
    submissions, students = api.SubmittedAssignment.__table__, api.Student.__table__
    if gradebook.db.scalar(select(students.c.id).where(students.c.id == now)) is None:
        _copy_student(gradebook, former, now)
    gradebook.db.execute(update(submissions).where(submissions.c.id == submission).values(student_id=now))
    if gradebook.db.scalar(select(submissions.c.id).where(submissions.c.student_id == former)) is None:
        gradebook.db.execute(delete(students).where(students.c.id == former))
    gradebook.db.commit()
    gradebook.db.expire_all()


def _copy_student(gradebook: api.Gradebook, former: str, now: str) -> None:
    students = api.Student.__table__
    row = gradebook.db.execute(select(students).where(students.c.id == former)).mappings().one()
    gradebook.db.execute(insert(students).values({**row, "id": now}))
