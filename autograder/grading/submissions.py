"""채점할 제출물을 찾아요."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.exercises import LESSONS
from autograder.notebooks.reading import read_bytes


@dataclass(frozen=True)
class Submission:
    """채점할 제출물: 누가, 어느 레슨에, 어느 파일(또는 바이트)을 냈는지.

    `problems`는 찾을 때 드러난 문제, `root`는 그 아래에 링크가 없어야 하는 폴더예요.
    """

    student: str
    lesson: str
    source: Path | bytes
    problems: tuple[str, ...] = ()
    root: Path | None = None

    def read(self) -> bytes:
        """제출한 바이트. 링크이거나 읽을 수 없으면 NotebookError."""
        return self.source if isinstance(self.source, bytes) else read_bytes(self.source, self.root)


def find_submissions(root: Path, lesson: str | None = None) -> list[Submission]:
    """`root/<학생>/<레슨>/<레슨>.ipynb`를 찾아요. 이름이 바뀐 파일도 찾고, 그 사실을 `problems`에 적어요."""
    found: list[Submission] = []
    for student in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for folder in sorted(path for path in student.iterdir() if path.name in LESSONS and path.is_dir()):
            if lesson in (None, folder.name):
                path, problems = _choose_file(folder)
                found.append(Submission(_readable(student.name), folder.name, path, problems, root))
    return found


def _readable(name: str) -> str:
    """폴더의 이름을 적을 수 있는 글로. 옛 윈도에서 압축한 이름은 UTF-8이 아니라 cp949예요."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


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
            f"파일의 이름이 `{_readable(path.name)}`이에요. `{expected.name}`이어야 하지만 이 파일로 채점했어요."
        )
    extra = [_readable(other.name) for other in others if other != path]
    if extra:
        problems.append("함께 낸 파일은 채점에 쓰지 않아요: " + ", ".join(extra[:5]) + (" …" if len(extra) > 5 else ""))
    return path, tuple(problems)
