"""셀프 어텐션과 RNN 층 하나의 곱셈 수와 시간을 길이 n과 너비 d를 바꾸며 견줘요 (논문 §4, 표 1)."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch import nn

from reference.attention import self_attention
from reference.experiments.costs import (
    alternating_seconds,
    capped,
    layer_multiplications,
    middle,
    multiplications,
    paired_ratio,
)
from reference.experiments.drawing import GREEN, curve, log_ticks
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
from reference.experiments.rules import at_least, faster, together
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.rnn import rnn_forward

LENGTHS, WIDTHS = (10, 32, 100, 320, 1000, 2000), (64, 256)
READERS = {"loop": "파이썬 반복문 RNN", "rnn": "nn.RNN", "gru": "nn.GRU", "lstm": "nn.LSTM"}


@torch.inference_mode()
def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """문장 한 개(batch가 있으면 그만큼)를 층 하나가 한 번 읽어요. 시간의 단위는 초이고 비율은 RNN ÷ 셀프 어텐션이에요."""
    n, d, device = capped(point["n"], setup, 10), point["d"], setup.device
    torch.manual_seed(seed)
    x = torch.randn(point["batch"], n, d, device=device)
    W, h0, b = torch.randn(3, d, d, device=device) / d**0.5, x.new_zeros(len(x), d), x.new_zeros(d)
    cells = {
        name: kind(d, d, batch_first=True).to(device)
        for name, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM))
    }
    jobs = {
        "attention": lambda: self_attention(x, W[0], W[1], W[2], None),
        "loop": lambda: rnn_forward(x, h0, W[0], W[1], b),
        "rnn": lambda: cells["rnn"](x),
        "gru": lambda: cells["gru"](x),
        "lstm": lambda: cells["lstm"](x),
    }
    times = alternating_seconds(jobs, max(3, setup.steps(15)), device)
    measured: Measured = {f"{name}_seconds": seconds for name, seconds in middle(times).items()}
    for name in READERS:
        measured[f"{name}_slower"] = paired_ratio(times[name], times["attention"])
    # nn.LSTM은 oneDNN 안에서 곱해서 계수기가 세지 못해요. 셀 수 있는 것은 세고 LSTM과 GRU는 식으로 적어요.
    for name in ("attention", "loop"):
        measured[f"{name}_multiplications"] = multiplications(jobs[name]) // len(x)
    for name in ("gru", "lstm"):
        measured[f"{name}_multiplications"] = layer_multiplications(name, n, d)
    return measured


POINTS = tuple({"n": n, "d": d, "batch": 1} for d in WIDTHS for n in LENGTHS) + ({"n": 100, "d": 64, "batch": 32},)
HUNDRED = tuple(point for point in POINTS if point["n"] == 100)


def judge_hundred(results: Results, wanted: float) -> Finding:
    """100단어에서 wanted배보다 빠른지를 RNN 넷과 조건 셋에서 봐요. 곳에 따라 갈리면 조건에 따라요."""
    seen = {
        f"{READERS[reader]}(d {point['d']}, 문장 {point['batch']}개)": results.spread(f"{reader}_slower", **point)
        for reader in READERS
        for point in HUNDRED
    }
    most, least = (pick(seen, key=lambda where: seen[where].mean) for pick in (max, min))
    return Finding(
        together(at_least(spread, wanted) for spread in seen.values()),
        f"{seen[least].mean:.1f}~{seen[most].mean:.1f}배",
        f"CPU 스레드 하나에서 100단어를 읽는 데 셀프 어텐션보다 {most}는 {seen[most]:.1f}배, {least}는 {seen[least]:.1f}배 걸렸어요.",
    )


def judge_multiplications(results: Results) -> Finding:
    """n < d인 곳에서 가중치 행렬까지 센 곱셈이 더 적은지를 RNN과 LSTM에서 따로 봐요."""
    short = [point for point in POINTS if point["n"] < point["d"] and point["batch"] == 1]
    shares = {
        name: [
            results.spread("attention_multiplications", **point).mean
            / results.spread(f"{name}_multiplications", **point).mean
            for point in short
        ]
        for name in ("loop", "lstm")
    }
    verdict = together(Verdict.HOLDS if share < 1 else Verdict.FAILS for row in shares.values() for share in row)
    rnn, lstm = shares.values()
    return Finding(
        verdict,
        f"RNN의 {min(rnn):.2f}~{max(rnn):.2f}배, LSTM의 {min(lstm):.2f}~{max(lstm):.2f}배",
        f"n이 d보다 작은 {len(short)}곳에서 가중치 행렬까지 센 셀프 어텐션의 곱셈은 RNN의 {min(rnn):.2f}~{max(rnn):.2f}배, "
        f"LSTM의 {min(lstm):.2f}~{max(lstm):.2f}배예요. 다 세면 3nd² + 2n²d라서 2nd²인 RNN보다는 언제나 많고, "
        "8nd²인 LSTM보다는 n이 2.5d보다 작을 때 적어요.",
    )


def judge_faster_when_short(results: Results) -> Finding:
    """n < d인 곳마다 nn.RNN, nn.GRU, nn.LSTM보다 빠른지 시간으로 봐요."""
    short = [point for point in POINTS if point["n"] < point["d"] and point["batch"] == 1]
    seen = {
        (reader, point["n"], point["d"]): results.spread(f"{reader}_slower", **point)
        for reader in ("rnn", "gru", "lstm")
        for point in short
    }
    verdicts = {key: faster(spread) for key, spread in seen.items()}
    winning = [key for key, verdict in verdicts.items() if verdict is Verdict.HOLDS]
    low, high = (pick(spread.mean for spread in seen.values()) for pick in (min, max))
    losing = sorted({READERS[key[0]] + f"(n {key[1]}, d {key[2]})" for key in seen if key not in winning})
    return Finding(
        together(verdicts.values()),
        f"{len(seen)}곳 가운데 {len(winning)}곳",
        f"n이 d보다 작은 {len(seen)}곳 가운데 {len(winning)}곳에서 셀프 어텐션이 1.1배 넘게 빨랐고, 비율은 {low:.1f}~{high:.1f}배예요."
        + (f" 빠르다고 할 수 없던 곳은 {', '.join(losing)}이에요." if losing else ""),
    )


def judge_long(results: Results) -> Finding:
    """가장 긴 문장에서 nn.RNN보다 느려지는지를 너비마다 봐요. 비율은 셀프 어텐션 ÷ nn.RNN이에요."""
    ratios = {
        d: Spread(tuple(1 / ratio for ratio in results.get("rnn_slower", n=LENGTHS[-1], d=d, batch=1))) for d in WIDTHS
    }
    return Finding(
        together(faster(ratio) for ratio in ratios.values()),
        ", ".join(f"d {d}: {ratio:.1f}배" for d, ratio in ratios.items()),
        f"{LENGTHS[-1]:,}단어에서 nn.RNN은 셀프 어텐션보다 "
        + ", ".join(f"{ratio:.1f}배(d {d})" for d, ratio in ratios.items())
        + " 빨랐어요. 1.1배를 넘어야 빠르다고 판정해요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """너비마다 한 칸에, RNN들의 시간과 곱셈을 셀프 어텐션에 견준 비율로 그려요."""
    axes = figure.subplots(1, len(WIDTHS), sharey=True)
    styles = {"loop": (MUTED, "s"), "rnn": (BLUE, "o"), "gru": (GREEN, "^"), "lstm": (ORANGE, "D")}
    for axis, d in zip(axes, WIDTHS, strict=True):
        points = [{"n": n, "d": d, "batch": 1} for n in LENGTHS]
        for reader, (color, marker) in styles.items():
            ratios = [results.spread(f"{reader}_slower", **point) for point in points]
            curve(axis, LENGTHS, ratios, color, f"{READERS[reader]}의 시간", marker=marker)
        share = [layer_multiplications("rnn", n, d) / layer_multiplications("attention", n, d) for n in LENGTHS]
        axis.plot(LENGTHS, share, color=INK, linestyle="--", label="RNN의 곱셈 수")
        axis.axhline(1, color=INK, linewidth=0.8)
        axis.axvline(d, color=MUTED, linewidth=1, linestyle=":")
        axis.set(title=f"d = {d} (점선에서 n = d)", xlabel="문장 길이 n (단어)")
        log_ticks(axis, at=LENGTHS)
    axes[0].set_ylabel("셀프 어텐션의 몇 배")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)


EXPERIMENT = Experiment(
    name="rnn-cost",
    title="셀프 어텐션은 RNN보다 얼마나 빠를까",
    setting="CPU 스레드 하나에서 층 하나가 문장을 한 번 읽는 시간을 번갈아 재고 곱셈을 세어요. d는 64와 256, n은 10에서 2,000단어까지예요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim(
            "hundred-times",
            "CPU 스레드 하나에서 100단어는 100배 빨라요",
            "첫 읽기",
            lambda results: judge_hundred(results, 100),
        ),
        Claim(
            "tens-of-times",
            "CPU 스레드 하나에서 RNN보다 수십 배 빨라요",
            "시리즈 1편",
            lambda results: judge_hundred(results, 20),
        ),
        Claim(
            "fewer-multiplications", "n이 d보다 작으면 셀프 어텐션의 계산이 더 적어요", "논문 §4", judge_multiplications
        ),
        Claim(
            "faster-when-short",
            "CPU 스레드 하나에서 n이 d보다 작으면 셀프 어텐션이 더 빨라요",
            "논문 §4",
            judge_faster_when_short,
        ),
        Claim("slower-when-long", "CPU 스레드 하나에서 n이 d보다 아주 크면 RNN이 더 빨라요", "논문 표 1", judge_long),
    ),
    draw=draw,
    alone=True,
    figure_size=(9.0, 4.4),
)
