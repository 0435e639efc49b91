"""사례 하나에서 찾은 어긋남."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """사례 하나에서 찾은 어긋남.

    `what`은 무엇이 다른지, `where`는 어디가(번호와 두 값; 숨은 사례에서는 보이지 않아요), `why`는 왜, `look`은 다음에 볼 곳이에요.
    `mistake`는 규칙이 스스로 알아본 실수의 id예요.
    """

    kind: str
    what: str
    where: str = ""
    why: str = ""
    look: str = ""
    mistake: str | None = None
