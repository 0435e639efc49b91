"""기준 Transformer의 명령: train, demo, translate, evaluate, experiment, bench, export-model."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reference.errors import UserError
from reference.files import write_text
from reference.tools.experiment_command import experiment

if TYPE_CHECKING:
    from reference.tools.saved_model import SavedModel
    from reference.tools.translation_task import DataSource
    from reference.training.settings import TrainConfig

ModelOption = Annotated[Path | None, typer.Option("--model", help="실행 폴더. 없으면 가장 최근에 학습한 것이에요.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps")]
PrecisionOption = Annotated[str, typer.Option("--precision", help="auto, fp32, bf16, fp16")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="결과를 적을 JSON 파일")]
SmallOption = Annotated[bool, typer.Option("--small", help="몇 초 만에 끝나는 작은 크기로 재요.")]
ThreadsOption = Annotated[
    int, typer.Option("--threads", min=1, help="스레드 수. 하나일 때 비율이 다른 일에 흔들리지 않아요.")
]

# `train`의 인자 가운데 TrainConfig의 항목이 아닌 것
FOLDERS_AND_DATA = ("preset", "data", "valid", "test", "reverse", "out", "resume")


def register(app: typer.Typer) -> None:
    """모델 명령들을 `app`에 더해요."""
    app.command("train")(train)
    app.command("demo")(demo)
    app.command("translate")(translate)
    app.command("evaluate")(evaluate)
    app.command("experiment")(experiment)
    app.command("export-model")(export_model)
    app.add_typer(bench, name="bench")


# -- 학습 --


def train(
    preset: Annotated[str, typer.Option("--preset", help="tiny, demo, multi30k, base, big")] = "demo",
    data: Annotated[
        list[str] | None, typer.Option("--data", help="원문 TAB 번역문 파일(여럿, .gz 가능)이나 데이터 이름")
    ] = None,
    valid: Annotated[
        str | None, typer.Option("--valid", help="검증 파일. 없으면 이웃 파일이나 훈련 데이터에서 골라요.")
    ] = None,
    test: Annotated[str | None, typer.Option("--test", help="시험 파일. 없으면 이웃 파일을 찾아요.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="두 언어의 방향을 거꾸로 해요.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="실행 폴더. 없으면 runs/ 아래에 만들어요.")] = None,
    resume: Annotated[Path | None, typer.Option("--resume", help="멈춘 실행 폴더를 이어서 학습해요.")] = None,
    max_steps: Annotated[int | None, typer.Option(help="갱신 횟수")] = None,
    max_cpu_minutes: Annotated[float | None, typer.Option(help="이 CPU 시간(분)에 맞춰 갱신 횟수를 정해요.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="배치 하나의 토큰 수")] = None,
    subword_dropout: Annotated[
        float | None, typer.Option(help="BPE가 쌍을 건너뛸 확률. 훈련 데이터를 에폭마다 다르게 잘라요.")
    ] = None,
    both_ways: Annotated[float | None, typer.Option(help="두 방향을 함께 배우는 앞부분의 비율(0~1)")] = None,
    accumulate: Annotated[int | None, typer.Option(help="갱신 한 번에 모으는 배치 수")] = None,
    pairs: Annotated[int | None, typer.Option(help="스스로 만드는 말뭉치의 쌍 수")] = None,
    vocab_size: Annotated[int | None, typer.Option(help="사전 크기")] = None,
    tokenizer: Annotated[str | None, typer.Option(help="bpe 또는 unigram")] = None,
    level: Annotated[str | None, typer.Option(help="byte 또는 morpheme(KoNLPy)")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam 또는 muon(층 안의 행렬만)")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Muon이 고치는 행렬의 가중치 감쇠")] = None,
    schedule: Annotated[str | None, typer.Option(help="noam 또는 cosine")] = None,
    warmup: Annotated[int | None, typer.Option(help="워밍업 스텝")] = None,
    lr_factor: Annotated[float | None, typer.Option(help="학습률에 곱하는 수")] = None,
    dropout: Annotated[float | None, typer.Option(help="드롭아웃 확률")] = None,
    word_dropout: Annotated[float | None, typer.Option(help="임베딩을 통째로 지울 토큰의 비율")] = None,
    norm_first: Annotated[bool | None, typer.Option("--norm-first/--norm-last", help="Pre-LN과 Post-LN(논문)")] = None,
    ema: Annotated[float | None, typer.Option(help="가중치 이동 평균의 감쇠율. 0이면 체크포인트 평균")] = None,
    patience: Annotated[int | None, typer.Option(help="검증 손실이 이만큼 나아지지 않으면 멈춰요.")] = None,
    beam: Annotated[int | None, typer.Option(help="채점할 때의 빔 크기")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, mps")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, fp32, bf16, fp16")] = None,
    compile: Annotated[str | None, typer.Option(help="auto, on, off")] = None,
    seed: Annotated[int | None, typer.Option(help="시드")] = None,
    log_every: Annotated[int | None, typer.Option(help="기록하는 간격(스텝)")] = None,
    valid_every: Annotated[int | None, typer.Option(help="검증하는 간격(스텝)")] = None,
    save_every: Annotated[int | None, typer.Option(help="저장하는 간격(스텝)")] = None,
) -> int:
    """Transformer를 학습해요. Ctrl+C로 멈춰도 --resume으로 이어 가요."""
    given = locals()
    changes = {name: value for name, value in given.items() if name not in FOLDERS_AND_DATA and value is not None}
    from reference.tools import run, saved_model, translation_task
    from reference.training.settings import TrainConfig

    if resume:
        config, source = saved_model.saved_settings(resume)
        return _train(replace(config, **changes), source, resume, resume=True)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and out is None:
        raise UserError("여러 프로세스로 학습할 때는 모두가 같은 폴더를 쓰도록 --out을 주세요.")
    source = translation_task.find_neighbours(translation_task.DataSource(tuple(data or ()), valid, test, reverse))
    return _train(TrainConfig.from_preset(preset, **changes), source, out or run.new_folder(preset))


def demo(
    out: Annotated[Path | None, typer.Option("--out", help="실행 폴더. 없으면 runs/ 아래에 만들어요.")] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    seed: Annotated[int, typer.Option(help="시드")] = 1,
) -> int:
    """수업 시연: 말뭉치를 만들고, 학습하고, 채점하고, 입력한 문장을 바로 번역해요."""
    from reference.tools import run, translation_task
    from reference.training.settings import TrainConfig

    folder = out or run.new_folder("demo")
    config = TrainConfig.from_preset("demo", device=device, precision=precision, seed=seed)
    code = _train(config, translation_task.DataSource(), folder)
    if code == 0 and sys.stdin.isatty():
        _translate_lines(_open(folder, device, precision), beam=config.beam)
    return code


def _train(config: TrainConfig, source: DataSource, folder: Path, resume: bool = False) -> int:
    """학습하고 결과를 보여 줘요. 멈추라고 하면 이어 가는 방법을 알려 줘요."""
    from reference.tools import run
    from reference.tools.progress_display import Screen, console, show_result

    try:
        result = run.train(config, source, folder, resume=resume, screen=Screen)
    except KeyboardInterrupt:
        console.print(f"멈췄어요. 이어 가려면: python3 course.py train --resume {folder}")
        return 130
    if result:
        show_result(folder, result)
    return 0


# -- 쓰기와 채점 --


def translate(
    text: Annotated[list[str] | None, typer.Argument(help="번역할 문장들. 없으면 한 줄씩 입력받아요.")] = None,
    model: ModelOption = None,
    beam: Annotated[int, typer.Option(min=1, help="빔 크기. 1이면 그리디 디코딩")] = 4,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> int:
    """학습한 모델로 문장을 번역해요. 훈련 데이터에 없던 단어는 이름으로, 자신 없는 번역도 표준 오류에 알려요."""
    opened = _open(model, device, precision)
    if not text:
        _translate_lines(opened, beam=beam)
        return 0
    for line, translated in zip(text, opened.translate(text, beam), strict=True):
        print(translated, flush=True)
        _tell_doubts(opened, line, translated)
    return 0


def evaluate(
    model: ModelOption = None,
    data: Annotated[
        str | None, typer.Option("--data", help="채점할 TSV 파일. 없으면 학습할 때 정한 시험 데이터예요.")
    ] = None,
    beam: Annotated[int, typer.Option(min=1, help="빔 크기. 1이면 그리디 디코딩")] = 4,
    lowercase: Annotated[bool, typer.Option("--lowercase", help="대소문자를 가리지 않고 채점해요.")] = False,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> int:
    """학습한 모델을 BLEU, chrF, 완전 일치로 채점하고 result.json을 고쳐요."""
    from reference.tools import run
    from reference.tools.progress_display import show_result

    opened = _open(model, device, precision)
    show_result(opened.folder, run.evaluate(opened, data, beam, lowercase))
    return 0


def _open(folder: Path | None, device: str, precision: str) -> SavedModel:
    """번역할 모델을 열어요. 배운 단어의 목록이 없으면 그렇다고 적어요."""
    from reference.data.known_words import no_list
    from reference.tools import saved_model

    opened = saved_model.SavedModel.open(folder or saved_model.latest_run(), device, precision)
    if opened.known is None:
        print(no_list(opened.folder), file=sys.stderr, flush=True)
    return opened


def _tell_doubts(opened: SavedModel, text: str, translated: str) -> None:
    """훈련 데이터에 없던 단어가 있거나, 없어도 모델이 자신이 없으면 표준 오류에 적어요."""
    from reference.training.confidence import UNSURE

    if doubt := opened.unknown_words(text) or (UNSURE if opened.unsure(text, translated) else ""):
        print(doubt, file=sys.stderr, flush=True)


def _translate_lines(opened: SavedModel, beam: int) -> None:
    """한 줄씩 입력받아 번역해요. 빈 줄이나 Ctrl+D로 끝내요."""
    typing = sys.stdin.isatty()
    if typing:
        print("번역할 문장을 입력하세요. 빈 줄이면 끝나요.")
    while True:
        try:
            line = input("> " if typing else "").strip()
        except EOFError:
            return
        if not line and typing:
            return
        translated = opened.translate([line], beam)[0] if line else ""
        print(translated, flush=True)
        _tell_doubts(opened, line, translated)


# -- 내보내기, 벤치 --


def export_model(
    out: Annotated[Path, typer.Option("--out", help="내보낼 폴더")],
    model: ModelOption = None,
    format: Annotated[str, typer.Option("--format", help="marian(transformers) 또는 ctranslate2")] = "marian",
) -> int:
    """학습한 모델을 transformers나 CTranslate2가 읽는 형식으로 내보내요."""
    from reference.tools import export, saved_model

    print(export.export(model or saved_model.latest_run(), out, format))
    return 0


bench = typer.Typer(name="bench", help="우리 구현과 다른 구현의 속도를 같은 조건에서 견줘요.", no_args_is_help=True)


@bench.command("train")
def bench_train(json_file: JsonOption = None, small: SmallOption = False, threads: ThreadsOption = 1) -> int:
    """학습 스텝: 우리, torch.nn.Transformer, HF Marian."""
    return _bench(["train"], json_file, small, threads)


@bench.command("decode")
def bench_decode(json_file: JsonOption = None, small: SmallOption = False, threads: ThreadsOption = 1) -> int:
    """디코딩: 그리디와 빔 4, HF generate와 CTranslate2."""
    return _bench(["decode"], json_file, small, threads)


@bench.command("cache")
def bench_cache(json_file: JsonOption = None, small: SmallOption = False, threads: ThreadsOption = 1) -> int:
    """KV 캐시를 켰을 때와 껐을 때, 길이별."""
    return _bench(["cache"], json_file, small, threads)


@bench.command("batches")
def bench_batches(
    data: Annotated[str | None, typer.Option("--data", help="TSV 파일. 없으면 스스로 만드는 말뭉치로 재요.")] = None,
    json_file: JsonOption = None,
    small: SmallOption = False,
    threads: ThreadsOption = 1,
) -> int:
    """길이별 배치와 섞은 그대로의 배치: 쓸모 있는 토큰의 속도."""
    return _bench(["batches"], json_file, small, threads, data)


@bench.command("all")
def bench_all(json_file: JsonOption = None, small: SmallOption = False, threads: ThreadsOption = 1) -> int:
    """위의 네 가지를 모두 재요."""
    return _bench(["train", "decode", "cache", "batches"], json_file, small, threads)


def _bench(names: list[str], json_file: Path | None, small: bool, threads: int, data: str | None = None) -> int:
    import torch

    from reference.tools import benchmark as measure

    tables = [measure.run(name, small, data, threads) for name in names]
    for table in tables:
        print(table)
    if json_file:
        settings = {"threads": threads, "torch": torch.__version__}
        made = [table.to_dict() | settings for table in tables]
        write_text(json_file, json.dumps(made, ensure_ascii=False, indent=2))
    return 0
