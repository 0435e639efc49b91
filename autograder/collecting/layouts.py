"""누가 냈는지 읽는 법: LMS마다 압축 파일의 모양이 달라요.

모양은 압축 파일 전체를 보고 하나로 정해요. 하나씩 정하면 모두가 함께 든 폴더가 사람이 되거나 여러 사람이 한 사람이 돼요.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from autograder.collecting.file_names import COURSE_FOLDERS, folders_of, is_generic, person_in, shared_words
from autograder.collecting.pieces import Piece, Unpacked

# 모둠 과제에서는 `모둠-이름`이에요. 번호는 과제마다 새로 붙어요.
_MOODLE = re.compile(r"^(?P<who>.+?)_(?P<id>\d+)_assign(?P<kind>submission|feedback)_[a-z]+_?(?P<rest>.*)$")
_CANVAS = re.compile(r"^(?:(?P<who>.+?)[_-])?(?P<late>late[_-])?(?P<id>\d+)_(?P<file>\d+)_(?P<rest>.+)$", re.IGNORECASE)
_CANVAS_ANONYMOUS = re.compile(
    r"^(?P<who>anon(?:ymous)?)_(?P<late>late_)?(?P<id>[0-9A-Za-z]+)_(?P<file>\d+)_(?P<rest>.+)$"
)
_BLACKBOARD = re.compile(r"^(?P<head>.+)_attempt_(?P<when>\d{4}(?:-\d{1,2}){5})(?:_(?P<rest>.*))?$", re.DOTALL)
# 블랙보드의 알림: `이름: 홍길동 (20260001)`
_NOTICE = re.compile(
    r"^\s*(?:Name|이름|성명|사용자 이름)\s*[:：]\s*(?P<who>.*?)\s*\((?P<id>[^()]+)\)\s*$", re.MULTILINE
)

FOLDERS, FILES, GOOGLE = "folders", "files", "google"
LAYOUTS = ("moodle", "canvas", "google", "blackboard", "folders", "files")


@dataclass(frozen=True)
class Owner:
    """노트북을 낸 사람. `spelling`은 이름이 적혀 있던 그대로의 바이트라서, 다르게 적은 이름은 다른 사람이에요.

    `id`는 LMS의 번호나 아이디(없으면 빈 글), `label`은 명단에 없을 때의 이름, `rest`는 그 사람의 것 안의 경로,
    `when`은 이름에 적힌 제출 시각, `attempt`는 같은 사람이 다시 낸 차례예요.
    """

    lms: str
    id: str
    name: str
    label: str
    spelling: bytes
    rest: str
    when: datetime | None = None
    late: bool = False
    attempt: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str, bytes]:
        """같은 사람이면 같은 것. 번호가 없는 모양에서는 적힌 이름이 그 사람이에요."""
        return self.lms if self.id else "", self.id, self.spelling


@dataclass(frozen=True)
class Reading:
    """한 모양으로 읽은 것: 노트북마다의 사람(알 수 없으면 None)."""

    layout: str
    owners: tuple[Owner | None, ...]

    @property
    def people(self) -> list[str]:
        """읽어 낸 사람들의 이름."""
        return sorted({owner.label: None for owner in self.owners if owner})

    @property
    def whole(self) -> bool:
        """모두의 주인을 읽었는지."""
        return all(self.owners)


def read_as(layout: str, found: Unpacked) -> Reading:
    """정한 모양으로 읽어요. `folders2`는 두 번째 폴더가 사람이라는 뜻이에요."""
    pieces = found.pieces
    if layout in _SIGNED:
        reader = _SIGNED[layout]
        return Reading(layout, tuple(reader(piece, found) for piece in pieces))
    if layout in (FILES, GOOGLE):
        return _by_file(pieces, layout)
    number = int(layout.removeprefix(FOLDERS) or 0)
    return by_folder(pieces, number - 1 if number else None, keep=True)


# -- 이름에 LMS의 표시가 있는 것 --


def moodle(piece: Piece, found: Unpacked) -> Owner | None:
    """`이름_번호_assignsubmission_file_/…`이나 `이름_번호_assignsubmission_file_파일`."""
    parts = piece.owner.text.split("/")
    for number, part in enumerate(parts):
        if match := _MOODLE.match(part):
            if match["kind"] == "feedback":
                return None
            spelled = _MOODLE.match(piece.owner.plain.split("/")[number])
            rest = "/".join([*([match["rest"]] if match["rest"] else []), *parts[number + 1 :]])
            who = match["who"].strip()
            label = f"{_tidy(who)}_{match['id']}"
            return Owner(
                "moodle", match["id"], who, label, _bytes(piece, spelled and spelled["who"]), _rest(piece, rest)
            )
    return None


def is_feedback(piece: Piece) -> bool:
    """Moodle이 함께 담은, 강사의 피드백 파일인지."""
    return any((match := _MOODLE.match(part)) and match["kind"] == "feedback" for part in piece.owner.text.split("/"))


def canvas(piece: Piece, found: Unpacked) -> Owner | None:
    """`이름_LATE_번호_파일번호_파일`. 이름은 띄어쓰기와 문장 부호 없이 소문자예요."""
    file, spelled = PurePosixPath(piece.owner.text).name, PurePosixPath(piece.owner.plain).name
    for pattern in (_CANVAS_ANONYMOUS, _CANVAS):
        match, plain = pattern.match(file), pattern.match(spelled)
        if match is None or plain is None or re.match(r"\d{2}_[a-z]+_", f"{match['file']}_{match['rest']}"):
            continue  # `홍길동_20260001_05_attention_math.ipynb`는 캔버스의 이름이 아니에요.
        who = match["who"] or ""
        late = bool(match["late"]) or who.lower().endswith(("-late", "_late"))
        who = re.sub(r"[-_]late$", "", who, flags=re.IGNORECASE)
        again = re.search(r"-(\d+)\.ipynb", match["rest"])
        attempt = (int(again[1]) if again else 0, int(match["file"]))
        label = f"{_tidy(who)}_{match['id']}".lstrip("_")
        rest = _rest(piece, match["rest"])
        spelling = _bytes(piece, re.sub(r"[-_]late$", "", plain["who"] or "", flags=re.IGNORECASE))
        return Owner("canvas", match["id"], who, label, spelling, rest, late=late, attempt=attempt)
    return None


def blackboard(piece: Piece, found: Unpacked) -> Owner | None:
    """`과제_아이디_attempt_때_파일`. 아이디와 이름은 곁의 알림(.txt)에도 적혀 있어요."""
    match = _BLACKBOARD.match(PurePosixPath(piece.owner.text).name)
    if match is None:
        return None
    id, name = _blackboard_ids(found).get(match["head"], (match["head"].rpartition("_")[2], ""))
    try:
        numbers = [int(part) for part in match["when"].split("-")]
        year, month, day, hour, minute, second = numbers
        when = datetime(year, month, day, hour, minute, second).astimezone()
    except (ValueError, OverflowError, OSError):
        when = None
    rest = _rest(piece, match["rest"] or "")
    return Owner("blackboard", id, name or id, id, id.encode(errors="replace"), rest, when)


def _blackboard_ids(found: Unpacked) -> dict[str, tuple[str, str]]:
    """이름의 머리(`과제_아이디`)에서 (아이디, 이름)으로. 알림이 없으면 과제의 이름이 모두 같다는 것으로 나눠요."""
    heads = {m["head"] for piece in found.pieces if (m := _BLACKBOARD.match(PurePosixPath(piece.owner.text).name))}
    known: dict[str, tuple[str, str]] = {}
    for path, text in found.notices.items():
        match, notice = _BLACKBOARD.match(PurePosixPath(path).stem), _NOTICE.search(text)
        if match and notice and match["head"].endswith(f"_{notice['id']}"):
            known[match["head"]] = (notice["id"], notice["who"])
    shared = {head.removesuffix(id) for head, (id, _) in known.items()}
    for head in heads - known.keys():
        same = [prefix for prefix in shared if head.startswith(prefix) and len(head) > len(prefix)]
        known[head] = (head[len(max(same, key=len)) :] if same else head.rpartition("_")[2], "")
    if not shared and len({id for id, _ in known.values()}) < len(known):
        # 아이디에 `_`가 있어 마지막 말이 겹쳐요. 모두에게 같은 앞부분만 과제의 이름으로 봐요.
        cut = len(_common_words(sorted(heads)))
        known = {head: (head[cut:], "") for head in heads}
    return known


def _common_words(heads: Sequence[str]) -> str:
    words = [head.split("_") for head in heads]
    count = 0
    while all(len(one) > count + 1 for one in words) and len({one[count] for one in words}) == 1:
        count += 1
    return "".join(f"{word}_" for word in words[0][:count])


_SIGNED: dict[str, Callable[[Piece, Unpacked], Owner | None]] = {
    "moodle": moodle,
    "blackboard": blackboard,
    "canvas": canvas,
}


# -- 이름에 표시가 없는 것 --


def _by_file(pieces: Sequence[Piece], layout: str = FILES) -> Reading:
    """파일 이름에 사람이 적힌 것: `이름 - 05_….ipynb`, `05_…_이름.ipynb`."""
    files = [PurePosixPath(piece.owner.text).name for piece in pieces]
    shared = shared_words(files)
    drive = layout == GOOGLE or any(re.search(r" - |사본|^copy of ", file, re.IGNORECASE) for file in files)
    lms = GOOGLE if drive else FILES
    owners = []
    for piece, file in zip(pieces, files, strict=True):
        # 코스 폴더 안의 파일 이름(`05-reset-2026…`)은 사람을 말하지 않아요.
        inside_course = any(part.casefold() in COURSE_FOLDERS for part in piece.owner.text.split("/")[:-1])
        who = "" if inside_course else person_in(file, shared)
        plain = person_in(PurePosixPath(piece.owner.plain).name, shared)
        owners.append(Owner(lms, "", who, who, _bytes(piece, plain), _rest(piece, file)) if who else None)
    return Reading(layout, tuple(owners))


def by_folder(pieces: Sequence[Piece], level: int | None = None, keep: bool = False) -> Reading:
    """사람마다 폴더가 있는 것. `level`은 몇 번째 폴더인지(0부터), None이면 갈라지는 첫 폴더예요.

    `keep`이면 `1조`처럼 사람 같지 않은 이름도 사람으로 봐요.
    """
    chains = chains_of(pieces, keep)
    if level is None:
        level = _first_branch([chain for chain in chains if chain])
    files, owners = _by_file(pieces), []
    for piece, chain, other in zip(pieces, chains, files.owners, strict=True):
        if len(chain) <= level:
            owners.append(other)  # 폴더에 들지 않은 파일은 그 이름에서 읽어요.
            continue
        who = chain[level]
        place = piece.owner.text.split("/").index(who)
        plain = piece.owner.plain.split("/")[place]
        rest = "/".join(piece.owner.text.split("/")[place + 1 :])
        owners.append(Owner(FOLDERS, "", who, who, _bytes(piece, plain), _rest(piece, rest)))
    return Reading(FOLDERS, tuple(owners))


def chains_of(pieces: Sequence[Piece], keep: bool = False) -> list[list[str]]:
    """노트북마다 사람일 수 있는 폴더들."""
    return [[folder for folder in folders_of(piece.owner.text) if keep or not is_generic(folder)] for piece in pieces]


def _first_branch(chains: Sequence[Sequence[str]]) -> int:
    """모두가 함께 든 폴더를 지나, 처음으로 갈라지는 폴더의 자리."""
    level = 0
    while all(len(chain) > level + 1 for chain in chains) and len({chain[level] for chain in chains}) == 1:
        level += 1
    return level if chains else 0


def _tidy(who: str) -> str:
    """LMS의 번호가 사람을 가르므로 이름은 읽기 좋게 다듬기만 해요."""
    return re.sub(r"[^\w.\- ]", "", who).strip(" .")[:60]


def _rest(piece: Piece, rest: str) -> str:
    return "/".join(part for part in (rest, piece.inside) if part)


def _bytes(piece: Piece, plain: str | None) -> bytes:
    return (plain or "").encode(piece.owner.encoding, "backslashreplace")
