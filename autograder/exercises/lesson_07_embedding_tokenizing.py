"""레슨 7의 실습: 한글 자모, BPE(세기, 붙이기, 배우기, 자르기, 되돌리기), 배치, 임베딩과 로짓, 코사인 유사도, 어절당 토큰 수."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import torch
import torch.nn.functional as F

from autograder.exercises.schema import Exercise, Mistake
from autograder.judging.cases import BuiltArgument, Call, Case, case
from reference import bpe, embedding
from reference.bpe import FINALS, INITIALS, VOWELS

LESSON = "07_embedding_tokenizing"
SYLLABLES = "나다라마바사자차카타파하"  # 시드마다 자리를 바꿔 가며 쓰는 글자


# -- decompose, compose --


def _number(syllable):
    n = ord(syllable) - 0xAC00 if len(syllable) == 1 else -1
    if not 0 <= n < 11172:
        raise ValueError("한글 음절 하나가 아니에요.")
    return n


def _decompose_cases(rng):
    closed = chr(0xAC00 + 588 * rng.int(1, 18) + 28 * rng.int(1, 20) + rng.int(1, 26))
    open_ = chr(0xAC00 + 588 * rng.int(1, 18) + 28 * rng.int(1, 20))
    return [
        *(case("closed", s) for s in ("한", "강", "힣", "궁", closed)),
        *(case("open", s) for s in ("가", "해", open_)),
        *(case("guard", s, comparator="raises", params={"error": "ValueError"}) for s in ("a", "ㄱ", "한글", "")),
    ]


def _decompose_exchanged(syllable):
    n = _number(syllable)
    return INITIALS[n // 28], VOWELS[n % 28 // 588], FINALS[n % 588]


def _decompose_no_remainder(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n // 28], FINALS[n % 28]


def _decompose_27(syllable):
    n = _number(syllable)
    return INITIALS[min(n // 567, 18)], VOWELS[n % 567 // 27], FINALS[n % 27]


def _decompose_no_empty_final(syllable):
    n = _number(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], [*FINALS[1:], ""][n % 28]


def _decompose_no_base(syllable):
    _number(syllable)
    n = ord(syllable)
    return INITIALS[n // 588], VOWELS[n % 588 // 28], FINALS[n % 28]


def _decompose_conjoining(syllable):
    n = _number(syllable)
    return chr(0x1100 + n // 588), chr(0x1161 + n % 588 // 28), chr(0x11A7 + n % 28) if n % 28 else ""


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


DECOMPOSE = Exercise(
    name="decompose",
    lesson=LESSON,
    title="음절을 자모로",
    points=10,
    groups={
        "closed": "받침이 있는 음절이 맞아요",
        "open": "받침이 없는 음절이 맞아요",
        "guard": "한글 음절 하나가 아니면 ValueError예요",
    },
    reference=bpe.decompose,
    sample_cases=_decompose_cases,
    mistakes=(
        Mistake(
            "decompose.588-and-28-exchanged",
            "588과 28을 바꿔 씀",
            "초성을 28로, 중성을 588로 나눴어요. 각, 강처럼 초성이 ㄱ, 중성이 ㅏ인 음절에서만 우연히 맞아요.",
            "초성 하나가 바뀔 때 음절이 몇 개 지나가는지 세어 봐요.",
            (_decompose_exchanged,),
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
            (_decompose_27, _decompose_no_empty_final),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.no-base",
            "'가'의 번호를 빼지 않음",
            "유니코드 번호를 그대로 나눴어요. 번호는 '가'에서부터 세야 해요.",
            "'가'를 넣으면 세 번호가 모두 0이어야 해요.",
            (_decompose_no_base,),
            ("closed", "open"),
        ),
        Mistake(
            "decompose.conjoining-jamo",
            "다른 자모 글자를 씀",
            "글자는 비슷해 보여도 코드가 달라요. 음절을 조립할 때 쓰는 첫가끝 자모가 나왔어요.",
            "위에 준 자모 표의 글자를 써요. `ord(...)`로 견줘 보면 보여요.",
            (_decompose_conjoining,),
            ("closed", "open"),
        ),
    ),
    correct=(_decompose_divmod, _decompose_table),
)


def _compose_cases(rng):
    closed = rng.choice(INITIALS[1:]), rng.choice(VOWELS[1:]), rng.choice(FINALS[1:])
    open_ = rng.choice(INITIALS[1:]), rng.choice(VOWELS[1:]), ""
    return [
        *(case("closed", jamo) for jamo in (("ㅎ", "ㅏ", "ㄴ"), ("ㄱ", "ㅜ", "ㅇ"), ("ㅎ", "ㅣ", "ㅎ"), closed)),
        *(case("open", jamo) for jamo in (("ㅎ", "ㅐ", ""), open_)),
        *(
            case("guard", jamo, comparator="raises", params={"error": "ValueError"})
            for jamo in (("ㅏ", "ㄱ", ""), ("a", "b", "c"), ("ㄱ", "ㅏ", "ㄸ"))
        ),
    ]


def _parts(jamo):
    initial, vowel, final = jamo
    return INITIALS.index(initial), VOWELS.index(vowel), FINALS.index(final)


def _compose_exchanged(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 28 + v * 588 + f)


def _compose_27(jamo):
    i, v, f = _parts(jamo)
    return chr(0xAC00 + i * 567 + v * 27 + f)


def _compose_no_base(jamo):
    i, v, f = _parts(jamo)
    return chr(i * 588 + v * 28 + f)


def _compose_joined(jamo):
    _parts(jamo)
    return "".join(jamo)


def _compose_nested(jamo):
    i, v, f = _parts(jamo)
    return chr(ord("가") + (i * 21 + v) * 28 + f)


def _compose_search(jamo):
    for code in range(0xAC00, 0xAC00 + 11172):
        if bpe.decompose(chr(code)) == tuple(jamo):
            return chr(code)
    raise ValueError("음절이 되지 않아요.")


def _compose_normalize(jamo):
    import unicodedata

    i, v, f = _parts(jamo)
    return unicodedata.normalize("NFC", chr(0x1100 + i) + chr(0x1161 + v) + (chr(0x11A7 + f) if f else ""))


COMPOSE = Exercise(
    name="compose",
    lesson=LESSON,
    title="자모를 음절로",
    points=8,
    groups={
        "closed": "받침이 있는 음절이 맞아요",
        "open": "받침이 없는 음절이 맞아요",
        "guard": "음절이 될 수 없으면 ValueError예요",
    },
    reference=bpe.compose,
    sample_cases=_compose_cases,
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
            "compose.27-finals",
            "종성을 27개로 셈",
            "종성의 가짓수가 하나 모자라요. '받침 없음'도 하나로 세요.",
            "종성 표의 길이를 세어 봐요.",
            (_compose_27,),
            ("closed", "open"),
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


def _count_no_overlap(word_freq):
    counts: Counter[tuple[str, str]] = Counter()
    for w, n in word_freq.items():
        i = 0
        while i < len(w) - 1:
            counts[w[i], w[i + 1]] += n
            i += 2 if i + 2 < len(w) and w[i] == w[i + 1] == w[i + 2] else 1
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
            "count_pairs.overlap-skipped",
            "겹친 쌍을 건너뜀",
            "아아아에서 (아, 아)를 한 번만 셌어요. 겹치더라도 이웃한 자리는 모두 세요.",
            "길이 n인 단어에는 이웃한 자리가 몇 개인지 봐요.",
            (_count_no_overlap,),
            ("overlap",),
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
        case("none", (a, c, b, d, c, d), (c, d)),
        case("overlap", ("아",) * 4, ("아", "아")),
        case("overlap", (b, a, a, a, a), (a, a)),
        case("border", (c + a, b, d, a, b), (a, b)),
        case("last", ("아", "아", "아"), ("아", "아")),
        case("last", (a, b, c), (a, b)),
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


def _merge_by_text(seq, pair):
    return tuple(" ".join(seq).replace(" ".join(pair), "".join(pair)).split(" "))


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


MERGE_PAIR = Exercise(
    name="merge_pair",
    lesson=LESSON,
    title="쌍 붙이기",
    points=10,
    groups={
        "values": "나올 때마다 붙여요",
        "none": "쌍이 여러 번 나오거나 끝에 있어도 맞아요",
        "overlap": "겹치면 왼쪽부터 붙여요",
        "border": "토큰의 경계를 지켜요",
        "last": "남는 마지막 토큰을 잃지 않아요",
    },
    reference=bpe.merge_pair,
    sample_cases=_merge_cases,
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
            "merge_pair.text-replace",
            "글로 이어서 바꿈",
            "토큰을 글로 이어 붙여 바꾸다가 다른 토큰의 끝 글자까지 끌려왔어요.",
            "글자가 아니라 토큰이 서로 같은지 견줘요.",
            (_merge_by_text,),
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
    ),
    correct=(_merge_iterator, _merge_recursive),
)


# -- train_bpe --


def _train_cases(rng):
    a, b, c, d, e, f, g, h = _letters(rng, 8)
    distinct = {a + b + c: 20 + rng.int(0, 3), d + e: 14 + rng.int(0, 3), f + g + h: 5 + rng.int(0, 3)}
    shared = {"학교": 9, "학생": 7, "학교에": 5, "학교에서": 3, "집에서": 6, "집에": 2}
    low, high = sorted(_letters(rng, 2))
    return [
        case("values", distinct, 4),
        case("values", distinct, 6),
        case("shared", shared, 6),
        # 뒤의 단어가 사전에서 앞서요: 먼저 본 쌍을 고르면 틀려요.
        case("ties", {high: 3, low: 3}, 1),
        case("ties", {high + "아": 4, low + "아": 4}, 2),
        case("early", {a: 3}, 10),
        case("early", {a + b: 3}, 0),
    ]


def _train(word_freq, n_merges, *, choose=None, mark="▁", renew=True):
    words = {(*([mark] if mark else []), *w): n for w, n in word_freq.items()}
    choose = choose or (lambda counts: min(counts, key=lambda p: (-counts[p], p)))
    merges, counts = [], bpe.count_pairs(words)
    for _ in range(n_merges):
        if renew:
            counts = bpe.count_pairs(words)
        if not counts:
            break
        pair = choose(counts)
        if not renew:
            counts.pop(pair)
        words = {bpe.merge_pair(w, pair): n for w, n in words.items()}
        merges.append(pair)
    return merges


def _train_one_few(word_freq, n_merges):
    return _train(word_freq, max(n_merges - 1, 0))


def _train_one_many(word_freq, n_merges):
    return _train(word_freq, n_merges + 1)


def _train_first_seen(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: max(counts, key=counts.get))


def _train_larger(word_freq, n_merges):
    return _train(word_freq, n_merges, choose=lambda counts: max(counts, key=lambda p: (counts[p], p)))


def _train_no_border(word_freq, n_merges):
    return _train(word_freq, n_merges, mark="")


def _train_stale(word_freq, n_merges):
    return _train(word_freq, n_merges, renew=False)


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


TRAIN_BPE = Exercise(
    name="train_bpe",
    lesson=LESSON,
    title="BPE 배우기",
    points=15,
    groups={
        "values": "붙일 쌍을 차례대로 배워요",
        "shared": "단어들이 나눠 가진 쌍을 함께 세요",
        "ties": "횟수가 같으면 작은 쌍이 먼저예요",
        "early": "붙일 것이 없거나 0번이면 멈춰요",
    },
    reference=bpe.train_bpe,
    sample_cases=_train_cases,
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
            "train_bpe.tie-larger",
            "큰 쌍을 고름",
            "횟수가 같을 때 사전에서 뒤에 오는 쌍을 골랐어요.",
            "횟수는 큰 쪽, 쌍은 작은 쪽이에요. 두 방향이 서로 반대예요.",
            (_train_larger,),
            ("values", "ties"),
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
            "train_bpe.counts-not-renewed",
            "횟수를 다시 세지 않음",
            "처음에 센 횟수를 끝까지 썼어요. 붙이고 나면 이웃이 달라져요.",
            "되풀이할 때마다 무엇을 다시 해야 하는지 봐요.",
            (_train_stale,),
            ("values", "shared"),
        ),
    ),
    correct=(_train_sorted, _train_two_steps),
    uses=("count_pairs", "merge_pair"),
)


# -- bpe_encode --

_SCHOOL = [("학", "교"), ("에", "서"), ("학교", "에"), ("▁", "학교에")]


def _encode_cases(rng):
    a, b, c, d = _letters(rng, 4)
    return [
        case("values", a + b + c, [("▁", a), ("▁" + a, b)]),
        case("values", c + a + b, [("▁", c), (a, b)]),
        case("rank", "학교에서", _SCHOOL),
        case("rank", a + b + c + d, [(a, b), (c, d), (a + b, c), ("▁", a + b + c)]),
        case("unknown", d + c, [("▁", a), ("▁" + a, b)]),
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


def _encode_longest(word, merges):
    pieces, text, out = {x + y for x, y in merges}, "▁" + word, []
    while text:
        length = max(n for n in range(1, len(text) + 1) if n == 1 or text[:n] in pieces)
        out.append(text[:length])
        text = text[length:]
    return out


def _encode_no_border(word, merges):
    tokens = tuple(word)
    for pair in merges:
        tokens = bpe.merge_pair(tokens, pair)
    return list(tokens)


def _encode_in_order(word, merges):
    tokens = ("▁", *word)
    for pair in merges:
        tokens = bpe.merge_pair(tokens, pair)
    return list(tokens)


def _encode_lowest_rank(word, merges):
    tokens = ["▁", *word]
    while True:
        found = [(merges.index(p), i) for i, p in enumerate(pairwise(tokens)) if p in merges]
        if not found:
            return tokens
        _, i = min(found)
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]


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
    mistakes=(
        Mistake(
            "bpe_encode.not-by-rank",
            "배운 차례를 따르지 않음",
            "왼쪽부터, 또는 가장 긴 것부터 붙였어요. 그러면 배울 때와 다른 조각으로 잘려요.",
            "여러 쌍을 붙일 수 있을 때 어느 것이 먼저인지는 merges의 차례가 정해요.",
            (_encode_left_to_right, _encode_longest),
            ("rank",),
        ),
        Mistake(
            "bpe_encode.border-forgotten",
            "단어의 시작 표시를 빠뜨림",
            "토큰들이 ▁로 시작하지 않아요. 배울 때 있던 표시가 자를 때도 있어야 해요.",
            "배울 때 단어를 처음 어떤 토큰들로 바꿨는지 봐요.",
            (_encode_no_border,),
            ("values", "rank", "unknown"),
        ),
    ),
    correct=(_encode_in_order, _encode_lowest_rank),
    uses=("merge_pair",),
)


# -- bpe_decode --


def _cut(rng, text):
    """글자의 가운데를 지나도록 바이트를 둘씩 잘라요."""
    data = text.encode()
    return [data[i : i + 2] for i in range(0, len(data), 2)]


def _decode_cases(rng):
    word = "".join(_letters(rng, 3))
    return [
        case("split", _cut(rng, "나는" + word)),
        case("split", [b"\xed", b"\x95\x9c", "글".encode()]),
        case("spaces", [" 나는".encode(), b" ", word.encode(), b" "]),
        case("invalid", ["가".encode(), b"\xff", "나".encode()]),
        case("invalid", [word.encode(), "하".encode()[:2]]),
    ]


def _decode_by_token(tokens):
    return "".join(t.decode("utf-8", errors="replace") for t in tokens)


def _decode_strip(tokens):
    return b"".join(tokens).decode("utf-8", errors="replace").strip()


def _decode_no_spaces(tokens):
    return b"".join(tokens).decode("utf-8", errors="replace").replace(" ", "")


def _decode_strict(tokens):
    return b"".join(tokens).decode("utf-8")


def _decode_ignore(tokens):
    return b"".join(tokens).decode("utf-8", errors="ignore")


def _decode_bytearray(tokens):
    data = bytearray()
    for t in tokens:
        data.extend(t)
    return str(data, "utf-8", "replace")


def _decode_incremental(tokens):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return "".join(decoder.decode(t) for t in tokens) + decoder.decode(b"", final=True)


BPE_DECODE = Exercise(
    name="bpe_decode",
    lesson=LESSON,
    title="바이트 토큰을 글로",
    points=8,
    groups={
        "split": "글자가 여러 토큰에 걸쳐도 맞아요",
        "spaces": "빈칸을 지켜요",
        "invalid": "틀린 바이트는 U+FFFD가 돼요",
    },
    reference=bpe.bpe_decode,
    sample_cases=_decode_cases,
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
            "bpe_decode.spaces-lost",
            "빈칸을 잃음",
            "빈칸이 사라졌어요. 바이트 토큰에는 빈칸도 들어 있어요.",
            "글의 앞뒤를 다듬거나 빈칸을 지우는 곳이 없는지 봐요.",
            (_decode_strip, _decode_no_spaces),
            ("spaces",),
        ),
        Mistake(
            "bpe_decode.invalid-bytes",
            "틀린 바이트에서 멈추거나 버림",
            "글자가 될 수 없는 바이트에서 예외가 나거나 흔적 없이 사라졌어요.",
            "`bytes.decode`가 틀린 바이트를 어떻게 다룰지 정하는 인자를 찾아봐요.",
            (_decode_strict, _decode_ignore),
            ("invalid",),
        ),
    ),
    correct=(_decode_bytearray, _decode_incremental),
)


# -- make_batch --


def _sentence(rng, n):
    return rng.ids(n, low=5, high=40).tolist()


def _batch_cases(rng):
    bos, eos, pad = rng.sample([0, 1, 2, 3], 3)
    pairs = [
        (_sentence(rng, 3), _sentence(rng, 5)),
        (_sentence(rng, 6), _sentence(rng, 2)),
        (_sentence(rng, 1), _sentence(rng, 4)),
    ]
    long = [(_sentence(rng, 9), _sentence(rng, 3)), (_sentence(rng, 4), _sentence(rng, 8))]
    return [
        case("values", pairs, bos, eos, pad, 12),
        case("values", pairs[:2], bos, eos, pad, 7),
        case("cut", long, bos, eos, pad, 5),
        case("cut", [(_sentence(rng, 6), _sentence(rng, 6))], bos, eos, pad, 6),
    ]


def _rows(rows, pad, left=False):
    width = max(map(len, rows))
    return torch.tensor([[pad] * (width - len(r)) + r if left else r + [pad] * (width - len(r)) for r in rows])


def _batch_eos_cut(pairs, bos, eos, pad, max_len):
    return (
        _rows([(s + [eos])[:max_len] for s, _ in pairs], pad),
        _rows([([bos] + t)[:max_len] for _, t in pairs], pad),
        _rows([(t + [eos])[:max_len] for _, t in pairs], pad),
    )


def _batch_no_bos(pairs, bos, eos, pad, max_len):
    cut = [(s[: max_len - 1], t[: max_len - 1]) for s, t in pairs]
    return (
        _rows([s + [eos] for s, _ in cut], pad),
        _rows([list(t) for _, t in cut], pad),
        _rows([t + [eos] for _, t in cut], pad),
    )


def _batch_left(pairs, bos, eos, pad, max_len):
    cut = [(s[: max_len - 1], t[: max_len - 1]) for s, t in pairs]
    return (
        _rows([s + [eos] for s, _ in cut], pad, True),
        _rows([[bos] + t for _, t in cut], pad, True),
        _rows([t + [eos] for _, t in cut], pad, True),
    )


def _batch_full_width(pairs, bos, eos, pad, max_len):
    cut = [(s[: max_len - 1], t[: max_len - 1]) for s, t in pairs]

    def fill(rows):
        return torch.tensor([r + [pad] * (max_len - len(r)) for r in rows])

    return fill([s + [eos] for s, _ in cut]), fill([[bos] + t for _, t in cut]), fill([t + [eos] for _, t in cut])


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


MAKE_BATCH = Exercise(
    name="make_batch",
    lesson=LESSON,
    title="배치 만들기",
    points=12,
    groups={"values": "길이가 다른 문장들을 한 배치로 만들어요", "cut": "긴 문장을 잘라도 EOS가 남아요"},
    reference=bpe.make_batch,
    sample_cases=_batch_cases,
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
            "make_batch.bos-missing",
            "BOS를 붙이지 않음",
            "디코더에 넣을 문장이 시작 표시로 시작하지 않아요.",
            "tgt_in의 첫 토큰이 무엇이어야 하는지 봐요.",
            (_batch_no_bos,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.left-padding",
            "왼쪽을 채움",
            "패딩이 문장 앞에 채워졌어요. 이 책의 마스크는 오른쪽 패딩을 기다려요.",
            "PAD를 문장의 어느 쪽에 붙였는지 봐요.",
            (_batch_left,),
            ("values", "cut"),
        ),
        Mistake(
            "make_batch.padded-to-max-len",
            "언제나 max_len까지 채움",
            "가장 긴 문장보다 넓게 채웠어요. 패딩을 계산하느라 시간이 낭비돼요.",
            "배치의 폭은 그 배치에서 가장 긴 행을 따라가요.",
            (_batch_full_width,),
            ("values",),
        ),
    ),
    correct=(_batch_pad_sequence, _batch_full),
)


# -- embed, tied_logits --


def _embed_cases(rng):
    ids, E = rng.ids(2, 5, low=0, high=6), rng.normal(7, 6)
    return [
        case("values", ids, E),
        case("values", rng.ids(3, 4, low=0, high=8), rng.normal(9, 10, dtype=torch.float64)),
        Case("gradient", (Call((ids, E), grad_of=(1,), cotangent=rng.normal(2, 5, 6)),)),
    ]


def _embed_no_scale(ids, E):
    return E[ids]


def _embed_divided(ids, E):
    return E[ids] / math.sqrt(E.shape[1])


def _embed_times_d(ids, E):
    return E[ids] * E.shape[1]


def _embed_vocab(ids, E):
    return E[ids] * math.sqrt(E.shape[0])


def _embed_detached(ids, E):
    return E.detach()[ids] * math.sqrt(E.shape[1])


def _embed_functional(ids, E):
    return F.embedding(ids, E) * E.shape[-1] ** 0.5


def _embed_one_hot(ids, E):
    return F.one_hot(ids, E.shape[0]).to(E.dtype) @ E * math.sqrt(E.shape[1])


def _embed_index_select(ids, E):
    return E.index_select(0, ids.flatten()).reshape(*ids.shape, -1).mul(math.sqrt(E.shape[1]))


EMBED = Exercise(
    name="embed",
    lesson=LESSON,
    title="임베딩",
    points=5,
    groups={"values": "값이 맞아요", "gradient": "기울기가 표까지 흘러요"},
    reference=embedding.embed,
    sample_cases=_embed_cases,
    mistakes=(
        Mistake(
            "embed.no-scale",
            "√d_model을 곱하지 않음",
            "표에서 꺼내기만 했어요. 위치 인코딩을 더하면 뜻이 묻혀요.",
            "논문 §3.4의 마지막 문장을 다시 봐요.",
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
            "embed.vocabulary-size",
            "어휘 크기를 씀",
            "차원이 아니라 어휘의 크기로 키웠어요.",
            "E의 두 축 가운데 어느 쪽이 d_model인지 봐요.",
            (_embed_vocab,),
            ("values", "gradient"),
        ),
        Mistake(
            "embed.detached",
            "기울기가 끊김",
            "값은 맞지만 표가 배우지 못해요. 계산 그래프가 끊겼어요.",
            "`.detach()`, `.data`, `torch.tensor(...)`가 끼어 있지 않은지 봐요.",
            (_embed_detached,),
            ("gradient",),
        ),
    ),
    correct=(_embed_functional, _embed_one_hot, _embed_index_select),
)


def _logits_cases(rng):
    h, E = rng.normal(2, 3, 6), rng.normal(9, 6)
    return [
        case("values", h, E),
        case("values", rng.normal(3, 2, 5, dtype=torch.float64), rng.normal(7, 5, dtype=torch.float64)),
        Case("gradient", (Call((h, E), grad_of=(0, 1), cotangent=rng.normal(2, 3, 9)),)),
    ]


def _logits_softmax(h, E):
    return torch.softmax(h @ E.T, -1)


def _logits_log_softmax(h, E):
    return torch.log_softmax(h @ E.T, -1)


def _logits_scaled(h, E):
    return h @ E.T * math.sqrt(E.shape[1])


def _logits_bias(h, E):
    return h @ E.T + E.mean(1)


def _logits_bias_ones(h, E):
    return h @ E.T + 1


def _logits_detached(h, E):
    return h @ E.detach().T


def _logits_linear(h, E):
    return F.linear(h, E)


def _logits_einsum(h, E):
    return torch.einsum("btd,vd->btv", h, E)


def _logits_sum(h, E):
    return (h[:, :, None, :] * E).sum(-1)


TIED_LOGITS = Exercise(
    name="tied_logits",
    lesson=LESSON,
    title="같은 표로 로짓 구하기",
    points=5,
    groups={"values": "값이 맞아요", "gradient": "기울기가 표까지 흘러요"},
    reference=embedding.tied_logits,
    sample_cases=_logits_cases,
    mistakes=(
        Mistake(
            "tied_logits.softmax-added",
            "소프트맥스까지 함",
            "로짓이 아니라 확률(또는 그 로그)이 나왔어요. 소프트맥스는 손실 함수 안에 있어요.",
            "로짓은 소프트맥스에 넣기 전의 점수예요.",
            (_logits_softmax, _logits_log_softmax),
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
            "tied_logits.detached",
            "기울기가 끊김",
            "값은 맞지만 표가 출력 쪽에서 배우지 못해요. 표를 함께 쓰는 까닭이 사라져요.",
            "`.detach()`나 `.data`가 끼어 있지 않은지 봐요.",
            (_logits_detached,),
            ("gradient",),
        ),
    ),
    correct=(_logits_linear, _logits_einsum, _logits_sum),
)


# -- cosine_similarity, fertility (보너스) --


def _cosine_cases(rng):
    return [
        case("values", rng.normal(6, scale=2.0), rng.normal(4, 6, scale=3.0)),
        case("float64", rng.normal(5, dtype=torch.float64, scale=2.0), rng.normal(3, 5, dtype=torch.float64)),
    ]


def _cosine_dot(a, B):
    return B @ a


def _cosine_half(a, B):
    return B @ a / a.norm()


def _cosine_half_rows(a, B):
    return B @ a / B.norm(dim=-1)


def _cosine_functional(a, B):
    return F.cosine_similarity(B, a[None], dim=-1)


def _cosine_normalize(a, B):
    return F.normalize(B, dim=-1) @ F.normalize(a, dim=0)


def _cosine_loop(a, B):
    return torch.stack([(a * b).sum() / ((a * a).sum() * (b * b).sum()).sqrt() for b in B])


COSINE_SIMILARITY = Exercise(
    name="cosine_similarity",
    lesson=LESSON,
    title="코사인 유사도",
    points=0,
    groups={"values": "값이 맞아요", "float64": "float64를 넣으면 float64로 맞아요"},
    reference=embedding.cosine_similarity,
    sample_cases=_cosine_cases,
    mistakes=(
        Mistake(
            "cosine_similarity.not-normalised",
            "길이로 나누지 않음",
            "벡터의 길이로 다 나누지 않아서 긴 벡터가 더 닮은 것처럼 나왔어요.",
            "자기 자신과의 유사도가 1이 되는지 봐요.",
            (_cosine_dot, _cosine_half, _cosine_half_rows),
            ("values", "float64"),
        ),
    ),
    correct=(_cosine_functional, _cosine_normalize, _cosine_loop),
)


def _fertility_cases(rng):
    short, long = rng.sample(["나는 간다", "밥을 먹는다"], 1)[0], "우리는 오늘 아침에 도서관에서 오래된 책을 읽었다"
    extra = " ".join("".join(_letters(rng, rng.int(2, 5))) for _ in range(4))
    return [
        case("values", BuiltArgument("pieces", {"size": 1, "spaces": False}), [short, long, extra]),
        case("values", BuiltArgument("pieces", {"size": 2, "spaces": True}), [short, extra]),
    ]


def _fertility_per_character(tokenize, sentences):
    return sum(len(tokenize(s)) for s in sentences) / sum(len(s) for s in sentences)


def _fertility_per_letter(tokenize, sentences):
    return sum(len(tokenize(s)) for s in sentences) / sum(len(s.replace(" ", "")) for s in sentences)


def _fertility_per_sentence(tokenize, sentences):
    return sum(len(tokenize(s)) for s in sentences) / len(sentences)


def _fertility_mean_of_ratios(tokenize, sentences):
    return sum(len(tokenize(s)) / len(s.split()) for s in sentences) / len(sentences)


def _fertility_loop(tokenize, sentences):
    tokens = words = 0
    for s in sentences:
        tokens += len(tokenize(s))
        words += len(s.split())
    return tokens / words


def _fertility_joined(tokenize, sentences):
    return len([t for s in sentences for t in tokenize(s)]) / len(" ".join(sentences).split())


FERTILITY = Exercise(
    name="fertility",
    lesson=LESSON,
    title="어절당 토큰 수",
    points=0,
    groups={"values": "값이 맞아요"},
    reference=bpe.fertility,
    sample_cases=_fertility_cases,
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
    ),
    correct=(_fertility_loop, _fertility_joined),
)

EXERCISES: tuple[Exercise, ...] = (
    DECOMPOSE,
    COMPOSE,
    COUNT_PAIRS,
    MERGE_PAIR,
    TRAIN_BPE,
    BPE_ENCODE,
    BPE_DECODE,
    MAKE_BATCH,
    EMBED,
    TIED_LOGITS,
    COSINE_SIMILARITY,
    FERTILITY,
)
