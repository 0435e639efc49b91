"""구조로 찾는 까닭의 재료: 어긋난 사례의 두 값, 부를 때의 인자, 넉넉한지 재는 자.

값은 믿을 수 없는 곳에서 와요. 무엇이 와도 크기부터 보고, 너무 크면 보지 않아요.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import Outcome
from autograder.judging.cases import Call
from autograder.judging.comparison import compare, excess, tolerance
from autograder.judging.problem import Problem

MAX_ELEMENTS = 200_000  # 한 판정에서 보는 원소의 수
MAX_ITEMS = 2_000  # 목록과 사전의 길이. 해시가 겹치는 수로 채운 긴 사전은 견주는 데만 몇 초가 걸려요.
MAX_BITS = 200  # 정수의 비트 수
VALUE_COMPARATORS = ("equal", "item", "maps_rows")


@dataclass(frozen=True)
class Observation:
    """이 답에서 참인 것 하나: 무엇이 참인지(`why`)와 다음에 볼 곳(`look`)."""

    id: str
    why: str
    look: str


@dataclass(frozen=True)
class Numbers:
    """모양이 같은 두 실수 텐서(float64). `seen`은 견주는 자리예요."""

    expected: Tensor
    got: Tensor
    seen: Tensor
    atol: float
    rtol: float

    def near(self, one: Tensor, other: Tensor) -> bool:
        """견주는 자리에서 허용 오차 안에서 같은지."""
        return one.shape == other.shape and not bool((excess(one, other, self.atol, self.rtol) > 1)[self.seen].any())

    @cached_property
    def ratio(self) -> Tensor:
        """자리마다 허용 오차의 몇 배나 다른지. 견주지 않는 자리는 0이에요."""
        return excess(self.expected, self.got, self.atol, self.rtol).masked_fill(~self.seen, 0.0)

    @cached_property
    def wrong(self) -> Tensor:
        """견주는 자리 가운데 다른 곳."""
        return self.ratio > 1

    def distinct(self, values: Tensor | None = None) -> int:
        """견주는 자리에 서로 다른 값이 몇 개인지. 허용 오차보다 넉넉히 벌어진, 0이 아닌 것만 세요."""
        flat = (self.expected if values is None else values)[self.seen]
        flat = flat[flat.isfinite()].sort().values
        if not flat.numel():
            return 0
        slack = 10 * (self.atol + self.rtol * flat.abs())
        flat, slack = flat[flat.abs() > slack], slack[flat.abs() > slack]
        return int((flat.diff() > slack[1:]).sum()) + 1 if flat.numel() else 0


@dataclass(frozen=True)
class Pair:
    """어긋난 값 한 쌍. 튜플과 사전에 든 텐서는 하나씩 따로예요. `place`는 그 자리(`결과[0]` 등)예요."""

    number: int
    case: KeyCase
    call: Call
    expected: Any
    got: Any
    ignore: Tensor | None = None
    place: str = ""

    @cached_property
    def numbers(self) -> Numbers | None:
        """두 값을 실수 텐서로. 수가 아니거나 모양이 다르면 None이에요."""
        expected, got = as_numbers(self.expected), as_numbers(self.got)
        if expected is None or got is None or expected.shape != got.shape or not expected.numel():
            return None
        dtype = self.expected.dtype if isinstance(self.expected, Tensor) else None
        seen = torch.ones_like(expected, dtype=torch.bool)
        if self.ignore is not None:
            seen = seen & ~self.ignore.expand_as(seen)
        return Numbers(expected, got, seen, *tolerance(self.case, dtype)) if bool(seen.any()) else None


def as_numbers(value: Any) -> Tensor | None:
    """값을 float64 텐서로. 수로만 되어 있지 않거나 너무 크면 None이에요."""
    if isinstance(value, Tensor):
        fits = value.dtype != torch.bool and not value.is_complex() and value.numel() <= MAX_ELEMENTS
        return value.to(torch.float64) if fits else None
    leaves = list(islice(_leaves(value), MAX_ITEMS + 1))
    if not 0 < len(leaves) <= MAX_ITEMS or not all(map(_is_number, leaves)):
        return None
    try:
        return torch.tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None  # 길이가 들쭉날쭉한 목록이에요.


def _leaves(value: Any) -> Iterator[Any]:
    if not isinstance(value, list | tuple) or not value:
        yield value
        return
    for item in value:
        yield from _leaves(item)


def small(value: Any) -> bool:
    """두 번 넘게 훑어도 될 만큼 작은 값인지. 사전은 열쇠의 해시가 겹칠 수 있어 더 짧아야 해요."""
    if isinstance(value, Tensor):
        return value.numel() <= MAX_ELEMENTS and not value.is_complex()
    if isinstance(value, dict):
        return len(value) <= 256 and all(map(small, value.values()))
    leaves = list(islice(_leaves(value), MAX_ITEMS + 1))
    return len(leaves) <= MAX_ITEMS and all(
        small(leaf) if isinstance(leaf, dict) else not isinstance(leaf, str | bytes) or len(leaf) <= 10 * MAX_ITEMS
        for leaf in leaves
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() <= MAX_BITS
    return isinstance(value, float)


class Evidence:
    """답 하나를 볼 때의 재료. 늦게 만들어 두고 여러 찾는 법이 함께 써요."""

    def __init__(
        self, key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
    ) -> None:
        self.key, self.outcomes, self.problems = key, outcomes, problems
        self.cases = [n for n, case in enumerate(key.cases) if case.comparator != "raises"]
        self.failing = [n for n in self.cases if problems[n]]
        self.passing = [n for n in self.cases if not problems[n]]

    def named(self, call: Call) -> list[tuple[str, Any]]:
        """부름의 인자들을 (이름, 값)으로."""
        return [*zip(self.key.parameters, call.args, strict=False), *call.kwargs.items()]

    @cached_property
    def others(self) -> bool:
        """값의 이야기에 들지 않는 틀린 사례(예외, 부작용, 성질, 난수)가 있는지."""
        return bool(set(self.failing) - {pair.number for pair in self.wholes})

    @cached_property
    def scope(self) -> str:
        """값의 이야기가 어느 사례의 이야기인지. 맞은 사례나 값을 견주지 않은 사례가 있으면 밝혀요."""
        return "값을 견준 틀린 사례에서는 " if self.others else "틀린 사례에서는 " if self.passing else ""

    @cached_property
    def wholes(self) -> list[Pair]:
        """값을 견준 사례에서 어긋난 결과들. 튜플은 통째로예요."""
        return [pair for pair in self._calls() if _differs(pair)]

    @cached_property
    def pairs(self) -> list[Pair]:
        """값을 견준 사례에서 어긋난 값들. 튜플과 사전에 든 텐서는 하나씩 따로예요."""
        parts = [part for whole in self._calls(item=True) for part in _parts(whole) if _differs(part)]
        size = sum(v.numel() for part in parts for v in (part.expected, part.got) if isinstance(v, Tensor))
        return parts if size <= MAX_ELEMENTS else []

    @cached_property
    def numbers(self) -> list[tuple[Pair, Numbers]]:
        """어긋난 값이 모두 수이고 모양이 같으면 그 수들, 하나라도 아니면 빈 목록."""
        found = [(pair, pair.numbers) for pair in self.pairs]
        kept = [(pair, numbers) for pair, numbers in found if numbers is not None]
        return kept if len(kept) == len(found) else []

    @cached_property
    def clear(self) -> bool:
        """수로 견준 쌍마다 허용 오차보다 넉넉히 어긋났는지.

        조금만 어긋난 값은 여러 식에 두루 맞아 보이고, nan은 어떤 식에 넣어도 nan이에요.
        """
        return bool(self.numbers) and all(
            bool(n.wrong.any()) and not bool(n.got[n.seen].isnan().any()) and float(n.ratio[n.wrong].median()) >= 10
            for _, n in self.numbers
        )

    def _calls(self, item: bool = False) -> Iterator[Pair]:
        for number in self.failing:
            case = self.key.cases[number]
            if case.comparator not in VALUE_COMPARATORS or len(self.outcomes[number]) != len(case.calls):
                continue
            for call, expected, got in zip(case.calls, case.expected, self.outcomes[number], strict=True):
                if got.error is not None:
                    continue
                pair = Pair(number, case, call, expected.value, got.value, case.params.get("ignore"))
                yield _item(pair) if item and case.comparator == "item" else pair


def _item(pair: Pair) -> Pair:
    """튜플에서 하나만 견주는 사례의 그 하나."""
    at = pair.case.params["item"]
    if not isinstance(pair.got, tuple) or len(pair.got) != len(pair.expected):
        return pair
    return Pair(pair.number, pair.case, pair.call, pair.expected[at], pair.got[at], pair.ignore, f"결과[{at}]")


def _parts(pair: Pair, depth: int = 0) -> Iterator[Pair]:
    """통째로 견주기 어려운 값을 조각으로. 글과 수만 든 목록과 사전은 통째로 둬요."""
    expected, got = pair.expected, pair.got
    keys: Sequence[Any] = ()
    if type(expected) is not type(got) or not isinstance(expected, list | tuple | dict) or len(expected) != len(got):
        pass
    elif isinstance(expected, dict):
        if any(isinstance(e, Tensor | dict) for e in expected.values()) and all(key in got for key in expected):
            keys = list(expected)
    elif any(isinstance(e, Tensor | dict) or (isinstance(e, list) and isinstance(expected, tuple)) for e in expected):
        keys = range(len(expected))  # 글이나 수의 목록은 통째로, 여러 가지가 섞인 튜플은 하나씩 봐요.
    if not keys or depth > 5:
        yield pair
        return
    for key in keys:
        # 무시할 자리는 값이 하나이거나 튜플의 첫 값일 때만 뜻이 있어요(비교기와 같은 규칙).
        ignore = pair.ignore if key == 0 and depth == 0 else None
        place = f"{pair.place or '결과'}[{key!r}]"
        yield from _parts(Pair(pair.number, pair.case, pair.call, expected[key], got[key], ignore, place), depth + 1)


def same(case: KeyCase, expected: Any, got: Any) -> bool:
    """허용 오차 안에서 같은 값인지. 견줄 수 없는 값은 다르다고 봐요."""
    try:
        return compare(case, expected, got) is None
    except (TypeError, RuntimeError):
        return False


def _differs(pair: Pair) -> bool:
    try:
        return compare(pair.case, pair.expected, pair.got, ignore=pair.ignore) is not None
    except (TypeError, RuntimeError):
        return True


def spreads(shape: Sequence[int], target: Sequence[int]) -> bool:
    """`shape`의 텐서가 브로드캐스팅으로 `target` 모양이 되는지. (`torch.broadcast_shapes`는 처음 부를 때 0.3초가 걸려요.)"""
    return len(shape) <= len(target) and all(
        a in (1, b) for a, b in zip(reversed(shape), reversed(target), strict=False)
    )


def once(found: Sequence[Any]) -> Any:
    """모두 같은 것이면 그 하나, 아니면 None."""
    return found[0] if found and found[0] is not None and all(item == found[0] for item in found) else None


def everywhere(evidence: Evidence, test: Callable[[Numbers], bool]) -> bool:
    """넉넉히 어긋난 수의 쌍이 있고, 모든 쌍에서 참인지."""
    return evidence.clear and all(test(numbers) for _, numbers in evidence.numbers)


def subject(evidence: Evidence, particle: str = "이") -> str:
    """문장의 임자말. 튜플에서 한 값만 틀렸으면 그 값이에요."""
    places = {pair.place for pair in evidence.pairs}
    what = f"{places.pop()}의 값" if len(places) == 1 and "" not in places else "나온 값"
    return f"{what}{particle} 모두"


def weight(evidence: Evidence) -> int:
    """어긋난 쌍들에 서로 다른 값이 모두 몇 개 있는지. 같은 입력을 다시 부른 사례는 세지 않아요."""
    kept: list[Numbers] = []
    for _, numbers in evidence.numbers:
        if not any(torch.equal(numbers.expected, other.expected) for other in kept):
            kept.append(numbers)
    return sum(numbers.distinct() for numbers in kept)
