"""예외의 설명: 줄마다 정말로 그 예외를 내는 코드, 정직한 마지막 말, 숨은 값과 지어낸 글."""

from __future__ import annotations

import linecache
import re
import time
from dataclasses import replace

import pytest
import torch
from support.raised import IMPORTS, Raised, X, all_raised, call, call_body, cells

from autograder.judging.call_runner import Outcome, run_call
from autograder.judging.cases import BuiltArgument, Call
from autograder.judging.exceptions.failures import CODE_STUB, changed_signature, explain_changes, explain_failure
from autograder.judging.exceptions.line import Line
from autograder.judging.exceptions.near import elsewhere, keywords, near_attribute, near_word
from autograder.judging.exceptions.table import FALLBACKS, TABLE, recognise
from autograder.judging.problem import Problem

RAISED = all_raised()
# 함수의 몸만으로는 낼 수 없어서 아래에서 따로 시험하는 줄들
APART = {
    "signature.missing",
    "signature.takes",
    "signature.keyword",
    "signature.other",
    "name.given-module",
    "callable.inside",
}


def explained(outcome: Outcome) -> Problem:
    problem = explain_failure(outcome)
    assert problem is not None
    return problem


def said(problem: Problem) -> str:
    """숨은 사례에서도 보이는 글."""
    return "\n".join((problem.what, problem.why, problem.look))


# -- 줄마다 --

SECRET = "열쇠글 3.14159 secret"


@pytest.mark.parametrize("raised", RAISED, ids=str)
def test_what_really_happens_is_recognised_and_no_more_is_shown(raised: Raised) -> None:
    outcome = call_body(raised.body)
    found, problem = recognise(outcome), explained(outcome)
    assert found.entry.id in raised.ids, outcome.detail
    assert [word for word in raised.words if word not in said(problem)] == []
    assert problem.what.endswith(f" ({outcome.error})") and problem.where == outcome.detail and problem.look
    # 끼울 자리가 남지 않고, 모든 문장이 같은 말투로 끝나요.
    assert not re.search(r"\{\w*(?::|\})", re.sub(r"`[^`]*`|\([^)]*\)", "", said(problem)))
    for text in (found.what, found.why, found.look):
        assert not text or text.rstrip("?").endswith(("요.", "요"))
    # 예외의 글에 덧붙은 것은 숨은 사례에서 보이지 않아요.
    for detail in (f"{outcome.detail} {SECRET}", f"{SECRET} {outcome.detail}", SECRET, f"{SECRET}'"):
        shown = said(explained(replace(outcome, detail=detail)))
        assert not any(piece in shown for piece in SECRET.split())


def test_every_row_was_seen() -> None:
    ids = [entry.id for entry in TABLE]
    assert len(ids) == len(set(ids)) >= 60
    assert set(ids) == {name for raised in RAISED for name in raised.ids} | APART


@pytest.mark.parametrize(
    ("define", "arguments", "entry", "words"),
    [
        ("def f(x, dim, temperature): return x", {}, "signature.missing", ["`temperature`", "`def` 줄"]),
        ("def f(x): return x", {}, "signature.takes", ["2개를 넘겼는데 1개만", "`def` 줄"]),
        ("def f(x, dim): return x", {"mask": None}, "signature.keyword", ["`mask`", "`def` 줄"]),
        ("class f:\n    pass", {}, "signature.other", ["약속한 인자", "`def` 줄"]),
    ],
)
def test_a_changed_signature_is_told_apart(define: str, arguments: dict, entry: str, words: list[str]) -> None:
    """채점이 부르는 자리에서 어긋난 것만. 학습자의 줄에서 잘못 부른 것은 그 줄의 일이에요."""
    outcome = call(define, X, -1, **arguments)
    assert recognise(outcome).entry.id == entry and outcome.line is None
    assert all(word in said(explained(outcome)) for word in words)
    inside = call_body("def g(a, b): return a\nreturn g(1)")
    assert changed_signature(outcome) and not changed_signature(inside) and not changed_signature(Outcome(value=1))
    assert recognise(inside).entry.id == "call.missing" and "`def` 줄 그대로" not in said(explained(inside))


def test_modules_of_the_given_cell() -> None:
    outcome = call_body("return torch.exp(x)", imports="")
    assert recognise(outcome).entry.id == "name.given-module" and "주어진 셀" in said(explained(outcome))


def inside_of(given: str, body: str) -> Outcome:
    """주어진 셀의 함수를, 다른 셀의 `f`가 부르다가 그 안에서 멈춘 결과."""
    space = cells(given)
    name = "<other cell>"
    linecache.cache[name] = (len(body), None, body.splitlines(keepends=True), name)
    exec(compile(body, name, "exec"), space)
    return run_call(space["f"], Call((X,)))


