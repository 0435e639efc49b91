"""채점의 결과를 적는 일: 학급 폴더의 결과와 사본, 성적부, 감점, 피드백, 점수표. 미리 보기는 같은 자리에서 아무것도 적지 않아요."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.classroom.changes import Change
from autograder.classroom.deadlines import read_deadlines
from autograder.classroom.feedback import render_feedback
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook import Entry, find_gradebook, open_gradebook
from autograder.classroom.gradebook_reader import SubmissionScore, by_student, read_scores
from autograder.classroom.gradebook_writer import (
    apply_late_penalties,
    forget_times,
    register_lesson,
    save_entries,
    set_deadlines,
)
from autograder.classroom.identities import pending_moves
from autograder.classroom.marks_table import write_marks
from autograder.classroom.receipts import read_receipts
from autograder.classroom.renamed import carry_moves, carry_over
from autograder.classroom.unlisted import Unlisted
from autograder.files import write_text
from autograder.grading.lesson_cells import lesson_cells
from autograder.grading.messages import Graded
from autograder.grading.names import student_name
from autograder.grading.submissions import Submission

# 성적부에 한 번에 쓰는 제출물의 수와, 모아 두는 가장 긴 시간(초)
BATCH = 32
BATCH_SECONDS = 3.0


def stored_result(classroom: Classroom, graded: Graded, content: str) -> StoredResult:
    """디스크에 남길 결과. `content`는 심사원이 읽지 못했을 때 쓸 내용의 지문이에요."""
    parts = classroom.parts(graded.digest or content, graded.lesson, sandboxed=graded.tier != "none")
    return StoredResult.of(graded, parts)


def keep_result(classroom: Classroom, stored: StoredResult, copy: str) -> None:
    """결과 하나를 학급 폴더에 남겨요: 사본을 먼저, 끝났다는 표시인 결과 파일을 나중에."""
    write_text(classroom.autograded(stored.student, stored.lesson), copy)
    classroom.store(stored)


def entry_of(stored: StoredResult, timestamp: str | None = None, fresh: bool = True) -> Entry:
    """성적부에 쓸 모양."""
    return Entry(stored.student, stored.lesson, stored.marks, stored.answered, timestamp, fresh, stored.key)


class Writer:
    """결과를 모아 두었다가 성적부에 한꺼번에 써요."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom
        self.gradebook = open_gradebook(classroom.db_url())
        self.saved: list[StoredResult] = []
        self._waiting: list[Entry] = []
        self._since = time.monotonic()
        self._registered: set[str] = set()
        self._untimed: set[tuple[str, str]] = set()

    def recorded(
        self, directory: Path, submissions: Sequence[Submission]
    ) -> Mapping[str, Mapping[str, SubmissionScore]]:
        """채점하기 전에 성적부에 있던 점수: 학생에서 레슨으로, 레슨에서 제출물로."""
        carry_moves(self.classroom, self.gradebook, directory)
        carry_over(self.classroom, self.gradebook, directory, submissions)
        found = by_student(read_scores(self.gradebook))
        self._unlisted = Unlisted(self.classroom, found)
        return found

    def note(self, changes: Sequence[Change]) -> None:
        """곧 달라질 점수들. 목록을 쓰기 전에 죽어도 잃지 않게 적어 둬요."""
        self._unlisted.note(changes)

    def keep(self, stored: StoredResult, copy: str) -> None:
        """결과와 채점한 사본을 학급 폴더에 남겨요."""
        keep_result(self.classroom, stored, copy)

    def add(self, stored: StoredResult, timestamp: str | None, fresh: bool = True) -> None:
        """성적부에 쓸 것을 모아요. 모이거나 오래되면 한꺼번에 써요."""
        if fresh:
            self.saved.append(stored.without_code())
        if timestamp is None:
            self._untimed.add((stored.student, stored.lesson))
        self._waiting.append(entry_of(stored, timestamp, fresh))
        if len(self._waiting) >= BATCH or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """모아 둔 것을 성적부에 써요. 쓰지 못했으면 다시 쓰려 하지 않아요. 결과는 남아 있어서 다음 채점이 써요."""
        groups: dict[str, list[Entry]] = defaultdict(list)
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            groups[entry.lesson].append(entry)
        for lesson, entries in groups.items():
            if lesson not in self._registered:
                register_lesson(self.gradebook, lesson_cells(lesson))
                self._registered.add(lesson)
            save_entries(self.gradebook, lesson_cells(lesson), entries)
        self._since = time.monotonic()

    def joined(self, changes: Sequence[Change]) -> list[Change]:
        """달라진 점수에, 앞서 죽은 채점이 목록에 담지 못한 것을 더해요."""
        return self._unlisted.joined(changes)

    def listed(self) -> None:
        """달라진 점수의 목록을 다 썼어요."""
        self._unlisted.clear()

    def finish(self, results: Sequence[StoredResult]) -> None:
        """감점 규칙, 피드백, 점수표. 손으로 준 점수가 있으면 그것도 담겨요."""
        deadlines = read_deadlines(self.classroom)
        for lesson in sorted({result.lesson for result in results}):
            if lesson in deadlines:
                set_deadlines(self.gradebook, lesson, deadlines[lesson])
            received = read_receipts(self.classroom, lesson).values()
            untimed = {
                one.student for one in received if one.submitted_at is None and (one.student, lesson) in self._untimed
            }
            forget_times(self.gradebook, lesson, untimed)
            apply_late_penalties(self.gradebook, lesson, self.classroom.config())
        scores = read_scores(self.gradebook)
        table = by_student(scores)
        for result in results:
            # 수천 명의 글을 쥐고 있지 않게, 쓸 때 하나씩 다시 읽어요.
            full = self.classroom.load(result.student, result.lesson) or result
            html = render_feedback(full, table[result.student][result.lesson], self.classroom.is_practice)
            write_text(self.classroom.feedback(result.student, result.lesson), html)
        write_marks(self.classroom, scores)
        self.gradebook.close()


