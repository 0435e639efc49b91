"""마감이 지난 뒤에 나눠 줄, 풀이가 든 노트북. 출력은 비어 있고, 열어서 모두 실행하면 그림까지 나와요.

풀이는 git에 올라갈 수 있는 곳, 나눠 주는 `lessons/`, 학습자의 `study/`에는 쓰지 않아요.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from autograder.authoring.build import solved_text
from autograder.errors import CourseError
from autograder.files import replacing, write_text
from autograder.layout import LESSONS, ROOT, STUDY


class SolutionsError(CourseError):
    """풀이를 쓸 수 없는 곳이에요. 내용은 강사에게 보일 한국어 문장이에요."""


def write_solutions(place: Path, lessons: Sequence[str]) -> list[str]:
    """풀이가 든 노트북들을 `place`(폴더나 .zip)에 쓰고, 쓴 것의 이름들을 돌려줘요. 쓰면 안 되는 곳이면 SolutionsError예요."""
    _refuse(place)
    made = {f"{lesson}/{lesson}.ipynb": solved_text(lesson) for lesson in lessons}
    if place.suffix == ".zip":
        with replacing(place) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in made.items():
                entry = zipfile.ZipInfo(f"transformer-solutions/{name}", date_time=(2017, 6, 12, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, text.encode())
        return list(made)
    for name, text in made.items():
        if (place / name).exists() and (place / name).read_bytes() != text.encode():
            raise SolutionsError(f"{place / name}에 다른 노트북이 이미 있어요. --out에 비어 있는 폴더를 적어 주세요.")
    for name, text in made.items():
        write_text(place / name, text)
    return list(made)


def _refuse(place: Path) -> None:
    where = place.resolve()
    for folder in (LESSONS, STUDY):
        if where.is_relative_to(folder):
            raise SolutionsError(
                f"{folder.name}/에는 풀이를 쓰지 않아요. 나눠 주거나 푸는 노트북이 있는 곳이에요. --out에 다른 폴더를 적어 주세요."
            )
    if _git_sees(where):
        raise SolutionsError(
            f"{place}에 쓰면 풀이가 git에 올라갈 수 있어요. --out을 빼고 build/에 만들거나, 저장소 밖의 폴더를 적어 주세요."
        )


def _git_sees(where: Path) -> bool:
    """git이 커밋할 수 있는 자리인지: 어떤 저장소의 안이고, 무시하는 자리가 아니에요."""
    folder = next(parent for parent in where.parents if parent.is_dir())
    git = shutil.which("git")
    if git is None:
        return where.is_relative_to(ROOT) and not where.is_relative_to(ROOT / "build")
    written = where if where.suffix == ".zip" else where / "notebook.ipynb"
    run = subprocess.run([git, "check-ignore", "-q", "--", str(written)], cwd=folder, capture_output=True)
    tracked = subprocess.run([git, "ls-files", "--", str(where)], cwd=folder, capture_output=True)
    return run.returncode == 1 or bool(tracked.stdout)
