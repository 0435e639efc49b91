"""정해진 말: 인사와 표현(phrases.txt), 단어만 바뀌는 틀(patterns.txt)."""

from __future__ import annotations

import re

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.sentences import contracted
from reference.data.corpus.everyday.slots import capital, english_of, korean_of, slot
from reference.data.corpus.everyday.tables import NOUNS, PEOPLE, PLACES, lines
from reference.data.corpus.hangul import josa
from reference.data.corpus.nominal import Sentence

_HOLE = re.compile(r"{(\w+?)(?::([^}]+))?}")
Row = tuple[list[str], str]  # (한국어의 꼴들, 영어)


def read(name: str) -> list[Row]:
    """틀의 표 하나를 읽어요."""
    found = []
    for line in lines(name):
        ko, _, english = line.rpartition("=")
        found.append(([part for part in ko.split("|") if part], english))
    return found


WHOLE = ("set", "phrase")  # 통째로 외우는 말이라 결합이 없어요. 이 짝은 시험에 두지 않아요.
PHRASES, PATTERNS = read("phrases.txt"), read("patterns.txt")
FLAT = [(ko, english) for variants, english in PHRASES for ko in variants]
SAID = dict(FLAT)  # 정해진 말의 번역. 다른 문법이 같은 말을 다르게 옮기지 않게 해요.


def phrase(draw: Draw) -> Sentence:
    """'안녕하세요.' '화장실이 어디예요?' 앞에 부르는 말이 붙기도 해요."""
    ko, english = draw.pick(FLAT)
    roll = draw.random()
    name = ""
    if roll < 0.25 and english[-1] in ".?!":
        who = draw.pick(PEOPLE["name"])
        called = draw.pick((f"{who.ko} 씨, ", f"{josa(who.ko, '아/야')}, "))
        casual = not ko.rstrip(".?!").endswith(("요", "다", "까", "오"))
        called = f"{josa(who.ko, '아/야')}, " if casual else f"{who.ko} 씨, "
        ko, english, name = called + ko, f"{who.en}, {uncapital(english)}", who.en
    elif roll < 0.4:
        if ko.startswith(("네", "아니", "응", "예.")):
            return phrase(draw)
        answers = () if ko.endswith("?") else (("네, ", "Yes, "), ("아니요, ", "No, "))
        first, first_en = draw.pick(
            (
                *answers,
                ("저기요, ", "Excuse me, "),
                ("죄송하지만 ", "I'm sorry, but "),
                ("선생님, ", "Teacher, "),
                ("와, ", "Wow, "),
                ("음, ", "Um, "),
                ("아, ", "Oh, "),
                ("그런데 ", "By the way, "),
                ("그래서 ", "So "),
                ("그리고 ", "And "),
                ("하지만 ", "But "),
                ("그럼 ", "Then "),
            )
        )
        ko, english, name = first + ko, first_en + uncapital(english), first_en
    words = (english, name) if name else WHOLE
    return Sentence(ko, english, "phrase", words, False)


# 언제나 크게 쓰는 첫 단어: 사람과 나라, 말, 요일의 이름
NAMES = {person.en for person in PEOPLE["name"]} | {
    word for group in PLACES.values() for place in group for word in place.en.split() if word[0].isupper()
}
NAMES |= {word for group in NOUNS.values() for noun in group for word in noun.en.split() if word[0].isupper()}


def uncapital(text: str) -> str:
    """문장의 첫 글자를 작게 써요. 이름과 I는 그대로예요."""
    word = text.split()[0].rstrip(",.?!")
    keep = word in (
        "I",
        "I'm",
        "I'll",
        "I've",
        "I'd",
        "Minsu",
        "Korean",
        "Korea",
        "Teacher",
        "Merry",
        "Happy",
    ) or word.startswith("I'")
    keep = keep or word in NAMES
    return text if keep else text[0].lower() + text[1:]


def pattern(draw: Draw) -> Sentence:
    """단어만 바뀌는 틀: '저는 독일 사람이에요.' '여기 비빔밥 두 그릇 주세요.'"""
    variants, english = draw.pick(PATTERNS)
    ko, filled = draw.pick(variants), {}
    english = english.replace("[name]", "{name}")
    for name, _ in [match.groups() for match in _HOLE.finditer(ko + english)]:
        key = name.lower()
        if key not in filled:
            filled[key] = slot(draw, key if key in ("fruit2", "thing2") else key.rstrip("12"))

    def korean(match: re.Match[str]) -> str:
        return korean_of(filled[match[1].lower()], match[2])

    def translated(match: re.Match[str]) -> str:
        text = english_of(filled[match[1].lower()], match[2])
        return capital(text) if match[1][0].isupper() else text

    text, said = _HOLE.sub(korean, ko), contracted(_HOLE.sub(translated, english))
    words = [noun.en for noun in filled.values()]
    # 틀은 구조가 하나뿐이라 단어와의 결합만 시험에 둬요.
    return Sentence(text, said, f"pattern/{english}", (english, words[0] if words else ""))
