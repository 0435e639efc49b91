"""모든 실험: 아주 작은 크기로 끝까지 돌고, 판정의 문장이 약속대로이고, 목록이 가벼운지 봐요."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from functools import cache

import pytest
import torch

from autograder.layout import ROOT
from reference.errors import UserError
from reference.experiments import catalogue, runner
from reference.experiments.experiment import Measured, Point, Results, Row, Setup, Verdict
from reference.experiments.processes import compact

TINY = Setup(0.01)


@cache
def tiny(name: str) -> Results:
    """지점마다 한 번 아주 작게 재서, 시드 둘이 같은 값을 낸 것처럼 둬요."""
    experiment = catalogue.load(catalogue.module_of(name))
    measured = [(point, tiny_row(name, point)) for point in experiment.points]
    return Results([Row(point, seed, row) for point, row in measured for seed in (1, 2)])


def tiny_row(name: str, point: Point) -> Measured:
    torch.manual_seed(1)
    experiment = catalogue.load(catalogue.module_of(name))
    read: Measured = json.loads(json.dumps(compact(experiment.measure(dict(point), 1, TINY))))
    return read


def test_unknown_experiment_lists_the_known_ones():
    with pytest.raises(UserError, match="silent-bugs"):
        catalogue.module_of("magic")


def test_the_list_loads_nothing_heavy():
    code = (
        "import sys; from autograder.cli import run; code = run(['experiment', 'list']); "
        "print(code, sorted({'torch', 'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    *listed, last = done.stdout.strip().splitlines()
    assert last == "0 []", done.stderr
    assert [line.split()[0] for line in listed][: len(catalogue.names())] == catalogue.names()


@pytest.mark.parametrize("name", catalogue.names())
def test_an_experiment_says_what_it_is(name):
    experiment = catalogue.load(catalogue.module_of(name))
    assert experiment.name == name and experiment.title == catalogue.title(name)
    assert experiment.setting.endswith("요.") and experiment.claims
    assert len({claim.id for claim in experiment.claims}) == len(experiment.claims)
    points = [json.dumps(point, sort_keys=True) for point in experiment.points]
    assert len(set(points)) == len(points)


@pytest.mark.parametrize("name", catalogue.names())
def test_an_experiment_runs_to_its_end_when_tiny(name, tmp_path):
    experiment, results = catalogue.load(catalogue.module_of(name)), tiny(name)
    for claim in experiment.claims:
        finding = claim.judge(results)
        assert isinstance(finding.verdict, Verdict) and finding.figure.strip()
        assert finding.sentence.endswith("요.") and re.search(r"\d|nan|inf|없음", finding.sentence), finding.sentence
    rows = [{"point": row.point, "seed": row.seed, "measured": row.measured, "cpu_seconds": 1} for row in results.rows]
    header = {"scale": 0.01, "seeds": [1, 2], "device": "CPU", "torch": "2"}
    made = runner.write(experiment, rows, header, tmp_path)
    kept = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    assert json.dumps(kept) == json.dumps(made)  # 글로 견주어 nan도 같아요.
    assert (tmp_path / f"{name}.png").stat().st_size > 5000


@pytest.mark.parametrize("name", catalogue.names())
def test_the_same_seed_measures_the_same(name):
    """시간을 재는 실험만 빼고, 같은 지점을 같은 시드로 다시 재면 같은 값이에요."""
    experiment = catalogue.load(catalogue.module_of(name))
    if experiment.alone:
        pytest.skip("시간을 재는 실험이에요.")
    point = experiment.points[0]
    again, first = tiny_row(name, point), tiny(name).rows[0].measured
    for key, value in first.items():
        if isinstance(value, float) and math.isfinite(value):
            assert again[key] == pytest.approx(value, rel=1e-3), key
