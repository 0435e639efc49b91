"""LMS가 내려 준 채점표(CSV)를 읽고, 점수의 칸만 채워 그대로 돌려줘요.

Moodle의 채점 작업표(grading worksheet)와 Canvas의 성적부 내보내기를 알아봐요. 다른 칸은 한 글자도 바꾸지 않아요: LMS가 그 글로 사람과 과제를 찾아요.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import CourseError
from autograder.exercises import LESSONS
from autograder.notebooks.reading import NotebookError, decode

LMS = {"moodle": "Moodle의 채점 작업표", "canvas": "Canvas의 성적부"}

# 열의 제목은 LMS의 화면 언어를 따라요.
_MOODLE_ID = ("identifier", "식별자", "식별번호")
_MOODLE_GRADE = ("grade", "성적", "점수", "평점")
_MOODLE_TOP = ("maximum grade", "최고 성적", "최대 성적", "최고 점수", "최대 점수", "만점")
_NAMES = ("full name", "student", "성명", "이름", "name", "전체 이름")
_IDS = ("id number", "학번", "id 번호", "username", "사용자명", "사용자 아이디", "sis user id", "sis login id")
_EMAILS = ("email address", "email", "이메일 주소", "이메일", "sis login id")
_CANVAS_WHO = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
_CANVAS_COLUMN = re.compile(r"(?P<title>.+) \((?P<id>\d+)\)")


class SheetError(CourseError):
    """채점표를 채울 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class SheetRow:
    """채점표의 한 사람. `number`는 줄의 자리, `key`는 LMS의 번호, `ids`와 `emails`는 그 줄에 적힌 학번과 이메일이에요."""

    number: int
    key: str
    name: str
    ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """사람에게 보일 글."""
        return " ".join(part for part in (self.name, f"({self.key})" if self.key else "") if part) or "이름 없는 줄"


@dataclass
class Sheet:
    """읽은 채점표. `column`은 점수를 적을 열, `top`은 LMS에서의 만점(모르면 None)이에요."""

    lms: str
    lines: list[list[str]]
    column: int
    top: float | None
    rows: tuple[SheetRow, ...]
    separator: str
    bom: bool
    kept: tuple[int, ...] = field(default=())

    @property
    def title(self) -> str:
        """점수를 적을 열의 제목."""
        return self.lines[0][self.column]

    def filled(self, marks: Mapping[int, float]) -> tuple[str, int]:
        """줄의 자리에서 점수로 가는 표를 적어 넣은 CSV와, 이미 다른 점수가 있던 칸의 수."""
        changed = 0
        for number, mark in marks.items():
            old, new = self.lines[number][self.column], f"{round(mark, 2):g}"
            changed += _float(old) is not None and _float(old) != _float(new)
            self.lines[number][self.column] = new
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.separator, lineterminator="\r\n")
        writer.writerows([line[place] for place in self.kept] if self.kept else line for line in self.lines)
        return ("\ufeff" if self.bom else "") + out.getvalue(), changed


def read_sheet(path: Path, lms: str, lesson: str, column: str | None = None) -> Sheet:
    """채점표를 읽고 점수를 적을 열과 사람의 줄을 찾아요. 하나로 정해지지 않으면 있는 열들을 말하는 SheetError예요."""
    try:
        data = path.read_bytes()
        text, _ = decode(data)
    except FileNotFoundError:
        raise SheetError(f"{path} 파일이 없어요. {LMS[lms]}를 내려받아 그 경로를 적어 주세요.") from None
    except IsADirectoryError:
        raise SheetError(f"{path}는 폴더예요. {LMS[lms]} CSV 파일을 적어 주세요.") from None
    except NotebookError:
        raise SheetError(f"{path}의 글자를 읽을 수 없어요. LMS에서 CSV로 다시 내려받아 주세요.") from None
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    except csv.Error:
        raise SheetError(f"{path}을 CSV로 읽을 수 없어요. LMS에서 다시 내려받아 주세요.") from None
    if len(lines) < 2:
        raise SheetError(f"{path}에 사람이 없어요. {LMS[lms]}가 맞는지 봐 주세요.")
    width = len(lines[0])
    lines = [[*row, *[""] * (width - len(row))] for row in lines]
    bom = data.startswith(b"\xef\xbb\xbf")
    make = _moodle if lms == "moodle" else _canvas
    return make(path, lines, lesson, column, separator, bom)


