"""저장소가 한국어로 하는 말을 모두 모아요: 레슨과 안내의 글, 파이썬 파일의 글(문자열)과 주석."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.layout import ROOT

# 예문을 만들거나 나누는 것이 일이라, 어간이나 조각이 그대로 적혀 있는 곳이에요.
DATA = (
    "reference/data/corpus/",
    "autograder/kit/pairs.py",
    "autograder/kit/korean_text.py",
    "autograder/wording.py",
    "reference/data/korean_forms.py",
)


@cache
def spoken() -> tuple[tuple[str, str], ...]:
    """(어디, 글). 코드 조각, 수식, 태그는 글자 `X`로 바꿔 두었어요."""
    return tuple((where, plain(text)) for where, text in _texts() if re.search("[가-힣]", text))


def plain(text: str) -> str:
    """코드 조각, 수식, 태그를 `X`로. 바로 뒤에 붙은 조사는 그대로 붙어 있어요."""
    return re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|</?\w[^>\n]*>", "X", text, flags=re.DOTALL)


def raw_texts() -> Iterator[tuple[str, str]]:
    """(어디, 글)을 코드 조각까지 그대로."""
    return _texts()


def _texts() -> Iterator[tuple[str, str]]:
    for folder in ("autograder", "reference", "solutions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "__pycache__" not in name and not name.startswith(DATA):
                source = path.read_text(encoding="utf-8")
                yield from ((name, text) for text in (*_strings(source), *_comments(source)))
    for path in _pages():
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _pages() -> list[Path]:
    folders = ("autograder", "reference", "solutions", "lessons", "tests")
    return [*sorted(ROOT.glob("*.md")), *(page for folder in folders for page in sorted((ROOT / folder).rglob("*.md")))]


def _strings(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "\0" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def _comments(source: str) -> Iterator[str]:
    """이어지는 주석 줄은 한 덩어리로(레슨의 글 셀이 이렇게 적혀 있어요)."""
    block: list[str] = []
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1 and block:
                yield "\n".join(block)
                block = []
            block.append(token.string.lstrip("#").removeprefix(" "))
            last = token.start[0]
    yield "\n".join(block)
