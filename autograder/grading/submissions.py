"""채점할 제출물을 찾아요."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.exercises import LESSONS
from autograder.grading.names import decoded, readable, student_name
from autograder.notebooks.reading import NotebookError, read_bytes


@dataclass(frozen=True)
class Submission:
    """채점할 제출물: 누가, 어느 레슨에, 어느 파일(또는 바이트)을 냈는지.

    `problems`는 찾을 때 드러난 문제, `root`는 그 아래에 링크가 없어야 하는 폴더, `former`는 첫 판이 성적부에 적던 이름이에요.
    """

    student: str
    lesson: str
    source: Path | bytes
    problems: tuple[str, ...] = ()
    root: Path | None = None
    former: str = ""

    def read(self) -> bytes:
        """제출한 바이트. 링크이거나 읽을 수 없으면 NotebookError."""
        return self.source if isinstance(self.source, bytes) else read_bytes(self.source, self.root)


def content_digest(submission: Submission) -> str:
    """제출한 것의 지문. 읽을 수 없는 것이면 까닭과 파일의 겉모습이라, 바뀔 때까지 다시 채점하지 않아요."""
    try:
        return hashlib.sha256(submission.read()).hexdigest()
    except NotebookError as error:
        return hashlib.sha256(f"{error} {_outside(submission)}".encode(errors="surrogateescape")).hexdigest()


def _outside(submission: Submission) -> str:
    if isinstance(submission.source, bytes):
        return ""
    try:
        info = os.lstat(submission.source)
        target = os.readlink(submission.source) if stat.S_ISLNK(info.st_mode) else ""
    except OSError as error:
        return type(error).__name__
    return f"{info.st_mode} {info.st_size} {info.st_mtime_ns} {target!r}"


# 점으로 시작해도 학습자가 아닌, 도구들의 폴더예요.
TOOL_FOLDERS = {".git", ".hg", ".svn", ".ipynb_checkpoints", ".virtual_documents", ".idea", ".vscode", ".cache"}


def find_submissions(
    root: Path, lesson: str | None = None, on_closed: Callable[[str, OSError], None] | None = None
) -> list[Submission]:
    """`root/<학생>/<레슨>/<레슨>.ipynb`를 찾아요. 이름이 바뀐 파일도 찾고, 그 사실을 `problems`에 적어요.

    열 수 없는 학습자의 폴더는 건너뛰고 `on_closed(이름, 까닭)`로 알려요.
    """
    found: list[Submission] = []
    for student in sorted(path for path in root.iterdir() if path.is_dir() and path.name not in TOOL_FOLDERS):
        try:
            found += _of_student(student, root, lesson)
        except OSError as error:
            if on_closed is None:
                raise
            on_closed(student_name(student.name), error)
    return found


def _of_student(student: Path, root: Path, lesson: str | None) -> list[Submission]:
    name, former = student_name(student.name), decoded(student.name)
    noted = () if name == student.name else (_renamed(student.name, name),)
    found: list[Submission] = []
    for folder in sorted(path for path in student.iterdir() if path.name in LESSONS and path.is_dir()):
        if lesson in (None, folder.name) and not _left_by_a_tool(student, folder):
            path, problems = _choose_file(folder)
            found.append(Submission(name, folder.name, path, noted + problems, root, former))
    return found


def _renamed(folder: str, name: str) -> str:
    return f"어디서나 쓸 수 있는 폴더 이름이 아니라서(`{readable(folder)}`) 이렇게 적었어요: `{name}`"


def _left_by_a_tool(student: Path, folder: Path) -> bool:
    """숨은 폴더는 `<레슨>/<레슨>.ipynb`가 바로 그 이름으로 있을 때만 학습자의 것이에요."""
    return student.name.startswith(".") and not (folder / f"{folder.name}.ipynb").is_file()


def _choose_file(folder: Path) -> tuple[Path, tuple[str, ...]]:
    expected = folder / f"{folder.name}.ipynb"
    others = sorted(
        path
        for path in folder.iterdir()
        if path != expected and path.name != "timestamp.txt" and not path.name.startswith(".")
    )
    notebooks = [path for path in others if path.suffix.lower() == ".ipynb"]
    path, problems = expected, []
    if not expected.exists() and not expected.is_symlink() and notebooks:
        # 이름에 레슨이 든 것을 먼저, 그다음은 가장 나중에 저장한 것을 골라요.
        path = max(notebooks, key=lambda p: (folder.name in p.name, p.lstat().st_mtime, p.name))
        problems.append(
            f"파일의 이름이 `{readable(path.name)}`이에요. `{expected.name}`이어야 하지만 이 파일로 채점했어요."
        )
    extra = [readable(other.name) for other in others if other != path]
    if extra:
        problems.append("함께 낸 파일은 채점에 쓰지 않아요: " + ", ".join(extra[:5]) + (" …" if len(extra) > 5 else ""))
    return path, tuple(problems)
