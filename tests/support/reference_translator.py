"""다섯 문장을 외운 작은 번역 모델. 평가와 그림의 시험이 함께 써요."""

from __future__ import annotations

from pathlib import Path

import torch

from reference.config import ModelConfig
from reference.data.cleaning import Hygiene
from reference.data.dataset import PairDataset, prepare
from reference.data.tokenizer import Tokenizer
from reference.experiments.small_training import Pairs, learn
from reference.transformer import Transformer

PAIRS = [
    ("나는 학교에 간다.", "I go to school."),
    ("너는 책을 읽는다.", "You read a book."),
    ("우리는 빵을 먹는다.", "We eat bread."),
    ("고양이가 잔다.", "The cat sleeps."),
    ("비가 온다.", "It rains."),
]
ENGLISH, KOREAN = [b for _, b in PAIRS], [a for a, _ in PAIRS]


def learn_by_heart(cache: Path) -> tuple[Transformer, Tokenizer, PairDataset]:
    """다섯 문장을 외울 때까지 배운 모델과 토크나이저, 토큰으로 바꾼 데이터예요."""
    torch.manual_seed(0)
    tokenizer = Tokenizer.train([text for pair in PAIRS for text in pair] * 3, 400)
    data = prepare(PAIRS, tokenizer, cache, hygiene=Hygiene(), progress=False)
    model = Transformer(
        ModelConfig(len(tokenizer), d_model=32, n_heads=2, d_ff=64, n_layers=1, dropout=0.0, max_len=64)
    )
    pad = torch.nn.utils.rnn.pad_sequence
    src, out = (pad([torch.tensor(tokenizer.encode(pair[side]) + [2]) for pair in PAIRS], True) for side in (0, 1))
    tgt_in = torch.nn.functional.pad(out[:, :-1], (1, 0), value=1)
    learn(model, Pairs(src, tgt_in, out), 120, lambda step: 5e-3 * min(step / 20, 1), 0.0)
    return model.eval(), tokenizer, data
