"""손으로 준 점수가 닿는 것들을 다시 써요: 감점, 그 학습자의 피드백, 점수표, 보고서.

점수를 줄 때마다 쓰면 느려서, 손을 잠깐 멈추었을 때와 끝날 때 모아서 써요. 서술형 화면과 formgrader가 함께 써요.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from autograder.classroom.afterwards import marks_changed
from autograder.classroom.feedback import render_feedback
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import by_student, read_scores
from autograder.classroom.gradebook_writer import apply_late_penalties
from autograder.classroom.marks_table import write_marks
from autograder.errors import CourseError, system_trouble
from autograder.files import write_text

QUIET = 0.8  # 마지막 점수에서 이만큼(초) 지나면 써요.
BUSY = 3.0  # 다른 명령이 채점하는 동안 다시 해 볼 때까지


def rewrite(classroom: Classroom, changed: Collection[tuple[str, str]]) -> None:
    """`changed`의 (학생, 레슨)마다 감점과 피드백을, 그리고 점수표와 보고서를 다시 써요. 채점하는 중이면 ClassroomError예요."""
    with classroom.lock(), open_gradebook(classroom.db_url()) as gradebook:
        for lesson in sorted({lesson for _, lesson in changed}):
            apply_late_penalties(gradebook, lesson, classroom.config())
        scores = read_scores(gradebook)
        table = by_student(scores)
        for student, lesson in sorted(changed):
            result, score = classroom.load(student, lesson), table.get(student, {}).get(lesson)
            if result is not None and score is not None:
                write_text(classroom.feedback(student, lesson), render_feedback(result, score, classroom.is_practice))
        write_marks(classroom, scores)
    marks_changed(classroom)


class Refresher:
    """바뀐 것을 모아 두었다가 다시 써요. `trouble`은 쓰지 못하고 있는 까닭의 문장이에요."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom
        self.trouble = ""
        self._changed: set[tuple[str, str]] = set()
        self._guard, self._writing = threading.Lock(), threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, changed: Iterable[tuple[str, str]], after: float = QUIET) -> None:
        """곧 다시 쓸 (학생, 레슨)들."""
        with self._guard:
            self._changed.update(changed)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(after, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """모아 둔 것을 지금 써요. 쓰지 못하면 까닭을 남기고 나중에 다시 해요."""
        with self._writing:
            with self._guard:
                waiting, self._changed = self._changed, set()
            if not waiting:
                return
            try:
                rewrite(self.classroom, waiting)
                self.trouble = ""
            except (CourseError, OSError) as error:
                why = str(error) if isinstance(error, CourseError) else system_trouble(error) or str(error)
                self.trouble = f"점수는 적었지만 피드백과 점수표를 다시 쓰지 못했어요. {why}"
                self.note(waiting, BUSY if isinstance(error, ClassroomError) else 10 * BUSY)

    def close(self) -> None:
        """남은 것을 마저 써요. 끝내 쓰지 못했으면 `trouble`에 까닭이 남아요."""
        self.flush()
        with self._guard:
            if self._timer is not None:
                self._timer.cancel()
