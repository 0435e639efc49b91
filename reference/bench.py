"""벤치: 우리 구현과 torch.nn.Transformer, HF Marian, CTranslate2를 같은 크기, 같은 배치로 번갈아 재요.

시간은 모두 CPU 시간(초)이에요. 한 바퀴에 모두를 한 번씩 재고, 같은 바퀴끼리의 비율을 구한 뒤 가운데 값을 적어요.
그래서 다른 프로그램이 함께 도는 컴퓨터에서도 비율은 크게 흔들리지 않아요.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import ModelConfig
from .data import Batch, PairDataset, fixed_batches, prepare, token_batches
from .decoding import beam, greedy
from .errors import UserError
from .export import marian_config, marian_weights, to_ctranslate2
from .loss import translation_loss
from .machine import has_fast_bf16, prefer_fast_matmul
from .masks import causal_mask
from .memory import keep_freed_memory
from .tokenizer import Tokenizer
from .transformer import Transformer

SIZE = {"d_model": 256, "n_heads": 4, "d_ff": 1024, "n_layers": 3, "dropout": 0.1, "max_len": 512}
SMALL = {"d_model": 32, "n_heads": 2, "d_ff": 64, "n_layers": 1, "dropout": 0.1, "max_len": 64}


@dataclass
class Table:
    """벤치 하나의 결과예요. rows의 첫 칸은 이름, 나머지는 headers에 적은 값이에요."""

    name: str
    title: str
    headers: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON으로 적을 수 있게 바꿔요."""
        return asdict(self) | {"threads": torch.get_num_threads(), "torch": torch.__version__}

    def __str__(self) -> str:
        cells = [self.headers, *([_cell(value) for value in row] for row in self.rows)]
        widths = [max(_width(row[i]) for row in cells) for i in range(len(self.headers))]
        lines = ["  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths)) for row in cells]
        return "\n".join(["", self.title, *lines, *(f"· {note}" for note in self.notes)])


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _width(text: str) -> int:
    return sum(2 if "가" <= letter <= "힣" else 1 for letter in text)


def run(name: str, small: bool = False, data: str | None = None) -> Table:
    """이름으로 벤치 하나를 재요. small이면 몇 초 안에 끝나는 크기예요."""
    if name == "batches":
        return bench_batches(small, data)
    benches = {"train": bench_train, "decode": bench_decode, "cache": bench_cache}
    if name not in benches:
        raise UserError(f"모르는 벤치예요: {name}. {', '.join([*benches, 'batches'])} 가운데에서 골라 주세요.")
    return benches[name](small)


def alternate(contenders: dict[str, Callable[[int], Any]], rounds: int, warmup: int = 2) -> dict[str, list[float]]:
    """한 바퀴에 모두를 한 번씩 돌리며 CPU 시간(초)을 재요. 함수는 바퀴 번호를 받아요."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for index in range(-warmup, rounds):
        for name, job in contenders.items():
            before = time.process_time()
            job(index)
            if index >= 0:
                times[name].append(time.process_time() - before)
    return times


def ratio(slow: list[float], fast: list[float]) -> float:
    """같은 바퀴끼리 나눈 비율의 가운데 값이에요. 1보다 크면 fast가 빨라요."""
    return statistics.median(a / b for a, b in zip(slow, fast))


@contextlib.contextmanager
def matmul_precision(name: str) -> Iterator[None]:
    """행렬곱의 정밀도 설정을 이 구역에서만 바꿔요."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


# 학습 스텝 -----------------------------------------------------------------------------------------------------


class TorchPeer(nn.Module):
    """torch.nn.Transformer로 만든 같은 모델이에요: 표 하나를 나눠 쓰고 마지막 정규화는 없어요."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        c = self.config = config
        self.body = nn.Transformer(c.d_model, c.n_heads, c.n_layers, c.n_layers, c.d_ff, c.dropout, batch_first=True)
        self.body.encoder.norm = self.body.decoder.norm = None
        self.table = nn.Embedding(c.vocab_size, c.d_model)
        self.register_buffer("positions", Transformer(c).positions.table.clone())
        self.dropout = nn.Dropout(c.dropout)

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src (B, S), tgt_in (B, T) → 로짓 (B, T, V)."""
        pad = self.config.pad_id
        hidden = self.body(
            self._embed(src),
            self._embed(tgt_in),
            tgt_mask=~causal_mask(tgt_in.size(1)),
            tgt_is_causal=True,
            src_key_padding_mask=src == pad,
            memory_key_padding_mask=src == pad,
            tgt_key_padding_mask=tgt_in == pad,
        )
        return F.linear(hidden, self.table.weight)

    def _embed(self, ids: Tensor) -> Tensor:
        x = self.table(ids) * math.sqrt(self.config.d_model)
        return self.dropout(x + self.positions[: ids.size(1)].to(x.dtype))


def marian(config: ModelConfig, model: Transformer | None = None) -> nn.Module:
    """같은 크기의 HF Marian이에요. model을 주면 가중치도 같아요."""
    from transformers import MarianConfig, MarianMTModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    settings, generation = marian_config(config)
    peer = MarianMTModel(MarianConfig(**settings))
    if model is not None:
        peer.load_state_dict(marian_weights(model), strict=False)
        peer.tie_weights()
        peer.generation_config.update(**generation)
    return peer


def train_step(
    model: nn.Module,
    loss: Callable[[nn.Module, Batch], Tensor],
    batches: list[Batch],
    *,
    bf16: bool,
    fused: bool,
    precision: str,
) -> Callable[[int], None]:
    """학습 스텝 하나(순전파, 손실, 역전파, 자르기, 갱신)를 하는 함수를 만들어요."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4, (0.9, 0.98), 1e-9, fused=fused or None)

    def step(index: int) -> None:
        with matmul_precision(precision):
            with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
                value = loss(model, batches[index % len(batches)])
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

    return step


def our_loss(model: nn.Module, batch: Batch) -> Tensor:
    """우리 손실: PAD를 빼고 로짓과 기울기를 조각마다 함께 구해요."""
    total, _ = translation_loss(model, batch.src, batch.tgt_in, batch.tgt_out, 0.1)
    return total / batch.tgt_out.ne(0).sum()


def plain_loss(model: nn.Module, batch: Batch) -> Tensor:
    """보통의 손실: 모든 자리의 로짓에 cross_entropy를 해요."""
    logits = model(batch.src, batch.tgt_in)
    return F.cross_entropy(logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1)


def marian_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Marian의 손실: 로짓을 받아 같은 cross_entropy를 해요."""
    logits = model(
        input_ids=batch.src, attention_mask=batch.src.ne(0), decoder_input_ids=batch.tgt_in, use_cache=False
    ).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1)


