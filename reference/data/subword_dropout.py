"""서브워드 드롭아웃: 에폭마다 같은 글을 다른 조각으로 잘라요 (Provilkov 외 2020, BPE-Dropout).

BPE가 조각을 붙일 때마다 붙일 수 있는 쌍을 확률 p로 건너뛰어요. 모델은 같은 단어의 여러 조각을 보므로 적은 데이터를 덜 외워요.
원문의 단어마다 다시 자르지 않고 사전의 토큰마다 다시 잘라요. 자주 나오는 단어는 토큰 하나라서 논문과 같고, 드문 단어에서는 원래의
경계를 넘는 조각이 나오지 않아요. 그 대신 사전만 보면 되므로 토크나이저를 다시 돌리지 않고, 토큰으로 바꿔 둔 데이터를 그대로 써요.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from reference.data.dataset import PairDataset
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError

DRAWS = 64  # 토큰마다 미리 뽑아 두는 조각의 수. 에폭마다 그 가운데 하나를 골라요.

Merges = dict[tuple[int, int], int]


def split_token(
    token: int, parts: dict[int, tuple[int, int]], merges: Merges, p: float, draw: random.Random
) -> list[int]:
    """토큰 하나를 바이트로 풀어 다시 붙여요. 붙일 수 있는 쌍마다 확률 p로 건너뛰고, 남은 쌍 가운데 먼저 배운 것을 붙여요.

    merges는 (왼쪽, 오른쪽) → 붙인 토큰이고 먼저 배운 쌍의 토큰 번호가 더 작아요. parts는 그 반대예요.
    """
    pieces = [token]
    while any(piece in parts for piece in pieces):
        pieces = [part for piece in pieces for part in parts.get(piece, (piece,))]
    while len(pieces) > 1:
        open_pairs = [
            (merges[pair], place)
            for place, pair in enumerate(zip(pieces, pieces[1:], strict=False))
            if pair in merges and draw.random() >= p
        ]
        if not open_pairs:
            break
        merged, place = min(open_pairs)
        pieces[place : place + 2] = [merged]
    return pieces


def epochs(dataset: PairDataset, tokenizer: Tokenizer, p: float, seed: int, limit: int) -> Callable[[int], PairDataset]:
    """에폭의 번호를 주면 그 에폭에 배울 데이터를 돌려주는 함수예요. p가 0이면 언제나 처음 데이터예요."""
    return SubwordDropout(dataset, tokenizer, p, seed, limit).epoch if p else lambda epoch: dataset


class SubwordDropout:
    """데이터 하나를 에폭마다 다르게 자른 데이터로 바꿔 줘요. 같은 (시드, 에폭)은 언제나 같은 조각이에요.

    p는 쌍 하나를 건너뛸 확률이에요. limit 토큰보다 길어진 쌍은 그 에폭에 원래대로 둬요. BPE가 아니면 UserError예요.
    """

    def __init__(self, dataset: PairDataset, tokenizer: Tokenizer, p: float, seed: int, limit: int) -> None:
        if tokenizer.kind != "bpe":
            raise UserError("서브워드 드롭아웃은 BPE에만 있어요. --tokenizer bpe와 함께 쓰거나 0으로 꺼 주세요.")
        self.dataset, self.seed, self.limit = dataset, seed, limit
        merges = tokenizer.merges()
        parts = {merged: pair for pair, merged in merges.items()}
        draw = random.Random(seed)
        # 토큰마다 DRAWS + 1줄이고, 첫 줄은 자르지 않은 토큰 하나예요.
        rows = [
            row
            for token in range(tokenizer.vocab_size)
            for row in ([token], *(split_token(token, parts, merges, p, draw) for _ in range(DRAWS)))
        ]
        self.lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.pieces = np.fromiter((piece for row in rows for piece in row), dataset.src_ids.dtype)

    def epoch(self, epoch: int) -> PairDataset:
        """이 에폭에 쓸 데이터예요. 문장의 차례는 그대로이고 토큰만 달라져요."""
        generator = np.random.default_rng([self.seed, epoch, 1])
        data = self.dataset
        sides = [(data.src_ids, data.src_offsets), (data.tgt_ids, data.tgt_offsets)]
        rows = [ids.astype(np.int64) * (DRAWS + 1) + generator.integers(1, DRAWS + 1, len(ids)) for ids, _ in sides]
        longer = [self._offsets(row, offsets) for row, (_, offsets) in zip(rows, sides, strict=True)]
        too_long = np.maximum(*(np.diff(offsets) for offsets in longer)) > self.limit
        (src, src_offsets), (tgt, tgt_offsets) = (
            self._cut(row, offsets, too_long) for row, (_, offsets) in zip(rows, sides, strict=True)
        )
        return PairDataset(src, tgt, src_offsets, tgt_offsets, data.report)

    def _offsets(self, rows: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        ends = np.concatenate([[0], np.cumsum(self.lengths[rows])])
        return ends[offsets]

    def _cut(self, rows: np.ndarray, offsets: np.ndarray, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """고른 줄들을 이어 붙인 토큰과 문장의 시작 위치예요. keep이 참인 문장은 자르지 않아요."""
        keep = np.repeat(keep, np.diff(offsets))
        rows = np.where(keep, rows - rows % (DRAWS + 1), rows)
        lengths = self.lengths[rows]
        shift = self.starts[rows] - (np.cumsum(lengths) - lengths)
        places = np.repeat(shift, lengths) + np.arange(lengths.sum())
        return self.pieces[places], self._offsets(rows, offsets)
