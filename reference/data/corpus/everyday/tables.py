"""일상 말뭉치의 단어 표를 읽어요. 표는 이 폴더의 .txt이고, 적는 방법은 파일마다 첫 줄에 있어요."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reference.data.corpus.hangul import Stem
from reference.data.corpus.lexicon import word_list

HERE = Path(__file__).parent
VERBAL = set(word_list("긴장되 걱정되 설레 신나 만족하 졸리 화나"))  # 형용사처럼 쓰지만 동사로 활용해요.
EXIST = ("있", "없")  # 이렇게 끝나는 형용사는 '있는'처럼 꾸며요.


class Noun(NamedTuple):
    """명사. kind는 "count", "mass"(셀 수 없음), "plural"(늘 복수), "the"(늘 the)이에요."""

    ko: str
    en: str
    plural: str
    kind: str
    group: str
    counter: str = ""  # "개", "잔:cup"


class Place(NamedTuple):
    """장소. name은 관사까지 붙은 영어, preposition은 '~에서'의 전치사예요."""

    ko: str
    en: str
    name: str
    preposition: str
    group: str


class Person(NamedTuple):
    """사람. role은 "name", "kin", "role"이고 pronoun은 동사와 맞출 인칭이에요."""

    ko: str
    en: str
    pronoun: str
    role: str
    respect: bool = False


class Slot(NamedTuple):
    """동사가 데리고 다니는 말 하나: 조사, 들어갈 수 있는 것들, 영어의 한정이나 전치사."""

    particle: str
    groups: tuple[str, ...]
    words: tuple[str, ...]
    mark: str


class Verb(NamedTuple):
    """동사 한 줄. kind는 "v"(마음먹고 하는 일), "n"(저절로 되는 일), "s"(상태)예요."""

    stem: Stem
    en: str
    kind: str
    slot: Slot | None
    places: tuple[str, ...]
    split: bool = False  # '공부|하다'처럼 '안'이 가운데 끼는가
    dative: bool = False  # 받는 사람이 있는가
    negative: bool = False  # '모르다'처럼 영어가 부정인가


class Adjective(NamedTuple):
    """형용사. groups는 꾸밀 수 있는 명사의 무리예요."""

    stem: Stem
    en: str
    groups: tuple[str, ...]


def lines(name: str) -> Iterator[str]:
    """표의 줄들. 빈 줄과 설명은 건너뛰어요."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def sections(name: str) -> Iterator[tuple[str, str]]:
    """(무리의 머리, 줄)."""
    head = ""
    for line in lines(name):
        if line.startswith("["):
            head = line
        else:
            yield head, line


def _entries(name: str) -> Iterator[tuple[str, str, str]]:
    """(무리의 머리, 한국어, 영어)."""
    for head, line in sections(name):
        for entry in line.split():
            ko, _, en = entry.partition("=")
            yield head, ko.replace("_", " "), en.replace("_", " ")


