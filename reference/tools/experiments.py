"""실험: 논문과 블로그의 주장을 작은 모델의 진짜 학습으로 다시 확인해요. 그림 한 장과 문장 하나가 남아요.

숫자는 작은 모델과 시드 하나로 얻은 것이라, 크기가 다른 모델에서는 다를 수 있어요.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from reference import multi_head, transformer
from reference.config import ModelConfig
from reference.data.corpus import splits
from reference.data.tokenizer import Tokenizer
from reference.decoding import greedy
from reference.errors import UserError
from reference.files import write_text
from reference.masks import padding_mask
from reference.pictures import save, style
from reference.positional import Positions
from reference.schedule import noam_lr
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

BATCH = 64


@dataclass(frozen=True)
class Experiment:
    """실험 하나예요. run(그림 경로, 스텝 수)은 (문장, 숫자)를 돌려줘요."""

    title: str
    steps: int
    run: Callable[[Path, int], tuple[str, dict[str, Any]]]


def run(name: str, out: Path, steps: int | None = None) -> str:
    """이름으로 실험을 돌리고, 그림과 숫자를 out에 남기고, 알게 된 것을 문장으로 돌려줘요."""
    if name not in EXPERIMENTS:
        raise UserError(f"모르는 실험이에요: {name}. {', '.join(EXPERIMENTS)} 가운데에서 골라 주세요.")
    experiment = EXPERIMENTS[name]
    picture = out / f"{name}.png"
    sentence, numbers = experiment.run(picture, steps or experiment.steps)
    write_text(out / f"{name}.json", json.dumps({"sentence": sentence, **numbers}, ensure_ascii=False, indent=2))
    return f"{sentence}\n그림: {picture}"


# -- 작은 학습 --


@dataclass(frozen=True)
class Pairs:
    """길이를 맞춘 문장 쌍들이에요. src (N, S), tgt_in과 tgt_out (N, T)."""

    src: Tensor
    tgt_in: Tensor
    tgt_out: Tensor

    def rows(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """고른 문장들이에요."""
        return self.src[index], self.tgt_in[index], self.tgt_out[index]


def korean_pairs(count: int) -> tuple[Pairs, Pairs, int]:
    """생성 말뭉치의 (훈련, 검증, 사전 크기)예요."""
    parts = splits(count, 300, 1, 0)
    tokenizer = Tokenizer.train((text for pair in parts.train for text in pair), 800)

    def encode(pairs: list[Any]) -> Pairs:
        src, tgt = ([tokenizer.encode(pair[side]) + [2] for pair in pairs] for side in (0, 1))
        out = _pad(tgt)  # (N, T)
        return Pairs(_pad(src), nn.functional.pad(out[:, :-1], (1, 0), value=1), out)

    return encode(parts.train), encode(parts.valid), len(tokenizer)


def _pad(rows: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def learn(
    model: Transformer,
    data: Pairs,
    steps: int,
    lr: Callable[[int], float],
    eps: float = 0.1,
    watch: Callable[[int], None] = lambda step: None,
) -> list[float]:
    """작은 학습 루프예요. 스텝마다의 토큰당 손실(nat)을 돌려줘요."""
    optimizer = torch.optim.Adam(model.parameters(), 0.0, (0.9, 0.98), 1e-9)
    generator, losses = torch.Generator().manual_seed(0), []
    model.train()
    for step in range(1, steps + 1):
        index = torch.randint(len(data.src), (BATCH,), generator=generator)
        src, tgt_in, tgt_out = data.rows(index)
        total, _ = translation_loss(model, src, tgt_in, tgt_out, eps)
        loss = total / tgt_out.ne(0).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = lr(step)
        optimizer.step()
        losses.append(loss.item())
        watch(step)
    return losses


def validate(model: Transformer, data: Pairs) -> float:
    """검증 손실(nat)이에요. 레이블 스무딩은 꺼요."""
    model.eval()
    with torch.no_grad():
        total, _ = translation_loss(model, data.src, data.tgt_in, data.tgt_out, 0.0)
    model.train()
    return float(total / data.tgt_out.ne(0).sum())


def build(vocab_size: int, **changes: Any) -> Transformer:
    """실험마다 같은 시드로 시작하는 작은 모델이에요."""
    torch.manual_seed(0)
    settings = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2, "dropout": 0.1, "max_len": 128}
    return Transformer(ModelConfig(vocab_size, **{**settings, **changes}))


def smooth(values: list[float], width: int = 10) -> list[float]:
    """앞의 width개를 평균해 곡선을 읽기 쉽게 해요."""
    return [statistics.fmean(values[max(0, i - width + 1) : i + 1]) for i in range(len(values))]


def draw(path: Path, curves: dict[str, tuple[list[int], list[float]]], title: str, y: str) -> None:
    """이름표를 단 곡선 몇 개를 한 그림에 그려요."""
    with style():
        figure = Figure(figsize=(8, 4.2))
        axes = figure.add_subplot()
        for name, (x, values) in curves.items():
            axes.plot(x, values, label=name)
        axes.set(title=title, xlabel="스텝", ylabel=y)
        axes.legend()
        save(figure, path)


# -- 실험들 --


def warmup(path: Path, steps: int) -> tuple[str, dict[str, Any]]:
    """블로그: "워밍업이 없으면 발산한다"."""
    data, _, size = korean_pairs(3000)
    ramp = max(2, steps // 4)
    peak = 2 * noam_lr(ramp, 64, ramp)
    plans: dict[str, Callable[[int], float]] = {
        "워밍업 있음": lambda step: peak * min(step / ramp, 1),
        "워밍업 없음": lambda step: peak,
    }
    losses = {name: learn(build(size, n_layers=6), data, steps, lr) for name, lr in plans.items()}
    draw(
        path,
        {name: (list(range(1, steps + 1)), smooth(values)) for name, values in losses.items()},
        f"6층 Post-LN, 학습률 {peak:.4f}",
        "토큰당 손실 (nat)",
    )
    last = {name: smooth(values)[-1] for name, values in losses.items()}
    worst = max(losses["워밍업 없음"][: max(2, steps // 10)])
    return (
        f"{steps}스텝 뒤의 손실은 워밍업이 있으면 {last['워밍업 있음']:.2f}, 없으면 {last['워밍업 없음']:.2f} nat이에요. "
        f"없을 때 초반의 가장 큰 손실은 {worst:.1f} nat이었어요."
    ), {"loss": last, "peak": peak, "worst": worst}


def dropout(path: Path, steps: int) -> tuple[str, dict[str, Any]]:
    """블로그: "드롭아웃 0.0은 과적합, 0.2는 느리고 0.1이 알맞다"."""
    data, valid, size = korean_pairs(600)  # 과적합이 보이도록 일부러 적게 줘요.
    curves, numbers = {}, {}
    for p in (0.0, 0.1, 0.2):
        model = build(size, dropout=p)
        seen: list[int] = []
        values: list[float] = []

        def watch(step: int, model: Transformer = model, seen: list[int] = seen, values: list[float] = values) -> None:
            if step % max(1, steps // 12) == 0:
                seen.append(step)
                values.append(validate(model, valid))

        losses = learn(model, data, steps, lambda step: 2e-3 * min(step / 100, 1), 0.0, watch)
        curves[f"드롭아웃 {p}"] = (seen, values)
        numbers[str(p)] = {"train": smooth(losses)[-1], "valid": values[-1], "best_valid": min(values)}
    draw(path, curves, "훈련 600쌍으로 배울 때의 검증 손실", "검증 손실 (nat)")
    best = min(numbers, key=lambda p: numbers[p]["best_valid"])
    gap = {p: value["valid"] - value["train"] for p, value in numbers.items()}
    return (
        f"{steps}스텝 뒤 검증과 훈련 손실의 차이는 드롭아웃 0.0에서 {gap['0.0']:.2f}, 0.1에서 {gap['0.1']:.2f}, 0.2에서 "
        f"{gap['0.2']:.2f} nat이에요. 이 크기와 시드에서 검증 손실이 가장 낮았던 것은 {best}이에요."
    ), numbers


def norm_position(path: Path, steps: int) -> tuple[str, dict[str, Any]]:
    """블로그: "Pre-LN은 워밍업 없이도 안정적이다"."""
    data, _, size = korean_pairs(3000)
    curves, numbers = {}, {}
    for name, first in (("Post-LN (논문)", False), ("Pre-LN", True)):
        model = build(size, n_layers=6, norm_first=first)
        losses = learn(model, data, steps, lambda step: 3e-3)
        curves[name] = (list(range(1, steps + 1)), smooth(losses))
        numbers[name] = smooth(losses)[-1]
    draw(path, curves, "6층, 워밍업 없이 학습률 0.003", "토큰당 손실 (nat)")
    post, pre = numbers.values()
    return f"워밍업 없이 {steps}스텝 뒤의 손실은 Post-LN {post:.2f}, Pre-LN {pre:.2f} nat이에요.", numbers


def silent_bugs(path: Path, steps: int) -> tuple[str, dict[str, Any]]:
    """손실은 잘 내려가지만 번역은 못 하는 조용한 버그들이에요. 8토큰을 그대로 베끼는 과제로 봐요."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(3, 20, (2000, 8), generator=generator)
    out = nn.functional.pad(ids, (0, 1), value=2)  # (N, 9), 끝에 EOS
    data = Pairs(out, nn.functional.pad(out[:, :-1], (1, 0), value=1), out)
    test = data.rows(torch.arange(100))
    numbers = {}
    for name, bug in BUGS.items():
        with bug():
            model = build(20, dropout=0.0)
            train = Pairs(data.src, data.tgt_out, data.tgt_out) if name == "디코더 입력을 밀지 않음" else data
            losses = learn(model, train, steps, lambda step: 1e-3 * min(step / 100, 1), 0.0)
            numbers[name] = {"loss": smooth(losses)[-1], **_exactness(model, test, train is not data)}
    with style():
        figure = Figure(figsize=(8, 3.6))
        axes = figure.add_subplot()
        places = range(len(numbers))
        for shift, (key, label) in zip(
            (-0.18, 0.18), (("forced", "정답을 보며 (교사 강요)"), ("free", "스스로 끝까지 (그리디)")), strict=True
        ):
            axes.barh(
                [place + shift for place in places], [value[key] for value in numbers.values()], 0.34, label=label
            )
        axes.set(title="통째로 맞힌 문장의 비율", xlim=(0, 1.02), yticks=list(places))
        axes.set_yticklabels([f"{name} (손실 {value['loss']:.3f})" for name, value in numbers.items()])
        axes.invert_yaxis()
        axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.12), ncols=2)
        save(figure, path)
    fooled = [name for name, value in numbers.items() if value["forced"] > 0.9 and value["free"] < 0.1]
    listed = ", ".join(fooled) or "없음"
    return (
        f"교사 강요로는 거의 다 맞히지만 스스로는 하나도 못 옮긴 버그: {listed}. 내려가는 손실만 보면 알 수 없어요.",
        numbers,
    )


