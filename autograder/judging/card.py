"""실패 카드: 한 번의 어긋남을 사람에게 보이는 모양. 노트북, 터미널, 피드백이 같은 카드를 보여요.

카드의 글은 가벼운 표시만 써요: 역따옴표로 감싼 코드, 네 칸 들여 쓴 값.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

INDENT = "    "
FAILED = "아직 참이 아닌 것:"  # 확인의 글은 통과했을 때 참인 말이에요.


@dataclass(frozen=True)
class Card:
    """카드의 칸들. 빈 칸은 보이지 않아요.

    `what`은 무엇이 다른지, `call`은 옮겨 실행할 수 있는 한 줄, `given`은 인자들의 생김새, `expected`와 `got`은 두 값,
    `where`는 다른 자리, `said`는 예외의 글, `line`은 멈춘 줄, `why`와 `look`은 까닭과 다음에 볼 곳, `failed`는 통과하지 못한 확인들,
    `note`는 점수에 덧붙이는 말이에요.
    """

    what: str
    call: str = ""
    given: str = ""
    expected: str = ""
    got: str = ""
    where: str = ""
    said: str = ""
    line: str = ""
    why: str = ""
    look: str = ""
    failed: tuple[str, ...] = ()
    note: str = ""

    def text(self) -> str:
        """카드의 글. 줄마다 하나씩이에요."""
        parts = [
            self.what,
            _field("부른 것", self.call),
            _field("인자", self.given),
            _field("기대한 값", self.expected),
            _field("나온 값", self.got),
            _field("다른 자리", self.where),
            _field("여러분의 줄", self.line),
            _field("파이썬의 말", self.said),
            self.why,
            f"다음에 볼 곳: {self.look}" if self.look else "",
            f"{FAILED} {' · '.join(f'“{claim}”' for claim in self.failed)}" if self.failed else "",
            self.note,
        ]
        return "\n".join(part for part in parts if part)


def _field(name: str, value: str) -> str:
    if "\n" not in value:
        return f"{name}: {value}" if value else ""
    return f"{name}:\n" + "\n".join(INDENT + line for line in value.splitlines())


def to_html(text: str) -> str:
    """카드의 글을 HTML로. 역따옴표는 코드로, 들여 쓴 줄들은 고정폭으로 보여요. 다른 것은 모두 글로만 다뤄요."""
    blocks: list[str] = []
    preformatted: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith(INDENT):
            preformatted.append(html.escape(line[len(INDENT) :]))
            continue
        if preformatted:
            blocks.append("<pre>" + "\n".join(preformatted) + "</pre>")
            preformatted = []
        if line:
            blocks.append(f"<div>{inline_html(line)}</div>")
    return "".join(blocks)


def inline_html(text: str) -> str:
    """한 줄의 글에서 역따옴표로 감싼 곳만 코드로 바꿔요."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return "".join(f"<code>{html.escape(p)}</code>" if i % 2 else html.escape(p) for i, p in enumerate(pieces))
