"""실습의 정의와 시드에서 답안지를 만들어요. 기준 구현과 틀린 구현이 도는 곳은 여기뿐이에요."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from autograder.exercises.sampling import Sampler
from autograder.exercises.schema import Exercise
from autograder.judging.answer_key import AnswerKey, KeyCase, MistakeText
from autograder.judging.call_runner import Outcome, run_calls
from autograder.judging.cases import Call

PUBLIC_SEED = 20170612  # 노트북의 `check`가 쓰는 시드. 채점의 시드는 학급마다 따로 뽑아요.


def make_answer_key(exercise: Exercise, seed: int) -> AnswerKey:
    """시드와 실습의 이름에서 답안지를 만들어요. 같은 시드면 같은 답안지예요."""
    digest = hashlib.sha256(f"{seed}:{exercise.name}".encode()).digest()
    cases = exercise.sample_cases(Sampler(int.from_bytes(digest[:7], "big")))
    return AnswerKey(
        exercise=exercise.name,
        lesson=exercise.lesson,
        title=exercise.title,
        groups=dict(exercise.groups),
        uses=exercise.uses,
        mistakes=tuple(MistakeText(m.id, m.title, m.why, m.look) for m in exercise.mistakes),
        cases=tuple(
            KeyCase(
                case.group,
                case.calls,
                case.comparator,
                case.params,
                case.atol,
                case.rtol,
                expected=_run(exercise.reference, case.calls),
                mistakes={m.id: tuple(_run(wrong, case.calls) for wrong in m.wrong) for m in exercise.mistakes},
            )
            for case in cases
        ),
    )


def _run(function: Callable[..., Any], calls: Sequence[Call]) -> tuple[Outcome, ...]:
    return tuple(run_calls(function, calls))
