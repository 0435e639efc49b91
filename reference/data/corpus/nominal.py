"""'이다·있다·형용사' 문장: 무엇이 어떠하다, 누가 무엇이다, 어디에 무엇이 있다, 날씨, 값, 날짜."""

from __future__ import annotations

from typing import NamedTuple

from reference.data.corpus import english as en
from reference.data.corpus.clause import (
    ME,
    NounPhrase,
    Utterance,
    marked,
    phrase_ko,
    respected,
    subject_en,
    thing_en,
    thing_ko,
)
from reference.data.corpus.draw import Draw
from reference.data.corpus.hangul import Stem, copula, final, finish, honorific, josa, native_number, plain, sino_number
from reference.data.corpus.lexicon import (
    ADJECTIVES,
    ANIMAL,
    DAYS,
    DEGREES,
    JOBS,
    MONTH_NAMES,
    MONTHS,
    NOUNS,
    PEOPLE,
    PLACES,
    Noun,
    word_list,
)


class Sentence(NamedTuple):
    """문장 하나: 두 언어의 글, 문장 구조의 이름, 결합을 따질 단어 짝."""

    ko: str
    en: str
    structure: str
    words: tuple[str, str]
    marked: bool = False  # 부정, 의문, 진행, 양태, 이어진 문장처럼 기본 꼴에서 벗어났는가


FOLK = [
    Noun("학생", "student", "students", "명", ""),
    Noun("아이", "child", "children", "명", ""),
    Noun("손님", "guest", "guests", "명", ""),
]
FAMILY = [
    Noun("남동생", "younger brother", "younger brothers", "명", ""),
    Noun("여동생", "younger sister", "younger sisters", "명", ""),
    Noun("친구", "friend", "friends", "명", ""),
]
SPOTS = {
    "책상 위에": "on the desk",
    "의자 위에": "on the chair",
    "상자 안에": "in the box",
    "가방 안에": "in the bag",
    "책상 아래에": "under the desk",
    "창문 옆에": "next to the window",
    "방 안에": "in the room",
}
OUTSIDE = {
    "공원에": "in the park",
    "학교 앞에": "in front of the school",
    "나무 아래에": "under the tree",
    "집 앞에": "in front of the house",
    "도서관 뒤에": "behind the library",
    "바닷가에": "at the beach",
    "정류장 옆에": "next to the bus stop",
    "은행 앞에": "in front of the bank",
}
INSIDE = {
    "도서관에": "in the library",
    "교실에": "in the classroom",
    "카페에": "in the cafe",
    "식당에": "in the restaurant",
    "극장 앞에": "in front of the theater",
    "박물관에": "in the museum",
}
DESK = word_list("책 소설 잡지 신문 편지 연필 공책 컵 지갑 열쇠 시계 카메라 인형 사과 귤 모자 그림 사진 우산")
FITS = {"가방 안에": set(DESK) - {"그림"}, "상자 안에": set(DESK) - {"우산"}}
OWNED = word_list(
    "가방 우산 시계 지갑 카메라 자전거 컴퓨터 모자 코트 치마 구두 바지 방 의자 컵 그림 사진 강아지 고양이 토끼"
)
HAD = word_list("자전거 카메라 컴퓨터 우산 가방 고양이 강아지 토끼 책 소설 모자 구두 장갑 열쇠 시계 피아노 기타")
TELLABLE = word_list(
    "책 소설 잡지 시 영화 드라마 연극 노래 빵 사과 딸기 귤 수박 케이크 고기 국수 비빔밥 커피 녹차 우유 주스 치마 코트 바지 모자 구두 "
    "가방 시계 의자 컵 상자 컴퓨터 자전거 카메라 꽃 장미 고양이 강아지 새 말 토끼 그림 사진 방 다리 탑 호텔 집 문제"
)
PRICED = {
    "빵": (2, 9),
    "사과": (1, 5),
    "수박": (9, 25),
    "커피": (3, 8),
    "케이크": (15, 40),
    "책": (9, 30),
    "모자": (10, 60),
    "가방": (20, 99),
    "우산": (5, 30),
    "구두": (30, 99),
    "꽃": (3, 20),
    "의자": (20, 99),
    "인형": (5, 40),
    "시계": (20, 99),
    "소설": (9, 20),
    "치마": (20, 80),
    "코트": (50, 99),
    "김밥": (2, 6),
    "국수": (4, 12),
    "비빔밥": (7, 15),
}
COUNTABLE_HAD = {"자전거", "카메라", "컴퓨터", "우산", "가방", "고양이", "강아지", "토끼", "책", "소설", "모자"}


def _ask(subject: str, verb: str, rest: str, question: bool, negative: bool = False) -> str:
    """be 문장: 'X is Y.' 또는 'Is X Y?'."""
    verb = en.negated(verb) if negative else verb
    text = f"{verb} {subject} {rest}?" if question else f"{subject} {verb} {rest}."
    return text[0].upper() + text[1:]


def _adjective_stem(stem: Stem, negative: bool, respect: bool) -> Stem:
    if negative:
        stem = Stem(plain(stem, "지") + " 않", kind="adjective")
    return honorific(stem) if respect else stem


def describe_thing(draw: Draw) -> Sentence:
    """'이 책은 아주 재미있어요.' '민수 씨가 만든 빵은 맛있었어요.'"""
    level, question = draw.level(), draw.chance(0.25)
    tense = draw.pick(("present", "present", "past"))
    negative = draw.chance(0.2)
    kind = draw.pick(("pointer", "pointer", "owner", "relative"))
    owner_ko = owner_en = ""
    if kind == "owner":
        noun = NOUNS[draw.pick(OWNED)]
        person = draw.pick([ME, ME, *[p for p in PEOPLE if p.role == "name" or p.role == "kin" and not question]])
        if person is ME:
            question = False
            owner_ko, owner_en = ("내" if level == "해라" else "제"), "my"
        else:
            owner_ko = marked(person, level, "의/의")
            owner_en = (f"my {person.en}" if person.role == "kin" else person.en) + "'s"
    elif kind == "relative":
        relative, noun = draw.relative_about(question)
    else:
        noun = NOUNS[draw.pick(TELLABLE)]
    stem, meaning = draw.pick(ADJECTIVES[noun.adjectives])
    degree = "" if negative else draw.degree(meaning)
    said = Utterance(level=level, question=question)
    if kind == "owner":
        ko, subject = f"{owner_ko} {noun.ko}", f"{owner_en} {noun.en}"
    else:
        phrase = (
            NounPhrase(noun, pointer=draw.pick(("이", "그")))
            if kind == "pointer"
            else NounPhrase(noun, relative=relative)
        )
        ko, subject = phrase_ko(phrase, level), thing_en(phrase, said)
    predicate = finish(_adjective_stem(stem, negative, False), tense, level, question)
    words = [josa(ko, "은/는"), degree, predicate]
    verb = en.be("they" if noun.plural == noun.en else "it", tense == "past")
    return Sentence(
        " ".join(w for w in words if w) + ("?" if question else "."),
        _ask(subject, verb, DEGREES[degree] + meaning, question, negative),
        f"describe/{kind}/{tense}/{negative}/{question}",
        (meaning, noun.en),
        negative or question,
    )


def describe_person(draw: Draw) -> Sentence:
    """'민수 씨는 아주 바빠요.' '피곤하세요?'"""
    level, question = draw.level(), draw.chance(0.3)
    subject = draw.subject(question)
    said = Utterance(subject=subject, level=level, question=question)
    tense, negative = draw.pick(("present", "past")), draw.chance(0.2)
    choices = [
        pair
        for pair in ADJECTIVES["person"]
        if not (pair[1] == "sick" and respected(said))
        and not (pair[1] == "kind" and (subject is None or subject.role in ("me", "we")))
    ]
    stem, meaning = draw.pick(choices)
    degree = "" if negative else draw.degree(meaning)
    who, person = subject_en(said)
    words = [
        marked(subject, level, "은/는") if subject else "",
        degree,
        finish(_adjective_stem(stem, negative, respected(said)), tense, level, question),
    ]
    return Sentence(
        " ".join(w for w in words if w) + ("?" if question else "."),
        _ask(who, en.be(person, tense == "past"), DEGREES[degree] + meaning, question, negative),
        f"person/{tense}/{negative}/{question}/{subject is None}",
        (meaning, who),
        negative or question,
    )


def describe_place(draw: Draw) -> Sentence:
    """'이 공원은 아주 넓어요.'"""
    level, question, negative = draw.level(), draw.chance(0.25), draw.chance(0.2)
    place = draw.pick([p for p in PLACES if p.group not in ("city", "abroad") and p.ko != "집"])
    tense = draw.pick(("present", "past"))
    stem, meaning = draw.pick(ADJECTIVES["place"])
    degree = "" if negative else draw.degree(meaning)
    pointer = draw.pick(("이", "그"))
    if meaning in ("far", "close"):  # 가까이 있는 '이 곳'이 멀 수는 없어요.
        pointer = "그"
    name = place.to.removeprefix("to ").removeprefix("the ")
    subject = ("this " if pointer == "이" else "that ") + name
    words = [
        josa(f"{pointer} {place.ko}", "은/는"),
        degree,
        finish(_adjective_stem(stem, negative, False), tense, level, question),
    ]
    return Sentence(
        " ".join(w for w in words if w) + ("?" if question else "."),
        _ask(subject, en.be("it", tense == "past"), DEGREES[degree] + meaning, question, negative),
        f"place/{tense}/{negative}/{question}",
        (meaning, name),
        negative or question,
    )


def job_or_age(draw: Draw) -> Sentence:
    """'민수 씨는 의사예요.' '여동생은 열두 살이에요.'"""
    level, question = draw.level(), draw.chance(0.3)
    subject = draw.subject(question, teacher=False)
    said = Utterance(subject=subject, level=level, question=question)
    who, person = subject_en(said)
    tense, respect = draw.pick(("present", "present", "past")), respected(said)
    topic = marked(subject, level, "은/는") + " " if subject else ""
    if subject and subject.role == "we":
        return job_or_age(draw)
    if not respect and draw.chance(0.4):
        young = subject is not None and (subject.role == "kin" or level == "해라" and subject.role == "name")
        old = (5 if young else 20) + int(draw.random() * 21)
        ko = copula(f"{native_number(old)} 살", "present", level, question, False)
        return Sentence(
            f"{topic}{ko}{'?' if question else '.'}",
            _ask(who, en.be(person, False), f"{en.number(old)} years old", question),
            f"age/{question}/{subject is None}",
            (en.number(old), who),
            question,
        )
    job = draw.pick(tuple(JOBS))
    negative = draw.chance(0.25)
    if negative:
        stem = Stem("아니", kind="adjective")
        ending = finish(honorific(stem), tense, level, question) if respect else _not_being(tense, level, question)
        ko = f"{josa(job, '이/가')} {ending}"
    else:
        ko = copula(job, tense, level, question, respect)
    return Sentence(
        f"{topic}{ko}{'?' if question else '.'}",
        _ask(who, en.be(person, tense == "past"), en.article(JOBS[job]), question, negative),
        f"job/{tense}/{negative}/{question}/{subject is None}",
        (JOBS[job], who),
        negative or question,
    )


def _not_being(tense: str, level: str, question: bool) -> str:
    """'아니다'는 현재 해요체가 '아니에요'이고 과거에 줄지 않아요(아니었다)."""
    if tense == "past":
        return (
            "아니었" + {"해라": ("다", "니"), "해요": ("어요", "어요"), "합쇼": ("습니다", "습니까")}[level][question]
        )
    return "아니에요" if level == "해요" else finish(Stem("아니", kind="adjective"), tense, level, question)


def existence(draw: Draw) -> Sentence:
    """'책상 위에 책이 세 권 있어요.' '공원에 고양이가 없었어요.'"""
    level, question = draw.level(), draw.chance(0.25)
    tense, negative = draw.pick(("present", "past")), draw.chance(0.25)
    group = draw.pick(("desk", "desk", "animal", "folk"))
    if group == "desk":
        spot = draw.pick(tuple(SPOTS))
        noun = NOUNS[draw.pick(sorted(FITS[spot]) if spot in FITS else DESK)]
        where = SPOTS[spot]
    else:
        spots = OUTSIDE if group == "animal" else {**OUTSIDE, **INSIDE}
        noun = NOUNS[draw.pick([name for name in ANIMAL if name != "말"])] if group == "animal" else draw.pick(FOLK)
        spot = draw.pick(tuple(spots))
        where = spots[spot]
    most = {"desk": 4 if spot == "의자 위에" else 9, "animal": 10, "folk": 20}[group]
    count = draw.count(most) if noun.counter and not negative and draw.chance(0.6) else 0
    adjective = None
    if noun.adjectives and draw.chance(0.25):
        adjective = draw.pick(ADJECTIVES[noun.adjectives])
    phrase = NounPhrase(noun, adjective=adjective, count=count)
    said = Utterance(level=level, question=question)
    stem = Stem("없" if negative else "있", kind="exist")
    ko = f"{spot} {thing_ko(phrase, level, '이/가')} {finish(stem, tense, level, question)}"
    verb = en.be("they" if count > 1 or noun.plural == noun.en else "it", tense == "past")
    return Sentence(
        ko + ("?" if question else "."),
        _ask("there", verb, f"{thing_en(phrase, said)} {where}", question, negative),
        f"exist/{tense}/{negative}/{question}/{count > 0}/{adjective is not None}",
        (noun.en, where),
        negative or question,
    )


def possession(draw: Draw) -> Sentence:
    """'민수 씨는 여동생이 두 명 있어요.'"""
    level, question = draw.level(), draw.chance(0.3)
    subject = draw.subject(question, teacher=True)
    said = Utterance(subject=subject, level=level, question=question)
    who, person = subject_en(said)
    tense, negative = draw.pick(("present", "present", "past")), draw.chance(0.25)
    if draw.chance(0.35):
        noun, tense, negative = draw.pick(FAMILY), "present", negative
        count = 0 if negative or noun.ko == "친구" else 1 + int(draw.random() * 4)
    else:
        noun = NOUNS[draw.pick(HAD)]
        count = draw.count(6) if noun.ko in COUNTABLE_HAD and not negative and draw.chance(0.5) else 0
    phrase = NounPhrase(noun, count=count)
    stem = Stem("없" if negative else "있", kind="exist")
    stem = honorific(stem) if respected(said) else stem
    topic = marked(subject, level, "은/는") + " " if subject else ""
    ko = f"{topic}{thing_ko(phrase, level, '이/가')} {finish(stem, tense, level, question)}"
    aux, verb = en.predicate(person, "have", "had", tense=tense, negative=negative, question=question)
    order = (aux, who, verb) if question else (who, aux, verb)
    text = " ".join(w for w in (*order, thing_en(phrase, said)) if w) + ("?" if question else ".")
    return Sentence(
        ko + ("?" if question else "."),
        text[0].upper() + text[1:],
        f"have/{tense}/{negative}/{question}/{count > 0}/{subject is None}",
        (noun.en, who),
        negative or question,
    )


