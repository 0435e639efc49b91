"""속도: 우리 구현과 다른 구현을 같은 크기, 같은 배치로 번갈아 재요."""

from __future__ import annotations

import copy
import statistics
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.batches import Batch, fixed_batches, token_batches
from reference.data.corpus import generate
from reference.data.dataset import PairDataset, prepare
from reference.data.pairs import Source, read_pairs
from reference.data.tokenizer import Tokenizer
from reference.decoding import greedy
from reference.errors import UserError
from reference.experiments.costs import matmul_precision, paired_ratio
from reference.fast_decoding import pack
from reference.tools.benchmark_limit import Products, products_of, where_time_goes
from reference.tools.benchmark_peers import (
    TorchPeer,
    ctranslate2_decoding,
    hugging_face_decoding,
    marian,
    marian_loss,
    our_decoding,
    our_loss,
    plain_loss,
    train_step,
)
from reference.tools.benchmark_timing import alternate, threads
from reference.tools.table import Table
from reference.training.machine import has_fast_bf16, prefer_fast_matmul
from reference.training.memory import keep_freed_memory
from reference.transformer import Transformer

SIZE: dict[str, Any] = {"d_model": 256, "n_heads": 4, "d_ff": 1024, "n_layers": 3, "dropout": 0.1, "max_len": 512}
LIMIT = "행렬곱만 (한계)"
SMALL: dict[str, Any] = {"d_model": 32, "n_heads": 2, "d_ff": 64, "n_layers": 1, "dropout": 0.1, "max_len": 64}


def run(name: str, small: bool = False, data: str | None = None, count: int = 1) -> Table:
    """이름으로 벤치 하나를 스레드 count개로 재요. small이면 몇 초 안에 끝나는 크기예요."""
    benches: dict[str, Callable[[], Table]] = {
        "train": lambda: bench_train(small),
        "decode": lambda: bench_decode(small),
        "cache": lambda: bench_cache(small),
        "batches": lambda: bench_batches(small, data),
    }
    if name not in benches:
        raise UserError(f"모르는 벤치예요: {name}. {', '.join(benches)} 가운데에서 골라 주세요.")
    with threads(count):
        return benches[name]()


def bench_train(small: bool) -> Table:
    """학습 스텝을 재요. 같은 조건(모두에게 같은 설정)과 그대로(각자의 기본 설정) 두 가지예요."""
    config = ModelConfig(vocab_size=300 if small else 8000, **(SMALL if small else SIZE))
    batches = token_batches_like(config, 256 if small else 2048, 4)
    rounds = 2 if small else 9
    fast = prefer_fast_matmul()
    keep_freed_memory()  # 프로세스 전체에 듣는 설정이라 상대도 함께 빨라져요.
    peers: dict[str, Callable[[], tuple[nn.Module, Callable[[Any, Batch], Tensor]]]] = {
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
        products = products_of(jobs["우리"], range(len(batches)))
        jobs[LIMIT] = _limit(products, fast)
        times = alternate(jobs, rounds)
        mine = statistics.median(times["우리"])
        for name in (*peers, LIMIT):
            table.rows.append(
                [condition, mine, name, statistics.median(times[name]), paired_ratio(times[name], times["우리"])]
            )
        speed = statistics.mean(work.flops for work in products) / statistics.mean(times[LIMIT]) / 1e9
        parts = where_time_goes(jobs["우리"], range(len(batches)))
        told = ", ".join(f"{name} {share:.0%}" for name, share in parts.items() if share >= 0.01)
        table.notes.append(f"{condition}: 우리 행렬곱만 하면 {speed:,.0f} GFLOP/s. 우리의 시간이 가는 곳: {told}")
    table.notes.append(
        f"{LIMIT}: 우리 스텝의 행렬곱을 그 모양 그대로 따로 한 시간이에요. 배율이 1이면 한계에 닿은 거예요."
    )
    table.notes.append(
        "그대로: 상대는 각 라이브러리의 기본 설정(fp32, 기본 Adam), 우리는 course train의 기본 설정이에요."
    )
    return table


def _limit(products: list[Products], precision: str) -> Callable[[int], None]:
    """스텝마다의 행렬곱만 다시 하는 함수예요."""
    jobs = [work.again() for work in products]

    def job(index: int) -> None:
        with matmul_precision(precision):
            jobs[index % len(jobs)]()

    return job


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
    keep_freed_memory()  # course translate가 하는 대로예요. 프로세스 전체에 듣는 설정이라 상대도 함께 빨라져요.
    table = Table(
        "decode", f"디코딩: {count}문장 × {length}토큰 (CPU 초당 문장)", ["방법", "구현", "문장/초", "우리 fp32의 배율"]
    )
    for size in (1, 4):
        jobs = {"우리 fp32": our_decoding(pack(copy.deepcopy(model)), src, size, length, fast)}
        if has_fast_bf16("cpu"):
            jobs["우리 bf16"] = our_decoding(pack(copy.deepcopy(model).bfloat16()), src, size, length, fast)
        if find_spec("transformers"):
            jobs["HF generate"] = hugging_face_decoding(config, model, src, size, length)
        with tempfile.TemporaryDirectory() as folder:
            if find_spec("ctranslate2"):
                for kind in ("float32", "int8"):
                    jobs[f"CTranslate2 {kind}"] = ctranslate2_decoding(model, src, size, length, kind, Path(folder))
            times = alternate(jobs, rounds, warmup=1)
        method = "그리디" if size == 1 else f"빔 {size}"
        for name, seconds in times.items():
            table.rows.append(
                [method, name, count / statistics.median(seconds), paired_ratio(times["우리 fp32"], seconds)]
            )
    for package in ("transformers", "ctranslate2"):
        if not find_spec(package):
            table.notes.append(f"{package}가 없어 함께 재지 못했어요. pip install {package} 뒤에 다시 재 보세요.")
    return table


def bench_cache(small: bool) -> Table:
    """KV 캐시를 켰을 때와 껐을 때 그리디 디코딩의 시간을 길이별로 재요. 배치는 4문장이에요."""
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
        table.rows.append([str(length), off, on, paired_ratio(times["off"], times["on"])])
    return table


def bench_batches(small: bool, data: str | None = None) -> Table:
    """길이별 토큰 배치와 섞은 그대로의 128문장 배치로 같은 모델을 학습하며, PAD를 뺀 토큰의 속도를 재요."""
    with tempfile.TemporaryDirectory() as cache:
        source: Source = data or [(pair.ko, pair.en) for pair in generate(300 if small else 20_000, 0)]
        texts = (text for pair in read_pairs(source) for text in pair)
        tokenizer = Tokenizer.train(texts, 400 if small else 8000)
        dataset = prepare(source, tokenizer, cache, progress=False)
        return _batches_table(dataset, len(tokenizer), small)


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
