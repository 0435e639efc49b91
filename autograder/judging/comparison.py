"""값 견주기: 기댓값과 나온 값을 형, 모양, dtype, 유한성, 값의 차례로."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Foreign
from autograder.judging.problem import Problem, Values
from autograder.judging.value_text import dtype_name, readable, type_name
from autograder.wording import josa

# dtype마다의 (atol, rtol)
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
    """원소마다 |차이| / (atol + rtol·|기댓값|). 1 이하면 같은 값이에요. 둘 다 nan이거나 같은 inf면 0."""
    e, v = expected.to(torch.float64), value.to(torch.float64)
    ratio = (v - e).abs() / (atol + rtol * e.abs())
    same = (e == v) | (e.isnan() & v.isnan())
    return torch.where(same, 0.0, torch.nan_to_num(ratio, nan=math.inf))


def compare(
    case: KeyCase, expected: Any, value: Any, path: str = "결과", ignore: Tensor | None = None
) -> Problem | None:
    """기댓값과 나온 값을 형, 모양, dtype, 유한성, 값의 차례로 견줘요."""
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
    raise TypeError(f"견줄 수 없는 기댓값이에요: {type(expected).__name__}")


def wrong_type(expected: Any, value: Any, path: str) -> Problem:
    """형이 다르다는 어긋남. 바라는 형과, 바꾸는 길을 알면 그것까지 말해요."""
    wanted, came = type_name(expected), type_name(value)
    return Problem(
        "type",
        f"{path}의 형이 달라요. {wanted} 형이어야 하는데 {josa(came, '이/가')} 나왔어요.",
        look=_how_to_convert(expected, value),
        values=Values(expected, value),
    )


def _how_to_convert(expected: Any, value: Any) -> str:
    if isinstance(value, Foreign) and value.type_name.startswith("numpy"):
        return "넘파이를 써도 좋지만 마지막에 `torch.from_numpy`나 `float()`로 바꿔서 돌려줘요."
    if isinstance(expected, tuple) and isinstance(value, list):
        return "목록이 아니라 튜플을 돌려줘야 해요. 대괄호로 묶지 말고 쉼표로만 이어요."
    if isinstance(expected, tuple):
        return f"값 {len(expected)}개를 쉼표로 이어 튜플로 돌려줘야 해요. `return`이 하나만 돌려주는지 봐요."
    if isinstance(expected, Tensor) and isinstance(value, tuple):
        return "텐서 하나만 돌려줘야 해요. `max(dim=...)`처럼 두 값을 주는 함수라면 필요한 것만 골라요."
    if isinstance(expected, Tensor):
        return (
            "파이썬 값이나 목록이 아니라 텐서를 돌려줘야 해요. 중간에 `.item()`, `.tolist()`로 꺼낸 곳이 있는지 봐요."
        )
    if isinstance(expected, bool) and isinstance(value, Tensor) and value.numel() > 1:
        return "자리마다의 판단을 하나로 모아야 해요. 모두 참인지는 `.all()`이, 거의 같은지는 `torch.allclose`가 알려 줘요."
    if isinstance(expected, bool) and isinstance(value, Tensor):
        return "텐서 하나로 판단했다면 `bool(...)`이나 `.item()`으로 True나 False를 돌려줘요."
    if isinstance(expected, int) and isinstance(value, float):
        return "개수는 정수예요. `/`는 늘 실수를 내요. 나누어떨어지는 곳이라면 `//`를 써요."
    if isinstance(expected, int | float) and isinstance(value, Tensor):
        return "원소가 하나인 텐서라면 `.item()`으로 파이썬 수를 꺼내요."
    if isinstance(expected, list) and isinstance(value, Tensor):
        return "`.tolist()`로 파이썬 목록을 꺼낼 수 있어요."
    if isinstance(expected, list) and isinstance(value, str):
        return "글 하나가 아니라 조각들의 목록을 돌려줘야 해요."
    return "독스트링이 약속한 형으로 돌려줘요."


def _compare_exact(expected: Any, value: Any, path: str) -> Problem | None:
    if type(expected) is not type(value):
        return wrong_type(expected, value, path)
    if expected == value:
        return None
    if isinstance(expected, str | bytes):
        at = _first_difference(expected, value)
        where = f"{readable(at + 1)}번째 글자부터 달라요." if max(len(expected), len(value)) > 2 else ""
        return Problem("value", f"{path}의 내용이 달라요.", where=where, values=Values(expected, value, (at,)))
    return Problem("value", f"{path}의 판단이 반대예요.", values=Values(expected, value))


def _first_difference(expected: Sequence[Any], value: Sequence[Any]) -> int:
    same = zip(expected, value, strict=False)
    return next((i for i, (e, v) in enumerate(same) if e != v), min(len(expected), len(value)))


def _compare_number(case: KeyCase, expected: float, value: Any, path: str) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(expected, value, path)
    if isinstance(expected, int) and isinstance(value, float):
        return wrong_type(expected, value, path)
    if _same_number(case, expected, value):
        return None
    values = Values(expected, value)
    if _is_nan(value):
        look = "0으로 나누거나 inf끼리 뺀 곳이 있는지 봐요."
        return Problem("nan", f"{path}에 nan이 나왔어요.", look=look, values=values)
    return Problem("value", f"{path}의 값이 달라요.", values=values)


def _same_number(case: KeyCase, expected: float, value: float) -> bool:
    """허용 오차 안에서 같은 수인지. 정수끼리는 꼭 같아야 하고, nan은 nan과, inf는 같은 inf와만 같아요."""
    if expected == value or (_is_nan(expected) and _is_nan(value)):
        return True
    if isinstance(expected, int):
        return False
    atol, rtol = tolerance(case)
    try:
        return math.isfinite(expected) and abs(value - expected) <= atol + rtol * abs(expected)
    except OverflowError:
        return False  # 실수로 바꿀 수 없을 만큼 긴 정수예요.


def _is_nan(value: float) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _compare_sequence(case: KeyCase, expected: Sequence[Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, type(expected)):
        return wrong_type(expected, value, path)
    whole = Values(expected, value, (len(expected),))
    for i, (e, v) in enumerate(zip(expected, value, strict=False)):
        problem = compare(case, e, v, f"{path}[{i}]")
        if problem and isinstance(e, Tensor):
            return problem
        if problem:
            uneven = (
                f" 길이도 달라요(기대 {len(expected)}, 나온 것 {len(value)})." if len(expected) != len(value) else ""
            )
            return replace(problem, what=problem.what + uneven, values=Values(expected, value, (i,)))
    if len(expected) != len(value):
        length, wanted = readable(len(value)), josa(readable(len(expected)), "이어야/여야")
        what = f"{path}의 길이가 달라요. {wanted} 하는데 {josa(length, '이에요/예요')}."
        return Problem("shape", what, values=whole)
    return None


def _compare_dict(case: KeyCase, expected: Mapping[Any, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, dict):
        return wrong_type(expected, value, path)
    missing = [key for key in expected if key not in value]
    extra = [key for key in value if key not in expected]
    if missing or extra:
        lost = f"없는 열쇠: {_some(missing)}. " if missing else ""
        more = f"더 있는 열쇠: {_some(extra)}." if extra else ""
        return Problem("value", f"{path}의 열쇠가 달라요.", where=(lost + more).strip(), values=Values(expected, value))
    for key in expected:
        problem = compare(case, expected[key], value[key], f"{path}[{key!r}]")
        if problem and isinstance(expected[key], Tensor):
            return problem
        if problem:
            return replace(problem, values=Values({key: expected[key]}, {key: value[key]}))
    return None


def _some(keys: Sequence[Any]) -> str:
    return ", ".join(readable(key)[:40] for key in keys[:3]) + (f" 외 {len(keys) - 3}개" if len(keys) > 3 else "")


def _compare_tensor(case: KeyCase, expected: Tensor, value: Any, path: str, ignore: Tensor | None) -> Problem | None:
    if value is None:
        return compare(case, 0, None, path)
    if not isinstance(value, Tensor):
        return wrong_type(expected, value, path)
    if value.shape != expected.shape:
        wanted, came = str(tuple(expected.shape)), str(tuple(value.shape))
        return Problem(
            "shape",
            f"{path}의 모양이 달라요. {josa(wanted, '이어야/여야')} 하는데 {josa(came, '이에요/예요')}.",
            look="줄마다 `.shape`를 적어 보며 어느 축이 생기거나 사라지거나 뒤바뀌었는지 찾아요.",
            values=Values(expected, value),
        )
    if value.dtype != expected.dtype:
        wanted, came = dtype_name(expected), dtype_name(value)
        look = "`zeros`나 `arange`로 새로 만든 텐서의 dtype을 봐요. 입력이 텐서라면 그것과 같아야 해요."
        if expected.dtype == torch.bool:
            look = "불(bool) 마스크를 돌려줘야 해요. 0과 1이나 -inf가 아니라 비교(`==`, `!=`, `<=`)의 결과를 그대로 쓰고, `ones`로 시작한다면 dtype을 정해요."
        return Problem(
            "dtype",
            f"{path}의 dtype이 달라요. {josa(wanted, '이어야/여야')} 하는데 {josa(came, '이에요/예요')}.",
            look=look,
            values=Values(expected, value),
        )
    if torch.equal(expected, value):
        return None  # 대부분의 답은 기준 구현과 비트까지 같아요.
    ratio = excess(expected, value, *tolerance(case, expected.dtype))
    if ignore is not None:
        ratio = ratio.masked_fill(ignore.expand_as(ratio), 0.0)
    wrong = ratio > 1
    if not wrong.any():
        return None
    index = tuple(int(i) for i in wrong.nonzero()[0])
    got, want = value[index].item(), expected[index].item()
    values = Values(expected, value, index)
    spot = f"{path}[{', '.join(map(str, index))}]" if index else path
    seen = wrong.numel() if ignore is None else int((~ignore.expand_as(wrong)).sum())
    which = "원소" if ignore is None else "이 확인이 보는 자리"
    count = f" {which} {readable(seen)}개 중 {readable(int(wrong.sum()))}개가 달라요." if index else ""
    if isinstance(got, float) and not math.isfinite(got) and math.isfinite(want):
        kind = "nan" if math.isnan(got) else "inf"
        return Problem(
            "nan",
            f"{path}에 {josa(kind, '이/가')} 섞여 있어요.",
            where=f"{spot}에 {josa(kind, '이/가')} 나왔어요.{count}",
            look="inf끼리 빼거나 나눈 곳, 0으로 나눈 곳, 모두 가려진 행을 찾아봐요.",
            values=values,
        )
    where = f"{spot}에서 기대한 값은 {readable(want)}, 나온 값은 {josa(readable(got), '이에요/예요')}.{count}"
    return Problem("value", f"{path}의 값이 달라요.", where=where if index else "", values=values)
