"""오해를 보여 줄 줄: 통과한 답에 없고, 여러 사람이 똑같이 적었고, 누구의 것인지 알 수 없는 줄만."""

from __future__ import annotations

from autograder.exercises import LESSONS
from autograder.teaching.evidence import plain_lines, telling_lines
from autograder.teaching.lesson_plan import read_plan


def answer(*lines: str, name: str = "softmax") -> str:
    return f"def {name}(x, dim):\n" + "\n".join(f"    {line}" for line in lines)


def test_a_line_that_several_got_wrong_the_same_way() -> None:
    right = [answer("e = torch.exp(x)", "return e / e.sum(dim, keepdim=True)")]
    wrong = [
        answer("# 김하늘의 답이에요", "e = torch.exp( x )", "return e/e.sum(dim)"),
        answer("'''김하늘'''", "e = torch.exp(x)", "return e / e.sum(dim)  # 하늘"),
        answer("e = torch.exp(x)", "total = e.sum(dim)", "return e / total"),
    ]
    assert telling_lines("softmax", wrong, right) == ("return e / e.sum(dim)",)
    # 한 사람만 적은 줄은 누구의 것인지 알 수 있어서 보이지 않아요.
    assert telling_lines("softmax", wrong[1:], right) == ()


def test_only_the_work_of_that_function() -> None:
    text = answer(
        "who = '김하늘'",
        "하늘 = 1",
        "def helper(y):",
        "    return y + 1",
        "for i in range(3):",
        "    if i:",
        "        x = x * i",
        "    else:",
        "        x = -x",
        f"long = {' + '.join(['x'] * 60)}",
        "wrong = lambda a: a ** 2",
        "return x",
    )
    assert plain_lines("softmax", f"secret = 1\n{text}\n{answer('return 7', name='other')}") == [
        "x = x * i",
        "x = -x",
        "a ** 2",
        "return x",
    ]


def test_hostile_text_shows_nothing() -> None:
    deep = ("(" * 100_000, answer(f"return {'-' * 50_000}x"), answer("return " + "[" * 95 + "]" * 95))
    for text in ("def softmax(:", "", "\0", *deep):
        assert plain_lines("softmax", text) == []


def test_each_lesson_has_a_plan() -> None:
    for lesson in LESSONS:
        plan = read_plan(lesson)
        assert len(plan.board) > 20 and len(plan.misunderstandings) > 20 and "$" not in plan.board, lesson
        assert "**" not in plan.board + plan.misunderstandings, lesson
    assert read_plan("99_none").board == ""
