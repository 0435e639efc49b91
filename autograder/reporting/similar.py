"""닮은 제출물: 반에서 드문 코드를 함께 가진 짝을 나란히 보여 줘요. 사람이 판단할 자료일 뿐이고, 점수, 피드백, 보고서에는 쓰지 않아요.

많은 사람이 가진 조각과 레슨의 글, 풀이, 알려진 답에 있는 조각은 세지 않아요. 짧은 바른 답은 원래 서로 닮으니까요.
조각에서 사람으로 가는 표(역색인)만 훑어서, 짝을 모두 견주지 않아요.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

from autograder.authoring.function_to_cell import as_cell
from autograder.authoring.lesson_source import source_path
from autograder.classroom.folder import Classroom, ClassroomError
from autograder.classroom.people import People, read_people
from autograder.exercises import LESSONS, lesson_exercises
from autograder.files import write_text
from autograder.grading.lesson_cells import released
from autograder.grading.submissions import find_submissions
from autograder.layout import REFERENCE
from autograder.notebooks.reading import NotebookError, read_cell, read_notebook
from autograder.notebooks.work import is_ours
from autograder.reporting.fragments import WIDTH, Code
from autograder.reporting.pages import pages

LINE = 100.0  # 함께 가진 드문 토큰이 이만하면(여덟 줄쯤) 보여 줘요. 따로 쓴 바른 답의 짝은 거의 여기에 닿지 않아요.
SHOWN_PAIRS = 40  # 한 레슨에서 보여 줄 짝의 수


@dataclass(frozen=True)
class HandIn:
    """견줄 제출물 하나: 누구의, 어떤 셀들."""

    student: str
    cells: tuple[Code, ...]


@dataclass(frozen=True)
class Side:
    """짝의 한쪽에서 보일 셀 하나. 줄마다 (글, 함께 가진 줄인지)예요."""

    title: str
    lines: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Pair:
    """드문 코드를 함께 가진 짝. `amount`는 함께 가진 드문 토큰의 수(드문 만큼 세요)예요."""

    students: tuple[str, str]
    amount: float
    sides: tuple[tuple[Side, ...], tuple[Side, ...]]

    @property
    def lines(self) -> int:
        """함께 가진 줄의 수. 양쪽이 다르면 적은 쪽이에요."""
        return min(sum(same for cell in side for _, same in cell.lines) for side in self.sides)


@dataclass(frozen=True)
class LessonPairs:
    """레슨 하나의 짝들. `more`는 보여 주지 않은 짝의 수예요."""

    lesson: str
    compared: int
    pairs: tuple[Pair, ...]
    more: int

    @property
    def title(self) -> str:
        """사람에게 보일 레슨의 이름."""
        return f"레슨 {int(self.lesson[:2])}. {LESSONS[self.lesson]}"


def write_similar(
    classroom: Classroom, lesson: str | None = None, out: Path | None = None, directory: Path | None = None
) -> tuple[Path, int]:
    """`out/similar.html`(기본은 학급 폴더)을 쓰고 (경로, 짝의 수)를 돌려줘요. 제출물이 없으면 ClassroomError예요."""
    folder = directory or classroom.submitted
    found = read_hand_ins(folder, lesson) if folder.is_dir() else {}
    if not found:
        raise ClassroomError(
            f"{folder}에서 견줄 제출물을 찾지 못했어요. `python3 course.py collect`로 먼저 모으거나 `--from`에 폴더를 적어 주세요."
        )
    lessons = [find_pairs(name, found[name], known_fragments(name)) for name in LESSONS if name in found]
    path = (out or classroom.path) / "similar.html"
    write_text(path, render_similar(lessons, read_people(classroom)))
    return path, sum(len(one.pairs) + one.more for one in lessons)


def render_similar(lessons: Sequence[LessonPairs], people: People) -> str:
    """짝들을 나란히 보여 줄 HTML."""
    made_at = datetime.now().strftime("%Y-%m-%d %H:%M")
    template = pages().get_template("similar.html.j2")
    return template.render(lessons=lessons, people=people, made_at=made_at)


def read_hand_ins(directory: Path, lesson: str | None = None) -> dict[str, list[HandIn]]:
    """레슨마다의 제출물: 실습 셀과 학습자가 더한 코드 셀만. 읽을 수 없는 것은 채점이 말해 주니 여기서는 빼요."""
    found: dict[str, list[HandIn]] = defaultdict(list)
    for submission in find_submissions(directory, lesson, lambda student, error: None):
        try:
            cells = read_notebook(submission.read()).cells
        except NotebookError:
            continue
        titles = {e.name: e.title for e in lesson_exercises(submission.lesson)}
        codes = tuple(
            Code(titles.get(cell.grade_id or "", f"더한 셀({cell.number}번째)"), cell.source)
            for cell in cells
            if cell.code and (cell.solution or not is_ours(cell))
        )
        found[submission.lesson].append(HandIn(submission.student, codes))
    return dict(found)


def known_fragments(lesson: str) -> frozenset[int]:
    """레슨을 배우면 누구나 쓰게 되는 조각: 나눠 준 셀과 빈칸, 풀이, 다르게 쓴 바른 답, 알려진 실수, 기준 구현."""
    cells = (read_cell(0, cell) for cell in released(lesson)["cells"])
    given = [cell.source for cell in cells if cell is not None and cell.code]
    files = (source_path(lesson), *sorted(REFERENCE.glob("*.py")))
    answers = (
        as_cell(exercise.name, answer)
        for exercise in lesson_exercises(lesson)
        for answer in (*exercise.correct, *(wrong for mistake in exercise.mistakes for wrong in mistake.wrong))
    )
    texts = {*given, *(path.read_text(encoding="utf-8") for path in files), *answers}
    return frozenset(fragment for text in texts for fragment in Code("", text).fragments)


def find_pairs(lesson: str, hand_ins: Sequence[HandIn], known: frozenset[int] = frozenset()) -> LessonPairs:
    """드문 코드를 `LINE`만큼 함께 가진 짝들을 많은 것부터."""
    owners: dict[int, set[int]] = defaultdict(set)
    for number, one in enumerate(hand_ins):
        for fragment in {fragment for cell in one.cells for fragment in cell.fragments} - known:
            owners[fragment].add(number)
    rare = max(3, len(hand_ins) // 6)  # 이보다 많은 사람이 가진 조각은 드물지 않아요.
    weights: dict[int, float] = {}
    shared: dict[tuple[int, int], set[int]] = defaultdict(set)
    for fragment, people in owners.items():
        if 2 <= len(people) <= rare:
            weights[fragment] = math.log(len(hand_ins) / (len(people) - 1)) / math.log(len(hand_ins))
            for pair in combinations(sorted(people), 2):
                shared[pair].add(fragment)
    found = []
    for (first, second), fragments in shared.items():
        both = {fragment: weights[fragment] for fragment in fragments}
        amount = min(_amount(hand_ins[first].cells, both), _amount(hand_ins[second].cells, both))
        if amount >= LINE:
            found.append((amount, first, second, both))
    found.sort(key=lambda one: (-one[0], hand_ins[one[1]].student, hand_ins[one[2]].student))
    pairs = tuple(
        Pair(
            (hand_ins[first].student, hand_ins[second].student),
            amount,
            (_side(hand_ins[first].cells, both), _side(hand_ins[second].cells, both)),
        )
        for amount, first, second, both in found[:SHOWN_PAIRS]
    )
    return LessonPairs(lesson, len(hand_ins), pairs, max(0, len(found) - SHOWN_PAIRS))


def _amount(cells: Iterable[Code], both: Mapping[int, float]) -> float:
    """함께 가진 조각이 덮는 토큰의 수. 토큰 하나는 그것을 덮는 가장 드문 조각만큼 세요."""
    return sum(weight for cell in cells for weight in _weights(cell, both))


def _weights(cell: Code, both: Mapping[int, float]) -> list[float]:
    covered = [0.0] * len(cell.tokens)
    for start, fragment in enumerate(cell.fragments):
        weight = both.get(fragment, 0.0)
        if weight:
            covered[start : start + WIDTH] = [max(old, weight) for old in covered[start : start + WIDTH]]
    return covered


def _side(cells: Iterable[Code], both: Mapping[int, float]) -> tuple[Side, ...]:
    sides = []
    for cell in cells:
        same = {token.line for token, weight in zip(cell.tokens, _weights(cell, both), strict=True) if weight}
        if same:
            lines = cell.source.split("\n")
            sides.append(Side(cell.name, tuple((line, number in same) for number, line in enumerate(lines))))
    return tuple(sides)
