"""수업 계획(solutions/README.md)에서 레슨 하나의 칠판과 오해를 읽어요."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.layout import SOLUTIONS


@dataclass(frozen=True)
class LessonPlan:
    """레슨 하나의 수업 계획에서 다음 수업의 쪽에 옮겨 적을 것. 없으면 빈 글이에요."""

    board: str = ""
    misunderstandings: str = ""


def read_plan(lesson: str) -> LessonPlan:
    """수업 계획의 그 레슨. 파일이나 제목이 없으면 비어 있어요."""
    try:
        text = (SOLUTIONS / "README.md").read_text(encoding="utf-8")
    except OSError:
        return LessonPlan()
    found = re.search(rf"(?ms)^## 레슨 {int(lesson[:2])}\. .*?$(.*?)(?=^## |\Z)", text)
    section = found[1] if found else ""
    return LessonPlan(_part(section, "칠판"), _part(section, "자주 나오는 오해"))


def _part(section: str, title: str) -> str:
    """`**제목.**`으로 시작하는 문단. 수식은 코드처럼 보이게 해요."""
    found = re.search(rf"(?ms)^\*\*{title}\.\*\* (.*?)(?=\n\n|\Z)", section)
    return re.sub(r"\$([^$\n]+)\$", r"`\1`", " ".join(found[1].split("\n"))) if found else ""
