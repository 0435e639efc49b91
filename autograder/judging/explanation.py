"""판정을 한국어로: 무엇이, 어디가, 왜 다른지와 다음에 볼 곳."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome
from autograder.judging.call_text import arguments, call_line
from autograder.judging.card import Card
from autograder.judging.cases import EXAMPLE
from autograder.judging.diagnosis import Named
from autograder.judging.exceptions.failures import changed_signature
from autograder.judging.problem import Problem
from autograder.judging.structure.evidence import Observation
from autograder.judging.value_text import value_text


def praise(key: AnswerKey) -> str:
    """통과한 실습에서 무엇을 확인했는지."""
    return "확인한 것: " + " · ".join(key.groups.values())


@dataclass(frozen=True)
class Reason:
    """어긋난 까닭: 알려진 실수의 이름이나, 이름이 없을 때 이 답에서 참인 것들. 둘 다 없을 수도 있어요."""

    named: Named | None = None
    observed: Sequence[Observation] = ()

    def words(self, key: AnswerKey, problem: Problem) -> tuple[str, str]:
        """(까닭, 다음에 볼 곳)의 문장."""
        texts = {text.id: text for text in key.mistakes}
        if self.named:
            first, also = texts[self.named.id], texts.get(self.named.also)
            why = f"실수 둘이 겹쳤어요. 하나: {first.why} 또 하나: {also.why}" if also else first.why
            return why, first.look
        # 예외나 부작용, 다른 형은 그 설명이 먼저예요. 값의 이야기는 거기에 덧붙여요.
        why = " ".join([problem.why, *(seen.why for seen in self.observed)]).strip()
        looks = [problem.look] if problem.kind in ("error", "changed", "type") else []
        looks += [seen.look for seen in self.observed if seen.look]
        return why, (looks or [problem.look])[0]


def explain(
    key: AnswerKey,
    outcomes: Sequence[Sequence[Outcome]],
    failed: Sequence[str],
    problems: Sequence[Problem | None],
    reason: Reason,
    reveal: bool,
) -> Card:
    """어긋난 사례 하나를 골라 카드로 만들어요. 값은 `reveal`이거나 레슨의 보기일 때만 보여요."""
    number = _most_telling(problems, named=reason.named is not None)
    problem, case = problems[number], key.cases[number]
    assert problem is not None
    shown = reveal or case.probe == EXAMPLE
    call = case.calls[problem.call] if problem.call < len(case.calls) else case.calls[-1]
    outcome = outcomes[number][problem.call] if problem.call < len(outcomes[number]) else Outcome()
    why, look = reason.words(key, problem)
    if not reason.named and not outcome.error:
        why = f"{why} {_stopped_elsewhere(key, outcomes, problems)}".strip()
    if changed_signature(outcome):
        look = f"`def {key.exercise}({', '.join(key.parameters)})`의 인자와 차례로 되돌려요. 기본값은 빈칸에 있던 그대로예요."
    line = call_line(key, number, problem.call) if shown else ""
    expected, got = _both_texts(problem) if shown else ("", "")
    return Card(
        what=problem.what,
        call=f"`{line}`" if line else "",
        given=arguments(key, call, shown) if not shown or "check.inputs" in line else "",
        expected=expected,
        got=got,
        where=problem.where if shown and not outcome.error else "",
        said=problem.where if shown and outcome.error else "",
        line=learners_line(key, outcome),
        why=why,
        look=look,
        failed=tuple(key.groups[group] for group in failed),
    )


def _both_texts(problem: Problem) -> tuple[str, str]:
    """견준 두 값의 글. 글로는 같은 값(64와 64.0)이면 보여 줘도 알 수 없으므로 빈 글이에요."""
    if problem.values is None:
        return "", ""
    values = problem.values
    texts = (value_text(values.expected, values.at), value_text(values.got, values.at))
    return texts if texts[0] != texts[1] else ("", "")


def _stopped_elsewhere(
    key: AnswerKey, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> str:
    """값이 다른 사례를 보이는 카드에서, 다른 사례는 예외로 멈췄다는 말. 그 확인까지 떨어진 까닭이에요."""
    for got, problem in zip(outcomes, problems, strict=True):
        if problem is not None and problem.kind == "error" and problem.call < len(got):
            line = learners_line(key, got[problem.call])
            return f"다른 입력에서는 예외({got[problem.call].error})로 멈춰요" + (f": {line}." if line else ".")
    return ""


def learners_line(key: AnswerKey, outcome: Outcome) -> str:
    """예외가 난 학습자의 줄: 번호와 글, 다른 함수라면 그 이름."""
    if outcome.error is None or outcome.line is None:
        return ""
    inside = (
        f"`{outcome.function}` 함수 " if outcome.function.isidentifier() and outcome.function != key.exercise else ""
    )
    return f"{inside}{outcome.line}번째 줄 `{outcome.code}`" if outcome.code else f"{inside}{outcome.line}번째 줄"


def unfinished(key: AnswerKey, outcomes: Sequence[Sequence[Outcome]]) -> str:
    """빈칸으로 둔 실습의 설명. 빈칸인 것이 이 실습이 부르는 앞 실습이면 그것을 말해요."""
    raiser = next((o.function for got in outcomes for o in got if o.error == "NotImplementedError"), "")
    if raiser in key.uses:
        return f"이 실습이 부르는 `{raiser}` 함수가 아직 구현 전이에요. 그 실습부터 채우고 다시 확인해요."
    return "아직 구현 전이에요. `raise NotImplementedError` 줄을 지우고 여러분의 코드를 채워요."


def _most_telling(problems: Sequence[Problem | None], named: bool) -> int:
    """가장 먼저 어긋난 사례의 번호. 이름을 붙인 실수라면 예외나 모양보다 값이 어긋난 것을 골라요."""
    found = [number for number, problem in enumerate(problems) if problem]
    by_value = [
        number
        for number, problem in enumerate(problems)
        if problem and problem.kind in ("value", "nan", "behaviour", "gradient", "changed")
    ]
    return by_value[0] if named and by_value else found[0]