def bench_train(small: bool) -> Table:
    """학습 스텝을 재요. 같은 조건(모두에게 같은 설정)과 그대로(각자의 기본 설정) 두 가지예요."""
    config = ModelConfig(vocab_size=300 if small else 8000, **(SMALL if small else SIZE))
    batches = token_batches_like(config, 256 if small else 2048, 4)
    rounds = 2 if small else 9
    fast = prefer_fast_matmul()
    keep_freed_memory()  # 프로세스 전체에 듣는 설정이라 상대도 함께 빨라져요.
    peers: dict[str, Callable[[], tuple[nn.Module, Callable]]] = {
        "torch.nn.Transformer": lambda: (TorchPeer(config), plain_loss),
    }
    table = Table(
        "train", "학습 스텝 (CPU 초, 우리의 몇 배가 걸리는지)", ["조건", "우리", "상대", "상대의 시간", "배율"]
    )
    if find_spec("transformers"):
        peers["HF Marian"] = lambda: (marian(config), marian_loss)
    else:
        table.notes.append(
            "transformers가 없어 HF Marian은 재지 못했어요. pip install transformers 뒤에 다시 재 보세요."
        )
    conditions = {
        "같은 조건 fp32": (False, False, fast, True),
        "같은 조건 bf16": (True, True, fast, True),
        "그대로 fp32": (False, False, "highest", False),
        "그대로 bf16": (True, False, "highest", False),
    }
    if not has_fast_bf16("cpu"):
        conditions = {name: value for name, value in conditions.items() if "bf16" not in name}
        table.notes.append("이 CPU에는 bf16 명령이 없어 fp32만 쟀어요.")
    for condition, (our_bf16, their_bf16, their_precision, their_fused) in conditions.items():
        jobs = {"우리": train_step(Transformer(config), our_loss, batches, bf16=our_bf16, fused=True, precision=fast)}
        for name, make in peers.items():
            model, loss = make()
            jobs[name] = train_step(model, loss, batches, bf16=their_bf16, fused=their_fused, precision=their_precision)
        times = alternate(jobs, rounds)
        mine = statistics.median(times["우리"])
        for name in peers:
            table.rows.append(
                [condition, mine, name, statistics.median(times[name]), ratio(times[name], times["우리"])]
            )
    table.notes.append(
        "그대로: 상대는 각 라이브러리의 기본 설정(fp32, 기본 Adam), 우리는 course train의 기본 설정이에요."
    )
    return table


