"""벤치: 시간은 재지 않고, 견주는 모델들이 정말 같은 계산을 하는지와 표의 모양만 봐요."""

from __future__ import annotations

import json

import pytest
import torch

from reference.config import ModelConfig
from reference.errors import UserError
from reference.tools import benchmark, benchmark_peers, benchmark_timing
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

CONFIG = ModelConfig(vocab_size=300, **{**benchmark.SMALL, "dropout": 0.0})


@pytest.mark.parametrize("name", ["train", "decode", "cache", "batches"])
def test_small_bench_gives_a_table(name):
    table = benchmark.run(name, small=True)
    assert table.rows and all(len(row) == len(table.headers) for row in table.rows)
    assert all(value > 0 for row in table.rows for value in row if isinstance(value, float))
    assert json.loads(json.dumps(table.to_dict()))["name"] == name
    assert table.title in str(table)


def test_unknown_bench():
    with pytest.raises(UserError, match="train, decode, cache"):
        benchmark.run("magic")


def test_peers_compute_the_same_loss():
    """가중치가 같으면 Marian의 손실이 우리와 같아야, 시간을 견줄 수 있어요."""
    pytest.importorskip("transformers", reason="transformers가 없어서 Marian과 견주지 못했어요.")
    torch.manual_seed(0)
    model = Transformer(CONFIG).eval()
    batch = benchmark.token_batches_like(CONFIG, 128, 1)[0]
    peer = benchmark_peers.marian(CONFIG, model).eval()
    ours = benchmark_peers.our_loss(model, batch)
    torch.testing.assert_close(benchmark_peers.marian_loss(peer, batch), ours, rtol=1e-4, atol=1e-4)
    total, _ = translation_loss(model, batch.src, batch.tgt_in, batch.tgt_out, 0.1)
    logits = model(batch.src, batch.tgt_in)
    plain = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1
    )
    torch.testing.assert_close(total / batch.tgt_out.ne(0).sum(), plain)


def test_decoders_write_the_same_tokens():
    """HF generate와 우리가 같은 토큰을 쓸 때만 초당 문장 수를 견줄 값어치가 있어요."""
    pytest.importorskip("transformers", reason="transformers가 없어서 generate와 견주지 못했어요.")
    torch.manual_seed(0)
    model = Transformer(CONFIG).eval()
    with torch.no_grad():
        model.embedding.E[CONFIG.eos_id] = -10 * model.embedding.E.mean(0)
    src = torch.randint(4, 300, (3, 6))
    src[:, -1] = CONFIG.eos_id
    ours = benchmark_peers.our_decoding(model, src, 1, 5, "highest")(0)
    theirs = benchmark_peers.hugging_face_decoding(CONFIG, model, src, 1, 5)(0)[:, 1:].tolist()
    assert ours == theirs


def test_ratio_pairs_the_rounds():
    assert benchmark_timing.ratio([2.0, 9.0, 4.0], [1.0, 3.0, 2.0]) == 2.0
