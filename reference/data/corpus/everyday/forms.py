"""동사가 나타나는 꼴들: 부탁, 제안, 허락, 바람, 경험, 짐작. 꼴 하나가 한국어의 어미와 영어의 틀 하나예요."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.clause import Subject, ending
from reference.data.corpus.everyday.english import inflect, predicate
from reference.data.corpus.everyday.noun_phrases import polite
from reference.data.corpus.hangul import Stem, eu, helping, infinitive, modifier, past, plain, with_final

Korean = Callable[[Draw, Stem, str], str]  # (뽑기, 어간, 말투) → 서술어
English = Callable[[Subject, str], str]  # (주어, 동사구) → 동사까지의 영어


class Form(NamedTuple):
    """꼴 하나. kinds는 쓸 수 있는 동사의 종류, people은 주어("1", "2", "3" 또는 빈 글), tail은 영어의 끝에 붙는 말이에요."""

    name: str
    weight: int
    kinds: str
    people: str
    question: bool
    ko: Korean
    en: English
    tail: str = ""
    time: str = ""  # 함께 쓸 때의 시제. 비면 때를 쓰지 않아요.


def _tail(join: Callable[[Stem, str], str], head: str, kind: str = "exist") -> Korean:
    """어간에 head를 붙인 것을 새 어간으로 삼아 말투대로 끝맺어요: 먹을 줄 알 + 아요."""
    return lambda draw, stem, level: ending(Stem(join(stem, head), kind=kind), "present", level, False)


def _ask(join: Callable[[Stem, str], str], head: str, kind: str = "exist") -> Korean:
    return lambda draw, stem, level: ending(Stem(join(stem, head), kind=kind), "present", level, True)


def _ever(word: str, question: bool = False) -> Korean:
    """해 본 적이 있거나 없어요. 말할 때에는 '이'를 자주 빼요: 먹은 적이 있어요, 먹은 적 있어요."""
    return lambda draw, stem, level: ending(
        Stem(f"{eu(stem, 'ㄴ')} {draw.pick(('적이', '적'))} {word}", kind="exist"), "present", level, question
    )


def _ended(join: Callable[[Stem, str], str], head: str) -> Korean:
    """과거로 끝맺어요: 먹기로 했어요."""
    return lambda draw, stem, level: ending(Stem(join(stem, head)), "past", level, False)


def bsida(stem: Stem) -> str:
    """'-(으)ㅂ시다'를 붙여요: 갑시다, 먹읍시다."""
    return with_final(eu(stem, "시")[:-1], "ㅂ") + "시다"


def _have(who: Subject, base: str) -> str:
    return f"{who.en} {'has' if who.person not in en.BE else 'have'} {base}"


def _verb(modal: str = "", tense: str = "present", negative: bool = False) -> English:
    def said(who: Subject, base: str) -> str:
        return " ".join(
            word for word in (who.en, *predicate(who.person, base, tense, modal=modal, negative=negative)) if word
        )

    return said


def _is(text: str) -> English:
    return lambda who, base: f"{who.en} {en.be(who.person, False)} {text.format(base)}"


def _fixed(text: str, form: str = "") -> English:
    return lambda who, base: text.format(inflect(base, form) if form else base)


def _perfect(text: str) -> English:
    return lambda who, base: _have(who, text.format(inflect(base, "pp")))


def _please(draw: Draw, stem: Stem, level: str) -> str:
    if level == "합쇼":
        return draw.pick((eu(stem, "시")[:-1] + "십시오", helping(stem, "주십시오")))
    if level == "해요":
        asked = eu(stem, "시")[:-1] + "세요"
        return draw.pick((asked, asked, helping(stem, "주세요")))
    return draw.pick(
        (helping(stem, "줘"), infinitive(stem) + "!", infinitive(stem) + "라")
    )  # '먹어.'는 평서문이기도 해서 느낌표를 붙여요.


def _never(draw: Draw, stem: Stem, level: str) -> str:
    return f"{plain(stem, '지')} {'마' if not polite(level) else draw.pick(('마세요', '마세요', '마십시오', '말아 주세요'))}"


def _favor(draw: Draw, stem: Stem, level: str) -> str:
    asks = ("주시겠어요", "줄 수 있어요", "주실 수 있어요", "줄래요") if polite(level) else ("줄래", "줄 수 있어")
    return helping(stem, draw.pick(asks))


def _permit(question: bool) -> Korean:
    def said(draw: Draw, stem: Stem, level: str) -> str:
        done = infinitive(stem)
        if question and polite(level):
            return f"{done}도 {draw.pick(('돼요', '돼요', '될까요', '됩니까', '되나요'))}"
        return f"{done}도 {'돼' + ('요' if polite(level) else '')}"

    return said


def _lets(draw: Draw, stem: Stem, level: str) -> str:
    if not polite(level):
        return plain(stem, "자")
    return bsida(stem) if draw.chance(0.6) else f"같이 {infinitive(stem)}요"


def _shall(draw: Draw, stem: Stem, level: str) -> str:
    return eu(stem, "ㄹ까") + ("요" if polite(level) else "")


def _promise(draw: Draw, stem: Stem, level: str) -> str:
    return plain(stem, "겠습니다") if level == "합쇼" else eu(stem, "ㄹ게") + ("요" if polite(level) else "")


def _want_to(draw: Draw, stem: Stem, level: str) -> str:
    return eu(stem, "ㄹ래") + ("요" if polite(level) else "")


def _perhaps(draw: Draw, stem: Stem, level: str) -> str:
    return eu(stem, "ㄹ 것 같아") + ("요" if polite(level) else "")


def _hobby(draw: Draw, stem: Stem, level: str) -> str:
    return ending(Stem(plain(stem, draw.pick(("는 것을 ", "는 걸 ", "는 거 "))) + "좋아하"), "present", level, False)


def _hobby_q(draw: Draw, stem: Stem, level: str) -> str:
    return ending(Stem(plain(stem, draw.pick(("는 것을 ", "는 걸 ", "는 거 "))) + "좋아하"), "present", level, True)


def _hard(word: str) -> Korean:
    return lambda draw, stem, level: ending(
        Stem(f"{plain(stem, '기')} {word}", "ㅂ", "adjective"), "present", level, False
    )


def _must(level: str) -> str:
    return "해요" if polite(level) else "해"


def _already(word: str, question: bool) -> Korean:
    return lambda draw, stem, level: f"{word} {ending(stem, 'past', level, question)}"


FORMS = [
    Form("please", 9, "v", "2", False, _please, _fixed("please {}")),
    Form("don't", 6, "vn", "2", False, _never, _fixed("don't {}")),
    Form("favor", 4, "v", "2", True, _favor, _fixed("could you {}")),
    Form("shall", 5, "v", "2", True, _shall, _fixed("shall we {}"), time="future"),
    Form("let's", 5, "v", "1", False, _lets, _fixed("let's {}"), time="future"),
    Form("will", 6, "v", "1", False, _promise, _fixed("I'll {}"), time="future"),
    Form("offer", 4, "v", "2", True, _want_to, _fixed("do you want to {}"), time="future"),
    Form("may?", 4, "v", "2", True, _permit(True), _fixed("may I {}")),
    Form("may", 2, "v", "2", False, _permit(False), _fixed("you may {}")),
    Form("mustn't", 3, "v", "2", False, _tail(eu, "면 안 되", "verb"), _fixed("you must not {}")),
    Form("intend", 5, "v", "", False, _tail(eu, "려고 하", "verb"), _is("going to {}"), time="future"),
    Form("ever?", 3, "v", "2", True, _ever("있", True), _fixed("have you ever {}", "pp")),
    Form("tried?", 3, "v", "2", True, lambda d, s, level: ending(Stem(infinitive(s) + " 보"), "past", level, True),
         _fixed("have you ever {}", "pp")),
    Form("before", 3, "v", "", False, _ever("있"), _perfect("{}"), tail="before"),
    Form("tried", 3, "v", "1", False, lambda d, s, level: ending(Stem(infinitive(s) + " 보"), "past", level, False),
         _perfect("{}"), tail="before"),
    Form("never", 3, "v", "", False, _ever("없"), _perfect("never {}")),
    Form("perhaps", 4, "vn", "3", False, _perhaps, lambda who, base: f"I think {who.en} will {base}", time="future"),
    Form("think", 5, "vn", "", False,
         lambda d, s, level: modifier(s, "past") + " 것 같아" + ("요" if polite(level) else ""),
         lambda who, base: "I think " + _verb(tense="past")(who, base), time="past"),
    Form("know how", 3, "v", "1", False, _tail(eu, "ㄹ 줄 알", "verb"), _verb("know how to")),
    Form("know how?", 3, "v", "2", True, _ask(eu, "ㄹ 줄 알", "verb"), _fixed("do you know how to {}")),
    Form("not know how", 2, "v", "1", False,
         lambda d, s, level: ending(Stem(eu(s, "ㄹ 줄 모르"), "르"), "present", level, False),
         _verb("know how to", negative=True)),
    Form("decide", 3, "v", "", False, _ended(plain, "기로 하"), _verb("decide to", "past")),
    Form("like", 5, "v", "", False, _hobby, lambda who, base: _verb()(who, "like " + inflect(base, "ing"))),
    Form("like?", 3, "v", "2", True, _hobby_q, _fixed("do you like {}", "ing")),
    Form("unwilling", 3, "v", "1", False, _tail(plain, "기 싫", "adjective"), _verb("want to", negative=True)),
    Form("should", 2, "v", "1", False, lambda d, s, level: infinitive(s) + ("야겠어요" if polite(level) else "야겠어"),
         _fixed("I should {}"), time="future"),
    Form("better", 2, "v", "2", False, lambda d, s, level: plain(s, "는 게 좋겠어") + ("요" if polite(level) else ""),
         _fixed("you should {}")),
    Form("start", 2, "v", "", False, _ended(plain, "기 시작하"), _verb("start to", "past")),
    Form("how about", 2, "v", "2", True, lambda d, s, level: plain(s, "는 게 어때") + ("요" if polite(level) else ""),
         _fixed("how about {}", "ing")),
    Form("not yet", 3, "vn", "", False, _already("아직", False), lambda who, base: (
        f"{who.en} {'have' if who.person in en.BE else 'has'}n't {inflect(base, 'pp')}"), tail="yet"),
    Form("already", 3, "vn", "", False, _already("벌써", False), _perfect("already {}")),
    Form("already2", 2, "vn", "", False, _already("이미", False), _perfect("already {}")),
    Form("already?", 2, "v", "2", True, _already("벌써", True), _fixed("have you already {}", "pp")),
    Form("right?", 3, "vns", "2", True,
         lambda d, s, level: past(s).text + ("죠" if polite(level) else "지"),
         lambda who, base: f"{who.en} {inflect(base, 'past').replace('was', 'were')}", tail=", right", time="past"),
    Form("how?", 2, "v", "2", True, lambda d, s, level: "어떻게 " + ending(s, "present", level, True), _fixed("how do I {}")),
    Form("how must?", 2, "v", "2", True, lambda d, s, level: f"어떻게 {infinitive(s)}야 {_must(level)}", _fixed("how should I {}")),
    Form("hard", 2, "v", "1", False, _hard("어렵"), _fixed("it is hard to {}")),
    Form("easy", 2, "v", "1", False, _hard("쉽"), _fixed("it is easy to {}")),
    Form("hope", 2, "v", "1", False, lambda d, s, level: past(s).text + "으면 좋겠어" + ("요" if polite(level) else ""),
         _fixed("I wish I could {}")),
]  # fmt: skip
