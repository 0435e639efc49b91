"""학습자의 자리 `study/`: 레슨마다 제 사본 하나. 나눠 준 `lessons/`는 건드리지 않아요.

study/README.md                 레슨 지도. 배포본의 것을 그대로 베껴서, 여기의 노트북으로 이어져요
study/<레슨>/<레슨>.ipynb       학습자가 열고 고치는 노트북. 한번 만든 뒤에는 우리가 덮어쓰지 않아요
study/<레슨>/backup/            되돌리거나 옮기기 전의 노트북
study/submit/                   `course submit`이 만든, 낼 파일
study/.released/<레슨>.ipynb    그 사본이 어느 배포본에서 왔는지. 레슨이 바뀌었는지 이것으로 알아요
study/.progress.json            확인 결과의 캐시와, 실습마다 본 힌트의 수

git이 보지 않는 폴더라서 `git pull`과 부딪히지 않아요.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import create_text, write_bytes
from autograder.layout import LESSONS, ROOT, STUDY
from autograder.notebooks.reading import NotebookError, decode, read_bytes, read_notebook
from autograder.notebooks.work import keep, worked_on, written


def released_paths() -> dict[str, Path]:
    """`lessons/`의 레슨 이름에서 나눠 준 노트북으로 가는 표를 차례대로 만들어요."""
    return {path.stem: path for path in sorted(LESSONS.glob("*/*.ipynb")) if path.stem == path.parent.name}


def place_of(lesson: str) -> Path:
    """그 레슨의 학습자 노트북의 자리."""
    return STUDY / lesson / f"{lesson}.ipynb"


def based_on(lesson: str) -> Path:
    """그 사본이 온 배포본의 자리."""
    return STUDY / ".released" / f"{lesson}.ipynb"


def backups(lesson: str) -> Path:
    """고치기 전의 노트북을 남겨 두는 폴더."""
    return STUDY / lesson / "backup"


def handins() -> Path:
    """낼 파일을 두는 폴더."""
    return STUDY / "submit"


def memory() -> Path:
    """기억해 두는 자리: 확인 결과의 캐시와, 실습마다 본 힌트의 수."""
    return STUDY / ".progress.json"


def edition(lesson: str) -> Path:
    """학습자의 노트북에 있어야 할 셀이 적힌 배포본. 사본이 온 것을 알면 그것, 모르면 지금의 것이에요."""
    base = based_on(lesson)
    return base if base.is_file() else released_paths().get(lesson, base)


def shown(path: Path) -> str:
    """사람에게 보일 경로: 코스 폴더에서 본 것, 그 밖이면 그대로예요."""
    with contextlib.suppress(ValueError):
        return path.relative_to(ROOT).as_posix()
    return str(path)


def open_places() -> dict[str, Path]:
    """레슨마다 학습자의 노트북. 없는 것은 배포본에서 만들어요. `lessons/`에서 풀던 것이 있으면 그것을 가져와요."""
    places = {lesson: _open(lesson, released) for lesson, released in released_paths().items()}
    card, copy = LESSONS / "README.md", STUDY / "README.md"
    if card.is_file() and (not copy.is_file() or copy.read_bytes() != card.read_bytes()):
        write_bytes(copy, card.read_bytes())
    return places


def _open(lesson: str, released: Path) -> Path:
    place = place_of(lesson)
    if place.exists():
        return place
    data = _released_bytes(released)
    work = _work_in(data)
    original = _as_released(lesson) if work or worked_on(data) else data
    write_bytes(based_on(lesson), original)
    create_text(place, work or original.decode())
    if work:
        write_bytes(released, original)  # 푼 것은 이제 제자리에 있어요. git이 보는 파일은 처음의 모습으로 돌려놔요.
    return place


def _work_in(data: bytes) -> str:
    """`lessons/`의 노트북에서 가져올 것의 글. 아무도 풀지 않았거나, 병합하다 깨져서 읽을 수 없으면 빈 글이에요."""
    return decode(data)[0] if worked_on(data) and not _broken(data) else ""


def _broken(data: bytes) -> bool:
    try:
        read_notebook(data)
    except NotebookError:
        return True
    return False


def _released_bytes(released: Path) -> bytes:
    try:
        return read_bytes(released)
    except NotebookError as error:
        raise CourseError(
            f"{shown(released)}: {error} `git checkout lessons`로 되돌리거나 코스를 다시 받아 주세요."
        ) from error


def strays() -> dict[str, Path]:
    """제 사본이 있는데도 `lessons/`에서 푼 레슨들: 제자리로 옮기고 배포본을 처음의 모습으로 돌려놔요.

    사본에 아직 쓴 것이 없으면 그것을 대신하고, 있으면 `backup/`에 둬요. 돌려주는 것은 레슨마다 옮긴 자리예요.
    """
    found = {}
    for lesson, released in released_paths().items():
        place, base = place_of(lesson), based_on(lesson)
        data = _released_bytes(released)
        if not place.exists() or (base.is_file() and base.read_bytes() == data) or not worked_on(data):
            continue
        original = _as_released(lesson)
        if _broken(data) or written(place.read_bytes()):
            found[lesson] = keep(released, "lessons", backups(lesson))
        else:
            if place.read_bytes() not in (original, data):
                keep(place, "before", backups(lesson))
            write_bytes(base, original)
            write_bytes(place, data)
            found[lesson] = place
        write_bytes(released, original)
    return found


def _as_released(lesson: str) -> bytes:
    from autograder.learner.course_material import released_text

    return released_text(lesson).encode()


def outdated() -> list[str]:
    """레슨이 바뀌어서 옮길 것이 있는 레슨들. 아직 열지 않은 레슨은 들지 않아요."""
    found = []
    for lesson, released in released_paths().items():
        place, base = place_of(lesson), based_on(lesson)
        if not place.exists():
            continue
        if base.read_bytes() != released.read_bytes() if base.exists() else not _holds_cells(place, released):
            found.append(lesson)
    return found


def _holds_cells(place: Path, released: Path) -> bool:
    """손으로 베껴 온 노트북에 배포본의 셀이 모두 있는지. 셀의 id는 나눠 준 글에서 나오므로 판이 다르면 id도 달라요."""
    try:
        mine, ours = ({cell.id for cell in read_notebook(path).cells} for path in (place, released))
    except NotebookError:
        return False
    return ours <= mine