def _moodle(path: Path, lines: list[list[str]], lesson: str, column: str | None, separator: str, bom: bool) -> Sheet:
    head = lines[0]
    key = _find(head, _MOODLE_ID)
    if key is None:
        raise SheetError(
            f"{path}에 `Identifier`(식별자) 열이 없어서 Moodle의 채점 작업표가 아니에요. "
            "과제의 `채점 작업 > 채점 작업표 내려받기`에서 받은 CSV를 적어 주세요."
        )
    grade = _named(path, head, column) if column else _find(head, _MOODLE_GRADE)
    if grade is None:
        raise SheetError(f"{path}에서 점수의 열을 찾지 못했어요. `--column`에 적어 주세요: {_listed(head)}")
    top = _find(head, _MOODLE_TOP)
    tops = {_float(row[top]) for row in lines[1:]} - {None} if top is not None else set()
    rows = [_row(head, number, row, _digits(row[key])) for number, row in enumerate(lines) if number and any(row)]
    return Sheet("moodle", lines, grade, tops.pop() if len(tops) == 1 else None, tuple(rows), separator, bom)


def _canvas(path: Path, lines: list[list[str]], lesson: str, column: str | None, separator: str, bom: bool) -> Sheet:
    head = lines[0]
    who = [place for place, title in enumerate(head) if title.strip() in _CANVAS_WHO]
    if not {"Student", "ID", "Section"} <= {head[place].strip() for place in who}:
        raise SheetError(
            f"{path}에 `Student`, `ID`, `Section` 열이 없어서 Canvas의 성적부가 아니에요. `Grades > Export`에서 받은 CSV를 적어 주세요."
        )
    grade = _named(path, head, column) if column else _assignment(path, head, lesson)
    student, key = _find(head, ("student",)), _find(head, ("id",))
    assert student is not None and key is not None
    top, rows = None, []
    for number, row in enumerate(lines):
        if number and "points possible" in row[student].casefold():
            top = _float(row[grade])
        elif number and row[key].strip():  # 번호가 없는 줄은 게시 방식 같은 안내예요.
            rows.append(_row(head, number, row, row[key].strip()))
    # 다른 과제의 열은 빼요. 내려받은 뒤에 바뀐 점수를 옛것으로 되돌리지 않게요.
    return Sheet("canvas", lines, grade, top, tuple(rows), separator, bom, (*who, grade))


def _assignment(path: Path, head: Sequence[str], lesson: str) -> int:
    """레슨의 이름이나 제목, 번호가 적힌 하나뿐인 과제의 열."""
    titles = ((place, _CANVAS_COLUMN.fullmatch(title)) for place, title in enumerate(head))
    columns = {place: one["title"] for place, one in titles if one}
    number = int(lesson[:2])
    numbered = re.compile(rf"(?i)(?:레슨|lesson)\s*0*{number}(?!\d)|(?<!\d)0*{number}\s*강(?![가-힣])")
    for fits in (
        lambda title: lesson in title,
        lambda title: LESSONS[lesson] in title,
        lambda title: numbered.search(title) is not None,
    ):
        found = [place for place, title in columns.items() if fits(title)]
        if len(found) == 1:
            return found[0]
        if found:
            break
    listed = _listed([head[place] for place in columns]) or "없음"
    raise SheetError(
        f"{path}에서 레슨 {number}의 열을 하나로 정하지 못했어요. `--column`에 과제의 이름을 적어 주세요. 있는 과제: {listed}"
    )


def _named(path: Path, head: Sequence[str], column: str) -> int:
    """`--column`에 적은 열: 제목이 같은 것, 없으면 그 글이 들어 있는 하나뿐인 것."""
    for found in (
        [place for place, title in enumerate(head) if title.strip() == column.strip()],
        [place for place, title in enumerate(head) if column.strip() and column.strip() in title],
    ):
        if len(found) == 1:
            return found[0]
    raise SheetError(f"{path}에 `{column}`이라는 열이 하나로 정해지지 않아요. 있는 열: {_listed(head)}")


def _row(head: Sequence[str], number: int, row: Sequence[str], key: str) -> SheetRow:
    name = _find(head, _NAMES)
    return SheetRow(
        number,
        key,
        row[name].strip() if name is not None else "",
        tuple(_cells(head, row, _IDS)),
        tuple(cell for cell in _cells(head, row, _EMAILS) if "@" in cell),
    )


def _cells(head: Sequence[str], row: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    for title, cell in zip(head, row, strict=False):
        if title.strip().casefold() in words and cell.strip():
            yield cell.strip()


def _find(head: Sequence[str], words: Sequence[str]) -> int | None:
    titles = [title.strip().casefold() for title in head]
    return next((titles.index(word) for word in words if word in titles), None)


def _digits(text: str) -> str:
    """`Participant 12345`나 `참가자12345`의 번호."""
    found = re.search(r"(\d+)\s*$", text)
    return found[1] if found else ""


def _float(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(title.strip() for title in titles[:30])
