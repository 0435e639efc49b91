"""제출물 하나를 점수로: 판정, 멈춤, 다시 채점, 무엇이 와도 예외를 내지 않기."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import torch
from support.tiny_lesson import (
    ANSWERS,
    LIMITS,
    SEED,
    UNFINISHED,
    as_bytes,
    cells_of,
    code,
    grade,
    grade_bytes,
    marks,
    shared_pool,
    tiny_setup,
    verdicts,
)

from autograder.authoring.lesson_source import read_source
from autograder.grading.attempt import grade_submission
from autograder.grading.lesson_setup import LessonSetup, prepare
from autograder.grading.results import VERDICTS
from autograder.grading.submissions import Submission
from autograder.grading.untrusted_answer import judge_answer, judge_outcomes
from autograder.judging import serialisation
from autograder.judging.call_runner import Foreign, Outcome
from autograder.sandbox import Limits


def test_a_right_notebook_gets_everything() -> None:
    result = grade_bytes(as_bytes(cells_of(ANSWERS)))
    assert result.readable and result.problems == () and result.seed == SEED
    assert {m.exercise: (m.verdict, m.score, m.max_score) for m in result.marks} == {
        "double": ("pass", 40.0, 40),
        "quadruple": ("pass", 50.0, 50),
        "half": ("pass", 5.0, 0),
    }
    assert (result.score, result.max_score) == (95.0, 90)
    assert result.tier == shared_pool().tier.name


def test_partial_marks_by_group_and_named_mistake() -> None:
    found = grade(double="def double(x):\n    return (x * 2).float()")
    assert (found["double"].verdict, found["double"].score) == ("partial", 26.7)
    found = grade(double="def double(x):\n    return x.abs() * 2")
    assert (found["double"].verdict, found["double"].score, found["double"].mistake) == ("fail", 0, "double.absolute")
    assert "부호가 사라졌어요" in found["double"].message and "음수를 넣어 봐요" in found["double"].message


def test_untouched_stubs_are_missing() -> None:
    found = grade(**{name: UNFINISHED.format(name) for name in ANSWERS})
    assert set(verdicts(found).values()) == {"missing"} and all("아직 구현 전" in m.message for m in found.values())


def test_syntax_error_stays_in_its_cell() -> None:
    found = grade(double="def double(x)\n    return x * 2")
    assert verdicts(found) == {"double": "error", "quadruple": "pass", "half": "pass"}
    assert "문법" in found["double"].message and "1번째 줄" in found["double"].message


def test_deleted_cells_and_renamed_functions_are_missing() -> None:
    cells = [cell for cell in cells_of(ANSWERS) if cell["id"] != "half"]
    found = marks(grade_bytes(as_bytes(cells)))
    assert verdicts(found) == {"double": "pass", "quadruple": "pass", "half": "missing"}
    assert "배포본" in found["half"].message
    found = grade(half="def halve(x):\n    return x / 2")
    assert found["half"].verdict == "missing" and "함수의 이름" in found["half"].message


def test_values_are_never_shown() -> None:
    """숨은 사례의 입력도 기댓값도 설명에 나오지 않아요."""
    found = grade(double="def double(x):\n    return x * 2 + 0.5")
    shown = found["double"].message
    for case in tiny_setup().keys["double"].cases:
        for value in [*case.calls[0].args[0].flatten().tolist(), *case.expected[0].value.flatten().tolist()]:
            assert f"{value:.3g}" not in shown


def test_the_faulty_line_is_found_where_the_code_runs() -> None:
    found = grade(double="def double(x):\n    y = x * 3\n    return y")["double"]
    assert found.mistake is None and found.score == 0
    assert (
        "이 줄 하나만 고치면 모든 확인을 통과해요: 2번째 줄 `y = x * 3`. 적어 둔 수를 다시 생각해 봐요."
        in found.message
    )
    added = grade(double="def double(x):\n    y = x * 2")["double"]
    assert "이 줄 곁에 한 단계만 더하면 모든 확인을 통과해요: 2번째 줄" in added.message


def test_what_is_plain_to_see_ends_the_search() -> None:
    found = grade(double="def double(x):\n    x * 2\n    return x")["double"]
    assert "2번째 줄 `x * 2`: 계산한 값을 아무 데도 담지 않았어요" in found.message
    assert "고치면 모든 확인을" not in found.message


def test_added_definitions_run_and_added_work_does_not() -> None:
    found = grade("FACTOR = 2\ndef scale(x):\n    return FACTOR * x", double="def double(x):\n    return scale(x)")
    assert found["double"].verdict == "pass"
    found = grade("def scale(x):\n    return 2 * x\nprint(scale(3))", double="def double(x):\n    return scale(x)")
    assert found["double"].verdict == "error" and "`scale`(2번째 셀)" in found["double"].message


def test_edited_given_cell_has_no_effect() -> None:
    cells = cells_of(ANSWERS)
    cells[0]["source"] = ["class torch: pass"]
    assert set(verdicts(marks(grade_bytes(as_bytes(cells)))).values()) == {"pass"}


def test_doubled_exercise_the_last_one_counts() -> None:
    cells = cells_of({**ANSWERS, "double": "def double(x):\n    return x"})
    cells.append(code(ANSWERS["double"], "double", id="again"))
    result = grade_bytes(as_bytes(cells))
    assert marks(result)["double"].verdict == "pass" and any("둘 이상" in p for p in result.problems)


def test_several_stops_in_one_notebook() -> None:
    found = grade(
        double="while True: pass", quadruple="def quadruple(x):\n    while True: pass", half="import os\nos._exit(1)"
    )
    assert verdicts(found) == {"double": "timeout", "quadruple": "timeout", "half": "error"}


def test_budget_ends_a_submission() -> None:
    pool = shared_pool()
    greedy = "def {}(x):\n    while True: pass"
    data = as_bytes(cells_of({name: greedy.format(name) for name in ANSWERS}))
    small = Limits(unit_cpu=0.7, unit_asleep=4, total_cpu=1)
    own, pool.limits = pool.limits, small
    try:
        found = marks(grade_submission(Submission("s", "tiny", data), SEED, pool, tiny_setup()))
    finally:
        pool.limits = own
    assert set(verdicts(found).values()) == {"timeout"}
    assert "앞에서 다 써서" in found["half"].message


def test_the_cpu_time_of_every_child_is_counted() -> None:
    class Counting:
        """자식마다 쓴 CPU 시간을 우리가 정한 값으로 바꿔 적는 풀."""

        tier, limits = shared_pool().tier, shared_pool().limits
        children = 0

        @contextmanager
        def start(self, limits: Limits) -> Iterator[Any]:
            self.children += 1
            with shared_pool().start(limits) as child:
                yield SimpleNamespace(run=lambda job: replace(child.run(job), cpu_seconds=10.0))

    pool = Counting()
    data = as_bytes(cells_of({**ANSWERS, "half": "import os\nos._exit(0)"}))
    result = grade_submission(Submission("s", "tiny", data), SEED, pool, tiny_setup())
    assert pool.children > 1 and result.cpu_seconds >= 10.0 * pool.children


def test_unreadable_submission_is_refused_everywhere() -> None:
    for data in (b"", b"{", as_bytes([code("x = 1", id="x")])):
        result = grade_bytes(data)
        assert not result.readable and {m.verdict for m in result.marks} == {"refused"} and result.score == 0
        assert len({m.message for m in result.marks}) == 1 and result.marks[0].message in result.problems


@pytest.mark.parametrize(
    "outcomes",
    [
        None,
        3,
        [],
        {},
        [3],
        [[3]],
        [[None]],
        "x",
        [[Outcome(value=10**5000)]] * 3,
        [[Outcome(value={"a": float("nan")})]] * 3,
        [[Outcome(value=Foreign(7))]] * 3,
        [[Outcome(error=5, detail=[], changed="abc", grads=7)]] * 3,
        [[Outcome(error="x" * 10_000)]] * 3,
        [[Outcome(value=torch.zeros(0))]] * 3,
        [[Outcome(value=Outcome())]] * 3,
        [[Outcome(value=torch.tensor(float("inf")))]] * 3,
        [[Outcome(changed=(0, "x", None))]] * 3,
        [[Outcome()] * 500] * 500,
        [[Outcome(value=Foreign("<img src=x onerror=alert(1)>"))]] * 3,
    ],
)
def test_any_answer_gets_a_verdict(outcomes: object) -> None:
    verdict = judge_outcomes(tiny_setup().keys["double"], outcomes)
    assert verdict.verdict in VERDICTS and verdict.verdict != "pass" and verdict.share < 1
    assert "<img" not in verdict.message and len(verdict.message) < 2000


def test_random_bytes_never_pass_and_never_raise() -> None:
    rng = random.Random(0)
    good = serialisation.dump([[Outcome(value=torch.zeros(2, 2))]])
    for _ in range(300):
        data = bytearray(good if rng.random() < 0.7 else rng.randbytes(rng.randrange(200)))
        for _ in range(rng.randrange(1, 6)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            outcomes = serialisation.load(bytes(data), serialisation.Room(10_000, 10_000, 100, 100))
        except serialisation.SerialisationError:
            continue
        assert judge_outcomes(tiny_setup().keys["double"], outcomes).verdict != "pass"


def test_too_many_tensors_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr(serialisation, "load_tensors", lambda body: read.append(body) or {})
    data = serialisation.dump([[Outcome(value=torch.empty(0))]] * (LIMITS.answer_tensors + 1))
    verdict = judge_answer(tiny_setup().keys["double"], data, LIMITS)
    assert verdict is not None and verdict.verdict == "refused" and "너무 많아요" in verdict.message
    assert read == []


def test_same_seed_same_marks_other_seed_other_cases() -> None:
    data = as_bytes(cells_of({**ANSWERS, "double": "def double(x):\n    return (x * 2).float()"}))
    assert grade_bytes(data).marks == grade_bytes(data).marks
    first = LessonSetup.make(tiny_setup().master, tiny_setup().exercises, SEED)
    other = LessonSetup.make(tiny_setup().master, tiny_setup().exercises, SEED + 1)
    assert first.calls == tiny_setup().calls and all(first.calls[name] != other.calls[name] for name in ANSWERS)


@pytest.mark.skipif(
    os.name == "nt" or sys.platform == "darwin", reason="이 운영체제의 파일 이름은 언제나 유니코드예요."
)
def test_lesson_five_solution_is_perfect() -> None:
    lesson = "05_attention_math"
    solved = nbformat.writes(read_source(lesson)).encode()
    result = grade_submission(Submission("s001", lesson, solved), SEED, shared_pool(), prepare(lesson, SEED))
    assert set(verdicts(marks(result)).values()) == {"pass"} and result.problems == ()
    assert result.max_score == 95
