"""정규화와 잔차: 깊이 쌓았을 때 기울기가 어디까지 가고 무엇을 배우는지 봐요 (시리즈 4편, 논문 §3.1)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter
from torch import Tensor

from reference.dropout import dropout
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
from reference.experiments.small_training import (
    COPYING,
    RUINED,
    Pairs,
    build,
    copying,
    ending,
    guessing,
    learn,
    smooth,
)
from reference.norm import AddNorm, Sublayer
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

LAYERS, WIDTH, STEPS, BATCH, RATE, LONGEST = 12, 32, 300, 32, 3e-3, 6
FREQUENCY, LETTERS, GUESSED = guessing(LONGEST)  # nat
MARGIN = 0.15  # nat. 이보다 작은 차이는 모든 시드에 있어도 더 배웠다고 하지 않아요.
EVENER = 1.2  # 이만큼은 고를 때 더 고르다고 해요.


def _bare(self: AddNorm, x: Tensor, sublayer: Sublayer) -> Tensor:
    return dropout(sublayer(x), self.dropout, self.training)


def _residual_only(self: AddNorm, x: Tensor, sublayer: Sublayer) -> Tensor:
    return x + dropout(sublayer(x), self.dropout, self.training)


def _norm_only(self: AddNorm, x: Tensor, sublayer: Sublayer) -> Tensor:
    return self.norm(dropout(sublayer(x), self.dropout, self.training))


Forward = Callable[[AddNorm, Tensor, Sublayer], Tensor]
# 이름마다 (그림의 이름, 모델의 설정, AddNorm을 바꿔 끼울 함수)
STACKS: dict[str, tuple[str, dict[str, Any], Forward | None]] = {
    "neither": ("둘 다 없음", {}, _bare),
    "residual": ("잔차만", {}, _residual_only),
    "norm": ("정규화만", {}, _norm_only),
    "post": ("Post-LN (논문)", {}, None),
    "pre": ("Pre-LN", {"norm_first": True}, None),
    "rms": ("Pre-LN, RMSNorm", {"norm_first": True, "norm": "rms"}, None),
    "deep": ("DeepNorm", {"deep_norm": True}, None),
}


RISES = {True: "10% 워밍업", False: "일정한 학습률"}
BOTH_RISES = ("post", "pre", "deep")  # 워밍업이 판정을 바꿀 만한 것은 두 가지로 학습해요.
POINTS: tuple[Point, ...] = tuple(
    {"stack": stack, "warmup": warmup} for warmup in RISES for stack in STACKS if warmup or stack in BOTH_RISES
)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """배우기 전의 층별 기울기와, 배운 뒤의 손실을 재요.

    before는 손실을 인코더 각 층의 출력으로 미분한 것의 크기예요(첫 층부터). last는 마지막 10% 스텝의 평균 손실(nat)이에요.
    """
    _, changes, forward = STACKS[point["stack"]]
    data, steps = copying(setup.size(4000, 64), LONGEST, seed).to(setup.device), setup.steps(STEPS)
    replaced = patch.object(AddNorm, "forward", forward) if forward else contextlib.nullcontext()
    with replaced:
        model = build(COPYING, seed, d_model=WIDTH, d_ff=2 * WIDTH, n_layers=LAYERS, dropout=0.0, **changes)
        model.to(setup.device)
        before = gradients(model, data)
        ramp = max(1, steps // 10) if point["warmup"] else 1
        losses = learn(model, data, steps, lambda step: RATE * min(step / ramp, 1), 0.0, seed, BATCH)
    return {
        "before": before,
        "reach": before[0] / before[-1] if before[-1] else 0.0,
        "last": ending(losses),
        "curve": smooth(losses)[:: max(1, steps // 40)],
    }


def gradients(model: Transformer, data: Pairs) -> list[float]:
    """문장 32개의 손실을 인코더 층의 출력마다 미분한 것의 크기예요. 첫 층부터 LAYERS개예요."""
    outputs: list[Tensor] = []

    def keep(module: Any, args: Any, output: Tensor) -> None:
        outputs.append(output)

    hooks = [layer.register_forward_hook(keep) for layer in model.encoder_layers()]
    src, tgt_in, tgt_out = data.rows(torch.arange(min(32, len(data.src))))
    total, _ = translation_loss(model, src, tgt_in, tgt_out, 0.0)
    found = torch.autograd.grad(total / tgt_out.ne(0).sum(), outputs)
    for hook in hooks:
        hook.remove()
    return [gradient.norm().item() for gradient in found]


# -- 판정 --


def _reach(results: Results, stack: str) -> Spread:
    return results.spread("reach", stack=stack, warmup=True)


def _last(results: Results, stack: str, warmup: bool = True) -> Spread:
    return results.spread("last", stack=stack, warmup=warmup)


def judge_highway(results: Results) -> Finding:
    """첫 층의 기울기가 둘 다 없으면 마지막 층의 10분의 1도 안 되고, 잔차가 있으면 10분의 1에서 10배 사이인지 봐요."""
    bare = _reach(results, "neither")
    roads = {"잔차만 둔 층": "residual", "Pre-LN": "pre", "Post-LN": "post"}
    reaches = {name: _reach(results, stack) for name, stack in roads.items()}
    vanishes = at_most(bare, 0.1)
    verdict, said = under_conditions(
        {name: all_of((vanishes, at_least(reach, 0.1), at_most(reach, 10))) for name, reach in reaches.items()}
    )
    # 잔차만 있으면 몇만 배로 커지기도 해서, 자릿수가 다른 수를 함께 읽기 쉽게 적어요.
    parts = ", ".join(f"{name} {_times(reach)}" for name, reach in reaches.items())
    return Finding(
        verdict,
        f"{_times(bare)} 대 {_times(reaches['잔차만 둔 층'])}",
        f"배우기 전, 첫 층의 기울기는 마지막 층의 몇 배인지 보면 둘 다 없을 때 {_times(bare)}, {parts}예요. "
        f"정규화만 있을 때는 {_times(_reach(results, 'norm'))}예요. "
        f"둘 다 없을 때는 0.1배 아래이고 잔차가 있을 때는 0.1~10배일 때 맞다고 하면, {said}",
    )


def _times(reach: Spread) -> str:
    return f"{reach:#.2g}배" if reach.high < 10 else f"{reach:,.0f}배"


def _cannot(stack: str) -> Callable[[Results], Finding]:
    """그것만 있는 깊은 모델은 배우지 못하고, 둘 다 있으면 배우는지 봐요. 배웠는지는 LETTERS가 갈라요."""

    def judge(results: Results) -> Finding:
        alone, both, neither = (_last(results, name) for name in (stack, "pre", "neither"))
        shown = _loss(alone)
        only, added = ("잔차", "정규화") if stack == "residual" else ("정규화", "잔차")
        return Finding(
            all_of((at_least(alone, LETTERS), at_most(both, LETTERS))),
            f"{shown} 대 {both}",
            f"{LAYERS}층씩 쌓고 {STEPS}스텝 뒤의 손실은 {only}만 있으면 {shown}, {added}까지 있으면(Pre-LN) {both}, "
            f"둘 다 없으면 {neither} nat이에요. {GUESSED}",
        )

    return judge


def _loss(last: Spread) -> str:
    """크게 터졌거나 수가 아니게 된 손실도 읽을 수 있게 적어요."""
    if last.high == RUINED:
        return "수가 아님" if last.low == RUINED else f"{last.low:,.0f}~수가 아님"
    return f"{last:,.0f}" if last.high > 100 else f"{last}"


judge_residual_alone = _cannot("residual")
judge_norm_alone = _cannot("norm")


def _than_post(stack: str) -> Callable[[Results], Finding]:
    """깊은 모델이 LETTERS 아래로 배우고 Post-LN보다도 MARGIN 넘게 더 배우는지를, 워밍업이 있을 때와 없을 때 봐요."""

    def judge(results: Results) -> Finding:
        verdicts, figures = {}, []
        for warmup, rise in RISES.items():
            post, other = _last(results, "post", warmup), _last(results, stack, warmup)
            verdicts[rise] = all_of((at_most(other, LETTERS), less(other, post, MARGIN)))
            figures.append(f"{rise}에서 {other} 대 {post}")
        verdict, said = under_conditions(verdicts)
        name = STACKS[stack][0]
        return Finding(
            verdict,
            ", ".join(figures),
            f"{LAYERS}층씩 쌓고 {STEPS}스텝 뒤의 손실을 {name}과 Post-LN으로 견주면 {', '.join(figures)} nat이에요. "
            f"{GUESSED} {said}",
        )

    return judge


judge_pre, judge_deep = _than_post("pre"), _than_post("deep")


def _unevenness(results: Results, stack: str) -> Spread:
    """층 사이에서 가장 큰 기울기가 가장 작은 것의 몇 배인지예요."""
    rows = results.get("before", stack=stack, warmup=True)
    return Spread(tuple(max(row) / min(row) if min(row) else math.inf for row in rows))


def _evener(stack: str) -> Callable[[Results], Finding]:
    """기울기가 Post-LN보다 층마다 고른지를, 고르지 않은 정도의 비율로 봐요. EVENER배 안이면 말할 수 없어요."""

    def judge(results: Results) -> Finding:
        post, other = _unevenness(results, "post"), _unevenness(results, stack)
        ratio = Spread(tuple(a / b for a, b in zip(post.values, other.values, strict=True)))
        rougher, evener = at_most(ratio, 1 / EVENER), at_least(ratio, EVENER)
        name = STACKS[stack][0]
        return Finding(
            Verdict.FAILS if rougher is Verdict.HOLDS else evener if evener is Verdict.HOLDS else Verdict.UNCLEAR,
            f"{other:.2f}배 대 {post:.2f}배",
            f"배우기 전 인코더 {LAYERS}층에서 가장 큰 기울기는 가장 작은 것과 견주어 {name}에서 {other:.2f}배, "
            f"Post-LN에서 {post:.2f}배예요.",
        )

    return judge


judge_even, judge_deep_even = _evener("pre"), _evener("deep")


def judge_rms(results: Results) -> Finding:
    """평균을 빼지 않는 RMSNorm의 손실이 같은 시드의 층 정규화보다 MARGIN 넘게 높지 않은지 봐요."""
    layer, rms = _last(results, "pre"), _last(results, "rms")
    worse = Spread(tuple(b - a for a, b in zip(layer.values, rms.values, strict=True)))
    return Finding(
        all_of((at_most(worse, MARGIN), at_most(rms, LETTERS))),
        f"{rms} 대 {layer}",
        f"Pre-LN에서 {STEPS}스텝 뒤의 손실은 RMSNorm {rms}, 층 정규화 {layer} nat이고, 같은 시드끼리 뺀 차이는 {worse:+.3f} nat이에요. "
        f"차이가 {MARGIN} nat을 넘지 않으면 그만큼 배웠다고 보았어요.",
    )


# -- 그림 --


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 배우기 전 층마다의 기울기, 나머지 둘은 워밍업이 있을 때와 없을 때의 손실이에요. 시드의 평균이에요."""
    gradient, *curves = figure.subplots(1, 3, width_ratios=(1.1, 1, 1))
    styles = ("-", "-", "-", "-", "-", "--", "-")
    colors = ("#9AA5B1", "#3E4C59", "#8D6E63", "#D9730D", "#1F5FA8", "#5BA4E6", "#2E7D32")
    looks = {stack: {"ls": line, "color": color} for stack, line, color in zip(STACKS, styles, colors, strict=True)}
    for stack, look in looks.items():
        mean = _mean(results.get("before", stack=stack, warmup=True))
        gradient.semilogy(range(1, len(mean) + 1), mean, marker=".", label=STACKS[stack][0], **look)
    for axes, (warmup, rise) in zip(curves, RISES.items(), strict=True):
        for stack in STACKS if warmup else BOTH_RISES:
            mean = _mean(results.get("curve", stack=stack, warmup=warmup))
            axes.plot([STEPS * i / len(mean) for i in range(len(mean))], mean, **looks[stack])
        axes.axhline(FREQUENCY, color="#9AA5B1", ls=":", lw=1)
        axes.text(STEPS, FREQUENCY + 0.05, "찍기", color="#616E7C", ha="right", va="bottom", fontsize="small")
        axes.set(title=f"손실: {rise}", xlabel="스텝", ylim=(0, 5))
    curves[0].set(ylabel="토큰당 손실 (nat, 잔차만은 그림 밖)")
    gradient.set(title="배우기 전의 기울기", xlabel="인코더의 층", ylabel="크기 (로그)")
    gradient.yaxis.set_major_formatter(FormatStrFormatter("%.0e"))  # 나눔고딕에는 지수의 빼기 기호가 없어요.
    figure.legend(*gradient.get_legend_handles_labels(), loc="outside lower center", ncols=4)


