"""학급 보고서: 점수, 진도, 실습마다 어떤 오해가 몇 명에게 있는지를 한 쪽의 HTML로."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from autograder.classroom.feedback import LABELS
from autograder.classroom.folder import Classroom, ClassroomError, StoredResult
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import SubmissionScore, by_student, read_scores
from autograder.exercises import LESSONS, lesson_exercises
from autograder.files import write_text
from autograder.grading.results import VERDICTS
from autograder.reporting.pages import pages

# 알려진 실수가 아닌 까닭의 이름
_OTHER = {
    "unnamed": "알려진 실수와 다른 답",
    "error": "실행 오류",
    "timeout": "시간 초과",
    "refused": "채점하지 못함",
    "missing": "아직 구현 전",
}


@dataclass(frozen=True)
class Cause:
    """통과하지 못한 까닭 하나와 그 학습자들."""

    title: str
    id: str
    students: tuple[str, ...]
    known: bool

    @property
    def count(self) -> int:
        """학습자의 수."""
        return len(self.students)


@dataclass(frozen=True)
class ExerciseReport:
    """실습 하나: 판정마다 몇 명인지와 까닭들."""

    name: str
    title: str
    bonus: bool
    counts: Mapping[str, int]
    causes: tuple[Cause, ...]

    @property
    def total(self) -> int:
        """이 실습을 낸 제출물의 수."""
        return sum(self.counts.values())

    @property
    def pass_rate(self) -> float:
        """통과한 비율."""
        return self.counts.get("pass", 0) / self.total if self.total else 0.0


@dataclass(frozen=True)
class LessonReport:
    """레슨 하나의 요약. `bins`는 점수 구간(열 칸)마다의 학생 수예요."""

    lesson: str
    title: str
    number: int
    scores: tuple[float, ...]
    max_score: float
    bins: tuple[int, ...]
    exercises: tuple[ExerciseReport, ...]

    @property
    def mean(self) -> float:
        """점수의 평균."""
        return mean(self.scores) if self.scores else 0.0

    @property
    def median(self) -> float:
        """점수의 중앙값."""
        return median(self.scores) if self.scores else 0.0

    @property
    def tallest(self) -> int:
        """가장 높은 막대의 학생 수. 그림의 높이를 여기에 맞춰요."""
        return max(self.bins, default=1) or 1


class LessonScore(NamedTuple):
    """진도표의 한 자리: 학생 한 명이 레슨 하나에서 받은 점수와, 손 채점이 남았는지."""

    lesson: str
    score: float
    max_score: float
    needs_manual: bool


@dataclass(frozen=True)
class StudentRow:
    """진도표의 한 줄. 내지 않은 레슨의 자리는 None이에요."""

    student: str
    cells: tuple[LessonScore | None, ...]
    total: float


@dataclass(frozen=True)
class ClassReport:
    """보고서 한 쪽에 들어가는 값들."""

    made_at: str
    students: tuple[StudentRow, ...]
    lessons: tuple[LessonReport, ...]
    submissions: int
    waiting: int
    problems: tuple[tuple[str, str, str], ...]


def write_report(classroom: Classroom, out: Path | None = None) -> Path:
    """`out/report.html`(기본은 학급 폴더)을 쓰고 그 경로를 돌려줘요. 채점한 것이 없으면 ClassroomError예요."""
    results = list(classroom.results())
    if not results:
        raise ClassroomError(f"{classroom.path}에 채점한 결과가 없어요. `course grade`를 먼저 해 주세요.")
    with open_gradebook(classroom.db_url()) as gradebook:
        scores = read_scores(gradebook)
    path = (out or classroom.path) / "report.html"
    write_text(path, render_report(build_report(results, scores)))
    return path


def render_report(report: ClassReport) -> str:
    """보고서 HTML."""
    return pages().get_template("report.html.j2").render(report=report, labels=LABELS, verdicts=VERDICTS)


def build_report(results: Sequence[StoredResult], scores: Sequence[SubmissionScore]) -> ClassReport:
    """결과와 성적부의 점수를 보고서의 값들로 모아요."""
    table = by_student(scores)
    lessons = [lesson for lesson in LESSONS if any(result.lesson == lesson for result in results)]
    rows = tuple(
        StudentRow(
            student,
            tuple(
                LessonScore(lesson, row[lesson].score, row[lesson].max_score, row[lesson].needs_manual)
                if lesson in row
                else None
                for lesson in lessons
            ),
            round(sum(score.score for score in row.values()), 1),
        )
        for student, row in sorted(table.items())
    )
    return ClassReport(
        made_at=datetime.now().strftime("%Y-%m-%d %H:%M"),
        students=rows,
        lessons=tuple(
            _lesson(lesson, [r for r in results if r.lesson == lesson], [s for s in scores if s.lesson == lesson])
            for lesson in lessons
        ),
        submissions=len(results),
        waiting=sum(score.needs_manual for score in scores),
        problems=tuple((r.student, r.lesson, problem) for r in results for problem in r.problems),
    )


def _lesson(lesson: str, results: Sequence[StoredResult], scores: Sequence[SubmissionScore]) -> LessonReport:
    values = tuple(score.score for score in scores)
    top = max((score.max_score for score in scores), default=100.0) or 100.0
    bins = [0] * 10
    for value in values:
        bins[min(9, max(0, int(10 * value / top)))] += 1
    return LessonReport(
        lesson,
        LESSONS[lesson],
        int(lesson[:2]),
        values,
        top,
        tuple(bins),
        tuple(_exercise(lesson, e.name, results) for e in lesson_exercises(lesson)),
    )


def _exercise(lesson: str, name: str, results: Sequence[StoredResult]) -> ExerciseReport:
    exercise = next(e for e in lesson_exercises(lesson) if e.name == name)
    titles = {mistake.id: mistake.title for mistake in exercise.mistakes}
    counts: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    who: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for result in results:
        mark = next((m for m in result.marks if m.exercise == name), None)
        if mark is None:
            continue
        counts[mark.verdict] += 1
        if mark.verdict == "pass":
            continue
        if mark.mistake is not None:
            who[titles.get(mark.mistake, mark.mistake), mark.mistake, True].append(result.student)
        else:
            kind = mark.verdict if mark.verdict in _OTHER else "unnamed"
            who[_OTHER[kind], kind, False].append(result.student)
    causes = [Cause(title, id, tuple(sorted(students)), known) for (title, id, known), students in who.items()]
    causes.sort(key=lambda cause: (not cause.known, -cause.count, cause.id))
    return ExerciseReport(name, exercise.title, exercise.bonus, counts, tuple(causes))
