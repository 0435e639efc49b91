"""기억해 둔 것: 확인 결과와 본 힌트의 수."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from autograder.files import write_json
from autograder.layout import PACKAGE
from autograder.learner import study
from autograder.learner.notebooks import Listed, exercise_cells, listed, read_mine
from autograder.learner.report import Report
from autograder.learner.saved_check import check_notebook
from autograder.notebooks.reading import Notebook, read_notebook
from autograder.notebooks.work import is_ours


def read_state() -> dict[str, Any]:
    """기억해 둔 것. 없거나 읽을 수 없으면 빈 사전이에요."""
    try:
        state = json.loads(study.memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    return state if isinstance(state, dict) else {}


def write_state(state: dict[str, Any]) -> None:
    """기억을 남겨요. 쓸 수 없는 곳이면 조용히 넘어가요(다음에 다시 확인하면 돼요)."""
    with contextlib.suppress(OSError):
        write_json(study.memory(), state)


def fingerprint(path: Path) -> str:
    """노트북의 코드와 확인하는 코드가 그대로인지 가리는 값."""
    digest = hashlib.sha256()
    for cell in read_mine(path).cells:
        if cell.code:
            digest.update(f"{cell.grade_id}\0{cell.source}\0".encode())
    digest.update(_course().encode())
    return digest.hexdigest()


@cache
def _course() -> str:
    """확인하는 코드의 지문. 명령 하나가 도는 동안은 그대로예요."""
    digest = hashlib.sha256()
    for source in sorted(PACKAGE.rglob("*.py")):
        stat = source.stat()
        digest.update(f"{source.name}{stat.st_mtime_ns}{stat.st_size}".encode())
    return digest.hexdigest()


def standing(path: Path) -> list[Report]:
    """레슨 하나의 지금. 빈칸이 모두 그대로인 노트북은 실행하지 않아도 알아요. 읽을 수 없으면 NotebookError예요."""
    asked = listed(path.stem)
    if asked and _untouched(read_mine(path), path):
        return [blank(item) for item in asked]
    return check_cached(path)


def blank(item: Listed) -> Report:
    """아직 풀지 않은 실습."""
    return Report(
        item.name,
        "",
        "missing",
        f"노트북에서 `{item.name}` 셀의 빈칸을 채우고 저장해요.",
        points=item.points,
        bonus=item.bonus,
    )


def _untouched(notebook: Notebook, path: Path) -> bool:
    given = read_notebook(study.edition(path.stem))
    same = all(cell.source == given.text(str(cell.grade_id)) for cell in exercise_cells(notebook))
    return same and all(is_ours(cell) or not cell.code for cell in notebook.cells)


def check_cached(path: Path, on_result: Callable[[Report], None] = lambda result: None) -> list[Report]:
    """바뀌지 않은 노트북이면 지난 결과를 쓰고, 아니면 새로 확인해서 기억해요."""
    key = fingerprint(path)
    kept = read_state().get("lessons", {}).get(path.stem, {})
    if kept.get("key") == key:
        results = [Report(**item) for item in kept["results"]]
        for result in results:
            on_result(result)
        return results
    results = check_notebook(path, on_result)
    state = read_state()
    state.setdefault("lessons", {})[path.stem] = {"key": key, "results": [asdict(result) for result in results]}
    write_state(state)
    return results


def first_unfinished(lessons: Iterable[str]) -> str:
    """지난번에 확인한 것으로 보아 아직 다 풀지 않은 첫 레슨. 모두 풀었으면 마지막 레슨이에요."""
    kept, last = read_state().get("lessons", {}), ""
    for last in lessons:
        results = kept.get(last, {}).get("results", [])
        if not results or any(result["verdict"] != "pass" for result in results):
            break
    return last


def next_hint(name: str, count: int, again: bool = False) -> int:
    """이번에 보여 줄 힌트의 번호(0부터)를 정하고 기억해요. 끝까지 봤다면 마지막 힌트예요."""
    state = read_state()
    seen = 0 if again else int(state.setdefault("hints", {}).get(name, 0))
    number = min(seen, count - 1)
    state.setdefault("hints", {})[name] = number + 1
    write_state(state)
    return number
