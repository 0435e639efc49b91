"""멈춘 줄의 글 읽기: 토큰, 글자열, 참이나 거짓을 바라는 곳, 점 앞의 이름.

줄은 여러 줄에 걸친 식의 한 토막일 때가 많아서 파이썬의 나무(`ast`)로는 읽히지 않아요. 그래서 토큰만 봐요.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"""#.*|"[^"]*"?|'[^']*'?|\w+|[<>=!]=|\*\*|//|->|:=|\S""")
_COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!="})
_WORDS = frozenset({"if", "elif", "while", "assert", "and", "or"})
_CALLS = frozenset({"max", "min", "any", "all", "bool", "sorted", "filter"})
_METHODS = {"index": "in", "remove": "in", "count": "in", "sort": "sorted"}
_BREAKS = frozenset({",", ":", "=", "for", "else", "not", "return", *_WORDS})


@dataclass(frozen=True)
class Line:
    """학습자의 줄 하나. 모르면 빈 글이에요."""

    code: str

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """주석을 뺀 토큰들."""
        return tuple(token for token in _TOKEN.findall(self.code) if token[0] != "#")

    @cached_property
    def bare(self) -> str:
        """빈칸을 고르고, 주석과 따옴표 안의 글을 비운 줄."""
        return " ".join('""' if token[0] in "\"'" else token for token in self.tokens)

    @cached_property
    def literals(self) -> frozenset[str]:
        """줄에 따옴표로 적은 글들."""
        return frozenset(token[1:].rstrip(token[0]) for token in self.tokens if token[0] in "\"'")

    @cached_property
    def asks(self) -> tuple[str, ...]:
        """참이나 거짓 하나를 바라는 곳들. 이어 쓴 비교는 "chain", 목록에서 찾기는 "in", 한 번의 `==`는 "equal"이에요."""
        found = tuple(dict.fromkeys(_asks(self.tokens)))
        rest = tuple(ask for ask in found if ask != "equal")
        return rest or found

    def owner(self, name: str) -> str | None:
        """`name(`을 부른 곳에서 점 앞의 것. 점 없이 불렀으면 빈 글, 부른 곳이 없으면 None이에요."""
        for at, (token, after) in enumerate(zip(self.tokens, self.tokens[1:], strict=False)):
            if token == name and after == "(":
                return self.tokens[at - 2] if at >= 2 and self.tokens[at - 1] == "." else ""
        return None


def _asks(tokens: Sequence[str]) -> Iterator[str]:
    loops, compared = 0, [0]  # 아직 `in`을 만나지 않은 for의 수, 괄호의 깊이마다 이어진 비교의 수
    for before, token, after in zip(("", *tokens), tokens, (*tokens[1:], ""), strict=False):
        if token in "([{":
            compared.append(0)
        elif token in ")]}":
            compared[:] = compared[:-1] or [0]
        elif token in _COMPARISONS:
            compared[-1] += 1
            if compared[-1] > 1:
                yield "chain"
            elif token in ("==", "!="):
                yield "equal"
        elif token in _BREAKS:
            compared[-1] = 0
        if token == "for":
            loops += 1
        elif token == "in":
            if not loops:
                yield "in"
            loops = max(0, loops - 1)
        elif token == "not":
            if before != "is" and after != "in":
                yield "not"
        elif token in _WORDS:
            yield "if" if token == "elif" else token
        elif after == "(" and before == ".":
            if token in _METHODS:
                yield _METHODS[token]
        elif after == "(" and token in _CALLS:
            yield token
