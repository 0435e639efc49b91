"""갇힌 자식이 해서는 안 되는 일들을 정말로 해 봐요."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any


def escapes(forbidden: Sequence[str]) -> list[str]:
    """가두고 난 자식이 해서는 안 되는 일들을 정말로 해 보고, 성공한 것의 이름을 돌려줘요. 비어 있어야 해요."""
    attempts: dict[str, Callable[[], Any]] = {
        "write": lambda: _write(f"{os.getcwd()}/escape-{os.getpid()}"),
        "write-tmp": lambda: _write(f"/tmp/escape-{os.getpid()}"),
        "fork": _fork,
        "signal": _signal_someone,
        "owner": _own_a_pipe,
        "memory": lambda: _read(f"/proc/{os.getppid() or 1}/mem"),
        "processes": lambda: _read("/proc/1/cmdline"),
        "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "datagram": _open_a_datagram_pair,
        "unix-socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close(),
    }
    if hasattr(socket, "AF_VSOCK"):
        # 가상 기계에서는 이 소켓이 네트워크 이름 공간을 지나 바깥 기계까지 닿아요.
        attempts["host-socket"] = lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    for path in forbidden:
        attempts[f"read {path}"] = partial(_read, path)
    done = ["root"] if os.getuid() == 0 else []
    if os.getpid() != 1:
        done.append("shared-space")  # 이웃과 같은 프로세스 공간이에요.
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        done.append(name)
    return done


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _write(path: str) -> None:
    with open(path, "w"):
        os.unlink(path)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _signal_someone() -> None:
    """저 말고 누구에게라도 신호를 보낼 수 있는지. 0번 신호는 닿는지만 봐요."""
    for pid in (os.getppid(), *range(1, 64)):
        if pid not in (0, os.getpid()):
            with suppress(OSError):
                os.kill(pid, 0)
                return
    raise OSError


def _own_a_pipe() -> None:
    """파일의 주인을 정해 커널이 대신 신호를 보내게 하는 길."""
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(reading, fcntl.F_SETOWN, os.getpid())
    finally:
        os.close(reading)
        os.close(writing)


def _open_a_datagram_pair() -> None:
    """낱개로 보내는 소켓. 이름 공간이 없으면 기계의 다른 소켓에 말을 걸 수 있어요."""
    for one in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        one.close()
