"""진짜 한국어 글: 이미 설치한 패키지에 든 글을 모아, 겹치지 않는 덩이로 나눠요. 새로 내려받는 것은 없어요.

헌법과 국회 의안(KoNLPy), JupyterLab의 화면 글(jupyterlab-language-pack-ko-KR)로 모두 10만 자쯤이에요.
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reference.errors import UserError

BLOCK = 240  # 덩이 하나의 글자 수. 줄의 경계에서 자르므로 조금 길거나 짧아요.
UNKNOWN = 3  # 글자 사전에서 모르는 글자의 번호. 0, 1, 2는 PAD, BOS, EOS예요.
SURPRISE = math.log(65_536)  # 모르는 글자가 어느 글자인지 유니코드 기본 평면에서 고르게 짚는 값(nat)

_HANGUL = re.compile(r"[가-힣]")


def _folder(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(f"한국어 글이 든 패키지 {package}가 없어요. `python3 course.py`로 설치를 마쳐 주세요.")
    return Path(spec.origin).parent / inside


@cache
def documents() -> tuple[str, ...]:
    """글 하나씩: 헌법, 의안 열 개, 화면 글 한 묶음. 패키지가 없으면 UserError예요."""
    laws = sorted(_folder("konlpy", "data/corpus").glob("ko*/*.txt"))
    found = [path.read_text("utf-8") for path in laws]
    screens: dict[str, None] = {}  # 차례를 지키며 겹친 것을 빼요.
    for path in sorted(_folder("jupyterlab_language_pack_ko_KR", "locale").rglob("*.json")):
        catalog = json.loads(path.read_text("utf-8"))
        texts = (text for key, said in sorted(catalog.items()) if key for text in said if isinstance(text, str))
        screens |= dict.fromkeys(text for text in texts if _HANGUL.search(text))
    return tuple(
        "\n".join(line.strip() for line in text.split("\n") if line.strip()) for text in (*found, "\n".join(screens))
    )


class Blocks(NamedTuple):
    """서로 겹치지 않는 글 덩이들이에요. 훈련, 검증, 시험이 8:1:1이에요."""

    train: list[str]
    valid: list[str]
    test: list[str]


def blocks(seed: int, share: float = 1.0) -> Blocks:
    """글을 덩이로 잘라 시드마다 새로 나눠요. share는 모든 글 가운데 쓸 몫(0~1)이에요."""
    pieces = [piece for document in documents() for piece in _cut(document)]
    random.Random(seed).shuffle(pieces)
    pieces = pieces[: max(10, round(share * len(pieces)))]
    tenth = len(pieces) // 10
    return Blocks(pieces[2 * tenth :], pieces[:tenth], pieces[tenth : 2 * tenth])


def _cut(text: str) -> Iterator[str]:
    """줄의 경계에서 BLOCK자쯤으로 잘라요. 한 줄이 더 길면 그 안에서 잘라요."""
    piece = ""
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), BLOCK):
            if piece and len(piece) + len(line[start : start + BLOCK]) > BLOCK:
                yield piece
                piece = ""
            piece += line[start : start + BLOCK]
    if piece:
        yield piece


class Characters:
    """글자 하나가 토큰 하나인 사전이에요. 훈련에 두 번 넘게 나온 글자만 알고, 나머지는 모두 UNKNOWN이에요."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(char for text in texts for char in text)
        self.chars = sorted(char for char, count in counts.items() if count > 1)
        self._number = {char: number for number, char in enumerate(self.chars, UNKNOWN + 1)}

    def __len__(self) -> int:
        return UNKNOWN + 1 + len(self.chars)

    def encode(self, text: str) -> list[int]:
        """글을 번호로 바꿔요. 글자마다 하나씩이에요."""
        return [self._number.get(char, UNKNOWN) for char in text]

    def decode(self, ids: Iterable[int]) -> str:
        """번호를 글로 되돌려요. 모르는 글자는 "□"로, PAD와 BOS와 EOS는 빼고 적어요."""
        return "".join(self.chars[i - UNKNOWN - 1] if i > UNKNOWN else "□" if i == UNKNOWN else "" for i in ids)
