"""실습의 정의와 시드에서 답안지를 만들어요. 기준 구현과 틀린 구현이 도는 곳은 여기뿐이에요."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from autograder.exercises.sampling import Sampler
from autograder.exercises.schema import Exercise
from autograder.judging import serialisation
from autograder.judging.answer_key import AnswerKey, KeyCase, MistakeText
from autograder.judging.call_runner import Outcome, run_calls
from autograder.judging.cases import EXAMPLE, ONCE_MORE, OTHER_VALUES, Call, Case
from autograder.judging.comparators import BEHAVIOUR_COMPARATORS
from autograder.judging.diagnosis import fingerprint

PUBLIC_SEED = 20170612  # 노트북의 `check`가 쓰는 시드. 채점의 시드는 학급마다 따로 뽑아요.


def make_answer_key(exercise: Exercise, seed: int) -> AnswerKey:
    """시드와 실습의 이름에서 답안지를 만들어요. 같은 시드면 같은 답안지예요."""
    digest = hashlib.sha256(f"{seed}:{exercise.name}".encode()).digest()
    cases = list(_all_cases(exercise, int.from_bytes(digest[:7], "big")))
    return AnswerKey(
        exercise=exercise.name,
        lesson=exercise.lesson,
        title=exercise.title,
        groups=dict(exercise.groups),
        uses=exercise.uses,
        mistakes=tuple(MistakeText(m.id, m.title, m.why, m.look) for m in exercise.mistakes),
        cases=tuple(_key_case(exercise, number, case, probe) for number, (case, probe) in enumerate(cases)),
        roles={
            group: _role(exercise, group, [case for case, _ in cases if case.group == group])
            for group in exercise.groups
        },
        parameters=tuple(inspect.signature(exercise.reference).parameters),
        points=exercise.worth,
        bonus=exercise.bonus,
    )


def _all_cases(exercise: Exercise, seed: int) -> Iterator[tuple[Case, str]]:
    """손으로 계산한 보기, 뽑은 사례, 그리고 모든 실습이 함께 갖는 두 사례를 (사례, 종류)로."""
    sampled = list(exercise.sample_cases(Sampler(seed)))
    yield from ((case, EXAMPLE) for case in exercise.examples)
    yield from ((case, "") for case in sampled)
    at = next((i for i, case in enumerate(sampled) if case.comparator == "equal"), None)
    if at is None:
        return
    # 모양은 그대로 두고 값만 다시 뽑아요. 크기만 있는 사례라 값이 그대로면 다른 시드의 사례를 써요.
    for other in (Sampler(seed, values=1), Sampler(seed + 1)):
        again = list(exercise.sample_cases(other))[at]
        if serialisation.dump(again.calls) != serialisation.dump(sampled[at].calls):
            yield again, OTHER_VALUES
            break
    # 보기는 너무 작아서 난수가 드러나지 않을 수 있어요. 뽑은 사례를 다시 불러요.
    if _deterministic(exercise.reference, sampled[at].calls):
        yield sampled[at], ONCE_MORE


def _deterministic(function: Callable[..., Any], calls: Sequence[Call]) -> bool:
    """전역 난수가 달라도 같은 값인지."""
    return serialisation.dump(_run(function, calls, 1)) == serialisation.dump(_run(function, calls, 2))


def _key_case(exercise: Exercise, number: int, case: Case, probe: str) -> KeyCase:
    mistakes = {m.id: m.wrong for m in exercise.mistakes} | {"+".join(b.ids): b.wrong for b in exercise.both}
    return KeyCase(
        case.group,
        case.calls,
        case.comparator,
        case.params,
        case.atol,
        case.rtol,
        expected=_run(exercise.reference, case.calls, number),
        mistakes={
            name: tuple(_run(wrong, case.calls, number) for wrong in wrongs) for name, wrongs in mistakes.items()
        },
        probe=probe,
    )


def _role(exercise: Exercise, group: str, cases: Sequence[Case]) -> str:
    if cases and all(case.comparator == "raises" for case in cases):
        return "guard"
    if group in exercise.behaviour or (cases and all(case.comparator in BEHAVIOUR_COMPARATORS for case in cases)):
        return "behaviour"
    return "value"


def _run(function: Callable[..., Any], calls: Sequence[Call], seed: int) -> tuple[Outcome, ...]:
    # 예외의 내용과 멈춘 줄은 우리 코드의 글이에요. 학습자 묶음에는 내용이 같은지만 알 수 있는 표시를 담아요.
    return tuple(
        replace(o, detail=fingerprint(o.detail), line=None, code="", function="", inside="")
        for o in run_calls(function, calls, seed)
    )
