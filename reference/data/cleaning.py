"""문장 쌍을 씻어요: 보이지 않는 문자, 되풀이, 시험 문장, 길이가 맞지 않는 쌍. 무엇을 왜 버렸는지 세어 둬요."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reference.data.pairs import Pair

# 제어 문자, 폭 없는 빈칸, BOM, 방향 표시를 지워요. 이모지를 잇는 U+200D만은 글자의 일부라서 남겨요.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u2069\ufeff]|(?<=\\w)\u200d|\u200d(?=\\w)|^\u200d|\u200d$"
)
_SPACES = re.compile(r"\s+")

# 버린 까닭이나 고친 까닭의 이름과, 보고서에 적는 말
REASONS = {
    "one_column": "탭이 없는 줄",
    "cleaned": "보이지 않는 문자나 NFC를 고친 쌍",
    "empty": "한쪽이 빈 쌍",
    "duplicate": "되풀이된 쌍",
    "in_test": "시험 문장이 들어 있는 쌍",
    "too_long": "너무 긴 쌍",
    "bad_ratio": "길이가 맞지 않는 쌍",
}


def clean_text(text: str) -> str:
    """제어 문자와 폭 없는 문자를 지우고, NFC로 합치고, 빈칸을 하나로 줄여요."""
    text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", text).strip()


@dataclass(frozen=True)
class Hygiene:
    """데이터를 씻는 기준. 길이의 단위는 토큰이에요."""

    max_tokens: int = 256  # 이보다 긴 문장이 있는 쌍은 버려요(EOS 제외).
    max_ratio: float = 4.0  # 긴 쪽이 짧은 쪽의 max_ratio배 + ratio_slack보다 길면 짝이 맞지 않는다고 봐요.
    ratio_slack: int = 10
    clean: bool = True  # 문자 정리(제어 문자, NFC, 빈칸)
    deduplicate: bool = True


def _hashes(texts: Iterable[str]) -> np.ndarray:
    """대소문자를 무시한 64비트 해시. 문자열 집합보다 메모리를 열 배 넘게 아껴요."""
    digests = (hashlib.blake2b(text.casefold().encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


class SeenHashes:
    """지금까지 본 해시의 정렬된 모음. 1000만 개가 80MB예요."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def add(self, hashes: np.ndarray) -> np.ndarray:
        """처음 보는 해시는 True인 불 배열을 돌려주고 기억해요. 모양 (N,)."""
        new = np.zeros(len(hashes), dtype=bool)
        new[np.unique(hashes, return_index=True)[1]] = True
        for run in self._runs:
            new &= ~contains(run, hashes)
        self._runs.append(np.sort(hashes[new]))
        # 크기가 비슷한 모음끼리 합쳐 모음의 수를 log N으로 지켜요.
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")
        return new


def contains(sorted_hashes: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """정렬된 해시 안에 있으면 True인 배열. 모양 (N,)."""
    if not len(sorted_hashes):
        return np.zeros(len(hashes), dtype=bool)
    at = np.searchsorted(sorted_hashes, hashes).clip(max=len(sorted_hashes) - 1)
    return sorted_hashes[at] == hashes


def describe(report: dict[str, int]) -> str:
    """위생 보고서를 한국어 한 줄로 써요."""
    parts = [f"{text} {report[key]:,}개" for key, text in REASONS.items() if report.get(key)]
    return f"읽은 쌍 {report['read']:,}개 가운데 {report['kept']:,}개 사용" + (
        f" ({', '.join(parts)})" if parts else ""
    )


class Washer:
    """한 묶음씩 씻고, 무엇을 왜 버렸는지 세요."""

    def __init__(self, hygiene: Hygiene, held_out: Iterable[Pair]) -> None:
        self.hygiene, self.seen = hygiene, SeenHashes()
        test = list(held_out)
        self.test = [np.sort(_hashes(clean_text(pair[side]) for pair in test)) for side in (0, 1)]
        self.report = dict.fromkeys(("read", "kept", *REASONS), 0)

    def texts(self, pairs: list[Pair]) -> list[Pair]:
        """글자만 보고 알 수 있는 것: 문자 정리, 빈 쌍, 되풀이, 시험 문장."""
        self.report["read"] += len(pairs)
        if self.hygiene.clean:
            cleaned = [(clean_text(a), clean_text(b)) for a, b in pairs]
            self.report["cleaned"] += sum(
                (a, b) != (_SPACES.sub(" ", x).strip(), _SPACES.sub(" ", y).strip())
                for (a, b), (x, y) in zip(cleaned, pairs, strict=True)
            )
            pairs = cleaned
        full = [pair for pair in pairs if pair[0].strip() and pair[1].strip()]
        self.report["empty"] += len(pairs) - len(full)
        keep = np.ones(len(full), dtype=bool)
        for side in (0, 1):
            if len(self.test[side]):
                keep &= ~contains(self.test[side], _hashes(pair[side] for pair in full))
        self.report["in_test"] += int((~keep).sum())
        if self.hygiene.deduplicate:
            new = self.seen.add(_hashes(f"{a}\t{b}" for a, b in full))
            self.report["duplicate"] += int((keep & ~new).sum())
            keep &= new
        return [pair for pair, kept in zip(full, keep, strict=True) if kept]

    def lengths(self, src: np.ndarray, tgt: np.ndarray) -> np.ndarray:
        """토큰 수를 보고 알 수 있는 것: 너무 긴 쌍, 길이가 맞지 않는 쌍. 모양 (N,)."""
        long, short = np.maximum(src, tgt), np.minimum(src, tgt)
        too_long = long > self.hygiene.max_tokens
        bad_ratio = ~too_long & (long > self.hygiene.max_ratio * short + self.hygiene.ratio_slack)
        self.report["too_long"] += int(too_long.sum())
        self.report["bad_ratio"] += int(bad_ratio.sum())
        keep = ~(too_long | bad_ratio)
        self.report["kept"] += int(keep.sum())
        return keep
