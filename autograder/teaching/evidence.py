"""오해를 칠판에서 보여 줄 한두 줄: 통과한 답에는 없고 그 실수를 한 여러 사람의 답에 똑같이 있는 줄."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from autograder.notebooks.cell_code import parse

MOST = 2  # 보여 줄 줄의 수
_SHARED = 2  # 이만큼의 사람이 똑같이 적었을 때만 보여요. 한 사람의 줄이면 누구의 것인지 알 수 있어요.
_LONGEST = 100  # 이보다 긴 줄은 칠판에 옮겨 적지 못해요.
_GLUE = re.compile(r"\b_\d+_\w+")  # 가상 학급의 셀을 이어 붙인 이름(`function_to_cell.py`). 사람이 쓴 것이 아니에요.


def telling_lines(exercise: str, wrong: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    """`wrong`의 답들에 가장 많고 `right`의 답에는 없는 줄들을, 답에 나오는 차례로."""
    counts: Counter[str] = Counter()
    order: dict[str, int] = {}
    for source in wrong:
        lines = plain_lines(exercise, source)
        counts.update(set(lines))
        for place, line in enumerate(lines):
            order.setdefault(line, place)
    usual = {line for source in right for line in plain_lines(exercise, source)}
    shared = [line for line, count in counts.items() if count >= _SHARED and line not in usual]
    best = sorted(shared, key=lambda line: (-counts[line], order[line], line))[:MOST]
    return tuple(sorted(best, key=lambda line: order[line]))


def plain_lines(exercise: str, source: str) -> list[str]:
    """그 실습의 함수가 하는 일을 한 줄씩, 한 모양으로. 주석과 설명글은 빠지고, 글이 든 줄은 사람의 것일 수 있어서 빼요."""
    tree = parse(source)
    if tree is None:
        return []
    try:
        own = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == exercise]
        return [text for function in own for node in _statements(function.body) if (text := _line(node))]
    except (RecursionError, ValueError):
        return []


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """반복문과 조건문 안까지. 안에서 따로 정의한 함수는 그 함수의 일이라 빼요."""
    for node in body:
        yield node
        if isinstance(node, ast.For | ast.While | ast.If | ast.With):
            yield from _statements(node.body)
            yield from _statements(getattr(node, "orelse", []))


def _line(node: ast.stmt) -> str:
    if not isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.AnnAssign):
        return ""
    if any(isinstance(one, ast.Constant) and isinstance(one.value, str | bytes) for one in ast.walk(node)):
        return ""
    value = node.value
    text = ast.unparse(value.body if isinstance(value, ast.Lambda) else node)
    fits = len(text) <= _LONGEST and "\n" not in text and text.isascii()
    return text if fits and not _GLUE.search(text) else ""
