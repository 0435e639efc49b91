"""노트북의 `check`: 저마다의 말, 커널에만 남은 이름, 멈추지 않는 코드."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from autograder.learner import checker
from autograder.learner.checker import examine
from autograder.learner.course_material import public_key, public_names
from autograder.learner.report import Report
from autograder.learner.time_limit import TooSlow, time_limit

GOOD = """
import torch
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return e / e.sum(dim=dim, keepdim=True)
"""


def define(source: str) -> dict:
    namespace: dict = {}
    exec(source, namespace)
    return namespace


def test_pass_says_what_was_proved():
    report = examine("softmax", define(GOOD))
    assert report.verdict == "pass"
    assert report.headline.startswith("통과") and "확인한 것" in report.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def softmax(x, dim):\n    raise NotImplementedError('여기를 채워 주세요')", "아직 구현 전"),
        ("def softmax(x, dim):\n    raise NotImplementedError", "NotImplementedError"),
        ("def softmax(x, dim):\n    print(x.softmax(dim))", "None"),
        ("def softmax(x, dim):\n    return x.softmax(dim).numpy()", "numpy"),
        ("def softmax(x, dim):\n    return x.softmax(dim).double()", "dtype"),
        ("def softmax(x, dim):\n    return x.softmax(dim).sum(dim)", "모양"),
        ("def softmax(x, dim):\n    return x.softmax(dim) * float('nan')", "nan"),
        ("def softmax(x, dim):\n    x -= x.amax(dim, keepdim=True)\n    return x.softmax(dim)", "입력을 바꿔"),
        ("def softmax(x, dim):\n    return undefined_name", "NameError"),
        ("def softmax(x):\n    return x", "TypeError"),
        ("softmax = 3", "함수가 아닌"),
        ("", "커널에 없어요"),
        ("import sys\ndef softmax(x, dim):\n    sys.exit(1)", "SystemExit"),
        ("def softmax(x, dim):\n    return softmax(x, dim)", "RecursionError"),
    ],
)
def test_each_failure_has_its_own_words(source, words):
    report = examine("softmax", define(source))
    assert report.verdict != "pass"
    assert words in report.headline + report.message


def test_a_known_mistake_is_named_with_place_and_both_values():
    report = examine(
        "softmax",
        define("import torch\ndef softmax(x, dim):\n    e = torch.exp(x)\n    return e / e.sum(dim, keepdim=True)"),
    )
    assert report.verdict == "partial"
    assert "결과[" in report.message and "다음에 볼 곳" in report.message


def test_unknown_names_get_a_suggestion():
    assert "softmax" in examine("softmaks", {}).message
    assert "따옴표" in examine(torch.softmax, {}).message


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(checker, "TIME_LIMIT", 0.3)
    report = examine(
        "softmax",
        define(
            "def softmax(x, dim):\n    while True:\n        try:\n            x = x + 1\n        except Exception:\n            pass"
        ),
    )
    assert report.verdict == "timeout" and "끝나지 않아서" in report.message


def test_stopping_in_the_middle_leaves_gradients_as_they_were():
    """시간이 다 된 신호는 `torch.no_grad()`에 들어간 바로 뒤에, 나올 길이 생기기 전에 올 수도 있어요."""
    for before in (True, False):
        with torch.set_grad_enabled(before):
            with pytest.raises(TooSlow), time_limit(0.05):
                torch.set_grad_enabled(not before)
                while True:
                    pass
            assert torch.is_grad_enabled() == before


def test_the_kernels_random_state_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    examine("softmax", define(GOOD))
    assert torch.equal(torch.rand(3), expected)


def test_html_is_escaped():
    report = examine("softmax", define("def softmax(x, dim):\n    raise OSError('<script>alert(1)</script>')"))
    assert "<script>" not in report._repr_html_() and "&lt;script&gt;" in report._repr_html_()


def test_names_that_only_the_kernel_remembers_hold_the_pass_back(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    cells = [
        nbformat.v4.new_code_cell("import torch", metadata={"tags": ["given"]}),
        nbformat.v4.new_code_cell(
            "def softmax(x, dim):\n    return helper(x, dim)",
            metadata={
                "nbgrader": {
                    "grade_id": "softmax",
                    "grade": False,
                    "solution": True,
                    "locked": False,
                    "schema_version": 3,
                    "task": False,
                }
            },
        ),
    ]
    path = tmp_path / "05_attention_math.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    namespace = define(
        "import torch\ndef helper(x, dim):\n    return torch.softmax(x, dim)\ndef softmax(x, dim):\n    return helper(x, dim)"
    )
    report = examine("softmax", namespace, path)
    assert report.verdict == "held" and "`helper`" in report.message and "NameError" in report.message
    cells.append(nbformat.v4.new_code_cell("def helper(x, dim):\n    return torch.softmax(x, dim)"))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert examine("softmax", namespace, path).verdict == "pass"


def test_nothing_passes_by_luck():
    """검사 자체가 느슨해지지 않았는지: 상수와 항등 함수는 통과하지 못해요."""
    for source in (
        "def softmax(x, dim):\n    return x",
        "import torch\ndef softmax(x, dim):\n    return torch.ones_like(x) / x.shape[dim]",
    ):
        assert examine("softmax", define(source)).verdict == "fail"


def test_checks_are_small():
    """`check`가 바로 끝나는 까닭을 시계 없이 지켜요: 공개 사례의 원소는 모두 합쳐 십만 개를 넘지 않아요."""
    for name in public_names():
        total = sum(
            t.numel()
            for c in public_key(name).cases
            for call in c.calls
            for t in call.args
            if isinstance(t, torch.Tensor)
        )
        assert total < 100_000, name


def test_which_function_was_handed_over_is_not_folded() -> None:
    said = "결과의 판단이 반대예요.\n인자: f: 단어의 순서를 뒤집는 함수, x: [1, 2]\n아직 참이 아닌 것: 모두"
    shown, folded = Report("name", "이름", "fail", said)._repr_html_().split("<details>")
    assert "뒤집는 함수" in shown and "아직 참이 아닌 것" in folded
    shown, folded = Report("name", "이름", "fail", "인자: x: [1, 2]")._repr_html_().split("<details>")
    assert "[1, 2]" in folded and "[1, 2]" not in shown


@pytest.mark.parametrize("shell", [None, SimpleNamespace(user_ns={})], ids=["python", "ipython"])
def test_in_a_terminal_only_what_was_found_later_is_added(
    shell: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    first = Report("softmax", "", "fail", "값이 달라요.\n아직 참이 아닌 것: 값")
    monkeypatch.setattr(checker, "examine", lambda *_: first)
    monkeypatch.setattr(checker, "first_words", lambda *_: ([], False))
    checker.check("softmax")
    assert capsys.readouterr().out == f"{first}\n"
    monkeypatch.setattr(checker, "first_words", lambda *_: (["보이는 것", "찾은 것"], False))
    checker.check("softmax")
    assert capsys.readouterr().out == f"{first}\n  보이는 것\n  찾은 것\n"
