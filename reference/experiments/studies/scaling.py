"""손실과 크기: 파라미터를 늘릴 때와 데이터를 늘릴 때 검증 손실이 거듭제곱으로 줄어드는지 봐요 (Kaplan 외 2020).

논문 뒤의 이야기예요. 여기서 보는 것은 작은 범위라서, 맞더라도 그 범위 안에서만 맞아요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

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
    Verdict,
)
from reference.experiments.rules import under_conditions
from reference.experiments.small_training import Pairs, build, korean_pairs, learn, validate
from reference.pictures import BLUE, INK, ORANGE
from reference.schedule import cosine_lr

WIDTHS = (16, 24, 40, 64)  # d_model. 파라미터는 그 제곱쯤으로 늘어요.
SIZES = (125, 250, 500, 1000, 4000)  # 훈련 문장 쌍
WIDTH, SIZE = WIDTHS[-1], SIZES[-1]  # 다른 쪽을 바꿀 때의 값
STEPS, BATCH, CHECKS = 400, 24, 6
Fit = Callable[[Sequence[float], Sequence[float]], "PowerLaw"]
SMOOTH = 0.9  # 로그-로그에서 직선이 설명하는 몫(R²)이 이만큼은 되어야 매끄럽다고 판정해요.


class PowerLaw(NamedTuple):
    """L ≈ floor + scale·x^(−exponent)에 맞춘 것이에요. fit은 로그-로그에서 직선이 설명하는 몫 R²(1 이하)예요."""

    exponent: float
    scale: float
    fit: float
    floor: float = 0.0


def power_law(x: Sequence[float], losses: Sequence[float], floor: float = 0.0) -> PowerLaw:
    """바닥을 뺀 손실을 로그-로그 평면의 최소제곱 직선에 맞춰요. 점이 셋보다 적거나 바닥 이하의 손실이 있으면 ValueError예요."""
    if len(x) < 3 or min(x) <= 0 or min(losses) <= floor:
        raise ValueError("0과 바닥보다 큰 점이 셋 이상 있어야 해요.")
    log_x, log_loss = np.log(x), np.log(np.subtract(losses, floor))
    slope, start = np.polyfit(log_x, log_loss, 1)
    left = log_loss - (slope * log_x + start)
    spread = float(((log_loss - log_loss.mean()) ** 2).sum())
    fit = 1 - float((left**2).sum()) / spread if spread else 0.0
    return PowerLaw(-float(slope), math.exp(start), fit, floor)


def floored_law(x: Sequence[float], losses: Sequence[float]) -> PowerLaw:
    """줄어들 수 없는 바닥 손실을 둔 거듭제곱이에요 (Hoffmann 외 2022). 바닥은 0부터 가장 작은 손실의 0.98배까지에서 골라요."""
    floors = np.linspace(0.0, 0.98 * min(losses), 99)
    return max((power_law(x, losses, float(floor)) for floor in floors), key=lambda law: law.fit)


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
    return {"loss": min(losses), "last": losses[-1], "params": inside}


def _curve(results: Results, axis: str) -> tuple[list[float], list[Spread]]:
    """가로축의 값(파라미터 수나 문장 쌍 수)과 지점마다의 손실이에요."""
    points = (
        [{"width": w, "pairs": SIZE} for w in WIDTHS]
        if axis == "params"
        else [{"width": WIDTH, "pairs": n} for n in SIZES]
    )
    x = [results.get("params", **point)[0] if axis == "params" else point["pairs"] for point in points]
    return x, [results.spread("loss", **point) for point in points]


def _laws(results: Results, axis: str, fit: Fit) -> list[PowerLaw]:
    """시드마다 따로 맞춘 거듭제곱이에요."""
    x, spreads = _curve(results, axis)
    return [fit(x, losses) for losses in zip(*(spread.values for spread in spreads), strict=True)]


def _over(laws: list[PowerLaw], part: str) -> Spread:
    return Spread(tuple(getattr(law, part) for law in laws))


def _falls(laws: list[PowerLaw]) -> Verdict:
    falls = [law.fit >= SMOOTH and law.exponent > 0 for law in laws]
    return Verdict.HOLDS if all(falls) else Verdict.UNCLEAR if any(falls) else Verdict.FAILS


def _smooth(axis: str, name: str, unit: str) -> Callable[[Results], Finding]:
    def judge(results: Results) -> Finding:
        x, spreads = _curve(results, axis)
        plain, floored = (_laws(results, axis, fit) for fit in (power_law, floored_law))
        verdict, said = under_conditions({"바닥이 없는 식": _falls(plain), "바닥이 있는 식": _falls(floored)})
        return Finding(
            verdict,
            f"지수 {_over(plain, 'exponent'):.3f}, R² {_over(plain, 'fit'):.3f}",
            f"{name} {x[0]:,}{unit}에서 {x[-1]:,}{unit}까지 늘리면 검증 손실이 {spreads[0]:.2f}에서 {spreads[-1]:.2f} nat이 돼요. "
            f"시드마다 맞춘 거듭제곱은 바닥 없이 지수 {_over(plain, 'exponent'):.3f}, R² {_over(plain, 'fit'):.3f}이고, "
            f"바닥({_over(floored, 'floor'):.2f}nat)을 두면 지수 {_over(floored, 'exponent'):.2f}, R² {_over(floored, 'fit'):.3f}이에요. "
            f"R²가 {SMOOTH} 이상이어야 매끄럽다고 판정해요. {said}",
        )

    return judge


def draw(figure: Figure, results: Results) -> None:
    """두 축 모두 로그예요. 점은 시드마다의 손실, 줄은 평균에 맞춘 거듭제곱이에요."""
    panels = (("params", "파라미터 수(임베딩 제외)", BLUE), ("pairs", "훈련 문장 쌍", ORANGE))
    for axes, (axis, name, colour) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
        x, spreads = _curve(results, axis)
        for at, spread in zip(x, spreads, strict=True):
            axes.plot([at] * len(spread.values), spread.values, "o", color=colour, ms=4)
        means, fine = [spread.mean for spread in spreads], np.geomspace(x[0], x[-1], 60)
        for law, look, said in ((power_law(x, means), ":", "바닥 없이"), (floored_law(x, means), "-", "바닥을 두면")):
            line = law.floor + law.scale * fine**-law.exponent
            axes.plot(fine, line, look, color=INK, lw=1, label=f"{said}: 지수 {law.exponent:.2f}, $R^2$ {law.fit:.3f}")
        axes.set(xscale="log", yscale="log", xlabel=name)
        axes.set_xticks(x, [f"{at:,}" for at in x])
        axes.minorticks_off()
        axes.legend()
    lows = [value for axis in ("params", "pairs") for spread in _curve(results, axis)[1] for value in spread.values]
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
            "scaling-data",
            "데이터가 늘면 손실이 거듭제곱으로 매끄럽게 줄어들어요",
            "후속 논문 (Kaplan 외 2020)",
            _smooth("pairs", "훈련 문장을", "쌍"),
        ),
        Claim(
            "scaling-params",
            "파라미터가 늘면 손실이 거듭제곱으로 매끄럽게 줄어들어요",
            "후속 논문 (Kaplan 외 2020)",
            _smooth("params", "파라미터를", "개"),
        ),
    ),
    draw=draw,
    figure_size=(9.5, 4.0),
)
