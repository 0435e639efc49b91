"""논문의 표 1을 세고 재요: 층마다의 계산, 차례로 기다리는 일, 가장 먼 두 토큰 사이의 길 (논문 §4).

n 길이, d 너비. 합성곱과 제한된 어텐션은 자기와 앞의 두 칸(k = 3), 자기와 앞의 일곱 칸(r = 8)을 봐요.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from reference.experiments.costs import Job, alternating_seconds, capped, growth, middle, multiplications
from reference.experiments.drawing import GREEN, PURPLE, curve, log_ticks
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
from reference.experiments.rules import at_most, together
from reference.pictures import BLUE, INK, ORANGE
from reference.rnn import path_length

K, R = 3, 8  # 합성곱의 너비와 제한된 어텐션의 창
LAYERS = {"attention": "셀프 어텐션", "rnn": "RNN", "conv": "합성곱", "window": "제한된 어텐션"}
FORMULAS = {"attention": "n²·d", "rnn": "n·d²", "conv": "k·n·d²", "window": "r·n·d"}
MATH = {"attention": "$n^2 d$", "rnn": "$n d^2$", "conv": "$k n d^2$", "window": "$r n d$"}  # 그림에 쓰는 꼴
POWERS = {"attention": (2, 1), "rnn": (1, 2), "conv": (1, 2), "window": (1, 1)}  # 표 1에 적힌 n과 d의 차수
LENGTHS, WIDTHS = (64, 128, 256, 512, 1024), (32, 64, 128, 256, 512)
FIXED = 128  # n을 바꿀 때의 d와 d를 바꿀 때의 n
SHORT = (4, 8, 16, 32, 64)  # 길을 따라가 볼 길이


def attention(x: Tensor, W: Tensor) -> Tensor:
    """식 (1)에서 가중치 행렬을 뺀 것이에요: softmax(xxᵀ/√d) x. 표 1의 n²·d가 세는 것이에요. x (n, d) → (n, d)."""
    return torch.softmax(x @ x.T * x.size(1) ** -0.5, dim=-1) @ x


def rnn(x: Tensor, W: Tensor) -> Tensor:
    """한 스텝씩 읽어요: h_t = tanh(x_t + h_{t−1} W). 표 1의 n·d²이 세는 것이에요. x (n, d) → (n, d)."""
    h, states = x.new_zeros(1, x.size(1)), []
    for x_t in x.split(1):
        h = torch.tanh(torch.addmm(x_t, h, W[0]))
        states.append(h)
    return torch.cat(states)


def conv(x: Tensor, W: Tensor, dilation: int = 1) -> Tensor:
    """자기와 앞의 k − 1칸을 봐요. dilation을 주면 그만큼씩 건너뛰며 봐요. x (n, d), W (k, d, d) → (n, d)."""
    padded = F.pad(x.T, ((K - 1) * dilation, 0))
    return F.conv1d(padded[None], W.permute(2, 1, 0), dilation=dilation)[0].T


def window(x: Tensor, W: Tensor) -> Tensor:
    """자기와 앞의 r − 1칸만 보는 어텐션이에요. 처음 몇 칸의 앞은 0으로 채워요. x (n, d) → (n, d)."""
    seen = F.pad(x, (0, 0, R - 1, 0)).unfold(0, R, 1)  # (n, d, r)
    weights = torch.softmax(x[:, None] @ seen * x.size(1) ** -0.5, dim=-1)  # (n, 1, r)
    return (weights @ seen.transpose(1, 2))[:, 0]


KINDS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "attention": attention,
    "rnn": rnn,
    "conv": conv,
    "window": window,
}


def longest_chain(output: Tensor) -> int:
    """출력에서 입력까지 거슬러 올라가며, 앞의 것이 끝나야 시작할 수 있는 행렬 곱이 가장 많은 길의 행렬 곱 수예요.

    자동 미분이 적어 둔 계산 그래프를 따라가요.
    """
    longest: dict[Any, int] = {}
    last: Any = output.grad_fn
    stack = [last]
    while stack:
        node = stack[-1]
        before = [parent for parent, _ in node.next_functions if parent is not None]
        waiting = [parent for parent in before if parent not in longest]
        if waiting:
            stack += waiting
            continue
        product = any(name in node.name() for name in ("MmBackward", "BmmBackward", "AddmmBackward", "Convolution"))
        longest[node] = product + max((longest[parent] for parent in before), default=0)
        stack.pop()
    return longest[last]


def hops(kind: str, n: int, seed: int) -> int:
    """첫 토큰이 마지막 토큰에 닿을 때까지 층을(RNN은 스텝을) 몇 번 지나는지예요. 닿았는지는 진짜 기울기가 0이 아닌지로 봐요.

    "attention", "rnn", "conv", "dilated"(층마다 k배로 건너뛰는 합성곱), "window".
    """
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    W = torch.randn(K, 4, 4, dtype=torch.float64, generator=generator)
    h = x
    for count in range(1, n + 1):
        if kind == "rnn":  # 모든 자리가 함께 한 스텝 나아가요: 바로 앞자리의 상태를 받아요.
            h = torch.tanh(x + F.pad(h[:-1], (0, 0, 1, 0)) @ W[0])
        elif kind in ("conv", "dilated"):
            h = torch.tanh(conv(h, W, K ** (count - 1) if kind == "dilated" else 1))
        else:
            h = KINDS[kind](h, W)
        (gradient,) = torch.autograd.grad(h[-1].sum(), x, retain_graph=True)
        if gradient[0].ne(0).any():
            return count
    raise LookupError(f"{n}번 안에 닿지 않았어요: {kind}")


def expected_hops(kind: str, n: int) -> int:
    """이론의 길이예요: 셀프 어텐션 1, RNN n − 1, 합성곱 (n − 1)/(k − 1), 건너뛰면 log_k n, 창은 (n − 1)/(r − 1). 모두 올림해요."""
    if kind in ("conv", "window"):
        return math.ceil((n - 1) / ((K if kind == "conv" else R) - 1))
    return path_length({"attention": "self_attention", "dilated": "conv"}.get(kind, kind), n, K)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """length와 width는 크기마다의 곱셈 수와 시간(초)을, path는 길이마다의 기다림과 길을 목록으로 돌려줘요."""
    if point["vary"] == "path":
        return _paths(seed)
    torch.manual_seed(seed)
    measured: Measured = {f"{kind}_{what}": [] for kind in KINDS for what in ("multiplications", "seconds")}
    for size in LENGTHS if point["vary"] == "length" else WIDTHS:
        n, d = (capped(size, setup), FIXED) if point["vary"] == "length" else (FIXED, size)
        x = torch.randn(n, d, device=setup.device)
        W = torch.randn(K, d, d, device=setup.device) / d**0.5
        jobs: dict[str, Job] = {kind: partial(layer, x, W) for kind, layer in KINDS.items()}
        seconds = middle(alternating_seconds(jobs, max(2, setup.steps(15)), setup.device))
        for kind, job in jobs.items():
            measured[f"{kind}_multiplications"].append(multiplications(job))
            measured[f"{kind}_seconds"].append(seconds[kind])
    return measured


def _paths(seed: int) -> Measured:
    measured: Measured = {f"{kind}_hops": [hops(kind, n, seed) for n in SHORT] for kind in PATHS}
    for kind, layer in KINDS.items():
        W = torch.randn(K, 4, 4)
        measured[f"{kind}_chain"] = [longest_chain(layer(torch.randn(n, 4, requires_grad=True), W)) for n in SHORT]
    return measured


PATHS = {
    "attention": "셀프 어텐션",
    "rnn": "RNN",
    "conv": "합성곱",
    "dilated": "건너뛰는 합성곱",
    "window": "제한된 어텐션",
}
POINTS = tuple({"vary": vary} for vary in ("length", "width", "path"))


def _powers(results: Results, kind: str, what: str) -> tuple[Spread, Spread]:
    """시드마다 맞춘 (n의 차수, d의 차수)예요."""
    rows = [results.get(f"{kind}_{what}", vary=vary) for vary in ("length", "width")]
    n, d = (
        Spread(tuple(growth(sizes, values) for values in row))
        for sizes, row in zip((LENGTHS, WIDTHS), rows, strict=True)
    )
    return n, d


def _follow(results: Results, what: str, word: str, slack: float) -> Finding:
    """층마다 n과 d의 차수가 표 1에서 slack 안에 있는지 봐요. word는 무엇의 차수인지예요."""
    seen = {kind: _powers(results, kind, what) for kind in LAYERS}
    verdicts = {
        f"{LAYERS[kind]}의 {side}": at_most(Spread(tuple(abs(value - power) for value in spread.values)), slack)
        for kind, spreads in seen.items()
        for side, spread, power in zip("nd", spreads, POWERS[kind], strict=True)
    }
    listed = ", ".join(f"{LAYERS[kind]} n {n:.2f}, d {d:.2f}({FORMULAS[kind]})" for kind, (n, d) in seen.items())
    apart = [name for name, verdict in verdicts.items() if verdict is not Verdict.HOLDS]
    fitting = len(verdicts) - len(apart)
    return Finding(
        together(verdicts.values()),
        f"차수 {len(verdicts)}개 가운데 {fitting}개",
        f"{word} 자라는 차수는 {listed}이고, {len(verdicts)}개 가운데 {fitting}개가 표 1과 {slack} 안에서 같았어요."
        + (f" {', '.join(apart)} 쪽은 달랐어요." if apart else ""),
    )


def judge_complexity(results: Results) -> Finding:
    """가중치 행렬로 만드는 쿼리, 키, 값과 입력의 투영을 뺀 곱셈을 세어 표 1의 차수와 견줘요."""
    return _follow(results, "multiplications", "곱셈 수가", 0.05)


def judge_time(results: Results) -> Finding:
    """같은 차수로 시간도 자라는지 봐요. 0.35 안이면 같다고 해요."""
    return _follow(results, "seconds", "시간이", 0.35)


def judge_sequential(results: Results) -> Finding:
    """차례로 기다리는 행렬 곱의 수가 RNN에서만 n에 비례하고 나머지는 그대로인지 봐요."""
    chains = {kind: results.get(f"{kind}_chain", vary="path") for kind in LAYERS}
    powers = {kind: [growth(SHORT, chain) for chain in rows] for kind, rows in chains.items()}
    right = all(abs(power - (1 if kind == "rnn" else 0)) < 0.05 for kind, values in powers.items() for power in values)
    listed = ", ".join(f"{LAYERS[kind]} {rows[0][0]}에서 {rows[0][-1]}" for kind, rows in chains.items())
    return Finding(
        Verdict.HOLDS if right else Verdict.FAILS,
        f"{SHORT[-1]}토큰에서 RNN {chains['rnn'][0][-1]}번, 셀프 어텐션 {chains['attention'][0][-1]}번",
        f"{SHORT[0]}토큰에서 {SHORT[-1]}토큰으로 늘릴 때 앞의 것을 기다리는 행렬 곱은 {listed}번이 되었어요.",
    )


def judge_path(results: Results) -> Finding:
    """첫 토큰이 마지막 토큰에 닿을 때까지 지나는 수가 길이마다 이론과 같은지 봐요."""
    seen = {kind: results.get(f"{kind}_hops", vary="path") for kind in PATHS}
    right = all(row == [expected_hops(kind, n) for n in SHORT] for kind, rows in seen.items() for row in rows)
    listed = ", ".join(f"{PATHS[kind]} {rows[0][-1]}" for kind, rows in seen.items())
    return Finding(
        Verdict.HOLDS if right else Verdict.FAILS,
        f"{SHORT[-1]}토큰에서 {seen['attention'][0][-1]}과 {seen['rnn'][0][-1]}",
        f"{SHORT[-1]}토큰의 처음에서 끝까지 기울기가 닿는 데 지나는 층이나 스텝은 {listed}번이에요. "
        f"한 층이 k − 1칸(창은 r − 1칸)씩 가므로 합성곱과 창은 (n − 1)/(k − 1), (n − 1)/(r − 1)을 올림한 것과 견줬어요. "
        "표의 n/k와 n/r은 이것을 어림해 적은 꼴이에요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽부터 길이에 따른 곱셈, 시간, 그리고 가장 먼 길이에요."""
    axes = figure.subplots(1, 3)
    colors = dict(zip(LAYERS, (BLUE, ORANGE, GREEN, PURPLE), strict=True))
    for axis, what, scale in ((axes[0], "multiplications", 1e6), (axes[1], "seconds", 1e-3)):
        for kind, color in colors.items():
            columns = zip(*results.get(f"{kind}_{what}", vary="length"), strict=True)
            spreads = [Spread(column).times(1 / scale) for column in columns]
            curve(axis, LENGTHS, spreads, color, f"{LAYERS[kind]}: {MATH[kind]}")
        log_ticks(axis, at=LENGTHS)
    axes[0].set(title=f"곱셈 수 (d = {FIXED})", xlabel="길이 n (토큰)", ylabel="백만 번")
    axes[1].set(title=f"시간 (d = {FIXED})", xlabel="길이 n (토큰)", ylabel="밀리초")
    for kind, color in {**colors, "dilated": INK}.items():
        rows = results.get(f"{kind}_hops", vary="path")
        axes[2].plot(SHORT, rows[0], color=color, marker="o", label=PATHS[kind])
    axes[2].set(title="가장 먼 길", xlabel="길이 n (토큰)", ylabel="지나는 층이나 스텝")
    log_ticks(axes[2], at=SHORT)
    axes[2].legend(fontsize=8)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=4, fontsize=9)


EXPERIMENT = Experiment(
    name="table1",
    title="표 1의 세 줄은 재어도 그대로일까",
    setting="CPU 스레드 하나에서 층 넷의 곱셈 수와 시간을 n(64~1,024)과 d(32~512)를 바꾸며 재고, 계산 그래프와 기울기를 따라 기다림과 길을 세어요. k는 3, r은 8이에요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim("complexity", "층의 계산은 n²d, nd², knd², rnd로 늘어나요", "논문 표 1", judge_complexity),
        Claim("sequential", "차례로 기다리는 일은 RNN만 O(n)이에요", "논문 표 1", judge_sequential),
        Claim("path-length", "가장 먼 길은 1, n, log_k n(건너뛰지 않으면 n/k), n/r이에요", "논문 표 1", judge_path),
        Claim("time-follows", "CPU 스레드 하나에서 걸리는 시간도 표 1의 차수로 늘어나요", "논문 표 1", judge_time),
    ),
    draw=draw,
    alone=True,
    figure_size=(11.0, 4.2),
)
