"""틀린 답에서 고치면 되는 줄을 찾아요. 실패한 다음에만, 정해진 시간 안에서, 메시지를 위해서만 돌아요.

한 곳을 고쳐 보고, 안 되면 나아진 것부터 두 번째 고침을 더해 봐요. 고친 답은 버리고 줄 번호와 다시 생각할 것만 남겨요.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from autograder.judging.answer_key import AnswerKey
from autograder.judging.call_runner import Outcome
from autograder.judging.problem import Problem
from autograder.repair.candidates import ordered
from autograder.repair.cell import Cell, read
from autograder.repair.context import Context
from autograder.repair.finding import Finding
from autograder.repair.limits import Watch, fenced
from autograder.repair.spots import ENTER, LEAVE, SEE, Watcher, spots_and_blocks
from autograder.repair.tree import Edit, applied, fixed
from autograder.repair.trial import Score, Trials, is_stub

_PLACES = 3  # 이보다 많은 줄이 모두 답이 될 수 있으면 아무 말도 하지 않아요.
_MARGIN = 0.25  # 가장 그럴듯한 고침보다 이만큼 넘게 드문 고침은 함께 말하지 않아요.
_SINGLES = 0.6  # 시간 가운데 한 곳만 고쳐 보는 데 쓰는 몫
_FEW = 4  # 나아진 고침이 이만큼은 있어야 남겨 둔 시간을 다 써요.
_EACH = 3  # 그 가운데 한 줄에서 고르는 수
_LAST = 0.1  # 남은 시간이 이 몫보다 적으면 두 번째 고침을 더 찾지 않아요.
_LEADS = 8  # 두 번째 고침을 더해 볼, 가장 나아진 고침들의 수

Lead = tuple[Score, Edit]  # 통과하지는 못했지만 나아진 고침
Failing = Sequence[tuple[int, Problem, Sequence[Outcome]]]


def locate(
    source: str, name: str, namespace: Mapping[str, Any], key: AnswerKey, seconds: float = 1.0
) -> Finding | None:
    """고치면 모든 공개 사례를 통과하는 줄. 찾지 못했거나 그런 줄이 너무 많으면 None이에요.

    `source`는 학습자의 셀, `namespace`는 그 셀이 돈 이름 공간(바꾸지 않아요), `key`는 공개 답안지, `seconds`는 CPU 시간이에요.
    """
    watch = Watch(seconds)
    try:
        with fenced(watch):
            cell = read(source, name, namespace)
            if cell is None or is_stub(cell.module) or cell.swallows or (cell.loops and not watch.can_stop):
                return None
            found = _Search(cell, key, watch, seconds).find()
    except (Exception, SystemExit):
        return None  # 메시지 하나를 더하는 일이에요. 무엇이 잘못되어도 판정을 막지 않아요.
    return _finding(found, source)


class _Search:
    """한 번의 찾기."""

    def __init__(self, cell: Cell, key: AnswerKey, watch: Watch, seconds: float) -> None:
        self.cell, self.key, self.watch, self.seconds = cell, key, watch, seconds
        self.trials = Trials(cell, key, watch)

    def find(self) -> list[Edit]:
        """모든 사례를 통과한 고침들. 그럴듯한 것이 먼저예요."""
        failing = self.trials.first()
        # 난수로 잰 값은 허용 오차가 넓어서, 엉뚱한 고침도 우연히 통과해요.
        if not failing or any(self.key.cases[number].comparator == "statistic" for number, _, _ in failing):
            return []
        self.trials.mark_inputs(failing)
        start = self.trials.now()
        if start is None:
            return []
        waiting = iter(self.edits(failing))
        fixes, leads = self._singles(waiting, start, (1 - _SINGLES) * self.seconds)
        return fixes or self._pairs(failing, leads) or self._singles(waiting, start, 0.0)[0]

    def edits(self, failing: Failing) -> list[Edit]:
        """지금의 나무에서 해 볼 고침들."""
        spots, blocks = spots_and_blocks(self.cell.body)
        with Watcher(spots) as watcher:
            eyes: dict[str, Callable[..., Any]] = {SEE: watcher.see, ENTER: watcher.enter, LEAVE: watcher.leave}
            numbers = [number for number, _, _ in failing]
            self.trials.watch_values(numbers[:4], eyes)
            watcher.settle()
            # 맞은 사례에서는 이름에 어떤 값이 오는지만 더 봐요(None과 텐서가 모두 오는 마스크처럼).
            self.trials.watch_values([n for n in range(len(self.key.cases)) if n not in numbers][:2], eyes)
        waiting = [self.key.cases[n].params["error"] for n, _, _ in failing if self.key.cases[n].comparator == "raises"]
        names = waiting and ([waiting[0]] if isinstance(waiting[0], str) else waiting[0])
        context = Context(
            spots=spots,
            blocks=blocks,
            names=watcher.names,
            parameters=self.cell.parameters() or self.key.parameters,
            helpers=tuple(used for used in self.key.uses if callable(self.cell.space.get(used))),
            constants=self.cell.constants(),
            raises=names[0] if names else "",
            problems=frozenset(problem.kind for _, problem, _ in failing),
            main=self.cell.main,
            quoted=self.cell.quoted,
        )
        raised = next((o for _, _, outcomes in failing for o in outcomes if o.error and o.line), None)
        found = ordered(context, raised.line if raised else None)
        if raised and raised.error == "NameError":  # 없는 이름을 쓴 줄이 곧 틀린 줄이에요.
            return [edit for edit in found if raised.line in edit.lines]
        return found

    def _singles(self, edits: Iterator[Edit], start: Score, spare: float) -> tuple[list[Edit], list[Lead]]:
        """한 곳씩 고쳐 봐요. 통과한 고침들과, 통과하지는 못했지만 나아진 고침들. `spare`초는 남겨 둬요."""
        fixes: list[Edit] = []
        leads: list[Lead] = []
        for edit in edits:
            if fixes and edit.cost > fixes[0].cost + _MARGIN:
                break
            score = self._try(edit)
            if score is not None and score.done:
                fixes.append(edit)
            elif score is not None and score.better(start):
                leads.append((score, edit))
            # 나아진 고침이 적으면 한 곳만 고쳐 보는 데 시간을 더 써요.
            if self.watch.left < spare * min(1.0, len(leads) / _FEW):
                break
        return fixes, leads

    def _try(self, edit: Edit) -> Score | None:
        try:
            with applied(edit):
                return self.trials.now()
        except Exception:
            return None

    def _pairs(self, failing: Failing, leads: list[Lead]) -> list[Edit]:
        """나아진 고침마다 두 번째 고침을 더해 봐요. 여럿을 번갈아 가며 그럴듯한 것부터요."""
        plans: list[tuple[Edit, list[Edit]]] = []
        for _, lead in _spread(leads):
            if self.watch.left < _LAST * self.seconds:
                break
            first = fixed(lead)
            with suppress(Exception), applied(first):
                plans.append((first, self.edits(failing)))
        for turn in range(max((len(more) for _, more in plans), default=0)):
            for first, more in plans:
                if self.watch.left <= 0:
                    return []
                if turn < len(more) and self._works(first, more[turn]):
                    return [_joined(first, more[turn])]
        return []

    def _works(self, first: Edit, second: Edit) -> bool:
        with applied(first):
            score = self._try(second)
        return score is not None and score.done


def _joined(first: Edit, second: Edit) -> Edit:
    """두 고침을 하나로 이야기해요. 다시 생각할 것이 다르면 말하지 않아요."""
    lines = tuple(sorted({*first.lines, *second.lines}))
    return Edit((), lines, first.kind if first.kind == second.kind else "", first.cost + second.cost)


def _spread(leads: list[Lead]) -> list[Lead]:
    """가장 나아진 고침들. 한 줄에 몰리지 않게 줄마다 몇 개만 골라요."""
    counts: dict[tuple[int, ...], int] = {}
    chosen = []
    for score, edit in sorted(leads, key=lambda lead: (*lead[0].key, lead[1].cost)):
        counts[edit.lines] = counts.get(edit.lines, 0) + 1
        if counts[edit.lines] <= _EACH:
            chosen.append((score, edit))
    return chosen[:_LEADS]


def _finding(found: Sequence[Edit], source: str) -> Finding | None:
    """고침들에서 줄과 다시 생각할 것만 남겨요. 그만큼 그럴듯한 다른 줄도 함께, 세 줄까지만요."""
    if not found:
        return None
    near = [edit for edit in found if edit.cost <= found[0].cost + _MARGIN]
    alone = [edit for edit in near if len(edit.lines) == 1]
    best = alone[0] if alone else found[0]
    lines = tuple(sorted({edit.lines[0] for edit in alone})) or best.lines
    if len(lines) > _PLACES:
        return None
    texts = source.splitlines()
    together = 1 if alone else len(lines)
    added = all(edit.added for edit in alone) and bool(alone)
    return Finding(lines, tuple(texts[line - 1].strip() for line in lines), best.kind, together, added)
