"""구조로 찾는 까닭의 시험에 쓰는 것: 손으로 만든 답안지와, 틀린 답에서 보이는 것."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import Outcome, run_calls, run_cases
from autograder.judging.cases import EXAMPLE, ONCE_MORE, OTHER_VALUES, Call, Case, case
from autograder.judging.diagnosis import judge_case
from autograder.judging.structure.evidence import Observation
from autograder.judging.structure.observe import look

PROBES = {"example": EXAMPLE, "other": OTHER_VALUES, "again": ONCE_MORE}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """정해진 난수."""
    generator = torch.Generator().manual_seed(1000 * seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def key_for(reference: Callable[..., Any], *cases: Case, **probes: Case) -> AnswerKey:
    """기준 구현과 사례들의 답안지. `example`, `other`, `again`은 모든 실습이 함께 갖는 사례예요."""
    listed = [*((c, PROBES[n]) for n, c in probes.items() if n == "example"), *((c, "") for c in cases)]
    listed += [(c, PROBES[n]) for n, c in probes.items() if n != "example"]
    return AnswerKey(
        exercise=reference.__name__,
        lesson="tiny",
        title="시험",
        groups={c.group: "맞아요" for c, _ in listed},
        uses=(),
        mistakes=(),
        cases=tuple(
            KeyCase(
                c.group, c.calls, c.comparator, c.params, c.atol, c.rtol, tuple(run_calls(reference, c.calls)), {}, p
            )
            for c, p in listed
        ),
        parameters=tuple(inspect.signature(reference).parameters),
    )


def on(*args: Any, group: str = "values", **kwargs: Any) -> Case:
    """한 번 부르는 사례."""
    return case(group, *args, **kwargs)


def with_grads(*args: Any, of: tuple[int, ...]) -> Case:
    """기울기까지 보는 사례."""
    return Case("gradient", (Call(args, grad_of=of),))


def outcomes_of(function: Callable[..., Any], key: AnswerKey) -> list[list[Outcome]]:
    return run_cases(function, [c.calls for c in key.cases])


def seen(function: Callable[..., Any], key: AnswerKey) -> tuple[Observation, ...]:
    """예외를 삼키지 않고 찾은 이야기들."""
    outcomes = outcomes_of(function, key)
    problems = [judge_case(c, got) for c, got in zip(key.cases, outcomes, strict=True)]
    assert any(problems), "틀린 답이어야 해요"
    return look(key, outcomes, problems)


def ids(function: Callable[..., Any], key: AnswerKey) -> list[str]:
    return [observation.id for observation in seen(function, key)]


def words(function: Callable[..., Any], key: AnswerKey, name: str) -> str:
    """그 이야기의 글. 없으면 빈 글이에요."""
    return next((observation.why for observation in seen(function, key) if observation.id == name), "")
