"""터미널에서 노트북을 확인해요: 저장된 노트북의 실습 셀을 다른 프로세스에서 실행하고 `check`와 같은 말로 알려 줘요.

학습자 자신의 컴퓨터에서 자신의 코드를 돌리는 것이라 가두지 않아요. 다만 끝나지 않는 코드가 있어도 이 명령은 끝나요.
"""

from __future__ import annotations

import json
import linecache
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.learner.notebooks import exercise_cells, listed, read_mine
from autograder.learner.report import Report
from autograder.learner.time_limit import TIME_LIMIT, TooSlow, time_limit
from autograder.notebooks.cell_code import python_text, runs_in_grading
from autograder.notebooks.reading import Notebook

SILENCE = 60.0  # 초. 이만큼 아무 결과가 없으면 그 실습을 멈춰요.
STARTING = (
    600.0  # 초. 첫 말이 올 때까지는 우리가 PyTorch를 읽는 시간이라, 바쁜 컴퓨터에서도 학습자의 탓으로 보지 않아요.
)

GONE = "이 실습의 셀이 노트북에 없어요. 처음의 빈칸을 제자리에 다시 넣으려면: `python3 course.py reset {name}`"


class CheckFailedError(CourseError):
    """확인하는 프로그램 쪽의 잘못으로 확인하지 못했어요. 학습자의 답을 탓하지 않아요."""


def check_notebook(
    path: Path, on_result: Callable[[Report], None] = lambda result: None, only: str | None = None
) -> list[Report]:
    """노트북 하나의 모든 실습(`only`를 주면 그 하나)을 확인해요. 결과는 나오는 대로 `on_result`에도 넘겨요.

    노트북을 읽을 수 없으면 NotebookError, 확인하는 쪽이 잘못되면 CheckFailedError.
    """
    path = path.resolve()  # 자식은 노트북의 폴더에서 실행해요.
    here = [str(cell.grade_id) for cell in exercise_cells(read_mine(path))]
    asked = {item.name: item for item in listed(path.stem)}
    wanted = [name for name in dict.fromkeys([*asked, *here]) if only in (None, name)]
    names = [name for name in wanted if name in here]
    results: dict[str, Report] = {}
    skipped: list[str] = []

    def keep(result: Report) -> None:
        results[result.name] = result
        on_result(result)

    for name in wanted:
        if name not in here:
            keep(Report(name, "", "gone", GONE.format(name=name), points=asked[name].points, bonus=asked[name].bonus))
    while left := [name for name in names if name not in results]:
        at = ""
        for line in _run_child(path, left, skipped):
            if "fault" in line:
                raise CheckFailedError(
                    f"{path.name}: 코스의 확인 프로그램이 잘못돼서 확인하지 못했어요. 노트북은 그대로예요. "
                    f"`python3 course.py doctor`로 설치를 확인해요. ({line['fault']})"
                )
            if "at" in line:
                at = line["at"]
            else:
                keep(Report(**line))
        # 프로세스가 멈추거나 죽었다면 마지막에 돌던 실습 탓이에요. 그것만 빼고 나머지를 다시 확인해요.
        left = [name for name in names if name not in results]
        if left:
            blamed = at if at in left else left[0]
            skipped.append(blamed)
            keep(
                Report(
                    blamed,
                    "",
                    "timeout",
                    "실행이 끝나지 않거나 Python이 꺼져서 멈췄어요. 반복문이 끝나는 조건을 확인해요.",
                )
            )
    return [results[name] for name in wanted]


def _run_child(path: Path, names: list[str], skipped: list[str]) -> Iterator[dict[str, Any]]:
    """다른 프로세스에서 확인하고, 한 줄에 하나씩 오는 말을 내놓아요. 멈추거나 죽으면 거기까지만이에요."""
    task = json.dumps({"path": str(path), "names": names, "skipped": skipped})
    command = [sys.executable, "-I", "-X", "utf8", "-m", "autograder.learner.saved_check", task]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    lines: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        patience = STARTING
        while (line := lines.get(timeout=patience)) is not None:
            patience = SILENCE
            yield json.loads(line)
    except queue.Empty:
        return
    finally:
        process.kill()
        process.wait()


def run_cells(
    notebook: Notebook, skipped: Collection[str] = (), on_cell: Callable[[str], None] = lambda name: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """주어진 셀, 실습 셀, 정의만 담은 셀을 차례로 실행해서 (이름들, 실행하지 못한 실습과 까닭)을 돌려줘요."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    broken: dict[str, str] = {}
    for cell in notebook.cells:
        exercise = str(cell.grade_id) if cell.solution and cell.grade_id else ""
        if exercise in skipped or not runs_in_grading(cell):
            continue
        on_cell(exercise)
        try:
            source, name = python_text(cell.source), f"<{cell.number}번째 셀>"
            # 예외가 난 줄의 글을 나중에 찾을 수 있게 등록해 둬요.
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            with time_limit(TIME_LIMIT):
                exec(compile(source, name, "exec"), namespace)
        except SyntaxError as error:
            broken[exercise] = (
                f"{error.lineno}번째 줄을 Python이 읽지 못해요: {error.msg}. 괄호, 콜론, 들여쓰기를 확인해요."
            )
        except TooSlow:
            broken[exercise] = (
                f"셀이 {TIME_LIMIT:.0f}초가 지나도 끝나지 않아서 멈췄어요. 반복문이 끝나는 조건을 확인해요."
            )
        except (Exception, SystemExit) as error:
            broken[exercise] = _explain_cell_error(error, namespace)
    return namespace, broken


def _explain_cell_error(error: BaseException, namespace: dict[str, Any]) -> str:
    """셀이 예외로 끝난 까닭. torch를 부르는 것들이라 예외가 난 뒤에만 불러와요."""
    from autograder.judging.call_runner import failure
    from autograder.judging.exceptions.failures import explain_failure

    outcome = failure(error, namespace)
    problem = explain_failure(outcome)
    assert problem is not None
    line = f" {outcome.line}번째 줄 `{outcome.code}`에서" if outcome.line else ""
    said = f"\n파이썬의 말: {outcome.detail}" if outcome.detail else ""
    return f"셀을 실행하다가{line} 멈췄어요. {problem.what}{said}\n다음에 볼 곳: {problem.look}"


def _child(path: Path, names: list[str], skipped: list[str]) -> None:
    """`names`의 실습을 확인해 표준 출력에 JSON을 한 줄씩 써요: 지금 하는 실습({"at": 이름})과 그 결과."""
    # 학습자의 print가 결과에 섞이지 않게 표준 출력을 따로 챙겨 둬요.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ.setdefault("MPLBACKEND", "Agg")

    def say(line: dict[str, Any]) -> None:
        answer.write(json.dumps(line) + "\n")
        answer.flush()

    # 명령을 돌리는 프로세스는 torch를 부르지 않아요. 이 자식만 불러요.
    from autograder.learner.checker import examine, with_located_line

    os.chdir(path.parent)
    say({"at": ""})
    # 학습자의 예외는 run_cells와 examine이 결과로 만들어요. 그 밖으로 나온 예외는 우리 잘못이에요.
    try:
        namespace, broken = run_cells(read_mine(path), skipped, lambda name: say({"at": name}))
        for name in names:
            say({"at": name})
            if name in broken:
                say(asdict(Report(name, "", "error", broken[name])))
            else:
                report = with_located_line(examine(name, namespace, path), namespace)
                say(asdict(report))
    except Exception as error:
        say({"fault": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    todo = json.loads(sys.argv[1])
    _child(Path(todo["path"]), todo["names"], todo["skipped"])
