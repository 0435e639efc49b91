"""깨끗한 프로세스: 지점 하나를 시드 하나로, 따로 띄운 프로세스에서 스레드 하나로 재요.

torch를 불러오는 데만 몇 초가 걸리므로, 불러오기만 해 둔 프로세스(forkserver)에서 갈라져 나와요. 그럴 수 없는 운영체제에서는 새로 띄워요.
"""

from __future__ import annotations

import contextlib
import io
import math
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from reference.errors import UserError

# 갈라져 나올 프로세스가 미리 불러와 두는 것. 아무것도 계산하지 않으므로 모든 실험이 같은 처음에서 시작해요.
PRELOADED = ["reference.experiments.runner", "reference.experiments.small_training"]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Fresh:
    """깨끗한 프로세스들이에요. 여러 실에서 함께 써도 되고, `stop`하면 도는 것을 모두 끝내요."""

    def __init__(self) -> None:
        ways = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
        if "forkserver" in ways:
            self._context.set_forkserver_preload(PRELOADED)
        self._running: set[BaseProcess] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def measure(self, task: dict[str, Any]) -> dict[str, Any]:
        """한 번 재고 {"measured", "cpu_seconds"}를 돌려줘요. 프로세스가 죽거나 오류를 내면 까닭을 말하는 UserError예요."""
        receiver, sender = self._context.Pipe(duplex=False)
        with self._lock:
            if self._stopped:
                raise UserError("멈추라고 해서 재지 않았어요.")
            process = self._context.Process(
                target=_answer, args=(task, {**os.environ, **ONE_THREAD}, sender), daemon=True
            )
            with _environment(ONE_THREAD):  # 스레드의 수는 torch를 불러오기 전에 정해져 있어야 해요.
                process.start()
            self._running.add(process)
        sender.close()
        try:
            kind, answer = receiver.recv()
        except EOFError:
            kind, answer = "lost", None
        process.join()
        with self._lock:
            self._running.discard(process)
        if kind == "lost":
            why = f"신호 {-process.exitcode}번으로" if process.exitcode < 0 else f"종료 코드 {process.exitcode}로"
            raise UserError(f"프로세스가 {why} 끝났어요. 메모리가 모자라지 않은지 봐 주세요.")
        if kind == "trouble":
            raise UserError(answer)
        measured: dict[str, Any] = answer
        return measured

    def stop(self) -> None:
        """도는 프로세스를 모두 끝내고 새로 띄우지 않아요."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Any:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def compact(value: Any) -> Any:
    """수를 여섯 자리로 줄여요. JSON이 작아지고, 다시 읽어도 같은 판정이 나와요."""
    if isinstance(value, dict):
        return {name: compact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) and math.isfinite(value) else value


def work(task: dict[str, Any]) -> dict[str, Any]:
    """이 프로세스에서 한 번 재요. 재다가 난 오류는 까닭을 한 줄로 말하는 UserError예요."""
    import torch

    from reference.experiments.catalogue import load
    from reference.experiments.experiment import Setup

    experiment = load(task["module"])
    torch.manual_seed(task["seed"])
    start = time.process_time()
    try:
        setup = Setup(task["scale"], torch.device(task["device"]))
        measured = compact(experiment.measure(task["point"], task["seed"], setup))
    except Exception as error:
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        raise UserError(" ".join(reason.split())) from error
    return {"measured": measured, "cpu_seconds": round(time.process_time() - start, 2)}


def _answer(task: dict[str, Any], environment: dict[str, str], sender: Connection) -> None:
    """깨끗한 프로세스에서 할 일이에요. 잰 것이나 까닭을 보내요."""
    os.environ.update(environment)  # 불러오기만 해 둔 프로세스의 것은 처음 띄울 때의 환경 변수예요.
    import torch

    from reference.training.machine import prefer_fast_matmul
    from reference.training.memory import keep_freed_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C는 부모가 받아 이 프로세스를 끝내요.
    torch.set_num_threads(1)
    prefer_fast_matmul()
    keep_freed_memory()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # 라이브러리가 찍는 말이 화면에 섞이지 않게 해요.
            sender.send(("measured", work(task)))
    except UserError as error:
        sender.send(("trouble", str(error)))
