"""판정의 지문: 이 가운데 하나라도 바뀌면 같은 제출물이라도 다시 채점해요.

들어가는 것은 import가 정해요: 채점, 모래상자 안팎, 레슨의 정의가 이어 가며 불러오는 우리 파일 전부, 레슨의 원본, 그리고 값을 만드는 라이브러리의 버전.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import cache
from importlib import metadata
from pathlib import Path

from autograder.grading.submissions import Submission
from autograder.import_graph import closure
from autograder.layout import ROOT, SOLUTIONS
from autograder.notebooks.reading import NotebookError

LIBRARIES = ("torch", "numpy", "safetensors")


def content_digest(submission: Submission) -> str:
    """제출한 것의 지문. 읽을 수 없는 것이면 까닭과 파일의 겉모습이라, 바뀔 때까지 다시 채점하지 않아요."""
    try:
        return hashlib.sha256(submission.read()).hexdigest()
    except NotebookError as error:
        return f"{error} {_outside(submission)}"


def _outside(submission: Submission) -> str:
    if isinstance(submission.source, bytes):
        return ""
    try:
        info = os.lstat(submission.source)
        target = os.readlink(submission.source) if stat.S_ISLNK(info.st_mode) else ""
    except OSError as error:
        return type(error).__name__
    return f"{info.st_mode} {info.st_size} {info.st_mtime_ns} {target!r}"


@cache
def grader_digest(lesson: str) -> str:
    """판정에 쓰이는 코드와 레슨의 정의를 한 줄로 줄인 지문."""
    digest = hashlib.sha256()
    for path in verdict_files(lesson):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name in LIBRARIES:
        digest.update(f"{name} {metadata.version(name)}\0".encode())
    return digest.hexdigest()


def verdict_files(lesson: str) -> list[Path]:
    """레슨의 판정을 바꿀 수 있는 우리 파일 전부."""
    starts = (
        "autograder.grading.judge_process",
        "autograder.sandbox.inside.worker",
        f"autograder.exercises.lesson_{lesson}",
    )
    return [*closure(*starts).values(), SOLUTIONS / f"{lesson}.py"]
