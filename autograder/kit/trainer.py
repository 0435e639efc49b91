"""레슨 8의 조립품을 학습시키고 시험해요: 배치, 학습률, 학습, 번역, 점수, KV 캐시의 시간."""

from __future__ import annotations

import math
import random
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from autograder.kit import plots
from autograder.kit.agreement import differences
from autograder.kit.assembly import Parts, stand_ins
from autograder.kit.beams import beam_tree, candidates, where_greedy_loses
from autograder.kit.gates import (
    Gate,
    GateTable,
    batch_gate,
    batch_loss,
    begun,
    causal_gate,
    effects,
    forced_right,
    gates,
    loss_of,
    overfit_gate,
    shift_of,
    writes_alone,
)
from autograder.kit.model import Assembled
from autograder.kit.pairs import Pair
from autograder.kit.progress_bar import progress
from autograder.kit.vocabulary import BOS, EOS, PAD, Vocabulary

# 나눠 준 노트북은 이 이름들을 `trainer.`를 붙여 불러요.
__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "Assembled",
    "Gate",
    "GateTable",
    "History",
    "Vocabulary",
    "batch_gate",
    "batch_loss",
    "batches",
    "beam_tree",
    "begun",
    "candidates",
    "causal_gate",
    "copy_task",
    "differences",
    "effects",
    "encode_pairs",
    "forced_right",
    "friends_translator",
    "gates",
    "loss_of",
    "make_batches",
    "overfit_gate",
    "padded",
    "rate_of",
    "say",
    "scores",
    "seconds_to_write",
    "shift_of",
    "train",
    "translate",
    "translate_one",
    "where_greedy_loses",
    "writes_alone",
]

LONGEST = 40  # 배치 한 줄의 가장 긴 길이. 이 자료의 문장은 모두 이보다 짧아요.


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """길이가 다른 번호들을 오른쪽에 PAD를 채워 (B, L)로. 끝에 EOS를 붙여요."""
    return nn.utils.rnn.pad_sequence([torch.tensor([*row, EOS]) for row in rows], batch_first=True, padding_value=PAD)


def encode_pairs(vocabulary: Vocabulary, pairs: Sequence[Pair]) -> list[tuple[list[int], list[int]]]:
    """문장 쌍을 번호의 쌍으로."""
    return [(vocabulary.encode(pair.ko), vocabulary.encode(pair.en)) for pair in pairs]


def make_batches(
    data: Sequence[tuple[list[int], list[int]]], size: int, rng: random.Random
) -> list[tuple[Tensor, Tensor]]:
    """길이가 비슷한 문장끼리 묶어 (src, tgt_out)의 목록으로. 묶음의 차례는 섞어요."""
    order = sorted(rng.sample(range(len(data)), len(data)), key=lambda i: len(data[i][0]))
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(groups)
    return [(padded([data[i][0] for i in group]), padded([data[i][1] for i in group])) for group in groups]


def batches(
    parts: Parts, vocabulary: Vocabulary, pairs: Sequence[Pair], size: int = 64, seed: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """학습할 배치 (src, tgt)를 끝없이 내놓아요. 부품의 `make_batch`가 있으면 그것으로 묶어요."""
    data, rng, make = encode_pairs(vocabulary, pairs), random.Random(seed), parts.get("make_batch")
    while True:
        order = sorted(rng.sample(range(len(data)), len(data)), key=lambda i: len(data[i][0]))
        groups = [[data[i] for i in order[start : start + size]] for start in range(0, len(order), size)]
        rng.shuffle(groups)
        for group in groups:
            if make is None:
                yield padded([ko for ko, _ in group]), padded([en for _, en in group])
            else:
                src, _, tgt = make(group, BOS, EOS, PAD, LONGEST)
                yield src, tgt


def rate_of(parts: Parts, d_model: int, warmup: int, steps: int) -> Callable[[int], float]:
    """스텝에서 학습률을 정하는 일: 부품의 `noam_lr` 그대로, 없으면 PyTorch의 OneCycleLR."""
    rate = parts.get("noam_lr")
    if rate is not None:
        return lambda step: float(rate(step, d_model, warmup))
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.0)
    share = min(warmup / steps, 0.5)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1, pct_start=share)
    rates: list[float] = []
    for _ in range(steps):
        rates.append(float(cycle.get_last_lr()[0]))
        optimizer.step()
        cycle.step()
    return lambda step: rates[min(step, steps) - 1]


