"""헤드, 위치, √d_k 실험: 과제와 통계가 손으로 센 것, 이론과 같고, 판정의 규칙이 값을 따라가요."""

from __future__ import annotations

import math

import pytest
import torch

from reference.errors import UserError
from reference.experiments.experiment import Results, Row, Setup, Verdict
from reference.experiments.small_training import Pairs
from reference.experiments.studies import heads, positions, scale_dk

HOLDS, FAILS, DEPENDS, UNCLEAR = Verdict
CPU = torch.device("cpu")

# -- 헤드 --


def test_neighbours_sit_in_a_circle() -> None:
    x, y = heads.neighbours(3, torch.Generator().manual_seed(0))
    assert x.shape == (3, 10, 8) and y.shape == (3, 10, 32)
    first = y[0, 0].view(4, 8)  # 0번 토큰의 이웃: 8, 9, 1, 2번
    torch.testing.assert_close(first, x[0, [8, 9, 1, 2]])


@pytest.mark.parametrize(
    ("count", "width", "share"),
    [(1, 32, 0.25), (2, 32, 0.5), (4, 32, 1.0), (8, 32, 1.0), (1, 64, 0.25), (4, 16, 0.5), (2, 8, 0.25)],
)
def test_theory_of_heads(count: int, width: int, share: float) -> None:
    assert heads.theory(count, width) == share


def test_focus_sees_a_head_that_looks_at_one_neighbour() -> None:
    model = heads.Reporter(width=12, heads=1)
    x = torch.randn(4, 10, 8)
    with torch.no_grad():
        model.read.weight.zero_()
        model.read.bias.zero_()
        eye = torch.eye(10, 12)
        model.place.copy_(eye)
        # 쿼리는 자기 자리, 키는 바로 앞자리를 가리키게 해서 점수가 바로 뒤의 이웃에서만 커요.
        W_q, W_k, _ = model.attention.qkv.weight.split(12)
        W_q.copy_(100 * torch.eye(12))
        W_k.zero_()
        W_k[:10, :10] = torch.eye(10).roll(-1, dims=0)
        assert model.focus(x) == pytest.approx(1.0, abs=1e-3)
        W_q.zero_()  # 점수가 모두 같으면 열에 고르게 나눠요.
        assert model.focus(x) == pytest.approx(0.1, abs=1e-6)


# -- 위치 --


def test_recall_is_two_places_back() -> None:
    ids, wanted = positions.recall(2, 6, torch.Generator().manual_seed(0))
    assert wanted[:, :2].eq(-100).all()
    assert torch.equal(wanted[:, 2:], ids[:, :4])


def test_without_positions_only_the_order_of_rows_changes() -> None:
    measured = positions.measure({"task": "recall", "positions": "none"}, 1, Setup(0.01))
    assert measured["followed"] < 1e-4 < 0.1 < measured["moved"]
    measured = positions.measure({"task": "recall", "positions": "rope"}, 1, Setup(0.01))
    assert measured["followed"] > 0.01  # 위치를 알면 출력이 토큰만 따라다니지 않아요.


def test_sentences_are_chosen_by_length() -> None:
    src = torch.tensor([[5, 2, 0, 0], [5, 6, 2, 0], [5, 6, 7, 2]])
    tgt = torch.tensor([[4, 2, 0], [4, 2, 0], [4, 3, 2]])
    pairs = Pairs(src, tgt, tgt)
    chosen = positions.between(pairs, 3, 3, CPU)
    assert chosen.src.tolist() == [[5, 6, 2]]
    assert len(positions.between(pairs, 1, 4, CPU).src) == 3
    with pytest.raises(UserError, match="--scale"):
        positions.between(pairs, 9, 12, CPU)


def position_rows(sine: list[float], learned: list[float], far: tuple[float, float], none: float = 2.0) -> Results:
    accuracy = {"none": [0.1] * 6, "sinusoidal": sine, "learned": learned, "rope": [1.0] * 6}
    rows = []
    for kind, values in accuracy.items():
        for seed in (1, 2, 3):
            recall = {"accuracy": values, "moved": 3.0 if kind == "none" else 9.0, "followed": 1e-6}
            rows.append(Row({"task": "recall", "positions": kind}, seed, recall))
            loss = {"near": none if kind == "none" else 1.5, "far": far[kind == "learned"]}
            rows.append(Row({"task": "translation", "positions": kind}, seed, loss))
    return Results(rows)


def test_rules_of_positions() -> None:
    results = position_rows([1, 1, 1, 0.95, 0.5, 0.2], [1, 1, 1, 0.5, 0.3, 0.19], (3.0, 4.0))
    assert positions.judge_needed(results).verdict is HOLDS
    assert positions.judge_same_result(results).verdict is FAILS
    assert positions.judge_learned(results).verdict is HOLDS
    assert positions.judge_sine_reaches(results).verdict is DEPENDS
    assert positions.judge_rope_reaches(results).verdict is HOLDS
    assert positions.judge_sine_beats_learned(results).verdict is UNCLEAR  # 96토큰에서는 차이가 0.01뿐이에요.
    worse = position_rows([1, 1, 1, 0.95, 0.5, 0.5], [1, 1, 1, 0.5, 0.3, 0.2], (4.0, 3.0), none=1.5)
    assert positions.judge_needed(worse).verdict is DEPENDS  # 번역은 위치가 없어도 같아요.
    assert positions.judge_sine_beats_learned(worse).verdict is DEPENDS


# -- √d_k --


@pytest.mark.parametrize("d_k", [4, 64])
def test_statistics_agree_with_theory(d_k: int) -> None:
    raw, divided = (scale_dk.statistics_of(d_k, scaled, 1, Setup()) for scaled in (False, True))
    assert raw["variance"] == pytest.approx(d_k, rel=0.1)
    assert divided["variance"] == pytest.approx(1, rel=0.1)
    assert raw["variance"] == pytest.approx(divided["variance"] * d_k, rel=1e-4)  # 같은 쿼리와 키예요.
    assert raw["largest"] > divided["largest"]


def test_a_single_pair_often_misleads() -> None:
    fooled = scale_dk.statistics_of(64, False, 1, Setup())["fooled"]
    assert fooled == pytest.approx(2 / math.pi * math.atan(0.5), abs=0.02)


def test_size_of_the_jacobian_counted_by_autograd() -> None:
    """통계가 쓰는 식 ‖diag(p) − ppᵀ‖² = Σp² − 2Σp³ + (Σp²)²을 자동 미분과 견줘요."""
    scores = torch.randn(5, dtype=torch.float64)
    wanted = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores).norm()
    torch.testing.assert_close(scale_dk.jacobian_size(scores.softmax(-1)), wanted)


def test_look_ups_ask_for_a_key_that_was_shown() -> None:
    keys, values, asked, wanted = scale_dk.lookups(50, torch.Generator().manual_seed(0))
    assert all(len(set(row)) == scale_dk.SEEN for row in keys.tolist())
    place = keys.eq(asked[:, None]).float().argmax(1)
    assert torch.equal(values.gather(1, place[:, None])[:, 0], wanted)
