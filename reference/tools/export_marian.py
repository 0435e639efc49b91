"""transformers의 Marian 모델로 내보내기.

Marian과 우리 모델은 두 곳만 달라요.
1. Marian은 위치 인코딩의 사인을 앞 절반에, 코사인을 뒤 절반에 둬요. 그래서 d_model 축을 (짝수, 홀수) 순서로 다시 세워요.
2. Marian은 디코더를 PAD로 시작해요. 우리는 BOS로 시작하므로 decoder_start_token_id에 BOS를 적어요.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.tokenizer import SPECIALS, Tokenizer
from reference.files import write_text
from reference.norm import AddNorm
from reference.training.checkpoint import save_tensors
from reference.transformer import DecoderLayer, EncoderLayer, Transformer

Layer = EncoderLayer | DecoderLayer


def to_marian(model: Transformer, tokenizer: Tokenizer, out: Path) -> str:
    """`MarianMTModel.from_pretrained(out)`로 여는 폴더를 만들어요."""
    save_tensors(out / "model.safetensors", marian_weights(model), {"format": "pt"})
    config, generation = marian_config(model.config)
    write_text(out / "config.json", json.dumps(config, indent=2))
    write_text(out / "generation_config.json", json.dumps(generation, indent=2))
    if tokenizer.level == "byte":
        backend, settings = fast_tokenizer(tokenizer)
        write_text(out / "tokenizer.json", json.dumps(backend, ensure_ascii=False))
        write_text(out / "tokenizer_config.json", json.dumps(settings, ensure_ascii=False, indent=2))
        return f"{out}에 내보냈어요. MarianMTModel.from_pretrained와 AutoTokenizer.from_pretrained로 열어 보세요."
    return f"{out}에 모델만 내보냈어요. 형태소 토크나이저는 transformers에 없으므로 course translate로 토큰을 만들어 주세요."


def marian_weights(model: Transformer) -> dict[str, Tensor]:
    """Marian의 이름과 차원 순서로 다시 놓은 가중치예요."""
    order = torch.cat([torch.arange(0, model.config.d_model, 2), torch.arange(1, model.config.d_model, 2)])  # (D,)
    weights = {
        "model.shared.weight": model.embedding.E[:, order],
        "final_logits_bias": torch.zeros(1, model.config.vocab_size),
    }
    if model.config.positions == "learned":  # Marian의 사인 표 자리에 배운 표를 놓아요
        for side in ("encoder", "decoder"):
            weights[f"model.{side}.embed_positions.weight"] = model.positions.table[:, order]
    sides: dict[str, Sequence[Layer]] = {"encoder": model.encoder_layers(), "decoder": model.decoder_layers()}
    for side, layers in sides.items():
        for index, layer in enumerate(layers):
            start = f"model.{side}.layers.{index}."
            for name, linear, inside, outside in _linears(layer):
                W = linear.weight[:, order] if inside else linear.weight
                weights[f"{start}{name}.weight"] = W[order] if outside else W
                weights[f"{start}{name}.bias"] = linear.bias[order] if outside else linear.bias
            for ours, norm in _norms(layer):
                weights[f"{start}{ours}.weight"], weights[f"{start}{ours}.bias"] = norm.weight[order], norm.bias[order]
    return {name: tensor.detach().clone() for name, tensor in weights.items()}


def _linears(layer: Layer) -> Iterator[tuple[str, nn.Linear, bool, bool]]:
    """(Marian의 이름, 선형층, 입력이 d_model 축인지, 출력이 d_model 축인지)를 늘어놓아요."""
    attentions = {"self_attn": layer.self_attn}
    if isinstance(layer, DecoderLayer):
        attentions["encoder_attn"] = layer.cross_attn
    for theirs, attention in attentions.items():
        for name, part in zip(("q_proj", "k_proj", "v_proj"), _split(attention.qkv), strict=True):
            yield f"{theirs}.{name}", part, True, False
        yield f"{theirs}.out_proj", attention.out, False, True
    yield "fc1", layer.ffn.first, True, False
    yield "fc2", layer.ffn.second, False, True


def _split(qkv: nn.Linear) -> Iterator[nn.Linear]:
    """한 덩어리인 W_q, W_k, W_v를 선형층 셋으로 나눠요."""
    for weight, bias in zip(qkv.weight.chunk(3), qkv.bias.chunk(3), strict=True):
        part = nn.Linear(weight.shape[1], weight.shape[0])
        part.weight, part.bias = nn.Parameter(weight), nn.Parameter(bias)
        yield part


def _norms(layer: Layer) -> Iterator[tuple[str, nn.LayerNorm]]:
    """(Marian의 이름, 층 정규화)를 늘어놓아요. 인코더에는 크로스 어텐션이 없어서 둘이에요."""
    yield "self_attn_layer_norm", _layer_norm(layer.norm1)
    if isinstance(layer, DecoderLayer):
        yield "encoder_attn_layer_norm", _layer_norm(layer.norm2)
        yield "final_layer_norm", _layer_norm(layer.norm3)
    else:
        yield "final_layer_norm", _layer_norm(layer.norm2)


def _layer_norm(around: AddNorm) -> nn.LayerNorm:
    """Marian은 층 정규화만 알아요. 아니면 TypeError예요."""
    if not isinstance(around.norm, nn.LayerNorm):
        raise TypeError(f"층 정규화가 아니에요: {type(around.norm).__name__}")
    return around.norm


def marian_config(config: ModelConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """(config.json, generation_config.json)이에요. 기본값이 우리와 다른 것은 모두 적어요."""
    ids = {
        "pad_token_id": config.pad_id,
        "bos_token_id": config.bos_id,
        "eos_token_id": config.eos_id,
        "decoder_start_token_id": config.bos_id,
        "forced_eos_token_id": None,
    }
    sizes = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (
            ("layers", config.n_layers),
            ("attention_heads", config.n_heads),
            ("ffn_dim", config.d_ff),
            ("layerdrop", 0.0),
        )
    }
    dropouts = dict.fromkeys(("dropout", "attention_dropout", "activation_dropout"), config.dropout)
    model = {
        "model_type": "marian",
        "architectures": ["MarianMTModel"],
        "vocab_size": config.vocab_size,
        "decoder_vocab_size": config.vocab_size,
        "d_model": config.d_model,
        "num_hidden_layers": config.n_layers,
        "max_position_embeddings": config.max_len,
        "activation_function": config.activation,  # "relu"나 "gelu"이고 식도 같아요
        "scale_embedding": True,
        "share_encoder_decoder_embeddings": True,
        "tie_word_embeddings": True,
        "is_encoder_decoder": True,
        "dtype": "float32",
        **sizes,
        **dropouts,
        **ids,
    }
    never = [[config.pad_id], [config.bos_id]]  # 문장 안에 올 수 없는 토큰
    return model, {**ids, "bad_words_ids": never, "max_length": config.max_len, "num_beams": 1, "do_sample": False}


def fast_tokenizer(tokenizer: Tokenizer) -> tuple[dict[str, Any], dict[str, Any]]:
    """(tokenizer.json, tokenizer_config.json)이에요. 앞 빈칸을 붙이고 떼는 일과 EOS 붙이기를 파일 안에 적어요."""
    backend = json.loads(tokenizer.to_json())["tokenizer"]
    pad, bos, eos, unk = SPECIALS
    backend["normalizer"] = {"type": "Prepend", "prepend": " "}
    backend["decoder"] = {
        "type": "Sequence",
        "decoders": [backend["decoder"], {"type": "Strip", "content": " ", "start": 1, "stop": 0}],
    }
    eos_piece = {"SpecialToken": {"id": eos, "type_id": 0}}
    backend["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}, eos_piece],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, eos_piece],
        "special_tokens": {eos: {"id": eos, "ids": [tokenizer.eos_id], "tokens": [eos]}},
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": pad,
        "bos_token": bos,
        "eos_token": eos,
        "unk_token": unk,
        "padding_side": "right",
        "clean_up_tokenization_spaces": False,
    }
    return backend, settings
