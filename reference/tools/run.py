"""실행 한 번: 데이터와 토크나이저를 준비하고, 학습하고, 채점하고, 열어 보고 싶은 폴더로 남겨요.

폴더에 남는 것: index.html(실행 카드), model.safetensors, tokenizer.json, known_words.json.gz(배운 단어), frequent_pieces.json(자주 나온 조각), run.json(설정),
result.json(점수), metrics.jsonl, tensorboard/, checkpoints/, pictures/.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

from reference.config import ModelConfig
from reference.data.known_words import KnownWords
from reference.data.pairs import Pair, read_pairs
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.files import write_text
from reference.tools.readable_pieces import save_frequent
from reference.tools.saved_model import RUNS, SavedModel, read_info, save_model, saved_settings
from reference.tools.translation_task import DataSource, Task, load_task, split_pairs
from reference.training.confidence import confidence, threshold
from reference.training.evaluation import WHY_NOT_A_SCORE, for_decoding, score, teacher_forced, translate
from reference.training.machine import Machine, choose, cpu_seconds, describe
from reference.training.progress import Progress, Reporter
from reference.training.settings import TrainConfig
from reference.training.trainer import Trainer
from reference.transformer import Transformer

TYPED = [  # 생성 말뭉치로 배운 모델에 학습 뒤 넣어 보는 문장들. 앞의 둘은 어텐션 지도도 그려요.
    "어제 친구와 카페에서 커피를 마셨어요.",
    "민수 씨가 만든 케이크는 맛있었어요.",
    "안녕하세요. 만나서 반가워요.",
    "이 가방은 얼마예요?",
    "내일 어머니와 함께 서울에 가실 거예요?",
    "저는 매운 음식을 못 먹어요.",
    "피곤해서 집에서 쉬고 싶어요.",
    "책상 위에 책이 세 권 있습니다.",
    "지하철역까지 어떻게 가요?",
    "비가 오면 택시를 타세요.",
]


PROBES = 400  # "자신이 없어요"의 한계를 정하는 검증 문장의 수


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
    if resume:  # 이름난 크기가 그 뒤에 바뀌었어도, 배우던 모델을 이어서 배워요.
        model_size |= read_info(folder).get("model", {})
    start = {"train": asdict(config), "data": asdict(source)}

    def prepare() -> Task:
        if machine.is_main and not resume:
            _open_folder(folder)
            _write_info(folder, start)
        if machine.is_main:
            screen.note(
                "데이터를 준비해요." if source.train else f"말뭉치 {config.pairs:,}쌍을 지어내고 토크나이저를 배워요."
            )
        return load_task(config, model_size, source, folder)

    task = machine.main_first(prepare)  # 데이터는 0번이 먼저 만들고 나머지는 만든 것을 열어요.
    model_config = ModelConfig.from_dict({**model_size, "vocab_size": task.tokenizer.vocab_size})
    trainer = Trainer(
        config, model_config, machine, task.tokenizer, task.train_set, task.valid_set, _samples(task), folder
    )
    fingerprint = f"{crc32(task.train_set.src_ids.data):08x}{crc32(task.train_set.tgt_ids.data):08x}"
    info = {
        **start,
        "model": model_config.to_dict(),
        "machine": describe(machine),
        "report": task.train_set.report,
        "pairs": len(task.train_set),
        "fingerprint": fingerprint,
    }
    with machine.together():
        step = trainer.restore() if resume else 0
        if resume and read_info(folder).get("fingerprint", fingerprint) != fingerprint:
            raise UserError(
                "훈련 데이터가 학습을 시작할 때와 달라요. 처음의 파일로 되돌리거나, 새 폴더에서 처음부터 학습해 주세요."
            )
        if machine.is_main:
            _write_info(folder, info)
        report = screen(folder, step, enabled=machine.is_main)
        if machine.is_main and KnownWords.load(folder) is None:
            KnownWords.learn(task.sources()).save(folder)
            save_frequent(folder, task.tokenizer, task.train_set)
    if machine.is_main:
        size = sum(parameter.numel() for parameter in trainer.parameters)
        screen.note(
            f"{len(task.train_set):,}쌍으로 파라미터 {size:,}개를 학습해요 ({machine.device.type}, {machine.precision})."
        )
    try:
        progress = trainer.run(report)
    finally:
        report.close()
    with machine.peers_may_leave():
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
    write_text(folder / "run.json", json.dumps(info, ensure_ascii=False, indent=2))


def _samples(task: Task) -> list[Pair]:
    """학습하는 동안 번역이 나아지는 모습을 볼 문장들이에요."""
    step = max(1, len(task.valid) // 6)
    return task.valid[::step][:6]


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
    from reference.tools import plots, run_card  # matplotlib은 무거워서 그릴 때만 불러와요.

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
    probes = [source for source, _ in task.valid[:PROBES]]
    drafts = translate(decoder, task.tokenizer, probes, machine, config.beam, config.alpha)
    result["unsure_below"] = round(threshold(confidence(decoder, task.tokenizer, probes, drafts, machine)), 4)
    plots.training_pictures(folder)
    korean_source = not info["data"]["train"] and not info["data"]["reverse"]
    sentences = TYPED if korean_source else [source for source, _ in pairs[:10]]
    maps = plots.attention_pictures(folder, decoder, task.tokenizer, sentences[:2], machine)
    answers = translate(decoder, task.tokenizer, sentences, machine, config.beam, config.alpha)
    typed = list(zip(sentences, answers, strict=True))
    examples = [(*pair, translated) for pair, translated in zip(pairs[:10], translations[:10], strict=True)]
    write_text(folder / "result.json", json.dumps(result, ensure_ascii=False, indent=2))
    run_card.write(folder, result, info, typed, examples, maps)
    return result


def evaluate(opened: SavedModel, data: str | None, beam: int, lowercase: bool = False) -> dict[str, Any]:
    """다 배운 모델을 다시 채점하고 result.json의 점수만 바꿔요. data가 없으면 학습할 때 정한 시험 데이터예요."""
    config, source = saved_settings(opened.folder)
    if data:
        pairs = source.turned(list(read_pairs(data)))
    else:
        _, valid, test = split_pairs(config, source)
        pairs = source.turned(test or valid)
    before = cpu_seconds()
    path = opened.folder / "result.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    result |= evaluate_pairs(opened.model, opened.tokenizer, pairs, opened.machine, beam, opened.alpha, lowercase)
    del result["translations"]
    result |= {"evaluated_on": data or "test", "evaluate_cpu_seconds": round(cpu_seconds() - before, 1)}
    write_text(path, json.dumps(result, ensure_ascii=False, indent=2))
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
    scores = score(translations, [target for _, target in pairs], lowercase)
    return {**scores.to_dict(), "beam": beam, "translations": translations}
