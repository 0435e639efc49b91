"""길이가 비슷한 문장끼리 모아 토큰 수가 고른 배치로 내줘요.

모양 기호: B 배치의 문장 수, S 원문 길이(EOS 포함), T 번역문 길이(BOS 또는 EOS 포함).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from reference.data.dataset import PairDataset
from reference.data.tokenizer import BOS, EOS, PAD
from reference.errors import UserError


@dataclass
class Batch:
    """오른쪽을 PAD로 채운 int64 텐서 셋."""

    src: torch.Tensor  # (B, S) 원문 + EOS
    tgt_in: torch.Tensor  # (B, T) BOS + 번역문
    tgt_out: torch.Tensor  # (B, T) 번역문 + EOS
    tokens: int  # PAD를 뺀 src와 tgt_out의 토큰 수

    def to(self, device: torch.device | str) -> Batch:
        """텐서를 장치로 옮긴 배치."""
        src, tgt_in, tgt_out = (part.to(device, non_blocking=True) for part in (self.src, self.tgt_in, self.tgt_out))
        return Batch(src, tgt_in, tgt_out, self.tokens)


def _padded(ids: np.ndarray, offsets: np.ndarray, rows: np.ndarray, width: int) -> np.ndarray:
    """고른 문장들을 PAD로 채운 표. 모양 (B, width)."""
    starts, lengths = offsets[rows], offsets[rows + 1] - offsets[rows]
    columns = np.arange(width)
    inside = columns < lengths[:, None]  # (B, width)
    table = np.full(inside.shape, PAD, dtype=np.int64)
    table[inside] = ids[(starts[:, None] + columns)[inside]]
    return table


def _round_up(length: int, multiple: int | None) -> int:
    return -(-length // multiple) * multiple if multiple else length


def make_batch(dataset: PairDataset, rows: Sequence[int] | np.ndarray, pad_to: int | None = None) -> Batch:
    """고른 문장 쌍들을 한 배치로 묶어요. pad_to가 있으면 길이를 그 배수로 올려요."""
    rows = np.asarray(rows)
    src_lengths = dataset.src_offsets[rows + 1] - dataset.src_offsets[rows]
    tgt_lengths = dataset.tgt_offsets[rows + 1] - dataset.tgt_offsets[rows]
    width_src, width_tgt = (_round_up(int(n.max()) + 1, pad_to) for n in (src_lengths, tgt_lengths))
    lines = np.arange(len(rows))
    src = _padded(dataset.src_ids, dataset.src_offsets, rows, width_src)  # (B, S)
    src[lines, src_lengths] = EOS
    tgt_out = _padded(dataset.tgt_ids, dataset.tgt_offsets, rows, width_tgt)  # (B, T)
    tgt_in = np.concatenate([np.full((len(rows), 1), BOS), tgt_out[:, :-1]], axis=1)  # (B, T)
    tgt_out[lines, tgt_lengths] = EOS
    tokens = int(src_lengths.sum() + tgt_lengths.sum()) + 2 * len(rows)
    return Batch(torch.from_numpy(src), torch.from_numpy(tgt_in), torch.from_numpy(tgt_out), tokens)


def plan_batches(
    dataset: PairDataset, max_tokens: int, seed: int, epoch: int, shuffle: bool = True, pad_to: int | None = None
) -> list[np.ndarray]:
    """한 에폭을 길이가 비슷한 문장끼리 모은 배치들(문장 번호의 목록)로 나눠요.

    배치마다 B·max(S, T) <= max_tokens이므로 긴 문장 배치도 메모리를 더 쓰지 않아요. 같은 (seed, epoch)는 언제나
    같은 순서를 줘요. 한 문장이 max_tokens보다 길면 UserError.
    """
    src, tgt = dataset.src_lengths + 1, dataset.tgt_lengths + 1
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(dataset)) if shuffle else np.arange(len(dataset))
    # 섞은 뒤 (T, S)로 정렬하면 길이는 같고 구성은 에폭마다 다른 배치가 돼요. T가 하나 늘 때마다 S의 방향을 뒤집어,
    # 두 T에 걸친 배치에서도 S가 이어지게 해요.
    order = order[np.lexsort((np.where(tgt % 2, src, -src)[order], tgt[order]))]
    widths = np.maximum(src, tgt)[order]
    longest = int(widths.max(initial=0))
    if _round_up(longest, pad_to) > max_tokens:
        raise UserError(
            f"가장 긴 문장이 {longest} 토큰이라 배치 한도 {max_tokens} 토큰에 들어가지 않아요. "
            "배치 한도를 늘리거나 max_tokens 위생 기준을 줄여 주세요."
        )
    plan, start = [], 0
    while start < len(order):
        size = _largest_batch(np.maximum.accumulate(widths[start : start + max_tokens]), max_tokens, pad_to)
        plan.append(order[start : start + size])
        start += size
    if shuffle:
        plan = [plan[i] for i in generator.permutation(len(plan))]
    return plan


def _largest_batch(widths: np.ndarray, max_tokens: int, pad_to: int | None) -> int:
    """앞에서부터 몇 문장을 담을 수 있는지. widths는 오름차순."""
    low, high = 1, len(widths)
    while low < high:
        middle = (low + high + 1) // 2
        fits = middle * _round_up(int(widths[middle - 1]), pad_to) <= max_tokens
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def token_batches(
    dataset: PairDataset,
    max_tokens: int,
    seed: int,
    epoch: int,
    shuffle: bool = True,
    rank: int = 0,
    world: int = 1,
    pad_to: int | None = None,
    start: int = 0,
) -> Iterator[Batch]:
    """한 에폭의 배치를 차례로 내줘요. start는 이 프로세스에서 이미 끝낸 배치 수(이어서 학습할 때).

    world개 프로세스가 배치를 나누어 가지며 수가 같아지도록 모자란 만큼 앞의 배치를 되풀이해요.
    """
    plan = plan_batches(dataset, max_tokens, seed, epoch, shuffle, pad_to)
    for step in range(start, steps_per_epoch(len(plan), world)):
        yield make_batch(dataset, plan[(step * world + rank) % len(plan)], pad_to)


def steps_per_epoch(batches: int, world: int = 1) -> int:
    """프로세스 하나가 한 에폭에 밟는 스텝 수."""
    return -(-batches // world)


def useful_share(batches: Iterable[Batch]) -> float:
    """PAD가 아닌 토큰의 비율. 0과 1 사이."""
    tokens = cells = 0
    for batch in batches:
        tokens += batch.tokens
        cells += batch.src.numel() + batch.tgt_out.numel()
    return tokens / cells if cells else 0.0


def fixed_batches(dataset: PairDataset, batch_size: int, seed: int) -> Iterator[Batch]:
    """비교 기준: 길이를 보지 않고 batch_size 문장씩 묶은 배치."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    for start in range(0, len(order), batch_size):
        yield make_batch(dataset, order[start : start + batch_size])
