"""코드를 견줄 조각으로: 이름, 글, 주석, 모양에 흔들리지 않는 토큰의 잇단 묶음이에요."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Name, String, Text

WIDTH = 20  # 조각 하나의 토큰 수. 두세 줄이에요. 짧으면 흔한 버릇까지 겹쳐요.
_BUILTINS = frozenset(dir(builtins))
_LEXER = PythonLexer(stripnl=False, ensurenl=False)


@dataclass(frozen=True)
class Token:
    """견줄 토큰 하나와 그것이 있는 줄(0부터)."""

    text: str
    line: int


@dataclass(frozen=True)
class Code:
    """견줄 셀 하나. `name`은 실습의 이름이나 학습자가 더한 셀의 자리예요."""

    name: str
    source: str

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """이름을 지운 토큰들."""
        return tuple(_tokens(self.source))

    @cached_property
    def fragments(self) -> tuple[int, ...]:
        """자리마다 거기서 시작하는 조각의 지문."""
        return fragments([token.text for token in self.tokens])


def fragments(words: Sequence[str]) -> tuple[int, ...]:
    """잇단 `WIDTH`개 토큰의 지문들. 그보다 짧은 코드에는 견줄 것이 없어요."""
    return tuple(hash(tuple(words[start : start + WIDTH])) for start in range(len(words) - WIDTH + 1))


def _tokens(source: str) -> Iterator[Token]:
    """변수와 함수의 이름은 모두 V, 글은 모두 S예요. 점 뒤의 이름(메서드)과 내장 함수의 이름은 그대로 둬요. 문법이 틀려도 읽어요."""
    before, line, seen = "", 0, 0
    for place, kind, text in _LEXER.get_tokens_unprocessed(source):
        line += source.count("\n", seen, place)
        seen = place
        if kind in Comment or kind in String.Doc or kind in Text or not text.strip():
            continue
        if kind in String:
            if before == "S":
                continue
            shown = "S"
        elif kind in Name and before != "." and text not in _BUILTINS:
            shown = "V"
        else:
            shown = text
        yield Token(shown, line)
        before = shown
