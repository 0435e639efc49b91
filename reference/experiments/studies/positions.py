"""위치를 알려 주는 방법 넷을, 순서가 있어야 하는 과제와 번역에서 배운 길이 안과 밖으로 나눠 견줘요 (논문 §3.5).

N 배치, L 길이. 과제는 두 칸 앞의 토큰을 말하기예요.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.errors import UserError
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
)
from reference.experiments.rules import all_of, at_least, at_most, less, together, under_conditions
from reference.experiments.small_training import Pairs, build, korean_pairs, learn, validate
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.positional import Positions
from reference.variants import EncoderOnly

KINDS = {"none": "없음", "sinusoidal": "사인과 코사인", "learned": "학습한 표", "rope": "RoPE"}
COLORS = {"none": MUTED, "sinusoidal": BLUE, "learned": ORANGE, "rope": GREEN}
TRAINED, BACK, VOCAB = 24, 2, 20  # 배우는 가장 긴 길이, 몇 칸 앞을 말하는지, 토큰의 종류
LENGTHS = (8, 16, 24, 32, 48, 96)
LONGER = tuple(length for length in LENGTHS if length > TRAINED)
SHORT, LONG = 20, (25, 40)  # 번역을 배우는 가장 긴 길이와, 시험하는 긴 문장의 길이(토큰)


def without_positions(config: ModelConfig) -> Positions:
    """위치를 더하지 않는 `Positions`예요. RoPE는 어텐션 안에서 돌리므로 이 자리에서는 아무것도 더하지 않아요."""
    return Positions(dataclasses.replace(config, positions="rope"))


def recall(count: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """무작위 토큰 (N, L)과, 자리마다 두 칸 앞의 토큰 (N, L)이에요. 앞의 두 자리는 답이 없어서 -100이에요."""
    ids = torch.randint(3, VOCAB, (count, length), generator=generator)
    return ids, F.pad(ids[:, :-BACK], (BACK, 0), value=-100)


def between(pairs: Pairs, least: int, most: int, device: torch.device) -> Pairs:
    """원문과 번역문이 모두 most토큰을 넘지 않고, 둘 가운데 긴 쪽이 least토큰 이상인 쌍만 남겨요. 끝의 PAD 자리는 잘라요.

    하나도 남지 않으면 UserError예요.
    """
    longest = torch.maximum(pairs.src.ne(0).sum(1), pairs.tgt_out.ne(0).sum(1))  # (N,)
    keep = (longest >= least) & (longest <= most)
    if not keep.any():
        raise UserError(f"{least}토큰부터 {most}토큰까지인 문장이 없어요. 데이터를 늘려 주세요(--scale).")
    return Pairs(*(ids[keep, :most].to(device) for ids in (pairs.src, pairs.tgt_in, pairs.tgt_out)))


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """과제는 길이마다의 정확도를, 번역은 배운 길이와 더 긴 길이의 검증 손실(nat)을 재요."""
    return (_recall if point["task"] == "recall" else _translation)(point["positions"], seed, setup)


def _settings(positions: str) -> str:
    return "sinusoidal" if positions == "none" else positions


def _recall(positions: str, seed: int, setup: Setup) -> Measured:
    torch.manual_seed(seed)
    config = ModelConfig(VOCAB, 64, 4, 128, 2, 0.0, max_len=max(LENGTHS), positions=_settings(positions))
    model = EncoderOnly(config)
    if positions == "none":
        model.positions = without_positions(model.config)
    model = model.to(setup.device)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), 0.0)
    steps = setup.steps(1000)
    for step in range(steps):
        length = int(torch.randint(4, TRAINED + 1, (), generator=generator))
        ids, wanted = (part.to(setup.device) for part in recall(64, length, generator))
        optimizer.zero_grad()
        F.cross_entropy(model(ids).flatten(0, 1), wanted.flatten()).backward()
        optimizer.param_groups[0]["lr"] = 4e-3 * min((step + 1) / 50, (steps - step) / steps * 2, 1)
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = [_accuracy(model, length, setup) for length in LENGTHS]
        moved, followed = _shuffled(model, setup.device)
    return {"accuracy": accuracy, "moved": moved, "followed": followed}


def _accuracy(model: nn.Module, length: int, setup: Setup) -> float:
    ids, wanted = recall(setup.size(200, 4), length, torch.Generator().manual_seed(1000))
    said = model(ids.to(setup.device)).argmax(-1).cpu()
    return (said == wanted)[:, BACK:].float().mean().item()


def _shuffled(model: nn.Module, device: torch.device) -> tuple[float, float]:
    """토큰을 섞었을 때, (출력이 그대로인 것과, 출력이 토큰을 따라 옮겨 간 것과) 얼마나 다른지예요. 로짓의 가장 큰 차이예요."""
    ids = torch.arange(3, 15, device=device)[None]  # 서로 다른 토큰 열둘
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0)).to(device)
    plain, mixed = model(ids), model(ids[:, order])
    return (mixed - plain).abs().max().item(), (mixed - plain[:, order]).abs().max().item()


def _translation(positions: str, seed: int, setup: Setup) -> Measured:
    train, valid, size = korean_pairs(setup.size(3500, 400), seed)
    short, tests = between(train, 1, SHORT, setup.device), ((1, SHORT), LONG)
    model = build(size, seed, positions=_settings(positions))
    if positions == "none":
        model.positions = without_positions(model.config)
    model = model.to(setup.device)
    steps = setup.steps(500)
    learn(model, short, steps, lambda step: 3e-3 * min(step / 100, 2 * (1 - step / (steps + 1)), 1), seed=seed)
    near, far = (validate(model, between(valid, *lengths, setup.device)) for lengths in tests)
    return {"near": near, "far": far}


POINTS = tuple({"task": task, "positions": kind} for task in ("recall", "translation") for kind in KINDS)


def _accuracies(results: Results, kind: str) -> dict[int, Spread]:
    rows = results.get("accuracy", task="recall", positions=kind)
    return {length: Spread(column) for length, column in zip(LENGTHS, zip(*rows, strict=True), strict=True)}


def _loss(results: Results, kind: str, where: str) -> Spread:
    return results.spread(where, task="translation", positions=kind)


def judge_needed(results: Results) -> Finding:
    """배운 길이에서 위치가 없으면 못하고 있으면 잘하는지를 과제와 번역에서 따로 봐요.

    과제는 없으면 0.3을 넘지 못하고 있으면 셋 다 0.95를 넘어야, 번역은 없는 쪽의 손실이 사인보다 0.05 nat 넘게 커야 맞아요.
    """
    seen = {kind: _accuracies(results, kind)[TRAINED] for kind in KINDS}
    recalls = all_of(at_most(s, 0.3) if kind == "none" else at_least(s, 0.95) for kind, s in seen.items())
    none, sine = (_loss(results, kind, "near") for kind in ("none", "sinusoidal"))
    verdict, where = under_conditions({"두 칸 앞의 토큰 말하기": recalls, "번역": less(sine, none, 0.05)})
    listed = ", ".join(f"{KINDS[kind]} {spread:.0%}" for kind, spread in seen.items())
    return Finding(
        verdict,
        f"정확도 {seen['none'].mean:.0%}, 번역의 손실 {none.mean - sine.mean:+.2f} nat",
        f"{TRAINED}토큰에서 두 칸 앞의 토큰을 말하는 정확도는 {listed}예요. "
        f"번역의 검증 손실은 위치가 없으면 {none:.2f}, 사인이면 {sine:.2f} nat이에요. {where}",
    )


def judge_same_result(results: Results) -> Finding:
    """위치가 없는 모델에서 토큰을 섞으면 출력이 그대로인지, 토큰을 따라 옮겨 가는지 봐요."""
    moved, followed = (results.spread(key, task="recall", positions="none") for key in ("moved", "followed"))
    return Finding(
        at_most(moved, 1e-3),
        f"그대로와의 차이 {moved.mean:.1f}, 따라간 것과의 차이 {followed.high:.0e}",
        f"토큰 열둘을 섞었더니 로짓은 그대로인 것과는 {moved:.1f}만큼 달랐고, 토큰을 따라 줄을 옮긴 것과는 차이가 {followed.high:.0e}뿐이었어요. "
        "토큰마다의 출력은 같지만 그 차례가 토큰을 따라 바뀌어요.",
    )


def judge_learned(results: Results) -> Finding:
    """번역의 검증 손실이 사인과 학습한 표에서 0.05 nat 안으로 같은지 시드마다 봐요."""
    sine, learned = (_loss(results, kind, "near") for kind in ("sinusoidal", "learned"))
    gap = Spread(tuple(abs(a - b) for a, b in zip(sine.values, learned.values, strict=True)))
    return Finding(
        at_most(gap, 0.05),
        f"차이 {gap.mean:.2f} nat",
        f"번역의 검증 손실은 사인 {sine:.2f}, 학습한 표 {learned:.2f} nat이고 시드마다의 차이는 {gap:.2f} nat이에요.",
    )


def _reaches(results: Results, kind: str) -> Finding:
    """배운 것보다 긴 길이마다 정확도가 0.9를 넘는지 봐요. 어떤 길이까지만 그러면 조건에 따라요."""
    seen = {length: _accuracies(results, kind)[length] for length in LONGER}
    listed = ", ".join(f"{length}토큰 {spread:.0%}" for length, spread in seen.items())
    return Finding(
        together(at_least(spread, 0.9) for spread in seen.values()),
        f"{LONGER[0]}토큰 {seen[LONGER[0]].mean:.0%}, {LONGER[-1]}토큰 {seen[LONGER[-1]].mean:.0%}",
        f"{TRAINED}토큰까지만 배운 뒤 {KINDS[kind]}의 정확도는 {listed}예요.",
    )


def judge_sine_reaches(results: Results) -> Finding:
    """사인이 배운 것보다 긴 문장에 통하는지 봐요."""
    return _reaches(results, "sinusoidal")


def judge_rope_reaches(results: Results) -> Finding:
    """RoPE가 배운 것보다 긴 문장에 통하는지 봐요."""
    return _reaches(results, "rope")


def judge_sine_beats_learned(results: Results) -> Finding:
    """배운 것보다 긴 문장에서 사인이 학습한 표보다 나은지를 과제의 길이마다, 그리고 번역에서 봐요."""
    sine, learned = (_accuracies(results, kind) for kind in ("sinusoidal", "learned"))
    far = [_loss(results, kind, "far") for kind in ("sinusoidal", "learned")]
    verdicts = {f"{length}토큰": less(learned[length], sine[length], 0.05) for length in LONGER}
    verdict, where = under_conditions(verdicts | {"번역": less(far[0], far[1], 0.05)})
    listed = ", ".join(f"{length}토큰 {sine[length]:.0%} 대 {learned[length]:.0%}" for length in LONGER)
    return Finding(
        verdict,
        f"{LONGER[0]}토큰 {sine[LONGER[0]].mean:.0%} 대 {learned[LONGER[0]].mean:.0%}, "
        f"번역 {far[0].mean:.2f} 대 {far[1].mean:.2f} nat",
        f"사인과 학습한 표의 정확도는 {listed}이고, {LONG[0]}~{LONG[1]}토큰인 문장의 번역 손실은 {far[0]:.2f} 대 {far[1]:.2f} nat이에요. {where}",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 길이마다의 정확도, 오른쪽은 번역의 검증 손실이에요."""
    left, right = figure.subplots(1, 2)
    for kind, label in KINDS.items():
        curve(left, LENGTHS, list(_accuracies(results, kind).values()), COLORS[kind], label)
    left.axvspan(4, TRAINED, color=MUTED, alpha=0.15, linewidth=0)
    left.text(5, 1.04, "배운 길이", color=INK, fontsize=9)
    left.set(title="두 칸 앞의 토큰 말하기", xlabel="문장 길이 (토큰)", ylabel="정확도", ylim=(0, 1.12), xlim=(4, 110))
    log_ticks(left, y=False, at=LENGTHS)
    left.legend(loc="lower left", fontsize=9)
    for shift, where, label, color in (
        (-0.2, "near", f"배운 길이 (1~{SHORT}토큰)", BLUE),
        (0.2, "far", f"더 긴 문장 ({LONG[0]}~{LONG[1]}토큰)", ORANGE),
    ):
        losses = [_loss(results, kind, where) for kind in KINDS]
        places = [place + shift for place in range(len(KINDS))]
        spans = [[s.mean - s.low for s in losses], [s.high - s.mean for s in losses]]
        right.bar(places, [s.mean for s in losses], 0.38, yerr=spans, color=color, ecolor=INK, label=label)
    right.set(title="한국어를 영어로", ylabel="검증 손실 (nat)", xticks=list(range(len(KINDS))))
    right.set_xticklabels(list(KINDS.values()))
    right.legend(fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.08), ncols=2)


