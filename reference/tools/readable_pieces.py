"""사람이 읽을 조각: 바이트로 나뉜 한 글자를 한 조각으로 묶고, 그림에 이름을 적을 만한 조각을 골라요."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reference.data.dataset import PairDataset
from reference.data.tokenizer import Tokenizer
from reference.files import write_text

FILE_NAME = "frequent_pieces.json"
MOST = 1000  # 적어 두는 조각의 수
RAREST = 20  # 이보다 드문 조각은 벡터를 거의 배우지 못해서 그림에 놓지 않아요.


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


def word_starts(tokenizer: Tokenizer) -> dict[int, str]:
    """단어의 처음이 되는, 글자로만 된 조각의 번호와 글. 글이 같은 조각은 번호가 작은 것 하나예요."""
    found: dict[str, int] = {}
    for index in range(len(tokenizer)):
        word, space, again = tokenizer.decode([index, index]).partition(" ")  # 앞에 빈칸이 있는 조각만 둘로 나뉘어요.
        if space and word == again and word.isalpha() and (len(word) > 1 or word >= "가"):
            found.setdefault(word, index)
    return {index: word for word, index in found.items()}


def frequent(tokenizer: Tokenizer, dataset: PairDataset) -> list[int]:
    """훈련 데이터에 자주 나온, 이름을 적을 만한 조각들을 자주 나온 것부터.

    한글이 아니면 절반 넘게 단어를 통째로 담은 것만이에요. 'delicious'의 첫 조각 'de'는 읽어도 무엇인지 알 수 없으니까요.
    """
    starts, size = word_starts(tokenizer), len(tokenizer)
    follows = np.array(
        [
            tokenizer.decode([size - 1, index])[len(tokenizer.decode([size - 1])) :][:1].isalpha()
            for index in range(size)
        ]
    )
    counts, cut = np.zeros(size, int), np.zeros(size, int)
    for ids in (dataset.src_ids, dataset.tgt_ids):
        ids = np.asarray(ids)
        counts += np.bincount(ids, minlength=size)
        cut += np.bincount(ids[:-1][follows[ids[1:]]], minlength=size)
    rarest = max(1, min(RAREST, counts.sum() // 2000))  # 아주 작은 데이터에서는 한 번 나온 것도 놓아요.
    kept = [i for i, word in starts.items() if counts[i] >= rarest and (word >= "가" or 2 * cut[i] < counts[i])]
    return sorted(kept, key=lambda i: -counts[i])[:MOST]


def save_frequent(folder: Path, tokenizer: Tokenizer, dataset: PairDataset) -> None:
    """실행 폴더에 자주 나온 조각의 번호를 적어요."""
    write_text(folder / FILE_NAME, json.dumps(frequent(tokenizer, dataset)))


def load_frequent(folder: Path, tokenizer: Tokenizer) -> dict[int, str]:
    """실행 폴더에 적힌 조각의 번호와 글. 적기 전의 실행이면 어휘의 앞에서부터예요(BPE는 자주 나온 것부터 번호를 붙여요)."""
    starts = word_starts(tokenizer)
    try:
        ids = json.loads((folder / FILE_NAME).read_text("utf-8"))
        return {i: starts[i] for i in ids if i in starts}
    except (OSError, ValueError, TypeError):
        return dict(list(starts.items())[:MOST])
