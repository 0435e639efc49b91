"""실험 하나를 끝까지: 모든 지점을 모든 시드로 재고, 판정하고, JSON과 그림을 남겨요.

한 번 잴 때마다 곧바로 적어 두므로, 멈췄다가 같은 명령을 다시 하면 남은 것만 재요.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from reference.errors import UserError
from reference.experiments.experiment import SEEDS, Experiment, Point, Results, Row
from reference.experiments.fingerprint import fingerprint
from reference.experiments.processes import Fresh
from reference.files import write_text
from reference.pictures import save, style

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """어떻게 잴지예요. device는 torch의 장치 이름이고, jobs는 한꺼번에 띄우는 프로세스의 수예요."""

    out: Path
    seeds: tuple[int, ...] = SEEDS
    scale: float = 1.0
    device: str = "cpu"
    jobs: int = 0  # 0이면 쓸 수 있는 코어의 수

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise UserError(f"--scale은 0보다 큰 수여야 해요: {self.scale:g}")
        if not self.seeds:
            raise UserError("--seeds는 1 이상이어야 해요.")

    def workers(self, experiment: Experiment) -> int:
        """이 실험을 한꺼번에 몇 개씩 잴지예요. 시간을 재는 실험은 하나씩이에요."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return 1 if experiment.alone else self.jobs or cores


@dataclass
class Outcome:
    """잰 것과 재지 못한 것이에요. rows는 JSON에 적는 모양 그대로예요."""

    experiment: Experiment
    rows: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def spoken(point: Point) -> str:
    """지점을 사람이 읽는 말로: "schedule noam, layers 6"."""
    return ", ".join(f"{name} {value}" for name, value in point.items())


def measure(module: str, plan: Plan, tell: Tell = lambda line: None) -> Outcome:
    """모듈의 실험을 모두 재요. 이미 잰 것은 지문이 같으면 그대로 써요. 하나가 실패해도 나머지를 재고, 까닭은 troubles에 남아요."""
    loaded = importlib.import_module(module)
    # 다른 판의 PyTorch나 다른 장치에서 잰 것도 다시 재요. 한 결과에는 한 가지만 섞여 있어야 해요.
    outcome = Outcome(loaded.EXPERIMENT)
    code = " ".join([fingerprint(loaded), torch.__version__, spoken_device(plan.device)])
    experiment = outcome.experiment
    # 쓸 수 없는 곳이면 오래 재고 나서가 아니라 지금 알아요.
    write_text(plan.out / "records" / experiment.name / "code", code + "\n")
    todo: dict[Path, dict[str, Any]] = {}
    for point in experiment.points:
        for seed in plan.seeds:
            path = _record_path(plan, experiment.name, point, seed)
            kept = _read(path, code)
            if kept is None:
                what = {"module": module, "point": point, "seed": seed, "scale": plan.scale, "device": plan.device}
                todo[path] = what
            else:
                outcome.rows.append(kept)
    count = len(outcome.rows) + len(todo)
    # 멈추면 fresh가 먼저 프로세스를 끝내므로, 스레드들이 곧 풀려나요.
    with ThreadPoolExecutor(plan.workers(experiment)) as pool, Fresh() as fresh:
        waiting = {pool.submit(fresh.measure, task): path for path, task in todo.items()}
        for done in as_completed(waiting):
            path, task = waiting[done], todo[waiting[done]]
            point, seed = task["point"], task["seed"]
            try:
                row = {"point": point, "seed": seed, **done.result()}
            except UserError as error:
                trouble = f"{experiment.name}의 {spoken(point)}, 시드 {seed}: 재지 못했어요. {error}"
                outcome.troubles.append(trouble)
                tell(trouble)
                continue
            write_text(path, json.dumps({"fingerprint": code, **row}, ensure_ascii=False))
            outcome.rows.append(row)
            place = f"{len(outcome.rows)}/{count}"
            tell(f"[{place}] {experiment.name}: {spoken(point)}, 시드 {seed} ({row['cpu_seconds']:.0f}초)")
    order = [json.dumps(point, sort_keys=True) for point in experiment.points]
    outcome.rows.sort(key=lambda row: (order.index(json.dumps(row["point"], sort_keys=True)), row["seed"]))
    return outcome


def _record_path(plan: Plan, name: str, point: Point, seed: int) -> Path:
    key = json.dumps([point, plan.scale, plan.device], sort_keys=True, ensure_ascii=False)
    return plan.out / "records" / name / f"{hashlib.sha256(key.encode()).hexdigest()[:12]}-{seed}.json"


def _read(path: Path, code: str) -> dict[str, Any] | None:
    """적어 둔 것이에요. 없거나, 읽을 수 없거나, 다른 코드로 잰 것이면 None이에요."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if record.pop("fingerprint", None) == code else None


# -- 판정과 그림 --


def results(rows: Sequence[dict[str, Any]]) -> Results:
    """JSON의 줄들을 판정이 받는 모양으로 바꿔요."""
    return Results([Row(row["point"], row["seed"], row["measured"]) for row in rows])


def judge(experiment: Experiment, rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """주장마다의 판정을 JSON의 모양으로 돌려줘요."""
    measured, findings = results(rows), []
    for claim in experiment.claims:
        finding = claim.judge(measured)
        findings.append(
            {
                "id": claim.id,
                "text": claim.text,
                "source": claim.source,
                "verdict": finding.verdict.value,
                "figure": finding.figure,
                "sentence": finding.sentence,
            }
        )
    return findings


def conclude(outcome: Outcome, plan: Plan) -> dict[str, Any]:
    """판정하고 `OUT/이름.json`, `OUT/이름.png` 두 파일을 남겨요. 적은 것을 돌려줘요."""
    header = {
        "scale": plan.scale,
        "seeds": list(plan.seeds),
        "device": spoken_device(plan.device),
        "torch": torch.__version__.split("+")[0],
    }
    return write(outcome.experiment, outcome.rows, header, plan.out)


def write(experiment: Experiment, rows: list[dict[str, Any]], header: dict[str, Any], folder: Path) -> dict[str, Any]:
    """잰 줄들을 지금의 규칙으로 판정해 JSON과 그림으로 남겨요. header는 scale, seeds, device, torch예요."""
    made = {
        "name": experiment.name,
        "title": experiment.title,
        "setting": experiment.setting + _scaled(header["scale"]),
        **header,
        "cpu_seconds": round(sum(row["cpu_seconds"] for row in rows), 1),
        "findings": judge(experiment, rows),
    }
    with style():
        figure = Figure(figsize=experiment.figure_size)
        experiment.draw(figure, results(rows))
        save(figure, folder / f"{experiment.name}.png")
    # 줄 하나가 글의 한 줄이면, 다시 잰 것과 견줄 때 무엇이 달라졌는지 보여요.
    head = json.dumps(made, ensure_ascii=False, indent=1).removesuffix("\n}")
    body = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write_text(folder / f"{experiment.name}.json", f'{head},\n "rows": [\n  {body}\n ]\n}}\n')
    return {**made, "rows": rows}


def _scaled(scale: float) -> str:
    if scale == 1:
        return ""
    return f" 스텝과 데이터는 {scale:g}배로 쟀고, 글과 그림에 적힌 스텝과 데이터의 크기는 1배일 때의 것이에요."


def spoken_device(device: str) -> str:
    """장치를 사람이 읽는 말로: "CPU", "MPS", GPU는 그 이름이에요."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device.upper()
