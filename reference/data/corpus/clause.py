"""문장의 뜻 하나(Clause)를 한국어와 영어로 적어요. 영어는 한국어만 보고 정해지도록 규칙을 하나씩만 둬요."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reference.data.corpus import english as en
from reference.data.corpus.hangul import (
    Stem,
    eu,
    final,
    finish,
    honorific,
    infinitive,
    josa,
    modifier,
    native_number,
    past,
    plain,
)
from reference.data.corpus.lexicon import DEFINITE, UNITS, Condition, Noun, Person, Verb

ME = Person("저", "I", "I", "me")
POSSESSIVE = {"I": "my", "you": "your", "we": "our", "he": "his", "she": "her"}


@dataclass(frozen=True)
class Relative:
    """꾸미는 절. '(어제) 민수가 산'. person이 None이면 큰 문장의 주어와 같은 사람이에요."""

    verb: Verb
    tense: str
    person: Person | None = None
    time: tuple[str, str] | None = None
    place: tuple[str, str] | None = None
    retold: bool = False  # '산 빵' 대신 '샀던 빵'


@dataclass(frozen=True)
class NounPhrase:
    """명사구. count는 센 수, generic은 종류 전체를 가리키는지."""

    noun: Noun
    adjective: tuple[Stem, str] | None = None
    color: tuple[str, str] | None = None
    pointer: str = ""  # "이" | "그"
    count: int = 0
    counter_first: bool = False  # '책 세 권을'(True)과 '책을 세 권'(False)
    relative: Relative | None = None
    generic: bool = False


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """누구의 일을 어떤 말투로 말하는지. 주어가 None이면 생략된 주어: 평서문은 나, 의문문은 상대."""

    subject: Person | None = None
    level: str = "해요"
    question: bool = False
    ask: str = ""  # "" | who | what | where | when | why | how many


@dataclass(frozen=True)
class Clause(Utterance):
    """움직임을 말하는 문장 하나의 뜻."""

    frame: str
    verb: Verb
    tense: str = "past"
    negation: str = ""  # "" | 안 | 지 않 | 못 | 지 못하
    modal: str = ""  # "" | want | can | must
    progressive: bool = False
    time: tuple[str, str] | None = None
    often: tuple[str, str] | None = None
    thing: NounPhrase | None = None
    particle: str = "을/를"  # 목적어나 사람에 붙는 조사
    person: Person | None = None  # 목적어인 사람
    recipient: Person | None = None
    humble: str = ""  # 윗사람에게 줄 때의 어간
    companion: Person | None = None
    place: tuple[str, str] | None = None  # (조사까지 붙은 한국어, 영어)
    means: tuple[str, str] | None = None
    duration: tuple[str, str] | None = None
    condition: Condition | None = None
    link: str = ""  # 어서 | 지만 | 면 | ㄹ 때
    first: Clause | None = None  # 먼저(또는 나중에) 하는 일
    order: str = ""  # 고 | 가서 | ㄴ 후에 | 기 전에


# -- 한국어 --


def person_ko(person: Person, level: str) -> str:
    """사람을 부르는 말: 해라체는 '지훈이', 나머지는 '지훈 씨'."""
    if person.role == "me":
        return "나" if level == "해라" else "저"
    if person.role != "name":
        return person.ko
    if level == "해라":
        return person.ko + ("이" if final(person.ko[-1]) else "")
    return person.ko + " 씨"


def marked(person: Person, level: str, pair: str) -> str:
    """사람에 조사를 붙여요. '나가, 저가'는 '내가, 제가'가 돼요."""
    if person.role == "me" and pair == "이/가":
        return "내가" if level == "해라" else "제가"
    return josa(person_ko(person, level), pair)


def respected(said: Utterance) -> bool:
    """서술어에 '-시-'를 쓰는가: 윗사람이거나, 높임말로 상대에게 물을 때."""
    if said.ask == "who":
        return False
    if said.subject:
        return said.subject.respect
    return said.question and said.level != "해라"


def phrase_ko(phrase: NounPhrase, level: str) -> str:
    """조사와 세는 말을 뺀 명사구."""
    words = []
    if phrase.relative:
        rel = phrase.relative
        if rel.person:
            words.append(marked(rel.person, level, "이/가"))
        words += [part[0] for part in (rel.time, rel.place) if part]
        stem = rel.verb.stem
        if rel.person and rel.person.respect:
            stem = Stem(rel.verb.polite, respect=True) if rel.verb.polite else honorific(stem)
        words.append(past(stem).text + "던" if rel.retold else modifier(stem, rel.tense))
    words.append(phrase.pointer)
    words.append(phrase.color[0] if phrase.color else "")
    words.append(modifier(phrase.adjective[0], "present") if phrase.adjective else "")
    return " ".join(word for word in (*words, phrase.noun.ko) if word)


def thing_ko(phrase: NounPhrase, level: str, pair: str) -> str:
    """세는 말과 조사까지 붙인 명사구: '책을 세 권', '책 세 권을'."""
    noun = phrase_ko(phrase, level)
    if not phrase.count:
        return josa(noun, pair)
    counted = f"{native_number(phrase.count)} {phrase.noun.counter.split(':')[0]}"
    return josa(f"{noun} {counted}", pair) if phrase.counter_first else f"{josa(noun, pair)} {counted}"


def _negate(stem: Stem, word: str, split: bool) -> Stem:
    """'안'이나 '못'을 서술어 바로 앞에 넣어요: 안 먹, 안 보여 주, 공부 안 하, 춤을 안 추."""
    if split:
        return stem._replace(text=f"{stem.text[:-1]} {word} {stem.text[-1]}")
    head, space, last = stem.text.rpartition(" ")
    if head.endswith(("을", "를")):
        return stem._replace(text=f"{head}{space}{word} {last}")
    return stem._replace(text=f"{word} {stem.text}")


def _verb_stem(clause: Clause) -> Stem:
    """서술어의 어간: 높임말, 부정, 진행, 바람·가능·의무를 차례로 입혀요."""
    verb, respect = clause.verb, respected(clause)
    stem = Stem(clause.humble) if clause.humble else verb.stem
    if respect and verb.polite and not clause.humble:
        stem = Stem(verb.polite, respect=True)
    if clause.negation in ("안", "못"):
        stem = _negate(stem, clause.negation, verb.split and not stem.respect)
    if clause.progressive:
        stem = Stem(
            f"{plain(stem, '고')} {'계시' if respect else '있'}", kind="verb" if respect else "exist", respect=respect
        )
    elif clause.modal == "want":
        others = clause.subject is not None and clause.subject.role not in ("me", "we")
        wish = f"{plain(stem, '고')} 싶"
        stem = Stem(wish + "어 하") if others else Stem(wish, kind="adjective")
    elif clause.modal == "can":
        stem = Stem(f"{eu(stem, 'ㄹ')} 수 {'없' if clause.negation else '있'}", kind="exist")
    elif clause.modal == "must":
        stem = Stem(f"{infinitive(stem)}야 하")
    if clause.negation == "지 않" and clause.modal != "can":
        stem = Stem(f"{plain(stem, '지')} 않", kind="adjective" if stem.kind == "adjective" else "verb")
    elif clause.negation == "지 못하":
        stem = Stem(f"{plain(stem, '지')} 못하")
    return honorific(stem) if respect and not stem.respect else stem


def _condition_ko(clause: Clause, condition: Condition) -> str:
    """앞 절: '비가 와서', '피곤했지만', '배가 고프면', '심심할 때'."""
    stem = honorific(condition.stem) if condition.about == "person" and respected(clause) else condition.stem
    if clause.link == "어서":
        return (stem.text[:-1] + "셔서") if stem.respect else infinitive(stem) + "서"
    if clause.link == "지만":
        return past(stem).text + "지만"
    return eu(stem, "면") if clause.link == "면" else eu(stem, "ㄹ") + " 때"


def _inner_ko(clause: Clause) -> list[str]:
    """주어와 서술어 사이: 때, 함께하는 사람, 수단, 장소, 받는 사람, 동안, 목적어."""
    level, words = clause.level, []
    if clause.time:
        words.append(clause.time[0])
    if clause.often:
        words.append(clause.often[0])
    if clause.ask in ("when", "why"):
        words.append({"when": "언제", "why": "왜"}[clause.ask])
    if clause.companion:
        words.append(marked(clause.companion, level, "과/와") + " 함께")
    if clause.means:
        words.append(clause.means[0])
    if clause.place:
        words.append(clause.place[0])
    if clause.ask == "where":
        words.append("어디에서" if clause.frame != "go" else "어디에")
    if clause.recipient:
        words.append(person_ko(clause.recipient, level) + ("께" if clause.recipient.respect else "에게"))
    if clause.duration:
        words.append(clause.duration[0])
    if clause.ask == "what":
        words.append("무엇을")
    elif clause.thing and clause.ask == "how many":
        words.append(f"{josa(clause.thing.noun.ko, '을/를')} 몇 {clause.thing.noun.counter.split(':')[0]}")
    elif clause.thing:
        words.append(thing_ko(clause.thing, level, clause.particle))
    if clause.person:
        if clause.particle == "에게":
            words.append(person_ko(clause.person, level) + ("께" if clause.person.respect else "에게"))
        else:
            words.append(marked(clause.person, level, clause.particle))
    return words


def to_korean(clause: Clause) -> str:
    """뜻을 한국어 문장으로 적어요."""
    words = []
    if clause.condition and clause.condition.about != "person":
        words.append(_condition_ko(clause, clause.condition))
    if clause.ask == "who":
        words.append("누가")
    elif clause.subject:
        words.append(marked(clause.subject, clause.level, "은/는"))
    if clause.condition and clause.condition.about == "person":
        words.append(_condition_ko(clause, clause.condition))
    inner = _inner_ko(clause)
    if clause.first:
        lead = inner[:1] if clause.time else []
        inner = inner[len(lead) :]
        words += lead + _inner_ko(clause.first) + [_first_ko(clause, clause.first.verb)]
    words += inner
    words.append(finish(_verb_stem(clause), clause.tense, clause.level, clause.question))
    return " ".join(words) + ("?" if clause.question else ".")


def _first_ko(clause: Clause, verb: Verb) -> str:
    """먼저(또는 나중에) 하는 일의 서술어: '먹고', '가서', '읽은 후에', '자기 전에'."""
    stem = Stem(verb.polite, respect=True) if respected(clause) and verb.polite else verb.stem
    if clause.order in ("고", "가서"):
        return plain(stem, "고") if clause.order == "고" else infinitive(stem) + "서"
    return eu(stem, "ㄴ") + " 후에" if clause.order == "ㄴ 후에" else plain(stem, "기") + " 전에"


# -- 영어 --


def speaker(said: Utterance) -> str:
    """생략된 주어: 평서문은 I, 의문문은 you."""
    return "you" if said.question else "I"


def subject_en(said: Utterance) -> tuple[str, str]:
    """(주어의 영어, 동사와 맞출 인칭)."""
    person = said.subject
    if said.ask == "who":
        return "who", "he"
    if person is None:
        return speaker(said), speaker(said)
    if person.role in ("me", "we"):
        return person.en, person.pronoun
    if person.role in ("kin", "friend"):
        return f"{POSSESSIVE[speaker(said)]} {person.en}", person.pronoun or "he"
    return person.en, person.pronoun or "he"


def other_en(person: Person, said: Utterance) -> str:
    """주어가 아닌 사람. 가족과 친구는 주어의 가족과 친구이고, 주어도 가족이면 말하는 사람의 가족이에요."""
    if person.role == "me":
        return "me"
    if person.role not in ("kin", "friend"):
        return person.en
    subject = said.subject
    owner = subject.pronoun if subject and subject.role in ("name", "we") else speaker(said)
    return f"{POSSESSIVE['I' if owner == 'me' else owner]} {person.en}"


def thing_en(phrase: NounPhrase, said: Utterance) -> str:
    """명사구의 영어: 관사, 수, 꾸미는 말, 관계절."""
    noun = phrase.noun
    mass, always_plural = not noun.plural, noun.plural == noun.en
    before = " ".join(pair[1] for pair in (phrase.adjective, phrase.color) if pair)

    def described(word: str) -> str:
        return f"{before} {word}" if before else word

    if phrase.count:
        unit = UNITS.get(phrase.noun.counter.partition(":")[2])
        if unit:
            text = f"{en.number(phrase.count)} {unit[phrase.count > 1]} {described(noun.en)}"
        else:
            text = f"{en.number(phrase.count)} {described(noun.plural if phrase.count > 1 else noun.en)}"
    elif phrase.generic:
        text = described(noun.plural or noun.en)
    elif noun.ko in DEFINITE and not before and not phrase.pointer:
        text = "the " + noun.en
    elif phrase.pointer:
        near = phrase.pointer == "이"
        text = ("these " if near else "those ") if always_plural else ("this " if near else "that ")
        text += described(noun.en)
    elif phrase.relative:
        text = "the " + described(noun.en)
    else:
        text = described(noun.en) if mass or always_plural else en.article(described(noun.en))
    return f"{text} {_relative_en(phrase.relative, said)}" if phrase.relative else text


def _relative_en(relative: Relative, said: Utterance) -> str:
    if relative.person is None:
        who = person = subject_en(said)[1]
    elif relative.person.role == "me":
        who = person = "I"
    else:
        who, person = other_en(relative.person, said), "he"
    aux, verb = en.predicate(person, relative.verb.en, relative.verb.past, tense=relative.tense)
    words = ["that", who, aux, verb, *(part[1] for part in (relative.place, relative.time) if part)]
    return " ".join(word for word in words if word)


def _tail_en(clause: Clause) -> list[str]:
    """동사 뒤: 목적어, 받는 사람, 장소, 함께하는 사람, 수단, 동안, 때."""
    words = []
    if clause.thing and clause.ask != "how many":
        words.append(thing_en(clause.thing, clause))
    if clause.person:
        words.append(other_en(clause.person, clause))
    if clause.recipient:
        words.append("to " + other_en(clause.recipient, clause))
    if clause.place:
        words.append(clause.place[1])
    if clause.companion:
        words.append("with " + other_en(clause.companion, clause))
    if clause.means:
        words.append(clause.means[1])
    if clause.duration:
        words.append(clause.duration[1])
    return words


def _condition_en(clause: Clause, condition: Condition) -> str:
    """앞 절의 영어: 'it rained', 'the weather is cold', 'she is tired'."""
    tense = "past" if clause.tense == "past" else "present"
    subjects = {"": ("it", "he"), "weather": ("the weather", "he"), "person": (subject_en(clause)[1],) * 2}
    who, person = subjects[condition.about]
    verb, _, rest = condition.en.partition(" ")
    if verb == "be":
        return f"{who} {en.be(person, tense == 'past')} {rest}"
    raining = condition.about == "" and clause.link == "어서" and tense == "present"
    aux, verb = en.predicate(person, condition.en, condition.past, tense=tense, progressive=raining)
    return " ".join(word for word in (who, aux, verb) if word)


def _pick_predicate(clause: Clause, verb: Verb, person: str) -> tuple[str, str]:
    """부정과 '못'(can't)까지 반영한 (조동사, 동사)."""
    unable = clause.negation in ("못", "지 못하")
    return en.predicate(
        person,
        verb.en,
        verb.past,
        tense=clause.tense,
        negative=bool(clause.negation),
        modal="can" if unable else clause.modal,
        progressive=clause.progressive,
        question=clause.question and clause.ask != "who",
    )


def to_english(clause: Clause) -> str:
    """뜻을 영어 문장으로 적어요."""
    subject, person = subject_en(clause)
    aux, verb = _pick_predicate(clause, clause.verb, person)
    often = clause.often[1] if clause.often else ""
    tail = _tail_en(clause)
    if clause.first:
        inner = replace(
            clause.first, subject=clause.subject, question=clause.question, tense=clause.tense, modal=clause.modal
        )
        first_tail = _tail_en(inner)
        if clause.order in ("고", "가서"):
            second = verb if not clause.modal else clause.verb.en
            aux, verb = _pick_predicate(inner, inner.verb, person)
            tail = [*first_tail, "and", second, *tail]
        else:
            tail += ["after" if clause.order == "ㄴ 후에" else "before", en.gerund(inner.verb.en), *first_tail]
    if clause.time:
        tail.append(clause.time[1])
    if clause.question and clause.ask != "who":
        wh = clause.ask
        if wh == "how many" and clause.thing:
            noun = clause.thing.noun
            unit = UNITS.get(noun.counter.partition(":")[2])
            wh = f"how many {unit[1]} {noun.en}" if unit else f"how many {noun.plural}"
        words = [wh, aux, subject, often, verb, *tail]
    else:
        words = [subject, aux, often, verb, *tail]
    text = " ".join(word for word in words if word)
    if clause.condition:
        if clause.link == "지만":
            if clause.condition.about == "person":  # 'Minsu was tired, but he ...'
                lead = _condition_en(clause, clause.condition)
                lead = subject + lead[len(person) :]
                text = f"{lead}, but {person}{text[len(subject) :]}"
            else:
                text = f"{_condition_en(clause, clause.condition)}, but {text}"
        else:
            joiner = {"어서": "because", "면": "if", "ㄹ 때": "when"}[clause.link]
            text = f"{text} {joiner} {_condition_en(clause, clause.condition)}"
    return text[0].upper() + text[1:] + ("?" if clause.question else ".")
