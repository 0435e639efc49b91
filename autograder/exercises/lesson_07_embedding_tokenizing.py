"""레슨 7의 실습: BPE(세기, 붙이기, 배우기, 자르기), 글에서 번호로, 배치, 임베딩과 로짓, 코사인 유사도, 어절당 토큰 수, 한글 자모, 바이트."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import partial
from itertools import pairwise, zip_longest

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Both, Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import bpe, embedding
from reference.bpe import FINALS, INITIALS, VOWELS

LESSON = "07_embedding_tokenizing"
SYLLABLES = "나다라마바사자차카타파하"  # 시드마다 자리를 바꿔 가며 쓰는 글자


# -- decompose, compose (보너스) --

TWIN_INITIALS = (1, 4, 8, 10, 13)  # ㄲ ㄸ ㅃ ㅆ ㅉ
TWIN_FINALS = (2, 20)  # ㄲ ㅆ
CLUSTER_FINALS = (3, 5, 6, 9, 10, 11, 12, 13, 14, 15, 18)  # 겹받침: ㄳ ㄵ ㄶ ㄺ ...


def _number(syllable):
    n = ord(syllable) - 0xAC00 if len(syllable) == 1 else -1
    if not 0 <= n < 11172:
        raise ValueError("한글 음절 하나가 아니에요.")
    return n


def _syllable(initial, vowel, final=0):
    return chr(0xAC00 + 588 * initial + 28 * vowel + final)


def _decompose_cases(rng):
    closed = _syllable(rng.int(1, 18), rng.int(1, 20), rng.int(1, 26))
    open_ = _syllable(rng.choice(TWIN_INITIALS), rng.int(1, 20))
    twin = _syllable(rng.choice(TWIN_INITIALS), rng.int(1, 20), rng.choice(TWIN_FINALS))
    cluster = _syllable(rng.int(1, 18), rng.int(1, 20), rng.choice(CLUSTER_FINALS))
    return [
        *(case("closed", s) for s in (closed, twin, cluster, "강", "궁", "힣")),
        *(case("open", s) for s in ("해", open_)),
        # '韓'은 '가'보다 앞이라 음수로 인덱싱하면 예외 없이 엉뚱한 자모가 나와요. U+D7A4는 '힣' 바로 다음이에요.
        *(
            case("guard", s, comparator="raises", params={"error": "ValueError"})
            for s in ("a", "ㄱ", "한글", "", "韓", "\ud7a4")
        ),
    ]


def _decompose_exchanged(syllable):
    n = _number(syllable)
    return INITIALS[n // 28], VOWELS[n % 28 // 588], FINALS[n % 588]


def _decompose_half_exchanged(syllable):
    n = _number(syllable)
    return INITIALS[n // 28], VOWELS[n // 588], FINALS[n % 28]


def _decompose_no_remainder(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n // 28], FINALS[n % 28]


def _decompose_27(syllable):
    n = _number(syllable)
    return INITIALS[n // 567], VOWELS[n % 567 // 27], FINALS[n % 27]


def _decompose_27_in_two_places(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 27], FINALS[n % 27]


def _decompose_27_at_the_end(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], FINALS[n % 27]


def _decompose_final_too_late(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], [*FINALS[1:], ""][n % 28]


def _decompose_final_too_early(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], FINALS[n % 28 - 1]


def _decompose_no_base(syllable):
    _number(syllable)
    n = ord(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], FINALS[n % 28]


def _decompose_from_jamo(syllable):
    _number(syllable)
    n = ord(syllable) - ord("ㄱ")
    return INITIALS[n // 588], VOWELS[n % 588 // 28], FINALS[n % 28]


def _decompose_conjoining(syllable):
    n = _number(syllable)
    return chr(0x1100 + n // 588), chr(0x1161 + n % 588 // 28), chr(0x11A7 + n % 28) if n % 28 else ""


def _decompose_nfd(syllable):
    _number(syllable)
    return tuple(unicodedata.normalize("NFD", syllable))


def _decompose_space(syllable):
    initial, vowel, final = bpe.decompose(syllable)
    return initial, vowel, final or " "


def _decompose_none(syllable):
    initial, vowel, final = bpe.decompose(syllable)
    return initial, vowel, final or None


def _decompose_only_two(syllable):
    return tuple(jamo for jamo in bpe.decompose(syllable) if jamo)


def _decompose_divmod(syllable):
    if len(syllable) != 1 or not "가" <= syllable <= "힣":
        raise ValueError("한글 음절 하나가 아니에요.")
    rest, final = divmod(ord(syllable) - ord("가"), 28)
    initial, vowel = divmod(rest, 21)
    return INITIALS[initial], VOWELS[vowel], FINALS[final]


def _decompose_table(syllable):
    """모든 음절의 표를 만들어 찾아요."""
    for i, initial in enumerate(INITIALS):
        for v, vowel in enumerate(VOWELS):
            block = 0xAC00 + (i * 21 + v) * 28
            if len(syllable) == 1 and block <= ord(syllable) < block + 28:
                return initial, vowel, FINALS[ord(syllable) - block]
    raise ValueError("한글 음절 하나가 아니에요.")


def _decompose_from_nfd(syllable):
    """유니코드가 푼 첫가끝 자모를 표의 자모로 바꿔요."""
    parts = [ord(part) for part in unicodedata.normalize("NFD", syllable)]
    if len(syllable) != 1 or not 0x1100 <= parts[0] <= 0x1112 or len(parts) < 2:
        raise ValueError("한글 음절 하나가 아니에요.")
    final = FINALS[parts[2] - 0x11A7] if len(parts) == 3 else ""
    return INITIALS[parts[0] - 0x1100], VOWELS[parts[1] - 0x1161], final


DECOMPOSE = Exercise(
    name="decompose",
    lesson=LESSON,
    title="음절을 자모로",
    points=0,
    groups={
        "closed": "받침이 있는 음절이 맞아요",
        "open": "받침이 없는 음절이 맞아요",
        "guard": "한글 음절 하나가 아니면 ValueError예요",
    },
    reference=bpe.decompose,
    sample_cases=_decompose_cases,
    examples=(case("closed", "한"), case("open", "가")),
    mistakes=(
        Mistake(
            "decompose.588-and-28-exchanged",
            "588과 28을 바꿔 씀",
            "초성을 28로, 중성을 588로 나눴어요. 각, 강처럼 초성이 ㄱ, 중성이 ㅏ인 음절에서만 우연히 맞아요.",
            "초성 하나가 바뀔 때 음절이 몇 개 지나가는지 세어 봐요.",
            (_decompose_exchanged, _decompose_half_exchanged),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.no-remainder",
            "초성을 빼지 않고 중성을 구함",
            "중성을 구할 때 초성이 차지한 만큼을 덜어 내지 않았어요. 초성이 ㄱ인 음절에서만 맞아요.",
            "초성을 정하고 남은 나머지에서 중성을 구해요.",
            (_decompose_no_remainder,),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.27-finals",
            "종성을 27개로 셈",
            "종성의 가짓수가 하나 모자라요. '받침 없음'도 하나로 세요.",
            "종성 표의 길이를 세어 봐요.",
            (_decompose_27, _decompose_27_in_two_places, _decompose_27_at_the_end),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.final-shifted",
            "종성이 하나씩 밀림",
            "초성과 중성은 맞는데 종성이 표에서 한 자리 옆의 것이에요.",
            "종성 표의 0번에 무엇이 있는지, 번호에 1을 더하거나 뺀 곳이 없는지 봐요.",
            (_decompose_final_too_late, _decompose_final_too_early),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.no-base",
            "'가'에서부터 세지 않음",
            "자모 표의 끝을 넘는 자리를 읽었어요. 글자의 번호를 '가'에서부터 세지 않으면 이렇게 돼요.",
            "'가'를 넣으면 세 번호가 모두 0이어야 해요.",
            (_decompose_no_base, _decompose_from_jamo),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.conjoining-jamo",
            "다른 자모 글자를 씀",
            "글자는 비슷해 보여도 코드가 달라요. 음절을 조립할 때 쓰는 첫가끝 자모가 나왔어요.",
            "위에 준 자모 표의 글자를 써요. `ord(...)`로 견줘 보면 보여요.",
            (_decompose_conjoining, _decompose_nfd),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.missing-final",
            "받침이 없을 때 빈 글이 아님",
            '받침이 없는 음절에서 종성이 빈 글(`""`)이 아니에요. 빈칸, None, 두 개뿐인 튜플은 모두 빈 글과 달라요.',
            "받침이 없는 음절을 넣어 보고, 결과의 길이와 마지막 값을 `repr`로 봐요.",
            (_decompose_space, _decompose_none, _decompose_only_two),
            ("open",),
        ),
    ),
    correct=(_decompose_divmod, _decompose_table, _decompose_from_nfd),
)


def _compose_cases(rng):
    closed = rng.choice(INITIALS[1:]), rng.choice(VOWELS[1:]), rng.choice(FINALS[1:])
    twin = INITIALS[rng.choice(TWIN_INITIALS)], rng.choice(VOWELS[1:]), FINALS[rng.choice(TWIN_FINALS)]
    cluster = rng.choice(INITIALS[1:]), rng.choice(VOWELS[1:]), FINALS[rng.choice(CLUSTER_FINALS)]
    open_ = rng.choice(INITIALS[1:]), rng.choice(VOWELS[1:]), ""
    return [
        *(case("closed", jamo) for jamo in (closed, twin, cluster, ("ㄱ", "ㅜ", "ㅇ"), ("ㅎ", "ㅣ", "ㅎ"))),
        *(case("open", jamo) for jamo in (("ㅎ", "ㅐ", ""), open_)),
        *(
            case("guard", jamo, comparator="raises", params={"error": "ValueError"})
            for jamo in (("ㅏ", "ㄱ", ""), ("a", "b", "c"), ("ㄱ", "ㅏ", "ㄸ"), ("ㄳ", "ㅏ", "ㄴ"))
        ),
    ]


def _parts(jamo):
    initial, vowel, final = jamo
    return INITIALS.index(initial), VOWELS.index(vowel), FINALS.index(final)


def _compose_exchanged(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 28 + v * 588 + f)


def _compose_21(jamo):
    initial, vowel, final = _parts(jamo)
    return chr(0xAC00 + initial * 588 + vowel * 21 + final)


def _compose_27(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 567 + v * 27 + f)


def _compose_27_in_one_place(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 588 + v * 27 + f)


def _compose_final_too_small(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 588 + v * 28 + max(f - 1, 0))


def _compose_final_ignored(jamo):
    i, v, _ = _parts(jamo)
    return chr(0xAC00 + i * 588 + v * 28)


def _compose_no_base(jamo):
    i, v, f = _parts(jamo)
    return chr(i * 588 + v * 28 + f)


def _compose_joined(jamo):
    _parts(jamo)
    return "".join(jamo)


def _compose_number(jamo):
    i, v, f = _parts(jamo)
    return 0xAC00 + i * 588 + v * 28 + f


def _compose_nested(jamo):
    i, v, f = _parts(jamo)
    return chr(ord("가") + (i * 21 + v) * 28 + f)


def _compose_search(jamo):
    for code in range(0xAC00, 0xAC00 + 11172):
        if bpe.decompose(chr(code)) == tuple(jamo):
            return chr(code)
    raise ValueError("음절이 되지 않아요.")


def _compose_normalize(jamo):
    i, v, f = _parts(jamo)
    return unicodedata.normalize("NFC", chr(0x1100 + i) + chr(0x1161 + v) + (chr(0x11A7 + f) if f else ""))


COMPOSE = Exercise(
    name="compose",
    lesson=LESSON,
    title="자모를 음절로",
    points=0,
    groups={
        "closed": "받침이 있는 음절이 맞아요",
        "open": "받침이 없는 음절이 맞아요",
        "guard": "음절이 될 수 없으면 ValueError예요",
    },
    reference=bpe.compose,
    sample_cases=_compose_cases,
    examples=(case("closed", ("ㅎ", "ㅏ", "ㄴ")), case("open", ("ㄱ", "ㅏ", ""))),
    mistakes=(
        Mistake(
            "compose.588-and-28-exchanged",
            "588과 28을 바꿔 씀",
            "초성과 중성에 곱하는 수가 서로 바뀌었어요.",
            "초성이 하나 커지면 음절 번호가 얼마나 커져야 하는지 봐요.",
            (_compose_exchanged,),
            ("closed", "open"),
        ),
        Mistake(
            "compose.vowels-for-finals",
            "중성에 21을 곱함",
            "중성의 번호에 28이 아니라 21(중성의 수)을 곱했어요. 중성의 번호가 0인 ㅏ가 든 음절만 맞아요.",
            "중성이 하나 커지는 동안 받침이 몇 가지 지나가는지 세어 봐요.",
            (_compose_21,),
            ("closed", "open"),
        ),
        Mistake(
            "compose.27-finals",
            "종성을 27개로 셈",
            "종성의 가짓수가 하나 모자라요. '받침 없음'도 하나로 세요.",
            "종성 표의 길이를 세어 봐요.",
            (_compose_27, _compose_27_in_one_place),
            ("closed", "open"),
        ),
        Mistake(
            "compose.final-shifted",
            "받침의 번호가 하나 작음",
            "받침이 표에서 하나 앞의 것이 됐어요. 번호 0은 '받침 없음'의 자리예요.",
            "ㄱ 받침의 번호가 몇이어야 하는지 표에서 세어 봐요.",
            (_compose_final_too_small,),
            ("closed",),
        ),
        Mistake(
            "compose.final-ignored",
            "받침을 더하지 않음",
            "받침이 있어도 받침 없는 음절이 나왔어요.",
            "식의 항이 몇 개인지, 모두 더했는지 봐요.",
            (_compose_final_ignored,),
            ("closed",),
        ),
        Mistake(
            "compose.no-base",
            "'가'의 번호를 더하지 않음",
            "'가'에서부터 센 번호를 그대로 글자로 바꿨어요.",
            "번호가 0이면 어떤 글자가 나와야 하는지 봐요.",
            (_compose_no_base,),
            ("closed", "open"),
        ),
        Mistake(
            "compose.only-joined",
            "자모를 이어 붙이기만 함",
            "자모 글자들이 그대로 이어졌어요. 음절은 글자 하나예요.",
            "결과의 길이가 1이어야 해요.",
            (_compose_joined,),
            ("closed", "open"),
        ),
        Mistake(
            "compose.number-returned",
            "글자가 아니라 번호를 돌려줌",
            "음절의 유니코드 번호까지는 맞는데 글자로 바꾸지 않았어요.",
            "번호를 글자로 바꾸는 파이썬 함수를 찾아봐요.",
            (_compose_number,),
            ("closed", "open"),
        ),
    ),
    correct=(_compose_nested, _compose_search, _compose_normalize),
    uses=("decompose",),
)


# -- count_pairs --


def _letters(rng, n):
    return rng.sample(list(SYLLABLES), n)


def _count_cases(rng):
    a, b, c, d, e, f = _letters(rng, 6)
    words = {("▁", a, b, c): rng.int(3, 9), ("▁", d, b, c): rng.int(10, 19), ("▁", e, f): rng.int(20, 29)}
    return [
        case("values", words),
        case("values", {("▁" + a, b): rng.int(2, 9), (c, d, "▁" + e): rng.int(2, 9)}),
        # 한 단어에 같은 쌍이 두 번, 거꾸로 된 쌍이 한 번 나와요.
        case("values", {(a, b, a, b): rng.int(2, 9)}),
        case("overlap", {("아", "아", "아"): 1}),
        case("overlap", {(a, a, a, a): 1}),
        case("empty", {(a,): 3}),
        case("empty", {}),
    ]


def _count_no_freq(word_freq):
    return dict(Counter(p for w in word_freq for p in pairwise(w)))


def _count_across(word_freq):
    tokens = [(t, n) for w, n in word_freq.items() for t in w]
    counts: Counter[tuple[str, str]] = Counter()
    for (left, n), (right, _) in pairwise(tokens):
        counts[left, right] += n
    return dict(counts)


def _count_across_repeated(word_freq):
    tokens = [token for w, n in word_freq.items() for token in w * n]
    return dict(Counter(pairwise(tokens)))


def _count_no_overlap(word_freq):
    counts: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        i = 0
        while i < len(w) - 1:
            counts[w[i], w[i + 1]] += n
            i += 2 if i + 2 < len(w) and w[i] == w[i + 1] == w[i + 2] else 1
    return dict(counts)


def _count_overwritten(word_freq):
    return {p: n for w, n in word_freq.items() for p in pairwise(w)}


def _count_once_per_word(word_freq):
    counts: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        counts.update(dict.fromkeys(pairwise(w), n))
    return dict(counts)


def _count_last_missed(word_freq):
    return bpe.count_pairs({w[:-1]: n for w, n in word_freq.items()})


def _count_every_second(word_freq):
    counts: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        for pair in zip(w[::2], w[1::2], strict=False):
            counts[pair] += n
    return dict(counts)


def _count_characters(word_freq):
    counts: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        for pair in pairwise("".join(w)):
            counts[pair] += n
    return dict(counts)


def _count_dict(word_freq):
    counts: dict[tuple[str, str], int] = {}
    for w, n in word_freq.items():
        for i in range(len(w) - 1):
            counts[(w[i], w[i + 1])] = counts.get((w[i], w[i + 1]), 0) + n
    return counts


def _count_counter(word_freq):
    total: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        for p, k in Counter(pairwise(w)).items():
            total[p] += k * n
    return total


COUNT_PAIRS = Exercise(
    name="count_pairs",
    lesson=LESSON,
    title="이웃한 쌍 세기",
    points=10,
    groups={"values": "단어의 빈도만큼 세요", "overlap": "겹친 쌍도 모두 세요", "empty": "쌍이 없으면 빈 사전이에요"},
    reference=bpe.count_pairs,
    sample_cases=_count_cases,
    examples=(
        case("values", {("집", "에"): 4, ("집",): 2}),
        case("values", {("▁", "학", "교", "에"): 5, ("▁", "집", "에"): 4}),
    ),
    mistakes=(
        Mistake(
            "count_pairs.frequency-ignored",
            "빈도를 곱하지 않음",
            "단어가 몇 번 나왔는지를 세지 않고 단어마다 한 번씩만 셌어요.",
            "사전의 값이 무엇을 뜻하는지 봐요.",
            (_count_no_freq,),
            ("values",),
        ),
        Mistake(
            "count_pairs.across-words",
            "단어를 넘어서 셈",
            "한 단어의 끝과 다음 단어의 처음까지 쌍으로 셌어요.",
            "쌍은 단어 하나 안에서만 이웃이에요.",
            (_count_across,),
            ("values",),
        ),
        Mistake(
            "count_pairs.repeated-in-a-row",
            "단어를 빈도만큼 이어 놓고 셈",
            "단어들을 빈도만큼 한 줄로 이어 놓고 세어서, 한 단어의 끝과 다음 단어의 처음까지 쌍이 됐어요.",
            "단어마다 따로 세고, 그 횟수에 빈도를 곱해요.",
            (_count_across_repeated,),
            ("values", "empty"),
        ),
        Mistake(
            "count_pairs.overlap-skipped",
            "겹친 쌍을 건너뜀",
            "아아아에서 (아, 아)를 한 번만 셌어요. 겹치더라도 이웃한 자리는 모두 세요.",
            "길이 n인 단어에는 이웃한 자리가 몇 개인지 봐요.",
            (_count_no_overlap,),
            ("overlap",),
        ),
        Mistake(
            "count_pairs.overwritten",
            "앞에서 센 횟수를 덮어씀",
            "같은 쌍을 다시 만났을 때 앞에서 센 횟수에 더하지 않고 새 횟수로 바꿨어요.",
            "이미 있던 이름에 `=`로 넣는지 `+=`로 더하는지 봐요.",
            (_count_overwritten,),
            ("values", "overlap"),
        ),
        Mistake(
            "count_pairs.once-per-word",
            "단어마다 한 번만 셈",
            "한 단어 안에서 같은 쌍이 여러 번 나와도 한 번만 셌어요.",
            "쌍을 집합이나 사전에 먼저 모으며 되풀이된 것을 잃지 않았는지 봐요.",
            (_count_once_per_word,),
            ("values", "overlap"),
        ),
        Mistake(
            "count_pairs.last-pair-missed",
            "마지막 쌍을 놓침",
            "단어마다 맨 끝의 쌍을 세지 않았어요.",
            "길이 n인 단어에서 되풀이가 어느 자리에서 끝나는지 봐요.",
            (_count_last_missed,),
            ("values", "overlap"),
        ),
        Mistake(
            "count_pairs.every-second",
            "두 자리씩 건너뜀",
            "첫째와 둘째, 셋째와 넷째만 짝지어서 둘째와 셋째 같은 이웃을 놓쳤어요.",
            "한 쌍을 센 다음 몇 자리를 나아가는지 봐요.",
            (_count_every_second,),
            ("values", "overlap"),
        ),
        Mistake(
            "count_pairs.characters-counted",
            "토큰이 아니라 글자를 셈",
            "토큰을 글자로 다시 쪼개서 셌어요. 여러 글자인 토큰도 하나로 다뤄야 해요.",
            "토큰들을 글 하나로 이어 붙인 곳이 없는지 봐요.",
            (_count_characters,),
            ("values",),
        ),
    ),
    correct=(_count_dict, _count_counter),
)


# -- merge_pair --


def _merge_cases(rng):
    a, b, c, d = _letters(rng, 4)
    return [
        case("values", (a, b, c, d, a, b), (a, b)),
        case("values", (c, a, b, d, a, b), (a, b)),
        case("values", ("▁" + a, b), ("▁" + a, b)),
        case("none", (a, c, b, d, c, d), (c, d)),
        case("overlap", ("아",) * 4, ("아", "아")),
        case("overlap", (b, a, a, a, a), (a, a)),
        # 왼쪽부터 붙이면 (aa, a, c, aa), 오른쪽부터 붙이면 (a, aa, c, aa)예요.
        case("overlap", (a, a, a, c, a, a), (a, a)),
        case("border", (c + a, b, d, a, b), (a, b)),
        case("border", (a, b + c, d, a, b), (a, b)),
        # 이어 붙인 글은 같지만 앞의 것은 그 쌍이 아니에요.
        case("border", (a + b, c, d, a, b + c), (a, b + c)),
        case("last", (a, b, c), (a, b)),
        case("last", (b, a, c), (a, b)),
        case("last", (a,), (a, b)),
    ]


def _merge_first_only(seq, pair):
    for i in range(len(seq) - 1):
        if seq[i : i + 2] == pair:
            return seq[:i] + (pair[0] + pair[1],) + seq[i + 2 :]
    return seq


def _merge_overlapping(seq, pair):
    out, skip = [], False
    for i, token in enumerate(seq):
        if seq[i : i + 2] == pair:
            out.append(token + seq[i + 1])
            skip = True
        elif not skip:
            out.append(token)
        else:
            skip = False
    return tuple(out)


def _merge_not_skipping(seq, pair):
    """쌍을 붙이고도 한 자리만 나아가요."""
    return tuple(pair[0] + pair[1] if seq[i : i + 2] == pair else token for i, token in enumerate(seq))


def _merge_by_text(seq, pair):
    return tuple(" ".join(seq).replace(" ".join(pair), "".join(pair)).split(" "))


def _merge_by_text_left(seq, pair):
    return tuple(re.sub(rf"(?<!\S){' '.join(pair)}", "".join(pair), " ".join(seq)).split(" "))


def _merge_by_text_right(seq, pair):
    return tuple(re.sub(rf"{' '.join(pair)}(?!\S)", "".join(pair), " ".join(seq)).split(" "))


def _merge_by_joined_text(seq, pair):
    out, i = [], 0
    while i < len(seq):
        if "".join(seq[i : i + 2]) == "".join(pair) and i + 1 < len(seq):
            out.append(seq[i] + seq[i + 1])
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _merge_last_lost(seq, pair):
    out, i = [], 0
    while i < len(seq) - 1:
        if seq[i : i + 2] == pair:
            out.append(seq[i] + seq[i + 1])
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _merge_past_the_end(seq, pair):
    out, i = [], 0
    while i < len(seq):
        if seq[i] == pair[0] and seq[i + 1] == pair[1]:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _merge_pair_past_the_end(seq, pair):
    out, i = [], 0
    while i < len(seq):
        if (seq[i], seq[i + 1]) == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _merge_from_the_right(seq, pair):
    turned = bpe.merge_pair(tuple(seq)[::-1], (pair[1], pair[0]))
    return tuple("".join(pair) if token == pair[1] + pair[0] else token for token in turned[::-1])


def _merge_list(seq, pair):
    return list(bpe.merge_pair(seq, pair))


def _merge_as_pair(seq, pair):
    out, i = [], 0
    while i < len(seq):
        if seq[i : i + 2] == pair:
            out.append(pair)
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _merge_iterator(seq, pair):
    rest, out = list(seq), []
    while rest:
        token = rest.pop(0)
        if rest and (token, rest[0]) == tuple(pair):
            token += rest.pop(0)
        out.append(token)
    return tuple(out)


def _merge_recursive(seq, pair):
    if len(seq) < 2:
        return tuple(seq)
    if (seq[0], seq[1]) == pair:
        return (seq[0] + seq[1],) + _merge_recursive(seq[2:], pair)
    return (seq[0],) + _merge_recursive(seq[1:], pair)


def _merge_bordered_text(seq, pair):
    """글로 잇되 토큰의 앞뒤 경계를 함께 봐요(Sennrich 외의 공개 코드)."""
    bordered = rf"(?<!\S){re.escape(' '.join(pair))}(?!\S)"
    return tuple(re.sub(bordered, "".join(pair), " ".join(seq)).split(" "))


def _merge_in_place(seq, pair):
    """자기 목록에서 찾은 자리를 하나씩 붙여요."""
    tokens, i = list(seq), 0
    while i < len(tokens) - 1:
        if tokens[i] == pair[0] and tokens[i + 1] == pair[1]:
            tokens[i : i + 2] = [pair[0] + pair[1]]
        i += 1
    return tuple(tokens)


MERGE_PAIR = Exercise(
    name="merge_pair",
    lesson=LESSON,
    title="쌍 붙이기",
    points=15,
    groups={
        "values": "나올 때마다 붙여요",
        "none": "쌍이 여러 번 나오거나 끝에 있어도 맞아요",
        "overlap": "겹치면 왼쪽부터 붙여요",
        "border": "토큰의 경계를 지켜요",
        "last": "남는 마지막 토큰을 잃지 않아요",
    },
    reference=bpe.merge_pair,
    sample_cases=_merge_cases,
    examples=(
        case("values", ("▁", "집", "에", "서", "집", "에"), ("집", "에")),
        case("last", ("아", "아", "아"), ("아", "아")),
    ),
    mistakes=(
        Mistake(
            "merge_pair.first-only",
            "첫 번째만 붙임",
            "처음 만난 쌍만 붙이고 멈췄어요.",
            "끝까지 읽으며 만날 때마다 붙여요.",
            (_merge_first_only,),
            ("values", "overlap"),
        ),
        Mistake(
            "merge_pair.overlapping",
            "붙인 토큰을 또 씀",
            "이미 붙인 토큰을 다음 쌍에 또 썼어요. 글자 수가 늘어났어요.",
            "한 번 붙였으면 두 자리를 건너뛰어야 해요.",
            (_merge_overlapping,),
            ("overlap", "last"),
        ),
        Mistake(
            "merge_pair.second-kept",
            "쌍의 뒤 토큰이 남음",
            "쌍을 붙인 다음 뒤의 토큰을 건너뛰지 않아서 한 번 더 나왔어요. 글자 수가 늘어났어요.",
            "쌍을 붙였을 때와 아닐 때 몇 자리를 나아가야 하는지 봐요.",
            (_merge_not_skipping,),
            ("values", "none", "overlap", "border", "last"),
        ),
        Mistake(
            "merge_pair.text-replace",
            "글로 이어서 바꿈",
            "토큰 전체가 아니라 글의 일부만 보고 붙여서, 다른 토큰의 글자까지 끌려왔어요.",
            "글자가 아니라 토큰이 서로 같은지 견줘요.",
            (_merge_by_text, _merge_by_text_left, _merge_by_text_right),
            ("border",),
        ),
        Mistake(
            "merge_pair.joined-text-compared",
            "이어 붙인 글끼리 견줌",
            "두 토큰을 이은 글이 같으면 붙였어요. 이은 글이 같아도 나뉜 자리가 다르면 다른 쌍이에요.",
            "앞의 토큰끼리, 뒤의 토큰끼리 따로 견주는지 봐요.",
            (_merge_by_joined_text,),
            ("border",),
        ),
        Mistake(
            "merge_pair.last-token-lost",
            "마지막 토큰을 잃음",
            "쌍이 되지 못한 마지막 토큰이 사라졌어요.",
            "두 칸씩 보다가 한 칸만 남았을 때 무엇을 해야 하는지 봐요.",
            (_merge_last_lost,),
            ("last",),
        ),
        Mistake(
            "merge_pair.past-the-end",
            "끝을 넘어 읽음",
            "마지막 토큰에는 다음 자리가 없는데 그 자리까지 읽으려다 예외가 났어요.",
            "토큰이 하나만 남았을 때 견주는 줄이 무엇을 읽는지 봐요.",
            (_merge_past_the_end, _merge_pair_past_the_end),
            ("last",),
        ),
        Mistake(
            "merge_pair.from-the-right",
            "오른쪽부터 붙임",
            "같은 토큰이 이어질 때 오른쪽부터 붙였어요. 약속은 왼쪽부터예요.",
            "(아, 아, 아)에서 어느 둘이 먼저 붙는지 손으로 해 봐요.",
            (_merge_from_the_right,),
            ("overlap", "last"),
        ),
        Mistake(
            "merge_pair.list-returned",
            "튜플이 아니라 목록을 돌려줌",
            "토큰들은 맞는데 목록이에요. 목록은 사전의 이름(key)이 될 수 없어서 다음 실습에서 쓸 수 없어요.",
            "돌려주기 바로 앞에서 형을 바꿔요.",
            (_merge_list,),
            ("values", "none", "overlap", "border", "last"),
        ),
        Mistake(
            "merge_pair.not-joined",
            "두 토큰을 한 글로 잇지 않음",
            "붙인 자리에 글 하나가 아니라 쌍이 그대로 들어 있어요.",
            "두 글을 하나로 이으려면 무엇을 써야 하는지 봐요.",
            (_merge_as_pair,),
            ("values", "none", "overlap", "border", "last"),
        ),
    ),
    correct=(_merge_iterator, _merge_recursive, _merge_bordered_text, _merge_in_place),
)


# -- train_bpe --


def _train_cases(rng):
    a, b, c, d, e, f, g, h = _letters(rng, 8)
    distinct = {a + b + c: 20 + rng.int(0, 3), d + e: 14 + rng.int(0, 3), f + g + h: 5 + rng.int(0, 3)}
    # (a, b)를 붙일 때 한 단어에서는 a가 이미 (▁, c, a)에 들어 있어요. 글로 바꾸면 그 토큰까지 끌려와요.
    border = {c + a: 12, c + a + b: 2, d + a + b: 5, e + a + b: 4}
    low, high = sorted(_letters(rng, 2))
    # 한 단어에 같은 쌍이 두 번, 또 겹쳐서 나와요. 쌍의 앞 글자가 사전에서 뒤라 앞뒤를 잃으면 드러나요.
    repeated = {high + low + high + low: 5, "아아아": 3}
    times = rng.int(1, 60)  # 모두 같은 배수라 순서는 그대로예요.
    words = {"학교": 9, "학생": 7, "학교에": 5, "학교에서": 3, "집에서": 6, "집에": 2}
    shared = {word: times * count for word, count in words.items()}
    return [
        case("values", distinct, 4),
        case("values", border, 8),
        case("values", repeated, 6),
        case("shared", shared, 6),
        # 뒤의 단어가 사전에서 앞서요: 먼저 본 쌍을 고르면 틀려요.
        case("ties", {high: 3, low: 3}, 1),
        case("ties", {high + "가": 4, low + "가": 4}, 2),
        case("early", {a: 3}, 10),
        case("early", {b: 1}, 10),
        case("early", {a + b: 3}, 0),
    ]


def _smallest(counts):
    return min(counts, key=lambda p: (-counts[p], p))


def _train(word_freq, n_merges, *, choose=_smallest, start=lambda w: ("▁", *w), renew=True, merge=bpe.merge_pair):
    words = {start(w): n for w, n in word_freq.items()}
    merges, counts = [], bpe.count_pairs(words)
    for _ in range(n_merges):
        if renew:
            counts = bpe.count_pairs(words)
        if not counts:
            break
        pair = choose(counts)
        if not renew:
            counts.pop(pair)
        words = {merge(w, pair): n for w, n in words.items()}
        merges.append(pair)
    return merges


def _train_one_few(word_freq, n_merges):
    return _train(word_freq, max(n_merges - 1, 0))


def _train_one_many(word_freq, n_merges):
    return _train(word_freq, n_merges + 1)


def _train_first_seen(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: max(counts, key=counts.get))


def _train_last_seen(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: sorted(counts, key=counts.get)[-1])


def _train_larger(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: max(counts, key=lambda p: (counts[p], p)))


def _train_rarest(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: min(counts, key=lambda p: (counts[p], p)))


def _train_no_freq(word_freq, n_merges):
    return _train(dict.fromkeys(word_freq, 1), n_merges)


def _train_no_border(word_freq, n_merges):
    return _train(word_freq, n_merges, start=tuple)


def _train_mark_at_the_end(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: (*w, "▁"))


def _train_sennrich_mark(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: (*w, "</w>"))


def _train_underscore(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: ("_", *w))


def _train_glued(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: ("▁" + w[0], *w[1:]))


def _train_stale(word_freq, n_merges):
    return _train(word_freq, n_merges, renew=False)


def _train_top_pairs(word_freq, n_merges):
    counts = Counter(bpe.count_pairs({("▁", *w): n for w, n in word_freq.items()}))
    return [pair for pair, _ in counts.most_common(n_merges)]


def _train_first_only(word_freq, n_merges):
    return _train(word_freq, n_merges, merge=_merge_first_only)


def _train_not_kept(word_freq, n_merges):
    return _train(word_freq, n_merges, merge=lambda w, pair: w)


def _train_by_text(word_freq, n_merges):
    return _train(word_freq, n_merges, merge=_merge_by_text)


def _merge_by_slice(seq, pair):
    """잘라 낸 둘을 쌍과 견줘요. 토큰들이 튜플이면 맞고, 글이나 목록이면 같은 것이 하나도 없어요."""
    out, i = [], 0
    while i < len(seq):
        if seq[i : i + 2] == pair:
            out.append(seq[i] + seq[i + 1])
            i += 2
        else:
            out.append(seq[i])
            i += 1
    return tuple(out)


def _train_from_text(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: "▁" + w, merge=_merge_by_slice)


def _train_from_lists(word_freq, n_merges):
    words, merges = [(["▁", *w], n) for w, n in word_freq.items()], []
    for _ in range(n_merges):
        counts: Counter[tuple[str, str]] = Counter()
        for tokens, n in words:
            for pair in pairwise(tokens):
                counts[pair] += n
        if not counts:
            break
        merges.append(_smallest(counts))
        words = [(_merge_by_slice(tokens, merges[-1]), n) for tokens, n in words]
    return merges


def _train_not_split(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: ("▁", w))


def _train_one_token(word_freq, n_merges):
    return _train(word_freq, n_merges, start=lambda w: ("▁" + w,))


def _train_until_seen_once(word_freq, n_merges):
    words, merges = {("▁", *w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        counts = bpe.count_pairs(words)
        if not counts or max(counts.values()) < 2:
            break
        merges.append(_smallest(counts))
        words = {bpe.merge_pair(w, merges[-1]): n for w, n in words.items()}
    return merges


def _train_empty_min(word_freq, n_merges):
    words, merges = {("▁", *w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        merges.append(_smallest(bpe.count_pairs(words)))
        words = {bpe.merge_pair(w, merges[-1]): n for w, n in words.items()}
    return merges


def _train_empty_max(word_freq, n_merges):
    words, merges = {("▁", *w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        counts = bpe.count_pairs(words)
        top = max(counts.values())
        merges.append(min(pair for pair, n in counts.items() if n == top))
        words = {bpe.merge_pair(w, merges[-1]): n for w, n in words.items()}
    return merges


def _train_empty_index(word_freq, n_merges):
    words, merges = {("▁", *w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        counts = bpe.count_pairs(words)
        merges.append(sorted(counts, key=lambda p: (-counts[p], p))[0])
        words = {bpe.merge_pair(w, merges[-1]): n for w, n in words.items()}
    return merges


def _train_tokens_returned(word_freq, n_merges):
    return ["".join(pair) for pair in bpe.train_bpe(word_freq, n_merges)]


def _train_sorted(word_freq, n_merges):
    words = [(["▁", *w], n) for w, n in word_freq.items()]
    merges: list[tuple[str, str]] = []
    while len(merges) < n_merges:
        counts: Counter[tuple[str, str]] = Counter()
        for tokens, n in words:
            for i in range(len(tokens) - 1):
                counts[tokens[i], tokens[i + 1]] += n
        if not counts:
            return merges
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0][0]
        words = [(list(bpe.merge_pair(tuple(tokens), best)), n) for tokens, n in words]
        merges.append(best)
    return merges


def _train_two_steps(word_freq, n_merges):
    words, merges = {("▁", *w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        counts = bpe.count_pairs(words)
        if not counts:
            break
        top = max(counts.values())
        merges.append(min(p for p, n in counts.items() if n == top))
        words = {bpe.merge_pair(w, merges[-1]): n for w, n in words.items()}
    return merges


def _train_bordered_text(word_freq, n_merges):
    """단어를 빈칸으로 이은 글로 두고 정규식으로 바꿔요(Sennrich 외의 공개 코드)."""
    words, merges = {" ".join("▁" + w): n for w, n in word_freq.items()}, []
    for _ in range(n_merges):
        counts: Counter[tuple[str, str]] = Counter()
        for w, n in words.items():
            for pair in pairwise(w.split()):
                counts[pair] += n
        if not counts:
            break
        merges.append(_smallest(counts))
        bordered = re.compile(rf"(?<!\S){re.escape(' '.join(merges[-1]))}(?!\S)")
        words = {bordered.sub("".join(merges[-1]), w): n for w, n in words.items()}
    return merges


TRAIN_BPE = Exercise(
    name="train_bpe",
    lesson=LESSON,
    title="BPE 배우기",
    points=22,
    groups={
        "values": "붙일 쌍을 차례대로 배워요",
        "shared": "단어들이 나눠 가진 쌍을 함께 세요",
        "ties": "횟수가 같으면 작은 쌍이 먼저예요",
        "early": "붙일 것이 없거나 0번이면 멈춰요",
    },
    reference=bpe.train_bpe,
    sample_cases=_train_cases,
    examples=(
        case("values", {"학교에": 5, "학교는": 3, "집에": 4}, 2),
        case("values", {"학교에": 5, "학교는": 3, "집에": 4}, 4),
    ),
    mistakes=(
        Mistake(
            "train_bpe.one-too-few",
            "한 번 덜 붙임",
            "돌려준 쌍이 하나 모자라요.",
            "되풀이의 범위가 n_merges번인지 세어 봐요.",
            (_train_one_few,),
            ("values", "shared", "ties"),
        ),
        Mistake(
            "train_bpe.one-too-many",
            "한 번 더 붙임",
            "돌려준 쌍이 하나 많아요.",
            "되풀이의 범위가 n_merges번인지 세어 봐요.",
            (_train_one_many,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.tie-first-seen",
            "먼저 본 쌍을 고름",
            "횟수가 같을 때 먼저 나온 쌍을 골랐어요. 그러면 단어를 넣은 차례에 따라 결과가 달라져요.",
            "횟수가 같은 쌍들을 서로 어떻게 견주기로 했는지 독스트링을 봐요.",
            (_train_first_seen,),
            ("ties",),
        ),
        Mistake(
            "train_bpe.tie-last-seen",
            "나중에 본 쌍을 고름",
            "횟수가 같을 때 나중에 나온 쌍을 골랐어요. 그러면 단어를 넣은 차례에 따라 결과가 달라져요.",
            "`>=`로 견주거나, 횟수로만 정렬하고 맨 끝을 고르지 않았는지 봐요.",
            (_train_last_seen,),
            ("values", "ties"),
        ),
        Mistake(
            "train_bpe.tie-larger",
            "큰 쌍을 고름",
            "횟수가 같을 때 사전에서 뒤에 오는 쌍을 골랐어요.",
            "횟수는 큰 쪽, 쌍은 작은 쪽이에요. 두 방향이 서로 반대예요.",
            (_train_larger,),
            ("values", "ties"),
        ),
        Mistake(
            "train_bpe.rarest-first",
            "드문 쌍부터 붙임",
            "가장 잦은 쌍이 아니라 가장 드문 쌍을 골랐어요.",
            "`key=`에 준 것이 횟수의 큰 쪽을 고르는지 작은 쪽을 고르는지 봐요.",
            (_train_rarest,),
            ("values", "shared"),
        ),
        Mistake(
            "train_bpe.frequency-ignored",
            "단어의 빈도를 쓰지 않음",
            "단어가 몇 번 나왔는지를 세지 않고 단어마다 한 번씩만 셌어요.",
            "사전의 값이 쌍의 횟수까지 이어지는지 봐요.",
            (_train_no_freq,),
            ("values", "shared"),
        ),
        Mistake(
            "train_bpe.border-forgotten",
            "단어의 시작 표시를 빠뜨림",
            "단어가 ▁로 시작하지 않았어요. 그러면 단어의 처음과 가운데를 구별할 수 없어요.",
            "단어를 처음 토큰으로 바꿀 때 무엇이 맨 앞에 와야 하는지 봐요.",
            (_train_no_border,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.marker-at-the-end",
            "표시를 단어의 끝에 붙임",
            "단어의 시작이 아니라 끝에 표시를 붙였어요. 공개된 코드에는 끝에 붙이는 것도 많지만, 여기서는 처음에 붙여요.",
            "단어를 처음 토큰으로 바꿀 때 무엇이 맨 앞에 와야 하는지 봐요.",
            (_train_mark_at_the_end, _train_sennrich_mark),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.marker-glued",
            "표시를 첫 글자에 붙여 둠",
            "▁와 첫 글자가 처음부터 한 토큰이에요. ▁도 따로 떨어진 토큰에서 시작해요.",
            "단어 '집에'가 처음에 토큰 몇 개인지 세어 봐요.",
            (_train_glued,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.not-split",
            "단어를 글자로 나누지 않음",
            "▁만 떼고 단어는 글자로 나누지 않았어요. 그래서 배운 쌍이 ▁와 단어 하나예요.",
            "단어 '집에'가 처음에 토큰 몇 개인지 세어 봐요.",
            (_train_not_split,),
            ("values", "shared", "ties"),
        ),
        Mistake(
            "train_bpe.one-token",
            "단어가 통째로 한 토큰",
            "쌍을 하나도 배우지 못했어요. 단어가 처음부터 한 토큰이면 이웃이 없어요.",
            "단어 '집에'가 처음에 토큰 몇 개인지 세어 봐요. `(글,)`은 토큰이 하나인 튜플이에요.",
            (_train_one_token,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.first-pair-not-merged",
            "첫째 쌍이 붙지 않음",
            "첫째 쌍이 단어에 붙지 않아서, 같은 쌍을 한 번 더 골랐어요.",
            "처음의 단어가 토큰의 튜플인지 봐요. 글이나 목록에서 잘라 낸 둘은 튜플인 쌍과 같지 않아요.",
            (_train_from_text, _train_from_lists),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.underscore",
            "▁ 대신 밑줄을 씀",
            "단어의 시작에 ▁(U+2581)가 아니라 자판의 밑줄 `_`이 왔어요. 눈에는 비슷해도 다른 글자예요.",
            "자판으로는 칠 수 없는 글자예요. 독스트링의 ▁를 복사해서 써요.",
            (_train_underscore,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.merge-not-kept",
            "붙인 단어를 남기지 않음",
            "같은 쌍을 되풀이해서 골랐어요. 고른 쌍을 붙인 결과가 남지 않았거나, 붙인 다음에 다시 세지 않았어요.",
            "되풀이마다 `merge_pair`가 돌려준 튜플을 사전에 담는지, 그 사전으로 다시 세는지 봐요.",
            (_train_not_kept,),
            ("values", "shared", "ties", "early"),
        ),
        Mistake(
            "train_bpe.counts-not-renewed",
            "횟수를 다시 세지 않음",
            "처음에 센 횟수를 끝까지 썼어요. 붙이고 나면 이웃이 달라져요.",
            "되풀이할 때마다 무엇을 다시 해야 하는지 봐요.",
            (_train_stale,),
            ("values", "shared"),
        ),
        Mistake(
            "train_bpe.top-pairs",
            "한 번 세어 위에서부터 고름",
            "처음에 한 번 센 횟수에서 잦은 쌍을 차례로 골랐어요. 하나를 붙이고 나면 이웃이 달라져요.",
            "되풀이할 때마다 무엇을 다시 해야 하는지 봐요.",
            (_train_top_pairs,),
            ("values", "shared", "ties"),
        ),
        Mistake(
            "train_bpe.first-occurrence-only",
            "단어마다 한 곳만 붙임",
            "같은 쌍이 한 단어에 두 번 나오는데 첫 번째만 붙였어요.",
            "쌍 하나를 단어의 끝까지 찾아 붙이는지 봐요.",
            (_train_first_only,),
            ("values",),
        ),
        Mistake(
            "train_bpe.text-replace",
            "글로 이어서 바꿈",
            "토큰을 글로 이어 붙여 바꾸다가 다른 토큰의 끝 글자까지 끌려왔어요.",
            "쌍을 붙일 때 글자가 아니라 토큰이 서로 같은지 견줘요.",
            (_train_by_text,),
            ("values",),
        ),
        Mistake(
            "train_bpe.stops-at-once",
            "한 번 나온 쌍에서 멈춤",
            "횟수가 1인 쌍만 남았을 때 멈췄어요. 여기서는 쌍이 하나라도 있으면 붙여요.",
            "멈추는 조건이 독스트링과 같은지 봐요.",
            (_train_until_seen_once,),
            ("early",),
        ),
        Mistake(
            "train_bpe.no-pair-left",
            "남은 쌍이 없어도 고르려고 함",
            "붙일 쌍이 하나도 없는데 그 가운데서 고르려고 해서 예외가 났어요.",
            "고르기 전에, 센 결과가 비어 있을 때 어떻게 할지 봐요.",
            (_train_empty_min, _train_empty_max, _train_empty_index),
            ("early",),
        ),
        Mistake(
            "train_bpe.tokens-returned",
            "쌍이 아니라 붙인 토큰을 돌려줌",
            "붙인 차례는 맞는데 쌍이 아니라 이어 붙인 글을 모았어요.",
            "목록에 넣는 것이 두 글로 된 튜플인지 봐요.",
            (_train_tokens_returned,),
            ("values", "shared", "ties", "early"),
        ),
    ),
    correct=(_train_sorted, _train_two_steps, _train_bordered_text),
    uses=("count_pairs", "merge_pair"),
)


# -- bpe_encode --

_SCHOOL = [("학", "교"), ("에", "서"), ("학교", "에"), ("▁", "학교에")]


def _encode_cases(rng):
    word = _letters(rng, 12)
    a, b, c, d, *_ = word
    # 세 글자마다 두 쌍이 가운데 글자를 다퉈요. 앞의 두 곳은 왼쪽 쌍을, 뒤의 두 곳은 오른쪽 쌍을 먼저 배웠어요.
    left, right = ([(word[i], word[i + 1]) for i in range(start, 12, 3)] for start in (0, 1))
    return [
        case("values", a + b + c + d, [("▁", a), ("▁" + a, b), ("▁" + a + b, c), ("▁" + a + b + c, d)]),
        case("values", c + a + b, [("▁", c), (a, b)]),
        # 같은 쌍이 두 번 나와요. 쌍마다 한 번만 붙이면 틀려요.
        case("values", a + b + a + b, [(a, b)]),
        case("rank", a + b + c + d, [(a, b), (c, d), (a + b, c), ("▁", a + b + c)]),
        # 왼쪽부터 붙이면 (ab, c)에서 멈춰요. 가장 긴 조각부터 찾아도 여기서는 맞아요.
        case("rank", a + b + c, [(b, c), (a, b + c), (a, b)]),
        case("rank", "".join(word), [*left[:2], *right, *left[2:]]),
        case("unknown", d + a + b, [(a, b)]),
        case("unknown", a + b, []),
    ]


def _encode_left_to_right(word, merges):
    known, tokens, i = set(merges), ["▁", *word], 0
    while i < len(tokens) - 1:
        if (tokens[i], tokens[i + 1]) in known:
            tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
            i = 0
        else:
            i += 1
    return tokens


def _encode_one_sweep(word, merges):
    known, tokens, i = set(merges), ["▁", *word], 0
    while i < len(tokens) - 1:
        if (tokens[i], tokens[i + 1]) in known:
            tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
        else:
            i += 1
    return tokens


def _encode_right_to_left(word, merges):
    tokens = ["▁", *word]
    while found := [i for i, pair in enumerate(pairwise(tokens)) if pair in merges]:
        tokens[found[-1] : found[-1] + 2] = [tokens[found[-1]] + tokens[found[-1] + 1]]
    return tokens


def _encode_stack(word, merges):
    known, tokens = set(merges), []
    for letter in "▁" + word:
        tokens.append(letter)
        while len(tokens) > 1 and (tokens[-2], tokens[-1]) in known:
            tokens[-2:] = [tokens[-2] + tokens[-1]]
    return tokens


def _encode_longest(word, merges):
    pieces, text, out = {x + y for x, y in merges}, "▁" + word, []
    while text:
        length = max(n for n in range(1, len(text) + 1) if n == 1 or text[:n] in pieces)
        out.append(text[:length])
        text = text[length:]
    return out


def _encode_latest_first(word, merges):
    tokens = ("▁", *word)
    while known := [pair for pair in pairwise(tokens) if pair in merges]:
        tokens = bpe.merge_pair(tokens, max(known, key=merges.index))
    return list(tokens)


def _encode_reversed(word, merges):
    return _encode_in_order(word, merges[::-1])


def _encode_first_only(word, merges):
    tokens = ("▁", *word)
    for pair in merges:
        tokens = _merge_first_only(tokens, pair)
    return list(tokens)


def _encode_one_merge(word, merges):
    tokens = ("▁", *word)
    for pair in merges:
        if pair in pairwise(tokens):
            return list(bpe.merge_pair(tokens, pair))
    return list(tokens)


def _encode_by_text(word, merges):
    tokens = ("▁", *word)
    for pair in merges:
        tokens = _merge_by_text(tokens, pair)
    return list(tokens)


def _encode_from(tokens, merges):
    for pair in merges:
        tokens = bpe.merge_pair(tokens, pair)
    return list(tokens)


def _encode_not_split(word, merges):
    return _encode_from(("▁", word), merges)


def _encode_not_split_glued(word, merges):
    return _encode_from(("▁" + word,), merges)


def _encode_by_slice(tokens, merges):
    for pair in merges:
        tokens = _merge_by_slice(tokens, pair)
    return list(tokens)


def _encode_from_text(word, merges):
    return _encode_by_slice("▁" + word, merges)


def _encode_from_list(word, merges):
    return _encode_by_slice(["▁", *word], merges)


def _encode_first_skipped(word, merges):
    return _encode_in_order(word, merges[1:])


def _encode_no_border(word, merges):
    return _encode_from(tuple(word), merges)


def _encode_border_removed(word, merges):
    return [piece for token in bpe.bpe_encode(word, merges) if (piece := token.replace("▁", ""))]


def _encode_mark_at_the_end(word, merges):
    return _encode_from((*word, "▁"), merges)


def _encode_sennrich_mark(word, merges):
    return _encode_from((*word, "</w>"), merges)


def _encode_underscore(word, merges):
    return _encode_from(("_", *word), merges)


def _encode_glued(word, merges):
    return _encode_from(("▁" + word[0], *word[1:]), merges)


def _encode_in_order(word, merges):
    return _encode_from(("▁", *word), merges)


def _encode_lowest_rank(word, merges):
    tokens = ["▁", *word]
    while True:
        found = [(merges.index(p), i) for i, p in enumerate(pairwise(tokens)) if p in merges]
        if not found:
            return tokens
        _, i = min(found)
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]


def _encode_token_ranks(word, merges):
    """쌍이 아니라 이어 붙인 토큰의 차례로 찾아요(tiktoken의 방법). 배워서 얻은 쌍이라면 같은 결과예요."""
    ranks = {left + right: rank for rank, (left, right) in reversed(list(enumerate(merges)))}
    tokens = ["▁", *word]
    while len(tokens) > 1:
        rank, i = min((ranks.get(x + y, len(merges)), i) for i, (x, y) in enumerate(pairwise(tokens)))
        if rank == len(merges):
            break
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return tokens


BPE_ENCODE = Exercise(
    name="bpe_encode",
    lesson=LESSON,
    title="배운 차례대로 자르기",
    points=12,
    groups={
        "values": "배운 쌍을 붙여요",
        "rank": "먼저 배운 쌍을 먼저 붙여요",
        "unknown": "모르는 글자는 그대로 남겨요",
    },
    reference=bpe.bpe_encode,
    sample_cases=_encode_cases,
    examples=(
        case("rank", "집에서", [("집", "에"), ("에", "서")]),
        case("rank", "학교에서", _SCHOOL),
    ),
    mistakes=(
        Mistake(
            "bpe_encode.not-by-rank",
            "배운 차례를 따르지 않음",
            "merges의 차례가 아니라 단어에 놓인 차례로 붙였어요. 그러면 배울 때와 다른 조각으로 잘려요.",
            "여러 쌍을 붙일 수 있을 때 어느 것이 먼저인지는 merges의 차례가 정해요.",
            (_encode_left_to_right, _encode_one_sweep, _encode_stack, _encode_right_to_left),
            ("rank",),
        ),
        Mistake(
            "bpe_encode.longest-match",
            "가장 긴 조각부터 자름",
            "왼쪽에서 가장 긴 조각을 찾아 잘랐어요. 그러면 배울 때와 다른 조각으로 잘려요.",
            "여러 쌍을 붙일 수 있을 때 어느 것이 먼저인지는 merges의 차례가 정해요.",
            (_encode_longest,),
            ("rank",),
        ),
        Mistake(
            "bpe_encode.latest-first",
            "나중에 배운 쌍부터 붙임",
            "붙일 수 있는 쌍이 여럿일 때 나중에 배운 쌍을 먼저 붙였어요.",
            "merges의 앞에 있는 쌍과 뒤에 있는 쌍 가운데 어느 것을 먼저 배웠는지 봐요.",
            (_encode_latest_first,),
            ("rank",),
        ),
        Mistake(
            "bpe_encode.merges-reversed",
            "배운 차례를 뒤에서부터 봄",
            "merges를 뒤에서부터 한 번 훑었어요. 먼저 붙어야 할 쌍이 아직 없어서 뒤의 쌍도 붙지 못해요.",
            "merges를 어느 쪽 끝에서부터 보는지 봐요.",
            (_encode_reversed,),
            ("values", "rank"),
        ),
        Mistake(
            "bpe_encode.first-occurrence-only",
            "쌍마다 한 번만 붙임",
            "같은 쌍이 단어에 두 번 나오는데 첫 번째만 붙였어요.",
            "쌍 하나를 단어의 끝까지 찾는지 봐요.",
            (_encode_first_only,),
            ("values",),
        ),
        Mistake(
            "bpe_encode.one-merge",
            "한 쌍만 붙이고 멈춤",
            "가장 먼저 배운 쌍 하나만 붙이고 끝냈어요. 붙인 다음에 또 붙일 수 있는 쌍이 생겨요.",
            "되풀이 안에서 너무 일찍 `return`이나 `break`를 하지 않는지 봐요.",
            (_encode_one_merge,),
            ("values", "rank"),
        ),
        Mistake(
            "bpe_encode.text-replace",
            "글로 이어서 바꿈",
            "토큰을 글로 이어 붙여 바꾸다가 다른 토큰의 글자까지 끌려왔어요.",
            "쌍을 붙일 때 글자가 아니라 토큰이 서로 같은지 견줘요.",
            (_encode_by_text,),
            ("rank",),
        ),
        Mistake(
            "bpe_encode.border-forgotten",
            "단어의 시작 표시를 빠뜨림",
            "토큰들이 ▁로 시작하지 않아요. 배울 때 있던 표시가 자를 때도 있어야 해요.",
            "배울 때 단어를 처음 어떤 토큰들로 바꿨는지 봐요.",
            (_encode_no_border, _encode_border_removed),
            ("values", "rank", "unknown"),
        ),
        Mistake(
            "bpe_encode.marker-at-the-end",
            "표시를 단어의 끝에 붙임",
            "단어의 시작이 아니라 끝에 표시를 붙였어요. 배울 때와 같은 자리에 있어야 해요.",
            "배울 때 단어를 처음 어떤 토큰들로 바꿨는지 봐요.",
            (_encode_mark_at_the_end, _encode_sennrich_mark),
            ("values", "rank", "unknown"),
        ),
        Mistake(
            "bpe_encode.marker-glued",
            "표시를 첫 글자에 붙여 둠",
            "▁와 첫 글자가 처음부터 한 토큰이에요. ▁도 따로 떨어진 토큰에서 시작해요.",
            "배울 때 단어 '집에'가 처음에 토큰 몇 개였는지 세어 봐요.",
            (_encode_glued,),
            ("values", "rank", "unknown"),
        ),
        Mistake(
            "bpe_encode.not-split",
            "단어를 글자로 나누지 않음",
            "단어가 글자로 나뉘지 않은 채 남았어요. 처음의 토큰은 ▁와 글자 하나하나예요.",
            "처음 토큰들의 튜플을 찍어 보고, 단어 '집에'가 몇 개의 토큰에서 시작하는지 세어 봐요.",
            (_encode_not_split, _encode_not_split_glued),
            ("values", "rank", "unknown"),
        ),
        Mistake(
            "bpe_encode.first-pair-not-merged",
            "첫째 쌍만 붙지 않음",
            "merges의 첫째 쌍이 붙지 않았어요. 둘째 쌍부터는 붙어요.",
            "처음의 토큰들이 튜플인지, 되풀이가 첫째 쌍부터인지 봐요. 글이나 목록에서 잘라 낸 둘은 튜플인 쌍과 같지 않아요.",
            (_encode_from_text, _encode_from_list, _encode_first_skipped),
            ("values", "rank", "unknown"),
        ),
        Mistake(
            "bpe_encode.underscore",
            "▁ 대신 밑줄을 씀",
            "맨 앞에 ▁(U+2581)가 아니라 자판의 밑줄 `_`이 왔어요. 눈에는 비슷해도 다른 글자예요.",
            "자판으로는 칠 수 없는 글자예요. 독스트링의 ▁를 복사해서 써요.",
            (_encode_underscore,),
            ("values", "rank", "unknown"),
        ),
    ),
    correct=(_encode_in_order, _encode_lowest_rank, _encode_token_ranks),
    uses=("merge_pair",),
)


# -- encode_text (보너스) --


def _text_cases(rng):
    a, b, c, d, e, f = _letters(rng, 6)
    merges = [("▁", a), (c, d), ("▁" + a, b)]
    pieces = ["▁", a, b, c, d, "▁" + a, c + d, "<unk>"]
    # 0번은 진짜 조각이에요. `or`로 고르면 0번을 모르는 조각으로 알아요.
    vocab = {token: i for i, token in enumerate(["▁" + a + b, *rng.sample(pieces, len(pieces))])}
    unk = vocab["<unk>"]
    known = f"{a}{b}{c} {c}{d}{a} {a}{b}"
    return [
        case("values", known, merges, vocab, unk),
        case("values", f"{c}{d}{c}{d}", merges, vocab, unk),
        case("values", f"{b}{a} {a}{c}", [], {token: i + 7 for i, token in enumerate(("▁", a, b, c, "<unk>"))}, 11),
        case("unknown", f"{a}{b} {e}{f}{a} {f}", merges, vocab, unk),
        case("unknown", f"{e} {a}{e}{c}{d}", merges, {**vocab, "<unk>": 90}, 90),
        case("spaces", f" {a}{b}  {c}{d}\n{b} ", merges, vocab, unk),
        case("spaces", "", merges, vocab, unk),
    ]


def _text_pieces(text, merges, split=str.split, encode=bpe.bpe_encode):
    return [token for word in split(text) for token in encode(word, merges)]


def _text_dropped(text, merges, vocab, unk_id):
    return [vocab[token] for token in _text_pieces(text, merges) if token in vocab]


def _text_raises(text, merges, vocab, unk_id):
    return [vocab[token] for token in _text_pieces(text, merges)]


def _text_whole_word_unknown(text, merges, vocab, unk_id):
    ids: list[int] = []
    for word in text.split():
        tokens = bpe.bpe_encode(word, merges)
        ids += [vocab[token] for token in tokens] if all(token in vocab for token in tokens) else [unk_id]
    return ids


def _text_fused(text, merges, vocab, unk_id):
    """잇단 모르는 조각을 하나로 합쳐요."""
    ids: list[int] = []
    for word in text.split():
        start = len(ids)
        for token in bpe.bpe_encode(word, merges):
            i = vocab.get(token, unk_id)
            if not (i == unk_id and len(ids) > start and ids[-1] == unk_id):
                ids.append(i)
    return ids


def _text_zero_lost(text, merges, vocab, unk_id):
    return [vocab.get(token) or unk_id for token in _text_pieces(text, merges)]


def _text_unk_0(text, merges, vocab, unk_id):
    return [vocab.get(token, 0) for token in _text_pieces(text, merges)]


def _text_unk_none(text, merges, vocab, unk_id):
    return [vocab.get(token) for token in _text_pieces(text, merges)]


def _text_not_split(text, merges, vocab, unk_id):
    return [vocab.get(token, unk_id) for token in bpe.bpe_encode(text, merges)]


def _text_split_space(text, merges, vocab, unk_id):
    pieces = _text_pieces(text, merges, split=lambda text: text.split(" "))
    return [vocab.get(token, unk_id) for token in pieces]


def _text_nested(text, merges, vocab, unk_id):
    return [[vocab.get(token, unk_id) for token in bpe.bpe_encode(word, merges)] for word in text.split()]


def _text_tokens(text, merges, vocab, unk_id):
    return [token if token in vocab else "<unk>" for token in _text_pieces(text, merges)]


def _text_raw_tokens(text, merges, vocab, unk_id):
    return _text_pieces(text, merges)


def _text_characters(text, merges, vocab, unk_id):
    return [vocab.get(token, unk_id) for token in _text_pieces(text, [])]


def _text_words(text, merges, vocab, unk_id):
    return [vocab.get("▁" + word, unk_id) for word in text.split()]


def _text_bare_words(text, merges, vocab, unk_id):
    return [vocab.get(word, unk_id) for word in text.split()]


def _text_no_border(text, merges, vocab, unk_id):
    return [vocab.get(token, unk_id) for token in _text_pieces(text, merges, encode=_encode_no_border)]


def _text_underscore(text, merges, vocab, unk_id):
    return [vocab.get(token, unk_id) for token in _text_pieces(text, merges, encode=_encode_underscore)]


def _text_loop(text, merges, vocab, unk_id):
    ids: list[int] = []
    for word in text.split():
        for token in bpe.bpe_encode(word, merges):
            if token in vocab:
                ids.append(vocab[token])
            else:
                ids.append(unk_id)
    return ids


def _text_try(text, merges, vocab, unk_id):
    ids: list[int] = []
    for token in _text_pieces(text, merges, encode=_encode_in_order):
        try:
            ids.append(vocab[token])
        except KeyError:
            ids.append(unk_id)
    return ids


def _text_regex(text, merges, vocab, unk_id):
    pieces = _text_pieces(text, merges, split=lambda text: re.findall(r"\S+", text), encode=_encode_lowest_rank)
    return [vocab[token if token in vocab else "<unk>"] for token in pieces]


_TEXT_VOCAB = {"<pad>": 0, "<unk>": 1, "▁": 2, "나": 3, "는": 4, "집": 5, "에": 6, "집에": 7}

ENCODE_TEXT = Exercise(
    name="encode_text",
    lesson=LESSON,
    title="글을 번호로",
    points=0,
    groups={
        "values": "조각마다 제 번호를 찾아요",
        "unknown": "어휘에 없는 조각은 하나마다 unk_id예요",
        "spaces": "빈칸이 몇 개든 단어만 잘라요",
    },
    reference=bpe.encode_text,
    sample_cases=_text_cases,
    examples=(
        case("values", "나는 집에", [("집", "에")], _TEXT_VOCAB, 1),
        case("unknown", "너는 집에", [("집", "에")], _TEXT_VOCAB, 1),
    ),
    mistakes=(
        Mistake(
            "encode_text.unknown-dropped",
            "모르는 조각을 버림",
            "어휘에 없는 조각이 흔적 없이 사라졌어요. 모델은 거기에 무엇이 있었다는 것조차 알 수 없어요.",
            "어휘에 없는 조각의 자리에도 번호가 하나 남는지 봐요.",
            (_text_dropped,),
            ("unknown",),
        ),
        Mistake(
            "encode_text.unknown-raises",
            "모르는 조각에서 멈춤",
            "어휘에 없는 조각의 번호를 찾으려다 예외가 났어요.",
            "사전에 없는 이름을 물었을 때 대신 돌려줄 값을 정하는 메서드를 찾아봐요.",
            (_text_raises,),
            ("unknown",),
        ),
        Mistake(
            "encode_text.whole-word-unknown",
            "단어를 통째로 모른다고 함",
            "한 조각을 모른다고 단어 전체를 번호 하나로 바꿨어요. 아는 조각까지 잃었어요.",
            "단어가 아니라 조각마다 아는지 모르는지 봐요.",
            (_text_whole_word_unknown,),
            ("unknown",),
        ),
        Mistake(
            "encode_text.unknown-fused",
            "잇단 모르는 조각을 합침",
            "모르는 조각이 이어지면 하나로 합쳐서 길이가 줄었어요. 여기서는 조각 하나에 번호 하나예요.",
            "조각의 수와 번호의 수가 같은지 견줘 봐요.",
            (_text_fused,),
            ("unknown",),
        ),
        Mistake(
            "encode_text.zero-lost",
            "0번 조각을 모른다고 함",
            "번호가 0인 조각이 모르는 조각이 됐어요. 파이썬에서 0은 거짓이라 `or`나 `if 번호`가 0을 없는 것으로 다뤄요.",
            "없다는 것과 0번이라는 것을 어떻게 가르는지 봐요.",
            (_text_zero_lost,),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.unk-not-used",
            "unk_id를 쓰지 않음",
            "모르는 조각이 unk_id가 아닌 값이 됐어요.",
            "어휘에 없을 때 돌려주는 값이 인자로 받은 것인지 봐요.",
            (_text_unk_0, _text_unk_none),
            ("unknown",),
        ),
        Mistake(
            "encode_text.not-split",
            "글을 단어로 나누지 않음",
            "글을 통째로 잘라서 빈칸까지 조각이 됐고, 둘째 단어부터는 ▁로 시작하지 않아요.",
            "`bpe_encode`가 받는 것이 글인지 단어 하나인지 봐요.",
            (_text_not_split,),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.split-at-each-space",
            "빈칸 하나마다 나눔",
            "빈칸이 잇달아 오거나 끝에 있으면 빈 단어까지 잘라서 ▁가 더 나왔어요.",
            "인자를 준 `split`과 주지 않은 `split()`을 빈칸이 둘인 글에서 견줘 봐요.",
            (_text_split_space,),
            ("spaces",),
        ),
        Mistake(
            "encode_text.nested",
            "단어마다 목록을 따로 만듦",
            "목록 안에 목록이 들어 있어요. 문장 하나가 번호의 목록 하나여야 해요.",
            "단어의 번호들을 바깥 목록에 하나씩 넣는지, 목록째 넣는지 봐요.",
            (_text_nested,),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.tokens-returned",
            "번호가 아니라 조각을 돌려줌",
            "조각까지는 잘랐는데 번호로 바꾸지 않았어요.",
            "돌려주는 목록에 글이 든 것이 아닌지 봐요.",
            (_text_tokens, _text_raw_tokens),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.characters",
            "글자마다 번호를 찾음",
            "배운 쌍을 붙이지 않고 ▁와 글자마다 번호를 찾았어요.",
            "어휘에서 찾기 전에 단어를 어떤 함수로 자르는지 봐요.",
            (_text_characters,),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.words",
            "단어를 통째로 찾음",
            "단어를 조각으로 자르지 않고 통째로 어휘에서 찾았어요. 이 레슨의 처음에 무너진 단어 사전과 같아요.",
            "어휘에서 찾기 전에 단어를 어떤 함수로 자르는지 봐요.",
            (_text_words, _text_bare_words),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.border-forgotten",
            "단어의 시작 표시를 빠뜨림",
            "조각들이 ▁로 시작하지 않아서 단어의 처음과 가운데가 같은 번호가 됐어요.",
            "앞에서 만든 `bpe_encode`를 그대로 부르는지 봐요.",
            (_text_no_border,),
            ("values", "unknown", "spaces"),
        ),
        Mistake(
            "encode_text.underscore",
            "▁ 대신 밑줄을 씀",
            "단어의 시작에 ▁(U+2581)가 아니라 자판의 밑줄 `_`이 와서 어휘에서 찾지 못했어요.",
            "앞에서 만든 `bpe_encode`를 그대로 부르는지 봐요.",
            (_text_underscore,),
            ("values", "unknown", "spaces"),
        ),
    ),
    correct=(_text_loop, _text_try, _text_regex),
    uses=("merge_pair", "bpe_encode"),
)


# -- bpe_decode (보너스) --


def _cut(text):
    """글자의 가운데를 지나도록 바이트를 둘씩 잘라요."""
    data = text.encode()
    return [data[i : i + 2] for i in range(0, len(data), 2)]


def _decode_cases(rng):
    word = "".join(_letters(rng, 3))
    return [
        case("split", _cut("나는" + word)),
        case("split", [b"\xed", b"\x95\x9c", "글".encode()]),
        # 네 바이트인 글자와 빈 토큰
        case("split", [*_cut(word + "\U0001f642"), b"", "글".encode()]),
        case("spaces", [" 나는".encode(), b"  ", word.encode(), b" "]),
        case("spaces", ["나▁".encode(), b" ", word.encode()]),
        case("invalid", ["가".encode(), b"\xff\xfe", "나".encode()]),
        case("invalid", [word.encode(), "하".encode()[:2]]),
    ]


def _decode_by_token(tokens):
    return "".join(t.decode("utf-8", errors="replace") for t in tokens)


def _decode_by_token_strictly(tokens):
    return "".join(t.decode("utf-8") for t in tokens)


def _decode_strip(tokens):
    return b"".join(tokens).decode("utf-8", errors="replace").strip()


def _decode_no_spaces(tokens):
    return b"".join(tokens).decode("utf-8", errors="replace").replace(" ", "")


def _decode_one_space(tokens):
    return re.sub(" +", " ", b"".join(tokens).decode("utf-8", errors="replace"))


def _decode_marker(tokens):
    return b"".join(tokens).decode("utf-8", errors="replace").replace("▁", " ")


def _decode_spaces_added(tokens):
    return b" ".join(tokens).decode("utf-8", errors="replace")


def _decode_spaces_between(tokens):
    return " ".join(t.decode("utf-8", errors="replace") for t in tokens)


def _decode_strict(tokens):
    return b"".join(tokens).decode("utf-8")


def _decode_ignore(tokens):
    return b"".join(tokens).decode("utf-8", errors="ignore")


def _decode_latin(tokens):
    return b"".join(tokens).decode("latin-1")


def _decode_cp949(tokens):
    return b"".join(tokens).decode("cp949", errors="replace")


def _decode_characters(tokens):
    return "".join(chr(byte) for token in tokens for byte in token)


def _decode_str(tokens):
    return str(b"".join(tokens))


def _decode_bytes(tokens):
    return b"".join(tokens)


def _decode_bytearray(tokens):
    data = bytearray()
    for t in tokens:
        data.extend(t)
    return str(data, "utf-8", "replace")


def _decode_incremental(tokens):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return "".join(decoder.decode(t) for t in tokens) + decoder.decode(b"", final=True)


def _decode_sum(tokens):
    return bytes(byte for token in tokens for byte in token).decode(errors="replace")


BPE_DECODE = Exercise(
    name="bpe_decode",
    lesson=LESSON,
    title="바이트 토큰을 글로",
    points=0,
    groups={
        "split": "글자가 여러 토큰에 걸쳐도 맞아요",
        "spaces": "빈칸을 지켜요",
        "invalid": "틀린 바이트는 U+FFFD가 돼요",
    },
    reference=bpe.bpe_decode,
    sample_cases=_decode_cases,
    examples=(case("split", [b"\xed\x95", b"\x9c"]),),
    mistakes=(
        Mistake(
            "bpe_decode.token-by-token",
            "토큰마다 따로 바꿈",
            "토큰을 하나씩 글자로 바꿔서, 두 토큰에 걸친 글자가 깨졌어요.",
            "한글 한 글자는 세 바이트예요. 바꾸기와 잇기 가운데 무엇이 먼저인지 봐요.",
            (_decode_by_token,),
            ("split",),
        ),
        Mistake(
            "bpe_decode.token-by-token-strict",
            "토큰마다 바꾸다가 멈춤",
            "글자의 일부뿐인 바이트를 따로 바꾸려다 예외가 났어요.",
            "한글 한 글자는 세 바이트예요. 바꾸기와 잇기 가운데 무엇이 먼저인지 봐요.",
            (_decode_by_token_strictly,),
            ("split", "invalid"),
        ),
        Mistake(
            "bpe_decode.spaces-lost",
            "빈칸을 잃음",
            "빈칸이 사라졌어요. 바이트 토큰에는 빈칸도 들어 있어요.",
            "글의 앞뒤를 다듬거나 빈칸을 지우는 곳이 없는지 봐요.",
            (_decode_strip, _decode_no_spaces, _decode_one_space),
            ("spaces",),
        ),
        Mistake(
            "bpe_decode.marker-replaced",
            "▁를 빈칸으로 바꿈",
            "글에 있던 ▁가 빈칸이 됐어요. 바이트 토큰에는 빈칸이 빈칸 그대로 들어 있어서 바꿀 것이 없어요.",
            "앞 실습의 ▁ 표시와 바이트 토큰이 어떻게 다른지 봐요.",
            (_decode_marker,),
            ("spaces",),
        ),
        Mistake(
            "bpe_decode.spaces-added",
            "토큰 사이에 빈칸을 넣음",
            "토큰을 이을 때 사이에 빈칸이 들어갔어요. 빈칸은 토큰 안에 이미 들어 있어요.",
            "`join` 앞에 무엇을 적었는지 봐요.",
            (_decode_spaces_added, _decode_spaces_between),
            ("split", "spaces", "invalid"),
        ),
        Mistake(
            "bpe_decode.invalid-bytes",
            "틀린 바이트에서 멈춤",
            "글자가 될 수 없는 바이트에서 예외가 났어요.",
            "`bytes.decode`가 틀린 바이트를 어떻게 다룰지 정하는 인자를 찾아봐요.",
            (_decode_strict,),
            ("invalid",),
        ),
        Mistake(
            "bpe_decode.invalid-bytes-dropped",
            "틀린 바이트를 버림",
            "글자가 될 수 없는 바이트가 흔적 없이 사라졌어요. 있었다는 표시를 남겨야 해요.",
            "`bytes.decode`의 `errors`에 줄 수 있는 값들을 견줘 봐요.",
            (_decode_ignore,),
            ("invalid",),
        ),
        Mistake(
            "bpe_decode.wrong-codec",
            "UTF-8이 아닌 방법으로 바꿈",
            "바이트를 UTF-8이 아닌 방법으로 읽어서 다른 글자가 됐어요.",
            "한글 한 글자를 `encode()`하면 몇 바이트인지, 같은 방법으로 되돌리는지 봐요.",
            (_decode_latin, _decode_cp949, _decode_characters),
            ("split", "spaces", "invalid"),
        ),
        Mistake(
            "bpe_decode.not-decoded",
            "바이트를 글자로 바꾸지 않음",
            "바이트를 잇기만 하고 글자로 바꾸지 않았어요. `str(바이트)`는 `b'...'`라고 적힌 글일 뿐이에요.",
            "`bytes`에서 `str`로 가는 메서드를 찾아봐요.",
            (_decode_str, _decode_bytes),
            ("split", "spaces", "invalid"),
        ),
    ),
    correct=(_decode_bytearray, _decode_incremental, _decode_sum),
)


# -- make_batch --


def _sentence(rng, n):
    return rng.ids(n, low=5, high=40).tolist()


def _batch_cases(rng):
    # 보기(1, 2, 0)와 겹치지 않는 번호라서, 숫자로 적어 둔 표시는 늘 드러나요.
    bos, eos, pad = rng.sample([41, 42, 43, 44, 45], 3)
    pairs = [
        (_sentence(rng, 3), _sentence(rng, 5)),
        ([*_sentence(rng, 5), 0], _sentence(rng, 2)),  # 0번도 진짜 토큰일 수 있어요.
        (_sentence(rng, 1), [0, *_sentence(rng, 3)]),
    ]
    long = [
        (_sentence(rng, 9), _sentence(rng, 3)),
        (_sentence(rng, 4), _sentence(rng, 8)),
        (_sentence(rng, 2), _sentence(rng, 1)),
    ]
    return [
        case("values", pairs, bos, eos, pad, 12),
        case("values", pairs[:2], bos, eos, pad, 7),
        case("cut", long, bos, eos, pad, 5),
        case("cut", [(_sentence(rng, 6), _sentence(rng, 6))], bos, eos, pad, 6),
    ]


def _rows(rows, pad, left=False):
    width = max(map(len, rows))
    return torch.tensor([[pad] * (width - len(r)) + r if left else r + [pad] * (width - len(r)) for r in rows])


def _shortened(pairs, room):
    return [(s[:room], t[:room]) for s, t in pairs]


def _marked(cut, bos, eos, pad, left=False):
    return (
        _rows([[*s, eos] for s, _ in cut], pad, left),
        _rows([[bos, *t] for _, t in cut], pad, left),
        _rows([[*t, eos] for _, t in cut], pad, left),
    )


def _batch_eos_cut(pairs, bos, eos, pad, max_len):
    return (
        _rows([(s + [eos])[:max_len] for s, _ in pairs], pad),
        _rows([([bos] + t)[:max_len] for _, t in pairs], pad),
        _rows([(t + [eos])[:max_len] for _, t in pairs], pad),
    )


def _batch_not_cut(pairs, bos, eos, pad, max_len):
    return _marked(pairs, bos, eos, pad)


def _batch_long_dropped(pairs, bos, eos, pad, max_len):
    return _marked([(s, t) for s, t in pairs if max(len(s), len(t)) < max_len], bos, eos, pad)


def _batch_one_too_long(pairs, bos, eos, pad, max_len):
    return _marked(_shortened(pairs, max_len), bos, eos, pad)


def _batch_cut_short(pairs, bos, eos, pad, max_len):
    return _marked(_shortened(pairs, max_len - 2), bos, eos, pad)


def _batch_cut_left(pairs, bos, eos, pad, max_len):
    return _marked([(s[-(max_len - 1) :], t[-(max_len - 1) :]) for s, t in pairs], bos, eos, pad)


def _batch_no_bos(pairs, bos, eos, pad, max_len):
    cut = _shortened(pairs, max_len - 1)
    src, _, tgt_out = _marked(cut, bos, eos, pad)
    return src, _rows([list(t) for _, t in cut], pad), tgt_out


def _batch_not_shifted(pairs, bos, eos, pad, max_len):
    src, _, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return src, tgt_out, tgt_out


def _batch_src_with_bos(pairs, bos, eos, pad, max_len):
    _, tgt_in, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return _rows([[bos, *s[: max_len - 2], eos] for s, _ in pairs], pad), tgt_in, tgt_out


def _batch_src_without_eos(pairs, bos, eos, pad, max_len):
    _, tgt_in, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return _rows([s[:max_len] for s, _ in pairs], pad), tgt_in, tgt_out


def _batch_src_only_words(pairs, bos, eos, pad, max_len):
    _, tgt_in, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return _rows([s[: max_len - 1] for s, _ in pairs], pad), tgt_in, tgt_out


def _batch_sliced(pairs, bos, eos, pad, max_len):
    """채운 다음에 마지막 열과 첫 열을 잘라요. 짧은 행의 EOS는 마지막 열에 있지 않아요."""
    cut = _shortened(pairs, max_len - 1)
    tgt = _rows([[bos, *t, eos] for _, t in cut], pad)
    return _rows([[*s, eos] for s, _ in cut], pad), tgt[:, :-1], tgt[:, 1:]


def _batch_tgt_in_with_eos(pairs, bos, eos, pad, max_len):
    cut = _shortened(pairs, max_len - 1)
    src, _, tgt_out = _marked(cut, bos, eos, pad)
    return src, _rows([[bos, *t, eos] for _, t in cut], pad), tgt_out


def _batch_tgt_in_with_eos_cut(pairs, bos, eos, pad, max_len):
    """시작과 끝 표시를 다 붙이고 max_len까지 잘라요."""
    src, _, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return src, _rows([[bos, *t, eos][:max_len] for _, t in pairs], pad), tgt_out


def _batch_tgt_in_with_eos_kept(pairs, bos, eos, pad, max_len):
    """시작과 끝 표시가 다 들어갈 자리를 남기고 잘라요."""
    src, _, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return src, _rows([[bos, *t[: max_len - 2], eos] for _, t in pairs], pad), tgt_out


def _batch_tgt_in_with_eos_both_shorter(pairs, bos, eos, pad, max_len):
    """시작과 끝 표시가 다 들어갈 자리를 남기고, 번역문을 한 번 잘라 둘에 함께 써요."""
    cut = [(s[: max_len - 1], t[: max_len - 2]) for s, t in pairs]
    src, _, tgt_out = _marked(cut, bos, eos, pad)
    return src, _rows([[bos, *t, eos] for _, t in cut], pad), tgt_out


def _filled(rows, pad):
    return _rows(rows, pad).tolist()


def _batch_eos_after_pad(pairs, bos, eos, pad, max_len):
    cut = _shortened(pairs, max_len - 1)
    src, tgt = _filled([s for s, _ in cut], pad), _filled([t for _, t in cut], pad)
    return (
        torch.tensor([[*s, eos] for s in src]),
        torch.tensor([[bos, *t] for t in tgt]),
        torch.tensor([[*t, eos] for t in tgt]),
    )


def _batch_eos_after_pad_then_cut(pairs, bos, eos, pad, max_len):
    """먼저 채우고, 채운 행을 자른 다음 표시를 붙여요."""
    src, tgt = _filled([s for s, _ in pairs], pad), _filled([t for _, t in pairs], pad)
    n = max_len - 1
    return (
        torch.tensor([[*s[:n], eos] for s in src]),
        torch.tensor([[bos, *t[:n]] for t in tgt]),
        torch.tensor([[*t[:n], eos] for t in tgt]),
    )


def _batch_in_and_out_exchanged(pairs, bos, eos, pad, max_len):
    src, tgt_in, tgt_out = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return src, tgt_out, tgt_in


def _batch_left(pairs, bos, eos, pad, max_len):
    return _marked(_shortened(pairs, max_len - 1), bos, eos, pad, left=True)


def _batch_zero_pad(pairs, bos, eos, pad, max_len):
    return _marked(_shortened(pairs, max_len - 1), bos, eos, 0)


def _batch_one_width(pairs, bos, eos, pad, max_len):
    parts = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    width = max(part.shape[1] for part in parts)
    return tuple(F.pad(part, (0, width - part.shape[1]), value=pad) for part in parts)


def _batch_width_before_cut(pairs, bos, eos, pad, max_len, common=False):
    parts = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    s, t = (max(len(pair[side]) for pair in pairs) + 1 for side in (0, 1))
    widths = (max(s, t),) * 3 if common else (s, t, t)
    return tuple(F.pad(part, (0, w - part.shape[1]), value=pad) for part, w in zip(parts, widths, strict=True))


def _batch_src_with_bos_sliced(pairs, bos, eos, pad, max_len):
    cut = _shortened(pairs, max_len - 2)
    tgt = _rows([[bos, *t, eos] for _, t in cut], pad)
    return _rows([[bos, *s, eos] for s, _ in cut], pad), tgt[:, :-1], tgt[:, 1:]


def _batch_full_width(pairs, bos, eos, pad, max_len):
    parts = _marked(_shortened(pairs, max_len - 1), bos, eos, pad)
    return tuple(F.pad(part, (0, max_len - part.shape[1]), value=pad) for part in parts)


def _batch_appended(pairs, bos, eos, pad, max_len):
    """자르지 않아도 되는 문장에는 받은 목록에 바로 EOS를 붙여요."""
    src, tgt_in, tgt_out = [], [], []
    for s, t in pairs:
        if len(s) > max_len - 1:
            s = s[: max_len - 1]
        if len(t) > max_len - 1:
            t = t[: max_len - 1]
        tgt_in.append([bos, *t])
        s.append(eos)
        t.append(eos)
        src.append(s)
        tgt_out.append(t)
    return _rows(src, pad), _rows(tgt_in, pad), _rows(tgt_out, pad)


def _batch_float(pairs, bos, eos, pad, max_len):
    return tuple(part.float() for part in bpe.make_batch(pairs, bos, eos, pad, max_len))


def _batch_pad_sequence(pairs, bos, eos, pad, max_len):
    n = max_len - 1

    def stack(rows):
        return torch.nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=pad)

    return (
        stack([s[:n] + [eos] for s, _ in pairs]),
        stack([[bos] + t[:n] for _, t in pairs]),
        stack([t[:n] + [eos] for _, t in pairs]),
    )


def _batch_full(pairs, bos, eos, pad, max_len):
    n = max_len - 1
    S, T = (max(min(len(p[k]), n) for p in pairs) + 1 for k in (0, 1))
    src, tgt_in, tgt_out = (torch.full((len(pairs), w), pad) for w in (S, T, T))
    for row, (s, t) in enumerate(pairs):
        s, t = torch.tensor(s[:n]), torch.tensor(t[:n])
        src[row, : len(s)], src[row, len(s)] = s, eos
        tgt_in[row, 0], tgt_in[row, 1 : len(t) + 1] = bos, t
        tgt_out[row, : len(t)], tgt_out[row, len(t)] = t, eos
    return src, tgt_in, tgt_out


def _batch_last_replaced(pairs, bos, eos, pad, max_len):
    """표시까지 붙이고 자른 다음, 맨 끝을 EOS로 바꿔요."""

    def close(row):
        row = (row + [eos])[:max_len]
        row[-1] = eos
        return row

    src, tgt_out = [close(s) for s, _ in pairs], [close(t) for _, t in pairs]
    tgt_in = [([bos] + t)[:max_len] for _, t in pairs]
    return tuple(torch.tensor(list(zip_longest(*rows, fillvalue=pad))).T for rows in (src, tgt_in, tgt_out))


MAKE_BATCH = Exercise(
    name="make_batch",
    lesson=LESSON,
    title="배치 만들기",
    points=16,
    groups={"values": "길이가 다른 문장들을 한 배치로 만들어요", "cut": "긴 문장을 잘라도 EOS가 남아요"},
    reference=bpe.make_batch,
    sample_cases=_batch_cases,
    examples=(
        case("values", [([5], [7, 8])], 1, 2, 0, 9),
        case("values", [([4, 6, 3], [7, 8]), ([9], [5, 6, 9])], 1, 2, 0, 9),
    ),
    mistakes=(
        Mistake(
            "make_batch.eos-cut-off",
            "EOS까지 잘림",
            "긴 문장을 자를 때 끝 표시까지 잘렸어요. 그러면 모델이 끝내는 법을 배우지 못해요.",
            "EOS를 붙이는 일과 자르는 일의 차례를 봐요.",
            (_batch_eos_cut,),
            ("cut",),
        ),
        Mistake(
            "make_batch.not-cut",
            "긴 문장을 자르지 않음",
            "max_len보다 긴 문장이 그대로 남았어요.",
            "max_len을 어디에 썼는지 봐요.",
            (_batch_not_cut,),
            ("cut",),
        ),
        Mistake(
            "make_batch.long-dropped",
            "긴 문장의 쌍을 버림",
            "max_len보다 긴 문장이 든 쌍을 통째로 빼서 배치의 행이 모자라요.",
            "들어온 쌍의 수와 결과의 행의 수를 견줘 봐요.",
            (_batch_long_dropped,),
            ("cut",),
        ),
        Mistake(
            "make_batch.one-too-long",
            "표시의 자리를 남기지 않음",
            "표시를 붙인 행이 max_len보다 하나 길어졌어요.",
            "max_len에는 표시 하나도 들어가요. 문장에는 몇 자리가 남는지 세어 봐요.",
            (_batch_one_too_long,),
            ("cut",),
        ),
        Mistake(
            "make_batch.cut-too-short",
            "하나 더 잘라 냄",
            "max_len에 딱 맞는 문장의 마지막 토큰까지 잘렸어요. 한 행에 붙는 표시는 하나뿐이에요.",
            "src, tgt_in, tgt_out의 한 행에 표시가 몇 개씩 붙는지 세어 봐요.",
            (_batch_cut_short,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.cut-from-the-left",
            "왼쪽을 자름",
            "긴 문장의 앞을 자르고 뒤를 남겼어요. 약속은 오른쪽을 자르는 거예요.",
            "목록을 자르는 범위가 앞에서부터인지 뒤에서부터인지 봐요.",
            (_batch_cut_left,),
            ("cut",),
        ),
        Mistake(
            "make_batch.bos-missing",
            "BOS를 붙이지 않음",
            "디코더에 넣을 문장이 시작 표시로 시작하지 않아요.",
            "tgt_in의 첫 토큰이 무엇이어야 하는지 봐요.",
            (_batch_no_bos, _batch_not_shifted),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.src-with-bos",
            "원문에도 BOS를 붙임",
            "src가 시작 표시로 시작해요. 원문에는 끝 표시만 붙여요.",
            "src, tgt_in, tgt_out에 어느 표시가 붙는지 차례로 봐요.",
            (_batch_src_with_bos,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.src-without-eos",
            "원문에 EOS를 붙이지 않음",
            "src의 문장 끝에 끝 표시가 없어요.",
            "src, tgt_in, tgt_out에 어느 표시가 붙는지 차례로 봐요.",
            (_batch_src_without_eos, _batch_src_only_words),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.eos-in-tgt-in",
            "짧은 문장의 tgt_in에 EOS가 남음",
            "번역문의 앞뒤에 표시를 다 붙여 채운 다음 마지막 열을 잘랐어요. 짧은 문장의 EOS는 마지막 열에 있지 않아서 tgt_in에 남았어요.",
            "채우기 전에, 행마다 tgt_in과 tgt_out을 따로 만들어 봐요.",
            (_batch_sliced,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.tgt-in-with-eos",
            "tgt_in에도 EOS를 붙임",
            "tgt_in에 시작 표시와 끝 표시를 다 붙였어요. 자르지 않은 문장에서는 tgt_out보다 한 칸 길어져요.",
            "디코더가 EOS를 받은 다음에 더 맞힐 것이 있는지 생각해 봐요.",
            (
                _batch_tgt_in_with_eos,
                _batch_tgt_in_with_eos_cut,
                _batch_tgt_in_with_eos_kept,
                _batch_tgt_in_with_eos_both_shorter,
            ),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.eos-after-padding",
            "PAD 다음에 EOS를 붙임",
            "짧은 문장을 먼저 채우고 나서 끝 표시를 붙였어요. 그래서 EOS가 문장의 끝이 아니라 PAD의 뒤에 있어요.",
            "채우는 일과 표시를 붙이는 일의 차례를 봐요.",
            (_batch_eos_after_pad, _batch_eos_after_pad_then_cut),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.in-and-out-exchanged",
            "tgt_in과 tgt_out을 바꿔 돌려줌",
            "둘째와 셋째가 서로 바뀌었어요. 디코더가 받는 것이 먼저예요.",
            "돌려주는 튜플의 차례를 독스트링과 견줘 봐요.",
            (_batch_in_and_out_exchanged,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.left-padding",
            "왼쪽을 채움",
            "패딩이 문장 앞에 채워졌어요. 그러면 짧은 문장의 단어들이 뒤로 밀려요.",
            "PAD를 문장의 어느 쪽에 붙였는지 봐요.",
            (_batch_left,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.padded-with-zero",
            "pad 대신 0으로 채움",
            "빈자리에 인자로 받은 pad가 아니라 0이 들어갔어요.",
            "채우는 값을 따로 정하지 않으면 0이 되는 함수를 쓰지 않았는지 봐요.",
            (_batch_zero_pad,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.one-width",
            "원문과 번역문을 같은 폭으로 채움",
            "src와 tgt의 폭을 하나로 맞췄어요. S와 T는 저마다 가장 긴 행을 따라가요.",
            "폭을 구할 때 어느 행들의 길이를 함께 봤는지 봐요.",
            (_batch_one_width,),
            ("values",),
        ),
        Mistake(
            "make_batch.width-before-cutting",
            "자르기 전의 길이로 채움",
            "긴 문장을 자르기 전의 길이로 폭을 정해서, 자른 다음에도 배치가 그만큼 넓어요.",
            "폭을 구하는 줄과 자르는 줄의 차례를 봐요.",
            (_batch_width_before_cut,),
            ("cut",),
        ),
        Mistake(
            "make_batch.padded-to-max-len",
            "언제나 max_len까지 채움",
            "가장 긴 문장보다 넓게 채웠어요. 패딩을 계산하느라 시간이 낭비돼요.",
            "배치의 폭은 그 배치에서 가장 긴 행을 따라가요.",
            (_batch_full_width,),
            ("values",),
        ),
        Mistake(
            "make_batch.input-changed",
            "받은 목록에 바로 덧붙임",
            "결과는 맞지만 받은 문장의 목록에 바로 덧붙여서, 부른 쪽의 문장까지 길어졌어요. 다시 부르면 EOS가 둘이 돼요.",
            "`append`나 `+=`를 받은 목록에 쓰지 않았는지 봐요. 새 목록을 만들어요.",
            (_batch_appended,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.not-integers",
            "번호가 실수가 됨",
            "값은 맞지만 번호가 실수예요. 실수로는 표에서 행을 꺼낼 수 없어요.",
            "텐서를 만드는 함수가 어떤 dtype으로 만드는지 봐요.",
            (_batch_float,),
            ("values", "cut"),
        ),
    ),
    both=(
        Both(
            ("make_batch.one-width", "make_batch.width-before-cutting"),
            (partial(_batch_width_before_cut, common=True),),
            ("values", "cut"),
        ),
        Both(
            ("make_batch.src-with-bos", "make_batch.eos-in-tgt-in"),
            (_batch_src_with_bos_sliced,),
            ("values", "cut"),
        ),
    ),
    correct=(_batch_pad_sequence, _batch_full, _batch_last_replaced),
)


# -- embed, tied_logits --


def _embed_cases(rng):
    # 표의 모든 행이 적어도 한 번 쓰여요. 한 행이라도 얼리거나 0으로 두면 늘 드러나요.
    ids = torch.cat([rng.perm(7), rng.ids(3, low=0, high=6)]).reshape(2, 5)
    E = rng.normal(7, 6)
    return [
        case("values", ids, E),
        case("values", rng.ids(3, 4, low=0, high=10), rng.normal(11, 10, dtype=torch.float64)),
        case("values", rng.ids(1, 4, low=0, high=6), E),
        Case("gradient", (Call((ids, E), grad_of=(1,), cotangent=rng.normal(2, 5, 6)),)),
    ]


def _embed_no_scale(ids, E):
    return E[ids]


def _embed_divided(ids, E):
    return E[ids] / math.sqrt(E.shape[1])


def _embed_times_d(ids, E):
    return E[ids] * E.shape[1]


def _embed_integer_root(ids, E):
    return E[ids] * math.isqrt(E.shape[1])


def _embed_vocab(ids, E):
    return E[ids] * math.sqrt(E.shape[0])


def _embed_zero_row(ids, E):
    return E[ids] * math.sqrt(E.shape[1]) * (ids != 0)[..., None]


def _embed_detached(ids, E):
    return E.detach()[ids] * math.sqrt(E.shape[1])


def _embed_from_pretrained(ids, E):
    return torch.nn.Embedding.from_pretrained(E)(ids) * math.sqrt(E.shape[1])


def _embed_new_parameter(ids, E):
    return torch.nn.Embedding.from_pretrained(E, freeze=False)(ids) * math.sqrt(E.shape[1])


def _embed_frozen_zero(ids, E):
    return F.embedding(ids, E, padding_idx=0) * math.sqrt(E.shape[1])


def _embed_frozen_one(ids, E):
    return F.embedding(ids, E, padding_idx=1) * math.sqrt(E.shape[1])


def _embed_frozen_last(ids, E):
    return F.embedding(ids, E, padding_idx=-1) * math.sqrt(E.shape[1])


def _embed_functional(ids, E):
    return F.embedding(ids, E) * E.shape[-1] ** 0.5


def _embed_one_hot(ids, E):
    return F.one_hot(ids, E.shape[0]).to(E.dtype) @ E * math.sqrt(E.shape[1])


def _embed_index_select(ids, E):
    return E.index_select(0, ids.flatten()).reshape(*ids.shape, -1).mul(math.sqrt(E.shape[1]))


def _embed_own_copy(ids, E):
    out = E[ids]
    out *= torch.tensor(E.shape[1]).sqrt()
    return out


def _embed_loop(ids, E):
    return torch.stack([torch.stack([E[int(i)] for i in row]) for row in ids]) * E.shape[1] ** 0.5


def _embed_module(ids, E):
    table = torch.nn.Embedding(*E.shape)
    return torch.func.functional_call(table, {"weight": E}, (ids,)) * math.sqrt(table.embedding_dim)


EMBED = Exercise(
    name="embed",
    lesson=LESSON,
    title="임베딩",
    points=10,
    groups={"values": "값이 맞아요", "gradient": "표의 기울기가 맞아요"},
    reference=embedding.embed,
    sample_cases=_embed_cases,
    examples=(
        case(
            "values",
            torch.tensor([[2, 0]]),  # 길이가 1이면 √1을 곱한 것이 곱하지 않은 것과 같아져요.
            torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 1.0], [0.5, -1.0, 0.0, 1.5]]),
        ),
    ),
    mistakes=(
        Mistake(
            "embed.no-scale",
            "√d_model을 곱하지 않음",
            "표에서 꺼내기만 했어요. 위치 인코딩을 더하면 뜻이 묻혀요.",
            "논문 §3.4가 임베딩 층에서 하라고 한 일이 몇 가지인지 세어 봐요.",
            (_embed_no_scale,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.divided",
            "나눔",
            "키워야 할 벡터가 오히려 작아졌어요.",
            "어텐션 점수와 헷갈린 것은 아닌지 봐요.",
            (_embed_divided,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.times-d",
            "제곱근을 잊음",
            "d_model을 그대로 곱해서 너무 커졌어요.",
            "식에 제곱근 기호가 있는지 봐요.",
            (_embed_times_d,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.integer-root",
            "제곱근을 정수로 자름",
            "제곱근의 소수점 아래를 버려서 조금 작게 곱했어요.",
            "`int(...)`나 `math.isqrt`, `//`가 끼어 있지 않은지 봐요.",
            (_embed_integer_root,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.vocabulary-size",
            "어휘 크기를 씀",
            "차원이 아니라 어휘의 크기로 키웠어요.",
            "E의 두 축 가운데 어느 쪽이 d_model인지 봐요.",
            (_embed_vocab,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.row-zeroed",
            "0번 토큰의 벡터를 0으로 둠",
            "0번 토큰의 벡터가 모두 0이 됐어요. 이 함수는 어느 번호가 PAD인지 몰라요. 패딩은 마스크가 가려요.",
            "번호 0을 따로 다루는 곳이 있는지 봐요.",
            (_embed_zero_row,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.detached",
            "기울기가 끊김",
            "값은 맞지만 표가 배우지 못해요. 계산 그래프가 끊겼어요.",
            "`.detach()`, `.data`, `torch.tensor(...)`, 새로 만든 `nn.Embedding`이 끼어 있지 않은지 봐요.",
            (_embed_detached, _embed_from_pretrained, _embed_new_parameter),
            ("gradient",),
        ),
        Mistake(
            "embed.row-frozen",
            "표의 한 행이 배우지 못함",
            "값은 맞지만 표의 한 행에는 기울기가 0이에요. 이 함수는 어느 번호가 PAD인지 모르니 모든 행이 배워야 해요.",
            "`padding_idx`처럼 한 번호를 따로 다루는 것을 썼는지 봐요.",
            (_embed_frozen_zero, _embed_frozen_one, _embed_frozen_last),
            ("gradient",),
        ),
    ),
    correct=(
        _embed_functional,
        _embed_one_hot,
        _embed_index_select,
        _embed_own_copy,
        _embed_loop,
        _embed_module,
    ),
)


def _logits_cases(rng):
    h, E = rng.normal(2, 3, 6), rng.normal(9, 6)
    return [
        case("values", h, E),
        case("values", rng.normal(3, 2, 5, dtype=torch.float64), rng.normal(7, 5, dtype=torch.float64)),
        case("values", rng.normal(1, 4, 6), E),
        Case("gradient", (Call((h, E), grad_of=(0, 1), cotangent=rng.normal(2, 3, 9)),)),
    ]


def _logits_softmax(h, E):
    return torch.softmax(h @ E.T, -1)


def _logits_log_softmax(h, E):
    return torch.log_softmax(h @ E.T, -1)


def _logits_scaled(h, E):
    return h @ E.T * math.sqrt(E.shape[1])


def _logits_divided(h, E):
    return h @ E.T / math.sqrt(E.shape[1])


def _logits_bias(h, E):
    return h @ E.T + E.mean(1)


def _logits_bias_ones(h, E):
    return h @ E.T + 1


def _logits_detached(h, E):
    return h @ E.detach().T


def _logits_new_parameter(h, E):
    out = torch.nn.Linear(E.shape[1], E.shape[0], bias=False)
    out.weight = torch.nn.Parameter(E)
    return out(h)


def _logits_no_grad(h, E):
    with torch.no_grad():
        return h @ E.T


def _logits_linear(h, E):
    return F.linear(h, E)


def _logits_einsum(h, E):
    return torch.einsum("btd,vd->btv", h, E)


def _logits_sum(h, E):
    return (h[:, :, None, :] * E).sum(-1)


def _logits_loop(h, E):
    return torch.stack([h @ row for row in E], dim=-1)


TIED_LOGITS = Exercise(
    name="tied_logits",
    lesson=LESSON,
    title="같은 표로 로짓 구하기",
    points=10,
    groups={"values": "값이 맞아요", "gradient": "표의 기울기가 맞아요"},
    reference=embedding.tied_logits,
    sample_cases=_logits_cases,
    examples=(
        case(
            "values",
            torch.tensor([[[1.0, 2.0]]]),
            torch.tensor([[1.0, 0.0], [0.0, 1.0], [3.0, -1.0]]),
        ),
    ),
    mistakes=(
        Mistake(
            "tied_logits.softmax-added",
            "소프트맥스까지 함",
            "로짓이 아니라 확률이 나왔어요. 소프트맥스는 손실 함수 안에 있어요.",
            "로짓은 소프트맥스에 넣기 전의 점수예요.",
            (_logits_softmax,),
            ("values", "gradient"),
        ),
        Mistake(
            "tied_logits.log-softmax-added",
            "로그 확률까지 구함",
            "로짓이 아니라 로그 확률이 나왔어요. 로그와 소프트맥스는 손실 함수 안에 있어요.",
            "로짓은 소프트맥스에 넣기 전의 점수예요.",
            (_logits_log_softmax,),
            ("values", "gradient"),
        ),
        Mistake(
            "tied_logits.bias-added",
            "편향을 더함",
            "로짓에 다른 값이 더해졌어요. 이 층에는 표 하나뿐이고 편향이 없어요.",
            "식 h Eᵀ에 더하기가 있는지 봐요.",
            (_logits_bias, _logits_bias_ones),
            ("values", "gradient"),
        ),
        Mistake(
            "tied_logits.scaled",
            "√d_model을 또 곱함",
            "로짓에도 √d_model을 곱했어요. 그것은 임베딩으로 들어갈 때만 곱해요.",
            "식에 곱하는 수가 따로 있는지 봐요.",
            (_logits_scaled,),
            ("values", "gradient"),
        ),
        Mistake(
            "tied_logits.divided",
            "√d_model로 나눔",
            "로짓을 √d_model로 나눴어요. 그것은 어텐션 점수에서 하는 일이에요.",
            "식에 나누는 수가 따로 있는지 봐요.",
            (_logits_divided,),
            ("values", "gradient"),
        ),
        Mistake(
            "tied_logits.detached",
            "기울기가 끊김",
            "값은 맞지만 표가 출력 쪽에서 배우지 못해요. 표를 함께 쓰는 까닭이 사라져요.",
            "`.detach()`, `.data`, 새로 만든 `nn.Parameter`나 `nn.Linear`가 끼어 있지 않은지 봐요.",
            (_logits_detached, _logits_new_parameter),
            ("gradient",),
        ),
        Mistake(
            "tied_logits.no-gradient",
            "기울기가 어디로도 흐르지 않음",
            "값은 맞지만 표에도 h에도 기울기가 흐르지 않아요. 계산 그래프가 끊겼어요.",
            "`torch.no_grad()`, 넘파이, `torch.tensor(...)`를 지나지 않는지 봐요.",
            (_logits_no_grad,),
            ("gradient",),
        ),
    ),
    correct=(_logits_linear, _logits_einsum, _logits_sum, _logits_loop),
)


# -- cosine_similarity, fertility (보너스) --


def _cosine_cases(rng):
    a, b = rng.normal(6, scale=2.0), rng.normal(5, dtype=torch.float64, scale=2.0)
    # a와 반대인 행이 늘 하나 있어요. 음수를 0으로 자르거나 부호를 잃으면 드러나요.
    return [
        case("values", a, torch.cat([rng.normal(3, 6, scale=3.0), -1.5 * a[None]])),
        case("values", a, rng.normal(1, 6, scale=3.0)),
        case("float64", b, torch.cat([rng.normal(2, 5, dtype=torch.float64, scale=3.0), -2 * b[None]])),
    ]


def _cosine_dot(a, B):
    return B @ a


def _cosine_half(a, B):
    return B @ a / a.norm()


def _cosine_half_rows(a, B):
    return B @ a / B.norm(dim=-1)


def _cosine_whole_table(a, B):
    return B @ a / (a.norm() * B.norm())


def _cosine_squared(a, B):
    return B @ a / ((a * a).sum() * (B * B).sum(-1))


def _cosine_distance(a, B):
    return 1 - _cosine_functional(a, B)


def _cosine_functional(a, B):
    return F.cosine_similarity(B, a[None], dim=-1)


def _cosine_normalize(a, B):
    return F.normalize(B, dim=-1) @ F.normalize(a, dim=0)


def _cosine_loop(a, B):
    return torch.stack([(a * b).sum() / ((a * a).sum() * (b * b).sum()).sqrt() for b in B])


def _cosine_numpy(a, B):
    x, Y = a.numpy(), B.numpy()
    return torch.from_numpy(Y @ x / ((x @ x) ** 0.5 * (Y * Y).sum(1) ** 0.5))


def _cosine_with_eps(a, B):
    return (B @ a) / (a.norm() * B.norm(dim=1) + 1e-8)


COSINE_SIMILARITY = Exercise(
    name="cosine_similarity",
    lesson=LESSON,
    title="코사인 유사도",
    points=0,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=embedding.cosine_similarity,
    sample_cases=_cosine_cases,
    examples=(case("values", torch.tensor([3.0, 4.0]), torch.tensor([[4.0, 3.0], [6.0, 8.0]])),),
    mistakes=(
        Mistake(
            "cosine_similarity.not-normalised",
            "길이로 나누지 않음",
            "내적을 벡터의 길이로 나누지 않아서, 벡터가 길수록 값이 커졌어요.",
            "자기 자신과의 유사도가 1이 되는지 봐요.",
            (_cosine_dot,),
            ("values", "float64"),
        ),
        Mistake(
            "cosine_similarity.only-a-normalised",
            "a의 길이로만 나눔",
            "a의 길이로만 나눠서, B의 긴 행이 더 닮은 것처럼 나왔어요.",
            "식의 분모에 길이가 몇 개 있는지 봐요.",
            (_cosine_half,),
            ("values", "float64"),
        ),
        Mistake(
            "cosine_similarity.only-rows-normalised",
            "B의 길이로만 나눔",
            "B의 행마다의 길이로만 나눠서, 모든 값에 a의 길이가 곱해져 있어요.",
            "식의 분모에 길이가 몇 개 있는지 봐요.",
            (_cosine_half_rows,),
            ("values", "float64"),
        ),
        Mistake(
            "cosine_similarity.whole-table",
            "B 전체의 길이로 나눔",
            "B의 행마다가 아니라 표 전체의 길이 하나로 나눴어요.",
            "`norm`이 돌려준 것의 모양이 (N,)인지 봐요.",
            (_cosine_whole_table,),
            ("values", "float64"),
        ),
        Mistake(
            "cosine_similarity.squared-lengths",
            "길이의 제곱으로 나눔",
            "길이가 아니라 길이의 제곱으로 나눴어요.",
            "벡터 [3, 4]의 길이가 5로 나오는지 봐요.",
            (_cosine_squared,),
            ("values", "float64"),
        ),
        Mistake(
            "cosine_similarity.distance",
            "유사도가 아니라 거리",
            "1에서 코사인을 뺀 거리예요. 닮을수록 작아져요.",
            "같은 방향의 두 벡터를 넣으면 1이 나와야 해요.",
            (_cosine_distance,),
            ("values", "float64"),
        ),
    ),
    correct=(_cosine_functional, _cosine_normalize, _cosine_loop, _cosine_numpy, _cosine_with_eps),
)


def _pieces(size, *, spaces):
    """문장을 `size`글자씩 자르는 토크나이저."""
    return BuiltArgument("pieces", {"size": size, "spaces": spaces})


def _fertility_cases(rng):
    short, long = rng.sample(["나는 간다", "밥을 먹는다"], 1)[0], "우리는 오늘 아침에 도서관에서 오래된 책을 읽었다"
    extra = " ".join("".join(_letters(rng, rng.int(2, 5))) for _ in range(4))
    first, second, third = ("".join(_letters(rng, n)) for n in (3, 2, 4))
    odd = ["".join(_letters(rng, 5)), "".join(_letters(rng, 3)), "".join(_letters(rng, 4))]
    return [
        case("values", _pieces(1, spaces=False), [short, long, extra]),
        case("values", _pieces(2, spaces=True), [short, extra]),
        # 글자 수가 홀수인 문장이 둘이라, 이어서 자르면 조각이 줄어요.
        case("values", _pieces(2, spaces=True), odd),
        # 빈칸이 잇달아 오거나 끝에 있어도 어절은 셋이에요.
        case("values", _pieces(2, spaces=True), [f"{first}  {second} {third} "]),
    ]


def _n_tokens(tokenize, sentences):
    return sum(len(tokenize(s)) for s in sentences)


def _n_words(sentences):
    return sum(len(s.split()) for s in sentences)


def _fertility_per_character(tokenize, sentences):
    return _n_tokens(tokenize, sentences) / sum(len(s) for s in sentences)


def _fertility_per_letter(tokenize, sentences):
    return _n_tokens(tokenize, sentences) / sum(len(s.replace(" ", "")) for s in sentences)


def _fertility_per_sentence(tokenize, sentences):
    return _n_tokens(tokenize, sentences) / len(sentences)


def _fertility_mean_of_ratios(tokenize, sentences):
    return sum(len(tokenize(s)) / len(s.split()) for s in sentences) / len(sentences)


def _fertility_split_space(tokenize, sentences):
    return _n_tokens(tokenize, sentences) / sum(len(s.split(" ")) for s in sentences)


def _fertility_one_text(tokenize, sentences):
    return len(tokenize(" ".join(sentences))) / _n_words(sentences)


def _fertility_glued(tokenize, sentences):
    return len(tokenize("".join(sentences))) / _n_words(sentences)


def _fertility_by_word(tokenize, sentences):
    return sum(len(tokenize(word)) for s in sentences for word in s.split()) / _n_words(sentences)


def _fertility_inverted(tokenize, sentences):
    return _n_words(sentences) / _n_tokens(tokenize, sentences)


def _fertility_not_divided(tokenize, sentences):
    return _n_tokens(tokenize, sentences)


def _fertility_loop(tokenize, sentences):
    tokens = words = 0
    for s in sentences:
        tokens += len(tokenize(s))
        words += len(s.split())
    return tokens / words


def _fertility_joined(tokenize, sentences):
    return len([t for s in sentences for t in tokenize(s)]) / len(" ".join(sentences).split())


def _fertility_regex(tokenize, sentences):
    return _n_tokens(tokenize, sentences) / sum(len(re.findall(r"\S+", s)) for s in sentences)


FERTILITY = Exercise(
    name="fertility",
    lesson=LESSON,
    title="어절당 토큰 수",
    points=0,
    groups={"values": "값이 맞아요"},
    reference=bpe.fertility,
    sample_cases=_fertility_cases,
    examples=(
        case("values", _pieces(1, spaces=True), ["가나 다", "라마바"]),
        case("values", _pieces(1, spaces=False), ["나는 밥을 산다", "도서관에"]),
    ),
    mistakes=(
        Mistake(
            "fertility.per-character",
            "글자 수로 나눔",
            "어절이 아니라 글자의 수로 나눴어요.",
            "빈칸으로 나뉜 덩어리 하나가 어절이에요.",
            (_fertility_per_character, _fertility_per_letter),
            ("values",),
        ),
        Mistake(
            "fertility.per-sentence",
            "문장 수로 나눔",
            "어절이 아니라 문장의 수로 나눴어요.",
            "분모가 무엇의 개수인지 식을 봐요.",
            (_fertility_per_sentence,),
            ("values",),
        ),
        Mistake(
            "fertility.mean-of-ratios",
            "문장마다의 비율을 평균함",
            "문장마다 비율을 구해 평균했어요. 짧은 문장이 긴 문장과 같은 무게를 갖게 돼요.",
            "모두 더한 다음에 한 번만 나눠요.",
            (_fertility_mean_of_ratios,),
            ("values",),
        ),
        Mistake(
            "fertility.split-at-each-space",
            "빈칸 하나마다 나눔",
            "빈칸이 잇달아 오거나 문장의 끝에 있을 때 빈 글까지 어절로 셌어요.",
            "빈칸이 둘 잇달아 온 글에서 어절을 몇 개로 세는지 봐요. 인자를 주지 않은 `split()`은 잇단 빈칸을 하나로 쳐요.",
            (_fertility_split_space,),
            ("values",),
        ),
        Mistake(
            "fertility.one-text",
            "문장들을 이어서 자름",
            "문장들을 글 하나로 이은 다음에 잘랐어요. tokenize는 문장 하나씩 받아요.",
            "tokenize를 몇 번 부르는지, 무엇을 넣는지 봐요.",
            (_fertility_one_text, _fertility_glued),
            ("values",),
        ),
        Mistake(
            "fertility.by-word",
            "어절마다 자름",
            "문장을 어절로 나눈 다음에 하나씩 잘랐어요. tokenize는 문장을 통째로 받아요.",
            "tokenize를 몇 번 부르는지, 무엇을 넣는지 봐요.",
            (_fertility_by_word,),
            ("values",),
        ),
        Mistake(
            "fertility.inverted",
            "분자와 분모를 바꿈",
            "어절의 수를 토큰의 수로 나눴어요.",
            "어절 하나가 몇 토큰인지를 묻고 있어요. 식의 위아래를 봐요.",
            (_fertility_inverted,),
            ("values",),
        ),
        Mistake(
            "fertility.not-divided",
            "나누지 않음",
            "토큰의 수만 세고 어절의 수로 나누지 않았어요.",
            "식의 분모가 빠지지 않았는지 봐요.",
            (_fertility_not_divided,),
            ("values",),
        ),
    ),
    correct=(_fertility_loop, _fertility_joined, _fertility_regex),
)

EXERCISES: tuple[Exercise, ...] = (
    COUNT_PAIRS,
    MERGE_PAIR,
    TRAIN_BPE,
    BPE_ENCODE,
    ENCODE_TEXT,
    MAKE_BATCH,
    EMBED,
    TIED_LOGITS,
    COSINE_SIMILARITY,
    FERTILITY,
    DECOMPOSE,
    COMPOSE,
    BPE_DECODE,
)
