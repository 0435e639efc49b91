"""누가 쓴 노트북인지 알아보고, 고치기 전의 것을 남겨 두는 일."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.files import write_bytes
from autograder.notebooks.reading import Cell, Notebook, NotebookError, decode, read_cell, read_notebook

CODE_MARK, TEXT_MARK = "raise NotImplementedError", "여기에 답을 적어 주세요."
_OUR_TAGS = {"given", "experiment", "hint"}


def worked_on(data: bytes) -> bool:
    """누가 풀거나 실행한 노트북인지. 나눠 준 것은 빈칸이 그대로이고 출력이 없어요. 읽을 수 없으면 우리 것이 아니에요."""
    cells = _raw_cells(data)
    return cells is None or written(data) or any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def written(data: bytes) -> bool:
    """답이나 학습자가 더한 셀이 있는 노트북인지. 실행만 한 것은 아니에요. 읽을 수 없으면 그렇다고 봐요."""
    cells = _raw_cells(data)
    return cells is None or any(_written(raw, read_cell(1, raw)) for raw in cells)


def _raw_cells(data: bytes) -> list[Any] | None:
    try:
        read_notebook(data)
    except NotebookError:
        return None
    cells = json.loads(decode(data)[0]).get("cells")
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _written(raw: dict[str, Any], cell: Cell | None) -> bool:
    if cell is None or not cell.source.strip():
        return False
    if not is_ours(cell):
        return True
    checksum = raw["metadata"]["nbgrader"].get("checksum") if cell.solution else None
    # 빈칸의 글을 조금이라도 고쳤는지는 나눠 줄 때 nbgrader가 적어 둔 지문이 말해 줘요.
    return cell.solution and (checksum != _checksum(raw, cell.source) if checksum else answered(cell))


def _checksum(raw: dict[str, Any], source: str) -> str:
    """nbgrader가 배포할 때 적는 셀의 지문(`nbgrader.utils.compute_checksum`)."""
    graded = raw["metadata"]["nbgrader"]
    kinds = [bool(graded.get(kind)) for kind in ("grade", "solution", "locked")]
    points = [str(float(graded["points"]))] if graded.get("grade") else []
    parts = [source, raw["cell_type"], *map(str, kinds), graded["grade_id"], *points]
    return hashlib.md5("".join(parts).encode("utf-8"), usedforsecurity=False).hexdigest()


def answered(cell: Cell) -> bool:
    """답을 적은 셀인지: 코드는 빈칸의 표시가 없고, 글은 안내 말고도 적은 것이 있어요."""
    if cell.code:
        return bool(cell.source.strip()) and CODE_MARK not in cell.source
    return bool(cell.source.replace(TEXT_MARK, "").strip())


def has_answers(notebook: Notebook, released: Collection[str]) -> bool:
    """학습자가 답이나 셀을 적은 노트북인지. 실행만 한 것은 아니에요. 꼬리표가 사라진 노트북도 `released`(나눠 준 셀의 글)로 알아봐요."""
    for cell in notebook.cells:
        text = cell.source.strip()
        if not text or text in released or (is_ours(cell) and not cell.solution):
            continue
        if CODE_MARK not in text and TEXT_MARK not in text:
            return True
    return False


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
