"""실습 셀을 처음 모습으로 되돌려요. 지금까지 쓴 것은 먼저 백업해요."""

from __future__ import annotations

from pathlib import Path

from autograder.files import write_json
from autograder.learner.recognition import Document, Item, items, load, recognised
from autograder.learner.study import edition
from autograder.learner.update import carry
from autograder.notebooks.reading import NotebookError, read_bytes
from autograder.notebooks.work import keep


def reset_exercise(path: Path, exercise: str, stub: str) -> Path:
    """실습 셀을 빈칸으로 되돌려요. 지운 셀이면 제자리에 다시 넣어요.

    고치기 전의 노트북을 `study/`의 `backup/` 폴더에 남기고 그 자리를 돌려줘요.
    """
    document = load(read_bytes(path))
    base = edition(path.stem)
    if base.is_file():
        given = load(read_bytes(base))
        document = recognised(document, given)
        if not _cells(document, exercise):
            document = carry(document, given, given).notebook
    cells = _cells(document, exercise)
    if not cells:
        raise NotebookError(
            f"노트북에 `{exercise}` 실습 셀이 없어요. 이름을 확인하고, 새로 생긴 실습이면 `python3 course.py update`를 먼저 해 주세요."
        )
    backup = keep(path, exercise)
    for item in cells:
        item.raw["source"] = stub.splitlines(keepends=True)
        if item.cell.code:
            item.raw["outputs"], item.raw["execution_count"] = [], None
    write_json(path, document)
    return backup


def _cells(document: Document, exercise: str) -> list[Item]:
    return [item for item in items(document) if item.cell.grade_id == exercise]
