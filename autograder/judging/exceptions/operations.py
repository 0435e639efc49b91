"""예외의 표: 서로 다른 형의 계산, 이어 붙이기, 견주기, 바꿀 수 없는 것, 사전의 열쇠."""

from __future__ import annotations

from autograder.judging.exceptions.entry import TYPE, Entry, N, Seen, Words, any_of

_FUNCTION = r"builtin_function_or_method|method|function|method_descriptor"

# -- 더하기와 곱하기, 견주기 --

_OPERANDS = r"unsupported operand type\(s\) for (?P<sign>[-+*/@%&|^<>=]{1,3}|\*\* or pow\(\)|//|divmod\(\)): "
_NONE_PAIR = rf"(?:'NoneType' and '(?P<type>{TYPE})'|'(?P<type2>{TYPE})' and 'NoneType')"
# None을 돌려주는 메서드의 괄호 바로 뒤에서 계산한 줄
_MUTATES = (
    r"\. (?:append|extend|insert|sort|reverse|remove|update|add) \((?:[^()]|\([^()]*\)){0,80}\) (?:[-+*/@&|]|//|\*\*) "
)

_OPERATIONS = (
    Entry(
        "operand.none-returned",
        "TypeError",
        rf"{_OPERANDS}{_NONE_PAIR}",
        "None을 계산에 썼어요. `append`나 `sort`처럼 그 자리에서 일하는 메서드는 None을 돌려줘요.",
        "그 메서드를 부르는 줄과 결과를 쓰는 줄을 나눠요.",
        line=_MUTATES,
    ),
    Entry(
        "operand.none",
        "TypeError",
        rf"{_OPERANDS}{_NONE_PAIR}|(?:can only concatenate|can't multiply|bad operand type|'[<>=]{{1,2}}' not supported).{{0,70}}NoneType",
        "None을 계산에 썼어요. 값이 있어야 할 곳에 None이 왔어요.",
        "None이 어디서 왔는지 봐요. `return`을 잊은 함수의 결과이거나, 주지 않아도 되는 인자일 수 있어요.",
    ),
    Entry(
        "operand.forgot-call",
        "TypeError",
        rf"{_OPERANDS}(?:'(?:{_FUNCTION})' and '{TYPE}'|'{TYPE}' and '(?:{_FUNCTION})')",
        "함수를 부르지 않고 함수 그 자체로 계산하려고 했어요.",
        "이 줄의 함수나 메서드에 괄호 `()`를 빠뜨렸는지 봐요.",
    ),
    Entry(
        "operand.sum-start",
        "TypeError",
        r"unsupported operand type\(s\) for \+: 'int' and '(?P<type>list|tuple|str)'",
        "파이썬의 `sum`은 0에서 더하기 시작해서 `{type}`{type:을/를} 더하지 못해요.",
        "이어 붙이려는 것이라면, 이어 붙이는 방법(`+`, `join`, 반복문)을 골라요.",
        line=r"\bsum \(",
    ),
    Entry(
        "operand.numpy-tensor",
        "TypeError",
        rf"{_OPERANDS}'numpy\.ndarray' and 'Tensor'|Concatenation operation is not implemented for NumPy arrays",
        "넘파이 배열과 텐서를 섞어 계산했어요.",
        "한쪽으로 맞춰요. 배열은 `torch.from_numpy`로 텐서가 돼요.",
    ),
    Entry(
        "operand.list-tensor",
        "TypeError",
        rf"{_OPERANDS}(?:'Tensor' and '(?P<type>list|tuple|dict|str|set)'|'(?P<type2>list|tuple|dict|str|set)' and 'Tensor')",
        "텐서와 텐서가 아닌 것(목록, 튜플, 글)을 함께 계산했어요.",
        "두 쪽을 `type(...)`으로 보고, 텐서여야 할 쪽이 언제 텐서가 아니게 됐는지 찾아요.",
    ),
    Entry(
        "operand.text-number",
        "TypeError",
        rf"{_OPERANDS}(?:'str' and '(?:int|float)'|'(?:int|float)' and 'str')|can only concatenate str \(not \"(?:int|float)\"\) to str",
        "글과 수를 함께 계산했어요.",
        "글의 번호가 필요한 것인지(`ord`), 수를 글로 바꿀 것인지(`str`) 정해요.",
    ),
    Entry(
        "operand.list-arithmetic",
        "TypeError",
        rf"{_OPERANDS}(?:'(?P<type>list|tuple|torch\.Size)' and '{TYPE}'|'{TYPE}' and '(?P<type2>list|tuple|torch\.Size)')",
        "목록이나 튜플은 `{sign}`{sign:으로/로} 원소마다 계산하지 않아요.",
        "원소마다의 계산은 텐서가 해요. 텐서여야 할 것이 목록이 됐는지 봐요.",
    ),
    Entry(
        "operand.matmul-number",
        "TypeError",
        rf"{_OPERANDS}(?:'(?P<type>int|float)' and 'Tensor'|'Tensor' and '(?P<type2>int|float)')",
        "`@`는 텐서끼리의 행렬 곱인데 한쪽이 수예요.",
        "수를 곱하는 것은 `*`예요. 행렬이어야 한다면 그것이 언제 수가 됐는지(`.item()`) 봐요.",
        line=r" @ ",
    ),
    Entry(
        "operand.types",
        "TypeError",
        rf"{_OPERANDS}'(?P<type_a>{TYPE})' and '(?P<type_b>{TYPE})'",
        "`{type_a}`{type_a:과/와} `{type_b}`{type_b:은/는} `{sign}`{sign:으로/로} 계산할 수 없어요.",
        "두 쪽이 뜻한 값인지 `type(...)`으로 봐요.",
    ),
    Entry(
        "concat.pair",
        "TypeError",
        any_of(
            rf"can only concatenate (?P<type_a>list|tuple|str) \(not \"(?P<type_b>{TYPE})\"\) to",
            rf"can only concatenate tuple \(not (?P<type_c>{TYPE})\) to torch\.Size",
        ),
        "이어 붙이기(`+`)는 같은 형끼리만 돼요. 목록은 목록에, 튜플은 튜플에, 글은 글에 붙여요.",
        "두 쪽을 `type(...)`으로 보고 한쪽의 형으로 맞춰요. 원소 하나를 붙이려면 먼저 그 형으로 감싸요.",
    ),
    Entry(
        "repeat.float",
        "TypeError",
        rf"can't multiply sequence by non-int of type '(?P<type>{TYPE})'",
        "목록이나 글에는 정수만 곱할 수 있어요(그만큼 되풀이해요). 곱한 것은 `{type}`{type:이에요/예요}.",
        "원소마다 곱하려는 것이라면 텐서여야 해요. 횟수라면 정수인지 봐요.",
    ),
    Entry(
        "unary.type",
        "TypeError",
        rf"bad operand type for (?:unary [-+]|abs\(\)): '(?P<type>{TYPE})'",
        "`{type}`에는 부호(`-`)나 절댓값을 쓸 수 없어요.",
        "그 값이 수나 텐서인지 `type(...)`으로 봐요.",
    ),
    Entry(
        "compare.types",
        "TypeError",
        rf"'[<>]=?' not supported between instances of '(?P<type_a>{TYPE})' and '(?P<type_b>{TYPE})'",
        "`{type_a}`{type_a:과/와} `{type_b}`{type_b:은/는} 크기를 견줄 수 없어요.",
        "정렬하거나 견주는 값들이 모두 같은 형인지 봐요.",
    ),
)

