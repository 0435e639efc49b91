"""시스템의 크로미엄으로 화면을 여는 시험의 도우미."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest

from autograder.layout import BUILD

try:
    from playwright.sync_api import Browser, Locator, Page, sync_playwright
except ImportError:
    sync_playwright = None  # 없으면 브라우저의 시험만 건너뛰어요.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENSHOTS = BUILD / "screenshots"  # 시험이 남긴 화면. 사람이 들여다봐요.
in_a_browser = pytest.mark.skipif(
    sync_playwright is None or CHROMIUM is None,
    reason="playwright나 크로미엄이 없어 화면을 브라우저로 열어 보지 못했어요. `python3 course.py setup --test`와 Debian의 chromium이 필요해요.",
)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """크로미엄 하나."""
    with sync_playwright() as playwright:
        # 루트로 도는 시험 기계에서는 크로미엄의 모래상자를 쓸 수 없어요.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


def keep_screenshot(page: Page, name: str, whole: bool = False) -> None:
    """지금의 화면을 `build/screenshots/<name>.png`로 남겨요."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)


@contextmanager
def serving(command: list[str], folder: Path, environment: dict[str, str], seconds: float = 120) -> Iterator[str]:
    """주소를 적어 주는 명령을 띄우고 그 주소를 돌려줘요. 끝나면 Ctrl+C로 닫아요."""
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(r"http://\S+", log.read_text("utf-8"))
            if found:
                break
            assert server.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")[-2000:]
            time.sleep(0.2)
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)


def unpack_bundle(bundle: Path, folder: Path) -> Path:
    """학습자 묶음을 풀고 그 안의 코스 폴더를 돌려줘요."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    (course,) = folder.iterdir()
    return course


def course_command(course: Path, *arguments: str) -> list[str]:
    """그 코스 폴더의 `course` 명령."""
    return [sys.executable, "-m", "autograder.cli", *arguments]


def course_environment(course: Path, private: Path) -> dict[str, str]:
    """그 코스 폴더의 `autograder`를 쓰고, 사람의 설정을 읽지도 고치지도 않는 환경."""
    places = {name: str(private / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "HOME", "IPYTHONDIR")}
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    # 화면 밖의 셀까지 그려 두게 해요. 시험이 셀을 찾으려고 오르내리지 않아도 돼요.
    tracker = private / "JUPYTER_CONFIG_DIR" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', "utf-8")
    # 시험이 고른 그림 창(Agg)을 물려주면 노트북에 그림이 나오지 않아요.
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return {**inherited, **places, "PYTHONPATH": str(course), "COURSE_FAST": "1"}


# 넘치는 것, 이름 없는 것, 겹쳐 읽을 수 없는 것을 화면에서 찾아요.
_TROUBLES = """() => {
  const name = e => (e.tagName + '.' + e.className + ' ' + (e.innerText || '').slice(0, 40)).trim(), found = [];
  const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length;
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push('화면보다 넓어요: ' + document.documentElement.scrollWidth);
  const scrolls = e => { for (; e; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true; return false; };
  for (const e of document.querySelectorAll('body *')) {
    if (!seen(e)) continue;
    const box = e.getBoundingClientRect();
    const outside = box.right > innerWidth + 1 || box.left < -1;
    if (box.width > 1 && outside && !scrolls(e.parentElement)) found.push('옆으로 넘쳐요: ' + name(e));
    const words = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (words && parseFloat(getComputedStyle(e).fontSize) < 11) found.push('글자가 너무 작아요: ' + name(e));
  }
  const labelled = e => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.innerText || e.title || e.alt
    || (e.labels && e.labels.length);
  const controls = 'button, a[href], input:not([type=hidden]), select, textarea, img, [role=img], summary';
  for (const e of document.querySelectorAll(controls))
    if (seen(e) && !labelled(e)) found.push('이름이 없어요: ' + e.outerHTML.slice(0, 120));
  for (const e of document.querySelectorAll('table')) if (seen(e) && !e.querySelector('th')) found.push('표에 머리글이 없어요: ' + name(e));
  if (!document.title) found.push('제목이 없어요');
  if (!document.documentElement.lang.startsWith('ko')) found.push('말이 한국어라고 적혀 있지 않아요');
  return [...new Set(found)];
}"""
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def troubles(page: Page) -> list[str]:
    """지금의 화면에서 읽거나 쓰기 어려운 것들. 비어 있으면 괜찮아요."""
    return list(page.evaluate(_TROUBLES))


class Lab:
    """JupyterLab의 노트북 하나. 사람이 하듯 셀을 누르고, 적고, 실행해요."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        name = PurePosixPath(urlsplit(url).path).name
        page.locator(".lm-DockPanel-tabBar .lm-mod-current", has_text=name).wait_for(timeout=90_000)
        self.notebook.locator(".jp-Cell").first.wait_for(timeout=90_000)
        self.rest(90)

    def find(self, text: str) -> Locator:
        """`text`가 든 코드 셀."""
        cell = self.notebook.locator(".jp-CodeCell", has=self.page.locator(".jp-InputArea", has_text=text)).first
        cell.wait_for()
        cell.scroll_into_view_if_needed()
        return cell

    def write(self, text: str, code: str) -> None:
        """`text`가 든 셀의 글을 `code`로 바꾸고 실행해요."""
        self.find(text).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        self.rest()

    def run(self, text: str) -> str:
        """`text`가 든 셀을 실행하고 그 출력의 글을 돌려줘요."""
        cell = self.find(text)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.rest()
        return cell.locator(".jp-OutputArea").inner_text()

    def rest(self, seconds: float = 60) -> None:
        """커널이 쉴 때까지 기다려요."""
        self.page.wait_for_timeout(400)
        idle = self.notebook.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        idle.wait_for(state="attached", timeout=1000 * seconds)

    def restart_and_run_all(self, seconds: float = 120) -> None:
        """도구 막대의 단추로 커널을 다시 시작하고 모든 셀을 실행해요."""
        self.notebook.locator(
            "[data-command='notebook:restart-run-all'], [data-jp-item-name='restart-and-run']"
        ).first.click()
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.wait_for_timeout(3000)
        self.rest(seconds)
