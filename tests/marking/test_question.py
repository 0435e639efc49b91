"""서술형 문제: 물음, 모범 답안, 채점 기준은 원본에서 오고 배포본에는 없어요."""

from __future__ import annotations

import pytest

from autograder.authoring.build import released_text
from autograder.authoring.lesson_source import RUBRIC_HEADING, BuildError, read_source
from autograder.classroom import question as module
from autograder.classroom.question import question, to_html
from autograder.exercises import LESSONS


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_a_rubric_of_five_one_point_lines(lesson: str) -> None:
    found = question(lesson)
    assert [line.points for line in found.rubric] == [1.0] * 5 and found.max_score == 5
    assert len({line.text for line in found.rubric}) == 5
    assert "채점해요(5점)" in found.prompt and RUBRIC_HEADING not in found.sample and len(found.sample) > 100


def test_what_learners_get_holds_neither_the_sample_nor_the_rubric() -> None:
    lesson = "05_attention_math"
    (cell,) = [c for c in read_source(lesson).cells if c.metadata.get("nbgrader", {}).get("grade_id") == "reflection"]
    text, lines = released_text(lesson), [line for line in cell.source.splitlines() if line]
    assert len(lines) == 8  # 모범 답안 두 줄, 제목, 기준 다섯 줄
    assert [line for line in lines if line in text] == []


@pytest.mark.parametrize("line", ["* 1점: 별표", "- 한 점: 말로", "- 1점:", "- 2점: 합이 5점이 아니에요."])
def test_a_rubric_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    source = read_source("05_attention_math")
    for cell in source.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection":
            cell.source = f"답이에요.\n\n{RUBRIC_HEADING}\n\n{line}"
    monkeypatch.setattr(module, "read_source", lambda lesson: source)
    with pytest.raises(BuildError, match=r"solutions/05_attention_math\.py.*채점 기준"):
        question.__wrapped__("05_attention_math")


def test_our_short_markdown_becomes_readable() -> None:
    html = to_html("## 제목\n\n점수를 $\\sqrt{d_k}$가 아니라 **`d`** < 3\n줄\n\n$q \\cdot k^2$")
    assert html == (
        '<p>점수를 <i class="math">√d<sub>k</sub></i>가 아니라 **<code>d</code>** &lt; 3 줄</p>'
        '<p><i class="math">q · k<sup>2</sup></i></p>'
    )
    assert to_html("**굵게**") == "<p><b>굵게</b></p>"
