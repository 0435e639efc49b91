"""채점 시험들이 함께 쓰는 것: 데운 풀 하나, 작은 레슨 하나, 노트북을 만드는 함수."""

from __future__ import annotations

import atexit
import json
from functools import cache
from typing import Any

import pytest
import torch

from autograder.exercises.schema import Exercise, Mistake
from autograder.grading.attempt import grade_submission
from autograder.grading.lesson_master import Master
from autograder.grading.lesson_setup import LessonSetup
from autograder.grading.plan import Plan, plan_run
from autograder.grading.results import Mark, SubmissionResult
from autograder.grading.submissions import Submission
from autograder.judging.cases import case
from autograder.notebooks.reading import Cell, read_notebook
from autograder.sandbox import Limits, Pool, Tier, probe_tier

SEED = 20260101
# 시험에서는 무한 반복을 빨리 끝내요. CPU 시간이라 바쁜 기계에서도 바른 답이 잘리지 않아요.
LIMITS = Limits(unit_cpu=1.0, unit_asleep=4, total_cpu=30)


@cache
def shared_pool() -> Pool:
    """이 기계에서 되는 가장 높은 단계의 풀. 시험 프로세스마다 하나만 데워요."""
    tier = probe_tier()
    if tier.name == "none":
        pytest.skip("이 기계에서는 모래상자를 만들 수 없어요: " + " ".join(tier.missing))
    pool = Pool(tier, LIMITS)
    atexit.register(pool.close)
    return pool


def needs(*tiers: str) -> Tier:
    """이 단계들 가운데 하나가 되는 기계에서만 시험을 이어 가요."""
    tier = probe_tier()
    if tier.name not in tiers:
        pytest.skip(f"모래상자 단계가 {tier.name}이라 볼 수 없어요: " + " ".join(tier.missing))
    return tier


# -- 작은 레슨: 두 배, 두 배를 부르는 네 배, 보너스 --


def _double(x):
    return x * 2


def _quadruple(x):
    return _double(_double(x))


def _cases(rng):
    # 어느 그룹에도 음수가 있어야 절댓값이 늘 드러나요.
    values, double = rng.normal(3, 4), rng.normal(2, 3, dtype=torch.float64)
    values[0, 0], double[0, 0] = -1.5, -2.5
    return [case("values", values), case("negative", -rng.normal(2, 5).abs()), case("float64", double)]


GROUPS = {"values": "값이 맞아요", "negative": "음수도 맞아요", "float64": "dtype이 그대로예요"}
DOUBLE = Exercise(
    name="double",
    lesson="tiny",
    title="두 배",
    points=40,
    groups=GROUPS,
    reference=_double,
    sample_cases=_cases,
    mistakes=(
        Mistake(
            "double.absolute",
            "절댓값",
            "부호가 사라졌어요.",
            "음수를 넣어 봐요.",
            (lambda x: x.abs() * 2,),
            tuple(GROUPS),
        ),
        Mistake("double.square", "제곱", "두 번 곱했어요.", "3을 넣어 봐요.", (lambda x: x * x,), tuple(GROUPS)),
    ),
)
QUADRUPLE = Exercise(
    name="quadruple",
    lesson="tiny",
    title="네 배",
    points=50,
    groups=GROUPS,
    reference=_quadruple,
    sample_cases=_cases,
    mistakes=(
        Mistake("quadruple.once", "한 번만", "두 배를 한 번만 했어요.", "두 번 불러요.", (_double,), tuple(GROUPS)),
    ),
    uses=("double",),
)
HALF = Exercise(
    name="half",
    lesson="tiny",
    title="반",
    points=0,
    groups=GROUPS,
    reference=lambda x: x / 2,
    sample_cases=_cases,
    mistakes=(),
)

GIVEN = "import math\nimport torch\nfrom autograder import check\nfrom autograder.kit import fast, plots"
ANSWERS = {
    "double": "def double(x):\n    return x * 2",
    "quadruple": "def quadruple(x):\n    return double(double(x))",
    "half": "def half(x):\n    return x / 2",
}


UNFINISHED = "def {}(x):\n    raise NotImplementedError('여기를 채워 주세요')"


def code(source: str, grade_id: str | None = None, tags: tuple[str, ...] = (), id: str | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if grade_id:
        check = grade_id.startswith("check_")
        metadata["nbgrader"] = {
            "grade_id": grade_id,
            "grade": check,
            "solution": not check,
            "locked": check,
            "schema_version": 3,
        }
    return {
        "cell_type": "code",
        "id": id or grade_id,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
        "source": source.splitlines(keepends=True),
    }


def markdown(source: str, grade_id: str | None = None, tags: tuple[str, ...] = (), id: str = "m") -> dict[str, Any]:
    cell = code(source, grade_id, tuple(tags), id)
    return {**cell, "cell_type": "markdown"}


def cells_of(answers: dict[str, str]) -> list[dict[str, Any]]:
    """작은 레슨의 노트북: 주어진 셀, 실습마다 셀과 확인 셀, 실험 셀."""
    cells = [code(GIVEN, tags=("given",), id="setup")]
    for name, text in answers.items():
        cells += [code(text, name), code(f'check("{name}")', f"check_{name}")]
    return [*cells, code("raise RuntimeError('실험 셀은 돌지 않아요')", tags=("experiment",), id="experiment")]


def as_bytes(cells: list[dict[str, Any]]) -> bytes:
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, ensure_ascii=False).encode()


@cache
def tiny_setup(seed: int = SEED) -> LessonSetup:
    cells: tuple[Cell, ...] = read_notebook(as_bytes(cells_of(ANSWERS))).cells
    return LessonSetup.make(Master("tiny", cells, tuple(ANSWERS), ANSWERS), (DOUBLE, QUADRUPLE, HALF), seed)


def plan(cells: list[dict[str, Any]]) -> Plan:
    """작은 레슨에 낸 노트북의 실행 계획."""
    return plan_run(read_notebook(as_bytes(cells)), tiny_setup().master)


def grade_bytes(data: bytes, seed: int = SEED) -> SubmissionResult:
    return grade_submission(Submission("s001", "tiny", data), seed, shared_pool(), tiny_setup(seed))


def grade(before: str = "", **answers: str) -> dict[str, Mark]:
    """답을 바꿔 채점하고 실습의 이름에서 점수로. `before`는 맨 앞에 더한 셀이에요."""
    cells = cells_of({**ANSWERS, **answers})
    if before:
        cells.insert(1, code(before, id="mine"))
    return marks(grade_bytes(as_bytes(cells)))


def marks(result: SubmissionResult) -> dict[str, Mark]:
    return {mark.exercise: mark for mark in result.marks}


def verdicts(found: dict) -> dict[str, str]:
    return {name: mark.verdict for name, mark in found.items()}
