"""진행 막대: 한 줄을 고쳐 쓰고, 자주 쓰지 않고, 난수를 건드리지 않아요."""

from __future__ import annotations

import gc
import itertools
import random

import IPython.display
import numpy as np
import pytest
import torch

from autograder.kit import progress_bar
from autograder.kit.progress_bar import progress


class Kernel:
    """노트북 흉내: 줄마다 지금까지 적힌 글들, 그리고 세 번에 한 번만 흐르는 시계."""

    def __init__(self, monkeypatch) -> None:
        self.lines: list[list[str]] = []
        self.count, self.now = 1, itertools.count()
        monkeypatch.setattr(progress_bar, "_in_kernel", lambda: True)
        monkeypatch.setattr(progress_bar, "_execution_count", lambda: self.count)
        monkeypatch.setattr(progress_bar.time, "perf_counter", lambda: next(self.now) / 10)
        monkeypatch.setattr(IPython.display, "display", self.display)

    def display(self, data, raw, display_id):
        line = [data["text/plain"]]
        self.lines.append(line)

        class Handle:
            def update(self, data, raw):
                line.append(data["text/plain"])

        return Handle()


@pytest.fixture
def kernel(monkeypatch):
    yield Kernel(monkeypatch)
    progress_bar._outer.clear()


def test_one_line_from_the_start_to_a_tidy_end(kernel):
    assert list(progress(range(40), "학습")) == list(range(40))
    (line,) = kernel.lines
    assert line[0].startswith("학습 ░") and "0%" in line[0]
    assert any("█" in text and "남음" in text for text in line[1:-1])
    assert line[-1].startswith("학습 · ") and "초" in line[-1] and "█" not in line[-1]
    assert len(line) < 20  # 시계가 0.1초씩 흐르니 마흔 번을 모두 적지는 않아요.


def test_a_loop_inside_fills_the_share_of_the_outer_one(kernel):
    for _ in progress(["가", "나"], "바깥"):
        for _ in progress(range(30), "안쪽"):
            pass
    (line,) = kernel.lines
    shares = [int(text.split("%")[0].split()[-1]) for text in line[:-1]]
    assert shares == sorted(shares) and any(0 < share < 50 for share in shares) and any(share > 50 for share in shares)


def test_a_loop_that_breaks_off_says_where(kernel):
    for number in progress(range(10), "학습"):
        if number == 5:
            break
    gc.collect()
    assert "50%에서 멈춤" in kernel.lines[0][-1]


def test_a_cell_after_a_failed_one_has_its_own_line(kernel):
    failed = progress(range(10), "앞의 셀")
    next(failed)
    kernel.count += 1
    assert list(progress(range(3), "다음 셀")) == [0, 1, 2]
    failed.close()
    assert list(progress([], "빈 것")) == []
    assert [line[-1].split(" ·")[0] for line in kernel.lines] == ["앞의 셀", "다음 셀", "빈 것"]


def test_no_randomness_is_used(kernel):
    def drawn():
        return random.random(), np.random.random(), torch.rand(1).item()

    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    plain = [drawn() for _ in range(5)]
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    assert [drawn() for _ in progress(range(5), "학습")] == plain


@pytest.mark.parametrize(("terminal", "expected"), [(True, ["\r학습", "초 ", "\n"]), (False, [])])
def test_a_terminal_sees_the_line_and_a_file_sees_nothing(terminal, expected, monkeypatch, capsys):
    monkeypatch.setattr(progress_bar.sys.stderr, "isatty", lambda: terminal, raising=False)
    assert list(progress(range(3), "학습")) == [0, 1, 2]
    said = capsys.readouterr()
    assert said.out == "" and all(part in said.err for part in expected) and bool(said.err) is terminal


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0초"), (9.94, "9.9초"), (9.96, "10초"), (59.6, "1분 0초"), (125, "2분 5초")]
)
def test_how_long_is_said_in_words(seconds, text):
    assert progress_bar._spell(seconds) == text
