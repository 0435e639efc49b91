"""판정을 한국어로: 무엇이, 어디가, 왜 다른지와 다음에 볼 곳."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome
from autograder.judging.problem import Problem


def praise(key: AnswerKey) -> str:
    """통과한 실습에서 무엇을 확인했는지."""
    return "확인한 것: " + " · ".join(key.groups.values())


def explain(
    key: AnswerKey, failed: Sequence[str], problems: Sequence[Problem | None], mistake: str | None, reveal: bool
) -> str:
    """무엇이, 어디가, 왜, 다음에 볼 곳의 차례로 말해요."""
    problem = _most_telling(problems, mistake)
    text = next((m for m in key.mistakes if m.id == mistake), None)
    why, look = (text.why, text.look) if text else (problem.why, problem.look)
    lines = [
        problem.what,
        problem.where if reveal else "",
        why,
        f"다음에 볼 곳: {look}" if look else "",
        f"통과하지 못한 확인: {' · '.join(key.groups[group] for group in failed)}",
    ]
    return "\n".join(line for line in lines if line)


def unfinished(key: AnswerKey, outcomes: Sequence[Sequence[Outcome]]) -> str:
    """빈칸으로 둔 실습의 설명. 빈칸인 것이 이 실습이 부르는 앞 실습이면 그것을 말해요."""
    raiser = next(o.detail for got in outcomes for o in got if o.error == "NotImplementedError")
    if raiser in key.uses:
        return f"이 실습이 부르는 `{raiser}` 함수가 아직 구현 전이에요. 그 실습부터 채우고 다시 확인해요."
    return "아직 구현 전이에요. `raise NotImplementedError` 줄을 지우고 여러분의 코드를 채워요."


def _most_telling(problems: Sequence[Problem | None], mistake: str | None) -> Problem:
    """가장 먼저 어긋난 것. 이름을 붙인 실수라면 예외나 모양보다 값이 어긋난 것을 골라요."""
    found = [problem for problem in problems if problem]
    by_value = [p for p in found if p.kind in ("value", "nan", "behaviour", "gradient", "changed")]
    return by_value[0] if mistake and by_value else found[0]
