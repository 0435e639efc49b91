"""움직임을 말하는 문장: 평서문, 예·아니요 의문문, 의문사 의문문, 그리고 부탁이나 제안 같은 꼴."""

from __future__ import annotations

import re
from functools import cache

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import (
    LEVELS,
    Subject,
    Words,
    act,
    ending,
    other,
    solo,
    subject,
    verb_stem,
    when,
    where_done,
    with_person,
)
from reference.data.corpus.everyday.english import predicate
from reference.data.corpus.everyday.forms import FORMS, Form
from reference.data.corpus.everyday.tables import TIMES, VERBS, Verb, one_meaning
from reference.data.corpus.hangul import Stem, eu, infinitive, past, plain
from reference.data.corpus.nominal import Sentence

ACTIONS = [verb for verb in VERBS if verb.kind == "v"]
EVENTS = [verb for verb in VERBS if verb.kind == "n"]
OBJECTLESS = {verb.stem.text for verb in VERBS if not verb.slot}  # '운전했어요'처럼 목적어 없이도 쓰는 동사


@cache
def by_kind(kinds: str) -> list[Verb]:
    """종류들의 동사."""
    return [verb for verb in VERBS if verb.kind in kinds]


def weighted(draw: Draw) -> Form:
    """무게에 따라 꼴 하나를 뽑아요."""
    roll = draw.random() * sum(row.weight for row in FORMS)
    for row in FORMS:
        roll -= row.weight
        if roll < 0:
            return row
    return FORMS[-1]


def write(ko: str, english: str, question: bool, person: str = "I") -> tuple[str, str]:
    """두 언어의 문장을 부호까지 마무리해요."""
    mark = "?" if question else "."
    mine = {"I": "my", "you": "your", "we": "our", "they": "their", "it": "their", "she": "her"}.get(person, "his")
    english = contracted(english.replace("{my}", mine))
    return " ".join(ko.split()) + ("" if ko.endswith("!") else mark), english[0].upper() + english[1:] + mark


_BE = (
    (re.compile(r"\bI am\b(?![.?!])"), "I'm"),
    (re.compile(r"\b(you|we|they) are\b", re.I), r"\1're"),
    (re.compile(r"\b(he|she|it) is\b(?![.?!])", re.I), r"\1's"),
)


def contracted(text: str) -> str:
    """대명사 뒤의 be를 줄여요: I'm, you're, it's. 문장의 끝에서는 줄이지 않아요."""
    for found, short in _BE:
        text = found.sub(short, text)
    return text


def joined(*words: str) -> str:
    """빈 말을 빼고 띄어 이어요."""
    return " ".join(word for word in words if word)


def adjuncts(draw: Draw, verb: Verb, level: str, timed: bool = False) -> tuple[list[str], list[str]]:
    """동사 앞뒤에 올 수 있는 말 하나: 장소, 함께하는 사람, 탈것, 동안(때가 없을 때만)."""
    go = verb.slot is not None and verb.slot.mark == "to" and not verb.dative
    alone = verb.slot is not None and verb.slot.groups == ("person",)
    roll = draw.random()
    found: tuple[str, str] | None = None
    if roll < 0.45:
        found = where_done(draw, verb)
    elif roll < 0.65 and not alone and verb.kind == "v" and not solo(verb):
        who, who_en, _ = other(draw, level)
        found = joined(with_person(draw, who), draw.pick(("", "같이", "함께"))), f"with {who_en}"
    elif roll < 0.85 and go:
        found = draw.pick(TIMES["tool"])
    elif roll < 0.9 and verb.slot is None and verb.kind == "v" and not timed and not solo(verb):
        found = draw.pick(TIMES["duration"])
    return ([found[0]], [found[1]]) if found else ([], [])


