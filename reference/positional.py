"""위치 인코딩: 순서를 모르는 어텐션에 순서를 알려 줘요 (레슨 2, 논문 §3.5).

B 배치, H 헤드, T 길이, L 표의 길이, D = d_model, K = d_k, i = 사인과 코사인 짝의 번호 (0 ~ D/2 − 1).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from reference.config import ModelConfig


def angle_rates(d_model: int) -> Tensor:
    """짝마다 도는 빠르기예요. 식: 10000^(−2i/d_model) (논문 §3.5). → (D/2,) float32, 단위는 라디안/위치.

    d_model이 양의 짝수가 아니면 ValueError예요.
    """
    if d_model < 2 or d_model % 2:
        raise ValueError(f"d_model은 2 이상의 짝수여야 해요: {d_model}")
    i = torch.arange(d_model // 2, dtype=torch.float64)
    return (10000.0 ** (-2 * i / d_model)).float()  # (D/2,)


def sinusoidal_pe(max_len: int, d_model: int) -> Tensor:
    """식: PE(pos, 2i) = sin(pos·rate_i), PE(pos, 2i+1) = cos(pos·rate_i) (논문 §3.5). → (L, D) float32.

    max_len이 1보다 작거나 d_model이 양의 짝수가 아니면 ValueError예요.
    """
    if max_len < 1:
        raise ValueError(f"max_len은 1 이상이어야 해요: {max_len}")
    angles = torch.arange(max_len)[:, None] * angle_rates(d_model)  # (L, D/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (L, D), sin과 cos이 번갈아요


def add_pe(x: Tensor, pe: Tensor) -> Tensor:
    """임베딩에 앞쪽 T개 위치를 더해요. 식: x_t + PE(t) (논문 §3.5).

    x (B, T, D), pe (L, D) → (B, T, D). 문장이 표보다 길면 ValueError예요.
    """
    if x.size(1) > pe.size(0):
        raise ValueError(f"문장 길이 {x.size(1)}이 위치 표의 길이 {pe.size(0)}보다 길어요.")
    return x + pe[: x.size(1)].to(x.dtype)  # (B, T, D)


def shift_matrix(k: int, d_model: int) -> Tensor:
    """k칸 뒤로 옮기는 회전이에요. 식: PE(p) M = PE(p + k), 어느 p에서나 (논문 §3.5의 가설). → (D, D) float32.

    짝마다 [[cos, −sin], [sin, cos]]이 대각선에 놓여요. d_model이 양의 짝수가 아니면 ValueError예요.
    """
    angles = k * angle_rates(d_model)  # (D/2,)
    cos, sin = angles.cos(), angles.sin()
    rotations = torch.stack([cos, -sin, sin, cos], dim=-1).view(-1, 2, 2)  # (D/2, 2, 2)
    return torch.block_diag(*rotations)  # (D, D)


def is_permutation_equivariant(f: Callable[[Tensor], Tensor], x: Tensor, perm: Tensor) -> bool:
    """토큰을 섞으면 출력도 똑같이 섞이기만 하는지 확인해요. 식: f(x[perm]) = f(x)[perm]. x (B, T, D), perm (T,)."""
    mixed, output = f(x[:, perm]), f(x)
    if mixed.shape != output.shape or output.shape[:2] != x.shape[:2]:
        return False
    return torch.allclose(mixed, output[:, perm], rtol=1e-4, atol=1e-5)


def learned_pe(x: Tensor, table: Tensor) -> Tensor:
    """사인 대신 학습하는 표의 앞쪽 T행을 더해요 (논문 §3.5, 표 3의 (E)). x (B, T, D), table (L, D) → (B, T, D).

    문장이 표보다 길면 ValueError예요.
    """
    return add_pe(x, table)


def rope(x: Tensor, positions: Tensor) -> Tensor:
    """위치만큼 돌려요: 짝 (2i, 2i+1)을 각도 pos·10000^(−2i/K)로 회전 (RoPE, Su 외 2021).

    x (B, H, T, K), positions (T,) → (B, H, T, K). K가 홀수면 ValueError예요.
    """
    angles = positions[:, None] * angle_rates(x.size(-1)).to(x.device)  # (T, K/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]  # (B, H, T, K/2)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)  # (B, H, T, K)


class Positions(nn.Module):
    """`add_pe`를 모듈로 감싼 것이에요. 사인 표는 버퍼라서 저장하지 않고, 학습하는 표는 파라미터예요."""

    table: Tensor  # (L, D). RoPE에는 없어요.

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.kind = config.positions
        if self.kind == "sinusoidal":
            self.register_buffer("table", sinusoidal_pe(config.max_len, config.d_model), persistent=False)
        elif self.kind == "learned":
            self.table = nn.Parameter(torch.randn(config.max_len, config.d_model) * config.d_model**-0.5)

    def forward(self, x: Tensor, step: int | None = None) -> Tensor:
        """x (B, T, D)의 t번째에 위치 t를 더해요. `step`을 주면 모든 토큰이 그 위치예요 (캐시를 쓰는 디코딩)."""
        if self.kind == "rope":
            return x  # RoPE는 어텐션 안에서 q와 k를 돌려요
        return add_pe(x, self.table if step is None else self.table[step : step + 1].expand(x.size(1), -1))
