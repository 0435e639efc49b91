"""오해를 칠판에서 보여 줄 한두 줄: 그 실수를 한 사람들의 답에만 있는 줄을, 누구의 것인지 알 수 없게."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

from autograder.notebooks.cell_code import parse

MOST = 2  # 보여 줄 줄의 수
_LONGEST = 100  # 이보다 긴 줄은 칠판에 옮겨 적지 못해요.
_GLUE = re.compile(r"\b_\d+_\w+")  # 가상 학급의 셀을 이어 붙인 이름(`function_to_cell.py`). 사람이 쓴 것이 아니에요.


def telling_lines(wrong: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    """`wrong`의 답들에 가장 많고 `right`의 답에는 없는 줄들을, 답에 나오는 차례로."""
    counts: Counter[str] = Counter()
    order: dict[str, int] = {}
    for source in wrong:
        lines = plain_lines(source)
        counts.update(set(lines))
        for place, line in enumerate(lines):
            order.setdefault(line, place)
    usual = {line for source in right for line in plain_lines(source)}
    unusual = [line for line in counts if line not in usual]
    best = sorted(unusual, key=lambda line: (-counts[line], order[line], line))[:MOST]
    return tuple(sorted(best, key=lambda line: order[line]))


def plain_lines(source: str) -> list[str]:
    """답의 문장들을 한 모양으로. 주석과 설명글은 빠지고, 글이 든 줄은 사람의 것일 수 있어서 빼요."""
    tree = parse(source)
    if tree is None:
        return []
    try:
        return [text for body in _functions(tree) for node in body if (text := _line(node))]
    except (RecursionError, ValueError):
        return []


def _functions(tree: ast.Module) -> Iterable[list[ast.stmt]]:
    """맨 위에 정의한 함수들의 문장. 반복문과 조건문 안의 것도 하나씩이에요."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield [one for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]


def _line(node: ast.stmt) -> str:
    if not isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Assert):
        return ""
    if any(isinstance(one, ast.Constant) and isinstance(one.value, str | bytes) for one in ast.walk(node)):
        return ""
    inline = isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
    text = ast.unparse(node.value.body if inline else node)  # type: ignore[attr-defined]  # inline이면 람다예요.
    fits = len(text) <= _LONGEST and "\n" not in text and text.isascii()
    return text if fits and not _GLUE.search(text) else ""
