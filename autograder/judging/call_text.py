"""부른 것을 그대로 옮겨 실행할 수 있는 한 줄로. 입력이 작으면 통째로, 크면 `check.inputs`로 적어요."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey
from autograder.judging.argument_builders import describe
from autograder.judging.cases import BuiltArgument, Call, Ref
from autograder.judging.value_text import dtype_name, one_line, readable, summary

TINY = 8  # 원소. 인자를 늘어놓을 때 이만큼까지는 값을 적어요.
COPIED = 16  # 원소. 이보다 큰 텐서는 옮겨 실행할 줄에 적지 않아요.
LITERAL = 140  # 글자. 이보다 길면 입력을 통째로 적지 않아요.


def call_line(key: AnswerKey, number: int, at: int) -> str:
    """`number`번 사례의 `at`번 부름을 노트북에 옮겨 실행할 수 있는 한 줄로."""
    call = key.cases[number].calls[at]
    pieces = [_literal(arg) for arg in call.args] + [f"{name}={_literal(arg)}" for name, arg in call.kwargs.items()]
    line = f"{key.exercise}({', '.join(pieces)})"
    if len(line) <= LITERAL and not any("\0" in piece for piece in pieces):
        return line
    place = f"{number + 1}" if len(key.cases[number].calls) == 1 else f"{number + 1}, {at + 1}"
    return f'{key.exercise}(*check.inputs("{key.exercise}", {place}))'


def arguments(key: AnswerKey, call: Call, values: bool) -> str:
    """인자마다의 생김새: 이름과 모양. `values`면 수와 글은 값까지 적어요."""
    named = [*zip(key.parameters, call.args, strict=False), *call.kwargs.items()]
    return ", ".join(f"{name}: {_shape(value, values)}" for name, value in named)


def _literal(value: Any) -> str:
    """파이썬의 글. 글로 적을 수 없는 것(함수, 앞 부름의 결과)이 있으면 널 글자를 섞어 알려요."""
    if isinstance(value, Tensor):
        return _tensor_literal(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, BuiltArgument | Ref):
        return "\0"
    return (
        f'"{value}"' if isinstance(value, str) and value.isprintable() and not set(value) & set('"\\') else repr(value)
    )


def _tensor_literal(value: Tensor) -> str:
    if value.numel() > COPIED or value.numel() == 0:
        return "\0"
    kind = "" if dtype_name(value) in ("float32", "int64", "bool") else f", dtype=torch.{dtype_name(value)}"
    short = value.dtype == torch.float32
    return f"torch.tensor({_numbers(value.tolist(), short)}{kind})"


def _numbers(value: Any, short: bool) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_numbers(item, short) for item in value) + "]"
    if not isinstance(value, float):
        return repr(value)
    if not math.isfinite(value):
        return f'float("{value}")'
    # float32는 아홉 자리면 그대로 되살아나요. 그보다 짧게 되살아나면 짧은 쪽을 적어요(0.8).
    shorter = (float(f"{value:.{digits}g}") for digits in range(1, 10)) if short else iter(())
    text = repr(next((number for number in shorter if torch.tensor(number).item() == value), value))
    return text.removesuffix("0") if text.endswith(".0") else text


def _shape(value: Any, values: bool) -> str:
    if isinstance(value, BuiltArgument):
        return describe(value) if values else "함수"
    if isinstance(value, Ref):
        return "앞에서 돌려준 값"
    # 축의 번호나 켜고 끄는 값은 숨은 사례에서도 말해요. 답을 알려 주지 않고, 어떤 경우인지 알려 줘요.
    telling = value is None or (isinstance(value, int) and abs(value) <= 3)
    if isinstance(value, Tensor) and values and 0 < value.numel() <= TINY:
        return one_line(value)
    if isinstance(value, Tensor | list | tuple | dict) or not (values or telling):
        return summary(value)
    return readable(value)
