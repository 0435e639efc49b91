"""실험의 틀: 멈춰도 이어 재고, 하나가 죽어도 나머지를 재고, 코드가 달라지면 다시 재는지 봐요."""

from __future__ import annotations

import importlib
import json
import math
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from reference.errors import UserError
from reference.experiments import fingerprint, processes, runner
from reference.experiments.runner import Plan

MODULE = "support.counting_experiment"


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """무엇을 몇 번 쟀는지 세어 줘요: ["1-1", "10-2", ...]."""
    folder = tmp_path / "counted"
    folder.mkdir()
    monkeypatch.setenv("COUNTED", str(folder))
    return lambda: sorted("-".join(path.name.split("-")[:2]) for path in folder.iterdir())


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """프로세스를 띄우지 않고 이 자리에서 재요. 띄우는 것이 궁금하지 않은 시험이 빨리 끝나요."""
    monkeypatch.setattr(processes.Fresh, "measure", lambda self, task: processes.work(task))


def trouble(monkeypatch: pytest.MonkeyPatch, kind: str, where: str = "10-1") -> None:
    monkeypatch.setenv("TROUBLE", where)
    monkeypatch.setenv("KIND", kind)


def test_every_point_is_measured_with_every_seed_once(tmp_path, counted):
    plan = Plan(tmp_path / "out", (1,), jobs=2)
    told: list[str] = []
    outcome = runner.measure(MODULE, plan, told.append)
    assert counted() == ["1-1", "10-1"] and len(told) == 2 and outcome.troubles == []
    assert [(row["point"]["size"], row["seed"]) for row in outcome.rows] == [(1, 1), (10, 1)]
    measured = [row["measured"] for row in outcome.rows]
    assert measured == [{"value": 1.33333, "threads": 1}, {"value": 10.3333, "threads": 1}]
    again = runner.measure(MODULE, plan)
    assert again.rows == outcome.rows and len(counted()) == 2


def test_another_size_or_another_code_is_measured_anew(tmp_path, counted, here, monkeypatch):
    plan = Plan(tmp_path, (1,))
    first = runner.measure(MODULE, plan).rows
    larger = runner.measure(MODULE, Plan(tmp_path, (1,), scale=2)).rows
    assert larger[0]["measured"]["value"] == pytest.approx(first[0]["measured"]["value"] + 1)
    assert len(counted()) == 4
    runner.measure(MODULE, plan)
    assert len(counted()) == 4, "크기를 바꾸어 재도 먼저 잰 것이 남아요."
    monkeypatch.setattr(runner, "fingerprint", lambda module: "other")
    runner.measure(MODULE, plan)
    assert len(counted()) == 6
    monkeypatch.setattr(torch, "__version__", "3.0")
    runner.measure(MODULE, plan)
    assert len(counted()) == 8


def test_a_torn_record_is_measured_anew(tmp_path, counted, here):
    runner.measure(MODULE, Plan(tmp_path, (1,)))
    torn = next((tmp_path / "records" / "counting").glob("*.json"))
    torn.write_text(torn.read_text("utf-8")[:20], encoding="utf-8")
    assert len(runner.measure(MODULE, Plan(tmp_path, (1,))).rows) == 2 and len(counted()) == 3


@pytest.mark.parametrize(
    ("kind", "said"),
    [("killed", "신호 9번"), ("raised", "ZeroDivisionError: 0으로 나눴어요"), ("told", "이 데이터는 읽을 수 없어요.")],
)
def test_one_that_fails_is_named_and_the_rest_goes_on(tmp_path, counted, monkeypatch, kind, said):
    if kind != "killed":
        monkeypatch.setattr(processes.Fresh, "measure", lambda self, task: processes.work(task))
    trouble(monkeypatch, kind)
    outcome = runner.measure(MODULE, Plan(tmp_path, (1,), jobs=2))
    assert len(outcome.rows) == 1 and len(counted()) == 2
    (sentence,) = outcome.troubles
    assert sentence.startswith("counting의 size 10, 시드 1:") and said in sentence and "\n" not in sentence
    monkeypatch.setenv("TROUBLE", "")
    assert len(runner.measure(MODULE, Plan(tmp_path, (1,))).rows) == 2
    assert counted() == ["1-1", "10-1", "10-1"]


