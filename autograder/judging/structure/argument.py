"""구조: 나온 값이 인자에서 바로 나와요. 인자 그대로이거나, 그 한 줄이거나, 평균이거나, 인자 하나만큼 달라요."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor

from autograder.judging.structure.evidence import (
    MAX_ELEMENTS,
    Evidence,
    Numbers,
    Observation,
    Pair,
    same,
    spreads,
    weight,
)
from autograder.judging.structure.scale import ENOUGH
from autograder.judging.value_text import readable
from autograder.wording import josa

_LOOK_UNUSED = "계산한 결과를 담은 변수를 돌려주는지, 다른 인자가 계산에 들어가는지 봐요."


def given_back(evidence: Evidence) -> Observation | None:
    """인자 하나가 그대로 나와요."""
    found = {name for pair in evidence.wholes[:1] for name, value in evidence.named(pair.call) if _plenty(value)}
    names = [
        name
        for name in found
        if all(_identical(pair, dict(evidence.named(pair.call)).get(name)) for pair in evidence.wholes)
    ]
    if len(names) != 1:
        return None
    look = "계산한 결과를 담은 변수를 돌려주는지, 계산이 정말 일어나는지 봐요."
    return Observation("argument-returned", f"나온 값이 인자 `{names[0]}` 그대로예요.", look)


def _plenty(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.numel() > 1
        or isinstance(value, list | tuple | dict | str)
        and len(value) > 1
    )


def _identical(pair: Pair, value: Any) -> bool:
    if type(value) is not type(pair.got) or isinstance(value, Tensor) and value.dtype != pair.got.dtype:
        return False
    return same(pair.case, value, pair.got)


def taken_from_argument(evidence: Evidence) -> Observation | None:
    """나온 값이 인자 하나의 어느 줄이거나, 한 축을 따라 모은 것이거나, 일정한 배수예요."""
    if not evidence.clear or weight(evidence) < ENOUGH:
        return None
    kept: dict[str, str] | None = None
    for pair, numbers in evidence.numbers:
        if not bool(numbers.seen.all()) or numbers.distinct(numbers.got) < 2:
            return None
        found = dict(_sources(evidence.named(pair.call), numbers))
        kept = found if kept is None else {words: name for words, name in kept.items() if words in found}
        if not kept:
            return None
    if not kept:
        return None
    words, name = next(iter(kept.items()))
    return Observation(name, f"나온 값이 {words} 같아요.", _LOOK_UNUSED)


def _sources(named: Sequence[tuple[str, Any]], numbers: Numbers) -> Iterator[tuple[str, str]]:
    for name, value in named:
        if not isinstance(value, Tensor) or not value.is_floating_point() or not 1 < value.numel() <= MAX_ELEMENTS:
            continue
        argument = value.double()
        if argument.shape == numbers.got.shape:
            c = float((argument * numbers.got).sum() / (argument * argument).sum().clamp_min(1e-30))
            if 1e-3 < abs(c) < math.inf and numbers.near(argument * c, numbers.got):
                words = f"인자 `{name}`" if abs(c - 1) < 1e-3 else f"인자 `{name}`의 {readable(round(c, 3))}배"
                yield josa(words, "과/와"), "argument-scaled"
        for axis in range(-1, -argument.dim() - 1, -1):
            for words, taken in _along(f"인자 `{name}`", argument, axis):
                if any(numbers.near(shaped, numbers.got) for shaped in _fitted(taken, axis, numbers.got)):
                    yield words, "argument-part"


def _along(who: str, argument: Tensor, axis: int) -> Iterator[tuple[str, Tensor]]:
    if argument.size(axis) < 2:
        return
    along = josa(f"dim={axis}", "을/를")
    yield f"{who}에서 {along} 따라 첫 자리만 고른 것과", argument.select(axis, 0)
    yield f"{who}에서 {along} 따라 마지막 자리만 고른 것과", argument.select(axis, -1)
    yield f"{josa(who, '을/를')} {along} 따라 평균한 것과", argument.mean(axis)
    yield f"{josa(who, '을/를')} {along} 따라 더한 것과", argument.sum(axis)
    yield f"{who}에서 {along} 따라 가장 큰 값을 고른 것과", argument.amax(axis)


def _fitted(taken: Tensor, axis: int, got: Tensor) -> Iterator[Tensor]:
    """모은 값을 나온 값의 모양으로: 그대로이거나, 없앤 축을 되살려 펼쳐요."""
    if taken.shape == got.shape:
        yield taken
        return
    widened = taken.unsqueeze(axis)
    if widened.dim() == got.dim() and all(a in (1, b) for a, b in zip(widened.shape, got.shape, strict=True)):
        yield widened.expand(got.shape)


def argument_term(evidence: Evidence) -> Observation | None:
    """인자 하나를 더하지 않았거나 한 번 더 더했어요. 곱하기도 같아요."""
    if not evidence.clear or weight(evidence) < ENOUGH:
        return None
    ways = (
        ("term-missing", "나온 값에 {}를 더하면 기대한 값과 같아져요.", lambda e, g, a: (e, g + a)),
        ("term-extra", "나온 값에서 {}를 빼면 기대한 값과 같아져요.", lambda e, g, a: (e, g - a)),
        ("factor-missing", "나온 값에 {}를 곱하면 기대한 값과 같아져요.", lambda e, g, a: (e, g * a)),
        ("factor-extra", "기대한 값에 {}를 한 번 더 곱한 것과 같아요.", lambda e, g, a: (e * a, g)),
    )
    for name, words, way in ways:
        names = _names_that(evidence, lambda n, a, way=way: n.near(*way(n.expected, n.got, a)))  # type: ignore[misc]
        if len(names) == 1:
            why = words.replace("{}를", josa(f"`{names[0]}`", "을/를"))
            look = f"식에서 `{names[0]}`{josa(names[0], '이/가')[len(names[0]) :]} 나오는 자리와 횟수를 봐요."
            return Observation(name, why, look)
    names = _names_that(evidence, _gap_follows)
    if len(names) == 1:
        why = f"나온 값과 기대한 값의 차이가 `{names[0]}`의 일정한 배수예요."
        return Observation("term-scaled", why, f"식에서 `{names[0]}`에 곱하거나 그것을 더하는 수를 봐요.")
    return None


def _gap_follows(numbers: Numbers, argument: Tensor) -> bool:
    """두 값의 차이가 인자의 배수인지. 차이가 뚜렷해야 해요."""
    gap, wide = numbers.got - numbers.expected, argument.expand_as(numbers.got)
    c = float((gap * wide).sum() / (wide * wide).sum().clamp_min(1e-30))
    return 1e-3 < abs(c) < math.inf and numbers.near(numbers.expected + c * wide, numbers.got)


def _names_that(evidence: Evidence, test: Callable[[Numbers, Tensor], bool]) -> list[str]:
    """모든 쌍에서 참인 인자의 이름들."""
    kept: list[str] | None = None
    for pair, numbers in evidence.numbers:
        values = dict(_tensors(evidence.named(pair.call)))
        names = values if kept is None else [name for name in kept if name in values]
        kept = [name for name in names if _telling(numbers, values[name]) and test(numbers, values[name].double())]
        if not kept:
            return []
    return kept or []


def _telling(numbers: Numbers, value: Tensor) -> bool:
    """더하거나 곱하면 모양은 그대로이고 값은 여러 가지로 달라지는 인자인지."""
    if not spreads(value.shape, numbers.expected.shape) or not value.is_floating_point() or value.numel() < 2:
        return False
    return int(((value.double() - 1).abs() > 0.01).sum()) >= 2 and value.unique().numel() >= 2


def _tensors(named: list[tuple[str, Any]], depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """인자에 든 텐서들. 사전 속의 것은 `p['ffn']['b2']`처럼 불러요."""
    for name, value in named:
        if isinstance(value, Tensor) and value.numel() <= MAX_ELEMENTS:
            yield name, value
        elif isinstance(value, dict) and depth < 3:
            yield from _tensors([(f"{name}[{key!r}]", item) for key, item in value.items()], depth + 1)