def plural(word: str) -> str:
    """영어의 규칙 복수: books, boxes, stories."""
    if word.endswith(("s", "sh", "ch", "x")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _nouns() -> dict[str, list[Noun]]:
    found: dict[str, list[Noun]] = {}
    for head, ko, text in _entries("nouns.txt"):
        group, _, counter = head[1:].partition("]")
        group, _, counter = group.partition(" ")
        kind = {"-": "mass", "+": "plural", "!": "the"}.get(text[-1], "count")
        en, _, many = text.rstrip("-+!").partition("/")
        many = en if kind == "plural" else many or plural(en)
        found.setdefault(group, []).append(Noun(ko, en, many, kind, group, counter))
    return found


def _places() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for head, ko, text in _entries("places.txt"):
        group, preposition = head[1:-1].split()
        bare = text.endswith("-") or group in ("city", "country", "nation")
        own, _, en = text.rstrip("-").rpartition("~")
        found.setdefault(group, []).append(Place(ko, en, en if bare else f"the {en}", own or preposition, group))
    return found


def _people() -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for head, ko, text in _entries("people.txt"):
        role = head[1:-1]
        en, _, pronoun = text.lstrip("*").partition("/")
        if role == "role" and en not in ("he", "she") and not en.startswith("that"):
            en = f"the {en}"
        found.setdefault(role, []).append(Person(ko, en, pronoun, role, text.startswith("*")))
    return found


def _times() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for head, ko, en in _entries("times.txt"):
        found.setdefault(head[1:-1], []).append((ko, en))
    return found


def _stem(text: str, kind: str = "verb") -> Stem:
    ko, _, irregular = text.replace("_", " ").partition(":")
    if kind == "adjective":
        kind = "exist" if ko.endswith(EXIST) else "verb" if ko in VERBAL else kind
    return Stem(ko, irregular, kind)


def _slot(text: str) -> Slot:
    particle, groups, mark = text.split(":")
    if groups.startswith("="):
        return Slot(particle, (), tuple(word.replace("_", " ") for word in groups[1:].split("+")), mark)
    return Slot(particle, tuple(groups.split("+")), (), mark.replace("_", " "))


def _verbs() -> list[Verb]:
    found = []
    for head, line in sections("verbs.txt"):
        ko, en, *rest = line.split()
        slot = next((part for part in rest if part != "-" and not part.startswith("@")), "")
        places = next((part[1:] for part in rest if part.startswith("@")), "")
        dative = slot.startswith("에게,")
        found.append(
            Verb(
                _stem(ko.replace("~", "")),
                en.removeprefix("not_").replace("_", " ").replace("my ", "{my} "),
                head[1:-1],
                _slot(slot.removeprefix("에게,")) if slot else None,
                tuple(places.split("+")) if places else (),
                "~" in ko,
                dative,
                en.startswith("not_"),
            )
        )
    return found


def _adjectives() -> dict[str, list[Adjective]]:
    found: dict[str, list[Adjective]] = {}
    for head, line in sections("adjectives.txt"):
        for entry in filter(None, (part.strip() for part in line.split(";"))):
            ko, en, *groups = entry.split()
            listed = tuple(groups[0].split("+")) if groups else ()
            found.setdefault(head[1:-1], []).append(Adjective(_stem(ko, "adjective"), en.replace("_", " "), listed))
    return found


NOUNS, PLACES, PEOPLE, TIMES = _nouns(), _places(), _people(), _times()
VERBS, ADJECTIVES = _verbs(), _adjectives()
_FIRST = ("event", "extra")  # 같은 말이 여러 무리에 있으면 이 무리의 것을 써요.
EVERY_NOUN = {noun.ko: noun for group in reversed(NOUNS.values()) for noun in group}
EVERY_NOUN |= {noun.ko: noun for name in _FIRST for noun in NOUNS[name]}
ADJECTIVES_OF: dict[str, list[Adjective]] = {}  # 명사의 무리 → 꾸밀 수 있는 형용사
for _adjective in ADJECTIVES["thing"]:
    for _group in _adjective.groups:
        ADJECTIVES_OF.setdefault(_group, []).append(_adjective)


MEANT = {
    "하": "do", "쓰": "write", "보": "watch", "듣": "listen to", "타": "take", "풀": "solve", "굽": "bake", "닦": "wipe", "들": "", "씻": "wash",
    "부르": "sing", "치": "play", "찾": "look for", "켜": "turn on", "싸": "", "짓": "", "입": "wear", "돕": "help", "빨": "wash", "내": "pay",
}  # fmt: skip


def one_meaning(verb: Verb) -> bool:
    """목적어가 없어도 한 가지로 읽히는지. 뜻이 여럿인 동사는 '뭐 썼어요?'가 write인 것처럼 하나로 정해요."""
    return MEANT.get(verb.stem.text, verb.en) == verb.en


def nouns(*groups: str) -> list[Noun]:
    """무리들의 명사. 없는 무리면 KeyError예요."""
    return [noun for group in groups for noun in NOUNS[group]]


def places(*groups: str) -> list[Place]:
    """무리들의 장소."""
    return [place for group in groups for place in PLACES[group]]
