"""견줄 상대: 정말 같은 계산을 하는지 봐요. 그래야 시간을 견줄 값어치가 있어요."""

from __future__ import annotations

import pytest
import torch

from reference.config import ModelConfig
from reference.tools import benchmark, benchmark_peers
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

CONFIG = ModelConfig(vocab_size=300, **{**benchmark.SMALL, "dropout": 0.0})


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
