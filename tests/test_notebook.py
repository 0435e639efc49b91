"""믿을 수 없는 노트북 파일 읽기와, 채점에서 도는 셀 고르기."""

from __future__ import annotations

import contextlib
import json
import os
import random
from pathlib import Path

import pytest
from graders import ANSWERS, GIVEN, as_bytes, cells_of, code, tiny_setup

from autograder import notebook as nb
from autograder.notebook import NotebookError, plan_run, read_notebook


def plan(cells):
    return plan_run(read_notebook(as_bytes(cells)), tiny_setup().master)


def markdown(source, grade_id=None, tags=(), id="m"):
    cell = code(source, grade_id, tuple(tags), id)
    return {**cell, "cell_type": "markdown"}


def test_untouched_notebook_has_no_problems() -> None:
    found = plan(cells_of(ANSWERS))
    assert found.problems == ()
    assert [step.exercise for step in found.steps] == [None, "double", "quadruple", "half"]
    assert found.steps[0].source == GIVEN


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "빈 파일"),
        (b"   \n", "빈 파일"),
        (b"{", "JSON이 깨져"),
        (b'{"cells": [', "JSON이 깨져"),
        (b"PK\x03\x04 zip", "JSON이 깨져"),
        (b"[1, 2]", "모양이 아니에요"),
        (b"null", "모양이 아니에요"),
        (b"{}", "셀 목록이 없어요"),
        (b'{"cells": 3}', "셀 목록이 없어요"),
        (b"\xff\xfe\x00\xd8", "JSON이 깨져|인코딩"),
        (b"\x80\x81\xff\xff", "인코딩"),
        (b"[" * 200_000, "깊게"),
        (b'{"cells": ' + b"[" * 200_000, "깊게"),
        (json.dumps({"cells": [{}] * 5000}).encode(), "셀이 너무 많아요"),
    ],
)
def test_unreadable_files_are_named(data: bytes, words: str) -> None:
    with pytest.raises(NotebookError, match=words):
        read_notebook(data)


