"""실습 셀을 처음 모습으로 되돌려요. 지금까지 쓴 것은 먼저 백업해요."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.files import write_json
from autograder.notebooks.reading import NotebookError, decode, read_bytes, read_notebook
from autograder.notebooks.work import keep


def reset_exercise(path: Path, exercise: str, stub: str) -> Path:
    """실습 셀을 빈칸으로 되돌려요. 고치기 전의 노트북을 `study/`의 `backup/` 폴더에 남기고 그 자리를 돌려줘요."""
    data = read_bytes(path)
    read_notebook(data)  # 읽을 수 없는 파일이면 여기서 까닭을 말해요.
    text, _ = decode(data)
    document = json.loads(text)
    cells = [
        cell
        for cell in document.get("cells", ())
        if isinstance(cell, dict) and ((cell.get("metadata") or {}).get("nbgrader") or {}).get("grade_id") == exercise
    ]
    if not cells:
        raise NotebookError(f"노트북에 `{exercise}` 실습 셀이 없어요. 이름을 확인하거나 배포본에서 셀을 복사해 주세요.")
    backup = keep(path, exercise)
    for cell in cells:
        cell["source"] = stub.splitlines(keepends=True)
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    write_json(path, document)
    return backup
