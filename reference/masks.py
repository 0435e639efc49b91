"""마스크: 누가 누구를 볼 수 있는지 정하는 참/거짓 표예요 (레슨 5).

약속은 하나예요. True = 볼 수 있음. 어느 마스크든 (B, H, T, S)로 브로드캐스트돼요.
B 배치, H 헤드, T 쿼리(타깃) 길이, S 키(소스) 길이.
"""

from __future__ import annotations

import torch
from torch import Tensor


def padding_mask(ids: Tensor, pad_id: int) -> Tensor:
    """PAD가 아닌 키만 보게 해요. 식: mask[b, s] = (ids[b, s] ≠ pad) (논문 §3.2.3).

    ids (B, S) 정수 → (B, 1, 1, S). 쿼리 행이 아니라 키 열을 가려요.
    """
    return (ids != pad_id)[:, None, None, :]  # (B, 1, 1, S)


def causal_mask(T: int) -> Tensor:
    """자기 자신과 앞쪽만 보게 해요. 식: mask[t, s] = (s ≤ t) (논문 §3.2.3).

    → (T, T). T가 1보다 작으면 ValueError예요.
    """
    if T < 1:
        raise ValueError(f"길이는 1 이상이어야 해요: {T}")
    return torch.ones(T, T, dtype=torch.bool).tril()  # (T, T), 대각선 포함


def make_masks(src: Tensor, tgt: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
    """인코더와 디코더가 쓸 마스크 한 쌍을 만들어요 (논문 §3.1, §3.2.3).

    src (B, S), tgt (B, T) 정수 → 소스 (B, 1, 1, S), 타깃 (B, 1, T, T). 타깃은 PAD와 미래를 함께 가려요.
    """
    causal = causal_mask(tgt.size(1)).to(tgt.device)
    return padding_mask(src, pad_id), padding_mask(tgt, pad_id) & causal  # (B, 1, 1, S), (B, 1, T, T)


def mask_bias(mask: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """참/거짓 마스크를 점수에 더할 값으로 바꿔요: 볼 수 있으면 0, 없으면 dtype의 가장 작은 수 (§3.2.3의 −∞ 대신).

    모든 층이 함께 쓰도록 배치마다 한 번만 불러요. 유한한 수라서 다 가려진 행도 NaN이 되지 않아요.
    autocast 안에서는 낮은 정밀도로 바뀌어도 −∞가 되지 않는 수를 써요.
    """
    if mask is None:
        return None
    device = mask.device.type
    narrow = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else dtype
    bias = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return bias.masked_fill_(~mask, torch.finfo(narrow).min)
