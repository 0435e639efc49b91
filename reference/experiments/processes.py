"""깨끗한 프로세스: 지점 하나를 시드 하나로, 따로 띄운 프로세스에서 스레드 하나로 재요.

`python -m reference.experiments.processes`는 torch를 불러오기만 해 두고 할 일(JSON 한 줄)을 기다려요. 할 일마다 갈라져 나온 프로세스가 재고
결과를 JSON 한 줄로 내요. 불러오는 데만 몇 초가 걸려서 이렇게 해요. 갈라질 수 없는 운영체제에서는 할 일마다 새로 띄워요.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from reference.errors import UserError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
FORKS = hasattr(os, "fork")


class Fresh:
    """깨끗한 프로세스들이에요. 여러 스레드에서 함께 써도 돼요. with 블록을 나오면 모두 끝내요."""

    def __init__(self) -> None:
        self._all: list[subprocess.Popen[str]] = []
        self._idle: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> Fresh:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._stopped = True
            for process in self._all:
                with contextlib.suppress(OSError):
                    # 재고 있는, 갈라져 나온 프로세스까지 한꺼번에 끝내요.
                    os.killpg(process.pid, signal.SIGKILL) if FORKS else process.kill()
        for process in self._all:
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream and stream.close()

    def measure(self, task: dict[str, Any]) -> dict[str, Any]:
        """한 번 재고 {"measured", "cpu_seconds"}를 돌려줘요. 프로세스가 죽거나 오류를 내면 까닭을 말하는 UserError예요."""
        process = self._waiting_one()
        assert process.stdin is not None and process.stdout is not None  # 둘 다 파이프로 열었어요.
        try:
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
        except (OSError, ValueError):  # 기다리던 프로세스까지 죽었어요.
            raise UserError("재는 프로세스가 끝나 버렸어요. 메모리가 모자라지 않은지 봐 주세요.") from None
        with self._lock:
            self._idle += [process] if FORKS else []
        if "trouble" in answer:
            raise UserError(answer["trouble"])
        return answer

    def _waiting_one(self) -> subprocess.Popen[str]:
        """할 일을 기다리는 프로세스예요. 없으면 띄워요."""
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
        with self._lock:
            if self._stopped:
                raise UserError("멈추라고 해서 재지 않았어요.")
            if self._idle:
                return self._idle.pop()
            process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # 라이브러리의 경고예요. 우리의 까닭은 답에 담겨 와요.
                encoding="utf-8",
                env=environment,
                start_new_session=FORKS,
            )
            self._all.append(process)
            return process


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


# -- 여기부터는 그 프로세스 안이에요 --


def main() -> None:
    """할 일을 한 줄씩 받아, 갈라져 나온 프로세스가 재게 해요."""
    import matplotlib.figure  # noqa: F401 갈라지기 전에 불러와 두어요.
    import torch

    from reference.experiments import small_training  # noqa: F401
    from reference.training.machine import prefer_fast_matmul
    from reference.training.memory import keep_freed_memory

    torch.set_num_threads(1)
    prefer_fast_matmul()
    keep_freed_memory()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # 라이브러리가 찍는 말이 답에 섞이지 않게 해요.
    for line in sys.stdin:
        if not FORKS:
            _answer(json.loads(line), out)
            return
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                _answer(json.loads(line), out)
                code = 0
            os._exit(code)
        status = os.waitpid(child, 0)[1]
        if status:
            how = f"신호 {status & 127}번으로" if status & 127 else f"종료 코드 {status >> 8}(으)로"
            _say({"trouble": f"프로세스가 {how} 끝났어요. 메모리가 모자라지 않은지 봐 주세요."}, out)


def _answer(task: dict[str, Any], out: Any) -> None:
    try:
        _say(work(task), out)
    except UserError as error:
        _say({"trouble": str(error)}, out)


def _say(answer: dict[str, Any], out: Any) -> None:
    out.write(json.dumps(answer) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
