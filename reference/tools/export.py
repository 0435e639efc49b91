"""내보내기: 학습한 모델을 transformers의 Marian 모델이나 CTranslate2 모델로 바꿔요. 그리디 번역이 그대로 같아요.

Marian과 우리 모델은 두 곳만 달라요.
1. Marian은 위치 인코딩의 사인을 앞 절반에, 코사인을 뒤 절반에 둬요. 그래서 d_model 축을 (짝수, 홀수) 순서로 다시 세워요.
2. Marian은 디코더를 PAD로 시작해요. 우리는 BOS로 시작하므로 decoder_start_token_id에 BOS를 적어요.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.tokenizer import SPECIALS, Tokenizer
from reference.errors import UserError
from reference.files import write_text
from reference.norm import AddNorm
from reference.tools.saved_model import load_model
from reference.training.checkpoint import save_tensors
from reference.training.machine import choose
from reference.transformer import DecoderLayer, EncoderLayer, Transformer

Layer = EncoderLayer | DecoderLayer


def export(folder: Path, out: Path, format: str = "marian") -> str:
    """실행 폴더의 모델을 out에 내보내고, 다음에 할 일을 한 문장으로 돌려줘요."""
    writers: dict[str, Callable[[Transformer, Tokenizer, Path], str]] = {
        "marian": to_marian,
        "ctranslate2": to_ctranslate2,
    }
    if format not in writers:
        raise UserError(f"모르는 형식이에요: {format}. {', '.join(writers)} 가운데에서 골라 주세요.")
    model, tokenizer = load_model(folder, choose("cpu", "fp32"))
    if model.config != _paper_only(model.config):
        raise UserError("논문 그대로의 모델(Post-LN, ReLU, 사인 위치 인코딩, 멀티 헤드)만 내보낼 수 있어요.")
    return writers[format](model, tokenizer, out)


def _paper_only(config: ModelConfig) -> ModelConfig:
    """뒤에 나온 선택 사항을 모두 끈 설정이에요."""
    sizes = ("vocab_size", "d_model", "n_heads", "d_ff", "n_layers", "dropout", "max_len", "pad_id", "bos_id", "eos_id")
    return ModelConfig(**{name: getattr(config, name) for name in sizes})


# -- transformers의 Marian --


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
    """논문 그대로의 모델만 내보내므로 언제나 층 정규화예요. 아니면 TypeError예요."""
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
        "activation_function": "relu",
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


# -- CTranslate2 --


def to_ctranslate2(model: Transformer, tokenizer: Tokenizer, out: Path) -> str:
    """CTranslate2가 읽는 폴더를 만들어요. 설치돼 있지 않으면 UserError예요."""
    try:
        from ctranslate2.specs import TransformerSpec
        from ctranslate2.specs.common_spec import Activation
    except ImportError:
        raise UserError("CTranslate2가 설치돼 있지 않아요. pip install ctranslate2 뒤에 다시 실행해 주세요.") from None
    config = model.config
    spec = TransformerSpec.from_config(config.n_layers, config.n_heads, pre_norm=False, activation=Activation.RELU)
    table, positions = _array(model.embedding.E), _array(model.positions.table[: config.max_len])
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = table
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = True
        side.position_encodings.encodings = positions
    ours: list[Layer] = [*model.encoder_layers(), *model.decoder_layers()]
    for theirs, layer in zip([*spec.encoder.layer, *spec.decoder.layer], ours, strict=True):
        _fill_layer(theirs, layer)
    tokens = [f"<token {index}>" for index in range(config.vocab_size)]  # 토큰 번호를 그대로 이름으로 써요.
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.bos_token = spec.config.decoder_start_token = tokens[config.bos_id]
    spec.config.eos_token, spec.config.unk_token = tokens[config.eos_id], tokens[tokenizer.unk_id]
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization=None)
    out.mkdir(parents=True, exist_ok=True)
    spec.save(str(out))
    tokenizer.save(out)
    return (
        f"{out}에 내보냈어요. ctranslate2.Translator({str(out)!r})로 열고, 토큰 번호 n을 '<token n>'으로 적어 주세요."
    )


def _fill_layer(theirs: Any, ours: Layer) -> None:
    """CTranslate2 층 하나에 우리 가중치를 채워요. 그쪽도 W_q, W_k, W_v를 한 덩어리로 둬요."""
    attention, q_size = theirs.self_attention, ours.self_attn.out.weight.shape[0]
    _fill(attention.linear[0], ours.self_attn.qkv)
    _fill(attention.linear[1], ours.self_attn.out)
    _fill_norm(attention.layer_norm, ours.norm1)
    last = ours.norm2
    if isinstance(ours, DecoderLayer):
        weight, bias = ours.cross_attn.qkv.weight, ours.cross_attn.qkv.bias
        # 앞의 둘은 쿼리와, 키와 값을 묶은 것이에요. 셋째는 나가는 투영이에요.
        for linear, part in zip(theirs.attention.linear[:2], (slice(q_size), slice(q_size, None)), strict=True):
            linear.weight, linear.bias = _array(weight[part]), _array(bias[part])
        _fill(theirs.attention.linear[2], ours.cross_attn.out)
        _fill_norm(theirs.attention.layer_norm, ours.norm2)
        last = ours.norm3
    _fill(theirs.ffn.linear_0, ours.ffn.first)
    _fill(theirs.ffn.linear_1, ours.ffn.second)
    _fill_norm(theirs.ffn.layer_norm, last)


def _fill(theirs: Any, ours: nn.Linear) -> None:
    theirs.weight, theirs.bias = _array(ours.weight), _array(ours.bias)


def _fill_norm(theirs: Any, ours: AddNorm) -> None:
    norm = _layer_norm(ours)
    theirs.gamma, theirs.beta = _array(norm.weight), _array(norm.bias)


def _array(tensor: Tensor) -> Any:
    return tensor.detach().float().contiguous().numpy()
