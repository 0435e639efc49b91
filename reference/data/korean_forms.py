"""한국어의 어절을 어간과 어미로 나눠 봐요: 조사, 종결·연결 어미, 불규칙까지, 될 수 있는 모든 나눔을 내줘요.

닫힌 목록(조사와 어미)만 알고 단어는 몰라요. 어느 나눔이 맞는지는 `known_words.py`가 훈련 데이터를 보고 골라요.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from reference.data.corpus.hangul import final, vowel, with_final, with_vowel
from reference.data.corpus.lexicon import word_list

NOUN, COPULA, VERB = "noun", "copula", "verb"


class Form(NamedTuple):
    """어절 하나의 나눔. 용언의 어간은 '먹-'처럼 적어요. kind는 무엇에 무엇이 붙었는지(NOUN은 체언과 조사)예요."""

    kind: str
    stem: str
    endings: tuple[str, ...]


# 앞의 것이 받침 뒤, 뒤의 것이 받침 없는 소리 뒤에 와요.
_PAIRED = {
    "은/는": "은", "이/가": "이", "을/를": "을", "과/와": "과", "으로/로": "으로", "으로서/로서": "으로서", "으로써/로써": "으로써",
    "이나/나": "이나", "이랑/랑": "이랑", "아/야": "아", "이라도/라도": "이라도", "이든/든": "이든", "이며/며": "이며", "이여/여": "이여",
}  # fmt: skip
_ALWAYS = word_list(
    "에 에서 에게 에게서 한테 한테서 께 께서 의 도 만 까지 부터 마저 조차 밖에 보다 처럼 같이 마다 하고 만큼 대로 커녕 들 님 씨 씨의 쯤 끼리 짜리 째 뿐 네 치고 더러 이서 "
    "서 서는 엔 에겐 에선 께선 한텐"
)
_PARTICLES: dict[str, list[tuple[str, str]]] = {}
for _pair, _name in _PAIRED.items():
    _closed, _open = _pair.split("/")
    _PARTICLES.setdefault(_closed, []).append((_name, "closed"))
    _PARTICLES.setdefault(_open, []).append((_name, "open"))
for _one in _ALWAYS:
    _PARTICLES.setdefault(_one, []).append((_one, ""))
_LAST = set(word_list("은 이 을 의 아 이나 이라도 이든 이며 이여 엔 에겐 에선 께선 한텐 뿐"))
_LONGEST_PARTICLE = max(map(len, _PARTICLES))

# 어간에 바로 붙는 어미: 먹고, 가고, 만드는
_PLAIN = word_list(
    "고 고서 고는 고도 고자 고야 지 지만 지마는 거나 거든 거니와 게 게끔 기 네 는 는데 는데도 는지 는가 는다 는다고 는다는 는다면 는다며 는구나 는군 는걸 는대 느냐 느냐고 "
    "느라 느라고 니 냐 냐고 나 다 다가 다가는 다니 다고 다는 다던 다면 다면서 다며 다시피 답니다 던 던데 던지 던가 더니 더라 더라고 더라도 더군 도록 든 든지 듯 듯이 디 자 "
    "자고 자는 자마자 잖아 소 습니다 습니까 습니다만 습디다 대 구나 군 거라 건 걸 건만 길래 기에 죠 지는 질 진"
)
# '으'가 끼는 어미: 먹으면, 가면, 먹은, 간
_EU = word_list(
    "면 면서 면서도 며 니 니까 나 러 려 려고 려는 려던 려면 려다 려다가 려니 므로 세요 셔 십시오 십니다 십니까 소서 라 라고 라는 라며 라면 라니 란 랴 마 리라 ㄴ ㄴ다 "
    "ㄴ다고 ㄴ다는 ㄴ다면 ㄴ다며 ㄴ데 ㄴ데도 ㄴ지 ㄴ가 ㄴ걸 ㄴ대 ㄴ답니다 ㄴ들 ㄴ즉 ㄹ ㄹ게 ㄹ까 ㄹ래 ㄹ수록 ㄹ지 ㄹ지라도 ㄹ걸 ㄹ텐데 ㄹ테니 ㄹ테니까 ㄹ뿐 ㄹ수 ㄹ때 ㄹ거야 "
    "ㄹ거예요 ㄹ거에요 ㅂ니다 ㅂ니까 ㅂ니다만 ㅂ시다 ㅂ디다 ㅁ"
)
# '아/어' 뒤에 오는 어미: 먹어, 먹어서, 먹어도
_A = word_list("- 서 서는 서도 도 야 야지 야만 야겠어 야겠다 야겠네 야겠습니다 라 다 다가 다도")
# '아/어' 뒤에 띄지 않고 이어 쓰는 말: 먹어보다, 도와주다
_AFTER_A = word_list("주 보 버리 지 가 오 놓 두 내 드리 있 나 나가 들이 대")
_LIGHT = ("하", "되", "시키", "당하", "스럽", "롭")  # 체언에 붙어 용언을 만드는 말
# '이다'의 '이'가 받침 없는 체언 뒤에서 빠지기도 하는 어미: 의사다, 의사고
_AFTER_VOWEL = set(
    word_list(
        "다 니 니까 고 지 지만 죠 며 면 면서 라 라고 라는 라며 라면 라니 란 네 냐 냐고 거든 거나 나 든 든지 던 던데 더라 더니 구나 군 ㄴ데 ㄴ가 ㄴ지 ㄹ까 ㅂ니다 ㅂ니까 잖아"
    )
)
_NOMINAL = {"기", "ㅁ", "는지", "ㄴ지", "ㄹ지", "는가", "ㄴ가", "던지", "던가"}  # 뒤에 조사가 오는 어미
_LOOSE = {"고", "-", "게", "지", "면서", "다가", "니까", "서", "어서", "려고", "도록"}  # '는, 도, 만'만 오는 어미

_NUMERAL = re.compile(
    "하나|다섯|여섯|일곱|여덟|아홉|스물|스무|서른|마흔|예순|일흔|여든|아흔|[한두세네둘셋넷열쉰일이삼사오육칠팔구십백천만억조영공]"
)


@lru_cache(maxsize=1 << 16)
def forms(word: str) -> tuple[Form, ...]:
    """한글 어절의 나눔들. 조사도 어미도 없이 통째로 체언인 것이 처음이에요."""
    found = dict.fromkeys((Form(NOUN, word, ()), *_nouns(word)))
    for stem, endings in _verbs(word):
        found[Form(VERB, stem + "-", endings)] = None
        for noun, light in _inside(stem, endings):
            found[Form(COPULA, noun, (light, *endings))] = None
    if word.endswith("아니에요"):
        found[Form(VERB, word[:-2] + "-", ("에요",))] = None
    for tail, cut in (("이에요", 3), ("예요", 2)):
        before = word[:-cut]
        if before and word.endswith(tail) and bool(final(before[-1])) == (cut == 3):
            found[Form(COPULA, before, ("이다", "에요"))] = None
    return tuple(found)


def particles(text: str, after: str) -> Iterator[tuple[str, ...]]:
    """`text`가 조사만으로 되어 있으면 그 나눔들. `after`는 바로 앞의 글자(모르면 빈 글)예요."""
    if not text:
        yield ()
    for size in range(1, min(_LONGEST_PARTICLE, len(text)) + 1):
        for name, needs in _PARTICLES.get(text[:size], ()):
            if _fits(after, name, needs) and (name not in _LAST or size == len(text)):
                for rest in particles(text[size:], text[size - 1]):
                    yield (name, *rest)


def _fits(after: str, name: str, needs: str) -> bool:
    if not after or not needs or not "가" <= after <= "힣":
        return True
    last = final(after)
    if name.startswith("으로") and last == "ㄹ":
        return needs == "open"
    return bool(last) == (needs == "closed")


def _nouns(word: str) -> Iterator[Form]:
    for cut in range(1, len(word)):
        for names in particles(word[cut:], word[cut - 1]):
            yield Form(NOUN, word[:cut], names)


def _inside(stem: str, endings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """용언의 어간에 든 체언: '의사이-'의 의사, '공부하-'의 공부. '의사다'처럼 '이'가 빠지기도 해요."""
    for light in _LIGHT:
        if stem.endswith(light) and len(stem) > len(light):
            yield stem[: -len(light)], light + "다"
    if stem.endswith("이") and len(stem) > 1:
        yield stem[:-1], "이다"
    elif not final(stem[-1]) and endings[0] in _AFTER_VOWEL:
        yield stem, "이다"


def _verbs(word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """용언의 (어간, 어미들)."""
    if word.endswith("요") and len(word) > 1:
        yield from ((stem, (*endings, "요")) for stem, endings in _verbs(word[:-1]))
    for size in (1, 2, 3):
        tail = word[-size:]
        if len(word) > size + 1 and tail in _PARTICLES:
            allowed = _NOMINAL | (_LOOSE if tail in ("는", "도", "만", "까지", "부터") else set())
            for stem, endings in _endings(word[:-size]):
                if endings[-1] in allowed:
                    for name, needs in _PARTICLES[tail]:
                        if _fits(word[-size - 1], name, needs):
                            yield stem, (*endings, name)
    yield from _endings(word)


def _endings(word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for ending in _PLAIN:
        if word.endswith(ending) and len(word) > len(ending):
            for stem in _before_plain(word[: -len(ending)], ending):
                yield from _before(stem, (ending,))
    for ending in _EU:
        for stem in _before_eu(word, ending):
            yield from _before(stem, (ending,))
    for ending in _A:
        if word.endswith(ending) or ending == "-":
            for stem in infinitive_stems(word if ending == "-" else word[: -len(ending)]):
                yield from _before(stem, (ending,))


def _before(stem: str, endings: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """어간 앞의 것을 더 벗겨요: 과거 '았/었', '겠', 높임 '시', 이어 쓴 보조 용언."""
    if final(stem[-1]) == "ㅆ":
        past = list(infinitive_stems(with_final(stem, "")))
        for inner in past:
            yield from _before(inner, ("었", *endings))
        if stem.endswith("겠") and len(stem) > 1:
            for inner in _before_plain(stem[:-1], "겠"):
                yield from _before(inner, ("겠", *endings))
        elif not past:
            yield stem, endings  # 있다
        return
    yield stem, endings
    if stem.endswith("시") and len(stem) > 1:
        for inner in _before_eu(stem, "시"):
            yield from _before(inner, ("시", *endings))
    for helper in _AFTER_A:
        if stem.endswith(helper) and len(stem) > len(helper):
            for inner in infinitive_stems(stem[: -len(helper)]):
                yield inner, ("-", helper + "다", *endings)


def _before_plain(base: str, ending: str) -> Iterator[str]:
    yield base
    if not final(base[-1]) and ending[0] in "는네니냐나느":
        yield with_final(base, "ㄹ")  # 만드는, 사니


def _before_eu(word: str, ending: str) -> Iterator[str]:
    """'으'가 끼는 어미 앞의 어간들. `word`가 그 어미로 끝나지 않으면 없어요."""
    jamo, rest = (ending[0], ending[1:]) if ending[0] in "ㄴㄹㅁㅂ" else ("", ending)
    if not word.endswith(rest) or len(word) <= len(rest):
        return
    base = word[: len(word) - len(rest)]
    if jamo:
        if final(base[-1]) != jamo:
            return
        base = with_final(base, "")
    if base.endswith("으") and len(base) > 1:
        before = base[:-1]
        last = final(before[-1])
        if last:
            yield before  # 먹으면
            if last == "ㄹ":
                yield with_final(before, "ㄷ")  # 들으면: 듣다
        else:
            yield with_final(before, "ㅅ")  # 지으면: 짓다
    elif not final(base[-1]):
        yield base  # 가면
        yield with_final(base, "ㅎ")  # 하얀: 하얗다
        if jamo or rest[0] in "니나시세셔십소":
            yield with_final(base, "ㄹ")  # 만든, 만드세요
        if base.endswith("우") and len(base) > 1 and not final(base[-2]):
            yield with_final(base[:-1], "ㅂ")  # 도우면: 돕다
    elif final(base[-1]) == "ㄹ" and not jamo:
        yield base  # 만들면


def infinitive_stems(word: str) -> Iterator[str]:
    """'아/어'가 붙어 줄어든 꼴의 어간들: 마셔 → 마시, 골라 → 고르, 추워 → 춥, 해 → 하."""
    if not word or not "가" <= word[-1] <= "힣" or final(word[-1]):
        return
    last, before, sound = word[-1], word[:-1], vowel(word[-1])
    if last in "아어" and before:
        bright = vowel(before[-1]) in "ㅏㅑㅗ" and final(before[-1]) != "ㅆ"  # '갔어'처럼 '았' 뒤에는 언제나 '어'예요.
        if bright == (last == "아"):
            yield before  # 먹어, 되어
            if final(before[-1]) == "ㄹ":
                yield with_final(before, "ㄷ")  # 들어: 듣다
            elif not final(before[-1]):
                yield with_final(before, "ㅅ")  # 지어: 짓다
    if last == "여" and before.endswith("하"):
        yield before
    if sound in "ㅏㅓㅐㅔㅕ":
        yield word  # 가, 서, 보내, 켜
    if sound in "ㅏㅓ":
        dark = not before or vowel(before[-1]) not in "ㅏㅗ"
        if dark == (sound == "ㅓ"):
            yield with_vowel(word, "ㅡ")  # 바빠, 써
        if last in "라러" and before and final(before[-1]) == "ㄹ":
            yield with_final(before, "") + "르"  # 골라, 불러
    if last == "해":
        yield before + "하"
    if sound in "ㅐㅒ" and before:
        for open_ in "ㅏㅓ" if sound == "ㅐ" else "ㅑ":
            yield with_final(with_vowel(word, open_), "ㅎ")  # 빨개, 그래, 하얘
    for short, long in (("ㅕ", "ㅣ"), ("ㅘ", "ㅗ"), ("ㅝ", "ㅜ"), ("ㅙ", "ㅚ")):
        if sound == short:
            yield with_vowel(word, long)  # 마셔, 와, 줘, 돼
    if last in "와워" and before and not final(before[-1]):
        yield with_final(before, "ㅂ")  # 도와, 추워


def numeral_parts(word: str) -> list[str] | None:
    """수만으로 된 어절('이십오', '스물한')을 이루는 말들. 수가 아니면 None이에요."""
    parts = _NUMERAL.findall(word)
    return parts if parts and "".join(parts) == word else None
