"""영어의 규칙: 동사 변화, 관사, 복수, 조동사와 do, 수사."""

from __future__ import annotations

ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
DOUBLED = {
    "swim", "cut", "run", "get", "sit", "stop", "plan", "chat", "jog", "win", "put", "forget", "wrap", "drop", "stir", "transfer", "quit",
}  # fmt: skip
_CONSONANT_SOUND = (
    "uni",
    "use",
    "ukulele",
    "Ukrain",
    "Uzbek",
    "European",
    "one-",
)  # 철자는 모음이지만 소리는 자음인 단어
BE = {"I": ("am", "was"), "you": ("are", "were"), "we": ("are", "were"), "they": ("are", "were")}


def number(n: int) -> str:
    """영어 수사: twenty-one, three thousand."""
    if n >= 1000:
        return f"{number(n // 1000)} thousand" + (f" {number(n % 1000)}" if n % 1000 else "")
    if n >= 100:
        return f"{ONES[n // 100]} hundred" + (f" {number(n % 100)}" if n % 100 else "")
    if n >= 20:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    return ONES[n]


def ordinal(n: int) -> str:
    """영어 서수: first, twenty-second, thirtieth."""
    head, dash, last = number(n).rpartition("-")
    last = ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return head + dash + last


def article(phrase: str) -> str:
    """부정 관사를 붙여요: a book, an old book."""
    vowel = phrase.startswith("honest") or phrase[0] in "aeiouAEIOU" and not phrase.startswith(_CONSONANT_SOUND)
    return ("an " if vowel else "a ") + phrase


def third(verb: str) -> str:
    """3인칭 단수 현재: goes, studies, washes, has."""
    word, space, rest = verb.partition(" ")
    if word == "have":
        word = "has"
    elif word.endswith(("s", "sh", "ch", "x", "o")):
        word += "es"
    elif word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "ies"
    else:
        word += "s"
    return word + space + rest


def gerund(verb: str) -> str:
    """-ing 꼴: making, swimming, listening to."""
    word, space, rest = verb.partition(" ")
    if word in DOUBLED:
        word += word[-1]
    elif word.endswith("ie"):
        word = word[:-2] + "y"
    elif word.endswith("e") and word[-2] not in "e":
        word = word[:-1]
    return word + "ing" + space + rest


def be(person: str, past: bool) -> str:
    """be 동사: I am, you were, Minsu is."""
    return BE.get(person, ("is", "was"))[past]


def negated(aux: str) -> str:
    """조동사의 부정 줄임꼴: don't, can't, won't, isn't. am은 am not."""
    return {"am": "am not", "can": "can't", "will": "won't"}.get(aux, aux + "n't")


def predicate(
    person: str,
    base: str,
    past_form: str,
    *,
    tense: str,
    negative: bool = False,
    modal: str = "",
    progressive: bool = False,
    question: bool = False,
) -> tuple[str, str]:
    """(조동사, 나머지 동사)를 정해요. 조동사가 필요 없으면 앞이 빈 문자열이에요.

    base가 "be"면 be 동사 문장이고, modal은 "", "can", "want", "must"예요.
    """
    plural = person in BE
    if base == "be":
        aux, rest = ("will", "be") if tense == "future" else (be(person, tense == "past"), "")
    elif progressive:
        aux, rest = be(person, tense == "past"), gerund(base)
    elif tense == "future":
        aux, rest = "will", {"can": "be able to ", "must": "have to ", "want": "want to "}.get(modal, "") + base
    elif modal == "can":
        aux, rest = ("could" if tense == "past" else "can"), base
    else:
        head, head_past, tail = {"want": ("want", "wanted", f" to {base}"), "must": ("have", "had", f" to {base}")}.get(
            modal, (base, past_form, "")
        )
        if negative or question:
            aux, rest = ("did" if tense == "past" else "do" if plural else "does"), head + tail
        else:
            aux, rest = "", (head_past if tense == "past" else head if plural else third(head)) + tail
    return (negated(aux) if negative else aux), rest
