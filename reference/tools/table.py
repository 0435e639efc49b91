"""표: 이름표와 줄과 덧붙일 말을 함께 두고, 한글의 너비에 맞춰 보여 줘요."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Table:
    """결과 하나예요. rows의 첫 칸은 이름, 나머지는 headers에 적은 값이에요."""

    name: str
    title: str
    headers: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON으로 적을 수 있게 바꿔요."""
        return asdict(self)

    def __str__(self) -> str:
        cells = [self.headers, *([_cell(value) for value in row] for row in self.rows)]
        widths = [max(_width(row[i]) for row in cells) for i in range(len(self.headers))]
        lines = [
            "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        return "\n".join(["", self.title, *lines, *(f"· {note}" for note in self.notes)])


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _width(text: str) -> int:
    return sum(2 if "가" <= letter <= "힣" else 1 for letter in text)
