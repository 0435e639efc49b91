"""레슨의 그림들을 밝은 화면과 어두운 화면, 휴대전화와 책상 위에서 봐요."""

from __future__ import annotations

from support.browser import DESKTOP, PHONE, in_a_browser, keep_screenshot, open_browser, troubles

from autograder.kit.drawings import drawing, drawings

INK = {"light": ("#212121", "#616161", "#ffffff"), "dark": ("#e0e0e0", "#9e9e9e", "#111111")}


def page_of(scheme: str) -> str:
    ink, faint, paper = INK[scheme]
    body = "".join(f"<h2>{name}</h2>{drawing(name)._repr_html_()}" for name in sorted(drawings()))
    style = (
        f"background:{paper};color:{ink};--jp-content-font-color1:{ink};--jp-content-font-color2:{faint};margin:12px"
    )
    return f'<!doctype html><html lang="ko"><head><title>그림</title></head><body style="{style}">{body}</body></html>'


@in_a_browser
def test_drawings_fit_every_screen() -> None:
    found = {}
    with open_browser() as browser:
        for scheme in INK:
            for width, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
                page = browser.new_page(viewport=viewport, color_scheme=scheme, locale="ko-KR")
                page.set_content(page_of(scheme))
                keep_screenshot(page, f"drawings-{width}-{scheme}", whole=True)
                if wrong := troubles(page):
                    found[scheme, width] = wrong
                page.close()
    assert found == {}