MANNER = {
    "같이": "v", "함께": "v", "혼자": "v", "혼자서": "v", "다시": "vn", "또": "vn", "일찍": "", "늦게": "",
    "빨리": "", "천천히": "", "열심히": "", "많이": "", "조금": "", "조용히": "", "갑자기": "", "직접": "", "오래": "",
    "잠깐": "", "잠시": "", "계속": "", "다 같이": "v", "즐겁게": "", "조심히": "",
}  # fmt: skip
FITS = {  # 모습을 말하는 부사가 어울리는 동사
    "일찍": "일어나 자 출근하 퇴근하 도착하 가 오 돌아오 출발하", "늦게": "일어나 자 퇴근하 도착하 오 돌아오 잠자",
    "빨리": "먹 걷 뛰 달리 가 오 읽 일어나 끝내 돌아오 씻 입 준비하", "천천히": "먹 걷 마시 읽 운전하 가 말하 쓰",
    "열심히": "공부하 일하 운동하 연습하 배우 청소하 뛰 준비하", "많이": "먹 마시 사 자 걷 울 웃 읽 공부하 말하 사랑하 좋아하",
    "조금": "먹 마시 자 공부하 쉬 걷 울 운동하 배우", "조용히": "앉 읽 걷 공부하 기다리 말하", "갑자기": "울 웃 넘어지 일어나 멈추 놀라",
    "오래": "살 자 기다리 걷 쉬 머무르", "잠깐": "쉬 자 기다리 앉 만나", "잠시": "쉬 기다리 앉 자", "계속": "공부하 일하 기다리 걷 자 울",
    "잘": "자 먹 만들 가르치 설명하 춤추 그리 부르 치 타 쓰", "푹": "자 쉬", "맛있게": "먹", "재미있게": "놀 보 읽", "깨끗하게": "씻 닦 청소하 빨",
    "깨끗이": "씻 닦 청소하 빨", "예쁘게": "입 만들 그리 포장하 찍", "크게": "웃 노래하 말하 부르 읽", "쉽게": "배우 찾 만들 풀 설명하 고치", "편하게": "앉 쉬 자",
    "즐겁게": "놀 일하 여행하 춤추 노래하", "조심히": "운전하 걷", "직접": "만들 요리하 고치 그리",
}  # fmt: skip
FITTING = {word: set(stems.split()) for word, stems in FITS.items()}


def manner(draw: Draw, verb: Verb, quiet: bool = False) -> tuple[str, str]:
    """동사에 어울리는 부사."""
    choices = [pair for pair in TIMES["manner"] if verb.stem.text in FITTING.get(pair[0], ())]
    if verb.kind == "v" and not quiet and not solo(verb):
        choices += [pair for pair in TIMES["manner"] if verb.kind in MANNER.get(pair[0], "")]
    return draw.pick(choices) if choices else ("", "")


def head(verb: Verb, words: Words, who: Subject | None = None) -> tuple[str, str]:
    """결합을 따질 두 단어. 데리고 다니는 말이 없으면 주어와의 결합이에요."""
    return verb.en, words.name or (who.name or who.en if who else "someone")


def _ended(draw: Draw, stem: Stem, tense: str, level: str, question: bool) -> str:
    """종결 어미. 가끔은 '-네요'와 '-나요?', '-니?'예요."""
    roll = draw.random()
    if level in ("해요", "해") and tense != "future" and roll < 0.08 and not stem.respect:
        yo = "요" if level == "해요" else ""
        base = past(stem).text if tense == "past" else stem.text
        if question and yo:
            return plain(stem._replace(text=base), "나요")
        if not question:
            return plain(stem._replace(text=base), "네") + yo
    if level == "해" and question and roll < 0.35:
        return ending(stem, tense, "해라", True)
    return ending(stem, tense, level, question)