def token_batches_like(config: ModelConfig, tokens: int, count: int) -> list[Batch]:
    """길이가 조금씩 다른 문장으로 채운 배치들이에요. 패딩을 넣어 tokens개예요."""
    generator = torch.Generator().manual_seed(0)
    batches = []
    for width in islice(cycle((16, 24, 32)), count):
        rows = tokens // width
        lengths = torch.randint(max(2, width - 6), width + 1, (rows, 1), generator=generator)
        inside = torch.arange(width) < lengths
        src, tgt, out = (
            torch.randint(4, config.vocab_size, (rows, width), generator=generator) * inside for _ in range(3)
        )
        batches.append(Batch(src, tgt, out, int(2 * inside.sum())))
    return batches


# 디코딩 --------------------------------------------------------------------------------------------------------


def bench_decode(small: bool) -> Table:
    """64문장을 똑같이 24토큰씩 번역하는 시간을 재요. 모두 같은 가중치를 써요."""
    config = ModelConfig(vocab_size=300 if small else 8000, **(SMALL if small else SIZE))
    torch.manual_seed(0)
    model = Transformer(config).eval()
    with torch.no_grad():
        model.embedding.E[config.eos_id] = 0  # 모두가 끝까지 쓰도록, 끝 토큰이 뽑히지 않게 해요.
        model.embedding.E[config.eos_id] -= 10 * model.embedding.E.mean(0)
    count, length, rounds = (4, 6, 2) if small else (64, 24, 5)
    src = torch.randint(4, config.vocab_size, (count, length), generator=torch.Generator().manual_seed(1))
    src[:, -1] = config.eos_id
    fast = prefer_fast_matmul()
    table = Table(
        "decode", f"디코딩: {count}문장 × {length}토큰 (CPU 초당 문장)", ["방법", "구현", "문장/초", "우리 fp32의 배율"]
    )
    for size in (1, 4):
        jobs = {"우리 fp32": _ours(model, src, size, length, fast)}
        if has_fast_bf16("cpu"):
            half = Transformer(config).eval()
            half.load_state_dict(model.state_dict())
            jobs["우리 bf16"] = _ours(half.bfloat16(), src, size, length, fast)
        if find_spec("transformers"):
            jobs["HF generate"] = _hugging_face(config, model, src, size, length)
        with tempfile.TemporaryDirectory() as folder:
            if find_spec("ctranslate2"):
                for kind in ("float32", "int8"):
                    jobs[f"CTranslate2 {kind}"] = _ctranslate2(model, src, size, length, kind, Path(folder))
            times = alternate(jobs, rounds, warmup=1)
        method = "탐욕" if size == 1 else f"빔 {size}"
        for name, seconds in times.items():
            table.rows.append([method, name, count / statistics.median(seconds), ratio(times["우리 fp32"], seconds)])
    for package in ("transformers", "ctranslate2"):
        if not find_spec(package):
            table.notes.append(f"{package}가 없어 함께 재지 못했어요. pip install {package} 뒤에 다시 재 보세요.")
    return table


def _ours(model: Transformer, src: Tensor, size: int, length: int, precision: str) -> Callable[[int], Any]:
    def job(_: int) -> Any:
        with matmul_precision(precision):
            return greedy(model, src, length) if size == 1 else beam(model, src, size, 0.6, length)

    return job


def _hugging_face(config: ModelConfig, model: Transformer, src: Tensor, size: int, length: int) -> Callable[[int], Any]:
    peer = marian(config, model).eval()

    def job(_: int) -> Any:
        with matmul_precision("highest"), torch.inference_mode():
            return peer.generate(
                src,
                attention_mask=src.ne(0),
                num_beams=size,
                min_new_tokens=length,
                max_new_tokens=length,
                max_length=None,
            )

    return job


