"""내보낸 모델이 transformers와 CTranslate2에서 우리와 같은 그리디 번역을 하는지 봐요."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from reference.config import ModelConfig
from reference.data.tokenizer import Tokenizer
from reference.decoding import greedy
from reference.errors import UserError
from reference.tools import export, saved_model
from reference.training.machine import choose
from reference.transformer import Transformer

TEXTS = [
    "나는 학교에 갔다.",
    "어제 산 빵을 먹었어요.",
    "책 세 권을 읽지 않았습니다.",
    "고양이 두 마리가 자요.",
    "한자 漢字와 이모지 🙂",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """논문 그대로의 모델이에요."""
    tokenizer = Tokenizer.train(TEXTS * 3, 320)
    return write_run(tmp_path_factory.mktemp("paper") / "run", tokenizer, {})


def ours(folder: Path) -> tuple[Tokenizer, list[list[int]]]:
    model, tokenizer = saved_model.load_model(folder, choose("cpu", "fp32"))
    answers = []
    for text in TEXTS:
        src = torch.tensor([tokenizer.encode(text) + [2]])
        answers += greedy(model, src, max_len=20)
    assert len({tuple(answer) for answer in answers}) > 2  # 서로 다른 번역이라야 견줄 값어치가 있어요.
    return tokenizer, answers


def test_marian_gives_the_same_greedy_translations(folder, tmp_path):
    transformers = pytest.importorskip(
        "transformers", reason="transformers가 없어 내보낸 Marian 모델을 열어 보지 못했어요."
    )
    sentence = export.export(folder, tmp_path / "marian", "marian")
    assert "MarianMTModel" in sentence
    model = transformers.MarianMTModel.from_pretrained(tmp_path / "marian").eval()
    fast = transformers.AutoTokenizer.from_pretrained(tmp_path / "marian")
    tokenizer, answers = ours(folder)
    for text, answer in zip(TEXTS, answers, strict=True):
        ids = fast(text, return_tensors="pt").input_ids
        assert ids[0].tolist() == tokenizer.encode(text) + [2]
        assert fast.decode(ids[0], skip_special_tokens=True) == text
        made = model.generate(ids, max_length=21)[0].tolist()  # 시작 토큰까지 세요.
        assert made[0] == 1
        assert made[1 : 1 + len(answer)] == answer


def test_ctranslate2_gives_the_same_greedy_translations(folder, tmp_path):
    ctranslate2 = pytest.importorskip("ctranslate2", reason="ctranslate2가 없어 내보낸 모델을 열어 보지 못했어요.")
    export.export(folder, tmp_path / "ct2", "ctranslate2")
    translator = ctranslate2.Translator(str(tmp_path / "ct2"), device="cpu", compute_type="float32", intra_threads=1)
    tokenizer, answers = ours(folder)
    tokens = [[f"<token {index}>" for index in tokenizer.encode(text)] for text in TEXTS]
    made = translator.translate_batch(
        tokens, beam_size=1, max_decoding_length=20, suppress_sequences=[["<token 0>"], ["<token 1>"]]
    )
    assert [[int(token[7:-1]) for token in result.hypotheses[0]] for result in made] == answers


VARIANTS: dict[str, dict[str, Any]] = {
    "pre-ln": {"norm_first": True},
    "rms": {"norm": "rms"},
    "gqa": {"n_kv_heads": 2},
    "mqa": {"n_kv_heads": 1},
    "rope": {"positions": "rope"},
    "learned": {"positions": "learned"},
    "gelu": {"activation": "gelu"},
    "swiglu": {"activation": "swiglu"},
    "deep-norm": {"deep_norm": True, "n_kv_heads": 2},
    "deep-norm-swiglu": {"deep_norm": True, "activation": "swiglu"},
    "llama": {
        "norm_first": True,
        "norm": "rms",
        "n_kv_heads": 2,
        "positions": "rope",
        "activation": "swiglu",
    },
}
NOT_MARIAN = {
    "pre-ln": ["Pre-LN"],
    "rms": ["RMSNorm"],
    "rope": ["RoPE"],
    "swiglu": ["SwiGLU"],
    "deep-norm-swiglu": ["SwiGLU"],
    "llama": ["Pre-LN", "RMSNorm", "SwiGLU", "RoPE"],
}


@pytest.fixture
def variant(folder, tmp_path, request) -> Path:
    """선택 사항을 켠 모델의 실행 폴더예요. 편향과 정규화까지 0과 1이 아닌 값이에요."""
    _, tokenizer = saved_model.load_model(folder, choose("cpu", "fp32"))
    return write_run(tmp_path / "run", tokenizer, VARIANTS[request.param])


def write_run(path: Path, tokenizer: Tokenizer, changes: dict[str, Any]) -> Path:
    """아무렇게나 초기화한 모델은 한 토큰만 되풀이하므로, 문장마다 다른 번역이 나오도록 가중치를 키워요."""
    torch.manual_seed(7)
    size = {"d_model": 32, "n_heads": 4, "d_ff": 48, "n_layers": 2, "max_len": 64}
    model = Transformer(ModelConfig(len(tokenizer), **{**size, **changes}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and name not in ("embedding.E", "positions.table"):
                parameter.mul_(8 if changes.get("deep_norm") else 3)  # DeepNorm은 작게 시작해요
            elif parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    path.mkdir()
    tokenizer.save(path)
    saved_model.save_model(path, model)
    return path


def teacher_forced_log_p(folder: Path, answers: list[list[int]]) -> list[torch.Tensor]:
    """답을 따라갈 때 우리 모델이 토큰마다 준 로그 확률이에요. 끝의 EOS까지 세요."""
    model, tokenizer = saved_model.load_model(folder, choose("cpu", "fp32"))
    made = []
    for text, answer in zip(TEXTS, answers, strict=True):
        src, tgt = torch.tensor([[*tokenizer.encode(text), 2]]), torch.tensor([[1, *answer, 2]])
        with torch.no_grad():
            log_p = model(src, tgt[:, :-1]).log_softmax(-1)
        made.append(log_p.gather(-1, tgt[:, 1:, None]).flatten())
    return made


@pytest.mark.parametrize("variant", VARIANTS, indirect=True)
def test_ctranslate2_says_what_every_variant_says(variant, tmp_path):
    """그리디의 토큰뿐 아니라 토큰마다의 로그 확률까지 같아야, 우연히 같은 것이 아니에요."""
    ctranslate2 = pytest.importorskip("ctranslate2", reason="ctranslate2가 없어 내보낸 모델을 열어 보지 못했어요.")
    export.export(variant, tmp_path / "ct2", "ctranslate2")
    translator = ctranslate2.Translator(str(tmp_path / "ct2"), device="cpu", compute_type="float32", intra_threads=1)
    tokenizer, answers = ours(variant)

    def named(ids: list[int]) -> list[str]:
        return [f"<token {index}>" for index in ids]

    sources = [named(tokenizer.encode(text)) for text in TEXTS]
    made = translator.translate_batch(
        sources, beam_size=1, max_decoding_length=20, suppress_sequences=[["<token 0>"], ["<token 1>"]]
    )
    assert [[int(token[7:-1]) for token in result.hypotheses[0]] for result in made] == answers
    scored = translator.score_batch(sources, [named(answer) for answer in answers])
    for theirs, mine in zip(scored, teacher_forced_log_p(variant, answers), strict=True):
        torch.testing.assert_close(torch.tensor(theirs.log_probs), mine, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name not in NOT_MARIAN], indirect=True)
def test_marian_says_what_the_variants_it_can_express_say(variant, tmp_path):
    transformers = pytest.importorskip(
        "transformers", reason="transformers가 없어 내보낸 Marian 모델을 열어 보지 못했어요."
    )
    export.export(variant, tmp_path / "marian", "marian")
    model = transformers.MarianMTModel.from_pretrained(tmp_path / "marian").eval()
    tokenizer, answers = ours(variant)
    for text, answer, mine in zip(TEXTS, answers, teacher_forced_log_p(variant, answers), strict=True):
        src, tgt = torch.tensor([[*tokenizer.encode(text), 2]]), torch.tensor([[1, *answer, 2]])
        with torch.no_grad():
            log_p = model(input_ids=src, decoder_input_ids=tgt[:, :-1]).logits.log_softmax(-1)
        torch.testing.assert_close(log_p.gather(-1, tgt[:, 1:, None]).flatten(), mine, rtol=1e-3, atol=1e-3)
        made = model.generate(src, max_length=21)[0].tolist()
        assert made[1 : 1 + len(answer)] == answer


@pytest.mark.parametrize(
    ("variant", "missing"), [(name, NOT_MARIAN[name]) for name in NOT_MARIAN], indirect=["variant"]
)
def test_marian_names_what_it_cannot_express(variant, missing, tmp_path):
    with pytest.raises(UserError, match=f"marian.*의 {', '.join(missing)}을.*--format ctranslate2"):
        export.export(variant, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_formats_are_refused(folder, tmp_path):
    with pytest.raises(UserError, match="onnx"):
        export.export(folder, tmp_path / "out", "onnx")


def test_every_option_of_the_model_is_tried():
    """선택 사항을 새로 더하면 내보내기도 그것을 알아야 해요."""
    tried = {name for changes in VARIANTS.values() for name in changes}
    fields = [field.name for field in dataclasses.fields(ModelConfig)]
    assert tried == set(fields[fields.index("norm_first") :])


@pytest.mark.parametrize("variant", ["gqa", "mqa", "deep-norm", "deep-norm-swiglu", "pre-ln"], indirect=True)
def test_the_plain_model_computes_the_same(variant):
    model, _ = saved_model.load_model(variant, choose("cpu", "fp32"))
    same = export.plain(model)
    assert not same.config.deep_norm and same.config.kv_heads == same.config.n_heads
    src, tgt = torch.randint(3, 300, (2, 3, 9))
    torch.testing.assert_close(same(src, tgt), model(src, tgt), rtol=1e-3, atol=1e-3)
