"""학습에 필요한 것을 준비해요: 말뭉치를 읽거나 만들고, 토크나이저를 배우고, 훈련 데이터를 토큰으로 바꿔 둬요."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reference.data.cleaning import Hygiene
from reference.data.corpus import splits
from reference.data.dataset import PairDataset, prepare
from reference.data.pairs import Pair, Source, read_pairs
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.training import checkpoint
from reference.training.settings import TrainConfig

TOKENIZER_PAIRS = 500_000  # 토크나이저는 말뭉치의 앞부분만 봐도 충분히 배워요.
HELD_OUT = 1000  # 검증 파일이 없을 때 훈련 데이터에서 떼어 두는 쌍의 최대 수


@dataclass(frozen=True)
class DataSource:
    """어떤 데이터로 배우는지예요. train이 비어 있으면 스스로 만드는 말뭉치를 써요."""

    train: tuple[str, ...] = ()
    valid: str | None = None
    test: str | None = None
    reverse: bool = False  # 참이면 번역 방향을 거꾸로 해요.

    @property
    def generated(self) -> bool:
        """생성 말뭉치를 쓰는지 알려 줘요."""
        return not self.train

    def turned(self, pairs: list[Pair]) -> list[Pair]:
        """번역 방향에 맞춰 (원문, 번역문) 순서로 놓아요."""
        return [(b, a) for a, b in pairs] if self.reverse else pairs


@dataclass
class Task:
    """학습에 필요한 것을 모두 준비한 상태예요."""

    tokenizer: Tokenizer
    train_set: PairDataset
    valid_set: PairDataset
    valid: list[Pair]
    test: list[Pair]

    def sources(self) -> Iterator[str]:
        """훈련에 쓰는 원문들. 씻은 뒤의 글이고, 떼어 둔 검증과 시험의 문장은 없어요."""
        return (self.tokenizer.decode(self.train_set.src(index).tolist()) for index in range(len(self.train_set)))


def find_neighbours(source: DataSource) -> DataSource:
    """x.train.tsv 옆에 x.val.tsv나 x.test*.tsv가 있으면 검증과 시험에 써요. 준 경로가 있으면 그대로 둬요."""
    if len(source.train) != 1 or ".train." not in Path(source.train[0]).name:
        return source
    path = Path(source.train[0])
    stem, _, ending = path.name.partition(".train.")

    def first(pattern: str) -> str | None:
        found = sorted(path.parent.glob(f"{stem}.{pattern}*.{ending}"))
        return str(found[0]) if found else None

    valid = source.valid or first("val") or first("dev")
    return DataSource(source.train, valid, source.test or first("test"), source.reverse)


def load_task(config: TrainConfig, model_size: dict[str, Any], source: DataSource, folder: Path) -> Task:
    """말뭉치를 읽거나 만들고, 토크나이저를 배우거나 열고, 훈련 데이터를 토큰으로 바꿔 둬요."""
    train, valid, test = split_pairs(config, source)
    if checkpoint.steps(folder / "checkpoints"):  # 이어 달릴 때는 처음에 배운 토크나이저를 그대로 써요.
        tokenizer = Tokenizer.load(folder)
    else:
        texts = (text for pair in islice(read_pairs(train), TOKENIZER_PAIRS) for text in pair)
        tokenizer = Tokenizer.train(texts, config.vocab_size, kind=config.tokenizer, level=config.level)
        tokenizer.save(folder)
    hygiene = Hygiene(max_tokens=min(model_size["max_len"], config.max_tokens) - 1)
    cache = folder.parent / "cache"
    # 위생 처리는 방향과 상관없으므로, 거꾸로 배울 때는 다 바꾼 배열의 앞뒤만 바꿔요.
    train_set = _turn(prepare(train, tokenizer, cache, hygiene=hygiene, held_out=valid + test), source.reverse)
    loose = Hygiene(max_tokens=hygiene.max_tokens, max_ratio=1e9, deduplicate=False)
    valid_set = _turn(prepare(valid, tokenizer, cache, hygiene=loose, progress=False), source.reverse)
    return Task(tokenizer, train_set, valid_set, source.turned(valid), source.turned(test))


def split_pairs(config: TrainConfig, source: DataSource) -> tuple[Source, list[Pair], list[Pair]]:
    """(훈련 데이터가 있는 곳, 검증 쌍, 시험 쌍)이에요."""
    if source.generated:
        if not config.pairs:
            raise UserError(
                f"{config.preset} 설정은 데이터가 필요해요. --data 파일.tsv를 주거나 --preset demo를 써 보세요."
            )
        held_out = min(HELD_OUT, config.pairs // 10)
        made = splits(config.pairs, held_out, held_out, config.seed, config.corpus)
        train, valid, test = ([(pair.ko, pair.en) for pair in part] for part in made)
        return train, valid, test
    files = list(source.train)
    test = list(read_pairs(source.test)) if source.test else []
    if source.valid:
        return files, list(read_pairs(source.valid)), test
    # 검증 파일이 없으면 쉰 쌍에 하나꼴로 떼어 둬요. 뗀 쌍은 held_out으로 넘어가 훈련에서 빠져요.
    valid = list(islice((pair for index, pair in enumerate(read_pairs(files)) if index % 50 == 0), HELD_OUT))
    return files, valid, test


def _turn(dataset: PairDataset, reverse: bool) -> PairDataset:
    if not reverse:
        return dataset
    return PairDataset(dataset.tgt_ids, dataset.src_ids, dataset.tgt_offsets, dataset.src_offsets, dataset.report)