# -- 바꿀 수 없는 것, 사전 --


def _written_key(seen: Seen, words: Words) -> Words | None:
    """찾은 열쇠가 학습자가 줄에 적은 글일 때만. 그 밖의 열쇠는 숨은 값일 수 있어요."""
    key = words["repr"][1:-1]
    return {"key": key} if key in seen.line.literals and key.isprintable() else None


_CHANGING = (
    Entry(
        "immutable.assign",
        "TypeError",
        rf"'(?P<type>{TYPE})' object does(?: not|n't) support item (?:assignment|deletion)",
        "`{type}`{type:은/는} 만든 뒤에 원소를 바꾸거나 지울 수 없어요.",
        "바꿀 것이라면 목록으로 모으거나, 바뀐 것을 새로 만들어요.",
    ),
    Entry(
        "immutable.tensor-delete",
        "TypeError",
        r"Tensor does not support deleting items",
        "텐서에서는 원소를 지울 수 없어요.",
        "뺄 것을 지우는 대신 남길 것을 골라요.",
    ),
    Entry(
        "key.unhashable",
        "TypeError",
        rf"(?:cannot use '{TYPE}' as a (?:dict key|set element) \()?unhashable type: '(?P<type>{TYPE})'",
        "`{type}`{type:은/는} 사전의 열쇠나 집합의 원소가 될 수 없어요. 나중에 바뀔 수 있는 형이기 때문이에요.",
        "목록이라면 튜플로 바꾼 것을 열쇠로 써요.",
    ),
    Entry(
        "key.tensor",
        "KeyError",
        r"tensor\(",
        "텐서를 사전의 열쇠로 찾았어요. 텐서는 값이 같아도 서로 다른 열쇠예요.",
        "열쇠는 파이썬의 수나 글이어야 해요. 텐서에서 수를 꺼내 찾는지 봐요.",
    ),
    Entry(
        "key.popped",
        "KeyError",
        r"'(?:popitem\(\): dictionary is empty|pop from an empty set)'",
        "비어 있는 사전이나 집합에서 꺼내려고 했어요.",
        "남은 것이 있는지 먼저 물어봐요.",
    ),
    Entry(
        "key.written",
        "KeyError",
        r"(?P<repr>'[^'`\\]{1,40}'|\"[^\"`\\]{1,40}\")$",
        "이 사전에는 열쇠 `{key}`{key:이/가} 없어요.",
        "열쇠의 철자(대문자와 소문자)를 보고, `.keys()`로 어떤 열쇠가 있는지 적어 봐요.",
        when=_written_key,
    ),
    Entry(
        "key.first-time",
        "KeyError",
        "",
        "처음 보는 열쇠의 값에 더하거나 곱하려고 했어요. 있던 값이 없어서 읽을 수 없어요.",
        "처음 보는 열쇠일 때 무엇에서 시작할지 정해요.",
        line=r"^[^=]*\] (?:[-+*/|&]|//|\*\*) ?= [^\[\]]*$",
    ),
    Entry(
        "key.missing",
        "KeyError",
        "",
        "사전에 없는 열쇠를 찾았어요.",
        "찾은 열쇠와 사전의 열쇠들을 적어 봐요. 없을 수도 있는 열쇠라면 그때 무엇을 할지 정해요.",
    ),
    Entry(
        "dict.changed",
        "RuntimeError",
        r"(?:dictionary (?:changed size|keys changed)|Set changed size|deque mutated|OrderedDict mutated) during iteration",
        "반복문으로 도는 동안 그 사전(집합)에 넣거나 뺐어요.",
        "도는 것과 바꾸는 것을 나눠요. 바꿀 것은 새 사전에 담거나, 돌기 전에 `list(...)`로 베껴 둬요.",
    ),
    Entry(
        "dict.pairs",
        "TypeError ValueError",
        rf"cannot convert dictionary update sequence element|dictionary update sequence element #{N} has length",
        "사전으로 만들 것은 (열쇠, 값) 둘씩이어야 해요.",
        "하나하나가 길이 2인 튜플인지 봐요.",
    ),
)

OPERATIONS = (*_OPERATIONS, *_CHANGING)
