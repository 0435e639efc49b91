"""피드백 한 쪽: 이스케이프, 외부 자료 없음, 숨은 사례 없음, 손 채점과 의견."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pytest

from autograder.classroom.feedback import LABELS, points, render_feedback
from autograder.classroom.folder import StoredResult
from autograder.classroom.gradebook_reader import CellScore, SubmissionScore
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import make_answer_key
from autograder.grading.results import VERDICTS, Mark
from autograder.judging.call_runner import run_calls
from autograder.judging.judge import judge

LESSON = "05_attention_math"
EXERCISES = lesson_exercises(LESSON)
NASTY = "<script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"


def result(**changes: object) -> StoredResult:
    marks = tuple(Mark("kim", LESSON, e.name, e.points, e.points, "pass", None, "확인한 것: 값") for e in EXERCISES)
    made = StoredResult(
        key="k",
        student="kim",
        lesson=LESSON,
        marks=marks,
        problems=(),
        readable=True,
        seed=1,
        tier="full",
        graded_at="2026-03-02 10:00",
        answered={"reflection": True},
        code={},
    )
    return replace(made, **changes)


class Tags(HTMLParser):
    """HTML에 실제로 있는 태그와 속성."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs


def test_every_learner_text_is_escaped() -> None:
    marks = tuple(Mark(NASTY, LESSON, e.name, 0, e.points, "fail", None, NASTY) for e in EXERCISES)
    code = {"softmax": NASTY, "reflection": NASTY}
    html = render_feedback(result(student=NASTY, marks=marks, problems=(NASTY,), code=code))
    tags = Tags(html)
    assert not tags.names & {"script", "img", "iframe", "link", "a"}
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "href")]
    assert "&lt;script&gt;" in html and "{{ 7 * 7 }}" in html and "49" not in html


def test_a_page_needs_nothing_from_outside() -> None:
    html = render_feedback(result())
    assert not re.search(r"https?://|@import|url\(", html)
    assert "default-src 'none'" in html and '<meta charset="utf-8">' in html and 'lang="ko"' in html


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_its_word(verdict: str) -> None:
    marks = tuple(Mark("kim", LESSON, e.name, 0, e.points, verdict, None, "까닭") for e in EXERCISES)
    html = render_feedback(result(marks=marks))
    assert f'<span class="badge {verdict}">{LABELS[verdict]}</span>' in html


def test_the_named_mistake_is_explained_without_hidden_values() -> None:
    exercise = next(e for e in EXERCISES if e.name == "softmax")
    mistake = exercise.mistakes[0]
    key = make_answer_key(exercise, 424242)
    verdict = judge(key, [run_calls(mistake.wrong[0], case.calls) for case in key.cases])
    mark = Mark(
        "kim",
        LESSON,
        "softmax",
        verdict.score(exercise.points),
        exercise.points,
        verdict.verdict,
        verdict.mistake,
        verdict.message,
    )
    html = render_feedback(result(marks=(mark,)))
    assert mistake.title in html and mistake.look.split("`")[0][:12] in html
    numbers = {
        f"{value:.4f}".rstrip("0")
        for case in key.cases
        for call in case.calls
        for argument in call.args
        if hasattr(argument, "flatten")
        for value in argument.flatten().tolist()
    }
    numbers |= {
        f"{value:.4f}".rstrip("0")
        for case in key.cases
        for outcome in case.expected
        for value in outcome.value.flatten().tolist()
    }
    assert len(numbers) > 50 and not [number for number in numbers if len(number) > 4 and number in html]


def test_marks_given_by_hand_and_comments_are_shown() -> None:
    score = SubmissionScore(
        "kim",
        LESSON,
        {
            "check_softmax": CellScore("check_softmax", 12.5, 13, 3.0, 12.5, False),
            "reflection": CellScore("reflection", 4.0, 5, None, 4.0, False),
        },
        {"softmax": "<b>잘했어요</b>", "reflection": "생각이 깊어요"},
        late_penalty=2.0,
    )
    html = render_feedback(result(code={"reflection": "제 생각은 <이래요>"}), score)
    assert "강사가 점수를 다시 정했어요" in html and "&lt;b&gt;잘했어요&lt;/b&gt;" in html and "생각이 깊어요" in html
    assert "12.5" in html and "4 / 5점" in html and "늦은 제출이라 2점을 뺐어요" in html and "&lt;이래요&gt;" in html
    assert f">{points(score.score)}<" in html and score.score == 14.5


def test_a_waiting_reflection_and_an_unsafe_grade_are_stamped() -> None:
    score = SubmissionScore("kim", LESSON, {"reflection": CellScore("reflection", 0, 5, None, None, True)})
    html = render_feedback(result(tier="none"), score)
    assert "채점 기다림" in html and "모래상자 없이 채점했어요" in html
    assert "답을 적지 않아서 0점" in render_feedback(result(answered={"reflection": False}), score)


def test_a_late_hand_in_says_by_how_much_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        cells = {"check_softmax": CellScore("check_softmax", 85.0, 95, 85.0, None, False)}
        late = SubmissionScore("kim", LESSON, cells, {}, 10.0, datetime(2026, 3, 2, 12, 10), datetime(2026, 3, 2, 9, 0))
        html = render_feedback(result(), late)
        assert "제출 2026-03-02 21:10" in html and "마감 2026-03-02 18:00" in html
        assert "늦은 제출이라 10점을 뺐어요" in html and "마감보다 3시간 10분" in html and "빼기 전에는 85점" in html
        forgiven = replace(late, late_penalty=0.0)
        assert "점수를 빼지 않았어요" in render_feedback(result(), forgiven)
        assert "늦" not in re.sub(
            r"<style>.*?</style>", "", render_feedback(result(), replace(forgiven, due=None)), flags=re.S
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_score_that_waits_for_a_person_says_so_at_the_top() -> None:
    score = SubmissionScore("kim", LESSON, {"reflection": CellScore("reflection", 0, 5, None, None, True)})
    assert "서술형 5점은 강사가 아직 읽지 않아서" in render_feedback(result(), score)
