"""구조: 값은 모두 맞는데 형, dtype, 모양, 튜플의 짜임만 달라요."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.judging.comparison import excess, tolerance
from autograder.judging.structure.evidence import MAX_ITEMS, Evidence, Observation, Pair, as_numbers, once, same
from autograder.judging.value_text import dtype_name, type_name
from autograder.wording import josa

_RIGHT = "값은 모두 맞아요."
_HIDDEN = -1e4  # 더하는 마스크에서 가릴 자리에 넣는 수는 이보다 작아요.


def form(evidence: Evidence) -> Observation | None:
    """어긋난 값마다 같은 이야기가 참이면 그 이야기예요. 튜플의 짜임은 통째로 봐요."""
    for pairs, ways in ((evidence.wholes, _WHOLE), (evidence.pairs, _PART)):
        for way in ways:
            found = once([way(pair) for pair in pairs])
            if isinstance(found, Observation):
                return found
    return None


def _tuple_order(pair: Pair) -> Observation | None:
    e, g = pair.expected, pair.got
    if not isinstance(e, tuple) or not isinstance(g, tuple) or len(e) != len(g) or not 2 <= len(e) <= 4:
        return None
    rest = list(range(len(g)))
    for item in e:
        at = next((i for i in rest if same(pair.case, item, g[i])), None)
        if at is None:
            return None
        rest.remove(at)
    return Observation(
        "tuple-order", "값은 모두 나왔는데 튜플에 담긴 차례가 달라요.", "독스트링이 돌려주는 값을 적은 차례를 봐요."
    )


def _only_one(pair: Pair) -> Observation | None:
    e, g = pair.expected, pair.got
    if isinstance(e, tuple) and not isinstance(g, tuple) and 2 <= len(e) <= 4:
        at = next((i for i, item in enumerate(e) if not _plain(item) and same(pair.case, item, g)), None)
        if at is not None:
            why = f"튜플의 {at}번째 값만 돌려줬어요. 그 값은 맞아요."
            return Observation("tuple-part", why, f"값 {len(e)}개를 쉼표로 이어 돌려줘요.")
    if isinstance(g, tuple | list) and 1 <= len(g) <= 3 and not isinstance(e, tuple | list | bool):
        at = next((i for i, item in enumerate(g) if same(pair.case, e, item)), None)
        if at is not None:
            kind = "튜플" if isinstance(g, tuple) else "목록"
            why = f"돌려준 {kind}의 {at}번째가 기대한 값이에요. 나머지까지 함께 돌려줬어요."
            return Observation("wrapped", why, "기대한 값 하나만 돌려줘요. 쉼표나 대괄호가 붙지 않았는지 봐요.")
    return None


def _plain(value: Any) -> bool:
    """우연히 겹치기 쉬운 값: 짧은 글, 작은 수."""
    return not isinstance(value, Tensor | list | dict)


def _dtype(pair: Pair) -> Observation | None:
    e, g = pair.expected, pair.got
    if (
        not isinstance(e, Tensor)
        or not isinstance(g, Tensor)
        or e.dtype == g.dtype
        or e.shape != g.shape
        or not e.numel()
    ):
        return None
    if g.is_complex():
        return None
    if e.dtype == torch.bool:
        return _mask_form(e, g.to(torch.float64))
    if not _near(pair, g):
        return None
    wanted, came = josa(dtype_name(e), "이어야/여야"), josa(dtype_name(g), "이에요/예요")
    why = f"{_RIGHT} dtype만 {wanted} 하는데 {came}."
    return Observation("only-dtype", why, "값을 만드는 텐서나 나누는 수의 dtype을 따라가며, 어디에서 바뀌는지 봐요.")


def _mask_form(expected: Tensor, got: Tensor) -> Observation | None:
    if bool(expected.all()) or not bool(expected.any()):
        return None
    look = "비교(`==`, `!=`, `<=`)의 결과를 그대로 돌려주거나 `.bool()`로 바꿔요."
    if torch.equal(expected.double(), got):
        return Observation("only-dtype", f"{_RIGHT} True와 False가 아니라 1과 0으로 돌려줬어요.", look)
    if torch.equal((~expected).double(), got):
        return Observation("mask-opposite", "1과 0으로 돌려줬고, 보이는 자리와 가릴 자리도 서로 반대예요.", look)
    for visible, why in (
        (expected, "보이는 자리가 0, 가릴 자리가 -inf인 더하는 마스크예요."),
        (~expected, "더하는 마스크인데 보이는 자리와 가릴 자리까지 반대예요."),
    ):
        if bool((got[visible] == 0).all()) and bool((got[~visible] <= _HIDDEN).all()):
            look = "이 코스의 마스크는 더하지 않아요. True가 보이는 자리인 불(bool) 텐서를 돌려줘요."
            return Observation("additive-mask", f"{why} 불(bool) 마스크를 돌려줘야 해요.", look)
    return None


def _shape(pair: Pair) -> Observation | None:
    e, g = pair.expected, pair.got
    if not isinstance(e, Tensor) or not isinstance(g, Tensor) or g.is_complex() or e.shape == g.shape or not e.numel():
        return None
    if g.numel() == e.numel() and _near(pair, g.reshape(e.shape)) and (e.numel() == 1 or e.unique().numel() > 1):
        if [s for s in g.shape if s != 1] == [s for s in e.shape if s != 1]:
            if g.dim() > e.dim():
                look = "`unsqueeze`, `None`, `keepdim=True`로 늘린 축과 `reshape`의 크기를 봐요."
                return Observation("extra-axis", f"{_RIGHT} 크기가 1인 축이 더 있어요.", look)
            look = "`squeeze`나 번호로 고르기(`x[0]`), `sum`과 `mean`이 축을 없애요. `keepdim`과 `unsqueeze`를 봐요."
            if g.dim() < e.dim():
                return Observation("missing-axis", f"{_RIGHT} 크기가 1인 축이 없어졌어요.", look)
            return Observation("moved-axis", f"{_RIGHT} 크기가 1인 축의 자리가 달라요.", "`unsqueeze`의 번호를 봐요.")
        why = "값과 늘어선 차례는 모두 맞고, 축을 묶거나 나눈 모양만 달라요."
        return Observation("only-shape", why, "마지막에 `reshape`나 `view`로 맞출 모양을 봐요.")
    if g.numel() < e.numel() and g.numel() > 1 and _spreads(pair, g):
        why = "값은 맞는데, 똑같이 되풀이될 축이 하나로 줄어 있어요."
        return Observation(
            "not-expanded", why, "축마다의 크기를 기대한 모양과 견주고, `expand`나 더하기로 펼쳐지는 곳을 봐요."
        )
    return None


def _spreads(pair: Pair, got: Tensor) -> bool:
    try:
        return _near(pair, got.expand(pair.expected.shape))
    except RuntimeError:
        return False


def _near(pair: Pair, got: Tensor) -> bool:
    e = pair.expected
    if not isinstance(e, Tensor):
        e = torch.tensor(e, dtype=torch.float64)
    limits = tolerance(pair.case, e.dtype if e.is_floating_point() else None)
    if got.is_floating_point() and got.dtype in (torch.float16, torch.bfloat16):
        limits = tolerance(pair.case, got.dtype)
    return not bool((excess(e, got, *limits) > 1).any())


def _type(pair: Pair) -> Observation | None:
    """수와 글은 모두 맞는데 담은 형만 달라요."""
    e, g = pair.expected, pair.got
    if type(e) is type(g):
        if not isinstance(e, list | tuple) or not _same_inside(pair):
            return None
        look = "안에 든 것을 독스트링이 적은 형으로 바꿔요. 텐서라면 `.item()`이 파이썬 수를 꺼내요."
        return Observation("only-type", f"{_RIGHT} 안에 든 것의 형만 달라요.", look)
    if isinstance(e, Tensor) and isinstance(g, list | tuple) and (found := _unstacked(pair)):
        return found
    if not _same_value(pair):
        return None
    look = _HOW.get((type(e), type(g)), "독스트링이 약속한 형으로 바꿔 돌려줘요.")
    why = f"{_RIGHT} {josa(type_name(e), '이어야/여야')} 하는데 {josa(type_name(g), '이에요/예요')}. 형만 바꾸면 돼요."
    return Observation("only-type", why, look)


def _unstacked(pair: Pair) -> Observation | None:
    """한 축을 따라 쌓으면 기대한 텐서가 되는 텐서들."""
    e, g = pair.expected, pair.got
    if not 1 <= len(g) <= MAX_ITEMS or not all(isinstance(item, Tensor) and item.shape == g[0].shape for item in g):
        return None
    for axis in range(e.dim()):
        stacked = torch.stack([item.to(torch.float64) for item in g], dim=axis) if g[0].dim() == e.dim() - 1 else None
        if stacked is not None and stacked.shape == e.shape and _near(pair, stacked):
            why = f"{_RIGHT} 텐서 하나가 아니라 텐서들의 목록을 돌려줬어요."
            return Observation("not-stacked", why, "모은 목록을 마지막에 `torch.stack`으로 쌓아요. 쌓는 축도 확인해요.")
    return None


def _same_value(pair: Pair) -> bool:
    e, g = pair.expected, pair.got
    one = g.item() if isinstance(g, Tensor) and g.numel() == 1 and not g.is_complex() else g
    if isinstance(e, str) and isinstance(g, bytes):
        return len(g) <= 4 * MAX_ITEMS and e != "" and g.decode(errors="replace") == e
    if isinstance(e, bool | str) or e is None:
        return isinstance(e, bool) and isinstance(g, Tensor) and isinstance(one, bool) and one == e
    if isinstance(e, int | float):
        if isinstance(one, bool) or not isinstance(one, int | float):
            return False
        return one == e if isinstance(e, int) else same(pair.case, e, one)
    if isinstance(e, list | tuple) and isinstance(g, list | tuple):
        return _same_inside(pair)
    if isinstance(e, list | tuple) and not e:
        return isinstance(g, Tensor) and not g.numel()
    if isinstance(e, dict):
        return isinstance(g, list) and len(g) == len(e) <= MAX_ITEMS and list(e.items()) == g
    numbers, others = as_numbers(e), as_numbers(g)
    return numbers is not None and others is not None and others.shape == numbers.shape and _near(pair, others)


def _same_inside(pair: Pair) -> bool:
    """안에 든 목록과 튜플, 수와 원소 하나인 텐서를 가리지 않으면 같은지."""
    e, g = pair.expected, pair.got
    return len(e) == len(g) <= MAX_ITEMS and same(pair.case, _lists(e), _lists(g))


def _lists(value: Any, depth: int = 0) -> Any:
    if isinstance(value, Tensor) and not value.dim() and not value.is_complex():
        return value.item()
    if not isinstance(value, list | tuple) or depth > 3 or len(value) > MAX_ITEMS:
        return value
    return [_lists(item, depth + 1) for item in value]


_HOW: dict[tuple[type, type], str] = {
    (int, float): "개수는 정수예요. `/`는 늘 실수를 내요. 나누어떨어지는 곳이라면 `//`를 써요.",
    (int, Tensor): "원소가 하나인 텐서에서는 `.item()`으로 파이썬 수를 꺼내요.",
    (float, Tensor): "원소가 하나인 텐서에서는 `.item()`으로 파이썬 수를 꺼내요.",
    (bool, Tensor): "텐서 하나로 판단했다면 `bool(...)`이나 `.item()`으로 True나 False를 돌려줘요.",
    (Tensor, list): "`torch.tensor(...)`로 바꾸거나, 중간에 `.tolist()`와 `.item()`으로 꺼낸 곳을 지워요.",
    (Tensor, float): "`.item()`이나 `float(...)`로 꺼낸 곳을 지우고 텐서 그대로 돌려줘요.",
    (list, Tensor): "`.tolist()`로 파이썬 목록을 꺼내요.",
    (list, tuple): "`list(...)`로 바꾸거나 처음부터 대괄호로 모아요.",
    (tuple, list): "`tuple(...)`로 바꿔요.",
    (str, bytes): "바이트를 글로 바꾸는 `.decode(...)`를 봐요.",
}
_WHOLE: tuple[Callable[[Pair], Observation | None], ...] = (_tuple_order, _only_one)
_PART: tuple[Callable[[Pair], Observation | None], ...] = (_dtype, _shape, _type)
