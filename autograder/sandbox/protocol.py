"""부모와 모래상자 사이의 말. 양쪽이 함께 쓰고, 표준 라이브러리만 불러요.

제출물 하나에 소켓 하나를 새로 만들어 갓 갈라진 자식과 바로 이야기해요. 따뜻한 작업자는 그 소켓을 넘겨주기만 하고
제출물의 글자를 한 번도 읽지 않으므로, 다음 자식의 기억에 앞 제출물이 남지 않아요.

- 부모 -> 자식: 머리(JSON)의 길이와 머리, 이어서 실습마다의 사례(`wire` 바이트)
- 자식 -> 부모: (종류 1바이트, 단위 번호 4바이트, 길이 4바이트, 본문)의 되풀이. 맨 앞은 누구인지 커널이 적어 주는 HELLO예요.
- 작업자 -> 부모: 자식이 끝난 까닭과 CPU 시간(`fork_server.STATUS`). 자식이 쥐지 않는 다른 파이프로 와요.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.limits import Limits

HELLO, BEGIN_CELL, END_CELL, BEGIN_EXERCISE, END_EXERCISE, DONE = range(6)

FRAME = struct.Struct(">BII")


@dataclass(frozen=True)
class CellText:
    """실행할 셀 하나. `unit`은 보낸 쪽이 알아보는 번호예요."""

    unit: int
    source: str


@dataclass(frozen=True)
class Task:
    """부를 함수 하나. `replace`에 든 이름은 부르는 동안 `Job.counterparts`의 바른 함수로 바꿔 놓아요.

    `source`(그 함수의 셀)가 있으면 부르는 대신, `calls`에 담은 공개 답안지로 틀린 줄을 `seconds`초 동안 찾아요.
    """

    name: str
    calls: bytes
    replace: tuple[str, ...] = ()
    source: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """자식 하나가 할 일: 셀들을 차례로 실행하고, 함수들을 사례대로 불러요."""

    cells: tuple[CellText, ...]
    tasks: tuple[Task, ...]
    counterparts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


def send_job(sock: socket.socket, job: Job) -> None:
    """일 하나를 보내요."""
    head = json.dumps(
        {
            "cells": [[cell.unit, cell.source] for cell in job.cells],
            "tasks": [[t.name, len(t.calls), list(t.replace), t.source, t.seconds] for t in job.tasks],
            "counterparts": list(job.counterparts),
            "limits": asdict(job.limits),
        }
    ).encode()
    sock.sendall(b"".join([struct.pack(">I", len(head)), head, *(task.calls for task in job.tasks)]))


def receive_job(sock: socket.socket) -> Job:
    """일 하나를 받아요. 먼저 끊기면 EOFError."""
    head = json.loads(receive_exactly(sock, struct.unpack(">I", receive_exactly(sock, 4))[0]))
    return Job(
        cells=tuple(CellText(unit, source) for unit, source in head["cells"]),
        tasks=tuple(
            Task(name, receive_exactly(sock, size), tuple(replace), source, seconds)
            for name, size, replace, source, seconds in head["tasks"]
        ),
        counterparts=tuple(head["counterparts"]),
        limits=Limits(**head["limits"]),
    )


def send_frame(sock: socket.socket, kind: int, unit: int, body: bytes = b"") -> None:
    """자식의 말 한마디를 보내요."""
    sock.sendall(FRAME.pack(kind, unit, len(body)) + body)


def receive_exactly(sock: socket.socket, size: int, while_waiting: Callable[[], None] | None = None) -> bytes:
    """`size` 바이트를 다 받아요. 먼저 끊기면 EOFError. 소켓의 시간이 다 될 때마다 `while_waiting`을 부르고 더 기다려요."""
    data = bytearray(size)
    view: Any = memoryview(data)
    while view:
        try:
            count = sock.recv_into(view)
        except TimeoutError:
            if while_waiting is None:
                raise
            while_waiting()
            continue
        if not count:
            raise EOFError
        view = view[count:]
    return bytes(data)
