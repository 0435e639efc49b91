"""비용을 재는 도구와 그것을 쓰는 실험: 손으로 센 것, 계수기가 센 것과 같아요."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reference.attention import self_attention
from reference.decoding import greedy
from reference.experiments import costs
from reference.experiments.costs import (
    alternating_seconds,
    capped,
    growth,
    layer_multiplications,
    middle,
    multiplications,
    paired_ratio,
)
from reference.experiments.experiment import Results, Row, Setup, Verdict
from reference.experiments.studies import kv_cache, rnn_cost
from reference.rnn import rnn_forward


def test_multiplications_of_a_matrix_product_counted_by_hand() -> None:
    a, b = torch.ones(3, 4), torch.ones(4, 5)
    assert multiplications(lambda: a @ b) == 3 * 4 * 5


@pytest.mark.parametrize(("n", "d"), [(1, 8), (10, 64), (33, 16)])
def test_layer_formulas_equal_the_counter(n: int, d: int) -> None:
    x, W = torch.randn(1, n, d), torch.randn(3, d, d)
    gru, lstm = nn.GRU(d, d, batch_first=True), nn.LSTM(d, d, batch_first=True)
    assert multiplications(lambda: self_attention(x, W[0], W[1], W[2], None)) == layer_multiplications(
        "attention", n, d
    )
    loop = multiplications(lambda: rnn_forward(x, torch.zeros(1, d), W[0], W[1], torch.zeros(d)))
    assert loop == layer_multiplications("rnn", n, d)
    assert multiplications(lambda: gru(x)) == layer_multiplications("gru", n, d)
    with torch.backends.mkldnn.flags(enabled=False):  # oneDNN 안에서 곱하면 계수기가 세지 못해요.
        assert multiplications(lambda: lstm(x)) == layer_multiplications("lstm", n, d)


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="모르는 종류"):
        layer_multiplications("tree", 3, 4)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.5])
def test_growth_finds_the_power(power: float) -> None:
    sizes = [3, 7, 20, 90]
    assert growth(sizes, [5 * size**power for size in sizes]) == pytest.approx(power, abs=1e-9)


def test_jobs_take_turns() -> None:
    order: list[str] = []
    jobs = {name: lambda name=name: order.append(name) or sum(range(200_000)) for name in "ab"}
    times = alternating_seconds(jobs, 3, torch.device("cpu"))
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 3, "b": 3}
    turns = [name for name, before in zip(order, ["", *order], strict=False) if name != before]
    assert turns == ["a", "b"] * 4  # 몸풀기 한 바퀴와 세 바퀴


@pytest.mark.parametrize(("seconds", "calls"), [(1.0, 1), (0.0001, 4)])
def test_a_short_job_is_warm_again_before_each_reading(
    monkeypatch: pytest.MonkeyPatch, seconds: float, calls: int
) -> None:
    """재는 것은 `_seconds`뿐이므로, 그 밖에서 불린 횟수가 재지 않고 돌린 횟수예요."""
    unmeasured: list[str] = []
    monkeypatch.setattr(costs, "_seconds", lambda job, repeats, device: seconds)
    alternating_seconds({"a": lambda: unmeasured.append("a")}, 3, torch.device("cpu"))
    assert len(unmeasured) == calls


def test_times_are_taken_with_the_settings_pytorch_comes_with() -> None:
    before, seen = torch.get_float32_matmul_precision(), set()
    try:
        torch.set_float32_matmul_precision("medium")
        alternating_seconds({"a": lambda: seen.add(torch.get_float32_matmul_precision())}, 2, torch.device("cpu"))
        assert (seen, torch.get_float32_matmul_precision()) == ({"highest"}, "medium")
    finally:
        torch.set_float32_matmul_precision(before)


def test_middle_and_paired_ratio() -> None:
    assert middle({"a": [3.0, 1.0, 9.0]}) == {"a": 3.0}
    assert paired_ratio([2.0, 9.0, 4.0], [1.0, 3.0, 2.0]) == 2.0


def test_sizes_only_shrink() -> None:
    assert [capped(512, Setup(scale)) for scale in (0.01, 0.5, 1.0, 10.0)] == [8, 256, 512, 512]


# -- KV 캐시 --


@pytest.mark.parametrize("length", [1, 5, 40])
def test_sentence_formula_equals_the_counter(length: int) -> None:
    with torch.inference_mode():
        model = kv_cache.never_ending(1, length)
        src = torch.randint(3, 1000, (1, kv_cache.SOURCE))
        plain, cached = (
            multiplications(lambda use=use: greedy(model, src, length, use_cache=use)) for use in (False, True)
        )
    config, S = model.config, kv_cache.SOURCE
    # 쿼리가 하나뿐일 때 계수기가 세지 못하는 것: 층마다 셀프 어텐션의 2td와 크로스 어텐션의 2Sd
    unseen = [config.n_layers * 2 * config.d_model * (t + S) for t in range(1, length + 1)]
    assert plain + unseen[0] == kv_cache.sentence_multiplications(config, length, S, cached=False)
    assert cached + sum(unseen) == kv_cache.sentence_multiplications(config, length, S, cached=True)


def test_the_model_never_ends() -> None:
    with torch.inference_mode():
        model = kv_cache.never_ending(2, 40)
        assert len(greedy(model, torch.randint(3, 1000, (1, 16)), 40)[0]) == 40


def test_the_last_token_is_the_same_with_and_without_the_cache() -> None:
    with torch.inference_mode():
        model = kv_cache.never_ending(3, 12)
        src, tokens = torch.randint(3, 1000, (1, 5)), torch.randint(3, 1000, (1, 12))
        jobs = kv_cache.last_token(model, src, tokens)
        plain, first, again = jobs["plain"](), jobs["cached"](), jobs["cached"]()
    torch.testing.assert_close(first, plain, rtol=1e-4, atol=1e-5)
    assert torch.equal(first, again)  # 되풀이해 재도 캐시가 늘어나지 않아요.


def cache_rows(faster: list[float]) -> Results:
    rows = [
        Row({"length": length}, seed, {"whole_faster": value})
        for length, value in zip(kv_cache.LENGTHS, faster, strict=True)
        for seed in (1, 2, 3)
    ]
    return Results(rows)


@pytest.mark.parametrize(
    ("faster", "verdict", "grows"),
    [
        ([1.5, 2, 3, 5, 8, 15], Verdict.HOLDS, Verdict.HOLDS),
        ([0.5, 0.8, 1.2, 2, 3, 4], Verdict.DEPENDS, Verdict.HOLDS),
        ([1.5, 1.5, 1.5, 1.5, 1.5, 1.5], Verdict.HOLDS, Verdict.FAILS),
        ([1.0, 0.5, 0.5, 0.5, 0.5, 0.4], Verdict.UNCLEAR, Verdict.FAILS),
    ],
)
def test_rules_of_the_cache(faster: list[float], verdict: Verdict, grows: Verdict) -> None:
    results = cache_rows(faster)
    assert kv_cache.judge_faster(results).verdict is verdict
    assert kv_cache.judge_grows(results).verdict is grows


# -- RNN과 셀프 어텐션 --


def rnn_rows(slower: float, batched: float) -> Results:
    rows = []
    for point in rnn_cost.POINTS:
        value = slower if point["batch"] == 1 else batched
        measured = {f"{reader}_slower": value for reader in rnn_cost.READERS}
        for name, kind in (("attention", "attention"), ("loop", "rnn"), ("lstm", "lstm")):
            measured[f"{name}_multiplications"] = layer_multiplications(kind, point["n"], point["d"])
        rows += [Row(point, seed, measured) for seed in (1, 2, 3)]
    return Results(rows)


@pytest.mark.parametrize(
    ("slower", "batched", "verdict"),
    [(150.0, 120.0, Verdict.HOLDS), (5.0, 0.5, Verdict.FAILS), (150.0, 0.5, Verdict.DEPENDS)],
)
def test_rules_of_a_hundred_words(slower: float, batched: float, verdict: Verdict) -> None:
    assert rnn_cost.judge_hundred(rnn_rows(slower, batched), 100).verdict is verdict


def test_multiplications_depend_on_the_kind_of_rnn() -> None:
    finding = rnn_cost.judge_multiplications(rnn_rows(1, 1))
    assert finding.verdict is Verdict.DEPENDS
    # 1.5 + n/d: n 10, d 256에서 1.54, n 100과 d 256, n 32와 d 64에서 1.89와 2.00
    assert "1.54~2.00배" in finding.figure
