"""문법으로 지어낸 한국어-영어 문장 쌍. 시드가 같으면 언제나 같은 문장이 나와요.

말뭉치는 둘이에요. "small"은 단어 몇백 개의 작은 문법이고, "everyday"는 인사와 일상 단어 2천여 개를 담은 큰 문법이에요.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from reference.data.corpus import everyday, grammar
from reference.data.corpus.draw import Draw
from reference.data.corpus.nominal import Sentence

HELD_OUT = 24  # 결합 24개 가운데 하나를 시험에만 써요.
SALT = "8"  # 어떤 단어나 구조도 훈련에서 통째로 사라지지 않게 고른 값
CORPORA = {"small": grammar.sentence, "everyday": everyday.sentence}
VALID = 64  # 나머지 문장 64개 가운데 하나를 검증에만 써요.


class Pair(NamedTuple):
    """한국어 문장과 그 영어 번역."""

    ko: str
    en: str


class Splits(NamedTuple):
    """서로 겹치지 않는 세 묶음. test의 문장에는 train에 없는 단어·구조의 결합이 있어요."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]


@lru_cache(maxsize=1 << 18)
def _bucket(text: str, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % size


def combinations(made: Sentence) -> tuple[str, str]:
    """문장이 담은 결합 둘: 단어와 단어(먹다+사과), 단어와 구조(먹다+과거 부정 의문)."""
    head, argument = made.words
    return f"{head} + {argument}", f"{head} @ {made.structure}"


def is_held_out(made: Sentence) -> bool:
    """훈련에 한 번도 나오지 않을 결합이 들어 있는가."""
    pair, form = combinations(made)
    # 기본 꼴(긍정 평서문)까지 빼면 단어 자체를 배울 수 없으므로, 구조와의 결합은 기본에서 벗어난 꼴만 시험에 둬요.
    return _bucket(SALT + pair, HELD_OUT) == 0 or made.marked and _bucket(SALT + form, HELD_OUT) == 0


def sentences(seed: int | str = 0, corpus: str = "small") -> Iterator[Sentence]:
    """서로 다른 문장을 끝없이 지어요. 모르는 말뭉치면 KeyError예요."""
    draw, seen, sentence = Draw(seed), set(), CORPORA[corpus]
    while True:
        made = sentence(draw)
        key = hash(made.ko)
        if key not in seen:
            seen.add(key)
            yield made


def generate(n: int, seed: int | str = 0, corpus: str = "small") -> Iterator[Pair]:
    """서로 다른 문장 쌍 n개를 차례로 내줘요."""
    return (Pair(made.ko, made.en) for made in islice(sentences(seed, corpus), n))


def splits(
    train: int = 200_000, valid: int = 1_000, test: int = 1_000, seed: int | str = 0, corpus: str = "small"
) -> Splits:
    """훈련·검증·시험 묶음을 지어요.

    시험 문장은 모두 훈련에 없는 결합을 담고, 그 단어 하나하나와 구조 하나하나는 훈련에 나와요.
    """
    found, stream = Splits([], [], []), sentences(seed, corpus)
    parts: set[str] = set()  # 훈련에 나온 단어와 구조
    while len(found.train) < train or len(found.valid) < valid:
        made = next(stream)
        side = 1 if _bucket(made.ko, VALID) == 0 else 0
        if is_held_out(made) or len(found[side]) >= (train, valid)[side]:
            continue
        found[side].append(Pair(made.ko, made.en))
        if side == 0:
            parts.update((*made.words, made.structure))
    while len(found.test) < test:
        made = next(stream)
        if is_held_out(made) and parts.issuperset((*made.words, made.structure)):
            found.test.append(Pair(made.ko, made.en))
    return found
