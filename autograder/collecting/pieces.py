"""받은 것(압축 파일, 폴더, 노트북 하나)에서 노트북들을 꺼내요. 누구의 것인지는 아직 보지 않아요.

압축 파일 속의 경로로는 아무것도 쓰지 않아요. 이름 없는 임시 파일로 하나씩 풀어요.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.collecting.entries import Name, entry_name, entry_time, local_seconds
from autograder.collecting.file_names import folders_of, is_generic, person_in
from autograder.errors import CourseError
from autograder.grading.names import decoded, visible
from autograder.limits import LIMITS

LIMIT_FILE = LIMITS.notebook_bytes
LIMIT_TOTAL = 4 * 1024 * 1024 * 1024  # 바이트
LIMIT_ENTRIES = 200_000
LIMIT_NESTED = 8 * LIMIT_FILE  # 학생이 낸 압축 파일 하나가 풀린 크기
DEPTH = 3  # 압축 파일 속의 압축 파일을 여는 깊이

NOT_A_NOTEBOOK = "노트북(.ipynb)이 아니에요"
LOCKED = "암호가 걸려 있어요. 암호 없이 다시 받아 주세요"
BROKEN = "깨져서 읽을 수 없어요. 다시 받아 주세요"
TOO_BIG = f"{LIMIT_FILE // 2**20} MB보다 커요. 출력을 지운 파일로 다시 받아 주세요"
TOO_BIG_ZIP = "풀면 너무 큰 압축 파일이에요. 노트북만 다시 받아 주세요"
LINK = "파일이 아니라 다른 곳을 가리키는 링크예요. 파일 자체를 다시 받아 주세요"
OTHER_ARCHIVE = "열 수 없는 형식의 압축 파일이에요. zip이나 노트북으로 다시 받아 주세요"
TOO_DEEP = "압축 파일이 너무 여러 겹이에요. 풀어서 폴더로 주세요"

_ARCHIVES = (".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".egg", ".alz")
# `05.ipynb의 사본`, `05.ipynb (1)`, `05.ipynb.txt`도 노트북이에요. 드라이브와 브라우저가 끝에 덧붙여요.
_NOTEBOOK = re.compile(r"\.ipynb(?![A-Za-z0-9])[^/.]*(?:\.txt|\.json)?$", re.IGNORECASE)
_SIGNED = re.compile(r"_assignsubmission_|_attempt_\d{4}-|_\d+_\d+_")  # LMS가 붙인 표시
_LITTER = re.compile(r"^(?:\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*)$", re.IGNORECASE)
# 학습자가 만든 것이 있을 수 없는, 도구들의 폴더예요.
_TOOLS = {"__MACOSX", ".git", ".venv", "venv", "node_modules", "__pycache__", ".idea", ".vscode", "site-packages"}


class CollectError(CourseError):
    """받은 것을 넣을 수 없어요. 내용은 강사에게 보일 한국어 문장이에요."""


@dataclass(frozen=True)
class Piece:
    """꺼낸 노트북 하나.

    `owner`는 누가 냈는지 알아볼 경로예요: 학생이 압축해서 냈으면 그 압축 파일의 이름이고, `inside`가 그 속의 경로예요.
    `when`은 파일의 시각(이 컴퓨터의 시각, 없으면 None), `place`는 풀어 둔 임시 파일이에요.
    """

    archive: str
    owner: Name
    inside: str
    when: datetime | None
    order: int
    place: Path

    @property
    def shown(self) -> str:
        """사람에게 보일 이름."""
        return visible(f"{self.owner.text}/{self.inside}" if self.inside else self.owner.text)

    @property
    def file(self) -> str:
        """노트북 파일의 이름."""
        return PurePosixPath(self.inside or self.owner.text).name


@dataclass
class Unpacked:
    """한 곳에서 꺼낸 것. `skipped`는 (까닭, 이름), `notices`는 블랙보드의 알림 글(경로에서 글로), `folders`는 코스의 뿌리인 폴더들이에요."""

    source: str
    pieces: list[Piece] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notices: dict[str, str] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Item:
    """열기 전의 파일 하나."""

    name: Name
    size: int
    when: datetime | None
    problem: str
    info: zipfile.ZipInfo | Path


def unpack(source: Path, folder: Path, label: str = "") -> Unpacked:
    """받은 것에서 노트북을 꺼내 `folder`에 둬요. `label`은 사람에게 보일 이름이에요. 열 수 없거나 너무 크면 CollectError예요."""
    if not source.exists():
        raise CollectError(f"{source} 파일이 없어요. 경로를 확인해 주세요.")
    found = Unpacked(label or unicodedata.normalize("NFC", decoded(source.resolve().name)))
    budget = _Budget(LIMIT_TOTAL)
    if source.is_dir():
        items = list(_folder_items(source, found))
        if only := _only_archive([item.name for item in items]):
            return unpack(source / only.plain, folder, label)
        for item in items:
            _take(None, item, found, folder, budget)
        return found
    if not zipfile.is_zipfile(source):
        name = decoded(source.name)
        if not _NOTEBOOK.search(name):
            raise CollectError(_refusal(source))
        item = _Item(Name(name), source.stat().st_size, _file_time(source), "", source)
        _take(None, item, found, folder, budget)
        return found
    with source.open("rb") as stream:
        _unpack_zip(stream, found, folder, budget)
    return found


def _refusal(source: Path) -> str:
    if source.suffix.lower() in _ARCHIVES:
        return f"{source.name}은 열 수 없는 형식의 압축 파일이에요. 풀어서 그 폴더를 적거나 zip으로 다시 묶어 주세요."
    return f"{source.name}은 열 수 없는 압축 파일이에요. LMS에서 다시 내려받아 주세요."


class _Budget:
    """푼 바이트의 상한."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> bool:
        self.left -= size
        return self.left >= 0


