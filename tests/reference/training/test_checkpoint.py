"""체크포인트: 손상된 파일, 남의 파일, 꽉 찬 디스크 앞에서도 마지막으로 온전한 것이 남는지 봐요."""

from __future__ import annotations

import pytest
import torch

from reference.config import ModelConfig
from reference.errors import UserError
from reference.training import checkpoint
from reference.transformer import Transformer


def test_bad_checkpoints(tmp_path):
    folder = tmp_path / "checkpoints"
    groups = {"model": {"w": torch.ones(3)}}
    for step in (1, 2, 3):
        checkpoint.save(folder, step, groups, {"progress": {}}, keep=2)
    assert [path.name for path in checkpoint.steps(folder)] == [
        "step-00000002.safetensors",
        "step-00000003.safetensors",
    ]
    checkpoint.steps(folder)[-1].write_bytes(b"broken")
    assert checkpoint.load_latest(folder)[1]["step"] == 2  # 손상된 새것 대신 앞의 것을 써요.
    checkpoint.steps(folder)[0].write_bytes(b"")
    with pytest.raises(UserError, match="손상"):
        checkpoint.load_latest(folder)
    checkpoint.save_tensors(tmp_path / "foreign.safetensors", {"x": torch.ones(1)}, {})
    with pytest.raises(UserError, match="체크포인트"):
        checkpoint.load(tmp_path / "foreign.safetensors")
    small, large = (Transformer(ModelConfig.preset("tiny", size)) for size in (50, 60))
    with pytest.raises(UserError, match=r"embedding.E: 모델 \(60, 64\), 파일 \(50, 64\)"):
        checkpoint.load_weights(large, small.state_dict(), tmp_path)


def test_full_disk_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    folder = tmp_path / "checkpoints"
    checkpoint.save(folder, 1, {"model": {"w": torch.ones(3)}}, {}, keep=1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(UserError, match="디스크"):
        checkpoint.save(folder, 2, {"model": {"w": torch.ones(3)}}, {}, keep=1)
    assert [path.name for path in folder.iterdir()] == ["step-00000001.safetensors"]
    assert checkpoint.load_latest(folder)[1]["step"] == 1
