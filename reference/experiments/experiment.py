"""실험의 모양: 무엇을 재는지(지점), 어떻게 재는지, 잰 것에서 무엇을 말하는지(주장과 판정).

실험은 파일 하나이고 `EXPERIMENT` 하나를 내놓아요. 결론은 미리 적지 않아요. 주장마다 잰 값을 받아 판정과 문장을 만드는 규칙을 적어요.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from matplotlib.figure import Figure

Point = dict[str, Any]  # 재는 조건 하나. JSON으로 적을 수 있는 값만 담아요: {"schedule": "noam", "layers": 6}
Measured = dict[str, Any]  # 한 번 잰 것. 이름마다 수나 수의 목록(곡선)이나 글이에요.

SEEDS = (1, 2, 3)


class Verdict(str, Enum):
    """주장을 재어 본 결과예요."""

    HOLDS = "맞아요"
    FAILS = "달라요"
    DEPENDS = "조건에 따라요"
    UNCLEAR = "말할 수 없어요"


@dataclass(frozen=True)
class Setup:
    """실험 한 번의 크기(스텝과 데이터의 배수)와 장치예요. scale 1이 두 코어의 몇 분이고, GPU에서는 10이나 100을 줘요."""

    scale: float = 1.0
    device: torch.device = torch.device("cpu")

    def steps(self, count: int) -> int:
        """scale 1에서 count인 스텝 수예요. 적어도 2예요."""
        return max(2, round(count * self.scale))

    def size(self, count: int, least: int = 1) -> int:
        """scale 1에서 count인 데이터의 크기예요. 적어도 least예요."""
        return max(least, round(count * self.scale))


@dataclass(frozen=True)
class Spread:
    """시드마다의 값 하나씩이에요. 글로 쓰면 "0.53 (0.51~0.56)"이에요."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """시드들의 평균이에요."""
        return statistics.fmean(self.values)

    @property
    def low(self) -> float:
        """가장 작은 시드의 값이에요."""
        return min(self.values)

    @property
    def high(self) -> float:
        """가장 큰 시드의 값이에요."""
        return max(self.values)

    def times(self, factor: float) -> Spread:
        """시드마다의 값에 factor를 곱한 것이에요."""
        return Spread(tuple(factor * value for value in self.values))

    def __format__(self, spec: str) -> str:
        spec = spec or ".2f"
        middle, low, high = (format(value, spec) for value in (self.mean, self.low, self.high))
        return middle if low == high else f"{middle} ({low}~{high})"


@dataclass(frozen=True)
class Row:
    """지점 하나를 시드 하나로 잰 것이에요."""

    point: Point
    seed: int
    measured: Measured


class Results:
    """실험 하나에서 잰 모든 것이에요. 시드의 차례는 언제나 같아요."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: row.seed)

    def get(self, key: str, **where: Any) -> list[Any]:
        """조건에 맞는 지점의 key를 시드 차례로 돌려줘요. 조건에 맞는 지점이 하나가 아니면 LookupError예요."""
        found = [row for row in self.rows if all(row.point.get(name) == value for name, value in where.items())]
        if len({repr(row.point) for row in found}) != 1:
            raise LookupError(f"지점 하나를 골라야 해요: {where}")
        return [row.measured[key] for row in found]

    def spread(self, key: str, **where: Any) -> Spread:
        """조건에 맞는 지점의 key를 시드마다 하나씩 모아요."""
        return Spread(tuple(float(value) for value in self.get(key, **where)))

    @property
    def seeds(self) -> list[int]:
        """잰 시드들이에요."""
        return sorted({row.seed for row in self.rows})


@dataclass(frozen=True)
class Finding:
    """주장 하나의 판정이에요. figure는 판정의 근거가 된 짧은 수이고, sentence는 읽을 문장이에요."""

    verdict: Verdict
    figure: str
    sentence: str


@dataclass(frozen=True)
class Claim:
    """확인할 주장이에요. source는 "논문 §5.3", "시리즈 4편", "첫 읽기", "강의"처럼 적고, judge가 잰 값에서 판정해요."""

    id: str
    text: str
    source: str
    judge: Callable[[Results], Finding]


@dataclass(frozen=True)
class Experiment:
    """실험 하나예요.

    points는 재는 지점들, measure(지점, 시드, 크기)는 한 번 재는 일이에요. 한 번은 깨끗한 프로세스에서 스레드 하나로 돌아요.
    draw(그림, 결과)는 빈 Figure에 그려요. 시간을 재는 실험은 alone=True로 두어 곁에 아무것도 돌지 않게 해요.
    """

    name: str  # 명령줄의 이름: "silent-bugs"
    title: str  # 물음 한 줄: "손실은 내려가는데 번역은 못 하는 버그가 있을까"
    setting: str  # 무엇을 어떤 크기로 재는지 한두 문장
    points: tuple[Point, ...]
    measure: Callable[[Point, int, Setup], Measured]
    claims: tuple[Claim, ...]
    draw: Callable[[Figure, Results], None]
    alone: bool = False
    figure_size: tuple[float, float] = (8.0, 4.2)
