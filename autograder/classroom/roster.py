"""명단: 학급 폴더의 `roster.csv`. 있으면 누가 내지 않았는지, 누구의 것인지를 이것으로 알아요."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.folder import Classroom, ClassroomError
from autograder.notebooks.reading import NotebookError, decode

# 열의 제목으로 알아보는 말들. 앞에 적은 것을 먼저 찾아요.
_COLUMNS = {
    "id": (
        "학번",
        "sis_id",
        "sis user id",
        "student id",
        "id number",
        "id번호",
        "아이디",
        "id",
        "username",
        "사용자아이디",
    ),
    "name": ("이름", "성명", "name", "student", "full name", "학생", "first name"),
    "family": ("성", "last name", "surname"),
    "section": ("분반", "section", "group", "반"),
    "email": ("이메일", "email", "email address", "이메일주소", "메일", "sis login id"),
}


@dataclass(frozen=True)
class Person:
    """명단의 한 사람."""

    id: str
    name: str = ""
    section: str = ""
    email: str = ""


def roster_path(classroom: Classroom) -> Path:
    """명단의 자리."""
    return classroom.path / "roster.csv"


def read_roster(classroom: Classroom) -> tuple[Person, ...]:
    """학급의 명단. `roster.csv`가 없으면 비어 있어요. 읽을 수 없으면 어느 줄 때문인지 적은 ClassroomError예요."""
    path = roster_path(classroom)
    return read_people(path) if path.exists() else ()


def read_people(path: Path) -> tuple[Person, ...]:
    """CSV에서 명단을 읽어요. UTF-8(BOM이 있어도), UTF-16, cp949와 쉼표, 쌍반점, 탭을 알아봐요."""
    try:
        text, _ = decode(path.read_bytes())
    except FileNotFoundError:
        raise ClassroomError(f"명단 {path} 파일이 없어요. 경로를 확인해 주세요.") from None
    except NotebookError:
        raise ClassroomError(
            f"명단 {path}의 글자를 읽을 수 없어요. 엑셀에서 `CSV UTF-8`로 다시 저장해 주세요."
        ) from None
    rows = _rows(path, text)
    head_line, head = next(((n, row) for n, row in rows if any(row)), (1, []))
    columns = _columns(head)
    if "id" not in columns:
        raise ClassroomError(
            f"명단 {path}의 {head_line}번째 줄에 학번(id) 열이 없어요. 첫 줄에 `학번,이름,분반,이메일`처럼 제목을 적어 주세요."
        )
    people: dict[str, Person] = {}
    for number, row in rows:
        if number <= head_line or not any(row):
            continue
        person = _person(row, columns)
        if not person.id:
            raise ClassroomError(f"명단 {path}의 {number}번째 줄에 학번(id)이 비었어요. 채우거나 그 줄을 지워 주세요.")
        if person.id in people:
            raise ClassroomError(
                f"명단 {path}의 {number}번째 줄: 학번 `{person.id}`가 앞에 이미 있어요. 한 사람에 한 줄만 남겨 주세요."
            )
        people[person.id] = person
    if not people:
        raise ClassroomError(
            f"명단 {path}의 {head_line}번째 줄(제목) 다음에 사람이 없어요. 한 줄에 한 사람씩 적어 주세요."
        )
    return tuple(people.values())


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """(줄 번호, 칸들). 나누는 글자는 첫 줄에 가장 많은 것이에요."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    try:
        for row in reader:
            rows.append((reader.line_num, [_clean(cell) for cell in row]))
    except csv.Error:
        raise ClassroomError(
            f"명단 {path}의 {reader.line_num}번째 줄을 CSV로 읽을 수 없어요. 따옴표의 짝이 맞는지 봐 주세요."
        ) from None
    return rows


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip().strip("\u200b\ufeff")


def _columns(head: Sequence[str]) -> dict[str, int]:
    titles = [re.sub(r"[\s_]+", " ", title.casefold()).strip() for title in head]
    found = {}
    for column, words in _COLUMNS.items():
        for word in words:
            if word.replace("_", " ") in titles:
                found[column] = titles.index(word.replace("_", " "))
                break
    return found


def _person(row: Sequence[str], columns: Mapping[str, int]) -> Person:
    cells = {column: row[place] if place < len(row) else "" for column, place in columns.items()}
    name, family = cells.get("name", ""), cells.get("family", "")
    if family:
        # 한글 이름은 성을 앞에 붙여 쓰고, 로마자 이름은 성을 뒤에 띄어 써요.
        name = f"{family}{name}" if _hangul(family + name) else f"{name} {family}".strip()
    return Person(cells["id"], name, cells.get("section", ""), cells.get("email", ""))


def _hangul(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


# -- 찾기: 하나로 정해지지 않으면 누구도 고르지 않아요 --


def name_keys(name: str) -> frozenset[str]:
    """이름을 견줄 글들. 띄어쓰기, 문장 부호, 대소문자를 지우고, 두세 단어면 성과 이름의 차례를 바꾼 것도 넣어요."""
    words = [word for word in re.split(r"[^\w]+|_", unicodedata.normalize("NFC", name).casefold()) if word]
    turns = {"".join(words[i:] + words[:i]) for i in range(len(words))} if len(words) <= 4 else {"".join(words)}
    return frozenset(turns - {""})


def find_by_id(people: Iterable[Person], id: str) -> Person | None:
    """학번이나 아이디가 같은 사람(대소문자는 가리지 않아요)."""
    return _only(person for person in people if person.id.casefold() == id.strip().casefold())


def find_by_email(people: Iterable[Person], email: str) -> Person | None:
    """이메일이 같은 사람."""
    return _only(person for person in people if person.email and person.email.casefold() == email.strip().casefold())


def find_by_name(people: Iterable[Person], name: str) -> Person | None:
    """이름이 같은 단 한 사람. 이름이 같은 사람이 둘이면 고르지 않고 None이에요."""
    keys = name_keys(name)
    return _only(person for person in people if keys & name_keys(person.name))


def find_person(people: Sequence[Person], text: str) -> Person | None:
    """학번, 이메일, 이름의 차례로 찾아요. 하나로 정해지지 않으면 None이에요."""
    return find_by_id(people, text) or find_by_email(people, text) or find_by_name(people, text)


def namesakes(people: Iterable[Person]) -> frozenset[str]:
    """명단에 둘 이상 있는 이름들."""
    counts = Counter(person.name for person in people if person.name)
    return frozenset(name for name, count in counts.items() if count > 1)


def _only(found: Iterable[Person]) -> Person | None:
    people = list(found)
    return people[0] if len(people) == 1 else None
