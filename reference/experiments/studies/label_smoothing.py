"""레이블 스무딩: 퍼플렉시티는 나빠지는데 번역은 나아지는지 봐요 (논문 §5.4, 표 3 (D))."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import sacrebleu
import torch
from matplotlib.figure import Figure

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
from reference.experiments.rules import all_of, any_of, less
from reference.experiments.small_training import EOS, Pairs, build, korean_pairs, learn, validate, write_alone
from reference.pictures import BLUE, ORANGE

EPSILONS = (0.0, 0.1, 0.2)
STEPS, PAIRS, TEST, BATCH = 500, 5000, 400, 32


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """배운 뒤, 배우지 않은 문장에서 퍼플렉시티, 토큰 정확도(교사 강요), 완전 일치와 BLEU(그리디)를 재요."""
    data, _, size = korean_pairs(setup.size(PAIRS, 200), seed, 16)
    data, count = data.to(setup.device), min(setup.size(TEST, 20), len(data.src) // 3)
    train = Pairs(*data.rows(torch.arange(count, len(data.src))))
    test = Pairs(*data.rows(torch.arange(count)))
    model = build(size, seed).to(setup.device)
    steps = setup.steps(STEPS)
    learn(model, train, steps, lambda step: 3e-3 * min(step / 100, (100 / step) ** 0.5), point["eps"], seed, BATCH)
    perplexity = math.exp(validate(model, test))
    model.eval()
    with torch.no_grad():
        right = (model(test.src, test.tgt_in).argmax(-1) == test.tgt_out)[test.tgt_out != 0]
    made = write_alone(model, test.src, test.tgt_out.size(1))
    answers = [[token for token in row if token > EOS] for row in test.tgt_out.tolist()]
    # 조각의 번호를 띄어 쓰면 조각 단위의 BLEU예요.
    said, wanted = ([" ".join(map(str, row)) for row in rows] for rows in (made, answers))
    return {
        "perplexity": perplexity,
        "accuracy": float(right.float().mean()),
        "exact": statistics.fmean(row == answer for row, answer in zip(made, answers, strict=True)),
        "bleu": sacrebleu.corpus_bleu(said, [wanted], tokenize="none", force=True).score,
    }


def _both(results: Results, key: str) -> tuple[Spread, Spread]:
    return results.spread(key, eps=0.0), results.spread(key, eps=0.1)


def judge_perplexity(results: Results) -> Finding:
    """ε 0.1의 퍼플렉시티가 0보다 2% 넘게 높은지 봐요."""
    plain, smoothed = _both(results, "perplexity")
    return Finding(
        less(plain.times(1.02), smoothed),
        f"{smoothed} 대 {plain}",
        f"배우지 않은 문장의 퍼플렉시티는 ε이 0.1이면 {smoothed}, 0이면 {plain}, 0.2면 "
        f"{results.spread('perplexity', eps=0.2)}예요.",
    )


def _raises(key: str, name: str, spec: str, margin: float) -> Callable[[Results], Finding]:
    """ε 0.1에서 key가 margin 넘게 높은지의 판정이에요."""

    def judge(results: Results) -> Finding:
        plain, smoothed = _both(results, key)
        more = results.spread(key, eps=0.2)
        return Finding(
            less(plain, smoothed, margin),
            f"{smoothed:{spec}} 대 {plain:{spec}}",
            f"{name} ε이 0.1이면 {smoothed:{spec}}, 0이면 {plain:{spec}}, 0.2면 {more:{spec}}예요.",
        )

    return judge


def judge_disagree(results: Results) -> Finding:
    """퍼플렉시티로 고른 ε보다 퍼플렉시티는 나쁜데 BLEU는 나은 ε이 있는지 봐요. 두 차이 모두 시드끼리의 차이보다 커야 해요."""
    perplexity, bleu = ({eps: results.spread(key, eps=eps) for eps in EPSILONS} for key in ("perplexity", "bleu"))
    best = {"퍼플렉시티": min(EPSILONS, key=lambda eps: perplexity[eps].mean)}
    best["BLEU"] = max(EPSILONS, key=lambda eps: bleu[eps].mean)
    chosen = best["퍼플렉시티"]
    listed = ", ".join(f"ε {eps:g}에서 {perplexity[eps]}와 {bleu[eps]:.1f}" for eps in EPSILONS)
    return Finding(
        any_of(
            all_of((less(perplexity[chosen], perplexity[eps]), less(bleu[chosen], bleu[eps])))
            for eps in EPSILONS
            if eps != chosen
        ),
        ", ".join(f"{name} ε {eps:g}" for name, eps in best.items()),
        f"퍼플렉시티와 조각 단위 BLEU는 {listed}이고, 평균이 가장 좋은 것은 퍼플렉시티가 ε {chosen:g}, BLEU가 ε {best['BLEU']:g}일 때예요.",
    )


def draw(figure: Figure, results: Results) -> None:
    """왼쪽은 퍼플렉시티(낮을수록 좋아요), 오른쪽은 BLEU와 완전 일치(높을수록 좋아요)예요."""
    left, right = figure.subplots(1, 2)
    places = range(len(EPSILONS))
    for axes, key, label, color, scale in (
        (left, "perplexity", "퍼플렉시티", BLUE, 1),
        (right, "bleu", "BLEU", BLUE, 1),
        (right, "exact", "완전 일치 (%)", ORANGE, 100),
    ):
        spreads = [results.spread(key, eps=eps) for eps in EPSILONS]
        axes.plot(places, [scale * spread.mean for spread in spreads], color=color, marker="o", label=label)
        lows, highs = ([scale * getattr(spread, end) for spread in spreads] for end in ("low", "high"))
        axes.vlines(places, lows, highs, color=color)
    for axes, title in ((left, "낮을수록 좋아요"), (right, "높을수록 좋아요")):
        axes.set(title=title, xlabel="레이블 스무딩 ε", xticks=places, xticklabels=[f"{eps:g}" for eps in EPSILONS])
        axes.legend(loc="best" if axes is right else "upper left")


EXPERIMENT = Experiment(
    name="label-smoothing",
    title="레이블 스무딩은 퍼플렉시티를 해치면서 번역을 낫게 할까",
    setting=(
        f"지어낸 짧은 한영 문장으로 인코더와 디코더 2층씩, d_model 64의 모델을 {STEPS}스텝 학습하고, 배우지 않은 {TEST}문장에서 재요."
    ),
    points=tuple({"eps": eps} for eps in EPSILONS),
    measure=measure,
    claims=(
        Claim("hurts-perplexity", "레이블 스무딩은 퍼플렉시티를 해쳐요", "논문 §5.4", judge_perplexity),
        Claim(
            "helps-accuracy",
            "레이블 스무딩은 정확도를 높여요",
            "논문 §5.4",
            _raises("accuracy", "토큰 정확도는", ".1%", 0.002),
        ),
        Claim(
            "helps-bleu", "레이블 스무딩은 BLEU를 높여요", "논문 §5.4", _raises("bleu", "조각 단위 BLEU는", ".1f", 0.3)
        ),
        Claim("they-disagree", "퍼플렉시티로 고른 것과 BLEU로 고른 것이 달라요", "논문 §5.4", judge_disagree),
    ),
    draw=draw,
    figure_size=(8.0, 3.8),
)
