"""빈칸, 읽히지 않는 셀, 바뀐 이름, 실행하지 않은 셀, 바뀐 시그니처를 저마다의 말로."""

from __future__ import annotations

import contextlib
import linecache
from pathlib import Path

import nbformat
import pytest

from autograder.judging.exceptions.failures import CODE_STUB
from autograder.learner.checker import examine
from autograder.learner.saved_check import run_cells
from autograder.notebooks.reading import read_notebook

STUB = f"def softmax(x, dim):\n    {CODE_STUB}"
GOOD = "def softmax(x, dim):\n    return x.softmax(dim)"
BROKEN = "def softmax(x, dim)\n    return x"
RENAMED = "def softmax_1(x, dim):\n    return x"


def kernel(*cells: str) -> dict:
    """셀들을 차례로 실행한 커널의 이름들. 읽히지 않는 셀도 `In`에는 남아요."""
    namespace: dict = {"__name__": "__main__", "In": [""]}
    for source in ("import torch", *cells):
        namespace["In"].append(source)
        name = f"<{len(namespace['In'])}번째 실행>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        with contextlib.suppress(SyntaxError):
            exec(compile(source, name, "exec"), namespace)
    return namespace


def saved(folder: Path, *sources: str, names: tuple[str, ...] = ("softmax",)) -> Path:
    cells = [nbformat.v4.new_code_cell("import torch", metadata={"tags": ["given"]})]
    for name, source in zip(names, sources, strict=True):
        tags = {"grade_id": name, "grade": False, "solution": True, "locked": False, "schema_version": 3, "task": False}
        cells.append(nbformat.v4.new_code_cell(source, metadata={"nbgrader": tags}))
    path = folder / "05_attention_math.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize(
    ("cells", "on_disk", "verdict", "words"),
    [
        ((), STUB, "missing", "아직 커널에 없어요"),
        ((STUB,), STUB, "missing", "`raise NotImplementedError` 줄을 지우고"),
        ((BROKEN,), BROKEN, "error", "읽지 못해서 함수가 새로 만들어지지 않았어요(1번째 줄)"),
        ((STUB, BROKEN), BROKEN, "error", "읽지 못해서 함수가 새로 만들어지지 않았어요"),
        ((BROKEN, GOOD), GOOD, "pass", "확인한 것"),
        ((RENAMED,), RENAMED, "error", "`softmax` 함수가 없고 `softmax_1`"),
        ((STUB, RENAMED), RENAMED, "error", "`softmax` 함수가 없고 `softmax_1`"),
        ((STUB,), GOOD, "error", "셀은 채웠지만 커널에는 아직 빈칸"),
        (("def softmax(x):\n    return x",), GOOD, "error", "`def softmax(x, dim)`"),
        (("def softmax(x, dim):\n    raise NotImplementedError",), GOOD, "error", "여러분의 코드가"),
    ],
)
def test_each_state_has_its_own_words(tmp_path: Path, cells: tuple, on_disk: str, verdict: str, words: str) -> None:
    report = examine("softmax", kernel(*cells), saved(tmp_path, on_disk))
    assert report.verdict == verdict and words in report.message


def test_another_exercise_is_not_a_new_name() -> None:
    namespace = kernel("def decoder_layer(*args):\n    return None")
    assert "아직 커널에 없어요" in examine("encoder_layer", namespace).message
    assert "`encoder_layers`" in examine("encoder_layer", kernel("def encoder_layers(*args): pass")).message


def test_an_unfinished_earlier_exercise_is_not_this_cell(tmp_path: Path) -> None:
    mine = "def masked_softmax(scores, mask):\n    return softmax(scores, -1)"
    path = saved(tmp_path, STUB, mine, names=("softmax", "masked_softmax"))
    report = examine("masked_softmax", kernel(STUB, mine), path)
    assert report.verdict == "missing" and "커널에는 아직 빈칸" not in report.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (BROKEN, "1번째 줄을 Python이 읽지 못해요"),
        (f"limit = torch.epx(torch.ones(1))\n{GOOD}", "혹시 `exp`인가요?"),
        (f"limit = torch.epx(torch.ones(1))\n{GOOD}", "1번째 줄 `limit = torch.epx(torch.ones(1))`에서"),
    ],
)
def test_cells_that_stop_in_the_terminal(tmp_path: Path, source: str, words: str) -> None:
    _, broken = run_cells(read_notebook(saved(tmp_path, source)))
    assert words in broken["softmax"]
