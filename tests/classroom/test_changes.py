"""달라진 점수의 목록: 까닭의 말과, 화면, CSV, HTML의 모양."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from support.classes import LESSON

from autograder.classroom.changes import (
    SHOWN_ROWS,
    UNEXPLAINED,
    Change,
    changes_csv,
    changes_page,
    changes_table,
    what_changed,
)
from autograder.classroom.fingerprint import Parts, parts_of

PARTS = Parts(
    content="c",
    seed=1,
    bonus=True,
    sandboxed=True,
    grader="g",
    libraries={"torch": "2.13.0", "numpy": "2.4"},
    files="f",
    lesson="l",
    exercises={"softmax": "1", "attention_scores": "1", "self_attention": "1", "attention_variance": "1"},
    references={"softmax": "1", "attention_scores": "1", "self_attention": "1", "attention_variance": "1"},
    points={"softmax": 12, "attention_scores": 13, "self_attention": 10, "attention_variance": 0},
)


@pytest.mark.parametrize(
    ("exercise", "changes", "reasons"),
    [
        ("softmax", {"content": "x"}, ("제출한 파일이 바뀌었어요",)),
        ("softmax", {"seed": 2, "files": "x"}, ("학급의 시드가 바뀌었어요",)),
        ("attention_variance", {"bonus": False}, ("보너스를 더하는 규칙이 바뀌었어요",)),
        ("softmax", {"bonus": False}, (UNEXPLAINED,)),
        ("softmax", {"grader": "x"}, ("채점기의 코드가 바뀌었어요",)),
        (
            "softmax",
            {"libraries": {"torch": "2.14.0", "numpy": "2.4"}},
            ("라이브러리가 바뀌었어요 (torch 2.13.0 → 2.14.0)",),
        ),
        ("softmax", {"lesson": "x", "files": "x"}, ("레슨의 주어진 셀이나 풀이가 바뀌었어요",)),
        ("softmax", {"files": "x"}, ("레슨의 파일이 바뀌었어요",)),
        ("softmax", {"points": {**PARTS.points, "softmax": 10}}, ("배점이 바뀌었어요 (12점 → 10점)",)),
        ("softmax", {"points": {**PARTS.points, "softmax": 0}}, ("배점이 바뀌었어요 (12점 → 보너스)",)),
        ("softmax", {"points": {**PARTS.points, "attention_scores": 1}}, (UNEXPLAINED,)),
        ("softmax", {"exercises": {**PARTS.exercises, "softmax": "2"}}, ("실습의 정의가 바뀌었어요",)),
        ("softmax", {"references": {**PARTS.references, "softmax": "2"}}, ("기준 구현의 파일이 바뀌었어요",)),
        (
            "softmax",
            {"exercises": {**PARTS.exercises, "self_attention": "2"}},
            ("같은 레슨의 다른 실습의 정의가 바뀌었어요 (self_attention)",),
        ),
        (
            "self_attention",
            {"exercises": {**PARTS.exercises, "attention_scores": "2"}, "content": "x"},
            ("제출한 파일이 바뀌었어요", "이 실습이 부르는 앞 실습의 정의가 바뀌었어요 (attention_scores)"),
        ),
        (
            "softmax",
            {"exercises": {**PARTS.exercises, "attention_scores": "2"}, "content": "x"},
            ("제출한 파일이 바뀌었어요",),
        ),
        ("softmax", {"seed": 2, "grader": "x"}, ("학급의 시드가 바뀌었어요", "채점기의 코드가 바뀌었어요")),
        ("softmax", {"sandboxed": False}, ("이번에는 모래상자 없이 채점했어요",)),
    ],
)
def test_the_reason_is_what_changed(exercise: str, changes: Mapping[str, Any], reasons: tuple[str, ...]) -> None:
    assert what_changed(PARTS, replace(PARTS, **changes), LESSON, exercise) == reasons


def test_marks_that_were_given_without_a_sandbox_are_told() -> None:
    assert what_changed(replace(PARTS, sandboxed=False), PARTS, LESSON, "softmax") == (
        "모래상자 없이 채점했던 결과예요",
    )


def test_an_exercise_that_left_or_joined_the_lesson_is_told() -> None:
    before = parts_of(LESSON, "", 1, True, True)
    without = replace(
        before,
        exercises={name: digest for name, digest in before.exercises.items() if name != "softmax"},
        references={name: digest for name, digest in before.references.items() if name != "softmax"},
        points={name: value for name, value in before.points.items() if name != "softmax"},
    )
    assert what_changed(before, without, LESSON, "softmax") == ("레슨에서 빠진 실습이에요",)
    assert what_changed(without, before, LESSON, "softmax") == ("새로 생긴 실습이에요",)


# -- 목록의 모양 --

HOSTILE = ("=1+1", "<script>alert(1)</script>", "[red]kim[/red]", "＝cmd", "kim\u202eeel")


def hostile_changes() -> list[Change]:
    return [Change(who, LESSON, "softmax", 1.0, 2.5, ("제출한 파일이 바뀌었어요",)) for who in HOSTILE]


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    rows = list(csv.reader(io.StringIO(changes_csv(hostile_changes()))))
    assert rows[0] == ["학생", "레슨", "실습", "이전", "이후", "까닭"] and len(rows) == 6
    assert rows[1][0] == "'=1+1" and rows[4][0] == "'＝cmd" and "\\u202e" in rows[5][0]
    assert rows[1][3:5] == ["1", "2.5"]


def test_the_page_is_dead_paper() -> None:
    page = changes_page(hostile_changes(), False, "2026-03-02 09:00")
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page and "\\u202e" in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "")


def test_the_screen_shows_twenty_rows_as_they_are_written() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    changes = hostile_changes() + [Change(f"s{n:03}", LESSON, "softmax", 1.0, None, ("까닭",)) for n in range(30)]
    console.print(changes_table(changes, preview=False))
    text = console.export_text()
    assert "[red]kim[/red]" in text and text.count("softmax") == SHOWN_ROWS and "없음" in text
