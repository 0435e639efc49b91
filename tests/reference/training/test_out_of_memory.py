"""메모리가 모자랄 때: 들어가는 크기를 알려 주는지 봐요."""

from __future__ import annotations

import pytest
from support.reference_runs import make_trainer

from reference.errors import UserError
from reference.training.progress import Reporter
from reference.transformer import Transformer


def test_out_of_memory_names_a_size_that_fits(tsv, tmp_path, monkeypatch):
    trainer = make_trainer(tmp_path / "a", tsv)
    forward = Transformer.hidden

    def hungry(self, src, tgt_in):
        if src.numel() > 100:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return forward(self, src, tgt_in)

    monkeypatch.setattr(Transformer, "hidden", hungry)
    with pytest.raises(UserError, match="--max-tokens (64|128)"):
        trainer.run(Reporter(tmp_path, enabled=False))
