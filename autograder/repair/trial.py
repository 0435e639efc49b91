"""고친 나무 하나를 사례에 돌려 봐요. 틀렸던 사례부터, 처음 어긋나는 곳에서 멈춰요."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome, run_call
from autograder.judging.cases import Call
from autograder.judging.diagnosis import judge_case
from autograder.judging.problem import Problem
from autograder.repair.cell import Cell
from autograder.repair.edit_guards import ALLOWED, BLOCKED
from autograder.repair.limits import Watch

_SHORTEST = 0.02  # 초. 사례 하나의 제한 시간은 원래 걸린 시간의 열 배이고, 적어도 이만큼이에요.
_TIMES = 10
_BRIEF = 0.005  # 원래 끝나지 않는 답이라면 끝나는지만 봐요.
_ENDLESS = 0.2
_OTHER_SEEDS = 1000  # 통과한 고침은 사례의 번호에 이만큼을 더한 시드로 한 번 더 불러 봐요.
_RANKS = {"missing": 0, "error": 0, "type": 1, "dtype": 3, "shape": 2, "nan": 3}


@dataclass(frozen=True)
class Score:
    """사례에 돌려 본 결과: 통과한 사례의 수와, 처음 어긋난 사례가 얼마나 가까워졌는지."""

    passed: int
    rank: int
    error: float
    done: bool = False

    def better(self, other: Score) -> bool:
        """다른 결과보다 뚜렷이 나아졌는지."""
        mine, theirs = (self.passed, self.rank), (other.passed, other.rank)
        return mine > theirs or (mine == theirs and self.error < 0.9 * other.error)

    @property
    def key(self) -> tuple[int, int, float]:
        """좋은 것이 먼저 오는 정렬 열쇠."""
        return (-self.passed, -self.rank, self.error)


class Trials:
    """사례들의 차례와 제한 시간을 알고, 지금의 나무를 돌려 보는 것."""

    def __init__(self, cell: Cell, key: AnswerKey, watch: Watch) -> None:
        self.cell, self.key, self.watch = cell, key, watch
        self.limits = [_ENDLESS] * len(key.cases)
        self.tried: set[Any] = set()
        self.runs = 0

    def first(self) -> list[tuple[int, Problem, Sequence[Outcome]]]:
        """고치지 않은 답의 어긋난 사례들. 사례마다의 제한 시간과 돌려 볼 차례를 정해요."""
        function = self.cell.function(self.cell.compiled())
        failing = []
        for number in range(len(self.key.cases)):
            before = self.watch.left
            outcomes = self._outcomes(function, number)
            spent = before - self.watch.left
            if spent >= _ENDLESS:
                self.limits = [_BRIEF] * len(self.limits)  # 끝나지 않는 답이에요. 사례마다 오래 기다리지 않아요.
            elif self.limits[number] == _ENDLESS:
                self.limits[number] = max(_SHORTEST, min(_TIMES * spent, _ENDLESS))
            problem = judge_case(self.key.cases[number], outcomes)
            if problem:
                failing.append((number, problem, outcomes))
        wrong = {number for number, _, _ in failing}
        # 예외를 기다리는 사례는 우연히 통과하기 쉬워서 뒤로 미뤄요.
        self.order = sorted(
            range(len(self.key.cases)), key=lambda n: (n not in wrong, self.key.cases[n].comparator == "raises", n)
        )
        return failing

    def mark_inputs(self, failing: Sequence[tuple[int, Problem, Sequence[Outcome]]]) -> None:
        """막아야 하는데 막지 않은 입력과, 막지 말아야 하는데 막은 입력을 알아보는 함수를 둬요."""
        for name, guards in ((BLOCKED, True), (ALLOWED, False)):
            found = {
                _signature(call.args)
                for number, _, _ in failing
                if (self.key.cases[number].comparator == "raises") == guards
                for call in self.key.cases[number].calls[-1:]
            }
            self.cell.space[name] = lambda *args, found=found: any(
                _signature(args[:count]) in found for count in range(1, len(args) + 1)
            )

    def watch_values(self, numbers: Sequence[int], eyes: Mapping[str, Callable[..., Any]]) -> None:
        """눈을 단 나무를 사례에 돌려요."""
        function = self.cell.function(self.cell.compiled(), **eyes)
        for number in numbers:
            self._outcomes(function, number)

    def now(self) -> Score | None:
        """지금의 나무를 돌린 결과. 문법에 어긋나거나 이미 해 본 것이면 None이에요."""
        try:
            code = self.cell.compiled()
        except (SyntaxError, ValueError, TypeError, RecursionError):
            return None
        if code in self.tried:
            return None
        self.tried.add(code)
        self.runs += 1
        function = self.watch.run(lambda: self._made(code), _SHORTEST)
        if function is None:
            return None
        for place, number in enumerate(self.order):
            problem = judge_case(self.key.cases[number], self._outcomes(function, number))
            if problem is not None:
                return Score(place, _RANKS.get(problem.kind, 4), distance(problem))
        return Score(len(self.order), 9, 0.0, self._confirmed(code))

    def _confirmed(self, code: Any) -> bool:
        """다른 난수로 처음부터 차례대로 다시 불러도 모두 통과하는지. 앞의 부름이 남는 답과 운이 좋았던 답을 걸러요."""
        function = self._made(code)
        return function is not None and all(
            judge_case(case, self._outcomes(function, number, _OTHER_SEEDS)) is None
            for number, case in enumerate(self.key.cases)
        )

    def _made(self, code: Any) -> Callable[..., Any] | None:
        try:
            function = self.cell.function(code)
        except (Exception, SystemExit):
            return None
        return function if callable(function) else None

    def _outcomes(self, function: Callable[..., Any], number: int, more: int = 0) -> Sequence[Outcome]:
        calls = self.key.cases[number].calls
        got = self.watch.run(lambda: _answered(function, calls, number + more), self.limits[number])
        return [Outcome(error="TimeoutError")] * len(calls) if got is None else got


def _answered(function: Callable[..., Any], calls: Sequence[Call], seed: int) -> Sequence[Outcome]:
    """`call_runner.run_calls`와 같되, 난수와 경고는 울타리(`limits.fenced`)가 한 번만 챙겨요."""
    outcomes: list[Outcome] = []
    torch.default_generator.manual_seed(seed)
    for call in calls:
        outcomes.append(run_call(function, call, [outcome.value for outcome in outcomes]))
    return outcomes


def distance(problem: Problem) -> float:
    """어긋남의 크기(0에서 1까지). 텐서라면 원소마다의 상대 오차를 잘라 평균해요."""
    values = problem.values
    if values is None:
        return 1.0
    expected, got = values.expected, values.got
    if isinstance(expected, torch.Tensor) and isinstance(got, torch.Tensor) and expected.shape == got.shape:
        if not expected.numel():
            return 1.0
        e, g = expected.double(), got.double()
        gap = torch.nan_to_num((e - g).abs() / (e.abs() + 1e-2), nan=1.0)
        return float(gap.clamp(max=1.0).mean())
    if isinstance(expected, int | float) and isinstance(got, int | float) and math.isfinite(got):
        return min(1.0, abs(expected - got) / (abs(expected) + 1e-2))
    return 1.0


def _signature(args: Sequence[Any]) -> str:
    """입력을 알아보는 글. 텐서는 모양과 합만 봐요."""
    return repr([(tuple(a.shape), float(a.sum())) if isinstance(a, torch.Tensor) else a for a in args])


def is_stub(tree: ast.AST) -> bool:
    """아직 채우지 않은 답인지."""
    return any(isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node) for node in ast.walk(tree))
