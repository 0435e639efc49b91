"""값 견주기: 기대값과 나온 값을 형, 모양, dtype, 유한성, 값의 차례로."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Foreign
from autograder.judging.problem import Problem
from autograder.wording import josa

# dtype마다의 (atol, rtol)
_TOLERANCE = {
    torch.float64: (1e-6, 1e-5),
    torch.float32: (1e-5, 1e-4),
    torch.bfloat16: (1e-2, 2e-2),
    torch.float16: (1e-3, 1e-2),
}
_SCALAR_TOLERANCE = (1e-6, 1e-5)

_TYPE_NAMES = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    list: "list",
    tuple: "tuple",
    dict: "dict",
    type(None): "None",
}


def readable(value: Any) -> str:
    """학습자에게 보일 값. 정수는 세 자리마다 쉼표를 찍고, 실수는 유효 숫자 다섯 자리까지만, 나머지는 파이썬의 표기예요."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e15):
        return _readable_float(value)
    whole = int(value)
    # 너무 긴 정수는 자릿수만 말해요. 파이썬은 아주 긴 정수를 글로 바꾸지도 않아요.
    return f"{whole:,}" if abs(whole) < 10**30 else f"10^{int(whole.bit_length() * math.log10(2))}쯤인 정수"


def _readable_float(value: float) -> str:
    short = f"{value:.5g}"
    # 지수 표기는 아주 작거나 아주 큰 수에만 써요.
    return f"{float(short):,.0f}" if 1e4 <= abs(value) < 1e15 else short


def tolerance(case: KeyCase, dtype: torch.dtype | None = None) -> tuple[float, float]:
    """사례가 정한 허용 오차, 없으면 dtype의 기본값 (atol, rtol)."""
    atol, rtol = _TOLERANCE.get(dtype, _SCALAR_TOLERANCE) if dtype is not None else _SCALAR_TOLERANCE
    return (atol if case.atol is None else case.atol, rtol if case.rtol is None else case.rtol)


def excess(expected: Tensor, value: Tensor, atol: float, rtol: float) -> Tensor:
    """원소마다 |차이| / (atol + rtol·|기대값|). 1 이하면 같은 값이에요. 둘 다 nan이거나 같은 inf면 0."""
    e, v = expected.to(torch.float64), value.to(torch.float64)
    ratio = (v - e).abs() / (atol + rtol * e.abs())
    same = (e == v) | (e.isnan() & v.isnan())
    return torch.where(same, 0.0, torch.nan_to_num(ratio, nan=math.inf))


def compare(
    case: KeyCase, expected: Any, value: Any, path: str = "결과", ignore: Tensor | None = None
) -> Problem | None:
    """기대값과 나온 값을 형, 모양, dtype, 유한성, 값의 차례로 견줘요."""
    if isinstance(expected, Tensor):
        return _compare_tensor(case, expected, value, path, ignore)
    if value is None and expected is not None:
        return Problem(
            "type",
            f"{path}에서 None이 나왔어요.",
            why="아무것도 돌려주지 않았거나 `print`만 했어요.",
            look="마지막 줄에 `return`이 있는지 봐요.",
        )
    if isinstance(expected, bool) or expected is None or isinstance(expected, str | bytes):
        return _compare_exact(expected, value, path)
    if isinstance(expected, int | float):
        return _compare_number(case, expected, value, path)
    if isinstance(expected, list | tuple):
        return _compare_sequence(case, expected, value, path)
    if isinstance(expected, dict):
        return _compare_dict(case, expected, value, path)
    raise TypeError(f"견줄 수 없는 기대값이에요: {type(expected).__name__}")


def _type_name(value: Any) -> str:
    if isinstance(value, Tensor):
        return "torch.Tensor"
    if isinstance(value, Foreign):
        return value.type_name
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def wrong_type(expected: Any, value: Any, path: str) -> Problem:
    """형이 다르다는 어긋남. 파이썬 값으로 바꾸는 길을 알면 그것까지 말해요."""
    look = "독스트링이 약속한 형으로 바꿔서 돌려줘요."
    if isinstance(value, Foreign) and value.type_name.startswith("numpy"):
        look = "넘파이를 써도 좋지만 마지막에 `torch.from_numpy`나 `float()`로 바꿔서 돌려줘요."
    elif isinstance(value, Tensor):
        look = "원소가 하나인 텐서라면 `.item()`, 여럿이라면 `.tolist()`로 파이썬 값을 꺼낼 수 있어요."
    return Problem(
        "type", f"{path}의 형이 달라요. {_type_name(expected)} 형이어야 하는데 {_type_name(value)} 형이에요.", look=look
    )


def _compare_exact(expected: Any, value: Any, path: str) -> Problem | None:
    if type(expected) is not type(value):
        return wrong_type(expected, value, path)
    if expected == value:
        return None
    if isinstance(expected, str | bytes):
        return Problem("value", f"{path}의 내용이 달라요.", where=_first_text_difference(expected, value))
    return Problem("value", f"{path}의 판단이 반대예요.", where=f"{josa(readable(value), '이/가')} 나왔어요.")


