"""학습자 묶음의 글에서 떼어 붙일 수 있는 함수를 모두 모아, 실습의 답으로 붙였을 때의 점수를 재요.

게으른 학습자가 할 만한 일을 따라 해요: 이름을 바꾸고, 파일의 import와 도우미를 함께 붙이고, 인자는 이름이 같으면 이름으로, 아니면
차례를 바꿔 넣고, 돌려준 것에서 하나를 골라요. 안쪽 함수와 메서드는 바깥의 이름을 인자에서 찾아 채워요.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import operator
import re
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch

from autograder.exercises.schema import Exercise
from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.call_runner import materialize, run_calls, run_cases
from autograder.judging.diagnosis import judge_case
from autograder.judging.judge import judge
from autograder.learner.time_limit import TooSlow, time_limit
from support.bundle_functions import Found

SECONDS = 0.3  # 붙인 것 하나가 실습 하나에 쓰는 CPU 초


@dataclass(frozen=True)
class Earned:
    """붙여서 받은 점수."""

    exercise: str
    where: str
    name: str
    how: str
    score: float


def wrappers(found: Found, exercise: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    """게으른 학습자가 쓸 만한 감싸기들을 (방법, 함수)로."""
    wanted = inspect.signature(exercise.reference)
    names = list(wanted.parameters)

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        bound = wanted.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    own = [p for p in found.parameters if p != "self"]
    try:
        ready = None if found.free else found.make({})
    except (NameError, AttributeError):  # 기본값이 바깥의 이름이에요.
        return
    for how, chosen in _ways(own, found.required - ("self" in found.parameters), names):

        def call(*args: Any, __chosen: Any = chosen, **kwargs: Any) -> Any:
            values = bind(args, kwargs)
            filled = {name: _fill(name, values) for name in found.free}
            function = ready or found.make({k: v for k, v in filled.items() if v is not None})
            given = {p: values[e] for p, e in __chosen.items()}
            if "self" in found.parameters:
                given["self"] = types.SimpleNamespace(**values)
            return function(**given)

        yield how, call


def _fill(name: str, values: Mapping[str, Any]) -> Any:
    close = [value for other, value in values.items() if other == name or other in name or name in other]
    return close[0] if close else None


def _ways(own: list[str], required: int, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """함수의 인자마다 실습의 어느 인자를 넣을지."""
    seen: set[tuple[tuple[str, str], ...]] = set()

    def fresh(how: str, chosen: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
        if (key := tuple(chosen.items())) not in seen:
            seen.add(key)
            yield how, chosen

    if required <= len(names):
        yield from fresh("차례대로", dict(zip(own, names, strict=False)))
        yield from fresh("앞에서부터", dict(zip(own[:required], names, strict=False)))
        same = {p: p for p in own if p in names}
        rest = [n for n in names if n not in same]
        left = [p for p in own[:required] if p not in same]
        if len(left) <= len(rest):
            yield from fresh("이름으로", same | dict(zip(left, rest, strict=False)))
        if required <= 3 and len(names) <= 5:
            for order in itertools.permutations(names, required):
                yield from fresh("차례를 바꿔", dict(zip(own, order, strict=False)))


PICKS: dict[str, Callable[[Any], Any]] = {
    "": lambda value: value,
    "[0]": lambda value: value[0],
    "[1]": lambda value: value[1],
    "list": lambda value: list(value) if not isinstance(value, list | torch.Tensor | str | dict) else value,
}


def picks_for(value: Any) -> list[str]:
    """돌려준 값에서 골라 볼 방법들."""
    if isinstance(value, tuple) or (isinstance(value, list) and value and isinstance(value[0], torch.Tensor)):
        return ["", "[0]", "[1]", "list"]
    return ["", "list"] if isinstance(value, Iterator | set) else [""]


def earned_by(function: Callable[..., Any], key: AnswerKey) -> tuple[float, str]:
    """함수를 붙여 받는 점수와 고른 방법. 그룹의 첫 사례가 하나도 맞지 않으면 점수가 있을 수 없어서 거기서 그쳐요."""
    likely: set[str] = set()
    for number, case in _firsts(key):
        try:
            value = function(*(materialize(arg, ()) for arg in case.calls[0].args), **case.calls[0].kwargs)
        except Exception:
            continue
        for pick in picks_for(value):
            with suppress(Exception):
                if _alike(PICKS[pick](value), case.expected[0].value) and not judge_case(
                    case, run_calls(_picked(function, pick), case.calls, number)
                ):
                    likely.add(pick)
    best = (0.0, "")
    for pick in likely:
        outcomes = run_cases(_picked(function, pick), [case.calls for case in key.cases])
        best = max(best, (judge(key, outcomes).score(key.points), pick))
    return best


def _firsts(key: AnswerKey) -> list[tuple[int, KeyCase]]:
    """값을 보는 그룹마다의 첫 사례."""
    firsts = {case.group: (n, case) for n, case in reversed(list(enumerate(key.cases))) if case.comparator != "raises"}
    return [found for group, found in firsts.items() if key.roles[group] == "value"]


def _alike(value: Any, expected: Any) -> bool:
    """견줄 만한 값인지: 텐서면 모양이 같은지, 아니면 형이 비슷한지."""
    if isinstance(expected, torch.Tensor):
        return isinstance(value, torch.Tensor) and value.shape == expected.shape
    numbers = int, float, bool
    return isinstance(value, numbers if isinstance(expected, numbers) else type(expected))


def _picked(function: Callable[..., Any], pick: str) -> Callable[..., Any]:
    return lambda *args, **kwargs: PICKS[pick](function(*args, **kwargs))


class TooSlowToPaste(Exception):
    """작은 입력에도 오래 걸려요. 학습을 돌리는 것 같은 실험의 함수라서 답이 아니에요."""


def paste(found: Found, exercise: Exercise, key: AnswerKey) -> Earned | None:
    """함수 하나를 실습 하나에 붙여 가장 많이 받는 방법. 한 점도 받지 못하면 None, 오래 걸리면 TooSlowToPaste예요."""
    best: Earned | None = None
    try:
        with time_limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for how, function in wrappers(found, exercise):
                with suppress(Exception):
                    score, pick = earned_by(function, key)
                    if score > (best.score if best else 0.0):
                        best = Earned(exercise.name, found.where, found.name, f"{how} {pick}".strip(), score)
    except TooSlow:
        if best is None:
            raise TooSlowToPaste from None
    return best


def naive_score(exercise: Exercise, key: AnswerKey) -> float:
    """생각하지 않고 쓴 답이 받는 가장 높은 점수: 상수, 받은 것 그대로, 연산자 하나, 소프트맥스나 ReLU 한 번."""
    names = range(len(inspect.signature(exercise.reference).parameters))
    answers: list[Callable[..., Any]] = [lambda *a, v=v, **k: v for v in (None, 0, 1, 0.0, 1.0, True, False, "", [])]
    ones = (lambda x: x, torch.zeros_like, torch.ones_like, torch.relu, lambda x: x.softmax(-1))
    answers += [lambda *a, i=i, f=f, **k: f(a[i]) for i in names for f in ones]
    twos = (operator.add, operator.sub, operator.mul, operator.matmul, torch.softmax)
    answers += [lambda *a, i=i, j=j, f=f, **k: f(a[i], a[j]) for i in names for j in names for f in twos]
    return max(earned_by(answer, key)[0] for answer in answers)


# -- 글 속의 조각 --


def fragments(files: Mapping[str, bytes], lesson: str) -> dict[str, list[tuple[str, Callable[..., Any]]]]:
    """실습마다, 힌트에 적힌 코드 조각을 그대로 돌려주거나 차례로 실행하는 답들."""
    cells = json.loads(files[f"lessons/{lesson}/{lesson}.ipynb"])["cells"]
    space: dict[str, Any] = {"__name__": "pasted"}
    for cell in cells:
        if cell["cell_type"] == "code" and "given" in cell["metadata"].get("tags", ()):
            exec("".join(cell["source"]), space)
    found: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
    for cell, following in itertools.pairwise(cells):
        name = following["metadata"].get("nbgrader", {}).get("grade_id", "")
        if "hint" in cell["metadata"].get("tags", ()) and name.startswith("check_"):
            codes = [c for c in re.findall(r"`([^`]+)`", "".join(cell["source"])) if _is_code(c)]
            found[name.removeprefix("check_")] = [
                *((code, _answer([code], space)) for code in codes),
                ("; ".join(codes), _answer(codes, space)),
            ]
    return found


def _is_code(text: str) -> bool:
    try:
        return len(text) > 3 and bool(ast.parse(text).body)
    except SyntaxError:
        return False


def _answer(codes: Sequence[str], space: Mapping[str, Any]) -> Callable[..., Any]:
    """인자를 제 이름으로 두고 조각들을 차례로 실행해 마지막 값을 돌려주는 함수."""

    def answer(**values: Any) -> Any:
        names, value = {**space, **values}, None
        for code in codes:
            tree = ast.parse(code)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<hint>", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<hint>", "eval"), names)
        return value

    return answer


def named(function: Callable[..., Any], exercise: Exercise) -> Callable[..., Any]:
    """차례로 받은 인자를 실습의 이름으로 넘겨줘요."""
    wanted = inspect.signature(exercise.reference)

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = wanted.bind(*args, **kwargs)
        bound.apply_defaults()
        return function(**bound.arguments)

    return call
