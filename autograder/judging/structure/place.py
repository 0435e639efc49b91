"""구조: 어느 자리에서만 맞거나 틀려요. 첫 자리와 끝자리, 대각선, 마스크가 가린 자리, 값의 부호로 나눠 봐요."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.judging.comparison import excess
from autograder.judging.structure.evidence import MAX_ELEMENTS, Evidence, Observation, Pair, spreads
from autograder.wording import josa


@dataclass(frozen=True)
class Region:
    """출력의 자리들과 그 이름. `inside`에서만 틀리면 `look`, 거기서만 맞으면 `other`를 봐요(없으면 말하지 않아요).

    `wide`가 거짓이면 축이 짧아, 어긋나지 않는지만 보고 이야기의 근거로 삼지 않아요.
    축의 끝이라면 `axis`가 그 축이고, `first`는 첫 자리인지예요.
    """

    name: str
    inside: Tensor
    look: str
    other: str
    wide: bool = True
    axis: int | None = None
    first: bool = True


_FROM_ZERO = "처음 값을 따로 다루는 줄과, 반복문이 어디서 시작하는지 봐요."
_TO_END = "반복문과 자르는 범위가 끝까지 가는지, 마지막 것을 따로 다루는지 봐요."
_AFTER_FIRST = "둘째 자리를 손으로 따라가 봐요. 앞 자리의 값이 남아 쌓이거나, 자리마다 달라야 할 것이 그대로인지 봐요."
_BEFORE_LAST = "마지막 바로 앞의 자리를 손으로 따라가 봐요. 끝에서부터 세는지, 뒤의 것이 빠지거나 더 들어가는지 봐요."
_MASK_LOOK = "마스크를 거는 줄을 봐요. 가려진 자리에 무엇을 넣는지, softmax의 앞인지 뒤인지 확인해요."
_SEEN_LOOK = "가려진 자리를 뺀 나머지로만 다시 나누는지, 마스크 말고 다른 곳에서 값이 달라지는지 봐요."


def place(evidence: Evidence) -> Observation | None:
    """어긋난 쌍마다 같은 자리에서만 틀리거나 맞으면 그 이야기예요.

    무시하는 자리가 있는 사례도 먼저 온 텐서로 봐요. 그 자리는 다른 그룹이 보는 곳일 때가 많아요.
    """
    for whole in (True, False):
        found = [_true_of(evidence, pair, whole) for pair in evidence.pairs]
        kept = [true for true in found if true is not None]
        if not kept or len(kept) < len(found):
            return None
        # 뻔하게 참인 쌍(그 자리뿐인 사례)만 있어서는 안 돼요.
        names = [name for name in kept[0] if all(name in true for true in kept)]
        names = [name for name in names if any(true[name].telling for true in kept)]
        if names:
            return _said(evidence, kept[0][names[0]].region, names[0][1])
    return None


def _said(evidence: Evidence, region: Region, only_wrong: bool) -> Observation:
    if only_wrong:
        why = f"{region.name}에서만 틀려요. 나머지 자리는 모두 맞아요."
        return Observation("only-wrong-at", why, region.look)
    look = region.other
    if region.axis is not None and all(_repeats(pair, region) for pair in evidence.pairs):
        look = "그 자리의 것을 모든 자리에 쓰고 있지 않은지 봐요."
    return Observation("only-right-at", f"{region.name}만 맞고, 나머지 자리는 거의 다 틀려요.", look)


def _repeats(pair: Pair, region: Region) -> bool:
    """그 자리의 값이 축을 따라 정말로 되풀이되는지."""
    numbers, axis = pair.numbers, region.axis
    if numbers is None or axis is None or not bool(numbers.got.isfinite().all()):
        return False
    first = numbers.got.narrow(axis, 0 if region.first else numbers.got.size(axis) - 1, 1)
    return numbers.near(first.expand_as(numbers.got), numbers.got)


@dataclass(frozen=True)
class _True:
    region: Region
    telling: bool


def _true_of(evidence: Evidence, pair: Pair, whole: bool) -> dict[tuple[str, bool], _True] | None:
    """그 자리에서만 틀리거나(True) 거기서만 맞는(False) 자리들. `telling`은 안과 밖이 모두 있는지예요."""
    wrong, seen = _wrong(pair, whole), None
    if wrong is None:
        return None
    seen = torch.ones_like(wrong) if whole or pair.ignore is None else ~pair.ignore.expand_as(wrong)
    found: dict[tuple[str, bool], _True] = {}
    for region in _regions(evidence, pair):
        inside, outside = region.inside & seen, ~region.inside & seen
        telling = region.wide and wrong.numel() >= 4 and bool(inside.any()) and bool(outside.any())
        if not bool((wrong & outside).any()) and _mostly(wrong, inside, 0.6):
            found.setdefault((region.name, True), _True(region, telling))
        if region.other and not bool((wrong & inside).any()) and _mostly(wrong, outside, 0.9):
            found.setdefault((region.name, False), _True(region, telling))
    return found


def _wrong(pair: Pair, whole: bool) -> Tensor | None:
    expected, got, numbers = pair.expected, pair.got, pair.numbers
    if numbers is not None:
        if not numbers.expected.dim():
            return None
        return excess(numbers.expected, numbers.got, numbers.atol, numbers.rtol) > 1 if whole else numbers.wrong
    if not isinstance(expected, Tensor) or not isinstance(got, Tensor) or expected.dtype != torch.bool:
        return None
    if got.dtype != torch.bool or got.shape != expected.shape or not 1 <= expected.numel() <= MAX_ELEMENTS:
        return None
    wrong = expected != got
    return wrong if whole or pair.ignore is None else wrong & ~pair.ignore.expand_as(wrong)


def _mostly(wrong: Tensor, where: Tensor, share: float) -> bool:
    """그 자리들이 대부분 틀렸는지. 몇 개만 틀렸다면 자리의 이야기가 아니에요."""
    return int((wrong & where).sum()) >= max(1, share * int(where.sum()))


def _regions(evidence: Evidence, pair: Pair) -> Iterator[Region]:
    shape = tuple(pair.numbers.expected.shape if pair.numbers else pair.expected.shape)
    yield from _from_arguments(evidence, pair, shape)
    yield from _diagonals(shape)
    yield from _ends(shape)
    yield from _parities(shape)
    if isinstance(pair.expected, Tensor) and pair.expected.dtype != torch.bool:
        yield from _by_value(pair.expected)


def _from_arguments(evidence: Evidence, pair: Pair, shape: tuple[int, ...]) -> Iterator[Region]:
    named = dict(evidence.named(pair.call))
    for name, value in named.items():
        if not isinstance(value, Tensor) or value.numel() > MAX_ELEMENTS:
            continue
        if value.dtype == torch.bool:
            yield from _from_mask(name, value, shape)
        elif value.is_floating_point() and tuple(value.shape) == shape:
            look = f"{josa(f'`{name}`', '이/가')} 음수일 때와 아닐 때를 나눠 작은 수로 따라가 봐요."
            yield Region(f"`{name}`의 값이 음수인 자리", value < 0, look, look)
        pad = next((named[key] for key in ("pad_id", "pad") if isinstance(named.get(key), int)), None)
        if pad is not None and value.dtype == torch.int64:
            inside = _onto(value == pad, shape)
            if inside is not None:
                look = "패딩 토큰을 찾는 비교와, 그 결과를 어느 축에 거는지 봐요."
                yield Region(f"`{name}`의 패딩 자리", inside, look, look)


def _from_mask(name: str, mask: Tensor, shape: tuple[int, ...]) -> Iterator[Region]:
    who = josa(f"`{name}`", "이/가")
    whole = mask.expand(shape) if spreads(mask.shape, shape) else None
    rows = (~mask).all(dim=-1, keepdim=True) if mask.dim() and mask.size(-1) > 1 else None
    if rows is not None and spreads(rows.shape, shape):
        rows = rows.expand(shape)
        look = "모두 가려진 줄에서는 나눌 것이 하나도 없어요. 그 줄의 값을 독스트링이 어떻게 정했는지 봐요."
        yield Region(f"{who} 모두 가린 줄", rows, look, look)
    if whole is not None:
        yield Region(f"{who} 가린 자리", ~whole, _MASK_LOOK, _SEEN_LOOK)
    elif (inside := _onto(~mask, shape)) is not None:
        yield Region(f"{who} 가린 자리", inside, _MASK_LOOK, _SEEN_LOOK)


def _onto(flags: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """(B, T)의 표시를 출력의 앞 두 축(B, T, ...)이나 앞뒤 축(B, ..., T)에 맞춰 펼쳐요. 맞지 않으면 None이에요."""
    if flags.dim() > 2:
        flags = flags.reshape(flags.size(0), -1) if flags.numel() == flags.size(0) * flags.size(-1) else flags
    if flags.dim() != 2 or len(shape) < 2 or flags.size(0) != shape[0]:
        return None
    if flags.size(1) == shape[1]:
        return flags.reshape(*flags.shape, *[1] * (len(shape) - 2)).expand(shape)
    if flags.size(1) == shape[-1]:
        return flags.reshape(flags.size(0), *[1] * (len(shape) - 2), flags.size(1)).expand(shape)
    return None


def _diagonals(shape: tuple[int, ...]) -> Iterator[Region]:
    if len(shape) < 2:
        return
    ones = torch.ones(shape[-2:], dtype=torch.bool)
    look = "`tril`과 `triu`의 `diagonal`, 비교의 등호(`<`와 `<=`)를 봐요."
    for name, part in (
        ("마지막 두 축의 대각선", ones.tril().triu()),
        ("마지막 두 축의 대각선 위쪽", ones.triu(1)),
        ("마지막 두 축의 대각선 아래쪽", ones.tril(-1)),
        ("마지막 두 축의 대각선 바로 위", ones.triu(1).tril(1)),
        ("마지막 두 축의 대각선 바로 아래", ones.tril(-1).triu(-1)),
    ):
        yield Region(name, part.expand(shape), look, look, min(shape[-2:]) >= 3)


def _ends(shape: tuple[int, ...]) -> Iterator[Region]:
    middle = "`[: ... // 2]`처럼 반으로 나누는 곳을 봐요."
    for axis in range(-1, -len(shape) - 1, -1):
        at, size, of = _along(shape, axis), shape[axis], f"dim={axis}의"
        yield Region(f"{of} 첫 자리", at == 0, _FROM_ZERO, _AFTER_FIRST, size >= 3, axis, True)
        yield Region(f"{of} 마지막 자리", at == size - 1, _TO_END, _BEFORE_LAST, size >= 3, axis, False)
        yield Region(f"{of} 앞쪽 절반", at < size // 2, middle, middle, size >= 4 and size % 2 == 0)


def _parities(shape: tuple[int, ...]) -> Iterator[Region]:
    look = "`[..., 0::2]`와 `[..., 1::2]`에 각각 무엇을 넣는지, 지수와 각도가 같은지 봐요."
    odd = _along(shape, -1) % 2 == 1
    yield Region("dim=-1의 홀수 번째 자리(0부터 셀 때)", odd, look, look, shape[-1] >= 4)


def _along(shape: tuple[int, ...], axis: int) -> Tensor:
    """자리마다 그 축의 번호."""
    sizes = [1] * len(shape)
    sizes[axis] = shape[axis]
    return torch.arange(shape[axis]).reshape(sizes).expand(shape)


def _by_value(expected: Tensor) -> Iterator[Region]:
    look = "부호에 따라 갈리는 계산(`abs`, `clamp`, `relu`, `sqrt`)을 봐요."
    yield Region("기대한 값이 음수인 자리", expected < 0, look, look)
    zero = "0이어야 하는 자리를 무엇으로 정하는지(마스크, 비교, `clamp`) 봐요."
    yield Region("기대한 값이 0인 자리", expected == 0, zero, "")
