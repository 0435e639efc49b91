"""화면은 죽은 종이: 학습자의 글은 어느 화면에서도 스크립트, 링크, 바깥의 자료가 되지 않고 글자로만 보여요."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support.classes import LESSON, borrow
from support.hostile import HONEST, LINES, NAMES, OUTSIDE, hand_in_hostile_class, hostile_notebook

from autograder.classroom.dead_paper import DeadPaperExporter, comment_html
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.classroom.gradebook import open_gradebook
from autograder.grading.graded_copy import make_copy
from autograder.grading.intake import take_in
from autograder.grading.lesson_master import load_master
from autograder.grading.submissions import Submission
from autograder.layout import ROOT
from autograder.learner.lab import free_port, wait_for_server
from autograder.reporting.report import write_report

try:
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    sync_playwright = None  # 없으면 브라우저의 시험만 건너뛰어요.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(
    sync_playwright is None or CHROMIUM is None,
    reason="playwright나 크로미엄이 없어 화면을 브라우저로 열어 보지 못했어요. `python3 course.py setup --test`와 Debian의 chromium이 필요해요.",
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """나쁜 학급을 채점해 둔 것. 성적부에는 `nbgrader autograde`가 폴더의 이름 그대로 적은 사람도 있어요."""
    made = Classroom(tmp_path_factory.mktemp("나쁜 반") / "학급")
    hand_in_hostile_class(made.submitted)
    with pytest.MonkeyPatch.context() as patch:
        borrow(patch)
        result = grade_class(made, jobs=2)
    assert len(result.results) == len(NAMES) + 1
    raw = NAMES[0]
    shutil.copytree(made.autograded(result.results[0].student, LESSON).parent, made.autograded(raw, LESSON).parent)
    with open_gradebook(made.db_url()) as gradebook:
        gradebook.update_or_create_student(raw, first_name=NAMES[1], last_name=NAMES[2])
        gradebook.update_or_create_student(NAMES[1])
        gradebook.update_or_create_submission(LESSON, raw)
    write_report(made)
    return made


class Paper(HTMLParser):
    """HTML에 실제로 있는 태그와 속성."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def live(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """살아 있는 것들: 무언가를 부르거나 보내는 태그, 사건을 기다리는 속성, 이 문서의 밖을 가리키는 주소."""
    return [
        (tag, attributes)
        for tag, attributes in Paper(html).tags
        if tag in {"script", "img", "iframe", "svg", "form", "base", "object", "embed", "link", "button", "b"}
        or any(name.startswith("on") for name in attributes)
        or not (attributes.get("href") or attributes.get("src") or "#").startswith("#")
        or attributes.get("http-equiv") == "refresh"
    ]


# -- 브라우저 없이 --


def copied(document: dict[str, Any]) -> nbformat.NotebookNode:
    content = json.dumps(document, ensure_ascii=False).encode()
    copy = make_copy(LESSON, take_in(Submission("kim", LESSON, content), load_master(LESSON)), ())
    return nbformat.from_dict(copy.notebook)


def test_every_written_cell_is_shown_as_it_was_typed() -> None:
    copy = copied(hostile_notebook())
    written = [c for c in copy.cells if c.id.startswith("extra") or c.metadata.get("nbgrader", {}).get("solution")]
    words = [cell for cell in written if cell.cell_type == "markdown"]
    assert len(words) == len(LINES) + 4  # 한 줄씩, 종류마다 하나씩, 그리고 돌아보기 질문
    assert {cell.cell_type for cell in copy.cells} == {"markdown", "code"}
    html, _ = DeadPaperExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=words))
    assert live(html) == [] and html.count("<pre>") == len(words)
    for cell in copy.cells:
        assert not cell.get("attachments") and "alert" not in json.dumps(cell.metadata) + cell.id
        assert not [out for out in cell.get("outputs", []) if "evil" in json.dumps(out)]


def test_a_fence_is_longer_than_any_in_the_answer() -> None:
    for marks in (1, 3, 19, 400):
        text = f"{'`' * marks}\n[가](javascript:alert(1))"
        cells = [
            cell
            for cell in copied(
                hostile_notebook()
                | {"cells": [*hostile_notebook()["cells"], {"cell_type": "markdown", "metadata": {}, "source": text}]}
            ).cells
            if text in cell.source
        ]
        (cell,) = cells
        fence = cell.source.splitlines()[0]
        assert set(fence) == {"`"} and fence not in text and cell.source.endswith("\n" + fence)


def test_comments_are_words_not_markdown() -> None:
    html = comment_html("\n".join(LINES))
    assert live(html) == [] and "&lt;script&gt;" in html and "[근거](javascript:alert(6))" in html
    assert "<code>softmax</code>" in comment_html("`softmax`를 다시 봐요.")


# -- 브라우저에서 --


@dataclass
class Watched:
    """화면 하나를 보는 동안 생긴 일."""

    page: Page
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, url: str, ready: str = "body") -> None:
        self.page.goto(url)
        self.page.wait_for_selector(ready, state="attached")

    def assert_dead(self, learners_part: str, own: str) -> None:
        """열린 화면에 살아 있는 것이 없고, `own`이 아닌 곳을 부르지 않았어요. `learners_part`는 학습자의 글이 있는 곳이에요."""
        found = self.page.evaluate(
            """part => [...document.querySelectorAll(part)].flatMap(e => [e, ...e.querySelectorAll('*')]).filter(e =>
                (e.matches('a[href]') && !e.matches('.anchor-link, .jp-InternalAnchorLink')) ||
                e.matches('script, iframe, object, embed, form, svg[onload], img, base, meta, link') ||
                [...e.attributes].some(a => a.name.startsWith('on') || (/href|src|action|data$/.test(a.name) &&
                    /^\\s*(javascript|vbscript|data:text\\/html)/i.test(a.value)))).map(e => e.outerHTML.slice(0, 200))""",
            learners_part,
        )
        assert found == []
        assert self.dialogs == []
        assert [url for url in self.requests if not url.startswith((own, "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # 루트로 도는 시험 기계에서는 크로미엄의 모래상자를 쓸 수 없어요.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(locale="ko-KR")
    found = Watched(context.new_page())
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
    yield found
    context.close()


@in_a_browser
@pytest.mark.slow
def test_our_own_pages(room: Classroom, watched: Watched) -> None:
    pages = [room.path / "report.html", *sorted((room.path / "feedback").glob("*/*.html"))]
    assert len(pages) == len(NAMES) + 2
    for path in pages:
        watched.open(path.as_uri())
        watched.assert_dead("body", "file:")
    watched.open(room.feedback("정직한 학생", LESSON).as_uri())
    answer = watched.page.locator("pre", has_text="스케일을 나누는")
    assert answer.inner_text() == HONEST and answer.is_visible()


@contextmanager
def jupyter(room: Classroom, folder: Path) -> Iterator[str]:
    """강사가 여는 것과 같은 JupyterLab과 formgrader. 저장소의 nbgrader_config.py를 읽고 학급만 시험의 것이에요."""
    port = free_port(18800)
    config = f"c = get_config()\nload_subconfig({str(ROOT / 'nbgrader_config.py')!r})\n"
    (folder / "nbgrader_config.py").write_text(config + f"c.CourseDirectory.root = {str(room.path)!r}\n", "utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--ServerApp.root_dir={room.path.parent}"]
    private = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "HOME")}
    environment = {**os.environ, **private, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        assert wait_for_server(server, port), (folder / "server.log").read_text()[-2000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@in_a_browser
@pytest.mark.slow
def test_the_instructors_pages(room: Classroom, watched: Watched, tmp_path: Path) -> None:
    """formgrader의 목록과 채점 화면, nbgrader의 피드백, JupyterLab이 연 사본."""
    with jupyter(room, tmp_path) as server:
        base = f"{server}/formgrader"
        for path in (
            f"manage_submissions/{LESSON}",
            f"gradebook/{LESSON}/{LESSON}",
            "manage_students",
        ):
            watched.open(f"{base}/{path}", "#main-table tr td a")
            watched.assert_dead("#main-table td:not(:has(> a))", server)
            assert "정직한 학생" in watched.page.content()
        with open_gradebook(room.db_url()) as gradebook:
            students = {student.id for student in gradebook.students}
            notebooks = {n.student.id: n.id for n in gradebook.notebook_submissions(LESSON, LESSON)}
        assert NAMES[0] in students and len(notebooks) == len(NAMES) + 2
        for student in students:
            name = urllib.request.quote(student, safe="")
            watched.open(f"{base}/manage_students/{name}")
            watched.assert_dead(".breadcrumb .active", server)
        for student, notebook in notebooks.items():
            watched.open(f"{base}/submissions/{notebook}/", "#reflection")
            watched.page.evaluate("toggle_name(true)")
            # 화면의 틀이 강사에게 주는 단추와 링크를 뺀 나머지는 모두 글이에요.
            watched.assert_dead("#notebook .text_cell_render, #notebook .input_area, #notebook .output", server)
            watched.assert_dead(".name-shown > *, .name-shown[onmouseover]", server)
            if student == "정직한 학생":
                answer = watched.page.locator("pre", has_text="스케일을 나누는")
                assert answer.inner_text().strip() == HONEST
                assert answer.evaluate("e => e.scrollWidth <= e.clientWidth")  # 긴 줄은 옆으로 넘치지 않고 바뀌어요.
        # 사본이 없으면 다른 틀(404)이 이름을 보여요.
        shutil.move(room.autograded(NAMES[0], LESSON), tmp_path)
        watched.page.goto(f"{base}/submissions/{notebooks[NAMES[0]]}/")
        watched.assert_dead("#notebook", server)

        copy = room.autograded("'-alert(33)-'", LESSON).relative_to(room.path.parent)
        lab = f"{server}/lab/tree/{urllib.request.quote(str(copy))}"
        watched.open(lab, ".jp-Notebook .jp-RenderedMarkdown pre, .jp-Notebook .jp-MarkdownOutput pre")
        watched.page.wait_for_timeout(2000)  # 셀을 차례로 그리고 수식을 조판할 틈이에요. 길이는 판정에 쓰이지 않아요.
        watched.assert_dead(".jp-Notebook .jp-Cell", server)


@in_a_browser
@pytest.mark.slow
def test_the_feedback_of_nbgrader(room: Classroom, watched: Watched) -> None:
    options = ["--student==HYPERLINK(A1)", f"--CourseDirectory.root={room.path}"]
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_feedback", LESSON, "--force", *options],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]
    page = room.path / "feedback" / "=HYPERLINK(A1)" / LESSON / f"{LESSON}.html"
    watched.open(page.as_uri(), "#notebook")
    watched.assert_dead("#notebook .text_cell_render, #notebook .input_area, #notebook .output, .panel-footer", "file:")
    assert OUTSIDE in watched.page.locator(".panel-footer").first.inner_text()
