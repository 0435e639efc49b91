"""명사구와 사람을 부르는 말: '이 가방', '예쁜 치마', '제 책', '사과 세 개', '민수 씨', '이거'."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.draw import Draw
from reference.data.corpus.everyday.english import determined
from reference.data.corpus.everyday.tables import ADJECTIVES_OF, PEOPLE, Noun, Person
from reference.data.corpus.hangul import final, josa, modifier, native_number
from reference.data.corpus.lexicon import word_list

HUMBLE = {"해요": ("저는", "제가", "저", "제"), "해": ("나는", "내가", "나", "내")}
FOREIGN = set(word_list("마이클 존 톰 제임스 다니엘 제인 사라 마리아 안나 에밀리"))  # '톰이'라고 하지 않아요.
OWNED = (
    "belonging",
    "text",
    "top",
    "shoes",
    "accessory",
    "stationery",
    "hat",
    "pet",
    "furniture",
    "appliance",
)  # 누구의 것인지 말하는 무리
COUNTING = set(
    word_list("buy eat drink order read draw make bake receive sing bring")
)  # 센 것을 목적어로 자주 쓰는 동사


def polite(level: str) -> bool:
    """'저'를 쓰는 말투인지."""
    return level in ("해요", "합쇼")


def person_ko(person: Person, level: str, casual: bool = False) -> str:
    """사람을 부르는 말. 반말은 '지훈이', 나머지는 '지훈 씨'예요."""
    if person.role == "me":
        return HUMBLE["해요" if polite(level) else "해"][2]
    if person.role != "name":
        return person.ko
    if casual or not polite(level):
        return person.ko + ("이" if final(person.ko[-1]) and person.ko not in FOREIGN else "")
    return person.ko + " 씨"


def noun_phrase(draw: Draw, noun: Noun, mark: str, level: str, plain: float = 0.6) -> tuple[str, str, bool]:
    """(조사를 뺀 한국어, 영어, 꾸밈이 있는지). 가리키거나 꾸미거나 소유를 말하기도 해요."""
    roll = draw.random()
    if roll < plain or mark in ("0", "s", "my") or noun.kind == "the":
        return noun.ko, determined(noun, mark), False
    roll = (roll - plain) / (1 - plain)
    if roll < 0.4:
        ko, near = draw.pick((("이", "this"), ("그", "that"), ("저", "that")))
        return f"{ko} {noun.ko}", determined(noun, near), True
    adjectives = ADJECTIVES_OF.get(noun.group)
    if roll < 0.75 and adjectives:
        adjective = draw.pick(adjectives)
        return f"{modifier(adjective.stem, 'present')} {noun.ko}", determined(noun, mark, adjective.en), True
    if roll < 0.85 and mark == "a" and noun.kind == "count":
        ko, before = draw.pick((("새", "new"), ("다른", "other")))
        return f"{ko} {noun.ko}", f"another {noun.en}" if before == "other" else f"a new {noun.en}", True
    if mark in ("a", "the") and noun.group in OWNED:
        if draw.chance(0.55):
            return (
                f"{draw.pick(('우리', HUMBLE['해요' if polite(level) else '해'][3]))} {noun.ko}",
                f"my {noun.en}",
                True,
            )
        person = draw.pick(PEOPLE["name"])
        return f"{person_ko(person, level)}의 {noun.ko}", f"{person.en}'s {noun.en}", True
    return noun.ko, determined(noun, mark), False


def counted(draw: Draw, noun: Noun, particle: str) -> tuple[str, str] | None:
    """'사과를 세 개', '책 두 권을'. 셀 수 없으면 None이에요."""
    counter, _, unit = noun.counter.partition(":")
    if not counter or noun.kind == "the" or noun.kind == "mass" and not unit:
        return None
    n = 1 + int(draw.random() ** 2 * 10)
    number, many = f"{native_number(n)} {counter}", noun.plural
    ko = f"{josa(noun.ko, particle)} {number}" if draw.chance(0.6) else josa(f"{noun.ko} {number}", particle)
    if unit and (noun.kind != "count"):
        return ko, f"{en.number(n)} {unit}{'s' if n > 1 else ''} of {noun.en}"
    return ko, f"{en.number(n)} {many if n > 1 or noun.kind == 'plural' else noun.en}"


def pointed(draw: Draw, level: str) -> tuple[str, str]:
    """목적어 자리의 가리키는 말: '이거', '그걸'. (조사까지 붙은 한국어, 영어)"""
    near, english = draw.pick((("이", "this"), ("이", "this"), ("그", "that"), ("저", "that")))
    return near + draw.pick(("거", "거", "걸", "것을") if level != "합쇼" else ("것을",)), english
