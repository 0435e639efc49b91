"""손으로 적은 바른 함수와 인자에서 작은 답안지를 만들어요."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import run_calls
from autograder.judging.cases import Call

A = torch.tensor([[1.0, 2.0, 3.5], [4.0, -5.0, 7.0]])
B = torch.tensor([[-1.0, 0.5, 2.0], [9.0, 1.0, 1.5], [0.0, 3.0, -2.0], [2.5, -0.5, 1.0]])
CUBE = torch.arange(24.0).reshape(2, 3, 4).sin() * 3


def key_for(
    right: Callable[..., Any], *inputs: Sequence[Any], refused: Sequence[Sequence[Any]] = (), uses: Sequence[str] = ()
) -> AnswerKey:
    """`inputs`마다 사례 하나. `refused`의 입력에는 ValueError를 기다려요."""
    cases = [_case(right, number, args, "equal", {}) for number, args in enumerate(inputs)]
    cases += [_case(right, len(cases), args, "raises", {"error": "ValueError"}) for args in refused]
    return AnswerKey(
        exercise="answer",
        lesson="tiny",
        title="작은 실습",
        groups={"values": "값"},
        uses=tuple(uses),
        mistakes=(),
        cases=tuple(cases),
        parameters=tuple(inspect.signature(right).parameters),
    )


def _case(
    right: Callable[..., Any], number: int, args: Sequence[Any], comparator: str, params: dict[str, Any]
) -> KeyCase:
    calls = (Call(tuple(args)),)
    return KeyCase("values", calls, comparator, params, None, None, tuple(run_calls(right, calls, number)))


def space(source: str, **more: Any) -> dict[str, Any]:
    """셀을 실행한 이름 공간."""
    names: dict[str, Any] = {"torch": torch, "math": math, "F": F, **more}
    exec(compile(source, "cell", "exec"), names)
    return names
