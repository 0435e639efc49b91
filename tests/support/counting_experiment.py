"""학습하지 않고 바로 끝나는 실험: 실험의 틀을 시험할 때 써요. 점의 `trouble`대로 죽거나 오류를 내요."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from matplotlib.figure import Figure

from reference.errors import UserError
from reference.experiments.experiment import (
    Claim,
    Experiment,
    Finding,
    Measured,
    Point,
    Results,
    Setup,
)
from reference.experiments.rules import less


def measure(point: Point, seed: int, setup: Setup) -> Measured:
    """잰 횟수를 COUNTED 폴더에 파일로 남겨요."""
    counted = Path(os.environ["COUNTED"])
    (counted / f"{point['size']}-{seed}-{time.time_ns()}").touch()
    trouble = os.environ.get("TROUBLE", "")
    if trouble == f"{point['size']}-{seed}":
        kind = os.environ["KIND"]
        if kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "raised":
            raise ZeroDivisionError("0으로\n나눴어요")
        if kind == "told":
            raise UserError("이 데이터는 읽을 수 없어요.")
        if kind == "waits":
            time.sleep(600)
    print("라이브러리가 찍는 말")
    return {"value": point["size"] * setup.scale + seed / 3, "threads": int(os.environ["OMP_NUM_THREADS"])}


def judge(results: Results) -> Finding:
    small, large = (results.spread("value", size=size) for size in (1, 10))
    return Finding(less(small, large, 1), f"{small} | {large}", f"작은 것은 {small}, 큰 것은 {large}이에요.")


def draw(figure: Figure, results: Results) -> None:
    figure.add_subplot().plot(results.get("value", size=1), label="작은 것")


EXPERIMENT = Experiment(
    name="counting",
    title="하나는 열보다 작을까",
    setting="수를 세어요.",
    points=({"size": 1}, {"size": 10}),
    measure=measure,
    claims=(Claim("smaller", "하나는 열보다 작다", "산수", judge),),
    draw=draw,
)
