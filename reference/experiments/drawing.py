"""그림의 조각: 시드마다의 퍼짐을 띠로 두른 곡선과, 읽을 수 있는 로그 눈금."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from reference.experiments.experiment import Spread

GREEN, PURPLE, RED = "#2E8B57", "#7B4FA3", "#B4233A"  # 파랑과 주황으로 모자랄 때 써요.


def curve(axis: Axes, x: Sequence[float], spreads: Sequence[Spread], color: str, label: str, **style: Any) -> None:
    """평균을 잇고 시드들의 가장 작은 값에서 가장 큰 값까지를 옅은 띠로 둘러요."""
    axis.plot(x, [spread.mean for spread in spreads], color=color, label=label, **{"marker": "o", **style})
    axis.fill_between(x, [s.low for s in spreads], [s.high for s in spreads], color=color, alpha=0.2, linewidth=0)


def log_ticks(axis: Axes, x: bool = True, y: bool = True, at: Sequence[float] = ()) -> None:
    """로그 축에 10의 거듭제곱 대신 수를 그대로 적어요. 나눔고딕에는 거듭제곱에 쓰는 빼기 기호가 없어요. at은 가로축의 눈금이에요."""
    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    for wanted, one, set_scale in ((x, axis.xaxis, axis.set_xscale), (y, axis.yaxis, axis.set_yscale)):
        if wanted:
            set_scale("log")
            one.set_major_formatter(plain)
            one.set_minor_formatter(NullFormatter())
    if at:
        axis.set_xticks(list(at))
        axis.set_xticks([], minor=True)
