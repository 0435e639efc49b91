"""채점 한 건에 드는 CPU 시간을 nbgrader 그대로의 방식과 나란히 재요.

상대는 `nbgrader autograde` 그대로예요: 노트북을 커널에서 실행하고, 확인 셀에는 같은 실습의 진짜 assert 시험이 있어요.
실험과 그림 셀은 상대에게서 빼 주므로 상대에게 유리한 비교예요. 우리 쪽에는 모래상자, 판정, 성적부, 피드백이 모두 들어가요.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from torch import Tensor

from autograder.authoring.lesson_source import KERNEL, lesson_path, read_source
from autograder.authoring.simulated_class import Learner, learner_notebook, plan, solution_cells
from autograder.errors import CourseError
from autograder.exercises import lesson_exercises
from autograder.exercises.answer_key_maker import PUBLIC_SEED, make_answer_key
from autograder.files import write_json
from autograder.judging.answer_key import AnswerKey
from autograder.layout import ROOT

PROC = Path("/proc")


class BenchError(CourseError):
    """잴 수 없어요. 내용은 한국어 문장이에요."""


@dataclass(frozen=True)
class Side:
    """한쪽의 CPU 초: 첫 제출물이 끝날 때까지, 그다음부터 하나마다(회차마다).

    시작과 마침(프로세스가 뜨고 지는 일)은 한 번뿐이라 `further`에 들지 않아요. 마지막 제출물의 일이 모두 끝난 때까지 재요.
    """

    first: tuple[float, ...]
    further: tuple[float, ...]

    @property
    def per_submission(self) -> float:
        """제출물 하나를 더하는 데 드는 CPU 초의 중앙값."""
        return median(self.further)


@dataclass(frozen=True)
class GradeBench:
    """채점 견주기의 결과. `ratio`는 회차마다 나란히 잰 비의 중앙값이에요."""

    lesson: str
    students: int
    stock: Side
    ours: Side

    @property
    def ratio(self) -> float:
        """우리가 몇 배 적게 드는지."""
        return median(s / o for s, o in zip(self.stock.further, self.ours.further, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """JSON으로 적을 사전."""
        return {
            **asdict(self),
            "stock_seconds": self.stock.per_submission,
            "ours_seconds": self.ours.per_submission,
            "ratio": self.ratio,
            "unit": "추가 제출물 하나마다 CPU 초(자식 프로세스 포함)",
        }


@dataclass(frozen=True)
class _Spent:
    """한 번 돌리는 동안의 CPU 초: 첫 제출물이 끝날 때까지, 모두 끝날 때까지."""

    first: float
    total: float


def bench_grade(
    students: int = 20,
    rounds: int = 3,
    lesson: str = "05_attention_math",
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> GradeBench:
    """같은 제출물을 번갈아 채점하며 자식까지의 CPU 시간을 재요. 상대가 채점하지 못하면 BenchError예요."""
    if not (PROC / "self" / "stat").exists():
        raise BenchError("자식 프로세스의 CPU 시간을 리눅스의 /proc에서 읽어요. 리눅스에서 실행해 주세요.")
    if students < 2:
        raise BenchError(
            "제출물이 둘 이상이어야 하나를 더할 때 드는 시간을 알 수 있어요: --students 20처럼 적어 주세요."
        )
    with tempfile.TemporaryDirectory(prefix="course-bench-") as folder:
        work = Path(folder)
        _make_class(work, lesson, students, seed)
        stock, ours = Side((), ()), Side((), ())
        for number in range(1, rounds + 1):
            stock = _with_run(stock, _run_stock(work, lesson, students), students)
            ours = _with_run(ours, _run_ours(work, lesson, students), students)
            theirs, mine = stock.further[-1], ours.further[-1]
            say(
                f"{number}/{rounds}회: 제출물 하나를 더할 때 nbgrader {theirs:.3f} CPU초, 우리 {mine:.4f} CPU초"
                f" ({theirs / mine:.1f}배)"
            )
    return GradeBench(lesson, students, stock, ours)


def _with_run(side: Side, spent: _Spent, students: int) -> Side:
    """한 번 더 잰 것을 보태요."""
    further = (spent.total - spent.first) / (students - 1)
    return Side((*side.first, round(spent.first, 3)), (*side.further, round(further, 4)))


def _make_class(work: Path, lesson: str, students: int, seed: int) -> None:
    """한 반의 답으로 두 벌의 제출물을 만들어요. 끝나지 않는 반복은 두 쪽의 제한 시간만 재게 되므로 빼요."""
    solved = solution_cells(read_source(lesson))
    planned = plan(lesson_exercises(lesson), solved, students + 1, Random(seed))
    learners = [one for one in planned.learners if one.role != "loop"]
    released = json.loads(lesson_path(lesson).read_text(encoding="utf-8"))
    template = _assert_notebook(lesson, solved)
    stock = work / "stock"
    write_json(stock / "source" / lesson / f"{lesson}.ipynb", template)
    (stock / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n")
    _run([sys.executable, "-m", "nbgrader", "generate_assignment", lesson], stock)
    plain = json.loads((stock / "release" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    for number, learner in enumerate(learners[:students], 1):
        place = Path(f"s{number:03d}") / lesson / f"{lesson}.ipynb"
        write_json(work / "all-ours" / place, learner_notebook(released, learner))
        write_json(work / "all-stock" / place, _fill(plain, learner))


def _fill(notebook: dict[str, Any], learner: Learner) -> dict[str, Any]:
    cells = []
    for cell in notebook["cells"]:
        answer = learner.answers.get((cell["metadata"].get("nbgrader") or {}).get("grade_id", ""))
        cells.append({**cell, "source": answer.text} if answer and answer.text is not None else cell)
    return {**notebook, "cells": cells}


def _assert_notebook(lesson: str, solved: dict[str, str]) -> dict[str, Any]:
    """같은 실습을 nbgrader의 방식대로: 주어진 셀, 풀이 셀, assert 셀."""
    cells: list[dict[str, Any]] = []

    def code(name: str, source: str, **graded: Any) -> None:
        meta = {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **graded}} if graded else {}
        cells.append(
            {
                "cell_type": "code",
                "id": name,
                "metadata": meta,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )

    given = [c for c in read_source(lesson).cells if c.cell_type == "code" and "given" in c.metadata.get("tags", ())]
    for number, cell in enumerate(given):
        lines = [line for line in cell.source.splitlines() if "autograder" not in line]
        code(f"given-{number}", "\n".join(lines))
    for exercise in lesson_exercises(lesson):
        body = f"### BEGIN SOLUTION\n{solved[exercise.name]}\n### END SOLUTION"
        code(exercise.name, body, grade=False, locked=False, solution=True)
        code(
            f"check_{exercise.name}",
            assert_cell(make_answer_key(exercise, PUBLIC_SEED)),
            grade=True,
            locked=True,
            solution=False,
            points=exercise.worth,
        )
    return {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


# assert 셀의 맨 앞에 두는, 허용 오차 안에서 견주는 함수
_NEAR = """import torch
def near(a, b):
    if isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(near, a, b))
    if not isinstance(b, torch.Tensor):
        return a == b
    return torch.allclose(a, b, rtol=1e-4, atol=1e-5) if b.is_floating_point() else torch.equal(a, b)"""


def assert_cell(key: AnswerKey) -> str:
    """값을 견주는 사례들을 assert로 적은 셀. 값이 데이터로 적히지 않는 사례는 건너뛰어요."""
    lines = [_NEAR]
    for case in key.cases:
        if case.comparator == "equal" and len(case.calls) == 1 and not case.calls[0].grad_of:
            call = case.calls[0]
            try:
                arguments = [_literal(value) for value in call.args]
                arguments += [f"{name}={_literal(value)}" for name, value in call.kwargs.items()]
                wanted = _literal(case.expected[0].value)
            except TypeError:
                continue
            lines.append(f"assert near({key.exercise}({', '.join(arguments)}), {wanted})")
    return "\n".join(lines)


def _literal(value: Any) -> str:
    if isinstance(value, Tensor):
        text = f"torch.tensor({value.tolist()}, dtype={value.dtype})"
        return text.replace("nan", "float('nan')").replace("inf", "float('inf')")
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, list | tuple):
        items = ", ".join(map(_literal, value))
        return f"[{items}]" if isinstance(value, list) else f"({items},)"
    raise TypeError(type(value).__name__)


# -- 재기 --


def _run_stock(work: Path, lesson: str, count: int) -> _Spent:
    """새로 만든 nbgrader 학급에서 `count`개를 채점해요."""
    stock = work / "stock"
    _forget(stock / "submitted", stock / "autograded")
    (stock / "gradebook.db").unlink(missing_ok=True)
    _run([sys.executable, "-m", "nbgrader", "generate_assignment", lesson, "--force"], stock)
    shutil.copytree(work / "all-stock", stock / "submitted")

    def graded(wanted: int) -> bool:
        # nbgrader는 한 사람을 마치면 사본을 읽기 전용으로 바꿔요.
        return sum(not path.stat().st_mode & 0o200 for path in (stock / "autograded").glob("*/*/*.ipynb")) >= wanted

    command = [sys.executable, "-m", "nbgrader", "autograde", lesson]
    spent = _Spent(*_run(command, stock, lambda: graded(1), lambda: graded(count)))
    if not graded(count):
        raise BenchError(
            "nbgrader가 제출물을 모두 채점하지 못했어요. `nbgrader autograde`가 이 환경에서 되는지 먼저 확인해 주세요."
        )
    return spent


def _run_ours(work: Path, lesson: str, count: int) -> _Spent:
    """새 학급에서 `course grade`로 `count`개를 채점해요."""
    ours = work / "ours"
    _forget(ours)

    def graded() -> bool:
        return any((ours / "results").glob("*/*.json"))

    def finished() -> bool:
        # 점수표는 성적부와 피드백까지 마친 뒤에 써요.
        return (ours / "marks.csv").exists()

    command = [
        sys.executable,
        "-c",
        "from autograder.cli import main; main()",
        "grade",
        str(work / "all-ours"),
        "--classroom",
        str(ours),
        "--lesson",
        lesson,
        "--jobs",
        "1",
    ]
    spent = _Spent(*_run(command, work, graded, finished))
    if len(list((ours / "feedback").glob("*/*.html"))) != count:
        raise BenchError("제출물을 모두 채점하지 못했어요. `python3 course.py doctor`를 먼저 실행해 주세요.")
    return spent


def _forget(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, *marks: Callable[[], bool]) -> tuple[float, ...]:
    """명령을 돌리고, 표시마다 그때까지 그것과 자식들이 쓴 CPU 초를 돌려줘요. 끝까지 나타나지 않은 표시는 전체의 시간이에요."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PATH": path}
    seen: list[float] = []
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        ended = 0
        while not ended:
            time.sleep(0.01)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG if len(seen) < len(marks) else 0)
            if not ended and marks[len(seen)]():
                seen.append(family_cpu(process.pid))
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            last = log.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise BenchError(f"`{' '.join(command[2:5])}` 명령이 실패했어요: {last[0] if last else process.returncode}")
    return *seen, *[usage.ru_utime + usage.ru_stime] * (len(marks) - len(seen))


def family_cpu(root: int, proc: Path = PROC) -> float:
    """프로세스 하나와 그 자손들이(이미 거둔 자식까지) 지금까지 쓴 CPU 초."""
    ticks: dict[int, tuple[int, int]] = {}
    for entry in proc.glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks[int(entry.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    family = {root}
    while grown := {pid for pid, (parent, _) in ticks.items() if parent in family} - family:
        family |= grown
    return sum(ticks[pid][1] for pid in family if pid in ticks) / os.sysconf("SC_CLK_TCK")
