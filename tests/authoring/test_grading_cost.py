"""채점 견주기: 상대에게 주는 assert 시험이 진짜인지, CPU 시간을 자손까지 더하는지, 한 바퀴 도는지."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.classes import LESSON, solved
from support.tiny_lesson import needs

from autograder.authoring.function_to_cell import as_cell
from autograder.authoring.grading_cost import BenchError, assert_cell, bench_grade, family_cpu
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key


def test_the_asserts_pass_right_answers_and_fail_wrong_ones() -> None:
    caught = 0
    scope: dict = {}
    exec("import math\nimport torch", scope)
    for text in solved().values():
        exec(text, scope)
    for exercise in lesson_exercises(LESSON):
        asserts = assert_cell(make_answer_key(exercise, PUBLIC_SEED))
        exec(asserts, dict(scope))
        for mistake in exercise.mistakes:
            wrong = dict(scope)
            exec(as_cell(exercise.name, mistake.wrong[0]), wrong)
            try:
                exec(asserts, wrong)
            except Exception:
                caught += 1
    total = sum(len(exercise.mistakes) for exercise in lesson_exercises(LESSON))
    assert caught > total * 0.7  # 값으로 드러나지 않는 실수(행동, 입력을 바꿈)는 assert로 적지 않았어요.


def test_cpu_time_counts_the_whole_family(tmp_path: Path) -> None:
    """프로세스, 자식, 손자와 이미 거둔 자식까지 더하고 남의 것은 더하지 않아요. 손으로 적은 /proc으로 봐요."""
    hertz = os.sysconf("SC_CLK_TCK")

    def process(pid: int, parent: int, own: tuple[int, int], reaped: tuple[int, int] = (0, 0)) -> None:
        times = " ".join(str(seconds * hertz) for seconds in (*own, *reaped))
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a name) with) spaces) S {parent} {'0 ' * 9}{times} 20 0")

    process(10, 1, (1, 2), reaped=(4, 8))
    process(11, 10, (16, 0))
    process(12, 11, (0, 32))
    process(20, 1, (1000, 1000))
    (tmp_path / "13").mkdir()  # 읽기 직전에 끝난 프로세스
    assert family_cpu(10, tmp_path) == 1 + 2 + 4 + 8 + 16 + 32
    assert family_cpu(11, tmp_path) == 48 and family_cpu(99, tmp_path) == 0


def test_one_submission_cannot_be_compared() -> None:
    with pytest.raises(BenchError, match="둘 이상"):
        bench_grade(students=1)


@pytest.mark.slow
def test_a_small_comparison_runs_to_the_end() -> None:
    needs("full", "reduced", "landlock")
    said: list[str] = []
    found = bench_grade(students=3, rounds=1, say=said.append)
    assert len(found.stock.further) == len(found.ours.further) == 1 and len(said) == 1
    assert set(found.to_dict()) >= {"lesson", "students", "stock", "ours", "ratio", "unit"}
