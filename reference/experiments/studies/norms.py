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
from reference.experiments.rules import less
from reference.experiments.small_training import COPYING, Pairs, build, copying, learn, smooth
from reference.norm import AddNorm, Sublayer
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

LAYERS, WIDTH, STEPS, BATCH, RATE, LONGEST = 12, 32, 100, 32, 3e-3, 6
MARGIN = 0.15  # nat


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


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """배우기 전과 뒤의 층별 기울기와, 배운 뒤의 손실을 재요.

    before와 after는 손실을 인코더 각 층의 출력으로 미분한 것의 크기예요(첫 층부터). last는 마지막 10% 스텝의 평균 손실(nat)이에요.
    """
    _, changes, forward = STACKS[point["stack"]]
    data, steps = copying(setup.size(4000, 64), LONGEST, seed).to(setup.device), setup.steps(STEPS)
    replaced = patch.object(AddNorm, "forward", forward) if forward else contextlib.nullcontext()
    with replaced:
        model = build(COPYING, seed, d_model=WIDTH, d_ff=2 * WIDTH, n_layers=LAYERS, dropout=0.0, **changes)
        model.to(setup.device)
        before = gradients(model, data)
        ramp = max(1, steps // 10)
        losses = learn(model, data, steps, lambda step: RATE * min(step / ramp, 1), 0.0, seed, BATCH)
        after = gradients(model, data)
    return {
        "before": before,
        "after": after,
        "reach": before[0] / before[-1] if before[-1] else 0.0,
        "last": smooth(losses, ramp)[-1],
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
    return results.spread("reach", stack=stack)


def _last(results: Results, stack: str) -> Spread:
    return results.spread("last", stack=stack)


def judge_highway(results: Results) -> Finding:
    """첫 층의 기울기가 잔차가 없으면 마지막 층의 10분의 1도 안 되고, 잔차가 있으면 그보다 큰지 봐요."""
    bare, open_road = _reach(results, "neither"), _reach(results, "residual")
    tenth = Spread((0.1,) * len(bare.values))
    vanishes, flows = less(bare, tenth), less(tenth, open_road)
    both = Verdict.HOLDS if vanishes is flows is Verdict.HOLDS else Verdict.UNCLEAR
    return Finding(
        Verdict.FAILS if Verdict.FAILS in (vanishes, flows) else both,
        f"{bare:.1e}배 대 {open_road:.1e}배",
        f"배우기 전, 첫 층의 기울기는 마지막 층의 몇 배인지 보면 둘 다 없을 때 {bare:.1e}배, 잔차만 있을 때 {open_road:.1e}배, "
        f"둘 다 있을 때(Pre-LN) {_reach(results, 'pre'):.1f}배예요.",
    )


def judge_residual_alone(results: Results) -> Finding:
    """잔차만으로는 정규화와 함께일 때보다 MARGIN 넘게 덜 배우는지 봐요."""
    alone, both = _last(results, "residual"), _last(results, "pre")
    return Finding(
        less(both, alone, MARGIN),
        f"{alone:,.0f} 대 {both}",
        f"{LAYERS}층을 쌓고 {STEPS}스텝 뒤의 손실은 잔차만 있으면 {alone:,.0f}, 정규화까지 있으면(Pre-LN) {both} nat이에요.",
    )


def judge_norm_alone(results: Results) -> Finding:
    """정규화만으로는 잔차와 함께일 때보다 MARGIN 넘게 덜 배우는지 봐요."""
    alone, both = _last(results, "norm"), _last(results, "pre")
    return Finding(
        less(both, alone, MARGIN),
        f"{alone} 대 {both}",
        f"{LAYERS}층을 쌓고 {STEPS}스텝 뒤의 손실은 정규화만 있으면 {alone}, 잔차까지 있으면(Pre-LN) {both} nat이에요. "
        f"둘 다 없으면 {_last(results, 'neither')} nat이에요.",
    )


def judge_pre(results: Results) -> Finding:
    """Pre-LN이 Post-LN보다 깊은 모델에서 MARGIN 넘게 더 배우는지 봐요."""
    post, pre = _last(results, "post"), _last(results, "pre")
    return Finding(
        less(pre, post, MARGIN),
        f"{pre} 대 {post}",
        f"같은 학습률과 워밍업으로 {STEPS}스텝 뒤의 손실은 Pre-LN {pre}, Post-LN {post} nat이에요.",
    )


def _unevenness(results: Results, stack: str) -> Spread:
    """층 사이에서 가장 큰 기울기가 가장 작은 것의 몇 배인지예요."""
    rows = results.get("before", stack=stack)
    return Spread(tuple(max(row) / min(row) if min(row) else math.inf for row in rows))


def judge_even(results: Results) -> Finding:
    """Pre-LN의 기울기가 Post-LN보다 층마다 고른지 봐요."""
    post, pre = _unevenness(results, "post"), _unevenness(results, "pre")
    return Finding(
        less(Spread(tuple(1.2 * value for value in pre.values)), post),
        f"{pre:.1f}배 대 {post:.1f}배",
        f"배우기 전 인코더 {LAYERS}층에서 가장 큰 기울기는 가장 작은 것의 Pre-LN {pre:.1f}배, Post-LN {post:.1f}배예요.",
    )


def judge_rms(results: Results) -> Finding:
    """평균을 빼지 않는 RMSNorm의 손실이 층 정규화와 시드마다 MARGIN 안에서 같은지 봐요."""
    layer, rms = _last(results, "pre"), _last(results, "rms")
    apart = Spread(tuple(abs(a - b) for a, b in zip(layer.values, rms.values, strict=True)))
    return Finding(
        less(apart, Spread((MARGIN,) * len(apart.values))),
        f"{rms} 대 {layer}",
        f"Pre-LN에서 RMSNorm의 손실은 {rms}, 층 정규화는 {layer} nat이고, 같은 시드끼리는 {apart} nat 떨어져 있어요.",
    )


def judge_deep(results: Results) -> Finding:
    """DeepNorm이 같은 Post-LN 자리에서 MARGIN 넘게 더 배우는지 봐요."""
    post, deep = _last(results, "post"), _last(results, "deep")
    return Finding(
        less(deep, post, MARGIN),
        f"{deep} 대 {post}",
        f"{LAYERS}층씩 쌓아 같은 학습률로 {STEPS}스텝 배운 손실은 DeepNorm {deep}, Post-LN {post} nat이에요.",
    )


def judge_deep_even(results: Results) -> Finding:
    """DeepNorm의 기울기가 Post-LN보다 층마다 고른지 봐요."""
    post, deep = _unevenness(results, "post"), _unevenness(results, "deep")
    return Finding(
        less(Spread(tuple(1.2 * value for value in deep.values)), post),
        f"{deep:.2f}배 대 {post:.2f}배",
        f"배우기 전 인코더 {LAYERS}층에서 가장 큰 기울기는 가장 작은 것의 DeepNorm {deep:.2f}배, Post-LN {post:.2f}배예요.",
    )


# -- 그림 --


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 배우기 전 층마다의 기울기, 오른쪽은 손실의 곡선이에요. 시드의 평균이에요."""
    left, right = figure.subplots(1, 2)
    styles = ("-", "-", "-", "-", "-", "--", "-")
    colors = ("#9AA5B1", "#3E4C59", "#8D6E63", "#D9730D", "#1F5FA8", "#5BA4E6", "#2E7D32")
    for (stack, (label, _, _)), line, color in zip(STACKS.items(), styles, colors, strict=True):
        rows = results.get("before", stack=stack)
        mean = [sum(values) / len(values) for values in zip(*rows, strict=True)]
        left.semilogy(range(1, len(mean) + 1), mean, line, color=color, marker=".", label=label)
        curves = results.get("curve", stack=stack)
        mean = [sum(values) / len(values) for values in zip(*curves, strict=True)]
        right.plot([STEPS * i / len(mean) for i in range(len(mean))], mean, line, color=color)
    left.set(title="배우기 전의 기울기", xlabel="인코더의 층", ylabel="크기 (로그)")
    left.yaxis.set_major_formatter(FormatStrFormatter("%.0e"))  # 나눔고딕에는 지수의 빼기 기호가 없어요.
    right.set(title="손실 (잔차만은 그림 밖)", xlabel="스텝", ylabel="토큰당 손실 (nat)", ylim=(0, 5))
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)


EXPERIMENT = Experiment(
    name="norms",
    title="잔차와 정규화를 빼거나 옮기면 깊은 모델은 어떻게 될까",
    setting=(
        f"인코더와 디코더를 {LAYERS}층씩 쌓은 d_model {WIDTH}의 모델에서 층마다의 기울기를 재고, "
        f"2~6글자를 베끼는 과제로 {STEPS}스텝(10% 워밍업, 학습률 {RATE}) 배워요."
    ),
    points=tuple({"stack": stack} for stack in STACKS),
    measure=measure,
    claims=(
        Claim("highway", "잔차 연결은 기울기의 고속도로예요", "시리즈 4편", judge_highway),
        Claim("residual-needs-norm", "잔차만으로는 깊은 모델을 배우지 못해요", "우리의 물음", judge_residual_alone),
        Claim("norm-needs-residual", "정규화만으로는 깊은 모델을 배우지 못해요", "우리의 물음", judge_norm_alone),
        Claim("pre-is-stable", "깊은 모델은 Pre-LN이 Post-LN보다 잘 배워요", "시리즈 4편", judge_pre),
        Claim("pre-is-even", "Pre-LN의 기울기는 층마다 더 골라요", "시리즈 4편", judge_even),
        Claim("rms-is-enough", "RMSNorm은 층 정규화만큼 배워요", "시리즈 4편", judge_rms),
        Claim("deep-is-stable", "DeepNorm은 깊은 Post-LN도 배우게 해요", "시리즈 4편", judge_deep),
        Claim("deep-is-even", "DeepNorm의 기울기는 층마다 더 골라요", "시리즈 4편", judge_deep_even),
    ),
    draw=draw,
    figure_size=(9.0, 4.6),
)
