"""프로세스 사이를 오가는 말: 꼬리표를 단 JSON과 safetensors. pickle은 쓰지 않아요.

틀: 8바이트 JSON 길이(빅 엔디언), JSON, 나머지는 텐서를 담은 safetensors. 받는 쪽은 풀기 전에 크기와 개수를 먼저 봐요.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from autograder.errors import CourseError
from autograder.judging.call_runner import Foreign, Outcome
from autograder.judging.cases import BuiltArgument, Call, Ref

_MAX_DEPTH = 60
_LARGEST_KEY = 2**60  # 이보다 큰 정수 열쇠는 해시가 서로 겹치게 고를 수 있어요.


@dataclass(frozen=True)
class Room:
    """풀 때 받아들이는 크기: 바이트, 값의 수(JSON의 쉼표와 여는 괄호), 사전의 열쇠 수, 텐서의 수."""

    bytes: int = 64 * 1024 * 1024
    items: int = 2_000_000
    keys: int = 100_000
    tensors: int = 4096


class SerialisationError(CourseError):
    """약속한 틀이 아니거나 너무 커요."""


class TooBigError(SerialisationError):
    """보내는 쪽의 한도를 넘었어요."""


# 꼬리표마다의 우리 형과, 그 칸들의 차례
_RECORDS: dict[str, tuple[type, tuple[str, ...]]] = {
    "built": (BuiltArgument, ("kind", "data")),
    "ref": (Ref, ("call", "path")),
    "call": (Call, ("args", "kwargs", "grad_of", "cotangent")),
    "outcome": (
        Outcome,
        ("value", "error", "detail", "changed", "grads", "bases", "line", "code", "function", "inside"),
    ),
    "foreign": (Foreign, ("type_name",)),
}
_TAGS = {cls: tag for tag, (cls, _) in _RECORDS.items()}


class _Decoder:
    """꼬리표를 단 JSON 값을 우리 값으로. 사전의 열쇠는 `keys`개까지예요."""

    def __init__(self, tensors: dict[str, Tensor], keys: int) -> None:
        self.tensors, self.keys = tensors, keys

    def decode(self, value: Any, depth: int = 0) -> Any:
        if depth > _MAX_DEPTH:
            raise SerialisationError("너무 깊은 값이에요.")
        if isinstance(value, list):
            return [self.decode(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            _refuse()
        ((tag, body),) = value.items()
        if tag == "t":
            if not isinstance(body, str) or body not in self.tensors:
                raise SerialisationError("없는 텐서를 가리켜요.")
            return self.tensors[body]
        if tag == "bytes":
            if not isinstance(body, str):
                _refuse()
            return bytes.fromhex(body)
        if not isinstance(body, list):
            _refuse()
        items = [self.decode(item, depth + 1) for item in body]
        if tag == "tuple":
            return tuple(items)
        if tag == "dict":
            return self._dict(items)
        if tag not in _RECORDS:
            _refuse()
        cls, names = _RECORDS[tag]
        if len(items) != len(names):
            _refuse()
        return cls(*items)

    def _dict(self, items: list[Any]) -> dict[Any, Any]:
        self.keys -= len(items)
        if self.keys < 0:
            raise SerialisationError("사전이 너무 커요.")
        for item in items:
            if not isinstance(item, list) or len(item) != 2:
                raise SerialisationError("사전의 모양이 아니에요.")
            if isinstance(item[0], int) and abs(item[0]) > _LARGEST_KEY:
                raise SerialisationError("사전의 열쇠가 너무 커요.")
        try:
            return dict(items)
        except TypeError as error:
            raise SerialisationError("사전의 모양이 아니에요.") from error


class _Encoder:
    """값을 꼬리표를 단 JSON 값으로 옮기고 텐서를 모아요. 글과 텐서가 `room`바이트를 넘으면 다 옮기기 전에 그만둬요."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tensors: dict[str, Tensor] = {}

    def encode(self, value: Any) -> Any:
        if isinstance(value, str):
            self._take(len(value))
            return value
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Tensor):
            self._take(value.numel() * value.element_size())
            key = str(len(self.tensors))
            # 사례들은 같은 입력을 자주 함께 써요. safetensors는 저장 공간을 나눠 갖는 텐서를 받지 않으므로 베껴요.
            self.tensors[key] = value.detach().clone().contiguous()
            return {"t": key}
        if isinstance(value, list):
            return self._items(value)
        if isinstance(value, tuple):
            return {"tuple": self._items(value)}
        if isinstance(value, bytes):
            self._take(2 * len(value))
            return {"bytes": value.hex()}
        if isinstance(value, dict):
            return {"dict": [[self.encode(key), self.encode(item)] for key, item in value.items()]}
        tag = _TAGS.get(type(value))
        if tag is None:
            raise SerialisationError(f"보낼 수 없는 값이에요: {type(value).__name__}")
        return {tag: [self.encode(getattr(value, name)) for name in _RECORDS[tag][1]]}

    def _items(self, values: Sequence[Any]) -> list[Any]:
        self._take(2 * len(values))
        return [self.encode(item) for item in values]

    def _take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise TooBigError("보내기에는 너무 커요.")


def _refuse() -> NoReturn:
    raise SerialisationError("약속한 꼬리표가 아니에요.")


def dump(value: Any, limit_bytes: int = Room.bytes) -> bytes:
    """값을 바이트로. 보낼 수 없는 값이면 SerialisationError, `limit_bytes`보다 크면 TooBigError."""
    encoder = _Encoder(limit_bytes)
    text = json.dumps(encoder.encode(value), ensure_ascii=True, separators=(",", ":")).encode()
    return struct.pack(">Q", len(text)) + text + (save_tensors(encoder.tensors) if encoder.tensors else b"")


def load(data: bytes, room: Room = Room()) -> Any:
    """바이트를 값으로. 크기와 개수를 먼저 보고, 어긋나면 SerialisationError."""
    if not 8 <= len(data) <= room.bytes:
        raise SerialisationError("답이 비었거나 너무 커요.")
    (length,) = struct.unpack(">Q", data[:8])
    if length > len(data) - 8:
        raise SerialisationError("답이 중간에 끊겼어요.")
    text, body = data[8 : 8 + length], data[8 + length :]
    if sum(map(text.count, (b",", b"[", b"{"))) > room.items:
        raise SerialisationError("값이 너무 많아요.")
    try:
        tensors = _load_tensors(body, room.tensors) if body else {}
        return _Decoder(tensors, room.keys).decode(json.loads(text))
    except SerialisationError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, SafetensorError, struct.error) as error:
        raise SerialisationError("답을 읽을 수 없어요.") from error


def _load_tensors(body: bytes, limit_tensors: int) -> dict[str, Tensor]:
    (header_length,) = struct.unpack("<Q", body[:8])
    # 빈 텐서 십만 개의 머리말은 푸는 데만 몇 초가 걸려요. 개수의 상한을 길이로 먼저 거르고 나서 세요.
    if header_length > 400 * limit_tensors or header_length > len(body) - 8:
        raise SerialisationError("텐서가 너무 많아요.")
    header = json.loads(body[8 : 8 + header_length])
    if sum(name != "__metadata__" for name in header) > limit_tensors:
        raise SerialisationError("텐서가 너무 많아요.")
    return load_tensors(body)
