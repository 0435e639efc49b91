"""꾸미는 절과 이름이 된 절: '어제 산 책', '영어를 가르치는 선생님', '운동하는 것'."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import Subject, act, ending, subject
from reference.data.corpus.everyday.english import inflect
from reference.data.corpus.everyday.noun_phrases import noun_phrase, polite
from reference.data.corpus.everyday.sentences import ACTIONS, head, joined, write
from reference.data.corpus.everyday.tables import ADJECTIVES_OF, TIMES, nouns
from reference.data.corpus.hangul import Stem, josa, modifier, plain
from reference.data.corpus.nominal import Sentence


def relative(draw: Draw) -> Sentence:
    """'어제 산 책이 재미있어요.' '저는 민수 씨가 만든 케이크를 먹었어요.' '영어를 가르치는 선생님이에요.'"""
    level = draw.pick(("해요", "해요", "합쇼", "해"))
    if draw.chance(0.4):
        return _person_who(draw, level)
    verb = draw.pick(
        [
            v
            for v in ACTIONS
            if v.slot and v.slot.mark == "a" and v.slot.groups and v.slot.particle == "을" and not v.dative
        ]
    )
    assert verb.slot
    noun = draw.pick(nouns(*verb.slot.groups))
    who = subject(draw, level, False, draw.pick(("1", "3", "3")))
    doer = _doer(draw, who, level)
    past = draw.chance(0.8) or verb.en in ("buy", "make", "order")
    time = draw.pick(TIMES["past"]) if past and draw.chance(0.25) else ("", "")
    inner = inflect(verb.en, "past") if past else verb.en if who.person in en.BE else inflect(verb.en, "s")
    phrase_ko = joined(doer, time[0], modifier(verb.stem, "past" if past else "present"), noun.ko)
    phrase_en = joined("the", noun.en, who.en, inner, time[1])
    adjectives = ADJECTIVES_OF.get(noun.group)
    if adjectives and draw.chance(0.65):
        adjective = draw.pick(adjectives)
        tense = draw.pick(("present", "present", "past"))
        degree = draw.pick(TIMES["degree"]) if draw.chance(0.4) else ("", "")
        ko = joined(
            josa(phrase_ko, draw.pick(("은/는", "이/가"))), degree[0], ending(adjective.stem, tense, level, False)
        )
        verb_en = en.be("they" if noun.kind == "plural" else "it", tense == "past")
        text = write(ko, joined(phrase_en, verb_en, degree[1], adjective.en), False, who.person)
        return Sentence(*text, f"relative/{past}/{tense}", (verb.en, noun.en), True)
    ko = f"{josa(phrase_ko, '이/가')} {draw.pick(('좋아요', '마음에 들어요') if polite(level) else ('좋아', '마음에 들어'))}"
    text = write(ko, f"I like {phrase_en}", False, who.person)
    return Sentence(*text, f"relative/{past}/like", (verb.en, noun.en), True)


def _doer(draw: Draw, who: Subject, level: str) -> str:
    if who.person in ("I", "you", "we"):
        return "우리가" if who.person == "we" else "제가" if polite(level) else "내가"
    return josa(who.bare, "이/가")


def _person_who(draw: Draw, level: str) -> Sentence:
    verb = draw.pick([v for v in ACTIONS if not v.dative and (not v.slot or v.slot.groups != ("person",))])
    words = act(draw, verb, level)
    noun = draw.pick(nouns("job", "human"))
    kind = draw.pick(("be", "be", "know"))
    part = joined(*words.ko, modifier(verb.stem, "present"))
    clause_en = joined("who", inflect(verb.en, "s"), *words.en)
    if kind == "be":
        who = subject(draw, level, False)
        if who.person in ("we", "they") or who.respect:
            return _person_who(draw, level)
        ko = who.ko + joined(part, _be(noun.ko, level))
        english = joined(who.en, en.be(who.person, False), en.article(noun.en), clause_en)
    else:
        verb_ko = {"해요": "알아요", "합쇼": "압니다", "해": "알아"}[level]
        ko, english = joined(part, josa(noun.ko, "을/를"), verb_ko), joined("I know", en.article(noun.en), clause_en)
    text = write(ko, english, False, "he")
    return Sentence(*text, f"who/{kind}", head(verb, words), True)


def _be(noun: str, level: str) -> str:
    return {"합쇼": noun + "입니다", "해": josa(noun, "이야/야")}.get(level, josa(noun, "이에요/예요"))


def gerund(draw: Draw) -> Sentence:
    """'한국어를 배우는 것은 재미있어요.'"""
    level = draw.pick(("해요", "해요", "합쇼", "해"))
    verb = draw.pick([v for v in ACTIONS if not v.dative])
    words = act(draw, verb, level)
    stem, meaning = draw.pick((
        (Stem("재미있", kind="exist"), "fun"), (Stem("어렵", "ㅂ", "adjective"), "difficult"), (Stem("쉽", "ㅂ", "adjective"), "easy"),
        (Stem("좋", kind="adjective"), "good"), (Stem("중요하", kind="adjective"), "important"), (Stem("힘들", kind="adjective"), "hard"),
        (Stem("재미없", kind="exist"), "boring"), (Stem("위험하", kind="adjective"), "dangerous"),
    ))  # fmt: skip
    joint = draw.pick(("는 것은", "는 것이", "는 건", "는 게"))
    ko = joined(*words.ko, plain(verb.stem, joint), ending(stem, "present", level, False))
    text = write(ko, joined(inflect(verb.en, "ing"), *words.en, "is", meaning), False)
    return Sentence(*text, f"gerund/{meaning}", head(verb, words), True)


def phrase_noun(draw: Draw, level: str, *groups: str) -> tuple[str, str, str]:
    """(한국어, 영어, 이름): 'the'나 가리키는 말이 붙은 명사."""
    noun = draw.pick(nouns(*groups))
    ko, english, _ = noun_phrase(draw, noun, "the", level, 0.4)
    return ko, english, noun.en
