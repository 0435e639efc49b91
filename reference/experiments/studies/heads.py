"""헤드의 수를 바꾸며, 이론이 있는 과제와 번역에서 얼마나 배우는지 봐요 (논문 §3.2.2, 표 3의 (A)).

N 배치, T 토큰 열 개, D 너비, H 헤드.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from reference.attention import scaled_dot_product_attention
from reference.config import ModelConfig
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
    Verdict,
)
from reference.experiments.rules import all_of, at_least, at_most, less, under_conditions
from reference.experiments.small_training import build, korean_pairs, learn, validate
from reference.multi_head import MultiHeadAttention, split_heads
from reference.pictures import BLUE, INK, MUTED, ORANGE

HEADS, WIDTH, TOKENS, HELD = (1, 2, 4, 8, 16, 32), 32, 10, 8
OFFSETS = (-2, -1, 1, 2)


def neighbours(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """둥글게 앉은 토큰 열 개가 든 수 (n, 10, 8)과, 자리마다 보고할 네 이웃의 수 (n, 10, 32)."""
    x = torch.randn(n, TOKENS, HELD, generator=generator)
    return x, torch.cat([x.roll(-offset, dims=1) for offset in OFFSETS], dim=-1)


class Reporter(nn.Module):
    """토큰이 든 수에 자리 벡터를 더하고, 멀티 헤드 어텐션 하나로 네 이웃의 수를 보고해요."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.read, self.report = nn.Linear(HELD, width), nn.Linear(width, len(OFFSETS) * HELD)
        self.place = nn.Parameter(torch.randn(TOKENS, width))
        self.attention = MultiHeadAttention(ModelConfig(8, width, heads, dropout=0.0))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, T, 8) → (N, T, 32)."""
        return self.report(self.attention(self.read(x) + self.place))

    @torch.no_grad()
    def focus(self, x: Tensor) -> float:
        """헤드마다 가장 많이 보는 이웃 하나에 준 가중치를 자리와 배치에서 평균하고, 헤드들을 평균해요. 0에서 1까지."""
        h, heads = self.read(x) + self.place, self.attention.n_heads
        q, k = (split_heads(h @ W, heads) for W in (self.attention.W_q, self.attention.W_k))
        weights = scaled_dot_product_attention(q, k, k, None)[1].mean(0)  # (H, T, T)
        rows = torch.arange(TOKENS)
        shares = [weights[:, rows, (rows + offset) % TOKENS].mean(-1) for offset in OFFSETS]  # (H,) 넷
        return torch.stack(shares).amax(0).mean().item()


def theory(heads: int, width: int) -> float:
    """설명할 수 있는 몫이에요. 헤드 하나는 섞은 것 하나를 주므로 H/4, 건네는 수가 D개뿐이므로 D/32를 넘지 못해요."""
    return min(heads / len(OFFSETS), width / (len(OFFSETS) * HELD), 1.0)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """이웃 과제는 설명한 몫 R², 번역은 검증 손실(nat)을 재요."""
    return (_neighbours if point["task"] == "neighbours" else _translation)(point, seed, setup)


def _neighbours(point: Point, seed: int, setup: Setup) -> Measured:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Reporter(point["width"], point["heads"]).to(setup.device)
    x, y = (part.to(setup.device) for part in neighbours(setup.size(2000, 50), torch.Generator().manual_seed(1000)))
    measured: Measured = {"focus_before": model.focus(x)}
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(setup.steps(1500)):
        given, wanted = (part.to(setup.device) for part in neighbours(64, generator))
        loss = F.mse_loss(model(given), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        wrong = F.mse_loss(model(x), y)
    parameters = sum(p.numel() for p in model.attention.parameters())
    return {**measured, "share": 1 - (wrong / y.var()).item(), "focus": model.focus(x), "parameters": parameters}


def _translation(point: Point, seed: int, setup: Setup) -> Measured:
    train, valid, size = korean_pairs(setup.size(3500, 100), seed, 20)
    train, valid = train.to(setup.device), valid.to(setup.device)
    model = build(size, seed, n_heads=point["heads"]).to(setup.device)
    learn(model, train, setup.steps(400), lambda step: 3e-3 * min(step / 100, 1), seed=seed)
    return {"valid": validate(model, valid)}


SPOKEN = (1, 4, 8, 32)  # 번역으로 재는 헤드의 수
POINTS = (
    *({"task": "neighbours", "heads": heads, "width": WIDTH} for heads in HEADS),
    {"task": "neighbours", "heads": 1, "width": 2 * WIDTH},
    {"task": "neighbours", "heads": 4, "width": WIDTH // 2},
    *({"task": "translation", "heads": heads} for heads in SPOKEN),
)


def _share(results: Results, heads: int, width: int = WIDTH) -> Spread:
    return results.spread("share", task="neighbours", heads=heads, width=width)


def _valid(results: Results, heads: int) -> Spread:
    return results.spread("valid", task="translation", heads=heads)


def judge_averaging(results: Results) -> Finding:
    """이웃 과제에서 헤드 하나가 설명한 몫은 0.35를 넘지 못하고 넷은 0.95를 넘는지 봐요."""
    one, four = _share(results, 1), _share(results, 4)
    return Finding(
        all_of((at_most(one, 0.35), at_least(four, 0.95))),
        f"R² {one.mean:.2f} → {four.mean:.2f}",
        f"이웃 넷이 든 수를 보고하게 했더니 헤드 하나는 {one:.0%}, 넷은 {four:.0%}를 설명했어요.",
    )


def judge_theory(results: Results) -> Finding:
    """헤드가 이웃보다 많지 않을 때, 잰 몫이 이론과 0.06 안에서 같은지 봐요."""
    cases = [(1, WIDTH), (2, WIDTH), (4, WIDTH), (1, 2 * WIDTH), (4, WIDTH // 2)]
    shares = [_share(results, *case) for case in cases]
    gaps = [
        Spread(tuple(abs(value - theory(*case)) for value in share.values))
        for case, share in zip(cases, shares, strict=True)
    ]
    listed = ", ".join(f"헤드 {case[0]}개(D {case[1]}) {share:.0%}" for case, share in zip(cases, shares, strict=True))
    worst = max(gap.high for gap in gaps)
    return Finding(
        all_of(at_most(gap, 0.06) for gap in gaps),
        f"가장 큰 차이 {worst:.1%}",
        f"설명한 몫은 {listed}이고, 이론 min(H/4, D/32, 1)과의 차이는 커도 {worst:.1%}예요.",
    )


def judge_tiny_heads(results: Results) -> Finding:
    """이웃 과제에서 헤드 서른둘(d_k 1)이 넷보다 0.05 넘게 나쁜지 봐요."""
    four, many = _share(results, 4), _share(results, 32)
    return Finding(
        less(many, four, 0.05),
        f"R² {four.mean:.2f} → {many.mean:.2f}",
        f"이웃 과제에서 설명한 몫은 헤드 넷(d_k {WIDTH // 4})일 때 {four:.0%}, 서른둘(d_k {WIDTH // 32})일 때 {many:.0%}예요.",
    )


def _translates_worse(results: Results, heads: int) -> Finding:
    """번역에서 헤드 heads개가 넷보다도 여덟보다도 나쁜지 봐요. 논문의 base가 여덟이에요."""
    other, four, eight = (_valid(results, count) for count in (heads, 4, 8))
    verdict, where = under_conditions({"헤드 4개": less(four, other), "8개": less(eight, other)})
    return Finding(
        verdict,
        f"손실 {other.mean - four.mean:+.2f}, {other.mean - eight.mean:+.2f} nat",
        f"번역의 검증 손실은 헤드 {heads}개 {other:.2f}, 4개 {four:.2f}, 8개 {eight:.2f} nat이에요. {where.replace('에서는', '에 견주면')}",
    )


def judge_single(results: Results) -> Finding:
    """헤드 하나가 넷이나 여덟보다 나쁜지 번역에서 봐요."""
    return _translates_worse(results, 1)


def judge_many(results: Results) -> Finding:
    """헤드 서른둘이 넷이나 여덟보다 나쁜지 번역에서 봐요."""
    return _translates_worse(results, 32)


def judge_untrained(results: Results) -> Finding:
    """헤드 넷이 저마다 가장 많이 보는 이웃에 준 가중치예요. 고르게 보면 0.1이고, 학습 전에도 0.5를 넘어야 맞아요."""
    before, after = (results.spread(key, task="neighbours", heads=4, width=WIDTH) for key in ("focus_before", "focus"))
    return Finding(
        at_least(before, 0.5),
        f"학습 전 {before.mean:.0%}, 학습 후 {after.mean:.0%}",
        f"헤드 넷이 저마다 가장 많이 보는 이웃에 준 가중치는 학습 전에는 {before:.0%}, 학습한 뒤에는 {after:.0%}였어요. "
        f"모든 토큰을 고르게 볼 때가 {1 / TOKENS:.0%}예요.",
    )


def judge_parameters(results: Results) -> Finding:
    """너비가 같으면 헤드가 몇이든 어텐션의 파라미터 수가 같은지 세어요."""
    counts = [results.spread("parameters", task="neighbours", heads=heads, width=WIDTH).mean for heads in HEADS]
    same = len(set(counts)) == 1
    figure = f"모두 {counts[0]:,.0f}개" if same else f"{min(counts):,.0f}~{max(counts):,.0f}개"
    return Finding(
        Verdict.HOLDS if same else Verdict.FAILS,
        figure,
        f"너비 {WIDTH}에서 헤드 {HEADS[0]}개부터 {HEADS[-1]}개까지 어텐션의 파라미터는 {figure}예요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 이웃 과제의 설명한 몫과 이론, 오른쪽은 번역의 검증 손실이에요."""
    left, right = figure.subplots(1, 2)
    left.plot(HEADS, [theory(heads, WIDTH) for heads in HEADS], color=MUTED, linestyle="--", label="이론")
    curve(left, HEADS, [_share(results, heads) for heads in HEADS], BLUE, f"잰 것 (D = {WIDTH})")
    for heads, width, marker in ((1, 2 * WIDTH, "^"), (4, WIDTH // 2, "v")):
        share = _share(results, heads, width).mean
        left.plot([heads], [share], marker, color=ORANGE, linestyle="", label=f"헤드 {heads}개, D = {width}")
    left.set(title="네 이웃이 든 수를 보고하기", xlabel="헤드의 수", ylabel="설명한 몫 $R^2$", ylim=(0, 1.1))
    left.legend(loc="lower right")
    curve(right, SPOKEN, [_valid(results, heads) for heads in SPOKEN], INK, "검증 손실")
    right.set(title="한국어를 영어로", xlabel="헤드의 수", ylabel="검증 손실 (nat)")
    for axis in (left, right):
        log_ticks(axis, y=False, at=HEADS)


EXPERIMENT = Experiment(
    name="heads",
    title="헤드는 몇 개가 알맞을까",
    setting="이웃 넷이 든 수를 보고하는 과제(너비 32, 1,500스텝)와 생성 말뭉치의 번역(2층, 너비 64, 400스텝)을 헤드의 수만 바꿔 배워요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim(
            "averaging", "헤드가 하나면 평균 내기가 여러 자리를 함께 보는 것을 막아요", "논문 §3.2.2", judge_averaging
        ),
        Claim("theory", "설명한 몫은 헤드의 수 ÷ 이웃의 수예요", "레슨 6의 이론", judge_theory),
        Claim("tiny-heads", "헤드를 너무 잘게 나누면 콕 집어 볼 수 없어요", "레슨 6", judge_tiny_heads),
        Claim("single-worse", "번역에서 헤드 하나는 넷이나 여덟보다 나빠요", "논문 표 3 (A)", judge_single),
        Claim("too-many", "번역에서 헤드 서른둘은 넷이나 여덟보다 나빠요", "논문 표 3 (A)", judge_many),
        Claim("untrained-roles", "학습하지 않은 헤드도 저마다 맡은 곳을 봐요", "시리즈 6편", judge_untrained),
        Claim("same-parameters", "헤드를 나누어도 파라미터 수는 같아요", "시리즈 6편", judge_parameters),
    ),
    draw=draw,
    figure_size=(9.0, 4.0),
)
