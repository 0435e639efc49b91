"""아직 목록에 담지 못한 달라진 점수들. 채점이 도중에 죽어도(kill -9) 다음 채점의 목록에 담겨요.

점수를 덮어쓰기 전에 한 줄씩 덧붙여 적고, 목록을 쓴 다음 지워요.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from autograder.classroom.changes import BEHIND, Change
from autograder.classroom.folder import Classroom
from autograder.classroom.gradebook_reader import SubmissionScore

_Key = tuple[str, str, str]


class Unlisted:
    """학급의 그 파일. `recorded`는 채점하기 전에 성적부에 있던 점수예요."""

    def __init__(self, classroom: Classroom, recorded: Mapping[str, Mapping[str, SubmissionScore]]) -> None:
        self._path, self._recorded = classroom.changes / ".unlisted.jsonl", recorded
        self._left = self._read()

    def note(self, changes: Iterable[Change]) -> None:
        """곧 덮어쓸 점수들을 적어 둬요."""
        lines = [json.dumps(asdict(change), ensure_ascii=False) + "\n" for change in changes]
        if lines:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))

    def joined(self, changes: Iterable[Change]) -> list[Change]:
        """이번에 달라진 것에, 앞서 죽은 채점이 바꾼 것을 더해요. 둘이 겹치면 그 앞의 점수에서 지금의 점수로예요."""
        found = {_key(change): change for change in changes}
        for key, left in self._left.items():
            now, landed = found.get(key), self._in_gradebook(left)
            if now is None:
                if landed:
                    found[key] = left
            elif landed:
                found[key] = _after(left, now)
            elif now.reasons == (BEHIND,):
                found[key] = replace(now, reasons=left.reasons)  # 까닭은 그 점수를 낸 채점이 알아요.
        return [change for change in found.values() if change.before != change.after]

    def clear(self) -> None:
        """목록에 모두 담았어요."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> dict[_Key, Change]:
        left: dict[_Key, Change] = {}
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return left
        for line in lines:
            try:
                data = json.loads(line)
                change = Change(**{**data, "reasons": tuple(data["reasons"])})
            except (ValueError, TypeError, KeyError):
                continue  # 적다가 죽은 줄이에요. 그 점수는 아직 덮어쓰지 않았어요.
            earlier = left.get(_key(change))
            left[_key(change)] = change if earlier is None else _after(earlier, change)
        return left

    def _in_gradebook(self, change: Change) -> bool:
        submission = self._recorded.get(change.student, {}).get(change.lesson)
        cell = submission.cells.get(f"check_{change.exercise}") if submission else None
        return (cell.auto_score if cell else None) == change.after


def _key(change: Change) -> _Key:
    return change.student, change.lesson, change.exercise


def _after(first: Change, then: Change) -> Change:
    reasons = tuple(dict.fromkeys([*first.reasons, *(why for why in then.reasons if why != BEHIND)]))
    return replace(then, before=first.before, reasons=reasons)
