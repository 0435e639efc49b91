"""구조: 어떤 사례에서만 맞거나 틀려요. 마스크, 배치의 크기, dtype, 값의 크기, 고른 인자로 사례를 나눠 봐요."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.judging.cases import EXAMPLE, ONCE_MORE
from autograder.judging.structure.evidence import VALUE_COMPARATORS, Evidence, Observation
from autograder.wording import josa


@dataclass(frozen=True)
class Feature:
    """사례를 둘로 나누는 성질. `wrong`은 그런 사례에서만 틀릴 때, `right`는 그런 사례만 맞을 때 볼 곳이에요.

    `empty`면 할 일이 없는 입력(0번, 빈 목록)이고, `scalar`면 수나 글로 준 인자의 값으로 갈라요.
    """

    words: str
    holds: frozenset[int]
    wrong: str
    right: str
    empty: bool = False
    scalar: bool = False


def pattern(evidence: Evidence) -> Observation | None:
    """틀린 사례와 맞은 사례를 꼭 가르는 성질이 하나나 둘이면 그 이야기예요."""
    # 성질만 보는 사례는 통과해도 값이 맞는다는 뜻이 아니에요.
    cases = [n for n in evidence.cases if evidence.key.cases[n].comparator in (*VALUE_COMPARATORS, "dropout")]
    failing = {n for n in cases if evidence.problems[n]}
    passing = set(cases) - failing
    if not failing or not passing or len(cases) < 3:
        return None
    if said := _examples(evidence, cases, passing, failing):
        return said
    features = _features(evidence, cases)
    found = [(f, True) for f in features if f.wrong and f.holds == failing]
    # 0번 되풀이하거나 빈 것을 받으면 무엇을 해도 맞아요. 거기서만 맞는 것은 아무것도 알려 주지 않아요.
    # 하나만 맞은 것은 우연일 수 있어요. 작은 보기이거나 인자의 값으로만 가른다면 말하지 않아요.
    apart = [n for n in passing if evidence.key.cases[n].probe != ONCE_MORE]
    few = len(apart) == 1
    shown = any(evidence.key.cases[n].probe == EXAMPLE for n in apart)
    rights = [f for f in features if f.right and f.holds == passing and not f.empty]
    found += [(f, False) for f in rights if not few or not (shown or f.scalar)]
    # 셋 이상이 함께 가르면 어느 것이 까닭인지 알 수 없어요.
    if not 1 <= len(found) <= 2:
        return None
    feature, only_wrong = found[0]
    why = f"{feature.words} 사례에서만 틀려요." if only_wrong else f"{feature.words} 사례만 맞고, 나머지는 모두 틀려요."
    if len(found) == 2:
        who = "틀린" if found[1][1] else "맞은"
        why += f" {who} 사례는 모두 {found[1][0].words} 사례이기도 해요."
    # 막아야 하는 입력까지 틀렸다면 값의 이야기라는 것을 밝혀요.
    guards = (n for n, case in enumerate(evidence.key.cases) if case.comparator == "raises")
    if only_wrong and any(evidence.problems[n] for n in guards):
        why = f"값을 견준 사례 가운데서는 {why}"
    return Observation(
        "only-wrong-when" if only_wrong else "only-right-when", why, feature.wrong if only_wrong else feature.right
    )


def _features(evidence: Evidence, cases: list[int]) -> list[Feature]:
    named = {n: dict(evidence.named(evidence.key.cases[n].calls[0])) for n in cases}
    found = list(_from_scalars(named))
    for words, test, wrong, right in _TESTS:
        found.append(Feature(words, frozenset(n for n in cases if test(named[n])), wrong, right))
    return [f for f in found if f.holds and len(f.holds) < len(cases)]


def _examples(evidence: Evidence, cases: list[int], right: set[int], wrong: set[int]) -> Observation | None:
    """레슨의 보기에서만 맞거나 틀려요. 보기는 작고 값이 단순해서 다른 성질과도 겹치므로 따로 먼저 봐요."""
    shown = {n for n in cases if evidence.key.cases[n].probe == EXAMPLE}
    again = {n for n in cases if evidence.key.cases[n].probe == ONCE_MORE}
    if not shown:
        return None
    if right in (shown, shown | again):
        given = [arg for n in cases for arg in evidence.key.cases[n].calls[0].args]
        look = "보기는 작아서 이 잘못이 드러나지 않아요. 값이 덜 단순한 입력을 넣고 줄마다 값을 찍어 봐요."
        if any(isinstance(arg, Tensor) for arg in given):
            look = "보기는 작아서 이 잘못이 드러나지 않아요. 축이 더 있거나 값이 덜 단순한 입력을 넣고 줄마다 모양을 따라가 봐요."
        return Observation("only-right-example", "작은 보기만 맞고, 확인한 다른 입력에서는 모두 틀려요.", look)
    if wrong in (shown, shown | again):
        look = "보기를 한 줄씩 손으로 따라가 봐요. 아주 작은 입력에서 축이 사라지지 않는지도 봐요."
        return Observation("only-wrong-example", "레슨의 보기에서만 틀리고, 다른 입력에서는 모두 맞아요.", look)
    return None


def _from_scalars(named: dict[int, dict[str, Any]]) -> Iterator[Feature]:
    """마스크의 있고 없음과, 수와 글과 True/False로 준 인자에서 나오는 성질들."""
    names = list(dict.fromkeys(name for values in named.values() for name in values))
    for name in sorted(names, key=lambda name: "mask" not in name):  # 마스크가 까닭일 때가 가장 많아요.
        given = {n: values[name] for n, values in named.items() if name in values}
        if "mask" in name:
            code = f"`{name}`"
            look = f"{josa(code, '이/가')} None이 아닐 때 쓰이는 곳을 봐요. 마스크를 거는 자리와 축, True의 뜻을 차례로 확인해요."
            holds = frozenset(n for n, value in given.items() if isinstance(value, Tensor))
            yield Feature(
                f"{josa(code, '을/를')} 준", holds, look, f"{josa(code, '이/가')} None일 때 쓰이는 곳을 봐요."
            )
            continue
        # 같은 사례를 가리키는 성질이 여럿이면 뒤의 것(값의 이야기)이 더 또렷해요.
        yield from {feature.holds: feature for feature in _of_scalar(name, given, len(named))}.values()


def _of_scalar(name: str, given: dict[int, Any], cases: int) -> Iterator[Feature]:
    code = f"`{name}`"
    subject = josa(code, "이/가")
    if 0 < len(given) < cases:
        fixed = f"{josa(code, '을/를')} 쓰지 않고 수를 적어 둔 곳이 있는지, 기본값이 독스트링과 같은지 봐요."
        yield Feature(f"{josa(code, '을/를')} 따로 준", frozenset(given), fixed, fixed)
    look = f"함수 안에서 {code}에 따라 갈리는 줄과, {josa(code, '을/를')} 쓰는 줄을 봐요."
    words = [value for value in given.values() if isinstance(value, str)]
    tests: list[tuple[str, Callable[[Any], bool]]] = [
        ("True인", lambda value: value is True),
        ("0인", lambda value: _number(value) and value == 0),
        ("음수인", lambda value: _number(value) and value < 0),
        ("1인", lambda value: _number(value) and value == 1),
        ("비어 있는", lambda value: isinstance(value, list | tuple | dict | str) and not value),
        *(
            (f'"{word}"인', partial(_same_word, word))
            for word in dict.fromkeys(words)
            if _kind(word) and words.count(word) > 1
        ),
    ]
    for ending, test in tests:
        holds = frozenset(n for n, value in given.items() if test(value))
        yield Feature(f"{subject} {ending}", holds, look, look, ending in ("0인", "비어 있는"), scalar=True)


def _same_word(word: str, value: Any) -> bool:
    return isinstance(value, str) and value == word


def _kind(word: str) -> bool:
    """입력이 아니라 종류의 이름으로 쓰는 글인지. 숨은 사례의 글은 말하지 않아요."""
    return word.isidentifier() and word.isascii()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tensors(values: dict[str, Any]) -> list[Tensor]:
    return [value for value in values.values() if isinstance(value, Tensor)]


def _main(values: dict[str, Any]) -> Tensor | None:
    """첫 텐서. 배치와 길이의 축은 여기서 읽어요."""
    return next(iter(_tensors(values)), None)


def _batch_of_one(values: dict[str, Any]) -> bool:
    first = _main(values)
    return first is not None and first.dim() >= 2 and first.size(0) == 1


def _double(values: dict[str, Any]) -> bool:
    return any(value.dtype == torch.float64 for value in _tensors(values))


def _square(values: dict[str, Any]) -> bool:
    return any(
        value.dim() >= 2 and len(set(value.shape)) < value.dim() and value.numel() > 1 and 1 not in value.shape
        for value in _tensors(values)[:3]
    )


def _largest(values: Sequence[Tensor]) -> float:
    return max(
        (float(value.abs().max()) for value in values if value.is_floating_point() and value.numel()), default=1.0
    )


def _axes(count: int) -> Callable[[dict[str, Any]], bool]:
    return lambda values: (first := _main(values)) is not None and first.dim() == count


_AXIS_LOOK = "축의 길이가 같아 우연히 맞물리는 계산이 있어요. 곱하고 더하는 두 텐서의 모양을 줄마다 적어 봐요."
_TESTS: tuple[tuple[str, Callable[[dict[str, Any]], bool], str, str], ...] = (
    (
        "float64를 넣은",
        _double,
        "함수 안에서 새로 만드는 텐서의 dtype과, `.float()`나 `torch.float32`를 적어 둔 곳을 봐요.",
        "float32에서 정밀도가 모자라는 계산과, float64를 적어 둔 곳을 봐요.",
    ),
    (
        "배치의 크기가 1인",
        _batch_of_one,
        "`squeeze()`처럼 크기가 1인 축을 모두 없애는 곳과, 첫 축을 번호로 고르는 곳을 봐요.",
        "문장마다 따로 계산해야 할 것을 배치 전체에서 한꺼번에 계산하는 곳이 있는지 봐요.",
    ),
    # 길이가 같아서 틀리는 일은 드물고, 그런 사례는 다른 것도 함께 달라서 맞을 때만 말해요.
    ("두 축의 길이가 같은 텐서를 준", _square, "", _AXIS_LOOK),
    (
        "아주 큰 수(100 넘음)가 든",
        lambda values: _largest(_tensors(values)) > 100,
        "큰 수를 그대로 `exp`에 넣으면 inf가 돼요. 넣기 전에 줄의 최댓값을 빼는지 봐요.",
        "작은 수와 큰 수에서 다르게 움직이는 계산을 봐요.",
    ),
    (
        "첫 텐서에 아주 작은 수(0.01 아래)만 든",
        lambda values: _largest(_tensors(values)[:1]) < 0.01,
        "값이 작으면 `eps`가 크게 작용해요. `eps`의 값과 더하는 자리(제곱근의 안과 밖)를 봐요.",
        "값이 클 때 달라지는 계산을 봐요.",
    ),
    (
        "축이 둘인 입력을 준",
        _axes(2),
        "축의 번호를 앞에서부터 세지 않고 `-1`, `-2`로 적었는지 봐요.",
        "축이 더 많은 입력에서 모양을 줄마다 적어 봐요.",
    ),
    (
        "축이 셋인 입력을 준",
        _axes(3),
        "축의 번호를 앞에서부터 세지 않고 `-1`, `-2`로 적었는지 봐요.",
        "축의 개수가 다른 입력에서 모양을 줄마다 적어 봐요.",
    ),
)
