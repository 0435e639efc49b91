"""레슨의 노트북은 어느 때든 위에서 아래까지 오류 없이 돌아요: 풀이가 든 것, 아직 손대지 않은 것, 반만 푼 것, 틀린 답뿐인 것.

실험은 COURSE_FAST=1로 줄여서 돌려요.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring.lesson_source import lesson_path, read_source, sources
from autograder.authoring.simulated_class import Answer, Learner, learner_notebook, mistaken, solution_cells
from autograder.exercises import lesson_exercises
from autograder.layout import ROOT


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # 커널이 고르는 인라인 그림을 써요.

    def start(notebook: Any) -> dict[str, str]:
        """끝까지 돌리고, 코드 셀의 id에서 출력한 글로 가는 표를 돌려줘요. 셀 하나라도 오류면 NotebookClient가 멈춰요."""
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
        cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
        for cell in cells.values():
            assert not [output for output in cell.outputs if output.output_type == "error"], cell.source
            streams = [output for output in cell.outputs if output.output_type == "stream"]
            stderr = "".join(output.text for output in streams if output.name == "stderr")
            assert "Traceback" not in stderr and "will be unregistered" not in stderr, (cell.source, stderr)
        return {name: "\n".join(map(said, cell.outputs)) for name, cell in cells.items()}

    return start


def said(output: Any) -> str:
    return output.get("text", "") + output.get("data", {}).get("text/plain", "")


def answered(lesson: str, answers: Mapping[str, Answer]) -> Any:
    released = json.loads(lesson_path(lesson).read_text(encoding="utf-8"))
    return nbformat.reads(json.dumps(learner_notebook(released, Learner("who", dict(answers)))), as_version=4)


def waiting(outputs: Mapping[str, str]) -> list[str]:
    return [text for text in outputs.values() if "이 셀보다 먼저" in text]


@pytest.mark.parametrize("lesson", sources())
def test_solved_notebook_runs_from_top_to_bottom(lesson, run):
    notebook = read_source(lesson)
    outputs = run(notebook)
    for exercise in lesson_exercises(lesson):
        assert outputs[f"check_{exercise.name}"].startswith("통과"), outputs[f"check_{exercise.name}"]
    assert waiting(outputs) == [] and not [text for text in outputs.values() if "Warning" in text]
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", ()) if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 3, f"{lesson}: 그림이 {len(pictures)}개예요. 실험 셀에서 셋 이상 그려 주세요."
    last = "".join(output.get("data", {}).get("text/markdown", "") for output in notebook.cells[-1].outputs)
    assert "def " in last, "모두 통과하면 기준 구현이 열려요."


@pytest.mark.parametrize("lesson", sources())
def test_untouched_notebook_says_what_to_do_first(lesson, run):
    lines = waiting(run(answered(lesson, {})))
    assert len(lines) >= 5
    for line in lines:
        assert line.startswith("이 셀보다 먼저: 실습 ") and line.endswith(" 풀기") and "\n" not in line
    named = {name for line in lines for name in line.split("`")[1::2]}
    assert named <= {exercise.name for exercise in lesson_exercises(lesson)}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", sources())
def test_half_done_notebook_waits_only_for_the_other_half(lesson, run):
    exercises, solved = lesson_exercises(lesson), solution_cells(read_source(lesson))
    half = exercises[: len(exercises) // 2]
    lines = waiting(run(answered(lesson, {e.name: Answer(solved[e.name], "pass", 1.0) for e in half})))
    assert lines and not [line for line in lines for e in half if f"`{e.name}`" in line]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("lesson", sources())
def test_wrong_answers_everywhere_still_run_to_the_end(lesson, number, run):
    rng = random.Random(number)
    wrong = {e.name: mistaken(e, e.mistakes[number % len(e.mistakes)], rng) for e in lesson_exercises(lesson)}
    outputs = run(answered(lesson, wrong))
    assert "고치기" in "".join(waiting(outputs)) or not waiting(outputs)


@pytest.mark.slow
def test_an_answer_that_never_ends_stops_only_its_check(run):
    lesson, solved = "05_attention_math", solution_cells(read_source("05_attention_math"))
    answers = {name: Answer(text, "pass", 1.0) for name, text in solved.items()}
    answers["attention_scores"] = Answer("def attention_scores(q, k):\n    while True:\n        pass", "timeout", 0.0)
    lines = waiting(run(answered(lesson, answers)))
    assert [line for line in lines if "`attention_scores` 고치기" in line]
