"""예외의 표: 없는 이름, 불러오지 않은 모듈, 값을 넣기 전에 읽은 변수."""

from __future__ import annotations

import re

from autograder.judging.exceptions.entry import NAME, TYPE, Entry, Seen, Words
from autograder.judging.exceptions.near import MODULES, elsewhere, near_attribute, near_word

# -- 이름 --

_NOT_DEFINED = rf"name '(?P<name>{NAME})' is not defined"
# 레슨의 주어진 셀이 불러오는 모듈과, 흔한 줄임말이 뜻하는 모듈
_GIVEN = ("torch", "math", "F")
_IMPORTS = {"np": "numpy", "plt": "matplotlib.pyplot", "nn": "torch.nn"}
_STANDARD = (
    "os",
    "sys",
    "json",
    "itertools",
    "functools",
    "collections",
    "random",
    "re",
    "unicodedata",
    "time",
    "copy",
)
_FROM = {
    **dict.fromkeys(("Counter", "defaultdict", "deque", "OrderedDict"), "collections"),
    **dict.fromkeys(("reduce", "partial", "lru_cache"), "functools"),
    **dict.fromkeys(("Tensor",), "torch"),
}
_OTHER_LANGUAGES = {"null": "None", "nil": "None", "undefined": "None", "elseif": "elif", "println": "print"}


def _given_module(seen: Seen, words: Words) -> Words | None:
    return {} if words["name"] in _GIVEN else None


def _module(seen: Seen, words: Words) -> Words | None:
    name = words["name"]
    if name in _IMPORTS:
        return {"how": f"import {_IMPORTS[name]} as {name}"}
    if name in _FROM:
        return {"how": f"from {_FROM[name]} import {name}"}
    return {"how": f"import {name}"} if name in _STANDARD or name in MODULES else None


def _similar_name(seen: Seen, words: Words) -> Words | None:
    name = words["name"]
    near = _OTHER_LANGUAGES.get(name) or near_word(name, seen.line.tokens)
    return {"near": near} if near else None


def _in_module(seen: Seen, words: Words) -> Words | None:
    home = elsewhere(words["name"])
    return {"home": home} if home else None


def _augmented(seen: Seen, words: Words) -> Words | None:
    name = re.escape(words["name"])
    return {} if re.search(rf"(?:^|; |: ){name} (?:[-+*/@|&%]|//|\*\*) ?= ", seen.line.bare + " ") else None


