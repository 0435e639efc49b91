"""부모와 모래상자 사이의 말. 양쪽이 함께 쓰고, 표준 라이브러리만 불러요.

제출물 하나에 소켓 하나를 새로 만들어 갓 갈라진 자식과 바로 이야기해요. 따뜻한 작업자는 그 소켓을 넘겨주기만 하고
제출물의 글자를 한 번도 읽지 않으므로, 다음 자식의 기억에 앞 제출물이 남지 않아요.

- 부모 -> 자식: 머리(JSON)의 길이와 머리, 이어서 실습마다의 사례(`wire` 바이트)
- 자식 -> 부모: (종류 1바이트, 단위 번호 4바이트, 길이 4바이트, 본문)의 되풀이
- 작업자 -> 부모: 자식이 끝난 까닭과 CPU 시간. 자식이 쥐지 않는 다른 파이프로 와요.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import asdict, dataclass, field
from typing import Any

BEGIN_CELL, END_CELL, BEGIN_EXERCISE, END_EXERCISE, DONE = range(1, 6)

FRAME = struct.Struct(">BII")
STATUS = struct.Struct(">iiId")  # 종료 코드, 신호, 시간이 다 됐는지, CPU 초
START = struct.Struct(">I")  # 자식 하나에 허락하는 벽시계 시간(초)


@dataclass(frozen=True)
class Limits:
    """제출물 하나가 쓸 수 있는 것들의 상한. 단위는 셀 하나 또는 실습 하나예요.

    시간은 CPU 초로 재요. 기계가 바빠도 같은 제출물이 같은 점수를 받게요. 벽시계는 잠들어 있는 코드를 깨우는 데만 써요.
    """

    unit_cpu: float = 5.0
    unit_wall: float = 60.0
    child_cpu: int = 60
    child_wall: int = 180
    memory: int = 1024 * 1024 * 1024
    threads: int = 64
    files: int = 64
    answer_bytes: int = 8 * 1024 * 1024
    answer_tensors: int = 4096


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


def receive_exactly(sock: socket.socket, size: int) -> bytes:
    """`size` 바이트를 다 받아요. 먼저 끊기면 EOFError."""
    data = bytearray(size)
    view: Any = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return bytes(data)
