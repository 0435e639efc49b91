"""한 사람이 한 레슨에 낸 여럿 가운데 하나를 골라요. 고르지 않은 것은 까닭과 함께 이름이 남아요."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import PurePosixPath

from autograder.authoring.lesson_source import sources
from autograder.collecting.file_names import COURSE_FOLDERS, is_copy, lesson_of_name
from autograder.collecting.layouts import Owner
from autograder.collecting.pieces import Piece
from autograder.exercises import lesson_exercises
from autograder.grading.lesson_cells import released
from autograder.notebooks.cell_code import defined_names
from autograder.notebooks.reading import Notebook, NotebookError, read_notebook
from autograder.notebooks.work import has_answers

UNTOUCHED = "손대지 않은 레슨이에요. 코스 폴더에 함께 든 것이라 낸 것으로 보지 않았어요"
TOOL_COPY = "제출물이 아니라 도구나 코스가 만든 사본이에요"
SECOND = "같은 사람이 같은 레슨을 더 나중에 냈어요"
SECOND_EQUAL = "같은 사람의 같은 레슨이 시각까지 같아서, 이름의 차례로 앞의 것을 골랐어요"
SECOND_COPY = "같은 사람의 사본이에요. 이름이 바른 것을 골랐어요"
SECOND_SAME = "같은 사람의 같은 내용이에요"
SECOND_EMPTY = "같은 사람의 답이 적힌 것을 골랐어요"
UNKNOWN_LESSON = "어느 레슨의 노트북인지 알 수 없어요"

# 자리가 앞선 것부터: 학습자가 일하는 곳, 나눠 준 자리, 남겨 둔 사본, 기록과 체크포인트
_PLACES = {"lessons": 1, "backup": 2, "backups": 2, "replaced": 2}
_RECORDED = 3


@dataclass(frozen=True)
class HandIn:
    """받은 노트북 하나: 누가 어느 레슨에 낸 것인지. `answered`는 답을 적은 것인지, `wrong_name`은 이름이 말하던 다른 레슨이에요."""

    student: str
    lesson: str
    piece: Piece
    owner: Owner
    when: datetime | None
    answered: bool
    wrong_name: str = ""

    @property
    def place(self) -> int:
        """제출물이 있을 만한 자리일수록 작아요."""
        parts = [part.casefold() for part in PurePosixPath(self.owner.rest).parts[:-1]]
        ranks = [_PLACES.get(part, _RECORDED) for part in parts if part in COURSE_FOLDERS - {"study", "source"}]
        hidden = [_RECORDED for part in parts if part.startswith(".")]
        return max([*ranks, *hidden], default=0)

    @property
    def in_course(self) -> bool:
        """코스 폴더째로 낸 것 안에 있는지."""
        return any(part.casefold() in COURSE_FOLDERS for part in PurePosixPath(self.owner.rest).parts[:-1])


def read_lesson(piece: Piece) -> tuple[str | None, bool, str]:
    """(레슨, 답을 적었는지, 이름이 말하던 다른 레슨). 레슨은 셀에서 알아내고, 읽을 수 없으면 이름에서 알아내요."""
    named = lesson_of_name(piece.file) or lesson_of_name(piece.inside) or lesson_of_name(piece.owner.text)
    try:
        notebook = read_notebook(piece.place.read_bytes())
    except NotebookError:
        return named, True, ""  # 읽을 수 없는 것도 낸 것이에요. 채점이 그렇게 알려요.
    found = _lesson_of_cells(notebook, named)
    if found is None:
        return named, True, ""
    return found, has_answers(notebook, _released_texts(found)), named if named not in (None, found) else ""


def _lesson_of_cells(notebook: Notebook, named: str | None) -> str | None:
    """실습 셀이나 함수가 가장 많이 겹치는 레슨. 같으면 이름이 말하는 것이에요."""
    ids = {cell.grade_id for cell in notebook.cells}
    ids |= {name for cell in notebook.cells if cell.code and not cell.given for name in defined_names(cell.source)}
    overlap = {lesson: len(ids & names) for lesson, names in _exercise_names().items()}
    best = max(overlap.values(), default=0)
    found = [lesson for lesson, count in overlap.items() if count == best]
    if not best:
        return None
    return named if named in found else found[0] if len(found) == 1 else None


@cache
def _exercise_names() -> dict[str, frozenset[str]]:
    return {lesson: frozenset(exercise.name for exercise in lesson_exercises(lesson)) for lesson in sources()}


@cache
def _released_texts(lesson: str) -> frozenset[str]:
    try:
        return frozenset("".join(cell["source"]).strip() for cell in released(lesson)["cells"])
    except (OSError, ValueError):
        return frozenset()


@dataclass(frozen=True)
class Choice:
    """고른 것들과, (까닭, 이름)으로 적은 고르지 않은 것들."""

    chosen: tuple[HandIn, ...]
    skipped: tuple[tuple[str, str], ...]


def choose(hand_ins: Iterable[HandIn]) -> Choice:
    """사람과 레슨마다 하나를 골라요."""
    groups: dict[tuple[str, str], list[HandIn]] = defaultdict(list)
    for one in hand_ins:
        groups[one.student, one.lesson].append(one)
    worked = {student for (student, _), ones in groups.items() if any(one.answered for one in ones)}
    chosen, skipped = [], []
    for (student, _), ones in sorted(groups.items()):
        if not any(one.answered for one in ones) and (student in worked or all(one.in_course for one in ones)):
            skipped += [(UNTOUCHED, one.piece.shown) for one in ones]
            continue
        ordered = sorted(ones, key=_rank)
        chosen.append(ordered[0])
        skipped += [(_why(other, ordered[0]), other.piece.shown) for other in ordered[1:]]
    return Choice(tuple(chosen), tuple(skipped))


def _rank(one: HandIn) -> tuple[object, ...]:
    """작을수록 앞서요: 답이 있는 것, 나중에 다시 낸 것, 제자리에 있는 것, 사본이 아닌 것, 나중의 것, 이름의 차례."""
    attempt = tuple(-number for number in one.owner.attempt)
    return (
        not one.answered,
        -one.owner.when.timestamp() if one.owner.when else 0.0,
        one.place,
        is_copy(one.piece.file),
        attempt,
        -one.when.timestamp() if one.when else 0.0,
        len(one.piece.shown),
        one.piece.shown,
        one.piece.archive,
        one.piece.order,
    )


def _why(other: HandIn, best: HandIn) -> str:
    if other.place >= _RECORDED > best.place:
        return TOOL_COPY
    if other.piece.place.read_bytes() == best.piece.place.read_bytes():
        return SECOND_SAME
    if other.answered != best.answered:
        return SECOND_EMPTY
    if other.owner.when == best.owner.when and (
        other.place != best.place or is_copy(other.piece.file) != is_copy(best.piece.file)
    ):
        return SECOND_COPY
    if other.owner.attempt == best.owner.attempt and other.when == best.when:
        return SECOND_EQUAL
    return SECOND


def download_times(times: Sequence[datetime | None]) -> bool:
    """파일의 시각이 낸 때가 아니라 LMS가 묶은 때인지. 사람마다의 시각을 압축 파일에 담긴 차례로 줘요.

    Canvas와 많은 Moodle은 내려받는 때에 묶으면서 그때를 적어요. 그러면 시각이 담긴 차례로 늘어나면서 몇 분 안에 모여요.
    """
    known = [time.timestamp() for time in times if time is not None]
    if len(known) < 2:
        return False
    span, ordered = max(known) - min(known), known == sorted(known)
    if len(known) == 2:
        return span == 0
    return span <= 120 or (len(known) >= 5 and ordered and span <= 1800)
