"""달라진 점수의 목록: 누구의 어느 점수가 몇 점에서 몇 점으로, 왜 바뀌었는지를 화면, CSV, 한 쪽의 HTML로.

앞의 점수는 성적부에 있던 것이에요. 강사와 학습자가 본 점수니까요. 까닭은 결과와 함께 남겨 둔 지문의 조각(`Parts`)을 견주어 말해요.
처음 채점한 제출물은 달라진 것이 아니라서 들어가지 않아요.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.classroom.feedback import points, templates
from autograder.classroom.fingerprint import Parts
from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.gradebook_reader import SubmissionScore
from autograder.classroom.marks_table import BOM, safe_cell
from autograder.exercises import lesson_exercises
from autograder.files import write_text
from autograder.notebooks.cell_code import reachable

SHOWN_ROWS = 20
BEHIND = "성적부만 뒤처져 있었어요"
FIRST_EDITION = "첫 판의 결과예요"
UNKNOWN = "남겨 둔 판정이 없어서 무엇이 바뀌었는지 알 수 없어요"
UNEXPLAINED = "바뀐 것이 없는데 점수가 달라졌어요. 관리자에게 알려 주세요"


@dataclass(frozen=True)
class Known:
    """다시 채점하기 전에 남아 있던 결과에서 견줄 것만. 첫 판의 결과에는 `parts`가 없어요."""

    parts: Parts | None
    scores: Mapping[str, float]

    @classmethod
    def of(cls, stored: StoredResult) -> Known:
        """남겨 둔 결과에서 골라요."""
        return cls(stored.parts, {mark.exercise: mark.score for mark in stored.marks})


@dataclass(frozen=True)
class Change:
    """달라진 자동 점수 하나. 없던 것이나 없어진 것은 None이에요. `hand`가 있으면 손으로 준 그 점수가 그대로 남아요."""

    student: str
    lesson: str
    exercise: str
    before: float | None
    after: float | None
    reasons: tuple[str, ...]
    hand: float | None = None

    @property
    def why(self) -> str:
        """까닭을 한 줄로. 손으로 준 점수가 남으면 그것도 말해요."""
        text = ", ".join(self.reasons)
        if self.hand is None:
            return text
        moved = f"자동 점수만 {shown(self.before)} → {shown(self.after)}"
        return f"손으로 준 {shown(self.hand)}점은 그대로예요 ({moved}: {text})"

    @property
    def effective(self) -> tuple[float | None, float | None]:
        """성적부에서 보이는 점수의 앞과 뒤. 손으로 준 점수가 있으면 둘이 같아요."""
        return (self.before, self.after) if self.hand is None else (self.hand, self.hand)


def shown(score: float | None) -> str:
    """점수의 글. 없으면 `없음`이에요."""
    return "없음" if score is None else points(score)


def find_changes(
    recorded: SubmissionScore | None, known: Known | None, result: StoredResult, fresh: bool
) -> Iterator[Change]:
    """제출물 하나에서 달라진 점수들. `recorded`는 성적부에 있던 것, `known`은 남아 있던 결과, `fresh`는 이번에 채점했는지예요."""
    cells = {name.removeprefix("check_"): cell for name, cell in (recorded.cells if recorded else {}).items()}
    if all(cell.auto_score is None for cell in cells.values()):
        return  # 점수를 받은 적이 없는 제출물이에요.
    now = {mark.exercise: mark.score for mark in result.marks}
    gone = [name.removeprefix("check_") for name in recorded.cells if name.startswith("check_")] if recorded else []
    for exercise in dict.fromkeys([*now, *gone]):
        cell, after = cells.get(exercise), now.get(exercise)
        before = cell.auto_score if cell else None
        if before == after:
            continue
        reasons = _reasons(known, result, exercise, before) if fresh else (BEHIND,)
        yield Change(
            result.student, result.lesson, exercise, before, after, reasons, cell.manual_score if cell else None
        )


def _reasons(known: Known | None, result: StoredResult, exercise: str, before: float | None) -> tuple[str, ...]:
    if known is None:
        return (UNKNOWN,)
    was = known.scores.get(exercise)
    now = next((mark.score for mark in result.marks if mark.exercise == exercise), None)
    if was == now:
        return (BEHIND,)
    behind = () if was == before else ("성적부도 뒤처져 있었어요",)
    if known.parts is None or result.parts is None:
        return (FIRST_EDITION, *behind)
    return (*what_changed(known.parts, result.parts, result.lesson, exercise), *behind)


def what_changed(old: Parts, new: Parts, lesson: str, exercise: str) -> tuple[str, ...]:
    """두 지문 사이에 바뀐 것 가운데 그 실습의 점수를 바꿀 수 있는 것들."""
    found = []
    if old.content != new.content:
        found.append("제출한 파일이 바뀌었어요")
    if old.seed != new.seed:
        found.append("학급의 시드가 바뀌었어요")
    if old.bonus != new.bonus and 0 in (old.points.get(exercise), new.points.get(exercise)):
        found.append("보너스를 더하는 규칙이 바뀌었어요")
    if old.sandboxed != new.sandboxed:
        found.append("모래상자 없이 채점했던 결과예요" if new.sandboxed else "이번에는 모래상자 없이 채점했어요")
    found += _definition(old, new, lesson, exercise)
    if old.lesson != new.lesson:
        found.append("레슨의 주어진 셀이나 풀이가 바뀌었어요")
    if old.grader != new.grader:
        found.append("채점기의 코드가 바뀌었어요")
    if old.libraries != new.libraries:
        names = sorted({*old.libraries, *new.libraries})
        moved = [(name, old.libraries.get(name, ""), new.libraries.get(name, "")) for name in names]
        listed = ", ".join(f"{name} {a or '없음'} → {b or '없음'}" for name, a, b in moved if a != b)
        found.append(f"라이브러리가 바뀌었어요 ({listed})")
    if not found and (others := _edited(old.exercises, new.exercises)):
        found.append(f"같은 레슨의 다른 실습의 정의가 바뀌었어요 ({', '.join(others)})")
    if not found and old.files != new.files:
        found.append("레슨의 파일이 바뀌었어요")
    return tuple(found or [UNEXPLAINED])


def _definition(old: Parts, new: Parts, lesson: str, exercise: str) -> Iterator[str]:
    if exercise not in new.exercises:
        yield "레슨에서 빠진 실습이에요"
        return
    if exercise not in old.exercises:
        yield "새로 생긴 실습이에요"
        return
    if old.exercises[exercise] != new.exercises[exercise]:
        yield "실습의 정의가 바뀌었어요"
    if old.references[exercise] != new.references[exercise]:
        yield "기준 구현의 파일이 바뀌었어요"
    if old.points[exercise] != new.points[exercise]:
        yield f"배점이 바뀌었어요 ({_worth(old.points[exercise])} → {_worth(new.points[exercise])})"
    # 앞 실습이 틀리면 바른 함수로 바꿔 한 번 더 돌리므로, 앞 실습의 판정이 달라지면 이 점수도 달라질 수 있어요.
    uses = {one.name: set(one.uses) for one in lesson_exercises(lesson)}
    called = reachable(exercise, uses)
    if earlier := [name for name in _edited(old.exercises, new.exercises) if name in called]:
        yield f"이 실습이 부르는 앞 실습의 정의가 바뀌었어요 ({', '.join(earlier)})"


def _edited(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """두 판에 모두 있는데 지문이 다른 것의 이름들."""
    return sorted(name for name in old.keys() & new.keys() if old[name] != new[name])


def _worth(value: float) -> str:
    return f"{points(value)}점" if value else "보너스"


def changes_csv(changes: Iterable[Change]) -> str:
    """목록의 CSV. 엑셀에서 수식으로 읽힐 글은 따옴표를 붙여요."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["학생", "레슨", "실습", "이전", "이후", "까닭"])
    for change in changes:
        before, after = ("" if score is None else f"{score:g}" for score in change.effective)
        texts = [safe_cell(text) for text in (change.student, change.lesson, change.exercise)]
        table.writerow([*texts, before, after, safe_cell(change.why)])
    return out.getvalue()


