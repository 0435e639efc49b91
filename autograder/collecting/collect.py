"""LMS에서 내려받은 압축 파일을 nbgrader의 제출 폴더 모양으로 풀어요.

Moodle(`이름_번호_assignsubmission_file_/…`), Canvas(`이름_번호_번호_파일`), 그냥 학생별 폴더나 파일을 알아봐요.
압축 파일 속의 경로로는 아무것도 쓰지 않아요: 쓸 곳은 언제나 `submitted/<학생>/<레슨>/<레슨>.ipynb`예요.
"""

from __future__ import annotations

import filecmp
import io
import os
import re
import tempfile
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.authoring.lesson_source import sources
from autograder.classroom.folder import Classroom
from autograder.errors import CourseError
from autograder.exercises import LESSONS, lesson_exercises
from autograder.files import move_into
from autograder.grading.names import student_name, tagged, visible
from autograder.limits import LIMITS
from autograder.notebooks.reading import NotebookError, read_notebook
from autograder.sandbox.scratch import Scratch

LIMIT_FILE = LIMITS.notebook_bytes
LIMIT_TOTAL = 4 * 1024 * 1024 * 1024  # 바이트
LIMIT_ENTRIES = 200_000

_MOODLE = re.compile(r"^(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)$")
_CANVAS = re.compile(r"^(?P<who>[^_]+?)_(?:LATE_|late_)?(?P<id>\d+)_\d+_(?P<rest>.+)$")


