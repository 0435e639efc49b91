"""Transformer 전체: 서로 다른 두 구현(torch.nn.Transformer, Hugging Face Marian)과 같은 값, 같은 기울기인지 봐요."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from support.reference_models import SMALL, small_model

from reference.config import ModelConfig
from reference.masks import mask_bias, padding_mask
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer, decoder_layer, encoder_layer, transformer_param_count


def torch_twin(model: Transformer) -> torch.nn.Transformer:
    """같은 가중치를 담은 torch.nn.Transformer예요. 논문에 없는 마지막 정규화는 떼어 내요."""
    c = model.config
    twin = torch.nn.Transformer(
        c.d_model, c.n_heads, c.n_layers, c.n_layers, c.d_ff, 0.0, batch_first=True, dtype=model.embedding.E.dtype
    )
    twin.encoder.norm = twin.decoder.norm = None

    def copy_attention(theirs, ours):
        theirs.in_proj_weight.data, theirs.in_proj_bias.data = ours.qkv.weight.data, ours.qkv.bias.data
        theirs.out_proj.weight.data, theirs.out_proj.bias.data = ours.out.weight.data, ours.out.bias.data

    for ours, theirs in zip(
        [*model.encoder, *model.decoder], [*twin.encoder.layers, *twin.decoder.layers], strict=True
    ):
        copy_attention(theirs.self_attn, ours.self_attn)
        if hasattr(ours, "cross_attn"):
            copy_attention(theirs.multihead_attn, ours.cross_attn)
        theirs.linear1.load_state_dict(ours.ffn.first.state_dict())
        theirs.linear2.load_state_dict(ours.ffn.second.state_dict())
        for name in ("norm1", "norm2", "norm3"):
            if hasattr(ours, name):
                getattr(theirs, name).load_state_dict(getattr(ours, name).norm.state_dict())
    return twin


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_same_as_torch_transformer(batch, dtype, tolerance):
    src, tgt_in, tgt_out = batch
    model = small_model(dtype=dtype)
    twin = torch_twin(model)
    logits = model(src, tgt_in)
    T = tgt_in.size(1)
    hidden = twin(
        model.start(src),
        model.start(tgt_in),
        tgt_mask=~torch.ones(T, T, dtype=torch.bool).tril(),
        src_key_padding_mask=src == 0,
        memory_key_padding_mask=src == 0,
        tgt_key_padding_mask=tgt_in == 0,
    )
    theirs = F.linear(hidden, model.embedding.E)
    real = tgt_in != 0
    torch.testing.assert_close(logits[real], theirs[real], rtol=tolerance, atol=tolerance)

    def gradient(output, attention, ffn):
        loss = F.cross_entropy(output[real], tgt_out[real], ignore_index=0)
        return torch.autograd.grad(loss, [attention, ffn, model.embedding.E], retain_graph=True)

    ours = gradient(logits, model.decoder[0].cross_attn.qkv.weight, model.encoder[0].ffn.first.weight)
    their_layer = twin.decoder.layers[0]
    other = gradient(theirs, their_layer.multihead_attn.in_proj_weight, twin.encoder.layers[0].linear1.weight)
    torch.testing.assert_close(ours, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-9), (torch.float32, 5e-5)])
def test_same_as_hugging_face_marian(batch, dtype, tolerance):
    pytest.importorskip("transformers", reason="transformers가 없어서 Marian과 견주지 못했어요.")
    from transformers import MarianConfig, MarianMTModel

    src, tgt_in, tgt_out = batch
    model, c = small_model(dtype=dtype), SMALL
    marian = (
        MarianMTModel(
            MarianConfig(
                vocab_size=c.vocab_size,
                d_model=c.d_model,
                encoder_layers=c.n_layers,
                decoder_layers=c.n_layers,
                encoder_attention_heads=c.n_heads,
                decoder_attention_heads=c.n_heads,
                encoder_ffn_dim=c.d_ff,
                decoder_ffn_dim=c.d_ff,
                max_position_embeddings=c.max_len,
                activation_function="relu",
                scale_embedding=True,
                dropout=0.0,
                attention_dropout=0.0,
                activation_dropout=0.0,
                pad_token_id=0,
                eos_token_id=2,
                decoder_start_token_id=1,
                attn_implementation="eager",
            )
        )
        .to(dtype)
        .eval()
    )
    # Marian은 사인을 앞 절반에, 코사인을 뒤 절반에 둬요. 나머지는 같으므로 위치 표만 우리 것으로 바꿔요.
    for side in (marian.model.encoder, marian.model.decoder):
        side.embed_positions.weight.data = model.positions.table.clone()

    def copy_attention(theirs, ours):
        W, b = ours.qkv.weight.data.chunk(3), ours.qkv.bias.data.chunk(3)
        for name, weight, bias in zip(("q_proj", "k_proj", "v_proj"), W, b, strict=True):
            getattr(theirs, name).weight.data, getattr(theirs, name).bias.data = weight, bias
        theirs.out_proj.load_state_dict(ours.out.state_dict())

    marian.model.shared.weight.data = model.embedding.E.data.clone()
    marian.tie_weights()
    sides = marian.model
    for ours, theirs in zip(
        [*model.encoder, *model.decoder], [*sides.encoder.layers, *sides.decoder.layers], strict=True
    ):
        copy_attention(theirs.self_attn, ours.self_attn)
        norms = [theirs.self_attn_layer_norm, theirs.final_layer_norm]
        if hasattr(ours, "cross_attn"):
            copy_attention(theirs.encoder_attn, ours.cross_attn)
            norms.insert(1, theirs.encoder_attn_layer_norm)
        theirs.fc1.load_state_dict(ours.ffn.first.state_dict())
        theirs.fc2.load_state_dict(ours.ffn.second.state_dict())
        for number, norm in enumerate(norms, 1):
            norm.load_state_dict(getattr(ours, f"norm{number}").norm.state_dict())

    real = tgt_in != 0
    logits = model(src, tgt_in)
    theirs = marian(
        input_ids=src, attention_mask=(src != 0).long(), decoder_input_ids=tgt_in, decoder_attention_mask=real.long()
    ).logits
    torch.testing.assert_close(logits[real], theirs[real], rtol=tolerance, atol=tolerance)

    loss = F.cross_entropy(logits[real], tgt_out[real], ignore_index=0)
    their_loss = F.cross_entropy(theirs[real], tgt_out[real], ignore_index=0)
    a = torch.autograd.grad(loss, [model.embedding.E, model.encoder[1].self_attn.out.weight])
    b = torch.autograd.grad(
        their_loss, [marian.model.shared.weight, marian.model.encoder.layers[1].self_attn.out_proj.weight]
    )
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def lesson_params(layer: torch.nn.Module) -> dict:
    """모듈 하나를 수업 함수가 받는 사전으로 바꿔요."""

    def attention(m):
        return {"W_q": m.W_q, "W_k": m.W_k, "W_v": m.W_v, "W_o": m.W_o}

    ffn = layer.ffn
    params = {"ffn": {"W1": ffn.first.weight.T, "b1": ffn.first.bias, "W2": ffn.second.weight.T, "b2": ffn.second.bias}}
    for name in ("norm1", "norm2", "norm3"):
        if hasattr(layer, name):
            norm = getattr(layer, name).norm
            params[name] = {"gamma": norm.weight, "beta": norm.bias}
    if hasattr(layer, "cross_attn"):
        return params | {"self_attn": attention(layer.self_attn), "cross_attn": attention(layer.cross_attn)}
    return params | {"attn": attention(layer.self_attn)}


def test_lesson_functions_are_the_model(batch):
    """레슨 8의 함수를 쌓으면 모듈과 같은 값이에요. 함수에는 어텐션 편향이 없으므로 0으로 두고 견줘요."""
    src, tgt_in, _ = batch
    model = small_model()
    for name, parameter in model.named_parameters():
        if name.endswith(("qkv.bias", "out.bias")):
            parameter.data.zero_()
    src_mask = padding_mask(src, 0)
    tgt_mask = padding_mask(tgt_in, 0) & torch.ones(7, 7, dtype=torch.bool).tril()
    x = model.start(src)
    for layer in model.encoder:
        x = encoder_layer(x, lesson_params(layer), 3, src_mask)
    y = model.start(tgt_in)
    for layer in model.decoder:
        y = decoder_layer(y, x, lesson_params(layer), 3, src_mask, tgt_mask)
    torch.testing.assert_close(model.logits(y), model(src, tgt_in))


@pytest.mark.parametrize("preset, vocab, expected", [("base", 37_000, 63_082_496), ("big", 37_000, 214_245_376)])
def test_parameter_counts_of_the_paper(preset, vocab, expected):
    config = ModelConfig.preset(preset, vocab)
    with torch.device("meta"):
        model = Transformer(config)
    assert sum(p.numel() for p in model.parameters()) == expected
    assert transformer_param_count(vocab, config.d_model, config.n_layers, config.d_ff) == expected


def test_param_count_options():
    assert transformer_param_count(37_000, 512, 6, 2048, tied=False) == 100_970_496
    assert transformer_param_count(37_000, 512, 6, 2048, bias=False) == 63_045_632
    with pytest.raises(ValueError):
        transformer_param_count(0, 512, 6, 2048)


def test_future_tokens_change_nothing(batch):
    src, tgt_in, _ = batch
    model = small_model()
    changed = tgt_in.clone()
    changed[:, 3:] = torch.randint(3, 29, changed[:, 3:].shape, generator=torch.Generator().manual_seed(6))
    before, after = model(src[:1], tgt_in[:1]), model(src[:1], changed[:1])
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=1e-12)
    assert (before[:, 3:] - after[:, 3:]).abs().max() > 1e-3


def test_a_sentence_alone_equals_itself_in_a_batch(batch):
    src, tgt_in, _ = batch
    model = small_model()
    together = model(src, tgt_in)
    for row in range(len(src)):
        s, t = (src[row] != 0).sum(), (tgt_in[row] != 0).sum()
        alone = model(src[row : row + 1, :s], tgt_in[row : row + 1, :t])
        torch.testing.assert_close(alone[0], together[row, :t], rtol=1e-10, atol=1e-10)


VARIANTS = {
    "pre_ln": {"norm_first": True},
    "rms": {"norm": "rms", "norm_first": True},
    "deep_norm": {"deep_norm": True},
    "gelu": {"activation": "gelu"},
    "swiglu": {"activation": "swiglu"},
    "learned": {"positions": "learned"},
    "rope": {"positions": "rope"},
    "gqa": {"n_heads": 6, "n_kv_heads": 2},
    "mqa": {"n_heads": 6, "n_kv_heads": 1},
    "llama_like": {
        "norm": "rms",
        "norm_first": True,
        "activation": "swiglu",
        "positions": "rope",
        "n_heads": 6,
        "n_kv_heads": 2,
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_learns_one_batch_and_stays_causal(batch, name):
    src, tgt_in, tgt_out = batch
    torch.manual_seed(0)
    model = Transformer(dataclasses.replace(SMALL, **VARIANTS[name]))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss, _ = translation_loss(model, src, tgt_in, tgt_out, 0.0)
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    changed = tgt_in.clone()
    changed[:, 4:] = 5
    with torch.no_grad():
        a, b = model(src, tgt_in), model(src, changed)
    torch.testing.assert_close(a[:, :4], b[:, :4], rtol=0, atol=1e-5)


@pytest.mark.parametrize("chances", [{"dropout": 0.4}, {"dropout": 0.0, "word_dropout": 0.4}])
def test_dropout_acts_only_in_training(batch, chances):
    src, tgt_in, _ = batch
    model = small_model(dataclasses.replace(SMALL, **chances), torch.float32)
    model.eval()
    torch.testing.assert_close(model(src, tgt_in), model(src, tgt_in), rtol=0, atol=0)
    model.train()
    assert (model(src, tgt_in) - model(src, tgt_in)).abs().max() > 0.01


def test_no_token_and_too_long_sentence_are_refused():
    model = small_model()
    with pytest.raises(ValueError, match="길어요"):
        model(torch.full((1, 33), 5), torch.ones(1, 2, dtype=torch.long))


def test_bfloat16_stays_close(batch):
    src, tgt_in, _ = batch
    model = small_model(dtype=torch.float32).eval()
    exact = model(src, tgt_in)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = model(src, tgt_in)
        bias = mask_bias(padding_mask(src, 0), torch.float32)
    assert (mixed.float() - exact)[tgt_in != 0].abs().max() < 0.1 * exact.abs().max()
    assert bias.to(torch.bfloat16).isfinite().all()  # 낮은 정밀도로 바뀌어도 −∞가 아니에요


def test_compiles_into_one_graph(batch):
    """torch.compile이 끊기지 않고 통째로 그래프 하나를 만들 수 있어야 GPU에서 빨라요."""
    src, tgt_in, _ = batch
    torch.manual_seed(0)
    model = Transformer(dataclasses.replace(SMALL, dropout=0.2, word_dropout=0.1))
    explained = torch._dynamo.explain(model.hidden)(src, tgt_in)
    assert explained.graph_break_count == 0, explained.break_reasons