def _exactness(model: Transformer, test: tuple[Tensor, Tensor, Tensor], unshifted: bool) -> dict[str, float]:
    """(교사 강요로, 스스로) 통째로 맞힌 문장의 비율이에요."""
    src, tgt_in, tgt_out = test
    model.eval()
    with torch.no_grad():
        forced = (model(src, tgt_out if unshifted else tgt_in).argmax(-1) == tgt_out).all(1).float().mean()
    made = greedy(model, src, 12, use_cache=False)
    free = [row == answer for row, answer in zip(made, src[:, :-1].tolist(), strict=True)]
    return {"forced": float(forced), "free": statistics.fmean(free)}


@contextmanager
def _correct() -> Iterator[None]:
    yield


@contextmanager
def _no_transpose() -> Iterator[None]:
    """헤드를 합칠 때 transpose를 빼먹으면, 한 자리의 출력에 다른 자리의 값이 섞여 미래가 새요."""
    with patch.object(multi_head, "merge_heads", lambda x: x.reshape(x.size(0), x.size(2), -1)):
        yield


@contextmanager
def _leaking_mask() -> Iterator[None]:
    """tril(diagonal=1)은 바로 다음 정답까지 보여 줘요."""

    def leaking(src: Tensor, tgt: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
        T = tgt.size(1)
        return padding_mask(src, pad_id), padding_mask(tgt, pad_id) & torch.ones(T, T, dtype=torch.bool).tril(1)

    with patch.object(transformer, "make_masks", leaking):
        yield


@contextmanager
def _no_positions() -> Iterator[None]:
    """위치 인코딩을 더하지 않으면 순서를 몰라요."""
    with patch.object(Positions, "forward", lambda self, x, step=None: x):
        yield


BUGS = {
    "올바름": _correct,
    "헤드를 transpose 없이 합침": _no_transpose,
    "마스크가 한 칸 샘": _leaking_mask,
    "디코더 입력을 밀지 않음": _correct,
    "위치 인코딩 없음": _no_positions,
}
EXPERIMENTS = {
    "warmup": Experiment("워밍업이 없으면 정말 발산할까", 300, warmup),
    "dropout": Experiment("드롭아웃 0, 0.1, 0.2 가운데 무엇이 나을까", 600, dropout),
    "norm-position": Experiment("Post-LN과 Pre-LN을 워밍업 없이 배우면", 300, norm_position),
    "silent-bugs": Experiment("손실은 내려가는데 번역은 못 하는 버그들", 700, silent_bugs),
}
