"""일상 문장의 뼈대: 누가, 언제, 어디에서, 무엇을. 동사 하나에 어울리는 말들을 골라 두 언어로 적어요."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.english import determined
from reference.data.corpus.everyday.noun_phrases import (
    COUNTING,
    HUMBLE,
    counted,
    noun_phrase,
    person_ko,
    pointed,
    polite,
)
from reference.data.corpus.everyday.tables import (
    EVERY_NOUN,
    NOUNS,
    PEOPLE,
    PLACES,
    TIMES,
    Noun,
    Person,
    Place,
    Verb,
    places,
)
from reference.data.corpus.everyday.timing import clock
from reference.data.corpus.hangul import (
    Stem,
    eu,
    finish,
    honorific,
    infinitive,
    josa,
    past,
)
from reference.data.corpus.lexicon import word_list

LEVELS = ("해요", "해요", "해요", "해요", "합쇼", "해", "해", "해라")
ME, WE = Person("저", "I", "I", "me"), Person("우리", "we", "we", "we")
KIN = [person for person in PEOPLE["kin"] if not person.respect]
ELDERS = [person for person in PEOPLE["kin"] if person.respect]
SINGLE_KIN = [person for person in KIN if person.pronoun in ("he", "she")]
FAR = ("husband", "wife", "mother-in-law", "family")  # 주어에 따라 어색한 사이
MEETABLE = [person for person in PEOPLE["kin"] if person.en not in FAR]
SOLO = set(
    word_list(
        "입 신 쓰 끼 벗 갈아입 입어_보 신어_보 써_보 씻 닦 샤워하 세수하 화장하 면도하 자 잠자 일어나 눕 앉 졸업하 입학하 충전하 다니 살 빗 머리를_감 머리를_빗 "
        "머리를_말리 눈을_감 눈을_뜨 손을_들 태어나 담배를_끊 술을_끊 손을_씻 이를_닦 잠을_자 옷을_갈아입 주사를_맞 약을_먹 샤워를_하 돈을_벌 전화를_받 전화를_끊 노력하 조심하 서두르 멈추 기르 키우 퇴근하"
    )
)
POLITE = {"먹": "드시", "마시": "드시", "자": "주무시", "말하": "말씀하시"}
HOUSE = PLACES["house"][0]
HERE = (("여기에서", "here"), ("여기서", "here"), ("거기에서", "there"), ("거기서", "there"))


def solo(verb: Verb) -> bool:
    """누구와 함께 하기 어색한 동사인지."""
    return (
        verb.stem.text.replace("를 하", "하").replace(" ", "_") in SOLO or verb.stem.text == "하" and verb.en == "wear"
    )


def ending(stem: Stem, tense: str, level: str, question: bool) -> str:
    """종결 어미. hangul.finish에 반말('먹어')을 더했어요."""
    if level == "해":
        if tense == "future":
            return f"{eu(stem, 'ㄹ')} 거야"
        if stem.respect and tense == "present":
            return stem.text[:-1] + "셔"
        return past(stem).text + "어" if tense == "past" else infinitive(stem)
    said = finish(stem, tense, level, question)
    return said.replace("것입", "겁")


@dataclass(frozen=True)
class Subject:
    """주어: 조사까지 붙은 한국어(생략되면 빈 글), 영어, 동사와 맞출 인칭, 높이는지, 이름, 조사가 없는 한국어."""

    ko: str
    en: str
    person: str
    respect: bool = False
    name: str = ""
    bare: str = ""


def subject(draw: Draw, level: str, question: bool, people: str = "", topic_only: bool = False) -> Subject:
    """주어를 골라요. topic_only면 '은/는'만 써요. people이 "1"이면 말하는 사람, "2"면 생략된 상대, "3"이면 다른 사람만."""
    roll = draw.random()
    dropped = Subject("", "you" if question else "I", "you" if question else "I")
    if people == "2" or people != "3" and roll < 0.45:
        if question and polite(level) and draw.chance(0.4):
            return Subject("", "you", "you", True)
        return dropped
    if people == "1" or people != "3" and roll < 0.6:
        if question:
            return Subject(draw.pick(("너는 ", "넌 ", "너 ")), "you", "you") if not polite(level) else dropped
        if draw.chance(0.2):
            return Subject(draw.pick(("우리는 ", "저희는 ") if polite(level) else ("우리는 ",)), "we", "we")
        topic, focus = HUMBLE["해요" if polite(level) else "해"][:2]
        short = "전" if polite(level) else draw.pick(("난", "나"))
        return Subject(draw.pick((topic, topic, topic, short, topic if topic_only else focus)) + " ", "I", "I")
    mark = "은/는" if topic_only or draw.chance(0.75) else "이/가"
    said = draw.chance(0.06) and level in ("해요", "해")  # 말할 때는 조사가 빠지기도 해요.
    roll = draw.random()
    if roll < 0.42:
        person = draw.pick(PEOPLE["name"])
        ko = person_ko(person, level)
        return Subject(josa(ko, mark) + " ", person.en, person.pronoun, name=person.en, bare=ko)
    owner, owner_en = "", ""
    if roll < 0.55:
        person = draw.pick(PEOPLE["role"])
    else:
        person = draw.pick(ELDERS if roll < 0.7 else KIN)
        mine = HUMBLE["해요" if polite(level) else "해"][3]
        owner, owner_en = draw.pick((("", ""), ("우리 ", "my "), (mine + " ", "my ")))
        owner_en = owner_en or ("your " if question else "my ")
    bare = owner + person.ko
    ko = josa(bare, mark)
    if person.role == "kin" and person.respect and draw.chance(0.15):
        ko = bare + "께서"
    ko = bare if said else ko
    return Subject(ko + " ", owner_en + person.en, person.pronoun, person.respect, person.en, bare)


@dataclass
class Words:
    """서술어 앞의 말들(한국어)과 동사 뒤의 말들(영어), 그리고 결합을 따질 이름."""

    ko: list[str] = field(default_factory=list)
    en: list[str] = field(default_factory=list)
    name: str = ""
    marked: bool = False


def other(draw: Draw, level: str) -> tuple[str, str, bool]:
    """주어가 아닌 사람의 (한국어, 영어, 높이는지). 가족과 친구는 주어의 가족과 친구예요."""
    roll = draw.random()
    if roll < 0.4:
        person = draw.pick(PEOPLE["name"])
        return person_ko(person, level), person.en, False
    if roll < 0.5:
        person = draw.pick([p for p in PEOPLE["role"] if p.en not in ("he", "she")])
        return person.ko, person.en, person.respect
    person = draw.pick(MEETABLE)
    return person.ko, "{my} " + person.en, person.respect


def place_en(place: Place, mark: str) -> str:
    """장소의 영어: to the library, in Seoul, home."""
    if place is HOUSE and mark in ("to", "at", "into"):
        return "home"
    return place.name if mark == "0" else f"{mark} {place.name}"


def _fill(draw: Draw, verb: Verb, level: str, found: Words) -> None:
    slot = verb.slot
    if not slot:
        return
    groups = tuple(group for group in slot.groups if group != "person")
    if slot.groups != groups and (not groups or draw.chance(0.6)):
        ko, english, respect = other(draw, level)
        particle = slot.particle
        if particle == "에게":
            ko += "께" if respect else draw.pick(("에게", "한테"))
        elif particle == "와":
            ko = with_person(draw, ko)
        else:
            ko = josa(ko, "을/를")
        found.ko.append(ko)
        found.en.append(english if slot.mark == "0" else f"{slot.mark} {english}")
        found.name = english
        return
    where = slot.particle in ("에", "에서", "으로") or bool(groups) and groups[0] in PLACES
    if slot.mark == "to" and slot.particle == "에" and draw.chance(0.06):
        ko, english = draw.pick((("여기", "here"), ("거기", "there"), ("저기", "there")))
        found.ko.append(ko + draw.pick(("에", "에", "")))
        found.en.append(english)
        found.name, found.marked = english, True
        return
    chosen = _choose(draw, groups, slot.words, where)
    found.name = chosen.en
    if isinstance(chosen, Place):
        if slot.particle in ("을", "와"):
            ko = josa(chosen.ko, "을/를")
        elif slot.particle == "으로":
            ko = josa(chosen.ko, "으로/로")
        else:
            bare = slot.particle == "에" and slot.mark == "to" and level in ("해요", "해") and draw.chance(0.2)
            ko = chosen.ko + ("" if bare else slot.particle)
        found.ko.append(ko)
        found.en.append(place_en(chosen, slot.mark))
        return
    if where:
        found.ko.append(chosen.ko + slot.particle)
        marks = ("a", "the", "my", "s", "0")
        english = determined(chosen, slot.mark if slot.mark in marks else "the")
        found.en.append(english if slot.mark in marks else f"{slot.mark} {english}")
        return
    if draw.chance(0.05) and slot.particle == "을":
        ko, english = pointed(draw, level)
        found.ko.append(ko)
        found.en.append(english)
        found.name, found.marked = english, True
        return
    countable = slot.mark == "a" and verb.en in COUNTING and chosen.group not in ("appliance", "furniture")
    number = counted(draw, chosen, "을/를") if countable and draw.chance(0.2) else None
    if number:
        found.ko.append(number[0])
        found.en.append(number[1])
        found.marked = True
        return
    second = _choose(draw, groups, slot.words, where) if slot.mark in ("a", "s") and draw.chance(0.05) else chosen
    if isinstance(second, Noun) and second.en != chosen.en:
        pair = with_person(draw, chosen.ko) + " " + josa(second.ko, "을/를")
        found.ko.append(pair)
        found.en.append(f"{determined(chosen, slot.mark)} and {determined(second, slot.mark)}")
        found.marked = True
        return
    ko, english, found.marked = noun_phrase(draw, chosen, slot.mark, level)
    bare = level in ("해요", "해") and not found.marked and draw.chance(0.25)
    found.ko.append(ko if bare else josa(ko, "을/를"))
    found.en.append(english)


def _choose(draw: Draw, groups: Sequence[str], words: Sequence[str], where: bool) -> Noun | Place:
    if words:
        word = draw.pick(words)
        place = next((p for group in PLACES.values() for p in group if p.ko == word and p.group != "nation"), None)
        return place if place and (where or word not in EVERY_NOUN) else EVERY_NOUN[word]
    choices: list[Noun | Place] = [item for group in groups for item in (PLACES.get(group) or NOUNS[group])]
    return draw.pick(choices)


def object_of(draw: Draw, verb: Verb) -> tuple[str, str]:
    """동사의 목적어 하나의 (조사가 없는 한국어, 영어)."""
    assert verb.slot
    chosen = _choose(draw, [group for group in verb.slot.groups if group != "person"], verb.slot.words, False)
    if isinstance(chosen, Place):
        return chosen.ko, place_en(chosen, verb.slot.mark)
    if draw.chance(0.2):
        near, english = draw.pick((("이", "this"), ("그", "that"), ("저", "that")))
        return f"{near} {chosen.ko}", determined(chosen, english)
    return chosen.ko, determined(chosen, verb.slot.mark)


def with_person(draw: Draw, ko: str) -> str:
    """'친구와', '친구하고', '친구랑'."""
    joint = draw.pick(("과/와", "하고", "이랑/랑"))
    return ko + joint if "/" not in joint else josa(ko, joint)


def act(draw: Draw, verb: Verb, level: str) -> Words:
    """동사에 딸린 말을 채워요."""
    found = Words()
    if verb.dative:
        ko, english, respect = other(draw, level)
        found.ko.append(ko + ("께" if respect else draw.pick(("에게", "한테"))))
        _fill(draw, verb, level, found)
        found.en.append(f"{'for' if verb.en in ('buy', 'make') else 'to'} {english}")
    else:
        _fill(draw, verb, level, found)
    return found


def where_done(draw: Draw, verb: Verb) -> tuple[str, str] | None:
    """동사에 어울리는 장소: '도서관에서'."""
    if not verb.places:
        return None
    if draw.chance(0.05):
        return draw.pick(HERE)
    group = draw.pick(verb.places)
    place = HOUSE if group == "home" and draw.chance(0.5) else draw.pick(places(group))
    return f"{place.ko}에서{'는' if draw.chance(0.06) else ''}", f"{place.preposition} {place.name}"


def when(draw: Draw, tense: str) -> tuple[str, str]:
    """시제에 어울리는 때. 시각이기도 하고, '주말에는'처럼 내세우기도 해요."""
    if draw.chance(0.08):
        ko, english = clock(draw)
        return f"{ko}에", f"at {english}"
    groups = {"past": ("past", "past", "both"), "future": ("future", "future", "both"), "present": ("habit", "both")}
    ko, english = draw.pick(TIMES[draw.pick(groups[tense])])
    return ko + "는" if ko.endswith("에") and draw.chance(0.1) else ko, english


def verb_stem(verb: Verb, respect: bool, negation: str = "") -> Stem:
    """높임과 '안, 못'까지 입힌 어간."""
    stem = verb.stem
    if negation in ("안", "못"):
        head, space, last = stem.text.rpartition(" ")
        if verb.split:
            stem = stem._replace(text=f"{stem.text[:-1]} {negation} {stem.text[-1]}")
        elif head.endswith(("을", "를", "이", "가", "에")) or " " in stem.text and head in ("물", "술"):
            stem = stem._replace(text=f"{head}{space}{negation} {last}")
        else:
            stem = stem._replace(text=f"{negation} {stem.text}")
    if respect:
        for plain, honoured in POLITE.items():
            if verb.stem.text == plain:
                return Stem((f"{negation} " if negation in ("안", "못") else "") + honoured, respect=True)
        return honorific(stem)
    return stem
