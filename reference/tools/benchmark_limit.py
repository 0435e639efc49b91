"""학습 스텝의 한계: 스텝 안의 행렬곱만 따로 다시 하면 얼마나 걸리는지, 나머지 시간은 어디로 가는지 재요.

행렬곱은 덜어 낼 수 없는 일이라, "행렬곱만 한 시간 / 스텝의 시간"이 1에 가까울수록 기계의 행렬곱 속도를 다 쓰는 스텝이에요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
PRODUCTS = {aten.mm.default: 0, aten.addmm.default: 1, aten.bmm.default: 0, aten.baddbmm.default: 1}  # 왼쪽 행렬의 자리
STEP = "학습 스텝"
GROUPS = {  # 시간이 가는 곳과, 거기에 드는 연산의 이름
    "행렬곱": ("mm", "addmm", "bmm", "baddbmm"),
    "복사와 형 변환": ("copy_", "cat", "stack", "fill_", "zero_", "index_select", "index", "gather"),
    "드롭아웃의 난수": ("random_", "bernoulli_", "sub_", "clamp_"),
    "소프트맥스": ("_softmax", "_softmax_backward_data"),
    "정규화": ("native_layer_norm", "native_layer_norm_backward", "_fused_rms_norm", "_fused_rms_norm_backward"),
    "갱신과 자르기": (
        "_fused_adam_",
        "linalg_vector_norm",
        "_foreach_mul_",
        "_foreach_norm",
        "Optimizer.step#Adam.step",
    ),
    "더하기와 곱하기": (
        "add",
        "add_",
        "mul",
        "mul_",
        "addcmul",
        "sub",
        "div",
        "div_",
        "sum",
        "clamp_min",
        "threshold_backward",
    ),
}


class Products(TorchDispatchMode):
    """이 안에서 하는 행렬곱을 모두 적어 둬요: 무슨 곱을 어떤 모양과 자료형의 행렬로 했는지."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, list[Any]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in PRODUCTS:
            self.calls.append((func, [_shape(value) for value in args]))
        return func(*args, **(kwargs or {}))

    @property
    def flops(self) -> int:
        """곱하기와 더하기를 따로 센 횟수예요: 곱 하나에 2·M·K·N."""
        total = 0
        for func, values in self.calls:
            left, right = values[PRODUCTS[func] :][:2]
            total += 2 * math.prod(left.size) * right.size[-1]
        return total

    def again(self) -> Callable[[], None]:
        """적어 둔 곱을 같은 차례로 다시 하는 함수를 만들어요. 모양이 같은 행렬은 하나를 나눠 써요."""
        kept: dict[tuple[int, _Shape], Tensor] = {}
        jobs = []
        for func, values in self.calls:
            for place, value in enumerate(values):
                if isinstance(value, _Shape) and (place, value) not in kept:
                    kept[place, value] = value.matrix()
            jobs.append((func, [kept[i, v] if isinstance(v, _Shape) else v for i, v in enumerate(values)]))

        def job() -> None:
            with torch.no_grad():
                for func, matrices in jobs:
                    func(*matrices)

        return job


@dataclass(frozen=True)
class _Shape:
    """행렬의 겉모습이에요: 크기, 놓인 차례, 자료형. 곱하는 속도는 이것으로 정해져요."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    def matrix(self) -> Tensor:
        return torch.empty_strided(self.size, self.stride, dtype=self.dtype).normal_()


def _shape(value: Any) -> Any:
    return _Shape(tuple(value.shape), value.stride(), value.dtype) if isinstance(value, Tensor) else value


def products_of(step: Callable[[int], Any], indexes: Iterable[int]) -> list[Products]:
    """번호마다 스텝을 한 번씩 하며 그 안의 행렬곱을 적어요."""
    found = []
    for index in indexes:
        with Products() as products:
            step(index)
        found.append(products)
    return found


def where_time_goes(step: Callable[[int], Any], indexes: Iterable[int]) -> dict[str, float]:
    """스텝의 시간이 가는 곳과 그 몫(합이 1)이에요. 큰 것부터 늘어놓고, 이름 없는 연산은 "그 밖의 연산"이에요.

    "Python"은 어느 연산도 돌지 않은 시간이에요. 재는 도구도 연산마다 몇 µs를 보태므로 조금 커요.
    """
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        for index in indexes:
            with record_function(STEP):
                step(index)
    return shares({event.key: event.self_cpu_time_total for event in watched.key_averages()})


def shares(times: dict[str, float]) -> dict[str, float]:
    """연산마다의 시간을 `GROUPS`로 묶어 몫으로 바꿔요. times는 이름에서 시간으로 가는 사전이에요."""
    group_of = {f"aten::{name}": group for group, names in GROUPS.items() for name in names}
    group_of |= {name: group for group, names in GROUPS.items() for name in names} | {STEP: "Python"}
    totals: dict[str, float] = {}
    for name, seconds in times.items():
        group = group_of.get(name, "그 밖의 연산")
        totals[group] = totals.get(group, 0.0) + seconds
    whole = sum(totals.values())
    return {group: value / whole for group, value in sorted(totals.items(), key=lambda item: -item[1])}
