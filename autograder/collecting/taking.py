"""고른 제출물을 학급 폴더에 넣어요. 언제 멈춰도 반쪽이 없고, 같은 명령을 다시 하면 이어져요."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from autograder.classroom.folder import Classroom
from autograder.classroom.receipts import Receipt, write_receipts
from autograder.collecting.choosing import HandIn
from autograder.files import move_into, write_text

TAKEN, SAME, REPLACED, OLDER = "taken", "same", "replaced", "older"


class Taker:
    """한 번 모으는 동안의 일꾼. 옛 제출물은 `replaced/<때>/`에 남겨요."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom
        self.replaced: list[Path] = []
        self._stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        self._receipts: dict[str, list[Receipt]] = defaultdict(list)

    def take(self, one: HandIn) -> str:
        """제자리에 넣고 무엇을 했는지 돌려줘요. 있던 것이 더 나중에 낸 것이면 그대로 둬요."""
        target = self.classroom.submitted / one.student / one.lesson / f"{one.lesson}.ipynb"
        stamp = target.with_name("timestamp.txt")
        there = os.path.lexists(target)
        if there and not target.is_symlink() and filecmp.cmp(target, one.piece.place, shallow=False):
            if one.when is not None and not stamp.exists():
                write_text(stamp, timestamp_text(one.when))
            self._note(one, one.when or read_timestamp(stamp))
            return SAME
        if there and one.when is not None and (before := read_timestamp(stamp)) is not None and one.when < before:
            return OLDER
        if there:
            self._keep(target, one)
        # 시각을 먼저 써요. 그 사이에 멈추면 노트북이 아직 옛것이라, 다시 할 때 바뀐 것으로 알아봐요.
        if one.when is not None:
            write_text(stamp, timestamp_text(one.when))
        else:
            stamp.unlink(missing_ok=True)
        move_into(one.piece.place, target)
        self._note(one, one.when)
        return REPLACED if there else TAKEN

    def set_aside(self, one: HandIn, wanted: str) -> Path:
        """모으려던 레슨이 아닌 노트북을 곁에 둬요. 채점하지 않아요."""
        path = self.classroom.path / "aside" / wanted / one.student / f"{one.lesson}.ipynb"
        move_into(one.piece.place, path)
        return path

    def finish(self) -> None:
        """받은 기록을 써요."""
        for lesson, receipts in self._receipts.items():
            write_receipts(self.classroom, lesson, receipts)

    def _keep(self, target: Path, one: HandIn) -> None:
        """옛것의 사본을 남겨요. 옮기지 않으므로 제자리가 비는 때가 없어요."""
        folder = self.classroom.path / "replaced" / self._stamp / one.student
        kept, number = folder / f"{one.lesson}.ipynb", 1
        while os.path.lexists(kept):
            number += 1
            kept = folder / f"{one.lesson}-{number}.ipynb"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(target, kept, follow_symlinks=False)
        stamp = target.with_name("timestamp.txt")
        if stamp.is_file() and not stamp.is_symlink():
            shutil.copy2(stamp, kept.with_suffix(".timestamp.txt"))
        self.replaced.append(kept)

    def _note(self, one: HandIn, when: datetime | None) -> None:
        entry = f"{one.piece.owner.plain}/{one.piece.inside}" if one.piece.inside else one.piece.owner.plain
        shown = when.isoformat() if when else None
        receipt = Receipt(
            one.student, one.lesson, one.owner.lms, one.owner.id, one.owner.name, entry, shown, one.piece.archive
        )
        self._receipts[one.lesson].append(receipt)


def timestamp_text(when: datetime) -> str:
    """nbgrader의 timestamp.txt에 적을 글(UTC)."""
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S.%f} UTC\n"


def read_timestamp(path: Path) -> datetime | None:
    """우리가 적은 timestamp.txt의 시각(이 컴퓨터의 시각). 없거나 다른 모양이면 None이에요."""
    try:
        text = "" if path.is_symlink() else path.read_text(encoding="utf-8").strip()
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=timezone.utc).astimezone()
    except (OSError, ValueError, OverflowError):
        return None


def handed_in(classroom: Classroom, students: Iterable[str], lesson: str) -> set[str]:
    """그 레슨을 낸 적이 있는 사람들. 이번에 받은 것이 아니어도 돼요."""
    return {student for student in students if (classroom.submitted / student / lesson).is_dir()}
