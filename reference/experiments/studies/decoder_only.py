"""디코더만 쌓은 GPT: 진짜 한국어 글 10만 자로 다음 글자를 맞히고, 오래된 n-gram과 글자당 비트로 견줘요."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from matplotlib.figure import Figure

from reference.data.tokenizer import Tokenizer
from reference.experiments.experiment import Claim, Experiment, Finding, Measured, Point, Results, Setup, Spread
from reference.experiments.korean_text import SURPRISE, UNKNOWN, Blocks, Characters, blocks
from reference.experiments.language_learning import (
    BOS,
    Recipe,
    learn,
    next_token_batches,
    next_token_losses,
    small_config,
)
from reference.experiments.ngrams import ngram, ngram_losses
from reference.experiments.rules import less, under_conditions
from reference.pictures import BLUE, INK, MUTED, ORANGE
from reference.variants import DecoderOnly

STEPS, BPE_SIZE, ORDERS = 1200, 800, range(1, 7)
PROMPT, WRITTEN = "제1조", 60  # 이어 쓰기의 첫머리와 이어 쓸 글자 수

MODELS = ("글자", "BPE", "n-gram")

Rows = list[list[int]]
Losses = Sequence[Sequence[float]]


class Parts(NamedTuple):
    """번호로 바꾼 훈련, 검증, 시험 글이에요. 글마다 BOS로 시작해요."""

    train: Rows
    valid: Rows
    test: Rows


def encode(text: Blocks, tokens: Characters | Tokenizer) -> Parts:
    """세 묶음을 번호로 바꾸고 BOS를 붙여요."""
    return Parts(*([[BOS, *tokens.encode(piece)] for piece in part] for part in text))


def bits(losses: Losses, rows: Rows, texts: list[str], surprise: float) -> float:
    """글자당 비트예요: 모든 자리의 손실을 더해 글자 수로 나눠요. 모르는 글자(UNKNOWN)는 하나마다 surprise(nat)를 더 내요."""
    total = sum(map(sum, losses)) + surprise * sum(row.count(UNKNOWN) for row in rows)
    return total / math.log(2) / sum(map(len, texts))


def mixed(first: Losses, second: Losses, share: float) -> list[list[float]]:
    """두 모델의 확률을 섞어요. 식: p = share·p₁ + (1 − share)·p₂. 손실(nat)을 받아 손실을 돌려줘요."""
    return [
        [-math.log(share * math.exp(-a) + (1 - share) * math.exp(-b)) for a, b in zip(row, other, strict=True)]
        for row, other in zip(first, second, strict=True)
    ]


def _ngram(parts: Parts, size: int, order: int) -> tuple[Losses, Losses]:
    model = ngram(parts.train, size, order)
    valid, test = ([ngram_losses(model, row, order) for row in rows] for rows in (parts.valid, parts.test))
    return valid, test


def _best_ngram(text: Blocks, parts: Parts, size: int) -> tuple[int, Losses, Losses]:
    """검증 글에서 가장 나은 길이의 n-gram이에요: (길이, 검증 손실, 시험 손실)."""
    tried = {order: _ngram(parts, size, order) for order in ORDERS}
    best = min(tried, key=lambda order: bits(tried[order][0], parts.valid, text.valid, SURPRISE))
    return best, *tried[best]


def _write(model: DecoderOnly, tokens: Characters | Tokenizer, seed: int, device: torch.device) -> str:
    """PROMPT에서 이어 써요. 확률이 높은 열 개 가운데에서 뽑아요."""
    generator = torch.Generator().manual_seed(seed)
    ids = [BOS, *tokens.encode(PROMPT)]
    with torch.no_grad():
        for _ in range(WRITTEN):
            logits = model(torch.tensor([ids], device=device))[0, -1].cpu()
            logits[: UNKNOWN + 1] = -math.inf
            values, indices = logits.topk(10)
            ids.append(int(indices[torch.multinomial(values.softmax(-1), 1, generator=generator)]))
    return tokens.decode(ids)


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """시험 글의 글자당 비트예요. point는 모델: "n-gram", "글자"(글자 토큰의 GPT), "BPE"(서브워드의 GPT)."""
    text = blocks(seed, share=min(1.0, setup.scale))
    known = Characters(text.train)
    if point["model"] == "n-gram":
        parts = encode(text, known)
        order, _, test = _best_ngram(text, parts, len(known))
        alone = bits(_ngram(parts, len(known), 1)[1], parts.test, text.test, SURPRISE)
        return {"bits": bits(test, parts.test, text.test, SURPRISE), "order": order, "unigram": alone}
    tokens = known if point["model"] == "글자" else Tokenizer.train(text.train, BPE_SIZE)
    parts, surprise = encode(text, tokens), SURPRISE if tokens is known else 0.0
    torch.manual_seed(seed)
    model = DecoderOnly(small_config(len(tokens), n_layers=2, dropout=0.05))

    def check() -> float:
        return bits(next_token_losses(model, parts.valid, setup.device), parts.valid, text.valid, surprise)

    curve = learn(model, next_token_batches(parts.train, seed), check, Recipe(setup.steps(STEPS)), setup.device)
    test = next_token_losses(model, parts.test, setup.device)
    result: Measured = {"bits": bits(test, parts.test, text.test, surprise), "curve": curve}
    result["sample"] = _write(model, tokens, seed, setup.device)
    if tokens is known:  # 토큰이 같아야 자리마다 섞을 수 있어요.
        valid = next_token_losses(model, parts.valid, setup.device)
        _, other_valid, other_test = _best_ngram(text, parts, len(known))
        shares = [n / 10 for n in range(11)]
        share = min(shares, key=lambda s: bits(mixed(valid, other_valid, s), parts.valid, text.valid, surprise))
        result |= {"share": share, "mixed": bits(mixed(test, other_test, share), parts.test, text.test, surprise)}
    return result


def _beats_unigram(results: Results) -> Finding:
    gpt, alone = results.spread("bits", model="글자"), results.spread("unigram", model="n-gram")
    return Finding(
        less(gpt, alone),
        f"글자당 {gpt:.2f} 대 {alone:.2f}비트",
        f"시험 글의 글자당 비트는 GPT {gpt:.2f}, 글자의 빈도만 보는 유니그램 {alone:.2f}예요. "
        f"퍼플렉시티로는 글자마다 {_perplexity(gpt)} 대 {_perplexity(alone)}예요. "
        f'"{PROMPT}"에서 이어 쓰게 하면 "{" ".join(results.get("sample", model="글자")[0].split())}"처럼 써요.',
    )


def _beats_ngram(results: Results) -> Finding:
    gpt, pieces, counted = (results.spread("bits", model=model) for model in MODELS)
    verdict, said = under_conditions({"글자 토큰": less(gpt, counted), "BPE 토큰": less(pieces, counted)})
    orders = sorted(set(results.get("order", model="n-gram")))
    return Finding(
        verdict,
        f"글자당 {gpt:.2f} 대 {counted:.2f}비트",
        f"시험 글의 글자당 비트는 글자 토큰의 GPT {gpt:.2f}, BPE 토큰의 GPT {pieces:.2f}, "
        f"검증 글로 길이를 고른 n-gram(앞 {', '.join(str(order - 1) for order in orders)}글자) {counted:.2f}예요. {said}",
    )


def _adds_to_ngram(results: Results) -> Finding:
    both, counted = results.spread("mixed", model="글자"), results.spread("bits", model="n-gram")
    share = results.spread("share", model="글자")
    return Finding(
        less(both, counted),
        f"글자당 {both:.2f} 대 {counted:.2f}비트",
        f"GPT의 확률을 {share:.1f}, n-gram의 확률을 나머지만큼 섞으면(몫은 검증 글로 골라요) 글자당 {both:.2f}비트이고, "
        f"n-gram만 쓰면 {counted:.2f}비트예요.",
    )


def _perplexity(spread: Spread) -> str:
    return f"{Spread(tuple(2**value for value in spread.values)):.1f}"


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 학습하는 동안의 검증 비트, 오른쪽은 시험 비트예요. 점은 시드마다의 값이에요."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for model, colour in zip(MODELS[:2], (BLUE, ORANGE), strict=True):
        for at, curve in enumerate(results.get("curve", model=model)):
            x = [100 * (n + 1) / len(curve) for n in range(len(curve))]
            left.plot(x, curve, color=colour, lw=1.2, label=None if at else f"GPT ({model})")
    left.set(xlabel="학습한 몫(%)", ylabel="검증 글의 글자당 비트", title="배우는 동안")
    left.legend()
    bars = [
        ("유니그램", "unigram", "n-gram", MUTED),
        ("n-gram", "bits", "n-gram", MUTED),
        ("GPT (글자)", "bits", "글자", BLUE),
    ]
    bars += [("GPT (BPE)", "bits", "BPE", ORANGE), ("GPT + n-gram", "mixed", "글자", INK)]
    for at, (_, key, model, colour) in enumerate(bars):
        spread = results.spread(key, model=model)
        right.barh(at, spread.mean, color=colour, alpha=0.75)
        right.plot(spread.values, [at] * len(spread.values), "o", color=colour, ms=4, mec="white")
        right.text(spread.high + 0.1, at, f"{spread.mean:.2f}", va="center")
    right.set_yticks(range(len(bars)), [name for name, *_ in bars])
    right.invert_yaxis()
    right.margins(x=0.18)
    right.set(xlabel="글자당 비트(작을수록 좋아요)", title="시험 글")
    right.grid(axis="y", visible=False)


EXPERIMENT = Experiment(
    name="decoder-only",
    title="디코더만 쌓으면 한국어를 이어 쓸 수 있을까",
    setting="KoNLPy의 헌법과 의안, JupyterLab의 한국어 화면 글 10만 자쯤을 시드마다 새로 나눠(훈련 8, 검증 1, 시험 1) "
    f"다음 글자를 맞혀요. 2층, d_model 128, {STEPS:,}스텝이고 검증이 가장 좋을 때의 가중치를 써요.",
    points=tuple({"model": model} for model in MODELS),
    measure=measure,
    claims=(
        Claim("gpt-learns", "디코더만 쌓아도 다음 글자를 배워요", "강의 (GPT)", _beats_unigram),
        Claim("gpt-beats-ngram", "작은 말뭉치에서도 n-gram보다 나아요", "우리의 물음", _beats_ngram),
        Claim("gpt-adds-to-ngram", "n-gram에 GPT를 섞으면 n-gram만 쓸 때보다 나아요", "우리의 물음", _adds_to_ngram),
    ),
    draw=draw,
    figure_size=(9.5, 4.2),
)
