"""누가 쓴 노트북인지 알아보고, 고치기 전의 것을 남겨 두는 일."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from autograder.files import write_bytes
from autograder.notebooks.reading import Cell, Notebook, NotebookError, read_notebook

_STUBS = ("raise NotImplementedError", "여기에 답을 적어 주세요.")
_OUR_TAGS = {"given", "experiment", "hint"}


def worked_on(data: bytes) -> bool:
    """누가 풀거나 실행한 노트북인지. 나눠 준 것은 빈칸이 그대로이고 출력이 없어요. 읽을 수 없으면 우리 것이 아니에요."""
    try:
        notebook, document = read_notebook(data), json.loads(data)
    except (NotebookError, ValueError):
        return True
    ran = any(cell.get("outputs") or cell.get("execution_count") for cell in document["cells"])
    return ran or any(not is_ours(cell) or (cell.solution and _answered(cell.source)) for cell in notebook.cells)


def has_answers(notebook: Notebook, released: Collection[str]) -> bool:
    """학습자가 답이나 셀을 적은 노트북인지. 실행만 한 것은 아니에요. 꼬리표가 사라진 노트북도 `released`(나눠 준 셀의 글)로 알아봐요."""
    for cell in notebook.cells:
        text = cell.source.strip()
        if not text or text in released or (is_ours(cell) and not cell.solution):
            continue
        if _answered(text):
            return True
    return False


def _answered(source: str) -> bool:
    return not any(stub in source for stub in _STUBS)


def is_ours(cell: Cell) -> bool:
    """레슨이 나눠 준 셀인지. 학습자가 더한 셀에는 이름도 꼬리표도 없어요."""
    return cell.grade_id is not None or bool(_OUR_TAGS & set(cell.tags))


def keep(path: Path, why: str, folder: Path | None = None) -> Path:
    """고치기 전의 노트북을 `folder`(없으면 그 곁의 `backup/`)에 남기고 그 자리를 돌려줘요."""
    stem = f"{path.stem}-{why}-{datetime.now():%Y%m%d-%H%M%S}"
    backup, number = (folder or path.parent / "backup") / f"{stem}.ipynb", 1
    while backup.exists():
        backup, number = backup.with_name(f"{stem}-{number + 1}.ipynb"), number + 1
    write_bytes(backup, path.read_bytes())
    return backup
