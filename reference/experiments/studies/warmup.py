"""워밍업: 학습률을 천천히 올리지 않으면 어떻게 되는지를, 정규화의 자리마다 봐요 (논문 식 (3), §5.3)."""

from __future__ import annotations

import math
from collections.abc import Callable

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
from reference.experiments.rules import all_of, at_least, at_most, less, under_conditions
from reference.experiments.small_training import COPYING, build, copying, ending, guessing, learn, smooth
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.schedule import cosine_lr

STEPS, BATCH, LAYERS, WIDTH, LONGEST = 150, 32, 6, 32, 6
PEAKS = (0.003, 0.01)  # 가장 클 때의 학습률: 알맞은 것과 조금 큰 것
SCHEDULES = {"none": "워밍업 없음", "short": "짧은 워밍업", "long": "긴 워밍업", "cosine": "짧은 워밍업과 코사인"}
NORMS = {
    "post": ("Post-LN (논문)", {}),
    "pre": ("Pre-LN", {"norm_first": True}),
    "deep": ("DeepNorm", {"deep_norm": True}),
}
POINTS: tuple[Point, ...] = (
    *(
        {"norm": norm, "schedule": schedule, "peak": peak}
        for peak in PEAKS
        for norm in NORMS
        for schedule in ("none", "short")
    ),
    *({"norm": "post", "schedule": schedule, "peak": PEAKS[0]} for schedule in ("long", "cosine")),
)
FREQUENCY, LETTERS, GUESSED = guessing(LONGEST)  # nat
MARGIN = 0.15  # nat. 이보다 작은 차이는 모든 시드에 있어도 워밍업이 꼭 있어야 한다고 하지 않아요.
ENOUGH = 0.8  # 찍을 때의 손실에서 워밍업이 줄인 것의 이만큼은 줄여야 워밍업 없이도 배운 것으로 봐요.


