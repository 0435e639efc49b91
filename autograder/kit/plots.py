"""코스의 그림체. 모든 레슨의 그림이 여기 있는 몇 가지 함수로 그려져요.

값은 텐서, numpy 배열, 리스트 가운데 무엇이든 좋아요. 함수는 아무것도 돌려주지 않고, 노트북이 셀 끝에서 그림을 보여 줘요.
여러 칸에 나눠 그릴 때는 `panels(...)`로 칸을 받아 `ax=`로 넘겨요.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib_inline.backend_inline import set_matplotlib_formats

from autograder.environment.fonts import use_hangul_font

INK, MUTED, GRID = "#23303D", "#7A8794", "#E4E8EC"
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#2F6DB5", "#E08A2E", "#2F9E7A", "#C9473D", "#7E5AA8", "#9AA5B1"
COLORS = (BLUE, ORANGE, GREEN, PURPLE, RED, GREY)  # 색각 이상이 있어도 구별되는 순서

# 0에서 1까지의 크기는 흰색에서 남색으로, 0을 사이에 둔 값은 주황 - 흰색 - 파랑으로 칠해요.
SEQUENTIAL = LinearSegmentedColormap.from_list("course_seq", ["#FFFFFF", "#D6E4F3", "#8DB5DF", "#3F7FC1", "#153E70"])
DIVERGING = LinearSegmentedColormap.from_list("course_div", ["#B9650F", "#F0B878", "#FFFFFF", "#8DB5DF", "#1F5596"])

VISIBLE = ListedColormap(["#E9EDF1", "#3F7FC1"])  # 마스크: 가림, 볼 수 있음


def _use_style() -> None:
    use_hangul_font()
    matplotlib.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.1,
            "figure.facecolor": "white",
            "font.size": 11,
            "text.color": INK,
            "axes.titlesize": 12.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.labelsize": 11,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": True,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "axes.prop_cycle": cycler(color=COLORS),
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "lines.linewidth": 2.2,
            "lines.markersize": 5,
            "legend.frameon": False,
            "legend.fontsize": 10.5,
        }
    )
    set_matplotlib_formats("retina")


_use_style()


def panels(
    count: int, title: str = "", *, width: float | None = None, height: float = 3.5, columns: int | None = None
) -> list[Axes]:
    """나란한 칸 `count`개를 만들어요. `columns`를 넘으면 다음 줄로 이어져요. 크기의 단위는 인치예요."""
    columns = columns or count
    width = width or min(4.4, 10.2 / columns)  # 한 줄이 노트북의 너비를 넘으면 글자가 작아져요.
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False)
    if title:
        figure.suptitle(title, fontsize=14, fontweight="bold", color=INK)
    for spare in axes.flat[count:]:
        spare.set_visible(False)
    return list(axes.flat[:count])


def lines(
    x: Any,
    series: Mapping[str, Any],
    *,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    logx: bool = False,
    logy: bool = False,
    marker: str = "",
    dashed: Sequence[str] = (),
    colors: Sequence[str] = COLORS,
    ax: Axes | None = None,
) -> None:
    """꺾은선. `series`는 이름에서 세로 값들로 가는 표, `dashed`는 점선으로 그릴 이름들이에요."""
    ax = ax or panels(1, width=6.4, height=3.8)[0]
    for (name, y), color in zip(series.items(), colors, strict=False):
        style = "--" if name in dashed else "-"
        ax.plot(array(x), array(y), style, marker=marker, label=name, color=color, markeredgecolor="white")
    _finish(ax, title, xlabel, ylabel, logx, logy, legend=len(series) > 1)
    if logx and len(x) <= 10:  # 잰 곳이 몇 군데뿐이면 눈금도 바로 그 자리에 둬요.
        ax.set_xticks(array(x), [f"{value:g}" for value in array(x)])
        ax.xaxis.set_minor_locator(NullLocator())
    elif not logx and np.issubdtype(array(x).dtype, np.integer):  # 스텝이나 위치는 2.5 같은 눈금이 없어요.
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def bars(
    labels: Sequence[str],
    series: Mapping[str, Any],
    *,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    logy: bool = False,
    values: str = "{:.2f}",
    colors: Sequence[str] = COLORS,
    ax: Axes | None = None,
) -> None:
    """막대. `labels`마다 `series`의 이름 수만큼 막대를 세우고 위에 값을 `values` 형식으로 적어요(""이면 적지 않아요)."""
    ax = ax or panels(1, width=6.4, height=3.8)[0]
    place, thick = np.arange(len(labels)), 0.8 / len(series)
    for index, ((name, y), color) in enumerate(zip(series.items(), colors, strict=False)):
        shift = (index - (len(series) - 1) / 2) * thick
        drawn = ax.bar(place + shift, array(y), thick * 0.92, label=name, color=color)
        if values:
            ax.bar_label(drawn, [values.format(v) for v in array(y)], padding=2, fontsize=9.5, color=INK)
    ax.set_xticks(place, labels)
    ax.grid(axis="x", visible=False)
    ax.margins(y=0.15)
    _finish(ax, title, xlabel, ylabel, False, logy, legend=len(series) > 1)


def histogram(
    series: Mapping[str, Any],
    *,
    bins: Any = 60,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "밀도",
    colors: Sequence[str] = COLORS,
    ax: Axes | None = None,
) -> None:
    """겹친 히스토그램. 넓이가 모두 1이 되게 맞춰 그려요."""
    ax = ax or panels(1, width=6.4, height=3.8)[0]
    edges = np.histogram_bin_edges(np.concatenate([array(v).ravel() for v in series.values()]), bins=bins).tolist()
    for (name, sample), color in zip(series.items(), colors, strict=False):
        ax.hist(array(sample).ravel(), edges, density=True, histtype="stepfilled", alpha=0.30, color=color)
        ax.hist(array(sample).ravel(), edges, density=True, histtype="step", linewidth=1.8, color=color, label=name)
    _finish(ax, title, xlabel, ylabel, False, False, legend=len(series) > 1)


def scatter(
    points: Any,
    labels: Sequence[str] = (),
    *,
    groups: Sequence[str] | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    ax: Axes | None = None,
) -> None:
    """평면의 점 `points` (N, 2). `labels`는 점 옆의 이름, `groups`는 점마다의 무리 이름(색)이에요."""
    ax = ax or panels(1, width=6.4, height=4.8)[0]
    points = array(points)
    names = list(groups) if groups is not None else [""] * len(points)
    for name, color in zip(dict.fromkeys(names), COLORS * 4, strict=False):
        chosen = points[[n == name for n in names]]
        ax.scatter(chosen[:, 0], chosen[:, 1], s=42, color=color, edgecolor="white", label=name, zorder=3)
    ax.margins(0.12)
    _finish(ax, title, xlabel, ylabel, False, False, legend=groups is not None)
    _write_beside(ax, points, labels)


_BESIDE = ((5, 4), (5, -13), (-5, 4), (-5, -13), (0, 8), (0, -17), (9, -4), (-9, -4))  # 점에서 글까지, 앞의 것부터


def _write_beside(ax: Axes, points: Any, labels: Sequence[str]) -> None:
    """점마다 이름을 적어요. 다른 이름이나 점과 가장 덜 겹치는 곁에 둬요."""
    ax.autoscale_view()
    at = ax.transData.transform(points) * 72 / ax.figure.dpi  # 글의 크기와 같은 단위(포인트)
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in at]
    for (x, y), point, label in zip(at, points, labels, strict=False):
        width, height = sum(11.0 if ord(c) > 0x1100 else 6.5 for c in label), 12.0
        spots = []
        for dx, dy in _BESIDE:
            left = x + dx - (width if dx < 0 else width / 2 if dx == 0 else 0)
            spots.append((left, y + dy, left + width, y + dy + height))
        best = min(range(len(spots)), key=lambda i: sum(_overlap(spots[i], box) for box in taken))
        taken.append(spots[best])
        dx, dy = _BESIDE[best]
        side = "right" if dx < 0 else "left" if dx else "center"
        ax.annotate(label, point, xytext=(dx, dy), textcoords="offset points", fontsize=10, ha=side)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """두 네모가 겹친 넓이."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def heatmap(
    matrix: Any,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    values: str = "",
    limits: tuple[float, float] | None = None,
    diverging: bool = False,
    colorbar: bool | None = None,
    apart: bool | None = None,
    ax: Axes | None = None,
) -> None:
    """행렬을 색으로 칠해요. `values`에 "{:.2f}"처럼 적으면 칸마다 값을 쓰고 색 막대는 빼요. `diverging`은 0을 흰색으로 두는 색이에요.

    `apart`는 칸 사이를 흰 줄로 가르는지예요. 정하지 않으면 칸이 보일 만큼 클 때 갈라요.
    """
    matrix = array(matrix)
    height, width = matrix.shape
    if ax is None:
        cell = 0.62 if values else max(0.05, min(0.5, 8 / width))
        size = (min(9.0, max(4.2, width * cell + 1.8)), min(6.5, max(2.6, height * cell + 1.0)))
        ax = panels(1, width=size[0], height=size[1])[0]
    if limits is None:
        reach = float(np.nanmax(np.abs(matrix))) or 1.0
        limits = (-reach, reach) if diverging else (float(np.nanmin(matrix)), float(np.nanmax(matrix)))
    image = ax.imshow(
        matrix,
        cmap=DIVERGING if diverging else SEQUENTIAL,
        vmin=limits[0],
        vmax=limits[1],
        aspect="auto",
        interpolation="nearest",
    )
    ax.grid(False)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(GRID)
    ax.tick_params(length=0)
    if matrix.size <= 400 if apart is None else apart:
        ax.hlines(np.arange(1, height) - 0.5, -0.5, width - 0.5, color="white", linewidth=1.5)
        ax.vlines(np.arange(1, width) - 0.5, -0.5, height - 0.5, color="white", linewidth=1.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    if rows is not None:
        ax.set_yticks(range(height), rows)
    if columns is not None:
        # 긴 이름 여럿이 옆으로 부딪히지 않게 기울여요.
        slant = sum(len(str(name)) for name in columns) > 26
        ax.set_xticks(
            range(width),
            columns,
            rotation=40 if slant else 0,
            ha="right" if slant else "center",
            rotation_mode="anchor",
        )
    if values:
        middle = (limits[0] + limits[1]) / 2
        for (row, column), value in np.ndenumerate(matrix):
            dark = abs(value) > 0.6 * max(map(abs, limits)) if diverging else value > middle
            ax.text(
                column, row, values.format(value), ha="center", va="center", fontsize=10, color="white" if dark else INK
            )
    if not values if colorbar is None else colorbar:
        bar = ax.figure.colorbar(image, ax=ax, fraction=0.05, pad=0.03)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0)
    _finish(ax, title, xlabel, ylabel, False, False, legend=False)


