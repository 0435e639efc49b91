"""실험 셀이 실습을 기다릴 때의 한 줄. 진짜 커널의 시험은 tests/authoring/test_lessons_run.py에 있어요."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.kit import waiting
from autograder.kit.cell_needs import read_lesson
from autograder.kit.standing import NotYetMade
from autograder.notebooks.reading import Cell, Notebook

STUB = 'def {}(*args):\n    raise NotImplementedError("여기를 채워 주세요")'
SOFTMAX = (
    "def softmax(x, dim):\n    e = torch.exp(x - x.amax(dim, keepdim=True))\n    return e / e.sum(dim, keepdim=True)"
)
DRAW = "weights = softmax(torch.ones(2, 3), 1)\nshown = weights[1, 2].item()"
AGAIN = "twice = 2 * shown"
FREE = "rows = [1, 2]"
USE = "total = sum(rows)"


@pytest.fixture
def shell(monkeypatch):
    cells = [
        Cell(1, "markdown", "## 실습 5-1 소프트맥스"),
        Cell(2, "code", STUB.format("softmax"), grade_id="softmax", solution=True),
        Cell(3, "markdown", "## 실습 5-2 어텐션 점수"),
        Cell(4, "code", STUB.format("attention_scores"), grade_id="attention_scores", solution=True),
        *(
            Cell(5 + i, "code", text, id=f"cell{i}", tags=("experiment",))
            for i, text in enumerate((DRAW, AGAIN, FREE, USE))
        ),
    ]
    lesson = read_lesson("05_attention_math", Notebook(tuple(cells)))
    tables = lesson.experiments, lesson.ids, {"05_attention_math": lesson}
    monkeypatch.setattr(waiting, "_released", lambda: tables)
    said: list[str] = []
    monkeypatch.setattr(waiting, "_show", lambda line: said.append(repr(line)))
    running = InteractiveShell.instance()
    running.said = said
    running.run_cell("import torch")
    waiting.watch()
    yield running
    InteractiveShell.clear_instance()


def run(shell, text, **more):
    """(성공으로 세는지, 그때 한 말)."""
    shell.said.clear()
    result = shell.run_cell(text, **more)
    return result.success, list(shell.said)


def test_an_untouched_exercise_is_named_and_the_cell_does_not_run(shell):
    run(shell, STUB.format("softmax"))
    assert run(shell, DRAW) == (True, ["이 셀보다 먼저: 실습 5-1 `softmax` 풀기"])
    assert "weights" not in shell.user_ns
    assert run(shell, AGAIN) == (True, ["이 셀보다 먼저: 실습 5-1 `softmax` 풀기"])


def test_an_exercise_cell_that_was_never_run_is_named(shell):
    assert run(shell, DRAW) == (True, ["이 셀보다 먼저: 실습 5-1 `softmax` 셀 실행하기"])


def test_a_finished_exercise_draws(shell):
    run(shell, SOFTMAX)
    assert run(shell, DRAW) == (True, []) and shell.user_ns["shown"] == pytest.approx(1 / 3)
    assert run(shell, AGAIN) == (True, [])


def test_a_wrong_exercise_is_named_and_the_error_can_be_seen(shell, capsys):
    run(shell, "def softmax(x, dim):\n    return x.sum()")
    success, said = run(shell, DRAW)
    assert success and said == ["이 셀보다 먼저: 실습 5-1 `softmax` 고치기 · 오류 그대로 보기: 새 셀에 `%tb`"]
    assert "IndexError" not in capsys.readouterr().out
    shell.run_line_magic("tb", "")
    assert "IndexError" in capsys.readouterr().out
    # 고치기 전에는 그 값을 쓰는 셀도 기다려요. 앞서 남은 값으로 그리지 않아요.
    shell.user_ns["shown"] = 1.0
    assert run(shell, AGAIN) == (True, ["이 셀보다 먼저: 실습 5-1 `softmax` 고치기"])
    run(shell, SOFTMAX)
    assert run(shell, DRAW) == (True, []) and run(shell, AGAIN) == (True, [])


def test_mending_a_helper_is_enough(shell):
    run(shell, "def helper(x):\n    return x.sum()")
    run(shell, "def softmax(x, dim):\n    return helper(torch.softmax(x, dim))")
    assert "고치기" in run(shell, DRAW)[1][0]
    run(shell, "def helper(x):\n    return x")
    assert run(shell, DRAW) == (True, [])


def test_an_experiment_skipped_by_hand_is_pointed_to(shell):
    assert run(shell, USE) == (
        True,
        ["이 셀보다 먼저: `rows`를 만드는 위의 셀 실행하기 · 오류 그대로 보기: 새 셀에 `%tb`"],
    )


@pytest.mark.parametrize("own", ["softmax(torch.ones(3), 0)", "1 / 0", "print(no_such_name)", "weights["])
def test_the_learners_own_cells_keep_their_traceback(shell, own, capsys):
    run(shell, STUB.format("softmax"))
    success, said = run(shell, own)
    assert not success and said == []
    assert "Error" in capsys.readouterr().out


def test_an_edited_experiment_waits_but_its_own_mistake_is_shown(shell):
    run(shell, STUB.format("softmax"))
    edited = "weights = softmax(torch.ones(4, 4), 1)\nshown = weights[9, 9]"
    assert run(shell, edited, cell_id="cell0") == (True, ["이 셀보다 먼저: 실습 5-1 `softmax` 풀기"])
    run(shell, SOFTMAX)
    assert run(shell, edited, cell_id="cell0") == (False, [])


def test_an_error_that_is_not_the_learners_fault_is_shown(shell):
    run(shell, SOFTMAX)
    run(shell, "torch.ones = None")
    try:
        assert run(shell, DRAW) == (False, [])
    finally:
        run(shell, "import importlib; torch.ones = torch._C._VariableFunctions.ones")


def test_an_earlier_handler_is_kept(monkeypatch, shell):
    InteractiveShell.clear_instance()
    running, seen = InteractiveShell.instance(), []
    running.set_custom_exc((ZeroDivisionError,), lambda self, kind, error, trace, tb_offset=None: seen.append(kind))
    waiting.watch()
    running.run_cell("1 / 0")
    assert seen == [ZeroDivisionError]


def test_the_line_is_text_not_markup():
    line = waiting.Waiting({"풀기": ["실습 5-1 `softmax`", "실습 5-2 `<b>`"]})
    assert repr(line) == "이 셀보다 먼저: 실습 5-1 `softmax`, 5-2 `<b>` 풀기"
    assert "<code>softmax</code>" in line._repr_html_() and "<b>" not in line._repr_html_()


def test_what_an_earlier_lesson_lacks_is_not_called_the_learners_mistake(shell):
    """앞 레슨의 함수가 아직 없어서 멈춘 실습은 고칠 것이 없어요."""
    shell.user_ns["NotYetMade"] = NotYetMade
    run(
        shell,
        "def ffn(*args):\n    raise NotYetMade('레슨 3의 `ffn`: 아직 구현 전. 그 레슨에서 통과하고 저장한 뒤에 이 셀을 다시 실행해요.')",
    )
    run(shell, "def softmax(x, dim):\n    return (lambda h: ffn(h))(x)")
    line = "이 셀보다 먼저: 레슨 3의 `ffn` 통과하고 저장하기(아직 안 됐어요), 꺼내는 셀 다시 실행하기"
    assert run(shell, DRAW) == (True, [line + " · 오류 그대로 보기: 새 셀에 `%tb`"])
    assert run(shell, AGAIN) == (True, [line])
    # 앞 레슨의 것이 생겨도 틀렸다면, 그때부터는 제 잘못이에요.
    run(shell, "def ffn(x):\n    return x.sum()")
    assert "실습 5-1 `softmax` 고치기" in run(shell, DRAW)[1][0]
    run(shell, SOFTMAX)
    assert run(shell, DRAW) == (True, [])
