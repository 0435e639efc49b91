"""구조: 차례가 있는 값(글, 목록, 튜플). 순서, 처음과 끝, 겹침과 빠짐으로 견줘요."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.judging.structure.evidence import MAX_BITS, MAX_ITEMS, Evidence, Observation, Pair, same
from autograder.judging.structure.pieces import CUT_WAYS, MAPPING_WAYS, SPACE_WAYS, Way

_ENDS = "반복문이 도는 범위의 처음과 끝, 멈추는 조건, 마지막에 남은 것을 담는 줄을 봐요."
_ORDER = "모으는 차례를 봐요. 정렬하거나 뒤집거나 앞에 끼워 넣는 곳이 있는지 확인해요."
_AGAIN = "이미 담은 것을 다시 담는 곳을 봐요."
_SET = "`set`이나 사전을 거치면 겹친 것이 하나가 돼요."
_SECOND = "둘째 값을 구하는 줄을 작은 예로 따라가 봐요."


def sequences(evidence: Evidence) -> Observation | None:
    """어긋난 값 어디에서도 거짓이 아니고 하나에서라도 참인 이야기예요."""
    pairs = evidence.pairs
    if not pairs or not all(_small(pair.expected) and _small(pair.got) for pair in pairs):
        return None
    for way in _WAYS:
        answers = [way.test(pair) for pair in pairs]
        if False not in answers and True in answers:
            return Observation(way.id, way.why.replace("<하나>", _who(evidence, way.id)), way.look)
    return None


def _small(value: Any) -> bool:
    """길이가 알맞은 글, 목록, 튜플, 사전인지. 안에는 글과 수만 있어야 해요."""
    if isinstance(value, str):
        return len(value) <= MAX_ITEMS
    if not isinstance(value, list | tuple | dict) or len(value) > MAX_ITEMS:
        return False
    items = [*value, *value.values()] if isinstance(value, dict) else value
    return all(
        _atom(item) or (isinstance(item, list | tuple) and len(item) <= 8 and all(map(_atom, item))) for item in items
    )


def _atom(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return len(value) <= MAX_ITEMS
    return value is None or isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= MAX_BITS)


def _lines(pair: Pair) -> tuple[Sequence[Any], Sequence[Any]] | None:
    """차례가 있고 형이 같은 두 값. 한쪽이라도 아니면 None이에요."""
    e, g = pair.expected, pair.got
    return (e, g) if isinstance(e, list | tuple | str) and type(e) is type(g) else None


def _in_lines(test: Callable[[Pair, Sequence[Any], Sequence[Any]], bool | None]) -> Callable[[Pair], bool | None]:
    """차례가 있는 두 값에서만 묻는 이야기."""

    def asked(pair: Pair) -> bool | None:
        lines = _lines(pair)
        return False if lines is None else test(pair, *lines)

    return asked


# -- 순서와 양 끝 --


def _reversed(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return len(e) > 1 and same(pair.case, e[::-1], g)


def _sorted(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    try:
        return len(e) > 1 and list(e) != sorted(e) == list(g)
    except TypeError:
        return False


def _other_order(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    try:
        return len(e) == len(g) > 1 and sorted(e) == sorted(g)
    except TypeError:
        return False


def _last_missing(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) != len(e) - 1 or not same(pair.case, e[:-1], g):
        return False
    return True if len(g) else None


def _first_missing(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) != len(e) - 1 or not same(pair.case, e[1:], g):
        return False
    return True if len(g) else None


def _one_more_at_end(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) != len(e) + 1 or not same(pair.case, e, g[:-1]):
        return False
    return True if len(e) else None


def _one_more_at_start(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) != len(e) + 1 or not same(pair.case, e, g[1:]):
        return False
    return True if len(e) else None


def _stops_early(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) >= len(e) or not same(pair.case, e[: len(g)], g):
        return False
    return True if len(g) > 1 else None


def _goes_on(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool | None:
    if len(g) <= len(e) or not same(pair.case, e, g[: len(e)]):
        return False
    return True if len(e) > 1 else None


def _only_last(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return not isinstance(e, tuple) and len(e) == len(g) > 2 and same(pair.case, e[:-1], g[:-1])


def _only_first(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return not isinstance(e, tuple) and len(e) == len(g) > 2 and same(pair.case, e[1:], g[1:])


def _only_second(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return len(e) == len(g) == 3 and same(pair.case, e[::2], g[::2])


def _repeats(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return len(g) > len(e) > 0 and _apart(g) == list(e)


def _repeats_lost(pair: Pair, e: Sequence[Any], g: Sequence[Any]) -> bool:
    return len(e) > len(g) > 0 and _apart(e) == list(g)


def _apart(line: Sequence[Any]) -> list[Any]:
    """겹친 것을 빼고 나온 차례대로. 해시가 겹치는 값에 느려지지 않게 짧은 것만 봐요."""
    found: list[Any] = []
    for item in line[:64]:
        if item not in found:
            found.append(item)
    return found if len(line) <= 64 else []


def _who(evidence: Evidence, way: str) -> str:
    """더 들어간 것이 어느 사례에서나 수로 준 인자와 같으면 그 이름을 말해요."""
    at = -1 if way == "one-more-at-end" else 0
    names: list[str] | None = None
    for pair in evidence.pairs:
        value = pair.got[at] if way.startswith("one-more") else None
        here = [
            name
            for name, given in evidence.named(pair.call)
            if type(given) is int and type(value) is int and given == value
        ]
        names = here if names is None else [name for name in names if name in here]
    return f"`{names[0]}`와 같은 값이 하나" if names and len(names) == 1 else "하나가"


_WAYS: tuple[Way, ...] = (
    *SPACE_WAYS,
    Way("reversed", "내용은 맞는데 순서가 거꾸로예요.", _ORDER, _in_lines(_reversed)),
    Way("sorted", "내용은 맞는데 크기순으로 늘어놓았어요.", _ORDER, _in_lines(_sorted)),
    Way("other-order", "든 것은 모두 맞는데 순서가 달라요.", _ORDER, _in_lines(_other_order)),
    Way("last-missing", "마지막 하나가 빠졌고, 나머지는 맞아요.", _ENDS, _in_lines(_last_missing)),
    Way("first-missing", "맨 앞의 하나가 빠졌고, 나머지는 맞아요.", _ENDS, _in_lines(_first_missing)),
    Way("one-more-at-end", "끝에 <하나> 더 있고, 나머지는 맞아요.", _ENDS, _in_lines(_one_more_at_end)),
    Way("one-more-at-start", "맨 앞에 <하나> 더 있고, 나머지는 맞아요.", _ENDS, _in_lines(_one_more_at_start)),
    Way("repeats", "같은 것이 여러 번 들어 있어요. 겹친 것을 빼면 맞아요.", _AGAIN, _in_lines(_repeats)),
    Way("repeats-lost", "여러 번 나와야 하는 것이 한 번씩만 들어 있어요.", _SET, _in_lines(_repeats_lost)),
    Way("stops-early", "앞에서부터 맞게 나오다가 너무 일찍 끝나요.", _ENDS, _in_lines(_stops_early)),
    Way("goes-on", "끝나야 할 곳까지는 모두 맞는데, 그 뒤로도 이어져요.", _ENDS, _in_lines(_goes_on)),
    *CUT_WAYS,
    Way("only-last", "마지막 하나만 다르고 나머지는 맞아요.", _ENDS, _in_lines(_only_last)),
    Way("only-first", "맨 앞의 하나만 다르고 나머지는 맞아요.", _ENDS, _in_lines(_only_first)),
    Way("only-second", "셋 가운데 둘째만 다르고 나머지는 맞아요.", _SECOND, _in_lines(_only_second)),
    *MAPPING_WAYS,
)
