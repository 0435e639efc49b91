"""답안지: 실습 하나를 시드 하나에서 펼친 사례와 정답, 그리고 알려진 실수들의 결과.

저장소에서는 기준 구현으로 바로 만들고, 학습자용 묶음에서는 미리 기록한 공개 답안지를 읽어요(묶음에는 기준 구현이 없어요).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from autograder import wire
from autograder.draw import Draw
from autograder.exercise import Call, Exercise
from autograder.perform import Outcome, perform
from autograder.rules import SheetCase

PUBLIC_SEED = 20170612
RECORDED = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class MistakeText:
    """알려진 실수의 이름과 설명(틀린 구현은 빼고)."""

    id: str
    title: str
    why: str
    look: str


@dataclass(frozen=True)
class AnswerSheet:
    exercise: str
    lesson: str
    title: str
    groups: Mapping[str, str]
    uses: tuple[str, ...]
    mistakes: tuple[MistakeText, ...]
    cases: tuple[SheetCase, ...]


def draw_sheet(exercise: Exercise, seed: int) -> AnswerSheet:
    """시드와 실습의 이름에서 답안지를 만들어요. 같은 시드면 같은 답안지예요."""
    digest = hashlib.sha256(f"{seed}:{exercise.name}".encode()).digest()
    cases = exercise.draw(Draw(int.from_bytes(digest[:7], "big")))
    return AnswerSheet(
        exercise=exercise.name,
        lesson=exercise.lesson,
        title=exercise.title,
        groups=dict(exercise.groups),
        uses=exercise.uses,
        mistakes=tuple(MistakeText(m.id, m.title, m.why, m.look) for m in exercise.mistakes),
        cases=tuple(
            SheetCase(
                c.group,
                c.calls,
                c.rule,
                c.params,
                c.atol,
                c.rtol,
                expected=_run(exercise.reference, c.calls),
                mistakes={m.id: tuple(_run(wrong, c.calls) for wrong in m.wrong) for m in exercise.mistakes},
            )
            for c in cases
        ),
    )


def _run(function: Callable[..., Any], calls: Sequence[Call]) -> tuple[Outcome, ...]:
    return tuple(perform(function, calls))


@cache
def public_sheet(name: str) -> AnswerSheet:
    """노트북의 `check`가 쓰는 공개 답안지. 모르는 이름이면 KeyError."""
    if RECORDED.is_dir():
        return _recorded()[name]
    from autograder.exercises import find_exercise

    return draw_sheet(find_exercise(name), PUBLIC_SEED)


def public_names() -> list[str]:
    """확인할 수 있는 실습의 이름 전부."""
    if RECORDED.is_dir():
        return list(_recorded())
    from autograder.exercises import finished_lessons, lesson_exercises

    return [exercise.name for lesson in finished_lessons() for exercise in lesson_exercises(lesson)]


@lru_cache(maxsize=1)
def _recorded() -> dict[str, AnswerSheet]:
    return {name: sheet for path in sorted(RECORDED.glob("*.sheets")) for name, sheet in load_sheets(path).items()}


def save_sheets(path: Path, sheets: Sequence[AnswerSheet]) -> None:
    """답안지 여러 장을 한 파일에. 임시 파일에 쓰고 이름을 바꿔요."""
    data = wire.dump(
        [
            {
                "exercise": s.exercise,
                "lesson": s.lesson,
                "title": s.title,
                "groups": dict(s.groups),
                "uses": s.uses,
                "mistakes": [(m.id, m.title, m.why, m.look) for m in s.mistakes],
                "cases": [
                    (c.group, c.calls, c.rule, dict(c.params), c.atol, c.rtol, c.expected, dict(c.mistakes))
                    for c in s.cases
                ],
            }
            for s in sheets
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def load_sheets(path: Path) -> dict[str, AnswerSheet]:
    """`save_sheets`가 쓴 파일을 이름으로 찾는 표로."""
    # 우리가 만든 파일이라 텐서 개수의 상한은 넉넉히 잡아요.
    records = wire.load(path.read_bytes(), limit_tensors=1_000_000)
    return {
        r["exercise"]: AnswerSheet(
            r["exercise"],
            r["lesson"],
            r["title"],
            r["groups"],
            r["uses"],
            tuple(MistakeText(*m) for m in r["mistakes"]),
            tuple(SheetCase(*c) for c in r["cases"]),
        )
        for r in records
    }