def changes_table(changes: Sequence[Change], preview: bool) -> Table:
    """화면에 보일 표. 앞의 스무 줄까지예요."""
    title = "달라질 점수(미리 보기)" if preview else "달라진 점수"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for head in ("학생", "레슨", "실습"):
        table.add_column(head, overflow="fold")
    for head in ("이전", "이후"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("까닭", overflow="fold")
    for change in changes[:SHOWN_ROWS]:
        before, after = map(shown, change.effective)
        # 글은 rich의 꾸밈말로 읽히지 않게 그대로 담아요.
        table.add_row(*map(Text, (change.student, change.lesson[:2], change.exercise, before, after, change.why)))
    return table


def changes_page(changes: Sequence[Change], preview: bool, made_at: str) -> str:
    """목록의 HTML 한 쪽. 바깥의 자료도 스크립트도 없어요."""
    moved = [change for change in changes if change.hand is None]
    up = sum((change.after or 0.0) > (change.before or 0.0) for change in moved)
    return (
        templates()
        .get_template("changes.html.j2")
        .render(
            preview=preview,
            made_at=made_at,
            moved=moved,
            stays=[change for change in changes if change.hand is not None],
            students=len({change.student for change in moved}),
            up=up,
            down=len(moved) - up,
            reasons=Counter(reason for change in moved for reason in change.reasons).most_common(),
            shown=shown,
        )
    )


def write_changes(classroom: Classroom, changes: Sequence[Change], preview: bool) -> Path | None:
    """`changes/<때>.csv`와 그 곁의 `.html`을 쓰고 CSV의 경로를 돌려줘요. 달라진 것이 없으면 쓰지 않아요."""
    if not changes:
        return None
    now = datetime.now()
    stem = f"{now:%Y-%m-%d_%H%M%S}{'-preview' if preview else ''}"
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    path = next(path for name in names if not (path := classroom.changes / f"{name}.csv").exists())
    write_text(path.with_suffix(".html"), changes_page(changes, preview, f"{now:%Y-%m-%d %H:%M}"))
    write_text(path, BOM + changes_csv(changes))
    return path
