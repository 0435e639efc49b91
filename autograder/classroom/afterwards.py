"""점수를 적은 뒤에 다시 만들 화면. 화면은 위층의 방이 만들어서, 만드는 함수를 여기에 걸어 두고 점수를 적은 명령이 불러요."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograder.classroom.folder import Classroom

_MAKERS: list[Callable[[Classroom], Path]] = []


def after_marks(maker: Callable[[Classroom], Path]) -> None:
    """점수가 바뀔 때마다 부를 함수를 걸어 둬요. 만든 파일의 경로를 돌려줘야 해요."""
    if maker not in _MAKERS:
        _MAKERS.append(maker)


def marks_changed(classroom: Classroom) -> list[Path]:
    """점수를 적은 명령이 끝날 때 불러요. 걸어 둔 화면을 모두 다시 만들고 그 경로들을 돌려줘요."""
    return [maker(classroom) for maker in _MAKERS]
