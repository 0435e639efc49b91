"""저절로 일어나는 일(happenings.txt): '버스가 아직 안 왔어요.' '길이 막혀요.' '회의가 벌써 끝났어요?'"""

from __future__ import annotations

from typing import NamedTuple

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import LEVELS, ending, when
from reference.data.corpus.everyday.english import determined, inflect, predicate
from reference.data.corpus.everyday.noun_phrases import polite
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

    @property
    def name(self) -> str:
        """결합을 따질 이름."""
        return f"{self.noun} {self.verb}"


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
    """'수업이 끝났어요.' '버스 왔어요?' '꽃이 피네요.' '회의가 아직 안 끝났어요.'"""
    it, level = any_happening(draw), draw.pick(LEVELS)
    question = draw.chance(0.25) and level != "해라"
    tense = draw.pick(("past", "past", "present", "future"))
    bare = level in ("해요", "해") and draw.chance(0.2)
    noun = it.noun if bare else josa(it.noun, draw.pick(("이/가", "이/가", "은/는")))
    roll = draw.random()
    if roll < 0.2:
        return _already(draw, it, noun, level, question)
    time, negative = ("", ""), False
    if roll < 0.3 and not question and tense != "future" and level in ("해요", "해"):
        said = (past(it.stem).text + "네" if tense == "past" else plain(it.stem, "네")) + (
            "요" if polite(level) else ""
        )
    elif roll < 0.4 and not question and tense == "future":
        said = eu(it.stem, "ㄹ 것 같") + {"해요": "아요", "해": "아", "합쇼": "습니다", "해라": "다"}[level]
        made = write(f"{noun} {said}", f"I think {clause_en(it, 'will')}", False)
        return Sentence(*made, "happen/guess", (it.name, it.subject), True)
    else:
        negative = draw.chance(0.15)
        said = ending(_negated(it.stem) if negative else it.stem, tense, level, question)
        time = when(draw, tense) if draw.chance(0.25) and tense != "present" else time
    progressive = it.moving and tense == "present"
    aux, rest = predicate(it.person, it.verb, tense, negative=negative, question=question, progressive=progressive)
    order = joined(aux, it.subject, rest) if question else joined(it.subject, aux, rest)
    ko = joined(time[0], noun, said) if draw.chance(0.7) else joined(noun, time[0], said)
    structure = f"happen/{tense}/{negative}/{question}"
    made = write(ko, joined(order, time[1]), question)
    return Sentence(*made, structure, (it.name, it.subject), negative or question)


def _already(draw: Draw, it: Happening, noun: str, level: str, question: bool) -> Sentence:
    """'아직 안 왔어요', '벌써 왔어요', '벌써 왔어요?'"""
    has, done = "have" if it.many else "has", inflect(it.verb, "pp")
    if draw.chance(0.6):
        said = ending(_negated(it.stem), "past", level, False)
        made = write(f"{noun} 아직 {said}", f"{it.subject} {has}n't {done} yet", False)
        return Sentence(*made, "happen/yet", (it.name, it.subject), True)
    said = ending(it.stem, "past", level, question)
    order = f"{has} {it.subject} already {done}" if question else f"{it.subject} {has} already {done}"
    made = write(f"{noun} {draw.pick(('벌써', '벌써', '이미'))} {said}", order, question)
    return Sentence(*made, f"happen/already/{question}", (it.name, it.subject), True)


def _negated(stem: Stem) -> Stem:
    """'고장 나'의 '안'은 가운데 와요: 고장 안 났어요."""
    first, space, last = stem.text.rpartition(" ")
    return stem._replace(text=f"{first}{space}안 {last}")
