"""임베딩 지도: 배운 표의 벡터들을 t-SNE로 평면에 놓고, 원래의 공간에서 가까운 이웃을 찾아요."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.kit.tsne import tsne
from autograder.play.protocol import Point

NEIGHBOURS = 6


def points(ids: Sequence[int], texts: Sequence[str], vectors: Tensor) -> list[Point]:
    """번호, 글, 벡터 (N, D)를 지도의 점들로. 이웃은 평면이 아니라 벡터의 코사인으로 골라요. 셋보다 적으면 빈 목록이에요."""
    if len(ids) < 3:
        return []
    vectors = F.normalize(vectors.detach().float(), dim=1)
    perplexity = min(12.0, (len(ids) - 1) / 2 - 0.01)
    flat = tsne(vectors, perplexity=perplexity, steps=400) if perplexity > 1 else vectors[:, :2]
    flat = flat - flat.min(0).values
    flat = flat / flat.max(0).values.clamp(min=1e-9)  # (N, 2) 0과 1 사이
    alike = vectors @ vectors.T  # (N, N)
    alike.fill_diagonal_(-torch.inf)
    cosine, near = alike.topk(min(NEIGHBOURS, len(ids) - 1))
    return [
        Point(
            int(ids[i]), texts[i], round(x, 4), round(y, 4), near[i].tolist(), [round(c, 3) for c in cosine[i].tolist()]
        )
        for i, (x, y) in enumerate(flat.tolist())
    ]