def test_where_it_stopped_inside_another_cells_function() -> None:
    called = inside_of("def post_norm(x, sublayer): return x + sublayer(x)", "def f(x):\n    return post_norm(x, x)")
    assert (called.line, called.inside) == (2, "post_norm")
    assert recognise(called).entry.id == "callable.inside"
    assert "`post_norm`이 받은 인자를 함수로 불렀는데, `Tensor`가 왔어요" in said(explained(called))
    shaped = inside_of("def heads(x):\n    return x.view(5, 5)", "def f(x):\n    return heads(x)")
    assert "이 줄이 부른 `heads` 안에서 멈췄어요" in said(explained(shaped))
    own = call_body("return x(1)")
    assert own.inside == "" and recognise(own).entry.id != "callable.inside"


def test_a_function_given_as_an_argument_is_called_by_the_learners_own_name() -> None:
    step = BuiltArgument("affine", {"W": torch.eye(3), "b": torch.zeros(3)})
    outcome = run_call(cells("def f(attn, x):\n    return attn(x, x, x)")["f"], Call((step, X)))
    assert "`attn`에는 인자를 1개까지" in said(explained(outcome))
    body = "def f(attn, norm, x):\n    return norm(x + attn(x, x, x))"
    assert "`attn`에는 인자를 1개까지" in said(explained(run_call(cells(body)["f"], Call((step, step, X)))))


def test_an_exception_inside_a_given_function_is_about_what_was_handed_over() -> None:
    step = BuiltArgument("tokens", {"W": torch.eye(3), "b": torch.zeros(3), "mix": torch.eye(2)})
    outcome = run_call(cells("def f(g, x):\n    return g(x)")["f"], Call((step, X)))
    assert outcome.line == 2 and "인자로 받은 함수가, 넘긴 값을 받고 멈췄어요" in explained(outcome).what
    assert "einsum" not in said(explained(outcome))


# -- 아직 구현 전 --


def test_only_our_own_stub_is_unfinished() -> None:
    stub = call_body(CODE_STUB)
    assert explained(stub).kind == "unimplemented" and explained(stub).what == "아직 구현 전이에요."
    for body in (
        "raise NotImplementedError",
        'raise NotImplementedError("다른 글")',
        "return (x > 0) & x",
        "return torch.softmax(x.long(), -1)",
    ):
        outcome = call_body(body)
        assert outcome.error == "NotImplementedError"
        problem = explained(outcome)
        assert problem.kind == "error" and "구현 전" not in said(problem)


def test_changes_and_no_failure() -> None:
    outcome = call_body("x += 1\nreturn x")
    assert explain_failure(outcome) is None
    given = Call((X,))
    changed = explain_changes(outcome, given)
    assert changed is not None and changed.kind == "changed" and "1번째 인자" in changed.what
    assert explain_changes(call_body("return x + 1"), given) is None
    listed = explain_changes(Outcome(changed=(0,)), Call(([1, 2],)))
    assert listed is not None and "`append`" in listed.why and "텐서" not in listed.why + listed.look
    tensors = explain_changes(Outcome(changed=(0,)), Call(([X],)))
    assert tensors is not None and "`requires_grad_`" in tensors.why and "`append`" in tensors.why
    forged = explain_changes(Outcome(changed=(10**9, -3)), given)  # 채점에서는 자리도 지어낼 수 있어요.
    assert forged is not None and forged.kind == "changed"


# -- 모르는 예외 --


@pytest.mark.parametrize("error", ["RuntimeError", "TypeError", "ValueError", "NotImplementedError", "OddError"])
def test_an_unknown_exception_is_not_guessed(error: str) -> None:
    outcome = Outcome(error=error, detail="a reason nobody wrote down", bases=(error, "Exception"), line=2, code="g(x)")
    problem, found = explained(outcome), recognise(outcome)
    assert found.entry in FALLBACKS and problem.where == "a reason nobody wrote down"
    assert not re.search(r"모양|shape|dtype|축", said(problem)) and "예외의 글" in problem.look


def test_library_refusals_keep_their_words() -> None:
    problem = explained(call_body("return torch.poisson(-x)"))
    assert problem.what == "부른 라이브러리가 이 연산을 거절했어요. (RuntimeError)"
    assert "Poisson" in problem.where


