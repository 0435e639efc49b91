"""무엇이 어디에 있고, 누가 무엇을 가졌고, 동물이 무엇을 하는지 말하는 문장."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import HOUSE, LEVELS, ending, subject
from reference.data.corpus.everyday.english import determined, predicate
from reference.data.corpus.everyday.noun_phrases import counted
from reference.data.corpus.everyday.sentences import joined, write
from reference.data.corpus.everyday.tables import (
    EVERY_NOUN,
    nouns,
    places,
)
from reference.data.corpus.hangul import Stem, josa, plain
from reference.data.corpus.lexicon import word_list
from reference.data.corpus.nominal import Sentence

SPOTS = {
    "위에": "on",
    "아래에": "under",
    "밑에": "under",
    "옆에": "next to",
    "앞에": "in front of",
    "뒤에": "behind",
    "안에": "in",
}
TOPS = word_list("책상 의자 침대 소파 식탁 탁자 선반 서랍장 벤치 화장대 책장")
INSIDES = word_list("가방 상자 서랍 냉장고 옷장 배낭 바구니 책가방 지갑 필통")


def exists(draw: Draw) -> Sentence:
    """'책상 위에 책이 세 권 있어요.' '방에 침대가 없어요.' '공원에 사람이 많아요.'"""
    level, question = draw.pick(LEVELS), draw.chance(0.25)
    level = "해요" if question and level == "해라" else level
    tense, negative = draw.pick(("present", "present", "present", "past")), draw.chance(0.2)
    roll = draw.random()
    if roll < 0.4:
        spot = draw.pick(tuple(SPOTS))
        base = EVERY_NOUN[draw.pick(INSIDES if spot == "안에" else TOPS)]
        where_ko, where_en = f"{base.ko} {spot}", f"{SPOTS[spot]} the {base.en}"
        groups: tuple[str, ...] = (
            ("belonging", "stationery", "text", "fruit", "snack")
            if spot == "안에"
            else ("belonging", "stationery", "text", "fruit", "kitchenware", "pet", "household")
        )
    elif roll < 0.6:
        room = draw.pick([*places("home"), HOUSE])
        where_ko, where_en = f"{room.ko}에", f"{'at' if room is HOUSE else 'in'} {room.name}"
        groups = ("furniture", "appliance", "pet")
    elif roll < 0.8:
        place_ = draw.pick(places("outdoor", "fun", "shop", "travel", "eat", "school"))
        where_ko, where_en = f"{place_.ko}에", f"{place_.preposition} {place_.name}"
        groups = ("human",)
    else:
        land = draw.pick(places("city", "country"))
        return _many(draw, level, f"{land.ko}에", f"in {land.name}", (), land.en)
    if draw.chance(0.2):
        return _many(draw, level, where_ko, where_en, groups, base.en if roll < 0.4 else where_en)
    noun = draw.pick(nouns(*groups))
    number = counted(draw, noun, "이/가") if not negative and draw.chance(0.4) else None
    if number:
        ko, english = number
        many = noun.kind == "plural" and "pair" not in noun.counter or not english.startswith("one ")
    else:
        ko, english, many = josa(noun.ko, "이/가"), determined(noun, "a"), noun.kind == "plural"
    stem = Stem("없" if negative else "있", kind="exist")
    verb = en.be("they" if many else "it", tense == "past")
    verb = en.negated(verb) if negative else verb
    rest = f"{english} {where_en}"
    english = f"{verb} there {rest}" if question else f"there {verb} {rest}"
    ko = joined(where_ko, ko, ending(stem, tense, level, question))
    text = write(ko, english, question)
    return Sentence(
        *text, f"exist/{tense}/{negative}/{question}/{bool(number)}", (noun.en, where_en), negative or question
    )


CROWD = (
    "사람 people",
    "외국인 foreigners",
    "관광객 tourists",
    "학생 students",
    "식당 restaurants",
    "카페 cafes",
    "가게 stores",
    "건물 buildings",
    "박물관 museums",
    "공원 parks",
    "호텔 hotels",
)


def _many(draw: Draw, level: str, where_ko: str, where_en: str, groups: tuple[str, ...], name: str) -> Sentence:
    """'서울에 사람이 많아요.'"""
    if not groups:
        ko, english = draw.pick(CROWD).split()
    elif groups == ("human",):
        noun = draw.pick(nouns("human"))
        ko, english = noun.ko, noun.plural
    else:
        noun = draw.pick([noun for noun in nouns(*groups) if noun.kind != "mass"])
        ko, english = noun.ko, noun.plural
    tense, question = draw.pick(("present", "present", "past")), draw.chance(0.2)
    level = "해요" if question and level == "해라" else level
    stem = Stem("많", kind="adjective")
    verb = en.be("they", tense == "past")
    rest = f"many {english} {where_en}"
    text = write(
        joined(where_ko, josa(ko, "이/가"), ending(stem, tense, level, question)),
        f"{verb} there {rest}" if question else f"there {verb} {rest}",
        question,
    )
    return Sentence(*text, f"many/{tense}/{question}", (english, name), question)


def have(draw: Draw) -> Sentence:
    """'저는 고양이가 두 마리 있어요.' '민수 씨는 차가 없어요.'"""
    level, question = draw.pick(LEVELS), draw.chance(0.25)
    level = "해요" if question and level == "해라" else level
    who = subject(draw, level, question, topic_only=True)
    if who.respect:
        return have(draw)
    negative = draw.chance(0.25)
    noun = draw.pick(nouns("belonging", "pet", "appliance", "event", "text", "furniture"))
    number = counted(draw, noun, "이/가") if not negative and draw.chance(0.35) else None
    ko, english = number or (josa(noun.ko, "이/가"), determined(noun, "a"))
    tense = draw.pick(("present", "present", "present", "past"))
    stem = Stem("없" if negative else "있", kind="exist")
    aux, rest = predicate(who.person, "have", tense, negative=negative, question=question)
    order = joined(aux, who.en, rest) if question else joined(who.en, aux, rest)
    text = write(who.ko + joined(ko, ending(stem, tense, level, question)), f"{order} {english}", question, who.person)
    return Sentence(
        *text, f"have/{tense}/{negative}/{question}/{bool(number)}", (noun.en, who.name or who.en), negative or question
    )


ANIMAL_ACTS = (
    ("자", "", "sleep"),
    ("먹", "", "eat"),
    ("쉬", "", "rest"),
    ("놀", "", "play"),
    ("걷", "ㄷ", "walk"),
    ("뛰", "", "run"),
    ("달리", "", "run"),
    ("울", "", "cry"),
)
ANIMAL_SPOTS = ("소파 sofa", "침대 bed", "의자 chair", "벤치 bench", "방석 cushion", "담요 blanket")


def animal(draw: Draw) -> Sentence:
    """'고양이가 소파에서 자고 있어요.' '우리 강아지는 공원에서 뛰었어요.'"""
    level = draw.pick(LEVELS)
    noun = draw.pick(nouns("pet", "animal"))
    owner, owner_en = (
        draw.pick((("", "the"), ("", "the"), ("우리 ", "my"), ("저 ", "that")))
        if noun.group == "pet"
        else draw.pick((("", "the"), ("저 ", "that")))
    )
    text, irregular, base = draw.pick(ANIMAL_ACTS)
    tense = draw.pick(("past", "present", "present"))
    progressive = tense == "present" or draw.chance(0.3)
    if base in ("sleep", "eat", "rest", "cry") and draw.chance(0.5):
        spot, spot_en = draw.pick(ANIMAL_SPOTS).split()
        where, where_en = f"{spot}{draw.pick(('에서', ' 위에서'))}", f"on the {spot_en}"
    else:
        spot_ = draw.pick(places("outdoor")) if noun.group == "animal" else draw.pick(places("home", "outdoor"))
        where, where_en = f"{spot_.ko}에서", f"{spot_.preposition} {spot_.name}"
    if draw.chance(0.25):
        where = where_en = ""
    stem = Stem(text, irregular)
    stem = Stem(plain(stem, "고 있"), kind="exist") if progressive else stem
    aux, rest = predicate("it", base, tense, progressive=progressive)
    ko = joined(owner + josa(noun.ko, draw.pick(("이/가", "은/는"))), where, ending(stem, tense, level, False))
    made = write(ko, joined(f"{owner_en} {noun.en}", aux, rest, where_en), False)
    return Sentence(*made, f"animal/{tense}/{progressive}", (base, noun.en), progressive)
