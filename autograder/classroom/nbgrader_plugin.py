"""nbgrader의 채점 단계를 우리 것으로 바꿔요.

`nbgrader autograde`와 formgrader의 단추가 `course grade`와 같은 시드로 같은 점수를 내게 해요. nbgrader가 노트북을 실행하던 자리에는
모래상자의 판정이 들어가고, 셀의 출력은 점수를 정하지 못해요. 설정은 `nbgrader_config.py`에 있어요.
"""

from __future__ import annotations

import atexit
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import from_dict
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from autograder.classroom.folder import Classroom, StoredResult
from autograder.classroom.grade_class import entry_of, keep_result
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.classroom.graded_copy import lesson_cells, make_copy, released
from autograder.grading.attempt import grade_submission
from autograder.grading.intake import Intake, take_in
from autograder.grading.lesson_master import load_master
from autograder.grading.lesson_setup import prepare
from autograder.grading.submissions import Submission
from autograder.notebooks.reading import NotebookError, read_bytes
from autograder.sandbox import Pool, open_pool

_pool: Pool | None = None


def _warm_pool() -> Pool:
    """이 프로세스가 함께 쓰는 작업자. 첫 제출물에서 띄우고 끝날 때 닫아요."""
    global _pool
    if _pool is None:
        _pool = open_pool().__enter__()
        atexit.register(_pool.close)
    return _pool


@lru_cache(maxsize=1)
def _take_in(content: bytes, lesson: str) -> Intake:
    """nbgrader는 한 제출물을 두 번(다듬기, 채점) 지나가지만, 읽고 계획하는 것은 한 번이에요."""
    return take_in(Submission("", lesson, content), load_master(lesson))


class RobustExporter(NotebookExporter):
    """깨진 파일에서도 멈추지 않는 읽기. 내용은 `Rebuild`가 원본 바이트에서 다시 만들어요."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """파일을 읽어요. 깨진 파일이면 배포한 노트북을 대신 내놓아요."""
        try:
            return super().from_filename(filename, resources=resources, **kw)
        except (ValueError, OSError, KeyError, TypeError, AttributeError):
            place = {"name": Path(filename).stem, "path": str(Path(filename).parent)}
            resources = {**(resources or {}), "metadata": place}
            lesson = resources["nbgrader"]["assignment"]
            return self.from_notebook_node(from_dict(dict(released(lesson))), resources=resources, **kw)


class _Step(NbGraderPreprocessor):
    """제출물의 원본과 학급 폴더를 찾는 공통 부분."""

    def coursedir(self) -> CourseDirectory:
        owner = self.parent
        while owner is not None and not isinstance(getattr(owner, "coursedir", None), CourseDirectory):
            owner = owner.parent
        return owner.coursedir if owner is not None else CourseDirectory(config=self.config)

    def original(self, resources: ResourcesDict) -> bytes:
        where = resources["nbgrader"]
        course = self.coursedir()
        folder = course.format_path(course.submitted_directory, where["student"], where["assignment"])
        try:
            return read_bytes(Path(folder) / f"{where['notebook']}.ipynb")
        except NotebookError:
            return b""


class Rebuild(_Step):
    """제출물의 답만 배포한 틀에 옮겨 담아요. 지우거나 고치거나 두 번 붙여 넣은 셀이 있어도 멈추지 않아요."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """판정 없는 사본으로 바꿔요."""
        lesson = resources["nbgrader"]["assignment"]
        intake = _take_in(self.original(resources), lesson)
        return from_dict(make_copy(lesson, intake, ()).notebook), resources


class Judge(_Step):
    """nbgrader의 Execute 자리: 원본을 모래상자에서 채점해 `resources`에 넘겨요."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """판정을 적어 넣은 사본으로 바꿔요. 바뀌지 않은 제출물이면 남겨 둔 판정을 써요."""
        where = resources["nbgrader"]
        lesson, student, content = where["assignment"], where["student"], self.original(resources)
        classroom, intake = Classroom(Path(self.coursedir().root)), _take_in(content, lesson)
        key = classroom.key(content, lesson)
        stored = classroom.load(student, lesson)
        if stored is None or stored.key != key:
            submission, seed = Submission(student, lesson, content), classroom.seed()
            result = grade_submission(submission, seed, _warm_pool(), prepare(lesson, seed), intake)
            stored = keep_result(classroom, result, key)
        for problem in stored.problems:
            self.log.warning("%s / %s: %s", student, lesson, problem)
        where["course_result"] = stored
        return from_dict(make_copy(lesson, intake, stored.marks).notebook), resources


class SaveMarks(SaveAutoGrades):
    """점수를 셀의 출력이 아니라 `Judge`의 판정에서 가져와 `course grade`와 같은 방법으로 써요."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """`Judge`가 넘긴 판정을 성적부에 써요."""
        where = resources["nbgrader"]
        stored: StoredResult = where["course_result"]
        cells = lesson_cells(stored.lesson)
        with open_gradebook(where["db_url"]) as gradebook:
            register_lesson(gradebook, cells)
            save_entries(gradebook, cells, [entry_of(stored)])
        return nb, resources
