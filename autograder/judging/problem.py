"""어긋남 하나를 사람에게 말할 조각들로 담는 그릇. 비교기가 만들고 `explanation.py`가 문장으로 이어요."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Values:
    """견준 두 값. `at`은 다른 첫 자리(텐서의 번호, 글이나 목록의 순서)예요."""

    expected: Any
    got: Any
    at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Problem:
    """사례 하나에서 찾은 어긋남.

    `what`은 무엇이 다른지, `where`는 어디가(번호와 두 값; 숨은 사례에서는 보이지 않아요), `why`는 왜, `look`은 다음에 볼 곳이에요.
    `values`는 견준 두 값, `call`은 사례에서 몇 번째 부름인지, `mistake`는 비교기가 스스로 알아본 실수의 id예요.
    """

    kind: str
    what: str
    where: str = ""
    why: str = ""
    look: str = ""
    mistake: str | None = None
    values: Values | None = None
    call: int = 0