_NAMES = (
    Entry(
        "name.self",
        "NameError",
        r"name 'self' is not defined",
        "`self`는 클래스의 메서드 안에서, 첫 인자로 받았을 때만 있어요.",
        "이 줄이 메서드 안인지, 그 메서드의 첫 인자가 `self`인지 봐요.",
    ),
    Entry(
        "name.given-module",
        "NameError",
        _NOT_DEFINED,
        "`{name}`{name:을/를} 아직 불러오지 않았어요.",
        "노트북 맨 위의 주어진 셀이 불러온다면 그 셀을 먼저 실행하고, 아니라면 여러분의 셀에 `import`를 적어요.",
        when=_given_module,
    ),
    Entry(
        "name.numpy-import",
        "NameError",
        r"name '(?P<name>np|numpy)' is not defined",
        "`{name}`{name:을/를} 불러오지 않고 썼어요.",
        "텐서에는 넘파이가 아니라 같은 일을 하는 `torch`의 함수를 써요. 넘파이를 꼭 써야 하면 셀에서 먼저 불러와요.",
    ),
    Entry(
        "name.module",
        "NameError",
        _NOT_DEFINED,
        "`{name}`{name:을/를} 불러오지 않고 썼어요.",
        "쓰기 전에 `{how}`가 있어야 해요.",
        when=_module,
    ),
    Entry(
        "name.in-module",
        "NameError",
        _NOT_DEFINED,
        "`{name}`{name:이라는/라는} 이름은 아직 없어요.",
        "앞 실습의 함수라면 그 셀을 먼저 실행해요. PyTorch나 파이썬의 것이라면 `{home}.{name}`처럼 모듈의 이름을 앞에 붙여요.",
        when=_in_module,
    ),
    Entry(
        "name.typo",
        "NameError",
        _NOT_DEFINED,
        "`{name}`{name:이라는/라는} 이름은 없어요. 혹시 `{near}`인가요?",
        "`{name}`의 철자를 봐요. 파이썬은 대문자와 소문자를 가려요.",
        when=_similar_name,
    ),
    Entry(
        "name.unknown",
        "NameError",
        _NOT_DEFINED,
        "`{name}`{name:이라는/라는} 이름은 없어요.",
        "철자를 보고, 그 이름에 값을 넣는 줄이나 셀이 이 줄보다 먼저 실행되는지 봐요.",
    ),
    Entry(
        "unbound.augmented",
        "UnboundLocalError",
        rf"(?:cannot access local variable|local variable) '(?P<name>{NAME})'",
        "`{name}`에 처음 값을 넣기 전에 있던 값에 더하거나 곱하려고 했어요.",
        "함수 안에서 `{name}`의 처음 값을 먼저 정해요. 함수 안에서 값을 넣는 이름은 바깥의 같은 이름과 따로예요.",
        when=_augmented,
    ),
    Entry(
        "unbound.local",
        "UnboundLocalError",
        rf"(?:cannot access local variable|local variable) '(?P<name>{NAME})'",
        "`{name}`에 값을 넣기 전에 읽었어요.",
        "`{name}`에 값을 넣는 줄이 `if`나 `for` 안에만 있어서 지나치지 않았는지 봐요.",
        why="함수 안 어디에선가 값을 넣는 이름은 그 함수의 것이라, 바깥의 같은 이름을 읽지 않아요.",
    ),
    Entry(
        "unbound.free",
        "NameError",
        rf"(?:cannot access free variable|free variable) '(?P<name>{NAME})'",
        "안쪽 함수가 바깥 함수의 `{name}`{name:을/를} 값이 들어가기 전에 읽었어요.",
        "안쪽 함수를 부르는 줄보다 `{name}`에 값을 넣는 줄이 먼저인지 봐요.",
    ),
)

# -- 모듈 불러오기 --


def _import_typo(seen: Seen, words: Words) -> Words | None:
    near = near_attribute(words["home"], words["attr"])
    return {"near": near} if near else None


_IMPORT = (
    Entry(
        "import.name-typo",
        "ImportError",
        rf"cannot import name '(?P<attr>{NAME})' from '(?P<home>{TYPE})'",
        "`{home}`에는 `{attr}`{attr:이/가} 없어요. 혹시 `{near}`인가요?",
        "`{attr}`의 철자를 봐요.",
        when=_import_typo,
    ),
    Entry(
        "import.name",
        "ImportError",
        rf"cannot import name '(?P<attr>{NAME})' from '(?P<home>{TYPE})'",
        "`{home}`에는 `{attr}`{attr:이라는/라는} 이름이 없어요.",
        "철자를 보고, 그 이름이 어느 모듈의 것인지 찾아봐요.",
    ),
    Entry(
        "import.module",
        "ModuleNotFoundError",
        rf"No module named '(?P<name>{TYPE})'",
        "`{name}`{name:이라는/라는} 모듈은 이 환경에 없어요.",
        "철자를 봐요. 이 코스의 실습은 파이썬, PyTorch, 넘파이만으로 풀 수 있어요.",
    ),
    Entry(
        "import.other",
        "ImportError",
        "",
        "모듈을 불러오지 못했어요.",
        "`import` 줄의 철자를 봐요. 이 코스의 실습은 파이썬, PyTorch, 넘파이만으로 풀 수 있어요.",
    ),
)

NAMES = (*_NAMES, *_IMPORT)
