"""학습자의 하루를 브라우저로: 묶음을 풀고, 열고, 틀리게 풀고, 바르게 풀고, 처음부터 다시 실행해요."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import (
    Lab,
    course_command,
    course_environment,
    in_a_browser,
    keep_screenshot,
    open_browser,
    serving,
    unpack_bundle,
)

from autograder.authoring.bundle import write_bundle
from autograder.authoring.lesson_source import sources
from autograder.notebooks.reading import read_notebook

LESSONS = sources()
WRONG = "def softmax(x, dim=-1):\n    return x / x.sum(dim=dim, keepdim=True)"
RIGHT = "def softmax(x, dim=-1):\n    shifted = (x - x.amax(dim=dim, keepdim=True)).exp()\n    return shifted / shifted.sum(dim=dim, keepdim=True)"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("학습자의 폴더 '5'")
    write_bundle(folder / "학습자.zip")
    return unpack_bundle(folder / "학습자.zip", folder / "푼 곳")


@pytest.fixture(scope="module")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environment = course_environment(course, tmp_path_factory.mktemp("home"))
    with serving(course_command(course, "lab", "--no-browser", "--port", "19100"), course, environment) as url:
        yield url


@in_a_browser
def test_from_the_first_opening_to_a_solved_exercise(course: Path, lab: str) -> None:
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="ko-KR")
        opened = Lab(page, lab)  # 처음 열면 첫 레슨이에요.
        assert "lab/tree/study/01_background" in page.url
        opened.find("import torch")
        keep_screenshot(page, "lab-first")
        page.close()
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="ko-KR")
        lesson = Lab(page, lab.replace("01_background", "05_attention_math"))
        lesson.run("import torch")
        assert "아직" in lesson.run('check("softmax")')
        lesson.write("def softmax", WRONG)
        said = lesson.run('check("softmax")')
        keep_screenshot(page, "lab-wrong")
        assert "아직이에요" in said and "점수를 그대로 합으로 나눴어요" in said
        lesson.write("def softmax", RIGHT)
        said = lesson.run('check("softmax")')
        keep_screenshot(page, "lab-right")
        assert "아직이에요" not in said and "통과" in said
        page.keyboard.press("Control+S")
        lesson.restart_and_run_all()
        keep_screenshot(page, "lab-run-all")
        saved = read_notebook(course / "study" / "05_attention_math" / "05_attention_math.ipynb")
        assert saved.text("softmax") == RIGHT


@in_a_browser
@pytest.mark.parametrize(
    "lesson", [pytest.param(name, marks=[] if name[:2] == "05" else pytest.mark.slow) for name in LESSONS]
)
def test_a_drawing_is_seen_and_a_figure_moves(lab: str, lesson: str) -> None:
    """풀기 전에도 그림은 보이고, 손잡이 하나는 움직여요. 글로만 그린 실험은 실습을 기다릴 수 있어요."""
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="ko-KR")
        notebook = Lab(page, lab.replace("01_background/01_background", f"{lesson}/{lesson}"))
        notebook.restart_and_run_all(300)
        drawing = notebook.notebook.locator("svg[role=img][aria-label]").first
        drawing.scroll_into_view_if_needed()
        assert drawing.bounding_box()["width"] > 300
        keep_screenshot(page, f"drawing-{lesson}")
        handle = notebook.notebook.locator(".widget-slider .noUi-handle, .widget-toggle-buttons button").first
        if handle.count() == 0:
            return
        handle.scroll_into_view_if_needed()
        picture = handle.locator(
            "xpath=ancestor::div[contains(@class,'jp-OutputArea-child')]/preceding-sibling::div//img"
        )
        before = picture.last.get_attribute("src")
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(1500)
        notebook.rest()
        assert picture.last.get_attribute("src") != before
        keep_screenshot(page, f"moving-{lesson}")
