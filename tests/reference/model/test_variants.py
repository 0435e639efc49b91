"""후손들: 같은 층으로 만든 BERT, GPT, ViT가 배우고, 저마다 볼 것만 보는지 봐요."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from reference.config import ModelConfig
from reference.decoding import greedy_decode
from reference.variants import DecoderOnly, EncoderOnly, VisionTransformer, image_patches

CONFIG = ModelConfig(vocab_size=17, d_model=32, n_heads=4, d_ff=64, n_layers=2, dropout=0.0, max_len=16)
LLAMA = ModelConfig(
    vocab_size=17,
    d_model=32,
    n_heads=4,
    d_ff=64,
    n_layers=2,
    dropout=0.0,
    max_len=16,
    norm="rms",
    norm_first=True,
    activation="swiglu",
    positions="rope",
    n_kv_heads=2,
)


def overfit(model: torch.nn.Module, inputs: torch.Tensor, target: torch.Tensor, steps: int = 80) -> float:
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = F.cross_entropy(model(inputs).flatten(0, -2), target.flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.fixture
def ids() -> torch.Tensor:
    torch.manual_seed(0)
    ids = torch.randint(3, 17, (6, 9))
    ids[2, 5:] = 0
    return ids


def test_encoder_only_sees_both_sides_and_learns(ids):
    model = EncoderOnly(CONFIG)
    changed = ids.clone()
    changed[0, -1] = 3 + (changed[0, -1] - 2) % 14
    assert (model(ids)[0, 0] - model(changed)[0, 0]).abs().max() > 1e-4
    torch.testing.assert_close(model(ids)[2, :5], model(ids[2:3, :5])[0], rtol=1e-4, atol=1e-5)
    masked = ids.masked_fill(torch.arange(9) % 3 == 1, 2)
    assert overfit(model, masked, ids) < 0.2


@pytest.mark.parametrize("config", [CONFIG, LLAMA])
def test_decoder_only_sees_the_past_and_writes_what_it_learned(ids, config):
    torch.manual_seed(1)
    model = DecoderOnly(config)
    changed = ids.clone()
    changed[:, 4:] = 5
    torch.testing.assert_close(model(ids)[:, :4], model(changed)[:, :4], rtol=0, atol=1e-5)
    line = torch.tensor([[1, 5, 9, 3, 9, 12, 2]])
    assert overfit(model, line[:, :-1], line[:, 1:]) < 0.1
    with torch.no_grad():
        assert greedy_decode(model, bos=1, eos=2, max_len=10) == [5, 9, 3, 9, 12]


def test_vision_transformer_cuts_and_learns():
    torch.manual_seed(2)
    images, labels = torch.randn(8, 3, 8, 8), torch.arange(8) % 3
    patches = image_patches(images, 4)
    assert patches.shape == (8, 4, 48)
    torch.testing.assert_close(patches[0, 1].view(3, 4, 4), images[0, :, :4, 4:])
    model = VisionTransformer(CONFIG, image_size=8, patch_size=4, n_classes=3)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(images).argmax(-1) == labels).all()
    with pytest.raises(ValueError):
        image_patches(images, 3)
