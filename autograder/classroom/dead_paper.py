"""nbgrader의 화면(formgrader, `nbgrader generate_feedback`)에서 학습자의 글이 글자로만 보이게 해요.

nbgrader의 틀은 이름과 의견을 이스케이프하지 않고, 바깥에서 MathJax를 불러와요. 틀은 그대로 쓰고, 틀이 받는 값과 문서의 규칙(CSP)을 바꿔요.
켜는 곳은 `nbgrader_config.py`예요.
"""

from __future__ import annotations

import html
from datetime import datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import BaseLoader, DictLoader, Environment, pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Assignment, SubmittedAssignment
from nbgrader.apps import NbGraderAPI
from sqlalchemy import select
from traitlets import default

from autograder.grading.names import student_name, visible
from autograder.judging.card import to_html

# 스크립트는 nbgrader가 제 서버에서 부르는 것과 문서에 적어 둔 것뿐이고, 바깥으로는 아무것도 부르지 않아요.
POLICY = "default-src 'self' 'unsafe-inline' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
# nbgrader의 틀이 <head>에 MathJax를 넣으려고 부르는 매크로예요. 그 자리에 규칙만 넣어요.
HEAD = '{{% macro mathjax(url="") %}}<meta http-equiv="Content-Security-Policy" content="{policy}">{script}{{% endmacro %}}'
# 채점 화면의 스크립트는 MathJax가 다 켜진 뒤에야 단축키를 켜요. MathJax가 없으니 바로 켜졌다고 말해 줘요.
STAND_IN = '<script>var MathJax = {Hub: {Startup: {signal: {Interest: (tell) => tell("End")}}}};</script>'


class DeadPaperExporter(HTMLExporter):
    """이름과 의견은 이스케이프하고, 바깥의 것은 부르지 않는 HTML."""

    @default("extra_loaders")
    def _dead_head(self) -> list[BaseLoader]:
        script = STAND_IN if self.template_name == "formgrade" else ""
        return [DictLoader({"mathjax.html.j2": HEAD.format(policy=POLICY, script=script)})]

    def from_notebook_node(  # type: ignore[override]  # HTMLExporter도 부모와 달리 글을 돌려줘요.
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """학습자의 이름이 섞인 값(이름, 파일의 자리)은 글자로만 넘겨요."""
        given = {name: _escaped(value) for name, value in (resources or {}).items()}
        return super().from_notebook_node(nb, given, **kw)

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """셀의 글은 마크다운으로, 의견은 카드의 글로. 의견에는 학습자의 예외와 이름이 섞여 있어요."""
        cell = context.get("cell", {})
        return str(super().markdown2html(context, source)) if source == cell.get("source") else comment_html(source)


def comment_html(text: str) -> str:
    """성적부의 의견을 HTML로. 줄바꿈과 역따옴표만 모양이 되고 나머지는 글자예요."""
    return to_html(visible(text))


def _escaped(value: Any) -> Any:
    return html.escape(visible(value)) if isinstance(value, str) else value


class PatientApi(NbGraderAPI):
    """formgrader의 API. 제출물을 채점이 쓰는 이름으로 찾고, 제출 시각을 읽을 수 없는 사람이 있어도 모두의 목록을 보여 줘요."""

    def get_submitted_students(self, assignment_id: str) -> set[str]:
        """제출한 학습자의 이름들. 폴더의 이름이 아니라 성적부의 이름이라 한 사람이 두 줄이 되지 않아요."""
        names = {student_name(folder) for folder in super().get_submitted_students(assignment_id)}
        with self.gradebook as gradebook:  # 다른 폴더의 제출물을 채점한 학급이면 submitted/에는 없어요.
            known = select(SubmittedAssignment.student_id).join(Assignment).where(Assignment.name == assignment_id)
            return names | set(gradebook.db.scalars(known))

    def get_submitted_timestamp(self, assignment_id: str, student_id: str) -> datetime | None:
        """제출 시각. timestamp.txt가 없거나, 보통 파일이 아니거나, 시각으로 읽을 수 없으면 None이에요."""
        folder = self._folder(assignment_id, student_id)
        if not Path(self._submitted(assignment_id, folder), "timestamp.txt").is_file():
            return None
        try:
            return super().get_submitted_timestamp(assignment_id, folder)
        except (OSError, ValueError, OverflowError):
            return None

    def _submitted(self, assignment_id: str, folder: str) -> str:
        return str(self.coursedir.format_path(self.coursedir.submitted_directory, folder, assignment_id))

    def _folder(self, assignment_id: str, student_id: str) -> str:
        if student_name(student_id) == student_id:
            return student_id
        folders = super().get_submitted_students(assignment_id)
        return next((folder for folder in folders if student_name(folder) == student_id), student_id)


def harden(formgrader: ModuleType, base: ModuleType) -> None:
    """formgrader의 화면들도 늘 이스케이프하고 우리의 HTML을 쓰게 해요.

    formgrader는 틀의 환경과 쓸 클래스를 고르게 해 주지 않아서, 두 모듈이 쓰는 이름을 바꿔 놓아요.
    """
    vars(formgrader).update(HTMLExporter=DeadPaperExporter, Environment=partial(Environment, autoescape=True))
    vars(base).update(NbGraderAPI=PatientApi)
