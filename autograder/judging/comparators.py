"""비교기: 사례마다 무엇을 견줄지. 이름으로 불려요(`Case.comparator`).

학습자가 돌려준 값과 기댓값만 봐요. 학습자 묶음에도 들어가므로 정답이나 틀린 구현을 적지 않아요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor

from autograder.judging.answer_key import KeyCase
from autograder.judging.call_runner import Foreign, Outcome
from autograder.judging.comparison import compare, excess, tolerance, wrong_type
from autograder.judging.exceptions.failures import explain_changes, explain_failure
from autograder.judging.problem import Problem, Values
from autograder.judging.value_text import readable
from autograder.wording import josa

Comparator = Callable[[KeyCase, Sequence[Outcome]], "Problem | None"]

_COMPARATORS: dict[str, Comparator] = {}
BEHAVIOUR_COMPARATORS = ("prefix", "batch", "equivariant", "repeatable")  # 값이 아니라 성질을 봐요.


def comparator(name: str) -> Callable[[Comparator], Comparator]:
    """`name`이라는 비교기를 등록하는 장식자."""

    def register(function: Comparator) -> Comparator:
        if name in _COMPARATORS:
            raise ValueError(f"이미 있는 비교기의 이름이에요: {name}")
        _COMPARATORS[name] = function
        return function

    return register


def apply(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """모든 비교기에 앞서는 확인(예외, 부작용)을 하고 사례의 비교기를 불러요."""
    if len(outcomes) != len(case.calls):
        return Problem("missing", "답이 다 오지 않았어요.", look="함수가 중간에 멈추지 않는지 봐요.")
    if case.comparator != "raises":
        for at, (call, outcome) in enumerate(zip(case.calls, outcomes, strict=True)):
            # 예외가 먼저예요. 값을 볼 수 없으니까요.
            problem = explain_failure(outcome) or explain_changes(outcome, call)
            if problem:
                return replace(problem, call=at)
    return _COMPARATORS[case.comparator](case, outcomes)


@comparator("equal")
def equal(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """모든 부름의 값과 기울기가 기준 구현과 같아요.

    `params["ignore"]`가 있으면 그 불 텐서(True가 무시)가 덮는 자리는 견주지 않아요(가려진 쿼리 행 등). 튜플을 돌려주면 첫 원소에만 써요.
    """
    ignore = case.params.get("ignore")
    for at, (expected, outcome) in enumerate(zip(case.expected, outcomes, strict=True)):
        both_tuples = isinstance(expected.value, tuple) and isinstance(outcome.value, tuple)
        if ignore is not None and both_tuples and outcome.value:
            problem = compare(case, expected.value[0], outcome.value[0], "결과[0]", ignore)
            problem = problem or compare(case, expected.value[1:], outcome.value[1:], "결과[1:]")
        else:
            problem = compare(case, expected.value, outcome.value, ignore=ignore)
        problem = problem or _compare_grads(case, at, expected.grads, outcome.grads)
        if problem:
            return replace(problem, call=at)
    return None


def _compare_grads(case: KeyCase, call: int, expected: Sequence[Any], grads: Sequence[Any]) -> Problem | None:
    # 답에 기울기가 모자라면 흐르지 않은 것으로 봐요.
    asked = case.calls[call].grad_of
    dead = [i for i, e, g in zip_longest(asked, expected, grads) if e is not None and g is None and i is not None]
    for e, g in zip_longest(expected, grads):
        if e is not None and g is None:
            which = f"{', '.join(str(i + 1) for i in dead)}번째 " if 0 < len(dead) < len(asked) else ""
            return Problem(
                "gradient",
                f"기울기가 {which}인자까지 흐르지 않아요.",
                why="`.detach()`, `.item()`, 넘파이, `torch.tensor(...)`로 다시 만든 값은 계산 그래프를 끊어요.",
                look="결과의 `requires_grad`가 True인지 봐요.",
            )
        if e is not None:
            problem = compare(case, e, g, "기울기")
            if problem:
                return replace(problem, kind="gradient")
    return None


@comparator("raises")
def raises(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """마지막 부름이 `params["error"]` 예외(여럿이면 그 가운데 하나)나 그것을 물려받은 예외를 내요."""
    outcome, wanted = outcomes[-1], case.params["error"]
    welcome = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if {outcome.error, *outcome.bases} & set(welcome):
        return None
    named = f"`{welcome[0]}`"  # 독스트링이 약속한 것. 나머지는 받아 줄 뿐이에요.
    if outcome.error is not None:
        problem = explain_failure(outcome)
        if problem is None or problem.kind == "unimplemented":
            return problem
        return replace(
            problem,
            what=f"허용되지 않는 입력에는 {josa(named, '을/를')} 내야 하는데 `{outcome.error}` 예외가 났어요.",
            look="허용되지 않는 입력을 함수의 맨 앞에서 확인해요.",
        )
    if isinstance(outcome.value, Foreign) and outcome.value.type_name.endswith("Error"):
        return Problem(
            "behaviour", "허용되지 않는 입력인데 예외를 내지 않고 돌려줬어요.", look="`return`이 아니라 `raise`로 내요."
        )
    return Problem(
        "behaviour",
        f"허용되지 않는 입력인데 {named} 예외가 나지 않았어요.",
        look="독스트링이 어떤 입력을 막으라고 했는지 봐요.",
    )


@comparator("prefix")
def prefix(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """t번째부터 입력이 달라도 그 앞의 출력은 움직이지 않아요(인과성). 두 번 부르고 `params["t"]`, 시간 축은 `params["axis"]`(기본 -2)."""
    t, axis = case.params["t"], case.params.get("axis", -2)
    first, second = outcomes[0].value, outcomes[1].value
    return _unlike(case, outcomes) or _moved(
        case,
        first.narrow(axis, 0, t),
        second.narrow(axis, 0, t),
        "뒤쪽 입력만 바꿨는데 앞쪽 출력이 움직였어요.",
        "미래의 토큰이 과거로 새고 있어요.",
    )


@comparator("batch")
def batch(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """문장 하나만 넣은 결과(0번 부름)와 패딩된 배치 속 같은 문장(1번 부름의 `row`번째, 앞 `length`자리)이 같아요."""
    row, length = case.params["row"], case.params["length"]
    alone, together = outcomes[0].value, outcomes[1].value
    return _unlike(case, outcomes) or _moved(
        case,
        alone[0].narrow(-2, 0, length),
        together[row].narrow(-2, 0, length),
        "혼자일 때와 배치 안에 있을 때 같은 문장의 결과가 달라요.",
        "패딩이나 옆 문장이 계산에 섞였어요.",
    )


@comparator("equivariant")
def equivariant(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """입력의 토큰을 `params["perm"]`으로 섞으면(1번 부름) 출력도 같은 순서로 섞여요. 토큰 축은 -2."""
    first, second = outcomes[0].value, outcomes[1].value
    return _unlike(case, outcomes) or _moved(
        case,
        first.index_select(-2, case.params["perm"]),
        second,
        "토큰의 순서를 바꿨더니 토큰마다의 결과까지 달라졌어요.",
        "자리에 따라 다르게 계산하는 곳이 있어요.",
    )


def _unlike(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """성질을 보기에 앞서, 텐서가 아니거나 모양이나 dtype이 다른 첫 결과의 이야기. 값은 성질이 봐요."""
    for expected, outcome in zip(case.expected, outcomes, strict=True):
        if not _alike(expected.value, outcome.value):
            return compare(case, expected.value, outcome.value)
    return None


def _alike(expected: Any, value: Any) -> bool:
    return isinstance(value, Tensor) and value.shape == expected.shape and value.dtype == expected.dtype


def _moved(case: KeyCase, first: Tensor, second: Tensor, what: str, why: str) -> Problem | None:
    difference = compare(case, first, second, "두 결과의 ")
    if difference is None or difference.values is None:
        return None
    at = ", ".join(map(str, difference.values.at))
    # 두 값은 어느 쪽이 기대한 값이라고 할 수 없어요. 서로 같아야 할 뿐이에요.
    one, other = (readable(side[difference.values.at].item()) for side in (first, second))
    return Problem(
        "behaviour", what, where=f"[{at}] 자리가 {one}에서 {josa(other, '으로/로')} 움직였어요.", why=why, call=1
    )


@comparator("item")
def item(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """돌려준 튜플에서 `params["item"]`번째만 견줘요. 나머지는 다른 그룹의 몫이에요. `params["ignore"]`가 덮는 자리는 빼요."""
    at = case.params["item"]
    for number, (expected, outcome) in enumerate(zip(case.expected, outcomes, strict=True)):
        if not isinstance(outcome.value, tuple) or len(outcome.value) != len(expected.value):
            return compare(case, expected.value, outcome.value) or wrong_type(expected.value, outcome.value, "결과")
        problem = compare(case, expected.value[at], outcome.value[at], f"결과[{at}]", case.params.get("ignore"))
        if problem:
            return replace(problem, call=number)
    return None


@comparator("dropout")
def dropout(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """드롭아웃의 무늬만 봐요. 원소마다 살았을 때의 값 `kept`나 버려졌을 때의 값 `dropped`이고, 산 비율이 1 - p에 가까워요.

    어떤 난수로 골랐는지는 묻지 않아요. `alternatives`는 알려진 실수의 (id, kept, dropped)나,
    산 비율까지 알아야 가를 수 있는 실수라면 (id, kept, dropped, 산 비율)이에요.
    여러 번 부르는 사례라면 부를 때마다 다른 자리를 버려야 해요. 그대로면 `params["repeated"]`라는 실수예요.
    """
    for at, outcome in enumerate(outcomes):
        problem = _wrong_drops(case, outcome.value)
        if problem:
            return replace(problem, call=at)
    if len(outcomes) > 1 and all(torch.equal(outcomes[0].value, outcome.value) for outcome in outcomes):
        return Problem(
            "behaviour",
            "두 번 불렀는데 똑같은 자리가 버려졌어요.",
            why="학습할 때는 부를 때마다 다른 자리를 골라야 해요.",
            look="함수 안에서 시드를 정하거나 마스크를 한 번만 만들어 두는 곳이 있는지 봐요.",
            mistake=case.params.get("repeated"),
            call=len(outcomes) - 1,
        )
    return None


def _wrong_drops(case: KeyCase, value: Any) -> Problem | None:
    """한 번 부른 결과에서 드롭아웃의 무늬와 비율의 어긋남."""
    kept, dropped, p = case.params["kept"], case.params["dropped"], case.params["p"]
    if not _alike(kept, value):
        return compare(case, kept, value)
    share = _kept_share(case, value, kept, dropped)
    if share is None:
        for mistake, other_kept, other_dropped, *wanted in case.params.get("alternatives", ()):
            found = _kept_share(case, value, other_kept, other_dropped)
            if found and all(abs(found[0] - live) <= 5 * math.sqrt(p * (1 - p) / found[1]) for live in wanted):
                return Problem("behaviour", "드롭아웃을 지난 값이 약속과 달라요.", mistake=mistake)
        return Problem(
            "behaviour",
            "드롭아웃을 지난 값이 약속과 달라요.",
            why="원소마다 버려지거나, 살아남아 1/(1-p)배가 되거나 둘 중 하나여야 해요.",
            look="드롭아웃을 거는 자리와 횟수를 식에서 다시 찾아요.",
        )
    live, count = share
    slack = 5 * math.sqrt(p * (1 - p) / count)
    if abs(live - (1 - p)) > slack:
        return Problem(
            "behaviour",
            "버려진 비율이 p와 달라요.",
            where=f"p는 {readable(p)}인데 {readable(round(1 - live, 2))}만큼 버려졌어요.",
            look="p가 버릴 확률인지 살릴 확률인지 확인해요.",
        )
    return None


def _kept_share(case: KeyCase, value: Tensor, kept: Tensor, dropped: Tensor) -> tuple[float, int] | None:
    """모든 원소가 둘 중 하나면 (살아남은 비율, 구별되는 원소 수), 아니면 None."""
    limits = tolerance(case, kept.dtype)
    is_kept, is_dropped = excess(kept, value, *limits) <= 1, excess(dropped, value, *limits) <= 1
    if not bool((is_kept | is_dropped).all()):
        return None
    clear = excess(kept, dropped, *limits) > 10
    return float(is_kept[clear].double().mean()), int(clear.sum())


@comparator("maps_rows")
def maps_rows(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """행렬 하나가 `params["before"]`의 모든 줄을 `params["after"]`의 줄로 보내요. `params["first"]`는 첫 줄의 위치예요.

    몇 줄에서만 맞으면 `params["partly"]`라는 실수예요.
    """
    matrix, before, after = outcomes[-1].value, case.params["before"], case.params["after"]
    expected = case.expected[-1].value
    if not isinstance(matrix, Tensor) or matrix.shape != expected.shape or not matrix.is_floating_point():
        return compare(case, expected, matrix)
    got = before.double() @ matrix.double()
    ratio = excess(after, got, *tolerance(case, torch.float32)).amax(dim=-1)
    if not (ratio > 1).any():
        return None
    p = int((ratio > 1).nonzero()[0])
    j = int(excess(after[p], got[p], *tolerance(case, torch.float32)).argmax())
    if not bool(got[p].isfinite().all()):
        return Problem("nan", "행렬에 nan이나 inf가 섞여 있어요.", look="0으로 나눈 곳이 있는지 봐요.")
    return Problem(
        "value",
        "행렬을 곱한 줄이 기대한 줄과 달라요.",
        where=f"위치 {readable(p + case.params.get('first', 0))}의 줄에 곱한 결과의 [{readable(j)}]에서 "
        f"기대한 값은 {readable(after[p, j].item())}, 나온 값은 {josa(readable(got[p, j].item()), '이에요/예요')}.",
        values=Values(expected, matrix),
        mistake=case.params.get("partly") if bool((ratio <= 1).any()) else None,
    )


@comparator("statistic")
def statistic(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """난수로 잰 값들의 튜플이 부를 때마다 이론값 `params["want"]`에 가까워요(어떤 차례로 뽑았는지는 묻지 않아요).

    부를 때마다 크게 출렁이거나 nan이면 `params["noisy"]`라는 실수예요.
    """
    problems = [p for p in (compare(case, case.params["want"], o.value) for o in outcomes) if p]
    if not problems:
        return None
    problem = problems[0]
    if any(p.kind not in ("value", "nan") for p in problems):
        return problem
    first = [abs(outcome.value[0]) for outcome in outcomes]
    noisy = not all(map(math.isfinite, first)) or max(first) > 4 * min(first)
    return replace(problem, mistake=case.params["noisy"] if noisy else None)


@comparator("scatter")
def scatter(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """표본이 몇 개뿐이라 튜플의 값마다 부를 때마다 달라, 가장 큰 것이 가장 작은 것의 `params["times"]`배를 넘어요."""
    for outcome in outcomes:
        problem = compare(replace(case, atol=math.inf), case.expected[0].value, outcome.value)
        if problem:
            return problem  # 형이나 길이가 다르거나 nan이에요.
    columns = zip(*(outcome.value for outcome in outcomes), strict=True)
    if all(max(map(abs, column)) > case.params["times"] * min(map(abs, column)) for column in columns):
        return None
    return Problem(
        "behaviour",
        "표본이 몇 개뿐인데 부를 때마다 잰 값이 거의 같아요.",
        why="표본이 적을수록 잰 값은 크게 출렁여요.",
        look="표본을 몇 개 뽑는지, 잰 값이 정말로 그 표본에서 나오는지 봐요.",
    )


@comparator("repeatable")
def repeatable(case: KeyCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """같은 난수로 두 번 부르면 같은 값이 나와요. 값이 맞는지는 다른 그룹의 몫이에요."""
    first, second = (outcome.value for outcome in outcomes)
    if type(first) is not type(case.expected[0].value):
        return wrong_type(case.expected[0].value, first, "결과")
    if repr(first) == repr(second):
        return None
    return Problem("behaviour", "같은 난수 생성기를 줬는데 부를 때마다 값이 달라요.", mistake=case.params["mistake"])
