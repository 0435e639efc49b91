"""기준 구현의 시험 모두에 걸친 것: 프로세스 설정을 시험마다 같게 하고, 비싼 준비를 나눠 써요."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from support.reference_models import small_batch
from support.reference_runs import write_pairs
from support.reference_translator import learn_by_heart


@pytest.fixture(autouse=True)
def own_torch_settings() -> Iterator[None]:
    """행렬곱의 정밀도와 스레드 수는 프로세스 전체의 설정이고 `choose`가 바꿔요. 앞선 시험의 것이 남으면 반올림이 달라져요."""
    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(1)
    yield
    torch.set_float32_matmul_precision(precision)
    torch.set_num_threads(threads)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return small_batch()


@pytest.fixture(scope="session")
def tsv(tmp_path_factory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def learned(tmp_path_factory):
    return learn_by_heart(tmp_path_factory.mktemp("cache"))
