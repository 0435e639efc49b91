"""비슷한 이름 찾기: 실제 모듈과 형의 속성, 실제 함수의 인자 이름에서 골라요.

찾는 말은 학습자가 지어낼 수 있어요. 그래서 불러오는 모듈은 여기 적힌 것뿐이고, 찾는 말로 속성을 읽지 않고 이름의 목록에서만 봐요.
"""

from __future__ import annotations

import builtins
import difflib
import inspect
import keyword
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import torch

FUNCTIONAL = "torch.nn.functional"
_HOMES = ("torch", FUNCTIONAL, "torch.nn", "torch.linalg", "math")
_STANDARD = ("random", "re", "itertools", "functools", "collections", "unicodedata", "string", "copy", "time", "heapq")
MODULES = (*_HOMES, "numpy", *_STANDARD)
# 줄에서 점 앞에 쓰는 흔한 이름
ALIASES = {"F": FUNCTIONAL, "functional": FUNCTIONAL, "nn": "torch.nn", "np": "numpy", "linalg": "torch.linalg"}
_TYPES: dict[str, type] = {
    "Tensor": torch.Tensor,
    "Parameter": torch.nn.Parameter,
    "torch.Size": torch.Size,
    "torch._C.Generator": torch.Generator,
    "collections.deque": deque,
    "collections.defaultdict": defaultdict,
    **{kind.__name__: kind for kind in (list, tuple, dict, set, frozenset, str, bytes, int, float, bool)},
    **{kind.__name__: kind for kind in (Counter, OrderedDict)},
}
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_WORDS = (*sorted(BUILTINS), *keyword.kwlist)


@lru_cache
def _home(home: str) -> Any:
    if home in MODULES:
        return import_module(home)
    if home == "numpy.ndarray":
        return import_module("numpy").ndarray
    return _TYPES.get(home)


@lru_cache
def attributes(home: str) -> frozenset[str]:
    """모듈이나 형이 가진 이름들. 모르는 것이면 비어 있어요."""
    thing = _home(home)
    names = () if thing is None else (name for name in dir(thing) if not name.startswith("_"))
    return frozenset(names if home not in MODULES else (n for n in names if _belongs(home, vars(thing).get(n))))


def _belongs(home: str, value: Any) -> bool:
    """모듈이 스스로 가진 것인지. 모듈 안에서 불러온 다른 모듈과 그 함수는 빼요."""
    if isinstance(value, ModuleType):
        return value.__name__.startswith(f"{home}.")
    made = value if isinstance(value, type | FunctionType) else type(value)
    return (made.__module__ or home).split(".")[0].lstrip("_") in (home.split(".")[0], "builtins")


def has(home: str, name: str) -> bool:
    """`home`에 그 이름이 있는지."""
    return name in attributes(home)


def elsewhere(name: str) -> str:
    """그 이름을 가진 모듈. 없으면 빈 글이에요."""
    return next((home for home in _HOMES if has(home, name)), "")


def nearest(word: str, options: Iterable[str]) -> str:
    """한두 글자가 다르거나 글자의 차례만 다른 이름. 없으면 빈 글이에요."""
    if not 2 <= len(word) <= 40:
        return ""
    letters = sorted(word)
    close = [o for o in options if abs(len(o) - len(word)) <= 2 and o != word and o[-1] != "_"]
    for option in close:
        if len(option) == len(word) and sorted(option) == letters:
            return option
    alike = [o for o in close if o[0].lower() == word[0].lower()]
    found = difflib.get_close_matches(word, alike, 1, 0.75 if len(word) > 3 else 0.8)
    return found[0] if found else ""


@lru_cache
def near_attribute(home: str, name: str) -> str:
    """`home`의 이름 가운데 비슷한 것."""
    return nearest(name, sorted(attributes(home)))


def near_word(name: str, line: tuple[str, ...]) -> str:
    """내장 이름과 파이썬의 말, 같은 줄의 다른 이름 가운데 비슷한 것."""
    same = {word.lower(): word for word in _WORDS}.get(name.lower(), "")
    own = [token for token in line if token.isidentifier() and token != name]
    return same if same != name and same else nearest(name, [*own, *_WORDS])


@lru_cache
def keywords(owner: str | None, name: str) -> frozenset[str]:
    """`owner.name(...)`이 받는 인자의 이름들. 알 수 없으면 비어 있어요.

    `owner`는 줄에서 점 앞에 적은 것이에요. 모듈이 아니면 텐서의 메서드로 봐요. 점 없이 불렀으면 내장 함수예요.
    """
    home = ALIASES.get(owner or "", owner or "builtins")
    if home == "builtins":
        return _signature(getattr(builtins, name)) if name in BUILTINS else frozenset()
    if home not in MODULES:
        home = "Tensor"
    if not has(home, name):
        return frozenset()
    function = getattr(_home(home), name)
    return _signature(function) or _documented(function, name)


def _signature(function: Callable[..., Any]) -> frozenset[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(p.name for p in parameters if p.kind in kinds) - {"self"}


def _documented(function: Callable[..., Any], name: str) -> frozenset[str]:
    """C로 적힌 함수의 인자 이름은 설명글에만 있어요."""
    calls = re.findall(rf"(?<![\w.]){re.escape(name)}\(([^()]*)\)", (inspect.getdoc(function) or "")[:6000])
    parts = [part.split("=")[0].strip(" *") for call in calls for part in call.split(",")]
    return frozenset(part for part in parts if part.isidentifier() and part not in ("None", "True", "False"))
