"""학습률 일정: 논문의 식과 손으로 센 값을 지나는지 봐요."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reference import schedule


def test_noam_schedule():
    rates = [schedule.noam_lr(step, 512, 4000) for step in range(12_000)]
    assert max(range(12_000), key=rates.__getitem__) == 4000
    assert rates[0] == rates[1] == pytest.approx(512**-0.5 * 4000**-1.5)
    assert rates[4000] == pytest.approx(0.00069877, rel=1e-4)
    for bad in [(-1, 512, 4000), (1, 0, 4000), (1, 512, 0)]:
        with pytest.raises(ValueError):
            schedule.noam_lr(*bad)


def test_cosine_schedule():
    rate = [schedule.cosine_lr(step, 1e-3, 10, 110, floor=1e-5) for step in range(130)]
    assert rate[0] == rate[1] == pytest.approx(1e-4) and rate[10] == pytest.approx(1e-3)
    assert rate[60] == pytest.approx((1e-3 + 1e-5) / 2) and rate[110] == rate[129] == pytest.approx(1e-5)
    assert all(a >= b for a, b in pairwise(rate[10:]))
    with pytest.raises(ValueError):
        schedule.cosine_lr(1, 1e-3, 10, 10)
