"""번역을 얼마나 믿을 만한지: 번역문의 토큰들에 모델이 준 로그 확률의 평균.

단어는 다 알아도 구조가 낯설면 모델은 말없이 지어내요. 그런 번역에는 확률이 낮은 토큰이 섞여 평균이 떨어져요. 검증 문장에서 잰 한계보다
낮으면 믿지 않아요.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from reference.data.tokenizer import Tokenizer
from reference.training.machine import Machine
from reference.transformer import Transformer

LOWEST = 0.03  # 검증 문장 가운데 이만큼은 믿지 않기로 해요.
UNSURE = "이 번역은 자신이 없어요."


@torch.no_grad()
def confidence(
    model: Transformer,
    tokenizer: Tokenizer,
    sources: Sequence[str],
    translations: Sequence[str],
    machine: Machine,
    batch: int = 64,
) -> list[float]:
    """문장마다 번역의 토큰들(EOS까지)에 준 로그 확률의 평균 (nat, 0 이하). 짝이 맞지 않으면 ValueError예요."""
    config, found = model.config, list[float]()
    limit = config.max_len - 1
    for start in range(0, len(sources), batch):
        pairs = list(zip(sources[start : start + batch], translations[start : start + batch], strict=True))
        src = [row[:limit] + [config.eos_id] for row in tokenizer.encode_batch([pair[0] for pair in pairs])]
        tgt = [row[:limit] + [config.eos_id] for row in tokenizer.encode_batch([pair[1] for pair in pairs])]
        wanted = machine.to_device(_padded(tgt, config.pad_id))  # (B, T)
        fed = machine.to_device(_padded([[config.bos_id, *row[:-1]] for row in tgt], config.pad_id))
        logits = model(machine.to_device(_padded(src, config.pad_id)), fed)  # (B, T, V)
        log_p = logits.log_softmax(-1, dtype=torch.float32).gather(2, wanted.unsqueeze(2)).squeeze(2)  # (B, T)
        kept = wanted != config.pad_id
        found += (log_p.masked_fill(~kept, 0).sum(1) / kept.sum(1)).tolist()
    return found


def threshold(values: Sequence[float]) -> float:
    """검증 문장들의 값에서 정한 한계. 이보다 낮으면 믿지 않아요. 값이 없으면 ValueError예요."""
    if not values:
        raise ValueError("한계를 정할 검증 문장이 없어요.")
    return sorted(values)[int(len(values) * LOWEST)]


def _padded(rows: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
    """길이를 맞춘 (B, T)."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])
