"""후손과 데이터의 실험: 지어낸 값에서 손으로 정한 판정이 나오는지 봐요."""

from __future__ import annotations

import math

import pytest

from reference.experiments.experiment import Results, Row, Verdict
from reference.experiments.studies import decoder_only, digits, korean_tokens, masked_model, scaling

YES, NO, MIXED, DEPENDS = Verdict.HOLDS, Verdict.FAILS, Verdict.UNCLEAR, Verdict.DEPENDS


def made(points: list[tuple[dict, dict[str, tuple[float, ...]]]]) -> Results:
    """지점마다 시드 셋의 값으로 지은 결과예요."""
    return Results([Row(p, s + 1, {k: v[s] for k, v in measured.items()}) for p, measured in points for s in range(3)])


def judge(experiment, claim: str, results: Results) -> Verdict:
    finding = next(each for each in experiment.claims if each.id == claim).judge(results)
    assert finding.sentence.endswith("요.")
    return finding.verdict


@pytest.mark.parametrize(
    ("largest", "verdict"), [((0.01, 0.02, 0.01), DEPENDS), ((0.2, 0.2, 0.2), NO), ((0.01, 0.2, 0.01), MIXED)]
)
def test_digits_says_at_which_size(largest, verdict):
    """작은 훈련에서는 늘 지고, 가장 큰 훈련에서 이기는지만 달라요."""
    rows = []
    for count in digits.TRAIN:
        ours = largest if count == digits.TRAIN[-1] else (0.3, 0.3, 0.3)
        rows += [({"model": "조각", "train": count}, {"error": ours})]
        rows += [({"model": "로지스틱", "train": count}, {"error": (0.1,) * 3})]
    assert judge(digits.EXPERIMENT, "digits-beats-logistic", made(rows)) is verdict


def language(gpt: float, pieces: float, counted: float, mixed: float) -> Results:
    return made(
        [
            (
                {"model": "글자"},
                {"bits": (gpt,) * 3, "mixed": (mixed,) * 3, "share": (0.5,) * 3, "sample": ("제1조",) * 3},
            ),
            ({"model": "BPE"}, {"bits": (pieces,) * 3}),
            ({"model": "n-gram"}, {"bits": (counted,) * 3, "unigram": (7.0,) * 3, "order": (5, 5, 5)}),
        ]
    )


def test_gpt_against_counting():
    results = language(gpt=3.0, pieces=4.0, counted=3.5, mixed=2.9)
    assert judge(decoder_only.EXPERIMENT, "gpt-learns", results) is YES
    assert judge(decoder_only.EXPERIMENT, "gpt-beats-ngram", results) is DEPENDS
    assert judge(decoder_only.EXPERIMENT, "gpt-adds-to-ngram", results) is YES
    results = language(gpt=4.0, pieces=4.0, counted=3.5, mixed=3.6)
    assert judge(decoder_only.EXPERIMENT, "gpt-beats-ngram", results) is NO
    assert judge(decoder_only.EXPERIMENT, "gpt-adds-to-ngram", results) is NO


def test_both_sides_must_help_the_model_and_the_counts():
    def rows(left: float, both: float) -> Results:
        values = {"모델: 왼쪽": left, "모델: 양쪽": both, "세기: 왼쪽": 0.3, "세기: 양쪽": 0.4}
        return made([({"guess": name}, {"accuracy": (value,) * 3}) for name, value in values.items()])

    assert judge(masked_model.EXPERIMENT, "both-sides", rows(0.2, 0.3)) is YES
    assert judge(masked_model.EXPERIMENT, "both-sides", rows(0.3, 0.2)) is DEPENDS


@pytest.mark.parametrize(("perplexity", "accuracy", "verdict"), [(9.0, 0.6, YES), (9.0, 0.4, DEPENDS), (15.0, 0.4, NO)])
def test_counting_is_beaten_in_both_scores(perplexity, accuracy, verdict):
    ours = {"accuracy": (accuracy,) * 3, "perplexity": (perplexity,) * 3, "samples": (["가[나]"],) * 3}
    counted = {"accuracy": (0.5,) * 3, "perplexity": (12.0,) * 3}
    rows = made([({"guess": "모델: 양쪽"}, ours), *(({"guess": name}, counted) for name in masked_model.COUNTED)])
    assert judge(masked_model.EXPERIMENT, "masked-beats-counting", rows) is verdict


@pytest.mark.parametrize(("mostly", "even", "verdict"), [(2.0, 1.2, YES), (2.0, 1.0, DEPENDS), (0.9, 1.0, DEPENDS)])
def test_korean_costs_more_names_the_way_of_cutting(mostly, even, verdict):
    values = {"bytes": (1.2,) * 3, "mostly": (mostly,) * 3, "even": (even,) * 3}
    rows = made([({"cut": korean_tokens.BOTH}, values)])
    assert judge(korean_tokens.EXPERIMENT, "korean-costs-more", rows) is verdict


@pytest.mark.parametrize(("morphemes", "verdict"), [((60, 61, 62), YES), ((50, 51, 52), NO), ((60, 50, 60), MIXED)])
def test_morphemes_help_when_every_seed_says_so(morphemes, verdict):
    rows = [({"cut": "형태소 + BPE"}, {"chrf": morphemes}), ({"cut": "바이트 BPE"}, {"chrf": (55, 55, 55)})]
    assert judge(korean_tokens.EXPERIMENT, "morphemes-help", made(rows)) is verdict


@pytest.mark.parametrize(("curve", "slope"), [("거듭제곱", -0.25), ("로그", -0.25), ("지수함수", -0.25)])
def test_each_curve_finds_the_slope_it_was_given(curve, slope):
    x = [1, 2, 5, 9]
    made_of = {
        "거듭제곱": [3 * at**slope for at in x],
        "로그": [3 + slope * math.log(at) for at in x],
        "지수함수": [3 * math.exp(slope * at) for at in x],
    }
    for name, losses in made_of.items():
        found, curve_of = scaling.fit(curve, x, losses)
        assert (found == pytest.approx(slope)) == (name == curve)
        assert (list(curve_of(x)) == pytest.approx(losses)) == (name == curve)
        assert (scaling.left_out(curve, x, losses) < 1e-9) == (name == curve)


def test_points_left_out_by_hand():
    """ln x가 0, 1, 2, 3일 때의 손실 4, 3, 2, 1/2: 뺀 점마다 나머지 셋의 직선에서 1/3, 1/14, 2/7, 1/2만큼 벗어나요."""
    x = [1, math.e, math.e**2, math.e**3]
    squares = (1 / 9, 1 / 196, 4 / 49, 1 / 4)
    assert scaling.left_out("로그", x, [4.0, 3.0, 2.0, 0.5]) == pytest.approx(math.sqrt(sum(squares) / 4))


@pytest.mark.parametrize(("x", "losses"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 0, 1]), ([0, 2, 3], [1, 1, 1])])
def test_a_curve_needs_three_points_above_zero(x, losses):
    with pytest.raises(ValueError, match="셋 이상"):
        scaling.fit("거듭제곱", x, losses)
