"""사람이 읽을 조각: 한글 한 글자가 바이트로 나뉜 토큰들을 한 조각으로 묶어요."""

from __future__ import annotations

import torch
from torch import Tensor

from reference.data.tokenizer import Tokenizer


def readable(tokenizer: Tokenizer, ids: list[int]) -> tuple[Tensor, list[str]]:
    """한글 한 글자가 바이트 조각으로 나뉜 토큰들을 묶어요. → (묶음, 토큰)의 소속표와 묶음마다의 이름표."""
    groups: list[list[int]] = [[]]
    for index in range(len(ids)):
        groups[-1].append(index)
        if "\ufffd" not in tokenizer.decode([ids[member] for member in groups[-1]]):
            groups.append([])
    groups = [group for group in groups if group]
    table = torch.zeros(len(groups), len(ids))
    for row, group in enumerate(groups):
        table[row, group] = 1
    return table, [tokenizer.decode([ids[member] for member in group]).strip() or "␣" for group in groups]
