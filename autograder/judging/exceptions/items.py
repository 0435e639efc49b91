"""예외의 표: 번호로 꺼내기, 나눠 받기, 반복, 대괄호와 소괄호, 길이."""

from __future__ import annotations

from autograder.judging.exceptions.entry import TYPE, Entry, N, any_of, within

_FUNCTION = r"builtin_function_or_method|method|function|method_descriptor"
_LAZY = r"generator|zip|map|filter|enumerate|reversed|dict_keys|dict_values|dict_items|set|frozenset"

# -- 꺼내기와 번호 --

_NOT_AN_INDEX = rf"(?P<owner>list|tuple|string|range|bytes|array) (?:indices|index) must be integers(?: or slices)?(?:, not '?(?P<type>{TYPE})'?)?"
_ITEMS = (
    Entry(
        "pop.empty",
        "IndexError",
        r"pop from (?:an )?empty|pop from an empty",
        "비어 있는 목록에서 꺼내려고 했어요.",
        "반복문이 원소의 수보다 더 돌지 않는지, 남은 것이 있는지 먼저 봐요.",
    ),
    Entry(
        "index.shape",
        "IndexError",
        r"tuple index out of range",
        "`.shape`에서 없는 축의 길이를 읽었어요.",
        "텐서가 몇 차원인지 `.shape` 전체를 적어 봐요.",
        line=r"\. (?:shape|size \( \)) \[",
    ),
    Entry(
        "index.next",
        "IndexError",
        r"(?P<type>list|tuple|string) index out of range",
        "길이를 넘는 번호를 읽었어요. 마지막 자리에는 그 다음이 없어요.",
        "`+`로 더 뒤를 읽는 만큼 반복문이 일찍 끝나는지 봐요.",
        line=r"\[[^\[\]]{0,40} \+ [^\[\]]{1,40}\]",
    ),
    Entry(
        "index.assign",
        "IndexError",
        r"list assignment index out of range",
        "목록에 아직 없는 자리에 값을 넣으려고 했어요.",
        "뒤에 하나씩 더하는 것은 `append`예요.",
    ),
    Entry(
        "index.range",
        "IndexError",
        r"(?:list|tuple|string|range object|bytearray|pop|deque|array)? ?index out of range",
        "길이를 넘는 번호를 읽었어요. 번호는 0부터 길이보다 하나 작은 수까지예요.",
        "번호가 가장 클 때의 값과 `len(...)`을 견줘 봐요. 비어 있지는 않은지도요.",
    ),
    Entry(
        "index.tuple",
        "TypeError",
        r"(?P<owner>list|tuple) indices must be integers or slices, not tuple",
        "목록과 튜플은 `[i, j]`처럼 쉼표로 번호를 여럿 받지 못해요. 텐서만 그렇게 골라요.",
        "텐서여야 할 것이 목록이 됐는지, 아니면 대괄호를 두 번 쓸 것인지 봐요.",
    ),
    Entry(
        "index.not-integer",
        "TypeError",
        rf"{_NOT_AN_INDEX}|slice indices must be integers",
        "자리의 번호는 정수여야 하는데 다른 것이 왔어요.",
        "대괄호 안의 값을 적어 봐요. `/`는 늘 실수라서 번호로 쓰려면 `//`예요. 글이라면 사전에서 꺼낼 것인지 봐요.",
    ),
    Entry(
        "find.missing",
        "ValueError",
        r"(?:.{1,200} is not in (?:list|deque)|tuple\.index\(x\): x not in "
        r"tuple|list\.(?:remove|index)\(x\): x not in list|substring not found|subsection not found)$",
        "찾는 것이 목록(글) 안에 없어요.",
        "없을 수도 있다면 `in`으로 먼저 물어봐요.",
    ),
    Entry(
        "unpack.shape",
        "ValueError",
        any_of(
            rf"not enough values to unpack \(expected (?P<want>{N}), got (?P<got>{N})\)",
            rf"too many values to unpack \(expected (?P<want2>{N})(?:, got {N})?\)",
        ),
        "텐서의 축의 수와 `.shape`를 받는 이름의 수가 달라요.",
        "이 줄에 온 텐서의 `.shape`를 적어 보고, 축이 언제 늘거나 줄었는지 봐요.",
        line=r"\. (?:shape|size \( \))(?: \[[^\]]*\])?$",
    ),
    Entry(
        "unpack.loop",
        "ValueError",
        rf"(?:not enough|too many) values to unpack \(expected (?P<want>{N})",
        "반복문이 꺼낸 하나를 {want}개의 이름으로 나눠 받을 수 없었어요.",
        "꺼낸 하나가 무엇인지 적어 봐요. 사전에서 열쇠와 값을 함께 받는 것은 `.items()`, 번호와 함께 받는 것은 `enumerate`예요.",
        why="사전을 그대로 돌면 열쇠만, 텐서를 그대로 돌면 첫 축의 한 줄씩 나와요.",
        line=r"^for [^()]{1,40} , [^()]{1,40} in ",
    ),
    Entry(
        "unpack.few",
        "ValueError",
        rf"not enough values to unpack \(expected (?:at least )?(?P<want>{N}), got (?P<got>{N})\)",
        "받는 이름은 {want}개인데 값은 {got}개뿐이에요.",
        "`=` 오른쪽이 몇 개를 내놓는지 적어 봐요.",
    ),
    Entry(
        "unpack.many",
        "ValueError",
        rf"too many values to unpack \(expected (?P<want>{N})(?:, got {N})?\)",
        "받는 이름은 {want}개인데 값이 더 많아요.",
        "`=` 오른쪽이 몇 개를 내놓는지 적어 봐요.",
    ),
    Entry(
        "unpack.single",
        "TypeError",
        rf"cannot unpack non-iterable (?P<type>{TYPE}) object",
        "여러 이름으로 나눠 받으려 했는데 값 하나(`{type}`)가 왔어요.",
        "오른쪽이 정말 여러 값을 돌려주는지 봐요. None이라면 `return`을 잊었을 수 있어요.",
    ),
)

