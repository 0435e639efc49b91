"""고치면 되는 줄 찾기: 흔한 실수마다 그 줄을 말하고, 증명하지 못하면 아무 말도 하지 않아요."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from support.small_keys import CUBE, A, B, key_for, space
from torch import Tensor

from autograder.repair.finding import Finding
from autograder.repair.search import locate

SECONDS = 20.0  # 넉넉해요. 찾으면 바로 멈추므로 다 쓰지 않아요.


def find(source: str, right: Callable[..., Any], *inputs: Sequence[Any], **options: Any) -> Finding | None:
    source = source.strip("\n") + "\n"
    return locate(source, "answer", space(source), key_for(right, *inputs, **options), SECONDS)


# -- 흔한 실수 --


def softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=-1)


def standard(x: Tensor) -> Tensor:
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)


def scores(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


def affine(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.relu(x @ W + b)


def running(n: int) -> list[int]:
    return [i * i for i in range(1, n + 1)]


def pairs(words: list[str]) -> dict[str, int]:
    return {word: words.count(word) for word in words}


def positive(n: int) -> int:
    if n < 1:
        raise ValueError
    return 2 * n


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else x.masked_fill(~mask, 0.0)


W, BIAS = B.T[:, :3].contiguous(), torch.tensor([0.5, -1.0, 2.0])
MASK = torch.tensor([True, False, True])
AXIS = """
def answer(x):
    e = torch.exp(x - x.amax(dim=-1, keepdim=True))
    return e / e.sum(dim=0, keepdim=True)
"""
KEEPDIM = """
def answer(x):
    mean = x.mean(-1)
    var = ((x - x.mean(-1, keepdim=True)) ** 2).mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-5)
"""
VARIANCE = """
def answer(x):
    mean = x.mean(-1, keepdim=True)
    std = torch.sqrt(x.var(-1, keepdim=True) + 1e-5)
    return (x - mean) / std
"""
NO_SCALE = """
def answer(q, k):
    dots = q @ k.transpose(-2, -1)
    return dots
"""
TRANSPOSE = """
def answer(q, k):
    d = q.shape[-1]
    dots = q @ k
    return dots / math.sqrt(d)
"""
NO_BIAS = """
def answer(x, W, b):
    hidden = x @ W
    return torch.relu(hidden)
"""
BRACKET = """
def answer(x, W, b):
    hidden = torch.relu(x @ W) + b
    return hidden
"""
RANGE = """
def answer(n):
    out = []
    for i in range(1, n):
        out.append(i * i)
    return out
"""
RETURN = """
def answer(n):
    out = []
    for i in range(1, n + 1):
        out.append(i * i)
        return out
"""
NOT_ADDED = """
def answer(words):
    counts = {}
    for word in words:
        counts[word] = 1
    return counts
"""
START = """
def answer(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 1) + 1
    return counts
"""
GUARD = """
def answer(n):
    if n < 0:
        raise ValueError(n)
    return 2 * n
"""
NO_GUARD = """
def answer(n):
    doubled = 2 * n
    return doubled
"""
INVERTED = """
def answer(x, mask):
    if mask is not None:
        x = x.masked_fill(mask, 0.0)
    return x
"""
DROPPED = """
def answer(x, mask):
    if mask is not None:
        x.masked_fill(~mask, 0.0)
    return x
"""
IN_PLACE = """
def answer(x, mask):
    if mask is not None:
        x[~mask.expand_as(x)] = 0.0
    return x
