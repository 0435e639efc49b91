"""꼬리표를 잃은 셀을 알아봐요. 다른 도구로 열어 저장하면 셀의 이름과 꼬리표가 사라지기도 해요.

셀의 id, 실습의 함수 이름, 나눠 준 글로 찾아요. 서술형은 글로는 알 수 없어서 바로 앞의 질문으로 찾아요.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.notebooks.cell_code import defined_names, same_code
from autograder.notebooks.reading import Cell, NotebookError, decode, read_cell, read_notebook
from autograder.notebooks.work import is_ours

Document = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """셀의 JSON과, 그것을 읽은 것."""

    raw: Document
    cell: Cell

    @property
    def key(self) -> str:
        """나눠 준 셀의 이름."""
        return str(self.cell.grade_id or self.cell.id)


def load(data: bytes) -> Document:
    """고쳐 쓸 노트북의 JSON. 읽을 수 없거나 오래된 형식이면 NotebookError예요."""
    read_notebook(data)  # 읽을 수 없는 파일이면 여기서 까닭을 말해요.
    document = json.loads(decode(data)[0])
    if not isinstance(document.get("cells"), list):
        raise NotebookError("오래된 형식의 노트북이에요. JupyterLab에서 열어 한 번 저장한 뒤에 다시 실행해 주세요.")
    return dict(document)


def items(document: Mapping[str, Any]) -> Iterator[Item]:
    """셀로 읽히는 것들."""
    cells = document.get("cells")
    for number, raw in enumerate(cells if isinstance(cells, list) else (), 1):
        if (cell := read_cell(number, raw)) is not None:
            yield Item(raw, cell)


def recognised(document: Document, edition: Mapping[str, Any]) -> Document:
    """`edition`(이 사본이 온 배포본)에 있던 셀이 꼬리표를 잃었으면 되돌린 노트북. 잃은 것이 없으면 받은 그대로예요."""
    mine, given = list(items(document)), list(items(edition))
    places = {item.key: number for number, item in enumerate(mine) if is_ours(item.cell)}
    bare = {number: item for number, item in enumerate(mine) if not is_ours(item.cell)}
    found: dict[int, Item] = {}
    before: int | None = None
    for item in given:
        if item.key not in places:
            number = _find(item, bare, before, given)
            if number is None:
                continue
            places[item.key] = number
            del bare[number]
            found[mine[number].cell.number] = item
        before = places[item.key]
    if not found:
        return document
    cells = [
        raw if number not in found else _named(raw, found[number].raw)
        for number, raw in enumerate(document["cells"], 1)
    ]
    return {**document, "cells": cells}


def as_graded(document: Document, edition: Mapping[str, Any]) -> Document:
    """채점이 보는 노트북: 레슨이 준 코드 셀은 고쳐 썼어도 나눠 준 글로 돌아요."""
    given = {item.key: item.raw["source"] for item in items(edition) if item.cell.given}
    edited = {item.cell.number: given[item.key] for item in items(document) if item.cell.given and item.key in given}
    cells = document.get("cells")
    if not edited or not isinstance(cells, list):
        return document
    shown = [{**raw, "source": edited[n]} if n in edited else raw for n, raw in enumerate(cells, 1)]
    return {**document, "cells": shown}


def _named(raw: Document, given: Document) -> Document:
    metadata = raw.get("metadata")
    return {
        **raw,
        "id": given.get("id"),
        "metadata": {**(metadata if isinstance(metadata, dict) else {}), **given["metadata"]},
    }


def _find(item: Item, bare: Mapping[int, Item], before: int | None, given: list[Item]) -> int | None:
    """`item`이었을 셀의 차례. `before`는 배포본에서 바로 앞에 있던 셀의 차례예요."""
    cell = item.cell
    same_kind = {number: other.cell for number, other in bare.items() if other.cell.kind == cell.kind}
    for number, other in same_kind.items():
        if cell.id is not None and other.id == cell.id:
            return number
    for number, other in same_kind.items():
        if cell.code and cell.solution and cell.grade_id in defined_names(other.source):
            return number
        if same_code(cell.source, other.source) if cell.code else cell.source.strip() == other.source.strip():
            return number
    if not cell.code and cell.solution and before is not None:
        answer = same_kind.get(before + 1)
        if answer and answer.source.strip() and not any(answer.source == other.cell.source for other in given):
            return before + 1
    return None