def _first_text_difference(expected: Any, value: Any) -> str:
    same = zip(expected, value, strict=False)
    at = next((i for i, (e, v) in enumerate(same) if e != v), min(len(expected), len(value)))
    length, wanted = readable(len(value)), readable(len(expected))
    return f"길이 {length}(기대 {wanted}), {readable(at)}번째 글자부터 달라요. 나온 값: {value[:40]!r}"


def _compare_number(case: KeyCase, expected: float, value: Any, path: str) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(expected, value, path)
    if _same_number(case, expected, value):
        return None
    if _is_nan(value):
        return Problem("nan", f"{path}에 nan이 나왔어요.", look="0으로 나누거나 inf끼리 뺀 곳이 있는지 봐요.")
    # 수 하나짜리 답은 그대로 알려 주면 베낄 수 있으므로 방향만 말해요.
    direction = "커요" if value > expected else "작아요"
    return Problem(
        "value", f"{path}의 값이 달라요.", where=f"나온 값 {josa(readable(value), '은/는')} 기대보다 {direction}."
    )


def _same_number(case: KeyCase, expected: float, value: float) -> bool:
    """허용 오차 안에서 같은 수인지. 정수끼리는 꼭 같아야 하고, nan은 nan과, inf는 같은 inf와만 같아요."""
    if expected == value or (_is_nan(expected) and _is_nan(value)):
        return True
    if isinstance(expected, int) and isinstance(value, int):
        return False
    atol, rtol = (0.0, 1e-9) if isinstance(expected, int) else tolerance(case)
    try:
        return math.isfinite(expected) and abs(value - expected) <= atol + rtol * abs(expected)
    except OverflowError:
        return False  # 실수로 바꿀 수 없을 만큼 긴 정수예요.


def _is_nan(value: float) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _compare_sequence(case: KeyCase, expected: Sequence[Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, type(expected)):
        return wrong_type(expected, value, path)
    for i, (e, v) in enumerate(zip(expected, value, strict=False)):
        problem = compare(case, e, v, f"{path}[{i}]")
        if problem:
            return problem
    if len(expected) != len(value):
        more = "길어요" if len(value) > len(expected) else "짧아요"
        length = josa(readable(len(value)), "은/는")
        return Problem("shape", f"{path}의 길이가 달라요.", where=f"나온 길이 {length} 기대보다 {more}.")
    return None


def _compare_dict(case: KeyCase, expected: Mapping[Any, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, dict):
        return wrong_type(expected, value, path)
    missing = [key for key in expected if key not in value]
    extra = [key for key in value if key not in expected]
    if missing or extra:
        where = f"없는 열쇠의 예: {readable(missing[0])}" if missing else f"더 있는 열쇠의 예: {readable(extra[0])}"
        return Problem("value", f"{path}의 열쇠가 달라요.", where=where)
    for key in expected:
        problem = compare(case, expected[key], value[key], f"{path}[{key!r}]")
        if problem:
            return problem
    return None


def _compare_tensor(case: KeyCase, expected: Tensor, value: Any, path: str, ignore: Tensor | None) -> Problem | None:
    if value is None:
        return compare(case, 0, None, path)
    if not isinstance(value, Tensor):
        return wrong_type(expected, value, path)
    if value.shape != expected.shape:
        return Problem(
            "shape",
            f"{path}의 모양이 달라요.",
            where=f"기대한 모양은 {tuple(expected.shape)}, 나온 모양은 {josa(str(tuple(value.shape)), '이에요/예요')}.",
            look="줄마다 `.shape`를 적어 보며 어느 축이 사라지거나 뒤바뀌었는지 찾아요.",
        )
    if value.dtype != expected.dtype:
        return Problem(
            "dtype",
            f"{path}의 dtype이 달라요.",
            where=f"기대한 dtype은 {_dtype(expected)}, 나온 dtype은 {josa(_dtype(value), '이에요/예요')}.",
            look="새 텐서를 만들 때 입력과 같은 dtype을 쓰는지 봐요.",
        )
    ratio = excess(expected, value, *tolerance(case, expected.dtype))
    if ignore is not None:
        ratio = ratio.masked_fill(ignore.expand_as(ratio), 0.0)
    wrong = ratio > 1
    if not wrong.any():
        return None
    index = tuple(int(i) for i in wrong.nonzero()[0])
    got, want = value[index].item(), expected[index].item()
    spot = f"{path}[{', '.join(map(str, index))}]" if index else path
    count = f"원소 {readable(wrong.numel())}개 중 {readable(int(wrong.sum()))}개가 달라요."
    if isinstance(got, float) and not math.isfinite(got) and math.isfinite(want):
        kind = "nan" if math.isnan(got) else "inf"
        return Problem(
            "nan",
            f"{path}에 {josa(kind, '이/가')} 섞여 있어요.",
            where=f"{spot}에 {josa(kind, '이/가')} 나왔어요. {count}",
            look="inf끼리 빼거나 나눈 곳, 0으로 나눈 곳, 모두 가려진 행을 찾아봐요.",
        )
    if expected.numel() == 1:
        where = f"나온 값 {josa(readable(got), '은/는')} 기대보다 {'커요' if got > want else '작아요'}."
    else:
        where = f"{spot}에서 기대한 값은 {readable(want)}, 나온 값은 {josa(readable(got), '이에요/예요')}. {count}"
    return Problem("value", f"{path}의 값이 달라요.", where=where)


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")
