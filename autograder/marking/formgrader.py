"""nbgrader의 formgrader를 우리 학급에 맞춰요: 한국어, 이 컴퓨터의 시각, 늘 있는 원본, 손 점수가 바로 닿는 피드백과 점수표.

틀과 스크립트는 nbgrader의 것을 그대로 쓰고, 읽을 때 `korean.json`의 말만 바꿔요. nbgrader가 바뀌어 없어진 말은 영어로 남을 뿐
망가지지 않아요. 켜는 곳은 `nbgrader_config.py`예요.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from zoneinfo import available_timezones

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from nbgrader.api import MissingEntry
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeList
from nbgrader.server_extensions.formgrader import handlers
from tornado.web import StaticFileHandler
from traitlets import default

from autograder.authoring.lesson_source import solved_path, source_path, sources
from autograder.classroom.dead_paper import DeadPaperExporter, harden
from autograder.classroom.folder import Classroom
from autograder.marking.refresh import Refresher

HERE = Path(__file__).parent


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """바꿀 말들: 틀(templates)과 스크립트(scripts)마다 영어에서 한국어로."""
    found: dict[str, dict[str, str]] = json.loads((HERE / "korean.json").read_text(encoding="utf-8"))
    return found


# 레슨의 이름은 학급 폴더에서 원본까지의 경로로 이어지는데, 원본은 학급의 것이 아니라 코스의 것이라 그 길에 없어요.
NAME_LINK = """$("<a/>")
            .text(name)
            .map(linkTo("directory", url_prefix + "/" + this.model.get("source_path")))"""
PLAIN_NAME = '$("<span/>").text(name)'


def translated(text: str, kind: str) -> str:
    """nbgrader의 글에서 아는 말만 한국어로. 긴 말을 먼저 바꿔요."""
    for english, korean in sorted(phrases()[kind].items(), key=lambda pair: -len(pair[0])):
        text = text.replace(english, korean)
    return text


class KoreanLoader(BaseLoader):
    """nbgrader의 틀을 읽으며 말을 바꿔요."""

    def __init__(self, folders: str | list[str]) -> None:
        self.inner = FileSystemLoader(folders)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """틀의 글. 404의 틀은 없는 이름을 불러서, 이름을 바꾼 지금의 것을 줘요."""
        name = {"formgrade_macros.tpl": "formgrade/formgrade_macros.html.j2"}.get(template, template)
        source, path, fresh = self.inner.get_source(environment, name)
        return translated(source, "templates"), path, fresh


def page_loader(folders: list[str]) -> BaseLoader:
    """formgrader의 목록 화면들: 우리가 덮은 조각, 그다음 nbgrader의 것."""
    theirs = KoreanLoader(folders)
    return ChoiceLoader([FileSystemLoader(HERE / "templates"), theirs, PrefixLoader({"nbgrader": theirs})])


class KoreanFiles(StaticFileHandler):
    """formgrader의 파일들. nbgrader가 쓴 스크립트만 말을 바꾸고 라이브러리는 그대로예요."""

    @classmethod
    def get_content(cls, abspath: str, start: int | None = None, end: int | None = None) -> Any:
        """파일의 내용이나 그 한 부분."""
        if Path(abspath).parent != Path(handlers.static_path) / "js":
            return super().get_content(abspath, start, end)
        script = Path(abspath).read_text(encoding="utf-8").replace(NAME_LINK, PLAIN_NAME)
        return translated(script, "scripts").encode()[start:end]

    def get_content_size(self) -> int:
        """보낼 바이트 수."""
        path = self.absolute_path
        if path is None or Path(path).parent != Path(handlers.static_path) / "js":
            return super().get_content_size()
        return len(self.get_content(path))


class KoreanPaperExporter(DeadPaperExporter):
    """제출물 하나를 채점하는 화면."""

    @default("extra_loaders")
    def _korean_page(self) -> list[BaseLoader]:
        return [*self._dead_head(), KoreanLoader(str(Path(handlers.template_path) / "formgrade"))]


class NoExchange(ExchangeList):
    """JupyterHub의 나눠 주는 폴더. 우리는 쓰지 않으니, 없다는 경고도 남기지 않아요."""

    def start(self) -> Any:
        """없다고만 말해요."""
        raise ExchangeError("나눠 주는 폴더를 쓰지 않아요.")


def dress(formgrader: ModuleType, base: ModuleType) -> None:
    """formgrader를 켤 때와 설정을 다시 읽을 때마다 불려요. 여러 번 해도 같아요."""
    harden(formgrader, base)
    files = SimpleNamespace(StaticFileHandler=KoreanFiles)
    vars(formgrader).update(HTMLExporter=KoreanPaperExporter, FileSystemLoader=page_loader, web=files)
    for handler in (formgrader.apihandlers.GradeHandler, formgrader.apihandlers.CommentHandler):
        handler.on_finish = _carry_on
    refresh_sources()


def refresh_sources() -> None:
    """nbgrader가 레슨을 알아보는 원본(`build/solutions/`)을 만들어요. 원본이 있는 동안은 바뀐 것만 다시 만들어요."""
    stale = [lesson for lesson in sources() if not _is_fresh(lesson)]
    if stale:
        from autograder.authoring.build import (
            build_solved,
        )  # nbgrader의 배포 단계까지 불러와서, 만들 것이 있을 때만이에요.

        with suppress(OSError):  # 쓸 수 없는 폴더여도 JupyterLab은 열려야 해요.
            build_solved(stale)


def _is_fresh(lesson: str) -> bool:
    made = solved_path(lesson)
    return made.is_file() and made.stat().st_mtime >= source_path(lesson).stat().st_mtime


def local_zone() -> str:
    """nbgrader가 시각을 보일 때 쓸, 이 컴퓨터의 시간대. 알 수 없으면 UTC예요."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named in available_timezones():
        return named
    return "/etc/localtime" if Path("/etc/localtime").is_file() else "UTC"


@cache
def _refresher(root: str) -> Refresher:
    made = Refresher(Classroom(Path(root)))
    atexit.register(made.close)
    return made


def _carry_on(self: Any) -> None:
    """손으로 준 점수와 의견을 적고 나면, 그 사람의 피드백과 점수표를 다시 써요."""
    if self.request.method != "PUT" or self.get_status() != 200:
        return
    gradebook, id = self.gradebook, self.path_args[0]
    with suppress(MissingEntry):
        found = gradebook.find_grade_by_id(id) if "/grade/" in self.request.path else gradebook.find_comment_by_id(id)
        _refresher(self.coursedir.root).note([(found.student.id, found.assignment.name)])
