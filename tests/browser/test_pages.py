"""강사와 학습자가 보는 화면: 전화기와 책상에서, 밝게와 어둡게, 넘치는 것도 이름 없는 것도 없어요."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.browser import DESKTOP, PHONE, in_a_browser, keep_screenshot, open_browser, troubles

from autograder.authoring.simulated_class import simulate
from autograder.classroom.folder import Classroom
from autograder.classroom.grade_class import grade_class
from autograder.reporting.report import write_report

STUDENTS = 4


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """여덟 레슨을 모두 낸 작은 반."""
    made = Classroom(tmp_path_factory.mktemp("반") / "1반")
    simulate(STUDENTS, made.submitted)
    grade_class(made, jobs=2)
    write_report(made)
    return made


def pages(room: Classroom) -> dict[str, Path]:
    feedback = sorted((room.path / "feedback").glob("*/*.html"))
    return {"report": room.path / "report.html", "feedback": feedback[0], "feedback-08": feedback[-1]}


@in_a_browser
def test_pages_are_readable_everywhere(room: Classroom) -> None:
    found = {}
    with open_browser() as browser:
        for scheme in ("light", "dark"):
            for width, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
                context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="ko-KR")
                page = context.new_page()
                for name, path in pages(room).items():
                    page.goto(path.as_uri())
                    keep_screenshot(page, f"{name}-{width}-{scheme}", whole=True)
                    if wrong := troubles(page):
                        found[name, width, scheme] = wrong
                context.close()
    assert found == {}


@in_a_browser
def test_what_is_hard_to_read_is_seen() -> None:
    page_text = (
        "<html><body><p style='width: 900px'>넓어요</p><p style='font-size: 8px'>작아요</p><button></button>"
        "<table><tr><td>머리글이 없어요</td></tr></table><div style='overflow-x: auto'><p style='width: 900px'>괜찮아요</p></div></body></html>"
    )
    with open_browser() as browser:
        page = browser.new_page(viewport=PHONE)
        page.set_content(page_text)
        said = " / ".join(troubles(page))
    for words in (
        "화면보다 넓어요",
        "옆으로 넘쳐요: P",
        "글자가 너무 작아요",
        "이름이 없어요",
        "표에 머리글",
        "제목이 없어요",
        "한국어라고",
    ):
        assert words in said, words
    assert "괜찮아요" not in said
