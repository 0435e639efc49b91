"""번갈아 재기: 같은 바퀴끼리 견주는지 봐요."""

from __future__ import annotations

from reference.tools import benchmark_timing


def test_ratio_pairs_the_rounds():
    assert benchmark_timing.ratio([2.0, 9.0, 4.0], [1.0, 3.0, 2.0]) == 2.0
