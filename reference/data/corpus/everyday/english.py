"""일상 말뭉치의 영어: 불규칙 변화, 관사, 조동사의 차례, 비교."""

from __future__ import annotations

from reference.data.corpus import english as en
from reference.data.corpus.everyday.tables import Noun
from reference.data.corpus.lexicon import word_list

_IRREGULAR = """eat ate eaten; drink drank drunk; make made made; buy bought bought; sell sold sold; wear wore worn; take took taken
put put put; read read read; write wrote written; spend spent spent; draw drew drawn; sing sang sung; do did done; teach taught taught
go went gone; meet met met; wake woke woken; fight fought fought; break broke broken; give gave given; send sent sent; lend lent lent
bring brought brought; choose chose chosen; get got gotten; leave left left; come came come; sit sat sat; sleep slept slept; ride rode ridden
drive drove driven; run ran run; swim swam swum; lie lay lain; cut cut cut; tell told told; think thought thought; keep kept kept
hold held held; find found found; lose lost lost; throw threw thrown; forget forgot forgotten; fall fell fallen; catch caught caught
oversleep overslept overslept; feel felt felt; have had had; win won won; know knew known; understand understood understood; hurt hurt hurt
pay paid paid; speak spoke spoken; become became become; begin began begun; blow blew blown; say said said
rise rose risen; tear tore torn; set set set; see saw seen; hear heard heard; stand stood stood; show showed shown; grow grew grown; fly flew flown
build built built; hide hid hidden; steal stole stolen; let let let; mean meant meant; dream dreamed dreamed; light lit lit; quit quit quit"""
_PARTS = {row.split()[0]: row.split()[1:] for row in _IRREGULAR.replace("\n", ";").split(";")}
_SHORT = set(
    word_list(
        "big small cheap old long short light thick thin wide fast slow cute nice kind smart cool warm cold hot dark bright "
        "large clean hard soft strong weak sweet sour salty spicy easy heavy pretty busy happy sad tall young healthy noisy "
        "funny lazy brave quiet close mild chilly rare fresh tasty dry fancy dirty scary shy loud full fat slim bland safe simple"
    )
)
_BETTER = {"good": ("better", "best"), "bad": ("worse", "worst"), "far": ("farther", "farthest")}


def inflect(base: str, form: str) -> str:
    """동사구의 첫 단어를 바꿔요. form은 "past", "pp", "ing", "s"예요: write a letter → wrote a letter."""
    word, space, rest = base.partition(" ")
    if word == "be":
        word = {"past": "was", "pp": "been", "ing": "being", "s": "is"}[form]
    elif form == "ing":
        word = en.gerund(word)
    elif form == "s":
        word = en.third(word)
    elif word in _PARTS:
        word = _PARTS[word][form == "pp"]
    elif word in en.DOUBLED:
        word += word[-1] + "ed"
    elif word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "ied"
    else:
        word += "d" if word.endswith("e") else "ed"
    return word + space + rest


def predicate(
    person: str,
    base: str,
    tense: str,
    *,
    negative: bool = False,
    question: bool = False,
    modal: str = "",
    progressive: bool = False,
) -> tuple[str, str]:
    """(주어 앞뒤를 오가는 조동사, 나머지). modal은 "", "can", 또는 "want to"처럼 동사구 앞에 오는 말이에요."""
    many = person in en.BE
    if modal == "can":
        if tense == "future":
            base = f"be able to {base}"
        else:
            aux = "could" if tense == "past" else "can"
            return (en.negated(aux) if negative else aux), base
    elif modal:
        base = f"{modal} {base}"
    head, _, tail = base.partition(" ")
    if tense == "future":
        aux, rest = "will", base
    elif progressive:
        aux, rest = en.be(person, tense == "past"), inflect(base, "ing")
    elif head == "be":
        aux, rest = en.be(person, tense == "past"), tail
    elif negative or question:
        aux, rest = ("did" if tense == "past" else "do" if many else "does"), base
    else:
        return "", inflect(base, "past") if tense == "past" else base if many else inflect(base, "s")
    return (en.negated(aux) if negative else aux), rest


def determined(noun: Noun, mark: str, before: str = "") -> str:
    """한정까지 붙인 명사: a, the, my, s(종류 전체), this, that, 0."""
    word = f"{before} {noun.en}" if before else noun.en
    many = f"{before} {noun.plural}" if before else noun.plural
    if mark in ("this", "that"):
        near = {"this": "these", "that": "those"}[mark] if noun.kind == "plural" else mark
        return f"{near} {word}"
    if mark == "my":
        return "{my} " + word
    if mark == "the" or noun.kind == "the":
        return word if word[0].isupper() and noun.kind == "mass" else "the " + word
    if mark == "s":
        return many if noun.kind == "count" else word
    if mark == "a":
        return en.article(word) if noun.kind == "count" else word
    return word


def compared(adjective: str, most: bool = False) -> str:
    """비교급과 최상급: bigger, more expensive, the best."""
    if adjective in _BETTER:
        return _BETTER[adjective][most]
    if adjective not in _SHORT:
        return ("most " if most else "more ") + adjective
    ending = "est" if most else "er"
    if adjective.endswith("y"):
        return adjective[:-1] + "i" + ending
    if adjective.endswith("e"):
        return adjective + ending[1:]
    doubled = adjective in ("big", "thin", "hot", "sad", "fat", "slim")
    return adjective + (adjective[-1] if doubled else "") + ending


def said(text: str, person: str = "I") -> str:
    """{my}를 주어에 맞추고 첫 글자를 크게 써요."""
    mine = {"I": "my", "you": "your", "we": "our", "they": "their", "she": "her"}.get(person, "his")
    text = text.replace("{my}", mine)
    return text[0].upper() + text[1:]
