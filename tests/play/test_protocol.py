"""화면이 아는 값들: 사전에서 값으로, 값에서 JSON으로. 모양이 다르면 자리를 말해요."""

from __future__ import annotations

import json
import math

import pytest
from support.play import Parrot

from autograder.play.protocol import About, Choice, Maps, Step, built, parsed, plain


def test_what_is_sent_is_what_was_said() -> None:
    said: list = []
    Parrot().show("하나 둘", 4, said.append)
    for event in said:
        sent = json.loads(json.dumps(plain(event), allow_nan=False))
        assert parsed(sent) == event
    assert [plain(event)["kind"] for event in said] == ["read", "step", "step", "step", "done", "maps"]


def test_what_is_not_a_number_is_nothing_in_json() -> None:
    sent = plain(Step([[Choice("가", -math.inf, final=math.nan)]], [], ""))
    assert sent["rows"] == [[{"piece": "가", "score": None, "to": -1, "final": None, "text": ""}]]
    assert plain(Maps([[[[math.nan]]]], [], []))["encoder"] == [[[[None]]]]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"kind": "no"}, "'no'"),
        ({}, "None"),
        ({"kind": "read", "words": [], "pieces": [{"text": 3, "word": 0, "id": 0}]}, r"read.pieces\[0\].text"),
        ({"kind": "read", "words": [], "pieces": "가"}, "read.pieces: 목록"),
        ({"kind": "read", "words": []}, "pieces"),
        ({"kind": "read", "words": [], "pieces": [], "html": "x"}, "Read의 항목"),
        ({"kind": "done", "text": "", "pieces": [], "score": True, "lanes": []}, "done.score"),
        ({"kind": "done", "text": "", "pieces": [], "score": 0, "lanes": [1.5]}, r"done.lanes\[0\]"),
        ({"kind": "maps", "encoder": [[["x"]]], "decoder": [], "cross": []}, "maps.encoder"),
    ],
)
def test_a_wrong_shape_names_its_place(given: dict, place: str) -> None:
    with pytest.raises(TypeError, match=place):
        parsed(given)


def test_whole_numbers_may_stand_for_scores() -> None:
    done = parsed({"kind": "done", "text": "", "pieces": [], "score": -1, "lanes": []})
    assert done.score == -1.0 and isinstance(done.score, float)
    about = {"name": "", "facts": [["층", "1"]], "examples": [], "beams": [1], "beam": 1, "longest": 3}
    assert built(About, about, "about") == About("", [["층", "1"]], [], [1], 1, 3)