def done(draw: Draw, verb: Verb, level: str) -> Words:
    """동사에 딸린 말. 목적어를 말하지 않고 '먹었어요'라고만 하기도 해요(eat it)."""
    slot = verb.slot
    alone = slot is not None and slot.particle == "을" and not verb.dative and slot.groups != ("person",)
    if alone and one_meaning(verb) and verb.stem.text not in OBJECTLESS and draw.chance(0.08):
        return Words(en=["it"], name="it", marked=True)
    return act(draw, verb, level)


def tell(draw: Draw) -> Sentence:
    """평서문과 예·아니요 의문문: '저는 어제 친구와 영화를 봤어요.' '커피를 안 마셔요?'"""
    level, question = draw.pick(LEVELS), draw.chance(0.28)
    if question and level == "해라":
        level = "해요"
    verb = draw.pick(by_kind(draw.pick(("v", "v", "v", "v", "v", "n", "s"))))
    tense = (
        draw.pick(("past", "past", "present", "present", "future"))
        if verb.kind != "s"
        else draw.pick(("present", "present", "present", "past"))
    )
    if verb.kind == "n" and tense == "present":
        tense = "past"
    roll = draw.random()
    negation = "" if roll < 0.8 else draw.pick(("안", "안", "지 않", "지 않", "못", "지 못하"))
    if verb.kind != "v" and negation in ("못", "지 못하"):
        negation = "안"
    if verb.stem.text in ("알", "모르") or verb.kind == "n":
        negation = ""
    modal = (
        draw.pick(("", "", "", "", "want", "want", "can", "must"))
        if verb.kind == "v" and negation in ("", "지 않")
        else ""
    )
    if negation and modal == "must" or modal == "want" and tense == "future":
        modal = ""
    who = subject(draw, level, question)
    if modal == "want" and who.person not in ("I", "you", "we") and question:
        modal = ""
    words = done(draw, verb, level)
    progressive = verb.kind == "v" and not modal and not negation and tense != "future" and draw.chance(0.12)
    time = ("", "")
    roll = draw.random()
    if progressive and tense == "present":
        time = ("지금", "now") if roll < 0.3 else ("요즘", "these days") if roll < 0.4 else time
    elif verb.kind == "s":
        pass
    elif roll < (0.75 if tense == "future" else 0.45):
        time = when(draw, tense)
    often = (
        draw.pick(TIMES["often"])
        if tense == "present"
        and not modal
        and verb.kind == "v"
        and not progressive
        and not negation
        and draw.chance(0.12)
        else ("", "")
    )
    if often[0] and time[0]:
        time = ("", "")
    more_ko, more_en = (
        adjuncts(draw, verb, level, bool(time[0])) if draw.chance(0.45) and verb.kind != "s" else ([], [])
    )
    how = manner(draw, verb) if not more_ko and draw.chance(0.16) else ("", "")
    lead = joined(time[0], often[0], *more_ko)
    said_tense = tense
    if tense == "future" and time[0] and not modal and draw.chance(0.25):
        said_tense = "present"  # '내일 학교에 가요'
    respect = who.respect
    stem = verb_stem(verb, respect and not modal, negation)
    if progressive:
        stem = Stem(
            plain(stem if not respect else verb.stem, "고 ") + ("계시" if respect else "있"),
            kind="verb" if respect else "exist",
            respect=respect,
        )
    elif modal == "want":
        third = who.person not in ("I", "you", "we")
        wish = plain(stem, "고 싶") + ("어 하" if third else "")
        stem = Stem(wish, kind="verb" if third else "adjective")
        if negation:
            stem = Stem(plain(stem, "지 않"), kind=stem.kind)
        respected = respect and not third
        stem = Stem(eu(stem, "시"), kind="adjective", respect=True) if respected else stem
    elif modal == "can":
        able = draw.pick(("수", "수", "수", "수가" if negation else "수"))
        stem = Stem(f"{eu(stem, 'ㄹ')} {able} {'없' if negation else '있'}", kind="exist")
    elif modal == "must":
        stem = Stem(f"{infinitive(stem)}야 {draw.pick(('하', '하', '되'))}")
    elif negation in ("지 않", "지 못하"):
        stem = Stem(plain(stem, negation), kind="verb")
    object_first = draw.chance(0.08) and how[0] == "" and not who.ko
    inner = joined(*words.ko, lead) if object_first and lead and not time[0] else joined(lead, *words.ko)
    ko = who.ko + joined(inner, how[0], _ended(draw, stem, said_tense, level, question))
    modal_en = {"want": "want to", "must": "have to"}.get(modal, modal)
    if negation in ("못", "지 못하"):
        modal_en = "can"
    # '학교에 가요'는 지금 가는 길이에요.
    going = (
        (goes(verb) or not verb.slot and verb.en in ("go", "come"))
        and tense == "present"
        and not (modal_en or time[0] or often[0])
    )
    aux, rest = predicate(
        who.person,
        verb.en,
        tense,
        negative=bool(negation) != verb.negative,
        question=question,
        modal=modal_en,
        progressive=progressive or going,
    )
    if often[1] and rest:
        rest = f"{often[1]} {rest}" if not (aux and aux in ("am", "is", "are")) else rest
        often = ("", often[1])
    start = joined(aux, who.en, rest) if question else joined(who.en, aux, rest)
    if often[1] and often[1] not in start:
        start = f"{start} {often[1]}"
    english = joined(start, *words.en, how[1], *more_en, time[1])
    text = write(ko, english, question, who.person)
    basic = not (question or negation or modal or progressive)
    structure = f"tell/{tense}/{negation}/{modal}/{question}/{progressive}"
    return Sentence(*text, structure, head(verb, words, who), not basic)