def _unpack_zip(stream: io.BufferedIOBase | io.BytesIO, found: Unpacked, folder: Path, budget: _Budget) -> None:
    """가장 바깥의 압축 파일. 그 속에 압축 파일 하나뿐이면 그것이 LMS의 것이에요."""
    try:
        with zipfile.ZipFile(stream) as opened:
            entries = opened.infolist()
            if len(entries) > LIMIT_ENTRIES or sum(entry.file_size for entry in entries) > LIMIT_TOTAL:
                raise CollectError(f"{found.source}은 풀면 너무 커요. 과제별로 나눠서 내려받아 주세요.")
            items = list(_zip_items(opened, found))
            if only := _only_archive([item.name for item in items]):
                entry = next(item.info for item in items if item.name == only)
                with opened.open(entry) as inner, tempfile.TemporaryFile(dir=folder) as copy:  # type: ignore[arg-type]  # 폴더가 아니에요.
                    shutil.copyfileobj(inner, copy)
                    if zipfile.is_zipfile(copy):
                        return _unpack_zip(copy, found, folder, budget)
            for item in items:
                _take(opened, item, found, folder, budget)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise CollectError(f"{found.source}은 열 수 없는 압축 파일이에요. LMS에서 다시 내려받아 주세요.") from error
    return None


def _only_archive(names: list[Name]) -> Name | None:
    """알맹이가 압축 파일 하나뿐이고 그 이름이 사람을 말하지 않으면 그것. LMS의 것을 한 번 더 묶은 거예요."""
    zips = [name for name in names if name.text.lower().endswith(".zip")]
    if len(zips) != 1 or any(_NOTEBOOK.search(name.text) for name in names) or _SIGNED.search(zips[0].text):
        return None
    return None if person_in(zips[0].text) or any(not is_generic(one) for one in folders_of(zips[0].text)) else zips[0]


def _zip_items(opened: zipfile.ZipFile, found: Unpacked) -> Iterator[_Item]:
    for entry in opened.infolist():
        name = entry_name(entry)
        _note_root(name.text, found)
        if entry.is_dir() or _is_litter(name.text):
            continue
        problem = LOCKED if entry.flag_bits & 1 else LINK if stat.S_ISLNK(entry.external_attr >> 16) else ""
        yield _Item(name, entry.file_size, entry_time(entry), problem, entry)


