"""주장의 쪽: 커밋해 둔 JSON과 글이 맞고, 지금의 규칙으로 다시 판정해도 같은지, 못 실을 것을 거절하는지 봐요."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import counting_experiment

from reference.errors import UserError
from reference.experiments import catalogue, page, runner
from reference.experiments.catalogue import CLAIMS
from reference.experiments.experiment import Verdict

COMMITTED = catalogue.read(CLAIMS)


def test_every_experiment_has_its_result_and_every_result_its_experiment():
    assert sorted(path.stem for path in CLAIMS.glob("*.json")) == catalogue.names()
    assert sorted(path.stem for path in CLAIMS.glob("*.png")) == catalogue.names()


@pytest.mark.parametrize("made", COMMITTED, ids=lambda made: made["name"])
def test_judging_again_gives_the_committed_findings(made: dict[str, Any]):
    experiment = catalogue.load(catalogue.module_of(made["name"]))
    assert runner.judge(experiment, made["rows"]) == made["findings"]
    page.check(experiment, made)
    assert (made["title"], made["setting"]) == (experiment.title, experiment.setting)


@pytest.mark.parametrize("made", COMMITTED, ids=lambda made: made["name"])
def test_committed_results_are_whole(made: dict[str, Any]):
    assert made["scale"] == 1 and len(made["seeds"]) >= 3 and made["device"] and made["torch"]
    assert made["cpu_seconds"] == pytest.approx(sum(row["cpu_seconds"] for row in made["rows"]), abs=0.1)
    assert {finding["verdict"] for finding in made["findings"]} <= {verdict.value for verdict in Verdict}
    assert (CLAIMS / f"{made['name']}.png").stat().st_size < 120_000


def test_the_page_is_made_from_the_results():
    assert (CLAIMS / "README.md").read_text("utf-8") == page.render(COMMITTED)


def test_the_page_counts_and_names_everything():
    written = page.render(COMMITTED)
    assert sum(page.count(COMMITTED).values()) == sum(len(made["findings"]) for made in COMMITTED)
    for made in COMMITTED:
        assert f"]({made['name']}.png)" in written
        for finding in made["findings"]:
            assert page.escaped(finding["sentence"]) in written and page.escaped(finding["text"]) in written


# -- 쪽을 만들기 --


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`counting` 실험 하나만 있는 목록과, 그것을 재어 둔 폴더예요."""
    experiment = counting_experiment.EXPERIMENT
    monkeypatch.setattr(catalogue, "names", lambda: ["counting"])
    monkeypatch.setattr(catalogue, "module_of", lambda name: counting_experiment.__name__)
    rows = [
        {"point": point, "seed": seed, "measured": {"value": point["size"] + seed}, "cpu_seconds": 2.0}
        for point in experiment.points
        for seed in (1, 2, 3)
    ]
    header = {"scale": 1.0, "seeds": [1, 2, 3], "device": "CPU", "torch": "2.13"}
    runner.write(experiment, rows, header, tmp_path / "out")
    return tmp_path / "out"


def test_publishing_judges_again_and_writes_the_page(measured, tmp_path):
    stale = json.loads((measured / "counting.json").read_text("utf-8"))
    stale["findings"][0]["sentence"] = "예전의 문장이에요."
    (measured / "counting.json").write_text(json.dumps(stale), encoding="utf-8")
    assert page.publish(measured, tmp_path / "claims") == ["counting"]
    written = (tmp_path / "claims" / "README.md").read_text("utf-8")
    row = "| 하나는 열보다 작다 | 산수 | 맞아요 | 3.00 (2.00\\~4.00) \\| 12.00 (11.00\\~13.00) | `course experiment counting` |"
    assert row in written and "작은 것은 3.00 (2.00\\~4.00)" in written and "예전의 문장" not in written
    assert "| 맞아요 | 1 |" in written and "CPU 0.2분" in written
    before = {path.name: path.read_bytes() for path in (tmp_path / "claims").glob("*.[jm]*")}
    page.publish(tmp_path / "claims", tmp_path / "claims")
    assert {path.name: path.read_bytes() for path in (tmp_path / "claims").glob("*.[jm]*")} == before


def without_a_row(made: dict[str, Any]) -> None:
    made["rows"].pop()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made.update(scale=0.5), "크기 1"),
        (lambda made: made.update(seeds=[1, 2]), "시드 3개"),
        (without_a_row, "지점이 그 뒤에 바뀌었어요"),
    ],
)
def test_what_is_not_whole_is_refused_and_nothing_is_written(measured, tmp_path, change, said):
    made = json.loads((measured / "counting.json").read_text("utf-8"))
    change(made)
    (measured / "counting.json").write_text(json.dumps(made), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        page.publish(measured, tmp_path / "claims")
    assert not (tmp_path / "claims").exists()


@pytest.mark.parametrize("text", ['{"name": "counting", "sc', "[1, 2]", '{"name": "counting"}'])
def test_a_file_that_is_no_result_is_named(measured, tmp_path, text):
    (measured / "counting.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"counting\.json.*다시 해 주세요"):
        page.publish(measured, tmp_path / "claims")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="course experiment all"):
        page.publish(tmp_path, tmp_path / "claims")
