"""그림은 그림판 안에 다 들어가고, 글이 겹치지 않고, 보지 못하는 사람에게 읽어 줄 글이 있고, 어느 레슨인가가 써요."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from autograder.authoring.lesson_source import read_source, sources
from autograder.kit.drawings import drawing, drawings
from autograder.kit.drawings.canvas import Canvas, text_width
from autograder.kit.drawings.whole_model import NAMES

SVG = "{http://www.w3.org/2000/svg}"


def root_of(canvas: Canvas) -> ElementTree.Element:
    return ElementTree.fromstring(canvas._repr_html_())


def text_boxes(root: ElementTree.Element) -> list[tuple[str, float, float, float, float]]:
    """글마다 (글, 왼쪽, 위, 오른쪽, 아래)."""
    found = []
    for element in root.iter(f"{SVG}text"):
        x, y, size = (float(element.attrib[name]) for name in ("x", "y", "font-size"))
        width = text_width(element.text or "", size)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[element.attrib["text-anchor"]]
        found.append((element.text or "", left, y - size / 2, left + width, y + size / 2))
    return found


@pytest.mark.parametrize("name", sorted(drawings()))
def test_everything_is_inside_and_no_text_covers_another(name: str) -> None:
    canvas = drawing(name)
    boxes = text_boxes(root_of(canvas))
    assert boxes
    for text, left, top, right, bottom in boxes:
        assert left >= -1 and top >= -1 and right <= canvas.width + 1 and bottom <= canvas.height + 1, text
    for i, (one, left, top, right, bottom) in enumerate(boxes):
        for other, l2, t2, r2, b2 in boxes[i + 1 :]:
            apart = right <= l2 + 1 or r2 <= left + 1 or bottom <= t2 + 1 or b2 <= top + 1
            assert apart, f"{one!r}와 {other!r}가 겹쳐요"
    for element in root_of(canvas).iter(f"{SVG}rect"):
        x, y, width, height = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + width <= canvas.width and y + height <= canvas.height


@pytest.mark.parametrize("name", sorted(drawings()))
def test_the_words_for_those_who_cannot_see_are_there(name: str) -> None:
    canvas = drawing(name)
    assert root_of(canvas).attrib["role"] == "img" and root_of(canvas).attrib["aria-label"] == canvas.alt
    assert len(re.findall(r"[가-힣]", canvas.alt)) >= 30 and canvas.alt.endswith((".", "요"))
    assert repr(canvas) == canvas.alt


def test_every_drawing_is_shown_in_a_lesson_and_every_lesson_shows_the_whole() -> None:
    shown = {
        lesson: set(re.findall(r'drawing\("([\w-]+)"', "\n".join(cell.source for cell in read_source(lesson).cells)))
        for lesson in sources()
    }
    assert set().union(*shown.values()) == set(drawings())
    for lesson, names in shown.items():
        assert "transformer" in names and len(names) >= 3, lesson


def test_the_lit_part_is_named_and_an_unknown_drawing_is_told() -> None:
    for name, korean in NAMES.items():
        assert korean in drawing("transformer", lit=name).alt
    with pytest.raises(KeyError, match="transformer"):
        drawing("없는 그림")
