"""학습자의 자리 `study/`: 레슨마다 제 사본 하나. 나눠 준 `lessons/`는 건드리지 않아요.

study/README.md                 레슨 지도. 배포본의 것을 그대로 베껴서, 여기의 노트북으로 이어져요
study/<레슨>/<레슨>.ipynb       학습자가 열고 고치는 노트북. 한번 만든 뒤에는 우리가 덮어쓰지 않아요
study/<레슨>/backup/            되돌리거나 옮기기 전의 노트북
study/.released/<레슨>.ipynb    그 사본이 어느 배포본에서 왔는지. 레슨이 바뀌었는지 이것으로 알아요

git이 보지 않는 폴더라서 `git pull`과 부딪히지 않아요.
"""

from __future__ import annotations

from pathlib import Path

from autograder.files import create_text, write_bytes
from autograder.layout import LESSONS, STUDY
from autograder.notebooks.reading import read_bytes
from autograder.notebooks.work import keep, worked_on


def released_paths() -> dict[str, Path]:
    """`lessons/`의 레슨 이름에서 나눠 준 노트북으로 가는 표를 차례대로 만들어요."""
    return {path.stem: path for path in sorted(LESSONS.glob("*/*.ipynb")) if path.stem == path.parent.name}


def place_of(lesson: str) -> Path:
    """그 레슨의 학습자 노트북의 자리."""
    return STUDY / lesson / f"{lesson}.ipynb"


def based_on(lesson: str) -> Path:
    """그 사본이 온 배포본의 자리."""
    return STUDY / ".released" / f"{lesson}.ipynb"


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
    data = read_bytes(released)
    original = _as_released(lesson) if worked_on(data) else data
    write_bytes(based_on(lesson), original)
    create_text(place, data.decode())
    if original != data:
        write_bytes(released, original)  # 푼 것은 이제 제자리에 있어요. git이 보는 파일은 처음의 모습으로 돌려놔요.
    return place


def strays() -> dict[str, Path]:
    """제 사본이 있는데도 `lessons/`에서 푼 레슨들: 그것을 `backup/`에 옮기고 배포본을 처음의 모습으로 돌려놔요."""
    found = {}
    for lesson, released in released_paths().items():
        if place_of(lesson).exists() and worked_on(released.read_bytes()):
            backup = keep(released, "lessons", STUDY / lesson / "backup")
            write_bytes(released, _as_released(lesson))
            found[lesson] = backup
    return found


def _as_released(lesson: str) -> bytes:
    from autograder.learner.course_material import released_text

    return released_text(lesson).encode()


def outdated() -> list[str]:
    """레슨이 바뀌어서 옮길 것이 있는 레슨들. 아직 열지 않은 레슨은 들지 않아요."""
    found = []
    for lesson, released in released_paths().items():
        base = based_on(lesson)
        if place_of(lesson).exists() and (not base.exists() or base.read_bytes() != released.read_bytes()):
            found.append(lesson)
    return found
