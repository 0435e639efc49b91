"""고쳐 본 코드가 보는 `torch`. 커널을 죽일 수 있는 것만 막고 나머지는 진짜 그대로예요.

자기 자신을 담은 목록을 `torch.tensor`에 주면 파이썬이 통째로 죽고, 너무 큰 텐서는 메모리를 다 써요.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

import torch

_LARGEST = 5_000_000  # 원소. 어느 실습의 사례보다 훨씬 커요.
_DEEPEST = 12
_SIZED = ("zeros", "ones", "empty", "full", "rand", "randn", "eye", "arange", "linspace", "randint", "randperm")
_FROM_DATA = ("tensor", "as_tensor", "FloatTensor", "LongTensor", "BoolTensor")


class _Torch(types.ModuleType):
    """이름을 찾으면 진짜 `torch`의 것을 주는 모듈."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(torch, name)
        setattr(self, name, value)
        return value


def _sized(make: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*args: Any, **kwargs: Any) -> Any:
        sizes = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
        numbers = [abs(size) for size in sizes if isinstance(size, int | float) and size]
        if not math.prod(numbers) <= _LARGEST:
            raise ValueError("너무 큰 텐서예요.")
        return make(*args, **kwargs)

    return checked


def _from_data(make: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*args: Any, **kwargs: Any) -> Any:
        for arg in args:
            _measure(arg, 0)
        return make(*args, **kwargs)

    return checked


def _measure(data: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("겹이 너무 많은 목록이에요.")
    if isinstance(data, list | tuple):
        for item in data:
            _measure(item, depth + 1)


def _made() -> _Torch:
    module = _Torch("torch")
    for name in _SIZED:
        setattr(module, name, _sized(getattr(torch, name)))
    for name in _FROM_DATA:
        setattr(module, name, _from_data(getattr(torch, name)))
    return module


SAFE_TORCH = _made()
