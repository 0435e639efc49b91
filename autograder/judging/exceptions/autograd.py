"""예외의 표: 기울기와 계산 그래프, 제자리에서 고치기, 텐서에서 수 꺼내기, 두 값을 주는 함수, 텐서 만들기."""

from __future__ import annotations

import re

from autograder.judging.exceptions.entry import NAME, SHAPE, TYPE, Entry, N, Seen, Words, any_of

# -- 기울기 --

_GRAD = (
    Entry(
        "grad.vector",
        "RuntimeError",
        r"grad can be implicitly created only for scalar outputs",
        "기울기는 수 하나에서만 거꾸로 구할 수 있는데, 원소가 여럿인 텐서에서 시작했어요.",
        "`.sum()`이나 `.mean()`처럼 손실 하나로 모은 뒤에 거꾸로 가는지 봐요.",
    ),
    Entry(
        "grad.twice",
        "RuntimeError",
        r"Trying to backward through the graph a second time",
        "같은 계산 그래프에서 기울기를 두 번 구했어요. 한 번 구하면 그래프는 지워져요.",
        "기울기를 구할 때마다 앞 계산을 다시 하는지, 앞 번의 텐서를 이어 쓰지 않는지 봐요.",
    ),
    Entry(
        "grad.none",
        "RuntimeError",
        r"element 0 of tensors does not require grad",
        "손실이 미분할 텐서와 이어져 있지 않아서 기울기를 구할 수 없어요.",
        "미분할 텐서에 `requires_grad_(True)`를 했는지, 중간에 `.detach()`, `.item()`, `torch.tensor(...)`, 비교가 그래프를 끊지 않는지 봐요.",
    ),
    Entry(
        "grad.unused",
        "RuntimeError",
        r"(?:The|One of the) differentiated Tensors?.{0,40} appears to not have been used in the graph",
        "기울기를 물은 텐서가 손실을 계산하는 데 쓰이지 않았어요.",
        "기울기를 물은 바로 그 텐서(베끼거나 다시 만든 것 말고)로 손실을 계산했는지 봐요.",
    ),
    Entry(
        "grad.not-required",
        "RuntimeError",
        r"One of the differentiated Tensors does not require grad",
        "기울기를 물은 텐서 가운데 `requires_grad`가 아닌 것이 있어요.",
        "손실을 계산하기 전에 그 텐서에 `requires_grad_(True)`를 했는지 봐요.",
    ),
    Entry(
        "grad.inputs",
        "RuntimeError",
        rf"all inputs have to be Tensors or GradientEdges, but got (?P<type>{TYPE})",
        "기울기를 물을 것은 텐서여야 하는데 `{type}`{type:이/가} 왔어요.",
        "`torch.autograd.grad`의 둘째 인자가 무엇인지 봐요.",
    ),
    Entry(
        "grad.number",
        "TypeError",
        r"'(?P<type>float|int)' object is not iterable",
        "기울기를 구할 것이 텐서가 아니라 파이썬 수예요.",
        "손실을 `.item()`으로 꺼내지 않고 텐서 그대로 넘기는지 봐요.",
        line=r"\b(?:backward|grad) \(",
    ),
    Entry(
        "grad.shape",
        "RuntimeError",
        r"Mismatch in shape: grad_output\[\d{1,9}\]",
        "`backward`에 넘긴 기울기의 모양이 손실의 모양과 달라요.",
        "손실이 수 하나라면 아무것도 넘기지 않아요.",
    ),
    Entry(
        "grad.integer",
        "RuntimeError",
        r"only Tensors of floating point.{0,20} dtype can require gradients",
        "정수나 bool 텐서에는 기울기가 없어요.",
        "미분할 텐서를 실수로 만들었는지 봐요.",
    ),
    Entry(
        "grad.flags",
        "RuntimeError",
        r"you can only change requires_grad flags of leaf variables|Setting requires_grad=True on inference tensor|Can't detach views in-place",
        "계산해서 나온 텐서의 `requires_grad`는 바꿀 수 없어요.",
        "그래프에서 떼어 내려면 `.detach()`로 새 텐서를 받아요.",
    ),
    Entry(
        "grad.hook",
        "RuntimeError",
        r"cannot register a hook on a tensor that doesn't require gradient",
        "기울기가 흐르지 않는 텐서에 훅을 걸었어요.",
        "그 텐서가 미분할 텐서에서 계산된 것인지 봐요.",
    ),
    Entry(
        "grad.copy",
        "RuntimeError",
        r"Only Tensors created explicitly by the user .{0,20}support the deepcopy",
        "계산해서 나온 텐서는 `deepcopy`로 베낄 수 없어요.",
        "텐서의 사본은 `.clone()`이에요.",
    ),
)

