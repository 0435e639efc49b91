"""예외의 표: PyTorch 함수에 넘긴 인자의 형."""

from __future__ import annotations

from autograder.judging.exceptions.entry import NAME, TYPE, Entry, N, any_of

_MUST_BE = rf"(?P<name>{NAME})\(\): argument '(?P<argument>{NAME})'(?: \(position (?P<at>{N})\))? must be "
_NUMBERS = r"int|float|bool|numpy\.float64|numpy\.float32|numpy\.int64"
ARGUMENTS = (
    Entry(
        "argument.from-number",
        "TypeError",
        rf"{_MUST_BE}Tensor, not (?P<type>{_NUMBERS})$",
        "`{name}`의 `{argument}`{argument:은/는} 텐서여야 하는데 파이썬 수(`{type}`)가 왔어요.",
        "수 하나의 계산은 `math`의 함수로, 텐서와 함께 쓸 것이라면 텐서를 만들어 넘겨요.",
    ),
    Entry(
        "argument.only-numbers",
        "TypeError",
        rf"(?P<name>{NAME})\(\) received an invalid combination of arguments - got "
        rf"\((?:int|float)(?:, (?:int|float)){{0,3}}\), but expected one of:\n \* \(Tensor input",
        "`{name}`에는 텐서가 와야 하는데 파이썬 수만 왔어요.",
        "수 하나의 계산은 파이썬의 연산이나 `math`의 함수로, 텐서와 함께 쓸 것이라면 텐서를 만들어 넘겨요.",
    ),
    Entry(
        "argument.from-list",
        "TypeError",
        rf"{_MUST_BE}Tensor, not (?P<type>list|tuple|dict|set|torch\.Size|generator|str|range)$",
        "`{name}`의 `{argument}`{argument:은/는} 텐서여야 하는데 `{type}`{type:이/가} 왔어요.",
        "이 값이 왜 텐서가 아닌지 봐요. 텐서의 목록이라면 `torch.stack`, 수의 목록이라면 `torch.tensor`로 만들어요.",
    ),
    Entry(
        "argument.from-none",
        "TypeError",
        rf"{_MUST_BE}Tensor, not (?P<type>NoneType)$",
        "`{name}`의 `{argument}`{argument:은/는} 텐서여야 하는데 None이 왔어요.",
        "None이 어디서 왔는지 봐요. `return`을 잊은 함수의 결과이거나, 주지 않아도 되는 인자일 수 있어요.",
    ),
    Entry(
        "argument.from-numpy",
        "TypeError",
        rf"{_MUST_BE}Tensor, not (?P<type>numpy\.ndarray)$",
        "`{name}`의 `{argument}`{argument:은/는} 텐서여야 하는데 넘파이 배열이 왔어요.",
        "배열은 `torch.from_numpy`로 텐서로 바꿔요.",
    ),
    Entry(
        "argument.list-of-tensors",
        "TypeError",
        rf"{_MUST_BE}tuple of Tensors, not (?P<type>{TYPE})",
        "`{name}`{name:은/는} 텐서들을 목록이나 튜플 하나로 묶어서 받아요.",
        "텐서들을 대괄호로 묶었는지, 둘째 자리에 축(`dim`)이 왔는지 봐요.",
    ),
    Entry(
        "argument.int-from-float",
        "TypeError",
        any_of(
            rf"{_MUST_BE}(?:int|tuple of ints), not (?P<type>float)$",
            rf"(?P<name2>{NAME})\(\): argument '{NAME}' failed to unpack the object at pos "
            rf"{N} with error \"type must be tuple of ints,but got float",
        ),
        "정수가 와야 할 인자에 실수가 왔어요.",
        "`/`는 늘 실수를 내요. 나누어떨어지는 곳이라면 `//`예요.",
    ),
    Entry(
        "argument.generator-by-position",
        "TypeError",
        rf"(?P<name>{NAME})\(\).{{0,160}}torch\._C\.Generator",
        "`{name}`에 난수 생성기를 차례로 넘겨서, 크기로 읽혔어요.",
        "난수 생성기는 이름을 붙여 넘겨요. 무슨 이름인지 `{name}`의 문서에서 봐요.",
    ),
    Entry(
        "argument.size",
        "TypeError",
        any_of(
            rf"{_MUST_BE}tuple of ints, (?:not (?P<type>{TYPE})|but found element of type (?P<type2>{TYPE}))",
            rf"(?P<name2>{NAME})\(\): argument '{NAME}' failed to unpack the object",
        ),
        "모양이나 축들을 정수의 튜플로 받는 인자에 다른 것이 왔어요.",
        "크기는 `(3, 4)`처럼 정수들을 묶어 줘요. 텐서의 크기가 필요하다면 `.shape`예요.",
    ),
    Entry(
        "argument.dtype",
        "TypeError",
        rf"{_MUST_BE}torch\.dtype, not (?P<type>{TYPE})",
        "`{name}`의 `{argument}`{argument:은/는} `torch.float32` 같은 dtype이어야 하는데 `{type}`{type:이/가} 왔어요.",
        "입력과 같은 dtype이라면 `x.dtype`을 그대로 줘요.",
    ),
    Entry(
        "argument.type",
        "TypeError",
        rf"{_MUST_BE}(?P<want>[\w. ]{{1,40}}), not (?P<type>{TYPE})",
        "`{name}`의 `{argument}`{argument:은/는} `{want}` 형이어야 하는데 `{type}`{type:이/가} 왔어요.",
        "인자의 차례가 바뀌지 않았는지 봐요.",
    ),
    Entry(
        "argument.generator",
        "TypeError RuntimeError",
        any_of(
            rf"{NAME}\(\) received an invalid combination of arguments - got \([\w.=, ]{{0,100}}generator=(?P<type>{TYPE})",
            rf"manual_seed expected a long, but got (?P<type2>{TYPE})",
        ),
        "난수 생성기나 시드 자리에 다른 것을 넘겼어요.",
        "`generator=`에는 받은 생성기를 그대로, `manual_seed`에는 정수를 넘겨요.",
    ),
)
