"""어느 모양인지 압축 파일 전체를 보고 하나로 정해요. 두 모양이 다른 사람들을 내놓으면 고르지 않고 물어요."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from autograder.classroom.roster import Person
from autograder.collecting.file_names import COURSE_FOLDERS, is_copy, lesson_of_name
from autograder.collecting.layouts import (
    FILES,
    FOLDERS,
    LAYOUTS,
    Owner,
    Reading,
    blackboard,
    by_folder,
    canvas,
    chains_of,
    is_feedback,
    moodle,
    read_as,
)
from autograder.collecting.matching import match
from autograder.collecting.pieces import CollectError, Unpacked

_SHOWN_PEOPLE = 4


def detect(found: Unpacked, people: Sequence[Person], layout: str | None = None, student: str | None = None) -> Reading:
    """읽은 사람들. 두 가지로 읽히거나 누구의 것인지 모르면 CollectError예요."""
    if layout is not None:
        if layout.rstrip("123456789") not in LAYOUTS or (layout not in LAYOUTS and not layout.startswith(FOLDERS)):
            raise CollectError(f"`--layout {layout}`은 없어요. 이 가운데 하나를 적어 주세요: {', '.join(LAYOUTS)}")
        reading = read_as(layout, found)
        if not any(reading.owners):
            raise CollectError(
                f"{found.source}의 이름은 {layout} 모양이 아니에요. `--layout`을 빼거나 다른 모양을 적어 주세요."
            )
        return reading
    if student is not None:
        return _of_one(found, student)
    return _signed(found) or _unsigned(found, people)


def _of_one(found: Unpacked, student: str) -> Reading:
    """모두 한 사람의 것."""
    readings = _signed(found) or by_folder(found.pieces)
    if len(readings.people) > 1:
        raise CollectError(
            f"{found.source}에는 여러 사람({_some(readings.people)})의 것이 있어요. `--student`를 빼고 다시 해 주세요."
        )
    owners = tuple(
        Owner(FILES, "", student, student, student.encode(errors="surrogateescape"), piece.owner.text)
        for piece in found.pieces
    )
    return Reading(FILES, owners)


def _signed(found: Unpacked) -> Reading | None:
    """이름에 LMS의 표시가 있는 모양. 절반이 그 모양이면 나머지도 그 LMS의 것이에요."""
    own = [piece for piece in found.pieces if not is_feedback(piece)]
    if not found.pieces:
        return None
    if not own:
        return read_as("moodle", found)
    for name, reader in (("moodle", moodle), ("blackboard", blackboard), ("canvas", canvas)):
        owners = [reader(piece, found) for piece in own]
        if 2 * sum(owner is not None for owner in owners) < len(own):
            continue
        people = {owner.key for owner in owners if owner}
        files = {PurePosixPath(piece.owner.text).name for piece in own}
        if name == "canvas" and (not all(owners) or (len(people) == 1 and len(files) > 2)):
            continue  # `5주차_1_20260001_홍길동.ipynb`처럼 수가 둘 든 이름일 뿐이에요.
        return read_as(name, found)
    return None


def _unsigned(found: Unpacked, people: Sequence[Person]) -> Reading:
    """표시가 없는 모양: 사람마다의 폴더이거나, 파일 이름에 사람이 적힌 것."""
    readings = _candidates(found)
    if people and (known := _by_roster(readings, people)):
        return known
    several = [reading for reading in readings if len(reading.people) > 1]
    if several:
        best = next((one for one in several if one.whole and not _merges(one, found)), several[0])
        if not any(_conflict(best, other) for other in several):
            return best
    elif len({reading.people[0] for reading in readings}) == 1 and not any(
        _doubtful(one, found) or _merges(one, found) for one in readings
    ):
        return readings[0]
    raise CollectError(_question(found, readings))


def _candidates(found: Unpacked) -> list[Reading]:
    """볼 만한 읽기들: 갈라지는 폴더, 그 밖의 폴더들, 파일 이름. 폴더가 드물면 파일 이름이 먼저예요."""
    chains = chains_of(found.pieces)
    files = read_as(FILES, found)
    readings = []
    if any(chains):
        readings.append(by_folder(found.pieces))
        for level in range(min(map(len, chains))):
            other = by_folder(found.pieces, level)
            if all(other.people != one.people for one in readings):
                readings.append(Reading(f"{FOLDERS}{level + 1}", other.owners))
    few = 2 * sum(map(bool, chains)) < len(chains)
    readings = [files, *readings] if few and files.whole else [*readings, files]
    return [reading for reading in readings if any(reading.owners)]


def _conflict(one: Reading, other: Reading) -> bool:
    """한쪽이 한 사람으로 본 둘을 다른 쪽이 다른 사람들로 보는지."""
    there: dict[object, set[object]] = defaultdict(set)
    back: dict[object, set[object]] = defaultdict(set)
    for a, b in zip(one.owners, other.owners, strict=True):
        if a and b:
            there[a.key].add(b.key)
            back[b.key].add(a.key)
    return any(len(keys) > 1 for keys in [*there.values(), *back.values()])


def _by_roster(readings: Iterable[Reading], people: Sequence[Person]) -> Reading | None:
    """명단의 사람을 가장 많이 찾은 읽기. 하나로 정해질 때만이에요."""
    counts = []
    for reading in readings:
        found = [owner for owner in reading.owners if owner and match(owner, people)[0]]
        counts.append((len(found), reading))
    best = max((count for count, _ in counts), default=0)
    chosen = [reading for count, reading in counts if count == best]
    if not best or any(_conflict(chosen[0], other) for other in chosen):
        return None
    return chosen[0] if 2 * best >= len(chosen[0].owners) else None


def _doubtful(reading: Reading, found: Unpacked) -> bool:
    """사람이 하나뿐인데, 그 이름이 사람의 것인지 폴더나 파일의 것인지 알 수 없어요."""
    if not reading.whole:
        return True
    if reading.layout.startswith(FOLDERS):
        roots = {root.rpartition("/")[2] for root in found.roots}  # 코스의 뿌리 폴더는 사람이 아니에요.
        return bool(roots & {"", *reading.people}) or any(len(chain) > 1 for chain in chains_of(found.pieces))
    return not any(lesson_of_name(piece.owner.text) for piece in found.pieces)


def _merges(reading: Reading, found: Unpacked) -> bool:
    """한 사람에게 같은 레슨의 이름으로 내용이 다른 파일이 둘 넘게 있는지. 사본의 표시가 있는 것은 세지 않아요."""
    groups: dict[tuple[object, object], set[bytes]] = defaultdict(set)
    for piece, owner in zip(found.pieces, reading.owners, strict=True):
        if owner is None:
            continue
        inner = PurePosixPath(owner.rest).parts[:-1]
        if is_copy(piece.file) and reading.layout != FILES and len(reading.people) > 1:
            continue
        if any(part.casefold() in COURSE_FOLDERS for part in inner):
            continue
        groups[owner.key, lesson_of_name(piece.file)].add(piece.place.read_bytes())
    return any(len(contents) > 1 for contents in groups.values())


def _question(found: Unpacked, readings: Sequence[Reading]) -> str:
    lines = [
        f"  --layout {reading.layout}: {len(reading.people)}명 ({_some(reading.people)})"
        + ("" if reading.whole else f", 누구의 것인지 모르는 파일 {reading.owners.count(None)}개")
        for reading in readings
    ]
    some = _some([piece.shown for piece in found.pieces])
    if not lines:
        one = (
            "`--student 학번`을 붙여"
            if len(found.pieces) == 1
            else "한 사람의 것이면 `--student 학번`을 붙이고, 아니면 사람마다 폴더에 나눠 담아"
        )
        return f"{found.source}에서 누가 냈는지 알 수 없어서 아무것도 넣지 않았어요({some}). {one} 다시 해 주세요."
    return "\n".join(
        [
            f"{found.source}에서 누가 냈는지 하나로 정할 수 없어서 아무것도 넣지 않았어요({some}). 맞는 것을 골라 같은 명령에 붙여 주세요.",
            *lines,
            "  --student 학번: 모두 한 사람의 것",
        ]
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_PEOPLE])
    return shown + (" …" if len(names) > _SHOWN_PEOPLE else "")
