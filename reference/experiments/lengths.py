"""문장 쌍을 길이로 고르고 장치로 옮겨요. 짧은 것만 배우고 긴 것으로 시험하거나, 채우는 자리를 줄여 빨리 배울 때 써요."""

from __future__ import annotations

import torch

from reference.errors import UserError
from reference.experiments.small_training import Pairs


def between(pairs: Pairs, least: int, most: int, device: torch.device) -> Pairs:
    """원문과 번역문이 모두 most토큰을 넘지 않고, 둘 가운데 긴 쪽이 least토큰 이상인 쌍만 남겨요. 끝의 PAD 자리는 잘라요.

    하나도 남지 않으면 UserError예요.
    """
    longest = torch.maximum(pairs.src.ne(0).sum(1), pairs.tgt_out.ne(0).sum(1))  # (N,)
    keep = (longest >= least) & (longest <= most)
    if not keep.any():
        raise UserError(f"{least}토큰부터 {most}토큰까지인 문장이 없어요. 데이터를 늘려 주세요(--scale).")
    return Pairs(*(ids[keep, :most].to(device) for ids in (pairs.src, pairs.tgt_in, pairs.tgt_out)))
