"""예외의 표: 함수 부르기. 바뀐 시그니처, 빠지거나 남는 인자, 인자 이름의 오타."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.judging.exceptions.entry import FUNCTION, NAME, NAMES, Entry, N, Seen, Words, any_of, ours
from autograder.judging.exceptions.near import keywords, nearest

_KEYWORD = r"got an unexpected keyword argument '(?P<keyword>\w{1,60})'"
_TAKES = rf"takes (?:from (?P<low>{N}) to )?(?P<takes>{N}) positional arguments? but (?P<given>{N}) (?:was|were) given"
_COMBINATION = (
    rf"(?P<name>{NAME})\(\) received an invalid combination of arguments - got \((?P<got>[\w.=, ]{{0,100}})\)"
)
_BUILTIN_KEYWORDS = {
    "sort": ("key", "reverse"),
    "max": ("key", "default"),
    "min": ("key", "default"),
    "zip": ("strict",),
    "print": ("sep", "end", "file", "flush"),
}


# -- 채점이 부르는 곳: 실습의 함수가 받는 인자가 달라졌어요 --

_BACK = "빈칸에 처음부터 있던 `def` 줄 그대로(이름, 인자의 수와 차례) 되돌려요."
_SIGNATURE = (
    Entry(
        "signature.missing",
        "TypeError",
        rf"{FUNCTION} missing {N} required (?:positional|keyword-only) arguments?: (?P<names>{NAMES})",
        "함수의 인자가 처음과 달라졌어요. 약속대로 부르니 {names}에 넣을 것이 없었어요.",
        _BACK,
        when=ours,
    ),
    Entry(
        "signature.takes",
        "TypeError",
        rf"{FUNCTION} {_TAKES}",
        "함수의 인자가 처음과 달라졌어요. 약속대로 {given}개를 넘겼는데 {takes}개만 받아요.",
        _BACK,
        when=ours,
    ),
    Entry(
        "signature.keyword",
        "TypeError",
        rf"{FUNCTION} {_KEYWORD}",
        "함수의 인자가 처음과 달라졌어요. 약속한 인자 `{keyword}`{keyword:을/를} 받지 않아요.",
        _BACK,
        when=ours,
    ),
    Entry(
        "signature.other",
        "TypeError",
        any_of(
            rf"{FUNCTION} (?:takes no arguments|got multiple values|missing {N} required|received an invalid combination)",
            rf"{NAME} expected (?:at least |at most )?{N} arguments?",
        ),
        "이 이름의 함수가 약속한 인자를 받지 않아요.",
        _BACK,
        when=ours,
    ),
)


# -- 학습자의 줄이 부르는 곳 --


def _accepted(seen: Seen, words: Words) -> frozenset[str]:
    """부른 함수가 받는 인자 이름들. 예외의 글에 적힌 것도 함께 봐요."""
    name, cls = words["name"], words.get("cls", "")
    written = frozenset(re.findall(r"(\w{1,60})(?: = \w{1,20})?[,)]", seen.detail))
    if name == "__init__" and cls:
        return written | keywords("nn", cls)
    owner = seen.line.owner(name)
    if name in _BUILTIN_KEYWORDS and not owner:
        return frozenset(_BUILTIN_KEYWORDS[name])
    return written if owner is None else written | keywords(owner, name)


def _called(seen: Seen, words: Words) -> Words:
    """부른 것의 이름. 클래스를 만드는 것이면 클래스의 이름, 줄에 없는 이름이면 줄에서 부른 그 하나의 이름이에요."""
    name = words["cls"] if words.get("cls") and words["name"] == "__init__" else words["name"]
    tokens = seen.line.tokens
    called = {token: _given(tokens[at:]) for at, token in enumerate(tokens[:-1]) if tokens[at + 1] == "("}
    called = {token: count for token, count in called.items() if token.isidentifier()}
    # 인자로 받은 함수는 학습자가 부른 이름과 다른 이름으로 만들어져 있어요.
    fits = [token for token, count in called.items() if len(called) == 1 or str(count) == words.get("given")]
    return {"called": fits[0] if name not in tokens and len(fits) == 1 else name}


def _given(tokens: Sequence[str]) -> int:
    """`이름 ( ... )`에서 넘긴 인자의 수."""
    depth = commas = 0
    for token in tokens[1:]:
        depth += (token in "([{") - (token in ")]}")
        if not depth:
            break
        commas += token == "," and depth == 1
    return commas + 1


def _too_many(seen: Seen, words: Words) -> Words | None:
    """더 넘긴 것이 있을 때만. 클래스의 메서드라면 자기 자신은 세지 않아요."""
    takes, given, own = int(words["takes"]), int(words["given"]), 1 if words.get("cls") else 0
    return {**_called(seen, words), "takes": str(takes - own), "given": str(given - own)} if given > takes else None


def _not_written(seen: Seen, words: Words) -> Words | None:
    """그 인자를 학습자가 적지 않았을 때만. 부른 함수의 안쪽에서 생긴 일이에요."""
    return {} if seen.line.code and words["keyword"] not in seen.line.tokens else None


def _similar_keyword(seen: Seen, words: Words) -> Words | None:
    bad, accepted = words["keyword"], sorted(_accepted(seen, words) - {words["keyword"]})
    swapped = {"axis": "dim", "axes": "dim", "dims": "dim", "dim": "axis", "keepdim": "keepdims"}.get(bad, "")
    if swapped in accepted:
        near = swapped
    else:
        begins = (a for a in accepted if len(a) > 2 < len(bad) and (bad.startswith(a) or a.startswith(bad)))
        near = nearest(bad, accepted) or next(begins, "")
    return {**_called(seen, words), "near": near} if near else None


def _numpy_on_tensor(seen: Seen, words: Words) -> Words | None:
    return {} if seen.line.owner(words["name"].lstrip("_")) in ("np", "numpy") and words["keyword"] != "dim" else None


def _bad_keyword(seen: Seen, words: Words) -> Words | None:
    """함께 넘긴 인자 이름 가운데 그 함수에 없는 첫 것."""
    accepted = _accepted(seen, words)
    bad = [name for name in re.findall(r"(\w{1,60})=", words["got"]) if name not in accepted]
    return {"keyword": bad[0]} if bad else None


def _bad_keyword_typo(seen: Seen, words: Words) -> Words | None:
    bad = _bad_keyword(seen, words)
    near = _similar_keyword(seen, {**words, **bad}) if bad else None
    return {**bad, **near} if bad and near else None


def _self_forgotten(seen: Seen, words: Words) -> Words | None:
    """메서드를 점으로 불렀는데 적은 것보다 꼭 하나 더 넘어갔을 때."""
    extra = int(words["given"]) - int(words["takes"]) == 1
    return {} if words.get("cls") and words["name"] != "__init__" and extra and words["takes"] in "01" else None


_CALLS = (
    Entry(
        "call.self-argument",
        "TypeError",
        rf"{FUNCTION} {_TAKES}",
        "`{cls}`의 메서드 `{name}`{name:을/를} 부르면 자기 자신이 첫 인자로 함께 가요. 그것을 받을 자리가 없어요.",
        "`def {name}`의 첫 인자가 `self`인지 봐요.",
        when=_self_forgotten,
    ),
    Entry(
        "call.self-missing",
        "TypeError",
        rf"{FUNCTION} missing {N} required positional arguments?: '(?P<self>self)'",
        "메서드 `{name}`{name:을/를} 만들어진 것에서가 아니라 클래스에서 바로 불렀어요.",
        "클래스의 이름 뒤에 괄호를 붙여 하나를 만든 뒤에 불러요.",
    ),
    Entry(
        "call.lambda",
        "TypeError",
        r"(?:[\w.<>]{0,150}\.)?<lambda>\(\) (?:missing|takes|got)",
        "`lambda`가 받는 인자의 수와 부를 때 넘어온 수가 달라요.",
        "`sorted`나 `max`의 `key`, `map`은 원소를 하나씩 넘겨요. 튜플도 한 덩어리로 와요.",
    ),
    Entry(
        "call.missing",
        "TypeError",
        rf"{FUNCTION} missing {N} required (?:positional|keyword-only) arguments?: (?P<names>{NAMES})",
        "`{called}`{called:을/를} 부를 때 {names}에 넣을 것을 빠뜨렸어요.",
        "`{called}`{called:이/가} 받는 인자와 이 줄에서 넘긴 것을 하나씩 짝지어 봐요.",
        when=_called,
    ),
    Entry(
        "call.torch-missing",
        "TypeError",
        rf"(?P<name>{NAME})\(\) missing {N} required positional arguments?: \"(?P<argument>{NAME})\"",
        "`{name}`{name:을/를} 부를 때 `{argument}`{argument:을/를} 빠뜨렸거나 이름을 잘못 적었어요.",
        "`help(...)`로 `{name}`{name:이/가} 받는 인자의 이름을 봐요.",
    ),
    Entry(
        "call.takes",
        "TypeError",
        rf"{FUNCTION} {_TAKES}",
        "`{called}`에는 인자를 {takes}개까지 차례로 넘길 수 있는데 {given}개를 넘겼어요.",
        "남는 인자가 무엇인지 봐요. 크기들을 괄호로 묶어야 하거나 이름을 붙여 넘겨야 하는 인자일 수 있어요.",
        when=_too_many,
    ),
    Entry(
        "call.numpy-inside",
        "TypeError",
        rf"{FUNCTION} {_KEYWORD}",
        "넘파이 함수에 텐서를 넣어서, 넘파이의 인자가 텐서의 메서드로 넘어갔어요.",
        "`np.` 함수 대신 같은 일을 하는 `torch` 함수를 써요.",
        when=_numpy_on_tensor,
    ),
    Entry(
        "call.inside",
        "TypeError",
        rf"{FUNCTION} {_KEYWORD}",
        "`{name}`{name:이/가} 모르는 인자 `{keyword}`{keyword:을/를} 받았어요. 이 줄에 적은 이름이 아니라 다른 곳에서 넘어온 인자예요.",
        "`**`로 펼쳐 넘긴 것이나, 부른 함수가 안에서 다시 부르는 함수를 봐요.",
        when=_not_written,
    ),
    Entry(
        "call.keyword-typo",
        "TypeError",
        rf"{FUNCTION} {_KEYWORD}",
        "`{called}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요. 혹시 `{near}`인가요?",
        "`{keyword}`의 철자를 봐요.",
        when=_similar_keyword,
    ),
    Entry(
        "call.keyword",
        "TypeError",
        rf"{FUNCTION} {_KEYWORD}",
        "`{called}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요.",
        "`help(...)`나 `def` 줄에서 `{called}`{called:이/가} 받는 인자의 이름을 봐요.",
        when=_called,
    ),
    Entry(
        "call.builtin-keyword-typo",
        "TypeError",
        rf"'(?P<keyword>{NAME})' is an invalid keyword argument for (?P<name>{NAME})",
        "`{name}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요. 혹시 `{near}`인가요?",
        "`{keyword}`의 철자를 봐요.",
        when=_similar_keyword,
    ),
    Entry(
        "call.builtin-keyword",
        "TypeError",
        rf"'(?P<keyword>{NAME})' is an invalid keyword argument for (?P<name>{NAME})",
        "`{name}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요.",
        "`help(...)`로 `{name}`{name:이/가} 받는 인자의 이름을 봐요.",
    ),
    Entry(
        "call.multiple",
        "TypeError",
        rf"{FUNCTION} got multiple values for argument '(?P<keyword>{NAME})'",
        "`{name}`의 인자 `{keyword}`{keyword:을/를} 두 번 줬어요. 차례로 한 번, 이름을 붙여 한 번이에요.",
        "차례로 넘긴 것들이 어느 인자에 들어가는지 세어 봐요.",
    ),
    Entry(
        "call.class-takes-none",
        "TypeError",
        rf"(?P<name>{NAME})\(\) takes no arguments",
        "`{name}`{name:은/는} 만들 때 인자를 받지 않아요.",
        "`__init__`의 이름(밑줄은 앞뒤로 둘씩이에요)과 인자를 봐요.",
    ),
    Entry(
        "call.count",
        "TypeError",
        any_of(
            rf"(?:[\w.]{{1,60}}\(\) )?takes (?:exactly one|at most {N}|at least {N}|no) arguments? \({N} given\)",
            rf"{FUNCTION} {_TAKES}",
            rf"expected {N} arguments?, got {N}",
            rf"{NAME} expected (?:at least |at most )?{N} arguments?, got {N}",
            rf"[\w.]{{1,60}} requires {N} to {N} arguments",
            rf"{NAME}\(\) missing required argument",
        ),
        "파이썬의 함수나 메서드에 넘긴 인자의 수가 맞지 않아요.",
        "`help(...)`로 그 함수가 무엇을 몇 개 받는지 봐요. 여럿을 한 번에 넘기려면 목록 하나로 묶어야 할 때가 많아요.",
    ),
    Entry(
        "call.combination-typo",
        "TypeError",
        _COMBINATION,
        "`{name}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요. 혹시 `{near}`인가요?",
        "`{keyword}`의 철자를 봐요.",
        when=_bad_keyword_typo,
    ),
    Entry(
        "call.combination-keyword",
        "TypeError",
        _COMBINATION,
        "`{name}`에는 `{keyword}`{keyword:이라는/라는} 인자가 없어요.",
        "`help(...)`로 `{name}`{name:이/가} 받는 인자의 이름을 봐요.",
        when=_bad_keyword,
    ),
    Entry(
        "call.combination",
        "TypeError",
        _COMBINATION,
        "`{name}`에 넘긴 인자들({got})의 수나 형이 맞지 않아요.",
        "`help(...)`로 `{name}`{name:이/가} 받는 인자의 형과 차례를 보고, 넘긴 것과 하나씩 견줘 봐요.",
    ),
)

CALLS = (*_SIGNATURE, *_CALLS)
