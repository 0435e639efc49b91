"""레슨이 바뀌었을 때, 학습자의 답과 학습자가 더한 셀을 새 노트북으로 옮겨요. 아무것도 버리지 않아요.

답은 실습의 이름으로, 더한 셀은 바로 앞에 있던 나눠 준 셀로 제자리를 찾아요. 나눠 준 셀을 고쳐 썼으면 그 글도 새 셀 바로 뒤에 둬요.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import write_bytes, write_json
from autograder.learner.recognition import Document, Item, items, load, recognised
from autograder.learner.study import based_on, place_of, released_paths, shown
from autograder.notebooks.reading import NotebookError, read_bytes
from autograder.notebooks.work import is_ours, keep


@dataclass(frozen=True)
class Moved:
    """옮긴 것과 달라진 것. `answers`는 옮긴 답, `own`은 옮긴 학습자의 셀의 수, `texts`는 글이 달라진 나눠 준 셀의 수예요.

    `fresh`는 새로 생긴 실습, `changed`는 빈칸의 글이 달라진 실습, `gone`은 없어진 실습이에요(쓴 답은 셀로 남아 있어요).
    """

    notebook: Document
    answers: tuple[str, ...]
    own: int
    texts: int
    fresh: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """무엇을 옮겼고 무엇이 달라졌는지 한 줄씩."""
        if self.answers:
            yield f"옮긴 답 {len(self.answers)}개: {', '.join(self.answers)}"
        if self.own:
            yield f"더하거나 고쳐 쓴 셀 {self.own}개도 제자리 뒤에 두었어요."
        if self.fresh:
            yield f"새로 생긴 실습: {', '.join(self.fresh)}"
        if self.changed:
            again = " (옛 답을 그대로 옮겼으니 다시 확인해요)" if set(self.changed) & set(self.answers) else ""
            yield f"빈칸의 글이 달라진 실습: {', '.join(self.changed)}{again}"
        if self.gone:
            yield f"없어진 실습: {', '.join(self.gone)} (쓴 답이 있으면 보통 셀로 남아 있어요)"
        if self.texts:
            yield f"설명, 실험, 확인의 글이 달라지거나 새로 생긴 셀: {self.texts}개"


def update_lesson(lesson: str) -> tuple[Moved, Path]:
    """레슨 하나를 새 배포본으로 옮기고, 옮긴 것과 옛 노트북을 남긴 자리를 돌려줘요. 읽을 수 없으면 NotebookError예요."""
    released, place, base = released_paths()[lesson], place_of(lesson), based_on(lesson)
    new = read_bytes(released)
    try:
        fresh = load(new)
    except NotebookError as error:
        raise CourseError(f"{shown(released)}: {error} 코스를 다시 받아 주세요.") from error
    moved = carry(load(read_bytes(place)), _known(base), fresh)
    backup = keep(place, "update")
    write_json(place, moved.notebook)
    write_bytes(base, new)
    return moved, backup


def _known(base: Path) -> Document | None:
    """사본이 온 배포본. 없거나 읽을 수 없으면 모르는 것으로 쳐요."""
    try:
        return load(base.read_bytes()) if base.exists() else None
    except NotebookError:
        return None


def carry(mine: Document, base: Document | None, new: Document) -> Moved:
    """`mine`의 답과 셀을 `new`로. `base`는 `mine`이 온 배포본이고, 모르면 None이에요."""
    mine = recognised(mine, base or new)
    fresh, before = list(items(new)), {item.key: item for item in items(base or {})}
    now = {item.key: item for item in fresh}
    answers: dict[str, Item] = {}
    extras: dict[str | None, list[Document]] = {}
    after: str | None = None
    for item in items(mine):
        cell, here = item.cell, item.key in now
        if is_ours(cell) and cell.solution:
            untouched = not cell.source.strip() or cell.source in _texts(item.key, before, now)
            if here and item.key not in answers:
                after = item.key
                if not untouched:
                    answers[item.key] = item
            elif not untouched:  # 없어진 실습의 답이거나, 같은 실습의 둘째 셀이에요.
                extras.setdefault(after, []).append(_as_own(item))
        elif is_ours(cell):
            after = item.key if here else after
            if base is not None and _edited(item, before, now):
                extras.setdefault(after, []).append(_as_own(item))
        elif cell.source.strip():
            extras.setdefault(after, []).append(item.raw)
    cells: list[Document] = [*extras.get(None, ())]
    for item in fresh:
        cells.append(_with_answer(item.raw, answers[item.key]) if item.key in answers else item.raw)
        cells += extras.get(item.key, ())
    exercises = {key for key, item in now.items() if item.cell.solution}
    old = {key for key, item in before.items() if item.cell.solution}
    texts = {item.cell.source for item in before.values()} if base is not None else {i.cell.source for i in fresh}
    return Moved(
        {**new, "cells": _with_unique_ids(cells)},
        tuple(key for key in now if key in answers),
        sum(map(len, extras.values())),
        sum(not item.cell.solution and item.cell.source not in texts for item in fresh),
        tuple(key for key in now if key in exercises - old and base is not None),
        tuple(key for key in now if key in exercises & old and now[key].cell.source != before[key].cell.source),
        tuple(key for key in before if key in old - exercises),
    )


def _texts(key: str, *editions: dict[str, Item]) -> set[str]:
    return {table[key].cell.source for table in editions if key in table}


def _edited(item: Item, before: dict[str, Item], now: dict[str, Item]) -> bool:
    """나눠 준 셀을 학습자가 고쳐 썼는지. 어느 배포본의 글도 아니어야 해요."""
    if item.key in before or item.key in now:
        known = _texts(item.key, before, now)
    else:  # 베껴서 붙인 셀은 꼬리표까지 베껴 와요.
        known = {other.cell.source for table in (before, now) for other in table.values()}
    return bool(item.cell.source.strip()) and item.cell.source not in known


def _with_answer(raw: Document, mine: Item) -> Document:
    """빈칸에 학습자의 글을 넣은 셀. 글 셀에 붙인 그림도 함께 가요."""
    pictures = {"attachments": mine.raw["attachments"]} if mine.raw.get("attachments") else {}
    return raw | {"source": mine.cell.source.splitlines(keepends=True)} | pictures


def _as_own(item: Item) -> Document:
    """채점 셀의 이름과 꼬리표를 뗀, 학습자의 셀."""
    return {**item.raw, "metadata": {}}


def _with_unique_ids(cells: list[Document]) -> list[Document]:
    """id가 겹치면 뒤에 온 것이 새 id를 얻어요."""
    seen: set[str] = set()
    made = []
    for cell in cells:
        wanted, number = str(cell.get("id") or "cell"), 1
        name = wanted
        while name in seen:
            number += 1
            name = f"{wanted[:50]}-{number}"
        seen.add(name)
        made.append({**cell, "id": name})
    return made
