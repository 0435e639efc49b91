"""레슨 8이 학습에 쓰는 작은 한국어-영어 문장 쌍. 아래의 표를 엮어서 만들고, 어디서 내려받지 않아요.

제대로 된 자료로 학습하려면 `course train`을 써요. 여기서는 두 코어에서 몇 분 안에 배울 만큼만 만들어요.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple


class Pair(NamedTuple):
    """한국어 문장과 그 영어 번역."""

    ko: str
    en: str


class Verb(NamedTuple):
    """동사 하나. `ko`는 현재, 과거, 미래, `stem`은 '-지 않다' 앞의 꼴, `en`은 원형, 3인칭 현재, 과거예요."""

    ko: tuple[str, str, str]
    stem: str
    en: tuple[str, str, str]
    objects: tuple[tuple[str, str], ...]
    places: bool = True


# (한국어, 영어, 3인칭 단수인지)
SUBJECTS = (
    ("나는", "I", False),
    ("너는", "you", False),
    ("우리는", "we", False),
    ("그들은", "they", False),
    ("민수는", "Minsu", True),
    ("지영은", "Jiyoung", True),
    ("선생님은", "the teacher", True),
    ("학생은", "the student", True),
    ("내 친구는", "my friend", True),
    ("의사는", "the doctor", True),
)
BOOK, BREAD, APPLE = ("책을", "a book"), ("빵을", "bread"), ("사과를", "an apple")
LETTER, COFFEE = ("편지를", "a letter"), ("커피를", "coffee")
VERBS = (
    Verb(
        ("간다", "갔다", "갈 것이다"),
        "가지",
        ("go", "goes", "went"),
        (
            ("학교에", "to school"),
            ("집에", "home"),
            ("은행에", "to the bank"),
            ("공원에", "to the park"),
            ("도서관에", "to the library"),
            ("파리에", "to Paris"),
        ),
        places=False,
    ),
    Verb(
        ("읽는다", "읽었다", "읽을 것이다"),
        "읽지",
        ("read", "reads", "read"),
        (BOOK, LETTER, ("신문을", "a newspaper")),
    ),
    Verb(("먹는다", "먹었다", "먹을 것이다"), "먹지", ("eat", "eats", "ate"), (BREAD, APPLE, ("밥을", "rice"))),
    Verb(
        ("마신다", "마셨다", "마실 것이다"),
        "마시지",
        ("drink", "drinks", "drank"),
        (COFFEE, ("물을", "water"), ("우유를", "milk")),
    ),
    Verb(
        ("산다", "샀다", "살 것이다"),
        "사지",
        ("buy", "buys", "bought"),
        (BOOK, BREAD, APPLE, COFFEE, ("꽃을", "flowers")),
    ),
    Verb(("쓴다", "썼다", "쓸 것이다"), "쓰지", ("write", "writes", "wrote"), (LETTER, ("시를", "a poem"))),
    Verb(
        ("그린다", "그렸다", "그릴 것이다"),
        "그리지",
        ("draw", "draws", "drew"),
        (("꽃을", "flowers"), ("집을", "a house")),
    ),
)
PLACES = (
    ("", ""),
    ("학교에서", "at school"),
    ("집에서", "at home"),
    ("공원에서", "in the park"),
    ("파리에서", "in Paris"),
)
TIMES = (("매일", "every day"), ("어제", "yesterday"), ("내일", "tomorrow"))  # 시제의 차례와 같아요.
NEGATIVE = ("않는다", "않았다", "않을 것이다")


def every_pair() -> Iterator[Pair]:
    """표로 만들 수 있는 문장 쌍을 모두 차례로 내줘요."""
    for subject, verb, tense, timed, negated in product(SUBJECTS, VERBS, range(3), (False, True), (False, True)):
        for thing, place in product(verb.objects, PLACES if verb.places else PLACES[:1]):
            yield _pair(subject, verb, tense, timed, negated, thing, place)


def _pair(
    subject: tuple[str, str, bool],
    verb: Verb,
    tense: int,
    timed: bool,
    negated: bool,
    thing: tuple[str, str],
    place: tuple[str, str],
) -> Pair:
    ko_verb = f"{verb.stem} {NEGATIVE[tense]}" if negated else verb.ko[tense]
    base, third, past = verb.en
    if tense == 2:
        en_verb = f"will not {base}" if negated else f"will {base}"
    elif negated:
        en_verb = f"{('does' if subject[2] else 'do') if tense == 0 else 'did'} not {base}"
    else:
        en_verb = past if tense else third if subject[2] else base
    time = TIMES[tense] if timed else ("", "")
    korean = (subject[0], time[0], place[0], thing[0], ko_verb)
    english = (subject[1], en_verb, thing[1], place[1], time[1])
    return Pair(" ".join(filter(None, korean)), " ".join(filter(None, english)))


def split_pairs(train: int, test: int, seed: int = 8) -> tuple[list[Pair], list[Pair]]:
    """겹치지 않는 학습과 시험 묶음. 같은 `seed`면 언제나 같아요."""
    pairs = list(every_pair())
    # 책을 함께 걸어온 예문은 언제나 시험에 넣어요. 한 번도 본 적 없는 문장이어야 해요.
    first = [pair for pair in pairs if pair.ko == "나는 학교에 간다"]
    rest = [pair for pair in pairs if pair not in first]
    random.Random(seed).shuffle(rest)
    return rest[:train], first + rest[len(rest) - test + len(first) :]
