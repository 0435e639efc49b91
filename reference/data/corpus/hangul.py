"""한글 맞춤의 규칙: 받침을 보고 조사를 고르고, 어간의 종류를 보고 용언을 활용해요."""

from __future__ import annotations

from typing import NamedTuple

VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# 줄어드는 모음: 오+아→와, 주+어→줘, 마시+어→마셔, 되+어→돼
CONTRACTED = {
    "ㅏ": "ㅏ",
    "ㅓ": "ㅓ",
    "ㅐ": "ㅐ",
    "ㅔ": "ㅔ",
    "ㅕ": "ㅕ",
    "ㅗ": "ㅘ",
    "ㅜ": "ㅝ",
    "ㅣ": "ㅕ",
    "ㅚ": "ㅙ",
}


class Stem(NamedTuple):
    """용언의 어간. irregular는 규칙만으로 알 수 없는 불규칙(ㅂ, ㄷ, ㅅ, 르), kind는 동사·형용사·있다 계열."""

    text: str
    irregular: str = ""
    kind: str = "verb"  # "verb" | "adjective" | "exist"
    respect: bool = False  # 높임의 '-시-'로 끝나는가


def vowel(syllable: str) -> str:
    """음절의 모음 자모."""
    return VOWELS[(ord(syllable) - 0xAC00) // 28 % 21]


def final(syllable: str) -> str:
    """음절의 받침 자모. 없으면 빈 문자열."""
    return FINALS[(ord(syllable) - 0xAC00) % 28].strip()


def with_final(word: str, jamo: str) -> str:
    """마지막 음절의 받침을 jamo로 바꾼 단어. jamo가 비면 받침을 없애요."""
    code = ord(word[-1]) - 0xAC00
    return word[:-1] + chr(0xAC00 + code - code % 28 + FINALS.index(jamo or " "))


def with_vowel(word: str, jamo: str) -> str:
    """마지막 음절의 모음을 jamo로 바꾼 단어."""
    first, last = divmod(ord(word[-1]) - 0xAC00, 588)
    return word[:-1] + chr(0xAC00 + first * 588 + VOWELS.index(jamo) * 28 + last % 28)


def josa(word: str, pair: str) -> str:
    """단어에 받침에 맞는 조사를 붙여요. pair는 "은/는", "으로/로"처럼 받침 있는 쪽을 먼저 써요.

    '로'는 받침이 없을 때와 ㄹ 받침일 때 써요: 집으로, 버스로, 지하철로.
    """
    closed, open_ = pair.split("/")
    last = final(word[-1])
    return word + (open_ if not last or (pair == "으로/로" and last == "ㄹ") else closed)


def infinitive(stem: Stem) -> str:
    """'아/어'를 붙여 줄인 꼴: 먹어, 가, 와, 마셔, 해, 들어, 불러, 써, 도와, 구워, 지어."""
    text = stem.text
    if text[-1] == "하":
        return text[:-1] + "해"
    if stem.irregular == "르":
        before = text[:-1]
        return with_final(before, "ㄹ") + ("라" if vowel(before[-1]) in "ㅏㅗ" else "러")
    if stem.irregular == "ㅂ":
        return with_final(text, "") + ("와" if text.endswith(("돕", "곱")) else "워")
    ending = "아" if vowel(text[-1]) in "ㅏㅑㅗ" else "어"
    if stem.irregular == "ㄷ":
        return with_final(text, "ㄹ") + ending
    if stem.irregular == "ㅅ":
        return with_final(text, "") + ending
    if final(text[-1]):
        return text + ending
    if vowel(text[-1]) == "ㅡ":  # 으 탈락: 앞 음절의 모음이 아/어를 정해요.
        return with_vowel(text, "ㅏ" if len(text) > 1 and vowel(text[-2]) in "ㅏㅗ" else "ㅓ")
    short = CONTRACTED.get(vowel(text[-1]))
    return with_vowel(text, short) if short else text + ending


def helping(stem: Stem, giving: str) -> str:
    """'-아/어 주다'를 붙여요. 이미 '주'로 끝나는 동사는 겹치지 않아요: 읽어 주세요, 도와주세요, 주세요."""
    return stem.text[:-1] + giving if stem.text.endswith("주") else f"{infinitive(stem)} {giving}"


def past(stem: Stem) -> Stem:
    """과거 어간: 먹었, 갔, 마셨, 했, 들었."""
    return Stem(with_final(infinitive(stem), "ㅆ"), kind="past")


def eu(stem: Stem, ending: str) -> str:
    """매개 모음 '으'가 끼는 어미를 붙여요: ㄴ(은), ㄹ(을), 시, 면, 려고, 니까."""
    text, last = stem.text, final(stem.text[-1])
    if stem.irregular == "ㅂ":
        text, last = with_final(text, "") + "우", ""
    elif stem.irregular == "ㄷ":
        text = with_final(text, "ㄹ") + "으"
    elif stem.irregular == "ㅅ":
        text = with_final(text, "") + "으"
    elif last == "ㄹ":
        text = with_final(text, "") if ending[0] in "ㄴㄹ시니" else text
    elif last:
        text += "으"
    return with_final(text, ending[0]) + ending[1:] if ending[0] in "ㄴㄹ" else text + ending


def plain(stem: Stem, ending: str) -> str:
    """자음으로 시작하는 어미를 그대로 붙여요. ㄹ 받침은 ㄴ 앞에서 빠져요: 만드는, 만드니, 만들고."""
    text = stem.text
    if final(text[-1]) == "ㄹ" and ending[0] in "는니":
        text = with_final(text, "")
    return text + ending


def honorific(stem: Stem) -> Stem:
    """주체 높임 '-(으)시-': 읽으시, 가시, 만드시, 들으시."""
    return Stem(eu(stem, "시"), kind=stem.kind, respect=True)


def modifier(stem: Stem, tense: str) -> str:
    """뒤의 명사를 꾸미는 꼴: 산 빵, 읽는 책, 먹을 빵, 예쁜 꽃, 재미있는 책."""
    if tense == "future":
        return eu(stem, "ㄹ")
    if tense == "past" or stem.kind == "adjective":
        return eu(stem, "ㄴ")
    return plain(stem, "는")


def finish(stem: Stem, tense: str, level: str, question: bool) -> str:
    """종결 어미를 붙여요. level은 "해라", "해요", "합쇼"."""
    if tense == "future":
        ending = {"해라": ("것이다", "거니"), "해요": ("거예요", "거예요"), "합쇼": ("것입니다", "것입니까")}
        return f"{eu(stem, 'ㄹ')} {ending[level][question]}"
    if tense == "past":
        ending = {"해라": ("다", "니"), "해요": ("어요", "어요"), "합쇼": ("습니다", "습니까")}
        return past(stem).text + ending[level][question]
    if level == "해요":
        return stem.text[:-1] + "세요" if stem.respect else infinitive(stem) + "요"
    last = final(stem.text[-1])
    if level == "합쇼":
        tail = "니까" if question else "니다"
        return with_final(stem.text, "ㅂ") + tail if last in ("", "ㄹ") else f"{stem.text}습{tail}"
    if question:
        return plain(stem, "니")
    if stem.kind != "verb":
        return stem.text + "다"
    return with_final(stem.text, "ㄴ") + "다" if last in ("", "ㄹ") else stem.text + "는다"


def copula(noun: str, tense: str, level: str, question: bool, respect: bool) -> str:
    """'이다'를 붙여요: 의사예요, 학생이에요, 의사였다, 학생이십니까."""
    closed = bool(final(noun[-1]))
    if respect:
        stem = noun + ("이시" if closed or tense != "present" or level != "해요" else "시")
        return finish(Stem(stem, kind="adjective", respect=True), tense, level, question)
    if tense == "past":
        stem = noun + ("이었" if closed else "였")
        return stem + {"해라": ("다", "니"), "해요": ("어요", "어요"), "합쇼": ("습니다", "습니까")}[level][question]
    if level == "해요":
        return noun + ("이에요" if closed else "예요")
    if level == "합쇼":
        return noun + ("입니까" if question else "입니다")
    return noun + ("이" if closed else "") + ("니" if question else "다")


NATIVE_ONES = ["", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]
NATIVE_BEFORE = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}
NATIVE_TENS = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
SINO_DIGITS = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]


def native_number(n: int) -> str:
    """세는 말 앞에 오는 고유어 수 1~99: 한, 두, 열두, 스무, 스물한."""
    tens, ones = NATIVE_TENS[n // 10], NATIVE_ONES[n % 10]
    return tens + NATIVE_BEFORE.get(ones, ones) if ones else NATIVE_BEFORE.get(tens, tens)


def sino_number(n: int) -> str:
    """한자어 수 1~99999: 십오, 삼십, 삼천, 만 오천."""
    text = ""
    for unit, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit = n % 10000 // unit % 10
        if digit:
            text += ("" if digit == 1 and name else SINO_DIGITS[digit]) + name
    high = n // 10000
    if not high:
        return text
    return ("만" if high == 1 else sino_number(high) + "만") + (f" {text}" if text else "")
