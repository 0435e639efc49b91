"""점수표를 만들지 않는 어텐션: 잰 메모리를 손으로 센 것과 견주고, 판정의 규칙을 봐요."""

from __future__ import annotations

import pytest
import torch

from reference.attention import scaled_dot_product_attention
from reference.experiments.experiment import Results, Row, Verdict
from reference.experiments.peak_memory import peak_bytes
from reference.experiments.studies import fused_attention

CPU = torch.device("cpu")


def test_peak_counts_what_is_held_at_once() -> None:
    one, two = (
        peak_bytes(lambda: torch.empty(1000), CPU),
        peak_bytes(lambda: [torch.empty(1000) for _ in range(2)], CPU),
    )
    assert (one, two) == (4000, 8000)
    assert peak_bytes(lambda: [torch.empty(1000).numel() for _ in range(2)], CPU) == 4000  # 하나를 놓고 다음을 잡아요.


def test_the_table_of_scores_is_what_the_naive_one_holds() -> None:
    q, k, v = torch.randn(3, 1, 8, 512, 64).unbind()
    table = 8 * 512 * 512 * 4  # 헤드, 쿼리, 키, float32
    # 배율을 곱하기 전과 곱한 뒤, 소프트맥스의 앞과 뒤로 두 장을 함께 들어요.
    assert peak_bytes(lambda: fused_attention.naive(q, k, v), CPU) == pytest.approx(2 * table, rel=0.01)
    assert peak_bytes(lambda: fused_attention.fused(q, k, v), CPU) < table / 4


def test_both_ways_equal_the_reference() -> None:
    q, k, v = torch.randn(3, 1, 8, 20, 64, dtype=torch.float64).unbind()
    wanted = scaled_dot_product_attention(q, k, v, None)[0]
    for way in (fused_attention.naive, fused_attention.fused):
        torch.testing.assert_close(way(q, k, v), wanted)


def results(short: float, long: float, power: float) -> Results:
    rows = []
    for point in fused_attention.POINTS:
        measured = {f"{part}_faster": short if point["length"] < 100 else long for part in fused_attention.PARTS}
        for part in fused_attention.PARTS:
            measured[f"{part}_naive_bytes"] = 100 * point["length"] ** 2
            measured[f"{part}_fused_bytes"] = 100 * point["length"] ** power
        rows += [Row(point, seed, measured) for seed in (1, 2, 3)]
    return Results(rows)


@pytest.mark.parametrize(
    ("short", "long", "verdict"),
    [
        (1.5, 3.0, Verdict.HOLDS),
        (0.5, 3.0, Verdict.DEPENDS),
        (0.5, 0.8, Verdict.FAILS),
        (1.05, 3.0, Verdict.UNCLEAR),
    ],
)
def test_rule_of_speed(short: float, long: float, verdict: Verdict) -> None:
    assert fused_attention.judge_faster(results(short, long, 1)).verdict is verdict
