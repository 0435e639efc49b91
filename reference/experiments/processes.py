"""깨끗한 프로세스: 지점 하나를 시드 하나로, 새로 띄운 프로세스에서 스레드 하나로 재요.

`python -m reference.experiments.processes`가 그 프로세스예요. 할 일은 JSON 한 줄로 받고, 잰 것은 마지막 줄에 JSON으로 내요.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import threading
import time
from typing import Any

from reference.errors import UserError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Fresh:
    """깨끗한 프로세스들이에요. 여러 실에서 함께 써도 되고, `stop`하면 도는 것을 모두 끝내요."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def measure(self, task: dict[str, Any]) -> dict[str, Any]:
        """한 번 재고 {"measured", "cpu_seconds"}를 돌려줘요. 프로세스가 죽거나 오류를 내면 까닭을 말하는 UserError예요."""
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": paths, "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}
        with self._lock:
            if self._stopped:
                raise UserError("멈추라고 해서 재지 않았어요.")
            process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                env=environment,
            )
            self._running.add(process)
        try:
            said, complained = process.communicate(json.dumps(task))
        finally:
            with self._lock:
                self._running.discard(process)
        if process.returncode < 0:
            raise UserError(
                f"프로세스가 신호 {-process.returncode}번으로 죽었어요. 메모리가 모자라지 않은지 봐 주세요."
            )
        if process.returncode > 0:
            raise UserError((complained.strip().splitlines() or [f"종료 코드 {process.returncode}"])[-1])
        result: dict[str, Any] = json.loads(said.splitlines()[-1])
        return result

    def stop(self) -> None:
        """도는 프로세스를 모두 끝내고 새로 띄우지 않아요."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                with contextlib.suppress(OSError):
                    process.kill()


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


def main() -> int:
    """깨끗한 프로세스에서 할 일이에요."""
    import torch

    from reference.training.machine import prefer_fast_matmul
    from reference.training.memory import keep_freed_memory

    torch.set_num_threads(1)
    prefer_fast_matmul()
    keep_freed_memory()
    try:
        result = work(json.loads(sys.stdin.read()))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n" + json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
