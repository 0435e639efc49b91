"""토크나이징의 원리: 한글 자모와 BPE를 순수 파이썬으로 (레슨 7, 논문 §5.1).

실제 학습에 쓰는 빠른 토크나이저는 data/tokenizer.py에 있어요. 여기는 수업에서 손으로 만드는 판이에요.
"▁"는 단어의 시작을 나타내요.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

INITIALS = list("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")  # 초성 19개
VOWELS = list("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")  # 중성 21개
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]  # 종성 28개, 없음 포함
FIRST = 0xAC00  # "가"

Pair = tuple[str, str]


def decompose(syllable: str) -> tuple[str, str, str]:
    """음절을 자모 셋으로 나눠요. 식: 번호 = 초성·588 + 중성·28 + 종성, 번호는 "가"부터 세요. "가" → ("ㄱ", "ㅏ", "").

    한글 음절 하나가 아니면 ValueError예요.
    """
    if len(syllable) != 1 or not 0 <= ord(syllable) - FIRST < 19 * 588:
        raise ValueError(f"한글 음절 하나가 아니에요: {syllable!r}")
    number = ord(syllable) - FIRST
    return INITIALS[number // 588], VOWELS[number % 588 // 28], FINALS[number % 28]


def compose(jamo: tuple[str, str, str]) -> str:
    """`decompose`의 반대예요. ("ㅎ", "ㅏ", "ㄴ") → "한". 초성, 중성, 종성의 차례가 아니면 ValueError예요."""
    try:
        initial, vowel, final = jamo
        number = INITIALS.index(initial) * 588 + VOWELS.index(vowel) * 28 + FINALS.index(final)
    except ValueError:
        raise ValueError(f"음절이 되는 자모 셋이 아니에요: {jamo!r}") from None
    return chr(FIRST + number)


def count_pairs(word_freq: dict[tuple[str, ...], int]) -> dict[Pair, int]:
    """단어 안에서 이웃한 두 토큰이 몇 번 나오는지 단어의 빈도만큼 세요. "아아아"에는 (아, 아)가 두 번이에요."""
    counts: Counter[Pair] = Counter()
    for word, freq in word_freq.items():
        for pair in pairwise(word):
            counts[pair] += freq
    return dict(counts)


def merge_pair(seq: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """왼쪽부터 읽으며 pair를 만날 때마다 한 토큰으로 붙여요. ("아", "아", "아") → ("아아", "아")."""
    merged: list[str] = []
    i = 0
    while i < len(seq):
        if seq[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(seq[i])
            i += 1
    return tuple(merged)


def train_bpe(word_freq: dict[str, int], n_merges: int) -> list[Pair]:
    """가장 잦은 쌍을 붙이는 일을 n_merges번 되풀이해요 (Sennrich 외 2016). 같은 횟수면 사전에서 앞선 쌍이 먼저예요.

    단어는 ("▁", *글자)에서 시작하고, 붙일 쌍이 없으면 일찍 끝나요. n_merges가 음수면 ValueError예요.
    """
    if n_merges < 0:
        raise ValueError(f"n_merges는 0 이상이어야 해요: {n_merges}")
    words = {("▁", *word): freq for word, freq in word_freq.items()}
    merges: list[Pair] = []
    for _ in range(n_merges):
        counts = count_pairs(words)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = {merge_pair(word, best): freq for word, freq in words.items()}
        merges.append(best)
    return merges


def bpe_encode(word: str, merges: list[Pair]) -> list[str]:
    """배운 차례대로 붙여요: 지금 있는 쌍 가운데 가장 먼저 배운 쌍부터예요. → 토큰 목록, 첫 토큰은 "▁"로 시작해요."""
    rank = {pair: i for i, pair in enumerate(merges)}
    tokens = ("▁", *word)
    while len(tokens) > 1:
        pair = min(pairwise(tokens), key=lambda pair: rank.get(pair, len(merges)))
        if pair not in rank:
            break
        tokens = merge_pair(tokens, pair)
    return list(tokens)


def encode_text(text: str, merges: list[Pair], vocab: dict[str, int], unk_id: int) -> list[int]:
    """글을 빈칸으로 나눈 단어마다 `bpe_encode`로 잘라 번호로 바꿔요. 어휘에 없는 조각은 하나마다 unk_id가 돼요.

    빈칸이 몇 개였는지와 모르는 글자가 무엇이었는지는 번호에 남지 않아요.
    """
    return [vocab.get(token, unk_id) for word in text.split() for token in bpe_encode(word, merges)]


def bpe_decode(tokens: list[bytes]) -> str:
    """바이트를 모두 이은 다음에 한 번만 글자로 바꿔요. 글자 하나가 토큰 여럿에 걸칠 수 있어요. 틀린 바이트는 U+FFFD예요."""
    return b"".join(tokens).decode("utf-8", errors="replace")


def fertility(tokenize: Callable[[str], list], sentences: list[str]) -> float:
    """어절 하나가 평균 몇 토큰이 되는지예요. 식: 모든 토큰 / 모든 어절. 어절이 하나도 없으면 ValueError예요."""
    words = sum(len(sentence.split()) for sentence in sentences)
    if words == 0:
        raise ValueError("어절이 하나도 없어요.")
    return sum(len(tokenize(sentence)) for sentence in sentences) / words


def make_batch(
    pairs: list[tuple[list[int], list[int]]], bos: int, eos: int, pad: int, max_len: int
) -> tuple[Tensor, Tensor, Tensor]:
    """문장 쌍을 오른쪽에 PAD를 채운 배치로 만들어요 (논문 §3.1의 교사 강요).

    → src (B, S) EOS로 끝남, tgt_in (B, T) BOS로 시작, tgt_out (B, T) EOS로 끝남. 어느 행도 max_len보다 길지 않고,
    넘치면 오른쪽을 자르되 EOS는 남겨요. 빈 배치나 1보다 작은 max_len은 ValueError예요.
    """
    if not pairs or max_len < 1:
        raise ValueError(f"문장 쌍이 하나 이상, max_len이 1 이상이어야 해요: {len(pairs)}쌍, {max_len}")
    rows = [(src[: max_len - 1], tgt[: max_len - 1]) for src, tgt in pairs]
    return (
        _pad([[*src, eos] for src, _ in rows], pad),
        _pad([[bos, *tgt] for _, tgt in rows], pad),
        _pad([[*tgt, eos] for _, tgt in rows], pad),
    )


def _pad(rows: list[list[int]], pad: int) -> Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows])  # (B, 가장 긴 행)
