"""기준 구현의 시험들이 함께 쓰는 작은 모델과 배치."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from reference.config import ModelConfig
from reference.transformer import Transformer, shift_right

SMALL = ModelConfig(vocab_size=29, d_model=24, n_heads=3, d_ff=40, n_layers=2, dropout=0.0, max_len=32)


def small_model(config: ModelConfig = SMALL, dtype: torch.dtype = torch.float64) -> Transformer:
    """편향과 정규화까지 모두 0과 1이 아닌 값으로 채운 모델이에요."""
    torch.manual_seed(3)
    model = Transformer(config).to(dtype)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.3 * torch.randn_like(parameter)
    return model


def small_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """길이가 저마다 다른 네 문장의 (src, tgt_in, tgt_out)이에요."""
    generator = torch.Generator().manual_seed(5)
    src = torch.randint(3, 29, (4, 9), generator=generator)
    tgt = torch.randint(3, 29, (4, 7), generator=generator)
    for row, (s, t) in enumerate([(9, 5), (6, 7), (4, 3), (8, 6)]):
        src[row, s:], tgt[row, t:] = 0, 0
    return src, shift_right(tgt, bos=1).masked_fill(F.pad(tgt[:, :-1], (1, 0), value=1) == 0, 0), tgt
