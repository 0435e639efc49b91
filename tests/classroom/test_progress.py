"""채점의 진행: 화면의 막대와 기록의 줄."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from rich.console import Console
from support.classes import LESSON

from autograder.classroom.progress import GradingProgress


def fake_result(student: str) -> Any:
    return type("Result", (), {"student": student, "lesson": LESSON})()


def test_the_progress_tells_learner_rate_and_time_left() -> None:
    now = [100.0]
    out = io.StringIO()
    with GradingProgress(Console(file=out, width=200), lambda: now[0]) as progress:
        progress.start(total=100, kept=40)
        assert progress.line() == "채점 40/100 · 첫 결과를 기다려요"
        for number in range(20):
            now[0] += 3
            progress.step(fake_result(f"[b]s{number}"))
        assert progress.line() == "채점 60/100 · [b]s19 05 · 분당 20개 · 남은 시간 2분 0초"
    assert out.getvalue() == "채점 60/100 · [b]s19 05 · 분당 20개 · 남은 시간 2분 0초\n"


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """30초를 기다리는 대신 사이를 아주 짧게 두고, 줄이 나올 때까지 기다려요."""
    monkeypatch.setattr("autograder.classroom.progress.EVERY_SECONDS", 0.001)

    class Lines(io.StringIO):
        def write(self, text: str) -> int:
            written = super().write(text)
            if self.getvalue().count("\n") >= 3:
                three.set()
            return written

    three = threading.Event()
    with GradingProgress(Console(file=Lines(), width=200)) as progress:
        progress.start(total=5, kept=0)
        assert three.wait(60)


def test_a_terminal_gets_a_bar_and_nothing_to_do_is_silent() -> None:
    out = io.StringIO()
    with GradingProgress(Console(file=out, width=200, force_terminal=True)) as progress:
        progress.start(total=2, kept=1)
        progress.step(fake_result("[/]kim"))
    assert "[/]kim 05" in out.getvalue() and "2/2" in out.getvalue()
    quiet = io.StringIO()
    with GradingProgress(Console(file=quiet)) as progress:
        progress.start(total=3, kept=3)
    assert quiet.getvalue() == ""


def test_after_trouble_only_the_trouble_is_said() -> None:
    out = io.StringIO()
    with pytest.raises(OSError), GradingProgress(Console(file=out)) as progress:
        progress.start(total=3, kept=0)
        raise OSError
    assert out.getvalue() == ""
