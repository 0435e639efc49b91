"""예외의 표: 없는 속성과 메서드. 오타, 다른 형이나 다른 모듈의 것, None에서 읽기."""

from __future__ import annotations

import re

from autograder.judging.exceptions.entry import NAME, TYPE, Entry, Seen, When, Words
from autograder.judging.exceptions.near import ALIASES, BUILTINS, elsewhere, has, near_attribute

_ATTRIBUTE = rf"'(?P<type>{TYPE})' object has no attribute '(?P<attr>{NAME})'"
_NONE = rf"'NoneType' object has no attribute '(?P<attr>{NAME})'"
_MODULE = rf"module '(?P<home>{TYPE})' has no attribute '(?P<attr>{NAME})'"
_FUNCTION = r"builtin_function_or_method|method|function|type"
_RETURNS_NOTHING = r"\. (?:append|extend|insert|sort|reverse|remove|clear|update|add|backward|manual_seed_all) \("
# 같은 일을 하는 이름이 형마다 다른 것
_SAME_WORK = {
    ("Tensor", "copy"): ".clone()",
    ("Tensor", "astype"): ".to(dtype)",
    ("Tensor", "ndimension"): ".dim()",
    ("Tensor", "length"): ".numel()",
    ("Tensor", "append"): "torch.cat",
    ("Tensor", "extend"): "torch.cat",
    ("Tensor", "concatenate"): "torch.cat",
    ("list", "add"): ".append()",
    ("list", "push"): ".append()",
    ("list", "length"): "len()",
    ("str", "length"): "len()",
    ("str", "decode"): ".encode()",
    ("bytes", "encode"): ".decode()",
    ("set", "append"): ".add()",
    ("set", "extend"): ".update()",
    ("Counter", "add"): ".update()",
    ("dict", "add"): "사전[열쇠] = 값",
    ("dict", "append"): "사전[열쇠] = 값",
    ("dict", "has_key"): "in",
    ("dict", "iteritems"): ".items()",
    ("torch", "array"): "torch.tensor",
    ("torch", "concatenation"): "torch.cat",
    ("torch", "expand_dims"): ".unsqueeze()",
    ("numpy", "tensor"): "np.array",
    ("numpy", "cat"): "np.concatenate",
}


def _same_work(seen: Seen, words: Words) -> Words | None:
    near = _SAME_WORK.get((words.get("type") or words["home"], words["attr"]))
    return {"near": near} if near else None


def _builtin(seen: Seen, words: Words) -> Words | None:
    return {} if words["attr"] in BUILTINS and not has("torch", words["attr"]) else None


def _builtin_of_module(seen: Seen, words: Words) -> Words | None:
    return {} if words["home"] in ("math", "numpy") and words["attr"] in BUILTINS else _builtin(seen, words)


def _used_after_change(seen: Seen, words: Words) -> Words | None:
    """None을 돌려주는 메서드의 괄호 바로 뒤에서 그 속성을 읽었을 때만."""
    return {} if re.search(rf"{_RETURNS_NOTHING}.*\) \. {re.escape(words['attr'])}\b", seen.line.bare) else None


def _similar_attribute(seen: Seen, words: Words) -> Words | None:
    near = near_attribute(words.get("type") or words["home"], words["attr"])
    return {"near": near} if near else None


def _tensor_attribute(seen: Seen, words: Words) -> Words | None:
    return {} if has("Tensor", words["attr"]) else None


def _other_module(seen: Seen, words: Words) -> Words | None:
    home = elsewhere(words["attr"])
    return {"other": home} if home and home != words.get("home") else None


def _alias(when: When) -> When:
    """`when`에 모듈을 줄에 적은 이름(`short`)을 더해요."""

    def aliased(seen: Seen, words: Words) -> Words | None:
        more = when(seen, words)
        names = [name for name in ("F", "nn", "np") if ALIASES[name] == words["home"] and name in seen.line.tokens]
        return None if more is None else {**more, "short": names[0] if names else words["home"]}

    return aliased


