"""다른 프로그램을 자식으로 돌려요."""

from __future__ import annotations

import signal
import subprocess


def run_child(command: list[str]) -> int:
    """명령을 돌리고 종료 코드를 돌려줘요."""
    return wait(subprocess.Popen(command))


def wait(process: subprocess.Popen[bytes]) -> int:
    """자식이 끝날 때까지 기다려요. Ctrl+C는 자식도 함께 받으므로 기다리기만 하고, 종료 신호는 자식에게 전해요."""
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue
