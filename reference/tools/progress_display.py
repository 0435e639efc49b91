"""화면: 학습하는 동안 속도, 손실, 학습률, 남은 시간을 보여 줘요. 기록은 `Reporter`가 해요."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from reference.training.progress import Reporter

console = Console(highlight=False, soft_wrap=True)


class Screen(Reporter):
    """터미널이면 진행 막대를, 파일로 보낸 출력이면 기록마다 한 줄을 보여 줘요."""

    def __init__(self, folder: Path, step: int = 0, enabled: bool = True) -> None:
        super().__init__(folder, step, enabled)
        self.bar: Progress | None = None
        self.enabled = enabled
        if not enabled:
            return
        if step:
            console.print(f"{step:,}번째 스텝부터 이어서 학습해요.")
        if console.is_terminal:
            self.bar = Progress(
                TextColumn("학습"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[state]}"),
                TimeElapsedColumn(),
                TextColumn("남은 시간"),
                TimeRemainingColumn(),
                console=console,
            )
            self.task = self.bar.add_task("학습", total=None, completed=step, state="")
            self.bar.start()

    @staticmethod
    def note(text: str) -> None:
        """지금 하는 일을 한 줄로 보여 줘요."""
        console.print(text, markup=False)

    def train(self, record: dict[str, Any]) -> None:
        """속도와 손실을 새로 보여 줘요."""
        super().train(record)
        if not self.enabled:
            return
        state = (
            f"손실 {record['loss']:.3f} nat · 정확도 {record['accuracy']:.1%} · 학습률 {record['lr']:.2e} · "
            f"{record['tokens_per_second']:,.0f}토큰/초"
        )
        if self.bar:
            self.bar.update(self.task, completed=record["step"], total=record["total_steps"], state=state)
            return
        left = record["seconds_left"]
        console.print(f"스텝 {record['step']:>6,}/{record['total_steps']:,} · {state} · 남은 시간 {left / 60:.1f}분")

    def valid(self, record: dict[str, Any]) -> None:
        """검증 손실과 예문 번역 하나를 보여 줘요."""
        super().valid(record)
        if self.enabled:
            console.print(
                f"스텝 {record['step']:>6,} · 검증 손실 {record['valid_loss']:.3f} nat · "
                f"교사 강요 정확도 {record['valid_accuracy']:.1%} · {record['translations'][0]}",
                markup=False,
            )

    def close(self) -> None:
        """막대를 멈추고 파일을 닫아요."""
        if self.bar:
            self.bar.stop()
        super().close()


def show_result(folder: Path, result: dict[str, Any]) -> None:
    """점수와 실행 카드의 위치를 보여 줘요."""
    grid = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rows = {
        "BLEU": f"{result['bleu']:.2f}  ({result['signature']})",
        "chrF": f"{result['chrf']:.2f}",
        "완전 일치": f"{result['exact_match']:.1%}",
    }
    if "steps" in result:
        rows |= {
            "교사 강요 정확도": f"{result['teacher_forced_accuracy']:.1%}  (번역 점수가 아니에요)",
            "파라미터": f"{result['parameters']:,}개",
            "스텝": f"{result['steps']:,}",
            "CPU 시간": f"{result['cpu_seconds']:,.0f}초",
            "걸린 시간": f"{result['wall_seconds']:,.0f}초",
            "실행 카드": str(folder / "index.html"),
        }
    for name, value in rows.items():
        grid.add_row(name, value)
    console.print(grid)
    if result["note"]:
        console.print(result["note"])
