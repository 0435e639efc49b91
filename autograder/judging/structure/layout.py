"""구조: 값들은 맞는데 놓인 자리가 달라요. 축이 바뀌거나, 뒤집히거나, 한 자리 밀렸어요."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor

from autograder.judging.comparison import excess, tolerance
from autograder.judging.structure.evidence import MAX_ELEMENTS, Evidence, Observation, Pair, once
from autograder.wording import josa

_LOOK_AXES = "`transpose`, `permute`, `@`의 앞뒤를 줄마다 모양과 함께 적어 봐요."
_LOOK_MIXED = "`view`와 `reshape`는 값을 놓인 차례대로 다시 끊을 뿐이에요. 축을 바꾸는 `transpose`나 `permute`를 먼저 했는지, 전치된 것은 아닌지 봐요."


def layout(evidence: Evidence) -> Observation | None:
    """어긋난 쌍마다 같은 이야기가 참이면 그 이야기예요."""
    pairs = [pair for pair in evidence.pairs if _readable(pair)]
    if not pairs or len(pairs) < len(evidence.pairs):
        return None
    return next((found for way in _WAYS if (found := once([way(pair) for pair in pairs]))), None)


def _readable(pair: Pair) -> bool:
    return (
        isinstance(pair.expected, Tensor)
        and isinstance(pair.got, Tensor)
        and pair.expected.dtype == pair.got.dtype
        and 1 < pair.expected.numel() <= MAX_ELEMENTS
        and 0 < pair.got.numel() <= MAX_ELEMENTS
        and pair.got.dim() <= 5
    )


def _equal(pair: Pair, expected: Tensor, got: Tensor) -> bool:
    """모양까지 같고, 여러 값이 섞여 있어 우연이 아닌지."""
    if expected.shape != got.shape or bool((excess(expected, got, *tolerance(pair.case, expected.dtype)) > 1).any()):
        return False
    return expected.unique().numel() >= (2 if expected.dtype == torch.bool else min(4, expected.numel()))


def _axes(pair: Pair) -> Observation | None:
    expected = pair.expected
    if pair.got.dim() != expected.dim() or not 2 <= expected.dim() <= 5:
        return None
    if sorted(pair.got.shape) != sorted(expected.shape):
        return None
    for order in permutations(range(expected.dim())):
        moved = [axis for axis, old in enumerate(order) if axis != old]
        if moved and _equal(pair, expected.permute(order), pair.got):
            if len(moved) == 2:
                one, other = (axis - expected.dim() for axis in moved)
                why = f"값들은 맞는데 두 축(dim={one}, dim={other})이 맞바뀌어 있어요."
                return Observation("axes-exchanged", why, _LOOK_AXES)
            return Observation("axes-reordered", "값들은 맞는데 축의 차례가 달라요.", _LOOK_AXES)
    return None


def _flipped(pair: Pair) -> Observation | None:
    for axis in range(-1, -pair.expected.dim() - 1, -1):
        if _equal(pair, pair.expected.flip(axis), pair.got):
            why = f"값들은 맞는데 {_of(axis)} 따라 순서가 거꾸로예요."
            return Observation("flipped", why, "앞에서부터인지 뒤에서부터인지, 모으는 차례를 봐요.")
    return None


def _shifted(pair: Pair) -> Observation | None:
    if pair.got.shape != pair.expected.shape:
        return None
    for axis in range(-1, -pair.expected.dim() - 1, -1):
        size = pair.expected.size(axis)
        if size < 3:
            continue
        for step, way in ((1, "뒤로"), (-1, "앞으로")):
            kept = pair.expected.narrow(axis, max(0, -step), size - 1)
            came = pair.got.narrow(axis, max(0, step), size - 1)
            if _equal(pair, kept, came):
                why = f"값이 {_of(axis)} 따라 한 자리씩 {way} 밀려 있어요."
                return Observation(
                    "shifted", why, "자리를 0부터 세는지 1부터 세는지, 자르는 `[1:]`와 `[:-1]`의 위치를 봐요."
                )
    return None


def _longer(pair: Pair) -> Observation | None:
    """한 축의 길이만 다르고, 겹치는 곳은 맞아요."""
    expected, got = pair.expected, pair.got
    if got.dim() != expected.dim():
        return None
    axes = [axis for axis in range(-1, -got.dim() - 1, -1) if got.size(axis) != expected.size(axis)]
    if len(axes) != 1:
        return None
    axis = axes[0]
    long, short = (got, expected) if got.size(axis) > expected.size(axis) else (expected, got)
    size = short.size(axis)
    for start, place in ((0, "뒤"), (long.size(axis) - size, "앞")):
        if size and _equal(pair, long.narrow(axis, start, size), short):
            more = f"{place}쪽으로 더 길어요" if long is got else f"{place}쪽이 모자라요"
            why = f"나머지는 모두 맞고, {_of(axis)} 따라 {more}."
            look = "그 축의 길이를 정하는 곳을 봐요: 어디서 잘랐는지, 무엇을 이어 붙였는지, 반복이 어디서 끝나는지."
            return Observation("longer" if long is got else "shorter", why, look)
    return None


def _reshaped(pair: Pair) -> Observation | None:
    """축의 차례를 바꾼 다음 묶어야 할 값을 그대로 다시 끊었거나, 그 반대예요."""
    expected, got = pair.expected, pair.got
    if got.shape != expected.shape or not expected.is_floating_point():
        return None
    if _sorted_equal(pair) and expected.unique().numel() >= 6:
        return Observation("places-mixed", "값들은 빠짐없이 나왔는데 놓인 자리가 섞여 있어요.", _LOOK_MIXED)
    return None


def _reordered(pair: Pair) -> Observation | None:
    """한 축을 따라 조각의 순서만 달라요."""
    expected, got = pair.expected, pair.got
    if got.shape != expected.shape or not expected.is_floating_point():
        return None
    for axis in range(-1, -expected.dim() - 1, -1):
        size = expected.size(axis)
        if not 3 <= size <= 64:
            continue
        order = _matching(pair, expected.movedim(axis, 0), got.movedim(axis, 0))
        if order is not None and _equal(pair, expected.index_select(axis, order), got):
            why = f"값들은 맞는데 {_of(axis)} 따라 순서가 바뀌어 있어요."
            return Observation("reordered", why, "그 축을 늘어놓거나 모으는 차례를 봐요.")
    return None


def _matching(pair: Pair, expected: Tensor, got: Tensor) -> Tensor | None:
    """나온 조각마다 기대한 조각의 번호. 하나씩 짝지어지지 않으면 None이에요."""
    flat_got, flat_expected = (side.reshape(len(side), -1).double() for side in (got, expected))
    distance = torch.cdist(flat_got, flat_expected)
    order = distance.argmin(dim=1)
    return order if order.unique().numel() == len(order) else None


def _sorted_equal(pair: Pair) -> bool:
    if not bool(pair.got.isfinite().all()):
        return False
    expected, got = (value.flatten().sort().values for value in (pair.expected, pair.got))
    return _equal(pair, expected, got)


def _opposite(pair: Pair) -> Observation | None:
    if pair.expected.dtype != torch.bool or not _equal(pair, ~pair.expected, pair.got):
        return None
    look = "이 코스의 마스크에서 True는 보이는 자리예요. 비교의 방향과 `~`를 봐요."
    return Observation("mask-opposite", "True와 False가 모두 반대예요.", look)


def _of(axis: int) -> str:
    return josa(f"dim={axis}", "을/를")


_WAYS: tuple[Callable[[Pair], Observation | None], ...] = (
    _opposite,
    _axes,
    _flipped,
    _shifted,
    _longer,
    _reordered,
    _reshaped,
)