def goes(verb: Verb) -> bool:
    """어디로 가는지 말하는 동사인지."""
    return verb.en in ("go", "come", "go back") and verb.slot is not None


def form(draw: Draw) -> Sentence:
    """부탁, 제안, 허락, 경험 같은 꼴: '창문을 열어도 돼요?' '천천히 말해 주세요.'"""
    made = weighted(draw)
    level = draw.pick(("해요", "해요", "해요", "합쇼", "해"))
    verb = draw.pick(by_kind(draw.pick(made.kinds)))
    if made.name in ("ever?", "tried?", "before", "tried", "never") and verb.en == "go":
        return form(draw)
    if verb.negative or verb.stem.text in ("알", "죽", "태어나"):
        return form(draw)
    who = subject(draw, level, made.question, made.people)
    words = done(draw, verb, level)
    if made.people == "2":
        who = Subject("", "you", "you")
    elif made.people == "1" and who.person == "we":
        who = Subject("", "I", "I")
    time = when(draw, made.time) if made.time and draw.chance(0.3) else ("", "")
    more_ko, more_en = adjuncts(draw, verb, level, bool(time[0])) if draw.chance(0.3) else ([], [])
    how = manner(draw, verb, made.people == "1") if not more_ko and draw.chance(0.25) else ("", "")
    stem = verb_stem(verb, False, "안" if made.name == "not yet" else "")
    if made.name == "please" and level == "해요" and stem.text in ("먹", "마시") and draw.chance(0.4):
        stem = Stem("들")  # '드세요'
    topic = who.ko if made.name not in ("let's", "will", "should", "hope") else ""
    ko = topic + joined(time[0], *more_ko, *words.ko, how[0], made.ko(draw, stem, level))
    base = verb.en
    english = joined(
        made.en(who, base), *words.en, how[1], *more_en, made.tail if made.tail != ", right" else "", time[1]
    )
    english += ", right" if made.tail == ", right" else ""
    question = made.question or made.name == "right?"
    mine = {"may?": "I", "shall": "we", "let's": "we", "how?": "I", "how must?": "I"}.get(made.name, who.person)
    text = write(ko, english, question, mine)
    return Sentence(*text, f"form/{made.name}", head(verb, words, who), True)