# -- 제자리에서 고치기 --

_INPLACE = (
    Entry(
        "inplace.leaf",
        "RuntimeError",
        r"a leaf Variable that requires grad is being used in an in-place operation",
        "미분할 텐서를 제자리에서 고쳤어요. 그러면 처음 값을 잃어서 기울기를 구할 수 없어요.",
        "`+=`나 `_`로 끝나는 메서드 대신 새 텐서를 만들어요.",
    ),
    Entry(
        "inplace.leaf-view",
        "RuntimeError",
        r"a view of a leaf Variable that requires grad is being used in an in-place operation",
        "미분할 텐서의 일부에 값을 넣었어요. 그러면 처음 값을 잃어서 기울기를 구할 수 없어요.",
        "자리에 넣는 대신 `torch.where`, `torch.cat`, `torch.stack`처럼 새 텐서를 만드는 길을 찾아요.",
    ),
    Entry(
        "inplace.expanded",
        "RuntimeError",
        r"unsupported operation: more than one element of the written-to tensor refers to a single memory",
        "`expand`로 늘린 텐서는 여러 자리가 한 값을 함께 쓰고 있어서 제자리에서 고칠 수 없어요.",
        "고치기 전에 `.clone()`으로 자리를 따로 만들거나, 새 텐서를 만드는 연산을 써요.",
    ),
    Entry(
        "inplace.needed-later",
        "RuntimeError",
        rf"one of the variables needed for gradient computation has been modified by an inplace operation: \[torch\.{NAME} (?P<shape>{SHAPE})\]",
        "기울기를 구할 때 다시 쓸 텐서(모양 {shape})를 그사이에 제자리에서 고쳤어요.",
        "`+=`, `x[...] = ...`, `_`로 끝나는 메서드로 텐서를 고친 곳을 찾아 새 텐서를 만들어요.",
    ),
    Entry(
        "inplace.unbound-view",
        "RuntimeError",
        rf"Output {N} of {NAME} is a view and is being modified inplace",
        "텐서를 줄마다 꺼낸 것(`for`, `unbind`, `split`)을 제자리에서 고쳤어요.",
        "꺼낸 것을 고치지 말고, 새 값들을 모아 `torch.stack`으로 쌓아요.",
    ),
    Entry(
        "inplace.resize",
        "RuntimeError",
        r"cannot resize variables that require grad",
        "미분할 텐서의 크기를 제자리에서 바꾸려고 했어요.",
        "모양을 바꾼 새 텐서는 `.reshape`로 받아요.",
    ),
)

# -- 넘파이, 텐서에서 수 꺼내기 --


def _only_product(seen: Seen, words: Words) -> Words | None:
    """정수 하나를 바라는 다른 곳(`range`, 번호)이 줄에 없을 때만."""
    return None if re.search(r"\brange \(|[\w\])] \[", seen.line.bare) else {}