"""
COUNTS = (["a", "b", "a", "a"],), (["c"],), ([],)


@pytest.mark.parametrize(
    ("source", "right", "inputs", "line", "kind"),
    [
        pytest.param(AXIS, softmax, [(A,), (CUBE,)], 3, "축", id="axis"),
        pytest.param(KEEPDIM, standard, [(A,), (CUBE,)], 2, "남길 축(keepdim)", id="keepdim"),
        pytest.param(VARIANCE, standard, [(A,), (CUBE,)], 3, "나누는 수(n과 n-1)", id="variance"),
        pytest.param(TRANSPOSE, scores, [(A, B), (CUBE, CUBE + 1)], 3, "축", id="transpose"),
        pytest.param(BRACKET, affine, [(A, W, BIAS)], 2, "무엇을 먼저 묶어 계산하는지", id="bracket"),
        pytest.param(RANGE, running, [(3,), (5,)], 3, "반복하는 범위", id="range"),
        pytest.param(RETURN, running, [(3,), (5,)], 5, "들여쓰기", id="return in the loop"),
        pytest.param(NOT_ADDED, pairs, COUNTS, 4, None, id="not added up"),
        pytest.param(START, pairs, COUNTS, 4, "적어 둔 수", id="start value"),
        pytest.param(INVERTED, masked, [(A, MASK), (A, None)], 3, "조건의 방향", id="mask inverted"),
        pytest.param(DROPPED, masked, [(A, MASK), (A, None)], 3, "변수에 담지 않은 결과", id="result dropped"),
    ],
)
def test_the_line_of_a_usual_slip_is_found(
    source: str, right: Callable[..., Any], inputs: Sequence[Sequence[Any]], line: int, kind: str | None
) -> None:
    found = find(source, right, *inputs)
    assert found is not None and found.lines == (line,) and found.edits == 1
    assert kind is None or found.kind == kind
    assert found.texts == (source.strip("\n").splitlines()[line - 1].strip(),)


@pytest.mark.parametrize(
    ("source", "right", "inputs", "lines"),
    [
        pytest.param(NO_SCALE, scores, [(A, B), (CUBE, CUBE + 1)], (2, 3), id="scale"),
        pytest.param(NO_BIAS, affine, [(A, W, BIAS)], (2, 3), id="bias"),
    ],
)
def test_a_missing_step_may_go_to_either_of_two_lines(
    source: str, right: Callable[..., Any], inputs: Sequence[Sequence[Any]], lines: tuple[int, ...]
) -> None:
    found = find(source, right, *inputs)
    assert found is not None and set(found.lines) <= set(lines) and found.edits == 1


def test_what_to_refuse_is_told_apart_from_the_values() -> None:
    wrong = find(GUARD, positive, (3,), (1,), refused=[(0,), (-2,)])
    assert wrong is not None and wrong.lines == (2,) and not wrong.added
    missing = find(NO_GUARD, positive, (3,), (1,), refused=[(0,), (-2,)])
    assert missing is not None and missing.kind == "막아야 하는 입력" and missing.added


def test_an_argument_changed_in_place_is_found() -> None:
    found = find(IN_PLACE, masked, (A, MASK), (A, None))
    assert found is not None and found.kind == "받은 입력을 고치지 않는 방법"


def test_an_earlier_function_of_the_learner_is_used_but_not_edited() -> None:
    source = "def answer(x):\n    return twice(x) + x\n"
    names = space(source, twice=lambda x: 2 * x)
    found = locate(source, "answer", names, key_for(lambda x: 2 * x - x, (A,), (B,)), SECONDS)
    assert found is not None and found.lines == (2,)
    assert locate("twice = 3\n", "answer", names, key_for(lambda x: x, (A,)), SECONDS) is None


def test_a_helper_in_the_same_cell_is_searched_too() -> None:
    source = """
def scale(x):
    return x / x.sum(dim=0, keepdim=True)

def answer(x):
    e = torch.exp(x)
    return scale(e)
"""
    found = find(source, softmax, (A,), (B,))
    assert found is not None and found.lines == (2,)


# -- 두 곳, 여러 곳 --


def test_two_slips_are_found_together() -> None:
    source = """
def answer(x, W, b):
    hidden = x @ W - b
    out = torch.tanh(hidden)
    return out
