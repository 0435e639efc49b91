"""nbgrader의 채점 단계를 우리 것으로 바꿔요.

`nbgrader autograde`와 formgrader의 단추가 `course grade`와 같은 시드로 같은 점수를 내게 해요. nbgrader가 노트북을 실행하던 자리에는
모래상자의 판정이 들어가고, 셀의 출력은 점수를 정하지 못해요. 설정은 `nbgrader_config.py`에 있어요.
"""

from __future__ import annotations

import atexit
import json
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import from_dict
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from autograder.classroom.folder import Classroom, ClassroomError, StoredResult
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_writer import register_lesson, save_entries
from autograder.classroom.record import entry_of, keep_result, stored_result
from autograder.grading.lesson_cells import lesson_cells, released
from autograder.grading.messages import Request
from autograder.grading.names import student_name
from autograder.grading.results import Ungraded
from autograder.grading.station import Station, open_station
from autograder.grading.submissions import Submission, content_digest

_station: Station | None = None


def _warm_station() -> Station:
    """이 프로세스가 함께 쓰는 채점하는 자리. 첫 제출물에서 띄우고 끝날 때 닫아요."""
    global _station
    if _station is None:
        _station = open_station(jobs=1).__enter__()
        atexit.register(_station.close)
    return _station


class RobustExporter(NotebookExporter):
    """제출한 파일을 읽지 않아요. 내용은 심사원이 원본 바이트에서 다시 만들므로, 여기서는 배포한 노트북에서 시작해요."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """파일 대신 배포한 노트북을 내놓아요."""
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

    def submission(self, resources: ResourcesDict) -> Submission:
        where = resources["nbgrader"]
        course = self.coursedir()
        folder = course.format_path(course.submitted_directory, where["student"], where["assignment"])
        path = Path(folder) / f"{where['notebook']}.ipynb"
        return Submission(student_name(where["student"]), where["assignment"], path)


class Rebuild(_Step):
    """제출물을 배포한 틀에서 다시 만들 수 있게, 배포한 노트북 그대로 넘겨요. 답과 판정은 `Judge`가 끼워 넣어요."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """배포한 노트북으로 바꿔요. 여기서 죽으면 다음에 다시 채점하게, 남겨 둔 결과를 먼저 지워요."""
        where = resources["nbgrader"]
        Classroom(Path(self.coursedir().root)).forget(student_name(where["student"]), where["assignment"])
        return from_dict(dict(released(where["assignment"]))), resources


class Judge(_Step):
    """nbgrader의 Execute 자리: 원본을 모래상자에서 채점해 `resources`에 넘겨요."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """판정을 적어 넣은 사본으로 바꿔요."""
        where, submission = resources["nbgrader"], self.submission(resources)
        classroom = Classroom(Path(self.coursedir().root))
        content = content_digest(submission)
        (outcome,) = _warm_station().grade([Request(submission, classroom.seed(), classroom.adds_bonus)])
        if isinstance(outcome, Ungraded):
            raise ClassroomError(f"{submission.student} / {submission.lesson}: {outcome.why}")
        for problem in outcome.problems:
            self.log.warning("%s / %s: %s", submission.student, submission.lesson, problem)
        where["course_result"] = stored = stored_result(classroom, outcome, content)
        keep_result(classroom, stored, outcome.copy)
        return from_dict(json.loads(outcome.copy)), resources


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
