"""n-gram: 바로 앞 몇 글자가 같았던 자리를 세어 다음 글자를 맞혀요. 신경망과 견줄 오래된 방법이에요.

길이를 하나씩 줄여 가며 섞는 Witten-Bell 방법이에요: 그 앞부분 뒤에 나온 글자가 여러 가지였을수록 짧은 쪽을 더 믿어요.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

Context = tuple[Hashable, ...]


class WittenBell:
    """문맥의 목록(짧은 것부터 긴 것까지)에서 다음 것의 확률을 내요. 문맥이 무엇인지는 부르는 쪽이 정해요.

    식: p(x | h) = (c(h, x) + T(h)·p(x | h')) / (c(h) + T(h)). h'는 한 단계 짧은 문맥, T(h)는 h에서 본 것의 가짓수예요.
    맨 아래는 size개에 고른 확률이에요.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._counts: dict[Context, Counter[int]] = defaultdict(Counter)
        self._totals: Counter[Context] = Counter()

    def add(self, contexts: Iterable[Context], token: int) -> None:
        """문맥들에서 token을 한 번 보았다고 적어요."""
        for context in contexts:
            self._counts[context][token] += 1
            self._totals[context] += 1

    def probability(self, contexts: Sequence[Context], token: int) -> float:
        """짧은 문맥부터 차례로 섞은 확률이에요. 보지 못한 문맥은 건너뛰어요."""
        p = 1 / self.size
        for context in contexts:
            if total := self._totals.get(context, 0):
                seen = self._counts[context]
                p = (seen[token] + len(seen) * p) / (total + len(seen))
        return p

    def best(self, contexts: Sequence[Context]) -> int:
        """가장 그럴듯한 것의 번호예요. 문맥들에서 한 번이라도 본 것 가운데에서 골라요."""
        known = {token for context in contexts if context in self._totals for token in self._counts[context]}
        return max(sorted(known), key=lambda token: self.probability(contexts, token))


def left_contexts(ids: Sequence[int], at: int, order: int) -> list[Context]:
    """앞 0개, 1개, ..., order − 1개의 문맥이에요. 글의 시작을 넘지 않아요."""
    return [tuple(ids[at - n : at]) for n in range(min(order, at + 1))]


def ngram(rows: Iterable[Sequence[int]], size: int, order: int) -> WittenBell:
    """글들에서 order-gram을 세요. 글마다 첫 토큰(BOS)은 맞히지 않고 문맥으로만 써요."""
    model = WittenBell(size)
    for ids in rows:
        for at in range(1, len(ids)):
            model.add(left_contexts(ids, at, order), ids[at])
    return model


def ngram_losses(model: WittenBell, ids: Sequence[int], order: int) -> list[float]:
    """첫 토큰을 뺀 자리마다의 −ln p(nat)예요."""
    return [-math.log(model.probability(left_contexts(ids, at, order), ids[at])) for at in range(1, len(ids))]
