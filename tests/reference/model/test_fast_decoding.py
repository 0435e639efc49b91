"""빠른 디코딩: 가중치를 늘어놓아도 값과 토큰이 그대로이고, 가중치와 기울기는 보통의 모델과 같은지 봐요."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import pytest
import torch
from support.reference_models import small_batch

from autograder.layout import ROOT
from reference.config import ModelConfig
from reference.decoding import beam, greedy
from reference.fast_decoding import PackedLinear, can_pack, pack
from reference.multi_head import attention_maps
from reference.transformer import Transformer

CONFIG = ModelConfig(vocab_size=300, d_model=32, n_heads=4, d_ff=48, n_layers=2, dropout=0.1, max_len=64)
CHOICES = [
    {},
    {"norm_first": True, "norm": "rms", "activation": "swiglu", "positions": "rope", "n_kv_heads": 2},
    {"deep_norm": True, "activation": "gelu", "positions": "learned"},
]

pytestmark = pytest.mark.skipif(not can_pack(torch.ones(1)), reason="이 기계에는 oneDNN이 없어요")


def build(**choices) -> Transformer:
    torch.manual_seed(3)
    return Transformer(ModelConfig(**{**CONFIG.to_dict(), **choices})).eval()


def sentences(rows: int) -> torch.Tensor:
    src = torch.randint(3, 300, (rows, 9), generator=torch.Generator().manual_seed(5))
    src[1::2, 6:] = 0
    return src


@pytest.mark.parametrize("choices", CHOICES)
def test_packed_values_are_the_same(choices):
    model = build(**choices)
    packed = pack(copy.deepcopy(model))
    src, tgt = sentences(6), sentences(6)[:, :5]
    with torch.inference_mode():
        torch.testing.assert_close(packed(src, tgt), model(src, tgt), rtol=1e-4, atol=1e-5)
    assert greedy(packed, src, 12) == greedy(model, src, 12)
    tokens, scores = beam(packed, src, 3, 0.6, 12)
    wanted, wanted_scores = beam(model, src, 3, 0.6, 12)
    assert tokens == wanted and scores == pytest.approx(wanted_scores, rel=1e-4)


def test_every_product_is_packed_and_plain_weights_stay():
    model = build()
    packed = pack(copy.deepcopy(model))
    with torch.inference_mode():
        greedy(packed, sentences(2), 3)
    linears = [module for module in packed.modules() if isinstance(module, torch.nn.Linear)]
    assert len(linears) == 2 * 4 + 2 * 6
    assert all(isinstance(linear, PackedLinear) and linear.products for linear in linears)
    before, after = model.state_dict(), packed.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_packed_model_still_gives_gradients_and_maps():
    """기울기를 구하는 곳(지도 그리기, 확인)에서는 보통의 행렬곱으로 돌아와요."""
    model = build()
    packed = pack(copy.deepcopy(model))
    src, tgt_in, _ = small_batch()
    for one in (model, packed):
        one(src, tgt_in).square().sum().backward()
    for (name, wanted), (_, got) in zip(model.named_parameters(), packed.named_parameters(), strict=True):
        torch.testing.assert_close(got.grad, wanted.grad, msg=name)
    with torch.inference_mode(), attention_maps(packed) as maps:
        packed(src, tgt_in)
    assert set(maps) == {f"{side}.{i}.{kind}" for i in range(2) for side, kind in KINDS}


KINDS = [("encoder", "self_attn"), ("decoder", "self_attn"), ("decoder", "cross_attn")]


def test_bf16_without_the_instructions_is_left_alone():
    """bf16을 셈하지 못하는 CPU에서도 bf16 모델이 번역해요. oneDNN이 명령어를 처음 볼 때 정하므로 새 프로세스에서 봐요."""
    code = (
        "import torch; from reference.config import ModelConfig; from reference.decoding import greedy; "
        "from reference.fast_decoding import can_pack, pack; from reference.transformer import Transformer; "
        "model = Transformer(ModelConfig(20, d_model=16, n_heads=2, d_ff=32, n_layers=1)).eval().bfloat16(); "
        "greedy(pack(model), torch.tensor([[3, 4, 5]]), 5); print(can_pack(model.embedding.E))"
    )
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["False"], done.stderr


def test_other_types_are_left_alone():
    model = build().double()
    assert pack(model) is model and not any(isinstance(module, PackedLinear) for module in model.modules())
