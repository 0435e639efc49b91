"""예외를 알아보는 표. 위에서부터 처음 맞는 줄이 그 예외의 설명이에요.

줄을 더하려면 주제가 같은 파일(`exception_*.py`)에, 더 좁은 것이 위에 오게 적고 `tests/judging/test_exceptions.py`에 정말로 그 예외를 내는
코드를 더해요. 맞는 줄이 없으면 클래스마다의 정직한 한마디(`FALLBACKS`)예요. 모르는 까닭을 짐작하지 않아요.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from autograder.judging.call_runner import Outcome
from autograder.judging.exceptions.arguments import ARGUMENTS
from autograder.judging.exceptions.attributes import ATTRIBUTES
from autograder.judging.exceptions.autograd import AUTOGRAD, PAIRS
from autograder.judging.exceptions.calls import CALLS
from autograder.judging.exceptions.dtypes import DTYPE_CLASHES
from autograder.judging.exceptions.entry import Entry, Seen, Word
from autograder.judging.exceptions.items import ITEMS
from autograder.judging.exceptions.names import NAMES
from autograder.judging.exceptions.numbers import NUMBERS_AND_TEXT
from autograder.judging.exceptions.operations import OPERATIONS
from autograder.judging.exceptions.places import PLACES
from autograder.judging.exceptions.running import OWN, RUNNING
from autograder.judging.exceptions.shapes import SHAPES
from autograder.judging.exceptions.truth import TRUTH

# 맞는 줄이 없을 때. 클래스가 말해 주는 것만 말해요.
_READ = "작은 입력으로 함수를 직접 불러 예외의 글을 끝까지 읽어요."
FALLBACKS = (
    Entry("other.value", "ValueError", "", "부른 함수가 받은 값을 허용하지 않았어요.", _READ),
    Entry("other.type", "TypeError", "", "부른 함수나 연산이 이 형의 값을 받지 않아요.", _READ),
    Entry(
        "other.attribute",
        "AttributeError",
        "",
        "그 값에 없는 속성이나 메서드를 썼어요.",
        "점 앞의 값을 `type(...)`으로 봐요.",
    ),
    Entry(
        "other.index", "IndexError", "", "없는 자리를 읽으려고 했어요.", "번호가 0부터라는 것과 그 축의 길이를 봐요."
    ),
    Entry("other.key", "LookupError", "", "없는 것을 찾으려고 했어요.", _READ),
    Entry("other.assertion", "AssertionError", "", "부른 함수의 안쪽에서 지켜야 할 조건이 어긋났어요.", _READ),
    Entry("other.not-implemented", "NotImplementedError", "", "부른 함수가 이 경우를 다루지 않아요.", _READ),
    Entry("other.number", "ArithmeticError", "", "할 수 없는 수의 계산이에요.", _READ),
    Entry(
        "other.runtime",
        "RuntimeError",
        "",
        "부른 라이브러리가 이 연산을 거절했어요.",
        _READ,
    ),
    Entry("other.any", "", "", "실행하다가 예외가 났어요.", _READ),
)

TABLE = (
    *OWN,
    *PAIRS,
    *TRUTH,
    *DTYPE_CLASHES,
    *SHAPES,
    *PLACES,
    *AUTOGRAD,
    *ARGUMENTS,
    *CALLS,
    *NAMES,
    *ATTRIBUTES,
    *NUMBERS_AND_TEXT,
    *OPERATIONS,
    *ITEMS,
    *RUNNING,
    *FALLBACKS,
)


@dataclass(frozen=True)
class Found:
    """알아본 줄과 글에 끼울 말들."""

    entry: Entry
    words: Mapping[str, Word]

    @property
    def what(self) -> str:
        """무슨 일이 났는지."""
        return self.entry.what.format_map(self.words)

    @property
    def why(self) -> str:
        """왜."""
        return self.entry.why.format_map(self.words)

    @property
    def look(self) -> str:
        """다음에 볼 곳."""
        return self.entry.look.format_map(self.words)


@lru_cache
def _rows(names: frozenset[str]) -> tuple[Entry, ...]:
    """그 예외를 맡는 줄들만, 표의 차례대로."""
    return tuple(entry for entry in TABLE if not entry.classes or entry.classes & names)


def recognise(outcome: Outcome) -> Found:
    """예외가 난 결과를 표에서 찾아요. 어떤 예외든 적어도 마지막 줄은 맞아요."""
    seen = Seen.of(outcome)
    for entry in _rows(seen.names):
        words = entry.match(seen)
        if words is not None:
            return Found(entry, words)
    raise AssertionError("표의 마지막 줄은 언제나 맞아요")
