"""그림: 실행 폴더에 남기는 학습 곡선, 학습률, 어텐션 지도를 그려요. 창을 띄우지 않고 파일로만 저장해요."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from reference.data.tokenizer import Tokenizer
from reference.multi_head import attention_maps
from reference.pictures import BLUE, ORANGE, save, style
from reference.tools.readable_pieces import readable
from reference.training.evaluation import translate
from reference.training.machine import Machine
from reference.transformer import Transformer

SEQUENTIAL = LinearSegmentedColormap.from_list("run", ["#FFFFFF", "#D6E4F3", "#8DB5DF", "#3F7FC1", "#153E70"])
KINDS = {"encoder": "인코더 셀프 어텐션", "decoder": "디코더 셀프 어텐션", "cross": "크로스 어텐션"}


@dataclass(frozen=True)
class AttentionMap:
    """문장 하나를 번역할 때의 어텐션 가중치예요. weights[종류]는 층마다 하나씩인 (H, T, S) 목록이에요."""

    source: str
    translation: str
    source_pieces: list[str]
    target_pieces: list[str]
    weights: dict[str, list[Tensor]]


def read_metrics(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """metrics.jsonl을 (학습 기록, 검증 기록)으로 나눠 읽어요."""
    path = folder / "metrics.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return [r for r in records if "loss" in r], [r for r in records if "valid_loss" in r]


def training_pictures(folder: Path) -> None:
    """손실 곡선과 학습률 곡선을 pictures/에 그려요."""
    train, valid = read_metrics(folder)
    if not train:
        return
    with style():
        figure = Figure(figsize=(8, 4.2))
        axes = figure.add_subplot()
        axes.plot([r["step"] for r in train], [r["loss"] for r in train], color=BLUE, label="학습 (레이블 스무딩 포함)")
        axes.plot([r["step"] for r in valid], [r["valid_loss"] for r in valid], "o-", color=ORANGE, label="검증")
        axes.set(title="손실 곡선", xlabel="스텝", ylabel="토큰당 손실 (nat)")
        axes.legend()
        save(figure, folder / "pictures" / "loss.png")

        figure = Figure(figsize=(8, 3.2))
        axes = figure.add_subplot()
        axes.plot([r["step"] for r in train], [r["lr"] for r in train], color=BLUE)
        axes.set(title="학습률 곡선", xlabel="스텝", ylabel="학습률")
        save(figure, folder / "pictures" / "schedule.png")


@torch.no_grad()
def attention_map(model: Transformer, tokenizer: Tokenizer, sentence: str, machine: Machine) -> AttentionMap:
    """문장을 번역한 뒤, 그 번역을 다시 넣어 모든 층과 헤드의 가중치를 모아요."""
    config = model.config
    translation = translate(model, tokenizer, [sentence], machine)[0]
    src = tokenizer.encode(sentence)[: config.max_len - 1]
    tgt = tokenizer.encode(translation)[: config.max_len - 1]
    src_ids = machine.to_device(torch.tensor([src + [config.eos_id]]))
    tgt_ids = machine.to_device(torch.tensor([[config.bos_id] + tgt]))
    with attention_maps(model) as maps:
        model(src_ids, tgt_ids)
    names = {"encoder": "encoder.{}.self_attn", "decoder": "decoder.{}.self_attn", "cross": "decoder.{}.cross_attn"}
    (columns, source), (rows, target) = readable(tokenizer, src), readable(tokenizer, tgt)
    source, target = source + ["끝"], ["시작"] + target
    S, T = torch.block_diag(columns, torch.ones(1, 1)), torch.block_diag(torch.ones(1, 1), rows)
    sides = {"encoder": (S, S), "decoder": (T, T), "cross": (T, S)}
    weights = {}
    for kind, (left, below) in sides.items():
        found = [maps[names[kind].format(layer)][0][0].float().cpu() for layer in range(config.n_layers)]
        # 왼쪽(보는 쪽)은 조각의 평균, 아래쪽(보이는 쪽)은 조각의 합이라야 한 줄의 합이 그대로 1이에요.
        weights[kind] = [(left / left.sum(1, keepdim=True)) @ layer @ below.T for layer in found]
    return AttentionMap(sentence, translation, source, target, weights)


def attention_pictures(
    folder: Path, model: Transformer, tokenizer: Tokenizer, sentences: Sequence[str], machine: Machine
) -> list[tuple[str, list[Path]]]:
    """문장마다 세 종류의 어텐션 지도를 pictures/에 그려요. 줄은 층, 칸은 헤드예요."""
    drawn = []
    for number, sentence in enumerate(sentences, 1):
        found = attention_map(model, tokenizer, sentence, machine)
        paths = [
            save(draw_attention(found, kind), folder / "pictures" / f"attention-{number}-{kind}.png") for kind in KINDS
        ]
        drawn.append((f"{sentence} → {found.translation}", paths))
    return drawn


def draw_attention(found: AttentionMap, kind: str) -> Figure:
    """한 종류의 어텐션을 모든 층(줄)과 헤드(칸)에 대해 그려요. 진할수록 많이 봐요."""
    layers = found.weights[kind]
    rows = found.source_pieces if kind == "encoder" else found.target_pieces
    columns = found.target_pieces if kind == "decoder" else found.source_pieces
    heads = layers[0].shape[0]
    cell = (max(1.7, 0.26 * len(columns)), max(1.7, 0.26 * len(rows)))
    with style():
        figure = Figure(figsize=(cell[0] * heads + 1.2, cell[1] * len(layers) + 1.2))
        grid = figure.subplots(len(layers), heads, squeeze=False)
        for layer, weights in enumerate(layers):
            for head in range(heads):
                panel(
                    grid[layer][head],
                    weights[head],
                    rows if head == 0 else None,
                    columns if layer == len(layers) - 1 else None,
                )
                grid[layer][head].set_title(f"{layer + 1}층 {head + 1}번 헤드", fontsize=9)
        figure.suptitle(f"{KINDS[kind]}: 왼쪽의 토큰이 아래쪽의 토큰을 봐요", fontsize=12, fontweight="bold")
    return figure


def panel(axes: Axes, weights: Tensor, rows: list[str] | None, columns: list[str] | None) -> None:
    """가중치 (T, S) 하나를 칠해요. 이름표는 줄 때에만 달아요."""
    axes.imshow(weights.numpy(), cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    axes.grid(False)
    axes.set_xticks(range(weights.shape[1]) if columns else [], columns or [], rotation=90, fontsize=8)
    axes.set_yticks(range(weights.shape[0]) if rows else [], rows or [], fontsize=8)