def attention_map(
    weights: Any, queries: Sequence[str], keys: Sequence[str] | None = None, *, title: str = "", ax: Axes | None = None
) -> None:
    """어텐션 가중치 (T, S)를 그려요. 행은 묻는 토큰(쿼리), 열은 보이는 토큰(키)이고 한 행의 합이 1이에요."""
    keys = queries if keys is None else keys
    small = len(queries) * len(keys) <= 64
    heatmap(
        weights,
        rows=queries,
        columns=keys,
        title=title,
        xlabel="보는 곳 (키)",
        ylabel="보는 쪽 (쿼리)",
        values="{:.2f}" if small else "",
        limits=(0.0, 1.0),
        ax=ax,
    )


def mask_map(
    mask: Any, queries: Sequence[str], keys: Sequence[str] | None = None, *, title: str = "", ax: Axes | None = None
) -> None:
    """마스크 (T, S)를 그려요. 파랑 ○이 볼 수 있는 곳(True), 회색 ×가 가려진 곳(False)이에요."""
    ax = ax or panels(1, width=4.2)[0]
    keys = queries if keys is None else keys
    heatmap(
        array(mask).astype(float),
        rows=queries,
        columns=keys,
        title=title,
        xlabel="보는 곳 (키)",
        ylabel="보는 쪽 (쿼리)",
        limits=(0.0, 1.0),
        colorbar=False,
        ax=ax,
    )
    ax.images[0].set_cmap(VISIBLE)
    for (row, column), seen in np.ndenumerate(array(mask).astype(bool)):
        ax.text(
            column, row, "○" if seen else "×", ha="center", va="center", fontsize=13, color="white" if seen else INK
        )


def array(values: Any) -> np.ndarray:
    """텐서든 리스트든 그릴 수 있는 numpy 배열로 바꿔요."""
    return np.asarray(values.detach().cpu().double() if hasattr(values, "detach") else values)


def _finish(ax: Axes, title: str, xlabel: str, ylabel: str, logx: bool, logy: bool, legend: bool) -> None:
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    # 로그 눈금의 기본 표기($10^{-3}$)는 한글 글꼴과 섞이지 않으므로 보통 숫자로 적어요.
    for axis, use in ((ax.xaxis, logx), (ax.yaxis, logy)):
        if use:
            (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
    if legend:
        ax.legend()
