"""어떠한지와 어디에 있는지를 말하는 문장."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import LEVELS, Subject, ending, subject, when
from reference.data.corpus.everyday.english import compared, determined, predicate
from reference.data.corpus.everyday.modifying import phrase_noun
from reference.data.corpus.everyday.noun_phrases import person_ko, polite
from reference.data.corpus.everyday.sentences import joined, write
from reference.data.corpus.everyday.tables import (
    ADJECTIVES,
    ADJECTIVES_OF,
    NOUNS,
    PEOPLE,
    TIMES,
    Adjective,
    nouns,
    places,
)
from reference.data.corpus.hangul import Stem, eu, final, honorific, infinitive, josa, modifier, past, plain
from reference.data.corpus.nominal import Sentence

OF_LANDS = [
    a for a in ADJECTIVES["place"] if a.en not in ("dangerous", "dirty", "dark", "bright", "small", "convenient")
]  # 나라와 도시


def _stem(draw: Draw, stem: Stem, negative: bool, respect: bool) -> Stem:
    """부정과 높임을 입힌 형용사의 어간."""
    if negative:
        first, space, last = stem.text.rpartition(" ")
        if len(last) <= 3 and stem.kind == "adjective" and draw.chance(0.5):
            stem = stem._replace(text=f"{first}{space}안 {last}")
        else:
            stem = Stem(plain(stem, "지 않"), kind="adjective")
    return honorific(stem) if respect else stem


def _ending(draw: Draw, stem: Stem, tense: str, level: str, question: bool) -> tuple[str, str]:
    """(서술어, 영어의 꼬리). '-네요'와 '-죠?'도 있어요."""
    roll = draw.random()
    yo = "요" if polite(level) else ""
    base = past(stem).text if tense == "past" else stem.text
    if question and roll < 0.15 and level != "합쇼":
        return base + ("죠" if yo else "지"), ", right"
    if not question and roll < 0.15 and level in ("해요", "해"):
        if final(base[-1]) == "ㄹ":
            base = eu(Stem(base), "니")[:-1]
        return f"{base}네{yo}", ""
    return ending(stem, tense, level, question), ""


def _predicate(
    draw: Draw,
    ko: str,
    who: Subject,
    adjective: Adjective,
    level: str,
    structure: str,
    name: str,
    before: str = "",
    after: str = "",
) -> Sentence:
    """'주어 + (정도) + 형용사' 문장을 마무리해요. ko는 조사까지 붙은 주어예요."""
    question, negative = draw.chance(0.22) and not (ko and who.person in ("I", "we")), draw.chance(0.15)
    if question and level == "해라":
        level = "해요"
    if negative and adjective.stem.text.endswith("없"):
        negative = False
    tense = draw.pick(("present", "present", "past"))
    degree = draw.pick(TIMES["degree"]) if not negative and draw.chance(0.4) else ("", "")
    person, who_en = who.person, who.en
    if not ko and question and who_en == "I":
        person, who_en = "you", "you"
    stem = _stem(draw, adjective.stem, negative, who.respect)
    said, tail = _ending(draw, stem, tense, level, question)
    aux = en.be(person, tense == "past")
    aux = en.negated(aux) if negative else aux
    words = joined(degree[1], adjective.en, after)
    if tail:
        english = joined(who_en, aux, words) + tail
    else:
        english = joined(aux, who_en, words) if question else joined(who_en, aux, words)
    text = write(joined(ko, before, degree[0], said), english, question, person)
    return Sentence(*text, f"{structure}/{tense}/{negative}/{question}", (adjective.en, name), negative or question)


def feel(draw: Draw) -> Sentence:
    """'저는 배가 고파요.' '엄마는 피곤해 보여요.' '슬퍼졌어요.'"""
    level = draw.pick(LEVELS)
    adjective = draw.pick([a for a in ADJECTIVES["feel"] if a.en not in ("okay",)])
    who = subject(draw, level, False, topic_only=True)
    roll = draw.random()
    past_en = {"he": "he"}.get(who.person, who.person)
    if roll < 0.2 and adjective.stem.text in ("아프", "편하", "안전하", "힘이 없", "건강하"):
        roll = 1.0
    if roll < 0.12:
        stem = Stem(infinitive(adjective.stem) + " 보이")
        seen = who if who.ko and who.person not in ("I", "we") else Subject("", "you", "you")
        look = "look" if seen.person in en.BE else "looks"
        text = write(
            seen.ko + ending(stem, "present", level, False), f"{seen.en} {look} {adjective.en}", False, seen.person
        )
        return Sentence(*text, "look", (adjective.en, seen.name or seen.en), True)
    if roll < 0.2:
        stem = Stem(infinitive(adjective.stem) + "지")
        text = write(who.ko + ending(stem, "past", level, False), f"{who.en} became {adjective.en}", False, past_en)
        return Sentence(*text, "become", (adjective.en, who.name or who.en), True)
    if who.respect and adjective.stem.text == "아프":
        return feel(draw)
    time = when(draw, "past") if draw.chance(0.12) else ("", "")
    if time[0]:
        stem = _stem(draw, adjective.stem, False, who.respect)
        ko = who.ko + joined(time[0], ending(stem, "past", level, False))
        text = write(ko, joined(who.en, en.be(who.person, True), adjective.en, time[1]), False, who.person)
        return Sentence(*text, "feel/when", (adjective.en, who.name or who.en), True)
    ko = who.ko.strip()
    if not ko and adjective.stem.text in ("지루하", "편하", "안전하"):
        return feel(draw)
    return _predicate(draw, ko, who, adjective, level, "feel", who.name or who.en)


def trait(draw: Draw) -> Sentence:
    """'민수 씨는 아주 친절해요.' '우리 선생님은 엄격하세요.' '친절한 사람이에요.'"""
    level = draw.pick(LEVELS)
    who = subject(draw, level, False, "3")
    adjective = draw.pick(ADJECTIVES["trait"])
    if draw.chance(0.2):
        noun = draw.pick(NOUNS["job"][:60] + NOUNS["human"][:6])
        phrase = joined(modifier(adjective.stem, "present"), noun.ko)
        said = {"합쇼": phrase + "입니다", "해": josa(phrase, "이야/야"), "해라": josa(phrase, "이다/다")}.get(
            level, josa(phrase, "이에요/예요")
        )
        if who.person in ("they", "we", "it"):
            return trait(draw)
        text = write(
            who.ko + said,
            f"{who.en} {en.be(who.person, False)} {en.article(f'{adjective.en} {noun.en}')}",
            False,
            who.person,
        )
        return Sentence(*text, "trait/noun", (adjective.en, noun.en))
    return _predicate(draw, who.ko.strip(), who, adjective, level, "trait", who.name)


def thing(draw: Draw) -> Sentence:
    """'이 가방은 너무 비싸요.' '맛있어요?' '제 방보다 커요.'"""
    level = draw.pick(LEVELS)
    group = draw.pick(sorted(ADJECTIVES_OF))
    adjective = draw.pick(ADJECTIVES_OF[group])
    if draw.chance(0.1):
        if adjective.stem.text in ("무섭", "신나", "슬프"):
            return thing(draw)
        who = Subject("", "it", "it")
        return _predicate(draw, "", who, adjective, level, "it", "it")
    ko, english, name = phrase_noun(draw, level, group)
    if group in ("language", "subject", "ballgame", "game"):
        noun = draw.pick(nouns(group))
        ko, english, name = noun.ko, determined(noun, "s"), noun.en
    who = Subject("", english, "they" if is_plural(ko, group, english) else "it")
    return _predicate(draw, josa(ko, draw.pick(("은/는", "은/는", "이/가"))), who, adjective, level, "thing", name)


def is_plural(ko: str, group: str, english: str) -> bool:
    """이 명사구의 영어가 복수인지."""
    noun = next(noun for noun in nouns(group) if ko.endswith(noun.ko) and english.endswith((noun.en, noun.plural)))
    return noun.kind == "plural" or noun.kind == "count" and english.endswith(noun.plural) and noun.plural != noun.en


def place(draw: Draw) -> Sentence:
    """'이 식당은 조용해요.' '서울은 부산보다 더 커요.'"""
    level = draw.pick(LEVELS)
    adjective = draw.pick(ADJECTIVES["place"])
    if draw.chance(0.45):
        adjective, where = draw.pick(OF_LANDS), draw.pick(places("city", "country"))
        ko, english = where.ko, where.name
    else:
        where = draw.pick(places("home", "school", "eat", "shop", "outdoor", "fun", "travel", "health", "read"))
        bare = where.name == where.en or draw.chance(0.3)
        near, near_en = draw.pick((("이", "this"), ("그", "that"), ("저", "that")))
        ko, english = (where.ko, where.name) if bare else (f"{near} {where.ko}", f"{near_en} {where.en}")
    who = Subject("", english, "they" if where.en in ("mountains",) else "it")
    return _predicate(draw, josa(ko, draw.pick(("은/는", "이/가"))), who, adjective, level, "place", where.en)


def weather(draw: Draw) -> Sentence:
    """'오늘은 날씨가 추워요.' '내일 비가 올 거예요.' '어제 서울에 눈이 왔어요.'"""
    level, question = draw.pick(LEVELS), draw.chance(0.2)
    level = "해요" if question and level == "해라" else level
    tense, (ko, when_en) = draw.pick((
        ("past", ("어제", "yesterday")), ("present", ("오늘", "today")), ("future", ("내일", "tomorrow")), ("present", ("", "")), ("past", ("", "")),
        ("past", ("그저께", "the day before yesterday")), ("future", ("모레", "the day after tomorrow")), ("present", ("요즘", "these days")),
        ("past", ("지난주에", "last week")), ("future", ("다음 주에", "next week")), ("past", ("어젯밤에", "last night")), ("future", ("오늘 밤에", "tonight")),
        ("future", ("주말에", "on the weekend")), ("future", ("이번 주말에", "this weekend")), ("past", ("아침에", "in the morning")),
    ))  # fmt: skip
    if ko in ("어제", "오늘", "내일", "모레", "요즘") and draw.chance(0.5):
        ko = josa(ko, "은/는")
    city = draw.pick(places("city", "country")) if draw.chance(0.25) else None
    negative = draw.chance(0.15)
    time = joined(ko, f"{city.ko}에" if city else "")
    ends = joined(f"in {city.name}" if city else "", when_en)
    guess = tense == "future" and not question and draw.chance(0.3)
    if draw.chance(0.4):
        noun, stem, base = draw.pick((
            ("비가", Stem("오"), "rain"), ("눈이", Stem("오"), "snow"), ("비가", Stem("내리"), "rain"), ("눈이", Stem("내리"), "snow"),
            ("비", Stem("오"), "rain"), ("눈", Stem("오"), "snow"),
        ))  # fmt: skip
        if negative:
            stem = stem._replace(text="안 " + stem.text)
        aux, rest = predicate("it", base, tense, negative=negative, question=question, progressive=tense == "present")
        many = " 많이" if not negative and draw.chance(0.2) else ""
        said = (
            (eu(stem, "ㄹ 것 같아") + ("요" if polite(level) else ""))
            if guess
            else ending(stem, tense, level, question)
        )
        order = joined(aux, "it", rest) if question else joined("it", aux, rest)
        english = joined("I think" if guess else "", order, "a lot" if many else "", ends)
        text = write(joined(time, noun + many, said), english, question)
        return Sentence(
            *text,
            f"weather/{tense}/{negative}/{question}/{guess}",
            (base, city.en if city else when_en),
            negative or question,
        )
    adjective = draw.pick(ADJECTIVES["weather"])
    degree = (
        draw.pick([d for d in TIMES["degree"] if d[0] != "많이"]) if draw.chance(0.35) and not negative else ("", "")
    )
    stem = _stem(draw, adjective.stem, negative, False)
    said = (eu(stem, "ㄹ 것 같아") + ("요" if polite(level) else "")) if guess else ending(stem, tense, level, question)
    aux = "will" if tense == "future" else en.be("it", tense == "past")
    aux = en.negated(aux) if negative else aux
    rest = joined("be" if tense == "future" else "", degree[1], adjective.en, ends)
    subject_en = "the weather" if adjective.stem.text.startswith("날씨가") else "it"
    english = joined(
        "I think" if guess else "", joined(aux, subject_en, rest) if question else joined(subject_en, aux, rest)
    )
    text = write(
        joined(time, degree[0], said) if draw.chance(0.5) or " " not in said else joined(time, said), english, question
    )
    if degree[0] and degree[0] not in text[0]:
        return weather(draw)
    return Sentence(
        *text,
        f"weather/{tense}/{negative}/{question}/{guess}",
        (adjective.en, city.en if city else when_en),
        negative or question,
    )


def compare(draw: Draw) -> Sentence:
    """'버스는 지하철보다 느려요.' '이 식당이 제일 싸요.'"""
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해"))
    kind = draw.pick(("thing", "thing", "place", "person"))
    if kind == "place":
        adjective = draw.pick(OF_LANDS)
        one, two = draw.pick(places("city", "country")), draw.pick(places("city", "country"))
        first, second, first_en, second_en, verb = one.ko, two.ko, one.name, two.name, "is"
    elif kind == "person":
        adjective = draw.pick([a for a in ADJECTIVES["trait"] if a.en != "close"])
        a, b = draw.pick(PEOPLE["name"]), draw.pick(PEOPLE["name"])
        first, second, first_en, second_en, verb = person_ko(a, level), person_ko(b, level), a.en, b.en, "is"
    else:
        group = draw.pick([g for g in sorted(ADJECTIVES_OF) if g not in ("abstract", "writing", "event")])
        adjective = draw.pick(ADJECTIVES_OF[group])
        x, y = draw.pick(nouns(group)), draw.pick(nouns(group))
        first, second, first_en, second_en = x.ko, y.ko, determined(x, "s"), determined(y, "s")
        verb = "are" if x.kind in ("count", "plural") else "is"
    if first_en == second_en:
        return compare(draw)
    question = draw.chance(0.2)
    said = ending(adjective.stem, "present", level, question)
    if draw.chance(0.3):
        ko = joined(josa(first, draw.pick(("은/는", "이/가"))), draw.pick(("제일", "가장")), said)
        rest = f"the {compared(adjective.en, True)}"
        structure = "most"
    else:
        more = draw.pick(("", "더"))
        mark = draw.pick(("은/는", "이/가"))
        ko = (
            joined(josa(first, mark), f"{second}보다", more, said)
            if draw.chance(0.7)
            else joined(f"{second}보다", josa(first, mark), more or "더", said)
        )
        rest, structure = f"{compared(adjective.en)} than {second_en}", "than"
    english = joined(verb, first_en, rest) if question else joined(first_en, verb, rest)
    return Sentence(
        *write(ko, english, question), f"compare/{structure}/{kind}/{question}", (adjective.en, first_en), True
    )