def test_stopping_keeps_what_was_measured(tmp_path, counted, monkeypatch):
    trouble(monkeypatch, "waits")
    records = tmp_path / "records" / "counting"

    def stop() -> None:
        while len(list(records.glob("*.json"))) < 1 or len(counted()) < 2:
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    watching = threading.Thread(target=stop, daemon=True)
    watching.start()
    with pytest.raises(KeyboardInterrupt):
        runner.measure(MODULE, Plan(tmp_path, (1,), jobs=2))
    watching.join()
    monkeypatch.setenv("TROUBLE", "")
    assert len(runner.measure(MODULE, Plan(tmp_path, (1,))).rows) == 2
    assert counted() == ["1-1", "10-1", "10-1"]


def test_the_result_and_the_picture_are_left(tmp_path, counted, here):
    plan = Plan(tmp_path, (1, 2))
    made = runner.conclude(runner.measure(MODULE, plan), plan)
    assert json.loads((tmp_path / "counting.json").read_text("utf-8")) == made
    assert (tmp_path / "counting.png").read_bytes()[:4] == b"\x89PNG"
    (finding,) = made["findings"]
    assert finding["verdict"] == "맞아요" and finding["figure"] == "1.50 (1.33~1.67) | 10.50 (10.33~10.67)"
    assert made["setting"] == "수를 세어요."
    assert made["seeds"] == [1, 2] and made["device"] == "CPU" and made["cpu_seconds"] >= 0


def test_another_size_is_said_beside_the_numbers_of_size_one(tmp_path, counted, here):
    plan = Plan(tmp_path, (1,), scale=2.5)
    made = runner.conclude(runner.measure(MODULE, plan), plan)
    assert made["setting"].startswith("수를 세어요. 스텝과 데이터는 2.5배로 쟀고") and "1배일 때" in made["setting"]


def test_a_full_disk_stops_with_one_sentence(tmp_path, counted, here, monkeypatch):
    def full(path: Path, text: str) -> None:
        raise UserError(f"{path}에 쓰지 못했어요(No space left on device).")

    monkeypatch.setattr(runner, "write_text", full)
    with pytest.raises(UserError, match="쓰지 못했어요"):
        runner.measure(MODULE, Plan(tmp_path, (1, 2), jobs=1))
    assert counted() == [], "재기 전에 알아요."


@pytest.mark.parametrize(
    "wrong", [{"scale": 0.0}, {"scale": math.nan}, {"scale": math.inf}, {"scale": -1.0}, {"seeds": ()}]
)
def test_impossible_plans_are_refused(tmp_path, wrong):
    with pytest.raises(UserError):
        Plan(tmp_path, **wrong)


def test_figures_are_kept_to_six_digits():
    kept = processes.compact({"a": [1 / 3, (2, 1e-9 / 7)], "b": True, "c": "글", "d": math.inf})
    assert kept == {"a": [0.333333, [2, 1.42857e-10]], "b": True, "c": "글", "d": math.inf}


def test_only_what_measures_is_in_the_fingerprint(tmp_path, monkeypatch):
    module = importlib.import_module(MODULE)
    source = Path(module.__file__ or "").read_text("utf-8")

    def marked(text: str) -> str:
        monkeypatch.setattr(fingerprint.inspect, "getsource", lambda found: text)
        return fingerprint.fingerprint(module)

    plain = marked(source)
    assert marked(source.replace("작은 것은", "더 작은 것은").replace("# 주석", "") + "\n# 주석\n") == plain
    assert marked(source.replace("seed / 3", "seed / 4")) != plain
    assert marked(source.replace("from reference.errors", "import reference.norm\nfrom reference.errors")) != plain
