"""기계: 장치, 정밀도, 프로세스 수를 한곳에서 정해요. 학습 루프는 이 결정을 몰라도 돼요.

CPU, CUDA, MPS 가운데 있는 것을 쓰고, 여러 프로세스는 `torchrun`이 띄우고 accelerate가 묶어요.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from reference.errors import UserError
from reference.training.memory import keep_freed_memory

if TYPE_CHECKING:
    from accelerate import Accelerator

T = TypeVar("T")

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Machine:
    """학습이 도는 기계예요. precision은 "fp32", "bf16", "fp16" 가운데 하나이고, compile이 참이면 torch.compile을 써요."""

    accelerator: Accelerator
    device: torch.device
    precision: str
    compile: bool

    @property
    def rank(self) -> int:
        """이 프로세스의 번호예요. 파일은 0번만 써요."""
        return self.accelerator.process_index

    @property
    def world(self) -> int:
        """함께 학습하는 프로세스의 수예요."""
        return self.accelerator.num_processes

    @property
    def is_main(self) -> bool:
        """파일과 화면을 맡은 프로세스인지 알려 줘요."""
        return self.rank == 0

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """행렬곱만 낮은 정밀도로 하는 구역을 열어요. fp32이면 아무 일도 하지 않아요."""
        if self.precision == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, DTYPES[self.precision])

    def sum(self, value: Tensor) -> Tensor:
        """모든 프로세스의 값을 더해요."""
        return self.accelerator.reduce(value, "sum") if self.world > 1 else value

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """이 안에서 한 프로세스라도 실패하면 모두가 함께 멈춰요.

        한 프로세스만 빠지면 나머지는 오지 않을 것을 기다려요. 그래서 실패했는지를 먼저 서로 알려요. 이 안에서는 프로세스끼리
        주고받는 일(`sum` 등)을 하지 않아야 해요.
        """
        failure: Exception | None = None
        try:
            yield
        except Exception as error:
            failure = error
        failures = self.sum(torch.tensor(float(failure is not None), device=self.device))
        if failures and self.world > 1:
            torch.distributed.destroy_process_group()  # 모두 멈추므로 통신도 모두 함께 닫아요.
        if failure is not None:
            raise failure
        if failures:
            raise UserError(
                f"함께 배우던 다른 프로세스에 문제가 생겨 {self.rank}번도 멈췄어요. 그 프로세스의 말을 봐 주세요."
            )

    def main_first(self, job: Callable[[], T]) -> T:
        """같은 일을 0번이 먼저 하고 나머지가 이어서 해요. 나머지는 0번이 만든 파일을 열기만 하면 돼요."""
        done: list[T] = []
        for turn in (True, False):
            with self.together():
                if self.is_main == turn:
                    done.append(job())
        return done[0]

    @contextlib.contextmanager
    def peers_may_leave(self) -> Iterator[None]:
        """이 안에서 다른 프로세스가 죽어 통신이 끊기면, 그 사정을 말하는 UserError로 바꿔요."""
        try:
            yield
        except RuntimeError as error:
            if self.world == 1 or not _is_lost_peer(error):
                raise
            raise UserError(
                f"함께 배우던 다른 프로세스가 멈춰서 {self.rank}번도 멈췄어요. 그 프로세스의 말을 봐 주세요. "
                "까닭을 고친 뒤 마지막으로 저장한 상태에서 --resume으로 이어 갈 수 있어요."
            ) from error

    def to_device(self, tensor: Tensor) -> Tensor:
        """텐서를 장치로 옮겨요. CUDA에서는 복사를 기다리지 않아요."""
        return tensor.to(self.device, non_blocking=True)


def choose(device: str = "auto", precision: str = "auto", compile: str = "auto", threads: int = 0) -> Machine:
    """장치와 정밀도를 골라요. 없는 장치를 달라고 하면 UserError를 내요.

    스레드 수와 행렬곱의 정밀도는 프로세스 전체의 설정이라, 이 뒤의 모든 계산이 함께 바뀌어요(값은 fp32 오차 안이에요).
    """
    from accelerate import Accelerator  # 무거워서 장치를 고를 때만 불러와요.

    kind = pick_device(device)
    accelerator = Accelerator(cpu=kind == "cpu")
    if threads:
        torch.set_num_threads(min(threads, os.cpu_count() or threads))
    if kind == "cpu":
        prefer_fast_matmul()
        keep_freed_memory()
    if kind == "cuda":
        torch.set_float32_matmul_precision("high")  # fp32에서도 텐서 코어(TF32)를 써요.
    # CPU에서는 컴파일에 2분이 걸리고도 느려져서 쓰지 않아요.
    compiled = compile == "on" or (compile == "auto" and kind == "cuda")
    return Machine(accelerator, accelerator.device, _pick_precision(kind, precision), compiled)


def _is_lost_peer(error: RuntimeError) -> bool:
    """다른 프로세스와의 연결이 끊겨서 난 오류인지 알려 줘요. gloo는 형이 따로 없어서 글을 봐요."""
    return isinstance(error, torch.distributed.DistError) or "gloo" in str(error) or "by peer" in str(error)


def pick_device(wanted: str) -> str:
    """장치의 이름이에요. auto는 있는 것 가운데 가장 빠른 것이고, 없는 장치를 달라고 하면 UserError예요."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, there in available.items() if there)
    if wanted not in available:
        raise UserError(f"모르는 장치예요: {wanted}. auto, cpu, cuda, mps 가운데에서 골라 주세요.")
    if not available[wanted]:
        raise UserError(f"이 컴퓨터에는 {wanted} 장치가 없어요. --device auto나 --device cpu로 다시 실행해 주세요.")
    return wanted


