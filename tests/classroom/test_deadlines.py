"""마감: 모은 때와 정한 마감이 nbgrader의 감점 규칙에 닿고, 바꾸고 다시 채점하면 감점만 옮겨 가요. 화면의 때는 이 컴퓨터의 시각이에요."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from support.archives import FILE, distinct, put
from support.classes import LESSON, borrow

from autograder.classroom.deadlines import parse_local, set_due, set_extension
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_reader import read_scores
from autograder.collecting.collect import collect

# 늦은 시간마다 1점
HOURLY = """
from nbgrader.plugins import BasePlugin


class Hourly(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600


c = get_config()
c.AssignLatePenalties.plugin_class = Hourly
"""


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def penalties(room: Classroom) -> dict[str, float]:
    with open_gradebook(room.db_url()) as gradebook:
        return {one.student: one.late_penalty for one in read_scores(gradebook)}


def test_a_changed_deadline_moves_the_penalties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seoul: None) -> None:
    borrow(monkeypatch)
    room = Classroom(tmp_path / "class")
    files = {
        f"{who}_assignsubmission_file_/{FILE}": (distinct(n), (2026, 12, 1, 20, 0, 0))
        for n, who in enumerate(("가_1", "나_2"))
    }
    files[f"나_2_assignsubmission_file_/{FILE}"] = (distinct(1), (2026, 12, 1, 21, 0, 0))
    collect(put(tmp_path, files), room, lesson=LESSON, due=parse_local("2026-12-01 18:00"))
    (room.path / "nbgrader_config.py").write_text(HOURLY)
    grade_class(room)
    assert penalties(room) == {"가_1": 2.0, "나_2": 3.0}
    assert "2026-12-01 20:00" in room.feedback("가_1", LESSON).read_text("utf-8")
    with open_gradebook(room.db_url()) as gradebook:
        assert gradebook.find_assignment(LESSON).duedate == datetime(2026, 12, 1, 9)  # 성적부는 UTC예요.
    set_extension(room, LESSON, "나_2", parse_local("2026-12-01 20:30"))
    set_due(room, LESSON, parse_local("2026-12-01 19:00"))
    again = grade_class(room)
    assert again.kept == 2 and penalties(room) == {"가_1": 1.0, "나_2": 0.5}
    set_due(room, LESSON, None)
    grade_class(room)
    assert penalties(room) == {"가_1": 0.0, "나_2": 0.0}


def test_an_unknown_time_is_not_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seoul: None) -> None:
    borrow(monkeypatch)
    room, name = Classroom(tmp_path / "class"), f"가_1_assignsubmission_file_/{FILE}"
    (tmp_path / "class").mkdir()
    (room.path / "nbgrader_config.py").write_text(HOURLY)
    collect(
        put(tmp_path, {name: (distinct(0), (2026, 12, 1, 20, 0, 0))}),
        room,
        lesson=LESSON,
        due=parse_local("2026-12-01"),
    )
    set_due(room, LESSON, parse_local("2026-12-01 18:00"))
    grade_class(room)
    assert penalties(room) == {"가_1": 2.0}
    collect(put(tmp_path, {name: (distinct(1), (1980, 1, 1, 0, 0, 0))}), room)
    grade_class(room)
    assert penalties(room) == {"가_1": 0.0}
