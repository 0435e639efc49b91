"""판정 규칙. 학습자가 돌려준 값과 기대값만 보고 무엇이 다른지 말해요.

규칙은 이름으로 불려요(`Case.rule`). 학습자용 묶음에도 들어가므로 정답이나 틀린 구현을 적지 않아요.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from autograder.exercise import Call
from autograder.korean import josa
from autograder.perform import Foreign, Outcome


@dataclass(frozen=True)
class Problem:
    """사례 하나에서 찾은 어긋남.

    `what`은 무엇이 다른지, `where`는 어디가(번호와 두 값; 숨은 사례에서는 보이지 않아요), `why`는 왜, `look`은 다음에 볼 곳이에요.
    `mistake`는 규칙이 스스로 알아본 실수의 id예요.
    """

    kind: str
    what: str
    where: str = ""
    why: str = ""
    look: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class SheetCase:
    """시드에서 뽑은 사례와 그 정답: 부르는 방법, 규칙, 기준 구현의 결과, 실수마다의 결과."""

    group: str
    calls: tuple[Call, ...]
    rule: str
    params: Mapping[str, Any]
    atol: float | None
    rtol: float | None
    expected: tuple[Outcome, ...]
    mistakes: Mapping[str, tuple[tuple[Outcome, ...], ...]] = field(default_factory=dict)


Rule = Callable[[SheetCase, Sequence[Outcome]], "Problem | None"]
_RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """`name`이라는 규칙을 등록하는 장식자."""

    def register(function: Rule) -> Rule:
        if name in _RULES:
            raise ValueError(f"이미 있는 규칙 이름이에요: {name}")
        _RULES[name] = function
        return function

    return register


def apply(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """모든 규칙에 앞서는 확인(예외, 부작용)을 하고 사례의 규칙을 불러요."""
    if len(outcomes) != len(case.calls):
        return Problem("missing", "답이 다 오지 않았어요.", look="함수가 중간에 멈추지 않는지 봐요.")
    if case.rule != "raises":
        for outcome in outcomes:
            problem = _failure(outcome) or _changed(outcome)  # 예외가 먼저예요. 값을 볼 수 없으니까요.
            if problem:
                return problem
    return _RULES[case.rule](case, outcomes)


def _failure(outcome: Outcome) -> Problem | None:
    if outcome.error is None:
        return None
    if outcome.error == "NotImplementedError":
        return Problem(
            "unimplemented",
            "아직 구현 전이에요.",
            look="`raise NotImplementedError` 줄을 지우고 여러분의 코드를 채워요.",
        )
    if outcome.error == "RefError":
        return Problem(
            "error",
            "돌려준 값의 모양이 약속과 달라서 다음 단계로 넘기지 못했어요.",
            look="독스트링의 돌려주는 값과 형을 다시 봐요.",
        )
    what, look = _ERRORS.get(outcome.error, ("실행하다가 예외가 났어요.", "작은 입력으로 함수를 직접 불러 봐요."))
    if outcome.error == "RuntimeError" and " grad" in outcome.detail:
        what, look = _NO_GRAD
    return Problem("error", f"{what} ({outcome.error})", where=outcome.detail, look=look)


_ERRORS = {
    "RuntimeError": (
        "텐서의 모양이나 dtype이 서로 맞지 않아 예외가 났어요.",
        "연산마다 `.shape`를 적어 보고 축을 맞춰 봐요.",
    ),
    "IndexError": ("없는 자리를 읽으려고 했어요.", "번호가 0부터 시작한다는 점과 각 축의 길이를 확인해요."),
    "NameError": ("정의되지 않은 이름을 썼어요.", "오타가 없는지, 그 이름을 정의한 셀이 위에 있는지 봐요."),
    "UnboundLocalError": ("값을 넣기 전에 변수를 읽었어요.", "그 변수에 값을 넣는 줄이 늘 먼저 실행되는지 봐요."),
    "TypeError": ("자료형이 맞지 않는 연산이나 호출이 있어요.", "인자의 개수와 순서, 텐서와 수가 섞인 곳을 봐요."),
    "AttributeError": ("그 값에 없는 속성이나 메서드를 썼어요.", "값의 형을 `type(...)`으로 확인해 봐요."),
    "KeyError": ("사전에 없는 열쇠를 찾았어요.", "열쇠의 철자와, 처음 보는 열쇠를 어떻게 다룰지 봐요."),
    "ValueError": ("허용되지 않는 값을 만났어요.", "어느 줄에서 났는지 작은 입력으로 따라가 봐요."),
    "ZeroDivisionError": ("0으로 나눴어요.", "나누는 수가 0이 될 수 있는 경우를 따로 생각해요."),
    "RecursionError": (
        "자기 자신을 끝없이 불렀어요.",
        "멈추는 조건과, 같은 이름의 다른 함수를 부르려던 것은 아닌지 봐요.",
    ),
    "SystemExit": ("함수 안에서 프로그램을 끝내려고 했어요.", "`exit()`나 `sys.exit()`를 지워요."),
    "TimeoutError": ("제한 시간 안에 끝나지 않았어요.", "반복문이 멈추는 조건을 확인해요."),
    "MemoryError": ("메모리를 너무 많이 썼어요.", "필요한 것보다 큰 텐서를 만들고 있지 않은지 모양을 확인해요."),
}


_NO_GRAD = (
    "기울기를 계산할 수 없어서 예외가 났어요.",
    "미분할 텐서를 `clone().requires_grad_(True)`로 준비했는지, 넘파이나 `.detach()`가 중간에 그래프를 끊지 않는지 봐요.",
)


def _changed(outcome: Outcome) -> Problem | None:
    if not outcome.changed:
        return None
    names = ", ".join(f"{i + 1}번째 인자" if isinstance(i, int) else f"`{i}`" for i in outcome.changed)
    return Problem(
        "changed",
        f"함수가 받은 입력을 바꿔 놓았어요({names}).",
        why="`+=`나 이름이 `_`로 끝나는 메서드는 텐서를 그 자리에서 고쳐요. 부른 쪽의 값까지 달라져요.",
        look="새 텐서를 만들어 돌려줘요.",
    )


# -- 값 견주기 --------------------------------------------------------------------------------------------------

_TOLERANCE = {
    torch.float64: (1e-6, 1e-5),
    torch.float32: (1e-5, 1e-4),
    torch.bfloat16: (1e-2, 2e-2),
    torch.float16: (1e-3, 1e-2),
}
_SCALAR_TOLERANCE = (1e-6, 1e-5)


def tolerance(case: SheetCase, dtype: torch.dtype | None = None) -> tuple[float, float]:
    """사례가 정한 허용 오차, 없으면 dtype의 기본값 (atol, rtol)."""
    atol, rtol = _TOLERANCE.get(dtype, _SCALAR_TOLERANCE) if dtype is not None else _SCALAR_TOLERANCE
    return (atol if case.atol is None else case.atol, rtol if case.rtol is None else case.rtol)


def excess(expected: Tensor, value: Tensor, atol: float, rtol: float) -> Tensor:
    """원소마다 |차이| / (atol + rtol·|기대값|). 1 이하면 같은 값이에요. 둘 다 nan이거나 같은 inf면 0."""
    e, v = expected.to(torch.float64), value.to(torch.float64)
    ratio = (v - e).abs() / (atol + rtol * e.abs())
    same = (e == v) | (e.isnan() & v.isnan())
    return torch.where(same, 0.0, torch.nan_to_num(ratio, nan=math.inf))


def compare(
    case: SheetCase, expected: Any, value: Any, path: str = "결과", ignore: Tensor | None = None
) -> Problem | None:
    """기대값과 나온 값을 형, 모양, dtype, 유한성, 값의 차례로 견줘요."""
    if isinstance(expected, Tensor):
        return _compare_tensor(case, expected, value, path, ignore)
    if value is None and expected is not None:
        return Problem(
            "type",
            f"{path}에서 None이 나왔어요.",
            why="아무것도 돌려주지 않았거나 `print`만 했어요.",
            look="마지막 줄에 `return`이 있는지 봐요.",
        )
    if isinstance(expected, bool) or expected is None or isinstance(expected, str | bytes):
        return _compare_exact(expected, value, path)
    if isinstance(expected, int | float):
        return _compare_number(case, expected, value, path)
    if isinstance(expected, list | tuple):
        return _compare_sequence(case, expected, value, path)
    if isinstance(expected, dict):
        return _compare_dict(case, expected, value, path)
    raise TypeError(f"견줄 수 없는 기대값이에요: {type(expected).__name__}")


_TYPE_NAMES = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    list: "list",
    tuple: "tuple",
    dict: "dict",
    type(None): "None",
}


def _type_name(value: Any) -> str:
    if isinstance(value, Tensor):
        return "torch.Tensor"
    if isinstance(value, Foreign):
        return value.type_name
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def _wrong_type(expected: Any, value: Any, path: str) -> Problem:
    look = "독스트링이 약속한 형으로 바꿔서 돌려줘요."
    if isinstance(value, Foreign) and value.type_name.startswith("numpy"):
        look = "넘파이를 써도 좋지만 마지막에 `torch.from_numpy`나 `float()`로 바꿔서 돌려줘요."
    elif isinstance(value, Tensor):
        look = "원소가 하나인 텐서라면 `.item()`, 여럿이라면 `.tolist()`로 파이썬 값을 꺼낼 수 있어요."
    return Problem(
        "type", f"{path}의 형이 달라요. {_type_name(expected)} 형이어야 하는데 {_type_name(value)} 형이에요.", look=look
    )


def _compare_exact(expected: Any, value: Any, path: str) -> Problem | None:
    if type(expected) is not type(value):
        return _wrong_type(expected, value, path)
    if expected == value:
        return None
    if isinstance(expected, str | bytes):
        return Problem("value", f"{path}의 내용이 달라요.", where=_first_text_difference(expected, value))
    return Problem("value", f"{path}의 판단이 반대예요.", where=f"{josa(repr(value), '이/가')} 나왔어요.")


def _first_text_difference(expected: Any, value: Any) -> str:
    at = next((i for i, (e, v) in enumerate(zip(expected, value)) if e != v), min(len(expected), len(value)))
    return f"길이 {len(value)}(기대 {len(expected)}), {at}번째 글자부터 달라요. 나온 값: {value[:40]!r}"


def _compare_number(case: SheetCase, expected: float, value: Any, path: str) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong_type(expected, value, path)
    if isinstance(expected, int) and isinstance(value, int):
        if expected == value:
            return None
    else:
        atol, rtol = (0.0, 1e-9) if isinstance(expected, int) else tolerance(case)
        if math.isnan(value) and not math.isnan(expected):
            return Problem("nan", f"{path}에 nan이 나왔어요.", look="0으로 나누거나 inf끼리 뺀 곳이 있는지 봐요.")
        if expected == value or abs(value - expected) <= atol + rtol * abs(expected):
            return None
    # 수 하나짜리 답은 그대로 알려 주면 베낄 수 있으므로 방향만 말해요.
    direction = "커요" if value > expected else "작아요"
    return Problem(
        "value", f"{path}의 값이 달라요.", where=f"나온 값 {josa(f'{value:.6g}', '은/는')} 기대보다 {direction}."
    )


def _compare_sequence(case: SheetCase, expected: Sequence[Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, type(expected)):
        return _wrong_type(expected, value, path)
    for i, (e, v) in enumerate(zip(expected, value)):
        problem = compare(case, e, v, f"{path}[{i}]")
        if problem:
            return problem
    if len(expected) != len(value):
        more = "길어요" if len(value) > len(expected) else "짧아요"
        return Problem(
            "shape", f"{path}의 길이가 달라요.", where=f"나온 길이 {josa(str(len(value)), '은/는')} 기대보다 {more}."
        )
    return None


def _compare_dict(case: SheetCase, expected: Mapping[Any, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, dict):
        return _wrong_type(expected, value, path)
    missing = [key for key in expected if key not in value]
    extra = [key for key in value if key not in expected]
    if missing or extra:
        where = f"없는 열쇠의 예: {missing[0]!r}" if missing else f"더 있는 열쇠의 예: {extra[0]!r}"
        return Problem("value", f"{path}의 열쇠가 달라요.", where=where)
    for key in expected:
        problem = compare(case, expected[key], value[key], f"{path}[{key!r}]")
        if problem:
            return problem
    return None


def _compare_tensor(case: SheetCase, expected: Tensor, value: Any, path: str, ignore: Tensor | None) -> Problem | None:
    if value is None:
        return compare(case, 0, None, path)
    if not isinstance(value, Tensor):
        return _wrong_type(expected, value, path)
    if value.shape != expected.shape:
        return Problem(
            "shape",
            f"{path}의 모양이 달라요.",
            where=f"기대한 모양은 {tuple(expected.shape)}, 나온 모양은 {josa(str(tuple(value.shape)), '이에요/예요')}.",
            look="줄마다 `.shape`를 적어 보며 어느 축이 사라지거나 뒤바뀌었는지 찾아요.",
        )
    if value.dtype != expected.dtype:
        return Problem(
            "dtype",
            f"{path}의 dtype이 달라요.",
            where=f"기대한 dtype은 {_dtype(expected)}, 나온 dtype은 {josa(_dtype(value), '이에요/예요')}.",
            look="새 텐서를 만들 때 입력과 같은 dtype을 쓰는지 봐요.",
        )
    ratio = excess(expected, value, *tolerance(case, expected.dtype))
    if ignore is not None:
        ratio = ratio.masked_fill(ignore.expand_as(ratio), 0.0)
    wrong = ratio > 1
    if not wrong.any():
        return None
    index = tuple(int(i) for i in wrong.nonzero()[0])
    got, want = value[index].item(), expected[index].item()
    spot = f"{path}[{', '.join(map(str, index))}]" if index else path
    count = f"원소 {wrong.numel()}개 중 {int(wrong.sum())}개가 달라요."
    if isinstance(got, float) and not math.isfinite(got) and math.isfinite(want):
        kind = "nan" if math.isnan(got) else "inf"
        return Problem(
            "nan",
            f"{path}에 {josa(kind, '이/가')} 섞여 있어요.",
            where=f"{spot}에 {josa(kind, '이/가')} 나왔어요. {count}",
            look="inf끼리 빼거나 나눈 곳, 0으로 나눈 곳, 모두 가려진 행을 찾아봐요.",
        )
    if expected.numel() == 1:
        where = f"나온 값 {josa(_number(got), '은/는')} 기대보다 {'커요' if got > want else '작아요'}."
    else:
        where = f"{spot}에서 기대한 값은 {_number(want)}, 나온 값은 {josa(_number(got), '이에요/예요')}. {count}"
    return Problem("value", f"{path}의 값이 달라요.", where=where)


def _number(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


# -- 규칙 -------------------------------------------------------------------------------------------------------


@rule("equal")
def equal(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """모든 부름의 값과 기울기가 기준 구현과 같아요.

    `params["ignore"]`가 있으면 그 불 텐서(True가 무시)가 덮는 자리는 견주지 않아요(가려진 쿼리 행 등). 튜플을 돌려주면 첫 원소에만 써요.
    """
    ignore = case.params.get("ignore")
    for expected, outcome in zip(case.expected, outcomes):
        if (
            ignore is not None
            and isinstance(expected.value, tuple)
            and isinstance(outcome.value, tuple)
            and outcome.value
        ):
            problem = compare(case, expected.value[0], outcome.value[0], "결과[0]", ignore)
            problem = problem or compare(case, expected.value[1:], outcome.value[1:], "결과[1:]")
        else:
            problem = compare(case, expected.value, outcome.value, ignore=ignore)
        problem = problem or _compare_grads(case, expected.grads, outcome.grads)
        if problem:
            return problem
    return None


def _compare_grads(case: SheetCase, expected: Sequence[Any], grads: Sequence[Any]) -> Problem | None:
    for i, (e, g) in enumerate(zip(expected, grads)):
        if e is not None and g is None:
            return Problem(
                "gradient",
                "기울기가 입력까지 흐르지 않아요.",
                why="`.detach()`, `.item()`, 넘파이, `torch.tensor(...)`로 다시 만든 값은 계산 그래프를 끊어요.",
                look="결과의 `requires_grad`가 True인지 봐요.",
            )
        if e is not None:
            problem = compare(case, e, g, "기울기")
            if problem:
                return replace(problem, kind="gradient")
    return None


@rule("raises")
def raises(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """마지막 부름이 `params["error"]` 예외를 내요."""
    outcome, wanted = outcomes[-1], case.params["error"]
    if outcome.error == wanted:
        return None
    if outcome.error == "NotImplementedError":
        return _failure(outcome)
    if outcome.error is not None:
        return Problem(
            "error",
            f"{wanted}를 내야 하는데 다른 예외가 났어요. ({outcome.error})",
            where=outcome.detail,
            look="허용되지 않는 입력을 맨 앞에서 확인해요.",
        )
    return Problem(
        "behaviour",
        f"허용되지 않는 입력인데 예외({wanted})가 나지 않았어요.",
        look="독스트링이 어떤 입력을 막으라고 했는지 봐요.",
    )


@rule("prefix")
def prefix(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """t번째부터 입력이 달라도 그 앞의 출력은 움직이지 않아요(인과성). 두 번 부르고 `params["t"]`, 시간 축은 `params["axis"]`(기본 -2)."""
    t, axis = case.params["t"], case.params.get("axis", -2)
    first, second = outcomes[0].value, outcomes[1].value
    problem = compare(case, case.expected[0].value, first) if not _alike(case.expected[0].value, first) else None
    if problem:
        return problem
    return _moved(
        case,
        first.narrow(axis, 0, t),
        second.narrow(axis, 0, t),
        "뒤쪽 입력만 바꿨는데 앞쪽 출력이 움직였어요.",
        "미래의 토큰이 과거로 새고 있어요.",
    )


@rule("batch")
def batch(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """문장 하나만 넣은 결과(0번 부름)와 패딩된 배치 속 같은 문장(1번 부름의 `row`번째, 앞 `length`자리)이 같아요."""
    row, length = case.params["row"], case.params["length"]
    alone, together = outcomes[0].value, outcomes[1].value
    for expected, value in zip(case.expected, (alone, together)):
        if not _alike(expected.value, value):
            return compare(case, expected.value, value)
    return _moved(
        case,
        alone[0].narrow(-2, 0, length),
        together[row].narrow(-2, 0, length),
        "혼자일 때와 배치 안에 있을 때 같은 문장의 결과가 달라요.",
        "패딩이나 옆 문장이 계산에 섞였어요.",
    )


@rule("equivariant")
def equivariant(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """입력의 토큰을 `params["perm"]`으로 섞으면(1번 부름) 출력도 같은 순서로 섞여요. 토큰 축은 -2."""
    first, second = outcomes[0].value, outcomes[1].value
    for expected, value in zip(case.expected, (first, second)):
        if not _alike(expected.value, value):
            return compare(case, expected.value, value)
    return _moved(
        case,
        first.index_select(-2, case.params["perm"]),
        second,
        "토큰의 순서를 바꿨더니 토큰마다의 결과까지 달라졌어요.",
        "자리에 따라 다르게 계산하는 곳이 있어요.",
    )


def _alike(expected: Any, value: Any) -> bool:
    return isinstance(value, Tensor) and value.shape == expected.shape and value.dtype == expected.dtype


def _moved(case: SheetCase, first: Tensor, second: Tensor, what: str, why: str) -> Problem | None:
    difference = compare(case, first, second)
    return Problem("behaviour", what, where=difference.where, why=why) if difference else None


@rule("item")
def item(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """돌려준 튜플에서 `params["item"]`번째만 견줘요. 나머지는 다른 그룹의 몫이에요. `params["ignore"]`가 덮는 자리는 빼요."""
    at = case.params["item"]
    for expected, outcome in zip(case.expected, outcomes):
        if not isinstance(outcome.value, tuple) or len(outcome.value) != len(expected.value):
            return compare(case, expected.value, outcome.value) or _wrong_type(expected.value, outcome.value, "결과")
        problem = compare(case, expected.value[at], outcome.value[at], f"결과[{at}]", case.params.get("ignore"))
        if problem:
            return problem
    return None


@rule("dropout")
def dropout(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """드롭아웃의 무늬만 봐요. 원소마다 살았을 때의 값 `kept`나 버려졌을 때의 값 `dropped`이고, 산 비율이 1 - p에 가까워요.

    어떤 난수로 골랐는지는 묻지 않아요. `alternatives`는 알려진 실수의 (id, kept, dropped)예요.
    """
    value, kept, dropped, p = outcomes[0].value, case.params["kept"], case.params["dropped"], case.params["p"]
    if not _alike(kept, value):
        return compare(case, kept, value)
    share = _kept_share(case, value, kept, dropped)
    if share is None:
        for mistake, other_kept, other_dropped in case.params.get("alternatives", ()):
            if _kept_share(case, value, other_kept, other_dropped) is not None:
                return Problem("behaviour", "드롭아웃이 남긴 값의 무늬가 달라요.", mistake=mistake)
        return Problem(
            "behaviour",
            "드롭아웃이 남긴 값의 무늬가 달라요.",
            why="원소마다 버려지거나, 살아남아 1/(1-p)배가 되거나 둘 중 하나여야 해요.",
            look="드롭아웃을 거는 자리와 횟수를 식에서 다시 찾아요.",
        )
    live, count = share
    slack = 5 * math.sqrt(p * (1 - p) / count)
    if abs(live - (1 - p)) > slack:
        return Problem(
            "behaviour",
            "버려진 비율이 p와 달라요.",
            where=f"p는 {p}인데 {1 - live:.2f}만큼 버려졌어요.",
            look="p가 버릴 확률인지 살릴 확률인지 확인해요.",
        )
    return None


def _kept_share(case: SheetCase, value: Tensor, kept: Tensor, dropped: Tensor) -> tuple[float, int] | None:
    """모든 원소가 둘 중 하나면 (살아남은 비율, 구별되는 원소 수), 아니면 None."""
    limits = tolerance(case, kept.dtype)
    is_kept, is_dropped = excess(kept, value, *limits) <= 1, excess(dropped, value, *limits) <= 1
    if not bool((is_kept | is_dropped).all()):
        return None
    clear = excess(kept, dropped, *limits) > 10
    return float(is_kept[clear].double().mean()), int(clear.sum())


@rule("maps_rows")
def maps_rows(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """행렬 하나가 `params["before"]`의 모든 줄을 `params["after"]`의 줄로 보내요.

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
        where=f"{p}번째 줄에 곱한 결과의 {j}번째에서 기대한 값은 {_number(after[p, j].item())}, "
        f"나온 값은 {josa(_number(got[p, j].item()), '이에요/예요')}.",
        mistake=case.params.get("partly") if bool((ratio <= 1).any()) else None,
    )


@rule("statistic")
def statistic(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
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
    noisy = not all(map(math.isfinite, first)) or max(first) > 2 * min(first)
    return replace(problem, mistake=case.params["noisy"] if noisy else None)


@rule("repeatable")
def repeatable(case: SheetCase, outcomes: Sequence[Outcome]) -> Problem | None:
    """같은 난수로 두 번 부르면 같은 값이 나와요. 값이 맞는지는 다른 그룹의 몫이에요."""
    first, second = (outcome.value for outcome in outcomes)
    if type(first) is not type(case.expected[0].value):
        return _wrong_type(case.expected[0].value, first, "결과")
    if repr(first) == repr(second):
        return None
    return Problem("behaviour", "같은 난수 생성기를 줬는데 부를 때마다 값이 달라요.", mistake=case.params["mistake"])
