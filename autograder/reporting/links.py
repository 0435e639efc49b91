"""우리 쪽에서 곁의 파일을 여는 주소: 피드백과 수업 계획."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from autograder.classroom.folder import Classroom, StoredResult
from autograder.exercises import LESSONS
from autograder.layout import SOLUTIONS


def relative_link(path: Path, out: Path) -> str:
    """`out` 폴더의 쪽에서 `path`를 여는 주소."""
    # 폴더의 이름이 UTF-8이 아니어도 주소는 적힌 바이트 그대로예요.
    return quote(os.fsencode(Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()))


def plan_link(lesson: str, out: Path) -> str:
    """`out` 폴더의 쪽에서 수업 계획(solutions/README.md)의 그 레슨을 여는 주소."""
    heading = re.sub(r"[^\w\s-]", "", f"레슨 {int(lesson[:2])}. {LESSONS[lesson]}".lower()).replace(" ", "-")
    return f"{relative_link(SOLUTIONS / 'README.md', out)}#{quote(heading)}"


def feedback_links(classroom: Classroom, out: Path, results: Iterable[StoredResult]) -> dict[tuple[str, str], str]:
    """(학습자, 레슨)에서, `out`에 쓸 쪽이 피드백을 여는 주소로. 피드백이 없으면 빠져요."""
    links = {}
    for result in results:
        path = classroom.feedback(result.student, result.lesson)
        if path.is_file():
            links[result.student, result.lesson] = relative_link(path, out)
    return links