def test_damaged_bytes_are_read_or_named() -> None:
    """어떻게 망가진 파일이라도 읽거나 까닭을 말할 뿐, 다른 예외를 내지 않아요."""
    rng = random.Random(1)
    whole = as_bytes(cells_of(ANSWERS))
    for _ in range(400):
        data = bytearray(whole[: rng.randrange(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.randrange(8)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        with contextlib.suppress(NotebookError):
            plan_run(read_notebook(bytes(data)), tiny_setup().master)


def test_any_json_is_read_or_named() -> None:
    rng = random.Random(2)
    leaves = [
        None,
        True,
        0,
        1.5,
        "code",
        "x = 1",
        "double",
        "given",
        [],
        {},
        ["a\n"],
        "\x00",
        "\ud800",
        "def double(x): return x",
    ]
    keys = ["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "tags", "id", "input", "worksheets"]

    def value(depth: int) -> object:
        kind = rng.random()
        if depth == 0 or kind < 0.3:
            return rng.choice(leaves)
        if kind < 0.6:
            return [value(depth - 1) for _ in range(rng.randrange(4))]
        return {rng.choice(keys): value(depth - 1) for _ in range(rng.randrange(6))}

    for _ in range(1500):
        cells = [
            {"cell_type": rng.choice(["code", value(1)]), "source": value(2), "metadata": value(3), "id": value(1)}
            for _ in range(3)
        ]
        shape = rng.choice([value(5), {"cells": cells}, {"cells": value(4)}, {"worksheets": value(3)}])
        data = json.dumps(shape).encode()
        with contextlib.suppress(NotebookError):
            plan_run(read_notebook(data), tiny_setup().master)


def test_broken_cells_do_not_stop_the_rest() -> None:
    cells = cells_of(ANSWERS)
    broken = [
        3,
        None,
        [],
        {"cell_type": "code", "source": 7},
        {"cell_type": ["x"], "source": "x = 1", "metadata": 3},
        {"cell_type": "code", "source": ["a", 1]},
        {"cell_type": "code", "metadata": {"nbgrader": "x", "tags": 3}, "source": "y = 2"},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": 5}}, "source": "z = 3"},
    ]
    found = plan([*broken, *cells])
    assert [step.exercise for step in found.steps if step.exercise] == list(ANSWERS)
    assert sum("깨져 있어" in problem for problem in found.problems) == 5


def test_cp949_utf16_and_bom_are_read() -> None:
    text = as_bytes(cells_of({**ANSWERS, "half": "# 반으로\n" + ANSWERS["half"]})).decode()
    assert "cp949" in read_notebook(text.encode("cp949")).problems[0]
    for data in (text.encode("utf-8-sig"), text.encode("utf-16")):
        assert read_notebook(data).problems == ()
    for data in (text.encode("cp949"), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert read_notebook(data).text("half").startswith("# 반으로")


def test_lone_surrogates_become_writable() -> None:
    cells = cells_of({**ANSWERS, "half": "x = '\ud800'"})
    text = read_notebook(json.dumps({"cells": cells}).encode()).text("half")
    assert text == "x = '\ufffd'" and text.encode()


def test_old_format_is_converted() -> None:
    cells = [
        {("input" if key == "source" else key): value for key, value in cell.items()} for cell in cells_of(ANSWERS)
    ]
    data = json.dumps({"worksheets": [{"cells": cells}, "x"], "nbformat": 3, "metadata": {}}).encode()
    found = read_notebook(data)
    assert "nbformat 3" in found.problems[0]
    assert plan_run(found, tiny_setup().master).steps[1].source == ANSWERS["double"]


def test_large_output_is_dropped() -> None:
    cells = cells_of(ANSWERS)
    cells[1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 30_000_000]}]
    found = read_notebook(as_bytes(cells))
    assert max(len(cell.source) for cell in found.cells) < 200


def test_endless_cell_text_is_skipped() -> None:
    cells = cells_of(ANSWERS)
    cells[1]["source"] = ["x = 1\n" * 100_000]
    found = plan(cells)
    assert any("너무 길어" in problem for problem in found.problems)


def test_another_courses_notebook_is_refused() -> None:
    with pytest.raises(NotebookError, match="레슨의 노트북이 아니에요"):
        plan([code("import pandas as pd", id="a"), code("df = pd.read_csv('x')", id="b")])
    with pytest.raises(NotebookError, match="비어 있어요"):
        plan([])
    with pytest.raises(NotebookError, match="비어 있어요"):
        plan([code("", id="a"), markdown(" ")])


def test_checks_missing_doubled_edited_are_told_and_harmless() -> None:
    cells = [cell for cell in cells_of(ANSWERS) if cell["id"] != "check_half"]
    cells += [code('check("double")', "check_double", id="copy")]
    cells = [code("print('통과')", "check_quadruple") if cell["id"] == "check_quadruple" else cell for cell in cells]
    found = plan(cells)
    told = "\n".join(found.problems)
    assert "지워진 확인 셀이 있어요(`check_half`)" in told
    assert "겹친 확인 셀이 있어요(`check_double`)" in told
    assert "고쳐진 확인 셀이 있어요(`check_quadruple`)" in told
    assert [step.exercise for step in found.steps if step.exercise] == list(ANSWERS)
    assert not any("check" in step.source for step in found.steps[1:])


def test_exercise_missing_doubled_or_not_code() -> None:
    cells = [cell for cell in cells_of(ANSWERS) if cell["id"] != "half"]
    text = markdown(ANSWERS["quadruple"], "quadruple", id="q")
    cells = [text if cell["id"] == "quadruple" else cell for cell in cells]
    cells.append(code("def double(x):\n    return x + x", "double", id="again"))
    found = plan(cells)
    assert "`quadruple`, `half` 실습 셀이 없어요." in found.problems
    assert any("둘 이상" in problem for problem in found.problems)
    assert [step.exercise for step in found.steps] == [None, "double", "double"]


def test_lost_tags_are_found_by_function_name() -> None:
    cells = [{"cell_type": "code", "source": cell["source"]} for cell in cells_of(ANSWERS)]
    cells[1]["source"] = ["print('시작')\n", *cells[1]["source"]]
    found = plan(cells)
    assert [step.exercise for step in found.steps if step.exercise] == list(ANSWERS)
    assert any("꼬리표가 사라져" in problem for problem in found.problems)


def test_given_cells_are_always_the_masters() -> None:
    cells = cells_of(ANSWERS)
    cells[0]["source"] = ["torch = None"]
    found = plan(cells)
    assert found.steps[0].source == GIVEN and not any("None" in step.source for step in found.steps)
    assert any("원래의 셀로" in problem for problem in found.problems)
    assert plan(cells[1:]).steps[0].source == GIVEN  # 지워도 같아요.
    moved = [*cells_of(ANSWERS)[1:], cells_of(ANSWERS)[0]]
    assert plan(moved).steps[0].source == GIVEN and len([s for s in plan(moved).steps if s.source == GIVEN]) == 1


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("import math", True),
        ("from torch import nn\nEPS = 1e-5", True),
        ("def f(x):\n    return x", True),
        ("class A:\n    pass", True),
        ('"""설명"""\nA, B = 1, (2, 3)', True),
        ("DTYPE: object = torch.float32\nN = -3 * 2 ** 4", True),
        ("TABLE = {'a': [1, 2], 'b': None}", True),
        ("f = lambda x: x + 1", True),
        ("%matplotlib inline\nimport math", True),
        ("# 왜 그럴까?\nX = '정말?'", True),
        ("x = compute()", False),
        ("print(1)", False),
        ("softmax(x, 0)", False),
        ("def f(x):\n    return x\nf(3)", False),
        ("for i in range(3):\n    pass", False),
        ("if True:\n    import os", False),
        ("x[0] = 1", False),
        ("torch.allclose = None", False),
        ("del x", False),
        ("", False),
        ("# 설명만", False),
        ("def f(:", False),
        ("a = {**b}", False),
        ("!pip install x", True),  # 명령은 지워지고 아무 일도 하지 않아요.
        ("x = " + "(" * 500 + ")" * 500, False),
        ("x = " + "-" * 100_000 + "1", False),
    ],
)
def test_which_added_cells_run(source: str, runs: bool) -> None:
    assert nb.only_definitions(source) is runs


def test_magics_are_stripped_from_added_cells() -> None:
    cells = cells_of(ANSWERS)
    mixed = "%matplotlib inline\nLIMIT = '%5d?'\n!rm -rf /\ndef helper():\n    %timeit 1\n    return LIMIT"
    cells.insert(1, code(mixed, id="mine"))
    added = plan(cells).steps[1]
    assert added.exercise is None and added.cell == 2
    assert "%matplotlib" not in added.source and "!rm" not in added.source and "LIMIT = '%5d?'" in added.source
    compile(added.source, "x", "exec")


def test_experiment_and_master_cells_never_run() -> None:
    cells = [*cells_of(ANSWERS), code("def extra():\n    return 1", tags=("experiment",), id="e2")]
    assert not any("extra" in step.source or "RuntimeError" in step.source for step in plan(cells).steps)


def test_a_name_only_in_a_skipped_cell_is_told() -> None:
    cells = cells_of({**ANSWERS, "double": "def double(x):\n    return scale(x)"})
    cells.insert(1, code("def scale(x):\n    return 2 * x\nprint(scale(3))", id="mine"))
    found = plan(cells)
    assert found.skipped == {"scale": 2}
    assert any("`scale`" in problem and "2번째 셀" in problem for problem in found.problems)
    cells.insert(1, code("def scale(x):\n    return 2 * x", id="mine2"))
    assert not any("`scale`" in problem for problem in plan(cells).problems)


def test_names_and_uses() -> None:
    source = "import a.b, c as d\nx: int = 1\nfor i, j in y: z = 2\ndef f(k):\n    inner = 1\nclass C:\n    q = 1"
    assert nb.defined_names(source) == {"a", "d", "x", "i", "j", "z", "f", "C"}
    assert nb.defined_names("def (") == set()
    uses = nb.used_names(
        ["def f(x):\n    return g(x)", "def g(x):\n    return h(x) + f(x)", "h = lambda x: torch.abs(x)"]
    )
    assert nb.reachable("f", uses) == {"x", "g", "h", "torch"}


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
    names = nb.graded_names(path)
    assert {"torch", "math", "check", "fast", "plots", "double", "quadruple", "half", "K"} == names


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="이 운영체제에는 이름 있는 파이프가 없어요.")
def test_only_plain_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "real.ipynb").write_text("{}")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    (tmp_path / "nowhere.ipynb").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")  # 여는 것만으로 끝없이 기다리게 하는 파일
    for name, words in (
        ("link", "링크"),
        ("nowhere", "링크"),
        ("folder", "보통 파일|열 수 없어요"),
        ("pipe", "보통 파일"),
        ("missing", "열 수 없어요"),
    ):
        with pytest.raises(NotebookError, match=words):
            nb.read_bytes(tmp_path / f"{name}.ipynb")
    (tmp_path / "other").symlink_to(tmp_path)
    with pytest.raises(NotebookError, match="링크"):
        nb.read_bytes(tmp_path / "other" / "real.ipynb", tmp_path)


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
    assert nb.hints(read_notebook(path), "double") == [
        ("힌트 1 · 방향", "두 배는 더하기예요."),
        ("힌트 2 · 도구", "`+`"),
    ]
    assert nb.hints(read_notebook(path), "half") == []

    backup = nb.reset_exercise(path, "double", "def double(x):\n    raise NotImplementedError")
    assert backup.read_bytes() == data
    after = read_notebook(path)
    assert after.text("double") == "def double(x):\n    raise NotImplementedError"
    assert after.text("half") == ANSWERS["half"]
    with pytest.raises(NotebookError, match="`nothing` 실습 셀이 없어요"):
        nb.reset_exercise(path, "nothing", "")
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []
