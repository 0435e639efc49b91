"""두 절을 잇는 문장: 까닭, 조건, 차례, 목적, 나란히."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import Subject, act, ending, place_en, subject, verb_stem, when
from reference.data.corpus.everyday.descriptions import OF_LANDS, is_plural
from reference.data.corpus.everyday.english import inflect, predicate
from reference.data.corpus.everyday.modifying import phrase_noun
from reference.data.corpus.everyday.noun_phrases import polite
from reference.data.corpus.everyday.sentences import ACTIONS, EVENTS, done, head, joined, write
from reference.data.corpus.everyday.tables import (
    ADJECTIVES,
    ADJECTIVES_OF,
    TIMES,
    Verb,
    places,
)
from reference.data.corpus.hangul import Stem, eu, infinitive, josa, plain
from reference.data.corpus.lexicon import word_list
from reference.data.corpus.nominal import Sentence

NEEDS = {
    "시간": "time",
    "돈": "money",
    "약속": "an appointment",
    "시험": "an exam",
    "회의": "a meeting",
    "수업": "a class",
    "숙제": "homework",
    "면접": "an interview",
    "일": "work",
    "우산": "an umbrella",
    "자전거": "a bicycle",
    "문제": "a problem",
}
Part = tuple[Callable[[str], str], Callable[[str], str]]  # (어미 → 한국어, 시제 → 영어)


def _link(stem: Stem, join: str) -> str:
    """앞 절의 서술어: 아서, 니까, 면, 지만, ㄹ 때, 는데."""
    if join == "아서":
        return infinitive(stem) + "서"
    if join == "니까":
        return eu(stem, "니까")
    if join == "면":
        return eu(stem, "면")
    if join == "ㄹ 때":
        return eu(stem, "ㄹ 때")
    return plain(stem, join)


def _condition(draw: Draw, who: Subject, level: str) -> Part:
    """앞 절: 날씨, 몸과 마음, 있고 없는 것, 겪은 일. 주어는 뒤 절과 같아요."""
    roll = draw.random()
    if roll < 0.22:
        noun, stem, base = draw.pick(
            (("비가", Stem("오"), "rain"), ("눈이", Stem("오"), "snow"), ("바람이", Stem("불"), "the wind blow"))
        )
        if base == "the wind blow":
            return (lambda join: f"{noun} {_link(stem, join)}"), (
                lambda tense: "the wind " + ("blew" if tense == "past" else "blows")
            )
        return (lambda join: f"{noun} {_link(stem, join)}"), (
            lambda tense: "it " + inflect(base, "past" if tense == "past" else "s")
        )
    if roll < 0.36:
        adjective = draw.pick(ADJECTIVES["weather"])
        it = "the weather" if adjective.stem.text.startswith("날씨가") else "it"
        return (lambda join: _link(adjective.stem, join)), (
            lambda tense: f"{it} {'was' if tense == 'past' else 'is'} {adjective.en}"
        )
    if roll < 0.62:
        feeling = draw.pick(ADJECTIVES["feel"])
        stem, degree = feeling.stem, draw.pick(TIMES["degree"]) if draw.chance(0.3) else ("", "")
        felt = joined(degree[1], feeling.en)
        return (lambda join: joined(degree[0], _link(stem, join))), (
            lambda tense: f"{who.en} {en.be(who.person, tense == 'past')} {felt}"
        )
    if roll < 0.8:
        word = draw.pick(tuple(NEEDS))
        has = draw.chance(0.5)
        ko = f"{josa(word, '이/가')} "
        stem = Stem("있" if has else "없", kind="exist")

        def need(tense: str) -> str:
            noun = NEEDS[word]
            aux, rest = predicate(who.person, "have", "past" if tense == "past" else "present", negative=not has)
            return joined(who.en, aux, rest, noun)

        return (lambda join: ko + _link(stem, join)), need
    verb = draw.pick(EVENTS)
    words = act(draw, verb, level)
    ko = joined(*words.ko)

    def event(tense: str) -> str:
        if tense == "past":
            return joined(
                who.en,
                inflect(verb.en, "past") if verb.en[:3] != "be " else f"{en.be(who.person, True)}{verb.en[2:]}",
                *words.en,
            )
        aux, rest = predicate(who.person, verb.en, "present")
        return joined(who.en, aux, rest, *words.en)

    return (lambda join: joined(ko, _link(verb.stem, join))), event


FOLLOWING = set(
    word_list(
        "쉬 자 먹 마시 전화하 만나 읽 보 듣 산책하 운동하 공부하 일하 요리하 청소하 가 타 기다리 사 쇼핑하 게임하 외출하 외식하 수영하 등산하 캠핑하 데이트하 놀 춤추 "
        "노래하 여행하 구경하 연습하 그리 찍 나가 돌아가 입 끓이 만들 주문하 시키 씻 빨래하 도와주 초대하 연락하 이야기하 그만두 취소하 서두르 눕 술을_마시 커피를_마시 "
        "음악을_듣 집에_있 저녁을_먹 점심을_먹 밥을_먹 목욕하 샤워하 조깅하"
    )
)
BEFALLING = set(word_list("지각하 늦 울 웃 넘어지 다치 실수하 늦잠을_자 화를_내 실패하"))
LINKS = (
    ("아서", "because"),
    ("아서", "because"),
    ("니까", "because"),
    ("면", "if"),
    ("면", "if"),
    ("ㄹ 때", "when"),
    ("지만", "but"),
)


def linked(draw: Draw) -> Sentence:
    """'비가 와서 집에서 쉬었어요.' '시간이 있으면 영화를 봐요.' '피곤하지만 운동을 할 거예요.'"""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해"))
    join, word = draw.pick(LINKS)
    who = subject(draw, level, False, "1" if draw.chance(0.2) else "", topic_only=True)
    if who.respect or who.person == "it":
        return linked(draw)
    again = replace(who, en=who.person)  # 두 번째로 말할 때는 대명사예요.
    before, before_en = _condition(draw, who if word == "but" else again, level)
    if word == "but":
        who = again
    verb = draw.pick([v for v in ACTIONS if v.stem.text in FOLLOWING])
    if join == "아서" and draw.chance(0.2):
        verb = draw.pick([v for v in EVENTS if v.stem.text in BEFALLING])
    words = done(draw, verb, level)
    tense = draw.pick(("past", "present", "future")) if join != "면" else draw.pick(("present", "future"))
    kind = draw.pick(("", "", "", "want", "must", "cannot", "unable", "not")) if verb.kind == "v" else ""
    tense = "past" if verb.kind == "n" else tense
    if kind in ("must", "cannot", "unable") and tense == "future":
        tense = "present"
    if kind == "want" and (who.person not in ("I", "we") or tense == "future"):
        kind = ""
    asks = join in ("니까", "면") and draw.chance(0.35) and tense != "past"
    first_tense = "present" if tense == "future" else tense
    if asks:
        who = Subject("", "you", "you")
        before, before_en = _condition(
            draw, Subject("", "you" if join == "면" else "I", "you" if join == "면" else "I"), level
        )
        stem = verb_stem(verb, False)
        said, main = draw.pick((
            (eu(stem, "시")[:-1] + "세요" if polite(level) else infinitive(stem), f"please {verb.en}"),
            (eu(stem, "ㄹ까") + ("요?" if polite(level) else "?"), f"shall we {verb.en}"),
            (plain(stem, "지 마") + ("세요" if polite(level) else ""), f"don't {verb.en}"),
        ))  # fmt: skip
        question = said.endswith("?")
        main = joined(main, *words.en)
        said = said.rstrip("?")
        mine = "we" if "shall" in main else "you"
    else:
        question, mine = False, who.person
        stem = verb_stem(verb, False, {"not": "안", "unable": "못"}.get(kind, ""))
        stem = {
            "want": Stem(plain(stem, "고 싶"), kind="adjective"),
            "must": Stem(infinitive(stem) + "야 하"),
            "cannot": Stem(eu(stem, "ㄹ 수 없"), kind="exist"),
        }.get(kind, stem)
        said = ending(stem, tense, level, False)
        modal = {"want": "want to", "must": "have to", "cannot": "can", "unable": "can"}.get(kind, "")
        aux, rest = predicate(
            who.person, verb.en, tense, modal=modal, negative=kind in ("not", "cannot", "unable") and not verb.negative
        )
        main = joined(who.en, aux, rest, *words.en)
    topic = who.ko if not asks else ""
    ko = topic + joined(before(join), *words.ko, said)
    clause = before_en(first_tense)
    english = f"{clause}, {word} {main}" if word == "but" else f"{main} {word} {clause}"
    text = write(ko, english, question, mine)
    return Sentence(*text, f"linked/{join}/{kind}/{tense}/{asks}", head(verb, words, who), True)


ORDERS = (
    ("고", "and"),
    ("고 나서", "after"),
    ("기 전에", "before"),
    ("ㄴ 후에", "after"),
    ("ㄴ 다음에", "after"),
    ("면서", "while"),
    ("러", "to"),
    ("려고", "to"),
    ("지만", "but"),
)


PURPOSE = set(
    word_list(
        "먹 마시 사 보 읽 만나 운동하 공부하 수영하 배우 놀 쇼핑하 산책하 빌리 구경하 등산하 낚시하 데이트하 아르바이트하 일하 쉬 환불하 교환하 찍 타 가르치 "
        "사진을_찍 영화를_보 점심을_먹 저녁을_먹 밥을_먹 커피를_마시 머리를_자르 춤추 조깅하 캠핑하"
    )
)
MEANWHILE = {
    "음악을 듣",
    "노래를 부르",
    "커피를 마시",
    "텔레비전을 보",
    "듣",
    "부르",
    "마시",
    "걷",
    "먹",
    "이야기하",
    "얘기하",
    "노래하",
    "영화를 보",
}
ACTIVITY = set(
    word_list("공부하 요리하 청소하 걷 운동하 일하 운전하 빨래하 설거지하 산책하 읽 쓰 기다리 조깅하 달리 쉬 놀 그리")
)
AIM = set(
    word_list(
        "사 만들 보 만나 읽 배우 공부하 쓰 빌리 보내 여행하 요리하 먹 준비하 저축하 고치 도와주 일하 구경하 팔 찍 타 졸업하 운동하 쉬"
    )
)


def _two(draw: Draw, join: str) -> tuple[Verb, Verb]:
    """이어 말해도 어색하지 않은 두 동사."""
    if join == "러":
        goes = [v for v in ACTIONS if v.stem.text in ("가", "오") and v.slot and "eat" in v.slot.groups]
        return draw.pick([v for v in ACTIONS if v.stem.text in PURPOSE and v.places and not v.dative]), draw.pick(goes)
    if join == "면서":
        return draw.pick([v for v in ACTIONS if v.stem.text in MEANWHILE]), draw.pick(
            [v for v in ACTIONS if v.stem.text in ACTIVITY]
        )
    calm = [
        v
        for v in ACTIONS
        if not v.dative
        and v.stem.text
        not in ("사랑하", "살", "다니", "헤어지", "결혼하", "노력하", "조심하", "멈추", "포기하", "키우", "기르")
    ]
    first = [v for v in calm if v.stem.text in AIM] if join == "려고" else calm
    return draw.pick(first), draw.pick(calm)


def ordered(draw: Draw) -> Sentence:
    """'밥을 먹고 커피를 마셨어요.' '자기 전에 책을 읽어요.' '책을 빌리러 도서관에 가요.'"""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해"))
    join, word = draw.pick(ORDERS)
    one, two = _two(draw, join)
    who = subject(draw, level, False, topic_only=True)
    if who.respect or one is two:
        return ordered(draw)
    tense = draw.pick(("past", "past", "present", "future"))
    first, second = act(draw, one, level), act(draw, two, level)
    if join == "러" and one.places:
        group = draw.pick([g for g in one.places if g != "home"] or ["outdoor"])
        where = draw.pick(places(group))
        second.ko, second.en, second.name = [f"{where.ko}에"], [place_en(where, "to")], where.en
    time = when(draw, tense) if draw.chance(0.25) else ("", "")
    verb_ko = {
        "고": plain(one.stem, "고"),
        "고 나서": plain(one.stem, "고 나서"),
        "기 전에": plain(one.stem, "기 전에"),
        "ㄴ 후에": eu(one.stem, "ㄴ 후에"),
        "ㄴ 다음에": eu(one.stem, "ㄴ 다음에"),
        "면서": eu(one.stem, "면서"),
        "러": eu(one.stem, "러"),
        "려고": eu(one.stem, "려고"),
        "지만": plain(one.stem, "지만"),
    }[join]
    aux, rest = predicate(who.person, two.en, tense)
    main = joined(who.en, aux, rest, *second.en)
    if join == "지만":
        aux1, rest1 = predicate(who.person, one.en, "present")
        aux2, rest2 = predicate(who.person, two.en, "present", negative=True)
        ko = who.ko + joined(
            *first.ko, verb_ko, *second.ko, ending(verb_stem(two, False, "안"), "present", level, False)
        )
        english = joined(who.en, aux1, rest1, *first.en) + ", but " + joined(who.en, aux2, rest2, *second.en)
        text = write(ko, english, False, who.person)
        return Sentence(*text, "ordered/지만", (one.en, two.en), True)
    ko = who.ko + joined(time[0], *first.ko, verb_ko, *second.ko, ending(two.stem, tense, level, False))
    if join == "고":
        aux1, rest1 = predicate(who.person, one.en, tense)
        tail = (
            inflect(two.en, "past")
            if tense == "past"
            else two.en
            if aux or who.person in en.BE
            else inflect(two.en, "s")
        )
        english = joined(who.en, aux1, rest1, *first.en, "and", tail, *second.en, time[1])
    elif word == "to":
        english = joined(main, "to", one.en, *first.en, time[1])
    else:
        english = joined(main, word, inflect(one.en, "ing"), *first.en, time[1])
    text = write(ko, english, False, who.person)
    return Sentence(*text, f"ordered/{join}/{tense}", (one.en, two.en), True)


def both(draw: Draw) -> Sentence:
    """'이 식당은 싸고 맛있어요.' '어렵지만 재미있어요.'"""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해"))
    kind = draw.pick(("thing", "place", "person"))
    if kind == "thing":
        group = draw.pick([g for g, found in sorted(ADJECTIVES_OF.items()) if len(found) > 3])
        choices = ADJECTIVES_OF[group]
        ko, english, _ = phrase_noun(draw, level, group)
        person = "they" if is_plural(ko, group, english) else "it"
        subject_ko = josa(ko, "은/는")
        if draw.chance(0.4):
            subject_ko, english, person = "", "it", "it"
    elif kind == "place":
        where = draw.pick(places("city", "country"))
        choices, subject_ko, english, person = OF_LANDS, josa(where.ko, "은/는"), where.name, "it"
    else:
        who = subject(draw, level, False, "3", topic_only=True)
        if who.respect:
            return both(draw)
        choices, subject_ko, english, person = ADJECTIVES["trait"], who.ko.strip(), who.en, who.person
    one, two = draw.pick(choices), draw.pick(choices)
    if one.en == two.en:
        return both(draw)
    join, word = draw.pick((("고", "and"), ("지만", "but")))
    ko = joined(subject_ko, plain(one.stem, join), ending(two.stem, "present", level, False))
    text = write(ko, f"{english} {en.be(person, False)} {one.en} {word} {two.en}", False, person)
    return Sentence(*text, f"both/{join}/{kind}", (one.en, two.en), True)