ATTRIBUTES = (
    Entry(
        "attribute.none-returned",
        "AttributeError",
        _NONE,
        "None에는 `.{attr}`{attr:이/가} 없어요. `append`, `sort`, `backward`처럼 그 자리에서 일하는 메서드는 None을 돌려줘요.",
        "그 메서드를 부르는 줄과 결과를 쓰는 줄을 나눠요.",
        when=_used_after_change,
    ),
    Entry(
        "attribute.none-grad",
        "AttributeError",
        _NONE,
        "`.grad`가 아직 None이라 `.{attr}`{attr:을/를} 읽을 수 없어요.",
        "그 텐서가 손실에서 거꾸로 닿는 잎(직접 만든 미분할 텐서)인지, `backward()`를 먼저 했는지 봐요.",
        line=rf"\. grad \. {NAME}",
    ),
    Entry(
        "attribute.none-match",
        "AttributeError",
        r"'NoneType' object has no attribute '(?P<attr>group|groups|start|end|span)'",
        "정규식이 맞는 곳을 찾지 못해 None을 돌려줬어요.",
        "찾지 못했을 때를 먼저 가려내요.",
    ),
    Entry(
        "attribute.none",
        "AttributeError",
        _NONE,
        "None에는 `.{attr}`{attr:이/가} 없어요. 값이 있어야 할 곳에 None이 왔어요.",
        "점 앞의 이름이 어디서 왔는지 봐요. `return`을 잊은 함수의 결과이거나, 주지 않아도 되는 인자일 수 있어요.",
    ),
    Entry(
        "attribute.immutable",
        "AttributeError",
        r"'(?P<type>tuple|str|torch\.Size|bytes|range)' object has no attribute "
        r"'(?P<attr>append|extend|insert|remove|pop|sort|reverse|clear|add|update)'",
        "`{type}`{type:은/는} 만든 뒤에 바꿀 수 없어서 `.{attr}`{attr:이/가} 없어요.",
        "하나씩 더해 갈 것이라면 목록으로 모으고, 마지막에 필요한 형으로 바꿔요.",
    ),
    Entry(
        "attribute.same-work",
        "AttributeError",
        _ATTRIBUTE,
        "`{type}`에는 `.{attr}`{attr:이/가} 없어요. 대신 쓰는 것은 `{near}`{near:이에요/예요}.",
        "`{attr}`{attr:을/를} `{near}`{near:으로/로} 바꿔 보고, 결과가 뜻한 것인지 봐요.",
        when=_same_work,
    ),
    Entry(
        "attribute.module-same-work",
        "AttributeError",
        _MODULE,
        "`{short}`에는 `{attr}`{attr:이/가} 없어요. 대신 쓰는 것은 `{near}`{near:이에요/예요}.",
        "`{attr}`{attr:을/를} `{near}`{near:으로/로} 바꿔 보고, 결과가 뜻한 것인지 봐요.",
        when=_alias(_same_work),
    ),
    Entry(
        "attribute.forgot-call",
        "AttributeError",
        rf"'(?P<type>{_FUNCTION})' object has no attribute '(?P<attr>{NAME})'",
        "함수를 부르지 않고 함수 그 자체에서 `.{attr}`{attr:을/를} 읽으려고 했어요.",
        "점 앞의 함수나 메서드에 괄호 `()`를 빠뜨렸는지 봐요.",
    ),
    Entry(
        "attribute.not-tensor",
        "AttributeError",
        rf""
        rf"'(?P<type>list|tuple|int|float|bool|str|dict|set|generator|numpy\.(?:ndarray|float64|float32|int64|bool))' "
        rf"object has no attribute '(?P<attr>{NAME})'",
        "`.{attr}`{attr:은/는} 텐서의 것인데 이 값은 `{type}`{type:이에요/예요}.",
        "이 값이 언제 텐서가 아니게 됐는지 봐요. `.item()`, `.tolist()`, `.numpy()`나 여러 값을 돌려주는 함수를 지났을 수 있어요.",
        when=_tensor_attribute,
    ),
    Entry(
        "attribute.builtin",
        "AttributeError",
        _ATTRIBUTE,
        "`{attr}`{attr:은/는} 메서드가 아니라 파이썬의 함수예요.",
        "`{attr}(값)`처럼 불러요.",
        when=_builtin,
    ),
    Entry(
        "attribute.typo",
        "AttributeError",
        _ATTRIBUTE,
        "`{type}`에는 `.{attr}`{attr:이/가} 없어요. 혹시 `.{near}`인가요?",
        "`.{attr}`의 철자를 봐요.",
        when=_similar_attribute,
    ),
    Entry(
        "attribute.function-of-module",
        "AttributeError",
        rf"'(?P<type>Tensor|Parameter)' object has no attribute '(?P<attr>{NAME})'",
        "`{attr}`{attr:은/는} 텐서의 메서드가 아니라 `{other}`의 함수예요.",
        "`{other}.{attr}(값)`처럼 불러요.",
        when=_other_module,
    ),
    Entry(
        "attribute.before-init",
        "AttributeError",
        r"cannot assign (?:module|parameters?|buffer) before (?P<name>\w{1,40})\.__init__\(\) call",
        "`nn.Module`의 준비가 끝나기 전에 층을 넣었어요.",
        "`__init__`의 첫 줄에서 `super().__init__()`을 불렀는지 봐요.",
    ),
    Entry(
        "attribute.generator",
        "AttributeError",
        rf"'torch\._C\.Generator' object has no attribute '(?P<attr>{NAME})'",
        "난수 생성기에는 `.{attr}`{attr:이/가} 없어요. 생성기는 스스로 뽑지 않고 뽑는 함수에 넘겨져요.",
        "`torch`의 뽑는 함수에 `generator=`로 넘겨요.",
    ),
    Entry(
        "attribute.read-only",
        "AttributeError",
        rf"attribute '(?P<attr>{NAME})' of '(?P<type>{TYPE})' objects is not writable|can't set attribute|property '(?P<attr2>{NAME})' of",
        "값을 넣을 수 없는 속성에 값을 넣었어요.",
        "텐서의 모양은 `.reshape`나 `.transpose`로 새 텐서를 만들어 바꿔요.",
    ),
    Entry(
        "attribute.module-builtin",
        "AttributeError",
        _MODULE,
        "`{short}`에는 `{attr}`{attr:이/가} 없어요. `{attr}`{attr:은/는} 파이썬의 함수라 앞에 아무것도 붙이지 않아요.",
        "`{short}.`을 지우고 불러요.",
        when=_alias(_builtin_of_module),
    ),
    Entry(
        "attribute.module-typo",
        "AttributeError",
        _MODULE,
        "`{short}`에는 `{attr}`{attr:이/가} 없어요. 혹시 `{near}`인가요?",
        "`{attr}`의 철자를 봐요.",
        when=_alias(_similar_attribute),
    ),
    Entry(
        "attribute.other-module",
        "AttributeError",
        _MODULE,
        "`{short}`에는 `{attr}`{attr:이/가} 없고 `{other}`에 있어요.",
        "`{other}.{attr}`{attr:으로/로} 불러요.",
        when=_alias(_other_module),
    ),
    Entry(
        "attribute.module",
        "AttributeError",
        _MODULE,
        "`{short}`에는 `{attr}`{attr:이라는/라는} 이름이 없어요.",
        "철자를 보고, 그 이름이 어느 모듈의 것인지 찾아봐요.",
        when=_alias(lambda seen, words: {}),
    ),
    Entry(
        "attribute.dict-key",
        "AttributeError",
        rf"'(?P<type>dict|Counter|collections\.defaultdict)' object has no attribute '(?P<attr>{NAME})'",
        "사전에는 `.{attr}`{attr:이라는/라는} 메서드가 없어요.",
        "사전의 값은 점이 아니라 대괄호와 열쇠로 꺼내요.",
    ),
    Entry(
        "attribute.tensor",
        "AttributeError",
        rf"'(?:Tensor|Parameter)' object has no attribute '(?P<attr>{NAME})'",
        "텐서에는 `.{attr}`{attr:이/가} 없어요.",
        "철자를 보고, 직접 만든 함수라면 점이 아니라 `함수(텐서)`로 불러요.",
    ),
    Entry(
        "attribute.own",
        "AttributeError",
        rf"(?:'(?P<type>{TYPE})' object|type object '(?P<type2>{TYPE})') has no attribute '(?P<attr>{NAME})'",
        "이 값에는 `.{attr}`{attr:이/가} 없어요.",
        "점 앞의 값의 형을 `type(...)`으로 봐요. 여러분이 만든 클래스라면 `self.{attr}`에 값을 넣는 줄이 먼저 실행되는지 봐요.",
    ),
)