# -- 반복, 대괄호, 부르기, 길이 --

_USES = (
    Entry(
        "iterate.scalar-tensor",
        "TypeError",
        r"(?:iteration over|len\(\) of) a 0-d tensor",
        "축이 없는 텐서(수 하나)를 나눠 받거나, 돌거나, 길이를 쟀어요.",
        "앞에서 모든 축을 합치지 않았는지 `.shape`를 봐요.",
    ),
    Entry(
        "iterate.range",
        "TypeError",
        r"'(?P<type>int|float)' object is not iterable",
        "`for`는 하나씩 꺼낼 수 있는 것을 도는데 수 하나가 왔어요.",
        "그만큼 되풀이하려면 `range(...)`로 감싸요.",
        line=r"^for .* in .*:",
    ),
    Entry(
        "iterate.number",
        "TypeError",
        any_of(
            r"'(?P<type>int|float|bool)' object is not iterable",
            r"argument of type '(?P<type2>int|float|bool)' is not (?:iterable|a container)",
            r"object of type '(?P<type3>int|float|bool)' has no len\(\)",
        ),
        "여러 값을 담은 것이 와야 할 곳에 수 하나가 왔어요.",
        "목록이나 텐서가 언제 수 하나가 됐는지 봐요.",
    ),
    Entry(
        "iterate.none",
        "TypeError",
        any_of(
            r"'NoneType' object is not (?:iterable|subscriptable)",
            r"object of type 'NoneType' has no len\(\)",
            r"argument of type 'NoneType' is not",
            r"'NoneType' object is not callable",
        ),
        "값이 있어야 할 곳에 None이 왔어요. None에서는 꺼내거나, 돌거나, 길이를 재거나, 부를 수 없어요.",
        "None이 어디서 왔는지 봐요. `return`을 잊은 함수의 결과이거나, `sort`처럼 None을 돌려주는 메서드이거나, 주지 않은 인자일 수 있어요.",
    ),
    Entry(
        "use.forgot-call",
        "TypeError",
        any_of(
            rf"'(?P<type>{_FUNCTION})' object (?:is not (?:subscriptable|iterable)|cannot be interpreted as an integer|has no len\(\))",
            rf"object of type '(?:{_FUNCTION})' has no len\(\)",
            rf"must be real number, not (?:{_FUNCTION})",
            rf"(?:list|tuple) indices must be integers or slices, not (?:{_FUNCTION})",
        ),
        "함수를 부르지 않고 함수 그 자체를 썼어요.",
        "이 줄의 함수나 메서드 뒤에 소괄호 `()`가 있는지 봐요. `x.size[0]`처럼 대괄호를 바로 쓸 수는 없어요.",
    ),
    Entry(
        "use.lazy",
        "TypeError",
        any_of(
            rf"'(?P<type>{_LAZY})' object is not subscriptable",
            rf"object of type '(?P<type2>{_LAZY})' has no len\(\)",
            r"unsupported operand type\(s\) for .{1,4}: '(?P<type3>generator|zip|map|filter)' and",
        ),
        "하나씩 꺼내기만 하는 것(`zip`, `map`, 사전의 `keys()`, 집합 …)에는 번호도 길이도 없어요.",
        "번호나 길이가 필요하면 먼저 `list(...)`로 모아요.",
    ),
    Entry(
        "subscript.number",
        "TypeError",
        r"'(?P<type>int|float|bool)' object is not subscriptable",
        "`{type}`{type:은/는} 수 하나라서 대괄호로 꺼낼 것이 없어요.",
        "대괄호 앞의 값이 언제 수 하나가 됐는지 봐요.",
    ),
    Entry(
        "subscript.type",
        "TypeError",
        rf"(?:type )?'(?P<type>{TYPE})'(?: object)? is not subscriptable",
        "`{type}`에는 대괄호로 꺼낼 것이 없어요.",
        "대괄호 앞의 값을 `type(...)`으로 봐요. 부르는 것이라면 소괄호예요.",
    ),
    Entry(
        "callable.size",
        "TypeError",
        r"'torch\.Size' object is not callable",
        "`.shape`는 부르는 것이 아니라 값이에요.",
        "축 하나의 길이는 `.shape`에 대괄호를 써요.",
    ),
    Entry(
        "callable.times",
        "TypeError",
        r"'(?P<type>int|float|Tensor|Parameter|tuple)' object is not callable",
        "`{type}` 바로 뒤에 괄호가 왔어요. 파이썬은 이것을 함수 부르기로 읽어요.",
        "곱하기 `*`나 쉼표를 빠뜨렸거나, 대괄호를 쓸 곳인지 봐요.",
        line=r"(?:\)|\]|\b\d+|\. T) \(",
    ),
    Entry(
        "callable.module",
        "TypeError",
        r"'module' object is not callable",
        "모듈을 함수처럼 불렀어요.",
        "모듈 안의 어느 함수인지 점 뒤에 적어요.",
    ),
    Entry(
        "callable.inside",
        "TypeError",
        rf"'(?P<type>{TYPE})' object is not callable",
        "이 줄이 부른 `{inside}`{inside:이/가} 받은 인자를 함수로 불렀는데, `{type}`{type:이/가} 왔어요.",
        "계산한 결과를 넘겼는지 봐요. 함수를 바라는 자리에는 함수의 이름이나 `lambda`를 넘겨요.",
        when=within,
    ),
    Entry(
        "callable.shadowed",
        "TypeError",
        rf"'(?P<type>{TYPE})' object is not callable",
        "괄호 앞의 값은 함수가 아니라 `{type}`{type:이에요/예요}.",
        "괄호 앞의 이름에 언제 값을 넣었는지 봐요. 함수와 같은 이름의 변수를 만들지 않았는지도요.",
    ),
    Entry(
        "iterate.type",
        "TypeError",
        any_of(
            rf"'(?P<type>{TYPE})' object is not (?:iterable|an iterator)",
            rf"object of type '(?P<type2>{TYPE})' has no len\(\)",
            rf"argument of type '(?P<type3>{TYPE})' is not (?:iterable|a container)",
        ),
        "`{type}`{type:은/는} 하나씩 꺼내거나 길이를 잴 수 없는 값이에요.",
        "그 값을 `type(...)`으로 봐요.",
    ),
    Entry(
        "context.manager",
        "TypeError AttributeError",
        rf"'(?P<type>{TYPE})' object does not support the (?:asynchronous )?context manager protocol|__enter__",
        "`with` 뒤에 쓸 수 없는 것이 왔어요.",
        "`with` 뒤의 것을 불렀는지(괄호 `()`) 봐요.",
    ),
)

ITEMS = (*_ITEMS, *_USES)
