"""들여다보기 화면: 문장 하나를 끝까지, 전화기와 책상과 교실 화면에서, 자판만으로, 서버가 멈춰도."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import DESKTOP, PHONE, in_a_browser, keep_screenshot, open_browser, troubles
from support.play import Parrot, opened
from support.small_run import small_run

from autograder.cli.play import _reference
from autograder.play.server import Show

PROJECTOR = {"width": 1920, "height": 1080}
SENTENCE = "나는 토마토를 먹는다."


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder: Path = small_run(tmp_path_factory.mktemp("runs") / "small")
    with opened(_reference(folder, "cpu")) as made:
        yield made


def visit(context: Any, url: str) -> tuple[Any, list[str]]:
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(url)
    page.locator("#sky svg").wait_for()
    return page, wrong


def translate(page: Any, text: str) -> None:
    page.fill("#sentence", text)
    page.press("#sentence", "Enter")
    page.wait_for_function("() => !document.body.hasAttribute('aria-busy')")


@in_a_browser
def test_a_doubtful_translation_is_said_to_be_one(tmp_path: Path) -> None:
    folder: Path = small_run(tmp_path / "small")
    (folder / "result.json").write_text('{"unsure_below": 1.0}', encoding="utf-8")  # 어떤 번역도 자신이 없는 한계
    with opened(_reference(folder, "cpu")) as show, open_browser() as browser:
        page, wrong = visit(browser.new_context(viewport=DESKTOP, locale="ko-KR"), show.url)
        translate(page, "나는 학교에 간다.")
        assert page.locator("#note").inner_text().startswith("이 번역은 자신이 없어요.")
        translate(page, SENTENCE)
        assert page.locator("#note").inner_text().startswith("훈련 데이터에 없던 단어")
        assert not wrong


@in_a_browser
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark"), (PHONE, "light"), (PROJECTOR, "dark")]
)
def test_one_sentence_from_end_to_end(show: Show, viewport: dict, scheme: str) -> None:
    with open_browser() as browser:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="ko-KR", reduced_motion="reduce")
        page, wrong = visit(context, show.url)
        assert "token" not in page.url
        translate(page, SENTENCE)
        assert page.locator("#note").inner_text().startswith("훈련 데이터에 없던 단어: 토마토를")
        assert page.locator(".word.unknown").count() == 1
        assert page.locator("#target .piece").last.inner_text() == "끝"
        assert page.locator("#ended li.won").count() == 1
        heads = 2 * 1 + 1  # 1층, 헤드 둘과 평균
        assert page.locator("#grid .mini").count() == heads
        page.locator("#target .piece").first.hover()
        assert page.locator("#links path").count() > 0 and "→" in page.locator("#looking").inner_text()
        assert page.locator("#source .piece.lit").count() > 0 and page.locator("#map tr.pointed").count() == 1
        for kind in ("인코더", "디코더", "크로스"):
            page.get_by_role("radio", name=kind).click()
            assert kind in page.locator("#head-title").inner_text() and page.locator("#map td[data-row]").count() > 4
        page.locator("#grid .mini").nth(1).click()
        assert "1번 헤드" in page.locator("#head-title").inner_text()
        last = page.locator("#tree .node.won").count()
        assert last == page.locator("#target .piece").count() + 1
        page.click("#back")
        assert page.locator("#tree .node.won").count() == 0 and page.locator("#tree .node.lead").count() > 0
        page.click("#next")
        assert page.locator("#tree .node.won").count() == last
        assert page.locator("#sky .dot.lit").count() > 0
        keep_screenshot(page, f"play-{viewport['width']}-{scheme}", whole=True)
        assert troubles(page) == [] and wrong == []


@in_a_browser
def test_the_keyboard_alone_is_enough(show: Show) -> None:
    with open_browser() as browser:
        context = browser.new_context(viewport=DESKTOP, locale="ko-KR", reduced_motion="reduce")
        page, wrong = visit(context, show.url)
        translate(page, SENTENCE)
        at = lambda: page.evaluate("document.activeElement.id || document.activeElement.className")  # noqa: E731
        for _ in range(30):
            page.keyboard.press("Tab")
            if "piece" in at():
                break
        assert "focus" in at() and "→" in page.locator("#looking").inner_text()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.dataset.index") == "1"
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.dataset.side") == "target"
        reached = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.parentElement.id"))
        assert {"kinds", "grid", "map", "tree", "find", "sky"} <= reached
        page.focus("#grid .mini[tabindex='0']")
        page.keyboard.press("ArrowRight")
        assert "1번 헤드" in page.locator("#head-title").inner_text()
        page.focus("#map")
        page.keyboard.press("ArrowRight")
        assert "%" in page.locator("#cell").inner_text()
        page.focus("#sky")
        page.keyboard.press("ArrowRight")
        assert "코사인" in page.locator("#near").inner_text()
        assert wrong == []


@in_a_browser
def test_what_is_written_stays_text_and_what_cannot_be_is_said(show: Show) -> None:
    with open_browser() as browser:
        page, wrong = visit(browser.new_context(viewport=PHONE, reduced_motion="reduce"), show.url)
        translate(page, "<img src=x onerror=alert(1)> </script>")
        assert page.locator("main img").count() == 0 and "<img" in "".join(
            page.locator("#source .piece").all_inner_texts()
        )
        for text, said in (
            ("   ", "적어 주세요"),
            ("가" * 10_000, "10,000자"),
            ("나는 학교에 간다. " * 40, "너무 길어요"),
        ):
            translate(page, text)
            assert said in page.locator("#trouble").inner_text()
            assert page.locator("#target .piece").count() > 0  # 앞의 번역은 그대로예요.
        translate(page, "😀")
        assert page.locator("#trouble").is_hidden() and "😀" in page.locator("#note").inner_text()
        assert troubles(page) == [] and [text for text in wrong if "400" not in text] == []


@in_a_browser
def test_a_server_that_stops_is_said_and_the_picture_stays() -> None:
    with open_browser() as browser, opened(Parrot()) as stopping:
        page, _ = visit(browser.new_context(viewport=PHONE, reduced_motion="reduce"), stopping.url)
        translate(page, "하나 둘 셋")
        stopping.close()
        translate(page, "넷 다섯")
        assert "이어지지 않아요" in page.locator("#banner").inner_text() and page.locator("#target .piece").count() == 4


@in_a_browser
def test_the_last_sentence_wins(show: Show) -> None:
    with open_browser() as browser:
        page, wrong = visit(browser.new_context(viewport=DESKTOP), show.url)  # 움직임을 줄이지 않아서 천천히 자라요.
        for text in ("비가 온다.", "고양이가 잔다.", "나는 학교에 간다."):
            page.fill("#sentence", text)
            page.press("#sentence", "Enter")
            page.wait_for_timeout(150)
        page.wait_for_function("() => !document.body.hasAttribute('aria-busy')")
        assert page.locator("#target").get_attribute("aria-label") == "I go to school." and wrong == []
