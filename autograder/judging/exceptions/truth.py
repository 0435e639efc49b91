"""예외의 표: 텐서를 참이나 거짓으로 읽는 곳과 마스크."""

from __future__ import annotations

from autograder.judging.exceptions.entry import DTYPES, TYPE, Entry, asks

_MANY = r"Boolean value of Tensor with more than one value is ambiguous"

# -- 텐서를 참이나 거짓 하나로 --

_TRUTH = (
    Entry(
        "truth.empty",
        "RuntimeError",
        r"Boolean value of Tensor with no values",
        "원소가 하나도 없는 텐서를 참이나 거짓으로 바꾸려고 했어요.",
        "이 줄의 텐서가 왜 비었는지, 앞에서 자른 범위와 `.shape`를 봐요.",
    ),
    Entry(
        "truth.if-name",
        "RuntimeError",
        _MANY,
        "`if`나 `while`은 참이나 거짓 하나를 바라는데, 원소가 여럿인 텐서가 왔어요.",
        "받았는지를 물은 것이라면 `is None`으로 묻고, 원소의 값을 물은 것이라면 `.any()`나 `.all()`로 하나로 모아요.",
        line=r"(?:^|\belse )(?:if|elif|while) (?:not )?\w+ :|\bif (?:not )?\w+ else\b",
        when=asks("if", "while", alone=("not",)),
    ),
    Entry(
        "truth.if",
        "RuntimeError",
        _MANY,
        "`if`나 `while`은 참이나 거짓 하나를 바라는데, 원소가 여럿인 텐서가 왔어요.",
        "원소마다 다른 값을 고르려면 `torch.where`를, 텐서 전체로 한 번만 판단하려면 `.any()`나 `.all()`을 써요.",
        why="텐서의 비교는 원소마다의 참과 거짓을 담은 텐서예요.",
        when=asks("if", "while", alone=("not",)),
    ),
    Entry(
        "truth.and-or",
        "RuntimeError",
        _MANY,
        "`and`와 `or`는 원소마다 계산하지 않고, 텐서 전체를 참이나 거짓 하나로 바꾸려고 해요.",
        "원소마다의 '그리고'와 '또는'은 `&`와 `|`예요. 양쪽의 비교는 괄호로 감싸요.",
        when=asks("and", "or", alone=("not",)),
    ),
    Entry(
        "truth.not",
        "RuntimeError",
        _MANY,
        "`not`은 원소마다 뒤집지 않고, 텐서 전체를 참이나 거짓 하나로 바꾸려고 해요.",
        "불(bool) 텐서를 원소마다 뒤집는 것은 `~`예요.",
        when=asks("not"),
    ),
    Entry(
        "truth.max-min",
        "RuntimeError",
        _MANY,
        "파이썬의 `max`와 `min`은 원소마다 고르지 않고, 텐서를 통째로 견주려고 해요.",
        "원소마다 고르는 것은 `torch.maximum`이나 `torch.minimum`, 한 텐서에서 가장 큰 값은 `.max()`처럼 텐서를 받는 쪽을 써요.",
        when=asks("max", "min"),
    ),
    Entry(
        "truth.chain",
        "RuntimeError",
        _MANY,
        "`a < b < c`처럼 이어 쓴 비교는 두 비교를 `and`로 묶은 것이라, 원소마다 계산하지 않아요.",
        "비교를 둘로 나눠 괄호로 감싸고 `&`로 묶어요.",
        when=asks("chain"),
    ),
    Entry(
        "truth.in",
        "RuntimeError",
        _MANY,
        "목록에서 텐서를 찾으면(`in`, `.index` 등) 하나하나와 `==`로 견주는데, 텐서끼리의 `==`는 참이나 거짓 하나가 아니에요.",
        "텐서끼리 통째로 같은지는 `torch.equal`로 하나씩 물어봐요.",
        when=asks("in"),
    ),
    Entry(
        "truth.sorted",
        "RuntimeError",
        _MANY,
        "순서를 정하려면 두 값의 비교가 참이나 거짓 하나여야 하는데, 원소가 여럿인 텐서를 견줬어요.",
        "무엇을 기준으로 세울지 수 하나를 정해서 `key`로 줘요.",
        when=asks("sorted"),
    ),
    Entry(
        "truth.bool-any-all",
        "RuntimeError",
        _MANY,
        "파이썬의 `bool`, `any`, `all`, `filter`는 원소 하나하나가 아니라 텐서를 통째로 참이나 거짓으로 바꾸려고 해요.",
        "텐서에는 텐서의 메서드 `.any()`와 `.all()`을 써요.",
        when=asks("bool", "any", "all", "filter"),
    ),
    Entry(
        "truth.assert",
        "RuntimeError",
        _MANY,
        "`assert`는 참이나 거짓 하나를 바라는데, 원소가 여럿인 텐서가 왔어요.",
        "모든 원소가 그런지는 `.all()`, 두 텐서가 같은지는 `torch.equal`로 물어봐요.",
        when=asks("assert"),
    ),
    Entry(
        "truth.equal",
        "RuntimeError",
        _MANY,
        "목록이나 튜플, 사전을 `==`로 견주면 안에 든 텐서끼리의 비교가 참이나 거짓 하나여야 해요.",
        "안의 텐서를 꺼내 `torch.equal`로 견줘요.",
        when=asks("equal"),
    ),
    Entry(
        "truth.tensor",
        "RuntimeError",
        _MANY,
        "원소가 여럿인 텐서를 참이나 거짓 하나로 바꾸려고 했어요.",
        "참이나 거짓을 바라는 곳(`if`, `and`, `not`, `max`, 비교)에 온 텐서의 모양을 봐요. 하나로 모으는 것은 `.any()`와 `.all()`이에요.",
    ),
    Entry(
        "truth.numpy",
        "ValueError",
        r"The truth value of an array with more than one element is ambiguous",
        "원소가 여럿인 넘파이 배열을 참이나 거짓 하나로 바꾸려고 했어요.",
        "원소마다 고르려면 `np.where`를, 한 번만 판단하려면 `.any()`나 `.all()`을 써요.",
    ),
)

