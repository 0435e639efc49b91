"""터미널에서 노트북을 확인해요: 저장된 노트북의 실습 셀을 다른 프로세스에서 실행하고 `check`와 같은 말로 알려 줘요.

학습자 자신의 컴퓨터에서 자신의 코드를 돌리는 것이라 가두지 않아요. 다만 끝나지 않는 코드가 있어도 이 명령은 끝나요.
`solutions/`나 `reference/`가 없는 학습자 묶음에서도 돌아요.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.notebook import Cell, Notebook, NotebookError, only_definitions, python_text, read_notebook

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "lessons"
STATE = Path(sys.prefix) / "course-progress.json"  # 확인 결과의 캐시와, 실습마다 본 힌트의 수
SILENCE = 60.0  # 초. 이만큼 아무 결과가 없으면 그 실습을 멈춰요.
PASSED, UNTOUCHED = "pass", "missing"


@dataclass(frozen=True)
class Result:
    """실습 하나를 확인한 결과. `verdict`와 `message`는 노트북의 `check`와 같아요."""

    name: str
    title: str
    verdict: str
    message: str


# ── 노트북 찾기 ──────────────────────────────────────────────────────────────────────────────────


def lesson_paths() -> dict[str, Path]:
    """`lessons/`의 레슨 이름에서 노트북으로 가는 표를 차례대로 만들어요."""
    return {path.stem: path for path in sorted(LESSONS.glob("*/*.ipynb")) if path.stem == path.parent.name}


def find_lesson(text: str) -> str:
    """`5`, `05`, `05_attention_math`, 노트북의 경로 가운데 무엇으로 불러도 레슨을 찾아요. 없으면 KeyError."""
    name = Path(text).stem if text.endswith(".ipynb") else Path(text).name
    number = int(name) if name.isdigit() else None
    for lesson in lesson_paths():
        if name == lesson or number == int(lesson.split("_")[0]):
            return lesson
    raise KeyError(text)


def exercise_cells(notebook: Notebook) -> list[Cell]:
    """노트북의 실습 셀들을 나오는 순서로 골라요."""
    seen: dict[str, Cell] = {}
    for cell in notebook.cells:
        if cell.code and cell.solution and cell.grade_id:
            seen.setdefault(cell.grade_id, cell)
    return list(seen.values())


def find_exercise(name: str) -> tuple[Path, Notebook]:
    """실습이 있는 노트북을 찾아요. 없으면 KeyError, 이때 읽지 못한 노트북은 건너뛰어요."""
    for path in lesson_paths().values():
        with contextlib.suppress(NotebookError):
            notebook = read_notebook(path)
            if any(cell.grade_id == name for cell in exercise_cells(notebook)):
                return path, notebook
    raise KeyError(name)


def exercise_names() -> list[str]:
    """모든 노트북에 있는 실습의 이름."""
    names = []
    for path in lesson_paths().values():
        with contextlib.suppress(NotebookError):
            names += [str(cell.grade_id) for cell in exercise_cells(read_notebook(path))]
    return names


def plain_text(body: str) -> str:
    """힌트의 HTML 조각을 터미널에 보일 마크다운으로 바꿔요."""
    without_tags = re.sub(r"</?(?:p|br|div|ul|ol|b|i|em|strong|span|summary|details)\b[^>]*>", "\n", body)
    return html.unescape(re.sub(r"\n{3,}", "\n\n", re.sub(r"</?code>", "`", without_tags))).strip()


_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE)


def stub(lesson: str, exercise: str) -> str | None:
    """실습 셀의 처음 모습. 저장소에서는 `solutions/`의 풀이를 비워 만들고, 학습자 묶음에서는 함께 온 원본에서 읽어요."""
    from autograder.answer_sheet import RECORDED

    original = RECORDED / f"{lesson}.ipynb"
    if original.is_file():
        return read_notebook(original).text(exercise)
    # 학습자 묶음에는 노트북을 만드는 도구가 없어요. 그래서 여기서야 불러와요.
    from autograder.build import CODE_STUB, read_source, source_path

    if not source_path(lesson).is_file():
        return None
    for cell in read_source(lesson).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise:
            return _SOLUTION.sub(lambda found: found[1] + CODE_STUB, cell.source)
    return None


# ── 확인하기(부모 쪽) ────────────────────────────────────────────────────────────────────────────


def check_notebook(path: Path, on_result: Callable[[Result], None] = lambda result: None) -> list[Result]:
    """노트북 하나의 모든 실습을 확인해요. 결과는 나오는 대로 `on_result`에도 넘겨요. 읽을 수 없으면 NotebookError."""
    names = [str(cell.grade_id) for cell in exercise_cells(read_notebook(path))]
    results: dict[str, Result] = {}
    skipped: list[str] = []

    def keep(result: Result) -> None:
        results[result.name] = result
        on_result(result)

    while left := [name for name in names if name not in results]:
        at = ""
        for line in _run_child(path, left, skipped):
            if "at" in line:
                at = line["at"]
            else:
                keep(Result(**line))
        # 프로세스가 멈추거나 죽었다면 마지막에 돌던 실습 탓이에요. 그것만 빼고 나머지를 다시 확인해요.
        left = [name for name in names if name not in results]
        if left:
            blamed = at if at in left else left[0]
            skipped.append(blamed)
            keep(
                Result(
                    blamed,
                    "",
                    "timeout",
                    "실행이 끝나지 않거나 Python이 꺼져서 멈췄어요. 반복문이 끝나는 조건을 확인해요.",
                )
            )
    return [results[name] for name in names]


def _run_child(path: Path, names: list[str], skipped: list[str]) -> Iterator[dict[str, str]]:
    """다른 프로세스에서 확인하고, 한 줄에 하나씩 오는 말을 내놓아요. 멈추거나 죽으면 거기까지만이에요."""
    task = json.dumps({"path": str(path), "names": names, "skipped": skipped})
    command = [sys.executable, "-I", "-X", "utf8", "-m", "autograder.terminal", task]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    lines: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (line := lines.get(timeout=SILENCE)) is not None:
            yield json.loads(line)
    except queue.Empty:
        return
    finally:
        process.kill()
        process.wait()


# ── 확인하기(자식 쪽) ────────────────────────────────────────────────────────────────────────────


def run_cells(
    notebook: Notebook, skipped: Collection[str] = (), on_cell: Callable[[str], None] = lambda name: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """주어진 셀, 실습 셀, 정의만 담은 셀을 차례로 실행해서 (이름들, 실행하지 못한 실습과 까닭)을 돌려줘요."""
    from autograder.checker import TIME_LIMIT, TooSlow, time_limit

    namespace: dict[str, Any] = {"__name__": "__main__"}
    broken: dict[str, str] = {}
    for cell in notebook.cells:
        exercise = str(cell.grade_id) if cell.solution and cell.grade_id else ""
        plain = cell.grade_id is None and not cell.tags and only_definitions(cell.source)
        if not cell.code or exercise in skipped or not (cell.given or exercise or plain):
            continue
        on_cell(exercise)
        try:
            with time_limit(TIME_LIMIT):
                exec(compile(python_text(cell.source), f"<{cell.number}번째 셀>", "exec"), namespace)
        except SyntaxError as error:
            broken[exercise] = (
                f"{error.lineno}번째 줄을 Python이 읽지 못해요: {error.msg}. 괄호, 콜론, 들여쓰기를 확인해요."
            )
        except TooSlow:
            broken[exercise] = (
                f"셀이 {TIME_LIMIT:.0f}초가 지나도 끝나지 않아서 멈췄어요. 반복문이 끝나는 조건을 확인해요."
            )
        except (Exception, SystemExit) as error:
            broken[exercise] = f"셀을 실행하다가 {type(error).__name__}: {error} 오류가 났어요."
    return namespace, broken


def _child(path: Path, names: list[str], skipped: list[str]) -> None:
    """`names`의 실습을 확인해 표준 출력에 JSON을 한 줄씩 써요: 지금 하는 실습({"at": 이름})과 그 결과."""
    # 학습자의 print가 결과에 섞이지 않게 표준 출력을 따로 챙겨 둬요.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ.setdefault("MPLBACKEND", "Agg")

    def say(line: dict[str, str]) -> None:
        answer.write(json.dumps(line) + "\n")
        answer.flush()

    from autograder.checker import examine

    os.chdir(path.parent)
    namespace, broken = run_cells(read_notebook(path), skipped, lambda name: say({"at": name}))
    for name in names:
        say({"at": name})
        if name in broken:
            say(asdict(Result(name, "", "error", broken[name])))
        else:
            report = examine(name, namespace, path)
            say(asdict(Result(name, report.title, report.verdict, report.message)))


# ── 기억해 둔 것: 확인 결과와 본 힌트 ────────────────────────────────────────────────────────────


def read_state() -> dict[str, Any]:
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    return state if isinstance(state, dict) else {}


def write_state(state: dict[str, Any]) -> None:
    """기억을 남겨요. 쓸 수 없는 곳이면 조용히 넘어가요(다음에 다시 확인하면 돼요)."""
    temporary = STATE.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        temporary.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        os.replace(temporary, STATE)


def fingerprint(path: Path) -> str:
    """노트북의 코드와 확인하는 코드가 그대로인지 가리는 값."""
    digest = hashlib.sha256()
    for cell in read_notebook(path).cells:
        if cell.code:
            digest.update(f"{cell.grade_id}\0{cell.source}\0".encode())
    for source in sorted((ROOT / "autograder").rglob("*.py")):
        stat = source.stat()
        digest.update(f"{source.name}{stat.st_mtime_ns}{stat.st_size}".encode())
    return digest.hexdigest()


def check_cached(path: Path, on_result: Callable[[Result], None] = lambda result: None) -> list[Result]:
    """바뀌지 않은 노트북이면 지난 결과를 쓰고, 아니면 새로 확인해서 기억해요."""
    key = fingerprint(path)
    kept = read_state().get("lessons", {}).get(path.stem, {})
    if kept.get("key") == key:
        results = [Result(**item) for item in kept["results"]]
        for result in results:
            on_result(result)
        return results
    results = check_notebook(path, on_result)
    state = read_state()
    state.setdefault("lessons", {})[path.stem] = {"key": key, "results": [asdict(result) for result in results]}
    write_state(state)
    return results


def next_hint(name: str, count: int, again: bool = False) -> int:
    """이번에 보여 줄 힌트의 번호(0부터)를 정하고 기억해요. 끝까지 봤다면 마지막 힌트예요."""
    state = read_state()
    seen = 0 if again else int(state.setdefault("hints", {}).get(name, 0))
    number = min(seen, count - 1)
    state.setdefault("hints", {})[name] = number + 1
    write_state(state)
    return number


if __name__ == "__main__":
    todo = json.loads(sys.argv[1])
    _child(Path(todo["path"]), todo["names"], todo["skipped"])
