"""채점 견주기: 상대에게 주는 assert 시험이 진짜인지, CPU 시간을 자손까지 세는지, 한 바퀴 도는지."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from support.classes import LESSON, solved
from support.tiny_lesson import needs

from autograder.authoring.function_to_cell import as_cell
from autograder.authoring.grading_cost import BenchError, _asserts, _tree_cpu, bench_grade
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key


def test_the_asserts_pass_right_answers_and_fail_wrong_ones() -> None:
    caught = 0
    scope: dict = {}
    exec("import math\nimport torch", scope)
    for text in solved().values():
        exec(text, scope)
    for exercise in lesson_exercises(LESSON):
        asserts = _asserts(make_answer_key(exercise, PUBLIC_SEED))
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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="CPU 시간을 Linux의 /proc에서 읽어요.")
def test_cpu_time_counts_the_whole_family() -> None:
    busy = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
    parent = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {busy!r}])\nprint(1, flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(0.05)
        try:
            assert _tree_cpu(process.pid) >= 0.35
        finally:
            process.kill()


def test_one_submission_cannot_be_compared() -> None:
    with pytest.raises(BenchError, match="둘 이상"):
        bench_grade(students=1)


@pytest.mark.slow
def test_a_small_comparison_runs_to_the_end() -> None:
    needs("full", "reduced", "landlock")
    said: list[str] = []
    found = bench_grade(students=3, rounds=1, say=said.append)
    assert found.stock.per_submission > 0 and found.ours.per_submission > 0 and len(said) == 1
    assert set(found.to_dict()) >= {"lesson", "students", "stock", "ours", "ratio", "unit"}