def _folder_items(source: Path, found: Unpacked) -> Iterator[_Item]:
    def closed(error: OSError) -> None:
        found.skipped.append(("열 수 없는 폴더예요. 읽을 수 있게 권한을 바꿔 주세요", visible(str(error.filename))))

    for top, folders, files in os.walk(source, onerror=closed):
        links = [name for name in folders if Path(top, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and name not in _TOOLS)
        for file in sorted([*files, *links]):
            path = Path(top, file)
            name = Name(decoded(path.relative_to(source).as_posix()))
            _note_root(name.text, found)
            if _is_litter(name.text):
                continue
            info = path.lstat()
            problem = (
                LINK if stat.S_ISLNK(info.st_mode) else "" if stat.S_ISREG(info.st_mode) else "보통 파일이 아니에요"
            )
            yield _Item(name, info.st_size, _file_time(path), problem, path)


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(_TOOLS & set(parts)) or not parts or bool(_LITTER.match(parts[-1]))


def _note_root(name: str, found: Unpacked) -> None:
    """코스를 통째로 낸 폴더인지: `course.py`가 바로 아래에 있어요."""
    path = PurePosixPath(name)
    if path.name == "course.py":
        found.roots.add("" if path.parent == PurePosixPath(".") else str(path.parent))


def _take(
    opened: zipfile.ZipFile | None,
    item: _Item,
    found: Unpacked,
    folder: Path,
    budget: _Budget,
    outer: Name | None = None,
    depth: int = 0,
) -> None:
    """파일 하나를 꺼내거나, 꺼내지 않은 까닭을 적어요."""
    name = item.name.text
    shown = visible(f"{outer.text}/{name}" if outer else name)
    suffix = PurePosixPath(name).suffix.lower()
    nested = suffix == ".zip"
    notice = suffix == ".txt" and "_attempt_" in name and not _NOTEBOOK.search(name) and not outer
    if not (nested or notice or _NOTEBOOK.search(name)):
        found.skipped.append((OTHER_ARCHIVE if suffix in _ARCHIVES else NOT_A_NOTEBOOK, shown))
        return
    problem = item.problem or (TOO_DEEP if nested and depth >= DEPTH else "")
    problem = problem or (TOO_BIG if item.size > (LIMIT_NESTED if nested else LIMIT_FILE) else "")
    content = None if problem else _content(opened, item, LIMIT_NESTED if nested else LIMIT_FILE)
    if content is None or not budget.spend(len(content)):
        found.skipped.append((problem or (BROKEN if content is None else TOO_BIG_ZIP), shown))
    elif notice:
        found.notices[name] = content.decode("utf-8", "replace")
        found.skipped.append(("블랙보드가 덧붙인 알림이에요", shown))
    elif nested:
        _take_nested(content, item, found, folder, budget, outer, depth, shown)
    else:
        handle, place = tempfile.mkstemp(dir=folder)
        with open(handle, "wb") as file:
            file.write(content)
        owner, inside = (outer, name) if outer else (item.name, "")
        found.pieces.append(Piece(found.source, owner, inside, item.when, len(found.pieces), Path(place)))


def _take_nested(
    content: bytes,
    item: _Item,
    found: Unpacked,
    folder: Path,
    budget: _Budget,
    outer: Name | None,
    depth: int,
    shown: str,
) -> None:
    """학생이 압축해서 낸 것. 그 안의 폴더 이름은 사람을 정하지 못해요(남의 이름을 적을 수 있어요)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            if sum(entry.file_size for entry in inner.infolist()) > LIMIT_NESTED:
                found.skipped.append((TOO_BIG_ZIP, shown))
                return
            before = len(found.pieces), len(found.skipped)
            for each in _zip_items(inner, Unpacked(found.source)):
                inside = Name(f"{item.name.text}/{each.name.text}") if outer else each.name
                moved = _Item(inside, each.size, each.when, each.problem, each.info)
                _take(inner, moved, found, folder, budget, outer or item.name, depth + 1)
            if before == (len(found.pieces), len(found.skipped)):
                found.skipped.append(("빈 압축 파일이에요", shown))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError):
        found.skipped.append((BROKEN, shown))


def _content(opened: zipfile.ZipFile | None, item: _Item, limit: int) -> bytes | None:
    try:
        if isinstance(item.info, Path):
            with item.info.open("rb") as file:
                content = file.read(limit + 1)
        elif opened is not None:
            with opened.open(item.info) as stream:
                content = stream.read(limit + 1)
        else:
            return None
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, ValueError):
        return None
    except Exception as error:  # 압축을 푸는 라이브러리들(zlib, lzma)의 예외에는 함께하는 뿌리가 없어요.
        if type(error).__module__ in ("zlib", "_lzma", "lzma", "_bz2"):
            return None
        raise
    return content if len(content) <= limit else None


def _file_time(path: Path) -> datetime | None:
    return local_seconds(path.lstat().st_mtime)