@dataclass
class History:
    """학습의 기록. 학습률과 손실은 스텝마다, 번역은 몇 번만 적어요."""

    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    samples: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""


def train(
    model: Assembled,
    vocabulary: Vocabulary,
    pairs: Sequence[Pair],
    *,
    steps: int,
    watch: str = "",
    batch_size: int = 64,
    warmup: int = 400,
    eps: float = 0.1,
    seed: int = 0,
    budget: float = 200.0,
    looks: int = 6,
) -> History:
    """`steps`스텝 학습해요. `budget`초가 지나거나 커널을 멈추면 거기까지의 모델로 끝내요. `watch`는 가끔 번역해 볼 문장이에요(빈 글이면 보지 않아요)."""
    history, start = History(), time.perf_counter()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9)
    schedule = rate_of(model.parts, model.d_model, warmup, steps)
    source = batches(model.parts, vocabulary, pairs, batch_size, seed)
    try:
        for step in progress(range(1, steps + 1), "학습"):
            optimizer.param_groups[0]["lr"] = rate = schedule(step)
            model.train()
            loss, _ = batch_loss(model, *next(source), eps)
            if not math.isfinite(loss.item()):
                history.stopped = f"{step}번째 스텝에서 손실이 {loss.item()}이 되어 멈췄어요. 관문을 다시 확인해요."
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.losses.append(loss.item())
            history.rates.append(rate)
            if watch and (step % max(steps // looks, 1) == 0 or step == 1):
                history.samples.append((step, translate(model, vocabulary, [watch])[0]))
            if time.perf_counter() - start > budget:
                history.stopped = f"{budget:.0f}초가 지나 {step}스텝에서 멈췄어요."
                break
    except KeyboardInterrupt:
        history.stopped = f"{len(history.losses)}스텝에서 멈췄어요. 여기까지 배운 모델을 써요."
    history.seconds = time.perf_counter() - start
    model.eval()
    return history


def friends_translator(
    vocabulary: Vocabulary,
    pairs: Sequence[Pair],
    steps: int,
    shift: Callable[[Tensor, int], Tensor] | None = None,
    seed: int = 0,
) -> Assembled:
    """레슨 8을 여는 친구의 번역기: PyTorch의 층으로 만들었고, 디코더의 입력이 정답 그대로예요. `shift`를 주면 그것으로 밀어요."""
    parts = stand_ins().replaced(shift_right=shift or (lambda tgt, bos: tgt))
    model = Assembled(parts, len(vocabulary), seed=seed)
    train(model, vocabulary, pairs, steps=steps, warmup=steps // 2, eps=0.0, seed=seed)
    return model


def translate(model: Assembled, vocabulary: Vocabulary, sentences: Sequence[str], batch_size: int = 64) -> list[str]:
    """문장들을 그리디로 번역해요. 부품에 그리디가 없으면 `Assembled.generate`의 다른 방법으로 해요."""
    rows = [vocabulary.encode(sentence) for sentence in sentences]
    found = []
    for i in range(0, len(rows), batch_size):
        src = padded(rows[i : i + batch_size])
        for row in model.generate(src, min(src.shape[1] + 10, model.max_len - 1), use_cache=True).tolist():
            found.append(vocabulary.decode(row[: row.index(EOS)] if EOS in row else row))
    return found


@torch.no_grad()
def translate_one(
    model: Assembled, vocabulary: Vocabulary, sentence: str, *, beam: int = 1, alpha: float = 0.6, max_len: int = 24
) -> str:
    """문장 하나를 부품의 `greedy_decode`나 `beam_search`로 번역해요. 모르는 조각이 있거나 빔 서치가 아직 없으면 번역 대신 그렇다고 말해요."""
    model.eval()
    unknown = vocabulary.unknown(sentence)
    if unknown:
        return f"(번역하지 않았어요. 모르는 조각: {', '.join(unknown)})"
    src, search = padded([vocabulary.encode(sentence)]), model.parts.get("beam_search")
    if beam > 1:
        if search is None:
            return "(beam_search가 아직 없어서 빔 서치는 비워 둬요)"
        return vocabulary.decode(search(model.step_fn(src), BOS, EOS, beam, alpha, max_len)[0])
    row = model.generate(src, max_len)[0].tolist()
    return vocabulary.decode(row[: row.index(EOS)] if EOS in row else row)


def say(model: Assembled, vocabulary: Vocabulary, sentence: str) -> None:
    """문장 하나를 번역해 찍고, 마지막 층의 네 헤드를 평균한 크로스 어텐션 지도를 그려요. 모르는 조각이 있으면 아는 단어를 보여 줘요."""
    written = translate_one(model, vocabulary, sentence)
    print(f"{sentence} → {written}")
    if vocabulary.unknown(sentence):
        print(
            f"이 번역기가 아는 단어 {len(vocabulary.words)}개:", textwrap.fill(" ".join(vocabulary.words), 70), sep="\n"
        )
        return
    row = vocabulary.encode(written)
    maps = model.attention_maps(padded([vocabulary.encode(sentence)]), torch.tensor([[BOS, *row]]))["cross"][-1]
    plots.heatmap(
        maps.mean(0),
        rows=[*(vocabulary.tokens[i] for i in row), "<eos>"],
        columns=[*vocabulary.pieces(sentence), "<eos>"],
        title=f"{sentence}",
        xlabel="원문의 조각 (키)",
        ylabel="고른 조각 (쿼리)",
        limits=(0, 1),
        colorbar=False,
        ax=plots.panels(1, width=6.2, height=4.2)[0],
    )


@torch.no_grad()
def scores(model: Assembled, vocabulary: Vocabulary, pairs: Sequence[Pair]) -> dict[str, float]:
    """시험 문장의 세 점수: 교사 강요로 통째로 맞힌 비율, 스스로 번역해 통째로 맞힌 비율, BLEU(부품의 `bleu`, 없으면 sacrebleu)."""
    import sacrebleu

    bleu = model.parts.get("bleu") or (lambda ours, right: sacrebleu.corpus_bleu(ours, [right], force=True).score)
    model.eval()
    forced = [
        bool(right)
        for src, tgt in make_batches(encode_pairs(vocabulary, pairs), 64, random.Random(0))
        for right in batch_loss(model, src, tgt)[1]
    ]
    ours, right = translate(model, vocabulary, [p.ko for p in pairs]), [p.en for p in pairs]
    return {
        "교사 강요 정확도": sum(forced) / len(forced),
        "번역 정확도": sum(o == r for o, r in zip(ours, right, strict=True)) / len(right),
        "BLEU": bleu(ours, right),
    }


def copy_task(parts: Parts, steps: int, *, vocab: int = 13, length: int = 8, seed: int = 0) -> dict[str, float]:
    """받은 번호를 그대로 베껴 쓰는 일을 두 층짜리 모델에 시켜요. 마지막 손실과 두 가지 정확도를 돌려줘요."""
    rng = torch.Generator().manual_seed(seed)

    def batch(n: int) -> Tensor:
        body = torch.randint(3, vocab, (n, length), generator=rng)
        return torch.cat([body, torch.full((n, 1), EOS)], dim=1)

    model = Assembled(parts, vocab, d_model=64, n_heads=4, d_ff=128, max_len=length + 4, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
    for step in progress(range(steps), "베껴 쓰기 학습"):
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1.0, (step + 1) / 100)
        src = batch(64)
        loss, _ = batch_loss(model, src, src)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    src = batch(128)
    with torch.no_grad():
        model.eval()
        loss, forced = batch_loss(model, src, src)
    alone = writes_alone(model, src, src)
    return {
        "손실": loss.item(),
        "교사 강요": forced.float().mean().item(),
        "스스로 쓰기": alone.float().mean().item(),
    }


@torch.no_grad()
def seconds_to_write(model: Assembled, src: Tensor, length: int, use_cache: bool) -> float:
    """`length`토큰을 쓰는 데 걸린 CPU 시간(초). 세 번 재서 가장 빠른 것이에요. 무엇을 쓰는지는 시간과 상관없어서 BOS만 이어 써요."""
    model.eval()
    times, tokens = [], torch.full((len(src), length), BOS)
    for _ in range(3):
        start = time.process_time()
        step = model.step_fn(src, use_cache)
        for written in range(1, length + 1):
            step(tokens[:, :written])
        times.append(time.process_time() - start)
    return min(times)
