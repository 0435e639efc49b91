"""멀티 헤드: torch.nn.MultiheadAttention과 같은지, 캐시와 GQA와 어텐션 지도가 값을 바꾸지 않는지 봐요."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from support.reference_models import SMALL, small_model
from support.reference_tensors import DTYPES, close, randn

from reference import masks, multi_head
from reference.masks import padding_mask
from reference.multi_head import attention_maps


def test_heads_split_and_merge():
    x = torch.arange(2 * 3 * 8).view(2, 3, 8)
    heads = multi_head.split_heads(x, 4)
    assert heads.shape == (2, 4, 3, 2)
    assert heads[1, 2, 0].tolist() == x[1, 0, 4:6].tolist()
    assert torch.equal(multi_head.merge_heads(heads), x)
    with pytest.raises(ValueError):
        multi_head.split_heads(x, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_multi_head_is_torch_multi_head(dtype):
    x, memory = randn(2, 5, 12, dtype=dtype), randn(2, 7, 12, dtype=dtype)
    W_q, W_k, W_v, W_o = (randn(12, 12, dtype=dtype, seed=i) / 3 for i in range(4))
    twin = torch.nn.MultiheadAttention(12, 3, bias=False, batch_first=True, dtype=dtype)
    twin.in_proj_weight.data, twin.out_proj.weight.data = torch.cat([W_q.T, W_k.T, W_v.T]), W_o.T.contiguous()
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])[:, None, None]
    out = multi_head.cross_attention(x, memory, W_q, W_k, W_v, W_o, 3, mask)
    close(out, twin(x, memory, memory, key_padding_mask=~mask[:, 0, 0])[0])
    close(multi_head.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, 3, None), twin(x, memory, memory)[0])


def test_one_step_cache_equals_the_whole_sentence():
    x, W = randn(2, 6, 8), [randn(8, 8, seed=i) / 3 for i in range(4)]
    whole = multi_head.multi_head_attention(x, x, *W, 2, masks.causal_mask(6))
    cache, outputs = None, []
    for t in range(6):
        before = None if cache is None else {name: value.clone() for name, value in cache.items()}
        out, new = multi_head.attend_with_cache(x[:, t : t + 1], cache, *W, 2)
        if before is not None:
            assert all(torch.equal(before[name], cache[name]) for name in before)
        assert new["k"].shape == new["v"].shape == (2, 2, t + 1, 4)
        cache = new
        outputs.append(out)
    close(torch.cat(outputs, 1), whole)


def test_grouped_queries_share_their_keys():
    q, k, v = randn(2, 6, 5, 4), randn(2, 2, 7, 4), randn(2, 2, 7, 4, seed=1)
    close(multi_head.grouped_query_attention(q, k, v, None), F.scaled_dot_product_attention(q, k, v, enable_gqa=True))
    with pytest.raises(ValueError):
        multi_head.grouped_query_attention(q[:, :5], k, v, None)


def test_mha_param_count():
    assert [multi_head.mha_param_count(512, h, False) for h in (1, 8)] == [1_048_576] * 2
    assert multi_head.mha_param_count(512, 8, True) == 1_050_624
    with pytest.raises(ValueError):
        multi_head.mha_param_count(512, 7, True)


def test_attention_maps_cover_every_layer(batch):
    src, tgt_in, _ = batch
    model = small_model().eval()
    plain = model(src, tgt_in)
    with attention_maps(model) as maps:
        torch.testing.assert_close(model(src, tgt_in), plain)
    assert set(maps) == {f"encoder.{i}.self_attn" for i in range(2)} | {
        f"decoder.{i}.{kind}" for i in range(2) for kind in ("self_attn", "cross_attn")
    }
    (weights,) = maps["decoder.1.cross_attn"]
    assert weights.shape == (4, 3, 7, 9)
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights.sum(-1)))
    assert weights.masked_select(src[:, None, None] == 0).abs().max() == 0
    assert all(layer.self_attn.record is None for layer in model.encoder)


def test_long_sentences_take_the_fused_path_with_the_same_value():
    """64토큰부터는 CPU에서도 SDPA로 가요. 두 길의 값이 같아야 해요."""
    model = small_model(dataclasses.replace(SMALL, max_len=100)).eval()
    src = torch.randint(3, 29, (2, 90))
    src[1, 70:] = 0
    fused = model.encode(src, padding_mask(src, 0))
    with attention_maps(model):  # 지도를 모을 때는 언제나 풀어 쓴 길이에요
        plain = model.encode(src, padding_mask(src, 0))
    torch.testing.assert_close(fused[src != 0], plain[src != 0], rtol=1e-10, atol=1e-10)
