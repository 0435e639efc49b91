"""값을 바이트로 옮겼다가 되돌려요: 모든 형이 그대로 돌아오고, 상한을 넘거나 꾸며 낸 바이트는 받지 않아요."""

from __future__ import annotations

import json
import struct

import pytest
import torch
from torch import Tensor

from autograder.judging import serialisation
from autograder.judging.call_runner import Foreign, Outcome
from autograder.judging.cases import BuiltArgument, Call, Ref
from autograder.judging.serialisation import Room, SerialisationError, dump, load


def framed(value: object, tensors: bytes = b"") -> bytes:
    """JSON을 바로 적어 꾸며 낸 답."""
    text = json.dumps(value).encode()
    return struct.pack(">Q", len(text)) + text + tensors


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -(10**30),
        1.5,
        float("inf"),
        "글자와 \x00",
        b"\x00\xff",
        [],
        (),
        {},
        [1, (2, [3]), {"a": (4,)}],
        {("ㄱ", "ㄴ"): 1, 3: None, False: b"x"},
        Foreign("numpy.ndarray"),
        BuiltArgument("generator", {"seed": 3}),
        Ref(1, ("cache", 0)),
        Call((1, "x"), {"dim": -1}, (0,), None),
        Outcome(value=(1, 2.5), error="ValueError", detail="까닭", changed=(0, "mask"), grads=(None,)),
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(value: object) -> None:
    back = load(dump(value))
    assert back == value and type(back) is type(value)


def test_nan_comes_back() -> None:
    back = load(dump(float("nan")))
    assert isinstance(back, float) and back != back


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6).reshape(2, 3),
        torch.randn(2, 3, dtype=torch.float64),
        torch.randn(4).to(torch.bfloat16),
        torch.tensor(3.5),
        torch.empty(0, 4),
        torch.tensor([True, False]),
        torch.randn(3, 4).T,
        torch.randn(5)[::2],
    ],
    ids=lambda t: f"{t.dtype}-{tuple(t.shape)}",
)
def test_tensors_keep_shape_dtype_and_values(tensor: Tensor) -> None:
    (back,) = load(dump([tensor]))
    assert back.dtype == tensor.dtype and back.shape == tensor.shape and torch.equal(back, tensor)


def test_tensors_that_share_memory_travel_apart() -> None:
    whole = torch.arange(4.0)
    first, second = load(dump((whole, whole[1:3])))
    first.zero_()
    assert torch.equal(second, torch.tensor([1.0, 2.0]))


def test_learned_tensors_travel_without_their_graph() -> None:
    leaf = torch.nn.Parameter(torch.ones(2))
    back = load(dump(leaf * 2))
    assert type(back) is Tensor and not back.requires_grad and torch.equal(back, torch.full((2,), 2.0))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, len, [lambda: None], {"a": range(3)}])
def test_only_data_is_sent(value: object) -> None:
    with pytest.raises(SerialisationError, match="보낼 수 없는 값"):
        dump(value)


# -- 상한 --


def test_size_is_limited() -> None:
    data = dump(torch.zeros(100))
    assert load(data, Room(bytes=len(data))).numel() == 100
    with pytest.raises(SerialisationError, match="너무 커요"):
        load(data, Room(bytes=len(data) - 1))


def test_number_of_tensors_is_limited() -> None:
    data = dump([torch.zeros(1)] * 5)
    assert len(load(data, Room(tensors=5))) == 5
    with pytest.raises(SerialisationError, match="너무 많아요"):
        load(data, Room(tensors=4))


def test_number_of_values_and_keys_is_limited() -> None:
    data = dump([[1] * 100, {str(i): i for i in range(50)}])
    assert load(data, Room(items=1000, keys=50))[1]["49"] == 49
    with pytest.raises(SerialisationError, match="값이 너무 많아요"):
        load(data, Room(items=100))
    with pytest.raises(SerialisationError, match="사전이 너무 커요"):
        load(data, Room(keys=49))
    with pytest.raises(SerialisationError, match="열쇠가 너무 커요"):
        load(framed({"dict": [[i * (2**61 - 1), 0] for i in range(1, 9)]}))


def test_too_many_tensors_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """상한을 넘은 답은 텐서를 풀지도, 머리말의 JSON을 읽지도 않고 돌려보내요."""
    data = dump([torch.empty(0)] * 2000)
    read: list[str] = []
    monkeypatch.setattr(serialisation, "load_tensors", lambda body: read.append("tensors"))
    monkeypatch.setattr(serialisation.json, "loads", lambda text: read.append("json"))
    with pytest.raises(SerialisationError, match="너무 많아요"):
        load(data, Room(tensors=10))
    assert read == []


def test_depth_is_limited() -> None:
    deep: list = []
    for _ in range(50):
        deep = [deep]
    assert load(dump(deep)) == deep
    for _ in range(50):
        deep = [deep]
    with pytest.raises(SerialisationError, match="깊은"):
        load(dump(deep))


def test_very_deep_json_is_refused() -> None:
    text = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(SerialisationError):
        load(struct.pack(">Q", len(text)) + text)


# -- 꾸며 낸 답 --


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "비었거나"),
        (b"1234567", "비었거나"),
        (struct.pack(">Q", 100) + b"[]", "끊겼어요"),
        (struct.pack(">Q", 2**63) + b"[]", "끊겼어요"),
        (struct.pack(">Q", 2) + b"[[", "읽을 수 없어요"),
        (struct.pack(">Q", 2) + b"\xff\xff", "읽을 수 없어요"),
        (framed([], b"x"), "읽을 수 없어요"),
        (framed([], struct.pack("<Q", 10) + b"{}"), "너무 많아요"),
        (framed([], struct.pack("<Q", 2) + b"{]"), "읽을 수 없어요"),
        (framed({"t": "0"}), "없는 텐서"),
        (framed({"t": 0}), "없는 텐서"),
        (framed({"t": ["0"]}), "없는 텐서"),
        (framed({}), "꼬리표"),
        (framed({"tuple": [], "dict": []}), "꼬리표"),
        (framed({"pickle": []}), "꼬리표"),
        (framed({"__class__": ["os"]}), "꼬리표"),
        (framed({"tuple": 3}), "꼬리표"),
        (framed({"outcome": [1, None, ""]}), "꼬리표"),
        (framed({"outcome": {"value": 1}}), "꼬리표"),
        (framed({"bytes": 3}), "꼬리표"),
        (framed({"bytes": "zz"}), "읽을 수 없어요"),
        (framed({"dict": [3]}), "사전의 모양"),
        (framed({"dict": [[1, 2, 3]]}), "사전의 모양"),
        (framed({"dict": [[[1], 2]]}), "사전의 모양"),
    ],
)
def test_forged_bytes_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(SerialisationError, match=words):
        load(data)


def test_a_cut_answer_is_refused_wherever_it_is_cut() -> None:
    data = dump([Outcome(value=torch.arange(3.0)), {"a": (1, b"x")}])
    assert load(data)[1] == {"a": (1, b"x")}
    for end in range(len(data)):
        with pytest.raises(SerialisationError):
            load(data[:end])


def test_what_is_read_is_never_run() -> None:
    """pickle을 담아 보내도 글자일 뿐이에요."""
    assert load(dump(b"cos\nsystem\n(S'exit 1'\ntR.")) == b"cos\nsystem\n(S'exit 1'\ntR."