def rate(schedule: str, peak: float, steps: int) -> Callable[[int], float]:
    """스텝마다의 학습률이에요. 가장 클 때가 모두 peak이고, 짧은 워밍업은 스텝의 10%, 긴 것은 50%예요.

    short와 long은 식 (3)의 모양이고, none은 short에서 오르는 구간만 뺀 것이에요.
    """
    short = max(1, steps // 10)
    if schedule == "cosine":
        return lambda step: cosine_lr(step, peak, short, steps + 1)
    warmup = max(2, steps // 2) if schedule == "long" else short
    if schedule == "none":
        return lambda step: peak * min(1.0, (warmup / step) ** 0.5)
    return lambda step: peak * min(step / warmup, (warmup / step) ** 0.5)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """한 일정으로 배우며 손실을 재요. first는 첫 손실, last는 마지막 10%의 평균이에요."""
    steps = setup.steps(STEPS)
    data = copying(setup.size(4000, 64), LONGEST, seed)
    changes = {"d_model": WIDTH, "d_ff": 2 * WIDTH, "n_layers": LAYERS, "dropout": 0.0, **NORMS[point["norm"]][1]}
    model = build(COPYING, seed, **changes).to(setup.device)
    losses = learn(model, data.to(setup.device), steps, rate(point["schedule"], point["peak"], steps), 0.0, seed, BATCH)
    return {"first": losses[0], "last": ending(losses), "curve": smooth(losses)[:: max(1, steps // 50)]}


# -- 판정 --


def _last(results: Results, norm: str, schedule: str, peak: float) -> Spread:
    return results.spread("last", norm=norm, schedule=schedule, peak=peak)


def judge_divergence(results: Results) -> Finding:
    """워밍업이 없을 때 마지막 손실이 첫 손실보다 큰지(또는 수가 아닌지)를 정규화와 학습률마다 봐요."""
    verdicts, parts, stuck = {}, [], []
    for peak in PEAKS:
        for norm, (label, _) in NORMS.items():
            first = results.spread("first", norm=norm, schedule="none", peak=peak)
            last = _last(results, norm, "none", peak)
            name = f"{label.removesuffix(' (논문)')} 학습률 {peak:g}"
            growth = Spread(tuple(end - start for start, end in zip(first.values, last.values, strict=True)))
            verdicts[name] = at_least(growth, 0)
            parts.append(f"{name}에서 {first.mean:.2f} → {last}")
            if at_most(last, LETTERS) is not Verdict.HOLDS:
                stuck.append(name)
    verdict, said = under_conditions(verdicts)
    grown = sum(each is Verdict.HOLDS for each in verdicts.values())
    which = "" if verdict is Verdict.FAILS else f"{said} "
    return Finding(
        verdict,
        f"{len(verdicts)}가지 가운데 {grown}가지",
        f"마지막 손실이 첫 손실보다 크면 발산으로 보았어요. 워밍업 없이 {STEPS}스텝 학습한 손실은 {', '.join(parts)} nat이에요. {which}"
        f"발산과 달리, 한 시드라도 {LETTERS:.2f} nat(문장이 끝나는 곳만 알고 찍을 때) 아래로 내려가지 못한 곳은 "
        f"{', '.join(stuck) or '없음'}이에요.",
    )


def judge_post(results: Results) -> Finding:
    """Post-LN은 워밍업이 없으면 짧은 워밍업보다 MARGIN 넘게 덜 배우는지를 학습률마다 봐요."""
    verdicts, figures = {}, []
    for peak in PEAKS:
        none, short = (_last(results, "post", schedule, peak) for schedule in ("none", "short"))
        verdicts[f"학습률 {peak:g}"] = less(short, none, MARGIN)
        figures.append(f"학습률 {peak:g}에서 {none} 대 {short}")
    verdict, said = under_conditions(verdicts)
    return Finding(
        verdict,
        ", ".join(figures),
        f"Post-LN의 마지막 손실을 워밍업이 없을 때와 스텝의 10%를 워밍업할 때로 견주면 {', '.join(figures)} nat이에요. "
        f"{GUESSED} {said}",
    )


def _learns_anyway(norm: str) -> Callable[[Results], Finding]:
    """워밍업 없이도 배우는지(LETTERS 아래), 그리고 짧은 워밍업이 배운 것의 ENOUGH만큼은 배우는지를 학습률마다 봐요.

    배운 것은 아무것도 모르고 찍을 때의 손실(FREQUENCY)에서 줄인 만큼이에요. 첫 손실은 초기화가 정한 것이라 쓰지 않아요.
    """

    def judge(results: Results) -> Finding:
        verdicts, figures = {}, []
        for peak in PEAKS:
            none, short = (_last(results, norm, schedule, peak) for schedule in ("none", "short"))
            rows = zip(none.values, short.values, strict=True)
            spare = Spread(tuple((FREQUENCY - bare) - ENOUGH * (FREQUENCY - warm) for bare, warm in rows))
            verdicts[f"학습률 {peak:g}"] = all_of((at_most(none, LETTERS), at_least(spare, 0)))
            figures.append(f"학습률 {peak:g}에서 {none} 대 {short}")
        verdict, said = under_conditions(verdicts)
        return Finding(
            verdict,
            ", ".join(figures),
            f"{NORMS[norm][0]}의 마지막 손실을 워밍업이 없을 때와 스텝의 10%를 워밍업할 때로 견주면 {', '.join(figures)} nat이에요. "
            f"{GUESSED} 워밍업 없이도 {LETTERS:.2f} 아래로, 워밍업이 {FREQUENCY:.2f}에서 줄인 것의 {ENOUGH:.0%}는 줄여야 "
            f"배웠다고 보면, {said}",
        )

    return judge


def _better(schedule: str, words: str) -> Callable[[Results], Finding]:
    """Post-LN에서 그 일정의 마지막 손실이 짧은 워밍업보다 낮은지의 판정이에요."""

    def judge(results: Results) -> Finding:
        other, short = (_last(results, "post", name, PEAKS[0]) for name in (schedule, "short"))
        gain = Spread(tuple(b - a for a, b in zip(other.values, short.values, strict=True)))
        return Finding(
            less(other, short),
            f"{other} 대 {short}",
            f"학습률 {PEAKS[0]:g}에서 Post-LN의 마지막 손실은 {words} {other}, 스텝의 10%를 워밍업하고 식 (3)처럼 내리면 {short} nat이고, "
            f"같은 시드끼리 줄어든 것은 {gain:+.3f} nat이에요.",
        )

    return judge


# -- 그림 --


def draw(figure: Figure, results: Results) -> None:
    """줄은 학습률, 칸은 정규화예요. 시드마다 한 줄이에요."""
    colors = dict(zip(SCHEDULES, (ORANGE, BLUE, INK, MUTED), strict=True))
    grid = figure.subplots(len(PEAKS), len(NORMS), sharex=True, sharey=True)
    for point in POINTS:
        axes = grid[PEAKS.index(point["peak"])][list(NORMS).index(point["norm"])]
        for number, curve in enumerate(results.get("curve", **point)):
            x = [STEPS * i / len(curve) for i in range(len(curve))]
            shown = [value if math.isfinite(value) else math.nan for value in curve]
            label = None if number else SCHEDULES[point["schedule"]]
            axes.plot(x, shown, color=colors[point["schedule"]], label=label, linewidth=1.2)
    for axes in grid.flat:
        axes.axhline(FREQUENCY, color="#9AA5B1", ls=":", lw=1)
    grid[0][0].text(STEPS, FREQUENCY + 0.05, "찍기", color="#616E7C", ha="right", va="bottom", fontsize="small")
    for row, peak in zip(grid, PEAKS, strict=True):
        row[0].set(ylim=(0, 3.5), ylabel="토큰당 손실 (nat)")
        for axes, (label, _) in zip(row, NORMS.values(), strict=True):
            axes.set_title(f"{label}, 학습률 {peak:g}")
    for axes in grid[-1]:
        axes.set_xlabel("스텝")
    figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


EXPERIMENT = Experiment(
    name="warmup",
    title="워밍업이 없으면 정말 발산할까",
    setting=(
        f"인코더와 디코더 {LAYERS}층씩, d_model {WIDTH}의 모델이 2~6글자를 그대로 베끼는 과제를 {STEPS}스텝 배워요. "
        f"가장 큰 학습률은 {PEAKS[0]:g}과 {PEAKS[1]:g}이고, 올리는 길이와 정규화의 자리를 바꿔요."
    ),
    points=POINTS,
    measure=measure,
    claims=(
        Claim("diverges", "워밍업이 없으면 발산해요", "첫 읽기", judge_divergence),
        Claim("post-needs-it", "Post-LN은 워밍업이 없으면 덜 배워요", "논문 식 (3), §5.3", judge_post),
        Claim("pre-does-not", "Pre-LN은 워밍업 없이도 배워요", "시리즈 4편", _learns_anyway("pre")),
        Claim("deep-does-not", "DeepNorm은 워밍업 없이도 배워요", "시리즈 4편", _learns_anyway("deep")),
        Claim(
            "longer-is-better",
            "Post-LN은 스텝의 절반을 워밍업하면 10%보다 더 배워요",
            "우리의 물음",
            _better("long", "스텝의 절반을 워밍업하면"),
        ),
        Claim(
            "cosine-is-better",
            "Post-LN은 코사인으로 내리면 식 (3)보다 더 배워요",
            "우리의 물음",
            _better("cosine", "같은 워밍업 뒤에 코사인으로 내리면"),
        ),
    ),
    draw=draw,
    figure_size=(7.4, 4.6),
)
