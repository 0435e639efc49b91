"""학습 스텝의 한계: 행렬곱을 빠짐없이 세고 그대로 다시 하는지, 몫의 셈이 맞는지 봐요. 시간의 크기는 보지 않아요."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from reference.config import ModelConfig
from reference.tools.benchmark import SMALL, token_batches_like
from reference.tools.benchmark_limit import STEP, Products, products_of, shares, where_time_goes
from reference.tools.benchmark_peers import our_loss, train_step
from reference.transformer import Transformer


@pytest.fixture(scope="module")
def step():
    config = ModelConfig(vocab_size=300, **SMALL)
    torch.manual_seed(0)
    batches = token_batches_like(config, 128, 2)
    return train_step(Transformer(config), our_loss, batches, bf16=False, fused=True, precision="highest")


def test_flops_are_those_counted_by_hand():
    x, W, b = torch.randn(5, 3), torch.randn(7, 3, requires_grad=True), torch.randn(7)
    with Products() as products:
        torch.nn.functional.linear(x, W, b).sum().backward()
        torch.bmm(torch.randn(4, 2, 3), torch.randn(4, 3, 6))
    assert [len(products.calls), products.flops] == [3, 2 * (5 * 3 * 7) * 2 + 2 * 4 * 2 * 3 * 6]


def test_a_whole_step_is_counted(step):
    """순전파와 역전파의 곱을 PyTorch의 셈과 똑같이 세요."""
    works = products_of(step, range(2))
    for index, work in enumerate(works):
        with FlopCounterMode(display=False) as counted:
            step(index)
        assert work.flops == counted.get_total_flops() > 0
    assert works[0].flops != works[1].flops  # 배치마다 모양이 달라요


def test_again_does_the_same_products(step):
    first = products_of(step, [0])[0]
    with Products() as second:
        first.again()()
    assert second.calls == first.calls and second.flops == first.flops


def test_shares_are_grouped_and_sum_to_one():
    found = shares({"aten::mm": 5.0, "aten::addmm": 1.0, "aten::copy_": 3.0, "aten::strange": 0.5, STEP: 0.5})
    assert found == {"행렬곱": 0.6, "복사와 형 변환": 0.3, "그 밖의 연산": 0.05, "Python": 0.05}


def test_a_real_step_is_mostly_named(step):
    found = where_time_goes(step, range(2))
    assert sum(found.values()) == pytest.approx(1)
    assert {"행렬곱", "소프트맥스", "정규화", "갱신과 자르기", "드롭아웃의 난수", "Python"} <= found.keys()
