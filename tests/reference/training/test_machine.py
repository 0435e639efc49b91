"""기계 고르기: 없는 장치와 맞지 않는 정밀도를 한 문장으로 거절하는지 봐요."""

from __future__ import annotations

import pytest
import torch

from reference.errors import UserError
from reference.training.machine import choose


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA가 있는 컴퓨터예요")
def test_missing_device():
    with pytest.raises(UserError, match="cuda"):
        choose("cuda")


def test_half_precision_is_not_for_the_cpu():
    with pytest.raises(UserError, match="fp16"):
        choose("cpu", "fp16")
