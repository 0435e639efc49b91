"""채점 화면을 진짜 브라우저에서 자판만으로: 누른 것이 성적부에 그대로 있는지, 좁은 화면에서 넘치지 않는지."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.classes import LESSON
from support.hostile import TEXT
from support.marking import TOKEN, chromium, class_at, hand_marks, in_a_browser, opened

from autograder.classroom.folder import Classroom

ANSWERS = {
    "가": "가중치가 평평해져요.",
    "나": "가중치가  평평해져요",
    "다": "가중치는 평평해져요!",
    "라": "점수의 분산이 d_k 분의 1이 되어 0 근처로 모여요.",
    "마": "모르겠어요",
    "바": TEXT,
    "사": "",
}
SAVED = "#saved:text-is('저장했어요')"


@in_a_browser
def test_a_class_is_marked_with_the_keyboard_alone(tmp_path: Path) -> None:
    room = class_at(tmp_path / "반", ANSWERS)
    trouble: list[str] = []
    with opened(room, "강사") as desk, chromium() as browser:
        page = browser.new_page(locale="ko-KR")
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith((desk.url, "data:")) or trouble.append(request.url))

        def press(*keys: str) -> None:
            for key in keys:
                page.keyboard.press(key)

        def names() -> list[str]:
            return page.locator(".card h3").all_inner_texts()

        page.goto(f"{desk.url}/?token={TOKEN}#{LESSON}")
        page.wait_for_selector(".card[aria-current]")
        assert TOKEN not in page.url
        order = names()
        assert order[0] == "가, 나, 다" and len(order) == 4
        assert page.locator("#practice").is_hidden()
        press("4", "Period", "KeyC")  # 같은 답 셋에 한 번에 4.5점과 의견
        page.keyboard.type("그림도 들어 주세요.")
        press("Escape")
        for name in order[1:]:
            press("KeyJ")
            assert page.locator(".card[aria-current] h3").inner_text() == name
            press({"라": "5", "마": "0", "바": "2"}[name])
        press(
            "ArrowUp", "KeyR", "1", "KeyR", "4", "KeyU", "KeyU", "KeyU"
        )  # 기준 둘을 켰다가, 맨 끝의 점수까지 되돌려요.
        unmarked = order[3]
        page.wait_for_selector(SAVED)
        assert page.locator("#progress-text").inner_text() == "5 / 6 채점함"
        press("KeyF", "Home")  # 아직인 것만
        assert page.locator(".card h3:visible").count() >= 1
        press("KeyF", "KeyH")
        assert names() == ["답 1", "답 2", "답 3", "답 4"]
        expected = {"가": 4.5, "나": 4.5, "다": 4.5, "라": 5.0, "마": 0.0, "바": 2.0} | {unmarked: None}
        page.reload()
        page.wait_for_selector(".card[aria-current]")
        marks = [box.text_content() for box in page.locator(".card .badge.state").all()]
        assert marks[0] == "4.5점" and marks[3] == "아직"
        assert page.locator(".answer", has_text="alert(1)").inner_text().count("\\u202e") == 1
        assert page.evaluate("document.querySelectorAll('.card script, .card img, .card a, .card iframe').length") == 0
        kept = hand_marks(room)
        assert {name: kept[name][0] for name in expected} == expected
        assert {name for name, found in kept.items() if found[1]} == {"가", "나", "다"}
        assert {name for name, found in kept.items() if found[2]} == {unmarked}
    assert trouble == []
    assert "그림도 들어 주세요." in room.feedback("나", LESSON).read_text("utf-8")
    assert room.marks_csv.read_text("utf-8-sig").splitlines()[2].startswith("가,가,,,99.5,")


@in_a_browser
def test_what_changed_elsewhere_is_said_before_it_is_overwritten(tmp_path: Path) -> None:
    room = class_at(tmp_path / "반", {"가": "평평해져요", "나": "모르겠어요"})
    with opened(room, "강사") as mine, opened(room, "조교") as theirs, chromium() as browser:
        page, other = browser.new_page(), browser.new_page()
        for one, desk in ((page, mine), (other, theirs)):
            one.goto(f"{desk.url}/?token={TOKEN}#{LESSON}")
            one.wait_for_selector(".card[aria-current]")
        other.keyboard.press("3")
        other.wait_for_selector(SAVED)
        page.keyboard.press("5")
        page.wait_for_selector(".note.alert")
        assert "조교" in page.locator(".note.alert").inner_text()
        assert page.locator(".card[aria-current] .badge.state").inner_text() == "3점"
        page.keyboard.press("5")
        page.wait_for_selector(SAVED)
    first, second = sorted(score for score, _, _ in hand_marks(room).values() if score is not None), hand_marks(room)
    assert first == [5.0] and len(second) == 2


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_everything_has_a_name(tmp_path: Path, scheme: str) -> None:
    Classroom(tmp_path / "반").prepare(practice=True)
    room = class_at(tmp_path / "반", {"가" * 40: "가나다" * 300, "나": "https://" + "w" * 300, "다": TEXT})
    with opened(room) as desk, chromium() as browser:
        for width in (360, 390, 768, 1280, 1920):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.goto(f"{desk.url}/?token={TOKEN}#{LESSON}")
            page.wait_for_selector(".card[aria-current]")
            assert page.locator("#practice").inner_text().startswith("연습")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            unnamed = "e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)"
            assert (
                page.evaluate(f"[...document.querySelectorAll('button, select, textarea')].filter({unnamed}).length")
                == 0
            )
            page.keyboard.press("?")
            assert page.locator("#help").is_visible()
            page.get_by_role("button", name="닫기").click()
            assert not page.locator("#help").is_visible()
            page.close()
