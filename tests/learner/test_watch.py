"""`course check --watch`: 진짜 가상 터미널에서 단추를 누르고, 편집기처럼 저장하고, 지우고, 멈춰 봐요."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.lesson_source import lesson_path
from autograder.layout import ROOT
from autograder.learner.keyboard import letters

termios = pytest.importorskip("termios", reason="가상 터미널은 Linux와 macOS에만 있어요.")

FIRST, SECOND = "05_attention_math", "06_multi_head"
PATIENCE = 60.0  # 초. 통과와 실패를 가르지 않아요. 멈춘 시험이 영원히 기다리지 않게만 해요.

# 확인하는 자식은 느려서, 셀의 글만 보고 답하는 것으로 바꿔요. 나머지는 모두 진짜예요.
DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from autograder import cli
from autograder.learner import progress, study, watch
from autograder.learner.notebooks import listed, read_mine
from autograder.learner.report import Report

study.LESSONS, study.STUDY = Path(sys.argv[1], "lessons"), Path(sys.argv[1], "study")

def check(path, on_result=lambda result: None, only=None):
    notebook = read_mine(path)
    verdict = {True: "pass", False: "fail"}
    return [Report(item.name, "", verdict["# 맞아요" in (notebook.text(item.name) or "")], "여기가 달라요.")
            for item in listed(path.stem) if only in (None, item.name)]

progress.check_notebook = watch.check_notebook = check
sys.exit(cli.run(["check", *sys.argv[3:], "--watch"]))
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """두 레슨을 나눠 준 코스. 학습자의 자리는 명령이 만들어요."""
    for lesson in (FIRST, SECOND):
        place = tmp_path / "lessons" / lesson / f"{lesson}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_bytes(lesson_path(lesson).read_bytes())
    return tmp_path


class Terminal:
    """가상 터미널에서 도는 명령."""

    def __init__(self, course: Path, *arguments: str) -> None:
        self.ours, theirs = os.openpty()
        self.before = termios.tcgetattr(self.ours)
        command = [sys.executable, "-c", DRIVER, str(course), str(ROOT), *arguments]
        # 제 세션의 제어 터미널이어야 Ctrl+C가 신호가 돼요.
        self.process = subprocess.Popen(
            [sys.executable, "-c", SESSION, *command], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        )  # fmt: skip
        os.close(theirs)
        self.raw, self.said, self.at = b"", "", 0

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def expect(self, *texts: str) -> None:
        """앞으로 나올 화면에 이 글들이 차례로 나올 때까지 기다려요."""
        deadline = time.monotonic() + PATIENCE
        for text in texts:
            while text not in self.said:
                assert time.monotonic() < deadline, f"{text!r}가 나오지 않았어요: {self.said[-2000:]}"
                if select.select([self.ours], [], [], 1.0)[0]:
                    try:
                        data = os.read(self.ours, 65536)
                    except OSError:
                        data = b""
                    assert data, f"{text!r} 전에 끝났어요: {self.said[-2000:]}"
                    self.raw += data
                    self.said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.raw.decode("utf-8", "ignore"))[self.at :]
            after = self.said.split(text, 1)[1]
            self.at, self.said = self.at + len(self.said) - len(after), after

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


SESSION = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def open_terminal(course: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(course, *arguments))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.ours)


def solved(course: Path, *names: str, lesson: str = FIRST) -> tuple[Path, bytes]:
    """학습자의 노트북의 자리와, 그 실습들을 푼 바이트."""
    place = course / "study" / lesson / f"{lesson}.ipynb"
    document: dict[str, Any] = json.loads(place.read_text("utf-8"))
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in names:
            cell["source"] = ["# 맞아요"]
    return place, json.dumps(document, ensure_ascii=False).encode()


def rename_over(place: Path, data: bytes) -> None:
    """JupyterLab처럼 곁에 쓰고 이름을 바꿔요."""
    beside = place.with_name(".~" + place.name)
    beside.write_bytes(data)
    os.replace(beside, place)


def test_keys_and_saves_move_between_exercises(course: Path, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("softmax")
    terminal.expect(f"{FIRST}  ", "8개 가운데 0개 통과", "1번째 softmax", "q 끝내기")
    terminal.press("h")
    terminal.expect("힌트가 2개 더 있어요", "힌트 1 · 방향", "q 끝내기")
    terminal.press("ㅜ")  # 한글 자판의 n
    terminal.expect("2번째 attention_scores", "q 끝내기")
    terminal.press("p")
    terminal.expect("1번째 softmax", "q 끝내기")
    terminal.press("p")
    terminal.expect("첫 실습이에요", "q 끝내기")
    place, data = solved(course, "softmax")
    rename_over(place, data)
    terminal.expect("softmax 통과했어요", "attention_scores", "8개 가운데 1개 통과", "여기가 달라요", "q 끝내기")
    _, data = solved(course, "softmax", "attention_scores")
    place.write_text(data.decode()[: len(data) // 3], "utf-8")  # 쓰다가 만 노트북
    terminal.expect("JSON이 깨져", "q 끝내기")
    place.write_bytes(data)  # VS Code처럼 제자리에 써요.
    terminal.expect("attention_scores 통과했어요", "3번째 padding_mask", "q 끝내기")
    place.unlink()
    terminal.expect("가 없어요", "q 끝내기")
    place.write_bytes(data)
    terminal.expect("3번째 padding_mask", "여기가 달라요", "q 끝내기")
    terminal.press("p")
    terminal.expect("2번째 attention_scores", "q 끝내기")  # 통과한 실습에도 단추로 오면 머물러요.
    terminal.press("r")
    terminal.expect("2번째 attention_scores", "통과", "q 끝내기")
    terminal.press("q")
    terminal.expect("그만 볼게요")
    assert terminal.ended() == 0 and termios.tcgetattr(terminal.ours) == terminal.before


def test_the_last_exercise_leads_to_the_next_lesson_and_the_very_last_to_the_end(
    course: Path, open_terminal: Callable[..., Terminal]
) -> None:
    names = {
        lesson: [
            cell["metadata"]["nbgrader"]["grade_id"]
            for cell in json.loads(lesson_path(lesson).read_text("utf-8"))["cells"]
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")
        ]
        for lesson in (FIRST, SECOND)
    }
    terminal = open_terminal("5")
    terminal.expect("1번째 softmax", "q 끝내기")
    place, data = solved(course, *names[FIRST])
    rename_over(place, data)
    terminal.expect("✔ softmax", "통과했어요", SECOND, "1번째 split_heads", "q 끝내기")
    place, data = solved(course, *names[SECOND], lesson=SECOND)
    rename_over(place, data)
    terminal.expect("모든 레슨의 실습을 통과했어요", "course.py submit")
    assert terminal.ended() == 0 and termios.tcgetattr(terminal.ours) == terminal.before


def test_ctrl_c_gives_the_terminal_back(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal()
    terminal.expect("1번째 softmax", "q 끝내기")
    assert termios.tcgetattr(terminal.ours) != terminal.before
    terminal.press("\x03")
    terminal.expect("그만 볼게요")
    assert terminal.ended() == 0 and termios.tcgetattr(terminal.ours) == terminal.before


def test_it_watches_without_a_terminal(course: Path) -> None:
    command = [sys.executable, "-u", "-c", DRIVER, str(course), str(ROOT), "softmax"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    try:
        assert any("끝내려면 Ctrl+C" in line for line in lines)
        rename_over(*solved(course, "softmax"))
        assert any("softmax 통과했어요" in line for line in lines)
        assert any("끝내려면 Ctrl+C" in line for line in lines)
        process.send_signal(signal.SIGINT)
        assert any("그만 볼게요" in line for line in lines)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("pressed", "keys"),
    [("H", "h"), ("ㅗ", "h"), ("ㅜㅔㄱㅂ", "nprq"), ("\x1b[C", ""), ("\x1bOAq", "q"), ("\x1b[1;5Dn", "n"), ("", "")],
)
def test_letters(pressed: str, keys: str) -> None:
    assert letters(pressed) == keys
