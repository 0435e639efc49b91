"""채점의 결과: 실습 하나의 점수(`Mark`)와 제출물 하나의 결과(`SubmissionResult`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from autograder.grading.intake import Intake

VERDICTS = ("pass", "partial", "fail", "error", "timeout", "refused", "missing")


@dataclass(frozen=True)
class Mark:
    """실습 하나의 점수. `course grade --json`의 객체 하나와 같아요."""

    student: str
    lesson: str
    exercise: str
    score: float
    max_score: float
    verdict: str
    mistake: str | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON으로 적을 사전."""
        return asdict(self)


@dataclass(frozen=True)
class Ungraded:
    """우리 쪽의 일로 채점하지 못한 제출물. 점수를 적지 않고, 다음에 다시 채점해요."""

    student: str
    lesson: str
    why: str


class Scored:
    """점수를 모두 더할 수 있는 것. 점수들(`marks`)을 지닌 결과가 물려받아요."""

    marks: tuple[Mark, ...]

    @property
    def score(self) -> float:
        """실습의 점수를 모두 더한 것."""
        return round(sum(mark.score for mark in self.marks), 1)

    @property
    def max_score(self) -> float:
        """보너스를 뺀 만점."""
        return sum(mark.max_score for mark in self.marks)


@dataclass(frozen=True)
class SubmissionResult(Scored):
    """제출물 하나의 결과. `readable`이 False면 파일을 읽지 못해 모든 실습이 `refused`예요.

    `intake`는 읽어 낸 셀들과 실행한 계획, `cpu_seconds`는 모래상자의 자식과 판정에 든 CPU 시간이에요.
    """

    student: str
    lesson: str
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    readable: bool
    seed: int
    tier: str
    cpu_seconds: float
    intake: Intake