class Preview:
    """`Writer`의 자리에서 아무것도 쓰지 않아요."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom
        self.saved: list[StoredResult] = []

    def recorded(
        self, directory: Path, submissions: Sequence[Submission]
    ) -> Mapping[str, Mapping[str, SubmissionScore]]:
        """성적부에 있던 점수. 성적부가 없으면 비어 있어요."""
        gradebook = find_gradebook(self.classroom.db_url())
        if gradebook is None:
            return {}
        with gradebook:
            table = by_student(read_scores(gradebook))
        for former, now, lesson in pending_moves(self.classroom, directory):
            if lesson in table.get(former, {}):
                table.setdefault(now, {}).setdefault(lesson, table[former][lesson])
        for one in submissions:
            # 첫 판의 이름으로 적힌 사람은 옮기지 않고, 옮긴 것처럼 견줘요.
            somebody = student_name(one.former) == one.former and (directory / one.former).is_dir()
            if one.student not in table and one.former in table and not somebody:
                table[one.student] = table[one.former]
        return table

    def note(self, changes: Sequence[Change]) -> None:
        """적어 두지 않아요."""

    def joined(self, changes: Sequence[Change]) -> list[Change]:
        """이번에 본 것만이에요."""
        return list(changes)

    def listed(self) -> None:
        """남긴 것이 없어요."""

    def keep(self, stored: StoredResult, copy: str) -> None:
        """남기지 않아요."""

    def add(self, stored: StoredResult, timestamp: str | None, fresh: bool = True) -> None:
        """결과만 모아요."""
        if fresh:
            self.saved.append(stored.without_code())

    def flush(self) -> None:
        """쓸 것이 없어요."""

    def finish(self, results: Sequence[StoredResult]) -> None:
        """마무리할 것이 없어요."""


def timestamp_of(submission: Submission) -> str | None:
    """nbgrader처럼 제출 폴더의 timestamp.txt를 읽어요. 읽을 수 없는 글이면 없는 것으로 봐요."""
    if isinstance(submission.source, bytes):
        return None
    path = submission.source.parent / "timestamp.txt"
    try:
        stamp = path.read_text(encoding="utf-8").strip() if path.is_file() and not path.is_symlink() else ""
        return stamp if stamp and parse_utc(stamp) else None
    except (OSError, ValueError, OverflowError):
        return None
