"""보고서의 학습자: 진도표의 한 줄이면서, 펼치면 그 사람의 한 쪽이에요."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.classroom.feedback import LABELS, shown_time, written_views
from autograder.classroom.folder import StoredResult
from autograder.classroom.gradebook_reader import SubmissionScore
from autograder.exercises import LESSONS
from autograder.grading.results import Mark
from autograder.reporting.misconceptions import cause_title, exercise_title


@dataclass(frozen=True)
class Stuck:
    """통과하지 못한 실습 하나와 그 까닭."""

    exercise: str
    label: str
    verdict: str
    why: str


@dataclass(frozen=True)
class Written:
    """사람이 읽은 서술형 하나: 점수와, 채점 기준에서 채운 줄들의 글(우리가 쓴 HTML)과 의견."""

    score: float
    max_score: float
    met: tuple[str, ...]
    comment: str


@dataclass(frozen=True)
class LessonLine:
    """학습자 한 명의 레슨 하나. 내지 않았으면 `score`가 None이에요.

    `waiting`은 아직 사람이 읽지 않은 배점, `bonus`는 만점 밖에서 더해진 점수, `feedback`은 그 사람이 받은 피드백의 주소예요.
    """

    lesson: str
    score: float | None = None
    max_score: float = 0.0
    waiting: float = 0.0
    bonus: float = 0.0
    late_penalty: float = 0.0
    submitted: str = ""
    passed: int = 0
    exercises: int = 0
    stuck: tuple[Stuck, ...] = ()
    feedback: str = ""
    written: tuple[Written, ...] = ()

    @property
    def number(self) -> int:
        """레슨의 번호."""
        return int(self.lesson[:2])

    @property
    def title(self) -> str:
        """레슨의 제목."""
        return LESSONS[self.lesson]

    @property
    def share(self) -> float:
        """막대와 바탕색에 쓰는 0에서 1까지의 비율."""
        return min(1.0, max(0.0, (self.score or 0.0) / self.max_score)) if self.max_score else 0.0


@dataclass(frozen=True)
class Learner:
    """학습자 한 명의 한 줄이자 한 쪽. `also`는 이름 곁에 작게 적을 것(학번, 분반)이에요."""

    student: str
    name: str
    also: str
    lines: tuple[LessonLine, ...]
    repeated: tuple[tuple[str, int], ...]

    @property
    def total(self) -> float:
        """모든 레슨의 점수."""
        return round(sum(line.score or 0.0 for line in self.lines), 1)

    @property
    def handed_in(self) -> int:
        """낸 레슨의 수."""
        return sum(line.score is not None for line in self.lines)

    @property
    def stuck(self) -> int:
        """낸 레슨에서 통과하지 못한 실습의 수."""
        return sum(len(line.stuck) for line in self.lines)


def learner(
    student: str,
    name: str,
    also: str,
    lessons: Sequence[str],
    scores: Mapping[str, SubmissionScore],
    results: Mapping[str, StoredResult],
    links: Mapping[str, str],
) -> Learner:
    """레슨에서 점수, 결과, 피드백의 주소로 가는 표들에서 한 사람의 쪽을 만들어요."""
    lines = tuple(_line(lesson, scores.get(lesson), results.get(lesson), links.get(lesson, "")) for lesson in lessons)
    why = Counter(
        cause_title(mark)
        for result in results.values()
        for mark in result.marks
        if mark.mistake is not None and mark.verdict != "pass"
    )
    return Learner(student, name, also, lines, tuple((title, n) for title, n in why.most_common() if n > 1))


def _line(lesson: str, score: SubmissionScore | None, result: StoredResult | None, link: str) -> LessonLine:
    if score is None:
        return LessonLine(lesson)
    marks: tuple[Mark, ...] = result.marks if result else ()
    return LessonLine(
        lesson,
        score.score,
        score.max_score,
        sum(cell.max_score for cell in score.cells.values() if cell.needs_manual),
        sum(cell.score for cell in score.cells.values() if not cell.max_score),
        score.late_penalty,
        shown_time(score.timestamp),
        sum(mark.verdict == "pass" for mark in marks),
        len(marks),
        tuple(
            Stuck(exercise_title(lesson, mark.exercise), LABELS[mark.verdict], mark.verdict, cause_title(mark))
            for mark in marks
            if mark.verdict != "pass"
        ),
        link,
        tuple(
            Written(view.score, view.max_score, tuple(line.text for line in view.rubric), view.comment)
            for view in written_views(result, score)
            if view.verdict == "pass"
        )
        if result
        else (),
    )
