"""CTranslate2 모델로 내보내기. 위치 표와 정규화의 종류까지 담을 수 있어서 우리 모델의 선택 사항을 모두 옮겨요."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.transformer import DecoderLayer, EncoderLayer, Transformer

Layer = EncoderLayer | DecoderLayer


def to_ctranslate2(model: Transformer, tokenizer: Tokenizer, out: Path) -> str:
    """CTranslate2가 읽는 폴더를 만들어요. 설치돼 있지 않으면 UserError예요."""
    try:
        from ctranslate2.specs import TransformerSpec
        from ctranslate2.specs.common_spec import Activation
        from ctranslate2.specs.transformer_spec import TransformerDecoderSpec, TransformerEncoderSpec
    except ImportError:
        raise UserError("CTranslate2가 설치돼 있지 않아요. pip install ctranslate2 뒤에 다시 실행해 주세요.") from None
    config = model.config
    options = {
        "num_layers": config.n_layers,
        "num_heads": config.n_heads,
        "pre_norm": config.norm_first,
        "rms_norm": config.norm == "rms",
        "activation": {"relu": Activation.RELU, "gelu": Activation.GELU, "swiglu": Activation.SWISH}[config.activation],
        "ffn_glu": config.activation == "swiglu",
        "rotary_dim": config.d_k if config.positions == "rope" else None,
        "rotary_interleave": True,  # 우리처럼 (2i, 2i+1)을 짝지어요
    }
    spec = TransformerSpec(TransformerEncoderSpec(**options), TransformerDecoderSpec(**options))
    spec.config.layer_norm_epsilon = model.encoder_layers()[0].norm1.norm.eps
    table = _array(model.embedding.E)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = table
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = True
        if config.positions != "rope":
            side.position_encodings.encodings = _array(model.positions.table)
    if config.norm_first:  # Pre-LN만 끝에 정규화가 하나 더 있어요
        _fill_norm(spec.encoder.layer_norm, model.encoder_norm)
        _fill_norm(spec.decoder.layer_norm, model.decoder_norm)
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
    _fill_norm(attention.layer_norm, ours.norm1.norm)
    last = ours.norm2
    if isinstance(ours, DecoderLayer):
        weight, bias = ours.cross_attn.qkv.weight, ours.cross_attn.qkv.bias
        # 앞의 둘은 쿼리와, 키와 값을 묶은 것이에요. 셋째는 나가는 투영이에요.
        for linear, part in zip(theirs.attention.linear[:2], (slice(q_size), slice(q_size, None)), strict=True):
            linear.weight, linear.bias = _array(weight[part]), _array(bias[part])
        _fill(theirs.attention.linear[2], ours.cross_attn.out)
        _fill_norm(theirs.attention.layer_norm, ours.norm2.norm)
        last = ours.norm3
    if ours.ffn.activation == "swiglu":  # 문 W와 값 V를 쌓아 둔 것을 다시 나눠요
        gate, value = ours.ffn.first.weight.chunk(2)
        theirs.ffn.linear_0.weight, theirs.ffn.linear_0_noact.weight = _array(gate), _array(value)
    else:
        _fill(theirs.ffn.linear_0, ours.ffn.first)
    _fill(theirs.ffn.linear_1, ours.ffn.second)
    _fill_norm(theirs.ffn.layer_norm, last.norm)


def _fill(theirs: Any, ours: nn.Linear) -> None:
    theirs.weight = _array(ours.weight)
    if ours.bias is not None:
        theirs.bias = _array(ours.bias)


def _fill_norm(theirs: Any, ours: nn.Module) -> None:
    """RMSNorm에는 더하는 β가 없어요."""
    weights = dict(ours.named_parameters())
    theirs.gamma = _array(weights["weight"])
    if "bias" in weights:
        theirs.beta = _array(weights["bias"])


def _array(tensor: Tensor) -> Any:
    return tensor.detach().float().contiguous().numpy()
