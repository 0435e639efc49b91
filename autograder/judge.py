"""판정: 답안지와 학습자의 결과에서 점수, 실수의 이름, 한국어 설명을 만들어요.

노트북의 `check`와 채점이 같은 판정을 써요. 채점에서는 학습자의 프로세스 밖에서 돌고, 숨은 사례의 값은 말하지 않아요.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from autograder.answer_sheet import AnswerSheet
from autograder.perform import Outcome
from autograder.rules import Problem, SheetCase, apply, compare


@dataclass(frozen=True)
class Verdict:
    """실습 하나의 판정.

    `verdict`는 pass, partial, fail, error, timeout, refused, missing 가운데 하나, `share`는 통과한 그룹의 비율이에요.
    """

    exercise: str
    verdict: str
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    mistake: str | None = None
    message: str = ""

    @property
    def share(self) -> float:
        total = len(self.passed) + len(self.failed)
        return len(self.passed) / total if total else 0.0

    def score(self, points: float) -> float:
        """배점 × 통과한 그룹 / 전체 그룹, 소수 한 자리."""
        return round(points * self.share, 1)


def judge(sheet: AnswerSheet, outcomes: Sequence[Sequence[Outcome]], reveal: bool = False) -> Verdict:
    """답안지의 사례마다 결과를 판정해요.

    `outcomes[i]`는 i번째 사례의 결과들이에요(모자라면 없는 것으로 봐요). `reveal`이면 첫 어긋난 자리와 두 값을 말해요(노트북에서만).
    """
    padded = [list(outcomes[i]) if i < len(outcomes) else [] for i in range(len(sheet.cases))]
    problems = [_apply(case, got) for case, got in zip(sheet.cases, padded)]
    failed = tuple(g for g in sheet.groups if any(p and c.group == g for c, p in zip(sheet.cases, problems)))
    passed = tuple(g for g in sheet.groups if g not in failed)
    found = [p for p in problems if p]
    if not found:
        return Verdict(sheet.exercise, "pass", passed, (), None, _praise(sheet))
    kinds = {p.kind for p in found}
    if "unimplemented" in kinds:
        return Verdict(sheet.exercise, "missing", (), tuple(sheet.groups), None, _unfinished(sheet, padded))
    mistake = _name(sheet, padded, problems)
    # 이름이 붙은 실수는 예외로 드러났어도 fail이에요. error는 까닭을 모르는 예외예요.
    verdict = "partial" if passed else "error" if kinds == {"error"} and mistake is None else "fail"
    return Verdict(sheet.exercise, verdict, passed, failed, mistake, _explain(sheet, failed, problems, mistake, reveal))


def _apply(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    try:
        return apply(case, outcomes)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, RuntimeError):
        # 규칙이 예상하지 못한 모양의 값이에요. 학습자에게는 형이 다르다고 말하면 충분해요.
        return Problem("type", "돌려준 값의 형이나 모양이 약속과 달라요.", look="독스트링의 돌려주는 값을 다시 봐요.")


# -- 실수의 이름 ------------------------------------------------------------------------------------------------


def _name(sheet: AnswerSheet, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]) -> str | None:
    """모든 어긋난 사례가 어떤 실수의 결과와 같으면 그 실수예요. 규칙이 알아본 이름이 있으면 그것을 먼저 써요."""
    for problem in problems:
        if problem and problem.mistake:
            return problem.mistake
    if all(p is None or c.rule == "raises" for c, p in zip(sheet.cases, problems)):
        return None
    for text in sheet.mistakes:
        for variant in range(len(sheet.cases[0].mistakes.get(text.id, ()))):
            if _is(sheet, outcomes, problems, text.id, variant):
                return text.id
    return _closest(sheet, outcomes, problems)


def _is(
    sheet: AnswerSheet,
    outcomes: Sequence[Sequence[Outcome]],
    problems: Sequence[Problem | None],
    mistake: str,
    variant: int,
) -> bool:
    for case, got, problem in zip(sheet.cases, outcomes, problems):
        if case.rule == "raises":
            continue  # 입력을 막았는지는 어떤 실수를 했는지와 따로예요.
        wrong = case.mistakes[mistake][variant]
        if (problem is None) != (_apply(case, wrong) is None):
            return False
        if problem is not None and not _same(case, wrong, got):
            return False
    return True


def _closest(
    sheet: AnswerSheet, outcomes: Sequence[Sequence[Outcome]], problems: Sequence[Problem | None]
) -> str | None:
    """실수가 둘 겹치면 온전히 같은 것이 없어요. 값이 넉넉히 담긴 사례에서 가장 자주 겹치는 실수를 골라요."""
    counts = {text.id: 0 for text in sheet.mistakes}
    for case, got, problem in zip(sheet.cases, outcomes, problems):
        if problem is None or problem.kind not in ("value", "behaviour") or not _telling(got):
            continue
        for name, variants in case.mistakes.items():
            counts[name] += any(_same(case, wrong, got) for wrong in variants)
    best = max(counts.values(), default=0)
    leaders = [name for name, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else None


def _telling(outcomes: Sequence[Outcome]) -> bool:
    """우연히 겹치기 어려울 만큼 값이 많은 결과인지."""
    return any(
        isinstance(o.value, Tensor)
        and o.value.is_floating_point()
        and o.value.numel() >= 4
        and bool(o.value.isfinite().all())
        for o in outcomes
    )


def _same(case: SheetCase, wrong: Sequence[Outcome], got: Sequence[Outcome]) -> bool:
    if len(wrong) != len(got):
        return False
    for w, g in zip(wrong, got):
        if w.error != g.error or w.changed != g.changed or len(w.grads) != len(g.grads):
            return False
        if w.error is None and (
            _differ(case, w.value, g.value) or any(_differ(case, a, b) for a, b in zip(w.grads, g.grads))
        ):
            return False
    return True


def _differ(case: SheetCase, wrong: object, got: object) -> bool:
    try:
        return compare(case, wrong, got) is not None
    except TypeError:
        return wrong != got


# -- 말 ---------------------------------------------------------------------------------------------------------


def _praise(sheet: AnswerSheet) -> str:
    return "확인한 것: " + " · ".join(sheet.groups.values())


def _explain(
    sheet: AnswerSheet, failed: Sequence[str], problems: Sequence[Problem | None], mistake: str | None, reveal: bool
) -> str:
    """무엇이, 어디가, 왜, 다음에 볼 곳의 차례로 말해요."""
    at = _most_telling(sheet, problems, mistake)
    problem = problems[at]
    assert problem is not None
    group = sheet.groups[sheet.cases[at].group]
    text = next((m for m in sheet.mistakes if m.id == mistake), None)
    why, look = (text.why, text.look) if text else (problem.why, problem.look)
    lines = [
        problem.what,
        problem.where if reveal else "",
        why,
        look and f"다음에 볼 곳: {look}",
        f"통과하지 못한 확인: {' · '.join(sheet.groups[g] for g in failed)}"
        if len(failed) > 1
        else f"통과하지 못한 확인: {group}",
    ]
    return "\n".join(line for line in lines if line)


def _unfinished(sheet: AnswerSheet, outcomes: Sequence[Sequence[Outcome]]) -> str:
    raiser = next(o.detail for got in outcomes for o in got if o.error == "NotImplementedError")
    if raiser in sheet.uses:
        return f"이 실습이 부르는 `{raiser}` 함수가 아직 구현 전이에요. 그 실습부터 채우고 다시 확인해요."
    return "아직 구현 전이에요. `raise NotImplementedError` 줄을 지우고 여러분의 코드를 채워요."


def _most_telling(sheet: AnswerSheet, problems: Sequence[Problem | None], mistake: str | None) -> int:
    """가장 먼저 어긋난 사례. 이름을 붙인 실수라면 예외나 모양보다 값이 어긋난 사례를 골라요."""
    order = [i for i, p in enumerate(problems) if p]
    if mistake:
        for i in order:
            p = problems[i]
            if p and p.kind in ("value", "nan", "behaviour", "gradient", "changed"):
                return i
    return order[0]
