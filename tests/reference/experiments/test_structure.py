"""식에 괄호 치기: 문법과 점수를 손으로 푼 답, 다른 파서와 견줘요."""

from __future__ import annotations

import ast
import random

import pytest

from reference.experiments.studies.beyond_translation import (
    LONG,
    NUMBERS,
    SHORT,
    bracket_f1,
    bracketed,
    expressions,
    left_branching,
    nearest,
    spans,
)

PYTHON = {"더하기": "+", "빼기": "-", "곱하기": "*", "나누기": "/", "거듭제곱": "**"}
KIND = {ast.Add: "더하기", ast.Sub: "빼기", ast.Mult: "곱하기", ast.Div: "나누기", ast.Pow: "거듭제곱"}


def read_by_python(words: tuple[str, ...]) -> list[str]:
    """파이썬의 문법으로 읽은 괄호예요. 우선순위와 묶는 쪽이 우리와 같아요."""
    names = {word: f"n{at}" for at, word in enumerate(NUMBERS)}
    back = {name: word for word, name in names.items()}

    def brackets(node: ast.expr) -> list[str]:
        if isinstance(node, ast.Name):
            return [back[node.id]]
        assert isinstance(node, ast.BinOp)
        return ["(", *brackets(node.left), KIND[type(node.op)], *brackets(node.right), ")"]

    return brackets(ast.parse(" ".join({**names, **PYTHON}[word] for word in words), mode="eval").body)


@pytest.mark.parametrize(
    ("words", "tree"),
    [
        ("일", "일"),
        ("일 더하기 이 곱하기 삼", "( 일 더하기 ( 이 곱하기 삼 ) )"),
        ("일 빼기 이 빼기 삼", "( ( 일 빼기 이 ) 빼기 삼 )"),
        ("일 거듭제곱 이 거듭제곱 삼", "( 일 거듭제곱 ( 이 거듭제곱 삼 ) )"),
    ],
)
def test_brackets_by_hand(words, tree):
    assert " ".join(bracketed(words.split())) == tree


def test_brackets_agree_with_python():
    for words in expressions(random.Random(7), 300, range(9)):
        assert list(bracketed(words)) == read_by_python(words)


@pytest.mark.parametrize("words", ["", "일 더하기", "일 이", "더하기 일 더하기"])
def test_no_expression_no_brackets(words):
    with pytest.raises(ValueError, match="번갈아"):
        bracketed(words.split())


def test_spans_count_words_not_brackets():
    assert spans(["(", "일", "더하기", "(", "이", "곱하기", "삼", ")", ")"]) == {(0, 5): 1, (2, 5): 1}
    assert spans(["일"]) == {}
    assert spans(["(", "일"]) is None and spans(["일", ")"]) is None


def test_bracket_f1_by_hand():
    """정답의 괄호 둘 가운데 하나만 맞았어요: 정밀도와 재현율이 모두 1/2이에요."""
    words = ("일", "더하기", "이", "곱하기", "삼")
    right, left = bracketed(words), left_branching(words)
    assert bracket_f1([right], [right]) == 1.0
    assert bracket_f1([left], [right]) == pytest.approx(0.5)
    assert bracket_f1([right, left], [right, right]) == pytest.approx(3 / 4)
    changed = tuple("사" if word == "삼" else word for word in right)
    assert bracket_f1([changed], [right]) == 0.0  # 단어를 바꾼 답의 괄호는 세지 않아요.
    assert bracket_f1([("(", "일")], [right]) == 0.0


def test_nearest_copies_the_brackets_of_the_same_operators():
    known = [("구", "곱하기", "팔", "더하기", "칠"), ("구", "더하기", "팔", "곱하기", "칠")]
    asked = ["일", "더하기", "이", "곱하기", "삼"]
    assert nearest(asked, known) == bracketed(asked)
    assert nearest(["일", "더하기", "이"], known) == left_branching(["일", "더하기", "이"])


def test_new_expressions_are_new_and_longer_ones_are_longer():
    train = expressions(random.Random(1), 50, SHORT)
    new = expressions(random.Random(1), 50, SHORT, frozenset(train))
    assert not set(train) & set(new) and len(set(new)) == 50
    assert max(SHORT) < min(LONG)
