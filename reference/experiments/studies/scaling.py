"""손실과 크기: 파라미터를 늘릴 때와 데이터를 늘릴 때 검증 손실이 거듭제곱으로 줄어드는지 봐요 (Kaplan 외 2020).

논문 뒤의 이야기예요. 여기서 보는 것은 작은 범위라서, 맞더라도 그 범위 안에서만 맞아요. 몇 점뿐이면 내려가는 곡선은 무엇이든 직선에
가까워 보여요. 그래서 한 점을 빼고 맞춘 곡선이 그 점을 얼마나 맞히는지를, 수가 둘인 다른 곡선들과 견줘요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from reference.experiments.experiment import (
    Claim,
    Experiment,
    Finding,
    Measured,
    Point,
    Results,
    Setup,
    Spread,
)
from reference.experiments.rules import all_of, at_least, at_most, less, under_conditions
from reference.experiments.small_training import Pairs, build, korean_pairs, learn, validate
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.schedule import cosine_lr

WIDTHS = (16, 24, 40, 64)  # d_model. 파라미터는 그 제곱쯤으로 늘어요.
SIZES = (125, 250, 500, 1000, 4000)  # 훈련 문장 쌍
WIDTH, SIZE = WIDTHS[-1], SIZES[-1]  # 다른 쪽을 바꿀 때의 값
STEPS, BATCH, CHECKS = 400, 24, 6
CLOSE = 0.1  # 빼 둔 점을 이만큼(nat)보다 가깝게 맞혀야 그 곡선을 따른다고 해요.

Fitted = Callable[[Any], Any]  # x(수의 목록)에서 손실들을 내요.
# 이름마다 가로축을 무엇으로 바꾸어야 직선인지와, 세로축도 로그인지예요.
CURVES: dict[str, tuple[Fitted, bool]] = {
    "거듭제곱": (np.log, True),
    "로그": (np.log, False),
    "지수함수": (np.asarray, True),
}


def fit(name: str, x: Sequence[float], losses: Sequence[float]) -> tuple[float, Fitted]:
    """곡선 하나를 최소제곱으로 맞춰요: (기울기, x에서 손실을 내는 함수). 점이 셋보다 적거나 0 이하의 값이 있으면 ValueError예요.

    거듭제곱 L = a·x^b, 로그 L = a + b·ln x, 지수함수 L = a·e^(b·x). 모두 어떤 축에서는 직선이고, 기울기가 b예요.
    """
    if len(x) < 3 or min(x) <= 0 or min(losses) <= 0:
        raise ValueError("0보다 큰 점이 셋 이상 있어야 해요.")
    across, logged = CURVES[name]
    slope, start = np.polyfit(across(x), np.log(losses) if logged else losses, 1)

    def curve(at: Any) -> Any:
        line = slope * across(at) + start
        return np.exp(line) if logged else line

    return float(slope), curve


def left_out(name: str, x: Sequence[float], losses: Sequence[float]) -> float:
    """점을 하나씩 빼고 나머지에 맞춘 곡선이, 뺀 점의 손실에서 벗어난 크기(nat)의 제곱 평균의 제곱근이에요."""
    errors = []
    for out in range(len(x)):
        others = [[value for at, value in enumerate(row) if at != out] for row in (x, losses)]
        errors.append(float(fit(name, *others)[1]([x[out]])[0]) - losses[out])
    return math.sqrt(sum(error**2 for error in errors) / len(errors))


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """검증 손실(nat)의 가장 낮은 값과, 임베딩을 뺀 파라미터 수예요. 배우는 동안 여러 번 재서 과적합하기 전의 값을 써요."""
    most = setup.size(SIZE, least=64)
    train, valid, vocab = korean_pairs(most, seed)
    count = max(16, round(most * point["pairs"] / SIZE))
    train, valid = Pairs(*train.rows(torch.arange(count))).to(setup.device), valid.to(setup.device)
    width = point["width"]
    model = build(vocab, seed, d_model=width, d_ff=2 * width, n_heads=4, norm_first=True).to(setup.device)
    steps = setup.steps(STEPS)
    losses: list[float] = []

    def watch(step: int) -> None:
        if step % max(1, steps // CHECKS) == 0 or step == steps:
            losses.append(validate(model, valid))

    learn(model, train, steps, lambda step: cosine_lr(step, 4e-3, max(1, steps // 10), steps), 0.0, seed, BATCH, watch)
    inside = sum(p.numel() for name, p in model.named_parameters() if not name.endswith("embedding.E"))
    return {"loss": min(losses), "params": inside}


def _curve(results: Results, axis: str) -> tuple[list[float], list[Spread]]:
    """가로축의 값(파라미터 수나 문장 쌍 수)과 지점마다의 손실이에요."""
    points = (
        [{"width": w, "pairs": SIZE} for w in WIDTHS]
        if axis == "params"
        else [{"width": WIDTH, "pairs": n} for n in SIZES]
    )
    x = [results.get("params", **point)[0] if axis == "params" else point["pairs"] for point in points]
    return x, [results.spread("loss", **point) for point in points]


AXES = {"pairs": ("훈련 문장", "쌍"), "params": ("파라미터", "개")}


def _rows(results: Results, axis: str) -> list[tuple[float, ...]]:
    """시드마다 지점 차례의 손실이에요."""
    return list(zip(*(spread.values for spread in _curve(results, axis)[1]), strict=True))


def judge_steady(results: Results) -> Finding:
    """한 단계 늘릴 때마다 손실이 줄어드는지를 파라미터와 데이터에서 따로 봐요."""
    listed, verdicts = [], {}
    for axis, (name, unit) in AXES.items():
        x, spreads = _curve(results, axis)
        verdicts[name] = all_of(less(large, small) for small, large in zip(spreads, spreads[1:], strict=False))
        listed.append(f"{name} " + ", ".join(f"{at:,}{unit} {loss:.2f}" for at, loss in zip(x, spreads, strict=True)))
    verdict, where = under_conditions(verdicts)
    return Finding(
        verdict,
        ", ".join(f"{name} {_ends(results, axis)}" for axis, (name, _) in AXES.items()) + " nat",
        f"검증 손실은 {' nat, '.join(listed)} nat이에요. {where}",
    )


def _ends(results: Results, axis: str) -> str:
    _, spreads = _curve(results, axis)
    return f"{spreads[0].mean:.2f} → {spreads[-1].mean:.2f}"


def _power(axis: str) -> Callable[[Results], Finding]:
    """뺀 점을 거듭제곱이 CLOSE보다 가깝게, 그리고 다른 두 곡선보다 가깝게 맞히는지의 판정이에요."""

    def judge(results: Results) -> Finding:
        (x, spreads), rows = _curve(results, axis), _rows(results, axis)
        errors = {name: Spread(tuple(left_out(name, x, row) for row in rows)) for name in CURVES}
        exponent = Spread(tuple(-fit("거듭제곱", x, row)[0] for row in rows))
        power, *others = errors.values()
        listed = ", ".join(f"{name} {error:.2f}" for name, error in errors.items())
        name, unit = AXES[axis]
        return Finding(
            all_of((at_least(exponent, 0.0), at_most(power, CLOSE), *(less(power, other) for other in others))),
            f"벗어난 크기 {listed} nat",
            f"{name} {x[0]:,}{unit}에서 {x[-1]:,}{unit}까지 늘리면 검증 손실이 {spreads[0]:.2f}에서 {spreads[-1]:.2f} nat이 돼요. "
            f"점을 하나씩 빼고 맞춘 곡선은 뺀 점에서 {listed} nat 벗어났어요. 거듭제곱이 {CLOSE:g} nat 안이고 다른 둘보다 가까워야 맞다고 판정해요. "
            f"거듭제곱의 지수는 {exponent:.2f}예요.",
        )

    return judge


def draw(figure: Figure, results: Results) -> None:
    """두 축 모두 로그예요. 점은 시드마다의 손실, 줄은 평균에 맞춘 거듭제곱과 로그예요."""
    panels = (("params", "파라미터 수(임베딩 제외)", BLUE), ("pairs", "훈련 문장 쌍", ORANGE))
    for axes, (axis, name, colour) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
        x, spreads = _curve(results, axis)
        for at, spread in zip(x, spreads, strict=True):
            axes.plot([at] * len(spread.values), spread.values, "o", color=colour, ms=4)
        fine = np.geomspace(x[0], x[-1], 60)
        for curve, look, shade in (("거듭제곱", "-", INK), ("로그", ":", MUTED)):
            axes.plot(fine, fit(curve, x, [spread.mean for spread in spreads])[1](fine), look, color=shade, label=curve)
        axes.set(xscale="log", yscale="log", xlabel=name)
        axes.set_xticks(x, [f"{at:,}" for at in x])
        axes.minorticks_off()
        axes.legend()
    lows = [value for axis in AXES for row in _rows(results, axis) for value in row]
    ticks = [round(tick / 10, 1) for tick in range(math.floor(10 * min(lows)), math.ceil(10 * max(lows)) + 1)]
    figure.axes[0].set_yticks(
        ticks[:: max(1, len(ticks) // 6)], [f"{tick:.1f}" for tick in ticks[:: max(1, len(ticks) // 6)]]
    )
    figure.axes[0].set_ylabel("검증 손실(nat)")


EXPERIMENT = Experiment(
    name="scaling",
    title="크기를 늘리면 손실이 얼마나 줄어들까",
    setting=f"생성 말뭉치의 한영 번역, {STEPS}스텝씩. d_model {WIDTHS[0]}~{WIDTHS[-1]}({SIZE:,}쌍)과 {SIZES[0]}~{SIZES[-1]:,}쌍(d_model {WIDTH})에서 "
    "배우는 동안 가장 낮았던 검증 손실이에요.",
    points=(
        *({"width": width, "pairs": SIZE} for width in WIDTHS),
        *({"width": WIDTH, "pairs": pairs} for pairs in SIZES[:-1]),
    ),
    measure=measure,
    claims=(
        Claim(
            "scaling-steady",
            "데이터든 파라미터든 늘릴 때마다 손실이 줄어들어요",
            "후속 논문 (Kaplan 외 2020)",
            judge_steady,
        ),
        Claim(
            "scaling-data",
            "데이터가 늘면 손실이 거듭제곱으로 줄어들어요",
            "후속 논문 (Kaplan 외 2020)",
            _power("pairs"),
        ),
        Claim(
            "scaling-params",
            "파라미터가 늘면 손실이 거듭제곱으로 줄어들어요",
            "후속 논문 (Kaplan 외 2020)",
            _power("params"),
        ),
    ),
    draw=draw,
    figure_size=(9.5, 4.0),
)