EXPERIMENT = Experiment(
    name="positions",
    title="위치는 어떻게 알려 주는 것이 좋을까",
    setting="두 칸 앞의 토큰을 말하는 과제(24토큰까지, 1,000스텝)와 생성 말뭉치의 번역(20토큰까지, 500스텝)을 배우고 더 긴 문장에서도 시험해요.",
    points=POINTS,
    measure=measure,
    claims=(
        Claim("needed", "위치를 알려 주지 않으면 순서를 쓸 수 없어요", "논문 §3.5", judge_needed),
        Claim("same-result", "위치가 없으면 순서가 다른 문장에서 같은 결과가 나와요", "시리즈 2편", judge_same_result),
        Claim("learned-alike", "학습한 위치와 사인의 결과는 거의 같아요", "논문 §3.5, 표 3 (E)", judge_learned),
        Claim("sine-reaches", "사인은 배운 것보다 긴 문장에도 통할 수 있어요", "논문 §3.5", judge_sine_reaches),
        Claim(
            "sine-beats-learned",
            "배운 것보다 긴 문장에서는 사인이 학습한 위치보다 나아요",
            "논문 §3.5",
            judge_sine_beats_learned,
        ),
        Claim("rope-reaches", "RoPE는 배운 것보다 긴 문장에도 통해요", "Su 외 2021", judge_rope_reaches),
    ),
    draw=draw,
    figure_size=(9.0, 4.2),
)