_NO_CONVERSION = r"^(?!.*\b(?:float|int|bool) \()"  # 줄에 파이썬의 형 바꾸기가 함께 있으면 어느 쪽인지 몰라요.
_OUT = (
    Entry(
        "numpy.graph-function",
        "RuntimeError",
        r"Can't call numpy\(\) on Tensor that requires grad",
        "넘파이 함수는 미분할 텐서를 받지 못해요. 그래프가 끊기기 때문이에요.",
        "`np.` 함수 대신 같은 이름의 `torch` 함수를 써요.",
        line=r"\b(?:np|numpy) \.",
    ),
    Entry(
        "numpy.graph",
        "RuntimeError",
        r"Can't call numpy\(\) on Tensor that requires grad",
        "기울기가 흐르는 텐서는 넘파이로 바꿀 수 없어요. 그래프가 끊기기 때문이에요.",
        "넘파이로 꼭 바꿔야 하는지 봐요. 값만 볼 것이라면 `.detach()`를 먼저 해요.",
    ),
    Entry(
        "scalar.item",
        "RuntimeError",
        rf"a Tensor with (?P<size>{N}) elements cannot be converted to Scalar",
        "`.item()`은 원소가 하나인 텐서에만 쓸 수 있는데 원소가 {size}개예요.",
        "하나로 모으는 계산(`sum`, `mean`, 자리 고르기)이 빠졌는지 `.shape`를 봐요.",
    ),
    Entry(
        "scalar.make-tensor",
        "ValueError TypeError",
        r"only one element tensors can be converted to Python scalars",
        "`torch.tensor(...)`에 원소가 여럿인 텐서들의 목록을 넣었어요. 이 함수는 수만 받아요.",
        "텐서들을 쌓아 하나로 만드는 것은 `torch.stack`이에요.",
        line=rf"{_NO_CONVERSION}.*\b(?:tensor|Tensor|FloatTensor|LongTensor) \(",
    ),
    Entry(
        "scalar.math",
        "ValueError TypeError",
        r"only one element tensors can be converted to Python scalars",
        "`math`의 함수는 수 하나만 받는데 원소가 여럿인 텐서를 넣었어요.",
        "원소마다 계산하는 것은 같은 이름의 `torch` 함수예요.",
        line=rf"{_NO_CONVERSION}.*\bmath \. \w+ \(",
    ),
    Entry(
        "scalar.number",
        "ValueError TypeError",
        any_of(
            r"only one element tensors can be converted to Python scalars",
            r"only 0-dimensional arrays can be converted",
            r"only (?:length|size)-1 arrays can be converted",
        ),
        "원소가 여럿인 텐서나 배열을 파이썬 수 하나로 바꾸려고 했어요.",
        "수 하나여야 할 것이 왜 여럿인지 `.shape`를 봐요.",
    ),
    Entry(
        "scalar.repeat-list",
        "TypeError",
        r"only integer tensors of a single element can be converted to an index",
        "텐서에 목록이나 글, 튜플을 곱했어요. 파이썬은 이것을 '목록을 몇 번 되풀이하기'로 읽어요.",
        "곱하는 두 쪽이 모두 텐서인지 `type(...)`으로 봐요.",
        line=r" \* ",
        when=_only_product,
    ),
    Entry(
        "scalar.index",
        "TypeError",
        r"only integer tensors of a single element can be converted to an index|only integer scalar arrays can be converted to a scalar index",
        "정수 하나가 와야 할 곳(`range`, 목록의 번호, 목록에 곱하는 수)에 알맞지 않은 텐서가 왔어요. 그 자리에는 원소가 하나인 정수 텐서만 돼요.",
        "그 텐서의 `.shape`와 `.dtype`을 적어 봐요.",
    ),
)

# -- 두 값을 주는 함수: max(dim), sort, topk --

