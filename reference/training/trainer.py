"""학습: 배치, 순전파, 손실, 역전파, 자르기, 갱신, 학습률, 기록을 되풀이해요 (논문 §5).

`Trainer.run`을 위에서 아래로 읽으면 학습 한 번이 그대로 보여요. 장치와 정밀도는 machine.py, 파일은 checkpoint.py, 메모리가
모자란 일은 out_of_memory.py가 맡아요.
기호: B 문장 수, S 원문 길이, T 번역문 길이, N 패딩이 아닌 번역 토큰 수.
"""

from __future__ import annotations

import contextlib
import copy
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reference.config import ModelConfig
from reference.data.batches import Batch, token_batches
from reference.data.dataset import PairDataset
from reference.data.subword_dropout import epochs
from reference.data.tokenizer import Tokenizer
from reference.errors import UserError
from reference.training import checkpoint, out_of_memory
from reference.training.evaluation import for_decoding, teacher_forced, translate
from reference.training.machine import Machine, seed, wrap
from reference.training.optimizer import moments, optimizers, restore_moments
from reference.training.progress import Clock, Progress, Reporter, Totals
from reference.training.settings import TrainConfig
from reference.training.translation_loss import translation_loss
from reference.transformer import Transformer

PLAN_AT = 100  # CPU 시간 예산을 스텝 수로 바꾸는 스텝. 그 뒤로는 스텝만 보므로 이어 달려도 곡선이 같아요.


class Objective(nn.Module):
    """모델에 손실을 붙인 모듈이에요. 분산 학습과 컴파일이 순전파와 손실을 한 덩어리로 다루게 해요."""

    def __init__(self, model: Transformer, label_smoothing: float) -> None:
        super().__init__()
        self.model = model
        self.label_smoothing = label_smoothing

    def forward(self, src: Tensor, tgt_in: Tensor, tgt_out: Tensor) -> tuple[Tensor, Tensor]:
        """src (B, S), tgt_in tgt_out (B, T) 정수 → (손실의 합, 맞힌 자리 수)."""
        return translation_loss(self.model, src, tgt_in, tgt_out, self.label_smoothing)


