"""주장마다의 판정: 맞는 세상과 다른 세상을 손으로 지어, 규칙이 둘을 가르는지 봐요.

실험마다 지점에서 잰 값을 내는 함수가 하나 있고, 그 매개변수의 기본값에서는 주장이 맞아요. 표에는 주장이 다르게 되는 매개변수를 적어요.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
from support.experiment_rows import made_up

from reference.experiments import catalogue
from reference.experiments.experiment import Experiment, Finding, Measured, Point, Verdict
from reference.experiments.studies import heads, korean_tokens, label_smoothing, positions, scaling, table1


def beyond_translation(point: Point, ours: float = 0.9, long: float = 0.8) -> Measured:
    same = {"Transformer": ours, "가장 비슷한 식": 0.7, "왼쪽부터": 0.1}
    return {"exact_same": same[point["model"]], "exact_long": long}


def decoder_only(point: Point, gpt: float = 3.0, counted: float = 3.5, alone: float = 7.0) -> Measured:
    bits = counted if point["model"] == "n-gram" else gpt
    return {"bits": bits, "unigram": alone, "order": 5, "mixed": gpt - 0.1, "share": 0.5, "sample": "제1조"}


def digits(point: Point, ours: float = 0.02) -> Measured:
    return {"error": {"조각": ours, "로지스틱": 0.1}.get(point["model"], 0.9)}


def dropout(point: Point, again: float = 0.2, wait: int = 2, best: float = 1.0) -> Measured:
    lowest, wait = best if point["dropout"] == 0.1 else 2.0, wait if point["dropout"] == 0.2 else 0
    curve = [5.0] * (4 + wait) + [lowest] * (6 - wait)
    return {"train": 0.5, "valid": lowest + again, "best": lowest, "every": 10, "curve": curve}


def fused_attention(
    point: Point, ratio: float = 2.0, table: float = 2.0, power: float = 1.0, many: float = 1e-7
) -> Measured:
    measured: Measured = {"difference": many if point["batch"] > 1 else 1e-7}
    for part in ("forward", "both"):
        measured |= {f"{part}_faster": ratio, f"{part}_naive_bytes": 100 * point["length"] ** table}
        measured[f"{part}_fused_bytes"] = 100 * point["length"] ** power
    return measured


def heads_(
    point: Point,
    one: float = 0.26,
    four: float = 1.0,
    tiny: float = 0.5,
    before: float = 0.6,
    extra: int = 0,
    single: float = 2.0,
    many: float = 2.0,
) -> Measured:
    count = point["heads"]
    if point["task"] == "translation":
        return {"valid": {1: single, 32: many}.get(count, 1.5)}
    share = {1: one, 2: 0.5, 4: four, 32: tiny}.get(count, 1.0)
    if point["width"] != heads.WIDTH:
        share = heads.theory(count, point["width"])
    return {"share": share, "focus_before": before, "focus": 0.9, "parameters": 4224 + extra * count}


def korean_tokens_(
    point: Point, ratio: float = 1.2, unknown: float = 0.0, morphemes: float = 60, letters: float = 40
) -> Measured:
    cut = point["cut"]
    if cut == korean_tokens.BOTH:
        return {"bytes": ratio, "mostly": 2 * ratio - 1, "even": ratio}
    scores = {"형태소 + BPE": morphemes, "음절": letters, "자모": letters}
    return {"unknown_real": unknown if cut == "유니그램" else 0.0, "chrf": scores.get(cut, 55)}


def kv_cache(
    point: Point,
    scale: float = 1.0,
    gain: float = 0.7,
    flat: float = 0.1,
    plain: float = 1.0,
    counted: float = 1.0,
    square: float = 2.0,
    difference: float = 1e-7,
) -> Measured:
    length = point["length"]
    measured: Measured = {"whole_faster": scale * length**gain, "difference": difference}
    measured |= {"token_cached_seconds": length**flat, "token_plain_seconds": length**plain}
    return measured | {"cached_multiplications": length**counted, "plain_multiplications": length**square}


def label_smoothing_(point: Point, worse: float = 1.1, accuracy: float = 0.01, bleu: float = 2.0) -> Measured:
    some = point["eps"] > 0
    assert set(label_smoothing.EPSILONS) == {0.0, 0.1, 0.2}
    return {
        "perplexity": 10 * worse if some else 10.0,
        "accuracy": 0.5 + accuracy * some,
        "bleu": 20 + bleu * some,
        "exact": 0.1,
    }


def positions_(
    point: Point,
    none: float = 0.1,
    loss: float = 2.0,
    moved: float = 0.0,
    gap: float = 0.0,
    sine: float = 0.95,
    learned: float = 0.3,
    far: float = 4.0,
    rope: float = 0.95,
) -> Measured:
    kind = point["positions"]
    if point["task"] == "translation":
        near = {"none": loss, "learned": 1.5 + gap}
        return {"near": near.get(kind, 1.5), "far": far if kind == "learned" else 3.0}
    longer = {"none": none, "sinusoidal": sine, "learned": learned, "rope": rope}[kind]
    inside = none if kind == "none" else 1.0
    accuracy = [inside if length <= positions.TRAINED else longer for length in positions.LENGTHS]
    return {"accuracy": accuracy, "moved": moved, "followed": 1e-6}


def rnn_cost(
    point: Point, hundred: float = 150.0, short: float = 5.0, long: float = 0.3, counts: float = 0.5
) -> Measured:
    slower = {100: hundred, 2000: long}.get(point["n"], short)
    measured: Measured = {f"{reader}_slower": slower for reader in ("loop", "rnn", "gru", "lstm")}
    return measured | {"attention_multiplications": counts, "loop_multiplications": 1, "lstm_multiplications": 1}


def scale_dk(
    point: Point,
    variance: float = 1.0,
    largest: float = 0.9,
    spread: float = 0.1,
    gradient: float = 0.02,
    small: float = 0.01,
    large: float = 1.0,
    fooled: float = 0.01,
) -> Measured:
    d_k, scaled = point["d_k"], point["scaled"]
    if scaled:
        return {"variance": 1.0, "largest": spread, "gradient": 0.2, "loss": 0.0, "fooled": fooled}
    loss = small if d_k == 8 else large
    return {"variance": variance * d_k, "largest": largest, "gradient": gradient, "loss": loss, "fooled": fooled}


def scaling_(point: Point, power: float = -0.25, curve: str = "거듭제곱") -> Measured:
    params = 40 * point["width"] ** 2
    times = (params / (40 * scaling.WIDTH**2)) * (point["pairs"] / scaling.SIZE)
    losses = {"거듭제곱": 2 * times**power, "로그": 2 + power * math.log(times)}
    return {"loss": losses[curve], "params": params}


def table1_(point: Point, shift: float = 0.0, waits: float = 0.0, more: int = 0) -> Measured:
    if point["vary"] == "path":
        measured: Measured = {
            f"{kind}_hops": [table1.expected_hops(kind, n) + more for n in table1.SHORT] for kind in table1.PATHS
        }
        chains = {kind: [2 * n ** (1 if kind == "rnn" else waits) for n in table1.SHORT] for kind in table1.LAYERS}
        return measured | {f"{kind}_chain": chain for kind, chain in chains.items()}
    side, sizes = (0, table1.LENGTHS) if point["vary"] == "length" else (1, table1.WIDTHS)
    return {
        f"{kind}_{what}": [3 * size ** (power[side] + shift) for size in sizes]
        for kind, power in table1.POWERS.items()
        for what in ("multiplications", "seconds")
    }


World = Callable[..., Measured]
Knobs = dict[str, Any]
WORLDS: dict[str, World] = {
    "beyond-translation": beyond_translation,
    "decoder-only": decoder_only,
    "digits": digits,
    "dropout": dropout,
    "fused-attention": fused_attention,
    "heads": heads_,
    "korean-tokens": korean_tokens_,
    "kv-cache": kv_cache,
    "label-smoothing": label_smoothing_,
    "positions": positions_,
    "rnn-cost": rnn_cost,
    "scale-dk": scale_dk,
    "scaling": scaling_,
    "table1": table1_,
}
FAILING: dict[tuple[str, str], list[Knobs]] = {
    ("beyond-translation", "structure"): [{"ours": 0.5}],
    ("beyond-translation", "structure-longer"): [{"long": 0.1}],
    ("decoder-only", "gpt-learns"): [{"alone": 2.5}],
    ("decoder-only", "gpt-beats-ngram"): [{"counted": 2.5}],
    ("decoder-only", "gpt-adds-to-ngram"): [{"counted": 2.5}],
    ("digits", "digits-reads"): [{"ours": 0.5}, {"ours": 0.1}],
    ("digits", "digits-needs-data"): [{"ours": 0.02}],
    ("digits", "digits-beats-logistic"): [{"ours": 0.3}],
    ("dropout", "zero-overfits"): [{"again": 0.0}],
    ("dropout", "two-tenths-is-slow"): [{"wait": 0}],
    ("dropout", "one-tenth-is-right"): [{"best": 3.0}],
    ("fused-attention", "faster"): [{"ratio": 0.5}],
    ("fused-attention", "linear-memory"): [{"power": 1.5}, {"table": 1.5}],
    ("fused-attention", "same-values"): [],  # 한 곳만 달라도 안 되므로 아래에서 따로 봐요.
    ("heads", "averaging"): [{"one": 0.4}, {"four": 0.9}],
    ("heads", "theory"): [{"one": 0.4}, {"four": 0.9}],
    ("heads", "tiny-heads"): [{"tiny": 1.0}],
    ("heads", "single-worse"): [{"single": 1.0}],
    ("heads", "too-many"): [{"many": 1.0}],
    ("heads", "untrained-roles"): [{"before": 0.2}],
    ("heads", "same-parameters"): [{"extra": 1}],
    ("korean-tokens", "korean-costs-more"): [{"ratio": 1.0}],
    ("korean-tokens", "bytes-know-all"): [{"unknown": 0.01}],
    ("korean-tokens", "morphemes-help"): [{"morphemes": 50}],
    ("korean-tokens", "subwords-beat-characters"): [{"letters": 70}],
    ("kv-cache", "faster"): [{"scale": 0.01}],
    ("kv-cache", "gain-grows"): [{"gain": 0.1}],
    ("kv-cache", "flat-latency"): [{"flat": 0.5}, {"plain": 0.5}],
    ("kv-cache", "counted"): [{"counted": 1.5}, {"square": 1.5}],
    ("kv-cache", "same-tokens"): [{"difference": 1e-2}],
    ("label-smoothing", "hurts-perplexity"): [{"worse": 1.0}, {"worse": 1.01}],
    ("label-smoothing", "helps-accuracy"): [{"accuracy": -0.01}],
    ("label-smoothing", "helps-bleu"): [{"bleu": -1.0}],
    ("label-smoothing", "they-disagree"): [{"bleu": -1.0}],
    ("positions", "needed"): [{"none": 1.0, "loss": 1.0}],
    ("positions", "same-result"): [{"moved": 3.0}],
    ("positions", "learned-alike"): [{"gap": 0.2}, {"gap": -0.2}],
    ("positions", "sine-reaches"): [{"sine": 0.3}],
    ("positions", "sine-beats-learned"): [{"sine": 0.2, "far": 2.0}],
    ("positions", "rope-reaches"): [{"rope": 0.3}],
    ("rnn-cost", "hundred-times"): [{"hundred": 50.0}],
    ("rnn-cost", "tens-of-times"): [{"hundred": 10.0}],
    ("rnn-cost", "fewer-multiplications"): [{"counts": 1.5}],
    ("rnn-cost", "faster-when-short"): [{"hundred": 0.5, "short": 0.5}],
    ("rnn-cost", "slower-when-long"): [{"long": 3.0}],
    ("scale-dk", "variance"): [{"variance": 1.5}],
    ("scale-dk", "saturation"): [{"largest": 0.5}, {"spread": 0.5}],
    ("scale-dk", "small-gradient"): [{"gradient": 0.1}],
    ("scale-dk", "training"): [{"large": 0.0}, {"small": 0.1}],
    ("scale-dk", "one-sample"): [{"fooled": 0.3}],
    ("scaling", "scaling-steady"): [{"power": 0.25}],
    ("scaling", "scaling-data"): [{"power": 0.25}, {"curve": "로그"}],
    ("scaling", "scaling-params"): [{"power": 0.25}, {"curve": "로그"}],
    ("table1", "complexity"): [{"shift": 0.5}],
    ("table1", "sequential"): [{"waits": 1.0}],
    ("table1", "path-length"): [{"more": 1}],
    ("table1", "time-follows"): [{"shift": 0.5}],
}
HOLDING: dict[tuple[str, str], Knobs] = {("digits", "digits-needs-data"): {"ours": 0.3}}


def load(name: str) -> Experiment:
    experiment: Experiment = importlib.import_module(catalogue.module_of(name)).EXPERIMENT
    return experiment


def judged(name: str, claim: str, knobs: Knobs) -> Finding:
    experiment = load(name)
    results = made_up(experiment, lambda point, seed: WORLDS[name](point, **knobs))
    return next(each for each in experiment.claims if each.id == claim).judge(results)


@pytest.mark.parametrize("name", WORLDS)
def test_every_claim_has_both_worlds(name: str) -> None:
    assert {claim.id for claim in load(name).claims} == {claim for study, claim in FAILING if study == name}


@pytest.mark.parametrize(("name", "claim"), FAILING)
def test_a_claim_holds_in_the_world_it_speaks_of(name: str, claim: str) -> None:
    assert judged(name, claim, HOLDING.get((name, claim), {})).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("name", "claim", "knobs"), [(*key, knobs) for key, several in FAILING.items() for knobs in several]
)
def test_a_claim_fails_in_the_other_world(name: str, claim: str, knobs: Knobs) -> None:
    assert judged(name, claim, knobs).verdict is Verdict.FAILS


def test_short_sentences_count_when_values_are_compared() -> None:
    assert judged("fused-attention", "same-values", {"many": 1e-3}).verdict is Verdict.UNCLEAR
    assert "1e-03" in judged("fused-attention", "same-values", {"many": 1e-3}).figure


@pytest.mark.parametrize(
    ("name", "claim", "knobs"),
    [
        ("label-smoothing", "they-disagree", {"bleu": 0.0}),
        ("heads", "single-worse", {}),
        ("positions", "sine-beats-learned", {}),
    ],
)
def test_noise_is_no_verdict(name: str, claim: str, knobs: Knobs) -> None:
    """시드끼리의 차이가 조건끼리의 차이보다 크면 맞다고도 다르다고도 하지 않아요."""
    experiment = load(name)

    def value(point: Point, seed: int) -> Measured:
        measured = WORLDS[name](point, **knobs)
        sway = (seed - 2) * 5 * (experiment.points.index(point) % 2 * 2 - 1)  # 지점마다 번갈아 다른 쪽으로 흔들려요.
        keys = ("bleu", "valid", "near", "far")
        return {key: value + sway if key in keys else value for key, value in measured.items()}

    claims = {each.id: each.judge for each in experiment.claims}
    assert claims[claim](made_up(experiment, value)).verdict is Verdict.UNCLEAR
