"""실험의 줄들: 지점마다 시드마다 손으로 정한 값을 담아, 판정의 규칙을 시험할 때 써요."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.experiments.experiment import Experiment, Point, Results, Row


def made_up(
    experiment: Experiment, value: Callable[[Point, int], dict[str, Any]], seeds: tuple[int, ...] = (1, 2, 3)
) -> Results:
    """모든 지점을 value(지점, 시드)로 잰 것처럼 만들어요."""
    return Results([Row(point, seed, value(point, seed)) for point in experiment.points for seed in seeds])