class Trainer:
    """Transformer 하나를 학습하고, 도중에 저장하고, 저장한 자리에서 이어 가요."""

    def __init__(
        self,
        config: TrainConfig,
        model_config: ModelConfig,
        machine: Machine,
        tokenizer: Tokenizer,
        train_set: PairDataset,
        valid_set: PairDataset,
        samples: list[tuple[str, str]],
        folder: Path,
    ) -> None:
        self.config, self.machine, self.tokenizer, self.folder = config, machine, tokenizer, folder
        self.train_set, self.valid_set, self.samples = train_set, valid_set, samples
        longest = min(model_config.max_len, config.max_tokens) - 1
        self.epoch_data = epochs(train_set, tokenizer, config.subword_dropout, config.seed, longest)
        torch.manual_seed(config.seed)  # 처음 가중치
        self.model = Transformer(model_config)
        self.alone = Objective(self.model, config.label_smoothing)  # 다른 프로세스와 기울기를 나누지 않는 것
        self.objective = wrap(machine, self.alone)
        self.parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizers = optimizers(self.model, config)
        self.scaler = torch.amp.GradScaler(machine.device.type, enabled=machine.precision == "fp16")
        self.ema = {name: value.detach().clone() for name, value in self.model.named_parameters()} if config.ema else {}
        self.progress = Progress(total_steps=config.max_steps)
        self.stop_requested = False

    # -- 학습 --

    def run(self, report: Reporter) -> Progress:
        """max_steps까지 학습해요. Ctrl+C를 누르면 하던 스텝을 마치고 저장한 뒤 KeyboardInterrupt를 내요."""
        config, progress, totals = self.config, self.progress, Totals()
        clock = Clock(progress)
        if progress.step >= progress.total_steps or progress.stopped:  # 다 배운 폴더를 이어 달리라고 했을 때
            return progress
        with self._polite_interrupt(), self.machine.peers_may_leave():
            for step, batches in self._updates():
                self._update(step, batches, totals)
                clock.update(progress)
                if step % config.log_every == 0 or step == progress.total_steps:
                    report.train(self._summary(step, totals))
                    totals = Totals()
                if step == PLAN_AT and config.max_cpu_minutes:
                    self._plan(step, clock)
                if step % config.valid_every == 0 or step == progress.total_steps:
                    self._validate(step, report)
                    clock.update(progress)
                    totals.started = time.perf_counter()
                done = step >= progress.total_steps or bool(progress.stopped)
                stop = self._asked_to_stop(step)
                if step % config.save_every == 0 or done or stop:
                    self._save(step)
                if stop and not done:
                    raise KeyboardInterrupt
                if done:
                    break
        return progress

    def _update(self, step: int, batches: list[Batch], totals: Totals) -> None:
        """배치 몇 개의 기울기를 모아 가중치를 한 번 고쳐요."""
        config, machine = self.config, self.machine
        seed(config.seed, step, machine.rank)
        batches = [batch.to(machine.device) for batch in batches]
        pad = self.model.config.pad_id
        tokens = machine.sum(torch.stack([batch.tgt_out.ne(pad).sum() for batch in batches]).sum())
        loss_sum, correct_sum = torch.zeros((), device=machine.device), torch.zeros((), device=machine.device)
        for index, batch in enumerate(batches):
            with self._sync(last=index == len(batches) - 1):
                # 기울기는 프로세스끼리 평균되므로, 프로세스 수를 곱해 두면 "모든 토큰의 평균"이 돼요.
                loss, correct = self.learn(batch, machine.world / tokens)
            loss_sum += loss.detach()
            correct_sum += correct
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(self.parameters, config.clip or math.inf, foreach=True)
        if machine.device.type == "cpu":  # CPU에서는 값을 읽는 데 기다림이 없으므로, 갱신하기 전에 바로 확인해요.
            self._check_finite(float(norm), step)
        lr = config.learning_rate(step, self.model.config.d_model, self.progress.total_steps)
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = lr
            self.scaler.step(optimizer)
        self.scaler.update()
        self.model.zero_grad(set_to_none=True)
        self._update_ema(step)
        totals.loss, totals.correct = totals.loss + loss_sum, totals.correct + correct_sum
        totals.tokens, totals.norm, totals.steps = totals.tokens + tokens, norm, totals.steps + 1

    def learn(self, batch: Batch, scale: Tensor | float) -> tuple[Tensor, Tensor]:
        """순전파와 역전파예요. 배치의 (손실의 합, 맞힌 개수)를 돌려줘요. 메모리가 모자라면 들어갈 크기를 알려 줘요."""
        try:
            with self.machine.autocast():
                loss, correct = self.objective(batch.src, batch.tgt_in, batch.tgt_out)
            self.scaler.scale(loss * scale).backward()
            return loss, correct
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory.is_out_of_memory(error):
                raise
        self.model.zero_grad(set_to_none=True)  # 예외를 벗어난 뒤라야 넘친 메모리가 풀려요.
        raise out_of_memory.advice(self.alone, batch, self.machine, self.config)

    def _updates(self) -> Iterator[tuple[int, list[Batch]]]:
        """(스텝 번호, 배치 accumulate개)를 끝없이 내놓아요. 에폭이 끝나면 순서를 새로 섞어요."""
        config, progress = self.config, self.progress
        waiting: list[Batch] = []
        while True:
            found = False
            data = self.epoch_data(progress.epoch)
            if progress.batch == 0:  # 에폭의 첫머리에서 정해 체크포인트에 담으므로, 이어 달려도 같아요.
                progress.both_ways = progress.step < config.both_ways * progress.total_steps
            # 컴파일하면 모양마다 다시 컴파일하므로, 길이를 16의 배수로 맞춰 모양의 수를 줄여요.
            for batch in token_batches(
                data.both_ways() if progress.both_ways else data,
                config.max_tokens,
                config.seed,
                progress.epoch,
                rank=self.machine.rank,
                world=self.machine.world,
                start=progress.batch,
                pad_to=16 if self.machine.compile else None,
            ):
                found = True
                progress.batch += 1
                waiting.append(batch)
                if len(waiting) == config.accumulate:
                    progress.step += 1
                    yield progress.step, waiting
                    waiting = []
            if not found and progress.batch == 0:
                raise UserError("학습할 배치가 하나도 없어요. 데이터를 늘리거나 --max-tokens를 키워 주세요.")
            progress.epoch, progress.batch = progress.epoch + 1, 0

    def _update_ema(self, step: int) -> None:
        """가중치의 이동 평균을 고쳐요. 초반에는 짧게 평균해서 처음 가중치를 빨리 잊어요."""
        if self.ema:
            decay = min(self.config.ema, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(self.ema.values()), [p.detach() for p in self.parameters], 1 - decay)

    def _plan(self, step: int, clock: Clock) -> None:
        """지금까지의 속도로 예산 안에 끝나는 스텝 수를 정해요. 이 값은 체크포인트에 남아서 다시 바뀌지 않아요."""
        left = self.config.max_cpu_minutes * 60 - self.progress.cpu_seconds
        per_step = clock.cpu_per_step(step)
        planned = torch.tensor(step + int(left / per_step), device=self.machine.device)
        agreed = int(self.machine.sum(planned)) // self.machine.world  # 시계는 프로세스마다 달라도 끝은 같아야 해요.
        self.progress.total_steps = max(step + 1, min(self.config.max_steps, agreed))
        self.config.check_length(self.progress.total_steps)

    # -- 검증과 기록 --

    def best_model(self) -> Transformer:
        """평가할 때 쓰는 모델이에요. EMA가 있으면 그 가중치를 담은 사본이에요."""
        model = copy.deepcopy(self.model)
        if self.ema:
            model.load_state_dict({**model.state_dict(), **self.ema})
        return model.eval()

    def _validate(self, step: int, report: Reporter) -> None:
        """검증 손실과 예문 번역을 기록하고, 더 나아지지 않으면 멈출 준비를 해요."""
        progress, model = self.progress, self.best_model()
        loss, accuracy = teacher_forced(model, self.valid_set, self.machine, self.config.max_tokens)
        # 멈출지를 모두가 똑같이 정하도록, 프로세스마다 조금씩 다를 수 있는 손실을 평균해요.
        loss = float(self.machine.sum(torch.tensor(loss, device=self.machine.device))) / self.machine.world
        sources = [source for source, _ in self.samples]
        translations = translate(for_decoding(model, self.machine), self.tokenizer, sources, self.machine)
        report.valid(
            {
                "step": step,
                "valid_loss": loss,
                "valid_accuracy": accuracy,
                "sources": sources,
                "translations": translations,
            }
        )
        improved = loss < progress.best_loss
        progress.best_loss, progress.stale = min(loss, progress.best_loss), 0 if improved else progress.stale + 1
        if self.config.patience and progress.stale >= self.config.patience:
            progress.stopped = f"검증 손실이 {progress.stale}번 잇달아 나아지지 않음"

    def _summary(self, step: int, totals: Totals) -> dict[str, Any]:
        """기록 한 줄이에요. loss는 토큰당 평균(내트), seconds와 cpu_seconds는 초예요."""
        tokens = float(totals.tokens)
        loss = float(self.machine.sum(torch.as_tensor(totals.loss))) / tokens
        correct = float(self.machine.sum(torch.as_tensor(totals.correct)))
        self._check_finite(loss, step)
        self.progress.tokens += int(tokens)
        speed = tokens / (time.perf_counter() - totals.started)
        left = (self.progress.total_steps - step) * tokens / totals.steps / speed
        return {
            "step": step,
            "total_steps": self.progress.total_steps,
            "epoch": self.progress.epoch,
            "loss": loss,
            "accuracy": correct / tokens,
            "lr": self.optimizers[0].param_groups[0]["lr"],
            "grad_norm": float(totals.norm),
            "tokens": self.progress.tokens,
            "tokens_per_second": round(speed, 1),
            "seconds_left": round(left, 1),
            "seconds": round(self.progress.wall_seconds, 3),
            "cpu_seconds": round(self.progress.cpu_seconds, 3),
        }

    def _check_finite(self, value: float, step: int) -> None:
        if math.isfinite(value) or (self.machine.precision == "fp16" and self.machine.device.type != "cpu"):
            return
        raise UserError(
            f"{step}번째 스텝(에폭 {self.progress.epoch}, 배치 {self.progress.batch - 1})에서 손실이 숫자가 아니게 됐어요. "
            f"마지막으로 저장한 상태는 {self.folder}에 그대로 있어요. "
            "학습률을 낮추거나(--lr-factor 0.5) --precision fp32로 --resume 하세요."
        )

    # -- 저장 --

    @property
    def checkpoints(self) -> Path:
        """체크포인트를 두는 폴더예요."""
        return self.folder / "checkpoints"

    def _save(self, step: int) -> None:
        if not self.machine.is_main:
            return
        groups = {"model": self.model.state_dict(), "ema": self.ema, "optimizer": moments(self.model, self.optimizers)}
        state = {
            "progress": asdict(self.progress),
            "scaler": self.scaler.state_dict(),
            "model": self.model.config.to_dict(),
            "optimizer": self.config.optimizer,
        }
        checkpoint.save(self.checkpoints, step, groups, state, keep=max(2, self.config.average))

    def restore(self) -> int:
        """가장 새로운 체크포인트에서 상태를 되살리고 그 스텝을 돌려줘요. 없으면 0이에요."""
        found = checkpoint.load_latest(self.checkpoints)
        if found is None:
            return 0
        groups, state = found
        if state.get("optimizer", "adam") != self.config.optimizer:
            raise UserError(
                f"{self.folder}는 {state.get('optimizer', 'adam')}(으)로 배우던 것이라 옵티마이저를 바꿔서는 이어 갈 수 없어요. "
                "--optimizer를 빼거나, 새 폴더에서 처음부터 학습해 주세요."
            )
        checkpoint.load_weights(self.model, groups["model"], self.checkpoints)
        for name, value in groups.get("ema", {}).items():
            self.ema[name].copy_(value)
        restore_moments(self.model, self.optimizers, groups.get("optimizer", {}), self.machine.device)
        self.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"])
        if not self.config.max_cpu_minutes:  # 이어 달리면서 --max-steps를 바꿨을 수 있어요.
            self.progress.total_steps = self.config.max_steps
        return self.progress.step

    def final_model(self) -> Transformer:
        """학습의 결과예요. EMA 또는 마지막 체크포인트들의 평균이에요 (논문 §6.1)."""
        model = self.best_model()
        paths = checkpoint.steps(self.checkpoints)[-self.config.average :]
        if not self.ema and len(paths) > 1:
            checkpoint.load_weights(model, checkpoint.average(paths), self.checkpoints)
        return model

    # -- 도우미 --

    def _sync(self, last: bool) -> contextlib.AbstractContextManager[Any]:
        """모으는 중간에는 프로세스끼리 기울기를 주고받지 않아요."""
        if last or self.machine.world == 1:
            return contextlib.nullcontext()
        return self.machine.accelerator.no_sync(self.objective)

    def _asked_to_stop(self, step: int) -> bool:
        """멈추라는 신호가 왔는지예요. 프로세스가 여럿이면 기록하는 스텝에서만 모두 함께 멈춰요."""
        if self.machine.world == 1:
            return self.stop_requested
        if step % self.config.log_every:
            return False
        return bool(self.machine.sum(torch.tensor(float(self.stop_requested), device=self.machine.device)) > 0)

    @contextlib.contextmanager
    def _polite_interrupt(self) -> Iterator[None]:
        """첫 Ctrl+C는 하던 스텝을 마친 뒤 저장하고, 두 번째는 바로 멈춰요."""

        def ask_to_stop(number: int, frame: Any) -> None:
            if self.stop_requested:
                raise KeyboardInterrupt
            self.stop_requested = True

        try:
            before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # 주 스레드가 아니면 신호를 받을 수 없어요.
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
