"""데이터의 시험들이 함께 쓰는 토크나이저와 토큰으로 바꾼 데이터."""

from __future__ import annotations

import pytest
from support.reference_corpus import PAIRS

from reference.data.dataset import prepare
from reference.data.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.train((text for pair in PAIRS for text in pair), 1000)


@pytest.fixture(scope="session")
def dataset(tokenizer, tmp_path_factory):
    return prepare(PAIRS, tokenizer, tmp_path_factory.mktemp("cache"), progress=False)
