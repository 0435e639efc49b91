"""믿지 않고 읽기: 어떤 파일이 와도 읽거나, 까닭을 한국어로 말해요."""

from __future__ import annotations

import contextlib
import json
import os
import random
from pathlib import Path

import pytest
from support.tiny_lesson import ANSWERS, as_bytes, cells_of, plan, tiny_setup

from autograder.grading.plan import plan_run
from autograder.notebooks import reading as nb
from autograder.notebooks.reading import NotebookError, read_notebook


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
