"""코드에서 바로 보이는 것: 있으면 그 줄을 말하고, 바른 코드에서는 아무 말도 하지 않아요."""

from __future__ import annotations

import inspect
import textwrap
from types import FunctionType

import pytest

from autograder.exercises import finished_lessons, lesson_exercises
from autograder.repair.slips import visible_slip


def slip_in(body: str, arguments: str = "x, n=1"):
    return visible_slip(f"def f({arguments}):\n{textwrap.indent(body, '    ')}\n", "f")


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("x.transpose(1, 2)\nreturn x * n", 2, "`transpose`의 결과를 아무 데도 담지 않았어요"),
        ("out = []\nfor i in range(n):\n    out.append(x)\n    return out", 5, "첫 번째 반복에서 끝나요"),
        ("return x ^ n", 2, "거듭제곱은 `**`예요"),
        ("if n < 1:\n    return ValueError('안 돼요')\nreturn x", 3, "`raise`로 내요"),
        ("if n < 1:\n    return ValueError\nreturn x", 3, "`raise`로 내요"),
        (
            "out = []\nfor i in range(n):\n    out.append(x)\n    i += 2\nreturn out",
            5,
            "`i`를 안에서 바꿔도 다음 되풀이에서 되돌아가요",
        ),
        ("if x or n < 1:\n    raise ValueError\nreturn x", 2, "비교를 하나마다 적어요"),
        ("x / n\nreturn x", 2, "이 줄은 아무것도 바꾸지 않아요"),
        ("torch.cat([x, x])\nreturn x * n", 2, "`cat`의 결과를 아무 데도 담지 않았어요"),
        ("if n < 1:\n    ValueError('작아요')\nreturn x", 3, "`raise`로 내요"),
        ("rows = [[0.0] * n] * n\nrows[0][1] = x\nreturn rows", 2, "모든 줄이 같이 바뀌어요"),
        (
            "h, out = x.clone(), []\nfor t in range(n):\n    h[:] = h * t\n    out.append(h)\nreturn out",
            5,
            "담기 전에 새로 만들어요",
        ),
        ("return 100 ** 2 * n / x", 2, "지수를 괄호로 묶어요"),
        ("if n == 1 or 2:\n    return x\nreturn n", 2, "비교를 하나마다 적어요"),
    ],
)
def test_what_is_plain_to_see_is_said_with_its_line(body: str, line: int, words: str) -> None:
    slip = slip_in(body)
    assert slip is not None and slip.certain
    assert slip.text.startswith(f"{line}번째 줄 `") and words in slip.text


def test_an_argument_that_is_never_used() -> None:
    slip = slip_in("return x")
    assert slip is not None and not slip.certain and "`n`을 함수 안에서 한 번도 쓰지 않았어요" in slip.text
    assert slip_in("return x * n") is None


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(n):\n    if i == 3:\n        continue\n    return i\nreturn x",
        "i = 0\nwhile i < n:\n    i += 2\nreturn x",
        "for word in x:\n    word += n\nreturn x",
        "if x is None or n < 1 or n > 5:\n    return x\nreturn n",
        "n = n or 1\nreturn x * n",
        "x.append(n)\nreturn x",
        "torch.manual_seed(n)\nreturn x",
        "print(n)\nreturn x",
        "rows = [[0.0] * n for _ in range(n)]\nrows[0][1] = x\nreturn rows",
        "out = []\nfor t in range(n):\n    h = x.clone()\n    h[t] = 0\n    out.append(h)\nreturn out",
        "rows = [[1, 2]] * n\nreturn rows, x",
        "return 10**6 * x + 2**n * n",
        "out = x\nfor i in range(n):\n    out += i\nreturn out",
    ],
)
def test_what_may_be_meant_is_not_said(body: str) -> None:
    assert slip_in(body) is None


@pytest.mark.parametrize("source", ["def f(:", "f = 1", "", "def f(x):\n    return " + "(" * 5000, "x = 1\n" * 9000])
def test_what_cannot_be_read_is_left_alone(source: str) -> None:
    assert visible_slip(source, "f") is None


@pytest.mark.parametrize("lesson", finished_lessons())
def test_right_answers_show_no_slip(lesson: str) -> None:
    for exercise in lesson_exercises(lesson):
        for answer in (exercise.reference, *exercise.correct):
            if isinstance(answer, FunctionType) and answer.__name__ != "<lambda>":
                slip = visible_slip(textwrap.dedent(inspect.getsource(answer)), answer.__name__)
                assert slip is None or not slip.certain, (exercise.name, answer.__name__, slip)
