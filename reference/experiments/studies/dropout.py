"""드롭아웃: 얼마나 버릴 때 처음 보는 문장을 가장 잘 옮기는지 봐요 (논문 §5.4, 표 3 (D))."""

from __future__ import annotations

import math

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
from reference.experiments.rules import all_of, less
from reference.experiments.small_training import build, korean_pairs, learn, validate
from reference.pictures import BLUE, ORANGE

RATES = (0.0, 0.05, 0.1, 0.2, 0.3)
STEPS, EVERY, PAIRS, BATCH = 350, 25, 900, 32


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """적은 문장으로 오래 배우며 검증 손실을 재요. train과 valid는 드롭아웃을 끄고 잰 마지막 손실(nat)이에요."""
    data, valid, size = korean_pairs(setup.size(PAIRS, 100), seed, 16)
    data, valid = data.to(setup.device), valid.to(setup.device)
    model = build(size, seed, dropout=point["dropout"]).to(setup.device)
    steps, every = setup.steps(STEPS), max(1, setup.steps(EVERY))
    curve: list[float] = []

    def watch(step: int) -> None:
        if step % every == 0:
            curve.append(validate(model, valid))

    learn(model, data, steps, lambda step: 2e-3 * min(step / 100, 1), 0.0, seed, BATCH, watch)
    return {
        "train": validate(model, data),
        "valid": curve[-1],
        "best": min(curve),
        "every": every,
        "curve": curve,
    }


def _gap(results: Results, p: float) -> Spread:
    train, valid = results.spread("train", dropout=p), results.spread("valid", dropout=p)
    return Spread(tuple(v - t for t, v in zip(train.values, valid.values, strict=True)))


def judge_overfit(results: Results) -> Finding:
    """드롭아웃이 없으면 검증 손실이 가장 낮던 때보다 다시 0.1 nat 넘게 오르는지 봐요."""
    best, last = results.spread("best", dropout=0.0), results.spread("valid", dropout=0.0)
    return Finding(
        less(best, last, 0.1),
        f"{best} → {last}",
        f"드롭아웃이 0이면 검증 손실이 {best}까지 내렸다가 {last} nat이 되고, 훈련 손실과의 차이는 "
        f"{_gap(results, 0.0)} nat이에요. 0.1이면 그 차이가 {_gap(results, 0.1)} nat이에요.",
    )


def _reached(results: Results, p: float, level: float) -> Spread:
    """검증 손실이 level 아래로 처음 내려간 스텝이에요."""
    rows = zip(results.get("curve", dropout=p), results.get("every", dropout=p), strict=True)
    return Spread(tuple(every * next(i for i, loss in enumerate(curve, 1) if loss <= level) for curve, every in rows))


def judge_slow(results: Results) -> Finding:
    """0.2가 0.1보다 같은 검증 손실에 10% 넘게 늦게 닿는지 봐요. 둘 다 모든 시드에서 닿는 가장 낮은 손실(0.1 단위)에서 봐요."""
    level = math.ceil(10 * max(results.spread("best", dropout=p).high for p in (0.1, 0.2))) / 10
    quick, slow = (_reached(results, p, level) for p in (0.1, 0.2))
    return Finding(
        less(quick.times(1.1), slow),
        f"{slow:.0f}스텝 대 {quick:.0f}스텝",
        f"검증 손실이 {level:.1f} nat까지 내려가는 데 0.2는 {slow:.0f}스텝, 0.1은 {quick:.0f}스텝이 걸려요.",
    )


def judge_right(results: Results) -> Finding:
    """검증 손실의 가장 낮은 값이 드롭아웃 0.1에서 다른 모든 것보다 작은지 봐요."""
    best = {p: results.spread("best", dropout=p) for p in RATES}
    rows = zip(*(spread.values for spread in best.values()), strict=True)  # 시드마다 드롭아웃 차례로
    winners = [RATES[row.index(min(row))] for row in rows]
    listed = ", ".join(f"{p:g}에서 {spread}" for p, spread in best.items())
    return Finding(
        all_of(less(best[0.1], spread) for p, spread in best.items() if p != 0.1),
        f"시드 차례로 {', '.join(f'{p:g}' for p in winners)}",
        f"{STEPS}스텝 안에서 가장 낮았던 검증 손실은 드롭아웃 {listed} nat이고, 가장 낮은 것은 시드 차례로 {', '.join(f'{p:g}' for p in winners)}일 때예요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 검증 손실의 곡선, 오른쪽은 드롭아웃마다 훈련 손실과 가장 낮은 검증 손실이에요."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    every = results.get("every", dropout=RATES[0])[0]
    for number, p in enumerate(RATES):
        curves = results.get("curve", dropout=p)
        mean = [sum(values) / len(values) for values in zip(*curves, strict=True)]
        x = [every * (i + 1) for i in range(len(mean))]
        left.plot(x, mean, color=(number / 5, 0.35, 0.7 - number / 8), label=f"{p:g}")
    left.set(title="검증 손실 (시드 평균)", xlabel="스텝", ylabel="토큰당 손실 (nat)")
    left.legend(title="드롭아웃")
    for key, label, color in (("train", "훈련, 마지막", BLUE), ("best", "검증, 가장 낮을 때", ORANGE)):
        spreads = [results.spread(key, dropout=p) for p in RATES]
        right.plot(RATES, [spread.mean for spread in spreads], color=color, marker="o", label=label)
        right.vlines(RATES, [spread.low for spread in spreads], [spread.high for spread in spreads], color=color)
    right.set(title="드롭아웃마다", xlabel="드롭아웃", ylabel="토큰당 손실 (nat)", ylim=(0, None))
    right.legend()


EXPERIMENT = Experiment(
    name="dropout",
    title="드롭아웃은 얼마가 알맞을까",
    setting=(
        f"지어낸 짧은 한영 문장 350쌍쯤으로 인코더와 디코더 2층씩, d_model 64의 모델을 {STEPS}스텝 학습해요. "
        "과적합이 보이도록 데이터를 일부러 적게 줘요."
    ),
    points=tuple({"dropout": p} for p in RATES),
    measure=measure,
    claims=(
        Claim("zero-overfits", "드롭아웃 0.0은 과적합해요", "첫 읽기, 논문 표 3 (D)", judge_overfit),
        Claim("two-tenths-is-slow", "드롭아웃 0.2는 느려요", "첫 읽기", judge_slow),
        Claim("one-tenth-is-right", "드롭아웃 0.1이 알맞아요", "첫 읽기, 논문 표 3 (D)", judge_right),
    ),
    draw=draw,
    figure_size=(9.0, 4.0),
)
