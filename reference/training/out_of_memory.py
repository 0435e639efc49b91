"""메모리가 모자랄 때: 그런 오류를 알아보고, 다음에 쓸 배치 크기를 알려 줘요."""

from __future__ import annotations

import torch
from torch import nn

from reference.data.batches import Batch
from reference.errors import UserError
from reference.training.machine import Machine
from reference.training.settings import TrainConfig


def is_out_of_memory(error: BaseException) -> bool:
    """메모리가 모자라서 난 오류인지 알려 줘요. CPU에서는 글을 보고 알 수밖에 없어요."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def advice(objective: nn.Module, batch: Batch, machine: Machine, config: TrainConfig) -> UserError:
    """배치를 반씩 줄이며 들어가는 크기를 찾아, 다음에 쓸 --max-tokens를 말하는 오류를 만들어요.

    프로세스가 여럿이어도 메모리가 모자란 하나만 여기 와요. 그래서 objective는 분산 학습으로 감싸지 않은 것이어야 하고,
    기울기도 `backward`로 쌓지 않아요. 둘 다 다른 프로세스를 기다리거나, 다른 프로세스의 기울기와 섞여요.
    """
    parameters = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    size, rows = config.max_tokens, batch.src.shape[0]
    while rows > 1:
        rows, size = rows // 2, size // 2
        if machine.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            with machine.autocast():
                loss, _ = objective(batch.src[:rows], batch.tgt_in[:rows], batch.tgt_out[:rows])
            torch.autograd.grad(loss, parameters, allow_unused=True)
        except (RuntimeError, MemoryError):
            continue
        more = config.accumulate * config.max_tokens // size
        return UserError(
            f"메모리가 모자라요. 배치 {config.max_tokens}토큰은 넘치고 {size}토큰은 들어가요. "
            f"--max-tokens {size} --accumulate {more}로 다시 실행하면 같은 크기의 갱신이 돼요."
        )
    return UserError("문장 하나도 메모리에 들어가지 않아요. 더 작은 --preset을 골라 주세요.")
