"""formgrader: 채점한 학급이면 바로 보이고, 한국어이고, 손으로 준 점수가 점수표와 피드백에 닿아요."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jinja2 import Environment
from nbgrader.server_extensions.formgrader import handlers
from support.classes import LESSON
from support.marking import chromium, class_at, hand_marks, in_a_browser

from autograder.layout import ROOT
from autograder.learner.lab import free_port, wait_for_server
from autograder.marking import formgrader
from autograder.marking.formgrader import NAME_LINK, local_zone, page_loader, phrases, refresh_sources, translated

TEMPLATES = Path(handlers.template_path)


def test_every_phrase_is_still_said_by_nbgrader() -> None:
    """nbgrader가 바뀌어 없어진 말은 화면에 영어로 남아요. 여기서 알아차려요."""
    theirs = {
        "templates": "\n".join(
            path.read_text("utf-8") for path in TEMPLATES.rglob("*.*") if path.suffix in (".tpl", ".j2")
        ),
        "scripts": "\n".join(path.read_text("utf-8") for path in (Path(handlers.static_path) / "js").glob("*.js")),
    }
    assert [phrase for kind, said in theirs.items() for phrase in phrases()[kind] if phrase not in said] == []
    assert NAME_LINK in theirs["scripts"]


def test_every_list_page_is_drawn_in_korean() -> None:
    environment = Environment(loader=page_loader([str(TEMPLATES)]), autoescape=True)
    for path in TEMPLATES.glob("*.tpl"):
        if path.stem.startswith("formgrade_"):
            continue
        html = environment.get_template(path.name).render(assignment_id="<b>", notebook_id="n", student_id="s")
        assert "<b>" not in html.split("<table")[0].replace("<b>손으로 채점</b>", "") and "Manage" not in html, (
            path.name
        )
    assert environment.get_template("formgrade_404.tpl").render(resources={"index": 0, "total": 1})
    assert translated('x.text("Save");y("Save")', "scripts") == 'x.text("저장");y("Save")'


def test_sources_are_made_when_missing_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    source, solved = tmp_path / "레슨.py", tmp_path / "build" / "레슨.ipynb"
    source.write_text("")
    monkeypatch.setattr(formgrader, "sources", lambda: ["레슨"])
    monkeypatch.setattr(formgrader, "source_path", lambda lesson: source)
    monkeypatch.setattr(formgrader, "solved_path", lambda lesson: solved)
    monkeypatch.setattr("autograder.authoring.build.build_solved", made.extend)
    refresh_sources()
    solved.parent.mkdir()
    solved.write_text("")
    os.utime(source, (1, 1))
    refresh_sources()
    assert made == ["레슨"]
    os.utime(solved, (0, 0))
    refresh_sources()
    assert made == ["레슨", "레슨"]


def test_times_are_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    assert local_zone() == "Asia/Seoul"
    monkeypatch.setenv("TZ", "없는/시간대")
    assert local_zone() in ("/etc/localtime", "UTC")


@in_a_browser
def test_a_mark_typed_in_formgrader_reaches_the_table_and_the_feedback(tmp_path: Path) -> None:
    room = class_at(tmp_path / "둘째 반", {"김하늘": "<script>alert(1)</script> 평평해져요", "이바다": ""})
    port = free_port(18850)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--ServerApp.root_dir={room.path.parent}"]
    private = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "HOME")}
    environment = {**os.environ, **private, "JUPYTER_PREFER_ENV_PATH": "1", "COURSE_CLASSROOM": str(room.path)}
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        assert wait_for_server(server, port), (tmp_path / "server.log").read_text()[-2000:]
        with chromium() as browser:
            page = browser.new_page(locale="ko-KR")
            base = f"http://127.0.0.1:{port}/formgrader"
            page.goto(f"{base}/manage_assignments")
            page.wait_for_selector(f"#main-table .name:has-text('{LESSON}')")
            assert page.locator("#main-table .name a").count() == 0
            assert page.locator("#main-table tr", has_text=LESSON).locator(".num-submissions").inner_text() == "2"
            assert page.locator(".alert-warning").count() == 0
            page.goto(f"{base}/gradebook/{LESSON}/{LESSON}")
            page.wait_for_selector("#main-table tr td a")
            assert page.locator("h1").all_inner_texts() == ["성적부", "손으로 채점"]
            page.locator("#main-table tr", has=page.locator(".needs-manual-grade .glyphicon-ok")).locator(
                "a.name-hidden"
            ).click()
            page.wait_for_selector("#reflection.needs_manual_grade")
            page.wait_for_selector("#reflection-comment[placeholder^='학습자에게']")
            page.fill("#reflection", "3.5")
            page.keyboard.press("Tab")  # formgrader의 단축키: 더할 점수를 지나 의견으로
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") == "reflection-comment"
            with page.expect_response(lambda answer: "/api/comment/" in answer.url):
                page.keyboard.type("근거를 더 적어 주세요.")
                page.keyboard.press("Escape")
        feedback = room.feedback("김하늘", LESSON)
        until = time.monotonic() + 60
        report = room.path / "report.html"  # 가장 나중에 써요.
        while not (report.exists() and "98.5" in report.read_text("utf-8")) and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(30)
    assert hand_marks(room)["김하늘"] == (3.5, "근거를 더 적어 주세요.", False)
    assert "3.5 / 5점" in feedback.read_text("utf-8") and "근거를 더" in feedback.read_text("utf-8")
    assert "김하늘,김하늘,,,98.5," in room.marks_csv.read_text("utf-8-sig")
    assert "98.5" in report.read_text("utf-8")
    complaints = [
        line for line in (tmp_path / "server.log").read_text().splitlines() if "nbgrader" in line and " W " in line
    ]
    assert complaints == []
