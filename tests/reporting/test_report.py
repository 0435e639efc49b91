"""학급 보고서: 막힌 까닭의 차례, 점수 분포, 학습자의 쪽, 명단, 이스케이프."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.classroom import afterwards
from autograder.classroom.folder import Classroom, ClassroomError, StoredResult
from autograder.classroom.gradebook_reader import CellScore, SubmissionScore
from autograder.classroom.people import People
from autograder.classroom.roster import Person
from autograder.cli.app import build_app
from autograder.exercises import lesson_exercises
from autograder.grading.results import Mark
from autograder.reporting.links import plan_link
from autograder.reporting.misconceptions import misconceptions
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
    cells = {"check_softmax": CellScore("check_softmax", value, 95, value, None, False)}
    cells["reflection"] = CellScore("reflection", 0.0, 5, None, None if waiting else 0.0, waiting)
    return SubmissionScore(student, LESSON, cells)


def test_what_stopped_most_people_comes_first_and_untouched_is_no_misconception() -> None:
    first, second = SOFTMAX.mistakes[:2]
    results = [
        result("a", "fail", first.id),
        result("b", "partial", second.id),
        result("c", "fail", second.id),
        result("d", "timeout"),
        result("e", "fail"),
        result("f"),
        result("g", "missing"),
    ]
    found = misconceptions(results)
    assert [(one.id, one.students) for one in found] == [
        (second.id, ("b", "c")),
        (first.id, ("a",)),
        ("timeout", ("d",)),
        ("unnamed", ("e",)),
    ]
    assert found[0].title == second.title and found[0].known and not found[-1].known
    report = build_report(results, [score(r.student, 50) for r in results])
    assert report.lessons[0].causes == found and report.first == found[:2]
    item = next(e for e in report.lessons[0].exercises if e.name == "softmax")
    assert item.total == 7 and item.passed == 1 and item.counts["missing"] == 1


def test_scores_fall_into_ten_bins() -> None:
    values = [0, 9.9, 10, 55, 100, 104]
    results = [result(f"s{i}") for i in range(6)]
    report = build_report(results, [score(f"s{i}", value) for i, value in enumerate(values)])
    assert report.lessons[0].bins == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2)


def test_a_full_score_that_still_waits_says_so() -> None:
    report = build_report([result("a"), result("b")], [score("a", 100, waiting=True), score("b", 100)])
    lines = [one.lines[0] for one in report.learners]
    assert [(line.score, line.waiting) for line in lines] == [(100, 5), (100, 0)] and report.waiting == 1
    html = render_report(report)
    assert "100*" in html and "서술형 5점은 채점 전" in html
    done = render_report(build_report([result("b")], [score("b", 100)]))
    assert "100*" not in done and "채점 전" not in done


def test_the_roster_names_everyone_and_who_has_not_handed_in() -> None:
    people = People([Person("20260002", "박지우", "나반"), Person("20260001", "김하늘"), Person("20260003", "이서준")])
    report = build_report([result("20260001"), result("손님")], [score("20260001", 90), score("손님", 10)], people)
    assert [one.name for one in report.learners] == ["박지우", "김하늘", "이서준", "손님"]
    assert report.lessons[0].absent == ("박지우", "이서준")
    html = render_report(report)
    assert "내지 않은 사람 2명" in html and "명단에 없음" in html and "20260002 · 나반" in html


def test_a_learners_page_says_where_they_are_stuck_and_links_the_feedback() -> None:
    mistake = SOFTMAX.mistakes[0]
    report = build_report(
        [result("김하늘", "fail", mistake.id)], [score("김하늘", 60)], links={("김하늘", LESSON): "feedback/x.html"}
    )
    line = report.learners[0].lines[0]
    assert [(item.exercise, item.why) for item in line.stuck] == [(SOFTMAX.title, mistake.title)]
    html = render_report(report)
    assert 'href="#learner1"' in html and 'id="learner1"' in html and 'href="feedback/x.html"' in html


def test_every_table_bar_and_section_is_named() -> None:
    html = render_report(build_report([result("a", "fail")], [score("a", 50)]))
    assert html.count("<table") == html.count("<caption")
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', html)) <= ids
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
    assert "1명 중 0명 통과 (0%)" in html


def test_the_teaching_plan_link_opens_a_heading_that_exists(tmp_path: Path) -> None:
    path, _, _ = plan_link(LESSON, tmp_path).partition("#")
    assert "## 레슨 5. 셀프 어텐션의 수학" in (tmp_path / path).resolve().read_text("utf-8")


def test_the_page_stands_alone_and_escapes() -> None:
    nasty = "<script>alert(1)</script>"
    results = [result(nasty, "fail", SOFTMAX.mistakes[0].id, problems=(nasty,)), result("김하늘")]
    people = People([Person("1", nasty, nasty)])
    html = render_report(build_report(results, [score(nasty, 10), score("김하늘", 95.5)], people))
    assert "<script" not in html and html.count("&lt;script&gt;") >= 6
    assert "http://" not in html and "https://" not in html
    assert SOFTMAX.mistakes[0].title in html and "김하늘" in html and "95.5" in html and "살펴볼 제출물" in html


def test_an_ungraded_class_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ClassroomError, match="course.py grade"):
        write_report(Classroom(tmp_path))


def test_grading_rewrites_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, made = Classroom(tmp_path), list[Classroom]()

    def maker(classroom: Classroom) -> Path:
        made.append(classroom)
        return classroom.path / "report.html"

    monkeypatch.setattr(afterwards, "_MAKERS", [])
    afterwards.after_marks(maker)
    afterwards.after_marks(maker)
    assert afterwards.marks_changed(room) == [tmp_path / "report.html"] and made == [room]
    monkeypatch.setattr(afterwards, "_MAKERS", [])
    build_app()
    assert len(afterwards._MAKERS) == 1
