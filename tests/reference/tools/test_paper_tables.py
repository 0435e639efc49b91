"""논문의 표를 다시 계산한 것: 인쇄된 숫자가 나오는지, 세는 식이 정말로 한 계산과 같은지 봐요."""

from __future__ import annotations

import json

import pytest
import torch
import typer
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from autograder.layout import ROOT
from reference.config import ModelConfig
from reference.experiments import catalogue
from reference.tools import commands, experiment_command, paper_figures, paper_tables
from reference.tools.paper_tables import TABLE2, TABLE3, implied_vocabulary, parameters, step_flops, training_flops
from reference.transformer import Transformer, transformer_param_count

ROWS = {variant.name: variant for variant in TABLE3}
PRINTED = [variant for variant in TABLE3 if variant.millions is not None]


def test_base_and_big_are_counted_as_the_lesson_counts_them():
    assert parameters(ROWS["base"]) == transformer_param_count(37_000, 512, 6, 2048) == 63_082_496
    assert parameters(ROWS["big"]) == transformer_param_count(37_000, 1024, 6, 4096) == 214_245_376


def test_one_vocabulary_explains_every_row_but_big():
    """어휘만 바꾸면 열 칸이 인쇄된 숫자로 반올림돼요. 그 어휘에서도 big은 맞지 않아요."""
    low, high = paper_tables.shared_vocabulary()
    assert 37_000 < low <= high < 42_000
    for vocabulary in (low, high):
        for variant in PRINTED:
            fits = round(parameters(variant, vocabulary) / 1e6) == variant.millions
            assert fits == (variant.name != "big"), variant.name
    for vocabulary in (low - 1, high + 1):
        assert any(round(parameters(v, vocabulary) / 1e6) != v.millions for v in PRINTED if v.name != "big")
    assert implied_vocabulary(ROWS["big"])[1] < low


def test_a_narrower_key_is_counted_where_it_is_narrower():
    """(B)는 설정에 없는 모양이라 식으로 세요. 어텐션 18개의 W_q, W_k와 그 편향만 줄어요."""
    less = parameters(ROWS["base"]) - parameters(ROWS["(B) d_k=16"])
    assert less == 18 * 2 * ((512 * 512 + 512) - (512 * 128 + 128))
    with pytest.raises(ValueError, match="h=1"):
        implied_vocabulary(ROWS["(A) h=1"])


def test_heads_and_dropout_change_no_parameters():
    base = parameters(ROWS["base"])
    assert {parameters(variant) for variant in TABLE3 if variant.name[:3] in ("(A)", "(D)")} == {base}
    assert parameters(ROWS["(E) 배우는 위치"]) == base + 512 * 512


@pytest.mark.parametrize("row", TABLE2, ids=lambda row: row.name)
def test_printed_costs_are_time_times_capacity(row):
    assert f"{row.capacity:.1e}" == f"{row.printed:.1e}"


def test_the_formula_counts_what_the_model_does():
    """순전파와 역전파의 행렬곱을 정말로 세어 본 것과 하나도 다르지 않아요."""
    config = ModelConfig(50, d_model=32, n_heads=4, d_ff=48, n_layers=2, dropout=0.0, max_len=16)
    model, ids = Transformer(config), torch.randint(3, 50, (5, 11))
    with FlopCounterMode(display=False) as counter:
        model(ids, ids).sum().backward()
    assert counter.get_total_flops() == step_flops(config, 5, 11)
    with pytest.raises(ValueError):
        step_flops(ModelConfig(50, activation="swiglu"), 5, 11)


def test_counted_is_less_than_the_cards_could_do():
    for name in paper_tables.STEPS:
        row = next(row for row in TABLE2 if row.name == name)
        assert 0.2 < training_flops(name) / row.printed < 0.5


def test_the_guessed_length_hardly_matters():
    config = ModelConfig(37_000)
    short, long = (step_flops(config, 25_000 / length, length) for length in (30, 50))
    assert 1.0 < long / short < 1.03


@pytest.mark.parametrize("name", list(paper_tables.TABLES))
def test_the_command_prints_a_table_and_leaves_its_numbers(name, tmp_path):
    app = typer.Typer()
    commands.register(app)
    listed = CliRunner().invoke(app, ["experiment"])
    assert name in listed.output and "silent-bugs" in listed.output
    result = CliRunner().invoke(app, ["experiment", name, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    kept = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    assert kept["title"] in result.output and all(len(row) == len(kept["headers"]) for row in kept["rows"])


def test_every_verdict_has_its_evidence():
    assert set(paper_tables.TABLES) == set(experiment_command.TABLES)
    assert set(paper_tables.TABLES) & {*catalogue.names(), "list", "all", "page"} == set()
    known = {"demo", *(f"experiment {name}" for name in [*paper_tables.TABLES, *catalogue.names()])}
    for claim in paper_figures.CLAIMS:
        assert claim.why and claim.verdict in (paper_figures.SAME, paper_figures.SMALL, paper_figures.OUT)
        assert bool(claim.evidence) == (claim.verdict != paper_figures.OUT), claim.place
        if claim.evidence.startswith("python3 course.py "):
            assert claim.evidence.removeprefix("python3 course.py ") in known
        elif claim.evidence:
            assert (ROOT / claim.evidence).is_file()
    places = " ".join(claim.place for claim in paper_figures.CLAIMS)
    for place in ("그림 1", "그림 2", "그림 3~5", "표 1", "표 2", "표 3", "표 4"):
        assert place in places
