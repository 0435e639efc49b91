"""데이터의 시험들이 함께 쓰는 지어낸 문장 쌍."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reference.data.corpus import generate

PAIRS = list(generate(3000, seed=5))


def write_tsv(path: Path, pairs: Iterable[tuple[str, str]]) -> Path:
    """한 줄에 '원문 TAB 번역문'으로 적고 경로를 돌려줘요."""
    path.write_bytes("".join(f"{a}\t{b}\n" for a, b in pairs).encode())
    return path
