"""으뜸 고르기: 묶음으로 찾아도 `max`와 `topk`가 찾는 값과 자리인지 봐요."""

from __future__ import annotations

import pytest
import torch

from reference.top_tokens import BLOCK, first_max, top_k

VOCABS = [3, BLOCK, BLOCK + 1, 7 * BLOCK - 5, 20 * BLOCK, 20 * BLOCK + 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("vocab", VOCABS)
def test_first_max_is_the_first(vocab, dtype):
    z = torch.randint(0, 4, (50, vocab), generator=torch.Generator().manual_seed(vocab)).to(dtype) - 9
    peak, best = first_max(z)
    wanted = z.max(1, keepdim=True).values
    first = (z == wanted).to(torch.uint8).argmax(1, keepdim=True)  # 0과 1 가운데 처음 나오는 1
    assert torch.equal(peak, wanted) and torch.equal(best, first)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("vocab", VOCABS)
def test_top_k_is_topk(vocab, k):
    z = torch.stack([torch.randperm(vocab, generator=torch.Generator().manual_seed(row)) for row in range(40)]).float()
    values, index = top_k(z, k)
    wanted = z.topk(k)
    assert torch.equal(values, wanted.values) and torch.equal(index, wanted.indices)


def test_top_k_keeps_inside_when_little_is_possible():
    """빔 서치의 첫 스텝처럼 거의 모두가 −∞여도 어휘 밖의 자리를 주지 않아요."""
    z = torch.full((2, 9 * BLOCK + 1), -torch.inf)
    z[0, -1], z[1, 5] = 1.0, 2.0
    values, index = top_k(z, 3)
    assert values[:, 0].tolist() == [1.0, 2.0] and index[:, 0].tolist() == [9 * BLOCK, 5]
    assert int(index.max()) <= 9 * BLOCK and values[:, 1:].eq(-torch.inf).all()
