"""셀의 글에서 정의, 쓰임, 채점에서 도는지를 읽어요."""

from __future__ import annotations

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from autograder.notebooks import cell_code
from autograder.notebooks.cell_code import defined_names, only_definitions, reachable, used_names


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
    assert only_definitions(source) is runs


def test_names_and_uses() -> None:
    source = "import a.b, c as d\nx: int = 1\nfor i, j in y: z = 2\ndef f(k):\n    inner = 1\nclass C:\n    q = 1"
    assert defined_names(source) == {"a", "d", "x", "i", "j", "z", "f", "C"}
    assert defined_names("def (") == set()
    uses = used_names(["def f(x):\n    return g(x)", "def g(x):\n    return h(x) + f(x)", "h = lambda x: torch.abs(x)"])
    assert reachable("f", uses) == {"x", "g", "h", "torch"}


def test_only_one_thread_parses_at_a_time(monkeypatch):
    """채점은 여러 스레드에서 해요. 오래된 CPython 3.11은 두 스레드가 함께 읽다가 SystemError를 냈어요."""
    inside, most = [], []

    def slow(source):
        inside.append(source)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return ast.parse(source)

    monkeypatch.setattr(cell_code, "ast", SimpleNamespace(parse=slow))
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(cell_code._parses, [f"a = {i}" for i in range(8)]))
    assert max(most) == 1
