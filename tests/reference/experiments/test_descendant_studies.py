"""후손과 데이터의 실험: 지어낸 값에서 손으로 정한 판정이 나오는지 봐요."""

from __future__ import annotations

import pytest

from reference.experiments.experiment import Results, Row, Verdict
from reference.experiments.rules import under_conditions
from reference.experiments.studies import beyond_translation, decoder_only, digits, korean_tokens, masked_model, scaling

YES, NO, MIXED, DEPENDS = Verdict.HOLDS, Verdict.FAILS, Verdict.UNCLEAR, Verdict.DEPENDS


@pytest.mark.parametrize(
    ("each", "together"),
    [
        ((YES, YES), YES),
        ((NO, NO), NO),
        ((YES, NO), DEPENDS),
        ((YES, MIXED), MIXED),
        ((NO, MIXED), MIXED),
        ((YES, NO, MIXED), DEPENDS),
    ],
)
def test_conditions_come_together(each, together):
    verdict, said = under_conditions({f"{at}번": one for at, one in enumerate(each)})
    assert verdict is together
    assert all(f"{at}번" in said for at in range(len(each))) and said.endswith("요.")


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


@pytest.mark.parametrize(("error", "verdict"), [(0.05, YES), (0.5, NO)])
def test_digits_reads_only_when_far_better_than_guessing(error, verdict):
    values = {"조각": error, digits.NAIVE: 0.9}
    rows = made([({"model": m, "train": digits.TRAIN[-1]}, {"error": (value,) * 3}) for m, value in values.items()])
    assert judge(digits.EXPERIMENT, "digits-reads", rows) is verdict


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


def test_longer_structure_must_keep_half():
    def rows(long: float) -> Results:
        values = {"exact_same": (0.9,) * 3, "exact_long": (long,) * 3}
        return made([({"model": model}, values) for model in beyond_translation.MODELS])

    assert judge(beyond_translation.EXPERIMENT, "structure-longer", rows(0.5)) is YES
    assert judge(beyond_translation.EXPERIMENT, "structure-longer", rows(0.1)) is NO


@pytest.mark.parametrize(("mostly", "even", "verdict"), [(2.0, 1.2, YES), (2.0, 1.0, DEPENDS), (0.9, 1.0, DEPENDS)])
def test_korean_costs_more_names_the_way_of_cutting(mostly, even, verdict):
    values = {"bytes": (1.2,) * 3, "mostly": (mostly,) * 3, "even": (even,) * 3}
    rows = made([({"cut": korean_tokens.BOTH}, values)])
    assert judge(korean_tokens.EXPERIMENT, "korean-costs-more", rows) is verdict


@pytest.mark.parametrize(("morphemes", "verdict"), [((60, 61, 62), YES), ((50, 51, 52), NO), ((60, 50, 60), MIXED)])
def test_morphemes_help_when_every_seed_says_so(morphemes, verdict):
    rows = [({"cut": "형태소 + BPE"}, {"chrf": morphemes}), ({"cut": "바이트 BPE"}, {"chrf": (55, 55, 55)})]
    assert judge(korean_tokens.EXPERIMENT, "morphemes-help", made(rows)) is verdict


@pytest.mark.parametrize(("unknown", "verdict"), [(0.0, YES), (0.01, NO)])
def test_bytes_know_everything_or_the_claim_falls(unknown, verdict):
    values = {
        name: unknown if name == "유니그램" else 0.2 if name in ("자모", "음절", "음절 BPE") else 0.0
        for name in korean_tokens.CUTTERS
    }
    rows = made([({"cut": name}, {"unknown_real": (value,) * 3}) for name, value in values.items()])
    assert judge(korean_tokens.EXPERIMENT, "bytes-know-all", rows) is verdict


def test_power_law_finds_the_exponent_it_was_given():
    law = scaling.power_law([10, 100, 1000], [3 * x**-0.25 for x in (10, 100, 1000)])
    assert law.exponent == pytest.approx(0.25) and law.scale == pytest.approx(3.0) and law.fit == pytest.approx(1.0)
    above = scaling.floored_law([10, 100, 1000, 10000], [1.5 + 3 * x**-0.5 for x in (10, 100, 1000, 10000)])
    assert above.exponent == pytest.approx(0.5, rel=0.05) and above.floor == pytest.approx(1.5, abs=0.02)
    flat = scaling.power_law([10, 100, 1000], [2.0, 1.0, 2.0])
    assert flat.exponent == pytest.approx(0.0) and flat.fit < 0.1
    for x, losses in (([1, 2], [1, 2]), ([1, 2, 3], [1, 0, 1])):
        with pytest.raises(ValueError, match="셋 이상"):
            scaling.power_law(x, losses)


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ((3.2, 2.6, 2.1, 1.7, 1.4), YES),
        (tuple(2 + 2 * (125 / pairs) ** 2 for pairs in scaling.SIZES), DEPENDS),
        ((2.0, 3.0, 1.0, 3.0, 2.0), NO),
    ],
)
def test_scaling_must_be_smooth(losses, verdict):
    rows = [
        ({"width": scaling.WIDTH, "pairs": pairs}, {"loss": (loss,) * 3, "params": (9, 9, 9)})
        for pairs, loss in zip(scaling.SIZES, losses, strict=True)
    ]
    assert judge(scaling.EXPERIMENT, "scaling-data", made(rows)) is verdict
