"""학급 보고서: 오해의 지도, 점수 분포, 이스케이프."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom.folder import Classroom, ClassroomError, StoredResult
from autograder.classroom.gradebook_reader import CellScore, SubmissionScore
from autograder.exercises import lesson_exercises
from autograder.grading.results import Mark
from autograder.reporting.report import build_report, render_report, write_report

LESSON = "05_attention_math"
EXERCISES = lesson_exercises(LESSON)
SOFTMAX = next(e for e in EXERCISES if e.name == "softmax")


def result(
    student: str, verdict: str = "pass", mistake: str | None = None, problems: tuple[str, ...] = ()
) -> StoredResult:
    marks = tuple(
        Mark(student, LESSON, e.name, e.points, e.points, "pass", None, "")
        if e.name != "softmax"
        else Mark(student, LESSON, e.name, 0.0, e.points, verdict, mistake, "")
        for e in EXERCISES
    )
    return StoredResult("k", student, LESSON, marks, problems, True, 1, "full", "2026-03-02 10:00", {}, {})


def score(student: str, value: float, waiting: bool = False) -> SubmissionScore:
    cell = CellScore("check_softmax", value, 100, value, None, waiting)
    return SubmissionScore(student, LESSON, {"check_softmax": cell})


def test_the_map_counts_who_has_which_misconception() -> None:
    first, second = SOFTMAX.mistakes[:2]
    results = [
        result("a", "fail", first.id),
        result("b", "partial", second.id),
        result("c", "fail", second.id),
        result("d", "timeout"),
        result("e", "fail"),
        result("f"),
    ]
    report = build_report(results, [score(r.student, 50) for r in results])
    item = next(e for e in report.lessons[0].exercises if e.name == "softmax")
    assert [(cause.id, cause.students) for cause in item.causes] == [
        (second.id, ("b", "c")),
        (first.id, ("a",)),
        ("timeout", ("d",)),
        ("unnamed", ("e",)),
    ]
    assert item.causes[0].title == second.title and item.total == 6 and item.pass_rate == pytest.approx(1 / 6)
    other = next(e for e in report.lessons[0].exercises if e.name != "softmax")
    assert other.causes == () and other.pass_rate == 1


def test_scores_fall_into_ten_bins_and_the_table_shows_missing_lessons() -> None:
    values = [0, 9.9, 10, 55, 100, 104]
    results = [result(f"s{i}") for i in range(6)]
    report = build_report(results, [score(f"s{i}", value, waiting=i == 0) for i, value in enumerate(values)])
    assert report.lessons[0].bins == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2)
    assert report.waiting == 1 and report.students[0].cells[0] == (LESSON, 0, 100, True)


def test_the_page_stands_alone_and_escapes() -> None:
    nasty = "<script>alert(1)</script>"
    results = [result(nasty, "fail", SOFTMAX.mistakes[0].id, problems=(nasty,)), result("김하늘")]
    html = render_report(build_report(results, [score(nasty, 10), score("김하늘", 95.5)]))
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "http://" not in html and "https://" not in html
    assert SOFTMAX.mistakes[0].title in html and "김하늘" in html and "95.5" in html and "살펴볼 제출물" in html


def test_an_ungraded_class_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ClassroomError, match="course grade"):
        write_report(Classroom(tmp_path))
