"""일상 한국어의 문장들: 인사와 표현, 몇천 단어의 생활 문장. 낱낱의 표는 .txt에 있어요."""

from __future__ import annotations

import re
from collections.abc import Callable

from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.asking import ask
from reference.data.corpus.everyday.descriptions import compare, feel, place, thing, trait, weather
from reference.data.corpus.everyday.existing import animal, exists, have
from reference.data.corpus.everyday.fixed import SAID, pattern, phrase, uncapital
from reference.data.corpus.everyday.happening import happen
from reference.data.corpus.everyday.joining import both, linked, ordered
from reference.data.corpus.everyday.modifying import gerund, relative
from reference.data.corpus.everyday.sentences import form, tell
from reference.data.corpus.everyday.usages import usage
from reference.data.corpus.nominal import Sentence

Maker = Callable[[Draw], Sentence]
VERBAL: list[tuple[int, Maker]] = [
    (26, tell),
    (13, ask),
    (16, form),
    (4, relative),
    (2, gerund),
    (92, usage),
    (8, happen),
]
DESCRIBING: list[tuple[int, Maker]] = [
    (1, animal),
    (6, feel),
    (4, trait),
    (6, thing),
    (4, place),
    (4, weather),
    (2, compare),
    (5, exists),
]
JOINING: list[tuple[int, Maker]] = [(8, linked), (5, ordered), (1, both)]
MAKERS: list[tuple[int, Maker]] = [*VERBAL, *DESCRIBING, *JOINING, (3, have), (50, phrase), (32, pattern)]
TOTAL = sum(weight for weight, _ in MAKERS)
ENDS = ".?!"
ASKING = ("뭐", "무엇", "무슨", "어디", "언제", "누구", "누가", "왜", "얼마", "어떻", "어떤", "어때", "어땠", "몇")


def _bare(ko: str) -> str:
    return ko.rstrip(ENDS)


_BARE: dict[str, str] = {}
for _ko, _en in sorted(SAID.items(), key=lambda pair: not pair[0].endswith(".")):
    _BARE.setdefault(_bare(_ko), _en)


def _once(draw: Draw) -> Sentence:
    roll = draw.random() * TOTAL
    for weight, make in MAKERS:
        roll -= weight
        if roll < 0:
            return make(draw)
    return pattern(draw)


LEADS = (
    ("네, ", "Yes, "),
    ("아니요, ", "No, "),
    ("그리고 ", "And "),
    ("하지만 ", "But "),
    ("그래서 ", "So "),
    ("그럼 ", "Then "),
    ("사실 ", "Actually, "),
    ("어쨌든 ", "Anyway, "),
    ("엄마, ", "Mom, "),
    ("아빠, ", "Dad, "),
)
TAILS = ("ㅠㅠ", "ㅎㅎ", "ㅋㅋ", "~", "!")
_HELPED = re.compile(
    r"(?<=[아어여해와워봐려러켜셔겨져춰내러꿔라]) (?=주세요|주시|주실|줘|줄래|줄게|줄 |드릴|보세요|볼게)"
)
_OBJECT = re.compile(
    r"를 (?=[가-힣])|(밥|점심|저녁|아침|사진|음악|운동|수영|쇼핑|여행|수업|시험|옷|책|돈|약|물|술|춤|문|방|집|손)을 "
)
_FUTURE = re.compile(r"(?<=[가-힣]) (?=거예요|거야)")
_WISH = re.compile(r"(?<=고) (?=싶)")


def _typed(draw: Draw, made: Sentence) -> Sentence:
    """사람들이 치는 대로: 앞에 '네,'나 '혹시'가 오기도 하고, '해 주세요'를 '해주세요'로 붙이거나 '것 같아요'를 '거 같아요'로 적기도 하고, 끝에 'ㅠㅠ'를 달기도 해요."""
    ko, english = made.ko, made.en
    if made.structure not in ("phrase",) and draw.chance(0.03):
        if ko.endswith("?"):
            ko = "혹시 " + ko if " " in ko else ko
        else:
            lead, lead_en = draw.pick(LEADS)
            ko, english = lead + ko, lead_en + uncapital(english)
    if draw.chance(0.12) and not re.search("니[다까]", ko):
        ko = _OBJECT.sub(lambda match: (match[1] or "") + " ", ko, count=1)
    if draw.chance(0.2):
        ko = _HELPED.sub("", ko)
    if draw.chance(0.12):
        ko = _FUTURE.sub("", ko)
    if draw.chance(0.1):
        ko = _WISH.sub("", ko)
    if draw.chance(0.2):
        ko = ko.replace(" 것 같", " 거 같")
    if ko.endswith(".") and draw.chance(0.03):
        ko = ko[:-1] + draw.pick(TAILS)
    return made._replace(ko=ko, en=english)


def sentence(draw: Draw) -> Sentence:
    """문장 하나를 지어요. 사람들이 적는 대로 끝의 부호가 없기도 하고, 두 문장이 이어지기도 해요."""
    made = _once(draw)
    while SAID.get(made.ko, made.en) != made.en:
        made = _once(draw)
    made = _typed(draw, made)
    # 정해진 말은 통째로 외워야 하므로, 부호가 없는 꼴과 다른 문장이 이어지는 꼴로도 자주 보여 줘요.
    bare_below, two_above = (0.35, 0.8) if made.structure == "phrase" else (0.14, 0.98)
    roll = draw.random()
    if roll < bare_below and made.ko[-1] in ENDS:
        bare = _bare(made.ko)
        asked = made.ko[-1] == "?" and not any(word in bare for word in ASKING)
        if _BARE.get(bare, made.en) == made.en and (not asked or bare in _BARE):
            return made._replace(ko=bare)
    if roll > two_above and len(made.ko) < 25:
        # 정해진 말 다음에는 정해진 말이 자주 와요: '오랜만이에요, 잘 지내셨어요?'
        then = phrase(draw) if made.structure == "phrase" and draw.chance(0.3) else _once(draw)
        if SAID.get(then.ko, then.en) == then.en and then.ko[-1] in ENDS and made.ko[-1] in ENDS and len(then.ko) < 25:
            # 정해진 말 다음에는 쉼표로 잇거나 그냥 잇기도 해요: '고마워요, 잘 먹을게요'
            mark = draw.pick((",", ",", "")) if made.structure == "phrase" and draw.chance(0.45) else ""
            bare = _bare(made.ko) + mark if made.ko[-1] == "." and (mark or draw.chance(0.05)) else made.ko
            return made._replace(
                ko=f"{bare} {then.ko}",
                en=f"{made.en} {then.en}",
                structure=made.structure + "+",
                marked=True,
            )
    return made
