"""예외의 표를 시험할 재료: 정말로 예외를 내는 학습자의 코드와, 그것을 불러 얻은 결과.

`tests/judging/raised/*.txt`의 한 토막은 `### 줄의 id :: 설명에 나와야 할 말 | 또 다른 말`과 함수의 몸이에요. 함수는 `f(x)`이고
`x`는 모양이 (2, 3)인 실수 텐서예요. 파이썬의 판마다 예외의 글이 다른 것은 id를 `/`로 이어 적어요.
"""

from __future__ import annotations

import itertools
import linecache
import re
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from autograder.judging.call_runner import Outcome, run_calls
from autograder.judging.cases import Call

FOLDER = Path(__file__).parents[1] / "judging" / "raised"
IMPORTS = """import math
import torch
import numpy as np
import torch.nn.functional as F
from torch import nn
from collections import Counter, deque
"""
X = torch.arange(6.0).view(2, 3)
_number = itertools.count(1)


@dataclass(frozen=True)
class Raised:
    """예외를 내는 함수의 몸 하나, 알아봐야 할 줄의 id(판마다 다르면 여럿), 설명에 나와야 할 말들."""

    ids: tuple[str, ...]
    words: tuple[str, ...]
    body: str

    def __str__(self) -> str:
        return self.ids[0]


def cells(source: str) -> dict[str, Any]:
    """셀의 글을 실행한 이름 공간. 멈춘 줄의 글을 찾을 수 있게 노트북처럼 등록해 둬요."""
    name = f"<raised-{next(_number)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # 틀린 코드인 것은 알고 있어요.
        exec(compile(source, name, "exec"), space)
    return space


def call(source: str, *args: Any, **kwargs: Any) -> Outcome:
    """셀에서 정의한 `f`를 채점처럼 불러요."""
    return run_calls(cells(source)["f"], [Call(args, kwargs)])[0]


def call_body(body: str, imports: str = IMPORTS) -> Outcome:
    """함수의 몸만으로."""
    return call(f"{imports}\ndef f(x):\n{textwrap.indent(body, '    ')}\n", X)


def all_raised() -> list[Raised]:
    """적어 둔 토막 전부."""
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"(?m)^### ", path.read_text("utf-8"))[1:]:
            head, body = block.split("\n", 1)
            entry, _, words = head.partition(" :: ")
            ids = tuple(entry.strip().split(" / "))
            found.append(Raised(ids, tuple(w.strip() for w in words.split(" | ") if w.strip()), body.strip()))
    return found