def _ctranslate2(
    model: Transformer, src: Tensor, size: int, length: int, kind: str, folder: Path
) -> Callable[[int], Any]:
    import ctranslate2

    target = folder / "model"
    if not target.exists():
        to_ctranslate2(model, Tokenizer.train(["가"], 300), target)
    translator = ctranslate2.Translator(
        str(target), device="cpu", compute_type=kind, intra_threads=torch.get_num_threads()
    )
    tokens = [[f"<token {index}>" for index in row[:-1]] for row in src.tolist()]

    def job(_: int) -> Any:
        return translator.translate_batch(
            tokens, beam_size=size, max_decoding_length=length, min_decoding_length=length
        )

    return job


# KV 캐시와 배치 ------------------------------------------------------------------------------------------------


def bench_cache(small: bool) -> Table:
    """KV 캐시를 켰을 때와 껐을 때 탐욕 디코딩의 시간을 길이별로 재요. 배치는 4문장이에요."""
    config = ModelConfig(vocab_size=300 if small else 8000, **(SMALL if small else SIZE))
    torch.manual_seed(0)
    model = Transformer(config).eval()
    src = torch.randint(4, config.vocab_size, (4, 16), generator=torch.Generator().manual_seed(1))
    table = Table("cache", "KV 캐시: 4문장을 끝까지 (CPU 초)", ["토큰", "캐시 없음", "캐시", "배율"])
    precision = prefer_fast_matmul()
    with torch.no_grad():
        model.embedding.E[config.eos_id] = -10 * model.embedding.E.mean(0)
    for length in (4, 8) if small else (16, 64, 256):

        def job(use_cache: bool, length: int = length) -> Callable[[int], Any]:
            def decode(_: int) -> Any:
                with matmul_precision(precision):
                    return greedy(model, src, length, use_cache)

            return decode

        times = alternate({"off": job(False), "on": job(True)}, 2 if small or length > 64 else 5, warmup=1)
        off, on = (statistics.median(times[name]) for name in ("off", "on"))
        table.rows.append([str(length), off, on, ratio(times["off"], times["on"])])
    return table


def bench_batches(small: bool, data: str | None = None) -> Table:
    """길이별 토큰 배치와 섞은 그대로의 128문장 배치로 같은 모델을 학습하며, PAD를 뺀 토큰의 속도를 재요."""
    from .corpus import generate

    with tempfile.TemporaryDirectory() as cache:
        source: Any = data or [tuple(pair) for pair in generate(300 if small else 20_000, 0)]
        texts = (text for pair in _read(source) for text in pair)
        tokenizer = Tokenizer.train(texts, 400 if small else 8000)
        dataset = prepare(source, tokenizer, cache, progress=False)
        return _batches_table(dataset, len(tokenizer), small)


def _read(source: Any) -> Iterator[tuple[str, str]]:
    from .data import read_pairs

    return read_pairs(source)


def _batches_table(dataset: PairDataset, vocab_size: int, small: bool) -> Table:
    config = ModelConfig(vocab_size=vocab_size, **(SMALL | {"max_len": 512} if small else SIZE))
    precision, bf16 = prefer_fast_matmul(), has_fast_bf16("cpu")
    count = 2 if small else 8
    unsorted = list(islice(fixed_batches(dataset, 16 if small else 128, 0), count))
    padded = int(statistics.mean(batch.tgt_out.numel() for batch in unsorted))
    bucketed = list(islice(token_batches(dataset, max(padded, 300), 0, 0), count))
    jobs = {
        name: train_step(Transformer(config), our_loss, batches, bf16=bf16, fused=True, precision=precision)
        for name, batches in (("섞은 그대로", unsorted), ("길이별", bucketed))
    }
    times = alternate(jobs, count, warmup=1)
    table = Table("batches", "배치 (PAD를 뺀 토큰/CPU 초)", ["배치", "토큰/초", "쓸모 있는 비율", "배율"])
    speeds = {}
    for name, batches in (("섞은 그대로", unsorted), ("길이별", bucketed)):
        useful = sum(batch.tokens for batch in batches)
        share = useful / sum(batch.src.numel() + batch.tgt_out.numel() for batch in batches)
        speeds[name] = useful / sum(times[name])
        table.rows.append([name, speeds[name], share, speeds[name] / speeds["섞은 그대로"]])
    return table
