"""실행 한 번: 데이터와 토크나이저를 준비하고, 학습하고, 채점하고, 열어 보고 싶은 폴더로 남겨요.

폴더에 남는 것: index.html(실행 카드), model.safetensors, tokenizer.json, run.json(설정), result.json(점수),
metrics.jsonl, tensorboard/, checkpoints/, pictures/.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from zlib import crc32

from . import checkpoint
from .config import ModelConfig
from .data import Hygiene, Pair, PairDataset, prepare, read_pairs
from .errors import UserError
from .evaluation import WHY_NOT_A_SCORE, Scores, for_decoding, score, teacher_forced, translate
from .machine import Machine, choose, cpu_seconds, describe
from .tokenizer import Tokenizer
from .training import Progress, Reporter, TrainConfig, Trainer
from .transformer import Transformer

RUNS = Path("runs")
TOKENIZER_PAIRS = 500_000  # 토크나이저는 말뭉치의 앞부분만 봐도 충분히 배워요.
HELD_OUT = 1000  # 검증 파일이 없을 때 훈련 데이터에서 떼어 두는 쌍의 최대 수
TYPED = [  # 생성 말뭉치로 배운 모델에 학습 뒤 넣어 보는 문장들. 앞의 둘은 어텐션 지도도 그려요.
    "나는 어제 학교에 갔다.",
    "민수 씨가 산 빵은 맛있었어요.",
    "책을 세 권 읽지 않았습니다.",
    "고양이가 두 마리 공원에 있어요?",
    "내일 어머니와 함께 서울에 가실 거예요?",
    "저는 커피를 못 마셔요.",
    "할머니는 은행 앞에서 친구를 기다리셨다.",
    "날씨가 추워서 집에서 쉬고 싶어요.",
    "선생님은 세 시 삼십 분에 음악을 들으실 거예요.",
    "비가 오면 우산을 사야 합니다.",
]


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
    train, valid, test = _pairs(config, source)
    if checkpoint.steps(folder / "checkpoints"):  # 이어 달릴 때는 처음에 배운 토크나이저를 그대로 써요.
        tokenizer = Tokenizer.load(folder)
    else:
        texts = (text for pair in islice(_read(train, source), TOKENIZER_PAIRS) for text in pair)
        tokenizer = Tokenizer.train(texts, config.vocab_size, kind=config.tokenizer, level=config.level)
        tokenizer.save(folder)
    hygiene = Hygiene(max_tokens=min(model_size["max_len"], config.max_tokens) - 1)
    cache = folder.parent / "cache"
    # 위생 처리는 방향과 상관없으므로, 거꾸로 배울 때는 다 바꾼 배열의 앞뒤만 바꿔요.
    train_set = _turn(prepare(train, tokenizer, cache, hygiene=hygiene, held_out=valid + test), source.reverse)
    loose = Hygiene(max_tokens=hygiene.max_tokens, max_ratio=1e9, deduplicate=False)
    valid_set = _turn(prepare(valid, tokenizer, cache, hygiene=loose, progress=False), source.reverse)
    return Task(tokenizer, train_set, valid_set, source.turned(valid), source.turned(test))


def _pairs(config: TrainConfig, source: DataSource) -> tuple[Any, list[Pair], list[Pair]]:
    """(훈련 데이터가 있는 곳, 검증 쌍, 시험 쌍)이에요."""
    if source.generated:
        if not config.pairs:
            raise UserError(
                f"{config.preset} 설정은 데이터가 필요해요. --data 파일.tsv를 주거나 --preset demo를 써 보세요."
            )
        from .corpus import splits

        held_out = min(HELD_OUT, config.pairs // 10)
        return tuple([tuple(pair) for pair in part] for part in splits(config.pairs, held_out, held_out, config.seed))
    train = list(source.train)
    test = list(read_pairs(source.test)) if source.test else []
    if source.valid:
        return train, list(read_pairs(source.valid)), test
    # 검증 파일이 없으면 쉰 쌍에 하나꼴로 떼어 둬요. 뗀 쌍은 held_out으로 넘어가 훈련에서 빠져요.
    valid = list(islice((pair for index, pair in enumerate(read_pairs(train)) if index % 50 == 0), HELD_OUT))
    return train, valid, test


def _read(train: Any, source: DataSource) -> Iterator[Pair]:
    return iter(train) if source.generated else read_pairs(train)


def _turn(dataset: PairDataset, reverse: bool) -> PairDataset:
    if not reverse:
        return dataset
    return PairDataset(dataset.tgt_ids, dataset.src_ids, dataset.tgt_offsets, dataset.src_offsets, dataset.report)


# 학습 ----------------------------------------------------------------------------------------------------------


def new_folder(preset: str) -> Path:
    """아직 없는 실행 폴더의 이름을 지어요."""
    return RUNS / f"{preset}-{time.strftime('%Y%m%d-%H%M%S')}"


def train(
    config: TrainConfig,
    source: DataSource,
    folder: Path,
    resume: bool = False,
    machine: Machine | None = None,
    screen: type[Reporter] = Reporter,
) -> dict[str, Any]:
    """처음부터, 또는 멈춘 자리에서 학습하고 채점까지 마친 뒤 result.json의 내용을 돌려줘요."""
    machine = machine or choose(config.device, config.precision, config.compile, config.threads)
    model_size = ModelConfig.preset(config.preset, 5, **config.model_changes()).to_dict()
    start = {"train": asdict(config), "data": asdict(source)}
    if machine.is_main and not resume:
        _open_folder(folder)
        _write_info(folder, start)
    if machine.is_main:
        screen.note(
            "데이터를 준비해요." if source.train else f"말뭉치 {config.pairs:,}쌍을 지어내고 토크나이저를 배워요."
        )
    with machine.accelerator.main_process_first():  # 데이터는 0번이 먼저 만들고 나머지는 만든 것을 열어요.
        task = load_task(config, model_size, source, folder)
    model_config = ModelConfig.from_dict({**model_size, "vocab_size": task.tokenizer.vocab_size})
    trainer = Trainer(
        config, model_config, machine, task.tokenizer, task.train_set, task.valid_set, _samples(source, task), folder
    )
    step = trainer.restore() if resume else 0
    fingerprint = f"{crc32(task.train_set.src_ids):08x}{crc32(task.train_set.tgt_ids):08x}"
    if resume and read_info(folder).get("fingerprint", fingerprint) != fingerprint:
        raise UserError(
            "훈련 데이터가 학습을 시작할 때와 달라요. 처음의 파일로 되돌리거나, 새 폴더에서 처음부터 학습해 주세요."
        )
    info = {
        **start,
        "model": model_config.to_dict(),
        "machine": describe(machine),
        "report": task.train_set.report,
        "pairs": len(task.train_set),
        "fingerprint": fingerprint,
    }
    if machine.is_main:
        _write_info(folder, info)
    report = screen(folder, step, enabled=machine.is_main)
    if machine.is_main:
        size = sum(parameter.numel() for parameter in trainer.parameters)
        screen.note(
            f"{len(task.train_set):,}쌍으로 파라미터 {size:,}개를 학습해요 ({machine.device.type}, {machine.precision})."
        )
    try:
        progress = trainer.run(report)
    finally:
        report.close()
    machine.accelerator.wait_for_everyone()
    if not machine.is_main:
        return {}
    return finish(folder, trainer.final_model(), task, config, machine, progress, info, screen)


def _open_folder(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UserError(
            f"{folder}에 이미 무언가 있어요. 이어 가려면 --resume {folder}, 새로 하려면 다른 --out을 주세요."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} 폴더를 만들지 못했어요({error.strerror}). 쓸 수 있는 곳을 --out으로 주세요."
        ) from None


def _write_info(folder: Path, info: dict[str, Any]) -> None:
    checkpoint.write_text(folder / "run.json", json.dumps(info, ensure_ascii=False, indent=2))


def _samples(source: DataSource, task: Task) -> list[Pair]:
    """학습하는 동안 번역이 나아지는 모습을 볼 문장들이에요."""
    step = max(1, len(task.valid) // 6)
    return task.valid[::step][:6]


def saved_settings(folder: Path) -> tuple[TrainConfig, DataSource]:
    """실행 폴더에 적힌 설정을 읽어요. 실행 폴더가 아니면 UserError를 내요."""
    info = read_info(folder)
    try:
        config = TrainConfig(**{**info["train"], "betas": tuple(info["train"]["betas"])})
        return config, DataSource(**{**info["data"], "train": tuple(info["data"]["train"])})
    except (KeyError, TypeError):
        raise UserError(f"{folder}/run.json의 설정을 이 판에서 읽을 수 없어요. 새로 학습해 주세요.") from None


def read_info(folder: Path) -> dict[str, Any]:
    """실행 폴더의 run.json이에요."""
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder}는 course train이 만든 폴더가 아니에요. runs/ 아래의 폴더를 주세요.") from None


# 마무리 --------------------------------------------------------------------------------------------------------


def finish(
    folder: Path,
    model: Transformer,
    task: Task,
    config: TrainConfig,
    machine: Machine,
    progress: Progress,
    info: dict[str, Any],
    screen: type[Reporter] = Reporter,
) -> dict[str, Any]:
    """모델을 저장하고, 시험 데이터로 채점하고, 그림과 실행 카드를 남겨요."""
    from . import plots, run_card

    screen.note("시험 문장을 번역해 채점하고 그림을 그려요.")
    save_model(folder, model)
    before = cpu_seconds()
    pairs = task.test or task.valid
    decoder = for_decoding(model, machine)
    result = evaluate_pairs(decoder, task.tokenizer, pairs, machine, config.beam, config.alpha)
    accuracy = teacher_forced(model, task.valid_set, machine)[1]
    result |= {
        "preset": config.preset,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": progress.step,
        "cpu_seconds": round(progress.cpu_seconds + cpu_seconds() - before, 1),
        "train_cpu_seconds": round(progress.cpu_seconds, 1),
        "wall_seconds": round(progress.wall_seconds, 1),
        "tokens_per_second": round(progress.tokens / max(progress.wall_seconds, 1e-9), 1),
        "device": machine.device.type,
        "evaluated_on": "test" if task.test else "valid",
        "teacher_forced_accuracy": round(accuracy, 4),
        "teacher_forced_note": WHY_NOT_A_SCORE,
        "stopped": progress.stopped,
    }
    translations = result.pop("translations")
    plots.training_pictures(folder)
    korean_source = not info["data"]["train"] and not info["data"]["reverse"]
    sentences = TYPED if korean_source else [source for source, _ in pairs[:10]]
    maps = plots.attention_pictures(folder, decoder, task.tokenizer, sentences[:2], machine)
    typed = list(zip(sentences, translate(decoder, task.tokenizer, sentences, machine, config.beam, config.alpha)))
    examples = [(*pair, translated) for pair, translated in zip(pairs[:10], translations)]
    checkpoint.write_text(folder / "result.json", json.dumps(result, ensure_ascii=False, indent=2))
    run_card.write(folder, result, info, typed, examples, maps)
    return result


def evaluate(
    folder: Path,
    model: Transformer,
    tokenizer: Tokenizer,
    machine: Machine,
    data: str | None,
    beam: int,
    lowercase: bool = False,
) -> dict[str, Any]:
    """다 배운 모델을 다시 채점하고 result.json의 점수만 바꿔요. data가 없으면 학습할 때 정한 시험 데이터예요."""
    config, source = saved_settings(folder)
    if data:
        pairs = source.turned(list(read_pairs(data)))
    else:
        _, valid, test = _pairs(config, source)
        pairs = source.turned(test or valid)
    before = cpu_seconds()
    path = folder / "result.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    result |= evaluate_pairs(model, tokenizer, pairs, machine, beam, config.alpha, lowercase)
    del result["translations"]
    result |= {"evaluated_on": data or "test", "evaluate_cpu_seconds": round(cpu_seconds() - before, 1)}
    checkpoint.write_text(path, json.dumps(result, ensure_ascii=False, indent=2))
    return result


def evaluate_pairs(
    model: Transformer,
    tokenizer: Tokenizer,
    pairs: list[Pair],
    machine: Machine,
    beam: int,
    alpha: float,
    lowercase: bool = False,
) -> dict[str, Any]:
    """쌍들을 번역해 점수와 번역문을 돌려줘요."""
    translations = translate(model, tokenizer, [source for source, _ in pairs], machine, beam, alpha)
    scores: Scores = score(translations, [target for _, target in pairs], lowercase)
    return {**scores.to_dict(), "beam": beam, "translations": translations}


def save_model(folder: Path, model: Transformer) -> None:
    """완성된 모델을 model.safetensors로 저장해요. 설정은 머리말에 담아요."""
    metadata = {"format": checkpoint.FORMAT, "model": json.dumps(model.config.to_dict())}
    checkpoint.save_tensors(folder / "model.safetensors", model.state_dict(), metadata)


def load_model(folder: Path, machine: Machine) -> tuple[Transformer, Tokenizer]:
    """실행 폴더의 완성된 모델(디코딩용)과 토크나이저를 열어요. 학습이 덜 끝났으면 UserError를 내요."""
    path = folder / "model.safetensors"
    if not path.exists():
        if checkpoint.steps(folder / "checkpoints"):
            raise UserError(
                f"{folder}의 학습이 아직 끝나지 않았어요. course train --resume {folder}로 마저 학습해 주세요."
            )
        raise UserError(f"{folder}에 학습한 모델이 없어요. course train이나 course demo로 먼저 학습해 주세요.")
    weights, metadata = checkpoint.load_tensors(path)
    try:
        model = Transformer(ModelConfig.from_dict(json.loads(metadata["model"])))
    except (KeyError, ValueError, TypeError):
        raise UserError(f"{path}는 이 과정에서 만든 모델이 아니에요. 실행 폴더를 그대로 주세요.") from None
    checkpoint.load_weights(model, weights, path)
    return for_decoding(model, machine), Tokenizer.load(folder)


def latest_run(folder: Path = RUNS) -> Path:
    """학습을 마친 실행 폴더 가운데 가장 새것이에요. 없으면 UserError를 내요."""
    found = sorted(folder.glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError("학습한 모델이 아직 없어요. course demo나 course train --preset demo로 먼저 학습해 주세요.")
    return found[-1].parent