def _mean(rows: list[list[float]]) -> list[float]:
    return [sum(values) / len(values) for values in zip(*rows, strict=True)]


EXPERIMENT = Experiment(
    name="norms",
    title="잔차와 정규화를 빼거나 옮기면 깊은 모델은 어떻게 될까",
    setting=(
        f"인코더와 디코더를 {LAYERS}층씩 쌓은 d_model {WIDTH}의 모델에서 층마다의 기울기를 재고, "
        f"2~6글자를 베끼는 과제를 {STEPS}스텝(10% 워밍업, 학습률 {RATE}) 학습해요. Post-LN, Pre-LN, DeepNorm은 워밍업 없이도 학습해요."
    ),
    points=POINTS,
    measure=measure,
    claims=(
        Claim("highway", "잔차 연결은 기울기의 고속도로예요", "시리즈 4편", judge_highway),
        Claim("residual-needs-norm", "잔차만으로는 깊은 모델이 배우지 못해요", "우리의 물음", judge_residual_alone),
        Claim("norm-needs-residual", "정규화만으로는 깊은 모델이 배우지 못해요", "우리의 물음", judge_norm_alone),
        Claim("pre-is-stable", "깊은 모델은 Pre-LN이 Post-LN보다 잘 배워요", "시리즈 4편", judge_pre),
        Claim("pre-is-even", "Pre-LN의 기울기는 층마다 더 고르게 나와요", "시리즈 4편", judge_even),
        Claim("rms-is-enough", "RMSNorm은 층 정규화만큼 배워요", "시리즈 4편", judge_rms),
        Claim("deep-is-stable", "깊은 모델은 DeepNorm이 Post-LN보다 잘 배워요", "시리즈 4편", judge_deep),
        Claim("deep-is-even", "DeepNorm의 기울기는 층마다 더 고르게 나와요", "시리즈 4편", judge_deep_even),
    ),
    draw=draw,
    figure_size=(11.0, 4.6),
)