"""
    found = find(source, affine, (A, W, BIAS), (B, W, BIAS))
    assert found is not None and found.edits == 2 and found.lines == (2, 3)
    assert found.sentence().startswith("이 줄들을 함께 고치면 모든 확인을 통과해요: 2번째 줄")


def test_the_same_slip_in_three_lines_is_found_together() -> None:
    source = """
def answer(x, P, Q, R):
    p = x @ P.T
    q = x @ Q.T
    r = x @ R.T
    return p + 2 * q + 3 * r
"""
    P, Q, R = (torch.randn(3, 3, generator=torch.Generator().manual_seed(n)) for n in (1, 2, 3))
    found = find(source, lambda x, P, Q, R: x @ P + 2 * (x @ Q) + 3 * (x @ R), (A, P, Q, R), (B, Q, R, P))
    assert found is not None and found.lines == (2, 3, 4) and found.edits == 3


def test_silence_when_too_many_lines_would_do() -> None:
    """다섯 줄 어디에 1을 더해도 맞아요. 어느 하나를 가리키지 않아요."""
    source = """
def answer(n):
    a = n * 1
    b = a * 1
    c = b * 1
    d = c * 1
    return d
"""
    assert find(source, lambda n: n + 1, (3,), (10,)) is None


def test_silence_when_nothing_small_would_do() -> None:
    source = "def answer(x):\n    return x.flip(0).cumsum(0)[:1] * 3\n"
    key = key_for(lambda x: torch.linalg.pinv(x), (A,), (B,))
    assert locate(source, "answer", space(source), key, 1.0) is None


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def answer(x:\n    return x\n", id="syntax error"),
        pytest.param("def other(x):\n    return x\n", id="no such function"),
        pytest.param("def answer(x):\n    raise NotImplementedError\n", id="stub"),
        pytest.param("def answer(x):\n    return torch.softmax(x, dim=-1)\n", id="right"),
        pytest.param("answer = torch.nn.functional.softplus\n", id="nothing to edit"),
        pytest.param("", id="empty"),
    ],
)
def test_silence_where_there_is_nothing_to_find(source: str) -> None:
    assert locate(source, "answer", {"torch": torch}, key_for(softmax, (A,), (CUBE,)), 2.0) is None


# -- 문장 --


def test_the_sentence_names_the_line_and_never_the_edit() -> None:
    found = find(AXIS, softmax, (A,), (CUBE,))
    assert found is not None
    line = "return e / e.sum(dim=0, keepdim=True)"
    assert found.sentence() == f"이 줄 하나만 고치면 모든 확인을 통과해요: 3번째 줄 `{line}`. 축을 다시 생각해 봐요."


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        (Finding((2,), ("a = b",), "", 1), "이 줄 하나만 고치면 모든 확인을 통과해요: 2번째 줄 `a = b`."),
        (
            Finding((2, 5), ("a", "b"), "축"),
            "이 가운데 한 줄만 고쳐도 모든 확인을 통과해요: 2번째 줄 `a`, 5번째 줄 `b`. 축을 다시 생각해 봐요.",
        ),
        (
            Finding((2, 5), ("a", "b"), "쓰는 값", 2),
            "이 줄들을 함께 고치면 모든 확인을 통과해요: 2번째 줄 `a`, 5번째 줄 `b`. 쓰는 값을 다시 생각해 봐요.",
        ),
        (
            Finding((2,), ("a",), "세는 줄", 1, added=True),
            "이 줄 곁에 한 단계만 더하면 모든 확인을 통과해요: 2번째 줄 `a`. 세는 줄을 다시 생각해 봐요.",
        ),
    ],
)
def test_sentences(finding: Finding, sentence: str) -> None:
    assert finding.sentence() == sentence


def test_a_second_name_for_an_argument_is_not_blamed() -> None:
    wrong = "def answer(x, W):\n    h = x\n    return h * W\n"
    found = find(wrong, lambda x, W: torch.exp(x) * W, (A, A), (B, B))
    assert found is not None and found.lines == (3,)