def weather(draw: Draw) -> Sentence:
    """'어제 부산에 비가 왔어요.' '내일은 추울 거예요.'"""
    level, question, negative = draw.level(), draw.chance(0.25), draw.chance(0.2)
    tense, (when, when_en) = draw.day()
    city = draw.pick([p for p in PLACES if p.group == "city"])
    if draw.chance(0.5):
        ko_noun, base, past_form = draw.pick((("비가", "rain", "rained"), ("눈이", "snow", "snowed")))
        stem = Stem("오")
        said = ("안 " if negative else "") + finish(stem, tense, level, question)
        aux, verb = en.predicate(
            "it", base, past_form, tense=tense, negative=negative, question=question, progressive=tense == "present"
        )
        order = (aux, "it", verb) if question else ("it", aux, verb)
        text = " ".join(w for w in (*order, city.at, when_en) if w)
        ko, word = f"{when} {city.ko}에 {ko_noun} {said}", base
    else:
        stem, word = draw.pick(
            (
                (Stem("춥", "ㅂ", "adjective"), "cold"),
                (Stem("덥", "ㅂ", "adjective"), "hot"),
                (Stem("따뜻하", "", "adjective"), "warm"),
                (Stem("시원하", "", "adjective"), "cool"),
            )
        )
        ko = f"{when} {josa(city.ko, '은/는')} {finish(_adjective_stem(stem, negative, False), tense, level, question)}"
        aux, verb = en.predicate("it", "be", "", tense=tense)
        aux = en.negated(aux) if negative else aux
        order = (aux, "it", verb) if question else ("it", aux, verb)
        text = " ".join(w for w in (*order, word, city.at, when_en) if w)
    return Sentence(
        ko + ("?" if question else "."),
        text[0].upper() + text[1:] + ("?" if question else "."),
        f"weather/{tense}/{negative}/{question}",
        (word, city.at),
        negative or question,
    )


def price(draw: Draw) -> Sentence:
    """'이 가방은 삼만 오천 원이에요.'"""
    level, question = draw.level(), draw.chance(0.25)
    name = draw.pick(tuple(PRICED))
    low, high = PRICED[name]
    won = (low + int(draw.random() * (high - low + 1))) * 1000
    phrase = NounPhrase(NOUNS[name], pointer=draw.pick(("이", "그")))
    said = Utterance(level=level, question=question)
    ko = f"{josa(phrase_ko(phrase, level), '은/는')} {copula(sino_number(won) + ' 원', 'present', level, question, False)}"
    verb = en.be("they" if NOUNS[name].plural == NOUNS[name].en else "it", False)
    return Sentence(
        ko + ("?" if question else "."),
        _ask(thing_en(phrase, said), verb, f"{en.number(won)} won", question),
        f"price/{question}",
        (en.number(won), NOUNS[name].en),
        question,
    )


def calendar(draw: Draw) -> Sentence:
    """'오늘은 유월 십오 일이에요.' '내일은 월요일이에요?'"""
    level, question = draw.level(), draw.chance(0.3)
    day, day_en, tense = draw.pick(
        (("오늘", "today", "present"), ("내일", "tomorrow", "present"), ("어제", "yesterday", "past"))
    )
    if draw.chance(0.3):
        name = draw.pick(tuple(DAYS))
        ko, text = name, DAYS[name]
    else:
        month, date = draw.date()
        ko, text = f"{MONTH_NAMES[month]}월 {sino_number(date)} 일", f"{MONTHS[month]} {en.ordinal(date)}"
    said = copula(ko, tense, level, question, False)
    return Sentence(
        f"{day}{'은' if final(day[-1]) else '는'} {said}{'?' if question else '.'}",
        _ask(day_en, en.be("it", tense == "past"), text, question),
        f"calendar/{day_en}/{question}",
        (text.split()[0], text.split()[-1]),
        question,
    )


NOMINAL = (
    (describe_thing, 10),
    (describe_person, 5),
    (describe_place, 4),
    (job_or_age, 5),
    (existence, 10),
    (possession, 7),
    (weather, 4),
    (price, 4),
    (calendar, 2),
)