# -- 불 텐서와 마스크 --

_MASKS = (
    Entry(
        "mask.bitwise-float",
        "NotImplementedError",
        rf'"bitwise_(?:and|or|xor)_\w{{1,8}}" not implemented for \'(?P<dtype>{DTYPES})\'',
        "`&`, `|`, `^`는 불(bool)과 정수에만 쓸 수 있는데 `{dtype}`{dtype:이/가} 섞였어요.",
        "이 줄의 두 쪽에 `.dtype`을 적어 보고, 마스크여야 할 쪽이 비교의 결과(bool)인지 봐요.",
    ),
    Entry(
        "mask.invert-float",
        "TypeError",
        r"~ \(operator\.invert\) is only implemented on",
        "`~`는 불(bool)과 정수 텐서만 뒤집는데 실수 텐서가 왔어요.",
        "마스크가 언제 실수가 됐는지 봐요. 비교(`==`, `!=`, `<=`)의 결과는 bool이에요.",
    ),
    Entry(
        "mask.invert-number",
        "TypeError",
        rf"bad operand type for unary ~: '(?P<type>{TYPE})'",
        "`~`는 불(bool) 텐서를 뒤집는데 `{type}`{type:이/가} 왔어요.",
        "마스크로 쓰려던 값이 텐서인지 `type(...)`으로 봐요.",
    ),
    Entry(
        "mask.negate",
        "RuntimeError",
        r"Negation, the `-` operator, on a bool tensor is not supported",
        "불(bool) 텐서에 `-`를 붙였어요.",
        "마스크를 뒤집으려 했다면 `~`예요. 수로 쓰려 했다면 먼저 실수로 바꿔요.",
    ),
    Entry(
        "mask.subtract",
        "RuntimeError",
        r"Subtraction, the `-` operator, with (?:a bool tensor|two bool tensors) is not supported",
        "불(bool) 텐서에서 빼거나 불 텐서를 뺐어요.",
        "마스크를 뒤집으려 했다면 `~`예요. 수로 쓰려 했다면 먼저 실수로 바꿔요.",
    ),
    Entry(
        "mask.fill-dtype",
        "RuntimeError",
        rf"masked_fill_ only supports boolean masks, but got mask with dtype (?P<dtype>{DTYPES})",
        "`masked_fill`의 마스크는 불(bool)이어야 하는데 `{dtype}`{dtype:이에요/예요}.",
        "0과 1이나 -inf로 적은 마스크라면 비교(`==`, `!=`)로 bool을 만들어요.",
    ),
    Entry(
        "mask.fill-value",
        "RuntimeError",
        r"masked_fill_ only supports a 0-dimensional value tensor",
        "`masked_fill`이 채울 값은 수 하나여야 하는데, 원소가 여럿인 텐서가 왔어요.",
        "자리마다 다른 값을 고르는 것이라면 `torch.where`예요.",
    ),
    Entry(
        "mask.where-dtype",
        "RuntimeError",
        rf"where expected condition to be a boolean tensor, but got a tensor with dtype (?P<dtype>{DTYPES})",
        "`torch.where`의 조건은 불(bool) 텐서여야 하는데 `{dtype}`{dtype:이에요/예요}.",
        "첫 인자에 값이 아니라 비교의 결과를 넣었는지 봐요.",
    ),
    Entry(
        "mask.attention-dtype",
        "RuntimeError",
        r"Expected attn_mask dtype to be bool or float",
        "어텐션 마스크는 bool이거나 쿼리와 같은 dtype이어야 해요.",
        "마스크의 `.dtype`을 적어 봐요.",
    ),
)

TRUTH = (*_TRUTH, *_MASKS)
