"""학급 보고서: 점수, 진도, 막힌 곳, 학습자마다의 쪽을 한 파일의 HTML로."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, median

from autograder.classroom.feedback import LABELS
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook_reader import SubmissionScore, by_student
from autograder.classroom.marks_table import graded_scores
from autograder.classroom.people import People, read_people
from autograder.exercises import LESSONS, lesson_exercises
from autograder.files import write_text
from autograder.grading.results import VERDICTS
from autograder.reporting.learners import Learner, learner
from autograder.reporting.links import feedback_links, plan_link
from autograder.reporting.misconceptions import Misconception, misconceptions
from autograder.reporting.pages import pages

FIRST = 5  # 반 전체에서 먼저 이야기할 것의 수
SHOWN = 6  # 레슨마다 펼쳐 두는 까닭의 수


@dataclass(frozen=True)
class ExerciseReport:
    """실습 하나: 판정마다 몇 명인지."""

    name: str
    title: str
    bonus: bool
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """이 실습을 낸 제출물의 수."""
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        """통과한 제출물의 수."""
        return self.counts.get("pass", 0)

    @property
    def pass_rate(self) -> float:
        """통과한 비율."""
        return self.passed / self.total if self.total else 0.0


@dataclass(frozen=True)
class LessonReport:
    """레슨 하나의 요약. `bins`는 점수 구간(열 칸)마다의 학습자 수, `absent`는 내지 않은 사람들이에요."""

    lesson: str
    scores: tuple[float, ...]
    max_score: float
    bins: tuple[int, ...]
    exercises: tuple[ExerciseReport, ...]
    causes: tuple[Misconception, ...]
    absent: tuple[str, ...]

    @property
    def number(self) -> int:
        """레슨의 번호."""
        return int(self.lesson[:2])

    @property
    def title(self) -> str:
        """레슨의 제목."""
        return LESSONS[self.lesson]

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
        """가장 높은 막대의 학습자 수. 그림의 높이를 여기에 맞춰요."""
        return max(self.bins, default=1) or 1


@dataclass(frozen=True)
class ClassReport:
    """보고서 한 쪽에 들어가는 값들."""

    made_at: str
    learners: tuple[Learner, ...]
    lessons: tuple[LessonReport, ...]
    first: tuple[Misconception, ...]
    submissions: int
    waiting: int
    problems: tuple[tuple[str, str, str], ...]
    roster: bool

    @property
    def names(self) -> Mapping[str, str]:
        """제출 폴더의 이름에서 보일 이름으로."""
        return {one.student: one.name for one in self.learners}


def write_report(classroom: Classroom, out: Path | None = None) -> Path:
    """`out/report.html`(기본은 학급 폴더)을 쓰고 그 경로를 돌려줘요. 채점한 것이 없으면 ClassroomError예요."""
    scores = graded_scores(classroom)
    results = [result.without_code() for result in classroom.results()]
    folder = out or classroom.path
    report = build_report(results, scores, read_people(classroom), feedback_links(classroom, folder, results))
    path = folder / "report.html"
    plans = {lesson.lesson: plan_link(lesson.lesson, folder) for lesson in report.lessons}
    write_text(path, render_report(report, plans, classroom.is_practice))
    return path


def render_report(report: ClassReport, plans: Mapping[str, str] | None = None, practice: bool = False) -> str:
    """보고서 HTML. `plans`는 레슨에서 수업 계획의 주소로 가는 표, `practice`는 연습 학급인지예요."""
    template = pages().get_template("report.html.j2")
    return template.render(
        report=report, labels=LABELS, verdicts=VERDICTS, plans=plans or {}, shown=SHOWN, practice=practice
    )


def build_report(
    results: Sequence[StoredResult],
    scores: Sequence[SubmissionScore],
    people: People | None = None,
    links: Mapping[tuple[str, str], str] | None = None,
) -> ClassReport:
    """결과와 성적부의 점수를 보고서의 값들로 모아요. 명단이 있으면 아무것도 내지 않은 사람도 한 줄이에요."""
    people, links = people or People(), links or {}
    table = by_student(scores)
    lessons = [lesson for lesson in LESSONS if any(result.lesson == lesson for result in results)]
    found: dict[str, dict[str, StoredResult]] = defaultdict(dict)
    for result in results:
        found[result.student][result.lesson] = result
    everyone = people.everyone({*table, *found})
    mine = {student: {lesson: link for (who, lesson), link in links.items() if who == student} for student in everyone}
    learners = tuple(
        learner(
            student,
            people.name(student),
            people.also(student),
            lessons,
            table.get(student, {}),
            found.get(student, {}),
            mine[student],
        )
        for student in everyone
    )
    causes = misconceptions(results)
    return ClassReport(
        made_at=datetime.now().strftime("%Y-%m-%d %H:%M"),
        learners=learners,
        lessons=tuple(_lesson(lesson, results, scores, causes, learners) for lesson in lessons),
        first=tuple(one for one in causes if one.known)[:FIRST],
        submissions=len(results),
        waiting=sum(score.needs_manual for score in scores),
        problems=tuple((people.name(r.student), r.lesson, problem) for r in results for problem in r.problems),
        roster=people.known,
    )


def _lesson(
    lesson: str,
    results: Sequence[StoredResult],
    scores: Sequence[SubmissionScore],
    causes: Sequence[Misconception],
    learners: Sequence[Learner],
) -> LessonReport:
    handed_in = [score for score in scores if score.lesson == lesson]
    values = tuple(score.score for score in handed_in)
    top = max((score.max_score for score in handed_in), default=100.0) or 100.0
    bins = [0] * 10
    for value in values:
        bins[min(9, max(0, int(10 * value / top)))] += 1
    here = {score.student for score in handed_in}
    return LessonReport(
        lesson,
        values,
        top,
        tuple(bins),
        tuple(_exercise(e.name, e.title, e.bonus, lesson, results) for e in lesson_exercises(lesson)),
        tuple(cause for cause in causes if cause.lesson == lesson),
        tuple(one.name for one in learners if one.student not in here),
    )


def _exercise(name: str, title: str, bonus: bool, lesson: str, results: Sequence[StoredResult]) -> ExerciseReport:
    counts: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for mark in (mark for result in results if result.lesson == lesson for mark in result.marks):
        if mark.exercise == name:
            counts[mark.verdict] += 1
    return ExerciseReport(name, title, bonus, counts)
