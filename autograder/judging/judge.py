"""판정: 답안지와 학습자의 결과에서 점수, 실수의 이름, 한국어 설명을 만들어요.

노트북의 `check`와 채점이 같은 판정을 써요. 채점에서는 학습자의 프로세스 밖에서 돌고, 숨은 사례의 값은 말하지 않아요.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome
from autograder.judging.diagnosis import judge_case, name_mistake
from autograder.judging.explanation import Reason, explain, praise, unfinished
from autograder.judging.scoring import ignores_input, share
from autograder.judging.structure.observe import observe


@dataclass(frozen=True)
class Verdict:
    """실습 하나의 판정.

    `verdict`는 pass, partial, fail, error, timeout, refused, missing 가운데 하나, `share`는 배점에서 받는 비율이에요.
    """

    exercise: str
    verdict: str
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    mistake: str | None = None
    message: str = ""
    share: float = 0.0

    def score(self, points: float) -> float:
        """배점 × 점수의 비율(`scoring.share`), 소수 한 자리."""
        return round(points * self.share, 1)


def judge(key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], reveal: bool = False) -> Verdict:
    """답안지의 사례마다 결과를 판정해요.

    `outcomes[i]`는 i번째 사례의 결과들이에요(모자라면 없는 것으로 봐요). `reveal`이면 부른 것과 두 값을 말해요(노트북에서만).
    """
    padded = [list(outcomes[i]) if i < len(outcomes) else [] for i in range(len(key.cases))]
    problems = [judge_case(case, got) for case, got in zip(key.cases, padded, strict=True)]
    failed = tuple(g for g in key.groups if any(p and c.group == g for c, p in zip(key.cases, problems, strict=True)))
    passed = tuple(g for g in key.groups if g not in failed)
    found = [p for p in problems if p]
    if not found:
        return Verdict(key.exercise, "pass", passed, (), None, praise(key), 1.0)
    kinds = {p.kind for p in found}
    if "unimplemented" in kinds:
        return Verdict(key.exercise, "missing", (), tuple(key.groups), None, unfinished(key, padded))
    named = name_mistake(key, padded, problems)
    mistake = named.id if named else None
    observed = () if named else observe(key, padded, problems)
    card = explain(key, padded, failed, problems, Reason(named, observed), reveal)
    blind = ignores_input(key, padded) if passed else ""
    earned = 0.0 if blind else share(key.roles, passed)
    if blind:
        card = replace(card, note=f"{blind}이라, 우연히 맞은 확인은 점수가 되지 않아요.")
    # 이름이 붙은 실수는 예외로 드러났어도 fail이에요. error는 까닭을 모르는 예외예요.
    verdict = "partial" if earned else "error" if kinds == {"error"} and mistake is None else "fail"
    return Verdict(key.exercise, verdict, passed, failed, mistake, card.text(), earned)
