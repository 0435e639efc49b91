"""시드 하나에서 사례의 입력을 뽑아요. 같은 시드는 언제나 같은 사례예요."""

from __future__ import annotations

import builtins  # 메서드 `int`가 클래스 안에서 형의 이름 `int`를 가려요.
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Sampler:
    """`torch.Generator`를 감싼 뽑기 도구. 실습의 `sample_cases(rng)`가 받아요.

    크기를 정하는 뽑기(`int`, `perm`, `choice`, `sample`)와 값을 정하는 뽑기(`normal`, `uniform`, `ids`)는 난수의 줄이 달라요.
    그래서 `values`만 바꾸면 모양은 같고 값만 다른 사례가 나와요.
    """

    def __init__(self, seed: int, values: int = 0) -> None:
        self._sizes = torch.Generator().manual_seed(seed)
        self._values = torch.Generator().manual_seed((seed + 7_919 * (values + 1)) % 2**63)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float32, scale: float = 1.0) -> Tensor:
        """평균 0, 표준편차 `scale`인 정규분포 텐서."""
        return (torch.randn(shape, generator=self._values, dtype=torch.float64) * scale).to(dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
        """[low, high) 균등분포 텐서."""
        return (torch.rand(shape, generator=self._values, dtype=torch.float64) * (high - low) + low).to(dtype)

    def ids(self, *shape: int, low: int, high: int) -> Tensor:
        """low 이상 high 이하의 정수 텐서(int64)."""
        return torch.randint(low, high + 1, shape, generator=self._values)

    def int(self, low: builtins.int, high: builtins.int) -> builtins.int:
        """low 이상 high 이하의 정수."""
        return builtins.int(torch.randint(low, high + 1, (), generator=self._sizes))

    def perm(self, n: builtins.int) -> Tensor:
        """0..n-1의 순열(제자리인 순열은 나오지 않아요). n은 2 이상이에요."""
        while True:
            order = torch.randperm(n, generator=self._sizes)
            if not torch.equal(order, torch.arange(n)):
                return order

    def choice(self, items: Sequence[T]) -> T:
        """하나를 골라요."""
        return items[self.int(0, len(items) - 1)]

    def sample(self, items: Sequence[T], k: builtins.int) -> list[T]:
        """겹치지 않게 k개."""
        order = torch.randperm(len(items), generator=self._sizes)[:k]
        return [items[i] for i in order.tolist()]
