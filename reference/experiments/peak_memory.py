"""최대 메모리: 일 하나가 한꺼번에 잡고 있던 메모리 가운데 가장 많았던 순간을 재요. 단위는 바이트예요."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from reference.errors import UserError


def peak_bytes(job: Callable[[], Any], device: torch.device) -> int:
    """일을 한 번 하는 동안 새로 잡은 최대 메모리예요. 이미 있던 입력은 세지 않고, 안에서 잠깐 쓴 것까지 세요.

    CPU에서는 PyTorch가 메모리를 잡고 놓을 때마다의 기록을 더해 가고, GPU에서는 할당기가 적어 둔 것을 읽어요.
    MPS에는 그런 기록이 없어서 UserError예요.
    """
    if device.type == "mps":
        raise UserError("MPS에서는 한꺼번에 쓴 메모리를 잴 수 없어요. --device cpu로 다시 실행해 주세요.")
    if device.type != "cpu":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        job()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        with _quiet_stderr(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
            job()
        record.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text("utf-8"))["traceEvents"]
    changes = sorted((e["ts"], e["args"]["Bytes"]) for e in events if e.get("name") == "[memory]")
    held = peak = 0
    for _, size in changes:
        held += size
        peak = max(peak, held)
    return peak


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """프로파일러는 켜고 끌 때마다 C++에서 표준 오류에 바로 적어요. 파이썬에서는 끌 수 없어서 이 구역에서만 받아 버려요."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