_TWO = r"max|min|sort|topk|median|mode|kthvalue|cummax|cummin|aminmax|std_mean|var_mean"
_PAIRS = (
    Entry(
        "pair.attribute",
        "AttributeError",
        rf"'torch\.return_types\.(?P<name>{NAME})' object has no attribute '(?P<attr>{NAME})'",
        "`{name}`{name:은/는} 텐서 하나가 아니라 여러 값의 묶음을 돌려줘요. 묶음에는 `.{attr}`{attr:이/가} 없어요.",
        "묶음에서 필요한 것만 골라요. 축을 준 `max`라면 `.values`와 `.indices`예요.",
    ),
    Entry(
        "pair.operand",
        "TypeError",
        rf".{{0,150}}torch\.return_types\.(?P<name>{NAME})",
        "`{name}`{name:은/는} 텐서 하나가 아니라 여러 값의 묶음을 돌려주는데, 묶음을 텐서처럼 계산에 썼어요.",
        "묶음에서 필요한 것만 골라요. 축을 준 `max`라면 `.values`와 `.indices`예요.",
    ),
    Entry(
        "pair.tuple",
        "TypeError",
        r"can only concatenate tuple \(not \"(?:int|float|Tensor)\"\) to tuple",
        "축을 준 `max`, `sort`, `topk`는 값과 번호 두 가지를 묶어서 돌려줘요. 묶음에는 더할 수 없어요.",
        "묶음에서 필요한 것(`.values`나 `.indices`)만 골라요.",
        line=rf"\. (?:{_TWO}) \(",
    ),
)

# -- 텐서 만들기 --

_MAKING = (
    Entry(
        "tensor.ragged",
        "ValueError",
        rf"expected sequence of length (?P<a>{N}) at dim (?P<dim>{N}) \(got (?P<b>{N})\)|setting an array element with a sequence",
        "길이가 서로 다른 목록들은 텐서 하나가 되지 못해요.",
        "짧은 목록을 먼저 같은 길이로 채웠는지 봐요.",
    ),
    Entry(
        "tensor.mixed",
        "TypeError",
        r"not a sequence|'(?:list|tuple)' object cannot be interpreted as an integer",
        "수와 목록이 섞인 것은 텐서가 되지 못해요.",
        "바깥 목록의 원소가 모두 수이거나 모두 같은 길이의 목록인지 봐요.",
        line=r"\b(?:tensor|Tensor|array) \(",
    ),
    Entry(
        "tensor.text",
        "TypeError",
        r"new\(\): invalid data type 'str'",
        "텐서에는 글을 담을 수 없고, 글로 자리를 고를 수도 없어요.",
        "글을 번호(id)로 바꾼 뒤에 텐서를 만들었는지, 사전에서 꺼낼 것을 텐서에서 꺼내지 않았는지 봐요.",
    ),
    Entry(
        "tensor.infer",
        "RuntimeError",
        rf"Could not infer dtype of (?P<type>{TYPE})",
        "`{type}`{type:은/는} 텐서로 만들 수 없어요.",
        "`torch.tensor(...)`에 넣은 것을 적어 봐요. None이라면 앞 함수가 `return`을 잊었을 수 있어요.",
    ),
    Entry(
        "tensor.assign",
        "TypeError",
        rf"can't assign a (?P<type>{TYPE}) to a torch\.{NAME}",
        "텐서의 자리에 `{type}`{type:을/를} 넣을 수 없어요.",
        "넣을 값을 텐서나 수로 바꿔요.",
    ),
    Entry(
        "tensor.numpy-type",
        "TypeError",
        rf"expected np\.ndarray \(got (?P<type>{TYPE})\)|can't convert np\.ndarray of type",
        "넘파이 배열을 텐서로 바꾸는 곳에 알맞은 배열이 오지 않았어요.",
        "목록은 `torch.tensor`로, 배열은 수만 담았는지 `.dtype`을 보고 바꿔요.",
    ),
    Entry(
        "tensor.negative-size",
        "RuntimeError ValueError",
        r"zeros: Dimension size must be non-negative|Trying to create tensor with negative dimension|negative dimensions are not allowed",
        "크기가 음수인 텐서를 만들려고 했어요.",
        "크기를 계산한 식에 작은 수를 넣어 봐요.",
    ),
    Entry(
        "tensor.range",
        "RuntimeError",
        r"upper bound and lower bound inconsistent with step sign|upper bound and larger bound|step must be nonzero",
        "`arange`의 처음, 끝, 간격이 맞지 않아요.",
        "간격의 부호와 두 끝의 차례를 봐요.",
    ),
)

PAIRS = _PAIRS
AUTOGRAD = (*_GRAD, *_INPLACE, *_OUT, *_MAKING)
