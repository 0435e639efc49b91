"""임베딩: 표 하나를 들어올 때와 나갈 때 함께 쓰는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.reference_tensors import close, randn

from reference import embedding


def test_embedding_and_tied_logits_share_one_gradient():
    E, ids, h = randn(9, 4).requires_grad_(), torch.tensor([[3, 5], [3, 0]]), randn(2, 2, 4)
    close(embedding.embed(ids, E), E[ids] * 2)
    close(embedding.tied_logits(h, E), torch.einsum("btd,vd->btv", h, E))
    (gradient,) = torch.autograd.grad(embedding.embed(ids, E).sum() + embedding.tied_logits(h, E).sum(), E)
    assert gradient[3, 0] == pytest.approx(4 + h.sum((0, 1))[0].item())
    a, B = randn(4), randn(5, 4)
    close(embedding.cosine_similarity(a, B), F.cosine_similarity(a[None], B))