class CollectError(CourseError):
    """압축 파일을 받아들일 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass
class Collected:
    """받아들인 결과. `taken`은 (학생, 레슨), `replaced`는 새 파일로 바뀐 옛 제출을 옮겨 둔 곳, `skipped`는 (이름, 까닭)이에요."""

    taken: list[tuple[str, str]] = field(default_factory=list)
    same: int = 0
    replaced: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """압축 파일 속의 노트북 하나. `spelling`은 학생의 이름이 적혀 있던 그대로의 바이트, `place`는 풀어 둔 임시 파일이에요."""

    name: str
    student: str
    spelling: bytes
    lesson: str
    place: Path
    when: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    """압축 파일 속의 이름. `plain`은 적힌 그대로의 글자, `encoding`은 그 글자를 적은 방법이에요."""

    plain: str
    encoding: str

    @property
    def text(self) -> str:
        """다루기 쉬운 이름. macOS가 만든 압축 파일은 한글을 자모로 풀어 적어요."""
        return unicodedata.normalize("NFC", self.plain)


def collect(archive: Path, classroom: Classroom) -> Collected:
    """압축 파일의 노트북을 `classroom/submitted/`에 넣어요. 같은 학생의 것이 여럿이면 가장 나중 것을 써요.

    이미 다른 제출이 있으면 옛것을 `classroom/replaced/`로 옮겨 두고 바꿔요. 압축 파일이 아니거나 너무 크면 CollectError예요.
    """
    classroom.path.mkdir(parents=True, exist_ok=True)
    # 같은 디스크에 하나씩 풀어 두고 이름만 바꿔요. 반 전체를 메모리에 쥐지 않고, 도중에 멈춰도 반쪽 파일이 남지 않아요.
    with closing(Scratch(".collecting-", classroom.path)) as scratch:
        collected, latest = _unpack(archive, scratch.folder)
        spellings: dict[str, set[bytes]] = defaultdict(set)
        for found in latest:
            spellings[found.student].add(found.spelling)
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        for found in sorted(latest, key=lambda one: (one.student, one.spelling, one.lesson)):
            student, lesson = _told_apart(found, spellings[found.student]), found.lesson
            target = classroom.submitted / student / lesson / f"{lesson}.ipynb"
            if target.exists():
                if filecmp.cmp(target, found.place, shallow=False):
                    collected.same += 1
                    continue
                kept = classroom.path / "replaced" / stamp / student / f"{lesson}.ipynb"
                kept.parent.mkdir(parents=True, exist_ok=True)
                os.replace(target, kept)
                collected.replaced.append(kept)
            move_into(found.place, target)
            collected.taken.append((student, lesson))
    return collected


def _unpack(archive: Path, folder: Path) -> tuple[Collected, list[_Found]]:
    """노트북들을 `folder`에 풀어요. 같은 학생의 같은 레슨은 가장 나중 것만이에요."""
    collected = Collected()
    latest: dict[tuple[str, bytes, str], _Found] = {}
    for found in _read(archive, folder, collected):
        key = (found.student, found.spelling, found.lesson)
        older = latest.get(key)
        if older is not None:
            dropped = found if found.when < older.when else older
            collected.skipped.append((dropped.name, "같은 학생이 같은 레슨을 더 나중에 냈어요."))
            dropped.place.unlink()
        if older is None or found.when >= older.when:
            latest[key] = found
    return collected, list(latest.values())


def _told_apart(found: _Found, spellings: set[bytes]) -> str:
    """같은 글자를 다르게 적은 이름(NFC와 NFD, UTF-8과 cp949)이 한 압축 파일에 함께 있으면 다른 사람이에요.

    하나뿐이면 적은 방법과 상관없이 그 글자가 이름이에요.
    """
    first = found.student.encode() if found.student.encode() in spellings else min(spellings)
    return student_name(found.student) if found.spelling == first else tagged(found.student, found.spelling)


def _read(archive: Path, folder: Path, collected: Collected) -> Iterator[_Found]:
    broken = f"{archive.name}은 열 수 없는 압축 파일이에요. LMS에서 다시 내려받아 주세요."
    try:
        opened = zipfile.ZipFile(archive)
    except FileNotFoundError as error:
        raise CollectError(f"{archive} 파일이 없어요. 경로를 확인해 주세요.") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise CollectError(broken) from error
    with opened:
        entries = opened.infolist()
        if len(entries) > LIMIT_ENTRIES or sum(e.file_size for e in entries) > LIMIT_TOTAL:
            raise CollectError(f"{archive.name}은 풀면 너무 커요. 과제별로 나눠서 내려받아 주세요.")
        try:
            for entry in entries:
                yield from _read_entry(opened, entry, _name(entry), folder, collected)
        except zipfile.BadZipFile as error:
            raise CollectError(broken) from error


def _name(entry: zipfile.ZipInfo) -> _Name:
    """이름의 글자. UTF-8 표시가 없으면 한국어 윈도우에서 만든 것(cp949)인지 봐요."""
    name, written = entry.filename, "utf-8"
    if not entry.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "cp949"):
            try:
                name, written = raw.decode(encoding) or name, encoding
                break
            except UnicodeDecodeError:
                continue
    return _Name(name.replace("\\", "/"), written)


def _read_entry(
    opened: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    given: _Name,
    folder: Path,
    collected: Collected,
    outer: _Name | None = None,
) -> Iterator[_Found]:
    path = PurePosixPath(given.text)
    name = visible(f"{outer.text}/{given.text}" if outer else given.text)  # 사람에게 보일 이름
    if entry.is_dir() or "__MACOSX" in path.parts or path.name.startswith("."):
        return
    nested = path.suffix.lower() == ".zip" and not outer
    if path.suffix.lower() != ".ipynb" and not nested:
        collected.skipped.append((name, "노트북(.ipynb)이 아니에요."))
        return
    if entry.file_size > LIMIT_FILE:
        collected.skipped.append((name, f"파일이 {LIMIT_FILE // 2**20} MB보다 커요."))
        return
    try:
        with opened.open(entry) as stream:
            content = stream.read(LIMIT_FILE + 1)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError):
        collected.skipped.append((name, "암호가 걸렸거나 깨져서 읽을 수 없어요."))
        return
    if len(content) > LIMIT_FILE:
        collected.skipped.append((name, f"풀면 {LIMIT_FILE // 2**20} MB보다 커요."))
        return
    if nested:
        yield from _read_nested(content, given, folder, collected)
        return
    owner = _owner(outer, path.name) if outer else given
    student, written, lesson = _student(owner.text), _student(owner.plain), _lesson(path.name, content)
    if student is None or written is None:
        collected.skipped.append((name, "누가 냈는지 이름에서 알 수 없어요. 학생별 폴더에 넣어 주세요."))
    elif lesson is None:
        collected.skipped.append((name, "어느 레슨의 노트북인지 알 수 없어요."))
    else:
        spelling = written.encode(owner.encoding, "backslashreplace")
        handle, place = tempfile.mkstemp(dir=folder)
        with open(handle, "wb") as file:
            file.write(content)
        yield _Found(name, student, spelling, lesson, Path(place), tuple(entry.date_time))


def _read_nested(content: bytes, given: _Name, folder: Path, collected: Collected) -> Iterator[_Found]:
    """학생이 압축해서 낸 것. 한 겹만 더 풀어요."""
    name = visible(given.text)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            if sum(e.file_size for e in inner.infolist()) > 4 * LIMIT_FILE:
                collected.skipped.append((name, "풀면 너무 커요."))
                return
            for entry in inner.infolist():
                yield from _read_entry(inner, entry, _name(entry), folder, collected, outer=given)
    except zipfile.BadZipFile:
        collected.skipped.append((name, "열 수 없는 압축 파일이에요."))


def _owner(outer: _Name, file: str) -> _Name:
    """학생이 압축해서 낸 것은 그 압축 파일을 낸 사람의 것이에요. 그 안의 폴더 이름은 보지 않아요(남의 이름을 적을 수 있어요)."""
    folder, separator, _ = outer.plain.rpartition("/")
    return _Name(f"{folder if separator else outer.plain}/{file}", outer.encoding)


def _student(name: str) -> str | None:
    """압축 파일 속 이름에서 학생을 알아내요. 적힌 그대로라 아직 폴더의 이름으로 쓸 수는 없어요."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..", ".")]
    for part in parts:
        stem = part.removesuffix(".zip")
        for pattern in (_MOODLE, _CANVAS):
            if match := pattern.match(stem):
                # LMS의 번호가 사람마다 달라서, 이름은 읽기 좋게 다듬기만 해요.
                who = re.sub(r"[^\w.\- ]", "", match["who"]).strip(" .")
                return f"{who[:60]}_{match['id']}"
    folders = [part for part in parts[:-1] if _lesson_of_name(part) is None and part.lower() != "submitted"]
    if folders:
        return folders[-1].removesuffix(".zip") or None
    # 폴더가 없으면 `학생_05_attention_math.ipynb`처럼 파일 이름 앞에 적은 것을 봐요.
    head = re.split(rf"[_\-\s]*(?:{'|'.join(LESSONS)})", PurePosixPath(name).stem)[0]
    return head if head and _lesson_of_name(head) is None and head != PurePosixPath(name).stem else None


def _lesson_of_name(name: str) -> str | None:
    return next((lesson for lesson in LESSONS if lesson in name), None)


def _lesson(name: str, content: bytes) -> str | None:
    """레슨은 파일 이름에서, 이름을 바꿔 냈으면 실습 셀에서 알아내요."""
    if found := _lesson_of_name(name):
        return found
    try:
        ids = {cell.grade_id for cell in read_notebook(content).cells}
    except NotebookError:
        return None
    overlap = {lesson: len(ids & {exercise.name for exercise in lesson_exercises(lesson)}) for lesson in sources()}
    best = max(overlap, key=lambda lesson: overlap[lesson])
    return best if overlap[best] else None