# -- 숨은 값과 지어낸 글 --


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ("return {}[str(int(x.sum())) + '비밀']", "비밀"),
        ("return ['가'].index('비밀')", "비밀"),
        ("key = '비밀'\nreturn {}[key]", "비밀"),
        ("return x[777]", "777"),
        ("return F.cross_entropy(x, torch.tensor([0, 777]))", "777"),
        ("return float('비밀')", "비밀"),
        ("return F.dropout(x, 7.5)", "7.5"),
        ("raise ValueError('비밀')", "비밀"),
        ("assert False, '비밀'", "비밀"),
        ("return {tuple(x[0].tolist()): 1}[(7.0, 7.0)]", "7.0"),
        ("return '비밀'.encode('ascii')", "비밀"),
        ("return open('비밀')", "비밀"),
    ],
)
def test_values_are_never_in_the_explanation(body: str, hidden: str) -> None:
    problem = explained(call_body(body))
    assert hidden not in said(problem)


def test_a_key_is_named_only_when_the_learner_wrote_it() -> None:
    assert "`W_Q`" in explained(call_body('return {"W_q": 1}["W_Q"]')).what
    assert "W_Q" not in explained(call_body('name = "W_Q"\nreturn {"W_q": 1}[name]')).what


HOSTILE = (
    *(piece * 300 for piece in ("a", "'", "(", "1", " ", "가", "\\", "_")),
    *(
        piece * 40
        for piece in ("a.b.", "'a' and ", "<locals>.", "a<locals>.", "[1, ", "axes=int, ", "0x1 and ", "() takes 1 ")
    ),
)


def test_forged_words_are_short_and_quick() -> None:
    """학습자의 프로세스에서 온 글은 무엇이든 될 수 있어요. 설명은 짧고, 금방 나와요."""
    slowest = 0.0
    for entry in TABLE:
        start = entry.text.split("(?P")[0].replace("\\", "")[:60]
        for piece in HOSTILE:
            error = min(entry.classes, default="Odd")
            outcome = Outcome(error=error, detail=(start + piece)[:300], bases=(error,), line=1, code=piece[:200])
            began = time.process_time()
            problem = explained(outcome)
            slowest = max(slowest, time.process_time() - began)
            assert len(said(problem)) < 900
    assert slowest < 0.1
    odd = Outcome(error="TypeError", detail="x" * 300, bases=("TypeError", "😀" * 99), line=None, code="\0\n'\"" * 50)
    assert explained(odd).what.endswith("(TypeError)")


def test_a_walk_through_the_table_is_quick() -> None:
    outcome = Outcome(error="RuntimeError", detail="z" * 300, bases=("RuntimeError", "Exception"), line=1, code="a + b")
    explained(outcome)
    best = min(_seconds(outcome) for _ in range(20))
    assert best < 0.001


def _seconds(outcome: Outcome) -> float:
    began = time.process_time()
    for _ in range(10):
        explain_failure(outcome)
    return (time.process_time() - began) / 10


# -- 줄 읽기와 비슷한 이름 --


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("if mask:", ("if",)),
        ("elif not mask:  # and so on", ("if", "not")),
        ("return a and b or c", ("and", "or")),
        ("return max(0, x) + x.max()", ("max",)),
        ("return 0 < x < 1", ("chain",)),
        ("return f(0 < x, x < 1)", ()),
        ("for a in b:", ()),
        ("y = [a for a in b if a in c]", ("if", "in")),
        ("if a is not None and 'or' != b:", ("if", "and")),
        ("return a not in b", ("in",)),
        ("return a == b", ("equal",)),
        ("def max(x): return x", ()),
        ("    0, x)", ()),
        ("", ()),
    ],
)
def test_what_a_line_asks(code: str, asks: tuple[str, ...]) -> None:
    if code.startswith("def"):
        code = code.partition(":")[2]
    assert Line(code).asks == asks


def test_lines_are_read_without_their_strings() -> None:
    line = Line("return F.softmax(x, 'if and', dim=-1)  # not")
    assert line.asks == () and line.literals == {"if and"} and line.owner("softmax") == "F"
    assert line.owner("exp") is None and Line("softmax(x)").owner("softmax") == ""


def test_similar_names_come_from_the_real_thing() -> None:
    assert near_attribute("torch", "epx") == "exp" and near_attribute("Tensor", "tranpose") == "transpose"
    assert near_attribute("nowhere", "epx") == "" and near_attribute("Tensor", "내함수") == ""
    assert near_word("pritn", ()) == "print" and near_word("scors", ("scores", "=")) == "scores"
    assert elsewhere("softmax") == "torch" and elsewhere("os") == "" and elsewhere("np") == ""
    assert {"dim", "dtype"} <= keywords("F", "softmax") and {"keepdim", "dim"} <= keywords("x", "sum")
    assert keywords("x", "no_such_method") == frozenset() and "axis" not in keywords("F", "softmax")


def test_given_imports_are_enough_for_the_cases() -> None:
    assert call(IMPORTS + "def f(x): return torch.exp(x)", X).error is None
