"""학습자의 노트북에서 힌트를 꺼내고, 셀을 되돌리고, 저장되지 않은 이름을 가려내요."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tiny_lesson import ANSWERS, as_bytes, cells_of, code, markdown

from autograder.learner.hints import hints
from autograder.learner.kernel_names import graded_names
from autograder.learner.reset import reset_exercise
from autograder.notebooks.reading import NotebookError, read_notebook


def test_graded_names_of_a_saved_notebook(tmp_path: Path) -> None:
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(
        as_bytes(
            [
                *cells_of(ANSWERS),
                code("K = 3", id="k"),
                code("y = double(K)", id="y"),
                code("W = 1", tags=("experiment",), id="w"),
            ]
        )
    )
    names = graded_names(path)
    assert {"torch", "math", "check", "fast", "plots", "double", "quadruple", "half", "K"} == names


def test_hints_and_reset(tmp_path: Path) -> None:
    folded = (
        "<details><summary>힌트 1 · 방향</summary>\n\n두 배는 더하기예요.\n\n</details>\n"
        "<details><summary>힌트 2 · 도구</summary>\n\n`+`\n\n</details>"
    )
    cells = cells_of(ANSWERS)
    cells.insert(2, markdown(folded, tags=("hint",), id="h"))
    path = tmp_path / "tiny.ipynb"
    data = as_bytes(cells)
    path.write_bytes(data)
    assert hints(read_notebook(path), "double") == [
        ("힌트 1 · 방향", "두 배는 더하기예요."),
        ("힌트 2 · 도구", "`+`"),
    ]
    assert hints(read_notebook(path), "half") == []

    backup = reset_exercise(path, "double", "def double(x):\n    raise NotImplementedError")
    assert backup.read_bytes() == data
    after = read_notebook(path)
    assert after.text("double") == "def double(x):\n    raise NotImplementedError"
    assert after.text("half") == ANSWERS["half"]
    with pytest.raises(NotebookError, match="`nothing` 실습 셀이 없어요"):
        reset_exercise(path, "nothing", "")
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []
