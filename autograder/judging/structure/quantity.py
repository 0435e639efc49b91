"""아는 크기에 이름 붙이기: 인자의 축의 길이와 수, 그 제곱근과 제곱과 곱. 어느 하나와만 같을 때 그 이름을 말해요."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations, combinations_with_replacement, permutations

import torch
from torch import Tensor

from autograder.judging.cases import Call
from autograder.judging.structure.evidence import Evidence
from autograder.wording import josa

# 크기 하나에서 만드는 수와 그 이름
_FORMS: tuple[tuple[Callable[[str], str], Callable[[float], float]], ...] = (
    (lambda name: name, lambda b: b),
    (lambda name: f"{name}의 제곱근", math.sqrt),
    (lambda name: f"{name}의 제곱", lambda b: b * b),
    (lambda name: f"1에서 {josa(name, '을/를')} 뺀 수", lambda b: 1 - b),
)


class Quantities:
    """사례마다의 아는 크기들. 모든 사례에서 늘 같은 두 이름은 하나로 봐요(q와 k의 마지막 축 등)."""

    def __init__(self, evidence: Evidence) -> None:
        self._tables = {
            id(call): _sizes(evidence.named(call)) for n in evidence.cases for call in evidence.key.cases[n].calls
        }
        apart: dict[tuple[float | None, ...], str] = {}
        for name in dict.fromkeys(name for table in self._tables.values() for name in table):
            apart.setdefault(tuple(table.get(name) for table in self._tables.values()), name)
        self._names = list(apart.values())

    def name(self, targets: Sequence[tuple[Call, float, float]]) -> str | None:
        """부름마다의 (수, 상대 오차) `targets`와 늘 같은 크기의 이름.

        함께 변하는지 봐야 우연이 아니므로 서로 다른 두 수에서 같아야 하고, 같은 크기가 여럿이면 None이에요.
        """
        if len({round(value, 6) for _, value, _ in targets}) < 2:
            return None
        found = [word(name) for name in self._names for word, form in _FORMS if self._fits(targets, (name,), form)]
        found = found or [f"{a}, {b}의 곱" for a, b in combinations(self._names, 2) if self._fits(targets, (a, b))]
        if not found:
            pairs = list(permutations(self._names, 2))
            found = [f"({a} ÷ {b})" for a, b in pairs if self._fits(targets, (a,), under=(b,))]
            found += [f"√({a} ÷ {b})" for a, b in pairs if self._fits(targets, (a,), math.sqrt, (b,))]
        return found[0] if len(found) == 1 else None

    def terms(self, targets: Sequence[tuple[Call, int]]) -> str | None:
        """정수 `targets`와 늘 꼭 같은 곱의 이름: 크기 많아야 셋의 곱의 몇 배, 또는 두 크기의 합."""
        if len({value for _, value in targets}) < 2:
            return None
        numbers = [(call, value, self._tables[id(call)]) for call, value in targets]
        found = []
        for count in (1, 2, 3):
            for names in combinations_with_replacement(self._names, count):
                products = [math.prod(int(table.get(name, 0)) for name in names) for _, _, table in numbers]
                for times in (1, 2, 3, 4):
                    if all(product * times == value for product, (_, value, _) in zip(products, numbers, strict=True)):
                        words = " × ".join([*([str(times)] if times > 1 else []), *names])
                        found.append(f"({words})" if "×" in words else words)
        if not found:
            for a, b in combinations(self._names, 2):
                if all(table.get(a, 0) + table.get(b, 0) == value for _, value, table in numbers):
                    found.append(f"({a} + {b})")
        return found[0] if len(found) == 1 else None

    def _fits(
        self,
        targets: Sequence[tuple[Call, float, float]],
        names: Sequence[str],
        form: Callable[[float], float] = float,
        under: Sequence[str] = (),
    ) -> bool:
        for call, value, slack in targets:
            table = self._tables[id(call)]
            if not all(name in table for name in (*names, *under)):
                return False
            known = form(math.prod(table[name] for name in names) / math.prod(table[name] for name in under))
            if abs(known - value) > slack * abs(value):
                return False
        return True


def _sizes(named: Sequence[tuple[str, object]]) -> dict[str, float]:
    """인자에서 읽을 수 있는 양수들."""
    found: dict[str, float] = {}
    for name, value in named:
        if isinstance(value, Tensor):
            found |= {f"`{name}.shape[{axis}]`": value.size(axis) for axis in range(-1, -value.dim() - 1, -1)}
            if value.dim():
                found[f"`{name}.shape[0]`"] = value.size(0)
        elif isinstance(value, list | tuple | dict):
            found[f"`len({name})`"] = len(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"`{name}`"] = value
    pad = next((value for name, value in named if name in ("pad_id", "pad")), None)
    for name, value in named:
        if isinstance(value, Tensor) and value.dtype == torch.int64 and isinstance(pad, int):
            found[f"`{name}`에서 패딩이 아닌 것의 수"] = int((value != pad).sum())
    width = next((name for name in found if name == "`d_model`" or name.endswith(".shape[-1]`")), None)
    heads = found.get("`n_heads`")
    if width and heads and heads > 1 and found[width] % heads == 0:
        found[f"헤드 하나의 크기(`{width.strip('`')} // n_heads`)"] = found[width] / heads
    return {name: value for name, value in found.items() if 0 < value < math.inf}