def _pick_precision(device: str, wanted: str) -> str:
    if wanted == "auto":
        return "bf16" if has_fast_bf16(device) else "fp32"
    if wanted not in DTYPES:
        raise UserError(f"모르는 정밀도예요: {wanted}. auto, fp32, bf16, fp16 가운데에서 골라 주세요.")
    if wanted == "fp16" and device == "cpu":
        raise UserError("CPU에서는 fp16이 느리고 넘치기 쉬워요. --precision bf16이나 fp32로 다시 실행해 주세요.")
    return wanted


def has_fast_bf16(device: str) -> bool:
    """bf16 행렬곱을 하드웨어로 계산하는지 알려 줘요. 흉내만 내는 CPU에서는 fp32보다 느려요."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        flags = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(getattr(torch.cpu, flag, bool)() for flag in flags)
    return False


def prefer_fast_matmul() -> str:
    """AMD CPU에서는 MKL보다 oneDNN의 fp32 행렬곱이 빨라요. 결과가 fp32 오차 안일 때만 고르고, 고른 설정을 돌려줘요."""
    before = torch.get_float32_matmul_precision()
    if not torch.backends.mkldnn.is_available():
        return before
    x = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    exact = x.double() @ x.double()
    torch.set_float32_matmul_precision("medium")
    if ((x @ x).double() - exact).abs().max() > 1e-4:  # bf16으로 깎아 계산하는 CPU라면 되돌려요.
        torch.set_float32_matmul_precision(before)
    return torch.get_float32_matmul_precision()


def seed(base: int, step: int, rank: int) -> None:
    """드롭아웃 난수를 스텝 번호로 정해요. 어디서 이어 달려도 같은 스텝은 같은 난수를 써요."""
    torch.manual_seed((base * 1_000_003 + step) * 1_009 + rank)


def cpu_seconds() -> float:
    """이 프로세스와 자식이 지금까지 쓴 CPU 시간(초)이에요. 스레드를 모두 합쳐요."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def describe(machine: Machine) -> dict[str, Any]:
    """실행 카드에 적을 기계와 라이브러리 판이에요."""
    name = torch.cuda.get_device_name() if machine.device.type == "cuda" else platform.processor() or platform.machine()
    packages = ("torch", "tokenizers", "safetensors", "sacrebleu", "accelerate")
    return {
        "device": machine.device.type,
        "device_name": name,
        "processes": machine.world,
        "threads": torch.get_num_threads(),
        "precision": machine.precision,
        "compile": machine.compile,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: metadata.version(package) for package in packages},
        "started": time.strftime("%Y-%m-%d %H:%M:%S"),
    }


def wrap(machine: Machine, module: nn.Module) -> nn.Module:
    """모듈을 장치로 옮기고, 필요하면 컴파일하고, 프로세스가 여럿이면 기울기를 나누게 감싸요."""
    module = module.to(machine.device)
    if machine.compile:
        module.compile()
    return machine.accelerator.prepare_model(module) if machine.world > 1 else module
