"""레슨이 바뀌었을 때, 학습자의 답과 학습자가 더한 셀을 새 노트북으로 옮겨요. 아무것도 버리지 않아요.

답은 실습의 이름으로, 더한 셀은 바로 앞에 있던 나눠 준 셀로 제자리를 찾아요. 나눠 준 셀을 고쳐 썼으면 그 글도 새 셀 바로 뒤에 둬요.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.files import write_bytes, write_json
from autograder.learner.study import based_on, place_of, released_paths
from autograder.notebooks.reading import Cell, NotebookError, decode, read_bytes, read_cell, read_notebook
from autograder.notebooks.work import is_ours, keep

Document = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """옮긴 것과 달라진 것. `answers`는 옮긴 답의 수, `own`은 옮긴 학습자의 셀의 수예요.

    `fresh`는 새로 생긴 실습, `changed`는 빈칸의 글이 달라진 실습, `gone`은 없어진 실습이에요(쓴 답은 셀로 남아 있어요).
    """

    notebook: Document
    answers: int
    own: int
    fresh: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class _Item:
    raw: Document
    cell: Cell

    @property
    def key(self) -> str:
        """나눠 준 셀의 이름."""
        return str(self.cell.grade_id or self.cell.id)


def update_lesson(lesson: str) -> tuple[Moved, Path]:
    """레슨 하나를 새 배포본으로 옮기고, 옮긴 것과 옛 노트북을 남긴 자리를 돌려줘요. 읽을 수 없으면 NotebookError예요."""
    released, place, base = released_paths()[lesson], place_of(lesson), based_on(lesson)
    new = read_bytes(released)
    moved = carry(_document(read_bytes(place)), _document(base.read_bytes()) if base.exists() else None, _document(new))
    backup = keep(place, "update")
    write_json(place, moved.notebook)
    write_bytes(base, new)
    return moved, backup


def carry(mine: Document, base: Document | None, new: Document) -> Moved:
    """`mine`의 답과 셀을 `new`로. `base`는 `mine`이 온 배포본이고, 모르면 None이에요."""
    fresh, before = list(_items(new)), {item.key: item for item in _items(base or {})}
    now = {item.key: item for item in fresh}
    answers: dict[str, str] = {}
    extras: dict[str | None, list[Document]] = {}
    after: str | None = None
    for item in _items(mine):
        cell, here = item.cell, item.key in now
        if is_ours(cell) and cell.solution:
            untouched = item.key in before and cell.source == before[item.key].cell.source
            if here and item.key not in answers:
                after = item.key
                if not untouched:
                    answers[item.key] = cell.source
            elif not untouched:  # 없어진 실습의 답이거나, 같은 실습의 둘째 셀이에요.
                extras.setdefault(after, []).append(_as_own(item))
        elif is_ours(cell):
            after = item.key if here else after
            if _edited(item, before, now):
                extras.setdefault(after, []).append(_as_own(item))
        elif cell.source.strip():
            extras.setdefault(after, []).append(item.raw)
    cells: list[Document] = [*extras.get(None, ())]
    for item in fresh:
        cells.append(
            item.raw | {"source": answers[item.key].splitlines(keepends=True)} if item.key in answers else item.raw
        )
        cells += extras.get(item.key, ())
    exercises = {key for key, item in now.items() if item.cell.solution}
    old = {key for key, item in before.items() if item.cell.solution}
    return Moved(
        {**new, "cells": _with_unique_ids(cells)},
        len(answers),
        sum(map(len, extras.values())),
        tuple(key for key in now if key in exercises - old and base is not None),
        tuple(key for key in now if key in exercises & old and now[key].cell.source != before[key].cell.source),
        tuple(key for key in before if key in old - exercises),
    )


def _edited(item: _Item, before: dict[str, _Item], now: dict[str, _Item]) -> bool:
    """나눠 준 셀을 학습자가 고쳐 썼는지. 어느 배포본의 글도 아니어야 해요."""
    known = {table[item.key].cell.source for table in (before, now) if item.key in table}
    # 확인 셀은 고칠 수 없게 잠겨 있고, 옛 배포본을 모르면 남의 글을 학습자의 것으로 알지 않아요.
    return item.key in before and item.cell.grade_id is None and item.cell.source not in known


def _as_own(item: _Item) -> Document:
    """채점 셀의 이름과 꼬리표를 뗀, 학습자의 셀."""
    return {**item.raw, "metadata": {}}


def _with_unique_ids(cells: list[Document]) -> list[Document]:
    seen: set[str] = set()
    made = []
    for cell in cells:
        wanted, number = str(cell.get("id", "cell")), 1
        name = wanted
        while name in seen:
            number += 1
            name = f"{wanted[:50]}-{number}"
        seen.add(name)
        made.append({**cell, "id": name})
    return made


def _items(document: Document) -> Iterator[_Item]:
    for number, raw in enumerate(document.get("cells", ()), 1):
        if (cell := read_cell(number, raw)) is not None:
            yield _Item(raw, cell)


def _document(data: bytes) -> Document:
    read_notebook(data)  # 읽을 수 없는 파일이면 여기서 까닭을 말해요.
    document = json.loads(decode(data)[0])
    if not isinstance(document.get("cells"), list):
        raise NotebookError("오래된 형식의 노트북이에요. JupyterLab에서 열어 한 번 저장한 뒤에 다시 실행해 주세요.")
    return dict(document)
