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

_TOLERANCE = {
    torch.float64: (1e-6, 1e-5),
    torch.float32: (1e-5, 1e-4),
    torch.bfloat16: (1e-2, 2e-2),
    torch.float16: (1e-3, 1e-2),
}


_SCALAR_TOLERANCE = (1e-6, 1e-5)


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
        return _comparereadable(case, expected, value, path)
    if isinstance(expected, list | tuple):
        return _compare_sequence(case, expected, value, path)
    if isinstance(expected, dict):
        return _compare_dict(case, expected, value, path)
    raise TypeError(f"견줄 수 없는 기대값이에요: {type(expected).__name__}")


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


def _type_name(value: Any) -> str:
    if isinstance(value, Tensor):
        return "torch.Tensor"
    if isinstance(value, Foreign):
        return value.type_name
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def wrong_type(expected: Any, value: Any, path: str) -> Problem:
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
    return Problem("value", f"{path}의 판단이 반대예요.", where=f"{josa(repr(value), '이/가')} 나왔어요.")


def _first_text_difference(expected: Any, value: Any) -> str:
    at = next((i for i, (e, v) in enumerate(zip(expected, value)) if e != v), min(len(expected), len(value)))
    return f"길이 {len(value)}(기대 {len(expected)}), {at}번째 글자부터 달라요. 나온 값: {value[:40]!r}"


def _comparereadable(case: KeyCase, expected: float, value: Any, path: str) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(expected, value, path)
    if isinstance(expected, int) and isinstance(value, int):
        if expected == value:
            return None
    else:
        atol, rtol = (0.0, 1e-9) if isinstance(expected, int) else tolerance(case)
        if math.isnan(value) and not math.isnan(expected):
            return Problem("nan", f"{path}에 nan이 나왔어요.", look="0으로 나누거나 inf끼리 뺀 곳이 있는지 봐요.")
        if expected == value or abs(value - expected) <= atol + rtol * abs(expected):
            return None
    # 수 하나짜리 답은 그대로 알려 주면 베낄 수 있으므로 방향만 말해요.
    direction = "커요" if value > expected else "작아요"
    return Problem(
        "value", f"{path}의 값이 달라요.", where=f"나온 값 {josa(f'{value:.6g}', '은/는')} 기대보다 {direction}."
    )


def _compare_sequence(case: KeyCase, expected: Sequence[Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, type(expected)):
        return wrong_type(expected, value, path)
    for i, (e, v) in enumerate(zip(expected, value)):
        problem = compare(case, e, v, f"{path}[{i}]")
        if problem:
            return problem
    if len(expected) != len(value):
        more = "길어요" if len(value) > len(expected) else "짧아요"
        return Problem(
            "shape", f"{path}의 길이가 달라요.", where=f"나온 길이 {josa(str(len(value)), '은/는')} 기대보다 {more}."
        )
    return None


def _compare_dict(case: KeyCase, expected: Mapping[Any, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, dict):
        return wrong_type(expected, value, path)
    missing = [key for key in expected if key not in value]
    extra = [key for key in value if key not in expected]
    if missing or extra:
        where = f"없는 열쇠의 예: {missing[0]!r}" if missing else f"더 있는 열쇠의 예: {extra[0]!r}"
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
    count = f"원소 {wrong.numel()}개 중 {int(wrong.sum())}개가 달라요."
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


def readable(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")
