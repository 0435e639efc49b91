"""구조: 나온 값과 기대한 값이 함수 하나로 이어져요. 하나를 더 씌웠거나 빠뜨렸어요."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.judging.structure.evidence import (
    Evidence,
    Numbers,
    Observation,
    everywhere,
    subject,
    weight,
)
from autograder.judging.structure.scale import ENOUGH
from autograder.judging.value_text import readable

# 나온 값 = 함수(기대한 값)
_DONE: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
    ("squared", "기대한 값을 제곱한 것과", lambda e: e * e),
    ("rooted", "기대한 값의 제곱근과", torch.sqrt),
    ("absolute", "기대한 값의 절댓값과", torch.abs),
    ("reciprocal", "기대한 값의 역수와", lambda e: 1 / e),
    ("one-minus", "1에서 기대한 값을 뺀 것과", lambda e: 1 - e),
    ("exponential", "기대한 값에 exp를 씌운 것과", torch.exp),
    ("logarithm", "기대한 값에 log를 씌운 것과", torch.log),
    ("activated", "기대한 값에 tanh를 한 번 더 씌운 것과", torch.tanh),
    ("activated", "기대한 값에 시그모이드를 씌운 것과", torch.sigmoid),
    ("clipped", "기대한 값의 음수를 0으로 바꾼 것과", torch.relu),
    ("softmaxed", "기대한 값에 마지막 축을 따라 softmax를 씌운 것과", lambda e: _last(e, torch.softmax)),
    ("softmaxed", "기대한 값에 마지막 축을 따라 log_softmax를 씌운 것과", lambda e: _last(e, torch.log_softmax)),
    ("rounded", "기대한 값을 정수로 내린 것과", torch.floor),
)
# 함수(나온 값) = 기대한 값
_MISSING: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("나온 값에 tanh를 씌우면", torch.tanh),
    ("나온 값에 시그모이드를 씌우면", torch.sigmoid),
    ("나온 값에서 0보다 작은 것을 0으로 바꾸면", torch.relu),
    ("나온 값에 마지막 축을 따라 softmax를 씌우면", lambda g: _last(g, torch.softmax)),
    ("나온 값에 절댓값을 씌우면", torch.abs),
)


def transformed(evidence: Evidence) -> Observation | None:
    """함수를 하나 더 씌웠거나 빠뜨린 값이에요."""
    if not evidence.clear or weight(evidence) < 1 + ENOUGH:
        return None
    for name, words, function in _DONE:
        if everywhere(evidence, lambda n, f=function: _moves(n, n.expected, f) and n.near(f(n.expected), n.got)):  # type: ignore[misc]
            return Observation(name, f"{subject(evidence)} {words} 같아요.", "마지막에 하는 계산을 식과 견줘 봐요.")
    for words, function in _MISSING:
        if everywhere(evidence, lambda n, f=function: _moves(n, n.got, f) and n.near(n.expected, f(n.got))):  # type: ignore[misc]
            why = f"{words} 기대한 값과 같아져요."
            look = "마지막에 하는 계산이 빠졌는지 식과 견줘 봐요."
            return Observation("unfinished-function", why, look)
    return None


def _moves(numbers: Numbers, values: Tensor, function: Callable[[Tensor], Tensor]) -> bool:
    """함수가 서로 다른 값을 여럿 남기는지. 0이나 1 하나로 뭉개면 무엇과도 같아 보여요."""
    need = 1 if values.numel() == 1 else min(3, values.numel())
    return numbers.distinct(values) >= need and numbers.distinct(function(values)) >= need


def _last(values: Tensor, function: Callable[..., Tensor]) -> Tensor:
    return function(values, dim=-1) if values.dim() and values.size(-1) > 1 else torch.full_like(values, torch.nan)


def signs(evidence: Evidence) -> Observation | None:
    """크기는 모두 맞고 부호만 군데군데 달라요."""
    if weight(evidence) < 2 * ENOUGH or not everywhere(evidence, lambda n: n.near(n.expected.abs(), n.got.abs())):
        return None
    why = f"{subject(evidence)} 크기는 맞고, 부호만 군데군데 달라요."
    return Observation("some-signs", why, "더하고 빼는 차례와, 절댓값이나 `-`를 쓰는 곳을 봐요.")


def close(evidence: Evidence) -> Observation | None:
    """모든 값이 조금씩만 달라요."""
    worst = 0.0
    for _, numbers in evidence.numbers:
        gap = (numbers.got - numbers.expected).abs()[numbers.seen]
        size = numbers.expected.abs()[numbers.seen].max()
        worst = max(worst, float(gap.max() / size) if bool(size > 0) else float("inf"))
    whole = any(isinstance(pair.expected, int) for pair in evidence.pairs)
    if whole or not 0 < worst <= 0.02 or weight(evidence) < ENOUGH:
        return None
    most = next(limit for limit in (0.0001, 0.001, 0.005, 0.01, 0.02) if worst <= limit)
    why = f"{subject(evidence)} 조금씩만 달라요. 가장 큰 값의 {readable(most * 100)}%를 넘게 어긋난 곳은 없어요."
    look = (
        "`eps`처럼 작은 수, n으로 나눌지 n-1로 나눌지, 반올림이나 낮은 정밀도의 dtype처럼 값을 조금만 바꾸는 곳을 봐요."
    )
    return Observation("close", why, look)
