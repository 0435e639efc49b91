"""움직이는 그림: 처음 그림은 보통의 출력으로 남고, 손잡이를 움직이면 그 출력이 새 그림이 돼요."""

from __future__ import annotations

from typing import Any

import IPython.display
import ipywidgets
import matplotlib.pyplot as plt
import pytest

from autograder.kit import moving, plots


class Handle:
    def __init__(self) -> None:
        self.shown: list[Any] = []

    def update(self, picture: Any) -> None:
        self.shown.append(picture)


@pytest.fixture
def screen(monkeypatch) -> tuple[list[Any], Handle]:
    shown: list[Any] = []
    handle = Handle()

    def display(thing: Any, display_id: bool = False) -> Handle | None:
        shown.append(thing)
        return handle if display_id else None

    monkeypatch.setattr(IPython.display, "display", display)
    return shown, handle


def test_a_slider_and_buttons_redraw_the_same_output(screen) -> None:
    shown, handle = screen
    others = plt.get_fignums()  # 앞선 시험이 열어 둔 그림은 건드리지 않아요.
    asked = []

    def draw(온도: float, 방법: str) -> None:
        asked.append((온도, 방법))
        plots.lines([0, 1], {방법: [0, 온도]})

    moving(draw, 온도=[1.0, 0.25, 4.0], 방법=["나눔", "그대로"])
    picture, controls = shown
    assert (
        isinstance(picture, IPython.display.Image) and picture.data.startswith(b"\x89PNG") and "온도 1.0" in picture.alt
    )
    slider, buttons = controls.children
    assert [value for _, value in slider.options] == [0.25, 1.0, 4.0] and slider.value == 1.0
    slider.value = 4.0
    buttons.value = "그대로"
    assert asked == [(1.0, "나눔"), (4.0, "나눔"), (4.0, "그대로")] and len(handle.shown) == 2
    assert plt.get_fignums() == others


def test_without_widgets_the_still_picture_stays(screen, monkeypatch) -> None:
    shown, _ = screen
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    moving(lambda 깊이: plots.lines([0, 1], {"": [0, 깊이]}), 깊이=[1, 2])
    assert len(shown) == 1 and isinstance(shown[0], IPython.display.Image)


def test_a_function_that_draws_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="그리지 않았어요"):
        moving(lambda 수: None, 수=[1, 2])
    assert ipywidgets.__version__
