"""저절로 일어나는 일(happenings.txt): '버스가 아직 안 왔어요.' '길이 막혀요.' '회의가 벌써 끝났어요?'"""

from __future__ import annotations

from typing import NamedTuple

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import LEVELS, ending, polite, when
from reference.data.corpus.everyday.english import determined, inflect, predicate
from reference.data.corpus.everyday.sentences import joined, write
from reference.data.corpus.everyday.tables import EVERY_NOUN, lines
from reference.data.corpus.hangul import Stem, eu, josa, past, plain
from reference.data.corpus.nominal import Sentence


class Happening(NamedTuple):
    """일 하나. moving이면 '버스가 와요'가 지금 일어나는 일이라 영어가 진행형이에요."""

    noun: str
    subject: str  # 한정까지 붙은 영어
    many: bool
    stem: Stem
    verb: str
    moving: bool

    @property
    def person(self) -> str:
        """영어의 동사와 맞출 인칭."""
        return "they" if self.many else "it"


def _read() -> list[list[Happening]]:
    found = []
    for line in lines("happenings.txt"):
        nouns, ko, verb = line.split()
        text, _, irregular = ko.replace("_", " ").partition(":")
        row = []
        for entry in nouns.split("+"):
            name, _, english = entry.replace("_", " ").partition("=")
            noun = EVERY_NOUN.get(name)
            subject = english.rstrip("*") if english or noun is None else determined(noun, "the")
            many = english.endswith("*") if english or noun is None else noun.kind == "plural"
            stem = Stem(text, irregular)
            row.append(Happening(name, subject, many, stem, verb.lstrip("~").replace("_", " "), verb[0] == "~"))
        found.append(row)
    return found


HAPPENINGS = _read()  # 줄마다 같은 일이에요.


def any_happening(draw: Draw) -> Happening:
    """줄 하나를 고르게 뽑고, 그 줄의 명사 하나를 뽑아요."""
    return draw.pick(draw.pick(HAPPENINGS))


def clause_en(it: Happening, form: str) -> str:
    """영어의 절: form은 past, s, not, will."""
    tense = {"past": "past", "not": "past", "will": "future"}.get(form, "present")
    aux, rest = predicate(it.person, it.verb, tense, negative=form == "not")
    return joined(it.subject, aux, rest)


def happen(draw: Draw) -> Sentence:
    """'수업이 끝났어요.' '버스 왔어요?' '꽃이 피네요.'"""
    it, level = any_happening(draw), draw.pick(LEVELS)
    question = draw.chance(0.25) and level != "해라"
    tense = draw.pick(("past", "past", "present", "future"))
    bare = level in ("해요", "해") and draw.chance(0.2)
    noun = it.noun if bare else josa(it.noun, draw.pick(("이/가", "이/가", "은/는")))
    yo = "요" if polite(level) else ""
    roll = draw.random()
    name = f"{it.noun} {it.verb}"
    if roll < 0.2:
        early = draw.chance(0.4)
        if early:
            word, negation = draw.pick(("벌써", "벌써", "이미")), ""
        else:
            word, negation = "아직", "안 "
        said = ending(it.stem._replace(text=_negated(it.stem.text, negation)), "past", level, early and question)
        has = "have" if it.many else "has"
        done = inflect(it.verb, "pp")
        if early and question:
            ko, text = f"{noun} {word} {said}", f"{has} {it.subject} already {done}"
        elif early:
            ko, text = f"{noun} {word} {said}", f"{it.subject} {has} already {done}"
        else:
            ko, text = f"{noun} {word} {said}", f"{it.subject} {has}n't {done} yet"
        return Sentence(*write(ko, text, early and question), f"happen/{early}/{question}", (name, it.subject), True)
    if roll < 0.3 and not question and level in ("해요", "해"):
        base = past(it.stem).text + "네" if tense == "past" else plain(it.stem, "네")
        tense = "past" if tense == "past" else "present"
        said = base + yo
    elif roll < 0.4 and tense == "future":
        said = eu(it.stem, "ㄹ 것 같아") + yo if level != "합쇼" else eu(it.stem, "ㄹ 것 같습니다")
        text = write(f"{noun} {said}", f"I think {clause_en(it, 'will')}", False)
        return Sentence(*text, "happen/guess", (name, it.subject), True)
    else:
        negative = draw.chance(0.15)
        stem = it.stem._replace(text=_negated(it.stem.text, "안 ")) if negative else it.stem
        said = ending(stem, tense, level, question)
        time = when(draw, tense) if draw.chance(0.25) and tense != "present" else ("", "")
        progressive = it.moving and tense == "present"
        aux, rest = predicate(it.person, it.verb, tense, negative=negative, question=question, progressive=progressive)
        order = joined(aux, it.subject, rest) if question else joined(it.subject, aux, rest)
        ko = joined(time[0], noun, said) if draw.chance(0.7) else joined(noun, time[0], said)
        structure = f"happen/{tense}/{negative}/{question}"
        return Sentence(
            *write(ko, joined(order, time[1]), question), structure, (name, it.subject), negative or question
        )
    progressive = it.moving and tense == "present"
    aux, rest = predicate(it.person, it.verb, tense, progressive=progressive)
    return Sentence(
        *write(f"{noun} {said}", joined(it.subject, aux, rest), False), f"happen/네/{tense}", (name, it.subject), True
    )


def _negated(text: str, negation: str) -> str:
    """'고장 나'의 '안'은 가운데 와요: 고장 안 났어요."""
    first, space, last = text.rpartition(" ")
    return f"{first}{space}{negation}{last}"
