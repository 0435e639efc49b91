"""값을 사람이 읽는 글로: 텐서, 수, 글, 목록, 사전, 튜플. 길면 다른 곳의 둘레만 보여 줘요."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from autograder.judging.call_runner import Foreign

SMALL = 36  # 이보다 원소가 많은 텐서는 다른 곳의 줄 하나만 보여 줘요.
WIDTH = 100  # 글자. 한 줄에 보여 줄 길이


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


def type_name(value: Any) -> str:
    """값의 형을 학습자가 아는 이름으로."""
    if isinstance(value, Tensor):
        return "torch.Tensor"
    if isinstance(value, Foreign):
        return value.type_name
    return "None" if value is None else type(value).__name__


def dtype_name(value: Tensor) -> str:
    """`torch.`을 뗀 dtype의 이름."""
    return str(value.dtype).removeprefix("torch.")


def summary(value: Any) -> str:
    """값을 보이지 않고 생김새만: 텐서는 dtype과 모양, 글과 목록은 길이."""
    if isinstance(value, Tensor):
        return f"{dtype_name(value)} {tuple(value.shape)} 텐서"
    if isinstance(value, str):
        return f"{len(value):,}글자인 글"
    if isinstance(value, list | tuple | dict):
        return f"길이 {len(value):,}인 {type_name(value)}"
    return type_name(value)


def value_text(value: Any, at: Sequence[int] = ()) -> str:
    """값의 글. 여러 줄일 수 있어요. 값이 길면 `at`(다른 첫 자리)의 둘레만 적어요."""
    if isinstance(value, Tensor):
        return _tensor(value, at)
    if isinstance(value, str):
        return _string(value, at[0] if at else 0)
    if isinstance(value, list | tuple):
        return _sequence(value, at)
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, Foreign):
        return f"{value.type_name} 형의 값"
    if isinstance(value, bytes):
        return repr(value[:40])
    return readable(value)


def _tensor(value: Tensor, at: Sequence[int]) -> str:
    if value.numel() == 0:
        return f"빈 텐서 {tuple(value.shape)}"
    if value.dim() == 0:
        return readable(value.item())
    if value.numel() <= SMALL and value.dim() <= 3:
        return _rows(value.tolist())
    row = tuple(at[:-1]) if len(at) == value.dim() else (0,) * (value.dim() - 1)
    place = ", ".join([*map(str, row), ":"])
    return f"{summary(value)}, [{place}] 줄은 {_rows(value[row][:12].tolist())}" + (" …" if value.size(-1) > 12 else "")


def _rows(value: Any) -> str:
    """목록의 글. 두 겹이 넘으면 바깥의 것마다 줄을 바꿔요."""
    if not isinstance(value, list):
        return readable(value)
    if not value or not isinstance(value[0], list):
        return "[" + ", ".join(readable(item) for item in value) + "]"
    return "[" + ",\n ".join(_rows(item).replace("\n", "\n ") for item in value) + "]"


def _string(value: str, at: int) -> str:
    if len(value) <= WIDTH // 2:
        return repr(value)
    start = max(0, at - 20)
    piece = repr(value[start : start + 40])
    return ("… " if start else "") + piece + (" …" if start + 40 < len(value) else "") + f" (모두 {len(value):,}글자)"


def _sequence(value: Sequence[Any], at: Sequence[int]) -> str:
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    items = [_inside(item) for item in value[:200]]
    whole = opening + ", ".join(items) + comma + closing
    if len(value) <= 200 and len(whole) <= 2 * WIDTH:
        return whole
    start = max(0, (at[0] if at else 0) - 2)
    shown: list[str] = []
    length = 0
    for item in value[start : start + 12]:
        text = _inside(item)
        length += len(text) + 2
        if shown and length > 2 * WIDTH:
            break
        shown.append(text)
    left, right = ("… " if start else ""), (" …" if start + len(shown) < len(value) else "")
    return f"{opening}{left}{', '.join(shown)}{right}{closing} (길이 {len(value):,})"


def one_line(value: Any) -> str:
    """`value_text`를 한 줄로."""
    return re.sub(r"\n +", " ", value_text(value))


def _inside(value: Any) -> str:
    text = one_line(value)
    return text if len(text) <= 2 * WIDTH else summary(value)


def _mapping(value: dict[Any, Any]) -> str:
    pairs = [f"{_inside(key)}: {_inside(item)}" for key, item in list(value.items())[:12]]
    more = f" … (모두 {len(value):,}개)" if len(value) > 12 else ""
    return "{" + ", ".join(pairs) + more + "}"
