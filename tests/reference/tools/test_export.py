"""내보낸 모델이 transformers와 CTranslate2에서 우리와 같은 그리디 번역을 하는지 봐요."""

from __future__ import annotations

import dataclasses
from pathlib import Path

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
    """아무렇게나 초기화한 모델은 한 토큰만 되풀이하므로, 문장마다 다른 번역이 나오도록 가중치를 키워요."""
    path = tmp_path_factory.mktemp("run")
    tokenizer = Tokenizer.train(TEXTS * 3, 320)
    tokenizer.save(path)
    torch.manual_seed(7)
    model = Transformer(ModelConfig(len(tokenizer), d_model=32, n_heads=4, d_ff=48, n_layers=2, max_len=64))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and name != "embedding.E":
                parameter.mul_(3)
            elif "norm" in name or name.endswith("bias"):
                parameter.add_(0.3 * torch.randn_like(parameter))
    saved_model.save_model(path, model)
    return path


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


def test_only_the_paper_model_can_leave(folder, tmp_path):
    model, tokenizer = saved_model.load_model(folder, choose("cpu", "fp32"))
    other = Transformer(dataclasses.replace(model.config, norm_first=True))
    saved_model.save_model(tmp_path, other)
    tokenizer.save(tmp_path)
    with pytest.raises(UserError, match="논문"):
        export.export(tmp_path, tmp_path / "out")
    with pytest.raises(UserError, match="onnx"):
        export.export(folder, tmp_path / "out", "onnx")
