"""성적부와 채점한 사본이 알아야 할, 배포한 노트북의 셀들."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from autograder.authoring.lesson_source import lesson_path


@dataclass(frozen=True)
class GradedCell:
    """성적부에 들어가는 셀 하나: `check_f`(자동)나 `reflection`(손 채점)."""

    name: str
    cell_type: str
    points: float
    solution: bool

    @property
    def exercise(self) -> str | None:
        """자동으로 채점하는 셀이면 실습의 이름."""
        return self.name.removeprefix("check_") if not self.solution and self.name.startswith("check_") else None


@dataclass(frozen=True)
class LessonCells:
    """배포한 노트북에서 읽은, 성적부가 알아야 할 셀들."""

    lesson: str
    kernelspec: str
    graded: tuple[GradedCell, ...]
    solutions: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, lesson: str, notebook: Mapping[str, Any]) -> LessonCells:
        """배포 노트북(JSON 사전)에서 만들어요."""
        graded, solutions, sources = [], [], []
        for cell in notebook["cells"]:
            meta = cell["metadata"].get("nbgrader") or {}
            if not (meta.get("grade") or meta.get("solution") or meta.get("locked")):
                continue
            name, source = meta["grade_id"], "".join(cell["source"])
            if meta.get("grade"):
                graded.append(GradedCell(name, cell["cell_type"], float(meta["points"]), bool(meta.get("solution"))))
            if meta.get("solution"):
                solutions.append(name)
            sources.append(
                {
                    "name": name,
                    "cell_type": cell["cell_type"],
                    "source": source,
                    "checksum": meta.get("checksum"),
                    "locked": not meta.get("solution") and bool(meta.get("grade") or meta.get("locked")),
                }
            )
        kernelspec = json.dumps(notebook["metadata"].get("kernelspec", {}))
        return cls(lesson, kernelspec, tuple(graded), tuple(solutions), tuple(sources))


@cache
def released(lesson: str) -> Mapping[str, Any]:
    """배포한 노트북(JSON 사전). 고치지 마세요."""
    return json.loads(lesson_path(lesson).read_text(encoding="utf-8"))


@cache
def lesson_cells(lesson: str) -> LessonCells:
    """성적부에 올릴 셀들."""
    return LessonCells.read(lesson, released(lesson))
