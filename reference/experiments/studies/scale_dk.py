"""점수를 √d_k로 나눌 때와 나누지 않을 때의 분산, 소프트맥스, 기울기와 학습을 d_k를 바꾸며 견줘요 (논문 §3.2.1, 각주 4).

N 배치, S 키의 수, D 너비, K = d_k.
"""

from __future__ import annotations

import math
import statistics

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from reference.experiments.drawing import curve, log_ticks
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
from reference.pictures import BLUE, ORANGE

SIZES = (8, 16, 64, 256)
KEYS, VALUES, SEEN, WIDTH = 32, 16, 16, 64  # 키와 값의 종류, 한 번에 보는 쌍의 수, 임베딩의 너비
NAMES = {True: "√d_k로 나눔", False: "나누지 않음"}


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """학습하지 않은 점수의 통계와, 같은 배율로 배운 찾기 과제의 손실(nat)이에요."""
    return {**statistics_of(point["d_k"], point["scaled"], seed, setup), **_learn(point, seed, setup)}


def statistics_of(d_k: int, scaled: bool, seed: int, setup: Setup) -> Measured:
    """표준정규 쿼리와 키 64개의 점수예요: 분산, 소프트맥스의 가장 큰 가중치, 점수에 대한 기울기.

    기울기는 소프트맥스의 야코비 행렬 diag(p) − ppᵀ의 크기이고 쿼리들의 가운데 값이에요. fooled는 한 쌍씩 뽑을 때 d_k가 네 배인데도 |q·k|가 더 작은 비율이에요.
    """
    generator = torch.Generator().manual_seed(seed)
    count = setup.size(2000, 200)
    q, k = torch.randn(count, d_k, generator=generator), torch.randn(count, 64, d_k, generator=generator)
    scores = torch.einsum("nk,nsk->ns", q, k) * (d_k**-0.5 if scaled else 1.0)  # (N, S)
    p = scores.softmax(-1)
    small, large = ((torch.randn(2, 5 * count, d, generator=generator)).prod(0).sum(-1) for d in (d_k, 4 * d_k))
    return {
        "variance": scores.var().item(),
        "largest": p.amax(-1).mean().item(),
        "gradient": jacobian_size(p).median().item(),
        "fooled": (large.abs() < small.abs()).float().mean().item(),
    }


def jacobian_size(p: Tensor) -> Tensor:
    """소프트맥스의 기울기인 야코비 행렬의 크기 ‖diag(p) − ppᵀ‖예요. 제곱은 Σp² − 2Σp³ + (Σp²)²이에요. p (..., S) → (...)."""
    squares = p.square().sum(-1)
    return (squares - 2 * p.pow(3).sum(-1) + squares.square()).clamp(min=0).sqrt()


class LookUp(nn.Module):
    """(키, 값) 쌍 열여섯을 보고, 물어본 키의 값을 어텐션 하나로 찾아요. 처음에는 쿼리와 키의 칸마다 분산이 1이에요."""

    def __init__(self, d_k: int, scaled: bool) -> None:
        super().__init__()
        self.key, self.value, self.query = (nn.Embedding(kinds, WIDTH) for kinds in (KEYS, VALUES, KEYS))
        self.W_q, self.W_k = (nn.Parameter(torch.randn(WIDTH, d_k) / WIDTH**0.5) for _ in range(2))
        self.W_v = nn.Parameter(torch.randn(WIDTH, WIDTH) / WIDTH**0.5)
        self.out = nn.Linear(WIDTH, VALUES)
        self.scale = d_k**-0.5 if scaled else 1.0

    def forward(self, keys: Tensor, values: Tensor, asked: Tensor) -> Tensor:
        """keys와 values (N, S), asked (N,) → 값의 로짓 (N, 16)."""
        x, q = self.key(keys) + self.value(values), self.query(asked) @ self.W_q  # (N, S, D), (N, K)
        scores = torch.einsum("nk,nsk->ns", q, x @ self.W_k) * self.scale
        return self.out(torch.einsum("ns,nsd->nd", scores.softmax(-1), x @ self.W_v))


