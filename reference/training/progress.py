"""어디까지 왔는지 세고, 기록해요: 진행, 시계, metrics.jsonl과 TensorBoard."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from reference.errors import UserError
from reference.training import checkpoint
from reference.training.machine import cpu_seconds

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


@dataclass
class Progress:
    """어디까지 왔는지예요. 체크포인트에 그대로 담겨서, 이어 달릴 때 여기서 다시 시작해요."""

    step: int = 0
    epoch: int = 0
    batch: int = 0  # 이번 에폭에서 다음에 읽을 배치
    both_ways: bool = False  # 이번 에폭에 두 방향을 함께 배우는지
    total_steps: int = 0
    tokens: int = 0  # 지금까지 배운 번역문 토큰
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    best_loss: float = math.inf
    stale: int = 0  # 검증 손실이 잇달아 나아지지 않은 횟수
    stopped: str = ""  # 일찍 끝났다면 그 까닭


@dataclass
class Totals:
    """기록 사이에 모은 값이에요. 텐서는 장치에 둔 채 더하고, 기록할 때 한 번만 읽어요."""

    loss: Tensor | float = 0.0
    correct: Tensor | float = 0.0
    tokens: Tensor | float = 0.0
    norm: Tensor | float = 0.0
    steps: int = 0
    started: float = field(default_factory=time.perf_counter)


class Clock:
    """이어 달리기 전의 시간에 이번에 쓴 시간을 더해요."""

    def __init__(self, progress: Progress) -> None:
        self.first_step = progress.step
        self.cpu, self.wall = cpu_seconds(), time.perf_counter()
        # 프로세스를 처음 시작했다면 준비에 쓴 CPU 시간도 예산에 넣어요.
        self.cpu_before = progress.cpu_seconds + (self.cpu if progress.step == 0 else 0.0)
        self.wall_before = progress.wall_seconds

    def update(self, progress: Progress) -> None:
        """지금까지의 CPU 시간과 실제 시간을 적어요."""
        progress.cpu_seconds = self.cpu_before + cpu_seconds() - self.cpu
        progress.wall_seconds = self.wall_before + time.perf_counter() - self.wall

    def cpu_per_step(self, step: int) -> float:
        """이번 실행의 스텝당 CPU 시간(초)이에요."""
        return (cpu_seconds() - self.cpu) / max(1, step - self.first_step)


class Reporter:
    """학습이 알려 주는 것을 받는 쪽이에요. 기본은 metrics.jsonl과 TensorBoard에만 적어요."""

    def __init__(self, folder: Path, step: int = 0, enabled: bool = True) -> None:
        self.metrics = folder / "metrics.jsonl"
        self.board: SummaryWriter | None = None  # 없으면 아무것도 적지 않아요.
        if enabled:
            from torch.utils.tensorboard import SummaryWriter  # 무거워서 정말 적을 때만 불러와요.

            checkpoint.truncate_metrics(self.metrics, step)
            self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def train(self, record: dict[str, Any]) -> None:
        """학습 기록 한 줄을 남겨요."""
        self._write(record)

    def valid(self, record: dict[str, Any]) -> None:
        """검증 기록 한 줄을 남겨요."""
        self._write(record)

    @staticmethod
    def note(text: str) -> None:
        """지금 하는 일을 알려요. 기본은 말없이 지나가요."""

    def close(self) -> None:
        """TensorBoard의 파일을 닫아요."""
        if self.board is not None:
            self.board.close()

    def _write(self, record: dict[str, Any]) -> None:
        if self.board is None:
            return
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        except OSError as error:
            raise UserError(
                f"metrics.jsonl에 쓰지 못했어요({error.strerror}). 디스크를 비운 뒤 --resume 하세요."
            ) from None
        for name, value in record.items():
            if isinstance(value, (int, float)) and name not in ("step", "total_steps", "epoch"):
                self.board.add_scalar(name, value, record["step"])
