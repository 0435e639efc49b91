"""들여다보기 화면의 시험들이 함께 쓰는 것: 무엇이든 보여 주는 가짜 번역기, 화면의 주소를 부르기."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.play.protocol import About, Choice, Done, Emit, Maps, Piece, Point, Read, Step, Word
from autograder.play.server import Show

END = Piece("끝", -1, 2)


class Parrot:
    """받은 단어들을 그대로 따라 쓰는 번역기. `before`는 번역하기 전에 할 일이에요."""

    def __init__(self, before: Callable[[str], None] | None = None) -> None:
        self.before, self.asked = before, list[str]()

    def about(self) -> About:
        return About("앵무새", [["층", "1"]], [], [1, 4], 4, 80)

    def show(self, sentence: str, beam: int, emit: Emit) -> None:
        self.asked.append(sentence)
        if self.before:
            self.before(sentence)
        words = sentence.split()
        pieces = [Piece(word, n, 10 + n) for n, word in enumerate(words)]
        emit(Read([Word(word, False) for word in words], [*pieces, END]))
        for n, word in enumerate(words):
            emit(Step([[Choice(word, -float(n), 0), Choice("가", -9.0)]], words[: n + 1], " ".join(words[: n + 1])))
        emit(Step([[Choice("끝", -1.0, final=-0.5, text=sentence)]], words, sentence))
        emit(Done(sentence, pieces, -0.5, [0] * len(words)))
        S = len(words) + 1
        even = [[[[1 / S] * S for _ in range(S)]]]
        emit(Maps(even, even, even))

    def cloud(self) -> list[Point]:
        return [Point(10 + n, f"점{n}", n / 3, 0.5, [1 - n % 2], [0.5]) for n in range(4)]


@contextmanager
def opened(translator: Any) -> Iterator[Show]:
    """화면을 열고, 나올 때 닫아요."""
    show = Show(translator, 8790)
    try:
        yield show
    finally:
        show.close()


def ask(
    show: Show, path: str, sent: Any = None, token: str | None = "", method: str | None = None, **headers: str
) -> tuple[int, list[Any]]:
    """주소 하나를 불러서 (상태, 줄마다의 JSON)을 받아요. `sent`가 있으면 POST예요."""
    data = None if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    request = urllib.request.Request(f"http://localhost:{show.port}{path}", data, method=method)
    request.add_header("Content-Type", headers.pop("kind", "application/json"))
    if token is not None:
        request.add_header("Cookie", f"course-play-{show.token[:8]}={token or show.token}")
    for name, value in headers.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, [json.loads(line) for line in answer.read().decode().splitlines()]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, [json.loads(error.read())]
