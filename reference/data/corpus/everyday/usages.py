"""서술어까지 바뀌는 틀(usages.txt): '친구를 만나서 기뻤어요.' '설거지는 제가 할게요.' '길이 막혀서 늦었어요.'"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import HOUSE, act, ending, object_of, other, place_en, verb_stem
from reference.data.corpus.everyday.english import compared, determined, inflect
from reference.data.corpus.everyday.fixed import read
from reference.data.corpus.everyday.forms import bsida
from reference.data.corpus.everyday.happening import any_happening, clause_en
from reference.data.corpus.everyday.sentences import ACTIONS, contracted, joined
from reference.data.corpus.everyday.slots import capital, english_of, korean_of, slot
from reference.data.corpus.everyday.tables import (
    ADJECTIVES,
    ADJECTIVES_OF,
    TIMES,
    Adjective,
    Noun,
    Place,
    Verb,
    nouns,
    one_meaning,
    places,
)
from reference.data.corpus.everyday.timing import span
from reference.data.corpus.hangul import Stem, eu, helping, infinitive, josa, past, plain
from reference.data.corpus.lexicon import word_list
from reference.data.corpus.nominal import Sentence

DAILY = set(
    word_list(
        "먹 마시 요리하 만들 사 입 읽 보 듣 쓰 찍 부르 치 하 공부하 배우 가르치 연습하 일하 운동하 청소하 빨래하 설거지하 쇼핑하 산책하 수영하 등산하 여행하 전화하 연락하 이야기하 "
        "만나 기다리 도와주 초대하 가 오 타 운전하 걷 뛰 일어나 자 쉬 샤워하 씻 닦 열 닫 켜 끄 고치 빌리 빌려주 주 보내 받 가져오 찾 예약하 준비하 시작하 끝내 그만두 노래하 "
        "춤추 놀 물어보 설명하 확인하 술을_마시 커피를_마시 음악을_듣 사진을_찍 아침을_먹 점심을_먹 저녁을_먹 밥을_먹 이사하 키우 사_주 도착하 출발하 말하 끓이"
    )
)
ODD = set(word_list("살 다니 헤어지 결혼하 사랑하 멈추 노력하 서두르 졸업하 입학하 머무르"))
ACTS = [verb for verb in ACTIONS if verb.stem.text not in ODD]
DAILY_ACTS = [verb for verb in ACTS if verb.stem.text in DAILY]
TAKING = [v for v in DAILY_ACTS if v.slot and v.slot.particle == "을" and not v.dative and v.slot.groups != ("person",)]
DEEDS = [verb for verb in TAKING if one_meaning(verb)]  # 목적어 없이도 한 가지로 읽히는 동사
CHORES = [verb for verb in DAILY_ACTS if verb.split and not verb.slot]  # '설거지는 제가 할게요'
TRYING = [verb for verb in TAKING if not verb.stem.text.endswith("보")]
QUALITIES = {
    "feel": [adjective for adjective in ADJECTIVES["feel"] if adjective.stem.text != "지루하"],
    "trait": [adjective for adjective in ADJECTIVES["trait"] if adjective.en not in ("close", "sick")],
    "sky": [adjective for adjective in ADJECTIVES["weather"] if not adjective.stem.text.startswith("날씨가")],
}
AWAY = [verb for verb in DAILY_ACTS if verb.stem.text not in ("가", "오", "이사하", "도착하", "출발하", "운전하", "타")]
OUTINGS = [verb for verb in AWAY if set(verb.places) - {"home"}]
TOWARD = (
    ("도와주", "", "help"),
    ("기다리", "", "wait for"),
    ("초대하", "", "invite"),
    ("부르", "르", "call"),
    ("믿", "", "believe"),
    ("깨우", "", "wake up"),
    ("따라오", "", "follow"),
    ("이해하", "", "understand"),
    ("기억하", "", "remember"),
    ("용서하", "", "forgive"),
    ("응원하", "", "cheer for"),
    ("칭찬하", "", "praise"),
    ("소개하", "", "introduce"),
)  # 사람을 목적어로 삼는 동사
ITEMS = ("top", "shoes", "hat", "accessory", "belonging", "fruit", "furniture", "appliance", "text", "meal", "dish")
OUR_HOUSE = Place("우리 집", "my house", "my house", "at", "house")
WHERE = ("school", "read", "work", "eat", "shop", "health", "outdoor", "fun", "travel")
WHEN = {key: TIMES[key] for key in ("habit", "tool")}
WHEN |= {"time": [*TIMES["past"], *TIMES["both"]], "soon": [*TIMES["future"], *TIMES["both"]]}
FINITE = ("present", "past", "future")
STATES = {
    "싶": "",
    "좋": "",
    "같": "",
    "힘들": "",
    "어렵": "ㅂ",
    "쉽": "ㅂ",
    "싫": "",
    "빠르": "르",
    "재미있": "",
    "편하": "",
}
_EU = ("ㄴ", "ㄹ", "ㅂ", "면", "려", "러", "니까", "시")
_HOLE = re.compile(r"{(\w+?)(?::([^}]+))?}")
_POLITE = re.compile(r"저[는도희]|제가|제 |[요다]\.|[요까]\?|세요")
_CASUAL = re.compile(r"나[는도] |내가|내 |너[는도] |네가")


class Said(NamedTuple):
    """틀의 자리를 채운 말. ko는 (어미나 조사, 말투, 묻는지), en은 꼴을 받고, name은 결합을 따질 이름이에요."""

    ko: Callable[[str, str, bool], str]
    en: Callable[[str], str]
    name: str


def conjugate(stem: Stem, mark: str, level: str, question: bool = False) -> str:
    """어간에 어미를 붙여요. '고 싶>past'는 '-고 싶-'을 새 어간으로 삼아 말투대로 끝맺어요."""
    if ">" in mark:
        first, tense = mark.split(">")
        text = conjugate(stem, first, level)
        last = next((word for word in STATES if text.endswith(word)), "")
        kind = "exist" if text.endswith(("있", "없")) else "adjective" if last else "verb"
        return ending(Stem(text, STATES.get(last, ""), kind), tense, level, question)
    if mark[:2] in ("안 ", "못 "):
        return conjugate(stem._replace(text=f"{mark[:2]}{stem.text}"), mark[2:], level, question)
    if mark in FINITE:
        return ending(stem, mark, level, question)
    if mark.startswith(("아 주", "아 줘", "아 줬", "아 줄", "아 드")):
        return helping(stem, mark[2:])
    if mark[0] == "아":
        return infinitive(stem) + mark[1:]
    if mark[0] == "았":
        return past(stem).text + mark[1:]
    if mark == "는데" and stem.kind == "adjective":
        return eu(stem, "ㄴ데")
    if mark[0] == "ㄴ" and (stem.kind == "exist" or (mark == "ㄴ지" and stem.kind == "verb")):
        return plain(stem, "는" + mark[1:])
    if mark == "ㅂ시다":
        return bsida(stem)
    if mark.startswith("세요"):
        return eu(stem, "시")[:-1] + mark
    return eu(stem, mark) if mark.startswith(_EU) else plain(stem, mark)


def _conjugated(verb: Verb, mark: str, level: str, question: bool) -> str:
    """'안'과 '못'이 낀 동사: '공부 안 해서'."""
    if mark[:2] in ("안 ", "못 "):
        return conjugate(verb_stem(verb, False, mark[0]), mark[2:], level, question)
    return conjugate(verb.stem, mark, level, question)


def _quality(adjective: Adjective) -> Said:
    return Said(
        lambda mark, level, question: conjugate(adjective.stem, mark, level, question),
        lambda form: (
            {
                "": adjective.en,
                "a": en.article(adjective.en),
                "a more": en.article(compared(adjective.en)),
            }.get(form)
            or compared(adjective.en, form == "most")
        ),
        adjective.en,
    )


def _action(draw: Draw, level: str, verbs: list[Verb]) -> Said:
    verb = draw.pick(verbs)
    words = act(draw, verb, level)

    def korean(mark: str, level: str, question: bool) -> str:
        return joined(*words.ko, _conjugated(verb, mark, level, question))

    return Said(korean, lambda form: joined(inflect(verb.en, form) if form else verb.en, *words.en), verb.en)


def _verb(verb: Verb) -> Said:
    return Said(
        lambda mark, level, question: _conjugated(verb, mark, level, question),
        lambda form: inflect(verb.en, form) if form else verb.en,
        verb.en,
    )


def _outing(draw: Draw, level: str, filled: dict[str, Said]) -> None:
    """그곳에서 할 만한 일: '도서관에 책을 빌리러 갔어요'."""
    verb = draw.pick(OUTINGS)
    filled["away"] = _action(draw, level, [verb])
    where = draw.pick(places(*(group for group in verb.places if group not in ("home", "house"))))
    filled["where"] = _place(where)


def _noun(ko: str) -> Callable[[str, str, bool], str]:
    """조사를 붙이는 방법."""
    return lambda mark, level, question: josa(ko, mark) if "/" in mark else ko + mark


def _place(where: Place) -> Said:
    return Said(
        _noun(where.ko),
        lambda form: f"{where.preposition} {where.name}" if form == "at" else place_en(where, form or "0"),
        where.en,
    )


def _item(noun: Noun, adjective: Adjective) -> Said:
    """꾸미는 말이 함께 정해진 물건: {item:a+}는 a big bag, {item:more}는 a bigger bag."""
    many = noun.kind == "plural"
    forms = {
        "a+": determined(noun, "a", adjective.en),
        "more": determined(noun, "a", compared(adjective.en)),
        "is": "are" if many else "is",
        "was": "were" if many else "was",
        "it": "they" if many else "it",
        "them": "them" if many else "it",
    }
    return Said(_noun(noun.ko), lambda form: forms.get(form) or determined(noun, form), noun.en)


def _toward(draw: Draw) -> Said:
    text, irregular, english = draw.pick(TOWARD)
    stem = Stem(text, irregular)

    def korean(mark: str, level: str, question: bool) -> str:
        return conjugate(stem, mark, level, question)

    return Said(korean, lambda form: inflect(english, form) if form else english, english)


def _happening(draw: Draw) -> Said:
    it = any_happening(draw)
    return Said(
        lambda mark, level, question: f"{josa(it.noun, '이/가')} {conjugate(it.stem, mark, level, question)}",
        lambda form: clause_en(it, form),
        it.name,
    )


def _people(draw: Draw, level: str) -> Said:
    ko, english, respect = other(draw, level)
    put = _noun(ko)
    return Said(
        lambda mark, level, question: put("께" if respect and mark in ("에게", "한테") else mark, level, question),
        lambda form: english,
        english,
    )


def _fill(draw: Draw, name: str, level: str, filled: dict[str, Said]) -> None:
    """자리 하나를 채워요. 짝이 있는 자리(obj와 do, item과 q)는 함께 채워요."""
    key = name.rstrip("12")
    if key in ("obj", "do"):
        verb = draw.pick(TAKING)
        ko, english = object_of(draw, verb)
        filled["obj"], filled["do"] = Said(_noun(ko), lambda form: english, english), _verb(verb)
    elif key in ("item", "q"):
        group = draw.pick(ITEMS)
        noun, adjective = draw.pick(nouns(group)), draw.pick([a for a in ADJECTIVES_OF[group] if a.stem.text != "슬프"])
        filled["item"], filled["q"] = _item(noun, adjective), _quality(adjective)
    else:
        filled[name] = _one(draw, name, key, level)


def _one(draw: Draw, name: str, key: str, level: str) -> Said:
    if key == "act":
        return _action(draw, level, DAILY_ACTS if draw.chance(0.8) else ACTS)
    if key in ("away", "try"):
        return _action(draw, level, AWAY if key == "away" else TRYING)
    if key in QUALITIES:
        return _quality(draw.pick(QUALITIES[key]))
    if key == "deed":
        return _verb(draw.pick(DEEDS))
    if key == "chore":
        chore = draw.pick(CHORES)
        return _verb(chore)._replace(ko=_noun(chore.stem.text[:-1]))
    if key == "toward":
        return _toward(draw)
    if key == "happen":
        return _happening(draw)
    if key == "people":
        return _people(draw, level)
    if key == "where":
        return _place(draw.pick(places(*WHERE, "city")) if draw.chance(0.9) else draw.pick((HOUSE, OUR_HOUSE)))
    if key in WHEN:
        ko, english = draw.pick(WHEN[key])
    elif key == "span":
        ko, english = span(draw)
    else:
        noun = slot(draw, name if name in ("fruit2", "thing2") else key)
        return Said(
            lambda mark, level, question: korean_of(noun, mark),
            lambda form: english_of(noun, form or None),
            noun.en,
        )
    return Said(_noun(ko), lambda form: english, english)


USAGES = read("usages.txt")


def _level(draw: Draw, text: str) -> str:
    if _POLITE.search(text):
        return draw.pick(("해요", "해요", "해요", "합쇼"))
    return draw.pick(("해",) if _CASUAL.search(text) else ("해요", "해요", "해요", "합쇼", "해", "해"))


def _mine(english: str) -> str:
    if re.search(r"(?<!thanks to )\byou\b|^You|^Please|^Don't|^Go ", english):
        return "your"
    return "our" if re.search(r"\bwe\b|^Let's|^We\b", english) else "my"


def usage(draw: Draw) -> Sentence:
    """틀 하나를 골라 자리를 채워요."""
    variants, english = draw.pick(USAGES)
    english = english.replace("[name]", "{name}")
    text = draw.pick(variants)
    level, filled = _level(draw, text), dict[str, Said]()
    question = english.endswith("?")
    if "{where" in text and "{away" in text:
        _outing(draw, level, filled)
    for match in _HOLE.finditer(text + english):
        if match[1].lower() not in filled:
            _fill(draw, match[1].lower(), level, filled)
    ko = _HOLE.sub(lambda match: filled[match[1].lower()].ko(match[2] or "", level, question), text)

    def translated(match: re.Match[str]) -> str:
        said = filled[match[1].lower()].en(match[2] or "")
        return capital(said) if match[1][0].isupper() else said

    said = contracted(_HOLE.sub(translated, english).replace("{my}", _mine(english)))
    shown = {match[1].lower() for match in _HOLE.finditer(text + english)}  # 짝이 있는 자리는 하나만 보이기도 해요.
    names = [one.name for name, one in filled.items() if name in shown]
    return Sentence(ko, capital(said), f"usage/{english}", (english, " ".join(names[:2])))
