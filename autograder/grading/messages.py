"""채점을 부탁하는 쪽과 심사원 사이의 말: 길이를 앞에 적은 JSON. 심사원이 읽은 제출물의 글은 다시 파이썬 객체로 풀지 않고 글로만 건너와요."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.grading.results import Mark, Scored, Ungraded
from autograder.grading.submissions import Submission

Words = tuple[dict[str, Any], bytes]  # 머리(JSON 사전)와 뒤따르는 바이트

_LENGTHS = struct.Struct(">II")  # 머리의 길이, 뒤따르는 바이트의 길이


@dataclass(frozen=True)
class Request:
    """채점할 제출물 하나.

    `bonus`가 거짓이면 보너스의 점수를 더하지 않아요. `refusal`이 있으면 제출물을 읽지 않고 그 까닭으로 물리쳐요.
    """

    submission: Submission
    seed: int
    bonus: bool = True
    refusal: str = ""


@dataclass(frozen=True)
class Graded(Scored):
    """채점한 제출물 하나.

    `digest`는 심사원이 본 것의 지문(읽지 않고 물리쳤으면 ""), `copy`는 판정을 적어 넣은 노트북의 글,
    `answered`는 손 채점 셀에 답을 적었는지, `code`는 피드백에 보여 줄 셀, `judge_seconds`는 읽고 판정하는 데 든 CPU 초예요.
    """

    student: str
    lesson: str
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    readable: bool
    seed: int
    tier: str
    cpu_seconds: float
    judge_seconds: float
    digest: str
    copy: str
    answered: Mapping[str, bool] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)


def send(sock: socket.socket, words: Words) -> None:
    """말 하나를 보내요."""
    sock.sendall(pack(words))


def receive(sock: socket.socket, limit: int) -> Words:
    """말 하나를 들어요. 먼저 끊기면 EOFError, `limit`바이트보다 길면 ValueError."""
    text_size, body_size = _LENGTHS.unpack(_exactly(sock, _LENGTHS.size))
    if text_size + body_size > limit:
        raise ValueError("너무 긴 말이에요.")
    return json.loads(_exactly(sock, text_size)), _exactly(sock, body_size)


def _exactly(sock: socket.socket, size: int) -> bytes:
    pieces = []
    while size:
        piece = sock.recv(min(size, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def pack(words: Words) -> bytes:
    """말 하나를 바이트로."""
    text = json.dumps(words[0]).encode()
    return _LENGTHS.pack(len(text), len(words[1])) + text + words[1]


def unpack(data: bytes) -> Words:
    """바이트를 말로."""
    text_size, _ = _LENGTHS.unpack_from(data)
    start = _LENGTHS.size + text_size
    return json.loads(data[_LENGTHS.size : start]), data[start:]


def request_words(request: Request) -> Words:
    """부탁의 말."""
    one = request.submission
    body = one.source if isinstance(one.source, bytes) else b""
    head = {
        "student": one.student,
        "lesson": one.lesson,
        "path": None if isinstance(one.source, bytes) else os.fsencode(one.source).hex(),
        "root": None if one.root is None else os.fsencode(one.root).hex(),
        "problems": list(one.problems),
        "seed": request.seed,
        "bonus": request.bonus,
        "refusal": request.refusal,
    }
    return head, body


def read_request(head: Mapping[str, Any], body: bytes) -> Request:
    """부탁의 말을 부탁으로."""
    source = body if head["path"] is None else Path(os.fsdecode(bytes.fromhex(head["path"])))
    root = None if head["root"] is None else Path(os.fsdecode(bytes.fromhex(head["root"])))
    submission = Submission(head["student"], head["lesson"], source, tuple(head["problems"]), root)
    return Request(submission, head["seed"], head["bonus"], head["refusal"])


def outcome_words(outcome: Graded | Ungraded) -> Words:
    """결과의 말. 사본은 글 그대로 뒤에 붙어요."""
    if isinstance(outcome, Ungraded):
        return {"ungraded": asdict(outcome)}, b""
    return {"graded": {**asdict(outcome), "copy": None}}, outcome.copy.encode()


def read_reply(head: Mapping[str, Any], body: bytes) -> Graded | Ungraded | str:
    """심사원의 대답: 결과, 채점하지 못한 까닭, 또는 다시 해 봐야 하는 까닭(글)."""
    if "graded" not in head:
        return Ungraded(**head["ungraded"]) if "ungraded" in head else str(head["again"])
    facts = dict(head["graded"])
    facts["marks"] = tuple(Mark(**mark) for mark in facts["marks"])
    facts["problems"] = tuple(facts["problems"])
    return Graded(**{**facts, "copy": body.decode()})
