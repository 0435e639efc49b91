"""인코더만 쌓은 BERT: 가린 글자를 양쪽을 보고 맞히기. 같은 크기로 왼쪽만 볼 때, 그리고 세어서 맞힐 때와 견줘요."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from reference.experiments.experiment import Claim, Experiment, Finding, Measured, Point, Results, Setup
from reference.experiments.korean_text import UNKNOWN, Blocks, Characters, blocks
from reference.experiments.language_learning import BOS, Batch, Recipe, learn, padded, small_config, windows
from reference.experiments.ngrams import Context, WittenBell
from reference.experiments.rules import less, under_conditions
from reference.pictures import BLUE, MUTED, ORANGE
from reference.variants import DecoderOnly, EncoderOnly

MASK = 2  # 글 배우기에는 EOS가 없어서 그 번호를 [MASK]로 써요.
SHARE = 0.2  # 가리는 몫. BERT는 0.15예요.
STEPS, RATE = 2200, 3e-3
LENGTH, BATCH = 48, 10  # 창이 짧으면 이웃을 보는 법을 훨씬 빨리 배웠어요.
SHOWN, WIDTH = 3, 36  # 보기로 남길 문장의 수와 글자 수
# 셀 이웃의 (왼쪽, 오른쪽) 수. 짧은 것부터이고, 길이가 같으면 양쪽을 고루 보는 것이 뒤예요.
SIDES = sorted(itertools.product(range(3), repeat=2), key=lambda side: (sum(side), min(side)))

Hidden = tuple[Tensor, Tensor]  # 가린 입력 (N, T)과 맞힐 것 (N, T). 가리지 않은 자리의 맞힐 것은 0이에요.


def hide(ids: Tensor, generator: torch.Generator) -> Hidden:
    """토큰을 SHARE만큼 골라 [MASK]로 바꿔요. PAD, BOS, 모르는 글자는 가리지 않아요. ids (N, T) → (입력, 맞힐 것)."""
    chosen = (torch.rand(ids.shape, generator=generator) < SHARE) & (ids > UNKNOWN)
    return ids.masked_fill(chosen, MASK), ids.masked_fill(~chosen, 0)


def masked_batches(rows: Sequence[Sequence[int]], seed: int) -> Iterator[Batch]:
    """학습 배치: 볼 때마다 다른 자리를 가려요."""
    generator = torch.Generator().manual_seed(seed)
    for window in windows(rows, generator, LENGTH, BATCH):
        yield hide(window, generator)


def near(ids: Sequence[int], at: int, left: int, right: int) -> Context:
    """왼쪽 left개와 오른쪽 right개의 이웃이에요. 글의 밖은 PAD예요. 양쪽의 수를 함께 적어 서로 섞이지 않아요."""
    around = (*range(at - left, at), *range(at + 1, at + 1 + right))
    return (left, right, *(ids[i] if 0 <= i < len(ids) else 0 for i in around))


def two_sided(ids: Sequence[int], at: int) -> list[Context]:
    """양쪽 이웃의 문맥을 짧은 것부터: 왼쪽과 오른쪽을 저마다 없음, 하나, 둘 가운데 골라 짝지은 아홉 가지예요.

    한쪽 이웃이 가려져 있어도 다른 쪽만 본 문맥으로 세어요.
    """
    return [near(ids, at, left, right) for left, right in SIDES]


def left_sided(ids: Sequence[int], at: int) -> list[Context]:
    """왼쪽 이웃의 문맥을 짧은 것부터: 없음, 하나, 둘, 셋."""
    return [near(ids, at, left, 0) for left in range(4)]


def frequent(ids: Sequence[int], at: int) -> list[Context]:
    """문맥 없이 얼마나 잦은지만 봐요."""
    return [()]


COUNTED = {"세기: 빈도만": frequent, "세기: 왼쪽": left_sided, "세기: 양쪽": two_sided}
TRAINED = {"모델: 왼쪽": DecoderOnly, "모델: 양쪽": EncoderOnly}
GUESSES = (*COUNTED, *TRAINED)


def _count(kind: str, train: list[list[int]], hidden: Hidden, size: int) -> tuple[float, float]:
    """세어서 맞힌 (맞힌 비율, 가린 글자마다의 평균 손실 nat)이에요. 가려진 이웃이 든 문맥은 본 적이 없으므로 나머지를 써요."""
    contexts, model = COUNTED[kind], WittenBell(size)
    for ids in train:
        for at in range(1, len(ids)):
            model.add(contexts(ids, at), ids[at])
    right, losses = [], []
    for ids, targets in zip(*(part.tolist() for part in hidden), strict=True):
        for at, target in enumerate(targets):
            if target:
                known = contexts(ids, at)
                losses.append(-math.log(model.probability(known, target)))
                right.append(model.best(known) == target)
    return sum(right) / len(right), sum(losses) / len(losses)


@torch.no_grad()
def _guess(model: EncoderOnly, hidden: Hidden, device: torch.device) -> tuple[float, float, Tensor]:
    """모델이 맞힌 (맞힌 비율, 평균 손실 nat, 자리마다의 답 (N, T))이에요."""
    ids, targets = (part.to(device) for part in hidden)
    logits, wanted = model(ids), targets.ne(0)
    guesses = logits.argmax(-1)
    right = guesses[wanted].eq(targets[wanted]).float().mean()
    return float(right), float(F.cross_entropy(logits[wanted], targets[wanted])), guesses.cpu()


def filled(text: Characters, hidden: Hidden, guesses: Tensor) -> list[str]:
    """보기: 가린 자리를 [답]으로 채운 문장. 틀린 자리는 [답≠정답]이에요."""
    shown = []
    for ids, targets, answers in zip(*(part[:SHOWN, 1:WIDTH].tolist() for part in (*hidden, guesses)), strict=True):
        parts = []
        for token, target, answer in zip(ids, targets, answers, strict=True):
            wrong = "" if answer == target else f"≠{text.decode([target])}"
            parts.append(f"[{text.decode([answer])}{wrong}]" if target else text.decode([token]))
        shown.append("".join(parts).replace("\n", " ").strip())
    return shown


def cut(text: str) -> list[str]:
    """글을 BOS를 붙여도 창에 들어가는 길이로 잘라요. 이으면 언제나 text예요."""
    return [text[start : start + LENGTH - 1] for start in range(0, len(text), LENGTH - 1)]


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """가린 글자를 맞힌 비율(0~1)과 퍼플렉시티예요. 시험 글에서 가리는 자리는 같은 시드면 언제나 같아요."""
    text: Blocks = blocks(seed, share=min(1.0, setup.scale))
    known = Characters(text.train)
    # 학습한 창보다 긴 글을 보여 주지 않으려고, 검증과 시험의 글도 그 길이로 잘라요. 세는 모델도 같은 것을 봐요.
    train, valid, test = ([[BOS, *known.encode(piece)] for block in part for piece in cut(block)] for part in text)
    # 검증과 시험에서 가린 자리는 어느 모델에게나 같아요.
    checked, asked = (hide(padded(rows), torch.Generator().manual_seed(seed)) for rows in (valid, test))
    kind = point["guess"]
    if kind in COUNTED:
        right, loss = _count(kind, train, asked, len(known))
        return {"accuracy": right, "perplexity": math.exp(loss)}
    torch.manual_seed(seed)
    model = TRAINED[kind](small_config(len(known), n_layers=2, dropout=0.05))
    recipe = Recipe(setup.steps(STEPS), RATE)
    learn(model, masked_batches(train, seed), lambda: _guess(model, checked, setup.device)[1], recipe, setup.device)
    right, loss, guesses = _guess(model, asked, setup.device)
    return {"accuracy": right, "perplexity": math.exp(loss), "samples": filled(known, asked, guesses)}


def _both_sides(results: Results) -> Finding:
    verdicts, figures = {}, []
    for way, name in (("모델", "학습한 모델"), ("세기", "세는 모델")):
        left, both = (results.spread("accuracy", guess=f"{way}: {side}") for side in ("왼쪽", "양쪽"))
        verdicts[name] = less(left, both)
        figures.append(f"{name}은 왼쪽만 {left:.1%}, 양쪽 {both:.1%}")
    verdict, said = under_conditions(verdicts)
    return Finding(verdict, figures[0], f"가린 글자를 맞힌 비율은 {', '.join(figures)}예요. {said}")


def _beats_counting(results: Results) -> Finding:
    ours, counted = (results.spread("perplexity", guess=guess) for guess in ("모델: 양쪽", "세기: 양쪽"))
    right, counted_right = (results.spread("accuracy", guess=guess) for guess in ("모델: 양쪽", "세기: 양쪽"))
    alone = results.spread("perplexity", guess="세기: 빈도만")
    verdict, said = under_conditions({"퍼플렉시티": less(ours, counted), "맞힌 비율": less(counted_right, right)})
    return Finding(
        verdict,
        f"퍼플렉시티 {ours:.1f} 대 {counted:.1f}",
        f"가린 글자의 퍼플렉시티는 양쪽을 보는 모델 {ours:.1f}, 양쪽 이웃을 세는 n-gram {counted:.1f}, 빈도만 보면 {alone:.1f}이고, "
        f"맞힌 비율은 모델 {right:.1%}, 세기 {counted_right:.1%}예요. {said} "
        f'모델은 빈칸을 "{results.get("samples", guess="모델: 양쪽")[0][0]}"처럼 채우고, ≠의 뒤가 정답이에요.',
    )


def draw(figure: Figure, results: Results) -> None:
    """가린 글자를 맞힌 비율이에요. 막대는 평균, 점은 시드마다의 값이에요."""
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, key, times, name in (
        (left, "accuracy", 100, "맞힌 비율(%)"),
        (right, "perplexity", 1, "퍼플렉시티(작을수록 좋아요)"),
    ):
        for at, guess in enumerate(GUESSES):
            spread = results.spread(key, guess=guess)
            colour = MUTED if guess in COUNTED else BLUE if guess.endswith("양쪽") else ORANGE
            axes.barh(at, times * spread.mean, color=colour, alpha=0.75)
            axes.plot(
                [times * value for value in spread.values],
                [at] * len(spread.values),
                "o",
                color=colour,
                ms=4,
                mec="white",
            )
        axes.set(xlabel=name)
        axes.grid(axis="y", visible=False)
    left.set_yticks(range(len(GUESSES)), GUESSES)
    left.invert_yaxis()


EXPERIMENT = Experiment(
    name="masked-model",
    title="양쪽을 보면 가린 글자를 더 잘 맞힐까",
    setting=f"KoNLPy의 헌법과 의안, JupyterLab의 한국어 화면 글에서 글자의 {SHARE:.0%}를 가리고 맞혀요. 2층, d_model 128, {STEPS}스텝이고 "
    "왼쪽만 보는 모델은 크기와 푸는 문제가 같고 마스크만 달라요. 세는 쪽은 왼쪽 셋까지, 양쪽이면 저마다 둘까지의 이웃을 세요.",
    points=tuple({"guess": guess} for guess in GUESSES),
    measure=measure,
    claims=(
        Claim("both-sides", "양쪽을 보면 왼쪽만 볼 때보다 잘 맞혀요", "강의 (BERT)", _both_sides),
        Claim(
            "masked-beats-counting",
            "작은 말뭉치에서도 양쪽 이웃을 세는 것보다 잘 맞혀요",
            "우리의 물음",
            _beats_counting,
        ),
    ),
    draw=draw,
    figure_size=(9.5, 3.8),
)
