"""표 1을 세는 도구: 손으로 센 곱셈, 기다림, 길과 같아요."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from reference.experiments.costs import multiplications
from reference.experiments.experiment import Results, Row, Verdict
from reference.experiments.studies import table1
from reference.rnn import layer_cost, rnn_forward


@pytest.mark.parametrize(("n", "d"), [(12, 4), (40, 8)])
def test_multiplications_are_those_of_the_table(n: int, d: int) -> None:
    x, W = torch.randn(n, d), torch.randn(table1.K, d, d)
    counted = {kind: multiplications(lambda layer=layer: layer(x, W)) for kind, layer in table1.KINDS.items()}
    assert counted["attention"] == 2 * layer_cost("self_attention", n, d)  # 점수와 섞기
    assert counted["rnn"] == layer_cost("rnn", n, d)
    assert counted["conv"] == layer_cost("conv", n, d, table1.K)
    assert counted["window"] == 2 * n * table1.R * d


def test_layers_equal_other_computations() -> None:
    x, W = torch.randn(6, 4, dtype=torch.float64), torch.randn(table1.K, 4, 4, dtype=torch.float64)
    wanted = rnn_forward(x[None], x.new_zeros(1, 4), torch.eye(4, dtype=torch.float64), W[0], x.new_zeros(4))[0]
    torch.testing.assert_close(table1.rnn(x, W), wanted)
    rows = [sum(x[t - 2 + i] @ W[i] for i in range(3) if t - 2 + i >= 0) for t in range(6)]  # 앞의 두 칸과 자기
    torch.testing.assert_close(table1.conv(x, W), torch.stack(rows))
    # 마지막 자리의 창은 앞을 다 채워 본 여덟 칸이에요.
    long = torch.randn(20, 4, dtype=torch.float64)
    alone = torch.softmax(long[-1] @ long[-8:].T / 2, dim=-1) @ long[-8:]
    torch.testing.assert_close(table1.window(long, W)[-1], alone)


def test_chain_counts_products_that_wait() -> None:
    a, b = torch.randn(3, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
    assert table1.longest_chain((a @ b).tanh() @ b) == 2
    assert table1.longest_chain(a @ b + b @ a) == 1  # 나란히 할 수 있어요.
    assert table1.longest_chain(a + b) == 0


@pytest.mark.parametrize(
    ("kind", "n", "wanted"),
    [
        ("attention", 50, 1),
        ("rnn", 2, 1),
        ("rnn", 30, 29),
        ("conv", 9, 4),
        ("dilated", 9, 2),
        ("dilated", 10, 3),
        ("dilated", 27, 3),
        ("window", 8, 1),
        ("window", 9, 2),
        ("window", 50, 7),
    ],
)
def test_hops_counted_by_hand(kind: str, n: int, wanted: int) -> None:
    assert table1.hops(kind, n, seed=5) == table1.expected_hops(kind, n) == wanted


def rows(powers: dict[str, tuple[float, float]]) -> Results:
    made: list[Row] = []
    for vary, side, sizes in (("length", 0, table1.LENGTHS), ("width", 1, table1.WIDTHS)):
        measured: dict[str, Any] = {
            f"{kind}_{what}": [3 * size ** power[side] for size in sizes]
            for kind, power in powers.items()
            for what in ("multiplications", "seconds")
        }
        made += [Row({"vary": vary}, seed, measured) for seed in (1, 2, 3)]
    return Results(made)


def test_rules_name_what_does_not_follow() -> None:
    exact = {kind: (float(n), float(d)) for kind, (n, d) in table1.POWERS.items()}
    assert table1.judge_complexity(rows(exact)).verdict is Verdict.HOLDS
    finding = table1.judge_time(rows({**exact, "rnn": (1.0, 0.5)}))
    assert finding.verdict is Verdict.DEPENDS
    assert "8개 가운데 7개" in finding.figure
    assert "RNN의 d 쪽은 달랐어요." in finding.sentence
