"""조용한 버그: 오류도 없고 손실도 내려가는데 번역은 못 하는 실수들이에요. 문장을 그대로 베끼는 과제로 봐요."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from reference import multi_head, transformer
from reference.embedding import Embedding
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
from reference.experiments.rules import all_of, at_least, at_most, less
from reference.experiments.small_training import COPYING, EOS, Pairs, build, copying, learn, smooth, write_alone
from reference.masks import padding_mask
from reference.pictures import BLUE, ORANGE
from reference.positional import Positions
from reference.transformer import shift_right

LONGEST, STEPS, BATCH, TEST, REACHED = 6, 300, 32, 200, 0.5
CORRECT, DROPPING = "올바른 모델", "올바른 모델, 드롭아웃 0.1"
SHOWS = 0.05  # nat. 손실이 이보다 더 높으면 버그가 드러났다고 봐요.


# -- 버그들 --


@dataclass(frozen=True)
class Bug:
    """버그 하나예요. model은 모델을 고장 내는 구역, data는 배울 데이터를 고장 내는 함수예요."""

    model: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    data: Callable[[Pairs], Pairs] = lambda pairs: pairs
    dropout: float = 0.0
    training: bool = False  # 번역할 때 model.eval()을 잊어요.


def _unshifted(pairs: Pairs) -> Pairs:
    return Pairs(pairs.src, pairs.tgt_out, pairs.tgt_out)


def _shifted_twice(pairs: Pairs) -> Pairs:
    """데이터를 만들 때 한 번 밀고, 손실에서 또 밀어요. 바로 다음이 아니라 그다음 글자를 배워요."""
    return Pairs(pairs.src, pairs.tgt_in, F.pad(pairs.tgt_out[:, 1:], (0, 1)))


def _without_end(pairs: Pairs) -> Pairs:
    tgt = pairs.tgt_out.masked_fill(pairs.tgt_out == EOS, 0)
    return Pairs(pairs.src, shift_right(tgt, 1), tgt)


def _no_transpose() -> contextlib.AbstractContextManager[Any]:
    """한 자리의 출력에 다른 자리의 값이 섞여 미래가 새요."""
    return patch.object(multi_head, "merge_heads", lambda x: x.reshape(x.size(0), x.size(2), -1))


def _leaking_mask() -> contextlib.AbstractContextManager[Any]:
    """tril(diagonal=1)은 바로 다음 정답까지 보여 줘요."""

    def leaking(src: Tensor, tgt: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
        T = tgt.size(1)
        seen = torch.ones(T, T, dtype=torch.bool, device=tgt.device).tril(1)
        return padding_mask(src, pad_id), padding_mask(tgt, pad_id) & seen

    return patch.object(transformer, "make_masks", leaking)


def _open_padding() -> contextlib.AbstractContextManager[Any]:
    """PAD도 글자처럼 봐요. 미래는 제대로 가려요."""

    def opened(src: Tensor, tgt: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
        T = tgt.size(1)
        everywhere = torch.ones(len(src), 1, 1, src.size(1), dtype=torch.bool, device=src.device)
        return everywhere, torch.ones(T, T, dtype=torch.bool, device=tgt.device).tril()

    return patch.object(transformer, "make_masks", opened)


def _no_positions() -> contextlib.AbstractContextManager[Any]:
    return patch.object(Positions, "forward", lambda self, x, step=None: x)


def _no_scale() -> contextlib.AbstractContextManager[Any]:
    """임베딩에 √d_model을 곱하지 않아 위치 인코딩보다 훨씬 작아요."""
    return patch.object(Embedding, "forward", lambda self, ids: F.embedding(ids, self.E))


BUGS = {
    CORRECT: Bug(),
    DROPPING: Bug(dropout=0.1),  # 드롭아웃을 쓰는 버그와 견줄 올바른 모델이에요.
    "디코더 입력을 밀지 않음": Bug(data=_unshifted),
    "레이블을 두 번 밂": Bug(data=_shifted_twice),
    "EOS를 가르치지 않음": Bug(data=_without_end),
    "마스크가 한 칸 샘": Bug(_leaking_mask),
    "헤드를 transpose 없이 합침": Bug(_no_transpose),
    "위치 인코딩 없음": Bug(_no_positions),
    "PAD를 가리지 않음": Bug(_open_padding),
    "√d_model을 빼먹음": Bug(_no_scale),
    "드롭아웃을 켜 둔 채 번역": Bug(dropout=0.1, training=True),
}


# -- 재기 --


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """버그 하나를 넣고 배운 뒤, 손실과 두 가지 완전 일치를 재요.

    forced는 그 코드의 정답을 보며(교사 강요) 통째로 맞힌 비율, free는 진짜 정답과 견줘 스스로 통째로 맞힌 비율이에요.
    padded는 같은 문장 뒤에 PAD를 여섯 칸 더 붙였을 때의 free이고, changed는 그때 쓴 것이 달라진 문장의 비율이에요.
    """
    bug = BUGS[point["bug"]]
    train, test = copying(setup.size(4000, 64), LONGEST, seed), copying(setup.size(TEST, 20), LONGEST, 1000 + seed)
    train, test = train.to(setup.device), test.to(setup.device)
    with bug.model():
        model = build(COPYING, seed, n_layers=1, dropout=bug.dropout).to(setup.device)
        steps = setup.steps(STEPS)
        losses = learn(
            model, bug.data(train), steps, lambda step: 3e-3 * min(step / 60, (60 / step) ** 0.5), 0.0, seed, BATCH
        )
        model.train(bug.training)
        shown = bug.data(test)
        with torch.no_grad():
            right = (model(shown.src, shown.tgt_in).argmax(-1) == shown.tgt_out) | (shown.tgt_out == 0)
        curve = smooth(losses, 20)
        made = write_alone(model, test.src, LONGEST + 4)
        padded = write_alone(model, F.pad(test.src, (0, 6)), LONGEST + 4)
        return {
            "loss": curve[-1],
            "reached": next((step for step, loss in enumerate(curve, 1) if loss < REACHED), len(curve)),
            "forced": float(right.all(1).float().mean()),
            "free": _copied(test, made),
            "padded": _copied(test, padded),
            "changed": statistics.fmean(row != other for row, other in zip(made, padded, strict=True)),
        }


def _copied(test: Pairs, made: list[list[int]]) -> float:
    answers = [[token for token in row if token > EOS] for row in test.src.tolist()]
    return statistics.fmean(row == answer for row, answer in zip(made, answers, strict=True))


# -- 판정 --


def _buggy() -> list[str]:
    return [name for name in BUGS if name not in (CORRECT, DROPPING)]


def _excess(results: Results, name: str) -> Spread:
    """드롭아웃이 같은 올바른 모델보다 손실이 얼마나 높은지(nat)예요."""
    right = results.spread("loss", bug=DROPPING if BUGS[name].dropout else CORRECT)
    return Spread(tuple(b - a for a, b in zip(right.values, results.spread("loss", bug=name).values, strict=True)))


def _fooled(results: Results, name: str) -> bool:
    """모든 시드에서 손실은 올바른 모델만큼 내려갔는데 스스로는 반도 못 베꼈는지."""
    free = results.spread("free", bug=name)
    return at_most(_excess(results, name), SHOWS) is at_most(free, 0.5) is Verdict.HOLDS


def judge_loss(results: Results) -> Finding:
    """손실만으로 알 수 없는 버그가 있는지."""
    fooled = [name for name in _buggy() if _fooled(results, name)]
    right = results.spread("loss", bug=CORRECT)
    listed = ", ".join(
        f"{name}(손실 {results.spread('loss', bug=name):.3f}, 완전 일치 {results.spread('free', bug=name):.0%})"
        for name in fooled
    )
    return Finding(
        Verdict.HOLDS if fooled else Verdict.FAILS,
        f"{len(_buggy())}가지 가운데 {len(fooled)}가지",
        f"올바른 모델의 손실은 {right:.3f}이고, 모든 시드에서 {SHOWS} nat도 더 높지 않은데 스스로는 반도 베끼지 못한 버그는 "
        f"{listed or '없음'}이에요.",
    )


def judge_forced(results: Results) -> Finding:
    """교사 강요의 정확도만으로 알 수 없는 버그가 있는지."""
    fooled = []
    for name in _buggy():
        forced, free = results.spread("forced", bug=name), results.spread("free", bug=name)
        if at_least(forced, 0.9) is at_most(free, 0.1) is Verdict.HOLDS:
            fooled.append(f"{name}(교사 강요 {forced:.0%}, 스스로 {free:.0%})")
    return Finding(
        Verdict.HOLDS if fooled else Verdict.FAILS,
        f"{len(_buggy())}가지 가운데 {len(fooled)}가지",
        f"정답을 보여 주면 90% 이상 맞히고 스스로는 10%까지만 맞힌 버그는 {', '.join(fooled) or '없음'}이에요.",
    )


def judge_visible(results: Results) -> Finding:
    """버그가 손실에 드러나는지를 버그마다 봐요. 드롭아웃을 쓰는 버그는 드롭아웃을 쓰는 올바른 모델과 견줘요."""
    right, dropping = (results.spread("loss", bug=name) for name in (CORRECT, DROPPING))
    seen = [name for name in _buggy() if at_least(_excess(results, name), SHOWS) is Verdict.HOLDS]
    hidden = [name for name in _buggy() if name not in seen]
    verdict = Verdict.FAILS if not seen else Verdict.DEPENDS if hidden else Verdict.HOLDS
    listed = ", ".join(f"{name} {results.spread('loss', bug=name):.2f}" for name in seen)
    return Finding(
        verdict,
        f"{len(seen)}가지는 드러나고 {len(hidden)}가지는 숨어요",
        f"올바른 모델({right:.3f}, 드롭아웃을 켜고 학습하면 {dropping:.2f})보다 손실이 모든 시드에서 {SHOWS} nat 이상 높은 버그는 "
        f"{listed or '없음'}이고, 나머지 {len(hidden)}가지는 손실만으로 가려지지 않아요.",
    )


def judge_leak(results: Results) -> Finding:
    """미래가 새면 손실이 더 빨리 내려가는지."""
    right, leak = (results.spread("reached", bug=name) for name in (CORRECT, "마스크가 한 칸 샘"))
    return Finding(
        less(leak, right),
        f"{leak:.0f}스텝 대 {right:.0f}스텝",
        f"손실이 {REACHED} nat 아래로 내려가는 데 마스크가 새면 {leak:.0f}스텝, 올바르면 {right:.0f}스텝이 걸려요.",
    )


def judge_padding(results: Results) -> Finding:
    """PAD를 가리지 않으면 곁의 긴 문장이 쓴 것을 바꾸는지, 가리면 바꾸지 않는지."""
    name = "PAD를 가리지 않음"
    alone, padded, changed = (results.spread(key, bug=name) for key in ("free", "padded", "changed"))
    right = results.spread("changed", bug=CORRECT)
    return Finding(
        all_of((at_least(changed, 0.05), at_most(right, 0.01))),
        f"{changed:.0%}가 달라져요",
        f"문장 뒤에 PAD 여섯 칸을 붙이면, PAD를 가리지 않은 모델은 문장의 {changed:.0%}를 다르게 쓰고 올바른 모델은 {right:.0%}를 다르게 써요. "
        f"가리지 않은 모델의 완전 일치는 {alone:.0%}에서 {padded:.0%}로 바뀌어요.",
    )


# -- 그림 --


def draw(figure: Figure, results: Results) -> None:
    """버그마다 교사 강요와 스스로의 완전 일치를 막대로 나란히 놓아요."""
    axes = figure.add_subplot()
    for shift, key, label, color in (
        (-0.19, "forced", "정답을 보며 (교사 강요)", BLUE),
        (0.19, "free", "스스로 끝까지 (그리디)", ORANGE),
    ):
        spreads = [results.spread(key, bug=name) for name in BUGS]
        axes.barh(
            [place + shift for place in range(len(BUGS))], [s.mean for s in spreads], 0.36, label=label, color=color
        )
    labels = [f"{name} (손실 {results.spread('loss', bug=name).mean:.2f})" for name in BUGS]
    axes.set(title="통째로 맞힌 문장의 비율", xlim=(0, 1.02), yticks=range(len(BUGS)), yticklabels=labels)
    axes.grid(axis="y", visible=False)
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.06), ncols=2)


EXPERIMENT = Experiment(
    name="silent-bugs",
    title="손실은 내려가는데 번역은 못 하는 버그가 있을까",
    setting=(
        f"인코더와 디코더 한 층씩, d_model 64의 모델이 2~6글자를 그대로 베끼는 과제를 {STEPS}스텝 배워요. 버그를 하나씩 넣고, "
        "시험 문장을 정답을 보며 맞힌 것과 스스로 끝까지 쓴 것을 견줘요."
    ),
    points=tuple({"bug": name} for name in BUGS),
    measure=measure,
    claims=(
        Claim("loss-is-not-enough", "내려가는 손실만 보면 버그를 알 수 없어요", "우리의 물음", judge_loss),
        Claim(
            "forcing-is-not-enough", "교사 강요의 정확도가 높아도 스스로는 못 쓸 수 있어요", "우리의 물음", judge_forced
        ),
        Claim("bugs-show-in-loss", "버그가 있으면 손실이 덜 내려가요", "우리의 물음", judge_visible),
        Claim("leaks-look-good", "미래가 새면 손실이 더 빨리 내려가요", "우리의 물음", judge_leak),
        Claim(
            "padding-changes-neighbours",
            "PAD를 가리지 않으면 곁의 문장에 따라 번역이 달라져요",
            "우리의 물음",
            judge_padding,
        ),
    ),
    draw=draw,
    figure_size=(8.0, 5.2),
)