def lookups(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """서로 다른 키 (N, S), 값 (N, S), 물어볼 키 (N,), 그 키의 값 (N,)."""
    keys = torch.rand(count, KEYS, generator=generator).argsort(1)[:, :SEEN]
    values = torch.randint(VALUES, (count, SEEN), generator=generator)
    rows, place = torch.arange(count), torch.randint(SEEN, (count,), generator=generator)
    return keys, values, keys[rows, place], values[rows, place]


def _learn(point: Point, seed: int, setup: Setup) -> Measured:
    torch.manual_seed(seed)
    model = LookUp(point["d_k"], point["scaled"]).to(setup.device)
    optimizer, generator = torch.optim.Adam(model.parameters(), 3e-3), torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(setup.steps(400)):
        *given, wanted = (part.to(setup.device) for part in lookups(64, generator))
        loss = F.cross_entropy(model(*given), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"loss": statistics.fmean(losses[-50:])}


POINTS = tuple({"d_k": d_k, "scaled": scaled} for d_k in SIZES for scaled in (True, False))


def judge_variance(results: Results) -> Finding:
    """나누지 않은 점수의 분산은 d_k, 나눈 것은 1과 10% 안에서 같은지 봐요."""
    raw, divided = ([results.spread("variance", d_k=d_k, scaled=scaled) for d_k in SIZES] for scaled in (False, True))
    off = [
        Spread(tuple(abs(value / wanted - 1) for value in spread.values))
        for spread, wanted in (*zip(raw, SIZES, strict=True), *((spread, 1) for spread in divided))
    ]
    listed = ", ".join(f"d_k {d_k}에서 {spread:.1f}" for d_k, spread in zip(SIZES, raw, strict=True))
    return Finding(
        all_of(at_most(spread, 0.1) for spread in off),
        f"d_k {SIZES[-1]}에서 {raw[-1].mean:.0f}",
        f"q·k의 분산은 {listed}이고, √d_k로 나누면 {min(s.low for s in divided):.2f}에서 {max(s.high for s in divided):.2f} 사이예요.",
    )


def judge_saturation(results: Results) -> Finding:
    """d_k가 가장 클 때 키 64개 가운데 하나에 쏠리는 가중치가 나누지 않으면 0.7을 넘고, 나누면 0.2를 넘지 않는지 봐요."""
    raw, divided = (results.spread("largest", d_k=SIZES[-1], scaled=scaled) for scaled in (False, True))
    small = results.spread("largest", d_k=SIZES[0], scaled=False)
    return Finding(
        all_of((at_least(raw, 0.7), at_most(divided, 0.2))),
        f"{divided.mean:.0%} → {raw.mean:.0%}",
        f"키 64개 가운데 가장 큰 가중치는 d_k {SIZES[-1]}에서 나누지 않으면 {raw:.0%}, 나누면 {divided:.0%}예요. "
        f"d_k {SIZES[0]}에서는 나누지 않아도 {small:.0%}예요.",
    )


def judge_gradient(results: Results) -> Finding:
    """나누지 않은 소프트맥스의 기울기가 나눈 것의 5분의 1도 안 되는지 d_k마다 봐요."""
    ratios = {}
    for d_k in SIZES:
        raw, divided = (results.spread("gradient", d_k=d_k, scaled=scaled).values for scaled in (False, True))
        ratios[d_k] = Spread(tuple(a / b for a, b in zip(raw, divided, strict=True)))
    listed = ", ".join(f"d_k {d_k}에서 {ratio:.2f}배" for d_k, ratio in ratios.items())
    verdict, said = under_conditions({f"d_k {d_k}": at_most(ratio, 0.2) for d_k, ratio in ratios.items()})
    return Finding(
        verdict,
        f"d_k {SIZES[0]}에서 {ratios[SIZES[0]].mean:.2f}배, {SIZES[-1]}에서 {ratios[SIZES[-1]].mean:.2f}배",
        f"나누지 않은 소프트맥스의 기울기(쿼리들의 가운데 값)를 나눈 것에 견주면 {listed}예요. "
        f"0.2배를 넘지 않아야 아주 작다고 판정해요. {said}",
    )


def judge_training(results: Results) -> Finding:
    """d_k가 작을 때는 손실이 비슷하고(0.05 nat 안), 클 때는 나누지 않은 쪽이 0.2 nat보다 더 나쁜지 봐요."""
    gaps = {}
    for d_k in SIZES:
        raw, divided = (results.spread("loss", d_k=d_k, scaled=scaled).values for scaled in (False, True))
        gaps[d_k] = Spread(tuple(a - b for a, b in zip(raw, divided, strict=True)))
    raw_last, divided_last = (results.spread("loss", d_k=SIZES[-1], scaled=scaled) for scaled in (False, True))
    listed = ", ".join(f"d_k {d_k}에서 {gap:.2f}" for d_k, gap in gaps.items())
    return Finding(
        all_of((at_most(gaps[SIZES[0]], 0.05), less(divided_last, raw_last, 0.2))),
        f"d_k {SIZES[0]}에서 {gaps[SIZES[0]].mean:+.2f}, {SIZES[-1]}에서 {gaps[SIZES[-1]].mean:+.2f} nat",
        f"찾기 과제를 배운 뒤 나누지 않은 쪽의 손실은 {listed} nat만큼 더 커요. "
        f"d_k {SIZES[-1]}의 손실은 나누지 않으면 {raw_last:.2f}, 나누면 {divided_last:.2f} nat이에요.",
    )


def judge_one_sample(results: Results) -> Finding:
    """d_k마다 한 쌍씩만 뽑을 때 d_k가 네 배인 쪽이 오히려 작게 나오는 비율이 5%를 넘지 않아야 맞아요."""
    fooled = [results.spread("fooled", d_k=d_k, scaled=False) for d_k in SIZES]
    everything = Spread(tuple(value for spread in fooled for value in spread.values))
    theory = 2 / math.pi * math.atan(1 / 2)
    return Finding(
        at_most(everything, 0.05),
        f"{everything.mean:.0%}가 거꾸로",
        f"한 쌍씩 뽑으면 d_k가 네 배인데도 |q·k|가 더 작은 일이 {everything:.0%}쯤 생겨요. 정규분포로 어림한 이론은 {theory:.1%}예요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽부터 점수의 분산, 소프트맥스의 기울기, 배운 뒤의 손실이에요."""
    axes = figure.subplots(1, 3)
    titles = {
        "variance": ("점수의 분산", "분산"),
        "gradient": ("소프트맥스의 기울기", "크기"),
        "loss": ("배운 뒤의 손실", "nat"),
    }
    for axis, (key, (title, label)) in zip(axes, titles.items(), strict=True):
        for scaled, color in ((True, BLUE), (False, ORANGE)):
            spreads = [results.spread(key, d_k=d_k, scaled=scaled) for d_k in SIZES]
            curve(axis, SIZES, spreads, color, NAMES[scaled].replace("√d_k", "$\\sqrt{d_k}$"))
        axis.set(title=title, xlabel="$d_k$", ylabel=label)
        log_ticks(axis, y=key == "variance", at=SIZES)
    axes[0].legend()


EXPERIMENT = Experiment(
    name="scale-dk",
    title="점수를 왜 √d_k로 나눌까",
    setting="무작위 쿼리와 키 64개의 점수를 재고, 열여섯 쌍에서 물어본 키의 값을 찾는 과제를 어텐션 하나(너비 64)로 400스텝 배워요. d_k는 8에서 256까지예요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim("variance", "q·k의 분산은 d_k이고, √d_k로 나누면 1이에요", "논문 각주 4", judge_variance),
        Claim("saturation", "나누지 않으면 소프트맥스가 한 단어에 몰려요", "시리즈 5편", judge_saturation),
        Claim(
            "small-gradient",
            "나누지 않으면 소프트맥스의 기울기가 아주 작아져요",
            "논문 §3.2.1",
            judge_gradient,
        ),
        Claim("training", "d_k가 작으면 비슷하지만 크면 나누지 않은 쪽이 더 나빠요", "논문 §3.2.1", judge_training),
        Claim("one-sample", "d_k마다 무작위 한 쌍만 뽑아도 그 효과가 보여요", "시리즈 5편", judge_one_sample),
    ),
    draw=draw,
    figure_size=(10.5, 3.8),
)
