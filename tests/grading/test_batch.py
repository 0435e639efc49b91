"""한 반을 함께 채점해도 한 사람씩과 같고, 우리 쪽의 실패는 점수가 되지 않아요."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.classes import Borrowed
from support.tiny_lesson import (
    ANSWERS,
    SEED,
    as_bytes,
    cells_of,
    shared_pool,
    tiny_setup,
)

from autograder.grading import batch, intake
from autograder.grading.attempt import grade_submission
from autograder.grading.batch import grade_many
from autograder.grading.results import Ungraded
from autograder.grading.submissions import Submission
from autograder.sandbox import WorkerLost


def submissions() -> list[Submission]:
    texts = [
        ANSWERS,
        {**ANSWERS, "double": "def double(x):\n    return x"},
        {**ANSWERS, "half": "while True: pass"},
        {**ANSWERS, "quadruple": "def quadruple(x:\n  x"},
        {**ANSWERS, "double": "import os\nos._exit(0)"},
    ]
    good = [Submission(f"s{i:03d}", "tiny", as_bytes(cells_of(text))) for i, text in enumerate(texts)]
    return [*good, Submission("bad", "tiny", b"{"), Submission("gone", "tiny", Path("/no/such/file.ipynb"))]


def test_a_class_gets_the_same_marks_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = shared_pool()
    monkeypatch.setattr(batch, "open_pool", lambda unsafe=False: Borrowed())
    monkeypatch.setattr(batch, "prepare", lambda lesson, seed: tiny_setup(seed))
    alone = {s.student: grade_submission(s, SEED, shared, tiny_setup()).marks for s in submissions()}
    heard: list[str] = []
    for jobs, order in ((1, submissions()), (3, submissions()[::-1])):
        results = grade_many(order, SEED, jobs, on_result=lambda r: heard.append(r.student))
        together = {r.student: r for r in results}
        assert {student: r.marks for student, r in together.items()} == alone
        assert {student for student, r in together.items() if not r.readable} == {"bad", "gone"}
    assert sorted(heard) == sorted([*alone, *alone])


def test_a_bug_in_the_grader_costs_one_submission_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object) -> None:
        raise SystemError("두 줄에\n걸친 \x1b[31m말" + "!" * 500)

    monkeypatch.setattr(intake, "plan_run", trip)
    result = batch.grade_safely(submissions()[0], SEED, shared_pool(), tiny_setup())
    assert isinstance(result, Ungraded)
    # 관리자가 손댈 수 있게 이름, 글, 자리를 한 줄로 적어요.
    assert "SystemError: 두 줄에 걸친 [31m말!!!" in result.why and "test_batch.py:" in result.why
    assert result.why.isprintable() and len(result.why) < 320


def test_a_lost_worker_is_never_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(job: object) -> None:
        raise WorkerLost("작업자가 죽었어요")

    pool = Borrowed()
    monkeypatch.setattr(pool, "run", lose)
    result = batch.grade_safely(submissions()[0], SEED, pool, tiny_setup())
    assert result == Ungraded(submissions()[0].student, "tiny", "채점 작업자를 거듭 잃었어요(작업자가 죽었어요)")
