"""정규화, 워밍업, 조용한 버그, 가린 글자의 주장: 지어낸 값마다 손으로 정한 판정이 나오는지 봐요."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.experiment_rows import made_up

from reference.experiments.experiment import Experiment, Finding, Point, Results, Verdict
from reference.experiments.small_training import COPYING, RUINED, copying, ending, guessing_loss
from reference.experiments.studies import masked_model, norms, silent_bugs, warmup
from reference.experiments.studies.silent_bugs import CORRECT, DROPPING

YES, NO, UNCLEAR, DEPENDS = Verdict.HOLDS, Verdict.FAILS, Verdict.UNCLEAR, Verdict.DEPENDS
Three = tuple[float, float, float]
CHANCE = (2.49, 2.5, 2.48)  # 소스를 보지 않고 찍을 때의 손실


def finding(experiment: Experiment, claim: str, results: Results) -> Finding:
    found = next(each for each in experiment.claims if each.id == claim).judge(results)
    assert found.sentence.endswith("요.")
    return found


# -- 찍을 때의 손실 --


def test_guessing_is_the_entropy_of_what_the_task_writes():
    """글자 3,000쌍을 세어 구한 엔트로피와 같아요. 문장의 끝을 알면 글자 열둘 가운데 찍는 것만 남아요."""
    counts = Counter(copying(30_000, 6, seed=1).tgt_out.flatten().tolist())
    del counts[0]
    total = counts.total()
    assert set(counts) == set(range(2, COPYING))
    measured = -sum(count / total * math.log(count / total) for count in counts.values())
    assert guessing_loss(6) == pytest.approx(measured, abs=0.005)
    letters = sum(count for token, count in counts.items() if token > 2)
    assert guessing_loss(6, ends_known=True) == pytest.approx(letters / total * math.log(12), abs=0.005)


def test_the_ending_is_the_last_tenth_and_never_infinite():
    assert ending([9.0] * 18 + [1.0, 2.0]) == pytest.approx(1.5)
    assert ending([1.0, 2.0]) == 2.0
    assert ending([1.0] * 9 + [math.nan]) == ending([1.0] * 9 + [math.inf]) == RUINED


# -- 정규화 --


def norm_rows(
    last: dict[str | tuple[str, bool], Three] | None = None,
    reach: dict[str, Three] | None = None,
    before: dict[str, tuple[list[float], list[float], list[float]]] | None = None,
) -> Results:
    """적지 않은 것은 손실 1, 기울기는 어디서나 같아요. last의 열쇠는 이름이거나 (이름, 워밍업)이에요."""

    def value(point: Point, seed: int) -> dict[str, Any]:
        name, at = point["stack"], seed - 1
        values = last or {}
        found = values.get((name, point["warmup"]), values.get(name, (1.0, 1.0, 1.0)))
        return {
            "last": found[at],
            "reach": (reach or {}).get(name, (1.0, 1.0, 1.0))[at],
            "before": (before or {}).get(name, ([1.0, 1.0],) * 3)[at],
        }

    return made_up(norms.EXPERIMENT, value)


GONE = (1e-3, 1e-4, 1e-3)


@pytest.mark.parametrize(
    ("reach", "verdict"),
    [
        ({"neither": GONE}, YES),
        ({"neither": GONE, "residual": (1e5, 5e3, 1e5)}, DEPENDS),  # 터지는 것은 고속도로가 아니에요.
        ({"neither": GONE, "residual": (1e5, 5.0, 1e5)}, UNCLEAR),
        ({"neither": GONE, **dict.fromkeys(("residual", "pre", "post"), (1e30,) * 3)}, NO),
        ({"neither": GONE, **dict.fromkeys(("residual", "pre", "post"), (0.01,) * 3)}, NO),
        ({}, NO),  # 잔차가 없어도 그대로면 잔차 덕이 아니에요.
    ],
)
def test_a_highway_neither_vanishes_nor_explodes(reach, verdict):
    assert finding(norms.EXPERIMENT, "highway", norm_rows(reach=reach)).verdict is verdict


@pytest.mark.parametrize(("claim", "stack"), [("residual-needs-norm", "residual"), ("norm-needs-residual", "norm")])
@pytest.mark.parametrize(
    ("alone", "both", "verdict"),
    [
        (CHANCE, (1.0,) * 3, YES),
        ((RUINED,) * 3, (1.0,) * 3, YES),
        ((1.5, 1.6, 1.5), (0.5,) * 3, NO),  # 덜 배운 것은 못 배운 것이 아니에요.
        ((2.5, 1.5, 2.5), (0.5,) * 3, UNCLEAR),
        (CHANCE, CHANCE, NO),  # 둘 다 있어도 못 배우면 무엇이 모자란지 몰라요.
    ],
)
def test_not_learning_is_staying_at_the_guess(claim, stack, alone, both, verdict):
    assert finding(norms.EXPERIMENT, claim, norm_rows({stack: alone, "pre": both})).verdict is verdict


@pytest.mark.parametrize(
    ("last", "shown"),
    [((2.4,) * 3, "2.40"), ((2e4, 3e4, 4e4), "30,000 (20,000~40,000)"), ((2e4, RUINED, 3e4), "20,000~수가 아님")],
)
def test_a_ruined_loss_is_said_in_words(last, shown):
    figure = finding(norms.EXPERIMENT, "residual-needs-norm", norm_rows({"residual": last})).figure
    assert figure == f"{shown} 대 1.00"


@pytest.mark.parametrize(("claim", "stack"), [("pre-is-stable", "pre"), ("deep-is-stable", "deep")])
@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ({"post": CHANCE}, YES),
        ({"post": (1.05, 1.1, 1.05)}, UNCLEAR),  # 여유 안이에요.
        ({"post": (0.2, 0.3, 0.2)}, NO),
        ({("post", False): CHANCE, ("post", True): (0.2, 0.3, 0.2)}, DEPENDS),
    ],
)
def test_better_than_post_is_judged_with_and_without_warmup(claim, stack, last, verdict):
    found = finding(norms.EXPERIMENT, claim, norm_rows(last))
    assert found.verdict is verdict and "10% 워밍업" in found.sentence and "2.49" in found.sentence


def test_better_than_a_worse_guess_is_not_learning():
    guessing = {("deep", True): (2.4,) * 3, ("deep", False): (2.4,) * 3, "post": (3.0,) * 3}
    assert finding(norms.EXPERIMENT, "deep-is-stable", norm_rows(guessing)).verdict is NO


@pytest.mark.parametrize(("claim", "stack"), [("pre-is-even", "pre"), ("deep-is-even", "deep")])
@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((2.0, 1.5, 8.0), YES), ((0.5, 0.2, 0.7), NO), ((1.1, 0.95, 1.0), UNCLEAR), ((2.0, 0.5, 2.0), UNCLEAR)],
)
def test_evener_gradients_by_their_ratio_to_post(claim, stack, ratios, verdict):
    before = {"post": tuple([ratio, 4 * ratio] for ratio in (1.0, 1.0, 1.0)), stack: None}
    before[stack] = tuple([4.0, 16.0 / ratio] if ratio < 4 else [16.0 / ratio, 4.0] for ratio in ratios)
    assert finding(norms.EXPERIMENT, claim, norm_rows(before=before)).verdict is verdict


@pytest.mark.parametrize(
    ("rms", "layer", "verdict"),
    [
        ((1.1, 0.9, 1.0), (1.0,) * 3, YES),
        ((0.5,) * 3, (1.0,) * 3, YES),
        ((1.3, 1.2, 1.4), (1.0,) * 3, NO),
        ((1.3, 1.0, 1.0), (1.0,) * 3, UNCLEAR),
        (CHANCE, CHANCE, NO),  # 함께 못 배운 것을 만큼 배웠다고 하지 않아요.
    ],
)
def test_rms_may_be_better_but_not_worse(rms, layer, verdict):
    assert finding(norms.EXPERIMENT, "rms-is-enough", norm_rows({"rms": rms, "pre": layer})).verdict is verdict


# -- 워밍업 --


def warmup_rows(last: dict[tuple[str, str], Three], first: float = 4.8, peaks: tuple[float, ...] = warmup.PEAKS) -> Any:
    """last는 (정규화, 일정)마다 peaks의 학습률에서 본 마지막 손실이에요. 나머지는 1이에요."""

    def value(point: Point, seed: int) -> dict[str, Any]:
        found = last.get((point["norm"], point["schedule"])) if point["peak"] in peaks else None
        return {"first": first, "last": (found or (1.0, 1.0, 1.0))[seed - 1]}

    return made_up(warmup.EXPERIMENT, value)


@pytest.mark.parametrize(
    ("none", "short", "verdict"),
    [
        (CHANCE, CHANCE, NO),  # 첫 손실 4.8에서 찍는 손실로 내려간 것은 배운 것이 아니에요.
        ((1.0, 0.9, 1.1), CHANCE, YES),
        ((1.2, 1.1, 1.2), (1.0,) * 3, YES),
        ((1.8, 1.7, 1.8), (0.5,) * 3, NO),  # 배우기는 해도 워밍업이 줄인 것의 80%가 못 돼요.
        ((1.0, CHANCE[0], 1.0), (1.0,) * 3, UNCLEAR),
        ((RUINED,) * 3, (1.0,) * 3, NO),
    ],
)
@pytest.mark.parametrize(("claim", "norm"), [("pre-does-not", "pre"), ("deep-does-not", "deep")])
def test_learning_without_warmup_counts_from_the_guess(claim, norm, none, short, verdict):
    values = {(norm, "none"): none, (norm, "short"): short}
    assert finding(warmup.EXPERIMENT, claim, warmup_rows(values)).verdict is verdict
    once = {NO: DEPENDS}.get(verdict, verdict)  # 다른 학습률에서는 배워요.
    assert finding(warmup.EXPERIMENT, claim, warmup_rows(values, peaks=warmup.PEAKS[:1])).verdict is once


def test_standing_still_is_said_though_it_is_no_divergence():
    still = finding(warmup.EXPERIMENT, "diverges", warmup_rows({("post", "none"): CHANCE}))
    assert still.verdict is NO and "6가지 가운데 0가지" in still.figure
    assert "첫 손실보다 크면 발산" in still.sentence
    assert still.sentence.split("못한 곳은")[1].count("Post-LN") == 2
    ruined = finding(warmup.EXPERIMENT, "diverges", warmup_rows({("post", "none"): (RUINED,) * 3}))
    assert ruined.verdict is DEPENDS
    mixed = finding(warmup.EXPERIMENT, "diverges", warmup_rows({("post", "none"): (RUINED, 1.0, 1.0)}))
    assert mixed.verdict is UNCLEAR


@pytest.mark.parametrize(("claim", "schedule"), [("longer-is-better", "long"), ("cosine-is-better", "cosine")])
@pytest.mark.parametrize(
    ("last", "verdict"), [((0.9, 0.92, 0.91), YES), ((1.1, 1.12, 1.1), NO), ((0.99, 0.8, 1.0), UNCLEAR)]
)
def test_a_schedule_wins_only_beyond_the_seeds(claim, schedule, last, verdict):
    values = {("post", schedule): last}
    assert finding(warmup.EXPERIMENT, claim, warmup_rows(values)).verdict is verdict


@pytest.mark.parametrize(("none", "verdict"), [(CHANCE, YES), ((0.5, 0.6, 0.5), NO), ((1.1, 1.12, 1.1), UNCLEAR)])
def test_post_needs_warmup_by_more_than_the_margin(none, verdict):
    assert finding(warmup.EXPERIMENT, "post-needs-it", warmup_rows({("post", "none"): none})).verdict is verdict


# -- 조용한 버그 --


def bug_rows(**bugs: dict[str, Three]) -> Results:
    """올바른 모델은 다 맞히고, bugs는 이름의 한 부분(띄어쓰기 없이)마다 다르게 잰 것이에요."""
    right = {"loss": 0.02, "forced": 0.98, "free": 0.98, "padded": 0.98, "changed": 0.0, "reached": 100}

    def value(point: Point, seed: int) -> dict[str, Any]:
        name = point["bug"].replace(" ", "")
        changed = next((bug for key, bug in bugs.items() if key in name), {})
        return right | {key: values[seed - 1] for key, values in changed.items()}

    return made_up(silent_bugs.EXPERIMENT, value)


HIGH = {"loss": (0.36, 0.33, 0.4)}


def test_a_loss_that_dropout_raised_does_not_show_the_bug():
    """드롭아웃이 올린 손실은 드롭아웃을 쓴 올바른 모델도 같아요. 그보다 높아야 드러난 거예요."""
    same = finding(silent_bugs.EXPERIMENT, "bugs-show-in-loss", bug_rows(드롭아웃=HIGH))
    assert same.verdict is NO and same.figure == "0가지는 드러나고 9가지는 숨어요"
    shown = finding(silent_bugs.EXPERIMENT, "bugs-show-in-loss", bug_rows(켜둔채번역=HIGH))
    assert shown.verdict is DEPENDS and "드롭아웃을 켜 둔 채 번역 0.36" in shown.sentence
    every = bug_rows(**{DROPPING.replace(" ", ""): {}, CORRECT.replace(" ", ""): {}, "": HIGH})
    assert finding(silent_bugs.EXPERIMENT, "bugs-show-in-loss", every).verdict is YES


@pytest.mark.parametrize(
    ("free", "loss", "verdict"),
    [((0.0,) * 3, (0.03, 0.01, 0.02), YES), ((0.0,) * 3, (0.5,) * 3, NO), ((0.6, 0.7, 0.6), (0.02,) * 3, NO)],
)
def test_a_bug_fools_the_loss_only_when_it_cannot_write(free, loss, verdict):
    rows = bug_rows(한칸샘={"free": free, "loss": loss})
    assert finding(silent_bugs.EXPERIMENT, "loss-is-not-enough", rows).verdict is verdict


@pytest.mark.parametrize(("leak", "verdict"), [((60, 65, 62), YES), ((140, 150, 145), NO), ((60, 140, 101), UNCLEAR)])
def test_leaks_look_good_when_they_are_sooner(leak, verdict):
    rows = bug_rows(한칸샘={"reached": leak})
    assert finding(silent_bugs.EXPERIMENT, "leaks-look-good", rows).verdict is verdict


@pytest.mark.parametrize(
    ("open_padding", "right", "verdict"),
    [
        ((0.1, 0.15, 0.2), (0.0,) * 3, YES),
        ((0.0,) * 3, (0.0,) * 3, NO),
        ((0.1, 0.0, 0.2), (0.0,) * 3, UNCLEAR),
        ((0.1, 0.15, 0.2), (0.1,) * 3, NO),  # 올바른 모델도 달라지면 PAD를 가리지 않은 탓이 아니에요.
    ],
)
def test_padding_must_change_what_only_the_buggy_model_writes(open_padding, right, verdict):
    rows = bug_rows(PAD={"changed": open_padding}, **{CORRECT.replace(" ", ""): {"changed": right}})
    assert finding(silent_bugs.EXPERIMENT, "padding-changes-neighbours", rows).verdict is verdict


# -- 가린 글자 --


def masked_rows(values: Callable[[str], tuple[Three, Three]]) -> Results:
    """values(무엇으로 맞혔는지)가 (맞힌 비율, 퍼플렉시티)의 시드 셋이에요."""

    def value(point: Point, seed: int) -> dict[str, Any]:
        accuracy, perplexity = values(point["guess"])
        return {"accuracy": accuracy[seed - 1], "perplexity": perplexity[seed - 1], "samples": ["가[나]"]}

    return made_up(masked_model.EXPERIMENT, value)


@pytest.mark.parametrize(
    ("accuracy", "perplexity", "verdict"),
    [
        ((0.62, 0.6, 0.61), (7.0, 7.1, 7.2), YES),
        ((0.4, 0.42, 0.41), (12.0, 12.5, 12.2), NO),
        ((0.4, 0.42, 0.41), (7.0, 7.1, 7.2), DEPENDS),
        ((0.51, 0.49, 0.5), (10.0, 9.8, 10.1), UNCLEAR),
    ],
)
def test_beating_counts_needs_more_than_the_seeds(accuracy, perplexity, verdict):
    rows = masked_rows(lambda guess: (accuracy, perplexity) if guess == "모델: 양쪽" else ((0.5,) * 3, (10.0,) * 3))
    assert finding(masked_model.EXPERIMENT, "masked-beats-counting", rows).verdict is verdict


@pytest.mark.parametrize(
    ("both", "verdict"), [((0.5, 0.52, 0.51), YES), ((0.2, 0.22, 0.21), NO), ((0.36, 0.2, 0.5), UNCLEAR)]
)
def test_two_sides_beat_the_left(both, verdict):
    rows = masked_rows(lambda guess: (both if guess.endswith("양쪽") else (0.35,) * 3, (10.0,) * 3))
    assert finding(masked_model.EXPERIMENT, "both-sides", rows).verdict is verdict
