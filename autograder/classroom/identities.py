"""사람을 어떻게 알아보는지 학급이 기억하는 것: 이름으로 잇기로 했는지, 이름이 같은 사람들, 성적부에서 아직 옮기지 않은 이름.

학급 폴더의 `identities.json`이에요. 없으면 아무것도 기억하지 않은 것이에요.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.files import write_json, write_text

Move = tuple[str, str, str]  # (옛 이름, 새 이름, 레슨)


@dataclass(frozen=True)
class Identities:
    """`by_name`은 명단 없이 이름으로 잇는 학급인지, `namesakes`는 한 압축 파일에 둘 이상 있던 이름들,
    `moves`는 폴더를 옮겼고 성적부는 다음 채점에서 옮길 것들이에요."""

    by_name: bool = False
    namesakes: frozenset[str] = frozenset()
    moves: tuple[Move, ...] = ()


def read_identities(classroom: Classroom) -> Identities:
    """기억한 것. 파일이 깨졌으면 ClassroomError예요."""
    path = _path(classroom)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        moves = tuple((str(former), str(now), str(lesson)) for former, now, lesson in data["moves"])
        return Identities(data["by_name"] is True, frozenset(map(str, data["namesakes"])), moves)
    except FileNotFoundError:
        return Identities()
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ClassroomError(
            f"{path} 파일이 깨졌어요. 백업을 되돌리거나, 지우고 `python3 course.py collect`를 같은 옵션으로 다시 해 주세요."
        ) from None


def remember(
    classroom: Classroom, *, by_name: bool = False, namesakes: Iterable[str] = (), moves: Iterable[Move] = ()
) -> None:
    """기억에 더해요. 달라지는 것이 없으면 쓰지 않아요."""
    known = read_identities(classroom)
    new_moves = tuple(move for move in moves if move not in known.moves)
    made = Identities(known.by_name or by_name, known.namesakes | set(namesakes), known.moves + new_moves)
    if made != known:
        _write(classroom, made)


def forget_moves(classroom: Classroom) -> None:
    """성적부에서도 다 옮겼어요."""
    known = read_identities(classroom)
    if known.moves:
        _write(classroom, replace(known, moves=()))


def pending_moves(classroom: Classroom, directory: Path) -> Iterator[Move]:
    """모으기가 폴더를 옮긴 것 가운데 성적부에서 옮길 것. 옛 폴더가 도로 있으면 그 사람의 것이에요."""
    if directory.resolve() == classroom.submitted:
        for former, now, lesson in read_identities(classroom).moves:
            if not (directory / former / lesson).exists():
                yield former, now, lesson


def carry_results(classroom: Classroom, directory: Path) -> None:
    """폴더를 옮긴 사람의 결과와 사본도 새 이름으로. 다시 채점하면 사람이 준 점수가 '다시 볼 답'이 돼요. 피드백은 채점이 다시 써요."""
    for former, now, lesson in pending_moves(classroom, directory):
        stored, copy = classroom.load(former, lesson), classroom.autograded(former, lesson)
        if stored is None or not copy.is_file() or classroom.load(now, lesson) is not None:
            continue
        write_text(classroom.autograded(now, lesson), copy.read_text(encoding="utf-8"))
        marks = tuple(replace(mark, student=now) for mark in stored.marks)
        classroom.store(replace(stored, student=now, marks=marks))
        classroom.forget(former, lesson)
        feedback = classroom.feedback(former, lesson)
        feedback.unlink(missing_ok=True)
        copy.unlink()
        for folder in (feedback.parent, copy.parent, copy.parent.parent):
            with suppress(OSError):  # 남은 것이 있으면 그대로예요.
                folder.rmdir()


def _write(classroom: Classroom, made: Identities) -> None:
    data = {"by_name": made.by_name, "namesakes": sorted(made.namesakes), "moves": [list(move) for move in made.moves]}
    write_json(_path(classroom), data)


def _path(classroom: Classroom) -> Path:
    return classroom.path / "identities.json"
