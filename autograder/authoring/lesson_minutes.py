"""레슨의 차례와 걸리는 시간. 읽을 글, 주어진 코드, 쓸 줄, 별의 수에서 셈하므로 글을 줄이거나 실습을 더하면 따라 바뀌어요.

계수는 처음 보는 사람처럼 풀어 본 네 레슨(첫 판의 1, 5, 7, 8: 110, 100, 120, 120분)에 가깝게 맞췄어요.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import ceil
from typing import Any

PLAN = "{차례}"  # 레슨의 첫 글 셀에서 차례가 들어갈 자리

WORDS_A_MINUTE = 80.0  # 읽고 따라가는 어절
MINUTES_A_GIVEN_LINE = 0.06  # 실행하고 훑어보는 코드
MINUTES_A_WRITTEN_LINE = 0.3
MINUTES_BY_STARS = {0: 0.0, 1: 4.0, 2: 7.0, 3: 9.0}  # 생각하고, 쓰고, 확인하고, 고치는 데

_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_EXERCISE = re.compile(
    r"^실습 (?P<number>\d+-\d+) (?P<bonus>\(보너스\) )?(?P<name>.+?) (?P<stars>[★☆]{3})(?P<rest>.*)$"
)
_SILENT = ("용어", "이 노트북을 쓰는 법", "다음 질문")  # 차례에 적지 않는 제목


@dataclass
class Section:
    """`##` 제목 하나와 그 아래의 것들."""

    title: str
    words: int = 0
    given: int = 0
    written: int = 0
    cells: list[Any] = field(default_factory=list)

    @property
    def exercise(self) -> re.Match[str] | None:
        """실습의 제목이면 번호, 이름, 별을 잡은 것."""
        return _EXERCISE.match(self.title)

    @property
    def bonus(self) -> bool:
        """보너스 실습인지."""
        return self.exercise is not None and bool(self.exercise["bonus"])

    @property
    def minutes(self) -> int:
        """걸리는 시간(분)."""
        stars = self.exercise["stars"].count("★") if self.exercise else 0
        reflection = 4 if self.title.startswith("돌아보기") else 0
        reading = self.words / WORDS_A_MINUTE + self.given * MINUTES_A_GIVEN_LINE
        return max(1, ceil(reading + self.written * MINUTES_A_WRITTEN_LINE + MINUTES_BY_STARS[stars] + reflection))


def sections(notebook: Any) -> list[Section]:
    """제목마다 나눈 레슨. 첫째는 첫 `##` 앞의 머리말이에요."""
    found = [Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if heading := _HEADING.search(cell.source):
                found.append(Section(heading["title"]))
            if "hint" not in cell.metadata.get("tags", ()):  # 힌트는 막힐 때만 열어요.
                found[-1].words += _words(cell.source)
        elif cell.metadata.get("nbgrader", {}).get("solution"):
            body = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
            found[-1].written += _lines(body[1]) if body else 0
        elif "nbgrader" not in cell.metadata and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            found[-1].given += _lines(cell.source)
        found[-1].cells.append(cell)
    return found


def total_minutes(found: list[Section]) -> int:
    """보너스를 뺀 시간을 5분 단위로 올린 것."""
    return ceil(sum(section.minutes for section in found if not section.bonus) / 5) * 5


def fill_in_minutes(notebook: Any) -> None:
    """제목마다 시간을 적고, 첫 글 셀의 `{차례}`를 차례표로 바꿔요."""
    found = sections(notebook)
    rows = ["| 순서 | 하는 일 | 시간 |", "|---|---|---|"]
    silent = [section for section in found if not section.title or section.title.startswith(_SILENT)]
    rows.append(f"| 머리말 | 안내와 용어 | {sum(section.minutes for section in silent)}분 |")
    for section in found:
        if section in silent:
            continue
        exercise, timed = section.exercise, f"{section.minutes}분"
        if exercise:
            bonus = exercise["bonus"] or ""
            rows.append(f"| {exercise['number']} | {bonus}{exercise['name']} | {timed} |")
            title = (
                f"실습 {exercise['number']} {bonus}{exercise['name']} {exercise['stars']} · {timed}{exercise['rest']}"
            )
        else:
            order, _, rest = section.title.partition(". ")
            what = rest.split(" · ")[0] or "서술형 한 문제"
            rows.append(f"| {order} | {what} | {timed} |")
            name, dot, source = section.title.partition(" · ")
            title = f"{name} · {timed}{dot}{source}"
        head = section.cells[0]
        head.source = head.source.replace(f"## {section.title}", f"## {title}", 1)
    plan = "\n".join([*rows, "", f"보너스를 빼면 {total_minutes(found)}분쯤 걸려요."])
    first = notebook.cells[0]
    first.source = first.source.replace(PLAN, plan)


def _words(source: str) -> int:
    """읽을 어절. 표의 줄, 수식, 태그의 부호는 빼고, 접어 둔 답도 읽는다고 봐요."""
    return len(re.sub(r"<[^>]+>|\$\$.*?\$\$|[|#*`]", " ", source, flags=re.DOTALL).split())


def _lines(source: str) -> int:
    """빈 줄, 주석, import를 뺀 줄의 수."""
    return sum(1 for line in source.splitlines() if line.strip() and not line.startswith(("import ", "from ", "#")))
