"""제출물 하나를 점수로 바꿔요.

시트는 (시드, 레슨, 실습)에서 한 번만 뽑고, 사례의 입력만 모래상자로 보내고, 돌아온 값을 이 프로세스에서 판정해요.
학습자의 코드는 이 프로세스에서 한 줄도 돌지 않아요.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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
        return asdict(self)


@dataclass(frozen=True)
class Submission:
    """채점할 제출물: 누가, 어느 레슨에, 어느 파일(또는 바이트)을 냈는지. `problems`는 찾을 때 드러난 문제예요."""

    student: str
    lesson: str
    source: Path | bytes
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class SubmissionResult:
    """제출물 하나의 결과. `readable`이 False면 파일을 읽지 못해 모든 실습이 `refused`예요."""

    student: str
    lesson: str
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    readable: bool
    seed: int
    tier: str
    cpu_seconds: float

    @property
    def score(self) -> float:
        return round(sum(mark.score for mark in self.marks), 1)

    @property
    def max_score(self) -> float:
        return sum(mark.max_score for mark in self.marks)


def find_submissions(root: Path, lesson: str | None = None) -> list[Submission]:
    """`root/<학생>/<레슨>/<레슨>.ipynb`를 찾아요. 이름이 바뀐 파일도 찾고, 그 사실을 `problems`에 적어요."""
    raise NotImplementedError


def grade_notebook(source: bytes | Path, lesson: str, student: str, seed: int, pool: Any,
                   problems: Iterable[str] = ()) -> SubmissionResult:
    """노트북 하나를 채점해요. `pool`은 `sandbox.open_pool()`이 준 것이에요."""
    raise NotImplementedError


def grade_many(submissions: Iterable[Submission], seed: int, jobs: int | None = None,
               on_result: Callable[[SubmissionResult], None] | None = None,
               tier: str | None = None) -> Iterator[SubmissionResult]:
    """여러 제출물을 `jobs`개씩 함께 채점해서 끝나는 대로 내놓아요. `tier="none"`은 모래상자 없이 돌려요.

    모래상자를 만들 수 없으면 `sandbox.SandboxRefused`를 내요.
    """
    raise NotImplementedError
    yield
