"""풀이가 든 노트북은 위에서 아래까지 오류 없이 돌고, 모든 확인이 통과해요.

실험은 COURSE_FAST=1로 줄여서 돌려요.
"""

from __future__ import annotations

import pytest
from nbclient import NotebookClient

from autograder.authoring.lesson_source import read_source, sources
from autograder.exercises import lesson_exercises
from autograder.layout import ROOT


@pytest.mark.parametrize("lesson", sources())
def test_solved_notebook_runs_from_top_to_bottom(lesson, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # 커널이 고르는 인라인 그림을 써요.
    notebook = read_source(lesson)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()

    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    for exercise in lesson_exercises(lesson):
        outputs = cells[f"check_{exercise.name}"].outputs
        text = "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)
        assert text.startswith("통과"), (exercise.name, text)
    for cell in cells.values():
        streams = [output for output in cell.outputs if output.output_type == "stream"]
        stderr = "".join(output.text for output in streams if output.name == "stderr")
        assert "Warning" not in stderr and "Traceback" not in stderr, (cell.source, stderr)
    pictures = sum("image/png" in output.get("data", {}) for cell in cells.values() for output in cell.outputs)
    assert pictures >= 3, f"{lesson}: 그림이 {pictures}개예요. 실험 셀에서 셋 이상 그려 주세요."
