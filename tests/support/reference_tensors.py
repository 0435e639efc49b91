"""수업 함수의 시험들이 함께 쓰는 것: 정해진 난수 텐서와 값 견주기."""

from __future__ import annotations

import torch

DTYPES = [torch.float32, torch.float64]
close = torch.testing.assert_close


def randn(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> torch.Tensor:
    """모양과 시드로 정해지는 정규 난수예요. 다른 시험이 무엇을 뽑았는지와 상관없어요."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=dtype)
