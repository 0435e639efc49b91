"""구조: 글과 조각과 사전. 빈칸, 이어 붙임, 자른 자리, 열쇠와 값으로 견줘요."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.judging.structure.evidence import Pair, same


@dataclass(frozen=True)
class Way:
    """이야기 하나. `test`는 쌍마다 참, 거짓, 알 수 없음(None)을 말해요."""

    id: str
    why: str
    look: str
    test: Callable[[Pair], bool | None]


# -- 글과 조각 --


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _outer_spaces(pair: Pair) -> bool:
    e, g = pair.expected, pair.got
    return isinstance(e, str) and isinstance(g, str) and e.strip() == g.strip() and bool(e.strip())


def _inner_spaces(pair: Pair) -> bool:
    e, g = pair.expected, pair.got
    return isinstance(e, str) and isinstance(g, str) and "".join(e.split()) == "".join(g.split()) and bool(e.split())


def _joined(pair: Pair) -> bool | None:
    e, g = pair.expected, pair.got
    if not _texts(e) or not isinstance(g, str) or g not in ("".join(e), " ".join(e)):
        return False
    return True if len(e) > 1 else None


def _not_joined(pair: Pair) -> bool | None:
    e, g = pair.expected, pair.got
    if not isinstance(e, str) or not _texts(g) or e not in ("".join(g), " ".join(g)):
        return False
    return True if len(e) > 1 else None


def _finer(pair: Pair) -> bool:
    e, g = pair.expected, pair.got
    return _texts(e) and _texts(g) and len(g) > len(e) and "".join(e) == "".join(g) != ""


def _coarser(pair: Pair) -> bool:
    e, g = pair.expected, pair.got
    return _texts(e) and _texts(g) and len(g) < len(e) and "".join(e) == "".join(g) != ""


# -- 사전 --


def _keys(pair: Pair) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
    e, g = pair.expected, pair.got
    return (e, g) if isinstance(e, dict) and isinstance(g, dict) and e and len(e) <= 256 and len(g) <= 256 else None


def _keys_reversed(pair: Pair) -> bool:
    found = _keys(pair)
    if found is None or len(found[0]) != len(found[1]):
        return False
    e, g = found
    return all(isinstance(k, tuple) and k[::-1] in g and same(pair.case, e[k], g[k[::-1]]) for k in e)


def _shared_right(pair: Pair, e: dict[Any, Any], g: dict[Any, Any]) -> bool | None:
    if not all(same(pair.case, e[k], g[k]) for k in e if k in g):
        return False
    return True if any(k in g for k in e) else None


def _keys_missing(pair: Pair) -> bool | None:
    found = _keys(pair)
    if found is None or len(found[1]) >= len(found[0]) or not all(k in found[0] for k in found[1]):
        return False
    return _shared_right(pair, *found)


def _keys_extra(pair: Pair) -> bool | None:
    found = _keys(pair)
    if found is None or len(found[1]) <= len(found[0]) or not all(k in found[1] for k in found[0]):
        return False
    return _shared_right(pair, *found)


def _values_alike(pair: Pair) -> bool | None:
    if not _only_values(pair):
        return False
    values = list(pair.got.values())
    if not all(value == values[0] for value in values):
        return False
    return True if len(values) > 1 else None


def _off(step: int) -> Callable[[Pair], bool]:
    def test(pair: Pair) -> bool:
        if not _only_values(pair) or not all(
            type(v) is int for side in (pair.expected, pair.got) for v in side.values()
        ):
            return False
        return all(pair.got[k] - v == step for k, v in pair.expected.items())

    return test


def _only_values(pair: Pair) -> bool:
    found = _keys(pair)
    return found is not None and len(found[0]) == len(found[1]) and all(k in found[1] for k in found[0])


_CUT = "어디에서 자르고 어디에서 붙이는지, 붙이기를 몇 번 되풀이하는지 봐요."
_SUM = "값에 더하거나 곱하는 수와, 몇 번 더하는지를 봐요."

SPACE_WAYS: tuple[Way, ...] = (
    Way(
        "outer-spaces",
        "글의 앞이나 끝에 붙은 빈칸만 달라요.",
        "마지막에 `.strip()`을 부르는지, 이어 붙이는 빈칸이 처음이나 끝에 남는지 봐요.",
        _outer_spaces,
    ),
    Way(
        "inner-spaces",
        "글자는 모두 맞고 빈칸만 달라요.",
        '조각을 이어 붙이는 글자(`"".join`, `" ".join`)와, 빈칸을 나타내는 표시를 되돌리는 줄을 봐요.',
        _inner_spaces,
    ),
    Way(
        "joined",
        "조각들은 맞는데, 하나의 글로 이어 붙였어요.",
        "이어 붙이지 말고 조각 하나하나를 목록에 담아요.",
        _joined,
    ),
    Way("not-joined", "조각들은 맞는데, 하나의 글로 이어 붙이지 않았어요.", '`"".join(...)`을 봐요.', _not_joined),
)
CUT_WAYS: tuple[Way, ...] = (
    Way("cut-finer", "글자는 모두 맞는데 더 잘게 나뉘었어요.", _CUT, _finer),
    Way("cut-coarser", "글자는 모두 맞는데 덜 나뉘었어요.", _CUT, _coarser),
)
MAPPING_WAYS: tuple[Way, ...] = (
    Way("keys-reversed", "열쇠마다 두 조각의 앞뒤가 바뀌어 있어요.", "쌍을 만드는 차례를 봐요.", _keys_reversed),
    Way(
        "keys-missing",
        "있는 열쇠의 값은 모두 맞는데, 빠진 열쇠가 있어요.",
        "반복문이 도는 범위의 처음과 끝을 봐요.",
        _keys_missing,
    ),
    Way(
        "keys-extra",
        "있어야 할 열쇠의 값은 모두 맞는데, 없어야 할 열쇠가 더 있어요.",
        "열쇠를 만드는 조건과 범위를 봐요.",
        _keys_extra,
    ),
    Way("values-off", "열쇠는 모두 맞고, 값이 모두 똑같이 1만큼 커요.", "세기를 0에서 시작하는지 봐요.", _off(1)),
    Way("values-off", "열쇠는 모두 맞고, 값이 모두 똑같이 1만큼 작아요.", "처음 본 것도 세는지 봐요.", _off(-1)),
    Way("values-alike", "열쇠는 모두 맞는데 값이 모두 똑같아요.", _SUM, _values_alike),
    Way("only-values", "열쇠는 모두 맞고 값만 달라요.", _SUM, _only_values),
)
