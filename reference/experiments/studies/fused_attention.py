"""점수표를 통째로 만드는 어텐션과 만들지 않는 어텐션(SDPA)의 시간과 메모리를 길이를 바꾸며 견줘요 (레슨 5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from reference.experiments.costs import Job, alternating_seconds, capped, growth, middle, paired_ratio
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
from reference.experiments.peak_memory import peak_bytes
from reference.experiments.rules import all_of, at_least, at_most, faster, same_values, together, under_conditions
from reference.pictures import BLUE, INK, ORANGE

LENGTHS = (16, 64, 256, 1024, 2048)
HEADS, D_K = 8, 64
LONG = tuple(length for length in LENGTHS if length >= 256)  # 메모리가 자라는 차수를 맞추는 길이
PARTS = {"forward": "값만", "both": "기울기까지"}


def naive(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """식 그대로예요. 점수표 (B, H, T, S)를 통째로 만들어요. q k v (B, H, T, K) → (B, H, T, K)."""
    return torch.softmax(q @ k.transpose(-2, -1) * D_K**-0.5, dim=-1) @ v


def fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """SDPA예요. 점수표를 조각마다 만들어 쓰고 버려요. q k v (B, H, T, K) → (B, H, T, K)."""
    return F.scaled_dot_product_attention(q, k, v)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """문장 batch개, 헤드 8개, d_k 64에서 시간(초)과 새로 잡은 최대 메모리(바이트), 두 값의 가장 큰 차이를 재요."""
    length = capped(point["length"], setup)
    torch.manual_seed(seed)
    inputs = torch.randn(3, point["batch"], HEADS, length, D_K, device=setup.device).unbind()
    learnt = [x.clone().requires_grad_() for x in inputs]
    ways: dict[str, Callable[..., Tensor]] = {"naive": naive, "fused": fused}

    def forward(way: Callable[..., Tensor]) -> Tensor:
        with torch.inference_mode():
            return way(*inputs)

    def both(way: Callable[..., Tensor]) -> tuple[Tensor, ...]:
        return torch.autograd.grad(way(*learnt).sum(), learnt)

    measured: Measured = {"difference": (forward(ways["naive"]) - forward(ways["fused"])).abs().max().item()}
    for part, work in (("forward", forward), ("both", both)):
        jobs: dict[str, Job] = {name: partial(work, way) for name, way in ways.items()}
        times = alternating_seconds(jobs, max(2, setup.steps(9)), setup.device)
        measured[f"{part}_faster"] = paired_ratio(times["naive"], times["fused"])
        for name, seconds in middle(times).items():
            measured[f"{part}_{name}_seconds"] = seconds
            measured[f"{part}_{name}_bytes"] = peak_bytes(jobs[name], setup.device)
    return measured


MANY = ((16, 64), (64, 16))  # 학습할 때처럼 짧은 문장 여럿: (길이, 문장 수)
POINTS = (
    *({"length": length, "batch": 1} for length in LENGTHS),
    *({"length": length, "batch": batch} for length, batch in MANY),
)


def _all(results: Results, key: str, lengths: tuple[int, ...] = LENGTHS) -> list[Spread]:
    return [results.spread(key, length=length, batch=1) for length in lengths]


def judge_faster(results: Results) -> Finding:
    """값만 구할 때와 기울기까지 구할 때, 길이마다 더 빠른지 봐요. 어느 것이 빠르고 어느 것이 아닌지도 말해요."""
    verdicts: list[Verdict] = []
    sentences, means = [], []
    for part, label in PARTS.items():
        ratios = {_place(point): results.spread(f"{part}_faster", **point) for point in POINTS}
        each = {place: faster(ratio) for place, ratio in ratios.items()}
        listed = ", ".join(f"{place} {ratio:.1f}배" for place, ratio in ratios.items())
        sentences.append(f"{label} 구할 때는 {listed}이고, {under_conditions(each)[1]}")
        verdicts += each.values()
        means += [ratio.mean for ratio in ratios.values()]
    return Finding(
        together(verdicts),
        f"{min(means):.1f}~{max(means):.1f}배",
        f"점수표를 만들 때의 시간이 SDPA의 몇 배인지 보고 1.1배를 넘어야 빠르다고 판정해요. {' '.join(sentences)}",
    )


def _place(point: Point) -> str:
    return f"{point['length']:,}토큰" + (f" {point['batch']}문장" if point["batch"] > 1 else "")


def judge_memory(results: Results) -> Finding:
    """최대 메모리가 자라는 차수를 시드마다 맞춰요. 통째로 만들면 1.8 이상이고, 만들지 않으면 1.2 이하여야 맞아요."""
    powers = {(part, name): _power(results, f"{part}_{name}_bytes") for part in PARTS for name in ("naive", "fused")}
    verdict = all_of(
        at_most(power, 1.2) if name == "fused" else at_least(power, 1.8) for (_, name), power in powers.items()
    )
    naive_bytes, fused_bytes = (
        results.spread(f"forward_{name}_bytes", length=LENGTHS[-1], batch=1).mean / 2**20 for name in ("naive", "fused")
    )
    return Finding(
        verdict,
        f"{powers['forward', 'naive'].mean:.2f}제곱에서 {powers['forward', 'fused'].mean:.2f}제곱으로",
        f"{LONG[0]}토큰부터 메모리는 점수표를 만들면 길이의 {powers['forward', 'naive']:.2f}제곱(기울기까지 {powers['both', 'naive']:.2f}), "
        f"만들지 않으면 {powers['forward', 'fused']:.2f}제곱({powers['both', 'fused']:.2f})으로 자랐어요. "
        f"{LENGTHS[-1]:,}토큰에서 {naive_bytes:.0f}MiB와 {fused_bytes:.1f}MiB예요.",
    )


def _power(results: Results, key: str) -> Spread:
    columns = zip(*(spread.values for spread in _all(results, key, LONG)), strict=True)
    return Spread(tuple(growth(LONG, values) for values in columns))


def judge_same(results: Results) -> Finding:
    """두 값이 모든 지점과 시드에서 float32의 반올림만큼만 다른지 봐요."""
    verdict, worst = same_values([results.spread("difference", **point) for point in POINTS], 1e-5)
    return Finding(
        verdict,
        f"가장 큰 차이 {worst:.0e}",
        f"문장 하나를 {LENGTHS[0]}토큰부터 {LENGTHS[-1]:,}토큰까지, 그리고 짧은 문장 여럿을 계산할 때 두 값의 차이는 커도 {worst:.0e} 수준이에요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 몇 배 빠른지, 오른쪽은 최대 메모리예요."""
    left, right = figure.subplots(1, 2)
    for (part, label), color in zip(PARTS.items(), (BLUE, GREEN), strict=True):
        curve(left, LENGTHS, _all(results, f"{part}_faster"), color, f"{label} 구할 때")
        many = [results.spread(f"{part}_faster", length=length, batch=batch).mean for length, batch in MANY]
        left.plot([length for length, _ in MANY], many, "D", color=color, label=f"{label}, 짧은 문장 여럿")
    left.axhline(1, color=INK, linewidth=0.8)
    left.set(title="점수표를 만들지 않으면 몇 배 빠른지", xlabel="문장 길이 (토큰)", ylabel="배")
    left.legend(fontsize=9)
    for name, label, color in (("naive", "점수표를 만듦", ORANGE), ("fused", "만들지 않음 (SDPA)", BLUE)):
        for part, style in (("forward", "-"), ("both", "--")):
            sizes = [spread.times(2**-20) for spread in _all(results, f"{part}_{name}_bytes")]
            curve(right, LENGTHS, sizes, color, f"{label}, {PARTS[part]}", linestyle=style)
    right.set(title="새로 잡은 최대 메모리", xlabel="문장 길이 (토큰)", ylabel="MiB")
    right.legend(fontsize=9)
    log_ticks(left, y=False, at=LENGTHS)
    log_ticks(right, at=LENGTHS)


EXPERIMENT = Experiment(
    name="fused-attention",
    title="점수표를 만들지 않는 어텐션은 얼마나 나을까",
    setting="CPU 스레드 하나에서 헤드 8개, d_k 64인 어텐션 하나를 16토큰에서 2,048토큰까지 두 방법으로 번갈아 재고, 16토큰 64문장과 64토큰 16문장도 재요. 마스크와 드롭아웃은 없어요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim("faster", "CPU 스레드 하나에서 한 번에 계산하는 어텐션(SDPA)이 더 빨라요", "시리즈 8편", judge_faster),
        Claim("linear-memory", "SDPA의 메모리는 제곱이 아니라 길이에 비례해요", "Dao 외 2022", judge_memory),
        Claim("same-values", "SDPA의 값은 식 그대로 구한 것과 같아요", "Dao 외 2022", judge_same),
    ),
    draw=draw,
    alone=True,
    figure_size=(9.0, 4.0),
)
